/* private_map.c - trap: a writer who stores everything for himself.
 *
 * Article:  A 六.3 (its flags MAP_SHARED, MAP_PRIVATE)
 * Wrong:    with MAP_PRIVATE the first store makes a copy of the page, which
 *           is in no file and in nobody else's memory. Nothing tells of it.
 * Trap:     MMAP-7 (a claim)
 * Terminal: build/mmap/traps/private_map, beside build/mmap/mmap_reader
 *           (make trap-mmap-private_map)
 * Right:    mmap_writer.c, with MAP_SHARED
 * See also: ../mmap_private.c, where it is meant; mmap(2)
 */
#define _XOPEN_SOURCE 700 /* ftruncate(2), O_NOFOLLOW */
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

static void remove_file(void)
{
    unlink("mmap.dat");
}

int main(void)
{
    struct flock all = {.l_type = F_WRLCK}, line = {.l_type = F_UNLCK};
    int fd = open("mmap.dat", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    time_t tp = time(NULL);

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (fd == -1 || atexit(remove_file) != 0)
        err(EXIT_FAILURE, "open mmap.dat");
    printf("I am %d process.\n", getpid());
    if (fcntl(fd, F_SETLK, &all) == -1 ||
        write(fd, MAGIC, strlen(MAGIC)) == -1 ||
        ftruncate(fd, 2 * LINE_LEN) == -1)
        err(EXIT_FAILURE, "fcntl, write, ftruncate");
    /* WRONG: MAP_PRIVATE, and so a copy */
    char *map = mmap(NULL, 2 * LINE_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE,
                     fd, 0);
    if (map == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    snprintf(map + LINE_LEN, LINE_LEN, "Line 1: process %d's time is %s",
             getpid(), ctime(&tp));
    printf("Store line: %s", map + LINE_LEN);
    line.l_start = line.l_len = LINE_LEN;
    if (fcntl(fd, F_SETLK, &line) == -1 || ferror(stdout))
        err(EXIT_FAILURE, "fcntl, stdout");
    getchar(); /* until somebody presses Enter, or Ctrl-D */
    return 0;
}
