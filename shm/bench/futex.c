/* futex.c - bench, a limit: the barest hand-over between two who sleep.
 *
 * Article:  A 五
 * Terminal: build/shm/bench/futex round 0 10000 same
 * Look for: [1] one word in shared memory: who finds n in it writes n + 1, and
 *               wakes the other;
 *           [2] a system call only to sleep, and to wake who sleeps. Whatever
 *               sleeps and is woken, pipe or queue, can hardly be faster;
 *           [3] who is about to sleep says so in the word that it sleeps on:
 *               who changes the word learns of it by the same instruction.
 * Try:      round 0 10000 different: what does it cost to wake who sleeps on
 *           another processor?
 * See also: measure.h, how it is measured; line.c; shm_futex.c; futex(2)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4, MAP_ANONYMOUS */
#include "measure.h"
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { ASLEEP = 1, STEP = 2 };   /* the lowest bit: it is waited for, [3] */
enum { FUTEX_WAIT, FUTEX_WAKE }; /* as <linux/futex.h>, which musl lacks */
static atomic_uint *word; /* hand-overs so far, times STEP, [1] */
static unsigned turn;     /* the same, as we know */

static void create(void)
{
    if (!answers)
        refuse("hands a turn over: no stream", -1);
    word = mmap(NULL, sizeof *word, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (word == MAP_FAILED)
        fail("mmap");
}

static void enter(int in) { (void)in; }

static void put(int way, const unsigned char *nothing)
{
    (void)way, (void)nothing;
    turn += STEP;
    if (atomic_exchange_explicit(word, turn, memory_order_release) & ASLEEP &&
        syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0) == -1) /* [2] */
        fail("futex FUTEX_WAKE");
}

static const unsigned char *get(int way)
{
    unsigned seen;

    (void)way;
    while ((seen = atomic_load_explicit(word, memory_order_acquire)) / STEP ==
           turn / STEP) {
        seen = turn; /* [3] if it is so no more, FUTEX_WAIT finds out */
        atomic_compare_exchange_strong(word, &seen, turn | ASLEEP);
        if (syscall(SYS_futex, word, FUTEX_WAIT, turn | ASLEEP, NULL, NULL,
                    0) == -1 && errno != EAGAIN && errno != EINTR)
            fail("futex FUTEX_WAIT");
    }
    turn += STEP;
    if (seen / STEP != turn / STEP)
        give_up("a turn was lost");
    return inbox;
}

static void destroy(void) {} /* it goes with the last who has it mapped */

int main(int argc, char *argv[])
{
    return measure(argc, argv, 0, 0);
}
