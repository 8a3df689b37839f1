/* probe.c - the object that lets a run be seen: it reports every IPC call.
 *
 * Preloaded (LD_PRELOAD) by scripts/director.c into the programs of a room, the
 * very same binaries that `make run-X` plays. Each function here has the name
 * of a library call, so the program's calls come here first. It tells the
 * director what is about to be called, waits until it may, calls the real
 * function and tells the result. Without the variable PROBE in the environment
 * it does nothing.
 *
 * Why preloaded, and not a header forced upon a second build (cc -include)?
 * Both were tried. A header's macros see each argument as it is written, but
 * rename whatever a student calls `send` or `wait`, change the feature-test
 * macros of the source, and show a build that nobody plays. The price here: a
 * line is known by the return address (the makefile keeps tail calls out of the
 * way), and a statically linked program is not seen; the director says so.
 *
 * The messages, one each, over a SOCK_SEQPACKET socket (TAB between fields):
 *   new PROGRAM PARENT ARGUMENTS               a program, or a forked child
 *   call OFFSET NAME WORDS ATTRIBUTES          then it waits for an answer
 *   done OFFSET NAME WORDS ATTRIBUTES RESULT
 *   enter SIGNAL SENDER | leave SIGNAL
 * The answers: `g` go; `e ERRNO` (EINTR or 4) do not call, fail with it; `s K`
 * go, but with at most K bytes, where a count can be short (a stream of bytes:
 * no queue, no datagram, and not what the C library buffers).
 * The return from main() is a call, too: of `return`, with the status as words.
 * The attributes are those of the trace, see scripts/director.c.
 *
 * With PROBE_HURRY in the environment, a wait that the clock would end later
 * than after a second ends after a second: alarm(2), timers, limits, sleeps.
 *
 * While a process is held, its signals are blocked: it is as if the scheduler
 * had not chosen it. They arrive when it goes on, before the call is made.
 */
#undef _FORTIFY_SOURCE          /* its inline functions would hide ours */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef MSG_COPY
#define MSG_COPY 040000         /* musl does not tell it */
#endif

/* To stand in for any function, and to hand on its result, takes GNU C. */
#pragma GCC diagnostic ignored "-Wpedantic"

enum { SHOWN = 128 };           /* bytes of a message that are told */
/* What ferror(3) looks at, in the first word of a FILE (glibc, musl). */
enum { ERROR_SEEN = 0x20 };

struct report {                 /* one call */
    const char *name;
    uintptr_t at;               /* where it returns to, in the program's file */
    int err;                    /* errno before it, then after it */
    int fault;                  /* the errno that it shall fail with; 0: none */
    size_t most;                /* bytes that it may move; 0: all */
    FILE *file;                 /* its stream, if it has one */
    char words[1000], attributes[1600];
};

static int director = -1;       /* the socket; -1: nobody wants to know */
static pid_t self;
static int timeless;            /* sleeps take no time */
static uintptr_t base, text, text_end; /* where the program itself is */

/* ---- the real functions ------------------------------------------------ */

static void *next(const char *name)
{
    void *f = dlsym(RTLD_NEXT, name);

    if (f == NULL) {
        fprintf(stderr, "probe: this C library has no %s\n", name);
        _exit(127);
    }
    return f;
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (real == NULL) \
        *(void **)&real = next(#name)

/* The head of each wrapper: calls that the C library makes for itself, and
 * those of other threads, are none of ours. */
#define WRAP(name_, ...) \
    REAL(name_); \
    if (!wanted((uintptr_t)__builtin_return_address(0))) \
        return real(__VA_ARGS__); \
    struct report r = {.name = #name_, .err = errno}; \
    r.at = (uintptr_t)__builtin_return_address(0) - 1 - base

/* Ask; call, or fail as this type of result does; keep errno. */
#define CALL(...) __extension__ ({ \
        __typeof__(real(__VA_ARGS__)) value_; \
        if (ask(&r)) { \
            r.err = r.fault; \
            value_ = FAILED(value_); \
        } else { \
            value_ = keep(&r, real(__VA_ARGS__)); \
        } \
        value_; })
#define FAILED(value) \
        _Generic((value), size_t: 0, void *: (void *)-1, char *: NULL, \
                 DIR *: NULL, sem_t *: SEM_FAILED, default: -1)
/* For those that return the error. */
#define NUMBER(...) (ask(&r) ? r.fault : keep(&r, real(__VA_ARGS__)))
/* close(2): Linux has closed it, whatever it says. */
#define CALL_ANYWAY(...) __extension__ ({ \
        int fails_ = ask(&r), value_ = keep(&r, real(__VA_ARGS__)); \
        if (fails_) { \
            r.err = r.fault; \
            value_ = -1; \
        } \
        value_; })
#define keep(r, value) __extension__ ({ \
        __typeof__(value) kept_ = (value); (r)->err = errno; kept_; })

static int wanted(uintptr_t at)
{
    return director != -1 && at >= text && at < text_end &&
           (pid_t)syscall(SYS_gettid) == self;
}

/* ---- texts -------------------------------------------------------------- */

__attribute__((format(printf, 3, 4)))
static void add(char *to, size_t size, const char *format, ...)
{
    size_t used = strlen(to);
    va_list args;

    va_start(args, format);
    int n = vsnprintf(to + used, size - used, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= size - used)
        to[used] = '\0';        /* whole, or not at all */
}

/* The program's memory, which it may have given wrongly: the kernel says EFAULT
 * then, and so must we be able to look. Returns how much could be copied. */
static size_t peek(void *to, const void *from, size_t n)
{
    /* cppcheck-suppress ctuuninitvar ; it is written to, not read */
    struct iovec here = {to, n}, there = {(void *)(uintptr_t)from, n};
    ssize_t got_ = from == NULL ? 0
                                : syscall(SYS_process_vm_readv, self, &here,
                                          1UL, &there, 1UL, 0UL);

    if (got_ == -1 && errno != EFAULT) { /* forbidden here: then trust it */
        memcpy(to, from, n);
        return n;
    }
    return got_ < 0 ? 0 : (size_t)got_;
}
#define words(r, ...) (*(r)->words ? add((r)->words, sizeof (r)->words, ", ") \
                                   : (void)0, \
                       add((r)->words, sizeof (r)->words, __VA_ARGS__))
#define attr(r, ...) (*(r)->attributes \
                          ? add((r)->attributes, sizeof (r)->attributes, " ") \
                          : (void)0, \
                      add((r)->attributes, sizeof (r)->attributes, __VA_ARGS__))

/* How long is the UTF-8 character here? 0: it is none. */
static size_t utf8(const unsigned char *s, size_t n)
{
    size_t len = *s >= 0xf0 && *s < 0xf5 ? 4 : *s >= 0xe0 ? 3 : 2;

    if (*s < 0xc2 || *s > 0xf4 || n < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

/* As a C string constant would have it. blank: how a blank is written. */
static void escape(char *to, size_t size, const void *from, size_t n,
                   const char *blank)
{
    const unsigned char *s = from;
    char *p = to;

    while (n > 0 && (size_t)(p - to) + 5 < size) {
        size_t len = utf8(s, n);
        const char *known = "\nn\tt\rr\"\"\\\\";
        if (len > 0) {
            memcpy(p, s, len);
            p += len;
            s += len;
            n -= len;
            continue;
        }
        while (*known != '\0' && *known != (char)*s)
            known += 2;
        if (*s == ' ')
            p += sprintf(p, "%s", blank);
        else if (*known != '\0')
            p += sprintf(p, "\\%c", known[1]);
        else if (*s == '\0' && (n == 1 || s[1] < '0' || s[1] > '9'))
            p += sprintf(p, "\\0");
        else if (*s < ' ' || *s >= 0x7f)
            p += sprintf(p, "\\x%02x", *s);
        else
            *p++ = (char)*s;
        s++;
        n--;
    }
    *p = '\0';
}

static const char *quoted(const void *bytes, size_t n)
{
    static char text_[5 * SHOWN + 16], inner[5 * SHOWN];
    static unsigned char copy[SHOWN + 1];
    int error = errno;
    size_t shown = peek(copy, bytes, n > SHOWN ? SHOWN + 1 : n);

    errno = error;
    if (shown == 0 && n > 0)
        return bytes == NULL ? "NULL" : "?";
    if (shown > SHOWN)
        for (shown = SHOWN; shown > SHOWN - 4 && (copy[shown] & 0xc0) == 0x80;)
            shown--;            /* do not cut within a character */
    escape(inner, sizeof inner, copy, shown, " ");
    snprintf(text_, sizeof text_, "\"%s\"%s", inner, n > shown ? "..." : "");
    return text_;
}

static const char *path_words(const char *path)
{
    static char text_[300], copy[256];
    int error = errno;
    size_t n = peek(copy, path, sizeof copy - 1);

    errno = error;
    if (n == 0)
        return path == NULL ? "NULL" : "?";
    copy[n] = '\0';
    escape(text_, sizeof text_, copy, strlen(copy), "\\x20");
    return text_;
}
static void path(struct report *r, const char *name)
{
    words(r, "%s", path_words(name));
    attr(r, "path=%s", path_words(name));
}

/* The bytes that a call moves. They come last, for they contain blanks. */
static void data(struct report *r, const void *bytes, size_t n)
{
    attr(r, "n=%zu data=%s", n, quoted(bytes, n));
}
/* What is to be sent is told before, and afterwards how much of it was. */
static void sent(struct report *r, size_t before, const void *bytes, ssize_t n)
{
    r->attributes[before] = '\0';
    if (n >= 0)
        data(r, bytes, (size_t)n);
}
static void got(struct report *r, const void *bytes, ssize_t n)
{
    if (n >= 0)
        data(r, bytes, (size_t)n);
}

static const char *signal_name(int sig)
{
    static const struct { int sig; const char *name; } names[] = {
        {SIGHUP, "HUP"}, {SIGINT, "INT"}, {SIGQUIT, "QUIT"}, {SIGILL, "ILL"},
        {SIGTRAP, "TRAP"}, {SIGABRT, "ABRT"}, {SIGBUS, "BUS"}, {SIGFPE, "FPE"},
        {SIGKILL, "KILL"}, {SIGUSR1, "USR1"}, {SIGSEGV, "SEGV"},
        {SIGUSR2, "USR2"}, {SIGPIPE, "PIPE"}, {SIGALRM, "ALRM"},
        {SIGTERM, "TERM"}, {SIGCHLD, "CHLD"}, {SIGCONT, "CONT"},
        {SIGSTOP, "STOP"}, {SIGTSTP, "TSTP"}, {SIGTTIN, "TTIN"},
        {SIGTTOU, "TTOU"}, {SIGURG, "URG"}, {SIGXCPU, "XCPU"},
        {SIGXFSZ, "XFSZ"}, {SIGVTALRM, "VTALRM"}, {SIGPROF, "PROF"},
        {SIGWINCH, "WINCH"}, {SIGIO, "IO"}, {SIGSYS, "SYS"}};
    static char text_[4][24];
    static int turn;
    char *t = text_[turn = (turn + 1) % 4];

    snprintf(t, sizeof text_[0], "%d", sig);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].sig == sig)
            snprintf(t, sizeof text_[0], "SIG%s", names[i].name);
    if (sig >= SIGRTMIN && sig <= SIGRTMAX)
        snprintf(t, sizeof text_[0], "SIGRTMIN+%d", sig - SIGRTMIN);
    return t;
}

static const struct { int error; const char *name; } errors[] = {
#define E(name) {name, #name}
    E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(ENXIO), E(E2BIG),
    E(ENOEXEC), E(EBADF), E(ECHILD), E(EAGAIN), E(ENOMEM), E(EACCES),
    E(EFAULT), E(EBUSY), E(EEXIST), E(ENODEV), E(ENOTDIR), E(EISDIR),
    E(EINVAL), E(ENFILE), E(EMFILE), E(ENOTTY), E(ETXTBSY), E(EFBIG),
    E(ENOSPC), E(ESPIPE), E(EROFS), E(EMLINK), E(EPIPE), E(EDOM),
    E(ERANGE), E(EDEADLK), E(ENAMETOOLONG), E(ENOLCK), E(ENOSYS),
    E(ELOOP), E(ENOMSG), E(EIDRM), E(EOVERFLOW), E(ENOTSOCK),
    E(EDESTADDRREQ), E(EMSGSIZE), E(EPROTOTYPE), E(EPROTONOSUPPORT),
    E(EOPNOTSUPP), E(EAFNOSUPPORT), E(EADDRINUSE), E(EADDRNOTAVAIL),
    E(ENETUNREACH), E(ECONNABORTED), E(ECONNRESET), E(ENOBUFS),
    E(EISCONN), E(ENOTCONN), E(ETIMEDOUT), E(ECONNREFUSED),
    E(EHOSTUNREACH), E(EALREADY), E(EINPROGRESS), E(EOWNERDEAD)};
#undef E
static const char *error_name(int error)
{
    static char text_[16];

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].error == error)
            return errors[i].name;
    snprintf(text_, sizeof text_, "E%d", error);
    return text_;
}
/* As the director writes it: a name, or a number. */
static int error_number(const char *text_)
{
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strcmp(errors[i].name, text_) == 0)
            return errors[i].error;
    return atoi(text_);
}

struct name { long value; const char *name; };
#define N(name) {name, #name}
#define NAMED(value, ...) \
    named((value), (const struct name[]){__VA_ARGS__, {0, NULL}})
static const char *named(long value, const struct name *names)
{
    static char text_[4][24];
    static int turn;

    for (; names->name != NULL; names++)
        if (names->value == value)
            return names->name;
    turn = (turn + 1) % 4;
    snprintf(text_[turn], sizeof text_[0], "%ld", value);
    return text_[turn];
}
/* Names of the bits, joined by `|`. */
#define FLAGS(value, ...) \
    flags((value), (const struct name[]){__VA_ARGS__, {0, NULL}})
static const char *flags(long value, const struct name *names)
{
    static char text_[4][200];
    static int turn;
    char *t = text_[turn = (turn + 1) % 4];

    *t = '\0';
    for (; names->name != NULL; names++)
        if ((value & names->value) == names->value && names->value != 0) {
            add(t, sizeof text_[0], "%s%s", *t ? "|" : "", names->name);
            value &= ~names->value;
        }
    if (value != 0 || *t == '\0')
        add(t, sizeof text_[0], "%s%#lo", *t ? "|" : "", value);
    return t;
}

/* ---- objects ------------------------------------------------------------ */

/* What is behind a descriptor: obj=KIND:NUMBER. */
static void object(struct report *r, int fd, const char *key)
{
    char link_[64], target[300];
    struct stat st;
    ssize_t n;
    const char *kind = "file";

    if (fd < 0 || fstat(fd, &st) == -1)
        return;
    snprintf(link_, sizeof link_, "/proc/self/fd/%d", fd);
    n = readlink(link_, target, sizeof target - 1);
    target[n > 0 ? n : 0] = '\0';
    if (strncmp(target, "anon_inode:", 11) == 0) {
        /* All of these share one inode. */
        attr(r, "%s=event:%d.%d", key, (int)self, fd);
        return;
    }
    if (S_ISFIFO(st.st_mode))
        kind = strncmp(target, "pipe:", 5) == 0 ? "pipe" : "fifo";
    else if (S_ISSOCK(st.st_mode))
        kind = "socket";
    else if (S_ISCHR(st.st_mode))
        kind = isatty(fd) ? "tty" : "dev";
    attr(r, "%s=%s:%llu", key, kind, (unsigned long long)st.st_ino);
    if (S_ISFIFO(st.st_mode)) {
        static __typeof__(&fcntl) real;
        if (real == NULL)
            *(void **)&real = next("fcntl");
        int how = real(fd, F_GETFL) & O_ACCMODE;
        attr(r, "end%s=%s", key + 3, how == O_RDONLY ? "read"
                                     : how == O_WRONLY ? "write" : "both");
    }
}
static void descriptor(struct report *r, int fd)
{
    int error = errno;

    words(r, "fd %d", fd);
    attr(r, "fd=%d", fd);
    object(r, fd, "obj");
    errno = error;
}
static void second(struct report *r, int fd)
{
    attr(r, "fd2=%d", fd);
    object(r, fd, "obj2");
}

/* What is mapped at this address? A semaphore, a segment, a file. */
static void mapped(struct report *r, const void *address, const char *kind)
{
    char line[512], name[300];
    uintptr_t a = (uintptr_t)address, from, to;
    unsigned long long offset, inode;
    char mode[8];
    int error = errno;
    FILE *maps = fopen("/proc/self/maps", "re");

    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        *name = '\0';
        if (sscanf(line, "%lx-%lx %7s %llx %*s %llu %299[^\n]", &from, &to,
                   mode, &offset, &inode, name) < 5 || a < from || a >= to)
            continue;
        if (strncmp(name, "/SYSV", 5) == 0 && *kind == 'm')
            attr(r, "obj=shm:%llu", inode); /* its inode is its id */
        else if (strncmp(name, "/dev/shm/sem.", 13) == 0 && *kind == 'p')
            attr(r, "obj=psem:/%s", path_words(name + 13));
        else if (*kind == 'p' && inode != 0 && mode[3] == 's')
            attr(r, "obj=psem:%llu+%llu", inode,
                 offset + (unsigned long long)(a - from));
        else if (*kind == 'p')
            attr(r, "obj=psem:%#lx", a);
        else if (inode != 0)
            attr(r, "obj=file:%llu", inode);
        break;
    }
    if (maps != NULL)
        fclose(maps);
    errno = error;
}

static void address(struct report *r, const void *given, socklen_t len)
{
    union { struct sockaddr_un un; struct sockaddr_in in; } copy;
    const struct sockaddr_un *un = &copy.un;
    const struct sockaddr_in *in = &copy.in;
    const void *sa = &copy;

    memset(&copy, 0, sizeof copy);
    len = (socklen_t)peek(&copy, given, len < sizeof copy ? len : sizeof copy);
    char name[200] = "-", host[INET_ADDRSTRLEN];

    if (sa != NULL && len >= sizeof un->sun_family &&
        un->sun_family == AF_UNIX &&
        len > offsetof(struct sockaddr_un, sun_path)) {
        size_t n = len - offsetof(struct sockaddr_un, sun_path);
        if (un->sun_path[0] == '\0') {
            name[0] = '@';
            escape(name + 1, sizeof name - 1, un->sun_path + 1, n - 1, "\\x20");
        } else {
            escape(name, sizeof name, un->sun_path,
                   strnlen(un->sun_path, n), "\\x20");
        }
    } else if (sa != NULL && len >= sizeof *in && in->sin_family == AF_INET) {
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
        snprintf(name, sizeof name, "%s:%d", host, ntohs(in->sin_port));
    }
    words(r, "%s", name);
    attr(r, "addr=%s", name);
}
/* Both addresses of a connected inet socket: they tell who is whose peer. */
static void inet_names(struct report *r, int fd)
{
    struct sockaddr_in in;
    char host[INET_ADDRSTRLEN];

    for (int peer = 0; peer < 2; peer++) {
        socklen_t len = sizeof in;
        memset(&in, 0, sizeof in);
        if ((peer ? getpeername(fd, (struct sockaddr *)&in, &len)
                  : getsockname(fd, (struct sockaddr *)&in, &len)) == -1 ||
            in.sin_family != AF_INET)
            continue;
        inet_ntop(AF_INET, &in.sin_addr, host, sizeof host);
        attr(r, "%s=%s:%d", peer ? "peer" : "own", host, ntohs(in.sin_port));
    }
}

/* ---- time, as an argument ------------------------------------------------ */

static double ms_of(const struct timespec *t)
{
    struct timespec copy;

    return peek(&copy, t, sizeof copy) != sizeof copy
               ? -1 : (double)copy.tv_sec * 1e3 + (double)copy.tv_nsec / 1e6;
}
/* A wait that the clock can end; of an absolute time only that much is told. */
static void limited(struct report *r, const struct timespec *t)
{
    double ms = ms_of(t);

    if (ms >= 0)
        attr(r, "limit=%g", ms < 1e9 ? ms / 1e3 : 0);
}

/* PROBE_HURRY: no wait for the clock lasts longer than a second. */
static int hurry;
static const struct timespec *soon(const struct timespec *t)
{
    static const struct timespec second = {1, 0};

    return hurry && ms_of(t) > 1e3 ? &second : t;
}
static const struct timespec *soon_at(clockid_t clock, const struct timespec *t)
{
    static struct timespec at;

    if (!hurry || ms_of(t) < 0)
        return t;
    clock_gettime(clock, &at);
    at.tv_sec++;
    return ms_of(t) > ms_of(&at) ? &at : t;
}
static unsigned soon_s(unsigned seconds)
{
    return hurry && seconds > 1 ? 1 : seconds;
}
static int soon_ms(int ms)
{
    return hurry && ms > 1000 ? 1000 : ms;
}
static struct timeval *soon_tv(struct timeval *t)
{
    if (hurry && t != NULL && t->tv_sec >= 1)
        *t = (struct timeval){1, 0}; /* select(2) may change it, too */
    return t;
}

/* ---- the director ------------------------------------------------------- */

static ssize_t real_send(const void *bytes, size_t n)
{
    REAL(send);
    return real(director, bytes, n, MSG_NOSIGNAL);
}
static ssize_t real_recv(void *bytes, size_t n)
{
    REAL(recv);
    return real(director, bytes, n, 0);
}
static void real_close(int fd)
{
    REAL(close);
    real(fd);
}
static int real_mask(int how, const sigset_t *set, sigset_t *old)
{
    REAL(sigprocmask);
    return real(how, set, old);
}

__attribute__((format(printf, 1, 2)))
static void tell(const char *format, ...)
{
    static char message[8192];  /* a handler's stack may be small */
    va_list args;
    int error = errno, n;
    sigset_t all, before;

    sigfillset(&all);
    real_mask(SIG_SETMASK, &all, &before);
    va_start(args, format);
    n = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (n >= (int)sizeof message)
        n = sizeof message - 1;
    while (director != -1 && real_send(message, (size_t)n) == -1)
        if (errno == EPIPE || errno == ECONNRESET) { /* it has gone: play on */
            real_close(director);
            director = -1;
        } else if (errno != EINTR) {
            break;
        }
    real_mask(SIG_SETMASK, &before, NULL);
    errno = error;
}

static const char *or_none(const char *s) { return *s ? s : "-"; }

/* Ask, and wait for the answer. Returns whether the call must fail. */
static int ask(struct report *r)
{
    sigset_t all, before;
    ssize_t n = 1;
    char answer[32] = "g";

    sigfillset(&all);
    real_mask(SIG_SETMASK, &all, &before);
    tell("call\t%lx\t%s\t%s\t%s", (long)r->at, r->name, or_none(r->words),
         or_none(r->attributes));
    while (director != -1 &&
           (n = real_recv(answer, sizeof answer - 1)) == -1 && errno == EINTR)
        ;
    if (n < 1 && director != -1) {
        real_close(director);
        director = -1;
    } else if (director != -1) {
        answer[n] = '\0';
        if (answer[0] == 'e')
            r->fault = error_number(answer + 2);
        else if (answer[0] == 's')
            r->most = strtoul(answer + 2, NULL, 10);
    }
    if (r->fault != 0 && r->file != NULL)
        *(int *)(void *)r->file |= ERROR_SEEN;
    real_mask(SIG_SETMASK, &before, NULL);
    errno = r->err;             /* as if nothing had been asked */
    return r->fault != 0;
}

/* How many bytes may it move, of those that it wants to? All, where a count is
 * never short: what keeps messages apart does not move half of one. */
static size_t cut(const struct report *r, int fd, size_t size)
{
    int type = SOCK_STREAM;
    socklen_t len = sizeof type;
    struct stat st;
    int error = errno;

    if (r->most == 0 || r->most >= size)
        return size;
    if (fstat(fd, &st) == -1 || (st.st_mode & S_IFMT) == 0)
        return size;            /* eventfd(2) and its like */
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
    errno = error;
    return type == SOCK_STREAM ? r->most : size;
}
/* The same of several pieces: what is too much of them becomes empty. */
static struct iovec *cut_pieces(const struct report *r, int fd,
                                const struct iovec *v, size_t count)
{
    static struct iovec copy[64];
    size_t most = cut(r, fd, SIZE_MAX);

    if (most == SIZE_MAX || count > sizeof copy / sizeof *copy ||
        peek(copy, v, count * sizeof *copy) != count * sizeof *copy)
        return (struct iovec *)v;
    for (size_t i = 0; i < count; i++) {
        if (copy[i].iov_len > most)
            copy[i].iov_len = most;
        most -= copy[i].iov_len;
    }
    return copy;
}

static void told(struct report *r, const char *result)
{
    tell("done\t%lx\t%s\t%s\t%s\t%s", (long)r->at, r->name, or_none(r->words),
         or_none(r->attributes), result);
    errno = r->err;
}
static void done(struct report *r, long long result)
{
    char text_[64];

    if (result == -1)
        snprintf(text_, sizeof text_, "-1 %s", error_name(r->err));
    else
        snprintf(text_, sizeof text_, "%lld", result);
    told(r, text_);
}
/* These return the error, and leave errno alone. */
static int error_done(struct report *r, int error)
{
    int kept = r->err;

    if (error > 0) {
        r->err = error;
        done(r, -1);
        errno = kept;
    } else {
        done(r, error);
    }
    return error;
}
#define DONE(result) __extension__ ({ \
        __typeof__(result) result_ = (result); done(&r, result_); result_; })
/* The usual: ask, call, tell. */
#define ALL(...) do { \
        __auto_type result__ = CALL(__VA_ARGS__); \
        done(&r, result__); \
        return result__; \
    } while (0)

static char program[PATH_MAX];
static void hello(pid_t parent, char **argv)
{
    const char *name = getenv("PROBE");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct rlimit limit;
    char arguments[600] = "";
    int fd, high = 1000, error = errno;
    static __typeof__(&socket) real_socket;
    static __typeof__(&connect) real_connect;
    static __typeof__(&fcntl) real_fcntl;

    *(void **)&real_socket = next("socket");
    *(void **)&real_connect = next("connect");
    *(void **)&real_fcntl = next("fcntl");
    self = getpid();
    hurry = getenv("PROBE_HURRY") != NULL;
    director = -1;
    if (name == NULL || strlen(name) >= sizeof to.sun_path)
        return;
    strcpy(to.sun_path, name);
    /* High up, so that the program's descriptors have their usual numbers. */
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 1024)
        high = (int)limit.rlim_cur - 2;
    if ((fd = real_socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) == -1)
        return;
    if (real_connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        director = real_fcntl(fd, F_DUPFD_CLOEXEC, high);
    real_close(fd);
    for (; argv != NULL && *argv != NULL; argv++)
        add(arguments, sizeof arguments, "%s%s", *arguments ? " " : "",
            path_words(*argv));
    tell("new\t%s\t%d\t%s", program, (int)parent, or_none(arguments));
    errno = error;
}

/* A forked child, also one that daemon(3) has forked: a connection of its own;
 * the old one is its parent's. */
static void reborn(void)
{
    int old = director;

    if (old != -1) {
        hello(getppid(), NULL);
        real_close(old);
    }
}

static int find_program(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    base = info->dlpi_addr;     /* the first one is the program itself */
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type == PT_LOAD && p->p_flags & PF_X) {
            text = base + p->p_vaddr;
            text_end = text + p->p_memsz;
        }
    }
    return 1;
}

static int (*real_main)(int, char **, char **);

static int main_(int argc, char **argv, char **envp)
{
    int status = real_main(argc, argv, envp);

    if (director != -1 && getpid() == self) {
        struct report r = {.name = "return", .err = errno};
        words(&r, "%d", status & 0xff);
        ask(&r);
    }
    return status;
}

/* Both glibc and musl start a program by this. Only those below PROBE_DIR are
 * ours, and of these not the ones that watch (scripts/). */
int __libc_start_main(int (*main)(int, char **, char **), int argc,
                      char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end);
int __libc_start_main(int (*main)(int, char **, char **), int argc,
                      char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end)
{
    const char *folder = getenv("PROBE_DIR");
    timeless = getenv("PROBE_TIMELESS") != NULL;
    REAL(__libc_start_main);
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    size_t len = folder == NULL ? 0 : strlen(folder);

    program[n > 0 ? n : 0] = '\0';
    if (len > 0 && strncmp(program, folder, len) == 0 && program[len] == '/' &&
        strncmp(program + len, "/scripts/", 9) != 0) {
        dl_iterate_phdr(find_program, NULL);
        hello(0, argv);
        pthread_atfork(NULL, NULL, reborn);
        real_main = main;
        main = main_;
    }
    return real(main, argc, argv, init, fini, rtld_fini, stack_end);
}

/* ---- descriptors -------------------------------------------------------- */

#define OPEN_FLAGS \
    N(O_WRONLY), N(O_RDWR), N(O_CREAT), N(O_EXCL), N(O_TRUNC), N(O_APPEND), \
    N(O_NONBLOCK), N(O_CLOEXEC), N(O_NOFOLLOW), N(O_DIRECTORY)

static void open_flags(struct report *r, int how)
{
    const char *f =
        how == 0 ? "O_RDONLY" : FLAGS(how & ~O_LARGEFILE, OPEN_FLAGS);

    words(r, "%s%s",
          (how & O_ACCMODE) == O_RDONLY && how != 0 ? "O_RDONLY|" : "", f);
    attr(r, "flags=%s", f);
}
static int opened(struct report *r, int fd)
{
    if (fd >= 0) {
        attr(r, "fd=%d", fd);
        object(r, fd, "obj");
    }
    done(r, fd);
    return fd;
}
static int mode_of(int how, va_list args)
{
    return how & (O_CREAT | O_TMPFILE) ? va_arg(args, int) : 0;
}

int open(const char *name, int how, ...)
{
    va_list args;
    va_start(args, how);
    mode_t mode = (mode_t)mode_of(how, args);
    va_end(args);
    WRAP(open, name, how, mode);
    path(&r, name);
    open_flags(&r, how);
    return opened(&r, CALL(name, how, mode));
}
#ifdef __GLIBC__
int open64(const char *name, int how, ...)
{
    va_list args;
    va_start(args, how);
    mode_t mode = (mode_t)mode_of(how, args);
    va_end(args);
    WRAP(open64, name, how, mode);
    r.name = "open";
    path(&r, name);
    open_flags(&r, how);
    return opened(&r, CALL(name, how, mode));
}
int __open_2(const char *name, int how);
int __open_2(const char *name, int how)
{
    WRAP(__open_2, name, how);
    r.name = "open";
    path(&r, name);
    open_flags(&r, how);
    return opened(&r, CALL(name, how));
}
#endif
int openat(int dir, const char *name, int how, ...)
{
    va_list args;
    va_start(args, how);
    mode_t mode = (mode_t)mode_of(how, args);
    va_end(args);
    WRAP(openat, dir, name, how, mode);
    words(&r, "%s", dir == AT_FDCWD ? "AT_FDCWD" : "a folder");
    path(&r, name);
    open_flags(&r, how);
    return opened(&r, CALL(dir, name, how, mode));
}
int creat(const char *name, mode_t mode)
{
    WRAP(creat, name, mode);
    path(&r, name);
    return opened(&r, CALL(name, mode));
}
int mkstemp(char *name)
{
    WRAP(mkstemp, name);
    int fd = CALL(name);
    path(&r, name);
    return opened(&r, fd);
}

int close(int fd)
{
    WRAP(close, fd);
    if (fd == director) {       /* not the program's */
        errno = EBADF;
        return -1;
    }
    descriptor(&r, fd);
    return DONE(CALL_ANYWAY(fd));
}

int posix_openpt(int how)
{
    WRAP(posix_openpt, how);
    return opened(&r, CALL(how));
}
int fclose(FILE *f)
{
    WRAP(fclose, f);
    descriptor(&r, fileno(f));
    return DONE(CALL_ANYWAY(f));
}

ssize_t read(int fd, void *buf, size_t size)
{
    WRAP(read, fd, buf, size);
    descriptor(&r, fd);
    words(&r, "%zu", size);
    ssize_t n = CALL(fd, buf, cut(&r, fd, size));
    got(&r, buf, n);
    return DONE(n);
}
ssize_t write(int fd, const void *buf, size_t size)
{
    WRAP(write, fd, buf, size);
    descriptor(&r, fd);
    words(&r, "%s, %zu", quoted(buf, size), size);
    size_t used = strlen(r.attributes);
    data(&r, buf, size);
    ssize_t n = CALL(fd, buf, cut(&r, fd, size));
    sent(&r, used, buf, n);
    return DONE(n);
}
#define PREAD(name_of, offset_t) \
    ssize_t name_of(int fd, void *buf, size_t size, offset_t at) \
    { \
        WRAP(name_of, fd, buf, size, at); \
        r.name = "pread"; \
        descriptor(&r, fd); \
        words(&r, "%zu, at %lld", size, (long long)at); \
        ssize_t n = CALL(fd, buf, cut(&r, fd, size), at); \
        got(&r, buf, n); \
        return DONE(n); \
    }
PREAD(pread, off_t)
#ifdef __GLIBC__                /* with -D_FILE_OFFSET_BITS=64 */
PREAD(pread64, off64_t)
#endif
#define PWRITE(name_of, offset_t) \
    ssize_t name_of(int fd, const void *buf, size_t size, offset_t at) \
    { \
        WRAP(name_of, fd, buf, size, at); \
        r.name = "pwrite"; \
        descriptor(&r, fd); \
        words(&r, "%s, %zu, at %lld", quoted(buf, size), size, (long long)at); \
        size_t used = strlen(r.attributes); \
        data(&r, buf, size); \
        ssize_t n = CALL(fd, buf, cut(&r, fd, size), at); \
        sent(&r, used, buf, n); \
        return DONE(n); \
    }
PWRITE(pwrite, off_t)
#ifdef __GLIBC__                /* with -D_FILE_OFFSET_BITS=64 */
PWRITE(pwrite64, off64_t)
#endif
static void pieces(struct report *r, const struct iovec *v, int count,
                   ssize_t n)
{
    static char bytes[2 * SHOWN];
    size_t have = 0, want = n < 0 ? 0 : (size_t)n;
    struct iovec one;

    for (int i = 0; i < count && have < sizeof bytes && have < want; i++) {
        if (peek(&one, &v[i], sizeof one) != sizeof one)
            break;
        size_t some = one.iov_len;
        if (some > want - have)
            some = want - have;
        if (some > sizeof bytes - have)
            some = sizeof bytes - have;
        have += peek(bytes + have, one.iov_base, some);
    }
    if (n >= 0)
        attr(r, "n=%zd data=%s%s", n, quoted(bytes, have),
             have < want && have <= SHOWN ? "..." : "");
}
static ssize_t total(const struct iovec *v, int count)
{
    struct iovec one = {NULL, 0};
    size_t n = 0;

    for (int i = 0; i < count && peek(&one, &v[i], sizeof one) == sizeof one;
         i++)
        n += one.iov_len;
    return (ssize_t)n;
}
ssize_t readv(int fd, const struct iovec *v, int count)
{
    WRAP(readv, fd, v, count);
    descriptor(&r, fd);
    words(&r, "%d pieces", count);
    ssize_t n = CALL(fd, cut_pieces(&r, fd, v, (size_t)count), count);
    pieces(&r, v, count, n);
    return DONE(n);
}
ssize_t writev(int fd, const struct iovec *v, int count)
{
    WRAP(writev, fd, v, count);
    descriptor(&r, fd);
    words(&r, "%d pieces, %zd", count, total(v, count));
    size_t used = strlen(r.attributes);
    pieces(&r, v, count, total(v, count));
    ssize_t n = CALL(fd, cut_pieces(&r, fd, v, (size_t)count), count);
    r.attributes[used] = '\0';
    pieces(&r, v, count, n);
    return DONE(n);
}

static int two(struct report *r, const int fd[2], int result)
{
    if (result == 0) {
        words(r, "fd %d and %d", fd[0], fd[1]);
        attr(r, "fd=%d", fd[0]);
        object(r, fd[0], "obj");
        second(r, fd[1]);
    }
    done(r, result);
    return result;
}
int pipe(int fd[2])
{
    WRAP(pipe, fd);
    return two(&r, fd, CALL(fd));
}
int pipe2(int fd[2], int how)
{
    WRAP(pipe2, fd, how);
    return two(&r, fd, CALL(fd, how));
}
int socketpair(int domain, int type, int protocol, int fd[2])
{
    WRAP(socketpair, domain, type, protocol, fd);
    const char *kind = NAMED(type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK),
                             N(SOCK_STREAM), N(SOCK_DGRAM), N(SOCK_SEQPACKET));
    words(&r, "%s", kind);
    attr(&r, "flags=%s", kind);
    return two(&r, fd, CALL(domain, type, protocol, fd));
}
int dup(int fd)
{
    WRAP(dup, fd);
    descriptor(&r, fd);
    int new = CALL(fd);
    if (new >= 0)
        second(&r, new);
    return DONE(new);
}
/* The program takes the number that our socket has: then it moves. */
static void give_way(int to)
{
    if (to == director && to >= 0) {
        static __typeof__(&fcntl) real;
        if (real == NULL)
            *(void **)&real = next("fcntl");
        director = real(director, F_DUPFD_CLOEXEC, to + 1);
    }
}
int dup2(int fd, int to)
{
    WRAP(dup2, fd, to);
    give_way(to);
    descriptor(&r, fd);
    words(&r, "to %d", to);
    int new = CALL(fd, to);
    if (new >= 0)
        second(&r, new);
    return DONE(new);
}
int dup3(int fd, int to, int how)
{
    WRAP(dup3, fd, to, how);
    give_way(to);
    descriptor(&r, fd);
    words(&r, "to %d", to);
    int new = CALL(fd, to, how);
    if (new >= 0)
        second(&r, new);
    return DONE(new);
}
int mkfifo(const char *name, mode_t mode)
{
    WRAP(mkfifo, name, mode);
    path(&r, name);
    words(&r, "%#o", (unsigned)mode);
    ALL(name, mode);
}
int unlink(const char *name)
{
    WRAP(unlink, name);
    path(&r, name);
    ALL(name);
}
/* These only look, and would make a view longer; but what they see depends on
 * what others do. So they are told where orders are searched, with -z. */
#define LOOKS(name_, tells, ...) do { \
        REAL(name_); \
        if (!timeless || !wanted((uintptr_t)__builtin_return_address(0))) \
            return real(__VA_ARGS__); \
        struct report r = {.name = #name_, .err = errno}; \
        r.at = (uintptr_t)__builtin_return_address(0) - 1 - base; \
        tells; \
        __auto_type result_ = CALL(__VA_ARGS__); \
        done(&r, (intptr_t)result_ == 0 || (intptr_t)result_ == -1 \
                     ? (long long)(intptr_t)result_ : 1); \
        return result_; \
    } while (0)
int stat(const char *restrict name, struct stat *restrict st)
{
    LOOKS(stat, path(&r, name), name, st);
}
int lstat(const char *restrict name, struct stat *restrict st)
{
    LOOKS(lstat, path(&r, name), name, st);
}
int fstat(int fd, struct stat *st)
{
    LOOKS(fstat, descriptor(&r, fd), fd, st);
}
int access(const char *name, int how)
{
    LOOKS(access, path(&r, name), name, how);
}
DIR *opendir(const char *name)
{
    LOOKS(opendir, path(&r, name), name);
}
int link(const char *name, const char *to)
{
    WRAP(link, name, to);
    path(&r, name);
    words(&r, "%s", path_words(to));
    ALL(name, to);
}
int rename(const char *name, const char *to)
{
    WRAP(rename, name, to);
    path(&r, name);
    words(&r, "%s", path_words(to));
    ALL(name, to);
}
#define FTRUNCATE(name_of, offset_t) \
    int name_of(int fd, offset_t size) \
    { \
        WRAP(name_of, fd, size); \
        r.name = "ftruncate"; \
        descriptor(&r, fd); \
        words(&r, "%lld", (long long)size); \
        ALL(fd, size); \
    }
FTRUNCATE(ftruncate, off_t)
#ifdef __GLIBC__                /* with -D_FILE_OFFSET_BITS=64 */
FTRUNCATE(ftruncate64, off64_t)
#endif
#define FALLOCATE(name_of, offset_t) \
    int name_of(int fd, offset_t from, offset_t size) \
    { \
        WRAP(name_of, fd, from, size); \
        r.name = "posix_fallocate"; \
        descriptor(&r, fd); \
        words(&r, "%lld, %lld", (long long)from, (long long)size); \
        return error_done(&r, NUMBER(fd, from, size)); \
    }
FALLOCATE(posix_fallocate, off_t)
#ifdef __GLIBC__                /* with -D_FILE_OFFSET_BITS=64 */
FALLOCATE(posix_fallocate64, off64_t)
#endif

static void lock_words(struct report *r, const void *argument)
{
    struct flock l;

    if (peek(&l, argument, sizeof l) != sizeof l)
        return;
    const char *kind = NAMED(l.l_type, N(F_RDLCK), N(F_WRLCK), N(F_UNLCK));
    words(r, "%s, %lld bytes from %lld", kind, (long long)l.l_len,
          (long long)l.l_start);
    attr(r, "lock=%s start=%lld len=%lld", kind, (long long)l.l_start,
         (long long)l.l_len);
}
static int do_fcntl(struct report *r, int (*real)(int, int, ...), int fd,
                    int command, void *argument)
{
    const char *name = NAMED(command, N(F_DUPFD), N(F_DUPFD_CLOEXEC),
        N(F_GETFD), N(F_SETFD), N(F_GETFL), N(F_SETFL), N(F_GETLK),
        N(F_SETLK), N(F_SETLKW), N(F_OFD_GETLK), N(F_OFD_SETLK),
        N(F_OFD_SETLKW), N(F_GETPIPE_SZ), N(F_SETPIPE_SZ), N(F_SETOWN));
    int locks = strstr(name, "LK") != NULL;

    descriptor(r, fd);
    words(r, "%s", name);
    attr(r, "cmd=%s", name);
    if (locks)
        lock_words(r, argument);
    else if (command == F_SETFL)
        words(r, "%s",
              FLAGS((long)(intptr_t)argument & ~O_LARGEFILE, OPEN_FLAGS));
    else if (strncmp(name, "F_GET", 5) != 0)
        words(r, "%ld", (long)(intptr_t)argument);
    int result = ask(r) ? (r->err = r->fault, -1)
                        : keep(r, real(fd, command, argument));
    if (strncmp(name, "F_DUPFD", 7) == 0 && result >= 0)
        second(r, result);
    done(r, result);
    return result;
}
int fcntl(int fd, int command, ...)
{
    va_list args;
    va_start(args, command);
    void *argument = va_arg(args, void *);
    va_end(args);
    WRAP(fcntl, fd, command, argument);
    return do_fcntl(&r, real, fd, command, argument);
}
#ifdef __GLIBC__
int fcntl64(int fd, int command, ...)
{
    va_list args;
    va_start(args, command);
    void *argument = va_arg(args, void *);
    va_end(args);
    WRAP(fcntl64, fd, command, argument);
    r.name = "fcntl";
    return do_fcntl(&r, real, fd, command, argument);
}
#endif
int flock(int fd, int how)
{
    WRAP(flock, fd, how);
    const char *name =
        NAMED(how & ~LOCK_NB, N(LOCK_SH), N(LOCK_EX), N(LOCK_UN));
    descriptor(&r, fd);
    words(&r, "%s%s", name, how & LOCK_NB ? "|LOCK_NB" : "");
    attr(&r, "cmd=%s", name);
    ALL(fd, how);
}
int lockf(int fd, int how, off_t size)
{
    WRAP(lockf, fd, how, size);
    const char *name = NAMED(how, N(F_LOCK), N(F_TLOCK), N(F_ULOCK), N(F_TEST));
    descriptor(&r, fd);
    words(&r, "%s, %lld", name, (long long)size);
    attr(&r, "cmd=%s", name);
    ALL(fd, how, size);
}
int inotify_init(void)
{
    WRAP(inotify_init, );
    return opened(&r, CALL());
}
int inotify_init1(int how)
{
    WRAP(inotify_init1, how);
    return opened(&r, CALL(how));
}
int inotify_add_watch(int fd, const char *name, uint32_t mask)
{
    WRAP(inotify_add_watch, fd, name, mask);
    descriptor(&r, fd);
    path(&r, name);
    words(&r, "%s", FLAGS(mask, N(IN_ACCESS), N(IN_MODIFY), N(IN_ATTRIB),
        N(IN_CLOSE_WRITE), N(IN_CLOSE_NOWRITE), N(IN_OPEN), N(IN_CREATE),
        N(IN_DELETE), N(IN_DELETE_SELF), N(IN_MOVED_TO), N(IN_MASK_ADD)));
    ALL(fd, name, mask);
}
int eventfd(unsigned value, int how)
{
    WRAP(eventfd, value, how);
    words(&r, "%u", value);
    return opened(&r, CALL(value, how));
}

/* ---- processes ---------------------------------------------------------- */

pid_t fork(void)
{
    WRAP(fork, );
    pid_t pid = CALL();
    if (pid == 0)               /* reborn() has told of it */
        return 0;
    if (pid > 0)
        attr(&r, "child=%d", (int)pid);
    return DONE(pid);
}

static void how_it_ended(struct report *r, pid_t child, int status)
{
    if (child <= 0)
        return;
    attr(r, "child=%d", (int)child);
    if (WIFEXITED(status))
        attr(r, "status=exit:%d", WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        attr(r, "status=signal:%s", signal_name(WTERMSIG(status)));
    else if (WIFSTOPPED(status))
        attr(r, "status=stopped:%s", signal_name(WSTOPSIG(status)));
    else
        attr(r, "status=continued");
}
pid_t wait(int *status)
{
    int how = 0;
    WRAP(wait, status);
    pid_t child = CALL(&how);
    how_it_ended(&r, child, how);
    if (status != NULL && child > 0)
        *status = how;
    return DONE(child);
}
pid_t waitpid(pid_t pid, int *status, int options)
{
    int how = 0;
    WRAP(waitpid, pid, status, options);
    if (pid == -1)
        words(&r, "any child");
    else
        words(&r, "pid %d", (int)pid);
    if (options != 0)
        words(&r, "%s",
              FLAGS(options, N(WNOHANG), N(WUNTRACED), N(WCONTINUED)));
    pid_t child = CALL(pid, &how, options);
    how_it_ended(&r, child, how);
    if (status != NULL && child > 0)
        *status = how;
    return DONE(child);
}
int waitid(idtype_t kind, id_t id, siginfo_t *info, int options)
{
    WRAP(waitid, kind, id, info, options);
    words(&r, "%s %d, %s", NAMED(kind, N(P_PID), N(P_ALL), N(P_PGID)), (int)id,
          FLAGS(options, N(WEXITED), N(WSTOPPED), N(WCONTINUED), N(WNOHANG),
                N(WNOWAIT)));
    int result = CALL(kind, id, info, options);
    if (result == 0 && info != NULL && info->si_pid > 0) {
        attr(&r, "child=%d", (int)info->si_pid);
        if (info->si_code == CLD_EXITED)
            attr(&r, "status=exit:%d", info->si_status);
        else
            attr(&r, "status=%s:%s",
                 info->si_code == CLD_STOPPED || info->si_code == CLD_TRAPPED
                     ? "stopped" : info->si_code == CLD_CONTINUED ? "continued"
                                                                  : "signal",
                 signal_name(info->si_status));
    }
    return DONE(result);
}

/* What ends a process: there is no `done`. */
#define LEAVES(name_, ...) \
    REAL(name_); \
    if (wanted((uintptr_t)__builtin_return_address(0))) { \
        struct report r = {.name = #name_, .err = errno}; \
        r.at = (uintptr_t)__builtin_return_address(0) - 1 - base; \
        __VA_ARGS__ \
        ask(&r); \
    }
#define LEFT(status) \
    words(&r, "%d", (status)); \
    attr(&r, "status=exit:%d", (status) & 0xff);

void exit(int status)
{
    LEAVES(exit, LEFT(status))
    real(status);
    __builtin_unreachable();
}
void _exit(int status)
{
    LEAVES(_exit, LEFT(status))
    real(status);
    __builtin_unreachable();
}
void _Exit(int status)
{
    LEAVES(_Exit, LEFT(status))
    real(status);
    __builtin_unreachable();
}
void abort(void)
{
    LEAVES(abort, (void)r;)
    real();
    __builtin_unreachable();
}
static void jump(struct report *r, int value)
{
    words(r, "%d", value);
}
void siglongjmp(sigjmp_buf to, int value)
{
    LEAVES(siglongjmp, jump(&r, value);)
    real(to, value);
    __builtin_unreachable();
}
void longjmp(jmp_buf to, int value)
{
    LEAVES(longjmp, jump(&r, value);)
    real(to, value);
    __builtin_unreachable();
}

int execve(const char *name, char *const argv[], char *const envp[])
{
    WRAP(execve, name, argv, envp);
    path(&r, name);
    ALL(name, argv, envp);
}
int execv(const char *name, char *const argv[])
{
    WRAP(execv, name, argv);
    path(&r, name);
    ALL(name, argv);
}
int execvp(const char *name, char *const argv[])
{
    WRAP(execvp, name, argv);
    path(&r, name);
    ALL(name, argv);
}
/* A list of arguments cannot be handed on, so it becomes an array. */
#define LISTED(real_name, name) \
    char *argv[256]; \
    int n = 1; \
    va_list args; \
    va_start(args, first); \
    *(const char **)&argv[0] = first; \
    while (n < 255 && argv[n - 1] != NULL) \
        argv[n++] = va_arg(args, char *); \
    argv[n] = NULL; \
    va_end(args); \
    WRAP(real_name, name, argv); \
    path(&r, name)
int execl(const char *name, const char *first, ...)
{
    LISTED(execv, name);
    r.name = "execl";
    ALL(name, argv);
}
int execlp(const char *name, const char *first, ...)
{
    LISTED(execvp, name);
    r.name = "execlp";
    ALL(name, argv);
}
int system(const char *command)
{
    WRAP(system, command);
    words(&r, "%s",
          command == NULL ? "NULL" : quoted(command, strlen(command)));
    ALL(command);
}

/* ---- System V ----------------------------------------------------------- */

static void key(struct report *r, key_t k)
{
    if (k == IPC_PRIVATE)
        words(r, "IPC_PRIVATE");
    else
        words(r, "key %#x", (unsigned)k);
    attr(r, "key=%#x", (unsigned)k);
}
static void get_flags(struct report *r, int how)
{
    words(r, "%s", FLAGS(how, N(IPC_CREAT), N(IPC_EXCL)));
}
static int has(struct report *r, const char *kind, int id)
{
    if (id >= 0)
        attr(r, "obj=%s:%d", kind, id);
    done(r, id);
    return id;
}
key_t ftok(const char *name, int letter)
{
    WRAP(ftok, name, letter);
    path(&r, name);
    words(&r, "'%c'", letter);
    key_t k = CALL(name, letter);
    char text_[32];
    snprintf(text_, sizeof text_, "%#x", (unsigned)k);
    told(&r, k == -1 ? "-1" : text_);
    return k;
}
int msgget(key_t k, int how)
{
    WRAP(msgget, k, how);
    key(&r, k);
    get_flags(&r, how);
    return has(&r, "msg", CALL(k, how));
}
int msgsnd(int id, const void *message, size_t size, int how)
{
    WRAP(msgsnd, id, message, size, how);
    long type = 0;
    peek(&type, message, sizeof type);
    const char *bytes =
        message == NULL ? NULL : (const char *)message + sizeof type;
    words(&r, "queue %d, type %ld, %s, %zu", id, type, quoted(bytes, size),
          size);
    if (how & IPC_NOWAIT)
        words(&r, "IPC_NOWAIT");
    attr(&r, "obj=msg:%d type=%ld", id, type);
    data(&r, bytes, size);
    ALL(id, message, size, how);
}
ssize_t msgrcv(int id, void *message, size_t size, long want, int how)
{
    WRAP(msgrcv, id, message, size, want, how);
    words(&r, "queue %d, type %ld, %zu", id, want, size);
    if (how != 0)
        words(&r, "%s", FLAGS(how, N(IPC_NOWAIT), N(MSG_NOERROR), N(MSG_EXCEPT),
                              N(MSG_COPY)));
    attr(&r, "obj=msg:%d want=%ld", id, want);
    if (how != 0)
        attr(&r, "flags=%s", FLAGS(how, N(IPC_NOWAIT), N(MSG_NOERROR),
                                   N(MSG_EXCEPT), N(MSG_COPY)));
    ssize_t n = CALL(id, message, size, want, how);
    if (n >= 0)
        attr(&r, "type=%ld", *(long *)message);
    got(&r, (char *)message + sizeof(long), n);
    return DONE(n);
}
#define CTL_NAMES N(IPC_RMID), N(IPC_STAT), N(IPC_SET), N(IPC_INFO)
int msgctl(int id, int command, struct msqid_ds *ds)
{
    WRAP(msgctl, id, command, ds);
    const char *name = NAMED(command, CTL_NAMES);
    words(&r, "queue %d, %s", id, name);
    attr(&r, "obj=msg:%d cmd=%s", id, name);
    ALL(id, command, ds);
}
int semget(key_t k, int members, int how)
{
    WRAP(semget, k, members, how);
    key(&r, k);
    words(&r, "%d", members);
    get_flags(&r, how);
    return has(&r, "sem", CALL(k, members, how));
}
static void operations(struct report *r, int id, const struct sembuf *s,
                       size_t n)
{
    words(r, "set %d", id);
    attr(r, "obj=sem:%d", id);
    struct sembuf op;
    for (size_t i = 0; i < n && i < 16; i++) {
        if (peek(&op, &s[i], sizeof op) != sizeof op)
            return;
        const char *undo = op.sem_flg & SEM_UNDO ? "u" : "";
        const char *nowait = op.sem_flg & IPC_NOWAIT ? "n" : "";
        words(r, "semaphore %d %s%+d%s%s", op.sem_num,
              op.sem_op == 0 ? "wait for " : "", op.sem_op,
              *undo ? " SEM_UNDO" : "", *nowait ? " IPC_NOWAIT" : "");
        add(r->attributes, sizeof r->attributes, "%s%d:%+d%s%s",
            i == 0 ? " ops=" : ",", op.sem_num, op.sem_op, undo, nowait);
    }
}
int semop(int id, struct sembuf *s, size_t n)
{
    WRAP(semop, id, s, n);
    operations(&r, id, s, n);
    ALL(id, s, n);
}
int semtimedop(int id, struct sembuf *s, size_t n, const struct timespec *t)
{
    WRAP(semtimedop, id, s, n, t);
    operations(&r, id, s, n);
    limited(&r, t);
    ALL(id, s, n, soon(t));
}
int semctl(int id, int number, int command, ...)
{
    union { int val; void *p; long l; } argument;
    va_list args;
    va_start(args, command);
    argument.p = va_arg(args, void *);
    va_end(args);
    WRAP(semctl, id, number, command, argument);
    const char *name =
        NAMED(command, CTL_NAMES, N(GETVAL), N(SETVAL), N(GETALL), N(SETALL),
              N(GETNCNT), N(GETZCNT), N(GETPID));
    words(&r, "set %d", id);
    if (command != IPC_RMID && command != IPC_STAT && command != IPC_SET &&
        command != GETALL && command != SETALL)
        words(&r, "semaphore %d", number);
    words(&r, "%s", name);
    if (command == SETVAL)
        words(&r, "%d", argument.val);
    attr(&r, "obj=sem:%d num=%d cmd=%s", id, number, name);
    if (command == SETVAL)
        attr(&r, "value=%d", argument.val);
    int result = CALL(id, number, command, argument);
    if (command == GETVAL && result >= 0)
        attr(&r, "value=%d", result);
    return DONE(result);
}
int shmget(key_t k, size_t size, int how)
{
    WRAP(shmget, k, size, how);
    key(&r, k);
    words(&r, "%zu", size);
    get_flags(&r, how);
    return has(&r, "shm", CALL(k, size, how));
}
void *shmat(int id, const void *at, int how)
{
    WRAP(shmat, id, at, how);
    words(&r, "segment %d", id);
    if (how & SHM_RDONLY)
        words(&r, "SHM_RDONLY");
    attr(&r, "obj=shm:%d", id);
    void *memory = CALL(id, at, how);
    if (memory == (void *)-1)
        done(&r, -1);
    else
        told(&r, "an address");
    return memory;
}
int shmdt(const void *at)
{
    WRAP(shmdt, at);
    mapped(&r, at, "m");
    ALL(at);
}
int shmctl(int id, int command, struct shmid_ds *ds)
{
    WRAP(shmctl, id, command, ds);
    const char *name = NAMED(command, CTL_NAMES);
    words(&r, "segment %d, %s", id, name);
    attr(&r, "obj=shm:%d cmd=%s", id, name);
    ALL(id, command, ds);
}

/* ---- mapped memory ------------------------------------------------------ */

static void map_words(struct report *r, size_t size, int protection, int how)
{
    words(r, "%zu bytes, %s, %s", size,
          protection == PROT_NONE ? "PROT_NONE"
              : FLAGS(protection, N(PROT_READ), N(PROT_WRITE), N(PROT_EXEC)),
          FLAGS(how, N(MAP_SHARED), N(MAP_PRIVATE), N(MAP_ANONYMOUS),
                N(MAP_FIXED), N(MAP_NORESERVE), N(MAP_POPULATE)));
    attr(r, "flags=%s", how & MAP_SHARED ? "MAP_SHARED" : "MAP_PRIVATE");
}
static void *mmapped(struct report *r, void *memory, int fd)
{
    if (memory == MAP_FAILED) {
        done(r, -1);
        return memory;
    }
    if (fd == -1)
        mapped(r, memory, "m");
    told(r, "an address");
    return memory;
}
void *mmap(void *at, size_t size, int protection, int how, int fd, off_t from)
{
    WRAP(mmap, at, size, protection, how, fd, from);
    map_words(&r, size, protection, how);
    if (fd != -1)
        descriptor(&r, fd);
    return mmapped(&r, CALL(at, size, protection, how, fd, from), fd);
}
#ifdef __GLIBC__
void *mmap64(void *at, size_t size, int protection, int how, int fd,
             off64_t from)
{
    WRAP(mmap64, at, size, protection, how, fd, from);
    r.name = "mmap";
    map_words(&r, size, protection, how);
    if (fd != -1)
        descriptor(&r, fd);
    return mmapped(&r, CALL(at, size, protection, how, fd, from), fd);
}
#endif
int munmap(void *at, size_t size)
{
    WRAP(munmap, at, size);
    mapped(&r, at, "m");
    words(&r, "%zu bytes", size);
    ALL(at, size);
}
int msync(void *at, size_t size, int how)
{
    WRAP(msync, at, size, how);
    mapped(&r, at, "m");
    words(&r, "%zu bytes, %s", size,
          FLAGS(how, N(MS_SYNC), N(MS_ASYNC), N(MS_INVALIDATE)));
    ALL(at, size, how);
}
int shm_open(const char *name, int how, mode_t mode)
{
    WRAP(shm_open, name, how, mode);
    path(&r, name);
    open_flags(&r, how);
    return opened(&r, CALL(name, how, mode));
}
int shm_unlink(const char *name)
{
    WRAP(shm_unlink, name);
    path(&r, name);
    ALL(name);
}

/* ---- signals ------------------------------------------------------------ */

static struct {                 /* what the program wants to be called */
    void (*plain)(int);
    void (*full)(int, siginfo_t *, void *);
} handlers[NSIG];

static void entered(int sig, siginfo_t *info, void *context)
{
    int error = errno;
    pid_t from = info->si_code == SI_USER || info->si_code == SI_QUEUE ||
                 info->si_code == SI_TKILL ? info->si_pid : 0;

    tell("enter\t%s\t%d", signal_name(sig), (int)from);
    errno = error;
    if (handlers[sig].full != NULL)
        handlers[sig].full(sig, info, context);
    else if (handlers[sig].plain != SIG_DFL && handlers[sig].plain != SIG_IGN)
        handlers[sig].plain(sig); /* else it was changed this very moment */
    error = errno;
    tell("leave\t%s", signal_name(sig));
    errno = error;
}
static const char *handler_words(void (*handler)(int))
{
    return handler == SIG_DFL ? "SIG_DFL" : handler == SIG_IGN ? "SIG_IGN"
                                                               : "a handler";
}
int sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
    WRAP(sigaction, sig, act, old);
    struct sigaction ours, before = {.sa_flags = 0};
    __typeof__(handlers[0]) was = {NULL, NULL};

    words(&r, "%s, %s", signal_name(sig),
          act == NULL ? "-" : handler_words(act->sa_handler));
    attr(&r, "sig=%s", signal_name(sig));
    if (ask(&r)) {
        r.err = r.fault;
        return DONE(-1);
    }
    if (sig > 0 && sig < NSIG)
        was = handlers[sig];
    if (act != NULL && sig > 0 && sig < NSIG) {
        ours = *act;
        if (act->sa_flags & SA_SIGINFO) {
            handlers[sig].full = act->sa_sigaction;
            handlers[sig].plain = NULL;
        } else {
            handlers[sig].full = NULL;
            handlers[sig].plain = act->sa_handler;
        }
        if (act->sa_flags & SA_SIGINFO ||
            (act->sa_handler != SIG_DFL && act->sa_handler != SIG_IGN)) {
            ours.sa_sigaction = entered;
            ours.sa_flags |= SA_SIGINFO;
        }
        act = &ours;
    }
    int result = keep(&r, real(sig, act, &before));
    if (result == -1 && sig > 0 && sig < NSIG)
        handlers[sig] = was;
    if (result == 0 && old != NULL) {
        *old = before;
        if (before.sa_flags & SA_SIGINFO && before.sa_sigaction == entered) {
            if (was.full != NULL) {
                old->sa_sigaction = was.full;
            } else {
                old->sa_handler = was.plain;
                old->sa_flags &= ~SA_SIGINFO;
            }
        }
    }
    return DONE(result);
}
typedef void (*handler_t)(int);
/* signal(2) by sigaction(2): with which flags depends on the feature test
 * macros of the program, and shows in the name that it was linked with. */
static handler_t do_signal(struct report *r, int sig, handler_t handler,
                           int how)
{
    static __typeof__(&sigaction) real;
    struct sigaction act, before;
    handler_t was = NULL;

    if (real == NULL)
        *(void **)&real = next("sigaction");
    memset(&act, 0, sizeof act);
    sigemptyset(&act.sa_mask);
    words(r, "%s, %s", signal_name(sig), handler_words(handler));
    attr(r, "sig=%s", signal_name(sig));
    if (ask(r)) {
        r->err = r->fault;
        done(r, -1);
        return SIG_ERR;
    }
    act.sa_flags = how;
    if (sig > 0 && sig < NSIG && sig != SIGKILL && sig != SIGSTOP) {
        was = handlers[sig].full != NULL ? (handler_t)(void *)handlers[sig].full
                                         : handlers[sig].plain;
        handlers[sig].full = NULL;
        handlers[sig].plain = handler;
    }
    if (handler == SIG_DFL || handler == SIG_IGN) {
        act.sa_handler = handler;
    } else {
        act.sa_sigaction = entered;
        act.sa_flags |= SA_SIGINFO;
    }
    if (keep(r, real(sig, &act, &before)) == -1) {
        done(r, -1);
        return SIG_ERR;
    }
    if (!(before.sa_flags & SA_SIGINFO && before.sa_sigaction == entered))
        was = before.sa_handler;
    told(r, handler_words(was));
    return was;
}
handler_t signal(int sig, handler_t handler)
{
    WRAP(signal, sig, handler);
    return do_signal(&r, sig, handler, SA_RESTART);
}
#ifdef __GLIBC__
handler_t __sysv_signal(int sig, handler_t handler)
{
    WRAP(__sysv_signal, sig, handler);
    r.name = "signal";
    return do_signal(&r, sig, handler, SA_RESETHAND | SA_NODEFER);
}
#endif

static void one_signal(struct report *r, pid_t pid, int sig)
{
    if (pid != 0)
        words(r, "pid %d", (int)pid);
    words(r, "%s", sig == 0 ? "0" : signal_name(sig));
    attr(r, "to=%d sig=%s", (int)(pid == 0 ? self : pid),
         sig == 0 ? "0" : signal_name(sig));
}
int kill(pid_t pid, int sig)
{
    WRAP(kill, pid, sig);
    one_signal(&r, pid, sig);
    ALL(pid, sig);
}
int raise(int sig)
{
    WRAP(raise, sig);
    one_signal(&r, 0, sig);
    ALL(sig);
}
int sigqueue(pid_t pid, int sig, const union sigval value)
{
    WRAP(sigqueue, pid, sig, value);
    one_signal(&r, pid, sig);
    words(&r, "value %d", value.sival_int);
    ALL(pid, sig, value);
}
static const char *set_words(const sigset_t *set)
{
    static char text_[300];
    int count = 0, left_out = 0;

    *text_ = '\0';
    for (int sig = 1; set != NULL && sig < NSIG; sig++) {
        if (sigismember(set, sig) != 1)
            continue;
        if (++count <= 6)
            add(text_, sizeof text_, "%s%s", *text_ ? "+" : "",
                signal_name(sig));
        else
            left_out++;
    }
    if (left_out > 20)
        return "all signals";
    if (left_out > 0)
        add(text_, sizeof text_, "+%d more", left_out);
    return set == NULL ? "-" : count == 0 ? "none" : text_;
}
int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    WRAP(sigprocmask, how, set, old);
    words(&r, "%s, %s",
          NAMED(how, N(SIG_BLOCK), N(SIG_UNBLOCK), N(SIG_SETMASK)),
          set_words(set));
    ALL(how, set, old);
}
int sigsuspend(const sigset_t *set)
{
    WRAP(sigsuspend, set);
    words(&r, "blocked meanwhile: %s", set_words(set));
    ALL(set);
}
int sigpending(sigset_t *set)
{
    WRAP(sigpending, set);
    int result = CALL(set);
    words(&r, "%s", set_words(set));
    return DONE(result);
}
int pause(void)
{
    WRAP(pause, );
    ALL();
}
static void waited(struct report *r, int result, const siginfo_t *info)
{
    if (result <= 0)
        return;
    attr(r, "sig=%s", signal_name(result));
    if (info != NULL)
        attr(r, "from=%d", (int)info->si_pid);
}
int sigwait(const sigset_t *set, int *sig)
{
    WRAP(sigwait, set, sig);
    words(&r, "%s", set_words(set));
    int result = NUMBER(set, sig);
    waited(&r, result == 0 ? *sig : 0, NULL);
    return DONE(result);
}
int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    WRAP(sigwaitinfo, set, info);
    siginfo_t mine;
    words(&r, "%s", set_words(set));
    int result = CALL(set, info != NULL ? info : &mine);
    waited(&r, result, info != NULL ? info : &mine);
    return DONE(result);
}
int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *t)
{
    WRAP(sigtimedwait, set, info, t);
    siginfo_t mine;
    words(&r, "%s", set_words(set));
    limited(&r, t);
    int result = CALL(set, info != NULL ? info : &mine, soon(t));
    waited(&r, result, info != NULL ? info : &mine);
    return DONE(result);
}
unsigned alarm(unsigned seconds)
{
    WRAP(alarm, seconds);
    words(&r, "%u s", seconds);
    attr(&r, "sec=%u", seconds);
    ALL(soon_s(seconds));
}
int signalfd(int fd, const sigset_t *set, int how)
{
    WRAP(signalfd, fd, set, how);
    words(&r, "%s", set_words(set));
    return opened(&r, CALL(fd, set, how));
}
static double seconds_of(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}
/* struct itimerval: musl and glibc declare the first argument differently. */
#ifdef __GLIBC__
int setitimer(__itimer_which_t which, const struct itimerval *restrict new,
              struct itimerval *restrict old)
#else
int setitimer(int which, const struct itimerval *restrict new,
              struct itimerval *restrict old)
#endif
{
    WRAP(setitimer, which, new, old);
    if (new == NULL)
        ALL(which, new, old);
    attr(&r, "timer=%g,%g", seconds_of(&new->it_value),
         seconds_of(&new->it_interval));
    words(&r, "%s, first %g s, then %g s",
          NAMED((long)which, N(ITIMER_REAL), N(ITIMER_VIRTUAL), N(ITIMER_PROF)),
          seconds_of(&new->it_value), seconds_of(&new->it_interval));
    struct itimerval sooner = *new;
    soon_tv(&sooner.it_value);
    soon_tv(&sooner.it_interval);
    ALL(which, &sooner, old);
}
int timer_create(clockid_t clock, struct sigevent *restrict event,
                 timer_t *restrict id)
{
    WRAP(timer_create, clock, event, id);
    ALL(clock, event, id);
}
int timer_settime(timer_t id, int how, const struct itimerspec *restrict new,
                  struct itimerspec *restrict old)
{
    WRAP(timer_settime, id, how, new, old);
    if (new == NULL)
        ALL(id, how, new, old);
    words(&r, "first %g s, then %g s", ms_of(&new->it_value) / 1e3,
          ms_of(&new->it_interval) / 1e3);
    attr(&r, "timer=%g,%g", ms_of(&new->it_value) / 1e3,
         ms_of(&new->it_interval) / 1e3);
    ALL(id, how, new, old);
}
int timerfd_create(int clock, int how)
{
    WRAP(timerfd_create, clock, how);
    return opened(&r, CALL(clock, how));
}
int timerfd_settime(int fd, int how, const struct itimerspec *new,
                    struct itimerspec *old)
{
    WRAP(timerfd_settime, fd, how, new, old);
    descriptor(&r, fd);
    words(&r, "first %g s", ms_of(&new->it_value) / 1e3);
    attr(&r, "timer=%g,%g", ms_of(&new->it_value) / 1e3,
         ms_of(&new->it_interval) / 1e3);
    ALL(fd, how, new, old);
}

/* ---- sockets ------------------------------------------------------------ */

int socket(int domain, int type, int protocol)
{
    WRAP(socket, domain, type, protocol);
    const char *kind = NAMED(type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK),
                             N(SOCK_STREAM), N(SOCK_DGRAM), N(SOCK_SEQPACKET));
    words(&r, "%s, %s",
          NAMED(domain, N(AF_UNIX), N(AF_INET), N(AF_INET6)), kind);
    attr(&r, "flags=%s", kind);
    return opened(&r, CALL(domain, type, protocol));
}
int bind(int fd, const struct sockaddr *sa, socklen_t len)
{
    WRAP(bind, fd, sa, len);
    descriptor(&r, fd);
    address(&r, sa, len);
    int result = CALL(fd, sa, len);
    inet_names(&r, fd);
    return DONE(result);
}
int listen(int fd, int backlog)
{
    WRAP(listen, fd, backlog);
    descriptor(&r, fd);
    words(&r, "%d", backlog);
    ALL(fd, backlog);
}
static int accepted(struct report *r, int fd)
{
    if (fd >= 0) {
        second(r, fd);
        inet_names(r, fd);
    }
    done(r, fd);
    return fd;
}
int accept(int fd, struct sockaddr *restrict sa, socklen_t *restrict len)
{
    WRAP(accept, fd, sa, len);
    descriptor(&r, fd);
    return accepted(&r, CALL(fd, sa, len));
}
int accept4(int fd, struct sockaddr *restrict sa, socklen_t *restrict len,
            int how)
{
    WRAP(accept4, fd, sa, len, how);
    descriptor(&r, fd);
    return accepted(&r, CALL(fd, sa, len, how));
}
int connect(int fd, const struct sockaddr *sa, socklen_t len)
{
    WRAP(connect, fd, sa, len);
    descriptor(&r, fd);
    address(&r, sa, len);
    int result = CALL(fd, sa, len);
    inet_names(&r, fd);
    return DONE(result);
}
/* SO_RCVTIMEO: the clock ends this wait. */
static void receive_limit(struct report *r, int fd)
{
    struct timeval t = {0, 0};
    socklen_t len = sizeof t;
    int error = errno;

    if (getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, &len) == 0 &&
        (t.tv_sec != 0 || t.tv_usec != 0))
        attr(r, "limit=%g", (double)t.tv_sec + (double)t.tv_usec / 1e6);
    errno = error;
}
#define MSG_FLAGS N(MSG_DONTWAIT), N(MSG_NOSIGNAL), N(MSG_PEEK), \
                  N(MSG_WAITALL), N(MSG_TRUNC), N(MSG_OOB), N(MSG_CMSG_CLOEXEC)
static void msg_flags(struct report *r, int how)
{
    if (how != 0) {
        words(r, "%s", FLAGS(how, MSG_FLAGS));
        attr(r, "flags=%s", FLAGS(how, MSG_FLAGS));
    }
}
ssize_t send(int fd, const void *buf, size_t size, int how)
{
    WRAP(send, fd, buf, size, how);
    descriptor(&r, fd);
    words(&r, "%s, %zu", quoted(buf, size), size);
    msg_flags(&r, how);
    size_t used = strlen(r.attributes);
    data(&r, buf, size);
    ssize_t n = CALL(fd, buf, cut(&r, fd, size), how);
    sent(&r, used, buf, n);
    return DONE(n);
}
ssize_t sendto(int fd, const void *buf, size_t size, int how,
               const struct sockaddr *sa, socklen_t len)
{
    WRAP(sendto, fd, buf, size, how, sa, len);
    descriptor(&r, fd);
    words(&r, "%s, %zu", quoted(buf, size), size);
    msg_flags(&r, how);
    if (sa != NULL)
        address(&r, sa, len);
    size_t used = strlen(r.attributes);
    data(&r, buf, size);
    ssize_t n = CALL(fd, buf, cut(&r, fd, size), how, sa, len);
    sent(&r, used, buf, n);
    return DONE(n);
}
ssize_t recv(int fd, void *buf, size_t size, int how)
{
    WRAP(recv, fd, buf, size, how);
    descriptor(&r, fd);
    receive_limit(&r, fd);
    words(&r, "%zu", size);
    msg_flags(&r, how);
    ssize_t n = CALL(fd, buf, cut(&r, fd, size), how);
    got(&r, buf, n > (ssize_t)size ? (ssize_t)size : n);
    return DONE(n);
}
ssize_t recvfrom(int fd, void *restrict buf, size_t size, int how,
                 struct sockaddr *restrict sa, socklen_t *restrict len)
{
    WRAP(recvfrom, fd, buf, size, how, sa, len);
    socklen_t room = 0;
    peek(&room, len, sizeof room);
    descriptor(&r, fd);
    receive_limit(&r, fd);
    words(&r, "%zu", size);
    msg_flags(&r, how);
    ssize_t n = CALL(fd, buf, cut(&r, fd, size), how, sa, len);
    if (n >= 0 && sa != NULL && len != NULL)
        address(&r, sa, *len < room ? *len : room);
    got(&r, buf, n > (ssize_t)size ? (ssize_t)size : n);
    return DONE(n);
}
/* Descriptors that travel: fd2= and obj2= of the first one. */
static void passed(struct report *r, const struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR((struct msghdr *)m); c != NULL;
         c = CMSG_NXTHDR((struct msghdr *)m, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
            int fd;
            memcpy(&fd, CMSG_DATA(c), sizeof fd);
            words(r, "with fd %d", fd);
            second(r, fd);
        }
}
static struct msghdr *cut_message(const struct report *r, int fd,
                                  const struct msghdr *m, struct msghdr *part)
{
    *part = *m;
    part->msg_iov = cut_pieces(r, fd, m->msg_iov, m->msg_iovlen);
    return part;
}
ssize_t sendmsg(int fd, const struct msghdr *m, int how)
{
    WRAP(sendmsg, fd, m, how);
    descriptor(&r, fd);
    if (m->msg_name != NULL)
        address(&r, m->msg_name, m->msg_namelen);
    msg_flags(&r, how);
    passed(&r, m);
    size_t used = strlen(r.attributes);
    pieces(&r, m->msg_iov, (int)m->msg_iovlen,
           total(m->msg_iov, (int)m->msg_iovlen));
    struct msghdr part = *m;
    ssize_t n = CALL(fd, cut_message(&r, fd, m, &part), how);
    r.attributes[used] = '\0';
    pieces(&r, m->msg_iov, (int)m->msg_iovlen, n);
    return DONE(n);
}
ssize_t recvmsg(int fd, struct msghdr *m, int how)
{
    WRAP(recvmsg, fd, m, how);
    descriptor(&r, fd);
    receive_limit(&r, fd);
    msg_flags(&r, how);
    struct msghdr part = *m;
    ssize_t n = CALL(fd, cut_message(&r, fd, m, &part), how);
    m->msg_namelen = part.msg_namelen;
    m->msg_controllen = part.msg_controllen;
    m->msg_flags = part.msg_flags;
    if (n >= 0) {
        if (m->msg_name != NULL)
            address(&r, m->msg_name, m->msg_namelen);
        passed(&r, m);
    }
    pieces(&r, m->msg_iov, (int)m->msg_iovlen, n);
    return DONE(n);
}
int shutdown(int fd, int how)
{
    WRAP(shutdown, fd, how);
    const char *name = NAMED(how, N(SHUT_RD), N(SHUT_WR), N(SHUT_RDWR));
    descriptor(&r, fd);
    words(&r, "%s", name);
    attr(&r, "cmd=%s", name);
    ALL(fd, how);
}

/* ---- several at once ---------------------------------------------------- */

static void waits_for(struct report *r, int fd, const char *what)
{
    words(r, "fd %d%s", fd, what);
    attr(r, "%s=%d", strstr(r->attributes, "fd=") ? "fd2" : "fd", fd);
    object(r, fd, strstr(r->attributes, "obj=") ? "obj2" : "obj");
}
static void patience(struct report *r, double ms)
{
    if (ms < 0)
        return;
    words(r, "%g ms", ms);
    attr(r, "limit=%g", ms / 1e3);
}
static int polled(struct report *r, const struct pollfd *p, nfds_t count, int n)
{
    for (nfds_t i = 0; n > 0 && i < count; i++)
        if (p[i].revents != 0)
            words(r, "fd %d has %s", p[i].fd,
                  FLAGS(p[i].revents, N(POLLIN), N(POLLOUT), N(POLLHUP),
                        N(POLLERR), N(POLLNVAL)));
    done(r, n);
    return n;
}
static void poll_words(struct report *r, const struct pollfd *p, nfds_t count)
{
    struct pollfd one;

    for (nfds_t i = 0; i < count && i < 8; i++)
        if (peek(&one, &p[i], sizeof one) == sizeof one && one.fd >= 0)
            waits_for(r, one.fd, "");
}
int poll(struct pollfd *p, nfds_t count, int timeout)
{
    WRAP(poll, p, count, timeout);
    poll_words(&r, p, count);
    patience(&r, timeout);
    return polled(&r, p, count, CALL(p, count, soon_ms(timeout)));
}
int ppoll(struct pollfd *p, nfds_t count, const struct timespec *t,
          const sigset_t *set)
{
    WRAP(ppoll, p, count, t, set);
    poll_words(&r, p, count);
    patience(&r, ms_of(t));
    return polled(&r, p, count, CALL(p, count, soon(t), set));
}
static void selected(struct report *r, int n, const fd_set *in,
                     const fd_set *out)
{
    fd_set i, o;

    FD_ZERO(&i);
    FD_ZERO(&o);
    peek(&i, in, sizeof i);
    peek(&o, out, sizeof o);
    for (int fd = 0; fd < n && fd < FD_SETSIZE; fd++) {
        if (FD_ISSET(fd, &i))
            waits_for(r, fd, "");
        if (FD_ISSET(fd, &o))
            waits_for(r, fd, " to write");
    }
}
static int select_done(struct report *r, int n, const fd_set *in, int result)
{
    for (int fd = 0; result > 0 && fd < n; fd++)
        if (in != NULL && FD_ISSET(fd, in))
            words(r, "fd %d is ready", fd);
    done(r, result);
    return result;
}
int select(int n, fd_set *restrict in, fd_set *restrict out,
           fd_set *restrict other, struct timeval *restrict t)
{
    WRAP(select, n, in, out, other, t);
    selected(&r, n, in, out);
    patience(&r, t == NULL ? -1 : (double)t->tv_sec * 1e3 +
                                  (double)t->tv_usec / 1e3);
    return select_done(&r, n, in, CALL(n, in, out, other, soon_tv(t)));
}
int pselect(int n, fd_set *restrict in, fd_set *restrict out,
            fd_set *restrict other, const struct timespec *restrict t,
            const sigset_t *restrict set)
{
    WRAP(pselect, n, in, out, other, t, set);
    selected(&r, n, in, out);
    patience(&r, ms_of(t));
    return select_done(&r, n, in, CALL(n, in, out, other, soon(t), set));
}
int epoll_create1(int how)
{
    WRAP(epoll_create1, how);
    return opened(&r, CALL(how));
}
int epoll_ctl(int ep, int command, int fd, struct epoll_event *event)
{
    WRAP(epoll_ctl, ep, command, fd, event);
    words(&r, "%s", NAMED(command, N(EPOLL_CTL_ADD), N(EPOLL_CTL_MOD),
                          N(EPOLL_CTL_DEL)));
    descriptor(&r, fd);
    ALL(ep, command, fd, event);
}
int epoll_wait(int ep, struct epoll_event *events, int count, int timeout)
{
    WRAP(epoll_wait, ep, events, count, timeout);
    descriptor(&r, ep);
    patience(&r, timeout);
    ALL(ep, events, count, soon_ms(timeout));
}

/* ---- POSIX queues and semaphores ---------------------------------------- */

static void mq_object(struct report *r, mqd_t q)
{
    char link_[64], target[300];
    ssize_t n;

    snprintf(link_, sizeof link_, "/proc/self/fd/%d", (int)q);
    n = readlink(link_, target, sizeof target - 1);
    words(r, "queue %d", (int)q);
    attr(r, "fd=%d", (int)q);
    if (n > 0) {
        target[n] = '\0';
        attr(r, "obj=mq:%s", path_words(target));
    }
}
mqd_t mq_open(const char *name, int how, ...)
{
    va_list args;
    va_start(args, how);
    mode_t mode = how & O_CREAT ? va_arg(args, mode_t) : 0;
    struct mq_attr *a = how & O_CREAT ? va_arg(args, struct mq_attr *) : NULL;
    va_end(args);
    WRAP(mq_open, name, how, mode, a);
    path(&r, name);
    open_flags(&r, how);
    mqd_t q = CALL(name, how, mode, a);
    if (q != (mqd_t)-1)
        attr(&r, "fd=%d obj=mq:%s", (int)q, path_words(name));
    return DONE(q);
}
int mq_close(mqd_t q)
{
    WRAP(mq_close, q);
    mq_object(&r, q);
    ALL(q);
}
int mq_unlink(const char *name)
{
    WRAP(mq_unlink, name);
    path(&r, name);
    attr(&r, "obj=mq:%s", path_words(name));
    ALL(name);
}
static void mq_sent(struct report *r, mqd_t q, const char *m, size_t n,
                    unsigned p)
{
    mq_object(r, q);
    words(r, "priority %u, %s, %zu", p, quoted(m, n), n);
    attr(r, "type=%u", p);
    data(r, m, n);
}
int mq_send(mqd_t q, const char *m, size_t n, unsigned p)
{
    WRAP(mq_send, q, m, n, p);
    mq_sent(&r, q, m, n, p);
    ALL(q, m, n, p);
}
int mq_timedsend(mqd_t q, const char *m, size_t n, unsigned p,
                 const struct timespec *t)
{
    WRAP(mq_timedsend, q, m, n, p, t);
    limited(&r, t);
    mq_sent(&r, q, m, n, p);
    ALL(q, m, n, p, soon_at(CLOCK_REALTIME, t));
}
ssize_t mq_receive(mqd_t q, char *m, size_t size, unsigned *p)
{
    unsigned priority = 0;
    WRAP(mq_receive, q, m, size, p);
    mq_object(&r, q);
    ssize_t n = CALL(q, m, size, &priority);
    if (n >= 0)
        attr(&r, "type=%u", priority);
    got(&r, m, n);
    if (n >= 0 && p != NULL)
        *p = priority;
    return DONE(n);
}
ssize_t mq_timedreceive(mqd_t q, char *restrict m, size_t size,
                        unsigned *restrict p, const struct timespec *restrict t)
{
    unsigned priority = 0;
    WRAP(mq_timedreceive, q, m, size, p, t);
    limited(&r, t);
    mq_object(&r, q);
    ssize_t n = CALL(q, m, size, &priority, soon_at(CLOCK_REALTIME, t));
    if (n >= 0)
        attr(&r, "type=%u", priority);
    got(&r, m, n);
    if (n >= 0 && p != NULL)
        *p = priority;
    return DONE(n);
}
int mq_notify(mqd_t q, const struct sigevent *event)
{
    WRAP(mq_notify, q, event);
    mq_object(&r, q);
    ALL(q, event);
}

sem_t *sem_open(const char *name, int how, ...)
{
    va_list args;
    va_start(args, how);
    mode_t mode = how & O_CREAT ? va_arg(args, mode_t) : 0;
    unsigned value = how & O_CREAT ? va_arg(args, unsigned) : 0;
    va_end(args);
    WRAP(sem_open, name, how, mode, value);
    path(&r, name);
    open_flags(&r, how);
    if (how & O_CREAT)
        words(&r, "value %u", value);
    sem_t *s = CALL(name, how, mode, value);
    if (s == SEM_FAILED) {
        done(&r, -1);
    } else {
        mapped(&r, s, "p");
        told(&r, "a semaphore");
    }
    return s;
}
int sem_init(sem_t *s, int shared, unsigned value)
{
    WRAP(sem_init, s, shared, value);
    words(&r, "%s, value %u", shared ? "shared" : "not shared", value);
    mapped(&r, s, "p");
    attr(&r, "value=%u", value);
    ALL(s, shared, value);
}
#define SEMAPHORE(name) \
    int name(sem_t *s) \
    { \
        WRAP(name, s); \
        mapped(&r, s, "p"); \
        ALL(s); \
    }
SEMAPHORE(sem_wait)
SEMAPHORE(sem_trywait)
SEMAPHORE(sem_post)
SEMAPHORE(sem_close)
SEMAPHORE(sem_destroy)
int sem_timedwait(sem_t *restrict s, const struct timespec *restrict t)
{
    WRAP(sem_timedwait, s, t);
    limited(&r, t);
    mapped(&r, s, "p");
    ALL(s, soon_at(CLOCK_REALTIME, t));
}
int sem_getvalue(sem_t *restrict s, int *restrict value)
{
    WRAP(sem_getvalue, s, value);
    mapped(&r, s, "p");
    int result = CALL(s, value);
    attr(&r, "value=%d", *value);
    words(&r, "value %d", *value);
    return DONE(result);
}
int sem_unlink(const char *name)
{
    WRAP(sem_unlink, name);
    path(&r, name);
    attr(&r, "obj=psem:%s", path_words(name));
    ALL(name);
}

/* ---- time --------------------------------------------------------------- */

/* With the director's -z a sleep takes no time: it is over when asked for. */
#define SLEEPS do { \
        if (timeless) { \
            ask(&r); \
            return DONE(0); \
        } \
    } while (0)
unsigned sleep(unsigned seconds)
{
    WRAP(sleep, seconds);
    words(&r, "%u s", seconds);
    attr(&r, "sec=%u", seconds);
    SLEEPS;
    return DONE(ask(&r) ? seconds : keep(&r, real(soon_s(seconds))));
}
int usleep(useconds_t us)
{
    WRAP(usleep, us);
    words(&r, "%g s", us / 1e6);
    attr(&r, "sec=%g", us / 1e6);
    SLEEPS;
    ALL(hurry && us > 1000000 ? 1000000 : us);
}
/* Interrupted at once, for once: all of it is left. */
static void none_slept(const struct report *r, const struct timespec *t,
                       struct timespec *left)
{
    if (r->fault == EINTR && left != NULL)
        *left = *t;
}
int nanosleep(const struct timespec *t, struct timespec *left)
{
    WRAP(nanosleep, t, left);
    words(&r, "%g s", ms_of(t) / 1e3);
    attr(&r, "sec=%g", ms_of(t) / 1e3);
    SLEEPS;
    int result = CALL(soon(t), left);
    none_slept(&r, t, left);
    return DONE(result);
}
int clock_nanosleep(clockid_t clock, int how, const struct timespec *t,
                    struct timespec *left)
{
    WRAP(clock_nanosleep, clock, how, t, left);
    words(&r, "%s%g s", how & TIMER_ABSTIME ? "until " : "", ms_of(t) / 1e3);
    attr(&r, "sec=%g", how & TIMER_ABSTIME ? 0 : ms_of(t) / 1e3);
    if (timeless) {
        ask(&r);
        return error_done(&r, 0);
    }
    int result = NUMBER(clock, how, how & TIMER_ABSTIME ? soon_at(clock, t)
                                                        : soon(t), left);
    if (!(how & TIMER_ABSTIME))
        none_slept(&r, t, left);
    return error_done(&r, result);
}
int sched_yield(void)
{
    WRAP(sched_yield, );
    ALL();
}

/* ---- what is printed and typed ------------------------------------------ */

static void text_to(struct report *r, int fd, const char *bytes, size_t n)
{
    words(r, "%s", quoted(bytes, n));
    if (fd != 1)
        words(r, "fd %d", fd);
    attr(r, "fd=%d", fd);
    object(r, fd, "obj");
    data(r, bytes, n);
}
static void formatted(struct report *r, int fd, const char *format,
                      va_list args)
{
    char text_[1024];
    va_list copy;

    va_copy(copy, args);
    int n = vsnprintf(text_, sizeof text_, format, copy);
    va_end(copy);
    if (n < 0)
        n = 0;
    text_to(r, fd, text_,
            (size_t)n < sizeof text_ ? (size_t)n : sizeof text_ - 1);
}
/* The name as in the source; the real one is the v... of it. */
#define PRINTS(name_, stream, fd, real_name, ...) \
    va_list args; \
    va_start(args, format); \
    REAL(real_name); \
    if (!wanted((uintptr_t)__builtin_return_address(0))) { \
        int plain = real(__VA_ARGS__); \
        va_end(args); \
        return plain; \
    } \
    struct report r = {.name = name_, .err = errno}; \
    r.at = (uintptr_t)__builtin_return_address(0) - 1 - base; \
    formatted(&r, fd, format, args); \
    r.file = stream; \
    int n = CALL(__VA_ARGS__); \
    va_end(args); \
    return DONE(n)

int printf(const char *restrict format, ...)
{
    PRINTS("printf", stdout, 1, vprintf, format, args);
}
int fprintf(FILE *restrict f, const char *restrict format, ...)
{
    PRINTS("fprintf", f, fileno(f), vfprintf, f, format, args);
}
#ifdef __GLIBC__                /* what _FORTIFY_SOURCE makes of them */
int __printf_chk(int how, const char *restrict format, ...);
int __printf_chk(int how, const char *restrict format, ...)
{
    (void)how;
    PRINTS("printf", stdout, 1, vprintf, format, args);
}
int __fprintf_chk(FILE *restrict f, int how, const char *restrict format, ...);
int __fprintf_chk(FILE *restrict f, int how, const char *restrict format, ...)
{
    (void)how;
    PRINTS("fprintf", f, fileno(f), vfprintf, f, format, args);
}
int __dprintf_chk(int fd, int how, const char *restrict format, ...);
int __dprintf_chk(int fd, int how, const char *restrict format, ...)
{
    (void)how;
    PRINTS("dprintf", NULL, fd, vdprintf, fd, format, args);
}
ssize_t __read_chk(int fd, void *buf, size_t size, size_t room);
ssize_t __read_chk(int fd, void *buf, size_t size, size_t room)
{
    WRAP(__read_chk, fd, buf, size, room);
    r.name = "read";
    descriptor(&r, fd);
    words(&r, "%zu", size);
    ssize_t n = CALL(fd, buf, cut(&r, fd, size), room);
    got(&r, buf, n);
    return DONE(n);
}
ssize_t __recv_chk(int fd, void *buf, size_t size, size_t room, int how);
ssize_t __recv_chk(int fd, void *buf, size_t size, size_t room, int how)
{
    WRAP(__recv_chk, fd, buf, size, room, how);
    r.name = "recv";
    descriptor(&r, fd);
    words(&r, "%zu", size);
    msg_flags(&r, how);
    ssize_t n = CALL(fd, buf, cut(&r, fd, size), room, how);
    got(&r, buf, n);
    return DONE(n);
}
#endif
#ifdef __GLIBC__
int __poll_chk(struct pollfd *p, nfds_t count, int timeout, size_t room);
int __poll_chk(struct pollfd *p, nfds_t count, int timeout, size_t room)
{
    WRAP(__poll_chk, p, count, timeout, room);
    r.name = "poll";
    poll_words(&r, p, count);
    patience(&r, timeout);
    return polled(&r, p, count, CALL(p, count, soon_ms(timeout), room));
}
void __longjmp_chk(sigjmp_buf to, int value);
void __longjmp_chk(sigjmp_buf to, int value)
{
    LEAVES(__longjmp_chk, r.name = "siglongjmp"; jump(&r, value);)
    real(to, value);
    __builtin_unreachable();
}
char *__fgets_chk(char *line, size_t room, int size, FILE *f);
char *__fgets_chk(char *line, size_t room, int size, FILE *f)
{
    WRAP(__fgets_chk, line, room, size, f);
    r.name = "fgets";
    descriptor(&r, fileno(f));
    r.file = f;
    char *s = CALL(line, room, size, f);
    if (s != NULL)
        data(&r, s, strlen(s));
    told(&r, s != NULL ? "a line" : "NULL");
    return s;
}
#define PREAD_CHK(name_of, offset_t) \
    ssize_t name_of(int fd, void *buf, size_t size, offset_t at, size_t room); \
    ssize_t name_of(int fd, void *buf, size_t size, offset_t at, size_t room) \
    { \
        WRAP(name_of, fd, buf, size, at, room); \
        r.name = "pread"; \
        descriptor(&r, fd); \
        words(&r, "%zu, at %lld", size, (long long)at); \
        ssize_t n = CALL(fd, buf, cut(&r, fd, size), at, room); \
        got(&r, buf, n); \
        return DONE(n); \
    }
PREAD_CHK(__pread_chk, off_t)
PREAD_CHK(__pread64_chk, off64_t)
int openat64(int dir, const char *name, int how, ...)
{
    va_list args;
    va_start(args, how);
    mode_t mode = (mode_t)mode_of(how, args);
    va_end(args);
    WRAP(openat64, dir, name, how, mode);
    r.name = "openat";
    words(&r, "%s", dir == AT_FDCWD ? "AT_FDCWD" : "a folder");
    path(&r, name);
    open_flags(&r, how);
    return opened(&r, CALL(dir, name, how, mode));
}
int mkstemp64(char *name)
{
    WRAP(mkstemp64, name);
    r.name = "mkstemp";
    int fd = CALL(name);
    path(&r, name);
    return opened(&r, fd);
}
#endif
int dprintf(int fd, const char *restrict format, ...)
{
    PRINTS("dprintf", NULL, fd, vdprintf, fd, format, args);
}
int vprintf(const char *restrict format, va_list args)
{
    WRAP(vprintf, format, args);
    formatted(&r, 1, format, args);
    r.file = stdout;
    ALL(format, args);
}
int vfprintf(FILE *restrict f, const char *restrict format, va_list args)
{
    WRAP(vfprintf, f, format, args);
    formatted(&r, fileno(f), format, args);
    r.file = f;
    ALL(f, format, args);
}
int puts(const char *s)
{
    WRAP(puts, s);
    char line[1024];
    snprintf(line, sizeof line, "%s\n", s);
    text_to(&r, 1, line, strlen(line));
    r.file = stdout;
    ALL(s);
}
int fputs(const char *restrict s, FILE *restrict f)
{
    WRAP(fputs, s, f);
    text_to(&r, fileno(f), s, strlen(s));
    r.file = f;
    ALL(s, f);
}
static void one_char(struct report *r, FILE *f, int c)
{
    char byte = (char)c;

    text_to(r, fileno(f), &byte, 1);
    r->file = f;
}
int putchar(int c)
{
    WRAP(putchar, c);
    one_char(&r, stdout, c);
    ALL(c);
}
#undef putc
int putc(int c, FILE *f)
{
    WRAP(putc, c, f);
    one_char(&r, f, c);
    ALL(c, f);
}
int fputc(int c, FILE *f)
{
    WRAP(fputc, c, f);
    one_char(&r, f, c);
    ALL(c, f);
}
size_t fwrite(const void *restrict bytes, size_t size, size_t count,
              FILE *restrict f)
{
    WRAP(fwrite, bytes, size, count, f);
    text_to(&r, fileno(f), bytes, size * count);
    r.file = f;
    ALL(bytes, size, count, f);
}
void perror(const char *s)
{
    char text_[600];
    REAL(perror);
    if (!wanted((uintptr_t)__builtin_return_address(0))) {
        real(s);
        return;
    }
    struct report r = {.name = "perror", .err = errno};
    r.at = (uintptr_t)__builtin_return_address(0) - 1 - base;
    snprintf(text_, sizeof text_, "%s: %s\n", s, strerror(errno));
    text_to(&r, 2, text_, strlen(text_));
    ask(&r);
    real(s);
    r.err = errno;
    done(&r, 0);
}
static void complaint(struct report *r, const char *format, va_list args,
                      int with_reason)
{
    char text_[600] = "", all[900];
    int error = errno;
    const char *slash = strrchr(program, '/');
    va_list copy;

    va_copy(copy, args);
    if (format != NULL)
        vsnprintf(text_, sizeof text_, format, copy);
    va_end(copy);
    snprintf(all, sizeof all, "%.100s: %s%s%s\n", slash ? slash + 1 : program,
             text_, with_reason ? ": " : "",
             with_reason ? strerror(error) : "");
    text_to(r, 2, all, strlen(all));
    errno = error;
}
#define COMPLAINS(name_, real_name, with_reason, leaves, ...) \
    va_list args; \
    va_start(args, format); \
    REAL(real_name); \
    if (!wanted((uintptr_t)__builtin_return_address(0))) { \
        real(__VA_ARGS__); \
    } else { \
        struct report r = {.name = name_, .err = errno}; \
        r.at = (uintptr_t)__builtin_return_address(0) - 1 - base; \
        leaves; \
        complaint(&r, format, args, with_reason); \
        ask(&r); \
        real(__VA_ARGS__); \
        r.err = errno; \
        done(&r, 0); \
    } \
    va_end(args)
void warn(const char *format, ...)
{
    COMPLAINS("warn", vwarn, 1, (void)0, format, args);
}
void warnx(const char *format, ...)
{
    COMPLAINS("warnx", vwarnx, 0, (void)0, format, args);
}
void err(int status, const char *format, ...)
{
    COMPLAINS("err", verr, 1, attr(&r, "status=exit:%d", status & 0xff), status,
              format, args);
    __builtin_unreachable();
}
void errx(int status, const char *format, ...)
{
    COMPLAINS("errx", verrx, 0, attr(&r, "status=exit:%d", status & 0xff),
              status, format, args);
    __builtin_unreachable();
}

/* Lines come from a buffer of the C library, which reads ahead. */
static void from_file(struct report *r, FILE *f)
{
    r->file = f;
    descriptor(r, fileno(f));
}
char *fgets(char *restrict line, int size, FILE *restrict f)
{
    WRAP(fgets, line, size, f);
    from_file(&r, f);
    char *s = CALL(line, size, f);
    if (s != NULL)
        data(&r, s, strlen(s));
    told(&r, s != NULL ? "a line" : "NULL");
    return s;
}
static ssize_t a_line(struct report *r, char **line, ssize_t n)
{
    got(r, *line, n);
    done(r, n);
    return n;
}
ssize_t getline(char **restrict line, size_t *restrict size, FILE *restrict f)
{
    WRAP(getline, line, size, f);
    from_file(&r, f);
    return a_line(&r, line, CALL(line, size, f));
}
ssize_t getdelim(char **restrict line, size_t *restrict size, int c,
                 FILE *restrict f)
{
    WRAP(getdelim, line, size, c, f);
    from_file(&r, f);
    return a_line(&r, line, CALL(line, size, c, f));
}
#ifdef __GLIBC__                /* the inline getline(3) of <stdio.h> */
ssize_t __getdelim(char **restrict line, size_t *restrict size, int c,
                   FILE *restrict f)
{
    WRAP(__getdelim, line, size, c, f);
    r.name = "getline";
    from_file(&r, f);
    return a_line(&r, line, CALL(line, size, c, f));
}
#endif
static int a_char(struct report *r, int c)
{
    char byte = (char)c;

    if (c != EOF)
        data(r, &byte, 1);
    done(r, c);
    return c;
}
#undef getc
int getc(FILE *f)
{
    WRAP(getc, f);
    from_file(&r, f);
    return a_char(&r, CALL(f));
}
int fgetc(FILE *f)
{
    WRAP(fgetc, f);
    from_file(&r, f);
    return a_char(&r, CALL(f));
}
int getchar(void)
{
    WRAP(getchar, );
    from_file(&r, stdin);
    return a_char(&r, CALL());
}
size_t fread(void *restrict bytes, size_t size, size_t count, FILE *restrict f)
{
    WRAP(fread, bytes, size, count, f);
    from_file(&r, f);
    size_t n = CALL(bytes, size, count, f);
    got(&r, bytes, (ssize_t)(n * size));
    return DONE(n);
}
