/* half_open.c - trap: a chat that waits for one who has died.
 *
 * Article:  B 四.2
 * Wrong:    the partner's first open(2) lets us go on to our second, which
 *           waits for his second. If he dies in between, nobody ever comes.
 * Trap:     TRAP-CHAT-16
 * Terminal: mkfifo .fifo_chat1 .fifo_chat2; build/chat/traps/half_open 0
 *           beside build/chat/traps/half_open 1, who is between his two
 *           (make trap-chat-half_open)
 * Right:    fifo_chat.c, which takes hold of FIFO 2 before it waits
 * See also: open(2), fifo(7)
 */
#define _POSIX_C_SOURCE 200809L
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int open_fifo(const char *path, int flags)
{
    int fd = open(path, flags);

    if (fd == -1)
        err(EXIT_FAILURE, "open %s", path);
    return fd;
}

int main(int argc, char *argv[])
{
    int fdr_fifo, fdw_fifo;
    char c;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 2 || (argv[1][0] != '0' && argv[1][0] != '1') || argv[1][1])
        errx(2, "usage: half_open 0|1");
    if (argv[1][0] == '1') { /* the partner, as he is when he has to die */
        puts("start open '.fifo_chat1' for write and it will blocked untill "
             "read endpoint opened...");
        open_fifo(".fifo_chat1", O_WRONLY);
        pause();
        return 0;
    }
    puts("start open '.fifo_chat1' for read and it will blocked untill write "
         "endpoint opened...");
    fdr_fifo = open_fifo(".fifo_chat1", O_RDONLY);
    puts("start open '.fifo_chat2' for write...");
    fdw_fifo = open_fifo(".fifo_chat2", O_WRONLY); /* WRONG: who will read? */
    puts("start chating with another program now, please input message now: ");

    /* With a partner who lives, one greeting in each direction is enough. */
    if (write(fdw_fifo, "\n", 1) == -1 || read(fdr_fifo, &c, 1) == -1 ||
        ferror(stdout))
        err(EXIT_FAILURE, "write, read, stdout");
    return 0;
}
