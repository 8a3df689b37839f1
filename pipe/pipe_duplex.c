/* pipe_duplex.c - bytes go to the child and come back, both at the same time.
 *
 * Article:    B 三.2 (1): a pipe goes one way, so two ways take two of them
 * Terminal 1: build/pipe/pipe_duplex [BYTES]           (a million)
 * Look for:   [1] two pipes, or one socketpair(2): both are full duplex;
 *             [2] the parent never waits in write(2): it would wait for the
 *                 child, which waits until somebody reads its answers;
 *             [3] poll(2) waits for whatever comes first, an answer or room;
 *             [4] the end of one direction, while the other goes on: close(2)
 *                 of a pipe, shutdown(2) of a socket.
 * Try:        without [2], how many BYTES still come back?
 * See also:   pipe(7), socketpair(2), poll(2), shutdown(2)
 */
#define _XOPEN_SOURCE 700 /* socketpair(2), pid_t under -std=c11 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static long bytes = 1000000; /* more than two pipes or two sockets hold */

/* All that comes goes back, in capital letters. */
static void child(int in, int out)
{
    char buf[4096];
    ssize_t n, sent, rv;

    while ((n = read(in, buf, sizeof buf)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            buf[i] = (char)toupper((unsigned char)buf[i]);
        for (sent = 0; sent < n; sent += rv)
            if ((rv = write(out, buf + sent, n - sent)) == -1) {
                warn("child: write");
                _exit(EXIT_FAILURE);
            }
    }
    if (n == -1)
        warn("child: read");
    _exit(n == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* The alphabet, over and over: more than two pipes hold. Takes what there is
 * room for. */
static void send_some(int out, long *sent)
{
    static char letters[26 * 10000];
    long most = sizeof letters - 26, left = bytes - *sent;

    if (*sent == 0)
        for (size_t i = 0; i < sizeof letters; i++)
            letters[i] = (char)('a' + i % 26);
    ssize_t rv = write(out, letters + *sent % 26, left < most ? left : most);
    if (rv == -1 && errno != EAGAIN)
        err(EXIT_FAILURE, "write to the child");
    if (rv > 0)
        *sent += rv;
}

/* Returns 0 at the end of the file. */
static int receive_some(int in, long *got)
{
    char buf[4096];
    ssize_t n = read(in, buf, sizeof buf);

    if (n == -1)
        err(EXIT_FAILURE, "read from the child");
    for (ssize_t i = 0; i < n; i++)
        if (buf[i] != 'A' + (*got + i) % 26)
            errx(EXIT_FAILURE, "byte %ld came back wrong", *got + (long)i);
    *got += n;
    return n > 0;
}

static void talk(const char *by, pid_t pid, int in, int out)
{
    struct pollfd p[] = {{.fd = in, .events = POLLIN},
                         {.fd = out, .events = POLLOUT}};
    long sent = 0, got = 0;
    int status, more = 1;

    if (fcntl(out, F_SETFL, O_NONBLOCK) == -1) /* [2] */
        err(EXIT_FAILURE, "fcntl");
    while (more) {
        if (poll(p, 2, -1) == -1) /* [3] */
            err(EXIT_FAILURE, "poll");
        if (p[1].revents != 0)
            send_some(out, &sent);
        if (p[1].fd != -1 && sent == bytes) { /* [4] */
            if ((in == out ? shutdown(out, SHUT_WR) : close(out)) == -1)
                err(EXIT_FAILURE, "end of what goes to the child");
            p[1].fd = -1; /* poll(2) leaves it alone from now on */
        }
        if (p[0].revents != 0)
            more = receive_some(in, &got);
    }
    if (waitpid(pid, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (WIFSIGNALED(status))
        errx(EXIT_FAILURE, "child died of signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) != EXIT_SUCCESS)
        exit(EXIT_FAILURE); /* it has said why */
    if (got != bytes)
        errx(EXIT_FAILURE, "%ld bytes of %ld came back", got, bytes);
    if (printf("%s: %ld bytes there and %ld bytes back.\n", by, sent, got) < 0)
        err(EXIT_FAILURE, "stdout");
    close(in);
}

int main(int argc, char *argv[])
{
    int there[2], back[2], pair[2];
    char *end = "";
    pid_t pid;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is a write(2), even in a pipe */
    if (argc == 2)
        bytes = strtol(argv[1], &end, 10);
    if (argc > 2 || (argc == 2 && !isdigit((unsigned char)argv[1][0])) ||
        *end != '\0' || bytes < 1 || bytes == LONG_MAX)
        errx(2, "usage: %s [BYTES]", argv[0]);
    signal(SIGPIPE, SIG_IGN); /* a dead reader is an error, not our death */
    signal(SIGCHLD, SIG_DFL); /* an inherited SIG_IGN would take the status */

    if (pipe(there) == -1 || pipe(back) == -1) /* [1] */
        err(EXIT_FAILURE, "pipe");
    if ((pid = fork()) == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (pid == 0) {
        close(there[1]);
        close(back[0]);
        child(there[0], back[1]);
    }
    close(there[0]);
    close(back[1]);
    talk("Two pipes", pid, back[0], there[1]);

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1) /* [1] */
        err(EXIT_FAILURE, "socketpair");
    if ((pid = fork()) == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (pid == 0) {
        close(pair[0]);
        child(pair[1], pair[1]);
    }
    close(pair[1]);
    talk("A socket pair", pid, pair[0], pair[0]);
    return EXIT_SUCCESS;
}
