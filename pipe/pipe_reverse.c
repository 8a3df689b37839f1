/* pipe_reverse.c - a parent reads its child's message to the end of the file.
 *
 * Article:    A 一.3, B 三.4: from child to parent, which both only mention
 * Terminal 1: build/pipe/pipe_reverse
 * Look for:   [1] the same pipe(2) and fork(2): only the closes say who writes;
 *             [2] the child's end closes its descriptors: the parent is at the
 *                 end of the file, if it has closed its own write end;
 *             [3] here the order of the two lines is fixed: the parent cannot
 *                 be through before the child has written;
 *             [4] the end of the file says that no more will come, not that
 *                 all went well. That is in the status.
 * Try:        leave the close at [2] out. For whom does read(2) wait now?
 * See also:   pipe_message.c, from parent to child; pipe(7), waitpid(2)
 */
#define _XOPEN_SOURCE 700 /* pid_t under -std=c11 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MSG_STR "This information is from child: Hello, parent process!"

static void child(int fd)
{
    size_t sent = 0;
    ssize_t rv;

    if (printf("Child process write to parent and exit...\n") < 0) { /* [3] */
        warn("stdout");
        _exit(EXIT_FAILURE);
    }
    while (sent < strlen(MSG_STR)) {
        if ((rv = write(fd, &MSG_STR[sent], strlen(MSG_STR) - sent)) == -1) {
            warn("write to the pipe"); /* the parent is gone */
            _exit(EXIT_FAILURE);
        }
        sent += rv;
    }
    _exit(EXIT_SUCCESS); /* [2] nothing else has to be closed */
}

int main(int argc, char *argv[])
{
    int pipe_fd[2], wstatus;
    char buf[sizeof MSG_STR]; /* a byte more than the text: room for the end */
    size_t len = 0;
    ssize_t rv;

    setvbuf(stdout, NULL, _IOLBF, 0); /* before fork: no line in two buffers */
    if (argc > 1)
        errx(2, "usage: %s", argv[0]);
    signal(SIGPIPE, SIG_IGN); /* a dead reader is an error, not our death */
    signal(SIGCHLD, SIG_DFL); /* an inherited SIG_IGN would take the status */

    if (pipe(pipe_fd) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t pid = fork();
    if (pid == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (pid == 0) {
        close(pipe_fd[0]); /* [1] else a dead parent would not be EPIPE */
        child(pipe_fd[1]);
    }

    close(pipe_fd[1]); /* [1] [2] */
    while ((rv = read(pipe_fd[0], buf + len, sizeof buf - len)) > 0)
        len += rv;
    if (rv == -1)
        warn("read from the pipe");
    close(pipe_fd[0]); /* a child that still writes must not wait for us */
    if (waitpid(pid, &wstatus, 0) == -1) /* [4] */
        err(EXIT_FAILURE, "waitpid");
    if (WIFSIGNALED(wstatus))
        errx(EXIT_FAILURE, "child died of signal %d, after %zu bytes of %zu",
             WTERMSIG(wstatus), len, strlen(MSG_STR));
    if (rv == -1 || WEXITSTATUS(wstatus) != EXIT_SUCCESS)
        return EXIT_FAILURE; /* one of us has said why */
    if (printf("Parent process read %zu bytes data from pipe: \"%.*s\"\n", len,
               (int)len, buf) < 0)
        err(EXIT_FAILURE, "stdout");
    return EXIT_SUCCESS;
}
