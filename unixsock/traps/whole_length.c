/* whole_length.c - trap: a client that calls a name with zeros.
 *
 * Article:  B 五 "命名socket", its sun_path[0] = 0
 * Wrong:    a path ends with its NUL; an abstract name begins with one, and
 *           its end is the length that is passed: zeros are letters of it.
 * Trap:     SOCK-17 (a claim)
 * Terminal: build/unixsock/traps/whole_length @demo hello, beside sock_server
 *           (make trap-unixsock-whole_length)
 * Right:    sock_client.c, which passes the length of the name
 * See also: ../labs/names.c (SOCK-17); /proc/net/unix, unix(7)
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char *argv[])
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    char c = '\n';

    if (argc != 3 || argv[1][0] != '@' || strlen(argv[1]) > 64)
        errx(2, "usage: whole_length @NAME TEXT");
    strcpy(&addr.sun_path[1], &argv[1][1]);
    if (fd == -1 || /* WRONG: all of addr is the name */
        connect(fd, (struct sockaddr *)&addr, sizeof addr) == -1)
        err(EXIT_FAILURE, "connect %s", argv[1]);
    if (send(fd, argv[2], strlen(argv[2]), MSG_NOSIGNAL) == -1 ||
        send(fd, &c, 1, MSG_NOSIGNAL) == -1)
        err(EXIT_FAILURE, "send");
    printf("Client: receive: ");
    do {
        if (recv(fd, &c, 1, 0) != 1 || putchar(c) == EOF)
            err(EXIT_FAILURE, "recv, stdout");
    } while (c != '\n');
    return fflush(stdout) == EOF ? EXIT_FAILURE : EXIT_SUCCESS;
}
