/* stranger.c - lab: how a pipe gets to a process that did not inherit it.
 *
 * Claims:   PIPE-4
 * Terminal: build/pipe/labs/stranger [CLAIM]    (all labs: make claims-pipe)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: cmsg(3), unix(7), proc_pid_fd(5), pidfd_getfd(2)
 */
#define _GNU_SOURCE /* syscall(2) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open /* newer than some headers */
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

enum way { BY_NUMBER, BY_MESSAGE, BY_PROC, BY_PIDFD };
struct request { enum way way; pid_t owner; int fd; };
struct reply { int error; char text[8]; };

union control { /* room for one descriptor in a message */
    char space[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

/* A request comes; this returns the descriptor that came with it, or -1. */
static int receive(int s, struct request *request)
{
    union control control;
    struct iovec iov = {request, sizeof *request};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    int fd = -1;

    if (recvmsg(s, &m, 0) != (ssize_t)sizeof *request)
        _exit(0); /* the lab has ended */
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (c != NULL)
        memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

/* The stranger: get at fd of the process owner, which is a pipe's read end. */
static int get(const struct request *r, int received)
{
    char path[64];
    int pidfd;

    switch (r->way) {
    case BY_NUMBER:
        return dup(r->fd);
    case BY_PROC:
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)r->owner, r->fd);
        return open(path, O_RDONLY);
    case BY_PIDFD:
        pidfd = (int)syscall(SYS_pidfd_open, r->owner, 0);
        if (pidfd == -1)
            return -1;
        return (int)syscall(SYS_pidfd_getfd, pidfd, r->fd, 0);
    default:
        return received;
    }
}

static void stranger(const struct sockaddr_un *name, socklen_t len)
{
    struct request request;
    int s = socket(AF_UNIX, SOCK_SEQPACKET, 0);

    if (setsid() == -1 || s == -1 ||
        connect(s, (const struct sockaddr *)name, len) == -1)
        _exit(1);
    for (;;) {
        struct reply reply = {.error = 0};
        int received = receive(s, &request), fd = get(&request, received);

        if (fd == -1 || read(fd, reply.text, sizeof reply.text - 1) == -1)
            reply.error = errno;
        if (fd != -1)
            close(fd);
        if (write(s, &reply, sizeof reply) == -1)
            _exit(1);
    }
}

/* Neither our child nor our sibling: its parent is gone, its session is its
 * own, and it exists before the pipe. Returns a socket that leads to it. */
static int start_stranger(int *listener)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t len = sizeof name;
    int status;

    /* Without a path, the kernel chooses a name that nobody else has. */
    *listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (*listener == -1 ||
        bind(*listener, (struct sockaddr *)&name, sizeof(sa_family_t)) == -1 ||
        getsockname(*listener, (struct sockaddr *)&name, &len) == -1 ||
        listen(*listener, 1) == -1)
        err(EXIT_FAILURE, "a socket to listen on");
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0)
            stranger(&name, len);
        _exit(grandchild == -1 ? 1 : 0);
    }
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (status != 0)
        errx(EXIT_FAILURE, "fork failed in the child");
    int s = accept(*listener, NULL, NULL);
    if (s == -1)
        err(EXIT_FAILURE, "accept");
    return s;
}

/* Let the stranger read from our fd, which it may get in that way. */
static struct reply ask(int s, enum way way, int fd)
{
    union control control;
    struct request request = {.way = way, .owner = getpid(), .fd = fd};
    struct iovec iov = {&request, sizeof request};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
    struct reply reply;

    if (way == BY_MESSAGE) {
        memset(&control, 0, sizeof control);
        m.msg_control = &control;
        m.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    if (sendmsg(s, &m, MSG_NOSIGNAL) == -1)
        err(EXIT_FAILURE, "sendmsg");
    if (read(s, &reply, sizeof reply) != (ssize_t)sizeof reply)
        errx(EXIT_FAILURE, "the stranger could not do its part");
    return reply;
}

static void pipe_4(void)
{
    static const struct { enum way way; const char *what; } ways[] = {
        {BY_NUMBER, "only the number of fd[0]"},
        {BY_MESSAGE, "fd[0] in a message (SCM_RIGHTS)"},
        {BY_PROC, "open(2) of /proc/PID/fd/N"},
        {BY_PIDFD, "pidfd_getfd(2)"},
    };
    int fd[2], listener, s = start_stranger(&listener);

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (pipe(fd) == -1) /* only now: nobody can have inherited it */
            err(EXIT_FAILURE, "pipe");
        if (write(fd[1], "hello", 5) != 5)
            err(EXIT_FAILURE, "write");
        struct reply reply = ask(s, ways[i].way, fd[0]);
        int got = reply.error == 0 && strcmp(reply.text, "hello") == 0;
        if (ways[i].way > BY_MESSAGE && reply.error != 0) /* not allowed here */
            printf("PIPE-4 skip %s: %s\n", ways[i].what, strerror(reply.error));
        else
            printf("PIPE-4 %s an unrelated process, with %s: %s\n",
                   got ? "no" : "yes", ways[i].what,
                   got ? "it reads hello" : strerror(reply.error));
        close(fd[0]);
        close(fd[1]);
    }
    close(s);
    close(listener);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"PIPE-4", pipe_4},
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
        errx(2, "usage: stranger [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
