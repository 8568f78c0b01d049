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

static const char *const event_name[TRACED_N_EVENTS] = {
	[TRACED_SENT] = "sent",	  [TRACED_RECEIVED] = "received", [TRACED_DROPPED] = "dropped",
	[TRACED_RESET] = "reset", [TRACED_ICMP] = "icmp",
};

static void take_text(const json_t *json, const char *key, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(json, key));

	(void)snprintf(text, size, "%s", value ? value : "");
}

static int64_t number(const json_t *json, const char *key, int64_t otherwise)
{
	const json_t *value = json_object_get(json, key);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static uint16_t port_of(const json_t *packet, const char *key)
{
	int64_t port = number(packet, key, 0);

	return port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
}

static bool take_addr(const json_t *packet, const char *key, struct addr *addr)
{
	const char *text = json_string_value(json_object_get(packet, key));

	return text && addr_parse(text, addr) == 0;
}

/* false: it is no packet. */
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
	line->is_ack = strstr(line->flags, "ACK") != NULL;
	line->is_reset = strstr(line->flags, "RST") != NULL;
	return take_addr(packet, "From", &line->from) && take_addr(packet, "To", &line->to);
}

static bool take_line(const json_t *json, struct traced_line *line)
{
	const char *event = json_string_value(json_object_get(json, "Event"));
	const json_t *us = json_object_get(json, "Microseconds");

	*line = (struct traced_line) { .event = TRACED_N_EVENTS };
	for (enum traced_event i = 0; event && i < TRACED_N_EVENTS; i++)
		if (strcmp(event, event_name[i]) == 0)
			line->event = i;
	if (line->event == TRACED_N_EVENTS || !json_is_number(us))
		return false;
	line->us = json_number_value(us);
	line->netns = (uint64_t)number(json, "Netns", 0);
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

/* Numbers, or the end of them. */
static int take_drop(struct traced *traced, const json_t *json)
{
	struct traced_drop drop = { 0 };
	int64_t n = number(json, "Dropped", 0), netns = number(json, "Netns", 0);

	if (json_object_get(json, "Told")) {
		int64_t n_uncounted = number(json, "Uncounted", 0);

		traced->has_told = true;
		traced->n_uncounted = n_uncounted > 0 ? (uint64_t)n_uncounted : 0;
	}
	if (n <= 0 || netns <= 0)
		return 0;
	drop.n = (uint64_t)n;
	drop.netns = (uint64_t)netns;
	take_text(json, "Link", drop.link, sizeof(drop.link));
	take_text(json, "Reason", drop.reason, sizeof(drop.reason));
	take_text(json, "Function", drop.function, sizeof(drop.function));
	return traced_add_drop(traced, &drop);
}

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
	if (json_object_get(json, "Events")) {
		traced->has_end = true;
		traced->n_lost = (uint64_t)number(json, "Lost", 0);
	}
	if (json_object_get(json, "Dropped") || json_object_get(json, "Told"))
		return take_drop(traced, json);
	return take_line(json, &line) ? add_line(traced, &line) : 0;
}

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
