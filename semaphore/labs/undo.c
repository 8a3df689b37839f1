/* undo.c - lab: what SEM_UNDO takes back; and what a V says of its process.
 *
 * Claims:   SEM-33 SEM-34 SEM-35
 * Terminal: build/semaphore/labs/undo [CLAIM] (all: make claims-semaphore)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: semop(2), fork(2), execve(2), sleep(3)
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
static struct {
    atomic_int spoken; /* the child has had its say */
    atomic_int on;     /* the father has gone on */
} *shared;

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

static int put(int value)
{
    return semctl(set, 0, SETVAL, (union semun){.val = value});
}

static int get(int what)
{
    int n = semctl(set, 0, what);

    if (n == -1)
        err(EXIT_FAILURE, "semctl GETVAL or GETNCNT");
    return n;
}

/* A set of one, in place of the last one. */
static void new_set(int value)
{
    sigset_t all, old;

    drop_set();
    sigfillset(&all); /* on_signal() is to know of it */
    sigprocmask(SIG_BLOCK, &all, &old);
    set = semget(IPC_PRIVATE, 1, 0600);
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (set == -1 || put(value) == -1)
        err(EXIT_FAILURE, "a set of one");
}

static int op(int n, int flags)
{
    struct sembuf one = {0, (short)n, (short)flags};

    return semop(set, &one, 1);
}

/* A child that goes on in its own code returns 0 here, as from fork(2). */
static pid_t new_child(void)
{
    pid_t lab = getpid(), child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0 &&
        (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != lab))
        _exit(EXIT_FAILURE); /* whatever happens to the lab */
    return child;
}

/* The child waits here, until end_child(). */
static void stop(void) { kill(getpid(), SIGSTOP); }

/* Until it stops (then it is still alive), or has ended. */
static int is_alive(pid_t child)
{
    int status;

    if (waitpid(child, &status, WUNTRACED) == -1)
        err(EXIT_FAILURE, "waitpid");
    return WIFSTOPPED(status);
}

static void end_child(pid_t child, int sig)
{
    kill(child, sig);
    if (waitpid(child, NULL, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
}

enum { EXITS, IS_KILLED, FORKS, EXECS };

/* A child does it with SEM_UNDO, and lives on until end_child(). */
static pid_t undoer(int n, int way)
{
    pid_t child = new_child(), grandchild;

    if (child == 0) {
        if (op(n, SEM_UNDO) == -1)
            _exit(1);
        if (way == FORKS) {
            if ((grandchild = fork()) == 0)
                _exit(0);
            waitpid(grandchild, NULL, 0);
        }
        if (way == EXECS)
            execlp("sh", "sh", "-c", "kill -STOP $$", (char *)NULL);
        stop();
        _exit(0);
    }
    if (!is_alive(child))
        errx(EXIT_FAILURE, "a child could not do its semop");
    return child;
}

/* With nobody else in between, and then with somebody. */
static void sem_33(void)
{
    static const char *const life[][2] = {
        [EXITS] = {"", "exits"}, [IS_KILLED] = {"", "gets SIGKILL"},
        [FORKS] = {", and a child of its own has ended", "exits"},
        [EXECS] = {", and has become another program", "exits"}};
    static const struct { int before, n, other, is_setval; } mixed[] = {
        {5, -1, 3, 0}, {1, -1, 0, 1}, {1, 3, -4, 0}};
    char step[32];

    for (int way = EXITS; way <= EXECS; way++) {
        new_set(1);
        pid_t child = undoer(-1, way);
        int held = get(GETVAL);
        end_child(child, way == IS_KILLED ? SIGKILL : SIGCONT);
        int after = get(GETVAL);
        printf("SEM-33 %s a process had its P on 1%s: the value is %d; it %s: "
               "%d\n", yes(held == 0 && after == 1), life[way][0], held,
               life[way][1], after);
    }
    for (size_t i = 0; i < sizeof mixed / sizeof *mixed; i++) {
        int before = mixed[i].before, n = mixed[i].n, other = mixed[i].other;
        new_set(before);
        pid_t child = undoer(n, EXITS);
        if ((mixed[i].is_setval ? put(other) : op(other, IPC_NOWAIT)) == -1)
            err(EXIT_FAILURE, "semop or SETVAL");
        int between = get(GETVAL);
        end_child(child, SIGCONT);
        int after = get(GETVAL);
        snprintf(step, sizeof step, mixed[i].is_setval ? "SETVAL %d" : "%+d",
                 other);
        printf("SEM-33 %s %+d on %d, then another process's %s: the value is "
               "%d; the first exits: %d\n", yes(after == before), n, before,
               step, between, after);
    }
}

static void sem_34(void)
{
    shared->spoken = 0;
    pid_t child = new_child();
    if (child == 0) {
        stop(); /* sleep(3), in A's program */
        shared->spoken = 1;
        _exit(0);
    }
    int late = is_alive(child);
    int first = !shared->spoken;
    printf("SEM-34 %s no semaphore, the child is late: the father comes %s\n",
           yes(first), first ? "first" : "after the child's word");
    if (late)
        end_child(child, SIGCONT);

    shared->spoken = 0;
    if ((child = new_child()) == 0) {
        shared->spoken = 1;
        _exit(0);
    }
    is_alive(child); /* anything can make the father late */
    first = !shared->spoken;
    printf("SEM-34 %s no semaphore, the father is late: he comes %s\n",
           yes(first), first ? "first" : "after the child's word");

    new_set(0);
    shared->spoken = 0;
    if ((child = new_child()) == 0) {
        while (get(GETNCNT) == 0 && !shared->on) /* late: he sleeps in P */
            nanosleep(&(struct timespec){0, 100000}, NULL);
        shared->spoken = 1;
        if (op(1, 0) == -1)
            _exit(1);
        stop();
        _exit(0);
    }
    int p = op(-1, 0);
    first = !shared->spoken;
    shared->on = 1;
    printf("SEM-34 %s V and P, the child is late: the father's P is %s; he "
           "comes %s\n", yes(p == 0 && !first), p == 0 ? "done" :
           strerror(errno), first ? "first" : "after the child's word");
    int alive = is_alive(child);
    printf("SEM-34 %s the child has more to do after its V: the father goes "
           "on, and it %s\n", yes(!alive), alive ? "still lives" : "has ended");
    if (alive)
        end_child(child, SIGCONT);
}

static void sem_35(void)
{
    int late[2], why[2];

    for (int undo = 1; undo >= 0; undo--) {
        new_set(0);
        pid_t child = new_child();
        if (child == 0)
            _exit(op(1, undo ? SEM_UNDO : 0));
        if (is_alive(child))
            errx(EXIT_FAILURE, "a child has not ended");
        late[undo] = op(-1, IPC_NOWAIT);
        why[undo] = late[undo] == -1 ? errno : 0;
    }
    printf("SEM-35 %s the child's V, its end, the father's P: %s; without "
           "SEM_UNDO: %s\n", yes(late[1] == 0),
           why[1] == EAGAIN ? "nothing to take, he would wait"
           : why[1] ? strerror(why[1]) : "done",
           why[0] ? strerror(why[0]) : "done");
    new_set(0);
    pid_t child = undoer(1, EXITS);
    int p = op(-1, IPC_NOWAIT), v = op(1, 0);
    end_child(child, SIGCONT);
    int value = get(GETVAL);
    printf("SEM-35 %s the child's V, the father's P and his own V, the child's "
           "end: the value is %d\n", yes(p == 0 && v == 0 && value == 1),
           value);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SEM-33", sem_33}, {"SEM-34", sem_34}, {"SEM-35", sem_35},
};

int main(int argc, char *argv[])
{
    static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM};
    int tried = 0;

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
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
        errx(2, "usage: undo [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
