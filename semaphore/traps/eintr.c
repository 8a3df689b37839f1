/* eintr.c - trap: a P that has failed is taken for one that waited.
 *
 * Article:  A 四.3 "例子"
 * Wrong:    semop(2) ends with EINTR after a handler, and after Ctrl-Z and fg
 *           (the kernel never restarts it), and nobody looks at its result.
 * Trap:     TRAP-SEM-3
 * Terminal: cat | build/semaphore/traps/eintr  (make trap-semaphore-eintr)
 * Right:    sem_order.c does the P again after EINTR
 * See also: semop(2), "EINTR"; signal(7), "Interruption of system calls"
 */
#define _XOPEN_SOURCE 700       /* sigaction(2), semop(2) under -std=c11 */

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

static int set;

static void on_signal(int sig)
{
    semctl(set, 0, IPC_RMID);
    raise(sig);                 /* SA_RESETHAND: this time we die of it */
}

int main(void)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    struct sembuf p = {0, -1, 0}, v = {0, 1, 0};
    pid_t child;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (sigaction(SIGINT, &sa, NULL) == -1 ||
        sigaction(SIGTERM, &sa, NULL) == -1 ||
        (set = semget(IPC_PRIVATE, 1, 0600)) == -1 ||
        (child = fork()) == -1) /* a new set is 0, on Linux */
        err(EXIT_FAILURE, "sigaction, semget or fork");
    if (child == 0) {
        getchar();              /* its work lasts until somebody types Enter */
        printf("Process child: pid=%d\n", getpid());
        if (semop(set, &v, 1) == -1)
            err(EXIT_FAILURE, "semop V");
        _exit(EXIT_SUCCESS);
    }
    semop(set, &p, 1);          /* WRONG: has it taken 1, or has it failed? */
    printf("Process father: pid=%d\n", getpid());
    if (waitpid(child, NULL, 0) == -1 || semctl(set, 0, IPC_RMID) == -1)
        err(EXIT_FAILURE, "waitpid or semctl");
    return EXIT_SUCCESS;
}
