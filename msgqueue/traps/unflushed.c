/* unflushed.c - trap: a server whose log is lost with Ctrl-C.
 *
 * Article:  A 三.3 "例子"
 * Wrong:    into a file or pipe stdio(3) keeps what is printed, until it has
 *           4096 bytes or exit(3) comes; a signal is no exit(3).
 * Trap:     TRAP-MSG-10
 * Terminal: build/msgqueue/traps/unflushed  (make trap-msgqueue-unflushed)
 * Right:    msg_server.c, with setvbuf(3) for lines
 * See also: setvbuf(3), stdio(3)
 */
#define _XOPEN_SOURCE 700       /* ftok(3), sigaction(2) under -std=c11 */

#include <err.h>
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

int main(void)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    struct { long mtype; int reply; char mtext[256]; } msg = {0};

    /* WRONG: in blocks. In a file or pipe it is so without this call, too. */
    setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
    if ((msqid = msgget(ftok(".", 'm'), IPC_CREAT | 0600)) == -1)
        err(EXIT_FAILURE, "msgget");
    if (sigaction(SIGINT, &sa, NULL) == -1 ||
        sigaction(SIGTERM, &sa, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    warnx("waiting for requests");
    while (msgrcv(msqid, &msg, 4 + 255, REQUEST, MSG_NOERROR) != -1) {
        printf("Server: receive msg.mtext is: %s.\n", msg.mtext);
        msg.mtype = ANSWER;
        strcpy(msg.mtext, "hello, I am unflushed");
        if (msgsnd(msg.reply, &msg, 4 + 22, IPC_NOWAIT) == -1)
            warn("msgsnd to queue %d", msg.reply);
    }
    err(EXIT_FAILURE, "msgrcv");
}
