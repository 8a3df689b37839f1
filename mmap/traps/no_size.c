/* no_size.c - trap: a writer who maps a file that has no byte yet.
 *
 * Article:  A 六.2 ("不必再为文件申请并分配缓存"), 六.3
 * Wrong:    a mapping does not make a file longer: where the file has no page
 *           a store is no error of a call, it is SIGBUS.
 * Trap:     MMAP-15 (a claim)
 * Terminal: build/mmap/traps/no_size
 *           (make trap-mmap-no_size)
 * Right:    mmap_writer.c, which calls posix_fallocate(3) first
 * See also: rest_of_page.c; ../labs/extent.c; mmap(2), ftruncate(2)
 */
#define _XOPEN_SOURCE 700 /* O_NOFOLLOW */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define LINE_LEN 80 /* as in ../mmap_lines.h */

int main(void)
{
    int fd = open("mmap.dat", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    time_t tp = time(NULL);

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (fd == -1)
        err(EXIT_FAILURE, "open mmap.dat");
    printf("I am %d process.\n", getpid());
    char *map = mmap(NULL, 2 * LINE_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                     0); /* this works, whatever the file's size is */
    if (map == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    snprintf(map + LINE_LEN, LINE_LEN, /* WRONG: there is no such page */
             "Line 1: process %d's time is %s", getpid(), ctime(&tp));
    printf("Store line: %s", map + LINE_LEN);
    if (unlink("mmap.dat") == -1 || ferror(stdout))
        err(EXIT_FAILURE, "unlink, stdout");
    return 0;
}
