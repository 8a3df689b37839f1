/* mmap_lines.h - what mmap_writer.c and mmap_reader.c agree on.
 *
 * The file is made of lines of LINE_SIZE bytes: text, blanks, newline. Line 0
 * says what the file is; the writer stores lines 1 to n, each once, over zeros.
 *
 * Whose turn it is, record locks say, fcntl(2), on this very file. Such a lock
 * marks bytes and does not touch them; one can sleep until it is free; and the
 * kernel takes it from a process that dies, however it dies.
 *
 *   line i   the writer holds a write lock until the line is complete, and has
 *            the lock of the next line before it gives this one away
 *   WRITER   write lock: a writer is here. It is taken together with line 1.
 *   READER   write lock: a reader is here; read lock: and it has seen all lines
 */
#ifndef MMAP_LINES_H
#define MMAP_LINES_H

#define LINE_SIZE 80
#define LINE(i) ((off_t)(i) * LINE_SIZE)
#define MAGIC "Lines that mmap_writer and mmap_reader share: " /* and n */

enum { READER, WRITER }; /* bytes of line 0, whose text needs no lock */

#endif
