#include <stddef.h>
#include "applets/ui/lineedit_int.h"
#include "applets/ui/wrap.h"
#include "lib/utf.h"

#define TEXT_MAX (16u << 20)
#define PIECE 4096

/* An action is what is done, and how far: */
enum motion {
	TO_PREV, TO_NEXT, TO_WORD_START, TO_WORD_END, TO_BLANK, TO_LINE_START, TO_LINE_END, TO_START,
	TO_END, MOTION_N
};
enum {
	MOVE = 0 * MOTION_N, DELETE = 1 * MOTION_N, KILL = 2 * MOTION_N,
	ACCEPT = 3 * MOTION_N, ABANDON, DELETE_OR_END, SUSPEND, COMPLETE, COMPLETE_BACK, /* as events */
	BREAK, YANK, YANK_OTHER, UNDO, TRANSPOSE, OLDER, NEWER, SEARCH_BACK, SEARCH_FORWARD, CLEAR,
	CANCEL, INSERT, NOTHING
};

static const struct { uint32_t key : 24, action : 8; } bound[] = {
	{ '\r', ACCEPT }, { '\n', ACCEPT }, { KEY_ENTER, ACCEPT }, { CTRL_KEY('C'), ABANDON },
	{ CTRL_KEY('Z'), SUSPEND }, { CTRL_KEY('D'), DELETE_OR_END }, { KEY_NEWLINE, BREAK },
	{ '\t', COMPLETE },
	{ KEY_BACKTAB, COMPLETE_BACK }, { CTRL_KEY('Y'), YANK }, { KEY_ALT | 'y', YANK_OTHER },
	{ CTRL_KEY('_'), UNDO }, { CTRL_KEY('T'), TRANSPOSE },
	{ KEY_UP, OLDER }, { CTRL_KEY('P'), OLDER }, { KEY_DOWN, NEWER }, { CTRL_KEY('N'), NEWER },
	{ CTRL_KEY('R'), SEARCH_BACK }, { CTRL_KEY('S'), SEARCH_FORWARD }, { CTRL_KEY('L'), CLEAR },
	{ CTRL_KEY('G'), CANCEL }, { KEY_ESC, CANCEL },
	{ KEY_LEFT, MOVE + TO_PREV }, { CTRL_KEY('B'), MOVE + TO_PREV },
	{ KEY_RIGHT, MOVE + TO_NEXT }, { CTRL_KEY('F'), MOVE + TO_NEXT },
	{ KEY_LEFT | KEY_WORD, MOVE + TO_WORD_START }, { KEY_ALT | 'b', MOVE + TO_WORD_START },
	{ KEY_RIGHT | KEY_WORD, MOVE + TO_WORD_END }, { KEY_ALT | 'f', MOVE + TO_WORD_END },
	{ KEY_HOME, MOVE + TO_LINE_START }, { CTRL_KEY('A'), MOVE + TO_LINE_START },
	{ KEY_END, MOVE + TO_LINE_END }, { CTRL_KEY('E'), MOVE + TO_LINE_END },
	{ KEY_HOME | KEY_WORD, MOVE + TO_START }, { KEY_ALT | '<', MOVE + TO_START },
	{ KEY_END | KEY_WORD, MOVE + TO_END }, { KEY_ALT | '>', MOVE + TO_END },
	{ CTRL_KEY('H'), DELETE + TO_PREV }, { 127, DELETE + TO_PREV },
	{ KEY_DELETE, DELETE + TO_NEXT },
	{ CTRL_KEY('K'), KILL + TO_LINE_END }, { CTRL_KEY('U'), KILL + TO_LINE_START },
	{ CTRL_KEY('W'), KILL + TO_BLANK }, { KEY_ALT | 'd', KILL + TO_WORD_END },
	{ KEY_DELETE | KEY_WORD, KILL + TO_WORD_END }, { KEY_ALT | 127, KILL + TO_WORD_START },
	{ KEY_ALT | CTRL_KEY('H'), KILL + TO_WORD_START },
};

struct undo { size_t from, n, inserted, at; };  /* behind the n bytes that were taken away */

/* All of the same kind: any of them may hold what is secret. */
#define BUF(member) offsetof(struct lineedit, member)
static const uint16_t bufs[] = {
	BUF(text), BUF(out), BUF(below), BUF(shown), BUF(prompt), BUF(pasted), BUF(undo), BUF(draft),
	BUF(needle), BUF(kills)
};
#define BUF_N (sizeof(bufs) / sizeof(*bufs))

static struct buf *buffer(struct lineedit *le, size_t i)
{
	return (struct buf *)(void *)((uint8_t *)le + bufs[i]);
}

void lineedit_init(struct lineedit *le)
{
	memset(le, 0, sizeof(*le));
	for (size_t i = 0; i < BUF_N; i++)
		buf_init_secret(buffer(le, i), TEXT_MAX);
}

void lineedit_free(struct lineedit *le)
{
	for (size_t i = 0; i < BUF_N; i++)
		buf_free(buffer(le, i));
}

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

static void undo(struct lineedit *le)
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

static void set_text(struct lineedit *le, struct span text)
{
	buf_clear(&le->undo);
	buf_splice(&le->text, 0, le->text.n, text);
	le->at = le->text.n;
}

void lineedit_begin(struct lineedit *le, struct span prompt)
{
	set_text(le, SPAN_NONE);
	buf_clear(&le->prompt);
	buf_put(&le->prompt, prompt);
	buf_clear(&le->below);
	buf_clear(&le->draft);
	le->did = NOTHING;
	le->searching = 0;
	le->grab = false;
	le->recall = le->history ? le->history->all.n : 0;
	lineedit_prompted(le);
}

void lineedit_resume(struct lineedit *le, struct span text)
{
	set_text(le, text);
	lineedit_replace(le, le->at, le->at, SPAN("\n"));
}

static bool is_word(uint8_t c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

static bool is_black(uint8_t c)
{
	return c > ' ';
}

/* Where the motion leads. */
static size_t target(const struct lineedit *le, enum motion m)
{
	struct span t = buf_span(&le->text);
	bool (*in)(uint8_t) = m == TO_BLANK ? is_black : is_word;
	size_t at = le->at;

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

static void travel(struct lineedit *le, int action)
{
	size_t to = target(le, action % MOTION_N), from = le->at;

	if (action >= KILL && to == le->at)     /* the line break, then */
		to = target(le, action == KILL + TO_LINE_END ? TO_NEXT : TO_PREV);
	if (action < DELETE) {
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
		keep_killed(le, span_sub(buf_span(&le->text), from, to - from), from == le->at);
	lineedit_replace(le, from, to, SPAN_NONE);
}

static void yank(struct lineedit *le, bool other)
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

static void transpose(struct lineedit *le)
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

static void keep_draft(struct lineedit *le)
{
	if (le->recall == le->history->all.n) {
		buf_clear(&le->draft);
		buf_put(&le->draft, buf_span(&le->text));
	}
}

/* Within the text as long as it goes, then through the history. */
static void vertical(struct lineedit *le, bool up)
{
	size_t start = target(le, TO_LINE_START), end = target(le, TO_LINE_END);
	struct span s = SPAN_NONE, t = buf_span(&le->text);

	if (le->did != OLDER)
		le->goal = cells_of(span_sub(t, start, le->at - start));
	if (up ? start > 0 : end < t.n) {
		le->at = up ? start - 1 : end + 1;
		le->at = target(le, TO_LINE_START);
		s = span_sub(t, le->at, target(le, TO_LINE_END) - le->at);
		le->at += cells_cut(s, le->goal).n;
	} else if (le->history && up) {
		keep_draft(le);
		if (history_prev(le->history, &le->recall, &s))
			set_text(le, s);
	} else if (le->history && le->recall < le->history->all.n) {
		set_text(le, history_next(le->history, &le->recall, &s) ? s : buf_span(&le->draft));
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
			set_text(le, s);
		le->at = at;
	}
	buf_clear(&le->below);
	if (!le->dumb)
		buf_printf(&le->below, "%s%s-i-search: %s_", found ? "" : "failed ",
			le->searching < 0 ? "bck" : "fwd", needle);
}

static void search_end(struct lineedit *le)
{
	le->searching = 0;
	buf_clear(&le->below);
}

/* false: the key ends the search, and does what it does. */
static bool search_key(struct lineedit *le, int key, int action)
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
		search_end(le);
		if (action == CANCEL) {
			le->recall = le->history->all.n;
			set_text(le, buf_span(&le->draft));
		}
		return action == CANCEL;
	}
	return true;
}

static void search_begin(struct lineedit *le, bool back)
{
	if (!le->history)
		return;
	keep_draft(le);
	buf_clear(&le->needle);
	le->searching = back ? -1 : 1;
	search(le, HERE);
}

/* The line leaves the editor as it is: all of it shown, the cursor below. */
static enum lineedit_event leave(struct lineedit *le, enum lineedit_event ev)
{
	size_t at = le->at;

	buf_clear(&le->below);
	le->grab = false;
	le->at = le->text.n;
	lineedit_draw(le);
	lineedit_below(le);
	le->at = at;
	if (ev == LINEEDIT_SUSPEND)
		lineedit_forget(le);
	return ev;
}

static int action_of(int key)
{
	for (size_t i = 0; i < sizeof(bound) / sizeof(*bound); i++)
		if (bound[i].key == (uint32_t)key)
			return bound[i].action;
	return key >= 0x20 && key < KEY_ALT && (key < 0x7f || key >= 0xa0) ? INSERT : NOTHING;
}

static void insert(struct lineedit *le, uint32_t cp)
{
	uint8_t bytes[4];

	lineedit_replace(le, le->at, le->at, span_of(bytes, utf8_encode(cp, bytes)));
}

enum lineedit_event lineedit_key(struct lineedit *le, int key)
{
	int action = action_of(key);
	enum lineedit_event ev = LINEEDIT_MORE;

	if (le->searching && search_key(le, key, action))
		return LINEEDIT_MORE;
	if (!le->history && action == BREAK)
		action = ACCEPT;
	if (action == DELETE_OR_END)
		action = le->text.n ? DELETE + TO_NEXT : DELETE_OR_END;
	if (action >= ACCEPT && action <= SUSPEND)
		return leave(le, LINEEDIT_LINE + action - ACCEPT);
	switch (action) {
	case COMPLETE:
	case COMPLETE_BACK:
		if (le->history)
			ev = LINEEDIT_LINE + action - ACCEPT;
		break;
	case BREAK:
		key = '\n';
		action = INSERT;
		/* fall through */
	case INSERT:
		insert(le, (uint32_t)key);
		break;
	case YANK:
	case YANK_OTHER:
		if (action == YANK || le->did == YANK)
			yank(le, action == YANK_OTHER);
		action = le->did == YANK ? YANK : action;
		break;
	case UNDO:
		undo(le);
		break;
	case TRANSPOSE:
		transpose(le);
		break;
	case OLDER:
	case NEWER:
		vertical(le, action == OLDER);
		action = OLDER;
		break;
	case SEARCH_BACK:
	case SEARCH_FORWARD:
		search_begin(le, action == SEARCH_BACK);
		break;
	case CLEAR:
		lineedit_hide(le);
		if (!le->dumb)
			buf_puts(&le->out, "\x1b[H\x1b[J");
		break;
	default:
		if (action < ACCEPT)
			travel(le, action);
	}
	le->did = action;
	return ev;
}

/* In pieces: what stands behind the cursor is moved seldom. */
static void insert_pasted(struct lineedit *le)
{
	if (le->searching)
		search_end(le);
	lineedit_replace(le, le->at, le->at, buf_span(&le->pasted));
	buf_clear(&le->pasted);
	le->did = INSERT;
}

/* A key in what is pasted: text, or nothing. Ctrl+C ends a paste whose end was lost. */
static void paste(struct lineedit *le, int key)
{
	if (key == '\r' && le->history)
		key = '\n';
	if (key == '\t' || (key == '\n' && le->history) || action_of(key) == INSERT)
		utf8_put(&le->pasted, (uint32_t)key);
	le->paste = key != KEY_PASTED && key != CTRL_KEY('C');
	if (!le->paste || le->pasted.n > PIECE)
		insert_pasted(le);
	if (!le->paste)
		le->did = NOTHING;
}

static enum lineedit_event pressed(struct lineedit *le)
{
	return le->grab ? LINEEDIT_KEY : lineedit_key(le, le->key);
}

enum lineedit_event lineedit_feed(struct lineedit *le, struct span *in)
{
	enum lineedit_event ev = LINEEDIT_MORE;
	bool was_cr;
	size_t n;

	while (ev == LINEEDIT_MORE && in->n && (n = lineedit_key_at(*in, &le->key)) > 0) {
		*in = span_sub(*in, n, in->n);
		was_cr = le->was_cr;
		le->was_cr = le->key == '\r';
		if (was_cr && le->key == '\n')
			continue;
		if (le->paste)
			paste(le, le->key);
		if (le->paste || le->key == KEY_PASTED)
			continue;
		le->paste = le->key == KEY_PASTE;
		ev = pressed(le);
	}
	return ev;
}

enum lineedit_event lineedit_pause(struct lineedit *le, struct span *in)
{
	le->key = in->p[0];
	*in = span_sub(*in, 1, in->n);
	return le->key == KEY_ESC ? pressed(le) : LINEEDIT_MORE;
}
