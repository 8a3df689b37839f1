/* shm_posix_server.c - shm_server once more, with the calls of POSIX.
 *
 * Article:    A 五.3 "共享内存, 例子", in the newer of the two interfaces
 * Terminal 1: build/shm/shm_posix_server
 * Terminal 2: build/shm/shm_posix_client
 * Look for:   [1] a name, a descriptor, a length, mmap: memory like a file, to
 *             be seen in /dev/shm; no key;
 *             [2] the semaphores live in the memory itself: nothing else to
 *             make, to find, or to remove;
 *             [3] no SEM_UNDO: a record lock on the object says that a server
 *             lives, and the kernel takes it back when it dies;
 *             [4] the name is gone afterwards, after Ctrl-C as well.
 * Try:        diff shm/shm_server.c shm/shm_posix_server.c; ls -l /dev/shm
 * See also:   shm_posix_client.c, shm_posix_form.h; shm_overview(7),
 *             sem_overview(7), fcntl(2)
 */
#define _XOPEN_SOURCE 700 /* shm_open(3), posix_fallocate(3) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm_posix_form.h"

static char name[80];
static int is_ours; /* the name: remove it at the end */

static void refuse(void)
{
    errx(EXIT_FAILURE, "%s is not one that shm_posix_server made for you; "
         "take another KEYPATH or, if it is yours, remove it: rm /dev/shm%s",
         name, name);
}

/* Only who has the lock makes and removes the name. 0: a name was there, left
 * by a killed server, or was removed before we had the lock: try again. */
static int claim(int fd, int is_new)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat st;

    if (fcntl(fd, F_SETLK, &lock) == -1) { /* [3] */
        if (errno == EAGAIN || errno == EACCES)
            errx(EXIT_FAILURE, "%s: another shm_posix_server is at work", name);
        is_ours = is_new;
        err(EXIT_FAILURE, "fcntl F_SETLK %s", name);
    }
    if (fstat(fd, &st) == -1)
        err(EXIT_FAILURE, "fstat %s", name);
    if (st.st_nlink > 0 && is_new)
        return is_ours = 1;
    if (st.st_nlink > 0 && shm_unlink(name) == -1)
        err(EXIT_FAILURE, "removing what a killed server left: %s", name);
    close(fd);
    return 0;
}

static int creat_shm(void)
{
    struct stat st;

    for (;;) {
        int is_new = 1, fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (fd == -1 && (errno == ENOENT || errno == ENOSYS))
            err(77, "shm_open %s (is /dev/shm mounted?)", name);
        if (fd == -1 && errno == EEXIST) {
            is_new = 0;
            if ((fd = shm_open(name, O_RDWR, 0)) == -1 && errno == ENOENT)
                continue; /* it has just been removed */
            if (fd == -1 && (errno == EACCES || errno == ELOOP))
                refuse();
        }
        if (fd == -1)
            err(EXIT_FAILURE, "shm_open %s", name);
        if (fstat(fd, &st) == -1)
            err(EXIT_FAILURE, "fstat %s", name);
        if (st.st_uid != geteuid() || (st.st_mode & 0777) != 0600)
            refuse();
        if (claim(fd, is_new))
            return fd;
    }
}

static void remove_all(void)
{
    if (is_ours)
        shm_unlink(name); /* on Linux it is unlink(2), and that is safe here */
}

static void on_signal(int sig)
{
    remove_all();
    signal(sig, SIG_DFL); /* then die of it, so that the shell knows why */
    raise(sig);
}

/* Somebody has cut the object. A page that we touch and that is gone is SIGBUS;
 * glibc, which finds no semaphore there, calls abort(3). */
static void on_cut(int sig)
{
    static const char why[] = "shm_posix_server: the object has been cut\n";

    (void)sig;
    remove_all();
    _exit(write(STDERR_FILENO, why, sizeof why - 1) != 0); /* 1, that is */
}

static void sem_p(sem_t *sem)
{
    while (sem_wait(sem) == -1)
        if (errno != EINTR) /* Ctrl-Z and fg: wait again */
            err(EXIT_FAILURE, "sem_wait");
}

static void sem_v(sem_t *sem)
{
    if (sem_post(sem) == -1)
        err(EXIT_FAILURE, "sem_post");
}

int main(int argc, char *argv[])
{
    const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    const char *path = argc > 1 ? argv[1] : ".";
    struct sigaction sa = {.sa_handler = on_signal};
    struct shm_form *shm;
    int fd;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is printed */
    if (argc > 2 || path[0] == '-')
        errx(2, "usage: shm_posix_server [KEYPATH]");
    if (shm_name(path, name, sizeof name) == -1)
        err(EXIT_FAILURE, "stat %s", path);

    /* No signal between making the object and knowing that it is ours. */
    sigfillset(&sa.sa_mask);
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1 ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
        signal(SIGBUS, on_cut) == SIG_ERR ||
        signal(SIGABRT, on_cut) == SIG_ERR || atexit(remove_all) != 0)
        err(EXIT_FAILURE, "sigprocmask, signal, atexit");
    for (int i = 0; i < 4; i++)
        if (sigaction(deadly[i], &sa, NULL) == -1)
            err(EXIT_FAILURE, "sigaction");

    fd = creat_shm(); /* [1] it stays open: with it the lock would go */
    /* ftruncate(2) makes it as long, but takes no memory yet: if /dev/shm is
     * full, the first store would be our death by SIGBUS. */
    if ((errno = posix_fallocate(fd, 0, sizeof *shm)) != 0)
        err(EXIT_FAILURE, "posix_fallocate %s", name);
    shm = mmap(NULL, sizeof *shm, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shm == MAP_FAILED)
        err(EXIT_FAILURE, "mmap %s", name);
    if (sem_init(&shm->buffer, 1, 1) == -1 || sem_init(&shm->news, 1, 0) == -1)
        err(EXIT_FAILURE, "sem_init"); /* [2] */
    __sync_synchronize(); /* what was stored before, others see before */
    shm->ready = 1;
    if (sigprocmask(SIG_UNBLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    warnx("waiting for shm_posix_client (start it in this directory)");

    while (1) {
        sem_p(&shm->news);
        shm->writer = 0; /* from now on the buffer is ours */
        if (shm->command == 'q')
            break;
        if (shm->command != 'r')
            warnx("ignored: a command that is neither r nor q");
        else if (printf("%.*s\n", SHM_SIZE - 1, shm->text) < 0)
            err(EXIT_FAILURE, "stdout");
        sem_v(&shm->buffer); /* not before the text has been printed */
    }
    if (munmap(shm, sizeof *shm) == -1)
        err(EXIT_FAILURE, "munmap");
    /* No signal between the two: the name may be another server's by then. */
    if (sigprocmask(SIG_BLOCK, &sa.sa_mask, NULL) == -1)
        err(EXIT_FAILURE, "sigprocmask");
    if (shm_unlink(name) == -1) /* [4] */
        err(EXIT_FAILURE, "shm_unlink %s", name);
    is_ours = 0;
    return 0;
}
