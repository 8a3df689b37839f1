/* open_end.c - trap: the parent waits with its own write end still open.
 *
 * Article:  B 三.4
 * Wrong:    the child reads until the end of file, which comes when the last
 *           writer has closed: that is its parent, which waits for the child.
 * Trap:     TRAP-PIPE2-5
 * Terminal: build/pipe/traps/open_end                (make trap-pipe-open_end)
 * Right:    pipe_message.c closes it before it waits
 * See also: pipe(7), close(2)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    char buf[100];
    size_t len = 0;
    ssize_t n;
    int fd[2], status;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t pid = fork();
    if (pid == -1)
        err(EXIT_FAILURE, "fork");
    if (pid == 0) {
        close(fd[1]);
        while ((n = read(fd[0], buf + len, sizeof buf - len)) > 0)
            len += (size_t)n;
        _exit(n == -1 || printf("%.*s\n", (int)len, buf) < 0);
    }
    close(fd[0]);
    if (write(fd[1], "hello", 5) != 5)
        err(EXIT_FAILURE, "write to the pipe");
    if (waitpid(pid, &status, 0) == -1) /* WRONG: fd[1] is still open */
        err(EXIT_FAILURE, "waitpid");
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
