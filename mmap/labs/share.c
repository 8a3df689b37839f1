/* share.c - lab: who sees what is stored in a mapping: others, file, disk.
 *
 * Claims:   MMAP-2 MMAP-4 MMAP-5 MMAP-6 MMAP-7
 * Terminal: build/mmap/labs/share [CLAIM]       (all labs: make claims-mmap)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: mmap(2), msync(2), shmat(2), proc(5)
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t page;

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static char *map(int prot, int flags, int fd)
{
    void *p = mmap(NULL, page, prot, flags, fd, 0);

    if (p == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    return p;
}

/* A signal must not leave a file behind. */
static void signals(int how)
{
    sigset_t all;

    sigfillset(&all);
    if (sigprocmask(how, &all, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
}

/* A file of one page that begins with TEXT, and has no name any more. */
static int new_file(const char *text)
{
    char name[] = "mmap.lab.XXXXXX";

    signals(SIG_BLOCK);
    int fd = mkstemp(name);
    if (fd == -1 || unlink(name) == -1)
        err(EXIT_FAILURE, "mkstemp, unlink %s", name);
    signals(SIG_UNBLOCK);
    if (ftruncate(fd, (off_t)page) == -1 ||
        pwrite(fd, text, strlen(text), 0) != (ssize_t)strlen(text))
        err(EXIT_FAILURE, "ftruncate, pwrite %s", name);
    return fd;
}

/* What read(2) gets from the beginning of the file. */
static const char *in_file(int fd)
{
    static char text[8];

    memset(text, 0, sizeof(text));
    if (pread(fd, text, sizeof(text) - 1, 0) == -1)
        err(EXIT_FAILURE, "pread");
    return text;
}

/* The line of the mapping at `at` in /proc/self/maps or smaps. */
static char *entry(FILE *f, const void *at)
{
    static char line[4096], buffer[16384];
    char *end;

    if (f == NULL || setvbuf(f, buffer, _IOFBF, sizeof(buffer)) != 0)
        err(EXIT_FAILURE, "/proc/self/maps, smaps");
    while (fgets(line, sizeof(line), f) != NULL)
        if (strtoul(line, &end, 16) == (uintptr_t)at && *end == '-')
            return line;
    errx(EXIT_FAILURE, "%p is not in /proc/self/maps", at);
}

/* The name of the file that is mapped there; "" if there is none. */
static const char *mapped_file(const void *at)
{
    FILE *f = fopen("/proc/self/maps", "r");
    char *line = entry(f, at);
    int n = 0;

    sscanf(line, "%*s %*s %*s %*s %*s %n", &n);
    line[strcspn(line, "\n")] = '\0';
    fclose(f);
    const char *slash = strstr(line + n, "/mmap.lab.");
    return slash != NULL ? slash + 1 : line + n; /* without its folders */
}

/* How many kB of the mapping are stored, but not written to the disk. */
static long dirty(const void *at)
{
    FILE *f = fopen("/proc/self/smaps", "r");
    long kb, sum = 0;

    entry(f, at);
    char line[256];
    while (fgets(line, sizeof(line), f) != NULL &&
           strncmp(line, "VmFlags:", 8) != 0)
        if (sscanf(line, "Shared_Dirty: %ld", &kb) == 1 ||
            sscanf(line, "Private_Dirty: %ld", &kb) == 1)
            sum += kb;
    fclose(f);
    return sum;
}

static void mmap_2(void)
{
    int fd = new_file("file");
    char *p = map(PROT_READ, MAP_SHARED, fd);
    const char *name = mapped_file(p);

    printf("MMAP-2 %s mmap(2) of a file, MAP_SHARED: /proc/self/maps has %s\n",
           yes(strstr(name, "mmap.lab") != NULL), name);
    munmap(p, page);
    close(fd);

    p = map(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        p[0] = 'c';
        _exit(0);
    }
    if (waitpid(child, NULL, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    printf("MMAP-2 %s mmap(2) with MAP_SHARED|MAP_ANONYMOUS and fd -1, no file "
           "of anybody's: what a child stores, its parent %s\n",
           yes(p[0] != 'c'), p[0] == 'c' ? "sees" : "does not see");
    munmap(p, page);

    int id = shmget(IPC_PRIVATE, page, 0600);
    if (id == -1) {
        printf("MMAP-2 skip shmget: %s\n", strerror(errno));
        return;
    }
    p = shmat(id, NULL, 0);
    int error = errno;
    if (shmctl(id, IPC_RMID, NULL) == -1) /* goes when we detach it */
        err(EXIT_FAILURE, "shmctl");
    errno = error;
    if (p == (void *)-1)
        err(EXIT_FAILURE, "shmat");
    name = mapped_file(p);
    printf("MMAP-2 %s shared memory, shmat(2): /proc/self/maps has %s\n",
           yes(*name == '\0'), *name ? name : "no file");
    shmdt(p);
}

/* The child is there before the file: it inherits neither the mapping nor a
 * descriptor, and gets the file by its name, as a stranger would. */
static void mmap_4(void)
{
    char name[] = "mmap.lab.XXXXXX";
    int to[2], status;

    if (pipe(to) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        close(to[1]);
        int fd = read(to[0], name, sizeof(name)) > 0 ? open(name, O_RDWR) : -1;
        char *p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (p == MAP_FAILED)
            _exit(2);
        p[1] = 'c';
        _exit(p[0] == 'p' ? 0 : 1);
    }
    signals(SIG_BLOCK);
    int fd = mkstemp(name);
    char *p = ftruncate(fd, (off_t)page) == -1 ? MAP_FAILED :
        mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED) {
        p[0] = 'p';
        if (write(to[1], name, sizeof(name)) == -1)
            warn("write");
    }
    close(to[0]);
    close(to[1]); /* without a name the child gives up */
    pid_t gone = waitpid(child, &status, 0);
    if (fd == -1 || unlink(name) == -1)
        err(EXIT_FAILURE, "mkstemp, unlink %s", name);
    signals(SIG_UNBLOCK);
    if (p == MAP_FAILED || gone == -1 || !WIFEXITED(status) ||
        WEXITSTATUS(status) > 1)
        errx(EXIT_FAILURE, "ftruncate, mmap, or the child failed");
    int seen = WEXITSTATUS(status) == 0;
    printf("MMAP-4 %s two processes open and map %s, each by itself: what one "
           "stores, the other %s\n", yes(seen), name,
           seen ? "sees" : "does not see");
    printf("MMAP-4 %s and what that one stores, the first %s\n",
           yes(p[1] == 'c'), p[1] == 'c' ? "sees" : "does not see");
    munmap(p, page);
    close(fd);
}

static void mmap_5(void)
{
    int fd = new_file("hello");
    char *p = map(PROT_READ | PROT_WRITE, MAP_SHARED, fd);

    memcpy(p, "HELLO", 5);
    const char *text = in_file(fd);
    printf("MMAP-5 %s HELLO is stored in the mapping, without write(2); the "
           "file has %s\n", yes(strcmp(text, "HELLO") == 0), text);
    if (pwrite(fd, "world", 5, 0) != 5)
        err(EXIT_FAILURE, "pwrite");
    close(fd);
    printf("MMAP-5 %s world is in the file, and no descriptor left to read(2) "
           "from; a load from the mapping gets %.5s\n",
           yes(memcmp(p, "world", 5) == 0), p);
    munmap(p, page);
}

static void mmap_6(void)
{
    struct statfs fs;
    int fd = new_file("before");

    if (fsync(fd) == -1 || fstatfs(fd, &fs) == -1)
        err(EXIT_FAILURE, "fsync, fstatfs");
    char *p = map(PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    memcpy(p, "stored", 6);
    const char *text = in_file(fd);
    printf("MMAP-6 %s MAP_SHARED, stored: read(2) gets \"%s\" at once\n",
           yes(strcmp(text, "stored") == 0), text);
    long kb = dirty(p);
    printf("MMAP-6 %s but on the disk? %ld kB of it are not (dirty in smaps)\n",
           yes(kb == 0), kb);
    if (msync(p, page, MS_SYNC) == -1)
        err(EXIT_FAILURE, "msync");
    kb = dirty(p);
    if (fs.f_type == 0x01021994) /* TMPFS_MAGIC */
        printf("MMAP-6 skip msync(2): this folder is in memory, not on a "
               "disk\n");
    else
        printf("MMAP-6 %s msync(2) with MS_SYNC: now %ld kB are not\n",
               yes(kb == 0), kb);
    munmap(p, page);

    p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
    memcpy(p, "mine", 5);
    text = in_file(fd);
    printf("MMAP-6 %s MAP_PRIVATE, stored \"mine\": read(2) gets \"%s\"\n",
           yes(strcmp(text, "mine") == 0), text);
    munmap(p, page);
    close(fd);
}

static void mmap_7(void)
{
    int fd = new_file("before");
    char *other = map(PROT_READ, MAP_SHARED, fd);
    char *p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);

    memcpy(p, "mine!!", 6);
    const char *text = in_file(fd);
    printf("MMAP-7 %s MAP_PRIVATE has \"%s\" now; read(2) gets \"%s\"\n",
           yes(strcmp(text, "before") == 0), p, text);
    printf("MMAP-7 %s another mapping of the file, MAP_SHARED, has \"%s\"\n",
           yes(strcmp(other, "before") == 0), other);
    if (msync(p, page, MS_SYNC) == -1 || munmap(p, page) == -1)
        err(EXIT_FAILURE, "msync, munmap");
    text = in_file(fd);
    printf("MMAP-7 %s msync(2) and munmap(2): read(2) still gets \"%s\"\n",
           yes(strcmp(text, "before") == 0), text);
    munmap(other, page);
    close(fd);
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"MMAP-2", mmap_2}, {"MMAP-4", mmap_4}, {"MMAP-5", mmap_5},
    {"MMAP-6", mmap_6}, {"MMAP-7", mmap_7},
};

int main(int argc, char *argv[])
{
    int tried = 0;

    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: share [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
