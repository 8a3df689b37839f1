/* msg_server.c - take requests from a System V queue, answer each client.
 *
 * Article:    A 三.3 "例子"
 * Terminal 1: build/msgqueue/msg_server   (end it with Ctrl-C)
 * Terminal 2: build/msgqueue/msg_client   (as often as you like)
 * Look for:   [1] the server stands still until a message of type 888 comes;
 *             [2] each answer goes to the client that asked, to no other;
 *             [3] ipcs -q shows the queue while the server runs, not after.
 * Try:        remove the queue while the server waits: ipcrm -q MSQID
 * See also:   msg_client.c, msg_form.h; msgget(2), msgop(2), sysvipc(7)
 */
#define _XOPEN_SOURCE 700       /* ftok(3), sigaction(2) under -std=c11 */

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <unistd.h>

#include "msg_form.h"

static const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
static int ours = -1;           /* the queue, once it is ours to remove */

/* msgctl(2) is not on the list of signal-safety(7), but a bare system call. */
static void remove_queue(void) { msgctl(ours, IPC_RMID, NULL); } /* [3] */

static void on_signal(int sig)
{
    remove_queue();
    signal(sig, SIG_DFL);       /* then die of the same signal, so that */
    raise(sig);                 /* the shell reports 130 or 143, not 1 */
}

int main(int argc, char *argv[])
{
    const char *path = argc > 1 ? argv[1] : ".";
    struct sigaction sa = {.sa_handler = on_signal};
    struct msqid_ds ds;
    struct msg_form msg;
    int msqid, n;
    key_t key;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is a write(2), even in a pipe */
    signal(SIGPIPE, SIG_IGN);         /* and that write fails, not we */
    if (argc > 2 || path[0] == '-') {
        fprintf(stderr, "usage: msg_server [KEYPATH]\n");
        return 2;
    }

    if ((key = ftok(path, MSG_LETTER)) == -1)
        err(EXIT_FAILURE, "ftok %s", path);
    if (printf("Message Queue - Server key is: %d.\n", (int)key) < 0)
        err(EXIT_FAILURE, "stdout");

    /* Signals wait until remove_queue() knows what there is to remove. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        if (sigaction(deadly[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");

    /* No IPC_EXCL: what a killed server left behind is ours again. A queue of
     * somebody else may let us in as well, but then he reads what we get. */
    if (atexit(remove_queue) != 0 ||
        (msqid = msgget(key, IPC_CREAT | 0600)) == -1 ||
        msgctl(msqid, IPC_STAT, &ds) == -1)
        err(EXIT_FAILURE, "msgget %s", path);
    if (ds.msg_perm.uid != geteuid())
        errx(EXIT_FAILURE, "%s: the queue of user %u", path, ds.msg_perm.uid);
    ours = msqid;
    if (sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1 ||
        printf("My msqid is: %d.\n", msqid) < 0 ||
        printf("My pid is: %d.\n", (int)getpid()) < 0)
        err(EXIT_FAILURE, "stdout");

    warnx("waiting for requests; start msg_client, end with Ctrl-C");
    for (;;) {
        /* [1] Ends with EIDRM when somebody removes the queue.
         * MSG_NOERROR: what is longer than our buffer is cut. */
        n = msgrcv(msqid, &msg, MSG_MAX, REQUEST, MSG_NOERROR);
        if (n == -1)
            err(EXIT_FAILURE, "msgrcv %s", path);
        if (n < MSG_HEAD || msg.reply == msqid) { /* we would fill our queue */
            warnx("%d bytes that are no request", n);
            continue;
        }
        if (printf("Server: receive msg.mtext is: %.*s.\n", n - MSG_HEAD,
                   msg.mtext) < 0 ||
            printf("Server: receive msg.mtype is: %ld.\n", msg.mtype) < 0)
            err(EXIT_FAILURE, "stdout");

        /* [2] IPC_NOWAIT: one client that does not read stops nobody else. */
        msg.mtype = ANSWER;
        n = sprintf(msg.mtext, "hello, I'm server %d", (int)getpid());
        if (msgsnd(msg.reply, &msg, MSG_HEAD + n + 1, IPC_NOWAIT) == -1)
            warn("msgsnd to queue %d", msg.reply);
    }
}
