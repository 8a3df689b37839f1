/* sock_tcp.c - bench: TCP, from this host to itself. What does a network cost
 * where there is none?
 *
 * Article:  B 五, "网络socket", AF_INET (the program is ours)
 * Terminal: build/unixsock/bench/sock_tcp round 64 10000 same
 * Look for: [1] each message goes down through TCP and IP to the loopback
 *               device, and up again: cut into segments, numbered, confirmed;
 *           [2] TCP_NODELAY: else TCP keeps a small segment back until the one
 *               before it is confirmed, for more might follow;
 *           [3] a port is open to everybody here: is it us who connected?
 * Try:      stream 64, without [2]; then sock_stream: the calls are the same.
 * See also: measure.h, how it is measured; sock_stream.c; tcp(7), ip(7)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4 */
#include "measure.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static int ends[2], here; /* the child's, where DOWN arrives; the parent's */

static void unless(int ok, const char *call)
{
    if (!ok && (errno == EADDRNOTAVAIL || errno == ENETUNREACH ||
                errno == EAFNOSUPPORT)) /* not even an IPv4 */
        refuse("no loopback interface is up", -1);
    if (!ok)
        fail(call);
}

static void create(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET}, us = {0}, peer = {0};
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    socklen_t len = sizeof at;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ends[UP] = socket(AF_INET, SOCK_STREAM, 0);
    unless(listener != -1 && ends[UP] != -1, "socket");
    unless(!bind(listener, (struct sockaddr *)&at, len), "bind 127.0.0.1");
    unless(!listen(listener, 1), "listen");
    unless(!getsockname(listener, (struct sockaddr *)&at, &len), "getsockname");
    unless(!connect(ends[UP], (struct sockaddr *)&at, len), "connect");
    ends[DOWN] = accept(listener, NULL, NULL);
    unless(ends[DOWN] != -1, "accept");
    close(listener);

    unless(!getsockname(ends[UP], (struct sockaddr *)&us, &len) &&
               !getpeername(ends[DOWN], (struct sockaddr *)&peer, &len),
           "getsockname, getpeername");
    if (memcmp(&us, &peer, sizeof us) != 0) /* [3] */
        give_up("accept: somebody else was there first");
    for (int i = 0; i < 2; i++) /* [2] */
        unless(!setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on),
               "setsockopt TCP_NODELAY");
    /* The parent closes last, and at once: else the kernel would keep the
     * connection for a minute, as TIME_WAIT. */
    unless(!setsockopt(ends[UP], SOL_SOCKET, SO_LINGER, &at_once,
                       sizeof at_once), "setsockopt SO_LINGER");
}

static void enter(int in)
{
    here = ends[in];
    close(ends[!in]); /* else nobody would see that the other is gone */
}

static void put(int way, const unsigned char *message)
{
    size_t done = 0;
    ssize_t rv;

    (void)way;
    while (done < unit) { /* interrupted, it has taken a part, [1] */
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
