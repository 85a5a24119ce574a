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

enum type { TEXT, NUMBER, DATE, GUID, STATE, AVAIL, BUFFERING };
static const char *const *const names[] = {     /* from STATE on, for an int */
	kept_state_name, kept_avail_name, buffering_name,
};
#define ROW(name, type, field) { name, type, offsetof(struct kept, field) }
static const struct row {
	char name[20];
	uint8_t type, at;
} rows[] = {
	ROW("Id", NUMBER, id),
	ROW("Name", TEXT, name),
	ROW("ComputerName", TEXT, computer),
	ROW("InstanceId", GUID, instance),
	ROW("ConfigurationName", TEXT, configuration),
	ROW("Transport", TEXT, transport),
	ROW("State", STATE, state),
	ROW("Availability", AVAIL, avail),
	ROW("IdleTimeout", NUMBER, idle_ms),
	ROW("MaxIdleTimeout", NUMBER, max_idle_ms),
	ROW("OutputBufferingMode", BUFFERING, buffering),
	ROW("DisconnectedOn", DATE, disconnected_on),
	ROW("ExpiresOn", DATE, expires_on),
	ROW("FrontEnd", TEXT, front_end),
	ROW("Pid", NUMBER, pid),
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
	switch ((enum type)r->type) {
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
	case STATE:
	case AVAIL:
	case BUFFERING:
		memcpy(&i, p, sizeof(i));
		buf_puts(out, names[r->type - STATE][i]);
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
	const char *text, *const *list;

	switch ((enum type)r->type) {
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
	case STATE:
	case AVAIL:
	case BUFFERING:
		list = names[r->type - STATE];
		while (list[i] && !span_is(value, list[i]))
			i++;
		memcpy(p, &i, sizeof(i));
		return list[i];
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

bool kept_by_server(const struct kept *k)
{
	return k->transport && !strcmp(k->transport, "WSMan");
}
