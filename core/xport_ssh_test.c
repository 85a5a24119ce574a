#include "core/xport_ssh.h"
#include <stdlib.h>
#include "tests/unit.h"

static struct arena arena;
static struct err err;

/* argv joined by blanks, or NULL with err set. */
static const char *line(const struct xport_ssh_cfg *cfg)
{
	static char text[1024];
	const char *const *argv;

	err = (struct err){ 0 };
	text[0] = 0;
	arena_init(&arena, 65536);
	if (xport_ssh_argv(cfg, &arena, &argv, &err) == 0)
		for (; *argv; argv++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", text[0] ? " " : "",
				*argv);
	arena_free(&arena);
	return err.code ? NULL : text;
}

TEST(openssh_gets_its_options_before_the_host)
{
	static const char *const options[] = { "ConnectTimeout=5", "BatchMode=yes", NULL };
	struct xport_ssh_cfg c = { .host = "web-1.example", .program = "ssh" };

	CHECK_STR(line(&c), "ssh -T -s -- web-1.example powershell");
	c.user = "me";
	c.port = 2222;
	c.key_file = "/k";
	c.options = options;
	c.subsystem = "pwsh";
	CHECK_STR(line(&c), "ssh -T -p 2222 -i /k -l me -o ConnectTimeout=5 -o BatchMode=yes -s -- "
		"web-1.example pwsh");
	c.port = 65535;
	CHECK(strstr(line(&c), "-p 65535 "));
}

TEST(dropbear_gets_no_double_dash)
{
	struct xport_ssh_cfg c = { .host = "h", .user = "me", .program = "/usr/bin/dbclient" };

	CHECK_STR(line(&c), "/usr/bin/dbclient -T -l me -s h powershell");
}

TEST(beside_others_nobody_asks_at_first)
{
	struct xport_ssh_cfg c = { .host = "h", .program = "ssh", .beside = SSH_SILENT };

	CHECK_STR(line(&c), "ssh -T -o BatchMode=yes -s -- h powershell");
	c.beside = SSH_IN_TURN;
	CHECK_STR(line(&c), "ssh -T -s -- h powershell");
	c.beside = SSH_SILENT;
	c.program = "dbclient";
	CHECK_STR(line(&c), "dbclient -T -s h powershell");
}

TEST(a_domain_user_is_turned_round)
{
	struct xport_ssh_cfg c = { .host = "h", .user = "CORP\\me", .program = "ssh" };

	CHECK_STR(line(&c), "ssh -T -l me@CORP -s -- h powershell");
}

TEST(an_address_in_brackets_loses_them)
{
	struct xport_ssh_cfg c = { .host = "[fe80::1%eth0]", .program = "ssh" };

	CHECK_STR(line(&c), "ssh -T -s -- fe80::1%eth0 powershell");
}

TEST(names_that_are_options_or_commands_are_refused)
{
	static const char *const hosts[] = { "-oProxyCommand=x", "", "a b", "a,b", "a/22", "a;b",
		"$(b)", "`b`", "a\nb", "u@h", "a|b", "\x7f" };
	static const char *const users[] = { "-l", "", "a;b", "a`b`", "a$b", "a\nb", "a,b@c" };
	struct xport_ssh_cfg c = { .program = "ssh" };
	size_t i;

	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		c.host = hosts[i];
		if (line(&c) || err.code != E_USAGE)
			FAIL("host '%s' was taken", hosts[i]);
	}
	c.host = "h";
	for (i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		c.user = users[i];
		if (line(&c) || err.code != E_USAGE)
			FAIL("user '%s' was taken", users[i]);
	}
	c.user = NULL;
	for (i = 0; i < 3; i++) {
		c.subsystem = i ? "a\nb" : "-oX=y";
		c.options = i < 2 ? NULL : (const char *const[]){ "A=b\x1b", NULL };
		c.subsystem = i < 2 ? c.subsystem : NULL;
		CHECK(!line(&c));
		CHECK_INT(err.code, E_USAGE);
	}
}

TEST(without_a_client_the_error_says_what_to_install)
{
	struct xport_ssh_cfg c = { .host = "h" };
	char *path = strdup(getenv("PATH"));

	setenv("PATH", "/nonexistent", 1);
	CHECK(!line(&c));
	setenv("PATH", path, 1);
	free(path);
	CHECK_INT(err.code, E_NET);
	CHECK(strstr(err.text, "openssh-client") && strstr(err.text, "dropbear"));
}
