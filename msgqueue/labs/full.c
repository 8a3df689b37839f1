/* full.c - lab: when a queue is full, and what happens then.
 *
 * Claims:   MSG-14 MSG-17 MSG-26
 * Terminal: build/msgqueue/labs/full [CLAIM]   (all labs: make claims-msgqueue)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: msgop(2), msgctl(2), sysvipc(7), proc(5), pipe(7), sigqueue(3)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <errno.h>
#include <sched.h>
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

struct note { long type; char text[200]; };

static const struct note note =
    {1, "200 bytes, if all of them are sent; here are some of them"};

static unsigned long msgmnb(void)
{
    unsigned long value;
    FILE *file = fopen("/proc/sys/kernel/msgmnb", "r");

    if (file == NULL || fscanf(file, "%lu", &value) != 1)
        err(EXIT_FAILURE, "/proc/sys/kernel/msgmnb");
    fclose(file);
    return value;
}

static const char *outcome(long result)
{
    return result == -1 ? strerror(errno) : "done";
}

/* One message: does the kernel take it, without waiting? */
static int sent(size_t size)
{
    return msgsnd(queue, &note, size, IPC_NOWAIT);
}

static struct msqid_ds status(void)
{
    struct msqid_ds ds;

    if (msgctl(queue, IPC_STAT, &ds) == -1)
        err(EXIT_FAILURE, "msgctl IPC_STAT");
    return ds;
}

static int set_limit(unsigned long bytes)
{
    struct msqid_ds ds = status();

    ds.msg_qbytes = bytes;
    return msgctl(queue, IPC_SET, &ds);
}

/* Fill the queue until the kernel refuses the next; `size` bytes each. The
 * number of messages; errno says why there are no more. */
static unsigned long fill(size_t size)
{
    const unsigned long limit = status().msg_qbytes;
    unsigned long n = 0;

    while (n <= limit && sent(size) == 0)
        n++;
    return n;
}

static void msg_14(void)
{
    struct note m;
    char bytes[8];
    int fd[2];

    new_queue();
    int whole = sent(200) == 0 && msgrcv(queue, &m, 200, 0, IPC_NOWAIT) == 200;
    printf("MSG-14 %s a message of 200 bytes %s; what a signal can carry is a "
           "sigval of %zu\n", yes(whole && 200 > sizeof(union sigval)),
           whole ? "came whole" : "did not come", sizeof(union sigval));
    if (pipe(fd) == -1 || write(fd[1], "ab", 2) != 2 ||
        write(fd[1], "c", 1) != 1 || sent(2) == -1 || sent(1) == -1)
        err(EXIT_FAILURE, "pipe, write or msgsnd");
    ssize_t piped = read(fd[0], bytes, sizeof bytes);
    ssize_t got = msgrcv(queue, &m, 200, 0, IPC_NOWAIT);
    printf("MSG-14 %s sent 2 bytes, then 1: one msgrcv(2) got %zd; of a pipe "
           "one read(2) got %zd\n", yes(piped == 3 && got == 2), got, piped);
    close(fd[0]);
    close(fd[1]);
    remove_queue();
    new_queue();
    unsigned long limit = status().msg_qbytes;
    if (limit > 1 << 20 && set_limit(limit = 1 << 20) == -1) /* or it lasts */
        err(EXIT_FAILURE, "msgctl IPC_SET");
    unsigned long n = fill(200);
    printf("MSG-14 %s nobody reads: a queue took %lu bytes, then: %s\n",
           yes(n * 200 > limit), n * 200, outcome(-1));
    remove_queue();
}

static void msg_17(void)
{
    unsigned long mnb = msgmnb();

    new_queue();
    unsigned long limit = status().msg_qbytes;
    printf("MSG-17 %s a new queue's msg_qbytes is %lu, MSGMNB %lu\n",
           yes(limit == mnb), limit, mnb);
    if (set_limit(600) == -1)
        err(EXIT_FAILURE, "msgctl IPC_SET");
    unsigned long n = fill(200);
    printf("MSG-17 %s msg_qbytes is 600: %lu messages of 200 bytes, then: %s\n",
           yes(n == 3 && errno == EAGAIN), n, outcome(-1));
    remove_queue();
    new_queue();
    if (set_limit(600) == -1)
        err(EXIT_FAILURE, "msgctl IPC_SET");
    n = fill(0);
    printf("MSG-17 %s %lu messages of no bytes, then: %s\n",
           yes(n == 600 && errno == EAGAIN), n, outcome(-1));
    int result = set_limit(mnb + 1);
    if (result == 0)
        printf("MSG-17 skip msg_qbytes above MSGMNB: root may set that\n");
    else
        printf("MSG-17 %s msg_qbytes above MSGMNB: %s\n",
               yes(errno == EPERM), outcome(-1));
    remove_queue();
}

static void msg_26(void)
{
    char path[32], state = 0;
    int status;

    new_queue();
    if (set_limit(600) == -1)
        err(EXIT_FAILURE, "msgctl IPC_SET");
    unsigned long n = fill(200);
    printf("MSG-26 %s a queue of 600 bytes took %lu messages of 200, then, "
           "with IPC_NOWAIT: %s\n", yes(n == 3 && errno == EAGAIN), n,
           outcome(-1));
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0)
        _exit(msgsnd(queue, &note, sizeof note.text, 0) == -1);
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)child);
    while (state != 'S' && state != 'Z') {
        FILE *stat = fopen(path, "r");
        if (stat == NULL || fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
            err(EXIT_FAILURE, "%s", path);
        fclose(stat);
        sched_yield();
    }
    printf("MSG-26 %s the same without IPC_NOWAIT: a child is %s\n",
           yes(state == 'S'), state == 'S' ? "asleep in msgsnd(2)" : "done");
    struct note m;
    if (state == 'S' && msgrcv(queue, &m, sizeof m.text, 0, 0) == -1)
        err(EXIT_FAILURE, "msgrcv");
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    printf("MSG-26 %s one message was taken: its msgsnd(2) %s\n",
           yes(status == 0), status == 0 ? "is done" : "failed");
    remove_queue();
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"MSG-14", msg_14}, {"MSG-17", msg_17}, {"MSG-26", msg_26},
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
        errx(2, "usage: full [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
