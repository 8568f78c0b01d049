// SPDX-License-Identifier: GPL-2.0-or-later
// test_keeper_msg.c - messages between plumber and keeper: what is written is read, and nothing
// else
#include "ipc/keeper_msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint8_t space[IPC_MSG_MAX];
static struct keeper_config config, config_read;
static struct keeper_made made, made_read;
static struct keeper_revoked revoked, revoked_read;

/* Reads the message at every length but its own, and one byte longer: all must fail. */
#define ASSERT_EXACT(written, get, ret)                                                            \
	do {                                                                                       \
		for (size_t len_ = 1; len_ <= (written)->pos + 1; len_++) {                        \
			uint8_t *copy_ = malloc(len_);                                             \
			struct wire reader_;                                                       \
                                                                                                   \
			assert_non_null(copy_);                                                    \
			memcpy(copy_, space, len_);                                                \
			reader_ = wire_reader(copy_, len_);                                        \
			reader_.pos = 1;                                                           \
			get(&reader_, ret);                                                        \
			assert_int_equal(reader_.err, len_ == (written)->pos ? 0 : -EBADMSG);      \
			free(copy_);                                                               \
		}                                                                                  \
		struct wire last_ = wire_reader(space, (written)->pos);                            \
		last_.pos = 1;                                                                     \
		get(&last_, ret);                                                                  \
	} while (0)

static void fill_config(void)
{
	config = (struct keeper_config) { .version = KEEPER_VERSION, .host = "alpha", .id = "ab" };
	assert_int_equal(addr_parse("192.0.2.1", &config.addrs[FAMILY_4]), 0);
	assert_int_equal(addr_parse("2001:db8::1", &config.addrs[FAMILY_6]), 0);
	config.trust = (struct keeper_trust) { .ca = "the ca", .cert = "a", .key = "the key" };
}

static void a_config_is_read_as_written(void **state)
{
	struct wire wire = wire_writer(space, sizeof(space));

	(void)state;
	fill_config();
	keeper_msg_put_config(&wire, &config);
	assert_int_equal(wire.err, 0);
	assert_int_equal(space[0], KEEPER_CONFIG);
	ASSERT_EXACT(&wire, keeper_msg_get_config, &config_read);
	assert_memory_equal(&config, &config_read, sizeof(config));
}

static int read_again(void)
{
	struct wire wire = wire_writer(space, sizeof(space)), reader;

	keeper_msg_put_config(&wire, &config);
	assert_int_equal(wire.err, 0);
	reader = wire_reader(space, wire.pos);
	reader.pos = 1;
	keeper_msg_get_config(&reader, &config_read);
	return reader.err;
}

static void an_address_is_where_its_family_belongs_and_there_is_one(void **state)
{
	(void)state;
	fill_config();
	config.addrs[FAMILY_6] = config.addrs[FAMILY_4];
	assert_int_equal(read_again(), -EBADMSG);
	config.addrs[FAMILY_6] = (struct addr) { 0 };
	assert_int_equal(read_again(), 0);
	config.addrs[FAMILY_4] = (struct addr) { 0 };
	assert_int_equal(read_again(), -EBADMSG);
}

static void a_seat_comes_behind_what_a_keeper_without_one_reads(void **state)
{
	struct wire wire = wire_writer(space, sizeof(space)), reader;
	size_t without;

	(void)state;
	fill_config();
	keeper_msg_put_config(&wire, &config);
	without = wire.pos;
	(void)strcpy(config.seat, "alpha=https://192.0.2.1:2390");
	assert_int_equal(read_again(), 0);
	assert_memory_equal(&config, &config_read, sizeof(config));
	/* Cut anywhere behind the rest, it is nothing; one of no characters is none. */
	for (size_t len = without + 1; len < without + 2 + strlen(config.seat); len++) {
		reader = wire_reader(space, len);
		reader.pos = 1;
		keeper_msg_get_config(&reader, &config_read);
		assert_int_equal(reader.err, -EBADMSG);
	}
	memset(space + without, 0, 2);
	reader = wire_reader(space, without + 2);
	reader.pos = 1;
	keeper_msg_get_config(&reader, &config_read);
	assert_int_equal(reader.err, -EBADMSG);
}

static void what_is_revoked_is_read_as_written(void **state)
{
	struct wire wire = wire_writer(space, sizeof(space)), reader;

	(void)state;
	revoked = (struct keeper_revoked) { .turn = 2, .n = 2, .serials = { "07", "4dc9" } };
	keeper_msg_put_revoked(&wire, &revoked);
	assert_int_equal(wire.err, 0);
	assert_int_equal(space[0], KEEPER_REVOKED);
	ASSERT_EXACT(&wire, keeper_msg_get_revoked, &revoked_read);
	assert_memory_equal(&revoked, &revoked_read, sizeof(revoked));
	/* As many as there may be fit, and no more. */
	revoked.n = CLUSTER_REVOKED_MAX;
	for (size_t i = 0; i < revoked.n; i++)
		memset(revoked.serials[i], 'f', CLUSTER_SERIAL_LEN_MAX);
	wire = wire_writer(space, sizeof(space));
	keeper_msg_put_revoked(&wire, &revoked);
	assert_int_equal(wire.err, 0);
	reader = wire_reader(space, wire.pos);
	reader.pos = 1;
	keeper_msg_get_revoked(&reader, &revoked_read);
	assert_int_equal(reader.err, 0);
	assert_memory_equal(&revoked, &revoked_read, sizeof(revoked));
	wire = wire_writer(space, sizeof(space));
	wire_put_u8(&wire, 0);
	wire_put_u16(&wire, CLUSTER_REVOKED_MAX + 1);
	for (size_t i = 0; i <= CLUSTER_REVOKED_MAX; i++)
		wire_put_str(&wire, "07");
	reader = wire_reader(space, wire.pos);
	keeper_msg_get_revoked(&reader, &revoked_read);
	assert_int_equal(reader.err, -EBADMSG);
}

static void what_was_made_is_read_as_written(void **state)
{
	struct wire wire = wire_writer(space, sizeof(space));

	(void)state;
	made = (struct keeper_made) { .trust = { .ca = "the ca", .cert = "b", .key = "c" },
				      .ca_key = "its key",
				      .digest = "ab12" };
	keeper_msg_put_made(&wire, &made);
	assert_int_equal(wire.err, 0);
	assert_int_equal(space[0], KEEPER_MADE);
	ASSERT_EXACT(&wire, keeper_msg_get_made, &made_read);
	assert_memory_equal(&made, &made_read, sizeof(made));
}

static void a_state_is_read_as_written(void **state)
{
	struct keeper_state was = { .pid = 77, .why = "etcd has ended" }, is = { 0 };
	struct wire wire = wire_writer(space, sizeof(space));

	(void)state;
	keeper_msg_put_state(&wire, &was);
	assert_int_equal(wire.err, 0);
	assert_int_equal(space[0], KEEPER_STATE);
	ASSERT_EXACT(&wire, keeper_msg_get_state, &is);
	assert_memory_equal(&was, &is, sizeof(was));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_config_is_read_as_written),
		cmocka_unit_test(an_address_is_where_its_family_belongs_and_there_is_one),
		cmocka_unit_test(a_seat_comes_behind_what_a_keeper_without_one_reads),
		cmocka_unit_test(what_is_revoked_is_read_as_written),
		cmocka_unit_test(what_was_made_is_read_as_written),
		cmocka_unit_test(a_state_is_read_as_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
