// SPDX-License-Identifier: GPL-2.0-or-later
// count.c - how many packets the kernel threw away where, and why, counted by the kernel itself
#include "trace/count.h"

#include "trace/writer.h"

#include <string.h>

/* Theory of operation. Whoever wants to know what is lost for hours cannot be told of each packet:
 * a flood of them would cost more than it is worth. So a number stands for each place, and whoever
 * asks reads the numbers; each processor has its own, and none waits for another. Packets that are
 * not lost do not come by here, and cost nothing.
 *
 * The program at kfree_skb: find the packet's namespace; put location, reason, namespace and link
 * together as a key; look up the number of that key, make it if there is none; add one. A place
 * that has a number is of a namespace that somebody asks for, which is looked up for the first drop
 * there alone. Where there is no room the loss itself is counted (n_uncounted). */

/* The key lies on the program's stack. */
#define DROP(field) ((int16_t)(KEY + (int)offsetof(struct record_drop, field)))

/* The key is zeroed first: padding is compared, too. */
static void write_key(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	insn_label none = insn_new_label(insns);

	for (int at = 0; at < (int)sizeof(struct record_drop); at += 8)
		insn_store_value(insns, INSN_U64, STACK, (int16_t)(KEY + at), 0);
	writer_argument(writer, BPF_REG_1, 1);
	/* A return address within the function that dropped the packet. */
	insn_store(insns, INSN_U64, STACK, DROP(location), BPF_REG_1);
	if (layout_gives_reasons(writer->layout)) {
		writer_argument(writer, BPF_REG_1, 2);
		insn_store(insns, INSN_U32, STACK, DROP(reason), BPF_REG_1);
	}
	insn_load(insns, INSN_U64, BPF_REG_1, STACK, NETNS);
	insn_store(insns, INSN_U32, STACK, DROP(netns), BPF_REG_1);
	insn_jump_if(insns, BPF_JEQ, DEVICE, 0, none);
	writer_number(writer, INSN_U32, BPF_REG_1, DEVICE, writer->layout->device_index);
	insn_store(insns, INSN_U32, STACK, DROP(index), BPF_REG_1);
	insn_place(insns, none);
}

/* Two processors may begin the same number at once: it is 0 then, and neither overwrites it. The
 * name of the link is read for the first drop alone. BPF_NOEXIST makes the second of two fail,
 * which is what is wanted. */
static void write_begin(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	insn_label none = insn_new_label(insns);

	for (int at = 0; at < (int)sizeof(struct record_dropped); at += 8)
		insn_store_value(insns, INSN_U64, STACK, (int16_t)(VALUE + at), 0);
	insn_jump_if(insns, BPF_JEQ, DEVICE, 0, none);
	writer_read(writer, STACK, VALUE + (int)offsetof(struct record_dropped, link),
		    sizeof(((struct record_dropped *)0)->link), DEVICE,
		    writer->layout->device_name);
	insn_place(insns, none);
	/* bpf_map_update_elem(map, key, value, flags): registers 1 to 4. */
	insn_map(insns, BPF_REG_1, writer->maps->drops);
	insn_move(insns, BPF_REG_2, STACK);
	insn_alu(insns, BPF_ADD, BPF_REG_2, KEY);
	insn_move(insns, BPF_REG_3, STACK);
	insn_alu(insns, BPF_ADD, BPF_REG_3, VALUE);
	insn_set(insns, BPF_REG_4, BPF_NOEXIST);
	insn_call(insns, BPF_FUNC_map_update_elem);
}

/* There is no room for one more place: how often, so that nobody takes the numbers for all. The add
 * is atomic, for all processors share this number. */
static void write_uncounted(const struct writer *writer)
{
	struct insns *insns = writer->insns;

	writer_flow(writer);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->end);
	insn_set(insns, BPF_REG_1, 1);
	insn_add_at(insns, BPF_REG_0, offsetof(struct record_flow, n_uncounted), BPF_REG_1);
	insn_jump(insns, writer->end);
}

/* A negative errno: the program does not fit its bounds. */
int count_program(const struct layout *layout, const struct program_maps *maps,
		  struct insns *ret_insns)
{
	struct writer writer = { ret_insns, layout, maps, PROGRAM_COUNT, LAYOUT_DROPPED, 0, 0 };
	insn_label add;

	memset(ret_insns, 0, sizeof(*ret_insns));
	writer.end = insn_new_label(ret_insns);
	add = insn_new_label(ret_insns);
	writer_begin(&writer);
	writer_namespace(&writer);
	write_key(&writer);
	writer_look_up(&writer, maps->drops, STACK, KEY);
	insn_jump_if(ret_insns, BPF_JNE, BPF_REG_0, 0, add);
	writer_asked(&writer);
	write_begin(&writer);
	/* Looked up again: whoever made it, it is there now. */
	writer_look_up(&writer, maps->drops, STACK, KEY);
	insn_jump_if(ret_insns, BPF_JNE, BPF_REG_0, 0, add);
	write_uncounted(&writer);
	insn_place(ret_insns, add);
	insn_set(ret_insns, BPF_REG_1, 1);
	/* Each processor has its own number, so the add meets nobody. */
	insn_add_at(ret_insns, BPF_REG_0, 0, BPF_REG_1);
	insn_place(ret_insns, writer.end);
	insn_set(ret_insns, BPF_REG_0, 0);
	insn_exit(ret_insns);
	return insn_finish(ret_insns);
}
