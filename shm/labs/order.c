/* order.c - lab: processes share one memory, and must take turns.
 *
 * Claims:   SHM-1 SHM-3 SHM-15
 * Terminal: build/shm/labs/order [CLAIM]        (all labs: make claims-shm)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: shmget(2), semop(2), msgrcv(2), proc_pid_stat(5)
 */
#define _GNU_SOURCE
#include <err.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

union semun { /* semctl(2): no header has it, the caller must define it */
    int val;
};
struct msg_form {
    long mtype;
    char mtext[1];
};

static int shmid = -1, semid = -1, msqid = -1; /* removed however this ends */
static char *area;

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static void remove_all(void)
{
    if (shmid != -1)
        shmctl(shmid, IPC_RMID, NULL);
    if (semid != -1)
        semctl(semid, 0, IPC_RMID);
    if (msqid != -1)
        msgctl(msqid, IPC_RMID, NULL);
    shmid = semid = msqid = -1;
}

static void on_signal(int sig)
{
    remove_all();
    signal(sig, SIG_DFL);
    raise(sig);
}

/* A segment, one semaphore of value 1, and a queue: for one trial. */
static void make_all(int semaphore, int queue)
{
    union semun one = {.val = 1};
    sigset_t all, old;

    remove_all();
    /* No signal between making an object and knowing its id. */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    if ((shmid = shmget(IPC_PRIVATE, 64, 0600)) == -1)
        err(EXIT_FAILURE, "shmget");
    if (semaphore && (semid = semget(IPC_PRIVATE, 1, 0600)) == -1)
        err(EXIT_FAILURE, "semget");
    if (queue && (msqid = msgget(IPC_PRIVATE, 0600)) == -1)
        err(EXIT_FAILURE, "msgget");
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (semaphore && semctl(semid, 0, SETVAL, one) == -1)
        err(EXIT_FAILURE, "semctl SETVAL");
    if ((area = shmat(shmid, NULL, 0)) == (void *)-1)
        err(EXIT_FAILURE, "shmat");
}

/* Children have to end if we remove the set, so they use this, too. */
static int sem_add(short what)
{
    struct sembuf sbuf = {0, what, 0};

    return semop(semid, &sbuf, 1);
}

static void sem_p(void)
{
    if (sem_add(-1) == -1)
        err(EXIT_FAILURE, "semop P");
}

static void sem_v(void)
{
    if (sem_add(1) == -1)
        err(EXIT_FAILURE, "semop V");
}

/* How many wait in P? The kernel counts them. */
static int waiting(void)
{
    return semctl(semid, 0, GETNCNT);
}

static void new_pipe(int fd[2])
{
    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
}

static pid_t new_child(void)
{
    pid_t child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork");
    return child;
}

static int status_of(pid_t child)
{
    int status;

    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (!WIFEXITED(status))
        errx(EXIT_FAILURE, "the child did not answer");
    return WEXITSTATUS(status);
}

static void shm_1(void)
{
    for (int own = 0; own <= 1; own++) {
        int go[2];
        char c;

        make_all(0, 0);
        new_pipe(go);
        pid_t child = new_child();
        if (child == 0) {
            char *its = own ? shmat(shmid, NULL, 0) : area;
            if (its == (void *)-1 || read(go[0], &c, 1) != 1)
                _exit(2);
            int seen = its[0] == 'p';
            its[1] = 'c';
            _exit(seen);
        }
        area[0] = 'p'; /* after the fork: the child has no copy of this */
        if (write(go[1], "!", 1) != 1)
            err(EXIT_FAILURE, "write");
        int child_saw = status_of(child) == 1, parent_saw = area[1] == 'c';
        printf("SHM-1 %s parent and child, %s: the child %s the parent's "
               "store, the parent %s the child's\n",
               yes(child_saw && parent_saw),
               own ? "each with a shmat(2) of its own" :
                     "one shmat(2) before the fork",
               child_saw ? "saw" : "missed", parent_saw ? "saw" : "missed");
        close(go[0]);
        close(go[1]);
    }
}

/* Two processes add 1 each. The child stands between its load and its store
 * until the parent has added, or waits for its turn. */
static long two_additions(int with_semaphore)
{
    int loaded[2];
    char c;

    make_all(1, 0);
    volatile long *number = (volatile long *)(void *)area;
    new_pipe(loaded);
    pid_t child = new_child();
    if (child == 0) {
        if (with_semaphore && sem_add(-1) == -1)
            _exit(1);
        long seen = *number;
        if (write(loaded[1], "!", 1) != 1)
            _exit(1);
        while (*number == seen && waiting() == 0)
            sched_yield();
        *number = seen + 1;
        _exit(with_semaphore && sem_add(1) == -1);
    }
    if (read(loaded[0], &c, 1) != 1)
        err(EXIT_FAILURE, "read");
    if (with_semaphore)
        sem_p();
    *number = *number + 1;
    if (with_semaphore)
        sem_v();
    if (status_of(child) != 0)
        errx(EXIT_FAILURE, "the child could not add");
    close(loaded[0]);
    close(loaded[1]);
    return *number;
}

static void shm_3(void)
{
    long number = two_additions(0);
    printf("SHM-3 %s one adds 1 while the other is between load and store, 0 "
           "+ 1 + 1 is %ld\n", yes(number != 2), number);
    number = two_additions(1);
    printf("SHM-3 %s the same, each between P and V: the second waits in P, 0 "
           "+ 1 + 1 is %ld\n", yes(number == 2), number);
}

/* The demo's server. What it reads goes to `tell`, for us to see. */
static void serve(int tell)
{
    struct msg_form msg;
    char text[64];

    while (msgrcv(msqid, &msg, 1, 888, 0) == 1 && msg.mtext[0] == 'r') {
        if (sem_add(-1) == -1)
            _exit(1);
        memcpy(text, area, sizeof text);
        if (sem_add(1) == -1 || write(tell, text, strlen(text) + 1) == -1)
            _exit(1);
    }
    _exit(0);
}

static void send_letter(char letter)
{
    struct msg_form msg = {.mtype = 888, .mtext = {letter}};

    if (msgsnd(msqid, &msg, 1, 0) == -1)
        err(EXIT_FAILURE, "msgsnd");
}

static int can_read(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    if (poll(&p, 1, 0) == -1)
        err(EXIT_FAILURE, "poll");
    return p.revents != 0;
}

/* Wait until a child sleeps in the kernel. */
static void await_sleep(pid_t child)
{
    char path[64], line[512] = "", *state = NULL;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)child);
    do {
        FILE *f = fopen(path, "r");
        if (f == NULL || fgets(line, sizeof line, f) == NULL)
            err(EXIT_FAILURE, "%s", path);
        fclose(f);
        state = strrchr(line, ')');
        sched_yield();
    } while (state == NULL || (state[2] != 'S' && state[2] != 'Z'));
}

static void shm_15(void)
{
    int tell[2];
    char text[64] = "";

    make_all(1, 1);
    new_pipe(tell);
    pid_t server = new_child();
    if (server == 0)
        serve(tell[1]);
    close(tell[1]);

    sem_p();
    strcpy(area, "hello");
    sem_v();
    await_sleep(server);
    int early = can_read(tell[0]);
    send_letter('r');
    if (read(tell[0], text, sizeof text) <= 0)
        errx(EXIT_FAILURE, "the server did not answer");
    printf("SHM-15 %s the queue tells: a text is put, the server %s; 'r' is "
           "sent, it reads\n", yes(!early),
           early ? "reads at once" : "sleeps on");
    printf("SHM-15 %s the memory carries: the one byte 'r' was sent; \"%.16s\" "
           "arrived\n", yes(strcmp(text, "hello") == 0), text);

    sem_p();
    strcpy(area, "half ...");
    send_letter('r');
    while (waiting() == 0 && !can_read(tell[0]))
        sched_yield();
    int waits = waiting() == 1;
    strcpy(area, "the whole");
    sem_v();
    if (read(tell[0], text, sizeof text) <= 0)
        errx(EXIT_FAILURE, "the server did not answer");
    printf("SHM-15 %s the semaphore orders: told too early, the server %s; it "
           "reads \"%.16s\"\n", yes(waits && strcmp(text, "the whole") == 0),
           waits ? "waits in P until V" : "does not wait", text);
    send_letter('q');
    if (status_of(server) != 0)
        errx(EXIT_FAILURE, "the server failed");
    close(tell[0]);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SHM-1", shm_1}, {"SHM-3", shm_3}, {"SHM-15", shm_15},
};

int main(int argc, char *argv[])
{
    const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM};
    struct sigaction sa = {.sa_handler = on_signal};
    int tried = 0;

    sigfillset(&sa.sa_mask);
    for (int i = 0; i < 5; i++)
        if (sigaction(deadly[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    if (atexit(remove_all) != 0)
        errx(EXIT_FAILURE, "atexit");
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: order [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
