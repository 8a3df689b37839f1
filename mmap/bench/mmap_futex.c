/* mmap_futex.c - bench: a mapped file, handed over by futexes.
 *
 * Article:  A 六
 * Terminal: build/mmap/bench/mmap_futex round 64 10000 same
 * Look for: [1] one copy of each byte, by the sender: the receiver reads it
 *               where it lies;
 *           [2] a system call only to sleep, and to wake who sleeps;
 *           [3] who is about to sleep says so in the word that it sleeps on:
 *               who changes the word learns of it by the same instruction. In
 *               a word of its own, it can be cleared too late: both sleep;
 *           [4] space goes back by half a ring: each wakes up for many;
 *           [5] all the rest is as in shm_futex: only here, the memory is that
 *               of a file's pages in the page cache. The kernel writes them to
 *               the disk now and then; the next store into one then faults.
 * Try:      TMPDIR=/dev/shm, which has no disk. Is it faster?
 * See also: measure.h, how it is measured; mmap_spin.c;
 *           ../../shm/bench/shm_futex.c; futex(2), mmap(2)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4, mkstemp */
#include "measure.h"
#include <fcntl.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* One way. Each counter is written by one side, and has a cache line of its
 * own, so that the other side's does not come and go with it. */
struct ring {
    alignas(64) atomic_uint filled; /* units put so far, times STEP */
    alignas(64) atomic_uint freed;  /* units got, and done with, times STEP */
};
enum { ASLEEP = 1, STEP = 2 };   /* the lowest bit: it is waited for, [3] */
enum { FUTEX_WAIT, FUTEX_WAKE }; /* as <linux/futex.h>, which musl lacks */
static struct ring *ring;
static unsigned char *slots;       /* of both rings */
static unsigned capacity;          /* of each: units */
static unsigned filled[2], got[2]; /* by us */
static unsigned room[2], there[2]; /* up to where we may, as we know */

static void *share(size_t bytes)
{
    const char *dir = getenv("TMPDIR"); /* [5] */
    char path[4096]; /* PATH_MAX */
    void *start;
    int fd;

    snprintf(path, sizeof path, "%s/mmap_bench.XXXXXX",
             dir != NULL && *dir != '\0' ? dir : "/tmp");
    if ((fd = mkstemp(path)) == -1) /* mode 0600 */
        fail("mkstemp in $TMPDIR or /tmp");
    if (unlink(path) == -1) /* it goes with the last user */
        fail("unlink");
    if ((errno = posix_fallocate(fd, 0, bytes)) != 0) /* or SIGBUS: disk full */
        fail("posix_fallocate");
    start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (start == MAP_FAILED)
        fail("mmap");
    close(fd); /* the mapping stays */
    return memset(start, 0, bytes); /* page faults: now, not later */
}

static void create(void)
{
    capacity = answers ? 1 /* more is never under way; or about 1 MiB: */
               : unit < 256 ? 4096 : unit > 262144 ? 4 : (1 << 19) / unit * 2;
    room[DOWN] = room[UP] = capacity;
    ring = share(2 * sizeof *ring + 2 * capacity * unit);
    slots = (unsigned char *)(ring + 2);
}

static void enter(int in) { (void)in; }

static unsigned char *slot(int way, unsigned n)
{
    return slots + (way * capacity + n % capacity) * unit;
}

/* Sleep until the counter is not at n any more. Where is it? Acquire, and the
 * release below: who sees it changed sees also what was stored before, and what
 * was read before has been read. More order is not needed: nobody decides by
 * two counters. */
static unsigned await(atomic_uint *counter, unsigned n)
{
    unsigned seen;

    while ((seen = atomic_load_explicit(counter, memory_order_acquire)) / STEP
           == n) {
        seen = n * STEP; /* [3] if it is so no more, FUTEX_WAIT finds out */
        atomic_compare_exchange_strong(counter, &seen, n * STEP | ASLEEP);
        if (syscall(SYS_futex, counter, FUTEX_WAIT, n * STEP | ASLEEP, NULL,
                    NULL, 0) == -1 && errno != EAGAIN && errno != EINTR)
            fail("futex FUTEX_WAIT");
    }
    return seen / STEP;
}

static void publish(atomic_uint *counter, unsigned n)
{
    if (atomic_exchange_explicit(counter, n * STEP, memory_order_release) &
        ASLEEP && /* [2] [3] */
        syscall(SYS_futex, counter, FUTEX_WAKE, 1, NULL, NULL, 0) == -1)
        fail("futex FUTEX_WAKE");
}

static void put(int way, const unsigned char *message)
{
    if (!answers && filled[way] == room[way]) /* an answer means: it is free */
        room[way] = await(&ring[way].freed, filled[way] - capacity) + capacity;
    memcpy(slot(way, filled[way]), message, unit); /* [1] */
    publish(&ring[way].filled, ++filled[way]);
}

static const unsigned char *get(int way)
{
    if (!answers && got[way] % (capacity / 2) == 0)
        publish(&ring[way].freed, got[way]); /* [4] the caller is done */
    if (got[way] == there[way])
        there[way] = await(&ring[way].filled, got[way]);
    return slot(way, got[way]++);
}

static void destroy(void) {} /* see unlink */

int main(int argc, char *argv[])
{
    return measure(argc, argv, 64, 1); /* [1] */
}
