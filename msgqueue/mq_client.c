/* mq_client.c - msg_client with POSIX queues: ask by name, wait until a time.
 *
 * Article:    A 三.3 "例子", by the other interface
 * Terminal 1: build/msgqueue/mq_server   (first: it creates the queue)
 * Terminal 2: build/msgqueue/mq_client
 * Look for:   [1] the name is the same on both sides;
 *             [2] a queue of our own takes a name that nobody has;
 *             [3] waiting ends at a point in time, without alarm(2).
 * Needs:      -lrt at the end of the command with a glibc before 2.34
 * See also:   mq_server.c, mq_form.h, msg_client.c; mq_overview(7)
 */
#define _XOPEN_SOURCE 700       /* sigaction(2) under -std=c11 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mq_form.h"

static struct mq_form request;  /* it has the name of our queue */

/* mq_unlink(3) is not on the list of signal-safety(7), but a bare call. */
static void remove_reply(void) { mq_unlink(request.reply); }

static void on_signal(int sig)
{
    remove_reply();
    raise(sig);                 /* SA_RESETHAND: this time we die of it */
}

/* [2] There is no IPC_PRIVATE. O_EXCL: a killed client's queue is not ours. */
static mqd_t open_reply(const char *name)
{
    struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = MQ_SIZE};
    mqd_t mqd;
    int number = 0;

    do {
        snprintf(request.reply, sizeof request.reply, "%s.%d.%d", name,
                 getpid(), number++);
        mqd = mq_open(request.reply, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
    } while (mqd == (mqd_t)-1 && errno == EEXIST);
    if (mqd == (mqd_t)-1)
        err(EXIT_FAILURE, "mq_open %s%s", request.reply, errno == ENOSPC
            ? " (limit fs.mqueue.queues_max: sysctl)" : "");
    return mqd;
}

int main(int argc, char *argv[])
{
    const char *path = argc > 1 ? argv[1] : ".";
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    struct mq_form msg = {0};
    struct timespec until;
    struct stat st;
    unsigned priority = REQUEST;
    char name[60], end;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is a write(2), even in a pipe */
    signal(SIGPIPE, SIG_IGN);         /* and that write fails, not we */
    if (argc > 3 || path[0] == '-' ||
        (argc == 3 && (strspn(argv[2], "0123456789") != strlen(argv[2]) ||
                       sscanf(argv[2], "%5u%c", &priority, &end) != 1)))
        errx(2, "usage: mq_client [KEYPATH [PRIORITY]]");

    name_queue(path, name);
    printf("Message Queue - Client name is: %s.\n", name); /* [1] */

    /* No O_CREAT: in a queue without a server we would wait for nobody. And no
     * queue that another user made: he would read what we ask. */
    mqd_t mqd = mq_open(name, O_WRONLY);
    if (mqd == (mqd_t)-1 && errno == ENOSYS)
        errx(77, "this system has no POSIX message queues");
    if (mqd == (mqd_t)-1 && errno == ENOENT)
        err(EXIT_FAILURE, "mq_open %s (start mq_server there first)", path);
    if (mqd == (mqd_t)-1 || fstat(mqd, &st) == -1)
        err(EXIT_FAILURE, "mq_open %s", name);
    if (st.st_uid != geteuid())
        errx(EXIT_FAILURE, "%s: the queue of another user (take another "
             "KEYPATH)", name);
    printf("My mqd is: %d.\n", (int)mqd);
    printf("My pid is: %d.\n", getpid());

    /* Signals wait until we know what there is to remove. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    mqd_t reply = open_reply(name);
    if (atexit(remove_reply) != 0)
        err(EXIT_FAILURE, "atexit");
    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, 0}; *s; s++)
        if (sigaction(*s, &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    if (sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1 ||
        clock_gettime(CLOCK_REALTIME, &until) == -1)
        err(EXIT_FAILURE, "clock_gettime");

    warnx("waiting for mq_server's answer");
    until.tv_sec += 10; /* [3] */
    int n = sprintf(request.mtext, "hello, I'm client %d", getpid());
    if (mq_timedsend(mqd, (char *)&request, sizeof request.reply + n + 1,
                     priority, &until) == -1)
        err(EXIT_FAILURE, "mq_timedsend with priority %u (is mq_server "
            "running?)", priority);
    if (mq_timedreceive(reply, (char *)&msg, MQ_SIZE, &priority, &until) == -1)
        err(EXIT_FAILURE, "no answer (is mq_server running?)");
    printf("Client: receive msg.mtext is: %s.\n", msg.mtext);
    printf("Client: receive msg's priority is: %u.\n", priority);
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return EXIT_SUCCESS;
}
