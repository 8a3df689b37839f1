/* permit.c - lab: who may do what with a queue, and what its owner may set.
 *
 * Claims:   MSG-22 MSG-31
 * Terminal: build/msgqueue/labs/permit [CLAIM] (all labs: make claims-msgqueue)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: msgop(2), msgctl(2), sysvipc(7), capabilities(7)
 */
#define _GNU_SOURCE /* setgroups(2), setresuid(2) */
#include <err.h>
#include <errno.h>
#include <grp.h>
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

struct note { long type; char text[128]; };

static struct msqid_ds status(void)
{
    struct msqid_ds ds;

    if (msgctl(queue, IPC_STAT, &ds) == -1)
        err(EXIT_FAILURE, "msgctl IPC_STAT");
    return ds;
}

/* Run `act` as the user we are; if that is root, who may do all, as nobody. Its
 * errno, 0 if it worked, -1 if we cannot become nobody. */
enum { NOBODY = 65534 };

static int as_user(int (*act)(void))
{
    int status;
    pid_t child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        if (geteuid() == 0 && (setgroups(0, NULL) == -1 ||
                               setresgid(NOBODY, NOBODY, NOBODY) == -1 ||
                               setresuid(NOBODY, NOBODY, NOBODY) == -1))
            _exit(255);
        _exit(act() == -1 ? errno : 0);
    }
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (!WIFEXITED(status))
        errx(EXIT_FAILURE, "the child did not answer");
    return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

static int send_one(void)
{
    struct note m = {.type = 1};
    return msgsnd(queue, &m, 5, IPC_NOWAIT);
}

static int receive_one(void)
{
    struct note m;
    return msgrcv(queue, &m, sizeof m.text, 0, IPC_NOWAIT) == -1 ? -1 : 0;
}

static int set_mode(void)
{
    struct msqid_ds ds = status();
    ds.msg_perm.mode = 0600;
    return msgctl(queue, IPC_SET, &ds);
}

/* The queue is his whom as_user() takes. We made it, so we may remove it. */
static int give(struct msqid_ds ds, unsigned short mode)
{
    ds.msg_perm.uid = geteuid() == 0 ? NOBODY : geteuid();
    ds.msg_perm.mode = mode;
    return msgctl(queue, IPC_SET, &ds);
}

static void msg_22(void)
{
    int error;

    new_queue();
    const struct msqid_ds ds = status();
    if (give(ds, 0400) == -1 || (error = as_user(send_one)) == -1) {
        printf("MSG-22 skip root may do all, and cannot become a user here\n");
    } else {
        printf("MSG-22 %s mode 0400, msgsnd(2) by the owner: %s\n",
               yes(error == EACCES), error ? strerror(error) : "done");
        if (give(ds, 0200) == -1)
            err(EXIT_FAILURE, "msgctl IPC_SET");
        error = as_user(send_one);
        printf("MSG-22 %s mode 0200, msgsnd(2) by the owner: %s\n",
               yes(error == 0), error ? strerror(error) : "done");
        if (give(ds, 0400) == -1)
            err(EXIT_FAILURE, "msgctl IPC_SET");
        error = as_user(receive_one);
        printf("MSG-22 %s mode 0400, msgrcv(2) by the owner: %s; messages "
               "left: %lu\n", yes(error == 0), error ? strerror(error) : "done",
               (unsigned long)status().msg_qnum);
    }
    remove_queue();
}

static const char *copied(int equal)
{
    return equal ? "yes" : "no";
}

static void msg_31(void)
{
    int error;

    new_queue();
    struct msqid_ds old = status(), ds = old, seen;

    ds.msg_perm.mode = 0640;
    ds.msg_perm.uid = NOBODY;
    ds.msg_perm.gid = NOBODY;
    ds.msg_qbytes = old.msg_qbytes / 2;
    ds.msg_qnum = old.msg_qnum + 7; /* and four that are not ours to set */
    ds.msg_lspid = old.msg_lspid + 7;
    ds.msg_stime = old.msg_stime + 7;
    ds.msg_perm.cuid = old.msg_perm.cuid + 7;
    if (msgctl(queue, IPC_SET, &ds) == -1) {
        printf("MSG-31 skip no user %d here: msgctl: %s\n", NOBODY,
               strerror(errno));
        remove_queue();
        return;
    }
    seen = status();
    printf("MSG-31 %s IPC_SET copied uid and gid: %s, mode: %s, msg_qbytes: "
           "%s\n",
           yes(seen.msg_perm.uid == NOBODY && seen.msg_perm.gid == NOBODY &&
               (seen.msg_perm.mode & 0777) == 0640 &&
               seen.msg_qbytes == ds.msg_qbytes),
           copied(seen.msg_perm.uid == NOBODY && seen.msg_perm.gid == NOBODY),
           copied((seen.msg_perm.mode & 0777) == 0640),
           copied(seen.msg_qbytes == ds.msg_qbytes));
    printf("MSG-31 %s msg_qnum: %s, msg_lspid: %s, msg_stime: %s, cuid: %s\n",
           yes(seen.msg_qnum == ds.msg_qnum || seen.msg_lspid == ds.msg_lspid ||
               seen.msg_stime == ds.msg_stime ||
               seen.msg_perm.cuid == ds.msg_perm.cuid),
           copied(seen.msg_qnum == ds.msg_qnum),
           copied(seen.msg_lspid == ds.msg_lspid),
           copied(seen.msg_stime == ds.msg_stime),
           copied(seen.msg_perm.cuid == ds.msg_perm.cuid));
    ds = old;
    ds.msg_perm.mode = 0666;
    if (msgctl(queue, IPC_SET, &ds) == -1)
        err(EXIT_FAILURE, "msgctl IPC_SET");
    if (geteuid() != 0 || (error = as_user(set_mode)) == -1)
        printf("MSG-31 skip that it needs permission takes a second user\n");
    else
        printf("MSG-31 %s mode 0666, a second user's IPC_SET: %s\n",
               yes(error == EPERM), error ? strerror(error) : "done");
    remove_queue();
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"MSG-22", msg_22}, {"MSG-31", msg_31},
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
        errx(2, "usage: permit [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
