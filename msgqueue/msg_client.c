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
#include <string.h>
#include <sys/msg.h>
#include <unistd.h>

#include "msg_form.h"

static const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM};
static const char late[] = "msg_client: no answer (is msg_server running?)\n";
static int reply = -1;          /* our private queue */

/* msgctl(2) is not on the list of signal-safety(7), but a bare system call. */
static void remove_reply(void) { msgctl(reply, IPC_RMID, NULL); }

static void on_signal(int sig)
{
    remove_reply();
    if (sig == SIGALRM && write(STDERR_FILENO, late, sizeof late - 1) != 0)
        _exit(EXIT_FAILURE);    /* [4] */
    signal(sig, SIG_DFL);       /* then die of the same signal, so that */
    raise(sig);                 /* the shell reports 130 or 143, not 1 */
}

int main(int argc, char *argv[])
{
    const char *path = argc > 1 ? argv[1] : ".";
    struct sigaction sa = {.sa_handler = on_signal};
    struct msg_form msg = {.mtype = REQUEST};
    int msqid, n;
    key_t key;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is a write(2), even in a pipe */
    signal(SIGPIPE, SIG_IGN);         /* and that write fails, not we */
    if (argc > 2 || path[0] == '-') {
        fprintf(stderr, "usage: msg_client [KEYPATH]\n");
        return 2;
    }

    if ((key = ftok(path, MSG_LETTER)) == -1)
        err(EXIT_FAILURE, "ftok %s", path);
    if (printf("Message Queue - Client key is: %d.\n", (int)key) < 0)
        err(EXIT_FAILURE, "stdout");

    /* No IPC_CREAT: in a queue without a server we would wait for nobody. */
    if ((msqid = msgget(key, 0)) == -1)
        errx(EXIT_FAILURE, "msgget %s: %s (start msg_server first, in this"
             " directory)", path, strerror(errno));
    if (printf("My msqid is: %d.\n", msqid) < 0 || /* [1] */
        printf("My pid is: %d.\n", (int)getpid()) < 0)
        err(EXIT_FAILURE, "stdout");

    /* Signals wait until remove_reply() knows what there is to remove. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        if (sigaction(deadly[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    if (atexit(remove_reply) != 0 ||
        (reply = msgget(IPC_PRIVATE, 0600)) == -1 ||
        sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "msgget IPC_PRIVATE");

    /* [2] Only the bytes in use travel, not the rest of our stack. */
    msg.reply = reply;
    n = sprintf(msg.mtext, "hello, I'm client %d", (int)getpid());
    alarm(10);                  /* for msgsnd(2), too: the queue may be full */
    warnx("waiting for msg_server's answer");
    if (msgsnd(msqid, &msg, MSG_HEAD + n + 1, 0) == -1)
        err(EXIT_FAILURE, "msgsnd %s", path);

    /* [3] MSG_NOERROR: what is longer than our buffer is cut. */
    if ((n = msgrcv(reply, &msg, MSG_MAX, ANSWER, MSG_NOERROR)) == -1)
        err(EXIT_FAILURE, "msgrcv");
    if (n < MSG_HEAD)
        errx(EXIT_FAILURE, "%d bytes are no answer", n);
    if (printf("Client: receive msg.mtext is: %.*s.\n", n - MSG_HEAD,
               msg.mtext) < 0 ||
        printf("Client: receive msg.mtype is: %ld.\n", msg.mtype) < 0)
        err(EXIT_FAILURE, "stdout");
    return EXIT_SUCCESS;
}
