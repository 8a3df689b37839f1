/* signal_sync.c - parent and child let each other go on, by a signal each.
 *
 * Article:    B 二.3
 * Terminal 1: build/signal/signal_sync
 * Look for:   [1] the signals are blocked before fork: one that comes early
 *                 stays pending and is not lost;
 *             [2] sigsuspend lets them in and sleeps in one step. Between a
 *                 test of the flag and a pause() the signal could slip by;
 *             [3] anybody may send SIGUSR2: only the partner's counts;
 *             [4] a child that dies sends a signal too, and ends the wait.
 * Try:        press Ctrl-Z at any moment, then fg: nothing is lost.
 * See also:   signal(7), sigsuspend(2)
 */
#define _XOPEN_SOURCE 700 /* sigaction, siginfo_t under -std=c11 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t g_child_stop, g_parent_run;
static pid_t g_partner = -1; /* written only while the signals are blocked */
static sigset_t g_waiting;   /* the mask to sleep with: it lets them in */

static void sig_child(int signum, siginfo_t *info, void *context)
{
    (void)context;
    if (signum == SIGUSR1 && info->si_pid == g_partner) /* [3] */
        g_child_stop = 1;
}

static void sig_parent(int signum, siginfo_t *info, void *context)
{
    (void)context;
    if (signum == SIGUSR2 && info->si_pid == g_partner) /* [3] */
        g_parent_run = 1; /* SIGCHLD sets nothing: to wake us is enough */
}

static void fail(const char *what) /* by _exit(2), as a child has to */
{
    warn("%s", what);
    _exit(EXIT_FAILURE);
}

static void say(const char *line)
{
    if (printf("%s\n", line) < 0)
        fail("stdout");
}

/* Signals of one number do not queue: a stranger's that is still pending
 * swallows the partner's. So whoever was woken for nothing calls again. */
static void call_and_wait(int sig) /* 0 is no signal: only wait */
{
    if (kill(g_partner, sig) == -1)
        fail("kill");
    sigsuspend(&g_waiting); /* [2] */
}

int main(int argc, char *argv[])
{
    struct sigaction child = {.sa_sigaction = sig_child};
    struct sigaction parent = {.sa_sigaction = sig_parent};
    sigset_t ours;
    int sig, wstatus = -1; /* no status yet */
    pid_t ppid = getpid(); /* asked later, getppid() might name a stranger */

    setvbuf(stdout, NULL, _IOLBF, 0); /* before fork: no line in two buffers */
    if (argc > 1)
        errx(2, "usage: %s", argv[0]);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&ours);
    sigaddset(&ours, SIGUSR1);
    sigaddset(&ours, SIGUSR2);
    sigaddset(&ours, SIGCHLD);
    child.sa_flags = parent.sa_flags = SA_SIGINFO; /* says who sent it */
    if (sigaction(SIGUSR1, &child, NULL) == -1 ||
        sigaction(SIGUSR2, &parent, NULL) == -1 ||
        sigaction(SIGCHLD, &parent, NULL) == -1)
        fail("sigaction");
    if (sigprocmask(SIG_UNBLOCK, &ours, NULL) == -1 || /* whatever we inherit */
        sigprocmask(SIG_BLOCK, &ours, &g_waiting) == -1) /* [1] */
        fail("sigprocmask");

    pid_t pid = fork();
    if (pid == -1)
        fail("fork (limit ulimit -u or pids.max)");
    if (pid == 0) {
        g_partner = ppid;
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1) /* die with the parent, */
            fail("prctl");
        if (getppid() != ppid) /* unless it died before it was asked */
            _exit(EXIT_FAILURE);
        say("Child process start running and send parent a signal");
        while (!g_child_stop)
            call_and_wait(SIGUSR2);
        say("Child process receive signal from parent and exit now");
        _exit(EXIT_SUCCESS);
    }

    g_partner = pid;
    say("Parent hangs up untill receive signal from child!");
    for (sig = 0; !g_parent_run; sig = SIGUSR2) { /* woken for nothing: ask */
        if (waitpid(pid, &wstatus, WNOHANG) != 0) /* [4] */
            errx(EXIT_FAILURE, "the child died too early");
        call_and_wait(sig);
    }
    say("Parent start running now and send child a signal to exit");
    while (waitpid(pid, &wstatus, WNOHANG) == 0) /* [4] */
        call_and_wait(SIGUSR1);
    if (!WIFEXITED(wstatus) || WEXITSTATUS(wstatus) != 0)
        errx(EXIT_FAILURE, "the child failed (wait status %d)", wstatus);
    say("Parent wait child process die and exit now");
    return EXIT_SUCCESS;
}
