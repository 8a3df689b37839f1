/* no_nul.c - trap: a text that does not end where its buffer ends.
 *
 * Article:  A 三.3 "例子"
 * Wrong:    %s prints up to a NUL; the sender put none into his message, so the
 *           server prints on, into whatever lies behind: here, a password.
 * Trap:     TRAP-MSG-9
 * Terminal: build/msgqueue/traps/no_nul         (make trap-msgqueue-no_nul)
 *           build/msgqueue/traps/no_nul send    (sends such a text)
 * Right:    msg_server.c takes at most 255 bytes, into a struct of zeros
 * See also: printf(3), "%s"; msgop(2)
 */
#define _XOPEN_SOURCE 700       /* ftok(3), sigaction(2) under -std=c11 */

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>

enum { REQUEST = 888 };

static int msqid;

/* What lies behind a buffer is mostly luck. Here it is written down. */
static struct {
    struct { long mtype; int reply; char mtext[260]; } msg;
    char behind[32];
} memory = {.behind = "the password is swordfish"};

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
    while (msgrcv(msqid, &memory.msg, sizeof memory.msg - sizeof(long),
                  REQUEST, MSG_NOERROR) != -1)
        /* WRONG: mtext may be full to its last byte. */
        printf("Server: receive msg.mtext is: %s.\n", memory.msg.mtext);
    err(EXIT_FAILURE, "msgrcv");
}

int main(int argc, char *argv[])
{
    int sends = argc == 2 && strcmp(argv[1], "send") == 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 + sends)
        errx(2, "usage: no_nul [send]");
    if ((msqid = msgget(ftok(".", 'm'), sends ? 0 : IPC_CREAT | 0600)) == -1)
        err(EXIT_FAILURE, "msgget");
    if (!sends)
        serve();
    memory.msg.mtype = REQUEST;
    memory.msg.reply = -1;
    memset(memory.msg.mtext, 'x', sizeof memory.msg.mtext);
    if (msgsnd(msqid, &memory.msg, sizeof memory.msg - sizeof(long), 0) == -1)
        err(EXIT_FAILURE, "msgsnd");
    return EXIT_SUCCESS;
}
