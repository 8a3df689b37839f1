/* unlink_first.c - trap: a server that takes another one's name.
 *
 * Article:  B 五 "命名socket"
 * Wrong:    the file of that name is removed unseen, to be sure that bind(2)
 *           finds none; it may be that of a server that lives.
 * Trap:     SOCK-11 (a claim)
 * Terminal: build/unixsock/traps/unlink_first, beside sock_server
 *           (make trap-unixsock-unlink_first)
 * Right:    sock_server.c, which calls the name first, connect(2)
 * See also: stale_file.c; bind(2), unlink(2), unix(7)
 *
 * It serves one caller after the other: that is another trap, one_at_a_time.c.
 */
#define _POSIX_C_SOURCE 200809L /* dprintf(3) */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NAME "sock.server"

static void on_signal(int sig)
{
    unlink(NAME);
    signal(sig, SIG_DFL);
    raise(sig);
}

int main(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = NAME};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), client;
    char c;

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    umask(0177); /* the file is to have mode 0600 */
    unlink(NAME); /* WRONG: whose is it? */
    if (fd == -1 || bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1 ||
        listen(fd, SOMAXCONN) == -1)
        err(EXIT_FAILURE, "bind, listen %s", NAME);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    printf("Socket server name is: %s.\nMy pid is: %d.\n", NAME, getpid());

    while (!ferror(stdout) && (client = accept(fd, NULL, NULL)) != -1) {
        while (recv(client, &c, 1, 0) == 1 && c != '\n') /* a line from him */
            ;
        dprintf(client, "server %d: hello\n", getpid());
        close(client);
    }
    err(EXIT_FAILURE, "stdout, accept");
}
