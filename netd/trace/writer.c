// SPDX-License-Identifier: GPL-2.0-or-later
// writer.c - what the programs are written with: registers, the stack, reading the kernel's memory
#include "trace/writer.h"

/* Registers of the programs (writer.h): ARGUMENTS, SKB, DEVICE and HEADER are 6 to 9, which calls
 * leave alone. Registers 1 to 5 are lost in every call. */

/* Not in the uapi header of every kernel that netd is built with. The number is the same in all
 * kernels that have it. */
#define HELPER_PROBE_READ_KERNEL 113
#define HELPER_RINGBUF_OUTPUT 130

/* bpf_probe_read_kernel(to, size, from), of which size and from are where they belong. It gives
 * zeroes where it cannot read. */
void writer_read_here(const struct writer *writer, uint8_t to, int16_t at)
{
	insn_move(writer->insns, BPF_REG_1, to);
	insn_alu(writer->insns, BPF_ADD, BPF_REG_1, at);
	insn_call(writer->insns, HELPER_PROBE_READ_KERNEL);
}

void writer_read(const struct writer *writer, uint8_t to, int16_t at, int32_t size, uint8_t base,
		 uint32_t offset)
{
	struct insns *insns = writer->insns;

	insn_move(insns, BPF_REG_3, base);
	if (offset != 0)
		insn_alu(insns, BPF_ADD, BPF_REG_3, (int32_t)offset);
	insn_set(insns, BPF_REG_2, size);
	writer_read_here(writer, to, at);
}

/* is_direct: the verifier knows the types, and the program may read fields by plain loads. */
void writer_number(const struct writer *writer, enum insn_size size, uint8_t to, uint8_t base,
		   uint32_t offset)
{
	static const int32_t bytes[] = { [BPF_W] = 4, [BPF_H] = 2, [BPF_B] = 1, [BPF_DW] = 8 };

	/* Where nothing is the kernel has a 0 read. */
	if (writer->layout->is_direct) {
		insn_load(writer->insns, size, to, base, (int16_t)offset);
		return;
	}
	writer_read(writer, STACK, WORD, bytes[size], base, offset);
	insn_load(writer->insns, size, to, STACK, WORD);
}

/* A pointer is a number of 64 bits. */
void writer_pointer(const struct writer *writer, uint8_t to, uint8_t base, uint32_t offset)
{
	writer_number(writer, INSN_U64, to, base, offset);
}

/* Register 0 has a pointer to the value, or 0. */
void writer_look_up(const struct writer *writer, int map_fd, uint8_t base, int16_t key)
{
	struct insns *insns = writer->insns;

	insn_map(insns, BPF_REG_1, map_fd);
	insn_move(insns, BPF_REG_2, base);
	insn_alu(insns, BPF_ADD, BPF_REG_2, key);
	insn_call(insns, BPF_FUNC_map_lookup_elem);
}

void writer_flow(const struct writer *writer)
{
	insn_store_value(writer->insns, INSN_U64, STACK, WORD, 0);
	writer_look_up(writer, writer->maps->flow, STACK, WORD);
}

/* Adds or replaces. What does not fit is not noted. */
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

/* In words of 8 bytes. */
void writer_copy(const struct writer *writer, int16_t to, int16_t from, int size)
{
	for (int at = 0; at < size; at += 8) {
		insn_load(writer->insns, INSN_U64, BPF_REG_1, FRAME, (int16_t)(from + at));
		insn_store(writer->insns, INSN_U64, STACK, (int16_t)(to + at), BPF_REG_1);
	}
}

/* --- where it is ------------------------------------------------------------------------------ */

/* The argument that is the packet. */
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

/* A tracepoint's arguments are 64 bits each, in a row that register 1 points to at the
 * beginning. */
void writer_argument(const struct writer *writer, uint8_t to, int number)
{
	insn_load(writer->insns, INSN_U64, to, ARGUMENTS, (int16_t)(8 * number));
}

/* Without a packet there is nothing to do: tcp_send_reset has none in some kernels. */
void writer_begin(const struct writer *writer)
{
	struct insns *insns = writer->insns;

	insn_move(insns, ARGUMENTS, BPF_REG_1);
	writer_argument(writer, SKB, skb_argument(writer->point));
	insn_jump_if(insns, BPF_JEQ, SKB, 0, writer->end);
}

/* The socket's namespace, where the packet has lost its device: at a socket the field is used for
 * something else, and on the way out it is not set yet. Register 1 has struct net then, or 0.
 * DEVICE is 0 from then on: the packet has no link. */
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

/* A namespace that is not in the map ends the program, as it does for nearly all packets. */
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
	insn_store(insns, INSN_U64, STACK, NETNS, BPF_REG_1);
}

void writer_asked(const struct writer *writer)
{
	struct insns *insns = writer->insns;

	writer_look_up(writer, writer->maps->netns, STACK, NETNS);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->end);
	/* The map's value says whether it is the container's own. */
	insn_load(insns, INSN_U32, BPF_REG_1, BPF_REG_0, 0);
	insn_store(insns, INSN_U64, STACK, OWN, BPF_REG_1);
}

void writer_frame(const struct writer *writer, insn_label busy)
{
	struct insns *insns = writer->insns;

	insn_store(insns, INSN_U64, STACK, LINK, DEVICE);
	insn_store_value(insns, INSN_U64, STACK, WORD, (int32_t)writer->point);
	writer_look_up(writer, writer->maps->frames, STACK, WORD);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->end);
	insn_move(insns, FRAME, BPF_REG_0);
	insn_load(insns, INSN_U64, BPF_REG_1, FRAME, FRAME_AT(is_busy));
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, 0, busy);
	insn_store_value(insns, INSN_U64, FRAME, FRAME_AT(is_busy), 1);
	/* Whoever had it before has left something, and what is not said is 0. */
	for (int at = AT(time_ns); at < AT(time_ns) + (int)sizeof(struct record); at += 8)
		insn_store_value(insns, INSN_U64, FRAME, (int16_t)at, 0);
	for (int at = 0; writer->kind == PROGRAM_FOLLOW && at < 32; at += 8)
		insn_store_value(insns, INSN_U64, FRAME, (int16_t)(QUOTED + at), 0);
	insn_load(insns, INSN_U64, BPF_REG_1, STACK, NETNS);
	insn_store(insns, INSN_U32, FRAME, AT(netns), BPF_REG_1);
}

void writer_frame_done(const struct writer *writer)
{
	insn_store_value(writer->insns, INSN_U64, FRAME, FRAME_AT(is_busy), 0);
}

/* bpf_ringbuf_output(ring, data, size, flags). */
void writer_tell(const struct writer *writer, int32_t flags)
{
	insn_set(writer->insns, BPF_REG_4, flags);
	insn_call(writer->insns, HELPER_RINGBUF_OUTPUT);
	insn_jump_if(writer->insns, BPF_JEQ, BPF_REG_0, 0, writer->other);
	writer_frame_done(writer);
}

/* The name is zero to its end. */
void writer_link(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	insn_label none = insn_new_label(insns);

	insn_load(insns, INSN_U64, HEADER, STACK, LINK);
	insn_jump_if(insns, BPF_JEQ, HEADER, 0, none);
	writer_number(writer, INSN_U32, BPF_REG_1, HEADER, writer->layout->device_index);
	insn_store(insns, INSN_U32, FRAME, AT(index), BPF_REG_1);
	writer_read(writer, FRAME, AT(link), sizeof(((struct record *)0)->link), HEADER,
		    writer->layout->device_name);
	insn_place(insns, none);
}
