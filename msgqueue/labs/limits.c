/* limits.c - lab: how large a message may be, and how many queues there may be.
 *
 * Claims:   MSG-15 MSG-16 MSG-18 MSG-23
 * Terminal: build/msgqueue/labs/limits [CLAIM] (all labs: make claims-msgqueue)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: msgget(2), msgop(2), sysvipc(7), proc(5), unshare(2), pipe(7)
 */
#define _GNU_SOURCE /* unshare(2) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
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

static long setting(const char *name)
{
    char path[64];
    long value;

    snprintf(path, sizeof path, "/proc/sys/kernel/%s", name);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%ld", &value) != 1)
        err(EXIT_FAILURE, "%s", path);
    fclose(file);
    return value;
}

static const char *outcome(long result)
{
    return result == -1 ? strerror(errno) : "done";
}

/* A message with a body of SIZE bytes: does the kernel take it? */
static int sent(size_t size)
{
    long *note = calloc(1, sizeof *note + size); /* the type, then the body */

    if (note == NULL)
        err(EXIT_FAILURE, "calloc");
    *note = 1;
    int result = msgsnd(queue, note, size, IPC_NOWAIT), error = errno;
    free(note);
    errno = error;
    return result;
}

static struct msqid_ds status(void)
{
    struct msqid_ds ds;

    if (msgctl(queue, IPC_STAT, &ds) == -1)
        err(EXIT_FAILURE, "msgctl IPC_STAT");
    return ds;
}

/* Messages of MSGMAX bytes, and one more. */
static void largest(const char *claim, int largest_is_as_claimed)
{
    long most = setting("msgmax");

    new_queue();
    if (most > 1 << 26 || (unsigned long)most > status().msg_qbytes) {
        printf("%s skip MSGMAX is %ld here: a queue has no room for that\n",
               claim, most);
    } else {
        int result = sent((size_t)most);
        printf("%s %s msgsnd(2) of MSGMAX bytes, %ld: %s\n", claim,
               yes((result == 0) == largest_is_as_claimed), most,
               outcome(result));
        remove_queue();
        new_queue();
        result = sent((size_t)most + 1);
        printf("%s %s of one more, in an empty queue: %s\n", claim,
               yes(result == -1 && errno == EINVAL), outcome(result));
    }
    remove_queue();
}

static void msg_15(void)
{
    largest("MSG-15", 1);
}

static void msg_16(void)
{
    static char item[1 << 20];
    char buffer[4096];
    int fd[2], status;

    new_queue();
    int result = sent((size_t)setting("msgmax") + 1);
    printf("MSG-16 %s a message of MSGMAX + 1 bytes: %s\n",
           yes(result == -1 && errno == EINVAL), outcome(result));
    remove_queue();
    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        close(fd[1]);
        while (read(fd[0], buffer, sizeof buffer) > 0)
            ;
        _exit(0);
    }
    close(fd[0]);
    ssize_t n = write(fd[1], item, sizeof item);
    close(fd[1]);
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    printf("MSG-16 %s one write(2) of %zu bytes to a pipe that is read: %zd\n",
           yes(n != (ssize_t)sizeof item), sizeof item, n);
}

/* In an IPC namespace of its own, which takes its queues with it: make them
 * until the kernel refuses. (By setting() we end with 1.) */
enum { NO_NAMESPACE = 2, DONE, TOO_MANY, NOT_DONE };

static int fill_namespace(void)
{
    if (unshare(CLONE_NEWIPC) == -1 &&
        unshare(CLONE_NEWUSER | CLONE_NEWIPC) == -1)
        return NO_NAMESPACE;
    /* The limit is this namespace's alone; not every kernel lets us set it. */
    long most = setting("msgmni");
    int fd = open("/proc/sys/kernel/msgmni", O_WRONLY);
    if (fd != -1 && write(fd, "3", 1) == 1)
        most = 3;
    if (most > 100000)
        return TOO_MANY;
    for (long n = 0; n < most; n++)
        if (msgget(IPC_PRIVATE, 0600) == -1)
            return NOT_DONE;
    return msgget(IPC_PRIVATE, 0600) == -1 && errno == ENOSPC ? DONE : NOT_DONE;
}

static void msg_18(void)
{
    int status;
    pid_t child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0)
        _exit(fill_namespace());
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (!WIFEXITED(status) || WEXITSTATUS(status) < NO_NAMESPACE)
        errx(EXIT_FAILURE, "the child did not answer");
    if (WEXITSTATUS(status) == NO_NAMESPACE || WEXITSTATUS(status) == TOO_MANY)
        printf("MSG-18 skip unshare(2) refuses an IPC namespace of its own, or "
               "MSGMNI is very large\n");
    else
        printf("MSG-18 %s in an IPC namespace of its own: MSGMNI queues were "
               "made, the next %s\n", yes(WEXITSTATUS(status) == DONE),
               WEXITSTATUS(status) == DONE ? "failed, ENOSPC" : "not refused");
}

static void msg_23(void)
{
    largest("MSG-23", 0);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"MSG-15", msg_15}, {"MSG-16", msg_16}, {"MSG-18", msg_18},
    {"MSG-23", msg_23},
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
        errx(2, "usage: limits [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
