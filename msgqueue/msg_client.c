/* msg_client.c - send a greeting to the server's queue, print the answer.
 *
 * Article:    A 三.3 "例子"
 * Terminal 1: build/msgqueue/msg_server   (first: it creates the queue)
 * Terminal 2: build/msgqueue/msg_client
 * Look for:   [1] the key and the msqid are the same on both sides;
 *             [2] the request names a queue that nobody else reads;
 *             [3] the client stands still until a message of type 999 comes;
 *             [4] no server, no answer: after ten seconds it says so.
 * Try:        stop the server by Ctrl-Z, start the client, then fg the server.
 * See also:   msg_server.c, msg_form.h; msgget(2), msgop(2), sysvipc(7)
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

static int reply;               /* our private queue */

/* msgctl(2) is not on the list of signal-safety(7), but a bare system call. */
static void remove_reply(void) { msgctl(reply, IPC_RMID, NULL); }

static void on_signal(int sig)
{
    remove_reply();
    if (sig != SIGALRM)         /* [4] without its queue msgrcv(2) fails */
        raise(sig);             /* SA_RESETHAND: this time we die of it */
}

int main(int argc, char *argv[])
{
    const char *path = argc > 1 ? argv[1] : ".";
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    struct msqid_ds ds;
    int msqid;
    key_t key;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is a write(2), even in a pipe */
    signal(SIGPIPE, SIG_IGN);         /* and that write fails, not we */
    if (argc > 2 || path[0] == '-')
        errx(2, "usage: msg_client [KEYPATH]");

    if ((key = ftok(path, MSG_LETTER)) == -1)
        err(EXIT_FAILURE, "ftok %s", path);
    printf("Message Queue - Client key is: %d.\n", key);

    /* No IPC_CREAT: in a queue without a server we would wait for nobody. And
     * no queue that another user made: he would read what we ask. */
    if ((msqid = msgget(key, 0)) == -1)
        err(EXIT_FAILURE, "msgget %s (start msg_server there first)", path);
    if (msgctl(msqid, IPC_STAT, &ds) == -1)
        err(EXIT_FAILURE, "msgctl %s%s", path, errno == EACCES
            ? " (another user's: take another KEYPATH)" : "");
    if (ds.msg_perm.cuid != geteuid())
        errx(EXIT_FAILURE, "%s: the queue of another user (take another "
             "KEYPATH)", path);
    printf("My msqid is: %d.\n", msqid); /* [1] */
    printf("My pid is: %d.\n", getpid());

    /* Signals wait until we know what there is to remove. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1 ||
        (reply = msgget(IPC_PRIVATE, 0600)) == -1 || atexit(remove_reply) != 0)
        err(EXIT_FAILURE, "msgget IPC_PRIVATE%s", errno == ENOSPC
            ? " (limit kernel.msgmni: ipcs -l, sysctl)" : "");
    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, 0};
         *s != 0; s++)
        if (sigaction(*s, &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    if (sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");

    /* [2] The request names our queue. Only the bytes in use travel, not what
     * else is in our memory. */
    struct msg_form request = {.mtype = REQUEST, .reply = reply}, msg = {0};
    int n = sprintf(request.mtext, "hello, I'm client %d", getpid());

    /* The alarm is for msgsnd(2), too: the queue may be full.
     * MSG_NOERROR: what is longer than our buffer is cut. */
    warnx("waiting for msg_server's answer");
    alarm(10);
    if (msgsnd(msqid, &request, sizeof reply + n + 1, 0) == -1 ||
        msgrcv(reply, &msg, MSG_MAX, ANSWER, MSG_NOERROR) == -1) /* [3] */
        err(EXIT_FAILURE, "no answer (is msg_server running?)");
    printf("Client: receive msg.mtext is: %s.\n", msg.mtext);
    printf("Client: receive msg.mtype is: %ld.\n", msg.mtype);
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return EXIT_SUCCESS;
}
