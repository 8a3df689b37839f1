/* sock_dgram_client.c - send datagrams to a server, print what it answers.
 *
 * Article:    B 五 "命名socket", its type SOCK_DGRAM (the program is ours)
 * Terminal 1: build/unixsock/sock_dgram_server
 * Terminal 2: build/unixsock/sock_dgram_client sock.dgram hello world
 * Terminal 3: build/unixsock/sock_dgram_client     (type lines, then Ctrl-D)
 * Look for:   [1] the client needs a name, too, or nobody can answer it: an
 *                 abstract one, of which no file can stay behind;
 *             [2] connect(2) calls nobody: it only says where send(2) goes and
 *                 from whom recv(2) takes. The server does not notice;
 *             [3] one send(2) is one message is one recv(2);
 *             [4] without a connection nobody tells that the server is gone:
 *                 the wait for an answer needs an end of its own.
 * Try:        stop the server (Ctrl-Z) and send a line.
 * See also:   sock_dgram_server.c, sock_client.c (a stream); unix(7)
 */
#define _GNU_SOURCE /* struct timeval, the result of MSG_TRUNC */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PREFIX = 32, LINE = 4096, WAIT = 5 };

static void ask(int fd, const char *text, size_t len)
{
    char answer[PREFIX + LINE];
    ssize_t n;

    if (len >= LINE || memchr(text, '\n', len) != NULL)
        errx(EXIT_FAILURE, "%zu bytes: too long, or more than one line", len);
    do                        /* with a time limit, Ctrl-Z and fg is EINTR */
        n = send(fd, text, len, 0); /* [3] */
    while (n == -1 && errno == EINTR);
    if (n == -1)
        err(EXIT_FAILURE, "the server is gone, or stopped: send");
    do
        n = recv(fd, answer, sizeof answer, MSG_TRUNC);
    while (n == -1 && errno == EINTR);
    if (n == -1 && errno == EAGAIN) /* [4] */
        errx(EXIT_FAILURE, "no answer within %d seconds", WAIT);
    if (n == -1)
        err(EXIT_FAILURE, "recv");
    if (n > (ssize_t)sizeof answer)
        errx(EXIT_FAILURE, "an answer of %zd bytes is too long", n);
    printf("Client: receive: ");
    fwrite(answer, 1, (size_t)n, stdout); /* %s would end at a byte 0 */
    putchar('\n');            /* the message has none: its border is enough */
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
}

int main(int argc, char *argv[])
{
    const char *name = argc > 1 ? argv[1] : "sock.dgram";
    struct sockaddr_un own = {.sun_family = AF_UNIX};
    struct sockaddr_un server = {.sun_family = AF_UNIX};
    const struct timeval limit = {.tv_sec = WAIT};
    struct stat st;
    size_t room = 0;
    char *line = NULL;
    ssize_t n;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (name[0] == '-' || name[0] == '\0')
        errx(2, "usage: sock_dgram_client [NAME [TEXT...]]");
    if (strlen(name) >= sizeof server.sun_path)
        errx(EXIT_FAILURE, "the name is too long: %s", name);
    strcpy(server.sun_path, name);
    int len = sprintf(&own.sun_path[1], "sock_dgram.%d", getpid());

    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd != -1 && fd <= STDERR_FILENO) /* or it would take what we print */
        errx(EXIT_FAILURE, "a standard stream is closed");
    if (fd == -1)
        err(EXIT_FAILURE, "socket");
    if (connect(fd, (struct sockaddr *)&server, sizeof server) == -1) /* [2] */
        err(EXIT_FAILURE, "connect %s (start sock_dgram_server first)", name);
    if (lstat(name, &st) == -1 || !S_ISSOCK(st.st_mode) ||
        st.st_uid != geteuid()) /* he would read what we ask */
        errx(EXIT_FAILURE, "%s is no socket of yours", name);
    if (bind(fd, (struct sockaddr *)&own, /* [1] now only the server knows us */
             sizeof own.sun_family + 1 + (socklen_t)len) == -1)
        err(EXIT_FAILURE, "bind @%s", &own.sun_path[1]);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == -1)
        err(EXIT_FAILURE, "setsockopt");

    for (int i = 2; i < argc; i++)
        ask(fd, argv[i], strlen(argv[i]));
    while (argc <= 2 && (n = getline(&line, &room, stdin)) != -1)
        ask(fd, line, (size_t)n - (line[n - 1] == '\n'));
    if (ferror(stdin))
        err(EXIT_FAILURE, "stdin");
    free(line);
    return EXIT_SUCCESS;
}
