/* Dispatch: argv[0], else argv[1], names the applet; pssession itself lists, installs and explains.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/title.h"
#include "applets/target.h"
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "lib/secret.h"

#define X(id) extern const struct applet applet_##id;
#include "gen/applets.h"
#undef X
static const struct applet *const applets[] = {
#define X(id) &applet_##id,
#include "gen/applets.h"
#undef X
};
#define APPLET_N (sizeof applets / sizeof *applets)
#define ARENA_MAX (32u << 20)

static bool is_named(const struct applet *a, const char *name)
{
	for (const char *one = a->name; *one; one += strlen(one) + 1)
		if (!strcasecmp(one, name))
			return true;
	return false;
}

static const struct applet *find_applet(const char *name)
{
	for (size_t i = 0; i < APPLET_N; i++)
		if (is_named(applets[i], name))
			return applets[i];
	return NULL;
}

static bool is_help(const char *w)
{
	return !strcmp(w, "--help") || !strcmp(w, "-?") || !strcmp(w, "-h");
}

static int show_version(const char *applet)
{
	if (applet) {
		print_text(span_str(applet));
		print_line(SPAN(" (pssession) " PSSESSION_VERSION));
	} else {
		print_line(SPAN("pssession " PSSESSION_VERSION));
	}
	return 0;
}

static int run_applet(const struct applet *a, char *typed, int argc, char **argv)
{
	struct arena arena;
	struct err e = { 0 };
	uint32_t set;
	int status;

	print_as(a->name);
	for (int i = 0; i < argc && strcmp(argv[i], "--"); i++) {
		if (is_help(argv[i]))
			return help_show(a);
		if (!strcmp(argv[i], "--version"))
			return show_version(a->name);
	}
	arena_init(&arena, ARENA_MAX);
	title_init(typed, argc, argv, &arena);
	void *args = arena_alloc(&arena, a->args_size);
	if (a->defaults)
		memcpy(args, a->defaults, a->args_size);
	if (params_bind(a->params, a->sets, a->default_set, argc, argv, &arena, args, &set, &e) < 0) {
		print_err(&e);
		print_own("Try '%s --help'.", a->name);
		status = err_exit(e.code);
	} else {
		status = a->run(args, set, &arena);
	}
	arena_free(&arena);
	return status;
}

/* Names and aliases, one a line: what --install links. */
static void each_name(void (*f)(const char *name, void *ctx), void *ctx)
{
	for (size_t i = 0; i < APPLET_N; i++)
		for (const char *one = applets[i]->name; *one; one += strlen(one) + 1)
			f(one, ctx);
}

static void list_name(const char *name, void *ctx)
{
	(void)ctx;
	print_line(span_str(name));
}

struct install { const char *dir, *self; int failed; };

/* Replaces a symbolic link, never a file. */
static void install_name(const char *name, void *ctx)
{
	struct install *in = ctx;
	char path[4096], old[4096];
	ssize_t n;

	snprintf(path, sizeof path, "%s/%s", in->dir, name);
	if (in->failed)
		return;
	n = readlink(path, old, sizeof old - 1);
	if (n >= 0 && unlink(path) < 0)
		n = -1;
	if (symlink(in->self, path) == 0)
		return;
	print_own("pssession: cannot link '%s': %s", path, strerror(errno));
	in->failed = 1;
}

/* /proc knows best; without it the path that was typed will do. */
static bool own_path(char *out, size_t n, const char *typed)
{
	ssize_t len = readlink("/proc/self/exe", out, n - 1);

	if (len >= 0)
		out[len] = '\0';
	return len >= 0 || (*typed == '/' && (size_t)snprintf(out, n, "%s", typed) < n);
}

static int install(const char *typed, int argc, char **argv)
{
	char self[PATH_MAX];
	struct install in = { argc ? argv[0] : NULL, self, 0 };

	if (argc != 1 || !*argv[0]) {
		print_own("pssession: --install needs a folder: pssession --install DIR");
		return 2;
	}
	if (!own_path(self, sizeof(self), typed)) {
		print_own("pssession: cannot find the program's own path: call it by its whole path, or "
			"mount /proc");
		return 2;
	}
	each_name(install_name, &in);
	return in.failed ? 2 : 0;
}

static int pssession(char *typed, int argc, char **argv)
{
	const struct applet *a;
	const char *w = argc ? argv[0] : "--help";

	if (!strcmp(w, "--version"))
		return show_version(NULL);
	if (!strcmp(w, "--list")) {
		each_name(list_name, NULL);
		return 0;
	}
	if (!strcmp(w, "--install"))
		return install(typed, argc - 1, argv + 1);
	if (!strcmp(w, "vsock"))
		return target_vsock(argc - 1, argv + 1);
	if (is_help(w))
		return help_page("pssession");
	if ((a = find_applet(w)))
		return run_applet(a, typed, argc - 1, argv + 1);
	print_own("pssession: no applet '%s'. 'pssession --list' names them.", w);
	return 127;
}

int main(int argc, char **argv)
{
	const char *slash, *name;
	const struct applet *a;
	int status, out;

	process_harden();
	print_init();
	term_init();
	if (argc < 1)
		return 127;
	slash = strrchr(argv[0], '/');
	name = slash ? slash + 1 : argv[0];
	a = find_applet(name);
	status = a ? run_applet(a, argv[0], argc - 1, argv + 1) :
		pssession(argv[0], argc - 1, argv + 1);
	out = print_flush();
	if (out < 0 && !status)
		status = out == E_INTR ? 128 + SIGPIPE : err_exit(out);
	return status;
}
