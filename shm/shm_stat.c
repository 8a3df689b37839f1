/* shm_stat.c - what the kernel knows of a segment, from its first to its last.
 *
 * Article:  B 七 "shmctl", IPC_STAT and IPC_RMID
 * Terminal: build/shm/shm_stat [SIZE]
 * Look for: [1] made, and nobody has it attached;
 *           [2] fork(2) attaches it once more, for the child;
 *           [3] a process that ends detaches what it has, and is the last user;
 *           [4] removed, it lives on, without a key, marked `dest` as by ipcs;
 *           [5] the last shmdt(2) ends it.
 * Try:      Print between IPC_RMID and shmdt(2) what is in the segment.
 * See also: shmctl(2), shmat(2), ipcs(1)
 */
#define _GNU_SOURCE /* SHM_DEST */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int shmid = -1;

static void remove_segment(void)
{
    shmctl(shmid, IPC_RMID, NULL);
}

static void on_signal(int sig)
{
    remove_segment();
    signal(sig, SIG_DFL);
    raise(sig);
}

static void show_time(const char *what, time_t when)
{
    if (printf("%s %s", what, when == 0 ? "never\n" : ctime(&when)) < 0)
        err(EXIT_FAILURE, "stdout");
}

static void show(const char *after)
{
    struct shmid_ds buf;

    if (shmctl(shmid, IPC_STAT, &buf) == -1)
        err(EXIT_FAILURE, "shmctl IPC_STAT");
    if (printf("after %s: %zu bytes, mode %04o%s, nattch %lu\n"
               "made by %d, last used by %d\n", after, (size_t)buf.shm_segsz,
               (unsigned)buf.shm_perm.mode & 0777,
               buf.shm_perm.mode & SHM_DEST ? " dest" : "",
               (unsigned long)buf.shm_nattch, (int)buf.shm_cpid,
               (int)buf.shm_lpid) < 0)
        err(EXIT_FAILURE, "stdout");
    show_time("attached", buf.shm_atime);
    show_time("detached", buf.shm_dtime);
    show_time("changed ", buf.shm_ctime);
}

int main(int argc, char *argv[])
{
    const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    struct sigaction sa = {.sa_handler = on_signal};
    struct shmid_ds buf;
    int go[2], status;
    char *end = "", c;
    void *shm;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    long size = argc > 1 ? strtol(argv[1], &end, 10) : 1024;
    if (argc > 2 || *end != '\0' || size < 1 || size > 1 << 30 ||
        (argc > 1 && (*argv[1] < '0' || *argv[1] > '9')))
        errx(2, "usage: shm_stat [SIZE], 1 to %d bytes", 1 << 30);

    /* No signal between making the segment and knowing its id. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1 ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR || atexit(remove_segment) != 0)
        err(EXIT_FAILURE, "sigprocmask, signal, atexit");
    for (int i = 0; i < 4; i++)
        if (sigaction(deadly[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    if ((shmid = shmget(IPC_PRIVATE, (size_t)size, 0600)) == -1)
        err(EXIT_FAILURE, "shmget%s", errno == ENOSPC
            ? " (limit kernel.shmmni or shmall: ipcs -l, sysctl)" : "");
    if (sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    show("shmget"); /* [1] */

    if ((shm = shmat(shmid, NULL, 0)) == (void *)-1)
        err(EXIT_FAILURE, "shmat");
    show("shmat");

    if (pipe(go) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork (limit ulimit -u or pids.max)");
    if (child == 0) { /* waits for the end of our `go`, and does nothing else */
        close(go[1]);
        if (read(go[0], &c, 1) == 0)
            _exit(EXIT_SUCCESS);
        warn("read");
        _exit(EXIT_FAILURE);
    }
    show("fork"); /* [2] */
    close(go[1]);
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (status != 0)
        errx(EXIT_FAILURE, "the child did not end well");
    show("the child's end"); /* [3] */

    if (shmctl(shmid, IPC_RMID, NULL) == -1)
        err(EXIT_FAILURE, "shmctl IPC_RMID");
    show("IPC_RMID"); /* [4] */

    if (shmdt(shm) == -1)
        err(EXIT_FAILURE, "shmdt");
    if (shmctl(shmid, IPC_STAT, &buf) != -1) /* [5] */
        errx(EXIT_FAILURE, "it is still there");
    if (errno != EINVAL)
        err(EXIT_FAILURE, "shmctl IPC_STAT");
    if (printf("after shmdt: %s\n", strerror(errno)) < 0)
        err(EXIT_FAILURE, "stdout");
    return 0;
}
