// SPDX-License-Identifier: GPL-2.0-or-later
// etcd_ask.c - what is asked of etcd, in the words of its JSON gateway
#include "herald/etcd.h"

#include "base/base64.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Theory of operation. Requests are JSON, written piece by piece into a buffer; keys and values are
 * base64, numbers of 64 bits are strings. Nothing is escaped, for base64 and numbers need none. A
 * buffer without memory remembers it, and http_ask refuses it. */

/* The first key behind all that begin with the prefix: its last byte is a slash. */
static const char past_all[] = "/netd/v10";

/* A member whose value is bytes. */
static void put_bytes(struct buf *out, const char *member, const void *data, size_t len)
{
	buf_printf(out, "\"%s\":\"", member);
	base64_write(out, data, len);
	buf_puts(out, "\"");
}

/* As put_bytes, for a text. */
static void put_text(struct buf *out, const char *member, const char *text)
{
	put_bytes(out, member, text, strlen(text));
}

/* The key's text is made on the stack for the length of this call. */
static void put_key(struct buf *out, const struct cluster_key *key)
{
	put_text(out, "key", cluster_key_print(key, (char[CLUSTER_KEY_SIZE]) { 0 }));
}

/* One page. after is the last key of the page before. */
void etcd_ask_range(struct buf *out, const char *after, size_t len, int64_t revision,
		    unsigned limit)
{
	char from[CLUSTER_KEY_SIZE + 1] = CLUSTER_KEY_PREFIX;
	size_t from_len = strlen(from);

	/* The next key there can be is the same with a NUL behind it. */
	if (after && len < sizeof(from)) {
		memcpy(from, after, len);
		from[len] = '\0';
		from_len = len + 1;
	}
	/* A revision of 0 means the latest. Pages after the first ask for the revision of the first
	 * one. */
	buf_puts(out, "{");
	put_bytes(out, "key", from, from_len);
	buf_puts(out, ",");
	put_text(out, "range_end", past_all);
	buf_printf(out, ",\"limit\":\"%u\",\"revision\":\"%" PRId64 "\"}", limit, revision);
}

void etcd_ask_key(struct buf *out, const struct cluster_key *key)
{
	buf_puts(out, "{");
	put_key(out, key);
	buf_puts(out, "}");
}

/* etcd goes over all networks for it, and answers with one of them or none. A range that does not
 * say otherwise is linearized: what anybody was told to be written before is seen. */
void etcd_ask_newest(struct buf *out, int64_t revision)
{
	buf_puts(out, "{");
	put_text(out, "key", CLUSTER_KEY_PREFIX "net/");
	buf_puts(out, ",");
	put_text(out, "range_end", CLUSTER_KEY_PREFIX "net0"); /* its last byte is a slash */
	buf_printf(out,
		   ",\"min_mod_revision\":\"%" PRId64 "\",\"limit\":\"1\","
		   "\"sort_order\":\"DESCEND\",\"sort_target\":\"MOD\",\"keys_only\":true}",
		   revision);
}

/* revision is the first that is not known yet. Events before it, if etcd still has them, come at
 * once. */
void etcd_ask_watch(struct buf *out, int64_t revision)
{
	buf_puts(out, "{\"create_request\":{");
	put_text(out, "key", CLUSTER_KEY_PREFIX);
	buf_puts(out, ",");
	put_text(out, "range_end", past_all);
	buf_printf(out, ",\"start_revision\":\"%" PRId64 "\"}}", revision);
}

/* etcd chooses the number. */
void etcd_ask_grant(struct buf *out, unsigned ttl_s)
{
	buf_printf(out, "{\"TTL\":\"%u\"}", ttl_s);
}

/* A lease that is over is answered with a TTL of 0, which is no error. */
void etcd_ask_renew(struct buf *out, int64_t lease)
{
	buf_printf(out, "{\"ID\":\"%" PRId64 "\"}", lease);
}

void etcd_ask_alive(struct buf *out)
{
	buf_puts(out, "{");
	put_text(out, "key", CLUSTER_KEY_PREFIX "alive/");
	buf_puts(out, ",");
	put_text(out, "range_end", CLUSTER_KEY_PREFIX "alive0"); /* its last byte is a slash */
	buf_puts(out, "}");
}

void etcd_ask_members(struct buf *out)
{
	buf_puts(out, "{}");
}

/* peer was made by netd, of an address and a port: nothing in it has to be escaped. */
void etcd_ask_add(struct buf *out, const char *peer)
{
	buf_printf(out, "{\"peerURLs\":[\"%s\"],\"isLearner\":true}", peer);
}

/* Digits, as etcd_answer_members lets through. */
void etcd_ask_member(struct buf *out, const char *id)
{
	buf_printf(out, "{\"ID\":\"%s\"}", id);
}

/* The caller closes both braces. */
static void begin_operation(struct etcd_txn *txn, const char *what)
{
	if (txn->n++ > 0)
		buf_puts(&txn->done, ",");
	buf_printf(&txn->done, "{\"%s\":{", what);
}

static void begin_comparison(struct etcd_txn *txn, const struct cluster_key *key)
{
	struct buf *out = &txn->expected;

	if (out->len > 0)
		buf_puts(out, ",");
	buf_puts(out, "{");
	put_key(out, key);
}

/* What follows the key where its value is compared. */
static void put_same(struct buf *out, const struct cluster_record *record)
{
	struct buf value = { 0 };

	cluster_record_write(record, &value);
	buf_puts(out, ",\"target\":\"VALUE\",\"result\":\"EQUAL\",");
	put_bytes(out, "value", value.data, value.len);
	buf_puts(out, "}");
	if (value.err != 0)
		out->err = value.err;
	buf_done(&value);
}

void etcd_txn_expect_same(struct etcd_txn *txn, const struct cluster_record *record)
{
	begin_comparison(txn, &record->key);
	put_same(&txn->expected, record);
}

/* create_revision is 0 for a key that is not there. All expectations of a transaction must hold, or
 * none of its operations is done. */
void etcd_txn_expect(struct etcd_txn *txn, const struct cluster_key *key, bool present)
{
	struct buf *out = &txn->expected;

	begin_comparison(txn, key);
	buf_printf(out, ",\"target\":\"CREATE\",\"result\":\"%s\",\"create_revision\":\"0\"}",
		   present ? "GREATER" : "EQUAL");
}

/* etcd compares a key that is not there as one of revision 0. */
void etcd_txn_expect_at(struct etcd_txn *txn, const struct cluster_key *key, int64_t revision)
{
	begin_comparison(txn, key);
	buf_printf(&txn->expected,
		   ",\"target\":\"MOD\",\"result\":\"EQUAL\",\"mod_revision\":\"%" PRId64 "\"}",
		   revision);
}

/* With a lease the key goes when that ends. */
void etcd_txn_put(struct etcd_txn *txn, const struct cluster_record *record, int64_t lease)
{
	/* The value is written apart, for put_bytes wants it whole. */
	struct buf value = { 0 };

	begin_operation(txn, "request_put");
	cluster_record_write(record, &value);
	put_key(&txn->done, &record->key);
	buf_puts(&txn->done, ",");
	put_bytes(&txn->done, "value", value.data, value.len);
	if (lease != 0)
		buf_printf(&txn->done, ",\"lease\":\"%" PRId64 "\"", lease);
	buf_puts(&txn->done, "}}");
	if (value.err != 0)
		txn->done.err = value.err;
	buf_done(&value);
}

/* A key that is not there is no error. */
void etcd_txn_delete(struct etcd_txn *txn, const struct cluster_key *key)
{
	begin_operation(txn, "request_delete_range");
	put_key(&txn->done, key);
	buf_puts(&txn->done, "}}");
}

/* A transaction within the transaction. etcd counts its operations beside those around it, so
 * there is room for it wherever there is room for two. */
void etcd_txn_delete_same(struct etcd_txn *txn, const struct cluster_record *record)
{
	struct buf *out = &txn->done;

	begin_operation(txn, "request_txn");
	buf_puts(out, "\"compare\":[{");
	put_key(out, &record->key);
	put_same(out, record);
	buf_puts(out, "],\"success\":[{\"request_delete_range\":{");
	put_key(out, &record->key);
	buf_puts(out, "}}],\"failure\":[]}}");
}

/* All keys that begin with "end/HOST/", without knowing them. */
void etcd_txn_delete_ends(struct etcd_txn *txn, const char *host)
{
	struct buf from = { 0 }, to = { 0 };

	/* A slash is followed by a nought. */
	buf_printf(&from, CLUSTER_KEY_PREFIX "end/%s/", host);
	buf_printf(&to, CLUSTER_KEY_PREFIX "end/%s0", host);
	begin_operation(txn, "request_delete_range");
	put_bytes(&txn->done, "key", from.data, from.len);
	buf_puts(&txn->done, ",");
	put_bytes(&txn->done, "range_end", to.data, to.len);
	buf_puts(&txn->done, "}}");
	if (from.err != 0 || to.err != 0)
		txn->done.err = -ENOMEM;
	buf_done(&from);
	buf_done(&to);
}

/* "failure" is empty: a transaction that does not find what it expects changes nothing. */
void etcd_txn_finish(struct etcd_txn *txn, struct buf *out)
{
	buf_puts(out, "{\"compare\":[");
	buf_append(out, txn->expected.data, txn->expected.len);
	buf_puts(out, "],\"success\":[");
	buf_append(out, txn->done.data, txn->done.len);
	buf_puts(out, "],\"failure\":[]}");
	if (txn->expected.err != 0 || txn->done.err != 0)
		out->err = -ENOMEM;
	buf_done(&txn->expected);
	buf_done(&txn->done);
	*txn = (struct etcd_txn) { 0 };
}
