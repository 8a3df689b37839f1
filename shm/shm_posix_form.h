/* shm_posix_form.h - what shm_posix_server.c and shm_posix_client.c share. */
#ifndef SHM_POSIX_FORM_H
#define SHM_POSIX_FORM_H

#include <semaphore.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHM_SIZE 1024 /* a text of at most 1023 bytes, and its NUL */

/* All that took a segment, a set and a queue. In memory that is all zeros,
 * `ready` says that nothing of this can be used yet. */
struct shm_form {
    volatile int ready;
    sem_t buffer;  /* 1: free, whoever does P may write */
    sem_t news;    /* 1: a command is there, the server does P */
    volatile int writer; /* who has done P on buffer and not yet V on news */
    char command;  /* 'r' read the text, 'q' quit */
    char text[SHM_SIZE];
};

/* The name of the object: of this user, for this folder. ftok(3) keeps 24 bits
 * of what tells files apart; a name has room for all. */
static inline int shm_name(const char *path, char *name, size_t size)
{
    struct stat st;

    if (stat(path, &st) == -1)
        return -1;
    snprintf(name, size, "/shm_posix.%ld.%llx.%llx", (long)geteuid(),
             (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
    return 0;
}

#endif
