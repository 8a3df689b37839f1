/* files.c - lab: the file of a named socket: what it is, who needs what on it.
 *
 * Claims:   SOCK-11 SOCK-12 SOCK-13 SOCK-14 SOCK-15
 * Terminal: build/unixsock/labs/files [CLAIM]   (all: make claims-unixsock)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: unix(7), bind(2), connect(2), path_resolution(7), umask(2)
 */
#define _GNU_SOURCE /* setresuid(2) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[32], path[40], second[40]; /* the paths are in the folder */
static int was_root;
static int powerless; /* 0: permissions count for us; or why they do not */

static void clean_up(void) /* only async-signal-safe calls in here */
{
    if (was_root && setuid(0) == -1)
        return; /* the folder is not ours to remove */
    chmod(folder, 0700);
    unlink(path);
    unlink(second);
    rmdir(folder);
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

static int new_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd == -1)
        err(EXIT_FAILURE, "socket");
    return fd;
}

static int bind_to(int fd, const char *name)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    strcpy(a.sun_path, name);
    return bind(fd, (struct sockaddr *)&a, sizeof a);
}

static int listener(void)
{
    int fd = new_socket();

    if (bind_to(fd, path) == -1 || listen(fd, 5) == -1)
        err(EXIT_FAILURE, "bind, listen %s", path);
    return fd;
}

/* Call and hang up: 0, or -1 and errno. */
static int call(const char *name)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = new_socket();

    strcpy(a.sun_path, name);
    int result = connect(fd, (struct sockaddr *)&a, sizeof a), error = errno;
    close(fd);
    errno = error;
    return result;
}

static void set_mode(const char *name, mode_t mode)
{
    if (chmod(name, mode) == -1)
        err(EXIT_FAILURE, "chmod %s", name);
}

/* Root may do everything, so root becomes nobody, who owns the folder. */
static void become_ordinary(void)
{
    struct stat st;

    if (geteuid() != 0)
        return;
    was_root = 1;
    if (chown(folder, 65534, 65534) == -1 || setgroups(0, NULL) == -1 ||
        setresgid((gid_t)-1, 65534, (gid_t)-1) == -1 ||
        setresuid((uid_t)-1, 65534, (uid_t)-1) == -1 ||
        stat(folder, &st) == -1) /* he may not come here */
        powerless = errno;
    if (powerless != 0 && (setresuid((uid_t)-1, 0, (uid_t)-1) == -1 ||
        setresgid((gid_t)-1, getgid(), (gid_t)-1) == -1 ||
        chown(folder, 0, getgid()) == -1)) /* what needs no nobody, as root */
        err(EXIT_FAILURE, "root again");
}

static int skipped(const char *claim)
{
    if (powerless != 0)
        printf("%s skip root cannot become somebody for whom permissions "
               "count: %s\n", claim, strerror(powerless));
    return powerless != 0;
}

static void sock_11(void)
{
    struct stat st;
    int fd = new_socket(), before = lstat(path, &st) == 0;

    umask(022);
    if (bind_to(fd, path) == -1)
        err(EXIT_FAILURE, "bind %s", path);
    umask(077);
    int after = lstat(path, &st) == 0 && S_ISSOCK(st.st_mode);
    printf("SOCK-11 %s %s before bind(2); after it: %s, mode %o (umask 022)\n",
           yes(!before && after), before ? "a file" : "no file",
           after ? "a socket file" : "none", after ? st.st_mode & 0777 : 0);
    close(fd);
    fd = new_socket();
    after = lstat(path, &st) == 0;
    int result = bind_to(fd, path);
    printf("SOCK-11 %s after close(2): %s; the next bind(2): %s\n",
           yes(after && result == -1), after ? "the file is still there" :
           "no file", outcome(result));
    close(fd);
    unlink(path);
}

static void sock_12(void)
{
    struct stat st;
    int server = listener(), fd = open(path, O_RDONLY | O_NONBLOCK);

    printf("SOCK-12 %s open(2) of the file: %s", yes(fd != -1), outcome(fd));
    if (stat(path, &st) == -1)
        err(EXIT_FAILURE, "stat %s", path);
    printf("; its size is %lld\n", (long long)st.st_size);
    if (!skipped("SOCK-12")) {
        set_mode(path, 0200);
        int result = call(path);
        printf("SOCK-12 %s mode 200, we may not read the file: connect(2): "
               "%s\n", yes(result == -1), outcome(result));
    }
    close(server);
    unlink(path);
}

static void sock_13(void)
{
    static const struct {
        mode_t mode;
        int may_write;
        const char *text;
    } tries[] = {
        {0700, 1, "read, write, search"}, {0500, 0, "no write"},
        {0300, 1, "no read"}, {0600, 1, "no search"},
    };
    struct stat st;
    int result;

    if (skipped("SOCK-13"))
        return;
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        int fd = new_socket();
        set_mode(folder, tries[i].mode);
        result = bind_to(fd, path);
        printf("SOCK-13 %s folder %o, %s: bind(2): %s\n",
               yes((result == 0) == tries[i].may_write), tries[i].mode,
               tries[i].text, outcome(result));
        close(fd);
        set_mode(folder, 0700);
        unlink(path);
    }
    int fd = new_socket();
    umask(0777);
    result = bind_to(fd, path) == -1 ? -1 : listen(fd, 5);
    umask(077);
    int may_write = stat(path, &st) == 0 && (st.st_mode & 0222) != 0;
    printf("SOCK-13 %s umask 777, so that the file has mode 000: bind(2), "
           "listen(2): %s\n", yes((result == 0) == may_write),
           outcome(result));
    close(fd);
    unlink(path);
}

static void sock_14(void)
{
    static const struct { mode_t file, folder; const char *text; } tries[] = {
        {0400, 0700, "read, no write"}, {0200, 0700, "write, no read"},
        {0600, 0600, "read and write, no search"},
        {0600, 0100, "search, nothing else"},
    };

    if (skipped("SOCK-14"))
        return;
    int server = listener();
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        int on_the_file = tries[i].folder == 0700;
        mode_t mode = on_the_file ? tries[i].file : tries[i].folder;
        set_mode(path, tries[i].file);
        set_mode(folder, tries[i].folder);
        int result = call(path);
        printf("SOCK-14 %s %s %o, %s: connect(2): %s\n",
               yes((result == 0) == ((mode & 0400) != 0)),
               on_the_file ? "file" : "folder", mode, tries[i].text,
               outcome(result));
        set_mode(folder, 0700);
    }
    close(server);
    unlink(path);
}

static void sock_15(void)
{
    int server = listener(), result = call(path);

    printf("SOCK-15 %s connect(2) to the path: %s\n", yes(result == 0),
           outcome(result));
    if (link(path, second) == 0) {
        result = call(second);
        printf("SOCK-15 %s to another path of the same file, by link(2): %s\n",
               yes(result == 0), outcome(result));
    }
    unlink(path);
    unlink(second);
    result = call(path);
    printf("SOCK-15 %s the server still listens, but the path is gone: %s\n",
           yes(result == -1), outcome(result));
    close(server);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SOCK-11", sock_11}, {"SOCK-12", sock_12}, {"SOCK-13", sock_13},
    {"SOCK-14", sock_14}, {"SOCK-15", sock_15},
};

int main(int argc, char *argv[])
{
    static const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM};
    int tried = 0;

    umask(077);
    snprintf(folder, sizeof folder, "files.%d", (int)getpid());
    snprintf(path, sizeof path, "%s/s", folder);
    snprintf(second, sizeof second, "%s/t", folder);
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        signal(deadly[i], on_signal);
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (mkdir(folder, 0700) == -1)
        err(EXIT_FAILURE, "mkdir %s", folder);
    if (atexit(clean_up) != 0)
        err(EXIT_FAILURE, "atexit");
    become_ordinary();
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: files [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
