// SPDX-License-Identifier: GPL-2.0-or-later
// dropped.c - what the program for dropped packets has of its own: whose they are, and their bytes
#include "trace/dropped.h"

#include "base/cleanup.h"
#include "base/limits.h"

/* Theory of operation. This program hangs at kfree_skb alone, and is another one than that which
 * counts (count.c), which gets no dearer by it. What it tells is a record and behind it the packet
 * from its IP header on, as long as the linear part of its buffer goes: what is behind that lies in
 * pages, which a tracepoint cannot follow. The two are put together in a map of their own (bytes),
 * for a stack of the kernel's programs has 512 bytes.
 *
 * How many bytes is known when the program runs, and the kernel takes it only if it sees that they
 * fit: hence the comparison with a constant at the end of write_length(). */

/* On the stack: where the IP header is. Who follows and who counts have something else there. */
#define BEGIN KEY

void dropped_write_begin(const struct writer *writer)
{
	insn_store(writer->insns, INSN_U64, STACK, BEGIN, HEADER);
}

/* A pointer with three bits of its own: how the packet relates to the connection, of which all
 * above 2 are answers (enum ip_conntrack_info). */
#define RELATION_BITS 7
#define RELATION_NEW 2

static void write_end(const struct writer *writer, int16_t to, uint32_t from)
{
	for (int at = 0; at < 16; at += 4) {
		insn_load(writer->insns, INSN_U32, BPF_REG_1, FRAME,
			  (int16_t)(BYTES + (int)from + at));
		insn_store(writer->insns, INSN_U32, FRAME, (int16_t)(to + at), BPF_REG_1);
	}
}

static void write_port(const struct writer *writer, int16_t to, uint32_t from)
{
	insn_load(writer->insns, INSN_U16, BPF_REG_1, FRAME, (int16_t)(BYTES + (int)from));
	insn_store(writer->insns, INSN_U16, FRAME, to, BPF_REG_1);
}

/* What the packet was sent as: that is the first of its connection's tuples, and of an answer the
 * second. Also of one that nobody has confirmed, which is in no table yet. HEADER and BYTES are
 * used up. */
static void write_sent(const struct writer *writer)
{
	const struct layout *layout = writer->layout;
	struct insns *insns = writer->insns;
	insn_label none = insn_new_label(insns), is_first = insn_new_label(insns);

	if (!layout->has_connections)
		return;
	writer_pointer(writer, HEADER, SKB, layout->skb_connection);
	insn_move(insns, BPF_REG_1, HEADER);
	insn_alu(insns, BPF_AND, BPF_REG_1, RELATION_BITS);
	insn_alu(insns, BPF_AND, HEADER, ~RELATION_BITS);
	insn_jump_if(insns, BPF_JEQ, HEADER, 0, none);
	insn_jump_if(insns, BPF_JLE, BPF_REG_1, RELATION_NEW, is_first);
	insn_alu(insns, BPF_ADD, HEADER, (int32_t)layout->tuple_step);
	insn_place(insns, is_first);
	writer_read(writer, FRAME, BYTES, LAYOUT_TUPLE_SIZE, HEADER, layout->connection_tuples);
	write_end(writer, AT(sent_from), layout->tuple_from);
	write_end(writer, AT(sent_to), layout->tuple_to);
	write_port(writer, AT(sent_from_port), layout->tuple_from_port);
	write_port(writer, AT(sent_to_port), layout->tuple_to_port);
	insn_store_value(insns, INSN_U8, FRAME, AT(has_sent), 1);
	insn_place(insns, none);
}

void dropped_write_match(const struct writer *writer, insn_label ours, insn_label other)
{
	const int16_t ends[] = { AT(from), AT(to), AT(sent_from), AT(sent_to) };
	struct insns *insns = writer->insns;

	write_sent(writer);
	insn_load(insns, INSN_U64, BPF_REG_1, STACK, OWN);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, PROGRAM_NETNS_OWN, ours);
	/* Also of what NAT has made something else of. */
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		if (i == 2) {
			insn_load(insns, INSN_U8, BPF_REG_1, FRAME, AT(has_sent));
			insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, other);
		}
		writer_look_up(writer, writer->maps->address, FRAME, ends[i]);
		insn_jump_if(insns, BPF_JNE, BPF_REG_0, 0, ours);
	}
	insn_jump(insns, other);
}

/* HEADER becomes register 1 where that is less. */
static void write_at_most(const struct writer *writer)
{
	insn_label is_less = insn_new_label(writer->insns);

	insn_jump_if_reg(writer->insns, BPF_JLE, HEADER, BPF_REG_1, is_less);
	insn_move(writer->insns, HEADER, BPF_REG_1);
	insn_place(writer->insns, is_less);
}

/* How many bytes are told, to HEADER; and how many the packet has from its IP header on to the
 * record, whatever of it the kernel had taken off by then. Both end where the buffer does. */
static void write_length(const struct writer *writer)
{
	const struct layout *layout = writer->layout;
	struct insns *insns = writer->insns;
	insn_label has_some = insn_new_label(insns);

	writer_pointer(writer, HEADER, SKB, layout->skb_data);
	writer_number(writer, INSN_U32, BPF_REG_1, SKB, layout->skb_len);
	insn_add(insns, HEADER, BPF_REG_1);
	insn_load(insns, INSN_U64, BPF_REG_1, STACK, BEGIN);
	insn_alu_reg(insns, BPF_SUB, HEADER, BPF_REG_1);
	insn_store(insns, INSN_U32, FRAME, AT(bytes), HEADER);
	writer_number(writer, INSN_U32, BPF_REG_1, SKB, layout->skb_data_len);
	insn_alu_reg(insns, BPF_SUB, HEADER, BPF_REG_1);
	/* Its header may be in none of this: half made, or half gone. */
	insn_jump_if(insns, BPF_JSGT, HEADER, -1, has_some);
	insn_set(insns, HEADER, 0);
	insn_place(insns, has_some);
	writer_flow(writer);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->other);
	insn_load(insns, INSN_U32, BPF_REG_1, BPF_REG_0, offsetof(struct record_flow, n_bytes));
	write_at_most(writer);
	insn_set(insns, BPF_REG_1, TRACE_BYTES_MAX);
	write_at_most(writer);
}

void dropped_write_output(const struct writer *writer)
{
	struct insns *insns = writer->insns;

	write_length(writer);
	insn_store_value(insns, INSN_U64, STACK, WORD, 0);
	writer_look_up(writer, writer->maps->bytes, STACK, WORD);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->other);
	/* The arguments have all been read. */
	insn_move(insns, ARGUMENTS, BPF_REG_0);
	for (int at = 0; at < (int)sizeof(struct record); at += 8) {
		insn_load(insns, INSN_U64, BPF_REG_1, FRAME, (int16_t)(FRAME_AT(record) + at));
		insn_store(insns, INSN_U64, ARGUMENTS, (int16_t)at, BPF_REG_1);
	}
	insn_move(insns, BPF_REG_2, HEADER);
	insn_load(insns, INSN_U64, BPF_REG_3, STACK, BEGIN);
	writer_read_here(writer, ARGUMENTS, sizeof(struct record));
	insn_map(insns, BPF_REG_1, writer->maps->events);
	insn_move(insns, BPF_REG_2, ARGUMENTS);
	insn_move(insns, BPF_REG_3, HEADER);
	insn_alu(insns, BPF_ADD, BPF_REG_3, sizeof(struct record));
	writer_tell(writer, 0);
}
