/* rights.c - lab: who may use a segment, beside who may use a file.
 *
 * Claims:   SHM-19 SHM-20
 * Terminal: build/shm/labs/rights [CLAIM]       (all labs: make claims-shm)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: shmget(2), shmat(2), open(2), umask(2), sysvipc(7)
 */
#define _GNU_SOURCE /* setresuid(2), SHM_EXEC */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OWNER = 65534, OTHER = 65533 }; /* two users, if we are root */

static int shmid = -1, file_fd = -1; /* ours: removed however this ends */
static struct shmid_ds segment;
static char file_name[32];
static key_t key;

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static void remove_all(void)
{
    shmctl(shmid, IPC_RMID, NULL);
    if (file_fd != -1)
        unlink(file_name);
}

static void on_signal(int sig)
{
    remove_all();
    signal(sig, SIG_DFL);
    raise(sig);
}

/* A new segment and a new file, with one mode, under one umask. */
static void make_both(mode_t mode, mode_t mask)
{
    sigset_t all, old;

    remove_all();
    key = (key_t)getpid() << 8;
    snprintf(file_name, sizeof file_name, "rights.%d.tmp", (int)getpid());
    /* No signal between making something and noting that. */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    mode_t before = umask(mask);
    while ((shmid = shmget(++key, 64, IPC_CREAT | IPC_EXCL | (int)mode)) == -1)
        if (errno != EEXIST)
            err(EXIT_FAILURE, "shmget");
    if (file_fd != -1)
        close(file_fd);
    file_fd = open(file_name, O_CREAT | O_EXCL | O_RDWR, mode);
    if (file_fd == -1)
        err(EXIT_FAILURE, "open %s", file_name);
    umask(before);
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (shmctl(shmid, IPC_STAT, &segment) == -1)
        err(EXIT_FAILURE, "shmctl IPC_STAT");
}

/* Both get a mode, and if we are root an owner who is not. */
static void set_both(mode_t mode)
{
    segment.shm_perm.mode = (unsigned short)mode;
    if (geteuid() == 0) {
        segment.shm_perm.uid = segment.shm_perm.gid = OWNER;
        if (fchown(file_fd, OWNER, OWNER) == -1)
            err(EXIT_FAILURE, "fchown %s", file_name);
    }
    if (shmctl(shmid, IPC_SET, &segment) == -1 || fchmod(file_fd, mode) == -1)
        err(EXIT_FAILURE, "shmctl IPC_SET, fchmod");
}

/* What may be tried: each returns 0, or the error number. */
static int open_file(int flags)
{
    return open(file_name, flags, 0666) == -1 ? errno : 0;
}
static int file_r(void) { return open_file(O_RDONLY); }
static int file_rw(void) { return open_file(O_RDWR); }
static int file_x(void) { return access(file_name, X_OK) == -1 ? errno : 0; }

static int attach(int flags)
{
    return shmat(shmid, NULL, flags) == (void *)-1 ? errno : 0;
}
static int shm_r(void) { return attach(SHM_RDONLY); }
static int shm_rw(void) { return attach(0); }
static int shm_x(void) { return attach(SHM_RDONLY | SHM_EXEC); }
static int shm_get(void) { return shmget(key, 0, 0666) == -1 ? errno : 0; }

static void on_fault(int sig)
{
    (void)sig;
    _exit(EFAULT);
}

static int shm_r_store(void)
{
    volatile char *p = shmat(shmid, NULL, SHM_RDONLY);

    if (p == (void *)-1)
        return errno;
    signal(SIGSEGV, on_fault);
    *p = 'x';
    return 0;
}

/* Root of a user namespace with one user, and root without capabilities, cannot
 * become another, nor give away what is his. */
static int powerless(void)
{
    int status;

    if (geteuid() != 0)
        return 0;
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0)
        _exit(fchown(file_fd, OWNER, OWNER) == -1 ||
              setgroups(0, NULL) == -1 ||
              setresgid(OTHER, OTHER, OTHER) == -1 ||
              setresuid(OTHER, OTHER, OTHER) == -1);
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return status != 0;
}

static int skipped(const char *claim)
{
    int skip = powerless();

    if (skip)
        printf("%s skip root cannot act as another user here\n", claim);
    return skip;
}

/* Let a child try it: as these, if we are root; else as we are. */
static int as(uid_t uid, gid_t gid, int (*what)(void))
{
    int status;
    pid_t child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        if (geteuid() == 0 && (setgroups(0, NULL) == -1 ||
            setresgid(gid, gid, gid) == -1 || setresuid(uid, uid, uid) == -1))
            _exit(255);
        _exit(what());
    }
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 255)
        errx(EXIT_FAILURE, "cannot become user %d", (int)uid);
    return WEXITSTATUS(status);
}

static int owner(int (*what)(void))
{
    return as(OWNER, OWNER, what);
}

static const char *outcome(int error)
{
    return error == EFAULT ? "SIGSEGV" : error == 0 ? "done" : strerror(error);
}

static void shm_19(void)
{
    struct stat file;
    int same = 1;

    make_both(0666, 077);
    unsigned mode = segment.shm_perm.mode & 0777;
    if (fstat(file_fd, &file) == -1)
        err(EXIT_FAILURE, "fstat");
    printf("SHM-19 %s made with mode 0666, umask 077: the segment has %04o, "
           "the file %04o\n", yes(mode == (file.st_mode & 0777)), mode,
           (unsigned)file.st_mode & 0777);

    if (skipped("SHM-19"))
        return;
    set_both(0600);
    if (owner(file_rw) != 0) {
        printf("SHM-19 skip this folder is closed to a second user\n");
        return;
    }
    set_both(0400);
    int got = owner(shm_get), opened = owner(file_r);
    printf("SHM-19 %s there, with mode 0400: shmget(key, 0, 0666): %s; "
           "open(name, O_RDONLY, 0666): %s\n",
           yes(got == opened), outcome(got), outcome(opened));

    for (mode_t m = 0; m <= 0600; m += 0200) {
        set_both(m);
        same &= owner(shm_r) == owner(file_r) &&
                owner(shm_rw) == owner(file_rw);
    }
    printf("SHM-19 %s the owner, modes 0000, 0200, 0400, 0600: shmat(2) and "
           "open(2) %s\n", yes(same),
           same ? "allow the same" : "do not allow the same");

    set_both(0600);
    int without = owner(shm_x), file_without = owner(file_x);
    set_both(0700);
    int with = owner(shm_x), file_with = owner(file_x);
    printf("SHM-19 %s execute, segment (SHM_EXEC) and file: 0600: %s, %s; "
           "0700: %s, %s\n",
           yes(without != 0 && file_without != 0 && with == 0 &&
               file_with == 0), outcome(without), outcome(file_without),
           outcome(with), outcome(file_with));
}

static void reads_only(const char *who, uid_t uid, gid_t gid)
{
    int both = as(uid, gid, shm_rw), load = as(uid, gid, shm_r);
    int store = as(uid, gid, shm_r_store);

    printf("SHM-20 %s %s: shmat(2) for both: %s; with SHM_RDONLY: %s, a store "
           "there: %s\n", yes(both != 0 && load == 0 && store != 0), who,
           outcome(both), outcome(load), outcome(store));
}

static void shm_20(void)
{
    make_both(0600, 0);
    if (skipped("SHM-20"))
        return;
    set_both(0644);
    int both = owner(shm_rw);
    printf("SHM-20 %s mode 0644, the owner: shmat(2) to read and write: %s\n",
           yes(both == 0), outcome(both));
    if (geteuid() != 0) {
        printf("SHM-20 skip only root can act as another user\n");
        return;
    }
    reads_only("his group", OTHER, OWNER);
    reads_only("others", OTHER, OTHER);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SHM-19", shm_19}, {"SHM-20", shm_20},
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
        errx(2, "usage: rights [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
