/* mq_form.h - what mq_server.c and mq_client.c agree on. */
#ifndef MQ_FORM_H
#define MQ_FORM_H

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define REQUEST 888             /* client --> server: a priority, not a type */
#define ANSWER 999              /* server --> client */

struct mq_form {
    char reply[96];             /* name of the queue that wants the answer */
    char mtext[256];
};

/* The kernel takes messages of this size at most. The last byte of the text is
 * not used: in a struct that began as zeros it ends in a NUL. */
#define MQ_SIZE (sizeof(struct mq_form) - 1)

/* In place of ftok(3). All names of queues are in one folder, so ours tells the
 * user and the file: no two users, and no two folders, have the same. */
static inline void name_queue(const char *path, char name[60])
{
    struct stat st;

    if (stat(path, &st) == -1)
        err(EXIT_FAILURE, "stat %s", path);
    snprintf(name, 60, "/mq-%u-%lu-%lu", (unsigned)geteuid(),
             (unsigned long)st.st_dev, (unsigned long)st.st_ino);
}

#endif
