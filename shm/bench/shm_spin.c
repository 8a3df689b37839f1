/* shm_spin.c - bench: shared memory, and who waits looks again and again.
 *
 * Article:  A 五
 * Terminal: build/shm/bench/shm_spin round 64 10000 different
 * Look for: [1] one copy of each byte, by the sender: the receiver reads it
 *               where it lies;
 *           [2] no system call at all, none sleeps: the price is a processor
 *               that is busy while it waits, see cpu=. On one only, each would
 *               wait until the other's time is up;
 *           [3] the bytes are fetched together with the counter, not after it.
 * Try:      top, meanwhile; round 64 10000 any beside two busy loops.
 * See also: measure.h, how it is measured; line.c, the limit; shm_futex.c;
 *           shmget(2)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4 */
#include "measure.h"
#include <stdalign.h>
#include <stdatomic.h>
#include <sys/shm.h>

/* One way. Each counter is written by one side, and has a cache line of its
 * own, so that the other side's does not come and go with it. */
struct ring {
    alignas(64) atomic_uint filled; /* units put so far */
    alignas(64) atomic_uint freed;  /* units got, and done with */
};
static struct ring *ring;
static unsigned char *slots;       /* of both rings */
static unsigned capacity;          /* of each: units */
static unsigned filled[2], got[2]; /* by us */
static unsigned room[2], there[2]; /* up to where we may, as we know */

static void *share(size_t bytes)
{
    void *start;
    int id;

    if ((id = shmget(IPC_PRIVATE, bytes, 0600)) == -1)
        fail("shmget (limit kernel.shmmax, shmall: ipcs -l, sysctl)");
    start = shmat(id, NULL, 0);
    if (shmctl(id, IPC_RMID, NULL) == -1) /* it goes with the last user */
        fail("shmctl IPC_RMID");
    if (start == (void *)-1)
        fail("shmat");
    return memset(start, 0, bytes); /* page faults: now, not later */
}

static void create(void)
{
    if (cores == 1)
        refuse("spinning needs two processors", -1);
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

static void relax(void) /* tell the processor that this loop only waits */
{
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

/* Look until the counter is not at n any more. Where is it? Acquire, and the
 * release below: who sees it changed sees also what was stored before, and what
 * was read before has been read. More order is not needed: nobody decides by
 * two counters. */
static unsigned await(atomic_uint *counter, unsigned n, const void *bytes)
{
    unsigned seen;

    while ((seen = atomic_load_explicit(counter, memory_order_acquire)) == n) {
        if (answers)
            __builtin_prefetch(bytes); /* [3] */
        relax(); /* [2] */
    }
    return seen;
}

static void publish(atomic_uint *counter, unsigned n)
{
    atomic_store_explicit(counter, n, memory_order_release);
}

static void put(int way, const unsigned char *message)
{
    unsigned char *to = slot(way, filled[way]);

    if (!answers && filled[way] == room[way]) /* an answer means: it is free */
        room[way] = await(&ring[way].freed, filled[way] - capacity, to) +
                    capacity;
    memcpy(to, message, unit); /* [1] */
    publish(&ring[way].filled, ++filled[way]);
}

static const unsigned char *get(int way)
{
    unsigned char *from = slot(way, got[way]);

    if (!answers && got[way] % (capacity / 2) == 0)
        publish(&ring[way].freed, got[way]); /* the caller is done */
    if (got[way] == there[way])
        there[way] = await(&ring[way].filled, got[way], from);
    got[way]++;
    return from;
}

static void destroy(void) {} /* see IPC_RMID */

int main(int argc, char *argv[])
{
    return measure(argc, argv, 64, 1); /* [1] */
}
