// SPDX-License-Identifier: GPL-2.0-or-later
// follow.c - whether a packet is one of the container that is followed, also where NAT hides it
#include "trace/follow.h"
/* Labels: "ours" is where a packet goes that is to be told, "other" where one goes that is not. */

#include <netinet/in.h>
#include <stddef.h>

/* Theory of operation. A packet is the container's in its own network namespace; elsewhere by its
 * addresses, and on the host by an address and port that are published for it. What is asked for
 * (tcp, a port, a host) is asked of these, for there the packet has the addresses that a person
 * knows. Most packets are somebody else's, and their addresses say so before anything else is
 * looked at.
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
		writer_look_up(writer, writer->maps->peer, FRAME,
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
	insn_load(insns, INSN_U8, BPF_REG_2, FRAME, PROTOCOL);
	insn_jump_if_reg(insns, BPF_JEQ, BPF_REG_2, BPF_REG_1, port);
	insn_jump(insns, no);
	/* Of a quoted packet the outer protocol is ICMP. */
	insn_place(insns, icmp);
	insn_load(insns, INSN_U8, BPF_REG_2, FRAME, AT(protocol));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_2, IPPROTO_ICMP, port);
	insn_jump_if(insns, BPF_JNE, BPF_REG_2, IPPROTO_ICMPV6, no);
	insn_place(insns, port);
	insn_load(insns, INSN_U16, BPF_REG_1, HEADER, ASKED(port));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, peer);
	insn_load(insns, INSN_U16, BPF_REG_2, FRAME, AT(from_port));
	insn_jump_if_reg(insns, BPF_JEQ, BPF_REG_2, BPF_REG_1, peer);
	insn_load(insns, INSN_U16, BPF_REG_2, FRAME, AT(to_port));
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

/* RECORD_BIT_SHIFT or RECORD_PAIR_SHIFT of the word in the lower half of the register. */
static void write_upper(const struct writer *writer, uint8_t reg, int shift)
{
	insn_alu(writer->insns, BPF_MUL, reg, (int32_t)RECORD_FACTOR);
	insn_alu(writer->insns, BPF_LSH, reg, 32);
	insn_alu(writer->insns, BPF_RSH, reg, 32 + shift);
}

/* Two words become one, in the lower half of the register; needs register 5. */
static void write_fold(const struct writer *writer, uint8_t reg)
{
	insn_move(writer->insns, BPF_REG_5, reg);
	insn_alu(writer->insns, BPF_RSH, BPF_REG_5, 32);
	insn_alu_reg(writer->insns, BPF_XOR, reg, BPF_REG_5);
}

/* Goes to none where neither word, in registers 1 and 2, has its bit in register 3. */
static void write_bits(const struct writer *writer, insn_label none)
{
	struct insns *insns = writer->insns;

	write_upper(writer, BPF_REG_1, RECORD_BIT_SHIFT);
	write_upper(writer, BPF_REG_2, RECORD_BIT_SHIFT);
	insn_move(insns, BPF_REG_4, BPF_REG_3);
	insn_alu_reg(insns, BPF_RSH, BPF_REG_3, BPF_REG_1);
	insn_alu_reg(insns, BPF_RSH, BPF_REG_4, BPF_REG_2);
	insn_alu_reg(insns, BPF_OR, BPF_REG_3, BPF_REG_4);
	insn_alu(insns, BPF_AND, BPF_REG_3, 1);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_3, 0, none);
}

/* An address of the record as one word. */
static void write_word(const struct writer *writer, uint8_t reg, int16_t addr)
{
	insn_load(writer->insns, INSN_U64, reg, FRAME, addr);
	insn_load(writer->insns, INSN_U64, BPF_REG_5, FRAME, (int16_t)(addr + 8));
	insn_alu_reg(writer->insns, BPF_XOR, reg, BPF_REG_5);
	write_fold(writer, reg);
}

/* Goes to yes where one of the packet's addresses is the container's. Of those that are not most
 * are told apart by a bit, before the map is asked. addresses is a set of 64 bits, in which each
 * address of the container has set one. */
static void write_addresses(const struct writer *writer, insn_label yes)
{
	struct insns *insns = writer->insns;
	insn_label no = insn_new_label(insns);

	write_word(writer, BPF_REG_1, AT(from));
	write_word(writer, BPF_REG_2, AT(to));
	insn_load(insns, INSN_U64, BPF_REG_3, HEADER, ASKED(addresses));
	write_bits(writer, no);
	writer_look_up(writer, writer->maps->address, FRAME, AT(from));
	insn_jump_if(insns, BPF_JNE, BPF_REG_0, 0, yes);
	writer_look_up(writer, writer->maps->address, FRAME, AT(to));
	insn_jump_if(insns, BPF_JNE, BPF_REG_0, 0, yes);
	insn_place(insns, no);
}

/* Goes to none where neither port is one that is published. */
static void write_published_ports(const struct writer *writer, insn_label none)
{
	struct insns *insns = writer->insns;

	insn_load(insns, INSN_U16, BPF_REG_1, FRAME, AT(from_port));
	insn_load(insns, INSN_U16, BPF_REG_2, FRAME, AT(to_port));
	insn_load(insns, INSN_U64, BPF_REG_3, HEADER, ASKED(ports));
	write_bits(writer, none);
}

/* Goes to yes where that end of the packet is published for the container. The key is address (16),
 * port (2), protocol (1) and zero. */
static void write_published(const struct writer *writer, int16_t addr, int16_t port, insn_label yes)
{
	struct insns *insns = writer->insns;

	writer_copy(writer, KEY, addr, 16);
	insn_load(insns, INSN_U16, BPF_REG_1, FRAME, port);
	insn_store(insns, INSN_U16, STACK, KEY + 16, BPF_REG_1);
	/* The last byte of the key is written with the one before it. */
	insn_store_value(insns, INSN_U16, STACK, KEY + 18, 0);
	insn_load(insns, INSN_U8, BPF_REG_1, FRAME, AT(protocol));
	insn_store(insns, INSN_U8, STACK, KEY + 18, BPF_REG_1);
	writer_look_up(writer, writer->maps->published, STACK, KEY);
	insn_jump_if(insns, BPF_JNE, BPF_REG_0, 0, yes);
}

/* The key is both addresses, both ports, and the protocol; is_back swaps the ends. */
static void write_tuple(const struct writer *writer, bool is_back)
{
	struct insns *insns = writer->insns;

	writer_copy(writer, KEY, is_back ? AT(to) : AT(from), 16);
	writer_copy(writer, KEY + 16, is_back ? AT(from) : AT(to), 16);
	insn_load(insns, INSN_U16, BPF_REG_1, FRAME, is_back ? AT(to_port) : AT(from_port));
	insn_store(insns, INSN_U16, STACK, KEY + 32, BPF_REG_1);
	insn_load(insns, INSN_U16, BPF_REG_1, FRAME, is_back ? AT(from_port) : AT(to_port));
	insn_store(insns, INSN_U16, STACK, KEY + 34, BPF_REG_1);
	insn_store_value(insns, INSN_U32, STACK, KEY + 36, 0);
	insn_load(insns, INSN_U8, BPF_REG_1, FRAME, AT(protocol));
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
	writer_look_up(writer, writer->maps->seen, STACK, WORD);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, no);
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		insn_load(insns, INSN_U32, BPF_REG_1, BPF_REG_0, same[i].seen);
		insn_load(insns, INSN_U32, BPF_REG_2, FRAME, same[i].record);
		insn_jump_if_reg(insns, BPF_JNE, BPF_REG_2, BPF_REG_1, no);
	}
}

/* That there is a flow between these two addresses. */
static void write_pair(const struct writer *writer)
{
	struct insns *insns = writer->insns;

	write_word(writer, BPF_REG_1, AT(from));
	write_word(writer, BPF_REG_2, AT(to));
	insn_alu_reg(insns, BPF_XOR, BPF_REG_1, BPF_REG_2);
	write_upper(writer, BPF_REG_1, RECORD_PAIR_SHIFT);
	insn_add(insns, BPF_REG_1, HEADER);
	insn_store_value(insns, INSN_U8, BPF_REG_1, ASKED(pairs), 1);
}

/* Its addresses, and those of the answer, are the container's from now on. An error's are those of
 * who sends it. "Learn": the packet has just left with addresses that NAT has given it. */
static void write_learn(const struct writer *writer, insn_label ours)
{
	struct insns *insns = writer->insns;

	/* A quoted packet's ports are not those of the one that carries it. */
	insn_load(insns, INSN_U8, BPF_REG_1, FRAME, AT(is_quoted));
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, 0, ours);
	write_tuple(writer, false);
	writer_look_up(writer, writer->maps->tuples, STACK, KEY);
	insn_jump_if(insns, BPF_JNE, BPF_REG_0, 0, ours);
	insn_store_value(insns, INSN_U64, STACK, WORD, 1);
	writer_note(writer, writer->maps->tuples, KEY, WORD);
	write_tuple(writer, true);
	writer_note(writer, writer->maps->tuples, KEY, WORD);
	write_pair(writer);
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
		insn_load(insns, INSN_U32, BPF_REG_1, FRAME, kept[i].record);
		insn_store(insns, INSN_U32, STACK, (int16_t)(VALUE + kept[i].seen), BPF_REG_1);
	}
	insn_store(insns, INSN_U64, STACK, WORD, SKB);
	writer_note(writer, writer->maps->seen, WORD, VALUE);
	write_set(writer, ASKED(has_seen));
}

/* Where the kernel has memory be read as what it is said to be, an IPv4 header is read so: a call
 * costs as much as all the rest. Goes to done with its addresses in registers 1 and 2, and what
 * write_seen_first() reads in FIRST. Uses register 4. */
static void write_ipv4_words(const struct writer *writer, insn_label done)
{
	struct insns *insns = writer->insns;
	insn_label other = insn_new_label(insns);

	insn_load(insns, INSN_U64, BPF_REG_4, STACK, TYPED);
	insn_load(insns, INSN_U8, BPF_REG_1, BPF_REG_4, 0);
	insn_alu(insns, BPF_RSH, BPF_REG_1, 4);
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, 4, other);
	for (int16_t at = 2; at < 6; at += 2) {
		insn_load(insns, INSN_U16, BPF_REG_1, BPF_REG_4, at);
		insn_store(insns, INSN_U16, STACK, (int16_t)(FIRST + at), BPF_REG_1);
	}
	insn_load(insns, INSN_U32, BPF_REG_1, BPF_REG_4, 12);
	insn_load(insns, INSN_U32, BPF_REG_2, BPF_REG_4, 16);
	insn_jump(insns, done);
	insn_place(insns, other);
}

static void write_typed(const struct writer *writer)
{
	struct insns *insns = writer->insns;

	insn_move(insns, BPF_REG_1, HEADER);
	insn_set(insns, BPF_REG_2, (int32_t)writer->layout->cast_type);
	insn_call_kernel(insns, writer->layout->cast_function);
	insn_store(insns, INSN_U64, STACK, TYPED, BPF_REG_0);
}

/* The addresses of the IP header as words, in registers 1 and 2, its beginning in FIRST, and
 * what is asked for in register 0. Ends the program where it is none. */
static void write_header_words(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	insn_label is_six = insn_new_label(insns), done = insn_new_label(insns);

	if (writer->layout->cast_function)
		write_ipv4_words(writer, done);
	writer_read(writer, STACK, FIRST, FIRST_SIZE, HEADER, 0);
	writer_flow(writer);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->end);
	insn_load(insns, INSN_U8, BPF_REG_1, STACK, FIRST);
	insn_alu(insns, BPF_RSH, BPF_REG_1, 4);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 6, is_six);
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, 4, writer->end);
	insn_load(insns, INSN_U32, BPF_REG_1, STACK, FIRST + 12);
	insn_load(insns, INSN_U32, BPF_REG_2, STACK, FIRST + 16);
	insn_jump(insns, done);
	insn_place(insns, is_six);
	for (int i = 0; i < 2; i++) {
		uint8_t reg = i == 0 ? BPF_REG_1 : BPF_REG_2;

		insn_load(insns, INSN_U64, reg, STACK, (int16_t)(FIRST + 8 + 16 * i));
		insn_load(insns, INSN_U64, BPF_REG_5, STACK, (int16_t)(FIRST + 16 + 16 * i));
		insn_alu_reg(insns, BPF_XOR, reg, BPF_REG_5);
		write_fold(writer, reg);
	}
	insn_place(insns, done);
}

/* Ends the program where the packet at this place is not one that was noted, as far as its IP
 * header tells. Register 0 has what is asked for. */
static void write_seen_first(const struct writer *writer)
{
	struct insns *insns = writer->insns;

	insn_load(insns, INSN_U32, BPF_REG_1, BPF_REG_0, ASKED(has_seen));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, writer->end);
	insn_store(insns, INSN_U64, STACK, WORD, SKB);
	writer_look_up(writer, writer->maps->seen, STACK, WORD);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->end);
	for (int at = 0; at < 4; at += 2) {
		insn_load(insns, INSN_U16, BPF_REG_1, STACK, (int16_t)(FIRST + 2 + at));
		insn_load(insns, INSN_U16, BPF_REG_2, BPF_REG_0, (int16_t)(SEEN(identity) + at));
		insn_jump_if_reg(insns, BPF_JNE, BPF_REG_1, BPF_REG_2, writer->end);
	}
}

void follow_write_first(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	insn_label maybe = insn_new_label(insns), no_end = insn_new_label(insns);
	insn_label no_pair = insn_new_label(insns);

	if (writer->layout->cast_function)
		write_typed(writer);
	writer_flow(writer);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->end);
	insn_load(insns, INSN_U64, BPF_REG_1, STACK, NETNS);
	insn_load(insns, INSN_U32, BPF_REG_2, BPF_REG_0, ASKED(own));
	insn_jump_if_reg(insns, BPF_JEQ, BPF_REG_1, BPF_REG_2, maybe);
	write_header_words(writer);
	insn_load(insns, INSN_U64, BPF_REG_3, BPF_REG_0, ASKED(ends));
	insn_move(insns, BPF_REG_5, BPF_REG_1);
	insn_alu_reg(insns, BPF_XOR, BPF_REG_5, BPF_REG_2);
	write_bits(writer, no_end);
	insn_jump(insns, maybe);

	insn_place(insns, no_end);
	insn_load(insns, INSN_U32, BPF_REG_1, BPF_REG_0, ASKED(has_tuples));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, no_pair);
	write_upper(writer, BPF_REG_5, RECORD_PAIR_SHIFT);
	insn_add(insns, BPF_REG_5, BPF_REG_0);
	insn_load(insns, INSN_U8, BPF_REG_1, BPF_REG_5, ASKED(pairs));
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, 0, maybe);
	insn_place(insns, no_pair);
	write_seen_first(writer);
	insn_place(insns, maybe);
}

/* The order: the container's own namespace; its addresses; what is published for it; what was noted
 * at this place; what was learnt. */
void follow_write(const struct writer *writer, insn_label ours, insn_label other)
{
	struct insns *insns = writer->insns;
	insn_label wanted = insn_new_label(insns), note = insn_new_label(insns);
	insn_label hidden = insn_new_label(insns), by_tuple = insn_new_label(insns);
	insn_label elsewhere = insn_new_label(insns), published = insn_new_label(insns);

	writer_flow(writer);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->other);
	/* From here on HEADER is the struct record_flow, and not a header. */
	insn_move(insns, HEADER, BPF_REG_0);
	insn_load(insns, INSN_U64, BPF_REG_1, STACK, OWN);
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, PROGRAM_NETNS_OWN, elsewhere);
	write_kind(writer, other);
	insn_jump(insns, ours);

	insn_place(insns, elsewhere);
	write_addresses(writer, wanted);
	write_gate(writer, ASKED(has_published), hidden);
	write_published_ports(writer, hidden);
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
	writer_look_up(writer, writer->maps->tuples, STACK, KEY);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, other);
	write_note(writer);
}
