// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_dns_name.c - names at any place of any message: what is read can be written and read again
#include "dns/name.h"

#include <assert.h>
#include <string.h>

static void check_text(const struct dns_name *name)
{
	char text[DNS_NAME_MAX + 1];
	struct dns_name again;
	struct addr addr;
	size_t len;

	if (!dns_name_text(name->wire, name->len, text, &len))
		return;
	assert(len == strlen(text) && len + 2 >= name->len);
	(void)dns_name_reverse(text, &addr);
	if (len == 0)
		return;
	assert(dns_name_from_text(text, &again) == 0);
	assert(again.len == name->len);
	assert(dns_name_equal(again.wire, name->wire, name->len));
}

static void check_place(const uint8_t *data, size_t size, size_t at)
{
	struct wire wire = wire_reader(data, size), skip = wire, view = wire, out, back;
	struct dns_name name, again;
	uint8_t bytes[12 + DNS_NAME_MAX] = { 0 };
	const uint8_t *in_place;
	size_t len = 0;

	wire.pos = skip.pos = view.pos = at;
	if (dns_name_read(&wire, &name) < 0) {
		assert(wire.err < 0);
		return;
	}
	assert(name.len >= 1 && name.wire[name.len - 1] == 0);
	assert(dns_name_skip(&skip) == 0 && skip.pos == wire.pos);
	in_place = dns_name_view(&view, &len);
	assert(!in_place ||
	       (view.pos == wire.pos && len == name.len && memcmp(in_place, name.wire, len) == 0));

	/* Pointers go back only: the name does not depend on anything behind it. */
	back = wire_reader(data, wire.pos);
	back.pos = at;
	assert(dns_name_read(&back, &again) == 0 && back.pos == wire.pos);
	assert(again.len == name.len && memcmp(again.wire, name.wire, name.len) == 0);

	out = wire_writer(bytes, sizeof(bytes));
	out.pos = 12;
	dns_name_put(&out, &name);
	assert(out.err == 0);
	back = wire_reader(bytes, out.pos);
	back.pos = 12;
	assert(dns_name_read(&back, &again) == 0 && back.pos == out.pos);
	assert(again.len == name.len && memcmp(again.wire, name.wire, name.len) == 0);
	check_text(&name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (size_t at = 12; at < size && at < 600; at++)
		check_place(data, size, at);
	return 0;
}
