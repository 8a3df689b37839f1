/* life.c - lab: a segment is made, attached, left, and removed.
 *
 * Claims:   SHM-12 SHM-13 SHM-14
 * Terminal: build/shm/labs/life [CLAIM]         (all labs: make claims-shm)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: shmget(2), shmat(2), shmctl(2), proc_pid_maps(5)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

static int ids[16], n_ids; /* our segments: removed however this ends */
static sigset_t unblocked;

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

/* No signal between making a segment and knowing its id. */
static void hold_signals(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &unblocked);
}

static void release_signals(void)
{
    sigprocmask(SIG_SETMASK, &unblocked, NULL);
}

/* A key that was nobody's, and a segment there. */
static int new_segment(key_t *key)
{
    int id;

    *key = (key_t)getpid() << 8;
    hold_signals();
    while ((id = shmget(++*key, 64, IPC_CREAT | IPC_EXCL | 0600)) == -1)
        if (errno != EEXIST)
            err(EXIT_FAILURE, "shmget");
    ids[n_ids++] = id;
    release_signals();
    return id;
}

static void remove_all(void)
{
    for (int i = 0; i < n_ids; i++)
        shmctl(ids[i], IPC_RMID, NULL);
}

static void on_signal(int sig)
{
    remove_all();
    signal(sig, SIG_DFL);
    raise(sig);
}

static char *attach(int id)
{
    char *p = shmat(id, NULL, 0);

    if (p == (void *)-1)
        err(EXIT_FAILURE, "shmat");
    return p;
}

static void detach(const void *p)
{
    if (shmdt(p) == -1)
        err(EXIT_FAILURE, "shmdt");
}

static unsigned long attached(int id)
{
    struct shmid_ds now;

    if (shmctl(id, IPC_STAT, &now) == -1)
        err(EXIT_FAILURE, "shmctl IPC_STAT");
    return (unsigned long)now.shm_nattch;
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

static void on_fault(int sig)
{
    (void)sig;
    _exit(1);
}

/* A load from there: exit status 0, or 1 if it is answered by SIGSEGV. */
static void load_and_exit(volatile char *at)
{
    signal(SIGSEGV, on_fault);
    (void)*at;
    _exit(0);
}

/* May a child, which has all our memory, load this byte? */
static int reaches(volatile char *at)
{
    pid_t child = new_child();

    if (child == 0)
        load_and_exit(at);
    return status_of(child) == 0;
}

/* Is this segment in our address space? Its "inode" is the id. */
static int mapped(int id)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    unsigned long inode;
    int found = 0;

    if (maps == NULL)
        err(EXIT_FAILURE, "/proc/self/maps");
    while (fgets(line, sizeof line, maps) != NULL)
        found |= strstr(line, "/SYSV") != NULL &&
                 sscanf(line, "%*s %*s %*s %*s %lu", &inode) == 1 &&
                 inode == (unsigned long)id;
    fclose(maps);
    return found;
}

static void shm_12(void)
{
    key_t key;
    int id = new_segment(&key), before = mapped(id);
    unsigned long times = attached(id);

    printf("SHM-12 %s made, not attached: shm_nattch is %lu, /proc/self/maps "
           "%s it\n", yes(!before && times == 0), times,
           before ? "has" : "does not have");
    char *p = attach(id);
    int after = mapped(id), reached = after && reaches(p);
    times = attached(id);
    printf("SHM-12 %s after shmat(2): shm_nattch is %lu, /proc/self/maps %s "
           "it, a load there %s\n", yes(reached && times == 1), times,
           after ? "has" : "does not have",
           reached ? "works" : "fails");
    detach(p);
}

/* With kernel.shm_rmid_forced a segment goes with its last user. */
static int removed_with_the_last(void)
{
    FILE *f = fopen("/proc/sys/kernel/shm_rmid_forced", "r");
    int forced = f != NULL && fgetc(f) == '1';

    if (f != NULL)
        fclose(f);
    return forced;
}

/* A child makes a segment, leaves a text in it, and ends. */
static int segment_of_the_dead(void)
{
    int tell[2], id;

    if (pipe(tell) == -1)
        err(EXIT_FAILURE, "pipe");
    hold_signals();
    pid_t child = new_child();
    if (child == 0) {
        char *p;
        if ((id = shmget(IPC_PRIVATE, 64, 0600)) == -1 ||
            write(tell[1], &id, sizeof id) != sizeof id ||
            (p = shmat(id, NULL, 0)) == (void *)-1)
            _exit(1);
        strcpy(p, "left behind");
        _exit(0);
    }
    close(tell[1]);
    if (read(tell[0], &id, sizeof id) != sizeof id)
        errx(EXIT_FAILURE, "the child made no segment");
    ids[n_ids++] = id;
    release_signals();
    close(tell[0]);
    if (status_of(child) != 0)
        errx(EXIT_FAILURE, "the child did not attach its segment");
    return id;
}

static void shm_13(void)
{
    key_t key;
    int id = new_segment(&key);
    char *p = attach(id);

    strcpy(p, "still here");
    pid_t child = new_child();
    if (child == 0) {
        if (shmdt(p) == -1)
            _exit(2);
        load_and_exit(p);
    }
    int cut_off = status_of(child) == 1, kept = reaches(p);
    printf("SHM-13 %s a child calls shmdt(2): a load %s, in the parent it %s\n",
           yes(cut_off && kept), cut_off ? "gives it SIGSEGV" : "still works",
           kept ? "still works" : "gives SIGSEGV, too");
    if (removed_with_the_last()) {
        printf("SHM-13 skip kernel.shm_rmid_forced is 1: a segment goes with "
               "its last user\n");
        return;
    }
    detach(p);
    unsigned long left = attached(id);
    p = attach(id);
    printf("SHM-13 %s all have detached it (shm_nattch is %lu); then attached "
           "again it has: \"%.16s\"\n",
           yes(left == 0 && strcmp(p, "still here") == 0), left, p);
    detach(p);
    p = attach(segment_of_the_dead());
    printf("SHM-13 %s its maker has ended, who attached it last; it has: "
           "\"%.16s\"\n", yes(strcmp(p, "left behind") == 0), p);
    detach(p);
}

static void shm_14(void)
{
    key_t key;
    int id = new_segment(&key);
    struct shmid_ds now;

    if (shmctl(id, IPC_RMID, NULL) == -1)
        err(EXIT_FAILURE, "shmctl IPC_RMID");
    int there = shmctl(id, IPC_STAT, &now) == 0;
    printf("SHM-14 %s IPC_RMID, nobody has it attached: then IPC_STAT: %s\n",
           yes(!there), there ? "it is there" : strerror(errno));

    id = new_segment(&key);
    char *p = attach(id), *q;
    strcpy(p, "in use");
    if (shmctl(id, IPC_RMID, NULL) == -1)
        err(EXIT_FAILURE, "shmctl IPC_RMID");
    there = shmget(key, 0, 0) != -1;
    printf("SHM-14 %s IPC_RMID while it is attached: then shmget(2) by the "
           "key: %s\n", yes(!there), there ? "it is there" : strerror(errno));
    there = reaches(p);
    printf("SHM-14 %s what was attached before %s: \"%.8s\"\n", yes(!there),
           there ? "can still be read" : "is gone", there ? p : "");
    there = (q = shmat(id, NULL, 0)) != (void *)-1;
    printf("SHM-14 %s shmat(2) by the id, once more: %s\n", yes(!there),
           there ? "attached" : strerror(errno));
    if (there)
        detach(q);
    detach(p);
    there = shmctl(id, IPC_STAT, &now) == 0;
    printf("SHM-14 %s after the last shmdt(2), IPC_STAT: %s\n", yes(!there),
           there ? "it is there" : strerror(errno));
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SHM-12", shm_12}, {"SHM-13", shm_13}, {"SHM-14", shm_14},
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
        errx(2, "usage: life [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
