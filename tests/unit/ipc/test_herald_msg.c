// SPDX-License-Identifier: GPL-2.0-or-later
// test_herald_msg.c - messages between plumber and herald: what is written is read, and nothing
// else
#include "ipc/herald_msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint8_t space[IPC_MSG_MAX];
static struct herald_config config, config_read;
static struct herald_remove removal, removal_read;

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
	config =
		(struct herald_config) { .version = HERALD_VERSION,
					 .follows = true,
					 .joined = true,
					 .host = "alpha",
					 .id = "ab",
					 .n_members = 2,
					 .members = { "https://192.0.2.1:2379", "https://[::1]:1" },
					 .ca = "the ca",
					 .cert = "the certificate",
					 .key = "the key" };
	herald_msg_put_config(&wire, &config);
	assert_int_equal(wire.err, 0);
	ASSERT_EXACT(&wire, 1, herald_msg_get_config, &config_read);
	assert_memory_equal(&config, &config_read, sizeof(config));
}

static void the_largest_config_fits_a_message(void **state)
{
	struct wire wire = wire_writer(space, sizeof(space)), reader;

	(void)state;
	config = (struct herald_config) { .version = HERALD_VERSION,
					  .n_members = CLUSTER_MEMBERS_MAX };
	memset(config.host, 'h', CLUSTER_HOST_LEN_MAX);
	memset(config.id, 'a', ID_LEN);
	for (size_t i = 0; i < CLUSTER_MEMBERS_MAX; i++)
		memset(config.members[i], 'm', CLUSTER_URL_LEN_MAX);
	memset(config.ca, 'c', CLUSTER_PEM_LEN_MAX);
	memset(config.cert, 'd', CLUSTER_PEM_LEN_MAX);
	memset(config.key, 'e', CLUSTER_PEM_LEN_MAX);
	herald_msg_put_config(&wire, &config);
	assert_int_equal(wire.err, 0);
	reader = wire_reader(space, wire.pos);
	(void)wire_u8(&reader);
	herald_msg_get_config(&reader, &config_read);
	assert_int_equal(reader.err, 0);
	assert_memory_equal(&config, &config_read, sizeof(config));
}

static void a_config_without_members_is_refused(void **state)
{
	struct wire wire = wire_writer(space, sizeof(space)), reader;

	(void)state;
	config = (struct herald_config) { .version = HERALD_VERSION };
	herald_msg_put_config(&wire, &config);
	reader = wire_reader(space, wire.pos);
	(void)wire_u8(&reader);
	herald_msg_get_config(&reader, &config_read);
	assert_int_equal(reader.err, -EBADMSG);
}

static void a_state_is_read_as_written(void **state)
{
	struct herald_state written = { HERALD_REMOVED, 1ULL << 40, 3, true, "somebody did" }, read;
	struct wire wire = wire_writer(space, sizeof(space));

	(void)state;
	herald_msg_put_state(&wire, &written);
	ASSERT_EXACT(&wire, 1, herald_msg_get_state, &read);
	assert_int_equal(read.standing, HERALD_REMOVED);
	assert_true(read.revision == 1ULL << 40);
	assert_int_equal(read.member, 3);
	assert_true(read.refused);
	assert_string_equal(read.why, "somebody did");
	space[1] = HERALD_N_STANDINGS;
	wire = wire_reader(space, wire.pos);
	(void)wire_u8(&wire);
	herald_msg_get_state(&wire, &read);
	assert_int_equal(wire.err, -EBADMSG);
}

static void a_removal_is_read_as_written(void **state)
{
	struct wire wire = wire_writer(space, sizeof(space));

	(void)state;
	removal = (struct herald_remove) { .host = "beta",
					   .id = "ab12",
					   .force = true,
					   .last = true,
					   .n_keys = 2,
					   .keys = { "/netd/v1/block/a/10.0.0.0", "b" } };
	herald_msg_put_remove(&wire, &removal);
	ASSERT_EXACT(&wire, 0, herald_msg_get_remove, &removal_read);
	assert_memory_equal(&removal, &removal_read, sizeof(removal));
}

static void members_are_read_as_written(void **state)
{
	static struct herald_members members, read;
	struct wire wire = wire_writer(space, sizeof(space));

	(void)state;
	members = (struct herald_members) {
		.n = 2,
		.all = { { .id = "18446744073709551615",
			   .name = "alpha",
			   .peer = "https://192.0.2.1:2390",
			   .n_urls = 2,
			   .urls = { "https://192.0.2.1:2389", "https://[2001:db8::1]:2389" } },
			 { .id = "7", .peer = "https://192.0.2.2:2390", .learner = true } }
	};
	herald_msg_put_members(&wire, &members);
	assert_int_equal(wire.err, 0);
	ASSERT_EXACT(&wire, 1, herald_msg_get_members, &read);
	assert_memory_equal(&members, &read, sizeof(members));
	members.n = CLUSTER_MEMBERS_MAX + 1;
	wire = wire_writer(space, sizeof(space));
	herald_msg_put_members(&wire, &members);
	assert_int_equal(wire.err, -EMSGSIZE);
}

static void a_seat_is_read_as_written_and_has_a_host(void **state)
{
	struct herald_seat seat = { "alpha", "https://192.0.2.1:2390" }, read;
	struct wire wire = wire_writer(space, sizeof(space));

	(void)state;
	herald_msg_put_seat(&wire, &seat);
	ASSERT_EXACT(&wire, 0, herald_msg_get_seat, &read);
	assert_string_equal(read.host, "alpha");
	assert_string_equal(read.peer, "https://192.0.2.1:2390");
	seat.host[0] = '\0';
	wire = wire_writer(space, sizeof(space));
	herald_msg_put_seat(&wire, &seat);
	wire = wire_reader(space, wire.pos);
	herald_msg_get_seat(&wire, &read);
	assert_int_equal(wire.err, -EBADMSG);
}

static void members_are_asked_where_they_have_a_voice_and_found_by_name_or_place(void **state)
{
	static const struct herald_members members = {
		.n = 3,
		.all = { { .name = "a", .n_urls = 1, .urls = { "https://192.0.2.1:2389" } },
			 { .peer = "https://192.0.2.2:2390", .learner = true },
			 { .name = "c", .n_urls = 1, .urls = { "https://192.0.2.3:2389" } } }
	};
	static char urls[CLUSTER_MEMBERS_MAX][CLUSTER_URL_LEN_MAX + 1];
	const struct herald_seat b = { "b", "https://192.0.2.2:2390" }, other = { "b", "" };

	(void)state;
	assert_int_equal(herald_members_urls(&members, urls), 2);
	assert_string_equal(urls[1], "https://192.0.2.3:2389");
	assert_int_equal(herald_members_voters(&members), 2);
	assert_ptr_equal(herald_members_find(&members, &b), &members.all[1]);
	assert_null(herald_members_find(&members, &other));
	assert_ptr_equal(herald_members_find(&members, &(struct herald_seat) { "c", "x" }),
			 &members.all[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_config_is_read_as_written),
		cmocka_unit_test(the_largest_config_fits_a_message),
		cmocka_unit_test(a_config_without_members_is_refused),
		cmocka_unit_test(a_state_is_read_as_written),
		cmocka_unit_test(a_removal_is_read_as_written),
		cmocka_unit_test(members_are_read_as_written),
		cmocka_unit_test(a_seat_is_read_as_written_and_has_a_host),
		cmocka_unit_test(
			members_are_asked_where_they_have_a_voice_and_found_by_name_or_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
