/* mmap_writer.c - store a line a second in a file that is mapped as memory.
 *
 * Article:    A 六.1 to 六.3 (its listing is lost)
 * Terminal 1: build/mmap/mmap_reader
 * Terminal 2: build/mmap/mmap_writer      (in any order)
 * Look for:   [1] the file must have its size before its bytes are touched: a
 *                 mapping cannot make it longer;
 *             [2] a line is stored by printing into memory: no write(2);
 *             [3] giving up the lock of a line is what wakes the reader;
 *             [4] mmap.dat is gone afterwards, after Ctrl-C too.
 * Try:        cat mmap.dat, and lslocks, in a third terminal meanwhile.
 * See also:   mmap_lines.h, mmap_reader.c; mmap(2), fcntl(2), inotify(7)
 */
#define _XOPEN_SOURCE 700 /* posix_fallocate(3), sigaction(2), O_NOFOLLOW */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "mmap_lines.h"

static const char *path;
static int fd = -1; /* the only one: any close(2) of the file drops its locks */

static void remove_file(void) /* async-signal-safe calls only */
{
    struct stat ours, now;

    if (fstat(fd, &ours) == 0 && lstat(path, &now) == 0 &&
        now.st_dev == ours.st_dev && now.st_ino == ours.st_ino)
        unlink(path); /* [4] */
}

static void on_signal(int sig)
{
    remove_file();
    raise(sig); /* die of it when the handler ends: the shell knows why */
}

/* Somebody has cut the file: a page that we store into is gone. */
static void on_bus(int sig, siginfo_t *info, void *context)
{
    static const char why[] = "mmap_writer: SIGBUS: the file has been cut\n";

    (void)context;
    if (info->si_code <= 0) { /* no: somebody has sent it */
        on_signal(sig);
        return;
    }
    remove_file();
    _exit(write(STDERR_FILENO, why, sizeof(why) - 1) != 0); /* 1, that is */
}

/* Makes the file, or takes over what a killed writer left. It is locked first
 * and looked at then: so of two writers one gets it, and the other is told. */
static void make_file(void)
{
    struct flock all = {.l_type = F_WRLCK}, other = all; /* l_len 0: no end */
    char head[sizeof(MAGIC)] = "";
    struct stat st;

    if (fcntl(STDERR_FILENO, F_GETFD) == -1 || /* or the file becomes stderr */
        (fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600)) == -1)
        err(EXIT_FAILURE, "open %s%s", path,
            errno == ELOOP ? " (a link is not followed)" : "");
    if (fcntl(fd, F_GETLK, &other) == 0 && other.l_type != F_UNLCK)
        errx(EXIT_FAILURE, "%s is in use by process %d", path, other.l_pid);
    if (fcntl(fd, F_SETLK, &all) == -1 || fstat(fd, &st) == -1)
        err(EXIT_FAILURE, "fcntl %s", path);
    if (S_ISREG(st.st_mode) && pread(fd, head, strlen(MAGIC), 0) == -1)
        err(EXIT_FAILURE, "pread %s", path);
    if ((st.st_mode & (S_IFMT | 077)) != S_IFREG || st.st_uid != geteuid() ||
        st.st_nlink != 1 ||
        (st.st_size > 0 && strcmp(head, MAGIC) != 0))
        errx(EXIT_FAILURE, "%s is something else, or not private", path);
}

int main(int argc, char *argv[])
{
    char events[4096], *end = "", *end2 = "";
    long count = argc > 2 ? strtol(argv[2], &end, 10) : 10;
    double seconds = argc > 3 ? strtod(argv[3], &end2) : 1;
    struct flock line = {.l_type = F_UNLCK, .l_len = LINE_LEN};
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    path = argc > 1 ? argv[1] : "mmap.dat";
    if (argc > 4 || path[0] == '-' || path[0] == '\0' || *end || *end2 ||
        (argc > 3 && end2 == argv[3]) || count < 1 || count > 1000000 ||
        !(seconds >= 0 && seconds <= 3600))
        errx(2, "usage: mmap_writer [FILE [COUNT [SECONDS]]]");
    struct timespec pause = {seconds, (seconds - (long)seconds) * 1e9};
    size_t size = (count + 1) * LINE_LEN; /* line 0 is MAGIC */

    /* Signals 1 to 15, whatever ends a program but SIGKILL: none comes between
     * making the file and being able to remove it. */
    sigfillset(&sa.sa_mask);
    for (int sig = SIGHUP; sig <= SIGTERM; sig++)
        sigaction(sig, &sa, NULL);
    sa.sa_flags |= SA_SIGINFO;
    sa.sa_sigaction = on_bus;
    sigaction(SIGBUS, &sa, NULL);
    signal(SIGPIPE, SIG_IGN); /* nobody reads stdout: an error, not death */
    signal(SIGXFSZ, SIG_IGN); /* likewise a file over the limit (ulimit -f) */
    if (printf("I am %d process.\n", getpid()) < 0)
        err(EXIT_FAILURE, "stdout");

    sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL);
    make_file();
    if (atexit(remove_file) != 0 ||
        sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "atexit, sigprocmask");

    if (ftruncate(fd, 0) == -1 || write(fd, MAGIC, strlen(MAGIC)) == -1 ||
        (errno = posix_fallocate(fd, 0, size)) != 0) /* [1] */
        err(EXIT_FAILURE, "write, posix_fallocate %s", path);
    char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int bell = inotify_init();
    if (map == MAP_FAILED || bell == -1 ||
        inotify_add_watch(bell, path, IN_ATTRIB) == -1)
        err(EXIT_FAILURE, "mmap, inotify %s", path);

    for (long i = 1; i <= count; i++) {
        time_t tp = time(NULL);
        line.l_start = i * LINE_LEN;
        snprintf(map + line.l_start, LINE_LEN, /* [2] */
                 "Line %ld: process %d's time is %s", i, getpid(), ctime(&tp));
        if (printf("Store line: %s", map + line.l_start) < 0)
            err(EXIT_FAILURE, "stdout");
        if (fcntl(fd, F_SETLK, &line) == -1) /* [3] */
            err(EXIT_FAILURE, "fcntl %s", path);
        if (i < count && nanosleep(&pause, NULL) == -1)
            err(EXIT_FAILURE, "nanosleep");
    }
    warnx("waiting for mmap_reader to see all (start it in this directory)");
    if (read(bell, events, sizeof(events)) == -1 || munmap(map, size) == -1)
        err(EXIT_FAILURE, "read inotify, munmap");
    return 0;
}
