/* Random bytes from the kernel; fails closed: no entropy ends the process. */
#ifndef LIB_RAND_H
#define LIB_RAND_H
#include <stddef.h>

void rand_bytes(void *p, size_t n);
#endif
