/* fifo_server.c - answer any number of clients, each in a FIFO of its own.
 *
 * Article:    A 二.3 "FIFO, 例子": many clients, one server
 * Terminal 1: build/fifo/fifo_server      (it ends with Ctrl-C)
 * Terminal 2: build/fifo/fifo_client      (again and again, or many at once)
 * Look for:   [1] it holds the writing end as well: when the last client has
 *                 left, read(2) waits for the next one;
 *             [2] one read(2) can bring many requests, and a part of one;
 *             [3] it never waits for a client: one that died, or that does not
 *                 read, costs the others nothing;
 *             [4] of two servers in one folder the second is refused.
 * Try:        printf '\n1 hello\n' >fifo_server.fifo    Who gets the answer?
 * See also:   fifo_client.c, fifo_request.h; fifo(7), pipe(7), flock(2)
 */
#define _XOPEN_SOURCE 700 /* sigaction(2), lstat(2), O_NOFOLLOW */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fifo_request.h"

static struct stat ours; /* the server's FIFO, once it is ours to remove */

static int is_private_fifo(const struct stat *st)
{
    return st->st_uid == geteuid() && (st->st_mode & (S_IFMT | 077)) == S_IFIFO;
}

/* Is that name still the file that we know? */
static int names(const char *path, const struct stat *file)
{
    struct stat st;

    return lstat(path, &st) == 0 && st.st_ino == file->st_ino &&
           st.st_dev == file->st_dev;
}

static void remove_fifo(void) /* async-signal-safe calls only */
{
    if (ours.st_ino != 0 && names(SERVER_FIFO, &ours))
        unlink(SERVER_FIFO);
}

static void on_signal(int sig)
{
    remove_fifo();
    raise(sig); /* SA_RESETHAND: now we die of it, and the shell knows why */
}

/* The server of this folder is who has locked the FIFO of that name. */
static int take_fifo(void)
{
    struct stat st;
    int fd;

    for (;;) {
        fd = open(SERVER_FIFO, O_RDWR | O_NOFOLLOW); /* [1] */
        if (fd == -1 && errno == ENOENT) {
            if (mkfifo(SERVER_FIFO, 0600) == -1 && errno != EEXIST)
                err(EXIT_FAILURE, "mkfifo %s", SERVER_FIFO);
            continue;
        }
        if (fd == -1 || fstat(fd, &st) == -1)
            err(EXIT_FAILURE, "open %s%s", SERVER_FIFO,
                errno == ELOOP ? " (a link is not followed)" : "");
        if (!is_private_fifo(&st))
            errx(EXIT_FAILURE, "%s is not a FIFO of yours alone", SERVER_FIFO);
        if (flock(fd, LOCK_EX | LOCK_NB) == -1) /* [4] */
            err(EXIT_FAILURE, "lock %s (is another fifo_server at work here?)",
                SERVER_FIFO);
        if (names(SERVER_FIFO, &st))
            break;
        close(fd); /* its server has left meanwhile, and removed it */
    }
    ours = st;
    return fd;
}

/* Answer this line, or say why not. */
static void serve(const char *line, size_t len)
{
    static long number;
    char *text, name[64], answer[LINE_SIZE];
    struct stat st;
    long pid = strtol(line, &text, 10);

    if (!isdigit((unsigned char)line[0]) || *text++ != ' ' || pid < 1 ||
        strlen(line) != len || strlen(text) > TEXT_SIZE) {
        warnx("%zu bytes that are no request are dropped", len);
        return;
    }
    if (printf("Request %ld from client %ld: %s\n", ++number, pid, text) < 0)
        err(EXIT_FAILURE, "stdout");
    int size = snprintf(answer, sizeof answer, "\n%ld %s\n", number, text);
    snprintf(name, sizeof name, ANSWER_FIFO, pid);
    int fd = open(name, O_WRONLY | O_NONBLOCK | O_NOFOLLOW); /* [3] */
    if (fd == -1 || fstat(fd, &st) == -1)
        warn("no answer to client %ld: open %s", pid, name);
    else if (!is_private_fifo(&st))
        warnx("no answer to client %ld: %s is not a FIFO of yours alone", pid,
              name);
    else if (write(fd, answer, (size_t)size) != size) /* [3] whole, or not */
        warn("no answer to client %ld: write %s", pid, name);
    if (fd != -1)
        close(fd);
}

int main(int argc, char *argv[])
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    char buf[PIPE_BUF], line[LINE_SIZE];
    size_t len = 0;
    sigset_t set;
    ssize_t n;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    if (argc > 1)
        errx(2, "usage: %s", argv[0]);
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1 || /* or the FIFO becomes it */
        fcntl(STDERR_FILENO, F_GETFD) == -1)
        err(EXIT_FAILURE, "stdout, stderr");

    /* Whoever ends us waits until we know what there is to remove. */
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (sigaddset(&set, ends[i]) || sigaction(ends[i], &sa, NULL))
            err(EXIT_FAILURE, "sigaction");
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || atexit(remove_fifo) != 0 ||
        sigprocmask(SIG_BLOCK, &set, NULL) == -1)
        err(EXIT_FAILURE, "signal, atexit, sigprocmask");
    int fd = take_fifo();
    if (sigprocmask(SIG_UNBLOCK, &set, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");

    warnx("waiting for fifo_client (start it in this directory)");
    while ((n = read(fd, buf, sizeof buf)) > 0) /* [1] */
        for (ssize_t i = 0; i < n; i++) { /* [2] */
            if (buf[i] != '\n') {
                if (len < LINE_SIZE - 1) /* too long for a request, anyway */
                    line[len++] = buf[i];
                continue;
            }
            line[len] = '\0';
            if (len > 0)
                serve(line, len);
            len = 0;
        }
    err(EXIT_FAILURE, "read %s", SERVER_FIFO);
}
