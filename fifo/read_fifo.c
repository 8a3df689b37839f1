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
#define _XOPEN_SOURCE 700 /* sigaction(2), lstat(2), O_NOFOLLOW, strnlen(3) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *path = "fifo1";
static struct stat ours; /* st_ino 0: it is not known yet which one */

static int is_our_fifo(const struct stat *st)
{
    return S_ISFIFO(st->st_mode) && st->st_uid == geteuid();
}

/* Without its name, whoever sleeps in open(2) on the FIFO would sleep for
 * ever: opening both ends wakes him. On Linux, O_RDWR itself never waits. */
static void remove_fifo(void) /* async-signal-safe calls only */
{
    struct stat st;

    if (lstat(path, &st) == 0 && is_our_fifo(&st) &&
        (ours.st_ino == 0 || ours.st_ino == st.st_ino)) {
        int fd = open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW);
        unlink(path); /* [4] before close: nobody falls asleep after it */
        close(fd);
    }
}

static void on_signal(int sig)
{
    remove_fifo();
    signal(sig, SIG_DFL); /* then die of it, so that the shell knows why */
    raise(sig);
}

int main(int argc, char *argv[])
{
    const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    struct sigaction sa = {.sa_handler = on_signal};
    char buf[1024], last = '\0'; /* last byte of a message not yet whole */
    struct stat st;
    ssize_t len;
    int fd;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        fprintf(stderr, "usage: read_fifo [PATH]\n");
        exit(2);
    }
    path = argc == 2 ? argv[1] : path;

    /* First who removes it, then the FIFO: no moment is left between. */
    sigfillset(&sa.sa_mask); /* a second Ctrl-C must not cut the first short */
    for (int i = 0; i < 4; i++)
        if (sigaction(deadly[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || atexit(remove_fifo) != 0)
        err(EXIT_FAILURE, "signal, atexit");
    if (mkfifo(path, 0600) == -1 && errno != EEXIST)
        err(EXIT_FAILURE, "mkfifo %s", path);
    if (lstat(path, &st) == -1 || !is_our_fifo(&st)) /* a link is no FIFO */
        errx(EXIT_FAILURE, "%s exists and is not a FIFO of yours", path);

    ours = st;
    warnx("waiting for write_fifo (start it in this directory)");
    if ((fd = open(path, O_RDONLY | O_NOFOLLOW)) == -1) /* [1] */
        err(EXIT_FAILURE, "open %s", path);
    if (fstat(fd, &st) == -1 || st.st_ino != ours.st_ino)
        errx(EXIT_FAILURE, "open %s: replaced meanwhile", path);

    for (int pass = 0; pass < 2; pass++) {
        while ((len = read(fd, buf, sizeof(buf))) > 0)
            for (int n, i = 0; i < len; i += n + 1) { /* [2] */
                n = (int)strnlen(buf + i, (size_t)(len - i));
                if (printf("%s%.*s", last ? "" : "Read message: ", n,
                           buf + i) < 0)
                    err(EXIT_FAILURE, "stdout");
                last = i + n < len ? '\0' : buf[i + n - 1];
            }
        if (len == -1)
            err(EXIT_FAILURE, "read %s", path);
        remove_fifo(); /* [3] Nobody comes from now on; a writer who came */
    }                  /* since the end of file is heard in the second pass */
    if ((last != '\0' && last != '\n' && putchar('\n') == EOF) ||
        fflush(stdout) == EOF)
        err(EXIT_FAILURE, "stdout");
    if (last != '\0')
        errx(EXIT_FAILURE, "read %s: ends inside a message", path);
    warnx("the last writer has left");
    return 0;
}
