/* The value tree of CLIXML (MS-PSRP 2.2.5), in an arena. Lossless: a primitive keeps its text as it
 * stood, escapes undone. */
#ifndef CORE_PSOBJECT_H
#define CORE_PSOBJECT_H
#include "lib/arena.h"
#include "lib/guid.h"
#include "lib/num.h"

enum ps_tag {                             /* one per element name of MS-PSRP 2.2.5.1 */
	PS_NIL, PS_S, PS_C, PS_B, PS_DT, PS_TS, PS_BY, PS_SB, PS_U16, PS_I16, PS_U32, PS_I32, PS_U64,
	PS_I64, PS_SG, PS_DB, PS_D,
	PS_BA, PS_G, PS_URI, PS_VERSION, PS_XD, PS_SBK, PS_SS, PS_PR, PS_OBJ,
};
enum ps_box { BOX_NONE, BOX_LST, BOX_IE, BOX_QUE, BOX_STK, BOX_DCT };

struct ps_val;
/* TN; shared by identity where TNRef pointed to it */
struct ps_types { struct span *name; size_t n; };
struct ps_prop { struct span name; struct ps_val *val; struct ps_prop *next; };
struct ps_item { struct ps_val *key /* BOX_DCT only */, *val; struct ps_item *next; };

struct ps_val {
	enum ps_tag tag;
	struct span text;                 /* primitives: UTF-8 (lone surrogates in three-byte form) */
	/* PS_OBJ only, and PS_PR: its fields are extended properties, as in a progress object */
	struct ps_types *types;           /* NULL = no TN */
	bool has_string;  struct span string;     /* ToString */
	/* primitive (enums, extended primitives) or object inside, or NULL */
	struct ps_val *base;
	enum ps_box box;
	struct ps_item *items, **items_tail;
	struct ps_prop *adapted, **adapted_tail;    /* Props */
	struct ps_prop *extended, **extended_tail;  /* MS */
	bool has_adapted, has_extended;   /* the element was there, even if empty */
	bool member_set;                  /* an MS inside an MS: only extended properties */
	uint32_t ref;                     /* writer's bookkeeping: 0 outside of it */
};

/* Makers: NULL when the arena is at its cap; every function below takes NULL and does nothing, so a
 * builder checks once at its end (arena_failed). Names of types are not copied, other names and
 * texts are. */
struct ps_val *ps_new(struct arena *a, enum ps_tag tag, struct span text /* not copied */);
struct ps_val *ps_str(struct arena *a, struct span utf8 /* copied */);
struct ps_val *ps_i32(struct arena *a, int32_t v);
struct ps_val *ps_i64(struct arena *a, int64_t v);
struct ps_val *ps_bool(struct arena *a, bool v);
struct ps_val *ps_nil(struct arena *a);
struct ps_val *ps_obj(struct arena *a);
/* names: "A\0B\0" list of type names, ended by an empty one. */
void ps_set_types(struct arena *a, struct ps_val *o, const char *names);
struct ps_val *ps_enum(struct arena *a, const char *type, const char *string, int32_t v);
struct ps_val *ps_list(struct arena *a, const char *types);                       /* empty LST */
#define PS_STRINGS "System.String[]\0System.Array\0System.Object\0"
void ps_append(struct arena *a, struct ps_val *list, struct ps_val *v);
void ps_put(struct arena *a, struct ps_val *dict, struct ps_val *key, struct ps_val *v);
/* extended property */
void ps_add(struct arena *a, struct ps_val *o, const char *name, struct ps_val *v);

/* Readers: tolerant of NULL and of a primitive boxed in an Obj; false or NULL when it is not there
 * or of another type. */
/* extended first, then adapted; case ignored */
struct ps_val *ps_prop(const struct ps_val *o, const char *name);
struct ps_val *ps_lookup(const struct ps_val *dict, const char *key);
struct ps_val *ps_nth(const struct ps_val *list, size_t i);
size_t ps_count(const struct ps_val *list);
/* any integer, enum or char */
bool ps_get_i64(const struct ps_val *v, int64_t *out);
bool ps_get_bool(const struct ps_val *v, bool *out);
/* text of S, SBK, XD, URI, G, Version … */
bool ps_get_str(const struct ps_val *v, struct span *out);
struct span ps_span(const struct ps_val *v);              /* the same; empty when it is none */
/* some TN equals name, "Deserialized." ignored */
bool ps_is_type(const struct ps_val *v, const char *name);

/* What PowerShell's ToString() shows: strings as they are, True/False, numbers, ToString of
 * objects, "" for null. */
void ps_text(const struct ps_val *v, struct buf *out);
#endif
