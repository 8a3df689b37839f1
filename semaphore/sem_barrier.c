/* sem_barrier.c - nobody goes on before all have arrived: waiting for zero.
 *
 * Article:  A 四.2, B 六 (sem_op 0)
 * Terminal: build/semaphore/sem_barrier           (3 processes, 2 barriers)
 *           build/semaphore/sem_barrier 10 5
 * Look for: [1] who arrives subtracts 1;
 *           [2] then he waits for 0: the last one lets all of them go at once;
 *           [3] three members in turn: who is quick comes to the next barrier
 *               before the slow have left this one.
 * Try:      sem_barrier 3 100000 >/dev/null: how long does one barrier take?
 * See also: semop(2), semctl(2) (GETZCNT), prctl(2)
 */
#define _XOPEN_SOURCE 700       /* sigaction(2), semop(2) under -std=c11 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/wait.h>
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

/* After a signal, also after Ctrl-Z and fg, again. */
static int all_of(struct sembuf *ops, size_t n)
{
    while (semop(set, ops, n) == -1)
        if (errno != EINTR)
            return -1;
    return 0;
}

/* Member k % 3 counts who has yet to arrive at barrier k. Each arrival fills up
 * the member of the next one, which nobody waits at any more: who arrives here
 * has passed the barrier before, so all have left the one before that. [3] */
static int barrier(int k)
{
    unsigned short here = (unsigned short)(k % 3), next = (here + 1) % 3;
    struct sembuf arrive[] = {{here, -1, 0}, {next, 1, 0}}; /* [1] */
    struct sembuf wait_for_zero = {here, 0, 0};             /* [2] */

    if (printf("Process %d arrives at barrier %d\n", (int)getpid(), k) < 0 ||
        all_of(arrive, 2) == -1 || all_of(&wait_for_zero, 1) == -1 ||
        printf("Process %d has passed barrier %d\n", (int)getpid(), k) < 0)
        return -1;
    return 0;
}

static int number(const char *text, int max)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || n < 1 || n > max)
        errx(2, "usage: sem_barrier [PROCESSES [BARRIERS]]");
    return (int)n;
}

int main(int argc, char *argv[])
{
    int processes = number(argc > 1 ? argv[1] : "3", 100);
    int barriers = number(argc > 2 ? argv[2] : "2", argc > 3 ? 0 : 1000000);
    struct sigaction sa = {.sa_handler = on_signal};
    sigset_t old;
    pid_t parent = getpid();
    int status, failed = 0;

    setvbuf(stdout, NULL, _IOLBF, 0); /* printed before the semop(2) */
    signal(SIGPIPE, SIG_IGN);   /* if nobody reads: an error, not death */
    signal(SIGCHLD, SIG_DFL);   /* ignored, it would take the status away */

    /* Signals wait until on_signal() knows the set. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, &old) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
        if (sigaction(caught[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
        sigdelset(&old, caught[i]);
    }
    if (atexit(remove_set) != 0 ||
        (set = semget(IPC_PRIVATE, 3, 0600)) == -1)
        err(EXIT_FAILURE, "semget%s", errno == ENOSPC
            ? " (limit kernel.sem: ipcs -l, sysctl)" : "");
    for (int i = 0; i < 3; i++) /* barrier 1 is the first */
        if (semctl(set, i, SETVAL, (union semun){i == 1 ? processes : 0}) == -1)
            err(EXIT_FAILURE, "semctl SETVAL");
    if (sigprocmask(SIG_SETMASK, &old, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");

    for (int i = 0; i < processes; i++) {
        pid_t child = fork();
        if (child == -1)
            err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
        if (child > 0)
            continue;
        /* It removes the set if its parent is killed, or has been already. */
        int ok = prctl(PR_SET_PDEATHSIG, SIGTERM) == 0;
        if (ok && getppid() != parent)
            raise(SIGTERM);
        for (int k = 1; ok && k <= barriers; k++)
            ok = barrier(k) == 0;
        _exit(ok ? EXIT_SUCCESS : errno ? errno : EXIT_FAILURE);
    }
    while (wait(&status) > 0) {
        if (status != 0 && !failed) {
            failed = 1;
            errno = WEXITSTATUS(status);
            if (WIFSIGNALED(status))
                warnx("a process died of signal %d", WTERMSIG(status));
            else
                warn("a process's prctl, stdout or semop");
        }
        if (failed)
            remove_set();       /* the others would wait for ever */
    }
    if (errno != ECHILD)
        err(EXIT_FAILURE, "wait");
    return failed;
}
