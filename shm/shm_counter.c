/* shm_counter.c - several processes add to one counter, with a lock or without.
 *
 * Article:  A 五.1 "because several processes can operate at the same time,
 *           synchronisation is needed"
 * Terminal: build/shm/shm_counter                4 processes, 100 times each
 *           build/shm/shm_counter -n 8 1000      no lock; 8 processes, 1000
 * Look for: [1] to add is to load, to add, and to store: three steps;
 *           [2] with P and V around the three, no addition is lost;
 *           [3] -n: each stands between load and store until all others do.
 *           What a scheduler may do once in a million, here is done each time;
 *           [4] the segment is removed as soon as it is attached: it goes with
 *           its last user, however that ends.
 * Try:      Leave out `meet` and see how often -n is right all the same.
 * See also: shm_ring.c; semop(2), shmctl(2)
 */
#define _GNU_SOURCE /* prctl(2), semop(2), shmat(2) */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_PROCESSES = 32, LOCK = MAX_PROCESSES }; /* below LOCK: one each */

union semun { /* semctl(2): no header has it, the caller must define it */
    int val;
};

static int shmid = -1, semid = -1;

static void remove_all(void)
{
    shmctl(shmid, IPC_RMID, NULL);
    semctl(semid, 0, IPC_RMID);
}

static void on_signal(int sig)
{
    remove_all();
    signal(sig, SIG_DFL);
    raise(sig);
}

static int change(unsigned short member, short what)
{
    struct sembuf sbuf = {member, what, member == LOCK ? SEM_UNDO : 0};
    int result;

    while ((result = semop(semid, &sbuf, 1)) == -1 && errno == EINTR)
        ; /* Ctrl-Z and fg */
    return result;
}

/* Tell every process that we are here, then wait until all have told us. */
static int meet(unsigned short me, int processes)
{
    struct sembuf all[MAX_PROCESSES];

    for (int i = 0; i < processes; i++)
        all[i] = (struct sembuf){(unsigned short)i, 1, 0};
    if (semop(semid, all, (size_t)processes) == -1)
        return -1;
    return change(me, (short)-processes);
}

/* A child that is left alone: its parent says why. */
static void give_up(const char *what)
{
    if (errno != EIDRM && errno != EINVAL)
        warn("%s", what);
    _exit(EXIT_FAILURE);
}

static void count(volatile long *counter, unsigned short me, int processes,
                  long times, int lock)
{
    for (long i = 0; i < times; i++) {
        if (lock && change(LOCK, -1) == -1) /* [2] P */
            give_up("semop P");
        long seen = *counter; /* [1] */
        if (!lock && meet(me, processes) == -1) /* [3] */
            give_up("semop, to meet the others");
        *counter = seen + 1;
        if (lock && change(LOCK, 1) == -1) /* [2] V */
            give_up("semop V");
    }
}

static void usage(void)
{
    errx(2, "usage: shm_counter [-n] [PROCESSES [TIMES]], 1 to %d, 1 to "
         "1000000", MAX_PROCESSES);
}

static long number(const char *text, long most)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (*end != '\0' || n < 1 || n > most || text[0] < '0' || text[0] > '9')
        usage();
    return n;
}

int main(int argc, char *argv[])
{
    const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    struct sigaction sa = {.sa_handler = on_signal};
    union semun one = {.val = 1};
    pid_t us = getpid(), child;
    int status, failed = 0, lock = 1;
    volatile long *counter;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    if (argc > 1 && strcmp(argv[1], "-n") == 0) {
        lock = 0;
        argv++;
        argc--;
    }
    int processes = argc > 1 ? (int)number(argv[1], MAX_PROCESSES) : 4;
    long times = argc > 2 ? number(argv[2], 1000000) : 100;
    if (argc > 3)
        usage();

    /* No signal between making an object and knowing its id. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1 ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR || atexit(remove_all) != 0)
        err(EXIT_FAILURE, "sigprocmask, signal, atexit");
    for (int i = 0; i < 4; i++)
        if (sigaction(deadly[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    if ((shmid = shmget(IPC_PRIVATE, sizeof *counter, 0600)) == -1)
        err(EXIT_FAILURE, "shmget%s", errno == ENOSPC
            ? " (limit kernel.shmmni or shmall: ipcs -l, sysctl)" : "");
    if ((counter = shmat(shmid, NULL, 0)) == (void *)-1)
        err(EXIT_FAILURE, "shmat");
    if (shmctl(shmid, IPC_RMID, NULL) == -1) /* [4] */
        err(EXIT_FAILURE, "shmctl IPC_RMID");
    if ((semid = semget(IPC_PRIVATE, MAX_PROCESSES + 1, 0600)) == -1)
        err(EXIT_FAILURE, "semget%s", errno == ENOSPC
            ? " (limit kernel.sem: ipcs -l, sysctl)" : "");
    if (semctl(semid, LOCK, SETVAL, one) == -1)
        err(EXIT_FAILURE, "semctl SETVAL");
    if (printf("%d processes add 1, %ld times each, %s.\n", processes, times,
               lock ? "with a lock" : "without a lock") < 0)
        err(EXIT_FAILURE, "stdout");

    for (int i = 0; i < processes; i++) {
        if ((child = fork()) == -1) /* the set goes: so do all children */
            err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
        if (child == 0) { /* they end, and clean up, when their parent dies */
            if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1)
                err(EXIT_FAILURE, "prctl");
            if (getppid() != us)
                raise(SIGTERM);
            if (sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1)
                err(EXIT_FAILURE, "sigprocmask");
            count(counter, (unsigned short)i, processes, times, lock);
            _exit(EXIT_SUCCESS); /* the set is not his to remove */
        }
    }
    if (sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    while ((child = wait(&status)) != -1)
        if (status != 0) { /* the others would wait for it: wake them */
            failed = 1;
            remove_all();
        }
    if (errno != ECHILD)
        err(EXIT_FAILURE, "wait");
    if (failed)
        errx(EXIT_FAILURE, "a process did not count to its end");

    long expected = processes * times;
    if (printf("Counted: %ld of %ld.\n", *counter, expected) < 0)
        err(EXIT_FAILURE, "stdout");
    if (lock && *counter != expected)
        errx(EXIT_FAILURE, "additions are lost in spite of the lock");
    return 0;
}
