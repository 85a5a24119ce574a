/* Strict numbers: the whole span is the number, nothing else, no locale. */
#ifndef LIB_NUM_H
#define LIB_NUM_H
#include "lib/buf.h"

bool num_i64(struct span s, int64_t *out);               /* optional sign, decimal */
bool num_u64(struct span s, uint64_t *out);
bool num_port(struct span s, uint16_t *out);             /* from 1 to 65535 */
bool num_hex(struct span s, uint64_t *out);              /* 1 to 16 hex digits, no prefix */
/* xs:duration without years and months (P1DT2H3M4.5S, -PT1S) in 100 ns ticks as .NET TimeSpan has
 * them. */
bool num_duration(struct span s, int64_t *ticks);
/* PT0S, P1DT2H, PT10.5S: as .NET writes them */
void num_put_duration(struct buf *b, int64_t ticks);
/* xs:dateTime (up to 7 fraction digits): ticks since 0001-01-01, and what stood behind. */
enum date_kind { DATE_UNSPECIFIED, DATE_UTC, DATE_LOCAL };
struct date { int64_t ticks; enum date_kind kind; int offset_min; };
bool num_date(struct span s, struct date *out);
void num_put_date(struct buf *b, const struct date *d);
#define TICKS_PER_SEC 10000000LL
#define TICKS_UNIX_EPOCH 621355968000000000LL            /* 1970-01-01 */
#define TICKS_FILETIME_EPOCH 504911232000000000LL        /* 1601-01-01 */
#endif
