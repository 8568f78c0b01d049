// SPDX-License-Identifier: GPL-2.0-or-later
// etcd_answer.c - what etcd answers, read where it stands
#include "herald/etcd.h"

#include "base/base64.h"
#include "base/cleanup.h"
#include "model/cluster/cluster_config.h"

#include <errno.h>
#include <string.h>

/* Of gRPC's codes, in which etcd refuses: those of a member that has no leader, is slow, or ends.
 */
#define GRPC_DEADLINE_EXCEEDED 4
#define GRPC_UNAVAILABLE 14

/* Theory of operation. What comes here was written by strangers: etcd, whoever else has a
 * certificate, and whoever sits between. It is checked to be JSON once, as a whole
 * (json_span_check), and is read where it stands: no tree is built and no memory taken. A key or a
 * value that is not netd's is passed over; one that is and makes no sense counts as missing. The
 * limits are those of records. */

/* A member that is missing has the kind NONE, and every reader of a span takes that for "nothing
 * there". */
static struct json_span member(const struct json_span *object, const char *key)
{
	struct json_span value;

	json_span_members(object, &key, 1, &value);
	return value;
}

/* null is as good as missing, as protobuf's JSON has it. */
static bool is_there(const struct json_span *value)
{
	return json_span_kind(value) != JSON_SPAN_NONE && json_span_kind(value) != JSON_SPAN_NULL;
}

/* Of 64 bits, as a string or as it is; one that is missing is 0. False: it is none. */
static bool read_number(const struct json_span *object, const char *key, int64_t *ret_number)
{
	struct json_span value = member(object, key);
	char text[24], *end;
	long long number;

	*ret_number = 0;
	if (!is_there(&value))
		return true;
	if (json_span_kind(&value) == JSON_SPAN_NUMBER)
		return json_span_integer(&value, ret_number);
	/* strtoll(3) would take blanks and a plus, and an empty string for 0, so the characters are
	 * looked at first. */
	if (json_span_kind(&value) != JSON_SPAN_STRING ||
	    json_span_text(&value, text, sizeof(text)) >= sizeof(text) || !*text ||
	    strspn(text, "-0123456789") != strlen(text))
		return false;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (*end || errno != 0)
		return false;
	*ret_number = number;
	return true;
}

/* Flags that are false are left out by the gateway. */
static bool read_flag(const struct json_span *object, const char *key)
{
	struct json_span value = member(object, key);

	return json_span_is_true(&value);
}

/* {"error": "…", "code": 14}, or {"error": {"message": "…"}} in a stream. */
static void read_refusal(const struct json_span *object, struct etcd_answer *answer)
{
	struct json_span error = member(object, "error");
	int64_t code = 0;

	/* That there is none says nothing. */
	(void)read_number(object, "code", &code);
	if (json_span_kind(&error) == JSON_SPAN_OBJECT)
		error = member(&error, "message");
	/* null, or no such member, is no refusal. */
	if (!is_there(&error))
		return;
	answer->unavailable = code == GRPC_DEADLINE_EXCEEDED || code == GRPC_UNAVAILABLE;
	/* A sentence of etcd's may be longer than there is room for. */
	(void)json_span_text(&error, answer->why, sizeof(answer->why)); /* cut is enough */
	if (!answer->why[0])
		(void)strcpy(answer->why, "etcd refuses and does not say why");
	/* It becomes a line of a log, and of a terminal. */
	for (char *c = answer->why; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	/* A member that was taken out of etcd, as a host's own is before the host leaves, says so
	 * until its process has ended, with a code that means nothing. Others go on. */
	if (strcmp(answer->why, "raft: stopped") == 0)
		answer->unavailable = true;
}

/* Range, transaction, lease and watch have one reader: each leaves out what the others have. */
int etcd_answer_read(const char *text, size_t len, struct etcd_answer *ret_answer)
{
	struct etcd_answer answer = { 0 };
	struct json_span whole, body, header;

	if (len > HERALD_ANSWER_MAX || json_span_check(text, len, &whole, NULL) < 0 ||
	    json_span_kind(&whole) != JSON_SPAN_OBJECT)
		return -EBADMSG;
	read_refusal(&whole, &answer);
	/* What belongs to a stream is wrapped once more. grpc-gateway writes each message of a
	 * stream as {"result": ...} on a line of its own. */
	body = member(&whole, "result");
	if (!is_there(&body))
		body = whole;
	header = member(&body, "header");
	if (!read_number(&header, "revision", &answer.revision) ||
	    !read_number(&body, "compact_revision", &answer.compact_revision) ||
	    !read_number(&header, "raft_term", &answer.term) ||
	    !read_number(&body, "grantedTTL", &answer.granted_s) ||
	    !read_number(&body, "ID", &answer.lease) || !read_number(&body, "TTL", &answer.ttl_s) ||
	    /* A revision below 0 would make the next question one about the past. */
	    answer.revision < 0)
		return -EBADMSG;
	/* Absent fields of an answer are zero here; which of them mean something depends on the
	 * question, and the caller knows it. */
	answer.succeeded = read_flag(&body, "succeeded");
	answer.more = read_flag(&body, "more");
	answer.created = read_flag(&body, "created");
	answer.canceled = read_flag(&body, "canceled");
	answer.items = member(&body, "events");
	if (!is_there(&answer.items))
		answer.items = member(&body, "kvs");
	answer.members = member(&body, "members");
	*ret_answer = answer;
	return 0;
}

/* A text that fits; one that is missing is "". */
static bool read_text(const struct json_span *object, const char *key, char *ret_text, size_t size)
{
	struct json_span value = member(object, key);

	ret_text[0] = '\0';
	return !is_there(&value) || (json_span_kind(&value) == JSON_SPAN_STRING &&
				     json_span_text(&value, ret_text, size) < size);
}

/* The URLs of a list that are of netd's making, up to max. Their number. */
static uint8_t read_urls(const struct json_span *list, uint8_t max,
			 char ret_urls[][CLUSTER_URL_LEN_MAX + 1])
{
	struct json_span item = { 0 };
	uint8_t n = 0;

	while (n < max && json_span_next(list, &item)) {
		size_t len = json_span_text(&item, ret_urls[n], CLUSTER_URL_LEN_MAX + 1);

		if (len <= CLUSTER_URL_LEN_MAX && cluster_config_is_member(ret_urls[n]))
			n++;
		else /* nothing of it is left: lists are compared as bytes */
			memset(ret_urls[n], 0, CLUSTER_URL_LEN_MAX + 1);
	}
	return n;
}

/* False: it makes no sense. The number has 64 bits without a sign, and is only handed back. */
static bool read_member(const struct json_span *object, struct herald_member *ret_member)
{
	struct json_span peers = member(object, "peerURLs"), urls = member(object, "clientURLs");
	char peer[1][CLUSTER_URL_LEN_MAX + 1] = { "" };

	memset(ret_member, 0, sizeof(*ret_member));
	if (!read_text(object, "ID", ret_member->id, sizeof(ret_member->id)) ||
	    !ret_member->id[0] || strspn(ret_member->id, "0123456789") != strlen(ret_member->id) ||
	    !read_text(object, "name", ret_member->name, sizeof(ret_member->name)) ||
	    (ret_member->name[0] && !cluster_key_is_host(ret_member->name)))
		return false;
	(void)read_urls(&peers, 1, peer);
	memcpy(ret_member->peer, peer[0], sizeof(ret_member->peer));
	ret_member->n_urls = read_urls(&urls, FAMILY_N, ret_member->urls);
	ret_member->learner = read_flag(object, "isLearner");
	return true;
}

int etcd_answer_members(const struct etcd_answer *answer, struct herald_members *ret_members)
{
	struct herald_members members = { 0 };
	struct json_span item = { 0 };

	while (json_span_next(&answer->members, &item))
		if (members.n == CLUSTER_MEMBERS_MAX ||
		    !read_member(&item, &members.all[members.n++]))
			return -EBADMSG;
	if (members.n == 0)
		return -EBADMSG;
	*ret_members = members;
	return 0;
}

/* A value as long as a record may be, and as base64; there is one at a time. Used by read_item and
 * read_value, one after the other, and never across a call. */
static char encoded[(CLUSTER_VALUE_MAX + 2) / 3 * 4 + 1];
static uint8_t decoded[sizeof(encoded) / 4 * 3 + 3];

/* False: it is no base64, or longer than that. */
static bool decode(const struct json_span *value, size_t *ret_len)
{
	/* The length is that of the whole text, so one that was cut is seen below. */
	size_t len = json_span_text(value, encoded, sizeof(encoded));

	*ret_len = 0;
	if (!is_there(value)) /* empty ones are left out */
		return true;
	return json_span_kind(value) == JSON_SPAN_STRING && len < sizeof(encoded) &&
	       base64_read(encoded, len, decoded, ret_len) == 0;
}

/* The record is checked against its key by cluster_record_read. */
static void read_value(const struct json_span *pair, struct etcd_item *item)
{
	struct json_span value = member(pair, "value");
	size_t len;

	/* Wrong until it is proved right: a value that cannot be read counts as no record at
	 * all. */
	item->kind = ETCD_WRONG;
	if (decode(&value, &len) &&
	    cluster_record_read(&item->key, (const char *)decoded, len, &item->record) == 0)
		item->kind = ETCD_RECORD;
}

/* A key is text with slashes. One that is too long or of another shape is somebody else's. */
static void read_item(const struct json_span *entry, struct etcd_item *item)
{
	struct json_span pair = member(entry, "kv"), type = member(entry, "type"), key;
	char word[8] = "";
	size_t len;

	memset(item, 0, sizeof(*item));
	item->kind = ETCD_FOREIGN;
	/* Of a watch, or of a range. */
	if (!is_there(&pair))
		pair = *entry;
	/* The decoded bytes are overwritten by the value, so the name is copied first. */
	key = member(&pair, "key");
	if (!decode(&key, &len))
		return;
	/* The name is kept whatever it is, for the next page begins behind it. */
	item->name_len = len < sizeof(item->name) ? len : sizeof(item->name) - 1;
	memcpy(item->name, decoded, item->name_len);
	if (len != item->name_len || cluster_key_parse(item->name, len, &item->key) < 0)
		return;
	/* What is no number is no revision, and nothing is expected of it. */
	if (!read_number(&pair, "mod_revision", &item->revision))
		item->revision = 0;
	if (!read_number(&pair, "lease", &item->lease))
		item->lease = 0;
	/* A PUT has no type, for it is 0 in protobuf and left out. */
	(void)json_span_text(&type, word, sizeof(word));
	if (strcmp(word, "DELETE") == 0)
		item->kind = ETCD_GONE;
	else
		read_value(&pair, item);
}

/* The text must be there still: items are read only now. */
bool etcd_answer_next(struct etcd_answer *answer, struct etcd_item *ret_item)
{
	if (!json_span_next(&answer->items, &answer->item))
		return false;
	read_item(&answer->item, ret_item);
	return true;
}
