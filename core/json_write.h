/* JSON (RFC 8259) without white space. It puts what it is told: opening and closing must fit. */
#ifndef CORE_JSON_WRITE_H
#define CORE_JSON_WRITE_H
#include "lib/buf.h"

struct json { struct buf *out; bool comma; };             /* comma: something stands before */

void json_open(struct json *j, char bracket);             /* '{' or '[' */
void json_close(struct json *j, char bracket);
/* Any bytes: half a surrogate pair (in three bytes) becomes \uDXXX, what is no UTF-8 U+FFFD. */
void json_key(struct json *j, struct span name);
void json_str(struct json *j, struct span s);
void json_raw(struct json *j, struct span s);             /* a number, true, false, null */
/* Whether s is a number as JSON has them. */
bool json_is_number(struct span s);
#endif
