/* sock_inet_server.c - sock_server over TCP, for clients on other hosts, too.
 *
 * Article:    B 五 "网络socket", AF_INET (text only; the program is ours)
 * Terminal 1: build/unixsock/sock_inet_server
 * Terminal 2: build/unixsock/sock_inet_client      (type lines, then Ctrl-D)
 * Two hosts:  build/unixsock/sock_inet_server 20202 0.0.0.0
 *             build/unixsock/sock_inet_client 20202 ADDRESS hello
 * Look for:   [1] the name is an address and a port, and no file: nothing is
 *                 left behind, and there is nothing to clean up;
 *             [2] no permissions either: whoever reaches the address may call.
 *                 So the usual one is of this host alone, 127.x.x.x, and x is
 *                 this folder's: two folders do not meet;
 *             [3] the network's byte order: htons(3), htonl(3);
 *             [4] port 0: the kernel chooses, getsockname(2) tells;
 *             [5] if it is the server that closed first (Ctrl-C with a client
 *                 there), its port is not free for a minute, SO_REUSEADDR
 *                 apart;
 *             [6] the rest is sock_server: only the family has changed.
 * Try:        start a second one beside the first, then one with port 0.
 * See also:   sock_inet_client.c, sock_server.c; ip(7), tcp(7)
 */
#define _GNU_SOURCE /* SOCK_NONBLOCK */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CLIENTS = 100, CHUNK = 1024, PREFIX = 24, PORT = 20202 };

struct client {
    long lines, in_line;      /* in_line: its end has not come yet */
    char name[32];
};

/* [2] The 24 bits of this folder that ftok(3) takes, too. */
static in_addr_t folder_address(void)
{
    struct stat st;

    if (stat(".", &st) == -1)
        err(EXIT_FAILURE, "stat .");
    return htonl((in_addr_t)(127U << 24 | (st.st_dev & 0xff) << 16 | /* [3] */
                             (st.st_ino & 0xffff)));
}

static void write_name(const struct sockaddr_in *addr, char name[32])
{
    snprintf(name, 32, "%s:%d", inet_ntoa(addr->sin_addr),
             ntohs(addr->sin_port));
}

static int open_listener(struct sockaddr_in *addr, char name[32])
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    socklen_t len = sizeof *addr;

    if (fd == -1)
        err(EXIT_FAILURE, "socket");
    if (fd <= STDERR_FILENO)  /* or a client would get what we print */
        errx(EXIT_FAILURE, "a standard stream is closed");
    write_name(addr, name);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(fd, (struct sockaddr *)addr, len) == -1 || /* [1] [5] */
        listen(fd, SOMAXCONN) == -1)
        err(EXIT_FAILURE, "bind, listen %s (another port? 0: any)", name);
    if (getsockname(fd, (struct sockaddr *)addr, &len) == -1) /* [4] */
        err(EXIT_FAILURE, "getsockname");
    write_name(addr, name);
    return fd;
}

/* [6] serve: 0 if the client is gone, or has to go. Nothing in here waits. */
static int serve(int fd, struct client *c)
{
    char in[CHUNK], out[CHUNK * PREFIX]; /* room for CHUNK newlines */
    ssize_t n = recv(fd, in, sizeof in, 0), size = 0;

    for (ssize_t i = 0; i < n; i++) { /* a stream may cut a line anywhere */
        if (!c->in_line)
            size += sprintf(&out[size], "server %d: ", getpid());
        out[size++] = in[i];
        c->in_line = in[i] != '\n';
        c->lines += !c->in_line;
    }
    if (n > 0)
        errno = EAGAIN;       /* what we say if only a part can be sent */
    if (n > 0 && send(fd, out, (size_t)size, MSG_DONTWAIT) == size)
        return 1;
    if (n != 0) /* or it died before we could answer */
        warn("client %s is dropped", c->name);
    return 0;
}

int main(int argc, char *argv[])
{
    static struct pollfd p[1 + CLIENTS] = {{.events = POLLIN}};
    static struct client client[1 + CLIENTS]; /* client[i] is at p[i] */
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;
    char name[32], *end = "";
    long port = argc > 1 ? strtol(argv[1], &end, 10) : PORT;
    int fd, n = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    addr.sin_port = htons((in_port_t)port);
    addr.sin_addr.s_addr = folder_address();
    if (argc > 3 || *end != '\0' || end == argv[1] || port < 0 ||
        port > 65535 || (argc > 2 &&
        inet_pton(AF_INET, argv[2], &addr.sin_addr) != 1))
        errx(2, "usage: sock_inet_server [PORT [ADDRESS]]");
    signal(SIGPIPE, SIG_IGN); /* a client that dies must not take us with it */
    p[0].fd = open_listener(&addr, name);
    printf("Socket server name is: %s.\nMy pid is: %d.\n", name, getpid());
    warnx("waiting for clients: start sock_inet_client %d %s",
          ntohs(addr.sin_port), inet_ntoa(addr.sin_addr));

    while (!ferror(stdout) && poll(p, (nfds_t)n + 1, -1) != -1) {
        for (int i = n; i > 0; i--) {
            if (p[i].revents == 0 || serve(p[i].fd, &client[i]))
                continue;
            printf("Server: client %s is gone, lines: %ld.\n", client[i].name,
                   client[i].lines);
            close(p[i].fd);
            p[i] = p[n];      /* the last one, who has had his turn */
            client[i] = client[n--];
            p[0].events = POLLIN;
        }
        if (p[0].revents == 0)
            continue;
        fd = accept(p[0].fd, (struct sockaddr *)&addr, &len);
        if (fd == -1 && (errno == EAGAIN || errno == ECONNABORTED))
            continue;         /* it hung up before we came */
        if (fd == -1 && n == 0)
            err(EXIT_FAILURE, "accept");
        if (fd != -1) {
            p[++n] = (struct pollfd){fd, POLLIN, 0};
            client[n] = (struct client){0, 0, ""};
            write_name(&addr, client[n].name); /* there is no pid to ask for */
            printf("Server: client %s is here.\n", client[n].name);
        }
        /* No descriptor or no room: they wait in the queue until one leaves. */
        p[0].events = fd == -1 || n == CLIENTS ? 0 : POLLIN;
    }
    err(EXIT_FAILURE, "stdout, poll");
}
