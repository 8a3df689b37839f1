/* msg_reply_server.c - one queue for all: answer each client by its pid.
 *
 * Article:    A 三.3 "例子", for many clients
 * Terminal 1: build/msgqueue/msg_reply_server   (end it with Ctrl-C)
 * Terminal 2: build/msgqueue/msg_reply_client   (as often as you like)
 * Look for:   [1] the type says for whom a message is: the server, or a pid;
 *             [2] an answer that finds no room waits here, not in msgsnd(2);
 *             [3] what a dead client did not fetch is taken out again.
 * Try:        without sweep(): kill -9 clients that Ctrl-Z stopped in time.
 * See also:   msg_reply_client.c, msg_server.c; msgop(2), kill(2), setitimer(2)
 */
#define _GNU_SOURCE             /* MSG_EXCEPT */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <sys/time.h>
#include <unistd.h>

#include "msg_reply.h"

enum { MAX_CLIENTS = 2000 };

/* Whom we have heard, and who is, as far as we know, still there. */
static struct {
    int client;
    unsigned ticket;
    int answered;
} desk[MAX_CLIENTS];
static int n_clients, msqid;

/* msgctl(2) is not on the list of signal-safety(7), but a bare system call. */
static void remove_queue(void) { msgctl(msqid, IPC_RMID, NULL); }

static void on_signal(int sig)
{
    remove_queue();
    raise(sig);                 /* SA_RESETHAND: this time we die of it */
}

static void on_alarm(int sig) { (void)sig; } /* it ends msgrcv(2), EINTR */

/* [2] IPC_NOWAIT: should requests fill the queue, it is we who must take them
 * out. The rest gets its answer when there is room. */
static void answer(void)
{
    for (int i = 0; i < n_clients; i++) {
        if (desk[i].answered)
            continue;
        struct reply_form msg = {desk[i].client, desk[i].client, /* [1] */
                                 desk[i].ticket, ""};
        int n = sprintf(msg.mtext, "hello, I'm server %d", getpid());
        if (msgsnd(msqid, &msg, MSG_HEAD + n + 1, IPC_NOWAIT) == 0)
            desk[i].answered = 1;
        else if (errno == EAGAIN)
            return;
        else
            err(EXIT_FAILURE, "msgsnd to client %d", desk[i].client);
    }
}

/* [3] Look after so many clients, in turn: to look after all at each request
 * would make it dearer with each client. Forget who is gone, and take out
 * what they left. Signal 0 is never sent, it only tells whether it could be. */
static void sweep(int many)
{
    static int i;

    for (; many > 0 && n_clients > 0; many--) {
        struct reply_form msg;
        i = (i > 0 && i < n_clients ? i : n_clients) - 1;
        int client = desk[i].client;
        if (kill(client, 0) == 0 || errno != ESRCH)
            continue;
        desk[i] = desk[--n_clients];
        while (msgrcv(msqid, &msg, MSG_MAX, client,
                      IPC_NOWAIT | MSG_NOERROR) != -1)
            warnx("client %d is gone, its answer too", client);
        if (errno != ENOMSG)
            err(EXIT_FAILURE, "msgrcv for client %d", client);
    }
}

/* Remember who wants an answer. */
static void hear(const struct reply_form *msg, ssize_t length)
{
    if (length < (ssize_t)MSG_HEAD || msg->client <= 0 ||
        msg->client >= REQUEST)
        warnx("a message that names no client");
    else if (n_clients == MAX_CLIENTS)
        warnx("client %d is one too many", msg->client);
    else {
        desk[n_clients].client = msg->client;
        desk[n_clients].ticket = msg->ticket;
        desk[n_clients++].answered = 0;
    }
}

/* Look after the clients once a second, as long as there are any. */
static void set_timer(void)
{
    struct itimerval each = {{n_clients > 0, 0}, {n_clients > 0, 0}};

    if (setitimer(ITIMER_REAL, &each, NULL) == -1)
        err(EXIT_FAILURE, "setitimer");
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
    struct sigaction alarm = {.sa_handler = on_alarm};
    struct msqid_ds ds;
    ssize_t n;
    key_t key;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is a write(2), even in a pipe */
    signal(SIGPIPE, SIG_IGN);         /* and that write fails, not we */
    if (argc > 2 || path[0] == '-')
        errx(2, "usage: msg_reply_server [KEYPATH]");

    if ((key = ftok(path, REPLY_LETTER)) == -1)
        err(EXIT_FAILURE, "ftok %s", path);
    printf("Message Queue - Server key is: %d.\n", key);

    /* As in msg_server.c: ours, private, and removed however we end. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1 ||
        (msqid = msgget(key, IPC_CREAT | 0600)) == -1 ||
        msgctl(msqid, IPC_STAT, &ds) == -1)
        err(EXIT_FAILURE, "msgget %s%s", path, hint());
    if (ds.msg_perm.cuid != geteuid() || (ds.msg_perm.mode & 0777) != 0600)
        errx(EXIT_FAILURE, "%s: the queue of another user, or open to others "
             "(take another KEYPATH)", path);
    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, 0}; *s; s++)
        if (sigaction(*s, &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    if (atexit(remove_queue) != 0 || sigaction(SIGALRM, &alarm, NULL) == -1 ||
        sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    printf("My msqid is: %d.\n", msqid);
    printf("My pid is: %d.\n", getpid());
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");

    /* Answers that a killed server left: we give them, or sweep them away. */
    struct reply_form msg = {0};
    while ((n = msgrcv(msqid, &msg, MSG_MAX, REQUEST,
                       IPC_NOWAIT | MSG_NOERROR | MSG_EXCEPT)) != -1)
        hear(&msg, n);

    warnx("waiting for requests; start msg_reply_client, end with Ctrl-C");
    for (;;) {
        sweep(n == -1 ? n_clients : 2); /* -1: at first, and each second */
        answer();
        set_timer();
        msg = (struct reply_form){0};
        n = msgrcv(msqid, &msg, MSG_MAX, REQUEST, MSG_NOERROR); /* [1] */
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)            /* EIDRM when somebody removes the queue */
            err(EXIT_FAILURE, "msgrcv %s", path);
        printf("Server: receive msg.mtext is: %s.\n", msg.mtext);
        printf("Server: receive msg.mtype is: %ld.\n", msg.mtype);
        if (ferror(stdout))
            err(EXIT_FAILURE, "stdout");
        hear(&msg, n);
    }
}
