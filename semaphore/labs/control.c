/* control.c - lab: semctl(2): the first value, the last removal, its arguments.
 *
 * Claims:   SEM-23 SEM-24 SEM-37 SEM-38
 * Terminal: build/semaphore/labs/control [CLAIM] (all: make claims-semaphore)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: semctl(2), semget(2), sysvipc(7), ipc_namespaces(7)
 */
#define _GNU_SOURCE /* unshare(2) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
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

/* A set in place of the last one, under a key that nobody else has. */
static key_t new_set(int members)
{
    key_t key = (key_t)(getpid() % 30000 << 16 | 0x7f00);
    sigset_t all, old;

    drop_set();
    sigfillset(&all); /* on_signal() is to know of it */
    sigprocmask(SIG_BLOCK, &all, &old);
    while ((set = semget(key, members, IPC_CREAT | IPC_EXCL | 0600)) == -1 &&
           errno == EEXIST)
        key++;
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (set == -1)
        err(EXIT_FAILURE, "semget");
    return key;
}

static int put(int member, int value)
{
    int returned = semctl(set, member, SETVAL, (union semun){.val = value});

    if (returned == -1)
        err(EXIT_FAILURE, "semctl SETVAL");
    return returned;
}

static int get(int member)
{
    int value = semctl(set, member, GETVAL);

    if (value == -1)
        err(EXIT_FAILURE, "semctl GETVAL");
    return value;
}

static int v(int id, int n)
{
    struct sembuf give = {0, (short)n, 0};

    return semop(id, &give, 1);
}

/* Status of a child that has ended by itself. */
static int status_of(pid_t child)
{
    int status;

    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (!WIFEXITED(status))
        errx(EXIT_FAILURE, "a child died (wait status %d)", status);
    return WEXITSTATUS(status);
}

static void sem_23(void)
{
    unsigned short first[3] = {7, 7, 7};

    new_set(1);
    put(0, 5);
    int five = get(0);
    printf("SEM-23 %s SETVAL with val 5: the value is %d\n", yes(five == 5),
           five);

    key_t key = new_set(3);
    if (semctl(set, 0, GETALL, (union semun){.array = first}) == -1)
        err(EXIT_FAILURE, "semctl GETALL");
    int usable = v(set, 1) == 0 && get(0) == first[0] + 1;
    printf("SEM-23 %s a new set of 3, no SETVAL: values %d, %d, %d; a V is "
           "%s\n", yes(!usable || first[0] || first[1] || first[2]),
           first[0], first[1], first[2], usable ? "done" : "refused");

    pid_t child = fork(); /* another process, ahead of our SETVAL */
    if (child == 0) {
        int id = semget(key, 0, 0);
        _exit(id != -1 && v(id, 1) == 0 ? 0 : 1);
    }
    int early = status_of(child) == 0, before = get(0);
    put(0, 0);
    int after = get(0);
    printf("SEM-23 %s another process finds the set before our SETVAL 0; its V "
           "is %s, the value %d; after SETVAL %d\n",
           yes(early && before == 2 && after == 0), early ? "done" : "not done",
           before, after);
}

/* In a child of its own: the third set where there may be two. Its status is
 * the errno of semget(2), or NOT_HERE. */
enum { NOT_HERE = 255 };
static void third_set(void)
{
    char map[32];
    int n = snprintf(map, sizeof map, "0 %d 1", (int)geteuid()), fd;

    if (unshare(CLONE_NEWIPC) == -1) { /* not as root */
        if (unshare(CLONE_NEWUSER | CLONE_NEWIPC) == -1)
            _exit(NOT_HERE);
        fd = open("/proc/self/uid_map", O_WRONLY);
        if (fd == -1 || write(fd, map, (size_t)n) != n)
            _exit(NOT_HERE);
    }
    fd = open("/proc/sys/kernel/sem", O_WRONLY);
    if (fd == -1 || write(fd, "250 32000 32 2", 14) != 14)
        _exit(NOT_HERE);
    for (int i = 1; i <= 2; i++) /* they go with their namespace */
        if (semget(IPC_PRIVATE, 1, 0600) == -1)
            _exit(NOT_HERE);
    _exit(semget(IPC_PRIVATE, 1, 0600) == -1 ? errno : 0);
}

static void sem_24(void)
{
    sigset_t all, old;
    pid_t child;
    int id;

    key_t key = new_set(1); /* the key is free as soon as the set is gone */
    drop_set();
    sigfillset(&all); /* on_signal() is to know of the child's set */
    sigprocmask(SIG_BLOCK, &all, &old);
    if ((child = fork()) == 0) {
        id = semget(key, 1, IPC_CREAT | IPC_EXCL | 0600);
        _exit(id != -1 && v(id, 7) == 0 ? 0 : 1);
    }
    int made = status_of(child) == 0;
    set = made ? semget(key, 0, 0) : -1;
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (set == -1)
        err(EXIT_FAILURE, "a child's set");
    int value = get(0);
    printf("SEM-24 %s a program made a set, V by 7, and ended: the set is "
           "there, with %d\n", yes(value == 7), value);
    int removed = semctl(set, 0, IPC_RMID);
    id = semget(key, 0, 0);
    printf("SEM-24 %s IPC_RMID: %s; semget(2): %s\n",
           yes(removed == 0 && id == -1 && errno == ENOENT),
           removed == 0 ? "done" : "not done", outcome(id));
    set = -1;

    if ((child = fork()) == 0)
        third_set();
    int error = status_of(child);
    if (error == NOT_HERE)
        printf("SEM-24 skip needs an IPC namespace with a limit of its own: "
               "root, or user namespaces\n");
    else
        printf("SEM-24 %s where SEMMNI is 2, the third semget(2): %s\n",
               yes(error == ENOSPC), error ? strerror(error) : "done");
}

static void sem_37(void)
{
    struct semid_ds ds;

    new_set(1);
    int r = put(0, 3), three = get(0);
    printf("SEM-37 %s SETVAL 3 returned %d\n", yes(r > 0), r);
    put(0, 0);
    r = get(0);
    printf("SEM-37 %s GETVAL of 3 and of 0 returned %d and %d\n",
           yes(three > 0 && r > 0), three, r);
    r = semctl(set, 0, IPC_STAT, (union semun){.buf = &ds});
    printf("SEM-37 %s IPC_STAT returned %d\n", yes(r > 0), r);
    r = semctl(set, 0, IPC_RMID);
    printf("SEM-37 %s IPC_RMID returned %d\n", yes(r > 0), r);
    set = -1;
}

static void sem_38(void)
{
    struct semid_ds ds = {.sem_nsems = 0};

    new_set(2);
    put(0, 1);
    put(1, 2);
    int a = get(0), b = get(1);
    printf("SEM-38 %s SETVAL of 0 and of 1, GETVAL of both: %d and %d\n",
           yes(a == 1 && b == 2), a, b);
    int none = semctl(set, 99, GETVAL);
    printf("SEM-38 %s a set of 2, GETVAL of 99: %s\n",
           yes(none == -1 && errno == EINVAL), outcome(none));
    int r = semctl(set, 99, IPC_STAT, (union semun){.buf = &ds});
    printf("SEM-38 %s IPC_STAT of 99: %s, nsems is %lu\n",
           yes(r == -1), outcome(r), (unsigned long)ds.sem_nsems);
    r = semctl(set, 99, IPC_RMID);
    printf("SEM-38 %s IPC_RMID of 99: %s\n", yes(r == -1), outcome(r));
    if (r == 0)
        set = -1;
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SEM-23", sem_23}, {"SEM-24", sem_24}, {"SEM-37", sem_37},
    {"SEM-38", sem_38},
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
        errx(2, "usage: control [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
