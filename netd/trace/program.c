// SPDX-License-Identifier: GPL-2.0-or-later
// program.c - the programs that run in the kernel at its tracepoints
#include "trace/program.h"

#include <netinet/in.h>
#include <string.h>

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
 * Everything is read by bpf_probe_read_kernel(), which fails where there is nothing: pointers into
 * the kernel may be of packets that are half made or half gone.
 *
 * Registers: 6 the packet, 7 its device (0: none), 8 a header, later the flow, 9 the arguments. */

#define SKB BPF_REG_6
#define DEVICE BPF_REG_7
#define HEADER BPF_REG_8
#define ARGUMENTS BPF_REG_9
#define STACK BPF_REG_10

/* On the stack, below its end: the record, the bytes of a header, one word, and the protocol that
 * the ports are of. */
#define RECORD (-(int)sizeof(struct record))
#define HEADER_SIZE 40 /* IPv6; of IPv4 and TCP the part that matters */
#define BYTES (RECORD - HEADER_SIZE)
#define WORD (BYTES - 8)
#define PROTOCOL (WORD - 8)
#define AT(field) ((int16_t)(RECORD + (int)offsetof(struct record, field)))

/* Not in the uapi header of every kernel that netd is built with. */
#define HELPER_PROBE_READ_KERNEL 113
#define HELPER_RINGBUF_OUTPUT 130

struct writer {
	struct insns *insns;
	const struct layout *layout;
	const struct program_maps *maps;
	enum layout_point point;
	insn_label end; /* the packet is not ours */
};

/* size bytes from base + offset to the stack; zeroes where they cannot be read. */
static void read_to(const struct writer *writer, int16_t stack, int32_t size, uint8_t base,
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

static void read_pointer(const struct writer *writer, uint8_t to, uint8_t base, uint32_t offset)
{
	read_to(writer, WORD, 8, base, offset);
	insn_load(writer->insns, INSN_U64, to, STACK, WORD);
}

/* What the key on the stack has in the map, in register 0. */
static void look_up(const struct writer *writer, int map_fd, int16_t key)
{
	struct insns *insns = writer->insns;

	insn_map(insns, BPF_REG_1, map_fd);
	insn_move(insns, BPF_REG_2, STACK);
	insn_alu(insns, BPF_ADD, BPF_REG_2, key);
	insn_call(insns, BPF_FUNC_map_lookup_elem);
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

static void load_argument(const struct writer *writer, uint8_t to, int number)
{
	insn_load(writer->insns, INSN_U64, to, ARGUMENTS, (int16_t)(8 * number));
}

static void write_start(const struct writer *writer)
{
	struct insns *insns = writer->insns;

	insn_move(insns, ARGUMENTS, BPF_REG_1);
	load_argument(writer, SKB, skb_argument(writer->point));
	insn_jump_if(insns, BPF_JEQ, SKB, 0, writer->end);
	for (int at = RECORD; at < 0; at += 8)
		insn_store_value(insns, INSN_U64, STACK, (int16_t)at, 0);
}

/* The socket's namespace, where the packet has lost its device: at a socket the field is used for
 * something else, and on the way out it is not set yet. Register 1 has struct net then, or 0. */
static void net_of_socket(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	insn_label found = insn_new_label(insns);

	insn_set(insns, DEVICE, 0);
	read_pointer(writer, BPF_REG_1, SKB, writer->layout->skb_sk);
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, 0, found);
	if (sock_argument(writer) >= 0)
		load_argument(writer, BPF_REG_1, sock_argument(writer));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, writer->end);
	insn_place(insns, found);
	read_pointer(writer, BPF_REG_1, BPF_REG_1, writer->layout->sock_net);
}

static void write_namespace(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	const struct layout *layout = writer->layout;
	insn_label by_socket = insn_new_label(insns), known = insn_new_label(insns);

	if (writer->point == LAYOUT_SENT)
		load_argument(writer, DEVICE, 1);
	else
		read_pointer(writer, DEVICE, SKB, layout->skb_dev);
	insn_jump_if(insns, BPF_JEQ, DEVICE, 0, by_socket);
	read_pointer(writer, BPF_REG_1, DEVICE, layout->device_net);
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, 0, known);
	insn_place(insns, by_socket);
	net_of_socket(writer);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, writer->end);
	insn_place(insns, known);
	read_to(writer, AT(netns), 4, BPF_REG_1, layout->net_inode);
	look_up(writer, writer->maps->netns, AT(netns));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->end);
}

static void write_link(const struct writer *writer)
{
	insn_label none = insn_new_label(writer->insns);

	insn_jump_if(writer->insns, BPF_JEQ, DEVICE, 0, none);
	read_to(writer, AT(index), 4, DEVICE, writer->layout->device_index);
	read_to(writer, AT(link), sizeof(((struct record *)0)->link), DEVICE,
		writer->layout->device_name);
	insn_place(writer->insns, none);
}

/* --- which packet it is ----------------------------------------------------------------------- */

/* A field of the header that was read, of the network's order, to the record in the machine's. */
static void keep_number(const struct writer *writer, int16_t to, int from)
{
	insn_load(writer->insns, INSN_U32, BPF_REG_1, STACK, (int16_t)(BYTES + from));
	insn_from_network(writer->insns, BPF_REG_1, 32);
	insn_store(writer->insns, INSN_U32, STACK, to, BPF_REG_1);
}

static void keep(const struct writer *writer, enum insn_size size, int16_t to, int from)
{
	insn_load(writer->insns, size, BPF_REG_1, STACK, (int16_t)(BYTES + from));
	insn_store(writer->insns, size, STACK, to, BPF_REG_1);
}

/* Reads the IP header at HEADER, which moves on to what it carries. The protocol is kept in
 * PROTOCOL, and with is_outer the rest in the record. Goes to other where that is no packet, or a
 * fragment that is not the first. */
static void write_ip(const struct writer *writer, bool is_outer, insn_label other)
{
	struct insns *insns = writer->insns;
	insn_label is_six = insn_new_label(insns), done = insn_new_label(insns);

	read_to(writer, BYTES, HEADER_SIZE, HEADER, 0);
	insn_load(insns, INSN_U8, BPF_REG_1, STACK, BYTES);
	insn_alu(insns, BPF_RSH, BPF_REG_1, 4);
	if (is_outer)
		insn_store(insns, INSN_U8, STACK, AT(version), BPF_REG_1);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 6, is_six);
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, 4, other);
	insn_load(insns, INSN_U16, BPF_REG_1, STACK, BYTES + 6);
	insn_jump_if(insns, BPF_JSET, BPF_REG_1, htons(0x1fff), other);
	keep(writer, INSN_U8, PROTOCOL, 9);
	for (int i = 0; is_outer && i < 2; i++)
		keep(writer, INSN_U32, i == 0 ? AT(from) : AT(to), 12 + 4 * i);
	insn_load(insns, INSN_U8, BPF_REG_1, STACK, BYTES);
	insn_alu(insns, BPF_AND, BPF_REG_1, 0xf);
	insn_alu(insns, BPF_LSH, BPF_REG_1, 2);
	insn_add(insns, HEADER, BPF_REG_1);
	insn_jump(insns, done);
	insn_place(insns, is_six);
	keep(writer, INSN_U8, PROTOCOL, 6);
	for (int i = 0; is_outer && i < 4; i++)
		keep(writer, INSN_U64, (int16_t)(AT(from) + 8 * i), 8 + 8 * i);
	insn_alu(insns, BPF_ADD, HEADER, 40);
	insn_place(insns, done);
}

/* What TCP or UDP has at HEADER. */
static void write_ports(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	insn_label no_tcp = insn_new_label(insns);

	read_to(writer, BYTES, 20, HEADER, 0);
	keep(writer, INSN_U16, AT(from_port), 0);
	keep(writer, INSN_U16, AT(to_port), 2);
	insn_load(insns, INSN_U8, BPF_REG_1, STACK, PROTOCOL);
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, IPPROTO_TCP, no_tcp);
	keep_number(writer, AT(sequence), 4);
	keep_number(writer, AT(acknowledged), 8);
	keep(writer, INSN_U8, AT(flags), 13);
	insn_place(insns, no_tcp);
}

/* Behind the 8 bytes of an ICMP error stands the beginning of the packet that it is about: of TCP 8
 * bytes are certain, and what is behind them may be anything. */
static void write_quoted(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	insn_label is_icmp = insn_new_label(insns), done = insn_new_label(insns);

	insn_load(insns, INSN_U8, BPF_REG_1, STACK, AT(protocol));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, IPPROTO_ICMP, is_icmp);
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, IPPROTO_ICMPV6, done);
	insn_place(insns, is_icmp);
	read_to(writer, BYTES, 8, HEADER, 0);
	keep(writer, INSN_U8, AT(icmp_type), 0);
	keep(writer, INSN_U8, AT(icmp_code), 1);
	insn_alu(insns, BPF_ADD, HEADER, 8);
	write_ip(writer, false, done); /* an echo quotes nothing */
	insn_store_value(insns, INSN_U8, STACK, AT(is_quoted), 1);
	insn_place(insns, done);
}

/* --- whether it is of the flow ---------------------------------------------------------------- */

/* Goes to ours where a number of the packet is the flow's, which is in HEADER. */
static void write_by_sequence(const struct writer *writer, insn_label ours)
{
	struct insns *insns = writer->insns;
	insn_label no = insn_new_label(insns);

	insn_load(insns, INSN_U32, BPF_REG_1, HEADER, offsetof(struct record_flow, has_sequence));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, no);
	insn_load(insns, INSN_U32, BPF_REG_1, HEADER, offsetof(struct record_flow, sequence));
	insn_load(insns, INSN_U32, BPF_REG_2, STACK, AT(sequence));
	insn_jump_if_reg(insns, BPF_JEQ, BPF_REG_2, BPF_REG_1, ours);
	/* The next of it, which the other side acknowledges; in 32 bits, as TCP counts. */
	insn_alu(insns, BPF_ADD, BPF_REG_1, 1);
	insn_alu(insns, BPF_LSH, BPF_REG_1, 32);
	insn_alu(insns, BPF_RSH, BPF_REG_1, 32);
	insn_jump_if_reg(insns, BPF_JEQ, BPF_REG_2, BPF_REG_1, ours);
	insn_load(insns, INSN_U32, BPF_REG_2, STACK, AT(acknowledged));
	insn_jump_if_reg(insns, BPF_JEQ, BPF_REG_2, BPF_REG_1, ours);
	insn_place(insns, no);
}

/* Goes to other where neither port or neither address is known. */
static void write_by_port(const struct writer *writer, insn_label other)
{
	struct insns *insns = writer->insns;
	insn_label port = insn_new_label(insns), address = insn_new_label(insns);

	insn_load(insns, INSN_U16, BPF_REG_1, HEADER, offsetof(struct record_flow, port));
	insn_load(insns, INSN_U16, BPF_REG_2, STACK, AT(from_port));
	insn_jump_if_reg(insns, BPF_JEQ, BPF_REG_2, BPF_REG_1, port);
	insn_load(insns, INSN_U16, BPF_REG_2, STACK, AT(to_port));
	insn_jump_if_reg(insns, BPF_JNE, BPF_REG_2, BPF_REG_1, other);
	insn_place(insns, port);
	look_up(writer, writer->maps->address, AT(from));
	insn_jump_if(insns, BPF_JNE, BPF_REG_0, 0, address);
	look_up(writer, writer->maps->address, AT(to));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, other);
	insn_place(insns, address);
}

/* Its number is noted where a packet begins the connection. */
static void write_learn(const struct writer *writer, insn_label ours)
{
	struct insns *insns = writer->insns;

	insn_load(insns, INSN_U8, BPF_REG_1, STACK, AT(flags));
	insn_alu(insns, BPF_AND, BPF_REG_1, 0x12); /* SYN, ACK */
	insn_jump_if(insns, BPF_JNE, BPF_REG_1, 0x02, ours);
	insn_load(insns, INSN_U32, BPF_REG_1, STACK, AT(sequence));
	insn_store(insns, INSN_U32, HEADER, offsetof(struct record_flow, sequence), BPF_REG_1);
	insn_store_value(insns, INSN_U32, HEADER, offsetof(struct record_flow, has_sequence), 1);
}

static void write_match(const struct writer *writer, insn_label ours, insn_label other)
{
	struct insns *insns = writer->insns;

	insn_store_value(insns, INSN_U32, STACK, WORD, 0);
	look_up(writer, writer->maps->flow, WORD);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->end);
	insn_move(insns, HEADER, BPF_REG_0);
	insn_load(insns, INSN_U32, BPF_REG_1, HEADER, offsetof(struct record_flow, protocol));
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 0, ours);
	insn_load(insns, INSN_U8, BPF_REG_2, STACK, PROTOCOL);
	insn_jump_if_reg(insns, BPF_JNE, BPF_REG_2, BPF_REG_1, other);
	write_by_sequence(writer, ours);
	write_by_port(writer, other);
	write_learn(writer, ours);
}

/* The packet whose header is at HEADER; goes to other where it is not one of the flow. */
static void write_packet(const struct writer *writer, insn_label ours, insn_label other)
{
	/* Whoever looked before may have left something. */
	for (int at = AT(from); at < 0; at += 8)
		insn_store_value(writer->insns, INSN_U64, STACK, (int16_t)at, 0);
	write_ip(writer, true, other);
	insn_load(writer->insns, INSN_U8, BPF_REG_1, STACK, PROTOCOL);
	insn_store(writer->insns, INSN_U8, STACK, AT(protocol), BPF_REG_1);
	write_quoted(writer);
	write_ports(writer);
	write_match(writer, ours, other);
	insn_jump(writer->insns, ours);
}

/* A packet that comes in has its network header at data, and the field is set later; everywhere
 * else the field counts, but for programs of XDP, which are run before. */
static void write_which(const struct writer *writer, insn_label ours)
{
	struct insns *insns = writer->insns;
	insn_label again = insn_new_label(insns);

	if (writer->point != LAYOUT_RECEIVED) {
		read_pointer(writer, HEADER, SKB, writer->layout->skb_head);
		insn_store_value(insns, INSN_U64, STACK, WORD, 0);
		read_to(writer, WORD, 2, SKB, writer->layout->skb_network_header);
		insn_load(insns, INSN_U16, BPF_REG_1, STACK, WORD);
		insn_add(insns, HEADER, BPF_REG_1);
		write_packet(writer, ours, again);
	}
	insn_place(insns, again);
	read_pointer(writer, HEADER, SKB, writer->layout->skb_data);
	write_packet(writer, ours, writer->end);
}

/* --- telling it ------------------------------------------------------------------------------- */

static void write_circumstances(const struct writer *writer)
{
	struct insns *insns = writer->insns;
	bool is_drop = writer->point == LAYOUT_DROPPED;

	insn_call(insns, BPF_FUNC_ktime_get_ns);
	insn_store(insns, INSN_U64, STACK, AT(time_ns), BPF_REG_0);
	insn_store(insns, INSN_U64, STACK, AT(packet), SKB);
	insn_store_value(insns, INSN_U8, STACK, AT(point), (int32_t)writer->point);
	read_to(writer, AT(bytes), 4, SKB, writer->layout->skb_len);
	if (is_drop) {
		load_argument(writer, BPF_REG_1, 1);
		insn_store(insns, INSN_U64, STACK, AT(location), BPF_REG_1);
	}
	if (is_drop && layout_gives_reasons(writer->layout)) {
		load_argument(writer, BPF_REG_1, 2);
		insn_store(insns, INSN_U32, STACK, AT(reason), BPF_REG_1);
	}
	if (writer->point == LAYOUT_ICMP)
		for (int i = 0; i < 2; i++) {
			load_argument(writer, BPF_REG_1, 1 + i);
			insn_store(insns, INSN_U8, STACK, (int16_t)(AT(icmp_type) + i), BPF_REG_1);
		}
}

static void write_output(const struct writer *writer)
{
	struct insns *insns = writer->insns;

	insn_map(insns, BPF_REG_1, writer->maps->events);
	insn_move(insns, BPF_REG_2, STACK);
	insn_alu(insns, BPF_ADD, BPF_REG_2, RECORD);
	insn_set(insns, BPF_REG_3, sizeof(struct record));
	insn_set(insns, BPF_REG_4, 0);
	insn_call(insns, HELPER_RINGBUF_OUTPUT);
	insn_jump_if(insns, BPF_JEQ, BPF_REG_0, 0, writer->end);
	/* There was no room. Two programs that count at once may count one. */
	insn_load(insns, INSN_U32, BPF_REG_1, HEADER, offsetof(struct record_flow, n_lost));
	insn_alu(insns, BPF_ADD, BPF_REG_1, 1);
	insn_store(insns, INSN_U32, HEADER, offsetof(struct record_flow, n_lost), BPF_REG_1);
}

int program_trace(enum layout_point point, const struct layout *layout,
		  const struct program_maps *maps, struct insns *ret_insns)
{
	struct writer writer = { ret_insns, layout, maps, point, 0 };
	insn_label ours;

	memset(ret_insns, 0, sizeof(*ret_insns));
	writer.end = insn_new_label(ret_insns);
	ours = insn_new_label(ret_insns);
	write_start(&writer);
	write_namespace(&writer);
	write_which(&writer, ours);
	insn_place(ret_insns, ours);
	write_link(&writer);
	write_circumstances(&writer);
	write_output(&writer);
	insn_place(ret_insns, writer.end);
	insn_set(ret_insns, BPF_REG_0, 0);
	insn_exit(ret_insns);
	return insn_finish(ret_insns);
}
