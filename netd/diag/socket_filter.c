// SPDX-License-Identifier: GPL-2.0-or-later
// socket_filter.c - classic BPF with values that may be unknown
#include "diag/socket_filter.h"

#include "base/limits.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>

/* Theory of operation. The kernel runs the filter of a TCP or UDP socket with the transport
 * header at offset 0; what lies before is reached by negative offsets. Of a packet that was not
 * sent most bytes are not known, so a value is known or not, and a jump that hangs on an
 * unknown one is followed both ways. Jumps only go forward, so each way ends; there may be too
 * many of them, and then the answer is "unknown". A load from behind the end drops the packet:
 * where the end is nobody knows, so an unknown load may drop. The answer "passes" or "drops" is
 * certain: every way through the program ends so. */

/* A number whose bits are all known, or none of them is. Half a word that is known is taken for
 * unknown, which only makes the answer less certain. */
struct value {
	uint32_t number;
	bool is_known;
};

struct head { /* of a layer: what is known of its bytes */
	uint8_t bytes[SOCKET_FILTER_HEAD];
	bool is_known[SOCKET_FILTER_HEAD];
};

/* may_pass and may_drop are what any way has found. */
struct machine {
	const struct sock_filter *program;
	size_t n;
	struct head network, transport;
	/* The one word of ancillary data that is known for certain. */
	uint16_t ethertype;
	bool may_pass, may_drop;
	/* All steps of all ways together. It bounds the work, since ways double at each open
	 * jump. */
	unsigned n_steps;
};

struct state { /* of one way through the program */
	size_t pc;
	struct value a, x, memory[BPF_MEMWORDS];
};

/* --- the packet ------------------------------------------------------------------------------- */

/* Bytes that the packet has for certain. at + n is within the room: the places are constants of
 * the headers. */
static void put(struct head *head, size_t at, const void *bytes, size_t n)
{
	memcpy(head->bytes + at, bytes, n);
	for (size_t i = 0; i < n; i++)
		head->is_known[at + i] = true;
}

/* Ports are in the order of the wire. */
static void put_port(struct head *head, size_t at, uint16_t port)
{
	uint16_t bytes = htons(port);

	put(head, at, &bytes, sizeof(bytes));
}

/* Only what the walk knows of the packet. A checksum, a sequence number and the length stay
 * unknown. */
static void fill_transport(const struct rules_packet *packet, struct head *head)
{
	if (packet->known & RULES_KNOWS_SPORT)
		put_port(head, 0, packet->sport);
	if (packet->known & RULES_KNOWS_DPORT)
		put_port(head, 2, packet->dport);
	if (packet->protocol == IPPROTO_TCP && (packet->known & RULES_KNOWS_TCP_FLAGS))
		put(head, 13, &packet->tcp_flags, 1);
}

/* The fields that a filter asks for are those that tell packets apart; the rest stays unknown. */
static void fill_network(const struct rules_packet *packet, struct head *head)
{
	bool is_4 = packet->dst.family == AF_INET;
	size_t size = is_4 ? 4 : 16, at = is_4 ? 12 : 8;
	uint8_t version = IPVERSION << 4 | 5; /* sockets send no options unless they are told to */

	/* Of IPv6 the first byte has bits of the traffic class, so it is left unknown. */
	if (is_4)
		put(head, 0, &version, 1);
	put(head, is_4 ? 9 : 6, &packet->protocol, 1);
	if (packet->known & RULES_KNOWS_SRC)
		put(head, at, packet->src.bytes, size);
	if (packet->known & RULES_KNOWS_DST)
		put(head, at + size, packet->dst.bytes, size);
}

/* --- loads ------------------------------------------------------------------------------------ */

static const struct value unknown;

static struct value known(uint32_t number)
{
	return (struct value) { number, true };
}

/* One unknown byte makes the whole number unknown. In the order of the network, as the kernel
 * loads them. */
static struct value bytes_of(const struct head *head, uint32_t at, size_t n)
{
	struct value value = known(0);

	for (size_t i = 0; i < n; i++) {
		if (at + i >= SOCKET_FILTER_HEAD || !head->is_known[at + i])
			return unknown;
		value.number = value.number << 8 | head->bytes[at + i];
	}
	return value;
}

/* Offsets below zero reach what lies before the transport header (SKF_NET_OFF) or what the
 * kernel adds (SKF_AD_OFF). As unsigned numbers they are the largest ones. Between the two lies
 * what no packet has. */
static struct value load(struct machine *machine, uint32_t offset, size_t n)
{
	struct value value = unknown;

	if (offset == (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL))
		return known(machine->ethertype);
	/* The kernel has all of these, whatever they are. */
	if (offset >= (uint32_t)SKF_AD_OFF)
		return unknown;
	if (offset < SOCKET_FILTER_HEAD)
		value = bytes_of(&machine->transport, offset, n);
	else if (offset >= (uint32_t)SKF_NET_OFF)
		value = bytes_of(&machine->network, offset - (uint32_t)SKF_NET_OFF, n);
	/* An unknown load may lie behind the end of the packet, and then the kernel drops it. */
	machine->may_drop |= !value.is_known;
	return value;
}

/* The kernel's checker has refused other sizes. A byte is all that is left. */
static size_t width_of(uint16_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_W:
		return 4;
	case BPF_H:
		return 2;
	default:
		return 1;
	}
}

/* To A or, of the class LDX, to X. The index is added to X without a check for overflow, as the
 * kernel does. */
static struct value loaded(struct machine *machine, const struct state *state,
			   const struct sock_filter *step)
{
	struct value byte;

	switch (BPF_MODE(step->code)) {
	case BPF_IMM:
		return known(step->k);
	case BPF_MEM:
		return step->k < BPF_MEMWORDS ? state->memory[step->k] : unknown;
	case BPF_ABS:
		return load(machine, step->k, width_of(step->code));
	case BPF_IND:
		if (state->x.is_known)
			return load(machine, state->x.number + step->k, width_of(step->code));
		machine->may_drop = true;
		return unknown;
	case BPF_MSH: /* the length of an IP header */
		byte = load(machine, step->k, 1);
		return byte.is_known ? known((byte.number & 0xf) * 4) : unknown;
	/* The length of the packet hangs on what the program sends. */
	default: /* BPF_LEN */
		return unknown;
	}
}

/* --- arithmetic ------------------------------------------------------------------------------- */

/* As unsigned 32 bit numbers, which is how the kernel calculates. Shifts by 32 and more are
 * refused by the kernel's checker; unknown stands for what cannot be. A result of something
 * unknown is unknown, whatever the other is: a product with 0 is not worth a case. */
static struct value calculated(struct value a, uint16_t operation, struct value by)
{
	if (!a.is_known || !by.is_known)
		return unknown;
	switch (operation) {
	case BPF_ADD:
		return known(a.number + by.number);
	case BPF_SUB:
		return known(a.number - by.number);
	case BPF_MUL:
		return known(a.number * by.number);
	case BPF_OR:
		return known(a.number | by.number);
	case BPF_AND:
		return known(a.number & by.number);
	case BPF_XOR:
		return known(a.number ^ by.number);
	case BPF_NEG:
		return known(0U - a.number);
	case BPF_LSH:
		return by.number < 32 ? known(a.number << by.number) : unknown;
	case BPF_RSH:
		return by.number < 32 ? known(a.number >> by.number) : unknown;
	case BPF_DIV:
		return by.number ? known(a.number / by.number) : unknown;
	case BPF_MOD:
		return by.number ? known(a.number % by.number) : unknown;
	default:
		return unknown;
	}
}

/* The operand is X or the constant of the step. BPF_NEG has no operand. */
static void calculate(struct machine *machine, struct state *state, const struct sock_filter *step)
{
	struct value by = BPF_SRC(step->code) == BPF_X ? state->x : known(step->k);
	uint16_t operation = BPF_OP(step->code);

	/* The kernel drops the packet where it would divide by 0. */
	if ((operation == BPF_DIV || operation == BPF_MOD) && (!by.is_known || by.number == 0))
		machine->may_drop = true;
	state->a = calculated(state->a, operation, operation == BPF_NEG ? known(0) : by);
}

/* --- the run ---------------------------------------------------------------------------------- */

static bool compare(uint32_t a, uint16_t operation, uint32_t with)
{
	switch (operation) {
	case BPF_JEQ:
		return a == with;
	case BPF_JGT:
		return a > with;
	case BPF_JGE:
		return a >= with;
	default: /* BPF_JSET */
		return (a & with) != 0;
	}
}

static void run(struct machine *machine, struct state state);

/* Where both ways are open the one that is taken when it matches is run here and now. It is a
 * copy, so that the other way finds the registers as they are. */
static void jump(struct machine *machine, struct state *state, const struct sock_filter *step)
{
	struct value with = BPF_SRC(step->code) == BPF_X ? state->x : known(step->k);
	struct state other = *state;

	/* The constant of JA is the only distance that is larger than a byte. */
	if (BPF_OP(step->code) == BPF_JA) {
		state->pc += step->k;
	} else if (state->a.is_known && with.is_known) {
		state->pc += compare(state->a.number, BPF_OP(step->code), with.number) ? step->jt
										       : step->jf;
	} else if (step->jt == step->jf) {
		state->pc += step->jt;
	} else {
		other.pc += step->jt;
		state->pc += step->jf;
		run(machine, other);
	}
}

/* The return value is the number of bytes to keep. 0 drops the packet. A filter may cut the
 * packet, which for a socket's listener is as good as passing. */
static void end(struct machine *machine, const struct state *state, const struct sock_filter *step)
{
	struct value size = known(step->k);

	if (BPF_RVAL(step->code) == BPF_A)
		size = state->a;
	machine->may_pass |= !size.is_known || size.number > 0;
	machine->may_drop |= !size.is_known || size.number == 0;
}

/* X has a store of its own class. The places of memory are few. */
static void store(struct state *state, const struct sock_filter *step)
{
	if (step->k < BPF_MEMWORDS)
		state->memory[step->k] = BPF_CLASS(step->code) == BPF_ST ? state->a : state->x;
}

/* Where the run is not followed to its end both answers are possible. Such an answer is worth
 * as much as none. */
static void give_up(struct machine *machine)
{
	machine->may_pass = machine->may_drop = true;
}

/* Deep as there are jumps on unknown values: SO_GET_FILTER's programs are short here. */
static void run(struct machine *machine, struct state state)
{
	/* Beyond the last step there is none: the kernel's checker refuses such programs, but a
	 * file may have one. */
	while (state.pc < machine->n && machine->n_steps++ < SOCKET_FILTER_STEPS_MAX) {
		const struct sock_filter *step = &machine->program[state.pc++];

		switch (BPF_CLASS(step->code)) {
		case BPF_LD:
			state.a = loaded(machine, &state, step);
			break;
		case BPF_LDX:
			state.x = loaded(machine, &state, step);
			break;
		case BPF_ST:
		case BPF_STX:
			store(&state, step);
			break;
		case BPF_ALU:
			calculate(machine, &state, step);
			break;
		case BPF_JMP:
			jump(machine, &state, step);
			break;
		case BPF_RET:
			end(machine, &state, step);
			return;
		default: /* BPF_MISC */
			if (BPF_MISCOP(step->code) == BPF_TAX)
				state.x = state.a;
			else
				state.a = state.x;
		}
	}
	give_up(machine);
}

/* program: struct sock_filter one behind the other, which need not be aligned. */
enum socket_filter socket_filter_run(const uint8_t *program, size_t len,
				     const struct rules_packet *packet)
{
	struct sock_filter steps[FACTS_FILTER_MAX];
	struct machine machine = {
		.program = steps,
		.n = len / sizeof(*steps),
		.ethertype = packet->dst.family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP,
	};
	struct state state = { .a = known(0), .x = known(0) };

	/* No filter at all. */
	if (len == 0)
		return SOCKET_FILTER_PASSES;
	/* Facts from a file may have any length. */
	if (len % sizeof(*steps) != 0 || len > sizeof(steps))
		return SOCKET_FILTER_UNKNOWN;
	memcpy(steps, program, len);
	fill_transport(packet, &machine.transport);
	fill_network(packet, &machine.network);
	run(&machine, state);
	/* Both answers were met on some way. */
	if (machine.may_pass && machine.may_drop)
		return SOCKET_FILTER_UNKNOWN;
	return machine.may_pass ? SOCKET_FILTER_PASSES : SOCKET_FILTER_DROPS;
}
