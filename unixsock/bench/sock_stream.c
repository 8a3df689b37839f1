/* sock_stream.c - bench: a UNIX socket of bytes, as a pipe that goes both ways.
 *
 * Article:  B 五 (the program is ours)
 * Terminal: build/unixsock/bench/sock_stream round 64 10000 same
 * Look for: [1] one pair of sockets serves both ways: each process sends and
 *               receives at its own end;
 *           [2] each send is packed by the kernel for itself, which is why
 *               small messages are dearer than in a pipe, and large ones not;
 *           [3] who is gone is an error, and not the signal that ends us.
 * Try:      round 64 10000 same: why more than 2 switches? Who waits for a
 *           message is woken also because it may send again. With a pair for
 *           each way it is not. Then stream 1048576 100 different with a larger
 *           SO_SNDBUF, socket(7). MSG_WAITALL is no faster than the loop here.
 * See also: measure.h, how it is measured; sock_seqpacket.c; unix(7), send(2)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4 */
#include "measure.h"
#include <sys/socket.h>

static int ends[2], here; /* the child's, where DOWN arrives; the parent's */

static void create(void)
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
        fail("socketpair");
}

static void enter(int in)
{
    here = ends[in]; /* [1] */
    close(ends[!in]); /* else nobody would see that the other is gone */
}

static void put(int way, const unsigned char *message)
{
    size_t done = 0;
    ssize_t rv;

    (void)way;
    while (done < unit) { /* interrupted, it has taken a part; [2], [3] */
        rv = send(here, message + done, unit - done, MSG_NOSIGNAL);
        if (rv == -1)
            fail("send");
        done += rv;
    }
}

static const unsigned char *get(int way)
{
    size_t done = 0;
    ssize_t rv;

    (void)way;
    while (done < unit) { /* it gives what is there */
        if ((rv = recv(here, inbox + done, unit - done, 0)) == -1)
            fail("recv");
        if (rv == 0)
            give_up("recv: end of file");
        done += rv;
    }
    return inbox;
}

static void destroy(void) {} /* it goes with the last who has it open */

int main(int argc, char *argv[])
{
    return measure(argc, argv, 64, 2);
}
