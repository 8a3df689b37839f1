/* no_length.c - trap: what read(2) returns is thrown away.
 *
 * Article:  A 一.3
 * Wrong:    the bytes are printed as a string: no NUL comes through the pipe,
 *           and what lay in the buffer before is printed, too.
 * Trap:     TRAP-PIPE-1
 * Terminal: build/pipe/traps/no_length            (make trap-pipe-no_length)
 * Right:    pipe_hello.c: only the count tells where the bytes end
 * See also: read(2), pipe(7)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    char buff[20] = "##################\n"; /* what lay there before */
    int fd[2], status;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t pid = fork();
    if (pid == -1)
        err(EXIT_FAILURE, "fork");
    if (pid == 0) {
        close(fd[1]);
        if (read(fd[0], buff, sizeof buff) <= 0)
            _exit(EXIT_FAILURE);
        printf("%s", buff); /* WRONG: how many bytes came? */
        _exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    close(fd[0]);
    if (write(fd[1], "hello world\n", 12) != 12)
        err(EXIT_FAILURE, "write to the pipe");
    close(fd[1]);
    if (waitpid(pid, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
