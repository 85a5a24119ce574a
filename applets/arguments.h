/* -ArgumentList: PowerShell's literals in a comma list become typed values. */
#ifndef APPLETS_ARGUMENTS_H
#define APPLETS_ARGUMENTS_H
#include "core/params.h"
#include "core/session.h"

/* 1 and -2 are numbers, 1.5 a Double, $true $false $null what they say; all else, and whatever is
 * quoted, is a string. text NULL = no arguments. E_USAGE when the list is too long. */
int arguments_parse(const char *text, struct arena *a, struct pipe_param **out, size_t *n,
	struct err *e) MUST_CHECK;
#endif
