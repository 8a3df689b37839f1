/* extent.c - lab: how far a mapping reaches, and what munmap(2) takes away.
 *
 * Claims:   MMAP-8 MMAP-15 MMAP-21 MMAP-22 MMAP-23 MMAP-24
 * Terminal: build/mmap/labs/extent [CLAIM]      (all labs: make claims-mmap)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: mmap(2), munmap(2), ftruncate(2)
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t page;
static sigjmp_buf back;

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static const char *outcome(int result)
{
    return result == -1 ? strerror(errno) : "0";
}

/* A file of `size` bytes, which has no name any more; each page that it
 * begins, begins with its number. */
static int new_file(size_t size)
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
    for (size_t i = 0; i * page < size; i++) {
        char digit = (char)('1' + i);
        if (pwrite(fd, &digit, 1, (off_t)(i * page)) != 1)
            err(EXIT_FAILURE, "pwrite %s", name);
    }
    return fd;
}

/* Map `n` pages of the file, from page `first` on, with nothing behind. */
static char *map(int n, int fd, int first)
{
    size_t size = (size_t)n * page;
    char *p = mmap(NULL, size + 4 * page, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED ||
        mmap(p, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
             (off_t)((size_t)first * page)) == MAP_FAILED ||
        munmap(p + size, 4 * page) == -1)
        err(EXIT_FAILURE, "mmap");
    return p;
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

/* What a load brings: the byte, or the signal. */
static const char *seen(const char *at)
{
    static char text[4][16];
    static int next;
    char *t = text[next = (next + 1) % 4];
    int sig = load(at);

    snprintf(t, sizeof(text[0]), "%s", sig == SIGSEGV ? "SIGSEGV"
             : sig == SIGBUS ? "SIGBUS" : "0");
    if (sig == 0 && *at != '\0')
        t[0] = *at;
    return t;
}

static void mmap_8(void)
{
    int fd = new_file(3 * page);
    char *p = map(3, fd, 0);
    const char *first = seen(p), *last = seen(p + 2 * page);

    printf("MMAP-8 %s a file of 3 pages, offset 0, length of 3: in the first "
           "page %s, in the last %s\n",
           yes(*first == '1' && *last == '3'), first, last);
    p = map(1, fd, 1);
    first = seen(p), last = seen(p + page);
    printf("MMAP-8 %s offset of page 2, length of 1: in the first page %s, "
           "behind it %s\n", yes(*first == '2' && load(p + page) == SIGSEGV),
           first, last);
    close(fd);
}

static void mmap_15(void)
{
    int fd = new_file(3 * page), empty = new_file(0), stored = 0;
    char c;

    for (char *p = map(3, fd, 0), *at = p; at < p + 3 * page; at += page)
        if (store(at) == 0 && pread(fd, &c, 1, at - p) == 1)
            stored += c == 's';
    int sig = store(map(1, empty, 0));
    printf("MMAP-15 %s only mmap(2), then stores: %d of 3 pages are there for "
           "read(2) (but of an empty file: %s)\n", yes(stored == 3), stored,
           sig == SIGBUS ? "SIGBUS" : "stored");
    close(fd);
    close(empty);
}

/* Does a compiler take this call of mmap(2)? -1: there is none. */
static int compiles(const char *call)
{
    char command[512];
    const char *cc = getenv("CC");

    snprintf(command, sizeof(command), "%s -x c -fsyntax-only - 2>/dev/null",
             cc != NULL && *cc ? cc : "cc");
    signal(SIGPIPE, SIG_IGN); /* a compiler that is not there reads nothing */
    FILE *f = popen(command, "w");
    if (f == NULL)
        return -1;
    fprintf(f, "#include <sys/mman.h>\nvoid *f(int fd) { return %s; }\n", call);
    int status = pclose(f);
    return status == -1 ? -1 : WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void mmap_21(void)
{
    int fd = new_file(3 * page);
    char *p = map(1, fd, 0);
    const char *first = seen(p), *second = seen(p + page);

    printf("MMAP-21 %s a file of 3 pages, offset 0, length of 1: in the first "
           "page %s, behind it %s\n", yes(*second == '2'), first, second);
    void *q = mmap(NULL, 0, PROT_READ, MAP_SHARED, fd, 0);
    printf("MMAP-21 %s offset 0, length 0: %s\n", yes(q != MAP_FAILED),
           q == MAP_FAILED ? strerror(errno) : "mapped");
    close(fd);
    if (compiles("mmap(0, 1, PROT_READ, MAP_SHARED, fd, 0)") != 1)
        printf("MMAP-21 skip no compiler to ask (CC)\n");
    else {
        int taken = compiles("mmap(0, 1, PROT_READ, MAP_SHARED, fd)");
        printf("MMAP-21 %s mmap() without an offset: the compiler %s it\n",
               yes(taken), taken ? "takes" : "refuses");
    }
}

static void mmap_22(void)
{
    int fd = new_file(page + 100);
    char *p = map(3, fd, 0), c;
    size_t zeros = 0;

    for (size_t i = page + 100; i < 2 * page; i++)
        zeros += p[i] == '\0';
    printf("MMAP-22 %s a file of a page and 100 bytes: of the %zu bytes to the "
           "page's end %zu are 0 (in the page behind: %s)\n",
           yes(zeros == page - 100), page - 100, zeros, seen(p + 2 * page));
    if (store(p + page + 100) != 0)
        errx(EXIT_FAILURE, "no store behind the end of the file");
    ssize_t in_file = pread(fd, &c, 1, (off_t)page + 100);
    const char *there = seen(map(2, fd, 0) + page + 100);
    printf("MMAP-22 %s a store there: for read(2) the file has %zd bytes of "
           "it (another mapping sees %s)\n", yes(in_file == 0), in_file, there);
    close(fd);
}

static void mmap_23(void)
{
    int fd = new_file(page);
    char *p = map(1, fd, 0);
    const char *before = seen(p);
    int result = munmap(p, page);

    printf("MMAP-23 %s munmap(2): %s; a load brought %s, and now %s\n",
           yes(result == 0 && *before == '1' && load(p) == SIGSEGV),
           outcome(result), before, seen(p));
    p = map(1, fd, 0);
    result = munmap(p + 1, page);
    printf("MMAP-23 %s an address within a page: %s\n", yes(result == -1),
           outcome(result));
    result = munmap(p, 0);
    printf("MMAP-23 %s length 0: %s\n", yes(result == -1), outcome(result));
    close(fd);
}

static void mmap_24(void)
{
    int fd = new_file(4 * page);
    char *p = map(4, fd, 0);
    int result = munmap(p, 4 * page);

    printf("MMAP-24 %s the address and the length of mmap(2), 4 pages: %s, the "
           "first brings %s, the last %s\n",
           yes(result == 0 && load(p) && load(p + 3 * page)), outcome(result),
           seen(p), seen(p + 3 * page));
    p = map(4, fd, 0);
    result = munmap(p + page, page);
    printf("MMAP-24 %s page 2 of 4: %s, page 1 brings %s, 2 %s, 3 %s\n",
           yes(result == -1), outcome(result), seen(p), seen(p + page),
           seen(p + 2 * page));
    result = munmap(p + 2 * page, 1);
    printf("MMAP-24 %s page 3, length 1: %s, its last byte brings %s\n",
           yes(result == -1 || load(p + 3 * page - 1) == 0), outcome(result),
           seen(p + 3 * page - 1));
    result = munmap(p + page, page);
    printf("MMAP-24 %s page 2 again, where nothing is: %s\n", yes(result == -1),
           outcome(result));
    close(fd);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"MMAP-8", mmap_8}, {"MMAP-15", mmap_15}, {"MMAP-21", mmap_21},
    {"MMAP-22", mmap_22}, {"MMAP-23", mmap_23}, {"MMAP-24", mmap_24},
};

int main(int argc, char *argv[])
{
    /* SA_NODEFER, as the handler is left without returning from it */
    struct sigaction sa = {.sa_handler = on_fault, .sa_flags = SA_NODEFER};
    int tried = 0;

    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
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
        errx(2, "usage: extent [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
