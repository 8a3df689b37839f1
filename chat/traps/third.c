/* third.c - trap: a chat of two that a third one may join.
 *
 * Article:  B 四.2
 * Wrong:    nobody asks whether the FIFO has a reader already; each byte of a
 *           FIFO goes to one reader only, to whoever comes first.
 * Trap:     TRAP-CHAT-12
 * Terminal: cat | build/chat/traps/third 1, twice, and build/chat/fifo_chat 0
 *           (make trap-chat-third)
 * Right:    fifo_chat.c, which locks the FIFO that it reads, flock(2)
 * See also: fifo(7), flock(2)
 */
#define _POSIX_C_SOURCE 200809L /* SIGPIPE, select(2) under -std=c11 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    int fdr_fifo, fdw_fifo;
    char buf[1024];
    fd_set rdset;
    ssize_t n = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    if (argc != 2 || strcmp(argv[1], "1") != 0)
        errx(2, "usage: third 1 (start fifo_chat 0 first)");
    puts("start open '.fifo_chat1' for write and it will blocked untill "
         "read endpoint opened...");
    /* WRONG: whoever comes opens it, and is let in */
    if ((fdr_fifo = open(".fifo_chat2", O_RDONLY | O_NONBLOCK)) == -1 ||
        (fdw_fifo = open(".fifo_chat1", O_WRONLY)) == -1)
        err(EXIT_FAILURE, "open .fifo_chat2, .fifo_chat1");
    puts("start open '.fifo_chat2' for read...");
    puts("start chating with another program now, please input message now: ");
    while (!ferror(stdout)) {
        FD_ZERO(&rdset);
        FD_SET(STDIN_FILENO, &rdset);
        FD_SET(fdr_fifo, &rdset);
        if (select(fdr_fifo + 1, &rdset, NULL, NULL, NULL) == -1)
            err(EXIT_FAILURE, "select");
        if (FD_ISSET(fdr_fifo, &rdset)) {
            if ((n = read(fdr_fifo, buf, sizeof buf)) <= 0)
                break;
            printf("<-- %.*s", (int)n, buf);
        }
        if (FD_ISSET(STDIN_FILENO, &rdset)) {
            if ((n = read(STDIN_FILENO, buf, sizeof buf)) <= 0 ||
                (n = write(fdw_fifo, buf, (size_t)n)) == -1)
                break;
        }
    }
    if (n == -1 || ferror(stdout) || fflush(stdout) == EOF)
        err(EXIT_FAILURE, "read, write, stdout");
    return 0;
}
