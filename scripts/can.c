/* can.c - can this system do what a room needs? Try it, here and now.
 *
 * Run:     build/scripts/can ROOM...
 * Status:  0 all can be played; 77 one cannot, and stdout says why; 2 usage.
 * Each trial makes a private object in the current folder or in the kernel and
 * removes it again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each trial returns NULL, or the call that failed (errno says why). */
static const char *try_pipe(void)
{
    int fd[2];

    if (pipe(fd) == -1)
        return "pipe(2)";
    close(fd[0]);
    close(fd[1]);
    return NULL;
}

static const char *try_fifo(void)
{
    char name[64];

    snprintf(name, sizeof name, ".can.%d", (int)getpid());
    if (mkfifo(name, 0600) == -1)
        return "mkfifo(3) in this folder";
    unlink(name);
    return NULL;
}

static const char *try_msgqueue(void)
{
    int id = msgget(IPC_PRIVATE, 0600);

    if (id == -1)
        return errno == ENOSPC
                   ? "msgget(2), limit kernel.msgmni, see make limits"
                   : "msgget(2)";
    msgctl(id, IPC_RMID, NULL);
    return NULL;
}

static const char *try_semaphore(void)
{
    struct sembuf v = {0, 1, SEM_UNDO};
    int id = semget(IPC_PRIVATE, 2, 0600);

    if (id == -1)
        return errno == ENOSPC
                   ? "semget(2), limit kernel.sem, see make limits"
                   : "semget(2)";
    int failed = semop(id, &v, 1), why = errno;
    semctl(id, 0, IPC_RMID);
    errno = why;
    return failed == -1 ? "semop(2) with SEM_UNDO" : NULL;
}

static const char *try_shm(void)
{
    int id = shmget(IPC_PRIVATE, 1024, 0600);

    if (id == -1)
        return errno == ENOSPC
                   ? "shmget(2), limit kernel.shmmni or shmall, see make limits"
                   : "shmget(2)";
    void *at = shmat(id, NULL, 0);
    int why = errno;
    shmctl(id, IPC_RMID, NULL);
    errno = why;
    if (at == (void *)-1)
        return "shmat(2)";
    shmdt(at);
    return try_msgqueue() ? try_msgqueue() : try_semaphore();
}

static const char *try_mmap(void)
{
    const char *failed = NULL;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    char name[64];

    snprintf(name, sizeof name, ".can.%d", (int)getpid());
    int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600), why;
    if (fd == -1)
        return "open(2) of a new file in this folder";
    if (ftruncate(fd, 64) == -1)
        failed = "ftruncate(2)";
    else if (mmap(NULL, 64, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) ==
             MAP_FAILED)
        failed = "mmap(2) of a file in this folder with MAP_SHARED";
    else if (fcntl(fd, F_SETLK, &lock) == -1)
        failed = "fcntl(2) record locks in this folder";
    why = errno;
    unlink(name);
    close(fd);
    errno = why;
    return failed;
}

static const char *try_signal(void)
{
    struct sigaction sa;

    return sigaction(SIGUSR1, NULL, &sa) == -1 ? "sigaction(2)" : NULL;
}

static const char *try_unixsock(void)
{
    int fd[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1)
        return "socketpair(2) with AF_UNIX";
    close(fd[0]);
    close(fd[1]);
    return NULL;
}

static const struct {
    const char *room, *(*try)(void);
} rooms[] = {
    {"pipe", try_pipe}, {"fifo", try_fifo}, {"msgqueue", try_msgqueue},
    {"semaphore", try_semaphore}, {"shm", try_shm}, {"mmap", try_mmap},
    {"signal", try_signal}, {"unixsock", try_unixsock}, {"chat", try_fifo},
};

int main(int argc, char *argv[])
{
    int status = 0;

    for (int i = 1; i < argc; i++) {
        size_t r = 0, n = sizeof rooms / sizeof rooms[0];
        while (r < n && strcmp(rooms[r].room, argv[i]) != 0)
            r++;
        if (r == n) {
            fprintf(stderr, "can: no room '%s'; there are:", argv[i]);
            for (r = 0; r < n; r++)
                fprintf(stderr, " %s", rooms[r].room);
            fprintf(stderr, "\n");
            return 2;
        }
        const char *failed = rooms[r].try();
        if (failed != NULL) {
            printf("%s cannot be played here: %s: %s\n", argv[i], failed,
                   strerror(errno));
            status = 77;
        }
    }
    return status;
}
