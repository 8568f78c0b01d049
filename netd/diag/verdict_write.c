// SPDX-License-Identifier: GPL-2.0-or-later
// verdict_write.c - a verdict as JSON: the keys of docs/api.md, which stay
#include "base/cleanup.h"
#include "base/json_write.h"
#include "base/protocol.h"
#include "diag/verdict.h"
#include "diag/verdict_json.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. The keys and words here are those of docs/api.md. Programs of others
 * read them, so they stay; what is new gets a new key. Each part has a function that returns a
 * new reference. Where one returns NULL, json_pack() fails as a whole and frees the rest, so
 * memory is checked once, at the end.
 *
 * Text may be anybody's (a link's name, a process's). json_text() turns what is no UTF-8 into
 * "?" and NULL into null. */

/* The version of the document. Another one when a key goes, or means something else. */
#define VERDICT_VERSION 1

/* Words of the first member that a reader looks at. The words are part of the document, so they
 * stay as well. */
const char *const verdict_outcome_name[DIAG_N_OUTCOMES] = {
	[DIAG_UNDECIDED] = "undecided",
	[DIAG_REACHABLE] = "reachable",
	[DIAG_UNREACHABLE] = "unreachable",
	[DIAG_PARTLY] = "partly",
};

/* The same for a hop, and for a finding beside the cause. */
const char *const verdict_state_name[DIAG_N_STATES] = {
	[DIAG_OK] = "ok",	    [DIAG_BAD] = "bad",		[DIAG_WARN] = "warn",
	[DIAG_UNKNOWN] = "unknown", [DIAG_SKIPPED] = "skipped",
};

/* Who is to repair it: netd by itself, the host's administrator, or whoever has the container. */
static const char *const who_name[DIAG_N_WHOS] = {
	[DIAG_NETD] = "netd",
	[DIAG_ADMIN] = "admin",
	[DIAG_CONTAINER] = "container",
};

/* What an end is, which says how its name is meant. */
static const char *const kind_name[DIAG_N_KINDS] = {
	[DIAG_NOBODY] = "nobody",      [DIAG_OF_CONTAINER] = "container",
	[DIAG_OF_HOST] = "host",       [DIAG_OF_ADDRESS] = "address",
	[DIAG_OF_OUTSIDE] = "outside", [DIAG_OF_PROCESS] = "process",
	[DIAG_OF_NETNS] = "netns",
};

/* Outcomes of a real connection, beside what was read. */
static const char *const probed_name[DIAG_N_PROBED] = {
	[DIAG_NOT_PROBED] = "none",   [DIAG_CONNECTED] = "connected", [DIAG_ANSWERED] = "answered",
	[DIAG_REFUSED] = "refused",   [DIAG_REJECTED] = "rejected",   [DIAG_SILENT] = "silent",
	[DIAG_NOT_SENT] = "not-sent",
};

/* An end has a port only if it is B. Assumed says that no port was asked for. */
json_t *verdict_json_end(const struct diag_end *end, bool is_target)
{
	/* json_text copies it. */
	char address[ADDR_STR_MAX];
	json_t *json = json_pack(
		"{s:s, s:o, s:I, s:o}", "Kind", kind_name[end->kind], "Name", json_text(end->name),
		"Netns", (json_int_t)end->netns, "Address",
		json_text(addr_is_set(&end->addr) ? addr_print(&end->addr, address) : NULL));

	if (!json || !is_target)
		return json;
	/* Without memory for one member the object is not whole, and is thrown away. */
	if (json_object_set_new(json, "Port", end->port ? json_integer(end->port) : json_null()) <
		    0 ||
	    json_object_set_new(json, "Protocol", json_text(protocol_name(end->protocol))) < 0 ||
	    json_object_set_new(json, "Assumed", json_boolean(end->is_assumed)) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* The list becomes NULL with the first item that is NULL, and stays so. It takes the item in
 * any case. */
void verdict_json_append(json_t **list, json_t *item)
{
	if (*list && item && json_array_append(*list, item) == 0) {
		json_decref(item);
		return;
	}
	json_decref(item);
	json_decref(*list);
	*list = NULL;
}

/* Values of a hop: a text, or a number. */
static json_t *facts_json(const struct diag_hop *hop)
{
	/* Keys are the judge's own and unique within a hop. */
	json_t *facts = json_object();

	for (size_t i = 0; facts && i < hop->n_facts; i++) {
		const struct diag_fact *fact = &hop->facts[i];
		json_t *value = fact->text ? json_text(fact->text) : json_integer(fact->number);

		if (json_object_set_new(facts, fact->key, value) < 0) {
			json_decref(facts);
			facts = NULL;
		}
	}
	return facts;
}

/* In the order in which a packet meets them. */
static json_t *hops_json(const struct diag_verdict *verdict)
{
	json_t *list = json_array();

	for (size_t i = 0; i < verdict->n_hops; i++) {
		const struct diag_hop *hop = &verdict->hops[i];

		verdict_json_append(&list,
				    json_pack("{s:s, s:s, s:o, s:o, s:o}", "Id", hop->id, "State",
					      verdict_state_name[hop->state], "Where",
					      json_text(hop->where), "Say", json_text(hop->say),
					      "Facts", facts_json(hop)));
	}
	return list;
}

/* Words of a command stand in a list, so that nobody has to take a line apart. Choice says that
 * it changes what somebody may have meant. */
json_t *verdict_json_fixes(const struct diag_fix *fixes, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct diag_fix *fix = &fixes[i];
		/* Empty where there is nothing to run: the sentence is all then. */
		json_t *argv = json_array();

		for (size_t k = 0; k < fix->n_argv; k++)
			verdict_json_append(&argv, json_text(fix->argv[k]));
		verdict_json_append(&list, json_pack("{s:s, s:o, s:o, s:b}", "Who",
						     who_name[fix->who], "Say", json_text(fix->say),
						     "Argv", argv, "Choice", fix->is_choice));
	}
	return list;
}

/* Findings beside the cause; some of them would stop the packet as well. */
static json_t *also_json(const struct diag_verdict *verdict)
{
	json_t *list = json_array();

	for (size_t i = 0; i < verdict->n_also; i++) {
		const struct diag_finding *finding = &verdict->also[i];

		verdict_json_append(&list, json_pack("{s:s, s:s, s:s, s:o}", "Code", finding->code,
						     "Hop", finding->hop, "State",
						     verdict_state_name[finding->state], "Say",
						     json_text(finding->say)));
	}
	return list;
}

/* Places that could not be looked at. With them the verdict may be another. */
json_t *verdict_json_unknown(const struct diag_gap *gaps, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		verdict_json_append(&list,
				    json_pack("{s:o, s:o}", "Where", json_text(gaps[i].where),
					      "Why", json_text(gaps[i].why)));
	return list;
}

/* Large packets were tried only where small ones got through. */
static json_t *large_json(const struct diag_probe *probe)
{
	if (probe->large == DIAG_NOT_PROBED)
		return json_null();
	return json_pack("{s:I, s:s, s:o}", "Bytes", (json_int_t)probe->large_bytes, "Outcome",
			 probed_name[probe->large], "By", json_text(probe->large_by));
}

/* null: no connection was made. */
static json_t *probe_json(const struct diag_probe *probe)
{
	if (probe->outcome == DIAG_NOT_PROBED)
		return json_null();
	return json_pack("{s:s, s:o, s:f, s:b, s:o}", "Outcome", probed_name[probe->outcome], "By",
			 json_text(probe->by), "Milliseconds", probe->ms, "Agrees", probe->agrees,
			 "Large", large_json(probe));
}

/* To a thousandth of a millisecond; more would be noise. */
double verdict_json_ms(double ms)
{
	/* Rounded to the nearest; times are not negative. */
	return (double)(int64_t)(ms * 1000 + 0.5) / 1000;
}

/* In the order of time; LeftOut says how many more there were. */
static json_t *seen_json(const struct diag_trace *trace)
{
	json_t *list = json_array();

	for (size_t i = 0; i < trace->n; i++) {
		const struct diag_seen *seen = &trace->lines[i];

		verdict_json_append(&list,
				    json_pack("{s:f, s:o, s:o, s:s, s:o}", "Milliseconds",
					      verdict_json_ms(seen->ms), "Where",
					      json_text(seen->where), "Link", json_text(seen->link),
					      "State", verdict_state_name[seen->state], "Say",
					      json_text(seen->say)));
	}
	return list;
}

/* Answer says that it was met by the answer and not by the packet. */
static json_t *met_json(const struct diag_trace *trace)
{
	json_t *list = json_array();

	for (size_t i = 0; i < trace->n_met; i++) {
		const struct diag_met *met = &trace->met[i];

		verdict_json_append(&list,
				    json_pack("{s:o, s:s?, s:o, s:o, s:I, s:o, s:o, s:b}", "Where",
					      json_text(met->where), "Family", met->family, "Table",
					      json_text(met->table), "Chain", json_text(met->chain),
					      "Handle", (json_int_t)met->handle, "Verdict",
					      json_text(met->verdict), "Say", json_text(met->say),
					      "Answer", met->is_answer));
	}
	return list;
}

/* null: nobody asked for a trace. */
static json_t *trace_json(const struct diag_trace *trace)
{
	if (!trace->is_there)
		return json_null();
	return json_pack(
		"{s:o, s:o, s:b, s:o, s:I, s:o, s:o, s:I}", "Lacks", json_text(trace->lacks), "End",
		json_text(trace->end), "Agrees", !trace->disagrees, "Lines", seen_json(trace),
		"LeftOut", (json_int_t)trace->n_left_out, "Rules", met_json(trace), "RulesLack",
		json_text(trace->rules_lack), "RulesLeftOut", (json_int_t)trace->n_met_left_out);
}

/* json_pack() takes all references, also where it fails. Nine digits are enough for a day in
 * milliseconds. */
int verdict_write(const struct diag_verdict *verdict, struct buf *out)
{
	json_auto_t *json = json_pack(
		"{s:i, s:o, s:o, s:s, s:s?, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
		"s:s?, "
		"s:f}",
		"Version", VERDICT_VERSION, "From", verdict_json_end(&verdict->from, false), "To",
		verdict_json_end(&verdict->to, true), "Verdict",
		verdict_outcome_name[verdict->outcome], "Code", verdict->code, "Hop", verdict->hop,
		"Cause", json_text(verdict->cause), "Why", json_text(verdict->why), "Note",
		json_text(verdict->note), "Fix",
		verdict_json_fixes(verdict->fixes, verdict->n_fixes), "Hops", hops_json(verdict),
		"Also", also_json(verdict), "Unknown",
		verdict_json_unknown(verdict->unknown, verdict->n_unknown), "Probe",
		probe_json(&verdict->probe), "Trace", trace_json(&verdict->trace), "Source",
		verdict->source, "TookMilliseconds", verdict_json_ms(verdict->took_ms));
	_cleanup_free_ char *text = json_write(json, JSON_COMPACT | JSON_REAL_PRECISION(9));

	if (!text)
		return -ENOMEM;
	buf_puts(out, text);
	return out->err;
}
