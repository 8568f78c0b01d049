// SPDX-License-Identifier: GPL-2.0-or-later
// event.c - what a program in the kernel has reported, and the line that becomes of it
#include "trace/event.h"

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/packet_key.h"
#include "base/protocol.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A record is a struct of fixed size that a program has put into the ring. Its
 * kernel is trusted, its bytes are checked all the same. It becomes an event in the machine's byte
 * order, and the event a line of JSON. Two numbers say which packet it is: Id, the same as long as
 * it stays in one place in memory, and Key, the same wherever it is seen.
 *
 * A line: {"Event", "Microseconds", "Netns", "Id", "Key", "Link", "Index", "Packet": {...}}, and
 * "Reason" and "Function" of a drop, and where its bytes were asked for "Nanoseconds" and "Data". A
 * line that memory lacks for is left out, and out tells it. */

/* --- reasons ---------------------------------------------------------------------------------- */

/* A callback for each value of the enum. name is that of BTF, and outlives the reasons. */
static void keep_reason(const char *name, uint32_t value, void *data)
{
	static const char prefix[] = "SKB_DROP_REASON_";
	struct event_reasons *reasons = data;

	/* 0 is "not dropped yet", and masks are no reasons. */
	if (value > 0 && value < EVENT_REASONS && strncmp(name, prefix, sizeof(prefix) - 1) == 0)
		reasons->names[value] = name + sizeof(prefix) - 1;
}

/* The names point into the BTF. A kernel without the enum leaves all empty. */
void event_reasons_read(const struct btf *btf, struct event_reasons *ret_reasons)
{
	*ret_reasons = (struct event_reasons) { 0 };
	(void)btf_each_value(btf, "skb_drop_reason", keep_reason, ret_reasons);
}

/* "": the kernel gives none. A reason that has no name here is shown by its number. text is cut
 * where it does not fit, which no name of the kernel's is. */
static void print_reason(const struct event_reasons *reasons, uint32_t reason, char *text,
			 size_t size)
{
	const char *name = reason < EVENT_REASONS ? reasons->names[reason] : NULL;

	if (name || reason == 0)
		(void)snprintf(text, size, "%s", name ? name : "");
	else /* of a subsystem that counts its own */
		(void)snprintf(text, size, "%u", reason);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Addresses of IPv4 stand in the first 4 bytes. The family is that of the packet's header. */
static struct addr address_of(const struct record *record, const uint8_t bytes[16])
{
	struct addr addr = { .family = record->version == 4 ? AF_INET : AF_INET6 };

	memcpy(addr.bytes, bytes, record->version == 4 ? 4 : 16);
	return addr;
}

/* Of its place in memory, and what NAT leaves: what comes at the same place later is another. The
 * constants are those of a well known hash (FNV's offset) and of a multiplication that spreads
 * bits. */
static uint32_t id_of(const struct record *record)
{
	/* Of TCP the numbers, of others the identity in the IP header, tell two packets at one
	 * place apart. */
	const uint64_t parts[] = { record->packet, record->sequence, record->acknowledged,
				   record->identity };
	uint64_t id = 0xcbf29ce484222325;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		id = (id ^ parts[i]) * 0x9e3779b97f4a7c15 + (id >> 29);
	return (uint32_t)(id >> 32);
}

/* The same wherever it is, and whoever tells it. As a capture and the trace of rules compute it. */
static uint64_t key_of(const struct record *record)
{
	struct packet_key packet = {
		.version = record->version,
		.protocol = record->protocol,
		.sequence = record->sequence,
		.acknowledged = record->acknowledged,
		/* Of who is about to be answered by an error the type is that error's. */
		.icmp_type = record->point == LAYOUT_ICMP ? 0 : record->icmp_type,
	};

	memcpy(packet.identity, &record->identity, sizeof(packet.identity));
	return packet_key(&packet);
}

/* Only where NAT has made another of it. Of an ICMP error connection tracking has the connection of
 * the packet that it is about; and an echo request has no ports. */
static void read_sent(const struct record *record, struct event *event)
{
	bool has_ports = record->protocol == IPPROTO_TCP || record->protocol == IPPROTO_UDP;

	if (!record->has_sent || record->is_quoted)
		return;
	event->sent_from = address_of(record, record->sent_from);
	event->sent_to = address_of(record, record->sent_to);
	event->sent_from_port = ntohs(record->sent_from_port);
	event->sent_to_port = ntohs(record->sent_to_port);
	event->was_other = !addr_equal(&event->sent_from, &event->from) ||
			   !addr_equal(&event->sent_to, &event->to) ||
			   (has_ports && (event->sent_from_port != event->from_port ||
					  event->sent_to_port != event->to_port));
}

/* -EBADMSG: it is no record of these programs. *first_ns is 0 before the first. data points into
 * the ring, whose bytes need not be aligned: hence the copy. */
int event_read(const void *data, size_t len, uint64_t *first_ns, struct event *ret_event)
{
	struct record record;

	if (len < sizeof(record) || len - sizeof(record) > TRACE_BYTES_MAX)
		return -EBADMSG;
	memcpy(&record, data, sizeof(record));
	/* Everything else may have any value: it is only shown. */
	if (record.point >= LAYOUT_N_POINTS || (record.version != 4 && record.version != 6))
		return -EBADMSG;
	if (*first_ns == 0)
		*first_ns = record.time_ns;
	*ret_event = (struct event) {
		.point = record.point,
		/* Of two processors one may be some ns behind. */
		.us = record.time_ns < *first_ns ? 0 : (double)(record.time_ns - *first_ns) / 1e3,
		.netns = record.netns,
		.index = record.index,
		.from = address_of(&record, record.from),
		.to = address_of(&record, record.to),
		.from_port = ntohs(record.from_port),
		.to_port = ntohs(record.to_port),
		.protocol = record.protocol,
		.flags = record.flags,
		.icmp_type = record.icmp_type,
		.icmp_code = record.icmp_code,
		.is_quoted = record.is_quoted != 0,
		.reason = record.reason,
		.bytes = record.bytes,
		.id = id_of(&record),
		.key = key_of(&record),
		.location = record.location,
		.time_ns = record.time_ns,
		.n_data = len - sizeof(record),
	};
	read_sent(&record, ret_event);
	if (ret_event->n_data > 0)
		ret_event->data = (const uint8_t *)data + sizeof(record);
	/* The name has no NUL where it fills its field, and ret_event has room for one. */
	memcpy(ret_event->link, record.link, sizeof(record.link));
	return 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Members have the names that the API has elsewhere. */

static const char *const names[LAYOUT_N_POINTS] = {
	[LAYOUT_DROPPED] = "dropped", [LAYOUT_RECEIVED] = "received", [LAYOUT_SENT] = "sent",
	[LAYOUT_RESET] = "reset",     [LAYOUT_ICMP] = "icmp",
};

/* "SYN,ACK"; "" for none. A flag stands for a bit of byte 13 of a TCP header, counted from 0; the
 * lowest one is the first. */
static void print_flags(uint8_t flags, char *text, size_t size)
{
	static const char *const bits[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG" };
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(bits) && len < size; i++)
		if (flags & 1 << i)
			len += (size_t)snprintf(text + len, size - len, "%s%s", len ? "," : "",
						bits[i]);
}

/* Both families have type and code at the same places. */
static bool is_icmp(const struct event *event)
{
	return event->protocol == IPPROTO_ICMP || event->protocol == IPPROTO_ICMPV6;
}

/* NULL: out of memory. An ICMP error's ports are those of the packet that it quotes. */
static json_t *packet_json(const struct event *event)
{
	const char *protocol = protocol_name(event->protocol);
	bool has_ports = event->protocol == IPPROTO_TCP || event->protocol == IPPROTO_UDP ||
			 event->is_quoted;
	json_t *json = json_pack("{s:s, s:s, s:s?, s:i}", "From", ADDR_STR(&event->from), "To",
				 ADDR_STR(&event->to), "Protocol", protocol, "Bytes",
				 (int)event->bytes);
	char flags[32];

	if (json && has_ports)
		/* What does not go in is missing in the line; the packet itself is told. */
		(void)json_object_set_new(json, event->is_quoted ? "AboutFromPort" : "FromPort",
					  json_integer(event->from_port));
	if (json && has_ports)
		(void)json_object_set_new(json, event->is_quoted ? "AboutToPort" : "ToPort",
					  json_integer(event->to_port));
	/* Of other protocols flags are 0. */
	print_flags(event->flags, flags, sizeof(flags));
	if (json && event->protocol == IPPROTO_TCP)
		(void)json_object_set_new(json, "Flags", json_string(flags));
	return json;
}

/* Both ends, before NAT. What memory lacks for is left out. */
static void add_sent(const struct event *event, json_t *json)
{
	json_t *sent = json_pack("{s:s, s:s}", "From", ADDR_STR(&event->sent_from), "To",
				 ADDR_STR(&event->sent_to));

	if (sent && (event->protocol == IPPROTO_TCP || event->protocol == IPPROTO_UDP)) {
		(void)json_object_set_new(sent, "FromPort", json_integer(event->sent_from_port));
		(void)json_object_set_new(sent, "ToPort", json_integer(event->sent_to_port));
	}
	(void)json_object_set_new(json, "Sent", sent);
}

/* Whoever asked for bytes puts them beside those of others, and needs a clock that others have. */
static void add_data(const struct event *event, json_t *json)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	base64_write(&text, event->data, event->n_data);
	/* A line without them is passed over by its reader. */
	if (text.err < 0)
		return;
	(void)json_object_set_new(json, "Nanoseconds", json_integer((json_int_t)event->time_ns));
	(void)json_object_set_new(json, "Data", json_stringn(text.data, text.len));
}

/* function is where the kernel dropped it, or "". out gets the whole line or an error. */
void event_write(const struct event *event, const struct event_reasons *reasons,
		 const char *function, struct buf *out)
{
	char reason[64];
	_cleanup_free_ char *text = NULL;
	json_auto_t *json = NULL;

	json = json_pack("{s:s, s:f, s:I, s:I, s:I, s:o, s:i, s:o}", "Event", names[event->point],
			 "Microseconds", event->us, "Netns", (json_int_t)event->netns, "Id",
			 (json_int_t)event->id, "Key", (json_int_t)event->key, "Link",
			 json_text(event->link), "Index", (int)event->index, "Packet",
			 packet_json(event));
	if (json && event->point == LAYOUT_DROPPED) {
		print_reason(reasons, event->reason, reason, sizeof(reason));
		(void)json_object_set_new(json, "Reason", json_string(reason));
		(void)json_object_set_new(json, "Function", json_string(function));
	}
	if (json && event->was_other)
		add_sent(event, json);
	if (json && event->data)
		add_data(event, json);
	if (json && (event->point == LAYOUT_ICMP || is_icmp(event))) {
		(void)json_object_set_new(json, "IcmpType", json_integer(event->icmp_type));
		(void)json_object_set_new(json, "IcmpCode", json_integer(event->icmp_code));
	}
	/* Twelve digits are enough for microseconds of days. json_write() refuses NULL, so a
	 * failure above is told here. */
	text = json_write(json, JSON_COMPACT | JSON_REAL_PRECISION(12));
	if (!text) {
		out->err = -ENOMEM;
		return;
	}
	buf_puts(out, text);
	buf_puts(out, "\n");
}

/* One number of a count, with its place. The line of one place, for the order "tell". */
void event_write_drop(const struct record_drop *drop, const struct record_dropped *dropped,
		      const struct event_reasons *reasons, const char *function, struct buf *out)
{
	char reason[64], link[sizeof(dropped->link) + 1] = "";
	_cleanup_free_ char *text = NULL;
	json_auto_t *json = NULL;

	/* The link's name may fill its field, without a NUL. */
	memcpy(link, dropped->link, sizeof(dropped->link));
	print_reason(reasons, drop->reason, reason, sizeof(reason));
	json = json_pack("{s:I, s:I, s:o, s:s, s:s}", "Dropped", (json_int_t)dropped->n, "Netns",
			 (json_int_t)drop->netns, "Link", json_text(link), "Reason", reason,
			 "Function", function);
	text = json_write(json, JSON_COMPACT);
	if (!text) {
		out->err = -ENOMEM;
		return;
	}
	buf_puts(out, text);
	buf_puts(out, "\n");
}
