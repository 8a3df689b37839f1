/* listing.c - lab: what C itself says about the listings: headers, stdin, char.
 *
 * Claims:   SHM-8 SHM-16 SHM-17 SHM-18 SHM-24
 * Terminal: build/shm/labs/listing [CLAIM]      (all labs: make claims-shm)
 * Prints:   for each trial the claim's number; yes if it went as the claim
 *           says, no if not, skip if it cannot be tried here; what was done,
 *           and what was seen
 * See also: scanf(3), fflush(3), getc(3), shmop(2), shmctl(2)
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *yes(int as_claimed)
{
    return as_claimed ? "yes" : "no";
}

static const char *compiler(void)
{
    const char *cc = getenv("CC");

    return cc != NULL && cc[0] != '\0' ? cc : "cc";
}

/* Does the compiler take this source without a word? */
static int compiles(const char *source)
{
    char command[512];
    int in[2], status;

    snprintf(command, sizeof command, "exec %s -std=c11 -D_GNU_SOURCE -Wall "
             "-Wextra -Wpedantic -Werror -fsyntax-only -x c - >/dev/null 2>&1",
             compiler());
    if (pipe(in) == -1)
        err(EXIT_FAILURE, "pipe");
    pid_t child = fork();
    if (child == -1)
        err(EXIT_FAILURE, "fork");
    if (child == 0) {
        if (dup2(in[0], 0) == -1)
            _exit(127);
        close(in[0]);
        close(in[1]);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    ssize_t n = write(in[1], source, strlen(source));
    close(in[1]);
    if (waitpid(child, &status, 0) == -1)
        err(EXIT_FAILURE, "waitpid");
    return n != -1 && status == 0;
}

/* Not without one that works; 1 if there is none. */
static int no_compiler(const char *claim)
{
    if (compiles("int main(void) { return 0; }\n"))
        return 0;
    printf("%s skip no compiler: %s\n", claim, compiler());
    return 1;
}

static void shm_8(void)
{
    if (no_compiler("SHM-8"))
        return;
    int plain = compiles("#include <sys/shm.h>\n"
                         "int (*f)(void *) = shmdt;\n");
    int with_const = compiles("#include <sys/shm.h>\n"
                              "int (*f)(const void *) = shmdt;\n");
    printf("SHM-8 %s <sys/shm.h> has shmdt(void *): %s\n", yes(plain),
           plain ? "compiles" : "does not compile");
    printf("SHM-8 %s it has shmdt(const void *): %s\n", yes(!with_const),
           with_const ? "compiles" : "does not compile");
}

/* A stream that has this to read: from a pipe, as typed, or from a file. */
static FILE *typed(const char *text)
{
    int fd[2];
    FILE *in;

    if (pipe(fd) == -1)
        err(EXIT_FAILURE, "pipe");
    if (write(fd[1], text, strlen(text)) != (ssize_t)strlen(text))
        err(EXIT_FAILURE, "write");
    close(fd[1]);
    if ((in = fdopen(fd[0], "r")) == NULL)
        err(EXIT_FAILURE, "fdopen");
    return in;
}

static FILE *in_a_file(const char *text)
{
    FILE *in = tmpfile();

    if (in == NULL || fputs(text, in) == EOF || fflush(in) == EOF)
        err(EXIT_FAILURE, "tmpfile");
    rewind(in);
    return in;
}

static const char *name_of(int c)
{
    return c == '\n' ? "the newline" : c == EOF ? "the end" : "another byte";
}

static void shm_16(void)
{
    FILE *in = typed("r\nhello\n");
    char c = 0, text[16] = "";

    if (fscanf(in, "%c", &c) != 1)
        errx(EXIT_FAILURE, "fscanf %%c");
    int next = getc(in);
    printf("SHM-16 %s scanf(\"%%c\") took '%c'; next comes %s\n",
           yes(next == '\n'), c, name_of(next));
    if (fscanf(in, "%15s", text) != 1)
        errx(EXIT_FAILURE, "fscanf %%s");
    next = getc(in);
    printf("SHM-16 %s scanf(\"%%s\") took \"%s\"; next comes %s\n",
           yes(next == '\n'), text, name_of(next));
    fclose(in);
}

/* "Not supported" can mean two things: that the compiler does not take it, and
 * that what was typed and not yet read is not thrown away by it. */
static void shm_17(void)
{
#ifdef __GLIBC__
    const char *libc = "glibc";
#else
    const char *libc = "this libc";
#endif

    if (!no_compiler("SHM-17")) {
        int taken = compiles("#include <stdio.h>\n"
                             "int main(void) { return fflush(stdin); }\n");
        printf("SHM-17 %s the compiler %s fflush(stdin) with -std=c11 "
               "-Wpedantic\n", yes(!taken), taken ? "takes" : "refuses");
    }
    for (int file = 0; file <= 1; file++) {
        FILE *in = file ? in_a_file("r\n") : typed("r\n");
        if (getc(in) != 'r')
            errx(EXIT_FAILURE, "getc");
        fflush(in);
        int next = getc(in);
        printf("SHM-17 %s %s, stdin is a %s: after r and fflush(stdin) comes "
               "%s\n", yes(next == '\n'), libc, file ? "file" : "pipe",
               name_of(next));
        fclose(in);
    }
}

/* The listing's loop with each type that its `char c` may be. How many bytes
 * did it take? At most so many, as one of them never ends. */
enum kind { INT, SIGNED_CHAR, UNSIGNED_CHAR, ENOUGH = 1000 };

static int throw_away(FILE *in, enum kind kind)
{
    int n = 0, c;

    do {
        c = getc(in);
        if (kind == SIGNED_CHAR)
            c = (signed char)c;
        if (kind == UNSIGNED_CHAR)
            c = (unsigned char)c;
    } while (++n < ENOUGH && c != '\n' && c != EOF);
    return n;
}

static void shm_18(void)
{
    static const char *const names[] = {"int", "signed char", "unsigned char"};

    for (enum kind kind = INT; kind <= UNSIGNED_CHAR; kind++) {
        FILE *line = typed("a\xff" "b\nx"), *nothing = typed("");
        int n = throw_away(line, kind), to_end = throw_away(nothing, kind);
        int next = getc(line);
        printf("SHM-18 %s %s c%s: of a line with a byte 0xff it leaves %s, at "
               "the end of input it %s\n", yes(next == 'x' && to_end == 1),
               names[kind],
               kind != INT && (kind == SIGNED_CHAR) == (CHAR_MIN < 0) ?
               " (char is that here)" : "",
               next == 'x' ? "nothing" : n < ENOUGH ? "the rest" : "?",
               to_end == 1 ? "ends" : "never ends");
        fclose(line);
        fclose(nothing);
    }
}

static void shm_24(void)
{
    if (no_compiler("SHM-24"))
        return;
    int flat = compiles("#include <sys/types.h>\n"
                        "struct shmid_ds { uid_t shm_perm.uid; };\n");
    int more = compiles("#include <sys/shm.h>\n"
                        "struct shmid_ds d;\n"
                        "struct ipc_perm *p = &d.shm_perm;\n"
                        "size_t *s = &d.shm_segsz;\n"
                        "time_t *t = &d.shm_atime;\n"
                        "pid_t *c = &d.shm_cpid;\n"
                        "shmatt_t *n = &d.shm_nattch;\n");
    printf("SHM-24 %s a member that is called shm_perm.uid: %s\n", yes(flat),
           flat ? "compiles" : "does not compile");
    printf("SHM-24 %s shm_perm is a struct ipc_perm, and shm_segsz, shm_atime, "
           "shm_cpid, shm_nattch are there: %s\n", yes(!more),
           more ? "compiles" : "does not compile");
}

static const struct {
    const char *claim;
    void (*try)(void);
} trials[] = {
    {"SHM-8", shm_8}, {"SHM-16", shm_16}, {"SHM-17", shm_17},
    {"SHM-18", shm_18}, {"SHM-24", shm_24},
};

int main(int argc, char *argv[])
{
    int tried = 0;

    signal(SIGPIPE, SIG_IGN); /* a compiler that is not there */
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    alarm(60); /* what waits for ever is ended by SIGALRM */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (argc == 1 || (argc == 2 && strcmp(argv[1], trials[i].claim) == 0)) {
            trials[i].try();
            tried = 1;
        }
    if (!tried)
        errx(2, "usage: listing [CLAIM]");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
