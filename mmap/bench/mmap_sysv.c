/* mmap_sysv.c - bench: a mapped file, handed over by System V semaphores.
 *
 * Article:  A 六, 四.3
 * Terminal: build/mmap/bench/mmap_sysv round 64 10000 same
 * Look for: [1] one copy of each byte, by the sender: the receiver reads it
 *               where it lies;
 *           [2] two semaphores for each way: what may be read, what may be
 *               written. In a round trip, the answer says the latter;
 *           [3] the kernel keeps them: each P and each V is a system call, also
 *               when nobody waits;
 *           [4] space is counted by half a ring: one call for many;
 *           [5] all the rest is as in shm_sysv: only here, the memory is that
 *               of a file's pages in the page cache. The kernel writes them to
 *               the disk now and then; the next store into one then faults.
 * Try:      TMPDIR=/dev/shm, which has no disk. Is it faster?
 * See also: measure.h, how it is measured; mmap_posix.c;
 *           ../../shm/bench/shm_sysv.c; semop(2), mmap(2)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4, mkstemp */
#include "measure.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sem.h>

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
