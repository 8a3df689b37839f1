/* life.c - lab: how long a queue lives, and what its users learn of its end.
 *
 * Claims:   MSG-1 MSG-3 MSG-13 MSG-32
 * Terminal: build/msgqueue/labs/life [CLAIM]   (all labs: make claims-msgqueue)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: msgop(2), msgctl(2), sysvipc(7), proc(5)
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t queue = -1;

static void remove_queue(void)
{
    if (queue != -1)
        msgctl(queue, IPC_RMID, NULL);
    queue = -1;
}

static void on_signal(int sig)
{
    remove_queue();
    raise(sig); /* SA_RESETHAND: this time we die of it */
}

static void new_queue(void)
{
    sigset_t all, old;

    sigfillset(&all); /* no signal before we know what there is to remove */
    if (sigprocmask(SIG_BLOCK, &all, &old) == -1 ||
        (queue = msgget(IPC_PRIVATE, 0600)) == -1)
        err(EXIT_FAILURE, "msgget");
    if (sigprocmask(SIG_SETMASK, &old, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
}

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static struct note { long type; char text[16]; } hello = {1, "hello"};

static void send_hello(void)
{
    if (msgsnd(queue, &hello, sizeof hello.text, IPC_NOWAIT) == -1)
        err(EXIT_FAILURE, "msgsnd");
}

static pid_t new_child(void)
{
    pid_t child = fork();

    if (child == -1)
        err(EXIT_FAILURE, "fork");
    return child;
}

/* Wait until the kernel says that it sleeps: our children do so in no other
 * call than msgrcv(2). */
static void await_sleep(pid_t child)
{
    char path[32], state = 0;

    snprintf(path, sizeof path, "/proc/%ld/stat", (long)child);
    while (state != 'S') {
        FILE *stat = fopen(path, "r");
        if (stat == NULL || fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
            err(EXIT_FAILURE, "%s", path);
        fclose(stat);
        if (state == 'Z')
            errx(EXIT_FAILURE, "the child did not wait");
        sched_yield();
    }
}

static int end_of(pid_t child)
{
    int status;

    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return status;
}

/* A line of /proc/sysvipc/msg: does the queue exist, and what is in it? */
static int is_listed(int id, unsigned long *bytes, unsigned long *messages)
{
    char line[256];
    int listed = 0, this;
    FILE *list = fopen("/proc/sysvipc/msg", "r");

    if (list == NULL)
        return -1;
    while (!listed && fgets(line, sizeof line, list) != NULL)
        listed = sscanf(line, "%*d %d %*o %lu %lu", &this, bytes, messages) == 3
                 && this == id;
    fclose(list);
    return listed;
}

static void msg_1(void)
{
    unsigned long bytes = 0, messages = 0;

    new_queue();
    pid_t child = new_child();
    if (child == 0) {
        send_hello();
        send_hello();
        _exit(0);
    }
    end_of(child);
    int listed = is_listed(queue, &bytes, &messages);
    if (listed == -1)
        printf("MSG-1 skip there is no /proc/sysvipc/msg\n");
    else
        printf("MSG-1 %s the sender has ended; /proc/sysvipc/msg lists our id: "
               "%lu messages, %lu bytes\n",
               yes(listed && messages == 2 && bytes == 2 * sizeof hello.text),
               messages, bytes);
    remove_queue();
}

static void msg_3(void)
{
    struct note m = {0};

    new_queue();
    pid_t child = new_child();
    if (child == 0) {
        send_hello();
        _exit(0);
    }
    end_of(child);
    ssize_t n = msgrcv(queue, &m, sizeof m.text, 0, IPC_NOWAIT);
    printf("MSG-3 %s the sender has ended; received: %s\n",
           yes(n == sizeof m.text && strcmp(m.text, hello.text) == 0),
           n == -1 ? strerror(errno) : m.text);

    if ((child = new_child()) == 0)
        _exit(msgrcv(queue, &m, sizeof m.text, 2, 0) == -1 ? 1 : 0);
    await_sleep(child); /* it wants type 2, we send 1 */
    send_hello();
    kill(child, SIGKILL);
    end_of(child);
    n = msgrcv(queue, &m, sizeof m.text, 0, IPC_NOWAIT);
    printf("MSG-3 %s a receiver was killed as it waited; received: %s\n",
           yes(n != -1), n == -1 ? strerror(errno) : m.text);
    remove_queue();
}

/* The loop of a server that does not look at what msgrcv(2) returns, cut off
 * after ROUNDS. How often does it believe that it has received hello? */
enum { ROUNDS = 1000 };

static void deaf_loop(int *believed, size_t size)
{
    struct note m = {0};

    for (int i = 0; i < ROUNDS; i++) {
        msgrcv(queue, &m, size, 0, 0);
        *believed += strcmp(m.text, hello.text) == 0;
    }
    _exit(0);
}

static void msg_13(void)
{
    int *believed = mmap(NULL, sizeof *believed, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (believed == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    new_queue();
    send_hello();
    pid_t child = new_child();
    if (child == 0)
        deaf_loop(believed, sizeof hello.text);
    await_sleep(child);
    int before = *believed;
    remove_queue();
    end_of(child);
    printf("MSG-13 %s one hello was sent; %d was received, then the queue was "
           "removed: now it is %d, in %d rounds\n",
           yes(*believed == before), before, *believed, ROUNDS);
    munmap(believed, sizeof *believed);
}

static void msg_32(void)
{
    unsigned long bytes, messages;
    struct note m;

    new_queue();
    int id = queue;
    send_hello();
    pid_t child = new_child();
    if (child == 0) {
        int n = msgrcv(queue, &m, sizeof m.text, 2, 0); /* we sent 1 */
        _exit(n == -1 && errno == EIDRM ? 0 : 1);
    }
    await_sleep(child);
    int removed = msgctl(queue, IPC_RMID, NULL), listed;
    printf("MSG-32 %s a message in the queue, a receiver asleep: msgctl(2) "
           "returned %d\n", yes(removed == 0), removed);
    int told = end_of(child) == 0;
    printf("MSG-32 %s the receiver's msgrcv(2): %s\n", yes(told),
           told ? "Identifier removed" : "something else");
    ssize_t n = msgrcv(queue, &m, sizeof m.text, 0, IPC_NOWAIT);
    printf("MSG-32 %s our msgrcv(2), for the message: %s\n",
           yes(n == -1 && errno == EINVAL), n == -1 ? strerror(errno) : "done");
    if ((listed = is_listed(id, &bytes, &messages)) != -1)
        printf("MSG-32 %s /proc/sysvipc/msg %s it\n", yes(!listed),
               listed ? "still lists" : "no longer lists");
    remove_queue();
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"MSG-1", msg_1}, {"MSG-3", msg_3}, {"MSG-13", msg_13}, {"MSG-32", msg_32},
};

int main(int argc, char *argv[])
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    int tried = 0;

    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, 0};
         *s != 0; s++)
        if (sigaction(*s, &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    if (atexit(remove_queue) != 0)
        err(EXIT_FAILURE, "atexit");
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: life [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
