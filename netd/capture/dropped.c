// SPDX-License-Identifier: GPL-2.0-or-later
// dropped.c - a packet that the kernel threw away, as netd-trace --drops tells it
#include "capture/dropped.h"

#include "base/base64.h"
#include "base/json_read.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. The lines come from a process that has more rights than this one, and have
 * in them what strangers sent; so they are read as a stranger's: a member of another type counts as
 * missing, and nothing is larger than its room. A packet is a line with "Event":"dropped", "Data"
 * and "Nanoseconds" (docs/tracing.md). */

/* Cut to the room, and of printable ASCII: a link may be called anything. */
static void take_text(const json_t *json, const char *key, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(json, key));

	(void)snprintf(text, size, "%s", value ? value : "");
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

/* A whole number that is not negative, or `otherwise`. */
static int64_t number(const json_t *json, const char *key, int64_t otherwise)
{
	const json_t *value = json_object_get(json, key);

	return json_is_integer(value) && json_integer_value(value) >= 0 ? json_integer_value(value)
									: otherwise;
}

/* false: there is none, it is no base64, or it is more than anybody has asked for. */
static bool take_data(const json_t *json, struct dropped *dropped)
{
	const json_t *data = json_object_get(json, "Data");
	const char *text = json_string_value(data);
	size_t len = json_string_length(data);

	return text && len > 0 && base64_room(len) <= sizeof(dropped->data) &&
	       base64_read(text, len, dropped->data, &dropped->len) == 0 && dropped->len > 0;
}

static void take_sent(const json_t *sent, struct dropped *dropped)
{
	int64_t from_port = number(sent, "FromPort", 0), to_port = number(sent, "ToPort", 0);

	take_text(sent, "From", dropped->sent_from, sizeof(dropped->sent_from));
	take_text(sent, "To", dropped->sent_to, sizeof(dropped->sent_to));
	dropped->sent_from_port = from_port <= UINT16_MAX ? (uint16_t)from_port : 0;
	dropped->sent_to_port = to_port <= UINT16_MAX ? (uint16_t)to_port : 0;
}

static bool take_packet(const json_t *json, struct dropped *dropped)
{
	const char *event = json_string_value(json_object_get(json, "Event"));
	int64_t time_ns = number(json, "Nanoseconds", 0), full_len;

	if (!event || strcmp(event, "dropped") != 0 || time_ns == 0 || !take_data(json, dropped))
		return false;
	dropped->time_ns = (uint64_t)time_ns;
	dropped->netns = (uint64_t)number(json, "Netns", 0);
	take_text(json, "Link", dropped->link, sizeof(dropped->link));
	take_text(json, "Reason", dropped->reason, sizeof(dropped->reason));
	take_text(json, "Function", dropped->function, sizeof(dropped->function));
	take_sent(json_object_get(json, "Sent"), dropped);
	dropped->icmp_type = (int)number(json, "IcmpType", -1);
	dropped->is_six = dropped->data[0] >> 4 == 6;
	/* No packet is longer than a file of pcapng may say, and none shorter than its part. */
	full_len = number(json_object_get(json, "Packet"), "Bytes", 0);
	dropped->full_len = full_len > CAPTURE_SNAPLEN_MAX ? CAPTURE_SNAPLEN_MAX : (size_t)full_len;
	if (dropped->full_len < dropped->len)
		dropped->full_len = dropped->len;
	return true;
}

enum dropped_line dropped_read(const char *text, size_t len, struct dropped *ret_dropped,
			       uint64_t *ret_n_lost)
{
	bool is_no_memory;
	json_t *json = json_read(text, len, 0, NULL, &is_no_memory);
	enum dropped_line line = DROPPED_OTHER;

	if (json_object_get(json, "Events")) {
		*ret_n_lost = (uint64_t)number(json, "Lost", 0);
		line = DROPPED_END;
	} else if (take_packet(json, ret_dropped)) {
		line = DROPPED_PACKET;
	}
	json_decref(json);
	return line;
}

/* "[2001:db8::1]:80", "192.0.2.1:80", or without a port where it has none. */
static void put_end(const char *address, uint16_t port, char *text, size_t size)
{
	if (port == 0)
		(void)snprintf(text, size, "%s", address);
	else
		(void)snprintf(text, size, strchr(address, ':') ? "[%s]:%u" : "%s:%u", address,
			       port);
}

/* A kernel before 5.17 gives no reason, and a system may not say what its functions are called. */
void dropped_comment(const struct dropped *dropped, const char *place, char *text, size_t size)
{
	char from[64], to[64], sent[160] = "";

	put_end(dropped->sent_from, dropped->sent_from_port, from, sizeof(from));
	put_end(dropped->sent_to, dropped->sent_to_port, to, sizeof(to));
	if (*dropped->sent_from)
		(void)snprintf(sent, sizeof(sent), "; sent as %s > %s", from, to);
	(void)snprintf(text, size, "%s%s%s, %s%s%s%.250s%s",
		       *dropped->reason ? dropped->reason : "dropped",
		       *dropped->function ? " in " : "", dropped->function,
		       *dropped->link ? "at " : "", dropped->link, *dropped->link ? " of " : "in ",
		       place, sent);
}
