/* calls.c - lab: what is given to the four calls, and what they return.
 *
 * Claims:   MSG-5 MSG-6 MSG-7 MSG-25 MSG-27 MSG-28 MSG-30
 * Terminal: build/msgqueue/labs/calls [CLAIM]  (all labs: make claims-msgqueue)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: msgget(2), msgop(2), msgctl(2), sysvipc(7)
 */
#define _GNU_SOURCE /* MSG_INFO */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <unistd.h>

static volatile sig_atomic_t queue = -1, first = -1;

static void remove_queue(void)
{
    if (queue != -1)
        msgctl(queue, IPC_RMID, NULL);
    if (first != -1)
        msgctl(first, IPC_RMID, NULL);
    queue = first = -1;
}

static void on_signal(int sig)
{
    remove_queue();
    raise(sig); /* SA_RESETHAND: this time we die of it */
}

static void new_queue(void)
{
    sigset_t all, old;

    sigfillset(&all); /* no signal before we know what there is to remove */
    if (sigprocmask(SIG_BLOCK, &all, &old) == -1 ||
        (queue = msgget(IPC_PRIVATE, 0600)) == -1)
        err(EXIT_FAILURE, "msgget");
    if (sigprocmask(SIG_SETMASK, &old, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
}

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

struct note { long type; char text[128]; };

/* "done", or why the last call failed. */
static const char *outcome(long result)
{
    return result == -1 ? strerror(errno) : "done";
}

static void msg_5(void)
{
    struct note m = {.type = 1};

    new_queue();
    struct msqid_ds ds;
    int found = msgctl(queue, IPC_STAT, &ds) == 0;
    printf("MSG-5 %s msgget(2) returned a number; by it, IPC_STAT finds %s\n",
           yes(found), found ? "a queue" : strerror(errno));
    for (int size = 100; size >= 0; size -= 100) {
        int sent = msgsnd(queue, &m, (size_t)size, IPC_NOWAIT);
        printf("MSG-5 %s msgsnd(2) of %d bytes behind the long returned %d\n",
               yes(sent == 0), size, sent);
        ssize_t got = msgrcv(queue, &m, sizeof m.text, 0, IPC_NOWAIT);
        printf("MSG-5 %s msgrcv(2) of these returned %zd\n", yes(got == size),
               got);
    }
    int id = queue;
    remove_queue();
    int sent = msgsnd(id, &m, 0, IPC_NOWAIT);
    ssize_t got = msgrcv(id, &m, sizeof m.text, 0, IPC_NOWAIT);
    printf("MSG-5 %s the queue is gone: msgsnd(2) returned %d, msgrcv(2) %zd\n",
           yes(sent == -1 && got == -1), sent, got);
}

/* What is declared is seen by the compiler, not by the kernel. */
static void msg_6(void)
{
    const char *type = _Generic(msgrcv(0, NULL, 0, 0, 0), int: "int",
                                long: "long", default: "another type");

    if (sizeof(ssize_t) == sizeof(int) && strcmp(type, "int") == 0)
        printf("MSG-6 skip on this machine ssize_t is an int\n");
    else
        printf("MSG-6 %s msgrcv(2) is declared as ssize_t, which is: %s\n",
               yes(strcmp(type, "int") == 0), type);
}

/* A command, on the last of two queues: what returns an index of the kernel's
 * table does not return 0 then. */
static void command(const char *claim, int cmd, const char *name, void *buf,
                    int as_claimed_if_done)
{
    int result = msgctl(queue, cmd, buf);
    int as_claimed = as_claimed_if_done ? result == 0 : result == -1;

    if (result > 0)
        printf("%s %s msgctl(2) with %s returned a number above 0\n", claim,
               yes(as_claimed), name);
    else
        printf("%s %s msgctl(2) with %s returned %d: %s\n", claim,
               yes(as_claimed), name, result, outcome(result));
}

static void msg_7(void)
{
    struct msqid_ds ds;
    struct msginfo info;

    new_queue();
    first = queue;
    new_queue();
    command("MSG-7", IPC_STAT, "IPC_STAT", &ds, 1);
    command("MSG-7", IPC_SET, "IPC_SET", &ds, 1);
    command("MSG-7", MSG_INFO, "MSG_INFO", &info, 1);
    command("MSG-7", IPC_INFO, "IPC_INFO", &info, 1);
    command("MSG-7", IPC_RMID, "IPC_RMID", NULL, 1);
    queue = -1;
    remove_queue();
}

/* The body is 8 bytes long; behind it is what does not belong to it. */
static void msg_25(void)
{
    struct { long type; char body[8]; char beyond[16]; } m =
        {1, "my body", "and my secrets"};
    const size_t whole = sizeof m.type + sizeof m.body;
    struct note got = {0};

    new_queue();
    if (msgsnd(queue, &m, sizeof m.body, IPC_NOWAIT) == -1)
        err(EXIT_FAILURE, "msgsnd");
    ssize_t n = msgrcv(queue, &got, sizeof got.text, 0, IPC_NOWAIT);
    printf("MSG-25 %s msgsz is the body's length, 8: %zd bytes came\n",
           yes(n == 8), n);
    if (msgsnd(queue, &m, whole, IPC_NOWAIT) == -1)
        err(EXIT_FAILURE, "msgsnd");
    n = msgrcv(queue, &got, sizeof got.text, 0, IPC_NOWAIT);
    printf("MSG-25 %s it is that of all, long and body, %zu: %zd bytes came, "
           "the last of them are: %.*s\n", yes(n == 8), whole, n,
           n > 8 ? (int)n - 8 : 0, got.text + 8);
    remove_queue();
}

static void msg_27(void)
{
    struct note m = {.type = 3};

    new_queue();
    ssize_t n = msgrcv(queue, &m, sizeof m.text, 0, IPC_NOWAIT);
    printf("MSG-27 %s an empty queue: msgrcv(2) returned %zd: %s\n",
           yes(n == -1 && errno == ENOMSG), n, outcome(n));
    if (msgsnd(queue, &m, 5, IPC_NOWAIT) == -1)
        err(EXIT_FAILURE, "msgsnd");
    n = msgrcv(queue, &m, sizeof m.text, 2, IPC_NOWAIT);
    printf("MSG-27 %s only type 3 in it, and 2 is wanted: %zd: %s\n",
           yes(n == -1 && errno == ENOMSG), n, outcome(n));
    n = msgrcv(queue, &m, sizeof m.text, 3, IPC_NOWAIT);
    printf("MSG-27 %s type 3 is wanted: %zd\n", yes(n == 5), n);
    remove_queue();
}

static void msg_28(void)
{
    struct note m = {1, "hello, world"};

    new_queue();
    if (msgsnd(queue, &m, 12, IPC_NOWAIT) == -1)
        err(EXIT_FAILURE, "msgsnd");
    ssize_t n = msgrcv(queue, &m, 5, 0, IPC_NOWAIT);
    printf("MSG-28 %s 12 bytes wait, 5 have room, no flag: %s\n",
           yes(n == -1 && errno == E2BIG), outcome(n));
    memset(m.text, 0, sizeof m.text);
    n = msgrcv(queue, &m, 5, 0, IPC_NOWAIT | MSG_NOERROR);
    printf("MSG-28 %s the same with MSG_NOERROR: %zd bytes, %s\n",
           yes(n == 5 && strcmp(m.text, "hello") == 0), n, m.text);
    n = msgrcv(queue, &m, sizeof m.text, 0, IPC_NOWAIT);
    printf("MSG-28 %s and the rest of it: %s\n",
           yes(n == -1 && errno == ENOMSG), outcome(n));
    remove_queue();
}

static void msg_30(void)
{
    struct msqid_ds ds;
    struct msginfo info;

    new_queue();
    first = queue;
    new_queue();
    command("MSG-30", IPC_STAT, "IPC_STAT", &ds, 1);
    command("MSG-30", IPC_SET, "IPC_SET", &ds, 1);
    command("MSG-30", 99, "99", &ds, 0);
    command("MSG-30", MSG_INFO, "MSG_INFO", &info, 0);
    command("MSG-30", IPC_INFO, "IPC_INFO", &info, 0);
    command("MSG-30", IPC_RMID, "IPC_RMID", NULL, 1);
    queue = -1;
    remove_queue();
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"MSG-5", msg_5}, {"MSG-6", msg_6}, {"MSG-7", msg_7}, {"MSG-25", msg_25},
    {"MSG-27", msg_27}, {"MSG-28", msg_28}, {"MSG-30", msg_30},
};

int main(int argc, char *argv[])
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    int tried = 0;

    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, 0};
         *s != 0; s++)
        if (sigaction(*s, &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    alarm(60); /* what waits for ever is ended by SIGALRM */
    if (atexit(remove_queue) != 0)
        err(EXIT_FAILURE, "atexit");
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: calls [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
