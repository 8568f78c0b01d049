// SPDX-License-Identifier: GPL-2.0-or-later
// test_log.c - the ring of questions: one writes, any number read, and nobody sees half an entry
#include "packet.h"

#include "base/cleanup.h"
#include "dns/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct dns_log_ring));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

/* Entry i is about the name wI, asked by cI, and took I. */
static void note(struct dns_log_ring *ring, unsigned i)
{
	char name[16], who[16];
	struct packet query, reply;

	(void)snprintf(name, sizeof(name), "w%u.test", i);
	(void)snprintf(who, sizeof(who), "c%u", i);
	packet_query(&query, name, DNS_TYPE_AAAA, 0);
	packet_begin(&reply, 1, DNS_FLAG_QR | DNS_RCODE_NXDOMAIN, 1, 0, 0, 0);
	packet_question(&reply, name, DNS_TYPE_AAAA);
	dns_log_write(ring, &(struct dns_log_note) { .kind = DNS_LOG_QUESTION,
						     .source = DNS_LOG_CACHE,
						     .at_ns = 1000 + i,
						     .took_ns = i,
						     .who = who,
						     .query = query.bytes,
						     .query_len = query.wire.pos,
						     .reply = reply.bytes,
						     .reply_len = reply.wire.pos });
}

static bool is_of(const struct dns_log_entry *entry, unsigned i)
{
	char name[DNS_NAME_MAX + 1], wanted[16], who[16];
	size_t len;

	(void)snprintf(wanted, sizeof(wanted), "w%u.test", i);
	(void)snprintf(who, sizeof(who), "c%u", i);
	return dns_name_text(entry->name, entry->name_len, name, &len) &&
	       strcmp(name, wanted) == 0 && strcmp(entry->who, who) == 0 && entry->took_ns == i &&
	       entry->at_ns == 1000 + i;
}

static void what_is_written_is_read_once_and_in_order(void **state)
{
	struct dns_log_ring *ring = *state;
	struct dns_log_entry entry;
	uint64_t next = dns_log_first(ring, DNS_LOG_ENTRIES), lost;

	assert_int_equal(dns_log_read(ring, &next, &entry, &lost), DNS_LOG_NOTHING);
	for (unsigned i = 1; i <= 3; i++)
		note(ring, i);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(dns_log_read(ring, &next, &entry, &lost), DNS_LOG_ENTRY);
		assert_int_equal(entry.number, i);
		assert_true(is_of(&entry, i));
		assert_int_equal(entry.type, DNS_TYPE_AAAA);
		assert_int_equal(entry.class, DNS_CLASS_IN);
		assert_int_equal(entry.code, DNS_RCODE_NXDOMAIN);
		assert_int_equal(entry.source, DNS_LOG_CACHE);
	}
	assert_int_equal(dns_log_read(ring, &next, &entry, &lost), DNS_LOG_NOTHING);
}

static void who_comes_late_is_told_how_many_are_lost(void **state)
{
	struct dns_log_ring *ring = *state;
	struct dns_log_entry entry;
	uint64_t next = 1, lost;

	for (unsigned i = 1; i <= DNS_LOG_ENTRIES + 100; i++)
		note(ring, i);
	/* One less than there are places: the one that is written next is nobody's. */
	assert_int_equal(dns_log_read(ring, &next, &entry, &lost), DNS_LOG_LOST);
	assert_int_equal(lost, 101);
	for (unsigned i = 102; i <= DNS_LOG_ENTRIES + 100; i++) {
		assert_int_equal(dns_log_read(ring, &next, &entry, &lost), DNS_LOG_ENTRY);
		assert_true(is_of(&entry, i));
	}
	assert_int_equal(dns_log_read(ring, &next, &entry, &lost), DNS_LOG_NOTHING);
}

static void the_last_so_many_are_found(void **state)
{
	struct dns_log_ring *ring = *state;

	assert_int_equal(dns_log_first(ring, 10), 1);
	for (unsigned i = 1; i <= 20; i++)
		note(ring, i);
	assert_int_equal(dns_log_first(ring, 0), 21);
	assert_int_equal(dns_log_first(ring, 5), 16);
	assert_int_equal(dns_log_first(ring, UINT64_MAX), 1);
	for (unsigned i = 21; i <= 2 * DNS_LOG_ENTRIES; i++)
		note(ring, i);
	assert_int_equal(dns_log_first(ring, UINT64_MAX), DNS_LOG_ENTRIES + 2);
}

static void an_entry_that_is_half_written_is_not_shown(void **state)
{
	struct dns_log_ring *ring = *state;
	struct dns_log_entry entry;
	uint64_t next = 1, lost = 0;

	note(ring, 1);
	note(ring, 2);
	ring->slots[1].number = 0; /* as a writer leaves it that is killed in the middle */
	assert_int_equal(dns_log_read(ring, &next, &entry, &lost), DNS_LOG_LOST);
	assert_int_equal(lost, 1);
	assert_int_equal(dns_log_read(ring, &next, &entry, &lost), DNS_LOG_ENTRY);
	assert_true(is_of(&entry, 2));
}

static void what_nobody_can_have_written_is_lost(void **state)
{
	struct dns_log_ring *ring = *state;
	struct dns_log_slot *slot = &ring->slots[1], good;
	struct dns_log_entry entry;
	uint64_t next, lost;

	note(ring, 1);
	good = *slot;
	for (int i = 0; i < 7; i++) {
		*slot = good;
		switch (i) {
		case 0:
			slot->kind = 0;
			break;
		case 1:
			slot->kind = DNS_LOG_N_KINDS;
			break;
		case 2:
			slot->source = DNS_LOG_N_SOURCES;
			break;
		case 3:
			slot->who_len = NAME_LEN_MAX + 1;
			break;
		case 4:
			slot->text[0] = 64; /* of a label */
			break;
		case 5:
			slot->name_len--;
			break;
		case 6:
			slot->text[slot->name_len] = '\0'; /* in the container's name */
			break;
		}
		next = 1;
		assert_int_equal(dns_log_read(ring, &next, &entry, &lost), DNS_LOG_LOST);
		assert_int_equal(lost, 1);
		assert_int_equal(next, 2);
	}
	*slot = good;
	next = 1;
	assert_int_equal(dns_log_read(ring, &next, &entry, &lost), DNS_LOG_ENTRY);
}

static void a_question_without_form_has_no_name(void **state)
{
	static const uint8_t bad[][14] = {
		{ 0 }, { [12] = 64 }, { [12] = 0xc0, 12 }, { [12] = 1 }
	};
	struct dns_log_ring *ring = *state;
	struct dns_log_entry entry;
	uint64_t next = 1, lost;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		/* Exact copies, so that a sanitizer sees what is read behind them. */
		size_t len = i == 0 ? 12 : 14;
		uint8_t *query = memcpy(malloc(len), bad[i], len);

		dns_log_write(ring, &(struct dns_log_note) { .kind = DNS_LOG_QUESTION,
							     .who = "web",
							     .query = query,
							     .query_len = len });
		free(query);
		assert_int_equal(dns_log_read(ring, &next, &entry, &lost), DNS_LOG_ENTRY);
		assert_int_equal(entry.name_len, 0);
		assert_int_equal(entry.type, 0);
		assert_int_equal(entry.code, DNS_LOG_NO_REPLY);
		assert_string_equal(entry.who, "web");
	}
}

/* The only code whose high bits matter here is in the OPT behind the question. */
static void a_code_of_edns_is_read_whole(void **state)
{
	struct dns_log_ring *ring = *state;
	struct dns_log_entry entry;
	struct packet query, reply;
	uint64_t next = 1, lost;

	packet_query(&query, "web", DNS_TYPE_A, 1232);
	packet_begin(&reply, 1, DNS_FLAG_QR, 1, 0, 0, 1);
	packet_question(&reply, "web", DNS_TYPE_A);
	packet_opt(&reply, 1232, 0, false);
	reply.bytes[DNS_HEADER_SIZE + 5 + 4 + 5] = DNS_RCODE_BADVERS >> 4;
	dns_log_write(ring, &(struct dns_log_note) { .kind = DNS_LOG_QUESTION,
						     .query = query.bytes,
						     .query_len = query.wire.pos,
						     .reply = reply.bytes,
						     .reply_len = reply.wire.pos });
	assert_int_equal(dns_log_read(ring, &next, &entry, &lost), DNS_LOG_ENTRY);
	assert_int_equal(entry.code, DNS_RCODE_BADVERS);
}

static void somebody_looks_until_he_does_not_say_so_again(void **state)
{
	struct dns_log_ring *ring = *state;

	assert_false(dns_log_is_read(ring, 5));
	dns_log_look(ring, 100);
	dns_log_look(ring, 50); /* another one, who says less */
	assert_true(dns_log_is_read(ring, 100));
	assert_false(dns_log_is_read(ring, 101));
	assert_int_equal(ring->until_ns, 0);
	assert_false(dns_log_is_read(ring, 99));
	dns_log_look(ring, 200);
	assert_true(dns_log_is_read(ring, 101));
}

/* --- a writer and two readers at once --- */

#define MANY 100000

static void *read_all(void *data)
{
	const struct dns_log_ring *ring = data;
	uint64_t next = 1, lost = 0, n_lost = 0, n_seen = 0, last = 0;
	struct dns_log_entry entry;

	while (last < MANY) {
		switch (dns_log_read(ring, &next, &entry, &lost)) {
		case DNS_LOG_ENTRY:
			if (!is_of(&entry, (unsigned)entry.number) || entry.number <= last)
				return (void *)"an entry is not what was written";
			last = entry.number;
			n_seen++;
			break;
		case DNS_LOG_LOST:
			n_lost += lost;
			last = next - 1;
			break;
		case DNS_LOG_NOTHING:
			break;
		}
	}
	return n_seen + n_lost == MANY ? NULL : (void *)"seen and lost are not all there were";
}

static void readers_see_whole_entries_while_they_are_written(void **state)
{
	struct dns_log_ring *ring = *state;
	pthread_t readers[2];
	void *wrong;

	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_all, ring), 0);
	for (unsigned i = 1; i <= MANY; i++)
		note(ring, i);
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		assert_int_equal(pthread_join(readers[i], &wrong), 0);
		assert_null(wrong);
	}
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(what_is_written_is_read_once_and_in_order),
		LOG_TEST(who_comes_late_is_told_how_many_are_lost),
		LOG_TEST(the_last_so_many_are_found),
		LOG_TEST(an_entry_that_is_half_written_is_not_shown),
		LOG_TEST(what_nobody_can_have_written_is_lost),
		LOG_TEST(a_question_without_form_has_no_name),
		LOG_TEST(a_code_of_edns_is_read_whole),
		LOG_TEST(somebody_looks_until_he_does_not_say_so_again),
		LOG_TEST(readers_see_whole_entries_while_they_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
