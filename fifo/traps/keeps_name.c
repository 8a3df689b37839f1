/* keeps_name.c - trap: the FIFO stays when its reader has left.
 *
 * Article:  A 二.3
 * Wrong:    the name outlives whoever reads it: a writer that comes on the next
 *           day finds it, opens it, and waits for ever.
 * Trap:     TRAP-FIFO-1
 * Terminal: build/fifo/traps/keeps_name           (make trap-fifo-keeps_name)
 * Right:    read_fifo.c removes what it has made; then a writer is told at once
 * See also: fifo(7), unlink(2)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
    char buf[1024], last = '\0';
    ssize_t len;
    int fd;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (mkfifo("fifo1", 0600) == -1 && errno != EEXIST)
        err(EXIT_FAILURE, "mkfifo fifo1");
    if ((fd = open("fifo1", O_RDONLY)) == -1)
        err(EXIT_FAILURE, "open fifo1");
    while ((len = read(fd, buf, sizeof buf)) > 0)
        for (ssize_t i = 0; i < len; i++) {
            if (last == '\0')
                printf("Read message: ");
            printf("%.1s", &buf[i]);
            last = buf[i];
        }
    if (len == -1)
        err(EXIT_FAILURE, "read fifo1");
    return EXIT_SUCCESS; /* WRONG: fifo1 is still there */
}
