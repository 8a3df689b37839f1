/* sem_crash.c - who is killed between P and V: is the semaphore lost?
 *
 * Article:  B 六 "SEM_UNDO"
 * Terminal: build/semaphore/sem_crash
 *           build/semaphore/sem_crash -n    (no SEM_UNDO)
 * Look for: [1] SIGKILL: the child has no chance to do its V;
 *           [2] with SEM_UNDO the kernel does it: the value is 1 again;
 *           [3] with -n it stays 0, though the one who took it is dead.
 *           SEM_UNDO gives back the semaphore and nothing else: data that the
 *           dead one has changed by half stay so, and the next who gets in
 *           is not told. (A robust mutex tells: EOWNERDEAD.)
 * Try:      another signal at [1], one that is not caught, as SIGALRM: does it
 *           matter by which of them the child dies?
 * See also: semop(2), semctl(2) (GETPID), kill(2), pthread_mutex_consistent(3)
 */
#define _GNU_SOURCE             /* prctl(2)'s neighbours under -std=c11 */

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

static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
static int set = -1;            /* made with IPC_PRIVATE: it is ours */

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

/* P: take 1, or (here) fail with EAGAIN rather than sleep. */
static int sem_p(int undo)
{
    struct sembuf op = {0, -1, IPC_NOWAIT};

    if (undo)
        op.sem_flg |= SEM_UNDO;
    return semop(set, &op, 1);
}

static int get(int what)
{
    int n = semctl(set, 0, what);

    if (n == -1)
        err(EXIT_FAILURE, "semctl GET");
    return n;
}

static void tell(const char *what)
{
    if (printf("Value %d: %s\n", get(GETVAL), what) < 0)
        err(EXIT_FAILURE, "stdout");
}

/* Any end but the one we wait for. */
static void tell_end(int status)
{
    if (WIFSIGNALED(status))
        errx(EXIT_FAILURE, "the child died of signal %d", WTERMSIG(status));
    errno = WEXITSTATUS(status);
    err(EXIT_FAILURE, "the child's prctl or semop");
}

int main(int argc, char *argv[])
{
    int undo = argc < 2, status;
    struct sigaction sa = {.sa_handler = on_signal};
    struct timespec ms = {.tv_nsec = 1000000};
    sigset_t old;
    pid_t parent = getpid(), child, ended;

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);   /* if nobody reads: an error, not death */
    signal(SIGCHLD, SIG_DFL);   /* ignored, it would take the status away */
    if (argc > 2 || (argc == 2 && strcmp(argv[1], "-n") != 0))
        errx(2, "usage: sem_crash [-n]");

    /* Signals wait until on_signal() knows the set. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, &old) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
        if (sigaction(caught[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
        sigdelset(&old, caught[i]);
    }
    if (atexit(remove_set) != 0 || (set = semget(IPC_PRIVATE, 1, 0600)) == -1)
        err(EXIT_FAILURE, "semget%s", errno == ENOSPC
            ? " (limit kernel.sem: ipcs -l, sysctl)" : "");
    if (semctl(set, 0, SETVAL, (union semun){.val = 1}) == -1)
        err(EXIT_FAILURE, "semctl SETVAL");
    if (sigprocmask(SIG_SETMASK, &old, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");

    tell("free");
    if ((child = fork()) == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (child == 0) {           /* it removes the set if its parent is killed */
        if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1 || getppid() != parent ||
            sem_p(undo) == -1)
            _exit(errno ? errno : EXIT_FAILURE); /* its parent tells it */
        for (;;)
            pause();            /* it never comes to its V */
    }
    while (get(GETVAL) != 0) {
        if ((ended = waitpid(child, &status, WNOHANG)) == -1)
            err(EXIT_FAILURE, "waitpid");
        if (ended == child)
            tell_end(status);
        nanosleep(&ms, NULL);   /* only how often we look */
    }
    tell(undo ? "the child has taken it, with SEM_UNDO"
              : "the child has taken it, without SEM_UNDO");

    if (kill(child, SIGKILL) == -1) /* [1] */
        err(EXIT_FAILURE, "kill");
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (!WIFSIGNALED(status) || WTERMSIG(status) == SIGTERM)
        tell_end(status);       /* by SIGTERM it removes the set */
    tell("the child has been killed"); /* [2] [3] */

    if (sem_p(undo) == 0) {
        tell("now the parent has taken it");
        return EXIT_SUCCESS;
    }
    if (errno != EAGAIN)
        err(EXIT_FAILURE, "semop P");
    tell("the parent's P fails with EAGAIN");
    if (get(GETPID) != child || kill(child, 0) == 0 || errno != ESRCH)
        errx(EXIT_FAILURE, "process %d may be alive", get(GETPID));
    tell("lost for ever: its holder is dead"); /* GETPID named it */
    return EXIT_SUCCESS;
}
