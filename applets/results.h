/* What invoke-command's pipelines give, on stdout: text as the server formatted it, or each value
 * as JSON or CLIXML. Of several computers at once: whole lines that say whose they are. */
#ifndef APPLETS_RESULTS_H
#define APPLETS_RESULTS_H
#include "applets/invocation.h"

/* pipe_events.output and record of a remote. */
void results_output(void *remote, const struct ps_val *v);
void results_record(void *remote, enum record_kind k, const struct ps_val *v);
/* It could not be reached, or broke: for machines, on stdout as well. */
void results_failed(struct remote *r, const struct err *why);
/* The session's host: host_tty's, unless what it writes has to be marked or must not be seen. */
void results_host(struct remote *r);
/* Columns for the server's formatting. */
int results_width(const struct remote *r);
void results_begin(struct invocation *in);
/* Nothing more comes of r: what waited for this is shown. */
void results_done(struct remote *r);
void results_end(struct invocation *in);
#endif
