/* any_file.c - trap: a chat that takes any file for its FIFO.
 *
 * Article:  B 四.2
 * Wrong:    access(2) says that there is a file of that name, not of what
 *           kind; and what mkfifo(3) says, nobody hears.
 * Trap:     TRAP-CHAT-4
 * Terminal: echo dear diary >.fifo_chat1; build/chat/traps/any_file 1
 *           (make trap-chat-any_file)
 * Right:    fifo_chat.c, which looks at what it has opened, fstat(2)
 * See also: ../labs/meeting.c (CHAT-13); mkfifo(3), fstat(2), inode(7)
 */
#define _POSIX_C_SOURCE 200809L /* mkfifo(3), SIGPIPE under -std=c11 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/stat.h>
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
        errx(2, "usage: any_file 1");
    if (access(".fifo_chat1", F_OK) == -1)
        mkfifo(".fifo_chat1", 0600); /* WRONG: and if it is something else? */
    if (access(".fifo_chat2", F_OK) == -1)
        mkfifo(".fifo_chat2", 0600);
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
