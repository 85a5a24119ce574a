#include "core/vm.h"
#include "tests/unit.h"

#define UUID "5e0fb1a8-2c5d-4f8b-9f0e-0123456789ab"
static uint32_t cid;

#define IS(words, guest) vm_is(span_of(words, sizeof(words)), guest, &cid)

TEST(a_guest_is_found_by_name_and_by_uuid)
{
	CHECK(IS("/usr/bin/qemu-system-x86_64\0-name\0web\0-device\0vhost-vsock-pci,guest-cid=7",
		"web"));
	CHECK_INT(cid, 7);
	CHECK(IS("/usr/bin/kvm\0-uuid\0" UUID "\0-name\0guest=web,debug-threads=on\0-device\0"
		"{\"driver\":\"vhost-vsock-pci\",\"id\":\"v\",\"guest-cid\":12,\"vhostfd\":\"3\"}", "web"));
	CHECK_INT(cid, 12);
	CHECK(IS("qemu\0-uuid\0" UUID "\0-device\0vhost-vsock-device,guest-cid=3",
		"{5E0FB1A8-2C5D-4F8B-9F0E-0123456789AB}"));
	CHECK_INT(cid, 3);
}

TEST(another_guest_or_program_is_not_it)
{
	CHECK(!IS("qemu\0-name\0web2\0-device\0guest-cid=7", "web"));
	CHECK(!IS("qemu\0-name\0\0", "web"));
	CHECK(!IS("qemu\0-name", "web"));
	CHECK(!IS("cat\0-name\0web\0guest-cid=7", "web"));
	CHECK(!IS("", ""));
}

TEST(a_guest_without_vsock_has_no_cid)
{
	static const char *const bad[] = {
		"guest-cid=", "guest-cid=x", "guest-cid=99999999999999999999", "guest-cid=4294967295",
	};

	CHECK(IS("qemu\0-name\0web", "web"));
	CHECK_INT(cid, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char words[80] = "qemu\0-name\0web";

		memcpy(words + 15, bad[i], strlen(bad[i]));
		CHECK(vm_is(span_of(words, sizeof(words)), "web", &cid));
		CHECK_INT(cid, 0);
	}
}

TEST(the_cid_of_libvirt)
{
	CHECK_INT(vm_xml_cid(SPAN("<vsock model='virtio'>\n <cid auto='yes' address='9'/>")), 9);
	CHECK_INT(vm_xml_cid(SPAN("<domain><address='4'/></domain>")), 0);
	CHECK_INT(vm_xml_cid(SPAN("<cid auto='yes'/><address='4'/>")), 0);
	CHECK_INT(vm_xml_cid(SPAN_NONE), 0);
}
