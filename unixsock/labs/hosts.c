/* hosts.c - lab: how far a socket reaches: other processes, other hosts.
 *
 * Claims:   GEN-1 GEN-10 SOCK-1
 * Terminal: build/unixsock/labs/hosts [CLAIM]   (all: make claims-unixsock)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: socket(2), ip(7), unix(7), network_namespaces(7), veth(4)
 *
 * A second host is a second network namespace: its own devices, addresses and
 * abstract names. A veth pair is the cable between the two.
 */
#define _GNU_SOURCE /* unshare(2) */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static const char *outcome(int error)
{
    return error == 0 ? "done" : strerror(error);
}

/* There is no IPv4 here, or its loopback is down. */
static int no_such_network(int error)
{
    return error == ENETUNREACH || error == EADDRNOTAVAIL ||
           error == EAFNOSUPPORT;
}

/* What the children found out, in memory that they share with us. */
static struct report {
    int namespace, cable; /* 0, or the errno for which there is none */
    int tcp, local;       /* 0: it came across, or the errno */
    char memory[8];
} *report;

static void new_report(void)
{
    if (report == NULL)
        report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (report == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    memset(report, 0, sizeof *report);
}

static void give_up(const char *what) /* in a child: it leaves by _exit(2) */
{
    warn("%s", what);
    _exit(EXIT_FAILURE);
}

static pid_t new_child(void)
{
    pid_t pid = fork();

    if (pid == -1)
        err(EXIT_FAILURE, "fork");
    if (pid == 0)
        alarm(50); /* not inherited */
    return pid;
}

static void join(pid_t child)
{
    int status;

    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    if (status != 0)
        errx(EXIT_FAILURE, "a child failed, wait status %d", status);
}

/* Say hello to a listening socket, or hear it: 0, or the errno. */
static int call(int family, const void *addr, socklen_t len)
{
    int fd = socket(family, SOCK_STREAM, 0), error = 0;

    if (fd == -1 || connect(fd, addr, len) == -1 ||
        send(fd, "hello", 5, 0) != 5)
        error = errno;
    close(fd);
    return error;
}

static int answer(int listener)
{
    char got[8] = "";
    int fd = accept(listener, NULL, NULL), error = 0;

    if (fd == -1 || recv(fd, got, 5, MSG_WAITALL) != 5)
        error = errno != 0 ? errno : ENODATA;
    else if (memcmp(got, "hello", 5) != 0)
        error = EBADMSG;
    close(fd);
    return error;
}

/* A child of ours calls us at an address of this host: 0, or the errno. */
static int by_a_child(int family)
{
    union { struct sockaddr any; struct sockaddr_un un; struct sockaddr_in in; }
        a = {.un = {.sun_family = AF_UNIX}};
    socklen_t len = sizeof a.un.sun_family; /* the kernel picks a name */
    int fd = socket(family, SOCK_STREAM, 0);

    if (family == AF_INET) {
        a.in = (struct sockaddr_in){.sin_family = AF_INET}; /* and any port */
        a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        len = sizeof a.in;
    }
    if (fd == -1 || bind(fd, &a.any, len) == -1 || listen(fd, 1) == -1 ||
        (len = sizeof a, getsockname(fd, &a.any, &len)) == -1)
        return errno;
    new_report();
    pid_t child = new_child();
    if (child == 0) {
        report->local = call(family, &a, len);
        _exit(0);
    }
    join(child); /* what it sent waits in the queue */
    int error = report->local != 0 ? report->local : answer(fd);
    close(fd);
    return error;
}

/* ---- two hosts and a cable ------------------------------------------- */

static int new_host(void) /* as root, or as the root of a user namespace */
{
    if (unshare(CLONE_NEWNET) == 0 || (errno == EPERM &&
        unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        return 0;
    }
    return errno;
}

/* `ip link add type veth peer netns PID`, as the one message of rtnetlink(7)
 * that it is: attributes in attributes. (musl has no linux/rtnetlink.h.) */
static int new_cable(pid_t other)
{
    struct attr { uint16_t len, type; };
    struct link { uint32_t type; int32_t index; uint32_t flags, change; };
    struct message {
        uint32_t len; uint16_t type, flags; uint32_t seq, pid;
        struct link here;
        struct attr info, kind;
        char veth[4];
        struct attr data, peer;
        struct link there;
        struct attr netns;
        uint32_t ns;
    } m = {sizeof m, 16, 1 | 4 | 0x400, 1, 0, /* NEWLINK; REQUEST|ACK|CREATE */
           {0, 0, 0, 0}, {44, 18}, {8, 1}, {'v', 'e', 't', 'h'}, /* INFO_KIND */
           {32, 2}, {28, 1}, {0, 0, 0, 0}, {8, 19}, /* DATA, PEER, NET_NS_PID */
           (uint32_t)other};
    struct { uint32_t header[4]; int32_t error; char rest[512]; } reply;
    int fd = socket(AF_NETLINK, SOCK_RAW, 0 /* NETLINK_ROUTE */);

    if (fd == -1 || send(fd, &m, sizeof m, 0) == -1 ||
        recv(fd, &reply, sizeof reply, 0) < (ssize_t)sizeof reply.header + 4)
        return errno;
    close(fd);
    return -reply.error;
}

static struct sockaddr_in host(int n) /* 10.9.9.n, port 7 */
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(7)};

    a.sin_addr.s_addr = htonl(0x0a090900U + (unsigned)n);
    return a;
}

static void set_address(int n)
{
    struct ifreq ifr = {.ifr_name = "veth0"};
    struct sockaddr_in a = host(n);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    a.sin_port = 0;
    memcpy(&ifr.ifr_addr, &a, sizeof a);
    if (fd == -1 || ioctl(fd, SIOCSIFADDR, &ifr) == -1)
        give_up("SIOCSIFADDR veth0");
    ifr.ifr_flags = IFF_UP;
    if (ioctl(fd, SIOCSIFFLAGS, &ifr) == -1)
        give_up("SIOCSIFFLAGS veth0");
    close(fd);
}

static socklen_t local_name(struct sockaddr_un *un, pid_t pid)
{
    un->sun_family = AF_UNIX;
    return (socklen_t)sizeof un->sun_family + 1 + (socklen_t)
        sprintf(un->sun_path + 1, "hosts.%d", (int)pid);
}

static void other_host(int to_first)
{
    struct sockaddr_in in = host(2);
    struct sockaddr_un un = {0};
    socklen_t len = local_name(&un, getppid());
    int tcp, local;
    char c;

    if ((report->namespace = new_host()) != 0)
        _exit(0);
    if (send(to_first, "n", 1, 0) != 1 || recv(to_first, &c, 1, 0) != 1)
        _exit(0); /* there is no cable */
    set_address(2);
    if ((tcp = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
        bind(tcp, (struct sockaddr *)&in, sizeof in) == -1 ||
        listen(tcp, 1) == -1)
        give_up("TCP port 7");
    if ((local = socket(AF_UNIX, SOCK_STREAM, 0)) == -1 ||
        bind(local, (struct sockaddr *)&un, len) == -1 ||
        listen(local, 1) == -1)
        give_up("an abstract name");
    if (send(to_first, "l", 1, 0) != 1)
        give_up("send");
    report->tcp = answer(tcp);
    if (recv(to_first, &c, 1, 0) == -1) /* until the first host is done */
        give_up("recv");
    _exit(0);
}

static void first_host(void)
{
    struct sockaddr_in in = host(2);
    struct sockaddr_un un = {0};
    int to[2];
    char c;

    if ((report->namespace = new_host()) != 0)
        _exit(0);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, to) == -1)
        give_up("socketpair");
    pid_t other = new_child();
    if (other == 0) {
        close(to[0]);
        other_host(to[1]);
    }
    close(to[1]);
    if (recv(to[0], &c, 1, 0) != 1 || (report->cable = new_cable(other)) != 0)
        _exit(0);
    set_address(1);
    if (send(to[0], "c", 1, 0) != 1 || recv(to[0], &c, 1, 0) != 1)
        give_up("the other host");
    int sent = call(AF_INET, &in, sizeof in);
    report->local = call(AF_UNIX, &un, local_name(&un, getpid()));
    if (sent != 0)
        kill(other, SIGKILL); /* it waits for a call that does not come */
    close(to[0]);
    if (waitpid(other, NULL, 0) == -1)
        give_up("waitpid");
    if (sent != 0)
        report->tcp = sent;
    _exit(0);
}

/* Fill in the report. 0 if this system lets nobody like us make two hosts. */
static int two_hosts(const char *claim)
{
    new_report();
    pid_t child = new_child();
    if (child == 0)
        first_host();
    join(child);
    if (report->namespace != 0)
        printf("%s skip TCP between two hosts: no network namespace: %s\n",
               claim, strerror(report->namespace));
    else if (report->cable != 0)
        printf("%s skip TCP between two hosts: no veth pair: %s\n", claim,
               strerror(report->cable));
    return report->namespace == 0 && report->cable == 0;
}

/* ---- the trials ------------------------------------------------------ */

/* STREAMS, the other of the two: System V's way to plug modules into a device.
 * Its calls would find fault with the descriptor, if there were such calls. */
static void gen_1(void)
{
    enum { STREAMS_PUSH = 'S' << 8 | 2 }; /* I_PUSH, where there is one */
    int fd[2], error = ENOSYS;

#ifdef SYS_putpmsg
    if (syscall(SYS_putpmsg, -1, NULL, NULL, 0, 0) == -1)
        error = errno;
#endif
    if (two_hosts("GEN-1")) {
        printf("GEN-1 %s TCP to another network namespace: %s; STREAMS: "
               "putpmsg(2): %s\n", yes(report->tcp == 0 && error == EBADF),
               outcome(report->tcp), outcome(error));
        printf("GEN-1 %s AF_UNIX, the sockets of this lesson, to another "
               "network namespace: %s\n", yes(report->local == 0),
               outcome(report->local));
    }
    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
    int pushed = ioctl(fd[1], STREAMS_PUSH, "ldterm");
    printf("GEN-1 %s STREAMS: a module on a pipe, ioctl(I_PUSH): %s\n",
           yes(pushed != -1), pushed == -1 ? strerror(errno) : "done");
    close(fd[0]);
    close(fd[1]);
}

/* What no socket is: does it work between different processes, too? */
static void gen_10(void)
{
    int fd[2];
    char got[8] = "";

    new_report();
    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t child = new_child();
    if (child == 0) {
        strcpy(report->memory, "hello");
        _exit(write(fd[1], "hello", 5) == 5 ? 0 : 1);
    }
    join(child);
    close(fd[1]);
    if (read(fd[0], got, 5) == -1)
        err(EXIT_FAILURE, "read");
    close(fd[0]);
    printf("GEN-10 %s a pipe: another process wrote hello, we read: %s\n",
           yes(strcmp(got, "hello") != 0), got);
    printf("GEN-10 %s a shared mapping: another process stored hello, we see: "
           "%s\n", yes(strcmp(report->memory, "hello") != 0), report->memory);
}

static void sock_1(void)
{
    int error = by_a_child(AF_UNIX);

    printf("SOCK-1 %s two processes on one host, AF_UNIX: %s\n",
           yes(error == 0), outcome(error));
    error = by_a_child(AF_INET);
    const char *went = no_such_network(error) ? "skip" : yes(error == 0);
    printf("SOCK-1 %s two processes on one host, TCP to 127.0.0.1: %s\n", went,
           outcome(error));
    if (two_hosts("SOCK-1"))
        printf("SOCK-1 %s two hosts (network namespaces with a cable), TCP to "
               "10.9.9.2: %s\n", yes(report->tcp == 0), outcome(report->tcp));
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"GEN-1", gen_1}, {"GEN-10", gen_10}, {"SOCK-1", sock_1},
};

int main(int argc, char *argv[])
{
    int tried = 0;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: hosts [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
