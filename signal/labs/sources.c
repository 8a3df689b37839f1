/* sources.c - lab: who sends signals, and to whom they can go.
 *
 * Claims:   SIG-6 SIG-20
 * Terminal: build/signal/labs/sources [CLAIM]   (all labs: make claims-signal)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: sigaction(2) (si_code), kill(2), setitimer(2), sigqueue(3), pty(7)
 */
#define _GNU_SOURCE /* posix_openpt(3), SI_TKILL */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t lab; /* ourselves */

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

/* ---- sources: each is called in a child, which then waits -------------- */

static void by_kill(void)
{
    kill(getpid(), SIGUSR1);
}

static void by_raise(void)
{
    raise(SIGUSR1);
}

static void by_sigqueue(void)
{
    sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 1});
}

static void by_alarm(void)
{
    alarm(1);
}

static void by_setitimer(void)
{
    struct itimerval soon = {.it_value.tv_usec = 1000};

    setitimer(ITIMER_REAL, &soon, NULL);
}

static void by_address(void)
{
    static volatile char *volatile nowhere;

    *nowhere = 1;
}

static void by_division(void)
{
    static volatile int ten = 10, zero;

    _exit(ten / zero); /* some processors do not mind */
}

/* A terminal without a key: what is written to `master` counts as typed. */
static int master = -1;

static void by_key(void)
{
    int slave = setsid() == -1 ? -1 : open(ptsname(master), O_RDWR);

    if (slave == -1 || ioctl(slave, TIOCSCTTY, 0) == -1 ||
        write(master, "\003", 1) != 1)
        _exit(EXIT_FAILURE);
}

static void by_broken_pipe(void)
{
    int fd[2];

    if (pipe(fd) == 0 && close(fd[0]) == 0 && write(fd[1], "x", 1) == -1)
        _exit(EXIT_FAILURE); /* the handler is there, and ends us before */
}

static void by_child(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(7);
}

static void by_process_0(void)
{
    if (setpgid(0, 0) == -1 || kill(0, SIGUSR1) == -1)
        _exit(EXIT_FAILURE);
}

/* ---- what the child learns about the sender ---------------------------- */

static siginfo_t *learnt; /* shared with the child */

static void tell(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)context;
    *learnt = *info;
    _exit(EXIT_SUCCESS);
}

/* Does `sig` come to a child that calls `source`, and what does it say? */
static int came(int sig, void (*source)(void), siginfo_t *info)
{
    struct sigaction action = {.sa_sigaction = tell, .sa_flags = SA_SIGINFO};

    memset(learnt, 0, sizeof *learnt);
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != lab ||
            sigaction(sig, &action, NULL) == -1)
            _exit(EXIT_FAILURE);
        source();
        for (;;)
            pause();
    }
    while (waitpid(child, NULL, 0) == -1)
        if (errno != EINTR)
            err(EXIT_FAILURE, "waitpid");
    *info = *learnt;
    return info->si_signo == sig;
}

static const char *code(const siginfo_t *info)
{
    int c = info->si_code, sig = info->si_signo;

    return c == SI_USER                            ? "SI_USER"
           : c == SI_TKILL                         ? "SI_TKILL"
           : c == SI_QUEUE                         ? "SI_QUEUE"
           : c == SI_KERNEL                        ? "SI_KERNEL"
           : sig == SIGSEGV && c == SEGV_MAPERR    ? "SEGV_MAPERR"
           : sig == SIGFPE && c == FPE_INTDIV      ? "FPE_INTDIV"
           : sig == SIGCHLD && c == CLD_EXITED     ? "CLD_EXITED"
                                                   : "another";
}

static void sig_6(void)
{
    static const struct {
        const char *name;
        int sig;
        void (*source)(void);
        int code;
    } sources[] = {
        {"kill(2)", SIGUSR1, by_kill, SI_USER},
        {"raise(3)", SIGUSR1, by_raise, SI_TKILL},
        {"sigqueue(3)", SIGUSR1, by_sigqueue, SI_QUEUE},
        {"alarm(2)", SIGALRM, by_alarm, SI_KERNEL},
        {"setitimer(2)", SIGALRM, by_setitimer, SI_KERNEL},
        {"a bad address", SIGSEGV, by_address, SEGV_MAPERR},
    };
    siginfo_t info;

    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        int is = came(sources[i].sig, sources[i].source, &info);
        printf("SIG-6 %s a source is %s: si_code %s\n",
               yes(is && info.si_code == sources[i].code), sources[i].name,
               is ? code(&info) : "of no signal");
    }

    /* A process that sends gives a code of 0 or less: this one is above. */
    if (came(SIGFPE, by_division, &info))
        printf("SIG-6 %s a division by zero is software's: si_code %s, from %s"
               "\n", yes(info.si_code <= 0), code(&info),
               info.si_code <= 0 ? "a process" : "the processor's fault");
    else
        printf("SIG-6 skip a division by zero: it is no fault here\n");

    if ((master = posix_openpt(O_RDWR | O_NOCTTY)) == -1 ||
        grantpt(master) == -1 || unlockpt(master) == -1 ||
        access(ptsname(master), R_OK | W_OK) == -1) {
        printf("SIG-6 skip a key: no terminal of our own: %s\n",
               strerror(errno));
    } else {
        int is = came(SIGINT, by_key, &info);
        printf("SIG-6 %s Ctrl-C is hardware's: written to a pty, with no key "
               "there, it brought %s, si_code %s\n", yes(!is),
               is ? "SIGINT" : "nothing", is ? code(&info) : "none");
    }
    if (master != -1)
        close(master);
}

static void sig_20(void)
{
    siginfo_t info;

    int is = came(SIGCHLD, by_child, &info);
    printf("SIG-20 %s a child ended with 7: SIGCHLD, si_code %s, si_status %d"
           "\n", yes(is && info.si_code == CLD_EXITED && info.si_status == 7),
           code(&info), is ? info.si_status : -1);
    is = came(SIGPIPE, by_broken_pipe, &info);
    printf("SIG-20 %s write(2) to a pipe without a reader: %s\n", yes(is),
           is ? "SIGPIPE" : "no SIGPIPE");
    is = came(SIGUSR1, by_process_0, &info);
    printf("SIG-20 %s kill(2) to process 0, which in the kernel is its own: %s"
           "\n", yes(!is),
           is ? "it came to the sender's process group" : "taken");
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {{"SIG-6", sig_6}, {"SIG-20", sig_20}};

int main(int argc, char *argv[])
{
    int tried = 0;

    lab = getpid();
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    learnt = mmap(NULL, sizeof *learnt, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (learnt == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: sources [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
