// SPDX-License-Identifier: GPL-2.0-or-later
// lookup_json.c - a DNS question from text, and its answer as JSON
#include "api/handlers/lookup_json.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/wire.h"
#include "dns/type.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Theory of operation. The question is made into a DNS message, which the resolver answers as it
 * would answer a container; this file only turns text into a message, and the message into text.
 * An answer may come from an upstream that anybody runs: everything in it is read with bounds,
 * and printed with escapes. */

/* The name that has the PTR record of an address, by RFC 1035, 3.5 and RFC 3596, 2.5: its bytes,
 * or its nibbles, backwards. The place is large enough for either family. */
static void reverse_name(const struct addr *addr, char ret_text[static 80])
{
	/* 80 bytes hold the longest: 64 characters of 32 nibbles and "ip6.arpa". */
	size_t at = 0;

	/* The last byte comes first in a reverse name. */
	for (int i = addr_size(addr) - 1; i >= 0; i--) {
		unsigned int byte = addr->bytes[i];

		if (addr->family == AF_INET)
			at += (size_t)snprintf(ret_text + at, 80 - at, "%u.", byte);
		else
			at += (size_t)snprintf(ret_text + at, 80 - at, "%x.%x.", byte & 15,
					       byte >> 4);
	}
	(void)snprintf(ret_text + at, 80 - at, "%s",
		       addr->family == AF_INET ? "in-addr.arpa" : "ip6.arpa");
}

/* The name is read from text only here; from then on it is in wire form. */
int lookup_json_question(const char *name, const char *type, struct lookup_question *ret_question,
			 struct error *error)
{
	struct lookup_question question = { .type = DNS_TYPE_A };
	bool typed = type && *type, is_addr;
	char text[DNS_NAME_MAX + 1];
	struct addr addr;
	size_t len = strlen(name);

	/* "" is as good as not said. */
	if (typed && dns_type_parse(type, &question.type) < 0)
		return error_set(error, ERROR_INVALID, "unknown record type %s", type);
	/* A single dot is the root itself. */
	if (len > 1 && name[len - 1] == '.') /* fully qualified, as every name here is */
		len--;
	if (len >= sizeof(text))
		return error_set(error, ERROR_INVALID, "%s is too long for a domain name", name);
	(void)snprintf(text, sizeof(text), "%.*s", (int)len, name);
	/* An address is asked for by its reverse name, unless another type was wanted. */
	is_addr = addr_parse(text, &addr) == 0;
	if (is_addr && !typed)
		question.type = DNS_TYPE_PTR;
	if (is_addr && question.type == DNS_TYPE_PTR)
		reverse_name(&addr, text);
	if (dns_name_from_text(text, &question.name) < 0)
		return error_set(error, ERROR_INVALID, "%s is not a domain name", name);
	*ret_question = question;
	return 0;
}

/* cached asks without recursion: only what the resolver knows already is told. 0: out has no room,
 * which a caller with DNS_UDP_PLAIN_MAX never sees. */
size_t lookup_json_query(const struct lookup_question *question, uint8_t *out, size_t size)
{
	struct dns_query query = {
		.id = 1, /* the channel to the resolver has numbers of its own */
		.flags = question->cached ? 0 : DNS_FLAG_RD,
		.type = question->type,
		.class = DNS_CLASS_IN,
		.name = question->name.wire,
		.name_len = question->name.len,
		.edns = true,
		/* The answer comes over the channel, and may be as long as a datagram with EDNS. */
		.udp_size = DNS_UDP_EDNS_SIZE,
	};

	return dns_query_write(&query, out, size);
}

/* Master file text (RFC 1035, 5.1) without a final dot: what is not printable, and dots within a
 * label, as escapes. The name is known to be whole: its labels end within len. */
static void print_name(struct buf *buf, const uint8_t *wire, size_t len)
{
	if (len <= 1)
		buf_puts(buf, ".");
	for (size_t at = 0; at < len && wire[at]; at += wire[at] + 1U) {
		if (at > 0)
			buf_puts(buf, ".");
		for (size_t i = 1; i <= wire[at]; i++) {
			uint8_t c = wire[at + i];

			if (c == '.' || c == '\\')
				buf_printf(buf, "\\%c", c);
			else if (c <= ' ' || c >= 0x7f)
				buf_printf(buf, "\\%03u", c);
			else
				buf_append(buf, &c, 1);
		}
	}
}

/* A name within the data of a record. Names in data may be compressed (RFC 1035, 4.1.4), and
 * dns_name_read follows the pointers with bounds. */
static void print_wire_name(struct buf *buf, struct wire *wire)
{
	struct dns_name name;

	/* After an error the wire says so, and print_data() looks at it in the end. */
	if (dns_name_read(wire, &name) == 0)
		print_name(buf, name.wire, name.len);
}

/* RFC 1035, 5.1: each string in quotes. */
static void print_strings(struct buf *buf, struct wire *wire, size_t end)
{
	while (wire->err == 0 && wire->pos < end) {
		size_t len = wire_u8(wire);
		const uint8_t *text = wire_view(wire, len);

		buf_puts(buf, buf->len ? " \"" : "\"");
		for (size_t i = 0; text && i < len; i++) {
			if (text[i] == '"' || text[i] == '\\')
				buf_printf(buf, "\\%c", text[i]);
			else if (text[i] < ' ' || text[i] >= 0x7f)
				/* Escaped, since the text may end up on somebody's terminal. */
				buf_printf(buf, "\\%03u", text[i]);
			else
				buf_append(buf, &text[i], 1);
		}
		buf_puts(buf, "\"");
	}
}

/* RFC 3597, 5: for types without a form of their own. Each byte in hexadecimal, so nothing of it
 * reaches a terminal as it is. */
static void print_unknown(struct buf *buf, struct wire *wire, size_t len)
{
	buf_printf(buf, "\\# %zu", len);
	for (size_t i = 0; i < len; i++)
		buf_printf(buf, i ? "%02x" : " %02x", wire_u8(wire));
}

/* A record that is too short sets the wire's error, and zeroes are printed, which nobody sees. */
static void print_address(struct buf *buf, struct wire *wire, uint8_t family)
{
	struct addr addr = { .family = family };

	wire_bytes(wire, addr.bytes, addr_size(&addr));
	buf_puts(buf, ADDR_STR(&addr));
}

/* Two names and five numbers (RFC 1035, 3.3.13). */
static void print_soa(struct buf *buf, struct wire *wire)
{
	print_wire_name(buf, wire);
	buf_puts(buf, " ");
	print_wire_name(buf, wire);
	for (int i = 0; i < 5; i++)
		buf_printf(buf, " %u", wire_u32(wire));
}

/* The data of a record, in the form of a master file. */
static int print_data(struct buf *buf, const struct dns_msg *msg, const struct dns_record *record)
{
	/* A copy, so that reading the data does not move the message's own position. */
	struct wire wire = msg->wire;
	unsigned int numbers[3] = { 0 };

	/* Names in the data may point back into the message, so the whole of it is open. */
	wire.pos = record->data_at;
	switch (record->type) {
	case DNS_TYPE_A:
		print_address(buf, &wire, AF_INET);
		break;
	case DNS_TYPE_AAAA:
		print_address(buf, &wire, AF_INET6);
		break;
	case DNS_TYPE_PTR:
	case DNS_TYPE_CNAME:
	case DNS_TYPE_NS:
	case DNS_TYPE_DNAME:
		print_wire_name(buf, &wire);
		break;
	/* A preference, then a name (RFC 1035, 3.3.9). */
	case DNS_TYPE_MX:
		buf_printf(buf, "%u ", wire_u16(&wire));
		print_wire_name(buf, &wire);
		break;
	/* Priority, weight and port, then a name (RFC 2782). */
	case DNS_TYPE_SRV:
		for (int i = 0; i < 3; i++)
			numbers[i] = wire_u16(&wire);
		buf_printf(buf, "%u %u %u ", numbers[0], numbers[1], numbers[2]);
		print_wire_name(buf, &wire);
		break;
	case DNS_TYPE_SOA:
		print_soa(buf, &wire);
		break;
	/* TXT, which has no name in dns/: netd makes none and looks into none. */
	case 16:
		print_strings(buf, &wire, record->data_at + record->data_len);
		break;
	default:
		print_unknown(buf, &wire, record->data_len);
	}
	/* Data that is longer than the record says has read into the next record. */
	if (wire.err < 0 || wire.pos > record->data_at + record->data_len)
		return -EBADMSG;
	return buf->err;
}

/* Appends an object for one record. -EBADMSG: the record makes no sense, and the whole answer is
 * refused with it, for a part could look like all of it; -ENOMEM. */
static int append_record(json_t *answers, const struct dns_msg *msg,
			 const struct dns_record *record)
{
	_cleanup_(buf_done) struct buf name = { 0 }, data = { 0 };
	char type[DNS_TYPE_TEXT];
	int err;

	/* name.data is NULL only for want of memory, for the root is a dot. */
	print_name(&name, record->name.wire, record->name.len);
	err = name.err ? name.err : print_data(&data, msg, record);
	if (err < 0)
		return err;
	err = json_array_append_new(answers, json_pack("{s:s, s:s, s:I, s:s}", "Name", name.data,
						       "Type", dns_type_print(record->type, type),
						       "TTL", (json_int_t)record->ttl, "Data",
						       data.data ? data.data : ""));
	return err < 0 ? -ENOMEM : 0;
}

/* The first record of another section ends the walk: sections come in order. */
static int append_answers(json_t *answers, struct dns_msg *msg)
{
	struct dns_record record;
	int more;

	/* Records of other sections are no answer to the question. */
	while ((more = dns_msg_next(msg, &record)) > 0 && msg->section == DNS_SECTION_ANSWER) {
		int err = append_record(answers, msg, &record);

		if (err < 0)
			return err;
	}
	return more < 0 ? more : 0;
}

/* The option by which a server says why (extended DNS error). */
#define OPTION_EDE 15 /* RFC 8914, 2 */

/* -1: there is none. Reads the message again from its beginning, for the OPT record is in its last
 * section. */
static int extended_error(const uint8_t *answer, size_t len)
{
	struct dns_msg msg;
	struct dns_record record;

	if (dns_msg_open(&msg, answer, len) < 0)
		return -1;
	while (dns_msg_next(&msg, &record) > 0) {
		/* The wire is a copy, so the walk over the records goes on where it was. */
		struct wire wire = msg.wire;
		size_t end = record.data_at + record.data_len;

		wire.pos = record.data_at;
		/* An option is a code, a length, and so many bytes (RFC 6891, 6.1.2). */
		while (record.type == DNS_TYPE_OPT && wire.err == 0 && wire.pos + 4 <= end) {
			uint16_t option = wire_u16(&wire), size = wire_u16(&wire);

			if (option == OPTION_EDE && size >= 2 && wire.pos + 2 <= end)
				/* The first two bytes are the code. The text behind them is the
				 * server's, and not shown. */
				return wire_u16(&wire);
			(void)wire_view(&wire, size);
		}
	}
	return -1;
}

/* Most answers have none, and no member either. */
static int add_extended(json_t *json, const uint8_t *answer, size_t len)
{
	int extended = extended_error(answer, len);

	return extended < 0 ? 0
			    : json_object_set_new(json, "ExtendedError", json_integer(extended));
}

/* The object of the answer: question, status and records. NULL: no memory. answers stays the
 * caller's. The question is shown as it was asked, for that is what the answer was compared
 * with. */
static json_t *whole(const struct lookup_question *question, uint16_t flags, json_t *answers)
{
	_cleanup_(buf_done) struct buf name = { 0 };
	char type[DNS_TYPE_TEXT], status[DNS_TYPE_TEXT];

	print_name(&name, question->name.wire, question->name.len);
	/* json_pack takes references of its own with "O". */
	return json_pack("{s:{s:s, s:s}, s:s, s:O}", "Question", "Name", name.data ? name.data : "",
			 "Type", dns_type_print(question->type, type), "Status",
			 dns_type_print_rcode(flags & DNS_FLAG_RCODE, status), "Answers", answers);
}

/* *ret_json is the caller's on success. -EBADMSG: it is no answer to this question. */
int lookup_json_answer(const struct lookup_question *question, const uint8_t *answer, size_t len,
		       json_t **ret_json)
{
	struct dns_msg msg;
	json_t *answers, *json;
	int err = dns_msg_open(&msg, answer, len);

	/* The resolver is a process of its own, and what it sends is checked as any answer is. An
	 * answer to another question must not be shown as this one's. */
	if (err < 0 || !(msg.flags & DNS_FLAG_QR) || msg.type != question->type ||
	    msg.name_len != question->name.len ||
	    !dns_name_equal(msg.name, question->name.wire, msg.name_len))
		return -EBADMSG;
	answers = json_array();
	err = answers ? append_answers(answers, &msg) : -ENOMEM;
	json = err < 0 ? NULL : whole(question, msg.flags, answers);
	/* whole() has taken a reference of its own, if it was called. */
	json_decref(answers);
	if (json && add_extended(json, answer, len) < 0) {
		json_decref(json);
		json = NULL;
	}
	if (err < 0 || !json)
		return err < 0 ? err : -ENOMEM;
	*ret_json = json;
	return 0;
}
