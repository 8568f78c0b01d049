// SPDX-License-Identifier: GPL-2.0-or-later
// program.c - the programs that run in the kernel at its tracepoints
#include "trace/program.h"

#include "base/cleanup.h"
#include "trace/dropped.h"
#include "trace/follow.h"
#include "trace/writer.h"

#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

static_assert(sizeof(struct writer_frame) == PROGRAM_FRAME_SIZE, "as the map has it");

/* Theory of operation. All packets of the machine come by, so a program first looks whether one is
 * of a namespace that is asked for, and then whether it is of the flow; only then it is reported.
 * Namespaces and flow stand in maps, so the programs can be there before anybody knows them: no
 * namespace is in the map then, and nothing passes.
 *
 * Of a flow survives NAT: the port of who asks, mostly; the sequence number of its first packet,
 * always. The port counts only with one of the addresses that are known, for others use it, too;
 * the number is noted by the program that sees the SYN first. An ICMP error is of the flow that it
 * quotes.
 *
 * What is read through pointers into the kernel, as fields of its types or by a call of
 * bpf_probe_read_kernel(), is 0 where there is nothing: packets may be half made or half gone.
 *
 * A program of one tracepoint: find the packet (writer_begin), its namespace (writer_namespace) and
 * where its headers are (write_where); of who follows a container whether it can be its
 * (follow_write_first); whether its namespace is asked for (writer_asked), and a frame to put the
 * record together in (writer_frame); its headers (write_packet), and whether it is of the flow
 * (write_match or follow_write); then the link, the circumstances, and the record into the ring.
 * Every step that fails leads to the end, where the program returns 0. */

/* --- which packet it is ----------------------------------------------------------------------- */

/* A field of the header that was read, of the network's order, to the record in the machine's. from
 * counts from the beginning of the bytes that were read. */
static void keep_number(const struct writer *writer, int16_t to, int from)
{
	insn_load(writer->insns, INSN_U32, BPF_REG_1, FRAME, (int16_t)(BYTES + from));
	insn_from_network(writer->insns, BPF_REG_1, 32);
	insn_store(writer->insns, INSN_U32, FRAME, to, BPF_REG_1);
}

/* As it is: what is compared with something of the network's order stays in that. */
static void keep(const struct writer *writer, enum insn_size size, int16_t to, int from)
{
	insn_load(writer->insns, size, BPF_REG_1, FRAME, (int16_t)(BYTES + from));
	insn_store(writer->insns, size, FRAME, to, BPF_REG_1);
}

/* Length and number, of IPv6 a half of the flow's label and the length: neither routing nor NAT
 * makes others of them. Bytes 2 and 3, and 4 and 5, of either header. */
static void keep_identity(const struct writer *writer)
{
	keep(writer, INSN_U16, AT(identity), 2);
	keep(writer, INSN_U16, (int16_t)(AT(identity) + 2), 4);
}

/* The two that begin at from; those that an error quotes are of use to who follows a container.
 * from is where the first address stands, len the length of one. */
static void keep_addresses(const struct writer *writer, bool is_outer, int from, int len)
{
	enum insn_size size = len == 4 ? INSN_U32 : INSN_U64;
	int step = len == 4 ? 4 : 8;

	if (!is_outer && writer->kind != PROGRAM_FOLLOW)
		return;
	for (int i = 0; i < 2; i++)
		for (int at = 0; at < len; at += step)
			keep(writer, size, (int16_t)((is_outer ? AT(from) : QUOTED) + 16 * i + at),
			     from + len * i + at);
}

/* Takes the IP header in BYTES apart, that stands at HEADER, which moves on to what it carries. The
 * protocol is kept in PROTOCOL, and with is_outer the rest in the record. Goes to other where that
 * is no packet, or a fragment that is not the first. The first byte has the version in its upper
 * half, and of IPv4 the header's length in words in the lower. */
static void write_ip(const struct writer *writer, bool is_outer, insn_label other)
{
	struct insns *insns = writer->insns;
	insn_label is_six = insn_new_label(insns), done = insn_new_label(insns);

	insn_load(insns, INSN_U8, BPF_REG_1, FRAME, BYTES);
	insn_alu(insns, BPF_RSH, BPF_REG_1, 4);
	if (is_outer)
		insn_store(insns, INSN_U8, FRAME, AT(version), BPF_REG_1);
	if (is_outer)
		keep_identity(writer);
	insn_load(insns, INSN_U8, BPF_REG_1, FRAME, BYTES);
	insn_alu(insns, BPF_RSH, BPF_REG_1, 4);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 6, is_six);
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, 4, other);
	insn_load(insns, INSN_U16, BPF_REG_1, FRAME, BYTES + 6);
	/* The fragment's offset is compared in the network's order. */
	insn_jump_if(insns, BPF_JSET, BPF_REG_1, htons(0x1fff), other);
	keep(writer, INSN_U8, PROTOCOL, 9);
	keep_addresses(writer, is_outer, 12, 4);
	/* The length in words of 4 bytes. */
	insn_load(insns, INSN_U8, BPF_REG_1, FRAME, BYTES);
	insn_alu(insns, BPF_AND, BPF_REG_1, 0xf);
	insn_alu(insns, BPF_LSH, BPF_REG_1, 2);
	insn_add(insns, HEADER, BPF_REG_1);
	insn_jump(insns, done);
	insn_place(insns, is_six);
	keep(writer, INSN_U8, PROTOCOL, 6);
	keep_addresses(writer, is_outer, 8, 16);
	/* Extension headers of IPv6 are not walked: such a packet's protocol is that of the first
	 * of them. */
	insn_alu(insns, BPF_ADD, HEADER, 40);
	insn_place(insns, done);
}

/* The 20 bytes at HEADER to BYTES. Where the header before has no options they were read with it,
 * unless it is one that an error quotes. The bytes of both headers were read in one call where
 * possible, for a call costs most of all. */
static void write_beyond(const struct writer *writer)
{
	static const struct {
		uint8_t first;
		/* An IPv4 header without options begins with 0x45, one of IPv6 with 6. */
		int16_t at;
	} plain[] = { { 0x45, 20 }, { 0x60, 40 } };
	struct insns *insns = writer->insns;
	insn_label read = insn_new_label(insns), done = insn_new_label(insns);

	insn_load(insns, INSN_U8, BPF_REG_1, FRAME, AT(is_quoted));
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, 0, read);
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		insn_label other = insn_new_label(insns);

		/* Of IPv6 the rest of the byte is of the class of traffic. */
		insn_load(insns, INSN_U8, BPF_REG_1, FRAME, BYTES);
		if (plain[i].first == 0x60)
			insn_alu(insns, BPF_AND, BPF_REG_1, 0xf0);
		insn_jump_if(insns, BPF_JNE, BPF_REG_1, plain[i].first, other);
		for (int at = 0; at < 20; at += 4) {
			insn_load(insns, INSN_U32, BPF_REG_1, FRAME,
				  (int16_t)(BYTES + plain[i].at + at));
			insn_store(insns, INSN_U32, FRAME, (int16_t)(BYTES + at), BPF_REG_1);
		}
		insn_jump(insns, done);
		insn_place(insns, other);
	}
	insn_place(insns, read);
	writer_read(writer, FRAME, BYTES, 20, HEADER, 0);
	insn_place(insns, done);
}

/* What TCP, UDP or a quoted echo request has at HEADER, and of what is behind it as much as tells
 * it from another: the numbers of TCP, or else the first bytes of what is carried. Of a quoted
 * packet 8 bytes are certain, and what is behind them may be anything. The protocol is in PROTOCOL,
 * and what is read stands in BYTES. */
static void write_ports(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	insn_label no_tcp = insn_new_label(insns), ports = insn_new_label(insns);
	insn_label done = insn_new_label(insns), echo = insn_new_label(insns);

	insn_load(insns, INSN_U8, BPF_REG_1, FRAME, PROTOCOL);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, IPPROTO_TCP, ports);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, IPPROTO_UDP, ports);
	insn_load(insns, INSN_U8, BPF_REG_2, FRAME, AT(is_quoted));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_2, 0, done);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, IPPROTO_ICMP, echo);
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, IPPROTO_ICMPV6, done);
	insn_place(insns, echo);
	writer_read(writer, FRAME, BYTES, 8, HEADER, 0);
	/* An echo's id stands for both ports. */
	keep(writer, INSN_U16, AT(from_port), 4);
	keep(writer, INSN_U16, AT(to_port), 4);
	insn_jump(insns, done);
	insn_place(insns, ports);
	write_beyond(writer);
	keep(writer, INSN_U16, AT(from_port), 0);
	keep(writer, INSN_U16, AT(to_port), 2);
	insn_load(insns, INSN_U8, BPF_REG_1, FRAME, PROTOCOL);
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, IPPROTO_TCP, no_tcp);
	keep_number(writer, AT(sequence), 4);
	keep_number(writer, AT(acknowledged), 8);
	/* Flags are in the fourteenth byte of TCP's header. */
	keep(writer, INSN_U8, AT(flags), 13);
	insn_jump(insns, done);
	insn_place(insns, no_tcp);
	keep(writer, INSN_U32, AT(sequence), 8);
	keep(writer, INSN_U32, AT(acknowledged), 12);
	insn_place(insns, done);
}

/* Goes to done where the type, in register 1, is that of no error: what it carries is no packet,
 * however it looks. Errors of ICMPv6 have types below 128. */
static void skip_no_error(const struct writer *writer, insn_label done)
{
	static const uint8_t errors[] = { ICMP_DEST_UNREACH, ICMP_SOURCE_QUENCH, ICMP_REDIRECT,
					  ICMP_TIME_EXCEEDED, ICMP_PARAMETERPROB };
	struct insns *insns = writer->insns;
	insn_label is_error = insn_new_label(insns), is_six = insn_new_label(insns);

	insn_load(insns, INSN_U8, BPF_REG_2, FRAME, AT(protocol));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_2, IPPROTO_ICMPV6, is_six);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		insn_jump_if(insns, BPF_JEQ, BPF_REG_1, errors[i], is_error);
	insn_jump(insns, done);
	insn_place(insns, is_six);
	insn_jump_if(insns, BPF_JSET, BPF_REG_1, 0x80, done); /* RFC 4443, 2.1 */
	insn_place(insns, is_error);
}

static void keep_protocol(const struct writer *writer)
{
	insn_load(writer->insns, INSN_U8, BPF_REG_1, FRAME, PROTOCOL);
	insn_store(writer->insns, INSN_U8, FRAME, AT(protocol), BPF_REG_1);
}

/* An ICMP error has behind its 8 bytes the beginning of the packet that it is about. Of others the
 * number stands for the ports: NAT finds the answer to an echo by it. HEADER is at the ICMP header,
 * and at the quoted packet's transport header afterwards. */
static void write_quoted(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	insn_label is_icmp = insn_new_label(insns), done = insn_new_label(insns);

	insn_load(insns, INSN_U8, BPF_REG_1, FRAME, AT(protocol));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, IPPROTO_ICMP, is_icmp);
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, IPPROTO_ICMPV6, done);
	insn_place(insns, is_icmp);
	writer_read(writer, FRAME, BYTES, 16, HEADER, 0);
	keep(writer, INSN_U8, AT(icmp_type), 0);
	keep(writer, INSN_U8, AT(icmp_code), 1);
	keep(writer, INSN_U16, AT(from_port), 4);
	keep(writer, INSN_U16, AT(to_port), 4);
	keep(writer, INSN_U32, AT(sequence), 8);
	keep(writer, INSN_U32, AT(acknowledged), 12);
	insn_load(insns, INSN_U8, BPF_REG_1, FRAME, BYTES);
	skip_no_error(writer, done);
	insn_alu(insns, BPF_ADD, HEADER, 8);
	writer_read(writer, FRAME, BYTES, HEADER_SIZE, HEADER, 0);
	write_ip(writer, false, done);
	insn_store_value(insns, INSN_U8, FRAME, AT(is_quoted), 1);
	insn_place(insns, done);
}

/* --- whether it is of the flow ---------------------------------------------------------------- */

/* HEADER is the struct record_flow in the map from here on. */

/* Goes to ours where a number of the packet is the flow's, which is in HEADER. has_sequence: the
 * number of the first packet was seen. */
static void write_by_sequence(const struct writer *writer, insn_label ours)
{
	struct insns *insns = writer->insns;
	insn_label no = insn_new_label(insns);

	insn_load(insns, INSN_U32, BPF_REG_1, HEADER, offsetof(struct record_flow, has_sequence));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, no);
	insn_load(insns, INSN_U32, BPF_REG_1, HEADER, offsetof(struct record_flow, sequence));
	insn_load(insns, INSN_U32, BPF_REG_2, FRAME, AT(sequence));
	insn_jump_if_reg(insns, BPF_JEQ, BPF_REG_2, BPF_REG_1, ours);
	/* The next of it, which the other side acknowledges; in 32 bits, as TCP counts. */
	insn_alu(insns, BPF_ADD, BPF_REG_1, 1);
	/* Shifts up and down clear the upper half. */
	insn_alu(insns, BPF_LSH, BPF_REG_1, 32);
	insn_alu(insns, BPF_RSH, BPF_REG_1, 32);
	insn_jump_if_reg(insns, BPF_JEQ, BPF_REG_2, BPF_REG_1, ours);
	insn_load(insns, INSN_U32, BPF_REG_2, FRAME, AT(acknowledged));
	insn_jump_if_reg(insns, BPF_JEQ, BPF_REG_2, BPF_REG_1, ours);
	insn_place(insns, no);
}

/* Goes to other where neither port or neither address is known. Addresses are those of both ends,
 * before and behind NAT, as far as they were told. */
static void write_by_port(const struct writer *writer, insn_label other)
{
	struct insns *insns = writer->insns;
	insn_label port = insn_new_label(insns), address = insn_new_label(insns);

	insn_load(insns, INSN_U16, BPF_REG_1, HEADER, offsetof(struct record_flow, port));
	insn_load(insns, INSN_U16, BPF_REG_2, FRAME, AT(from_port));
	insn_jump_if_reg(insns, BPF_JEQ, BPF_REG_2, BPF_REG_1, port);
	insn_load(insns, INSN_U16, BPF_REG_2, FRAME, AT(to_port));
	insn_jump_if_reg(insns, BPF_JNE, BPF_REG_2, BPF_REG_1, other);
	insn_place(insns, port);
	writer_look_up(writer, writer->maps->address, FRAME, AT(from));
	insn_jump_if(insns, BPF_JNE, BPF_REG_0, 0, address);
	writer_look_up(writer, writer->maps->address, FRAME, AT(to));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, other);
	insn_place(insns, address);
}

/* Its number is noted where a packet begins the connection. A SYN without ACK. */
static void write_learn(const struct writer *writer, insn_label ours)
{
	struct insns *insns = writer->insns;

	insn_load(insns, INSN_U8, BPF_REG_1, FRAME, AT(flags));
	insn_alu(insns, BPF_AND, BPF_REG_1, 0x12); /* SYN, ACK */
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, 0x02, ours);
	insn_load(insns, INSN_U32, BPF_REG_1, FRAME, AT(sequence));
	insn_store(insns, INSN_U32, HEADER, offsetof(struct record_flow, sequence), BPF_REG_1);
	insn_store_value(insns, INSN_U32, HEADER, offsetof(struct record_flow, has_sequence), 1);
}

/* protocol 0: nothing is asked yet, or everything is. */
static void write_match(const struct writer *writer, insn_label ours, insn_label other)
{
	struct insns *insns = writer->insns;
	insn_label of_its_own = insn_new_label(insns);

	writer_flow(writer);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->other);
	insn_move(insns, HEADER, BPF_REG_0);
	insn_load(insns, INSN_U32, BPF_REG_1, HEADER, offsetof(struct record_flow, protocol));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, ours);
	insn_load(insns, INSN_U8, BPF_REG_2, FRAME, PROTOCOL);
	insn_jump_if(insns, BPF_JNE, BPF_REG_2, IPPROTO_ICMPV6, of_its_own);
	insn_set(insns, BPF_REG_2, IPPROTO_ICMP);
	insn_place(insns, of_its_own);
	insn_jump_if_reg(insns, BPF_JNE, BPF_REG_2, BPF_REG_1, other);
	write_by_sequence(writer, ours);
	write_by_port(writer, other);
	write_learn(writer, ours);
}

/* The packet whose header is at HEADER; goes on where it is to be told. The packet's own protocol
 * is in the record, a quoted one's in PROTOCOL. */
static void write_packet(const struct writer *writer)
{
	insn_label ours = insn_new_label(writer->insns);

	writer_read(writer, FRAME, BYTES, HEADER_SIZE, HEADER, 0);
	write_ip(writer, true, writer->other);
	keep_protocol(writer);
	write_quoted(writer);
	write_ports(writer);
	if (writer->kind == PROGRAM_FOLLOW)
		follow_write(writer, ours, writer->other);
	else if (writer->kind == PROGRAM_DROPS)
		dropped_write_match(writer, ours, writer->other);
	else
		write_match(writer, ours, writer->other);
	insn_place(writer->insns, ours);
}

/* Goes to yes where an IP header begins there. */
static void write_is_ip(const struct writer *writer, insn_label yes)
{
	struct insns *insns = writer->insns;

	writer_read(writer, STACK, WORD, 1, HEADER, 0);
	insn_load(insns, INSN_U8, BPF_REG_1, STACK, WORD);
	insn_alu(insns, BPF_RSH, BPF_REG_1, 4);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 4, yes);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 6, yes);
}

/* A packet that comes in has its network header at data, and the field is set later; everywhere
 * else the field counts, but for what programs of XDP drop, which are run before: where it is 0, or
 * no IP header is there, a packet that is dropped is looked for at data, too. */
static void write_where(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	insn_label at_data = insn_new_label(insns), found = insn_new_label(insns);

	if (writer->point != LAYOUT_RECEIVED) {
		writer_pointer(writer, HEADER, SKB, writer->layout->skb_head);
		writer_number(writer, INSN_U16, BPF_REG_1, SKB, writer->layout->skb_network_header);
	}
	if (writer->point == LAYOUT_DROPPED)
		insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, at_data);
	/* network_header is an offset from head. */
	if (writer->point != LAYOUT_RECEIVED)
		insn_add(insns, HEADER, BPF_REG_1);
	if (writer->point == LAYOUT_DROPPED)
		write_is_ip(writer, found);
	insn_place(insns, at_data);
	if (writer->point == LAYOUT_DROPPED || writer->point == LAYOUT_RECEIVED)
		writer_pointer(writer, HEADER, SKB, writer->layout->skb_data);
	insn_place(insns, found);
}

/* --- telling it ------------------------------------------------------------------------------ */

/* Everything else that a record has. */

static void write_circumstances(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	bool is_drop = writer->point == LAYOUT_DROPPED;

	insn_call(insns, BPF_FUNC_ktime_get_ns);
	insn_store(insns, INSN_U64, FRAME, AT(time_ns), BPF_REG_0);
	insn_store(insns, INSN_U64, FRAME, AT(packet), SKB);
	insn_store_value(insns, INSN_U8, FRAME, AT(point), (int32_t)writer->point);
	writer_number(writer, INSN_U32, BPF_REG_1, SKB, writer->layout->skb_len);
	insn_store(insns, INSN_U32, FRAME, AT(bytes), BPF_REG_1);
	if (is_drop) {
		writer_argument(writer, BPF_REG_1, 1);
		insn_store(insns, INSN_U64, FRAME, AT(location), BPF_REG_1);
	}
	if (is_drop && layout_gives_reasons(writer->layout)) {
		writer_argument(writer, BPF_REG_1, 2);
		insn_store(insns, INSN_U32, FRAME, AT(reason), BPF_REG_1);
	}
	if (writer->point == LAYOUT_ICMP)
		for (int i = 0; i < 2; i++) {
			writer_argument(writer, BPF_REG_1, 1 + i);
			insn_store(insns, INSN_U8, FRAME, (int16_t)(AT(icmp_type) + i), BPF_REG_1);
		}
}

/* There was no room. Two programs that count at once may count one. */
static void write_lost(const struct writer *writer)
{
	struct insns *insns = writer->insns;

	writer_flow(writer);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->end);
	insn_load(insns, INSN_U32, BPF_REG_1, BPF_REG_0, offsetof(struct record_flow, n_lost));
	insn_alu(insns, BPF_ADD, BPF_REG_1, 1);
	insn_store(insns, INSN_U32, BPF_REG_0, offsetof(struct record_flow, n_lost), BPF_REG_1);
}

/* Goes to other where it is told. Who follows a container for long looks into the ring by himself:
 * to wake him for each packet would cost it more than all else. */
static void write_output(const struct writer *writer)
{
	struct insns *insns = writer->insns;

	insn_map(insns, BPF_REG_1, writer->maps->events);
	insn_move(insns, BPF_REG_2, FRAME);
	insn_alu(insns, BPF_ADD, BPF_REG_2, FRAME_AT(record));
	insn_set(insns, BPF_REG_3, sizeof(struct record));
	writer_tell(writer, writer->kind == PROGRAM_FOLLOW ? BPF_RB_NO_WAKEUP : 0);
}

/* A negative errno: the program does not fit its bounds. */
int program_trace(enum program_kind kind, enum layout_point point, const struct layout *layout,
		  const struct program_maps *maps, struct insns *ret_insns)
{
	struct writer writer = { ret_insns, layout, maps, kind, point, 0, 0 };
	insn_label lost;

	memset(ret_insns, 0, sizeof(*ret_insns));
	writer.end = insn_new_label(ret_insns);
	writer.other = insn_new_label(ret_insns);
	lost = insn_new_label(ret_insns);
	writer_begin(&writer);
	writer_namespace(&writer);
	write_where(&writer);
	if (kind == PROGRAM_FOLLOW)
		follow_write_first(&writer);
	if (kind == PROGRAM_DROPS)
		dropped_write_begin(&writer);
	writer_asked(&writer);
	writer_frame(&writer, lost);
	write_packet(&writer);
	writer_link(&writer);
	write_circumstances(&writer);
	if (kind == PROGRAM_DROPS)
		dropped_write_output(&writer);
	else
		write_output(&writer);
	insn_place(ret_insns, lost);
	write_lost(&writer);
	insn_jump(ret_insns, writer.end);
	insn_place(ret_insns, writer.other);
	writer_frame_done(&writer);
	insn_place(ret_insns, writer.end);
	insn_set(ret_insns, BPF_REG_0, 0);
	insn_exit(ret_insns);
	return insn_finish(ret_insns);
}
