/* leaving.c - lab: what those who stay are told when the other end leaves.
 *
 * Claims:   FIFO-15 FIFO-16
 * Terminal: build/fifo/labs/leaving [CLAIM]     (all labs: make claims-fifo)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: fifo(7), pipe(7), read(2), write(2), signal(7)
 */
#define _XOPEN_SOURCE 700 /* sigaction(2), mkdtemp(3) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "fifo.XXXXXX", path[sizeof dir + 6];

static void clean_up(void)
{
    unlink(path);
    rmdir(dir);
}

static void on_signal(int sig)
{
    clean_up();
    raise(sig); /* SA_RESETHAND: now we die of it */
}

/* A folder of our own: whatever is in it is ours to remove. */
static void set_up(void)
{
    static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM};
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (sigaction(ends[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    if (atexit(clean_up) != 0 || mkdtemp(dir) == NULL)
        err(EXIT_FAILURE, "mkdtemp %s", dir);
    snprintf(path, sizeof path, "%s/fifo1", dir);
}

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static void new_fifo(void)
{
    if (unlink(path) == -1 && errno != ENOENT)
        err(EXIT_FAILURE, "unlink %s", path);
    if (mkfifo(path, 0600) == -1)
        err(EXIT_FAILURE, "mkfifo %s", path);
}

/* A child that does not outlive the lab. */
static pid_t new_child(void)
{
    pid_t lab = getpid(), pid = fork();

    if (pid == -1)
        err(EXIT_FAILURE, "fork");
    if (pid == 0)
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != lab)
            _exit(255);
    return pid;
}

static int status_of(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return status;
}

/* Does that child come to rest in a call? No, if it has ended instead. */
static int asleep(pid_t pid)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    char name[32], state = 0;

    snprintf(name, sizeof name, "/proc/%d/stat", pid);
    for (;;) {
        FILE *f = fopen(name, "r");
        if (f == NULL || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
            err(EXIT_FAILURE, "%s", name);
        fclose(f);
        if (state == 'S' || state == 'Z')
            return state == 'S';
        nanosleep(&pause, NULL);
    }
}

static int open_end(int flags)
{
    int fd = open(path, flags);

    if (fd == -1)
        err(EXIT_FAILURE, "open %s", path);
    return fd;
}

static void catcher(int sig)
{
    (void)sig;
}

/* A writer whose reader has left. What comes back from write(2)? */
static void writer_with(const char *what, void (*action)(int), int blocks)
{
    sigset_t set;

    new_fifo();
    int r = open_end(O_RDONLY | O_NONBLOCK), w = open_end(O_WRONLY);
    close(r);
    pid_t child = new_child();
    if (child == 0) {
        sigemptyset(&set);
        sigaddset(&set, SIGPIPE);
        if (signal(SIGPIPE, action) == SIG_ERR ||
            sigprocmask(blocks ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL) == -1)
            _exit(255);
        _exit(write(w, "x", 1) == -1 ? errno : 0);
    }
    int status = status_of(child);
    int killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE;
    int told = WIFEXITED(status) && WEXITSTATUS(status) == EPIPE;
    printf("FIFO-15 %s the reader is gone, SIGPIPE is %s: %s\n", yes(told),
           what, killed ? "the writer is killed, write(2) never returns"
           : told ? "write(2) returns -1, EPIPE" : "something else");
    close(w);
}

static void fifo_15(void)
{
    writer_with("as it is by default", SIG_DFL, 0);
    writer_with("ignored", SIG_IGN, 0);
    writer_with("caught", catcher, 0);
    writer_with("blocked", SIG_DFL, 1);
}

/* The loop of the article's reader; it ends with 0 when the loop ends. */
static pid_t reading_loop(void)
{
    char buf[1024];
    pid_t child = new_child();

    if (child == 0) {
        int fd = open(path, O_RDONLY);
        ssize_t len;
        while ((len = read(fd, buf, sizeof buf)) > 0)
            continue;
        _exit(len == 0 ? 0 : 1);
    }
    return child;
}

/* Has the loop ended, now that its writer has left? If not, end it. */
static int loop_ends(pid_t reader)
{
    int ends = !asleep(reader);

    if (!ends)
        kill(reader, SIGKILL);
    return status_of(reader) == 0 && ends;
}

static void fifo_16(void)
{
    new_fifo();
    pid_t reader = reading_loop();
    int w = open_end(O_WRONLY);
    if (write(w, "hello", 5) != 5)
        err(EXIT_FAILURE, "write %s", path);
    int waits = asleep(reader);
    close(w);
    int ends = loop_ends(reader);
    printf("FIFO-16 %s the reader %s in read(2), the writer closes: the loop "
           "%s\n", yes(waits && ends), waits ? "sleeps" : "is not",
           ends ? "ends" : "goes on");

    new_fifo();
    pid_t writer = new_child();
    if (writer == 0) {
        w = open(path, O_WRONLY);
        pause();
        _exit(w == -1);
    }
    reader = reading_loop();
    waits = asleep(reader) && asleep(writer);
    kill(writer, SIGKILL);
    status_of(writer);
    ends = loop_ends(reader);
    printf("FIFO-16 %s the writer is killed by SIGKILL: the loop %s\n",
           yes(waits && ends), ends ? "ends" : "goes on");

    new_fifo();
    reader = reading_loop();
    w = open_end(O_WRONLY);
    int w2 = open_end(O_WRONLY);
    close(w);
    waits = asleep(reader);
    close(w2);
    ends = loop_ends(reader);
    printf("FIFO-16 %s of two writers one closes: the loop %s; the other one "
           "closes: it %s\n", yes(waits && ends), waits ? "goes on" : "ends",
           ends ? "ends" : "goes on");
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"FIFO-15", fifo_15}, {"FIFO-16", fifo_16},
};

int main(int argc, char *argv[])
{
    int tried = 0;

    set_up();
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: leaving [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
