/* msg_sysv.c - bench: how fast is a message through a System V queue?
 *
 * Article:  A 三.2, B 八
 * Terminal: build/msgqueue/bench/msg_sysv round 64 10000 same
 * Look for: [1] each byte is copied twice, into the kernel and out of it;
 *           [2] msgsnd(2) wants a type in front of the message. It is put
 *               there once, else each message would be copied once more;
 *           [3] one queue for both ways: the type says which;
 *           [4] a message comes whole, or not at all: no loop for the rest. So
 *               it cannot be larger than the kernel allows.
 * Try:      stream 8192 1000 same: so many fit into a queue (ipcs -l), and who
 *           finds it full sleeps. How many switches does a message take?
 * See also: measure.h, how it is measured; msg_posix.c; msgop(2), sysvipc(7)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4, IPC_INFO */
#include "measure.h"
#include <stddef.h>
#include <sys/msg.h>

static int queue = -1;
struct form { /* as msgop(2) has it: a type, and bytes */
    long type;
    unsigned char text[];
};

/* The message that has these bytes. There is room in front of them, [2]. */
static struct form *of(unsigned char *bytes)
{
    return (struct form *)(bytes - offsetof(struct form, text));
}

static void create(void)
{
    struct msginfo most;
    struct msqid_ds status;

    if (msgctl(0, IPC_INFO, (struct msqid_ds *)&most) == -1)
        fail("msgctl IPC_INFO");
    if (unit > (size_t)most.msgmax)
        refuse("over MSGMAX", most.msgmax); /* [4] */
    if ((queue = msgget(IPC_PRIVATE, 0600)) == -1)
        fail("msgget (limit kernel.msgmni: ipcs -l, sysctl)");
    if (msgctl(queue, IPC_STAT, &status) == -1)
        fail("msgctl IPC_STAT");
    if (unit > status.msg_qbytes)
        refuse("over MSGMNB", status.msg_qbytes); /* it would wait for ever */
}

/* What we send goes the other way than what comes to us. No type is 0. */
static void enter(int in) { of(outbox)->type = 1 + !in; }

/* To be called again, if it was interrupted, as by Ctrl-Z and fg? */
static int again(const char *call)
{
    if (child == 0 && (errno == EIDRM || errno == EINVAL))
        pause(); /* the parent has removed it to end: we end with it */
    if (errno != EINTR)
        fail(call);
    return 1;
}

static void put(int way, const unsigned char *message)
{
    (void)way, (void)message; /* it is in outbox, and has its type, [2] [3] */
    while (msgsnd(queue, of(outbox), unit, 0) == -1 && /* [1] */
           again("msgsnd"))
        ;
}

static const unsigned char *get(int way)
{
    ssize_t rv;

    while ((rv = msgrcv(queue, of(inbox), unit, 1 + way, 0)) == -1 && /* [1] */
           again("msgrcv"))
        ;
    if ((size_t)rv != unit) /* [4] */
        give_up("msgrcv: a message of another size");
    return inbox;
}

static void destroy(void)
{
    if (queue != -1)
        msgctl(queue, IPC_RMID, NULL);
}

int main(int argc, char *argv[])
{
    return measure(argc, argv, 64, 2); /* [1] */
}
