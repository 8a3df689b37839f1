/* values.c - lab: what a semaphore's value can be, and what changes it.
 *
 * Claims:   SEM-5 SEM-6 SEM-7 SEM-8 SEM-13 SEM-16 SEM-43
 * Terminal: build/semaphore/labs/values [CLAIM] (all: make claims-semaphore)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: semop(2), semctl(2), sem_overview(7)
 */
#define _GNU_SOURCE /* struct seminfo */
#include <err.h>
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <unistd.h>

union semun {
    int val;
    struct seminfo *info;
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

/* Why the last call failed; "done" if it did not. */
static const char *outcome(int returned)
{
    return returned == -1 ? strerror(errno) : "done";
}

static void put(int member, int value)
{
    if (semctl(set, member, SETVAL, (union semun){.val = value}) == -1)
        err(EXIT_FAILURE, "semctl SETVAL %d", value);
}

static int get(int member)
{
    int value = semctl(set, member, GETVAL);

    if (value == -1)
        err(EXIT_FAILURE, "semctl GETVAL of member %d", member);
    return value;
}

/* A set in place of the last one, its member 0 at this value. */
static void new_set(int members, int value)
{
    sigset_t all, old;

    drop_set();
    sigfillset(&all); /* on_signal() is to know of it */
    sigprocmask(SIG_BLOCK, &all, &old);
    set = semget(IPC_PRIVATE, members, 0600);
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (set == -1)
        err(EXIT_FAILURE, "semget");
    put(0, value);
}

/* semop(2) with one operation that never waits; returns what that returned. */
static int op(int member, int n)
{
    struct sembuf one = {(unsigned short)member, (short)n, IPC_NOWAIT};

    return semop(set, &one, 1);
}

/* The limits, as this kernel has them. */
static struct seminfo limits(void)
{
    struct seminfo info;

    if (semctl(0, 0, IPC_INFO, (union semun){.info = &info}) == -1)
        err(EXIT_FAILURE, "semctl IPC_INFO");
    return info;
}

static void sem_5(void)
{
    int most = limits().semvmx;

    new_set(1, 0);
    int up = op(0, 5), after = get(0);
    printf("SEM-5 %s +5 on 0: %s, the value is %d\n",
           yes(up == 0 && after == 5), outcome(up), after);
    int down = op(0, -4);
    after = get(0);
    printf("SEM-5 %s -4 on 5: %s, the value is %d\n",
           yes(down == 0 && after == 1), outcome(down), after);
    put(0, most);
    int over = op(0, 1);
    printf("SEM-5 %s +1 on %d (SEMVMX): %s\n", yes(over == 0), most,
           outcome(over));
}

static void sem_6(void)
{
    struct sembuf two[] = {{0, -1, IPC_NOWAIT}, {2, 4, 0}};

    new_set(3, 1);
    int done = semop(set, two, 2), a = get(0), b = get(1), c = get(2);
    printf("SEM-6 %s a set of 3 at 1, 0, 0; one semop(2) with -1 for member 0 "
           "and +4 for member 2: %d, %d, %d\n",
           yes(done == 0 && a == 0 && b == 0 && c == 4), a, b, c);
}

static void sem_7(void)
{
    new_set(1, 1);
    int first = op(0, -1), second = op(0, -1);
    printf("SEM-7 %s binary, at 1; P, P: the first %s, the second: %s\n",
           yes(first == 0 && second == -1 && errno == EAGAIN),
           first == 0 ? "done" : "not done", outcome(second));
    if (op(0, 1) == -1 || op(0, 1) == -1)
        err(EXIT_FAILURE, "semop V");
    int now = get(0);
    printf("SEM-7 %s then V, V: the value is %d\n", yes(now <= 1), now);
    put(0, 3);
    now = get(0);
    printf("SEM-7 %s general, set to 3: the value is %d\n", yes(now == 3), now);
    int down = op(0, -3);
    now = get(0);
    printf("SEM-7 %s -3, so that it is no positive integer: %s, the value is "
           "%d\n", yes(down == -1 || now > 0), outcome(down), now);
}

static void sem_8(void)
{
    struct sembuf two[] = {{0, 1, 0}, {1, 2, 0}};
    sem_t one;
    int value = -1;

    new_set(2, 0);
    int done = semop(set, two, 2), a = get(0), b = get(1);
    printf("SEM-8 %s semop(2), an array of 2 for a set of 2: %d and %d\n",
           yes(done == 0 && a == 1 && b == 2), a, b);
    if (sem_init(&one, 1, 3) == -1 || sem_trywait(&one) == -1 ||
        sem_getvalue(&one, &value) == -1)
        err(EXIT_FAILURE, "a POSIX semaphore");
    printf("SEM-8 %s sem_init(3) to 3 and sem_trywait(3), on a single sem_t: "
           "the value is %d\n", yes(value != 2), value);
    sem_destroy(&one);
}

static void sem_13(void)
{
    static const int beyond[] = {3, 65535};
    int good = 0;

    new_set(3, 0);
    for (int member = 0; member < 3; member++)
        good += op(member, 1) == 0;
    printf("SEM-13 %s nsems 3; V on 0, 1 and 2: %d of 3 done\n",
           yes(good == 3), good);
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        int bad = op(beyond[i], 1);
        printf("SEM-13 %s nsems 3; V on %d: %s\n",
               yes(bad == -1 && errno == EFBIG), beyond[i], outcome(bad));
    }
}

static void sem_16(void)
{
    static const struct { short n, on; } cannot[] = {{-1, 0}, {-3, 2}, {0, 2}};

    for (size_t i = 0; i < sizeof cannot / sizeof *cannot; i++) {
        new_set(1, cannot[i].on);
        int returned = op(0, cannot[i].n);
        printf("SEM-16 %s sem_op %d on %d with IPC_NOWAIT returned %d: %s\n",
               yes(returned == -1 && errno == EAGAIN), cannot[i].n,
               cannot[i].on, returned, outcome(returned));
    }
}

static void sem_43(void)
{
    size_t most = (size_t)limits().semopm;
    /* all: wait for 0, which it is */
    struct sembuf *ops = calloc(most + 1, sizeof *ops);

    if (!ops)
        err(EXIT_FAILURE, "calloc");
    new_set(1, 0);
    int none = semop(set, ops, 0);
    printf("SEM-43 %s nsops 0: %s\n", yes(none == -1 && errno == EINVAL),
           outcome(none));
    int one = semop(set, ops, 1);
    printf("SEM-43 %s nsops 1: %s\n", yes(one == 0), outcome(one));
    int all = semop(set, ops, most), over = semop(set, ops, most + 1);
    printf("SEM-43 %s nsops %zu (SEMOPM): %s; one more: %s\n",
           yes(all == 0 && over == -1 && errno == E2BIG), most,
           all == 0 ? "done" : "not done", outcome(over));
    free(ops);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SEM-5", sem_5}, {"SEM-6", sem_6}, {"SEM-7", sem_7}, {"SEM-8", sem_8},
    {"SEM-13", sem_13}, {"SEM-16", sem_16}, {"SEM-43", sem_43},
};

int main(int argc, char *argv[])
{
    static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM};
    int tried = 0;

    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        signal(caught[i], on_signal);
    if (atexit(drop_set) != 0)
        errx(EXIT_FAILURE, "atexit");
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: values [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
