#include "core/session_option.h"
#include <ctype.h>
#include <stddef.h>
#include "core/pairs.h"
#include "core/params.h"
#include "lib/num.h"

#define O struct session_option
#define IDLE_MIN_MS 60000               /* of every server: MS-WSMV 2.2.4.23 */
#define MS(f, nm) P_INT(O, f, nm "\0" nm "MSec", 0, 31)

/* The rows of parameters serve fields as well: same kinds, same errors, same prefixes. */
static const struct param fields[] = {
	MS(open_ms, "OpenTimeout"),
	MS(cancel_ms, "CancelTimeout"),
	MS(operation_ms, "OperationTimeout"),
	P_INT(O, idle_ms, "IdleTimeout\0IdleTimeoutMSec", -1, 31),
	P_INT(O, max_data, "MaximumReceivedDataSizePerCommand", 0, 31),
	P_INT(O, max_object, "MaximumReceivedObjectSize", 1, 31),
	P_INT(O, max_redirection, "MaximumRedirection\0MaximumConnectionRedirectionCount", 0, 31),
	P_INT(O, max_retry, "MaxConnectionRetryCount", 0, 31),
	P_SWITCH(O, no_machine_profile, "NoMachineProfile"),
	P_SWITCH(O, no_compression, "NoCompression"),
	P_SWITCH(O, no_encryption, "NoEncryption"),
	P_SWITCH(O, use_utf16, "UseUTF16"),
	P_SWITCH(O, include_port_in_spn, "IncludePortInSPN"),
	P_SWITCH(O, old_credssp, "AllowEncryptionOracle"),
	P_SWITCH(O, skip_ca, "SkipCACheck"),
	P_SWITCH(O, skip_cn, "SkipCNCheck"),
	P_SWITCH(O, skip_revocation, "SkipRevocationCheck"),
	P_STR(O, culture, "Culture"),
	P_STR(O, ui_culture, "UICulture"),
	P_ENUM(O, buffering, "OutputBufferingMode", TYPE_BUFFERING, "Default|None|Drop|Block"),
	P_ENUM(O, proxy_access, "ProxyAccessType", TYPE_PROXY_ACCESS,
		"None|IEConfig|WinHttpConfig|AutoDetect|NoProxyServer"),
	P_ENUM(O, proxy_authentication, "ProxyAuthentication", TYPE_MECHANISM,
		"Negotiate|Basic|Digest"),
	P_STR(O, proxy, "Proxy"),
	P_STR(O, proxy_user, "ProxyCredential"),
	P_END
};

void session_option_init(struct session_option *o)
{
	*o = (struct session_option){ .open_ms = 180000, .cancel_ms = 60000, .operation_ms = 180000,
		.idle_ms = -1, .max_object = 209715200, .max_redirection = 5, .max_retry = 5,
		.proxy_authentication = -1 };
}

static bool is_culture(const char *name)
{
	size_t i = 0;

	while (name && (isalnum((unsigned char)name[i]) || name[i] == '-'))
		i++;
	return !name || (i >= 2 && !name[i]);
}

static int check(const struct session_option *o, struct err *e)
{
	if (o->idle_ms >= 0 && o->idle_ms < IDLE_MIN_MS)
		return err_set(e, E_USAGE, "SessionOption: IdleTimeout is at least %d milliseconds, "
			"or -1 for the server's own.", IDLE_MIN_MS);
	if (!is_culture(o->culture) || !is_culture(o->ui_culture))
		return err_set(e, E_USAGE, "SessionOption: %s='%s' is no culture: en-US is one.",
			is_culture(o->culture) ? "UICulture" : "Culture",
			is_culture(o->culture) ? o->ui_culture : o->culture);
	return 0;
}

int session_option_parse(const char *text, struct arena *a, struct session_option *o,
	struct err *e)
{
	uint32_t set;
	char **words;
	size_t n;

	if (!pairs_split(text, a, &words, &n))
		return err_set(e, E_USAGE, "The value of parameter 'SessionOption' is too long.");
	if (params_bind(fields, 1, 1, (int)n, words, a, o, &set, e) < 0)
		err_prefix(e, "SessionOption: ");
	return e->code ? e->code : check(o, e);
}
