#include "lib/err.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	BUG_ON(code >= 0);
	if (e->code)
		return e->code;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return code;
}

int err_peer(struct err *e, const char *spec, size_t off)
{
	if (e->code)
		return e->code;
	e->spec = spec;
	e->off = off;
	return err_set(e, E_PEER, "the server's answer is malformed (%s, byte %zu): is it PowerShell "
		"that answers there, and nothing in between?", spec, off);
}

int err_many(struct err *e, const char *what)
{
	return err_set(e, E_USAGE, "There are too many %s for one command: name fewer at a time.",
		what);
}

int err_copy(struct err *dst, const struct err *src)
{
	if (!dst->code)
		*dst = *src;
	return dst->code;
}

void err_prefix(struct err *e, const char *fmt, ...)
{
	char old[sizeof(e->text)];
	va_list ap;
	size_t n;

	if (!e->code)
		return;
	memcpy(old, e->text, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof(e->text) - n, "%s", old);
}

int err_exit(int code)
{
	switch (code) {
	case E_REMOTE: return 1;
	case E_USAGE: return 2;
	case E_AUTH: return 3;
	case E_NET: case E_TLS: return 4;
	case E_PEER: case E_LIMIT: return 5;
	case E_INTR: return 130;
	}
	BUG_ON(code < 0);               /* E_AGAIN never reaches the user */
	return 0;
}

void bug_at(const char *file, int line)
{
	fprintf(stderr, "pssession " PSSESSION_VERSION ": bug at %s:%d\n", file, line);
	abort();
}

void oom(void)
{
	static const char text[] = "pssession: out of memory\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(111);
	_exit(111);
}
