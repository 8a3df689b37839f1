/* why.c - what is everybody waiting for, who could end it, and what to type?
 *
 * Run:     build/scripts/why [-b BUILD] [PID]...     (make why)
 *   Tells of each of this user's processes whose program is in BUILD (build)
 *   and that waits: the call, its line in the source, the object, who could end
 *   the wait, and what to do. With PIDs only of these, whatever they run.
 *   Under sudo: of the processes of the user who called sudo, and root's.
 * Status:  0 nothing waits, or every wait can end; 3 something waits for
 *          something that cannot come; 1 a failure; 2 usage.
 * Environment: COLUMNS, NO_COLOR.
 *
 * All is seen from outside, in /proc: nobody is traced or stopped, and the
 * programs need not know of it. /proc/PID/syscall has the call, its arguments
 * and the stack pointer; upwards from there, the first return address within
 * the program whose call leads to a function that makes this system call is
 * where the program waits, and addr2line(1) knows its line. Who could end the
 * wait is found by the object: who holds the other end of a pipe, a queue's or
 * a set's users, children, partners. From that, who can still go on: whoever
 * runs, waits for time, a person or a program yet to be started, and whoever
 * waits for one of those. The others wait for ever.
 *
 * Where that file cannot be read (kernel.yama.ptrace_scope, some containers),
 * /proc/PID/wchan still tells the kind of call. The line is found on x86-64.
 * Nothing is freed: it is over in a moment.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef unsigned long word;

struct fd {
    int n, flags;
    dev_t dev, rdev;
    ino_t ino;
    mode_t mode;
    char link[PATH_MAX];
};

struct proc {
    pid_t pid, ppid, pgrp;
    char state, name[64], wchan[64], exe[PATH_MAX], cwd[PATH_MAX];
    char partner[80];           /* X_client for X_server, if there is one */
    char *maps;
    char *args, *arg1;          /* all but the name, and the first of them */
    int ours, asked;            /* of the suite; named on the command line */
    int threads;
    word switches, caught, blocked;
    struct fd *fds;
    size_t nfds;
    enum { RUNS, WAITS, STOPPED, ENDED } how;
    int seen;                   /* the call's arguments are known */
    long nr;
    word arg[6], sp;
    const struct call *kind;
    char call[40], where[300], held[40];
    char *wants, *outside, *todo, *nobody;
    struct proc **enders;       /* any of them could end the wait */
    size_t nenders;
    int live;                   /* it can go on, sooner or later */
};

static struct proc *procs;
static size_t nprocs;
static const char *build = "build";
static char real_build[PATH_MAX], here[PATH_MAX];
static uid_t user;
static int columns = 80, colour, hidden, no_addr2line;

/* ---- text ---- */

static void *need(void *p)
{
    if (p == NULL)
        err(EXIT_FAILURE, "memory");
    return p;
}

/* add: append to a text, which may be NULL. */
__attribute__((format(printf, 2, 3)))
static void add(char **text, const char *format, ...)
{
    size_t old = *text == NULL ? 0 : strlen(*text);
    va_list ap;

    va_start(ap, format);
    int n = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    *text = need(realloc(*text, old + (size_t)n + 1));
    va_start(ap, format);
    vsnprintf(*text + old, (size_t)n + 1, format, ap);
    va_end(ap);
}

/* also: the same for one more item of a list. */
#define also(text, ...) \
    (*(text) == NULL ? (void)0 : add(text, "; or "), add(text, __VA_ARGS__))

static size_t width_of(const char *s, size_t n)
{
    size_t columns_of = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c < 0x80 || c >= 0xc0)
            columns_of += c >= 0xe3 && c <= 0xe9 ? 2 : 1;
    }
    return columns_of;
}

/* put: a text of words from column `at` on, further lines indented. */
static void put(size_t at, const char *text)
{
    const size_t limit = (size_t)columns, indent = 4;
    int begun = at > 0;

    while (*text != '\0') {
        size_t n = strcspn(text, " "), w = width_of(text, n);
        if (begun && at > indent && at + 1 + w > limit) {
            printf("\n%*s", (int)indent, "");
            at = indent;
        } else if (begun) {
            putchar(' ');
            at++;
        }
        begun = 1;
        for (size_t i = 0; i < n; i++) {
            unsigned char c = (unsigned char)text[i];
            size_t one = width_of(text + i, 1);
            if (at + one > limit) { /* a long path: broken where it must be */
                printf("\n%*s", (int)indent, "");
                at = indent;
            }
            putchar(c < ' ' || c == 0x7f ? '?' : c);
            at += one;
        }
        text += n + (text[n] == ' ');
    }
    putchar('\n');
}

static void field(const char *label, const char *text, const char *sgr)
{
    if (text == NULL)
        return;
    printf("  %s%s%s", colour ? sgr : "", label, colour ? "\033[0m" : "");
    put(2 + strlen(label), text);
}

/* ---- small files of /proc ---- */

__attribute__((format(printf, 3, 4)))
static ssize_t slurp(char *buf, size_t size, const char *format, ...)
{
    char path[PATH_MAX];
    va_list ap;

    va_start(ap, format);
    vsnprintf(path, sizeof path, format, ap);
    va_end(ap);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return -1;
    size_t len = 0;
    ssize_t n = 0;
    while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
        len += (size_t)n;
    int failed = len == 0 && n == -1;
    close(fd);
    buf[len] = '\0';
    return failed ? -1 : (ssize_t)len;
}

__attribute__((format(printf, 3, 4)))
static int link_of(char *buf, size_t size, const char *format, ...)
{
    char path[PATH_MAX];
    va_list ap;

    va_start(ap, format);
    vsnprintf(path, sizeof path, format, ap);
    va_end(ap);
    ssize_t n = readlink(path, buf, size - 1);
    buf[n < 0 ? 0 : n] = '\0';
    return n > 0;
}

static word hex_after(const char *text, const char *label, int base)
{
    const char *at = strstr(text, label);

    return at == NULL ? 0 : strtoul(at + strlen(label), NULL, base);
}

/* ---- the memory of a process ---- */

static int memory(const struct proc *p, word at, void *buf, size_t size)
{
    char path[40];

    snprintf(path, sizeof path, "/proc/%d/mem", (int)p->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return 0;
    ssize_t n = pread(fd, buf, size, (off_t)at);
    close(fd);
    return n == (ssize_t)size;
}

static int string_at(const struct proc *p, word at, char *buf, size_t size)
{
    size_t n = 0;

    while (n < size) { /* up to the end of a page: the next may not be there */
        size_t part = 256 - (at + n) % 256;
        if (part > size - n)
            part = size - n;
        if (!memory(p, at + n, buf + n, part))
            break;
        if (memchr(buf + n, '\0', part) != NULL)
            return 1;
        n += part;
    }
    buf[0] = '\0';
    return 0;
}

/* maps_of: what is mapped where, read once. */
static const char *maps_of(struct proc *p)
{
    static char maps[1 << 18];

    if (p->maps == NULL) {
        ssize_t n = slurp(maps, sizeof maps, "/proc/%d/maps", (int)p->pid);
        p->maps = need(strdup(n > 0 ? maps : ""));
    }
    return p->maps;
}

/* ---- which calls wait, and by which functions a program comes to them ---- */

enum what { READ, WRITE, OPEN, MSGRCV, MSGSND, SEMOP, WAIT, SIGNAL, SLEEP,
            FUTEX, MQ, ACCEPT, CONNECT, POLL, LOCK, RESTART };

#define IN " fgets getline getdelim getc getchar fgetc fread scanf fscanf " \
           "vscanf vfscanf gets fgetws getwchar fclose fflush "
#define OUT " printf puts fputs putchar putc fputc fwrite fprintf vprintf " \
            "vfprintf fflush perror psignal warn warnx vwarn vwarnx err errx " \
            "verr verrx error exit fclose dprintf vdprintf fseek rewind "

static const struct call {
    long nr;
    const char *name;
    enum what what;
    const char *by, *in_kernel; /* functions of C; where wchan says it sleeps */
} calls[] = {
    {SYS_read, "read", READ, IN,
     " pipe_read anon_pipe_read fifo_pipe_read inotify_read n_tty_read "
     "eventfd_read timerfd_read signalfd_read wait_woken "},
    {SYS_readv, "readv", READ, IN, ""},
    {SYS_pread64, "pread", READ, "", ""},
    {SYS_recvfrom, "recv", READ, " recvfrom ",
     " unix_stream_read_generic unix_stream_data_wait "
     "__skb_wait_for_more_packets sk_wait_data "},
    {SYS_recvmsg, "recvmsg", READ, "", ""},
    {SYS_write, "write", WRITE, OUT,
     " pipe_write anon_pipe_write fifo_pipe_write n_tty_write "},
    {SYS_writev, "writev", WRITE, OUT, ""},
    {SYS_sendto, "send", WRITE, " sendto syslog ",
     " sock_alloc_send_pskb unix_wait_for_peer sk_stream_wait_memory "},
    {SYS_sendmsg, "sendmsg", WRITE, "", ""},
#ifdef SYS_open
    {SYS_open, "open", OPEN, " fopen freopen creat ", ""},
#endif
    {SYS_openat, "open", OPEN, " openat fopen freopen creat ",
     " wait_for_partner fifo_open "},
    {SYS_msgrcv, "msgrcv", MSGRCV, "", " do_msgrcv "},
    {SYS_msgsnd, "msgsnd", MSGSND, "", " do_msgsnd "},
    {SYS_semop, "semop", SEMOP, "", ""},
    {SYS_semtimedop, "semop", SEMOP, " semtimedop ",
     " do_semtimedop __do_semtimedop "},
    {SYS_wait4, "wait", WAIT, " waitpid wait3 wait4 system pclose ",
     " do_wait kernel_wait4 "},
    {SYS_waitid, "waitid", WAIT, "", " kernel_waitid "},
#ifdef SYS_pause
    {SYS_pause, "pause", SIGNAL, "",
     " pause __x64_sys_pause __do_sys_pause __se_sys_pause "},
#endif
    {SYS_rt_sigsuspend, "sigsuspend", SIGNAL, " pause sigpause ",
     " sigsuspend __x64_sys_rt_sigsuspend "},
    {SYS_rt_sigtimedwait, "sigwait", SIGNAL,
     " sigwaitinfo sigtimedwait ", " do_sigtimedwait "},
    {SYS_nanosleep, "nanosleep", SLEEP, " sleep usleep ", ""},
    {SYS_clock_nanosleep, "nanosleep", SLEEP,
     " sleep usleep clock_nanosleep thrd_sleep ",
     " hrtimer_nanosleep do_nanosleep common_nsleep "},
    {SYS_futex, "sem_wait", FUTEX,
     " sem_timedwait sem_clockwait pthread_join pthread_mutex_lock "
     "pthread_cond_wait pthread_cond_timedwait pthread_barrier_wait "
     "pthread_rwlock_rdlock pthread_rwlock_wrlock thrd_join ",
     " futex_wait_queue futex_wait_queue_me futex_wait futex_do_wait "},
    {SYS_mq_timedreceive, "mq_receive", MQ, " mq_timedreceive ",
     " wq_sleep "},
    {SYS_mq_timedsend, "mq_send", MQ, " mq_timedsend ", ""},
    {SYS_accept, "accept", ACCEPT, "", ""},
    {SYS_accept4, "accept", ACCEPT, " accept4 ",
     " unix_accept inet_csk_accept "},
    {SYS_connect, "connect", CONNECT, "",
     " unix_stream_connect inet_stream_connect inet_wait_for_connect "},
#ifdef SYS_poll
    {SYS_poll, "poll", POLL, "", ""},
    {SYS_select, "select", POLL, "", ""},
    {SYS_epoll_wait, "epoll_wait", POLL, "", ""},
#endif
    {SYS_ppoll, "poll", POLL, " ppoll pause ",
     " poll_schedule_timeout do_sys_poll do_select do_poll "},
    {SYS_pselect6, "select", POLL, " pselect ", ""},
    {SYS_epoll_pwait, "epoll_wait", POLL, " epoll_pwait ",
     " ep_poll do_epoll_wait "},
    {SYS_fcntl, "fcntl", LOCK, " lockf ",
     " fcntl_setlk do_lock_file_wait posix_lock_inode_wait "},
    {SYS_flock, "flock", LOCK, "",
     " locks_lock_inode_wait flock_lock_inode_wait __x64_sys_flock "},
    {SYS_restart_syscall, "sleep", RESTART,
     " nanosleep usleep clock_nanosleep poll sem_timedwait thrd_sleep ", ""},
};
enum { NCALLS = sizeof calls / sizeof *calls };

static int among(const char *list, const char *name)
{
    char with_blanks[80];

    snprintf(with_blanks, sizeof with_blanks, " %s ", name);
    return strstr(list, with_blanks) != NULL;
}

/* plain: the name as a program's source has it, not as the library's headers
 * made it: __isoc99_scanf, __read_chk, fopen64, getc_unlocked. */
static void plain(char *out, size_t size, const char *name)
{
    static const char *const ends[] = {"_chk", "64", "_unlocked", "_time64"};

    if (strcmp(name, "__getdelim") == 0)
        name = "getline"; /* which is an inline function at -O2 */
    if (strncmp(name, "__isoc", 6) == 0 && strlen(name) > 9)
        name += 9;
    if (strncmp(name, "_IO_", 4) == 0)
        name += 4;
    while (strncmp(name, "__", 2) == 0)
        name++;
    if (name[0] == '_' && strcmp(name, "_exit") != 0)
        name++;
    snprintf(out, size, "%s", name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(out), m = strlen(ends[i]);
        if (n > m && strcmp(out + n - m, ends[i]) == 0)
            out[n - m] = '\0';
    }
}

/* ---- the line in the source ---- */

struct elf {
    char exe[PATH_MAX];
    ino_t ino;
    const unsigned char *at;
    size_t size;
    const Elf64_Ehdr *head;
    const Elf64_Phdr *phdr;
};

/* inside: the N bytes at an offset of the file, or NULL if it has no such. */
static const void *inside(const struct elf *e, word offset, word n)
{
    return offset > e->size || n > e->size - offset ? NULL : e->at + offset;
}

static const void *loaded(const struct elf *e, word vaddr, word n)
{
    for (int i = 0; i < e->head->e_phnum; i++) {
        const Elf64_Phdr *h = &e->phdr[i];
        if (h->p_type == PT_LOAD && vaddr >= h->p_vaddr &&
            vaddr - h->p_vaddr <= h->p_filesz &&
            n <= h->p_filesz - (vaddr - h->p_vaddr))
            return inside(e, vaddr - h->p_vaddr + h->p_offset, n);
    }
    return NULL;
}

static struct elf *elf_of(const struct proc *p)
{
    static struct elf *all;
    static size_t n;
    struct stat st;
    char path[40];

    snprintf(path, sizeof path, "/proc/%d/exe", (int)p->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return NULL;
    if (fstat(fd, &st) == -1) {
        close(fd);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        if (all[i].ino == st.st_ino && strcmp(all[i].exe, p->exe) == 0) {
            close(fd);
            return all[i].at == NULL ? NULL : &all[i];
        }
    all = need(realloc(all, (n + 1) * sizeof *all));
    struct elf *e = &all[n++];
    snprintf(e->exe, sizeof e->exe, "%s", p->exe);
    e->ino = st.st_ino;
    e->size = (size_t)st.st_size;
    void *at = mmap(NULL, e->size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    e->at = at == MAP_FAILED ? NULL : at;
    if (e->at == NULL)
        return NULL;
    e->head = inside(e, 0, sizeof *e->head);
    if (e->head == NULL || memcmp(e->head, ELFMAG, SELFMAG) != 0 ||
        e->head->e_ident[EI_CLASS] != ELFCLASS64 ||
        e->head->e_phentsize != sizeof *e->phdr ||
        (e->phdr = inside(e, e->head->e_phoff, e->head->e_phnum *
                          (word)sizeof *e->phdr)) == NULL) {
        e->at = NULL;
        return NULL;
    }
    return e;
}

#ifdef __x86_64__
static const char *string_in(const struct elf *e, const char *s)
{
    /* It must end within the file. */
    return s != NULL && memchr(s, '\0', (size_t)((const char *)e->at + e->size -
                                                 s)) != NULL ? s : NULL;
}

/* imported: the name of the function whose address the loader puts there. */
static const char *imported(const struct elf *e, word slot)
{
    word table[2] = {0, 0}, size[2] = {0, 0}, names = 0, symbols = 0;

    for (int i = 0; i < e->head->e_phnum; i++) {
        const Elf64_Phdr *h = &e->phdr[i];
        const Elf64_Dyn *d = inside(e, h->p_offset, h->p_filesz);
        if (h->p_type != PT_DYNAMIC || d == NULL)
            continue;
        for (word n = h->p_filesz / sizeof *d; n > 0; n--, d++)
            switch (d->d_tag) {
            case DT_JMPREL: table[0] = d->d_un.d_ptr; break;
            case DT_PLTRELSZ: size[0] = d->d_un.d_val; break;
            case DT_RELA: table[1] = d->d_un.d_ptr; break;
            case DT_RELASZ: size[1] = d->d_un.d_val; break;
            case DT_STRTAB: names = d->d_un.d_ptr; break;
            case DT_SYMTAB: symbols = d->d_un.d_ptr; break;
            }
    }
    for (int t = 0; t < 2; t++) {
        const Elf64_Rela *r = loaded(e, table[t], size[t]);
        for (word n = r == NULL ? 0 : size[t] / sizeof *r; n > 0; n--, r++) {
            if (r->r_offset != slot)
                continue;
            const Elf64_Sym *s = loaded(e, symbols + ELF64_R_SYM(r->r_info) *
                                        sizeof *s, sizeof *s);
            return s == NULL ? NULL : string_in(e, loaded(e, names + s->st_name,
                                                          1));
        }
    }
    return NULL;
}

/* defined: the name of the program's own function at that address. */
static const char *defined(const struct elf *e, word vaddr)
{
    const Elf64_Shdr *s = inside(e, e->head->e_shoff,
                                 e->head->e_shnum * (word)sizeof *s);

    for (int i = 0; s != NULL && i < e->head->e_shnum; i++) {
        const Elf64_Sym *y = inside(e, s[i].sh_offset, s[i].sh_size);
        if (s[i].sh_type != SHT_SYMTAB || y == NULL ||
            s[i].sh_link >= e->head->e_shnum)
            continue;
        for (word n = s[i].sh_size / sizeof *y; n > 0; n--, y++)
            if (y->st_value == vaddr && ELF64_ST_TYPE(y->st_info) == STT_FUNC)
                return string_in(e, inside(e, s[s[i].sh_link].sh_offset +
                                           y->st_name, 1));
    }
    return NULL;
}

/* called: is there a call just before this return address? *NAME is what it
 * calls, NULL if that is not known; *OWN if a function of the program. */
static int called(const struct elf *e, word back, const char **name, int *own)
{
    const unsigned char *c = loaded(e, back - 6, 6);
    int32_t offset;

    *name = NULL;
    *own = 0;
    if (c == NULL)
        return 0;
    memcpy(&offset, c + 2, 4);
    if (c[0] == 0xff && c[1] == 0x15) { /* call *GOT(%rip): -fno-plt */
        *name = imported(e, back + (word)offset);
        return 1;
    }
    if (c[1] == 0xe8) {
        word to = back + (word)offset;
        const unsigned char *stub = loaded(e, to, 12);
        if (stub == NULL)
            return 0;
        word at = memcmp(stub, "\xf3\x0f\x1e\xfa", 4) == 0 ? 4 : 0;
        if (stub[at] == 0xf2) /* bnd */
            at++;
        if (stub[at] == 0xff && stub[at + 1] == 0x25) { /* jmp *GOT(%rip) */
            memcpy(&offset, stub + at + 2, 4);
            *name = imported(e, to + at + 6 + (word)offset);
        } else {
            *name = defined(e, to);
            *own = 1;
        }
        return 1;
    }
    return (c[4] == 0xff && (c[5] & 0xf8) == 0xd0) || /* call *%reg */
           (c[3] == 0xff && (c[4] & 0xf8) == 0x50);   /* call *8(%reg) */
}

static int line_of(struct proc *p, word vaddr, char *out, size_t size)
{
    static struct { ino_t ino; word vaddr; char line[300]; } *known;
    static size_t n;
    struct elf *e = elf_of(p);
    char command[120], answer[PATH_MAX] = "", *name = NULL;

    for (size_t i = 0; i < n; i++)
        if (e != NULL && known[i].ino == e->ino && known[i].vaddr == vaddr) {
            snprintf(out, size, "%s", known[i].line);
            return *out != '\0';
        }
    /* One before the return address: the call itself. It may be in a function
     * of a header that stands in for it: then where that is (-i), or, if the
     * compiler does not tell, what was done just before. */
    snprintf(command, sizeof command, "addr2line -i -e /proc/%d/exe "
             "%#lx %#lx %#lx %#lx 2>/dev/null", (int)p->pid, vaddr - 1,
             vaddr - 9, vaddr - 17, vaddr - 25);
    FILE *f = popen(command, "r");
    if (f == NULL)
        return 0;
    while (name == NULL && fgets(answer, sizeof answer, f) != NULL) {
        answer[strcspn(answer, " \n")] = '\0'; /* no "(discriminator 2)" */
        char *colon = strrchr(answer, ':');
        if (answer[0] == '?') /* not of the source at all */
            break;
        if (colon != NULL && colon - answer > 2 && colon[1] >= '1' &&
            colon[1] <= '9' && strncmp(colon - 2, ".c", 2) == 0) {
            name = strrchr(answer, '/');
            name = name == NULL ? answer : name + 1;
        }
    }
    while (fgetc(f) != EOF) /* else it would die of a broken pipe */
        ;
    int status = pclose(f);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        no_addr2line = 1;
    if (name == NULL)
        name = answer + strlen(answer);
    if (e != NULL) {
        known = need(realloc(known, (n + 1) * sizeof *known));
        known[n].ino = e->ino;
        known[n].vaddr = vaddr;
        snprintf(known[n++].line, sizeof known->line, "%.299s", name);
    }
    snprintf(out, size, "%.299s", name);
    return *out != '\0';
}

/* find_line: where in its source the program is. */
static void find_line(struct proc *p)
{
    static word stack[8192];
    struct { word from, to; } code[8];
    size_t ncode = 0;
    word base = 0, top = 0;
    int first = 1, probe = 0;
    struct elf *e = elf_of(p);

    if (e == NULL)
        return;
    for (const char *line = maps_of(p), *next; *line != '\0'; line = next) {
        word from, to, offset;
        char rights[8];
        int path = 0;
        size_t n = strcspn(line, "\n");
        next = line + n + (line[n] == '\n');
        if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %n", &from, &to, rights,
                   &offset, &path) < 4)
            continue;
        if (p->sp >= from && p->sp < to)
            top = to;
        if (n > 9 && strncmp(line + n - 9, "/probe.so", 9) == 0)
            probe = 1;
        if (path == 0 || strncmp(line + path, p->exe, strlen(p->exe)) != 0)
            continue;
        if (first)
            base = from - offset;
        first = 0;
        if (rights[2] == 'x' && ncode < sizeof code / sizeof *code) {
            code[ncode].from = from;
            code[ncode++].to = to;
        }
    }
    word bias = e->head->e_type == ET_DYN ? base : 0;
    size_t want = top - p->sp < sizeof stack ? top - p->sp : sizeof stack;
    if (top == 0 || !memory(p, p->sp, stack, want))
        return;
    /* The director's hold: an object of ours before the program's calls. */
    if (probe && p->kind != NULL && p->arg[0] >= 200 && p->arg[0] < 4096 &&
        p->kind->what == READ)
        snprintf(p->held, sizeof p->held, "a call");

    word other[8];
    size_t nother = 0;
    for (size_t i = 0; i < want / sizeof *stack; i++) {
        word back = stack[i];
        size_t c = 0;
        const char *name;
        char real[40] = "";
        int own;
        while (c < ncode && (back <= code[c].from || back > code[c].to))
            c++;
        if (c == ncode || !called(e, back - bias, &name, &own))
            continue;
        if (name != NULL)
            plain(real, sizeof real, name);
        if (p->held[0] != '\0' && name != NULL && !own) {
            snprintf(p->held, sizeof p->held, "%s", real);
            line_of(p, back - bias, p->where, sizeof p->where);
            return;
        }
        if (p->held[0] == '\0' && name != NULL &&
            (p->kind == NULL ? !own : strcmp(real, p->kind->name) == 0 ||
             among(p->kind->by, real)) &&
            line_of(p, back - bias, p->where, sizeof p->where)) {
            snprintf(p->call, sizeof p->call, "%s", real);
            return;
        }
        if (nother < sizeof other / sizeof *other &&
            (own || name == NULL)) /* else left behind by an earlier call */
            other[nother++] = back - bias;
    }
    for (size_t i = 0; i < nother; i++) {
        char line[sizeof p->where - 10];
        if (line_of(p, other[i], line, sizeof line)) {
            snprintf(p->where, sizeof p->where, "within %s", line);
            return;
        }
    }
}
#else
static void find_line(struct proc *p) { (void)p; }
#endif

/* ---- who is there ---- */

static struct proc *by_pid(pid_t pid)
{
    size_t low = 0, high = nprocs; /* they are in order */

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (procs[middle].pid == pid)
            return &procs[middle];
        if (procs[middle].pid < pid)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static struct fd *fd_of(const struct proc *p, int n)
{
    for (size_t i = 0; i < p->nfds; i++)
        if (p->fds[i].n == n)
            return &p->fds[i];
    return NULL;
}

/* The suite's processes are looked at in full; of others only what might be
 * the other end of something. */
static void look_at_fds(struct proc *p)
{
    char path[64], info[4096];
    struct dirent *d;
    struct stat st;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)p->pid);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return;
    while ((d = readdir(dir)) != NULL) {
        if (!isdigit((unsigned char)d->d_name[0]) ||
            fstatat(dirfd(dir), d->d_name, &st, 0) == -1)
            continue;
        if (!p->ours && !S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode) &&
            !(S_ISREG(st.st_mode) && major(st.st_dev) == 0))
            continue;
        p->fds = need(realloc(p->fds, (p->nfds + 1) * sizeof *p->fds));
        struct fd *f = &p->fds[p->nfds];
        *f = (struct fd){.n = atoi(d->d_name), .dev = st.st_dev,
                         .rdev = st.st_rdev, .ino = st.st_ino,
                         .mode = st.st_mode};
        if (!link_of(f->link, sizeof f->link, "%s/%d", path, f->n) ||
            slurp(info, sizeof info, "/proc/%d/fdinfo/%d", (int)p->pid,
                  f->n) < 1)
            continue;
        f->flags = (int)hex_after(info, "flags:", 8);
        p->nfds++;
    }
    closedir(dir);
}

static void look_at_args(struct proc *p)
{
    static char line[65536];
    ssize_t n = slurp(line, sizeof line, "/proc/%d/cmdline", (int)p->pid);

    p->args = p->arg1 = need(strdup(""));
    for (char *s = line; n > 0 && s < line + n; s += strlen(s) + 1) {
        if (s == line)
            continue;
        if (*p->args == '\0')
            p->arg1 = need(strdup(s));
        char *more = NULL;
        add(&more, "%s%s%s", p->args, *p->args != '\0' ? " " : "",
            *s != '\0' ? s : "''");
        p->args = more;
        if (strlen(p->args) > 200)
            break;
    }
}

/* look_at_call: what the process does in the kernel. */
static void look_at_call(struct proc *p)
{
    char text[300];

    if (slurp(p->wchan, sizeof p->wchan, "/proc/%d/wchan", (int)p->pid) < 1)
        p->wchan[0] = '\0';
    p->wchan[strcspn(p->wchan, ".")] = '\0'; /* no .constprop.0 */
    if (slurp(text, sizeof text, "/proc/%d/syscall", (int)p->pid) > 0) {
        if (strncmp(text, "running", 7) == 0)
            p->how = RUNS;
        p->seen = sscanf(text, "%ld %lx %lx %lx %lx %lx %lx %lx", &p->nr,
                         &p->arg[0], &p->arg[1], &p->arg[2], &p->arg[3],
                         &p->arg[4], &p->arg[5], &p->sp) == 8;
    } else if (errno == EACCES || errno == EPERM || errno == ENOENT)
        hidden |= p->how == WAITS && kill(p->pid, 0) == 0;
    if (p->how != WAITS)
        return;
    for (int i = 0; i < NCALLS && p->kind == NULL; i++)
        if (p->seen ? calls[i].nr == p->nr
                    : among(calls[i].in_kernel, p->wchan))
            p->kind = &calls[i];
    if (p->kind != NULL)
        snprintf(p->call, sizeof p->call, "%s", p->kind->name);
    if (p->seen)
        find_line(p);
}

static void name_partner(struct proc *p);

static int look_at(struct proc *p, pid_t pid, int asked)
{
    char text[8192];
    uid_t uid[2];

    *p = (struct proc){.pid = pid, .asked = asked};
    if (slurp(text, sizeof text, "/proc/%d/status", (int)pid) < 1)
        return 0;
    const char *ids = strstr(text, "\nUid:");
    if (ids == NULL || sscanf(ids, "\nUid: %u %u", &uid[0], &uid[1]) != 2)
        return 0;
    if (uid[0] != user && uid[1] != user && uid[1] != geteuid())
        return 0;
    p->switches = hex_after(text, "\nvoluntary_ctxt_switches:", 10);
    p->caught = hex_after(text, "\nSigCgt:", 16);
    p->blocked = hex_after(text, "\nSigBlk:", 16);
    p->threads = (int)hex_after(text, "\nThreads:", 10);
    if (slurp(text, sizeof text, "/proc/%d/stat", (int)pid) < 1)
        return 0;
    char *name = strchr(text, '('), *end = strrchr(text, ')');
    if (name == NULL || end == NULL ||
        sscanf(end + 1, " %c %d %d", &p->state, &p->ppid, &p->pgrp) != 3)
        return 0;
    *end = '\0';
    snprintf(p->name, sizeof p->name, "%s", name + 1);
    p->how = p->state == 'Z' || p->state == 'X' ? ENDED
             : p->state == 'T' || p->state == 't' ? STOPPED
             : p->state == 'R' ? RUNS : WAITS;
    p->args = p->arg1 = "";
    p->ours = asked;
    if (p->how == ENDED)
        return 1;
    if (link_of(p->exe, sizeof p->exe, "/proc/%d/exe", (int)pid)) {
        size_t n = strlen(real_build);
        char *deleted = strstr(p->exe, " (deleted)"); /* built anew since */
        if (deleted != NULL)
            *deleted = '\0';
        p->ours = asked || (strncmp(p->exe, real_build, n) == 0 &&
                            strncmp(p->exe + n, "/scripts/", 9) != 0 &&
                            p->exe[n] == '/');
        if (p->ours)
            snprintf(p->name, sizeof p->name, "%.60s",
                     strrchr(p->exe, '/') + 1);
    }
    look_at_fds(p);
    if (!p->ours)
        return 1;
    link_of(p->cwd, sizeof p->cwd, "/proc/%d/cwd", (int)pid);
    look_at_args(p);
    name_partner(p);
    look_at_call(p);
    return 1;
}

static int of_pid(const void *a, const void *b)
{
    const struct proc *x = a, *y = b;

    return (x->pid > y->pid) - (x->pid < y->pid);
}

static void look_around(char *const pids[])
{
    DIR *dir = opendir("/proc");
    struct dirent *d;

    if (dir == NULL)
        err(EXIT_FAILURE, "/proc");
    procs = NULL;
    nprocs = 0;
    while ((d = readdir(dir)) != NULL) {
        pid_t pid = atoi(d->d_name);
        int asked = 0;
        if (pid <= 0 || pid == getpid())
            continue;
        for (char *const *a = pids; *a != NULL; a++)
            asked |= atoi(*a) == pid;
        if (nprocs % 64 == 0)
            procs = need(realloc(procs, (nprocs + 64) * sizeof *procs));
        nprocs += (size_t)look_at(&procs[nprocs], pid, asked);
    }
    closedir(dir);
    if (nprocs > 0)
        qsort(procs, nprocs, sizeof *procs, of_pid);
    for (size_t i = 0; i < nprocs; i++) { /* the dead have no program */
        struct proc *p = &procs[i], *parent = by_pid(p->ppid);
        if (p->how == ENDED && parent != NULL && parent->ours) {
            p->ours = 1;
            if (strncmp(p->name, parent->name, 15) == 0)
                memcpy(p->name, parent->name, sizeof p->name);
        }
    }
}

/* ---- who belongs to whom ---- */

static int dir_length(const struct proc *p)
{
    const char *end = strrchr(p->exe, '/');

    return end == NULL ? 0 : (int)(end - p->exe);
}

static int own_program(const struct proc *p) /* a reader's, not of a room */
{
    size_t n = strlen(real_build);

    return strncmp(p->exe, real_build, n) != 0 ||
           strncmp(p->exe + n, "/own/", 5) == 0;
}

/* name_partner: X_client for X_server and so on, if there is such a program. */
static void name_partner(struct proc *p)
{
    static const char *const pairs[][2] = {
        {"server", "client"}, {"reader", "writer"}, {"read", "write"},
        {"give", "take"}, {"receiver", "sender"}, {"receive", "send"},
        {"recv", "send"}, {"consumer", "producer"},
    };
    char path[PATH_MAX + 80];

    for (size_t i = 0; i < 2 * sizeof pairs / sizeof *pairs; i++) {
        const char *mine = pairs[i / 2][i % 2], *his = pairs[i / 2][1 - i % 2];
        const char *at = strstr(p->name, mine);
        if (at == NULL)
            continue;
        snprintf(p->partner, sizeof p->partner, "%.*s%s%s",
                 (int)(at - p->name), p->name, his, at + strlen(mine));
        snprintf(path, sizeof path, "%.*s/%s", dir_length(p), p->exe,
                 p->partner);
        if (access(path, X_OK) == 0)
            return;
    }
    p->partner[0] = '\0';
}

/* peer: started twice, as 0 and as 1; *OTHER is the other one's argument. */
static int peer(const struct proc *p, const char **other)
{
    *other = strcmp(p->arg1, "0") == 0 ? "1" : "0";
    return strcmp(p->args, "0") == 0 || strcmp(p->args, "1") == 0;
}

static int same_program(const struct proc *p, const struct proc *q)
{
    return strcmp(p->exe, q->exe) == 0;
}

/* same_place: paths and keys are relative to the folder, or an argument. */
static int same_place(const struct proc *p, const struct proc *q)
{
    return strcmp(p->cwd, q->cwd) == 0 ||
           ((*p->arg1 == '/' || *p->arg1 == '@') &&
            strcmp(p->arg1, q->arg1) == 0);
}

static const struct proc *eldest(const struct proc *p)
{
    const struct proc *parent;

    while ((parent = by_pid(p->ppid)) != NULL && parent->ours &&
           same_program(p, parent))
        p = parent;
    return p;
}

static int family(const struct proc *p, const struct proc *q)
{
    return same_program(p, q) && (eldest(p) == eldest(q) || p->pgrp == q->pgrp);
}

static int partner(const struct proc *p, const struct proc *q)
{
    const char *other;

    if (!same_place(p, q) || dir_length(p) != dir_length(q) ||
        strncmp(p->exe, q->exe, (size_t)dir_length(p)) != 0)
        return 0;
    if (p->partner[0] != '\0')
        return strcmp(q->name, p->partner) == 0 &&
               (*p->arg1 == '\0' || *q->arg1 == '\0' || *p->arg1 == '-' ||
                *q->arg1 == '-' || strcmp(p->arg1, q->arg1) == 0);
    if (peer(p, &other))
        return same_program(p, q) && eldest(p) != eldest(q);
    return own_program(p) && eldest(p) != eldest(q);
}

static void ender(struct proc *p, struct proc *q)
{
    if (q == NULL || q == p || q->how == ENDED)
        return;
    for (size_t i = 0; i < p->nenders; i++)
        if (p->enders[i] == q)
            return;
    p->enders = need(realloc(p->enders, (p->nenders + 1) * sizeof q));
    p->enders[p->nenders++] = q;
}

/* the_others: whoever may use the same object without holding a descriptor: its
 * partner (X_client for X_server), or KIN: also its parent and children, and
 * others of the same program, where there is no partner; ALL: always these. */
enum { PARTNER, KIN, ALL };
static size_t the_others(struct proc *p, int who)
{
    size_t before = p->nenders;

    for (size_t i = 0; i < nprocs; i++) {
        struct proc *q = &procs[i];
        if (q->ours && q != p && q->how != ENDED &&
            (partner(p, q) || (who != PARTNER && family(p, q)) ||
             ((who == ALL || (who == KIN && p->partner[0] == '\0')) &&
              same_program(p, q) && same_place(p, q))))
            ender(p, q);
    }
    return p->nenders - before;
}

/* ---- what to type ---- */

static void quoted(char **text, const char *s)
{
    if (*s != '\0' && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
                               "QRSTUVWXYZ0123456789/._-+:@%,=")] == '\0')
        add(text, "%s", s);
    else {
        add(text, "'");
        for (; *s != '\0'; s++)
            add(text, *s == '\'' ? "'\\''" : "%c", *s);
        add(text, "'");
    }
}

/* in_folder: what to type must be typed where the process lives. */
static int in_folder(struct proc *p)
{
    if (strcmp(p->cwd, here) == 0)
        return 0;
    add(&p->todo, "in the folder ");
    quoted(&p->todo, p->cwd);
    add(&p->todo, ": ");
    return 1;
}

static void command(struct proc *p, const char *name, const char *argument,
                    int elsewhere)
{
    size_t n = strlen(real_build);
    char *path = NULL;

    if (!elsewhere && strncmp(p->exe, real_build, n) == 0)
        add(&path, "%s%.*s/%s", build, dir_length(p) - (int)n, p->exe + n,
            name);
    else
        add(&path, "%.*s/%s", dir_length(p), p->exe, name);
    quoted(&p->todo, path);
    if (*argument != '\0' && *argument != '-') {
        add(&p->todo, " ");
        quoted(&p->todo, argument);
    }
}

/* start_partner: 1 if a program is known that could end the wait. */
static int start_partner(struct proc *p)
{
    char name[80];
    const char *argument = p->arg1;

    snprintf(name, sizeof name, "%s", p->partner);
    if (*name == '\0') {
        if (!peer(p, &argument))
            return 0;
        snprintf(name, sizeof name, "%s", p->name);
    }
    also(&p->outside, "%s%s%s, once it is started", name,
         argument != p->arg1 ? " " : "", argument != p->arg1 ? argument : "");
    if (p->todo != NULL)
        add(&p->todo, "; ");
    add(&p->todo, "start, in another terminal, ");
    command(p, name, argument, in_folder(p));
    return 1;
}

/* ---- sockets ---- */

struct sock {
    ino_t ino, peer;
    int unix_domain, state, type;
    char name[120], to[80];     /* in the kernel's spelling */
};
static struct sock *socks;
static size_t nsocks;
static int socks_known;
enum { LISTENS = 10 }; /* TCP_LISTEN, also of the UNIX domain's */

static struct sock *new_sock(void)
{
    if (nsocks % 64 == 0)
        socks = need(realloc(socks, (nsocks + 64) * sizeof *socks));
    socks[nsocks] = (struct sock){0};
    return &socks[nsocks++];
}

/* sock_diag(7) alone knows which UNIX socket is connected to which. */
static void unix_sockets(void)
{
    struct { /* struct nlmsghdr, struct unix_diag_req */
        uint32_t len; uint16_t type, flags; uint32_t seq, pid;
        uint8_t family, protocol; uint16_t pad;
        uint32_t states, ino, show, cookie[2];
    } ask = {.len = sizeof ask, .type = 20, .flags = 0x301, .family = AF_UNIX,
             .states = UINT32_MAX, .show = 1 | 4};
    static union { char bytes[1 << 16]; uint32_t align; } buf;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 4), more = 1;
    struct timeval patience = {2, 0};
    ssize_t n;

    if (fd == -1)
        return;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    more = send(fd, &ask, sizeof ask, 0) == (ssize_t)sizeof ask;
    while (more && (n = recv(fd, &buf, sizeof buf, 0)) > 0)
        for (char *m = buf.bytes; m + 32 <= buf.bytes + n;) {
            uint32_t len, ino;
            uint16_t type, alen, atype;
            memcpy(&len, m, 4);
            memcpy(&type, m + 4, 2);
            if (type == 2 || type == 3 || len < 32 || m + len > buf.bytes + n) {
                more = 0;
                break;
            }
            struct sock *s = new_sock();
            s->unix_domain = 1;
            s->type = (unsigned char)m[17];
            s->state = (unsigned char)m[18];
            memcpy(&ino, m + 20, 4);
            s->ino = ino;
            for (char *a = m + 32; a + 4 <= m + len; a += (alen + 3) & ~3) {
                memcpy(&alen, a, 2);
                memcpy(&atype, a + 2, 2);
                if (alen < 4 || a + alen > m + len)
                    break;
                if (atype == 2 && alen >= 8) {
                    memcpy(&ino, a + 4, 4);
                    s->peer = ino;
                } else if (atype == 0) {
                    size_t length = alen - 4u < sizeof s->name - 1
                                    ? alen - 4u : sizeof s->name - 1;
                    memcpy(s->name, a + 4, length);
                    if (s->name[0] == '\0' && length > 0)
                        s->name[0] = '@';
                }
            }
            m += (len + 3) & ~3u;
        }
    close(fd);
}

static void inet_sockets(const char *table, int type)
{
    FILE *f = fopen(table, "re");
    char line[400], local[80], remote[80];
    unsigned state;
    word ino;

    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, " %*d: %79s %79s %x %*s %*s %*s %*s %*s %lu", local,
                   remote, &state, &ino) != 4)
            continue;
        struct sock *s = new_sock();
        s->ino = ino;
        s->state = (int)state;
        s->type = type;
        memcpy(s->name, local, sizeof local);
        memcpy(s->to, remote, sizeof remote);
    }
    if (f != NULL)
        fclose(f);
}

static struct sock *sock_of(ino_t ino)
{
    if (!socks_known) {
        socks_known = 1;
        nsocks = 0;
        unix_sockets();
        inet_sockets("/proc/net/tcp", SOCK_STREAM);
        inet_sockets("/proc/net/tcp6", SOCK_STREAM);
        inet_sockets("/proc/net/udp", SOCK_DGRAM);
        for (size_t i = 0; i < nsocks; i++)
            for (size_t j = 0; *socks[i].to != '\0' && j < nsocks; j++)
                if (strcmp(socks[i].to, socks[j].name) == 0 &&
                    strcmp(socks[j].to, socks[i].name) == 0)
                    socks[i].peer = socks[j].ino;
    }
    for (size_t i = 0; i < nsocks; i++)
        if (socks[i].ino == ino)
            return &socks[i];
    return NULL;
}

/* holders: all others that have the object, opened in a way that suits. */
static size_t holders(struct proc *p, ino_t ino, dev_t dev, int mode, int *own)
{
    size_t before = p->nenders;

    *own = -1;
    for (size_t i = 0; i < nprocs; i++)
        for (size_t k = 0; k < procs[i].nfds; k++) {
            struct fd *f = &procs[i].fds[k];
            int how = f->flags & O_ACCMODE;
            if (f->ino != ino || f->dev != dev || how == mode)
                continue;
            if (&procs[i] == p)
                *own = f->n;
            else
                ender(p, &procs[i]);
        }
    return p->nenders - before;
}

static int is_there(const char *path, const struct fd *f)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_ino == f->ino && st.st_dev == f->dev;
}

/* by_hand: a FIFO can be served from a shell, too. */
static void by_hand(struct proc *p, const char *path, int reads)
{
    also(&p->outside, "whoever opens it for %s",
         reads ? "writing" : "reading");
    add(&p->todo, "%sin another terminal, ", p->todo != NULL ? "; " : "");
    if (*path != '/')
        in_folder(p);
    add(&p->todo, reads ? "echo hello > " : "cat ");
    quoted(&p->todo, path);
}

static void its_own(struct proc *p, const char *which, int n)
{
    also(&p->nobody, "the only %s end is its own, descriptor %d", which, n);
    if (p->todo == NULL)
        add(&p->todo, "in the source, close(2) in each process the end that "
            "it does not use");
}

static void await_socket(struct proc *p, const struct fd *f, int out)
{
    struct sock *s = sock_of(f->ino);
    int own;

    if (s == NULL) {
        also(&p->wants, "descriptor %d, a socket", f->n);
        also(&p->outside, "the other side, whoever that is");
        return;
    }
    char name[120] = "";
    if (s->unix_domain && *s->name != '\0')
        snprintf(name, sizeof name, " %.100s", s->name);
    unsigned a[4], port;
    if (!s->unix_domain && sscanf(s->name, "%2x%2x%2x%2x:%x", &a[0], &a[1],
                                  &a[2], &a[3], &port) == 5)
        snprintf(name, sizeof name, " %u.%u.%u.%u:%u", a[3], a[2], a[1], a[0],
                 port);
    if (s->state == LISTENS) {
        char path[PATH_MAX + 200];
        struct stat st;
        also(&p->wants, "a caller at the socket%s, descriptor %d", name, f->n);
        snprintf(path, sizeof path, "%s%s%s", *s->name == '/' ? "" : p->cwd,
                 *s->name == '/' ? "" : "/", s->name);
        if (s->unix_domain && *s->name != '@' && *s->name != '\0' &&
            stat(path, &st) == -1 && errno == ENOENT) {
            also(&p->nobody, "the name%s is gone, no client finds it", name);
            return;
        }
        if (!start_partner(p))
            also(&p->outside, "a client, once it is started");
        return;
    }
    also(&p->wants, "%s the socket%s, descriptor %d", out ? "room in" :
         "data from", name, f->n);
    if (s->peer != 0) {
        if (holders(p, s->peer, f->dev, -1, &own) > 0)
            return;
        if (own != -1) {
            its_own(p, "other", own);
            return;
        }
    }
    if (s->type == SOCK_DGRAM && s->peer == 0) {
        if (!start_partner(p))
            also(&p->outside, "whoever sends to it");
    } else if (the_others(p, PARTNER) == 0)
        also(&p->outside, "the other side, whoever that is");
}

static int terminal(const struct fd *f)
{
    return S_ISCHR(f->mode) && (strncmp(f->link, "/dev/pts/", 9) == 0 ||
                                strncmp(f->link, "/dev/tty", 8) == 0 ||
                                strcmp(f->link, "/dev/console") == 0);
}

/* await_fd: it waits until there is something to read, or room to write. */
static void await_fd(struct proc *p, int n, int out)
{
    const struct fd *f = fd_of(p, n);
    int own;

    if (f == NULL) {
        also(&p->wants, "descriptor %d", n);
        also(&p->outside, "what it is, is not known");
    } else if (S_ISFIFO(f->mode)) {
        int named = f->link[0] == '/';
        also(&p->wants, "%s %s%s, descriptor %d", out ? "room in" : "data from",
             named ? "the FIFO " : "a pipe", named ? f->link : "", n);
        if (holders(p, f->ino, f->dev, out ? O_WRONLY : O_RDONLY, &own) > 0)
            return;
        if (named && is_there(f->link, f)) {
            if (!start_partner(p))
                by_hand(p, f->link, !out);
        } else if (own != -1)
            its_own(p, out ? "read" : "write", own);
        else
            also(&p->outside, "the other end is not this user's");
    } else if (S_ISSOCK(f->mode)) {
        await_socket(p, f, out);
    } else if (terminal(f)) {
        also(&p->wants, out ? "room at the terminal %s, descriptor %d"
             : "a line typed at the terminal %s, descriptor %d", f->link, n);
        also(&p->outside, out ? "Ctrl-Q, if Ctrl-S stopped that terminal"
             : "a person");
        if (p->todo == NULL)
            add(&p->todo, out ? "type Ctrl-Q at %s" : "type a line at %s "
                "(Ctrl-D ends its input)", f->link);
    } else if (strstr(f->link, "inotify") != NULL) {
        also(&p->wants, "news of a file that it watches, descriptor %d "
             "(inotify)", n);
        if (the_others(p, PARTNER) == 0 && !start_partner(p))
            also(&p->outside, "whoever changes that file");
    } else if (strstr(f->link, "timerfd") != NULL) {
        also(&p->wants, "its timer, descriptor %d", n);
        also(&p->outside, "time");
    } else {
        also(&p->wants, "descriptor %d, %s", n, f->link);
        if (the_others(p, KIN) == 0 || S_ISCHR(f->mode))
            also(&p->outside, "who, is not known");
    }
}

/* guess_fds: the call is known, its arguments are not. */
static void guess_fds(struct proc *p, int out)
{
    int pipes = strstr(p->wchan, "pipe") != NULL;
    int sockets = strstr(p->wchan, "unix") != NULL ||
                  strstr(p->wchan, "sk") != NULL ||
                  strstr(p->wchan, "accept") != NULL;
    int notify = 0;

    for (size_t i = 0; !pipes && !sockets && i < p->nfds; i++)
        notify |= strstr(p->fds[i].link, "inotify") != NULL;
    for (size_t i = 0; i < p->nfds; i++) {
        const struct fd *f = &p->fds[i];
        int how = f->flags & O_ACCMODE;
        struct sock *s = S_ISSOCK(f->mode) ? sock_of(f->ino) : NULL;
        if (how == (out ? O_RDONLY : O_WRONLY) ||
            (pipes && !S_ISFIFO(f->mode)) || (sockets && !S_ISSOCK(f->mode)) ||
            (notify && strstr(f->link, "inotify") == NULL) ||
            (!pipes && !sockets && !notify && !S_ISFIFO(f->mode) &&
             !S_ISSOCK(f->mode) && !(terminal(f) && f->n == 0)))
            continue;
        if (s != NULL && s->state == LISTENS && p->kind->what == READ)
            snprintf(p->call, sizeof p->call, "accept");
        await_fd(p, f->n, out);
    }
    if (p->wants == NULL)
        also(&p->outside, "who, is not known");
}

static void time_limit(struct proc *p, double seconds)
{
    also(&p->outside, "time: at the latest %g s after it began to wait",
         seconds);
}

/* ---- each kind of wait ---- */

static void wait_poll(struct proc *p)
{
    struct timespec ts;
    struct timeval tv;
    int is_epoll = strncmp(p->call, "epoll", 5) == 0, found = 0;

    if (!p->seen) {
        guess_fds(p, 0);
        also(&p->outside, "time, if it set a limit");
        return;
    }
    switch (p->nr) {
#ifdef SYS_poll
    case SYS_poll:
    case SYS_restart_syscall:
        if ((int)p->arg[2] >= 0)
            time_limit(p, (int)p->arg[2] / 1e3);
        break;
    case SYS_select:
        if (p->arg[4] != 0 && memory(p, p->arg[4], &tv, sizeof tv))
            time_limit(p, (double)tv.tv_sec + (double)tv.tv_usec / 1e6);
        break;
    case SYS_epoll_wait:
#endif
    case SYS_epoll_pwait:
        if ((int)p->arg[3] >= 0)
            time_limit(p, (int)p->arg[3] / 1e3);
        break;
    case SYS_ppoll:
    case SYS_pselect6: {
        word at = p->nr == SYS_ppoll ? p->arg[2] : p->arg[4];
        if (at != 0 && memory(p, at, &ts, sizeof ts))
            time_limit(p, (double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
    }
    }
    if (is_epoll) {
        char info[8192];
        if (slurp(info, sizeof info, "/proc/%d/fdinfo/%d", (int)p->pid,
                  (int)p->arg[0]) > 0)
            for (char *t = info; (t = strstr(t, "tfd:")) != NULL; t++) {
                unsigned events = (unsigned)hex_after(t, "events:", 16);
                if (events & (EPOLLIN | EPOLLOUT))
                    await_fd(p, atoi(t + 4), !(events & EPOLLIN));
                found = 1;
            }
    } else if (strstr(p->kind->name, "select") != NULL) {
        fd_set set[2];
        size_t bytes = ((size_t)p->arg[0] + 7) / 8;
        FD_ZERO(&set[0]);
        FD_ZERO(&set[1]);
        if (bytes > sizeof *set)
            bytes = sizeof *set;
        for (int out = 0; out < 2; out++)
            if (p->arg[1 + out] != 0)
                memory(p, p->arg[1 + out], &set[out], bytes);
        for (int n = 0; n < (int)p->arg[0] && n < FD_SETSIZE; n++) {
            struct fd *f = fd_of(p, n);
            /* "Readable" when its readers leave: he would have to end. */
            int deaf = f != NULL && (f->flags & O_ACCMODE) == O_WRONLY;
            for (int out = 0; out < 2; out++)
                if (FD_ISSET(n, &set[out])) {
                    if (!deaf || out)
                        await_fd(p, n, out);
                    found = 1;
                }
        }
    } else if (p->arg[1] < 1024) {
        for (word i = 0; i < p->arg[1]; i++) {
            struct pollfd pf;
            if (!memory(p, p->arg[0] + i * sizeof pf, &pf, sizeof pf) ||
                pf.fd < 0)
                continue;
            if (pf.events & (POLLIN | POLLOUT | POLLRDNORM))
                await_fd(p, pf.fd, !(pf.events & (POLLIN | POLLRDNORM)));
            found = 1;
        }
    }
    if (p->wants == NULL && !found)
        also(&p->wants, "a signal or the end of its time");
    if (p->wants == NULL || p->nenders == 0)
        if (p->outside == NULL && p->nobody == NULL)
            also(&p->outside, "a signal");
}

/* knows: its arguments or its program have that name as a word. */
static int knows(const struct proc *q, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const struct elf *e = elf_of(q);
    size_t n = strlen(name);

    if (strstr(q->args, name) != NULL)
        return 1;
    const unsigned char *c = e == NULL ? NULL : e->at;
    while (c != NULL && c++ < e->at + e->size) {
        c = memmem(c, (size_t)(e->at + e->size - c), name, n + 1);
        if (c != NULL && (c[-1] == '\0' || c[-1] == '/'))
            return 1;
    }
    return 0;
}

static void wait_open(struct proc *p)
{
    char name[PATH_MAX] = "", path[2 * PATH_MAX];
    struct stat st;
    int at = AT_FDCWD, flags = 0, old = 0;

#ifdef SYS_open
    old = p->nr == SYS_open;
#endif
    if (p->seen) {
        if (!old)
            at = (int)p->arg[0];
        flags = (int)p->arg[old ? 1 : 2];
        string_at(p, p->arg[old ? 0 : 1], name, sizeof name);
    }
    int reads = (flags & O_ACCMODE) == O_RDONLY;
    if (*name == '\0') {
        also(&p->wants, "the other side of a FIFO (which, is not known)");
        if (the_others(p, PARTNER) == 0 && !start_partner(p))
            also(&p->outside, "whoever opens the other side");
        return;
    }
    if (*name == '/')
        snprintf(path, sizeof path, "%s", name);
    else if (at == AT_FDCWD)
        snprintf(path, sizeof path, "/proc/%d/cwd/%s", (int)p->pid, name);
    else
        snprintf(path, sizeof path, "/proc/%d/fd/%d/%s", (int)p->pid, at, name);
    int there = stat(path, &st) == 0;
    if (there && !S_ISFIFO(st.st_mode)) {
        also(&p->wants, "the file %s", name);
        also(&p->outside, "the kernel");
        return;
    }
    also(&p->wants, "somebody who opens the FIFO %s for %s", name,
         reads ? "writing" : "reading");
    the_others(p, PARTNER);
    for (size_t i = 0; i < p->nenders; i++) /* the one to come is there */
        if (p->partner[0] != '\0' || knows(p->enders[i], name))
            return;
    if (!there)
        also(&p->nobody, "the name %s is gone, nobody finds that FIFO", name);
    else if (!start_partner(p))
        by_hand(p, name, reads);
}

/* A queue as /proc/sysvipc/msg has it. */
static int queue_of(int id, long *key, word *bytes, word *messages, pid_t *sent,
                    pid_t *received)
{
    FILE *f = fopen("/proc/sysvipc/msg", "re");
    char line[300];
    int n = 0;

    while (f != NULL && n != 6 && fgets(line, sizeof line, f) != NULL) {
        int this;
        n = sscanf(line, "%ld %d %*o %lu %lu %d %d", key, &this, bytes,
                   messages, sent, received);
        if (n == 6 && this != id)
            n = 0;
    }
    if (f != NULL)
        fclose(f);
    return n == 6;
}

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

static void wait_queue(struct proc *p, int sends)
{
    long key = 0;
    word bytes, messages;
    pid_t sent = 0, received = 0;
    int id = (int)p->arg[0];
    long want = (long)p->arg[3];

    if (!p->seen) {
        also(&p->wants, "%s a queue (which, is not known)",
             sends ? "room in" : "a message from");
        if (the_others(p, KIN) == 0 && !start_partner(p))
            also(&p->outside, "another process that uses the queue");
        return;
    }
    if (sends)
        also(&p->wants, "room in queue %d", id);
    else if (want == 0)
        also(&p->wants, "a message of any type from queue %d", id);
    else if (want > 0)
        also(&p->wants, "a message of type %ld from queue %d", want, id);
    else
        also(&p->wants, "a message of a type up to %ld from queue %d", -want,
             id);
    if (!queue_of(id, &key, &bytes, &messages, &sent, &received)) {
        also(&p->outside, "the queue is just being removed");
        return;
    }
    if (messages == 0)
        add(&p->wants, " (it is empty)");
    else {
        static struct { long type; char text[1 << 16]; } copy;
        add(&p->wants, " (it holds %lu message%s, %lu bytes", messages,
            messages == 1 ? "" : "s", bytes);
        for (long i = 0; i < 8 && i < (long)messages; i++) { /* none is taken */
            if (msgrcv(id, &copy, sizeof copy.text, i, MSG_COPY | IPC_NOWAIT |
                       MSG_NOERROR) == -1)
                break;
            add(&p->wants, "%s %ld", i == 0 ? "; types" : ",", copy.type);
        }
        add(&p->wants, ")");
    }
    size_t n = the_others(p, KIN);
    struct proc *last = by_pid(sends ? received : sent);
    if (last != NULL && last != p && last->how != ENDED) {
        ender(p, last);
        n++;
    }
    if (key == 0 && n == 0)
        also(&p->nobody, "the queue has no key, and no other process of this "
             "program is left");
    else if (key != 0 && !(n > 0 && same_program(p, p->enders[0])) &&
             (n == 0 || partner(p, p->enders[0]))) {
        if (n > 0 && p->partner[0] != '\0')
            return;
        if (!start_partner(p))
            also(&p->outside, "another program that uses the key %#lx",
                 (word)key & 0xffffffff);
    }
}

static void wait_semaphore(struct proc *p)
{
    struct sembuf op[64];
    size_t n = 0;
    int id = (int)p->arg[0], i = -1, value = 0;
    char line[400];
    long key = 0;

    if (p->seen && p->arg[2] <= 64 &&
        memory(p, p->arg[1], op, p->arg[2] * sizeof *op))
        n = p->arg[2];
    FILE *f = fopen("/proc/sysvipc/sem", "re");
    int exact = 0;
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        long k;
        int this, members;
        if (sscanf(line, "%ld %d %*o %d", &k, &this, &members) != 3)
            continue;
        if (p->seen && this == id)
            key = k;
        /* Not seen: if there is but one semaphore that anybody waits for. */
        for (int m = 0; !p->seen && m < members && m < 64; m++)
            if (semctl(this, m, GETNCNT) > 0) {
                exact++;
                id = this;
                key = k;
                op[0] = (struct sembuf){(unsigned short)m, -1, 0};
            }
    }
    if (f != NULL)
        fclose(f);
    if (!p->seen && exact == 1)
        n = 1;
    /* In one step means: all operations, as if one after the other. */
    int shift[64] = {0};
    for (size_t k = 0; k < n && i == -1; k++) {
        int m = op[k].sem_num;
        value = semctl(id, m, GETVAL);
        if (value == -1)
            break;
        int now = value + (m < 64 ? shift[m] : 0);
        if (op[k].sem_op == 0 ? now != 0 : now + op[k].sem_op < 0)
            i = (int)k;
        else if (m < 64)
            shift[m] += op[k].sem_op;
    }
    pid_t last = 0;
    if (i == -1)
        also(&p->wants, p->seen ? "one of the semaphores of set %d"
             : "a semaphore (which, is not known)", id);
    else {
        int m = op[i].sem_num, zero = op[i].sem_op == 0;
        int waiting = semctl(id, m, zero ? GETZCNT : GETNCNT);
        last = semctl(id, m, GETPID);
        if (zero)
            also(&p->wants, "semaphore %d of set %d to become 0", m, id);
        else
            also(&p->wants, "%s%d of semaphore %d of set %d",
                 p->seen ? "" : "perhaps ", -op[i].sem_op, m, id);
        add(&p->wants, " (its value is %d, %d wait%s for it)", value, waiting,
            waiting == 1 ? "s" : "");
    }
    if (p->seen && p->arg[3] != 0 && strstr(p->call, "timed") != NULL) {
        struct timespec ts;
        if (memory(p, p->arg[3], &ts, sizeof ts))
            time_limit(p, (double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
    }
    size_t others = the_others(p, ALL);
    struct proc *by = last > 0 ? by_pid(last) : NULL;
    if (by != NULL && by != p && by->how != ENDED) {
        ender(p, by);
        others++;
    }
    int gone = last > 0 && last != p->pid && (by == NULL || by->how == ENDED) &&
               (kill(last, 0) == -1 || by != NULL);
    if (gone)
        add(&p->wants, "; the last operation on it was %d's, who has ended",
            (int)last);
    if (others > 0)
        return;
    if (key != 0 && p->partner[0] != '\0') {
        start_partner(p);
        return;
    }
    also(&p->nobody, "no other process of this program is left");
    if (gone && i != -1 && op[i].sem_op < 0) {
        add(&p->nobody, "; if %d did its V with SEM_UNDO, the kernel took that "
             "V back when %d ended", (int)last, (int)last);
        add(&p->todo, "in the source, give the V no SEM_UNDO where it is a "
            "message to others, or where a P is, a V after it");
    }
}

static void wait_child(struct proc *p)
{
    long want = p->seen ? (long)(int)p->arg[0] : -1;
    int any = 0;

    if (p->seen && p->nr == SYS_waitid)
        want = p->arg[0] == 1 /* P_PID */ ? (long)p->arg[1] : -1;
    for (size_t i = 0; i < nprocs; i++)
        if (procs[i].ppid == p->pid && procs[i].how != ENDED &&
            (want <= 0 || procs[i].pid == want)) {
            ender(p, &procs[i]);
            any = 1;
        }
    if (want > 0)
        also(&p->wants, "its child %ld to end", want);
    else
        also(&p->wants, "one of its children to end");
    if (!any)
        also(&p->outside, "a child that has just begun or ended, or is "
             "not yours");
}

static const char *signal_name(int sig, char *buf, size_t size)
{
    static const char *const names[] = {
        [SIGHUP] = "HUP", [SIGINT] = "INT", [SIGQUIT] = "QUIT",
        [SIGUSR1] = "USR1", [SIGUSR2] = "USR2", [SIGALRM] = "ALRM",
        [SIGTERM] = "TERM", [SIGCHLD] = "CHLD", [SIGCONT] = "CONT",
        [SIGPIPE] = "PIPE", [SIGIO] = "IO", [SIGWINCH] = "WINCH",
        [SIGTSTP] = "TSTP", [SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU",
        [SIGABRT] = "ABRT", [SIGSEGV] = "SEGV", [SIGFPE] = "FPE",
        [SIGILL] = "ILL", [SIGBUS] = "BUS", [SIGTRAP] = "TRAP",
        [SIGURG] = "URG", [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF",
        [SIGXCPU] = "XCPU", [SIGXFSZ] = "XFSZ", [SIGSYS] = "SYS",
        [SIGPWR] = "PWR",
    };

    if (sig < (int)(sizeof names / sizeof *names) && names[sig] != NULL)
        snprintf(buf, size, "%s", names[sig]);
    else if (sig >= 34)
        snprintf(buf, size, sig == 34 ? "RTMIN" : "RTMIN+%d", sig - 34);
    else
        snprintf(buf, size, "%d", sig);
    return buf;
}

static void wait_signal(struct proc *p)
{
    uint64_t set = 0;
    struct timespec ts;
    char name[20];
    int best = 0, timed = p->kind->nr == SYS_rt_sigtimedwait;

    if (!p->seen)
        set = timed ? 0 : p->caught;
    else if (timed)
        memory(p, p->arg[0], &set, sizeof set);
    else if (p->nr == SYS_rt_sigsuspend && memory(p, p->arg[0], &set,
                                                  sizeof set))
        set = p->caught & ~set;
    else
        set = p->caught & ~p->blocked;
    for (int sig = 1; sig <= 64; sig++)
        if (set >> (sig - 1) & 1) {
            if (best == 0 || (best != SIGUSR1 && best != SIGUSR2 &&
                              (sig == SIGUSR1 || sig == SIGUSR2 || sig >= 34)))
                best = sig;
            add(&p->wants, "%s%s", p->wants == NULL ? "a signal: " : ", ",
                signal_name(sig, name, sizeof name));
        }
    if (p->wants == NULL)
        also(&p->wants, p->seen ? "a signal, but it has a handler for none"
             : "a signal (which, is not known)");
    if (timed && p->seen && p->arg[2] != 0 &&
        memory(p, p->arg[2], &ts, sizeof ts))
        time_limit(p, (double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
    if (set >> (SIGALRM - 1) & 1)
        also(&p->outside, "its own timer, if it has set one");
    int dead = 0, kin = 0;
    for (size_t i = 0; i < nprocs; i++) {
        struct proc *q = &procs[i];
        dead |= q->how == ENDED && q->ppid == p->pid;
        if (q != p && q->how != ENDED &&
            (q->ppid == p->pid || (q->ours && family(p, q)) ||
             (q->ours && p->partner[0] != '\0' && partner(p, q)))) {
            ender(p, q);
            kin = 1;
        }
    }
    if (kin)
        return;
    if (p->seen && set == 0)
        also(&p->nobody, "without a handler, no signal ends it but by killing "
             "it");
    else if (dead)
        also(&p->nobody, "its child has ended and sends nothing any more");
    else {
        also(&p->outside, "whoever sends it");
        if (best != 0)
            add(&p->todo, "kill -%s %d", signal_name(best, name, sizeof name),
                (int)p->pid);
    }
}

static void wait_futex(struct proc *p)
{
    char object[300] = "";
    word ino = 0;
    char device[20] = "";
    unsigned value = 0;

    int semaphore = strncmp(p->call, "sem_", 4) == 0;

    if (!p->seen || !semaphore || p->arg[1] & 128) {
        /* 128: of this process alone */
        if (p->threads > 1 || !p->seen) {
            also(&p->wants, p->threads > 1 ? "another of its threads"
                 : "a POSIX semaphore or a lock (which, is not known)");
            if (p->threads > 1)
                also(&p->outside, "its own threads (not looked at)");
            else if (the_others(p, KIN) == 0 && !start_partner(p))
                also(&p->outside, "who, is not known");
            return;
        }
    }
    memory(p, p->arg[0] & ~7UL, &value, sizeof value);
    for (const char *line = maps_of(p); line != NULL;
         line = strchr(line, '\n'), line += line != NULL) {
        word from, to, i;
        char rights[8], dev[20], path[300] = "";
        if (sscanf(line, "%lx-%lx %7s %*s %19s %lu %299[^\n]", &from, &to,
                   rights, dev, &i, path) >= 5 &&
            p->arg[0] >= from && p->arg[0] < to && rights[3] == 's') {
            ino = i;
            snprintf(device, sizeof device, "%s", dev);
            snprintf(object, sizeof object, "%s", path);
        }
    }
    char *gone = strstr(object, " (deleted)");
    if (gone != NULL)
        *gone = '\0';
    if (strncmp(object, "/dev/shm/sem.", 13) == 0)
        also(&p->wants, "the POSIX semaphore /%s%s", object + 13,
             gone != NULL ? ", whose name is removed" : "");
    else if (ino != 0)
        also(&p->wants, "a POSIX semaphore in shared memory%s%s",
             strncmp(object, "/dev/shm/", 9) == 0 ? ", /" : "",
             strncmp(object, "/dev/shm/", 9) == 0 ? object + 9 : "");
    else
        also(&p->wants, "a %s in its own memory", semaphore ?
             "POSIX semaphore" : "lock or another object of threads");
    if ((int)value < 0) /* so musl notes that somebody waits */
        value = 0;
    if (semaphore)
        add(&p->wants, " (its value is %u)", value);
    size_t others = 0;
    for (size_t k = 0; ino != 0 && k < nprocs; k++) {
        char inode[60];
        if (&procs[k] == p || !procs[k].ours || procs[k].how == ENDED)
            continue;
        snprintf(inode, sizeof inode, " %s %lu ", device, ino);
        if (strstr(maps_of(&procs[k]), inode) != NULL) {
            ender(p, &procs[k]);
            others++;
        }
    }
    if (p->threads > 1)
        also(&p->outside, "its own threads (not looked at)");
    else if (p->arg[3] != 0)
        also(&p->outside, "time: it has set a limit");
    else if (ino != 0 && gone == NULL && *object == '/' &&
             (others == 0 || !same_program(p, p->enders[0]))) {
        if (others == 0 && !start_partner(p))
            also(&p->outside, "another program that opens it");
    } else if (others == 0)
        also(&p->nobody, "no other process has it");
}

static void wait_mq(struct proc *p, int sends)
{
    const struct fd *f = p->seen ? fd_of(p, (int)p->arg[0]) : NULL;
    int own;

    for (size_t i = 0; !p->seen && f == NULL && i < p->nfds; i++)
        if (S_ISREG(p->fds[i].mode) && p->fds[i].link[0] == '/' &&
            strchr(p->fds[i].link + 1, '/') == NULL)
            f = &p->fds[i];
    if (f == NULL) {
        also(&p->wants, "a POSIX queue");
        also(&p->outside, "who, is not known");
        return;
    }
    char name[sizeof f->link];
    memcpy(name, f->link, sizeof name);
    char *gone = strstr(name, " (deleted)");
    if (gone != NULL)
        *gone = '\0';
    also(&p->wants, "%s the POSIX queue %s%s", sends ? "room in" :
         "a message from", name, gone != NULL ? ", whose name is removed" : "");
    if (!p->seen || p->arg[4] != 0)
        also(&p->outside, p->seen ? "time: it has set a limit"
             : "time, if it has set a limit");
    holders(p, f->ino, f->dev, sends ? O_WRONLY : O_RDONLY, &own);
    size_t n = 0; /* but not who waits there for the same */
    for (size_t i = 0; i < p->nenders; i++) {
        struct proc *q = p->enders[i];
        const struct fd *his = q->seen ? fd_of(q, (int)q->arg[0]) : NULL;
        if (q->kind != p->kind || his == NULL || his->ino != f->ino)
            p->enders[n++] = q;
    }
    p->nenders = n;
    n += the_others(p, PARTNER);
    if (n == 0 && gone == NULL) {
        if (!start_partner(p))
            also(&p->outside, "another program that opens it");
    } else if (n == 0)
        also(&p->nobody, "no other process %s it, and it has no name any more",
             sends ? "reads from" : "writes to");
}

static void wait_lock(struct proc *p)
{
    FILE *f = fopen("/proc/locks", "re");
    char line[300];
    word number, now = 0;
    pid_t pid, holder = 0;
    const struct fd *file = p->seen ? fd_of(p, (int)p->arg[0]) : NULL;

    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "%lu: -> %*s %*s %*s %d", &number, &pid) == 2) {
            if (pid == p->pid && number == now)
                break;
            continue;
        }
        if (sscanf(line, "%lu: %*s %*s %*s %d", &number, &pid) == 2) {
            now = number;
            holder = pid;
        }
    }
    int found = f != NULL && !feof(f);
    if (f != NULL)
        fclose(f);
    also(&p->wants, "a lock on %s", file == NULL ? "a file" : file->link);
    struct proc *q = found ? by_pid(holder) : NULL;
    if (q != NULL && q != p && q->how != ENDED)
        ender(p, q);
    else if (the_others(p, KIN) == 0)
        also(&p->outside, found && holder > 0 ? "process %d" :
             "who has it, is not known", (int)holder);
}

static void ask(struct proc *p)
{
    struct timespec ts;
    enum what what = p->kind == NULL ? RESTART : p->kind->what;

    if (p->how == STOPPED) {
        p->outside = need(strdup("a person"));
        if (p->state == 't')
            add(&p->todo, "let the debugger go on that holds it");
        else
            add(&p->todo, "fg in its terminal, or kill -CONT %d", (int)p->pid);
        return;
    }
    if (p->how != WAITS)
        return;
    if (p->held[0] != '\0') {
        p->outside = need(strdup("the director, when it lets it go"));
        return;
    }
    switch (what) {
    case READ:
    case WRITE:
        if (p->seen)
            await_fd(p, (int)p->arg[0], what == WRITE);
        else
            guess_fds(p, what == WRITE);
        break;
    case OPEN: wait_open(p); break;
    case MSGRCV: wait_queue(p, 0); break;
    case MSGSND: wait_queue(p, 1); break;
    case SEMOP: wait_semaphore(p); break;
    case WAIT: wait_child(p); break;
    case SIGNAL: wait_signal(p); break;
    case FUTEX: wait_futex(p); break;
    case MQ: wait_mq(p, p->kind->nr == SYS_mq_timedsend); break;
    case ACCEPT:
        if (p->seen)
            await_fd(p, (int)p->arg[0], 0);
        else
            guess_fds(p, 0);
        break;
    case CONNECT:
        also(&p->wants, "a server that takes its call");
        if (the_others(p, PARTNER) == 0)
            also(&p->outside, "the server, whoever that is");
        break;
    case POLL: wait_poll(p); break;
    case LOCK: wait_lock(p); break;
    case SLEEP:
    case RESTART:
        if (p->kind != NULL && strcmp(p->call, "poll") == 0) {
            wait_poll(p);
            break;
        }
        if (p->kind == NULL)
            also(&p->outside, "who, is not known (in the kernel: %s, system "
                 "call %ld)", *p->wchan != '\0' ? p->wchan : "?",
                 p->seen ? p->nr : -1L);
        else
            also(&p->outside, "time alone");
        if (what == SLEEP && p->seen &&
            memory(p, p->arg[p->nr == SYS_nanosleep ? 0 : 2], &ts, sizeof ts))
            if (!(p->nr != SYS_nanosleep && p->arg[1] & TIMER_ABSTIME))
                add(&p->outside, ": it sleeps for %g s in all",
                    (double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
    }
    /* A timer of alarm(2) cannot be seen from outside, its handler can. */
    if (what != SLEEP && what != RESTART && what != SIGNAL &&
        p->outside == NULL && p->caught >> (SIGALRM - 1) & 1)
        also(&p->outside, "its own alarm(2), if it has set one");
}

/* judge: who can go on, sooner or later? The number of those who cannot. */
static size_t judge(void)
{
    size_t stuck = 0;
    int more = 1;

    for (size_t i = 0; i < nprocs; i++) {
        struct proc *p = &procs[i];
        if (p->ours)
            ask(p);
        p->live = p->how != ENDED && (!p->ours || p->how != WAITS ||
                                      p->outside != NULL);
    }
    while (more) {
        more = 0;
        for (size_t i = 0; i < nprocs; i++)
            for (size_t k = 0; !procs[i].live && k < procs[i].nenders; k++)
                if (procs[i].enders[k]->live)
                    procs[i].live = more = 1;
    }
    for (size_t i = 0; i < nprocs; i++)
        stuck += procs[i].ours && procs[i].how == WAITS && !procs[i].live;
    return stuck;
}

/* ---- telling it ---- */

static void does(char **text, const struct proc *p)
{
    if (p->how == RUNS)
        add(text, "runs");
    else if (p->how == STOPPED)
        add(text, p->state == 't' ? "is held by a debugger" : "is stopped");
    else if (p->how == ENDED)
        add(text, "has ended");
    else {
        if (p->held[0] != '\0')
            add(text, "is held by the director before %s", p->held);
        else if (*p->call != '\0')
            add(text, "sleeps in %s", p->call);
        else
            add(text, "sleeps");
        if (*p->where != '\0')
            add(text, ", %s", p->where);
    }
}

static void called_as(char **text, const struct proc *p)
{
    add(text, "%s %d", p->name, (int)p->pid);
    if (*p->args != '\0')
        add(text, " (started as: %s %s)", p->name, p->args);
}

static void other(char **text, const struct proc *p, const struct proc *q)
{
    const char *kin = q->ppid == p->pid ? "its child" :
                      p->ppid == q->pid ? "its parent" : NULL;

    if (kin != NULL && strcmp(p->name, q->name) == 0)
        add(text, "%s %d", kin, (int)q->pid);
    else
        add(text, "%s%s%s %d", kin != NULL ? kin : "", kin != NULL ? " " : "",
            q->name, (int)q->pid);
    if (q->ours) {
        add(text, ", which ");
        does(text, q);
    }
}

static void tell_enders(struct proc *p, int live, char **text)
{
    size_t n = 0;

    for (size_t i = 0; i < p->nenders; i++) {
        if (p->enders[i]->live != live)
            continue;
        if (++n > 3)
            continue;
        if (*text != NULL)
            add(text, "; or ");
        other(text, p, p->enders[i]);
    }
    if (n > 3)
        add(text, "; or one of %zu more", n - 3);
}

/* circle: from a process that cannot go on, by whom it waits for, and back. */
static char *circle(struct proc *p)
{
    struct proc *path[64];
    size_t n = 0;
    char *text = NULL;

    for (struct proc *q = p; n < 64; q = q->enders[0]) {
        path[n++] = q;
        if (q->nenders == 0)
            return NULL;
        if (q->enders[0] == p)
            break;
        for (size_t i = 1; i < n; i++)
            if (path[i] == q->enders[0])
                return NULL; /* a circle, but p is only before it */
    }
    if (n == 64)
        return NULL;
    add(&text, "%s %d waits for ", p->name, (int)p->pid);
    for (size_t i = 1; i < n; i++)
        add(&text, "%s %d, which waits for ", path[i]->name, (int)path[i]->pid);
    add(&text, "%s %d", p->name, (int)p->pid);
    return text;
}

/* follow: what to do is told with the one on whom all depends. */
static void follow(struct proc *p, char **text)
{
    struct proc *q = p, *next = p;

    for (int n = 0; next != NULL && n < 64; n++) {
        q = next;
        next = NULL;
        for (size_t i = 0; q->outside == NULL && i < q->nenders; i++)
            if (q->enders[i]->live && next == NULL)
                next = q->enders[i];
    }
    if (q != p && q->how == STOPPED && q->state == 'T')
        add(text, "fg in the terminal of %s %d, or kill -CONT %d", q->name,
            (int)q->pid, (int)q->pid);
    else if (q != p && q->todo != NULL)
        add(text, "see %s %d", q->name, (int)q->pid);
    else
        add(text, "wait");
}

static void tell(struct proc *p)
{
    char *text = NULL, *ring = NULL;
    const char *argument;

    if (colour)
        printf("\033[1m");
    called_as(&text, p);
    add(&text, " ");
    does(&text, p);
    if (p->how == ENDED) {
        struct proc *parent = by_pid(p->ppid);
        add(&text, " (a zombie)");
        put(0, text);
        if (colour)
            printf("\033[0m");
        text = NULL;
        add(&text, "its parent %s %d takes note of it by wait(2)",
            parent != NULL ? parent->name : "", (int)p->ppid);
        field("stays until", text, "");
        return;
    }
    put(0, text);
    if (colour)
        printf("\033[0m");
    field("wants", p->wants, "");
    text = NULL;
    if (p->how == RUNS || p->how == ENDED)
        return;
    if (p->live) {
        tell_enders(p, 1, &text);
        if (p->outside != NULL)
            add(&text, "%s%s", text != NULL ? "; or " : "", p->outside);
        field("could be ended by:", text, "\033[32m");
        text = NULL;
        if (p->todo != NULL)
            add(&text, "%s", p->todo);
        else
            follow(p, &text);
        field("to do:", text, "");
        return;
    }
    if (p->nenders == 0) {
        add(&text, "%s", p->nobody != NULL ? p->nobody : "nobody is there");
        field("NOBODY CAN END THIS:", text, "\033[1;31m");
    } else {
        tell_enders(p, 0, &text);
        if (p->nobody != NULL)
            add(&text, "; %s", p->nobody);
        field("could be ended only by:", text, "");
        ring = circle(p);
        field(ring != NULL ? "A CIRCLE:" : "WHICH CANNOT GO ON:", ring != NULL
              ? ring : "it waits for something that cannot come, too",
              "\033[1;31m");
    }
    text = NULL;
    if (p->todo != NULL)
        add(&text, "%s; now ", p->todo);
    if (p->nenders > 0 && ring == NULL)
        add(&text, "see %s %d; or ", p->enders[0]->name,
            (int)p->enders[0]->pid);
    add(&text, "end it: Ctrl-C in its terminal, or kill %d", (int)p->pid);
    if (ring != NULL && peer(p, &argument) &&
        same_program(p, p->enders[0]) &&
        strcmp(p->args, p->enders[0]->args) == 0) {
        p->todo = NULL;
        add(&text, "; then start it as the other one, ");
        command(p, p->name, argument, in_folder(p));
        add(&text, "%s", p->todo);
    }
    field("to do:", text, "");
}

/* the_same: nobody of those who wait for ever has moved meanwhile. */
static int the_same(const struct proc *old, size_t n)
{
    size_t stuck = 0;

    for (size_t i = 0; i < n; i++) {
        struct proc *p;
        if (!old[i].ours || old[i].how != WAITS || old[i].live)
            continue;
        p = by_pid(old[i].pid);
        if (p == NULL || p->live || p->how != WAITS ||
            p->switches != old[i].switches)
            return 0;
        stuck++;
    }
    for (size_t i = 0; i < nprocs; i++)
        stuck -= procs[i].ours && procs[i].how == WAITS && !procs[i].live;
    return stuck == 0;
}

static void usage(void)
{
    fprintf(stderr, "usage: why [-b BUILD] [PID]...\n");
    exit(2);
}

int main(int argc, char *argv[])
{
    int option, status = EXIT_SUCCESS;
    char *const none[] = {NULL};

    while ((option = getopt(argc, argv, "+b:")) != -1)
        if (option == 'b')
            build = optarg;
        else
            usage();
    for (int i = optind; i < argc; i++)
        if (*argv[i] == '\0' || strlen(argv[i]) > 9 || *argv[i] == '0' ||
            argv[i][strspn(argv[i], "0123456789")] != '\0')
            usage();
    char *const *pids = optind < argc ? &argv[optind] : none;
    if (realpath(build, real_build) == NULL)
        err(EXIT_FAILURE, "%s", build);
    if (getcwd(here, sizeof here) == NULL)
        here[0] = '\0';
    user = geteuid();
    const char *sudo = getenv("SUDO_UID");
    if (user == 0 && sudo != NULL && *sudo != '\0')
        user = (uid_t)strtoul(sudo, NULL, 10);
    struct winsize ws;
    const char *no = getenv("NO_COLOR"), *set = getenv("COLUMNS");
    colour = isatty(STDOUT_FILENO) && (no == NULL || *no == '\0');
    if (set != NULL && atoi(set) > 0)
        columns = atoi(set);
    else if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0)
        columns = ws.ws_col;
    if (columns < 30)
        columns = 30;

    /* One look takes a while, and meanwhile one may have let the other go.
     * So a wait for ever must be seen twice, without a move in between. */
    look_around(pids);
    size_t stuck = judge();
    for (int i = 0; stuck > 0; i++) {
        struct proc *old = procs;
        size_t n = nprocs;
        if (i == 20) { /* a busy crowd: no verdict */
            for (size_t k = 0; k < nprocs; k++)
                procs[k].live |= procs[k].how == WAITS;
            break;
        }
        nanosleep(&(struct timespec){0, 20000000}, NULL);
        socks_known = 0;
        look_around(pids);
        stuck = judge();
        if (the_same(old, n))
            break;
    }

    for (char *const *a = pids; *a != NULL; a++)
        if (by_pid(atoi(*a)) == NULL)
            errx(EXIT_FAILURE, kill(atoi(*a), 0) == -1 && errno == ESRCH ?
                 "%s: there is no such process" :
                 "%s: not a process of yours", *a);
    int told = 0, waiting = 0, ever = 0;
    for (size_t i = 0; i < nprocs; i++) {
        struct proc *p = &procs[i];
        if (!p->ours || (*pids != NULL && !p->asked) ||
            (p->how == RUNS && !p->asked))
            continue;
        if (told++ > 0)
            putchar('\n');
        tell(p);
        waiting += p->how == WAITS || p->how == STOPPED;
        if (p->how == WAITS && !p->live) {
            ever++;
            status = 3;
        }
    }
    if (waiting == 0)
        printf("%sNothing waits.\n", told > 0 ? "\n" : "");
    else if (ever > 0)
        printf("\n%d of %d wait%s for something that cannot come.\n", ever,
               waiting, ever == 1 ? "s" : "");
    if (hidden)
        fprintf(stderr, "why: the calls' arguments and lines cannot be read "
                "here\n     (sysctl kernel.yama.ptrace_scope is 1?); what "
                "sees more:\n     sudo %s/scripts/why -b %s\n", build, build);
    if (no_addr2line)
        fprintf(stderr, "why: no addr2line, so no source lines: "
                "install binutils\n");
    if (fflush(stdout) == EOF || ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return status;
}
