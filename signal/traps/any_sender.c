/* any_sender.c - trap: whoever sends this signal is believed.
 *
 * Article:  B 二.3, A 四.0.2
 * Wrong:    the handler does not ask who has sent it: one kill(1) from a shell,
 *           and the alarm has rung, long before its time.
 * Trap:     TRAP-SIG-5
 * Terminal: build/signal/traps/any_sender     (make trap-signal-any_sender)
 * Right:    signal_timer.c asks si_code, signal_sync.c si_pid
 * See also: sigaction(2), kill(1)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t g_rung;

static void ring(int sig)
{
    (void)sig;
    g_rung = 1; /* WRONG: and who was it? */
}

int main(void)
{
    struct sigaction action = {.sa_handler = ring};
    sigset_t alrm, open;

    setvbuf(stdout, NULL, _IOLBF, 0);
    sigemptyset(&alrm);
    sigaddset(&alrm, SIGALRM);
    if (sigaction(SIGALRM, &action, NULL) == -1 ||
        sigprocmask(SIG_BLOCK, &alrm, &open) == -1)
        err(EXIT_FAILURE, "sigaction, sigprocmask");
    printf("alarm(2), in 1000 s\n");
    alarm(1000);
    while (!g_rung)
        sigsuspend(&open);
    printf("SIGALRM; %s\n", alarm(0) > 900 ? "it is too early" : "in time");
    return EXIT_SUCCESS;
}
