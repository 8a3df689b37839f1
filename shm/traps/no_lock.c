/* no_lock.c - trap: who writes does not ask whether it is read.
 *
 * Article:  A 五.3 "共享内存, 例子"
 * Wrong:    no P before the copy: the text of the one before, which nobody
 *           has read yet, is overwritten.
 * Trap:     TRAP-SHM-5
 * Terminal: build/shm/traps/no_lock TEXT  (make trap-shm-no_lock)
 * Right:    shm_client.c does a P; the V is for who has read the text
 * See also: semop(2), shmat(2)
 */
#define _XOPEN_SOURCE 700 /* ftok(3), msgsnd(2), shmat(2) */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <sys/shm.h>

enum { SIZE = 1024, MSG_TYPE = 888 };

int main(int argc, char *argv[])
{
    struct { long mtype; char mtext[1]; } msg = {MSG_TYPE, "r"};
    key_t key = ftok(".", 'h');
    int shmid, msqid;
    char *shm;

    if (argc != 2)
        errx(2, "usage: no_lock TEXT");
    if ((shmid = shmget(key, SIZE, 0)) == -1 ||
        (shm = shmat(shmid, NULL, 0)) == (void *)-1 ||
        (msqid = msgget(key, 0)) == -1)
        err(EXIT_FAILURE, "shmget, shmat or msgget (start shm_server first)");
    snprintf(shm, SIZE, "%s", argv[1]); /* WRONG: is the buffer ours? */
    if (msgsnd(msqid, &msg, 1, IPC_NOWAIT) == -1)
        err(EXIT_FAILURE, "msgsnd");
    if (shmdt(shm) == -1)
        err(EXIT_FAILURE, "shmdt");
    return 0;
}
