/* sock_pass_fd_give.c - hand an open pipe to a process that we did not fork.
 *
 * Article:    A 一.1, B 三: "only related processes can use a pipe" (PIPE-4)
 * Terminal 1: build/unixsock/sock_pass_fd_give
 * Terminal 2: build/unixsock/sock_pass_fd_take
 * Look for:   [1] the descriptor does not travel as a number: SCM_RIGHTS makes
 *                 the kernel open the same pipe in the other process, too;
 *             [2] it travels beside at least one byte of ordinary data;
 *             [3] we close our own read end, or the pipe would still have a
 *                 reader when the taker is dead;
 *             [4] the inode number names the pipe: both print the same one.
 * Try:        send STDIN_FILENO in place of pipe_fd[0], and leave out the
 *             write: who gets what you type?
 * See also:   sock_pass_fd_take.c; unix(7), cmsg(3), pipe(7)
 */
#define _GNU_SOURCE /* struct ucred */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *name;
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

static pid_t peer(int fd)
{
    struct ucred cred = {.pid = -1};
    socklen_t size = sizeof cred;

    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size);
    return cred.pid;
}

static int open_listener(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sigset_t all, before;
    struct stat st;

    if (fd == -1)
        err(EXIT_FAILURE, "socket");
    if (fd <= STDERR_FILENO)  /* or the taker would get what we print */
        errx(EXIT_FAILURE, "a standard stream is closed");
    if (strlen(name) >= sizeof addr.sun_path)
        errx(EXIT_FAILURE, "the name is too long: %s", name);
    strcpy(addr.sun_path, name);
    if (lstat(name, &st) == 0 &&
        (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid()))
        errx(EXIT_FAILURE, "%s exists and is no socket of yours", name);
    umask(0177);              /* the file is to have mode 0600 */
    sigfillset(&all);         /* no death before we know what to remove */

    /* Only a call tells a server that lives from one that was killed. */
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0)
        errx(EXIT_FAILURE, "%s is already served by pid %d", name, peer(fd));
    if ((errno == ECONNREFUSED && unlink(name) == -1) ||
        sigprocmask(SIG_BLOCK, &all, &before) == -1 ||
        bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1 ||
        lstat(name, &own) == -1 || atexit(remove_socket) != 0 ||
        listen(fd, 1) == -1 || sigprocmask(SIG_SETMASK, &before, NULL) == -1)
        err(EXIT_FAILURE, "unlink, bind, listen %s", name);
    return fd;
}

/* give: 0, or -1 and errno. */
static int give(int to, int fd)
{
    union { /* the kernel's header, then room for one descriptor */
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof fd)];
    } control = {.space = ""};
    struct iovec data = {.iov_base = "x", .iov_len = 1}; /* [2] */
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};

    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS; /* [1] */
    control.header.cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    return sendmsg(to, &message, 0) == 1 ? 0 : -1;
}

int main(int argc, char *argv[])
{
    const char *text = argc > 2 ? argv[2] : "hello through a pipe";
    int pipe_fd[2], taker;
    struct stat st;
    char asked;

    setvbuf(stdout, NULL, _IOLBF, 0);
    name = argc > 1 ? argv[1] : "sock.pass_fd";
    if (argc > 3 || name[0] == '-' || name[0] == '\0')
        errx(2, "usage: sock_pass_fd_give [NAME [TEXT]]");
    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, 0}; *s; s++)
        signal(*s, on_signal);
    signal(SIGPIPE, SIG_IGN); /* a taker that dies must not take us with it */

    int listener = open_listener();
    if (pipe(pipe_fd) == -1 || fstat(pipe_fd[0], &st) == -1)
        err(EXIT_FAILURE, "pipe");
    printf("Giver: I am process %d; pipe %llu is open here.\n", getpid(),
           (unsigned long long)st.st_ino); /* [4] */
    warnx("waiting for a taker: start sock_pass_fd_take %s", name);
    while ((taker = accept(listener, NULL, NULL)) != -1 &&
           recv(taker, &asked, 1, 0) != 1)
        close(taker);         /* another giver, who looked whether we live */
    if (taker == -1)
        err(EXIT_FAILURE, "accept");
    if (give(taker, pipe_fd[0]) == -1)
        err(EXIT_FAILURE, "sendmsg to process %d", peer(taker));
    close(pipe_fd[0]);        /* [3] */
    printf("Giver: process %d may read from it.\n", peer(taker));

    if (dprintf(pipe_fd[1], "%s\n", text) != (int)strlen(text) + 1)
        err(EXIT_FAILURE, "the taker is gone: write");
    printf("Giver: %zu bytes are written.\n", strlen(text) + 1);
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return EXIT_SUCCESS;
}
