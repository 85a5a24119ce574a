/* Lists of computers: "a,b,@FILE". */
#ifndef APPLETS_HOSTS_H
#define APPLETS_HOSTS_H
#include "core/params.h"

/* Puts the names of each @FILE in its place: one a line, "#" begins a comment, @- is standard
 * input. What a file has twice, or was named before, counts once; the command line may repeat.
 * Texts lie in the arena. E_USAGE. */
int hosts_expand(struct str_list *names, struct arena *a, struct err *e) MUST_CHECK;
bool hosts_need_stdin(const struct str_list *names);
#endif
