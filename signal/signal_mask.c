/* signal_mask.c - a signal that must not interrupt: blocked, pending, let in.
 *
 * Article:    B 二.1
 * Terminal 1: build/signal/signal_mask
 * Look for:   [1] what is sent while it is blocked is pending, not lost;
 *             [2] sigsuspend(2) lets it in, and blocks it again behind it;
 *             [3] sigprocmask(2) lets it in for good: the handler has run
 *                 before the call returns.
 * Try:        let the child send it twice: how often does the handler run?
 * See also:   signal_queue.c; sigprocmask(2), sigpending(2), sigsuspend(2)
 */
#define _XOPEN_SOURCE 700 /* sigaction under -std=c11 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t g_handled;

static void handler(int sig)
{
    (void)sig;
    g_handled++;
}

static void report(const char *when)
{
    sigset_t blocked, pending;

    if (sigprocmask(SIG_BLOCK, NULL, &blocked) == -1 ||
        sigpending(&pending) == -1)
        err(EXIT_FAILURE, "sigprocmask, sigpending");
    if (printf("%s: %s, %s, handled: %d\n", when,
               sigismember(&blocked, SIGUSR1) ? "blocked" : "not blocked",
               sigismember(&pending, SIGUSR1) ? "pending" : "not pending",
               (int)g_handled) < 0)
        err(EXIT_FAILURE, "stdout");
}

/* A child sends SIGUSR1, and is gone: from then on it is here. */
static void child_sends_it(void)
{
    pid_t ppid = getpid(), child = fork();
    int wstatus;

    if (child == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (child == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != ppid)
            _exit(EXIT_FAILURE);
        if (kill(ppid, SIGUSR1) == -1) {
            warn("kill");
            _exit(EXIT_FAILURE);
        }
        _exit(EXIT_SUCCESS);
    }
    if (waitpid(child, &wstatus, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (wstatus != 0)
        errx(EXIT_FAILURE, "the child failed (wait status %d)", wstatus);
}

int main(int argc, char *argv[])
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigset_t usr1, open;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1)
        errx(2, "usage: %s", argv[0]);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* ignored, waitpid(2) would find no status */
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    if (sigaction(SIGUSR1, &action, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    if (sigprocmask(SIG_UNBLOCK, &usr1, NULL) == -1 || /* what we inherit */
        sigprocmask(SIG_BLOCK, &usr1, &open) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    report("in the critical section");

    child_sends_it();
    report("the child has sent SIGUSR1"); /* [1] */
    while (g_handled == 0)
        sigsuspend(&open); /* [2] */
    report("after sigsuspend(2)");

    child_sends_it();
    report("the child has sent another");
    if (sigprocmask(SIG_SETMASK, &open, NULL) == -1) /* [3] */
        err(EXIT_FAILURE, "sigprocmask");
    report("after sigprocmask(2)");
    return EXIT_SUCCESS;
}
