/* fixed_key.c - trap: one key for all, so strangers meet in one queue.
 *
 * Article:  A 三.3 "例子"
 * Wrong:    the key comes from a file that everybody has; whoever runs a server
 *           gets the requests of all, and who asks gets anybody's answer.
 * Trap:     TRAP-MSG-6
 * Terminal: build/msgqueue/traps/fixed_key serve ANNA_FILE
 *           build/msgqueue/traps/fixed_key BOBS_FILE
 *           (make trap-msgqueue-fixed_key)
 * Right:    msg_server.c, msg_client.c: a file or folder of your own, mode 0600
 * See also: ftok(3)
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

int main(int argc, char *argv[])
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    struct { long mtype; char mtext[256]; } msg = {REQUEST, ""};
    int server = argc == 3 && strcmp(argv[1], "serve") == 0;
    const char *file = "."; /* WRONG: not argv[1 + server]. All have this one */

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 2 + server)
        errx(2, "usage: fixed_key [serve] FILE");
    if ((msqid = msgget(ftok(file, 'k'), server ? IPC_CREAT | 0600 : 0)) == -1)
        err(EXIT_FAILURE, "msgget %s (start the server there first)", file);
    if (!server) {
        snprintf(msg.mtext, sizeof msg.mtext, "%s", argv[1]);
        if (msgsnd(msqid, &msg, strlen(msg.mtext) + 1, 0) == -1 ||
            msgrcv(msqid, &msg, sizeof msg.mtext, ANSWER, 0) == -1)
            err(EXIT_FAILURE, "msgsnd or msgrcv");
        printf("Client of %s: %.255s\n", argv[1], msg.mtext);
        return EXIT_SUCCESS;
    }
    if (sigaction(SIGINT, &sa, NULL) == -1 ||
        sigaction(SIGTERM, &sa, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    warnx("waiting for requests");
    while (msgrcv(msqid, &msg, sizeof msg.mtext, REQUEST, MSG_NOERROR) != -1) {
        printf("Server of %s: a request of %.255s\n", argv[2], msg.mtext);
        msg.mtype = ANSWER;
        snprintf(msg.mtext, sizeof msg.mtext, "hello from %.200s", argv[2]);
        if (msgsnd(msqid, &msg, strlen(msg.mtext) + 1, IPC_NOWAIT) == -1)
            warn("msgsnd");
    }
    err(EXIT_FAILURE, "msgrcv");
}
