/* one_shot.c - trap: the handler is there for the first signal only.
 *
 * Article:  A 四.0.3, B 二.3
 * Wrong:    SA_RESETHAND, which is what signal(2) means with -std=c11 in the C
 *           library of GNU: the second signal meets the default, and kills.
 * Trap:     TRAP-SIG-6
 * Terminal: build/signal/traps/one_shot         (make trap-signal-one_shot)
 * Right:    signal_mask.c: sigaction(2), and the handler stays
 * See also: signal(2), sigaction(2)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t g_handled;

static void handler(int sig)
{
    (void)sig;
    g_handled++;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};

    setvbuf(stdout, NULL, _IOLBF, 0);
    action.sa_flags = (int)SA_RESETHAND; /* WRONG: and the next one? */
    if (sigaction(SIGUSR1, &action, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    for (int i = 0; i < 2; i++) {
        if (kill(getpid(), SIGUSR1) == -1)
            err(EXIT_FAILURE, "kill");
        printf("handled: %d\n", (int)g_handled);
    }
    return EXIT_SUCCESS;
}
