/* mmap_reader.c - see the lines that another process stores in a mapped file.
 *
 * Article:    A 六.1 to 六.3 (its listing is lost)
 * Terminal 1: build/mmap/mmap_reader
 * Terminal 2: build/mmap/mmap_writer      (in any order)
 * Look for:   [1] it sleeps until the writer gives up the lock of the line, or
 *                 dies, which gives it up as well;
 *             [2] the line is there: nothing is read(2) from the file;
 *             [3] touching the file is the bell: all has been seen.
 * Try:        Ctrl-Z this terminal, wait five seconds, fg: all ten are seen.
 * See also:   mmap_lines.h, mmap_writer.c; mmap(2), fcntl(2), inotify(7)
 */
#define _XOPEN_SOURCE 700 /* futimens(3), strnlen(3), O_NOFOLLOW */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "mmap_lines.h"

static const char *path;
static int fd; /* once it has locks, the only one: any close(2) drops them */

/* Somebody has cut the file: a page that we look at is gone. */
static void on_bus(int sig)
{
    static const char why[] = "mmap_reader: SIGBUS: the file has been cut\n";

    (void)sig;
    _exit(write(STDERR_FILENO, why, sizeof(why) - 1) != 0); /* 1, that is */
}

/* F_GETLK: has a writer the line? F_SETLKW: sleep until it is given up. */
static int lock(int cmd, off_t at)
{
    struct flock l = {.l_type = F_RDLCK, .l_start = at, .l_len = LINE_LEN};

    if (fcntl(fd, cmd, &l) == -1)
        err(EXIT_FAILURE, "fcntl %s", path);
    return l.l_type == F_WRLCK;
}

int main(int argc, char *argv[])
{
    char folder[4096], events[4096];
    int bell = inotify_init();
    struct stat st;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    signal(SIGPIPE, SIG_IGN);         /* nobody reads it: an error, not death */
    signal(SIGBUS, on_bus);
    path = argc > 1 ? argv[1] : "mmap.dat";
    if (argc > 2 || path[0] == '-' || path[0] == '\0')
        errx(2, "usage: mmap_reader [FILE]");

    /* The bell is hung up before the first look, so none is missed. A file
     * without a lock is what a killed writer left: the next one takes it. */
    snprintf(folder, sizeof(folder), "%s", path); /* dirname(3) cuts it */
    if (bell == -1 || inotify_add_watch(bell, dirname(folder), IN_MODIFY) == -1)
        err(EXIT_FAILURE, "inotify %s%s", path,
            errno == ENOSPC   ? " (limit: sysctl fs.inotify)"
            : errno == EMFILE ? " (limit: sysctl fs.inotify, ulimit -n)" : "");
    int there = lstat(path, &st) == 0;
    if (there && !S_ISREG(st.st_mode)) /* a FIFO may be used: not opened */
        errx(EXIT_FAILURE, "%s is something else", path);
    if (there && st.st_uid != geteuid()) /* no writer will ever take it */
        errx(EXIT_FAILURE, "%s is not a file of yours", path);
    warnx("waiting for mmap_writer (start it in this directory)");
    while ((fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)) == -1 ||
           !lock(F_GETLK, 0)) {
        if (fd == -1 && errno != ENOENT)
            err(EXIT_FAILURE, "open %s", path);
        close(fd);
        if (read(bell, events, sizeof(events)) == -1)
            err(EXIT_FAILURE, "read inotify");
    }
    if (fstat(fd, &st) == -1 || st.st_uid != geteuid())
        errx(EXIT_FAILURE, "%s is not a file of yours", path);

    lock(F_SETLKW, LINE_LEN); /* the file has got its size before line 1 */
    if (fstat(fd, &st) == -1 || st.st_size < 2 * LINE_LEN)
        errx(EXIT_FAILURE, "mmap_writer left before line 1");
    char *map = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        err(EXIT_FAILURE, "mmap %s", path);
    for (off_t at = LINE_LEN; at <= st.st_size - LINE_LEN; at += LINE_LEN) {
        lock(F_SETLKW, at); /* [1] */
        size_t n = strnlen(map + at, LINE_LEN);
        if (n == 0 || map[at + n - 1] != '\n') /* nothing, or half a line */
            errx(EXIT_FAILURE, "mmap_writer left before line %d",
                 (int)(at / LINE_LEN));
        if (printf("See line: %.*s", (int)n, map + at) < 0) /* [2] */
            err(EXIT_FAILURE, "stdout");
    }
    if (futimens(fd, NULL) == -1 || munmap(map, st.st_size) == -1) /* [3] */
        err(EXIT_FAILURE, "futimens, munmap %s", path);
    lock(F_SETLKW, 0); /* stay until the writer has removed the file */
    return 0;
}
