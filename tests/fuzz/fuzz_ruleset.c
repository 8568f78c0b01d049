// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_ruleset.c - the elements of any network and port have the shape their set wants
#include "model/rules/ruleset.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Zeroes behind the end, so that every input describes something. */
struct bytes {
	const uint8_t *data;
	size_t left;
};

static uint8_t next(struct bytes *bytes)
{
	if (bytes->left == 0)
		return 0;
	bytes->left--;
	return *bytes->data++;
}

static void next_text(struct bytes *bytes, char *ret_text, size_t size)
{
	size_t len = next(bytes) % size;

	for (size_t i = 0; i < len; i++) {
		uint8_t byte = next(bytes);

		ret_text[i] = byte ? (char)byte : 'x';
	}
	ret_text[len] = '\0';
}

static struct addr next_addr(struct bytes *bytes, bool six)
{
	struct addr addr = { .family = six ? AF_INET6 : AF_INET };

	for (int i = 0; i < (six ? 16 : 4); i++)
		addr.bytes[i] = next(bytes);
	return addr;
}

static struct prefix next_prefix(struct bytes *bytes, bool six)
{
	struct prefix prefix = { next_addr(bytes, six), 0 };

	prefix.len = next(bytes) % ((six ? 128 : 32) + 1);
	prefix.addr = prefix_first(&prefix);
	return prefix;
}

static void check_elem(const struct ruleset_elem *elem)
{
	char text[RULESET_ELEM_STR_MAX];

	assert(elem->set < RULESET_N_SETS);
	assert(elem->key_len == ruleset_key_size(elem->set));
	assert(elem->key_len <= RULESET_KEY_MAX);
	assert(elem->data_len == ruleset_data_size(elem->set));
	assert(elem->data_len <= RULESET_DATA_MAX);
	assert(elem->comment);
	if (ruleset_set_info[elem->set].interval)
		assert(memcmp(elem->key, elem->key_end, elem->key_len) <= 0);
	assert(strlen(ruleset_elem_print(elem, text)) < sizeof(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };
	struct bytes bytes = { data, size };
	struct network network = { 0 };
	struct container container = { 0 };
	struct ruleset_elems elems = { 0 }, again = { 0 };
	struct port port;
	uint8_t flags = next(&bytes);

	next_text(&bytes, network.spec.name, sizeof(network.spec.name));
	next_text(&bytes, network.spec.bridge, sizeof(network.spec.bridge));
	next_text(&bytes, container.spec.name, sizeof(container.spec.name));
	network.spec.kind = kind_at(next(&bytes) % 3);
	for (enum family family = 0; family < FAMILY_N; family++)
		network.spec.has[family] = flags & 1 << family;
	network.spec.internal = flags & 4;
	network.spec.icc = flags & 8;
	network.spec.masquerade = flags & 16;
	for (enum family family = 0; family < FAMILY_N; family++)
		if (network.spec.has[family])
			network.spec.subnet[family].prefix = next_prefix(&bytes,
									 family == FAMILY_6);
	port = (struct port) {
		.protocol = protocols[next(&bytes) % 3],
		.host_addr = next_addr(&bytes, flags & 32),
		.host_port = (uint16_t)(next(&bytes) << 8 | next(&bytes)),
		.container_port = (uint16_t)(next(&bytes) << 8 | next(&bytes)),
		.target = next_addr(&bytes, flags & 64),
	};
	ruleset_add_network(&elems, &network);
	ruleset_add_port(&elems, &port, &container);
	ruleset_add_network(&again, &network);
	ruleset_add_port(&again, &port, &container);
	assert(elems.n == again.n);
	for (size_t i = 0; i < elems.n; i++) {
		check_elem(&elems.items[i]);
		/* What is published must be found again by its key to be unpublished. */
		assert(memcmp(elems.items[i].key, again.items[i].key, elems.items[i].key_len) == 0);
	}
	ruleset_elems_done(&elems);
	ruleset_elems_done(&again);
	return 0;
}
