/* sock_seqpacket.c - the same messages over a stream and over packets.
 *
 * Article:    B 五 "命名socket", the third type of socket (the program is ours)
 * Terminal 1: build/unixsock/sock_seqpacket one two three
 * Look for:   [1] SOCK_STREAM: what was sent in three pieces is received in
 *                 one: the borders are gone;
 *             [2] SOCK_SEQPACKET: a connection as well, but one recv(2) takes
 *                 one message, however much room there is;
 *             [3] 0 bytes are the end, for both. So an empty message cannot be
 *                 told from the end, and we refuse to send one.
 * Try:        make ROOM smaller than a message. What becomes of the rest, of a
 *             stream and of a packet?
 * See also:   sock_dgram_server.c, messages without connection; unix(7)
 */
#define _GNU_SOURCE /* socketpair */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOM = 4096 };

static void receive(int fd, const char *type)
{
    char message[ROOM];
    ssize_t n;

    while ((n = recv(fd, message, sizeof message, 0)) > 0)  /* [1] [2] [3] */
        printf("Child: %s: received %zd bytes: %.*s\n", type, n, (int)n,
               message);      /* no 0 ends a message */
    if (n == -1)
        warn("recv");
    else if (ferror(stdout))
        warn("stdout");
    else
        _exit(EXIT_SUCCESS);
    _exit(EXIT_FAILURE); /* not exit(3): what that cleans up is the parent's */
}

static void play(int type, const char *type_name, int n, char *text[])
{
    int fd[2], status;

    if (socketpair(AF_UNIX, type, 0, fd) == -1)
        err(EXIT_FAILURE, "socketpair %s", type_name);

    /* All is sent before anybody receives: what comes together then is not
     * chance. It must fit into the queue, so this does not wait. */
    for (int i = 0; i < n; i++) {
        size_t len = strlen(text[i]);
        ssize_t sent = send(fd[0], text[i], len, MSG_DONTWAIT);
        if (sent == -1)
            err(EXIT_FAILURE, "%s: send of %zu bytes", type_name, len);
        if ((size_t)sent < len) /* of a stream only */
            errx(EXIT_FAILURE, "%s: no room for %zu bytes", type_name, len);
        printf("Parent: %s: sent %zu bytes\n", type_name, len);
    }

    pid_t pid = fork();
    if (pid == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (pid == 0) {
        close(fd[0]);     /* else it would wait for itself: [3] */
        receive(fd[1], type_name);
    }
    close(fd[0]);
    close(fd[1]);
    if (waitpid(pid, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (WIFSIGNALED(status))
        errx(EXIT_FAILURE, "child died of signal %d", WTERMSIG(status));
    if (status != 0 || ferror(stdout))
        errx(EXIT_FAILURE, "%s: the child or stdout failed", type_name);
}

int main(int argc, char *argv[])
{
    static char *usual[] = {"one", "two", "three", NULL};
    char **text = argc > 1 ? argv + 1 : usual;
    int n = argc > 1 ? argc - 1 : 3;

    setvbuf(stdout, NULL, _IOLBF, 0); /* before fork: no line in two buffers */
    for (int i = 0; i < n; i++)
        if (text[i][0] == '\0' || text[i][0] == '-')
            errx(2, "usage: sock_seqpacket [TEXT...]");
    signal(SIGCHLD, SIG_DFL); /* an inherited SIG_IGN would take the status */
    play(SOCK_STREAM, "SOCK_STREAM", n, text);
    play(SOCK_SEQPACKET, "SOCK_SEQPACKET", n, text);
    return EXIT_SUCCESS;
}
