/* signal_sources.c - who sent this signal? Each source leaves its si_code.
 *
 * Article:    A 四.0.2
 * Terminal 1: build/signal/signal_sources
 * Look for:   [1] a process that sends leaves its number, and so does raise(3);
 *             [2] timers, faults and the news of a child are the kernel's;
 *             [3] SIGPIPE is, too, but it comes in our own name;
 *             [4] a key is a byte to the terminal's driver: that one sends
 *                 SIGINT, to all processes in the foreground.
 * Try:        replace the byte in press_ctrl_c by '\034': who sends what?
 * See also:   signal_timer.c; sigaction(2), sigsuspend(2), pty(7)
 */
#define _GNU_SOURCE /* posix_openpt, SI_TKILL */
#include <err.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t g_we, g_child;

static void tell(const char *source, const siginfo_t *info)
{
    static const struct {
        int sig, code; /* a code above 0 means something for one signal only */
        const char *name;
    } names[] = {
        {SIGUSR1, SI_USER, "SIGUSR1, SI_USER"},
        {SIGUSR1, SI_TKILL, "SIGUSR1, SI_TKILL"},
        {SIGUSR2, SI_QUEUE, "SIGUSR2, SI_QUEUE"},
        {SIGCHLD, CLD_EXITED, "SIGCHLD, CLD_EXITED"},
        {SIGALRM, SI_KERNEL, "SIGALRM, SI_KERNEL"},
        {SIGPIPE, SI_USER, "SIGPIPE, SI_USER"},
        {SIGSEGV, SEGV_ACCERR, "SIGSEGV, SEGV_ACCERR"},
        {SIGINT, SI_KERNEL, "SIGINT, SI_KERNEL"},
    };
    const char *name = "of another kind";

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].sig == info->si_signo && names[i].code == info->si_code)
            name = names[i].name;
    if (printf("%s: %s, from %s\n", source, name,
               info->si_code > 0         ? "the kernel" /* [2] */
               : info->si_pid == g_we    ? "ourselves"  /* [1] [3] */
               : info->si_pid == g_child ? "the child"
                                         : "a stranger") < 0)
        err(EXIT_FAILURE, "stdout");
}

static volatile sig_atomic_t g_came;
static siginfo_t g_info;
static sigjmp_buf g_back;

static void on_signal(int sig, siginfo_t *info, void *context)
{
    (void)context;
    g_info = *info;
    g_came = sig;
    if (sig == SIGSEGV)
        siglongjmp(g_back, 1); /* to return would be to store again */
}

/* A handler for `sig`, which stays blocked until somebody take()s it. */
static void expect(int sig)
{
    struct sigaction action = {.sa_sigaction = on_signal};
    sigset_t set;

    action.sa_flags = SA_SIGINFO | SA_NOCLDSTOP; /* Ctrl-Z is no news */
    sigemptyset(&set);
    sigaddset(&set, sig);
    if (sigaction(sig, &action, NULL) == -1 ||
        sigprocmask(SIG_BLOCK, &set, NULL) == -1)
        err(EXIT_FAILURE, "sigaction, sigprocmask");
}

static siginfo_t *take(int sig)
{
    sigset_t open;

    if (sigprocmask(SIG_BLOCK, NULL, &open) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    sigdelset(&open, sig);
    for (g_came = 0; g_came != sig;)
        sigsuspend(&open);
    return &g_info;
}

static siginfo_t *fault(volatile char *page) /* its signal does not wait */
{
    struct sigaction action = {.sa_sigaction = on_signal};
    sigset_t set;

    action.sa_flags = SA_SIGINFO | (int)SA_RESETHAND; /* for this one only */
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    if (sigaction(SIGSEGV, &action, NULL) == -1 ||
        sigprocmask(SIG_UNBLOCK, &set, NULL) == -1) /* blocked, it kills */
        err(EXIT_FAILURE, "sigaction, sigprocmask");
    if (sigsetjmp(g_back, 1) == 0)
        *page = 1;
    return &g_info;
}

static pid_t new_child(void)
{
    pid_t child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (child == 0)
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != g_we)
            _exit(EXIT_FAILURE);
    return child;
}

static void fail(const char *what, int status) /* in a child */
{
    warn("%s", what);
    _exit(status);
}

static void kill_and_queue(void) /* the child's part */
{
    if (kill(g_we, SIGUSR1) == -1)
        fail("kill", EXIT_FAILURE);
    if (sigqueue(g_we, SIGUSR2, (union sigval){.sival_int = 1}) == -1)
        fail("sigqueue", EXIT_FAILURE);
    _exit(EXIT_SUCCESS);
}

/* Another child's: a new session has no terminal, and the first it opens is
 * its own. */
static void press_ctrl_c(siginfo_t *seen)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);

    if (master == -1 || grantpt(master) == -1 || unlockpt(master) == -1 ||
        setsid() == -1 || open(ptsname(master), O_RDWR) == -1)
        fail("keyboard: no terminal of our own", 77);
    expect(SIGINT);
    if (write(master, "\003", 1) != 1) /* [4] */
        fail("keyboard: write", EXIT_FAILURE);
    *seen = *take(SIGINT);
    _exit(EXIT_SUCCESS);
}

static void end_of(pid_t child)
{
    int wstatus;

    if (waitpid(child, &wstatus, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (WIFEXITED(wstatus) && WEXITSTATUS(wstatus) == 77)
        exit(77);
    if (wstatus != 0)
        errx(EXIT_FAILURE, "a child failed (wait status %d)", wstatus);
}

static void *page(int protection)
{
    void *p = mmap(NULL, sizeof(siginfo_t), protection,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    return p;
}

int main(int argc, char *argv[])
{
    struct itimerval soon = {{0, 0}, {0, 1000}};
    siginfo_t *seen;
    int fd[2];

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1)
        errx(2, "usage: %s", argv[0]);
    g_we = getpid();
    expect(SIGUSR1);
    expect(SIGUSR2);
    expect(SIGCHLD);
    expect(SIGALRM);
    expect(SIGPIPE);

    if ((g_child = new_child()) == 0)
        kill_and_queue();
    end_of(g_child); /* all that it sends is here */
    tell("kill(2)", take(SIGUSR1));
    tell("sigqueue(3)", take(SIGUSR2));
    tell("a child's end", take(SIGCHLD));

    raise(SIGUSR1);
    tell("raise(3)", take(SIGUSR1));
    if (setitimer(ITIMER_REAL, &soon, NULL) == -1)
        err(EXIT_FAILURE, "setitimer");
    tell("a timer", take(SIGALRM));
    if (pipe(fd) == -1 || close(fd[0]) == -1)
        err(EXIT_FAILURE, "pipe");
    if (write(fd[1], "", 1) != -1)
        errx(EXIT_FAILURE, "write: a pipe without a reader took it");
    tell("a broken pipe", take(SIGPIPE));
    tell("a bad store", fault(page(PROT_READ)));

    seen = page(PROT_READ | PROT_WRITE);
    pid_t typist = new_child();
    if (typist == 0)
        press_ctrl_c(seen);
    end_of(typist);
    tell("a key, Ctrl-C", seen);
    return EXIT_SUCCESS;
}
