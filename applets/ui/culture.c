#include "applets/ui/culture.h"
#include <ctype.h>
#include <stdlib.h>

const char *culture_posix(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	const char *v = NULL;

	for (size_t i = 0; i < 3 && (!v || !*v); i++)
		v = getenv(names[i]);
	return v ? v : "";
}

const char *culture_name(struct arena *a)
{
	char *name = arena_str(a, span_str(culture_posix()));
	size_t n = 0;

	for (; name && (isalnum((unsigned char)name[n]) || name[n] == '_'); n++)
		if (name[n] == '_')
			name[n] = '-';
	if (!name || n < 2 || n > 11 || !strncmp(name, "POSIX", n))
		return "en-US";
	name[n] = '\0';
	return name;
}
