/* sem_posix.c - bench: POSIX semaphores, in memory that both processes map.
 *
 * Article:  A 四.2, B 六, by the other interface
 * Terminal: build/semaphore/bench/sem_posix round 0 10000 same
 * Look for: [1] not 0: it is for several processes, not for threads of one;
 *           [2] a system call only to sleep, and to wake who sleeps. Who was
 *               woken and has not run yet is woken again by each further post:
 *               so a stream takes 15 ns or 600, as the scheduler has it;
 *           [3] the value counts what was not taken yet: nobody has to wait for
 *               space. It may grow to SEM_VALUE_MAX, more than all messages;
 *           [4] in the end both values are 0: no post was lost, none doubled.
 * Try:      strace -fc -e futex, before round and before stream; sem_sysv.c
 *           asks the kernel each time: what does that cost?
 * Needs:    -pthread at the end of the command with a glibc before 2.34
 * See also: measure.h, how it is measured; sem_sysv.c; ../sem_order_posix.c;
 *           sem_overview(7), sem_init(3), futex(7)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4, MAP_ANONYMOUS */
#include "measure.h"
#include <semaphore.h>
#include <stdalign.h>
#include <sys/mman.h>

static struct { /* a cache line each */
    alignas(64) sem_t sem;
} *sent_to; /* DOWN and UP */

static void create(void)
{
    sent_to = mmap(NULL, 2 * sizeof *sent_to, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sent_to == MAP_FAILED)
        fail("mmap");
    if (sem_init(&sent_to[DOWN].sem, 1, 0) == -1 || /* [1] */
        sem_init(&sent_to[UP].sem, 1, 0) == -1)
        fail("sem_init");
}

static void enter(int in) { (void)in; }

static void put(int way, const unsigned char *message)
{
    (void)message; /* it carries none */
    if (sem_post(&sent_to[way].sem) == -1) /* [2] [3] */
        fail("sem_post");
}

static const unsigned char *get(int way)
{
    while (sem_wait(&sent_to[way].sem) == -1) /* [2] */
        if (errno != EINTR)
            fail("sem_wait");
    return inbox;
}

static void destroy(void) {} /* it goes with the last who maps it */

int main(int argc, char *argv[])
{
    int status = measure(argc, argv, 0, 0), down, up;

    if (sem_getvalue(&sent_to[DOWN].sem, &down) == -1 ||
        sem_getvalue(&sent_to[UP].sem, &up) == -1)
        err(EXIT_FAILURE, "sem_getvalue");
    if (down != 0 || up != 0) /* [4] */
        errx(EXIT_FAILURE, "a post was lost or doubled: no result");
    return status;
}
