/* order.c - lab: parent and child after fork(2): who runs, and who is first?
 *
 * Claims:   GEN-6 GEN-7 GEN-8
 * Terminal: build/pipe/labs/order [CLAIM]       (all labs: make claims-pipe)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: fork(2), sched(7), sched_setaffinity(2), pipe(7), signal(7)
 */
#define _GNU_SOURCE /* cpu_set_t, MAP_ANONYMOUS */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct { /* memory of both */
    volatile long steps; /* of the child */
    atomic_int first;    /* who was here first: 0, PARENT or CHILD */
} *shared;
enum { PARENT = 1, CHILD };

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static void new_pipe(int fd[2])
{
    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
}

static pid_t new_child(void)
{
    pid_t child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork");
    return child;
}

static int reap(pid_t child)
{
    int status;

    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return status;
}

/* ---- GEN-6 --------------------------------------------------------------- */

static pid_t child_that_counts(void)
{
    pid_t parent = getpid();

    shared->steps = 0;
    pid_t child = new_child();
    if (child == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
            _exit(1);
        for (;;)
            shared->steps++;
    }
    while (shared->steps == 0)
        sched_yield();
    return child;
}

/* The parent does that many steps: how many does the child do meanwhile? */
static long child_while_parent(long steps)
{
    volatile long own = 0;
    long before = shared->steps;

    while (own < steps)
        own++;
    return shared->steps - before;
}

static void end_child(pid_t child)
{
    if (kill(child, SIGKILL) == -1)
        err(EXIT_FAILURE, "kill");
    reap(child);
}

static void gen_6(void)
{
    const long steps = 100000;
    cpu_set_t all, one;
    long moved;
    int status, cpu = 0, tries = 0;

    if (sched_getaffinity(0, sizeof all, &all) == -1) {
        printf("GEN-6 skip both on one CPU: %s\n", strerror(errno));
    } else {
        while (!CPU_ISSET(cpu, &all))
            cpu++;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        if (sched_setaffinity(0, sizeof one, &one) == -1)
            err(EXIT_FAILURE, "sched_setaffinity");
        pid_t child = child_that_counts();
        do /* unless the child gets its turn in the midst of it */
            moved = child_while_parent(steps);
        while (moved != 0 && ++tries < 1000);
        printf("GEN-6 %s both on CPU %d: the parent did %ld steps, the child "
               "meanwhile %ld\n", yes(moved == steps), cpu, steps, moved);
        end_child(child);
        if (sched_setaffinity(0, sizeof all, &all) == -1)
            err(EXIT_FAILURE, "sched_setaffinity");
    }

    pid_t child = child_that_counts();
    if (kill(child, SIGSTOP) == -1 || waitpid(child, &status, WUNTRACED) == -1)
        err(EXIT_FAILURE, "kill");
    moved = child_while_parent(steps);
    printf("GEN-6 %s the child stopped by SIGSTOP: the parent did %ld steps, "
           "the child meanwhile %ld\n", yes(moved == steps), steps, moved);
    end_child(child);
}

/* ---- GEN-7 --------------------------------------------------------------- */

static void be_first(int who)
{
    int nobody = 0;

    atomic_compare_exchange_strong(&shared->first, &nobody, who);
}

static void gen_7(void)
{
    long first[3] = {0, 0, 0};
    time_t end = time(NULL) + 15;

    /* One and the same program, until the other order comes, too. */
    while ((first[PARENT] == 0 || first[CHILD] == 0) && time(NULL) < end) {
        atomic_store(&shared->first, 0);
        pid_t child = new_child();
        be_first(child == 0 ? CHILD : PARENT);
        if (child == 0)
            _exit(0);
        reap(child);
        first[atomic_load(&shared->first)]++;
    }
    printf("GEN-7 %s fork(2), and both run at once: of %ld times the parent "
           "was first in %ld, the child in %ld\n",
           yes(first[PARENT] > 0 && first[CHILD] > 0),
           first[PARENT] + first[CHILD], first[PARENT], first[CHILD]);
}

/* ---- GEN-8 --------------------------------------------------------------- */

/* It is our turn when the other has closed the last write end. */
static void wait_for_turn(const int turn[2])
{
    char c;

    close(turn[1]);
    if (read(turn[0], &c, 1) != 0)
        _exit(99);
}

/* Who is first, if the other waits at a pipe? */
static int first_by_pipe(int who)
{
    int turn[2];

    new_pipe(turn);
    atomic_store(&shared->first, 0);
    pid_t child = new_child();
    int me = child == 0 ? CHILD : PARENT;
    if (me != who)
        wait_for_turn(turn);
    be_first(me);
    if (me == who)
        close(turn[1]);
    if (child == 0)
        _exit(0);
    close(turn[0]);
    reap(child);
    return atomic_load(&shared->first);
}

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
    caught = sig;
}

/* The parent sends SIGUSR1, the child gets ready for it: which is first? */
static int child_status(int first)
{
    int turn[2], end[2];
    char c;

    new_pipe(turn);
    new_pipe(end);
    pid_t child = new_child();
    if (child == 0) {
        close(end[1]);
        if (first == PARENT)
            wait_for_turn(turn);
        signal(SIGUSR1, on_signal);
        close(turn[1]);
        while (read(end[0], &c, 1) == -1 && errno == EINTR)
            ;
        _exit(caught == SIGUSR1 ? 0 : 1);
    }
    if (first == CHILD)
        wait_for_turn(turn);
    if (kill(child, SIGUSR1) == -1)
        err(EXIT_FAILURE, "kill");
    if (first == PARENT)
        close(turn[1]);
    close(turn[0]);
    close(end[0]);
    close(end[1]);
    return reap(child);
}

static const char *what_became(int status)
{
    return WIFSIGNALED(status) ? "it kills the child" :
           WEXITSTATUS(status) == 0 ? "the child catches it" : "it is lost";
}

static void gen_8(void)
{
    enum { TIMES = 5 };
    int child_status_1 = child_status(CHILD), n = 0;
    int child_status_2 = child_status(PARENT);

    printf("GEN-8 %s a signal, and the child's handler: handler first, %s; "
           "signal first, %s\n", yes(child_status_1 == child_status_2),
           what_became(child_status_1), what_became(child_status_2));
    for (int i = 0; i < TIMES; i++)
        n += first_by_pipe(CHILD) == CHILD;
    printf("GEN-8 %s the parent waits at a pipe: the child was first in %d of "
           "%d\n", yes(n == TIMES), n, TIMES);
    n = 0;
    for (int i = 0; i < TIMES; i++)
        n += first_by_pipe(PARENT) == PARENT;
    printf("GEN-8 %s the child waits at a pipe: the parent was first in %d of "
           "%d\n", yes(n == TIMES), n, TIMES);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"GEN-6", gen_6}, {"GEN-7", gen_7}, {"GEN-8", gen_8},
};

int main(int argc, char *argv[])
{
    int tried = 0;

    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: order [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
