/* handlers.c - lab: does a handler stay after it has run?
 *
 * Claims:   SIG-10 SIG-11 SIG-15
 * Terminal: build/signal/labs/handlers [CLAIM]  (all labs: make claims-signal)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: signal(2), sigaction(2), kill(2), feature_test_macros(7)
 */
#define _GNU_SOURCE /* also makes glibc's signal(2) the newer of its two */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static int ended(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) == -1)
        if (errno != EINTR)
            err(EXIT_FAILURE, "waitpid");
    return status;
}

static int killed_by(int status, int sig)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == sig;
}

static int handled_in(int status) /* a child exits with 10 and the times */
{
    return WIFEXITED(status) ? WEXITSTATUS(status) - 10 : -1;
}

static volatile sig_atomic_t handled;

static void count(int sig)
{
    (void)sig;
    handled++;
}

/* In a child: SIGUSR1 twice, with a handler that does not install itself. */
static int twice(int flags, int by_signal)
{
    struct sigaction action = {.sa_handler = count, .sa_flags = flags};
    pid_t child = new_child();

    if (child == 0) {
        if (by_signal ? signal(SIGUSR1, count) == SIG_ERR
                      : sigaction(SIGUSR1, &action, NULL) == -1)
            _exit(EXIT_FAILURE);
        handled = 0;
        raise(SIGUSR1);
        raise(SIGUSR1);
        _exit(10 + handled);
    }
    return ended(child);
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

/* The same in a program that the compiler takes for strict C. */
static int strict(void)
{
    const char *cc = getenv("CC");
    char command[512];

    snprintf(command, sizeof command,
             "exec 2>/dev/null; d=$(mktemp -d ./lab.XXXXXX) || exit 126; "
             "trap 'rm -rf \"$d\"' EXIT; "
             "trap 'exit 1' HUP INT QUIT TERM; "
             "%s -std=c11 -w -o \"$d/a\" -x c - || exit 126; \"$d/a\"",
             cc ? cc : "cc");
    return shell(command,
        "#include <signal.h>\n"
        "static volatile sig_atomic_t n;\n"
        "static void count(int sig) { n += sig == SIGUSR1; }\n"
        "int main(void)\n"
        "{ signal(SIGUSR1, count); raise(SIGUSR1); raise(SIGUSR1);\n"
        "  return 10 + n; }\n");
}

static const char *came_of(int killed, int handled_twice)
{
    return killed          ? "the second killed, as by default"
           : handled_twice ? "the handler ran twice"
                           : "neither killed nor handled";
}

static void sig_10(void)
{
    for (int by_signal = 1; by_signal >= 0; by_signal--) {
        int status = twice(0, by_signal);
        int killed = killed_by(status, SIGUSR1);
        printf("SIG-10 %s %s(2), two signals: %s\n", yes(killed),
               by_signal ? "signal" : "sigaction",
               came_of(killed, handled_in(status) == 2));
    }
    int once = twice((int)SA_RESETHAND, 0), status = strict(), plain;
    plain = twice(0, 0);
    printf("SIG-10 %s sigaction(2), with SA_RESETHAND %s, without %s",
           yes(killed_by(once, SIGUSR1) && killed_by(plain, SIGUSR1)),
           came_of(killed_by(once, SIGUSR1), handled_in(once) == 2),
           came_of(killed_by(plain, SIGUSR1), handled_in(plain) == 2));
    if (status != 126 && status != 127) /* there is a compiler */
        printf("; signal(2) compiled with -std=c11: %s",
               came_of(status == 128 + SIGUSR1, status == 12));
    printf("\n");
}

/* A handler as of old: it is gone when it begins, and installs itself at its
 * end. Before or after that line it says so, and waits until we have sent the
 * second signal. */
static int say[2], go[2], before_that_line;

static void wait_there(void)
{
    char c = 0;

    if (write(say[1], &c, 1) != 1 || read(go[0], &c, 1) != 1)
        _exit(EXIT_FAILURE);
}

static void old_handler(int sig)
{
    const struct sigaction old = {
        .sa_handler = old_handler,
        .sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_RESTART),
    };

    if (++handled == 1 && before_that_line)
        wait_there();
    sigaction(sig, &old, NULL); /* that line */
}

static int second_signal(int in_the_window)
{
    int kills = SIGUSR1;
    char c;

    if (pipe(say) == -1 || pipe(go) == -1)
        err(EXIT_FAILURE, "pipe");
    before_that_line = in_the_window;
    handled = -1; /* the call below only installs it */
    old_handler(kills);
    handled = 0;
    pid_t child = new_child();
    if (child == 0) {
        raise(kills);
        if (!in_the_window)
            wait_there();
        _exit(10 + handled);
    }
    signal(kills, SIG_DFL);
    close(say[1]);
    if (read(say[0], &c, 1) != 1)
        errx(EXIT_FAILURE, "the child did not come to its line");
    if (kill(child, kills) == -1)
        err(EXIT_FAILURE, "kill");
    if (write(go[1], &c, 1) != 1) /* it may be dead, but we read this, too */
        err(EXIT_FAILURE, "write");
    int status = ended(child);
    close(say[0]);
    close(go[0]);
    close(go[1]);
    return status;
}

static void sig_11(void)
{
    for (int in = 0; in <= 1; in++) {
        int status = second_signal(in);
        int both = handled_in(status) == 2;
        printf("SIG-11 %s a handler that installs itself at its end; a second "
               "signal %s that line: %s\n", yes(both), in ? "before" : "after",
               both ? "handled, too"
               : killed_by(status, SIGUSR1) ? "it killed the process"
                                            : "lost");
    }
}

static void sig_15(void)
{
    void (*old)(int) = signal(SIGUSR1, count);

    handled = 0;
    int sent = kill(getpid(), SIGUSR1);
    printf("SIG-15 %s signal(2) %s, kill(2) returned %d, the handler ran %d "
           "time\n", yes(old != SIG_ERR && sent == 0 && handled == 1),
           old == SIG_ERR ? "failed" : "installed a handler", sent,
           (int)handled);
    signal(SIGUSR1, SIG_DFL);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {{"SIG-10", sig_10}, {"SIG-11", sig_11}, {"SIG-15", sig_15}};

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
        errx(2, "usage: handlers [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
