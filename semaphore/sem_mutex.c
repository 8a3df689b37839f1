/* sem_mutex.c - two processes add to one counter: with P and V none is lost.
 *
 * Article:  B 一(5), 六 "互斥"
 * Terminal: build/semaphore/sem_mutex
 *           build/semaphore/sem_mutex -n    (no P, no V)
 * Look for: [1] between P and V one process loads, adds and stores, while the
 *               other can only wait: the sum is right;
 *           [2] with -n the two meet between load and store, each time, and
 *               both store the same: half of the additions is lost.
 * Try:      sem_mutex -n 100000, and kill -9 one of the children meanwhile.
 * See also: semop(2), semctl(2), mmap(2), prctl(2)
 */
#define _GNU_SOURCE             /* MAP_ANONYMOUS under -std=c11 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

union semun {                   /* for us to define, says semctl(2) */
    int val;
};

enum { MUTEX, LOADED };         /* LOADED + i: worker i has loaded */

static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
static int set = -1;            /* made with IPC_PRIVATE: it is ours */

static void remove_set(void)
{
    if (set != -1)
        semctl(set, 0, IPC_RMID);
}

static void on_signal(int sig)
{
    remove_set();
    signal(sig, SIG_DFL);
    raise(sig);
}

/* Add n to a member; after a signal, also after Ctrl-Z and fg, again. The
 * mutex with SEM_UNDO: who is killed between P and V does not keep it. */
static int add(int member, short n)
{
    struct sembuf op = {(unsigned short)member, n, 0};

    op.sem_flg = member == MUTEX ? SEM_UNDO : 0;
    while (semop(set, &op, 1) == -1)
        if (errno != EINTR)
            return -1;
    return 0;
}

/* Wait here until the other worker has loaded, too: the worst moment there is.
 * On a busy machine it comes by itself, now and then. */
static int meet_the_other(int me)
{
    return add(LOADED + !me, 1) == -1 ? -1 : add(LOADED + me, -1);
}

static int work(int me, volatile long *counter, long times, int with_lock)
{
    while (times-- > 0) {
        if (with_lock && add(MUTEX, -1) == -1) /* [1] */
            return -1;
        long loaded = *counter;
        if (!with_lock && meet_the_other(me) == -1) /* [2] */
            return -1;
        *counter = loaded + 1;
        if (with_lock && add(MUTEX, 1) == -1)
            return -1;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    int with_lock = argc < 2 || strcmp(argv[1], "-n") != 0, at = 2 - with_lock;
    const char *count = argc > at ? argv[at] : "1000";
    char *end;
    long times = strtol(count, &end, 10), lost;
    struct sigaction sa = {.sa_handler = on_signal};
    sigset_t old;
    pid_t parent = getpid();
    int status, failed = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);   /* if nobody reads: an error, not death */
    if (argc > at + 1 || *count < '0' || *count > '9' || *end != '\0' ||
        times < 1 || times > 1000000)
        errx(2, "usage: sem_mutex [-n] [COUNT]");

    volatile long *counter = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counter == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");

    /* Signals wait until on_signal() knows the set. */
    signal(SIGCHLD, SIG_DFL);   /* ignored, it would take the status away */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, &old) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
        if (sigaction(caught[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
        sigdelset(&old, caught[i]);
    }
    if (atexit(remove_set) != 0 ||
        (set = semget(IPC_PRIVATE, LOADED + 2, 0600)) == -1)
        err(EXIT_FAILURE, "semget%s", errno == ENOSPC
            ? " (limit kernel.sem: ipcs -l, sysctl)" : "");
    for (int i = MUTEX; i < LOADED + 2; i++)
        if (semctl(set, i, SETVAL, (union semun){.val = i == MUTEX}) == -1)
            err(EXIT_FAILURE, "semctl SETVAL");
    if (sigprocmask(SIG_SETMASK, &old, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");

    for (int me = 0; me < 2; me++) {
        pid_t child = fork();
        if (child == -1)
            err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
        if (child == 0) {       /* it removes the set if its parent is killed */
            int asked = prctl(PR_SET_PDEATHSIG, SIGTERM) == 0;
            if (getppid() != parent)
                raise(SIGTERM); /* it was killed before we asked */
            if (asked && work(me, counter, times, with_lock) == 0)
                _exit(EXIT_SUCCESS);
            _exit(errno ? errno : EXIT_FAILURE); /* its parent tells it */
        }
    }
    for (int i = 0; i < 2; i++) {
        if (wait(&status) == -1)
            err(EXIT_FAILURE, "wait");
        if (status == 0)
            continue;
        if (!failed && WIFEXITED(status)) {
            errno = WEXITSTATUS(status);
            warn("a child's prctl or semop");
        } else if (!failed) {
            warnx("a child died of signal %d", WTERMSIG(status));
        }
        failed = 1;
        remove_set();           /* the other would wait for ever */
    }
    if (failed)
        return EXIT_FAILURE;
    lost = 2 * times - *counter;
    if (printf("2 processes add %ld each, %s P and V: %ld, %ld lost\n", times,
               with_lock ? "between" : "without", *counter, lost) < 0)
        err(EXIT_FAILURE, "stdout");
    return EXIT_SUCCESS;
}
