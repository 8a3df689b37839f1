/* sem_order.c - a semaphore makes the father wait until his child has spoken.
 *
 * Article:    A 四.3 "例子"
 * Terminal 1: build/semaphore/sem_order
 * Terminal 2: build/semaphore/sem_order   (within the two seconds)
 * Look for:   [1] the child takes its time, and still its line comes first;
 *             [2] meanwhile the father sleeps in P, ipcs -s shows the set;
 *             [3] the second sem_order is told that the set is in use;
 *             [4] no set is left afterwards, also after Ctrl-C.
 * Try:        Ctrl-Z within the two seconds, then fg; or kill -9 the child.
 * See also:   semget(2), semop(2), semctl(2), sysvipc(7)
 */
#define _XOPEN_SOURCE 700       /* ftok(3), sigaction(2) under -std=c11 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

union semun {                   /* for us to define, says semctl(2) */
    int val;
    struct semid_ds *buf;
};

enum { ORDER, IN_USE };         /* members: the article's, and our claim */

static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCHLD};
static int ours = -1;           /* the set, once it is ours to remove */
static pid_t child;
static volatile sig_atomic_t status; /* of a child that has ended */

static int init_sem(int sem_id, int value)
{
    union semun tmp = {.val = value};

    return semctl(sem_id, ORDER, SETVAL, tmp);
}

/* P: take 1, or sleep until there is one. After a signal, also after Ctrl-Z
 * and fg, the kernel does not restart semop(2): to go on would be too early. */
static int sem_p(int sem_id)
{
    struct sembuf sbuf = {.sem_num = ORDER, .sem_op = -1, .sem_flg = 0};

    while (semop(sem_id, &sbuf, 1) == -1)
        if (errno != EINTR)
            return -1;
    return 0;
}

/* V: add 1, which wakes who waits for it. No SEM_UNDO: the kernel would take
 * it back when the child ends, and a father who comes later would hang. */
static int sem_v(int sem_id)
{
    struct sembuf sbuf = {.sem_num = ORDER, .sem_op = 1, .sem_flg = 0};

    return semop(sem_id, &sbuf, 1);
}

static int del_sem(int sem_id) { return semctl(sem_id, 0, IPC_RMID); }

static void remove_set(void) { del_sem(ours); } /* [4] */

/* semop(2) and semctl(2) are not on the list of signal-safety(7), but they are
 * bare system calls. */
static void on_signal(int sig)
{
    int saved = errno, how;

    if (sig == SIGCHLD) {
        if (waitpid(child, &how, WNOHANG) == child) {
            status = how;       /* a dead child does no V: it is done here. */
            sem_v(ours);        /* It counts, also before the father's P */
        }
        errno = saved;
        return;
    }
    remove_set();
    signal(sig, SIG_DFL);       /* then die of the same signal, so that */
    raise(sig);                 /* the shell reports 130 or 143, not 1 */
}

/* In words: whose limit, or whose set. */
static const char *hint(void)
{
    return errno == ENOSPC   ? " (limit kernel.sem: ipcs -l, sysctl)"
           : errno == EACCES ? " (another user's: take another KEYPATH)"
                             : "";
}

int main(int argc, char *argv[])
{
    const char *path = argc > 1 ? argv[1] : ".";
    const char *nap = argc > 2 ? argv[2] : "2";
    char *end;
    double seconds = strtod(nap, &end);
    struct sembuf claim[] = {{IN_USE, 0, IPC_NOWAIT}, {IN_USE, 1, SEM_UNDO}};
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_NOCLDSTOP};
    struct semid_ds ds;
    union semun arg = {.buf = &ds};
    pid_t father = getpid();
    int sem_id;
    key_t key;

    setvbuf(stdout, NULL, _IOLBF, 0); /* printed before the V, not at exit */
    signal(SIGPIPE, SIG_IGN);         /* if nobody reads: an error, not death */
    if (argc > 3 || path[0] == '-' || nap[0] == '-' || end == nap ||
        *end != '\0' || !(seconds >= 0 && seconds <= 3600))
        errx(2, "usage: sem_order [KEYPATH [SECONDS]]");
    struct timespec rest = {(time_t)seconds, 0};
    rest.tv_nsec = (long)((seconds - (double)rest.tv_sec) * 1e9);

    if ((key = ftok(path, 's')) == -1)
        err(EXIT_FAILURE, "ftok %s", path);

    /* Signals wait until on_signal() knows the set and the child. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        if (sigaction(caught[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");

    if (atexit(remove_set) != 0 ||
        (sem_id = semget(key, 2, IPC_CREAT | 0600)) == -1 ||
        semctl(sem_id, 0, IPC_STAT, arg) == -1)
        err(EXIT_FAILURE, "semget %s%s", path, hint());
    /* The owner (uid) can be changed, who made it (cuid) cannot. */
    if (ds.sem_perm.cuid != geteuid() || (ds.sem_perm.mode & 0777) != 0600)
        errx(EXIT_FAILURE, "%s: the set of another user, or open to others "
             "(take another KEYPATH)", path);

    /* [3] Only if nobody uses the set: say that we do, in one step. Here
     * SEM_UNDO is right: the claim of a run that was killed becomes void. */
    if (semop(sem_id, claim, 2) == -1) {
        if (errno == EAGAIN)
            errx(EXIT_FAILURE, "%s: another sem_order is at work here", path);
        if (semctl(sem_id, IN_USE, GETVAL) == 0)
            ours = sem_id;      /* nobody's: it is not left behind */
        err(EXIT_FAILURE, "semop %s", path);
    }
    ours = sem_id;
    if (init_sem(sem_id, 0) == -1)
        err(EXIT_FAILURE, "semctl SETVAL");

    warnx("the father waits for his child's V"); /* whole: nobody else writes */
    if ((child = fork()) == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (child == 0) {
        ours = -1;              /* it is the father's to remove */
        if (sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == 0 &&
            prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == father &&
            nanosleep(&rest, NULL) == 0 && /* [1] */
            printf("Process child: pid=%d\n", (int)getpid()) > 0 &&
            sem_v(sem_id) == 0)
            _exit(EXIT_SUCCESS);
        warn("the child's sleep, stdout or V");
        _exit(EXIT_FAILURE);
    }

    if (sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1 ||
        sem_p(sem_id) == -1)    /* [2] */
        err(EXIT_FAILURE, "semop P");
    if (status != 0)
        errx(EXIT_FAILURE, "the child died (wait status %d)", (int)status);
    if (printf("Process father: pid=%d\n", (int)father) < 0 ||
        sem_v(sem_id) == -1)
        err(EXIT_FAILURE, "the father's stdout or V");
    waitpid(child, NULL, 0);    /* ECHILD: on_signal() has been faster */
    if (del_sem(sem_id) == -1)
        err(EXIT_FAILURE, "semctl IPC_RMID");
    return EXIT_SUCCESS;
}
