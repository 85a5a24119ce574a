#include "net/krb5_test.h"

/* What MIT krb5 1.20's KDC said to an AS-REQ without and with pre-authentication, for alice with
 * the password Passw0rd-1. */
static const char preauth_required[] =
	"7e81e23081dfa003020105a10302011ea411180f32303236313132313133313532365aa50502030c4898a603"
	"020119a70c1b0a414c5048412e54455354a8123010a003020101a10930071b05616c696365a90c1b0a414c50"
	"48412e54455354aa1f301da003020102a11630141b066b72627467741b0a414c5048412e54455354ab101b0e"
	"4e45454445445f50524541555448ac51044f304d300aa10402020088a20204003025a103020113a21e041c30"
	"1a3018a003020111a1111b0f414c5048412e54455354616c6963653009a103020102a2020400300da1040202"
	"0085a20504034d4954";
static const char as_rep[] =
	"6b8202ee308202eaa003020105a10302010ba22930273025a103020113a21e041c301a3018a003020111a111"
	"1b0f414c5048412e54455354616c696365a30c1b0a414c5048412e54455354a4123010a003020101a1093007"
	"1b05616c696365a5820186618201823082017ea003020105a10c1b0a414c5048412e54455354a21f301da003"
	"020102a11630141b066b72627467741b0a414c5048412e54455354a382014630820142a003020111a1030201"
	"01a2820134048201302cb6b34b59c580c2a000a68f82d922440b66876f7b793f9403d7b8c40500192038b2f0"
	"36fd936807b832a9d4d01316a8928f8fc3ddc47cf690429909bd176ac24c307f4fb4eb3b9e944528f983f1bd"
	"097f08008e6a050cd4cb53bc683a68dbae4598fe8396e3404f7506b179f7696ec35e5c5c109012f11871cdd0"
	"37b04cbfa4fd028a36257b6807286dd7461e03af9f333d6bd4c24b16372e6f7094efaf8c706bc48036aed5de"
	"d0d7f5c144f924e7eb81b88cbe2b29493440fc15310c515672b4516951d54acca473e7889c334be44d6825db"
	"ce27cf789c066036809a1b2c2ce6d66462c53525b7cb124394641d6e4da3f1f769d793992f53504a3ae203aa"
	"95e4a11dfcfd5a8d4f281ec0fa1502e1495a52841194ca81859d53cd7139735128e5cbf4060b6452581d13f8"
	"67392d6d7ca682010530820101a003020111a281f90481f6367b943c40b083e14c4487c5d5364d568ec731e1"
	"dd3cb0fe9d12a0894d46ade6165de5fc56d728e35a89a7d55e74c5d841d1d75723056a87caada86d9b1aab93"
	"954b090f378188715528d84d6d4b5b250751751dd1a088598949f491760dc767e94198ffb1dbb1c07a36bad5"
	"77cb9615b22d5d06541ca5a76f1bf2f72d5f27377d0e585177568d8ea805d29e81135618bb1639b0557a5560"
	"2cd70a8a46dd9cd5b4e773f216aeb6225cdf4f797e24574aae0f80910574562dc9d77d77f57a23874188d5b8"
	"fbe730c106dd4812e38822f328719c5526ec8d784ae975b2d8866f0e2231f7f2e6ca14fee904555eb9328514"
	"d33e3b30f42c";
#define AS_NONCE 0x4e47ac13u
#define AS_TIME 1795266926           /* 2026-11-21 13:15:26 */

static struct err err;

static struct krb5_key password_key(const char *password)
{
	struct krb5_key k;

	CHECK_INT(krb5_string_to_key(17, span_str(password), SPAN("ALPHA.TESTalice"), SPAN_NONE, &k,
		&err), 0);
	return k;
}

static void check_text(struct span got, const char *want)
{
	CHECK_MEM(got.p, got.n, want, strlen(want));
}

static void check_name(const struct krb5_principal *p, const char *want)
{
	struct buf b;

	buf_init(&b, 1000);
	krb5_principal_text(p, &b);
	check_text(buf_span(&b), want);
	buf_free(&b);
}

TEST(a_kdcs_demand_for_pre_authentication_is_read)
{
	struct krb5_error ke;
	struct krb5_etype_info info;
	struct span list, value, rest;

	CHECK_INT(krb5_msg_type(hex(preauth_required)), KRB5_ERROR);
	CHECK(krb5_get_error(hex(preauth_required), &ke));
	CHECK_INT(ke.code, KRB5_E_PREAUTH_REQUIRED);
	CHECK(ke.server_us == AS_TIME * 1000000LL + 0x0c4898);
	check_name(&ke.client, "alice@ALPHA.TEST");
	check_name(&ke.server, "krbtgt/ALPHA.TEST@ALPHA.TEST");
	check_text(ke.text, "NEEDED_PREAUTH");
	CHECK(krb5_get_method_data(ke.data, &list));
	CHECK(krb5_find_pa(list, KRB5_PA_ENC_TIMESTAMP, &value) && value.n == 0);
	CHECK(!krb5_find_pa(list, KRB5_PA_PW_SALT, &value));
	CHECK(krb5_find_pa(list, KRB5_PA_ETYPE_INFO2, &value));
	CHECK(krb5_first_etype_info(value, &rest) && krb5_next_etype_info(&rest, &info));
	CHECK_INT(info.etype, 17);
	CHECK(info.has_salt && info.params.n == 0);
	check_text(info.salt, "ALPHA.TESTalice");
	CHECK(!krb5_next_etype_info(&rest, &info));
}

TEST(etype_infos_of_both_ages_are_read)
{
	/* 17 without salt; 18 with an empty one and parameters; 23 in the old form, with octets */
	struct span rest = hex("3005a003020111" "3011a003020112a1021b00a206040400001000"
		"300aa003020117a1030401ff");
	struct krb5_etype_info info;

	CHECK(krb5_next_etype_info(&rest, &info) && info.etype == 17 && !info.has_salt);
	CHECK(krb5_next_etype_info(&rest, &info) && info.etype == 18 && info.has_salt);
	CHECK_HEX(info.params.p, info.params.n, "00001000");
	CHECK(krb5_next_etype_info(&rest, &info) && info.etype == 23 && info.has_salt);
	CHECK_HEX(info.salt.p, info.salt.n, "ff");
}

TEST(an_as_rep_opens_with_the_passwords_key)
{
	struct krb5_key k = password_key("Passw0rd-1");
	struct krb5_kdc_rep r;
	struct krb5_cred c;
	struct span value;
	struct buf plain;

	buf_init_secret(&plain, 4096);
	CHECK(krb5_get_kdc_rep(hex(as_rep), &r));
	CHECK_INT(r.type, KRB5_AS_REP);
	CHECK_INT(r.etype, 17);
	CHECK(krb5_find_pa(r.pa, KRB5_PA_ETYPE_INFO2, &value));
	CHECK_INT(krb5_open_kdc_rep(&r, &k, KRB5_U_AS_REP, AS_NONCE, &plain, &c, &err), 0);
	check_name(&c.client, "alice@ALPHA.TEST");
	check_name(&c.server, "krbtgt/ALPHA.TEST@ALPHA.TEST");
	CHECK_INT(c.key.etype, 17);
	CHECK_INT(c.key.n, 16);
	CHECK_INT(c.auth_time, AS_TIME);
	CHECK_INT(c.end_time - c.auth_time, 10 * 3600);
	CHECK(c.flags & KRB5_FORWARDABLE);
	CHECK_INT(c.ticket.p[0], 0x61);
	buf_free(&plain);
}

static int open_as_rep(struct krb5_key k, uint32_t usage, uint32_t nonce)
{
	struct krb5_kdc_rep r;
	struct krb5_cred c;
	struct buf plain;
	int code;

	err = (struct err){ 0 };
	buf_init_secret(&plain, 4096);
	CHECK(krb5_get_kdc_rep(hex(as_rep), &r));
	code = krb5_open_kdc_rep(&r, &k, usage, nonce, &plain, &c, &err);
	CHECK(code == 0 || c.key.etype == 0);
	buf_free(&plain);
	return code;
}

TEST(an_as_rep_does_not_open_with_another_key_usage_or_nonce)
{
	struct krb5_key k = password_key("Passw0rd-1"), other = k;

	other.etype = KRB5_AES128_SHA256;
	CHECK_INT(open_as_rep(password_key("Passw0rd-2"), KRB5_U_AS_REP, AS_NONCE), E_AUTH);
	CHECK_INT(open_as_rep(other, KRB5_U_AS_REP, AS_NONCE), E_AUTH);
	CHECK_INT(open_as_rep(k, KRB5_U_TGS_REP, AS_NONCE), E_AUTH);
	CHECK_INT(open_as_rep(k, KRB5_U_AS_REP, AS_NONCE + 1), E_PEER);
	CHECK_INT(open_as_rep(k, KRB5_U_AS_REP, AS_NONCE), 0);
}

static void read_all(struct span s)
{
	struct krb5_etype_info info;
	struct krb5_kdc_rep r;
	struct krb5_error ke;
	struct krb5_ap_rep ap;
	struct krb5_key k;
	struct span list, value;
	int32_t type;

	krb5_key_random(&k, KRB5_RC4);
	krb5_msg_type(s);
	krb5_get_kdc_rep(s, &r);
	if (krb5_get_error(s, &ke) && krb5_get_method_data(ke.data, &list)) {
		while (krb5_next_pa(&list, &type, &value)) {
			if (krb5_first_etype_info(value, &value)) {
				while (krb5_next_etype_info(&value, &info))
					;
			}
		}
	}
	CHECK(krb5_open_ap_rep(s, &k, 0, &ap, &err) < 0);
}

/* Each cut must be refused, each changed byte must do no harm; in blocks of the exact size. */
static void check_hostile(struct span msg)
{
	struct krb5_kdc_rep r;
	struct krb5_error ke;
	uint8_t *p;
	size_t n;

	for (n = 0; n < msg.n; n++) {
		p = malloc(n + 1);
		memcpy(p, msg.p, n);
		CHECK(!krb5_get_kdc_rep(span_of(p, n), &r) && !krb5_get_error(span_of(p, n), &ke));
		CHECK_INT(krb5_msg_type(span_of(p, n)), 0);
		free(p);
		p = malloc(msg.n);
		memcpy(p, msg.p, msg.n);
		p[n] ^= 0x81;
		read_all(span_of(p, msg.n));
		p[n] = 0xff;
		read_all(span_of(p, msg.n));
		free(p);
	}
}

TEST(messages_cut_or_changed_anywhere_do_no_harm)
{
	check_hostile(hex(preauth_required));
	check_hostile(hex(as_rep));
}

static int open_ap_rep(const char *part, struct krb5_ap_rep *rep)
{
	struct krb5_key k;
	struct buf b;
	int r;

	err = (struct err){ 0 };
	krb5_key_random(&k, KRB5_AES256_SHA1);
	buf_init(&b, 1000);
	test_ap_rep(&b, &k, hex(part));
	r = krb5_open_ap_rep(buf_span(&b), &k, AS_TIME * 1000000LL + 42, rep, &err);
	CHECK(r == 0 || rep->subkey.etype == 0);
	buf_free(&b);
	return r;
}

#define STAMP "a011180f32303236313132313133313532365a" "a10302012a"
#define SUBKEY "a21b3019a003020111a1120410000102030405060708090a0b0c0d0e0f"

TEST(an_ap_rep_proves_the_server_and_may_bring_key_and_number)
{
	struct krb5_ap_rep rep;

	CHECK_INT(open_ap_rep("7b1a3018" STAMP, &rep), 0);
	CHECK(rep.subkey.etype == 0 && !rep.has_seq);
	CHECK_INT(open_ap_rep("7b373035" STAMP SUBKEY, &rep), 0);
	CHECK(rep.subkey.etype == 17 && !rep.has_seq);
	CHECK_HEX(rep.subkey.b, rep.subkey.n, "000102030405060708090a0b0c0d0e0f");
	CHECK_INT(open_ap_rep("7b3f303d" STAMP SUBKEY "a306020412345678", &rep), 0);
	CHECK(rep.subkey.etype == 17 && rep.has_seq && rep.seq == 0x12345678);
	CHECK_INT(open_ap_rep("7b223020" STAMP "a306020481234567", &rep), 0);   /* MIT krb5, once */
	CHECK(rep.has_seq && rep.seq == 0x81234567);
}

TEST(an_ap_rep_for_another_time_or_with_an_unknown_key_is_refused)
{
	struct krb5_ap_rep rep;

	CHECK_INT(open_ap_rep("7b1a3018" "a011180f32303236313132313133313532375a" "a10302012a", &rep),
		E_PEER);                        /* a second later */
	CHECK_INT(open_ap_rep("7b1a3018" "a011180f32303236313132313133313532365a" "a10302012b", &rep),
		E_PEER);                        /* a microsecond later */
	CHECK_INT(open_ap_rep("7b1a3018" "a011180f32303236313332313133313532365a" "a10302012a", &rep),
		E_PEER);                        /* the 13th month */
	CHECK_INT(open_ap_rep("7b373035" STAMP "a21b3019a003020110a112" /* type 16 */
		"0410000102030405060708090a0b0c0d0e0f", &rep), E_PEER);
	CHECK_INT(open_ap_rep("7b243022" STAMP "a3080206010000000000", &rep), E_PEER);
}

TEST(every_error_code_has_words)
{
	int32_t code;

	for (code = -5; code < 200; code++)
		CHECK(strlen(krb5_error_text(code)) > 10);
	CHECK_STR(krb5_error_text(KRB5_E_SKEW), "the clocks differ too much");
}

TEST(principals_compare_by_realm_and_parts)
{
	struct krb5_principal a = { 1, 2, SPAN("R"), { SPAN("HTTP"), SPAN("h") } }, b = a;

	b.type = KRB5_NT_SRV_INST;
	CHECK(krb5_principal_eq(&a, &b));
	b.part[1] = SPAN("i");
	CHECK(!krb5_principal_eq(&a, &b));
	b = a;
	b.realm = SPAN("S");
	CHECK(!krb5_principal_eq(&a, &b));
	b = a;
	b.part_n = 1;
	CHECK(!krb5_principal_eq(&a, &b));
}
