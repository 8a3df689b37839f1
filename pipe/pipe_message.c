/* pipe_message.c - a child reads its parent's message to the end of the file.
 *
 * Article:    B 三.4 "例程"
 * Terminal 1: build/pipe/pipe_message
 * Look for:   [1] a pipe has no messages: read(2) gives what is there, so the
 *                 child reads on until the end of file;
 *             [2] end of file comes when the last write end is closed. If the
 *                 parent kept its own while it waits, both would wait for ever;
 *             [3] the order of the two lines is not fixed: after the write
 *                 nothing makes one process wait for the other's printf.
 * Try:        make MSG_STR 100000 characters long. A pipe holds 65536.
 * See also:   pipe_hello.c, the same with one read; pipe(7)
 */
#define _XOPEN_SOURCE 700 /* pid_t under -std=c11 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MSG_STR "This infomation is from parent: Hello, child process!"

static void child(int fd)
{
    char buf[sizeof MSG_STR]; /* a byte more than the text: room for the end */
    size_t len = 0;
    ssize_t rv;

    while ((rv = read(fd, buf + len, sizeof buf - len)) > 0) /* [1] */
        len += rv;
    if (rv == -1)
        warn("read from the pipe");
    else if (len < strlen(MSG_STR)) /* the writer died, or never wrote */
        warnx("end of file after %zu bytes of %zu", len, strlen(MSG_STR));
    else if (printf("Child process read %zu bytes data from pipe: \"%.*s\"\n",
                    len, (int)len, buf) < 0) /* [3] */
        warn("stdout");
    else
        _exit(EXIT_SUCCESS);
    _exit(EXIT_FAILURE); /* not exit(3): what that cleans up is the parent's */
}

int main(int argc, char *argv[])
{
    int pipe_fd[2], wstatus, failed;
    size_t sent = 0;
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
        close(pipe_fd[1]); /* [2] the child's copy keeps the file open too */
        child(pipe_fd[0]);
    }

    close(pipe_fd[0]); /* else a child that died is never EPIPE */
    while (sent < strlen(MSG_STR) && /* over PIPE_BUF, a stop cuts it short */
           (rv = write(pipe_fd[1], &MSG_STR[sent], strlen(MSG_STR) - sent)) > 0)
        sent += rv;
    if (sent < strlen(MSG_STR))
        warn("write to the pipe"); /* the child finds too little, and fails */
    close(pipe_fd[1]); /* [2] */
    failed = printf("Parent start wait child process exit...\n") < 0; /* [3] */
    if (failed)
        warn("stdout");
    if (waitpid(pid, &wstatus, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (WIFSIGNALED(wstatus))
        errx(EXIT_FAILURE, "child died of signal %d", WTERMSIG(wstatus));
    return failed ? EXIT_FAILURE : WEXITSTATUS(wstatus);
}
