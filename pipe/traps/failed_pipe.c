/* failed_pipe.c - trap: a pipe(2) that failed is reported, and no more.
 *
 * Article:  A 一.3
 * Wrong:    it goes on with what lies in fd[]: two descriptors of somebody
 *           else, here twice 0, so that a child reads what the user types.
 * Trap:     TRAP-PIPE-3
 * Terminal: (ulimit -n 4; build/pipe/traps/failed_pipe)
 *           (make trap-pipe-failed_pipe)
 * Right:    pipe_hello.c ends, with status 1
 * See also: pipe(2), getrlimit(2)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    static int fd[2]; /* 0 and 0: a failed pipe(2) leaves them as they are */
    char buff[20];
    int status;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (pipe(fd) == -1)
        warn("pipe"); /* WRONG: and then? */
    pid_t pid = fork();
    if (pid == -1)
        err(EXIT_FAILURE, "fork");
    if (pid == 0) {
        ssize_t n = read(fd[0], buff, sizeof buff);
        if (n <= 0 || fwrite(buff, 1, (size_t)n, stdout) != (size_t)n)
            _exit(EXIT_FAILURE);
        _exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    if (write(fd[1], "hello world\n", 12) == -1)
        warn("write to the pipe");
    if (waitpid(pid, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
