/* mmap_reader.c - see the lines that another process stores in a mapped file.
 *
 * Article:    A 六.1 to 六.3 (its listing is lost)
 * Terminal 1: build/mmap/mmap_reader
 * Terminal 2: build/mmap/mmap_writer      (in any order)
 * Look for:   [1] it sleeps until the writer gives up the lock of the line, or
 *                 dies, which gives it up as well;
 *             [2] the line is there: this program never calls read(2);
 *             [3] mmap.dat is gone afterwards, after Ctrl-C too.
 * Try:        Ctrl-Z this terminal, wait five seconds, fg: all ten are seen.
 * See also:   mmap_lines.h, mmap_writer.c; mmap(2), fcntl(2), sigwait(3)
 */
#define _XOPEN_SOURCE 700 /* sigaction(2), sigwait(3), lstat(2), O_NOFOLLOW */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "mmap_lines.h"

static const char *path = "mmap.dat";
static int fd; /* the only one: any close(2) of the file drops all our locks */
static struct stat ours; /* st_ino 0: nothing is ours yet */

/* With F_GETLK: whose lock is in the way, or 0. */
static pid_t lock(int cmd, short type, off_t start, off_t length)
{
    struct flock l = {.l_type = type, .l_start = start, .l_len = length};

    if (fcntl(fd, cmd, &l) == -1)
        err(EXIT_FAILURE, "fcntl %s", path);
    return cmd == F_GETLK && l.l_type != F_UNLCK ? l.l_pid : 0;
}

static int is_ours(void)
{
    struct stat now;

    return lstat(path, &now) == 0 && now.st_dev == ours.st_dev &&
           now.st_ino == ours.st_ino;
}

/* Only who has the lock READER removes the file, so the path cannot come to
 * mean another one between lstat(2) and unlink(2). */
static void remove_file(void) /* async-signal-safe calls only */
{
    if (is_ours())
        unlink(path); /* [3] */
}

static void on_signal(int sig)
{
    remove_file();
    signal(sig, SIG_DFL); /* then die of it, so that the shell knows why */
    raise(sig);
}

/* Opens the file, or makes it, and takes the lock READER. What a killed reader
 * left is not used again, but replaced: its writer may still be at work. */
static void open_file(void)
{
    struct stat st;
    pid_t other;

    for (;;) {
        fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
        if (fd == -1 || fstat(fd, &st) == -1)
            err(EXIT_FAILURE, "open %s", path);
        if ((st.st_mode & (S_IFMT | 077)) != S_IFREG || st.st_uid != geteuid())
            errx(EXIT_FAILURE, "%s is not a private file of yours", path);
        if (st.st_size > 0) {
            char *map = mmap(NULL, LINE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
            if (map == MAP_FAILED || memcmp(map, MAGIC, strlen(MAGIC)) != 0)
                errx(EXIT_FAILURE, "%s holds something else", path);
            munmap(map, LINE_SIZE);
        }
        if ((other = lock(F_GETLK, F_WRLCK, READER, 1)) != 0)
            errx(EXIT_FAILURE, "%s: process %d reads it already", path, other);
        lock(F_SETLK, F_WRLCK, READER, 1);
        ours = st;
        if (st.st_size == 0 && is_ours())
            return;
        if ((is_ours() && unlink(path) == -1) || close(fd) == -1)
            err(EXIT_FAILURE, "unlink %s", path);
    }
}

int main(int argc, char *argv[])
{
    const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    struct sigaction sa = {.sa_handler = on_signal};
    sigset_t bell;
    struct stat st;
    int sig;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    if (argc > 2 || (argc == 2 && (argv[1][0] == '-' || argv[1][0] == '\0'))) {
        fprintf(stderr, "usage: mmap_reader [FILE]\n");
        exit(2);
    }
    if (argc == 2)
        path = argv[1];

    /* No signal between making the file and knowing which one it is; and no
     * SIGUSR1 but in sigwait, so that the bell cannot ring unheard. */
    sigfillset(&sa.sa_mask);
    sigemptyset(&bell);
    sigaddset(&bell, SIGUSR1);
    if (sigprocmask(SIG_SETMASK, &sa.sa_mask, NULL) == -1 ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR || atexit(remove_file) != 0)
        err(EXIT_FAILURE, "sigprocmask, signal, atexit");
    for (int i = 0; i < 4; i++)
        if (sigaction(deadly[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    open_file();
    if (sigprocmask(SIG_SETMASK, &bell, NULL) == -1 ||
        futimens(fd, NULL) == -1) /* wakes a writer who came first */
        err(EXIT_FAILURE, "sigprocmask, futimens");

    /* Without a writer, but no longer empty: one was here, and has died. */
    while (lock(F_GETLK, F_WRLCK, WRITER, 1) == 0 &&
           fstat(fd, &st) == 0 && st.st_size == 0) {
        warnx("waiting for mmap_writer (start it in this directory)");
        if ((errno = sigwait(&bell, &sig)) != 0)
            err(EXIT_FAILURE, "sigwait");
    }
    lock(F_SETLKW, F_RDLCK, LINE(1), LINE_SIZE); /* [1] */
    if (fstat(fd, &st) == -1 || st.st_size < LINE(2))
        errx(EXIT_FAILURE, "mmap_writer left before line 1");
    char *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        err(EXIT_FAILURE, "mmap %s", path);
    long count = strtol(map + strlen(MAGIC), NULL, 10);
    if (count < 1) /* sized, and nothing more */
        errx(EXIT_FAILURE, "mmap_writer left before line 1");

    for (long i = 1; i <= count; i++) {
        const char *line = map + LINE(i);
        int length = LINE_SIZE - 1;

        lock(F_SETLKW, F_RDLCK, LINE(i), LINE_SIZE); /* [1] */
        if (fstat(fd, &st) == -1 || st.st_size != LINE(count + 1))
            errx(EXIT_FAILURE, "%s has changed its size", path); /* SIGBUS! */
        if (memchr(line, '\0', LINE_SIZE) != NULL) /* also half a line */
            errx(EXIT_FAILURE, "mmap_writer left before line %ld", i);
        while (length > 0 && line[length - 1] == ' ')
            length--;
        if (printf("See line: %.*s\n", length, line) < 0) /* [2] */
            err(EXIT_FAILURE, "stdout");
    }
    remove_file(); /* before the writer goes: the next run makes a new one */
    lock(F_SETLK, F_RDLCK, READER, 1);  /* tells the writer: all seen */
    lock(F_SETLKW, F_RDLCK, WRITER, 1); /* stay until he has looked */
    if (munmap(map, (size_t)st.st_size) == -1)
        err(EXIT_FAILURE, "munmap %s", path);
    return 0;
}
