/* pipe.c - bench: how fast is a message through a pipe, and at what price?
 *
 * Article:  A 一, B 三
 * Terminal: build/pipe/bench/pipe round 64 10000 same
 * Look for: [1] each byte is copied twice, into the kernel and out of it;
 *           [2] a call on each side for a message. Who waits in read(2) is put
 *               to sleep and woken: that costs more than both copies.
 * Try:      stream 4096, 65536, 1048576: why is a pipe not fastest with the
 *           largest messages?
 * See also: measure.h, how it is measured; eventfd.c; pipe(7); make bench-pipe
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4 */
#include "measure.h"

static int ends[2][2]; /* of the pipe DOWN, and of the pipe UP */

static void create(void)
{
    if (pipe(ends[DOWN]) == -1 || pipe(ends[UP]) == -1)
        fail("pipe");
}

static void enter(int in)
{
    close(ends[in][1]); /* else a read would never see that the other is gone */
    close(ends[!in][0]);
}

static void put(int way, const unsigned char *message)
{
    size_t done = 0;
    ssize_t rv;

    while (done < unit) { /* a pipe may take less than all, [1] */
        if ((rv = write(ends[way][1], message + done, unit - done)) == -1)
            fail("write");
        done += rv;
    }
}

static const unsigned char *get(int way)
{
    size_t done = 0;
    ssize_t rv;

    while (done < unit) { /* and give less, [2] */
        if ((rv = read(ends[way][0], inbox + done, unit - done)) == -1)
            fail("read");
        if (rv == 0)
            give_up("read: end of file");
        done += rv;
    }
    return inbox;
}

static void destroy(void) {} /* it goes with the last who has it open */

int main(int argc, char *argv[])
{
    return measure(argc, argv, 64, 2); /* [1] */
}
