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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FDS = 65536, EVENTS = 64, CHUNK = 1024, PREFIX = 24, PORT = 20202 };

struct client { long lines, in_line; char name[32]; };

static struct client client[FDS]; /* of descriptor fd: client[fd] */
static int ep, listener, clients;

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

/* [6] watch: have epoll_wait(2) tell when FD is readable; if EVENTS is 0, not.
 * The kernel keeps the list and tells of those who are ready: silent clients
 * cost nothing. poll(2) is given the whole list, and looks at each of it. */
static int watch(int command, int fd, uint32_t events)
{
    return epoll_ctl(ep, command, fd,
                     &(struct epoll_event){.events = events, .data.fd = fd});
}

static void welcome(void)
{
    struct sockaddr_in addr;
    socklen_t len = sizeof addr;
    char name[32];
    int fd = accept(listener, (struct sockaddr *)&addr, &len);

    /* Without a descriptor they wait in the queue until one leaves. */
    if (fd == -1 && errno != EAGAIN && errno != ECONNABORTED &&
        (clients == 0 || watch(EPOLL_CTL_MOD, listener, 0) == -1))
        err(EXIT_FAILURE, "accept, epoll_ctl");
    if (fd == -1)             /* ECONNABORTED: it hung up before we came */
        return;
    write_name(&addr, name);  /* there is no pid to ask for */
    if (fd >= FDS) {
        warnx("client %s is one too many", name);
    } else if (watch(EPOLL_CTL_ADD, fd, EPOLLIN) == -1) {
        warn("epoll_ctl: client %s is dropped", name);
    } else {
        printf("Server: client %s is here.\n", name);
        client[fd].lines = client[fd].in_line = 0;
        strcpy(client[fd].name, name);
        clients++;
        return;
    }
    close(fd);
}

/* serve: 0 if the client is gone, or has to go. Nothing in here waits. */
static int serve(int fd)
{
    struct client *c = &client[fd];
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

static void part_with(int fd)
{
    printf("Server: client %s is gone, lines: %ld.\n", client[fd].name,
           client[fd].lines);
    close(fd);                /* which takes it off the list, too */
    clients--;
    if (watch(EPOLL_CTL_MOD, listener, EPOLLIN) == -1) /* there is room again */
        err(EXIT_FAILURE, "epoll_ctl");
}

int main(int argc, char *argv[])
{
    struct epoll_event ready[EVENTS];
    struct sockaddr_in addr = {.sin_family = AF_INET};
    char name[32], *end = "";
    long port = argc > 1 ? strtol(argv[1], &end, 10) : PORT;

    setvbuf(stdout, NULL, _IOLBF, 0);
    addr.sin_port = htons((in_port_t)port);
    addr.sin_addr.s_addr = folder_address();
    if (argc > 3 || *end != '\0' || end == argv[1] || port < 0 ||
        port > 65535 || (argc > 2 &&
        inet_pton(AF_INET, argv[2], &addr.sin_addr) != 1))
        errx(2, "usage: sock_inet_server [PORT [ADDRESS]]");
    signal(SIGPIPE, SIG_IGN); /* a client that dies must not take us with it */
    listener = open_listener(&addr, name);
    ep = epoll_create1(0);
    if (ep == -1 || watch(EPOLL_CTL_ADD, listener, EPOLLIN) == -1)
        err(EXIT_FAILURE, "epoll_create1, epoll_ctl");
    printf("Socket server name is: %s.\nMy pid is: %d.\n", name, getpid());
    warnx("waiting for clients: start sock_inet_client %d %s",
          ntohs(addr.sin_port), inet_ntoa(addr.sin_addr));

    while (!ferror(stdout)) {
        int n = epoll_wait(ep, ready, EVENTS, -1);
        if (n == -1 && errno != EINTR) /* EINTR: by Ctrl-Z and fg, for one */
            break;
        for (int i = 0; i < n; i++)
            if (ready[i].data.fd == listener)
                welcome();
            else if (!serve(ready[i].data.fd))
                part_with(ready[i].data.fd);
    }
    err(EXIT_FAILURE, "stdout, epoll_wait");
}
