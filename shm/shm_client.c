/* shm_client.c - put typed texts into shared memory for the server to print.
 *
 * Article:    A 五.3 "共享内存, 例子"
 * Terminal 1: build/shm/shm_server
 * Terminal 2: build/shm/shm_client
 * Look for:   [1] the text is read before P: nobody waits for your fingers;
 *             [2] SEM_UNDO: killed before msgsnd, the kernel does the V;
 *             [3] after msgsnd the buffer is the server's, and so is the V;
 *             [4] the banner and the prompts are on stdout, bad news is not.
 * Try:        q in one of two clients, then r in the other one.
 * See also:   shm_server.c, shm_form.h; shmat(2), semop(2), msgsnd(2)
 */
#define _XOPEN_SOURCE 700 /* ftok(3), semop(2), shmat(2), sigprocmask(2) */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "shm_form.h"

union semun { /* semctl(2): no header has it, the caller must define it */
    int val;
    struct semid_ds *buf;
};

static int shmid, msqid, semid;
static char *shm;

/* Never talk to another user's server: keys collide. */
static int foreign(const struct ipc_perm *perm)
{
    errno = EPERM;
    return perm->uid != geteuid() || perm->cuid != geteuid();
}

static void server_lives(const char *or_else)
{
    if (semctl(semid, SERVER, GETVAL) < 1) /* -1: the set is gone as well */
        errx(EXIT_FAILURE, "%s", or_else);
}

static void sem_p(int sem_id)
{
    struct sembuf sbuf = {BUFFER, -1, SEM_UNDO}; /* [2] */

    while (semop(sem_id, &sbuf, 1) == -1)
        if (errno != EINTR) /* Ctrl-Z and fg: wait again */
            err(EXIT_FAILURE, "the server is gone: semop P");
}

/* No V: the buffer stays taken, but from now on it is the server's, and the
 * kernel must not give it back when this process ends. One step, net zero. */
static void hand_over(int sem_id)
{
    struct sembuf sbuf[] = {{BUFFER, 1, SEM_UNDO}, {BUFFER, -1, 0}};

    if (semop(sem_id, sbuf, 2) == -1 && errno != EIDRM && errno != EINVAL)
        err(EXIT_FAILURE, "semop"); /* those two: the server has ended */
}

/* 'q' takes the buffer, too: so nothing is sent behind it and then lost. */
static void send_command(char letter, const char *text, size_t size)
{
    struct msg_form msg = {.mtype = MSG_TYPE, .mtext = {letter}};
    sigset_t all, old;

    sem_p(semid);
    server_lives("the server is gone");
    /* Ctrl-C would give back a buffer already sent, Ctrl-Z keep all others
     * waiting. So both wait: for as long as three calls that never block. */
    sigfillset(&all);
    if (sigprocmask(SIG_BLOCK, &all, &old) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    memcpy(shm, text, size);
    if (msgsnd(msqid, &msg, 1, IPC_NOWAIT) == -1)
        err(EXIT_FAILURE, "not sent: msgsnd");
    hand_over(semid); /* [3] */
    if (sigprocmask(SIG_SETMASK, &old, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
}

static void say(const char *text) /* a prompt has no newline: flush it */
{
    if (fputs(text, stdout) == EOF || fflush(stdout) == EOF) /* [4] */
        err(EXIT_FAILURE, "stdout");
}

/* The article's loop, with int c. A line is read to its end even if it does
 * not fit, so that its rest is not the next command. -1: end of input. */
static long get_line(char line[SHM_SIZE])
{
    long len = 0;
    int c;

    while ((c = getchar()) != '\n' && c != EOF)
        if (len++ < SHM_SIZE - 1)
            line[len - 1] = (char)c;
    if (ferror(stdin))
        err(EXIT_FAILURE, "stdin");
    line[len < SHM_SIZE ? len : SHM_SIZE - 1] = '\0';
    return c == EOF && len == 0 ? -1 : len;
}

int main(int argc, char *argv[])
{
    const char *start = "start shm_server first, in this directory";
    const char *path = argc > 1 ? argv[1] : ".";
    struct shmid_ds buf1;
    struct msqid_ds buf2;
    struct semid_ds buf3;
    union semun tmp = {.buf = &buf3};
    char line[SHM_SIZE];
    int flag = 1;
    long len;
    key_t key;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    if (argc > 2 || path[0] == '-')
        errx(2, "usage: shm_client [KEYPATH]");
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        err(EXIT_FAILURE, "signal");
    if ((key = ftok(path, KEY_LETTER)) == -1)
        err(EXIT_FAILURE, "ftok %s", path);

    /* The set first: as long as it is there, the other two belong to it. */
    if ((semid = semget(key, 0, 0)) == -1 ||
        semctl(semid, 0, IPC_STAT, tmp) == -1 || foreign(&buf3.sem_perm))
        err(EXIT_FAILURE, "semget (%s)", start);
    server_lives(start);
    if ((shmid = shmget(key, SHM_SIZE, 0)) == -1 ||
        shmctl(shmid, IPC_STAT, &buf1) == -1 || foreign(&buf1.shm_perm))
        err(EXIT_FAILURE, "shmget (%s)", start);
    if ((shm = shmat(shmid, NULL, 0)) == (void *)-1)
        err(EXIT_FAILURE, "shmat");
    if ((msqid = msgget(key, 0)) == -1 ||
        msgctl(msqid, IPC_STAT, &buf2) == -1 || foreign(&buf2.msg_perm))
        err(EXIT_FAILURE, "msgget (%s)", start);

    say("***************************************\n"
        "*                 IPC                   *\n"
        "*Input r to send data toserver.  *\n"
        "*   Input q to quit.      *\n"
        "***************************************\n");
    while (flag) {
        say("Please input command: ");
        if ((len = get_line(line)) == -1)
            break;
        switch (len == 1 ? line[0] : '\0') {
        case 'r':
            server_lives("the server is gone");
            say("Data to send:");
            if ((len = get_line(line)) == -1) /* [1] */
                flag = 0;
            else if (len >= SHM_SIZE)
                warnx("not sent: %ld bytes, at most %d fit", len, SHM_SIZE - 1);
            else if (memchr(line, '\0', (size_t)len) != NULL)
                warnx("not sent: a text ends at a NUL, yours has one inside");
            else
                send_command('r', line, (size_t)len + 1);
            break;
        case 'q':
            send_command('q', "", 0);
            flag = 0;
            break;
        default:
            say("Wrong input!\n");
        }
    }
    if (shmdt(shm) == -1)
        err(EXIT_FAILURE, "shmdt");
    return 0;
}
