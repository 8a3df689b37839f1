/* no_nul.c - trap: a chat that prints what it has read as a string.
 *
 * Article:  B 四.2
 * Wrong:    read(2) fills the buffer to its last byte and puts no NUL behind:
 *           printf(3) goes on into whatever lies there.
 * Trap:     TRAP-CHAT-9
 * Terminal: build/chat/traps/no_nul 1, beside build/chat/fifo_chat 0
 *           (make trap-chat-no_nul)
 * Right:    fifo_chat.c, which prints as many bytes as read(2) returned
 * See also: ../labs/loop.c (CHAT-10); read(2), printf(3)
 *
 * The listing's buffer has 1024 bytes; with 12 a short line is enough.
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

static struct { /* in this order, so that it is no luck what lies behind */
    char buf[12], behind[24];
} here = {.behind = "the password is 1234\n"};

int main(int argc, char *argv[])
{
    int fdr_fifo, fdw_fifo;
    char buf[1024];
    fd_set rdset;
    ssize_t n = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    if (argc != 2 || strcmp(argv[1], "1") != 0)
        errx(2, "usage: no_nul 1 (start fifo_chat 0 first)");
    puts("start open '.fifo_chat1' for write and it will blocked untill "
         "read endpoint opened...");
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
            memset(here.buf, 0, sizeof here.buf); /* as the article does */
            if ((n = read(fdr_fifo, here.buf, sizeof here.buf)) <= 0)
                break;
            printf("<-- %s", here.buf); /* WRONG: where is the NUL? */
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
