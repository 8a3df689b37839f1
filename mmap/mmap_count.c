/* mmap_count.c - two processes count on one counter in a mapped file.
 *
 * Article:  A 六.1 (two processes, one file; it does not ask who is first)
 * Terminal: build/mmap/mmap_count        right, each +1 is one step
 *           build/mmap/mmap_count -n     wrong, each +1 is a load and a store
 * Look for: [1] each maps the file by itself: two mappings, one counter;
 *           [2] C11 atomics work between processes where they need no lock: a
 *               lock would be a variable, and each process has its own;
 *           [3] an atomic load and an atomic store are no atomic addition: all
 *               that the other adds in between is lost. Here that is forced.
 * Try:      wait after the store instead. How many are lost then?
 * See also: mmap_writer.c, which orders by locks; mmap(2), waitpid(2)
 */
#define _XOPEN_SOURCE 700 /* mkstemp(3), pread(2) */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

_Static_assert(ATOMIC_LONG_LOCK_FREE == 2, "it would need a lock"); /* [2] */

static int fd;

/* A file with room for the counter, which is 0; its name is gone at once. */
static void make_file(void)
{
    char name[] = "mmap.count.XXXXXX";
    sigset_t all;

    if (fcntl(STDOUT_FILENO, F_GETFD) == -1 || /* or the file becomes that */
        fcntl(STDERR_FILENO, F_GETFD) == -1)
        err(EXIT_FAILURE, "stdout, stderr");
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL); /* no signal may leave it behind */
    fd = mkstemp(name);
    if (fd == -1 || unlink(name) == -1)
        err(EXIT_FAILURE, "mkstemp, unlink %s", name);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    if (ftruncate(fd, sizeof(atomic_long)) == -1)
        err(EXIT_FAILURE, "ftruncate %s", name);
}

static atomic_long *map(void)
{
    void *map = mmap(NULL, sizeof(atomic_long), PROT_READ | PROT_WRITE,
                     MAP_SHARED, fd, 0);

    return map == MAP_FAILED ? NULL : map;
}

static void count_up(atomic_long *counter, long n, int in_two)
{
    while (n-- > 0)
        if (in_two)
            atomic_store(counter, atomic_load(counter) + 1);
        else
            atomic_fetch_add(counter, 1);
}

/* The other process. It dies with its parent, if that is killed. */
static pid_t start(long n, int in_two)
{
    pid_t parent = getpid(), child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (child == 0) {
        atomic_long *counter = map(); /* [1] */
        if (counter == NULL)
            warn("mmap");
        if (counter == NULL || prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 ||
            getppid() != parent)
            _exit(EXIT_FAILURE);
        count_up(counter, n, in_two);
        _exit(EXIT_SUCCESS);
    }
    return child;
}

static void wait_for(pid_t child)
{
    int status;

    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (WIFSIGNALED(status))
        errx(EXIT_FAILURE, "the child died of signal %d", WTERMSIG(status));
    if (status != 0)
        errx(EXIT_FAILURE, "the child failed");
}

int main(int argc, char *argv[])
{
    int in_two = argc > 1 && strcmp(argv[1], "-n") == 0;
    char *number = argc > 1 + in_two ? argv[1 + in_two] : "100000", *end;
    long count = strtol(number, &end, 10), total;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    signal(SIGPIPE, SIG_IGN);         /* nobody reads it: an error, not death */
    if (argc > 2 + in_two || *number < '0' || *end != '\0' || count < 1 ||
        count > 1000000000)
        errx(2, "usage: mmap_count [-n] [COUNT]");
    make_file();
    atomic_long *counter = map(); /* [1] */
    if (counter == NULL)
        err(EXIT_FAILURE, "mmap");

    if (in_two) { /* [3] */
        long before = atomic_load(counter);
        wait_for(start(count, in_two)); /* it may run whenever it can */
        atomic_store(counter, before + 1);
        count_up(counter, count - 1, in_two);
    } else {
        pid_t child = start(count, in_two);
        count_up(counter, count, in_two);
        wait_for(child);
    }
    if (pread(fd, &total, sizeof(total), 0) != sizeof(total))
        err(EXIT_FAILURE, "pread");
    if (printf("%ld + %ld = %ld, %ld lost\n", count, count, total,
               2 * count - total) < 0)
        err(EXIT_FAILURE, "stdout");
    return 0;
}
