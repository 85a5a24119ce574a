#include "core/psrp_host.h"
#include "lib/utf.h"

#define ARRAY_LIST "System.Collections.ArrayList\0System.Object\0"
#define METHOD_ID "System.Management.Automation.Remoting.RemoteHostMethodId"

enum { VOID_CALL = -100 };                /* the call id of all calls that want no answer */

/* By number; '-' marks those that return nothing. */
static const char *const methods[HOST_METHOD_END] = {
	NULL, "GetName", "GetVersion", "GetInstanceId", "GetCurrentCulture", "GetCurrentUICulture",
	"-SetShouldExit", "-EnterNestedPrompt", "-ExitNestedPrompt", "-NotifyBeginApplication",
	"-NotifyEndApplication",
	"ReadLine", "ReadLineAsSecureString", "-Write1", "-Write2", "-WriteLine1", "-WriteLine2",
	"-WriteLine3",
	"-WriteErrorLine", "-WriteDebugLine", "-WriteProgress", "-WriteVerboseLine",
	"-WriteWarningLine",
	"Prompt", "PromptForCredential1", "PromptForCredential2", "PromptForChoice",
	"GetForegroundColor", "-SetForegroundColor", "GetBackgroundColor", "-SetBackgroundColor",
	"GetCursorPosition", "-SetCursorPosition", "GetWindowPosition", "-SetWindowPosition",
	"GetCursorSize", "-SetCursorSize", "GetBufferSize", "-SetBufferSize", "GetWindowSize",
	"-SetWindowSize",
	"GetWindowTitle", "-SetWindowTitle", "GetMaxWindowSize", "GetMaxPhysicalWindowSize",
	"GetKeyAvailable",
	"ReadKey", "-FlushInputBuffer", "-SetBufferContents1", "-SetBufferContents2",
	"GetBufferContents",
	"-ScrollBufferContents", "-PushRunspace", "-PopRunspace", "GetIsRunspacePushed", "GetRunspace",
	"PromptForChoiceMultipleSelection",
};

static bool known(enum host_method m)
{
	return m > 0 && m < HOST_METHOD_END;
}

bool host_is_void(enum host_method m)
{
	return known(m) && methods[m][0] == '-';
}

const char *host_method_name(enum host_method m)
{
	return known(m) ? methods[m] + host_is_void(m) : "Unknown";
}

int psrp_host_decode(const struct ps_val *body, struct host_call *c, struct err *e)
{
	int64_t mi;

	if (!ps_get_i64(ps_prop(body, "ci"), &c->ci))
		return err_peer(e, "MS-PSRP 2.2.2.15 ci", 0);
	if (!ps_get_i64(ps_prop(body, "mi"), &mi))
		return err_peer(e, "MS-PSRP 2.2.2.15 mi", 0);
	c->args = ps_prop(body, "mp");
	if (mi < 0 || mi > 10000)
		return err_peer(e, "MS-PSRP 2.2.3.17 mi", 0);
	c->method = (enum host_method)mi;
	return known(c->method);
}

bool psrp_host_wants_answer(const struct host_call *c)
{
	return known(c->method) ? !host_is_void(c->method) : c->ci != VOID_CALL;
}

/* The type a field of Prompt asks for: SecureString, PSCredential, or something that is no
 * secret. */
static bool field_is(const struct ps_val *field, const char *type)
{
	struct span name;

	return ps_get_str(ps_prop(field, "parameterTypeFullName"), &name) && span_is(name, type);
}

static size_t fields_of(const struct host_call *c, const char *type)
{
	const struct ps_val *fields = ps_nth(c->args, 2);
	size_t i, n = 0;

	if (c->method != HOST_PROMPT)
		return 0;
	for (i = 0; i < ps_count(fields); i++)
		n += field_is(ps_nth(fields, i), type);
	return n;
}

bool host_asks_credential(const struct host_call *c)
{
	return c->method == HOST_PROMPT_FOR_CREDENTIAL1 || c->method == HOST_PROMPT_FOR_CREDENTIAL2 ||
		fields_of(c, "System.Management.Automation.PSCredential");
}

bool psrp_host_needs_key(const struct host_call *c)
{
	return c->method == HOST_READ_LINE_AS_SECURE_STRING || host_asks_credential(c) ||
		fields_of(c, "System.Security.SecureString");
}

/* As PowerShell writes an exception into a response. A server throws when one of these
 * properties is missing. */
static struct ps_val *error_record(struct arena *a, const char *message)
{
	static const char *const texts[][2] = {
		{ "FullyQualifiedErrorId", "RemoteHostExecutionException" },
		{ "ErrorCategory_Activity", "" },
		{ "ErrorCategory_Reason", "NotImplementedException" },
		{ "ErrorCategory_TargetName", "" }, { "ErrorCategory_TargetType", "" },
		{ "ErrorCategory_Message", "NotImplemented: (:) [], NotImplementedException" },
	};
	struct ps_val *o = ps_obj(a), *ex = ps_obj(a);
	size_t i;

	ps_set_types(a, ex, "System.NotImplementedException\0System.SystemException\0"
		"System.Exception\0System.Object\0");
	ps_add(a, ex, "Message", ps_str(a, span_str(message)));
	ps_add(a, o, "Exception", ex);
	ps_add(a, o, "TargetObject", ps_nil(a));
	ps_add(a, o, "InvocationInfo", ps_nil(a));
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		ps_add(a, o, texts[i][0], ps_str(a, span_str(texts[i][1])));
	ps_add(a, o, "ErrorCategory_Category", ps_i32(a, 11));      /* NotImplemented */
	ps_add(a, o, "SerializeExtendedInfo", ps_bool(a, false));
	return o;
}

/* A null result is a missing mr. */
struct ps_val *psrp_host_response(struct host_call *c, struct ps_val *result, const char *error)
{
	struct arena *a = &c->arena;
	struct ps_val *o = ps_obj(a);

	if (error)
		ps_add(a, o, "me", error_record(a, error));
	else if (result && result->tag != PS_NIL)
		ps_add(a, o, "mr", result);
	ps_add(a, o, "ci", ps_i64(a, c->ci));
	ps_add(a, o, "mi", ps_enum(a, METHOD_ID, host_method_name(c->method), c->method));
	return o;
}

/* Structures go by their .NET field names. */
static struct ps_val *pair(struct arena *a, const char *n1, int32_t v1, const char *n2, int32_t v2)
{
	struct ps_val *o = ps_obj(a);

	ps_add(a, o, n1, ps_i32(a, v1));
	ps_add(a, o, n2, ps_i32(a, v2));
	return o;
}

struct ps_val *host_coordinates(struct arena *a, int32_t x, int32_t y)
{
	return pair(a, "x", x, "y", y);
}

struct ps_val *host_size(struct arena *a, int32_t width, int32_t height)
{
	return pair(a, "width", width, "height", height);
}

struct ps_val *host_key(struct arena *a, int32_t virtual_key, uint16_t character,
	int32_t control_state, bool down)
{
	struct ps_val *o = pair(a, "virtualKeyCode", virtual_key, "controlKeyState", control_state);
	struct ps_val *c = ps_i32(a, character);

	if (c)
		c->tag = PS_C;            /* a char is its decimal number, too */
	ps_add(a, o, "character", c);
	ps_add(a, o, "keyDown", ps_bool(a, down));
	return o;
}

struct ps_val *host_credential(struct arena *a, struct span user, struct ps_val *password)
{
	struct ps_val *o = ps_obj(a);

	ps_set_types(a, o, "System.Management.Automation.PSCredential\0System.Object\0");
	ps_add(a, o, "UserName", ps_str(a, user));
	ps_add(a, o, "Password", password);
	if (!o)
		return NULL;
	o->has_string = true;
	o->string = SPAN("System.Management.Automation.PSCredential");
	o->adapted = o->extended;         /* PowerShell sends them as Props */
	o->adapted_tail = o->extended_tail;
	o->has_adapted = true;
	o->extended = NULL;
	o->extended_tail = NULL;
	o->has_extended = false;
	return o;
}

struct ps_val *host_dictionary(struct arena *a)
{
	struct ps_val *o = ps_obj(a);

	ps_set_types(a, o, "System.Collections.Hashtable\0System.Object\0");
	if (o)
		o->box = BOX_DCT;
	return o;
}

struct ps_val *host_int_list(struct arena *a, const int32_t *v, size_t n)
{
	struct ps_val *o = ps_list(a, ARRAY_LIST);
	size_t i;

	for (i = 0; i < n; i++)
		ps_append(a, o, ps_i32(a, v[i]));
	return o;
}

static void put_upper(struct buf *out, const char *name)
{
	struct span s = span_str(name);
	uint32_t cp;
	size_t n;

	for (; (n = utf8_get_lax(s, &cp)) > 0; s = span_sub(s, n, s.n - n))
		utf8_put(out, utf_upper(cp));
}

bool host_warning(const struct host_call *c, const char *computer, struct buf *out)
{
	const char *what;

	if (c->method == HOST_READ_LINE_AS_SECURE_STRING)
		what = " is asking to read a line securely. Enter sensitive information, such as your "
			"credentials, only if you trust the remote computer and the application or "
			"script that is requesting it.";
	else if (c->method == HOST_GET_BUFFER_CONTENTS)
		what = " is attempting to read the buffer contents on the PowerShell host. For "
			"security reasons, this is not allowed; the call has been suppressed.";
	else if (fields_of(c, "System.Security.SecureString"))
		what = " is sending a prompt request. When you are prompted, enter sensitive "
			"information, such as credentials or passwords, only if you trust the remote "
			"computer and the application or script that is requesting the data.";
	else
		return false;
	buf_puts(out, "A script or application on the remote computer ");
	put_upper(out, computer);
	buf_puts(out, what);
	return true;
}

void host_credential_caption(struct span caption, struct buf *out)
{
	buf_puts(out, "PowerShell Credential Request: ");
	buf_put(out, caption);
}

void host_credential_message(struct span message, const char *computer, struct buf *out)
{
	buf_puts(out, "Warning: A script or application on the remote computer ");
	put_upper(out, computer);
	buf_puts(out, " is requesting your credentials. Enter your credentials only if you trust the "
		"remote computer and the application or script that is requesting them.\n\n");
	buf_put(out, message);
}
