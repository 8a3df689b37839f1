/* msg_reply.h - what msg_reply_server.c and msg_reply_client.c agree on. */
#ifndef MSG_REPLY_H
#define MSG_REPLY_H

#define REPLY_LETTER 'r'        /* for ftok(3): one letter for each pair */
#define REQUEST 8888888         /* no pid: those end at 4194304 */

/* A request has the type REQUEST, an answer the pid of its client. */
struct reply_form {
    long mtype;
    int client;                 /* pid of who asks */
    unsigned ticket;            /* of the request, which the answer repeats */
    char mtext[256];
};

/* What travels in front of the text; and what msgrcv(2) may fill behind mtype:
 * all but the last byte. In a struct of zeros the text then ends in a NUL. */
#define MSG_HEAD (sizeof(int) + sizeof(unsigned))
#define MSG_MAX (MSG_HEAD + 255)

#endif
