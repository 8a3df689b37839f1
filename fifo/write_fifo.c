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
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    const char *path = argc > 1 ? argv[1] : "fifo1";
    char buf[1024], *end = "", *end2 = "";
    long count = argc > 2 ? strtol(argv[2], &end, 10) : 10;
    double seconds = argc > 3 ? strtod(argv[3], &end2) : 1;
    struct stat st;
    int fd;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    if (argc > 4 || path[0] == '-' || *end || *end2 ||
        (argc > 2 && end == argv[2]) || (argc > 3 && end2 == argv[3]) ||
        count < 0 || count > 1000000 || !(seconds >= 0 && seconds <= 3600))
        errx(2, "usage: write_fifo [PATH [COUNT [SECONDS]]]");
    struct timespec pause = {.tv_sec = (time_t)seconds};
    pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || /* or [3] kills us */
        fcntl(STDERR_FILENO, F_GETFD) == -1) /* or the FIFO becomes stderr */
        err(EXIT_FAILURE, "signal, stderr");

    if (printf("I am %d process.\n", getpid()) < 0)
        err(EXIT_FAILURE, "stdout");
    if (lstat(path, &st) == -1) /* look first: open(2) may wait for ever */
        err(EXIT_FAILURE, "lstat %s (start read_fifo first, in this directory)",
            path);
    if ((st.st_mode & (S_IFMT | 077)) != S_IFIFO || st.st_uid != geteuid())
        errx(EXIT_FAILURE, "%s is not a FIFO of yours alone", path);
    warnx("waiting for read_fifo (start it in this directory)");
    if ((fd = open(path, O_WRONLY | O_NOFOLLOW)) == -1) /* [1] */
        err(EXIT_FAILURE, "open %s", path);

    for (long i = 0; i < count; ++i) {
        time_t tp = time(NULL);
        int n = snprintf(buf, sizeof(buf), "Process %d's time is %s", getpid(),
                         ctime(&tp));
        if (printf("Send message: %s", buf) < 0)
            err(EXIT_FAILURE, "stdout");
        if (write(fd, buf, n + 1) != n + 1) /* [2] whole, up to PIPE_BUF */
            err(EXIT_FAILURE, "write %s", path); /* [3] */
        if (nanosleep(&pause, NULL) == -1)
            err(EXIT_FAILURE, "nanosleep");
    }
    if (close(fd) == -1)
        err(EXIT_FAILURE, "close %s", path);
    return 0;
}
