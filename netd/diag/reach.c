// SPDX-License-Identifier: GPL-2.0-or-later
// reach.c - who reaches which listener: everybody who may ask against everything that listens
#include "diag/reach.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/protocol.h"
#include "diag/pairs.h"
#include "diag/question.h"
#include "diag/verdict_json.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Everybody who may ask is written as text that explain would take, and
 * asks each container, and then the host. For each pair the question is parsed and resolved
 * like one of a person's, so a row can be asked again by its words. What a container listens on
 * comes from targets.h, as A sees it.
 *
 * Rows are written as text at once, because a verdict is large and there may be a hundred
 * thousand pairs. After each asker the kernel's answers about pairs are forgotten
 * (facts_forget()), so that memory grows with the rows alone. */

/* The version of the document; matrix.c reads it. */
#define REACH_VERSION 1

/* --- names ------------------------------------------------------------------------------------ */

/* What explain takes for a container, and what it is called in the answer: its name, but where that
 * means somebody else, such as "host" or an address, the beginning of its id. */
static const char *name_of(const struct facts_container *container, char id[ID_SHORT_LEN + 1])
{
	struct question question;

	/* The name is tried as A: if it is read as a container, it means one. */
	if (!container->id[0] || (question_parse(container->name, "host", &question, NULL) == 0 &&
				  question.from.kind == DIAG_OF_CONTAINER))
		return container->name;
	(void)snprintf(id, ID_SHORT_LEN + 1, "%.*s", ID_SHORT_LEN, container->id);
	return id;
}

/* --- who asks --------------------------------------------------------------------------------- */

/* prefix: "outside:" for an address, else "". */
static int add_asker(struct diag_reach *reach, const char *prefix, const char *text)
{
	struct reach_asker *items = grow(reach->askers, &reach->room, reach->n_askers + 1,
					 sizeof(*items));

	if (!items)
		return -ENOMEM;
	/* Too long a text is cut, and then finds nobody; names of netd's are shorter. */
	reach->askers = items;
	(void)snprintf(items[reach->n_askers++].text, sizeof(items->text), "%s%s", prefix, text);
	return 0;
}

/* By name or id, as everywhere. */
static const struct facts_network *find_network(const struct facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->n_networks; i++)
		if (strcmp(facts->networks[i].name, name) == 0 ||
		    strcmp(facts->networks[i].id, name) == 0)
			return &facts->networks[i];
	return NULL;
}

/* Whether the container has a link on the network, by its name. */
static bool is_on(const struct facts_container *container, const struct facts_network *network)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (strcmp(container->endpoints[i].network, network->name) == 0)
			return true;
	return false;
}

/* Somebody outside is anybody who comes in by the uplink: the gateway is one that there is. */
static int add_outside(const struct facts *facts, struct diag_reach *reach)
{
	/* Without a picture of the host nobody outside asks. */
	const struct facts_space *host = facts_space(facts, "host");
	bool has[FAMILY_N] = { false, false };

	for (size_t i = 0; host && i < host->n_routes; i++) {
		const struct facts_route *route = &host->routes[i];
		enum family family = family_of(route->gateway.family);

		/* One default route of each family, by a gateway with an address that can be
		 * asked from. */
		if (route->dst.len != 0 || !addr_is_set(&route->gateway) || has[family] ||
		    route->table != RT_TABLE_MAIN || addr_is_link_local(&route->gateway))
			continue;
		has[family] = true;
		if (add_asker(reach, "outside:", ADDR_STR(&route->gateway)) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* network NULL: all containers. The host and the world ask in any case. */
static int add_everybody(const struct facts *facts, const struct facts_network *network,
			 struct diag_reach *reach)
{
	int err = 0;

	for (size_t i = 0; i < facts->n_containers && err == 0; i++) {
		const struct facts_container *container = &facts->containers[i];
		char id[ID_SHORT_LEN + 1];

		/* A container on the host's network is the host. */
		if (!container->host_mode && (!network || is_on(container, network)))
			err = add_asker(reach, "", name_of(container, id));
	}
	if (err == 0)
		err = add_asker(reach, "", "host");
	return err < 0 ? err : add_outside(facts, reach);
}

/* By the words that stand in a row: the list has as many as there are containers at the most. */
static bool asks_already(const struct diag_reach *reach, const char *text)
{
	for (size_t i = 0; i < reach->n_askers; i++)
		if (strcmp(reach->askers[i].text, text) == 0)
			return true;
	return false;
}

/* One may be named twice, and in several ways: each asks once. The name under which it is known
 * decides, so "web" and its id are one. */
static int add_once(const struct facts *facts, const char *text, struct diag_reach *reach,
		    struct error *error)
{
	static struct diag_verdict asked; /* large, and one */
	const struct facts_container *container = NULL;
	char id[ID_SHORT_LEN + 1];
	struct question question;
	const char *name;
	/* "host" stands for any B: only A is wanted. */
	int err = question_parse(text, "host", &question, error);

	if (err == 0)
		err = question_resolve(&question, facts, &asked, error);
	if (err == 0 && asked.from.kind == DIAG_OF_CONTAINER)
		err = question_container(facts, asked.from.name, &container, error);
	/* A container is called by the same words as in a row. */
	name = container ? name_of(container, id) : asked.from.name;
	if (err == 0 && (!name || (!asks_already(reach, name) && add_asker(reach, "", name) < 0)))
		err = error_system(error, -ENOMEM, "cannot judge so many");
	verdict_done(&asked);
	return err;
}

/* names: with commas between them. question_take() goes on behind each. */
static int add_named(const struct facts *facts, const char *names, struct diag_reach *reach,
		     struct error *error)
{
	struct question_end end;
	int err = 0;

	while (err == 0 && *names) {
		err = question_take(&names, &end, error);
		if (err == 0)
			err = add_once(facts, end.text, reach, error);
	}
	return err;
}

/* The error for a network comes first: it narrows everything else. */
static int find_askers(const struct facts *facts, const struct reach_asked *asked,
		       struct diag_reach *reach, struct error *error)
{
	const struct facts_network *network = asked->network ? find_network(facts, asked->network)
							     : NULL;
	int err = asked->network ? question_check("NETWORK", asked->network, error) : 0;

	if (err < 0)
		return err;
	if (asked->network && !network)
		return error_set(error, ERROR_NOT_FOUND, "there is no network called %s",
				 asked->network);
	if (asked->names)
		/* Who is named is meant, whatever network he is on. */
		return add_named(facts, asked->names, reach, error);
	return add_everybody(facts, network, reach) < 0
		       ? error_system(error, -ENOMEM, "cannot judge so many")
		       : 0;
}

/* --- pairs ------------------------------------------------------------------------------------ */

/* Who asks, and in JSON, for it stands in each of his rows. */
struct asking {
	struct facts *facts;
	struct diag_reach *reach;
	const char *text;
	struct diag_verdict *asked;
	char *from;
};

/* One row. asking->from is JSON already, for a path may need escapes. */
static int write_pair(const struct asking *asking, const char *to, const struct diag_target *target,
		      const struct diag_verdict *verdict)
{
	struct diag_reach *reach = asking->reach;
	struct buf *out = &reach->pairs;

	/* Names of containers, addresses and codes need no escapes. */
	buf_printf(out,
		   "%s{\"From\":%s,\"To\":\"%s\",\"Address\":\"%s\",\"Port\":%u,\"Protocol\":"
		   "\"%s\",\"Inside\":%u,\"Published\":%s,\"Passing\":%s,\"Verdict\":\"%s\","
		   "\"Code\":",
		   out->len > 0 ? "," : "", asking->from, to, ADDR_STR(&target->addr), target->port,
		   protocol_name(target->protocol), target->bound_port,
		   target->is_published ? "true" : "false", target->is_passing ? "true" : "false",
		   verdict_outcome_name[verdict->outcome]);
	buf_printf(out, verdict->code ? "\"%s\"}" : "null}", verdict->code);
	return out->err;
}

/* Also for explain/reach_shares.c, which adds up the rows of several processes. */
int reach_too_many(struct error *error)
{
	return error_set(error, ERROR_TOO_LARGE,
			 "there are more than %d pairs of who asks and what listens: name those "
			 "who ask, or a network",
			 REACH_PAIRS_MAX);
}

/* One pair: judged, counted, and written as a row. */
static int judge_pair(struct asking *asking, const char *to, const struct diag_target *target,
		      struct error *error)
{
	static struct diag_verdict verdict; /* large, and one */
	struct diag_reach *reach = asking->reach;
	int err;

	/* The bound is checked for each pair: the number is not known before. */
	if (reach->n_pairs >= REACH_PAIRS_MAX)
		return reach_too_many(error);
	verdict.is_terse = true;
	pairs_judge(asking->facts, asking->asked, target, &verdict);
	/* The verdict's code is a constant, so the row may keep it after verdict_done(). */
	reach->n_pairs++;
	reach->n[verdict.outcome]++;
	err = verdict.err == -ENOMEM ? verdict.err : write_pair(asking, to, target, &verdict);
	verdict_done(&verdict);
	return err < 0 ? error_system(error, err, "cannot judge so many") : 0;
}

/* `to` is a container in words that explain takes, or "host". Only text of netd's own making
 * comes here, so an error is a lack of memory or a name that is no longer there. */
static int judge_targets(struct asking *asking, const char *to, struct error *error)
{
	/* What the container listens on, as this asker sees it. */
	struct diag_targets targets = { 0 };
	struct diag_verdict *asked = asking->asked;
	struct question question;
	int err = question_parse(asking->text, to, &question, error);

	if (err == 0)
		err = question_resolve(&question, asking->facts, asked, error);
	/* What a container reaches in itself nobody else has a part in. */
	if (err < 0 || (asked->from.space && asked->to.space &&
			strcmp(asked->from.space, asked->to.space) == 0))
		return err;
	err = pairs_targets(asking->facts, asked, &targets);
	/* What could not be looked at is told, and the others are judged. */
	if (err == -ENOENT)
		verdict_add_unknown(&asking->reach->gaps, asked->to.name,
				    "nobody could look into its namespace");
	for (size_t i = 0; err == 0 && i < targets.n; i++)
		err = judge_pair(asking, to, &targets.items[i], error);
	if (targets.n_left > 0)
		verdict_add_unknown(&asking->reach->gaps, asked->to.name,
				    "%zu listeners beyond the first %zu were not judged",
				    targets.n_left, targets.n);
	targets_done(&targets);
	return err == -ENOENT ? 0 : err;
}

/* Written once for all rows of this asker. */
static int name_asker(struct asking *asking, struct error *error)
{
	json_auto_t *name = json_text(asking->text);

	asking->from = json_write(name, JSON_COMPACT | JSON_ENCODE_ANY);
	return asking->from ? 0 : error_system(error, -ENOMEM, "cannot judge so many");
}

/* Who asks. What is in ret_reach is freed by reach_done(), after an error as well. */
int reach_find(struct facts *facts, const struct reach_asked *asked, struct diag_reach *ret_reach,
	       struct error *error)
{
	int err;

	*ret_reach = (struct diag_reach) { 0 };
	/* Who asks is checked before anything is looked at. */
	err = find_askers(facts, asked, ret_reach, error);
	/* Published ports are judged as their container's, and not again as the host's. */
	ret_reach->with_host = targets_set_apart(facts) == 0;
	if (!ret_reach->with_host)
		verdict_add_unknown(
			&ret_reach->gaps, "host",
			"not all that listens there was read, and none of it was judged");
	return err;
}

/* All rows of one asker. The caller goes over askers, and may do other things in between. */
int reach_judge_asker(struct facts *facts, struct diag_reach *reach, size_t asker,
		      struct error *error)
{
	static struct diag_verdict asked; /* large, and one */
	struct asking asking = { facts, reach, reach->askers[asker].text, &asked, NULL };
	int err = name_asker(&asking, error);

	for (size_t i = 0; err == 0 && i < facts->n_containers; i++) {
		const struct facts_container *to = &facts->containers[i];
		char id[ID_SHORT_LEN + 1];

		/* What was adopted is here to ask, and nobody's server. */
		if (to->host_mode || (!to->id[0] && to->n_endpoints == 0))
			continue;
		err = judge_targets(&asking, name_of(to, id), error);
		verdict_done(&asked);
	}
	if (err == 0 && reach->with_host) {
		err = judge_targets(&asking, "host", error);
		verdict_done(&asked);
	}
	free(asking.from);
	/* Behind this nobody may hold an answer. The verdicts are done. */
	facts_forget(facts);
	return err;
}

/* After the last asker, when no more pictures are taken. */
void reach_end(const struct facts *facts, struct diag_reach *reach)
{
	/* The pictures are of more than one moment. That is said, and not hidden. */
	if (facts->is_moving)
		verdict_add_unknown(&reach->gaps, "host",
				    "something changed while it was read: ask once more");
}

/* --- what is written -------------------------------------------------------------------------- */

/* The list of askers, so that a reader sees who had no row. */
static json_t *askers_json(const struct diag_reach *reach)
{
	json_t *list = json_array();

	for (size_t i = 0; i < reach->n_askers; i++)
		verdict_json_append(&list, json_text(reach->askers[i].text));
	return list;
}

/* Head and rows as one document. 0 or -ENOMEM. */
int reach_write(const struct diag_reach *reach, const struct reach_asked *asked, const char *source,
		struct buf *out)
{
	json_auto_t *head = json_pack(
		"{s:i, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:s, s:f}", "Version", REACH_VERSION,
		"Names", json_text(asked->names), "Network", json_text(asked->network), "Askers",
		askers_json(reach), "Reachable", (json_int_t)reach->n[DIAG_REACHABLE],
		"Unreachable", (json_int_t)reach->n[DIAG_UNREACHABLE], "Partly",
		(json_int_t)reach->n[DIAG_PARTLY], "Undecided",
		(json_int_t)reach->n[DIAG_UNDECIDED], "Unknown",
		verdict_json_unknown(reach->gaps.unknown, reach->gaps.n_unknown), "Source", source,
		"TookMilliseconds", verdict_json_ms(reach->took_ms));
	_cleanup_free_ char *text = json_write(head, JSON_COMPACT | JSON_REAL_PRECISION(9));

	/* Errors while rows were written show here at the latest. */
	if (!text || reach->pairs.err < 0 || reach->gaps.err == -ENOMEM)
		return -ENOMEM;
	/* As in all.c: the last brace is left out, and the rows stand in the same object. */
	buf_append(out, text, strlen(text) - 1);
	buf_puts(out, ",\"Pairs\":[");
	buf_append(out, reach->pairs.data, reach->pairs.len);
	buf_puts(out, "]}");
	return out->err;
}

/* Empty afterwards, and also right for one that was zeroed only. */
void reach_done(struct diag_reach *reach)
{
	verdict_done(&reach->gaps);
	buf_done(&reach->pairs);
	free(reach->askers);
	*reach = (struct diag_reach) { 0 };
}
