/* open_order.c - trap: two who wait for each other in open(2).
 *
 * Article:  B 四.2 (its comment warns of it)
 * Wrong:    open(2) for reading waits until somebody opens for writing; here
 *           both open for reading first, so neither gets to his second.
 * Trap:     CHAT-5 (a claim)
 * Terminal: mkfifo .fifo_chat1 .fifo_chat2; build/chat/traps/open_order 0
 *           beside build/chat/traps/open_order 1
 *           (make trap-chat-open_order)
 * Right:    fifo_chat.c, whose two sides open in opposite orders
 * See also: ../labs/meeting.c (CHAT-5); open(2), fifo(7)
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    static const char *const path[2] = {".fifo_chat1", ".fifo_chat2"};
    int mode, fdr_fifo, fdw_fifo;
    char c;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 2 || (argv[1][0] != '0' && argv[1][0] != '1') || argv[1][1])
        errx(2, "usage: open_order 0|1");
    mode = argv[1][0] == '1';
    printf("start open '%s' for read and it will blocked untill write "
           "endpoint opened...\n", path[mode]);
    if ((fdr_fifo = open(path[mode], O_RDONLY)) == -1) /* WRONG: if mode is 1 */
        err(EXIT_FAILURE, "open %s", path[mode]);
    printf("start open '%s' for write...\n", path[!mode]);
    if ((fdw_fifo = open(path[!mode], O_WRONLY)) == -1)
        err(EXIT_FAILURE, "open %s", path[!mode]);
    puts("start chating with another program now, please input message now: ");

    /* It never gets here, so that a greeting in each direction is enough. */
    if (write(fdw_fifo, "\n", 1) == -1 || read(fdr_fifo, &c, 1) == -1 ||
        ferror(stdout))
        err(EXIT_FAILURE, "write, read, stdout");
    return 0;
}
