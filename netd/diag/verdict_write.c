// SPDX-License-Identifier: GPL-2.0-or-later
// verdict_write.c - a verdict as JSON: the keys of docs/api.md, which stay
#include "base/cleanup.h"
#include "base/json_write.h"
#include "diag/verdict.h"

#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define VERDICT_VERSION 1

static const char *const outcome_name[DIAG_N_OUTCOMES] = {
	[DIAG_UNDECIDED] = "undecided",
	[DIAG_REACHABLE] = "reachable",
	[DIAG_UNREACHABLE] = "unreachable",
	[DIAG_PARTLY] = "partly",
};

const char *const verdict_state_name[DIAG_N_STATES] = {
	[DIAG_OK] = "ok",	    [DIAG_BAD] = "bad",		[DIAG_WARN] = "warn",
	[DIAG_UNKNOWN] = "unknown", [DIAG_SKIPPED] = "skipped",
};

static const char *const who_name[DIAG_N_WHOS] = {
	[DIAG_NETD] = "netd",
	[DIAG_ADMIN] = "admin",
	[DIAG_CONTAINER] = "container",
};

static const char *const kind_name[DIAG_N_KINDS] = {
	[DIAG_NOBODY] = "nobody",      [DIAG_OF_CONTAINER] = "container",
	[DIAG_OF_HOST] = "host",       [DIAG_OF_ADDRESS] = "address",
	[DIAG_OF_OUTSIDE] = "outside", [DIAG_OF_PROCESS] = "process",
	[DIAG_OF_NETNS] = "netns",
};

static const char *const probed_name[DIAG_N_PROBED] = {
	[DIAG_NOT_PROBED] = "none",   [DIAG_CONNECTED] = "connected", [DIAG_REFUSED] = "refused",
	[DIAG_REJECTED] = "rejected", [DIAG_SILENT] = "silent",	      [DIAG_NOT_SENT] = "not-sent",
};

/* jansson refuses what is no UTF-8, and the name of a process may be any bytes. Nothing is lost
 * but how it looks: names that netd gives are ASCII. */
static json_t *text_json(const char *text)
{
	_cleanup_free_ char *plain = NULL;
	json_t *json = text ? json_string(text) : json_null();

	if (json || !text)
		return json;
	plain = strdup(text);
	for (char *c = plain; c && *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	return plain ? json_string(plain) : NULL;
}

static const char *protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return "icmp";
	default:
		return NULL;
	}
}

static json_t *end_json(const struct diag_end *end, bool is_target)
{
	char address[ADDR_STR_MAX];
	json_t *json = json_pack(
		"{s:s, s:o, s:I, s:o}", "Kind", kind_name[end->kind], "Name", text_json(end->name),
		"Netns", (json_int_t)end->netns, "Address",
		text_json(addr_is_set(&end->addr) ? addr_print(&end->addr, address) : NULL));

	if (!json || !is_target)
		return json;
	if (json_object_set_new(json, "Port", end->port ? json_integer(end->port) : json_null()) <
		    0 ||
	    json_object_set_new(json, "Protocol", text_json(protocol_name(end->protocol))) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* Appends to a list, or lets go of both: *list is NULL then, and stays so. */
static void append(json_t **list, json_t *item)
{
	if (*list && item && json_array_append(*list, item) == 0) {
		json_decref(item);
		return;
	}
	json_decref(item);
	json_decref(*list);
	*list = NULL;
}

static json_t *facts_json(const struct diag_hop *hop)
{
	json_t *facts = json_object();

	for (size_t i = 0; facts && i < hop->n_facts; i++) {
		const struct diag_fact *fact = &hop->facts[i];
		json_t *value = fact->text ? text_json(fact->text) : json_integer(fact->number);

		if (json_object_set_new(facts, fact->key, value) < 0) {
			json_decref(facts);
			facts = NULL;
		}
	}
	return facts;
}

static json_t *hops_json(const struct diag_verdict *verdict)
{
	json_t *list = json_array();

	for (size_t i = 0; i < verdict->n_hops; i++) {
		const struct diag_hop *hop = &verdict->hops[i];

		append(&list,
		       json_pack("{s:s, s:s, s:o, s:o, s:o}", "Id", hop->id, "State",
				 verdict_state_name[hop->state], "Where", text_json(hop->where),
				 "Say", text_json(hop->say), "Facts", facts_json(hop)));
	}
	return list;
}

static json_t *fixes_json(const struct diag_verdict *verdict)
{
	json_t *list = json_array();

	for (size_t i = 0; i < verdict->n_fixes; i++) {
		const struct diag_fix *fix = &verdict->fixes[i];
		json_t *argv = json_array();

		for (size_t k = 0; k < fix->n_argv; k++)
			append(&argv, text_json(fix->argv[k]));
		append(&list,
		       json_pack("{s:s, s:o, s:o, s:b}", "Who", who_name[fix->who], "Say",
				 text_json(fix->say), "Argv", argv, "Choice", fix->is_choice));
	}
	return list;
}

static json_t *also_json(const struct diag_verdict *verdict)
{
	json_t *list = json_array();

	for (size_t i = 0; i < verdict->n_also; i++) {
		const struct diag_finding *finding = &verdict->also[i];

		append(&list, json_pack("{s:s, s:s, s:s, s:o}", "Code", finding->code, "Hop",
					finding->hop, "State", verdict_state_name[finding->state],
					"Say", text_json(finding->say)));
	}
	return list;
}

static json_t *unknown_json(const struct diag_verdict *verdict)
{
	json_t *list = json_array();

	for (size_t i = 0; i < verdict->n_unknown; i++)
		append(&list, json_pack("{s:o, s:o}", "Where", text_json(verdict->unknown[i].where),
					"Why", text_json(verdict->unknown[i].why)));
	return list;
}

static json_t *probe_json(const struct diag_probe *probe)
{
	if (probe->outcome == DIAG_NOT_PROBED)
		return json_null();
	return json_pack("{s:s, s:o, s:f, s:b}", "Outcome", probed_name[probe->outcome], "By",
			 text_json(probe->by), "Milliseconds", probe->ms, "Agrees", probe->agrees);
}

/* Three places: microseconds are all that a clock is good for here. */
static double rounded(double ms)
{
	return (double)(int64_t)(ms * 1000 + 0.5) / 1000;
}

static json_t *seen_json(const struct diag_trace *trace)
{
	json_t *list = json_array();

	for (size_t i = 0; i < trace->n; i++) {
		const struct diag_seen *seen = &trace->lines[i];

		append(&list,
		       json_pack("{s:f, s:o, s:o, s:s, s:o}", "Milliseconds", rounded(seen->ms),
				 "Where", text_json(seen->where), "Link", text_json(seen->link),
				 "State", verdict_state_name[seen->state], "Say",
				 text_json(seen->say)));
	}
	return list;
}

static json_t *trace_json(const struct diag_trace *trace)
{
	if (!trace->is_there)
		return json_null();
	return json_pack("{s:o, s:o, s:b, s:o, s:I}", "Lacks", text_json(trace->lacks), "End",
			 text_json(trace->end), "Agrees", !trace->disagrees, "Lines",
			 seen_json(trace), "LeftOut", (json_int_t)trace->n_left_out);
}

int verdict_write(const struct diag_verdict *verdict, struct buf *out)
{
	json_auto_t *json = json_pack(
		"{s:i, s:o, s:o, s:s, s:s?, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
		"s:s?, "
		"s:f}",
		"Version", VERDICT_VERSION, "From", end_json(&verdict->from, false), "To",
		end_json(&verdict->to, true), "Verdict", outcome_name[verdict->outcome], "Code",
		verdict->code, "Hop", verdict->hop, "Cause", text_json(verdict->cause), "Why",
		text_json(verdict->why), "Note", text_json(verdict->note), "Fix",
		fixes_json(verdict), "Hops", hops_json(verdict), "Also", also_json(verdict),
		"Unknown", unknown_json(verdict), "Probe", probe_json(&verdict->probe), "Trace",
		trace_json(&verdict->trace), "Source", verdict->source, "TookMilliseconds",
		rounded(verdict->took_ms));
	_cleanup_free_ char *text = json_write(json, JSON_COMPACT | JSON_REAL_PRECISION(9));

	if (!text)
		return -ENOMEM;
	buf_puts(out, text);
	return out->err;
}
