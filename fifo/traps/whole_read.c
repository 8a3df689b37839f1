/* whole_read.c - trap: what one read(2) brings is printed as one message.
 *
 * Article:  A 二.3
 * Wrong:    messages that piled up come out together; printf("%s") shows the
 *           first, up to its NUL, and drops the others.
 * Trap:     TRAP-FIFO-2, TRAP-FIFO-3
 * Terminal: build/fifo/traps/whole_read           (make trap-fifo-whole_read)
 * Right:    read_fifo.c goes byte by byte: a NUL ends a message
 * See also: fifo(7), read(2)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
    char buf[1024];
    ssize_t len;
    int fd;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (mkfifo("fifo1", 0600) == -1)
        err(EXIT_FAILURE, "mkfifo fifo1");
    if ((fd = open("fifo1", O_RDONLY)) == -1)
        err(EXIT_FAILURE, "open fifo1");
    while ((len = read(fd, buf, sizeof buf - 1)) > 0) {
        buf[len] = '\0';
        printf("Read message: %s", buf); /* WRONG: and behind its first NUL? */
    }
    if (len == -1 || unlink("fifo1") == -1)
        err(EXIT_FAILURE, "read, unlink fifo1");
    return EXIT_SUCCESS;
}
