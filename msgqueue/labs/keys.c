/* keys.c - lab: what ftok(3) makes a key of.
 *
 * Claims:   GEN-11 GEN-12 GEN-13 GEN-14 GEN-16
 * Terminal: build/msgqueue/labs/keys [CLAIM]   (all labs: make claims-msgqueue)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: ftok(3), stat(2), inode(7), ls(1)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/stat.h>
#include <unistd.h>

/* All files are in a folder of our own, in which we work. */
static char ours[] = "keys.XXXXXX";
static volatile sig_atomic_t inside;

static void remove_all(void)
{
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

static void remove_other(void)
{
    if (unlink("other") == -1)
        err(EXIT_FAILURE, "unlink");
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

static struct stat status_of(const char *path)
{
    struct stat st;

    if (lstat(path, &st) == -1)
        err(EXIT_FAILURE, "lstat %s", path);
    return st;
}

/* Many file systems number their first folder 1. */
static void gen_11(void)
{
    static const char *const tops[] = {"/proc", "/sys", "/dev/shm", "/dev/pts",
                                       "/run", "/tmp"};
    enum { TOPS = sizeof tops / sizeof tops[0] };
    struct stat st = status_of("file"), a, b;
    unsigned key = (unsigned)key_of("file", 'z');

    printf("GEN-11 %s inode %#lx and proj_id %#x: the key is %#x, which has "
           "the low 16 bits of the one and the low 8 of the other\n",
           yes((key & 0xffff) == (st.st_ino & 0xffff) && key >> 24 == 'z'),
           (unsigned long)st.st_ino, 'z', key);
    if (link("file", "other") == -1)
        err(EXIT_FAILURE, "link");
    int equal = key_of("other", 'z') == (key_t)key;
    printf("GEN-11 %s another name of the same inode, from link(2): %s\n",
           yes(equal), same(equal));
    remove_other();
    for (int i = 0; i < TOPS; i++)
        for (int j = i + 1; j < TOPS; j++)
            if (stat(tops[i], &a) == 0 && stat(tops[j], &b) == 0 &&
                a.st_ino == b.st_ino && (a.st_dev & 255) != (b.st_dev & 255)) {
                equal = key_of(tops[i], 'z') == key_of(tops[j], 'z');
                printf("GEN-11 %s %s and %s have the inode number %lu, each on "
                       "its device: %s\n", yes(equal), tops[i], tops[j],
                       (unsigned long)a.st_ino, same(equal));
                return;
            }
    printf("GEN-11 skip no two files with one inode number on two devices\n");
}

static void gen_12(void)
{
    key_t key = ftok("other", 'z');
    int missing = key == -1 && errno == ENOENT;

    printf("GEN-12 %s no such path: ftok(3) returned %ld%s\n",
           yes(missing), (long)key, missing ? ", ENOENT" : "");
    write_file("other");
    key = ftok("other", 'z');
    printf("GEN-12 %s the file was made: it returned %#x\n",
           yes(missing && key != -1), (unsigned)key);
    remove_other();
}

static void gen_13(void)
{
    key_t key = ftok("file", 'z');
    printf("GEN-13 %s a file: %#x\n", yes(key != -1), (unsigned)key);
    key = ftok("folder", 'z');
    printf("GEN-13 %s a folder: %#x\n", yes(key != -1), (unsigned)key);
    key = ftok("/dev/null", 'z');
    printf("GEN-13 %s a device: %#x\n", yes(key != -1), (unsigned)key);
    if (symlink("file", "other") == -1)
        err(EXIT_FAILURE, "symlink");
    int equal = ftok("other", 'z') == key_of("file", 'z');
    printf("GEN-13 %s a symbolic link to the file: %s as the file\n",
           yes(equal), same(equal));
    remove_other();
}

static void gen_14(void)
{
    int differ = 0;

    for (int id = 1; id <= 255; id++)
        differ += id == 1 || key_of("file", id) != key_of("file", id - 1);
    printf("GEN-14 %s 1 to 255: %d keys, each unlike the one before\n",
           yes(differ == 255), differ);
    int equal = key_of("file", 257) == key_of("file", 1);
    printf("GEN-14 %s 257 has more than 8 bits: %s as 1\n", yes(!equal),
           same(equal));
    key_t key = ftok("file", 0);
    printf("GEN-14 %s 0 is not in the range: ftok(3) returned %#x\n",
           yes(key == -1), (unsigned)key);
}

/* The number in front of what ls(1) prints. */
static unsigned long shown_by_ls(const char *command)
{
    unsigned long number = 0;
    FILE *ls = popen(command, "r");

    if (ls == NULL || fscanf(ls, "%lu", &number) != 1 || pclose(ls) != 0)
        err(EXIT_FAILURE, "%s", command);
    return number;
}

static void gen_16(void)
{
    unsigned long shown = shown_by_ls("ls -i file");
    unsigned long inode = status_of("file").st_ino;

    printf("GEN-16 %s `ls -i` shows %lu, lstat(2) %lu\n", yes(shown == inode),
           shown, inode);
    if (symlink("file", "other") == -1)
        err(EXIT_FAILURE, "symlink");
    shown = shown_by_ls("ls -i other");
    inode = status_of("other").st_ino;
    printf("GEN-16 %s of a symbolic link `ls -i` shows %lu, lstat(2) %lu\n",
           yes(shown == inode), shown, inode);
    remove_other();
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"GEN-11", gen_11}, {"GEN-12", gen_12}, {"GEN-13", gen_13},
    {"GEN-14", gen_14}, {"GEN-16", gen_16},
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
        errx(2, "usage: keys [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
