/* sem_init_race.c - one process makes the set, and none uses it too early.
 *
 * Article:  A 四.2 (SETVAL), B 六 (IPC_CREAT, IPC_EXCL)
 * Terminal: build/semaphore/sem_init_race         (8 processes)
 *           build/semaphore/sem_init_race -k      (who makes it dies at once)
 * Look for: [1] IPC_EXCL: one makes the set, and is told so: it initialises;
 *           [2] the others find a set that has its key and not yet its value:
 *               they wait until sem_otime is not 0;
 *           [3] SETVAL leaves sem_otime alone: the first semop(2) is the sign.
 * Try:      take the loop at [2] out, or IPC_EXCL: what is told at the end?
 * See also: semget(2), semctl(2), semop(2), flock(2), mmap(2)
 */
#define _GNU_SOURCE             /* flock(2), MAP_ANONYMOUS under -std=c11 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

union semun {                   /* for us to define, says semctl(2) */
    int val;
    struct semid_ds *buf;
};

static struct {                 /* shared: each counts, the parent prints */
    atomic_int maker, made, found, go_on, initialised, used, early;
} *tally;
static const struct timespec ms = {.tv_nsec = 1000000};
static pid_t child[100];
static int children;
static sigset_t signals;        /* come only when the parent looks for them */
static key_t key;

/* The set of this folder, if it is ours: the owner (uid) can be changed, who
 * made it (cuid) cannot. */
static int find(struct semid_ds *ds)
{
    int set = semget(key, 1, 0);

    if (set == -1 || semctl(set, 0, IPC_STAT, (union semun){.buf = ds}) == -1)
        return -1;
    errno = EACCES;
    return ds->sem_perm.cuid == geteuid() &&
           (ds->sem_perm.mode & 0777) == 0600 ? set : -1;
}

/* First the children: one of them could make the set after its removal. */
static void clean_up(void)
{
    struct semid_ds ds;
    int set;

    for (int i = 0; i < children; i++) {
        kill(child[i], SIGKILL);
        waitpid(child[i], NULL, 0);
    }
    if ((set = find(&ds)) != -1)
        semctl(set, 0, IPC_RMID);
}

static int take_part(int dies)
{
    struct sembuf first = {0, 1, 0}, p_and_v[] = {{0, -1, 0}, {0, 1, 0}};
    struct semid_ds ds;
    int set = semget(key, 1, IPC_CREAT | IPC_EXCL | 0600); /* [1] */

    if (set != -1) {
        tally->maker = getpid();
        for (tally->made++; !tally->go_on;) /* the worst moment for a pause: */
            nanosleep(&ms, NULL);           /* until all others have found it */
        if (dies)
            raise(SIGKILL);
        if (semctl(set, 0, SETVAL, (union semun){.val = 0}) == -1)
            return -1;
        tally->initialised++;
        if (semop(set, &first, 1) == -1) /* [3] no SEM_UNDO: it is to stay */
            return -1;
    } else if (errno == EEXIST && (set = find(&ds)) != -1) {
        tally->found++;
        for (; set != -1 && ds.sem_otime == 0; set = find(&ds))
            nanosleep(&ms, NULL); /* [2] there is no call that waits for it */
    }
    if (set == -1 && errno == ENOSPC)
        warn("semget (limit kernel.sem: ipcs -l, sysctl)");
    if (set == -1)
        return -1;
    tally->early += !tally->initialised;
    tally->used++;
    return semop(set, p_and_v, 2); /* in one step: nobody needs to sleep */
}

/* How many children have ended. If one has failed, give up: those at [2] would
 * wait for ever. They keep their numbers until clean_up() reaps them. */
static int ended(void)
{
    int n = 0, sig = sigtimedwait(&signals, NULL, &ms);

    if (sig > 0) {
        clean_up();
        signal(sig, SIG_DFL);
        raise(sig);
        sigprocmask(SIG_UNBLOCK, &signals, NULL);
    }
    for (int i = 0; i < children; i++) {
        siginfo_t how = {0};
        if (waitid(P_PID, (id_t)child[i], &how, WEXITED | WNOHANG | WNOWAIT))
            err(EXIT_FAILURE, "waitid");
        n += how.si_pid != 0;
        if (how.si_pid != 0 && how.si_status != 0)
            errx(EXIT_FAILURE, "%s: %s; initialised by %d",
                 child[i] == tally->maker ? "who made the set" : "a process",
                 how.si_code == CLD_EXITED ? strerror(how.si_status)
                                           : strsignal(how.si_status),
                 tally->initialised);
    }
    return n;
}

static void tell(const char *when)
{
    struct semid_ds ds;

    if (find(&ds) == -1)
        err(EXIT_FAILURE, "the set of this folder");
    if (printf("%s: made %d, found %d, initialised %d, used %d, too early %d, "
               "sem_otime %s\n", when, tally->made, tally->found,
               tally->initialised, tally->used, tally->early,
               ds.sem_otime == 0 ? "0" : "set") < 0)
        err(EXIT_FAILURE, "stdout");
}

int main(int argc, char *argv[])
{
    int dies = argc > 1 && strcmp(argv[1], "-k") == 0, lock, set;
    const char *number = argc > 1 + dies ? argv[1 + dies] : "8";
    char *end;
    long n = strtol(number, &end, 10);
    struct semid_ds ds;
    pid_t parent = getpid();

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);   /* if nobody reads: an error, not death */
    signal(SIGCHLD, SIG_DFL);   /* ignored, it would take the status away */
    if (argc > 2 + dies || *number < '0' || *number > '9' || *end != '\0' ||
        n < 1 || n > 100)
        errx(2, "usage: sem_init_race [-k] [PROCESSES] (1 to 100)");

    /* One run at a time here: the kernel takes the lock away when all of them
     * have ended. A set that is here then is of a run that was killed. */
    if ((key = ftok(".", 'i')) == -1 || (lock = open(".", O_RDONLY)) == -1)
        err(EXIT_FAILURE, "this folder");
    if (flock(lock, LOCK_EX | LOCK_NB) == -1)
        err(EXIT_FAILURE, errno != EWOULDBLOCK ? "flock" :
            "another sem_init_race is at work here");
    if ((set = find(&ds)) == -1 ? errno != ENOENT
                                : semctl(set, 0, IPC_RMID) == -1)
        err(EXIT_FAILURE, "a set that is here%s", errno == EACCES
            ? " (another user's, or open to others: play in another folder)"
            : "");
    tally = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tally == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");

    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGQUIT);
    sigaddset(&signals, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) == -1 || atexit(clean_up) != 0)
        err(EXIT_FAILURE, "sigprocmask");
    for (; children < n; children++) {
        if ((child[children] = fork()) == -1)
            err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
        if (child[children] == 0) {
            if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
                getppid() == parent && take_part(dies) == 0)
                _exit(EXIT_SUCCESS);
            _exit(errno ? errno : EXIT_FAILURE); /* its parent tells it */
        }
    }

    while (tally->made + tally->found < n)
        ended();
    tell("In the gap");
    tally->go_on = 1;
    while (ended() < n)
        ;
    tell("At the end");
    return EXIT_SUCCESS;
}
