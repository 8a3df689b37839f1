/* mmap_lines.h - what mmap_writer.c and mmap_reader.c agree on.
 *
 * The file is made of lines of LINE_LEN bytes: text, newline, NULs. Line 0 is
 * MAGIC; the writer stores the lines 1 to n, each once, over NULs.
 *
 * Who may go on, record locks say, fcntl(2), on this very file. Such a lock
 * marks bytes and does not touch them; one can sleep until it is given up; and
 * the kernel takes it from a process that dies, however it dies.
 *
 *   writer   makes the file, has the write lock of all of it before it gets its
 *            size, and gives up line i when line i is complete. Line 0 stays
 *            locked until the writer ends: "a writer is at work".
 *   reader   has the read lock of line i before it looks at it, and keeps it.
 *
 * What no lock can say, inotify(7) reports: to the reader that a writer begins
 * (the file is written to), to the writer that all is seen (the reader touches
 * the file).
 */
#ifndef MMAP_LINES_H
#define MMAP_LINES_H

#define LINE_LEN 80
#define MAGIC "Lines that mmap_writer and mmap_reader share\n"

#endif
