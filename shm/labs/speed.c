/* speed.c - lab: is shared memory faster than a pipe?
 *
 * Claims:   SHM-2
 * Terminal: build/shm/labs/speed [CLAIM]        (all labs: make claims-shm)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: semop(2), pipe(7)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 5, EMPTY = 0, FULL = 1, LARGE = 1 << 20 };

union semun { /* semctl(2): no header has it, the caller must define it */
    int val;
};

static int shmid = -1, semid = -1; /* removed however this ends */
static char *area;

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static void remove_all(void)
{
    shmctl(shmid, IPC_RMID, NULL);
    semctl(semid, 0, IPC_RMID);
}

static void on_signal(int sig)
{
    remove_all();
    signal(sig, SIG_DFL);
    raise(sig);
}

static void make_all(void)
{
    union semun one = {.val = 1};
    sigset_t all, old;

    /* No signal between making an object and knowing its id. */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    if ((shmid = shmget(IPC_PRIVATE, LARGE, 0600)) == -1)
        err(EXIT_FAILURE, "shmget");
    if ((semid = semget(IPC_PRIVATE, 2, 0600)) == -1)
        err(EXIT_FAILURE, "semget");
    sigprocmask(SIG_SETMASK, &old, NULL);
    if ((area = shmat(shmid, NULL, 0)) == (void *)-1)
        err(EXIT_FAILURE, "shmat");
    if (semctl(semid, EMPTY, SETVAL, one) == -1)
        err(EXIT_FAILURE, "semctl SETVAL");
}

static int sem_add(unsigned short member, short what)
{
    struct sembuf sbuf = {member, what, 0};

    return semop(semid, &sbuf, 1);
}

/* Each piece is of one letter, the next one of another. */
static char letter(int i)
{
    return (char)('a' + i % 26);
}

/* Use a piece: look into each cache line. */
static int is_piece(const volatile char *piece, size_t size, char content)
{
    int good = 1;

    for (size_t i = 0; i < size; i += 64)
        good &= piece[i] == content;
    return good;
}

/* Both ways a piece is made in memory by one and looked at by the other. A pipe
 * carries it there; of shared memory, two semaphores say whose turn it is. */
static int put_by_pipe(int fd, char *own, size_t size, char content)
{
    memset(own, content, size);
    for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, own + done, size - done);
        if (n == -1)
            return 0;
        done += (size_t)n;
    }
    return 1;
}

static int get_by_pipe(int fd, char *own, size_t size, char content)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = read(fd, own + done, size - done);
        if (n <= 0)
            return 0;
        done += (size_t)n;
    }
    return is_piece(own, size, content);
}

static int put_by_shm(size_t size, char content)
{
    if (sem_add(EMPTY, -1) == -1)
        return 0;
    memset(area, content, size);
    return sem_add(FULL, 1) == 0;
}

static int get_by_shm(size_t size, char content)
{
    if (sem_add(FULL, -1) == -1)
        return 0;
    int good = is_piece(area, size, content);
    return sem_add(EMPTY, 1) == 0 && good;
}

/* Microseconds that this process has been on a CPU: those that others took
 * from it do not count. */
static double cpu_time(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == -1)
        err(EXIT_FAILURE, "clock_gettime");
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* What both processes need from the first piece to the last. */
static double time_of(int by_shm, size_t size, int pieces)
{
    static char own[LARGE];
    double begin, its;
    int data[2], told[2], status, good = 1;
    char c;

    if (pipe(data) == -1 || pipe(told) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        close(data[1]);
        memset(by_shm ? area : own, 0, size); /* no first touch on the clock */
        good = write(told[1], "!", 1) == 1;
        begin = cpu_time();
        for (int i = 0; i < pieces; i++)
            good &= by_shm ? get_by_shm(size, letter(i))
                           : get_by_pipe(data[0], own, size, letter(i));
        its = cpu_time() - begin;
        good &= write(told[1], &its, sizeof its) == sizeof its;
        _exit(good ? 0 : 1);
    }
    close(data[0]);
    close(told[1]);
    memset(own, 0, size);
    if (read(told[0], &c, 1) != 1)
        errx(EXIT_FAILURE, "the child does not begin");
    begin = cpu_time();
    for (int i = 0; i < pieces; i++)
        good &= by_shm ? put_by_shm(size, letter(i))
                       : put_by_pipe(data[1], own, size, letter(i));
    double ours = cpu_time() - begin;
    good &= read(told[0], &its, sizeof its) == sizeof its;
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (!good || status != 0)
        errx(EXIT_FAILURE, "a piece did not arrive as it was sent");
    close(data[1]);
    close(told[0]);
    return ours + its;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The two take turns, and the medians count: so it is no matter of luck what
 * else this machine does. Only the sign is looked at. */
static void race(const char *what, size_t size, int pieces)
{
    double pipe_us[ROUNDS], shm_us[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        pipe_us[i] = time_of(0, size, pieces);
        shm_us[i] = time_of(1, size, pieces);
    }
    qsort(pipe_us, ROUNDS, sizeof pipe_us[0], compare);
    qsort(shm_us, ROUNDS, sizeof shm_us[0], compare);
    double by_pipe = pipe_us[ROUNDS / 2], by_shm = shm_us[ROUNDS / 2];
    printf("SHM-2 %s %d pieces of %s: shared memory with semaphores took %.0f "
           "us of CPU time, a pipe %.0f: %.1f times as %s\n",
           yes(by_shm < by_pipe), pieces, what, by_shm, by_pipe,
           by_shm < by_pipe ? by_pipe / by_shm : by_shm / by_pipe,
           by_shm < by_pipe ? "long" : "fast");
}

static void shm_2(void)
{
    make_all();
    race("64 bytes", 64, 200);
    race("1 MiB", LARGE, 4);
    if (shmdt(area) == -1)
        err(EXIT_FAILURE, "shmdt");
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SHM-2", shm_2},
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
        errx(2, "usage: speed [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
