/* undo.c - trap: a V that the kernel takes back.
 *
 * Article:  A 四.3 "例子"
 * Wrong:    the child's V is to tell something, but has SEM_UNDO: when he ends
 *           the kernel undoes it, and a father who comes later hangs.
 * Trap:     TRAP-SEM-2
 * Terminal: build/semaphore/traps/undo  (make trap-semaphore-undo)
 * Right:    sem_order.c, whose V has no SEM_UNDO
 * See also: semop(2), "SEM_UNDO"
 */
#define _XOPEN_SOURCE 700       /* sigaction(2), semop(2) under -std=c11 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

static int set;

static void on_signal(int sig)
{
    semctl(set, 0, IPC_RMID);
    raise(sig);                 /* SA_RESETHAND: this time we die of it */
}

static int add(short n, short flag)
{
    struct sembuf op = {0, n, flag};
    int result;

    while ((result = semop(set, &op, 1)) == -1 && errno == EINTR)
        ;
    return result;
}

int main(void)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    siginfo_t info;
    pid_t child;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (sigaction(SIGINT, &sa, NULL) == -1 ||
        sigaction(SIGTERM, &sa, NULL) == -1 ||
        (set = semget(IPC_PRIVATE, 1, 0600)) == -1 ||
        (child = fork()) == -1) /* a new set is 0, on Linux */
        err(EXIT_FAILURE, "sigaction, semget or fork");
    if (child == 0) {
        printf("Process child: pid=%d\n", getpid());
        if (add(1, SEM_UNDO) == -1) /* WRONG: it must stay when we are gone */
            err(EXIT_FAILURE, "semop V");
        _exit(EXIT_SUCCESS);
    }
    /* The father is late, as on a busy machine: his child has already ended. */
    while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == -1)
        if (errno != EINTR)
            err(EXIT_FAILURE, "waitid");
    if (add(-1, 0) == -1)
        err(EXIT_FAILURE, "semop P");
    printf("Process father: pid=%d\n", getpid());
    if (waitpid(child, NULL, 0) == -1 || semctl(set, 0, IPC_RMID) == -1)
        err(EXIT_FAILURE, "waitpid or semctl");
    return EXIT_SUCCESS;
}
