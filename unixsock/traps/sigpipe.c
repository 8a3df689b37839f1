/* sigpipe.c - trap: a server that dies of a client's death.
 *
 * Article:  B 五 "命名socket"
 * Wrong:    to send to one who has gone is SIGPIPE, and that is death, unless
 *           the signal is ignored: send(2) never returns to tell of it.
 * Trap:     -
 * Terminal: build/unixsock/traps/sigpipe @demo, and a sock_client
 *           (make trap-unixsock-sigpipe)
 * Right:    sock_server.c, which ignores it and looks at send(2)'s result
 * See also: send(2) (MSG_NOSIGNAL), signal(7)
 *
 * It serves one caller after the other: that is another trap, one_at_a_time.c.
 */
#define _POSIX_C_SOURCE 200809L /* fdopen(3), dprintf(3) */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), client;
    char line[1024];
    FILE *from;

    setvbuf(stdout, NULL, _IOLBF, 0);
    /* WRONG: signal(SIGPIPE, SIG_IGN) is missing */
    if (argc != 2 || argv[1][0] != '@' || strlen(argv[1]) > 64)
        errx(2, "usage: sigpipe @NAME");
    strcpy(&addr.sun_path[1], &argv[1][1]); /* abstract: no file, a 0 instead */
    if (fd == -1 ||
        bind(fd, (struct sockaddr *)&addr,
             (socklen_t)(sizeof addr.sun_family + strlen(argv[1]))) == -1 ||
        listen(fd, SOMAXCONN) == -1)
        err(EXIT_FAILURE, "bind, listen %s", argv[1]);
    printf("Socket server name is: %s.\nMy pid is: %d.\n", argv[1], getpid());

    while (!ferror(stdout) && (client = accept(fd, NULL, NULL)) != -1) {
        if ((from = fdopen(client, "r")) == NULL)
            err(EXIT_FAILURE, "fdopen");
        while (fgets(line, sizeof line, from) != NULL &&
               dprintf(client, "server %d: %s", getpid(), line) > 0)
            ;
        fclose(from);
    }
    err(EXIT_FAILURE, "stdout, accept");
}
