/* read_fifo.c - make a FIFO and print the messages that arrive in it.
 *
 * Article:    A 二.3 "FIFO, 例子"
 * Terminal 1: build/fifo/read_fifo
 * Terminal 2: build/fifo/write_fifo
 * Look for:   [1] it stands still in open(2) until a writer opens the FIFO;
 *             [2] a FIFO is a stream of bytes: messages that piled up come out
 *                 of one read(2) together, and the NULs tell them apart;
 *             [3] read(2) returns 0 as soon as the last writer has left;
 *             [4] fifo1 is gone afterwards, after Ctrl-C too.
 * Try:        Ctrl-Z this terminal, wait five seconds, fg: all ten are shown.
 * See also:   write_fifo.c; fifo(7), mkfifo(3)
 */
#define _XOPEN_SOURCE 700 /* sigaction(2), lstat(2), O_NOFOLLOW */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *path;

static int is_our_fifo(void)
{
    struct stat st; /* of the name itself: a link is no FIFO */

    return lstat(path, &st) == 0 && st.st_uid == geteuid() &&
           (st.st_mode & (S_IFMT | 077)) == S_IFIFO; /* and only ours */
}

static void remove_fifo(void) /* async-signal-safe calls only */
{
    static int removed; /* then a new fifo1 is another reader's */

    if (!removed && is_our_fifo())
        removed = unlink(path) == 0; /* [4] */
}

static void on_signal(int sig)
{
    remove_fifo();
    raise(sig); /* SA_RESETHAND: now we die of it, and the shell knows why */
}

int main(int argc, char *argv[])
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    char buf[1024], last = '\0'; /* the last byte shown: a NUL ends a message */
    int fd, len = 0;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    path = argc > 1 ? argv[1] : "fifo1";
    if (argc > 2 || path[0] == '-')
        errx(2, "usage: read_fifo [PATH]");

    /* First who removes it, then the FIFO: no moment is left between. */
    if (sigaction(SIGHUP, &sa, NULL) || sigaction(SIGINT, &sa, NULL) ||
        sigaction(SIGQUIT, &sa, NULL) || sigaction(SIGTERM, &sa, NULL) ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR || atexit(remove_fifo))
        err(EXIT_FAILURE, "sigaction, signal, atexit");
    if (mkfifo(path, 0600) == -1 && (errno != EEXIST || !is_our_fifo()))
        err(EXIT_FAILURE, "mkfifo %s%s", path,
            errno == EEXIST ? " (it is no FIFO of yours alone)" : "");

    warnx("waiting for write_fifo (start it in this directory)");
    if ((fd = open(path, O_RDONLY | O_NOFOLLOW)) == -1) /* [1] */
        err(EXIT_FAILURE, "open %s", path);

    for (int pass = 0; pass < 2; pass++) {
        while (!ferror(stdout) && (len = read(fd, buf, sizeof(buf))) > 0)
            for (int i = 0; i < len; i++) { /* [2] */
                if (last == '\0') /* what came before is whole */
                    printf("Read message: ");
                printf("%.1s", &buf[i]); /* a byte, and nothing for a NUL */
                last = buf[i];
            }
        if (len == -1)
            err(EXIT_FAILURE, "read %s", path);
        remove_fifo(); /* [3] Nobody comes from now on; whoever came since the
                        * end of file is heard in the second pass. */
    }

    if (last != '\0' && last != '\n')
        printf("\n");
    if (fflush(stdout) == EOF || ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    warnx("the last writer has left%s", last ? " inside a message" : "");
    return last == '\0' ? EXIT_SUCCESS : EXIT_FAILURE;
}
