// SPDX-License-Identifier: GPL-2.0-or-later
// test_etcd.c - etcd's words: what is asked byte for byte, and what is made of its answers
#include "herald/etcd.h"

#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#define ID "abababababababababababababababababababababababababababababababab"

static struct cluster_key alive_key(void)
{
	return cluster_key_of_host(CLUSTER_ALIVE, "alpha");
}

static void expect(struct buf *out, const char *text)
{
	assert_int_equal(out->err, 0);
	assert_string_equal(out->data, text);
	buf_done(out);
}

static void all_keys_are_asked_for_page_by_page(void **state)
{
	struct buf out = { 0 };

	(void)state;
	etcd_ask_range(&out, NULL, 0, 0, 256);
	/* "/netd/v1/" to "/netd/v10" */
	expect(&out, "{\"key\":\"L25ldGQvdjEv\",\"range_end\":\"L25ldGQvdjEw\",\"limit\":\"256\","
		     "\"revision\":\"0\"}");
	/* behind "/netd/v1/net/a": the same and a NUL */
	etcd_ask_range(&out, "/netd/v1/net/a", 14, 12, 256);
	expect(&out,
	       "{\"key\":\"L25ldGQvdjEvbmV0L2EA\",\"range_end\":\"L25ldGQvdjEw\",\"limit\":\"256\","
	       "\"revision\":\"12\"}");
}

static void what_is_asked_is_what_etcd_takes(void **state)
{
	struct buf out = { 0 };

	(void)state;
	etcd_ask_watch(&out, 13);
	expect(&out, "{\"create_request\":{\"key\":\"L25ldGQvdjEv\",\"range_end\":\"L25ldGQvdjEw\","
		     "\"start_revision\":\"13\"}}");
	etcd_ask_alive(&out);
	/* "/netd/v1/alive/" to "/netd/v1/alive0" */
	expect(&out, "{\"key\":\"L25ldGQvdjEvYWxpdmUv\",\"range_end\":\"L25ldGQvdjEvYWxpdmUw\"}");
	/* "/netd/v1/net/" to "/netd/v1/net0" */
	etcd_ask_newest(&out, 14);
	expect(&out, "{\"key\":\"L25ldGQvdjEvbmV0Lw==\",\"range_end\":\"L25ldGQvdjEvbmV0MA==\","
		     "\"min_mod_revision\":\"14\",\"limit\":\"1\",\"sort_order\":\"DESCEND\","
		     "\"sort_target\":\"MOD\",\"keys_only\":true}");
	etcd_ask_grant(&out, 3);
	expect(&out, "{\"TTL\":\"3\"}");
	etcd_ask_renew(&out, 7587848390559);
	expect(&out, "{\"ID\":\"7587848390559\"}");
}

static void a_transaction_is_what_it_expects_and_does(void **state)
{
	struct cluster_key key = alive_key(), host = cluster_key_of_host(CLUSTER_HOST, "alpha");
	struct cluster_record record;
	struct etcd_txn txn = { 0 };
	struct buf out = { 0 }, value = { 0 }, wanted = { 0 };

	(void)state;
	cluster_record_init(&record, &key);
	memcpy(record.id, ID, sizeof(record.id));
	etcd_txn_expect(&txn, &host, true);
	etcd_txn_expect(&txn, &key, false);
	etcd_txn_put(&txn, &record, 77);
	etcd_txn_delete(&txn, &host);
	etcd_txn_delete_ends(&txn, "alpha");
	assert_int_equal(txn.n, 3);
	etcd_txn_finish(&txn, &out);
	base64_write(&value, "{\"Id\":\"" ID "\"}", 73);
	buf_printf(
		&wanted,
		"{\"compare\":[{\"key\":\"L25ldGQvdjEvaG9zdC9hbHBoYQ==\",\"target\":\"CREATE\","
		"\"result\":\"GREATER\",\"create_revision\":\"0\"},{\"key\":"
		"\"L25ldGQvdjEvYWxpdmUvYWxwaGE=\",\"target\":\"CREATE\",\"result\":\"EQUAL\","
		"\"create_revision\":\"0\"}],\"success\":[{\"request_put\":{\"key\":"
		"\"L25ldGQvdjEvYWxpdmUvYWxwaGE=\",\"value\":\"%s\",\"lease\":\"77\"}},{"
		"\"request_delete_range\":{\"key\":\"L25ldGQvdjEvaG9zdC9hbHBoYQ==\"}},{"
		"\"request_delete_range\":{\"key\":\"L25ldGQvdjEvZW5kL2FscGhhLw==\",\"range_end\":"
		"\"L25ldGQvdjEvZW5kL2FscGhhMA==\"}}],\"failure\":[]}",
		value.data);
	expect(&out, wanted.data);
	buf_done(&wanted);
	buf_done(&value);
}

static void a_record_may_be_expected_as_it_was_seen(void **state)
{
	struct cluster_key key = alive_key();
	struct etcd_txn txn = { 0 };
	struct buf out = { 0 };

	(void)state;
	etcd_ask_key(&out, &key);
	expect(&out, "{\"key\":\"L25ldGQvdjEvYWxpdmUvYWxwaGE=\"}");
	etcd_txn_expect_at(&txn, &key, 12);
	etcd_txn_finish(&txn, &out);
	expect(&out,
	       "{\"compare\":[{\"key\":\"L25ldGQvdjEvYWxpdmUvYWxwaGE=\",\"target\":\"MOD\","
	       "\"result\":\"EQUAL\",\"mod_revision\":\"12\"}],\"success\":[],\"failure\":[]}");
}

static void a_record_is_compared_with_what_is_there(void **state)
{
	struct cluster_key key = alive_key();
	struct cluster_record record;
	struct etcd_txn txn = { 0 };
	struct buf out = { 0 }, value = { 0 }, wanted = { 0 };

	(void)state;
	cluster_record_init(&record, &key);
	memcpy(record.id, ID, sizeof(record.id));
	etcd_txn_expect_same(&txn, &record);
	etcd_txn_delete_same(&txn, &record);
	etcd_txn_finish(&txn, &out);
	base64_write(&value, "{\"Id\":\"" ID "\"}", 73);
	buf_printf(&wanted,
		   "{\"compare\":[{\"key\":\"L25ldGQvdjEvYWxpdmUvYWxwaGE=\",\"target\":\"VALUE\","
		   "\"result\":\"EQUAL\",\"value\":\"%s\"}],\"success\":[{\"request_txn\":{"
		   "\"compare\":[{\"key\":\"L25ldGQvdjEvYWxpdmUvYWxwaGE=\",\"target\":\"VALUE\","
		   "\"result\":\"EQUAL\",\"value\":\"%s\"}],\"success\":["
		   "{\"request_delete_range\":{\"key\":\"L25ldGQvdjEvYWxpdmUvYWxwaGE=\"}}],"
		   "\"failure\":[]}}],\"failure\":[]}",
		   value.data, value.data);
	expect(&out, wanted.data);
	buf_done(&wanted);
	buf_done(&value);
}

/* From an exact-size copy, which stays until the answer has been looked at. */
static int read_answer(const char *text, char **ret_copy, struct etcd_answer *ret_answer)
{
	size_t len = strlen(text);

	*ret_copy = malloc(len > 0 ? len : 1);
	assert_non_null(*ret_copy);
	memcpy(*ret_copy, text, len);
	return etcd_answer_read(*ret_copy, len, ret_answer);
}

#define ALIVE_KEY "L25ldGQvdjEvYWxpdmUvYWxwaGE="

static void records_come_in_a_range(void **state)
{
	static struct etcd_item item;
	struct etcd_answer answer;
	struct cluster_key key = alive_key();
	struct buf text = { 0 };
	char *copy;

	(void)state;
	buf_puts(&text, "{\"header\":{\"revision\":\"12\",\"raft_term\":\"3\"},\"kvs\":[{\"key\":"
			"\"" ALIVE_KEY "\",\"mod_revision\":\"7\",\"value\":\"");
	base64_write(&text, "{\"Id\":\"" ID "\"}", 73);
	buf_puts(&text, "\",\"lease\":\"5\"},{\"key\":\"L290aGVy\",\"value\":\"AA==\"},{\"key\":"
			"\"" ALIVE_KEY "\",\"value\":\"e30=\"},{\"key\":\"" ALIVE_KEY
			"\"}],\"more\":true,\"count\":\"9\"}");
	assert_int_equal(read_answer(text.data, &copy, &answer), 0);
	assert_int_equal(answer.revision, 12);
	assert_int_equal(answer.term, 3);
	assert_true(answer.more);
	assert_string_equal(answer.why, "");
	assert_true(etcd_answer_next(&answer, &item));
	assert_int_equal(item.kind, ETCD_RECORD);
	assert_memory_equal(&item.key, &key, sizeof(key));
	assert_string_equal(item.record.id, ID);
	assert_int_equal(item.lease, 5);
	assert_true(etcd_answer_next(&answer, &item));
	assert_int_equal(item.kind, ETCD_FOREIGN);
	assert_string_equal(item.name, "/other");
	/* An object that lacks what it should have, and nothing at all. */
	assert_true(etcd_answer_next(&answer, &item));
	assert_int_equal(item.kind, ETCD_WRONG);
	assert_true(etcd_answer_next(&answer, &item));
	assert_int_equal(item.kind, ETCD_WRONG);
	assert_false(etcd_answer_next(&answer, &item));
	free(copy);
	buf_done(&text);
}

static void what_changes_comes_in_a_watch(void **state)
{
	static struct etcd_item item;
	struct etcd_answer answer;
	char *copy;

	(void)state;
	assert_int_equal(read_answer("{\"result\":{\"header\":{\"revision\":\"15\"},\"events\":[{"
				     "\"type\":\"DELETE\",\"kv\":{\"key\":\"" ALIVE_KEY
				     "\",\"mod_revision\":\"15\"}}]}}",
				     &copy, &answer),
			 0);
	assert_int_equal(answer.revision, 15);
	assert_false(answer.created);
	assert_true(etcd_answer_next(&answer, &item));
	assert_int_equal(item.kind, ETCD_GONE);
	assert_string_equal(item.key.host, "alpha");
	assert_false(etcd_answer_next(&answer, &item));
	free(copy);
	assert_int_equal(
		read_answer("{\"result\":{\"header\":{\"revision\":\"15\"},\"canceled\":true,"
			    "\"compact_revision\":\"14\"}}",
			    &copy, &answer),
		0);
	assert_true(answer.canceled);
	assert_int_equal(answer.compact_revision, 14);
	free(copy);
}

static void a_lease_that_is_over_has_no_time_left(void **state)
{
	struct etcd_answer answer;
	char *copy;

	(void)state;
	assert_int_equal(read_answer("{\"result\":{\"header\":{\"revision\":\"1\"},\"ID\":\"77\","
				     "\"TTL\":\"3\"}}",
				     &copy, &answer),
			 0);
	assert_int_equal(answer.lease, 77);
	assert_int_equal(answer.ttl_s, 3);
	free(copy);
	assert_int_equal(read_answer("{\"result\":{\"header\":{\"revision\":\"1\"},\"ID\":\"77\"}}",
				     &copy, &answer),
			 0);
	assert_int_equal(answer.ttl_s, 0);
	free(copy);
	/* what is left of one, and of one that is over */
	assert_int_equal(read_answer("{\"header\":{\"revision\":\"1\"},\"ID\":\"77\","
				     "\"grantedTTL\":\"2\"}",
				     &copy, &answer),
			 0);
	assert_int_equal(answer.granted_s, 2);
	assert_int_equal(answer.ttl_s, 0);
	free(copy);
	assert_int_equal(read_answer("{\"ID\":\"77\",\"TTL\":\"-1\"}", &copy, &answer), 0);
	assert_int_equal(answer.ttl_s, -1);
	free(copy);
}

static void a_refusal_is_in_etcds_own_words(void **state)
{
	struct etcd_answer answer;
	char *copy;

	(void)state;
	assert_int_equal(read_answer("{\"error\":\"etcdserver: mvcc: database space exceeded\","
				     "\"code\":8}",
				     &copy, &answer),
			 0);
	assert_string_equal(answer.why, "etcdserver: mvcc: database space exceeded");
	free(copy);
	assert_int_equal(read_answer("{\"error\":{\"grpc_code\":14,\"message\":\"no\\nleader\"}}",
				     &copy, &answer),
			 0);
	assert_string_equal(answer.why, "no leader");
	free(copy);
	/* Another member may do it, or not. */
	assert_int_equal(
		read_answer("{\"error\":\"etcdserver: no leader\",\"code\":14}", &copy, &answer),
		0);
	assert_true(answer.unavailable);
	free(copy);
	assert_int_equal(
		read_answer("{\"error\":\"permission denied\",\"code\":7}", &copy, &answer), 0);
	assert_false(answer.unavailable);
	free(copy);
	/* Nor does one that has just been taken out. */
	assert_int_equal(read_answer("{\"error\":\"raft: stopped\",\"code\":2}", &copy, &answer),
			 0);
	assert_true(answer.unavailable);
	free(copy);
}

static void what_is_no_answer_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"Client sent an HTTP request to an HTTPS server.",
		"{\"header\":{\"revision\":\"x\"}}",
		"{\"header\":{\"revision\":\"-1\"}}",
		"{\"header\":{\"revision\":\"99999999999999999999\"}}",
		"{\"header\":{\"revision\":1.5}}",
		"{\"TTL\":{}}",
	};
	struct etcd_answer answer;
	char *copy;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(read_answer(texts[i], &copy, &answer), -EBADMSG);
		free(copy);
	}
}

static void members_come_in_a_list_and_urls_that_cannot_be_asked_are_passed_over(void **state)
{
	static struct herald_members members;
	struct etcd_answer answer;
	struct buf out = { 0 };
	char *copy;

	(void)state;
	assert_int_equal(
		read_answer("{\"header\":{\"member_id\":\"18446744073709551615\"},\"members\":[{"
			    "\"ID\":\"18446744073709551615\",\"name\":\"a\",\"peerURLs\":["
			    "\"https://192.0.2.1:2390\"],\"clientURLs\":[\"http://192.0.2.1:1\","
			    "\"https://name:2389\",\"https://192.0.2.1:2389\","
			    "\"https://[2001:db8::1]:2389\",\"https://192.0.2.9:2389\"]},{\"ID\":"
			    "\"7\",\"peerURLs\":[\"https://192.0.2.2:2390\"],\"isLearner\":true}]}",
			    &copy, &answer),
		0);
	assert_int_equal(etcd_answer_members(&answer, &members), 0);
	free(copy);
	assert_int_equal(members.n, 2);
	assert_string_equal(members.all[0].id, "18446744073709551615");
	assert_string_equal(members.all[0].name, "a");
	assert_string_equal(members.all[0].peer, "https://192.0.2.1:2390");
	assert_int_equal(members.all[0].n_urls, 2);
	assert_string_equal(members.all[0].urls[0], "https://192.0.2.1:2389");
	assert_string_equal(members.all[0].urls[1], "https://[2001:db8::1]:2389");
	assert_false(members.all[0].learner);
	assert_string_equal(members.all[1].name, "");
	assert_true(members.all[1].learner);
	etcd_ask_members(&out);
	expect(&out, "{}");
	etcd_ask_add(&out, "https://192.0.2.2:2390");
	expect(&out, "{\"peerURLs\":[\"https://192.0.2.2:2390\"],\"isLearner\":true}");
	etcd_ask_member(&out, "18446744073709551615");
	expect(&out, "{\"ID\":\"18446744073709551615\"}");
}

static void members_that_make_no_sense_are_none(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"members\":[]}",
		"{\"members\":[{\"name\":\"a\"}]}",
		"{\"members\":[{\"ID\":\"1,\"}]}",
		"{\"members\":[{\"ID\":\"123456789012345678901\"}]}",
		"{\"members\":[{\"ID\":\"1\",\"name\":\"a b\"}]}",
		"{\"members\":[{\"ID\":\"1\"},{\"ID\":\"2\"},{\"ID\":\"3\"},{\"ID\":\"4\"},{\"ID\":"
		"\"5\"},{\"ID\":\"6\"},{\"ID\":\"7\"},{\"ID\":\"8\"},{\"ID\":\"9\"},{\"ID\":"
		"\"10\"}]}",
	};
	static struct herald_members members;
	struct etcd_answer answer;
	char *copy;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(read_answer(texts[i], &copy, &answer), 0);
		assert_int_equal(etcd_answer_members(&answer, &members), -EBADMSG);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_may_be_expected_as_it_was_seen),
		cmocka_unit_test(all_keys_are_asked_for_page_by_page),
		cmocka_unit_test(what_is_asked_is_what_etcd_takes),
		cmocka_unit_test(a_transaction_is_what_it_expects_and_does),
		cmocka_unit_test(a_record_is_compared_with_what_is_there),
		cmocka_unit_test(records_come_in_a_range),
		cmocka_unit_test(what_changes_comes_in_a_watch),
		cmocka_unit_test(a_lease_that_is_over_has_no_time_left),
		cmocka_unit_test(a_refusal_is_in_etcds_own_words),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(
			members_come_in_a_list_and_urls_that_cannot_be_asked_are_passed_over),
		cmocka_unit_test(members_that_make_no_sense_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
