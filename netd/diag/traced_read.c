// SPDX-License-Identifier: GPL-2.0-or-later
// traced_read.c - lines of netd-trace
#include "base/cleanup.h"
#include "base/grow.h"
#include "base/json_read.h"
#include "base/protocol.h"
#include "diag/traced.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. netd-trace writes a line of JSON for each event, and lines about itself:
 * Ready, Lacks, Without, Events (the end). It is a process of its own that looks at all
 * packets, so its text is read as a stranger's: a member of another type counts as missing, and
 * a line that makes no sense is passed over. Lines are bounded by the reader of the pipe, and
 * their number here. */

/* The words that netd-trace writes (trace/event.c). */
static const char *const event_name[TRACED_N_EVENTS] = {
	[TRACED_SENT] = "sent",	  [TRACED_RECEIVED] = "received", [TRACED_DROPPED] = "dropped",
	[TRACED_RESET] = "reset", [TRACED_ICMP] = "icmp",
};

/* Cut to the room: it is only shown or compared. */
static void take_text(const json_t *json, const char *key, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(json, key));

	(void)snprintf(text, size, "%s", value ? value : "");
}

/* A whole number, or `otherwise` where there is none. */
static int64_t number(const json_t *json, const char *key, int64_t otherwise)
{
	const json_t *value = json_object_get(json, key);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

/* Out of range is no port. */
static uint16_t port_of(const json_t *packet, const char *key)
{
	int64_t port = number(packet, key, 0);

	return port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* false: no address, or none that parses. */
static bool take_addr(const json_t *packet, const char *key, struct addr *addr)
{
	const char *text = json_string_value(json_object_get(packet, key));

	return text && addr_parse(text, addr) == 0;
}

/* false: it is no packet. An error of ICMP quotes the packet that it is about, and the ports
 * are those of that one. */
static bool take_packet(const json_t *packet, struct traced_line *line)
{
	bool is_quoted = json_object_get(packet, "AboutFromPort") != NULL;

	line->is_quoted = is_quoted;
	line->from_port = port_of(packet, is_quoted ? "AboutFromPort" : "FromPort");
	line->to_port = port_of(packet, is_quoted ? "AboutToPort" : "ToPort");
	line->protocol = protocol_number(json_string_value(json_object_get(packet, "Protocol")));
	line->bytes = (uint32_t)number(packet, "Bytes", 0);
	take_text(packet, "Flags", line->flags, sizeof(line->flags));
	line->is_syn = strstr(line->flags, "SYN") != NULL;
	/* Flags are words in a text, in the order of the header. */
	line->is_ack = strstr(line->flags, "ACK") != NULL;
	line->is_reset = strstr(line->flags, "RST") != NULL;
	return take_addr(packet, "From", &line->from) && take_addr(packet, "To", &line->to);
}

/* An event without a time cannot be put into an order. */
static bool take_line(const json_t *json, struct traced_line *line)
{
	const char *event = json_string_value(json_object_get(json, "Event"));
	/* A fraction is fine: what counts is the order. */
	const json_t *us = json_object_get(json, "Microseconds");

	*line = (struct traced_line) { .event = TRACED_N_EVENTS };
	for (enum traced_event i = 0; event && i < TRACED_N_EVENTS; i++)
		if (strcmp(event, event_name[i]) == 0)
			line->event = i;
	if (line->event == TRACED_N_EVENTS || !json_is_number(us))
		return false;
	line->us = json_number_value(us);
	line->netns = (uint64_t)number(json, "Netns", 0);
	/* Numbers that are missing are 0, and 0 is no namespace, no key and no link. */
	line->id = (uint32_t)number(json, "Id", 0);
	line->key = (uint64_t)number(json, "Key", 0);
	line->index = (uint32_t)number(json, "Index", 0);
	take_text(json, "Link", line->link, sizeof(line->link));
	take_text(json, "Reason", line->reason, sizeof(line->reason));
	take_text(json, "Function", line->function, sizeof(line->function));
	line->icmp_type = (int)number(json, "IcmpType", -1);
	line->icmp_code = (int)number(json, "IcmpCode", -1);
	return take_packet(json_object_get(json, "Packet"), line);
}

/* More lines than that are more than a person reads; what they would say is known by then. */
static int add_line(struct traced *traced, const struct traced_line *line)
{
	if (traced->n >= DIAG_TRACED_MAX)
		return 0;
	if (traced->n == traced->size) {
		struct traced_line *lines = grow(traced->lines, &traced->size, traced->n + 1,
						 sizeof(*lines));

		if (!lines)
			return -ENOMEM;
		traced->lines = lines;
	}
	traced->lines[traced->n++] = *line;
	return 0;
}

/* Counters are added, not replaced: several lines may be about one place. */
int traced_add_drop(struct traced *traced, const struct traced_drop *drop)
{
	struct traced_drop *drops;

	if (traced->n_drops >= TRACE_DROPS_MAX)
		return 0;
	drops = grow(traced->drops, &traced->drops_size, traced->n_drops + 1, sizeof(*drops));
	if (!drops)
		return -ENOMEM;
	traced->drops = drops;
	traced->drops[traced->n_drops++] = *drop;
	return 0;
}

/* Numbers, or the end of them. "Told" says that all counters of this round have come. */
static int take_drop(struct traced *traced, const json_t *json)
{
	struct traced_drop drop = { 0 };
	int64_t n = number(json, "Dropped", 0), netns = number(json, "Netns", 0);

	if (json_object_get(json, "Told")) {
		int64_t n_uncounted = number(json, "Uncounted", 0);

		traced->has_told = true;
		traced->n_uncounted = n_uncounted > 0 ? (uint64_t)n_uncounted : 0;
	}
	/* A line that only says "Told", or that makes no sense. */
	if (n <= 0 || netns <= 0)
		return 0;
	drop.n = (uint64_t)n;
	drop.netns = (uint64_t)netns;
	take_text(json, "Link", drop.link, sizeof(drop.link));
	take_text(json, "Reason", drop.reason, sizeof(drop.reason));
	take_text(json, "Function", drop.function, sizeof(drop.function));
	return traced_add_drop(traced, &drop);
}

/* Each key may stand in any line, so all are looked for. */
static int take(struct traced *traced, const char *text, size_t len)
{
	bool is_no_memory = false;
	json_auto_t *json = json_read(text, len, 0, NULL, &is_no_memory);
	struct traced_line line;

	if (!json)
		return is_no_memory ? -ENOMEM : 0;
	if (json_is_true(json_object_get(json, "Ready")))
		traced->is_ready = true;
	if (json_object_get(json, "Lacks"))
		take_text(json, "Lacks", traced->lacks, sizeof(traced->lacks));
	if (json_object_get(json, "Without"))
		take_text(json, "Without", traced->without, sizeof(traced->without));
	/* The last line: how many events there were, and how many had no room. */
	if (json_object_get(json, "Events")) {
		traced->has_end = true;
		traced->n_lost = (uint64_t)number(json, "Lost", 0);
	}
	if (json_object_get(json, "Dropped") || json_object_get(json, "Told"))
		return take_drop(traced, json);
	return take_line(json, &line) ? add_line(traced, &line) : 0;
}

/* Takes whole lines. What stands behind the last newline is left for the next call, by
 * *ret_taken. */
int traced_read(struct traced *traced, const char *text, size_t len, size_t *ret_taken)
{
	size_t at = 0;
	int err = 0;

	while (err == 0 && at < len) {
		const char *end = memchr(text + at, '\n', len - at);

		if (!end)
			break;
		err = take(traced, text + at, (size_t)(end - text) - at);
		at = (size_t)(end - text) + 1;
	}
	*ret_taken = at;
	return err;
}
