/* Records of a pipeline's streams as PowerShell's console shows them, without colours. */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H
#include "core/psobject.h"

/* Appends an ErrorRecord ("Get-Item: Cannot find path …"), lines separated by LF, none at the end:
 * PowerShell's ConciseView for errors from remote computers. width: columns at which a parse
 * error's text wraps, 0 = never. */
void record_error(const struct ps_val *v, int width, struct buf *out);

struct record_progress {                  /* spans point into the tree */
	int64_t id, parent;               /* parent -1 = none */
	struct span activity, status, operation;
	int64_t percent, seconds;         /* -1 = unknown */
	bool completed;
};
/* A progress record in either form: an object (MS-PSRP 2.2.2.25 and WriteProgress) or a PR element.
 * False for anything else. */
bool record_progress(const struct ps_val *v, struct record_progress *p);
/* True when the error says that the text is not finished yet: ask for more lines (">> "). */
bool record_is_incomplete(const struct ps_val *error);
#endif
