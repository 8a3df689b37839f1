/* mmap_writer.c - store a line a second in a file that is mapped as memory.
 *
 * Article:    A 六.1 to 六.3 (its listing is lost)
 * Terminal 1: build/mmap/mmap_reader      (it makes the file)
 * Terminal 2: build/mmap/mmap_writer      (in any order)
 * Look for:   [1] the file must have its size before its bytes are touched: a
 *                 mapping cannot make it longer;
 *             [2] a line is stored by memcpy(3): no write(2), no lseek(2);
 *             [3] giving up the lock of a line is what wakes the reader;
 *             [4] the reader's own lock says if it lives, and if it is done.
 * Try:        cat mmap.dat, and lslocks, in a third terminal meanwhile.
 * See also:   mmap_lines.h, mmap_reader.c; mmap(2), fcntl(2)
 */
#define _XOPEN_SOURCE 700 /* posix_fallocate(3), nanosleep(2), O_NOFOLLOW */
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
#include <time.h>
#include <unistd.h>
#include "mmap_lines.h"

static const char *path = "mmap.dat";
static int fd; /* the only one: any close(2) of the file drops all our locks */

static void usage(void)
{
    fprintf(stderr, "usage: mmap_writer [FILE [COUNT [SECONDS]]]\n");
    exit(2);
}

/* With F_GETLK: whose lock is in the way, or 0. */
static pid_t lock(int cmd, short type, off_t start, off_t length)
{
    struct flock l = {.l_type = type, .l_start = start, .l_len = length};

    if (fcntl(fd, cmd, &l) == -1)
        err(EXIT_FAILURE, "fcntl %s", path);
    if (cmd != F_GETLK || l.l_type == F_UNLCK)
        return 0;
    if (l.l_pid <= 0) /* not in our PID namespace; kill(2) would hit others */
        errx(EXIT_FAILURE, "%s is locked by a process out of sight", path);
    return l.l_pid;
}

/* Opens the file as soon as a reader sits there, and says which process he is.
 * The reader touches the file once he has his lock, and inotify(7) reports
 * that: so nobody polls, and who comes first waits for the other. */
static pid_t await_reader(void)
{
    char events[4096], name[4096];
    int bell = inotify_init1(IN_CLOEXEC);
    struct stat st;
    pid_t reader;

    snprintf(name, sizeof(name), "%s", path); /* dirname(3) cuts it */
    if (bell == -1 ||
        inotify_add_watch(bell, dirname(name), IN_ATTRIB) == -1)
        err(EXIT_FAILURE, "inotify %s", path);
    for (int told = 0;; told = 1) {
        fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
        if (fd == -1 && errno != ENOENT)
            err(EXIT_FAILURE, "open %s", path);
        if (fd != -1 && (reader = lock(F_GETLK, F_WRLCK, READER, 1)) != 0)
            break;
        if (fd != -1 && (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
                         st.st_size > 0 || close(fd) == -1))
            errx(EXIT_FAILURE, "%s: no reader (start mmap_reader first)", path);
        if (!told)
            warnx("waiting for mmap_reader (start it in this directory)");
        if (read(bell, events, sizeof(events)) == -1)
            err(EXIT_FAILURE, "read inotify");
    }
    close(bell);
    return reader;
}

static void store(char *map, long i, const char *text)
{
    char line[LINE_SIZE + 1];

    snprintf(line, sizeof(line), "%-*.*s\n", LINE_SIZE - 1, LINE_SIZE - 1,
             text);
    memcpy(map + LINE(i), line, LINE_SIZE); /* [2] */
}

int main(int argc, char *argv[])
{
    long count = 10;
    double seconds = 1;
    char text[2 * LINE_SIZE], *map, *end;
    struct stat st;
    pid_t other, reader;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    for (int i = 1; i < argc; i++)
        if (argc > 4 || argv[i][0] == '-' || argv[i][0] == '\0')
            usage();
    if (argc > 1)
        path = argv[1];
    if (argc > 2) {
        count = strtol(argv[2], &end, 10);
        if (*end != '\0' || count < 1 || count > 1000000)
            usage();
    }
    if (argc > 3) {
        seconds = strtod(argv[3], &end);
        if (*end != '\0' || !(seconds >= 0 && seconds <= 3600)) /* nor NaN */
            usage();
    }
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        err(EXIT_FAILURE, "signal");

    if (printf("I am %d process.\n", getpid()) < 0)
        err(EXIT_FAILURE, "stdout");
    reader = await_reader();
    if ((other = lock(F_GETLK, F_WRLCK, WRITER, 1)) != 0)
        errx(EXIT_FAILURE, "%s: process %d is at work on it", path, other);
    lock(F_SETLK, F_WRLCK, WRITER, LINE(2) - WRITER); /* and line 1 */
    if (fstat(fd, &st) == -1 || (st.st_mode & (S_IFMT | 077)) != S_IFREG ||
        st.st_uid != geteuid() || st.st_size > 0)
        errx(EXIT_FAILURE, "%s is not an empty, private file of yours", path);
    if (kill(reader, SIGUSR1) == -1) /* only a bell: look at the locks again */
        err(EXIT_FAILURE, "kill %d", reader);

    if ((errno = posix_fallocate(fd, 0, LINE(count + 1))) != 0) /* [1] */
        err(EXIT_FAILURE, "posix_fallocate %s", path);
    map = mmap(NULL, (size_t)LINE(count + 1), PROT_READ | PROT_WRITE,
               MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        err(EXIT_FAILURE, "mmap %s", path);
    snprintf(text, sizeof(text), MAGIC "%ld", count);
    store(map, 0, text);

    for (long i = 1; i <= count; i++) {
        struct timespec pause = {.tv_sec = (time_t)seconds};
        time_t tp = time(NULL);

        if (lock(F_GETLK, F_WRLCK, READER, 1) == 0) /* [4] */
            errx(EXIT_FAILURE, "mmap_reader left before line %ld", i);
        if (fstat(fd, &st) == -1 || st.st_size != LINE(count + 1))
            errx(EXIT_FAILURE, "%s has changed its size", path); /* SIGBUS! */
        snprintf(text, sizeof(text), "Line %ld: process %d's time is %.24s", i,
                 getpid(), ctime(&tp));
        store(map, i, text);
        if (printf("Store line: %s\n", text) < 0)
            err(EXIT_FAILURE, "stdout");
        if (i < count) /* or the reader would find the next one unlocked */
            lock(F_SETLK, F_WRLCK, LINE(i + 1), LINE_SIZE);
        lock(F_SETLK, F_UNLCK, LINE(i), LINE_SIZE); /* [3] */
        pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
        if (i < count && nanosleep(&pause, NULL) == -1)
            err(EXIT_FAILURE, "nanosleep");
    }
    lock(F_SETLKW, F_RDLCK, READER, 1); /* until it is done, or dead */
    if (lock(F_GETLK, F_WRLCK, READER, 1) == 0) /* [4] */
        errx(EXIT_FAILURE, "mmap_reader left before it had seen all");
    if (munmap(map, (size_t)LINE(count + 1)) == -1)
        err(EXIT_FAILURE, "munmap %s", path);
    return 0;
}
