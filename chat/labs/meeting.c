/* meeting.c - lab: how the two chatters meet at two hidden FIFOs.
 *
 * Claims:   CHAT-1 CHAT-2 CHAT-3 CHAT-4 CHAT-5 CHAT-13 CHAT-14
 * Terminal: build/chat/labs/meeting [CLAIM]     (all labs: make claims-chat)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: fifo(7), mkfifo(3), open(2), stat(2), access(2)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char fifo1[] = ".lab_chat1", fifo2[] = ".lab_chat2";

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static void remove_fifos(void)
{
    unlink(fifo1);
    unlink(fifo2);
}

static void remove_and_die(int sig)
{
    remove_fifos();
    raise(sig); /* SA_RESETHAND: this time it kills */
}

static void make_fifos(void)
{
    if (access(fifo1, F_OK) == 0 || access(fifo2, F_OK) == 0)
        remove_fifos(); /* a killed lab has left them: the names are ours */
    if (mkfifo(fifo1, 0600) == -1 || mkfifo(fifo2, 0600) == -1)
        err(EXIT_FAILURE, "mkfifo %s, %s", fifo1, fifo2);
}

/* Does `ls OPTION` show NAME in this folder? */
static int ls_shows(const char *option, const char *name)
{
    char command[128];

    snprintf(command, sizeof command, "ls %s | grep -qxF %s", option, name);
    int status = system(command);
    if (status == -1 || !WIFEXITED(status))
        err(EXIT_FAILURE, "system: %s", command);
    return WEXITSTATUS(status) == 0;
}

static void chat_1(void)
{
    struct stat one, two;

    make_fifos();
    if (stat(fifo1, &one) == -1 || stat(fifo2, &two) == -1)
        err(EXIT_FAILURE, "stat %s, %s", fifo1, fifo2);
    printf("CHAT-1 %s mkfifo(3) of %s and %s: two FIFOs\n",
           yes(S_ISFIFO(one.st_mode) && S_ISFIFO(two.st_mode)), fifo1, fifo2);
    int plain = ls_shows("", fifo1) || ls_shows("", fifo2);
    int all = ls_shows("-a", fifo1) && ls_shows("-a", fifo2);
    printf("CHAT-1 %s hidden: ls %s them, ls -a %s\n", yes(!plain && all),
           plain ? "shows" : "does not show", all ? "does" : "does not");
    remove_fifos();
}

/* One side: opens FIRST, then SECOND, each 'r' or 'w'. Says its number through
 * the one, hears through the other, and ends with the number it has heard. */
static pid_t side(int number, const char *first, int r, const char *second)
{
    pid_t lab = getpid(), pid = fork();

    if (pid == -1)
        err(EXIT_FAILURE, "fork");
    if (pid > 0)
        return pid;
    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, 0}; *s; s++)
        signal(*s, SIG_DFL); /* the FIFOs are our parent's to remove */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != lab)
        _exit(100); /* it would wait for ever in open(2) */
    char say = (char)number, heard = 0;
    int a = open(first, r ? O_RDONLY : O_WRONLY);
    int b = open(second, r ? O_WRONLY : O_RDONLY);
    if (a == -1 || b == -1 || write(r ? b : a, &say, 1) != 1 ||
        read(r ? a : b, &heard, 1) != 1)
        _exit(100);
    _exit(heard);
}

/* Wait until PID sleeps in the kernel (1), or has ended (0). */
static int sleeps(pid_t pid)
{
    struct timespec ms = {.tv_nsec = 1000000};
    char path[64], state = '?';

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    do {
        FILE *f = fopen(path, "r");
        if (f == NULL || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
            err(EXIT_FAILURE, "%s", path);
        fclose(f);
        nanosleep(&ms, NULL); /* only how often we look */
    } while (state != 'S' && state != 'Z');
    return state == 'S';
}

/* Its exit status, or -1 if it sleeps for good: nobody is left to wake it. */
static int ended(pid_t pid, int is_stuck)
{
    int status;

    if (is_stuck)
        kill(pid, SIGTERM);
    if (waitpid(pid, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return is_stuck || !WIFEXITED(status) ? -1 : WEXITSTATUS(status);
}

/* Mode 0 of the article reads FIFO 1 and writes FIFO 2; mode 1 the reverse. */
static int they_meet(int first_mode, int *heard0, int *heard1)
{
    pid_t pid[2];

    make_fifos();
    pid[first_mode] = side(first_mode, fifo1, first_mode == 0, fifo2);
    int waited = sleeps(pid[first_mode]); /* in open(2): alone, so far */
    pid[!first_mode] = side(!first_mode, fifo1, first_mode == 1, fifo2);
    *heard0 = ended(pid[0], 0);
    *heard1 = ended(pid[1], 0);
    remove_fifos();
    return waited && *heard0 == 1 && *heard1 == 0;
}

static void chat_2(void)
{
    int a, b;

    int meet = they_meet(0, &a, &b);
    printf("CHAT-2 %s mode 0 is first, and waits in open(2); then mode 1: they "
           "%s\n", yes(meet), meet ? "meet" : "do not meet");
    meet = they_meet(1, &a, &b);
    printf("CHAT-2 %s mode 1 is first, and waits in open(2); then mode 0: they "
           "%s all the same\n", yes(!meet), meet ? "meet" : "do not meet");
}

static void chat_3(void)
{
    int heard0, heard1;

    they_meet(0, &heard0, &heard1);
    printf("CHAT-3 %s mode 0 has written into %s: mode 1 has heard %d\n",
           yes(heard1 == 0), fifo2, heard1);
    printf("CHAT-3 %s mode 1 has written into %s: mode 0 has heard %d\n",
           yes(heard0 == 1), fifo1, heard0);
}

static void chat_4(void)
{
    char mine = 'm', got = 0;
    int a, b;

    make_fifos();
    int fd = open(fifo1, O_RDWR);
    if (fd == -1 || write(fd, &mine, 1) != 1 || read(fd, &got, 1) != 1)
        err(EXIT_FAILURE, "one FIFO, both directions");
    printf("CHAT-4 %s one FIFO for both directions: I write '%c', and read "
           "'%c', my own\n", yes(got == mine), mine, got);
    close(fd);
    int meet = they_meet(0, &a, &b);
    printf("CHAT-4 %s two FIFOs: each side reads what the other wrote: %d and "
           "%d\n", yes(meet), a, b);
}

/* Both sides open in turn what they name first; do they get through? */
static int stuck(const char *a1, int a_reads, const char *a2, const char *b1,
                 int b_reads, const char *b2)
{
    make_fifos();
    pid_t a = side(0, a1, a_reads, a2), b = side(1, b1, b_reads, b2);
    /* If one sleeps while the other runs, it may yet be woken; ask again. */
    int both;
    do {
        both = sleeps(a);
        both &= sleeps(b);
    } while (both && !(sleeps(a) && sleeps(b)));
    int a_end = ended(a, both), b_end = ended(b, both);
    remove_fifos();
    return a_end == -1 && b_end == -1;
}

static void chat_5(void)
{
    int wait = stuck(fifo1, 1, fifo2, fifo1, 0, fifo2);
    printf("CHAT-5 %s one reads %s first, the other writes it first: they %s\n",
           yes(!wait), fifo1, wait ? "wait for ever" : "get through");
    wait = stuck(fifo1, 1, fifo2, fifo2, 1, fifo1);
    printf("CHAT-5 %s each opens first what it reads: they %s\n", yes(wait),
           wait ? "sleep in open(2), both" : "get through");
    wait = stuck(fifo2, 0, fifo1, fifo1, 0, fifo2);
    printf("CHAT-5 %s each opens first what it writes: they %s\n", yes(wait),
           wait ? "sleep in open(2), both" : "get through");
}

/* Make NAME the article's way: only if it is not there yet. Then look. */
static int is_fifo_after_the_test(const char *name)
{
    struct stat st;

    if (access(name, F_OK) == -1 && mkfifo(name, 0600) == -1)
        err(EXIT_FAILURE, "mkfifo %s", name);
    if (stat(name, &st) == -1)
        err(EXIT_FAILURE, "stat %s", name);
    return S_ISFIFO(st.st_mode);
}

static void chat_13(void)
{
    char byte;

    remove_fifos();
    int fifo = is_fifo_after_the_test(fifo1);
    printf("CHAT-13 %s nothing was there, said access(2): mkfifo(3) made "
           "%s\n", yes(fifo), fifo ? "a FIFO" : "no FIFO");
    remove_fifos();
    int fd = open(fifo1, O_CREAT | O_EXCL | O_WRONLY, 0600);
    if (fd == -1 || close(fd) == -1)
        err(EXIT_FAILURE, "an ordinary file %s", fifo1);
    fifo = is_fifo_after_the_test(fifo1);
    if ((fd = open(fifo1, O_RDONLY)) == -1)
        err(EXIT_FAILURE, "open %s", fifo1);
    ssize_t n = read(fd, &byte, 1);
    printf("CHAT-13 %s an ordinary file was there: it is %s, read(2) returns "
           "%zd at once\n", yes(fifo), fifo ? "a FIFO" : "taken for one", n);
    close(fd);
    remove_fifos();
    int absent = access(fifo1, F_OK) == -1;
    make_fifos(); /* somebody else, between the test and our mkfifo(3) */
    int made = mkfifo(fifo1, 0600);
    printf("CHAT-13 %s access(2) said %s; then somebody was quicker: mkfifo(3) "
           "returned %d, %s\n", yes(!absent || made == 0),
           absent ? "no" : "yes", made, made == -1 ? strerror(errno) : "done");
    remove_fifos();
}

/* Does the compiler take this program? -1: there is no compiler. */
static int compiles(const char *end)
{
    static const char source[] =
        "#include <unistd.h>\\n"
        "int main(void) { while (1) { if (read(0, 0, 0) == 0) { _exit(0); }";
    const char *cc = getenv("CC");
    char command[512];

    cc = cc == NULL || *cc == '\0' ? "cc" : cc;
    snprintf(command, sizeof command, "command -v %s >/dev/null || exit 77; "
             "printf '%s %s\\n' | %s -fsyntax-only -x c - 2>/dev/null", cc,
             source, end, cc);
    int status = system(command);
    if (status == -1 || !WIFEXITED(status))
        err(EXIT_FAILURE, "system: %s", command);
    return WEXITSTATUS(status) == 77 ? -1 : WEXITSTATUS(status) == 0;
}

/* A program that breaks off where the listing does, in the loop in main; and,
 * as a compiler may refuse it for other reasons, the same one when whole. */
static void chat_14(void)
{
    if (compiles("} }") != 1) {
        printf("CHAT-14 skip no compiler, or it cannot compile anything\n");
        return;
    }
    int broken_off = compiles("");
    printf("CHAT-14 %s a program that ends in its loop, as the listing: it %s; "
           "with two closing braces more: it compiles\n", yes(broken_off),
           broken_off ? "compiles" : "does not compile");
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"CHAT-1", chat_1}, {"CHAT-2", chat_2}, {"CHAT-3", chat_3},
    {"CHAT-4", chat_4}, {"CHAT-5", chat_5}, {"CHAT-13", chat_13},
    {"CHAT-14", chat_14},
};

int main(int argc, char *argv[])
{
    int tried = 0;

    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct sigaction sa = {.sa_handler = remove_and_die,
                           .sa_flags = SA_RESETHAND | SA_NODEFER};
    sigemptyset(&sa.sa_mask);
    for (const int *s = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, 0};
         *s; s++)
        if (sigaction(*s, &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: meeting [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
