/* shm_form.h - what shm_server.c and shm_client.c agree on. */
#ifndef SHM_FORM_H
#define SHM_FORM_H

#define KEY_LETTER 'h' /* for ftok(3); the article has 'z' in three examples */
#define SHM_SIZE 1024  /* a text of at most 1023 bytes, and its NUL */
#define MSG_TYPE 888

/* The members of the semaphore set, and their values. */
enum {
    BUFFER,  /* 1: free, whoever does P may write into the segment */
    SERVER,  /* 1: a server lives; the kernel takes it back when it dies */
    SEM_COUNT
};

/* client --> server: 'r' read the segment, 'q' quit. Sent is one letter; the
 * second place lets the server see that a message is too long. */
struct msg_form {
    long mtype;
    char mtext[2];
};

#endif
