/* no_status.c - trap: the child's status is fetched, and not looked at.
 *
 * Article:  B 三.4
 * Wrong:    whatever becomes of the command that reads the pipe, this ends
 *           with status 0: a script goes on as if all were well.
 * Trap:     TRAP-PIPE2-3
 * Terminal: build/pipe/traps/no_status false        (make trap-pipe-no_status)
 * Right:    pipe_siblings.c tells both, and ends with that of the reader
 * See also: waitpid(2)
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
    close(fd[1]); /* nothing to send: the end of file is enough */
    if (waitpid(pid, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return EXIT_SUCCESS; /* WRONG: status says how it went */
}
