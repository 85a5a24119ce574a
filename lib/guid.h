/* GUIDs in .NET byte order (first three fields little-endian), as PSRP headers carry them. */
#ifndef LIB_GUID_H
#define LIB_GUID_H
#include "lib/span.h"

struct guid { uint8_t b[16]; };
struct guid_text { char s[37]; };

struct guid guid_random(void);                           /* version 4 */
/* 8-4-4-4-12, with or without braces, any case */
bool guid_parse(struct span s, struct guid *out);
struct guid_text guid_fmt(const struct guid *g);         /* lower case */
/* WSMan compares ids with case: always upper there */
struct guid_text guid_fmt_upper(const struct guid *g);
bool guid_eq(const struct guid *a, const struct guid *b);
bool guid_is_zero(const struct guid *g);
#endif
