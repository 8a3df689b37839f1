/* left.c - trap: a segment that outlives its program.
 *
 * Article:  A 五.3 "共享内存, 例子"
 * Wrong:    the segment is removed at the end of main, but Ctrl-C does not
 *           come there; the kernel keeps it, and its bytes, until a reboot.
 * Trap:     TRAP-SHM-14
 * Terminal: build/shm/traps/left  (make trap-shm-left)
 * Right:    shm_server.c, on_signal()
 * See also: shmctl(2), "IPC_RMID"; ipcs(1), ipcrm(1)
 */
#define _XOPEN_SOURCE 700 /* ftok(3), shmat(2) */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/shm.h>

enum { SIZE = 1024 };

int main(void)
{
    int shmid = shmget(ftok(".", 'l'), SIZE, IPC_CREAT | IPC_EXCL | 0600);
    char *shm;

    if (shmid == -1 || (shm = shmat(shmid, NULL, 0)) == (void *)-1)
        err(EXIT_FAILURE, "shmget or shmat");
    snprintf(shm, SIZE, "my diary");
    warnx("waiting for Enter"); /* WRONG: or for Ctrl-C, for which */
    getchar();                  /* there is no handler */
    if (shmdt(shm) == -1 || shmctl(shmid, IPC_RMID, NULL) == -1)
        err(EXIT_FAILURE, "shmdt or shmctl");
    return 0;
}
