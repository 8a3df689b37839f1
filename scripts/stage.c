/* stage.c - play the casts of the rooms: real processes, every line labelled.
 *
 * Run from the project's root:
 *   build/scripts/stage [-b BUILD] [-T [-S]] ROOM[:PLAY]...
 *   ROOM plays the room's examples, ROOM:all its variants, too; ROOM:PLAY the
 *   play of that name, or those in which the program of that name runs. With -T
 *   its traps, ROOM/traps/cast, all or this one; -S: see below.
 * Environment: PACE=F multiplies every pause written as `1s` in a cast;
 *              PATIENCE=S bounds the wait for one line or end (30 seconds);
 *              NO_COLOR; TMPDIR.
 *
 * The order of the lines is the true one. All processes write into one
 * datagram socket: the kernel queues the writes in the order in which they
 * happened, and says of each through which socket (stdout or stderr of whom)
 * and from which pid (so that a forked child is told from its parent) it came,
 * see unix(7). With a pipe for each process that order would be lost; with one
 * pipe for all, who wrote a line.
 *
 * A cast is read from the top; each line waits until it is fulfilled:
 *   example NAME  ARTICLE SECTION  what it shows     opens a play of its own
 *   variant NAME  ARTICLE SECTION  what it shows     the same, on demand only
 *   WHO runs PROGRAM ARG...      start it; `1s` is one second times PACE,
 *                                `{unique}` a word that no other play uses
 *   WHO forked-by PARENT         lines of PARENT's child are WHO's
 *   WHO prints [N times] TEXT    its next N lines on stdout are TEXT, where
 *                                <WHO> is a pid, <number>, <time> as ctime(3)
 *   WHO asks TEXT                a prompt, that is, without a newline
 *   WHO warns TEXT               a line on stderr that contains TEXT
 *   WHO types TEXT               a line for its stdin; ^D ends it; ^C is SIGINT
 *   WHO ends STATUS              0, 1 ... or INT, TERM ... for death by signal
 *   WHO sleeps [CALL]            it is blocked in the kernel: asleep in two
 *                                looks, and it did not run between; CALL is
 *                                for the reader of the cast
 *   WHO stops                    by SIGSTOP; it stands still
 *   WHO goes-on                  as soon as it is stopped: by SIGCONT
 *   WHO dies                     by SIGKILL; then `WHO ends KILL`
 *   WHO gets SIGNAL              INT, USR1 ..., from a stranger: us
 *   WHO hangs                    it is blocked, nothing that we do is due, and
 *                                all others rest, too, or it does not run for a
 *                                second; it is ended after the play
 *   WHO spins                    it uses 0.2 s of a processor and says nothing;
 *                                it is ended after the play
 *   descriptors N                who is started from here on has so few
 *   file NAME TEXT               make this file, of one line; or an empty one
 *   fifo NAME                    make this FIFO
 *   holds NAME TEXT              the file now contains TEXT
 *   leaves TEXT                  when all is over, there is a file with TEXT in
 *                                its name, or a `queue`, `set`, `segment`
 * If a play fails at a limit of the system, scripts/limits.c tells which.
 * Whatever else comes on stdout is an error; on stderr it is only shown. If a
 * process ends with 77 instead, this system cannot do it: the play is skipped.
 *
 * A trap is played twice, each time in a folder of its own: with the wrong
 * program, which must go wrong as written, and with the right one. Its lines:
 *   trap NAME  TRAP-ID  TITLE    opens it (`-`: no ID); then a line each of
 *   expect, happens, why, cure   and their TEXT to be shown; the wrong play;
 *   right PROGRAM                from here on the same with the right program
 * -S swaps: the wrong play with the right part's programs. It must fail, else
 * it does not show what is wrong with the wrong one.
 */
#define _GNU_SOURCE /* struct ucred, pipe2(2) */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
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
#include <wchar.h>

enum { MAX_WHO = 16, MAX_WORDS = 64, MAX_NAMES = 16 };
#define TOO_MANY \
    "fork (too many processes? ulimit -u, pids.max, kernel.pid_max)"

struct text {           /* bytes that wait to be matched, or to be shown */
    char *bytes;
    size_t len;
};
struct stream {         /* stdout or stderr of one process */
    struct text unread; /* not yet claimed by a line of the cast */
    struct text line;   /* not yet shown: no newline has come */
    struct sockaddr_un from; /* where its datagrams come from */
    socklen_t from_len;
};
struct who {
    char *name;
    struct who *parent; /* forked-by */
    pid_t pid;          /* 0: not yet seen */
    int keyboard;       /* write end of its stdin, or -1 */
    int status;         /* of waitpid(2), once ended */
    int ended;
    int given_up;       /* it hangs or spins, as the cast has it */
    struct stream out, err;
};

static struct who who[MAX_WHO];
static int n_who;
static const char *build = "build"; /* as the user knows it */
static char programs[PATH_MAX];      /* the same, absolute */
static double pace = 1, patience = 30;
static char folder[PATH_MAX]; /* where the play takes place: its own, private */
static int folder_lock = -1;  /* see new_folder() */
static char unique[32] = "demo"; /* how it is shown before a play begins */
static time_t play_began;
static int inbox = -1, signals = -1, columns, label_width;
static int colours, failed, interrupted, stdout_errno;
static int impossible; /* a process of this play has ended with 77 */
static int traps, swapped;             /* -T, -S */
static unsigned long descriptors;      /* who is started may have; 0: any */
static const char *made[MAX_NAMES];    /* by `file` and `fifo` */
static struct {
    const char *name;
    int seen;
} leaves[MAX_NAMES];                   /* what is to be left in the end */
static int n_made, n_leaves;

/* ---- what the spectator sees ------------------------------------------ */

/* Print text after the label of w, if it is anybody's, folded to the
 * terminal's width. */
static void show(const struct who *w, char mark, const char *text, size_t len)
{
    static const int palette[] = {36, 33, 35, 32, 34, 31};
    char colour[16] = "";
    mbstate_t state;
    int column = label_width + 3;

    if (colours && w != NULL)
        snprintf(colour, sizeof colour, "\033[%d%sm", palette[(w - who) % 6],
                 mark == '<' ? ";1" : mark == '|' ? "" : ";2");
    printf("%s%-*s %c ", colour, label_width, w != NULL ? w->name : "", mark);
    memset(&state, 0, sizeof state);
    for (size_t i = 0; i < len;) {
        wchar_t c;
        size_t n = mbrtowc(&c, text + i, len - i, &state);
        int width = 1;
        if (n == 0 || n > len - i) { /* a NUL, or no text at all */
            n = 1;
            memset(&state, 0, sizeof state);
        } else if ((width = wcwidth(c)) < 0) {
            width = 0;
        }
        if (columns > 0 && column + width > columns) {
            printf("\n%-*s   ", label_width, "");
            column = label_width + 3;
        }
        if (iscntrl((unsigned char)text[i]) && text[i] != '\t')
            putchar('?'); /* a stray escape must not move the cursor */
        else
            fwrite(text + i, 1, n, stdout);
        column += width;
        i += n;
    }
    printf("%s\n", colours ? "\033[0m" : "");
    if (ferror(stdout) && stdout_errno == 0)
        stdout_errno = errno; /* the line just printed was the first to fail */
}

__attribute__((format(printf, 2, 3)))
static void remark(const struct who *w, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n > 0)
        show(w, ':', text,
             (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

/* A label and its text, folded between words. */
static void paragraph(const char *label, const char *text)
{
    int width = columns > 0 && columns < 80 ? columns : 80;
    int column = printf("%s", label);

    while (*text != '\0') {
        int n = (int)strcspn(text, " ");
        if (column + 1 + n > width)
            column = printf("\n ") - 1;
        column += printf(" %.*s", n, text);
        text += n;
        text += strspn(text, " ");
    }
    putchar('\n');
}

/* ---- bytes ------------------------------------------------------------- */

static void add(struct text *t, const char *bytes, size_t len)
{
    t->bytes = realloc(t->bytes, t->len + len + 1);
    if (t->bytes == NULL)
        err(EXIT_FAILURE, "realloc");
    memcpy(t->bytes + t->len, bytes, len);
    t->len += len;
    t->bytes[t->len] = '\0';
}

static void drop(struct text *t, size_t len)
{
    t->len -= len;
    memmove(t->bytes, t->bytes + len, t->len + 1);
}

static void show_rest(struct who *w, struct stream *s)
{
    if (s->line.len > 0)
        show(w, s == &w->out ? '|' : '!', s->line.bytes, s->line.len);
    s->line.len = 0;
}

static void received(struct who *w, struct stream *s, const char *b, size_t len)
{
    char *newline;

    add(&s->unread, b, len);
    add(&s->line, b, len);
    while ((newline = memchr(s->line.bytes, '\n', s->line.len)) != NULL) {
        size_t n = (size_t)(newline - s->line.bytes);
        show(w, s == &w->out ? '|' : '!', s->line.bytes, n);
        drop(&s->line, n + 1);
    }
}

/* ---- what the processes do --------------------------------------------- */

/* One datagram: find whose it is. Returns 0 when there is none. */
static int receive(void)
{
    static char bytes[1 << 18];
    union {
        char space[CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr align;
    } control;
    struct sockaddr_un from;
    struct iovec iov = {bytes, sizeof bytes};
    struct msghdr m = {.msg_name = &from, .msg_namelen = sizeof from,
                       .msg_iov = &iov, .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    ssize_t n = recvmsg(inbox, &m, MSG_DONTWAIT);
    pid_t pid = 0;

    if (n == -1) {
        if (errno == EAGAIN || errno == EINTR)
            return 0;
        err(EXIT_FAILURE, "recvmsg");
    }
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
            struct ucred cred;
            memcpy(&cred, CMSG_DATA(c), sizeof cred);
            pid = cred.pid;
        }
    for (struct who *w = who; w < who + n_who; w++) {
        int is_err = w->err.from_len == m.msg_namelen &&
                     memcmp(&w->err.from, &from, m.msg_namelen) == 0;
        int is_out = w->out.from_len == m.msg_namelen &&
                     memcmp(&w->out.from, &from, m.msg_namelen) == 0;
        if (w->parent != NULL || (!is_err && !is_out))
            continue;
        struct who *speaker = w;
        for (struct who *c = who; pid != w->pid && c < who + n_who; c++)
            if (c->parent == w && (c->pid == pid || c->pid == 0)) {
                if (c->pid == 0)
                    remark(c, "pid %d, forked by %s", (int)pid, w->name);
                c->pid = pid;
                speaker = c;
                break;
            }
        received(speaker, is_err ? &speaker->err : &speaker->out, bytes,
                 (size_t)n);
        return 1;
    }
    return 1; /* a stranger's datagram: nobody we started */
}

/* sigabbrev_np(3) is too new, and psignal(3) is prose. */
static const struct {
    int sig;
    const char *name;
} signal_names[] = {
    {SIGHUP, "HUP"}, {SIGINT, "INT"}, {SIGQUIT, "QUIT"}, {SIGTERM, "TERM"},
    {SIGKILL, "KILL"}, {SIGPIPE, "PIPE"}, {SIGALRM, "ALRM"},
    {SIGSEGV, "SEGV"}, {SIGBUS, "BUS"}, {SIGABRT, "ABRT"},
    {SIGUSR1, "USR1"}, {SIGUSR2, "USR2"}, {0, NULL}};

static const char *signal_name(int sig)
{
    static char other[16];

    for (int i = 0; signal_names[i].name != NULL; i++)
        if (signal_names[i].sig == sig)
            return signal_names[i].name;
    snprintf(other, sizeof other, "%d", sig);
    return other;
}

static void reap(void)
{
    siginfo_t info = {.si_pid = 0};
    int status;

    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid != 0) {
        pid_t pid = info.si_pid;
        info.si_pid = 0;
        while (receive()) /* its last words come before its end */
            ;
        if (waitpid(pid, &status, 0) != pid)
            break;
        for (struct who *w = who; w < who + n_who; w++) {
            if (w->pid != pid || w->ended)
                continue; /* (forked ones come to us if their parent is gone) */
            show_rest(w, &w->out);
            show_rest(w, &w->err);
            w->ended = 1;
            w->status = status;
            if (WIFSIGNALED(status))
                remark(w, "ended by signal %s", signal_name(WTERMSIG(status)));
            else
                remark(w, "ended with status %d", WEXITSTATUS(status));
            if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
                impossible = 1;
        }
    }
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Let something happen. Returns 0 at the deadline or when interrupted. */
static int pump(double deadline)
{
    struct pollfd p[] = {{.fd = inbox, .events = POLLIN},
                         {.fd = signals, .events = POLLIN}};
    double left = deadline - now();

    if (stdout_errno != 0 && !interrupted) { /* nobody watches any more */
        interrupted = SIGPIPE;
        return 0;
    }
    if (left <= 0 || poll(p, 2, (int)(left * 1000) + 1) == 0)
        return 0;
    while (receive())
        ;
    if (p[1].revents & POLLIN) {
        struct signalfd_siginfo info;
        if (read(signals, &info, sizeof info) != (ssize_t)sizeof info)
            err(EXIT_FAILURE, "read signalfd");
        if (info.ssi_signo != SIGCHLD) {
            interrupted = (int)info.ssi_signo;
            return 0;
        }
        reap();
    }
    return 1;
}

/* A socket for one stream of one process, connected to the inbox. */
static int new_stream(struct stream *s)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    socklen_t len = sizeof to;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    s->from_len = sizeof s->from;
    s->from.sun_family = AF_UNIX;
    if (fd == -1 || getsockname(inbox, (struct sockaddr *)&to, &len) == -1 ||
        bind(fd, (struct sockaddr *)&s->from, sizeof(sa_family_t)) == -1 ||
        getsockname(fd, (struct sockaddr *)&s->from, &s->from_len) == -1 ||
        connect(fd, (struct sockaddr *)&to, len) == -1)
        err(EXIT_FAILURE, "a socket for the output of a process");
    return fd;
}

/* Let happen what happens before we look again. */
static void wait_a_little(void)
{
    double deadline = now() + 0.01;

    while (pump(deadline))
        ;
}

/* Under the director (see scripts/director.c) no two runs are to differ: nobody
 * does anything while another runs. It waits for us, as we do not sleep. */
static void let_all_rest(void)
{
    double deadline = now() + (getenv("PROBE") != NULL ? 0.2 : 0);

    for (int i = 0; i < n_who && now() < deadline; i++) {
        char path[64], line[256] = "", *state;
        snprintf(path, sizeof path, "/proc/%d/stat", (int)who[i].pid);
        FILE *f = who[i].pid <= 0 || who[i].ended ? NULL : fopen(path, "re");
        if (f == NULL)
            continue;
        if (fgets(line, sizeof line, f) != NULL &&
            (state = strrchr(line, ')')) != NULL && strchr("RD", state[2])) {
            i = -1;             /* from the first one again */
            sched_yield();
        }
        fclose(f);
    }
}

static void start(struct who *w, const char *room, char **words, int typed)
{
    char path[2 * PATH_MAX];
    int in[2] = {-1, -1}, out = new_stream(&w->out), err_ = new_stream(&w->err);

    snprintf(path, sizeof path, "%s/%s/%s", programs, room, words[0]);
    if (typed ? pipe2(in, O_CLOEXEC) == -1
              : (in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) == -1)
        err(EXIT_FAILURE, "stdin for %s", w->name);
    fflush(stdout);
    let_all_rest();
    pid_t us = getpid();
    w->pid = fork();
    if (w->pid == -1)
        err(EXIT_FAILURE, TOO_MANY);
    if (w->pid == 0) {
        struct rlimit few = {descriptors, descriptors};
        struct rlimit no_core = {0, 0}; /* a crash leaves no file here */
        sigset_t none;
        sigemptyset(&none);
        /* Whatever we or nohup(1) ignore, the programs meet the usual. */
        for (int sig = 1; sig < NSIG; sig++)
            signal(sig, SIG_DFL);
        if (setpgid(0, 0) == -1 || prctl(PR_SET_PDEATHSIG, SIGTERM) == -1 ||
            getppid() != us || /* else it died before it was asked */
            setrlimit(RLIMIT_CORE, &no_core) == -1 ||
            chdir(folder) == -1 || dup2(in[0], 0) == -1 ||
            dup2(out, 1) == -1 || dup2(err_, 2) == -1 ||
            sigprocmask(SIG_SETMASK, &none, NULL) == -1 ||
            (descriptors != 0 && setrlimit(RLIMIT_NOFILE, &few) == -1))
            _exit(126);
        /* What we have inherited ourselves would be among the few. */
        for (int fd = 3; descriptors != 0 && fd < 1024; fd++)
            close(fd);
        execv(path, words);
        dprintf(2, "%s: %s\n", path, strerror(errno));
        _exit(127);
    }
    setpgid(w->pid, w->pid); /* whoever of the two comes first */
    close(in[0]);
    close(out);
    close(err_);
    w->keyboard = in[1];
}

/* ---- what must be as it was -------------------------------------------- */

/* Keys that ftok(3) can make of the folder, whatever the letter. */
static unsigned folder_keys(void)
{
    struct stat st;

    if (stat(folder, &st) == -1)
        err(EXIT_FAILURE, "stat %s", folder);
    return (unsigned)((st.st_dev & 0xff) << 16 | (st.st_ino & 0xffff));
}

/* Is this to be left behind? Then it is no mess. */
static int is_expected(const char *what)
{
    int expected = 0;

    for (int i = 0; i < n_leaves; i++)
        if (strstr(what, leaves[i].name) != NULL)
            expected = leaves[i].seen = 1;
    if (expected && !interrupted)
        printf("left behind, as written: %s\n", what);
    return expected;
}

/* Count the System V objects that have our folder's keys, whoever made them; or
 * remove, and count, those that are this play's: ours, with such a key, or
 * private and used by one of its processes. A pid alone is no proof: it may
 * have been somebody else's, before this play had begun. What is removed and
 * was to be left does not count. */
static int sysv_objects(int remove_them)
{
    static const char *const kinds[] = {"msg", "sem", "shm"};
    static const char *const names[] = {"queue", "set", "segment"};
    unsigned keys = folder_keys();
    int n = 0;

    for (int kind = 0; kind < 3; kind++) {
        char path[64], line[512];
        snprintf(path, sizeof path, "/proc/sysvipc/%s", kinds[kind]);
        FILE *f = fopen(path, "re");
        if (f == NULL)
            continue; /* a kernel without System V IPC: the demos say so */
        while (fgets(line, sizeof line, f) != NULL) {
            long long key, pid[2] = {0, 0}, time[3] = {0, 0, 0};
            unsigned uid = 0;
            int id, mine = 0;
            if (sscanf(line, "%lld %d", &key, &id) != 2)
                continue;
            if (kind == 0) /* who sent, who received last */
                sscanf(line, "%*d %*d %*d %*d %*d %lld %lld %u %*d %*d %*d "
                       "%lld %lld", &pid[0], &pid[1], &uid, &time[0], &time[1]);
            else if (kind == 1)
                sscanf(line, "%*d %*d %*d %*d %u", &uid);
            else { /* who made it, who attached or detached it last */
                sscanf(line, "%*d %*d %*d %*d %lld %lld %*d %u %*d %*d %*d "
                       "%lld %lld %lld", &pid[0], &pid[1], &uid, &time[1],
                       &time[2], &time[0]);
                if (time[1] < time[2])
                    time[1] = time[2];
            }
            for (int i = 0; key == 0 && i < n_who; i++)
                for (int k = 0; k < 2; k++)
                    mine |= who[i].pid > 0 && who[i].pid == pid[k] &&
                            time[k] >= play_began;
            if (!mine && (key == 0 || ((unsigned)key & 0xffffff) != keys))
                continue;
            if (remove_them && uid != geteuid())
                continue;
            n += !remove_them || !is_expected(names[kind]);
            if (remove_them && kind == 0)
                msgctl(id, IPC_RMID, NULL);
            if (remove_them && kind == 1)
                semctl(id, 0, IPC_RMID);
            if (remove_them && kind == 2)
                shmctl(id, IPC_RMID, NULL);
        }
        fclose(f);
    }
    return n;
}

/* Remove, and count, what shm_open(3), sem_open(3), mq_open(3) have made here:
 * our programs put the folder, or the user and a pid, into the name. */
static int posix_objects(void)
{
    static const char *const places[] = {"/dev/shm", "/dev/mqueue"};
    char by_folder[2][64], by_pid[64];
    struct stat st;
    int n = 0;

    if (stat(folder, &st) == -1)
        err(EXIT_FAILURE, "stat %s", folder);
    unsigned long long dev = st.st_dev, ino = st.st_ino;
    snprintf(by_folder[0], sizeof by_folder[0], "-%llu-%llu", dev, ino);
    snprintf(by_folder[1], sizeof by_folder[1], ".%llx.%llx", dev, ino);
    for (int i = 0; i < 2; i++) {
        struct dirent *e;
        DIR *d = opendir(places[i]);
        while (d != NULL && (e = readdir(d)) != NULL) {
            size_t len = strlen(e->d_name);
            int mine = 0;
            for (int k = 0; k < 2; k++) {
                const char *at = strstr(e->d_name, by_folder[k]);
                char behind = at == NULL ? '?' : at[strlen(by_folder[k])];
                mine |= behind == '\0' || behind == '.';
            }
            for (int k = 0; k < n_who; k++) {
                size_t n_tail = (size_t)snprintf(by_pid, sizeof by_pid,
                    ".%u.%d", (unsigned)geteuid(), (int)who[k].pid);
                mine |= who[k].pid > 0 && len > n_tail &&
                        strcmp(e->d_name + len - n_tail, by_pid) == 0;
            }
            if (!mine || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW)
                             == -1 ||
                st.st_uid != geteuid() || st.st_ctime < play_began)
                continue;
            n++;
            if (unlinkat(dirfd(d), e->d_name, 0) == -1)
                warn("unlink %s/%s", places[i], e->d_name);
        }
        if (d != NULL)
            closedir(d);
    }
    return n;
}

/* A fresh folder whose keys nobody else has. ftok(3) keeps only 24 bits of a
 * folder, so two plays could meet: a name in the abstract socket space, which
 * the kernel gives to one process only, reserves these bits while we play. */
static void new_folder(void)
{
    const char *tmp = getenv("TMPDIR");
    char *refused[100];
    int n_refused = 0;

    folder_lock = -1;
    play_began = time(NULL);
    while (folder_lock == -1 && n_refused < 100) {
        struct sockaddr_un name = {.sun_family = AF_UNIX};
        if (tmp == NULL || snprintf(folder, sizeof folder, "%s/ipc.XXXXXX",
                                    tmp) >= (int)sizeof folder)
            strcpy(folder, "/tmp/ipc.XXXXXX");
        if (mkdtemp(folder) == NULL) {
            warn("mkdtemp %s", folder);
            break;
        }
        snprintf(unique, sizeof unique, "ipc-play-%06x", folder_keys());
        int n = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "%s.lock",
                         unique);
        folder_lock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (folder_lock == -1)
            err(EXIT_FAILURE, "socket");
        if (bind(folder_lock, (struct sockaddr *)&name,
                 (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1 +
                     (socklen_t)n) == 0 && sysv_objects(0) == 0)
            break;
        close(folder_lock);
        folder_lock = -1;
        if ((refused[n_refused++] = strdup(folder)) == NULL)
            err(EXIT_FAILURE, "strdup");
    }
    /* Not before: the next one would get the same inode, so the same keys. */
    for (int i = 0; i < n_refused; i++) {
        rmdir(refused[i]);
        free(refused[i]);
    }
    if (folder_lock == -1)
        errx(EXIT_FAILURE, "no folder with free System V keys after %d tries",
             n_refused);
}

/* Is it, or a child of it, to be ended by us? */
static int is_given_up(const struct who *w)
{
    int given_up = w->given_up;

    for (int i = 0; i < n_who; i++)
        given_up |= who[i].parent == w && who[i].given_up;
    return given_up;
}

/* End whoever still runs: asked first, killed after two seconds. */
static int end_all(void)
{
    int left = 0;

    for (int round = 0; round < 2; round++) {
        double deadline = now() + 2;
        for (int i = 0; i < n_who; i++)
            if (who[i].pid > 0 && !who[i].ended && who[i].parent == NULL) {
                kill(-who[i].pid, round == 0 ? SIGTERM : SIGKILL);
                kill(-who[i].pid, SIGCONT);
                left += !is_given_up(&who[i]);
            }
        for (int i = 0; i < n_who; i++)
            while (who[i].pid > 0 && !who[i].ended && who[i].parent == NULL &&
                   (pump(deadline) || now() < deadline))
                ;
    }
    for (int i = 0; i < n_who; i++) /* a child that its parent left alone */
        if (who[i].pid > 0 && who[i].parent == NULL &&
            kill(-who[i].pid, SIGKILL) == 0) {
            left += !is_given_up(&who[i]);
            while (waitpid(-who[i].pid, NULL, 0) > 0)
                ;
        }
    return left;
}

/* A failure may be the reaching of a limit, which its errno does not name: the
 * processes' words on stderr go to scripts/limits.c, which knows. */
static int explain(void) /* 0: not done, there are no more processes */
{
    char path[2 * PATH_MAX];
    int words = memfd_create("stderr", MFD_CLOEXEC);

    snprintf(path, sizeof path, "%s/scripts/limits", programs);
    for (int i = 0; i < n_who; i++)
        if (who[i].err.unread.len > 0 &&
            write(words, who[i].err.unread.bytes, who[i].err.unread.len) == -1)
            return 0;
    fflush(stdout);
    pid_t pid = words == -1 ? -1 : fork();
    if (pid == 0) {
        if (lseek(words, 0, SEEK_SET) == 0 && dup2(words, 0) == 0)
            execl(path, "limits", "-r", (char *)NULL);
        _exit(EXIT_FAILURE);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0);
    close(words);
    return pid > 0;
}

/* Everything of this play goes; what should not have been there is told. */
static void close_play(void)
{
    int told = !failed || interrupted || explain();
    int left = end_all(), objects = sysv_objects(1), named = posix_objects();
    struct dirent *e;
    DIR *d = opendir(folder);

    for (struct who *w = who; w < who + n_who; w++) {
        show_rest(w, &w->out); /* of forked ones, whose end nobody tells */
        show_rest(w, &w->err);
    }
    if (left > 0 && !failed && !interrupted)
        printf("left behind: a process\n");
    if (objects > 0 && !interrupted)
        printf("left behind: %d System V object(s)\n", objects);
    if (named > 0 && !interrupted)
        printf("left behind: %d POSIX object(s)\n", named);
    objects += named;
    while (d != NULL && (e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        int known = is_expected(e->d_name);
        for (int i = 0; i < n_made; i++)
            known |= strcmp(e->d_name, made[i]) == 0;
        objects += !known;
        if (!known && !interrupted)
            printf("left behind: file %s\n", e->d_name);
        if (unlinkat(dirfd(d), e->d_name, 0) == -1)
            warn("unlink %s/%s", folder, e->d_name);
    }
    if (d != NULL)
        closedir(d);
    if (rmdir(folder) == -1)
        warn("rmdir %s", folder);
    close(folder_lock);
    folder_lock = -1;
    for (int i = 0; i < n_leaves && !failed && !interrupted && !impossible; i++)
        if (!leaves[i].seen) {
            printf("FAILED: no %s is left behind\n", leaves[i].name);
            failed = 1;
        }
    if (!told) /* now there should be */
        explain();
    if (left + objects > 0)
        failed = 1;
    else if (!failed && n_leaves == 0)
        printf("left behind: nothing\n");
    memset(leaves, 0, sizeof leaves);
    n_made = n_leaves = 0;
    descriptors = 0;
    strcpy(unique, "demo");
    for (int i = 0; i < n_who; i++) {
        struct stream *s[] = {&who[i].out, &who[i].err};
        for (int k = 0; k < 2; k++) {
            free(s[k]->unread.bytes);
            free(s[k]->line.bytes);
        }
        if (who[i].keyboard != -1)
            close(who[i].keyboard);
        free(who[i].name);
    }
    memset(who, 0, sizeof who);
    n_who = 0;
}

/* A mistake in a cast, or a failing call, must not leave anything either. */
static void close_at_exit(void)
{
    failed = 1;
    if (folder_lock != -1)
        close_play();
}

/* ---- the cast ---------------------------------------------------------- */

static struct who *find_who(const char *name)
{
    for (int i = 0; i < n_who; i++)
        if (strcmp(who[i].name, name) == 0)
            return &who[i];
    return NULL;
}

/* Can it still say something? A forked child may outlive its parent. */
static int is_alive(const struct who *w)
{
    if (w->parent == NULL || w->ended)
        return !w->ended;
    return !w->parent->ended || kill(-w->parent->pid, 0) == 0;
}

/* Does the text (one line, no newline) look like the cast's line? */
static int matches(const char *want, const char *text)
{
    for (; *want != '\0'; want++, text++) {
        const char *end = *want == '<' ? strchr(want, '>') : NULL;
        char name[64] = "", pid[16];
        if (end != NULL && (size_t)(end - want) < sizeof name)
            memcpy(name, want + 1, (size_t)(end - want) - 1);
        struct who *w = find_who(name);
        if (strcmp(name, "number") == 0) {
            text += *text == '-';
            if (!isdigit((unsigned char)*text))
                return 0;
            while (isdigit((unsigned char)text[1]))
                text++;
            want = end;
        } else if (strcmp(name, "time") == 0) {
            if (strlen(text) < 24 || text[13] != ':' || text[16] != ':')
                return 0;
            text += 23;
            want = end;
        } else if (w != NULL) {
            int n = snprintf(pid, sizeof pid, "%d", (int)w->pid);
            if (strncmp(text, pid, (size_t)n) != 0)
                return 0;
            text += n - 1;
            want = end;
        } else if (*want != *text) {
            return 0;
        }
    }
    return *text == '\0';
}

__attribute__((format(printf, 2, 3)))
static int fail(const struct who *w, const char *format, ...)
{
    va_list args;

    if (impossible && !interrupted) {
        printf("skipped: this system cannot do it\n");
        return 0;
    }
    failed = 1;
    if (interrupted)
        return 0;
    printf("FAILED: %s%s", w != NULL ? w->name : "", w != NULL ? ": " : "");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    return 0;
}

static int await_line(struct who *w, const char *want)
{
    double deadline = now() + patience;
    char *newline;

    while (w->out.unread.len == 0 ||
           (newline = memchr(w->out.unread.bytes, '\n', w->out.unread.len)) ==
               NULL) {
        if (!is_alive(w))
            return fail(w, "ended without printing: %s", want);
        if (!pump(deadline))
            return fail(w, "did not print within %g s: %s", patience, want);
    }
    *newline = '\0';
    if (!matches(want, w->out.unread.bytes))
        return fail(w, "printed: %s\n     not, as the cast has it: %s",
                    w->out.unread.bytes, want);
    drop(&w->out.unread, (size_t)(newline - w->out.unread.bytes) + 1);
    return 1;
}

static int await_prompt(struct who *w, const char *want)
{
    double deadline = now() + patience;
    size_t n = strlen(want);

    while (w->out.unread.len < n)
        if (!is_alive(w) || !pump(deadline))
            return fail(w, "did not ask: %s", want);
    if (strncmp(w->out.unread.bytes, want, n) != 0)
        return fail(w, "did not ask: %s\n     but: %s", want,
                    w->out.unread.bytes);
    while (w->out.unread.bytes[n] == ' ')
        n++;
    drop(&w->out.unread, n);
    return 1;
}

static int await_warning(struct who *w, const char *want)
{
    double deadline = now() + patience;
    char *at;

    while (w->err.unread.len == 0 ||
           (at = strstr(w->err.unread.bytes, want)) == NULL)
        if (!is_alive(w) || !pump(deadline))
            return fail(w, "did not say on stderr: %s", want);
    drop(&w->err.unread, (size_t)(at - w->err.unread.bytes) + strlen(want));
    return 1;
}

static int type(struct who *w, const char *text)
{
    struct text line = {0};

    let_all_rest();
    if (strcmp(text, "^C") != 0 && strcmp(text, "^D") != 0) {
        add(&line, text, strlen(text));
        add(&line, "\n", 1);
        if (write(w->keyboard, line.bytes, line.len) != (ssize_t)line.len)
            return fail(w, "does not take what is typed: %s", text);
        free(line.bytes);
        memset(&line, 0, sizeof line);
    }
    /* As at a terminal: what is typed stands behind the prompt. */
    if (w->out.line.len > 0) {
        add(&line, w->out.line.bytes, w->out.line.len);
        w->out.line.len = 0;
    }
    add(&line, text, strlen(text));
    show(w, '<', line.bytes, line.len);
    free(line.bytes);
    if (strcmp(text, "^D") == 0) {
        close(w->keyboard);
        w->keyboard = -1;
    }
    if (strcmp(text, "^C") == 0 && kill(w->pid, SIGINT) == -1)
        return fail(w, "kill: %s", strerror(errno));
    return 1;
}

static int await_end(struct who *w, const char *want)
{
    double deadline = now() + patience;
    char how[16];

    while (!w->ended)
        if (!pump(deadline))
            return fail(w, "did not end within %g s", patience);
    if (WIFSIGNALED(w->status))
        snprintf(how, sizeof how, "%s", signal_name(WTERMSIG(w->status)));
    else
        snprintf(how, sizeof how, "%d", WEXITSTATUS(w->status));
    return strcmp(how, want) == 0 ||
           fail(w, "ended with %s, not %s", how, want);
}

/* ---- what the kernel says of a process --------------------------------- */

struct look {
    char state;             /* R: it runs; S: it sleeps; T: stopped; 0: gone */
    unsigned long ticks;    /* of processor time */
    unsigned long switches; /* how often it has left the processor */
    long call;              /* the system call that it is in, or -1 */
    unsigned long argument; /* the first one of that call */
};

static struct look look_at(pid_t pid)
{
    struct look l = {.call = -1};
    char path[64], line[512];
    unsigned long user, kernel, n;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return l;
    char *at = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    if (at != NULL && sscanf(at + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u"
                             " %*u %lu %lu", &l.state, &user, &kernel) == 3)
        l.ticks = user + kernel;
    fclose(f);
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    if ((f = fopen(path, "re")) == NULL)
        return l;
    while (fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "voluntary_ctxt_switches: %lu", &n) == 1 ||
            sscanf(line, "nonvoluntary_ctxt_switches: %lu", &n) == 1)
            l.switches += n;
    fclose(f);
    snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
    if ((f = fopen(path, "re")) == NULL) /* not every kernel tells */
        return l;
    if (fscanf(f, "%ld %lx", &l.call, &l.argument) < 1)
        l.call = -1; /* it is running */
    fclose(f);
    return l;
}

/* It will go on by itself, after a while. (What was stopped in a wait that has
 * an end is in restart_syscall(2) afterwards.) */
static int is_pause(const struct look *l)
{
    return l->call == SYS_nanosleep || l->call == SYS_clock_nanosleep ||
           l->call == SYS_restart_syscall;
}

/* Blocked in both looks, and it did not run between? */
static int is_blocked(const struct look *before, const struct look *after)
{
    return before->state == 'S' && after->state == 'S' &&
           before->switches == after->switches;
}

/* Does nobody of this play run, or pause? A number that changes as soon as one
 * of them has run, or 0. */
static unsigned long all_rest(void)
{
    unsigned long runs = 1;
    struct dirent *e;
    DIR *d = opendir("/proc");

    while (d != NULL && runs != 0 && (e = readdir(d)) != NULL) {
        pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
        pid_t group = pid > 0 ? getpgid(pid) : -1;
        int ours = 0;
        for (int i = 0; i < n_who; i++)
            ours |= who[i].parent == NULL && who[i].pid == group;
        if (!ours)
            continue;
        struct look l = look_at(pid);
        runs = strchr("RD", l.state) || is_pause(&l)
                   ? 0 : runs + l.switches + (unsigned long)pid;
    }
    if (d != NULL)
        closedir(d);
    return d != NULL ? runs : 0;
}

/* A child of parent, in the group of w's parent, that is nobody else; or 0. */
static pid_t unknown_child(pid_t parent, const struct who *w)
{
    char path[64];
    pid_t found = 0;
    int pid;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent,
             (int)parent);
    FILE *f = fopen(path, "re");
    while (f != NULL && found == 0 && fscanf(f, "%d", &pid) == 1) {
        int known = getpgid(pid) != w->parent->pid;
        for (int i = 0; i < n_who; i++)
            known |= who[i].pid == pid;
        if (!known)
            found = pid;
    }
    if (f != NULL)
        fclose(f);
    return found;
}

/* Who is a forked child that has not spoken yet? When its parent has ended, it
 * is a child of ours. */
static int find_child(struct who *w)
{
    double deadline = now() + patience;

    for (;;) {
        int orphan = w->parent->ended;
        w->pid = unknown_child(orphan ? getpid() : w->parent->pid, w);
        if (w->pid != 0)
            break;
        if (orphan || interrupted || now() > deadline)
            return fail(w, "is not forked by %s", w->parent->name);
        wait_a_little();
    }
    remark(w, "pid %d, forked by %s", (int)w->pid, w->parent->name);
    return 1;
}

/* Before each look: is there still something to look at? */
static int go_on(struct who *w, double deadline, const char *until)
{
    wait_a_little();
    if (w->ended || look_at(w->pid).state == 0)
        return fail(w, "is gone; it %s not", until);
    if (interrupted || now() > deadline)
        return fail(w, "%s not, within %g s", until, patience);
    return 1;
}

static int await_sleep(struct who *w)
{
    double deadline = now() + patience;
    struct look before = look_at(w->pid), after;

    for (;; before = after) {
        if (!go_on(w, deadline, "sleeps"))
            return 0;
        after = look_at(w->pid);
        if (is_blocked(&before, &after))
            return 1;
    }
}

/* Wait until its state is one of these; when it has ended, there is none. */
static int await_state(struct who *w, const char *states, const char *what)
{
    double deadline = now() + patience;

    while (!w->ended && strchr(states, look_at(w->pid).state) == NULL) {
        wait_a_little();
        if (interrupted || now() > deadline)
            return fail(w, "is not %s within %g s", what, patience);
    }
    return 1;
}

/* Send it the signal, and wait for the state that this leads to. */
static int push(struct who *w, int sig, const char *states, const char *what)
{
    /* It may stop by itself, and not have done so yet. */
    if (sig == SIGCONT && !await_state(w, "Tt", "stopped"))
        return 0;
    if (w->ended || kill(w->pid, sig) == -1)
        return fail(w, "is gone; it cannot be %s", what);
    if (!await_state(w, states, what))
        return 0;
    if (!w->ended)
        remark(w, "%s", what);
    return 1;
}

/* It waits, and nobody will wake it: all others rest, too; or, as they may run
 * for ever, it has waited for a whole second. */
static int await_hang(struct who *w)
{
    double deadline = now() + patience, since = now();
    struct look before = look_at(w->pid), after;
    unsigned long runs = all_rest(), runs_now;

    for (;; before = after, runs = runs_now) {
        if (!go_on(w, deadline, "hangs"))
            return 0;
        runs_now = all_rest();
        after = look_at(w->pid);
        if (!is_blocked(&before, &after) || is_pause(&after))
            since = now();
        else if ((runs != 0 && runs == runs_now) || now() - since > 1)
            break;
    }
    if (w->keyboard != -1 && after.call == SYS_read && after.argument == 0)
        return fail(w, "waits for what we type; that is no hang");
    w->given_up = 1;
    remark(w, "hangs");
    return 1;
}

static int await_spin(struct who *w)
{
    double deadline = now() + patience;
    unsigned long enough = (unsigned long)sysconf(_SC_CLK_TCK) / 5;
    unsigned long begin = look_at(w->pid).ticks;
    size_t said = w->err.unread.len;

    while (look_at(w->pid).ticks - begin < enough) {
        if (!go_on(w, deadline, "spins"))
            return 0;
        if (w->out.unread.len > 0 || w->err.unread.len != said)
            return fail(w, "says something while it spins");
    }
    w->given_up = 1;
    remark(w, "spins");
    return 1;
}

/* Of the verbs about a process: `ends` and `prints` are not among them. */
static int is_about_process(const char *verb)
{
    static const char *const verbs[] = {"sleeps", "stops", "goes-on", "dies",
                                        "gets", "hangs", "spins"};
    int is = 0;

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        is |= strcmp(verb, verbs[i]) == 0;
    return is;
}

static int play_process(struct who *w, const char *verb, const char *what)
{
    static const struct {
        const char *verb;
        int sig;
        const char *states, *done;
    } pushes[] = {{"stops", SIGSTOP, "Tt", "stopped"},
                  {"goes-on", SIGCONT, "RSDZX", "going on"},
                  {"dies", SIGKILL, "ZX", "killed"}};
    int sig = 0;

    if (w->pid == 0 && !find_child(w))
        return 0;
    for (size_t i = 0; i < sizeof pushes / sizeof pushes[0]; i++)
        if (strcmp(verb, pushes[i].verb) == 0)
            return push(w, pushes[i].sig, pushes[i].states, pushes[i].done);
    if (strcmp(verb, "sleeps") == 0)
        return await_sleep(w);
    if (strcmp(verb, "hangs") == 0)
        return await_hang(w);
    if (strcmp(verb, "spins") == 0)
        return await_spin(w);
    for (int i = 0; signal_names[i].name != NULL; i++)
        if (strcmp(signal_names[i].name, what) == 0)
            sig = signal_names[i].sig;
    if (sig == 0)
        errx(EXIT_FAILURE, "%s gets %s: no such signal", w->name, what);
    if (w->ended || kill(w->pid, sig) == -1)
        return fail(w, "is gone; it cannot get %s", what);
    remark(w, "gets %s", what);
    return 1;
}

/* ---- what lies in the folder ------------------------------------------- */

/* A file or FIFO for the programs to find: it goes when the play is over. */
static int make(int is_fifo, const char *name, const char *text)
{
    char path[2 * PATH_MAX];

    if (n_made == MAX_NAMES || *name == '\0' || strchr(name, '/') != NULL)
        errx(EXIT_FAILURE, "no name for a file: %s", name);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (is_fifo) {
        if (mkfifo(path, 0600) == -1)
            err(EXIT_FAILURE, "mkfifo %s", path);
        remark(NULL, "a FIFO, %s", name);
    } else {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd == -1 || (*text != '\0' && dprintf(fd, "%s\n", text) < 0) ||
            close(fd) == -1)
            err(EXIT_FAILURE, "write %s", path);
        remark(NULL, "a file, %s: %s", name, text);
    }
    made[n_made++] = name;
    return 1;
}

static int holds(const char *name, const char *text)
{
    static char bytes[1 << 16];
    char path[2 * PATH_MAX];
    struct stat st;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    /* Who opens a FIFO waits; who opens a link may be somewhere else. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1)
        return fail(NULL, "%s: %s", name, strerror(errno));
    ssize_t n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
                    ? read(fd, bytes, sizeof bytes) : -1;
    close(fd);
    if (n == -1 || memmem(bytes, (size_t)n, text, strlen(text)) == NULL)
        return fail(NULL, "%s does not hold: %s", name, text);
    remark(NULL, "%s holds: %s", name, text);
    return 1;
}

static int play_folder(const char *what, const char *name, const char *text)
{
    if (strcmp(what, "descriptors") == 0) {
        descriptors = strtoul(name, NULL, 10);
        remark(NULL, "from here on %lu descriptors at most", descriptors);
        return 1;
    }
    if (strcmp(what, "holds") == 0)
        return holds(name, text);
    if (strcmp(what, "leaves") != 0)
        return make(strcmp(what, "fifo") == 0, name, text);
    if (n_leaves == MAX_NAMES)
        errx(EXIT_FAILURE, "too much to be left behind: %s", name);
    leaves[n_leaves++].name = name;
    return 1;
}

static int is_about_folder(const char *what)
{
    return strcmp(what, "file") == 0 || strcmp(what, "fifo") == 0 ||
           strcmp(what, "holds") == 0 || strcmp(what, "leaves") == 0 ||
           strcmp(what, "descriptors") == 0;
}

/* ---- the plays --------------------------------------------------------- */

/* The lines of one example. They are cut into words in place. */
struct line {
    char *name, *verb, *rest;
    int number; /* in the cast file */
};
struct example {
    const char *room;
    char *name, *article, *section, *about;
    int is_variant;
    char *expect, *happens, *why, *cure, *right; /* of a trap */
    int first_right;       /* the line that its right part begins with */
    struct line lines[256];
    int n_lines;
};

static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");

    *rest = strpbrk(word, " \t");
    if (*rest == NULL)
        *rest = word + strlen(word);
    else
        *(*rest)++ = '\0';
    *rest += strspn(*rest, " \t");
    return word;
}

/* Split `PROGRAM ARG...`; `1s` becomes 1 times factor. The caller frees. */
static char *split(const char *rest, char *words[], double factor)
{
    char *copy = calloc(1, 16 * strlen(rest) + PATH_MAX), *to = copy;
    const char *hole;
    int n = 0;

    if (copy == NULL)
        err(EXIT_FAILURE, "calloc");
    for (; *rest != '\0' && n < MAX_WORDS - 1; rest += strspn(rest, " \t")) {
        size_t len = strcspn(rest, " \t");
        char *end, word[PATH_MAX] = "";
        memcpy(word, rest, len < sizeof word ? len : sizeof word - 1);
        rest += len;
        double seconds = strtod(word, &end);
        words[n++] = to;
        if (end != word && strcmp(end, "s") == 0)
            to += sprintf(to, "%g", seconds * factor) + 1;
        else if ((hole = strstr(word, "{unique}")) != NULL)
            to += sprintf(to, "%.*s%s%s", (int)(hole - word), word, unique,
                          hole + strlen("{unique}")) + 1;
        else
            to += sprintf(to, "%s", word) + 1;
    }
    words[n] = NULL;
    return copy;
}

/* With -S: what the right part starts in the place of this line's program. */
static const char *right_program(const struct example *e, const struct line *l)
{
    int skip = 0;

    for (const struct line *k = e->lines; k < l; k++)
        skip += strcmp(k->name, l->name) == 0 && strcmp(k->verb, "runs") == 0;
    for (int i = e->first_right; i < e->n_lines; i++)
        if (strcmp(e->lines[i].name, l->name) == 0 &&
            strcmp(e->lines[i].verb, "runs") == 0 && skip-- == 0)
            return e->lines[i].rest;
    errx(EXIT_FAILURE, "%s/traps/cast:%d: the right part does not start %s",
         e->room, l->number, l->name);
}

/* One of the lines from first to before end, which are one play. */
static int play_line(struct example *e, struct line *l, int first, int end)
{
    struct who *w = find_who(l->name);
    const char *where = traps ? "/traps" : "";
    char *words[MAX_WORDS], *copy;
    int ok = 1, times = 1, used = 0, typed = 0;

    if (is_about_folder(l->name))
        return play_folder(l->name, l->verb, l->rest);
    if (strcmp(l->verb, "runs") == 0 || strcmp(l->verb, "forked-by") == 0) {
        if (w != NULL || n_who == MAX_WHO)
            errx(EXIT_FAILURE, "%s%s/cast:%d: %s is there already", e->room,
                 where, l->number, l->name);
        w = &who[n_who++];
        w->name = strdup(l->name);
        w->keyboard = -1;
        if (strcmp(l->verb, "forked-by") == 0) {
            if ((w->parent = find_who(l->rest)) == NULL)
                errx(EXIT_FAILURE, "%s%s/cast:%d: who is %s?", e->room, where,
                     l->number, l->rest);
            return 1;
        }
        for (int i = first; i < end; i++)
            typed |= strcmp(e->lines[i].name, l->name) == 0 &&
                     strcmp(e->lines[i].verb, "types") == 0;
        copy = split(swapped ? right_program(e, l) : l->rest, words, pace);
        start(w, e->room, words, typed);
        struct text shown = {0};
        for (int i = 0; words[i] != NULL; i++) {
            add(&shown, " ", i > 0);
            add(&shown, words[i], strlen(words[i]));
        }
        remark(w, "pid %d, %s", (int)w->pid, shown.bytes);
        free(shown.bytes);
        free(copy);
        return 1;
    }
    if (w == NULL)
        errx(EXIT_FAILURE, "%s%s/cast:%d: who is %s?", e->room, where,
             l->number, l->name);
    if (is_about_process(l->verb))
        return play_process(w, l->verb, l->rest);
    struct text text = {0};
    const char *hole = strstr(l->rest, "{unique}");
    add(&text, l->rest, hole ? (size_t)(hole - l->rest) : strlen(l->rest));
    if (hole != NULL) {
        add(&text, unique, strlen(unique));
        hole += strlen("{unique}");
        add(&text, hole, strlen(hole));
    }
    if (strcmp(l->verb, "prints") == 0) {
        if (sscanf(text.bytes, "%d times %n", &times, &used) != 1 || used == 0)
            times = 1, used = 0;
        while (ok && times-- > 0)
            ok = await_line(w, text.bytes + used);
    } else if (strcmp(l->verb, "asks") == 0) {
        ok = await_prompt(w, text.bytes);
    } else if (strcmp(l->verb, "warns") == 0) {
        ok = await_warning(w, text.bytes);
    } else if (strcmp(l->verb, "types") == 0) {
        ok = type(w, text.bytes);
    } else if (strcmp(l->verb, "ends") == 0) {
        ok = await_end(w, text.bytes);
    } else {
        errx(EXIT_FAILURE, "%s%s/cast:%d: what is '%s'?", e->room, where,
             l->number, l->verb);
    }
    free(text.bytes);
    return ok;
}

/* The signal of this verb; that of `gets` is the rest of its line. */
static const char *signal_of(const char *verb)
{
    static const char *const of[][2] = {
        {"gets", ""}, {"stops", "STOP"}, {"goes-on", "CONT"}, {"dies", "KILL"}};

    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
        if (strcmp(verb, of[i][0]) == 0)
            return of[i][1];
    return NULL;
}

/* Is line l of the play one to be done by hand, for w or its child? And how? */
static const char *by_hand_how(const struct example *e, int end,
                               const struct line *l, const char *w)
{
    if (strcmp(l->name, w) == 0 && strcmp(l->verb, "types") == 0)
        return strcmp(l->rest, "^C") == 0 ? "at the end: " : "then type: ";
    if (signal_of(l->verb) == NULL)
        return NULL;
    if (strcmp(l->name, w) == 0)
        return "to its pid: ";
    for (const struct line *k = e->lines; k < e->lines + end; k++)
        if (strcmp(k->verb, "forked-by") == 0 && strcmp(k->rest, w) == 0 &&
            strcmp(k->name, l->name) == 0)
            return "to its child's pid: ";
    return NULL;
}

/* All of that, in the order of the play. */
static void by_hand_steps(const struct example *e, int end, const char *w)
{
    const char *before = "", *how;

    for (const struct line *l = e->lines; l < e->lines + end; l++) {
        if ((how = by_hand_how(e, end, l, w)) == NULL)
            continue;
        if (strcmp(before, how) == 0)
            printf(strncmp(how, "to", 2) == 0 ? ", " : " / ");
        else if (*before == '\0' || (how[0] == 'a' && before[1] == 'h'))
            printf("      %s", how);
        else
            printf("\n      %s", how);
        if (signal_of(l->verb) != NULL)
            printf("kill -%s", signal_of(l->verb));
        printf("%s", l->rest);
        before = how;
    }
    if (*before != '\0')
        putchar('\n');
}

/* Who is stopped, and typed to: the shell would take the terminal from it. */
static int needs_cat(const struct example *e, int end, const char *w)
{
    int stops = 0, typed = 0;

    for (const struct line *l = e->lines; l < e->lines + end; l++)
        if (strcmp(l->name, w) == 0) {
            stops |= strcmp(l->verb, "stops") == 0;
            typed |= strcmp(l->verb, "types") == 0;
        }
    return stops && typed;
}

/* What to type to see the same without this stage. */
static void by_hand(const struct example *e, int end)
{
    int n = 0;
    const char *limit = NULL;

    for (int i = 0; i < end; i++)
        n += strcmp(e->lines[i].verb, "runs") == 0;
    printf(n == 1 ? "By hand:\n"
                  : "By hand, each in its own terminal, in one directory:\n");
    for (int i = 0; i < end; i++)
        if (strcmp(e->lines[i].name, "fifo") == 0)
            printf("  $ mkfifo %s\n", e->lines[i].verb);
        else if (strcmp(e->lines[i].name, "file") == 0)
            printf(*e->lines[i].rest == '\0' ? "  $ : %s>%s\n"
                                             : "  $ echo '%s' >%s\n",
                   e->lines[i].rest, e->lines[i].verb);
    for (int i = 0; i < end; i++) {
        char *words[MAX_WORDS], *copy;
        if (strcmp(e->lines[i].name, "descriptors") == 0)
            limit = e->lines[i].verb;
        if (strcmp(e->lines[i].verb, "runs") != 0)
            continue;
        copy = split(e->lines[i].rest, words, 1);
        printf("  %s$ ", e->lines[i].name);
        if (limit != NULL) /* for this one only: a shell needs more */
            printf("(ulimit -n %s; ", limit);
        printf("%s%s/%s",
               needs_cat(e, end, e->lines[i].name) ? "cat | " : "", build,
               e->room);
        for (int k = 0; words[k] != NULL; k++)
            printf("%c%s", k == 0 ? '/' : ' ', words[k]);
        puts(limit != NULL ? ")" : "");
        free(copy);
        by_hand_steps(e, end, e->lines[i].name);
    }
    putchar('\n');
}

/* Play these lines of it, in a folder of their own. Did all go as written? */
static int play_part(struct example *e, int first, int end)
{
    int ok = 1, before = failed;

    impossible = failed = 0;
    new_folder();
    label_width = 0;
    for (int i = first; i < end; i++)
        if (!is_about_folder(e->lines[i].name) &&
            (int)strlen(e->lines[i].name) > label_width)
            label_width = (int)strlen(e->lines[i].name);
    for (int i = first; ok && i < end; i++)
        ok = play_line(e, &e->lines[i], first, end);
    for (int i = 0; ok && i < n_who; i++) {
        if (who[i].parent == NULL && !who[i].ended && !who[i].given_up)
            ok = fail(&who[i], "still runs at the end of the cast");
        else if (who[i].out.unread.len > 0)
            ok = fail(&who[i], "printed more than the cast has: %s",
                      who[i].out.unread.bytes);
    }
    close_play();
    ok = ok && !failed;
    failed |= before;
    return ok;
}

static void play(struct example *e)
{
    printf("%s%s: %s, article %s, section %s%s\n%s\n",
           colours ? "\033[1m" : "", e->room, e->name, e->article, e->section,
           colours ? "\033[0m" : "", e->about);
    by_hand(e, e->n_lines);
    play_part(e, 0, e->n_lines);
}

/* The wrong program, why it goes wrong, and the right one. */
static void play_trap(struct example *e)
{
    if (!e->expect || !e->happens || !e->why || !e->cure || !e->right)
        errx(EXIT_FAILURE, "%s/traps/cast: %s needs expect, happens, why, cure "
             "and right", e->room, e->name);
    int has_id = strcmp(e->article, "-") != 0; /* not all is in the listings */

    printf("%s%s: %s%s%s%s\n%s\n", colours ? "\033[1m" : "", e->room, e->name,
           has_id ? ", " : "", has_id ? e->article : "",
           colours ? "\033[0m" : "", e->about);
    paragraph("You would expect:", e->expect);
    by_hand(e, e->first_right);
    if (play_part(e, 0, e->first_right) && !swapped) {
        paragraph("\nWhat happens:", e->happens);
        paragraph("Why:", e->why);
        paragraph("The cure:", e->cure);
        printf("\nThe same with %s:\n", e->right);
        if (play_part(e, e->first_right, e->n_lines))
            printf("%s fails, every time; %s does not.\n", e->name, e->right);
        else if (!interrupted && !impossible)
            printf("%s is not right.\n", e->right);
    } else if (!swapped && !interrupted && !impossible) {
        printf("%s did not go wrong as written.\n", e->name);
    }
    putchar('\n');
}

/* Is it asked for? PLAY is NULL for the examples, or as on the command line. */
static int is_wanted(const struct example *e, const char *play)
{
    if (play == NULL || strcmp(play, "all") == 0)
        return play != NULL || !e->is_variant;
    int wanted = strcmp(play, e->name) == 0;
    for (int i = 0; i < e->n_lines; i++)
        wanted |= strcmp(e->lines[i].verb, "runs") == 0 &&
                  strcspn(e->lines[i].rest, " ") == strlen(play) &&
                  strncmp(e->lines[i].rest, play, strlen(play)) == 0;
    return wanted;
}

/* A line of a trap's text: where it belongs, or NULL. */
static char **text_of(struct example *e, const char *name)
{
    return strcmp(name, "expect") == 0    ? &e->expect
           : strcmp(name, "happens") == 0 ? &e->happens
           : strcmp(name, "why") == 0     ? &e->why
           : strcmp(name, "cure") == 0    ? &e->cure
           : strcmp(name, "right") == 0   ? &e->right : NULL;
}

/* Ask scripts/can.c whether this system can play it (0), or not (77: it has
 * printed why), or whether there is no such room (2: it has listed them). By no
 * system(3): it ignores SIGINT meanwhile, and one for us would be lost. */
static int can_play(const char *room)
{
    char path[2 * PATH_MAX];
    int status;

    snprintf(path, sizeof path, "%s/scripts/can", programs);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == -1)
        err(EXIT_FAILURE, TOO_MANY);
    if (pid == 0) {
        execl(path, "can", room, (char *)NULL);
        dprintf(2, "%s: %s\n", path, strerror(errno));
        _exit(127);
    }
    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            err(EXIT_FAILURE, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Play one room, or what is wanted of it; returns the articles' sections for
 * the closing table (of traps: how many), or NULL if the room has no such play
 * and, with -T, after the names of those it has. */
static char *play_room(const char *room, const char *which)
{
    static char articles[1024];
    char path[PATH_MAX], names[1024] = "", *buffer = NULL, *kept[1024];
    struct example *e = NULL;
    size_t size = 0;
    int number = 0, n_kept = 0, n_traps = 0;

    snprintf(path, sizeof path, "%s/%s", room, traps ? "traps/cast" : "cast");
    FILE *f = fopen(path, "re");
    if (f == NULL)
        err(EXIT_FAILURE, "open %s", path);
    articles[0] = '\0';
    for (;;) {
        ssize_t n = getline(&buffer, &size, f);
        char *rest = n == -1 ? NULL : buffer, **text;
        char *name = traps ? "trap" : "example";
        number++;
        if (n != -1) {
            buffer[strcspn(buffer, "\n")] = '\0';
            if (buffer[strspn(buffer, " \t")] == '#' ||
                buffer[strspn(buffer, " \t")] == '\0')
                continue;
            if (n_kept == 1024 || (rest = strdup(buffer)) == NULL)
                errx(EXIT_FAILURE, "%s:%d: too long a cast", path, number);
            kept[n_kept++] = rest;
            name = next_word(&rest);
        }
        if (strcmp(name, traps ? "trap" : "example") == 0 ||
            (!traps && strcmp(name, "variant") == 0)) {
            if (e != NULL && traps) {
                size_t used = strlen(names);
                snprintf(names + used, sizeof names - used, " %s", e->name);
            }
            if (e != NULL && !interrupted && traps && is_wanted(e, which)) {
                snprintf(articles, sizeof articles, "%d trap(s)", ++n_traps);
                play_trap(e);
            } else if (e != NULL && !interrupted && is_wanted(e, which)) {
                size_t used = strlen(articles);
                snprintf(articles + used, sizeof articles - used, "%s%s %s",
                         used ? ", " : "", e->article, e->section);
                play(e);
            }
            free(e);
            e = NULL;
            if (n == -1 || interrupted)
                break;
            if ((e = calloc(1, sizeof *e)) == NULL)
                err(EXIT_FAILURE, "calloc");
            e->room = room;
            e->is_variant = strcmp(name, "variant") == 0;
            e->name = next_word(&rest);
            e->article = next_word(&rest);
            e->section = traps ? NULL : next_word(&rest);
            e->about = rest;
        } else if (traps && e != NULL && (text = text_of(e, name)) != NULL) {
            *text = rest;
            if (text == &e->right)
                e->first_right = e->n_lines;
        } else {
            if (e == NULL || e->n_lines == 256)
                errx(EXIT_FAILURE, "%s:%d: no example, or one too long", path,
                     number);
            struct line *l = &e->lines[e->n_lines++];
            l->name = name;
            l->verb = next_word(&rest);
            l->rest = rest;
            l->number = number;
        }
    }
    while (n_kept > 0)
        free(kept[--n_kept]);
    free(buffer);
    fclose(f);
    if (articles[0] != '\0' || which == NULL || interrupted)
        return articles;
    if (traps)
        fprintf(stderr, "stage: there is no trap '%s' in %s; there are:%s\n",
                which, room, names);
    else
        fprintf(stderr, "stage: %s has no play '%s'\n", path, which);
    return NULL;
}

static double number_from(const char *name, double otherwise)
{
    const char *text = getenv(name);
    char *end;

    if (text == NULL || *text == '\0')
        return otherwise;
    double value = strtod(text, &end);
    if (*end != '\0' || !(value >= 0 && value <= 3600)) {
        fprintf(stderr, "stage: %s=%s is no number from 0 to 3600\n", name,
                text);
        exit(2);
    }
    return value;
}

static void usage(void)
{
    fprintf(stderr, "usage: stage [-b BUILD] [-T [-S]] ROOM[:PLAY]...\n");
    exit(2);
}

int main(int argc, char *argv[])
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct winsize size;
    sigset_t set;
    int on = 1, any_failed = 0, option;
    char table[4096] = "";

    while ((option = getopt(argc, argv, "+b:ST")) != -1)
        switch (option) {
        case 'b':
            build = optarg;
            break;
        case 'S':
            swapped = 1;
            break;
        case 'T':
            traps = 1;
            break;
        default:
            usage();
        }
    if (optind == argc || (swapped && !traps))
        usage();
    pace = number_from("PACE", 1);
    patience = number_from("PATIENCE", 30);
    if (realpath(build, programs) == NULL)
        err(EXIT_FAILURE, "%s (try: make)", build);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (setlocale(LC_CTYPE, "") == NULL || MB_CUR_MAX == 1)
        setlocale(LC_CTYPE, "C.UTF-8");
    if (isatty(STDOUT_FILENO)) {
        const char *term = getenv("TERM");
        columns = ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col > 20
                      ? size.ws_col : 80;
        colours = getenv("NO_COLOR") == NULL && term != NULL &&
                  strcmp(term, "dumb") != 0;
    }
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    inbox = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    signals = signalfd(-1, &set, SFD_CLOEXEC);
    if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 || signals == -1 ||
        prctl(PR_SET_CHILD_SUBREAPER, 1) == -1 || inbox == -1 ||
        setsockopt(inbox, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == -1 ||
        bind(inbox, (struct sockaddr *)&name, sizeof(sa_family_t)) == -1 ||
        atexit(close_at_exit) != 0)
        err(EXIT_FAILURE, "setting the stage");

    for (int i = optind; i < argc && !interrupted; i++) {
        size_t used = strlen(table);
        const char *articles = "", *result = "skipped";
        char *room = strdup(argv[i]), *which;
        if (room == NULL)
            err(EXIT_FAILURE, "strdup");
        if ((which = strchr(room, ':')) != NULL)
            *which++ = '\0';
        failed = 0;
        switch (can_play(room)) {
        case 0:
            articles = play_room(room, which);
            if (articles == NULL)
                exit(2);
            result = interrupted ? "interrupted" : failed ? "failed" : "ok";
            break;
        case 77:
            break;
        default:
            exit(2);
        }
        snprintf(table + used, sizeof table - used, "%-11s %-7s %s\n", argv[i],
                 result, articles);
        any_failed |= failed;
        printf("%s: %s\n\n", argv[i], result);
        free(room);
    }
    errno = stdout_errno;
    if (errno != 0 && errno != EPIPE)
        err(EXIT_FAILURE, "stdout");
    if (interrupted) {
        signal(interrupted, SIG_DFL);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        raise(interrupted);
    }
    if (argc - optind > 1)
        printf("mechanism   result  %s\n%s",
               traps ? "traps" : "article and section", table);
    if (ferror(stdout) || fflush(stdout) == EOF)
        err(EXIT_FAILURE, "stdout");
    return any_failed;
}
