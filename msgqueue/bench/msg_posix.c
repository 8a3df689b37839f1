/* msg_posix.c - bench: how fast is a message through a POSIX queue?
 *
 * Article:  A 三, by the other interface
 * Terminal: build/msgqueue/bench/msg_posix round 64 10000 same
 * Look for: [1] each byte is copied twice, into the kernel and out of it;
 *           [2] a queue for each way: nobody can ask for a type;
 *           [3] the name is gone before anybody else could use it: the queue
 *               goes with the last who has it open;
 *           [4] room for all messages counts (ulimit -q) when it is made: a
 *               large message needs few of them;
 *           [5] root may make larger ones than fs.mqueue.msgsize_max says.
 * Try:      stream 64 100000 same, and look at the switches: how many messages
 *           can the sender be ahead?
 * Needs:    -lrt at the end of the command with a glibc before 2.34
 * See also: measure.h, how it is measured; msg_sysv.c; mq_overview(7)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4 */
#include "measure.h"
#include <fcntl.h>
#include <mqueue.h>

static mqd_t queues[2]; /* [2] DOWN and UP */

static long limit(const char *file)
{
    char text[32] = "";
    int fd = open(file, O_RDONLY);

    if (fd == -1 && errno == ENOENT)
        refuse("no POSIX queues in this system", -1);
    if (fd == -1 || read(fd, text, sizeof text - 1) == -1 || close(fd) == -1)
        fail(file);
    return atol(text);
}

static mqd_t make(long messages)
{
    struct mq_attr room = {.mq_maxmsg = messages, .mq_msgsize = unit};
    struct rlimit bytes;
    char name[40];
    mqd_t queue;

    do {
        snprintf(name, sizeof name, "/bench-%d-%.0f", (int)getpid(), now());
        queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &room);
    } while (queue == (mqd_t)-1 && errno == EEXIST);
    if (queue != (mqd_t)-1) {
        if (mq_unlink(name) == -1) /* [3] */
            fail("mq_unlink");
        return queue;
    }
    if (errno == EINVAL) /* [5] */
        refuse("over fs.mqueue.msgsize_max",
               limit("/proc/sys/fs/mqueue/msgsize_max"));
    if (errno == EMFILE && open("/", O_RDONLY) != -1 && /* not ulimit -n: [4] */
        getrlimit(RLIMIT_MSGQUEUE, &bytes) == 0)
        refuse("over RLIMIT_MSGQUEUE", bytes.rlim_cur);
    if (errno == ENOSYS)
        refuse("no POSIX queues in this system", -1);
    fail("mq_open (limit ulimit -n, fs.mqueue.queues_max)");
    return queue;
}

static void create(void)
{
    long most = limit("/proc/sys/fs/mqueue/msg_max"),
         usual = limit("/proc/sys/fs/mqueue/msg_default");

    queues[DOWN] = make(usual < most ? usual : most);
    queues[UP] = make(1); /* there is never more than one answer */
}

static void enter(int in) { (void)in; }

static void put(int way, const unsigned char *message)
{
    if (mq_send(queues[way], (const char *)message, unit, 0) == -1) /* [1] */
        fail("mq_send");
}

static const unsigned char *get(int way)
{
    ssize_t rv = mq_receive(queues[way], (char *)inbox, unit, NULL); /* [1] */

    if (rv == -1)
        fail("mq_receive");
    if ((size_t)rv != unit)
        give_up("mq_receive: a message of another size");
    return inbox;
}

static void destroy(void) {} /* [3] */

int main(int argc, char *argv[])
{
    return measure(argc, argv, 64, 2); /* [1] */
}
