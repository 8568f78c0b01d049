// SPDX-License-Identifier: GPL-2.0-or-later
// records.c - handlers of the records that hosts of a cluster exchange: for whoever carries them
#include "api/call/reply.h"
#include "api/connect/connections.h"
#include "api/handlers/handlers.h"
#include "base/cleanup.h"
#include "base/json_write.h"
#include "model/cluster/cluster_record.h"
#include "model/text/field.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A test, or a process of netd's, tells the engine what hosts of a cluster
 * have, and asks what this host would tell them. Everything goes through the functions that the
 * herald's messages go through, so nothing is believed here that would not be believed there. */

/* No part of the API that others may build on (docs/api.md): netd's own processes and tests carry
 * records so, and root alone may say what other hosts have. */
static int check_root(struct api_call *call)
{
	const struct api_connection *connection = api_connection_of(call->connection);

	if (connection && connection->uid == 0)
		return 0;
	return error_set(&call->error, ERROR_FORBIDDEN,
			 "records of other hosts are root's to tell and to see");
}

/* Cut, for whoever sends a key may send any length. */
static int bad_key(struct api_call *call, const char *key)
{
	return error_set(&call->error, ERROR_INVALID, "\"%.80s\" is no key of a record", key);
}

/* A record is too large for the stack. It goes through the same reader as one from etcd. */
static int put_record(struct api_call *call, const char *key, const json_t *value)
{
	/* text and record are both freed at the end, whichever of the steps fails. */
	struct cluster_record *record = malloc(sizeof(*record));
	_cleanup_free_ char *text = record ? json_write(value, JSON_COMPACT) : NULL;
	struct cluster_key parsed;
	int err;

	if (!text)
		err = error_system(&call->error, -ENOMEM, "cannot take in a record");
	else if (cluster_key_parse(key, strlen(key), &parsed) < 0)
		err = bad_key(call, key);
	else if (cluster_record_read(&parsed, text, strlen(text), record) < 0)
		err = error_set(&call->error, ERROR_INVALID, "the record %.200s makes no sense",
				key);
	else
		err = engine_cluster_put(api_call_engine(call), record, &call->error);
	free(record);
	return err;
}

/* Self may be missing: nothing about this host changes then. */
static int take_self(struct api_call *call, const struct field_scope *body)
{
	const char *name = "", *address = "";
	struct addr tunnel = { 0 };
	struct field_scope self;
	int err;

	/* Without this look a missing member would read like an empty one, and the host would lose
	 * its name. */
	if (!json_object_get(call->json, "Self"))
		return 0;
	if ((err = field_object(body, "Self", &self)) < 0 ||
	    (err = field_text(&self, "Name", &name)) < 0 ||
	    (err = field_text(&self, "Address", &address)) < 0)
		return err;
	if (*address && addr_parse(address, &tunnel) < 0)
		return error_set(&call->error, ERROR_INVALID, "invalid address \"%s\" of a host",
				 address);
	return engine_cluster_self(api_call_engine(call), name, &tunnel, &call->error);
}

/* Stops at the first record that is refused; those before it are taken in. */
static int take_records(struct api_call *call)
{
	const json_t *removed = json_object_get(call->json, "Remove");
	json_t *put = json_object_get(call->json, "Put"), *value;
	const char *key;
	int err = 0;

	/* err keeps those behind the refused one from being taken. */
	json_object_foreach (put, key, value) {
		err = err < 0 ? err : put_record(call, key, value);
	}
	for (size_t i = 0; err == 0 && i < json_array_size(removed); i++) {
		struct cluster_key parsed;

		key = json_string_value(json_array_get(removed, i));
		if (!key || cluster_key_parse(key, strlen(key), &parsed) < 0)
			err = bad_key(call, key ? key : "");
		else
			engine_cluster_remove(api_call_engine(call), &parsed);
	}
	return err;
}

/* {"Self": {"Name", "Address"}, "Whole": true, "Put": {KEY: record, ...}, "Remove": [KEY, ...]}:
 * each may be missing. Whole: what is not in Put is gone. An error in the middle leaves Whole
 * without its end. The next one begins anew. */
int api_records_put(struct api_call *call)
{
	struct engine *engine = api_call_engine(call);
	struct field_scope body;
	bool whole = false;
	/* Asked before the body is looked at. */
	int err = check_root(call);

	if (err < 0 || (err = field_scope_init(call->json, "", &call->error, &body)) < 0 ||
	    (err = field_bool(&body, "Whole", &whole)) < 0 || (err = take_self(call, &body)) < 0)
		return err;
	if (whole)
		engine_cluster_begin(engine);
	/* Between begin and end nothing else runs, for all of it is one turn of the loop. */
	err = take_records(call);
	if (err == 0 && whole)
		err = engine_cluster_end(engine, &call->error);
	return err < 0 ? err : api_reply_json(call, MHD_HTTP_OK, json_object());
}

/* For engine_cluster_own, engine_cluster_wanted and engine_cluster_unwanted. data is the object
 * that gets it. */
static int add_record(const struct cluster_record *record, void *data)
{
	const char *key = cluster_key_print(&record->key, (char[CLUSTER_KEY_SIZE]) { 0 });
	struct buf text = { 0 };
	json_t *object;

	cluster_record_write(record, &text);
	/* A record is written by the same code as for etcd, and read back to become a part of this
	 * answer. */
	object = text.err == 0 ? json_loadb(text.data, text.len, 0, NULL) : NULL;
	buf_done(&text);
	return json_object_set_new(data, key, object) < 0 ? -ENOMEM : 0;
}

/* {"Own": {KEY: record, ...}, "Wanted": the same, "Unwanted": the same, "Due": number} */
int api_records_get(struct api_call *call)
{
	struct engine *engine = api_call_engine(call);
	json_t *own, *wanted, *unwanted, *reply;
	int err = check_root(call);

	if (err < 0)
		return err;
	own = json_object();
	wanted = json_object();
	unwanted = json_object();
	if (!own || !wanted || !unwanted || engine_cluster_own(engine, add_record, own) < 0 ||
	    engine_cluster_wanted(engine, add_record, wanted) < 0 ||
	    engine_cluster_unwanted(engine, add_record, unwanted) < 0) {
		json_decref(own);
		json_decref(wanted);
		json_decref(unwanted);
		return api_reply_json(call, MHD_HTTP_OK, NULL);
	}
	reply = json_pack("{s:o, s:o, s:o, s:I}", "Own", own, "Wanted", wanted, "Unwanted",
			  unwanted, "Due", (json_int_t)engine_cluster_n_due(engine));
	return api_reply_json(call, MHD_HTTP_OK, reply);
}
