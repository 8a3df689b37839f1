/* lost_wakeup.c - trap: a signal slips in between the test and the sleep.
 *
 * Article:  B 二.3
 * Wrong:    the flag is tested, then pause(2) is called; a signal between the
 *           two sets the flag, and pause(2) waits for another one.
 * Trap:     TRAP-SIG-1
 * Terminal: build/signal/traps/lost_wakeup   (make trap-signal-lost_wakeup)
 * Right:    signal_mask.c, signal_sync.c: blocked before the test, let in by
 *           sigsuspend(2), which sleeps in the same step
 * See also: sigsuspend(2), pause(2)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t g_came;

static void handler(int sig)
{
    (void)sig;
    g_came = 1;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};
    pid_t ppid = getpid();

    action.sa_flags = SA_RESTART; /* of waitpid(2); pause(2) never is */
    if (sigaction(SIGUSR1, &action, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    if (!g_came) {
        pid_t child = fork(); /* it is just now that the signal is sent */
        if (child == -1)
            err(EXIT_FAILURE, "fork");
        if (child == 0)
            _exit(kill(ppid, SIGUSR1) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
        if (waitpid(child, NULL, 0) == -1) /* it was sent, and has come */
            err(EXIT_FAILURE, "waitpid");
        warnx("the flag was 0 when it was tested; now it is %d", (int)g_came);
        pause(); /* WRONG: it sleeps, whatever the flag has become */
    }
    return EXIT_SUCCESS;
}
