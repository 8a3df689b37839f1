/* mmap_private.c - change a file in memory only: a mapping with MAP_PRIVATE.
 *
 * Article:  A 六.3 (its parameter MAP_PRIVATE)
 * Terminal: build/mmap/mmap_private
 * Look for: [1] the right to read is enough for storing;
 *           [2] what is stored goes into a copy of that page, ours alone;
 *           [3] a page without a store still follows the file (on Linux; POSIX
 *               leaves that open), the copy does not;
 *           [4] neither msync(2) nor munmap(2) brings the copy into the file.
 * Try:      MAP_SHARED instead. Which call fails then, and why?
 * See also: mmap_count.c, labs/share.c; mmap(2), msync(2)
 */
#define _XOPEN_SOURCE 700 /* mkstemp(3), pread(2) */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static long page;
static int writes, reads; /* two descriptors of the file */

/* A file of two pages that has lost its name before a signal can come. */
static void make_file(void)
{
    char name[] = "mmap.private.XXXXXX";
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    writes = mkstemp(name);
    reads = writes == -1 ? -1 : open(name, O_RDONLY);
    if (writes == -1 || unlink(name) == -1 || reads == -1)
        err(EXIT_FAILURE, "mkstemp, open, unlink %s", name);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    if (ftruncate(writes, 2 * page) == -1)
        err(EXIT_FAILURE, "ftruncate %s", name);
}

static void write_both(const char *text)
{
    if (pwrite(writes, text, 5, 0) != 5 || pwrite(writes, text, 5, page) != 5)
        err(EXIT_FAILURE, "pwrite");
}

static char *map(void)
{
    char *map = mmap(NULL, (size_t)(2 * page), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE, reads, 0); /* [1] */

    if (map == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    return map;
}

/* What is in page 1 and 2 of the mapping, and of the file. */
static void show(const char *when, const char *map)
{
    char file[2][6] = {"", ""};

    if (pread(writes, file[0], 5, 0) != 5 ||
        pread(writes, file[1], 5, page) != 5)
        err(EXIT_FAILURE, "pread");
    if (printf("%-32s mapping %.5s %.5s, file %s %s\n", when, map, map + page,
               file[0], file[1]) < 0)
        err(EXIT_FAILURE, "stdout");
}

int main(int argc, char *argv[])
{
    (void)argv;
    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    signal(SIGPIPE, SIG_IGN);         /* nobody reads it: an error, not death */
    if (argc > 1)
        errx(2, "usage: mmap_private");
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1 || /* or the file becomes that */
        fcntl(STDERR_FILENO, F_GETFD) == -1)
        err(EXIT_FAILURE, "stdout, stderr");
    page = sysconf(_SC_PAGESIZE);
    make_file();

    write_both("file1");
    char *private = map();
    show("Mapped:", private);
    memcpy(private, "mine!", 5);
    show("Stored in page 1 of the mapping:", private); /* [2] */
    write_both("file2");
    show("Both pages of the file written:", private); /* [3] */
    if (msync(private, (size_t)(2 * page), MS_SYNC) == -1 ||
        munmap(private, (size_t)(2 * page)) == -1)
        err(EXIT_FAILURE, "msync, munmap");
    show("After msync, munmap, mmap again:", map()); /* [4] */
    return 0;
}
