// SPDX-License-Identifier: GPL-2.0-or-later
// writer.c - what the programs are written with: registers, the stack, reading the kernel's memory
#include "trace/writer.h"

/* Not in the uapi header of every kernel that netd is built with. */
#define HELPER_PROBE_READ_KERNEL 113

void writer_read(const struct writer *writer, int16_t stack, int32_t size, uint8_t base,
		 uint32_t offset)
{
	struct insns *insns = writer->insns;

	insn_move(insns, BPF_REG_3, base);
	if (offset != 0)
		insn_alu(insns, BPF_ADD, BPF_REG_3, (int32_t)offset);
	insn_move(insns, BPF_REG_1, STACK);
	insn_alu(insns, BPF_ADD, BPF_REG_1, stack);
	insn_set(insns, BPF_REG_2, size);
	insn_call(insns, HELPER_PROBE_READ_KERNEL);
}

void writer_number(const struct writer *writer, enum insn_size size, uint8_t to, uint8_t base,
		   uint32_t offset)
{
	static const int32_t bytes[] = { [BPF_W] = 4, [BPF_H] = 2, [BPF_B] = 1, [BPF_DW] = 8 };

	/* Where nothing is the kernel has a 0 read. */
	if (writer->layout->is_direct) {
		insn_load(writer->insns, size, to, base, (int16_t)offset);
		return;
	}
	writer_read(writer, WORD, bytes[size], base, offset);
	insn_load(writer->insns, size, to, STACK, WORD);
}

void writer_pointer(const struct writer *writer, uint8_t to, uint8_t base, uint32_t offset)
{
	writer_number(writer, INSN_U64, to, base, offset);
}

void writer_look_up(const struct writer *writer, int map_fd, int16_t key)
{
	struct insns *insns = writer->insns;

	insn_map(insns, BPF_REG_1, map_fd);
	insn_move(insns, BPF_REG_2, STACK);
	insn_alu(insns, BPF_ADD, BPF_REG_2, key);
	insn_call(insns, BPF_FUNC_map_lookup_elem);
}

void writer_note(const struct writer *writer, int map_fd, int16_t key, int16_t value)
{
	struct insns *insns = writer->insns;

	insn_map(insns, BPF_REG_1, map_fd);
	insn_move(insns, BPF_REG_2, STACK);
	insn_alu(insns, BPF_ADD, BPF_REG_2, key);
	insn_move(insns, BPF_REG_3, STACK);
	insn_alu(insns, BPF_ADD, BPF_REG_3, value);
	insn_set(insns, BPF_REG_4, BPF_ANY);
	insn_call(insns, BPF_FUNC_map_update_elem);
}

void writer_copy(const struct writer *writer, int16_t to, int16_t from, int size)
{
	for (int at = 0; at < size; at += 8) {
		insn_load(writer->insns, INSN_U64, BPF_REG_1, STACK, (int16_t)(from + at));
		insn_store(writer->insns, INSN_U64, STACK, (int16_t)(to + at), BPF_REG_1);
	}
}

/* --- where it is ------------------------------------------------------------------------------ */

static int skb_argument(enum layout_point point)
{
	return point == LAYOUT_RESET ? 1 : 0;
}

/* The argument that is a socket; -1: there is none. */
static int sock_argument(const struct writer *writer)
{
	if (writer->point == LAYOUT_RESET)
		return 0;
	/* rx_sk, since 6.11: whose the packet was when it was dropped. */
	return writer->point == LAYOUT_DROPPED && writer->layout->n_arguments[writer->point] >= 4
		       ? 3
		       : -1;
}

void writer_argument(const struct writer *writer, uint8_t to, int number)
{
	insn_load(writer->insns, INSN_U64, to, ARGUMENTS, (int16_t)(8 * number));
}

void writer_begin(const struct writer *writer)
{
	struct insns *insns = writer->insns;

	insn_move(insns, ARGUMENTS, BPF_REG_1);
	writer_argument(writer, SKB, skb_argument(writer->point));
	insn_jump_if(insns, BPF_JEQ, SKB, 0, writer->end);
}

/* The socket's namespace, where the packet has lost its device: at a socket the field is used for
 * something else, and on the way out it is not set yet. Register 1 has struct net then, or 0. */
static void net_of_socket(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	insn_label found = insn_new_label(insns);

	insn_set(insns, DEVICE, 0);
	writer_pointer(writer, BPF_REG_1, SKB, writer->layout->skb_sk);
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, 0, found);
	if (sock_argument(writer) >= 0)
		writer_argument(writer, BPF_REG_1, sock_argument(writer));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, writer->end);
	insn_place(insns, found);
	writer_pointer(writer, BPF_REG_1, BPF_REG_1, writer->layout->sock_net);
}

void writer_namespace(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	const struct layout *layout = writer->layout;
	insn_label by_socket = insn_new_label(insns), known = insn_new_label(insns);

	if (writer->point == LAYOUT_SENT)
		writer_argument(writer, DEVICE, 1);
	else
		writer_pointer(writer, DEVICE, SKB, layout->skb_dev);
	insn_jump_if(insns, BPF_JEQ, DEVICE, 0, by_socket);
	writer_pointer(writer, BPF_REG_1, DEVICE, layout->device_net);
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, 0, known);
	insn_place(insns, by_socket);
	net_of_socket(writer);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, writer->end);
	insn_place(insns, known);
	writer_number(writer, INSN_U32, BPF_REG_1, BPF_REG_1, layout->net_inode);
	insn_store(insns, INSN_U32, STACK, AT(netns), BPF_REG_1);
	writer_look_up(writer, writer->maps->netns, AT(netns));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->end);
	insn_load(insns, INSN_U32, BPF_REG_1, BPF_REG_0, 0);
	insn_store(insns, INSN_U64, STACK, OWN, BPF_REG_1);
}

void writer_link(const struct writer *writer)
{
	insn_label none = insn_new_label(writer->insns);

	insn_store_value(writer->insns, INSN_U32, STACK, AT(index), 0);
	for (int at = 0; at < (int)sizeof(((struct record *)0)->link); at += 8)
		insn_store_value(writer->insns, INSN_U64, STACK, (int16_t)(AT(link) + at), 0);
	insn_jump_if(writer->insns, BPF_JEQ, DEVICE, 0, none);
	writer_number(writer, INSN_U32, BPF_REG_1, DEVICE, writer->layout->device_index);
	insn_store(writer->insns, INSN_U32, STACK, AT(index), BPF_REG_1);
	writer_read(writer, AT(link), sizeof(((struct record *)0)->link), DEVICE,
		    writer->layout->device_name);
	insn_place(writer->insns, none);
}
