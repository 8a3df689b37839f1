/* write_fifo.c - send the time of day through a FIFO, once a second.
 *
 * Article:    A 二.3 "FIFO, 例子"
 * Terminal 1: build/fifo/read_fifo        (first: it makes the FIFO)
 * Terminal 2: build/fifo/write_fifo
 * Look for:   [1] open(2) returns when a reader has opened the other end;
 *             [2] the NUL goes along: it is the only mark between messages;
 *             [3] a reader that died is an error of write(2), not our death.
 * Try:        build/fifo/write_fifo fifo1 100 0.1, and Ctrl-C the reader.
 * See also:   read_fifo.c; fifo(7), pipe(7)
 */
#define _XOPEN_SOURCE 700 /* nanosleep(2), lstat(2), O_NOFOLLOW */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int is_our_fifo(const struct stat *st)
{
    return S_ISFIFO(st->st_mode) && st->st_uid == geteuid();
}

int main(int argc, char *argv[])
{
    const char *path = argc > 1 ? argv[1] : "fifo1";
    char buf[1024], *end = "", *end2 = "";
    long count = argc > 2 ? strtol(argv[2], &end, 10) : 10;
    double seconds = argc > 3 ? strtod(argv[3], &end2) : 1;
    struct stat st;
    int fd = -1;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    if (argc > 4 || path[0] == '-' || path[0] == '\0' || *end || *end2 ||
        (argc > 2 && end == argv[2]) || count < 0 || count > 1000000 ||
        (argc > 3 && end2 == argv[3]) || /* and NaN compares with nothing: */
        !(seconds >= 0 && seconds <= 3600)) {
        fprintf(stderr, "usage: write_fifo [PATH [COUNT [SECONDS]]]\n");
        exit(2);
    }
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        err(EXIT_FAILURE, "signal");

    if (printf("I am %d process.\n", getpid()) < 0)
        err(EXIT_FAILURE, "stdout");
    if (lstat(path, &st) == 0) { /* look first: open(2) may wait for ever */
        if (!is_our_fifo(&st))
            errx(EXIT_FAILURE, "%s is not a FIFO of yours", path);
        warnx("waiting for read_fifo (start it in this directory)");
        fd = open(path, O_WRONLY | O_NOFOLLOW); /* [1] */
    }
    if (fd == -1) {
        const char *hint = " (start read_fifo first, in this directory)";
        errx(EXIT_FAILURE, "open %s: %s%s", path, strerror(errno),
             errno == ENOENT ? hint : "");
    }
    if (fstat(fd, &st) == -1 || !is_our_fifo(&st))
        errx(EXIT_FAILURE, "open %s: replaced meanwhile", path);

    for (long i = 0; i < count; ++i) {
        struct timespec pause = {.tv_sec = (time_t)seconds};
        time_t tp = time(NULL);
        int n = snprintf(buf, sizeof(buf), "Process %d's time is %s", getpid(),
                         ctime(&tp));
        if (printf("Send message: %s", buf) < 0)
            err(EXIT_FAILURE, "stdout");
        ssize_t sent = write(fd, buf, (size_t)n + 1); /* [2] */
        if (sent == -1) /* [3] */
            err(EXIT_FAILURE, "write %s", path);
        if (sent != n + 1)
            errx(EXIT_FAILURE, "write %s: %zd of %d bytes", path, sent, n + 1);
        pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
        while (nanosleep(&pause, &pause) == -1) /* the rest of it after EINTR */
            if (errno != EINTR)
                err(EXIT_FAILURE, "nanosleep");
    }
    if (close(fd) == -1)
        err(EXIT_FAILURE, "close %s", path);
    return 0;
}
