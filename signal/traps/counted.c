/* counted.c - trap: signals are counted as if each of them came.
 *
 * Article:  A 四.0.3
 * Wrong:    five signals of one number are sent before the first is taken: the
 *           kernel keeps one.
 * Trap:     SIG-9 (a claim)
 * Terminal: build/signal/traps/counted           (make trap-signal-counted)
 * Right:    signal_queue.c: real-time signals queue
 * See also: signal(7), sigqueue(3)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t g_count;

static void handler(int sig)
{
    (void)sig;
    g_count++; /* WRONG: once for all that have come meanwhile */
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};
    pid_t ppid = getpid();
    sigset_t usr1, before;

    setvbuf(stdout, NULL, _IOLBF, 0);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    if (sigaction(SIGUSR1, &action, NULL) == -1 ||
        sigprocmask(SIG_BLOCK, &usr1, &before) == -1) /* we are busy */
        err(EXIT_FAILURE, "sigaction, sigprocmask");
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        for (int i = 0; i < 5; i++)
            if (kill(ppid, SIGUSR1) == -1)
                _exit(EXIT_FAILURE);
        _exit(EXIT_SUCCESS);
    }
    if (waitpid(child, NULL, 0) == -1 ||
        sigprocmask(SIG_SETMASK, &before, NULL) == -1) /* now let them in */
        err(EXIT_FAILURE, "waitpid, sigprocmask");
    printf("%d of 5 came\n", (int)g_count);
    return EXIT_SUCCESS;
}
