/* too_long.c - trap: one long message, and nobody is served again.
 *
 * Article:  A 三.3 "例子"
 * Wrong:    without MSG_NOERROR a message that is longer than our buffer is not
 *           taken out: it stays the first, and each msgrcv(2) fails on it.
 * Trap:     TRAP-MSG-9
 * Terminal: build/msgqueue/traps/too_long       (make trap-msgqueue-too_long)
 *           build/msgqueue/traps/too_long send  (sends such a message)
 * Right:    msg_server.c, with MSG_NOERROR
 * See also: msgop(2), "MSG_NOERROR" and "E2BIG"
 */
#define _XOPEN_SOURCE 700       /* ftok(3), sigaction(2) under -std=c11 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>

enum { REQUEST = 888, ANSWER = 999 };

static int msqid;

static void on_signal(int sig)
{
    msgctl(msqid, IPC_RMID, NULL);
    raise(sig);                 /* SA_RESETHAND: this time we die of it */
}

static void serve(void)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    struct { long mtype; int reply; char mtext[256]; } msg;

    if (sigaction(SIGINT, &sa, NULL) == -1 ||
        sigaction(SIGTERM, &sa, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    warnx("waiting for requests");
    for (;;) {
        memset(&msg, 0, sizeof msg);
        if (msgrcv(msqid, &msg, 4 + 255, REQUEST, 0) == -1) {
            if (errno != E2BIG)
                err(EXIT_FAILURE, "msgrcv");
            continue;           /* WRONG: skipped? It is still there */
        }
        printf("Server: receive msg.mtext is: %s.\n", msg.mtext);
        msg.mtype = ANSWER;
        strcpy(msg.mtext, "hello");
        if (msgsnd(msg.reply, &msg, 4 + 6, IPC_NOWAIT) == -1)
            warn("msgsnd to queue %d", msg.reply);
    }
}

int main(int argc, char *argv[])
{
    static struct { long mtype; int reply; char mtext[1000]; } msg =
        {REQUEST, -1, "a text, and then zeros: 1000 bytes"};
    int sends = argc == 2 && strcmp(argv[1], "send") == 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 + sends)
        errx(2, "usage: too_long [send]");
    if ((msqid = msgget(ftok(".", 'm'), sends ? 0 : IPC_CREAT | 0600)) == -1)
        err(EXIT_FAILURE, "msgget");
    if (!sends)
        serve();
    if (msgsnd(msqid, &msg, 4 + sizeof msg.mtext, 0) == -1)
        err(EXIT_FAILURE, "msgsnd");
    return EXIT_SUCCESS;
}
