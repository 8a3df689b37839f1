/* limits.c - the limits that the programs can meet, and where each is raised.
 *
 * Run: build/scripts/limits         all of them, as they are here and now
 *      build/scripts/limits -r      read what programs have said on stderr, and
 *                                   explain what is the reaching of a limit
 * Status: 0; of -r 1 if there was nothing to explain; 2 usage.
 *
 * The kernel tells a full table of queues by `No space left on device`, and too
 * many processes by `Resource temporarily unavailable`: the words of errno(3)
 * say neither which limit it was nor whose. So the stage asks here when a play
 * has failed. It is no script, as a shell whose user may have no more processes
 * can start none; and it looks at the limits themselves, for these differ from
 * one user, one container and one system to the other.
 */
#define _GNU_SOURCE /* RLIMIT_MSGQUEUE, RLIMIT_SIGPENDING */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    UNKNOWN = -1,
    NEVER = -2
}; /* in place of a number: not told; no limit */

/* The n-th number of a file (from 0), or UNKNOWN; `max` is NEVER. */
static double number_in(const char *path, int n)
{
    char text[256] = "";
    FILE *f = fopen(path, "re");
    size_t len = f == NULL ? 0 : fread(text, 1, sizeof text - 1, f);
    char *at = text, *end;
    double value = UNKNOWN;

    if (f != NULL)
        fclose(f);
    if (len > 0 && strncmp(text, "max", 3) == 0)
        return NEVER;
    for (; n >= 0 && len > 0; n--, at = end) {
        value = strtod(at, &end);
        if (end == at)
            return UNKNOWN;
    }
    return value;
}

/* Objects of System V; or, with a column, the sum of that. */
static double objects_in(const char *path, int column)
{
    char line[512];
    double sum = 0;
    FILE *f = fopen(path, "re");

    if (f == NULL)
        return UNKNOWN;
    if (fgets(line, sizeof line, f) != NULL) /* the headings */
        while (fgets(line, sizeof line, f) != NULL) {
            char *at = line, *end;
            double value = 1;
            for (int i = 0; i < column; i++, at = end)
                value = strtod(at, &end);
            sum += value;
        }
    fclose(f);
    return sum;
}

static double queues(void) { return objects_in("/proc/sysvipc/msg", 0); }
static double sets(void) { return objects_in("/proc/sysvipc/sem", 0); }
static double members(void) { return objects_in("/proc/sysvipc/sem", 4); }
static double segments(void) { return objects_in("/proc/sysvipc/shm", 0); }
static double pages(void)
{
    double bytes = objects_in("/proc/sysvipc/shm", 4);

    return bytes < 0 ? UNKNOWN : bytes / (double)sysconf(_SC_PAGESIZE);
}

/* Entries of a folder: all, or only numbers, of all users or only ours. */
static double entries(const char *path, int numbers, int ours)
{
    DIR *d = opendir(path);
    struct dirent *e;
    struct stat st;
    double n = 0;

    if (d == NULL)
        return UNKNOWN;
    while ((e = readdir(d)) != NULL)
        if (e->d_name[0] != '.' &&
            (!numbers || isdigit((unsigned char)e->d_name[0])) &&
            (!ours || (fstatat(dirfd(d), e->d_name, &st, 0) == 0 &&
                       st.st_uid == getuid())))
            n++;
    closedir(d);
    return n;
}

static double posix_queues(void) { return entries("/dev/mqueue", 0, 0); }
static double processes(void) { return entries("/proc", 1, 0); }
static double our_processes(void) { return entries("/proc", 1, 1); }
static double files(void) { return number_in("/proc/sys/fs/file-nr", 0); }

/* The container's word, as far as the newer cgroups have one. */
static const char *cgroup(const char *file)
{
    static char path[4200];
    char line[4096] = "";
    FILE *f = fopen("/proc/self/cgroup", "re");

    while (f != NULL && fgets(line, sizeof line, f) != NULL &&
           strncmp(line, "0::", 3) != 0)
        ;
    if (f != NULL)
        fclose(f);
    line[strcspn(line, "\n")] = '\0';
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/%s",
             strncmp(line, "0::", 3) == 0 ? line + 3 : "", file);
    return path;
}

static double pids_max(void) { return number_in(cgroup("pids.max"), 0); }
static double pids_now(void) { return number_in(cgroup("pids.current"), 0); }

static double shm_room(void)
{
    struct statvfs s;

    return statvfs("/dev/shm", &s) == -1
               ? UNKNOWN
               : (double)s.f_blocks * (double)s.f_frsize;
}

static double shm_used(void)
{
    struct statvfs s;

    return statvfs("/dev/shm", &s) == -1
               ? UNKNOWN
               : (double)(s.f_blocks - s.f_bfree) * (double)s.f_frsize;
}

static double signals_now(void) /* SigQ: those that wait, of this user */
{
    char line[256];
    double n = UNKNOWN;
    FILE *f = fopen("/proc/self/status", "re");

    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "SigQ:", 5) == 0)
            n = strtod(line + 5, NULL);
    if (f != NULL)
        fclose(f);
    return n;
}

/* A limit is a number of a file below /proc/sys, one of getrlimit(2), or what a
 * function says. */
enum id {
    MSGMNI,
    MSGMNB,
    MSGMAX,
    SEMMNI,
    SEMMNS,
    SEMMSL,
    SEMOPM,
    SHMMNI,
    SHMALL,
    SHMMAX,
    MQ_QUEUES,
    MQ_MSG,
    MQ_SIZE,
    MQ_BYTES,
    NPROC,
    PIDS,
    PID_MAX,
    THREADS,
    NOFILE,
    FILE_MAX,
    INSTANCES,
    WATCHES,
    SIGNALS,
    DEV_SHM,
    FSIZE,
    NONE
};

static const struct limit {
    const char *name, *what;
    const char *file;
    int at; /* which number of the file, or which RLIMIT_ */
    double (*most)(void), (*used)(void);
} limits[] = {
    [MSGMNI] = {"kernel.msgmni", "queues", "kernel/msgmni", 0, NULL, queues},
    [MSGMNB] = {"kernel.msgmnb", "bytes in a queue", "kernel/msgmnb", 0, NULL,
                NULL},
    [MSGMAX] = {"kernel.msgmax", "bytes in a message", "kernel/msgmax", 0, NULL,
                NULL},
    [SEMMNI] = {"kernel.sem, 4th number", "sets of semaphores", "kernel/sem", 3,
                NULL, sets},
    [SEMMNS] = {"kernel.sem, 2nd number", "semaphores in all sets",
                "kernel/sem", 1, NULL, members},
    [SEMMSL] = {"kernel.sem, 1st number", "semaphores in a set", "kernel/sem",
                0, NULL, NULL},
    [SEMOPM] = {"kernel.sem, 3rd number", "operations of a semop(2)",
                "kernel/sem", 2, NULL, NULL},
    [SHMMNI] = {"kernel.shmmni", "segments", "kernel/shmmni", 0, NULL,
                segments},
    [SHMALL] = {"kernel.shmall", "pages of all segments", "kernel/shmall", 0,
                NULL, pages},
    [SHMMAX] = {"kernel.shmmax", "bytes of a segment", "kernel/shmmax", 0, NULL,
                NULL},
    [MQ_QUEUES] = {"fs.mqueue.queues_max", "POSIX queues",
                   "fs/mqueue/queues_max", 0, NULL, posix_queues},
    [MQ_MSG] = {"fs.mqueue.msg_max", "messages in a POSIX queue",
                "fs/mqueue/msg_max", 0, NULL, NULL},
    [MQ_SIZE] = {"fs.mqueue.msgsize_max", "bytes of a POSIX message",
                 "fs/mqueue/msgsize_max", 0, NULL, NULL},
    [MQ_BYTES] = {"ulimit -q", "bytes in your POSIX queues", NULL,
                  RLIMIT_MSGQUEUE, NULL, NULL},
    [NPROC] = {"ulimit -u", "your processes", NULL, RLIMIT_NPROC, NULL,
               our_processes},
    [PIDS] = {"pids.max", "processes of this cgroup", NULL, 0, pids_max,
              pids_now},
    [PID_MAX] = {"kernel.pid_max", "processes", "kernel/pid_max", 0, NULL,
                 processes},
    [THREADS] = {"kernel.threads-max", "threads", "kernel/threads-max", 0, NULL,
                 NULL},
    [NOFILE] = {"ulimit -n", "descriptors of a process", NULL, RLIMIT_NOFILE,
                NULL, NULL},
    [FILE_MAX] = {"fs.file-max", "open files of the system", "fs/file-max", 0,
                  NULL, files},
    [INSTANCES] = {"fs.inotify.max_user_instances", "your inotify_init(2)s",
                   "fs/inotify/max_user_instances", 0, NULL, NULL},
    [WATCHES] = {"fs.inotify.max_user_watches", "files watched, inotify(7)",
                 "fs/inotify/max_user_watches", 0, NULL, NULL},
    [SIGNALS] = {"ulimit -i", "your signals that wait", NULL, RLIMIT_SIGPENDING,
                 NULL, signals_now},
    [DEV_SHM] = {"/dev/shm", "bytes of POSIX objects", NULL, 0, shm_room,
                 shm_used},
    [FSIZE] = {"ulimit -f", "bytes of a file", NULL, RLIMIT_FSIZE, NULL, NULL},
};

static double most_of(const struct limit *l)
{
    char path[128];
    struct rlimit r;

    if (l->most != NULL)
        return l->most();
    if (l->file == NULL)
        return getrlimit(l->at, &r) == -1 ? UNKNOWN
               : r.rlim_cur == RLIM_INFINITY                         ? NEVER
                                             : (double)r.rlim_cur;
    snprintf(path, sizeof path, "/proc/sys/%s", l->file);
    return number_in(path, l->at);
}

/* Where it is raised, and by whom. */
static const char *where(enum id id)
{
    if (strncmp(limits[id].name, "kernel.sem,", 11) == 0)
        return "sysctl kernel.sem='1st 2nd 3rd 4th' (root)";
    if (strncmp(limits[id].name, "ulimit", 6) == 0)
        return "ulimit, in your shell; above `ulimit -H`: limits.conf(5) "
               "(root)";
    if (id == PIDS)
        return "who started the container or the session (systemd: TasksMax=)";
    if (id == DEV_SHM)
        return "mount -o remount,size=... /dev/shm (root)";
    return "sysctl (root), for good in /etc/sysctl.conf";
}

/* Nobody will count that far. */
static int is_none(double n) { return n == NEVER || n > 1e15; }

static void write_number(char text[32], double n)
{
    if (n == UNKNOWN)
        snprintf(text, 32, "?");
    else if (is_none(n))
        snprintf(text, 32, "no limit");
    else
        snprintf(text, 32, "%.0f", n);
}

static int is_full(double most, double used)
{
    return most >= 0 && used >= 0 && used >= most;
}

static void tell_all(void)
{
    char most[32], used[32];

    printf("%-29s %11s %8s  what\n", "limit", "at most", "in use");
    for (int id = 0; id < NONE; id++) {
        double m = most_of(&limits[id]);
        double u = limits[id].used == NULL ? UNKNOWN : limits[id].used();
        write_number(most, m);
        write_number(used, u);
        printf("%-29s %11s %8s  %s%s\n", limits[id].name, most,
               u == UNKNOWN ? "" : used, limits[id].what,
               is_full(m, u) ? " FULL" : "");
    }
    printf(
        "Raise kernel.* and fs.* by: sysctl NAME=VALUE (root; for good in\n"
        "/etc/sysctl.conf), kernel.sem with all four numbers; ulimit in your\n"
        "shell, above `ulimit -H` by limits.conf(5) (root); pids.max where "
        "the\n"
        "container or the session was started.\n");
}

/* A call that fails for this reason has met one of these limits. */
static const struct rule {
    const char *call; /* "": any */
    int reason;
    enum id met[4];
} rules[] = {
    {"msgget", ENOSPC, {MSGMNI, NONE}},
    {"msgsnd", EAGAIN, {MSGMNB, NONE}},
    {"msgsnd", EINVAL, {MSGMAX, NONE}},
    {"semget", ENOSPC, {SEMMNI, SEMMNS, NONE}},
    {"semget", EINVAL, {SEMMSL, NONE}},
    {"semop", E2BIG, {SEMOPM, NONE}},
    {"shmget", ENOSPC, {SHMMNI, SHMALL, NONE}},
    {"shmget", EINVAL, {SHMMAX, NONE}},
    {"mq_open", ENOSPC, {MQ_QUEUES, NONE}},
    {"mq_open", EMFILE, {MQ_BYTES, NOFILE, NONE}},
    {"mq_open", EINVAL, {MQ_MSG, MQ_SIZE, NONE}},
    {"inotify", EMFILE, {INSTANCES, NOFILE, NONE}},
    {"inotify", ENOSPC, {WATCHES, NONE}},
    {"fork", EAGAIN, {NPROC, PIDS, PID_MAX, THREADS}},
    {"sigqueue", EAGAIN, {SIGNALS, NONE}},
    {"shm_open", ENOSPC, {DEV_SHM, NONE}},
    {"sem_open", ENOSPC, {DEV_SHM, NONE}},
    {"posix_fallocate", ENOSPC, {DEV_SHM, NONE}},
    {"", EMFILE, {NOFILE, NONE}},
    {"", ENFILE, {FILE_MAX, NONE}},
    {"", EFBIG, {FSIZE, NONE}},
};

/* Is this line about a limit? `PROGRAM: what failed: reason` */
static int explain(const char *line)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const char *reason = strerror(rules[i].reason);
        size_t len = strlen(line), n = strlen(reason);
        if (len < n || strcmp(line + len - n, reason) != 0 ||
            strstr(line, rules[i].call) == NULL)
            continue;
        int told = 0;
        for (int k = 0; k < 4 && rules[i].met[k] != NONE; k++) {
            const struct limit *l = &limits[rules[i].met[k]];
            char most[32], used[40] = "";
            double m = most_of(l), u = l->used == NULL ? UNKNOWN : l->used();
            if (m == UNKNOWN || is_none(m))
                continue;
            if (!told++) /* EINVAL: or a wrong argument, or a smaller object */
                printf("%s limit of this system: %s\n",
                       rules[i].reason == EINVAL ? "Perhaps a" : "A", line);
            write_number(most, m);
            if (u >= 0)
                snprintf(used, sizeof used, ", now %.0f", u);
            printf("  %s, %s: at most %s%s\n    raise it: %s\n", l->name,
                   l->what, most, used, where(rules[i].met[k]));
        }
        return told > 0;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    int read_it = argc == 2 && strcmp(argv[1], "-r") == 0, explained = 0;
    char *line = NULL;
    size_t room = 0;

    if (argc > 1 + read_it) {
        fprintf(stderr, "usage: limits [-r]\n");
        exit(2);
    }
    if (!read_it)
        tell_all();
    while (read_it && getline(&line, &room, stdin) != -1) {
        line[strcspn(line, "\n")] = '\0';
        explained |= explain(line);
    }
    free(line);
    if (ferror(stdin))
        err(EXIT_FAILURE, "stdin");
    if (ferror(stdout) || fflush(stdout) == EOF)
        err(EXIT_FAILURE, "stdout");
    return read_it && !explained;
}
