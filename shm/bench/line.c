/* line.c - bench, a limit: one cache line, to and fro between two processors.
 *
 * Article:  A 五
 * Terminal: build/shm/bench/line round 0 10000 different
 * Look for: [1] one word in shared memory: who finds n in it writes n + 1;
 *           [2] no system call, none sleeps. What takes longer than this, takes
 *               it for something else: nothing gets to another processor faster
 *               than the line that it is in.
 * Try:      lscpu -e: two processors of one core, if you have such (taskset(1)
 *           gives us these); of two sockets.
 * See also: measure.h, how it is measured; futex.c; shm_spin.c; mmap(2)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4, MAP_ANONYMOUS */
#include "measure.h"
#include <stdatomic.h>
#include <sys/mman.h>

static atomic_uint *word; /* hand-overs so far, [1] */
static unsigned turn;     /* the same, as we know */

static void create(void)
{
    if (!answers)
        refuse("hands a turn over: no stream", -1);
    if (cores == 1)
        refuse("spinning needs two processors", -1);
    word = mmap(NULL, sizeof *word, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (word == MAP_FAILED)
        fail("mmap");
}

static void enter(int in) { (void)in; }

static void relax(void) /* tell the processor that this loop only waits */
{
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

static void put(int way, const unsigned char *nothing)
{
    (void)way, (void)nothing;
    atomic_store_explicit(word, ++turn, memory_order_release);
}

static const unsigned char *get(int way)
{
    unsigned seen;

    (void)way;
    while ((seen = atomic_load_explicit(word, memory_order_acquire)) == turn)
        relax(); /* [2] */
    if (seen != ++turn)
        give_up("a turn was lost");
    return inbox;
}

static void destroy(void) {} /* it goes with the last who has it mapped */

int main(int argc, char *argv[])
{
    return measure(argc, argv, 0, 0);
}
