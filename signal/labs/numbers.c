/* numbers.c - lab: old signals merge, real-time signals queue.
 *
 * Claims:   SIG-5 SIG-7 SIG-8 SIG-9 SIG-12 SIG-13 SIG-19
 * Terminal: build/signal/labs/numbers [CLAIM]   (all labs: make claims-signal)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: signal(7), sigqueue(3), sigwaitinfo(2), getrlimit(2)
 */
#define _GNU_SOURCE /* syscall(2) */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MANY = 5 };
enum how { KILL, SIGQUEUE };
static pid_t lab; /* ourselves */

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static void mask(int how, int sig)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, sig);
    if (sigprocmask(how, &set, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
}

/* Take one that is pending: 1 and who brought it, or 0 if there is none. */
static int take(int sig, siginfo_t *info)
{
    static const struct timespec at_once;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, sig);
    while (sigtimedwait(&set, info, &at_once) == -1)
        if (errno == EAGAIN)
            return 0;
        else if (errno != EINTR)
            err(EXIT_FAILURE, "sigtimedwait");
    return 1;
}

static int send(enum how how, int sig, int value)
{
    union sigval v = {.sival_int = value};

    return how == KILL ? kill(lab, sig) : sigqueue(lab, sig, v);
}

/* Send one signal `times` times while it is blocked. How many come? */
static int come(enum how how, int sig, int times)
{
    siginfo_t info;
    int n = 0;

    mask(SIG_BLOCK, sig);
    for (int i = 1; i <= times; i++)
        if (send(how, sig, i) == -1)
            err(EXIT_FAILURE, how == KILL ? "kill" : "sigqueue");
    while (take(sig, &info))
        n++;
    mask(SIG_UNBLOCK, sig);
    return n;
}

/* What a child sends with sigqueue(3), and kill(2) beside it. */
static void sig_5(void)
{
    int sig = SIGRTMIN, status;
    siginfo_t info = {0};
    union sigval v = {.sival_int = 77};

    mask(SIG_BLOCK, sig);
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0)
        _exit(sigqueue(lab, sig, v) == -1);
    if (waitpid(child, &status, 0) == -1 || status != 0)
        errx(EXIT_FAILURE, "the child could not send");
    int came = take(sig, &info);
    printf("SIG-5 %s a child sent SIGRTMIN with 77, by sigqueue(3): %s%d\n",
           yes(came && info.si_code == SI_QUEUE && info.si_pid == child &&
               info.si_value.sival_int == 77),
           came ? "with it came " : "nothing came, ", info.si_value.sival_int);
    mask(SIG_UNBLOCK, sig);
}

/* Does the C library let us have it, and can it be caught? */
static int usable(int sig)
{
    sigset_t set;

    sigemptyset(&set);
    return sig != SIGKILL && sig != SIGSTOP && sigaddset(&set, sig) == 0;
}

/* Two of each number. Along either line the border is the same. */
static void sig_7(void)
{
    int old = 0, merge = 0, new = 0, queue = 0;
    siginfo_t info;
    sigset_t all, before;

    sigfillset(&all);
    if (sigprocmask(SIG_BLOCK, &all, &before) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    for (int sig = 1; sig <= SIGRTMAX; sig++) {
        int n = 0;
        if (!usable(sig))
            continue;
        if (send(KILL, sig, 0) == -1 || send(KILL, sig, 0) == -1)
            err(EXIT_FAILURE, "kill");
        while (take(sig, &info))
            n++;
        if (sig < SIGRTMIN) {
            old++;
            merge += n == 1;
        } else {
            new++;
            queue += n == 2;
        }
    }
    if (sigprocmask(SIG_SETMASK, &before, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    printf("SIG-7 %s two of each signal below SIGRTMIN: of %d numbers, %d give "
           "one\n", yes(old > 0 && merge == old), old, merge);
    printf("SIG-7 %s two of each from SIGRTMIN to SIGRTMAX: of %d numbers, %d "
           "give both\n", yes(new > 0 && queue == new), new, queue);
}

/* The kernel has 32, too; but the C library keeps it for its threads. */
static void sig_8(void)
{
    char now[64] = {0}; /* more than the kernel's struct takes anywhere */
    struct sigaction action;
    int library = sigaction(32, NULL, &action), why = errno;
    long kernel = syscall(SYS_rt_sigaction, 32, NULL, now, _NSIG / 8);

    printf("SIG-8 %s SIGRTMIN is %d here; sigaction(32) of the C library: %s; "
           "the kernel's own: %s\n", yes(SIGRTMIN == 32), SIGRTMIN,
           library == -1 ? strerror(why) : "done",
           kernel == -1 ? strerror(errno) : "done");
    printf("SIG-8 %s SIGRTMAX is %d here; of 2 sent with that number came %d\n",
           yes(SIGRTMAX == 63), SIGRTMAX, come(KILL, SIGRTMAX, 2));
}

static void sig_9(void)
{
    int n = come(KILL, SIGUSR1, MANY);

    printf("SIG-9 %s SIGUSR1 sent %d times by kill(2) while it is blocked: %d "
           "came\n", yes(n > 0 && n < MANY), MANY, n);
}

/* Sent with the numbers from 1 on: are all there, in this order? */
static void sig_12(void)
{
    struct rlimit old, few;
    siginfo_t info;
    int n = 0, in_order = 1, refused = 0, sig = SIGRTMIN;

    mask(SIG_BLOCK, sig);
    for (int i = 1; i <= MANY; i++)
        if (send(SIGQUEUE, sig, i) == -1)
            err(EXIT_FAILURE, "sigqueue");
    while (take(sig, &info))
        in_order &= info.si_value.sival_int == ++n;
    printf("SIG-12 %s SIGRTMIN sent %d times while it is blocked: %d came%s\n",
           yes(n == MANY && in_order), MANY, n, in_order ? ", in order" : "");

    if (getrlimit(RLIMIT_SIGPENDING, &old) == -1)
        err(EXIT_FAILURE, "getrlimit");
    few = old;
    few.rlim_cur = 2; /* for all that this user's processes have pending */
    if (setrlimit(RLIMIT_SIGPENDING, &few) == -1)
        err(EXIT_FAILURE, "setrlimit");
    for (int i = 1; i <= MANY; i++)
        if (send(SIGQUEUE, sig, i) == -1) {
            if (errno != EAGAIN)
                err(EXIT_FAILURE, "sigqueue");
            refused++;
        }
    for (n = 0; take(sig, &info);)
        n++;
    printf("SIG-12 %s RLIMIT_SIGPENDING is %d, %d sent by sigqueue(3): EAGAIN "
           "for %s, %s came\n", yes(n == MANY), (int)few.rlim_cur, MANY,
           refused ? "the rest" : "none", n < MANY ? "not all" : "all");
    n = come(KILL, sig, MANY); /* each kill(2) returns 0 */
    printf("SIG-12 %s the same by kill(2), which reports no error: %s came\n",
           yes(n == MANY), n < MANY ? "not all" : "all");
    if (setrlimit(RLIMIT_SIGPENDING, &old) == -1)
        err(EXIT_FAILURE, "setrlimit");
    mask(SIG_UNBLOCK, sig);
}

static volatile sig_atomic_t handled;

static void count(int sig)
{
    (void)sig;
    handled++;
}

/* The new calls with either kind of number, then the old calls. */
static void sig_13(void)
{
    struct sigaction new = {.sa_handler = count};
    const struct {
        const char *calls, *name;
        enum how how;
        int sig;
    } with[] = {
        {"sigaction(2) and sigqueue(3)", "SIGRTMIN", SIGQUEUE, SIGRTMIN},
        {"sigaction(2) and sigqueue(3)", "SIGUSR1", SIGQUEUE, SIGUSR1},
        {"signal(2) and kill(2)", "SIGRTMIN", KILL, SIGRTMIN},
        {"signal(2) and kill(2)", "SIGUSR1", KILL, SIGUSR1},
    };

    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++) {
        int is_new = with[i].how == SIGQUEUE, sig = with[i].sig;
        if (is_new ? sigaction(sig, &new, NULL) == -1
                   : signal(sig, count) == SIG_ERR)
            err(EXIT_FAILURE, "installing a handler");
        mask(SIG_BLOCK, sig);
        for (int k = 1; k <= MANY; k++)
            if (send(with[i].how, sig, k) == -1)
                err(EXIT_FAILURE, is_new ? "sigqueue" : "kill");
        handled = 0;
        mask(SIG_UNBLOCK, sig); /* here they come */
        int reliable = handled == MANY;
        printf("SIG-13 %s %s, %d of %s: the handler ran %s\n",
               yes(reliable == is_new), with[i].calls, MANY, with[i].name,
               reliable ? "for each" : handled == 1 ? "once" : "for some");
        signal(sig, SIG_DFL);
    }
}

/* Those which a shell sends by name come with the number of that name. */
static void sig_19(void)
{
    static const struct {
        const char *name;
        int sig;
    } names[] = {
        {"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT},
        {"ILL", SIGILL},   {"TRAP", SIGTRAP}, {"ABRT", SIGABRT},
        {"BUS", SIGBUS},   {"FPE", SIGFPE},   {"USR1", SIGUSR1},
        {"SEGV", SIGSEGV}, {"USR2", SIGUSR2}, {"PIPE", SIGPIPE},
        {"TERM", SIGTERM}, {"URG", SIGURG},   {"XCPU", SIGXCPU},
        {"PROF", SIGPROF}, {"SYS", SIGSYS},
    };
    const int n = sizeof names / sizeof names[0];
    char command[1024] = "";
    int signals = 0, status, came = 0;
    siginfo_t info;
    sigset_t named, before;

    for (int sig = 1; sig <= SIGRTMAX; sig++)
        signals += usable(sig);
    printf("SIG-19 %s signals that a program can catch: %d\n",
           yes(signals > 24), signals);

    sigemptyset(&named);
    for (int i = 0; i < n; i++) {
        size_t at = strlen(command);
        snprintf(command + at, sizeof command - at, "kill -s %s %d || exit 1; ",
                 names[i].name, (int)lab);
        sigaddset(&named, names[i].sig);
    }
    if (sigprocmask(SIG_BLOCK, &named, &before) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        execlp("sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    if (waitpid(child, &status, 0) == -1 || status != 0)
        errx(EXIT_FAILURE, "the shell could not send");
    for (int i = 0; i < n; i++)
        came += take(names[i].sig, &info) && info.si_pid == child;
    if (sigprocmask(SIG_SETMASK, &before, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    printf("SIG-19 %s of %d that a shell sent by name, from HUP to SYS, %d had "
           "the number of that name (SIGUSR1: %d)\n", yes(came == n), n,
           came, SIGUSR1);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SIG-5", sig_5},   {"SIG-7", sig_7},   {"SIG-8", sig_8}, {"SIG-9", sig_9},
    {"SIG-12", sig_12}, {"SIG-13", sig_13}, {"SIG-19", sig_19},
};

int main(int argc, char *argv[])
{
    int tried = 0;

    lab = getpid();
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: numbers [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
