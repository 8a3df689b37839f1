/* fifo_chatroom.c - one room, many people: a FIFO for each, and no server.
 *
 * Article:    B 四 (two people; here any number)
 * Terminal 1: build/chat/fifo_chatroom ann
 * Terminal 2: build/chat/fifo_chatroom bob     (same directory; more may come)
 * Look for:   [1] everybody reads a FIFO of his own, and writes to all others;
 *             [2] a message is one write(2): it is never mixed with another;
 *             [3] who is slow loses lines, who was killed is found out: neither
 *                 holds up the others.
 * Try:        stop bob with Ctrl-Z, and let eve send more than a FIFO holds:
 *             yes | head -n 20000 | build/chat/fifo_chatroom eve
 * See also:   fifo(7), open(2) (ENXIO), select(2), flock(2)
 *
 * On stdout comes what the others say, `NAME: text`, and `* NAME joins`,
 * `* NAME leaves` or, if he was killed, `* NAME is gone`. Ctrl-D leaves.
 */
#define _XOPEN_SOURCE 700 /* pselect(2), O_NOFOLLOW under -std=c11 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX ".fifo_room."
enum { MAX_NAME = 16, MAX_TEXT = 400 };
_Static_assert(MAX_NAME + 2 + MAX_TEXT + 1 <= _POSIX_PIPE_BUF,
               "a message has to be one indivisible write"); /* [2] */

static const char *me;
static char my_fifo[sizeof PREFIX + MAX_NAME];
static int here;  /* this directory; its lock is for who joins, or buries */
static int inbox; /* my FIFO, both ends: so it has no end of file */
static int is_member;
static volatile sig_atomic_t got_signal;

static void on_signal(int sig)
{
    got_signal = sig;
}

static int is_ours(const char *path) /* a FIFO, and nobody else may open it */
{
    struct stat st;

    return lstat(path, &st) == 0 && st.st_uid == geteuid() &&
           (st.st_mode & (S_IFMT | 077)) == S_IFIFO;
}

static int is_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return n > 0 && n <= MAX_NAME && name[n] == '\0';
}

/* A FIFO that nobody reads: its reader was killed, or has yet to open it. As
 * joining keeps the directory locked, a look under the lock tells. */
static int bury(const char *path)
{
    int fd = -1, buried;

    if (flock(here, LOCK_EX | LOCK_NB) == -1)
        return 0; /* somebody joins just now; there will be another time */
    buried = (fd = open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW)) == -1 &&
             errno == ENXIO && unlink(path) == 0;
    if (fd != -1)
        close(fd);
    flock(here, LOCK_UN);
    return buried;
}

/* To all in the room, and to me as well if `me_too`. Nothing here waits. */
static void tell(const char *message, size_t length, int me_too)
{
    DIR *room = opendir(".");
    struct dirent *e;

    if (room == NULL)
        err(EXIT_FAILURE, "opendir");
    while ((e = readdir(room)) != NULL) {
        const char *path = e->d_name, *name = path + strlen(PREFIX);
        if (strncmp(path, PREFIX, strlen(PREFIX)) != 0 || !is_name(name) ||
            !is_ours(path) || (!me_too && strcmp(name, me) == 0))
            continue;
        int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW); /* [3] */
        if (fd == -1 && errno == ENXIO && bury(path)) {
            char news[MAX_NAME + 16];
            tell(news, (size_t)snprintf(news, sizeof news, "* %s is gone\n",
                                        name), 1);
        } else if (fd == -1 && errno != ENXIO && errno != ENOENT) {
            warn("open %s", path);
        }
        if (fd == -1)
            continue;
        if (write(fd, message, length) == -1 && errno != EPIPE)
            warnx("%s is slow: a line is lost to him", name);
        close(fd);
    }
    closedir(room);
}

static void join_room(const sigset_t *mask)
{
    char news[MAX_NAME + 16];

    snprintf(my_fifo, sizeof my_fifo, PREFIX "%s", me);
    if ((here = open(".", O_RDONLY | O_DIRECTORY)) == -1)
        err(EXIT_FAILURE, "open this directory");
    while (flock(here, LOCK_EX | LOCK_NB) == -1) { /* somebody joins just now */
        if (errno != EWOULDBLOCK)
            err(EXIT_FAILURE, "lock this directory");
        pselect(0, NULL, NULL, NULL, &(struct timespec){0, 10000000}, mask);
        if (got_signal)
            return;
    }
    if (mkfifo(my_fifo, 0600) == -1) {
        if (errno != EEXIST)
            err(EXIT_FAILURE, "mkfifo %s", my_fifo);
        if (!is_ours(my_fifo))
            errx(EXIT_FAILURE, "%s is there, but no FIFO of yours alone",
                 my_fifo);
        if (open(my_fifo, O_WRONLY | O_NONBLOCK | O_NOFOLLOW) != -1)
            errx(EXIT_FAILURE, "%s is in the room already", me);
    } /* else, or if nobody reads it, the name is mine */
    is_member = 1;
    inbox = open(my_fifo, O_RDWR | O_NONBLOCK | O_NOFOLLOW); /* [1] */
    if (inbox == -1 || flock(here, LOCK_UN) == -1)
        err(EXIT_FAILURE, "open %s", my_fifo);
    tell(news, (size_t)snprintf(news, sizeof news, "* %s joins\n", me), 0);
}

/* Only once: afterwards the name may be somebody else's. */
static void leave_room(void)
{
    char news[MAX_NAME + 16];

    if (!is_member)
        return;
    is_member = 0;
    unlink(my_fifo);
    tell(news, (size_t)snprintf(news, sizeof news, "* %s leaves\n", me), 0);
}

/* Send what has been typed, line by line; a long line in several messages. */
static void say(const char *bytes, ssize_t n)
{
    static char message[MAX_NAME + 2 + MAX_TEXT + 1];
    static size_t length; /* of the text behind the name */
    size_t name = strlen(me) + 2;

    for (ssize_t i = 0; i <= n; i++) {
        int end = i < n ? bytes[i] == '\n' : n == 0 && length > 0;
        if (i < n && !end)
            message[name + length++] = bytes[i];
        if (end || length == MAX_TEXT) {
            memcpy(message, me, name - 2);
            memcpy(message + name - 2, ": ", 2);
            message[name + length] = '\n';
            tell(message, name + length + 1, 0);
            length = 0;
        }
    }
}

/* What the others said, from my FIFO to stdout. Returns 0: there is no more. */
static int hear(void)
{
    char buf[PIPE_BUF]; /* as much as a pipe takes at once when it takes any */
    ssize_t n = read(inbox, buf, sizeof buf);

    if (n == -1 && errno != EAGAIN)
        err(EXIT_FAILURE, "read %s", my_fifo);
    for (ssize_t done = 0, w; done < n; done += w)
        if ((w = write(STDOUT_FILENO, buf + done, (size_t)(n - done))) == -1)
            err(EXIT_FAILURE, "stdout");
    return n > 0;
}

int main(int argc, char *argv[])
{
    struct sigaction sa = {.sa_handler = on_signal};
    int typing = 1, heard = 0; /* what was heard waits for stdout to take it */
    sigset_t stop, none;
    fd_set in, out;
    char buf[1024];

    if (argc != 2 || !is_name(argv[1]))
        errx(2, "usage: fifo_chatroom NAME (letters, digits, _, -; up to %d)",
             MAX_NAME);
    me = argv[1];
    for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1) /* else the room would become it */
            err(EXIT_FAILURE, fd == STDIN_FILENO ? "stdin" : "stdout");
    sigemptyset(&none);
    sigemptyset(&stop);
    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, 0}; *s; s++)
        if (sigaddset(&stop, *s) == -1 || sigaction(*s, &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    /* Signals get through only where we wait: who leaves, says goodbye. */
    if (sigprocmask(SIG_BLOCK, &stop, NULL) == -1 || atexit(leave_room) != 0 ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        err(EXIT_FAILURE, "prepare to leave");
    join_room(&none);
    if (is_member)
        warnx("you are in the room; type, Ctrl-D leaves");

    while ((typing || heard) && !got_signal) {
        FD_ZERO(&in);
        FD_ZERO(&out);
        if (typing)
            FD_SET(STDIN_FILENO, &in);
        if (heard)
            FD_SET(STDOUT_FILENO, &out); /* [3] be slow, but not deaf to ^C */
        else
            FD_SET(inbox, &in);
        if (pselect(inbox + 1, &in, &out, NULL, NULL, &none) == -1) {
            if (errno != EINTR)
                err(EXIT_FAILURE, "pselect");
            continue;
        }
        if (!heard)
            heard = FD_ISSET(inbox, &in);
        else if (FD_ISSET(STDOUT_FILENO, &out))
            heard = hear();
        if (!FD_ISSET(STDIN_FILENO, &in))
            continue;
        ssize_t n = read(STDIN_FILENO, buf, sizeof buf);
        if (n == -1 && errno != EAGAIN)
            err(EXIT_FAILURE, "read stdin");
        say(buf, n);
        if (n == 0) { /* leave, but hear first what has been said already */
            typing = 0;
            leave_room();
            heard = 1;
        }
    }
    if (got_signal) {
        leave_room();
        signal(got_signal, SIG_DFL);
        sigprocmask(SIG_SETMASK, &none, NULL);
        raise(got_signal);
    }
    return 0;
}
