/* rest_of_page.c - trap: a writer beyond the end of his file.
 *
 * Article:  A 六.3 (what it says of the last page)
 * Wrong:    the last page is mapped whole, so a store behind the end of the
 *           file is no SIGBUS; but the file gets no longer by it.
 * Trap:     MMAP-22 (a claim)
 * Terminal: build/mmap/traps/rest_of_page, beside build/mmap/mmap_reader
 *           (make trap-mmap-rest_of_page)
 * Right:    mmap_writer.c, which makes room for all lines first
 * See also: no_size.c; ../labs/extent.c; mmap(2), ftruncate(2)
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
        ftruncate(fd, LINE_LEN) == -1) /* WRONG: no room for line 1 */
        err(EXIT_FAILURE, "fcntl, write, ftruncate");
    char *map = mmap(NULL, 2 * LINE_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                     0);
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
