/* too_early.c - trap: a set is used before it has its value.
 *
 * Article:  A 四.2 (SETVAL)
 * Wrong:    to make a set and to give it its value are two calls; who finds the
 *           set between them does a V, which SETVAL then wipes out.
 * Trap:     SEM-23 (a claim)
 * Terminal: build/semaphore/traps/too_early  (make trap-semaphore-too_early)
 * Right:    sem_init_race.c waits until sem_otime is not 0
 * See also: semget(2), "Semaphore initialization"; semctl(2), "sem_otime"
 */
#define _XOPEN_SOURCE 700       /* ftok(3), sigaction(2) under -std=c11 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

union semun {                   /* for us to define, says semctl(2) */
    int val;
};

static int set;

static void on_signal(int sig)
{
    semctl(set, 0, IPC_RMID);
    raise(sig);                 /* SA_RESETHAND: this time we die of it */
}

/* Another program, which knows the key. */
static void find(key_t key)
{
    struct sembuf v = {0, 1, 0};
    int found = semget(key, 1, 0);

    /* WRONG: that it is there does not say that it has its value. */
    if (found == -1 || semop(found, &v, 1) == -1)
        err(EXIT_FAILURE, "semget or semop V");
    printf("Process %d has found the set, and done its V.\n", getpid());
    _exit(EXIT_SUCCESS);
}

int main(void)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    struct sembuf p = {0, -1, 0};
    key_t key = ftok(".", 'e');
    pid_t finder;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (sigaction(SIGINT, &sa, NULL) == -1 ||
        sigaction(SIGTERM, &sa, NULL) == -1 ||
        (set = semget(key, 1, IPC_CREAT | IPC_EXCL | 0600)) == -1 ||
        (finder = fork()) == -1)
        err(EXIT_FAILURE, "sigaction, semget or fork");
    if (finder == 0)
        find(key);
    /* Between the two calls: the worst moment for a pause. */
    if (waitpid(finder, NULL, 0) == -1 ||
        semctl(set, 0, SETVAL, (union semun){.val = 0}) == -1)
        err(EXIT_FAILURE, "waitpid or semctl SETVAL");
    printf("Process %d has set the value to 0, and waits for a V.\n", getpid());
    while (semop(set, &p, 1) == -1)
        if (errno != EINTR)
            err(EXIT_FAILURE, "semop P");
    printf("Process %d goes on.\n", getpid());
    if (semctl(set, 0, IPC_RMID) == -1)
        err(EXIT_FAILURE, "semctl IPC_RMID");
    return EXIT_SUCCESS;
}
