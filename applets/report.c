#include "applets/report.h"
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "core/record.h"

#define TEXT_MAX (1u << 20)

void report_session(const char *name, bool was_open, const struct err *e)
{
	if (e->code == E_INTR)
		return;
	if (e->code == E_USAGE)             /* not the server's doing */
		print_err(e);
	else if (was_open)
		print_own("[%s] The session has ended: %s", name, e->text);
	else
		print_own("[%s] Connecting to remote server %s failed with the following error message : "
			"%s", name, name, e->text);
}

void report_command(const char *name, const struct err *e)
{
	print_own("[%s] %s", name, e->text);
}

void report_record(const char *name, const struct ps_val *error)
{
	struct buf text;
	int width, height;

	term_size(&width, &height);
	buf_init(&text, TEXT_MAX);
	if (name)
		buf_printf(&text, "[%s] ", name);
	record_error(error, width, &text);
	print_record(PRINT_ERROR, buf_span(&text));
	buf_free(&text);
}

void report_notice(void *ctx, struct span text)
{
	(void)ctx;
	print_own("%.*s", SPAN_ARG(span_trim(text)));
}
