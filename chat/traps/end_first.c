/* end_first.c - trap: a chat that leaves words in its keyboard.
 *
 * Article:  B 四.2
 * Wrong:    it looks at the FIFO first, and at its end it leaves: what was
 *           typed in time is not even read, and nobody is told.
 * Trap:     TRAP-CHAT-20
 * Terminal: cat | build/chat/traps/end_first 1, beside build/chat/fifo_chat 0
 *           (make trap-chat-end_first)
 * Right:    fifo_chat.c, which looks at the keyboard first
 * See also: select(2)
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
        errx(2, "usage: end_first 1 (start fifo_chat 0 first)");
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
            if ((n = read(fdr_fifo, buf, sizeof buf)) <= 0) {
                puts("Another side of FIFO get closed and program will exit "
                     "now");
                break; /* WRONG: and what lies in stdin? */
            }
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
