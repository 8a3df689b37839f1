/* one_read.c - trap: one read(2) is taken for one message.
 *
 * Article:  B 三.4
 * Wrong:    the message is longer than the buffer: what does not fit stays in
 *           the pipe, and goes with it.
 * Trap:     TRAP-PIPE2-4
 * Terminal: build/pipe/traps/one_read                (make trap-pipe-one_read)
 * Right:    pipe_message.c reads on until the end of file
 * See also: read(2), pipe(7)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT "A message that is longer than its reader's buffer."

int main(void)
{
    char buf[20];
    int fd[2], status;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t pid = fork();
    if (pid == -1)
        err(EXIT_FAILURE, "fork");
    if (pid == 0) {
        close(fd[1]);
        ssize_t n = read(fd[0], buf, sizeof buf); /* WRONG: and the rest? */
        if (n <= 0)
            _exit(EXIT_FAILURE);
        _exit(printf("Child process read %zd bytes data from pipe: \"%.*s\"\n",
                     n, (int)n, buf) < 0);
    }
    close(fd[0]);
    if (write(fd[1], TEXT, strlen(TEXT)) != (ssize_t)strlen(TEXT))
        err(EXIT_FAILURE, "write to the pipe");
    close(fd[1]);
    if (waitpid(pid, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
