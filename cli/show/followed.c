// SPDX-License-Identifier: GPL-2.0-or-later
// followed.c - a packet of a container as a person reads it, when it comes by
#include "cli/show/followed.h"

#include "cli/show/lines.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. Every event is one line, written as soon as it comes, so columns are
 * fixed. What happened is wrapped in the last column. Where an address was changed since the
 * packet was seen before, a line for each end follows. */

/* Columns of a line: milliseconds since the first, where, by which link, what. They count from
 * 0. */
#define PLACE_AT 12
#define LINK_AT 21
#define WHAT_AT 34

/* Never NULL. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* A number that is missing is 0. */
static long number_of(const json_t *object, const char *key)
{
	return (long)json_integer_value(json_object_get(object, key));
}

/* --- a packet --------------------------------------------------------------------------------- */

/* which: "From" or "To". A name has no colons, an address of IPv6 stands in brackets before a port.
 * Ports are told by numbers: a name would depend on the host that shows it. Appends one end of the
 * packet: a name or an address, and a port where there is one. */
static void put_end(struct buf *out, const json_t *packet, const char *which, bool numeric)
{
	char name_key[16], port_key[16];
	const char *name, *addr = text_of(packet, which);
	long port;

	/* The keys of an end are "From", "FromName" and "FromPort", or the same with "To". */
	(void)snprintf(name_key, sizeof(name_key), "%sName", which);
	(void)snprintf(port_key, sizeof(port_key), "%sPort", which);
	name = numeric ? "" : text_of(packet, name_key);
	port = number_of(packet, port_key);
	if (*name)
		buf_puts(out, name);
	else
		buf_printf(out, port > 0 && strchr(addr, ':') ? "[%s]" : "%s", addr);
	if (port > 0)
		buf_printf(out, ":%ld", port);
}

/* Types 8 and 0 are the echo of IPv4 (RFC 792), 128 and 129 that of IPv6 (RFC 4443). A type that is
 * no echo is shown by its two numbers. */
static void put_icmp(struct buf *out, const json_t *event)
{
	bool is_six = strchr(text_of(json_object_get(event, "Packet"), "From"), ':') != NULL;
	long type = number_of(event, "IcmpType"), code = number_of(event, "IcmpCode");

	if (type == (is_six ? 128 : 8))
		buf_puts(out, " ICMP echo request");
	else if (type == (is_six ? 129 : 0))
		buf_puts(out, " ICMP echo reply");
	else
		buf_printf(out, " ICMP %ld/%ld", type, code);
}

/* The flags of TCP are words of netd's, one letter each. Appends both ends, and what the protocol
 * adds. */
static void put_packet(struct buf *out, const json_t *event, bool numeric)
{
	const json_t *packet = json_object_get(event, "Packet");
	const char *protocol = text_of(packet, "Protocol");

	put_end(out, packet, "From", numeric);
	buf_puts(out, " > ");
	put_end(out, packet, "To", numeric);
	if (strcmp(protocol, "tcp") == 0)
		buf_printf(out, " %s", text_of(packet, "Flags"));
	else if (strcmp(protocol, "udp") == 0)
		buf_puts(out, " UDP");
	else if (strcmp(protocol, "icmp") == 0)
		put_icmp(out, event);
}

/* --- what became of it ------------------------------------------------------------------------ */

/* The kernel's reason, and the function that dropped it. Older kernels tell one of them only,
 * or nothing. */
static void put_why(struct buf *out, const json_t *event)
{
	const char *reason = text_of(event, "Reason"), *function = text_of(event, "Function");

	if (*reason && *function)
		buf_printf(out, "%s (%s)", reason, function);
	else if (*reason || *function)
		buf_puts(out, *reason ? reason : function);
	else
		buf_puts(out, "the kernel does not say why");
}

/* A chain's policy has no handle. The handle is what `nft -a list` shows beside the rule. */
static void put_rule(struct buf *out, const json_t *event)
{
	const char *verdict = text_of(event, "Verdict"), *say = text_of(event, "Say");

	buf_printf(out, "%s %s, chain %s", text_of(event, "Family"), text_of(event, "Table"),
		   text_of(event, "Chain"));
	if (json_object_get(event, "Handle"))
		buf_printf(out, ", handle %ld", number_of(event, "Handle"));
	else
		buf_puts(out, ", policy");
	buf_printf(out, ": %s", strcmp(verdict, "drop") == 0 ? "DROP" : verdict);
	if (*say)
		buf_printf(out, " (%s)", say);
}

/* The words of what happened; what_colour: how much that matters. A decoy is a drop that means
 * nothing, so it is not called one. An event of a newer netd that is not known here is shown as a
 * refusal. */
static void put_what(struct buf *out, const json_t *event, bool numeric,
		     enum lines_colour *ret_colour)
{
	const char *kind = text_of(event, "Event");
	bool is_decoy = json_is_true(json_object_get(event, "Decoy"));

	*ret_colour = LINES_PLAIN;
	if (strcmp(kind, "sent") == 0) {
		buf_puts(out, "out ");
		put_packet(out, event, numeric);
	} else if (strcmp(kind, "received") == 0) {
		buf_puts(out, "in  ");
		put_packet(out, event, numeric);
	} else if (strcmp(kind, "dropped") == 0) {
		buf_puts(out, is_decoy ? "left " : "DROPPED ");
		put_packet(out, event, numeric);
		buf_puts(out, ": ");
		put_why(out, event);
		*ret_colour = is_decoy ? LINES_PLAIN : LINES_RED;
	} else if (strcmp(kind, "rule") == 0) {
		put_rule(out, event);
		if (strcmp(text_of(event, "Verdict"), "drop") == 0)
			*ret_colour = LINES_RED;
	} else if (strcmp(kind, "counted") == 0) {
		buf_printf(out, "counted %ld in, %ld out, %ld dropped",
			   number_of(event, "Received"), number_of(event, "Sent"),
			   number_of(event, "Dropped"));
	} else {
		buf_puts(out, "REFUSES ");
		put_packet(out, event, numeric);
		if (strcmp(kind, "reset") == 0)
			buf_puts(out, ": by a reset");
		else
			buf_printf(out, ": by ICMP %ld/%ld", number_of(event, "IcmpType"),
				   number_of(event, "IcmpCode"));
		*ret_colour = LINES_RED;
	}
}

/* lines_wrap() counts letters, so the codes of a colour go past it. what is freed here. The line
 * ends here. */
static void wrap(struct lines *lines, struct buf *what, enum lines_colour colour)
{
	static const char *const codes[] = { [LINES_RED] = "\033[1;31m" };
	bool is_coloured = lines->colour && colour == LINES_RED;

	if (is_coloured)
		buf_puts(lines->out, codes[LINES_RED]);
	lines_wrap(lines, WHAT_AT, what->data ? what->data : "");
	if (is_coloured)
		buf_puts(lines->out, "\033[0m");
	lines_end(lines);
	buf_done(what);
}

/* Was: the packet as it was seen before. The addresses are compared as numbers, and shown as names.
 * Nothing is written where this end was not changed. */
static void put_nat(struct lines *lines, const json_t *event, const char *which, bool numeric)
{
	const json_t *was = json_object_get(event, "Was"), *is = json_object_get(event, "Packet");
	struct buf before = { 0 }, after = { 0 }, what = { 0 };

	put_end(&before, was, which, true);
	put_end(&after, is, which, true);
	if (was && before.data && after.data && strcmp(before.data, after.data) != 0) {
		buf_printf(&what, "NAT %s ", strcmp(which, "From") == 0 ? "from" : "to");
		put_end(&what, was, which, numeric);
		buf_puts(&what, " -> ");
		put_end(&what, is, which, numeric);
		lines_pad(lines, WHAT_AT);
		wrap(lines, &what, LINES_PLAIN);
	}
	buf_done(&before);
	buf_done(&after);
}

/* false: nothing was written, because the event is no event or means nothing. true: one line or
 * more was appended. */
bool followed_screen(const json_t *event, const struct followed_look *look, struct buf *out)
{
	struct lines lines = { .out = out, .colour = look->colour };
	struct buf what = { 0 };
	enum lines_colour colour;
	char time[32];

	if (!json_object_get(event, "Event") ||
	    (!look->verbose && json_is_true(json_object_get(event, "Decoy"))))
		return false;
	/* A rule that no packet is known for has no time of its own. */
	if (json_is_number(json_object_get(event, "Microseconds")))
		(void)snprintf(time, sizeof(time), "%10.3f",
			       json_number_value(json_object_get(event, "Microseconds")) / 1e3);
	else
		(void)snprintf(time, sizeof(time), "%10s", "");
	put_what(&what, event, look->numeric, &colour);
	lines_put(&lines, time, LINES_PLAIN);
	lines_pad(&lines, PLACE_AT);
	lines_put(&lines, text_of(event, "Place"), LINES_PLAIN);
	lines_pad(&lines, LINK_AT);
	lines_put(&lines,
		  strcmp(text_of(event, "Event"), "rule") == 0 ? "rule"
							       : text_of(event, "LinkName"),
		  LINES_PLAIN);
	lines_pad(&lines, WHAT_AT);
	wrap(&lines, &what, colour);
	put_nat(&lines, event, "From", look->numeric);
	put_nat(&lines, event, "To", look->numeric);
	return true;
}
