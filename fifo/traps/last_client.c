/* last_client.c - trap: the server leaves with its last client.
 *
 * Article:  A 二.3, "many clients, one server"
 * Wrong:    it has only the reading end: when no client is there for a moment,
 *           read(2) returns 0, and it takes that for the end of its work.
 * Trap:     TRAP-FIFO-4
 * Terminal: build/fifo/traps/last_client, and build/fifo/fifo_client twice
 *           (make trap-fifo-last_client)
 * Right:    fifo_server.c holds the writing end as well
 * See also: fifo(7), read(2)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIFO "fifo_server.fifo" /* as in fifo_request.h */

int main(void)
{
    char buf[1024], text[201], name[64], answer[256];
    long client, number = 0;
    ssize_t n;

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    if (mkfifo(FIFO, 0600) == -1)
        err(EXIT_FAILURE, "mkfifo %s", FIFO);
    int fd = open(FIFO, O_RDONLY); /* WRONG: nobody holds the other end open */
    if (fd == -1)
        err(EXIT_FAILURE, "open %s", FIFO);
    while ((n = read(fd, buf, sizeof buf - 1)) > 0) { /* one at a time here */
        buf[n] = '\0';
        if (sscanf(buf, "%ld %200[^\n]", &client, text) != 2)
            continue;
        printf("Request %ld from client %ld: %s\n", ++number, client, text);
        snprintf(name, sizeof name, "fifo_client.%ld", client);
        int size = snprintf(answer, sizeof answer, "\n%ld %s\n", number, text);
        int to = open(name, O_WRONLY | O_NONBLOCK);
        if (to == -1 || write(to, answer, (size_t)size) != size)
            warn("no answer to client %ld: %s", client, name);
        if (to != -1)
            close(to);
    }
    if (n == -1 || unlink(FIFO) == -1)
        err(EXIT_FAILURE, "read, unlink %s", FIFO);
    return EXIT_SUCCESS;
}
