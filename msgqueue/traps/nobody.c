/* nobody.c - trap: a client that waits where no server is.
 *
 * Article:  A 三.3 "例子"
 * Wrong:    the client makes the queue itself if there is none; so it does not
 *           see that no server is there, and waits for an answer of nobody.
 * Trap:     TRAP-MSG-4
 * Terminal: build/msgqueue/traps/nobody  (make trap-msgqueue-nobody)
 * Right:    msg_client.c: only the server makes the queue
 * See also: msgget(2), "IPC_CREAT"
 */
#define _XOPEN_SOURCE 700       /* ftok(3) under -std=c11 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <unistd.h>

enum { REQUEST = 888, ANSWER = 999 };

int main(void)
{
    struct { long mtype; int client; } msg = {REQUEST, getpid()};
    /* WRONG: only the server may make it. */
    int msqid = msgget(ftok(".", 'm'), IPC_CREAT | 0600);

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (msqid == -1)
        err(EXIT_FAILURE, "msgget");
    warnx("waiting for the server's answer");
    if (msgsnd(msqid, &msg, sizeof msg.client, 0) == -1 ||
        msgrcv(msqid, &msg, sizeof msg.client, ANSWER, 0) == -1)
        err(EXIT_FAILURE, "msgsnd or msgrcv");
    printf("An answer for %d.\n", msg.client);
    return EXIT_SUCCESS;
}
