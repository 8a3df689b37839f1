/* any_file.c - trap: nobody asks whether fifo1 is a FIFO.
 *
 * Article:  A 二.3
 * Wrong:    open(2) takes whatever has that name: here a file, and the message
 *           is written over what is in it.
 * Trap:     TRAP-FIFO-9
 * Terminal: echo 'my only copy' >fifo1; build/fifo/traps/any_file; cat fifo1
 *           (make trap-fifo-any_file)
 * Right:    write_fifo.c looks first, and follows no link
 * See also: fifo(7), open(2), lstat(2)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
    char buf[1024];
    time_t tp = time(NULL);

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    printf("I am %d process.\n", getpid());
    int fd = open("fifo1", O_WRONLY); /* WRONG: what is it that this opens? */
    if (fd == -1)
        err(EXIT_FAILURE, "open fifo1");
    int n = snprintf(buf, sizeof buf, "Process %d's time is %s", getpid(),
                     ctime(&tp));
    printf("Send message: %s", buf);
    if (write(fd, buf, (size_t)n + 1) != n + 1)
        err(EXIT_FAILURE, "write fifo1");
    return EXIT_SUCCESS;
}
