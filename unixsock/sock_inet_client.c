/* sock_inet_client.c - sock_client over TCP: the server may be anywhere.
 *
 * Article:    B 五 "网络socket", AF_INET (text only; the program is ours)
 * Terminal 1: build/unixsock/sock_inet_server
 * Terminal 2: build/unixsock/sock_inet_client      (type lines, then Ctrl-D)
 * Two hosts:  build/unixsock/sock_inet_server 20202 0.0.0.0
 *             build/unixsock/sock_inet_client 20202 ADDRESS hello
 * Look for:   [1] sockaddr_in in place of sockaddr_un, and the address in the
 *                 network's byte order: no more has changed but
 *             [2] what is missing: nobody can tell who the server is. On a
 *                 network that takes cryptography.
 * Try:        the same between two machines, or two network namespaces.
 * See also:   sock_inet_server.c, sock_client.c; ip(7), tcp(7), inet_pton(3)
 */
#define _GNU_SOURCE /* getline */
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PREFIX = 32, LINE = 4096, PORT = 20202 };

/* ask: send one line, print its answer. */
static void ask(int fd, char *text, size_t len)
{
    char answer[PREFIX + LINE];
    int tty = isatty(STDOUT_FILENO);
    size_t got = 0;
    ssize_t n;

    if (len >= LINE || memchr(text, '\n', len) != NULL)
        errx(EXIT_FAILURE, "%zu bytes: too long, or more than one line", len);
    text[len] = '\n';         /* in place of the 0 behind it */
    if (send(fd, text, len + 1, 0) == -1)
        err(EXIT_FAILURE, "the server is gone: send");
    do {                      /* it may come in pieces */
        n = recv(fd, &answer[got], sizeof answer - got, 0);
        if (n == -1 && errno != ECONNRESET)
            err(EXIT_FAILURE, "recv");
        if (n <= 0)           /* or the answer is too long */
            errx(EXIT_FAILURE, "the server is gone before it answered");
        got += (size_t)n;
    } while (answer[got - 1] != '\n');
    printf("Client: receive: ");
    for (size_t i = 0; tty && i < got; i++) /* whoever the server is, what he */
        if (iscntrl((unsigned char)answer[i]) && answer[i] != '\t' &&
            answer[i] != '\n') /* sends must give our terminal no orders */
            answer[i] = '?';
    fwrite(answer, 1, got, stdout); /* %s would end at a byte 0 */
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
}

/* This folder's address on this host, as sock_inet_server has it. */
static in_addr_t folder_address(void)
{
    struct stat st;

    if (stat(".", &st) == -1)
        err(EXIT_FAILURE, "stat .");
    return htonl((in_addr_t)(127U << 24 | (st.st_dev & 0xff) << 16 |
                             (st.st_ino & 0xffff)));
}

int main(int argc, char *argv[])
{
    struct sockaddr_in addr = {.sin_family = AF_INET}; /* [1] */
    char *line = NULL, *end = "";
    long port = argc > 1 ? strtol(argv[1], &end, 10) : PORT;
    size_t room = 0;
    ssize_t n;

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN); /* a send to a dead server fails, and we say so */
    addr.sin_port = htons((in_port_t)port);
    addr.sin_addr.s_addr = folder_address();
    if (*end != '\0' || end == argv[1] || port < 1 || port > 65535 ||
        (argc > 2 && inet_pton(AF_INET, argv[2], &addr.sin_addr) != 1))
        errx(2, "usage: sock_inet_client [PORT [ADDRESS [TEXT...]]]");

    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd != -1 && fd <= STDERR_FILENO) /* or it would take what we print */
        errx(EXIT_FAILURE, "a standard stream is closed");
    if (fd == -1 || connect(fd, (struct sockaddr *)&addr, sizeof addr) == -1)
        err(EXIT_FAILURE, "connect %s:%ld (start sock_inet_server first)",
            inet_ntoa(addr.sin_addr), port); /* [2] */

    for (int i = 3; i < argc; i++)
        ask(fd, argv[i], strlen(argv[i]));
    while (argc <= 3 && (n = getline(&line, &room, stdin)) != -1)
        ask(fd, line, (size_t)n - (line[n - 1] == '\n'));
    if (ferror(stdin))
        err(EXIT_FAILURE, "stdin");
    free(line);
    return EXIT_SUCCESS;
}
