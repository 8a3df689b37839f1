/* sig_suspend.c - bench: a signal, a handler, and sigsuspend(2) to wait.
 *
 * Article:  B 二.3, A 四.0.1
 * Terminal: build/signal/bench/sig_suspend round 0 10000 same
 * Look for: [1] blocked before the fork: a signal that comes early is pending,
 *               not lost, and the handler runs in sigsuspend(2) only;
 *           [2] sigsuspend(2) lets it in, sleeps, and blocks it again. It does
 *               not say what came: the handler has to;
 *           [3] the handler costs: into it and back (sigreturn(2)) for each.
 *               sig_wait.c has none;
 *           [4] a stranger's signal does not count. As ours, sent while it is
 *               pending, would be lost, it is the end.
 * Try:      stream: why is there none?
 * See also: measure.h, how it is measured; ../signal_sync.c; sig_wait.c,
 *           sig_fd.c; sigsuspend(2), signal(7)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4 */
#include "measure.h"

static sigset_t open_to; /* what is blocked while we wait: not our signal */
static pid_t partner;
static volatile sig_atomic_t came, stranger;

static void on_message(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)context;
    came = 1; /* [2] */
    stranger |= info->si_pid != partner; /* [4] */
}

static void create(void)
{
    struct sigaction action = {.sa_sigaction = on_message,
                               .sa_flags = SA_SIGINFO};
    sigset_t ours;

    if (!answers)
        refuse("a second pending signal is lost: no stream", -1);
    sigemptyset(&ours);
    sigaddset(&ours, SIGUSR1);
    sigemptyset(&action.sa_mask);
    if (sigprocmask(SIG_BLOCK, &ours, NULL) == -1 || /* [1] */
        sigaction(SIGUSR1, &action, NULL) == -1)
        fail("sigprocmask or sigaction");
}

static void enter(int in)
{
    partner = in == UP ? child : getppid();
    if (sigprocmask(SIG_BLOCK, NULL, &open_to) == -1)
        fail("sigprocmask");
    sigdelset(&open_to, SIGUSR1);
}

static void put(int way, const unsigned char *message)
{
    (void)way, (void)message; /* it carries none */
    if (kill(partner, SIGUSR1) == -1)
        fail("kill");
}

static const unsigned char *get(int way)
{
    (void)way;
    while (!came) /* it may have been another signal */
        sigsuspend(&open_to); /* [2] [3] */
    came = 0;
    if (stranger)
        give_up("another process sent SIGUSR1, too: no result"); /* [4] */
    return inbox;
}

static void destroy(void) {} /* nothing has a name */

int main(int argc, char *argv[])
{
    return measure(argc, argv, 0, 0);
}
