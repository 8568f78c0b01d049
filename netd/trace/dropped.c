// SPDX-License-Identifier: GPL-2.0-or-later
// dropped.c - what the program for dropped packets has of its own: whose they are, and their bytes
#include "trace/dropped.h"

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

void dropped_write_match(const struct writer *writer, insn_label ours, insn_label other)
{
	struct insns *insns = writer->insns;

	insn_load(insns, INSN_U64, BPF_REG_1, STACK, OWN);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, PROGRAM_NETNS_OWN, ours);
	writer_look_up(writer, writer->maps->address, FRAME, AT(from));
	insn_jump_if(insns, BPF_JNE, BPF_REG_0, 0, ours);
	writer_look_up(writer, writer->maps->address, FRAME, AT(to));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, other);
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
