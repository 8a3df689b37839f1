/* shm_ring.c - a producer, a consumer, and a ring of slots between them.
 *
 * Article:  A 五.1 "semaphores and shared memory are usually used together"
 * Terminal: build/shm/shm_ring              6 messages through 3 slots
 *           build/shm/shm_ring 100000 8     100000 messages through 8 slots
 * Look for: [1] EMPTY counts the slots that may be written, FULL those that may
 *           be read: nothing is overwritten, nothing read twice;
 *           [2] P and V of one semaphore are done by different processes, and
 *           so without SEM_UNDO: what has been put stays put;
 *           [3] each has its own index: nobody else may touch it, no lock;
 *           [4] if one of the two is killed, the other one notices.
 * Try:      Exchange the two P of `put` and `take`. Who waits for whom?
 * See also: shm_counter.c, shm_server.c; semop(2), shmat(2)
 */
#define _GNU_SOURCE /* prctl(2), semop(2), shmat(2) */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EMPTY, FULL, SEM_COUNT, MAX_SLOTS = 1000 };

union semun { /* semctl(2): no header has it, the caller must define it */
    int val;
};
struct message {
    long number;
    char text[32];
};

static int shmid = -1, semid = -1;
static struct message *ring;
static pid_t consumer = -1;

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

static void on_child(int sig) /* [4] whoever is in P fails with EIDRM */
{
    (void)sig;
    semctl(semid, 0, IPC_RMID);
}

static void change(unsigned short member, short what)
{
    struct sembuf sbuf = {member, what, 0}; /* [2] */

    while (semop(semid, &sbuf, 1) == -1)
        if (errno == EIDRM || errno == EINVAL)
            errx(EXIT_FAILURE, "the other process has ended");
        else if (errno != EINTR) /* Ctrl-Z and fg: wait again */
            err(EXIT_FAILURE, "semop");
}

static void put(long number, long slot)
{
    change(EMPTY, -1); /* [1] P: wait for a slot */
    ring[slot].number = number;
    snprintf(ring[slot].text, sizeof ring[slot].text, "message %ld", number);
    if (printf("put \"%s\" into slot %ld\n", ring[slot].text, slot) < 0)
        err(EXIT_FAILURE, "stdout");
    change(FULL, 1); /* V: there is one more to read */
}

static void take(long number, long slot)
{
    change(FULL, -1); /* [1] P: wait for a message */
    if (printf("took \"%.31s\" from slot %ld\n", ring[slot].text, slot) < 0)
        err(EXIT_FAILURE, "stdout");
    if (ring[slot].number != number)
        errx(EXIT_FAILURE, "number %ld is here, %ld is lost",
             ring[slot].number, number);
    change(EMPTY, 1); /* V: the slot may be used again */
}

static void usage(void)
{
    errx(2, "usage: shm_ring [MESSAGES [SLOTS]], 0 to 1000000, 1 to %d",
         MAX_SLOTS);
}

static long number_of(const char *text, long least, long most)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (*end != '\0' || n < least || n > most || *text < '0' || *text > '9')
        usage();
    return n;
}

int main(int argc, char *argv[])
{
    const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCHLD};
    struct sigaction sa = {.sa_handler = on_signal};
    union semun value;
    pid_t us = getpid();
    int status;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    if (argc > 3)
        usage();
    long messages = argc > 1 ? number_of(argv[1], 0, 1000000) : 6;
    long slots = argc > 2 ? number_of(argv[2], 1, MAX_SLOTS) : 3;

    /* No signal between making an object and knowing its id. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1 ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR || atexit(remove_all) != 0)
        err(EXIT_FAILURE, "sigprocmask, signal, atexit");
    for (int i = 0; i < 5; i++) {
        if (signals[i] == SIGCHLD) {
            sa.sa_handler = on_child;
            sa.sa_flags = SA_NOCLDSTOP; /* one that is stopped is not lost */
        }
        if (sigaction(signals[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    }
    if ((shmid = shmget(IPC_PRIVATE, (size_t)slots * sizeof *ring, 0600)) == -1)
        err(EXIT_FAILURE, "shmget%s", errno == ENOSPC
            ? " (limit kernel.shmmni or shmall: ipcs -l, sysctl)" : "");
    if ((ring = shmat(shmid, NULL, 0)) == (void *)-1)
        err(EXIT_FAILURE, "shmat");
    if (shmctl(shmid, IPC_RMID, NULL) == -1) /* it goes with its last user */
        err(EXIT_FAILURE, "shmctl IPC_RMID");
    if ((semid = semget(IPC_PRIVATE, SEM_COUNT, 0600)) == -1)
        err(EXIT_FAILURE, "semget%s", errno == ENOSPC
            ? " (limit kernel.sem: ipcs -l, sysctl)" : "");
    value.val = (int)slots; /* [1] all are empty, and by that none is full */
    if (semctl(semid, EMPTY, SETVAL, value) == -1)
        err(EXIT_FAILURE, "semctl SETVAL");

    if ((consumer = fork()) == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    /* [4] The kernel tells the consumer of the producer's death by SIGTERM. */
    if (consumer == 0 && prctl(PR_SET_PDEATHSIG, SIGTERM) == -1)
        err(EXIT_FAILURE, "prctl");
    if (consumer == 0 && getppid() != us)
        raise(SIGTERM);
    if (sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    if (consumer == 0) {
        for (long i = 0; i < messages; i++) /* [3] */
            take(i + 1, i % slots);
        _exit(EXIT_SUCCESS);
    }
    for (long i = 0; i < messages; i++) /* [3] */
        put(i + 1, i % slots);
    while (waitpid(consumer, &status, 0) == -1)
        if (errno != EINTR)
            err(EXIT_FAILURE, "waitpid");
    if (status != 0)
        errx(EXIT_FAILURE, "the consumer did not take them all");
    return 0;
}
