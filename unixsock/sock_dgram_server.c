/* sock_dgram_server.c - answer every datagram, to the name it came from.
 *
 * Article:    B 五 "命名socket", its type SOCK_DGRAM (the program is ours)
 * Terminal 1: build/unixsock/sock_dgram_server
 * Terminal 2: build/unixsock/sock_dgram_client sock.dgram hello world
 * Look for:   [1] one socket for all: no listen(2), no accept(2), no
 *                 connection; each message says from which name it came;
 *             [2] the answer goes to that name. Who has none gets none;
 *             [3] a message is whole, and may be empty: 0 is not the end;
 *             [4] nobody is waited for: a full or dead client loses his answer.
 * Try:        leave the bind(2) out of sock_dgram_client.c. What happens?
 * See also:   sock_dgram_client.c, sock_server.c (a stream); unix(7), send(2)
 */
#define _GNU_SOURCE /* the result of MSG_TRUNC */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE = 4096, PREFIX = 32 };

static const char *name;
static struct stat own;       /* the file that we made: ours to remove */

static void remove_socket(void) /* only async-signal-safe calls in here */
{
    struct stat st;

    if (lstat(name, &st) == 0 && st.st_dev == own.st_dev &&
        st.st_ino == own.st_ino)
        unlink(name);
}

static void on_signal(int sig)
{
    remove_socket();
    signal(sig, SIG_DFL);     /* then die of it, so that the shell sees it */
    raise(sig);
}

static int open_socket(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    sigset_t all, before;
    struct stat st;

    if (fd == -1)
        err(EXIT_FAILURE, "socket");
    if (fd <= STDERR_FILENO)  /* or a client would get what we print */
        errx(EXIT_FAILURE, "a standard stream is closed");
    if (strlen(name) >= sizeof addr.sun_path)
        errx(EXIT_FAILURE, "the name is too long: %s", name);
    strcpy(addr.sun_path, name);
    if (lstat(name, &st) == 0 &&
        (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid()))
        errx(EXIT_FAILURE, "%s exists and is no socket of yours", name);
    umask(0177);              /* the file is to have mode 0600 */
    sigfillset(&all);         /* no death before we know what to remove */

    /* A server that lives takes connect(2); it does not even notice. */
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0 ||
        errno == EPROTOTYPE)
        errx(EXIT_FAILURE, "%s is already served", name);
    if ((errno == ECONNREFUSED && unlink(name) == -1) ||
        sigprocmask(SIG_BLOCK, &all, &before) == -1 ||
        bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1 ||
        lstat(name, &own) == -1 || atexit(remove_socket) != 0 ||
        sigprocmask(SIG_SETMASK, &before, NULL) == -1)
        err(EXIT_FAILURE, "unlink, bind %s", name);
    return fd;
}

int main(int argc, char *argv[])
{
    char in[LINE], out[PREFIX + LINE];

    setvbuf(stdout, NULL, _IOLBF, 0);
    name = argc > 1 ? argv[1] : "sock.dgram";
    if (argc > 2 || name[0] == '-' || name[0] == '\0')
        errx(2, "usage: sock_dgram_server [NAME]");
    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, 0}; *s; s++)
        signal(*s, on_signal);
    signal(SIGPIPE, SIG_IGN); /* a stdout that breaks must not leave our file */
    int fd = open_socket();
    printf("Server: my name is %s, my pid is %d.\n", name, getpid());
    warnx("waiting for messages: start sock_dgram_client %s", name);

    while (!ferror(stdout)) {
        struct sockaddr_un from;
        socklen_t len = sizeof from;
        char who[sizeof from.sun_path + 2] = "nobody";
        ssize_t n = recvfrom(fd, in, sizeof in, MSG_TRUNC, /* [1] */
                             (struct sockaddr *)&from, &len);
        if (n == -1)
            err(EXIT_FAILURE, "recvfrom");
        if (n > LINE) {       /* the rest of it is lost */
            warnx("a message of %zd bytes is too long: ignored", n);
            continue;
        }
        int letters = (int)len - (int)sizeof from.sun_family - 1;
        if (letters >= 0)     /* a path ends with a 0, or a 0 is our @ */
            snprintf(who, sizeof who, "%s%.*s", from.sun_path[0] ? "" : "@",
                     letters, &from.sun_path[from.sun_path[0] == '\0']);
        printf("Server: %zd bytes from %s.\n", n, who); /* [3] */
        int size = sprintf(out, "server %d: ", getpid());
        memcpy(&out[size], in, (size_t)n);
        if (letters >= 0 && /* [2] */
            sendto(fd, out, (size_t)(size + n), MSG_DONTWAIT,
                   (struct sockaddr *)&from, len) == -1)
            warn("no answer to %s", who); /* [4] */
    }
    err(EXIT_FAILURE, "stdout");
}
