/* fork.c - lab: what a child gets of its parent, and what it does not get.
 *
 * Claims:   GEN-2 GEN-3 GEN-4 GEN-5
 * Terminal: build/pipe/labs/fork [CLAIM]        (all labs: make claims-pipe)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: fork(2), mmap(2), proc_pid_pagemap(5)
 */
#define _GNU_SOURCE /* memfd_create(2), MAP_ANONYMOUS */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

/* fork(2), but the child does not outlive us, not even while it is stopped. */
static pid_t new_child(void)
{
    pid_t parent = getpid(), child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0 &&
        (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent))
        _exit(2);
    return child;
}

static void reap(pid_t child)
{
    int status;

    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        errx(EXIT_FAILURE, "the child could not do its part");
}

/* Memory of which a child gets a copy, or none of its own. */
static void *new_memory(int flags)
{
    void *p = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
                   flags | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    return p;
}

static int new_file(void)
{
    int fd = memfd_create("fork", MFD_CLOEXEC); /* a file without a name */

    if (fd == -1)
        err(EXIT_FAILURE, "memfd_create");
    return fd;
}

struct facts { /* of one process */
    int variable, blocked, pending, timer, kept_out;
    pid_t pid;
};

static void look(int fd, int variable, struct facts *f)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct itimerval timer;
    sigset_t mask, pending;

    f->variable = variable;
    f->pid = getpid();
    if (sigprocmask(SIG_BLOCK, NULL, &mask) == -1 || sigpending(&pending) == -1)
        err(EXIT_FAILURE, "sigpending");
    f->blocked = sigismember(&mask, SIGUSR1);
    f->pending = sigismember(&pending, SIGUSR1);
    if (getitimer(ITIMER_REAL, &timer) == -1) /* this is alarm(2)'s, too */
        err(EXIT_FAILURE, "getitimer");
    f->timer = timer.it_value.tv_sec > 0 || timer.it_value.tv_usec > 0;
    if (fcntl(fd, F_GETLK, &lock) == -1)
        err(EXIT_FAILURE, "fcntl F_GETLK");
    f->kept_out = lock.l_type != F_UNLCK; /* by a lock of somebody else */
}

/* The parent has each of these; main() has set the alarm. */
static void gen_2(void)
{
    struct facts *parent = new_memory(MAP_SHARED), *child = parent + 1;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = new_file(), variable = 7;
    sigset_t usr1, old;

    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    if (sigprocmask(SIG_BLOCK, &usr1, &old) == -1 || raise(SIGUSR1) != 0)
        err(EXIT_FAILURE, "raise");
    if (fcntl(fd, F_SETLK, &lock) == -1)
        err(EXIT_FAILURE, "fcntl F_SETLK");
    pid_t pid = new_child();
    if (pid == 0) {
        look(fd, variable, child);
        _exit(0);
    }
    reap(pid);
    look(fd, variable, parent);
    printf("GEN-2 %s a variable: %d in the parent, %d in the child\n",
           yes(parent->variable == child->variable), parent->variable,
           child->variable);
    printf("GEN-2 %s the signal mask: SIGUSR1 is %s, and in the child %s\n",
           yes(parent->blocked == child->blocked),
           parent->blocked ? "blocked" : "open",
           child->blocked ? "blocked" : "open");
    printf("GEN-2 %s getpid(2): %d, and in the child %d\n",
           yes(parent->pid == child->pid), (int)parent->pid, (int)child->pid);
    printf("GEN-2 %s sigpending(2): SIGUSR1 %s, and in the child %s\n",
           yes(parent->pending == child->pending),
           parent->pending ? "waits" : "does not wait",
           child->pending ? "waits" : "does not wait");
    printf("GEN-2 %s getitimer(2): the alarm is %s, and in the child %s\n",
           yes(parent->timer == child->timer), parent->timer ? "set" : "off",
           child->timer ? "set" : "off");
    printf("GEN-2 %s a record lock: fcntl(2) says that the parent %s, and the "
           "child %s\n", yes(parent->kept_out == child->kept_out),
           parent->kept_out ? "is kept out" : "is not kept out",
           child->kept_out ? "is kept out" : "is not kept out");
    /* Whoever ignores a pending signal has lost it. */
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR1, SIG_DFL);
    if (sigprocmask(SIG_SETMASK, &old, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    close(fd);
    munmap(parent, (size_t)sysconf(_SC_PAGESIZE));
}

/* What the page tables of a process say of the page at an address. */
struct page {
    int there, own; /* in memory; and nobody else has it mapped */
    uint64_t frame; /* where in memory; 0 if only root may know */
};

static struct page page_at(pid_t pid, uintptr_t address)
{
    char name[64];
    uint64_t entry;
    long size = sysconf(_SC_PAGESIZE);

    snprintf(name, sizeof name, "/proc/%d/pagemap", (int)pid);
    int fd = open(name, O_RDONLY);
    if (fd == -1)
        err(EXIT_FAILURE, "open %s", name);
    if (pread(fd, &entry, sizeof entry, (off_t)(address / (uintptr_t)size) *
              (off_t)sizeof entry) != (ssize_t)sizeof entry)
        err(EXIT_FAILURE, "read %s", name);
    close(fd);
    return (struct page){.there = (int)(entry >> 63),
                         .own = (int)(entry >> 56 & 1),
                         .frame = entry & ((UINT64_C(1) << 55) - 1)};
}

/* One page, as the parent and its child have it, while both live. */
static void both_look(uintptr_t address, int child_stores, struct page seen[2])
{
    int status;
    pid_t child = new_child();

    if (child == 0) {
        (void)*(volatile int *)address; /* else it might not be there yet */
        if (child_stores)
            *(volatile int *)address = 2;
        raise(SIGSTOP);
        _exit(0);
    }
    (void)*(volatile int *)address;
    if (waitpid(child, &status, WUNTRACED) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (!WIFSTOPPED(status))
        errx(EXIT_FAILURE, "the child could not do its part");
    seen[0] = page_at(getpid(), address);
    seen[1] = page_at(child, address);
    if (kill(child, SIGKILL) == -1 || waitpid(child, NULL, 0) == -1)
        err(EXIT_FAILURE, "kill");
}

/* One page in both? A frame number is better evidence, if we may see it. */
static int is_one(const struct page seen[2])
{
    return seen[0].there && seen[1].there && !seen[0].own && !seen[1].own &&
           seen[0].frame == seen[1].frame;
}

static const char *where(const struct page seen[2])
{
    static char text[80];

    if (seen[0].frame == 0 && seen[1].frame == 0)
        return "only root may see where";
    snprintf(text, sizeof text, "frame 0x%llx, and in the child 0x%llx",
             (unsigned long long)seen[0].frame,
             (unsigned long long)seen[1].frame);
    return text;
}

static int no_pagemap(const char *claim)
{
    if (access("/proc/self/pagemap", R_OK) == 0)
        return 0;
    printf("%s skip /proc/self/pagemap: %s\n", claim, strerror(errno));
    return 1;
}

static void gen_3(void)
{
    struct page seen[2];
    /* Any address in the code will do: an int lies there, as everywhere. */
    uintptr_t code = (uintptr_t)gen_3 & ~(uintptr_t)15;

    if (no_pagemap("GEN-3"))
        return;
    both_look(code, 0, seen);
    printf("GEN-3 %s the page of a function: %s (%s)\n", yes(is_one(seen)),
           is_one(seen) ? "mapped by more than one process" : "not the same",
           where(seen));
}

/* The child stores 2 where its parent has stored 1. */
static void child_stores(const char *what, int *p)
{
    *p = 1;
    pid_t child = new_child();
    if (child == 0) {
        *(volatile int *)p = 2;
        _exit(0);
    }
    reap(child);
    int now = *(volatile int *)p;
    printf("GEN-4 %s %s: the child has stored 2, its parent reads %d\n",
           yes(now == 1), what, now);
}

static int global;

static void gen_4(void)
{
    int *memory = new_memory(MAP_PRIVATE), fd = new_file();
    struct page seen[2];

    child_stores("a global variable", &global);
    *memory = 1;
    if (!no_pagemap("GEN-4")) {
        both_look((uintptr_t)memory, 0, seen);
        printf("GEN-4 %s a page of data after fork(2): %s (%s)\n",
               yes(!is_one(seen)),
               is_one(seen) ? "one for both, no copy" : "two", where(seen));
        both_look((uintptr_t)memory, 1, seen);
        printf("GEN-4 %s the same after the child's first store: %s (%s)\n",
               yes(!is_one(seen)), is_one(seen) ? "one for both" : "a copy",
               where(seen));
    }
    munmap(memory, (size_t)sysconf(_SC_PAGESIZE));
    memory = new_memory(MAP_SHARED);
    child_stores("a MAP_SHARED mapping", memory);
    munmap(memory, (size_t)sysconf(_SC_PAGESIZE));
    pid_t child = new_child();
    if (child == 0)
        _exit(lseek(fd, 7, SEEK_SET) == 7 ? 0 : 2);
    reap(child);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    printf("GEN-4 %s a file's offset: the child went to 7, its parent is at "
           "%d\n", yes(offset == 0), (int)offset);
    close(fd);
}

/* fork(2) in the middle of a loop: neither begins it anew. */
static void gen_5(void)
{
    struct note {
        char rounds[2][8]; /* of the parent, and of the child */
        pid_t returned;    /* by fork(2), in the child */
    } *note = new_memory(MAP_SHARED);
    pid_t child = -1;
    int who = 0;

    for (int round = 1; round <= 4; round++) {
        note->rounds[who][strlen(note->rounds[who])] = (char)('0' + round);
        if (round != 2)
            continue;
        child = new_child();
        if (child == 0) {
            who = 1;
            note->returned = child;
        }
    }
    if (who == 1)
        _exit(0);
    reap(child);
    printf("GEN-5 %s fork(2) in round 2 of 4: the parent's rounds are %s, the "
           "child's %s\n", yes(strcmp(note->rounds[0], "1234") == 0 &&
                               strcmp(note->rounds[1], "34") == 0),
           note->rounds[0], note->rounds[1]);
    printf("GEN-5 %s both come from fork(2): it returned %d to the parent, %d "
           "to the child\n", yes(child > 0 && note->returned == 0), (int)child,
           (int)note->returned);
    munmap(note, (size_t)sysconf(_SC_PAGESIZE));
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"GEN-2", gen_2}, {"GEN-3", gen_3}, {"GEN-4", gen_4}, {"GEN-5", gen_5},
};

int main(int argc, char *argv[])
{
    int tried = 0;

    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: fork [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
