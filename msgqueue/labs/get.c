/* get.c - lab: what the three get calls make or find, and for whom.
 *
 * Claims:   GEN-20 GEN-21 MSG-8 MSG-20 MSG-21
 * Terminal: build/msgqueue/labs/get [CLAIM]    (all labs: make claims-msgqueue)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: msgget(2), semget(2), shmget(2), ftok(3), sysvipc(7), unshare(2)
 */
#define _GNU_SOURCE /* unshare(2) */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

/* What there is to remove. */
static volatile sig_atomic_t queue = -1, second = -1, set = -1, segment = -1;

static void remove_all(void)
{
    if (queue != -1)
        msgctl(queue, IPC_RMID, NULL);
    if (second != -1)
        msgctl(second, IPC_RMID, NULL);
    if (set != -1)
        semctl(set, 0, IPC_RMID);
    if (segment != -1)
        shmctl(segment, IPC_RMID, NULL);
    queue = second = set = segment = -1;
}

static void on_signal(int sig)
{
    remove_all();
    raise(sig); /* SA_RESETHAND: this time we die of it */
}

/* No signal before we know what there is to remove. */
static void signals(int how)
{
    sigset_t all;

    sigfillset(&all);
    if (sigprocmask(how, &all, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
}

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

/* Why the last call failed; "an id" if it did not. */
static const char *outcome(int id)
{
    return id != -1 ? "an id" : strerror(errno);
}

static int get(key_t key, int flags)
{
    signals(SIG_BLOCK);
    int id = msgget(key, flags), error = errno;
    if (id != -1 && queue == -1)
        queue = id;
    else if (id != -1 && id != queue)
        second = id;
    signals(SIG_UNBLOCK);
    errno = error;
    return id;
}

static void make_queue(key_t key)
{
    if (get(key, IPC_CREAT | IPC_EXCL | 0600) == -1)
        err(EXIT_FAILURE, "msgget %#x", (unsigned)key);
}

/* A number out of the air that is no key of any kind yet. The pid keeps apart
 * two labs that run at the same time. */
static key_t free_key(void)
{
    static key_t key;

    if (key == 0)
        key = 0x49000000 + (getpid() & 0xffff) * 256;
    while (msgget(key, 0) != -1 || errno != ENOENT ||
           semget(key, 0, 0) != -1 || errno != ENOENT ||
           shmget(key, 0, 0) != -1 || errno != ENOENT)
        key++;
    return key;
}

/* What a child finds under that key: 0 our queue, 1 none (ENOENT). 2: it should
 * have looked in an IPC namespace of its own, but that is refused. */
static int child_finds(key_t key, int elsewhere)
{
    int status;
    pid_t child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        if (elsewhere && unshare(CLONE_NEWIPC) == -1 &&
            unshare(CLONE_NEWUSER | CLONE_NEWIPC) == -1)
            _exit(2);
        int id = msgget(key, 0);
        _exit(id == -1 ? (errno == ENOENT ? 1 : 3) : id == queue ? 0 : 3);
    }
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 2)
        errx(EXIT_FAILURE, "the child did not answer");
    return WEXITSTATUS(status);
}

static void gen_20(void)
{
    const int flags = IPC_CREAT | IPC_EXCL | 0600;
    key_t key = free_key();

    signals(SIG_BLOCK);
    queue = msgget(key, flags);
    printf("GEN-20 %s msgget(%#x, IPC_CREAT | IPC_EXCL): %s\n",
           yes(queue != -1), (unsigned)key, outcome(queue));
    set = semget(key, 1, flags);
    printf("GEN-20 %s semget(%#x, 1, IPC_CREAT | IPC_EXCL): %s\n",
           yes(set != -1), (unsigned)key, outcome(set));
    segment = shmget(key, 1, flags);
    printf("GEN-20 %s shmget(%#x, 1, IPC_CREAT | IPC_EXCL): %s\n",
           yes(segment != -1), (unsigned)key, outcome(segment));
    signals(SIG_UNBLOCK);
    int all = msgget(key, 0) == queue && semget(key, 0, 0) == set &&
              shmget(key, 0, 0) == segment;
    printf("GEN-20 %s the key again: %s\n", yes(all),
           all ? "each call finds its own" : "something else is found");
    remove_all();
}

static void gen_21(void)
{
    int letter = getpid();
    key_t key;

    do
        key = ftok(".", letter++);
    while (msgget(key, 0) != -1 || errno != ENOENT);
    make_queue(key);
    int met = child_finds(key, 0) == 0;
    printf("GEN-21 %s %#x from ftok(3): a child %s our queue\n", yes(met),
           (unsigned)key, met ? "reaches" : "does not reach");
    int found = child_finds(key, 1);
    if (found == 2)
        printf("GEN-21 skip unshare(2) refuses an IPC namespace of its own\n");
    else
        printf("GEN-21 %s the same in an IPC namespace of its own: %s\n",
               yes(found == 0), found == 0 ? "our queue" : "none, ENOENT");
    remove_all();

    key = free_key();
    make_queue(key);
    met = child_finds(key, 0) == 0;
    printf("GEN-21 %s %#x, not from ftok(3): a child %s our queue\n", yes(!met),
           (unsigned)key, met ? "reaches" : "does not reach");
    remove_all();

    int one = get(IPC_PRIVATE, 0600), two = get(IPC_PRIVATE, 0600);
    if (one == -1 || two == -1)
        err(EXIT_FAILURE, "msgget IPC_PRIVATE");
    printf("GEN-21 %s IPC_PRIVATE, twice: %s\n", yes(one == two),
           one == two ? "one queue" : "two queues");
    remove_all();
}

static void msg_8(void)
{
    key_t key = free_key();

    int id = get(key, 0600);
    printf("MSG-8 %s no queue has the key, no IPC_CREAT: %s\n",
           yes(id == -1 && errno == ENOENT), outcome(id));
    id = get(key, IPC_CREAT | 0600);
    printf("MSG-8 %s no queue has the key, IPC_CREAT: %s\n", yes(id != -1),
           outcome(id));
    int again = get(key, IPC_CREAT | 0600);
    printf("MSG-8 %s now one has it, IPC_CREAT: %s\n", yes(again == id),
           again == id ? "no new one, the same id" : outcome(again));
    remove_all();
    int one = get(IPC_PRIVATE, 0600), two = get(IPC_PRIVATE, 0600);
    printf("MSG-8 %s IPC_PRIVATE, twice, no IPC_CREAT: %s\n",
           yes(one != -1 && two != -1 && one != two),
           one == -1 || two == -1 ? "no queue"
           : one == two ? "one queue" : "two queues");
    remove_all();
}

/* The numbers tell nothing: each kind counts for itself, so that a segment may
 * have the number of a queue. */
static void msg_20(void)
{
    struct { long type; } empty = {.type = 1};
    key_t key = free_key();

    make_queue(key);
    int id = shmget(key, 0, 0);
    printf("MSG-20 %s msgget(2) made something for a key; of it shmget(2): "
           "%s\n", yes(id != -1), outcome(id));
    int sent = msgsnd(queue, &empty, 0, IPC_NOWAIT) == 0;
    printf("MSG-20 %s msgsnd(2) with the id that msgget(2) returned: %s\n",
           yes(!sent), sent ? "sent, it is a queue" : strerror(errno));
    remove_all();
}

static void msg_21(void)
{
    key_t key = free_key();

    int id = get(key, IPC_CREAT | 0600);
    printf("MSG-21 %s IPC_CREAT, a new key: %s\n", yes(id != -1), outcome(id));
    int again = get(key, IPC_CREAT | 0600);
    printf("MSG-21 %s IPC_CREAT, the key of a queue: %s\n", yes(again == id),
           again == id ? "the same id" : outcome(again));
    again = get(key, IPC_CREAT | IPC_EXCL | 0600);
    printf("MSG-21 %s IPC_CREAT | IPC_EXCL, the key of a queue: %s\n",
           yes(again == -1 && errno == EEXIST), outcome(again));
    again = get(key, IPC_EXCL | 0600);
    printf("MSG-21 %s IPC_EXCL alone, the key of a queue: %s\n",
           yes(again == id), again == id ? "the same id" : outcome(again));
    remove_all();
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"GEN-20", gen_20}, {"GEN-21", gen_21}, {"MSG-8", msg_8},
    {"MSG-20", msg_20}, {"MSG-21", msg_21},
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
    if (atexit(remove_all) != 0)
        err(EXIT_FAILURE, "atexit");
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: get [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
