#include "applets/should.h"
#include <signal.h>
#include <unistd.h>
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "lib/vis.h"

#define ARGS struct should

const struct param should_params[] = {
	P_SWITCH(ARGS, what_if, "WhatIf\0wi"),
	P_SWITCH(ARGS, confirm, "Confirm\0cf"),
	P_END
};

static const char choices[] =
	"[Y] Yes  [A] Yes to All  [N] No  [L] No to All  [S] Suspend  [?] Help (default is \"Y\"): ";
static const char help[] =
	"Y - this one, and ask again for the next.\n"
	"A - this one and all that follow.\n"
	"N - not this one.\n"
	"L - neither this one nor any that follow.\n"
	"S - back to the shell; fg asks again.\n";

static bool say(int fd, struct span s)
{
	return write(fd, s.p, s.n) == (ssize_t)s.n;
}

/* The letter of the choice in lower case, 0 for none of them; -1 = the terminal is gone. */
static int read_choice(int fd)
{
	static const char *const names[] = {
		"y", "a", "n", "l", "s", "?", "yes", "yes to all", "no", "no to all", "suspend", "help",
	};
	char line[256];
	ssize_t n = read(fd, line, sizeof(line));
	struct span s;

	if (n <= 0)
		return -1;
	s = span_trim(span_of(line, (size_t)n));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (span_is_ci(s, names[i]))
			return *names[i % 6];
	return s.n ? 0 : 'y';
}

/* 1, 0, or E_INTR. */
static int ask(struct should *s, int fd, struct span question, struct err *e)
{
	int c;

	for (;;) {
		if (!say(fd, question) || !say(fd, span_str(choices)) || (c = read_choice(fd)) < 0)
			return err_set(e, E_INTR, "nobody answered the question");
		if (c == '?')
			say(fd, span_str(help));
		if (c == 's')
			raise(SIGTSTP);
		if (c == 'a' || c == 'l')
			s->answer = c == 'a' ? SHOULD_ALL : SHOULD_NONE;
		if (c && !strchr("?s", c))
			return c == 'y' || c == 'a';
	}
}

int should(struct should *s, const char *verb, const char *target, struct err *e)
{
	struct buf question;
	int fd, r = 1;

	if (s->what_if) {
		print_own("What if: Performing the operation \"%s\" on target \"%s\".", verb, target);
		return 0;
	}
	if (!s->confirm || s->answer != SHOULD_ASK)
		return s->answer != SHOULD_NONE;
	if ((fd = term_open()) < 0)
		return err_set(e, E_USAGE,
			"-Confirm asks on the terminal, and there is none here: leave it out.");
	print_flush();
	buf_init(&question, 4096);
	buf_puts(&question, "\nConfirm\nAre you sure you want to perform this action?\n");
	buf_printf(&question, "Performing the operation \"%s\" on target \"", verb);
	vis_line(span_str(target), &question);
	buf_puts(&question, "\".\n");
	r = ask(s, fd, buf_span(&question), e);
	buf_free(&question);
	close(fd);
	return r;
}
