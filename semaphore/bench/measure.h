/* measure.h - how every benchmark measures: one command line, one result line.
 *
 * A copy lies in each room's bench/, all the same: a test holds them together.
 * A benchmark says how its mechanism is made, sends, receives and goes; this
 * is the rest of the program:
 *
 *     PROGRAM [round|stream [SIZE [COUNT [same|different|any [BATCH]]]]]
 *
 * forks, lets the parent send COUNT messages of SIZE bytes to its child, on the
 * same processor, a different one, or where the system likes, and prints
 *
 *     pipe round size=64 batch=1 cores=same count=10000 ns=4337.0 p99=7081 ...
 *
 *   round   each message is answered by one of the same size before the next.
 *           ns, p99: median and 99th percentile of such a round trip
 *   stream  the child answers only now and then. ns: of a message, the median
 *           of ten blocks. BATCH messages are handed over at once
 *   bare, ratio  what a round trip or message takes when nobody looks: the same
 *           calls, no number, no sum, no clock; and how much longer it takes
 *           with these. The two take turns, block by block. Where nothing is
 *           copied out, as in shared memory, nobody has read a bare message
 *   cpu, switches, slept  ns of processor time, context switches, and those
 *           of them where a process had to wait, of both processes, for a round
 *           trip or message, checked or bare
 *   copies  of each byte, between what the sender has and the receiver reads
 *
 * A message is a number, a sum of all its bytes, and bytes. The receiver reads
 * all of them, and checks. One word of them is new in each message. Under 16
 * bytes, it is as many of a mix of the number
 * (1 byte does not see that 256 messages are lost at once).
 *
 * Status 0; 1 a call failed, a message was lost, doubled or damaged, or a
 * process killed; 2 usage; 77 with "refused: over MSGMAX 8192" as result: it
 * cannot be done here. See sched_setaffinity(2), getrusage(2), clock_gettime(2)
 */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- What a mechanism is told. */
enum { DOWN, UP };           /* the ways: to the child, and back */
static size_t size;          /* bytes of a message */
static long batch = 1;       /* messages that are handed over at once, */
static size_t unit;          /* in so many bytes */
static unsigned char *inbox; /* room for them, for who copies them out, */
enum { FRONT = 16 };         /* behind as many bytes for a head of its own */
static int answers;          /* is each unit answered before the next? */
static int cores;            /* that the two processes run on */

/* ---- What it has: five functions. */
static void create(void);    /* before the fork */
static void enter(int in);   /* after it, in both: `in` is the way to us */
static void put(int way, const unsigned char *message); /* a unit of them */
static const unsigned char *get(int way); /* the next, until the next get */
static void destroy(void);   /* what would stay; signal handlers call it, too */

/* ---- What it calls when it cannot go on. */
static void fail(const char *call);             /* the call failed: errno */
static void refuse(const char *limit, long is); /* over it; -1: no number */
static void give_up(const char *why);           /* no call failed, but */

/* ---- The rest is how it is done. */
enum { BLOCKS = 10, HEAD = 2 * sizeof(uint64_t), MOST = 1 << 24 };
static const int ends_us[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCHLD, 0};
static pid_t child = -1;        /* 0: it is us */
static unsigned char *outbox;   /* a unit of ours, behind FRONT bytes, too */
static const uint64_t start_at[] = {0, UINT64_C(0x5a5a5a5a5a5a5a5a)};
static uint64_t sent, received; /* the next number of ours, of the other's */
static uint64_t *payload;       /* the sum of each of ours, less its head */
static double *trip;            /* how long each checked round trip took, ns */
static long trips, count = 10000;
static const char *mode = "round", *where = "any";
static cpu_set_t may; /* the processors that we were given, */
static int home;      /* and the one that we were on */
static sigset_t enders; /* the signals of ends_us */
static char killed[100]; /* what a signal handler says of the child */

static void finish(void)
{
    if (child > 0)
        kill(child, SIGKILL); /* else it would say that we are gone */
    destroy();
}

static void leave(int status)
{
    if (child == 0)
        _exit(status); /* what is to be removed is the parent's */
    finish();
    exit(status);
}

static void fail(const char *call)
{
    sigprocmask(SIG_BLOCK, &enders, NULL); /* no second message */
    warn("%s", call);
    leave(EXIT_FAILURE);
}

static void give_up(const char *why)
{
    sigprocmask(SIG_BLOCK, &enders, NULL);
    warnx("%s", why);
    leave(EXIT_FAILURE);
}

static void begin_line(void)
{
    printf("%s %s size=%zu batch=%ld cores=%s count=%ld",
           program_invocation_short_name, mode, size, batch, where, count);
}

static void end_line(void)
{
    if (putchar('\n') == EOF || fflush(stdout) == EOF)
        fail("stdout");
}

static void refuse(const char *limit, long is)
{
    begin_line();
    printf(" refused: %s", limit);
    if (is != -1)
        printf(" %ld", is);
    end_line();
    leave(77);
}

static void on_signal(int sig)
{
    siginfo_t end = {0};
    int saved = errno;

    if (sig == SIGCHLD) {
        if (waitid(P_PID, child, &end, WEXITED | WNOHANG | WNOWAIT) == -1 ||
            end.si_pid == 0 || (end.si_code == CLD_EXITED && !end.si_status)) {
            errno = saved;
            return; /* stopped, or done, as it should be */
        }
        if (end.si_code != CLD_EXITED) /* else it has said why */
            (void)!write(STDERR_FILENO, killed, strlen(killed));
        finish();
        _exit(end.si_code == CLD_EXITED ? end.si_status : EXIT_FAILURE);
    }
    finish();
    signal(sig, SIG_DFL);
    raise(sig);
}

static double now(void) /* ns; exact for a hundred days of uptime */
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

/* The sum of the words of a message after its head. Four in a row are added to
 * four sums: the processor does not wait for one before it adds the next. */
static uint64_t sum(const unsigned char *message)
{
    const unsigned char *p = message + HEAD, *end = message + size;
    uint64_t word, s[4] = {0};

    for (; end - p >= 32; p += 32)
        for (int i = 0; i < 4; i++) {
            memcpy(&word, p + 8 * i, 8);
            s[i] += word;
        }
    for (int i = 0; end - p >= 8; p += 8, i++) {
        memcpy(&word, p, 8);
        s[i] += word;
    }
    if (p < end) { /* the last bytes, and zeros */
        word = 0;
        memcpy(&word, p, end - p);
        s[3] += word;
    }
    return s[0] + 3 * s[1] + 5 * s[2] + 7 * s[3];
}

/* What message number n begins with, if `rest` is the sum of what follows. */
static void head(uint64_t *words, uint64_t n, uint64_t rest)
{
    words[0] = size < HEAD ? (n + 1) * UINT64_C(0x9e3779b97f4a7c15) : n;
    words[1] = n + rest;
}

/* Number our messages. Another word of their bytes is a new one each time: who
 * reads what was there before, or what he sent himself, is to notice. */
static void stamp(void)
{
    static size_t turn;
    size_t word = size < HEAD + 8 ? 0 : turn++ % ((size - HEAD) / 8);
    uint64_t words[2], old;
    unsigned char *m = outbox;

    for (long i = 0; i < batch && size > 0; i++, m += size) {
        if (size >= HEAD + 8) {
            memcpy(&old, m + HEAD + 8 * word, 8);
            payload[i] += (sent - old) * (2 * (word % 4) + 1); /* see sum() */
            memcpy(m + HEAD + 8 * word, &sent, 8);
        }
        head(words, sent++, payload[i]);
        if (size >= HEAD) {
            memcpy(m, &words[0], 8);
            memcpy(m + 8, &words[1], 8);
        } else
            memcpy(m, words, size);
    }
}

/* Does a message begin so? Word by word, as it was stored: to read two stores
 * at once, the processor would wait for both. */
static int begins(const unsigned char *m, const uint64_t *due)
{
    uint64_t is[2];

    if (size < HEAD)
        return memcmp(m, due, size) == 0;
    memcpy(&is[0], m, 8);
    memcpy(&is[1], m + 8, 8);
    return is[0] == due[0] && is[1] == due[1];
}

static void verify(const unsigned char *m)
{
    const unsigned char *end = m + unit;
    char text[80];
    uint64_t due[2];

    for (; m < end; m += size) {
        head(due, received, size < HEAD ? 0 : sum(m));
        if (!begins(m, due)) {
            snprintf(text, sizeof text,
                     "message %llu is lost, doubled or damaged",
                     (unsigned long long)(received - start_at[child != 0]));
            give_up(text);
        }
        received++;
    }
}

/* The parent sends n units, and waits until all have come. Returns ns for each
 * of their messages, or for each round trip. */
static double block(long n, int checked)
{
    double begin = now(), last = begin, t;

    for (long i = 0; i < n; i++) {
        int answered = answers || i == n - 1;

        if (child != 0) {
            if (checked)
                stamp();
            put(DOWN, outbox);
        }
        if (child == 0 || answered) {
            const unsigned char *message = get(child == 0 ? DOWN : UP);

            if (checked)
                verify(message);
        }
        if (child == 0 && answered) {
            if (checked)
                stamp();
            put(UP, outbox);
        }
        if (child != 0 && answers && checked) {
            t = now();
            trip[trips++] = t - last;
            last = t;
        }
    }
    return (now() - begin) / n / batch;
}

static void pin(int nth) /* us, to the nth of our processors, if we are to */
{
    cpu_set_t one;

    CPU_ZERO(&one); /* counted from where we are: not all users on the first */
    for (int i = 0, seen = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET((home + i) % CPU_SETSIZE, &may) && seen++ == nth)
            CPU_SET((home + i) % CPU_SETSIZE, &one);
    if (strcmp(where, "any") != 0 &&
        sched_setaffinity(0, sizeof one, &one) == -1)
        fail("sched_setaffinity");
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double at(double *values, long n, int percent)
{
    qsort(values, n, sizeof *values, by_size);
    return values[(n * percent + 99) / 100 - 1]; /* so many are not above it */
}

static double cpu(const struct rusage *use) /* ns */
{
    return (use->ru_utime.tv_sec + use->ru_stime.tv_sec) * 1e9 +
           (use->ru_utime.tv_usec + use->ru_stime.tv_usec) * 1e3;
}

static long number(const char *text, long least, long most)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (end == text || *end != '\0' || n < least || n > most)
        errx(2, "%s is not a number from %ld to %ld", text, least, most);
    return n;
}

/* `carries`: bytes of a message unless told; 0: the mechanism carries none. */
static int measure(int argc, char *argv[], int carries, int copies)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigaction was;
    struct rusage before, after, childs;
    double checked[BLOCKS], bare[BLOCKS], ratio[BLOCKS];
    double all, slept, preempted; /* messages; switches */
    pid_t parent = getpid();
    int wstatus, blocks = 0;

    if (argc > 1)
        mode = argv[1];
    if (argc > 4)
        where = argv[4];
    answers = strcmp(mode, "round") == 0;
    if (argc > (answers ? 5 : 6) || (!answers && strcmp(mode, "stream") != 0) ||
        (strcmp(where, "same") != 0 && strcmp(where, "different") != 0 &&
         strcmp(where, "any") != 0))
        errx(2, "usage: %s [round|stream [SIZE [COUNT "
             "[same|different|any [BATCH, of a stream]]]]]", argv[0]);
    size = argc > 2 ? number(argv[2], carries > 0, MOST - 1) : carries;
    count = argc > 3 ? number(argv[3], 1, 100000000) : count;
    batch = argc > 5 ? number(argv[5], 1, MOST / (size + 1)) : batch;
    unit = size * batch;
    if (carries == 0 && (size > 0 || batch > 1))
        refuse("carries no bytes", -1);
    if (sched_getaffinity(0, sizeof may, &may) == -1 ||
        (home = sched_getcpu()) == -1)
        fail("sched_getaffinity");
    cores = strcmp(where, "same") == 0 ? 1 : CPU_COUNT(&may);
    if (cores == 1 && strcmp(where, "different") == 0)
        refuse("needs two processors", -1);

    outbox = malloc(FRONT + unit);
    inbox = malloc(FRONT + unit);
    trip = malloc(count * sizeof *trip);
    payload = malloc(batch * sizeof *payload);
    if (!outbox || !inbox || !trip || !payload)
        fail("malloc");
    outbox += FRONT;
    inbox += FRONT;
    for (size_t i = 0; i < unit; i++)
        outbox[i] = i % size * 37 + 11;
    for (long i = 0; i < batch; i++)
        payload[i] = size < HEAD ? 0 : sum(outbox + i * size);

    snprintf(killed, sizeof killed, "%s: the child was killed: no result\n",
             program_invocation_short_name);
    /* A signal that ends us waits until what is to be removed is known. */
    sigemptyset(&enders);
    for (const int *sig = ends_us; *sig; sig++)
        sigaddset(&enders, *sig);
    sigprocmask(SIG_BLOCK, &enders, NULL);
    action.sa_mask = enders;
    for (const int *sig = ends_us; *sig; sig++) {
        sigaction(*sig, &action, &was);
        if (was.sa_handler == SIG_IGN && *sig != SIGCHLD) /* as by nohup(1) */
            signal(*sig, SIG_IGN);
    }
    signal(SIGPIPE, SIG_IGN); /* a dead reader is an error, not our death */
    pin(cores > 1); /* the child stays on the first */
    create();
    getrusage(RUSAGE_SELF, &before);
    if ((child = fork()) == -1)
        fail("fork (limit ulimit -u or pids.max)");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* else we would wait for ever */
        if (getppid() != parent)
            _exit(EXIT_FAILURE); /* it died before we said so */
        for (const int *sig = ends_us; *sig; sig++)
            if (sigaction(*sig, NULL, &was) == 0 && was.sa_handler != SIG_IGN)
                signal(*sig, SIG_DFL);
        pin(0);
    }
    sigprocmask(SIG_UNBLOCK, &enders, NULL);
    enter(child == 0 ? DOWN : UP);
    sent = start_at[child == 0 ? UP : DOWN]; /* an echo is no answer */
    received = start_at[child == 0 ? DOWN : UP];

    block(count / 10 + 1, 0); /* warm */
    for (int b = 0; b < BLOCKS; b++) {
        long n = count * (b + 1) / BLOCKS - count * b / BLOCKS;

        if (n == 0) /* fewer messages than blocks */
            continue;
        checked[blocks] = block(n, 1);
        bare[blocks] = block(n, 0);
        ratio[blocks] = checked[blocks] / bare[blocks];
        blocks++;
    }
    if (child == 0)
        _exit(EXIT_SUCCESS);
    getrusage(RUSAGE_SELF, &after);
    sigprocmask(SIG_BLOCK, &enders, NULL);
    if (wait4(child, &wstatus, 0, &childs) == -1)
        fail("wait4");
    child = -1; /* the number may be another's now */
    destroy();
    sigprocmask(SIG_UNBLOCK, &enders, NULL);

    all = (double)(2 * count + count / 10 + 1) * batch;
    slept = after.ru_nvcsw - before.ru_nvcsw + childs.ru_nvcsw;
    preempted = after.ru_nivcsw - before.ru_nivcsw + childs.ru_nivcsw;
    begin_line();
    printf(" ns=%.3f", answers ? at(trip, trips, 50) : at(checked, blocks, 50));
    if (answers)
        printf(" p99=%.0f", at(trip, trips, 99));
    printf(" bare=%.3f ratio=%.3f cpu=%.1f switches=%.3f slept=%.3f copies=%d",
           at(bare, blocks, 50), at(ratio, blocks, 50),
           (cpu(&after) - cpu(&before) + cpu(&childs)) / all,
           (slept + preempted) / all, slept / all, copies);
    end_line();
    free(outbox - FRONT);
    free(inbox - FRONT);
    free(trip);
    free(payload);
    return EXIT_SUCCESS;
}
