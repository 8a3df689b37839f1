/* sem_order_posix.c - as sem_order, with POSIX semaphores: named, then unnamed.
 *
 * Article:  A 四.3 "例子", told in the other family of calls
 * Terminal: build/semaphore/sem_order_posix       (each half takes a second)
 * Look for: [1] one call makes the semaphore and sets it to 0, nobody sees it
 *               between the two, as with semget(2) and SETVAL;
 *           [2] its name is gone at once, so nothing is left behind, whoever
 *               is killed: no handler removes anything, no key, no claim;
 *           [3] unnamed, it lies in memory that father and child share.
 * Try:      sem_order_posix 60 &  grep shm /proc/$!/maps
 * Build:    cc alone does with glibc 2.34 or musl; older glibc: cc -pthread
 * See also: sem_overview(7), sem_open(3), sem_init(3), sem_wait(3), sem_post(3)
 */
#define _GNU_SOURCE             /* MAP_ANONYMOUS, sigaction(2) under -std=c11 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static sem_t *sem;              /* of the half that is being played */
static pid_t child;
static volatile sig_atomic_t status; /* of a child that has ended */

/* P: take 1, or sleep until there is one. A signal with a handler interrupts
 * it: to go on would be too early. */
static int sem_p(void)
{
    while (sem_wait(sem) == -1)
        if (errno != EINTR)
            return -1;
    return 0;
}

/* V: add 1, which wakes who waits for it. There is no SEM_UNDO in POSIX. */
static int sem_v(void) { return sem_post(sem); }

/* A dead child does no V: it is done here. Unlike semop(2), sem_post(3) is on
 * the list of signal-safety(7). */
static void on_child(int sig)
{
    int saved = errno, how;

    (void)sig;
    if (waitpid(child, &how, WNOHANG) == child) {
        status = how;
        sem_v();
    }
    errno = saved;
}

/* Both halves: sem is at 0, and all signals are blocked. */
static void play(const struct timespec *rest, const sigset_t *all)
{
    pid_t father = getpid();

    status = 0;
    if ((child = fork()) == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (child == 0) {
        signal(SIGCHLD, SIG_DFL); /* so that nothing interrupts its sleep */
        if (sigprocmask(SIG_UNBLOCK, all, NULL) == 0 &&
            prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == father &&
            nanosleep(rest, NULL) == 0 &&
            printf("Process child: pid=%d\n", (int)getpid()) > 0 &&
            sem_v() == 0)
            _exit(EXIT_SUCCESS);
        warn("the child's sleep, stdout or V");
        _exit(EXIT_FAILURE);
    }

    if (sigprocmask(SIG_UNBLOCK, all, NULL) == -1 || sem_p() == -1)
        err(EXIT_FAILURE, "sem_wait");
    if (status != 0)
        errx(EXIT_FAILURE, "the child died (wait status %d)", (int)status);
    if (printf("Process father: pid=%d\n", (int)father) < 0)
        err(EXIT_FAILURE, "the father's stdout");
    while (waitpid(child, NULL, 0) == -1 && errno == EINTR)
        ;                       /* ECHILD: on_child() has been faster */
    if (sigprocmask(SIG_BLOCK, all, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
}

static void says(const char *which)
{
    if (puts(which) == EOF)
        err(EXIT_FAILURE, "the father's stdout");
}

/* Without /dev/shm, or without the call: this system cannot do it. */
static void cannot(const char *call)
{
    err(errno == ENOSYS || errno == ENOENT ? 77 : EXIT_FAILURE, "%s", call);
}

int main(int argc, char *argv[])
{
    const char *nap = argc > 1 ? argv[1] : "1";
    char *end, name[64];
    double seconds = strtod(nap, &end);
    struct sigaction sa = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP};

    setvbuf(stdout, NULL, _IOLBF, 0); /* printed before the V, not at exit */
    signal(SIGPIPE, SIG_IGN);         /* if nobody reads: an error, not death */
    if (argc > 2 || nap[0] == '-' || end == nap || *end != '\0' ||
        !(seconds >= 0 && seconds <= 3600))
        errx(2, "usage: sem_order_posix [SECONDS]");
    struct timespec rest = {(time_t)seconds, 0};
    rest.tv_nsec = (long)((seconds - (double)rest.tv_sec) * 1e9);

    /* Signals wait until the name is gone, and on_child() knows the child. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1 ||
        sigaction(SIGCHLD, &sa, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask, sigaction");

    /* [1] O_EXCL: never one that somebody else has made. */
    says("A named semaphore, sem_open(3):");
    snprintf(name, sizeof name, "/sem_order_posix.%ld.%ld", (long)geteuid(),
             (long)getpid());
    if ((sem = sem_open(name, O_CREAT | O_EXCL, 0600, 0)) == SEM_FAILED)
        cannot("sem_open");
    if (sem_unlink(name) == -1) /* [2] who has it open keeps it, as a file */
        err(EXIT_FAILURE, "sem_unlink %s", name);
    play(&rest, &sa.sa_mask);
    if (sem_close(sem) == -1)
        err(EXIT_FAILURE, "sem_close");

    says("An unnamed semaphore, sem_init(3) in shared memory:");
    sem = mmap(NULL, sizeof *sem, PROT_READ | PROT_WRITE, /* [3] */
               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sem == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    if (sem_init(sem, 1, 0) == -1) /* 1: between processes, not just threads */
        cannot("sem_init");
    play(&rest, &sa.sa_mask);
    if (sem_destroy(sem) == -1 || munmap(sem, sizeof *sem) == -1)
        err(EXIT_FAILURE, "sem_destroy");
    return EXIT_SUCCESS;
}
