/* The language of whoever sits here, by LC_ALL, LC_MESSAGES, LANG. */
#ifndef APPLETS_UI_CULTURE_H
#define APPLETS_UI_CULTURE_H
#include "lib/arena.h"

/* As the system spells it, "nl_BE.UTF-8"; maybe empty. */
const char *culture_posix(void);
/* As .NET does, "nl-BE"; en-US for C, POSIX and what is no language. */
const char *culture_name(struct arena *a);
#endif
