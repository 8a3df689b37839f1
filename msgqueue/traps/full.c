/* full.c - trap: a server that waits for room, which only itself could make.
 *
 * Article:  A 三.3 "例子"
 * Wrong:    requests and answers share the bytes of one queue; if requests fill
 *           it, the server sleeps in msgsnd(2), and takes no request out.
 * Trap:     TRAP-MSG-5, TRAP-MSG-11
 * Terminal: build/msgqueue/traps/full serve       (make trap-msgqueue-full)
 *           build/msgqueue/traps/full             (three requests at once)
 * Right:    msg_reply_server.c, answer(); or a queue for each client
 * See also: msgop(2), "IPC_NOWAIT"; msgctl(2), "msg_qbytes"
 */
#define _XOPEN_SOURCE 700       /* ftok(3), sigaction(2) under -std=c11 */

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <unistd.h>

enum { REQUEST = 8888888, HEAD = 8, MSG_MAX = HEAD + 255 };

static struct form { long mtype; int client, ticket; char mtext[8192]; } msg;
static int msqid;

static void on_signal(int sig)
{
    msgctl(msqid, IPC_RMID, NULL);
    raise(sig);                 /* SA_RESETHAND: this time we die of it */
}

static void serve(void)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};

    if (sigaction(SIGINT, &sa, NULL) == -1 ||
        sigaction(SIGTERM, &sa, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    warnx("waiting for requests");
    while (msgrcv(msqid, &msg, MSG_MAX, REQUEST, MSG_NOERROR) != -1) {
        printf("Server: a request of %d.\n", msg.client);
        msg.mtype = msg.client;
        int n = HEAD + 1 + sprintf(msg.mtext, "hello, I'm server %d", getpid());
        if (msgsnd(msqid, &msg, (size_t)n, 0) == -1) /* WRONG: it may sleep */
            break;
    }
    err(EXIT_FAILURE, "msgrcv or msgsnd");
}

/* A short request first, then long ones that fill the queue to its end. */
static void ask(void)
{
    struct msqid_ds ds;
    size_t left, n = HEAD + sizeof "hello";

    if (msgctl(msqid, IPC_STAT, &ds) == -1)
        err(EXIT_FAILURE, "msgctl IPC_STAT");
    if (ds.msg_qbytes > 16384)  /* on this system queues are larger */
        ds.msg_qbytes = 16384;
    if (msgctl(msqid, IPC_SET, &ds) == -1)
        err(EXIT_FAILURE, "msgctl IPC_SET");
    for (left = ds.msg_qbytes; left > 0; left -= n) {
        msg = (struct form){REQUEST, getpid(), 0, "hello"};
        n = left == ds.msg_qbytes ? n : left < 8192 ? left : 8192;
        if (msgsnd(msqid, &msg, n, 0) == -1)
            err(EXIT_FAILURE, "msgsnd");
    }
    if (msgrcv(msqid, &msg, sizeof msg - sizeof(long), getpid(), 0) == -1)
        err(EXIT_FAILURE, "msgrcv");
    printf("Client: an answer, %s.\n", msg.mtext);
}

int main(int argc, char *argv[])
{
    int server = argc == 2 && strcmp(argv[1], "serve") == 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 + server)
        errx(2, "usage: full [serve]");
    if ((msqid = msgget(ftok(".", 'r'), server ? IPC_CREAT | 0600 : 0)) == -1)
        err(EXIT_FAILURE, "msgget (first start: full serve)");
    if (server)
        serve();
    ask();
    return EXIT_SUCCESS;
}
