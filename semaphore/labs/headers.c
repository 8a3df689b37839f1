/* headers.c - lab: what <sys/sem.h> declares, and what a compiler makes of it.
 *
 * Claims:   SEM-12 SEM-25 SEM-39 SEM-40 SEM-41 SEM-42
 * Terminal: build/semaphore/labs/headers [CLAIM] (all: make claims-semaphore)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * Compiles: nothing but declarations, with $CC or cc, without any output file
 * See also: semctl(2), semop(2)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

union semun {
    int val;
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

static void new_set(int members)
{
    sigset_t all, old;

    drop_set();
    sigfillset(&all); /* on_signal() is to know of it */
    sigprocmask(SIG_BLOCK, &all, &old);
    set = semget(IPC_PRIVATE, members, 0600);
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (set == -1)
        err(EXIT_FAILURE, "semget");
}

/* Does this compile, behind the includes? The kernel's headers are searched
 * for last in the usual places, as musl-gcc looks into none of these. */
static int compiles(const char *headers, const char *source)
{
    static struct utsname machine;
    char command[256], all[256];
    int in[2], status, n;

    if (machine.machine[0] == '\0' && uname(&machine) == -1)
        err(EXIT_FAILURE, "uname");
    snprintf(command, sizeof command, "exec ${CC:-cc} -x c -std=gnu11 -w "
             "-fsyntax-only -idirafter /usr/include "
             "-idirafter /usr/include/%s-linux-gnu - 2>/dev/null",
             machine.machine);
    n = snprintf(all, sizeof all, "%s\n%s\n", headers, source);
    if (pipe(in) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        dup2(in[0], 0);
        close(in[0]);
        close(in[1]);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    if (write(in[1], all, (size_t)n) == -1 && errno != EPIPE)
        err(EXIT_FAILURE, "write to the compiler");
    close(in[1]);
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return status == 0;
}

#define SYS_SEM "#include <sys/sem.h>"

/* If what must compile does not, nothing can be said. */
static int cannot_say(const char *claim, int control)
{
    if (!control)
        printf("%s skip needs a C compiler, as $CC or cc\n", claim);
    return !control;
}

static const char *verdict(int compiled)
{
    return compiled ? "compiles" : "does not compile";
}

static void sem_12(void)
{
    struct sembuf op = {.sem_num = 0, .sem_op = 1};

    printf("SEM-12 %s a short has %zu bytes, sem_num %zu\n",
           yes(sizeof op.sem_num == sizeof(short)), sizeof(short),
           sizeof op.sem_num);
    op.sem_num--;
    printf("SEM-12 %s sem_num 0, and 1 less: %d\n", yes(op.sem_num < 1),
           op.sem_num);
}

static void sem_25(void)
{
    static const char listing[] = "void f(void) { union semun u; u.val = 1; }";
    int as_printed = compiles(SYS_SEM, listing);
    int defined = compiles(SYS_SEM "\nunion semun { int val; };", listing);

    if (cannot_say("SEM-25", defined))
        return;
    printf("SEM-25 %s <sys/sem.h> and a variable of type union semun: %s; with "
           "the union defined before: %s\n", yes(as_printed),
           verdict(as_printed), verdict(defined));
}

static void sem_39(void)
{
    static const int values[] = {5, 3};

    new_set(1);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        union semun arg = {.val = values[i]};
        if (semctl(set, 0, SETVAL, arg) == -1)
            err(EXIT_FAILURE, "semctl SETVAL");
        int got = semctl(set, 0, GETVAL);
        printf("SEM-39 %s SETVAL with a fourth argument of %d: the value is %d"
               "\n", yes(got == values[i]), values[i], got);
    }
    int four = compiles(SYS_SEM, "int f = sizeof semctl(1, 0, SETVAL, 1);");
    int three = compiles(SYS_SEM, "int f = sizeof semctl(1, 0, SETVAL);");
    int two = compiles(SYS_SEM, "int f = sizeof semctl(1, 0);");
    if (cannot_say("SEM-39", four))
        return;
    printf("SEM-39 %s it is for you to remember: SETVAL with four arguments "
           "%s, with three %s, with two %s\n", yes(three && !two),
           verdict(four), verdict(three), verdict(two));
}

static void sem_40(void)
{
    int seat = compiles(SYS_SEM, "int command = IPC_SEAT;");
    int stat = compiles(SYS_SEM, "int command = IPC_STAT;");

    if (cannot_say("SEM-40", stat))
        return;
    printf("SEM-40 %s IPC_SEAT: %s; IPC_STAT: %s\n", yes(seat), verdict(seat),
           verdict(stat));
}

static void sem_41(void)
{
    static const char use[] = "union semun u;",
        kernel[] = "#include <linux/sem.h>";

    if (cannot_say("SEM-41", compiles(SYS_SEM, "struct sembuf one;")))
        return;
    int there = compiles(SYS_SEM, use);
    printf("SEM-41 %s union semun with <sys/sem.h>: %s\n", yes(!there),
           verdict(there));
    if (!compiles(kernel, "")) {
        printf("SEM-41 skip needs <linux/sem.h>, the kernel's headers\n");
        return;
    }
    there = compiles(kernel, use);
    printf("SEM-41 %s union semun with <linux/sem.h>: %s\n", yes(!there),
           verdict(there));
    there = compiles(SYS_SEM "\n#include <linux/sem.h>", use);
    printf("SEM-41 %s union semun with both: %s\n", yes(!there),
           verdict(there));
}

static void sem_42(void)
{
    struct sembuf op = {0, 1, 0};

    if (sizeof(size_t) == sizeof(unsigned)) {
        printf("SEM-42 skip size_t is as wide as unsigned on this machine\n");
        return;
    }
    int as_unsigned = compiles(SYS_SEM,
        "int semop(int, struct sembuf *, unsigned);");
    int as_size_t = compiles(SYS_SEM,
        "int semop(int, struct sembuf *, __SIZE_TYPE__);");
    if (cannot_say("SEM-42", as_size_t))
        return;
    new_set(1);
    size_t many = ((size_t)1 << (sizeof(unsigned) * 8)) + 1;
    int done = semop(set, &op, many);
    printf("SEM-42 %s semop(2) declared again with unsigned: %s; with size_t: "
           "%s (a call with %zu, as an unsigned 1: the kernel says %s)\n",
           yes(as_unsigned), verdict(as_unsigned), verdict(as_size_t), many,
           outcome(done));
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SEM-12", sem_12}, {"SEM-25", sem_25}, {"SEM-39", sem_39},
    {"SEM-40", sem_40}, {"SEM-41", sem_41}, {"SEM-42", sem_42},
};

int main(int argc, char *argv[])
{
    static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM};
    int tried = 0;

    signal(SIGPIPE, SIG_IGN); /* no compiler: nobody reads */
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
        errx(2, "usage: headers [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
