#include <stddef.h>
#include "applets/ui/lineedit_int.h"
#include "lib/utf.h"

#define TEXT_MAX (16u << 20)
#define PIECE 4096

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

void lineedit_begin(struct lineedit *le, struct span prompt)
{
	lineedit_set_text(le, SPAN_NONE);
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
	lineedit_set_text(le, text);
	lineedit_replace(le, le->at, le->at, SPAN("\n"));
}

/* The line leaves the editor as it is: all of it shown, the cursor below. */
static enum lineedit_event leave(struct lineedit *le, enum lineedit_event ev)
{
	size_t at = le->at;

	buf_clear(&le->below);
	le->at = le->text.n;
	le->grab = true;                        /* nothing is suggested */
	lineedit_draw(le);
	le->grab = false;
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

	if (le->searching && lineedit_search_key(le, key, action))
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
			lineedit_yank(le, action == YANK_OTHER);
		action = le->did == YANK ? YANK : action;
		break;
	case UNDO:
		lineedit_undo(le);
		break;
	case TRANSPOSE:
		lineedit_transpose(le);
		break;
	case OLDER:
	case NEWER:
		lineedit_vertical(le, action == OLDER);
		action = OLDER;
		break;
	case SEARCH_BACK:
	case SEARCH_FORWARD:
		lineedit_search(le, action == SEARCH_BACK);
		break;
	case CLEAR:
		lineedit_hide(le);
		if (!le->dumb)
			buf_puts(&le->out, "\x1b[H\x1b[J");
		break;
	default:
		if (action < ACCEPT)
			lineedit_travel(le, action);
	}
	le->did = action;
	return ev;
}

/* In pieces: what stands behind the cursor is moved seldom. */
static void insert_pasted(struct lineedit *le)
{
	if (le->searching)
		lineedit_search_end(le);
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
