/* sock_seqpacket.c - bench: a UNIX socket of messages, with a connection.
 *
 * Article:  B 五, the third type of socket (the program is ours)
 * Terminal: build/unixsock/bench/sock_seqpacket round 64 10000 same
 * Look for: [1] a send is a message, whole or not at all: no loops here, and no
 *               lengths before the messages;
 *           [2] a message must fit the sender's buffer, less 32 bytes, else
 *               EMSGSIZE;
 *           [3] recv cuts off what is too long, and only tells with MSG_TRUNC;
 *           [4] as of a stream, and not of datagrams: who is gone is seen by
 *               the other, as an end of file. It costs nothing.
 * Try:      the same of sock_stream: without boundaries, and slower? See
 *           switches=, and what it says there.
 * See also: measure.h, how it is measured; sock_dgram.c; unix(7), recv(2)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4 */
#include "measure.h"
#include <sys/socket.h>

static int ends[2], here; /* the child's, where DOWN arrives; the parent's */

static void create(void)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == -1)
        fail("socketpair");
    here = ends[UP]; /* is one of this size taken? [2] */
    put(DOWN, outbox);
    here = ends[DOWN];
    get(DOWN);
}

static void enter(int in)
{
    here = ends[in];
    close(ends[!in]); /* [4] else neither would see it */
}

static void put(int way, const unsigned char *message)
{
    int room = 0;
    socklen_t len = sizeof room;

    (void)way;
    if (send(here, message, unit, MSG_NOSIGNAL) != -1) /* [1] */
        return;
    if (errno != EMSGSIZE)
        fail("send");
    if (getsockopt(here, SOL_SOCKET, SO_SNDBUF, &room, &len) == -1)
        fail("getsockopt SO_SNDBUF");
    refuse("over SO_SNDBUF", room);
}

static const unsigned char *get(int way)
{
    ssize_t rv = recv(here, inbox, unit, MSG_TRUNC); /* [3]: its true length */

    (void)way;
    if (rv == -1)
        fail("recv");
    if (rv == 0) /* [4] */
        give_up("recv: end of file");
    if ((size_t)rv != unit)
        give_up("recv: a message of another size");
    return inbox;
}

static void destroy(void) {} /* it goes with the last who has it open */

int main(int argc, char *argv[])
{
    return measure(argc, argv, 64, 2);
}
