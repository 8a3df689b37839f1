/* pipe_hello.c - a parent says hello to its child through a pipe.
 *
 * Article:    A 一.3 "例子"
 * Terminal 1: build/pipe/pipe_hello
 * Look for:   [1] fork copies the descriptors: one pipe, now with four ends;
 *             [2] data flows one way, so each side closes the end it has no
 *                 use for;
 *             [3] a pipe carries bytes, not strings: no NUL arrives, and only
 *                 the count that read(2) returns tells where they end;
 *             [4] the parent waits: the line is out before the prompt is back.
 * Try:        send more than 20 bytes; what becomes of the rest?
 * See also:   pipe_message.c reads a message of any length; pipe(7)
 */
#define _XOPEN_SOURCE 700 /* pid_t under -std=c11 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    int fd[2], status;
    char buff[20];

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is a write(2), even in a pipe */
    if (argc > 1)
        errx(2, "usage: %s", argv[0]);
    signal(SIGPIPE, SIG_IGN); /* a dead reader is an error, not our death */
    signal(SIGCHLD, SIG_DFL); /* an inherited SIG_IGN would take the status */

    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t pid = fork(); /* [1] */
    if (pid == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");

    if (pid > 0) {
        close(fd[0]); /* [2] else a child that died is never EPIPE */
        if (write(fd[1], "hello world\n", 12) == -1)
            warn("write to the pipe"); /* the child finds nothing, and fails */
        close(fd[1]);
        if (waitpid(pid, &status, 0) == -1) /* [4] */
            err(EXIT_FAILURE, "waitpid");
        if (WIFSIGNALED(status))
            errx(EXIT_FAILURE, "child died of signal %d", WTERMSIG(status));
        return WEXITSTATUS(status);
    }

    close(fd[1]); /* [2] else the child itself keeps end of file away */
    ssize_t n = read(fd[0], buff, sizeof buff); /* [3] */
    if (n > 0 && fwrite(buff, 1, n, stdout) == (size_t)n && fflush(stdout) == 0)
        _exit(EXIT_SUCCESS);
    if (n == 0)
        warnx("end of file: the parent has sent nothing");
    else
        warn("%s", n == -1 ? "read from the pipe" : "stdout");
    _exit(EXIT_FAILURE); /* not exit(3): what that cleans up is the parent's */
}
