/* fifo_client.c - ask fifo_server, get the answer through a FIFO of its own.
 *
 * Article:    A 二.3 "FIFO, 例子": many clients, one server
 * Terminal 1: build/fifo/fifo_server      (first: it makes the well-known FIFO)
 * Terminal 2: build/fifo/fifo_client [TEXT]
 * Look for:   [1] without a server open(2) fails at once: it does not wait;
 *             [2] the answer's FIFO is open before the request is sent;
 *             [3] a request is one write(2): none of another client comes
 *                 between its bytes;
 *             [4] poll(2) waits for both, the answer and the server's end.
 * Try:        Ctrl-Z the server, start three clients in terminal 2 (with &),
 *             then kill %1 in terminal 1.
 * See also:   fifo_server.c, fifo_request.h; fifo(7), pipe(7), poll(2)
 */
#define _XOPEN_SOURCE 700 /* sigaction(2), lstat(2), O_NOFOLLOW */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fifo_request.h"

static char answers[64]; /* the name of our own FIFO */

static int is_private_fifo(const struct stat *st)
{
    return st->st_uid == geteuid() && (st->st_mode & (S_IFMT | 077)) == S_IFIFO;
}

static int is_our_fifo(void)
{
    struct stat st; /* of the name itself: a link is no FIFO */

    return lstat(answers, &st) == 0 && is_private_fifo(&st);
}

static void remove_fifo(void) /* async-signal-safe calls only */
{
    if (is_our_fifo()) /* the pid in its name is ours as long as we live */
        unlink(answers);
}

static void on_signal(int sig)
{
    remove_fifo();
    raise(sig); /* SA_RESETHAND: now we die of it, and the shell knows why */
}

/* The server's FIFO, if a server reads it. */
static int open_server(void)
{
    struct stat st;
    int fd = open(SERVER_FIFO, O_WRONLY | O_NONBLOCK | O_NOFOLLOW); /* [1] */

    if (fd == -1 && (errno == ENOENT || errno == ENXIO))
        err(EXIT_FAILURE,
            "open %s (start fifo_server first, in this directory)",
            SERVER_FIFO);
    if (fd == -1 || fstat(fd, &st) == -1)
        err(EXIT_FAILURE, "open %s%s", SERVER_FIFO,
            errno == ELOOP ? " (a link is not followed)" : "");
    if (!is_private_fifo(&st))
        errx(EXIT_FAILURE, "%s is not a FIFO of yours alone", SERVER_FIFO);
    if (fcntl(fd, F_SETFL, 0) == -1) /* when it is full, write(2) waits */
        err(EXIT_FAILURE, "fcntl %s", SERVER_FIFO);
    return fd;
}

/* Both ends: the server finds a reader, we no end of file when it closes. */
static int open_answers(void)
{
    if (mkfifo(answers, 0600) == -1 && (errno != EEXIST || !is_our_fifo()))
        err(EXIT_FAILURE, "mkfifo %s%s", answers,
            errno == EEXIST ? " (it is no FIFO of yours alone)" : "");
    int fd = open(answers, O_RDWR | O_NONBLOCK | O_NOFOLLOW); /* [2] */
    if (fd == -1)
        err(EXIT_FAILURE, "open %s", answers);
    return fd;
}

/* Is this line the answer to our request? The text says so. */
static int is_answer(const char *line, const char *text)
{
    char *end;
    long number = strtol(line, &end, 10);

    if (!isdigit((unsigned char)line[0]) || *end != ' ' ||
        strcmp(end + 1, text) != 0)
        return 0;
    if (printf("Receive answer %ld: %s\n", number, text) < 0)
        err(EXIT_FAILURE, "stdout");
    return 1;
}

int main(int argc, char *argv[])
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    char hello[64], request[LINE_SIZE], buf[PIPE_BUF], line[LINE_SIZE];
    const char *text = argc > 1 ? argv[1] : hello;
    size_t len = 0;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    snprintf(hello, sizeof hello, "hello, I'm client %ld", (long)getpid());
    snprintf(answers, sizeof answers, ANSWER_FIFO, (long)getpid());
    if (argc > 2 || text[0] == '-' || strchr(text, '\n') != NULL ||
        strlen(text) > TEXT_SIZE)
        errx(2, "usage: fifo_client [TEXT]  (one line, up to %d bytes)",
             TEXT_SIZE);
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1 || /* or a FIFO becomes it */
        fcntl(STDERR_FILENO, F_GETFD) == -1)
        err(EXIT_FAILURE, "stdout, stderr");
    if (sigaction(SIGHUP, &sa, NULL) || sigaction(SIGINT, &sa, NULL) ||
        sigaction(SIGQUIT, &sa, NULL) || sigaction(SIGTERM, &sa, NULL) ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR || atexit(remove_fifo) != 0)
        err(EXIT_FAILURE, "sigaction, signal, atexit");

    int server = open_server(), own = open_answers();
    if (printf("Send request: %s\n", text) < 0)
        err(EXIT_FAILURE, "stdout");
    int size = snprintf(request, sizeof request, "\n%ld %s\n", (long)getpid(),
                        text);
    if (write(server, request, (size_t)size) != size) /* [3] */
        err(EXIT_FAILURE, "write %s", SERVER_FIFO);
    warnx("waiting for fifo_server's answer");

    for (;;) {
        struct pollfd p[] = {{.fd = server}, {.fd = own, .events = POLLIN}};
        if (poll(p, 2, -1) == -1) /* [4] */
            err(EXIT_FAILURE, "poll");
        ssize_t n = read(own, buf, sizeof buf);
        if (n == -1 && errno != EAGAIN)
            err(EXIT_FAILURE, "read %s", answers);
        for (ssize_t i = 0; i < n; i++)
            if (buf[i] != '\n') {
                if (len < LINE_SIZE - 1) /* too long for an answer, anyway */
                    line[len++] = buf[i];
            } else {
                line[len] = '\0';
                if (is_answer(line, text))
                    return 0;
                len = 0;
            }
        if (n == -1 && p[0].revents != 0) /* POLLERR: nobody reads it */
            errx(EXIT_FAILURE, "fifo_server has left without an answer");
    }
}
