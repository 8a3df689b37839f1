/* attach.c - trap: a test for failure that crashes if there is one.
 *
 * Article:  A 五.3 "共享内存, 例子"
 * Wrong:    a failed shmat(2) gives the pointer (void *)-1; here the -1 is
 *           looked for in the memory that this pointer points to.
 * Trap:     TRAP-SHM-2
 * Terminal: build/shm/traps/attach  (make trap-shm-attach)
 * Right:    shm_client.c compares the pointer
 * See also: shmat(2), "RETURN VALUE"
 */
#define _XOPEN_SOURCE 700 /* ftok(3), shmat(2) */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/shm.h>

enum { SIZE = 1024 };

int main(void)
{
    int shmid = shmget(ftok(".", 'h'), SIZE, 0); /* of shm_server */
    char *shm;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (shmid == -1)
        err(EXIT_FAILURE, "shmget (start shm_server first)");
    printf("Press Enter to look:");
    fflush(stdout);
    getchar(); /* as long as this takes, the segment may go away */

    shm = shmat(shmid, NULL, SHM_RDONLY);
    if (*(int *)shm == -1) /* WRONG: right is shm == (void *)-1 */
        err(EXIT_FAILURE, "shmat");
    printf("In the memory: %.*s\n", SIZE, shm);
    if (shmdt(shm) == -1)
        err(EXIT_FAILURE, "shmdt");
    return 0;
}
