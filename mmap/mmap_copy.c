/* mmap_copy.c - copy a file by memcpy(3), from one mapping to another.
 *
 * Article:  A 六.1, 六.2 (a file without read and write)
 * Terminal: build/mmap/mmap_copy FROM TO
 *           build/mmap/mmap_copy         itself, to see it: no copy remains
 * Look for: [1] TO is opened for reading, too, or it could not be mapped;
 *           [2] it gets its size first: a mapping cannot make it longer;
 *           [3] no bytes, no mapping: a length of 0 is refused;
 *           [4] when the file has no such page any more, or the disk no room
 *               for it, that is no error of a call: it is SIGBUS;
 *           [5] the mapping ends with a page, and the file where it should.
 * Try:      cut FROM, truncate -s 0, while a large one is copied.
 * See also: labs/extent.c; mmap(2), ftruncate(2), msync(2), link(2)
 */
#define _XOPEN_SOURCE 700 /* mkstemp(3), siglongjmp(3), sigaction(2) */
#include <err.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char temporary[4096]; /* the name of the copy until it is complete */
static int in, out;
static sigjmp_buf no_page;
static char *volatile touched;

static void remove_temporary(void) /* async-signal-safe calls only */
{
    struct stat ours, now;

    if (fstat(out, &ours) == 0 && lstat(temporary, &now) == 0 &&
        now.st_dev == ours.st_dev && now.st_ino == ours.st_ino)
        unlink(temporary);
}

static void on_signal(int sig)
{
    remove_temporary();
    raise(sig); /* die of it when the handler ends: the shell knows why */
}

static void on_bus(int sig, siginfo_t *info, void *context)
{
    (void)context;
    if (info->si_code <= 0) { /* somebody sent it */
        on_signal(sig);
        return;
    }
    touched = info->si_addr;
    siglongjmp(no_page, 1);
}

/* A copy that has a name of its own until it is complete: nobody takes half of
 * it for the whole, and after a SIGKILL the next run is not in its own way. */
static void make_file(const char *to)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};

    if (fcntl(STDERR_FILENO, F_GETFD) == -1) /* or the copy becomes stderr */
        err(EXIT_FAILURE, "stderr");
    sigfillset(&sa.sa_mask);
    sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL);
    for (int sig = SIGHUP; sig <= SIGTERM; sig++)
        if (sig != SIGPIPE)
            sigaction(sig, &sa, NULL);
    sa.sa_flags |= SA_SIGINFO;
    sa.sa_sigaction = on_bus;
    sigaction(SIGBUS, &sa, NULL);
    snprintf(temporary, sizeof(temporary), "%s.XXXXXX", to);
    out = mkstemp(temporary); /* [1] O_RDWR, and 0600 */
    if (out == -1)
        err(EXIT_FAILURE, "mkstemp %s", temporary);
    if (atexit(remove_temporary) != 0 ||
        sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "atexit, sigprocmask");
}

static void copy(const char *from, const char *to, size_t size)
{
    char *source = mmap(NULL, size, PROT_READ, MAP_SHARED, in, 0);
    char *target = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);

    if (source == MAP_FAILED || target == MAP_FAILED)
        err(EXIT_FAILURE, "mmap %s, %s", from, to);
    if (sigsetjmp(no_page, 1) != 0) { /* [4] */
        if (touched >= target && touched < target + size)
            errx(EXIT_FAILURE, "%s: SIGBUS: no room on its disk", to);
        errx(EXIT_FAILURE, "%s: SIGBUS: somebody has cut it", from);
    }
    memcpy(target, source, size);
    if (msync(target, size, MS_SYNC) == -1 || munmap(source, size) == -1 ||
        munmap(target, size) == -1)
        err(EXIT_FAILURE, "msync, munmap %s", to);
}

int main(int argc, char *argv[])
{
    const char *from = argc > 1 ? argv[1] : "/proc/self/exe";
    const char *to = argc > 2 ? argv[2] : "mmap.copy";
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct stat st;
    char c;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    signal(SIGPIPE, SIG_IGN); /* nobody reads it: an error, not death */
    signal(SIGXFSZ, SIG_IGN); /* likewise a file over the limit (ulimit -f) */
    if ((argc != 1 && argc != 3) || *from == '-' || *from == '\0' ||
        *to == '-' || *to == '\0')
        errx(2, "usage: mmap_copy [FROM TO]");
    in = open(from, O_RDONLY | O_NONBLOCK); /* a FIFO is no reason to wait */
    if (in == -1 || fstat(in, &st) == -1)
        err(EXIT_FAILURE, "open %s", from);
    size_t size = (size_t)st.st_size;
    if (!S_ISREG(st.st_mode) || (size == 0 && read(in, &c, 1) == 1))
        errx(EXIT_FAILURE, "%s has no size, as a file should", from);
    if ((off_t)size != st.st_size)
        errx(EXIT_FAILURE, "%s is too large to be mapped", from);
    if (printf("%s: %zu bytes, pages of %zu: %zu\n", from, size, page,
               (size + page - 1) / page) < 0)
        err(EXIT_FAILURE, "stdout");

    make_file(to);
    if (ftruncate(out, st.st_size) == -1) /* [2] */
        err(EXIT_FAILURE, "ftruncate %s", temporary);
    if (size > 0) /* [3] */
        copy(from, to, size);
    if (fstat(out, &st) == -1) /* [5] */
        err(EXIT_FAILURE, "fstat %s", temporary);
    if (argc > 2 && link(temporary, to) == -1) /* never over another file */
        err(EXIT_FAILURE, "link %s", to);
    if (printf("%s: %jd bytes, copied in memory\n", to,
               (intmax_t)st.st_size) < 0)
        err(EXIT_FAILURE, "stdout");
    if (argc == 1)
        warnx("%s is gone: name a file to copy, and the copy, to keep it", to);
    return 0;
}
