/* shm_posix_client.c - shm_client once more, with the calls of POSIX.
 *
 * Article:    A 五.3 "共享内存, 例子", in the newer of the two interfaces
 * Terminal 1: build/shm/shm_posix_server
 * Terminal 2: build/shm/shm_posix_client
 * Look for:   [1] found by a name, and mapped as a file would be;
 *             [2] nothing tells a waiting client that the server has died: it
 *             looks for itself, once a second;
 *             [3] no message is sent: the news are one more semaphore.
 * Try:        diff shm/shm_client.c shm/shm_posix_client.c
 * See also:   shm_posix_server.c, shm_posix_form.h; shm_open(3), mmap(2),
 *             sem_timedwait(3), fcntl(2)
 */
#define _XOPEN_SOURCE 700 /* shm_open(3), sem_timedwait(3) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shm_posix_form.h"

static int fd;
static struct shm_form *shm;

/* A server holds a record lock on the object for as long as it lives. */
static void server_lives(const char *or_else)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(fd, F_GETLK, &lock) == -1)
        err(EXIT_FAILURE, "fcntl F_GETLK");
    if (lock.l_type == F_UNLCK)
        errx(EXIT_FAILURE, "%s", or_else);
}

/* Somebody has cut the object. A page that we touch and that is gone is SIGBUS;
 * glibc, which finds no semaphore there, calls abort(3). */
static void on_cut(int sig)
{
    static const char why[] = "shm_posix_client: the object has been cut\n";

    (void)sig;
    _exit(write(STDERR_FILENO, why, sizeof why - 1) != 0); /* 1, that is */
}

/* No undo: so who has the buffer says so. Was he killed before he sent? */
static int writer_is_dead(void)
{
    int dead = shm->writer, sent;

    return dead != 0 && sem_getvalue(&shm->news, &sent) == 0 && sent == 0 &&
           kill(dead, 0) == -1 && errno == ESRCH &&
           __sync_bool_compare_and_swap(&shm->writer, dead, getpid());
}

static void sem_p(sem_t *sem) /* [2] */
{
    struct timespec when;
    int result;

    do {
        if (clock_gettime(CLOCK_REALTIME, &when) == -1)
            err(EXIT_FAILURE, "clock_gettime");
        when.tv_sec++;
        result = sem_timedwait(sem, &when);
        if (result == -1 && errno != ETIMEDOUT && errno != EINTR)
            err(EXIT_FAILURE, "sem_timedwait"); /* EINTR: Ctrl-Z and fg */
        if (result == 0)
            shm->writer = getpid();
        else if (writer_is_dead()) /* then the buffer is ours now */
            result = 0;
        server_lives("the server is gone");
    } while (result == -1);
}

static void sem_v(sem_t *sem)
{
    if (sem_post(sem) == -1)
        err(EXIT_FAILURE, "sem_post");
}

/* 'q' takes the buffer, too: so nothing is sent behind it and then lost. */
static void send_command(char letter, const char *text, size_t size)
{
    sigset_t all, old;

    sem_p(&shm->buffer);
    /* Nobody would give the buffer back if we ended here. So Ctrl-C and Ctrl-Z
     * wait, for as long as it takes to copy a text. */
    sigfillset(&all);
    if (sigprocmask(SIG_BLOCK, &all, &old) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    shm->command = letter;
    memcpy(shm->text, text, size);
    sem_v(&shm->news); /* [3] from here on the buffer is the server's */
    if (sigprocmask(SIG_SETMASK, &old, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
}

static void say(const char *text) /* a prompt has no newline: flush it */
{
    if (fputs(text, stdout) == EOF || fflush(stdout) == EOF)
        err(EXIT_FAILURE, "stdout");
}

/* A line is read to its end even if it does not fit, so that its rest is not
 * the next command. -1: end of input. */
static long get_line(char line[SHM_SIZE])
{
    long len = 0;
    int c;

    while ((c = getchar()) != '\n' && c != EOF)
        if (len++ < SHM_SIZE - 1)
            line[len - 1] = (char)c;
    if (ferror(stdin))
        err(EXIT_FAILURE, "stdin");
    line[len < SHM_SIZE ? len : SHM_SIZE - 1] = '\0';
    return c == EOF && len == 0 ? -1 : len;
}

int main(int argc, char *argv[])
{
    const char *start = "start shm_posix_server first, in this directory";
    const char *path = argc > 1 ? argv[1] : ".";
    char line[SHM_SIZE], name[80];
    struct stat st;
    int flag = 1;
    long len;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    if (argc > 2 || path[0] == '-')
        errx(2, "usage: shm_posix_client [KEYPATH]");
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
        signal(SIGBUS, on_cut) == SIG_ERR ||
        signal(SIGABRT, on_cut) == SIG_ERR)
        err(EXIT_FAILURE, "signal");
    if (shm_name(path, name, sizeof name) == -1)
        err(EXIT_FAILURE, "stat %s", path);

    if ((fd = shm_open(name, O_RDWR, 0)) == -1) /* [1] */
        err(EXIT_FAILURE, "shm_open %s (%s)", name, start);
    if (fstat(fd, &st) == -1)
        err(EXIT_FAILURE, "fstat %s", name);
    if (st.st_uid != geteuid())
        errx(EXIT_FAILURE, "%s is another user's (%s)", name, start);
    server_lives(start);
    if (st.st_size != sizeof *shm) /* not yet, or not of this server */
        errx(EXIT_FAILURE, "%s is not ready (%s)", name, start);
    shm = mmap(NULL, sizeof *shm, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shm == MAP_FAILED)
        err(EXIT_FAILURE, "mmap %s", name);
    if (!shm->ready)
        errx(EXIT_FAILURE, "%s is not ready (%s)", name, start);

    say("***************************************\n"
        "*                 IPC                   *\n"
        "*Input r to send data toserver.  *\n"
        "*   Input q to quit.      *\n"
        "***************************************\n");
    while (flag) {
        say("Please input command: ");
        if ((len = get_line(line)) == -1)
            break;
        switch (len == 1 ? line[0] : '\0') {
        case 'r':
            server_lives("the server is gone");
            say("Data to send:");
            if ((len = get_line(line)) == -1)
                flag = 0;
            else if (len >= SHM_SIZE)
                warnx("not sent: %ld bytes, at most %d fit", len, SHM_SIZE - 1);
            else if (memchr(line, '\0', (size_t)len) != NULL)
                warnx("not sent: a text ends at a NUL, yours has one inside");
            else
                send_command('r', line, (size_t)len + 1);
            break;
        case 'q':
            send_command('q', "", 0);
            flag = 0;
            break;
        default:
            say("Wrong input!\n");
        }
    }
    if (munmap(shm, sizeof *shm) == -1)
        err(EXIT_FAILURE, "munmap");
    return 0;
}
