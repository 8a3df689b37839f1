/* calls.c - lab: what socket(2) makes, and the connection: two directions.
 *
 * Claims:   SOCK-2 SOCK-3 SOCK-4 SOCK-5 SOCK-6
 * Terminal: build/unixsock/labs/calls [CLAIM]   (all: make claims-unixsock)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: socket(2), unix(7), socket(7), ipv6(7), shutdown(2)
 */
#define _GNU_SOURCE /* SO_DOMAIN */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

/* Why the last call failed; "done" if it did not. */
static const char *outcome(ssize_t result)
{
    return result == -1 ? strerror(errno) : "done";
}

/* A connection by listen, connect, accept: fd[0] called, fd[1] was called. Of
 * AF_UNIX by a name that the kernel chooses, else on the host itself, by a port
 * that it chooses. 0, or -1 and errno: this host has no such addresses, or its
 * loopback is down. */
static int connection(int family, int fd[2])
{
    union { struct sockaddr any; struct sockaddr_un un; struct sockaddr_in in4;
        struct sockaddr_in6 in6; } a = {.un = {.sun_family = AF_UNIX}};
    socklen_t len = sizeof a.un.sun_family;
    int listener = socket(family, SOCK_STREAM, 0);

    if (family == AF_INET) {
        a.in4 = (struct sockaddr_in){.sin_family = AF_INET};
        a.in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        len = sizeof a.in4;
    } else if (family == AF_INET6) {
        a.in6 = (struct sockaddr_in6){.sin6_family = AF_INET6};
        a.in6.sin6_addr = in6addr_loopback;
        len = sizeof a.in6;
    }
    if (listener == -1 || bind(listener, &a.any, len) == -1)
        return -1;
    len = sizeof a;
    if (listen(listener, 1) == -1 ||
        getsockname(listener, &a.any, &len) == -1 ||
        (fd[0] = socket(family, SOCK_STREAM, 0)) == -1)
        err(EXIT_FAILURE, "listen, getsockname, socket");
    if (connect(fd[0], &a.any, len) == -1) {
        if (errno == ENETUNREACH || errno == EADDRNOTAVAIL)
            return -1;
        err(EXIT_FAILURE, "connect");
    }
    if ((fd[1] = accept(listener, NULL, NULL)) == -1)
        err(EXIT_FAILURE, "accept");
    close(listener);
    return 0;
}

static void close_both(const int fd[2])
{
    close(fd[0]);
    close(fd[1]);
}

/* As many bytes as go in, or come out, without waiting. */
static long fill(int fd)
{
    char block[8192];
    ssize_t n;
    long sum = 0;

    memset(block, 'x', sizeof block);
    while ((n = send(fd, block, sizeof block, MSG_DONTWAIT)) > 0)
        sum += n;
    return sum;
}

static long drain(int fd)
{
    char block[8192];
    ssize_t n;
    long sum = 0;

    while ((n = recv(fd, block, sizeof block, MSG_DONTWAIT)) > 0)
        sum += n;
    return sum;
}

/* In turn, at the same time, and one direction without the other. */
static void sock_2(void)
{
    int fd[2];
    char ping[8] = "", pong[8] = "";

    if (connection(AF_UNIX, fd) == -1)
        err(EXIT_FAILURE, "socket, bind");
    if (send(fd[0], "ping", 4, 0) == -1 || send(fd[1], "pong", 4, 0) == -1)
        err(EXIT_FAILURE, "send");
    if (recv(fd[1], ping, 4, MSG_DONTWAIT) == -1 ||
        recv(fd[0], pong, 4, MSG_DONTWAIT) == -1)
        warn("recv");
    printf("SOCK-2 %s one side sent ping, the other pong: they read %s and "
           "%s\n", yes(strcmp(ping, "ping") == 0 && strcmp(pong, "pong") == 0),
           pong, ping);
    long there = fill(fd[0]), back = fill(fd[1]);
    long came = drain(fd[1]), returned = drain(fd[0]);
    printf("SOCK-2 %s both directions full at once: %ld and %ld bytes; out "
           "came %ld and %ld\n",
           yes(there > 0 && back > 0 && came == there && returned == back),
           there, back, came, returned);
    if (shutdown(fd[0], SHUT_WR) == -1)
        err(EXIT_FAILURE, "shutdown");
    ssize_t end = recv(fd[1], ping, 4, MSG_DONTWAIT);
    ssize_t sent = send(fd[1], "pong", 4, MSG_NOSIGNAL);
    ssize_t got = recv(fd[0], pong, 4, MSG_DONTWAIT);
    printf("SOCK-2 %s one direction shut down, %s: the other still carried %zd "
           "bytes\n", yes(end == 0 && sent == 4 && got == 4),
           end == 0 ? "the end of file is seen" : "no end of file", got);
    close_both(fd);
}

static int option(int fd, int name)
{
    int value = -1;
    socklen_t len = sizeof value;

    if (getsockopt(fd, SOL_SOCKET, name, &value, &len) == -1)
        err(EXIT_FAILURE, "getsockopt");
    return value;
}

static void sock_3(void)
{
    static const struct {
        const char *text;
        int domain, expected;
        const char *family;
    } tries[] = {
        {"AF_UNIX", AF_UNIX, AF_UNIX, "AF_UNIX"},
        {"AF_LOCAL", AF_LOCAL, AF_UNIX, "AF_UNIX"},
        {"AF_INET", AF_INET, AF_INET, "AF_INET"},
    };
    struct stat st;

    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int is_fd = fcntl(fd, F_GETFD) != -1 && fstat(fd, &st) == 0;
    printf("SOCK-3 %s socket(2) returned %d: %s\n",
           yes(is_fd && S_ISSOCK(st.st_mode)), fd,
           !is_fd ? strerror(errno) : S_ISSOCK(st.st_mode) ?
           "a descriptor of a socket" : "a descriptor of something else");
    close(fd);
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        fd = socket(tries[i].domain, SOCK_STREAM, 0);
        if (fd == -1) {
            printf("SOCK-3 skip domain %s: %s\n", tries[i].text,
                   strerror(errno));
            continue;
        }
        int family = option(fd, SO_DOMAIN);
        printf("SOCK-3 %s domain %s: SO_DOMAIN tells family %d, %s %s\n",
               yes(family == tries[i].expected), tries[i].text, family,
               family == tries[i].expected ? "which is" : "not",
               tries[i].family);
        close(fd);
    }
}

static void sock_4(void)
{
    static const struct { const char *text; int family, in_the_text; } tries[] =
        {{"AF_INET, 127.0.0.1", AF_INET, 1}, {"AF_INET6, ::1", AF_INET6, 0}};
    int fd[2];

    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        char c = 0;
        if (connection(tries[i].family, fd) == -1) {
            printf("SOCK-4 skip %s: %s\n", tries[i].text, strerror(errno));
            continue;
        }
        if (send(fd[0], "x", 1, 0) == -1 || recv(fd[1], &c, 1, 0) == -1)
            warn("send, recv");
        printf("SOCK-4 %s a TCP connection by %s: it carried %s\n",
               yes((c == 'x') == tries[i].in_the_text), tries[i].text,
               c == 'x' ? "a byte" : "nothing");
        close_both(fd);
    }
}

/* The two types of the text, and whether there are others. */
static void sock_5(void)
{
    static const struct {
        const char *text;
        int type, in_the_text;
    } tries[] = {
        {"SOCK_STREAM", SOCK_STREAM, 1}, {"SOCK_DGRAM", SOCK_DGRAM, 1},
        {"SOCK_SEQPACKET", SOCK_SEQPACKET, 0},
        {"SOCK_STREAM | SOCK_CLOEXEC", SOCK_STREAM | SOCK_CLOEXEC, 0},
    };

    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        int fd = socket(AF_UNIX, tries[i].type, 0);
        printf("SOCK-5 %s type %s: %s", yes((fd != -1) == tries[i].in_the_text),
               tries[i].text, outcome(fd));
        if (fd != -1)
            printf("; SO_TYPE is %d, close-on-exec %s", option(fd, SO_TYPE),
                   fcntl(fd, F_GETFD) & FD_CLOEXEC ? "on" : "off");
        printf("\n");
        close(fd);
    }
}

static void sock_6(void)
{
    int one = socket(AF_UNIX, SOCK_STREAM, PF_UNIX), error = errno;

    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    printf("SOCK-6 %s protocol 0: %s (and %d, PF_UNIX: %s)\n", yes(fd != -1),
           outcome(fd), PF_UNIX, one != -1 ? "done" : strerror(error));
    close(fd);
    close(one);
    fd = socket(AF_UNIX, SOCK_STREAM, 2);
    printf("SOCK-6 %s protocol 2: %s\n", yes(fd == -1), outcome(fd));
    close(fd);
    fd = socket(AF_UNIX, SOCK_STREAM, 6 /* IPPROTO_TCP */);
    printf("SOCK-6 %s protocol 6, TCP: %s\n", yes(fd == -1), outcome(fd));
    close(fd);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SOCK-2", sock_2}, {"SOCK-3", sock_3}, {"SOCK-4", sock_4},
    {"SOCK-5", sock_5}, {"SOCK-6", sock_6},
};

int main(int argc, char *argv[])
{
    int tried = 0;

    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: calls [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
