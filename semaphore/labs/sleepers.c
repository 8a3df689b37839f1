/* sleepers.c - lab: who sleeps in semop(2), and what lets him go on.
 *
 * Claims:   SEM-14 SEM-15 SEM-17 SEM-20 SEM-22 SEM-26 SEM-28 SEM-29
 * Terminal: build/semaphore/labs/sleepers [CLAIM] (all: make claims-semaphore)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: semop(2), semctl(2)
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

union semun {
    int val;
};

static volatile sig_atomic_t set = -1; /* ours, to be removed */

static void drop_set(void)
{
    if (set != -1)
        semctl(set, 0, IPC_RMID);
    set = -1;
}

static void on_signal(int sig)
{
    drop_set();
    signal(sig, SIG_DFL);
    raise(sig);
}

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static int put(int value)
{
    return semctl(set, 0, SETVAL, (union semun){.val = value});
}

/* GETVAL, GETNCNT (asleep, until it is more) or GETZCNT (until it is 0). */
static int get(int what)
{
    int n = semctl(set, 0, what);

    if (n == -1)
        err(EXIT_FAILURE, "semctl GETVAL, GETNCNT or GETZCNT");
    return n;
}

/* A set of one, in place of the last one. */
static void new_set(int value)
{
    sigset_t all, old;

    drop_set();
    sigfillset(&all); /* on_signal() is to know of it */
    sigprocmask(SIG_BLOCK, &all, &old);
    set = semget(IPC_PRIVATE, 1, 0600);
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (set == -1 || put(value) == -1)
        err(EXIT_FAILURE, "a set of one");
}

static int op(int n, int flags)
{
    struct sembuf one = {0, (short)n, (short)flags};

    return semop(set, &one, 1);
}

static int v(int n)
{
    if (op(n, 0) == -1)
        err(EXIT_FAILURE, "semop V");
    return get(GETVAL);
}

/* Children that may sleep in their semop(2), and what came of that. */
enum { CALLERS = 3, UNDER_WAY = -1 };
static pid_t caller[CALLERS];
static atomic_int *error; /* of each, shared with it: errno, or 0: done, or */

/* Caller i does it. We go on when that is done, or the kernel counts one more
 * who sleeps: returns whether it does. */
static int sleeps(int i, int n)
{
    int count = n == 0 ? GETZCNT : GETNCNT, before = get(count), asleep = 0;

    error[i] = UNDER_WAY;
    pid_t lab = getpid();
    if ((caller[i] = fork()) == -1)
        err(EXIT_FAILURE, "fork");
    if (caller[i] == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != lab)
            _exit(EXIT_FAILURE); /* whatever happens to the lab */
        error[i] = op(n, 0) == -1 ? errno : 0;
        _exit(0);
    }
    while (error[i] == UNDER_WAY && !(asleep = get(count) > before))
        nanosleep(&(struct timespec){0, 100000}, NULL);
    return asleep;
}

/* How the call of caller i ended; he must be able to go on. */
static const char *ended(int i)
{
    if (waitpid(caller[i], NULL, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return error[i] == 0 ? "done" : strerror(error[i]);
}

static void sem_14(void)
{
    new_set(0);
    for (int i = 0; i < 3; i++)
        sleeps(i, -1);
    int before = get(GETNCNT), value = v(1), after = get(GETNCNT);
    printf("SEM-14 %s %d wait for 1 each; a V by 1, and %d of them still "
           "sleep, the value is %d\n", yes(after == 0), before, after, value);
    value = v(2);
    after = get(GETNCNT);
    printf("SEM-14 %s a V by 2, and %d still sleep, the value is %d\n",
           yes(after == 0), after, value);
    for (int i = 0; i < 3; i++)
        ended(i);
}

static void sem_15(void)
{
    new_set(1);
    int a = v(5), done = op(-4, IPC_NOWAIT), b = get(GETVAL);
    printf("SEM-15 %s +5 on 1: the value is %d; -4, at once: %d\n",
           yes(a == 6 && done == 0 && b == 2), a, b);
    int asleep = sleeps(0, -3);
    b = get(GETVAL);
    printf("SEM-15 %s -3 on 2: the caller %s, the value is %d\n",
           yes(asleep && b == 2), asleep ? "sleeps" : "returned", b);
    v(1);
    const char *end = ended(0);
    b = get(GETVAL);
    printf("SEM-15 %s a V by 1: his -3 is %s, the value is %d\n",
           yes(error[0] == 0 && b == 0), end, b);
}

static void sem_17(void)
{
    new_set(0);
    int before = get(GETNCNT);
    sleeps(0, -1);
    int asleep = get(GETNCNT), value = get(GETVAL);
    printf("SEM-17 %s a P on 0: semncnt %d, then %d; the value stays %d\n",
           yes(asleep == before + 1), before, asleep, value);
    v(1);
    int after = get(GETNCNT);
    printf("SEM-17 %s a V, P is %s: semncnt %d\n", yes(after == asleep - 1),
           ended(0), after);
}

static void sem_20(void)
{
    new_set(0);
    int asleep = sleeps(0, 0);
    put(0); /* ends it, should it wait */
    printf("SEM-20 %s sem_op 0 on 0: the caller %s\n", yes(!asleep),
           asleep ? "sleeps" : "returned at once");
    ended(0);
    new_set(2);
    asleep = sleeps(0, 0);
    int one = op(-1, 0) == 0 && get(GETZCNT) == 1;
    printf("SEM-20 %s sem_op 0 on 2: the caller %s; on 1: %s\n",
           yes(asleep && one), asleep ? "sleeps" : "returned",
           one ? "still" : "not any more");
    if (op(-1, 0) == -1)
        err(EXIT_FAILURE, "semop P");
    int still = get(GETZCNT);
    const char *end = still ? "not done yet" : ended(0);
    printf("SEM-20 %s on 0: it is %s\n", yes(error[0] == 0), end);
}

static void sem_22(void)
{
    for (int value = 1; value >= 0; value--) {
        new_set(value);
        int asleep = sleeps(0, 0);
        printf("SEM-22 %s sem_op 0 on %d: the caller %s\n", yes(asleep), value,
               asleep ? "sleeps" : "returned at once");
        int done = op(0, IPC_NOWAIT);
        printf("SEM-22 %s sem_op 0 on %d with IPC_NOWAIT: %s\n",
               yes(done == -1 && errno == EAGAIN), value,
               done == -1 ? strerror(errno) : "done");
        put(0);
        ended(0);
    }
}

static void sem_26(void)
{
    new_set(0);
    int less = put(-1);
    printf("SEM-26 %s SETVAL -1: %s\n", yes(less == -1 && errno == ERANGE),
           less == -1 ? strerror(errno) : "done");
    int first = sleeps(0, -1), second = sleeps(1, -1), queue = get(GETNCNT);
    printf("SEM-26 %s two P on 0: %d of them sleep, the queue has %d\n",
           yes(first && second && queue == 2), first + second, queue);
    v(2);
    ended(0);
    ended(1);
}

static void sem_28(void)
{
    static const int units[] = {1, 5};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        new_set(units[i]);
        int asleep = sleeps(0, -1), left = get(GETVAL);
        printf("SEM-28 %s P on %d: the caller %s, the value is %d\n",
               yes(!asleep && left == units[i] - 1), units[i],
               asleep ? "sleeps" : "goes on", left);
        ended(0);
    }
    new_set(0);
    int asleep = sleeps(0, -1);
    v(1);
    const char *end = ended(0);
    printf("SEM-28 %s P on 0: the caller %s; a V: %s, the value is %d\n",
           yes(asleep && error[0] == 0), asleep ? "sleeps" : "goes on",
           end, get(GETVAL));
}

static void sem_29(void)
{
    new_set(0);
    sleeps(0, -1);
    int one = v(1), sleeps_on = get(GETNCNT);
    ended(0);
    sleeps(0, -2);
    int two = v(1), waits = get(GETNCNT);
    printf("SEM-29 %s one waits for 1; a V: he %s, the value is %d; one waits "
           "for 2; a V: he %s, the value is %d\n",
           yes(!sleeps_on && one == 0 && !waits && two == 0),
           sleeps_on ? "sleeps" : "goes on", one, waits ? "sleeps" : "goes on",
           two);
    v(1);
    ended(0);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SEM-14", sem_14}, {"SEM-15", sem_15}, {"SEM-17", sem_17},
    {"SEM-20", sem_20}, {"SEM-22", sem_22}, {"SEM-26", sem_26},
    {"SEM-28", sem_28}, {"SEM-29", sem_29},
};

int main(int argc, char *argv[])
{
    static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM};
    int tried = 0;

    error = mmap(NULL, CALLERS * sizeof *error, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (error == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        signal(caught[i], on_signal);
    if (atexit(drop_set) != 0)
        errx(EXIT_FAILURE, "atexit");
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: sleepers [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
