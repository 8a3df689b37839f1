/* server.c - lab: many clients, one server, one name.
 *
 * Claims:   FIFO-18 FIFO-19
 * Terminal: build/fifo/labs/server [CLAIM]      (all labs: make claims-fifo)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: fifo(7), pipe(7), write(2), openat(2)
 */
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
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

/* A child that does not outlive the lab. */
static pid_t new_child(void)
{
    pid_t lab = getpid(), pid = fork();

    if (pid == -1)
        err(EXIT_FAILURE, "fork");
    if (pid == 0)
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != lab)
            _exit(255);
    return pid;
}

static int status_of(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return status;
}

/* Does that child come to rest in a call? No, if it has ended instead. */
static int asleep(pid_t pid)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    char name[32], state = 0;

    snprintf(name, sizeof name, "/proc/%d/stat", pid);
    for (;;) {
        FILE *f = fopen(name, "r");
        if (f == NULL || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
            err(EXIT_FAILURE, "%s", name);
        fclose(f);
        if (state == 'S' || state == 'Z')
            return state == 'S';
        nanosleep(&pause, NULL);
    }
}

static int open_end(int flags)
{
    int fd = open(path, flags);

    if (fd == -1)
        err(EXIT_FAILURE, "open %s", path);
    return fd;
}

enum { RECORDS = 4 };

/* Two clients write records of this size, each full of the client's letter,
 * while the server does not read yet: the FIFO is full, and both sleep in
 * write(2). How many records are mixed, when it reads them all? */
static int mixed(size_t size)
{
    size_t wanted = 2 * RECORDS * size, have = 0;
    char *all = malloc(wanted), *record = malloc(size);
    pid_t client[2];
    int count = 0;

    if (all == NULL || record == NULL)
        err(EXIT_FAILURE, "malloc");
    new_fifo();
    int r = open_end(O_RDONLY | O_NONBLOCK);
    if (fcntl(r, F_SETPIPE_SZ, 1) == -1) /* a page: it is full soon */
        err(EXIT_FAILURE, "F_SETPIPE_SZ %s", path);
    for (int i = 0; i < 2; i++)
        if ((client[i] = new_child()) == 0) {
            int w = open(path, O_WRONLY), n = 0;
            memset(record, 'a' + i, size);
            while (n < RECORDS && write(w, record, size) == (ssize_t)size)
                n++;
            _exit(n == RECORDS ? 0 : 1);
        }
    for (int i = 0; i < 2; i++)
        asleep(client[i]);
    if (fcntl(r, F_SETFL, 0) == -1) /* from now on read(2) waits */
        err(EXIT_FAILURE, "F_SETFL %s", path);
    while (have < wanted) {
        ssize_t n = read(r, all + have, wanted - have < PIPE_BUF
                         ? wanted - have : PIPE_BUF);
        if (n <= 0)
            err(EXIT_FAILURE, "read %s", path);
        have += (size_t)n;
    }
    close(r);
    if (status_of(client[0]) != 0 || status_of(client[1]) != 0)
        errx(EXIT_FAILURE, "a client failed");
    for (size_t i = 0; i < wanted; i += size)
        count += memchr(all + i, 'a', size) && memchr(all + i, 'b', size);
    free(all);
    free(record);
    return count;
}

/* The first client comes, asks and leaves. Then comes a second one. */
static void server_that(const char *what, int holds)
{
    char c = 0, d = 0;

    new_fifo();
    int r = open_end(O_RDONLY | O_NONBLOCK);
    int own = holds ? open_end(O_WRONLY) : -1;
    int w = open_end(O_WRONLY);
    if (write(w, "1", 1) != 1 || close(w) == -1 || read(r, &c, 1) != 1)
        err(EXIT_FAILURE, "the first request");
    ssize_t n = read(r, &c, 1);
    if (n == 0) { /* here the article's loop ends, and the server with it */
        close(r);
        r = -1;
    }
    w = open(path, O_WRONLY | O_NONBLOCK);
    int why = w == -1 ? errno : 0;
    int served = w != -1 && write(w, "2", 1) == 1 && read(r, &d, 1) == 1;
    printf("FIFO-18 %s a server that %s a write end; its only client leaves: "
           "%s; the next client: %s\n", yes(served), what,
           n == 0 ? "end of file, it ends" : "no end of file, it waits",
           served ? "is served" : why == ENXIO ? "ENXIO" : strerror(why));
    if (w != -1)
        close(w);
    if (own != -1)
        close(own);
    if (r != -1)
        close(r);
}

static void fifo_18(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t large = page < PIPE_BUF ? PIPE_BUF : page;
    int rounds = 0, torn;

    server_that("does not hold", 0);
    server_that("holds", 1);
    torn = mixed(PIPE_BUF);
    printf("FIFO-18 %s two clients write records of PIPE_BUF, %d bytes, into "
           "a full FIFO: %s\n", yes(torn == 0), PIPE_BUF,
           torn ? "some are mixed" : "all are whole");
    large += large / 2; /* more than PIPE_BUF, and more than a page */
    do
        torn = mixed(large);
    while (torn == 0 && ++rounds < 200);
    printf("FIFO-18 %s two clients write records of %zu bytes into a full "
           "FIFO: %s\n", yes(torn == 0), large,
           torn ? "some are mixed" : "all are whole");
}

/* A server reads the FIFO called `path`. Does a client get in by this name, in
 * this folder? */
static void client_knows(const char *what, int folder, const char *name,
                         int wanted)
{
    new_fifo();
    int server = open(path, O_RDONLY | O_NONBLOCK);
    if (server == -1)
        err(EXIT_FAILURE, "open %s", path);
    int client = openat(folder, name, O_WRONLY | O_NONBLOCK);
    int error = client == -1 ? errno : 0;
    char c = 0;
    if (client != -1 &&
        (write(client, "x", 1) != 1 || read(server, &c, 1) != 1))
        error = EIO;
    printf("FIFO-19 %s a client opens %s: %s\n", yes(error == wanted), what,
           error ? strerror(error) : "the server gets what it writes");
    if (client != -1)
        close(client);
    close(server);
}

static void fifo_19(void)
{
    char other[sizeof path + 8];
    int folder = open(dir, O_RDONLY | O_DIRECTORY);

    if (folder == -1)
        err(EXIT_FAILURE, "open %s", dir);
    snprintf(other, sizeof other, "%s.other", path);
    client_knows("the server's name", AT_FDCWD, path, 0);
    client_knows("another name", AT_FDCWD, other, ENOENT);
    client_knows("the same relative name in another folder", folder, path,
                 ENOENT);
    close(folder);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"FIFO-18", fifo_18}, {"FIFO-19", fifo_19},
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
        errx(2, "usage: server [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
