/* shm_sysv.c - bench: shared memory, handed over by System V semaphores.
 *
 * Article:  A 五.1, 四.3
 * Terminal: build/shm/bench/shm_sysv round 64 10000 same
 * Look for: [1] one copy of each byte, by the sender: the receiver reads it
 *               where it lies;
 *           [2] two semaphores for each way: what may be read, what may be
 *               written. In a round trip, the answer says the latter;
 *           [3] the kernel keeps them: each P and each V is a system call, also
 *               when nobody waits;
 *           [4] space is counted by half a ring: one call for many.
 * Try:      stream 64 10000 same, then shm_posix: what do the calls cost?
 * See also: measure.h, how it is measured; shm_posix.c; ../shm_ring.c;
 *           semop(2), shmget(2)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4 */
#include "measure.h"
#include <sys/sem.h>
#include <sys/shm.h>

union semun { /* semctl(2): no header has it, the caller must define it */
    int val;
    unsigned short *array;
};
enum { ITEM, HALF, EACH }; /* of a way, [2]: units that may be read, halves of
                            * the ring that may be written, [4] */
static int set = -1;
static unsigned char *slots;       /* of both rings */
static unsigned capacity;          /* of each: units */
static unsigned filled[2], got[2]; /* by us */

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
    unsigned short values[2 * EACH] = {0, 2, 0, 2};
    union semun all = {.array = values};

    capacity = answers ? 1 /* more is never under way; or about 1 MiB: */
               : unit < 256 ? 4096 : unit > 262144 ? 4 : (1 << 19) / unit * 2;
    slots = share(2 * capacity * unit);
    if ((set = semget(IPC_PRIVATE, 2 * EACH, 0600)) == -1)
        fail("semget (limit kernel.sem: ipcs -l, sysctl)");
    if (semctl(set, 0, SETALL, all) == -1)
        fail("semctl SETALL");
}

static void enter(int in) { (void)in; }

static unsigned char *slot(int way, unsigned n)
{
    return slots + (way * capacity + n % capacity) * unit;
}

/* P or V. Who comes through P sees what was stored before V: the kernel locks
 * the semaphore meanwhile. No SEM_UNDO: what has been put stays put. */
static void change(int way, int which, short by)
{
    struct sembuf sbuf = {way * EACH + which, by, 0};

    while (semop(set, &sbuf, 1) == -1) { /* [3] */
        if (child == 0 && (errno == EIDRM || errno == EINVAL))
            pause(); /* the parent has removed it: it ends, and we with it */
        if (errno != EINTR) /* Ctrl-Z and fg: wait again */
            fail("semop");
    }
}

static void put(int way, const unsigned char *message)
{
    if (!answers && filled[way] % (capacity / 2) == 0)
        change(way, HALF, -1);
    memcpy(slot(way, filled[way]++), message, unit); /* [1] */
    change(way, ITEM, 1);
}

static const unsigned char *get(int way)
{
    if (!answers && got[way] > 0 && got[way] % (capacity / 2) == 0)
        change(way, HALF, 1); /* [4] the caller is done */
    change(way, ITEM, -1);
    return slot(way, got[way]++);
}

static void destroy(void) { semctl(set, 0, IPC_RMID); }

int main(int argc, char *argv[])
{
    return measure(argc, argv, 64, 1); /* [1] */
}
