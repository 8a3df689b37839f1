/* sock_server.c - answer every line of many clients, all from one process.
 *
 * Article:    B 五 "命名socket" (text only; the program is ours)
 * Terminal 1: build/unixsock/sock_server
 * Terminal 2: build/unixsock/sock_client sock.server hello
 * Terminal 3: build/unixsock/sock_client           (type lines, then Ctrl-D)
 * Look for:   [1] `ls -l sock.server`: an s in front and no byte in it; the
 *                 kernel only looks the name up, nobody reads the file;
 *             [2] with the name @demo there is no file, only a line in
 *                 /proc/net/unix, its @ standing for the first byte, 0;
 *             [3] no client has an address, yet the kernel knows its pid;
 *             [4] epoll(7) tells who has something to say; nobody is waited
 *                 for, and who does not fetch his answers is dropped;
 *             [5] after kill -9 the file is still there: the next server
 *                 replaces it, but never that of a server alive.
 * Try:        start a second sock_server beside the first.
 * See also:   sock_client.c; unix(7), accept(2), epoll(7)
 */
#define _GNU_SOURCE /* struct ucred */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { FDS = 65536, EVENTS = 64, CHUNK = 1024, PREFIX = 24 };

struct client { long lines, in_line; }; /* in_line: its end has not come yet */

static const char *name;
static struct client client[FDS]; /* of descriptor fd: client[fd] */
static int ep, listener, clients;
static struct stat own;       /* the file that we made: ours to remove */

static void remove_socket(void) /* only async-signal-safe calls in here */
{
    struct stat st;

    if (lstat(name, &st) == 0 && st.st_dev == own.st_dev &&
        st.st_ino == own.st_ino)
        unlink(name);
}

static void on_signal(int sig)
{
    remove_socket();
    signal(sig, SIG_DFL);     /* then die of it, so that the shell sees it */
    raise(sig);
}

/* [3] Who called: the kernel noted it at connect(2). Or whom we called: at his
 * listen(2). */
static struct ucred who(int fd)
{
    struct ucred cred = {.uid = (uid_t)-1}; /* nobody, should the call fail */
    socklen_t size = sizeof cred;

    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size);
    return cred;
}

static int open_listener(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int n = snprintf(addr.sun_path, sizeof addr.sun_path, "%s", name);
    socklen_t len = (socklen_t)sizeof addr.sun_family + (socklen_t)n;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sigset_t all, before;
    struct stat st;

    if (fd == -1)
        err(EXIT_FAILURE, "socket");
    if (fd <= STDERR_FILENO)  /* or a client would get what we print */
        errx(EXIT_FAILURE, "a standard stream is closed");
    if (n >= (int)sizeof addr.sun_path)
        errx(EXIT_FAILURE, "the name is too long: %s", name);
    if (name[0] == '@')
        addr.sun_path[0] = '\0'; /* [2] len is exact: a 0 more, another name */
    else if (lstat(name, &st) == 0 &&
             (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid()))
        errx(EXIT_FAILURE, "%s exists and is no socket of yours", name);
    umask(0177);              /* the file is to have mode 0600 */
    sigfillset(&all);         /* no death before we know what to remove */

    /* [5] Only a call tells a server that lives from one that was killed. It
     * does not wait: a stopped server may have a full queue. */
    if (connect(fd, (struct sockaddr *)&addr, len) == 0)
        errx(EXIT_FAILURE, "%s is already served by pid %d", name, who(fd).pid);
    if ((errno == ECONNREFUSED && name[0] != '@' && unlink(name) == -1) ||
        sigprocmask(SIG_BLOCK, &all, &before) == -1 ||
        bind(fd, (struct sockaddr *)&addr, len) == -1 || /* [1] */
        (name[0] != '@' && lstat(name, &own) == -1) ||
        atexit(remove_socket) != 0 || listen(fd, SOMAXCONN) == -1 ||
        sigprocmask(SIG_SETMASK, &before, NULL) == -1)
        err(EXIT_FAILURE, "unlink, bind, listen %s", name);
    return fd;
}

/* watch: have epoll_wait(2) tell when FD is readable; if EVENTS is 0, not.
 * The kernel keeps the list and tells of those who are ready: silent clients
 * cost nothing. poll(2) is given the whole list, and looks at each of it. */
static int watch(int command, int fd, uint32_t events)
{
    return epoll_ctl(ep, command, fd,
                     &(struct epoll_event){.events = events, .data.fd = fd});
}

static void welcome(void)
{
    int fd = accept(listener, NULL, NULL);

    /* Without a descriptor they wait in the queue until one leaves. */
    if (fd == -1 && errno != ECONNABORTED && (clients == 0 ||
        watch(EPOLL_CTL_MOD, listener, 0) == -1))
        err(EXIT_FAILURE, "accept, epoll_ctl");
    if (fd == -1)             /* ECONNABORTED: it hung up before we came */
        return;
    if (who(fd).uid != geteuid()) { /* anybody may call an @name */
        warnx("client %d is of another user: refused", who(fd).pid);
    } else if (fd >= FDS) {
        warnx("client %d is one too many", who(fd).pid);
    } else if (watch(EPOLL_CTL_ADD, fd, EPOLLIN) == -1) {
        warn("epoll_ctl: client %d is dropped", who(fd).pid);
    } else {
        printf("Server: client %d is here.\n", who(fd).pid);
        client[fd] = (struct client){0, 0};
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
    if (n != 0) /* [4] or it died before we could answer */
        warn("client %d is dropped", who(fd).pid);
    return 0;
}

static void part_with(int fd)
{
    printf("Server: client %d is gone, lines: %ld.\n", who(fd).pid,
           client[fd].lines);
    close(fd);                /* which takes it off the list, too */
    clients--;
    if (watch(EPOLL_CTL_MOD, listener, EPOLLIN) == -1) /* there is room again */
        err(EXIT_FAILURE, "epoll_ctl");
}

int main(int argc, char *argv[])
{
    struct epoll_event ready[EVENTS];

    setvbuf(stdout, NULL, _IOLBF, 0);
    name = argc > 1 ? argv[1] : "sock.server";
    if (argc > 2 || name[0] == '-' || name[0] == '\0')
        errx(2, "usage: sock_server [NAME]");
    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, 0}; *s; s++)
        signal(*s, on_signal);
    signal(SIGPIPE, SIG_IGN); /* a client that dies must not take us with it */
    listener = open_listener();
    ep = epoll_create1(0);
    if (ep == -1 || watch(EPOLL_CTL_ADD, listener, EPOLLIN) == -1)
        err(EXIT_FAILURE, "epoll_create1, epoll_ctl");
    printf("Socket server name is: %s.\nMy pid is: %d.\n", name, getpid());
    warnx("waiting for clients: start sock_client %s", name);

    while (!ferror(stdout)) {
        int n = epoll_wait(ep, ready, EVENTS, -1); /* [4] */
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
