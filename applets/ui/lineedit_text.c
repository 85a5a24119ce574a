/* What is done to the text itself: motions, changes, undo, what was killed. */
#include "applets/ui/lineedit_int.h"

struct undo { size_t from, n, inserted, at; };  /* behind the n bytes that were taken away */

/* Every change of the text comes through here. */
void lineedit_replace(struct lineedit *le, size_t from, size_t to, struct span with)
{
	struct undo u = { from, to - from, with.n, le->at }, last;
	struct buf *log = &le->undo;
	bool joined = false;

	if (!le->secret) {
		if (le->did == INSERT && log->n && from == to && with.n && (*with.p != ' ' || le->paste)) {
			memcpy(&last, log->p + log->n - sizeof(last), sizeof(last));
			if ((joined = last.from + last.inserted == from))
				last.inserted += with.n;
			memcpy(log->p + log->n - sizeof(last), &last, sizeof(last));
		}
		if (!joined) {
			buf_put(log, span_sub(buf_span(&le->text), from, u.n));
			buf_put(log, span_of(&u, sizeof(u)));
			if (buf_failed(log))
				buf_clear(log);
		}
	}
	if (buf_splice(&le->text, from, u.n, with))
		le->at = from + with.n;
}

void lineedit_undo(struct lineedit *le)
{
	struct buf *log = &le->undo;
	struct undo u;

	if (!log->n)
		return;
	log->n -= sizeof(u);
	memcpy(&u, log->p + log->n, sizeof(u));
	log->n -= u.n;
	buf_splice(&le->text, u.from, u.inserted, span_of(log->p + log->n, u.n));
	le->at = u.at;
}

void lineedit_set_text(struct lineedit *le, struct span text)
{
	buf_clear(&le->undo);
	buf_splice(&le->text, 0, le->text.n, text);
	le->at = le->text.n;
}

static bool is_word(uint8_t c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

static bool is_black(uint8_t c)
{
	return c > ' ';
}

size_t lineedit_target(struct span t, size_t at, enum motion m)
{
	bool (*in)(uint8_t) = m == TO_BLANK ? is_black : is_word;

	switch (m) {
	case TO_PREV:
		return at - lineedit_prev(t, at);
	case TO_NEXT:
		return at + lineedit_next(t, at);
	case TO_WORD_START:
	case TO_BLANK:
		while (at && !in(t.p[at - 1]))
			at--;
		while (at && in(t.p[at - 1]))
			at--;
		return at;
	case TO_WORD_END:
		while (at < t.n && !in(t.p[at]))
			at++;
		while (at < t.n && in(t.p[at]))
			at++;
		return at;
	case TO_LINE_START:
		while (at && t.p[at - 1] != '\n')
			at--;
		return at;
	case TO_LINE_END:
		return at + span_find(span_sub(t, at, t.n), '\n');
	default:
		return m == TO_START ? 0 : t.n;
	}
}

/* Kills in a row are one. */
static void keep_killed(struct lineedit *le, struct span s, bool forward)
{
	struct buf *all = &le->kills.all;
	size_t pos = all->n;
	struct span last;

	if (le->did / MOTION_N == KILL / MOTION_N && history_prev(&le->kills, &pos, &last))
		buf_splice(all, forward ? all->n - 1 : pos, 0, s);
	else
		history_add(&le->kills, s);
}

/* A motion that stays where it is, at the end, takes what is suggested up to its goal. */
static void accept(struct lineedit *le, enum motion m)
{
	struct span s = lineedit_suggested(le);

	if (s.n)
		lineedit_replace(le, 0, le->at, span_sub(s, 0,
			m == TO_NEXT ? s.n : lineedit_target(s, le->at, m)));
}

void lineedit_travel(struct lineedit *le, int action)
{
	struct span t = buf_span(&le->text);
	size_t from = le->at, to = lineedit_target(t, from, action % MOTION_N);

	if (action >= KILL && to == from)       /* the line break, then */
		to = lineedit_target(t, from, action == KILL + TO_LINE_END ? TO_NEXT : TO_PREV);
	if (action < DELETE) {
		if (to == from)
			accept(le, action);
		else
			le->at = to;
		return;
	}
	if (from > to) {
		from = to;
		to = le->at;
	}
	if (from == to)
		return;
	if (action >= KILL && !le->secret)
		keep_killed(le, span_sub(t, from, to - from), from == le->at);
	lineedit_replace(le, from, to, SPAN_NONE);
}

void lineedit_yank(struct lineedit *le, bool other)
{
	struct span s;

	if (!other) {
		le->yank_at = le->at;
		le->yank_n = 0;
		le->kill_pos = le->kills.all.n;
	}
	if (!history_prev(&le->kills, &le->kill_pos, &s)) {
		le->kill_pos = le->kills.all.n;
		if (!history_prev(&le->kills, &le->kill_pos, &s))
			return;
	}
	lineedit_replace(le, le->yank_at, le->yank_at + le->yank_n, s);
	le->yank_n = le->at - le->yank_at;
}

void lineedit_transpose(struct lineedit *le)
{
	struct span t = buf_span(&le->text);
	size_t at = le->at == t.n ? le->at - lineedit_prev(t, le->at) : le->at;
	size_t before = lineedit_prev(t, at), n = lineedit_next(t, at);

	if (!before || !n)
		return;
	buf_clear(&le->needle);
	buf_put(&le->needle, span_sub(t, at, n));
	buf_put(&le->needle, span_sub(t, at - before, before));
	lineedit_replace(le, at - before, at + n, buf_span(&le->needle));
}
