// SPDX-License-Identifier: GPL-2.0-or-later
// believed.c - what netd says it has made, from its snapshot, and what its resolver knows
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "client/calls.h"
#include "client/client.h"
#include "diag/belief.h"
#include "diag/facts_answers.h"
#include "explain/explain.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. What netd has made is read from the snapshot that its API gives to any
 * observer. The question is sent first and the answer is heard later, so that netd gathers it
 * while this process looks at the host. The client stays open: the facts ask it for published
 * ports, which most questions do not need, and for what the resolver knows of a name. */

/* For the cleanup attribute, which hands over the address of the variable. NULL is no client,
 * and is closed as such. */
static void client_closep(struct client **client)
{
	client_close(*client);
}

/* A status that is not 200 carries netd's own message, which becomes the error. */
static int hear_snapshot(struct client *client, struct buf *body, struct error *error)
{
	int status;
	int err = client_hear(client, &status, body, error);

	return err == 0 && status != 200 ? calls_refusal(status, body, error) : err;
}

/* The snapshot is gathered and read as any observer's: the loop is held for no longer by this. */
static int ask_snapshot(struct client *client, const char *query, struct error *error)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "/netd/v1/snapshot?%s", query);
	return client_ask(client, path, error);
}

/* A host publishes thousands of ports, and a question needs none of them, or those of one number.
 */
static int ask_ports(void *data, struct facts *facts, uint16_t host_port)
{
	_cleanup_(buf_done) struct buf body = { 0 };
	char query[64];
	int err;

	(void)snprintf(query, sizeof(query), "parts=ports&port=%u", host_port);
	err = ask_snapshot(data, query, NULL);
	if (err == 0)
		err = hear_snapshot(data, &body, NULL);
	return err < 0 ? err : belief_read_ports(body.data, body.len, facts, NULL);
}

/* For these, ports are judged in bulk: one large answer costs less than a call for each. */
static bool has_all_ports(const struct explain_options *options)
{
	return options->doctor || options->all || options->reach || options->follow;
}

int explain_believed_ask(const struct explain_options *options, struct client **ret_client,
			 struct error *error)
{
	int err = client_open(options->host, ret_client, error);

	if (err < 0)
		return err;
	/* A daemon that hangs is unavailable, as one that is dead: whoever asked may ask the
	 * records then. */
	client_timeout(*ret_client, EXPLAIN_SNAPSHOT_S);
	/* Doctor looks at each port that is published, and tells what was repaired. Who asks for
	 * all listeners wants the ports, too. */
	return ask_snapshot(*ret_client,
			    options->doctor ? "parts=daemon,networks,containers,ports,resolver"
			    : has_all_ports(options) ? "parts=networks,containers,ports,resolver"
						     : "parts=networks,containers,resolver",
			    error);
}

int explain_believed_hear(const struct explain_options *options, struct client *client,
			  struct facts *facts, struct error *error)
{
	_cleanup_(buf_done) struct buf body = { 0 };
	int err = hear_snapshot(client, &body, error);

	if (err == 0)
		err = belief_read(body.data, body.len, facts, error);
	if (err < 0)
		return err;
	/* The source goes into the answer, so that the reader knows whether a living daemon
	 * said so. */
	facts->source = "netd";
	facts->ask_ports = has_all_ports(options) ? NULL : ask_ports;
	facts->ask_ports_data = client;
	return 0;
}

int explain_believed(const struct explain_options *options, struct facts *facts,
		     struct client **ret_client, struct error *error)
{
	int err = explain_believed_ask(options, ret_client, error);

	return err < 0 ? err : explain_believed_hear(options, *ret_client, facts, error);
}

/* ---- names of outside ---- */

/* The resolver sets it when no server for outside has answered: the name may exist. */
#define NO_REACHABLE_AUTHORITY 22 /* RFC 8914, 4.23 */

/* One lookup for each family fills the same answer. It counts as answered as soon as one lookup
 * was. */
static void fill_name(const json_t *json, struct facts_name *name)
{
	const char *status = json_string_value(json_object_get(json, "Status"));
	const json_t *answers = json_object_get(json, "Answers");

	name->err = 0;
	/* Of the two types one may be in the cache, and the other not. A SERVFAIL of one does
	 * not hide what the other has found. */
	if (!name->status[0] || (status && strcmp(status, "SERVFAIL") != 0))
		(void)snprintf(name->status, sizeof(name->status), "%s", status ? status : "");
	name->is_dead |= json_integer_value(json_object_get(json, "ExtendedError")) ==
			 NO_REACHABLE_AUTHORITY;
	/* Names that stand for others come before the addresses. The first address of a family
	 * is kept; the judge asks for one to look at. */
	for (size_t i = 0; i < json_array_size(answers); i++) {
		const json_t *data = json_object_get(json_array_get(answers, i), "Data");
		struct addr addr;

		if (json_is_string(data) && addr_parse(json_string_value(data), &addr) == 0 &&
		    !addr_is_set(&name->addr[family_of(addr.family)]))
			name->addr[family_of(addr.family)] = addr;
	}
}

/* Without is_real nobody outside is asked: what netd's resolver knows is the answer. */
static int look_up(struct client *client, const char *from, const char *name, const char *type,
		   bool is_real, struct facts_name *answer)
/* The name and the container are quoted: a dot or a slash of a stranger's name is not to become
 * a part of the path. */
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *json = NULL;
	struct error error = { 0 };
	int err;

	buf_puts(&path, "/netd/v1/dns/lookup?name=");
	client_quote(&path, name);
	buf_printf(&path, "&type=%s&from=", type);
	client_quote(&path, from);
	if (!is_real)
		buf_puts(&path, "&cached=1");
	err = path.err ? path.err : calls_json(client, "GET", path.data, NULL, &json, &error);
	if (err == 0)
		fill_name(json, answer);
	return err;
}

void explain_ask_name(struct client *client, const struct facts_space *space,
		      const struct facts_name_asked *asked, struct facts_name *answer)
{
	answer->err = -ENODATA;
	/* It stays -ENODATA until an answer fills it: that nobody knows is not that there is no
	 * such name. */
	(void)look_up(client, space->key, asked->name, "A", false, answer); /* err is in it */
}

/* Only a name with a dot that no container has is a name of outside, and only a container asks
 * netd's resolver. Everybody else asks a resolver that netd knows nothing of. */
int explain_name(const struct explain_options *options, const struct diag_verdict *verdict,
		 struct facts *facts)
{
	_cleanup_(client_closep) struct client *client = NULL;
	static const char *const types[] = { "A", "AAAA" };
	struct facts_answered *answered;
	struct error error = { 0 };
	int err = 0;

	/* Facts from a file or from records have no daemon to ask. */
	if (options->use_records || options->facts || verdict->to.kind != DIAG_NOBODY ||
	    verdict->from.kind != DIAG_OF_CONTAINER || !verdict->from.space ||
	    !strchr(verdict->to.name, '.') || client_open(options->host, &client, &error) < 0)
		return 0;
	client_timeout(client, EXPLAIN_SNAPSHOT_S);
	answered = calloc(1, sizeof(*answered));
	if (!answered)
		return -ENOMEM;
	answered->kind = FACTS_KIND_NAME;
	(void)snprintf(answered->space, sizeof(answered->space), "%s", verdict->from.space);
	(void)snprintf(answered->name.asked.name, sizeof(answered->name.asked.name), "%s",
		       verdict->to.name);
	/* Without an answer the judge finds none, and says that nobody asked. -ENOMEM and all
	 * else are handled alike here: an answer that is not there is unknown. */
	for (size_t i = 0; i < ARRAY_SIZE(types) && err == 0; i++)
		err = look_up(client, verdict->from.name, verdict->to.name, types[i],
			      options->probe, &answered->name.answer);
	if (err < 0) {
		free(answered);
		return 0;
	}
	return facts_keep(facts, answered) == -ENOMEM ? -ENOMEM : 0;
}
