// SPDX-License-Identifier: GPL-2.0-or-later
// test_event.c - what a program has reported, and its line
#include "trace/event.h"

#include "base/limits.h"
#include "blob.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct event_reasons no_reasons = { 0 };

static struct record syn(void)
{
	struct record record = { .time_ns = 5000,
				 .netns = 4026532187,
				 .index = 2,
				 .link = "eth0",
				 .from_port = htons(40200),
				 .to_port = htons(80),
				 .point = LAYOUT_SENT,
				 .version = 4,
				 .protocol = IPPROTO_TCP,
				 .flags = 0x02,
				 .bytes = 60 };
	const uint8_t from[] = { 10, 61, 0, 2 }, to[] = { 10, 61, 0, 3 };

	memcpy(record.from, from, sizeof(from));
	memcpy(record.to, to, sizeof(to));
	return record;
}

static json_t *line_of(const struct record *record, const struct event_reasons *reasons,
		       const char *function)
{
	uint64_t first_ns = 3000;
	struct buf out = { 0 };
	struct event event;
	json_t *json;

	assert_int_equal(event_read(record, sizeof(*record), &first_ns, &event), 0);
	event_write(&event, reasons, function, &out);
	assert_int_equal(out.err, 0);
	assert_int_equal(out.data[out.len - 1], '\n');
	assert_null(memchr(out.data, '\n', out.len - 1));
	json = json_loads(out.data, 0, NULL);
	assert_non_null(json);
	buf_done(&out);
	return json;
}

static void has_text(const json_t *json, const char *key, const char *text)
{
	assert_string_equal(json_string_value(json_object_get(json, key)), text);
}

static void a_packet_is_a_line(void **state)
{
	struct record record = syn();
	json_t *json = line_of(&record, &no_reasons, ""), *packet = json_object_get(json, "Packet");

	(void)state;
	has_text(json, "Event", "sent");
	has_text(json, "Link", "eth0");
	assert_int_equal(json_integer_value(json_object_get(json, "Netns")), 4026532187);
	assert_true(json_real_value(json_object_get(json, "Microseconds")) == 2.0);
	has_text(packet, "From", "10.61.0.2");
	has_text(packet, "To", "10.61.0.3");
	has_text(packet, "Protocol", "tcp");
	has_text(packet, "Flags", "SYN");
	assert_int_equal(json_integer_value(json_object_get(packet, "FromPort")), 40200);
	assert_null(json_object_get(json, "Reason"));
	assert_null(json_object_get(json, "IcmpType"));
	json_decref(json);
}

static void a_drop_has_a_reason_and_a_function(void **state)
{
	const struct event_reasons reasons = { .names = { [8] = "NETFILTER_DROP" } };
	struct record record = syn();
	json_t *json;

	(void)state;
	record.point = LAYOUT_DROPPED;
	record.reason = 8;
	json = line_of(&record, &reasons, "nf_hook_slow");
	has_text(json, "Event", "dropped");
	has_text(json, "Reason", "NETFILTER_DROP");
	has_text(json, "Function", "nf_hook_slow");
	json_decref(json);
	record.reason = 65537; /* mac80211 has its own */
	json = line_of(&record, &reasons, "");
	has_text(json, "Reason", "65537");
	json_decref(json);
	record.reason = 0; /* before 5.17 */
	json = line_of(&record, &reasons, "ip_error");
	has_text(json, "Reason", "");
	json_decref(json);
}

static void what_nat_has_changed_is_told_as_it_was_sent(void **state)
{
	struct record record = syn();
	json_t *json, *sent;

	(void)state;
	record.point = LAYOUT_DROPPED;
	record.has_sent = 1;
	memcpy(record.sent_from, record.from, sizeof(record.from));
	memcpy(record.sent_to, record.to, sizeof(record.to));
	record.sent_from_port = record.from_port;
	record.sent_to_port = record.to_port;
	json = line_of(&record, &no_reasons, "");
	assert_null(json_object_get(json, "Sent")); /* it is what it was */
	json_decref(json);
	record.sent_to_port = htons(8080);
	json = line_of(&record, &no_reasons, "");
	sent = json_object_get(json, "Sent");
	has_text(sent, "From", "10.61.0.2");
	has_text(sent, "To", "10.61.0.3");
	assert_int_equal(json_integer_value(json_object_get(sent, "FromPort")), 40200);
	assert_int_equal(json_integer_value(json_object_get(sent, "ToPort")), 8080);
	json_decref(json);
	/* An echo request has no ports: what stands for them is something else of it. */
	record.protocol = IPPROTO_ICMP;
	json = line_of(&record, &no_reasons, "");
	assert_null(json_object_get(json, "Sent"));
	json_decref(json);
	record.sent_to[3] = 9;
	json = line_of(&record, &no_reasons, "");
	sent = json_object_get(json, "Sent");
	has_text(sent, "To", "10.61.0.9");
	assert_null(json_object_get(sent, "ToPort"));
	json_decref(json);
	record.is_quoted = 1; /* the connection is that of what an error is about */
	json = line_of(&record, &no_reasons, "");
	assert_null(json_object_get(json, "Sent"));
	json_decref(json);
}

static void an_icmp_error_says_what_it_is_about(void **state)
{
	struct record record = syn();
	json_t *json, *packet;

	(void)state;
	record.protocol = IPPROTO_ICMP;
	record.icmp_type = 3;
	record.icmp_code = 1;
	record.is_quoted = 1;
	json = line_of(&record, &no_reasons, "");
	packet = json_object_get(json, "Packet");
	assert_int_equal(json_integer_value(json_object_get(json, "IcmpType")), 3);
	assert_int_equal(json_integer_value(json_object_get(json, "IcmpCode")), 1);
	assert_int_equal(json_integer_value(json_object_get(packet, "AboutToPort")), 80);
	assert_null(json_object_get(packet, "ToPort"));
	assert_null(json_object_get(packet, "Flags"));
	json_decref(json);
}

static void addresses_are_of_either_family(void **state)
{
	struct record record = syn();
	json_t *json;

	(void)state;
	record.version = 6;
	memset(record.from, 0, 16);
	record.from[15] = 1;
	json = line_of(&record, &no_reasons, "");
	has_text(json_object_get(json, "Packet"), "From", "::1");
	json_decref(json);
}

static void a_name_of_any_bytes_is_still_json(void **state)
{
	struct record record = syn();
	json_t *json;

	(void)state;
	memset(record.link, 0xff, sizeof(record.link)); /* without an end, too */
	json = line_of(&record, &no_reasons, "");
	has_text(json, "Link", "????????????????");
	json_decref(json);
	memcpy(record.link, "caf\xc3\xa9\xff", 7); /* what is a character stays one */
	json = line_of(&record, &no_reasons, "");
	has_text(json, "Link", "caf\xc3\xa9?");
	json_decref(json);
}

static void the_first_is_where_time_begins(void **state)
{
	struct record record = syn();
	uint64_t first_ns = 0;
	struct event event;

	(void)state;
	assert_int_equal(event_read(&record, sizeof(record), &first_ns, &event), 0);
	assert_int_equal(first_ns, 5000);
	assert_true(event.us == 0);
	record.time_ns = 4999; /* of another processor */
	assert_int_equal(event_read(&record, sizeof(record), &first_ns, &event), 0);
	assert_true(event.us == 0);
}

static void what_is_no_record_is_refused(void **state)
{
	struct record record = syn();
	uint64_t first_ns = 0;
	struct event event;

	(void)state;
	assert_int_equal(event_read(&record, sizeof(record) - 1, &first_ns, &event), -EBADMSG);
	record.version = 5;
	assert_int_equal(event_read(&record, sizeof(record), &first_ns, &event), -EBADMSG);
	record.version = 4;
	record.point = LAYOUT_N_POINTS;
	assert_int_equal(event_read(&record, sizeof(record), &first_ns, &event), -EBADMSG);
}

static void bytes_behind_a_record_are_told(void **state)
{
	struct {
		struct record record;
		uint8_t bytes[TRACE_BYTES_MAX + 1];
	} *dropped = calloc(1, sizeof(*dropped));
	uint64_t first_ns = 0;
	struct buf out = { 0 };
	struct event event;
	json_t *json;

	(void)state;
	assert_non_null(dropped);
	dropped->record = syn();
	dropped->record.point = LAYOUT_DROPPED;
	memcpy(dropped->bytes, "\x45\0\0\1", 4);
	assert_int_equal(event_read(dropped, sizeof(dropped->record) + 4, &first_ns, &event), 0);
	assert_int_equal(event.n_data, 4);
	event_write(&event, &no_reasons, "", &out);
	json = json_loads(out.data, 0, NULL);
	assert_non_null(json);
	has_text(json, "Data", "RQAAAQ==");
	assert_int_equal(json_integer_value(json_object_get(json, "Nanoseconds")), 5000);
	json_decref(json);
	buf_done(&out);
	assert_int_equal(
		event_read(dropped, sizeof(dropped->record) + TRACE_BYTES_MAX, &first_ns, &event),
		0);
	assert_int_equal(event_read(dropped, sizeof(dropped->record) + TRACE_BYTES_MAX + 1,
				    &first_ns, &event),
			 -EBADMSG);
	/* Of a record alone there is nothing to tell. */
	json = line_of(&dropped->record, &no_reasons, "");
	assert_null(json_object_get(json, "Data"));
	assert_null(json_object_get(json, "Nanoseconds"));
	json_decref(json);
	free(dropped);
}

static void reasons_are_those_of_the_kernel(void **state)
{
	const char *const values[] = { "SKB_NOT_DROPPED_YET", "SKB_CONSUMED",
				       "SKB_DROP_REASON_NOT_SPECIFIED" };
	struct event_reasons reasons;
	struct blob blob = { 0 };
	struct btf btf;
	size_t len;
	void *data;

	(void)state;
	(void)blob_enum(&blob, "skb_drop_reason", values, 3);
	data = blob_whole(&blob, &len);
	assert_int_equal(btf_init(data, len, &btf), 0);
	event_reasons_read(&btf, &reasons);
	assert_null(reasons.names[0]);
	assert_null(reasons.names[1]);
	assert_string_equal(reasons.names[2], "NOT_SPECIFIED");
	btf_done(&btf);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_is_a_line),
		cmocka_unit_test(a_drop_has_a_reason_and_a_function),
		cmocka_unit_test(what_nat_has_changed_is_told_as_it_was_sent),
		cmocka_unit_test(an_icmp_error_says_what_it_is_about),
		cmocka_unit_test(addresses_are_of_either_family),
		cmocka_unit_test(a_name_of_any_bytes_is_still_json),
		cmocka_unit_test(the_first_is_where_time_begins),
		cmocka_unit_test(what_is_no_record_is_refused),
		cmocka_unit_test(bytes_behind_a_record_are_told),
		cmocka_unit_test(reasons_are_those_of_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
