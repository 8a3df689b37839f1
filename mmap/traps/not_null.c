/* not_null.c - trap: a mapping that has failed, and is used.
 *
 * Article:  A 六.3 (what mmap returns)
 * Wrong:    mmap(2) fails with MAP_FAILED, which is (void *)-1 and not NULL;
 *           of an empty file, whose length is 0, it always fails.
 * Trap:     MMAP-17 (a claim)
 * Terminal: : >empty; build/mmap/traps/not_null empty
 *           (make trap-mmap-not_null)
 * Right:    mmap_copy.c, which asks for MAP_FAILED, and maps no 0 bytes
 * See also: ../labs/call.c (MMAP-17); mmap(2), ERRORS
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct stat st;
    int fd;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 2)
        errx(2, "usage: not_null FILE");
    if ((fd = open(argv[1], O_RDONLY)) == -1 || fstat(fd, &st) == -1)
        err(EXIT_FAILURE, "open %s", argv[1]);
    size_t size = (size_t)st.st_size;
    printf("%s: %zu bytes, pages of %zu: %zu\n", argv[1], size, page,
           (size + page - 1) / page);
    char *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == NULL) { /* WRONG: it never is */
        warn("mmap %s", argv[1]);
        return EXIT_FAILURE;
    }
    printf("%s: it begins with the byte %d\n", argv[1], *map);
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    return 0;
}
