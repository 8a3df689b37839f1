/* no_lock.c - trap: a reader who does not ask whether he may.
 *
 * Article:  A 六.1 (two processes, one file; it does not say who is first)
 * Wrong:    a mapping shares bytes, and does not say when they are ready: who
 *           just looks may find a line of which half is stored.
 * Trap:     MMAP-4 (a claim)
 * Terminal: build/mmap/traps/no_lock, beside build/mmap/traps/no_lock half:
 *           a writer whom we can hold in the middle of a line
 *           (make trap-mmap-no_lock)
 * Right:    mmap_reader.c, which waits for the lock of each line
 * See also: ../mmap_lines.h; fcntl(2)
 */
#define _XOPEN_SOURCE 700 /* strnlen(3), ftruncate(2), O_NOFOLLOW */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* as in ../mmap_lines.h */
#define LINE_LEN 80
#define MAGIC "Lines that mmap_writer and mmap_reader share\n"

static void enter(void)
{
    for (int c; (c = getchar()) != '\n' && c != EOF;)
        ;
}

static void store(int fd, char *at)
{
    struct flock line = {.l_type = F_UNLCK, .l_start = LINE_LEN,
                         .l_len = LINE_LEN};
    time_t tp = time(NULL);
    int n = snprintf(at, LINE_LEN, "Line 1: process %d's time is", getpid());

    printf("I am %d process.\nStore line: %s\n", getpid(), at);
    enter(); /* now the other half */
    snprintf(at + n, LINE_LEN - (size_t)n, " %s", ctime(&tp));
    printf("Store line: %s", at);
    if (fcntl(fd, F_SETLK, &line) == -1 || ferror(stdout))
        err(EXIT_FAILURE, "fcntl, stdout");
    enter();
}

int main(int argc, char *argv[])
{
    int writes = argc == 2 && strcmp(argv[1], "half") == 0;
    int fd = open("mmap.dat", writes ? O_RDWR | O_CREAT | O_EXCL : O_RDONLY,
                  0600);
    struct flock all = {.l_type = F_WRLCK};

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (fd == -1)
        err(EXIT_FAILURE, "open mmap.dat");
    if (writes && (fcntl(fd, F_SETLK, &all) == -1 ||
                   write(fd, MAGIC, strlen(MAGIC)) == -1 ||
                   ftruncate(fd, 2 * LINE_LEN) == -1))
        err(EXIT_FAILURE, "fcntl, write, ftruncate");
    char *map = mmap(NULL, 2 * LINE_LEN, PROT_READ | (writes ? PROT_WRITE : 0),
                     MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    if (writes) {
        store(fd, map + LINE_LEN);
        return unlink("mmap.dat") == -1;
    }
    size_t n = strnlen(map + LINE_LEN, LINE_LEN); /* WRONG: is all there? */
    printf("See line: %.*s\n", (int)n, map + LINE_LEN);
    return ferror(stdout) != 0;
}
