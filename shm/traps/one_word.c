/* one_word.c - trap: of a line that is typed, one word arrives.
 *
 * Article:  A 五.3 "共享内存, 例子"
 * Wrong:    for scanf(3) a text ends at the first blank; the rest of the line
 *           stays in stdin, where the next read takes it for an answer.
 * Trap:     TRAP-SHM-6
 * Terminal: build/shm/traps/one_word      (make trap-shm-one_word)
 * Right:    shm_client.c, get_line()
 * See also: scanf(3), "%s"; fgets(3)
 */
#define _XOPEN_SOURCE 700 /* shmat(2) */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/shm.h>

int main(void)
{
    int shmid = shmget(IPC_PRIVATE, 1024, 0600);
    char *shm;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (shmid == -1 || (shm = shmat(shmid, NULL, 0)) == (void *)-1 ||
        shmctl(shmid, IPC_RMID, NULL) == -1) /* it goes with its last user */
        err(EXIT_FAILURE, "shmget, shmat or shmctl");
    for (int i = 0; i < 2; i++) {
        printf("Data to send:");
        fflush(stdout);
        if (scanf("%1023s", shm) != 1) /* WRONG: a word, not a line */
            errx(EXIT_FAILURE, "no data");
        printf("In the memory: %s\n", shm);
    }
    if (shmdt(shm) == -1)
        err(EXIT_FAILURE, "shmdt");
    return 0;
}
