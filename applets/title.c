#include "applets/title.h"
#include <stdio.h>

static char *first;
static size_t room;

/* The kernel has put them one behind the other. */
void title_init(char *name, int argc, char **argv, struct arena *a)
{
	for (int i = 0; i < argc; i++) {
		char *copy = arena_str(a, span_str(argv[i]));

		if (!copy)
			return;
		first = name;
		room = (size_t)(argv[i] - first) + strlen(argv[i]) + 1;
		argv[i] = copy;
	}
}

void title_set(const char *name)
{
	if (room) {
		memset(first, 0, room);
		snprintf(first, room, "pssession keeper %s", name);
	}
}
