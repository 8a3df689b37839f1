/* attach.c - lab: what shmat(2) gives, and where it ends.
 *
 * Claims:   SHM-6 SHM-7 SHM-11 SHM-21
 * Terminal: build/shm/labs/attach [CLAIM]       (all labs: make claims-shm)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: shmget(2), shmat(2), shmctl(2), sysconf(3)
 */
#define _GNU_SOURCE /* SHM_REMAP */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

static int ids[16], n_ids; /* our segments: removed however this ends */

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static int new_segment(size_t size)
{
    sigset_t all, old;

    /* No signal between making a segment and knowing its id. */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    int id = shmget(IPC_PRIVATE, size, 0600);
    if (id == -1)
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

static char *attach(int id, void *at, int flags)
{
    char *p = shmat(id, at, flags);

    if (p == (void *)-1)
        err(EXIT_FAILURE, "shmat");
    return p;
}

static void detach(const void *p)
{
    if (shmdt(p) == -1)
        err(EXIT_FAILURE, "shmdt");
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

enum access { LOAD, STORE };

/* May a child, which has all our memory, load or store this byte? */
static int reaches(volatile char *at, enum access how)
{
    pid_t child = new_child();

    if (child == 0) {
        signal(SIGSEGV, on_fault);
        char c = *at;
        if (how == STORE)
            *at = c;
        _exit(0);
    }
    return status_of(child) == 0;
}

/* An id that was good a moment ago: IPC_RMID leaves nothing to attach. */
static int removed_segment(void)
{
    int id = new_segment(64);

    if (shmctl(id, IPC_RMID, NULL) == -1)
        err(EXIT_FAILURE, "shmctl IPC_RMID");
    return id;
}

static void shm_6(void)
{
    int id = new_segment(64);
    char *first = attach(id, NULL, 0), *again = attach(id, NULL, 0);

    *first = 'x';
    printf("SHM-6 %s shmat(2) twice: 'x' stored at the one pointer is '%c' at "
           "the other\n", yes(*again == 'x'), *again ? *again : '0');
    detach(first);
    detach(again);
    errno = 0;
    void *p = shmat(removed_segment(), NULL, 0);
    printf("SHM-6 %s shmat(2) of a segment that is gone: %s, %s\n",
           yes(p == (void *)-1), p == (void *)-1 ? "(void *)-1" :
           p == NULL ? "NULL" : "a pointer", strerror(errno));
}

/* The listing's test. 1: it says "failed"; 0: "attached"; 2: it dies of it. */
static int listing_says(int id, const char *content)
{
    pid_t child = new_child();

    if (child == 0) {
        char *p = shmat(id, NULL, 0);
        signal(SIGSEGV, on_fault);
        if (p != (void *)-1)
            memcpy(p, content, sizeof(int));
        _exit(*(volatile int *)p == -1 ? 3 : 0);
    }
    int status = status_of(child);
    return status == 3 ? 1 : status == 1 ? 2 : 0;
}

static void shm_7(void)
{
    static const char *const says[] = {"attached", "failed",
                                       "nothing, it dies of SIGSEGV"};

    int it = listing_says(removed_segment(), "");
    printf("SHM-7 %s the attach fails: a test of the first int says %s\n",
           yes(it == 1), says[it]);
    it = listing_says(new_segment(64), "\xff\xff\xff\xff");
    printf("SHM-7 %s the segment is attached and begins with bytes 0xff: the "
           "test says %s\n", yes(it == 0), says[it]);
}

/* A page that nobody may touch, behind a segment of this size: so its end is
 * not hidden by whatever would lie there by chance. */
static volatile char *attach_fenced(int id, size_t size, size_t page)
{
    size_t room = 2 * (size_t)SHMLBA + size + 2 * page;
    char *at = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    at += (size_t)SHMLBA - (size_t)at % (size_t)SHMLBA;
    return attach(id, at, SHM_REMAP);
}

static void shm_11(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t sizes[] = {page, page / 4};

    for (int i = 0; i < 2; i++) {
        struct shmid_ds now;
        int id = new_segment(sizes[i]);
        volatile char *p = attach_fenced(id, sizes[i], page);
        if (shmctl(id, IPC_STAT, &now) == -1)
            err(EXIT_FAILURE, "shmctl IPC_STAT");
        int last = reaches(p + sizes[i] - 1, STORE);
        int behind = reaches(p + sizes[i], STORE);
        printf("SHM-11 %s %zu bytes, pages of %zu: shm_segsz is %zu; a store "
               "to byte %zu %s, to byte %zu %s\n", yes(last && !behind),
               sizes[i], page, (size_t)now.shm_segsz, sizes[i] - 1,
               last ? "works" : "gives SIGSEGV", sizes[i],
               behind ? "works" : "gives SIGSEGV");
        if (i == 0)
            continue;
        behind = reaches(p + page, STORE);
        printf("SHM-11 %s the same, byte %zu, the first of the next page: a "
               "store %s\n", yes(!behind), page,
               behind ? "works" : "gives SIGSEGV");
    }
}

static void shm_21(void)
{
    int id = new_segment(64);
    char *one = attach(id, NULL, 0), *two = attach(id, NULL, 0);

    printf("SHM-21 %s shmat(id, NULL, 0) twice: the system chose %s\n",
           yes(one != two), one != two ? "two places" : "one place twice");
    detach(one); /* two keeps it: see kernel.shm_rmid_forced, proc(5) */
    char *again = shmat(id, one, 0);
    printf("SHM-21 %s shmat(id, ADDRESS, 0), an address of our choice: it is "
           "%s\n", yes(again == one), again == one ? "there" : "elsewhere");
    if (again != (void *)-1)
        detach(again);
    one = two;
    two = attach(id, NULL, SHM_RDONLY);
    int stores = reaches(one, STORE), ro = !reaches(two, STORE);
    printf("SHM-21 %s with 0 for flags a store %s; with SHM_RDONLY it %s\n",
           yes(stores && ro && reaches(two, LOAD)),
           stores ? "works" : "gives SIGSEGV", ro ? "gives SIGSEGV, a load not"
                                                  : "works, too");
    detach(one);
    detach(two);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SHM-6", shm_6}, {"SHM-7", shm_7}, {"SHM-11", shm_11}, {"SHM-21", shm_21},
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
        errx(2, "usage: attach [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
