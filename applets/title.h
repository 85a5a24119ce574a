/* What ps shows of a process that outlives its command. */
#ifndef APPLETS_TITLE_H
#define APPLETS_TITLE_H
#include "lib/arena.h"

/* Copies the parameters, so that their place behind name can be written over. */
void title_init(char *name, int argc, char **argv, struct arena *a);
/* "pssession keeper NAME", as far as there is room. */
void title_set(const char *name);
#endif
