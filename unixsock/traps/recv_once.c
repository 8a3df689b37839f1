/* recv_once.c - trap: a client to which each recv(2) is one answer.
 *
 * Article:  B 五 "命名socket", its type SOCK_STREAM
 * Wrong:    a stream has bytes, no messages: what was sent as two may be
 *           received as one, and the second recv(2) waits for ever.
 * Trap:     SOCK-5 (a claim)
 * Terminal: build/unixsock/traps/recv_once sock.server hello world,
 *           beside a sock_server that is stopped meanwhile
 *           (make trap-unixsock-recv_once)
 * Right:    sock_client.c, which reads until it has a newline
 * See also: ../sock_seqpacket.c, with messages; recv(2), unix(7)
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
    char buf[4096];
    ssize_t n;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 3 || strlen(argv[1]) >= sizeof addr.sun_path)
        errx(2, "usage: recv_once NAME TEXT...");
    strcpy(addr.sun_path, argv[1]);
    if (fd == -1 || connect(fd, (struct sockaddr *)&addr, sizeof addr) == -1)
        err(EXIT_FAILURE, "connect %s (start sock_server first)", argv[1]);

    for (int i = 2; i < argc; i++) /* all questions, without waiting */
        if (snprintf(buf, sizeof buf, "%s\n", argv[i]) >= (int)sizeof buf ||
            send(fd, buf, strlen(buf), MSG_NOSIGNAL) == -1)
            err(EXIT_FAILURE, "send");
    for (int i = 2; i < argc; i++) { /* then as many answers */
        n = recv(fd, buf, sizeof buf, 0); /* WRONG: one, two, or half of one? */
        if (n <= 0)
            errx(EXIT_FAILURE, "the server is gone before it answered");
        printf("Client: receive: %.*s", (int)n, buf);
    }
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return EXIT_SUCCESS;
}
