/* signal_queue.c - signals that carry numbers: new ones queue, old ones merge.
 *
 * Article:    A 四.0.3
 * Terminal 1: build/signal/signal_queue [COUNT]   (5)
 * Look for:   [1] sigqueue(3) sends a number along, with either signal;
 *             [2] of SIGUSR1 only the first is kept, and only its number;
 *             [3] SIGRTMIN has a queue: all come, in the order of sending,
 *                 but after SIGUSR1: the lower signal is always taken first;
 *             [4] the kernel keeps only so many (ulimit -i): then the sender
 *                 is told, by EAGAIN.
 * Try:        build/signal/signal_queue 1000000; and in the source send SIGUSR2
 *             as well: when does it come?
 * See also:   signal_mask.c; sigqueue(3), sigwaitinfo(2), signal(7)
 */
#define _XOPEN_SOURCE 700 /* sigqueue, sigtimedwait under -std=c11 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void send_all(pid_t to, int sig, int count) /* in the child */
{
    for (int i = 1; i <= count; i++)
        if (sigqueue(to, sig, (union sigval){.sival_int = i}) == -1) { /* [1] */
            warn("sigqueue, number %d", i); /* [4] */
            _exit(EXIT_FAILURE);
        }
}

int main(int argc, char *argv[])
{
    static const struct timespec at_once;
    long count = 5, old = 0, new = 0;
    char *end = "";
    int sig, wstatus;
    siginfo_t info;
    sigset_t ours;
    pid_t ppid = getpid();

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1)
        count = strtol(argv[1], &end, 10);
    if (argc > 2 || *end != '\0' || end == argv[1] || count < 1 ||
        count > INT_MAX)
        errx(2, "usage: %s [COUNT]", argv[0]);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* ignored, waitpid(2) would find no status */
    sigemptyset(&ours);
    sigaddset(&ours, SIGUSR1);
    sigaddset(&ours, SIGRTMIN);
    if (sigprocmask(SIG_BLOCK, &ours, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");

    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (child == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != ppid)
            _exit(EXIT_FAILURE);
        send_all(ppid, SIGRTMIN, (int)count);
        send_all(ppid, SIGUSR1, (int)count);
        _exit(EXIT_SUCCESS);
    }
    if (waitpid(child, &wstatus, 0) == -1) /* all has been sent */
        err(EXIT_FAILURE, "waitpid");
    if (wstatus != 0)
        errx(EXIT_FAILURE, "the child failed (wait status %d)", wstatus);

    printf("sent: SIGRTMIN with 1 to %ld, then SIGUSR1 with 1 to %ld\n", count,
           count);
    while ((sig = sigtimedwait(&ours, &info, &at_once)) != -1) {
        if (info.si_pid != child) {
            warnx("process %d sent a signal, too", (int)info.si_pid);
            continue;
        }
        printf("%s brings %d\n", sig == SIGUSR1 ? "SIGUSR1" : "SIGRTMIN",
               info.si_value.sival_int);
        *(sig == SIGUSR1 ? &old : &new) += 1; /* [2] [3] */
    }
    if (errno != EAGAIN) /* no more are there */
        err(EXIT_FAILURE, "sigtimedwait");
    printf("SIGUSR1: %ld of %ld came\n", old, count);
    printf("SIGRTMIN: %ld of %ld came\n", new, count);
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return EXIT_SUCCESS;
}
