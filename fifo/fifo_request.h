/* fifo_request.h - what fifo_server.c and fifo_client.c agree on.
 *
 * A request is a line `PID TEXT`, its answer a line `NUMBER TEXT` with the
 * same TEXT. Each is sent by one write(2), with a newline before it, too: what
 * somebody else left unfinished spoils no line but its own.
 */
#ifndef FIFO_REQUEST_H
#define FIFO_REQUEST_H

#include <limits.h>

#define SERVER_FIFO "fifo_server.fifo" /* all know it beforehand */
#define ANSWER_FIFO "fifo_client.%ld"  /* each client's own, by its pid */

enum {
    TEXT_SIZE = 200,  /* bytes, and none of them is a newline */
    LINE_SIZE = 256,  /* a number, a space, a text; newlines and a NUL */
};
_Static_assert(LINE_SIZE <= PIPE_BUF, "a longer write(2) would not be atomic");
_Static_assert(LINE_SIZE >= TEXT_SIZE + 24, "a long takes up to 20 bytes");

#endif
