/* cut_name.c - trap: two servers with two names, and one address.
 *
 * Article:  B 五 "命名socket", its sun_path[UNIX_PATH_MAX]
 * Wrong:    sun_path has 108 bytes; a longer name is cut without a word, and
 *           what is left of it may be somebody else's name.
 * Trap:     SOCK-9 (a claim)
 * Terminal: build/unixsock/traps/cut_name $(printf %0120d 1), and with 2
 *           (make trap-unixsock-cut_name)
 * Right:    sock_server.c, which refuses what does not fit
 * See also: strncpy(3), unix(7)
 */
#define _POSIX_C_SOURCE 200809L /* pause(2) */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un addr = {.sun_family = AF_UNIX};

static void on_signal(int sig)
{
    unlink(addr.sun_path);
    signal(sig, SIG_DFL);
    raise(sig);
}

int main(int argc, char *argv[])
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 2)
        errx(2, "usage: cut_name NAME");
    strncpy(addr.sun_path, argv[1], sizeof addr.sun_path - 1); /* WRONG: cut */
    umask(0177); /* the file is to have mode 0600 */
    if (fd == -1 || bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1 ||
        listen(fd, SOMAXCONN) == -1)
        err(EXIT_FAILURE, "bind, listen");
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    printf("Socket server name is: %s.\nMy pid is: %d.\n", argv[1], getpid());
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    pause(); /* callers may come, but they are not what this is about */
    return EXIT_SUCCESS;
}
