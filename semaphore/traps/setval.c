/* setval.c - trap: everyone who starts sets the lock to "free".
 *
 * Article:  A 四.3 "例子", 四.2 (SETVAL)
 * Wrong:    the set is there already and somebody is inside, but the next one
 *           gives it its first value again; so both are inside.
 * Trap:     TRAP-SEM-4
 * Terminal: build/semaphore/traps/setval  (make trap-semaphore-setval)
 * Right:    sem_order.c: one run at a time claims the set
 * See also: semctl(2), "SETVAL"; semget(2), "IPC_EXCL"
 */
#define _XOPEN_SOURCE 700       /* ftok(3), semop(2) under -std=c11 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sem.h>
#include <unistd.h>

union semun {                   /* for us to define, says semctl(2) */
    int val;
};

enum { LOCK, USERS };

int main(void)
{
    struct sembuf come = {USERS, 1, SEM_UNDO}, p = {LOCK, -1, SEM_UNDO};
    struct sembuf v = {LOCK, 1, SEM_UNDO};
    struct sembuf last[] = {{USERS, -1, SEM_UNDO}, {USERS, 0, IPC_NOWAIT}};
    int set = semget(ftok(".", 'v'), 2, IPC_CREAT | 0600);

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (set == -1 || semop(set, &come, 1) == -1)
        err(EXIT_FAILURE, "semget or semop");
    /* WRONG: only who has made the set may do this. */
    if (semctl(set, LOCK, SETVAL, (union semun){.val = 1}) == -1)
        err(EXIT_FAILURE, "semctl SETVAL");
    if (semop(set, &p, 1) == -1)
        err(EXIT_FAILURE, "semop P");
    printf("Process %d is inside, alone.\n", getpid());
    getchar();                  /* until somebody types Enter */
    printf("Process %d goes out.\n", getpid());
    if (semop(set, &v, 1) == -1)
        err(EXIT_FAILURE, "semop V");
    if (semop(set, last, 2) == 0) /* we were the last: take the set away */
        semctl(set, 0, IPC_RMID);
    return EXIT_SUCCESS;
}
