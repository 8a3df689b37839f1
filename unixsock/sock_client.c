/* sock_client.c - send lines to sock_server and print what it answers.
 *
 * Article:    B 五 "命名socket" (text only; the program is ours)
 * Terminal 1: build/unixsock/sock_server
 * Terminal 2: build/unixsock/sock_client sock.server hello world
 * Terminal 3: build/unixsock/sock_client           (type lines, then Ctrl-D)
 * Look for:   [1] socket and connect, no bind: a client needs no address;
 *             [2] one descriptor, both directions: a line goes, one comes;
 *             [3] an answer ends with its newline, not with a recv(2).
 * Try:        kill -9 the server while terminal 3 waits, then type a line.
 * See also:   sock_server.c; unix(7), connect(2), recv(2)
 */
#define _GNU_SOURCE /* struct ucred */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PREFIX = 32, LINE = 4096 }; /* a terminal's lines are no longer */

/* ask: send one line, print its answer. We send all of it before we fetch
 * anything, so it must fit into the queue of the connection. */
static void ask(int fd, char *text, size_t len)
{
    char answer[PREFIX + LINE];
    size_t got = 0;
    ssize_t n;

    if (len >= LINE || memchr(text, '\n', len) != NULL)
        errx(EXIT_FAILURE, "%zu bytes: too long, or more than one line", len);
    text[len] = '\n';              /* in place of the 0 behind it */
    if (send(fd, text, len + 1, 0) == -1) /* [2] */
        err(EXIT_FAILURE, "the server is gone: send");
    do {                           /* [3] it may come in pieces */
        n = recv(fd, &answer[got], sizeof answer - got, 0);
        if (n == -1 && errno != ECONNRESET)
            err(EXIT_FAILURE, "recv");
        if (n <= 0)                /* or the answer is too long */
            errx(EXIT_FAILURE, "the server is gone before it answered");
        got += (size_t)n;
    } while (answer[got - 1] != '\n');
    printf("Client: receive: ");
    fwrite(answer, 1, got, stdout); /* %s would end at a byte 0 */
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
}

int main(int argc, char *argv[])
{
    const char *name = argc > 1 ? argv[1] : "sock.server";
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int len = snprintf(addr.sun_path, sizeof addr.sun_path, "%s", name);
    struct ucred server = {.uid = (uid_t)-1}; /* nobody, if we cannot know */
    socklen_t size = sizeof server;
    size_t room = 0;
    char *line = NULL;
    ssize_t n;

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN); /* a send to a dead server fails, and we say so */
    if (name[0] == '-' || name[0] == '\0')
        errx(2, "usage: sock_client [NAME [TEXT...]]");
    if (len >= (int)sizeof addr.sun_path)
        errx(EXIT_FAILURE, "the name is too long: %s", name);
    if (name[0] == '@')
        addr.sun_path[0] = '\0'; /* len is exact: one 0 more, another name */

    int fd = socket(AF_UNIX, SOCK_STREAM, 0); /* [1] */
    if (fd != -1 && fd <= STDERR_FILENO) /* or it would take what we print */
        errx(EXIT_FAILURE, "a standard stream is closed");
    if (fd == -1 || connect(fd, (struct sockaddr *)&addr,
                            sizeof addr.sun_family + len) == -1)
        err(EXIT_FAILURE, "connect %s (start sock_server first)", name);
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &size);
    if (server.uid != geteuid()) /* anyone may have taken that name */
        errx(EXIT_FAILURE, "%s is served by another user", name);

    for (int i = 2; i < argc; i++)
        ask(fd, argv[i], strlen(argv[i]));
    while (argc <= 2 && (n = getline(&line, &room, stdin)) != -1)
        ask(fd, line, (size_t)n - (line[n - 1] == '\n'));
    if (ferror(stdin))
        err(EXIT_FAILURE, "stdin");
    free(line);
    return EXIT_SUCCESS;
}
