/* dead_reader.c - trap: SIGPIPE, and not a word of what happened.
 *
 * Article:  A 一.3, B 三.4
 * Wrong:    the reader has left, and write(2) does not fail: its signal kills
 *           the writer, which can neither tell nor wait for its child.
 * Trap:     TRAP-PIPE-5, TRAP-PIPE2-1
 * Terminal: build/pipe/traps/dead_reader head -n 1
 *           (make trap-pipe-dead_reader)
 * Right:    pipe_siblings.c: whom it kills is a child, and the parent tells;
 *           pipe_hello.c ignores SIGPIPE, then write(2) fails with EPIPE
 * See also: pipe(7), signal(7)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    int fd[2], status;

    if (argc < 2)
        errx(2, "usage: %s COMMAND [ARG...]", argv[0]);
    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t pid = fork();
    if (pid == -1)
        err(EXIT_FAILURE, "fork");
    if (pid == 0) {
        close(fd[1]);
        if (dup2(fd[0], STDIN_FILENO) != -1 && fd[0] != STDIN_FILENO)
            close(fd[0]);
        execvp(argv[1], argv + 1);
        warn("%s", argv[1]);
        _exit(127);
    }
    close(fd[0]);
    while (write(fd[1], "y\n", 2) == 2) /* WRONG: this is where it dies, */
        continue;
    warn("write to the pipe"); /* and nothing from here on is ever done */
    close(fd[1]);
    if (waitpid(pid, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return EXIT_FAILURE;
}
