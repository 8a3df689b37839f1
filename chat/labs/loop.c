/* loop.c - lab: the chat's loop of select(2), fgets(3), read(2) and printf(3).
 *
 * Claims:   CHAT-6 CHAT-7 CHAT-8 CHAT-9 CHAT-10 CHAT-11 CHAT-12
 * Terminal: build/chat/labs/loop [CLAIM]        (all labs: make claims-chat)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: select(2), fgets(3), read(2), sigaction(2), signal-safety(7)
 *
 * Two pipes stand for the keyboard and the FIFO: select(2) and read(2) treat
 * them alike, and a pipe needs no name that would have to be removed.
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static void note(int sig)
{
    caught = sig;
}

static void new_pipe(int fd[2])
{
    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
}

static void put(int fd, const char *text, size_t length)
{
    if (write(fd, text, length) != (ssize_t)length)
        err(EXIT_FAILURE, "write");
}

static int ready(int fd, const fd_set *set)
{
    return FD_ISSET(fd, set) != 0;
}

/* Which of the two can be read now? Returns what select(2) does. */
static int look(int a, int b, fd_set *set)
{
    struct timeval now = {0, 0};

    FD_ZERO(set);
    FD_SET(a, set);
    FD_SET(b, set);
    int n = select((a > b ? a : b) + 1, set, NULL, NULL, &now);
    if (n == -1)
        err(EXIT_FAILURE, "select");
    return n;
}

static void chat_6(void)
{
    int keys[2], fifo[2];
    char c;
    fd_set set;

    new_pipe(keys);
    new_pipe(fifo);
    int n = look(keys[0], fifo[0], &set);
    printf("CHAT-6 %s nobody writes: select(2) returns %d\n", yes(n == 0), n);
    put(fifo[1], "x", 1);
    n = look(keys[0], fifo[0], &set);
    printf("CHAT-6 %s the partner writes: %d, keyboard %d, FIFO %d\n",
           yes(n == 1 && ready(fifo[0], &set) && !ready(keys[0], &set)), n,
           ready(keys[0], &set), ready(fifo[0], &set));
    if (read(fifo[0], &c, 1) != 1)
        err(EXIT_FAILURE, "read");
    put(keys[1], "x", 1);
    n = look(keys[0], fifo[0], &set);
    printf("CHAT-6 %s I type: %d, keyboard %d, FIFO %d\n",
           yes(n == 1 && ready(keys[0], &set) && !ready(fifo[0], &set)), n,
           ready(keys[0], &set), ready(fifo[0], &set));
    put(fifo[1], "x", 1);
    n = look(keys[0], fifo[0], &set);
    printf("CHAT-6 %s both: %d, keyboard %d, FIFO %d\n", yes(n == 2), n,
           ready(keys[0], &set), ready(fifo[0], &set));
    close(keys[0]);
    close(keys[1]);
    close(fifo[0]);
    close(fifo[1]);
}

/* A keyboard that stdio reads, as fgets(stdin) does. */
static FILE *new_keyboard(int keys[2])
{
    new_pipe(keys);
    FILE *f = fdopen(keys[0], "r");
    if (f == NULL)
        err(EXIT_FAILURE, "fdopen");
    return f;
}

static void chat_7(void)
{
    int keys[2];
    char line[64];
    fd_set set;

    FILE *keyboard = new_keyboard(keys);
    put(keys[1], "one\ntwo\nthree\n", 14);
    for (int got = 1; look(keys[0], keys[0], &set) == 1; got++) {
        if (fgets(line, sizeof line, keyboard) == NULL)
            err(EXIT_FAILURE, "fgets");
        line[strcspn(line, "\n")] = '\0';
        int more = look(keys[0], keys[0], &set);
        printf("CHAT-7 %s three lines were typed, fgets(3) has taken %d (%s): "
               "select(2) sees %s\n", yes(got == 3 || more == 1), got, line,
               more ? "more" : "nothing");
    }
    put(keys[1], "four\n", 5);
    if (fgets(line, sizeof line, keyboard) == NULL)
        err(EXIT_FAILURE, "fgets");
    line[strcspn(line, "\n")] = '\0';
    printf("CHAT-7 %s \"four\" is typed, select(2) sees it: fgets(3) gives "
           "\"%s\"\n", yes(strcmp(line, "four") == 0), line);
    fclose(keyboard);
    close(keys[1]);
}

static void chat_8(void)
{
    enum { ROUNDS = 1000 };
    int keys[2], at_once = 0, nothing = 0;
    char line[64];
    fd_set set;

    FILE *keyboard = new_keyboard(keys);
    close(keys[1]); /* Ctrl-D */
    for (int i = 0; i < ROUNDS; i++) {
        at_once += look(keys[0], keys[0], &set) == 1;
        nothing += fgets(line, sizeof line, keyboard) == NULL;
    }
    printf("CHAT-8 %s after the end of input, %d rounds: select(2) returned at "
           "once in %d, fgets(3) gave NULL in %d\n",
           yes(at_once < ROUNDS && nothing < ROUNDS), ROUNDS, at_once, nothing);
    fclose(keyboard);
}

static void chat_9(void)
{
    int fifo[2];
    char buf[8];

    new_pipe(fifo);
    put(fifo[1], "bye", 3);
    ssize_t n = read(fifo[0], buf, sizeof buf);
    printf("CHAT-9 %s the writer has written: read(2) returns %zd\n",
           yes(n > 0), n);
    close(fifo[1]);
    n = read(fifo[0], buf, sizeof buf);
    printf("CHAT-9 %s the writer has closed: read(2) returns %zd\n",
           yes(n == 0), n);
    close(fifo[0]);
}

static void chat_10(void)
{
    static char text[1500], buf[1024];
    int fifo[2];

    new_pipe(fifo);
    memset(text, 'x', sizeof text);
    put(fifo[1], text, sizeof text);
    ssize_t n = read(fifo[0], buf, sizeof buf);
    int ends = n >= 0 && memchr(buf, '\0', sizeof buf) != NULL;
    printf("CHAT-10 %s %zu bytes were sent, read(2) of %zu gave %zd: %s\n",
           yes(ends), sizeof text, sizeof buf, n,
           ends ? "a NUL ends them" : "no NUL in the buffer, printf(3) of %s "
           "would read on behind it");
    close(fifo[0]);
    close(fifo[1]);
}

static void handle(int sig, void (*handler)(int), int flags)
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = flags};

    sigemptyset(&sa.sa_mask);
    if (sigaction(sig, &sa, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
}

static void chat_11(void)
{
    int fifo[2];

    handle(SIGPIPE, note, 0);
    caught = 0;
    new_pipe(fifo);
    close(fifo[0]);
    ssize_t n = write(fifo[1], "x", 1);
    printf("CHAT-11 %s no reader is left: write(2) returns %zd, %s; the "
           "handler %s: a flag ends the loop\n",
           yes(caught == SIGPIPE && n == -1), n,
           n == -1 ? strerror(errno) : "done", caught ? "ran" : "did not run");
    close(fifo[1]);
    handle(SIGPIPE, SIG_DFL, 0);
}

static void chat_12(void)
{
    int fifo[2];
    struct timeval now = {0, 0};
    fd_set set;

    new_pipe(fifo);
    FD_ZERO(&set);
    FD_SET(fifo[0], &set);
    int n = select(fifo[0] + 1, &set, NULL, NULL, &now);
    printf("CHAT-12 %s with a timeout, nobody writes: select(2) returns %d\n",
           yes(n == 0), n);
    close(fifo[0]);
    FD_SET(fifo[0], &set);
    n = select(fifo[0] + 1, &set, NULL, NULL, NULL);
    printf("CHAT-12 %s a closed descriptor: it returns %d, %s\n",
           yes(n == -1 && errno == EBADF), n, strerror(errno));
    close(fifo[1]);

    new_pipe(fifo);
    handle(SIGUSR1, note, SA_RESTART);
    pid_t me = getpid(), child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) { /* again and again: one may come before select(2) waits */
        while (getppid() == me && kill(me, SIGUSR1) == 0)
            select(0, NULL, NULL, NULL, &(struct timeval){0, 1000});
        _exit(0);
    }
    FD_ZERO(&set);
    FD_SET(fifo[0], &set);
    n = select(fifo[0] + 1, &set, NULL, NULL, NULL);
    int why = errno;
    if (kill(child, SIGKILL) == -1 || waitpid(child, NULL, 0) == -1)
        err(EXIT_FAILURE, "the end of the child");
    printf("CHAT-12 %s no timeout, SA_RESTART, all is well, but a signal "
           "comes: it returns %d, %s\n", yes(n != -1 || why != EINTR), n,
           n == -1 ? strerror(why) : "done");
    handle(SIGUSR1, SIG_DFL, 0);
    close(fifo[0]);
    close(fifo[1]);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"CHAT-6", chat_6}, {"CHAT-7", chat_7}, {"CHAT-8", chat_8},
    {"CHAT-9", chat_9}, {"CHAT-10", chat_10}, {"CHAT-11", chat_11},
    {"CHAT-12", chat_12},
};

int main(int argc, char *argv[])
{
    int tried = 0;

    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: loop [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
