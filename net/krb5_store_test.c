/* Files that MIT krb5 1.20 wrote. */
#include "net/krb5_store.h"
#include "net/krb5_test.h"

/* kinit alice, at a KDC two hours ahead: settings, and the ticket-granting ticket. */
static const char version4[] =
	"0504000c0001000800001c200000000000000001000000010000000a414c5048412e5445535400000005616c"
	"69636500000001000000010000000a414c5048412e5445535400000005616c69636500000001000000030000"
	"000c582d4341434845434f4e463a000000156b7262355f6363616368655f636f6e665f646174610000000a66"
	"6173745f617661696c0000001c6b72627467742f414c5048412e5445535440414c5048412e54455354000000"
	"0000000000000000000000000000000000000000000000000000000000000000000000037965730000000000"
	"000001000000010000000a414c5048412e5445535400000005616c69636500000001000000030000000c582d"
	"4341434845434f4e463a000000156b7262355f6363616368655f636f6e665f646174610000000770615f7479"
	"70650000001c6b72627467742f414c5048412e5445535440414c5048412e5445535400000000000000000000"
	"0000000000000000000000000000000000000000000000000000000001320000000000000001000000010000"
	"000a414c5048412e5445535400000005616c69636500000002000000020000000a414c5048412e5445535400"
	"0000066b72627467740000000a414c5048412e5445535400110000001027c28b705557c9a44b0453cecbc986"
	"2f6b01b7f06b01b7f06b024490000000000000610000000000000000000000000186618201823082017ea003"
	"020105a10c1b0a414c5048412e54455354a21f301da003020102a11630141b066b72627467741b0a414c5048"
	"412e54455354a382014630820142a003020111a103020101a28201340482013094f9b88e6e1e8e8a878cc3e9"
	"b238066bfed105ce940ffb44e9baaad4240e996e83d82e594cba1ae61a566ab9155d0926d79247dd1640230f"
	"d6c390828278159b2527b7ebae08dbbeb1b5c400242242f92d3f79179daa4d7e60fe116d461f6a9bacd969a7"
	"01834ab4ae13dd66b533c399ff085c745632244bd75b900637b8b89d17d4c51f469d2612f77c949ce8aeeb1d"
	"4feddffc43b60d368b0667c76a1715b642c6ccf7a28233c37b8ee4a469018c138d3e2f5e8f76ea147fb618b7"
	"62fe2fcc37e344a61fae4828c080dde9f2907ea57d8881cd3783983e87cb35582aa02ff362c5dd5a75532d96"
	"3bc33973e74bae7e6ac9d6b09b4c0fb5b5d991d6ddedb056b52d32c9e9f1ca1b42beceae6f4c41894a2c0e4a"
	"f3ce18f06c9802d68fac96cddc12812a2bdbc1d63f16e0281dde207a00000000";
/* kinit easy, with ccache_type = 3. */
static const char version3[] =
	"050300000001000000010000000a414c5048412e54455354000000046561737900000001000000010000000a"
	"414c5048412e54455354000000046561737900000001000000030000000c582d4341434845434f4e463a0000"
	"00156b7262355f6363616368655f636f6e665f646174610000000a666173745f617661696c0000001c6b7262"
	"7467742f414c5048412e5445535440414c5048412e5445535400000000000000000000000000000000000000"
	"000000000000000000000000000000000000000000037965730000000000000001000000010000000a414c50"
	"48412e54455354000000046561737900000002000000020000000a414c5048412e54455354000000066b7262"
	"7467740000000a414c5048412e5445535400110011000000106533fee49408a9ce744b25d8df4c138b6b01b7"
	"f06b01b7f06b024490000000000000410000000000000000000000000185618201813082017da003020105a1"
	"0c1b0a414c5048412e54455354a21f301da003020102a11630141b066b72627467741b0a414c5048412e5445"
	"5354a382014530820141a003020111a103020101a28201330482012fee27196a827ffb2d7a8ac821058a0a3f"
	"9257244d69be6a37617d3e7ba6b1ad2b9cb3b1a65b6642927c514643e239fae9900358b462bded0513b10e31"
	"3096ce57ed2bf1b28d70daa728fc28b6b9b2418271da1d6231ac2ed2b7cf5fa75c9e2d218002f90c4b643feb"
	"fddfa9968f52f212375071014563ca662c5750db77e5968acf990f265b7b0797e0b84a5840ac8a4a0e3c2570"
	"5dbf99b1b895ac2a18779d3dd4fa5a7a73d004ebc16845673acc99a03261ec8c07559a78ae6ceda13e27b67c"
	"88e1775bcff417cb5f2a74f112ef2ff94b44a1d453d66238177d66f6ac6d8607734b418f634432323f63109b"
	"7761a497d07551dc4caad19a27b255aeeb5bb12f4da8c0a8ea97da64d8027fe65335f2fed8f8ba5c93989261"
	"a3eb2902417c1fc2d3fd7c1d9f6340f1dad6358bf5c2de00000000";
/* Two kinds of key of e19, newest first; kadmin's ktadd. */
static const char keytab[] =
	"0502000000440001000a414c5048412e544553540003653139000000016b019bd002001100104fd10bd47b24"
	"a11e53f2ddde516952590000000200000000000000000000000000000000000000340001000a414c5048412e"
	"544553540003653139000000016b019bd0010013001002a92c9e2323ab7d84dd937d0f443f2d00000001";

static struct err e;

static void check_text(struct span got, const char *want)
{
	CHECK_MEM(got.p, got.n, want, strlen(want));
}

static void check_tgt(const struct krb5_cred *c, const char *user)
{
	check_text(c->client.part[0], user);
	check_text(c->client.realm, "ALPHA.TEST");
	CHECK_INT(c->client.part_n, 1);
	CHECK_INT(c->server.part_n, 2);
	CHECK_INT(c->server.type, KRB5_NT_SRV_INST);
	check_text(c->server.part[0], "krbtgt");
	check_text(c->server.part[1], "ALPHA.TEST");
	CHECK_INT(c->key.etype, 17);
	CHECK_INT(c->key.n, 16);
	CHECK_INT(c->end_time - c->start_time, 36000);
	CHECK(c->ticket.n > 380 && c->ticket.p[0] == 0x61);
}

TEST(a_cache_of_version_4_gives_its_ticket_and_the_clocks_offset)
{
	struct krb5_ccache cc;
	struct krb5_cred c;

	CHECK_INT(krb5_ccache_open(&cc, hex(version4), &e), 0);
	check_text(cc.client.part[0], "alice");
	CHECK_INT(cc.offset_us, 7200 * 1000000LL);
	CHECK(krb5_ccache_next(&cc, &c));
	check_tgt(&c, "alice");
	CHECK_INT(c.key.b[0], 0x27);
	CHECK_INT(c.end_time, 0x6b024490);
	CHECK_INT(c.flags, 0x610000);
	CHECK(!krb5_ccache_next(&cc, &c) && !krb5_ccache_next(&cc, &c));
}

TEST(a_cache_of_version_3_gives_its_ticket)
{
	struct krb5_ccache cc;
	struct krb5_cred c;

	CHECK_INT(krb5_ccache_open(&cc, hex(version3), &e), 0);
	CHECK_INT(cc.offset_us, 0);
	CHECK(krb5_ccache_next(&cc, &c));
	check_tgt(&c, "easy");
	CHECK(!krb5_ccache_next(&cc, &c));
}

/* In a block of its own at each length: ASan sees a byte too many. */
static void check_cut(const char *text)
{
	struct span whole = hex(text);
	struct krb5_ccache cc;
	struct krb5_cred c;
	uint8_t *copy;
	size_t n;

	for (n = 0; n < whole.n; n++) {
		copy = malloc(n ? n : 1);
		memcpy(copy, whole.p, n);
		e = (struct err){ 0 };
		if (krb5_ccache_open(&cc, span_of(copy, n), &e) == 0)
			CHECK(!krb5_ccache_next(&cc, &c));
		else
			CHECK_INT(e.code, E_USAGE);
		free(copy);
	}
}

TEST(a_cache_that_is_cut_off_gives_no_half_ticket)
{
	check_cut(version4);
	check_cut(version3);
}

TEST(other_files_and_versions_are_refused)
{
	static const char *const wrong[] = { "", "05", "0501", "0502", "0505", "0604", "7f454c46" };
	struct krb5_ccache cc;
	struct span rest;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		e = (struct err){ 0 };
		CHECK_INT(krb5_ccache_open(&cc, hex(wrong[i]), &e), E_USAGE);
		e = (struct err){ 0 };
		CHECK_INT(krb5_keytab_open(hex(wrong[i]), &rest, &e),
			strcmp(wrong[i], "0502") ? E_USAGE : 0);
	}
}

TEST(hostile_lengths_in_a_cache_end_it)
{
	struct krb5_ccache cc;

	/* a header, a realm, a count of parts longer than the file */
	e = (struct err){ 0 };
	CHECK_INT(krb5_ccache_open(&cc, hex("0504 ffff 0001"), &e), E_USAGE);
	e = (struct err){ 0 };
	CHECK_INT(krb5_ccache_open(&cc, hex("0504 0000 00000001 00000001 ffffffff 41"), &e), E_USAGE);
	e = (struct err){ 0 };
	CHECK_INT(krb5_ccache_open(&cc, hex("0504 0000 00000001 ffffffff 00000001 41"), &e), E_USAGE);
	/* a header's tag longer than the header */
	e = (struct err){ 0 };
	CHECK_INT(krb5_ccache_open(&cc, hex("0504 0008 0001 ffff 00000000"), &e), E_USAGE);
}

TEST(a_keytab_gives_its_keys)
{
	struct krb5_keytab_entry k;
	struct span rest;

	CHECK_INT(krb5_keytab_open(hex(keytab), &rest, &e), 0);
	CHECK(krb5_keytab_next(&rest, &k));
	check_text(k.owner.part[0], "e19");
	check_text(k.owner.realm, "ALPHA.TEST");
	CHECK_INT(k.kvno, 2);
	CHECK_INT(k.key.etype, 17);
	CHECK_INT(k.key.b[0], 0x4f);
	CHECK(krb5_keytab_next(&rest, &k));
	CHECK_INT(k.kvno, 1);
	CHECK_INT(k.key.etype, 19);
	CHECK(!krb5_keytab_next(&rest, &k));
}

TEST(holes_and_unknown_types_in_a_keytab_are_passed_over)
{
	static const char entry[] = "0001 0001 52 0001 75 00000001 00000000 07";
	struct krb5_keytab_entry k;
	struct span rest;
	char text[600];

	/* a hole of 3 bytes; an enctype that nobody has; a long kvno of 0 leaves the short one */
	snprintf(text, sizeof(text), "0502 fffffffd 313233 00000016 %s 0063 0001 41 "
		"00000029 %s 0011 0010 000102030405060708090a0b0c0d0e0f 00000000", entry, entry);
	CHECK_INT(krb5_keytab_open(hex(text), &rest, &e), 0);
	CHECK(krb5_keytab_next(&rest, &k));
	CHECK_INT(k.key.etype, 17);
	CHECK_INT(k.kvno, 7);
	check_text(k.owner.part[0], "u");
	CHECK(!krb5_keytab_next(&rest, &k));
}

TEST(a_keytab_that_is_cut_off_gives_no_half_key)
{
	struct span whole = hex(keytab), rest;
	struct krb5_keytab_entry k;
	size_t n, got, first = 2 + 4 + 0x44;
	uint8_t *copy;

	for (n = 2; n < whole.n; n++) {
		copy = malloc(n);
		memcpy(copy, whole.p, n);
		CHECK_INT(krb5_keytab_open(span_of(copy, n), &rest, &e), 0);
		for (got = 0; krb5_keytab_next(&rest, &k); got++)
			;
		CHECK_INT(got, n >= first);
		free(copy);
	}
}

TEST(the_worst_lengths_of_a_keytab_end_it)
{
	static const char *const wrong[] = { "0502 80000000", "0502 7fffffff 00",
		"0502 00000004 ffff ffff", "0502 00000000 00000000", "0502 0000000a ffff 0001 52 ffff" };
	struct krb5_keytab_entry k;
	struct span rest;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK_INT(krb5_keytab_open(hex(wrong[i]), &rest, &e), 0);
		CHECK(!krb5_keytab_next(&rest, &k));
	}
}
