/* shm_server.c - print the texts that clients put into shared memory.
 *
 * Article:    A 五.3 "共享内存, 例子"
 * Terminal 1: build/shm/shm_server
 * Terminal 2: build/shm/shm_client
 * Look for:   [1] the segment carries the text, the queue says that there is
 *             one, the semaphore says who may touch the segment;
 *             [2] the server, not the client, gives the buffer back: no text
 *             is overwritten before it has been printed;
 *             [3] SEM_UNDO: if the server is killed, the kernel corrects both
 *             semaphores, and clients that wait for the buffer wake up;
 *             [4] ipcs shows nothing afterwards, after Ctrl-C neither.
 * Try:        Ctrl-Z this terminal, send two texts: the second has to wait.
 * See also:   shm_client.c, shm_form.h; shmget(2), semop(2), msgrcv(2)
 */
#define _XOPEN_SOURCE 700 /* ftok(3), semop(2), shmat(2), sigaction(2) */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "shm_form.h"

union semun { /* semctl(2): no header has it, the caller must define it */
    int val;
    struct semid_ds *buf;
};

static int shmid = -1, msqid = -1, semid = -1; /* ours, as soon as not -1 */

static void init_sem(int sem_id, int value)
{
    union semun tmp = {.val = value};

    if (semctl(sem_id, BUFFER, SETVAL, tmp) == -1)
        err(EXIT_FAILURE, "semctl SETVAL");
}

static void sem_p(int sem_id)
{
    struct sembuf sbuf = {BUFFER, -1, SEM_UNDO};

    if (semop(sem_id, &sbuf, 1) == -1)
        err(EXIT_FAILURE, "semop P");
}

/* From 0 to 1 in one step, so that it can never become 2. (It is 1 already
 * if the sender was killed right after msgsnd: then it was given back.) */
static void sem_v(int sem_id)
{
    struct sembuf sbuf[] = {{BUFFER, 0, IPC_NOWAIT}, {BUFFER, 1, 0}};

    if (semop(sem_id, sbuf, 2) == -1 && errno != EAGAIN)
        err(EXIT_FAILURE, "semop V");
}

static void del_sem(int sem_id)
{
    if (semctl(sem_id, 0, IPC_RMID) == -1)
        err(EXIT_FAILURE, "semctl IPC_RMID");
}

/* Keys collide (only 24 bits of ftok(3) tell files apart): what is another
 * user's or another program's is never touched, not by root either. */
static int foreign(const struct ipc_perm *perm)
{
    return perm->uid != geteuid() || perm->cuid != geteuid() ||
           (perm->mode & 0777) != 0600;
}

static void refuse(const char *what, char option, key_t key)
{
    errx(EXIT_FAILURE, "the %s at key 0x%08x is not one that shm_server made "
         "for you; take another KEYPATH or, if it is yours, remove it: "
         "ipcrm -%c 0x%08x", what,
         (unsigned)key, option, (unsigned)key);
}

/* A killed server left its set. His queue and segment go as well, or else
 * yesterday's commands would be obeyed; the set goes last. */
static void remove_old(key_t key, int old_sem)
{
    int old_shm = shmget(key, 0, 0), old_msq = msgget(key, 0);
    struct shmid_ds buf1;
    struct msqid_ds buf2;

    if (old_shm != -1 && (shmctl(old_shm, IPC_STAT, &buf1) == -1 ||
        foreign(&buf1.shm_perm) || buf1.shm_segsz != SHM_SIZE))
        refuse("segment", 'M', key);
    if (old_msq != -1 && (msgctl(old_msq, IPC_STAT, &buf2) == -1 ||
        foreign(&buf2.msg_perm)))
        refuse("queue", 'Q', key);
    if ((old_shm != -1 && shmctl(old_shm, IPC_RMID, NULL) == -1) ||
        (old_msq != -1 && msgctl(old_msq, IPC_RMID, NULL) == -1))
        err(EXIT_FAILURE, "removing what a killed server left");
    del_sem(old_sem);
}

/* The set is the first to be made and the last to be removed: only who has
 * raised its SERVER from 0 to 1 makes and removes the other two objects. */
static int creat_sem(key_t key)
{
    struct sembuf claim[] = {{SERVER, 0, IPC_NOWAIT}, {SERVER, 1, SEM_UNDO}};
    struct semid_ds set;
    union semun arg = {.buf = &set};
    int sem_id, old;

    sem_id = semget(key, SEM_COUNT, IPC_CREAT | IPC_EXCL | 0600);
    if ((old = sem_id == -1 && errno == EEXIST))
        sem_id = semget(key, 0, 0);
    if (sem_id == -1)
        err(EXIT_FAILURE, "semget%s", errno == ENOSPC
            ? " (limit kernel.sem: ipcs -l, sysctl)" : "");
    if (old && (semctl(sem_id, 0, IPC_STAT, arg) == -1 ||
        foreign(&set.sem_perm) || set.sem_nsems != SEM_COUNT))
        refuse("semaphore set", 'S', key);
    if (semop(sem_id, claim, 2) == -1) { /* [3] */
        if (errno == EAGAIN)
            errx(EXIT_FAILURE, "key 0x%x: another shm_server is at work", key);
        semid = old ? -1 : sem_id; /* new and nobody's: not left behind */
        err(EXIT_FAILURE, "semop");
    }
    if (!old)
        return sem_id;
    remove_old(key, sem_id);
    return creat_sem(key);
}

/* shmctl, msgctl and semctl are not on the list of signal-safety(7), but on
 * Linux they are bare system calls. An id that is -1 or gone does no harm. */
static void remove_all(void)
{
    shmctl(shmid, IPC_RMID, NULL);
    msgctl(msqid, IPC_RMID, NULL);
    semctl(semid, 0, IPC_RMID);
}

static void on_signal(int sig)
{
    remove_all();
    signal(sig, SIG_DFL); /* then die of it, so that the shell knows why */
    raise(sig);
}

int main(int argc, char *argv[])
{
    const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    const char *path = argc > 1 ? argv[1] : ".";
    struct sigaction sa = {.sa_handler = on_signal};
    struct msg_form msg;
    ssize_t len;
    key_t key;
    char *shm;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    if (argc > 2 || path[0] == '-')
        errx(2, "usage: shm_server [KEYPATH]");
    if ((key = ftok(path, KEY_LETTER)) == -1)
        err(EXIT_FAILURE, "ftok %s", path);

    /* No signal between making an object and knowing its id. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1 ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR || atexit(remove_all) != 0)
        err(EXIT_FAILURE, "sigprocmask, signal, atexit");
    for (int i = 0; i < 4; i++)
        if (sigaction(deadly[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");

    /* The buffer is the server's own until everything is ready. P notes an
     * undo, the V below (as every V here) leaves it: dying is one more V. */
    semid = creat_sem(key);
    init_sem(semid, 1);
    sem_p(semid); /* [3] */
    if ((shmid = shmget(key, SHM_SIZE, IPC_CREAT | IPC_EXCL | 0600)) == -1) {
        if (errno == EEXIST)
            refuse("segment", 'M', key);
        err(EXIT_FAILURE, "shmget%s", errno == ENOSPC
            ? " (limit kernel.shmmni or shmall: ipcs -l, sysctl)" : "");
    }
    if ((shm = shmat(shmid, NULL, 0)) == (void *)-1)
        err(EXIT_FAILURE, "shmat");
    if ((msqid = msgget(key, IPC_CREAT | IPC_EXCL | 0600)) == -1) {
        if (errno == EEXIST)
            refuse("queue", 'Q', key);
        err(EXIT_FAILURE, "msgget%s", errno == ENOSPC
            ? " (limit kernel.msgmni: ipcs -l, sysctl)" : "");
    }
    sem_v(semid);
    if (sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    warnx("waiting for shm_client (start it in this directory)");

    while (1) { /* [1] */
        len = msgrcv(msqid, &msg, sizeof(msg.mtext), MSG_TYPE, MSG_NOERROR);
        if (len == -1 && errno != EINTR)
            err(EXIT_FAILURE, "msgrcv");
        if (len == 1 && msg.mtext[0] == 'q')
            break;
        if (len == 1 && msg.mtext[0] == 'r') {
            if (printf("%.*s\n", SHM_SIZE - 1, shm) < 0)
                err(EXIT_FAILURE, "stdout");
            sem_v(semid); /* [2] */
        } else if (len != -1)
            warnx("ignored: a message that is neither r nor q");
    }
    if (shmdt(shm) == -1)
        err(EXIT_FAILURE, "shmdt");
    if (shmctl(shmid, IPC_RMID, NULL) == -1 ||
        msgctl(msqid, IPC_RMID, NULL) == -1) /* [4] */
        err(EXIT_FAILURE, "shmctl, msgctl IPC_RMID");
    del_sem(semid);
    return 0;
}
