/* exclusion.c - lab: what a semaphore is for: one at a time, and in order.
 *
 * Claims:   SEM-1 SEM-2 SEM-3 SEM-4
 * Terminal: build/semaphore/labs/exclusion [CLAIM] (all: make claims-semaphore)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: semget(2), semop(2), semctl(2)
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <err.h>
#include <errno.h>
#include <pthread.h>
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
static struct {
    atomic_int counter; /* what two update */
    atomic_int spoken;  /* the child has had its say */
    atomic_int done;    /* the other one has done all it has to do */
} *shared;

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

static void put(int member, int value)
{
    union semun arg = {.val = value};

    if (semctl(set, member, SETVAL, arg) == -1)
        err(EXIT_FAILURE, "semctl SETVAL");
}

/* A set in place of the last one, all members at 0. */
static void new_set(int members)
{
    sigset_t all, old;

    drop_set();
    sigfillset(&all); /* on_signal() is to know of it */
    sigprocmask(SIG_BLOCK, &all, &old);
    set = semget(IPC_PRIVATE, members, 0600);
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (set == -1)
        err(EXIT_FAILURE, "semget");
}

static int get(int member, int what)
{
    int n = semctl(set, member, what);

    if (n == -1)
        err(EXIT_FAILURE, "semctl GETVAL or GETNCNT");
    return n;
}

static int p(int member, int flags)
{
    struct sembuf take = {(unsigned short)member, -1, (short)flags};

    return semop(set, &take, 1);
}

static int v(int member)
{
    struct sembuf give = {(unsigned short)member, 1, 0};

    return semop(set, &give, 1);
}

static pid_t new_child(void)
{
    shared->done = 0;
    pid_t lab = getpid(), child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0 &&
        (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != lab))
        _exit(EXIT_FAILURE); /* whatever happens to the lab */
    return child;
}

static void await_end(pid_t child)
{
    if (waitpid(child, NULL, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
}

/* Until the kernel counts a sleeper in P; or the other one is done. */
static int is_asleep(int member)
{
    int n;

    while ((n = get(member, GETNCNT)) == 0 && !shared->done)
        nanosleep(&(struct timespec){0, 100000}, NULL);
    return n;
}

/* The other process, or thread: with the lock, if it cares for it. */
static void *update(void *lock)
{
    if (!lock || p(0, 0) == 0) {
        shared->counter = shared->counter + 1;
        if (lock)
            v(0);
    }
    shared->done = 1;
    return NULL;
}

/* We load the counter, the other one comes in between, we store what we have
 * loaded, and 1. Returns the counter; 2 is right. */
static int two_updates(int we_lock, int he_locks, int is_thread)
{
    pthread_t thread;
    pid_t child = 0;
    int failed = 0;

    new_set(1);
    put(0, 1);
    shared->counter = shared->done = 0;
    if (we_lock && p(0, 0) == -1)
        err(EXIT_FAILURE, "semop P");
    int loaded = shared->counter;
    if (is_thread)
        failed = pthread_create(&thread, NULL, update,
                                he_locks ? shared : NULL);
    else if ((child = new_child()) == 0) {
        update(he_locks ? shared : NULL);
        _exit(0);
    }
    if (failed)
        errx(EXIT_FAILURE, "pthread_create: %s", strerror(failed));
    is_asleep(0);
    shared->counter = loaded + 1;
    if (we_lock && v(0) == -1)
        err(EXIT_FAILURE, "semop V");
    if (is_thread)
        pthread_join(thread, NULL);
    else
        await_end(child);
    return shared->counter;
}

static void sem_1(void)
{
    int with = two_updates(1, 1, 0), without = two_updates(0, 0, 0);
    printf("SEM-1 %s exclusion: two processes add 1 each, between P and V: %d; "
           "without: %d\n", yes(with == 2 && without == 1), with, without);
    new_set(1);
    shared->spoken = 0;
    pid_t child = new_child();
    if (child == 0) {
        is_asleep(0); /* late */
        shared->spoken = 1;
        _exit(v(0));
    }
    int done = p(0, 0), spoken = shared->spoken;
    await_end(child);
    printf("SEM-1 %s ordering: a P on 0 is done when the other one %s\n",
           yes(done == 0 && spoken), spoken ? "has done its part, and V"
           : "has done nothing yet");
    if (v(0) == -1 || v(0) == -1 || v(0) == -1)
        err(EXIT_FAILURE, "semop V");
    int value = get(0, GETVAL);
    printf("SEM-1 %s a counter: three V, and all there is to see is %d\n",
           yes(value == 3), value);
}

static void sem_2(void)
{
    for (int he_locks = 1; he_locks >= 0; he_locks--) {
        int sum = two_updates(1, he_locks, 0);
        printf("SEM-2 %s two processes add 1 each, one between P and V, the "
               "other %s: %d\n", yes(sum == 2), he_locks ? "too" : "not", sum);
    }
}

static void sem_3(void)
{
    int with = two_updates(1, 1, 1), without = two_updates(0, 0, 1);
    printf("SEM-3 %s two threads add 1 each, between P and V: %d; without: "
           "%d\n", yes(with == 2 && without == 1), with, without);
}

static void sem_4(void)
{
    struct sembuf both[] = {{0, -1, 0}, {1, -1, 0}}, there_and_back[] = {
        {0, 1, 0}, {0, -1, 0}};

    new_set(2);
    put(0, 1);
    pid_t child = new_child();
    if (child == 0) {
        int done = semop(set, both, 2);
        shared->done = 1;
        _exit(done);
    }
    int asleep = is_asleep(1), left = get(0, GETVAL), done = p(0, IPC_NOWAIT);
    printf("SEM-4 %s one semop(2) with two P, on 1 and on 0: the caller %s; "
           "the 1 is %d, and somebody else's P on it is %s\n",
           yes(asleep && left == 1 && done == 0),
           asleep ? "sleeps" : "returned", left,
           done == 0 ? "done" : strerror(errno));
    if (v(0) == -1 || v(1) == -1)
        err(EXIT_FAILURE, "semop V");
    await_end(child);

    child = new_child();
    if (child == 0) {
        p(0, 0);
        shared->done = 1;
        _exit(0);
    }
    asleep = is_asleep(0);
    done = semop(set, there_and_back, 2);
    int still = get(0, GETNCNT);
    printf("SEM-4 %s somebody sleeps in P; one semop(2) with V and P: %s, and "
           "he %s\n", yes(asleep && done == 0 && still),
           done == 0 ? "done" : strerror(errno),
           still ? "has seen nothing of it" : "came in between");
    int gave = v(0), took = p(0, IPC_NOWAIT);
    printf("SEM-4 %s the same in two calls: V is %s; P: %s\n",
           yes(gave == 0 && took == -1 && errno == EAGAIN),
           gave == 0 ? "done" : "not done", took == 0 ? "done" : "he has it");
    await_end(child);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SEM-1", sem_1}, {"SEM-2", sem_2}, {"SEM-3", sem_3}, {"SEM-4", sem_4},
};

int main(int argc, char *argv[])
{
    static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM};
    int tried = 0;

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
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
        errx(2, "usage: exclusion [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
