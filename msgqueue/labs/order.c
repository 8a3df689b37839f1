/* order.c - lab: in which order messages come out of a queue, and to whom.
 *
 * Claims:   MSG-2 MSG-4 MSG-9 MSG-10 MSG-11 MSG-12 MSG-24 MSG-29
 * Terminal: build/msgqueue/labs/order [CLAIM]  (all labs: make claims-msgqueue)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: msgop(2), sysvipc(7)
 */
#define _GNU_SOURCE /* MSG_EXCEPT */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t queue = -1;

static void remove_queue(void)
{
    if (queue != -1)
        msgctl(queue, IPC_RMID, NULL);
    queue = -1;
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

/* Send "3c 1a", that is, types 3 and 1, and the texts c and a. */
static void send_all(const char *messages)
{
    for (const char *m = messages; *m != '\0'; m += m[2] == ' ' ? 3 : 2) {
        struct { long type; char text; } one = {m[0] - '0', m[1]};
        if (msgsnd(queue, &one, 1, IPC_NOWAIT) == -1)
            err(EXIT_FAILURE, "msgsnd");
    }
}

/* What a receiver of that type gets; '-' if there is nothing for it. */
static char take(long type, int flags)
{
    struct { long type; char text; } one = {0, 0};

    if (msgrcv(queue, &one, 1, type, flags | IPC_NOWAIT) != -1)
        return one.text;
    if (errno != ENOMSG)
        err(EXIT_FAILURE, "msgrcv");
    return '-';
}

/* Send, receive with these types, and compare what came with what should. */
static void order(const char *claim, const char *sent, const char *types,
                  int flags, const char *should)
{
    char came[16] = "";
    const char *rest = types;

    new_queue();
    send_all(sent);
    for (size_t i = 0; *rest != '\0' && i < sizeof came - 1; i++) {
        char *end;
        long type = strtol(rest, &end, 10);
        came[i] = take(type, flags);
        rest = end;
    }
    int as_claimed = strcmp(came, should) == 0;
    printf("%s %s sent %s; received with type %s%s: %s%s%s\n", claim,
           yes(as_claimed), sent, types,
           flags & MSG_EXCEPT ? " and MSG_EXCEPT" : "", came,
           as_claimed ? "" : ", not ", as_claimed ? "" : should);
    remove_queue();
}

static void msg_2(void)
{
    struct { long type; char text[8]; } m = {.type = 1, .text = "abcdef"};
    ssize_t len[3];

    new_queue();
    for (size_t i = 1; i <= 3; i++)
        if (msgsnd(queue, &m, i, IPC_NOWAIT) == -1)
            err(EXIT_FAILURE, "msgsnd");
    for (int i = 0; i < 3; i++)
        len[i] = msgrcv(queue, &m, sizeof m.text, 0, IPC_NOWAIT);
    printf("MSG-2 %s records: sent 1, 2 and 3 bytes; received %zd, %zd, %zd\n",
           yes(len[0] == 1 && len[1] == 2 && len[2] == 3), len[0], len[1],
           len[2]);
    remove_queue();
    order("MSG-2", "3c 1a 2b", "-3 -3 -3", 0, "abc");
    order("MSG-2", "3c 1a 2b", "0 0 0", 0, "abc");
}

static void msg_4(void)
{
    order("MSG-4", "3c 2b", "2 3", 0, "bc");
    order("MSG-4", "3c 2b", "0 0", 0, "cb"); /* the same two, as they came */
    order("MSG-4", "1a 2x 1b 1c", "1 1 1", 0, "abc");
}

static void msg_9(void)
{
    order("MSG-9", "2a 1b 3c 1d", "0 0 0 0", 0, "abcd");
    order("MSG-9", "2a 1b 3c 1d", "1 1 1", 0, "bd-");
    order("MSG-9", "2a 1b 3c 1d", "3 0 0 0", 0, "cabd");
}

static void msg_10(void)
{
    order("MSG-10", "5a 4b", "-5 -5", 0, "ba");
    order("MSG-10", "2a 1b 3c 1d", "-2 -2 -2 -2", 0, "bda-");
    order("MSG-10", "3a", "-2 -3", 0, "-a");
}

static void msg_11(void)
{
    order("MSG-11", "3c 1a 2b", "-3 -3 -3", 0, "abc");
    order("MSG-11", "3c 1a 2b", "0 0 0", 0, "abc");
    order("MSG-11", "3c 1a 2b", "-3 -3 -3", 0, "cba"); /* highest first? */
}

/* One client, or two: each asks with type 888, and the server answers with type
 * 999, or with the client's pid as the type. The first client is slow: when it
 * comes for its answer, the other has taken one. */
enum { REQUEST = 888, ANSWER = 999 };
struct note { long type; pid_t client; };

static void client(int release, int by_pid)
{
    struct note m = {REQUEST, getpid()};
    char c;

    if (msgsnd(queue, &m, sizeof m.client, 0) == -1)
        _exit(2);
    if (release != -1 && read(release, &c, 1) == -1)
        _exit(2);
    if (msgrcv(queue, &m, sizeof m.client, by_pid ? getpid() : ANSWER, 0) == -1)
        _exit(2);
    _exit(m.client == getpid() ? 0 : 1);
}

static void serve(int by_pid)
{
    struct note m;

    if (msgrcv(queue, &m, sizeof m.client, REQUEST, 0) == -1)
        err(EXIT_FAILURE, "msgrcv");
    m.type = by_pid ? m.client : ANSWER;
    if (msgsnd(queue, &m, sizeof m.client, 0) == -1)
        err(EXIT_FAILURE, "msgsnd");
}

static void answers(int clients, int by_pid)
{
    pid_t child[2];
    int go[2], status, own = 0;

    new_queue();
    if (pipe(go) == -1)
        err(EXIT_FAILURE, "pipe");
    for (int i = 0; i < clients; i++) {
        if ((child[i] = fork()) == -1)
            err(EXIT_FAILURE, "fork");
        if (child[i] == 0) {
            close(go[1]);
            client(i == 0 ? go[0] : -1, by_pid);
        }
        serve(by_pid); /* the first is answered before the second asks */
    }
    for (int i = clients - 1; i >= 0; i--) {
        if (i == 0)
            close(go[1]);
        if (waitpid(child[i], &status, 0) == -1)
            err(EXIT_FAILURE, "waitpid");
        if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
            errx(EXIT_FAILURE, "a client got no answer");
        own += WEXITSTATUS(status) == 0;
    }
    close(go[0]);
    printf("MSG-12 %s %s, answers of type %s: %d of %d got its own\n",
           yes(own == clients), clients == 1 ? "one client" : "two clients",
           by_pid ? "pid" : "999", own, clients);
    remove_queue();
}

static void msg_12(void)
{
    answers(1, 0);
    answers(2, 0);
    answers(2, 1);
}

static void msg_24(void)
{
    struct { long type; char text[8]; } good = {5, "hello"};
    union {
        struct { short type; char text[14]; } bad;
        long first; /* it is aligned, as msgsnd(2) wants */
    } u = {{5, "hello, world"}};

    new_queue();
    if (msgsnd(queue, &good, sizeof good.text, IPC_NOWAIT) == -1)
        err(EXIT_FAILURE, "msgsnd");
    ssize_t n = msgrcv(queue, &good, sizeof good.text, 5, IPC_NOWAIT);
    printf("MSG-24 %s a long of 5 in front: type 5 is %s\n", yes(n != -1),
           n != -1 ? "found" : "not found");
    int sent = msgsnd(queue, &u, 4, IPC_NOWAIT);
    n = msgrcv(queue, &good, sizeof good.text, 5, IPC_NOWAIT);
    printf("MSG-24 %s a short of 5 in front: %s, type 5 is %s\n", yes(n == -1),
           sent == 0 ? "sent" : "not sent", n != -1 ? "found" : "not found");
    for (long type = 0; type >= -3; type -= 3) {
        good.type = type;
        sent = msgsnd(queue, &good, sizeof good.text, IPC_NOWAIT);
        printf("MSG-24 %s a long of %ld in front: %s\n",
               yes(sent == -1 && errno == EINVAL), type,
               sent == 0 ? "sent" : strerror(errno));
    }
    remove_queue();
}

static void msg_29(void)
{
    order("MSG-29", "7a 8b 7c 9d", "7 7 7", MSG_EXCEPT, "bd-");
    order("MSG-29", "8a 7b", "-8 0", MSG_EXCEPT, "ba"); /* as without it */
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"MSG-2", msg_2}, {"MSG-4", msg_4}, {"MSG-9", msg_9}, {"MSG-10", msg_10},
    {"MSG-11", msg_11}, {"MSG-12", msg_12}, {"MSG-24", msg_24},
    {"MSG-29", msg_29},
};

int main(int argc, char *argv[])
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    int tried = 0;

    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, 0};
         *s != 0; s++)
        if (sigaction(*s, &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
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
        errx(2, "usage: order [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
