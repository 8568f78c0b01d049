// SPDX-License-Identifier: GPL-2.0-or-later
// follow.c - whether a packet is one of the container that is followed, also where NAT hides it
#include "trace/follow.h"
/* Labels: "ours" is where a packet goes that is to be told, "other" where one goes that is not. */

#include <netinet/in.h>
#include <stddef.h>

/* Theory of operation. A packet is the container's in its own network namespace; elsewhere by its
 * addresses, and on the host by an address and port that are published for it. What is asked for
 * (tcp, a port, a host) is asked of these, for there the packet has the addresses that a person
 * knows.
 *
 * NAT makes another packet of it, at the same place in memory. So what comes in is noted by its
 * place, with what NAT leaves as it is, for places are used again: the numbers of TCP, or the
 * beginning of what it carries, and what the IP header has as length and number. Where one that was
 * noted leaves with addresses that are nobody's here, those are noted in both directions, and the
 * answers to it are known when they come in. */

/* Offsets in the two structs that maps hold. */
#define ASKED(field) ((int16_t)offsetof(struct record_flow, field))
#define SEEN(field) ((int16_t)offsetof(struct record_seen, field))

/* Goes to no where neither end of the packet, or of the one that it quotes, is one that is asked
 * for. Register 8 has what is. The map of peers is asked for both ends, and for those that a quoted
 * packet has. */
static void write_peers(const struct writer *writer, insn_label no)
{
	struct insns *insns = writer->insns;
	insn_label done = insn_new_label(insns);

	insn_load(insns, INSN_U16, BPF_REG_1, HEADER, ASKED(has_peers));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, done);
	/* i is 0 and 1 for the packet, 2 and 3 for the quoted one; from first, then to. */
	for (int i = 0; i < 4; i++) {
		writer_look_up(writer, writer->maps->peer,
			       (int16_t)((i < 2 ? AT(from) : QUOTED) + 16 * (i % 2)));
		insn_jump_if(insns, BPF_JNE, BPF_REG_0, 0, done);
	}
	insn_jump(insns, no);
	insn_place(insns, done);
}

/* Goes to no where the packet is not of the kind that is asked for. Register 8 has what is.
 * Protocol and port are 0 where nothing is asked. ICMP stands for ICMPv6 as well. */
static void write_kind(const struct writer *writer, insn_label no)
{
	struct insns *insns = writer->insns;
	insn_label port = insn_new_label(insns);
	insn_label peer = insn_new_label(insns), icmp = insn_new_label(insns);

	insn_load(insns, INSN_U32, BPF_REG_1, HEADER, ASKED(protocol));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, port);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, IPPROTO_ICMP, icmp);
	insn_load(insns, INSN_U8, BPF_REG_2, STACK, PROTOCOL);
	insn_jump_if_reg(insns, BPF_JEQ, BPF_REG_2, BPF_REG_1, port);
	insn_jump(insns, no);
	/* Of a quoted packet the outer protocol is ICMP. */
	insn_place(insns, icmp);
	insn_load(insns, INSN_U8, BPF_REG_2, STACK, AT(protocol));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_2, IPPROTO_ICMP, port);
	insn_jump_if(insns, BPF_JNE, BPF_REG_2, IPPROTO_ICMPV6, no);
	insn_place(insns, port);
	insn_load(insns, INSN_U16, BPF_REG_1, HEADER, ASKED(port));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, peer);
	insn_load(insns, INSN_U16, BPF_REG_2, STACK, AT(from_port));
	insn_jump_if_reg(insns, BPF_JEQ, BPF_REG_2, BPF_REG_1, peer);
	insn_load(insns, INSN_U16, BPF_REG_2, STACK, AT(to_port));
	insn_jump_if_reg(insns, BPF_JNE, BPF_REG_2, BPF_REG_1, no);
	insn_place(insns, peer);
	write_peers(writer, no);
}

/* Goes to none where nothing of that kind is there to be looked for. Register 8 has whether.
 * has_seen and the like are set once by the program itself, so that a map that is empty is never
 * asked. */
static void write_gate(const struct writer *writer, int16_t asked, insn_label none)
{
	insn_load(writer->insns, INSN_U32, BPF_REG_1, HEADER, asked);
	insn_jump_if(writer->insns, BPF_JEQ, BPF_REG_1, 0, none);
}

/* HEADER points to the struct in the map, so this is seen by all programs. */
static void write_set(const struct writer *writer, int16_t asked)
{
	insn_store_value(writer->insns, INSN_U32, HEADER, asked, 1);
}

/* Goes to yes where it is one of the container's addresses. Of those that are not most are told
 * apart by one bit, before the map is asked. addresses is a set of 64 bits, in which each address
 * of the container has set one. */
static void write_address(const struct writer *writer, int16_t addr, insn_label yes)
{
	struct insns *insns = writer->insns;
	insn_label no = insn_new_label(insns);

	insn_load(insns, INSN_U64, BPF_REG_1, STACK, addr);
	insn_load(insns, INSN_U64, BPF_REG_2, STACK, (int16_t)(addr + 8));
	insn_alu_reg(insns, BPF_XOR, BPF_REG_1, BPF_REG_2);
	insn_alu(insns, BPF_MUL, BPF_REG_1, RECORD_BIT_FACTOR);
	insn_alu(insns, BPF_RSH, BPF_REG_1, RECORD_BIT_SHIFT);
	insn_load(insns, INSN_U64, BPF_REG_2, HEADER, ASKED(addresses));
	insn_alu_reg(insns, BPF_RSH, BPF_REG_2, BPF_REG_1);
	insn_alu(insns, BPF_AND, BPF_REG_2, 1);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_2, 0, no);
	writer_look_up(writer, writer->maps->address, addr);
	insn_jump_if(insns, BPF_JNE, BPF_REG_0, 0, yes);
	insn_place(insns, no);
}

/* Goes to yes where that end of the packet is published for the container. The key is address (16),
 * port (2), protocol (1) and zero. */
static void write_published(const struct writer *writer, int16_t addr, int16_t port, insn_label yes)
{
	struct insns *insns = writer->insns;

	writer_copy(writer, KEY, addr, 16);
	insn_load(insns, INSN_U16, BPF_REG_1, STACK, port);
	insn_store(insns, INSN_U16, STACK, KEY + 16, BPF_REG_1);
	/* The last byte of the key is written with the one before it. */
	insn_store_value(insns, INSN_U16, STACK, KEY + 18, 0);
	insn_load(insns, INSN_U8, BPF_REG_1, STACK, AT(protocol));
	insn_store(insns, INSN_U8, STACK, KEY + 18, BPF_REG_1);
	writer_look_up(writer, writer->maps->published, KEY);
	insn_jump_if(insns, BPF_JNE, BPF_REG_0, 0, yes);
}

/* The key is both addresses, both ports, and the protocol; is_back swaps the ends. */
static void write_tuple(const struct writer *writer, bool is_back)
{
	struct insns *insns = writer->insns;

	writer_copy(writer, KEY, is_back ? AT(to) : AT(from), 16);
	writer_copy(writer, KEY + 16, is_back ? AT(from) : AT(to), 16);
	insn_load(insns, INSN_U16, BPF_REG_1, STACK, is_back ? AT(to_port) : AT(from_port));
	insn_store(insns, INSN_U16, STACK, KEY + 32, BPF_REG_1);
	insn_load(insns, INSN_U16, BPF_REG_1, STACK, is_back ? AT(from_port) : AT(to_port));
	insn_store(insns, INSN_U16, STACK, KEY + 34, BPF_REG_1);
	insn_store_value(insns, INSN_U32, STACK, KEY + 36, 0);
	insn_load(insns, INSN_U8, BPF_REG_1, STACK, AT(protocol));
	insn_store(insns, INSN_U8, STACK, KEY + 36, BPF_REG_1);
}

/* Goes on where the packet at this place is the one that was noted, and to no where it is not. A
 * place in memory is used again soon, so three numbers are compared with those that were noted. */
static void write_same(const struct writer *writer, insn_label no)
{
	static const struct {
		int16_t seen, record;
	} same[] = { { SEEN(sequence), AT(sequence) },
		     { SEEN(acknowledged), AT(acknowledged) },
		     { SEEN(identity), AT(identity) } };
	struct insns *insns = writer->insns;

	write_gate(writer, ASKED(has_seen), no);
	insn_store(insns, INSN_U64, STACK, WORD, SKB);
	writer_look_up(writer, writer->maps->seen, WORD);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, no);
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		insn_load(insns, INSN_U32, BPF_REG_1, BPF_REG_0, same[i].seen);
		insn_load(insns, INSN_U32, BPF_REG_2, STACK, same[i].record);
		insn_jump_if_reg(insns, BPF_JNE, BPF_REG_2, BPF_REG_1, no);
	}
}

/* Its addresses, and those of the answer, are the container's from now on. An error's are those of
 * who sends it. "Learn": the packet has just left with addresses that NAT has given it. */
static void write_learn(const struct writer *writer, insn_label ours)
{
	struct insns *insns = writer->insns;

	/* A quoted packet's ports are not those of the one that carries it. */
	insn_load(insns, INSN_U8, BPF_REG_1, STACK, AT(is_quoted));
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, 0, ours);
	write_tuple(writer, false);
	writer_look_up(writer, writer->maps->tuples, KEY);
	insn_jump_if(insns, BPF_JNE, BPF_REG_0, 0, ours);
	insn_store_value(insns, INSN_U64, STACK, WORD, 1);
	writer_note(writer, writer->maps->tuples, KEY, WORD);
	write_tuple(writer, true);
	writer_note(writer, writer->maps->tuples, KEY, WORD);
	write_set(writer, ASKED(has_tuples));
	insn_jump(insns, ours);
}

/* What comes in may be made another packet by NAT before it is seen again. Only at
 * netif_receive_skb, which is where packets come in. */
static void write_note(const struct writer *writer)
{
	static const struct {
		int16_t seen, record;
	} kept[] = { { SEEN(sequence), AT(sequence) },
		     { SEEN(acknowledged), AT(acknowledged) },
		     { SEEN(identity), AT(identity) } };
	struct insns *insns = writer->insns;

	if (writer->point != LAYOUT_RECEIVED)
		return;
	insn_store_value(insns, INSN_U32, STACK, VALUE + SEEN(unused), 0);
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		insn_load(insns, INSN_U32, BPF_REG_1, STACK, kept[i].record);
		insn_store(insns, INSN_U32, STACK, (int16_t)(VALUE + kept[i].seen), BPF_REG_1);
	}
	insn_store(insns, INSN_U64, STACK, WORD, SKB);
	writer_note(writer, writer->maps->seen, WORD, VALUE);
	write_set(writer, ASKED(has_seen));
}

/* The order: the container's own namespace; its addresses; what is published for it; what was noted
 * at this place; what was learnt. */
void follow_write(const struct writer *writer, insn_label ours, insn_label other)
{
	struct insns *insns = writer->insns;
	insn_label wanted = insn_new_label(insns), note = insn_new_label(insns);
	insn_label hidden = insn_new_label(insns), by_tuple = insn_new_label(insns);
	insn_label elsewhere = insn_new_label(insns), published = insn_new_label(insns);

	insn_store_value(insns, INSN_U64, STACK, WORD, 0);
	writer_look_up(writer, writer->maps->flow, WORD);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->end);
	/* From here on HEADER is the struct record_flow, and not a header. */
	insn_move(insns, HEADER, BPF_REG_0);
	insn_load(insns, INSN_U64, BPF_REG_1, STACK, OWN);
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, PROGRAM_NETNS_OWN, elsewhere);
	write_kind(writer, other);
	insn_jump(insns, ours);

	insn_place(insns, elsewhere);
	write_address(writer, AT(from), wanted);
	write_address(writer, AT(to), wanted);
	write_gate(writer, ASKED(has_published), hidden);
	write_published(writer, AT(to), AT(to_port), published);
	write_published(writer, AT(from), AT(from_port), published);
	insn_jump(insns, hidden);
	insn_place(insns, published);
	write_peers(writer, hidden);
	insn_jump(insns, note);
	insn_place(insns, wanted);
	write_kind(writer, hidden);
	insn_place(insns, note);
	write_note(writer);
	insn_jump(insns, ours);

	insn_place(insns, hidden);
	write_same(writer, by_tuple);
	write_learn(writer, ours);
	insn_place(insns, by_tuple);
	write_gate(writer, ASKED(has_tuples), other);
	write_tuple(writer, false);
	writer_look_up(writer, writer->maps->tuples, KEY);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, other);
	write_note(writer);
}
