/* steps.c - lab: two processes in step, and flags that handlers set.
 *
 * Claims:   SIG-21 SIG-22 SIG-23 SIG-24
 * Terminal: build/signal/labs/steps [CLAIM]     (all labs: make claims-signal)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: sigsuspend(2), pause(2), wait(2), sigaction(2)
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static pid_t new_child(void) /* which does not outlive us */
{
    pid_t lab = getpid(), child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0)
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != lab)
            _exit(EXIT_FAILURE);
    return child;
}

/* A letter of /proc/PID/stat: S asleep, R running, Z a zombie, ... */
static char state(pid_t pid)
{
    char name[64], line[512], *at;

    snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(name, "r");
    if (f == NULL)
        return '-';
    at = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    fclose(f);
    return at != NULL ? at[2] : '-';
}

static void await_asleep(pid_t pid) /* or dead */
{
    for (char s; (s = state(pid)) != 'S' && s != 'Z';)
        poll(NULL, 0, 1);
}

static volatile sig_atomic_t handled;

static void count(int sig)
{
    (void)sig;
    handled++;
}

static sigset_t waiting; /* what was let in before: the mask to sleep with */

static void install_blocked(int sig)
{
    struct sigaction action = {.sa_handler = count};
    sigset_t set;

    handled = 0;
    sigemptyset(&set);
    sigaddset(&set, sig);
    if (sigaction(sig, &action, NULL) == -1 ||
        sigprocmask(SIG_BLOCK, &set, &waiting) == -1)
        err(EXIT_FAILURE, "sigaction, sigprocmask");
}

static void let_in(int sig)
{
    if (sigprocmask(SIG_SETMASK, &waiting, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    signal(sig, SIG_DFL);
}

/* The child does its task before or after its signal. If after, it is slow: it
 * goes on when the parent has been there. */
static void sig_21(void)
{
    volatile int *done = mmap(NULL, sizeof *done, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t lab = getpid();
    int go[2];
    char c;

    if (done == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    for (int signals_first = 0; signals_first <= 1; signals_first++) {
        *done = 0;
        if (pipe(go) == -1)
            err(EXIT_FAILURE, "pipe");
        install_blocked(SIGUSR2);
        pid_t child = new_child();
        if (child == 0) {
            close(go[1]);
            *done = !signals_first;
            if (kill(lab, SIGUSR2) == -1 || read(go[0], &c, 1) != 0)
                _exit(EXIT_FAILURE);
            *done = 1;
            _exit(EXIT_SUCCESS);
        }
        close(go[0]);
        while (!handled)
            sigsuspend(&waiting);
        int is = *done;
        printf("SIG-21 %s the child signals %s: the parent goes on, and the "
               "task %s done\n", yes(is), signals_first
               ? "first, as the example's does" : "when its task is done",
               is ? "is" : "is not");
        close(go[1]);
        if (waitpid(child, NULL, 0) == -1)
            err(EXIT_FAILURE, "waitpid");
        let_in(SIGUSR2);
    }
    munmap((void *)done, sizeof *done);
}

/* The child sleeps until our signal; then it lets us sleep in wait(2). */
static void sig_22(void)
{
    pid_t lab = getpid();
    int status;

    install_blocked(SIGUSR1);
    pid_t child = new_child();
    if (child == 0) {
        while (!handled)
            sigsuspend(&waiting);
        await_asleep(lab);
        _exit(7);
    }
    await_asleep(child);
    int lives = waitpid(child, &status, WNOHANG) == 0;
    printf("SIG-22 %s without a signal the child %s\n", yes(lives),
           lives ? "sleeps" : "has ended");
    if (lives && kill(child, SIGUSR1) == -1)
        err(EXIT_FAILURE, "kill");
    pid_t got = lives ? wait(&status) : child;
    int reaped = got == child && WIFEXITED(status) && WEXITSTATUS(status) == 7;
    printf("SIG-22 %s signalled, it saw the parent asleep in wait(2), and "
           "ended: wait(2) %s\n", yes(lives && reaped),
           reaped ? "returned it, status 7" : "did not return it");
    let_in(SIGUSR1);
}

/* sh -c COMMAND with TEXT for its input. It ends by itself, and cleans up, also
 * if we are killed. Its status is 126 or 127 if there is no compiler, or no
 * place for its program. */
static int shell(const char *command, const char *text)
{
    int in[2], status;

    if (pipe(in) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        if (dup2(in[0], STDIN_FILENO) == -1)
            _exit(EXIT_FAILURE);
        close(in[0]);
        close(in[1]);
        execlp("sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    signal(SIGPIPE, SIG_IGN); /* it need not read */
    if (write(in[1], text, strlen(text)) == -1 && errno != EPIPE)
        err(EXIT_FAILURE, "write");
    signal(SIGPIPE, SIG_DFL);
    close(in[1]);
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

/* A program made by the compiler at -O2: its timer runs on its own processor
 * time, so that a loop that looks at the flag at all has long seen it. */
static void sig_23(void)
{
    static const char source[] =
        "#include <signal.h>\n"
        "#include <stdlib.h>\n"
        "#include <sys/time.h>\n"
        "#include <unistd.h>\n"
        "static int plain, ticks;\n"
        "static volatile sig_atomic_t proper;\n"
        "static void tick(int sig)\n"
        "{ plain = proper = sig; if (++ticks == 4) _exit(13); }\n"
        "int main(int n, char **arg)\n"
        "{ struct itimerval t = {{0, 5000}, {0, 5000}};\n"
        "  struct sigaction a = {.sa_handler = tick};\n"
        "  sigaction(SIGPROF, &a, NULL);\n"
        "  setitimer(ITIMER_PROF, &t, NULL);\n"
        "  switch (n > 1 ? *arg[1] : 0) {\n"
        "  case 'e': while (!plain) ; break;\n"
        "  case 'c': while (!plain) write(-1, \"\", 0); break;\n"
        "  case 'v': while (!proper) ; break; }\n"
        "  return ticks > 0 ? 10 : 11; }\n";
    static const struct {
        const char *letter, *loop;
    } loops[] = {
        {"e", "int, and an empty loop"},
        {"c", "int, and a loop that calls write(2)"},
        {"v", "volatile sig_atomic_t, and an empty loop"},
    };
    const char *cc = getenv("CC");
    char command[512];

    for (size_t i = 0; i < sizeof loops / sizeof loops[0]; i++) {
        snprintf(command, sizeof command,
                 "exec 2>/dev/null; d=$(mktemp -d ./lab.XXXXXX) || exit 126; "
                 "trap 'rm -rf \"$d\"' EXIT; "
                 "trap 'exit 1' HUP INT QUIT TERM; "
                 "%s -O2 -w -o \"$d/a\" -x c - || exit 126; \"$d/a\" %s",
                 cc ? cc : "cc", loops[i].letter);
        int ended = shell(command, source);
        if (ended == 126 || ended == 127)
            printf("SIG-23 skip %s: no compiler, or no place for its program\n",
                   loops[i].loop);
        else
            printf("SIG-23 %s %s, at -O2: %s\n", yes(ended == 10),
                   loops[i].loop,
                   ended == 10   ? "the handler ended the loop"
                   : ended == 11 ? "the loop was left before the signal"
                   : ended == 13 ? "the loop went on for ever"
                                 : "the program failed");
    }
}

/* The child tests its flag, waits a moment, and sleeps. Our signal comes in
 * that moment, or when it is asleep. Does it wake by this one? Its status is
 * the number of signals that it has handled. */
static void tell_24(int in_the_moment, int by_sigsuspend)
{
    int say[2], go[2], status;
    char c = 0;

    if (pipe(say) == -1 || pipe(go) == -1)
        err(EXIT_FAILURE, "pipe");
    install_blocked(SIGUSR1);
    pid_t child = new_child();
    if (child == 0) {
        if (!by_sigsuspend)
            sigprocmask(SIG_SETMASK, &waiting, NULL);
        if (!handled) {
            if (write(say[1], &c, 1) != 1)
                _exit(EXIT_FAILURE);
            while (read(go[0], &c, 1) == -1) /* the moment */
                if (errno != EINTR)
                    _exit(EXIT_FAILURE);
            if (by_sigsuspend)
                sigsuspend(&waiting);
            else
                pause();
        }
        _exit(10 + handled);
    }
    if (read(say[0], &c, 1) != 1)
        errx(EXIT_FAILURE, "the child did not test its flag");
    if (in_the_moment && kill(child, SIGUSR1) == -1)
        err(EXIT_FAILURE, "kill");
    if (write(go[1], &c, 1) != 1)
        err(EXIT_FAILURE, "write");
    await_asleep(child);
    if (state(child) == 'S' && kill(child, SIGUSR1) == -1)
        err(EXIT_FAILURE, "kill");
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    int signals = WIFEXITED(status) ? WEXITSTATUS(status) - 10 : -1;
    int woken = signals == 1;
    printf("SIG-24 %s %s; the signal comes %s: %s\n", yes(woken),
           by_sigsuspend ? "blocked, and let in by sigsuspend(2)"
                         : "pause(2)",
           in_the_moment ? "between test and sleep" : "in its sleep",
           woken          ? "woken"
           : signals == 2 ? "handled, yet it sleeps until another one comes"
                          : "lost");
    let_in(SIGUSR1);
    close(say[0]);
    close(say[1]);
    close(go[0]);
    close(go[1]);
}

static void sig_24(void)
{
    tell_24(0, 0);
    tell_24(1, 0);
    tell_24(1, 1);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SIG-21", sig_21}, {"SIG-22", sig_22}, {"SIG-23", sig_23},
    {"SIG-24", sig_24},
};

int main(int argc, char *argv[])
{
    int tried = 0;

    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: steps [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
