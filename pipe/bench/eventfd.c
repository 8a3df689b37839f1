/* eventfd.c - bench: a counter to wait for. How fast is a hand-over of nothing?
 *
 * Article:  A 一.3, B 三.4: none, but a pipe that carries no more than "go on"
 *           can be replaced by it (the program is ours)
 * Terminal: build/pipe/bench/eventfd round 0 10000 same
 * Look for: [1] a write adds 1 to a number in the kernel; a read waits until it
 *               is above 0, and takes 1: no buffer, no bytes to keep;
 *           [2] it is not much faster than a pipe: who waits is put to sleep
 *               and woken all the same;
 *           [3] what is added is never lost, and who gives need not wait for
 *               who takes: the number runs ahead.
 * Try:      without EFD_SEMAPHORE a read takes all at once. Is a stream of that
 *           faster? Why can the child here not live with it?
 * See also: measure.h, how it is measured; pipe.c; eventfd(2), poll(2)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4 */
#include "measure.h"
#include <poll.h>
#include <sys/eventfd.h>

static int counter[2]; /* of what is given DOWN, and UP */

static void create(void)
{
    if ((counter[DOWN] = eventfd(0, EFD_SEMAPHORE)) == -1 ||
        (counter[UP] = eventfd(0, EFD_SEMAPHORE)) == -1)
        fail("eventfd");
}

static void enter(int in) { (void)in; } /* it has one end, for both */

static void put(int way, const unsigned char *message)
{
    const uint64_t one = 1;

    (void)message;
    if (write(counter[way], &one, sizeof one) == -1) /* [1], [3] */
        fail("write");
}

static const unsigned char *get(int way)
{
    struct pollfd left = {.fd = counter[DOWN], .events = POLLIN};
    uint64_t one;

    if (read(counter[way], &one, sizeof one) == -1) /* [1], [2] */
        fail("read");
    if (one != 1)
        give_up("a read took more than one");
    if (way == UP && !answers && poll(&left, 1, 0) == 1) /* [3] */
        give_up("the child took less than was given");
    return inbox;
}

static void destroy(void) {} /* it goes with the last who has it open */

int main(int argc, char *argv[])
{
    return measure(argc, argv, 0, 0);
}
