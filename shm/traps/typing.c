/* typing.c - trap: a lock that is held while a person types.
 *
 * Article:  A 五.3 "共享内存, 例子"
 * Wrong:    the line is read from the keyboard between P and V, so all others
 *           wait for these fingers; after Ctrl-Z, for ever.
 * Trap:     TRAP-SHM-9
 * Terminal: build/shm/traps/typing  (make trap-shm-typing)
 * Right:    shm_client.c reads the line first, and then does its P
 * See also: semop(2), shmat(2)
 */
#define _XOPEN_SOURCE 700 /* ftok(3), semop(2), shmat(2) */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sem.h>
#include <sys/shm.h>

enum { SIZE = 1024 };

int main(void)
{
    /* 0: free. A new set is free, so there is nothing to initialise. */
    struct sembuf p[] = {{0, 0, 0}, {0, 1, SEM_UNDO}}, v = {0, -1, SEM_UNDO};
    key_t key = ftok(".", 't');
    int shmid = shmget(key, SIZE, IPC_CREAT | 0600);
    int set = semget(key, 1, IPC_CREAT | 0600);
    struct shmid_ds ds;
    char *shm;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (shmid == -1 || set == -1 || (shm = shmat(shmid, NULL, 0)) == (void *)-1)
        err(EXIT_FAILURE, "shmget, semget or shmat");

    while (semop(set, p, 2) == -1)
        if (errno != EINTR)
            err(EXIT_FAILURE, "semop P");
    printf("Data to send:");
    fflush(stdout);
    if (fgets(shm, SIZE, stdin) == NULL) /* WRONG: here, behind P */
        errx(EXIT_FAILURE, "no data");
    printf("In the memory: %s", shm);
    if (semop(set, &v, 1) == -1)
        err(EXIT_FAILURE, "semop V");

    if (shmdt(shm) == -1 || shmctl(shmid, IPC_STAT, &ds) == -1)
        err(EXIT_FAILURE, "shmdt or shmctl");
    if (ds.shm_nattch == 0) { /* we were the last */
        shmctl(shmid, IPC_RMID, NULL);
        semctl(set, 0, IPC_RMID);
    }
    return 0;
}
