// SPDX-License-Identifier: GPL-2.0-or-later
// test_cluster_record.c - records: byte for byte as JSON, whole as bytes, and nothing else is taken
#include "model/cluster/cluster_record.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#define ID "abababababababababababababababababababababababababababababababab"
#define C "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"

#define NET                                                                                        \
	"{\"Id\":\"" ID "\",\"Vni\":4097,\"Mtu\":0,\"Internal\":true,\"Icc\":false,\"Encrypt\":"   \
	"false,\"IPv4\":{\"Subnet\":\"10.5.0.0/16\",\"Gateway\":\"10.5.0.1\"},\"IPv6\":{"          \
	"\"Subnet\":\"fd00:5::/64\"}}"
#define HOST                                                                                       \
	"{\"Id\":\"" ID "\",\"IPv4\":\"192.0.2.1\",\"IPv6\":\"2001:db8::1\",\"Version\":"          \
	"\"0.1.0\"}"
#define NUMBERED                                                                                   \
	"{\"Id\":\"" ID "\",\"IPv4\":\"192.0.2.1\",\"Version\":\"0.1.0\",\"LetsIn\":true,"         \
	"\"Serials\":["                                                                            \
	"\"4dc9faf9d610d03c915ef3773bf3114de15a6662\",\"07\"],\"Ends\":2112345678}"
#define ENDING                                                                                     \
	"{\"Id\":\"" ID "\",\"IPv4\":\"192.0.2.1\",\"Version\":\"0.1.0\",\"Ends\":2112345678}"
#define LACKING                                                                                    \
	"{\"Id\":\"" ID "\",\"IPv4\":\"192.0.2.1\",\"Version\":\"0.1.0\",\"Unpublished\":["        \
	"{\"Service\":\"web\",\"Protocol\":\"tcp\",\"Port\":8080,\"Why\":\"python3 has it\"},"     \
	"{\"Service\":\"dns\",\"Protocol\":\"udp\",\"Port\":53,\"Why\":\"\"}]}"
#define HOST_LACKS(list)                                                                           \
	"{\"Id\":\"" ID "\",\"IPv4\":\"192.0.2.1\",\"Version\":\"1\",\"Unpublished\":" list "}"
#define END                                                                                        \
	"{\"IPv4\":\"10.5.0.65\",\"Mac\":\"02:42:0a:05:00:41\",\"Name\":\"web\",\"Aliases\":["     \
	"\"www\",\"we\\\"b\"],\"Services\":[\"shop\"]}"
#define SVC                                                                                        \
	"{\"Network\":\"" ID "\",\"IPv4\":\"10.5.255.1\",\"Affinity\":true,\"Ports\":[{"           \
	"\"Protocol\":\"tcp\",\"Port\":80,\"Target\":8080,\"Publish\":0}]}"

static const struct {
	const char *key, *value;
} records[] = {
	{ "/netd/v1/net/backend", NET },
	{ "/netd/v1/block/" ID "/10.5.0.64", "{\"Host\":\"alpha\"}" },
	{ "/netd/v1/host/alpha", HOST },
	{ "/netd/v1/alive/alpha", "{\"Id\":\"" ID "\"}" },
	{ "/netd/v1/end/alpha/" ID "/" C, END },
	{ "/netd/v1/svc/shop", SVC },
	{ "/netd/v1/revoked/4dc9", "{\"Host\":\"alpha\"}" },
	{ "/netd/v1/revoked/4d", "{\"Host\":\"alpha\",\"Ends\":2112345678}" },
	{ "/netd/v1/host/beta", NUMBERED },
	{ "/netd/v1/host/gamma", LACKING },
	{ "/netd/v1/host/delta", ENDING },
};

static int read_text(const char *key_text, const char *value, struct cluster_record *ret_record)
{
	struct cluster_key key;
	size_t len = strlen(value);
	char *copy = malloc(len > 0 ? len : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, value, len);
	assert_int_equal(cluster_key_parse(key_text, strlen(key_text), &key), 0);
	err = cluster_record_read(&key, copy, len, ret_record);
	free(copy);
	return err;
}

/* Member by member: what stands behind the names that there are is nobody's business. */
static bool is_same_end(const struct cluster_end *a, const struct cluster_end *b)
{
	if (memcmp(a->addrs, b->addrs, sizeof(a->addrs)) != 0 ||
	    memcmp(&a->mac, &b->mac, sizeof(a->mac)) != 0 || strcmp(a->name, b->name) != 0 ||
	    a->n_aliases != b->n_aliases || a->n_services != b->n_services)
		return false;
	for (size_t i = 0; i < a->n_aliases; i++)
		if (strcmp(a->aliases[i], b->aliases[i]) != 0)
			return false;
	for (size_t i = 0; i < a->n_services; i++)
		if (strcmp(a->services[i], b->services[i]) != 0)
			return false;
	return true;
}

static bool is_same_host(const struct cluster_host *a, const struct cluster_host *b)
{
	if (memcmp(a, b, offsetof(struct cluster_host, refused)) != 0)
		return false;
	for (size_t i = 0; i < a->n_refused; i++)
		if (strcmp(a->refused[i].service, b->refused[i].service) != 0 ||
		    a->refused[i].protocol != b->refused[i].protocol ||
		    a->refused[i].port != b->refused[i].port ||
		    strcmp(a->refused[i].why, b->refused[i].why) != 0)
			return false;
	return true;
}

static bool is_same(const struct cluster_record *a, const struct cluster_record *b)
{
	if (memcmp(&a->key, &b->key, sizeof(a->key)) != 0)
		return false;
	if (a->key.kind == CLUSTER_HOST)
		return is_same_host(&a->host, &b->host);
	return a->key.kind == CLUSTER_END ? is_same_end(&a->end, &b->end)
					  : memcmp(&a->svc, &b->svc, sizeof(a->svc)) == 0;
}

static void a_record_is_written_as_it_was_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		struct cluster_record record;
		struct buf text = { 0 };

		assert_int_equal(read_text(records[i].key, records[i].value, &record), 0);
		cluster_record_write(&record, &text);
		assert_int_equal(text.err, 0);
		assert_string_equal(text.data, records[i].value);
		buf_done(&text);
	}
}

static void its_members_are_what_it_says(void **state)
{
	struct cluster_record record;

	(void)state;
	assert_int_equal(read_text(records[0].key, NET, &record), 0);
	assert_int_equal(record.net.vni, 4097);
	assert_true(record.net.internal);
	assert_false(record.net.icc);
	assert_string_equal(PREFIX_STR(&record.net.subnets[FAMILY_6].prefix), "fd00:5::/64");
	assert_string_equal(ADDR_STR(&record.net.subnets[FAMILY_4].gateway), "10.5.0.1");
	assert_false(addr_is_set(&record.net.subnets[FAMILY_6].gateway));
	assert_int_equal(read_text(records[4].key, END, &record), 0);
	assert_string_equal(record.end.aliases[1], "we\"b");
	assert_int_equal(record.end.n_services, 1);
	assert_string_equal(MAC_STR(&record.end.mac), "02:42:0a:05:00:41");
	assert_int_equal(read_text(records[5].key, SVC, &record), 0);
	assert_int_equal(record.svc.ports[0].target, 8080);
	assert_int_equal(record.svc.ports[0].protocol, IPPROTO_TCP);
}

static void members_of_a_newer_netd_are_passed_over(void **state)
{
	struct cluster_record record;

	(void)state;
	assert_int_equal(read_text("/netd/v1/block/" ID "/10.5.0.64",
				   "{\"New\":[1,{\"Host\":\"beta\"}],\"Host\":\"alpha\"}", &record),
			 0);
	assert_string_equal(record.holder, "alpha");
}

static void what_is_no_record_is_refused(void **state)
{
	static const struct {
		const char *key, *value;
	} wrong[] = {
		{ "/netd/v1/alive/a", "" },
		{ "/netd/v1/alive/a", "[]" },
		{ "/netd/v1/alive/a", "{}" },
		{ "/netd/v1/alive/a", "{\"Id\":7}" },
		{ "/netd/v1/alive/a", "{\"Id\":\"" ID "0\"}" },
		{ "/netd/v1/alive/a", "{\"Id\":\"" ID "\"} x" },
		{ "/netd/v1/block/" ID "/10.5.0.64", "{\"Host\":\"a/b\"}" },
		/* No address at all; of the other family; nobody's. */
		{ "/netd/v1/host/a", "{\"Id\":\"" ID "\",\"Version\":\"1\"}" },
		{ "/netd/v1/host/a", "{\"Id\":\"" ID "\",\"IPv4\":\"fd00::1\",\"Version\":\"1\"}" },
		{ "/netd/v1/host/a", "{\"Id\":\"" ID "\",\"IPv4\":\"0.0.0.0\",\"Version\":\"1\"}" },
		{ "/netd/v1/host/a",
		  "{\"Id\":\"" ID "\",\"IPv4\":\"127.0.0.1\",\"Version\":\"1\"}" },
		{ "/netd/v1/host/a",
		  "{\"Id\":\"" ID "\",\"IPv4\":\"192.0.2.1\",\"Version\":\"\"}" },
		/* Certificates: no list; a number that is none; more than a host has. */
		{ "/netd/v1/host/a",
		  "{\"Id\":\"" ID
		  "\",\"IPv4\":\"192.0.2.1\",\"Version\":\"1\",\"Serials\":\"07\"}" },
		{ "/netd/v1/host/a",
		  "{\"Id\":\"" ID
		  "\",\"IPv4\":\"192.0.2.1\",\"Version\":\"1\",\"Serials\":[\"7\"]}" },
		{ "/netd/v1/host/a",
		  "{\"Id\":\"" ID "\",\"IPv4\":\"192.0.2.1\",\"Version\":\"1\",\"Serials\":[\"07\","
		  "\"08\",\"09\",\"0a\",\"0b\",\"0c\",\"0d\",\"0e\",\"0f\"]}" },
		/* Ports that it does not publish: no list; no port; a reason that acts on a
		 * terminal; another protocol. */
		{ "/netd/v1/host/a", HOST_LACKS("{}") },
		{ "/netd/v1/host/a", HOST_LACKS("[{\"Service\":\"s\",\"Protocol\":\"tcp\","
						"\"Port\":0,\"Why\":\"w\"}]") },
		{ "/netd/v1/host/a", HOST_LACKS("[{\"Service\":\"s\",\"Protocol\":\"tcp\","
						"\"Port\":1,\"Why\":\"\\u001b[2J\"}]") },
		{ "/netd/v1/host/a", HOST_LACKS("[{\"Service\":\"s\",\"Protocol\":\"sctp\","
						"\"Port\":1,\"Why\":\"w\"}]") },
		{ "/netd/v1/revoked/07", "{\"Host\":\"\"}" },
		{ "/netd/v1/revoked/07", "{\"Host\":\"alpha\",\"Ends\":-1}" },
		{ "/netd/v1/revoked/07", "{\"Host\":\"alpha\",\"Ends\":\"1\"}" },
		/* A number beyond 24 bits; host bits; a gateway that is elsewhere; no subnet. */
		{ "/netd/v1/net/n",
		  "{\"Id\":\"" ID "\",\"Vni\":16777216,\"Mtu\":0,\"Internal\":false,\"Icc\":true,"
		  "\"Encrypt\":false,\"IPv4\":{\"Subnet\":\"10.0.0.0/8\"}}" },
		{ "/netd/v1/net/n",
		  "{\"Id\":\"" ID "\",\"Vni\":1,\"Mtu\":0,\"Internal\":false,\"Icc\":true,"
		  "\"Encrypt\":false,\"IPv4\":{\"Subnet\":\"10.0.0.1/8\"}}" },
		{ "/netd/v1/net/n",
		  "{\"Id\":\"" ID "\",\"Vni\":1,\"Mtu\":0,\"Internal\":false,\"Icc\":true,"
		  "\"Encrypt\":false,\"IPv4\":{\"Subnet\":\"10.0.0.0/"
		  "8\",\"Gateway\":\"11.0.0.1\"}}" },
		{ "/netd/v1/net/n",
		  "{\"Id\":\"" ID "\",\"Vni\":1,\"Mtu\":0,\"Internal\":false,\"Icc\":true,"
		  "\"Encrypt\":false}" },
		/* A group's MAC address; a name with a space; no list. */
		{ "/netd/v1/end/a/" ID "/" C,
		  "{\"IPv4\":\"10.5.0.65\",\"Mac\":\"01:00:5e:00:00:01\",\"Name\":\"w\","
		  "\"Aliases\":[],\"Services\":[]}" },
		{ "/netd/v1/end/a/" ID "/" C,
		  "{\"IPv4\":\"10.5.0.65\",\"Mac\":\"02:00:00:00:00:01\",\"Name\":\"w\","
		  "\"Aliases\":[\"a b\"],\"Services\":[]}" },
		{ "/netd/v1/end/a/" ID "/" C,
		  "{\"IPv4\":\"10.5.0.65\",\"Mac\":\"02:00:00:00:00:01\",\"Name\":\"w\","
		  "\"Aliases\":{},\"Services\":[]}" },
		{ "/netd/v1/svc/s",
		  "{\"Network\":\"" ID "\",\"IPv4\":\"10.5.0.65\",\"Affinity\":false,\"Ports\":[{"
		  "\"Protocol\":\"sctp\",\"Port\":1,\"Target\":1,\"Publish\":0}]}" },
		{ "/netd/v1/svc/s",
		  "{\"Network\":\"" ID "\",\"IPv4\":\"10.5.0.65\",\"Affinity\":false,\"Ports\":[{"
		  "\"Protocol\":\"tcp\",\"Port\":0,\"Target\":1,\"Publish\":0}]}" },
	};
	struct cluster_record record;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(read_text(wrong[i].key, wrong[i].value, &record), -EINVAL);
}

static void write_aliases(struct buf *out, size_t n)
{
	buf_puts(out, "{\"IPv4\":\"10.5.0.65\",\"Mac\":\"02:00:00:00:00:01\",\"Name\":\"w\","
		      "\"Services\":[],\"Aliases\":[");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s\"a%zu\"", i > 0 ? "," : "", i);
	buf_puts(out, "]}");
}

static void there_are_as_many_names_as_there_may_be(void **state)
{
	struct cluster_record record;
	struct buf fits = { 0 }, more = { 0 };

	(void)state;
	write_aliases(&fits, ALIASES_MAX);
	write_aliases(&more, ALIASES_MAX + 1);
	assert_int_equal(read_text("/netd/v1/end/a/" ID "/" C, fits.data, &record), 0);
	assert_int_equal(record.end.n_aliases, ALIASES_MAX);
	assert_int_equal(read_text("/netd/v1/end/a/" ID "/" C, more.data, &record), -EINVAL);
	buf_done(&fits);
	buf_done(&more);
}

/* The largest there can be fits what is said of it in limits.h. */
static void the_largest_record_has_room(void **state)
{
	static uint8_t bytes[CLUSTER_PACKED_MAX];
	struct wire wire = wire_writer(bytes, sizeof(bytes));
	struct cluster_record record, again;
	struct cluster_key key = cluster_key_of_end("alpha", ID, C);
	struct buf text = { 0 };

	(void)state;
	memset(&record, 0, sizeof(record)); /* each name ends */
	cluster_record_init(&record, &key);
	assert_int_equal(addr_parse("10.5.0.65", &record.end.addrs[FAMILY_4]), 0);
	assert_int_equal(addr_parse("fd00::1", &record.end.addrs[FAMILY_6]), 0);
	record.end.mac.bytes[0] = 2;
	memset(record.end.name, 'n', NAME_LEN_MAX);
	record.end.n_aliases = ALIASES_MAX;
	record.end.n_services = CLUSTER_SERVICES_MAX;
	for (size_t i = 0; i < ALIASES_MAX; i++)
		memset(record.end.aliases[i], '"', NAME_LEN_MAX);
	for (size_t i = 0; i < CLUSTER_SERVICES_MAX; i++)
		memset(record.end.services[i], '\\', NAME_LEN_MAX);
	cluster_record_put(&wire, &record);
	assert_int_equal(wire.err, 0);
	cluster_record_write(&record, &text);
	assert_int_equal(cluster_record_read(&key, text.data, text.len, &again), 0);
	assert_true(is_same(&record, &again));
	buf_done(&text);
}

static void bytes_are_read_as_written_and_no_byte_less(void **state)
{
	static uint8_t bytes[CLUSTER_PACKED_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		struct wire wire = wire_writer(bytes, sizeof(bytes)), reader;
		struct cluster_record record, again;

		assert_int_equal(read_text(records[i].key, records[i].value, &record), 0);
		cluster_record_put(&wire, &record);
		assert_int_equal(wire.err, 0);
		for (size_t len = 0; len <= wire.pos; len++) {
			uint8_t *copy = malloc(len > 0 ? len : 1);

			assert_non_null(copy);
			memcpy(copy, bytes, len);
			reader = wire_reader(copy, len);
			cluster_record_get(&reader, &again);
			assert_int_equal(reader.err, len == wire.pos ? 0 : -EBADMSG);
			free(copy);
		}
		assert_true(is_same(&record, &again));
	}
}

static void a_copy_has_all_names_that_there_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		struct cluster_record record, copy;

		assert_int_equal(read_text(records[i].key, records[i].value, &record), 0);
		memset(&copy, 0xa5, sizeof(copy)); /* nothing is counted upon */
		cluster_record_copy(&copy, &record);
		assert_true(is_same(&record, &copy));
	}
}

static void bytes_that_make_no_sense_are_refused(void **state)
{
	static uint8_t bytes[CLUSTER_PACKED_MAX];
	struct wire wire = wire_writer(bytes, sizeof(bytes)), reader;
	struct cluster_record record;

	(void)state;
	assert_int_equal(read_text(records[1].key, records[1].value, &record), 0);
	memset(record.holder, 0, sizeof(record.holder));
	cluster_record_put(&wire, &record);
	reader = wire_reader(bytes, wire.pos);
	cluster_record_get(&reader, &record);
	assert_int_equal(reader.err, -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_written_as_it_was_read),
		cmocka_unit_test(its_members_are_what_it_says),
		cmocka_unit_test(members_of_a_newer_netd_are_passed_over),
		cmocka_unit_test(what_is_no_record_is_refused),
		cmocka_unit_test(there_are_as_many_names_as_there_may_be),
		cmocka_unit_test(the_largest_record_has_room),
		cmocka_unit_test(bytes_are_read_as_written_and_no_byte_less),
		cmocka_unit_test(a_copy_has_all_names_that_there_are),
		cmocka_unit_test(bytes_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
