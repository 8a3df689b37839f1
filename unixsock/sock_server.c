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
 *             [4] a client that does not fetch its answers is not read from,
 *                 and nobody else notices;
 *             [5] after kill -9 the file is still there: the next server
 *                 replaces it, but never that of a server alive.
 * Try:        start a second sock_server beside the first.
 * See also:   sock_client.c; unix(7), accept(2), poll(2)
 */
#define _GNU_SOURCE /* struct ucred */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { CLIENTS = 1000, CHUNK = 512, PREFIX = 24 };

struct client {
    pid_t pid;
    unsigned long lines;
    int in_line;              /* its last byte was not a newline */
    size_t from, to;          /* the part of out that is not sent yet */
    char out[CHUNK * PREFIX]; /* has room for the answers to CHUNK newlines */
};

static int self;              /* our pid */
static const char *path;      /* once set, this file is ours to remove */
static struct stat own;

static void remove_socket(void) /* only async-signal-safe calls in here */
{
    struct stat st;

    if (path != NULL && lstat(path, &st) == 0 && st.st_dev == own.st_dev &&
        st.st_ino == own.st_ino)
        unlink(path);
}

static void on_signal(int sig)
{
    remove_socket();
    signal(sig, SIG_DFL);     /* then die of it, so that the shell sees it */
    raise(sig);
}

static struct ucred peer(int fd) /* [3] noted by the kernel at connect(2) */
{
    struct ucred cred;
    socklen_t len = sizeof cred;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
        err(EXIT_FAILURE, "getsockopt SO_PEERCRED");
    return cred;
}

/* [5] Only a call tells a server that lives from one that was killed. The
 * call must not wait: a stopped server may have a full queue. */
static void remove_stale(const char *name, const void *addr, socklen_t len)
{
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct stat st;

    if (probe == -1)
        err(EXIT_FAILURE, "socket");
    if (name[0] != '@' && lstat(name, &st) == -1)
        err(EXIT_FAILURE, "lstat %s", name);
    if (name[0] != '@' && (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid()))
        errx(EXIT_FAILURE, "%s exists and is no socket of yours", name);
    if (connect(probe, addr, len) == 0)
        errx(EXIT_FAILURE, "%s is already served by pid %d", name,
             (int)peer(probe).pid);
    if (name[0] == '@' || errno != ECONNREFUSED || unlink(name) == -1)
        err(EXIT_FAILURE, "%s is in use", name);
    close(probe);
}

static int open_listener(const char *name)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX}, copy;
    socklen_t len = (socklen_t)(sizeof addr.sun_family + strlen(name));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), lock = -1;
    sigset_t all, before;

    if (fd == -1)
        err(EXIT_FAILURE, "socket");
    if (len >= sizeof addr)
        errx(EXIT_FAILURE, "the name is too long: %s", name);
    memcpy(addr.sun_path, name, strlen(name));
    copy = addr;              /* dirname(3) writes into its argument */
    if (name[0] == '@') {
        addr.sun_path[0] = 0; /* [2] len is exact: a 0 more, another name */
    } else {
        /* From bind(2) to listen(2) a socket looks as dead as a stale one:
         * two servers starting at once would remove each other's. */
        lock = open(dirname(copy.sun_path), O_RDONLY | O_DIRECTORY);
        if (lock == -1 || flock(lock, LOCK_EX) == -1)
            err(EXIT_FAILURE, "lock the folder of %s", name);
    }
    umask(0177);              /* the file is to have mode 0600 */
    sigfillset(&all);         /* no death before we know what to remove */
    if (sigprocmask(SIG_BLOCK, &all, &before) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    while (bind(fd, (struct sockaddr *)&addr, len) == -1) /* [1] */
        if (errno == EADDRINUSE)
            remove_stale(name, &addr, len);
        else
            err(EXIT_FAILURE, "bind %s", name);
    if (name[0] != '@' && lstat(path = name, &own) == -1)
        err(EXIT_FAILURE, "lstat %s", name);
    if (listen(fd, SOMAXCONN) == -1 ||
        sigprocmask(SIG_SETMASK, &before, NULL) == -1)
        err(EXIT_FAILURE, "listen %s", name);
    if (lock != -1)
        close(lock);
    return fd;
}

/* serve: 0 if the client is gone. Nothing in here waits. */
static int serve(struct pollfd *p, struct client *c)
{
    char in[CHUNK];
    ssize_t n;

    if (c->from == c->to) {
        n = recv(p->fd, in, sizeof in, MSG_DONTWAIT);
        if (n <= 0)
            return n == -1 && errno == EAGAIN;
        c->from = c->to = 0;
        for (ssize_t i = 0; i < n; i++) {
            if (!c->in_line)
                c->to += (size_t)sprintf(&c->out[c->to], "server %d: ", self);
            c->lines += !c->in_line;
            c->out[c->to++] = in[i];
            c->in_line = in[i] != '\n';
        }
    }
    n = send(p->fd, &c->out[c->from], c->to - c->from, MSG_DONTWAIT);
    if (n == -1 && errno != EAGAIN)
        return 0;
    c->from += n > 0 ? (size_t)n : 0;
    p->events = c->from < c->to ? POLLOUT : POLLIN; /* [4] */
    return 1;
}

int main(int argc, char *argv[])
{
    static const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    static struct pollfd p[1 + CLIENTS];      /* p[0] is the listener */
    static struct client client[1 + CLIENTS]; /* client[i] is at p[i] */
    const char *name = argc > 1 ? argv[1] : "sock.server";
    int listener, fd, n = 0, most = CLIENTS;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 2 || name[0] == '-' || name[name[0] == '@'] == '\0') {
        fprintf(stderr, "usage: sock_server [NAME]\n");
        exit(2);
    }
    self = (int)getpid();
    for (int i = 0; i < 4; i++)
        if (signal(deadly[i], on_signal) == SIG_ERR)
            err(EXIT_FAILURE, "signal");
    /* A client that dies before its answer must not take us with it. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || atexit(remove_socket) != 0)
        err(EXIT_FAILURE, "signal, atexit");
    listener = open_listener(name);
    if (printf("Socket server name is: %s.\n", name) < 0 ||
        printf("My pid is: %d.\n", self) < 0)
        err(EXIT_FAILURE, "stdout");
    warnx("waiting for clients: start sock_client %s", name);

    for (;;) {
        /* Without room or a descriptor, whoever calls waits in the queue. */
        p[0] = (struct pollfd){n < most ? listener : -1, POLLIN, 0};
        if (poll(p, (nfds_t)n + 1, -1) == -1)
            err(EXIT_FAILURE, "poll");
        for (int i = 1; i <= n; i++) {
            if (p[i].revents == 0 || serve(&p[i], &client[i]))
                continue;
            if (printf("Server: client %d is gone after %lu lines.\n",
                       client[i].pid, client[i].lines) < 0)
                err(EXIT_FAILURE, "stdout");
            close(p[i].fd);
            p[i] = p[n]; /* not served now, but poll(2) will tell again */
            client[i] = client[n--];
            most = CLIENTS;
        }
        if (p[0].revents == 0)
            continue;
        fd = accept(listener, NULL, NULL);
        if (fd == -1) {
            if (n == 0 || (errno != EMFILE && errno != ENFILE))
                err(EXIT_FAILURE, "accept");
            most = n;         /* try again when somebody has left */
        } else if (peer(fd).uid != geteuid()) { /* @names have no permissions */
            warnx("client %d is of another user: refused", peer(fd).pid);
            close(fd);
        } else {
            p[++n] = (struct pollfd){fd, POLLIN, 0};
            client[n] = (struct client){.pid = peer(fd).pid};
            if (printf("Server: client %d is here.\n", client[n].pid) < 0)
                err(EXIT_FAILURE, "stdout");
        }
    }
}
