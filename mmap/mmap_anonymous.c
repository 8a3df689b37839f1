/* mmap_anonymous.c - memory without a file: a child inherits it, and shares it.
 *
 * Article:  A 六.3 (its "匿名映射区")
 * Terminal: build/mmap/mmap_anonymous
 * Look for: [1] there is no file, fd is -1: who has no such parent cannot come
 *               in, and nothing is left behind, however both end;
 *           [2] fork(2) gives the child both mappings, as they are;
 *           [3] MAP_SHARED: what the child stores is the parent's, too;
 *           [4] MAP_PRIVATE: it is not. Any variable behaves like that.
 * Try:      let the parent look before waitpid(2). Who tells it when to look?
 * See also: mmap_count.c, labs/share.c; mmap(2), fork(2)
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t *shared, *private; /* a number in each of the mappings */

static pid_t *map(int flags)
{
    void *map = mmap(NULL, sizeof(pid_t), PROT_READ | PROT_WRITE,
                     flags | MAP_ANONYMOUS, -1, 0); /* [1] */

    if (map == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    return map;
}

/* The child must not end by err(3): what is registered for the end of the
 * program is the parent's. */
static int sees(const char *who)
{
    return printf("%s %d sees: shared %d, private %d\n", who, getpid(),
                  *shared, *private) > 0;
}

static int stores(const char *who)
{
    *shared = *private = getpid();
    return printf("%s %d stores its number in both\n", who, *shared) > 0;
}

int main(int argc, char *argv[])
{
    pid_t parent = getpid();
    int status;

    (void)argv;
    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    signal(SIGPIPE, SIG_IGN);         /* nobody reads it: an error, not death */
    if (argc > 1)
        errx(2, "usage: mmap_anonymous");
    shared = map(MAP_SHARED);
    private = map(MAP_PRIVATE);
    if (!sees("parent") || !stores("parent"))
        err(EXIT_FAILURE, "stdout");

    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (child == 0) { /* and if the parent is killed, this dies with it */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
            _exit(EXIT_FAILURE);
        if (sees("child") && stores("child")) /* [2] */
            _exit(EXIT_SUCCESS);
        warn("stdout");
        _exit(EXIT_FAILURE);
    }
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (WIFSIGNALED(status))
        errx(EXIT_FAILURE, "the child died of signal %d", WTERMSIG(status));
    if (status != 0)
        errx(EXIT_FAILURE, "the child failed");
    if (!sees("parent")) /* [3] [4] */
        err(EXIT_FAILURE, "stdout");
    return 0;
}
