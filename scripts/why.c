/* why.c - what is everybody waiting for, who could end it, and what to type?
 *
 * Run:     build/scripts/why [-b BUILD] [PID]...     (make why)
 *   Tells of each of this user's processes whose program is in BUILD (build)
 *   and that waits: the call, its line in the source, the object, who could end
 *   the wait, and what to do. With PIDs only of these, whatever they run.
 *   Under sudo: of the processes of the user who called sudo, and root's.
 * Status:  0 nothing waits, or every wait can end; 3 something waits for
 *          something that cannot come; 1 a failure; 2 usage.
 * Environment: COLUMNS, NO_COLOR.
 *
 * All is seen from outside, in /proc: /proc/PID/syscall has the call, its
 * arguments and the stack pointer. The first return address upwards from there
 * whose source line, says addr2line(1), has such a call is where it waits. Who
 * could end it is found by the object: who holds a pipe's other end, a queue's
 * users, children, partners. Whoever runs, or waits for time, a person or a
 * program yet to be started can go on, and whoever waits for one of those. The
 * others wait for ever. Where that file cannot be read, /proc/PID/wchan still
 * tells the kind of call. Nothing is freed: it is over in a moment.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef unsigned long word;

struct fd {
    int n;
    dev_t dev;
    ino_t ino;
    mode_t mode, rights;        /* S_IRUSR: open for reading, S_IWUSR */
    char link[256];
};

struct proc {
    pid_t pid, ppid;
    char name[64], wchan[64], exe[PATH_MAX], cwd[PATH_MAX];
    char partner[64];           /* X_client for X_server, if there is one */
    const char *args, *arg1;    /* all but the name, and the first of them */
    const char *his_arg;        /* the partner's */
    int ours, asked;            /* of the suite; named on the command line */
    int threads, ndir;          /* of exe, the length of its folder's name */
    word switches, caught, blocked;
    struct fd *fds;
    size_t nfds;
    enum { RUNS, WAITS, STOPPED, ENDED } how;
    const struct call *kind;
    int seen, held;             /* its arguments are known; by the director */
    long nr;
    word arg[6], sp;
    char call[40], where[300];
    char *wants, *outside, *todo, *nobody;
    struct proc **enders;       /* any of them could end the wait */
    size_t nenders;
    int live;                   /* it can go on, sooner or later */
};

static struct proc *procs;      /* in the order of their pids, as /proc is */
static size_t nprocs;
static const char *build = "build";
static char real_build[PATH_MAX], here[PATH_MAX];
static size_t nbuild;           /* the length of real_build */
static uid_t user;
static int columns, colour, hidden;

/* ---- text ---- */

static void *need(void *p)
{
    if (p == NULL)
        err(EXIT_FAILURE, "memory");
    return p;
}

/* add: append to a text, which may be NULL. */
__attribute__((format(printf, 2, 3)))
static void add(char **text, const char *format, ...)
{
    char *old = *text, *more = NULL;
    va_list ap;

    va_start(ap, format);
    if (vasprintf(&more, format, ap) == -1 ||
        asprintf(text, "%s%s", old == NULL ? "" : old, more) == -1)
        err(EXIT_FAILURE, "memory");
    va_end(ap);
    free(old);
    free(more);
}

/* also: the same for one more item of a list. */
#define also(text, ...) \
    (*(text) == NULL ? (void)0 : add(text, "; or "), add(text, __VA_ARGS__))

/* columns_of: of a byte of UTF-8: 2 if a wide character begins with it. */
static int columns_of(char c)
{
    unsigned char u = (unsigned char)c;

    return u >= 0x80 && u < 0xc0 ? 0 : u >= 0xe3 && u <= 0xe9 ? 2 : 1;
}

/* put: a text of words from column `at` on, further lines indented. */
static void put(int at, const char *text)
{
    while (*text != '\0') {
        size_t n = 1 + strcspn(text + 1, " ");
        int width = 0;
        for (size_t i = 0; i < n; i++)
            width += columns_of(text[i]);
        if (at > 4 && at + width > columns && *text == ' ') {
            printf("\n   ");
            at = 3;
        }
        for (; n-- > 0; text++) {
            if (at + columns_of(*text) > columns) { /* a long path is broken */
                printf("\n    ");
                at = 4;
            }
            putchar(iscntrl((unsigned char)*text) ? '?' : *text);
            at += columns_of(*text);
        }
    }
    putchar('\n');
}

static void field(const char *label, const char *text, const char *sgr)
{
    printf("  %s%s%s", colour ? sgr : "", label, colour ? "\033[0m" : "");
    put(2 + (int)strlen(label), text);
}

/* ---- what /proc has of a process ---- */

/* slurp: so many bytes of /proc/PID/NAME from AT on, then zeros; how many. */
static ssize_t slurp(void *buf, size_t size, pid_t pid, const char *name,
                     word at)
{
    char path[80];
    size_t len = 0;
    ssize_t n = -1;

    memset(buf, 0, size);
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd != -1 && len < size && (n = pread(fd, (char *)buf + len,
           size - len, (off_t)(at + len))) > 0)
        len += (size_t)n;
    if (fd != -1)
        close(fd);
    return (ssize_t)len;
}

static int link_of(char *buf, size_t size, pid_t pid, const char *name)
{
    char path[80];

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    ssize_t n = readlink(path, buf, size - 1);
    buf[n < 0 ? 0 : n] = '\0';
    return n > 0;
}

static const char *next_line(const char *s)
{
    s += strcspn(s, "\n");
    return s + (*s != '\0');
}

static word after(const char *text, const char *label, int base)
{
    const char *at = strstr(text, label);

    return at == NULL ? 0 : strtoul(at + strlen(label), NULL, base);
}

/* memory: what the process has there; zeros where it cannot be read. */
static void memory(const struct proc *p, word at, void *buf, size_t size)
{
    slurp(buf, size, p->pid, "mem", at);
}

static const char *maps_of(const struct proc *p)
{
    static char maps[1 << 18];

    slurp(maps, sizeof maps - 1, p->pid, "maps", 0);
    return maps;
}

/* ---- which calls wait, and by which functions a program comes to them ---- */

enum what { READ, WRITE, POLL, SELECT, EPOLL, OPEN, MSGRCV, MSGSND, SEMOP,
            FUTEX, WAIT, SIGNAL, SLEEP, OTHER, UNSEEN };

#define IN " fgets getline getdelim getc getchar fgetc fread scanf fscanf"
#define OUT " printf puts fputs putchar putc fputc fwrite fprintf vprintf " \
            "vfprintf dprintf fflush fclose perror warn warnx err errx exit"
#define NAP "nanosleep sleep usleep clock_nanosleep"
#define SEM "sem_wait sem_timedwait sem_clockwait pthread_join " \
            "pthread_mutex_lock pthread_cond_wait pthread_barrier_wait"

/* limit: the number of the argument that points to a time limit, -N: that is
 * the limit itself; by: by which functions; in_kernel: parts of wchan. */
static const struct call {
    long nr;
    enum what what;
    int limit;
    const char *by, *in_kernel;
} calls[] = {
    {SYS_read, READ, 0, "read" IN, "pipe_read n_tty_read wait_woken inotify"},
    {SYS_readv, READ, 0, "readv" IN, ""},
    {SYS_recvfrom, READ, 0, "recv recvfrom",
     "unix_stream_read unix_stream_data for_more_packets sk_wait_data"},
    {SYS_recvmsg, READ, 0, "recvmsg", ""},
    {SYS_mq_timedreceive, READ, 5, "mq_receive mq_timedreceive", "wq_sleep"},
    {SYS_accept, READ, 0, "accept", ""},
    {SYS_accept4, READ, 0, "accept4 accept", "unix_accept inet_csk_accept"},
    {SYS_write, WRITE, 0, "write" OUT, "pipe_write n_tty_write"},
    {SYS_writev, WRITE, 0, "writev" OUT, ""},
    {SYS_sendto, WRITE, 0, "send sendto",
     "sock_alloc_send unix_wait_for_peer sk_stream_wait_memory"},
    {SYS_sendmsg, WRITE, 0, "sendmsg", ""},
    {SYS_mq_timedsend, WRITE, 5, "mq_send mq_timedsend", ""},
    {SYS_openat, OPEN, 0, "open openat fopen", "wait_for_partner fifo_open"},
    {SYS_msgrcv, MSGRCV, 0, "msgrcv", "do_msgrcv"},
    {SYS_msgsnd, MSGSND, 0, "msgsnd", "do_msgsnd"},
    {SYS_semop, SEMOP, 0, "semop", "do_semtimedop"},
    {SYS_semtimedop, SEMOP, 4, "semop semtimedop", ""},
    {SYS_wait4, WAIT, 0, "wait waitpid wait3 wait4 system pclose", "do_wait"},
    {SYS_waitid, WAIT, 0, "waitid", "kernel_waitid"},
    {SYS_rt_sigsuspend, SIGNAL, 0, "sigsuspend pause", "sigsuspend"},
    {SYS_rt_sigtimedwait, SIGNAL, 3, "sigwait sigwaitinfo sigtimedwait",
     "sigtimedwait"},
    {SYS_nanosleep, SLEEP, 0, NAP, ""},
    {SYS_clock_nanosleep, SLEEP, 0, NAP, "nanosleep"},
    {SYS_restart_syscall, SLEEP, 0, NAP " poll sem_timedwait", ""},
    {SYS_futex, FUTEX, 4, SEM, "futex_"},
    {SYS_connect, OTHER, 0, "connect", "stream_connect wait_for_connect"},
    {SYS_ppoll, POLL, 3, "poll ppoll pause", "do_poll do_sys_poll"},
    {SYS_pselect6, SELECT, 5, "select pselect", "do_select poll_schedule"},
    {SYS_epoll_pwait, EPOLL, -4, "epoll_wait epoll_pwait",
     "ep_poll epoll_wait"},
    {SYS_fcntl, OTHER, 0, "fcntl lockf", "fcntl_setlk do_lock_file_wait"},
    {SYS_flock, OTHER, 0, "flock", "flock"},
#ifdef SYS_open /* calls that arm64 has no longer */
    {SYS_open, OPEN, 0, "open fopen", ""},
    {SYS_pause, SIGNAL, 0, "pause", "sys_pause"},
    {SYS_poll, POLL, -3, "poll", ""},
    {SYS_select, SELECT, 5, "select", ""},
    {SYS_epoll_wait, EPOLL, -4, "epoll_wait", ""},
#endif
};
enum { NCALLS = sizeof calls / sizeof *calls };

/* word_of: has the text one of the words of the list, as the name of a function
 * that is called if CALLED? */
static int word_of(const char *list, const char *text, int called, char *found)
{
    int n;

    for (; sscanf(list, "%39s%n", found, &n) == 1; list += n) {
        size_t size = strlen(found);
        for (const char *at = text; (at = strstr(at, found)) != NULL; at++)
            if (!called || (at[size + strspn(at + size, " ")] == '(' &&
                            (at == text || (!isalnum((unsigned char)at[-1]) &&
                                            at[-1] != '_'))))
                return 1;
    }
    return 0;
}

/* ---- the line in the source ---- */

static void source_line(const char *path, int number, char *line, int size)
{
    FILE *f = fopen(path, "re");

    line[0] = '\0';
    while (f != NULL && number > 0 && fgets(line, size, f) != NULL)
        number -= strchr(line, '\n') != NULL;
    if (f != NULL)
        fclose(f);
}

/* find_line: where in its source the program is. */
static void find_line(struct proc *p)
{
    static word stack[8192];
    static char path[PATH_MAX];
    char text[500], name[40], *tool = NULL;
    const char *m = maps_of(p);
    word base, end = 0;
    int found = 0, n = 0;

    /* The program comes first; only a sanitizer's memory is below it. */
    while (*m != '\0' &&
           memmem(m, strcspn(m, "\n"), p->exe, strlen(p->exe)) == NULL)
        m = next_line(m);
    base = strtoul(m, NULL, 16);
    while (memmem(m, strcspn(m, "\n"), p->exe, strlen(p->exe)) != NULL) {
        sscanf(m, "%*x-%lx", &end);
        m = next_line(m);
    }
    memory(p, p->sp, stack, sizeof stack);
    add(&tool, "exec 2>/dev/null addr2line -i -e /proc/%d/exe", (int)p->pid);
    for (size_t i = 0; n < 100 && i < sizeof stack / sizeof *stack; i++) {
        if (stack[i] <= base || stack[i] > end)
            continue;
        /* One before the return address: the call itself. And, if that is in
         * a header which stands in for the call, what is done after it. */
        word at = stack[i] - (base == 0x400000 /* not movable */ ? 0 : base);
        snprintf(text, sizeof text, " %#lx %#lx ", at - 1, at);
        if (strstr(tool, text) == NULL) {
            add(&tool, "%s", text);
            n++;
        }
    }
    FILE *f = n == 0 ? NULL : popen(tool, "r");
    while (f != NULL && fgets(path, sizeof path, f) != NULL) {
        char *colon = strrchr(path, ':'), *slash = strrchr(path, '/');
        int number = colon == NULL ? 0 : atoi(colon + 1);
        if (found || number == 0 || strncmp(colon - 2, ".c", 2) != 0)
            continue; /* a header: the line that uses it comes next (-i) */
        *colon = '\0';
        source_line(path, number, text, sizeof text);
        found = p->held || (p->kind != NULL &&
                            word_of(p->kind->by, text, 1, name));
        if (found && !p->held)
            snprintf(p->call, sizeof p->call, "%s", name);
        if (found || *p->where == '\0')
            snprintf(p->where, sizeof p->where, "%s%.200s:%d", found ? "" :
                     "within ", slash == NULL ? path : slash + 1, number);
    }
    if (f != NULL)
        pclose(f);
}

/* ---- who is there ---- */

static struct proc *by_pid(pid_t pid)
{
    for (size_t i = 0; i < nprocs; i++)
        if (procs[i].pid == pid)
            return &procs[i];
    return NULL;
}

static struct fd *fd_of(const struct proc *p, int n)
{
    for (size_t i = 0; i < p->nfds; i++)
        if (p->fds[i].n == n)
            return &p->fds[i];
    return NULL;
}

static void look_at_fds(struct proc *p)
{
    char path[64];
    struct dirent *d;
    struct stat st, link;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)p->pid);
    DIR *dir = opendir(path);
    while (dir != NULL && (d = readdir(dir)) != NULL) {
        if (!isdigit((unsigned char)d->d_name[0]) ||
            fstatat(dirfd(dir), d->d_name, &link, AT_SYMLINK_NOFOLLOW) == -1 ||
            fstatat(dirfd(dir), d->d_name, &st, 0) == -1)
            continue;
        p->fds = need(realloc(p->fds, (p->nfds + 1) * sizeof *p->fds));
        struct fd *f = &p->fds[p->nfds++];
        *f = (struct fd){.n = atoi(d->d_name), .dev = st.st_dev,
                         .ino = st.st_ino, .mode = st.st_mode,
                         .rights = link.st_mode & (S_IRUSR | S_IWUSR)};
        snprintf(path, sizeof path, "fd/%d", f->n);
        link_of(f->link, sizeof f->link, p->pid, path);
    }
    if (dir != NULL)
        closedir(dir);
}

static void look_at_args(struct proc *p)
{
    char line[400];
    ssize_t n = slurp(line, sizeof line - 1, p->pid, "cmdline", 0);
    ssize_t first = (ssize_t)strlen(line) + 1;

    if (first >= n)
        return;
    p->arg1 = need(strdup(line + first));
    for (ssize_t i = first; i < n - 1; i++)
        if (line[i] == '\0')
            line[i] = ' ';
    p->args = need(strdup(line + first));
}

/* look_at_call: what the process does in the kernel. */
static void look_at_call(struct proc *p)
{
    char text[300];

    slurp(p->wchan, sizeof p->wchan - 1, p->pid, "wchan", 0);
    if (slurp(text, sizeof text - 1, p->pid, "syscall", 0) > 0) {
        if (strncmp(text, "running", 7) == 0)
            p->how = RUNS;
        p->seen = sscanf(text, "%ld %lx %lx %lx %lx %lx %lx %lx", &p->nr,
                         &p->arg[0], &p->arg[1], &p->arg[2], &p->arg[3],
                         &p->arg[4], &p->arg[5], &p->sp) == 8;
    } else
        hidden |= p->how == WAITS && kill(p->pid, 0) == 0;
    if (p->how != WAITS)
        return;
    for (int i = 0; i < NCALLS && p->kind == NULL; i++)
        if (p->seen ? calls[i].nr == p->nr
                    : word_of(calls[i].in_kernel, p->wchan, 0, text))
            p->kind = &calls[i];
    if (p->kind != NULL)
        sscanf(p->kind->by, "%39s", p->call);
    /* The director's hold: an object of ours before the program's calls. */
    p->held = p->seen && p->kind != NULL && p->kind->what == READ &&
              p->arg[0] >= 200 && p->arg[0] < 4096 &&
              strstr(maps_of(p), "/probe.so") != NULL;
}

/* name_partner: X_client for X_server and so on, if there is such a program; or
 * the same one that is started twice, as 0 and as 1. */
static void name_partner(struct proc *p)
{
    static const char *const names[] = {
        "server", "client", "reader", "writer", "read", "write", "give", "take",
        "receiver", "sender", "consumer", "producer",
    };
    char path[PATH_MAX + 80];

    p->his_arg = *p->arg1 == '-' ? "" : p->arg1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *at = strstr(p->name, names[i]);
        if (at == NULL)
            continue;
        snprintf(p->partner, sizeof p->partner, "%.*s%s%s",
                 (int)(at - p->name), p->name, names[i ^ 1],
                 at + strlen(names[i]));
        snprintf(path, sizeof path, "%.*s/%s", p->ndir, p->exe, p->partner);
        if (access(path, X_OK) == 0)
            return;
    }
    p->partner[0] = '\0';
    if (strcmp(p->args, "0") == 0 || strcmp(p->args, "1") == 0) {
        memcpy(p->partner, p->name, sizeof p->partner);
        p->his_arg = *p->args == '0' ? "1" : "0";
    }
}

/* look_at: the suite's processes in full; of others what they have open. */
static int look_at(struct proc *p, pid_t pid, int asked)
{
    char text[8192], state;
    uid_t uid[2];

    *p = (struct proc){.pid = pid, .asked = asked, .ours = asked};
    p->args = p->arg1 = p->his_arg = "";
    if (slurp(text, sizeof text - 1, pid, "status", 0) < 1 ||
        sscanf(text, "Name: %63[^\n]", p->name) != 1 ||
        sscanf(strstr(text, "\nState:"), "\nState: %c", &state) != 1 ||
        sscanf(strstr(text, "\nUid:"), "\nUid: %u %u", &uid[0], &uid[1]) != 2 ||
        (uid[0] != user && uid[1] != user && uid[1] != geteuid()))
        return 0;
    p->ppid = (pid_t)after(text, "\nPPid:", 10);
    p->switches = after(text, "\nvoluntary_ctxt_switches:", 10);
    p->caught = after(text, "\nSigCgt:", 16);
    p->blocked = after(text, "\nSigBlk:", 16);
    p->threads = (int)after(text, "\nThreads:", 10);
    p->how = strchr("ZX", state) ? ENDED : strchr("Tt", state) ? STOPPED
             : state == 'R' ? RUNS : WAITS;
    if (p->how == ENDED)
        return 1;
    if (link_of(p->exe, sizeof p->exe, pid, "exe")) {
        char *deleted = strstr(p->exe, " (deleted)"); /* built anew since */
        if (deleted != NULL)
            *deleted = '\0';
        p->ours |= strncmp(p->exe, real_build, nbuild) == 0 &&
                   p->exe[nbuild] == '/' &&
                   strncmp(p->exe + nbuild, "/scripts/", 9) != 0;
        p->ndir = (int)(strrchr(p->exe, '/') - p->exe);
        snprintf(p->name, sizeof p->name, "%.60s", p->exe + p->ndir + 1);
    }
    look_at_fds(p);
    if (p->ours) {
        link_of(p->cwd, sizeof p->cwd, pid, "cwd");
        look_at_args(p);
        name_partner(p);
        look_at_call(p);
    }
    return 1;
}

static void look_around(char *const pids[])
{
    DIR *dir = opendir("/proc");
    struct dirent *d;

    if (dir == NULL)
        err(EXIT_FAILURE, "/proc");
    procs = NULL;
    nprocs = 0;
    while ((d = readdir(dir)) != NULL) {
        pid_t pid = atoi(d->d_name);
        int asked = 0;
        if (pid <= 0 || pid == getpid())
            continue;
        for (char *const *a = pids; *a != NULL; a++)
            asked |= atoi(*a) == pid;
        if (nprocs % 64 == 0)
            procs = need(realloc(procs, (nprocs + 64) * sizeof *procs));
        nprocs += (size_t)look_at(&procs[nprocs], pid, asked);
    }
    closedir(dir);
}

/* ---- who belongs to whom ---- */

static int own_program(const struct proc *p) /* a reader's, not of a room */
{
    return strncmp(p->exe, real_build, nbuild) != 0 ||
           strncmp(p->exe + nbuild, "/own/", 5) == 0;
}

static int same_program(const struct proc *p, const struct proc *q)
{
    return strcmp(p->exe, q->exe) == 0;
}

/* same_place: paths and keys are relative to the folder, or an argument. */
static int same_place(const struct proc *p, const struct proc *q)
{
    return strcmp(p->cwd, q->cwd) == 0 ||
           ((*p->arg1 == '/' || *p->arg1 == '@') &&
            strcmp(p->arg1, q->arg1) == 0);
}

/* family: parent and child, or children of one parent, of the same program. */
static int family(const struct proc *p, const struct proc *q)
{
    const struct proc *parent = by_pid(p->ppid);

    return same_program(p, q) &&
           (q->ppid == p->pid || p->ppid == q->pid ||
            (q->ppid == p->ppid && parent != NULL && same_program(p, parent)));
}

static int partner(const struct proc *p, const struct proc *q)
{
    if (!same_place(p, q) || family(p, q) || p->ndir != q->ndir ||
        strncmp(p->exe, q->exe, (size_t)p->ndir) != 0)
        return 0;
    if (*p->partner == '\0')
        return own_program(p);
    return strcmp(q->name, p->partner) == 0 &&
           (same_program(p, q) || *p->his_arg == '\0' ||
            *q->his_arg == '\0' || strcmp(p->arg1, q->arg1) == 0);
}

/* ender: one more who could end it. */
static size_t ender(struct proc *p, struct proc *q)
{
    if (q == NULL || q == p || q->how == ENDED)
        return 0;
    for (size_t i = 0; i < p->nenders; i++)
        if (p->enders[i] == q)
            return 1;
    p->enders = need(realloc(p->enders, (p->nenders + 1) * sizeof q));
    p->enders[p->nenders++] = q;
    return 1;
}

/* the_others: whoever may use the same object without holding a descriptor: its
 * partner (X_client for X_server), or ALL: also its parent and children, and
 * others of the same program, where there is no partner. */
enum { PARTNER, ALL };
static size_t the_others(struct proc *p, int who)
{
    size_t n = 0;

    for (size_t i = 0; i < nprocs; i++) {
        struct proc *q = &procs[i];
        if (q->ours && q->how != ENDED && q != p &&
            (partner(p, q) || (who == ALL && family(p, q)) ||
             (who == ALL && *p->partner == '\0' && same_program(p, q) &&
              same_place(p, q))))
            n += ender(p, q);
    }
    return n;
}

/* ---- what to type ---- */

static void quoted(char **text, const char *s)
{
    if (*s != '\0' && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
                               "QRSTUVWXYZ0123456789/._-+:@%,=")] == '\0')
        add(text, "%s", s);
    else {
        add(text, "'");
        for (; *s != '\0'; s++)
            add(text, *s == '\'' ? "'\\''" : "%c", *s);
        add(text, "'");
    }
}

/* in_folder: what to type must be typed where the process lives. */
static int in_folder(const struct proc *p, char **text)
{
    if (strcmp(p->cwd, here) == 0)
        return 0;
    add(text, "in the folder ");
    quoted(text, p->cwd);
    add(text, ": ");
    return 1;
}

/* command: starts the partner. */
static void command(const struct proc *p, char **text)
{
    char *path = NULL;

    if (!in_folder(p, text) && strncmp(p->exe, real_build, nbuild) == 0)
        add(&path, "%s%.*s/%s", build, p->ndir - (int)nbuild,
            p->exe + nbuild, p->partner);
    else
        add(&path, "%.*s/%s", p->ndir, p->exe, p->partner);
    quoted(text, path);
    if (*p->his_arg != '\0') {
        add(text, " ");
        quoted(text, p->his_arg);
    }
}

/* start_partner: 1 if a program is known that could end the wait. */
static int start_partner(struct proc *p)
{
    int twin = strcmp(p->partner, p->name) == 0;

    if (*p->partner == '\0')
        return 0;
    also(&p->outside, "%s%s%s, once it is started", p->partner, twin ? " " : "",
         twin ? p->his_arg : "");
    add(&p->todo, "%sstart, in another terminal, ", p->todo ? "; " : "");
    command(p, &p->todo);
    return 1;
}

/* partner_or: the partner; if there is none, one to be started, or OTHER. */
static void partner_or(struct proc *p, int who, const char *other)
{
    if (the_others(p, who) == 0 && !start_partner(p))
        also(&p->outside, "%s", other);
}

/* ---- descriptors ---- */

/* holders: all others that have the object, opened in a way that suits. */
static size_t holders(struct proc *p, ino_t ino, dev_t dev, mode_t rights,
                      int *own)
{
    size_t n = 0;

    *own = -1;
    for (size_t i = 0; i < nprocs; i++)
        for (size_t k = 0; k < procs[i].nfds; k++) {
            struct fd *f = &procs[i].fds[k];
            if (f->ino != ino || f->dev != dev || !(f->rights & rights))
                continue;
            if (&procs[i] == p)
                *own = f->n;
            n += ender(p, &procs[i]);
        }
    return n;
}

/* by_hand: a FIFO can be served from a shell, too. */
static void by_hand(struct proc *p, const char *path, int reads)
{
    also(&p->outside, "whoever opens it for %s",
         reads ? "writing" : "reading");
    add(&p->todo, "%sin another terminal, ", p->todo != NULL ? "; " : "");
    if (*path != '/')
        in_folder(p, &p->todo);
    add(&p->todo, reads ? "echo hello > " : "cat ");
    quoted(&p->todo, path);
}

/* await_socket: by its name, if it has one. Who is connected to whom is not
 * known, so but for partners it is not said that nobody is there. */
static void await_socket(struct proc *p, const struct fd *f, int out)
{
    FILE *table = fopen("/proc/net/unix", "re");
    char line[300], name[120] = "", path[PATH_MAX + 120];
    unsigned flags = 0, type = 0;
    word ino = 0;

    while (table != NULL && ino != f->ino &&
           fgets(line, sizeof line, table) != NULL) {
        name[0] = '\0';
        sscanf(line, "%*s %*s %*s %x %x %*s %lu%119[^\n]", &flags, &type, &ino,
               name);
    }
    if (table != NULL)
        fclose(table);
    if (ino != f->ino)
        flags = type = name[0] = 0; /* one of the internet */
    int listens = (flags & 0x10000) != 0;
    also(&p->wants, "%s the socket%s, descriptor %d", listens ? "a caller at" :
         out ? "room in" : "data from", name, f->n);
    snprintf(path, sizeof path, "%s/%s", name[1] == '/' ? "" : p->cwd,
             name + (name[0] == ' '));
    if (listens && name[1] != '@' && access(path, F_OK) == -1)
        also(&p->nobody, "the name%s is gone, no client finds it", name);
    else if ((listens || the_others(p, PARTNER) == 0 || *p->partner == '\0') &&
             ((!listens && type == SOCK_STREAM) || !start_partner(p)))
        also(&p->outside, listens ? "a client, once it is started" :
             "whoever is at the other side");
}

/* await_fd: it waits until there is something to read, or room to write. */
static void await_fd(struct proc *p, int n, int out)
{
    static const struct fd none = {.link = "not known what"};
    const struct fd *f = fd_of(p, n);
    int own, queue = strncmp(p->call, "mq_", 3) == 0;

    if (f == NULL)
        f = &none;
    if (S_ISFIFO(f->mode) || queue) {
        int named = f->link[0] == '/';
        also(&p->wants, "%s %s%s, descriptor %d", out ? "room in" :
             queue ? "a message from" : "data from", queue ? "the POSIX queue "
             : named ? "the FIFO " : "a pipe", named ? f->link : "", n);
        size_t others = holders(p, f->ino, f->dev, out ? S_IRUSR : S_IWUSR,
                                &own);
        named &= strstr(f->link, " (deleted)") == NULL;
        if (queue && named)
            partner_or(p, PARTNER, "another program that opens it");
        else if (others > 0)
            return;
        else if (named && !start_partner(p))
            by_hand(p, f->link, !out);
        else if (queue)
            also(&p->nobody, "it has no name any more");
        else if (!named && own != -1)
            also(&p->nobody, "the only %s end is its own, descriptor %d (a "
                 "process should close the end that it does not use)",
                 out ? "read" : "write", own);
        else if (!named)
            also(&p->outside, "the other end is not this user's");
    } else if (S_ISSOCK(f->mode)) {
        await_socket(p, f, out);
    } else if (strncmp(f->link, "/dev/pts/", 9) == 0 ||
               strncmp(f->link, "/dev/tty", 8) == 0) {
        also(&p->wants, out ? "room at the terminal %s, descriptor %d"
             : "a line typed at the terminal %s, descriptor %d", f->link, n);
        also(&p->outside, out ? "Ctrl-Q, if Ctrl-S stopped that terminal"
             : "a person");
        if (p->todo == NULL)
            add(&p->todo, out ? "type Ctrl-Q at %s" : "type a line at %s "
                "(Ctrl-D ends its input)", f->link);
    } else if (strstr(f->link, "inotify") != NULL) {
        also(&p->wants, "news of a file that it watches, descriptor %d "
             "(inotify)", n);
        partner_or(p, PARTNER, "whoever changes that file");
    } else {
        also(&p->wants, "descriptor %d, %s", n, f->link);
        also(&p->outside, "who, is not known");
    }
}

/* guess: the call is known, its arguments are not. */
static void guess(struct proc *p, int out)
{
    int fds = p->kind->what <= EPOLL, pipes = strstr(p->wchan, "pipe") != NULL;

    for (size_t i = 0; fds && i < p->nfds; i++) {
        const struct fd *f = &p->fds[i];
        if (f->rights & (out ? S_IWUSR : S_IRUSR) &&
            (S_ISFIFO(f->mode) || (!pipes && (S_ISSOCK(f->mode) || f->n == 0 ||
                                              strstr(f->link, "inotify")))))
            await_fd(p, f->n, out);
    }
    if (p->wants != NULL)
        return;
    add(&p->wants, "%s (on which object, is not known)", p->call);
    if (p->kind->what != SEMOP)
        partner_or(p, p->kind->what == OPEN ? PARTNER : ALL,
                   "who, is not known");
    else if (the_others(p, ALL) == 0 && !start_partner(p))
        also(&p->nobody, "no other process of this program is left");
}

/* ---- each kind of wait ---- */

static void wait_poll(struct proc *p)
{
    enum what what = p->kind->what;
    static char list[1 << 16];
    char name[40];
    struct pollfd pf;
    fd_set set[2];
    unsigned events;
    int fd;

    for (word i = 0; what == POLL && i < p->arg[1] && i < 1024; i++) {
        memory(p, p->arg[0] + i * sizeof pf, &pf, sizeof pf);
        if (pf.events & (POLLIN | POLLOUT) && pf.fd >= 0)
            await_fd(p, pf.fd, !(pf.events & POLLIN));
    }
    for (int out = 0; what == SELECT && out < 2; out++) {
        memory(p, p->arg[1 + out], &set[out], sizeof *set);
        for (int n = 0; n < (int)p->arg[0] && n < FD_SETSIZE; n++) {
            struct fd *f = fd_of(p, n);
            /* "Readable" when its readers leave: he would have to end. */
            if (FD_ISSET(n, &set[out]) &&
                (out || f == NULL || f->rights & S_IRUSR))
                await_fd(p, n, out);
        }
    }
    /* Its list is in the kernel: one line of fdinfo for each, see proc(5). */
    snprintf(name, sizeof name, "fdinfo/%d", (int)p->arg[0]);
    if (what == EPOLL)
        slurp(list, sizeof list - 1, p->pid, name, 0);
    for (const char *l = list; what == EPOLL && *l != '\0'; l = next_line(l))
        if (sscanf(l, "tfd: %d events: %x", &fd, &events) == 2 &&
            events & (EPOLLIN | EPOLLOUT))
            await_fd(p, fd, !(events & EPOLLIN));
    if (p->wants == NULL) {
        also(&p->wants, "a signal or the end of its time");
        also(&p->outside, "a signal");
    }
}

/* knows: its arguments or its program have that name. */
static int knows(const struct proc *q, const char *path)
{
    static char exe[1 << 22];
    ssize_t n = slurp(exe, sizeof exe, q->pid, "exe", 0);
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    return strstr(q->args, name) != NULL ||
           (n > 0 && memmem(exe, (size_t)n, name, strlen(name) + 1) != NULL);
}

static void wait_open(struct proc *p)
{
    char name[PATH_MAX] = "", path[2 * PATH_MAX];
    /* openat(2) has a folder before it, or that for which this stands. */
    int at = (int)p->arg[0] == AT_FDCWD;
    int reads = (p->arg[at + 1] & O_ACCMODE) == O_RDONLY;

    memory(p, p->arg[at], name, sizeof name - 1);
    snprintf(path, sizeof path, *name == '/' ? "%s%s" : "%s/%s",
             *name == '/' ? "" : p->cwd, name);
    also(&p->wants, "somebody who opens the FIFO %s for %s", name,
         reads ? "writing" : "reading");
    the_others(p, PARTNER);
    for (size_t i = 0; i < p->nenders; i++) { /* the one to come is there */
        const struct proc *q = p->enders[i];
        int same = same_program(p, q) && strcmp(p->args, q->args) == 0;
        if (*p->partner != '\0' || (!same && knows(q, name)))
            return;
    }
    if (access(path, F_OK) == -1)
        also(&p->nobody, "the name %s is gone, nobody finds that FIFO", name);
    else if (!start_partner(p))
        by_hand(p, name, reads);
}

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

static void wait_queue(struct proc *p, int sends)
{
    static struct { long type; char text[1 << 16]; } copy;
    struct msqid_ds q = {0};
    int id = (int)p->arg[0];
    long want = (long)p->arg[3];

    add(&p->wants, sends ? "room in" : want > 0 ? "a message of type %ld from"
        : want < 0 ? "a message of a type up to %ld from"
        : "a message of any type from", labs(want));
    add(&p->wants, " queue %d", id);
    if (msgctl(id, IPC_STAT, &q) == -1) {
        also(&p->outside, "the queue is just being removed");
        return;
    }
    add(&p->wants, " (it holds %lu message%s, %lu bytes", (word)q.msg_qnum,
        q.msg_qnum == 1 ? "" : "s", (word)q.__msg_cbytes);
    for (long i = 0; i < 8; i++) { /* none is taken */
        if (msgrcv(id, &copy, sizeof copy.text, i, MSG_COPY | IPC_NOWAIT |
                   MSG_NOERROR) == -1)
            break;
        add(&p->wants, "%s %ld", i == 0 ? "; types" : ",", copy.type);
    }
    add(&p->wants, ")");
    size_t n = the_others(p, ALL) +
               ender(p, by_pid(sends ? q.msg_lrpid : q.msg_lspid));
    if (q.msg_perm.__key == 0) {
        if (n == 0)
            also(&p->nobody, "the queue has no key, and no other process of "
                 "this program is left");
    } else if (n > 0 ? own_program(p) : !start_partner(p))
        also(&p->outside, "another program that uses the key %#lx",
             (word)q.msg_perm.__key & 0xffffffff);
}

static void wait_semaphore(struct proc *p)
{
    struct sembuf op[64];
    struct semid_ds set = {0};
    int id = (int)p->arg[0];
    pid_t last = 0;
    const struct sembuf *o = NULL; /* the operation that is not possible now */

    memory(p, p->arg[1], op, sizeof op);
    if (semctl(id, 0, IPC_STAT, &set) == -1)
        also(&p->outside, "the set is just being removed");
    for (word k = 0; o == NULL && k < p->arg[2] && k < 64; k++)
        if (op[k].sem_op <= 0 && semctl(id, op[k].sem_num, op[k].sem_op == 0 ?
                                        GETZCNT : GETNCNT) > 0)
            o = &op[k];
    if (o == NULL)
        also(&p->wants, "a semaphore of set %d", id);
    else {
        int waiting = semctl(id, o->sem_num, o->sem_op ? GETNCNT : GETZCNT);
        last = semctl(id, o->sem_num, GETPID);
        if (o->sem_op != 0)
            add(&p->wants, "%d of ", -o->sem_op);
        add(&p->wants, "semaphore %d of set %d%s (its value is %d, %d wait%s "
            "for it)", o->sem_num, id, o->sem_op ? "" : " to become 0",
            semctl(id, o->sem_num, GETVAL), waiting, waiting == 1 ? "s" : "");
    }
    struct proc *by = by_pid(last);
    size_t others = the_others(p, ALL) + ender(p, by);
    int gone = last > 0 && (by == NULL ? kill(last, 0) == -1
                            : by->how == ENDED);
    if (gone)
        add(&p->wants, "; the last operation on it was %d's, who has ended",
            (int)last);
    if (others > 0 || (set.sem_perm.__key != 0 && start_partner(p)))
        return;
    also(&p->nobody, "no other process of this program is left");
    if (gone && o->sem_op < 0) {
        add(&p->nobody, "; if %d did its V with SEM_UNDO, the kernel took that "
             "V back when %d ended", (int)last, (int)last);
        add(&p->todo, "in the source, give the V no SEM_UNDO where it is a "
            "message to others, or where a P is, a V after it");
    }
}

static void wait_child(struct proc *p)
{
    int one = p->nr != SYS_waitid || p->arg[0] == P_PID;
    pid_t want = !p->seen || !one ? -1 :
                 (pid_t)p->arg[p->nr == SYS_waitid ? 1 : 0];
    size_t n = 0;

    for (size_t i = 0; i < nprocs; i++)
        if (procs[i].ppid == p->pid && (want <= 0 || procs[i].pid == want))
            n += ender(p, &procs[i]);
    also(&p->wants, want > 0 ? "its child %d to end"
         : "one of its children to end", (int)want);
    if (n == 0)
        also(&p->outside, "a child that has just begun or ended, or is "
             "not yours");
}

static const char *signal_name(int sig)
{
    static const char names[] = "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 "
        "SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP ";
    static char name[20];
    const char *at = names;

    snprintf(name, sizeof name, sig < 34 ? "%d" : "RTMIN+%d",
             sig < 34 ? sig : sig - 34);
    for (int i = 1; i < sig && *at != '\0'; i++)
        at = strchr(at, ' ') + 1;
    sscanf(at, "%19s", name);
    return name;
}

static void wait_signal(struct proc *p)
{
    word set = p->caught;
    int best = 0, dead = 0, timed = p->kind->nr == SYS_rt_sigtimedwait;
    size_t kin = 0;

    if (p->seen && (timed || p->nr == SYS_rt_sigsuspend))
        memory(p, p->arg[0], &set, sizeof set);
    if (p->seen && !timed)
        set = p->caught & ~(p->nr == SYS_rt_sigsuspend ? set : p->blocked);
    for (int sig = 1; sig <= 64; sig++)
        if (set >> (sig - 1) & 1) {
            if (best == 0 || sig == SIGUSR1 || sig == SIGUSR2)
                best = sig;
            add(&p->wants, "%s%s", p->wants == NULL ? "a signal: " : ", ",
                signal_name(sig));
        }
    if (set == 0)
        also(&p->wants, "a signal, but it has a handler for none");
    for (size_t i = 0; i < nprocs; i++) {
        struct proc *q = &procs[i];
        dead |= q->how == ENDED && q->ppid == p->pid;
        if (q->ppid == p->pid || (q->ours && family(p, q)) ||
            (q->ours && *p->partner != '\0' && partner(p, q)))
            kin += ender(p, q);
    }
    if (kin > 0)
        return;
    if (set == 0)
        also(&p->nobody, "without a handler, no signal ends it but by killing "
             "it");
    else if (dead)
        also(&p->nobody, "its child has ended and sends nothing any more");
    else {
        also(&p->outside, "whoever sends it");
        add(&p->todo, "kill -%s %d", signal_name(best), (int)p->pid);
    }
}

/* wait_futex: a POSIX semaphore, if more than one process can have it. */
static void wait_futex(struct proc *p)
{
    char dev[20], path[200] = "", key[60] = "";
    word from, to, ino;
    int value = 0;
    size_t others = 0;

    for (const char *m = maps_of(p); *m != '\0'; m = next_line(m))
        if (sscanf(m, "%lx-%lx %*3cs %*s %19s %lu %199[^\n]", &from, &to, dev,
                   &ino, path) == 5 && p->arg[0] >= from && p->arg[0] < to) {
            snprintf(key, sizeof key, " %s %lu ", dev, ino);
            break;
        }
    memory(p, p->arg[0] & ~7UL, &value, sizeof value);
    if (*key != '\0' && strncmp(path, "/dev/shm/sem.", 13) == 0)
        also(&p->wants, "the POSIX semaphore /%s", path + 13);
    else
        also(&p->wants, "a POSIX semaphore in %s memory", *key != '\0' ?
             "shared" : "its own");
    /* musl notes in the highest bit that somebody waits. */
    add(&p->wants, " (its value is %d)", value < 0 ? 0 : value);
    for (size_t k = 0; *key != '\0' && k < nprocs; k++)
        if (procs[k].ours && strstr(maps_of(&procs[k]), key) != NULL)
            others += ender(p, &procs[k]);
    if (others == 0 && *key != '\0' && strstr(path, " (deleted)") == NULL)
        partner_or(p, PARTNER, "another program that opens it");
    else if (others == 0)
        also(&p->nobody, "no other process has it");
}

static void ask(struct proc *p)
{
    struct timespec ts;
    const struct call *kind = p->kind;

    if (p->how == STOPPED) {
        add(&p->outside, "a person");
        add(&p->todo, "fg in its terminal, or kill -CONT %d", (int)p->pid);
    }
    if (p->held)
        add(&p->outside, "the director, when it lets it go");
    if (p->how != WAITS || p->held)
        return;
    switch (kind == NULL ? OTHER :
            p->seen || kind->what >= WAIT ? kind->what : UNSEEN) {
    case UNSEEN: guess(p, kind->what == WRITE); break;
    case READ:
    case WRITE: await_fd(p, (int)p->arg[0], kind->what == WRITE); break;
    case POLL:
    case SELECT:
    case EPOLL: wait_poll(p); break;
    case OPEN: wait_open(p); break;
    case MSGRCV:
    case MSGSND: wait_queue(p, kind->what == MSGSND); break;
    case SEMOP: wait_semaphore(p); break;
    case WAIT: wait_child(p); break;
    case SIGNAL: wait_signal(p); break;
    case FUTEX: wait_futex(p); break;
    case OTHER:
        the_others(p, ALL);
        also(&p->outside, "who, is not known (in the kernel: %s, system call "
             "%ld)", *p->wchan != '\0' ? p->wchan : "?", p->nr);
        break;
    case SLEEP:
        also(&p->outside, "time alone");
        memory(p, p->arg[p->nr == SYS_nanosleep ? 0 : 2], &ts, sizeof ts);
        if (p->nr == SYS_nanosleep ||
            (p->nr == SYS_clock_nanosleep && !(p->arg[1] & TIMER_ABSTIME)))
            add(&p->outside, ": it sleeps for %g s in all",
                (double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
        return;
    }
    int limit = kind == NULL ? 0 : kind->limit;
    if (!p->seen ? limit != 0 : limit > 0 ? p->arg[limit - 1] != 0 :
        limit < 0 && (int)p->arg[-limit - 1] >= 0)
        also(&p->outside, p->seen ? "time: it has set a limit"
             : "time, if it has set a limit");
    if (p->threads > 1)
        also(&p->outside, "its own threads (not looked at)");
    /* A timer of alarm(2) cannot be seen from outside, its handler can. */
    if (p->caught >> (SIGALRM - 1) & 1 && p->outside == NULL)
        also(&p->outside, "its own alarm(2), if it has set one");
}

/* judge: who can go on, sooner or later? 0 if all can; else a number that is
 * another one as soon as others are stuck, or one of them has moved. */
static word judge(void)
{
    word stuck = 0;

    for (size_t i = 0; i < nprocs; i++) {
        struct proc *p = &procs[i];
        if (p->ours)
            ask(p);
        p->live = p->how != ENDED && (!p->ours || p->how != WAITS ||
                                      p->outside != NULL);
    }
    for (int more = 1; more;) {
        more = 0;
        for (size_t i = 0; i < nprocs; i++)
            for (size_t k = 0; !procs[i].live && k < procs[i].nenders; k++)
                if (procs[i].enders[k]->live)
                    procs[i].live = more = 1;
    }
    for (size_t i = 0; i < nprocs; i++)
        if (procs[i].how == WAITS && !procs[i].live)
            stuck = (stuck * 31 + (word)procs[i].pid) * 31 + procs[i].switches;
    return stuck;
}

/* ---- telling it ---- */

static void does(char **text, const struct proc *p)
{
    if (p->how != WAITS)
        add(text, p->how == RUNS ? "runs" : "is stopped");
    else if (p->held)
        add(text, "is held by the director before the call at %s", p->where);
    else
        add(text, "sleeps%s%s%s%s", *p->call != '\0' ? " in " : "", p->call,
            *p->where != '\0' ? ", " : "", p->where);
}

static void tell_enders(const struct proc *p, int live, char **text)
{
    size_t n = 0;

    for (size_t i = 0; i < p->nenders; i++) {
        const struct proc *q = p->enders[i];
        if (q->live != live || ++n > 3)
            continue;
        const char *kin = q->ppid == p->pid ? "its child " :
                          p->ppid == q->pid ? "its parent " : "";
        int named = *kin == '\0' || strcmp(p->name, q->name) != 0;
        also(text, "%s%s%s%d", kin, named ? q->name : "", named ? " " : "",
             (int)q->pid);
        if (q->ours) {
            add(text, ", which ");
            does(text, q);
        }
    }
    if (n > 3)
        add(text, "; or one of %zu more", n - 3);
}

/* circle: from a process that cannot go on, by whom it waits for, and back. */
static char *circle(const struct proc *p)
{
    const struct proc *q = p;
    char *text = NULL;

    for (int n = 0; n < 64 && q->nenders > 0; n++) {
        add(&text, "%s %d%s waits for ", q->name, (int)q->pid,
            n > 0 ? ", which" : "");
        q = q->enders[0];
        if (q == p) {
            add(&text, "%s %d", p->name, (int)p->pid);
            return text;
        }
    }
    return NULL; /* or p is only before a circle */
}

/* tell_stuck: of one who waits for what cannot come. */
static void tell_stuck(const struct proc *p)
{
    char *text = NULL, *todo = NULL, *ring = circle(p);
    const struct proc *q = p->nenders > 0 ? p->enders[0] : p;

    tell_enders(p, 0, &text);
    if (p->nobody != NULL || q == p)
        also(&text, "%s", p->nobody != NULL ? p->nobody : "nobody is there");
    field(q == p ? "NOBODY CAN END THIS: " : "could be ended only by: ", text,
          q == p ? "\033[1;31m" : "");
    if (q != p)
        field(ring != NULL ? "A CIRCLE: " : "WHICH CANNOT GO ON: ", ring != NULL
              ? ring : "it waits for something that cannot come, too",
              "\033[1;31m");
    if (p->todo != NULL)
        add(&todo, "%s; now ", p->todo);
    if (q != p && ring == NULL)
        add(&todo, "see %s %d; or ", q->name, (int)q->pid);
    add(&todo, "end it: Ctrl-C in its terminal, or kill %d", (int)p->pid);
    if (ring != NULL && strcmp(p->partner, q->name) == 0 &&
        strcmp(p->args, q->args) == 0) {
        add(&todo, "; then start it as the other one, ");
        command(p, &todo);
    }
    field("to do: ", todo, "");
}

static void tell(const struct proc *p)
{
    char *text = NULL;

    printf("%s", colour ? "\033[1m" : "");
    add(&text, "%s %d", p->name, (int)p->pid);
    if (*p->args != '\0')
        add(&text, " (started as: %s %s)", p->name, p->args);
    add(&text, " ");
    does(&text, p);
    put(0, text);
    printf("%s", colour ? "\033[0m" : "");
    if (p->wants != NULL)
        field("wants ", p->wants, "");
    if (p->how == RUNS)
        return;
    if (!p->live) {
        tell_stuck(p);
        return;
    }
    text = NULL;
    tell_enders(p, 1, &text);
    if (p->outside != NULL)
        also(&text, "%s", p->outside);
    field("could be ended by: ", text, "\033[32m");
    field("to do: ", p->todo != NULL ? p->todo : p->nenders > 0 ?
          "see there, or wait" : "wait", "");
}

int main(int argc, char *argv[])
{
    int option, bad = 0, told = 0, waiting = 0, ever = 0;
    struct winsize ws;
    const char *no = getenv("NO_COLOR"), *set = getenv("COLUMNS"),
               *sudo = getenv("SUDO_UID");

    while ((option = getopt(argc, argv, "+b:")) != -1)
        if (option == 'b')
            build = optarg;
        else
            bad = 1;
    char **pids = &argv[optind];
    for (char **a = pids; *a != NULL; a++)
        bad |= atoi(*a) <= 0 || strlen(*a) > 9 ||
               (*a)[strspn(*a, "0123456789")] != '\0';
    if (bad) {
        fprintf(stderr, "usage: why [-b BUILD] [PID]...\n");
        return 2;
    }
    if (realpath(build, real_build) == NULL)
        err(EXIT_FAILURE, "%s", build);
    nbuild = strlen(real_build);
    link_of(here, sizeof here, getpid(), "cwd");
    user = geteuid();
    if (user == 0 && sudo != NULL && *sudo != '\0')
        user = (uid_t)strtoul(sudo, NULL, 10);
    colour = isatty(STDOUT_FILENO) && (no == NULL || *no == '\0');
    if (set != NULL)
        columns = atoi(set);
    else if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0)
        columns = ws.ws_col;
    if (columns < 30)
        columns = columns > 0 ? 30 : 80;

    /* One look takes a while, and meanwhile one may have let the other go. So a
     * wait for ever must be seen twice, without a move in between. */
    word stuck = 0, before = 0;
    for (int i = 0; i < 20 && (i == 0 || stuck != before); i++) {
        nanosleep(&(struct timespec){0, i == 0 ? 0 : 20000000}, NULL);
        before = stuck;
        look_around(pids);
        stuck = judge();
    }
    for (size_t i = 0; stuck != before && i < nprocs; i++)
        procs[i].live = 1; /* a busy crowd: no verdict */
    for (char **a = pids; *a != NULL; a++)
        if (by_pid(atoi(*a)) == NULL)
            errx(EXIT_FAILURE, kill(atoi(*a), 0) == -1 && errno == ESRCH ?
                 "%s: there is no such process" :
                 "%s: not a process of yours", *a);
    for (size_t i = 0; i < nprocs; i++)
        if (procs[i].ours && procs[i].how == WAITS && procs[i].seen)
            find_line(&procs[i]);
    for (size_t i = 0; i < nprocs; i++) {
        const struct proc *p = &procs[i];
        if (!p->ours || p->how == ENDED ||
            (!p->asked && (*pids != NULL || p->how == RUNS)))
            continue;
        if (told++ > 0)
            putchar('\n');
        tell(p);
        waiting += p->how == WAITS || p->how == STOPPED;
        ever += p->how == WAITS && !p->live;
    }
    if (waiting == 0)
        printf("%sNothing waits.\n", told > 0 ? "\n" : "");
    else if (ever > 0)
        printf("\n%d of %d wait%s for something that cannot come.\n", ever,
               waiting, ever == 1 ? "s" : "");
    if (hidden)
        fprintf(stderr, "why: the calls' arguments and lines cannot be read "
                "here\n     (sysctl kernel.yama.ptrace_scope is 1?); what "
                "sees more:\n     sudo %s/scripts/why -b %s\n", build, build);
    if (fflush(stdout) == EOF || ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return ever > 0 ? 3 : EXIT_SUCCESS;
}
