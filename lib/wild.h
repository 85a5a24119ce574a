/* Wildcards as PowerShell has them: * ? [a-c], any case. */
#ifndef LIB_WILD_H
#define LIB_WILD_H
#include "lib/span.h"

/* Whether the whole name fits the pattern. sets: [a-cx] is one of these characters, and ` takes the
 * meaning from what follows; else both stand for themselves. A set that is not closed does so,
 * too. */
bool wild_match(struct span pattern, struct span name, bool sets);
bool wild_is(struct span s);            /* has any of * ? [ */
bool wild_ok(struct span s);            /* each [ has its ] */
#endif
