/* crossed.c - trap: who asks first gets the answer of another.
 *
 * Article:  A 三.3 "例子"
 * Wrong:    all answers have one type and lie in one queue, so the kernel gives
 *           each to whoever waits at that moment.
 * Trap:     TRAP-MSG-3
 * Terminal: build/msgqueue/traps/crossed serve  (make trap-msgqueue-crossed)
 *           build/msgqueue/traps/crossed        (twice)
 * Right:    msg_reply_server.c, msg_reply_client.c (the type is the pid), or
 *           msg_client.c (a queue of its own)
 * See also: msgop(2), "msgtyp"
 */
#define _XOPEN_SOURCE 700       /* ftok(3), sigaction(2) under -std=c11 */

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <unistd.h>

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
    struct { long mtype; int client; } msg;

    if (sigaction(SIGINT, &sa, NULL) == -1 ||
        sigaction(SIGTERM, &sa, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    warnx("waiting for requests");
    while (msgrcv(msqid, &msg, sizeof msg.client, REQUEST, 0) != -1) {
        msg.mtype = ANSWER;     /* WRONG: it says what this is, not for whom */
        if (msgsnd(msqid, &msg, sizeof msg.client, 0) == -1)
            break;
    }
    err(EXIT_FAILURE, "msgrcv or msgsnd");
}

int main(int argc, char *argv[])
{
    int server = argc == 2 && strcmp(argv[1], "serve") == 0;
    struct { long mtype; int client; } msg = {REQUEST, getpid()};

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 + server)
        errx(2, "usage: crossed [serve]");
    if ((msqid = msgget(ftok(".", 'x'), server ? IPC_CREAT | 0600 : 0)) == -1)
        err(EXIT_FAILURE, "msgget (first start: crossed serve)");
    if (server)
        serve();
    if (msgsnd(msqid, &msg, sizeof msg.client, 0) == -1 ||
        msgrcv(msqid, &msg, sizeof msg.client, ANSWER, 0) == -1)
        err(EXIT_FAILURE, "msgsnd or msgrcv");
    printf("I am %d, this is the answer for %d.\n", getpid(), msg.client);
    return EXIT_SUCCESS;
}
