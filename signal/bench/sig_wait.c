/* sig_wait.c - bench: a signal that sigwaitinfo(2) takes, without a handler.
 *
 * Article:  A 四.0.1, B 二.1
 * Terminal: build/signal/bench/sig_wait round 0 10000 same
 * Look for: [1] blocked before the fork, and for good: it stays pending until
 *               it is asked for, so no handler runs, and none is needed;
 *           [2] one call waits, takes it, and says who sent it;
 *           [3] a stranger's signal does not count. As ours, sent while it is
 *               pending, would be lost, it is the end.
 * Try:      round 0 10000000 &  then kill -USR1 $!: what does it say, and why
 *           does sig_queue.c go on?
 * See also: measure.h, how it is measured; sig_suspend.c, sig_queue.c;
 *           sigwaitinfo(2)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4 */
#include "measure.h"

static sigset_t ours;
static pid_t partner;

static void create(void)
{
    if (!answers)
        refuse("a second pending signal is lost: no stream", -1);
    sigemptyset(&ours);
    sigaddset(&ours, SIGUSR1);
    if (sigprocmask(SIG_BLOCK, &ours, NULL) == -1) /* [1] */
        fail("sigprocmask");
}

static void enter(int in) { partner = in == UP ? child : getppid(); }

static void put(int way, const unsigned char *message)
{
    (void)way, (void)message; /* it carries none */
    if (kill(partner, SIGUSR1) == -1)
        fail("kill");
}

static const unsigned char *get(int way)
{
    siginfo_t info;

    (void)way;
    while (sigwaitinfo(&ours, &info) == -1) /* [2] */
        if (errno != EINTR) /* Ctrl-Z and fg, or another signal */
            fail("sigwaitinfo");
    if (info.si_pid != partner)
        give_up("another process sent SIGUSR1, too: no result"); /* [3] */
    return inbox;
}

static void destroy(void) {} /* nothing has a name */

int main(int argc, char *argv[])
{
    return measure(argc, argv, 0, 0);
}
