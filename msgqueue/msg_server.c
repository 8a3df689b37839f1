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
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <unistd.h>

#include "msg_form.h"

static int msqid;

/* msgctl(2) is not on the list of signal-safety(7), but a bare system call. */
static void remove_queue(void) { msgctl(msqid, IPC_RMID, NULL); } /* [3] */

static void on_signal(int sig)
{
    remove_queue();
    raise(sig);                 /* SA_RESETHAND: this time we die of it */
}

/* In words: whose limit, or whose queue. */
static const char *hint(void)
{
    return errno == ENOSPC   ? " (limit kernel.msgmni: ipcs -l, sysctl)"
           : errno == EACCES ? " (another user's: take another KEYPATH)"
                             : "";
}

int main(int argc, char *argv[])
{
    const char *path = argc > 1 ? argv[1] : ".";
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    struct msqid_ds ds;
    key_t key;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is a write(2), even in a pipe */
    signal(SIGPIPE, SIG_IGN);         /* and that write fails, not we */
    if (argc > 2 || path[0] == '-')
        errx(2, "usage: msg_server [KEYPATH]");

    if ((key = ftok(path, MSG_LETTER)) == -1)
        err(EXIT_FAILURE, "ftok %s", path);
    printf("Message Queue - Server key is: %d.\n", key);

    /* Signals wait until we know what there is to remove. No IPC_EXCL: what a
     * killed server left behind is ours again. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1 ||
        (msqid = msgget(key, IPC_CREAT | 0600)) == -1 ||
        msgctl(msqid, IPC_STAT, &ds) == -1)
        err(EXIT_FAILURE, "msgget %s%s", path, hint());
    /* Another user's queue may let us in, but then he reads what we get. He may
     * have given it to us (uid); who made it (cuid) does not change. */
    if (ds.msg_perm.cuid != geteuid() || (ds.msg_perm.mode & 0777) != 0600)
        errx(EXIT_FAILURE, "%s: the queue of another user, or open to others "
             "(take another KEYPATH)", path);
    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, 0}; *s; s++)
        if (sigaction(*s, &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    if (atexit(remove_queue) != 0 ||
        sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");

    printf("My msqid is: %d.\n", msqid);
    printf("My pid is: %d.\n", getpid());
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");

    warnx("waiting for requests; start msg_client, end with Ctrl-C");
    for (;;) {
        struct msg_form msg = {.reply = -1}; /* the rest is 0: see MSG_MAX */

        /* [1] Ends with EIDRM when somebody removes the queue.
         * MSG_NOERROR: what is longer than our buffer is cut. */
        if (msgrcv(msqid, &msg, MSG_MAX, REQUEST, MSG_NOERROR) == -1)
            err(EXIT_FAILURE, "msgrcv %s", path);
        printf("Server: receive msg.mtext is: %s.\n", msg.mtext);
        printf("Server: receive msg.mtype is: %ld.\n", msg.mtype);
        if (ferror(stdout))
            err(EXIT_FAILURE, "stdout");

        /* Only the bytes in use travel, not what else is in our memory.
         * IPC_NOWAIT: one client that does not read stops nobody else. */
        msg.mtype = ANSWER;
        int n = sprintf(msg.mtext, "hello, I'm server %d", getpid());
        n += 1 + sizeof msg.reply;
        if (msgsnd(msg.reply, &msg, n, IPC_NOWAIT) == -1) /* [2] */
            warn("msgsnd to queue %d", msg.reply);
    }
}
