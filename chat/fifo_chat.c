/* fifo_chat.c - two people chat through two FIFOs, one for each direction.
 *
 * Article:    B 四.2 (its listing breaks off inside the loop)
 * Terminal 1: build/chat/fifo_chat 0
 * Terminal 2: build/chat/fifo_chat 1    (same directory; either may be first)
 * Look for:   [1] whoever comes first stands still in open(2);
 *             [2] select(2) watches the keyboard and the FIFO at once;
 *             [3] Ctrl-D here is end of file there, and the other side is told;
 *             [4] the last one to leave removes both FIFOs, after Ctrl-C too.
 * Try:        stop one side with Ctrl-Z and type on the other: what arrives?
 * See also:   fifo(7), open(2), select(2), flock(2)
 */
#define _XOPEN_SOURCE 700 /* sigaction(2), O_NOFOLLOW under -std=c11 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIFO_FILE1 ".fifo_chat1" /* 1 --> 0 */
#define FIFO_FILE2 ".fifo_chat2" /* 0 --> 1 */

static const char *const path[2] = {FIFO_FILE1, FIFO_FILE2};
static int here; /* this directory: its locks say who is in it */

static int is_ours(const struct stat *st) /* and nobody else may listen */
{
    return (st->st_mode & (S_IFMT | 077)) == S_IFIFO && st->st_uid == geteuid();
}

/* [4] Each of us has a read lock of fcntl(2) on the directory, from before he
 * makes the FIFOs; who finds none but his own is the last, and removes them.
 * We leave one by one: flock(2) is kept until death. The kernel takes the lock
 * of fcntl(2) from a dead process before it closes his FIFOs, and his flock(2)
 * after: so whoever sees end of file and leaves, does not see him here. */
static void remove_fifos(void)
{
    struct flock others = {.l_type = F_WRLCK};
    struct stat st;

    flock(here, LOCK_EX);
    if (fcntl(here, F_GETLK, &others) == -1 || others.l_type != F_UNLCK)
        return;
    for (int i = 0; i < 2; i++)
        if (lstat(path[i], &st) == 0 && is_ours(&st))
            unlink(path[i]);
}

static void on_signal(int sig) /* plain system calls only */
{
    remove_fifos();
    signal(sig, SIG_DFL); /* then die of the same signal, so that */
    raise(sig);           /* the shell reports 130 or 143, not 1 */
}

static void say(const char *line)
{
    if (puts(line) == EOF)
        err(EXIT_FAILURE, "stdout");
}

static void make_fifo(int i)
{
    struct stat st;
    int made = mkfifo(path[i], 0600) == 0;

    if ((!made && errno != EEXIST) || lstat(path[i], &st) == -1)
        err(EXIT_FAILURE, "mkfifo %s", path[i]);
    if (!is_ours(&st))
        errx(EXIT_FAILURE, "%s is there, but no FIFO of yours alone", path[i]);
    if (made && printf("FIFO file \"%s\" not exist and create it now\n",
                       path[i]) < 0)
        err(EXIT_FAILURE, "stdout");
}

static int open_fifo(int i, int flags)
{
    struct stat st;
    int fd = open(path[i], flags | O_NOFOLLOW);

    if (fd == -1 || fstat(fd, &st) == -1 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) == -1) /* the open(2) alone may block */
        err(EXIT_FAILURE, "open %s", path[i]);
    if (!is_ours(&st) || fd >= FD_SETSIZE) /* FD_SET would miss its array */
        errx(EXIT_FAILURE, "%s as descriptor %d: refused", path[i], fd);
    if ((flags & O_ACCMODE) == O_RDONLY && flock(fd, LOCK_EX | LOCK_NB) == -1)
        err(EXIT_FAILURE, "another fifo_chat %d is already chatting here", i);
    return fd;
}

/* Show what one read(2) gives: several lines, part of one, NULs. Returns 1 if
 * no more can come: end of file, or nothing there and the other side deaf. */
static int hear(int fdr_fifo, int deaf)
{
    static int bol = 1; /* the next byte begins a line */
    char buf[1024];
    ssize_t n = read(fdr_fifo, buf, sizeof buf);
    int gone = n == 0 || (n == -1 && deaf);

    if (n == -1 && errno != EAGAIN)
        err(EXIT_FAILURE, "read from FIFO");
    for (ssize_t i = 0; i < n; i++) {
        printf("%s%c", bol ? "<-- " : "", buf[i]);
        bol = buf[i] == '\n';
    }
    if (gone && !bol)
        bol = putchar('\n') == '\n';
    if (fflush(stdout) == EOF || ferror(stdout)) /* half a line is shown, too */
        err(EXIT_FAILURE, "stdout");
    return gone;
}

static void chat(int fdr_fifo, int fdw_fifo)
{
    int typing = 1, gone = 0, len = 0 /* bytes of buf to be sent */, deaf, rv;
    char buf[1024]; /* <= PIPE_BUF: a write(2) takes all of it or nothing */
    fd_set rdset, wrset;

    while (typing || len > 0 || !gone) {
        FD_ZERO(&rdset);
        FD_ZERO(&wrset);
        if (len > 0) /* he is slow: take no more in, but go on listening */
            FD_SET(fdw_fifo, &wrset);
        else if (typing)
            FD_SET(STDIN_FILENO, &rdset);
        if (!gone)
            FD_SET(fdr_fifo, &rdset);
        if (!gone && fdw_fifo != -1) /* "readable" when its last reader left */
            FD_SET(fdw_fifo, &rdset);
        while ((rv = select(FD_SETSIZE, &rdset, &wrset, NULL, gone && len <= 0 ?
                            &(struct timeval){0, 0} : NULL)) == -1) /* [2] */
            if (errno != EINTR)
                err(EXIT_FAILURE, "select");
        if (rv == 0) /* he has left, and nothing more has been typed */
            break;
        if (FD_ISSET(STDIN_FILENO, &rdset)) {
            /* Not fgets(3): select cannot see what stdio has read ahead. */
            len = (int)read(STDIN_FILENO, buf, sizeof buf);
            if (len == -1 && errno != EAGAIN)
                err(EXIT_FAILURE, "read stdin");
            typing = len != 0;
        }
        if (len > 0 && write(fdw_fifo, buf, (size_t)len) != -1)
            len = 0;
        if (len > 0 && errno != EAGAIN) {
            warn("what was typed last did not arrive");
            while (!hear(fdr_fifo, 1)) /* but show what he said before */
                ;
            say("get pipe broken signal and let programe exit");
            exit(EXIT_FAILURE);
        }
        if (!typing && len == 0 && !gone && fdw_fifo != -1) {
            close(fdw_fifo); /* [3] he sees end of file, and may still talk */
            fdw_fifo = -1;
        }
        deaf = fdw_fifo != -1 && FD_ISSET(fdw_fifo, &rdset);
        if (FD_ISSET(fdr_fifo, &rdset) || deaf || fdw_fifo == -1)
            gone = hear(fdr_fifo, deaf);
    }
    if (fdw_fifo != -1) /* it was he who ended the chat */
        say("Another side of FIFO get closed and program will exit now");
}

int main(int argc, char *argv[])
{
    struct flock share = {.l_type = F_RDLCK};
    struct sigaction sa = {.sa_handler = on_signal};
    int fdr_fifo, fdw_fifo;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is a write(2), even in a pipe */
    if (argc != 2 || (*argv[1] != '0' && *argv[1] != '1') || argv[1][1])
        errx(2, "usage: fifo_chat 0|1");
    if (fcntl(STDIN_FILENO, F_GETFD) == -1) /* else a FIFO would become it */
        err(EXIT_FAILURE, "stdin");
    here = open(".", O_RDONLY | O_DIRECTORY);
    if (here == -1 || flock(here, LOCK_EX) == -1 ||
        fcntl(here, F_SETLK, &share) == -1 || flock(here, LOCK_UN) == -1)
        err(EXIT_FAILURE, "lock this directory");
    if (atexit(remove_fifos) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        err(EXIT_FAILURE, "prepare to leave");
    for (int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, 0}; *s; s++)
        if (sigaction(*s, &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    make_fifo(0);
    make_fifo(1);

    /* Each side takes hold of the way it does not wait on before it waits: so
     * whoever is let go meets a complete partner, or sees that he has died. */
    if (argv[1][0] == '0') {
        int hold = open_fifo(1, O_RDWR); /* Linux: writes without a reader */
        say("start open '" FIFO_FILE1 "' for read and it will blocked untill "
            "write endpoint opened...");
        warnx("waiting for fifo_chat 1, started in this directory");
        fdr_fifo = open_fifo(0, O_RDONLY); /* [1] */
        say("start open '" FIFO_FILE2 "' for write...");
        fdw_fifo = open_fifo(1, O_WRONLY);
        close(hold); /* from now on its only reader is the other side */
    } else {
        fdr_fifo = open_fifo(1, O_RDONLY | O_NONBLOCK);
        say("start open '" FIFO_FILE1 "' for write and it will blocked untill "
            "read endpoint opened...");
        warnx("waiting for fifo_chat 0, started in this directory");
        fdw_fifo = open_fifo(0, O_WRONLY); /* [1] */
        say("start open '" FIFO_FILE2 "' for read...");
    }
    say("start chating with another program now, please input message now: ");
    chat(fdr_fifo, fdw_fifo);
}
