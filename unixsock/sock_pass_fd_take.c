/* sock_pass_fd_take.c - read from a pipe that we neither made nor inherited.
 *
 * Article:    A 一.1, B 三: "only related processes can use a pipe" (PIPE-4)
 * Terminal 1: build/unixsock/sock_pass_fd_give
 * Terminal 2: build/unixsock/sock_pass_fd_take
 * Look for:   [1] recvmsg(2) opens a descriptor here: the smallest free one,
 *                 whatever its number was there;
 *             [2] it is the same pipe: both print the same inode number;
 *             [3] who receives control data without looking at all of it lets
 *                 strangers fill his table of descriptors: MSG_CTRUNC;
 *             [4] the end of file comes as ever: when the last writer closes.
 * Try:        kill -9 the giver before this starts, and after.
 * See also:   sock_pass_fd_give.c; unix(7), cmsg(3), recvmsg(2)
 */
#define _GNU_SOURCE /* MSG_CMSG_CLOEXEC, struct ucred */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int take(int from)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    char byte;
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(from, &message, MSG_CMSG_CLOEXEC); /* [1] */
    int fd;

    if (n == -1)
        err(EXIT_FAILURE, "recvmsg");
    const struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    if (n == 0 || c == NULL || c->cmsg_level != SOL_SOCKET ||
        c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof fd) ||
        message.msg_flags & MSG_CTRUNC) /* [3] */
        errx(EXIT_FAILURE, "no descriptor has come");
    memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

int main(int argc, char *argv[])
{
    const char *name = argc > 1 ? argv[1] : "sock.pass_fd";
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    struct ucred who = {.uid = (uid_t)-1}; /* nobody, if we cannot know */
    socklen_t size = sizeof who;
    struct stat st;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 2 || name[0] == '-' || name[0] == '\0')
        errx(2, "usage: sock_pass_fd_take [NAME]");
    if (strlen(name) >= sizeof addr.sun_path)
        errx(EXIT_FAILURE, "the name is too long: %s", name);
    strcpy(addr.sun_path, name);

    int giver = socket(AF_UNIX, SOCK_STREAM, 0);
    if (giver != -1 && giver <= STDERR_FILENO)
        errx(EXIT_FAILURE, "a standard stream is closed");
    if (giver == -1 ||
        connect(giver, (struct sockaddr *)&addr, sizeof addr) == -1)
        err(EXIT_FAILURE, "connect %s (start sock_pass_fd_give first)", name);
    getsockopt(giver, SOL_SOCKET, SO_PEERCRED, &who, &size);
    if (who.uid != geteuid()) /* he would choose what we read */
        errx(EXIT_FAILURE, "%s is served by another user", name);
    if (send(giver, "?", 1, MSG_NOSIGNAL) == -1)
        err(EXIT_FAILURE, "the giver is gone: send");
    int fd = take(giver);
    FILE *in = fdopen(fd, "r");
    if (in == NULL || fstat(fd, &st) == -1)
        err(EXIT_FAILURE, "fdopen, fstat");
    printf("Taker: I am process %d; %s %llu is open here.\n", getpid(),
           S_ISFIFO(st.st_mode) ? "pipe" : "file",
           (unsigned long long)st.st_ino); /* [2] */

    while ((n = getline(&line, &room, in)) != -1) /* [4] */
        printf("Taker: read: %s%s", line, line[n - 1] == '\n' ? "" : "\n");
    if (ferror(in))
        err(EXIT_FAILURE, "read");
    printf("Taker: end of file.\n");
    if (ferror(stdout))
        err(EXIT_FAILURE, "stdout");
    free(line);
    fclose(in);
    return EXIT_SUCCESS;
}
