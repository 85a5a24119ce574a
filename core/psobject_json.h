/* Values of CLIXML as JSON: docs/JSON.md says how. */
#ifndef CORE_PSOBJECT_JSON_H
#define CORE_PSOBJECT_JSON_H
#include "core/json_write.h"
#include "core/psobject.h"

/* Trees may be cyclic and shared: give out a maximum, and look at it behind. NULL is null. */
void psobject_json(struct json *j, const struct ps_val *v);
/* Its .NET type: System.Int32; the first of its names, without "Deserialized."; null for none. */
void psobject_json_type(struct json *j, const struct ps_val *v);
#endif
