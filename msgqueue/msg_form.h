/* msg_form.h - what msg_server.c and msg_client.c agree on. */
#ifndef MSG_FORM_H
#define MSG_FORM_H

#include <stddef.h>

#define MSG_LETTER 'm'          /* for ftok(3): one letter for each pair */
#define REQUEST 888             /* client --> server, in the shared queue */
#define ANSWER 999              /* server --> client, in the client's own */

struct msg_form {
    long mtype;
    int reply;                  /* id of the queue that wants the answer */
    char mtext[256];            /* not trusted to be NUL-terminated */
};

/* Sizes as msgsnd(2) and msgrcv(2) count them: without the leading long. */
enum {
    MSG_HEAD = offsetof(struct msg_form, mtext) - sizeof(long),
    MSG_MAX = MSG_HEAD + sizeof(((struct msg_form *)0)->mtext)
};

#endif
