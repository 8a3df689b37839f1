/* opening.c - lab: whom does open(2) of a FIFO wait for?
 *
 * Claims:   FIFO-7 FIFO-8 FIFO-9 FIFO-10 FIFO-11 FIFO-17
 * Terminal: build/fifo/labs/opening [CLAIM]     (all labs: make claims-fifo)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: fifo(7), open(2), proc(5)
 */
#define _GNU_SOURCE /* syscall(2) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "fifo.XXXXXX", path[sizeof dir + 6];

static void clean_up(void)
{
    unlink(path);
    rmdir(dir);
}

static void on_signal(int sig)
{
    clean_up();
    raise(sig); /* SA_RESETHAND: now we die of it */
}

/* A folder of our own: whatever is in it is ours to remove. */
static void set_up(void)
{
    static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM};
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (sigaction(ends[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    if (atexit(clean_up) != 0 || mkdtemp(dir) == NULL)
        err(EXIT_FAILURE, "mkdtemp %s", dir);
    snprintf(path, sizeof path, "%s/fifo1", dir);
}

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static void new_fifo(void)
{
    if (unlink(path) == -1 && errno != ENOENT)
        err(EXIT_FAILURE, "unlink %s", path);
    if (mkfifo(path, 0600) == -1)
        err(EXIT_FAILURE, "mkfifo %s", path);
}

/* Does that thread come to rest in its open(2)? It makes no other call that
 * might sleep. No, if it has ended instead. */
static int asleep(pid_t pid, pid_t thread)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    char name[64], state = 0;

    snprintf(name, sizeof name, "/proc/%d/task/%d/stat", pid, thread);
    for (;;) {
        FILE *f = fopen(name, "r");
        if (f == NULL)
            return 0;
        if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
            state = 'Z'; /* it ended after our fopen(3) */
        fclose(f);
        if (state == 'S' || state == 'Z' || state == 'X')
            return state == 'S';
        nanosleep(&pause, NULL);
    }
}

/* A process that opens the FIFO, and ends with 0, or the errno of it. */
static pid_t opener(int flags)
{
    pid_t lab = getpid(), pid = fork();

    if (pid == -1)
        err(EXIT_FAILURE, "fork");
    if (pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != lab)
            _exit(255); /* no longer than the lab */
        _exit(open(path, flags) == -1 ? errno : 0);
    }
    return pid;
}

static int result_of(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* 1 if an opener is done at once, one way or the other; 0 if it sleeps. */
static int at_once(int flags)
{
    pid_t pid = opener(flags);
    int sleeps = asleep(pid, pid);

    if (sleeps)
        kill(pid, SIGKILL);
    result_of(pid);
    return !sleeps;
}

/* One opens one end, later another one the other end. That one comes with
 * O_NONBLOCK: it never waits, and finds whoever is there. */
static void waits_for_partner(const char *claim, int flags, int partner,
                              const char *text)
{
    new_fifo();
    pid_t pid = opener(flags);
    int waits = asleep(pid, pid);
    int fd = open(path, partner | O_NONBLOCK);
    int done = !asleep(pid, pid);
    if (!done)
        kill(pid, SIGKILL);
    int failed = result_of(pid);
    printf("%s %s open(2) %s: it %s; then one opens the other end: it %s\n",
           claim, yes(waits && done && !failed), text,
           waits ? "sleeps" : "does not wait",
           done && !failed ? "is done" : "is not done");
    if (fd != -1)
        close(fd);

    int both = open(path, O_RDWR); /* Linux: holds both ends, never waits */
    if (both == -1)
        err(EXIT_FAILURE, "open %s", path);
    waits = !at_once(flags);
    printf("%s %s the same while somebody holds the other end: it %s\n", claim,
           yes(!waits), waits ? "sleeps" : "does not wait");
    close(both);
}

static void fifo_7(void)
{
    waits_for_partner("FIFO-7", O_RDONLY, O_WRONLY, "O_RDONLY, nobody writes");
}

static void fifo_8(void)
{
    waits_for_partner("FIFO-8", O_WRONLY, O_RDONLY, "O_WRONLY, nobody reads");
}

static volatile pid_t waiting_thread;
static volatile int thread_has_opened;

static void *opening_thread(void *unused)
{
    waiting_thread = (pid_t)syscall(SYS_gettid);
    int fd = open(path, O_RDONLY);
    thread_has_opened = fd != -1;
    if (fd != -1)
        close(fd);
    return unused;
}

static void fifo_9(void)
{
    pthread_t thread;

    new_fifo();
    pid_t pid = opener(O_RDONLY);
    int waits = asleep(pid, pid);
    int fd = open(path, O_WRONLY | O_NONBLOCK);
    int failed = result_of(pid);
    printf("FIFO-9 %s a child %s in open(O_RDONLY), its parent opens the "
           "other end: the child's open(2) %s\n",
           yes(waits && fd != -1 && !failed),
           waits ? "sleeps" : "does not sleep", failed ? "failed" : "is done");
    close(fd);

    new_fifo();
    if ((errno = pthread_create(&thread, NULL, opening_thread, NULL)) != 0)
        err(EXIT_FAILURE, "pthread_create");
    while (waiting_thread == 0)
        sched_yield();
    waits = asleep(getpid(), waiting_thread);
    fd = open(path, O_WRONLY | O_NONBLOCK);
    if ((errno = pthread_join(thread, NULL)) != 0) /* alarm(2) bounds it */
        err(EXIT_FAILURE, "pthread_join");
    printf("FIFO-9 %s a thread %s in open(O_RDONLY), another thread of the "
           "same process opens the other end: its open(2) %s\n",
           yes(!(waits && thread_has_opened)),
           waits ? "sleeps" : "does not sleep",
           thread_has_opened ? "is done" : "failed");
    close(fd);

    new_fifo();
    waits = !at_once(O_RDWR);
    printf("FIFO-9 %s open(O_RDWR) by a process alone: it %s\n", yes(waits),
           waits ? "sleeps" : "does not wait, and has both ends");
}

/* Open for reading without waiting, and read. */
static void try_read(const char *when, int flags, ssize_t count, int error)
{
    char c;
    int once = at_once(flags), fd = once ? open(path, flags) : -1;
    ssize_t n = fd == -1 ? -1 : read(fd, &c, 1);
    const char *got = n == -1 ? strerror(errno) : n == 0 ? "end of file" : "?";

    printf("FIFO-10 %s %s: open(O_RDONLY | O_NONBLOCK) %s; read(2): %zd, %s\n",
           yes(fd != -1 && n == count && (n != -1 || errno == error)), when,
           once ? "returns at once" : "sleeps", n, got);
    if (fd != -1)
        close(fd);
}

static void fifo_10(void)
{
    const int flags = O_RDONLY | O_NONBLOCK;

    new_fifo();
    try_read("nobody writes", flags, 0, 0);
    int both = open(path, O_RDWR);
    if (both == -1)
        err(EXIT_FAILURE, "open %s", path);
    try_read("a silent writer", flags, -1, EAGAIN);
    close(both);
}

static void fifo_11(void)
{
    const int flags = O_WRONLY | O_NONBLOCK;

    new_fifo();
    int once = at_once(flags), fd = once ? open(path, flags) : -1;
    int why = once ? errno : 0;
    printf("FIFO-11 %s nobody reads: open(O_WRONLY | O_NONBLOCK) %s: %d, %s\n",
           yes(once && fd == -1 && why == ENXIO),
           once ? "returns at once" : "sleeps", fd,
           why == ENXIO ? "ENXIO" : strerror(why));
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    if (reader == -1)
        err(EXIT_FAILURE, "open %s", path);
    fd = open(path, flags);
    printf("FIFO-11 %s somebody reads: the same %s\n", yes(fd != -1),
           fd == -1 ? strerror(errno) : "succeeds");
    close(fd);
    close(reader);
}

/* The reader makes the FIFO, the writer only opens it, as in the article. */
static void fifo_17(void)
{
    if (unlink(path) == -1 && errno != ENOENT)
        err(EXIT_FAILURE, "unlink %s", path);
    pid_t writer = opener(O_WRONLY);
    int waits = asleep(writer, writer);
    if (waits)
        kill(writer, SIGKILL);
    int failed = result_of(writer);
    printf("FIFO-17 %s the writer first, no FIFO is there: its open(2) %s\n",
           yes(waits || !failed), waits ? "waits" : strerror(failed));

    for (int reader_first = 1; reader_first >= 0; reader_first--) {
        new_fifo();
        pid_t first = opener(reader_first ? O_RDONLY : O_WRONLY);
        waits = asleep(first, first);
        pid_t second = opener(reader_first ? O_WRONLY : O_RDONLY);
        failed = result_of(first);
        failed += result_of(second);
        printf("FIFO-17 %s %s: the first %s, and both %s\n",
               yes(waits && !failed), reader_first
               ? "the reader first, it makes the FIFO"
               : "the writer first, the FIFO is there from before",
               waits ? "waits" : "does not wait", failed ? "fail" : "get in");
    }
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"FIFO-7", fifo_7}, {"FIFO-8", fifo_8}, {"FIFO-9", fifo_9},
    {"FIFO-10", fifo_10}, {"FIFO-11", fifo_11}, {"FIFO-17", fifo_17},
};

int main(int argc, char *argv[])
{
    int tried = 0;

    set_up();
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: opening [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
