/* call.c - lab: the arguments of mmap(2), and what it returns.
 *
 * Claims:   MMAP-17 MMAP-18 MMAP-19 MMAP-20
 * Terminal: build/mmap/labs/call [CLAIM]        (all labs: make claims-mmap)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: mmap(2), memfd_create(2), sysconf(3)
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

static size_t page;
static sigjmp_buf back;

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static char *map(char *at, int prot, int flags, int fd, off_t offset)
{
    return mmap(at, page, prot, flags, fd, offset);
}

static const char *outcome(const char *p)
{
    return p == MAP_FAILED ? strerror(errno) : "mapped";
}

/* A file of two pages full of `f`, which has no name any more. */
static int new_file(void)
{
    char name[] = "mmap.lab.XXXXXX", text[4096];
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL); /* no signal may leave it behind */
    int fd = mkstemp(name);
    if (fd == -1 || unlink(name) == -1)
        err(EXIT_FAILURE, "mkstemp, unlink %s", name);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    memset(text, 'f', sizeof(text));
    for (size_t n = 0; n < 2 * page; n += sizeof(text))
        if (write(fd, text, sizeof(text)) != sizeof(text))
            err(EXIT_FAILURE, "write %s", name);
    return fd;
}

static void on_fault(int sig)
{
    siglongjmp(back, sig);
}

/* Load or store one byte there: 0, or the signal that comes of it. */
static int load(const volatile char *at)
{
    int sig = sigsetjmp(back, 0);

    if (sig == 0)
        (void)*at;
    return sig;
}

static int store(volatile char *at)
{
    int sig = sigsetjmp(back, 0);

    if (sig == 0)
        *at = 's';
    return sig;
}

static const char *signal_or(int sig, const char *otherwise)
{
    return sig == SIGSEGV ? "SIGSEGV" : sig == SIGBUS ? "SIGBUS" : otherwise;
}

static void mmap_17(void)
{
    int fd = new_file();
    char *p = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);

    int good = p != MAP_FAILED && load(p) == 0 && *p == 'f';
    printf("MMAP-17 %s of a file: an address, where the file's first byte "
           "%s\n", yes(good), good ? "is" : "is not");
    close(fd);
    errno = 0;
    p = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);
    printf("MMAP-17 %s of a closed descriptor: %s, %s (not NULL: %p)\n",
           yes(p == MAP_FAILED), p == MAP_FAILED ? "MAP_FAILED" : "an address",
           strerror(errno), (void *)p);
}

static void mmap_18(void)
{
    int anonymous = MAP_PRIVATE | MAP_ANONYMOUS, prot = PROT_READ | PROT_WRITE;
    char *p = map(NULL, prot, anonymous, -1, 0);

    printf("MMAP-18 %s NULL: the kernel chose %p\n", yes(p != MAP_FAILED),
           (void *)p);
    if (p == MAP_FAILED || store(p) != 0)
        err(EXIT_FAILURE, "mmap");
    char *q = map(p, prot, anonymous, -1, 0);
    printf("MMAP-18 %s %p, where something is: the kernel chose %p\n",
           yes(q != p), (void *)p, (void *)q);
    q = map(p, prot, anonymous | MAP_FIXED, -1, 0);
    printf("MMAP-18 %s %p and MAP_FIXED: %s; what was stored there is %s\n",
           yes(q != p), (void *)p, q == p ? "obeyed" : outcome(q),
           *p == 's' ? "there" : "gone");

    /* In the middle of a hole, where the kernel would not begin by itself. */
    char *hole = mmap(NULL, 16 * page, PROT_NONE, anonymous, -1, 0);
    if (hole == MAP_FAILED || munmap(hole, 16 * page) == -1)
        err(EXIT_FAILURE, "mmap, munmap");
    q = map(hole + 8 * page, prot, anonymous, -1, 0);
    printf("MMAP-18 %s %p, where nothing is: %s\n",
           yes(q != hole + 8 * page), (void *)(hole + 8 * page),
           q == hole + 8 * page ? "it was that" : "another");
}

/* The same file, opened in another mode. */
static int reopened(int fd, int mode)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    fd = open(path, mode);
    if (fd == -1)
        err(EXIT_FAILURE, "open %s", path);
    return fd;
}

static void mmap_19(void)
{
    int fd = new_file(), both = PROT_READ | PROT_WRITE;
    char *p = map(NULL, PROT_READ, MAP_SHARED, fd, 0);
    int l = load(p), s = store(p);

    printf("MMAP-19 %s PROT_READ: load %s, store %s\n",
           yes(l == 0 && s == SIGSEGV), signal_or(l, "done"),
           signal_or(s, "done"));
    p = map(NULL, PROT_WRITE, MAP_SHARED, fd, 0);
    s = store(p);
    printf("MMAP-19 %s PROT_WRITE: store %s\n", yes(s == 0),
           signal_or(s, "done"));
    p = map(NULL, both, MAP_PRIVATE, fd, 0);
    l = load(p), s = store(p);
    printf("MMAP-19 %s PROT_READ|PROT_WRITE: load %s, store %s\n",
           yes(l == 0 && s == 0), signal_or(l, "done"), signal_or(s, "done"));
    p = map(NULL, both, 0, fd, 0);
    printf("MMAP-19 %s flags say neither shared nor private: %s\n",
           yes(p == MAP_FAILED), outcome(p));
    p = map(NULL, both, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    printf("MMAP-19 %s flags say anonymous, fd is -1: %s\n",
           yes(p != MAP_FAILED), outcome(p));

    int reads = reopened(fd, O_RDONLY), writes = reopened(fd, O_WRONLY);
    p = map(NULL, both, MAP_PRIVATE, reads, 0);
    printf("MMAP-19 %s O_RDONLY, MAP_PRIVATE, PROT_READ|PROT_WRITE: %s\n",
           yes(p != MAP_FAILED), outcome(p));
    p = map(NULL, both, MAP_SHARED, reads, 0);
    printf("MMAP-19 %s shared means the file, too: O_RDONLY, MAP_SHARED, "
           "PROT_WRITE: %s\n", yes(p == MAP_FAILED), outcome(p));
    p = map(NULL, PROT_WRITE, MAP_SHARED, writes, 0);
    printf("MMAP-19 %s every mapping reads: O_WRONLY, PROT_WRITE: %s\n",
           yes(p == MAP_FAILED), outcome(p));
    close(reads);
    close(writes);
    close(fd);
}

/* Pages may be larger than 4 KiB: those of this machine, or the huge ones,
 * which a file can have on any. None of the latter is really needed here. */
static void mmap_20(void)
{
    int fd = new_file();
    struct statfs fs;

    char *p = map(NULL, PROT_READ, MAP_SHARED, fd, 512);
    printf("MMAP-20 %s offset 512: %s\n", yes(p == MAP_FAILED), outcome(p));
    p = map(NULL, PROT_READ, MAP_SHARED, fd, 4096);
    printf("MMAP-20 %s offset 4096, pages of %zu: %s\n",
           yes(p != MAP_FAILED), page, outcome(p));
    close(fd);
    fd = memfd_create("huge", MFD_HUGETLB);
    if (fd == -1 || fstatfs(fd, &fs) == -1 || ftruncate(fd, fs.f_bsize) == -1) {
        printf("MMAP-20 skip no file of huge pages: %s\n", strerror(errno));
        return;
    }
    size_t huge = (size_t)fs.f_bsize;
    int flags = MAP_SHARED | MAP_NORESERVE;
    p = mmap(NULL, huge, PROT_READ, flags, fd, 0);
    if (p == MAP_FAILED) {
        printf("MMAP-20 skip mmap of huge pages: %s\n", strerror(errno));
        return;
    }
    p = mmap(NULL, huge, PROT_READ, flags, fd, 4096);
    printf("MMAP-20 %s offset 4096, a file with pages of %zu: %s\n",
           yes(p != MAP_FAILED), huge, outcome(p));
    close(fd);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"MMAP-17", mmap_17}, {"MMAP-18", mmap_18}, {"MMAP-19", mmap_19},
    {"MMAP-20", mmap_20},
};

int main(int argc, char *argv[])
{
    /* SA_NODEFER, as the handler is left without returning from it */
    struct sigaction sa = {.sa_handler = on_fault, .sa_flags = SA_NODEFER};
    int tried = 0;

    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    page = (size_t)sysconf(_SC_PAGESIZE);
    if (sigaction(SIGSEGV, &sa, NULL) == -1 ||
        sigaction(SIGBUS, &sa, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: call [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
