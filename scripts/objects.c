/* objects.c - every IPC object of yours: what is in it, and who holds it.
 *
 * Run:   build/scripts/objects [-av] [-b BUILD] [-w SECONDS] [ROOM]
 *        build/scripts/objects -c [-v] [-b BUILD] [ROOM]
 *   ROOM  only what is of that room;   -w  look again every so many seconds
 *   -a    also what has nothing to do with our programs
 *   -c    clean: remove what our programs left when they were killed, see below
 *   -v    with -c: name what is kept as well, and say why
 * Environment: COLUMNS, NO_COLOR, TMPDIR (where plays have their folders).
 *
 * It only looks: /proc tells of each process what it has open and mapped, and
 * in which call it sleeps; /proc/sysvipc, semctl(2), sock_diag(7), /dev/mqueue
 * and /dev/shm tell of the objects. No root is needed. Where the kernel does
 * not say what a call waits for (Yama, ptrace_scope), the program's arguments
 * and folder do. A pipe is opened once more to ask how much is in it, in a mode
 * in which somebody has it open, and never by its path: nobody wakes up of it.
 *
 * What is removed by -c must be provably ours, and abandoned:
 *   ours       made by this user, for nobody else (mode 0600), under a name, or
 *              a key of ftok(3), that our programs make in this folder, in one
 *              of the project's, or in a play's that has lost its stage;
 *   abandoned  no process has it open, mapped or attached, sleeps in it, is a
 *              program that would use it there, or has used it and still lives
 *              (a pid that began later than that is somebody else's).
 * In doubt it stays. Status: 0; 1 if something could not be removed; 2 usage.
 */
#define _GNU_SOURCE /* memmem(3), O_PATH, statfs(2) */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <locale.h>
#include <mqueue.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

/* ---- what our programs make --------------------------------------------- */

static const char *const rooms[] = {"pipe", "fifo", "msgqueue", "semaphore",
    "shm", "mmap", "signal", "unixsock", "chat"};
enum { ROOMS = sizeof rooms / sizeof rooms[0] };

/* By key: the letter for ftok(3), the kinds of object (q, s, m) under it, how
 * many semaphores and bytes these have, and who makes and who uses them. */
static const struct key {
    char letter;
    const char *kinds, *room;
    unsigned semaphores, bytes;
    const char *maker, *user;
} keys[] = {
    {'m', "q", "msgqueue", 0, 0, "msg_server", "msg_client"},
    {'r', "q", "msgqueue", 0, 0, "msg_reply_server", "msg_reply_client"},
    {'s', "s", "semaphore", 2, 0, "sem_order", ""},
    {'i', "s", "semaphore", 1, 0, "sem_init_race", ""},
    {'h', "qsm", "shm", 2, 1024, "shm_server", "shm_client"},
};
enum { KEYS = sizeof keys / sizeof keys[0] };

/* By name: in the folder in which the program runs. */
static const struct name {
    const char *pattern, *room, *maker;
    mode_t type;
} names[] = {
    {"fifo1", "fifo", "read_fifo", S_IFIFO},
    {"fifo_server.fifo", "fifo", "fifo_server", S_IFIFO},
    {"fifo_client.[0-9]*", "fifo", "fifo_client", S_IFIFO},
    {".fifo_chat[12]", "chat", "fifo_chat", S_IFIFO},
    {".fifo_room.*", "chat", "fifo_chatroom", S_IFIFO},
    {"sock.server", "unixsock", "sock_server", S_IFSOCK},
    {"sock.dgram", "unixsock", "sock_dgram_server", S_IFSOCK},
    {"sock.pass_fd", "unixsock", "sock_pass_fd_give", S_IFSOCK},
    {"mmap.dat", "mmap", "mmap_writer", S_IFREG},
};
enum { NAMES = sizeof names / sizeof names[0] };
enum { MQUEUE_MAGIC = 0x19800202 }; /* statfs(2) */
static const ino_t FIRST_IPC = 0xeffffffful, FIRST_PID = 0xeffffffcul;
static const char magic[] = "Lines that mmap_writer and mmap_reader share\n";

/* ---- what is asked for -------------------------------------------------- */

static const char *room_wanted; /* or NULL: all of them */
static int all, cleaning, talkative;
static char programs[PATH_MAX]; /* BUILD, absolute */
static char root[PATH_MAX];     /* the project's folder, or "" */
static char here[PATH_MAX];     /* the current folder */
static uid_t me;

/* ---- text that lives until the next look -------------------------------- */

struct kept {
    struct kept *next;
    char text[];
};
static struct kept *kept;

static void *keep(size_t size)
{
    struct kept *k = calloc(1, sizeof *k + size);

    if (k == NULL)
        err(EXIT_FAILURE, "calloc");
    k->next = kept;
    kept = k;
    return k->text;
}

static void forget_all(void)
{
    while (kept != NULL) {
        struct kept *next = kept->next;
        free(kept);
        kept = next;
    }
}

__attribute__((format(printf, 1, 2)))
static char *words(const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    if (vasprintf(&text, format, args) == -1)
        err(EXIT_FAILURE, "vasprintf");
    va_end(args);
    char *copy = keep(strlen(text) + 1);
    strcpy(copy, text);
    free(text);
    return copy;
}

/* Arrays cost nothing but for what is used of them. To list a part would be
 * wrong, to clean by a part even more so. */
enum { MANY = 1 << 16, MORE = 1 << 18 };
static void *next_of(void *array, size_t *n, size_t most, size_t size)
{
    if (*n == most)
        errx(EXIT_FAILURE, "more than %zu processes, files or objects", most);
    void *next = (char *)array + (*n)++ * size;
    memset(next, 0, size);
    return next;
}

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* The rest of path behind folder, or NULL: it is not in there. */
static const char *within(const char *folder, const char *path)
{
    size_t n = strlen(folder);

    return n > 0 && strncmp(path, folder, n) == 0 && path[n] == '/'
               ? path + n + 1 : NULL;
}

/* As a user in this folder would write it. */
static const char *from_here(const char *path)
{
    const char *rest = within(here, path);

    return rest != NULL ? rest : strcmp(here, path) == 0 ? "." : path;
}

static const char *clock_time(long long t)
{
    time_t then = (time_t)t, now = time(NULL);
    struct tm a, b;
    char text[64];

    localtime_r(&then, &a);
    localtime_r(&now, &b);
    strftime(text, sizeof text, a.tm_yday == b.tm_yday &&
             a.tm_year == b.tm_year ? "%H:%M:%S" : "%Y-%m-%d %H:%M", &a);
    return words("%s", text);
}

static const char *user_name(unsigned uid)
{
    return words("user %u", uid); /* no getpwuid(3): it may ask a server */
}

static const char *plural(long n, const char *what)
{
    return words("%ld %s%s", n, what, n == 1 ? "" : "s");
}

/* ---- processes ---------------------------------------------------------- */

enum { STRANGER, PROGRAM, SCRIPT }; /* from BUILD or a room; of scripts/ */
enum { AWAKE, MSGRCV, MSGSND, SEMOP, OPENING, OTHER_CALL, SOME_CALL };

struct process {
    pid_t pid, parent;
    uid_t uid;
    int kind;
    const char *name, *room, *cwd, *exe, *argv[4];
    dev_t cwd_dev;
    ino_t cwd_ino;
    double began;       /* seconds since 1970 */
    int our_ipc;        /* in our namespace of System V objects */
    int wait;           /* in which call it sleeps; SOME_CALL: not known */
    int knows;          /* call[] is known, that is, what it waits for */
    long call[7];       /* its number and its arguments */
};
static struct process processes[MANY];
static size_t n_processes;

/* What a process has: an open file, a mapping, or a call that opens one. */
enum { FIFO, PIPE, SOCKET, SEGMENT, MAPPED, MQ, FILE_OPEN };
enum { READS = 1, WRITES = 2 };
struct use {
    int kind, fd, mode; /* fd -1: none (mapped), -2: it waits in open(2) */
    dev_t dev;
    ino_t ino;
    size_t process;     /* its index */
    const char *path;
    unsigned long bytes;
};
static struct use uses[MORE];
static size_t n_uses;

static struct use *add_use(int kind, dev_t dev, ino_t ino, int fd, int mode)
{
    struct use *u = next_of(uses, &n_uses, MORE, sizeof *uses);
    u->kind = kind;
    u->dev = dev;
    u->ino = ino;
    u->fd = fd;
    u->mode = mode;
    u->process = n_processes; /* the one that is being looked at */
    return u;
}

/* A small file of /proc, as a string; 0: cannot be read. */
static size_t read_file(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t used = 0;
    ssize_t n = 1;

    while (fd != -1 && used < size - 1 &&
           (n = read(fd, text + used, size - 1 - used)) > 0)
        used += (size_t)n;
    if (fd != -1)
        close(fd);
    text[n < 0 ? 0 : used] = '\0';
    return n < 0 ? 0 : used;
}

static int read_link(const char *path, char *text, size_t size)
{
    ssize_t n = readlink(path, text, size - 1);

    text[n < 0 ? 0 : n] = '\0';
    return n > 0;
}

/* The names in a folder, sorted; the last one is NULL. */
static char **names_in(const char *folder)
{
    struct dirent **e;
    int n = scandir(folder, &e, NULL, alphasort);
    char **list = keep((size_t)(n < 0 ? 1 : n + 1) * sizeof *list);

    for (int i = 0; i < n; i++) {
        list[i] = words("%s", e[i]->d_name);
        free(e[i]);
    }
    if (n >= 0)
        free(e);
    return list;
}

/* Copy bytes out of its memory. Only who may trace it may do that. */
static int peek(const struct process *p, long address, void *to, size_t size)
{
    int fd = open(words("/proc/%d/mem", (int)p->pid), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd == -1 ? -1 : pread(fd, to, size, (off_t)address);

    if (fd != -1)
        close(fd);
    return n == (ssize_t)size;
}

/* The same for a string. It may end where its page ends, not behind it. */
static int peek_string(const struct process *p, long address, char *to,
                       size_t size)
{
    size_t used = 0, n;

    for (; used < size; used += n) {
        n = 4096 - ((size_t)address + used) % 4096;
        n = n < size - used ? n : size - used;
        if (!peek(p, address + (long)used, to + used, n))
            return 0;
        if (memchr(to + used, '\0', n) != NULL)
            return 1;
    }
    return 0;
}

/* Which program, and of which room: that is where its file lies. */
static void find_room(struct process *p)
{
    const char *rest = within(programs, p->exe);

    if (rest == NULL && (rest = within(root, p->exe)) == NULL)
        return;
    if (rest == within(programs, p->exe) && strchr(rest, '/') != NULL) {
        p->kind = PROGRAM; /* one's own, if it is put there */
        p->room = "";
    }
    for (const char *s; (s = strchr(rest, '/')) != NULL; rest = s + 1) {
        for (int i = 0; i < ROOMS; i++)
            if ((size_t)(s - rest) == strlen(rooms[i]) &&
                strncmp(rest, rooms[i], strlen(rooms[i])) == 0) {
                p->room = rooms[i];
                p->kind = PROGRAM;
                return;
            }
        if (strncmp(rest, "scripts/", 8) == 0)
            p->kind = SCRIPT;
    }
}

/* A path as the process means it: relative to its folder. */
static const char *its_path(const struct process *p, int folder,
                            const char *path)
{
    if (path[0] == '/')
        return words("%s", path);
    if (folder != AT_FDCWD)
        return words("/proc/%d/fd/%d/%s", (int)p->pid, folder, path);
    return p->cwd[0] == '\0' ? "" : words("%s/%s", p->cwd, path);
}

/* Is that a FIFO? Then the process sleeps in open(2) until a partner comes. */
static int opens(const struct process *p, int folder, const char *path,
                 int mode)
{
    const char *whole = its_path(p, folder, path);
    struct stat st;

    if (stat(whole, &st) == -1 || !S_ISFIFO(st.st_mode))
        return 0;
    add_use(FIFO, st.st_dev, st.st_ino, -2, mode)->path = whole;
    return 1;
}

static int has(size_t process, int kind, dev_t dev, ino_t ino)
{
    for (size_t i = 0; i < n_uses; i++)
        if (uses[i].process == process && uses[i].kind == kind &&
            uses[i].dev == dev && uses[i].ino == ino && uses[i].fd != -2)
            return 1;
    return 0;
}

/* The kernel says that it waits for a partner, but not where: what would it do
 * with these arguments? */
static int guess_opening(const struct process *p)
{
    const char *argument = p->argv[1] ? p->argv[1] : "";
    struct stat st;

    if (strcmp(p->name, "read_fifo") == 0 || strcmp(p->name, "write_fifo") == 0)
        return opens(p, AT_FDCWD, argument[0] ? argument : "fifo1",
                     p->name[0] == 'r' ? READS : WRITES);
    if (strcmp(p->name, "fifo_chat") == 0) {
        int second = stat(its_path(p, AT_FDCWD, ".fifo_chat1"), &st) == 0 &&
                     has(n_processes, FIFO, st.st_dev, st.st_ino);
        return opens(p, AT_FDCWD, second ? ".fifo_chat2" : ".fifo_chat1",
                     (argument[0] == '1') == second ? READS : WRITES);
    }
    for (int i = 1; i < 4 && p->argv[i] != NULL; i++)
        if (opens(p, AT_FDCWD, p->argv[i], 0))
            break;
    return 0; /* it may as well be the next one */
}

static void find_call(struct process *p, const char *task)
{
    char text[512], path[PATH_MAX];
    long *c = p->call;

    read_file(words("%s/syscall", task), text, sizeof text);
    if (sscanf(text, "%ld %lx %lx %lx %lx %lx %lx", &c[0],
               (unsigned long *)&c[1], (unsigned long *)&c[2],
               (unsigned long *)&c[3], (unsigned long *)&c[4],
               (unsigned long *)&c[5], (unsigned long *)&c[6]) == 7) {
        long file = 0, flags = 0, folder = AT_FDCWD;
        p->knows = 1;
        p->wait = OTHER_CALL;
#ifdef SYS_msgrcv
        if (c[0] == SYS_msgrcv || c[0] == SYS_msgsnd)
            p->wait = c[0] == SYS_msgrcv ? MSGRCV : MSGSND;
#endif
#ifdef SYS_semop
        if (c[0] == SYS_semop)
            p->wait = SEMOP;
#endif
#ifdef SYS_semtimedop
        if (c[0] == SYS_semtimedop)
            p->wait = SEMOP;
#endif
#ifdef SYS_semtimedop_time64
        if (c[0] == SYS_semtimedop_time64)
            p->wait = SEMOP;
#endif
#ifdef SYS_open
        if (c[0] == SYS_open)
            file = c[1], flags = c[2];
#endif
        if (c[0] == SYS_openat)
            folder = (int)c[1], file = c[2], flags = c[3];
        if (file == 0)
            return;
        p->wait = OPENING;
        int mode = (flags & O_ACCMODE) == O_RDONLY   ? READS
                   : (flags & O_ACCMODE) == O_WRONLY ? WRITES
                                                     : READS | WRITES;
        if (!peek_string(p, file, path, sizeof path))
            p->knows = 0;
        else if (!opens(p, (int)folder, path, mode))
            p->wait = OTHER_CALL;
        return;
    }
    /* The function in the kernel in which it sleeps. */
    read_file(words("%s/wchan", task), text, sizeof text);
    p->wait = strstr(text, "msgrcv")              ? MSGRCV
              : strstr(text, "msgsnd")            ? MSGSND
              : strstr(text, "semtimedop")        ? SEMOP
              : strstr(text, "wait_for_partner") ||
                      strstr(text, "fifo_open")   ? OPENING
              : isalpha((unsigned char)text[0])   ? OTHER_CALL
                                                  : SOME_CALL;
    if (p->wait == OPENING)
        p->knows = guess_opening(p);
}

/* Of a program with threads: one that sleeps in a call that matters here. */
static void find_calls(struct process *p, long threads)
{
    char *folder = words("/proc/%d/task", (int)p->pid);

    if (p->wait != AWAKE)
        find_call(p, words("/proc/%d", (int)p->pid));
    if (threads < 2 || p->uid != me)
        return;
    for (char **task = names_in(folder); *task != NULL; task++)
        if (**task != '.' && (p->wait < MSGRCV || p->wait > OPENING))
            find_call(p, words("%s/%s", folder, *task));
}

static void look_at_files(const struct process *p)
{
    char folder[64], path[PATH_MAX + 64], target[PATH_MAX];
    struct dirent *e;
    DIR *d;

    snprintf(folder, sizeof folder, "/proc/%d/fd", (int)p->pid);
    if ((d = opendir(folder)) == NULL)
        return;
    while ((e = readdir(d)) != NULL) {
        unsigned long long ino;
        struct stat st;
        struct statfs fs;
        if (!isdigit((unsigned char)e->d_name[0]))
            continue;
        int fd = atoi(e->d_name), mode;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (!read_link(path, target, sizeof target) || lstat(path, &st) == -1)
            continue;
        mode = (st.st_mode & 0400 ? READS : 0) |
               (st.st_mode & 0200 ? WRITES : 0);
        if (sscanf(target, "pipe:[%llu]", &ino) == 1) {
            add_use(PIPE, 0, (ino_t)ino, fd, mode);
        } else if (sscanf(target, "socket:[%llu]", &ino) == 1) {
            add_use(SOCKET, 0, (ino_t)ino, fd, mode);
        } else if (target[0] == '/' && stat(path, &st) == 0 && mode != 0) {
            int kind = S_ISFIFO(st.st_mode) ? FIFO : FILE_OPEN;
            if (S_ISREG(st.st_mode) && (strchr(target + 1, '/') == NULL ||
                                        within("/dev/mqueue", target)) &&
                statfs(path, &fs) == 0 && fs.f_type == MQUEUE_MAGIC)
                kind = MQ;
            if (kind == FILE_OPEN && !S_ISREG(st.st_mode))
                continue;
            struct use *u = add_use(kind, st.st_dev, st.st_ino, fd, mode);
            u->path = words("%s", target);
        }
    }
    closedir(d);
}

static void look_at_mappings(const struct process *p)
{
    char *line = NULL;
    size_t size = 0;
    FILE *f = fopen(words("/proc/%d/maps", (int)p->pid), "re");

    while (f != NULL && getline(&line, &size, f) != -1) {
        unsigned long begin, end;
        unsigned major_, minor_;
        unsigned long long ino;
        char r, w, shared;
        int at = 0;
        if (sscanf(line, "%lx-%lx %c%c%*c%c %*x %x:%x %llu %n", &begin, &end,
                   &r, &w, &shared, &major_, &minor_, &ino, &at) < 8 ||
            shared != 's' || at == 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        int mode = (r == 'r' ? READS : 0) | (w == 'w' ? WRITES : 0);
        int segment = strncmp(line + at, "/SYSV", 5) == 0;
        struct use *u;
        if (segment ? !p->our_ipc : ino == 0) /* (a segment may have id 0) */
            continue;
        dev_t dev = segment ? 0 : makedev(major_, minor_);
        for (u = uses; u < uses + n_uses; u++) /* a file in several parts */
            if (u->process == n_processes && u->fd == -1 && u->dev == dev &&
                u->ino == ino && u->kind == (segment ? SEGMENT : MAPPED))
                break;
        if (u == uses + n_uses) {
            u = add_use(segment ? SEGMENT : MAPPED, dev, (ino_t)ino, -1, mode);
            u->path = words("%s", line + at);
        }
        u->mode |= mode;
        u->bytes += end - begin;
    }
    free(line);
    if (f != NULL)
        fclose(f);
}

static double boot_time(void) /* in seconds since 1970 */
{
    struct timespec now, up;

    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    return (double)(now.tv_sec - up.tv_sec) +
           (double)(now.tv_nsec - up.tv_nsec) / 1e9;
}

static void look_at_process(int pid)
{
    char text[8192], ns[64], path[PATH_MAX];
    struct process p = {.pid = pid, .name = "", .cwd = "", .exe = ""};
    unsigned long long start = 0;
    struct stat st;
    char state = 'Z', *end;
    long threads = 1;
    int parent = 0;

    read_file(words("/proc/%d/stat", pid), text, sizeof text);
    if ((end = strrchr(text, ')')) == NULL || strchr(text, '(') == NULL)
        return;
    *end = '\0';
    p.name = words("%s", strchr(text, '(') + 1);
    if (sscanf(end + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u "
               "%*d %*d %*d %*d %ld %*d %llu", &state, &parent, &threads,
               &start) != 4 ||
        (threads < 2 && (state == 'Z' || state == 'X'))) /* has nothing */
        return;
    p.parent = parent;
    p.began = boot_time() + (double)start / (double)sysconf(_SC_CLK_TCK);
    p.wait = state == 'S' || state == 'D' || state == 'T' || state == 't'
                 ? SOME_CALL : AWAKE;
    unsigned uid = (unsigned)-1;
    read_file(words("/proc/%d/status", pid), text, sizeof text);
    if ((end = strstr(text, "\nUid:")) == NULL ||
        sscanf(end + 5, "%*u %u", &uid) != 1)
        return;
    p.uid = uid;
    if (read_link(words("/proc/%d/exe", pid), path, sizeof path)) {
        if (strlen(path) > 10 &&
            strcmp(path + strlen(path) - 10, " (deleted)") == 0)
            path[strlen(path) - 10] = '\0'; /* built anew meanwhile */
        p.exe = words("%s", path);
        find_room(&p);
        if (p.kind == PROGRAM)
            p.name = base(p.exe);
    } else { /* another user's, or a thread of the kernel: nothing to see */
        p.wait = AWAKE;
        *(struct process *)next_of(processes, &n_processes, MANY, sizeof p) = p;
        return;
    }
    if (read_link(words("/proc/%d/cwd", pid), path, sizeof path) &&
        stat(words("/proc/%d/cwd", pid), &st) == 0) {
        p.cwd = words("%s", path);
        p.cwd_dev = st.st_dev;
        p.cwd_ino = st.st_ino;
    }
    size_t n = read_file(words("/proc/%d/cmdline", pid), text, sizeof text);
    const char *argument = text;
    for (int i = 0; i < 4 && argument < text + n; i++) {
        p.argv[i] = words("%s", argument);
        argument += strlen(argument) + 1;
    }
    p.our_ipc = read_link(words("/proc/%d/ns/ipc", pid), path, sizeof path) &&
                read_link("/proc/self/ns/ipc", ns, sizeof ns) &&
                strcmp(path, ns) == 0;
    look_at_files(&p);
    look_at_mappings(&p);
    find_calls(&p, threads);
    *(struct process *)next_of(processes, &n_processes, MANY, sizeof p) = p;
}

static int by_object(const void *a, const void *b)
{
    const struct use *x = a, *y = b;

    return x->kind != y->kind         ? x->kind - y->kind
           : x->dev != y->dev         ? (x->dev < y->dev ? -1 : 1)
           : x->ino != y->ino         ? (x->ino < y->ino ? -1 : 1)
           : x->process != y->process ? (x->process < y->process ? -1 : 1)
                                      : x->fd - y->fd;
}

static int by_pid(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void look_at_processes(void)
{
    DIR *d = opendir("/proc");
    struct dirent *e;
    static int pids[MANY];
    size_t n = 0;

    if (d == NULL)
        err(EXIT_FAILURE, "/proc");
    while ((e = readdir(d)) != NULL)
        if (isdigit((unsigned char)e->d_name[0]) &&
            atoi(e->d_name) != (int)getpid()) {
            int *pid = next_of(pids, &n, MANY, sizeof *pids);
            *pid = atoi(e->d_name);
        }
    closedir(d);
    n_processes = n_uses = 0;
    qsort(pids, n, sizeof *pids, by_pid);
    for (size_t i = 0; i < n; i++)
        look_at_process(pids[i]);
    qsort(uses, n_uses, sizeof *uses, by_object);
}

static int is_wanted(const struct process *p)
{
    return p->kind == PROGRAM &&
           (room_wanted == NULL || strcmp(p->room, room_wanted) == 0);
}

static const char *who(const struct process *p)
{
    return words("%s %d", p->name, (int)p->pid);
}

/* A child tells itself from its parent by its pid only. */
static const char *child_of(const struct process *p)
{
    for (size_t i = 0; i < n_processes; i++)
        if (processes[i].pid == p->parent && p->kind == PROGRAM &&
            strcmp(processes[i].exe, p->exe) == 0)
            return words("; child of %d", (int)p->parent);
    return "";
}

/* ---- places: folders (and files) whose names and keys are ours ---------- */

struct place {
    const char *path;
    dev_t dev;
    ino_t ino;
    int is_ours;   /* what lies there may be cleaned away */
    int is_play;   /* made by the stage, for one play */
    const char *in_use; /* that play still runs: who says so */
};
static struct place places[MANY];
static size_t n_places;

static struct place *add_place(const char *path, int is_ours)
{
    struct stat st;

    if (path[0] != '/' || stat(path, &st) == -1)
        return NULL;
    for (size_t i = 0; i < n_places; i++)
        if (places[i].dev == st.st_dev && places[i].ino == st.st_ino) {
            places[i].is_ours |= is_ours;
            return &places[i];
        }
    struct place *p = next_of(places, &n_places, MANY, sizeof *places);
    p->path = path;
    p->dev = st.st_dev;
    p->ino = st.st_ino;
    p->is_ours = is_ours;
    return p;
}

static unsigned key_bits(dev_t dev, ino_t ino) /* what ftok(3) keeps of them */
{
    return (unsigned)((dev & 0xff) << 16 | (ino & 0xffff));
}

static int is_play_name(const char *name)
{
    return strncmp(name, "ipc.", 4) == 0 && strlen(name) == 10 &&
           strspn(name + 4, "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == 6;
}

/* The stage has locked the keys of its folder by an abstract name. */
static int on_stage(unsigned bits)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int n = snprintf(name.sun_path + 1, sizeof name.sun_path - 1,
                     "ipc-play-%06x.lock", bits);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    /* Not the type of its socket: that disturbs nobody, yet tells. */
    int there = fd == -1 ||
                connect(fd, (struct sockaddr *)&name,
                        (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1 +
                            (socklen_t)n) == 0 || errno != ECONNREFUSED;
    if (fd != -1)
        close(fd);
    return there;
}

static void find_plays(void)
{
    const char *tmp = getenv("TMPDIR");
    char whole[PATH_MAX];

    if (realpath(tmp != NULL && tmp[0] ? tmp : "/tmp", whole) == NULL)
        return;
    for (char **name = names_in(whole); *name != NULL; name++) {
        const char *path = words("%s/%s", whole, *name);
        struct stat st;
        if (!is_play_name(*name) || lstat(path, &st) == -1 ||
            !S_ISDIR(st.st_mode) || st.st_uid != me ||
            (st.st_mode & 0777) != 0700)
            continue;
        struct place *p = add_place(path, 1);
        if (p == NULL)
            continue;
        p->is_play = 1;
        if (on_stage(key_bits(p->dev, p->ino)))
            p->in_use = "its play is on the stage";
        for (size_t i = 0; i < n_processes; i++)
            if (processes[i].cwd_dev == p->dev &&
                processes[i].cwd_ino == p->ino)
                p->in_use = words("%s is in its folder", who(&processes[i]));
    }
}

static void find_places(void)
{
    n_places = 0;
    add_place(here, 1);
    if (root[0] != '\0') {
        add_place(root, 1);
        for (int i = 0; i < ROOMS; i++)
            add_place(words("%s/%s", root, rooms[i]), 1);
    }
    add_place(words("%s", programs), 1);
    for (int i = 0; i < ROOMS; i++)
        add_place(words("%s/%s", programs, rooms[i]), 1);
    find_plays();
    /* Where one of our programs runs, and what it makes its key of. */
    for (size_t i = 0; i < n_processes; i++) {
        const struct process *p = &processes[i];
        if (p->kind != PROGRAM || p->uid != me || p->cwd[0] == '\0')
            continue;
        add_place(p->cwd, 0);
        for (int k = 0; k < KEYS; k++)
            if (p->argv[1] != NULL && (strcmp(p->name, keys[k].maker) == 0 ||
                                       strcmp(p->name, keys[k].user) == 0))
                add_place(its_path(p, AT_FDCWD, p->argv[1]), 0);
    }
}

static int is_at(const struct process *p, const struct place *at)
{
    struct stat st;

    if (p->cwd_ino == at->ino && p->cwd_dev == at->dev)
        return 1;
    return p->argv[1] != NULL && p->cwd[0] != '\0' &&
           stat(its_path(p, AT_FDCWD, p->argv[1]), &st) == 0 &&
           st.st_dev == at->dev && st.st_ino == at->ino;
}

/* ---- objects ------------------------------------------------------------ */

enum { QUEUES, SETS, SEGMENTS, FIFOS, PIPES, SOCKETS, MAPS, POSIX, BLOCKS };
static const char *const titles[BLOCKS] = {
    "Message queues (ipcs -q)", "Semaphore sets (ipcs -s)",
    "Shared memory segments (ipcs -m)", "FIFOs", "Pipes", "Sockets",
    "Shared mappings", "POSIX objects"};

struct holder {
    struct holder *next;
    const char *who, *what;
};
struct object {
    int block, relevant;
    const char *label, *state; /* what it is; what is in it */
    struct holder *holders;
    int is_ours;               /* it may be cleaned away, if nobody uses it */
    const char *why_ours, *why_not, *alive; /* the reasons, in words */
    int id;                    /* System V */
    const char *path;          /* of a file */
    dev_t dev;
    ino_t ino;
};
static struct object objects[MANY];
static size_t n_objects;

static struct object *add_object(int block)
{
    struct object *o = next_of(objects, &n_objects, MANY, sizeof *objects);
    o->block = block;
    o->id = -1;
    o->label = o->state = "";
    return o;
}

static void add_holder(struct object *o, const char *name, const char *what)
{
    struct holder *h = keep(sizeof *h), **last = &o->holders;

    while (*last != NULL)
        last = &(*last)->next;
    h->who = name;
    h->what = what;
    *last = h;
}

/* ---- System V: queues, sets, segments ----------------------------------- */

struct sysv { /* a line of /proc/sysvipc */
    char kind; /* q, s, m */
    unsigned key, perms, uid, cuid;
    int id;
    unsigned long size, n, attached; /* bytes; messages or semaphores */
    int pid[2];                      /* who used it last */
    long long time[3];
};

static int parse_sysv(char kind, const char *line, struct sysv *s)
{
    long long key;

    memset(s, 0, sizeof *s);
    s->kind = kind;
    switch (kind) {
    case 'q':
        if (sscanf(line, "%lld %d %o %lu %lu %d %d %u %*u %u %*u %lld %lld "
                   "%lld", &key, &s->id, &s->perms, &s->size, &s->n, &s->pid[0],
                   &s->pid[1], &s->uid, &s->cuid, &s->time[0], &s->time[1],
                   &s->time[2]) != 12)
            return 0;
        break;
    case 's':
        if (sscanf(line, "%lld %d %o %lu %u %*u %u %*u %lld %lld", &key, &s->id,
                   &s->perms, &s->n, &s->uid, &s->cuid, &s->time[0],
                   &s->time[2]) != 8)
            return 0;
        break;
    default:
        if (sscanf(line, "%lld %d %o %lu %d %d %lu %u %*u %u %*u %lld %lld "
                   "%lld", &key, &s->id, &s->perms, &s->size, &s->pid[0],
                   &s->pid[1], &s->attached, &s->uid, &s->cuid, &s->time[0],
                   &s->time[1], &s->time[2]) != 12)
            return 0;
    }
    s->key = (unsigned)key;
    return 1;
}

static int waits_in(const struct process *p, const struct sysv *s)
{
    return p->our_ipc && (s->kind == 'q'   ? p->wait == MSGRCV ||
                                                 p->wait == MSGSND
                          : s->kind == 's' ? p->wait == SEMOP
                                           : 0);
}

/* Is its key known, as it is one of ours? */
static const struct key *key_of(const struct process *p)
{
    for (int k = 0; p->kind == PROGRAM && k < KEYS; k++)
        if (strcmp(p->name, keys[k].maker) == 0 ||
            strcmp(p->name, keys[k].user) == 0)
            return &keys[k];
    return NULL;
}

/* Does this program use that object, having been started where it was? */
static int would_use(const struct process *p, const struct sysv *s,
                     const struct place *at)
{
    const struct key *key = key_of(p);
    const char *path = p->argv[1] && p->argv[1][0] != '-' ? p->argv[1] : ".";
    struct stat st;

    if (key == NULL || at == NULL || p->cwd[0] == '\0' ||
        s->key >> 24 != (unsigned char)key->letter ||
        strchr(key->kinds, s->kind) == NULL)
        return 0;
    if (key->letter == 'i')
        path = "."; /* the argument is a number */
    return stat(its_path(p, AT_FDCWD, path), &st) == 0 &&
           key_bits(st.st_dev, st.st_ino) == (s->key & 0xffffff);
}

/* Does its file have the name of the call in it? Whoever calls it, has. */
static int mentions(const struct process *p, const struct sysv *s)
{
    const char *call = s->kind == 'q' ? "msgget" : s->kind == 's' ? "semget"
                                                                  : "shmget";
    int fd = open(words("/proc/%d/exe", (int)p->pid), O_RDONLY | O_CLOEXEC);
    struct stat st;
    int found = 0;

    if (fd == -1)
        return 0;
    if (fstat(fd, &st) == 0 && st.st_size > 0) {
        void *text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd,
                          0);
        if (text != MAP_FAILED) {
            found = memmem(text, (size_t)st.st_size, call,
                           strlen(call)) != NULL;
            munmap(text, (size_t)st.st_size);
        }
    }
    close(fd);
    return found;
}

/* Somebody's own program, in the folder of which the key is made. (Of the
 * system's, an interpreter might know these calls and not use them.) */
static int could_use(const struct process *p, const struct sysv *s,
                     const struct place *at)
{
    static const char *const system[] = {"/usr", "/bin", "/sbin", "/lib"};

    if (p->uid != me || p->kind == SCRIPT || key_of(p) != NULL || at == NULL ||
        !is_at(p, at))
        return 0;
    for (size_t i = 0; i < sizeof system / sizeof system[0]; i++)
        if (within(system[i], p->exe) != NULL)
            return 0;
    return mentions(p, s);
}

/* What it waits for, in words. */
static const char *semop_words(const struct process *p, const struct sysv *s)
{
    struct sembuf op;

    for (long i = 0; p->knows && i < p->call[3] && i < 500; i++) {
        if (!peek(p, p->call[2] + i * (long)sizeof op, &op, sizeof op))
            break;
        int value = semctl(s->id, op.sem_num, GETVAL);
        if (op.sem_op == 0 && value != 0)
            return words("waits in semop(2) until number %d is 0",
                         op.sem_num);
        if (op.sem_op < 0 && value < -op.sem_op)
            return words("waits in semop(2) until number %d is %d or more",
                         op.sem_num, -op.sem_op);
    }
    return "waits in semop(2)";
}

static const char *wait_words(const struct process *p, const struct sysv *s)
{
    if (p->wait == SEMOP)
        return semop_words(p, s);
    if (p->wait == MSGSND)
        return "waits in msgsnd(2) until there is room";
    long type = p->call[4];
    return !p->knows   ? "waits in msgrcv(2)"
           : type > 0  ? words("waits in msgrcv(2) for type %ld", type)
           : type == 0 ? "waits in msgrcv(2) for any type"
                       : words("waits in msgrcv(2) for types up to %ld", -type);
}

/* The values, and who sleeps because of them. */
static const char *set_state(const struct sysv *s, long *sleepers)
{
    union { int val; unsigned short *array; } arg;
    const char *values = "", *below = "", *zero = "";
    unsigned long i, shown = s->n < 8 ? s->n : 8;

    arg.array = keep((s->n + 1) * sizeof *arg.array);
    int known = semctl(s->id, 0, GETALL, arg) != -1;
    for (i = *sleepers = 0; known && i < s->n && i < 1000; i++) {
        int n = semctl(s->id, (int)i, GETNCNT);
        int z = semctl(s->id, (int)i, GETZCNT);
        *sleepers += (n > 0 ? n : 0) + (z > 0 ? z : 0);
        if (i >= shown)
            continue;
        values = words("%s %hu", values, arg.array[i]);
        if (n > 0)
            below = words("%s; number %lu: %d wait%s", below, i, n,
                          n == 1 ? "s" : "");
        if (z > 0)
            zero = words("%s; number %lu: %d wait%s for 0", zero, i, z,
                         z == 1 ? "s" : "");
    }
    if (!known)
        return plural((long)s->n, "semaphore");
    return words("value%s%s%s%s%s", s->n == 1 ? "" : "s", values,
                 s->n > shown ? " ..." : "", below, zero);
}

/* What it did in the end, of those who used it last. */
struct last {
    int pid;
    long long time;
    const char *what;
};

/* One of those whose pid the object has kept: does it live, is it him? Who has
 * begun later is another; but the clock may have been put forward since. */
static const struct process *lives(const struct last *l, const struct sysv *s)
{
    for (size_t i = 0; i < n_processes; i++) {
        const struct process *p = &processes[i];
        if (p->pid == l->pid && (p->began < (double)l->time + 2 ||
                                 (s != NULL && mentions(p, s))))
            return p;
    }
    return NULL;
}

static int list_last(const struct sysv *s, struct last *l)
{
    int n = 0;

    if (s->kind == 'q') {
        l[n++] = (struct last){s->pid[0], s->time[0], "sent last"};
        l[n++] = (struct last){s->pid[1], s->time[1], "received last"};
    } else if (s->kind == 'm') {
        long long t = s->time[0] > s->time[1] ? s->time[0] : s->time[1];
        l[n++] = (struct last){s->pid[0], s->time[2], "made it"};
        l[n++] = (struct last){s->pid[1], t, "attached or detached last"};
    } else {
        /* SETVAL counts, too; ctime is that of the last one of these */
        long long t = s->time[0] > s->time[2] ? s->time[0] : s->time[2];
        for (unsigned long i = 0; i < s->n && i < 1000 && n < 64; i++) {
            int pid = semctl(s->id, (int)i, GETPID), known = pid <= 0;
            for (int k = 0; k < n; k++)
                known |= l[k].pid == pid;
            if (!known)
                l[n++] = (struct last){pid, t, "operated last"};
        }
    }
    return n;
}

/* Others may have what we see, if we share the first namespace of System V with
 * all, but not that of processes. Between two containers nothing tells. */
static int sees_all(void)
{
    struct stat ipc, pid;

    return stat("/proc/self/ns/ipc", &ipc) == -1 ||
           stat("/proc/self/ns/pid", &pid) == -1 ||
           ipc.st_ino != FIRST_IPC || pid.st_ino == FIRST_PID;
}
static const char unseen[] = "whoever is outside of this PID namespace is not "
                             "seen";

/* What this process has to do with the object. NULL: nothing. */
static const char *holds(const struct process *p, size_t number,
                         struct object *o, const struct sysv *s,
                         const struct place *at)
{
    int used = would_use(p, s, at), sleeps = waits_in(p, s);
    const char *what = used ? "uses it" : NULL;

    for (size_t u = 0; s->kind == 'm' && u < n_uses; u++)
        if (uses[u].kind == SEGMENT && uses[u].process == number &&
            uses[u].ino == (ino_t)s->id)
            what = uses[u].mode & WRITES ? "attached" : "attached read-only";
    if (sleeps && (p->knows ? p->call[1] == s->id : used))
        return wait_words(p, s);
    if (sleeps && !p->knows && p->uid == me &&
        (key_of(p) == NULL || (s->key == IPC_PRIVATE &&
                               strcmp(p->name, "msg_client") == 0))) {
        o->alive = words("%s sleeps in such an object, perhaps in this one",
                         who(p));
        if (s->key == IPC_PRIVATE && p->kind == PROGRAM)
            return words("%s, here or elsewhere", wait_words(p, s));
    }
    return what;
}

static void list_holders(struct object *o, const struct sysv *s,
                         const struct place *at, long sleepers)
{
    struct last l[66] = {{0, 0, ""}};
    int n = list_last(s, l);
    long seen = 0;

    for (size_t i = 0; i < n_processes; i++) {
        const struct process *p = &processes[i];
        const char *what = p->our_ipc ? holds(p, i, o, s, at) : NULL;
        seen += what != NULL && strncmp(what, "waits", 5) == 0;
        for (int k = 0; k < n; k++)
            if (lives(&l[k], s) == p)
                what = words("%s%s%s, %s", what ? what : "",
                             what ? "; " : "", l[k].what,
                             clock_time(l[k].time));
        if (what == NULL && p->our_ipc && o->is_ours && could_use(p, s, at))
            what = "runs in that folder, and may use it";
        if (what == NULL)
            continue;
        add_holder(o, who(p), words("%s%s", what, child_of(p)));
        o->alive = words("%s %.*s", who(p), (int)strcspn(what, ";"), what);
        o->relevant |= is_wanted(p);
    }
    for (int k = 0; k < n; k++)
        if (l[k].pid > 0 && lives(&l[k], s) == NULL)
            add_holder(o, k > 0 && l[k].pid == l[k - 1].pid ? ""
                          : words("pid %d, has ended", l[k].pid),
                       words("%s, %s", l[k].what, clock_time(l[k].time)));
        else if (l[k].pid == 0 && l[k].time != 0 && o->alive == NULL)
            o->alive = "a process of another PID namespace has used it";
    if (s->attached > 0 && o->alive == NULL)
        o->alive = "a process that cannot be seen has it attached";
    if (sleepers > seen && o->alive == NULL)
        o->alive = "a process that cannot be seen sleeps in it";
    if (o->alive == NULL && !sees_all())
        o->alive = unseen;
}

/* Whose key is it? */
static const struct place *find_place(const struct sysv *s)
{
    const struct place *other = NULL;

    for (size_t i = 0; s->key != IPC_PRIVATE && i < n_places; i++)
        if (key_bits(places[i].dev, places[i].ino) == (s->key & 0xffffff)) {
            if (places[i].is_ours)
                return &places[i];
            other = &places[i];
        }
    return other;
}

static void add_sysv(const struct sysv *s)
{
    static const char *const kinds[] = {"queue", "set", "segment"};
    int kind = s->kind == 'q' ? 0 : s->kind == 's' ? 1 : 2;
    const struct place *at = find_place(s);
    const struct key *key = NULL;
    struct object *o;
    long sleepers = 0;

    for (int k = 0; at != NULL && k < KEYS; k++)
        if (s->key >> 24 == (unsigned char)keys[k].letter &&
            strchr(keys[k].kinds, s->kind) != NULL)
            key = &keys[k];
    int mine = s->cuid == me && s->uid == me;
    if (s->cuid != me && s->uid != me && !(key != NULL && cleaning))
        return;
    o = add_object(QUEUES + kind);
    o->id = s->id;
    int letter = (int)(s->key >> 24);
    if (s->key == IPC_PRIVATE)
        o->label = words("%s %d, private", kinds[kind], s->id);
    else if (at != NULL && isprint(letter) && (key != NULL || at->is_play))
        o->label = words("%s %d, ftok(\"%s\", '%c')", kinds[kind], s->id,
                         from_here(at->path), letter);
    else
        o->label = words("%s %d, key 0x%08x", kinds[kind], s->id, s->key);
    switch (s->kind) {
    case 'q':
        o->state = s->n == 0 ? "empty"
                             : words("%s, %s", plural((long)s->n, "message"),
                                     plural((long)s->size, "byte"));
        break;
    case 's':
        o->state = set_state(s, &sleepers);
        break;
    default:
        o->state = words("%s, attached %lu%s",
                         plural((long)s->size, "byte"), s->attached,
                         s->perms & 01000 ? ", removed at the end" : "");
    }
    if (!mine)
        o->why_not = words("made by %s", user_name(s->cuid));
    else if ((s->perms & 0777) != 0600)
        o->why_not = words("its mode is 0%o: ours have 0600", s->perms & 0777);
    else if (s->key == IPC_PRIVATE)
        o->why_not = words("whose is it? if yours: ipcrm -%c %d",
                           s->kind, s->id);
    else if (at == NULL || (key == NULL && !at->is_play))
        o->why_not = "its key is none of ours here";
    else if (key != NULL && !at->is_play &&
             ((s->kind == 's' && s->n != key->semaphores) ||
              (s->kind == 'm' && s->size != key->bytes)))
        o->why_not = words("%s makes it in another size", key->maker);
    else if (!at->is_ours)
        o->why_not = words("it is of the folder %s; clean there", at->path);
    else
        o->is_ours = 1;
    o->why_ours = key ? words("%s's key", key->maker)
                      : "a play's key";
    list_holders(o, s, at, sleepers);
    /* (Two folders may have the same keys.) */
    for (size_t i = 0; s->key != IPC_PRIVATE && i < n_places; i++)
        if (o->alive == NULL &&
            key_bits(places[i].dev, places[i].ino) == (s->key & 0xffffff))
            o->alive = places[i].in_use;
    o->relevant |= key != NULL && (room_wanted == NULL ||
                                   strcmp(key->room, room_wanted) == 0);
    o->relevant |= room_wanted == NULL && at != NULL && at->is_play;
    /* What a killed program has left of its private ones looks like this. */
    if (s->key == IPC_PRIVATE && mine && (s->perms & 07777) == 0600 &&
        o->alive == NULL && room_wanted == NULL)
        o->relevant = 1;
}

static void look_at_sysv(void)
{
    static const char *const files[] = {"msg", "sem", "shm"};
    struct sysv s;
    char line[512];

    for (int kind = 0; kind < 3; kind++) {
        FILE *f = fopen(words("/proc/sysvipc/%s", files[kind]), "re");
        while (f != NULL && fgets(line, sizeof line, f) != NULL)
            if (parse_sysv("qsm"[kind], line, &s))
                add_sysv(&s);
        if (f != NULL)
            fclose(f);
    }
}

/* ---- pipes, FIFOs and files: by what processes have open ---------------- */

static int compare(const struct use *u, int kind, dev_t dev, ino_t ino)
{
    return u->kind != kind ? u->kind - kind
           : u->dev != dev ? (u->dev < dev ? -1 : 1)
           : u->ino != ino ? (u->ino < ino ? -1 : 1) : 0;
}

static struct use *find_group(int kind, dev_t dev, ino_t ino, size_t *n)
{
    size_t low = 0, high = n_uses, end;

    while (low < high) { /* they are sorted */
        size_t middle = (low + high) / 2;
        if (compare(&uses[middle], kind, dev, ino) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < n_uses && !compare(&uses[end], kind, dev, ino);)
        end++;
    *n = end - low;
    return &uses[low];
}

/* Did it get this from who started it, a shell or the stage? */
static int is_inherited(const struct use *group, size_t n, const struct use *u)
{
    const struct process *p = &processes[u->process];
    size_t above = 0;

    while (p->kind == PROGRAM) {
        for (above = 0; above < n_processes; above++)
            if (processes[above].pid == p->parent)
                break;
        if (above == n_processes)
            return 0;
        p = &processes[above];
    }
    for (size_t i = 0; i < n; i++)
        if (group[i].process == above && (group[i].mode & u->mode))
            return 1;
    return 0;
}

static int ours_have(const struct use *group, size_t n, int mode)
{
    for (size_t i = 0; i < n; i++)
        if (processes[group[i].process].kind == PROGRAM &&
            (group[i].mode & mode || group[i].mode == 0))
            return 1;
    return 0;
}

/* Not what is only its stdin, stdout or stderr, unless one of our programs is
 * on the other side, too; nor what it has only inherited. */
static int is_relevant(const struct use *group, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct use *u = &group[i];
        int other = u->mode == READS ? WRITES : u->mode == WRITES ? READS : 0;
        if (is_wanted(&processes[u->process]) && !is_inherited(group, n, u) &&
            (u->fd < 0 || u->fd > 2 || ours_have(group, n, other)))
            return 1;
    }
    return 0;
}

static int is_anybodys(const struct use *group, size_t n)
{
    for (size_t i = 0; all && i < n; i++)
        if (processes[group[i].process].uid == me)
            return 1;
    return 0;
}

/* Does it sleep in a call with that descriptor? */
static const char *call_words(const struct process *p, int fd)
{
    static const struct { long call; const char *name; } calls[] = {
        {SYS_read, "read(2)"}, {SYS_write, "write(2)"},
#ifdef SYS_recvfrom
        {SYS_recvfrom, "recv(2)"}, {SYS_sendto, "send(2)"},
        {SYS_recvmsg, "recvmsg(2)"}, {SYS_sendmsg, "sendmsg(2)"},
        {SYS_accept, "accept(2)"}, {SYS_accept4, "accept(2)"},
        {SYS_connect, "connect(2)"},
#endif
#ifdef SYS_mq_timedreceive
        {SYS_mq_timedreceive, "mq_receive(3)"},
        {SYS_mq_timedsend, "mq_send(3)"},
#endif
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (fd >= 0 && p->knows && p->wait == OTHER_CALL &&
            p->call[0] == calls[i].call && p->call[1] == fd)
            return words(", waits in %s", calls[i].name);
    return "";
}

/* A line for each process of the group: what it may do, with which fd. */
static void list_users(struct object *o, const struct use *group, size_t n)
{
    static const char *const does[] = {"has it open", "reads", "writes",
                                       "reads and writes"};

    for (size_t i = 0, next; i < n; i = next) {
        const struct process *p = &processes[group[i].process];
        const char *what = "", *call = "";
        for (next = i; next < n && group[next].process == group[i].process;)
            next++;
        for (int mode = 0; mode < 4; mode++) {
            const char *fds = "";
            for (size_t k = i; k < next; k++)
                if (group[k].mode == mode && group[k].fd >= 0) {
                    fds = words("%s%s%d", fds, *fds ? ", " : "", group[k].fd);
                    call = words("%s%s", call, call_words(p, group[k].fd));
                }
            if (*fds)
                what = words("%s%s%s (fd %s)", what, *what ? ", " : "",
                             does[mode], fds);
        }
        for (size_t k = i; k < next; k++)
            if (group[k].fd == -2)
                what = words("%s%swaits in open(2)%s", what, *what ? ", " : "",
                             group[k].mode == READS    ? " to read"
                             : group[k].mode == WRITES ? " to write"
                                                       : "");
        for (size_t k = i; k < next; k++)
            if (group[k].fd == -1)
                what = words("%s%smaps %s, %s", what, *what ? ", " : "",
                             plural((long)group[k].bytes, "byte"),
                             group[k].mode & WRITES ? "may store"
                                                    : "only reads");
        add_holder(o, who(p), words("%s%s%s", what, call, child_of(p)));
        o->alive = words("%s has it open", who(p));
        for (size_t k = i; k < next; k++)
            if (group[k].fd == -2)
                o->alive = words("%s waits in open(2) of it", who(p));
    }
}

/* How many bytes are in it. Opened as somebody has it open: see above. */
static long bytes_in(const struct use *group, size_t n)
{
    static const int order[] = {WRITES, READS, READS | WRITES};

    for (int k = 0; k < 3; k++)
        for (size_t i = 0; i < n; i++) {
            const struct use *u = &group[i];
            int bytes = -1, fd;
            if (u->mode != order[k] || u->fd < 0)
                continue;
            fd = open(words("/proc/%d/fd/%d", (int)processes[u->process].pid,
                            u->fd), O_NONBLOCK | O_CLOEXEC |
                      (order[k] == WRITES ? O_WRONLY
                       : order[k] == READS ? O_RDONLY : O_RDWR));
            if (fd == -1)
                continue;
            if (ioctl(fd, FIONREAD, &bytes) == -1)
                bytes = -1;
            close(fd);
            if (bytes >= 0)
                return bytes;
        }
    return -1;
}

static void fill_pipe(struct object *o, const struct use *group, size_t n)
{
    /* With -a: what strangers have is only listed, not opened. */
    long bytes = o->relevant ? bytes_in(group, n) : -1;
    int modes = 0, opened = 0;

    for (size_t i = 0; i < n; i++)
        opened |= group[i].fd >= 0;
    if (!opened && bytes == -1 && o->relevant)
        bytes = 0; /* what nobody has open, the kernel does not keep */
    o->state = bytes > 0    ? words("%s wait%s", plural(bytes, "byte"),
                                    bytes == 1 ? "s" : "")
               : bytes == 0 ? "empty" : "";
    for (size_t i = 0; i < n; i++)
        modes |= group[i].mode ? group[i].mode : READS | WRITES;
    list_users(o, group, n);
    if (n > 0 && !(modes & READS))
        add_holder(o, "nobody", "reads");
    if (n > 0 && !(modes & WRITES))
        add_holder(o, "nobody", "writes");
}

/* Something sleeps in open(2), and the kernel does not say of which FIFO; or it
 * does not even say in which call. */
static const char *perhaps_opening(const struct place *at)
{
    for (size_t i = 0; i < n_processes; i++) {
        const struct process *p = &processes[i];
        if (p->uid != me || p->knows)
            continue;
        if (p->wait == OPENING)
            return words("%s waits in open(2), perhaps of this one", who(p));
        if (p->wait == SOME_CALL && p->kind == PROGRAM && is_at(p, at))
            return words("%s sleeps, and this system does not say in what",
                         who(p));
    }
    return NULL;
}

/* ---- sockets ------------------------------------------------------------ */

enum { CONNECTED = 1, LISTENS = 10 };
struct sock {
    ino_t ino, peer;
    int type, state;
    const char *name;      /* a path, @abstract, an address, or "" */
    const char *far;       /* of an internet address: the other side's */
    const char *calls;     /* the name that has not accepted it yet */
    long received;         /* bytes that wait; or who waits to be accepted */
    const uint32_t *waiting; /* these */
    size_t n_waiting;
};
static struct sock socks[MORE];
static size_t n_socks;

static struct sock *add_sock(ino_t ino)
{
    struct sock *s = next_of(socks, &n_socks, MORE, sizeof *socks);
    s->ino = ino;
    s->name = s->far = s->calls = "";
    s->received = -1;
    return s;
}

/* The kernel's interface, see sock_diag(7). Its headers are not everywhere. */
struct diag_head { uint32_t length; uint16_t type, flags; uint32_t seq, pid; };
struct diag_request {
    struct diag_head head;
    uint8_t family, protocol;
    uint16_t pad;
    uint32_t states, ino, show, cookie[2];
};
struct diag_answer {
    uint8_t family, type, state, pad;
    uint32_t ino, cookie[2];
};
struct diag_field { uint16_t length, type; };
enum { NETLINK_DIAG = 4, DIAG_BY_FAMILY = 20, DIAG_DUMP = 0x301 };
enum { DIAG_NAME, DIAG_VFS, DIAG_PEER, DIAG_ICONS, DIAG_QUEUES };

static void take_answer(const char *bytes, size_t size)
{
    struct diag_answer a;
    struct diag_field f;
    uint32_t n[2];

    if (size < sizeof a)
        return;
    memcpy(&a, bytes, sizeof a);
    struct sock *s = add_sock(a.ino);
    s->type = a.type;
    s->state = a.state;
    for (size_t at = sizeof a; at + sizeof f <= size;
         at += (f.length + 3U) & ~3U) {
        memcpy(&f, bytes + at, sizeof f);
        if (f.length < sizeof f || at + f.length > size)
            break;
        const char *data = bytes + at + sizeof f;
        size_t length = f.length - sizeof f;
        if (f.type == DIAG_NAME && length > 0) {
            char *name = words("%s%.*s", data[0] ? "" : "@", (int)length, data);
            if (data[0] == '\0') { /* abstract: the bytes 0 count */
                name = keep(length + 1);
                memcpy(name, data, length);
                for (size_t i = 0; i < length; i++)
                    if (name[i] == '\0')
                        name[i] = '@';
            }
            s->name = name;
        } else if (f.type == DIAG_PEER && length >= sizeof n[0]) {
            memcpy(n, data, sizeof n[0]);
            s->peer = n[0];
        } else if (f.type == DIAG_ICONS && length > 0) {
            s->waiting = memcpy(keep(length), data, length);
            s->n_waiting = length / sizeof *s->waiting;
        } else if (f.type == DIAG_QUEUES && length >= sizeof n) {
            memcpy(n, data, sizeof n);
            s->received = n[0];
        }
    }
}

static int ask_sock_diag(void)
{
    struct diag_request q = {
        .head = {sizeof q, DIAG_BY_FAMILY, DIAG_DUMP, 1, 0},
        .family = AF_UNIX, .states = ~0U,
        .show = 1 << DIAG_NAME | 1 << DIAG_PEER | 1 << DIAG_ICONS |
                1 << DIAG_QUEUES};
    static union { char bytes[1 << 16]; struct diag_head align; } in;
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_DIAG);
    int done = 0;
    const struct timeval limit = {.tv_sec = 2};
    struct diag_head h;

    if (fd == -1)
        return 0;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (send(fd, &q, sizeof q, 0) != (ssize_t)sizeof q)
        done = -1;
    while (done == 0) {
        ssize_t n = recv(fd, in.bytes, sizeof in.bytes, 0), at = 0;
        if (n <= 0)
            done = -1;
        for (; at + (ssize_t)sizeof h <= n && done == 0;
             at += (h.length + 3) & ~3U) {
            memcpy(&h, in.bytes + at, sizeof h);
            if (h.length < sizeof h || h.length > (size_t)(n - at))
                done = -1;
            else if (h.type == 3 || h.type == 2) /* NLMSG_DONE, NLMSG_ERROR */
                done = h.type == 3 ? 1 : -1;
            else
                take_answer(in.bytes + at + sizeof h, h.length - sizeof h);
        }
    }
    close(fd);
    return done == 1;
}

/* Without sock_diag: no peers, and not how much waits. */
static void read_proc_unix(void)
{
    char line[512];
    FILE *f = fopen("/proc/net/unix", "re");

    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        unsigned flags, type, state;
        unsigned long ino;
        int at = 0;
        if (sscanf(line, "%*s %*s %*s %x %x %x %lu %n", &flags, &type, &state,
                   &ino, &at) < 4 || at == 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        struct sock *s = add_sock((ino_t)ino);
        s->type = (int)type;
        s->state = flags & 0x10000 ? LISTENS : state == 3 ? CONNECTED : 7;
        s->name = words("%s", line + at);
    }
    if (f != NULL)
        fclose(f);
}

/* "0100007F:4EEA", as /proc/net/tcp has it. */
static const char *internet_name(const char *hex)
{
    unsigned a[4], port;

    if (strcspn(hex, ":") == 8 && sscanf(hex, "%8x:%x", &a[0], &port) == 2) {
        unsigned char b[4];
        memcpy(b, &a[0], 4);
        return words("%u.%u.%u.%u:%u", b[0], b[1], b[2], b[3], port);
    }
    if (sscanf(hex, "%8x%8x%8x%8x:%x", &a[0], &a[1], &a[2], &a[3], &port) == 5)
        return words("[%s]:%u", a[0] || a[1] || a[2] ? "IPv6"
                     : a[3] == 0 ? "::" : "::1", port);
    return "";
}

static void read_proc_internet(const char *file, int type)
{
    char line[512], near[64], far[64];
    FILE *f = fopen(words("/proc/net/%s", file), "re");

    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        unsigned state, out, in;
        unsigned long ino;
        if (sscanf(line, " %*d: %63s %63s %x %x:%x %*s %*s %*s %*s %lu", near,
                   far, &state, &out, &in, &ino) != 6 || ino == 0)
            continue;
        struct sock *s = add_sock((ino_t)ino);
        s->type = type;
        s->state = (int)state;
        s->name = internet_name(near);
        s->far = internet_name(far);
        s->received = in;
    }
    if (f != NULL)
        fclose(f);
}

static struct sock *find_sock(ino_t ino)
{
    for (size_t i = 0; ino != 0 && i < n_socks; i++)
        if (socks[i].ino == ino)
            return &socks[i];
    return NULL;
}

static void look_at_socks(void)
{
    n_socks = 0;
    if (!ask_sock_diag()) {
        n_socks = 0;
        read_proc_unix();
    }
    for (size_t i = 0; i < n_socks; i++)
        for (size_t k = 0; k < socks[i].n_waiting; k++) {
            struct sock *s = find_sock(socks[i].waiting[k]);
            if (s != NULL)
                s->calls = socks[i].name;
        }
    size_t first = n_socks;
    read_proc_internet("tcp", SOCK_STREAM);
    read_proc_internet("tcp6", SOCK_STREAM);
    read_proc_internet("udp", SOCK_DGRAM);
    for (size_t i = first; i < n_socks; i++) /* on this host, both sides */
        for (size_t k = first; k < n_socks; k++)
            if (i != k && socks[i].state != LISTENS &&
                strcmp(socks[i].name, socks[k].far) == 0 &&
                strcmp(socks[i].far, socks[k].name) == 0)
                socks[i].peer = socks[k].ino;
}

/* Who has it, and what waits there to be read. */
static void list_ends(struct object *o, const struct sock *s, const char *what)
{
    size_t n;
    const struct use *u = find_group(SOCKET, 0, s->ino, &n);

    for (size_t i = 0; i < n; i++) {
        const struct process *p = &processes[u[i].process];
        const char *rest = s->received < 0 || s->state == LISTENS ? ""
                           : words(", %s to read", plural(s->received, "byte"));
        add_holder(o, who(p), words("%s (fd %d)%s%s%s", what, u[i].fd, rest,
                                    call_words(p, u[i].fd), child_of(p)));
        o->alive = words("%s has it open", who(p));
    }
}

static int only_scripts(ino_t ino)
{
    size_t n, i = 0;
    const struct use *u = find_group(SOCKET, 0, ino, &n);

    while (i < n && processes[u[i].process].kind == SCRIPT)
        i++;
    return n > 0 && i == n;
}

static void add_socket(const struct use *group, size_t n, int listening)
{
    const struct sock *s = find_sock(group->ino), *peer = NULL;
    int relevant = 0, both = 0;
    size_t m = 0;

    if (listening != (s != NULL && s->state == LISTENS))
        return;
    if (s != NULL)
        peer = find_sock(s->peer);
    const struct use *others = peer == NULL ? NULL
                               : find_group(SOCKET, 0, peer->ino, &m);
    both = peer != NULL && peer->peer == s->ino;
    if (both && m > 0 && peer->ino < s->ino)
        return; /* told with its peer */
    for (size_t i = 0; i < n; i++)
        relevant |= is_wanted(&processes[group[i].process]) &&
                    !is_inherited(group, n, &group[i]) &&
                    (group[i].fd > 2 || ours_have(others, m, READS));
    for (size_t i = 0; both && i < m; i++)
        relevant |= is_wanted(&processes[others[i].process]) &&
                    !is_inherited(others, m, &others[i]) &&
                    (others[i].fd > 2 || ours_have(group, n, READS));
    if (peer != NULL && (only_scripts(peer->ino) || only_scripts(group->ino)))
        relevant = 0; /* the stage hears what our programs print */
    if (!relevant && !is_anybodys(group, n) && !is_anybodys(others, m))
        return;
    struct object *o = add_object(SOCKETS);
    o->relevant = relevant;
    if (s == NULL) {
        o->label = words("socket %llu", (unsigned long long)group->ino);
        o->state = "of another kind, or of another network";
        list_users(o, group, n);
        return;
    }
    int stream = s->type != SOCK_DGRAM;
    const char *name = *s->name ? s->name : peer != NULL ? peer->name : "";
    if (s->state == LISTENS) {
        o->label = s->name;
        o->state = s->received > 0
                       ? words("listens, %ld wait%s for accept", s->received,
                               s->received == 1 ? "s" : "") : "listens";
        list_ends(o, s, "listens");
    } else if (both) {
        o->label = *name ? words("%s, connection", name)
                         : words("socket pair %llu, %llu",
                                 (unsigned long long)s->ino,
                                 (unsigned long long)peer->ino);
        o->state = stream ? "connected" : "connected, datagrams";
        list_ends(o, s, *s->name && !*s->far ? "this name" : "one end");
        list_ends(o, peer, *s->far ? "other end" : *peer->name ? "this name"
                                                  : "one end");
    } else {
        o->label = *s->calls ? words("%s, connection", s->calls)
                   : *name   ? name
                   : words("socket %llu",
                                        (unsigned long long)s->ino);
        o->state = peer != NULL         ? words("sends to %s", peer->name)
                   : !stream            ? "datagrams"
                   : *s->far && s->state == CONNECTED
                       ? words("connected to %s", s->far)
                   : s->state == CONNECTED ? "not yet accepted"
                                           : "not connected";
        list_ends(o, s, "has it open");
    }
}

/* ---- names in the file system ------------------------------------------- */

static struct object *add_file(int block, const struct place *at,
                               const char *file, const struct name *name,
                               const struct stat *st)
{
    struct object *o = add_object(block);

    o->path = words("%s/%s", at->path, file);
    o->label = from_here(o->path);
    o->dev = st->st_dev;
    o->ino = st->st_ino;
    o->relevant = room_wanted == NULL || strcmp(room_wanted, name->room) == 0;
    o->why_ours = words("%s's name", name->maker);
    if (st->st_uid != me)
        o->why_not = words("made by %s", user_name(st->st_uid));
    else if (st->st_mode & 077)
        o->why_not = words("its mode is 0%o: ours are private",
                           st->st_mode & 0777);
    else if (!at->is_ours)
        o->why_not = words("it is in %s; clean there", at->path);
    else
        o->is_ours = 1;
    return o;
}

static int has_magic(const char *path)
{
    char head[sizeof magic] = "";
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd == -1 ? -1 : read(fd, head, strlen(magic));

    if (fd != -1)
        close(fd);
    return n == 0 || (n > 0 && strcmp(head, magic) == 0);
}

/* Only a call tells whether somebody has bound this name. Of a type that our
 * servers do not have: a server alive does not even notice. */
static int is_bound(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd, bound, folder;
    char file[sizeof name.sun_path];

    /* A path may be too long for an address, its last part is not. */
    char *parent = words("%s", path);
    parent[base(path) - path] = '\0';
    folder = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    snprintf(file, sizeof file, "/proc/self/fd/%d/%s", folder, base(path));
    memcpy(name.sun_path, file, sizeof file);
    bound = fd == -1 || folder == -1 ||
            connect(fd, (struct sockaddr *)&name, sizeof name) == 0 ||
            errno != ECONNREFUSED;
    if (fd != -1)
        close(fd);
    if (folder != -1)
        close(folder);
    return bound;
}

/* Who has bound a socket to that file? */
static const char *server_of(const struct stat *file)
{
    struct stat st;

    for (size_t i = 0; i < n_uses; i++) {
        const struct process *p = &processes[uses[i].process];
        const struct sock *s = uses[i].kind == SOCKET ? find_sock(uses[i].ino)
                                                      : NULL;
        if (s != NULL && *s->name && *s->name != '@' && s->peer == 0 &&
            stat(its_path(p, AT_FDCWD, s->name), &st) == 0 &&
            st.st_dev == file->st_dev && st.st_ino == file->st_ino)
            return who(p);
    }
    return NULL;
}

static void look_at_name(const struct place *at, const char *file,
                         const struct name *name, const struct stat *st)
{
    struct object *o;
    size_t n, m;
    const struct use *group, *open_too;
    const char *server;

    switch (name->type) {
    case S_IFIFO:
        o = add_file(FIFOS, at, file, name, st);
        group = find_group(FIFO, st->st_dev, st->st_ino, &n);
        fill_pipe(o, group, n);
        if (o->alive == NULL)
            o->alive = sees_all() ? perhaps_opening(at) : unseen;
        if (n == 0)
            o->state = "nobody has it open";
        break;
    case S_IFSOCK:
        server = server_of(st);
        if (server != NULL && !cleaning)
            return; /* listed with who has it open */
        o = add_file(SOCKETS, at, file, name, st);
        if (server == NULL && is_bound(words("%s/%s", at->path, file)))
            server = "a process that cannot be seen";
        if (server != NULL)
            o->alive = words("%s has bound it", server);
        o->state = server != NULL ? o->alive : "nobody listens";
        break;
    default:
        o = add_file(MAPS, at, file, name, st);
        o->state = plural((long)st->st_size, "byte");
        group = find_group(MAPPED, st->st_dev, st->st_ino, &n);
        list_users(o, group, n);
        open_too = find_group(FILE_OPEN, st->st_dev, st->st_ino, &m);
        for (size_t i = 0; i < m; i++) {
            int known = 0;
            for (size_t k = 0; k < n; k++)
                known |= group[k].process == open_too[i].process;
            if (!known)
                list_users(o, &open_too[i], 1);
        }
        if (o->is_ours && o->alive == NULL &&
            !has_magic(words("%s/%s", at->path, file))) {
            o->is_ours = 0;
            o->why_not = "it does not begin as mmap_writer's do";
        }
    }
    if (at->in_use != NULL && o->alive == NULL)
        o->alive = at->in_use;
}

static void look_at_names(void)
{
    for (size_t i = 0; i < n_places; i++)
        for (char **file = names_in(places[i].path); *file != NULL; file++)
            for (int k = 0; k < NAMES; k++) {
                struct stat st;
                if (fnmatch(names[k].pattern, *file, 0) == 0 &&
                    lstat(words("%s/%s", places[i].path, *file), &st) == 0 &&
                    (st.st_mode & S_IFMT) == names[k].type)
                    look_at_name(&places[i], *file, &names[k], &st);
            }
}

/* ---- POSIX: what lies in /dev/shm and /dev/mqueue ----------------------- */

/* Of which folder is it, if it has a name of ours: of this user, and with what
 * tells a folder from all others? The pid of its maker, if that is in it. */
static const struct place *posix_place(const char *name, const char **maker,
                                       const char **room, long *pid)
{
    unsigned long long dev, ino;
    const char *sem = name + (strncmp(name, "sem.", 4) == 0 ? 4 : 0);
    unsigned long uid;
    long number;
    int end = 0;

    *pid = 0;
    *maker = NULL;
    if (sscanf(name, "mq-%lu-%llu-%llu%n", &uid, &dev, &ino, &end) == 3 &&
        (name[end] == '\0' ||
         sscanf(name + end, ".%ld.%ld%n", pid, &number, &end) == 2)) {
        *maker = *pid ? "mq_client" : "mq_server";
        *room = "msgqueue";
    } else if (sscanf(name, "shm_posix.%lu.%llx.%llx%n", &uid, &dev, &ino,
                      &end) == 3 && name[end] == '\0') {
        *maker = "shm_posix_server";
        *room = "shm";
    } else if (sscanf(sem, "sem_order_posix.%lu.%ld%n", &uid, pid, &end) == 2 &&
               sem[end] == '\0') {
        *maker = "sem_order_posix";
        *room = "semaphore";
        return uid == me ? &places[0] : NULL; /* of no folder */
    }
    for (size_t i = 0; *maker != NULL && uid == me && i < n_places; i++)
        if (places[i].dev == dev && places[i].ino == ino)
            return &places[i];
    return NULL;
}

static void judge_posix(struct object *o, const char *name,
                        const struct stat *st)
{
    const char *maker, *room = NULL;
    long pid;
    const struct place *at = posix_place(name, &maker, &room, &pid);

    o->dev = st->st_dev;
    o->ino = st->st_ino;
    o->relevant |= at != NULL && (room_wanted == NULL ||
                                  strcmp(room, room_wanted) == 0);
    o->why_ours = words("%s's name", maker ? maker : "nobody");
    if (st->st_uid != me)
        o->why_not = words("made by %s", user_name(st->st_uid));
    else if (maker == NULL)
        o->why_not = "its name is none of ours";
    else if ((st->st_mode & 0777) != 0600)
        o->why_not = words("its mode is 0%o: ours have 0600",
                           st->st_mode & 0777);
    else if (at == NULL)
        o->why_not = "it is of a folder that is not looked at here";
    else if (!at->is_ours)
        o->why_not = words("it is of the folder %s; clean there", at->path);
    else
        o->is_ours = 1;
    struct last made = {(int)pid, (long long)st->st_ctime, ""};
    const struct process *p = pid > 0 ? lives(&made, NULL) : NULL;
    if (p != NULL && o->alive == NULL)
        o->alive = words("its maker lives: %s", who(p));
    if (at != NULL && at->in_use != NULL && o->alive == NULL)
        o->alive = at->in_use;
}

static const char *semaphore_state(const char *path)
{
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC), value = -1;
    struct stat st;

    if (fd != -1 && fstat(fd, &st) == 0 && st.st_size >= (off_t)sizeof(sem_t)) {
        sem_t *sem = mmap(NULL, sizeof *sem, PROT_READ | PROT_WRITE, MAP_SHARED,
                          fd, 0);
        if (sem != MAP_FAILED) {
            sem_getvalue(sem, &value);
            munmap(sem, sizeof *sem);
        }
    }
    if (fd != -1)
        close(fd);
    return value < 0 ? "" : words("value %d", value);
}

static void add_shm(const char *file, const struct stat *st)
{
    struct object *o = add_object(POSIX);
    int is_sem = strncmp(file, "sem.", 4) == 0;
    size_t n, m;
    const struct use *group = find_group(MAPPED, st->st_dev, st->st_ino, &n);
    const struct use *open_too =
        find_group(FILE_OPEN, st->st_dev, st->st_ino, &m);

    o->path = words("/dev/shm/%s", file);
    o->label = words("%s /%s", is_sem ? "semaphore" : "memory",
                     file + (is_sem ? 4 : 0));
    o->state = is_sem ? semaphore_state(o->path)
                      : plural((long)st->st_size, "byte");
    o->relevant = is_relevant(group, n) || is_relevant(open_too, m);
    list_users(o, group, n);
    if (n == 0)
        list_users(o, open_too, m);
    judge_posix(o, file, st);
    if (st->st_uid != me && !o->relevant && !cleaning)
        n_objects--;
}

static void look_at_shm(void)
{
    struct stat st;

    for (char **file = names_in("/dev/shm"); *file != NULL; file++)
        if (lstat(words("/dev/shm/%s", *file), &st) == 0 && S_ISREG(st.st_mode))
            add_shm(*file, &st);
}

/* Not mq_open(3): an old glibc has it in a library of its own. */
static int open_mq(const char *name)
{
    return (int)syscall(SYS_mq_open, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC,
                        0, NULL);
}

/* fd is open to read the queue's attributes; it is closed here. */
static void add_mq(const char *name, int fd)
{
    struct mq_attr attr;
    struct stat st;
    size_t n;

    if (fd == -1 || fstat(fd, &st) == -1)
        return;
    const struct use *group = find_group(MQ, st.st_dev, st.st_ino, &n);
    struct object *o = add_object(POSIX);
    o->label = words("queue /%s", name);
    o->path = words("/%s", name);
    if (syscall(SYS_mq_getsetattr, fd, NULL, &attr) == 0)
        o->state = words("%ld of %s", (long)attr.mq_curmsgs,
                         plural((long)attr.mq_maxmsg, "message"));
    /* A server has locked it; perhaps one of another PID namespace. */
    if (n == 0 && flock(fd, LOCK_EX | LOCK_NB) == -1)
        o->alive = "a server that cannot be seen has locked it";
    close(fd);
    o->relevant = is_relevant(group, n);
    list_users(o, group, n);
    judge_posix(o, name, &st);
    if (st.st_uid != me && !o->relevant && !cleaning)
        n_objects--;
}

static void look_at_mqueues(void)
{
    struct statfs fs;

    if (statfs("/dev/mqueue", &fs) == 0 && fs.f_type == MQUEUE_MAGIC) {
        for (char **file = names_in("/dev/mqueue"); *file != NULL; file++)
            if (**file != '.')
                add_mq(*file, open_mq(*file));
        return;
    }
    /* Not mounted: those that somebody has open, and a server's by its name. */
    for (size_t i = 0; i < n_uses; i++)
        if (uses[i].kind == MQ &&
            (i == 0 || uses[i - 1].kind != MQ ||
             uses[i - 1].ino != uses[i].ino))
            add_mq(base(uses[i].path),
                   open(words("/proc/%d/fd/%d",
                              (int)processes[uses[i].process].pid, uses[i].fd),
                        O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    for (size_t i = 0; i < n_places; i++) {
        const char *name = words("mq-%u-%lu-%lu", (unsigned)me,
                                 (unsigned long)places[i].dev,
                                 (unsigned long)places[i].ino);
        int known = 0;
        for (size_t k = 0; k < n_objects; k++)
            known |= objects[k].block == POSIX && objects[k].path != NULL &&
                     strcmp(objects[k].path + 1, name) == 0;
        if (!known)
            add_mq(name, open_mq(name));
    }
}

/* ---- everything --------------------------------------------------------- */

static int is_listed(dev_t dev, ino_t ino)
{
    for (size_t i = 0; i < n_objects; i++)
        if (objects[i].ino == ino && objects[i].dev == dev)
            return 1;
    return 0;
}

static void add_mapping(const struct use *group, size_t n)
{
    static const char *const system[] = {"/usr", "/lib", "/etc", "/var",
                                         "/sys"};
    const char *path = group->path;
    struct stat st;
    int relevant = is_relevant(group, n);

    for (size_t i = 0; i < sizeof system / sizeof system[0]; i++)
        relevant &= within(system[i], path) == NULL; /* a library's own */
    if ((!relevant && !is_anybodys(group, n)) ||
        is_listed(group->dev, group->ino))
        return;
    struct object *o = add_object(MAPS);
    o->relevant = relevant;
    o->label = from_here(path);
    if (strncmp(path, "/dev/zero", 9) == 0)
        o->label = words("memory without a name, %llu",
                         (unsigned long long)group->ino);
    else if (strncmp(path, "/dev/shm/sem.", 13) == 0)
        o->label = "POSIX semaphore, its name is gone";
    else if (stat(path, &st) == 0 && st.st_ino == group->ino)
        o->state = plural((long)st.st_size, "byte");
    list_users(o, group, n);
}

static void look(void)
{
    size_t n;

    forget_all();
    n_objects = 0;
    look_at_processes();
    find_places();
    look_at_sysv();
    look_at_socks();
    look_at_names();
    look_at_shm();
    look_at_mqueues();
    for (struct use *u = uses; u < uses + n_uses; u += n) {
        find_group(u->kind, u->dev, u->ino, &n);
        if (u->kind == SOCKET)
            add_socket(u, n, 1);
    }
    for (struct use *u = uses; u < uses + n_uses; u += n) {
        find_group(u->kind, u->dev, u->ino, &n);
        if (u->kind == SOCKET) {
            add_socket(u, n, 0);
        } else if (u->kind == MAPPED) {
            add_mapping(u, n);
        } else if ((u->kind == PIPE || (u->kind == FIFO &&
                                        !is_listed(u->dev, u->ino))) &&
                   (is_relevant(u, n) || is_anybodys(u, n))) {
            struct object *o = add_object(u->kind == FIFO ? FIFOS : PIPES);
            o->relevant = is_relevant(u, n);
            o->label = u->kind == FIFO ? from_here(u->path)
                       : words("pipe %llu", (unsigned long long)u->ino);
            fill_pipe(o, u, n);
        }
    }
}

/* ---- the table ---------------------------------------------------------- */

static FILE *out;
static int columns = 80, colours;

/* Columns that text takes; *cut is where it has taken `most` of them. */
static int width(const char *text, int most, size_t *cut)
{
    mbstate_t state;
    int total = 0, w;
    size_t n, i = 0;
    wchar_t c;

    memset(&state, 0, sizeof state);
    for (; text[i] != '\0'; i += n, total += w) {
        n = mbrtowc(&c, text + i, MB_CUR_MAX, &state);
        w = 1;
        if (n == 0 || n > MB_CUR_MAX) { /* no text at all: a byte, a place */
            n = 1;
            memset(&state, 0, sizeof state);
        } else if ((w = wcwidth(c)) < 0) {
            w = 1; /* shown as ? */
        }
        if (total + w > most)
            break;
    }
    if (cut != NULL)
        *cut = i;
    return total;
}

/* What would move the cursor, or is no text, is shown as a question mark. */
static void put(const char *text, size_t length)
{
    mbstate_t state;
    wchar_t c;
    size_t n;

    memset(&state, 0, sizeof state);
    for (size_t i = 0; i < length; i += n) {
        n = mbrtowc(&c, text + i, length - i, &state);
        if (n == 0 || n > length - i || wcwidth(c) < 0) {
            if (n == 0 || n > length - i)
                n = 1;
            memset(&state, 0, sizeof state);
            fputc('?', out);
        } else {
            fwrite(text + i, 1, n, out);
        }
    }
}

/* Not wider than that: the begin and the end of it are what tells. */
static int put_cut(const char *text, int most)
{
    size_t cut, from = 0;
    int whole = width(text, INT_MAX, NULL);

    if (whole <= most) {
        put(text, strlen(text));
        return whole;
    }
    int left = most < 3 ? 0 : (most - 3) / 2;
    int right = most < 3 ? 0 : most - 3 - left;
    int used = width(text, left, &cut);
    put(text, cut);
    fputs(most < 3 ? "" : "...", out);
    /* The last `right` columns of it. */
    while (width(text + from, INT_MAX, NULL) > right)
        from += text[from] != '\0';
    while (((unsigned char)text[from] & 0xc0) == 0x80)
        from++;
    used += width(text + from, INT_MAX, NULL) + (most < 3 ? 0 : 3);
    put(text + from, strlen(text + from));
    return used;
}

static void put_line(int indent, const char *left, int column,
                     const char *right)
{
    int room = columns - indent, need = width(right, INT_MAX, NULL);
    int half = columns / 2 + 2;

    if (column > half)
        column = half;
    fprintf(out, "%*s", indent, "");
    if (*right == '\0') {
        put_cut(left, room);
    } else {
        int most = room - need - 2 > half - 4 ? room - need - 2 : half - 4;
        int used = indent + put_cut(left, most);
        fprintf(out, "%*s", used < column ? column - used : 2, "");
        used = used < column ? column : used + 2;
        put_cut(right, columns - used > 0 ? columns - used : 1);
    }
    fputc('\n', out);
}

/* What does not fit into one line goes on behind a `; ` in the next. */
static void put_holder(const char *name, const char *what)
{
    const char *next;

    for (; width(what, INT_MAX, NULL) > columns * 5 / 8 &&
           (next = strstr(what, "; ")) != NULL; what = next + 2, name = "") {
        const char *part = words("%.*s", (int)(next - what), what);
        put_line(4, name, 30, part);
    }
    put_line(4, name, 30, what);
}

static void paint(const char *code)
{
    if (colours)
        fprintf(out, "\033[%sm", code);
}

static void show(void)
{
    int shown = 0;

    for (int block = 0; block < BLOCKS; block++) {
        int title = 0;
        for (size_t i = 0; i < n_objects; i++) {
            const struct object *o = &objects[i];
            if (o->block != block || !(o->relevant || all))
                continue;
            if (!title++) {
                fputs(shown++ ? "\n" : "", out);
                paint("1");
                put_line(0, titles[block], 0, "");
                paint("0");
            }
            put_line(2, o->label, 42, o->state);
            for (const struct holder *h = o->holders; h != NULL; h = h->next)
                put_holder(h->who, h->what);
            const char *hint = NULL;
            if (o->is_ours && o->alive == NULL)
                hint = "left behind: make clean-objects removes it";
            else if (block <= SEGMENTS && o->alive == NULL && !o->is_ours &&
                     o->why_not != NULL)
                hint = words("nobody seen who uses it; %s", o->why_not);
            if (hint == NULL)
                continue;
            paint("33");
            put_line(4, hint, 0, "");
            paint("0");
        }
    }
    if (shown > 0)
        return;
    fprintf(out, "no IPC object of yours%s%s\n",
            room_wanted ? " in the room " : "", room_wanted ? room_wanted : "");
}

static void find_terminal(void)
{
    struct winsize size;
    const char *wide = getenv("COLUMNS"), *term = getenv("TERM");

    columns = wide != NULL && atoi(wide) >= 20 && atoi(wide) <= 1000
                  ? atoi(wide) : 80;
    colours = 0;
    if (!isatty(STDOUT_FILENO))
        return;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        columns = size.ws_col;
    colours = getenv("NO_COLOR") == NULL && term != NULL &&
              strcmp(term, "dumb") != 0;
}

static void send_out(const char *text)
{
    if (fputs(text, stdout) == EOF || fflush(stdout) == EOF)
        err(EXIT_FAILURE, "stdout");
}

/* Again and again: on a terminal in place, else whenever it has changed. */
static void watch(double seconds)
{
    struct timespec pause = {(time_t)seconds, 0};
    char *before = NULL;

    pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
    for (int first = 1;; first = 0) {
        struct winsize size = {.ws_row = 0};
        char *text = NULL;
        size_t length;
        find_terminal();
        look();
        if ((out = open_memstream(&text, &length)) == NULL)
            err(EXIT_FAILURE, "open_memstream");
        show();
        if (fclose(out) == EOF)
            err(EXIT_FAILURE, "open_memstream");
        if (!isatty(STDOUT_FILENO)) {
            if (before == NULL || strcmp(before, text) != 0) {
                send_out(first ? "" : "----\n");
                send_out(text);
            }
        } else {
            int rows = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
                       size.ws_row > 2 ? size.ws_row : 24, row = 0;
            send_out(first ? "\033[2J\033[H" : "\033[H");
            for (char *line = text, *end; *line != '\0'; line = end + 1) {
                end = strchr(line, '\n');
                *end = '\0';
                if (++row < rows)
                    printf("%s\033[K\n", line);
                else
                    break;
            }
            if (row >= rows)
                fputs("...", stdout); /* more than fits */
            send_out("\033[J");
        }
        free(before);
        before = text;
        nanosleep(&pause, NULL);
    }
}

/* ---- cleaning ----------------------------------------------------------- */

static const char *identity(const struct object *o)
{
    return words("%d %d %llu %llu", o->block, o->id, (unsigned long long)o->dev,
                 (unsigned long long)o->ino);
}

/* 0, or -1 and errno; 1: it is in use after all. Where its program has a lock,
 * we have it while the name goes: no new one can take it over in between. */
static int remove_object(const struct object *o)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = -1, result, is_queue = o->block == POSIX &&
                                    strncmp(o->path, "/dev/shm/", 9) != 0;
    struct stat st;

    switch (o->block) {
    case QUEUES:
        return msgctl(o->id, IPC_RMID, NULL);
    case SETS:
        return semctl(o->id, 0, IPC_RMID);
    case SEGMENTS:
        return shmctl(o->id, IPC_RMID, NULL);
    case FIFOS:
    case SOCKETS:
        if (lstat(o->path, &st) == -1)
            return -1;
        if (st.st_dev != o->dev || st.st_ino != o->ino ||
            (o->block == SOCKETS && is_bound(o->path)))
            return 1;
        return unlink(o->path);
    default:
        fd = is_queue ? open_mq(o->path + 1)
                      : open(o->path, O_RDWR | O_NOFOLLOW | O_NONBLOCK |
                                      O_CLOEXEC);
        if (fd == -1)
            return -1;
        if (fstat(fd, &st) == -1 || st.st_dev != o->dev ||
            st.st_ino != o->ino ||
            (is_queue ? flock(fd, LOCK_EX | LOCK_NB)
                      : fcntl(fd, F_SETLK, &lock)) == -1)
            result = 1;
        else
            result = is_queue ? (int)syscall(SYS_mq_unlink, o->path + 1)
                              : unlink(o->path);
        int saved = errno;
        close(fd);
        errno = saved;
        return result;
    }
}

/* A line, folded between words. */
static void tell(const char *verb, const char *label, const char *why)
{
    char *text = words("%-8s %s: %s", verb, label, why), *rest = NULL;
    int used = (int)strlen(verb);

    put(verb, strlen(verb));
    for (char *word = strtok_r(text + used, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        int w = width(word, columns - 9, NULL), gap = used < 8 ? 9 - used : 1;
        if (used > 9 && used + gap + w > columns) {
            fputc('\n', out);
            used = 0;
            gap = 9;
        }
        fprintf(out, "%*s", gap, "");
        put_cut(word, columns - 9); /* a long path is no reason to be wider */
        used += gap + w;
    }
    fputc('\n', out);
}

/* A stage that has just made its folder has not yet locked it. */
static int stages_without_lock(void)
{
    int stages = 0;

    for (size_t i = 0; i < n_processes; i++) {
        int has_lock = strcmp(processes[i].name, "stage") != 0;
        for (size_t u = 0; !has_lock && u < n_uses; u++) {
            const struct sock *s = find_sock(uses[u].ino);
            has_lock = uses[u].process == i && uses[u].kind == SOCKET &&
                       s != NULL &&
                       strncmp(s->name, "@ipc-play-", 10) == 0;
        }
        stages += !has_lock;
    }
    return stages;
}

static int clean(void)
{
    static char *first[MANY];
    size_t n_first = 0;
    int removed = 0, kept_ours = 0, failed = 0;

    /* What is to go must have been there before the processes are looked at:
     * else somebody could have begun, and have made it, in between. */
    look();
    for (size_t i = 0; i < n_objects; i++)
        if (objects[i].is_ours && objects[i].alive == NULL) {
            char **next = next_of(first, &n_first, MANY, sizeof *first);
            if ((*next = strdup(identity(&objects[i]))) == NULL)
                err(EXIT_FAILURE, "strdup");
        }
    look();
    for (size_t i = 0; i < n_objects; i++) {
        const struct object *o = &objects[i];
        int was_there = 0, result = 1;
        if (room_wanted != NULL && !(o->relevant || all))
            continue;
        for (size_t k = 0; k < n_first; k++)
            was_there |= strcmp(first[k], identity(o)) == 0;
        if (o->is_ours && o->alive == NULL && was_there)
            result = remove_object(o);
        if (result == 0) {
            tell("removed", o->label, words("%s, %s", o->why_ours,
                 o->block <= SEGMENTS ? "nobody uses it"
                                      : "nobody has it open"));
            removed++;
        } else if (result == -1 && errno != ENOENT && errno != EINVAL &&
                   errno != EIDRM) {
            tell("stays", o->label, strerror(errno));
            failed = 1;
        } else if (o->is_ours) {
            tell("kept", o->label, o->alive ? o->alive : "it is in use");
            kept_ours++;
        } else if (o->why_not != NULL && (talkative || o->relevant)) {
            tell("kept", o->label, o->why_not);
        }
    }
    int stages = stages_without_lock();
    for (size_t i = 0; i < n_places; i++)
        if (places[i].is_play && places[i].in_use == NULL) {
            if (stages == 0 && rmdir(places[i].path) == 0) {
                tell("removed", from_here(places[i].path),
                     "the folder of a play");
                removed++;
            } else if (talkative) {
                tell("kept", from_here(places[i].path),
                     stages ? "a stage is at work" : strerror(errno));
            }
        }
    if (removed == 0)
        fprintf(out, "nothing to remove%s\n", kept_ours ? " beside these" : "");
    while (n_first > 0)
        free(first[--n_first]);
    return failed;
}

/* ---- the command -------------------------------------------------------- */

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: objects [-av] [-b BUILD] [-w SECONDS] [ROOM]\n"
            "       objects -c [-v] [-b BUILD] [ROOM]\n");
    exit(2);
}

int main(int argc, char *argv[])
{
    char self[PATH_MAX], path[PATH_MAX];
    const char *build = NULL;
    double seconds = 0;
    int option, found = 0;
    char *end;

    while ((option = getopt(argc, argv, "ab:cvw:")) != -1)
        switch (option) {
        case 'a':
            all = 1;
            break;
        case 'b':
            build = optarg;
            break;
        case 'c':
            cleaning = 1;
            break;
        case 'v':
            talkative = 1;
            break;
        case 'w':
            seconds = strtod(optarg, &end);
            if (end == optarg || *end != '\0' ||
                !(seconds >= 0.01 && seconds <= 3600))
                errx(2, "-w %s: from 0.01 to 3600 seconds", optarg);
            break;
        default:
            usage();
        }
    if (argc - optind > 1 || (cleaning && (seconds > 0 || all)))
        usage();
    room_wanted = argv[optind];
    for (int i = 0; room_wanted != NULL && i < ROOMS; i++)
        found |= strcmp(rooms[i], room_wanted) == 0;
    if (room_wanted != NULL && !found) {
        fprintf(stderr, "objects: no room '%s'; there are:", room_wanted);
        for (int i = 0; i < ROOMS; i++)
            fprintf(stderr, " %s", rooms[i]);
        fprintf(stderr, "\n");
        exit(2);
    }

    /* We lie in BUILD/scripts, and BUILD in the project's folder. */
    me = geteuid();
    if (build == NULL && read_link("/proc/self/exe", self, sizeof self) &&
        strcmp(base(self), "objects") == 0) {
        *strrchr(self, '/') = '\0';
        if (strrchr(self, '/') != NULL)
            *strrchr(self, '/') = '\0';
        build = self;
    }
    if (build == NULL || realpath(build, programs) == NULL)
        err(EXIT_FAILURE, "%s (try: make)", build ? build : "build");
    if (getcwd(here, sizeof here) == NULL)
        err(EXIT_FAILURE, "the current folder");
    snprintf(root, sizeof root, "%s", programs);
    while (root[0] != '\0') {
        *strrchr(root, '/') = '\0';
        snprintf(path, sizeof path, "%.4000s/scripts/objects.c", root);
        if (access(path, F_OK) == 0)
            break;
    }
    if (setlocale(LC_CTYPE, "") == NULL || MB_CUR_MAX == 1)
        setlocale(LC_CTYPE, "C.UTF-8");
    find_terminal();
    out = stdout;
    if (seconds > 0)
        watch(seconds);
    int status = EXIT_SUCCESS;
    if (cleaning)
        status = clean();
    else {
        look();
        show();
    }
    if (ferror(stdout) || fflush(stdout) == EOF)
        err(EXIT_FAILURE, "stdout");
    return status;
}
