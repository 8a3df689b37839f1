/* moments.c - lab: when a signal comes, and to whom.
 *
 * Claims:   SIG-2 SIG-3 SIG-4 SIG-16 SIG-17 SIG-18
 * Terminal: build/signal/labs/moments [CLAIM]   (all labs: make claims-signal)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: signal(7), sigprocmask(2), sigwaitinfo(2), kill(2), mq_notify(3)
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS, setresuid(2) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static pid_t new_child(void) /* which does not outlive us */
{
    pid_t lab = getpid(), child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0)
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != lab)
            _exit(255);
    return child;
}

static int status_of(pid_t child, int options)
{
    int status;

    while (waitpid(child, &status, options) == -1)
        if (errno != EINTR)
            err(EXIT_FAILURE, "waitpid");
    return status;
}

static void send(pid_t to, int sig)
{
    if (kill(to, sig) == -1)
        err(EXIT_FAILURE, "kill");
}

static volatile sig_atomic_t handled;

static void count(int sig)
{
    (void)sig;
    handled++;
}

static void install(int sig, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    if (sigaction(sig, &action, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
}

static void mask(int how, int sig)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, sig);
    if (sigprocmask(how, &set, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
}

/* ---- how a signal breaks in ------------------------------------------- */

static unsigned next(unsigned x)
{
    return x * 1664525 + 1013904223;
}

static volatile sig_atomic_t again_inside; /* handled a second time in there */

static void interrupt(int sig)
{
    if (++handled == 1) {
        raise(sig);
        again_inside = handled > 1;
    }
}

/* Compute, and call nothing, until a timer's signal has come: how many steps,
 * or 0 if none came in very many. */
static unsigned interrupted_after(unsigned *x)
{
    struct itimerval soon = {.it_value.tv_usec = 1000};
    unsigned n = 0;

    handled = 0;
    if (setitimer(ITIMER_VIRTUAL, &soon, NULL) == -1)
        err(EXIT_FAILURE, "setitimer");
    while (!handled && n < 100000000) {
        *x = next(*x);
        n++;
    }
    return handled ? n : 0;
}

/* As by an interrupt: the work goes on where it was, and while the handler
 * runs the same signal is held back. */
static void sig_2(void)
{
    unsigned x = 1, y = 1;

    install(SIGVTALRM, interrupt);
    again_inside = 0;
    unsigned steps = interrupted_after(&x);
    for (unsigned i = 0; i < steps; i++)
        y = next(y);
    printf("SIG-2 %s a loop that calls nothing: %s; its result is %s\n",
           yes(steps > 0 && x == y),
           steps > 0 ? "the handler ran inside it, and it went on"
                     : "no handler ran",
           x == y ? "right" : "wrong");
    printf("SIG-2 %s the handler raised its own signal: that one came %s\n",
           yes(handled == 2 && !again_inside),
           again_inside ? "inside it" : handled == 2 ? "after it" : "never");
    install(SIGVTALRM, SIG_DFL);
}

static sigjmp_buf back;
static void *volatile fault_at;

static void fault(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)context;
    fault_at = info->si_addr;
    siglongjmp(back, 1);
}

static void sig_3(void)
{
    unsigned x = 1;
    siginfo_t info;
    sigset_t set;

    install(SIGVTALRM, count);
    printf("SIG-3 %s a loop that does not wait: the handler ran somewhere in "
           "it\n", yes(interrupted_after(&x) > 0));
    install(SIGVTALRM, SIG_DFL);

    install(SIGUSR1, count);
    handled = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    mask(SIG_BLOCK, SIGUSR1);
    pid_t lab = getpid(), child = new_child();
    if (child == 0)
        _exit(kill(lab, SIGUSR1) == -1);
    int sig = sigwaitinfo(&set, &info);
    int waited = sig == SIGUSR1 && info.si_pid == child && !handled;
    printf("SIG-3 %s blocked, and taken by sigwaitinfo(2): it returned %s, no "
           "handler ran\n", yes(!waited), waited ? "the signal" : "nothing");
    status_of(child, 0);
    mask(SIG_UNBLOCK, SIGUSR1);

    struct sigaction at_fault = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
    char *page = mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    if (sigaction(SIGSEGV, &at_fault, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    volatile int expected = 0;
    for (volatile int i = 0; i < 10; i++)
        if (sigsetjmp(back, 1) == 0)
            ((volatile char *)page)[i] = 1; /* to here, and no further */
        else
            expected += fault_at == page + i;
    printf("SIG-3 %s 10 stores to a page for reading only: %d times SIGSEGV "
           "came at that very store\n", yes(expected != 10), expected);
    install(SIGSEGV, SIG_DFL);
    munmap(page, 1);
}

/* ---- another asynchronous notice -------------------------------------- */

static int notice[2];

static void called(union sigval queue)
{
    char text[16] = "";
    struct mq_attr attr;
    mqd_t mq = *(mqd_t *)queue.sival_ptr;

    if (mq_getattr(mq, &attr) == -1 || attr.mq_msgsize > (long)sizeof text ||
        mq_receive(mq, text, sizeof text, NULL) == -1)
        text[0] = '?';
    if (write(notice[1], text, 1) != 1)
        abort();
}

/* A message queue of POSIX calls a function of the receiver, in a thread of
 * its own. All signals are blocked. */
static void sig_4(void)
{
    struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 16};
    char name[32], text = 0;
    mqd_t mq;
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD,
        .sigev_notify_function = called,
        .sigev_value.sival_ptr = &mq,
    };
    sigset_t all, old;

    snprintf(name, sizeof name, "/moments.%d", (int)getpid());
    if ((mq = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr)) == -1) {
        printf("SIG-4 skip mq_open(3): %s\n", strerror(errno));
        return;
    }
    if (mq_unlink(name) == -1) /* whoever has it open keeps it */
        err(EXIT_FAILURE, "mq_unlink %s", name);
    sigfillset(&all);
    sigdelset(&all, SIGALRM); /* our own bound */
    if (pipe(notice) == -1 || sigprocmask(SIG_SETMASK, &all, &old) == -1)
        err(EXIT_FAILURE, "pipe or sigprocmask");
    if (mq_notify(mq, &event) == -1) {
        printf("SIG-4 skip mq_notify(3): %s\n", strerror(errno));
    } else {
        pid_t child = new_child();
        if (child == 0)
            _exit(mq_send(mq, "m", 1, 0) == -1);
        if (status_of(child, 0) != 0)
            errx(EXIT_FAILURE, "the child could not send");
        struct pollfd p = {.fd = notice[0], .events = POLLIN};
        int came = poll(&p, 1, 10000) == 1 && read(notice[0], &text, 1) == 1;
        printf("SIG-4 %s all signals blocked, a child sends to a POSIX queue: "
               "%s\n", yes(!came || text != 'm'),
               came ? "a function was called, in a thread of its own"
                    : "nobody was told");
    }
    if (sigprocmask(SIG_SETMASK, &old, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    mq_close(mq);
    close(notice[0]);
    close(notice[1]);
}

/* ---- the receiver's state --------------------------------------------- */

static int handles[2]; /* a byte for each signal that a child has handled */

static void tell(int sig)
{
    char c = (char)sig;

    if (write(handles[1], &c, 1) != 1)
        _exit(EXIT_FAILURE);
}

/* A child that sleeps, and handles SIGUSR1 when it comes. */
static pid_t sleeper(void)
{
    char c;

    if (pipe(handles) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t child = new_child();
    if (child == 0) {
        install(SIGUSR1, tell);
        tell(0);
        for (;;)
            pause();
    }
    if (read(handles[0], &c, 1) != 1)
        errx(EXIT_FAILURE, "the child did not start");
    return child;
}

/* A letter of /proc/PID/stat: S asleep, T stopped, Z a zombie, ... */
static char state(pid_t pid)
{
    char name[64], line[512], *at;

    snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(name, "r");
    if (f == NULL)
        return '-';
    at = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    fclose(f);
    return at != NULL ? at[2] : '-';
}

static void await(pid_t child, char wanted)
{
    while (state(child) != wanted)
        poll(NULL, 0, 1);
}

static int has_handled(int milliseconds) /* at most, until it has */
{
    struct pollfd p = {.fd = handles[0], .events = POLLIN};

    return poll(&p, 1, milliseconds) == 1;
}

/* Does the kernel keep it for the process? A mask in /proc/PID/status. */
static int is_pending(pid_t pid, int sig)
{
    char name[64], line[512];
    unsigned long long mask = 0;

    snprintf(name, sizeof name, "/proc/%d/status", (int)pid);
    FILE *f = fopen(name, "r");
    if (f == NULL)
        err(EXIT_FAILURE, "%s", name);
    while (fgets(line, sizeof line, f))
        if (strncmp(line, "ShdPnd:", 7) == 0)
            mask = strtoull(line + 7, NULL, 16);
    fclose(f);
    return mask >> (sig - 1) & 1;
}

static void end(pid_t child)
{
    send(child, SIGKILL);
    status_of(child, 0);
    close(handles[0]);
    close(handles[1]);
}

static void tell_16(const char *whom, int result)
{
    printf("SIG-16 %s kill(2) to %s: %s\n", yes(result == 0), whom,
           result == 0 ? "done" : strerror(errno));
}

static void sig_16(void)
{
    int status, root = geteuid() == 0;
    siginfo_t info;

    pid_t child = sleeper();
    await(child, 'S');
    tell_16("a child that sleeps", kill(child, SIGUSR1));
    send(child, SIGSTOP);
    status_of(child, WUNTRACED);
    tell_16("the same, stopped", kill(child, SIGUSR1));
    send(child, SIGKILL);
    if (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == -1)
        err(EXIT_FAILURE, "waitid");
    tell_16("the same, dead, but a zombie still", kill(child, SIGUSR1));
    end(child);
    tell_16("the same, waited for", kill(child, SIGUSR1));

    /* Signal 0 only asks for permission. */
    pid_t other = root ? getpid() : 1;
    child = new_child();
    if (child == 0) {
        if (root && setresuid(65534, 65534, 65534) == -1)
            _exit(255);
        _exit(kill(other, 0) == -1 ? errno : 0);
    }
    status = status_of(child, 0);
    errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
    if (errno == 255)
        printf("SIG-16 skip kill(2) to another user's process: root cannot "
               "become another user here\n");
    else if (errno == 0 && !root)
        printf("SIG-16 skip kill(2) to another user's process: process 1 is "
               "our own, and only root can be somebody else\n");
    else
        tell_16("another user's process", errno == 0 ? 0 : -1);
}

static void sig_17(void)
{
    pid_t child = sleeper();

    send(child, SIGSTOP);
    status_of(child, WUNTRACED);
    send(child, SIGUSR1);
    int kept = is_pending(child, SIGUSR1) && !has_handled(0);
    send(child, SIGCONT);
    int after = has_handled(10000);
    printf("SIG-17 %s SIGUSR1 to a stopped child: %s; resumed by SIGCONT, it "
           "%s\n", yes(kept && after), kept ? "pending" : "not pending",
           after ? "handled it" : "did not handle it");
    end(child);

    child = sleeper();
    await(child, 'S');
    send(child, SIGUSR1); /* and nobody resumes it */
    int woken = has_handled(10000);
    printf("SIG-17 %s SIGUSR1 to a child that sleeps in pause(2): %s\n",
           yes(!woken), woken ? "it was woken, and handled it" : "kept");
    end(child);

    child = sleeper();
    send(child, SIGSTOP);
    status_of(child, WUNTRACED);
    send(child, SIGKILL);
    int status = status_of(child, WUNTRACED);
    int killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    printf("SIG-17 %s SIGKILL to a stopped child: %s\n", yes(!killed),
           killed ? "it died, and was not resumed" : "kept");
    if (!killed)
        end(child);
}

static void sig_18(void)
{
    sigset_t pending, blocked;

    install(SIGUSR1, count);
    mask(SIG_BLOCK, SIGUSR1);
    handled = 0;
    send(getpid(), SIGUSR1);
    int before = handled;
    if (sigpending(&pending) == -1)
        err(EXIT_FAILURE, "sigpending");
    mask(SIG_UNBLOCK, SIGUSR1);
    printf("SIG-18 %s SIGUSR1 sent while blocked: %s, %s; unblocked: %s\n",
           yes(!before && sigismember(&pending, SIGUSR1) && handled == 1),
           before ? "handled" : "not handled",
           sigismember(&pending, SIGUSR1) ? "pending" : "not pending",
           handled > before ? "handled" : "not handled");
    install(SIGUSR1, SIG_DFL);

    /* One that kills. The child sees it pending, tells so, and unblocks it. */
    pid_t child = new_child();
    if (child == 0) {
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGTERM);
        if (sigprocmask(SIG_BLOCK, &blocked, NULL) == -1 || raise(SIGTERM) ||
            sigpending(&pending) == -1 || !sigismember(&pending, SIGTERM) ||
            raise(SIGSTOP)) /* still alive: wait here for SIGCONT */
            _exit(EXIT_FAILURE);
        sigprocmask(SIG_UNBLOCK, &blocked, NULL);
        _exit(EXIT_SUCCESS);
    }
    int alive = WIFSTOPPED(status_of(child, WUNTRACED));
    if (alive)
        send(child, SIGCONT);
    int status = alive ? status_of(child, 0) : 0;
    int killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
    printf("SIG-18 %s a child blocked SIGTERM and got it: %s, until it "
           "unblocked it and %s\n", yes(alive && killed),
           alive ? "it lived on" : "it died", killed ? "died" : "did not die");
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SIG-2", sig_2},   {"SIG-3", sig_3},   {"SIG-4", sig_4},
    {"SIG-16", sig_16}, {"SIG-17", sig_17}, {"SIG-18", sig_18},
};

int main(int argc, char *argv[])
{
    int tried = 0;

    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: moments [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
