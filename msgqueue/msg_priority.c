/* msg_priority.c - send jobs as they come, take the most urgent one first.
 *
 * Article:  A 三.2 "type < 0", "也可以把 type 看做优先级的权值"; B 八
 * Terminal: build/msgqueue/msg_priority
 *           build/msgqueue/msg_priority 2 tea 1 fire 2 cake
 * Look for: [1] the last job that was sent is done first: its type is 1;
 *           [2] of two jobs of one type the first that was sent comes first;
 *           [3] the receiver asks for urgency, the queue keeps none.
 * Try:      which order is it with 0 instead of -LEAST_URGENT at [3]?
 * See also: mq_server.c, where the queue itself sorts; msgop(2)
 */
#define _XOPEN_SOURCE 700       /* sigaction(2) under -std=c11 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEAST_URGENT = 9,        /* 1 is the most urgent */
       MAX_TEXT = 255 };

struct job {
    long urgency;               /* the message's type */
    char text[MAX_TEXT];
};

static int queue;

/* msgctl(2) is not on the list of signal-safety(7), but a bare system call. */
static void remove_queue(void) { msgctl(queue, IPC_RMID, NULL); }

static void on_signal(int sig)
{
    remove_queue();
    raise(sig);                 /* SA_RESETHAND: this time we die of it */
}

static void make_queue(void)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};

    /* Signals wait until we know what there is to remove. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1 ||
        (queue = msgget(IPC_PRIVATE, 0600)) == -1 || atexit(remove_queue) != 0)
        err(EXIT_FAILURE, "msgget%s", errno == ENOSPC
            ? " (limit kernel.msgmni: ipcs -l, sysctl)" : "");
    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, 0}; *s; s++)
        if (sigaction(*s, &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    if (sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
}

static int is_job(const char *urgency, const char *text)
{
    return urgency[0] >= '1' && urgency[0] <= '0' + LEAST_URGENT &&
           urgency[1] == '\0' && strlen(text) <= MAX_TEXT;
}

static void send_job(const char *urgency, const char *text)
{
    struct job job = {.urgency = urgency[0] - '0'};
    size_t length = strlen(text);

    memcpy(job.text, text, length);
    /* Only the text travels, not what is behind it. IPC_NOWAIT: nobody reads
     * yet, so in a full queue we would wait for ever. */
    if (msgsnd(queue, &job, length, IPC_NOWAIT) == -1)
        err(EXIT_FAILURE, "msgsnd %s", text);
    printf("Sent, type %ld: %s.\n", job.urgency, text);
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
}

/* The worker ends when nothing is left to do. */
static int work(void)
{
    struct job job;
    ssize_t n;

    while ((n = msgrcv(queue, &job, sizeof job.text, -LEAST_URGENT,
                       IPC_NOWAIT)) != -1) { /* [3] */
        printf("Done, type %ld: %.*s.\n", job.urgency, (int)n, job.text);
        if (ferror(stdout)) {
            warn("stdout");
            return EXIT_FAILURE;
        }
    }
    if (errno == ENOMSG)
        return EXIT_SUCCESS;
    warn("msgrcv");
    return EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
    char *jobs[] = {"3", "sweep the floor", "2", "make tea",
                    "2", "cut the cake", "1", "put out the fire", /* [1] [2] */
                    NULL};
    char **job = argc > 1 ? argv + 1 : jobs;
    int status;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is a write(2), even in a pipe */
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    signal(SIGPIPE, SIG_IGN);         /* and that write fails, not we */
    for (char **j = job; *j != NULL; j += 2)
        if (j[1] == NULL || !is_job(j[0], j[1]))
            errx(2, "usage: msg_priority [URGENCY TEXT]..., URGENCY from 1 to "
                    "%d, TEXT of %d bytes at most", LEAST_URGENT, MAX_TEXT);

    make_queue();
    for (; *job != NULL; job += 2)
        send_job(job[0], job[1]);

    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (child == 0)
        _exit(work());          /* not exit(3): the queue is the parent's */
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (WIFSIGNALED(status))
        errx(EXIT_FAILURE, "the worker was ended by signal %d",
             WTERMSIG(status));
    return WEXITSTATUS(status);
}
