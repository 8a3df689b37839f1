/* hostile.c - peers that send anything: do our programs live, and let others?
 *
 * Run from the project's root:
 *   build/scripts/hostile [-b BUILD] [-n COUNT] [-s SEED] [-o NUMBER] [WHAT]...
 *   WHAT is a program, or the kind of door that a peer comes in by: fifo,
 *   queue, set, segment, map, socket, signal. Default: all of them.
 *   COUNT peers (20) for each program, with random bytes from SEED (1), so that
 *   the same numbers are the same peers; -o lets only the peer NUMBER come in.
 * Environment: PATIENCE=S bounds each wait (20 seconds); TMPDIR.
 * Status: 0 all is well; 1 it is not; 2 usage; 77 this system cannot do it.
 *
 * A peer is a process of the same user: all others are kept out by the modes
 * of the objects. It knows the bytes that the programs exchange, and sends them
 * too long, too short, of the wrong type, with numbers out of all ranges,
 * without a NUL, with bytes that terminals obey; it hangs up early.
 *
 *   crash    the program dies of a signal, or a sanitizer reports something
 *   hang     it does not end though its peer has left (a client), it does not
 *            serve the next who asks properly (a server), or Ctrl-C does not
 *            end it
 *   gone     what a peer has sent ends a server
 *   silent   it ends without success and does not say why, or ends each time
 *            before a peer could come: then nothing has been tried
 *   stray    a file, an object or a process is left, a descriptor stays open,
 *            or something that belongs to nobody in this play has been touched
 * Programs whose objects have no name and no key (pipes, sets and queues made
 * with IPC_PRIVATE, anonymous memory) have no door: they are not in the table.
 * A server that waits for a peer who says nothing is no hang: Ctrl-C ends it.
 */
#define _GNU_SOURCE /* struct ucred, pipe2(2), personality(2) */
#include <arpa/inet.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { JUNK = 70000, MAX_PLANTS = 16, CAUGHT_IDS = 4 };

union semun {
    int val;
    struct semid_ds *buf;
};

struct run { /* a program that we have started */
    pid_t pid;
    int ended, status;
    char out[PATH_MAX], err[PATH_MAX]; /* files that take what it prints */
};

struct victim {
    const char *kind, *room, *program;
    void (*peer)(void); /* what one hostile peer does */
    const char *args[4];
    const char *typed; /* its standard input */
    const char *ready; /* what it says when it can be attacked */
    int lives; /* a server: all peers meet the same process */
    const char *client[5]; /* who is served afterwards, all the same */
    const char *client_typed;
    int slow; /* a run takes a second: fewer peers */
};

static const struct victim *v;
static struct run victim, friend_;
static const char *build = "build";
static char programs[PATH_MAX], folder[PATH_MAX], side[PATH_MAX];
static char wrong[512]; /* what is wrong with the present victim */
static double patience = 20;
static char junk[JUNK + 1];
static const char *plants[MAX_PLANTS];
static char plant_names[MAX_PLANTS][64];
static int n_plants;
static int bait_queue = -1, bait_set = -1, bait_segment = -1;
static int queues[CAUGHT_IDS] = {-1, -1, -1, -1}; /* ours: removed by tidy() */
static int our_set = -1, our_segment = -1;
static char our_mq[64], our_shm[96];
static volatile sig_atomic_t interrupted;

/* ---- random, but the same each time ---- */

static uint64_t lcg;

static unsigned dice(unsigned sides) /* 0 to sides - 1 */
{
    lcg = lcg * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((lcg >> 33) % sides);
}

static void seed(unsigned long from, const char *word, unsigned number)
{
    lcg = from * 2654435761u + number * 40503u;
    while (*word != '\0')
        lcg = lcg * 131 + (unsigned char)*word++;
    dice(2);
}

/* A number that somebody has not thought of. */
static long odd(void)
{
    const long numbers[] = {
        0,        -1,         1,     -2,    INT_MAX,    INT_MIN,
        LONG_MAX, LONG_MIN,   65535, 65536, 4294967295, 4294967296,
        getpid(), victim.pid, 888,   999,   32767,      32768};
    unsigned n = sizeof numbers / sizeof *numbers, i = dice(n + 4);

    long number = i < n ? numbers[i] : (long)dice(1u << 30) - (1 << 29);

    /* The bait is not named as the queue that wants an answer: that nobody can
     * refuse, and who names it could write to it himself. */
    return (int)number == bait_queue ? -1 : number;
}

/* Fills junk[], returns how many bytes; most is at most JUNK. */
static size_t make_junk(size_t most)
{
    static const char *const bad[] = {"\033]0;owned\007\033[2J\033[31mred",
                                      "%s%n%x%1000000d",
                                      "\n\n\n",
                                      "",
                                      "../../../../etc/passwd",
                                      "\xff\xfe\xc3\x28\xe4\xb8",
                                      "\r\b\b\b\177\v",
                                      "-1",
                                      "99999999999999999999999",
                                      " 1 ",
                                      "0x7fffffff",
                                      "$(id)`id`"};
    size_t n = 0;

    switch (dice(6)) {
    case 0:
        n = dice(16);
        break;
    case 1:
        n = dice(300);
        break;
    case 2: /* about a size that somebody may have chosen */
        n = ((size_t)64 << dice(11)) + dice(5) - 2;
        break;
    case 3:
        n = dice((unsigned)most + 1);
        break;
    }
    if (n > most)
        n = most;
    switch (dice(5)) {
    case 0:
        memset(junk, 0, n);
        break;
    case 1:
        memset(junk, 'x', n);
        break;
    case 2:
        memset(junk, '\n', n);
        break;
    case 3:
        for (size_t i = 0; i < n; i++)
            junk[i] = (char)dice(256);
        break;
    default:
        for (n = 0; n < most && dice(8) != 0;) {
            const char *word = bad[dice(sizeof bad / sizeof *bad)];
            size_t len = strlen(word);
            if (n + len > most)
                break;
            memcpy(junk + n, word, len);
            n += len;
        }
    }
    junk[n] = '\0';
    return n;
}

/* ---- verdicts ---- */

__attribute__((format(printf, 1, 2))) static void
complain(const char *format, ...) /* the first one counts */
{
    va_list args;

    if (wrong[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(wrong, sizeof wrong, format, args);
    va_end(args);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void nap(void) { nanosleep(&(struct timespec){0, 1000000}, NULL); }

static int has_ended(struct run *r)
{
    if (!r->ended && r->pid > 0 && waitpid(r->pid, &r->status, WNOHANG) > 0)
        r->ended = 1;
    return r->ended || r->pid <= 0;
}

static long size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (long)st.st_size : 0;
}

static int says(const char *path, const char *text)
{
    static char bytes[1 << 16];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd == -1 ? -1 : read(fd, bytes, sizeof bytes);

    close(fd);
    return n > 0 && memmem(bytes, (size_t)n, text, strlen(text)) != NULL;
}

static void end_group(struct run *r)
{
    if (r->pid <= 0)
        return;
    kill(-r->pid, SIGKILL);
    while (!has_ended(r))
        nap();
}

/* ---- the programs ---- */

static void start(struct run *r, const char *room, const char *const args[],
                  const char *typed, const char *as)
{
    char path[2 * PATH_MAX];
    int in[2], out, error;

    snprintf(path, sizeof path, "%s/%s/%s", programs, room, args[0]);
    snprintf(r->out, sizeof r->out, "%.4000s/%s.out", side, as);
    snprintf(r->err, sizeof r->err, "%.4000s/%s.err", side, as);
    out = open(r->out, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    error =
        open(r->err, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (out == -1 || error == -1 || pipe2(in, O_CLOEXEC) == -1)
        err(EXIT_FAILURE, "files in %s", side);
    if (typed != NULL && write(in[1], typed, strlen(typed)) == -1)
        err(EXIT_FAILURE, "write");
    close(in[1]);
    r->ended = 0;
    pid_t us = getpid();
    if ((r->pid = fork()) == -1)
        err(EXIT_FAILURE, "fork");
    if (r->pid == 0) {
        for (int sig = 1; sig < NSIG; sig++)
            signal(sig, SIG_DFL);
        personality(ADDR_NO_RANDOMIZE); /* as a sanitizer likes it */
        if (setpgid(0, 0) == -1 || prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 ||
            getppid() != us || dup2(in[0], 0) == -1 ||
            dup2(out, 1) == -1 || dup2(error, 2) == -1)
            _exit(126);
        execv(path, (char *const *)args);
        dprintf(2, "%s: %s\n", path, strerror(errno));
        _exit(127);
    }
    setpgid(r->pid, r->pid);
    close(in[0]);
    close(out);
    close(error);
}

/* 1 when it has said so; 0 when it has ended before. */
static int await_words(struct run *r, const char *path, const char *text)
{
    double deadline = now() + patience;
    int over;

    do {
        over = has_ended(r); /* first: its last words come before its end */
        if (says(path, text))
            return 1;
        nap();
    } while (!over && now() < deadline);
    if (!over)
        complain("hang: it does not say '%s'", text);
    return 0;
}

/* Has it said anything after the word that it is ready? */
static int has_said_why(const struct run *r)
{
    char bytes[4096] = "", *line;
    int fd = open(r->err, O_RDONLY | O_CLOEXEC);
    long size = size_of(r->err);
    ssize_t n = pread(fd, bytes, sizeof bytes - 1,
                      size > 4095 ? size - 4095 : 0);

    close(fd);
    if (n <= 0)
        return 0;
    if (bytes[n - 1] == '\n')
        bytes[n - 1] = '\0';
    line = strrchr(bytes, '\n') != NULL ? strrchr(bytes, '\n') : bytes;
    return v->ready == NULL || strstr(line, v->ready) == NULL;
}

/* How did it end? interrupted: we have sent SIGINT, and it may die of that. */
static void judge(struct run *r, const char *who, int by_sigint)
{
    if (WIFSIGNALED(r->status) && !(by_sigint && WTERMSIG(r->status) == SIGINT))
        complain("crash: %s died of signal %d", who, WTERMSIG(r->status));
    else if (WIFEXITED(r->status) && WEXITSTATUS(r->status) > 1)
        complain("crash: %s ended with status %d", who, WEXITSTATUS(r->status));
    else if (WIFEXITED(r->status) && WEXITSTATUS(r->status) == 1 &&
             !has_said_why(r))
        complain("silent: %s ended with status 1, and not a word", who);
    while (waitpid(-r->pid, NULL, WNOHANG) > 0) /* orphans become ours */
        ;
    if (kill(-r->pid, 0) == 0) { /* a child: it may need a moment to follow */
        double deadline = now() + patience;
        while (kill(-r->pid, 0) == 0 && now() < deadline) {
            nap();
            waitpid(-r->pid, NULL, WNOHANG);
        }
        if (kill(-r->pid, SIGKILL) == 0)
            complain("stray: a child of %s is left", who);
        while (waitpid(-r->pid, NULL, 0) > 0)
            ;
    }
}

/* It must end by itself, now that the peer is gone. */
static void must_end(struct run *r, const char *who)
{
    double deadline = now() + patience;

    while (!has_ended(r) && now() < deadline)
        nap();
    if (!r->ended) {
        complain("hang: %s does not end", who);
        end_group(r);
    } else {
        judge(r, who, 0);
    }
}

/* It may wait for ever, but not against the will of who started it. */
static void interrupt(struct run *r, const char *who)
{
    double deadline = now() + patience;

    if (has_ended(r)) {
        judge(r, who, 0);
        return;
    }
    kill(r->pid, SIGINT);
    while (!has_ended(r) && now() < deadline)
        nap();
    if (!r->ended) {
        complain("hang: Ctrl-C does not end %s", who);
        end_group(r);
    } else {
        judge(r, who, 1);
    }
}

/* Wait a little for something that need not happen. */
static int within(double seconds, int (*happens)(void))
{
    double deadline = now() + seconds;

    while (!happens())
        if (now() >= deadline || has_ended(&victim))
            return happens();
        else
            nap();
    return 1;
}

static unsigned ready; /* so often one was */

static int launch(void) /* the victim; 0: it is not to be attacked */
{
    const char *args[6] = {v->program};

    for (int i = 0; i < 4 && v->args[i] != NULL; i++)
        args[i + 1] = v->args[i];
    start(&victim, v->room, args, v->typed, "victim");
    if (v->ready != NULL && !await_words(&victim, victim.err, v->ready))
        return 0;
    ready++;
    return 1;
}

/* ---- things that lie about ---- */

static const char *plant(const char *name)
{
    if (n_plants == MAX_PLANTS)
        return NULL;
    snprintf(plant_names[n_plants], sizeof plant_names[0], "%s", name);
    plants[n_plants] = plant_names[n_plants];
    return plants[n_plants++];
}

/* A name that something other than a peer's FIFO has. */
static void plant_odd(const char *named)
{
    const char *name = plant(named);
    int fd = -1;

    if (name == NULL)
        return;
    switch (dice(5)) {
    case 0:
        if (symlink("precious", name) == -1)
            return;
        break;
    case 1:
        if (symlink("nothing", name) == -1)
            return;
        break;
    case 2:
        mkdir(name, 0700);
        break;
    case 3:
        close(fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600));
        break;
    case 4:
        mkfifo(name, dice(2) ? 0600 : 0666);
    }
}

static void tidy(void)
{
    for (; n_plants > 0; n_plants--)
        if (unlink(plants[n_plants - 1]) == -1)
            rmdir(plants[n_plants - 1]);
    for (int i = 0; i < CAUGHT_IDS; i++) {
        if (queues[i] != -1)
            msgctl(queues[i], IPC_RMID, NULL);
        queues[i] = -1;
    }
    if (our_set != -1)
        semctl(our_set, 0, IPC_RMID);
    if (our_segment != -1)
        shmctl(our_segment, IPC_RMID, NULL);
    our_set = our_segment = -1;
    if (our_mq[0] != '\0')
        mq_unlink(our_mq);
    if (our_shm[0] != '\0')
        shm_unlink(our_shm);
    our_mq[0] = our_shm[0] = '\0';
}

static void lay_bait(void)
{
    struct {
        long type;
        char text[4];
    } m = {1, "bait"};
    int fd = open("precious", O_WRONLY | O_CREAT | O_EXCL, 0600);

    if (fd == -1 || write(fd, "precious", 8) != 8)
        err(EXIT_FAILURE, "precious");
    close(fd);
    bait_queue = msgget(IPC_PRIVATE, 0640);
    bait_set = semget(IPC_PRIVATE, 1, 0640);
    bait_segment = shmget(IPC_PRIVATE, 64, 0640);
    if (bait_queue == -1 || bait_set == -1 || bait_segment == -1 ||
        msgsnd(bait_queue, &m, sizeof m.text, 0) == -1 ||
        semctl(bait_set, 0, SETVAL, (union semun){.val = 7}) == -1)
        err(errno == ENOSYS ? 77 : EXIT_FAILURE, "msgget, semget, shmget");
}

static void remove_bait(void)
{
    msgctl(bait_queue, IPC_RMID, NULL);
    semctl(bait_set, 0, IPC_RMID);
    shmctl(bait_segment, IPC_RMID, NULL);
}

static unsigned folder_keys(void)
{
    struct stat st;

    if (stat(".", &st) == -1)
        err(EXIT_FAILURE, "stat %s", folder);
    return (unsigned)((st.st_dev & 0xff) << 16 | (st.st_ino & 0xffff));
}

static key_t key_of(char letter)
{
    return (key_t)((unsigned)letter << 24 | folder_keys());
}

/* Nothing may be left in the folder or under its keys; the bait is whole. */
static void inspect(void)
{
    static const char *const kinds[] = {"msg", "sem", "shm"};
    struct msqid_ds queue;
    struct shmid_ds segment;
    char line[512], path[64], bytes[16] = "";
    struct dirent *e;
    DIR *d = opendir(".");

    while (d != NULL && (e = readdir(d)) != NULL)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
            strcmp(e->d_name, "precious") != 0) {
            complain("stray: left in the folder: %s", e->d_name);
            if (unlink(e->d_name) == -1)
                rmdir(e->d_name);
        }
    if (d != NULL)
        closedir(d);
    for (int kind = 0; kind < 3; kind++) {
        snprintf(path, sizeof path, "/proc/sysvipc/%s", kinds[kind]);
        FILE *f = fopen(path, "re");
        while (f != NULL && fgets(line, sizeof line, f) != NULL) {
            long long key;
            int id;
            if (sscanf(line, "%lld %d", &key, &id) != 2 ||
                ((unsigned)key & 0xffffff) != folder_keys())
                continue;
            complain("stray: left under a key of the folder: %s %d",
                     kinds[kind], id);
            if (kind == 0)
                msgctl(id, IPC_RMID, NULL);
            else if (kind == 1)
                semctl(id, 0, IPC_RMID);
            else
                shmctl(id, IPC_RMID, NULL);
        }
        if (f != NULL)
            fclose(f);
    }
    int fd = open("precious", O_RDONLY | O_CLOEXEC);
    if (fd == -1 || read(fd, bytes, sizeof bytes) != 8 ||
        strcmp(bytes, "precious") != 0)
        complain("stray: the file precious has been changed");
    close(fd);
    if (msgctl(bait_queue, IPC_STAT, &queue) == -1 || queue.msg_qnum != 1 ||
        semctl(bait_set, 0, GETVAL) != 7 ||
        shmctl(bait_segment, IPC_STAT, &segment) == -1 ||
        segment.shm_perm.mode != 0640)
        complain("stray: a stranger's queue, set or segment has been changed");
    if (wrong[0] != '\0') { /* a new one for the next program */
        remove_bait();
        unlink("precious");
        lay_bait();
    }
    if ((d = opendir(side)) != NULL) {
        while ((e = readdir(d)) != NULL)
            if (strncmp(e->d_name, "report.", 7) == 0) {
                complain("crash: a sanitizer says (in %s)", e->d_name);
                snprintf(line, sizeof line, "%.200s/%.200s", side, e->d_name);
                FILE *f = fopen(line, "re");
                while (f != NULL && fgets(line, sizeof line, f) != NULL)
                    fputs(line, stderr);
                if (f != NULL)
                    fclose(f);
                unlinkat(dirfd(d), e->d_name, 0);
            }
        closedir(d);
    }
}

static int descriptors(pid_t pid)
{
    char path[64];
    int n = 0;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *d = opendir(path);
    while (d != NULL && readdir(d) != NULL)
        n++;
    if (d != NULL)
        closedir(d);
    return n;
}

/* ---- bytes on their way ---- */

/* All of it, if that takes no time to speak of. */
static void pour(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        ssize_t n = write(fd, bytes, len);
        if (n == -1 && (errno != EAGAIN || poll(&p, 1, 50) != 1))
            return;
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
}

static void drink(int fd, size_t most) /* what has come, up to that much */
{
    char bytes[4096];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    ssize_t n;

    while (most > 0 && poll(&p, 1, 20) == 1 &&
           (n = read(fd, bytes, most < sizeof bytes ? most : sizeof bytes)) > 0)
        most -= (size_t)n;
}

/* A FIFO's writing end, as soon as the victim has opened the other one. */
static int open_fifo(const char *name, int flags)
{
    double deadline = now() + patience;
    int fd;

    while ((fd = open(name, flags | O_NONBLOCK | O_CLOEXEC)) == -1 &&
           (errno == ENXIO || errno == ENOENT) && !has_ended(&victim) &&
           now() < deadline)
        nap();
    return fd;
}

static void pour_junk(int fd, size_t most)
{
    for (unsigned n = dice(5); n > 0; n--)
        pour(fd, junk, make_junk(most));
}

/* ---- FIFOs ---- */

static void to_read_fifo(void)
{
    int fd = launch() ? open_fifo("fifo1", O_WRONLY) : -1;

    if (fd != -1) {
        pour_junk(fd, JUNK);
        close(fd);
    }
    must_end(&victim, v->program);
}

static int reader;

static int something_came(void)
{
    struct pollfd p = {.fd = reader, .events = POLLIN};

    return poll(&p, 1, 0) == 1;
}

static void to_write_fifo(void)
{
    const char *name = plant("fifo1");

    if (mkfifo(name, 0600) == -1)
        err(EXIT_FAILURE, "mkfifo");
    int fd = reader = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    launch();
    within(patience, something_came); /* it has opened it, and has begun */
    drink(fd, dice(300));
    close(fd);
    must_end(&victim, v->program);
}

static void to_fifo_server(void)
{
    int fd = open_fifo("fifo_server.fifo", O_WRONLY), own = -1;
    char name[64];

    if (dice(2)) { /* it has a FIFO of its own, as a client should */
        snprintf(name, sizeof name, "fifo_client.%d", getpid());
        if (mkfifo(name, 0600) == 0)
            own = open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    }

    for (unsigned n = 1 + dice(4); n > 0; n--) {
        char line[400];
        long number = dice(3) ? odd() : 100000000 + (long)dice(1000);
        if (own != -1 && dice(2))
            number = getpid();
        snprintf(line, sizeof line, "fifo_client.%ld", number);
        if (dice(2) && number > 0)
            plant_odd(line);
        int len =
            snprintf(line, sizeof line, dice(4) ? "\n%ld " : "%ld", number);
        pour(fd, line, (size_t)len);
        pour(fd, junk, make_junk(dice(2) ? 200 : dice(2) ? 256 : JUNK));
        if (dice(4))
            pour(fd, "\n", 1);
    }
    close(fd);
    if (own != -1) {
        drink(own, 4096);
        close(own);
        unlink(name);
    }
}

static void to_fifo_client(void)
{
    const char *name = plant("fifo_server.fifo");
    char line[400], answers[64];

    if (mkfifo(name, 0600) == -1)
        err(EXIT_FAILURE, "mkfifo");
    int server = open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (launch()) {
        snprintf(answers, sizeof answers, "fifo_client.%d", (int)victim.pid);
        int fd = open_fifo(answers, O_WRONLY);
        for (unsigned n = dice(4); n > 0; n--) {
            int len = snprintf(line, sizeof line, "\n%ld ", odd());
            pour(fd, line, (size_t)len);
            pour(fd, junk, make_junk(dice(2) ? 200 : JUNK));
            if (dice(2))
                pour(fd, "\n", 1);
        }
        if (dice(2)) {
            int len = snprintf(line, sizeof line, "\n%s%ld %s\n",
                               dice(2) ? "+" : "", odd(), v->args[0]);
            pour(fd, line, (size_t)len);
        }
        close(fd);
    }
    close(server);
    must_end(&victim, v->program);
}

static void to_fifo_chat(void)
{
    int zero = v->args[0][0] == '0';
    const char *const talk = zero ? ".fifo_chat1" : ".fifo_chat2";
    const char *const listen = zero ? ".fifo_chat2" : ".fifo_chat1";

    if (launch()) {
        int in = open_fifo(listen, O_RDONLY), out = open_fifo(talk, O_WRONLY);
        await_words(&victim, victim.out, "start chating");
        pour_junk(out, JUNK);
        if (dice(2))
            drink(in, dice(4000));
        close(dice(2) ? in : out);
        pour_junk(out, 1000); /* to nobody, in half of the cases */
        close(in);
        close(out);
    }
    must_end(&victim, v->program);
}

static void to_fifo_chatroom(void)
{
    const char *const name[] = {".fifo_room.bob", ".fifo_room.",
                                ".fifo_room.a b", ".fifo_room.\033[2J",
                                ".fifo_room.0123456789abcdefg"};

    plant_odd(name[dice(5)]);
    if (launch()) {
        int fd = open_fifo(".fifo_room.ann", O_WRONLY);
        pour_junk(fd, JUNK);
        close(fd);
    }
    must_end(&victim, v->program); /* its stdin has ended: it leaves */
}

/* ---- System V queues ---- */

struct any {
    long type;
    char text[9000];
};

static int drain(int queue, long type) /* -1: other than ours to the server */
{
    struct any m;
    int n = 0;

    while (msgrcv(queue, &m, sizeof m.text, type,
                  IPC_NOWAIT | MSG_NOERROR | MSG_EXCEPT) != -1)
        n++;
    return n;
}

/* A message of that type whose first ints are odd. */
static void send_odd(int queue, long type, int first)
{
    static struct any m;
    size_t n = make_junk(dice(3) ? 260 + dice(20) : 8192);
    int ints[3] = {first, (int)odd(), (int)odd()};

    memcpy(m.text, junk, n);
    memcpy(m.text, ints, sizeof ints);
    if (dice(3))
        n = n < sizeof ints ? sizeof ints : n;
    m.type = type > 0 ? type : 1;
    msgsnd(queue, &m, n, IPC_NOWAIT);
}

static void to_msg_server(void)
{
    int reply = strcmp(v->program, "msg_reply_server") == 0;
    int queue = msgget(key_of(reply ? 'r' : 'm'), 0);
    long type = reply ? 8888888 : 888;

    for (unsigned n = 1 + dice(6); n > 0; n--)
        send_odd(queue, dice(4) ? type : odd(),
                 dice(3) == 0 ? queue : (int)odd());
    /* What nobody takes would fill the queue, and the next client wait: there
     * is no door-keeper in a queue. So what we stuffed in goes again. */
    for (double until = now() + 1; now() < until;) {
        struct msqid_ds ds;
        drain(queue, type);
        if (msgctl(queue, IPC_STAT, &ds) == -1 || ds.msg_qnum == 0)
            break;
        nap();
    }
}

/* The server is played by us: queue and answers. */
static void to_msg_client(void)
{
    int reply = strcmp(v->program, "msg_reply_client") == 0;
    long type = reply ? 8888888 : 888;
    struct any m = {0, ""};

    queues[0] = msgget(key_of(reply ? 'r' : 'm'), IPC_CREAT | IPC_EXCL | 0600);
    if (queues[0] == -1)
        err(EXIT_FAILURE, "msgget");
    if (launch()) {
        double deadline = now() + patience;
        ssize_t n;
        while ((n = msgrcv(queues[0], &m, sizeof m.text, type, IPC_NOWAIT)) ==
                   -1 &&
               !has_ended(&victim) && now() < deadline)
            nap();
        int to;
        memcpy(&to, m.text, sizeof to); /* its queue, or its pid */
        long mine = reply ? to : 999;
        if (n >= (ssize_t)sizeof to && (reply ? to == victim.pid : to >= 0)) {
            for (unsigned i = dice(4); i > 0; i--)
                send_odd(reply ? queues[0] : to, dice(2) ? mine : odd(),
                         (int)odd());
            if (!reply)
                send_odd(to, mine, (int)odd());
        }
    }
    msgctl(queues[0], IPC_RMID, NULL); /* the end of waiting */
    queues[0] = -1;
    must_end(&victim, v->program);
}

/* ---- POSIX queues ---- */

static void mq_name(char name[64])
{
    struct stat st;

    stat(".", &st);
    snprintf(name, 64, "/mq-%u-%lu-%lu", (unsigned)geteuid(),
             (unsigned long)st.st_dev, (unsigned long)st.st_ino);
}

/* A message whose first 96 bytes name a queue, or nothing. */
static void mq_send_odd(mqd_t mq, const char *name, size_t most)
{
    const struct timespec at_once = {0, 0};
    char bytes[400];
    size_t n = make_junk(most);

    memcpy(bytes, junk, n);
    if (dice(2)) {
        const char *const tails[] = {"",      ".",   ".x", ".1.0",
                                     "/../x", ".%n", "\n"};
        int len = snprintf(bytes, 96, "%s%s", name, tails[dice(7)]);
        n = n < (size_t)len + 1 ? (size_t)len + dice(2) : n;
    }
    mq_timedsend(mq, bytes, n, dice(2) ? 999 : dice(32768), &at_once);
}

static void to_mq_server(void)
{
    char name[64];

    mq_name(name);
    mqd_t mq = mq_open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    for (unsigned n = 1 + dice(8); n > 0; n--)
        mq_send_odd(mq, name, 351);
    mq_close(mq);
}

static void to_mq_client(void)
{
    struct mq_attr attr = {.mq_maxmsg = 4, .mq_msgsize = 351};
    char bytes[400] = "";

    mq_name(our_mq);
    mqd_t mq =
        mq_open(our_mq, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC,
                0600, &attr);
    if (mq == (mqd_t)-1)
        err(errno == ENOSYS ? 77 : EXIT_FAILURE, "mq_open %s", our_mq);
    if (launch()) {
        double deadline = now() + patience;
        ssize_t n;
        while ((n = mq_receive(mq, bytes, sizeof bytes, NULL)) == -1 &&
               !has_ended(&victim) && now() < deadline)
            nap();
        mqd_t reply = n > 0 ? mq_open(bytes, O_WRONLY | O_NONBLOCK) : (mqd_t)-1;
        mq_send_odd(reply, our_mq, 351); /* it ends with the first that comes */
        mq_close(reply);
    }
    mq_close(mq);
    must_end(&victim, v->program);
}

/* ---- semaphore sets ---- */

static int set_id;

static int set_is_there(void)
{
    return (set_id = semget(key_of(v->program[4] == 'o' ? 's' : 'i'), 0, 0)) !=
           -1;
}

static void change_set(int set, unsigned short members, int gently)
{
    unsigned short member = (unsigned short)dice(members);
    struct sembuf op = {member, dice(2) ? 1 : -1, IPC_NOWAIT};

    switch (dice(gently ? 3 : 5)) {
    case 0:
        semop(set, &op, 1);
        break;
    case 1:
        semctl(set, member, SETVAL, (union semun){.val = (int)dice(3)});
        break;
    case 2:
        semctl(set, member, SETVAL, (union semun){.val = (int)odd()});
        break;
    case 3:
        semctl(set, member, SETVAL, (union semun){.val = 32767});
        break;
    default:
        semctl(set, 0, IPC_RMID);
    }
}

static void to_set(void)
{
    launch();
    if (within(patience, set_is_there))
        for (unsigned n = 1 + dice(6); n > 0; n--) {
            change_set(set_id, v->program[4] == 'o' ? 2 : 1, 0);
            if (dice(2))
                nap();
        }
    /* Who waits for a unit that we took, waits for as long as the set is there:
     * that is what a semaphore is for. */
    if (set_is_there())
        semctl(set_id, 0, IPC_RMID);
    must_end(&victim, v->program);
}

/* ---- segments ---- */

static void to_shm_server(void)
{
    struct any m = {888, ""};
    key_t key = key_of('h');

    if (has_ended(&victim) && !launch()) /* the last peer has ended it: told */
        return;
    int segment = shmget(key, 0, 0), queue = msgget(key, 0),
        set = semget(key, 0, 0);
    char *at = shmat(segment, NULL, 0);
    for (unsigned n = 1 + dice(6); n > 0; n--) {
        if (at != (char *)-1) {
            size_t len = make_junk(1024);
            memcpy(at, junk, len);
            if (dice(2))
                memset(at, '!', 1024); /* without a NUL */
        }
        m.type = dice(3) ? 888 : odd();
        m.text[0] = dice(2) ? 'r' : (char)dice(256);
        m.text[1] = 'q';
        msgsnd(queue, &m, dice(2) ? 1 : dice(8192), IPC_NOWAIT);
        if (dice(3) == 0)
            change_set(set, 2, 1);
    }
    switch (dice(8)) {
    case 0:
        msgctl(queue, IPC_RMID, NULL);
        break;
    case 1:
        shmctl(segment, IPC_RMID, NULL);
        break;
    case 2:
        semctl(set, 0, IPC_RMID);
        break;
    case 3:
        m.type = 888;
        m.text[0] = 'q';
        msgsnd(queue, &m, 1, IPC_NOWAIT);
    }
    if (at != (char *)-1)
        shmdt(at);
    interrupt(&victim, v->program);
}

static void to_shm_client(void)
{
    key_t key = key_of('h');
    int members = dice(4) ? 2 : 1 + (int)dice(4);
    size_t size = dice(4) ? 1024 : 1 + dice(5000);

    our_set = semget(key, members, IPC_CREAT | IPC_EXCL | 0600);
    if (dice(8))
        our_segment = shmget(key, size, IPC_CREAT | IPC_EXCL | 0600);
    if (dice(8))
        queues[0] = msgget(key, IPC_CREAT | IPC_EXCL | 0600);
    for (int i = 0; i < members; i++)
        semctl(our_set, i, SETVAL,
               (union semun){.val = dice(4) ? 1 : (int)dice(9)});
    launch();
    for (unsigned n = dice(5); n > 0; n--) {
        change_set(our_set, (unsigned short)members, 1);
        nap();
    }
    if (dice(2) && queues[0] != -1) {
        msgctl(queues[0], IPC_RMID, NULL);
        queues[0] = -1;
    }
    semctl(our_set, 0, IPC_RMID);
    our_set = -1;
    must_end(&victim, v->program);
}

/* A segment without a key, found by who made it. */
static int segment_id;

static int segment_is_there(void)
{
    char line[512];
    FILE *f = fopen("/proc/sysvipc/shm", "re");
    int found = 0;

    while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
        int maker;
        found = sscanf(line, "%*d %d %*d %*d %d", &segment_id, &maker) == 2 &&
                maker == victim.pid;
    }
    if (f != NULL)
        fclose(f);
    return found;
}

static void to_segment(void)
{
    struct shmid_ds ds;

    launch();
    if (within(patience, segment_is_there) &&
        shmctl(segment_id, IPC_STAT, &ds) == 0) {
        char *at = shmat(segment_id, NULL, 0);
        if (at != (char *)-1) {
            for (unsigned n = 1 + dice(5); n > 0; n--) {
                size_t len =
                    make_junk(ds.shm_segsz < JUNK ? ds.shm_segsz : JUNK);
                memcpy(at, junk, len);
                if (dice(2))
                    memset(at, dice(2) ? 'x' : -1, ds.shm_segsz);
                nap();
            }
            shmdt(at);
        }
        if (dice(2))
            shmctl(segment_id, IPC_RMID, NULL);
    }
    must_end(&victim, v->program);
}

/* The layout of shm_posix_form.h: ready, two semaphores, a letter, the text. */
static size_t posix_size(void)
{
    struct {
        volatile int ready;
        char sem[2][32];
        char command;
        char text[1024];
    } f;

    return sizeof f;
}

static void posix_name(char name[96])
{
    struct stat st;

    stat(".", &st);
    snprintf(name, 96, "/shm_posix.%ld.%llx.%llx", (long)geteuid(),
             (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
}

/* Scribble over the object, or cut it. */
static void spoil(int fd, char *at, size_t size)
{
    for (unsigned n = 1 + dice(5); n > 0; n--)
        switch (dice(4)) {
        case 0: { /* this and that byte */
            for (unsigned i = dice(20); i > 0; i--)
                at[dice((unsigned)size)] = (char)dice(256);
            break;
        }
        case 1:
            memcpy(at + dice((unsigned)size / 2), junk, make_junk(size / 2));
            break;
        case 2: /* the semaphores: everybody may go */
            memset(at + 4, dice(2) ? 1 : -1, 64);
            break;
        default:
            if (dice(2))
                nap();
        }
    if (dice(3) == 0 &&
        ftruncate(fd, dice(2) ? 0 : (off_t)dice((unsigned)size)))
        complain("ftruncate: %s", strerror(errno));
}

static void to_shm_posix_server(void)
{
    char name[96];

    if (launch()) {
        posix_name(name);
        int fd = shm_open(name, O_RDWR, 0);
        size_t size = posix_size();
        char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (fd != -1 && at != MAP_FAILED) {
            at[4] = 0;
            spoil(fd, at, size);
            munmap(at, size);
            kill(victim.pid, SIGSTOP); /* so it looks at its semaphore again */
            kill(victim.pid, SIGCONT);
        }
        if (dice(4) == 0)
            shm_unlink(name);
        close(fd);
        nap();
    }
    interrupt(&victim, v->program);
    posix_name(our_shm);
}

static void to_shm_posix_client(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    size_t size = posix_size();

    posix_name(our_shm);
    int fd = shm_open(our_shm, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd == -1 || ftruncate(fd, (off_t)size) == -1 ||
        fcntl(fd, F_SETLK, &lock) == -1)
        err(EXIT_FAILURE, "shm_open %s", our_shm);
    char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    at[0] = dice(8) != 0;
    if (dice(2))
        at[4] = 1;
    launch();
    if (dice(2))
        within(0.02, segment_is_there); /* that is, never: a moment passes */
    spoil(fd, at, size);
    munmap(at, size);
    if (dice(8) == 0) /* it looks whether we live, once a second */
        within(1.5, segment_is_there);
    close(fd); /* and with it goes the lock: there is no server any more */
    must_end(&victim, v->program);
}

/* ---- mapped files ---- */

/* Does it sleep until a lock is given up? `N: -> POSIX ADVISORY READ PID` */
static int awaits_lock(void)
{
    char line[256];
    FILE *f = fopen("/proc/locks", "re");
    int found = 0, pid;

    while (f != NULL && !found && fgets(line, sizeof line, f) != NULL)
        found = sscanf(line, "%*d: -> %*s %*s %*s %d", &pid) == 1 &&
                pid == victim.pid;
    if (f != NULL)
        fclose(f);
    return found;
}

/* We play mmap_writer: any size, any line, and the file is cut at any time. */
static void to_mmap_reader(void)
{
    struct flock lock = {.l_type = F_WRLCK};
    static const off_t sizes[] = {0,     80,      160,           4096,
                                  8192,  12288,   4095,          4097,
                                  16000, 1 << 20, (off_t)1 << 40};
    const char *name = plant("mmap.dat");
    off_t size = dice(2) ? sizes[dice(11)] : (off_t)dice(20000);

    if (launch()) {
        int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        fcntl(fd, F_SETLK, &lock);
        if (pwrite(fd, "x", 1, 0) != 1 ||
            !within(patience, awaits_lock) || /* it is in */
            ftruncate(fd, size) == -1)
            complain("ftruncate: %s", strerror(errno));
        int fine = dice(2); /* lines that are good, up to a point */
        for (off_t at = 0; at < size && at < 20000; at += 80) {
            size_t room = size - at < 80 ? (size_t)(size - at) : 80;
            size_t n = fine ? (size_t)sprintf(junk, "line\n") : make_junk(room);
            if (fine && room < 80) /* a part of a line, and no NUL behind it */
                memset(junk, 'x', n = room);
            if (pwrite(fd, junk, n, at) == -1)
                break;
            if (fine && dice(100) == 0)
                fine = 0;
        }
        if (dice(2)) { /* let it see some lines before the worst comes */
            lock.l_type = F_UNLCK;
            lock.l_start = 80;
            lock.l_len = 80 * (1 + (off_t)dice(60));
            fcntl(fd, F_SETLK, &lock);
            for (unsigned n = dice(8); n > 0; n--)
                nap();
        }
        if (dice(2) && ftruncate(fd, dice(2) ? 0 : (off_t)dice(5000)) == -1)
            complain("ftruncate: %s", strerror(errno));
        if (dice(2))
            unlink(name);
        close(fd);
    }
    must_end(&victim, v->program);
}

static int file_is_there(void) { return size_of("mmap.dat") > 45; }

static void to_mmap_writer(void)
{
    launch();
    if (within(patience, file_is_there)) {
        int fd = open("mmap.dat", O_RDWR | O_CLOEXEC);
        for (unsigned n = dice(5); n > 0; n--) {
            if (pwrite(fd, junk, make_junk(400), (off_t)dice(400)) == -1)
                break;
            if (dice(2))
                nap();
        }
        if (dice(2) && ftruncate(fd, dice(2) ? 0 : (off_t)dice(400)) == -1)
            complain("ftruncate: %s", strerror(errno));
        if (dice(4) == 0)
            unlink("mmap.dat");
        /* What rings its bell, until it has heard it. */
        for (double until = now() + patience;
             !has_ended(&victim) && now() < until; nap())
            futimens(fd, NULL);
        close(fd);
    }
    must_end(&victim, v->program);
}

static void to_mmap_copy(void)
{
    const char *from = plant("from");
    int fd = open(from, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    plant("to");
    if (ftruncate(fd, 1 + (off_t)dice(1 << 22)) == -1)
        complain("ftruncate: %s", strerror(errno));
    launch();
    for (unsigned n = dice(8); n > 0 && !has_ended(&victim); n--) {
        if (dice(2))
            nap();
        if (ftruncate(fd, (off_t)dice(dice(2) ? 1 << 22 : 5000)) == -1)
            complain("ftruncate: %s", strerror(errno));
    }
    close(fd);
    must_end(&victim, v->program);
}

/* ---- signals ---- */

static void to_signal(void)
{
    static const int some[] = {SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM,
                               SIGCONT, SIGURG,  SIGWINCH};
    double until = now() + 0.05;

    launch();
    do {
        int sig = some[dice(7)];
        /* Before there is a handler, USR1, USR2 and ALRM kill, and rightly. */
        char path[64], line[256];
        unsigned long long caught = 0, ignored = 0, blocked = 0;
        snprintf(path, sizeof path, "/proc/%d/status", (int)victim.pid);
        FILE *f = fopen(path, "re");
        while (f != NULL && fgets(line, sizeof line, f) != NULL) {
            sscanf(line, "SigBlk: %llx", &blocked);
            sscanf(line, "SigIgn: %llx", &ignored);
            sscanf(line, "SigCgt: %llx", &caught);
        }
        if (f != NULL)
            fclose(f);
        if (sig == SIGCHLD || sig == SIGCONT || sig == SIGURG ||
            sig == SIGWINCH || (caught >> (sig - 1) & 1))
            sigqueue(victim.pid, sig, (union sigval){.sival_int = (int)odd()});
        if (dice(3) == 0)
            nap();
    } while (!has_ended(&victim) && now() < until);
    must_end(&victim, v->program);
}

/* ---- sockets ---- */

static int new_socket(int type, const char *name, struct sockaddr_un *addr)
{
    int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    memset(addr, 0, sizeof *addr);
    addr->sun_family = AF_UNIX;
    snprintf(addr->sun_path, sizeof addr->sun_path, "%s", name);
    if (fd == -1)
        err(EXIT_FAILURE, "socket");
    return fd;
}

/* n descriptors on their way, with some bytes or none. */
static void send_descriptors(int to, int fd, int n, size_t bytes)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(253 * sizeof(int))];
    } control;
    struct iovec data = {.iov_base = junk, .iov_len = bytes};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control};

    memset(&control, 0, sizeof control);
    message.msg_controllen = CMSG_SPACE((size_t)n * sizeof fd);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN((size_t)n * sizeof fd);
    for (int i = 0; i < n; i++)
        memcpy(CMSG_DATA(&control.header) + (size_t)i * sizeof fd, &fd,
               sizeof fd);
    sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* What a peer does to a stream, of whatever family. */
static void abuse_stream(int fd)
{
    for (unsigned n = 1 + dice(5); n > 0; n--)
        switch (dice(7)) {
        case 0:
            send_descriptors(fd, 0, 1 + (int)dice(3), 1);
            break;
        case 1:
            send(fd, "!", 1, MSG_OOB | MSG_NOSIGNAL | MSG_DONTWAIT);
            break;
        case 2:
            shutdown(fd, (int)dice(3));
            break;
        case 3:
            drink(fd, dice(5000));
            break;
        default:
            pour(fd, junk, make_junk(dice(2) ? 100 : JUNK));
        }
    if (dice(4) == 0) /* the end is an RST where there is such a thing */
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
                   sizeof(struct linger));
}

static int inet_port;
static char inet_name[64];

/* Where does sock_inet_server listen? It says so. */
static void read_port(void)
{
    char line[256] = "";
    FILE *f = fopen(victim.out, "re");

    if (f == NULL || fgets(line, sizeof line, f) == NULL ||
        sscanf(line, "Socket server name is: %63[0-9.]:%d", inet_name,
               &inet_port) != 2)
        complain("hang: sock_inet_server has no address");
    if (f != NULL)
        fclose(f);
}

static void to_sock_server(void)
{
    struct sockaddr_un addr;
    struct sockaddr_in in = {.sin_family = AF_INET};
    int inet = strcmp(v->program, "sock_inet_server") == 0, fd[110];
    unsigned many = dice(20) == 0 ? 110 : 1 + dice(4);

    if (inet)
        read_port();
    inet_pton(AF_INET, inet_name, &in.sin_addr);
    in.sin_port = htons((in_port_t)inet_port);
    for (unsigned i = 0; i < many; i++) {
        if (inet)
            fd[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        else
            fd[i] = new_socket(SOCK_STREAM, "sock.server", &addr);
        if (connect(fd[i],
                    inet ? (struct sockaddr *)&in : (struct sockaddr *)&addr,
                    inet ? sizeof in : sizeof addr) == -1 &&
            errno != EAGAIN)
            complain("hang: it does not listen any more: %s", strerror(errno));
        if (inet)
            fcntl(fd[i], F_SETFL, O_NONBLOCK);
    }
    for (unsigned i = 0; i < many && i < 4; i++)
        abuse_stream(fd[i]);
    for (unsigned i = 0; i < many; i++)
        close(fd[i]);
}

/* We play the server: v->args hold the name; one client comes. */
static void to_sock_client(void)
{
    struct sockaddr_un addr;
    struct sockaddr_in in = {.sin_family = AF_INET};
    socklen_t len = sizeof in;
    int inet = strcmp(v->program, "sock_inet_client") == 0, fd, client = -1;
    char port[16];

    if (inet) {
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        bind(fd, (struct sockaddr *)&in, sizeof in);
    } else {
        fd = new_socket(SOCK_STREAM, v->args[0], &addr);
        plant(v->args[0]);
        umask(0177);
        bind(fd, (struct sockaddr *)&addr, sizeof addr);
        umask(077);
    }
    if (listen(fd, 5) == -1)
        err(EXIT_FAILURE, "listen");
    if (inet) {
        getsockname(fd, (struct sockaddr *)&in, &len);
        snprintf(port, sizeof port, "%d", ntohs(in.sin_port));
        start(&victim, v->room,
              (const char *const[]){v->program, port, "127.0.0.1", "hello",
                                    "world", NULL},
              NULL, "victim");
    } else {
        launch();
    }
    for (double until = now() + patience;
         client == -1 && !has_ended(&victim) && now() < until; nap())
        client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client != -1)
        abuse_stream(client);
    if (client != -1 && dice(2))
        pour(client, "\033]0;owned\007\n", 11);
    close(client);
    close(fd);
    must_end(&victim, v->program);
}

static void to_sock_dgram_server(void)
{
    struct sockaddr_un addr, own;
    int fd = new_socket(SOCK_DGRAM, "sock.dgram", &addr);

    if (dice(2)) { /* a name of our own, be it odd */
        memset(&own, 0, sizeof own);
        own.sun_family = AF_UNIX;
        size_t n = make_junk(sizeof own.sun_path - 1);
        memcpy(own.sun_path + 1, junk, n);
        bind(fd, (struct sockaddr *)&own,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n));
    }
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == -1)
        complain("hang: it does not listen any more: %s", strerror(errno));
    for (unsigned n = 1 + dice(6); n > 0; n--)
        if (dice(5) == 0) {
            send_descriptors(fd, 0, 1 + (int)dice(3), make_junk(100));
        } else {
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            poll(&p, 1, 50);
            send(fd, junk, make_junk(JUNK), MSG_DONTWAIT | MSG_NOSIGNAL);
        }
    close(fd);
}

static void to_sock_dgram_client(void)
{
    struct sockaddr_un addr, from;
    socklen_t len = sizeof from;
    char bytes[5000];
    int fd = new_socket(SOCK_DGRAM, "sock.dgram", &addr);
    struct pollfd p = {.fd = fd, .events = POLLIN};

    plant("sock.dgram");
    umask(0177);
    if (bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1)
        err(EXIT_FAILURE, "bind");
    umask(077);
    launch();
    /* It asks twice. Who does not get an answer waits for five seconds. */
    for (double until = now() + patience;
         !has_ended(&victim) && now() < until;) {
        if (poll(&p, 1, 1) != 1 ||
            recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from,
                     &len) == -1)
            continue;
        connect(fd, (struct sockaddr *)&from, len);
        if (dice(5) == 0)
            send_descriptors(fd, 0, 1 + (int)dice(3), make_junk(100));
        else if (send(fd, junk, make_junk(JUNK), MSG_DONTWAIT | MSG_NOSIGNAL) ==
                 -1)
            send(fd, junk, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        addr.sun_family = AF_UNSPEC; /* anybody's words again */
        connect(fd, (struct sockaddr *)&addr, sizeof addr);
    }
    close(fd);
    must_end(&victim, v->program);
}

static void to_sock_pass_fd_give(void)
{
    struct sockaddr_un addr;

    if (launch())
        for (unsigned n = 1 + dice(3); n > 0 && !has_ended(&victim); n--) {
            int fd = new_socket(SOCK_STREAM, "sock.pass_fd", &addr);
            if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0 &&
                dice(2))
                abuse_stream(fd);
            close(fd);
        }
    if (dice(2))
        nap();
    interrupt(&victim, v->program);
}

static void to_sock_pass_fd_take(void)
{
    struct sockaddr_un addr;
    int fd = new_socket(SOCK_STREAM, "sock.pass_fd", &addr), taker = -1,
        gift = -1;
    int ends[2] = {-1, -1};

    plant("sock.pass_fd");
    umask(0177);
    bind(fd, (struct sockaddr *)&addr, sizeof addr);
    umask(077);
    if (listen(fd, 5) == -1)
        err(EXIT_FAILURE, "listen");
    launch();
    for (double until = now() + patience;
         taker == -1 && !has_ended(&victim) && now() < until; nap())
        taker = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    switch (dice(7)) { /* what it is that we give */
    case 0:
        gift = open(".", O_RDONLY | O_CLOEXEC);
        break;
    case 1:
        gift = open("/dev/null", O_WRONLY | O_CLOEXEC);
        break;
    case 2:
        gift = open("precious", O_PATH | O_CLOEXEC);
        break;
    case 3:
        gift = dup(taker);
        break;
    case 4:
        gift = memfd_create("large", MFD_CLOEXEC);
        if (ftruncate(gift, 1 + (off_t)dice(1 << 22)) == -1)
            complain("ftruncate: %s", strerror(errno));
        break;
    default:
        if (pipe2(ends, O_CLOEXEC) == -1)
            err(EXIT_FAILURE, "pipe2");
        fcntl(ends[1], F_SETFL, O_NONBLOCK);
        pour(ends[1], junk, make_junk(60000));
        close(ends[1]);
        gift = ends[0];
    }
    if (dice(4) == 0)
        pour(taker, junk, make_junk(100)); /* bytes, but nothing with them */
    if (dice(6))
        send_descriptors(taker, gift, dice(3) ? 1 : 1 + (int)dice(253),
                         dice(4) ? 1 : dice(100));
    close(gift);
    close(taker);
    close(fd);
    must_end(&victim, v->program);
}

/* ---- who meets whom ---- */

static const struct victim victims[] = {
    {"fifo", "fifo", "read_fifo", to_read_fifo, .ready = "waiting for"},
    {"fifo", "fifo", "write_fifo", to_write_fifo, .args = {"fifo1", "5", "0"}},
    {"fifo", "fifo", "fifo_server", to_fifo_server, .ready = "waiting for",
     .lives = 1, .client = {"fifo_client", "hello"}},
    {"fifo", "fifo", "fifo_client", to_fifo_client, .args = {"hello"},
     .ready = "waiting for"},
    {"fifo", "chat", "fifo_chat", to_fifo_chat, .args = {"0"},
     .typed = "hello\n", .ready = "waiting for fifo_chat 1"},
    {"fifo", "chat", "fifo_chat", to_fifo_chat, .args = {"1"},
     .typed = "hello\n", .ready = "waiting for fifo_chat 0"},
    {"fifo", "chat", "fifo_chatroom", to_fifo_chatroom, .args = {"ann"},
     .typed = "hello\n", .ready = "you are in the room"},
    {"queue", "msgqueue", "msg_server", to_msg_server, .ready = "waiting for",
     .lives = 1, .client = {"msg_client"}},
    {"queue", "msgqueue", "msg_client", to_msg_client, .ready = "waiting for"},
    {"queue", "msgqueue", "msg_reply_server", to_msg_server,
     .ready = "waiting for", .lives = 1, .client = {"msg_reply_client"}},
    {"queue", "msgqueue", "msg_reply_client", to_msg_client,
     .ready = "waiting for"},
    {"queue", "msgqueue", "mq_server", to_mq_server, .ready = "waiting for",
     .lives = 1, .client = {"mq_client"}},
    {"queue", "msgqueue", "mq_client", to_mq_client, .ready = "waiting for"},
    {"set", "semaphore", "sem_order", to_set, .args = {".", "0.02"}},
    {"set", "semaphore", "sem_init_race", to_set, .args = {"3"}},
    {"segment", "shm", "shm_server", to_shm_server, .ready = "waiting for"},
    {"segment", "shm", "shm_client", to_shm_client,
     .typed = "r\nhello\nr\nx\nq\n"},
    {"segment", "shm", "shm_ring", to_segment, .args = {"300"}},
    {"segment", "shm", "shm_counter", to_segment, .args = {"3", "300"}},
    {"segment", "shm", "shm_posix_server", to_shm_posix_server,
     .ready = "waiting for"},
    {"segment", "shm", "shm_posix_client", to_shm_posix_client,
     .typed = "r\nhello\nr\nx\nq\n"},
    {"map", "mmap", "mmap_reader", to_mmap_reader, .ready = "waiting for"},
    {"map", "mmap", "mmap_writer", to_mmap_writer,
     .args = {"mmap.dat", "4", "0.003"}},
    {"map", "mmap", "mmap_copy", to_mmap_copy, .args = {"from", "to"}},
    {"socket", "unixsock", "sock_server", to_sock_server,
     .ready = "waiting for", .lives = 1,
     .client = {"sock_client", "sock.server", "hello"}},
    {"socket", "unixsock", "sock_client", to_sock_client,
     .args = {"sock.server", "hello", "world"}},
    {"socket", "unixsock", "sock_inet_server", to_sock_server, .args = {"0"},
     .ready = "waiting for", .lives = 1,
     .client = {"sock_inet_client", "PORT", "NAME", "hello"}},
    {"socket", "unixsock", "sock_inet_client", .peer = to_sock_client},
    {"socket", "unixsock", "sock_dgram_server", to_sock_dgram_server,
     .ready = "waiting for", .lives = 1,
     .client = {"sock_dgram_client", "sock.dgram", "hello"}},
    {"socket", "unixsock", "sock_dgram_client", to_sock_dgram_client,
     .args = {"sock.dgram", "hello", "world"}},
    {"socket", "unixsock", "sock_pass_fd_give", to_sock_pass_fd_give,
     .ready = "waiting for"},
    {"socket", "unixsock", "sock_pass_fd_take", .peer = to_sock_pass_fd_take},
    {"signal", "signal", "signal_sync", .peer = to_signal},
    {"signal", "signal", "signal_mask", .peer = to_signal},
    {"signal", "signal", "signal_queue", to_signal, .args = {"50"}},
    {"signal", "signal", "signal_timer", to_signal, .args = {"1", "0.01", "3"},
     .slow = 1},
    {"signal", "signal", "signal_sources", .peer = to_signal},
};
enum { VICTIMS = sizeof victims / sizeof *victims };

/* A server has met them all: it must serve who asks properly, hold no more
 * descriptors than at its beginning, and end when it is asked to. */
static void still_serves(int at_first)
{
    const char *args[6] = {NULL};
    char port[16];

    if (has_ended(&victim)) {
        judge(&victim, v->program, 0);
        complain("gone: a peer has ended it");
        return;
    }
    for (int i = 0; i < 5 && v->client[i] != NULL; i++) {
        args[i] = v->client[i];
        if (strcmp(args[i], "PORT") == 0) {
            snprintf(port, sizeof port, "%d", inet_port);
            args[i] = port;
        } else if (strcmp(args[i], "NAME") == 0) {
            args[i] = inet_name;
        }
    }
    start(&friend_, v->room, args, v->client_typed, "friend");
    must_end(&friend_, args[0]);
    if (friend_.status != 0)
        complain("hang: %s is not served", args[0]);
    for (double until = now() + patience;
         now() < until && descriptors(victim.pid) > at_first;)
        nap();
    if (descriptors(victim.pid) > at_first)
        complain("stray: %d descriptors are open, not %d",
                 descriptors(victim.pid), at_first);
    interrupt(&victim, v->program);
}

/* All peers of one program. Returns 1 if something is wrong. */
static int besiege(unsigned long from, unsigned count, int only)
{
    int at_first = 0;
    unsigned i, met = 0;

    ready = 0;
    wrong[0] = '\0';
    victim = (struct run){0};
    if (v->slow)
        count = (count + 19) / 20;
    if (v->lives && launch())
        at_first = descriptors(victim.pid);
    for (i = 0; i < count && wrong[0] == '\0' && !interrupted; i++) {
        if (only >= 0 && i != (unsigned)only)
            continue;
        seed(from, v->program, i);
        met++;
        v->peer();
        /* Does it not listen because it is dying? */
        for (double until = now() + 3; v->lives && wrong[0] != '\0' &&
             !has_ended(&victim) && now() < until;)
            nap();
        if (v->lives && has_ended(&victim)) {
            wrong[0] = '\0'; /* this is more than that it did not listen */
            judge(&victim, v->program, 0);
            complain("gone: its peer has ended it");
        }
        if (!v->lives) {
            tidy();
            inspect();
        }
    }
    if (ready == 0 && v->ready != NULL && met > 9)
        complain("silent: it was never ready for a peer");
    if (v->lives && wrong[0] == '\0')
        still_serves(at_first);
    end_group(&victim);
    end_group(&friend_);
    tidy();
    inspect();
    if (interrupted)
        return 0;
    printf("%-8s %-9s %-18s %4u peers: %s\n", v->kind, v->room, v->program, met,
           wrong[0] == '\0' ? "ok" : wrong);
    if (wrong[0] != '\0') {
        char line[512];
        printf("         once more: hostile -s %lu -n %u%s %s\n", from, count,
               only < 0 ? "" : " -o ...", v->program);
        if (!v->lives && (ready > 0 || v->ready == NULL))
            printf("         only that peer: hostile -s %lu -n %u -o %u %s\n",
                   from, count, i - 1, v->program);
        FILE *f = fopen(victim.err, "re");
        while (f != NULL && fgets(line, sizeof line, f) != NULL)
            printf("         it said: %.*s\n", (int)strcspn(line, "\n"), line);
        if (f != NULL)
            fclose(f);
    }
    return wrong[0] != '\0';
}

static void on_signal(int sig) { interrupted = sig; }

static void leave(void)
{
    char path[2 * PATH_MAX];

    tidy();
    remove_bait();
    for (const char *const *name =
             (const char *const[]){"victim.out", "victim.err", "friend.out",
                                   "friend.err", NULL};
         *name != NULL; name++) {
        snprintf(path, sizeof path, "%s/%s", side, *name);
        unlink(path);
    }
    rmdir(side);
    unlink("precious");
    rmdir(folder);
}

static unsigned long number(const char *text, unsigned long most)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || n > most) {
        fprintf(stderr, "hostile: %s is no number from 0 to %lu\n", text, most);
        exit(2);
    }
    return n;
}

int main(int argc, char *argv[])
{
    const char *tmp = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    struct sigaction sa = {.sa_handler = on_signal};
    unsigned long from = 1, count = 20;
    int only = -1, option, failed = 0;
    char options[PATH_MAX + 200];
    unsigned long peers = 0;

    while ((option = getopt(argc, argv, "b:n:s:o:")) != -1)
        switch (option) {
        case 'b':
            build = optarg;
            break;
        case 'n':
            count = number(optarg, 1000000);
            break;
        case 's':
            from = number(optarg, ULONG_MAX);
            break;
        case 'o':
            only = (int)number(optarg, INT_MAX);
            break;
        default:
            fprintf(stderr, "usage: hostile [-b BUILD] [-n COUNT] [-s SEED] "
                            "[-o NUMBER] [WHAT]...\n");
            exit(2);
        }
    for (int i = optind; i < argc; i++) {
        int known = 0;
        for (v = victims; v < victims + VICTIMS; v++)
            known |= strcmp(argv[i], v->program) == 0 ||
                     strcmp(argv[i], v->kind) == 0;
        if (!known) {
            fprintf(stderr, "hostile: no program and no kind is called %s\n",
                    argv[i]);
            exit(2);
        }
    }
    if (getenv("PATIENCE") != NULL)
        patience = (double)number(getenv("PATIENCE"), 3600);
    if (realpath(build, programs) == NULL)
        err(EXIT_FAILURE, "%s (try: make)", build);
    setvbuf(stdout, NULL, _IOLBF, 0);
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGHUP, &sa, NULL);
    snprintf(folder, sizeof folder, "%s/hostile.XXXXXX", tmp);
    snprintf(side, sizeof side, "%s/hostile.XXXXXX", tmp);
    if (mkdtemp(folder) == NULL || mkdtemp(side) == NULL || chdir(folder) == -1)
        err(EXIT_FAILURE, "mkdtemp %s", folder);
    snprintf(options, sizeof options,
             "log_path=%s/report:exitcode=99:"
             "detect_leaks=0:halt_on_error=1",
             side);
    if (setenv("ASAN_OPTIONS", options, 1) ||
        setenv("UBSAN_OPTIONS", options, 1) ||
        prctl(PR_SET_CHILD_SUBREAPER, 1) == -1 || atexit(leave) != 0)
        err(EXIT_FAILURE, "setenv, prctl, atexit");
    lay_bait();

    printf("%lu peers for each program, seed %lu\n", count, from);
    for (v = victims; v < victims + VICTIMS && !interrupted; v++) {
        int asked = optind == argc;
        for (int i = optind; i < argc; i++)
            asked |= strcmp(argv[i], v->program) == 0 ||
                     strcmp(argv[i], v->kind) == 0;
        if (!asked)
            continue;
        failed += besiege(from, (unsigned)count, only);
        peers++;
    }
    if (interrupted) {
        leave();
        signal(interrupted, SIG_DFL);
        raise(interrupted);
    }
    printf("%lu programs, %d with a verdict against them\n", peers, failed);
    if (fflush(stdout) == EOF)
        err(EXIT_FAILURE, "stdout");
    return failed > 0;
}
