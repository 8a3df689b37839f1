/* pages.c - lab: what kernel, memory and disk do behind a mapping, and when.
 *
 * Claims:   MMAP-10 MMAP-11 MMAP-13 MMAP-14 MMAP-16
 * Terminal: build/mmap/labs/pages [CLAIM]       (all labs: make claims-mmap)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: mmap(2), madvise(2), mincore(2), proc(5), getrusage(2)
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__) || defined(__i386__)
#include <sys/io.h>
#endif
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGES = 64 };
static size_t page, size;           /* of PAGES pages */
static char buffer[PAGES * 65536]; /* a page has 64 KiB at most */
static sigjmp_buf back;

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static char *map(int flags, int fd)
{
    char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

    if (p == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    return p;
}

/* A file of `size` bytes, which has no name any more. */
static int new_file(void)
{
    char name[] = "mmap.lab.XXXXXX";
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL); /* no signal may leave it behind */
    int fd = mkstemp(name);
    if (fd == -1 || unlink(name) == -1)
        err(EXIT_FAILURE, "mkstemp, unlink %s", name);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    if (ftruncate(fd, (off_t)size) == -1)
        err(EXIT_FAILURE, "ftruncate %s", name);
    return fd;
}

/* How many of the pages are in memory. */
static int in_memory(char *p)
{
    unsigned char resident[PAGES];
    int n = 0;

    if (mincore(p, size, resident) == -1)
        err(EXIT_FAILURE, "mincore");
    for (int i = 0; i < PAGES; i++)
        n += resident[i] & 1;
    return n;
}

/* Load a byte of each page. How many page faults did the kernel have of it? */
static long touch(const volatile char *p)
{
    struct rusage before, after;

    if (getrusage(RUSAGE_SELF, &before) == -1)
        err(EXIT_FAILURE, "getrusage");
    for (size_t i = 0; i < size; i += page)
        (void)p[i];
    if (getrusage(RUSAGE_SELF, &after) == -1)
        err(EXIT_FAILURE, "getrusage");
    return after.ru_minflt + after.ru_majflt - before.ru_minflt -
           before.ru_majflt;
}

/* A number of /proc/self/io; -1 if this kernel does not count. */
static long counted(const char *what)
{
    static char text[1024];
    int fd = open("/proc/self/io", O_RDONLY);
    ssize_t n = fd == -1 ? -1 : read(fd, text, sizeof(text) - 1);

    if (n <= 0)
        return -1;
    close(fd);
    text[n] = '\0';
    const char *at = strstr(text, what);
    return at == NULL ? -1 : atol(at + strlen(what) + 2);
}

static void read_all(int fd)
{
    if (pread(fd, buffer, size, 0) != (ssize_t)size)
        err(EXIT_FAILURE, "pread");
}

/* A file that is on the disk, and not in memory; -1 if that cannot be had, as
 * in a folder that is in memory itself. */
static int cold_file(void)
{
    int fd = new_file(), left = PAGES;

    if (pwrite(fd, buffer, size, 0) != (ssize_t)size || fsync(fd) == -1)
        err(EXIT_FAILURE, "pwrite, fsync");
    for (int tries = 0; left > 0 && tries < 20; tries++) {
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        char *p = map(MAP_SHARED, fd);
        left = in_memory(p);
        munmap(p, size);
    }
    if (left > 0 || counted("read_bytes") == -1) {
        close(fd);
        return -1;
    }
    return fd;
}

static void mmap_10(void)
{
    char *p = map(MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1);
    int n = in_memory(p);

    printf("MMAP-10 %s mmap(2) with MAP_POPULATE: %d of %d pages are resident, "
           "and the CPU has used no address of them yet\n", yes(n == 0), n,
           PAGES);
    if (madvise(p, size, MADV_DONTNEED) == -1)
        err(EXIT_FAILURE, "madvise");
    n = in_memory(p);
    printf("MMAP-10 %s madvise(2), MADV_DONTNEED: %d of %d are resident\n",
           yes(n == PAGES), n, PAGES);
    madvise(p, size, MADV_NOHUGEPAGE); /* or one fault may bring many; where */
    long first = touch(p);             /* there are none, this fails */
    printf("MMAP-10 %s a load from each: the MMU has asked the kernel %ld "
           "times, at a second load %ld\n", yes(first == 0), first, touch(p));
    munmap(p, size);
}

static void mmap_11(void)
{
    int fd = cold_file();

    if (fd == -1) {
        printf("MMAP-11 skip this folder's files are always in memory, or "
               "/proc/self/io does not count\n");
        fd = new_file();
        read_all(fd);
    } else {
        long before = counted("read_bytes");
        read_all(fd);
        long n = counted("read_bytes") - before;
        if (n == 0)
            printf("MMAP-11 skip this file system does not count what it "
                   "reads\n");
        else
            printf("MMAP-11 %s read(2) of %zu bytes that are not in memory: "
                   "%ld bytes from the disk\n", yes(n > 0), size, n);
    }
    long before = counted("read_bytes");
    read_all(fd);
    long n = counted("read_bytes") - before;
    printf("MMAP-11 %s read(2) of %zu bytes that are: %ld bytes from the "
           "disk\n", yes(n > 0), size, n);
    close(fd);
}

static void on_fault(int sig)
{
    siglongjmp(back, sig);
}

static int load(const volatile char *at)
{
    int sig = sigsetjmp(back, 0);

    if (sig == 0)
        (void)*at;
    return sig;
}

static const char *signal_or_done(int sig)
{
    return sig == 0 ? "done" : sig == SIGSEGV ? "SIGSEGV" : "another signal";
}

#if defined(__x86_64__) || defined(__i386__)
enum { KEYBOARD = 0x64 };

static int in(unsigned short port) /* the instruction that asks a device */
{
    unsigned char byte;
    int sig = sigsetjmp(back, 0);

    if (sig == 0)
        __asm__ volatile("inb %1, %0" : "=a"(byte) : "Nd"(port));
    return sig;
}

static void a_device(void)
{
    int sig = in(KEYBOARD), status;

    printf("MMAP-13 %s the CPU's instruction `in`, to ask the keyboard at port "
           "0x64: %s\n", yes(sig != 0), signal_or_done(sig));
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) { /* as an ordinary user */
        if (getuid() == 0 && setresuid(65534, 65534, 65534) == -1)
            _exit(255);
        _exit(ioperm(KEYBOARD, 1, 1) == -1 ? errno : 0);
    }
    if (waitpid(child, &status, 0) == -1 || !WIFEXITED(status))
        err(EXIT_FAILURE, "waitpid");
    if (WEXITSTATUS(status) == 255)
        printf("MMAP-13 skip here root cannot become an ordinary user\n");
    else
        printf("MMAP-13 %s an ordinary user asks the kernel for that port, "
               "ioperm(2): %s\n", yes(WEXITSTATUS(status) != 0),
               WEXITSTATUS(status) ? strerror(WEXITSTATUS(status)) : "granted");
}
#else
static void a_device(void)
{
    printf("MMAP-13 skip a port of a device: this kind of CPU has none\n");
}
#endif

static void mmap_13(void)
{
    /* SA_NODEFER, as the handler is left without returning from it */
    struct sigaction sa = {.sa_handler = on_fault, .sa_flags = SA_NODEFER};
    const char *end = (const char *)(UINTPTR_MAX - page + 1);

    if (sigaction(SIGSEGV, &sa, NULL) == -1 ||
        sigaction(SIGBUS, &sa, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    int sig = load(end);
    printf("MMAP-13 %s a load from %p, in the kernel's part of the addresses, "
           "where the devices are: %s\n", yes(sig != 0), (const void *)end,
           signal_or_done(sig));
    a_device();
}

/* How many pages the addresses of this process take, used or not. */
static long address_space(void)
{
    char text[128] = "";
    int fd = open("/proc/self/statm", O_RDONLY);

    if (fd == -1 || read(fd, text, sizeof(text) - 1) <= 0)
        err(EXIT_FAILURE, "/proc/self/statm");
    close(fd);
    return atol(text);
}

static void mmap_14(void)
{
    int fd = new_file();
    long before = address_space();
    char *p = map(MAP_SHARED, fd);
    long grown = address_space() - before;

    printf("MMAP-14 %s %d pages mapped: the address space grew by %ld\n",
           yes(grown == PAGES), PAGES, grown);
    int n = in_memory(p);
    printf("MMAP-14 %s but %d of %d are in memory\n", yes(n == PAGES), n,
           PAGES);
    touch(p);
    n = in_memory(p);
    printf("MMAP-14 %s a load from each: %d of %d are\n", yes(n == PAGES), n,
           PAGES);
    munmap(p, size);
    close(fd);
}

static void mmap_16(void)
{
    int fd = cold_file(), cold = fd != -1;

    if (!cold) {
        printf("MMAP-16 skip this folder's files are always in memory, or "
               "/proc/self/io does not count\n");
        fd = new_file();
        read_all(fd);
    }
    long before = counted("read_bytes");
    char *p = map(MAP_SHARED, fd);
    touch(p);
    long n = counted("read_bytes") - before;
    if (cold)
        printf("MMAP-16 %s loads from %zu bytes: %ld bytes came from the "
               "disk\n", yes(n == 0), size, n);

    before = counted("rchar");
    touch(p);
    long copied = counted("rchar") - before;
    read_all(fd);
    long by_read = counted("rchar") - before - copied;
    if (before == -1)
        printf("MMAP-16 skip this kernel does not count in /proc/self/io\n");
    else
        printf("MMAP-16 %s loads from a mapping: the kernel copied %s; by "
               "read(2): %s\n",
               yes(copied < (long)size && by_read >= (long)size),
               copied < (long)size ? "nothing" : "all",
               by_read < (long)size ? "nothing" : "all");

    /* All that is wanted is a byte of it. */
    struct rusage a, b, c;
    getrusage(RUSAGE_SELF, &a);
    if (pread(fd, buffer, 1, 0) != 1)
        err(EXIT_FAILURE, "pread");
    getrusage(RUSAGE_SELF, &b);
    char *q = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);
    if (q == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    (void)*(volatile char *)q;
    munmap(q, page);
    getrusage(RUSAGE_SELF, &c);
    long f = b.ru_minflt - a.ru_minflt, g = c.ru_minflt - b.ru_minflt;
    printf("MMAP-16 %s a single byte: a call and %ld page faults with read(2), "
           "two calls and %ld by mmap(2) and munmap(2)\n", yes(g <= f), f, g);

    if (fsync(fd) == -1) /* what is stored now makes clean pages dirty */
        err(EXIT_FAILURE, "fsync");
    before = counted("write_bytes");
    memset(p, 's', size);
    if (msync(p, size, MS_SYNC) == -1)
        err(EXIT_FAILURE, "msync");
    n = counted("write_bytes") - before;
    if (cold)
        printf("MMAP-16 %s stores to %zu bytes: %ld bytes to the disk\n",
               yes(n == 0), size, n);
    munmap(p, size);
    close(fd);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"MMAP-10", mmap_10}, {"MMAP-11", mmap_11}, {"MMAP-13", mmap_13},
    {"MMAP-14", mmap_14}, {"MMAP-16", mmap_16},
};

int main(int argc, char *argv[])
{
    int tried = 0;

    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    page = (size_t)sysconf(_SC_PAGESIZE);
    size = PAGES * page;
    if (size > sizeof(buffer))
        errx(EXIT_FAILURE, "pages of %zu bytes are too large", page);
    memset(buffer, 'b', size);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: pages [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
