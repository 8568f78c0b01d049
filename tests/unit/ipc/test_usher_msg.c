// SPDX-License-Identifier: GPL-2.0-or-later
// test_usher_msg.c - messages between plumber and usher: what is written is read, and nothing else
#include "ipc/usher_msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint8_t space[IPC_MSG_MAX];
static struct usher_config config, config_read;
static struct usher_admitted admitted, admitted_read;

/* Reads the message at every length but its own, and one byte longer: all must fail. before: bytes
 * of its type. */
#define ASSERT_EXACT(written, before, get, ret)                                                    \
	do {                                                                                       \
		for (size_t len_ = (before); len_ <= (written)->pos + 1; len_++) {                 \
			uint8_t *copy_ = malloc(len_ > 0 ? len_ : 1);                              \
			struct wire reader_;                                                       \
                                                                                                   \
			assert_non_null(copy_);                                                    \
			memcpy(copy_, space, len_);                                                \
			reader_ = wire_reader(copy_, len_);                                        \
			reader_.pos = (before);                                                    \
			get(&reader_, ret);                                                        \
			assert_int_equal(reader_.err, len_ == (written)->pos ? 0 : -EBADMSG);      \
			free(copy_);                                                               \
		}                                                                                  \
		struct wire last_ = wire_reader(space, (written)->pos);                            \
		last_.pos = (before);                                                              \
		get(&last_, ret);                                                                  \
	} while (0)

static void a_config_is_read_as_written(void **state)
{
	struct wire wire = wire_writer(space, sizeof(space));

	(void)state;
	config = (struct usher_config) { .version = USHER_VERSION,
					 .ca = "the ca",
					 .ca_key = "its key",
					 .cert = "a certificate",
					 .key = "a key",
					 .secret = "secret",
					 .expires = 1ULL << 40,
					 .n_old = 2,
					 .old = { "one", "two" },
					 .members = { .n = 1, .urls = { "https://192.0.2.1:1" } },
					 .valid_s = 3600,
					 .n_revoked = 2,
					 .revoked = { "07", "4dc9" } };
	usher_msg_put_config(&wire, &config);
	assert_int_equal(wire.err, 0);
	assert_int_equal(space[0], USHER_CONFIG);
	ASSERT_EXACT(&wire, 1, usher_msg_get_config, &config_read);
	assert_memory_equal(&config, &config_read, sizeof(config));
}

static void a_cluster_without_members_is_none(void **state)
{
	struct wire wire = wire_writer(space, sizeof(space)), reader;

	(void)state;
	config = (struct usher_config) { .version = USHER_VERSION };
	usher_msg_put_config(&wire, &config);
	reader = wire_reader(space, wire.pos);
	reader.pos = 1;
	usher_msg_get_config(&reader, &config_read);
	assert_int_equal(reader.err, -EBADMSG);
}

static void what_is_asked_is_read_as_written(void **state)
{
	struct usher_ask ask = { .digest = "12", .secret = "ab", .port = 7 }, is = { 0 };
	struct wire wire = wire_writer(space, sizeof(space));

	(void)state;
	assert_int_equal(addr_parse("2001:db8::1", &ask.addr), 0);
	usher_msg_put_ask(&wire, &ask);
	assert_int_equal(wire.err, 0);
	ASSERT_EXACT(&wire, 0, usher_msg_get_ask, &is);
	assert_memory_equal(&ask, &is, sizeof(ask));
}

static void what_is_to_be_renewed_is_read_as_written(void **state)
{
	static struct usher_renew renew = { .ca = "the ca", .cert = "a cert", .key = "a key" }, is;
	struct wire wire = wire_writer(space, sizeof(space)), reader;

	(void)state;
	renew.port = 7;
	usher_msg_put_renew(&wire, &renew);
	reader = wire_reader(space, wire.pos);
	usher_msg_get_renew(&reader, &is);
	assert_int_equal(reader.err, -EBADMSG); /* nobody is to be asked */
	assert_int_equal(addr_parse("2001:db8::1", &renew.addr), 0);
	wire = wire_writer(space, sizeof(space));
	usher_msg_put_renew(&wire, &renew);
	assert_int_equal(wire.err, 0);
	ASSERT_EXACT(&wire, 0, usher_msg_get_renew, &is);
	assert_memory_equal(&renew, &is, sizeof(renew));
}

static void what_came_of_it_is_read_as_written(void **state)
{
	struct wire wire = wire_writer(space, sizeof(space));

	(void)state;
	admitted = (struct usher_admitted) { .ca = "the ca",
					     .cert = "a certificate",
					     .key = "a key",
					     .members = { .n = 2, .urls = { "a", "b" } } };
	assert_int_equal(addr_parse("192.0.2.7", &admitted.own), 0);
	assert_int_equal(addr_parse("2001:db8::7", &admitted.serves), 0);
	(void)strcpy(admitted.serving, "another certificate");
	usher_msg_put_admitted(&wire, &admitted);
	assert_int_equal(wire.err, 0);
	ASSERT_EXACT(&wire, 0, usher_msg_get_admitted, &admitted_read);
	assert_memory_equal(&admitted, &admitted_read, sizeof(admitted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_config_is_read_as_written),
		cmocka_unit_test(a_cluster_without_members_is_none),
		cmocka_unit_test(what_is_asked_is_read_as_written),
		cmocka_unit_test(what_is_to_be_renewed_is_read_as_written),
		cmocka_unit_test(what_came_of_it_is_read_as_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
