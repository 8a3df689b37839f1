/* names.c - lab: the names of sockets: paths, abstract ones, none at all.
 *
 * Claims:   SOCK-7 SOCK-8 SOCK-9 SOCK-10 SOCK-16 SOCK-17
 * Terminal: build/unixsock/labs/names [CLAIM]   (all: make claims-unixsock)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: unix(7), bind(2), listen(2), connect(2), network_namespaces(7)
 */
#define _GNU_SOURCE /* unshare(2), setresuid(2) */
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[32], abstract[32]; /* the same, with our pid in it */

static void clean_up(void) /* only async-signal-safe calls in here */
{
    unlink(path);
    unlink(abstract); /* SOCK-17 makes a file of that name */
}

static void on_signal(int sig)
{
    clean_up();
    signal(sig, SIG_DFL);
    raise(sig);
}

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

/* Why the last call failed; "done" if it did not. */
static const char *outcome(int result)
{
    return result == -1 ? strerror(errno) : "done";
}

/* The address for a name, abstract if that begins with an @, and its length:
 * exact. Nothing but the family for "". */
static socklen_t address(struct sockaddr_un *a, const char *name)
{
    memset(a, 0, sizeof *a);
    a->sun_family = AF_UNIX;
    strcpy(a->sun_path, name);
    if (name[0] == '@')
        a->sun_path[0] = '\0';
    return (socklen_t)(sizeof a->sun_family + strlen(name));
}

static int new_socket(int type)
{
    int fd = socket(AF_UNIX, type, 0);

    if (fd == -1)
        err(EXIT_FAILURE, "socket");
    return fd;
}

static int bind_to(int fd, const char *name)
{
    struct sockaddr_un a;
    socklen_t len = address(&a, name);

    return bind(fd, (struct sockaddr *)&a, len);
}

static int listener(const char *name)
{
    int fd = new_socket(SOCK_STREAM);

    if (bind_to(fd, name) == -1 || listen(fd, 5) == -1)
        err(EXIT_FAILURE, "bind, listen %s", name);
    return fd;
}

/* Call a name and hang up: 0, or -1 and errno. */
static int call(const char *name)
{
    struct sockaddr_un a;
    socklen_t len = address(&a, name);
    int fd = new_socket(SOCK_STREAM);
    int result = connect(fd, (struct sockaddr *)&a, len), error = errno;

    close(fd);
    errno = error;
    return result;
}

/* What a socket is called, in words. */
static const char *name_of(int fd)
{
    static char text[160];
    struct sockaddr_un a = {0};
    socklen_t len = sizeof a;

    if (getsockname(fd, (struct sockaddr *)&a, &len) == -1)
        err(EXIT_FAILURE, "getsockname");
    int n = (int)len - (int)sizeof a.sun_family;
    if (n == 0)
        return "no name";
    if (a.sun_path[0] != '\0')
        snprintf(text, sizeof text, "the path %.*s", n, a.sun_path);
    else
        snprintf(text, sizeof text, "abstract @%.*s", n - 1, a.sun_path + 1);
    return text;
}

static int is_file(const char *name)
{
    struct stat st;

    return lstat(name, &st) == 0;
}

static void sock_7(void)
{
    struct sockaddr_un peer;
    socklen_t len = sizeof peer;
    int server = listener(path), client = new_socket(SOCK_STREAM), pair[2];
    struct sockaddr_un a;
    int result = connect(client, (struct sockaddr *)&a, address(&a, path));

    printf("SOCK-7 %s connect(2) without a bind(2) before it: %s\n",
           yes(result == -1), outcome(result));
    if (result == 0) {
        int fd = accept(server, (struct sockaddr *)&peer, &len);
        if (fd == -1)
            err(EXIT_FAILURE, "accept");
        int unnamed = len == sizeof peer.sun_family;
        printf("SOCK-7 %s accept(2) says of the caller: %u bytes of address, "
               "%s\n", yes(!unnamed), (unsigned)len,
               unnamed ? "the family alone" : "a name");
        close(fd);
    }
    close(client);
    close(server);
    unlink(path);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
        err(EXIT_FAILURE, "socketpair");
    int named = strcmp(name_of(pair[0]), "no name") != 0 ||
                strcmp(name_of(pair[1]), "no name") != 0;
    printf("SOCK-7 %s the two ends of socketpair(2) have %s\n", yes(named),
           named ? "a name" : "no name");
    close(pair[0]);
    close(pair[1]);
}

static void sock_8(void)
{
    int fd = new_socket(SOCK_STREAM), result = listen(fd, 5);

    printf("SOCK-8 %s listen(2) without an address: %s\n", yes(result == -1),
           outcome(result));
    if (bind_to(fd, path) == -1)
        err(EXIT_FAILURE, "bind %s", path);
    result = listen(fd, 5);
    printf("SOCK-8 %s listen(2) after bind(2): %s\n", yes(result == 0),
           outcome(result));
    close(fd);
    unlink(path);
}

/* compiles: does $CC take these lines? */
static int compiles(const char *lines)
{
    int fd[2], status;

    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        alarm(50); /* not inherited */
        dup2(fd[0], 0);
        close(fd[0]);
        close(fd[1]);
        execl("/bin/sh", "sh", "-c", "exec ${CC:-cc} -fsyntax-only -x c - "
              ">/dev/null 2>&1", (char *)NULL);
        _exit(127);
    }
    close(fd[0]);
    if (write(fd[1], lines, strlen(lines)) == -1 && errno != EPIPE)
        err(EXIT_FAILURE, "write");
    close(fd[1]);
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return status == 0;
}

static void sock_9(void)
{
    enum { SIZE = sizeof((struct sockaddr_un *)0)->sun_path };
    union { struct sockaddr_un un; char space[sizeof(struct sockaddr_un) + 1]; }
        a = {.space = ""};
    socklen_t all = sizeof a.un.sun_family + SIZE;

    memset(a.un.sun_path + 1, 'x', SIZE); /* abstract, one byte too long */
    a.un.sun_family = AF_UNIX;
    memcpy(a.un.sun_path + 1, abstract, strlen(abstract));
    int fd = new_socket(SOCK_STREAM), longer = new_socket(SOCK_STREAM);
    int fits = bind(fd, (struct sockaddr *)&a, all);
    int too_long = bind(longer, (struct sockaddr *)&a, all + 1);
    printf("SOCK-9 %s bind(2) of %d bytes, the size of sun_path: %s; of one "
           "more: %s\n", yes(fits == 0 && too_long == -1), SIZE,
           fits == 0 ? "done" : "refused", outcome(too_long));
    close(fd);
    close(longer);
    if (!compiles("#include <sys/un.h>\nint none;\n"))
        printf("SOCK-9 skip no compiler here (CC, or cc)\n");
    else {
        int there = compiles("#include <sys/un.h>\nchar s[UNIX_PATH_MAX];\n");
        printf("SOCK-9 %s sys/un.h %s UNIX_PATH_MAX\n", yes(there),
               there ? "defines" : "does not define");
        if (!compiles("#include <linux/un.h>\n"))
            printf("SOCK-9 skip this compiler has no linux/un.h\n");
        else {
            there = compiles("#include <linux/un.h>\nstruct sockaddr_un a;\n"
                             "char s[sizeof a.sun_path == UNIX_PATH_MAX ? 1 "
                             ": -1];\n");
            printf("SOCK-9 %s linux/un.h %s UNIX_PATH_MAX, the size of its "
                   "sun_path\n", yes(there),
                   there ? "defines" : "does not define");
        }
    }
}

static void sock_10(void)
{
    static const struct {
        const char *done, *name;
        int in_the_text;
    } tries[] = {
        {"bind(2) of a path", path, 1}, {"bind(2) of an @name", abstract, 1},
        {"without bind(2)", NULL, 0}, {"bind(2) of the family alone", "", 0},
    };

    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        int fd = new_socket(SOCK_STREAM), result = 0;
        if (tries[i].name != NULL)
            result = bind_to(fd, tries[i].name);
        printf("SOCK-10 %s %s: %s, and the socket has %s\n",
               yes((result == 0) == tries[i].in_the_text), tries[i].done,
               outcome(result), name_of(fd));
        close(fd);
        if (tries[i].name == path)
            unlink(path);
    }
}

/* Call from a child that has become somebody else: 0 or the errno of the call;
 * -1 if it could not become that, with errno. */
static int call_as(int (*become)(void), const char *name)
{
    int status;
    pid_t child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        alarm(50); /* not inherited */
        int there = become(), failed = there == -1 || call(name) == -1;
        _exit(!failed ? 0 : there == -1 ? errno | 128 : errno);
    }
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (!WIFEXITED(status))
        errx(EXIT_FAILURE, "a child died of signal %d", WTERMSIG(status));
    errno = WEXITSTATUS(status) & 127;
    return WEXITSTATUS(status) & 128 ? -1 : errno;
}

static int in_another_network(void)
{
    if (unshare(CLONE_NEWNET) == 0)
        return 0;
    return unshare(CLONE_NEWUSER | CLONE_NEWNET);
}

static int another_user(void)
{
    return setgroups(0, NULL) == -1 || setresgid(65534, 65534, 65534) == -1 ||
           setresuid(65534, 65534, 65534) == -1 ? -1 : 0;
}

static void sock_16(void)
{
    int fd = listener(abstract), result = call(abstract);
    int file = is_file(abstract) || is_file(abstract + 1);

    printf("SOCK-16 %s connect(2) to an @name: %s; %s of that name\n",
           yes(result == 0 && !file), outcome(result),
           file ? "a file" : "no file");
    result = call_as(another_user, abstract);
    if (result == -1)
        printf("SOCK-16 skip from another user: to become one: %s\n",
               strerror(errno));
    else
        printf("SOCK-16 %s from another user, who was given nothing but the "
               "name: %s\n", yes(result == 0),
               result == 0 ? "done" : strerror(result));
    result = call_as(in_another_network, abstract);
    if (result == -1)
        printf("SOCK-16 skip from another network namespace: to make one: %s\n",
               strerror(errno));
    else
        printf("SOCK-16 %s from another network namespace: %s\n",
               yes(result == 0), result == 0 ? "done" : strerror(result));
    close(fd);
    fd = new_socket(SOCK_STREAM);
    result = bind_to(fd, abstract);
    printf("SOCK-16 %s after close(2) nothing is in the way of the next "
           "bind(2): %s\n", yes(result == 0), outcome(result));
    close(fd);
}

static void sock_17(void)
{
    struct sockaddr_un a;
    socklen_t len = address(&a, abstract);
    int fd = listener(abstract), client = new_socket(SOCK_STREAM);
    int is_abstract = strncmp(name_of(fd), "abstract", 8) == 0;
    int whole = connect(client, (struct sockaddr *)&a, sizeof a);
    int error = errno;
    int exact = call(abstract);

    printf("SOCK-17 %s sun_path[0] = 0: the socket has %s; connect(2) with "
           "this length: %s, with sizeof addr: %s\n",
           yes(is_abstract && exact == 0), name_of(fd), outcome(exact),
           whole == -1 ? strerror(error) : "done");
    close(fd);
    close(client);
    fd = new_socket(SOCK_STREAM);
    a.sun_path[0] = '@';
    if (bind(fd, (struct sockaddr *)&a, len) == -1)
        err(EXIT_FAILURE, "bind %s", abstract);
    int file = is_file(abstract);
    unlink(abstract);
    printf("SOCK-17 %s sun_path[0] = '@': the socket has %s, %s\n", yes(file),
           name_of(fd), file ? "a file" : "and there is no file");
    close(fd);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SOCK-7", sock_7}, {"SOCK-8", sock_8}, {"SOCK-9", sock_9},
    {"SOCK-10", sock_10}, {"SOCK-16", sock_16}, {"SOCK-17", sock_17},
};

int main(int argc, char *argv[])
{
    static const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM};
    int tried = 0;

    umask(077);
    snprintf(path, sizeof path, "names.%d", (int)getpid());
    snprintf(abstract, sizeof abstract, "@names.%d", (int)getpid());
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        signal(deadly[i], on_signal);
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (atexit(clean_up) != 0)
        err(EXIT_FAILURE, "atexit");
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: names [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
