/* no_undo.c - trap: a lock that its holder takes into the grave.
 *
 * Article:  B 六 "SEM_UNDO"
 * Wrong:    P without SEM_UNDO: who is killed between P and V has locked out
 *           all others, those of tomorrow, too: the set outlives everybody.
 * Trap:     SEM-33 (a claim)
 * Terminal: build/semaphore/traps/no_undo  (make trap-semaphore-no_undo)
 * Right:    sem_order.c (its claim on the set), sem_crash.c
 * See also: semop(2), "SEM_UNDO"
 */
#define _XOPEN_SOURCE 700       /* ftok(3), semop(2) under -std=c11 */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sem.h>
#include <unistd.h>

int main(void)
{
    /* 0: free. A new set is free, so there is nothing to initialise. */
    /* WRONG: the flag of the second operation is not SEM_UNDO. */
    struct sembuf lock[] = {{0, 0, 0}, {0, 1, 0}}, unlock = {0, -1, 0};
    int set = semget(ftok(".", 'n'), 1, IPC_CREAT | 0600);

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (set == -1)
        err(EXIT_FAILURE, "semget");
    while (semop(set, lock, 2) == -1)
        if (errno != EINTR)
            err(EXIT_FAILURE, "semop, to lock");
    printf("Process %d is inside, alone.\n", getpid());
    sleep(3600);                /* its work: long enough to be killed */
    if (semop(set, &unlock, 1) == -1)
        err(EXIT_FAILURE, "semop, to unlock");
    return EXIT_SUCCESS;        /* the set stays, for the next one */
}
