/* pipe_siblings.c - two children share a pipe, as in the shell's a | b.
 *
 * Article:    A 一.1: a pipe is for parent and child, or for siblings
 * Terminal 1: build/pipe/pipe_siblings                 (echo hello world | tr)
 *             build/pipe/pipe_siblings yes '|' head -n 1
 * Look for:   [1] one pipe(2), then two forks: both children inherit it;
 *             [2] the parent closes both ends, and each child the end that it
 *                 does not use: else `b` never sees the end of the file, and
 *                 `a` never hears that `b` is gone;
 *             [3] dup2(2) makes an end a standard descriptor: the commands
 *                 need not know of any pipe;
 *             [4] the status is that of `b`. When `b` has read enough and ends,
 *                 SIGPIPE ends `a`: status 128 + 13, and nobody complains.
 * Try:        sleep 3 '|' true. Who waits for whom?
 * See also:   pipe_message.c; pipe(7), dup(2), exec(3), sh(1)
 */
#define _XOPEN_SOURCE 700 /* pid_t under -std=c11 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that becomes a command, whose standard descriptor std is fd[std]:
 * 0, its input, for the reader; 1, its output, for the writer. */
static pid_t start(char *command[], const int fd[2], int std)
{
    pid_t parent = getpid(), pid = fork(); /* [1] */

    if (pid == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (pid > 0)
        return pid;

    /* A command need not read or write: if we die, it would never know. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1 || getppid() != parent)
        _exit(EXIT_FAILURE);
    close(fd[1 - std]); /* [2] */
    if (fd[std] != std) { /* it is, if that was closed when we started */
        if (dup2(fd[std], std) == -1) { /* [3] */
            warn("dup2");
            _exit(EXIT_FAILURE);
        }
        close(fd[std]); /* [2] */
    }
    execvp(command[0], command);
    int status = errno == ENOENT ? 127 : 126; /* as the shell has it */
    warn("%s", command[0]);
    _exit(status);
}

/* A child's status as the shell counts it. */
static int finish(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char *argv[])
{
    char *echo[] = {"echo", "hello", "world", NULL};
    char *tr[] = {"tr", "a-z", "A-Z", NULL}, **a = echo, **b = tr;
    static char complaint[BUFSIZ];
    int fd[2], bars = 0;

    setvbuf(stdout, NULL, _IOLBF, 0); /* before fork: no line in two buffers */
    setvbuf(stderr, complaint, _IOLBF, sizeof complaint); /* if two complain */
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "|") == 0) {
            bars++;
            a = argv + 1;
            b = argv + i + 1;
            argv[i] = NULL; /* where the command before it ends */
        }
    if (argc > 1 && (bars != 1 || *a == NULL || *b == NULL))
        errx(2, "usage: %s [COMMAND [ARG...] '|' COMMAND [ARG...]]", argv[0]);
    signal(SIGPIPE, SIG_DFL); /* [4] the commands inherit it */
    signal(SIGCHLD, SIG_DFL); /* an inherited SIG_IGN would take the status */

    if (pipe(fd) == -1) /* [1] */
        err(EXIT_FAILURE, "pipe");
    pid_t writer = start(a, fd, STDOUT_FILENO);
    pid_t reader = start(b, fd, STDIN_FILENO);
    close(fd[0]); /* [2] */
    close(fd[1]);
    int first = finish(writer), second = finish(reader);
    if (printf("Status of %s: %d\nStatus of %s: %d\n", a[0], first, b[0],
               second) < 0)
        err(EXIT_FAILURE, "stdout");
    return second; /* [4] */
}
