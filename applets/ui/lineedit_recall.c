/* Older lines: recalled, searched, suggested. */
#include "applets/ui/lineedit_int.h"
#include "applets/ui/wrap.h"
#include "lib/utf.h"

static void keep_draft(struct lineedit *le)
{
	if (le->recall == le->history->all.n) {
		buf_clear(&le->draft);
		buf_put(&le->draft, buf_span(&le->text));
	}
}

void lineedit_vertical(struct lineedit *le, bool up)
{
	struct span s = SPAN_NONE, t = buf_span(&le->text);
	size_t start = lineedit_target(t, le->at, TO_LINE_START);
	size_t end = lineedit_target(t, le->at, TO_LINE_END);

	if (le->did != OLDER)
		le->goal = cells_of(span_sub(t, start, le->at - start));
	if (up ? start > 0 : end < t.n) {
		le->at = up ? start - 1 : end + 1;
		le->at = lineedit_target(t, le->at, TO_LINE_START);
		s = span_sub(t, le->at, lineedit_target(t, le->at, TO_LINE_END) - le->at);
		le->at += cells_cut(s, le->goal).n;
	} else if (le->history && up) {
		keep_draft(le);
		if (history_prev(le->history, &le->recall, &s))
			lineedit_set_text(le, s);
	} else if (le->history && le->recall < le->history->all.n) {
		lineedit_set_text(le,
			history_next(le->history, &le->recall, &s) ? s : buf_span(&le->draft));
	}
}

static bool step(struct lineedit *le, size_t *pos, struct span *s)
{
	return le->searching < 0 ? history_prev(le->history, pos, s) :
		history_next(le->history, pos, s);
}

enum { HERE, ONWARD, ANEW };            /* where a search starts */

/* Lines that are alike are passed over. */
static void search(struct lineedit *le, int where)
{
	size_t pos = where == ANEW ? le->history->all.n : le->recall, at;
	const char *needle = buf_cstr(&le->needle);
	struct span s = buf_span(&le->text);
	bool found = !le->needle.n, here = where == HERE;

	for (; !found && (here || step(le, &pos, &s)); here = false) {
		at = history_match(s, needle);
		if (at == s.n || (where == ONWARD && span_eq(s, buf_span(&le->text))))
			continue;
		found = true;
		le->recall = pos;
		if (!here)
			lineedit_set_text(le, s);
		le->at = at;
	}
	buf_clear(&le->below);
	if (!le->dumb)
		buf_printf(&le->below, "%s%s-i-search: %s_", found ? "" : "failed ",
			le->searching < 0 ? "bck" : "fwd", needle);
}

void lineedit_search_end(struct lineedit *le)
{
	le->searching = 0;
	buf_clear(&le->below);
}

bool lineedit_search_key(struct lineedit *le, int key, int action)
{
	if (action == SEARCH_BACK || action == SEARCH_FORWARD) {
		le->searching = action == SEARCH_BACK ? -1 : 1;
		search(le, ONWARD);
	} else if (action == DELETE + TO_PREV) {
		le->needle.n -= lineedit_prev(buf_span(&le->needle), le->needle.n);
		le->searching = -1;
		search(le, ANEW);
	} else if (action == INSERT) {
		utf8_put(&le->needle, (uint32_t)key);
		search(le, HERE);
	} else {
		lineedit_search_end(le);
		if (action == CANCEL) {
			le->recall = le->history->all.n;
			lineedit_set_text(le, buf_span(&le->draft));
		}
		return action == CANCEL;
	}
	return true;
}

void lineedit_search(struct lineedit *le, bool back)
{
	if (!le->history)
		return;
	keep_draft(le);
	buf_clear(&le->needle);
	le->searching = back ? -1 : 1;
	search(le, HERE);
}

struct span lineedit_suggested(struct lineedit *le)
{
	size_t pos = le->history ? le->history->all.n : 0, n = le->text.n;
	size_t last = lineedit_prev(buf_span(&le->text), n);
	struct span s;

	if (!le->suggests || le->grab || le->searching || le->did == OLDER || !n || le->at < n)
		return SPAN_NONE;
	while (history_prev(le->history, &pos, &s))
		if (s.n > n && span_starts_ci(s, buf_cstr(&le->text)) && span_find(s, '\n') == s.n &&
			lineedit_next(s, n - last) == last && !history_is_secret(s))
			return s;
	return SPAN_NONE;
}
