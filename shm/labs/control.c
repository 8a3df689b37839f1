/* control.c - lab: what shmget(2) and shmctl(2) take and return.
 *
 * Claims:   SHM-5 SHM-9 SHM-10 SHM-22 SHM-23
 * Terminal: build/shm/labs/control [CLAIM]      (all labs: make claims-shm)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: shmget(2), shmctl(2), ipc_namespaces(7)
 */
#define _GNU_SOURCE /* unshare(2), SHM_INFO */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

static int ids[16], n_ids; /* our segments: removed however this ends */

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

/* A key that was nobody's, and a segment of 1024 bytes there. */
static int new_segment(key_t *key)
{
    sigset_t all, old;
    int id;

    *key = (key_t)getpid() << 8;
    /* No signal between making a segment and knowing its id. */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    while ((id = shmget(++*key, 1024, IPC_CREAT | IPC_EXCL | 0600)) == -1)
        if (errno != EEXIST)
            err(EXIT_FAILURE, "shmget");
    ids[n_ids++] = id;
    sigprocmask(SIG_SETMASK, &old, NULL);
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

static struct shmid_ds state_of(int id)
{
    struct shmid_ds now;

    if (shmctl(id, IPC_STAT, &now) == -1)
        err(EXIT_FAILURE, "shmctl IPC_STAT");
    return now;
}

/* Why the last call failed; "done" if it did not. */
static const char *outcome(int result)
{
    return result == -1 ? strerror(errno) : "done";
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

/* In an IPC namespace of its own no id has been given yet. */
static void first_id_in_a_fresh_namespace(void)
{
    pid_t child = new_child();

    if (child == 0) {
        if (unshare(CLONE_NEWIPC) == -1 &&
            unshare(CLONE_NEWUSER | CLONE_NEWIPC) == -1)
            _exit(77);
        int id = shmget(IPC_PRIVATE, 64, 0600);
        struct shmid_ds now;
        if (shmctl(id, IPC_STAT, &now) == -1)
            _exit(1);
        _exit(id == 0 ? 0 : 2);
    }
    int status = status_of(child);
    if (status == 77)
        printf("SHM-5 skip no IPC namespace of our own can be had\n");
    else if (status == 2)
        printf("SHM-5 skip the first id in a new IPC namespace is not 0\n");
    else
        printf("SHM-5 %s the first one in a new IPC namespace: %s\n",
               yes(status == 0), status == 0 ? "0, and that is an id" :
               "no id");
}

static void shm_5(void)
{
    key_t key;
    int id = new_segment(&key), made_by_us = state_of(id).shm_cpid == getpid();

    printf("SHM-5 %s shmget(2) gave a number; by it, IPC_STAT finds %s\n",
           yes(id >= 0 && made_by_us),
           made_by_us ? "what we made" : "something else");
    if (shmctl(id, IPC_RMID, NULL) == -1)
        err(EXIT_FAILURE, "shmctl IPC_RMID");
    id = shmget(key, 0, 0);
    printf("SHM-5 %s shmget(2) of a key that nobody has: %s%s\n",
           yes(id == -1), id == -1 ? "-1, " : "an id, ", outcome(id));
    first_id_in_a_fresh_namespace();
}

static void shm_9(void)
{
    struct shmid_ds now;
    struct shm_info info;
    key_t key;
    int id = new_segment(&key);

    new_segment(&key); /* with two of them there is an index above 0 */
    int stat = shmctl(id, IPC_STAT, &now), set = shmctl(id, IPC_SET, &now);
    int index = shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info);
    int rmid = shmctl(id, IPC_RMID, NULL);
    printf("SHM-9 %s IPC_STAT, IPC_SET, IPC_RMID: %d, %d, %d\n",
           yes(stat == 0 && set == 0 && rmid == 0), stat, set, rmid);
    printf("SHM-9 %s SHM_INFO: %s, %s\n", yes(index == 0),
           index > 0 ? "the highest index in use" : index == 0 ? "0" : "-1",
           outcome(index));
}

static void shm_10(void)
{
    static const size_t sizes[] = {0, 1, 1024, 1025};
    key_t key;
    int id = shmget(IPC_PRIVATE, 0, 0600);

    printf("SHM-10 %s a new one of size 0: %s\n", yes(id == -1), outcome(id));
    if (id != -1)
        shmctl(id, IPC_RMID, NULL);
    id = new_segment(&key);
    for (int i = 0; i < 4; i++) {
        int found = shmget(key, sizes[i], 0);
        printf("SHM-10 %s shmget(2) of one of 1024 bytes with size %zu: %s\n",
               yes((found == id) == (sizes[i] == 0)), sizes[i],
               found == id ? "its id" : outcome(found));
    }
}

/* shmctl(2) says EINVAL of a number that is no command; of one that is, it may
 * say that we must not. */
static int is_none(int result)
{
    return result == -1 && errno == EINVAL;
}

static void shm_22(void)
{
    struct shmid_ds before, after;
    struct shm_info info;
    key_t key;
    int id = new_segment(&key);

    before = state_of(id);
    void *p = shmat(id, NULL, 0);
    if (p == (void *)-1)
        err(EXIT_FAILURE, "shmat");
    after = state_of(id);
    printf("SHM-22 %s IPC_STAT copied: %zu bytes, attached %lu times; after "
           "shmat(2) %lu\n",
           yes(before.shm_segsz == 1024 && before.shm_nattch == 0 &&
               after.shm_nattch == 1), (size_t)before.shm_segsz,
           (unsigned long)before.shm_nattch, (unsigned long)after.shm_nattch);
    int more = shmctl(id, SHM_INFO, (struct shmid_ds *)(void *)&info);
    printf("SHM-22 %s SHM_INFO, a fourth command: %s\n", yes(is_none(more)),
           outcome(more));
    more = shmctl(id, SHM_LOCK, NULL);
    printf("SHM-22 %s SHM_LOCK, a fifth: %s\n", yes(is_none(more)),
           outcome(more));
    more = shmctl(id, 12345, &after);
    printf("SHM-22 %s 12345, no command: %s\n", yes(is_none(more)),
           outcome(more));
    int set = shmctl(id, IPC_SET, &before), rmid = shmctl(id, IPC_RMID, NULL);
    printf("SHM-22 %s IPC_SET and IPC_RMID: %s\n", yes(set == 0 && rmid == 0),
           set == 0 && rmid == 0 ? "done" : "refused");
    if (shmdt(p) == -1) /* last: see kernel.shm_rmid_forced, proc(5) */
        err(EXIT_FAILURE, "shmdt");
}

/* Not the owner, not the creator, not root. */
static void set_by_another_user(int id, struct shmid_ds *now)
{
    if (geteuid() != 0) {
        printf("SHM-23 skip only root can act as another user\n");
        return;
    }
    pid_t child = new_child();
    if (child == 0) {
        if (setresuid(65534, 65534, 65534) == -1)
            _exit(2);
        _exit(shmctl(id, IPC_SET, now) == -1 && errno == EPERM);
    }
    int status = status_of(child);
    if (status == 2)
        printf("SHM-23 skip there is no second user in this namespace\n");
    else
        printf("SHM-23 %s IPC_SET by a user whose it is not: %s\n",
               yes(status == 1), status == 1 ? strerror(EPERM) : "done");
}

static void shm_23(void)
{
    key_t key;
    int id = new_segment(&key);
    struct shmid_ds now = state_of(id), wanted = now;

    wanted.shm_perm.mode = 0640;
    int set = shmctl(id, IPC_SET, &wanted);
    now = state_of(id);
    printf("SHM-23 %s IPC_SET with mode 0640: %s; it is now %04o\n",
           yes(set == 0 && (now.shm_perm.mode & 07777) == 0640), outcome(set),
           (unsigned)now.shm_perm.mode & 07777);
    wanted.shm_perm.mode = 07640;
    set = shmctl(id, IPC_SET, &wanted);
    now = state_of(id);
    printf("SHM-23 %s with mode 07640: %s; it is now %04o\n",
           yes((now.shm_perm.mode & 07777) == 07640), outcome(set),
           (unsigned)now.shm_perm.mode & 07777);
    wanted = now;
    wanted.shm_segsz = 2048;
    wanted.shm_nattch = 7;
    wanted.shm_cpid = 1;
    set = shmctl(id, IPC_SET, &wanted);
    now = state_of(id);
    printf("SHM-23 %s with shm_segsz 2048, shm_nattch 7, shm_cpid 1: %s; they "
           "are %zu, %lu, %s\n",
           yes(now.shm_segsz == 2048 && now.shm_nattch == 7 &&
               now.shm_cpid == 1), outcome(set), (size_t)now.shm_segsz,
           (unsigned long)now.shm_nattch,
           now.shm_cpid == getpid() ? "our pid" : "another pid");
    set_by_another_user(id, &now);
    /* Last, as then it is no more ours: only its maker's. */
    wanted = now;
    wanted.shm_perm.uid = geteuid() + 1;
    wanted.shm_perm.gid = getegid() + 1;
    set = shmctl(id, IPC_SET, &wanted);
    if (set == -1 && errno == EINVAL) {
        printf("SHM-23 skip there is no second user in this namespace\n");
        return;
    }
    int done = set == 0 && shmctl(id, IPC_STAT, &now) == 0 &&
               now.shm_perm.uid == geteuid() + 1 &&
               now.shm_perm.gid == getegid() + 1;
    printf("SHM-23 %s with another uid and gid: %s\n", yes(done),
           done ? "it is theirs now" : "it is not theirs");
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SHM-5", shm_5}, {"SHM-9", shm_9}, {"SHM-10", shm_10}, {"SHM-22", shm_22},
    {"SHM-23", shm_23},
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
        errx(2, "usage: control [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
