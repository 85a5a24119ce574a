/* Whole files with a cap. */
#ifndef LIB_FILE_IO_H
#define LIB_FILE_IO_H
#include "lib/buf.h"
#include "lib/err.h"

/* Appends the file to out (bounded by out->max). "-" reads standard input. E_USAGE with the reason
 * otherwise. */
int file_read(const char *path, struct buf *out, struct err *e) MUST_CHECK;
#endif
