/* Host calls and responses (MS-PSRP 2.2.2.15, 2.2.2.16, 2.2.3.17): decoding, shapes of results,
 * PowerShell's warnings. */
#ifndef CORE_PSRP_HOST_H
#define CORE_PSRP_HOST_H
#include "core/host.h"
#include "lib/err.h"

/* Fills method, ci and args of c from a call's body. 1; 0 for a method number without a name;
 * E_PEER. */
int psrp_host_decode(const struct ps_val *body, struct host_call *c, struct err *e) MUST_CHECK;
/* False for calls that get no answer. */
bool psrp_host_wants_answer(const struct host_call *c);
/* True when the answer holds a SecureString. */
bool psrp_host_needs_key(const struct host_call *c);
/* The body of the answer: result (NULL = null), or an ErrorRecord with the message. */
struct ps_val *psrp_host_response(struct host_call *c, struct ps_val *result, const char *error);
#endif
