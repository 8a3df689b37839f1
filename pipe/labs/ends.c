/* ends.c - lab: the two ends of a pipe, and what closing them does.
 *
 * Claims:   GEN-9 PIPE-2 PIPE-3 PIPE-8 PIPE-9 PIPE-10 PIPE-13
 * Terminal: build/pipe/labs/ends [CLAIM]        (all labs: make claims-pipe)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: pipe(2), pipe(7), fcntl(2), poll(2), socketpair(2)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
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

/* Why the last call failed; "done" if it did not. */
static const char *outcome(ssize_t result)
{
    return result == -1 ? strerror(errno) : "done";
}

/* Both directions on one pipe: write where it reads, read where it writes. */
static void wrong_ends(const char *claim, int as_claimed_if_refused)
{
    int fd[2];
    char c = 'x';

    new_pipe(fd);
    ssize_t n = write(fd[0], &c, 1);
    printf("%s %s write(2) to the read end: %s\n", claim,
           yes((n == -1) == as_claimed_if_refused), outcome(n));
    n = read(fd[1], &c, 1);
    printf("%s %s read(2) from the write end: %s\n", claim,
           yes((n == -1) == as_claimed_if_refused), outcome(n));
    close_both(fd);
}

/* The definitions hold for a socket pair, which is full duplex: both sides
 * write before either reads. A pipe carries nothing back, not even in turn. */
static void gen_9(void)
{
    int fd[2];
    char a = 0, b = 0;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1)
        err(EXIT_FAILURE, "socketpair");
    int both = write(fd[0], "a", 1) == 1 && write(fd[1], "b", 1) == 1 &&
               read(fd[0], &b, 1) == 1 && read(fd[1], &a, 1) == 1;
    printf("GEN-9 %s socketpair, full duplex: both sides wrote at once; "
           "they read %c and %c\n", yes(both && a == 'a' && b == 'b'), b, a);
    close_both(fd);
    wrong_ends("GEN-9", 0); /* half duplex would let it through, in turn */
}

static void pipe_2(void)
{
    int fd[2];

    new_pipe(fd);
    int r = fcntl(fd[0], F_GETFL), w = fcntl(fd[1], F_GETFL);
    printf("PIPE-2 %s fixed ends: fd[0] is %s, fd[1] is %s\n",
           yes(r == O_RDONLY && w == O_WRONLY),
           r == O_RDONLY ? "O_RDONLY" : "something else",
           w == O_WRONLY ? "O_WRONLY" : "something else");
    close_both(fd);
    wrong_ends("PIPE-2", 0);
}

static void pipe_3(void)
{
    wrong_ends("PIPE-3", 1);
}

static void pipe_8(void)
{
    struct rlimit old, none;
    int fd[2] = {-7, -7};

    if (getrlimit(RLIMIT_NOFILE, &old) == -1)
        err(EXIT_FAILURE, "getrlimit");
    none = old;
    none.rlim_cur = 3; /* 0, 1 and 2 are all there can be */
    int result = pipe(fd);
    printf("PIPE-8 %s pipe(2) returned %d\n", yes(result == 0), result);
    if (result == 0)
        close_both(fd);
    fd[0] = fd[1] = -7;
    if (setrlimit(RLIMIT_NOFILE, &none) == -1)
        err(EXIT_FAILURE, "setrlimit");
    result = pipe(fd);
    printf("PIPE-8 %s with no descriptor free it returned %d: %s; fd was %s\n",
           yes(result == -1 && fd[0] == -7 && fd[1] == -7), result,
           outcome(result),
           fd[0] == -7 && fd[1] == -7 ? "left alone" : "changed");
    if (setrlimit(RLIMIT_NOFILE, &old) == -1)
        err(EXIT_FAILURE, "setrlimit");
}

static void pipe_9(void)
{
    int fd[2];
    char got[8] = "";

    new_pipe(fd);
    ssize_t in = write(fd[1], "hello", 5), out = read(fd[0], got, sizeof got);
    printf("PIPE-9 %s %zd bytes into fd[1]; out of fd[0] came %zd: %.5s\n",
           yes(in == 5 && out == 5 && memcmp(got, "hello", 5) == 0), in, out,
           got);
    close_both(fd);
}

/* poll(2) tells the end of file without waiting for it. */
static int at_end_of_file(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    if (poll(&p, 1, 0) == -1)
        err(EXIT_FAILURE, "poll");
    return (p.revents & POLLHUP) != 0;
}

static void pipe_10(void)
{
    int fd[2], go[2];
    char c;

    new_pipe(fd);
    new_pipe(go);
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) { /* keeps its copies until we close `go` */
        close(go[1]);
        _exit(read(go[0], &c, 1) == 0 ? 0 : 1);
    }
    close(fd[1]);
    int end = at_end_of_file(fd[0]);
    printf("PIPE-10 %s our fd[1] is closed, a child has a copy: %s\n", yes(end),
           end ? "end of file" : "no end of file");
    close_both(go);
    if (waitpid(child, NULL, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    end = at_end_of_file(fd[0]);
    printf("PIPE-10 %s the child is gone, its copies too: %s\n", yes(end),
           end ? "end of file" : "no end of file");
    close(fd[0]);
}

/* The parent has closed fd[1]. Does its child see the end of file on fd[0]? */
static int child_sees_the_end(int closes_its_own)
{
    int fd[2], go[2], status;
    char c;

    new_pipe(fd);
    new_pipe(go);
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        close(go[1]);
        if (closes_its_own)
            close(fd[1]);
        if (read(go[0], &c, 1) != 0) /* 0: the parent has closed both */
            _exit(2);
        _exit(at_end_of_file(fd[0]));
    }
    close_both(fd);
    close_both(go);
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
        errx(EXIT_FAILURE, "the child did not answer");
    return WEXITSTATUS(status);
}

/* The only other reader is gone. Does the writer get EPIPE? */
static int writer_is_told(int closes_its_own)
{
    int fd[2];

    new_pipe(fd);
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0)
        _exit(0);
    if (waitpid(child, NULL, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (closes_its_own)
        close(fd[0]);
    int told = write(fd[1], "x", 1) == -1 && errno == EPIPE;
    if (!closes_its_own)
        close(fd[0]);
    close(fd[1]);
    return told;
}

/* The reverse: the only other writer is gone. Do we see the end of file? */
static int parent_sees_the_end(int closes_its_own)
{
    int fd[2];

    new_pipe(fd);
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0)
        _exit(0);
    if (waitpid(child, NULL, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (closes_its_own)
        close(fd[1]);
    int end = at_end_of_file(fd[0]);
    if (!closes_its_own)
        close(fd[1]);
    close(fd[0]);
    return end;
}

static void pipe_13(void)
{
    signal(SIGPIPE, SIG_IGN);
    for (int closes = 1; closes >= 0; closes--) {
        int end = child_sees_the_end(closes), told = writer_is_told(closes);
        printf("PIPE-13 %s the child %s its fd[1]: it sees %s\n",
               yes(end == closes), closes ? "closes" : "keeps",
               end ? "the end of file" : "no end of file");
        printf("PIPE-13 %s the parent %s its fd[0], and the child is gone: "
               "write(2) %s\n", yes(told == closes),
               closes ? "closes" : "keeps", told ? "fails, EPIPE" : "succeeds");
        end = parent_sees_the_end(closes);
        printf("PIPE-13 %s the reverse: the parent %s its fd[1], and the child "
               "is gone: it sees %s\n", yes(end == closes),
               closes ? "closes" : "keeps",
               end ? "the end of file" : "no end of file");
    }
    signal(SIGPIPE, SIG_DFL);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"GEN-9", gen_9}, {"PIPE-2", pipe_2}, {"PIPE-3", pipe_3},
    {"PIPE-8", pipe_8}, {"PIPE-9", pipe_9}, {"PIPE-10", pipe_10},
    {"PIPE-13", pipe_13},
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
        errx(2, "usage: ends [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
