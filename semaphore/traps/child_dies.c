/* child_dies.c - trap: waiting for the V of a dead process.
 *
 * Article:  A 四.3 "例子"
 * Wrong:    a semaphore knows no owner: nobody tells the father that the one
 *           who was to do the V is dead, so his P never returns.
 * Trap:     TRAP-SEM-6
 * Terminal: build/semaphore/traps/child_dies  (make trap-semaphore-child_dies)
 * Right:    sem_order.c: SIGCHLD, and a V in place of the dead child
 * See also: semop(2); sigaction(2), "SIGCHLD"
 */
#define _XOPEN_SOURCE 700       /* sigaction(2), semop(2) under -std=c11 */

#include <err.h>
#include <errno.h>
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
        sleep(3600);            /* its work: long enough to be killed */
        printf("Process child: pid=%d\n", getpid());
        if (semop(set, &v, 1) == -1)
            err(EXIT_FAILURE, "semop V");
        _exit(EXIT_SUCCESS);
    }
    /* WRONG: nothing but a V ends this, and a dead child does none. */
    while (semop(set, &p, 1) == -1)
        if (errno != EINTR)
            err(EXIT_FAILURE, "semop P");
    printf("Process father: pid=%d\n", getpid());
    if (waitpid(child, NULL, 0) == -1 || semctl(set, 0, IPC_RMID) == -1)
        err(EXIT_FAILURE, "waitpid or semctl");
    return EXIT_SUCCESS;
}
