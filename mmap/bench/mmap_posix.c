/* mmap_posix.c - bench: a mapped file, handed over by POSIX semaphores.
 *
 * Article:  A 六, 四.3
 * Terminal: build/mmap/bench/mmap_posix round 64 10000 same
 * Look for: [1] one copy of each byte, by the sender: the receiver reads it
 *               where it lies;
 *           [2] two semaphores for each way: what may be read, what may be
 *               written. In a round trip, the answer says the latter;
 *           [3] they lie in the memory that they guard, beside the messages: a
 *               system call only to sleep, and to wake who sleeps. But who was
 *               woken, and has not run yet, is woken again by each V;
 *           [4] space is counted by half a ring: each wakes up for many;
 *           [5] all the rest is as in shm_posix: only here, the memory is that
 *               of a file's pages in the page cache. The kernel writes them to
 *               the disk now and then; the next store into one then faults.
 * Try:      TMPDIR=/dev/shm, which has no disk. Is it faster?
 * Build:    cc alone does with glibc 2.34 or musl; older glibc: cc -pthread
 * See also: measure.h, how it is measured; mmap_sysv.c;
 *           ../../shm/bench/shm_posix.c; sem_overview(7), mmap(2)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4, mkstemp */
#include "measure.h"
#include <fcntl.h>
#include <semaphore.h>
#include <stdalign.h>
#include <sys/mman.h>

/* One way. Each has a cache line of its own, so that one does not come and go
 * with the other. */
struct ring {
    alignas(64) sem_t item; /* units that may be read, [2] */
    alignas(64) sem_t half; /* halves of the ring that may be written, [4] */
};
static struct ring *ring;
static unsigned char *slots;       /* of both rings */
static unsigned capacity;          /* of each: units */
static unsigned filled[2], got[2]; /* by us */

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
    ring = share(2 * sizeof *ring + 2 * capacity * unit);
    slots = (unsigned char *)(ring + 2);
    for (int way = DOWN; way <= UP; way++)
        if (sem_init(&ring[way].item, 1, 0) == -1 || /* [3] */
            sem_init(&ring[way].half, 1, 2) == -1)
            fail("sem_init");
}

static void enter(int in) { (void)in; }

static unsigned char *slot(int way, unsigned n)
{
    return slots + (way * capacity + n % capacity) * unit;
}

static void p(sem_t *sem)
{
    while (sem_wait(sem) == -1)
        if (errno != EINTR)
            fail("sem_wait");
}

/* Who comes through P sees what was stored before V: they order memory, as the
 * calls of a lock do (POSIX, "Memory Synchronization"). */
static void v(sem_t *sem)
{
    if (sem_post(sem) == -1)
        fail("sem_post");
}

static void put(int way, const unsigned char *message)
{
    if (!answers && filled[way] % (capacity / 2) == 0)
        p(&ring[way].half);
    memcpy(slot(way, filled[way]++), message, unit); /* [1] */
    v(&ring[way].item);
}

static const unsigned char *get(int way)
{
    if (!answers && got[way] > 0 && got[way] % (capacity / 2) == 0)
        v(&ring[way].half); /* [4] the caller is done */
    p(&ring[way].item);
    return slot(way, got[way]++);
}

static void destroy(void) {} /* see unlink */

int main(int argc, char *argv[])
{
    return measure(argc, argv, 64, 1); /* [1] */
}
