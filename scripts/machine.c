/* machine.c - what does a bare system call cost here, and a bare copy?
 *
 * Usage:  machine syscall|memcpy [SIZE [COUNT [same|different|any]]]
 *         syscall  COUNT times the barest, getppid(2); it has no SIZE
 *         memcpy   COUNT copies of SIZE bytes (65536), from buffer to buffer,
 *                  both in the cache if they fit
 * Unless `any`, on the first processor that we may use, as a benchmark's child.
 * It needs no second process, so no measure.h, but its line has the same form:
 *     syscall round size=0 batch=1 cores=same count=1000000 ns=127.0 p99=...
 *   ns    of a call or copy: the median of ten blocks; of calls, of blocks of
 *         some hundred, as to read the clock takes as long as one. So is p99
 *   bare  the same, and so ratio=1: there is nothing to check
 * Status: 0; 1 a call failed; 2 usage; 77 refused, and the line says why.
 */
#define _GNU_SOURCE /* sched_setaffinity, syscall */
#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { CALLS = 500, MOST = 1 << 24 }; /* in a block; bytes */
static size_t size;
static char *from, *to; /* NULL: calls, no copies */
static double *ns;      /* of each block */
/* The compiler cannot know what this will be, and leaves no copy out. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;

static double now(clockid_t clock) /* ns */
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static double block(long n) /* ns of each */
{
    double begin = now(CLOCK_MONOTONIC);

    for (long i = 0; i < n; i++)
        if (from == NULL)
            syscall(SYS_getppid);
        else
            copy(to, from, size);
    return (now(CLOCK_MONOTONIC) - begin) / n;
}

static long number(const char *text, long least, long most)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (end == text || *end != '\0' || n < least || n > most)
        errx(2, "%s is not a number from %ld to %ld", text, least, most);
    return n;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(int argc, char *argv[])
{
    int calls = argc > 1 && strcmp(argv[1], "syscall") == 0, cpu;
    const char *where = argc > 4 ? argv[4] : "any";
    struct rusage before, after;
    double used, switches;
    long count, blocks;
    cpu_set_t set;

    if (argc < 2 || argc > 5 || (!calls && strcmp(argv[1], "memcpy") != 0) ||
        (strcmp(where, "same") && strcmp(where, "different") &&
         strcmp(where, "any")))
        errx(2, "usage: machine syscall|memcpy [SIZE [COUNT "
             "[same|different|any]]]");
    size = argc > 2 ? number(argv[2], !calls, MOST - 1) : calls ? 0 : 65536;
    count = argc > 3 ? number(argv[3], 1, 100000000) : calls ? 1000000 : 10000;
    blocks = calls ? (count + CALLS - 1) / CALLS : count < 10 ? count : 10;
    printf("%s %s size=%zu batch=1 cores=%s count=%ld", argv[1],
           calls ? "round" : "stream", size, where, count);
    if (calls && size > 0)
        return puts(" refused: carries no bytes"), 77;
    if ((cpu = sched_getcpu()) == -1)
        err(EXIT_FAILURE, "sched_getcpu");
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (*where != 'a' && sched_setaffinity(0, sizeof set, &set) == -1)
        err(EXIT_FAILURE, "sched_setaffinity");
    if ((ns = malloc(blocks * sizeof *ns)) == NULL ||
        (!calls && (!(from = malloc(size)) || !(to = malloc(size)))))
        err(EXIT_FAILURE, "malloc");
    if (!calls)
        memset(from, 1, size); /* else it is one page of zeros, many times */
    block(count / 10 + 1); /* warm: caches, page faults, the frequency */
    used = now(CLOCK_PROCESS_CPUTIME_ID);
    getrusage(RUSAGE_SELF, &before);
    for (long b = 0; b < blocks; b++)
        ns[b] = block(count * (b + 1) / blocks - count * b / blocks);
    getrusage(RUSAGE_SELF, &after);
    used = now(CLOCK_PROCESS_CPUTIME_ID) - used;
    switches = after.ru_nvcsw - before.ru_nvcsw + after.ru_nivcsw -
               before.ru_nivcsw;
    qsort(ns, blocks, sizeof *ns, by_size);
    printf(" ns=%.3f", ns[(blocks - 1) / 2]);
    if (calls)
        printf(" p99=%.0f", ns[(blocks - 1) * 99 / 100]);
    printf(" bare=%.3f ratio=1.000 cpu=%.1f switches=%.3f slept=0.000 copies=%d\n",
           ns[(blocks - 1) / 2], used / count, switches / count, !calls);
    if (fflush(stdout) == EOF)
        err(EXIT_FAILURE, "stdout");
    return 0;
}
