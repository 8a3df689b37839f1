/* director.c - lets one process run at a time, and writes down what they do.
 *
 * Usage:  director [-b BUILD] [-o TRACE] [-t SECONDS] [-s] -- COMMAND [ARG...]
 *                  [-- COMMAND [ARG...]]...
 *         director [-b BUILD] [-o TRACE] [-t SECONDS] [-q] [-z] -p PLAN
 *   -b   where the programs are (build); those below BUILD/ROOM/ are traced
 *   -o   where the trace goes (stdout)
 *   -t   how long the run may last: then TERM, then KILL (60)
 *   -s   steps: read from stdin who may make the next call
 *   -p   what is started and typed, who makes the next call, and what goes
 *        wrong, stands in a file: see The plan, below
 *   -q   quick: the source lines are not looked up
 *   -z   sleep(3) and its like take no time: they only let others go first
 * Starts the commands with scripts/probe.so in their environment, and those
 * they start in turn are reached, too. Each next command starts when all that
 * are there stand still (with -s: at once). Exit status: of the first command
 * that failed, else 0; 124 after -t. With -p: 0 when all have ended, however;
 * 3 if they wait for ever.
 *
 * Each traced process asks before each call. One is let go; then the director
 * waits until everything stands still again: each process asks, or sleeps in
 * its call, or is stopped. That is seen in /proc: a process sleeps if its state
 * is S and it has not been on a processor between two looks. So no clock
 * decides what comes next, and the same program gives the same trace. Next is
 * who was woken or started last; a forked child, and who has just slept by the
 * clock, comes last.
 *
 * The trace is text, an event a line, fields separated by TAB. Text in it is
 * written as in C. The first four fields: a number from 1, microseconds since
 * the start, the pid (0: the director), and the event with its own fields:
 *   new    PROGRAM PARENT ARGUMENTS       PARENT 0: not forked by a traced one
 *   call   WHERE NAME WORDS ATTRIBUTES    the call begins
 *   wait   WHERE NAME WORDS ATTRIBUTES    it does not come back, it sleeps
 *   done   WHERE NAME WORDS ATTRIBUTES RESULT CALL    CALL: number of its call
 *   enter  WHERE SIGNAL SENDER         a handler begins; SENDER 0: the kernel
 *   leave  WHERE SIGNAL                it returns
 *   end    HOW                         exit 0, return 0, _exit 0, exec, killed
 *                                      SIGKILL, killed (nobody knows by what)
 *   state  OBJECT TEXT                 what the kernel says of it, if changed
 *   held   WHERE NAME WORDS ATTRIBUTES    -s: before this call it stands; also
 *                                         before `return`, from main()
 *   turn   PIDS                           -s: whom a command may let go, or -
 *   fault  WHERE KIND WORDS            -p: what goes wrong there
 *   stuck  PIDS                        -p: nobody of them will ever go on
 *   act    NAME VERB TEXT              -p: a line of the plan is carried out
 *   goes   return STATUS               -p: it was let go, to return from main()
 *   note   TEXT                           a remark
 * WHERE is FILE:LINE. ATTRIBUTES are key=value, separated by blanks; only the
 * last, data=, contains blanks. Keys: fd obj (KIND:NUMBER, what is behind it)
 * end (of a pipe: read, write, both) fd2 obj2 end2 path addr own peer flags n
 * data type want ops num cmd value key lock start len sig to from child status
 * sec limit (of a wait, in seconds) timer. An empty field is `-`.
 *
 * Commands of -s, a line each: `go PID`, `go` (who would be next), `run` (to
 * the end), `quit` (TERM, then KILL). The end of stdin is `quit`.
 *
 * The plan, a line each; # begins a comment. Processes are known by numbers, in
 * the order of their `new` from 1:
 *   NAME runs PATH ARG...  start it; stdin is a pipe, stdout and stderr are
 *                          appended to NAME.out and NAME.err beside the plan
 *   NAME types TEXT        a line for its stdin; ^D closes it, ^C is SIGINT
 *   NAME rests .           nothing: who is started behind it is started later
 *   order N N N ...        who makes the next call (a return from main(), too)
 *   fault N C KIND ...     at the C-th call of N:
 *     error ENAME            the call is not made; it fails so
 *     short K                at most K bytes are read or written
 *     kill                   N is killed in place of making it
 *     kills M                M is killed, then N makes it
 *     signal NAME            N gets that signal (INT), then makes it
 *     stop                   N makes it, and is stopped in it, or after it; it
 *                            continues when nobody else can, or after a second
 * Commands whose lines follow each other are started together: each stands
 * before its first call. All that comes later waits until everybody rests.
 * When the order is used up: who went last goes on if it can, else the next by
 * number; but who has slept by the clock lets the others go first, and those who
 * have slept longer ago. In the trace
 * there are then `held` and `turn` before each call, as with -s.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PROCESSES = 1024, MAX_FIELDS = 8, MAX_DEPTH = 16, MAX_OBJECTS = 256,
       MAX_HOLDERS = 8 };

struct message {                /* from a process, not yet written down */
    long long time;
    char *field[MAX_FIELDS];
    char *text;
    struct message *next;
};
struct open_call {              /* begun, not yet done */
    long number;
    int waited;                 /* is it written down that it sleeps? */
    char *where, *name, *words, *attributes;
};
struct process {
    pid_t pid;
    int fd;                     /* its socket; -1: closed */
    char program[PATH_MAX];
    struct message *first, **last;
    struct message *held;       /* it asks for this call */
    struct open_call call[MAX_DEPTH];
    int depth;
    pid_t parent;               /* if it was forked by a traced one */
    int born, ended, status;    /* status: -1 is not known */
    char leaving[16];           /* exit, _exit, return ... */
    char killed[24];            /* by whom it was found dead */
    long order;                 /* the highest is let go first */
    int turns;                  /* calls since it last slept */
    int computes;               /* it was not waited for, and that was said */
    int threads;                /* that it has some was said */
    int calls;                  /* how many it has made */
    long gave_way;              /* when it slept by the clock; 0: it did not */
    enum { RUNS, TO_STOP, STOPPED } stop; /* a fault of the plan */
    long long stopped;          /* since when */
    long long timer, every;     /* when its timer goes off; 0: none is set */
};
struct object {                 /* whose state is told when it changes */
    char name[300], state[300];
    struct { pid_t pid; int fd; } holder[MAX_HOLDERS];
    int n_holders;
};

static struct process *process[MAX_PROCESSES];
static int n_processes;
static struct object object[MAX_OBJECTS];
static int n_objects;
static struct { pid_t pid; int status, ended; } command[16];
static int n_commands, n_started, stepping, running_free, over;
static FILE *trace;
static long number;
static long long begin, deadline; /* microseconds */
static int door = -1, signals = -1;
static struct rlimit files;     /* of the programs; our own is higher */
static char folder[64], build[PATH_MAX];
static struct process *current;
static long top, bottom;        /* the orders given so far */

static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static struct {                 /* -p */
    struct act { char *name, *verb, *text; } *act;
    struct fault { int number, call, done; char *kind, *words; } *fault;
    int *order;
    int n_acts, acted, n_faults, n_orders, ordered;
    char folder[PATH_MAX];      /* in which it lies */
} plan;
static struct { char *name; int keyboard; } player[16]; /* as command */
static int planned, quick, timeless, terminals;

/* ---- the trace ---------------------------------------------------------- */

__attribute__((format(printf, 3, 4)))
static long event(long long time, pid_t pid, const char *format, ...)
{
    static long long last; /* what happened at the same time has an order */
    va_list args;

    last = time = time > last ? time : last;
    fprintf(trace, "%ld\t%lld\t%d\t", ++number, time - begin, (int)pid);
    va_start(args, format);
    vfprintf(trace, format, args);
    va_end(args);
    if (fputc('\n', trace) == EOF || fflush(trace) == EOF)
        err(EXIT_FAILURE, "the trace");
    return number;
}
#define note(...) event(now(), 0, "note\t" __VA_ARGS__)

/* It tells all functions that were inlined there: the innermost that is not of
 * a header counts. The address 0, which is nowhere, tells where they end. */
static void ask_addr2line(FILE *to, FILE *from, unsigned long at, char *line)
{
    char text[PATH_MAX];
    int found = 0;

    strcpy(line, "?");
    fprintf(to, "%lx\n0\n", at);
    if (fflush(to) == EOF)
        return;
    for (int n = 0; fgets(text, sizeof text, from) != NULL; n++) {
        text[strcspn(text, " \n")] = '\0'; /* "(discriminator 2)" may follow */
        if (n > 0 && *text == '?')
            return;
        if (!found && strlen(text) < 64) {
            strcpy(line, text);
            found = strstr(text, ".c:") != NULL;
        }
    }
}

/* Where an offset is in the source: one addr2line(1) for each program knows. */
static struct { char program[PATH_MAX]; FILE *to, *from; pid_t pid; } known[32];
static int n_known;
static const char *where(const char *program, const char *offset)
{
    static struct { char key[PATH_MAX + 32], value[64]; } cache[1024];
    static int n_cache;
    static char line[PATH_MAX + 64];
    char key[PATH_MAX + 32];
    int i, to[2], from[2];

    if (strcmp(offset, "0") == 0) /* of a return from main() */
        return "-";
    if (quick) {
        snprintf(line, sizeof line, "+%s", offset);
        return line;
    }
    snprintf(key, sizeof key, "%s %s", offset, program);
    for (i = 0; i < n_cache; i++)
        if (strcmp(cache[i].key, key) == 0)
            return cache[i].value;
    for (i = 0; i < n_known && strcmp(known[i].program, program) != 0; i++)
        ;
    if (i == 32)
        return "?";
    if (i == n_known) {
        n_known++;
        snprintf(known[i].program, sizeof known[i].program, "%s", program);
        if (pipe2(to, O_CLOEXEC) == -1 || pipe2(from, O_CLOEXEC) == -1)
            err(EXIT_FAILURE, "pipe");
        pid_t child = fork();
        if (child == -1)
            err(EXIT_FAILURE, "fork");
        if (child == 0) {
            sigset_t none;
            sigemptyset(&none);
            sigprocmask(SIG_SETMASK, &none, NULL);
            setpgid(0, 0);      /* Ctrl-C is for us */
            if (dup2(to[0], 0) != -1 && dup2(from[1], 1) != -1)
                execlp("addr2line", "addr2line", "-i", "-s", "-e", program,
                       (char *)NULL);
            _exit(127);
        }
        close(to[0]);
        close(from[1]);
        known[i].pid = child;
        known[i].to = fdopen(to[1], "w");
        known[i].from = fdopen(from[0], "r");
        if (known[i].to == NULL || known[i].from == NULL)
            err(EXIT_FAILURE, "fdopen");
    }
    /* Two calls that a compiler has made one have no line, and some it counts
     * to a header: take the one before. */
    unsigned long at = strtoul(offset, NULL, 16), back = 0;
    do {
        ask_addr2line(known[i].to, known[i].from, at - back, line);
    } while ((strstr(line, ".c:") == NULL || strchr(line, '?') != NULL) &&
             ++back < 64);
    if (strchr(line, '?') != NULL)
        strcpy(line, "?");
    if (n_cache < 1024) {
        strcpy(cache[n_cache].key, key);
        strcpy(cache[n_cache].value, line);
        return cache[n_cache++].value;
    }
    return line;
}

/* The value of a key among the attributes, or NULL. What a program has printed
 * stands behind data= and is none. */
static const char *value(const char *attributes, const char *key)
{
    size_t len = strlen(key);

    for (const char *a = attributes; strncmp(a, "data=", 5) != 0; a++) {
        if (strncmp(a, key, len) == 0 && a[len] == '=')
            return a + len + 1;
        if ((a = strchr(a, ' ')) == NULL)
            break;
    }
    return NULL;
}
static pid_t pid_of(const char *attributes, const char *key)
{
    const char *a = value(attributes, key);

    return a == NULL ? 0 : (pid_t)atol(a);
}

/* ---- objects ------------------------------------------------------------ */

/* Remember obj= and obj2=, and who has which descriptor of it. */
static void remember(const struct process *p, const char *attributes)
{
    for (int two = 0; two < 2; two++) {
        const char *o = value(attributes, two ? "obj2" : "obj");
        const char *f = value(attributes, two ? "fd2" : "fd");
        size_t len;
        int i;

        if (o == NULL)
            continue;
        len = strcspn(o, " ");
        if (len >= sizeof object[0].name ||
            (strncmp(o, "pipe:", 5) != 0 && strncmp(o, "fifo:", 5) != 0 &&
             strncmp(o, "msg:", 4) != 0 && strncmp(o, "sem:", 4) != 0 &&
             strncmp(o, "shm:", 4) != 0 && strncmp(o, "mq:", 3) != 0))
            continue;
        for (i = 0; i < n_objects; i++)
            if (strncmp(object[i].name, o, len) == 0 &&
                object[i].name[len] == '\0')
                break;
        if (i == MAX_OBJECTS)
            continue;
        if (i == n_objects) {
            memset(&object[i], 0, sizeof object[i]);
            memcpy(object[i].name, o, len);
            n_objects++;
        }
        if (f == NULL)
            continue;
        int fd = atoi(f), h, n = object[i].n_holders;
        for (h = 0; h < n; h++)
            if (object[i].holder[h].pid == p->pid &&
                object[i].holder[h].fd == fd)
                break;
        if (h == n && n < MAX_HOLDERS)
            object[i].n_holders++;
        if (h == MAX_HOLDERS)
            h = 0;
        object[i].holder[h].pid = p->pid;
        object[i].holder[h].fd = fd;
    }
}

/* Bytes in a pipe or FIFO: asked of a copy of the holder's descriptor. Where
 * that is not allowed it is opened once more, in the holder's own mode, which
 * neither wakes nor ends a wait (but inotify(7) would tell of it). */
static int copy_of(pid_t pid, int fd, const char *path, int mode)
{
    int process_ = (int)syscall(SYS_pidfd_open, pid, 0), copy = -1;

    if (process_ != -1) {
        copy = (int)syscall(SYS_pidfd_getfd, process_, fd, 0);
        close(process_);
    }
    return copy != -1 ? copy : open(path, mode | O_NONBLOCK | O_CLOEXEC);
}
static int bytes_in(const struct object *o, int *bytes)
{
    char path[64], target[300], line[100];

    for (int i = 0; i < n_processes; i++)
        for (int h = 0; h < o->n_holders; h++) {
            const struct process *p = process[i];
            struct stat st;
            unsigned mode = 0;
            if (p->ended)
                continue;
            /* A descriptor may have been inherited: try it in all processes. */
            int fd = o->holder[h].fd;
            snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)p->pid, fd);
            FILE *f = fopen(path, "re");
            if (f == NULL)
                continue;
            while (fgets(line, sizeof line, f) != NULL)
                sscanf(line, "flags: %o", &mode);
            fclose(f);
            snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)p->pid, fd);
            if (stat(path, &st) == -1)
                continue;
            snprintf(target, sizeof target, "%.5s%llu", o->name,
                     (unsigned long long)st.st_ino);
            if (!S_ISFIFO(st.st_mode) || strcmp(target, o->name) != 0)
                continue;
            fd = copy_of(p->pid, fd, path, (int)(mode & O_ACCMODE));
            if (fd == -1)
                continue;
            int found = ioctl(fd, FIONREAD, bytes) == 0;
            close(fd);
            if (found)
                return 1;
        }
    return 0;
}

static void state_of(const struct object *o, char *text, size_t size)
{
    int id = atoi(strchr(o->name, ':') + 1), n;
    union { struct semid_ds *buf; unsigned short *array; } argument;
    struct msqid_ds msg;
    struct shmid_ds shm;
    struct semid_ds sem;

    *text = '\0';
    if (strncmp(o->name, "msg:", 4) == 0) {
        if (msgctl(id, IPC_STAT, &msg) == 0)
            snprintf(text, size, "%lu message%s, %lu bytes",
                     (unsigned long)msg.msg_qnum, msg.msg_qnum == 1 ? "" : "s",
                     (unsigned long)msg.__msg_cbytes);
        else if (errno == EINVAL || errno == EIDRM)
            snprintf(text, size, "removed");
    } else if (strncmp(o->name, "shm:", 4) == 0) {
        if (shmctl(id, IPC_STAT, &shm) == 0)
            snprintf(text, size, "attached %lu%s",
                     (unsigned long)shm.shm_nattch,
                     shm.shm_perm.mode & SHM_DEST ? ", removed" : "");
        else if (errno == EINVAL || errno == EIDRM)
            snprintf(text, size, "removed");
    } else if (strncmp(o->name, "sem:", 4) == 0) {
        static unsigned short values[65536];
        argument.buf = &sem;
        if (semctl(id, 0, IPC_STAT, argument) == -1) {
            if (errno == EINVAL || errno == EIDRM)
                snprintf(text, size, "removed");
            return;
        }
        argument.array = values;
        if (semctl(id, 0, GETALL, argument) == -1)
            return;
        for (int what = 0; what < 3; what++) {
            snprintf(text + strlen(text), size - strlen(text), "%s",
                     what == 0 ? "values" : what == 1 ? "; waiting" : "; zero");
            for (int i = 0; i < (int)sem.sem_nsems && i < 16; i++)
                snprintf(text + strlen(text), size - strlen(text), " %d",
                         what == 0
                             ? values[i]
                             : semctl(id, i, what == 1 ? GETNCNT : GETZCNT));
        }
    } else if (strncmp(o->name, "mq:", 3) == 0) {
        struct mq_attr attr;
        mqd_t q = mq_open(o->name + 3, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (q == (mqd_t)-1) {
            snprintf(text, size, "%s", errno == ENOENT ? "removed" : "");
            return;
        }
        if (mq_getattr(q, &attr) == 0)
            snprintf(text, size, "%ld message%s", attr.mq_curmsgs,
                     attr.mq_curmsgs == 1 ? "" : "s");
        mq_close(q);
    } else if (bytes_in(o, &n)) {
        snprintf(text, size, "%d byte%s", n, n == 1 ? "" : "s");
    }
}

static void states(void)
{
    char text[300];

    for (struct object *o = object; o < object + n_objects; o++) {
        if (strcmp(o->state, "removed") == 0)
            continue;
        state_of(o, text, sizeof text);
        if (*text != '\0' && strcmp(text, o->state) != 0) {
            strcpy(o->state, text);
            event(now(), 0, "state\t%s\t%s", o->name, text);
        }
    }
}

/* ---- what the processes say --------------------------------------------- */

static struct process *by_pid(pid_t pid)
{
    for (int i = n_processes - 1; i >= 0; i--)
        if (process[i]->pid == pid)
            return process[i];
    return NULL;
}

static void arrives(void)
{
    struct ucred cred;
    socklen_t len = sizeof cred;
    int fd = accept4(door, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd == -1) {
        if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)
            return;
        err(EXIT_FAILURE, "accept");
    }
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
        err(EXIT_FAILURE, "SO_PEERCRED");
    if (n_processes == MAX_PROCESSES) {
        close(fd);              /* it goes on alone */
        note("more than %d processes: pid %d is not traced", MAX_PROCESSES,
             (int)cred.pid);
        return;
    }
    struct process *p = calloc(1, sizeof *p);
    if (p == NULL)
        err(EXIT_FAILURE, "calloc");
    p->pid = cred.pid;
    p->fd = fd;
    p->last = &p->first;
    p->status = -1;
    process[n_processes++] = p;
}

/* Everything that has been said, as messages. Returns whether there was any. */
static int listen_to(struct process *p)
{
    static char bytes[8192];
    int any = 0;

    while (p->fd != -1) {
        ssize_t n = recv(p->fd, bytes, sizeof bytes - 1, 0);
        if (n == -1 && (errno == EAGAIN || errno == EINTR))
            return any;
        any = 1;
        struct message *m = calloc(1, sizeof *m);
        if (m == NULL)
            err(EXIT_FAILURE, "calloc");
        m->time = now();
        if (n <= 0) {
            close(p->fd);
            p->fd = -1;
            n = 0;              /* no fields: it has gone */
        }
        bytes[n] = '\0';
        if ((m->text = strdup(bytes)) == NULL)
            err(EXIT_FAILURE, "strdup");
        char *s = m->text;
        for (int i = 0; i < MAX_FIELDS; i++)
            m->field[i] = s == NULL ? "-" : strsep(&s, "\t");
        *p->last = m;
        p->last = &m->next;
    }
    return any;
}

static void forget(struct message *m)
{
    free(m->text);
    free(m);
}

static void pop(struct process *p)
{
    struct open_call *c = &p->call[--p->depth];

    free(c->where);
    free(c->name);
    free(c->words);
    free(c->attributes);
}

static void write_down(struct process *p);

/* What a wait says of a child: exit:N, or signal:NAME. */
static void ended_by(struct process *p, const char *status)
{
    if (strncmp(status, "signal:", 7) == 0)
        snprintf(p->killed, sizeof p->killed, "%.*s",
                 (int)strcspn(status + 7, " "), status + 7);
    else if (*p->leaving == '\0' && sscanf(status, "exit:%d", &p->status) == 1)
        strcpy(p->leaving, "exit");
}

static void ends(struct process *p, long long time)
{
    const char *raised;
    char how[64];

    if (p->ended)
        return;
    p->ended = 1;
    if (*p->killed != '\0')
        snprintf(how, sizeof how, "killed %s", p->killed);
    else if (*p->leaving != '\0')
        snprintf(how, sizeof how, "%s %d", p->leaving, p->status);
    else if (p->depth > 0 && strcmp(p->call[p->depth - 1].name, "raise") == 0 &&
             (raised = value(p->call[p->depth - 1].attributes, "sig")) != NULL)
        snprintf(how, sizeof how, "killed %s", raised);
    else                        /* without a word, so by a signal */
        snprintf(how, sizeof how, "killed");
    if (p->born)
        event(time, p->pid, "end\t%s", how);
    while (p->depth > 0)
        pop(p);
}

/* sigabbrev_np(3) is too new, and musl has none. */
static const char *signal_name(int sig)
{
    static const struct { int sig; const char *name; } names[] = {
        {SIGHUP, "HUP"}, {SIGINT, "INT"}, {SIGQUIT, "QUIT"}, {SIGTERM, "TERM"},
        {SIGKILL, "KILL"}, {SIGPIPE, "PIPE"}, {SIGALRM, "ALRM"},
        {SIGSEGV, "SEGV"}, {SIGBUS, "BUS"}, {SIGABRT, "ABRT"}, {SIGILL, "ILL"},
        {SIGFPE, "FPE"}, {SIGSYS, "SYS"}, {SIGXFSZ, "XFSZ"}, {SIGXCPU, "XCPU"},
        {SIGUSR1, "USR1"}, {SIGUSR2, "USR2"}, {SIGIO, "IO"}, {SIGPROF, "PROF"},
        {SIGVTALRM, "VTALRM"}};
    static char other[16];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].sig == sig)
            return names[i].name;
    snprintf(other, sizeof other, "%d", sig);
    return other;
}

/* Its socket is closed without a word: of what did it die? Who has waited for
 * it says so in a message that may be here already; while it is a zombie, /proc
 * knows, too. If it is neither dead nor a zombie, it only reports no longer. */
static void died(struct process *p)
{
    char path[64], text[1024], *s;
    const char *status;
    int code = -1, there = 0;

    for (int i = 0; i < n_processes; i++)
        for (struct message *m = process[i]->first; m != NULL; m = m->next)
            if (strcmp(m->field[0], "done") == 0 &&
                pid_of(m->field[4], "child") == p->pid &&
                (status = value(m->field[4], "status")) != NULL)
                ended_by(p, status);
    snprintf(path, sizeof path, "/proc/%d/stat", (int)p->pid);
    for (int tries = 0; tries < 200; tries++) { /* it may be on its way */
        FILE *f = fopen(path, "re");
        there = f != NULL && fgets(text, sizeof text, f) != NULL &&
                (s = strrchr(text, ')')) != NULL;
        if (f != NULL)
            fclose(f);
        if (there && s[2] == 'Z')
            code = atoi(strrchr(text, ' ')); /* as waitpid(2) has it */
        if (!there || s[2] == 'Z')
            break;
        usleep(500);
    }
    if (code != -1 && WIFSIGNALED(code) && *p->killed == '\0')
        snprintf(p->killed, sizeof p->killed, "SIG%s",
                 signal_name(WTERMSIG(code)));
    if (code != -1 && WIFEXITED(code)) {
        strcpy(p->leaving, "exit");
        p->status = WEXITSTATUS(code);
    }
    if (there && code == -1) {
        note("pid %d goes on, but reports no longer", (int)p->pid);
        p->ended = 1;
        return;
    }
    ends(p, now());
}

/* A timer of its own will end its wait: when? */
static void set_timer(struct process *p, const char *name, const char *a)
{
    const char *s = value(a, strcmp(name, "alarm") == 0 ? "sec" : "timer");
    double first = 0, every = 0;

    if (s == NULL || (strcmp(name, "alarm") != 0 && value(a, "sec") != NULL))
        return;
    sscanf(s, "%lf,%lf", &first, &every);
    p->timer = first > 0 ? now() + (long long)(first * 1e6) : 0;
    p->every = (long long)(every * 1e6);
}

static void said(struct process *p, struct message *m)
{
    char *const *f = m->field;
    const char *status;

    if (*f[0] == '\0') {
        if (p->depth > 0 &&
            strncmp(p->call[p->depth - 1].name, "exec", 4) == 0) {
            event(m->time, p->pid, "end\texec");
            p->ended = 1;
        } else if (*p->leaving != '\0' && p->status >= 0)
            ends(p, m->time);
        else
            died(p);
    } else if (strcmp(f[0], "new") == 0) {
        pid_t parent = (pid_t)atoi(f[2]);
        struct process *q = by_pid(parent);
        snprintf(p->program, sizeof p->program, "%s", f[1]);
        p->born = 1;
        p->parent = q == NULL ? 0 : parent;
        const char *slash = strrchr(f[1], '/');
        event(m->time, p->pid, "new\t%s\t%d\t%s", slash ? slash + 1 : f[1],
              q == NULL ? 0 : (int)parent, f[3]);
    } else if (strcmp(f[0], "call") == 0) {
        p->held = m;            /* written down when it is let go */
        return;
    } else if (strcmp(f[0], "done") == 0) {
        pid_t child = pid_of(f[4], "child");
        struct process *c = child > 0 ? by_pid(child) : NULL;
        long of = p->depth > 0 ? p->call[p->depth - 1].number : 0;
        /* The child's last words come before the parent knows of its end. */
        if (c != NULL && (status = value(f[4], "status")) != NULL &&
            (strncmp(status, "exit:", 5) == 0 ||
             strncmp(status, "signal:", 7) == 0)) {
            listen_to(c);
            write_down(c);
            ended_by(c, status);
            if (strstr(f[3], "WNOWAIT") == NULL && c->fd == -1)
                ends(c, m->time);
        }
        event(m->time, p->pid, "done\t%s\t%s\t%s\t%s\t%s\t%ld",
              where(p->program, f[1]), f[2], f[3], f[4], f[5], of);
        if ((value(f[4], "sec") != NULL && strcmp(f[2], "alarm") != 0) ||
            strcmp(f[2], "sched_yield") == 0) {
            p->order = --bottom; /* it gave way to the others */
            p->gave_way = number;
        }
        if (value(f[4], "limit") != NULL &&
            (strcmp(f[5], "0") == 0 || strcmp(f[5], "-1 EAGAIN") == 0 ||
             strcmp(f[5], "-1 ETIMEDOUT") == 0))
            p->gave_way = number; /* the clock has ended its wait */
        set_timer(p, f[2], f[4]);
        terminals |= strcmp(f[2], "posix_openpt") == 0;
        remember(p, f[4]);
        if (p->depth > 0)
            pop(p);
    } else if (strcmp(f[0], "enter") == 0) {
        struct open_call *c = p->depth > 0 ? &p->call[p->depth - 1] : NULL;
        event(m->time, p->pid, "enter\t%s\t%s\t%s", c ? c->where : "-", f[1],
              f[2]);
        if (p->timer != 0)      /* it may have gone off */
            p->timer = p->every == 0 ? 0 : now() + p->every;
    } else if (strcmp(f[0], "leave") == 0) {
        struct open_call *c = p->depth > 0 ? &p->call[p->depth - 1] : NULL;
        event(m->time, p->pid, "leave\t%s\t%s", c ? c->where : "-", f[1]);
    }
    forget(m);
}

static void write_down(struct process *p)
{
    struct message *m;

    if (p->fd == -1 && p->held != NULL) { /* it died while it was held */
        forget(p->held);
        p->held = NULL;
    }
    while ((m = p->first) != NULL && p->held == NULL) {
        p->first = m->next;
        if (p->first == NULL)
            p->last = &p->first;
        said(p, m);
    }
}

/* Let p make the call that it asks for: `g`, or as a fault wants it. */
static void let_go(struct process *p, const char *answer)
{
    struct message *m = p->held;
    char *const *f = m->field;
    const char *at = where(p->program, f[1]), *status = value(f[4], "status");

    p->held = NULL;
    if (strcmp(f[2], "return") == 0) { /* from main(): no call, but a step */
        strcpy(p->leaving, "return");
        p->status = atoi(f[3]);
        if (planned)
            event(now(), p->pid, "goes\treturn\t%s", f[3]);
        forget(m);
        send(p->fd, "g", 1, MSG_NOSIGNAL);
        return;
    }
    long n = event(now(), p->pid, "call\t%s\t%s\t%s\t%s", at, f[2], f[3], f[4]);
    remember(p, f[4]);
    if (strstr(f[2], "longjmp") != NULL) { /* out of a call, or of a handler */
        while (p->depth > 0)
            pop(p);
    } else if (p->depth < MAX_DEPTH) {
        struct open_call *c = &p->call[p->depth++];
        *c = (struct open_call){n, 0, strdup(at), strdup(f[2]), strdup(f[3]),
                                strdup(f[4])};
        if (!c->where || !c->name || !c->words || !c->attributes)
            err(EXIT_FAILURE, "strdup");
    }
    if (status != NULL &&
        (strstr(f[2], "xit") || strncmp(f[2], "err", 3) == 0)) {
        snprintf(p->leaving, sizeof p->leaving, "%s",
                 strncmp(f[2], "err", 3) == 0 ? "exit" : f[2]);
        p->status = atoi(status + 5);
    }
    p->turns++;
    p->calls++;
    p->gave_way = 0;
    forget(m);
    if (p->fd != -1 &&
        send(p->fd, answer, strlen(answer), MSG_NOSIGNAL) == -1 &&
        errno != EPIPE && errno != ECONNRESET)
        err(EXIT_FAILURE, "send");
}

/* ---- /proc -------------------------------------------------------------- */

struct look { pid_t pid; long switches; char state; };
static pid_t family[1024];
static int n_family;

/* A file of /proc, in one piece: much faster than line by line. What is not
 * about a page (of 4096 bytes) was all of it. */
static int read_proc(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t n = 0;
    ssize_t got = 4096;

    while (fd != -1 && got > 4000 && n < size - 1 &&
           (got = read(fd, text + n, size - 1 - n)) > 0)
        n += (size_t)got;
    if (fd != -1)
        close(fd);
    text[n] = '\0';
    return n > 0;
}

/* All that descend from pid, as the kernel lists them. */
static void descend(pid_t pid)
{
    char path[64], text[8192], *s = text, *end;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid,
             (int)pid);
    if (!read_proc(path, text, sizeof text))
        return;
    for (pid_t child; n_family < 1024 &&
         (child = (pid_t)strtol(s, &end, 10)) > 0 && *end == ' '; s = end) {
        family[n_family++] = child;
        descend(child);
    }
}

/* State of a process, and how often it has left a processor. 0: it has gone. */
static char state(pid_t pid, long *switches, int *threads)
{
    char path[64], text[8192], letter = 0;
    const char *s;

    *switches = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    if (!read_proc(path, text, sizeof text))
        return 0;
    if ((s = strstr(text, "\nState:\t")) != NULL)
        letter = s[8];
    if ((s = strstr(text, "\nThreads:")) != NULL)
        *threads = atoi(s + 9);
    for (s = text; (s = strstr(s, "voluntary_ctxt_switches:")) != NULL;)
        *switches += atol(s += 24);
    return letter;
}

static void reap(void)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct process *p = by_pid(pid);
        if (p != NULL && !p->ended && WIFSIGNALED(status)) {
            snprintf(p->killed, sizeof p->killed, "SIG%s",
                     signal_name(WTERMSIG(status)));
        } else if (p != NULL && !p->ended && *p->leaving == '\0') {
            strcpy(p->leaving, "exit");
            p->status = WEXITSTATUS(status);
        }
        for (int i = 0; i < n_started; i++)
            if (command[i].pid == pid) {
                command[i].ended = 1;
                command[i].status = WIFEXITED(status) ? WEXITSTATUS(status)
                                                      : 128 + WTERMSIG(status);
            }
    }
}

/* It sleeps by the clock, so shortly that to have seen it would be chance. */
static int naps(const struct process *p)
{
    const char *s = p->depth == 0 || p->ended || p->held != NULL
                        ? NULL : value(p->call[p->depth - 1].attributes, "sec");

    return s != NULL && p->first == NULL && strtod(s, NULL) < 0.05;
}

/* Wait until somebody says something or comes, but not longer. */
static void wait_for_word(long microseconds)
{
    static struct pollfd p[MAX_PROCESSES + 1];
    struct timespec t = {.tv_nsec = microseconds * 1000};
    int n = 0;

    p[n++] = (struct pollfd){.fd = door, .events = POLLIN};
    for (int i = 0; i < n_processes; i++)
        p[n++] = (struct pollfd){.fd = process[i]->fd, .events = POLLIN};
    ppoll(p, (nfds_t)n, &t, NULL);
}

/* S is not yet sleep: who calls wait(2) has this state also while it takes a
 * child away, and may be kept from the processor meanwhile. Only of one that has
 * really given it up does the kernel tell where (wchan), if it tells that. */
static int asleep(const struct look *l, int n)
{
    static int wchan = -1;      /* does it tell? -1: not known yet */
    static long long since;     /* when we began to wait for the first answer */
    char path[64], text[128];

    for (int i = 0; i < n && wchan != 0; i++) {
        if (l[i].state != 'S')
            continue;
        snprintf(path, sizeof path, "/proc/%d/wchan", (int)l[i].pid);
        if (read_proc(path, text, sizeof text) && strcmp(text, "0") != 0) {
            wchan = 1;
        } else if (wchan == 1) {
            return 0;
        } else {
            since = since == 0 ? now() : since;
            if (now() - since < 100000)
                return 0;
            wchan = 0;
        }
    }
    return 1;
}

/* Wait until nothing moves: all messages are here, all processes sleep. */
static void settle(void)
{
    static struct look before[1024];
    int n_before = -1;
    long pause = 20;
    long long start = now();

    for (;;) {
        int any = 0;
        struct pollfd at_door = {.fd = door, .events = POLLIN};
        while (poll(&at_door, 1, 0) == 1) {
            arrives();
            any = 1;
        }
        for (int i = 0; i < n_processes; i++)
            any |= listen_to(process[i]);
        reap();
        if (any) {
            n_before = -1;
            pause = 20;
            continue;
        }
        struct process *last = NULL;
        int same = 1, moving = 0;
        n_family = 0;
        descend(getpid());
        for (int i = 0; i < n_family; i++) {
            struct look l = {.pid = family[i]};
            struct process *p = by_pid(l.pid);
            int threads = 1;
            char s = state(l.pid, &l.switches, &threads);
            if (threads > 1 && p != NULL && !p->threads++)
                note("pid %d has threads: only what its first one does is seen",
                     (int)l.pid);
            if (s == 'R' || s == 'D' || s == 't') { /* t: under strace(1) */
                moving |= p == NULL || !p->computes;
                last = p;
            } else if (p != NULL) {
                p->computes = 0;
            }
            l.state = s;
            same &= i < n_before && before[i].pid == l.pid &&
                    before[i].switches == l.switches;
            before[i] = l;
        }
        for (int i = 0; i < n_processes; i++)
            moving |= naps(process[i]);
        if (same && n_before == n_family && !moving) {
            if (asleep(before, n_family))
                return;
            moving = 1;
        }
        /* Only what slept already in the last look counts: who has just ended,
         * or gone to sleep, may have said something since we listened. */
        n_before = moving ? -1 : n_family;
        if (moving && now() - start > 1000000) {
            note("pid %d computes for more than a second: it is not waited for",
                 last == NULL ? 0 : (int)last->pid);
            if (last != NULL)
                last->computes = 1;
            return;
        }
        if (moving) {           /* let them move: a look costs much, too */
            wait_for_word(pause);
            pause += pause < 500 ? pause : 0;
        }
    }
}

/* Programs of ours that say nothing: told once, as what they do is not seen. */
static void silent(void)
{
    static pid_t told[1024];
    static int n_told;
    char path[64], exe[PATH_MAX];
    size_t len = strlen(build);

    for (int i = 0; i < n_family; i++) {
        int j = 0;
        while (j < n_told && told[j] != family[i])
            j++;
        if (j < n_told || by_pid(family[i]) != NULL || n_told == 1024)
            continue;
        snprintf(path, sizeof path, "/proc/%d/exe", (int)family[i]);
        ssize_t n = readlink(path, exe, sizeof exe - 1);
        exe[n > 0 ? n : 0] = '\0';
        if (strncmp(exe, build, len) != 0 || exe[len] != '/' ||
            strncmp(exe + len, "/scripts/", 9) == 0)
            continue;
        told[n_told++] = family[i];
        note("pid %d (%s) does not report: is it linked statically?",
             (int)family[i], strrchr(exe, '/') + 1);
    }
}

/* ---- the run ------------------------------------------------------------ */

/* Those that report, and what we have started; OTHERS: all that descend. */
static void kill_all(int sig, int others)
{
    n_family = 0;
    descend(getpid());
    for (int i = 0; i < n_family; i++) {
        int ours = others || by_pid(family[i]) != NULL;
        for (int c = 0; c < n_started && sig != SIGKILL; c++)
            ours |= command[c].pid == family[i];
        if (ours) {
            kill(family[i], sig);
            kill(family[i], SIGCONT);
        }
    }
}

/* It is over: TERM, so that they clean up; two seconds later KILL for those
 * that report. Whoever has started them may clean up after that, for eight
 * seconds more. */
static long long patience;      /* until when the last word is waited for */
static void finish(const char *why)
{
    if (!over)
        note("%s", why);
    running_free = 1;
    kill_all(over == 0 ? SIGTERM : SIGKILL, over == SIGKILL);
    patience = now() + (over == 0 ? 2000000 : 8000000);
    over = over == 0 ? SIGTERM : SIGKILL;
}

static void to_file(const char *name, const char *what, int fd)
{
    char path[PATH_MAX + 300];

    snprintf(path, sizeof path, "%s/%s.%s", plan.folder, name, what);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file == -1 || dup2(file, fd) == -1)
        err(127, "%s", path);   /* still to our own stderr */
}

static void start(char **words)
{
    int keys[2] = {-1, -1};

    if (planned && pipe2(keys, O_CLOEXEC) == -1)
        err(EXIT_FAILURE, "pipe");
    player[n_started].keyboard = keys[1];
    fflush(NULL);
    pid_t us = getpid(), pid = fork();
    if (pid == -1)
        err(EXIT_FAILURE, "fork");
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        /* Whatever we or a shell ignore, the programs meet the usual. */
        for (int sig = 1; sig < NSIG; sig++)
            signal(sig, SIG_DFL);
        sigprocmask(SIG_SETMASK, &none, NULL);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != us)
            _exit(126); /* we were killed before it asked */
        setrlimit(RLIMIT_NOFILE, &files);
        int null = stepping ? open("/dev/null", O_RDONLY) : -1;
        if (null > 0)
            dup2(null, 0);      /* our stdin is for commands */
        if (planned) {
            dup2(keys[0], 0);
            to_file(player[n_started].name, "out", 1);
            to_file(player[n_started].name, "err", 2);
        }
        const char *path = words[0];
        size_t len = strlen(build);
        if (strncmp(path, build, len) == 0 &&
            strncmp(path + len, "/own/", 5) == 0)
            words[0] = strrchr(path, '/') + 1; /* as if it lay here */
        execvp(path, words);
        warn("%s", path);
        _exit(127);
    }
    if (planned)
        close(keys[0]);
    command[n_started++].pid = pid;
}

static struct process *next(void)
{
    struct process *best = NULL;

    for (int i = 0; i < n_processes; i++)
        if (process[i]->held != NULL && !process[i]->ended &&
            (best == NULL || process[i]->order > best->order))
            best = process[i];
    return best;
}

/* Who sleeps, and who has been woken? */
static void sleepers(void)
{
    for (int i = 0; i < n_processes; i++) {
        struct process *p = process[i];
        if (p->depth == 0 || p->held != NULL || p->ended || p->fd == -1)
            continue;
        struct open_call *c = &p->call[p->depth - 1];
        long unused;
        int threads;
        char s = state(p->pid, &unused, &threads);
        if (c->waited || s == 'Z' || s == 0)
            continue;
        c->waited = 1;
        event(now(), p->pid, "wait\t%s\t%s\t%s\t%s", c->where, c->name,
              c->words, c->attributes);
        p->order = ++top;       /* whoever wakes it, it goes on first */
        p->turns = 0;
    }
    /* A forked child comes when its parent sleeps: what the parent has written
     * until then is seen to lie in the pipe. */
    for (int i = 0; i < n_processes; i++)
        if (process[i]->born == 1) {
            process[i]->born = 2;
            process[i]->order = process[i]->parent ? --bottom : ++top;
        }
}

/* Also while somebody can always go. (An end is looked for after this.) */
static void look_for_signals(void)
{
    struct signalfd_siginfo info;

    while (read(signals, &info, sizeof info) == sizeof info)
        if (info.ssi_signo != SIGCHLD)
            finish("interrupted");
}

/* Nobody can go: wait for a message, an end, a command. */
static int something_happens(long long until)
{
    static struct pollfd p[MAX_PROCESSES + 3];
    struct signalfd_siginfo info;
    int n = 0;

    p[n++] = (struct pollfd){.fd = door, .events = POLLIN};
    p[n++] = (struct pollfd){.fd = signals, .events = POLLIN};
    p[n++] = (struct pollfd){.fd = stepping && !running_free ? 0 : -1,
                             .events = POLLIN};
    for (int i = 0; i < n_processes; i++)
        p[n++] = (struct pollfd){.fd = process[i]->fd, .events = POLLIN};
    long long left = (until - now()) / 1000 + 1;
    if (poll(p, (nfds_t)n,
             left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left) == -1 &&
        errno != EINTR)
        err(EXIT_FAILURE, "poll");
    if (p[1].revents & POLLIN &&
        read(signals, &info, sizeof info) == sizeof info &&
        info.ssi_signo != SIGCHLD)
        finish("interrupted");
    return p[2].revents != 0;
}

/* One line from stdin; 0 at its end. */
static int command_line(char *line, size_t size)
{
    size_t n = 0;

    while (n < size - 1 && read(0, &line[n], 1) == 1)
        if (line[n++] == '\n') {
            line[n - 1] = '\0';
            return 1;
        }
    line[n] = '\0';
    return n > 0;
}

static int alive(void)
{
    for (int i = 0; i < n_processes; i++)
        if (!process[i]->ended)
            return 1;
    for (int i = 0; i < n_started; i++)
        if (!command[i].ended)
            return 1;
    return 0;
}

static int waiting_for_commands(void)
{
    reap();
    for (int i = 0; i < n_started; i++)
        if (!command[i].ended)
            return 1;
    return 0;
}

static pid_t director;          /* a forked child has nothing to remove */
static void removes_folder(void)
{
    char path[100];

    if (getpid() != director)
        return;
    /* After an error of ours they are let go, clean up, and then must end. */
    for (int i = 0; i < n_processes; i++)
        if (process[i]->fd != -1)
            close(process[i]->fd);
    for (int tries = 0; tries < 1000 && waiting_for_commands(); tries++) {
        if (tries == 0)
            kill_all(SIGTERM, 0);
        usleep(10000);
    }
    kill_all(SIGKILL, 1);

    snprintf(path, sizeof path, "%s/door", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/probe.so", folder);
    unlink(path);
    rmdir(folder);
}

static void prepare(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char probe[PATH_MAX + 32], link_[100];
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGQUIT);
    struct rlimit most;
    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &files) == -1)
        err(EXIT_FAILURE, "getrlimit");
    most = files;
    most.rlim_cur = most.rlim_max; /* a socket for each process */
    setrlimit(RLIMIT_NOFILE, &most);
    if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
        (signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
        err(EXIT_FAILURE, "signalfd");
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1)
        err(EXIT_FAILURE, "prctl");
    /* Short, and without blanks: LD_PRELOAD is a list, and a socket's name
     * has room for 107 bytes. */
    director = getpid();
    strcpy(folder, "/tmp/director.XXXXXX");
    if (mkdtemp(folder) == NULL)
        err(EXIT_FAILURE, "mkdtemp %s", folder);
    atexit(removes_folder);
    snprintf(probe, sizeof probe, "%s/scripts/probe.so", build);
    snprintf(link_, sizeof link_, "%s/probe.so", folder);
    if (access(probe, R_OK) == -1 || symlink(probe, link_) == -1)
        err(EXIT_FAILURE, "%s", probe);
    snprintf(a.sun_path, sizeof a.sun_path, "%s/door", folder);
    door = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (door == -1 || bind(door, (struct sockaddr *)&a, sizeof a) == -1 ||
        listen(door, 64) == -1)
        err(EXIT_FAILURE, "%s", a.sun_path);
    if (setenv("LD_PRELOAD", link_, 1) == -1 ||
        setenv("PROBE", a.sun_path, 1) == -1 ||
        setenv("PROBE_DIR", build, 1) == -1 ||
        (timeless ? setenv("PROBE_TIMELESS", "1", 1)
                  : unsetenv("PROBE_TIMELESS")) == -1)
        err(EXIT_FAILURE, "setenv");
}

static int can_go(const struct process *p)
{
    return p->held != NULL && !p->ended && p->stop != STOPPED;
}

/* Show who stands where; the text lives until the next call. */
static const char *stand(void)
{
    static char pids[8192];

    *pids = '\0';
    for (int i = 0; i < n_processes; i++) {
        struct process *p = process[i];
        if (!can_go(p))
            continue;
        char *const *f = p->held->field;
        event(now(), p->pid, "held\t%s\t%s\t%s\t%s", where(p->program, f[1]),
              f[2], f[3], f[4]);
        snprintf(pids + strlen(pids), sizeof pids - strlen(pids), "%s%d",
                 *pids ? "," : "", (int)p->pid);
    }
    event(now(), 0, "turn\t%s", *pids ? pids : "-");
    return pids;
}

/* In step mode: do what stdin says. */
static struct process *chosen(struct process *usual)
{
    const char *pids = stand();
    char line[64];

    if (usual == NULL)
        return NULL;
    for (;;) {
        if (!something_happens(deadline))
            return NULL;        /* somebody has ended or come: look again */
        if (!command_line(line, sizeof line) || strcmp(line, "quit") == 0) {
            finish("ended on request");
            return NULL;
        }
        if (strcmp(line, "run") == 0) {
            running_free = 1;
            return usual;
        }
        if (strcmp(line, "go") == 0)
            return usual;
        if (strncmp(line, "go ", 3) == 0) {
            struct process *p = by_pid((pid_t)atoi(line + 3));
            if (p != NULL && p->held != NULL && !p->ended)
                return p;
        }
        note("not possible now: %s", line);
        event(now(), 0, "turn\t%s", pids);
    }
}

/* ---- the plan ----------------------------------------------------------- */

static void *more(void *list, int n, size_t size)
{
    void *longer = realloc(list, (size_t)(n + 1) * size);

    if (longer == NULL)
        err(EXIT_FAILURE, "realloc");
    return longer;
}

static void read_plan(const char *name)
{
    FILE *f = fopen(name, "re");
    char *line = NULL, *rest, *word[3];
    size_t size = 0;
    int number_ = 0;

    if (f == NULL || realpath(name, plan.folder) == NULL)
        err(EXIT_FAILURE, "%s", name);
    *strrchr(plan.folder, '/') = '\0';
    while (getline(&line, &size, f) > 0) {
        number_++;
        line[strcspn(line, "\n")] = '\0';
        char *copy = rest = strdup(line);
        if (copy == NULL)
            err(EXIT_FAILURE, "strdup");
        word[0] = strsep(&rest, " ");
        if (*word[0] == '\0' || *word[0] == '#') {
            free(copy);
            continue;
        }
        if (strcmp(word[0], "order") == 0) {
            while ((word[1] = strsep(&rest, " ")) != NULL) {
                plan.order = more(plan.order, plan.n_orders, sizeof(int));
                plan.order[plan.n_orders++] = atoi(word[1]);
            }
            free(copy);
            continue;
        }
        word[1] = strsep(&rest, " ");
        if (strcmp(word[0], "fault") == 0 && word[1] != NULL &&
            (word[2] = strsep(&rest, " ")) != NULL && rest != NULL) {
            plan.fault = more(plan.fault, plan.n_faults, sizeof *plan.fault);
            struct fault *d = &plan.fault[plan.n_faults++];
            *d = (struct fault){.number = atoi(word[1]), .call = atoi(word[2])};
            d->kind = strsep(&rest, " ");
            d->words = rest == NULL ? "-" : rest;
        } else if (word[1] != NULL && rest != NULL &&
                   (strcmp(word[1], "runs") == 0 ||
                    strcmp(word[1], "types") == 0 ||
                    strcmp(word[1], "rests") == 0)) {
            plan.act = more(plan.act, plan.n_acts, sizeof *plan.act);
            plan.act[plan.n_acts++] = (struct act){word[0], word[1], rest};
        } else {
            errx(2, "%s:%d: what is this? %s", name, number_, line);
        }
    }
    free(line);
    fclose(f);
    if (plan.n_acts == 0 || strcmp(plan.act[0].verb, "runs") != 0)
        errx(2, "%s: nobody runs", name);
}

static int player_of(const char *name)
{
    for (int i = n_started - 1; i >= 0; i--)
        if (strcmp(player[i].name, name) == 0)
            return i;
    errx(2, "the plan: %s does not run", name);
}

static void act(void)
{
    static char *words[16][64];
    struct act *a = &plan.act[plan.acted++];
    int n = 0;

    event(now(), 0, "act\t%s\t%s\t%s", a->name, a->verb, a->text);
    if (strcmp(a->verb, "rests") == 0)
        return;
    if (strcmp(a->verb, "types") == 0) {
        int i = player_of(a->name);
        if (strcmp(a->text, "^C") == 0) {
            if (!command[i].ended)
                kill(command[i].pid, SIGINT);
        } else if (strcmp(a->text, "^D") == 0) {
            close(player[i].keyboard);
            player[i].keyboard = -1;
        } else if (player[i].keyboard != -1 &&
                   dprintf(player[i].keyboard, "%s\n", a->text) < 0 &&
                   errno != EPIPE) {
            err(EXIT_FAILURE, "what %s types", a->name);
        }
        return;
    }
    if (n_started == 16)
        errx(2, "the plan: more than 16 run");
    player[n_started].name = a->name;
    while (n < 63 && (words[n_started][n] = strsep(&a->text, " ")) != NULL)
        n++;
    start(words[n_started]);
}

/* The next one; with a start all that follow it, each up to its first call. */
static void acts(void)
{
    int starts;

    do {
        starts = strcmp(plan.act[plan.acted].verb, "runs") == 0;
        act();
        if (starts)
            settle();
        for (int i = 0; i < n_processes; i++)
            write_down(process[i]);
    } while (starts && plan.acted < plan.n_acts &&
             strcmp(plan.act[plan.acted].verb, "runs") == 0);
}

/* When will the clock end somebody's sleep? 0: nobody's. */
static long long alarm_clock(void)
{
    long long soonest = 0, at;

    for (int i = 0; i < n_family; i++) {
        struct process *p = by_pid(family[i]);
        long unused;
        int threads;
        int ours = p != NULL && !p->ended;
        for (int k = 0; k < n_known; k++)
            ours |= family[i] == known[k].pid;
        if (!ours && state(family[i], &unused, &threads) != 'Z')
            return deadline;    /* one that is not traced: who knows */
    }
    for (int i = 0; i < n_processes; i++) {
        struct process *p = process[i];
        if (p->ended || p->depth == 0)
            continue;
        const char *a = p->call[p->depth - 1].attributes;
        at = p->timer;
        if (value(a, "sec") != NULL || value(a, "limit") != NULL)
            at = deadline;      /* a message will come */
        else if (at != 0 && at < now() - 1000000)
            at = 0;             /* it was due a second ago */
        if (at != 0 && (soonest == 0 || at < soonest))
            soonest = at;
    }
    return soonest == 0 || soonest > now() ? soonest : now() + 10000;
}

static struct process *by_number(int n)
{
    return n >= 1 && n <= n_processes ? process[n - 1] : NULL;
}

/* Who makes the next call? NULL: nobody can. */
static struct process *planned_next(void)
{
    static int last = 1;
    struct process *p;
    int any = 0;

    for (int i = 0; i < n_processes; i++)
        any |= can_go(process[i]);
    if (!any)
        return NULL;
    stand();
    while (plan.ordered < plan.n_orders) {
        int n = plan.order[plan.ordered++];
        if ((p = by_number(n)) != NULL && can_go(p)) {
            last = n;
            return p;
        }
        note("order %d: cannot go now", n);
    }
    /* Who has slept by the clock lets the others go first; of several such the
     * one that slept longest ago is next, or a loop of two would starve a third. */
    struct process *best = NULL;
    int n = 0;
    for (int i = 0; i < n_processes; i++) {
        int k = (last - 1 + i) % n_processes + 1;
        p = by_number(k);
        if (can_go(p) && (best == NULL || p->gave_way < best->gave_way)) {
            best = p;
            n = k;
        }
    }
    last = n;
    return best;
}

/* Until the kernel says so: that is at once, but not before kill(2) returns. */
static void wait_for_state(pid_t pid, const char *states_)
{
    long unused;
    int threads;

    for (int tries = 0; tries < 2000; tries++) {
        char s = state(pid, &unused, &threads);
        if (s == 0 || strchr(states_, s) != NULL)
            return;
        usleep(500);
    }
}

/* p is about to go. Returns 0 if that call is not made as it was meant. */
static int goes_well(struct process *p)
{
    char *const *m = p->held->field;
    struct process *q;
    char answer[32];
    int i;

    if (strcmp(m[2], "return") == 0)
        return 1;
    for (i = 0; i < plan.n_faults; i++)
        if (by_number(plan.fault[i].number) == p && !plan.fault[i].done &&
            plan.fault[i].call == p->calls + 1)
            break;
    if (i == plan.n_faults)
        return 1;
    struct fault *f = &plan.fault[i];
    f->done = 1;
    event(now(), p->pid, "fault\t%s\t%s\t%s", where(p->program, m[1]), f->kind,
          f->words);
    if (strcmp(f->kind, "error") == 0 || strcmp(f->kind, "short") == 0) {
        snprintf(answer, sizeof answer, "%c %s", *f->kind, f->words);
        let_go(p, answer);      /* the probe does it */
        return 0;
    }
    if (strcmp(f->kind, "kill") == 0) {
        kill(p->pid, SIGKILL);
        strcpy(p->killed, "SIGKILL");
        wait_for_state(p->pid, "Z");
        return 0;
    }
    if (strcmp(f->kind, "kills") == 0) {
        if ((q = by_number(atoi(f->words))) != NULL && !q->ended) {
            kill(q->pid, SIGKILL);
            strcpy(q->killed, "SIGKILL");
            wait_for_state(q->pid, "Z");
        }
        return 0;               /* p is still held: it may go next */
    }
    if (strcmp(f->kind, "signal") == 0) {
        for (int sig = 1; sig < NSIG; sig++)
            if (strcmp(signal_name(sig), f->words) == 0)
                kill(p->pid, sig);
        return 1;
    }
    if (strcmp(f->kind, "stop") == 0) {
        p->stop = TO_STOP;
        return 1;
    }
    errx(2, "the plan: there is no fault %s", f->kind);
}

/* Stop who is to be stopped, now that it has gone as far as it can. */
static void stops(void)
{
    for (int i = 0; i < n_processes; i++)
        if (process[i]->stop == TO_STOP && !process[i]->ended) {
            kill(process[i]->pid, SIGSTOP);
            wait_for_state(process[i]->pid, "TZ");
            process[i]->stop = STOPPED;
            process[i]->stopped = now();
        } else if (process[i]->stop == STOPPED && !process[i]->ended &&
                   now() - process[i]->stopped > 1000000) {
            process[i]->stop = RUNS; /* others look for it again and again */
            kill(process[i]->pid, SIGCONT);
        }
}

/* Nobody can make a call. Returns 0 if nobody ever will. */
static int planned_rest(void)
{
    static long looked = -1;
    char pids[8192] = "";
    long long until;

    for (int i = 0; i < n_processes; i++)
        if (process[i]->stop == STOPPED && !process[i]->ended) {
            process[i]->stop = RUNS;
            kill(process[i]->pid, SIGCONT);
            return 1;
        }
    if (plan.acted < plan.n_acts) {
        acts();
        return 1;
    }
    if ((until = alarm_clock()) != 0 || !alive()) {
        something_happens(until < deadline ? until : deadline);
        return 1;
    }
    if (terminals && looked != number) { /* the kernel may be at work for one */
        looked = number;
        something_happens(now() + 500000);
        return 1;
    }
    for (int i = 0; i < n_processes; i++)
        if (!process[i]->ended)
            snprintf(pids + strlen(pids), sizeof pids - strlen(pids), "%s%d",
                     *pids ? "," : "", (int)process[i]->pid);
    event(now(), 0, "stuck\t%s", *pids ? pids : "-");
    return 0;
}

int main(int argc, char *argv[])
{
    const char *out = NULL, *where_ = "build", *plan_file = NULL;
    double seconds = 60;
    char *end, **commands[16], line[64];
    int option;

    while ((option = getopt(argc, argv, "+b:o:t:sp:qz")) != -1) {
        if (option == 'b')
            where_ = optarg;
        else if (option == 'o')
            out = optarg;
        else if (option == 't')
            seconds = strtod(optarg, &end);
        else if (option == 's')
            stepping = 1;
        else if (option == 'q')
            quick = 1;
        else if (option == 'z')
            timeless = 1;
        else if (option == 'p')
            plan_file = optarg;
        if (option == '?' ||
            (option == 't' &&
             (*end != '\0' || !(seconds > 0 && seconds < 1e6))))
            goto usage;
    }
    for (int i = optind; i < argc; i++) {
        if (n_commands == 16)
            errx(2, "more than 16 commands");
        commands[n_commands++] = &argv[i];
        while (i < argc && strcmp(argv[i], "--") != 0)
            i++;
        argv[i] = NULL;         /* argv[argc] is NULL already */
        if (commands[n_commands - 1][0] == NULL)
            goto usage;
    }
    planned = plan_file != NULL;
    if ((n_commands == 0) != planned || (planned && stepping))
        goto usage;
    if (planned)
        read_plan(plan_file);
    if (realpath(where_, build) == NULL)
        err(EXIT_FAILURE, "%s", where_);
    trace = out == NULL ? stdout : fopen(out, "we");
    if (trace == NULL)
        err(EXIT_FAILURE, "%s", out);
    prepare();
    begin = now();
    deadline = begin + (long long)(seconds * 1e6);
    int status = 0, told_waiting = 0;

    if (planned)
        acts();
    else
        start(commands[0]);
    while (stepping && n_started < n_commands) {
        settle();               /* so that they arrive in this order */
        start(commands[n_started]);
    }
    for (;;) {
        look_for_signals();
        settle();
        if (current != NULL)
            write_down(current);
        for (int i = 0; i < n_processes; i++)
            write_down(process[i]);
        sleepers();
        states();
        silent();
        if (!alive()) {
            if (over || (planned ? plan.acted == plan.n_acts
                                 : n_started == n_commands))
                break;
            if (planned)
                acts();
            else
                start(commands[n_started]);
            continue;
        }
        if (now() > deadline && !over) {
            snprintf(line, sizeof line, "ended: the %g seconds are over",
                     seconds);
            finish(line);
            status = 124;
        }
        if (over && now() > patience)
            finish("");
        stops();
        current = planned && !over ? planned_next() : next();
        if (stepping && !running_free && (current != NULL || !told_waiting)) {
            told_waiting = current == NULL;
            current = chosen(current);
            if (current == NULL && !told_waiting)
                continue;
        }
        if (current != NULL) {
            if (!planned || goes_well(current))
                let_go(current, "g");
            told_waiting = 0;
            if (current->turns % 5000 == 0)
                current->order = -number; /* it never sleeps */
            continue;
        }
        if (planned && !over) {
            if (!planned_rest()) {
                finish("nobody can go on");
                status = 3;
            }
            continue;
        }
        if (n_started < n_commands && !over) {
            start(commands[n_started]);
            continue;
        }
        if (!something_happens(over ? now() + 100000 : deadline))
            continue;
        if (!command_line(line, sizeof line) || strcmp(line, "quit") == 0) {
            finish("ended on request");
        } else if (strcmp(line, "run") == 0) {
            running_free = 1;
        } else {
            note("not possible now: %s", line);
            told_waiting = 0;   /* a turn answers each command */
        }
    }
    for (int i = 0; i < plan.n_faults; i++)
        if (!plan.fault[i].done)
            note("fault %d %d: it did not come to that", plan.fault[i].number,
                 plan.fault[i].call);
    kill_all(SIGKILL, 1); /* what has been forked wildly, and reports not */
    for (int i = 0; i < n_started && status == 0 && !planned; i++)
        status = command[i].status;
    if (over && status != 124 && status != 3)
        status = 0;
    return status;
usage:
    errx(2, "usage: director [-b BUILD] [-o TRACE] [-t SECONDS] [-s] -- "
            "COMMAND...\n   or: director [-b BUILD] [-o TRACE] [-t SECONDS] "
            "[-q] [-z] -p PLAN");
}
