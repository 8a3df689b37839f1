/* sig_queue.c - bench: a real-time signal brings eight bytes along.
 *
 * Article:  A 四.0.3
 * Terminal: build/signal/bench/sig_queue round 8 10000 same
 * Look for: [1] real-time signals queue: each comes, in the order of sending,
 *               with what it carries. So there is a stream, too;
 *           [2] a union sigval, and not a byte more. Each is copied five times:
 *               into our letter, into the kernel, there into the queue and out
 *               of it, and to the receiver;
 *           [3] the kernel keeps only so many (ulimit -i), and then tells the
 *               sender, who could only try again and again. So he waits after
 *               each window of them until the receiver has taken all;
 *           [4] sigqueue(3) is this call, and getpid(2) and getuid(2) before
 *               it, each time; with musl, four more. Here they are asked once;
 *           [5] a stranger's signal is one more in the queue: ours still come.
 * Try:      sigqueue(3) instead of [4]; ulimit -i 10, then stream: what does a
 *           small window cost?
 * See also: measure.h, how it is measured; ../signal_queue.c; sig_wait.c;
 *           rt_sigqueueinfo(2), sigwaitinfo(2), signal(7)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4 */
#include "measure.h"
#include <sys/syscall.h>

static sigset_t ours;
static pid_t partner;
static siginfo_t letter = {.si_code = SI_QUEUE}; /* what we send */
static struct rlimit pending; /* for all processes of a user together */
static unsigned window = 1000, in_window; /* [3] */

static void create(void)
{
    if (unit > sizeof(union sigval)) /* [2] */
        refuse("over sizeof(union sigval)", sizeof(union sigval));
    if (getrlimit(RLIMIT_SIGPENDING, &pending) == -1)
        fail("getrlimit");
    if (pending.rlim_cur < (answers ? 1 : 2)) /* an answer behind a window's */
        refuse("over RLIMIT_SIGPENDING", pending.rlim_cur); /* [3] */
    if (pending.rlim_cur < window)
        window = pending.rlim_cur;
    sigemptyset(&ours);
    sigaddset(&ours, SIGRTMIN); /* [1] */
    if (sigprocmask(SIG_BLOCK, &ours, NULL) == -1)
        fail("sigprocmask");
}

static void enter(int in)
{
    partner = in == UP ? child : getppid();
    letter.si_pid = getpid();
    letter.si_uid = getuid();
}

static void post(const void *value, size_t bytes)
{
    memcpy(&letter.si_value, value, bytes);
    if (syscall(SYS_rt_sigqueueinfo, partner, SIGRTMIN, &letter) == 0) /* [4] */
        return;
    if (errno == EAGAIN && child != 0)
        refuse("over RLIMIT_SIGPENDING", pending.rlim_cur); /* [3] */
    fail("rt_sigqueueinfo (limit ulimit -i)");
}

static const unsigned char *next(void)
{
    static siginfo_t info;

    do {
        while (sigwaitinfo(&ours, &info) == -1)
            if (errno != EINTR) /* Ctrl-Z and fg, or another signal */
                fail("sigwaitinfo");
    } while (info.si_pid != partner); /* [5] */
    return (const unsigned char *)&info.si_value;
}

static int window_ends(void) { return !answers && ++in_window % window == 0; }

static void put(int way, const unsigned char *message)
{
    post(message, unit);
    if (way == DOWN && window_ends())
        next(); /* [3] the receiver says that he has all */
}

static const unsigned char *get(int way)
{
    const unsigned char *message = next();

    if (way == DOWN && window_ends())
        post("", 0); /* [3] */
    return message;
}

static void destroy(void) {} /* nothing has a name */

int main(int argc, char *argv[])
{
    return measure(argc, argv, 8, 5); /* [2] */
}
