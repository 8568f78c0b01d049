// SPDX-License-Identifier: GPL-2.0-or-later
// test_msg.c - messages between plumber and resolver: what is written is read, and nothing else
#include "ipc/msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t space[IPC_MSG_MAX];

/* A reader over an exact-size heap copy, so that one byte too far is seen. */
static struct wire copy_of(const struct wire *written, size_t len, uint8_t **ret_copy)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	assert_int_equal(written->err, 0);
	assert_non_null(copy);
	memcpy(copy, written->data, len);
	*ret_copy = copy;
	struct wire reader = wire_reader(copy, len);

	(void)wire_u8(&reader);
	return reader;
}

/* Reads the message at every length but its own, and one byte longer: all must fail. */
#define ASSERT_EXACT(written, get, type)                                                           \
	do {                                                                                       \
		for (size_t len_ = 1; len_ <= (written)->pos + 1; len_++) {                        \
			uint8_t *copy_;                                                            \
			struct wire reader_ = copy_of(written, len_, &copy_);                      \
			type value_ = { 0 };                                                       \
                                                                                                   \
			get(&reader_, &value_);                                                    \
			assert_int_equal(reader_.err, len_ == (written)->pos ? 0 : -EBADMSG);      \
			free(copy_);                                                               \
		}                                                                                  \
	} while (0)

static struct addr address(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static void hello_is_read_as_written(void **state)
{
	struct ipc_hello hello = { .version = IPC_VERSION, .pid = 12345 }, read = { 0 };
	struct wire wire = wire_writer(space, sizeof(space)), reader;
	uint8_t *copy;

	(void)state;
	ipc_put_hello(&wire, &hello);
	assert_int_equal(space[0], IPC_HELLO);
	reader = copy_of(&wire, wire.pos, &copy);
	ipc_get_hello(&reader, &read);
	assert_int_equal(read.version, IPC_VERSION);
	assert_int_equal(read.pid, 12345);
	free(copy);
	ASSERT_EXACT(&wire, ipc_get_hello, struct ipc_hello);
}

static void a_number_is_read_as_written(void **state)
{
	struct wire wire = wire_writer(space, sizeof(space)), reader;
	uint32_t read = 0;
	uint8_t *copy;

	(void)state;
	ipc_put_number(&wire, IPC_KEEP_VIEW, 0x12345678);
	assert_int_equal(space[0], IPC_KEEP_VIEW);
	reader = copy_of(&wire, wire.pos, &copy);
	ipc_get_number(&reader, &read);
	assert_int_equal(read, 0x12345678);
	free(copy);
	ASSERT_EXACT(&wire, ipc_get_number, uint32_t);
}

static void a_flow_is_read_as_written(void **state)
{
	struct ipc_flow flow = { .number = 7,
				 .protocol = IPPROTO_UDP,
				 .listen = address("::1"),
				 .listen_port = 8080,
				 .n_state = 3,
				 .state = { 1, 2, 3 } };
	struct ipc_flow read = { 0 };
	struct wire wire = wire_writer(space, sizeof(space)), reader;
	uint8_t again[64], *copy;
	struct wire rewritten = wire_writer(again, sizeof(again));

	(void)state;
	ipc_put_flow(&wire, &flow);
	reader = copy_of(&wire, wire.pos, &copy);
	ipc_get_flow(&reader, &read);
	free(copy);
	assert_int_equal(read.number, flow.number);
	assert_int_equal(read.listen_port, flow.listen_port);
	assert_int_equal(ipc_flow_n_fds(&read), IPC_FLOW_FDS_UDP);
	/* The structures have holes: what they say is compared. */
	ipc_put_flow(&rewritten, &read);
	assert_int_equal(rewritten.pos, wire.pos);
	assert_memory_equal(again, space, wire.pos);
	ASSERT_EXACT(&wire, ipc_get_flow, struct ipc_flow);
	flow.n_state = IPC_FLOW_STATE_MAX + 1;
	wire = wire_writer(space, sizeof(space));
	ipc_put_flow(&wire, &flow);
	assert_int_equal(wire.err, -EMSGSIZE);
}

static void config_is_read_as_written(void **state)
{
	struct ipc_config config = { .ttl_s = 30,
				     .forward_single = true,
				     .n_upstreams = 2,
				     .upstreams = { address("192.0.2.1"), address("fe80::1") },
				     .upstream_ports = { 53, 5353 },
				     .upstream_zones = { 0, 7 } };
	struct ipc_config read = { 0 };
	struct wire wire = wire_writer(space, sizeof(space)), reader;
	uint8_t *copy;

	(void)state;
	ipc_put_config(&wire, &config);
	reader = copy_of(&wire, wire.pos, &copy);
	ipc_get_config(&reader, &read);
	assert_memory_equal(&read, &config, sizeof(config));
	free(copy);
	ASSERT_EXACT(&wire, ipc_get_config, struct ipc_config);
}

static void network_name_and_relay_are_read_as_written(void **state)
{
	struct ipc_network network = { .number = 7, .internal = true, .name = "blue" };
	struct ipc_name name = {
		.network = 7, .name = "Web", .addr = address("10.0.0.2"), .canonical = true
	};
	struct ipc_relay relay = { .number = 3,
				   .protocol = IPPROTO_UDP,
				   .listen = address("::1"),
				   .listen_port = 8080,
				   .target = address("10.0.0.2"),
				   .target_port = 80 };
	struct wire wire;

	(void)state;
	wire = wire_writer(space, sizeof(space));
	ipc_put_network(&wire, IPC_NETWORK_GONE, &network);
	assert_int_equal(space[0], IPC_NETWORK_GONE);
	ASSERT_EXACT(&wire, ipc_get_network, struct ipc_network);

	wire = wire_writer(space, sizeof(space));
	ipc_put_name(&wire, IPC_NAME, &name);
	ASSERT_EXACT(&wire, ipc_get_name, struct ipc_name);
	struct ipc_name name_read = { 0 };
	struct wire reader = wire_reader(space, wire.pos);

	(void)wire_u8(&reader);
	ipc_get_name(&reader, &name_read);
	assert_int_equal(name_read.network, name.network);
	assert_string_equal(name_read.name, name.name);
	assert_memory_equal(&name_read.addr, &name.addr, sizeof(name.addr));
	assert_true(name_read.canonical);

	wire = wire_writer(space, sizeof(space));
	ipc_put_relay(&wire, IPC_RELAY, &relay);
	ASSERT_EXACT(&wire, ipc_get_relay, struct ipc_relay);
	struct ipc_relay relay_read = { 0 };

	reader = wire_reader(space, wire.pos);
	(void)wire_u8(&reader);
	ipc_get_relay(&reader, &relay_read);
	assert_int_equal(relay_read.number, relay.number);
	assert_int_equal(relay_read.protocol, relay.protocol);
	assert_memory_equal(&relay_read.listen, &relay.listen, sizeof(relay.listen));
	assert_int_equal(relay_read.listen_port, relay.listen_port);
	assert_memory_equal(&relay_read.target, &relay.target, sizeof(relay.target));
	assert_int_equal(relay_read.target_port, relay.target_port);
}

static void fill_view(struct ipc_view *view)
{
	*view = (struct ipc_view) { .number = 9,
				    .port = 34567,
				    .netns_inode = 4026531840,
				    .forward = true,
				    .n_networks = NETWORKS_PER_CONTAINER_MAX,
				    .n_upstreams = DNS_SERVERS_MAX,
				    .n_links = LINKS_MAX };
	memset(view->name, 'n', NAME_LEN_MAX);
	for (uint32_t i = 0; i < view->n_networks; i++)
		view->networks[i] = 100 + i;
	for (uint8_t i = 0; i < view->n_upstreams; i++)
		view->upstreams[i] = address("2001:db8::53");
	view->links = calloc(LINKS_MAX, sizeof(*view->links));
	assert_non_null(view->links);
	for (int i = 0; i < LINKS_MAX; i++) {
		memset(view->links[i].alias, 'a', NAME_LEN_MAX);
		memset(view->links[i].target, 't', NAME_LEN_MAX);
		view->links[i].network = 100u + (uint32_t)i;
	}
}

static void the_largest_view_fits_a_message(void **state)
{
	struct ipc_view view, read = { 0 };
	struct wire wire = wire_writer(space, sizeof(space)), reader;
	uint8_t *copy;

	(void)state;
	fill_view(&view);
	ipc_put_view(&wire, IPC_VIEW, &view);
	reader = copy_of(&wire, wire.pos, &copy);
	ipc_get_view(&reader, &read);
	assert_int_equal(reader.err, 0);
	assert_int_equal(read.number, 9);
	assert_int_equal(read.netns_inode, 4026531840);
	assert_memory_equal(read.networks, view.networks, sizeof(view.networks));
	assert_memory_equal(read.upstreams, view.upstreams, sizeof(view.upstreams));
	assert_memory_equal(read.links, view.links, LINKS_MAX * sizeof(*view.links));
	ipc_view_done(&read);
	assert_null(read.links);
	free(copy);
	/* Cut anywhere it is refused, and nothing leaks. */
	for (size_t len = 1; len < wire.pos; len += 97) {
		reader = copy_of(&wire, len, &copy);
		ipc_get_view(&reader, &read);
		assert_int_equal(reader.err, -EBADMSG);
		assert_null(read.links);
		free(copy);
	}
	ipc_view_done(&view);
}

/* Each changes one byte of a good message. */
static void values_out_of_range_are_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *what;
	} cases[] = {
		{ 21, 2, "a bool that is neither" },
		{ 22, NETWORKS_PER_CONTAINER_MAX + 1, "too many networks" },
		{ 27, DNS_SERVERS_MAX + 1, "too many upstreams" },
		{ 28, 5, "an address of five bytes" },
		{ 33, LINKS_MAX + 1, "too many links" },
		{ 16, 250, "a name that is too long" },
		{ 17, 0, "a NUL inside a name" },
	};
	struct ipc_view view = { .number = 1,
				 .name = "four",
				 .n_networks = 1,
				 .n_upstreams = 1,
				 .upstreams = { address("192.0.2.1") } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire wire = wire_writer(space, sizeof(space)), reader;
		struct ipc_view read = { 0 };
		uint8_t *copy;

		ipc_put_view(&wire, IPC_VIEW, &view);
		assert_int_equal(wire.pos, 34);
		space[cases[i].at] = cases[i].value;
		reader = copy_of(&wire, wire.pos, &copy);
		ipc_get_view(&reader, &read);
		if (reader.err != -EBADMSG)
			fail_msg("%s was accepted", cases[i].what);
		free(copy);
	}
}

static void the_writer_refuses_what_the_reader_would(void **state)
{
	struct ipc_view view = { .n_networks = NETWORKS_PER_CONTAINER_MAX + 1 };
	struct ipc_config config = { .n_upstreams = DNS_SERVERS_MAX + 1 };
	struct wire wire = wire_writer(space, sizeof(space));

	(void)state;
	ipc_put_view(&wire, IPC_VIEW, &view);
	assert_int_equal(wire.err, -EMSGSIZE);
	wire = wire_writer(space, sizeof(space));
	ipc_put_config(&wire, &config);
	assert_int_equal(wire.err, -EMSGSIZE);
	wire = wire_writer(space, 8);
	ipc_put_hello(&wire, &(struct ipc_hello) { 0 });
	assert_int_equal(wire.err, -EMSGSIZE);
}

static void a_query_carries_its_message(void **state)
{
	struct ipc_query query = {
		.id = 4, .view = 2, .len = 5, .message = (const uint8_t *)"12345"
	};
	struct ipc_query read = { 0 };
	struct wire wire = wire_writer(space, sizeof(space)), reader;
	uint8_t *copy;

	(void)state;
	ipc_put_query(&wire, IPC_QUERY, &query);
	reader = copy_of(&wire, wire.pos, &copy);
	ipc_get_query(&reader, &read);
	assert_int_equal(reader.err, 0);
	assert_int_equal(read.len, 5);
	assert_memory_equal(read.message, "12345", 5);
	free(copy);
	ASSERT_EXACT(&wire, ipc_get_query, struct ipc_query);
}

static void a_call_carries_what_is_asked(void **state)
{
	struct ipc_call call = {
		.id = 4, .what = 65535, .len = 5, .body = (const uint8_t *)"12345"
	};
	struct ipc_call read = { 0 };
	struct wire wire = wire_writer(space, sizeof(space)), reader;
	uint8_t *copy;

	(void)state;
	ipc_put_call(&wire, IPC_REPLY, &call);
	reader = copy_of(&wire, wire.pos, &copy);
	ipc_get_call(&reader, &read);
	assert_int_equal(reader.err, 0);
	assert_int_equal(read.id, 4);
	assert_int_equal(read.what, 65535);
	assert_int_equal(read.len, 5);
	assert_memory_equal(read.body, "12345", 5);
	free(copy);
	ASSERT_EXACT(&wire, ipc_get_call, struct ipc_call);
}

static void stats_are_read_as_written(void **state)
{
	struct ipc_stats stats = { 1, 2, 3, 4, 5, 6, 7, 8, 9, UINT64_MAX, 11, 12, 13, 14, 15, 16 },
			 read = { 0 };
	struct wire wire = wire_writer(space, sizeof(space)), reader;

	(void)state;
	ipc_put_stats(&wire, &stats);
	reader = wire_reader(space, wire.pos);
	(void)wire_u8(&reader);
	ipc_get_stats(&reader, &read);
	assert_memory_equal(&read, &stats, sizeof(stats));
	ASSERT_EXACT(&wire, ipc_get_stats, struct ipc_stats);
}

static void figures_are_read_as_written(void **state)
{
	struct ipc_figures figures = { .n_upstreams = 1 }, read = { 0 };
	struct wire wire = wire_writer(space, sizeof(space)), reader;

	(void)state;
	for (unsigned i = 0; i < IPC_DNS_SOURCES; i++) {
		for (unsigned k = 0; k < IPC_DNS_CODES; k++)
			figures.dns.answers[i][k] = 100 * i + k;
		for (unsigned k = 0; k <= HISTOGRAM_BOUNDS; k++)
			figures.dns.took[i].n[k] = 1000 * i + k;
		figures.dns.took[i].sum_us = UINT64_MAX - i;
	}
	figures.upstreams[0] = (struct ipc_upstream) { address("192.0.2.1"), 5353, true, 77 };
	ipc_put_figures(&wire, &figures);
	reader = wire_reader(space, wire.pos);
	assert_int_equal(wire_u8(&reader), IPC_FIGURES);
	ipc_get_figures(&reader, &read);
	assert_int_equal(reader.err, 0);
	assert_memory_equal(&read.dns, &figures.dns, sizeof(read.dns));
	assert_int_equal(read.n_upstreams, 1);
	assert_true(addr_equal(&read.upstreams[0].addr, &figures.upstreams[0].addr));
	assert_int_equal(read.upstreams[0].port, 5353);
	assert_true(read.upstreams[0].is_up);
	assert_int_equal(read.upstreams[0].n_failures, 77);
	ASSERT_EXACT(&wire, ipc_get_figures, struct ipc_figures);
	figures.n_upstreams = DNS_SERVERS_MAX + 1;
	wire = wire_writer(space, sizeof(space));
	ipc_put_figures(&wire, &figures);
	assert_int_equal(wire.err, -EMSGSIZE);
}

static void what_views_have_asked_is_read_as_written(void **state)
{
	static struct ipc_asked asked, read;
	struct wire wire = wire_writer(space, sizeof(space)), reader;

	(void)state;
	asked.n = IPC_ASKED_MAX;
	for (unsigned i = 0; i < IPC_ASKED_MAX; i++)
		asked.views[i] = (struct ipc_asked_view) { i + 1, UINT64_MAX - i, i };
	ipc_put_asked(&wire, &asked);
	reader = wire_reader(space, wire.pos);
	assert_int_equal(wire_u8(&reader), IPC_ASKED);
	ipc_get_asked(&reader, &read);
	assert_int_equal(reader.err, 0);
	assert_int_equal(read.n, IPC_ASKED_MAX);
	for (unsigned i = 0; i < IPC_ASKED_MAX; i++) {
		assert_int_equal(read.views[i].number, asked.views[i].number);
		assert_int_equal(read.views[i].n_queries, asked.views[i].n_queries);
		assert_int_equal(read.views[i].n_failed, asked.views[i].n_failed);
	}
	ASSERT_EXACT(&wire, ipc_get_asked, struct ipc_asked);
	space[1] = 0xff; /* more than there may be, whichever byte comes first */
	space[2] = 0xff;
	reader = wire_reader(space, wire.pos);
	(void)wire_u8(&reader);
	ipc_get_asked(&reader, &read);
	assert_int_equal(reader.err, -EBADMSG);
	assert_int_equal(read.n, 0);
}

static void sockets_are_read_as_written_and_fit_a_message(void **state)
{
	struct ipc_sockets sockets = { .view = 9, .n = { 24, 24, 8, 8 } }, read = { 0 };
	struct wire wire = wire_writer(space, sizeof(space)), reader;

	(void)state;
	ipc_put_sockets(&wire, &sockets);
	reader = wire_reader(space, wire.pos);
	assert_int_equal(wire_u8(&reader), IPC_SOCKETS);
	ipc_get_sockets(&reader, &read);
	assert_int_equal(reader.err, 0);
	assert_memory_equal(&read, &sockets, sizeof(sockets));
	ASSERT_EXACT(&wire, ipc_get_sockets, struct ipc_sockets);
	space[wire.pos - 1]++; /* one descriptor too many */
	reader = wire_reader(space, wire.pos);
	(void)wire_u8(&reader);
	ipc_get_sockets(&reader, &read);
	assert_int_equal(reader.err, -EBADMSG);
	sockets.n[0]++;
	wire = wire_writer(space, sizeof(space));
	ipc_put_sockets(&wire, &sockets);
	assert_int_equal(wire.err, -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello_is_read_as_written),
		cmocka_unit_test(a_number_is_read_as_written),
		cmocka_unit_test(a_flow_is_read_as_written),
		cmocka_unit_test(config_is_read_as_written),
		cmocka_unit_test(network_name_and_relay_are_read_as_written),
		cmocka_unit_test(the_largest_view_fits_a_message),
		cmocka_unit_test(values_out_of_range_are_refused),
		cmocka_unit_test(the_writer_refuses_what_the_reader_would),
		cmocka_unit_test(a_query_carries_its_message),
		cmocka_unit_test(a_call_carries_what_is_asked),
		cmocka_unit_test(stats_are_read_as_written),
		cmocka_unit_test(figures_are_read_as_written),
		cmocka_unit_test(what_views_have_asked_is_read_as_written),
		cmocka_unit_test(sockets_are_read_as_written_and_fit_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
