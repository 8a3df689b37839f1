/* meet.c - lab: which programs meet by a key from ftok(3), and which do not.
 *
 * Claims:   GEN-15 GEN-17 GEN-18 GEN-19
 * Terminal: build/msgqueue/labs/meet [CLAIM]   (all labs: make claims-msgqueue)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: ftok(3), msgget(2), rename(2), inode(7), sysvipc(7)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* All files are in a folder of our own, in which we work. */
static char ours[] = "meet.XXXXXX";
static volatile sig_atomic_t inside, queue = -1;

static void remove_all(void)
{
    if (queue != -1)
        msgctl(queue, IPC_RMID, NULL);
    if (inside) {
        unlink("file");
        unlink("other");
        rmdir("folder");
        if (chdir("..") == 0)
            rmdir(ours);
    }
}

/* A file, made where there is none, and its content replaced. */
static void write_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd == -1 || write(fd, "x", 1) != 1 || close(fd) == -1)
        err(EXIT_FAILURE, "%s", path);
}

static void make_folder(void)
{
    sigset_t all, old;

    sigfillset(&all);
    if (sigprocmask(SIG_BLOCK, &all, &old) == -1 || mkdtemp(ours) == NULL ||
        chdir(ours) == -1)
        err(EXIT_FAILURE, "%s", ours);
    inside = 1;
    if (sigprocmask(SIG_SETMASK, &old, NULL) == -1 ||
        mkdir("folder", 0700) == -1)
        err(EXIT_FAILURE, "folder");
    write_file("file");
}

static void on_signal(int sig)
{
    remove_all();
    raise(sig); /* SA_RESETHAND: this time we die of it */
}

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static const char *same(int equal)
{
    return equal ? "the same key" : "another key";
}

static key_t key_of(const char *path, int proj_id)
{
    key_t key = ftok(path, proj_id);

    if (key == -1)
        err(EXIT_FAILURE, "ftok %s", path);
    return key;
}

static void make_queue(key_t key)
{
    sigset_t all, old;

    sigfillset(&all); /* no signal before we know what there is to remove */
    if (sigprocmask(SIG_BLOCK, &all, &old) == -1 ||
        (queue = msgget(key, IPC_CREAT | IPC_EXCL | 0600)) == -1)
        err(EXIT_FAILURE, "msgget %#x", (unsigned)key);
    if (sigprocmask(SIG_SETMASK, &old, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
}

static void drop_queue(void)
{
    if (msgctl(queue, IPC_RMID, NULL) == -1)
        err(EXIT_FAILURE, "msgctl IPC_RMID");
    queue = -1;
}

static void gen_15(void)
{
    key_t key = key_of("file", 'z');

    write_file("file");
    int equal = key_of("file", 'z') == key;
    printf("GEN-15 %s the file was written anew: %s\n", yes(equal),
           same(equal));
    if (rename("file", "other") == -1 || rename("other", "file") == -1)
        err(EXIT_FAILURE, "rename");
    equal = key_of("file", 'z') == key;
    printf("GEN-15 %s it was renamed, and renamed back: %s\n", yes(equal),
           same(equal));
    int fd = open("file", O_RDONLY); /* so its inode is not used again */
    if (fd == -1 || unlink("file") == -1)
        err(EXIT_FAILURE, "file");
    write_file("file");
    key_t old = key;
    key = key_of("file", 'z');
    printf("GEN-15 %s it was deleted while it was open, and made again: %s\n",
           yes(key != old), same(key == old));
    close(fd);
    write_file("other");
    if (rename("other", "file") == -1)
        err(EXIT_FAILURE, "rename");
    equal = key_of("file", 'z') == key;
    printf("GEN-15 %s never deleted, but another file was renamed to its name: "
           "%s\n", yes(equal), same(equal));

    /* A number out of the air that is no key yet; two labs have two. */
    key_t fixed = 0x49000000 + (getpid() & 0xffff) * 256;
    while (msgget(fixed, 0) != -1 || errno != ENOENT)
        fixed++;
    make_queue(fixed);
    if (unlink("file") == -1)
        err(EXIT_FAILURE, "unlink");
    int found = msgget(fixed, 0) == queue;
    printf("GEN-15 %s no file at all, and the fixed key %#x: the queue is %s\n",
           yes(found), (unsigned)fixed, found ? "found" : "lost");
    drop_queue();
    write_file("file");
}

/* For each value of the 16 bits that count: the first file that has it. */
static struct first { char *path; ino_t inode; } first[1 << 16];
static struct first second;

static int look_for_a_pair(const char *path, const struct stat *st, int type,
                           struct FTW *where)
{
    struct first *f = &first[st->st_ino & 0xffff];

    (void)where;
    if (type != FTW_F || f->inode == st->st_ino)
        return 0;
    struct first this = {strdup(path), st->st_ino};
    if (this.path == NULL)
        err(EXIT_FAILURE, "strdup");
    if (f->path == NULL) {
        *f = this;
        return 0;
    }
    second = this;
    return 1; /* it ends nftw(3) */
}

static void gen_17(void)
{
    int found = nftw("/usr", look_for_a_pair, 20, FTW_PHYS | FTW_MOUNT);

    if (found == -1)
        err(EXIT_FAILURE, "nftw /usr");
    if (found == 1) {
        const char *path = first[second.inode & 0xffff].path;
        int equal = key_of(path, 'z') == key_of(second.path, 'z');
        printf("GEN-17 %s two files, %s and %s: %s\n", yes(!equal), path,
               second.path, same(equal));
    } else {
        printf("GEN-17 skip no two files in /usr share the bits that count\n");
    }
    if (link("file", "other") == -1)
        err(EXIT_FAILURE, "link");
    int equal = key_of("file", 'z') == key_of("other", 'z');
    printf("GEN-17 %s two names of one file: %s\n", yes(!equal), same(equal));
    if (unlink("other") == -1)
        err(EXIT_FAILURE, "unlink");
}

static void gen_18(void)
{
    key_t key = ftok("file", 128);

    if (key >= 0) { /* below 0 it must be good for something, else it failed */
        printf("GEN-18 yes ftok(\"file\", 128) returned %#x, not below 0\n",
               (unsigned)key);
        return;
    }
    make_queue(key);
    int found = msgget(key, 0) == queue;
    printf("GEN-18 %s ftok(\"file\", 128) returned %ld, below 0: msgget(2) "
           "made a queue of that key%s\n", yes(!found), (long)key,
           found ? ", and found it again" : ", and lost it");
    drop_queue();
}

/* Does a program in that folder find our queue? */
static void meet(const char *place)
{
    int status;
    pid_t child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        if (chdir(place) == -1)
            _exit(2);
        int id = msgget(ftok(".", 'z'), 0);
        _exit(id == -1 ? (errno == ENOENT ? 1 : 2) : id == queue ? 0 : 2);
    }
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
        errx(EXIT_FAILURE, "the child in %s did not answer", place);
    int met = WEXITSTATUS(status) == 0;
    printf("GEN-19 %s a child in %s calls ftok(\".\", 'z'): %s\n", yes(met),
           place[0] == '.' ? "our folder" : "another folder",
           met ? "it finds our queue" : "there is no queue, ENOENT");
}

static void gen_19(void)
{
    make_queue(key_of(".", 'z'));
    meet(".");
    meet("folder");
    drop_queue();
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"GEN-15", gen_15}, {"GEN-17", gen_17}, {"GEN-18", gen_18},
    {"GEN-19", gen_19},
};

int main(int argc, char *argv[])
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    int tried = 0;

    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, 0};
         *s != 0; s++)
        if (sigaction(*s, &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    if (atexit(remove_all) != 0)
        err(EXIT_FAILURE, "atexit");
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            if (!tried++)
                make_folder();
            trials[i].try();
        }
    if (!tried)
        errx(2, "usage: meet [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
