/* objects.c - every IPC object of yours: what is in it, and who holds it.
 *
 * Run:   build/scripts/objects [-auv] [-b BUILD] [-w SECONDS] [ROOM]
 *        build/scripts/objects -c [-v] [-b BUILD] [ROOM]
 *   ROOM  only what is of that room;   -w  look again every so many seconds
 *   -u    of this user: also the queues, sets, segments and POSIX objects that
 *         have nothing to do with our programs;  -a  and pipes, sockets, files
 *   -c    clean: remove what our programs left when they were killed, see below
 *   -v    with -c: name what is kept as well, and say why
 * Environment: COLUMNS, NO_COLOR, TMPDIR (where plays have their folders).
 *
 * It only looks, and needs no root: /proc tells what each process has open and
 * mapped, and in which call it sleeps; /proc/sysvipc, semctl(2), /dev/mqueue,
 * /proc/net/unix and /dev/shm tell of the objects. A pipe is opened once more
 * to ask how much is in it, never by its path: nobody wakes up of it.
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
#define _GNU_SOURCE /* memmem(3), O_PATH, versionsort(3) */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
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
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* ---- what our programs make --------------------------------------------- */

static const char *const rooms[] = {"pipe", "fifo", "msgqueue", "semaphore",
    "shm", "mmap", "signal", "unixsock", "chat"};
enum { ROOMS = sizeof rooms / sizeof rooms[0] };

/* By key: the letter for ftok(3), the kinds of object (q, s, m) under it, how
 * many semaphores and bytes these have, and who makes and who uses them. */
static const struct key {
    char letter;
    const char *kinds, *room;
    long long semaphores, bytes;
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
    {"mmap.copy.??????", "mmap", "mmap_copy", S_IFREG},
    {"mmap.count.??????", "mmap", "mmap_count", S_IFREG},
    {"mmap.private.??????", "mmap", "mmap_private", S_IFREG},
};
enum { NAMES = sizeof names / sizeof names[0] };
static const char magic[] = "Lines that mmap_writer and mmap_reader share\n";

/* POSIX names have the user and the folder's device and inode in them; then, in
 * some, their maker's pid. */
static const struct posix {
    const char *format, *room, *maker;
} posix[] = {
    {"mq-%u-%llu-%llu", "msgqueue", "mq_server"},
    {"mq-%u-%llu-%llu.[0-9]*.[0-9]*", "msgqueue", "mq_client"},
    {"shm_posix.%u.%llx.%llx", "shm", "shm_posix_server"},
    {"sem_order_posix.%u.[0-9]*", "semaphore", "sem_order_posix"},
};
enum { POSIX_NAMES = sizeof posix / sizeof posix[0] };

/* ---- what is asked for -------------------------------------------------- */

static const char *room_wanted; /* or NULL: all of them */
static int all, cleaning, talkative;
static char programs[PATH_MAX]; /* BUILD, absolute */
static char root[PATH_MAX];     /* the project's folder, or "" */
static char here[PATH_MAX];     /* the current folder */
static uid_t me;

static int is_wanted_room(const char *room)
{
    return room_wanted == NULL || strcmp(room, room_wanted) == 0;
}

/* ---- text, which lives until the next look ------------------------------ */

/* What is not used of an array costs nothing. To list a part would be wrong, to
 * clean by a part even more so. */
static char arena[1 << 27] __attribute__((aligned(16)));
static size_t arena_used;

static void *take(size_t size)
{
    char *begin = arena + arena_used;

    if (size > sizeof arena - arena_used - 16)
        errx(EXIT_FAILURE, "more processes, files or objects than it can hold");
    arena_used += (size + 15) & ~(size_t)15;
    return begin;
}

__attribute__((format(printf, 1, 2)))
static char *words(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = vsnprintf(arena + arena_used, sizeof arena - arena_used, format,
                      args);
    va_end(args);
    return take((size_t)n + 1);
}

enum { MANY = 1 << 16, MORE = 1 << 18 };
static void *next_of(void *array, size_t *n, size_t most, size_t size)
{
    if (*n == most)
        errx(EXIT_FAILURE, "more than %zu processes, files or objects", most);
    return memset((char *)array + (*n)++ * size, 0, size);
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

/* A library's or a system program's own is none of ours. */
static int is_system(const char *path)
{
    static const char *const folders[] = {"/usr", "/bin", "/sbin", "/lib",
                                          "/etc", "/var", "/sys"};

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (within(folders[i], path) != NULL)
            return 1;
    return 0;
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
    struct tm tm;
    char text[64];

    localtime_r(&then, &tm);
    strftime(text, sizeof text, then < now - 12 * 3600 ? "%Y-%m-%d %H:%M"
                                                       : "%H:%M:%S", &tm);
    return words("%s", text);
}

static const char *plural(long long n, const char *what)
{
    return words("%lld %s%s", n, what, n == 1 ? "" : "s");
}

static const char *join(const char *a, const char *between, const char *b)
{
    return words("%s%s%s", a, *a && *b ? between : "", b);
}

/* ---- files -------------------------------------------------------------- */

struct id { dev_t dev; ino_t ino; };

static int same(struct id a, struct id b)
{
    return a.dev == b.dev && a.ino == b.ino;
}

/* What lies at that path; what cannot be seen is like nothing else. */
static struct id id_of(const char *path)
{
    struct stat st;

    if (stat(path, &st) == -1)
        return (struct id){0, (ino_t)-1};
    return (struct id){st.st_dev, st.st_ino};
}

/* A file, as a string; empty if it cannot be read. */
static char *read_file(const char *path, size_t *length)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    char *text = arena + arena_used;
    size_t used = 0, most = sizeof arena - arena_used;
    ssize_t n;

    while (fd != -1 && used + 32 < most &&
           (n = read(fd, text + used, most - used - 32)) > 0)
        used += (size_t)n;
    if (fd != -1)
        close(fd);
    text[used] = '\0';
    if (length != NULL)
        *length = used;
    return take(used + 1);
}

static const char *read_link(const char *path)
{
    char text[PATH_MAX];
    ssize_t n = readlink(path, text, sizeof text);

    return words("%.*s", n < 0 ? 0 : (int)n, text);
}

/* The names in a folder, sorted, numbers by their value; the last is NULL. */
static char **names_in(const char *folder)
{
    struct dirent **e;
    int n = scandir(folder, &e, NULL, versionsort);
    char **list = take((size_t)(n < 0 ? 1 : n + 1) * sizeof *list);

    for (int i = 0; i < n; i++) {
        list[i] = words("%s", e[i]->d_name);
        free(e[i]);
    }
    list[n < 0 ? 0 : n] = NULL;
    if (n >= 0)
        free(e);
    return list;
}

/* ---- processes ---------------------------------------------------------- */

enum { STRANGER, PROGRAM, SCRIPT }; /* from BUILD or a room; of scripts/ */
enum { AWAKE, SOME_CALL, OTHER_CALL, MSGRCV, MSGSND, SEMOP, OPENING };

struct process {
    pid_t pid, parent;
    uid_t uid;
    int kind;
    const char *name, *room, *cwd, *exe, *argv[4];
    struct id cwd_id;
    double began;          /* seconds since 1970 */
    int our_ipc;           /* in our namespace of System V objects */
    int wait;              /* in which call it sleeps; SOME_CALL: not known */
    int knows;             /* call[] is known, that is, what it waits for */
    unsigned long call[7]; /* its number and its arguments */
};
static struct process processes[MANY];
static size_t n_processes;

/* What a process has: an open file, a mapping, or a call that opens one. */
enum { FIFO, PIPE, SOCKET, SEGMENT, REGULAR, MQ };
enum { READS = 1, WRITES = 2, MAPPED = -1, IN_OPEN = -2 };
struct use {
    int kind, fd, mode; /* fd may be MAPPED or IN_OPEN */
    struct id id;
    size_t process;     /* its index */
    const char *path;
    unsigned long bytes;
};
static struct use uses[MORE];
static size_t n_uses;

/* Of the process that is being looked at. */
static struct use *add_use(int kind, struct id id, int fd, int mode,
                           const char *path)
{
    struct use *u = next_of(uses, &n_uses, MORE, sizeof *uses);

    *u = (struct use){kind, fd, mode, id, n_processes, path, 0};
    return u;
}

/* Which program, and of which room: that is where its file lies. */
static void find_room(struct process *p)
{
    const char *rest = within(programs, p->exe);

    if (rest != NULL && strchr(rest, '/') != NULL)
        p->kind = PROGRAM; /* one's own, if it is put there */
    else if (rest == NULL && (rest = within(root, p->exe)) == NULL)
        return;
    rest = words("/%s", rest);
    if (strstr(rest, "/scripts/") != NULL)
        p->kind = SCRIPT;
    for (int i = 0; i < ROOMS; i++)
        if (strstr(rest, words("/%s/", rooms[i])) != NULL) {
            p->room = rooms[i];
            p->kind = PROGRAM;
        }
    if (p->kind == PROGRAM)
        p->name = base(p->exe);
}

/* A path as the process means it: relative to its folder. */
static const char *its_path(const struct process *p, int folder,
                            const char *path)
{
    return path[0] == '/'       ? words("%s", path)
           : folder != AT_FDCWD ? words("/proc/%d/fd/%d/%s", (int)p->pid,
                                        folder, path)
           : p->cwd[0] == '\0'  ? "" : words("%s/%s", p->cwd, path);
}

/* Is that a FIFO? Then the process sleeps in open(2) until a partner comes. */
static int opens(const struct process *p, int folder, const char *path,
                 int mode)
{
    const char *whole = its_path(p, folder, path);
    struct stat st;

    if (stat(whole, &st) == -1 || !S_ISFIFO(st.st_mode))
        return 0;
    add_use(FIFO, (struct id){st.st_dev, st.st_ino}, IN_OPEN, mode, whole);
    return 1;
}

static const struct {
    long number;
    int wait;
    const char *name;
} calls[] = {
    {SYS_read, OTHER_CALL, "read(2)"},
    {SYS_write, OTHER_CALL, "write(2)"},
    {SYS_openat, OPENING, ""},
#ifdef SYS_open
    {SYS_open, OPENING, ""},
#endif
#ifdef SYS_semop /* elsewhere all of these are one call */
    {SYS_msgrcv, MSGRCV, ""},
    {SYS_msgsnd, MSGSND, ""},
    {SYS_semop, SEMOP, ""},
    {SYS_semtimedop, SEMOP, ""},
    {SYS_recvfrom, OTHER_CALL, "recv(2)"},
    {SYS_sendto, OTHER_CALL, "send(2)"},
    {SYS_accept, OTHER_CALL, "accept(2)"},
    {SYS_mq_timedreceive, OTHER_CALL, "mq_receive(3)"},
#endif
};
enum { CALLS = sizeof calls / sizeof calls[0] };

/* It sleeps in open(2), as call[] says: of what? That is in its memory, which
 * only those who may trace it may read. */
static void find_opening(struct process *p)
{
    static const int modes[] = {READS, WRITES, READS | WRITES, 0};
    int at = p->call[0] == SYS_openat;
    int folder = at ? (int)p->call[1] : AT_FDCWD;
    int fd = open(words("/proc/%d/mem", (int)p->pid), O_RDONLY | O_CLOEXEC);
    char path[PATH_MAX], *c = path;

    /* Byte by byte: it may end where its page ends, not behind it. */
    do
        p->knows = c < path + sizeof path &&
                   pread(fd, c, 1, (off_t)p->call[1 + at] + (c - path)) == 1;
    while (p->knows && *c++ != '\0');
    if (fd != -1)
        close(fd);
    if (p->knows && !opens(p, folder, path, modes[p->call[2 + at] & 3]))
        p->wait = OTHER_CALL;
}

static void find_call(struct process *p, const char *task)
{
    const char *text = read_file(words("%s/syscall", task), NULL);
    unsigned long *c = p->call;

    p->wait = AWAKE;
    if (strncmp(text, "running", 7) == 0)
        return;
    p->knows = sscanf(text, "%lu %lx %lx %lx %lx %lx %lx", &c[0], &c[1], &c[2],
                      &c[3], &c[4], &c[5], &c[6]) == 7;
    if (p->knows) {
        p->wait = OTHER_CALL;
        for (int i = 0; i < CALLS; i++)
            if (c[0] == (unsigned long)calls[i].number)
                p->wait = calls[i].wait;
        if (p->wait == OPENING)
            find_opening(p);
        return;
    }
    /* Not for us (Yama): the function in the kernel in which it sleeps. */
    text = read_file(words("%s/wchan", task), NULL);
    p->wait = strstr(text, "msgrcv")              ? MSGRCV
              : strstr(text, "msgsnd")            ? MSGSND
              : strstr(text, "semtimedop")        ? SEMOP
              : strstr(text, "wait_for_partner") ||
                      strstr(text, "fifo_open")   ? OPENING
              : isalpha((unsigned char)text[0])   ? OTHER_CALL
                                                  : SOME_CALL;
    for (int i = 1; p->wait == OPENING && i < 4 && p->argv[i] != NULL; i++)
        if (opens(p, AT_FDCWD, p->argv[i], 0)) /* perhaps the next one */
            break;
}

static void look_at_files(const struct process *p)
{
    char *folder = words("/proc/%d/fd", (int)p->pid);

    for (char **name = names_in(folder); *name != NULL; name++) {
        const char *path = words("%s/%s", folder, *name);
        const char *target = read_link(path);
        unsigned long long ino;
        struct stat st;
        if (**name == '.' || lstat(path, &st) == -1)
            continue;
        int fd = atoi(*name), mode = (st.st_mode & 0400 ? READS : 0) |
                                     (st.st_mode & 0200 ? WRITES : 0);
        if (sscanf(target, "pipe:[%llu]", &ino) == 1 ||
            sscanf(target, "socket:[%llu]", &ino) == 1) {
            add_use(target[0] == 'p' ? PIPE : SOCKET,
                    (struct id){0, (ino_t)ino}, fd, mode, target);
        } else if (target[0] == '/' && stat(path, &st) == 0 && mode != 0 &&
                   (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode))) {
            int in_mqueue = strchr(target + 1, '/') == NULL ||
                            within("/dev/mqueue", target) != NULL;
            struct statfs fs;
            add_use(S_ISFIFO(st.st_mode) ? FIFO
                    : in_mqueue && statfs(path, &fs) == 0 &&
                            fs.f_type == 0x19800202 /* see statfs(2) */
                        ? MQ : REGULAR,
                    (struct id){st.st_dev, st.st_ino}, fd, mode, target);
        }
    }
}

static void look_at_mappings(const struct process *p)
{
    char *rest = read_file(words("/proc/%d/maps", (int)p->pid), NULL), *line;
    size_t first = n_uses;

    while ((line = strsep(&rest, "\n")) != NULL) {
        unsigned long begin, end;
        unsigned high, low;
        unsigned long long ino;
        char r, w, shared;
        int at = 0;
        if (sscanf(line, "%lx-%lx %c%c%*c%c %*x %x:%x %llu %n", &begin, &end,
                   &r, &w, &shared, &high, &low, &ino, &at) < 8 ||
            shared != 's' || at == 0)
            continue;
        int segment = strncmp(line + at, "/SYSV", 5) == 0;
        if (segment ? !p->our_ipc : ino == 0) /* (a segment may have id 0) */
            continue;
        struct id id = {segment ? 0 : makedev(high, low), (ino_t)ino};
        struct use *u = uses + first;
        while (u < uses + n_uses && !(u->fd == MAPPED && same(u->id, id)))
            u++; /* a file in several parts */
        if (u == uses + n_uses)
            u = add_use(segment ? SEGMENT : REGULAR, id, MAPPED, 0, line + at);
        u->mode |= (r == 'r' ? READS : 0) | (w == 'w' ? WRITES : 0);
        u->bytes += end - begin;
    }
}

static void look_at_process(int pid, double boot)
{
    const char *dir = words("/proc/%d", pid);
    char *text = read_file(words("%s/stat", dir), NULL), *end, state;
    struct process p = {.pid = pid, .room = "", .cwd = ""};
    struct stat st;
    unsigned long long start;
    long threads;

    if (stat(dir, &st) == -1 || (end = strrchr(text, ')')) == NULL)
        return;
    *end = '\0';
    p.name = strsep(&(char *){strchr(text, '(') + 1}, "\n");
    if (sscanf(end + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u "
               "%*d %*d %*d %*d %ld %*d %llu", &state, &p.parent, &threads,
               &start) != 4 ||
        (threads < 2 && (state == 'Z' || state == 'X'))) /* has nothing */
        return;
    p.began = boot + (double)start / (double)sysconf(_SC_CLK_TCK);
    p.uid = st.st_uid;
    p.exe = read_link(words("%s/exe", dir));
    if (*p.exe) { /* else another user's, or the kernel's: nothing to see */
        if ((end = strstr(p.exe, " (deleted)")) != NULL)
            *end = '\0'; /* built anew meanwhile */
        find_room(&p);
        p.cwd = read_link(words("%s/cwd", dir));
        p.cwd_id = id_of(words("%s/cwd", dir));
        size_t n;
        text = read_file(words("%s/cmdline", dir), &n);
        end = text + n;
        for (int i = 0; i < 4 && text < end; i++, text += strlen(text) + 1)
            p.argv[i] = text;
        p.our_ipc = same(id_of(words("%s/ns/ipc", dir)),
                         id_of("/proc/self/ns/ipc"));
        look_at_files(&p);
        look_at_mappings(&p);
        /* Of its threads, one that sleeps in a call that matters here. */
        char *tasks = words("%s/task", dir);
        for (char **task = names_in(tasks); *task != NULL; task++)
            if (**task != '.' && p.wait < MSGRCV)
                find_call(&p, words("%s/%s", tasks, *task));
    }
    *(struct process *)next_of(processes, &n_processes, MANY, sizeof p) = p;
}

static int by_object(const void *a, const void *b)
{
    const struct use *x = a, *y = b;

    return x->kind != y->kind         ? x->kind - y->kind
           : x->id.dev != y->id.dev   ? (x->id.dev < y->id.dev ? -1 : 1)
           : x->id.ino != y->id.ino   ? (x->id.ino < y->id.ino ? -1 : 1)
           : x->process != y->process ? (x->process < y->process ? -1 : 1)
                                      : x->fd - y->fd;
}

static void look_at_processes(void)
{
    int is_proc = 0; /* it has ourselves in it */
    struct timespec now, up;

    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    double boot = (double)(now.tv_sec - up.tv_sec) +
                  (double)(now.tv_nsec - up.tv_nsec) / 1e9;
    n_processes = n_uses = 0;
    for (char **name = names_in("/proc"); *name != NULL; name++)
        if (isdigit((unsigned char)**name) && atoi(*name) != (int)getpid())
            look_at_process(atoi(*name), boot);
        else if (isdigit((unsigned char)**name))
            is_proc = 1;
    if (!is_proc)
        errx(EXIT_FAILURE, "/proc does not show processes");
    qsort(uses, n_uses, sizeof *uses, by_object);
}

static int is_wanted(const struct process *p)
{
    return p->kind == PROGRAM && is_wanted_room(p->room);
}

static const char *who(const struct process *p)
{
    return words("%s %d", p->name, (int)p->pid);
}

static const struct process *parent_of(const struct process *p)
{
    size_t i = 0;

    while (i < n_processes && processes[i].pid != p->parent)
        i++;
    return i < n_processes ? &processes[i] : NULL;
}

/* ---- places: folders (and files) whose names and keys are ours ---------- */

struct place {
    const char *path;
    struct id id;
    int is_ours;        /* what lies there may be cleaned away */
    int is_play;        /* made by the stage, for one play */
    const char *in_use; /* that play still runs: who says so */
    int left;           /* so many objects have its keys and names */
};
static struct place places[MANY];
static size_t n_places;

static struct place *add_place(const char *path, int is_ours)
{
    struct id id = id_of(path);

    if (path[0] != '/' || id.ino == (ino_t)-1)
        return NULL;
    for (size_t i = 0; i < n_places; i++)
        if (same(places[i].id, id)) {
            places[i].is_ours |= is_ours;
            return &places[i];
        }
    struct place *p = next_of(places, &n_places, MANY, sizeof *places);
    p->path = path;
    p->id = id;
    p->is_ours = is_ours;
    return p;
}

static unsigned key_bits(struct id id) /* what ftok(3) keeps of them */
{
    return (unsigned)((id.dev & 0xff) << 16 | (id.ino & 0xffff));
}

/* Only a call tells whether somebody has bound an address. Of a type that none
 * of our servers has: one that lives does not even notice. */
static int is_bound(const struct sockaddr_un *name, size_t size)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int bound = fd == -1 ||
                connect(fd, (const struct sockaddr *)name,
                        (socklen_t)size) == 0 || errno != ECONNREFUSED;

    if (fd != -1)
        close(fd);
    return bound;
}

static int is_bound_file(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC); /* (it may be long) */

    snprintf(name.sun_path, sizeof name.sun_path, "/proc/self/fd/%d", fd);
    int bound = fd == -1 || is_bound(&name, sizeof name);
    if (fd != -1)
        close(fd);
    return bound;
}

static int is_name(const char *abstract);

/* The stage has locked the keys of its folder by an abstract name. (To call it
 * would tell nothing: without the same type no abstract name is found, and with
 * it who does not listen refuses as if there were nobody.) */
static int on_stage(struct id id)
{
    return is_name(words("@ipc-play-%06x.lock", key_bits(id)));
}

static void find_plays(void)
{
    const char *tmp = getenv("TMPDIR");
    char whole[PATH_MAX];
    struct stat st;

    if (realpath(tmp != NULL && tmp[0] ? tmp : "/tmp", whole) == NULL)
        return;
    for (char **name = names_in(whole); *name != NULL; name++) {
        const char *path = words("%s/%s", whole, *name);
        if (fnmatch("ipc.??????", *name, 0) != 0 || lstat(path, &st) == -1 ||
            !S_ISDIR(st.st_mode) || st.st_uid != me ||
            (st.st_mode & 0777) != 0700)
            continue;
        struct place *p = add_place(path, 1);
        if (p == NULL)
            continue;
        p->is_play = 1;
        if (on_stage(p->id))
            p->in_use = "its play is on the stage";
        for (size_t i = 0; i < n_processes; i++)
            if (same(processes[i].cwd_id, p->id))
                p->in_use = words("%s is in its folder", who(&processes[i]));
    }
}

/* The key that this program makes or uses, if it is one of ours. */
static const struct key *key_of(const struct process *p)
{
    for (int k = 0; p->kind == PROGRAM && k < KEYS; k++)
        if (strcmp(p->name, keys[k].maker) == 0 ||
            strcmp(p->name, keys[k].user) == 0)
            return &keys[k];
    return NULL;
}

static void find_places(void)
{
    n_places = 0;
    add_place(here, 1);
    add_place(programs, 1);
    add_place(root, 1);
    for (int i = 0; i < ROOMS; i++) {
        add_place(words("%s/%s", programs, rooms[i]), 1);
        if (root[0] != '\0')
            add_place(words("%s/%s", root, rooms[i]), 1);
    }
    find_plays();
    /* Where one of our programs runs, and what it makes its key of. */
    for (size_t i = 0; i < n_processes; i++) {
        const struct process *p = &processes[i];
        if (p->kind != PROGRAM || p->uid != me)
            continue;
        add_place(p->cwd, 0);
        if (p->argv[1] != NULL && key_of(p) != NULL)
            add_place(its_path(p, AT_FDCWD, p->argv[1]), 0);
    }
}

static int is_at(const struct process *p, const struct place *at)
{
    return same(p->cwd_id, at->id) ||
           (p->argv[1] != NULL &&
            same(id_of(its_path(p, AT_FDCWD, p->argv[1])), at->id));
}

/* ---- objects ------------------------------------------------------------ */

enum { QUEUES, SETS, SEGMENTS, FIFOS, PIPES, SOCKETS, MAPS, POSIX, BLOCKS };
static const char *const titles[BLOCKS] = {
    "Message queues (ipcs -q)", "Semaphore sets (ipcs -s)",
    "Shared memory segments (ipcs -m)", "FIFOs", "Pipes", "Sockets",
    "Shared mappings", "POSIX objects"};

struct object {
    int block, relevant;
    const char *label, *state; /* what it is; what is in it */
    const char *holders;       /* for each two lines: who; what of it */
    int is_ours;               /* it may be cleaned away, if nobody uses it */
    const char *maker, *why_not, *alive; /* the reasons, in words */
    struct place *at;          /* whose key or name it has */
    int sysv_id;
    const char *path;          /* of a file; the name of a POSIX queue */
    struct id id;
};
static struct object objects[MANY];
static size_t n_objects;

static struct object *add_object(int block, const char *label, struct id id)
{
    struct object *o = next_of(objects, &n_objects, MANY, sizeof *objects);

    o->block = block;
    o->label = label;
    o->state = o->holders = "";
    o->id = id;
    return o;
}

static void add_holder(struct object *o, const char *name, const char *what)
{
    o->holders = words("%s%s\n%s\n", o->holders, name, what);
}

/* A child tells itself from its parent by its pid only. */
static void add_process(struct object *o, const struct process *p,
                        const char *what)
{
    const struct process *parent = parent_of(p);

    add_holder(o, who(p), p->kind == PROGRAM && parent != NULL &&
                                  strcmp(parent->exe, p->exe) == 0
                              ? words("%s; child of %d", what, (int)p->parent)
                              : what);
}

/* Is it provably ours? Its maker is NULL if its name or key is none of ours. */
static void judge(struct object *o, uid_t uid, unsigned mode, const char *maker,
                  struct place *at)
{
    o->at = at;
    o->maker = maker;
    if (uid != me) /* no getpwuid(3): it may ask a server */
        o->why_not = words("made by user %u", (unsigned)uid);
    else if (maker == NULL || at == NULL)
        o->why_not = words("its %s is none of ours here",
                           o->block <= SEGMENTS ? "key" : "name");
    else if ((mode & 0777) != 0600)
        o->why_not = words("its mode is 0%o: ours have 0600", mode & 0777);
    else if (!at->is_ours)
        o->why_not = words("it is of the folder %s; clean there", at->path);
    else
        o->is_ours = 1;
    if (at != NULL && o->alive == NULL)
        o->alive = at->in_use;
}

/* ---- who has it open or mapped ------------------------------------------ */

struct group { const struct use *use; size_t n; };

static struct group find_group(int kind, struct id id)
{
    size_t i = 0, n = 0;

    while (i < n_uses && !(uses[i].kind == kind && same(uses[i].id, id)))
        i++;
    while (i + n < n_uses && uses[i + n].kind == kind &&
           same(uses[i + n].id, id))
        n++;
    return (struct group){&uses[i], n};
}

/* Did it get this from who started it, a shell or the stage? */
static int is_inherited(struct group g, const struct use *u)
{
    const struct process *p = &processes[u->process];
    int found = 0;

    while (p != NULL && p->kind == PROGRAM)
        p = parent_of(p);
    for (size_t i = 0; i < g.n; i++)
        found |= &processes[g.use[i].process] == p && g.use[i].mode & u->mode;
    return found;
}

/* Is it one of our programs' own? Not what is only its stdin, stdout or stderr,
 * unless one of them is on the far side, too; nor what it has only inherited.
 * With -a, anything is of MINOR interest. */
enum { MINOR = 1, OURS };
static int relevance(struct group g)
{
    int found = 0;

    for (const struct use *u = g.use; u < g.use + g.n; u++) {
        int ours = u->fd < 0 || u->fd > 2;
        for (size_t k = 0; k < g.n; k++)
            ours |= processes[g.use[k].process].kind == PROGRAM &&
                    (~u->mode & g.use[k].mode || g.use[k].mode == 0);
        if (ours && is_wanted(&processes[u->process]) && !is_inherited(g, u))
            return OURS;
        if (all > 1 && processes[u->process].uid == me)
            found = MINOR;
    }
    return found;
}

/* A line for each process of the group: what it may do, with which fd. */
static void list_users(struct object *o, struct group g)
{
    static const char *const does[] = {"", "reads", "writes",
                                       "reads and writes"};
    static const char *const to[] = {"", " to read", " to write", ""};

    for (size_t i = 0, next; i < g.n; i = next) {
        const struct process *p = &processes[g.use[i].process];
        const char *what = "", *call = "";
        for (next = i; next < g.n && g.use[next].process == g.use[i].process;
             next++) {
            const struct use *u = &g.use[next];
            if (u->fd == IN_OPEN)
                what = words("waits in open(2)%s", to[u->mode]);
            else if (u->fd == MAPPED)
                what = words("maps %s, %s", plural((long)u->bytes, "byte"),
                             u->mode & WRITES ? "may store" : "only reads");
            else if (g.use[i].fd != MAPPED) /* its file need not be open */
                what = join(what, ", ", words("%s (fd %d)", u->kind == SOCKET
                                ? "has it open" : does[u->mode], u->fd));
            for (int k = 0; k < CALLS; k++)
                if (p->knows && p->wait == OTHER_CALL && u->fd >= 0 &&
                    p->call[0] == (unsigned long)calls[k].number &&
                    p->call[1] == (unsigned long)u->fd)
                    call = words(", waits in %s", calls[k].name);
        }
        add_process(o, p, words("%s%s", what, call));
        o->alive = words("%s %s", who(p), g.use[i].fd == IN_OPEN
                                              ? "waits in open(2) of it"
                                              : "has it open");
    }
}

/* How many bytes are in it. Opened as somebody has it open: else it could wake
 * up who waits for a partner. */
static int bytes_in(struct group g)
{
    static const int flags[] = {O_RDONLY, O_RDONLY, O_WRONLY, O_RDWR};
    int bytes = -1;

    for (size_t i = 0; bytes == -1 && i < g.n; i++) {
        const struct use *u = &g.use[i];
        if (u->fd < 0)
            continue;
        int fd = open(words("/proc/%d/fd/%d", (int)processes[u->process].pid,
                            u->fd), flags[u->mode] | O_NONBLOCK | O_CLOEXEC);
        if (fd != -1 && ioctl(fd, FIONREAD, &bytes) == -1)
            bytes = -1;
        if (fd != -1)
            close(fd);
    }
    return bytes;
}

static void fill_pipe(struct object *o, struct group g)
{
    /* With -a: what strangers have is only listed, not opened. */
    int bytes = o->relevant ? bytes_in(g) : -1, modes = 0, opened = 0;

    for (size_t i = 0; i < g.n; i++) {
        modes |= g.use[i].mode ? g.use[i].mode : READS | WRITES;
        opened |= g.use[i].fd >= 0;
    }
    o->state = g.n == 0                  ? "nobody has it open"
               : !opened || bytes == 0   ? "empty" /* nothing is kept then */
               : bytes < 0               ? ""
               : words("%s wait%s", plural(bytes, "byte"), &"s"[bytes != 1]);
    list_users(o, g);
    if (g.n > 0 && !(modes & READS))
        add_holder(o, "nobody", "reads");
    if (g.n > 0 && !(modes & WRITES))
        add_holder(o, "nobody", "writes");
}

/* ---- System V: queues, sets, segments ----------------------------------- */

/* A line of /proc/sysvipc, see proc_sysvipc(5): in all three key, id, mode;
 * from `uid` on user, group, creator and his group, then the times. */
struct sysv {
    int block, id, uid;
    unsigned key;
    long long v[16];
};
static const char kinds[] = "qsm";
static const char *const sysv_words[][3] = { /* file, object, call */
    {"msg", "queue", "msgget"}, {"sem", "set", "semget"},
    {"shm", "segment", "shmget"}};
enum { MODE = 2, CPID = 4, LPID = 5, RPID = 6, ATTACHED = 6 };

/* Does this program use that object, having been started where it was? */
static int would_use(const struct process *p, const struct sysv *s)
{
    const struct key *key = key_of(p);
    const char *path = p->argv[1];

    if (key == NULL || s->key >> 24 != (unsigned char)key->letter ||
        strchr(key->kinds, kinds[s->block]) == NULL)
        return 0;
    if (path == NULL || path[0] == '-' || key->letter == 'i')
        path = "."; /* (that one's argument is a number) */
    return key_bits(id_of(its_path(p, AT_FDCWD, path))) == (s->key & 0xffffff);
}

/* Does its file have the name of the call in it? Whoever calls it, has. */
static int mentions(const struct process *p, const struct sysv *s)
{
    FILE *f = fopen(words("/proc/%d/exe", (int)p->pid), "re");
    char *part = NULL;
    size_t size = 0;
    int found = 0;

    while (f != NULL && !found && getdelim(&part, &size, '\0', f) != -1)
        found = strstr(part, sysv_words[s->block][2]) != NULL;
    free(part);
    if (f != NULL)
        fclose(f);
    return found;
}

/* What it waits for, in words. */
static const char *wait_words(const struct process *p)
{
    long type = (long)p->call[4];

    return p->wait == SEMOP    ? "waits in semop(2)"
           : p->wait == MSGSND ? "waits in msgsnd(2) until there is room"
           : !p->knows         ? "waits in msgrcv(2)"
           : type > 0  ? words("waits in msgrcv(2) for type %ld", type)
           : type == 0 ? "waits in msgrcv(2) for any type"
                       : words("waits in msgrcv(2) for types up to %ld", -type);
}

/* The values, and who sleeps because of them. */
static const char *set_state(const struct sysv *s, long *sleepers)
{
    const char *values = "", *waiting = "";

    for (int i = 0; i < s->v[3]; i++) {
        int n = semctl(s->id, i, GETNCNT), zero = semctl(s->id, i, GETZCNT);
        *sleepers += (n > 0 ? n : 0) + (zero > 0 ? zero : 0);
        if (i == 8)
            values = words("%s ...", values);
        if (i >= 8)
            continue;
        values = words("%s %d", values, semctl(s->id, i, GETVAL));
        if (n > 0)
            waiting = words("%s; number %d: %d wait%s", waiting, i, n,
                            &"s"[n > 1]);
        if (zero > 0)
            waiting = words("%s; number %d: %d wait%s for 0", waiting, i, zero,
                            &"s"[zero > 1]);
    }
    return words("value%s%s%s", &"s"[s->v[3] == 1], values, waiting);
}

/* What it did in the end, of those who used it last. */
struct last {
    int pid;
    long long time;
    const char *what;
};

static int list_last(const struct sysv *s, struct last *l, int most)
{
    const long long *v = s->v, *time = v + s->uid + 4;
    int n = 2;

    if (s->block == QUEUES) {
        l[0] = (struct last){(int)v[LPID], time[0], "sent last"};
        l[1] = (struct last){(int)v[RPID], time[1], "received last"};
    } else if (s->block == SEGMENTS) {
        l[0] = (struct last){(int)v[CPID], time[2], "made it"};
        l[1] = (struct last){(int)v[LPID], time[time[1] > time[0]],
                             "attached or detached last"};
    } else {
        n = 0; /* SETVAL counts, too: then it is the time of the change */
        for (int i = 0; i < v[3] && n < most; i++) {
            int pid = semctl(s->id, i, GETPID), known = pid <= 0;
            for (int k = 0; k < n; k++)
                known |= l[k].pid == pid;
            if (!known)
                l[n++] = (struct last){pid, time[time[1] > time[0]],
                                       "operated last"};
        }
    }
    return n;
}

/* Is it him whose pid the object has kept? Who has begun later is another; but
 * the clock may have been put forward since. */
static int is_him(const struct process *p, const struct last *l,
                  const struct sysv *s)
{
    return p->pid == l->pid && (p->began < (double)l->time + 2 ||
                                (s != NULL && mentions(p, s)));
}

/* Others may have what we see, if we share the first namespace of System V with
 * all, but not that of processes. Between two containers nothing tells. */
static const char *unseen(void)
{
    return id_of("/proc/self/ns/ipc").ino == 0xeffffffful &&
                   id_of("/proc/self/ns/pid").ino != 0xeffffffcul
               ? "whoever is outside of this PID namespace is not seen" : NULL;
}

/* What this process has to do with the object. */
static const char *holds(const struct process *p, struct object *o,
                         const struct sysv *s)
{
    int used = would_use(p, s);
    int sleeps = s->block == QUEUES ? p->wait == MSGRCV || p->wait == MSGSND
                                    : s->block == SETS && p->wait == SEMOP;
    struct group g = find_group(SEGMENT, (struct id){0, (ino_t)s->id});

    for (size_t i = 0; s->block == SEGMENTS && i < g.n; i++)
        if (&processes[g.use[i].process] == p)
            return g.use[i].mode & WRITES ? "attached" : "attached read-only";
    if (sleeps && (p->knows ? (int)p->call[1] == s->id : used))
        return wait_words(p);
    if (sleeps && !p->knows && p->uid == me &&
        (key_of(p) == NULL || s->key == IPC_PRIVATE))
        o->alive = words("%s sleeps in such an object, perhaps in this one",
                         who(p));
    return used ? "uses it" : "";
}

/* Somebody's own program, in the folder of which the key is made. (Of the
 * system's, an interpreter might know these calls and not use them.) */
static int could_use(const struct process *p, const struct sysv *s,
                     const struct place *at)
{
    return p->our_ipc && p->uid == me && p->kind != SCRIPT &&
           key_of(p) == NULL && !is_system(p->exe) && is_at(p, at) &&
           mentions(p, s);
}

static void list_holders(struct object *o, const struct sysv *s,
                         const struct place *at, long sleepers)
{
    struct last l[64];
    int n = list_last(s, l, 64);
    long seen = 0;

    for (size_t i = 0; i < n_processes; i++) {
        const struct process *p = &processes[i];
        const char *what = p->our_ipc ? holds(p, o, s) : "";
        seen += strncmp(what, "waits", 5) == 0;
        for (int k = 0; k < n; k++)
            if (is_him(p, &l[k], s)) {
                what = join(what, "; ", words("%s, %s", l[k].what,
                                              clock_time(l[k].time)));
                l[k].pid = -1;
            }
        if (*what == '\0' && o->is_ours && could_use(p, s, at))
            what = "runs in that folder, and may use it";
        if (*what == '\0')
            continue;
        add_process(o, p, what);
        o->alive = words("%s %.*s", who(p), (int)strcspn(what, ";"), what);
        o->relevant |= is_wanted(p);
    }
    for (int k = 0; k < n; k++)
        if (l[k].pid > 0)
            add_holder(o, words("pid %d, has ended", l[k].pid),
                       words("%s, %s", l[k].what, clock_time(l[k].time)));
        else if (l[k].pid == 0 && l[k].time != 0 && o->alive == NULL)
            o->alive = "a process of another PID namespace has used it";
    if (o->alive == NULL)
        o->alive = s->block == SEGMENTS && s->v[ATTACHED] > 0
                       ? "a process that cannot be seen has it attached"
                   : sleepers > seen
                       ? "a process that cannot be seen sleeps in it"
                       : unseen();
}

static void add_sysv(const struct sysv *s)
{
    struct place *at = NULL;
    const struct key *key = NULL;
    const char *kind = sysv_words[s->block][1], *in_use = NULL;
    int private = s->key == IPC_PRIVATE, letter = (int)(s->key >> 24);
    uid_t uid = (uid_t)s->v[s->uid], cuid = (uid_t)s->v[s->uid + 2];
    long sleepers = 0;

    for (size_t i = 0; !private && i < n_places; i++)
        if (key_bits(places[i].id) == (s->key & 0xffffff)) {
            if (at == NULL || places[i].is_ours > at->is_ours)
                at = &places[i];
            if (places[i].in_use != NULL) /* (two may have the same keys) */
                in_use = places[i].in_use;
        }
    for (int k = 0; at != NULL && k < KEYS; k++)
        if (letter == keys[k].letter && strchr(keys[k].kinds, kinds[s->block]))
            key = &keys[k];
    const char *maker = key ? key->maker : at && at->is_play ? "a play" : NULL;
    if (cuid != me && uid != me && !(key != NULL && cleaning))
        return;
    const char *label =
        private ? words("%s %d, private", kind, s->id)
        : maker && isprint(letter)
            ? words("%s %d, ftok(\"%s\", '%c')", kind, s->id,
                    from_here(at->path), letter)
            : words("%s %d, key 0x%08x", kind, s->id, s->key);
    struct object *o = add_object(s->block, label, (struct id){0, 0});
    o->sysv_id = s->id;
    o->alive = in_use;
    o->state = s->block == SETS ? set_state(s, &sleepers)
               : s->block == SEGMENTS
                   ? words("%s, attached %lld%s", plural(s->v[3], "byte"),
                           s->v[ATTACHED],
                           s->v[MODE] & 01000 ? ", removed at the end" : "")
               : s->v[4] == 0 ? "empty"
                              : words("%s, %s", plural(s->v[4], "message"),
                                      plural(s->v[3], "byte"));
    judge(o, cuid == me ? uid : cuid, (unsigned)s->v[MODE], maker, at);
    if (private && o->why_not != NULL && uid == me && cuid == me)
        o->why_not = words("whose is it? if yours: ipcrm -%c %d",
                           kinds[s->block], s->id);
    if (o->is_ours && key != NULL && !at->is_play &&
        ((s->block == SETS && s->v[3] != key->semaphores) ||
         (s->block == SEGMENTS && s->v[3] != key->bytes))) {
        o->is_ours = 0;
        o->why_not = words("%s makes it in another size", maker);
    }
    list_holders(o, s, at, sleepers);
    o->relevant |= key != NULL ? is_wanted_room(key->room)
                               : maker != NULL && room_wanted == NULL;
    /* What a killed program has left of its private ones looks like this. */
    o->relevant |= private && uid == me && cuid == me && o->alive == NULL &&
                   room_wanted == NULL && (s->v[MODE] & 07777) == 0600;
}

static void look_at_sysv(void)
{
    for (int block = QUEUES; block <= SEGMENTS; block++) {
        const char *file = words("/proc/sysvipc/%s", sysv_words[block][0]);
        char *rest = read_file(file, NULL), *line, *end;
        while ((line = strsep(&rest, "\n")) != NULL) {
            struct sysv s = {.block = block, .uid = block == SETS ? 4 : 7};
            int n = 0;
            for (; n < 16; n++, line = end) {
                s.v[n] = strtoll(line, &end, n == MODE ? 8 : 10);
                if (end == line)
                    break;
            }
            s.key = (unsigned)s.v[0];
            s.id = (int)s.v[1];
            if (n >= 10) /* (not the titles) */
                add_sysv(&s);
        }
    }
}

/* ---- sockets ------------------------------------------------------------ */

struct sock {
    ino_t ino;
    const char *name, *state; /* a path, @abstract, or "" */
};
static struct sock socks[MORE];
static size_t n_socks;

static void look_at_socks(void)
{
    char *rest = read_file("/proc/net/unix", NULL), *line;

    n_socks = 0;
    while ((line = strsep(&rest, "\n")) != NULL) {
        unsigned flags, type, state;
        unsigned long ino;
        int at = 0;
        if (sscanf(line, "%*s %*s %*s %x %x %x %lu%n", &flags, &type, &state,
                   &ino, &at) < 4)
            continue;
        struct sock *s = next_of(socks, &n_socks, MORE, sizeof *socks);
        s->ino = (ino_t)ino;
        s->name = line[at] ? line + at + 1 : "";
        s->state = flags & 0x10000        ? "listens" /* __SO_ACCEPTCON */
                   : state == 3           ? "connected" /* SS_CONNECTED */
                   : type == SOCK_DGRAM   ? "datagrams"
                                          : "not connected";
    }
}

static int is_name(const char *abstract)
{
    for (size_t i = 0; i < n_socks; i++)
        if (strcmp(socks[i].name, abstract) == 0)
            return 1;
    return 0;
}

static const struct sock *find_sock(const struct use *u)
{
    for (size_t i = 0; u->kind == SOCKET && i < n_socks; i++)
        if (socks[i].ino == u->id.ino)
            return &socks[i];
    return NULL;
}

/* ---- names in the file system ------------------------------------------- */

/* Something sleeps in open(2), and the kernel does not say of which FIFO; or it
 * does not even say in which call. */
static void list_perhaps(struct object *o, const struct place *at,
                         const char *room)
{
    for (size_t i = 0; i < n_processes; i++) {
        const struct process *p = &processes[i];
        if (p->uid != me || p->knows)
            continue;
        if (p->wait == OPENING && strcmp(p->room, room) == 0 && is_at(p, at))
            add_process(o, p, "waits in open(2), perhaps of this one");
        if (p->wait == OPENING)
            o->alive = words("%s waits in open(2), perhaps of this one",
                             who(p));
        if (p->wait == SOME_CALL && p->kind == PROGRAM && is_at(p, at))
            o->alive = words("%s sleeps, and this system does not say in what",
                             who(p));
    }
}

/* Who has bound a socket to that file? */
static const char *server_of(struct id file)
{
    for (size_t i = 0; i < n_uses; i++) {
        const struct process *p = &processes[uses[i].process];
        const struct sock *s = find_sock(&uses[i]);
        if (s != NULL && *s->name &&
            same(id_of(its_path(p, AT_FDCWD, s->name)), file))
            return who(p);
    }
    return NULL;
}

static void look_at_name(struct place *at, const char *file,
                         const struct name *name, const struct stat *st)
{
    struct id id = {st->st_dev, st->st_ino};
    const char *path = words("%s/%s", at->path, file), *server = NULL;
    int block = name->type == S_IFIFO ? FIFOS
                : name->type == S_IFSOCK ? SOCKETS : MAPS;

    if (block == SOCKETS) {
        server = server_of(id);
        if (server != NULL && !cleaning)
            return; /* listed with who has it open */
        if (server == NULL && is_bound_file(path))
            server = "a process that cannot be seen";
    }
    struct object *o = add_object(block, from_here(path), id);
    o->path = path;
    o->relevant = is_wanted_room(name->room);
    if (block == FIFOS) {
        fill_pipe(o, find_group(FIFO, id));
        if (o->alive == NULL && (o->alive = unseen()) == NULL)
            list_perhaps(o, at, name->room);
    } else if (block == SOCKETS) {
        o->state = server ? "" : "nobody listens";
        o->alive = server ? words("%s has bound it", server) : NULL;
    } else {
        o->state = plural(st->st_size, "byte");
        list_users(o, find_group(REGULAR, id));
    }
    judge(o, st->st_uid, st->st_mode, name->maker, at);
    if (block == MAPS && o->is_ours && o->alive == NULL &&
        (strcmp(name->maker, "mmap_writer") != 0 ||
         (st->st_size > 0 &&
          strncmp(read_file(path, NULL), magic, strlen(magic)) != 0))) {
        o->is_ours = 0;
        o->why_not = strcmp(name->maker, "mmap_writer") == 0
                         ? "it does not begin as mmap_writer's do"
                         : words("if a killed %s has left it: rm it",
                                 name->maker);
    }
}

static void look_at_names(void)
{
    struct stat st;

    for (size_t i = 0; i < n_places; i++)
        for (char **file = names_in(places[i].path); *file != NULL; file++)
            for (int k = 0; k < NAMES; k++)
                if (fnmatch(names[k].pattern, *file, 0) == 0 &&
                    lstat(words("%s/%s", places[i].path, *file), &st) == 0 &&
                    (st.st_mode & S_IFMT) == names[k].type)
                    look_at_name(&places[i], *file, &names[k], &st);
}

/* ---- POSIX: what lies in /dev/shm and /dev/mqueue ----------------------- */

static const char *posix_name(const struct posix *p, const struct place *at)
{
    return words(p->format, (unsigned)me, (unsigned long long)at->id.dev,
                 (unsigned long long)at->id.ino);
}

static void add_posix(struct object *o, const char *name, const struct stat *st)
{
    struct group g = find_group(o->path[1] == 'd' ? REGULAR : MQ, o->id);
    struct place *at = NULL;
    const struct posix *by = NULL;
    int pid = 0;

    for (int k = 0; k < POSIX_NAMES; k++)
        for (size_t i = 0; i < n_places; i++) {
            const char *pattern = posix_name(&posix[k], &places[i]);
            size_t fixed = strcspn(pattern, "[");
            if (fnmatch(pattern, name, 0) != 0)
                continue;
            by = &posix[k];
            at = at == NULL || places[i].is_ours ? &places[i] : at;
            pid = pattern[fixed] ? atoi(name + fixed) : 0;
        }
    o->relevant = relevance(g) == OURS ||
                  (by != NULL && is_wanted_room(by->room));
    list_users(o, g);
    struct last made = {pid, st->st_ctime, ""};
    for (size_t i = 0; pid > 0 && o->alive == NULL && i < n_processes; i++)
        if (is_him(&processes[i], &made, NULL))
            o->alive = words("its maker lives: %s", who(&processes[i]));
    judge(o, st->st_uid, st->st_mode, by ? by->maker : NULL, at);
    if (st->st_uid != me && !o->relevant && !cleaning)
        n_objects--;
}

static void look_at_shm(void)
{
    struct stat st;
    size_t n;
    int value;

    for (char **file = names_in("/dev/shm"); *file != NULL; file++) {
        const char *path = words("/dev/shm/%s", *file);
        int is_sem = strncmp(*file, "sem.", 4) == 0;
        const char *name = *file + (is_sem ? 4 : 0);
        if (lstat(path, &st) == -1 || !S_ISREG(st.st_mode))
            continue;
        struct object *o = add_object(POSIX, words("%s /%s", is_sem ?
                                      "semaphore" : "memory", name),
                                      (struct id){st.st_dev, st.st_ino});
        o->path = path;
        o->state = plural(st.st_size, "byte");
        void *sem = is_sem ? read_file(path, &n) : NULL;
        if (is_sem && n >= sizeof(sem_t) && sem_getvalue(sem, &value) == 0)
            o->state = words("value %d", value);
        add_posix(o, name, &st);
    }
}

/* Not mq_open(3): an old glibc has it in a library of its own. */
static int open_mq(const char *name)
{
    return (int)syscall(SYS_mq_open, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC,
                        0, NULL);
}

static void add_mq(const char *name)
{
    struct mq_attr attr;
    struct stat st;
    int fd = open_mq(name);

    if (fd == -1)
        return;
    if (fstat(fd, &st) == -1)
        err(EXIT_FAILURE, "/%s", name);
    struct id id = {st.st_dev, st.st_ino};
    for (size_t i = 0; i < n_objects; i++)
        if (objects[i].block == POSIX && same(objects[i].id, id)) {
            close(fd);
            return;
        }
    struct object *o = add_object(POSIX, words("queue /%s", name), id);
    o->path = words("/%s", name);
    if (syscall(SYS_mq_getsetattr, fd, NULL, &attr) == 0)
        o->state = words("%ld of %s", attr.mq_curmsgs,
                         plural(attr.mq_maxmsg, "message"));
    /* A server has locked it; perhaps one of another PID namespace. */
    if (find_group(MQ, id).n == 0 && flock(fd, LOCK_EX | LOCK_NB) == -1)
        o->alive = "a server that cannot be seen has locked it";
    close(fd);
    add_posix(o, name, &st);
}

/* Where that is not mounted: those that somebody has open, and a server's. */
static void look_at_mqueues(void)
{
    for (char **file = names_in("/dev/mqueue"); *file != NULL; file++)
        if (**file != '.')
            add_mq(*file);
    for (size_t i = 0; i < n_uses; i++)
        if (uses[i].kind == MQ && processes[uses[i].process].our_ipc)
            add_mq(base(uses[i].path));
    for (size_t i = 0; i < n_places; i++)
        add_mq(posix_name(&posix[0], &places[i]));
}

/* ---- everything --------------------------------------------------------- */

static void add_group(struct group g)
{
    static const int blocks[] = {[FIFO] = FIFOS, [PIPE] = PIPES,
                                 [SOCKET] = SOCKETS, [REGULAR] = MAPS};
    const struct use *u = g.use;
    const struct sock *s = find_sock(u);
    int relevant = relevance(g), is_shared = u->kind != REGULAR;
    struct stat st;

    for (size_t i = 0; i < g.n; i++)
        is_shared |= g.use[i].fd == MAPPED;
    if (!is_shared || u->kind == SEGMENT || u->kind == MQ || !relevant ||
        (u->kind == REGULAR && is_system(u->path) && !all))
        return;
    for (size_t i = 0; i < n_objects; i++)
        if (u->id.dev != 0 && same(objects[i].id, u->id))
            return;
    struct object *o = add_object(blocks[u->kind], s != NULL && *s->name
                                      ? s->name : from_here(u->path), u->id);
    o->relevant = relevant == OURS;
    if (u->kind == FIFO || u->kind == PIPE) {
        fill_pipe(o, g);
        return;
    }
    if (strncmp(u->path, "/dev/zero", 9) == 0)
        o->label = words("memory without a name, %ju", (uintmax_t)u->id.ino);
    else if (u->kind == REGULAR && stat(u->path, &st) == 0)
        o->state = plural(st.st_size, "byte");
    else if (s != NULL)
        o->state = s->state;
    list_users(o, g);
}

static void look(void)
{
    n_objects = 0;
    look_at_processes();
    look_at_socks(); /* after the processes, and before the plays' folders */
    find_places();
    look_at_sysv();
    look_at_names();
    look_at_shm();
    look_at_mqueues();
    for (size_t i = 0; i < n_uses; i++)
        if (i == 0 || uses[i].kind != uses[i - 1].kind ||
            !same(uses[i].id, uses[i - 1].id))
            add_group(find_group(uses[i].kind, uses[i].id));
}

/* ---- the table ---------------------------------------------------------- */

static FILE *out;
static int columns = 80, colours;

/* Of UTF-8: a first byte has the columns of the character. */
static int width(const char *text)
{
    int total = 0;

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        total += c >= 0x80 && c < 0xc0 ? 0 : c >= 0xe3 && c != 0xef ? 2 : 1;
    }
    return total;
}

/* What would move the cursor is shown as a question mark; of what is wider than
 * that, the end tells. */
static const char *fit(const char *text, int most)
{
    char *clean = words("%s", text), *right = clean;

    for (char *c = clean; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127 ||
            ((unsigned char)*c == 0xc2 && (unsigned char)c[1] < 0xa0))
            *c = '?';
    if (width(clean) <= most)
        return clean;
    while (width(right) > most - 3 || (*right & 0xc0) == 0x80)
        right++;
    return words("...%s", right);
}

static void put_line(int indent, const char *left, int column,
                     const char *right)
{
    int half = columns / 2, most = columns - indent - width(right) - 2;

    if (*right == '\0') {
        fprintf(out, "%*s%s\n", indent, "", fit(left, columns - indent));
        return;
    }
    left = fit(left, most > half - 4 ? most : half - 4);
    int used = indent + width(left), gap = (column < half ? column : half);
    gap = gap > used + 2 ? gap - used : 2;
    fprintf(out, "%*s%s%*s%s\n", indent, "", left, gap, "",
            fit(right, columns - used - gap));
}

/* What does not fit into one line goes on behind a `; ` in the next. */
static void put_holder(const char *name, const char *what)
{
    const char *next;

    for (; width(what) > columns * 5 / 8 && (next = strstr(what, "; ")) != NULL;
         what = next + 2, name = "")
        put_line(4, name, 30, words("%.*s", (int)(next - what), what));
    put_line(4, name, 30, what);
}

static void put_coloured(const char *code, int indent, const char *text)
{
    fprintf(out, "%s", colours ? code : "");
    put_line(indent, text, 0, "");
    fprintf(out, "%s", colours ? "\033[0m" : "");
}

static int show(void)
{
    int last = -1;

    look();
    for (int block = 0; block < BLOCKS; block++)
        for (const struct object *o = objects; o < objects + n_objects; o++) {
            /* Each process has pipes and sockets: only our programs'. */
            if (o->block != block ||
                !(o->relevant || all > 1 ||
                  (all && (block <= SEGMENTS || block == POSIX))))
                continue;
            if (block != last) {
                fputs(last == -1 ? "" : "\n", out);
                put_coloured("\033[1m", 0, titles[block]);
            }
            last = block;
            put_line(2, o->label, 42, o->state);
            char *rest = words("%s", o->holders), *name;
            while ((name = strsep(&rest, "\n")) != NULL && rest != NULL)
                put_holder(name, strsep(&rest, "\n"));
            if (o->is_ours && o->alive == NULL)
                put_coloured("\033[33m", 4,
                             "left behind: make clean-objects removes it");
            else if (block <= SEGMENTS && o->alive == NULL && !o->is_ours)
                put_coloured("\033[33m", 4,
                             words("nobody seen who uses it; %s", o->why_not));
        }
    if (last == -1)
        fprintf(out, "no IPC object of yours%s%s\n",
                room_wanted ? " in the room " : "",
                room_wanted ? room_wanted : "");
    return EXIT_SUCCESS;
}

static int find_terminal(void) /* its rows; 0: it is none */
{
    struct winsize size = {.ws_row = 0};
    const char *wide = getenv("COLUMNS"), *term = getenv("TERM");

    if (wide != NULL && atoi(wide) >= 20)
        columns = atoi(wide);
    if (!isatty(STDOUT_FILENO))
        return 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        columns = size.ws_col;
    colours = getenv("NO_COLOR") == NULL && term != NULL &&
              strcmp(term, "dumb") != 0;
    return size.ws_row > 2 ? size.ws_row : 24;
}

/* Again and again: on a terminal in place, else whenever it has changed. */
static void watch(double seconds)
{
    struct timespec pause = {(time_t)seconds, 0};
    char *before = NULL;

    pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
    for (int first = 1;; first = 0) {
        char *text = NULL;
        size_t length;
        int rows = find_terminal();
        arena_used = 0;
        if ((out = open_memstream(&text, &length)) == NULL)
            err(EXIT_FAILURE, "open_memstream");
        show();
        if (fclose(out) == EOF)
            err(EXIT_FAILURE, "open_memstream");
        if (rows > 0) {
            fputs(first ? "\033[2J\033[H" : "\033[H", stdout);
            char *line = text, *end;
            for (; *line != '\0' && --rows > 0; line = end + (*end != '\0')) {
                end = line + strcspn(line, "\n");
                printf("%.*s\033[K\n", (int)(end - line), line);
            }
            printf("%s\033[J", *line ? "..." : ""); /* more than fits */
        } else if (first || strcmp(before, text) != 0) {
            printf("%s%s", first ? "" : "----\n", text);
        }
        if (fflush(stdout) == EOF)
            err(EXIT_FAILURE, "stdout");
        free(before);
        before = text;
        nanosleep(&pause, NULL);
    }
}

/* ---- cleaning ----------------------------------------------------------- */

/* 0, or -1 and errno; 1: it is in use after all. Where its program has a lock,
 * we have it while the name goes: no new one can take it over in between. */
static int remove_object(const struct object *o)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int is_queue = o->block == POSIX && o->path[1] != 'd', result = 1;
    struct stat st;

    if (o->block == QUEUES)
        return msgctl(o->sysv_id, IPC_RMID, NULL);
    if (o->block == SETS)
        return semctl(o->sysv_id, 0, IPC_RMID);
    if (o->block == SEGMENTS)
        return shmctl(o->sysv_id, IPC_RMID, NULL);
    if (o->block == FIFOS || o->block == SOCKETS)
        return lstat(o->path, &st) == -1 ? -1
               : !same((struct id){st.st_dev, st.st_ino}, o->id) ||
                       (o->block == SOCKETS && is_bound_file(o->path))
                   ? 1 : unlink(o->path);
    int fd = is_queue ? open_mq(o->path + 1)
                      : open(o->path, O_RDWR | O_NOFOLLOW | O_NONBLOCK |
                                          O_CLOEXEC);
    if (fd == -1)
        return -1;
    if (fstat(fd, &st) == 0 &&
        same((struct id){st.st_dev, st.st_ino}, o->id) &&
        (is_queue ? flock(fd, LOCK_EX | LOCK_NB)
                  : fcntl(fd, F_SETLK, &lock)) == 0)
        result = is_queue ? (int)syscall(SYS_mq_unlink, o->path + 1)
                          : unlink(o->path);
    int saved = errno;
    close(fd);
    errno = saved;
    return result;
}

/* In one line, if it fits. */
static void tell(const char *verb, const char *label, const char *why)
{
    const char *line = words("%-8s %s: %s", verb, label, why);

    if (width(line) <= columns) {
        put_line(0, line, 0, "");
    } else {
        put_line(0, words("%-8s %s:", verb, label), 0, "");
        put_line(9, why, 0, "");
    }
}

/* What a play that has lost its stage has left: the folder, if it is empty. A
 * stage that has just made one has not locked it yet: one of this user. It may
 * have begun after the processes were looked at: so the folder must have been
 * there before, seen then.
 * (Of another one nothing can be seen, and his folder is none of ours.) */
static int remove_folders(const char *const *seen, size_t n_seen)
{
    int stages = 0, removed = 0;
    const struct sock *s;

    for (size_t i = 0; i < n_processes; i++) {
        int is_ready = strcmp(processes[i].name, "stage") != 0 ||
                       processes[i].uid != me;
        for (size_t u = 0; !is_ready && u < n_uses; u++)
            is_ready = uses[u].process == i &&
                       (s = find_sock(&uses[u])) != NULL &&
                       strncmp(s->name, "@ipc-play-", 10) == 0;
        stages += !is_ready;
    }
    for (size_t i = 0; i < n_places; i++) {
        int was_there = 0;
        for (size_t k = 0; k < n_seen && !was_there; k++)
            was_there = strcmp(seen[k], places[i].path) == 0;
        /* Without its folder nobody would know whose an object is. */
        if (!was_there || !places[i].is_play || places[i].in_use != NULL ||
            places[i].left > 0)
            continue;
        if (stages == 0 && rmdir(places[i].path) == 0) {
            tell("removed", from_here(places[i].path), "the folder of a play");
            removed++;
        }
    }
    return removed;
}

static int clean(void)
{
    int removed = 0, kept = 0, failed = 0;

    /* What is to go must have been there before the processes are looked at:
     * else somebody could have begun, and have made it, in between. */
    look();
    size_t n_first = n_objects;
    struct object *first = take(n_first * sizeof *first + 1);
    memcpy(first, objects, n_first * sizeof *first);
    size_t n_seen = n_places;
    const char **seen = take(n_seen * sizeof *seen + 1); /* (not by inode: the
                                  next folder may have that of the last) */
    for (size_t i = 0; i < n_seen; i++)
        seen[i] = places[i].path;
    look();
    for (const struct object *o = objects; o < objects + n_objects; o++)
        if (o->is_ours)
            o->at->left++;
    for (const struct object *o = objects; o < objects + n_objects; o++) {
        int was_there = 0, result = 1;
        if (room_wanted != NULL && !o->relevant)
            continue;
        for (size_t i = 0; i < n_first; i++)
            was_there |= first[i].is_ours && first[i].alive == NULL &&
                         first[i].block == o->block &&
                         first[i].sysv_id == o->sysv_id &&
                         same(first[i].id, o->id);
        if (o->is_ours && o->alive == NULL && was_there)
            result = remove_object(o);
        if (result == 0) {
            o->at->left--;
            tell("removed", o->label, words("%s's %s", o->maker,
                 o->block <= SEGMENTS ? "key, nobody uses it"
                                      : "name, nobody has it open"));
            removed++;
        } else if (result == -1 && errno != ENOENT && errno != EINVAL &&
                   errno != EIDRM) {
            tell("stays", o->label, strerror(errno));
            failed = 1;
        } else if (o->is_ours) {
            tell("kept", o->label, o->alive ? o->alive : "it is in use");
            kept++;
        } else if (o->why_not != NULL && (talkative || o->relevant)) {
            tell("kept", o->label, o->why_not);
        }
    }
    if (removed + remove_folders(seen, n_seen) == 0)
        fprintf(out, "nothing to remove%s\n", kept ? " beside these" : "");
    return failed;
}

/* ---- the command -------------------------------------------------------- */

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: objects [-av] [-b BUILD] [-w SECONDS] [ROOM]\n"
            "       objects -c [-v] [-b BUILD] [ROOM]\n");
    exit(2);
}

/* We lie in BUILD/scripts, and BUILD in the project's folder. */
static void find_folders(const char *build)
{
    const char *self = read_link("/proc/self/exe");

    if (build == NULL)
        build = words("%.*s/..", (int)(base(self) - self), self);
    if (realpath(build, programs) == NULL)
        err(EXIT_FAILURE, "%s (try: make)", build);
    if (getcwd(here, sizeof here) == NULL)
        err(EXIT_FAILURE, "the current folder");
    memcpy(root, programs, sizeof root);
    while (root[0] != '\0') {
        *strrchr(root, '/') = '\0';
        if (access(words("%s/scripts/objects.c", root), F_OK) == 0)
            break;
    }
}

int main(int argc, char *argv[])
{
    const char *build = NULL;
    double seconds = 0;
    int option, found = 0;
    char *end;

    while ((option = getopt(argc, argv, "ab:cuvw:")) != -1)
        switch (option) {
        case 'a':
            all = 2;
            break;
        case 'b':
            build = optarg;
            break;
        case 'c':
            cleaning = 1;
            break;
        case 'u':
            all = all ? all : 1;
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
    for (int i = 0; i < ROOMS; i++)
        found |= is_wanted_room(rooms[i]);
    if (!found) {
        fprintf(stderr, "objects: no room '%s'; there are:", room_wanted);
        for (int i = 0; i < ROOMS; i++)
            fprintf(stderr, " %s", rooms[i]);
        fprintf(stderr, "\n");
        exit(2);
    }
    me = geteuid();
    find_folders(build);
    find_terminal();
    out = stdout;
    if (seconds > 0)
        watch(seconds);
    int status = cleaning ? clean() : show();
    if (ferror(stdout) || fflush(stdout) == EOF)
        err(EXIT_FAILURE, "stdout");
    return status;
}
