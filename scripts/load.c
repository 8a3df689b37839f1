/* load.c - what do N clients at once cost a server, and each of their requests?
 *
 * Run: build/scripts/load [-b BUILD] SERVER [CLIENTS [REQUESTS]]
 *   SERVER    fifo_server, sock_server, msg_reply_server or fifo_chatroom, the
 *             program below BUILD (build), alone in a folder of its own
 *   CLIENTS   all of them are there at once, from the first request on (10)
 *   REQUESTS  of each, 10 or more; in turn, the next when the last is answered
 *             (so many that there are 10000 of all)
 * Environment: TMPDIR.
 * Status: 0; 1 a call failed, or an answer was wrong or did not come; 2 usage;
 * 77 this system has not even room for one client.
 *
 * A thousand clients as a thousand programs would measure how a shell starts
 * them. So all are played by this one process, which has for each what a client
 * has: its connection, or its FIFO. It speaks the protocol to the byte and
 * checks each answer. Two servers are not as the others:
 *   msg_reply_server  looks whether its client's process is there, and forgets
 *                     it when it is not. So each is one that has ended, but is
 *                     not waited for yet: it has a pid, and costs nothing. It
 *                     asks once, then the next one takes its place
 *   fifo_chatroom     has no server: a line is typed at one program, which
 *                     writes it to each of the others. That is counted as
 *                     CLIENTS requests; p99 is of a whole line, to the last one
 *
 * One line comes out; the shell's loops, forks and checks are not in it:
 *   ns         of a request and its answer: the mean of each of ten blocks, and
 *              of these the median; low, high: the least and the most of them
 *   p99        of a hundred requests 99 take no longer, in ns
 *   cpu        ns of the server's processor time for a request (its CPU clock,
 *              see clock_getcpuclockid(3))
 *   rss        kB of memory that the server has with all its clients
 *   memory     bytes of it for each client behind the first: anonymous memory
 *              (/proc/PID/smaps_rollup), at the end, less that with one client
 *   fds        descriptors that the server holds for each client (/proc/PID/fd)
 *   limit      if CLIENTS was too many: whose limit it is. `of` were asked for
 * What the kernel has for a client besides (the buffers of its FIFO or socket)
 * is no process's, and not in it. Both processes share one processor: who of
 * them runs where would otherwise decide, and not the number of clients.
 */
#define _GNU_SOURCE /* sched_setaffinity(2), CPU_SET(3) */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    BLOCKS = 10,
    MOST_CLIENTS = 100000,
    MOST_REQUESTS = 10000000, /* of all together */
    TICK = 100,               /* ms: so often is who waits interrupted */
    PATIENCE = 100,           /* ticks that a server may take for an answer */
    IDLE = 10,                /* ticks that it sleeps if it does not want us */
    LINE = 256
};

struct kind {
    const char *name, *room, *ready; /* what it says when it is ready */
    const char *limit;               /* of its own on clients */
    void (*enter)(void);             /* it is ready: find its door */
    int (*come)(int);                /* a client is there; 0: it cannot */
    int (*ask)(int);                 /* ask, check the answer; 0: refused */
    int are_pids;                    /* a client is one, and asks only once */
    int for_all;                     /* a request is one to each client */
};
static const struct kind *kind;

static char folder[PATH_MAX];   /* where the server, its clients' FIFOs are */
static pid_t server = -1;
static int its_stderr = -1, its_stdin = -1, door = -1;
static char said[4096];         /* what it has said on stderr, */
static size_t n_said;
static int clients, *fd_of;     /* each client's FIFO or socket; or its pid */
static const char *why_not = ""; /* no more clients: the call, or the limit */
static long number;             /* of the request, of all that there were */
static int filling;             /* clients come: to refuse one is no failure */
static key_t key = -1;
static volatile sig_atomic_t got_signal, ticks, asked_at;

static void on_signal(int sig)
{
    if (sig == SIGALRM)
        ticks++;
    else
        got_signal = sig;
}

/* ---- the end, whoever brings it about ---- */

static void hear_server(void) /* as far as it has said something */
{
    char rest[512];
    ssize_t n;

    while (its_stderr != -1 &&
           (n = read(its_stderr, rest, sizeof rest)) > 0) {
        size_t room = sizeof said - 1 - n_said;
        size_t take = (size_t)n < room ? (size_t)n : room;
        memcpy(said + n_said, rest, take);
        n_said += take;
        said[n_said] = '\0';
    }
}

/* It is asked first, so that it takes away what it has made. */
static void end_server(void)
{
    int begin = ticks, killed = 0;

    if (server <= 0)
        return;
    kill(server, SIGTERM);
    kill(server, SIGCONT); /* somebody may have stopped it */
    while (waitpid(server, NULL, 0) == -1 && errno == EINTR)
        if (ticks - begin > 2000 / TICK && !killed++)
            kill(server, SIGKILL);
    server = -1;
}

static void remove_all(void)
{
    int queue = key == -1 ? -1 : msgget(key, 0);
    DIR *here = NULL;
    struct dirent *e;

    if (queue != -1) /* a server that was killed; nobody had one there before */
        msgctl(queue, IPC_RMID, NULL);
    if (folder[0] == '\0')
        return;
    for (int i = 0; i < clients && !kind->are_pids; i++)
        close(fd_of[i]); /* opendir(3) takes one */
    here = opendir(folder);
    while (here != NULL && (e = readdir(here)) != NULL)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlinkat(dirfd(here), e->d_name, 0);
    if (here != NULL)
        closedir(here);
    if (rmdir(folder) == -1)
        warn("rmdir %s", folder);
    folder[0] = '\0';
}

static _Noreturn void leave(int status)
{
    if (status == EXIT_FAILURE && !got_signal) {
        hear_server();
        if (n_said > 0)
            fprintf(stderr, "%s", said);
    }
    end_server();
    remove_all();
    if (got_signal) {
        signal(got_signal, SIG_DFL);
        raise(got_signal);
    }
    exit(status);
}

static _Noreturn void fail(const char *call)
{
    int too_few = errno == EMFILE || errno == ENFILE;

    warn("%s", call);
    leave(too_few ? 77 : EXIT_FAILURE);
}

static _Noreturn void give_up(const char *why)
{
    warnx("%s: request %ld: %s", kind->name, number, why);
    leave(EXIT_FAILURE);
}

/* ---- what /proc says of the server ---- */

/* The number behind this name in a file of its folder; -1: it has none. */
static long told(const char *file, const char *name)
{
    char path[64], line[512];
    long value = -1;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)server, file);
    FILE *f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtol(line + strlen(name), NULL, 10);
    if (f != NULL)
        fclose(f);
    return value;
}

static int is_asleep(void)
{
    char path[64], line[512] = "";

    snprintf(path, sizeof path, "/proc/%d/stat", (int)server);
    FILE *f = fopen(path, "re");
    if (f == NULL) /* no descriptor is left to look: so it has none, either */
        return 1;
    const char *name = fgets(line, sizeof line, f);
    if (name != NULL)
        name = strrchr(line, ')');
    fclose(f);
    return name != NULL && name[1] == ' ' && name[2] == 'S';
}

static int descriptors(void)
{
    char path[64];
    int n = 0;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)server);
    DIR *d = opendir(path);
    while (d != NULL && readdir(d) != NULL)
        n++;
    if (d != NULL)
        closedir(d);
    return n - 2; /* . and .. */
}

/* ---- waiting: each call that waits is interrupted now and then ---- */

/* Go on? If not, the server does not want this client. */
static int wait_on(void)
{
    int status;

    if (got_signal)
        leave(EXIT_FAILURE);
    if (waitpid(server, &status, WNOHANG) == server) {
        server = -1;
        hear_server();
        warnx("%s has ended by %s %d%s", kind->name,
              WIFSIGNALED(status) ? "signal" : "status",
              WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
              n_said > 0 ? "; it had said:" : "");
        leave(EXIT_FAILURE);
    }
    if (filling) {
        hear_server();
        if (strstr(said, "one too many") != NULL ||
            (ticks - asked_at >= IDLE && is_asleep()))
            return 0;
    }
    if (ticks - asked_at >= PATIENCE)
        give_up("no answer");
    return 1;
}

/* It has done all that it had to do, and waits for a request: not only has its
 * answer come. */
static void let_it_rest(void)
{
    asked_at = ticks;
    while (!is_asleep() && wait_on())
        sched_yield();
}

/* Returns 0 if the server does not want this client. */
static size_t take(int fd, char *buf, size_t size)
{
    ssize_t n;

    while ((n = read(fd, buf, size)) == -1 && errno == EINTR)
        if (!wait_on())
            return 0;
    if (n == -1)
        fail("read");
    if (n == 0)
        give_up("the server has hung up");
    return (size_t)n;
}

static void give(int fd, const char *buf, size_t size)
{
    ssize_t n;

    while ((n = write(fd, buf, size)) == -1 && errno == EINTR)
        wait_on();
    if (n == -1)
        fail("write");
    if (n != (ssize_t)size)
        give_up("a request was cut");
}

static void compare(const char *got, size_t size, const char *wanted)
{
    if (size == strlen(wanted) && memcmp(got, wanted, size) == 0)
        return;
    fprintf(stderr, "load: the answer is: %.*s\n  and should be: %s\n",
            (int)size, got, wanted);
    give_up("a wrong answer");
}

/* A client could not come: of what is there too little? */
static int full(const char *call)
{
    static char words[LINE];
    struct rlimit r = {0, 0};

    getrlimit(errno == EAGAIN ? RLIMIT_NPROC : RLIMIT_NOFILE, &r);
    if (errno == EMFILE)
        snprintf(words, sizeof words, "ulimit -n %ld", (long)r.rlim_cur);
    else if (errno == ENFILE)
        snprintf(words, sizeof words, "fs.file-max");
    else if (errno == EAGAIN && strcmp(call, "fork") == 0)
        snprintf(words, sizeof words, "ulimit -u %ld, or pids.max",
                 (long)r.rlim_cur);
    else
        snprintf(words, sizeof words, "%s: %s", call, strerror(errno));
    why_not = words;
    return 0;
}

/* ---- fifo_server: see fifo/fifo_request.h ---- */

enum { FIRST_PID = 5000000 }; /* no process has it: they end at 4194304 */

static void fifo_enter(void)
{
    door = open("fifo_server.fifo", O_WRONLY);
    if (door == -1)
        fail("open fifo_server.fifo");
}

static int own_fifo(const char *name)
{
    if (mkfifo(name, 0600) == -1)
        return full("mkfifo");
    if ((fd_of[clients] = open(name, O_RDWR | O_CLOEXEC)) != -1)
        return 1;
    full("open");
    unlink(name); /* nobody reads it */
    return 0;
}

static int fifo_come(int i)
{
    char name[LINE];

    snprintf(name, sizeof name, "fifo_client.%d", FIRST_PID + i);
    return own_fifo(name);
}

static int fifo_ask(int i)
{
    char line[LINE], wanted[LINE], got[LINE];

    int n = snprintf(line, sizeof line, "\n%d request %08ld\n", FIRST_PID + i,
                     number);
    give(door, line, (size_t)n);
    snprintf(wanted, sizeof wanted, "\n%ld request %08ld\n", number, number);
    size_t size = take(fd_of[i], got, sizeof got);
    if (size != 0)
        compare(got, size, wanted);
    return size != 0;
}

/* ---- sock_server: a line goes, `server PID: ` and the line comes ---- */

static int sock_come(int i)
{
    struct sockaddr_un addr = {AF_UNIX, "sock.server"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    fd_of[i] = fd;
    if (fd == -1)
        return full("socket");
    while (connect(fd, (struct sockaddr *)&addr, sizeof addr) == -1) {
        if (errno == EISCONN)
            break;
        if (errno != EINTR)
            fail("connect");
        if (!wait_on()) {
            why_not = "net.core.somaxconn";
            return 0;
        }
    }
    return 1;
}

static int sock_ask(int i)
{
    char line[64], wanted[LINE], got[LINE];
    size_t size = 0;

    int n = snprintf(line, sizeof line, "request %08ld\n", number);
    give(fd_of[i], line, (size_t)n);
    snprintf(wanted, sizeof wanted, "server %d: %s", (int)server, line);
    do {
        size_t more = take(fd_of[i], got + size, sizeof got - size);
        if (more == 0)
            return 0;
        size += more;
    } while (got[size - 1] != '\n' && size < sizeof got);
    compare(got, size, wanted);
    return 1;
}

/* ---- msg_reply_server: see msgqueue/msg_reply.h ---- */

enum { REQUEST = 8888888 };
struct reply_form {
    long mtype;
    int client;
    unsigned ticket;
    char mtext[256];
};
#define MSG_HEAD (sizeof(int) + sizeof(unsigned))

static void msg_enter(void)
{
    if ((door = msgget(key, 0)) == -1)
        fail("msgget");
}

static int msg_come(int i)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    if (pid == -1)
        return full("fork");
    fd_of[i] = pid;
    siginfo_t end;
    while (waitid(P_PID, (id_t)pid, &end, WEXITED | WNOWAIT) == -1)
        if (errno != EINTR)
            fail("waitid");
    return 1;
}

static void msg_go(int i) /* and its pid with it */
{
    if (waitpid(fd_of[i], NULL, 0) == -1)
        fail("waitpid");
}

static void msg_again(int i)
{
    msg_go(i);
    if (!msg_come(i))
        give_up(why_not);
}

static void msg_send(int i)
{
    struct reply_form msg = {REQUEST, fd_of[i], (unsigned)number, ""};
    int n = sprintf(msg.mtext, "hello, I'm client %7d", msg.client);

    while (msgsnd(door, &msg, MSG_HEAD + (size_t)n + 1, 0) == -1) {
        if (errno != EINTR)
            fail("msgsnd");
        wait_on();
    }
}

static int msg_ask(int i)
{
    char wanted[LINE];
    struct reply_form msg;
    ssize_t n;

    msg_send(i);
    while ((n = msgrcv(door, &msg, sizeof msg - sizeof msg.mtype, fd_of[i],
                       0)) == -1) {
        if (errno != EINTR)
            fail("msgrcv");
        if (!wait_on())
            return 0;
    }
    snprintf(wanted, sizeof wanted, "hello, I'm server %d", (int)server);
    if (n <= (ssize_t)MSG_HEAD || msg.client != fd_of[i] ||
        msg.ticket != (unsigned)number)
        give_up("an answer of another request");
    compare(msg.mtext, (size_t)n - MSG_HEAD - 1, wanted);
    return 1;
}

/* Its desk is full. Who has left stays on it until he is looked after: two are
 * at a request, and all when nobody has asked for a second. So half of them
 * leave, for as many may be there as have left, and it looks after all once. */
static void msg_too_many(int i)
{
    const char *slept = "voluntary_ctxt_switches:";

    filling = 0;
    msg_go(i);
    while (clients > (i + 1) / 2)
        msg_go(--clients);
    let_it_rest();
    asked_at = ticks;
    for (long n = told("status", slept); told("status", slept) == n; wait_on())
        pause();              /* a tick at most */
    let_it_rest();
}

/* ---- fifo_chatroom: a line typed at one goes to all others ---- */

static int chat_come(int i)
{
    char name[LINE];

    snprintf(name, sizeof name, ".fifo_room.m%d", i);
    return own_fifo(name);
}

static int chat_ask(int unused)
{
    char line[64], wanted[LINE], got[LINE];

    (void)unused;
    int n = snprintf(line, sizeof line, "request %08ld\n", number);
    snprintf(wanted, sizeof wanted, "server: %s", line);
    give(its_stdin, line, (size_t)n);
    for (int i = 0; i < clients; i++) {
        size_t size = take(fd_of[i], got, sizeof got);
        if (size == 0)
            return 0;
        compare(got, size, wanted);
    }
    return 1;
}

static const struct kind kinds[] = {
    {"fifo_server", "fifo", "waiting for fifo_client", "", fifo_enter,
     fifo_come, fifo_ask, 0, 0},
    {"sock_server", "unixsock", "waiting for clients", "its own, FDS", NULL,
     sock_come, sock_ask, 0, 0},
    {"msg_reply_server", "msgqueue", "waiting for requests",
     "its own, MAX_CLIENTS", msg_enter, msg_come, msg_ask, 1, 0},
    {"fifo_chatroom", "chat", "you are in the room", "", NULL, chat_come,
     chat_ask, 0, 1}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- the play ---- */

/* A folder of its own, of which nobody has made the key yet. */
static void make_folder(void)
{
    const char *tmp = getenv("TMPDIR");
    char whole[PATH_MAX];

    if (realpath(tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp", whole) == NULL)
        err(EXIT_FAILURE, "TMPDIR");
    for (int tries = 0; tries < 100; tries++) {
        if (snprintf(folder, sizeof folder, "%s/ipc.XXXXXX", whole) >=
            (int)sizeof folder)
            errx(EXIT_FAILURE, "TMPDIR is too long");
        if (mkdtemp(folder) == NULL) {
            folder[0] = '\0';
            fail("mkdtemp");
        }
        if (strcmp(kind->room, "msgqueue") != 0)
            return;
        key_t k = ftok(folder, 'r');
        if (k != -1 && msgget(k, 0) == -1 && errno == ENOENT) {
            key = k;
            return;
        }
        rmdir(folder);
        folder[0] = '\0';
    }
    give_up("each key is there already");
}

static void start_server(const char *path)
{
    int out[2], in[2];
    pid_t us = getpid();

    if (pipe2(out, O_CLOEXEC) == -1 || pipe2(in, O_CLOEXEC) == -1)
        fail("pipe");
    server = fork();
    if (server == -1)
        fail("fork");
    if (server == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        /* If we are killed, it has to go, too, and clean up. */
        if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1 || getppid() != us ||
            dup2(in[0], STDIN_FILENO) == -1 ||
            dup2(null, STDOUT_FILENO) == -1 ||
            dup2(out[1], STDERR_FILENO) == -1)
            _exit(1);
        execl(path, kind->name, kind->for_all ? "server" : NULL, (char *)NULL);
        warn("exec %s", path);
        _exit(1);
    }
    close(out[1]);
    close(in[0]);
    its_stderr = out[0];
    its_stdin = in[1];
    while (strstr(said, kind->ready) == NULL) {
        size_t n = take(its_stderr, said + n_said, sizeof said - 1 - n_said);
        n_said += n;
        said[n_said] = '\0';
    }
    n_said = 0;
    said[0] = '\0';
    if (fcntl(its_stderr, F_SETFL, O_NONBLOCK) == -1)
        fail("fcntl");
}

static double ns(clockid_t clock)
{
    struct timespec t;

    if (clock_gettime(clock, &t) == -1)
        fail("clock_gettime");
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* This one was refused. */
static void turn_away(int i, int spare)
{
    struct rlimit r;

    clients--;
    close(spare);
    if (!kind->are_pids && getrlimit(RLIMIT_NOFILE, &r) == 0 &&
        (rlim_t)descriptors() >= r.rlim_cur) {
        errno = EMFILE;
        full("accept");
    } else if (*kind->limit != '\0') {
        why_not = kind->limit;
    } else {
        give_up("no answer");
    }
    if (kind->are_pids)
        msg_too_many(i);
    else
        close(fd_of[i]);
}

/* Let them come, one after the other, each served at once. Returns what memory
 * the server had of its own with the first one. */
static long fill(int wanted)
{
    int spare = dup(STDERR_FILENO); /* who looks at /proc needs a descriptor */
    long memory = -1;

    filling = 1;
    while (clients < wanted) {
        int i = clients;
        asked_at = ticks;
        if (!kind->come(i))
            break;
        clients++;
        number++;
        if ((i == 0 || !kind->for_all) && !kind->ask(i)) {
            turn_away(i, spare);
            spare = -1;
            break;
        }
        if (i > 0)
            continue;
        let_it_rest();
        memory = told("smaps_rollup", "Anonymous:");
    }
    filling = 0;
    if (spare != -1)
        close(spare);
    return memory;
}

/* All have come: they ask, and this is how long each request took. */
static void ask_all(double *trip, long samples)
{
    for (long s = 0; s < samples; s++) {
        int i = (int)(s % clients);
        if (got_signal)
            leave(EXIT_FAILURE);
        asked_at = ticks;
        if (kind->are_pids)
            msg_again(i);
        number++;
        double begin = ns(CLOCK_MONOTONIC);
        kind->ask(i);
        trip[s] = ns(CLOCK_MONOTONIC) - begin;
    }
}

int main(int argc, char *argv[])
{
    struct sigaction sa = {.sa_handler = on_signal};
    struct itimerval each = {{0, TICK * 1000}, {0, TICK * 1000}};
    const char *build = "build";
    char path[PATH_MAX], whole[PATH_MAX];
    long numbers[2] = {10, 0};
    double block[BLOCKS] = {0};
    int option, bad = 0;
    clockid_t its_clock;
    struct rlimit r;
    sigset_t ends;
    cpu_set_t set;

    while ((option = getopt(argc, argv, "b:")) != -1)
        if (option == 'b')
            build = optarg;
        else
            bad = 1;
    for (int k = 0; optind < argc && k < KINDS; k++)
        if (strcmp(argv[optind], kinds[k].name) == 0)
            kind = &kinds[k];
    for (int i = optind + 1; i < argc && i <= optind + 2; i++) {
        char *end;
        numbers[i - optind - 1] = strtol(argv[i], &end, 10);
        bad |= end == argv[i] || *end != '\0' || numbers[i - optind - 1] < 1;
    }
    if (bad || kind == NULL || argc - optind > 3 ||
        numbers[0] > MOST_CLIENTS ||
        (numbers[1] != 0 && numbers[1] < BLOCKS) ||
        numbers[1] > MOST_REQUESTS / numbers[0]) {
        fprintf(stderr, "usage: load [-b BUILD] SERVER [CLIENTS [REQUESTS]]\n"
                        "  SERVER:");
        for (int k = 0; k < KINDS; k++)
            fprintf(stderr, " %s", kinds[k].name);
        fprintf(stderr, "\n  CLIENTS: 1 to %d; REQUESTS: %d or more of each, "
                        "%d of all\n", MOST_CLIENTS, BLOCKS, MOST_REQUESTS);
        exit(2);
    }
    if (snprintf(path, sizeof path, "%s/%s/%s", build, kind->room,
                 kind->name) >= (int)sizeof path ||
        realpath(path, whole) == NULL || access(whole, X_OK) == -1)
        err(EXIT_FAILURE, "%s (try: make)", path);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1) /* or something else becomes it */
            err(EXIT_FAILURE, "a standard stream");
    if ((fd_of = malloc(sizeof *fd_of * (size_t)numbers[0])) == NULL)
        err(EXIT_FAILURE, "malloc");
    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max; /* the server's, too */
        setrlimit(RLIMIT_NOFILE, &r);
    }
    int processor = sched_getcpu();
    CPU_ZERO(&set);
    CPU_SET((size_t)(processor < 0 ? 0 : processor), &set);
    if (sched_setaffinity(0, sizeof set, &set) == -1)
        warn("sched_setaffinity"); /* so they run where they like */

    /* Whoever ends us interrupts the call that waits, or the next tick does. */
    sigemptyset(&ends);
    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, 0};
         *s; s++)
        if (sigaddset(&ends, *s) == -1 || sigaction(*s, &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_UNBLOCK, &ends, NULL) == -1 ||
        setitimer(ITIMER_REAL, &each, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask, setitimer");
    make_folder();
    if (chdir(folder) == -1)
        fail("chdir");
    start_server(whole);
    if (kind->enter != NULL)
        kind->enter();
    let_it_rest();
    int fds = descriptors();
    long memory = fill((int)numbers[0]);
    if (clients == 0) {
        warnx("not one client has room: %s", why_not);
        leave(77);
    }

    if (numbers[1] == 0)
        numbers[1] = 10000 / clients > BLOCKS ? 10000 / clients : BLOCKS;
    int at_once = kind->for_all ? clients : 1; /* requests of a sample */
    long samples = numbers[1] * clients / at_once;
    double *trip = malloc(sizeof *trip * (size_t)samples);
    if (trip == NULL || clock_getcpuclockid(server, &its_clock) != 0)
        fail("malloc, clock_getcpuclockid");
    if (kind->for_all)
        ask_all(trip, 1); /* (the others have asked once when they came) */
    double cpu = ns(its_clock);
    ask_all(trip, samples);
    let_it_rest();
    cpu = ns(its_clock) - cpu;
    for (int b = 0; b < BLOCKS; b++) {
        long from = samples * b / BLOCKS, to = samples * (b + 1) / BLOCKS;
        for (long s = from; s < to; s++)
            block[b] += trip[s] / (double)(to - from) / at_once;
    }
    qsort(block, BLOCKS, sizeof *block, by_size);
    qsort(trip, (size_t)samples, sizeof *trip, by_size);

    printf("%s clients=%d of=%ld requests=%ld ns=%.0f low=%.0f high=%.0f "
           "p99=%.0f cpu=%.0f rss=%ld memory=",
           kind->name, clients, numbers[0], numbers[1],
           (block[BLOCKS / 2 - 1] + block[BLOCKS / 2]) / 2, block[0],
           block[BLOCKS - 1], trip[(samples * 99 + 99) / 100 - 1],
           cpu / (double)samples / at_once, told("smaps_rollup", "Rss:"));
    long now = told("smaps_rollup", "Anonymous:");
    if (clients == 1 || memory < 0 || now < 0)
        printf("-");
    else
        printf("%ld", (now - memory) * 1024 / (clients - 1));
    printf(" fds=%.2f%s%s\n", (double)(descriptors() - fds) / clients,
           *why_not == '\0' ? "" : " limit: ", why_not);
    if (ferror(stdout) || fflush(stdout) == EOF)
        fail("stdout");
    free(trip);
    leave(EXIT_SUCCESS);
}
