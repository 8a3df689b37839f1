/* unchecked.c - trap: a server that does not see its queue go.
 *
 * Article:  A 三.3 "例子"
 * Wrong:    whatever msgrcv(2) returns, the loop goes on; without a queue it
 *           fails at once, so it is called again and again, at full speed.
 * Trap:     TRAP-MSG-1
 * Terminal: build/msgqueue/traps/unchecked  (make trap-msgqueue-unchecked)
 * Right:    msg_server.c ends, and says why
 * See also: msgop(2), "EIDRM" and "EINVAL"
 */
#define _XOPEN_SOURCE 700       /* ftok(3), sigaction(2) under -std=c11 */

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/msg.h>

enum { REQUEST = 888 };

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

    setvbuf(stdout, NULL, _IOLBF, 0);
    if ((msqid = msgget(ftok(".", 'm'), IPC_CREAT | 0600)) == -1)
        err(EXIT_FAILURE, "msgget");
    if (sigaction(SIGINT, &sa, NULL) == -1 ||
        sigaction(SIGTERM, &sa, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    warnx("waiting for requests");
    for (;;) {
        /* WRONG: -1 is taken for "nothing yet, try again". */
        if (msgrcv(msqid, &msg, 4 + 255, REQUEST, MSG_NOERROR) > 0)
            printf("Server: receive msg.mtext is: %s.\n", msg.mtext);
    }
}
