/* waits_inside.c - trap: a handler waits for what it has interrupted.
 *
 * Article:  A 四.0.1, B 二.1
 * Wrong:    the main program holds a lock when the signal comes; its handler
 *           waits for the lock, and main goes on when the handler has returned.
 * Trap:     SIG-2 (a claim)
 * Terminal: build/signal/traps/waits_inside (make trap-signal-waits_inside)
 * Right:    signal_mask.c blocks the signal as long as it must not interrupt
 * See also: signal-safety(7), sigprocmask(2)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t g_locked, g_handled;

static void handler(int sig)
{
    (void)sig;
    while (g_locked) /* WRONG: whoever is to unlock it, we have interrupted */
        continue;
    g_handled++;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};
    pid_t ppid = getpid();

    setvbuf(stdout, NULL, _IOLBF, 0);
    action.sa_flags = SA_RESTART;
    if (sigaction(SIGUSR1, &action, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    g_locked = 1; /* the critical section begins */
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0)
        _exit(kill(ppid, SIGUSR1) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    if (waitpid(child, NULL, 0) == -1) /* the signal comes before this ends */
        err(EXIT_FAILURE, "waitpid");
    g_locked = 0; /* it ends */
    printf("handled: %d\n", (int)g_handled);
    return EXIT_SUCCESS;
}
