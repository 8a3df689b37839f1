/* sock_client.c - send lines to sock_server and print what it answers.
 *
 * Article:    B 五 "命名socket" (text only; the program is ours)
 * Terminal 1: build/unixsock/sock_server
 * Terminal 2: build/unixsock/sock_client sock.server hello world
 * Terminal 3: build/unixsock/sock_client           (type lines, then Ctrl-D)
 * Look for:   [1] socket and connect, no bind: a client needs no address;
 *             [2] one descriptor carries both directions at a time;
 *             [3] half of it can be closed: "no more from me" reaches the
 *                 server while its answers still come.
 * Try:        kill -9 the server while terminal 3 waits for you to type.
 * See also:   sock_server.c; unix(7), connect(2), shutdown(2)
 */
#define _GNU_SOURCE /* struct ucred */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const char *name)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    socklen_t len = (socklen_t)(sizeof addr.sun_family + strlen(name));
    struct ucred cred;
    socklen_t size = sizeof cred;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd == -1)
        err(EXIT_FAILURE, "socket");
    if (len >= sizeof addr)
        errx(EXIT_FAILURE, "the name is too long: %s", name);
    memcpy(addr.sun_path, name, strlen(name));
    if (name[0] == '@')
        addr.sun_path[0] = 0; /* len is exact: one 0 more, another name */
    if (connect(fd, (struct sockaddr *)&addr, len) == -1) /* [1] */
        err(EXIT_FAILURE, "connect %s%s", name,
            errno == ENOENT || errno == ECONNREFUSED
                ? " (start sock_server first)" : "");
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) == -1)
        err(EXIT_FAILURE, "getsockopt SO_PEERCRED");
    if (cred.uid != geteuid()) /* anyone may have taken that name */
        errx(EXIT_FAILURE, "%s is served by another user, pid %d", name,
             cred.pid);
    return fd;
}

/* show: print answers as they come, maybe in the middle of a line. Returns
 * how many bytes came back: those after the "server <pid>: " of each line. */
static size_t show(const char *answer, ssize_t n)
{
    static int in_line, blanks;
    size_t back = 0;

    for (ssize_t i = 0; i < n; i++) {
        if (!in_line) {
            if (printf("Client: receive: ") < 0)
                err(EXIT_FAILURE, "stdout");
            blanks = 0;
        }
        if (putchar(answer[i]) == EOF)
            err(EXIT_FAILURE, "stdout");
        if (blanks == 2)
            back++;
        else
            blanks += answer[i] == ' ';
        in_line = answer[i] != '\n';
    }
    return back;
}

/* refill: what to send next, an argument or some of stdin. 0: all is sent. */
static size_t refill(int argc, char *argv[], char **out)
{
    static char in[4096];
    static int next = 2;
    ssize_t n;

    if (argc > 2) {
        if (next == argc)
            return 0;
        *out = argv[next++];
        n = (ssize_t)strlen(*out);
        (*out)[n] = '\n'; /* takes the place of its 0: we know the length */
        return (size_t)n + 1;
    }
    *out = in;
    n = read(STDIN_FILENO, in, sizeof in);
    if (n == -1)
        err(EXIT_FAILURE, "read stdin");
    return (size_t)n;
}

int main(int argc, char *argv[])
{
    const char *name = argc > 1 ? argv[1] : "sock.server";
    struct pollfd p[2] = {{.fd = -1}, {.events = POLLIN}}; /* socket, stdin */
    size_t left = 0, asked = 0, answered = 0;
    char answer[4096], *out = NULL;
    int more = 1;
    ssize_t n;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (name[0] == '-' || name[name[0] == '@'] == '\0') {
        fprintf(stderr, "usage: sock_client [NAME [TEXT...]]\n");
        exit(2);
    }
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) /* a dead server is told, below */
        err(EXIT_FAILURE, "signal");
    /* The socket must not take the place of a closed 0, 1 or 2. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 &&
            open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            err(EXIT_FAILURE, "open /dev/null");
    p[0].fd = connect_to(name);

    for (;;) {
        if (more && left == 0 && (argc > 2 || p[1].revents != 0)) {
            left = refill(argc, argv, &out);
            asked += left;
            more = left > 0;
            if (!more && shutdown(p[0].fd, SHUT_WR) == -1) /* [3] */
                err(EXIT_FAILURE, "shutdown");
        }
        /* Never wait in send(2): the server may wait for us to fetch first. */
        p[0].events = left > 0 ? POLLIN | POLLOUT : POLLIN; /* [2] */
        p[1].fd = more && left == 0 ? STDIN_FILENO : -1;
        if (poll(p, 2, -1) == -1)
            err(EXIT_FAILURE, "poll");
        if (p[0].revents & POLLOUT) {
            n = send(p[0].fd, out, left, MSG_DONTWAIT);
            if (n > 0) {
                out += n;
                left -= (size_t)n;
            } else if (errno != EAGAIN) {
                left = 0; /* it is dead: only fetch what it had said */
            }
        }
        if (p[0].revents & ~POLLOUT) {
            n = recv(p[0].fd, answer, sizeof answer, 0);
            if (n <= 0)
                break;
            answered += show(answer, n);
        }
    }
    if (fflush(stdout) == EOF)
        err(EXIT_FAILURE, "stdout");
    if (more || answered < asked)
        errx(EXIT_FAILURE, "the server is gone before it answered all");
    exit(EXIT_SUCCESS);
}
