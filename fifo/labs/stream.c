/* stream.c - lab: what goes through a FIFO, and what the file itself keeps.
 *
 * Claims:   FIFO-2 FIFO-6 FIFO-12 FIFO-13 FIFO-14
 * Terminal: build/fifo/labs/stream [CLAIM]      (all labs: make claims-fifo)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: fifo(7), pipe(7), read(2), lseek(2), mmap(2)
 */
#define _XOPEN_SOURCE 700 /* sigaction(2), mkdtemp(3) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "fifo.XXXXXX", path[sizeof dir + 6];

static void clean_up(void)
{
    unlink(path);
    rmdir(dir);
}

static void on_signal(int sig)
{
    clean_up();
    raise(sig); /* SA_RESETHAND: now we die of it */
}

/* A folder of our own: whatever is in it is ours to remove. */
static void set_up(void)
{
    static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM};
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (sigaction(ends[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    if (atexit(clean_up) != 0 || mkdtemp(dir) == NULL)
        err(EXIT_FAILURE, "mkdtemp %s", dir);
    snprintf(path, sizeof path, "%s/fifo1", dir);
}

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static void new_fifo(void)
{
    if (unlink(path) == -1 && errno != ENOENT)
        err(EXIT_FAILURE, "unlink %s", path);
    if (mkfifo(path, 0600) == -1)
        err(EXIT_FAILURE, "mkfifo %s", path);
}

/* Both ends, each a descriptor of its own. The reader comes first. */
static void open_ends(int *r, int *w)
{
    new_fifo();
    if ((*r = open(path, O_RDONLY | O_NONBLOCK)) == -1 ||
        (*w = open(path, O_WRONLY)) == -1)
        err(EXIT_FAILURE, "open %s", path);
}

static void send(int fd, const char *bytes, size_t size)
{
    if (write(fd, bytes, size) != (ssize_t)size)
        err(EXIT_FAILURE, "write %s", path);
}

/* An orphan in a session of its own: it has nothing of ours but the name. */
static void fifo_2(void)
{
    struct { pid_t pid, parent, session; } it = {0, 0, 0};
    char link[64], name[64] = "";
    int fd[2];

    new_fifo();
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        if ((child = fork()) != 0)
            _exit(child == -1);
        alarm(60);
        it.session = setsid();
        int w = open(path, O_WRONLY); /* until we read: its parent is gone */
        it.pid = getpid();
        it.parent = getppid();
        _exit(write(w, &it, sizeof it) != sizeof it);
    }
    if (waitpid(child, NULL, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    int r = open(path, O_RDONLY);
    if (r == -1 || read(r, &it, sizeof it) != sizeof it)
        err(EXIT_FAILURE, "read %s", path);
    printf("FIFO-2 %s open(2) by name, write(2), read(2): from process %d, "
           "a child of %d, in session %d, to %d in session %d\n",
           yes(it.parent != getpid() && it.parent != child &&
               it.session != getsid(0)),
           it.pid, it.parent, it.session, getpid(), getsid(0));
    close(r);

    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd[0]);
    if (readlink(link, name, sizeof name - 1) == -1)
        err(EXIT_FAILURE, "readlink %s", link);
    r = open(name, O_RDONLY | O_NONBLOCK);
    printf("FIFO-2 %s unlike a pipe: the kernel calls one %s; open(2) of that: "
           "%s\n", yes(r == -1), name, r == -1 ? strerror(errno) : "done");
    close(fd[0]);
    close(fd[1]);
}

static void tell(const char *call, int done)
{
    printf("FIFO-6 %s %s: %s\n", yes(done), call,
           done ? "done" : strerror(errno));
}

static void fifo_6(void)
{
    char got[8] = "";
    struct stat st;
    int r, w;

    open_ends(&r, &w);
    FILE *out = fdopen(dup(w), "w"), *in = fdopen(dup(r), "r");
    if (out == NULL || in == NULL)
        err(EXIT_FAILURE, "fdopen");
    tell("open, write, read", write(w, "one", 3) == 3 &&
         read(r, got, 3) == 3 && memcmp(got, "one", 3) == 0);
    tell("stdio: fprintf, fgets", fprintf(out, "two\n") == 4 &&
         fflush(out) == 0 && fgets(got, sizeof got, in) != NULL &&
         strcmp(got, "two\n") == 0);
    tell("fstat, fchmod", fstat(r, &st) == 0 && fchmod(r, 0400) == 0);
    tell("lseek", lseek(r, 0, SEEK_SET) != -1);
    tell("pread", pread(r, got, 1, 0) != -1);
    tell("ftruncate", ftruncate(w, 0) != -1);
    void *at = mmap(NULL, 1, PROT_READ, MAP_SHARED, r, 0);
    tell("mmap", at != MAP_FAILED);
    if (at != MAP_FAILED)
        munmap(at, 1);
    tell("close, unlink", fclose(in) == 0 && fclose(out) == 0 &&
         close(r) == 0 && close(w) == 0 && unlink(path) == 0);
}

static void fifo_12(void)
{
    char one[4] = "", other[4] = "", none[4] = "";
    int r, w, left;

    open_ends(&r, &w);
    int r2 = open(path, O_RDONLY | O_NONBLOCK);
    if (r2 == -1)
        err(EXIT_FAILURE, "open %s", path);
    send(w, "abc", 3);
    ssize_t n = read(r, one, 2), m = read(r2, other, 3);
    printf("FIFO-12 %s abc went in; one reader takes 2 bytes: %s; another "
           "reader takes 3: %s\n", yes(n == 2 && m == 1 &&
               memcmp(one, "ab", 2) == 0 && memcmp(other, "c", 1) == 0),
           one, other);
    if (ioctl(r, FIONREAD, &left) == -1)
        err(EXIT_FAILURE, "FIONREAD %s", path);
    n = read(r, none, 3);
    printf("FIFO-12 %s what was read is gone: %d bytes are left, read(2): "
           "%zd, %s\n", yes(left == 0 && n == -1 && errno == EAGAIN), left, n,
           n == -1 ? strerror(errno) : none);
    close(r);
    close(r2);
    close(w);
}

static void fifo_13(void)
{
    char got[4] = "";
    struct stat st;
    int r, w;

    open_ends(&r, &w);
    send(w, "abc", 3);
    if (fstat(r, &st) == -1)
        err(EXIT_FAILURE, "fstat %s", path);
    printf("FIFO-13 %s 3 bytes are written, none is read: the size of the "
           "file is %lld\n", yes(st.st_size == 3), (long long)st.st_size);
    ssize_t n = read(r, got, 3);
    printf("FIFO-13 %s two opened it by its name, one wrote abc, the other "
           "read: %s\n", yes(n == 3 && memcmp(got, "abc", 3) == 0), got);
    send(w, "def", 3);
    close(w);
    close(r);
    if ((r = open(path, O_RDONLY | O_NONBLOCK)) == -1)
        err(EXIT_FAILURE, "open %s", path);
    n = read(r, got, 3);
    printf("FIFO-13 %s def is written, all close it, one opens it again: "
           "read(2) gives %zd bytes\n", yes(n == 3), n);
    close(r);
}

/* The article's reader: one read(2), one printf("%s"). How many of these
 * messages, a line each, does it show? */
static int shown(int fd)
{
    char buf[1024] = "", line[1024];
    int count = 0;

    if (read(fd, buf, sizeof buf - 1) == -1)
        err(EXIT_FAILURE, "read %s", path);
    snprintf(line, sizeof line, "%s", buf);
    for (const char *c = line; *c != '\0'; c++)
        count += *c == '\n';
    return count;
}

static void fifo_14(void)
{
    static const char *const message[] = {"one\n", "two\n", "three\n"};
    int r, w, in_step = 0;

    open_ends(&r, &w);
    for (int i = 0; i < 3; i++) {
        send(w, message[i], strlen(message[i]) + 1); /* the NUL, too */
        in_step += shown(r);
    }
    for (int i = 0; i < 3; i++)
        send(w, message[i], strlen(message[i]) + 1);
    int count = shown(r);
    int left;
    if (ioctl(r, FIONREAD, &left) == -1)
        err(EXIT_FAILURE, "FIONREAD %s", path);
    printf("FIFO-14 %s 3 sent, each read before the next is written: %d shown; "
           "3 sent, then one read(2), which leaves %d bytes: printf(\"%%s\") "
           "shows %d\n", yes(in_step == 3 && count == 3), in_step, left, count);
    close(r);
    close(w);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"FIFO-2", fifo_2}, {"FIFO-6", fifo_6}, {"FIFO-12", fifo_12},
    {"FIFO-13", fifo_13}, {"FIFO-14", fifo_14},
};

int main(int argc, char *argv[])
{
    int tried = 0;

    set_up();
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: stream [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
