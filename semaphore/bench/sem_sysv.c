/* sem_sysv.c - bench: a System V set hands the turn over, and counts items.
 *
 * Article:  A 四.2 "semop", B 六
 * Terminal: build/semaphore/bench/sem_sysv round 0 10000 same
 * Look for: [1] a round trip: V of the item, P of the answer, and the other two
 *               on the other side. Each is a system call, also when nobody
 *               waits;
 *           [2] a stream: one call for two operations. Who puts an item takes
 *               the space for it, who takes it gives that back;
 *           [3] no operation is lost and none done twice: the values tell.
 * Try:      one call in a round trip, too: the parent's {P space, V item}, the
 *           child's {P item, V space}, with space for one. It is faster, and
 *           `switches` falls below 2: the kernel does a sleeper's operations
 *           before he runs. So nobody has seen the question, and there is an
 *           answer: some benchmarks measure that.
 * See also: measure.h, how it is measured; sem_posix.c; ../sem_set.c; semop(2)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4 */
#include "measure.h"
#include <sys/sem.h>

union semun { /* for us to define, says semctl(2) */
    unsigned short *array;
};
enum { ITEM, SPACE, ANSWER, MEMBERS };
static int set = -1;
static unsigned short first[MEMBERS], last[MEMBERS]; /* the values */

static void create(void)
{
    first[SPACE] = 32767; /* no value may be over this */
    if ((set = semget(IPC_PRIVATE, MEMBERS, 0600)) == -1)
        fail("semget (limit kernel.sem: ipcs -l, sysctl)");
    if (semctl(set, 0, SETALL, (union semun){.array = first}) == -1)
        fail("semctl SETALL");
}

static void enter(int in) { (void)in; }

/* All of the operations at once, as soon as all are possible. */
static void operate(struct sembuf *operations, size_t n)
{
    while (semop(set, operations, n) == -1) {
        if (errno == EIDRM && child == 0)
            pause(); /* the parent has removed it to end: we end with it */
        if (errno != EINTR) /* Ctrl-Z and fg */
            fail("semop");
    }
}

static void put(int way, const unsigned char *message)
{
    struct sembuf item[] = {{ITEM, 1, 0}, {SPACE, -1, 0}};
    struct sembuf answer[] = {{ANSWER, 1, 0}};

    (void)message; /* it carries none */
    if (way == DOWN)
        operate(item, answers ? 1 : 2); /* [1] [2] */
    else
        operate(answer, 1);
}

static const unsigned char *get(int way)
{
    struct sembuf item[] = {{ITEM, -1, 0}, {SPACE, 1, 0}};
    struct sembuf answer[] = {{ANSWER, -1, 0}};

    if (way == DOWN)
        operate(item, answers ? 1 : 2); /* [1] [2] */
    else
        operate(answer, 1);
    return inbox;
}

static void destroy(void)
{
    if (set != -1 && semctl(set, 0, GETALL, (union semun){.array = last}) == 0)
        semctl(set, 0, IPC_RMID);
}

int main(int argc, char *argv[])
{
    int status = measure(argc, argv, 0, 0);

    if (memcmp(first, last, sizeof first) != 0) /* [3] */
        errx(EXIT_FAILURE, "an operation was lost or doubled: no result");
    return status;
}
