/* shm_futex.c - bench: shared memory, handed over by futexes.
 *
 * Article:  A 五
 * Terminal: build/shm/bench/shm_futex round 64 10000 same
 * Look for: [1] one copy of each byte, by the sender: the receiver reads it
 *               where it lies;
 *           [2] a system call only to sleep, and to wake who sleeps;
 *           [3] who is about to sleep says so in the word that it sleeps on:
 *               who changes the word learns of it by the same instruction. In
 *               a word of its own, it can be cleared too late: both sleep;
 *           [4] space goes back by half a ring: each wakes up for many.
 * Try:      stream 64 100000 different, then with BATCH 64: what did each
 *           hand-over cost? And with a ring of 16 messages instead of 4096?
 * See also: measure.h, how it is measured; shm_spin.c; futex.c, the limit;
 *           futex(2), shmget(2)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4 */
#include "measure.h"
#include <stdalign.h>
#include <stdatomic.h>
#include <sys/shm.h>
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

static void destroy(void) {} /* see IPC_RMID */

int main(int argc, char *argv[])
{
    return measure(argc, argv, 64, 1); /* [1] */
}
