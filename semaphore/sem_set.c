/* sem_set.c - who needs two resources takes them at once, or waits for ever.
 *
 * Article:  A 四.2 "sets", "semop"
 * Terminal: build/semaphore/sem_set
 *           build/semaphore/sem_set -1    (one by one)
 * Look for: [1] one semop(2) of two operations: all of it is done, or nothing;
 *               while only one of the two is free, B does not take that one;
 *           [2] with -1 each has one and waits for the other's: the kernel's
 *               numbers show the deadlock, but the kernel does not end it;
 *           [3] SEM_UNDO: the one that is killed gives back what it had.
 * Try:      let both take 0 first, with -1, too: what is left of the deadlock?
 * See also: semop(2), semctl(2) (GETVAL, GETNCNT, GETPID), prctl(2)
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

enum { A, B, GO };      /* who; members: two resources, GO + who: next step */
enum { FORK = 0, KILL = -1 };

static const struct step {      /* who does something, and what comes of it: */
    int who, go;                /* FORK it, KILL it, or V on its GO */
    const char *what;
    int value[GO], wait[GO + 2]; /* GETVAL, GETNCNT */
} steps[2][7] = {{
    {A, FORK, "A takes 0", {0, 1}, {0, 0, 1, 0}},
    {B, FORK, "B takes 1", {0, 0}, {0, 0, 1, 1}},
    {A, 1, "A wants 1, too", {0, 0}, {0, 1, 0, 1}},
    {B, 1, "B wants 0, too", {0, 0}, {1, 1, 0, 0}},
    {B, KILL, "B is killed: A takes 1", {0, 0}, {0, 0, 1, 0}}, /* [3] */
    {A, 2, "A gives both back", {1, 1}, {0, 0, 0, 0}},
}, {
    {A, FORK, "A takes 0 and 1 at once", {0, 0}, {0, 0, 1, 0}},
    {B, FORK, "B wants 1 and 0 at once", {0, 0}, {0, 1, 1, 0}},
    {A, 1, "A gives 1 back: B takes nothing yet", {0, 1}, {1, 0, 1, 0}},
    {A, 1, "A gives 0 back: B takes both", {0, 0}, {0, 0, 0, 1}},
    {B, 2, "B gives both back", {1, 1}, {0, 0, 0, 0}},
}};

static const char deadlock[] = "A has 0 and waits for 1; "
    "B has 1 and waits for 0: nobody will ever give back";
static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
static int set = -1;            /* made with IPC_PRIVATE: it is ours */
static pid_t child[2];

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

/* Add n to a member, and with more = 1 to the other resource in the same call;
 * after a signal, also after Ctrl-Z and fg, again. */
static int add(int member, short n, int more)
{
    struct sembuf op[] = {{(unsigned short)member, n, 0},
                          {(unsigned short)!member, n, SEM_UNDO}};

    op[0].sem_flg = member < GO ? SEM_UNDO : 0;
    while (semop(set, op, 1 + (size_t)more) == -1) /* [1] */
        if (errno != EINTR)
            return -1;
    return 0;
}

/* A takes 0 first and B 1; each step but the first waits for a V on GO. */
static int work(int me, int both)
{
    return add(me, -1, both) == -1 ||
           (!both && (add(GO + me, -1, 0) == -1 || add(!me, -1, 0) == -1)) ||
           add(GO + me, -1, 0) == -1 || add(!me, 1, 0) == -1 ||
           add(GO + me, -1, 0) == -1 || add(me, 1, 0) == -1;
}

static int get(int member, int what)
{
    int n = semctl(set, member, what);

    if (n == -1)
        err(EXIT_FAILURE, "semctl GET");
    return n;
}

static void reap(int flags)     /* who ended well, and tell who did not */
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, flags)) > 0) {
        if (WIFSIGNALED(status))
            errx(EXIT_FAILURE, "a child died of signal %d", WTERMSIG(status));
        if ((errno = WEXITSTATUS(status)) != 0)
            err(EXIT_FAILURE, "a child's prctl or semop");
    }
    if (pid == -1 && errno != ECHILD)
        err(EXIT_FAILURE, "waitpid");
}

static int is_so(const struct step *s)
{
    for (int i = 0; i < GO + 2; i++)
        if ((i < GO && get(i, GETVAL) != s->value[i]) ||
            get(i, GETNCNT) != s->wait[i])
            return 0;
    return 1;
}

/* [2] The last to do something with 0 was A, with 1 B: they have taken them.
 * (GETPID does not know who has a thing, only who was the last to change it.)
 */
static int is_deadlock(void)
{
    return get(A, GETPID) == child[A] && get(B, GETPID) == child[B] &&
           get(A, GETNCNT) == 1 && get(B, GETNCNT) == 1;
}

int main(int argc, char *argv[])
{
    int both = argc < 2;
    struct sigaction sa = {.sa_handler = on_signal};
    struct timespec ms = {.tv_nsec = 1000000};
    sigset_t old;
    pid_t parent = getpid();

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);   /* if nobody reads: an error, not death */
    signal(SIGCHLD, SIG_DFL);   /* ignored, it would take the status away */
    if (argc > 2 || (argc == 2 && strcmp(argv[1], "-1") != 0))
        errx(2, "usage: sem_set [-1]");

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
        (set = semget(IPC_PRIVATE, GO + 2, 0600)) == -1)
        err(EXIT_FAILURE, "semget%s", errno == ENOSPC
            ? " (limit kernel.sem: ipcs -l, sysctl)" : "");
    for (int i = 0; i < GO + 2; i++)
        if (semctl(set, i, SETVAL, (union semun){.val = i < GO}) == -1)
            err(EXIT_FAILURE, "semctl SETVAL");
    if (sigprocmask(SIG_SETMASK, &old, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");

    for (const struct step *s = steps[both]; s->what; s++) {
        if (s->go == FORK && (child[s->who] = fork()) == 0)
            _exit((prctl(PR_SET_PDEATHSIG, SIGTERM) == -1 ||
                   getppid() != parent || work(s->who, both)) ? errno : 0);
        if (child[s->who] == -1)
            err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
        if (s->go == KILL && (kill(child[s->who], SIGKILL) == -1 ||
                              waitpid(child[s->who], NULL, 0) == -1))
            err(EXIT_FAILURE, "kill or waitpid");
        if (s->go > 0 && add(GO + s->who, (short)s->go, 0) == -1)
            err(EXIT_FAILURE, "semop V");
        while (!is_so(s)) {     /* it has not come to it yet */
            reap(WNOHANG);
            nanosleep(&ms, NULL); /* only how often we look */
        }
        if (printf("%s; free: %d %d, waiting: %d %d\n", s->what, s->value[A],
                   s->value[B], s->wait[A], s->wait[B]) < 0 ||
            (is_deadlock() && puts(deadlock) == EOF))
            err(EXIT_FAILURE, "stdout");
    }
    reap(0);
    return EXIT_SUCCESS;
}
