/* whole_size.c - trap: more bytes are sent than the message has.
 *
 * Article:  A 三.3 "例子"
 * Wrong:    msgsz counts what is behind mtype; with sizeof of the whole struct
 *           the 8 bytes behind it travel, too: here, a secret number.
 * Trap:     TRAP-MSG-8
 * Terminal: build/msgqueue/traps/whole_size look    (takes a request out)
 *           build/msgqueue/traps/whole_size   (make trap-msgqueue-whole_size)
 * Right:    msg_client.c counts the reply's id, the text and its NUL
 * See also: msgop(2), "msgsz"
 */
#define _XOPEN_SOURCE 700       /* ftok(3), sigaction(2) under -std=c11 */

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <unistd.h>

enum { REQUEST = 888 };

static int msqid;

/* What lies behind a message is mostly luck. Here it is written down. */
static struct {
    struct { long mtype; int reply; char mtext[260]; } msg;
    char behind[8];
} memory = {{REQUEST, -1, ""}, "PIN 4711"};

static void on_signal(int sig)
{
    msgctl(msqid, IPC_RMID, NULL);
    raise(sig);                 /* SA_RESETHAND: this time we die of it */
}

/* What anybody can do who may read the queue. */
static void look(void)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    static struct { long mtype; int reply; char mtext[1000]; } msg;
    long n, size = sizeof memory.msg - sizeof(long);

    if (sigaction(SIGINT, &sa, NULL) == -1 ||
        sigaction(SIGTERM, &sa, NULL) == -1)
        err(EXIT_FAILURE, "sigaction");
    warnx("waiting for a request");
    if ((n = msgrcv(msqid, &msg, sizeof msg - sizeof(long), 0, 0)) == -1)
        err(EXIT_FAILURE, "msgrcv");
    printf("The text: %s\n", msg.mtext);
    printf("Behind the whole message: %.*s\n", n > size ? (int)(n - size) : 7,
           n > size ? (char *)&msg.reply + size : "nothing");
    if (msgctl(msqid, IPC_RMID, NULL) == -1)
        err(EXIT_FAILURE, "msgctl");
}

int main(int argc, char *argv[])
{
    int looks = argc == 2 && strcmp(argv[1], "look") == 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 + looks)
        errx(2, "usage: whole_size [look]");
    if ((msqid = msgget(ftok(".", 'm'), looks ? IPC_CREAT | 0600 : 0)) == -1)
        err(EXIT_FAILURE, "msgget (first start: whole_size look)");
    if (looks) {
        look();
        return EXIT_SUCCESS;
    }
    sprintf(memory.msg.mtext, "hello, I'm client %d", getpid());
    /* WRONG: mtype is counted, too; right is what is used behind it. */
    if (msgsnd(msqid, &memory.msg, sizeof memory.msg, 0) == -1)
        err(EXIT_FAILURE, "msgsnd");
    return EXIT_SUCCESS;
}
