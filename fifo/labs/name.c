/* name.c - lab: the name of a FIFO in the file system, and its file type.
 *
 * Claims:   FIFO-1 FIFO-3 FIFO-4 FIFO-5
 * Terminal: build/fifo/labs/name [CLAIM]        (all labs: make claims-fifo)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: fifo(7), mkfifo(3), inode(7), umask(2)
 */
#define _GNU_SOURCE /* setresuid(2), setgroups(2) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
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

static const char *type_of(mode_t mode)
{
    return S_ISFIFO(mode) ? "FIFO" : S_ISREG(mode) ? "regular file"
         : S_ISCHR(mode) ? "character device" : S_ISBLK(mode) ? "block device"
         : "something else";
}

static void fifo_1(void)
{
    struct stat st;
    int fd[2];

    new_fifo();
    if (lstat(path, &st) == -1)
        err(EXIT_FAILURE, "lstat %s", path);
    printf("FIFO-1 %s after mkfifo(3), lstat(2) says: %s\n",
           yes(S_ISFIFO(st.st_mode)), type_of(st.st_mode));
    if (pipe(fd) == -1 || fstat(fd[0], &st) == -1)
        err(EXIT_FAILURE, "pipe, fstat");
    printf("FIFO-1 %s of a pipe(2) without a name, fstat(2) says: %s\n",
           yes(S_ISFIFO(st.st_mode)), type_of(st.st_mode));
    close(fd[0]);
    close(fd[1]);
}

static void fifo_3(void)
{
    struct stat st, null;

    new_fifo();
    int named = lstat(path, &st) == 0;
    printf("FIFO-3 %s lstat(2) by its path name: %s\n", yes(named),
           named ? "found" : strerror(errno));
    if (lstat(path, &st) == -1 || lstat("/dev/null", &null) == -1)
        err(EXIT_FAILURE, "lstat");
    printf("FIFO-3 %s a special device file, as /dev/null is (%s, %u:%u): "
           "it is a %s, device number %u:%u\n",
           yes((S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) && st.st_rdev != 0),
           type_of(null.st_mode), major(null.st_rdev), minor(null.st_rdev),
           type_of(st.st_mode), major(st.st_rdev), minor(st.st_rdev));
}

static void fifo_4(void)
{
    char nowhere[sizeof path + 8];

    unlink(path);
    snprintf(nowhere, sizeof nowhere, "%s/none/f", dir);
    int result = mkfifo(path, 0600);
    printf("FIFO-4 %s mkfifo(3) of a new name: %d\n", yes(result == 0), result);
    result = mkfifo(path, 0600);
    printf("FIFO-4 %s the same name again: %d, %s\n",
           yes(result == -1 && errno == EEXIST), result, strerror(errno));
    result = mkfifo(nowhere, 0600);
    printf("FIFO-4 %s a name in a folder that is not there: %d, %s\n",
           yes(result == -1 && errno == ENOENT), result, strerror(errno));
}

/* May a second user open our FIFO for reading? 0, or the errno, or -1 if he
 * cannot come so far. */
static int second_user_gets(mode_t mode)
{
    int status;

    if (chmod(dir, 0711) == -1)
        err(EXIT_FAILURE, "chmod %s", dir);
    new_fifo();
    if (chmod(path, mode) == -1)
        err(EXIT_FAILURE, "chmod %s", path);
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        if (setgroups(0, NULL) == -1 || setresgid(65534, 65534, 65534) == -1 ||
            setresuid(65534, 65534, 65534) == -1 || access(dir, X_OK) == -1)
            _exit(255);
        _exit(open(path, O_RDONLY | O_NONBLOCK) == -1 ? errno : 0);
    }
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

/* The same mode for mkfifo(3) and for a new file of open(2). */
static void fifo_5(void)
{
    static const mode_t masks[] = {000, 022, 077};
    char file[sizeof path];
    struct stat a, b;

    snprintf(file, sizeof file, "%s/file1", dir);
    for (int i = 0; i < 3; i++) {
        mode_t old = umask(masks[i]);
        unlink(path);
        int made = mkfifo(path, 0666), fd = open(file, O_CREAT | O_EXCL, 0666);
        if (made == -1 || fd == -1 || lstat(path, &a) || fstat(fd, &b) ||
            close(fd) || unlink(file))
            err(EXIT_FAILURE, "%s, %s", path, file);
        umask(old);
        printf("FIFO-5 %s umask %03o: mkfifo(0666) made %04o, "
               "open(O_CREAT, 0666) made %04o\n",
               yes((a.st_mode & 07777) == (b.st_mode & 07777) &&
                   (a.st_mode & 07777) == (0666 & ~masks[i])),
               masks[i], a.st_mode & 07777, b.st_mode & 07777);
    }
    int open_to_all = second_user_gets(0666), closed = second_user_gets(0600);
    if (open_to_all == -1)
        printf("FIFO-5 skip a second user's open(2): needs root\n");
    else
        printf("FIFO-5 %s a second user opens it: mode 0666, %s; 0600, %s\n",
               yes(open_to_all == 0 && closed == EACCES),
               open_to_all ? strerror(open_to_all) : "done",
               closed ? strerror(closed) : "done");
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"FIFO-1", fifo_1}, {"FIFO-3", fifo_3}, {"FIFO-4", fifo_4},
    {"FIFO-5", fifo_5},
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
        errx(2, "usage: name [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
