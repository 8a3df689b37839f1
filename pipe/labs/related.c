/* related.c - lab: who inherits a pipe, and who does not.
 *
 * Claims:   PIPE-5 PIPE-12 PIPE-15
 * Terminal: build/pipe/labs/related [CLAIM]     (all labs: make claims-pipe)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: pipe(2), fork(2), pipe(7), fcntl(2)
 */
#define _GNU_SOURCE /* pipe2(2) */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static void new_pipe(int fd[2])
{
    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
}

static void close_both(const int fd[2])
{
    close(fd[0]);
    close(fd[1]);
}

static pid_t new_child(void)
{
    pid_t child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork");
    return child;
}

/* The exit status of a child. */
static int reap(pid_t child)
{
    int status;

    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 99)
        errx(EXIT_FAILURE, "a child could not do its part");
    return WEXITSTATUS(status);
}

static int reads_hello(const int fd[2])
{
    char text[8] = "";

    close(fd[1]);
    return read(fd[0], text, sizeof text) == 5 && strcmp(text, "hello") == 0;
}

static int writes_hello(const int fd[2])
{
    return write(fd[1], "hello", 5) == 5;
}

/* Two children, of which the second writes to the first. */
static int siblings(int pipe_comes_first)
{
    int fd[2] = {-1, -1}, go[2];
    pid_t reader, writer;

    new_pipe(go);
    if (pipe_comes_first)
        new_pipe(fd);
    reader = new_child();
    if (reader == 0) {
        int number[2];

        close(go[1]);
        /* It is told the numbers: they mean something only if inherited. */
        if (read(go[0], number, sizeof number) != (ssize_t)sizeof number)
            _exit(99);
        _exit(reads_hello(number));
    }
    if (!pipe_comes_first)
        new_pipe(fd);
    writer = new_child();
    if (writer == 0)
        _exit(writes_hello(fd));
    if (write(go[1], fd, sizeof fd) != (ssize_t)sizeof fd)
        err(EXIT_FAILURE, "write");
    close_both(fd);
    close_both(go);
    int sent = reap(writer);
    return reap(reader) && sent;
}

/* A grandchild writes to us, and only when its parent is dead and reaped. */
static int grandchild(void)
{
    int fd[2], go[2];
    char c;

    new_pipe(fd);
    new_pipe(go);
    pid_t child = new_child();
    if (child == 0) {
        if (fork() == 0) {
            close(go[1]);
            _exit(read(go[0], &c, 1) == 0 && writes_hello(fd) ? 0 : 1);
        }
        _exit(0);
    }
    reap(child);
    close_both(go);
    int done = reads_hello(fd);
    close(fd[0]);
    return done;
}

static void pipe_5(void)
{
    int done = siblings(1);

    printf("PIPE-5 %s the pipe, then two children: what one writes, the other "
           "%s\n", yes(done), done ? "reads" : "does not read");
    done = grandchild();
    printf("PIPE-5 %s a grandchild, its parent dead: what it writes, we %s\n",
           yes(done), done ? "read" : "do not read");
    done = siblings(0);
    printf("PIPE-5 %s a child, then the pipe, then a second child: what one "
           "writes, the other %s\n", yes(done),
           done ? "reads" : "does not read");
}

static void pipe_12(void)
{
    int fd[2];

    new_pipe(fd);
    pid_t child = new_child();
    if (child == 0)
        _exit(reads_hello(fd));
    writes_hello(fd);
    close_both(fd);
    int done = reap(child);
    printf("PIPE-12 %s the parent writes hello: its child %s\n", yes(done),
           done ? "reads it" : "does not read it");

    new_pipe(fd);
    child = new_child();
    if (child == 0)
        _exit(writes_hello(fd));
    done = reads_hello(fd) && reap(child);
    close(fd[0]);
    printf("PIPE-12 %s the child writes hello: its parent %s\n", yes(done),
           done ? "reads it" : "does not read it");
}

/* Which of the first 64 descriptors are open, a bit for each. */
static unsigned long long open_ones(void)
{
    unsigned long long set = 0;
    struct dirent *entry;
    DIR *dir = opendir("/proc/self/fd");

    if (dir == NULL)
        err(EXIT_FAILURE, "/proc/self/fd");
    while ((entry = readdir(dir)) != NULL) {
        int fd = atoi(entry->d_name);
        if (entry->d_name[0] != '.' && fd != dirfd(dir) && fd < 64)
            set |= 1ull << fd;
    }
    closedir(dir);
    return set;
}

static int count(unsigned long long set)
{
    int n = 0;

    for (; set != 0; set &= set - 1)
        n++;
    return n;
}

static void pipe_15(void)
{
    int fd[2], back[2];
    unsigned long long before = open_ones(), ours, theirs = 0;

    if (pipe2(fd, O_CLOEXEC) == -1) /* that is for exec, not for fork */
        err(EXIT_FAILURE, "pipe2");
    unsigned long long pair = open_ones() & ~before;
    new_pipe(back);
    ours = open_ones();
    pid_t child = new_child();
    if (child == 0) {
        theirs = open_ones();
        if (fcntl(fd[0], F_SETFL, O_NONBLOCK) == -1 ||
            write(back[1], &theirs, sizeof theirs) != (ssize_t)sizeof theirs)
            _exit(99);
        _exit(0);
    }
    reap(child);
    if (read(back[0], &theirs, sizeof theirs) != (ssize_t)sizeof theirs)
        err(EXIT_FAILURE, "read");
    int shared = (fcntl(fd[0], F_GETFL) & O_NONBLOCK) != 0;
    printf("PIPE-15 %s fork(2) with %d descriptors open: the child has %s\n",
           yes(ours == theirs), count(ours),
           ours == theirs ? "the same" : "others");
    printf("PIPE-15 %s ends of the pipe: %d here, %d in the child; its fd[0] "
           "is %s\n",
           yes(count(pair) == 2 && (theirs & pair) == pair && shared),
           count(pair), count(theirs & pair),
           shared ? "our open file: O_NONBLOCK set there is set here"
                  : "an open file of its own");
    close_both(fd);
    close_both(back);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"PIPE-5", pipe_5}, {"PIPE-12", pipe_12}, {"PIPE-15", pipe_15},
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
        errx(2, "usage: related [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
