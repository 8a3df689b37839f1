/* sem_pool.c - a semaphore counts units: so many processes at once, no more.
 *
 * Article:  A 四.2 "general semaphore", B 六
 * Terminal: build/semaphore/sem_pool              (3 units, 8 processes)
 *           build/semaphore/sem_pool 2 5
 * Look for: [1] the value is the number of units that are free;
 *           [2] who finds none sleeps in P: nobody asks again and again;
 *           [3] each V lets one more in; the numbers are the kernel's.
 * Try:      sem_pool 1 4: what is this semaphore called now? And 9 units for 4?
 * See also: semop(2), semctl(2) (GETVAL, GETNCNT), prctl(2)
 */
#define _XOPEN_SOURCE 700       /* sigaction(2), waitid(2) under -std=c11 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

union semun {                   /* for us to define, says semctl(2) */
    int val;
};

enum { POOL, GO };              /* members: the units; leave to give one back */

static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
static int set = -1;            /* made with IPC_PRIVATE: it is ours */
static pid_t child[100];
static int children;

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

/* P (n = -1) and V (n = 1); after a signal, also after Ctrl-Z and fg, again. A
 * unit is taken with SEM_UNDO: who is killed gives it back. */
static int add(int member, short n)
{
    struct sembuf op = {(unsigned short)member, n, 0};

    op.sem_flg = member == POOL ? SEM_UNDO : 0;
    while (semop(set, &op, 1) == -1)
        if (errno != EINTR)
            return -1;
    return 0;
}

static int get(int member, int what)
{
    int n = semctl(set, member, what);

    if (n == -1)
        err(EXIT_FAILURE, "semctl GETVAL or GETNCNT");
    return n;
}

/* A process that needs a unit: takes it, works until it may go, gives it back.
 */
static int work(void)
{
    if (add(POOL, -1) == -1 || add(GO, -1) == -1) /* [2] */
        return -1;
    return add(POOL, 1);
}

/* How many have ended. One that has failed would make us wait for ever: it is
 * told. They are not reaped, so that each is asked for by its own number. */
static int ended(void)
{
    struct timespec ms = {.tv_nsec = 1000000};
    int n = 0;

    for (int i = 0; i < children; i++) {
        siginfo_t how = {0};
        if (waitid(P_PID, (id_t)child[i], &how, WEXITED | WNOHANG | WNOWAIT))
            err(EXIT_FAILURE, "waitid");
        n += how.si_pid != 0;
        if (how.si_pid != 0 && how.si_status != 0)
            errx(EXIT_FAILURE, "a process that wants a unit: %s",
                 how.si_code == CLD_EXITED ? strerror(how.si_status)
                                           : strsignal(how.si_status));
    }
    nanosleep(&ms, NULL);       /* only how often we look */
    return n;
}

/* Wait until the kernel says so, and tell. */
static void await(int in_use, int waiting, int unused)
{
    while (get(GO, GETNCNT) != in_use || get(POOL, GETNCNT) != waiting ||
           get(POOL, GETVAL) != unused) /* [1] */
        ended();
    if (printf("In use: %d, waiting: %d, free: %d\n", in_use, waiting,
               unused) < 0)
        err(EXIT_FAILURE, "stdout");
}

static int number(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);

    return *text < '0' || *text > '9' || *end != '\0' || n > 100 ? 0 : (int)n;
}

int main(int argc, char *argv[])
{
    int units = number(argc > 1 ? argv[1] : "3");
    int processes = number(argc > 2 ? argv[2] : "8");
    struct sigaction sa = {.sa_handler = on_signal};
    sigset_t old;
    pid_t parent = getpid();

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);   /* if nobody reads: an error, not death */
    signal(SIGCHLD, SIG_DFL);   /* ignored, it would take the status away */

    if (argc > 3 || units < 1 || processes < 1)
        errx(2, "usage: sem_pool [UNITS [PROCESSES]] (1 to 100 of each)");

    /* Signals wait until on_signal() knows the set. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, &old) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
        if (sigaction(caught[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
        sigdelset(&old, caught[i]);
    }
    if (atexit(remove_set) != 0 ||
        (set = semget(IPC_PRIVATE, 2, 0600)) == -1)
        err(EXIT_FAILURE, "semget%s", errno == ENOSPC
            ? " (limit kernel.sem: ipcs -l, sysctl)" : "");
    if (semctl(set, POOL, SETVAL, (union semun){.val = units}) == -1 ||
        semctl(set, GO, SETVAL, (union semun){.val = 0}) == -1)
        err(EXIT_FAILURE, "semctl SETVAL");
    if (sigprocmask(SIG_SETMASK, &old, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");

    if (printf("Units: %d, processes that want one: %d\n", units,
               processes) < 0)
        err(EXIT_FAILURE, "stdout");
    for (; children < processes; children++) {
        if ((child[children] = fork()) == -1)
            err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
        if (child[children] == 0) { /* if its parent is killed, it removes */
            if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent &&
                work() == 0)
                _exit(EXIT_SUCCESS);
            _exit(errno ? errno : EXIT_FAILURE); /* its parent tells it */
        }
    }
    for (int left = processes; left >= 0; left--) {
        int in_use = left < units ? left : units;
        await(in_use, left - in_use, units - in_use);
        if (left > 0 && add(GO, 1) == -1) /* [3] one of them gives it back */
            err(EXIT_FAILURE, "semop V");
    }
    while (ended() < processes)
        ;
    return EXIT_SUCCESS;
}
