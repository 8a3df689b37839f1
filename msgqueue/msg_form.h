/* msg_form.h - what msg_server.c and msg_client.c agree on. */
#ifndef MSG_FORM_H
#define MSG_FORM_H

#define MSG_LETTER 'm'          /* for ftok(3): one letter for each pair */
#define REQUEST 888             /* client --> server, in the shared queue */
#define ANSWER 999              /* server --> client, in the client's own */

struct msg_form {
    long mtype;
    int reply;                  /* id of the queue that wants the answer */
    char mtext[256];
};

/* What msgrcv(2) may fill behind mtype: all but the last byte of the text. In
 * a struct that began as zeros the text then ends in a NUL, whoever sent it. */
#define MSG_MAX (sizeof(int) + 255)

#endif
