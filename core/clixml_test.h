/* A value for tests, from its CLIXML. */
#ifndef CORE_CLIXML_TEST_H
#define CORE_CLIXML_TEST_H
#include "core/clixml.h"
#include "tests/unit.h"

static inline const struct ps_val *clixml_value(struct arena *a, const char *xml)
{
	struct ps_val *v = NULL;
	struct err e = { 0 };

	CHECK_INT(clixml_read(span_str(xml), a, &v, &e), 0);
	return v;
}
#endif
