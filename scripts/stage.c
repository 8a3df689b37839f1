/* stage.c - play the casts of the rooms: real processes, every line labelled.
 *
 * Run from the project's root:  build/scripts/stage [-b BUILD] ROOM[:PLAY]...
 *   ROOM plays the room's examples, ROOM:all its variants, too; ROOM:PLAY the
 *   play of that name, or those in which the program of that name runs.
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
 * Whatever else comes on stdout is an error; on stderr it is only shown. If a
 * process ends with 77 instead, this system cannot do it: the play is skipped.
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
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

enum { MAX_WHO = 16, MAX_WORDS = 64 };

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
    struct stream out, err;
};

static struct who who[MAX_WHO];
static int n_who;
static const char *build = "build"; /* as the user knows it */
static char programs[PATH_MAX];      /* the same, absolute */
static double pace = 1, patience = 30;
static char folder[PATH_MAX]; /* where the play takes place: its own, private */
static int folder_lock = -1;  /* see new_folder() */
static char unique[32];
static int inbox = -1, signals = -1, columns, label_width;
static int colours, failed, interrupted, stdout_errno;
static int impossible; /* a process of this play has ended with 77 */

/* ---- what the spectator sees ------------------------------------------ */

/* Print text after a label, folded to the terminal's width. */
static void show(const struct who *w, char mark, const char *text, size_t len)
{
    static const int palette[] = {36, 33, 35, 32, 34, 31};
    char colour[16] = "";
    mbstate_t state;
    int column = label_width + 3;

    if (colours)
        snprintf(colour, sizeof colour, "\033[%d%sm", palette[(w - who) % 6],
                 mark == '<' ? ";1" : mark == '|' ? "" : ";2");
    printf("%s%-*s %c ", colour, label_width, w->name, mark);
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
        show(w, ':', text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
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
static const char *signal_name(int sig)
{
    static const struct { int sig; const char *name; } names[] = {
        {SIGHUP, "HUP"}, {SIGINT, "INT"}, {SIGQUIT, "QUIT"}, {SIGTERM, "TERM"},
        {SIGKILL, "KILL"}, {SIGPIPE, "PIPE"}, {SIGALRM, "ALRM"},
        {SIGSEGV, "SEGV"}, {SIGBUS, "BUS"}, {SIGABRT, "ABRT"},
        {SIGUSR1, "USR1"}, {SIGUSR2, "USR2"}};
    static char other[16];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].sig == sig)
            return names[i].name;
    snprintf(other, sizeof other, "%d", sig);
    return other;
}

static void reap(void)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (struct who *w = who; w < who + n_who; w++) {
            if (w->pid != pid || w->parent != NULL)
                continue;
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
        while (receive()) /* its last words come before its end */
            ;
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

/* Under the director (see scripts/director.c) no two runs are to differ: nobody
 * does anything while another still runs. It waits for us, as we do not sleep. */
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
    w->pid = fork();
    if (w->pid == -1)
        err(EXIT_FAILURE, "fork");
    if (w->pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        /* Whatever we or nohup(1) ignore, the programs meet the usual. */
        for (int sig = 1; sig < NSIG; sig++)
            signal(sig, SIG_DFL);
        if (setpgid(0, 0) == -1 || prctl(PR_SET_PDEATHSIG, SIGTERM) == -1 ||
            chdir(folder) == -1 || dup2(in[0], 0) == -1 ||
            dup2(out, 1) == -1 || dup2(err_, 2) == -1 ||
            sigprocmask(SIG_SETMASK, &none, NULL) == -1)
            _exit(126);
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

/* Count the System V objects that are this play's, and remove them if asked:
 * those keyed by its folder, and private ones that one of its processes used. */
static int sysv_objects(int remove_them)
{
    static const char *const kinds[] = {"msg", "sem", "shm"};
    unsigned ours = folder_keys();
    int n = 0;

    for (int kind = 0; kind < 3; kind++) {
        char path[64], line[512];
        snprintf(path, sizeof path, "/proc/sysvipc/%s", kinds[kind]);
        FILE *f = fopen(path, "re");
        if (f == NULL)
            continue; /* a kernel without System V IPC: the demos say so */
        while (fgets(line, sizeof line, f) != NULL) {
            long long key;
            int id, a = 0, b = 0, mine = 0;
            if (sscanf(line, "%lld %d", &key, &id) != 2)
                continue;
            if (kind == 0) /* lspid and lrpid; for shm: cpid and lpid */
                sscanf(line, "%*d %*d %*d %*d %*d %d %d", &a, &b);
            else if (kind == 2)
                sscanf(line, "%*d %*d %*d %*d %d %d", &a, &b);
            for (int i = 0; key == 0 && i < n_who; i++)
                mine |= who[i].pid > 0 && (who[i].pid == a || who[i].pid == b);
            if (!mine && ((unsigned)key & 0xffffff) != ours)
                continue;
            n++;
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

/* A fresh folder whose keys nobody else has. ftok(3) keeps only 24 bits of a
 * folder, so two plays could meet: a name in the abstract socket space, which
 * the kernel gives to one process only, reserves these bits while we play. */
static void new_folder(void)
{
    const char *tmp = getenv("TMPDIR");

    for (int tries = 0; tries < 100; tries++) {
        struct sockaddr_un name = {.sun_family = AF_UNIX};
        if (tmp == NULL || snprintf(folder, sizeof folder, "%s/ipc.XXXXXX",
                                    tmp) >= (int)sizeof folder)
            strcpy(folder, "/tmp/ipc.XXXXXX");
        if (mkdtemp(folder) == NULL)
            err(EXIT_FAILURE, "mkdtemp %s", folder);
        snprintf(unique, sizeof unique, "ipc-play-%06x", folder_keys());
        int n = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "%s.lock",
                         unique);
        folder_lock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (folder_lock == -1)
            err(EXIT_FAILURE, "socket");
        if (bind(folder_lock, (struct sockaddr *)&name,
                 (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1 +
                     (socklen_t)n) == 0 && sysv_objects(0) == 0)
            return;
        close(folder_lock);
        folder_lock = -1;
        rmdir(folder);
    }
    errx(EXIT_FAILURE, "no folder with free System V keys after 100 tries");
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
                left++;
            }
        for (int i = 0; i < n_who; i++)
            while (who[i].pid > 0 && !who[i].ended && who[i].parent == NULL &&
                   (pump(deadline) || now() < deadline))
                ;
    }
    for (int i = 0; i < n_who; i++) /* a child that its parent left alone */
        if (who[i].pid > 0 && who[i].parent == NULL &&
            kill(-who[i].pid, SIGKILL) == 0) {
            left++;
            while (waitpid(-who[i].pid, NULL, 0) > 0)
                ;
        }
    return left;
}

/* Everything of this play goes away; what should not have been there is told. */
static void close_play(void)
{
    int left = end_all(), objects = sysv_objects(1);
    struct dirent *e;
    DIR *d = opendir(folder);

    if (left > 0 && !failed && !interrupted)
        printf("left behind: a process\n");
    if (objects > 0 && !interrupted)
        printf("left behind: %d System V object(s)\n", objects);
    while (d != NULL && (e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        objects++;
        if (!interrupted)
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
    if (left + objects > 0)
        failed = 1;
    else if (!failed)
        printf("left behind: nothing\n");
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
    printf("FAILED: %s: ", w->name);
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
        struct who *process = w->parent != NULL ? w->parent : w;
        if (process->ended)
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
        if (w->ended || !pump(deadline))
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
        if (w->ended || !pump(deadline))
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
    return strcmp(how, want) == 0 || fail(w, "ended with %s, not %s", how, want);
}

/* The lines of one example. They are cut into words in place. */
struct line {
    char *name, *verb, *rest;
    int number; /* in the cast file */
};
struct example {
    const char *room;
    char *name, *article, *section, *about;
    int is_variant;
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

static int play_line(struct example *e, struct line *l)
{
    struct who *w = find_who(l->name);
    char *words[MAX_WORDS], *copy;
    int ok = 1, times = 1, used = 0, typed = 0;

    if (strcmp(l->verb, "runs") == 0 || strcmp(l->verb, "forked-by") == 0) {
        if (w != NULL || n_who == MAX_WHO)
            errx(EXIT_FAILURE, "%s/cast:%d: %s is there already", e->room,
                 l->number, l->name);
        w = &who[n_who++];
        w->name = strdup(l->name);
        w->keyboard = -1;
        if (strcmp(l->verb, "forked-by") == 0) {
            if ((w->parent = find_who(l->rest)) == NULL)
                errx(EXIT_FAILURE, "%s/cast:%d: who is %s?", e->room,
                     l->number, l->rest);
            return 1;
        }
        for (int i = 0; i < e->n_lines; i++)
            typed |= strcmp(e->lines[i].name, l->name) == 0 &&
                     strcmp(e->lines[i].verb, "types") == 0;
        copy = split(l->rest, words, pace);
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
        errx(EXIT_FAILURE, "%s/cast:%d: who is %s?", e->room, l->number, l->name);
    struct text text = {0};
    const char *hole = strstr(l->rest, "{unique}");
    add(&text, l->rest, hole ? (size_t)(hole - l->rest) : strlen(l->rest));
    if (hole != NULL) {
        add(&text, unique, strlen(unique));
        add(&text, hole + strlen("{unique}"), strlen(hole + strlen("{unique}")));
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
        errx(EXIT_FAILURE, "%s/cast:%d: what is '%s'?", e->room, l->number,
             l->verb);
    }
    free(text.bytes);
    return ok;
}

/* What to type to see the same without this stage. */
static void by_hand(const struct example *e)
{
    int n = 0, typed = 0;

    for (int i = 0; i < e->n_lines; i++)
        n += strcmp(e->lines[i].verb, "runs") == 0;
    printf(n == 1 ? "By hand:\n"
                  : "By hand, each in its own terminal, in one directory:\n");
    for (int i = 0; i < e->n_lines; i++) {
        char *words[MAX_WORDS], *copy;
        const char *before = "      then type: ";
        if (strcmp(e->lines[i].verb, "runs") != 0)
            continue;
        copy = split(e->lines[i].rest, words, 1);
        printf("  %s$ %s/%s", e->lines[i].name, build, e->room);
        for (int k = 0; words[k] != NULL; k++)
            printf("%c%s", k == 0 ? '/' : ' ', words[k]);
        putchar('\n');
        free(copy);
        for (int k = 0; k < e->n_lines; k++)
            if (strcmp(e->lines[k].name, e->lines[i].name) == 0 &&
                strcmp(e->lines[k].verb, "types") == 0) {
                int last = strcmp(e->lines[k].rest, "^C") == 0;
                printf("%s%s", last ? "      at the end: " : before,
                       e->lines[k].rest);
                before = " / ";
                typed = 1;
            }
        if (typed)
            putchar('\n');
        typed = 0;
    }
    putchar('\n');
}

static void play(struct example *e)
{
    int ok = 1;

    printf("%s%s: %s, article %s, section %s%s\n%s\n",
           colours ? "\033[1m" : "", e->room, e->name, e->article, e->section,
           colours ? "\033[0m" : "", e->about);
    impossible = 0;
    new_folder();
    by_hand(e);
    label_width = 0;
    for (int i = 0; i < e->n_lines; i++)
        if ((int)strlen(e->lines[i].name) > label_width)
            label_width = (int)strlen(e->lines[i].name);
    for (int i = 0; ok && i < e->n_lines; i++)
        ok = play_line(e, &e->lines[i]);
    for (int i = 0; ok && i < n_who; i++) {
        if (who[i].parent == NULL && !who[i].ended)
            ok = fail(&who[i], "still runs at the end of the cast");
        else if (who[i].out.unread.len > 0)
            ok = fail(&who[i], "printed more than the cast has: %s",
                      who[i].out.unread.bytes);
    }
    close_play();
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

/* Ask scripts/can.c whether this system can play it (0), or not (77: it has
 * printed why), or whether there is no such room (2: it has listed them). */
static int can_play(const char *room)
{
    char command[2 * PATH_MAX];

    snprintf(command, sizeof command, "'%s/scripts/can' '%s'", programs, room);
    fflush(stdout);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Play one room, or what is wanted of it; returns the articles' sections for
 * the closing table, or NULL if the room has no such play. */
static char *play_room(const char *room, const char *which)
{
    static char articles[1024];
    char path[PATH_MAX], *buffer = NULL, *kept[1024];
    struct example *e = NULL;
    size_t size = 0;
    int number = 0, n_kept = 0;

    snprintf(path, sizeof path, "%s/cast", room);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        err(EXIT_FAILURE, "open %s", path);
    articles[0] = '\0';
    for (;;) {
        ssize_t n = getline(&buffer, &size, f);
        char *rest = n == -1 ? NULL : buffer, *name = "example";
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
        if (strcmp(name, "example") == 0 || strcmp(name, "variant") == 0) {
            if (e != NULL && !interrupted && is_wanted(e, which)) {
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
            e->section = next_word(&rest);
            e->about = rest;
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
    return articles[0] == '\0' && which != NULL && !interrupted ? NULL : articles;
}

static double number_from(const char *name, double otherwise)
{
    const char *text = getenv(name);
    char *end;

    if (text == NULL || *text == '\0')
        return otherwise;
    double value = strtod(text, &end);
    if (*end != '\0' || !(value >= 0 && value <= 3600)) {
        fprintf(stderr, "stage: %s=%s is no number from 0 to 3600\n", name, text);
        exit(2);
    }
    return value;
}

int main(int argc, char *argv[])
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct winsize size;
    sigset_t set;
    int on = 1, any_failed = 0, option;
    char table[4096] = "";

    while ((option = getopt(argc, argv, "+b:")) != -1) {
        if (option != 'b') {
            fprintf(stderr, "usage: stage [-b BUILD] ROOM[:PLAY]...\n");
            exit(2);
        }
        build = optarg;
    }
    if (optind == argc) {
        fprintf(stderr, "usage: stage [-b BUILD] ROOM[:PLAY]...\n");
        exit(2);
    }
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
            if (articles == NULL) {
                fprintf(stderr, "stage: %s/cast has no play '%s'\n", room,
                        which);
                exit(2);
            }
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
        printf("mechanism   result  article and section\n%s", table);
    if (ferror(stdout) || fflush(stdout) == EOF)
        err(EXIT_FAILURE, "stdout");
    return any_failed;
}
