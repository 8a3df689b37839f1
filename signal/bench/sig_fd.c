/* sig_fd.c - bench: a signal that is read from a descriptor: signalfd(2).
 *
 * Article:  A 四.0.1
 * Terminal: build/signal/bench/sig_fd round 0 10000 same
 * Look for: [1] blocked for good, as for sigwaitinfo(2): else its default, the
 *               end, would come before any read;
 *           [2] one descriptor, made before the fork, serves both: who reads
 *               gets his own signals;
 *           [3] a signal is read as 128 bytes: they say who sent it;
 *           [4] a stranger's signal does not count. As ours, sent while it is
 *               pending, would be lost, it is the end.
 * Try:      compare with sig_wait.c: what does it cost, and what can poll(2) do
 *           with it that sigwaitinfo(2) cannot?
 * See also: measure.h, how it is measured; sig_wait.c; signalfd(2)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4 */
#include "measure.h"
#include <sys/signalfd.h>

static int fd;
static pid_t partner;

static void create(void)
{
    sigset_t ours;

    if (!answers)
        refuse("a second pending signal is lost: no stream", -1);
    sigemptyset(&ours);
    sigaddset(&ours, SIGUSR1);
    if (sigprocmask(SIG_BLOCK, &ours, NULL) == -1) /* [1] */
        fail("sigprocmask");
    if ((fd = signalfd(-1, &ours, 0)) == -1) /* [2] */
        fail("signalfd");
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
    struct signalfd_siginfo info;

    (void)way;
    if (read(fd, &info, sizeof info) != sizeof info) /* [3] never a part */
        fail("read signalfd");
    if (info.ssi_pid != (uint32_t)partner)
        give_up("another process sent SIGUSR1, too: no result"); /* [4] */
    return inbox;
}

static void destroy(void) {} /* nothing has a name */

int main(int argc, char *argv[])
{
    return measure(argc, argv, 0, 0);
}
