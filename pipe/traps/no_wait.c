/* no_wait.c - trap: the parent does not wait for the child that prints.
 *
 * Article:  A 一.3
 * Wrong:    the parent ends when it has written: whoever started it takes the
 *           work for done before anything has been printed.
 * Trap:     TRAP-PIPE-2
 * Terminal: build/pipe/traps/no_wait, then kill -CONT its child
 *           (make trap-pipe-no_wait)
 * Right:    pipe_hello.c waits, and the child's status becomes its own
 * See also: waitpid(2)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
    char buff[20];
    int fd[2];

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t pid = fork();
    if (pid == -1)
        err(EXIT_FAILURE, "fork");
    if (pid == 0) {
        close(fd[1]);
        ssize_t n = read(fd[0], buff, sizeof buff);
        raise(SIGSTOP); /* no processor is free for it, for a while */
        if (n <= 0 || fwrite(buff, 1, (size_t)n, stdout) != (size_t)n)
            _exit(EXIT_FAILURE);
        _exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    close(fd[0]);
    if (write(fd[1], "hello world\n", 12) != 12)
        err(EXIT_FAILURE, "write to the pipe");
    return EXIT_SUCCESS; /* WRONG: written is not yet printed */
}
