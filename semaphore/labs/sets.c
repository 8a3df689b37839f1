/* sets.c - lab: making a set, finding it by its key, and what it is called.
 *
 * Claims:   SEM-9 SEM-10 SEM-11 SEM-27 SEM-30 SEM-32 SEM-36
 * Terminal: build/semaphore/labs/sets [CLAIM] (all: make claims-semaphore)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: semget(2), semop(2), semctl(2), sysvipc(7)
 */
#define _GNU_SOURCE /* struct seminfo, setresuid(2) */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
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

/* A set in place of the last one: its id, or -1. */
static int new_set(key_t key, int members, int mode)
{
    sigset_t all, old;

    drop_set();
    sigfillset(&all); /* on_signal() is to know of it */
    sigprocmask(SIG_BLOCK, &all, &old);
    set = semget(key, members, IPC_CREAT | IPC_EXCL | mode);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return set;
}

/* The same under a key that nobody else has; its member 0 at `value`. */
static key_t new_set_with_key(int members, int mode, int value)
{
    /* As ids are given, no set has this number for its id. */
    key_t key = (key_t)(getpid() % 30000 << 16 | 0x7f00);

    while (new_set(key, members, mode) == -1) {
        if (errno != EEXIST)
            err(EXIT_FAILURE, "semget");
        key++;
    }
    if (value && semctl(set, 0, SETVAL, (union semun){.val = value}) == -1)
        err(EXIT_FAILURE, "semctl SETVAL");
    return key;
}

static int op(int id, int n, int flags)
{
    struct sembuf one = {0, (short)n, (short)flags};

    return semop(id, &one, 1);
}

static int get(int what)
{
    int n = semctl(set, 0, what);

    if (n == -1)
        err(EXIT_FAILURE, "semctl GETVAL or GETNCNT");
    return n;
}

static void sem_9(void)
{
    int id = new_set(IPC_PRIVATE, 1, 0600), v = op(id, 1, 0);
    printf("SEM-9 %s semget(2) returned %d; semop(2) with that, V: %d\n",
           yes(id >= 0 && v == 0), id, v);
    if (op(id, -1, IPC_NOWAIT) == -1)
        err(EXIT_FAILURE, "semop P");
    int p = op(id, -1, IPC_NOWAIT);
    printf("SEM-9 %s semop(2), P on 0 with IPC_NOWAIT: %d, %s\n", yes(p == -1),
           p, outcome(p));
    id = new_set(IPC_PRIVATE, -1, 0600);
    printf("SEM-9 %s semget(2) for -1 members: %d, %s\n", yes(id == -1), id,
           outcome(id));
}

static void sem_10(void)
{
    struct seminfo info;
    int id = new_set(IPC_PRIVATE, 0, 0600);

    printf("SEM-10 %s a new set, nsems 0: %s\n",
           yes(id == -1 && errno == EINVAL), outcome(id));
    for (int n = 1; n <= 3; n += 2) {
        id = new_set(IPC_PRIVATE, n, 0600);
        printf("SEM-10 %s nsems %d: %s\n", yes(id != -1), n, outcome(id));
    }
    if (semctl(0, 0, IPC_INFO, (union semun){.info = &info}) == -1)
        err(EXIT_FAILURE, "semctl IPC_INFO");
    id = new_set(IPC_PRIVATE, info.semmsl + 1, 0600);
    printf("SEM-10 %s nsems %d, SEMMSL and 1: %s\n",
           yes(id == -1 && errno == EINVAL), info.semmsl + 1, outcome(id));
}

static void sem_11(void)
{
    static const int ask[] = {0, 1, 3, 4};
    key_t key = new_set_with_key(3, 0600, 0);

    for (size_t i = 0; i < sizeof ask / sizeof *ask; i++) {
        int id = semget(key, ask[i], 0600), found = id == set;
        printf("SEM-11 %s a set of 3, semget(2) with %d: %s\n",
               yes(found == (ask[i] == 0)), ask[i],
               found ? "found" : outcome(id));
    }
}

static void sem_27(void)
{
    key_t key = new_set_with_key(1, 0600, 3);
    int before = get(GETVAL), id_before = semget(key, 0, 0);
    int v = op(set, 1, 0), after = get(GETVAL), id_after = semget(key, 0, 0);

    printf("SEM-27 %s sem_id %d, value %d; V: %s; sem_id %d, value %d\n",
           yes(id_before == before && id_after == after), id_before, before,
           outcome(v), id_after, after);
}

static void sem_30(void)
{
    int found[2], id = -1, asleep, status;
    key_t key = new_set_with_key(1, 0600, 1);
    int first = op(set, -1, IPC_NOWAIT);

    if (pipe(found) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        id = semget(key, 0, 0);
        if (write(found[1], &id, sizeof id) != sizeof id)
            _exit(1);
        _exit(op(id, -1, 0) == 0 && op(id, 1, 0) == 0 ? 0 : 1);
    }
    close(found[1]);
    if (read(found[0], &id, sizeof id) == -1)
        err(EXIT_FAILURE, "read");
    close(found[0]);
    printf("SEM-30 %s semget(2) with one key, in two processes: sets %d and "
           "%d\n", yes(id == set), (int)set, id);
    while ((asleep = get(GETNCNT)) == 0 &&
           waitpid(child, &status, WNOHANG) == 0)
        nanosleep(&(struct timespec){0, 100000}, NULL);
    printf("SEM-30 %s SETVAL 1; P by one: %s; P by the other: %s\n",
           yes(first == 0 && asleep), first == 0 ? "done" : "not done",
           asleep ? "sleeps" : "does not sleep");
    int v = op(set, 1, 0);
    if (asleep && waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    printf("SEM-30 %s V by one; the other's P and V: %s\n",
           yes(v == 0 && status == 0), status == 0 ? "done" : "not done");
    drop_set();
    id = semget(key, 0, 0);
    printf("SEM-30 %s IPC_RMID, and semget(2) again: %s\n",
           yes(id == -1 && errno == ENOENT), outcome(id));
}

static void sem_32(void)
{
    key_t key = new_set_with_key(1, 0600, 3);
    int value = semctl(key, 0, GETVAL);

    printf("SEM-32 %s GETVAL of the key, %d: %s; of the id, %d: %d\n",
           yes(value == 3), (int)key, outcome(value), (int)set, get(GETVAL));
    if (semctl(set, 0, SETVAL, (union semun){.val = 0}) == -1)
        err(EXIT_FAILURE, "semctl SETVAL");
    int zero = op(key, 0, IPC_NOWAIT); /* harmless, whatever it meets */
    printf("SEM-32 %s semop(2) on the key: %s; on the id: %s\n",
           yes(zero == 0), zero == -1 ? strerror(errno) : "done",
           op(set, 0, IPC_NOWAIT) == 0 ? "done" : "not done");
}

static void sem_36(void)
{
    key_t key = new_set_with_key(3, 0600, 0);
    int id = semget(key, 3, IPC_CREAT | 0600), status;

    printf("SEM-36 %s IPC_CREAT on the key of a set of 3: %s\n", yes(id == set),
           id == set ? "that set" : outcome(id));
    id = semget(key, 3, IPC_CREAT | IPC_EXCL | 0600);
    printf("SEM-36 %s IPC_CREAT | IPC_EXCL: %s\n",
           yes(id == -1 && errno == EEXIST), outcome(id));
    id = semget(key, 4, IPC_CREAT | 0600);
    printf("SEM-36 %s IPC_CREAT, asking for 4 members: %s\n", yes(id != -1),
           outcome(id));
    key = new_set_with_key(3, 0, 0); /* mode 0: root alone may do anything */
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        if (geteuid() == 0 && setresuid(65534, 65534, 65534) == -1)
            _exit(255);
        _exit(semget(key, 3, IPC_CREAT | 0600) == -1 ? errno : 0);
    }
    if (waitpid(child, &status, 0) == -1 || !WIFEXITED(status))
        err(EXIT_FAILURE, "the child that has no permission");
    int error = WEXITSTATUS(status);
    if (error == 255)
        printf("SEM-36 skip needs a second user: setresuid(2) is refused\n");
    else
        printf("SEM-36 %s IPC_CREAT on a set of mode 0, not as root: %s\n",
               yes(error == 0), error ? strerror(error) : "done");
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SEM-9", sem_9}, {"SEM-10", sem_10}, {"SEM-11", sem_11},
    {"SEM-27", sem_27}, {"SEM-30", sem_30}, {"SEM-32", sem_32},
    {"SEM-36", sem_36},
};

int main(int argc, char *argv[])
{
    static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM};
    int tried = 0;

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
        errx(2, "usage: sets [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
