/* Settings as PowerShell writes them: "Name=value,Name" or "@{ Name = 'value'; Name = $true }". */
#ifndef CORE_PAIRS_H
#define CORE_PAIRS_H
#include "lib/arena.h"

/* Each as the word of a command line, "-Name:value" or "-Name", quotes taken off the value. Apart
 * by comma, semicolon or line end outside quotes and inner braces. False when there is no room. */
bool pairs_split(const char *text, struct arena *a, char ***words, size_t *n);
#endif
