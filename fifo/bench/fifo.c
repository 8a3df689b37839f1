/* fifo.c - bench: a pipe that had a name. What does the name cost?
 *
 * Article:  A 二, B 四
 * Terminal: build/fifo/bench/fifo round 64 10000 same
 * Look for: [1] open(2) looks the name up, once. What it returns leads to the
 *               same object in the kernel as that of pipe(2): read and write
 *               ask neither for the name, which is gone by then, nor for the
 *               disk that it was on. So it costs nothing;
 *           [2] nobody waits in open: who reads says O_NONBLOCK, and who
 *               writes finds a reader.
 * Try:      stream 64 100000 same, and the same of pipe: it is a little faster.
 *           A FIFO is still a file that keeps its times, see fstat(2); for a
 *           pipe, newer kernels keep none.
 * See also: measure.h, how it is measured; ../../pipe/bench/pipe.c; fifo(7)
 */
#define _GNU_SOURCE /* sched_setaffinity, wait4 */
#include "measure.h"
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

static int ends[2][2]; /* of the FIFO DOWN, and of the FIFO UP */
static char folder[PATH_MAX], name[PATH_MAX + 8];

static void open_one(int end[2])
{
    if (mkfifo(name, 0600) == -1)
        fail("mkfifo");
    if ((end[0] = open(name, O_RDONLY | O_NONBLOCK)) == -1 || /* [1], [2] */
        (end[1] = open(name, O_WRONLY)) == -1)
        fail("open");
    if (fcntl(end[0], F_SETFL, 0) == -1) /* from here on, a read waits */
        fail("fcntl F_SETFL");
    if (unlink(name) == -1)
        fail("unlink");
}

static void create(void)
{
    const char *tmp = getenv("TMPDIR");

    if (tmp == NULL || *tmp == '\0')
        tmp = "/tmp";
    if (snprintf(name, sizeof name, "%s/fifo.XXXXXX", tmp) >= PATH_MAX)
        give_up("TMPDIR is too long");
    if (mkdtemp(name) == NULL) /* nobody else can have a name in there */
        fail("mkdtemp in TMPDIR");
    strcpy(folder, name);
    strcat(name, "/fifo");
    open_one(ends[DOWN]);
    open_one(ends[UP]);
    destroy();
}

static void enter(int in)
{
    close(ends[in][1]); /* else a read would never see that the other is gone */
    close(ends[!in][0]);
}

static void put(int way, const unsigned char *message)
{
    size_t done = 0;
    ssize_t rv;

    while (done < unit) { /* a FIFO may take less than all */
        if ((rv = write(ends[way][1], message + done, unit - done)) == -1)
            fail("write");
        done += rv;
    }
}

static const unsigned char *get(int way)
{
    size_t done = 0;
    ssize_t rv;

    while (done < unit) { /* and give less */
        if ((rv = read(ends[way][0], inbox + done, unit - done)) == -1)
            fail("read");
        if (rv == 0)
            give_up("read: end of file");
        done += rv;
    }
    return inbox;
}

static void destroy(void)
{
    if (*folder == '\0') /* not made, or gone */
        return;
    unlink(name);
    rmdir(folder);
    *folder = '\0';
}

int main(int argc, char *argv[])
{
    return measure(argc, argv, 64, 2); /* as a pipe */
}
