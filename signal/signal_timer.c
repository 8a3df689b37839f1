/* signal_timer.c - signals that we order for later: alarm, then setitimer.
 *
 * Article:    A 四.0.2
 * Terminal 1: build/signal/signal_timer [SECONDS [INTERVAL [TIMES]]]  (1 0.1 3)
 * Look for:   [1] alarm(2) knows whole seconds, and rings once;
 *             [2] setitimer(2) knows microseconds, and rings until stopped;
 *             [3] between two of them we sleep: sigsuspend(2) costs nothing;
 *             [4] the kernel sends it: somebody else's SIGALRM does not count.
 * Try:        press Ctrl-Z, wait, then fg: what has become of the rings that
 *             you missed? And send it a SIGALRM meanwhile.
 * See also:   signal_sources.c; alarm(2), setitimer(2), sigsuspend(2)
 */
#define _XOPEN_SOURCE 700 /* sigaction, setitimer under -std=c11 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

static volatile sig_atomic_t g_rung;

static void ring(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)context;
    if (info->si_code > 0) /* [4] from the kernel: SI_KERNEL */
        g_rung = 1;
}

static void wait_for_ring(const sigset_t *open)
{
    struct itimerval left;

    while (!g_rung) {
        sigsuspend(open); /* [3] */
        /* Pending, the timer's merges into a stranger's: ask the timer, too. */
        if (getitimer(ITIMER_REAL, &left) == 0 && left.it_value.tv_sec == 0 &&
            left.it_value.tv_usec == 0)
            g_rung = 1;
    }
    g_rung = 0;
}

/* A number from lowest to highest, or wrong usage. */
static double number(const char *text, double lowest, double highest)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value >= lowest && value <= highest))
        errx(2, "usage: signal_timer [SECONDS [INTERVAL [TIMES]]]");
    return value;
}

int main(int argc, char *argv[])
{
    struct sigaction action = {.sa_sigaction = ring, .sa_flags = SA_SIGINFO};
    struct itimerval every = {{0, 0}, {0, 0}}, never = {{0, 0}, {0, 0}};
    sigset_t alrm, open;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 4)
        errx(2, "usage: %s [SECONDS [INTERVAL [TIMES]]]", argv[0]);
    unsigned seconds = (unsigned)number(argc > 1 ? argv[1] : "1", 1, 1e6);
    double interval = number(argc > 2 ? argv[2] : "0.1", 1e-6, 1e6);
    int times = (int)number(argc > 3 ? argv[3] : "3", 1, 1e6);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&alrm);
    sigaddset(&alrm, SIGALRM);
    if (sigaction(SIGALRM, &action, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    if (sigprocmask(SIG_UNBLOCK, &alrm, NULL) == -1 || /* what we inherit */
        sigprocmask(SIG_BLOCK, &alrm, &open) == -1)
        err(EXIT_FAILURE, "sigprocmask");

    printf("alarm(2), in %u s\n", seconds);
    g_rung = 0; /* one that we inherited */
    alarm(seconds); /* [1] */
    wait_for_ring(&open);
    printf("SIGALRM; %u s are left\n", alarm(0));

    printf("setitimer(2), every %g s\n", interval);
    long long us = (long long)(interval * 1e6 + 0.5);
    every.it_interval.tv_sec = (time_t)(us / 1000000);
    every.it_interval.tv_usec = (suseconds_t)(us % 1000000);
    every.it_value = every.it_interval; /* the first one, too */
    if (setitimer(ITIMER_REAL, &every, NULL) == -1) /* [2] */
        err(EXIT_FAILURE, "setitimer");
    for (int i = 1; i <= times; i++) {
        wait_for_ring(&open);
        printf("SIGALRM %d of %d\n", i, times);
    }
    if (setitimer(ITIMER_REAL, &never, &every) == -1)
        err(EXIT_FAILURE, "setitimer");
    int on = every.it_interval.tv_sec != 0 || every.it_interval.tv_usec != 0;
    printf("stopped; it would %shave gone on\n", on ? "" : "not ");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return EXIT_SUCCESS;
}
