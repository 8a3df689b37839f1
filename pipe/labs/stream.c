/* stream.c - lab: what a pipe is: bytes in the kernel, first in, first out.
 *
 * Claims:   PIPE-6 PIPE-7 PIPE-11 PIPE-14 PIPE-16 PIPE-17
 * Terminal: build/pipe/labs/stream [CLAIM]      (all labs: make claims-pipe)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: pipe(7), read(2), write(2), fstat(2), fstatfs(2), fcntl(2)
 */
#define _GNU_SOURCE /* F_GETPIPE_SZ */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static void new_pipe(int fd[2])
{
    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
}

static void close_both(const int fd[2])
{
    close(fd[0]);
    close(fd[1]);
}

/* As much as a pipe holds: root and sysctl may have made it another size. */
static size_t capacity(int fd)
{
    int size = fcntl(fd, F_GETPIPE_SZ);

    if (size == -1)
        err(EXIT_FAILURE, "fcntl F_GETPIPE_SZ");
    return (size_t)size;
}

static char *new_buffer(size_t size)
{
    char *buffer = malloc(size);

    if (buffer == NULL)
        err(EXIT_FAILURE, "malloc");
    memset(buffer, 'x', size);
    return buffer;
}

static void pipe_6(void)
{
    struct stat st;
    char got[8] = "";
    int fd[2];

    new_pipe(fd);
    if (fstat(fd[0], &st) == -1)
        err(EXIT_FAILURE, "fstat");
    printf("PIPE-6 %s fstat(2): its type is %s\n", yes(S_ISFIFO(st.st_mode)),
           S_ISFIFO(st.st_mode) ? "S_IFIFO" : "not S_IFIFO");
    ssize_t in = write(fd[1], "hello", 5), out = read(fd[0], got, sizeof got);
    printf("PIPE-6 %s write(2) took %zd bytes, read(2) gave %zd: %.5s\n",
           yes(in == 5 && out == 5 && memcmp(got, "hello", 5) == 0), in, out,
           got);
    off_t moved = lseek(fd[0], 0, SEEK_SET);
    printf("PIPE-6 %s special: lseek(2) %s\n", yes(moved == -1),
           moved == -1 ? strerror(errno) : "succeeds");
    close_both(fd);
}

/* Is a file system with this device mounted anywhere that we can see? */
static int is_mounted(dev_t device)
{
    char line[4096];
    unsigned major_, minor_;
    int found = 0;
    FILE *mounts = fopen("/proc/self/mountinfo", "r");

    if (mounts == NULL)
        err(EXIT_FAILURE, "/proc/self/mountinfo");
    while (fgets(line, sizeof line, mounts) != NULL)
        if (sscanf(line, "%*d %*d %u:%u", &major_, &minor_) == 2 &&
            major_ == major(device) && minor_ == minor(device))
            found = 1;
    fclose(mounts);
    return found;
}

static void pipe_7(void)
{
    enum { PIPEFS = 0x50495045 }; /* PIPEFS_MAGIC: the letters PIPE */
    struct stat st;
    struct statfs fs;
    char name[32], target[64] = "";
    int fd[2];

    new_pipe(fd);
    if (fstat(fd[0], &st) == -1 || fstatfs(fd[0], &fs) == -1)
        err(EXIT_FAILURE, "fstatfs");
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd[0]);
    if (readlink(name, target, sizeof target - 1) == -1)
        err(EXIT_FAILURE, "readlink %s", name);
    printf("PIPE-7 %s fstat(2): it is %s\n", yes(!S_ISREG(st.st_mode)),
           S_ISREG(st.st_mode) ? "an ordinary file" : "no ordinary file");
    printf("PIPE-7 %s in memory: its name is %s, its blocks on a disk are "
           "%lld\n", yes(target[0] != '/' && st.st_blocks == 0), target,
           (long long)st.st_blocks);
    int mounted = is_mounted(st.st_dev);
    printf("PIPE-7 %s /proc/self/mountinfo: its file system is %s\n",
           yes(!mounted), mounted ? "mounted" : "mounted nowhere");
    printf("PIPE-7 %s fstatfs(2): it belongs to %s\n",
           yes((unsigned)fs.f_type != PIPEFS),
           (unsigned)fs.f_type == PIPEFS ? "the file system pipefs"
                                         : "something else");
    close_both(fd);
}

static int self_pipe[2];

static void on_signal(int sig)
{
    int saved = errno;
    char byte = (char)sig;

    if (write(self_pipe[1], &byte, 1) == -1)
        _exit(EXIT_FAILURE);
    errno = saved;
}

static void pipe_11(void)
{
    struct sigaction sa = {.sa_handler = on_signal};
    int fd[2];
    char sig = 0;

    new_pipe(fd);
    size_t size = capacity(fd[1]);
    char *buffer = new_buffer(size + 1);
    if (fcntl(fd[1], F_SETFL, O_NONBLOCK) == -1)
        err(EXIT_FAILURE, "fcntl F_SETFL");
    ssize_t n = write(fd[1], buffer, size + 1);
    printf("PIPE-11 %s to move %zu bytes: write(2) takes %zd; it would wait "
           "for a reader, and that is us\n",
           yes(n >= 0 && (size_t)n < size + 1), size + 1, n);
    free(buffer);
    close_both(fd);

    /* The signal comes before poll(2), too early to interrupt it. */
    new_pipe(self_pipe);
    sigemptyset(&sa.sa_mask);
    if (sigaction(SIGUSR1, &sa, NULL) == -1 || raise(SIGUSR1) != 0)
        err(EXIT_FAILURE, "SIGUSR1");
    struct pollfd p = {.fd = self_pipe[0], .events = POLLIN};
    int woken = poll(&p, 1, 0) == 1 && read(self_pipe[0], &sig, 1) == 1 &&
                sig == SIGUSR1;
    printf("PIPE-11 %s a handler that writes into a pipe: poll(2) %s\n",
           yes(!woken), woken ? "tells of a signal that came before it"
                              : "does not see the signal");
    signal(SIGUSR1, SIG_DFL);
    close_both(self_pipe);
}

static void pipe_14(void)
{
    char got[16] = "";
    int fd[2];

    new_pipe(fd);
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0)
        _exit(write(fd[1], "one ", 4) == 4 && write(fd[1], "two ", 4) == 4 &&
              write(fd[1], "three", 5) == 5 ? 0 : 1);
    if (waitpid(child, NULL, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    ssize_t n = 0, r;
    while (n < 13 && (r = read(fd[0], got + n, 4)) > 0)
        n += r;
    printf("PIPE-14 %s the writer of one, two, three has ended; in the pipe "
           "there is: %s\n", yes(strcmp(got, "one two three") == 0), got);

    size_t size = capacity(fd[1]);
    char *buffer = new_buffer(size + 1);
    if (fcntl(fd[1], F_SETFL, O_NONBLOCK) == -1)
        err(EXIT_FAILURE, "fcntl F_SETFL");
    n = write(fd[1], buffer, size + 1);
    r = write(fd[1], buffer, 1);
    printf("PIPE-14 %s a buffer of %zu bytes: of one more write(2) takes %zd; "
           "and then: %s\n", yes(n == (ssize_t)size && r == -1), size, n,
           r == -1 ? strerror(errno) : "still more");
    free(buffer);
    close_both(fd);
}

/* A message of len letters `m` is read into a buffer of 20. Is it a string? */
static void as_a_string(const char *before, int fill, size_t len)
{
    struct { char buff[20], end; } area;
    char message[20];
    int fd[2];

    memset(area.buff, fill, sizeof area.buff); /* what lay there before */
    area.end = '\0'; /* so that looking for the end stays inside */
    memset(message, 'm', sizeof message);
    new_pipe(fd);
    if (write(fd[1], message, len) != (ssize_t)len)
        err(EXIT_FAILURE, "write");
    ssize_t n = read(fd[0], area.buff, sizeof area.buff);
    if (n == -1)
        err(EXIT_FAILURE, "read");
    int ends = memchr(area.buff, '\0', sizeof area.buff) != NULL;
    printf("PIPE-16 %s %s, then %zd bytes came: %s\n",
           yes(ends && strlen(area.buff) == (size_t)n), before, n,
           !ends ? "no NUL in it, \"%s\" would read beyond it" :
           strlen(area.buff) == (size_t)n ? "a string" : "a longer string");
    close_both(fd);
}

static void pipe_16(void)
{
    as_a_string("a buffer that held other bytes", 'x', 12);
    as_a_string("a buffer full of NUL bytes", '\0', 20);
}

static void pipe_17(void)
{
    int fd[2], reads = 0;
    char small[16];

    new_pipe(fd);
    size_t size = capacity(fd[1]), len = 2 * size + 1, largest = 0, sum = 0;
    char *buffer = new_buffer(len);
    ssize_t in = write(fd[1], "hello", 5), n = read(fd[0], small, sizeof small);
    printf("PIPE-17 %s one write(2) of %zd bytes, then read(2): %zd\n",
           yes(n == in), in, n);
    in = write(fd[1], "abc", 3);
    if (in != 3 || write(fd[1], "def", 3) != 3)
        err(EXIT_FAILURE, "write");
    n = read(fd[0], small, sizeof small);
    printf("PIPE-17 %s two write(2) of %zd bytes each, then read(2): %zd\n",
           yes(n == in), in, n);

    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0)
        _exit(write(fd[1], buffer, len) == (ssize_t)len ? 0 : 1);
    close(fd[1]);
    while ((n = read(fd[0], buffer, len)) > 0) {
        reads++;
        sum += (size_t)n;
        if ((size_t)n > largest)
            largest = (size_t)n;
    }
    int status;
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (status != 0 || sum != len)
        errx(EXIT_FAILURE, "the child could not do its part");
    printf("PIPE-17 %s one write(2) of %zu bytes: %d read(2), of which the "
           "largest gave %zu\n", yes(reads == 1), len, reads, largest);
    free(buffer);
    close(fd[0]);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"PIPE-6", pipe_6}, {"PIPE-7", pipe_7}, {"PIPE-11", pipe_11},
    {"PIPE-14", pipe_14}, {"PIPE-16", pipe_16}, {"PIPE-17", pipe_17},
};

int main(int argc, char *argv[])
{
    int tried = 0;

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
