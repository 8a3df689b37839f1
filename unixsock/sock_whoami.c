/* sock_whoami.c - the kernel says who called, whatever the caller says.
 *
 * Article:    B 五 "命名socket", what both sides know (the program is ours)
 * Terminal 1: build/unixsock/sock_whoami
 * Look for:   [1] the child can write what it likes, also that it is process 1;
 *             [2] SO_PEERCRED is the kernel's word: pid, user and group of who
 *                 called connect(2), as they were just then;
 *             [3] asked from the other side, it is those of who called
 *                 listen(2): so both know with whom they talk;
 *             [4] bind(2) of nothing but the family: the kernel finds a name.
 * Try:        take socketpair(2) instead. Whose pid do both ends tell?
 * See also:   sock_server.c, which turns strangers away so; unix(7), socket(7)
 */
#define _GNU_SOURCE /* struct ucred */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct ucred who(int fd)
{
    struct ucred cred;
    socklen_t size = sizeof cred;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) == -1)
        err(EXIT_FAILURE, "getsockopt SO_PEERCRED");
    return cred;
}

static void child(const struct sockaddr_un *addr, socklen_t len)
{
    static const char text[] = "I am process 1.";
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd == -1 || connect(fd, (const struct sockaddr *)addr, len) == -1)
        err(EXIT_FAILURE, "connect");
    printf("Child: I am process %d and say: %s\n", getpid(), text);
    struct ucred parent = who(fd);
    printf("Child: the kernel says that pid %d, user %d, group %d listens.\n",
           parent.pid, (int)parent.uid, (int)parent.gid); /* [3] */
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) == -1) /* [1] */
        err(EXIT_FAILURE, "send");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
}

int main(int argc, char *argv[])
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    socklen_t len = sizeof addr;
    char said[64];
    int status, caller;

    (void)argv;
    setvbuf(stdout, NULL, _IOLBF, 0); /* before fork: no line in two buffers */
    if (argc > 1)
        errx(2, "usage: sock_whoami");
    signal(SIGCHLD, SIG_DFL); /* an inherited SIG_IGN would take the status */

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd == -1 || bind(fd, (struct sockaddr *)&addr, /* [4] */
                         sizeof addr.sun_family) == -1 ||
        listen(fd, SOMAXCONN) == -1 ||
        getsockname(fd, (struct sockaddr *)&addr, &len) == -1)
        err(EXIT_FAILURE, "bind, listen");
    pid_t pid = fork();
    if (pid == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (pid == 0) {
        child(&addr, len);
        _exit(EXIT_SUCCESS);
    }

    /* The child can call, speak and leave before anybody accepts it. */
    if (waitpid(pid, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (status != 0)
        errx(EXIT_FAILURE, "the child failed");
    while ((caller = accept(fd, NULL, NULL)) != -1 && who(caller).pid != pid)
        close(caller);        /* anybody may call an abstract name */
    if (caller == -1)
        err(EXIT_FAILURE, "accept");
    ssize_t n = recv(caller, said, sizeof said, 0);
    if (n == -1)
        err(EXIT_FAILURE, "recv");
    printf("Parent: I am process %d. The caller says: %.*s\n", getpid(), (int)n,
           said);
    struct ucred cred = who(caller); /* [2] */
    printf("Parent: the kernel says that pid %d, user %d, group %d called.\n",
           cred.pid, (int)cred.uid, (int)cred.gid);
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return EXIT_SUCCESS;
}
