/* broken.c - lab: what ends a wait in semop(2), if not the value.
 *
 * Claims:   SEM-18 SEM-19 SEM-21 SEM-31
 * Terminal: build/semaphore/labs/broken [CLAIM] (all: make claims-semaphore)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: semop(2), semctl(2), signal(7)
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <err.h>
#include <errno.h>
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
static atomic_int *error; /* of the child's semop(2), 0: done, or */
enum { UNDER_WAY = -1 };

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

static void on_usr1(int sig) { (void)sig; }

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static void new_set(int value)
{
    union semun arg = {.val = value};
    sigset_t all, old;

    drop_set();
    sigfillset(&all); /* on_signal() is to know of it */
    sigprocmask(SIG_BLOCK, &all, &old);
    set = semget(IPC_PRIVATE, 1, 0600);
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (set == -1 || semctl(set, 0, SETVAL, arg) == -1)
        err(EXIT_FAILURE, "a set of one");
}

static int semop_1(int id, int n)
{
    struct sembuf one = {0, (short)n, 0};

    return semop(id, &one, 1);
}

static int get(int count)
{
    int n = semctl(set, 0, count);

    if (n == -1)
        err(EXIT_FAILURE, "semctl GETNCNT or GETZCNT");
    return n;
}

static void wait_a_little(void)
{
    nanosleep(&(struct timespec){0, 100000}, NULL);
}

/* A child that is asleep in a P on 0 (n is -1), or until 1 becomes 0 (n is 0).
 * It outlives an EINTR, so that whoever looks can still see it, awake. */
static pid_t sleeper(int n)
{
    new_set(n == 0);
    *error = UNDER_WAY;
    pid_t lab = getpid(), child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != lab)
            _exit(EXIT_FAILURE); /* whatever happens to the lab */
        *error = semop_1(set, n) == -1 ? errno : 0;
        while (*error == EINTR)
            pause();
        _exit(0);
    }
    while (*error == UNDER_WAY && get(n == 0 ? GETZCNT : GETNCNT) == 0)
        wait_a_little();
    return child;
}

/* What its semop(2) came to, after something that must end it. */
static const char *ended(void)
{
    while (*error == UNDER_WAY)
        wait_a_little();
    return *error == 0 ? "done" : strerror(*error);
}

static void bury(pid_t child)
{
    kill(child, SIGKILL);
    if (waitpid(child, NULL, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
}

static void sem_18(void)
{
    for (int n = -1; n <= 0; n++) {
        pid_t child = sleeper(n);
        int asleep = get(GETNCNT) + get(GETZCNT);
        drop_set();
        const char *end = ended();
        printf("SEM-18 %s %d asleep %s; IPC_RMID: its semop(2) is %s%s\n",
               yes(asleep == 1 && *error == EIDRM), asleep,
               n == 0 ? "until the value is 0" : "in P",
               *error ? "over: " : "", end);
        bury(child);
    }
}

static void sem_19(void)
{
    static const int flags[] = {0, SA_RESTART};
    struct sigaction sa = {.sa_handler = on_usr1};

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        sa.sa_flags = flags[i];
        if (sigaction(SIGUSR1, &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
        pid_t child = sleeper(-1);
        int before = get(GETNCNT);
        kill(child, SIGUSR1);
        const char *end = ended();
        int after = get(GETNCNT);
        printf("SEM-19 %s asleep in P, semncnt %d; SIGUSR1 is caught%s: %s, "
               "semncnt %d\n",
               yes(*error == EINTR && before == 1 && after == 0), before,
               flags[i] == SA_RESTART ? ", SA_RESTART" : "", end, after);
        bury(child);
    }
}

static void sem_21(void)
{
    struct sigaction sa = {.sa_handler = on_usr1};

    if (sigaction(SIGUSR1, &sa, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    pid_t child = sleeper(0);
    int n = get(GETNCNT), z = get(GETZCNT);
    printf("SEM-21 %s asleep until 1 becomes 0: semncnt %d, semzcnt %d\n",
           yes(n == 1), n, z);
    kill(child, SIGUSR1);
    const char *end = ended();
    int n_after = get(GETNCNT), z_after = get(GETZCNT);
    printf("SEM-21 %s SIGUSR1 is caught: %s; semncnt %d, semzcnt %d\n",
           yes(*error == EINTR && n_after == n - 1), end, n_after, z_after);
    bury(child);
}

static void sem_31(void)
{
    new_set(1);
    int id = set, before = semctl(id, 0, GETVAL);
    drop_set();
    int value = semctl(id, 0, GETVAL);
    printf("SEM-31 %s GETVAL %d; IPC_RMID; GETVAL: %s\n",
           yes(before == 1 && value == -1 && errno == EINVAL), before,
           value == -1 ? strerror(errno) : "done");
    int p = semop_1(id, -1);
    printf("SEM-31 %s then a P: %s\n", yes(p == -1 && errno == EINVAL),
           p == -1 ? strerror(errno) : "done");
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SEM-18", sem_18}, {"SEM-19", sem_19}, {"SEM-21", sem_21},
    {"SEM-31", sem_31},
};

int main(int argc, char *argv[])
{
    static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM};
    int tried = 0;

    error = mmap(NULL, sizeof *error, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (error == MAP_FAILED)
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
        errx(2, "usage: broken [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
