/* msg_reply_client.c - ask in a shared queue, take the answer that has our pid.
 *
 * Article:    A 三.3 "例子", for many clients
 * Terminal 1: build/msgqueue/msg_reply_server
 * Terminal 2: build/msgqueue/msg_reply_client
 * Look for:   [1] the answer's type is our pid, so nobody else takes it;
 *             [2] there is nothing to clean up here, however we end.
 * Try:        stop the server by Ctrl-Z, start two clients, kill -9 one of
 *             them, then fg the server: what is left in ipcs -q?
 * See also:   msg_reply_server.c, msg_client.c; msgop(2), setitimer(2)
 */
#define _XOPEN_SOURCE 700       /* ftok(3), sigaction(2) under -std=c11 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "msg_reply.h"

static void on_alarm(int sig) { (void)sig; } /* it makes our call fail, EINTR */

int main(int argc, char *argv[])
{
    const char *path = argc > 1 ? argv[1] : ".";
    /* Again each second: the first may ring before we wait. */
    struct itimerval patience = {{1, 0}, {10, 0}};
    struct sigaction sa = {.sa_handler = on_alarm};
    struct reply_form request = {.mtype = REQUEST, .client = getpid()}, msg;
    struct timespec now;
    struct msqid_ds ds;
    sigset_t alarm_only;
    int msqid;
    key_t key;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is a write(2), even in a pipe */
    signal(SIGPIPE, SIG_IGN);         /* and that write fails, not we */
    if (argc > 2 || path[0] == '-')
        errx(2, "usage: msg_reply_client [KEYPATH]");

    if ((key = ftok(path, REPLY_LETTER)) == -1)
        err(EXIT_FAILURE, "ftok %s", path);
    printf("Message Queue - Client key is: %d.\n", key);
    if ((msqid = msgget(key, 0)) == -1)
        err(EXIT_FAILURE, "msgget %s (start msg_reply_server there first)",
            path);
    if (msgctl(msqid, IPC_STAT, &ds) == -1)
        err(EXIT_FAILURE, "msgctl %s%s", path, errno == EACCES
            ? " (another user's: take another KEYPATH)" : "");
    if (ds.msg_perm.cuid != geteuid()) /* he would read what we ask */
        errx(EXIT_FAILURE, "%s: the queue of another user (take another "
             "KEYPATH)", path);
    printf("My msqid is: %d.\n", msqid);
    printf("My pid is: %d.\n", request.client);

    /* Who had our pid before us may have left a request. The ticket tells its
     * answer from ours. */
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        err(EXIT_FAILURE, "clock_gettime");
    request.ticket = (unsigned)now.tv_sec * 1000000000U + (unsigned)now.tv_nsec;

    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    if (sigaction(SIGALRM, &sa, NULL) == -1 ||
        sigprocmask(SIG_UNBLOCK, &alarm_only, NULL) == -1 ||
        setitimer(ITIMER_REAL, &patience, NULL) == -1)
        err(EXIT_FAILURE, "setitimer");
    warnx("waiting for msg_reply_server's answer");
    int n = sprintf(request.mtext, "hello, I'm client %d", request.client);
    if (msgsnd(msqid, &request, MSG_HEAD + n + 1, 0) == -1)
        err(EXIT_FAILURE, "no answer (is msg_reply_server running?)");
    do {
        msg = (struct reply_form){0};
        if (msgrcv(msqid, &msg, MSG_MAX, request.client, MSG_NOERROR) == -1)
            err(EXIT_FAILURE, "no answer (is msg_reply_server running?)");
    } while (msg.ticket != request.ticket);
    printf("Client: receive msg.mtext is: %s.\n", msg.mtext);
    printf("Client: receive msg.mtype is: %ld.\n", msg.mtype); /* [1] */
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return EXIT_SUCCESS;        /* [2] */
}
