/* no_flush.c - trap: what is printed stays in the program.
 *
 * Article:  A 二.3
 * Wrong:    stdout is a file or a pipe, so stdio keeps the lines until its
 *           buffer is full, or to the end; a killed program loses them.
 * Trap:     TRAP-FIFO-12
 * Terminal: build/fifo/traps/no_flush | cat         (make trap-fifo-no_flush)
 * Right:    read_fifo.c sets stdout to lines, first of all
 * See also: setvbuf(3), stdout(3)
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
    char buf[1024], last = '\0';
    ssize_t len;
    int fd;

    /* WRONG: what stdio takes by itself where stdout is no terminal */
    setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
    if (mkfifo("fifo1", 0600) == -1)
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
    if (len == -1 || unlink("fifo1") == -1)
        err(EXIT_FAILURE, "read, unlink fifo1");
    return EXIT_SUCCESS;
}
