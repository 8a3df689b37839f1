/* one_at_a_time.c - trap: a server that waits for one client.
 *
 * Article:  B 五 "命名socket"
 * Wrong:    while it waits for the next line of one client it looks at no
 *           other; one who says nothing keeps all of them waiting.
 * Trap:     -
 * Terminal: build/unixsock/traps/one_at_a_time @demo, two sock_client
 *           (make trap-unixsock-one_at_a_time)
 * Right:    sock_server.c, which waits in epoll_wait(2) for all at once
 * See also: poll(2), accept(2), fork(2)
 */
#define _POSIX_C_SOURCE 200809L /* fdopen(3), dprintf(3) */
#include <err.h>
#include <signal.h>
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
    signal(SIGPIPE, SIG_IGN);
    if (argc != 2 || argv[1][0] != '@' || strlen(argv[1]) > 64)
        errx(2, "usage: one_at_a_time @NAME");
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
        /* WRONG: from here until he leaves there is nobody else */
        while (fgets(line, sizeof line, from) != NULL &&
               dprintf(client, "server %d: %s", getpid(), line) > 0)
            ;
        fclose(from);
    }
    err(EXIT_FAILURE, "stdout, accept");
}
