#include "core/keeper_status.h"
#include <stddef.h>
#include "core/session_option.h"
#include "lib/num.h"
#include "lib/vis.h"

enum { COMMANDS_MAX = 4096 };

/* Each list ends with NULL; the index is the value. */
const char *const kept_state_name[] = { "Opened", "Disconnected", "Broken", "Closed", NULL };
const char *const kept_avail_name[] = { "None", "Available", "Busy", NULL };
static const char *const buffering_name[] = {
	[BUFFERING_DEFAULT] = "", [BUFFERING_NONE] = "None", [BUFFERING_DROP] = "Drop",
	[BUFFERING_BLOCK] = "Block", NULL,
};

enum type { TEXT, NUMBER, DATE, GUID, NAME };
#define ROW(name, type, field, ...) { name, type, offsetof(struct kept, field), __VA_ARGS__ }
static const struct row {
	const char *name;
	enum type type;
	size_t at;
	const char *const *names;       /* of NAME, an int */
} rows[] = {
	ROW("Id", NUMBER, id, NULL),
	ROW("Name", TEXT, name, NULL),
	ROW("ComputerName", TEXT, computer, NULL),
	ROW("InstanceId", GUID, instance, NULL),
	ROW("ConfigurationName", TEXT, configuration, NULL),
	ROW("Transport", TEXT, transport, NULL),
	ROW("State", NAME, state, kept_state_name),
	ROW("Availability", NAME, avail, kept_avail_name),
	ROW("IdleTimeout", NUMBER, idle_ms, NULL),
	ROW("MaxIdleTimeout", NUMBER, max_idle_ms, NULL),
	ROW("OutputBufferingMode", NAME, buffering, buffering_name),
	ROW("DisconnectedOn", DATE, disconnected_on, NULL),
	ROW("ExpiresOn", DATE, expires_on, NULL),
	ROW("FrontEnd", TEXT, front_end, NULL),
	ROW("Pid", NUMBER, pid, NULL),
};

static void put_row(const struct row *r, const uint8_t *p, struct buf *out)
{
	size_t line = out->n, value;
	const char *text;
	uint32_t number;
	int64_t date;
	int i;

	buf_printf(out, "%s=", r->name);
	value = out->n;
	switch (r->type) {
	case TEXT:
		memcpy(&text, p, sizeof(text));
		vis_line(span_str(text), out);
		break;
	case NUMBER:
		memcpy(&number, p, sizeof(number));
		if (number)
			buf_printf(out, "%u", number);
		break;
	case DATE:
		memcpy(&date, p, sizeof(date));
		if (date)
			buf_printf(out, "%lld", (long long)date);
		break;
	case GUID:
		buf_puts(out, guid_fmt((const struct guid *)p).s);
		break;
	case NAME:
		memcpy(&i, p, sizeof(i));
		buf_puts(out, r->names[i]);
		break;
	}
	if (out->n == value)
		out->n = line;
	else
		buf_putc(out, '\n');
}

void kept_put(const struct kept *k, struct buf *out)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		put_row(&rows[i], (const uint8_t *)k + rows[i].at, out);
	for (i = 0; i < k->command_n; i++)
		buf_printf(out, "Command=%s\n", guid_fmt(&k->commands[i]).s);
}

static bool get_row(const struct row *r, struct span value, struct arena *a, uint8_t *p)
{
	uint64_t number;
	uint32_t small;
	int i = 0;
	const char *text;

	switch (r->type) {
	case TEXT:
		text = arena_str(a, value);
		memcpy(p, &text, sizeof(text));
		return text;
	case NUMBER:
	case DATE:
		if (!num_u64(value, &number) || number > (r->type == DATE ? INT64_MAX : INT32_MAX))
			return false;
		small = (uint32_t)number;
		memcpy(p, r->type == DATE ? (void *)&number : &small, r->type == DATE ? 8 : 4);
		return true;
	case GUID:
		return guid_parse(value, (struct guid *)p);
	case NAME:
		while (r->names[i] && !span_is(value, r->names[i]))
			i++;
		memcpy(p, &i, sizeof(i));
		return r->names[i];
	}
	return false;
}

/* Names that are not known are those of later versions. */
static bool get_line(struct span line, struct arena *a, struct kept *k)
{
	struct span name = span_cut(&line, '=');
	size_t i;

	if (span_is(name, "Command"))
		return k->command_n < COMMANDS_MAX && guid_parse(line, &k->commands[k->command_n++]);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (span_is(name, rows[i].name))
			return get_row(&rows[i], line, a, (uint8_t *)k + rows[i].at);
	return true;
}

int kept_get(struct span text, struct arena *a, struct kept *out, struct err *e)
{
	struct span rest = text;
	size_t commands = 0;
	bool ok;

	*out = (struct kept){ 0 };
	while (rest.n)
		commands += span_starts(span_cut(&rest, '\n'), "Command=");
	out->commands = arena_alloc(a, (commands < COMMANDS_MAX ? commands : COMMANDS_MAX) *
		sizeof(*out->commands));
	ok = out->commands;
	while (ok && text.n)
		ok = get_line(span_cut(&text, '\n'), a, out);
	return ok ? 0 : err_set(e, E_PEER, "the status of a session is malformed");
}
