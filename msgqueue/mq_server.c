/* mq_server.c - msg_server with POSIX queues: they have names and priorities.
 *
 * Article:    A 三.3 "例子", by the other interface
 * Terminal 1: build/msgqueue/mq_server   (end it with Ctrl-C)
 * Terminal 2: build/msgqueue/mq_client   (as often as you like)
 * Look for:   [1] a name in place of a key, a descriptor in place of an id;
 *             [2] no type to ask for: the highest priority comes first;
 *             [3] it must be removed by name, as a file is; meanwhile
 *                 ls /dev/mqueue shows it, where that is mounted.
 * Try:        stop the server by Ctrl-Z, start `mq_client . 1` and
 *             `mq_client . 2`, then fg: who is served first?
 * Needs:      -lrt at the end of the command with a glibc before 2.34
 * See also:   mq_client.c, mq_form.h, msg_server.c; mq_overview(7)
 */
#define _GNU_SOURCE             /* flock(2) under -std=c11 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mq_form.h"

static char name[60];

/* mq_unlink(3) is not on the list of signal-safety(7), but a bare call. */
static void remove_queue(void) { mq_unlink(name); } /* [3] */

static void on_signal(int sig)
{
    remove_queue();
    raise(sig);                 /* SA_RESETHAND: this time we die of it */
}

/* In words: whose limit, or whose queue. */
static const char *hint(void)
{
    return errno == ENOSPC   ? " (limit fs.mqueue.queues_max: sysctl)"
           : errno == EMFILE ? " (limit ulimit -q, or -n)"
           : errno == EACCES ? " (another user's: take another KEYPATH)"
                             : "";
}

/* Linux: a queue's descriptor is one of a file. The lock tells whether another
 * server has the queue; of a killed one it is gone. Who unlinks a queue does
 * not end it for others, as IPC_RMID does: so one server only. */
static mqd_t open_queue(void)
{
    struct mq_attr attr = {.mq_maxmsg = 10, .mq_msgsize = MQ_SIZE};
    struct stat st;
    mqd_t mqd;

    for (;;) {
        int made = 1;
        mqd = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr); /* [1] */
        if (mqd == (mqd_t)-1 && errno == EEXIST) { /* a killed one's? */
            made = 0;
            mqd = mq_open(name, O_RDWR);
            if (mqd == (mqd_t)-1 && errno == ENOENT)
                continue;       /* not any more */
        }
        if (mqd == (mqd_t)-1 && errno == ENOSYS)
            errx(77, "this system has no POSIX message queues");
        if (mqd == (mqd_t)-1 || fstat(mqd, &st) == -1)
            err(EXIT_FAILURE, "mq_open %s%s", name, hint());
        if (st.st_uid != geteuid() || (st.st_mode & 0777) != 0600)
            errx(EXIT_FAILURE, "%s: the queue of another user, or open to "
                 "others (take another KEYPATH)", name);
        if (flock(mqd, LOCK_EX | LOCK_NB) == -1) {
            int why = errno;
            if (made && why != EWOULDBLOCK) /* nobody else's */
                remove_queue();
            errno = why;
            err(EXIT_FAILURE, "flock %s%s", name, why == EWOULDBLOCK
                ? " (is another mq_server running?)" : "");
        }
        if (fstat(mqd, &st) == 0 && st.st_nlink > 0)
            return mqd;         /* else it was unlinked since we opened it */
        mq_close(mqd);
    }
}

/* Only a client's queue, whose name begins with ours; never ours. */
static void answer(const char *reply)
{
    struct mq_form msg = {0};
    size_t length = strlen(name);

    if (strncmp(reply, name, length) != 0 || reply[length] != '.') {
        warnx("a message that names no client's queue");
        return;
    }
    /* Only the bytes in use travel. O_NONBLOCK: one client that does not read
     * stops nobody else. */
    int n = sprintf(msg.mtext, "hello, I'm server %d", getpid());
    mqd_t mqd = mq_open(reply, O_WRONLY | O_NONBLOCK);
    if (mqd == (mqd_t)-1) {
        warn("mq_open %s", reply);
        return;
    }
    if (mq_send(mqd, (char *)&msg, sizeof msg.reply + n + 1, ANSWER) == -1)
        warn("mq_send %s", reply);
    mq_close(mqd);
}

int main(int argc, char *argv[])
{
    const char *path = argc > 1 ? argv[1] : ".";
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    char listed[80];

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is a write(2), even in a pipe */
    signal(SIGPIPE, SIG_IGN);         /* and that write fails, not we */
    if (argc > 2 || path[0] == '-')
        errx(2, "usage: mq_server [KEYPATH]");

    name_queue(path, name);
    printf("Message Queue - Server name is: %s.\n", name);

    /* Signals wait until we know what there is to remove. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    mqd_t mqd = open_queue();
    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, 0}; *s; s++)
        if (sigaction(*s, &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    if (atexit(remove_queue) != 0 ||
        sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");

    printf("My mqd is: %d.\n", (int)mqd);
    printf("My pid is: %d.\n", getpid());
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");

    snprintf(listed, sizeof listed, "/dev/mqueue%s", name);
    if (access(listed, F_OK) == -1)
        warnx("no list of queues, as /dev/mqueue is not mounted; it works");

    warnx("waiting for requests; start mq_client, end with Ctrl-C");
    for (;;) {
        struct mq_form msg = {0}; /* see MQ_SIZE */
        unsigned priority;

        if (mq_receive(mqd, (char *)&msg, MQ_SIZE, &priority) == -1) /* [2] */
            err(EXIT_FAILURE, "mq_receive %s", name);
        printf("Server: receive msg.mtext is: %s.\n", msg.mtext);
        printf("Server: receive msg's priority is: %u.\n", priority);
        if (ferror(stdout))
            err(EXIT_FAILURE, "stdout");
        msg.reply[sizeof msg.reply - 1] = '\0';
        answer(msg.reply);
    }
}
