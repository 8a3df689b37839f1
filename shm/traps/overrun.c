/* overrun.c - trap: a text that is longer than its place.
 *
 * Article:  A 五.3 "共享内存, 例子"
 * Wrong:    16 bytes of the segment are for a name, and it is copied without
 *           a look at its length: it goes on in what lies behind.
 * Trap:     TRAP-SHM-7
 * Terminal: build/shm/traps/overrun  (make trap-shm-overrun)
 * Right:    shm_client.c counts first, and refuses what does not fit
 * See also: strcpy(3), snprintf(3)
 */
#define _XOPEN_SOURCE 700 /* shmat(2) */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

enum { NAME = 0, DOOR = 16, SIZE = 2048 }; /* where they lie */

int main(void)
{
    int shmid = shmget(IPC_PRIVATE, SIZE, 0600);
    char line[1024], *shm;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (shmid == -1 || (shm = shmat(shmid, NULL, 0)) == (void *)-1 ||
        shmctl(shmid, IPC_RMID, NULL) == -1) /* it goes with its last user */
        err(EXIT_FAILURE, "shmget, shmat or shmctl");
    strcpy(shm + DOOR, "shut");
    printf("The door is %s. Your name:", shm + DOOR);
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL)
        errx(EXIT_FAILURE, "no name");
    line[strcspn(line, "\n")] = '\0';

    strcpy(shm + NAME, line); /* WRONG: up to 15 bytes and a NUL fit */
    printf("The door is %s.\n", shm + DOOR);
    if (shmdt(shm) == -1)
        err(EXIT_FAILURE, "shmdt");
    return 0;
}
