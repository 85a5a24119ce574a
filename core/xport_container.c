#include "core/xport_container.h"
#include "net/spawn_io.h"

/* Never an option of the engine. */
static bool is_id(struct span s)
{
	if (!s.n || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool is_file(const char *configuration)
{
	size_t n = strlen(configuration);

	return strpbrk(configuration, "/\\") || (n > 5 && !strcmp(configuration + n - 5, ".pssc"));
}

int xport_container_argv(const struct xport_container_cfg *cfg, struct arena *a,
	const char *const **argv, struct err *e)
{
	const char *engine = spawn_choose(cfg->engine, "docker,podman,nerdctl", a);
	const char **v = arena_alloc(a, 13 * sizeof(*v));
	size_t n = 0;

	if (!is_id(span_str(cfg->id)))
		return err_set(e, E_USAGE, "'%s' cannot be the ID or name of a container", cfg->id);
	if (!engine)
		return err_set(e, E_NET,
			"no container engine was found: install docker, podman or nerdctl, or name one in "
			"PSSESSION_CONTAINER_ENGINE");
	if (!v)
		return err_many(e, "containers");
	v[n++] = engine;
	v[n++] = "exec";
	v[n++] = "-i";
	if (cfg->admin) {
		v[n++] = "-u";
		v[n++] = "0";
	}
	v[n++] = cfg->id;
	v[n++] = cfg->shell;
	v[n++] = "-NoLogo";
	v[n++] = "-NoProfile";
	if (cfg->configuration) {
		v[n++] = is_file(cfg->configuration) ? "-ConfigurationFile" : "-ConfigurationName";
		v[n++] = cfg->configuration;
	}
	v[n] = "-s";
	*argv = v;
	return 0;
}
