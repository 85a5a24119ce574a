#include "core/vm.h"
#include "lib/guid.h"
#include "lib/num.h"

/* The number behind words and signs in between (guest-cid=3, "guest-cid":3, address='3'), or 0. */
static uint32_t number_behind(struct span text, struct span words)
{
	size_t at = span_search(text, words), n = 0;
	uint64_t v;

	text = span_sub(text, at + words.n, text.n);
	while (text.n && strchr("\"':= ", text.p[0]) && text.p[0])
		text = span_sub(text, 1, text.n);
	while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9')
		n++;
	return num_u64(span_sub(text, 0, n), &v) && v < UINT32_MAX ? (uint32_t)v : 0;
}

static bool is_uuid(struct span a, const char *b)
{
	struct guid x, y;

	return guid_parse(a, &x) && guid_parse(span_str(b), &y) && guid_eq(&x, &y);
}

bool vm_is(struct span words, const char *guest, uint32_t *cid)
{
	struct span word = span_cut(&words, 0), value;
	bool found = false;

	*cid = 0;
	if (span_search(word, SPAN("qemu")) == word.n && span_search(word, SPAN("kvm")) == word.n)
		return false;
	while (words.n) {
		word = span_cut(&words, 0);
		if (!*cid)
			*cid = number_behind(word, SPAN("guest-cid"));
		value = span_sub(words, 0, span_find(words, 0));
		if (span_is(word, "-uuid") && is_uuid(value, guest))
			found = true;
		if (!span_is(word, "-name"))
			continue;
		value = span_cut(&value, ',');
		if (span_starts(value, "guest="))
			value = span_sub(value, 6, value.n);
		found |= span_is(value, guest);
	}
	return found;
}

uint32_t vm_xml_cid(struct span xml)
{
	struct span tag = span_sub(xml, span_search(xml, SPAN("<cid ")), xml.n);

	return number_behind(span_sub(tag, 0, span_find(tag, '>')), SPAN("address"));
}
