/* stale.c - trap: today's server obeys the orders of yesterday.
 *
 * Article:  A 五.3 "共享内存, 例子"
 * Wrong:    with IPC_CREAT alone, what a killed server has left behind is
 *           used as if it were new: its text, and the orders in its queue.
 * Trap:     TRAP-SHM-14
 * Terminal: build/shm/traps/stale      (make trap-shm-stale)
 *           build/shm/traps/stale q    (sends an order)
 * Right:    shm_server.c, remove_old()
 * See also: shmget(2), msgget(2), "IPC_EXCL"
 */
#define _XOPEN_SOURCE 700 /* ftok(3), msgrcv(2), shmat(2) */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/shm.h>

enum { SIZE = 1024, ORDER = 888 };

int main(int argc, char *argv[])
{
    int client = argc == 2 && strcmp(argv[1], "q") == 0;
    /* WRONG: whose is it, and how old, if it is there already? */
    int flags = client ? 0 : IPC_CREAT | 0600;
    struct { long mtype; char mtext[1]; } msg = {ORDER, "q"};
    key_t key = ftok(".", 'y');
    int shmid, msqid;
    char *shm;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 + client)
        errx(2, "usage: stale [q]");
    if ((shmid = shmget(key, SIZE, flags)) == -1 ||
        (shm = shmat(shmid, NULL, 0)) == (void *)-1 ||
        (msqid = msgget(key, flags)) == -1)
        err(EXIT_FAILURE, "shmget, shmat or msgget");
    if (client) {
        snprintf(shm, SIZE, "End, please.");
        if (msgsnd(msqid, &msg, 1, IPC_NOWAIT) == -1)
            err(EXIT_FAILURE, "msgsnd");
        return 0;
    }
    warnx("waiting for an order");
    if (msgrcv(msqid, &msg, 1, ORDER, MSG_NOERROR) == -1)
        err(EXIT_FAILURE, "msgrcv");
    printf("I am told to end: %.*s\n", SIZE, shm);
    if (shmdt(shm) == -1 || shmctl(shmid, IPC_RMID, NULL) == -1 ||
        msgctl(msqid, IPC_RMID, NULL) == -1)
        err(EXIT_FAILURE, "shmdt, shmctl or msgctl");
    return 0;
}
