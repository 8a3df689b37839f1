/* eof_message.c - trap: an end that is taken for a message.
 *
 * Article:  B 五 "命名socket"
 * Wrong:    recv(2) of a stream returns 0 when the other is gone, at once and
 *           each time; who takes that for "nothing yet" goes round for ever.
 * Trap:     -
 * Terminal: build/unixsock/traps/eof_message @demo, and a sock_client
 *           (make trap-unixsock-eof_message)
 * Right:    sock_server.c, which closes the connection then
 * See also: recv(2), poll(2)
 *
 * It has one client in its life, which is enough.
 */
#define _GNU_SOURCE /* struct ucred */
#include <err.h>
#include <poll.h>
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
    struct pollfd p = {.events = POLLIN};
    struct ucred who;
    socklen_t size = sizeof who;
    char buf[1024];

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 2 || argv[1][0] != '@' || strlen(argv[1]) > 64)
        errx(2, "usage: eof_message @NAME");
    strcpy(&addr.sun_path[1], &argv[1][1]); /* abstract: no file, a 0 instead */
    if (fd == -1 ||
        bind(fd, (struct sockaddr *)&addr,
             (socklen_t)(sizeof addr.sun_family + strlen(argv[1]))) == -1 ||
        listen(fd, SOMAXCONN) == -1)
        err(EXIT_FAILURE, "bind, listen %s", argv[1]);
    printf("Socket server name is: %s.\nMy pid is: %d.\n", argv[1], getpid());
    if ((client = accept(fd, NULL, NULL)) == -1 ||
        getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &size) == -1 ||
        printf("Server: client %d is here.\n", who.pid) < 0)
        err(EXIT_FAILURE, "accept, stdout");

    for (p.fd = client; poll(&p, 1, -1) != -1;) {
        ssize_t n = recv(client, buf, sizeof buf, 0);
        if (n == 0) /* WRONG: he is gone, and will say nothing any more */
            continue;
        if (n == -1 || send(client, buf, (size_t)n, MSG_NOSIGNAL) == -1)
            break;
    }
    err(EXIT_FAILURE, "poll, recv, send");
}
