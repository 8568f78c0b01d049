// SPDX-License-Identifier: GPL-2.0-or-later
// machine.c - runs programs as the kernel would, with packets and maps of the test
#include "machine.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define READ_KERNEL 113
#define RING_OUTPUT 130
#define CAST 5000 /* a function of the kernel's */
#define CAST_TYPE 5001

const struct program_maps machine_maps = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };

struct layout machine_layout(bool is_direct)
{
	return (struct layout) {
		.skb_dev = offsetof(struct machine_skb, dev),
		.skb_head = offsetof(struct machine_skb, head),
		.skb_network_header = offsetof(struct machine_skb, network_header),
		.skb_data = offsetof(struct machine_skb, data),
		.skb_sk = offsetof(struct machine_skb, sk),
		.skb_len = offsetof(struct machine_skb, len),
		.skb_data_len = offsetof(struct machine_skb, data_len),
		.device_net = offsetof(struct machine_device, net),
		.device_index = offsetof(struct machine_device, index),
		.device_name = offsetof(struct machine_device, name),
		.net_inode = offsetof(struct machine_net, inode),
		.skb_connection = offsetof(struct machine_skb, connection),
		.connection_tuples = offsetof(struct machine_connection, tuples[0].from),
		.tuple_step = sizeof(struct machine_tuple),
		.tuple_from = 0,
		.tuple_from_port = 16,
		.tuple_to = 20,
		.tuple_to_port = 36,
		.has_connections = true,
		.n_arguments = { 3, 1, 2, 3, 3 },
		.is_direct = is_direct,
		.cast_function = is_direct ? CAST : 0,
		.cast_type = CAST_TYPE,
	};
}

/* --- maps ------------------------------------------------------------------------------------- */

void machine_init(struct machine *machine)
{
	const struct {
		int fd;
		size_t key_size, value_size;
	} maps[] = {
		{ machine_maps.netns, 4, 4 },
		{ machine_maps.address, 16, 4 },
		{ machine_maps.published, sizeof(struct record_end), 4 },
		{ machine_maps.peer, 16, 4 },
		{ machine_maps.seen, 8, sizeof(struct record_seen) },
		{ machine_maps.tuples, sizeof(struct record_tuple), 4 },
		{ machine_maps.drops, sizeof(struct record_drop), sizeof(struct record_dropped) },
	};

	memset(machine, 0, sizeof(*machine));
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		machine->maps[maps[i].fd].key_size = maps[i].key_size;
		machine->maps[maps[i].fd].value_size = maps[i].value_size;
	}
}

static uint8_t *find(struct machine_map *map, const void *key)
{
	assert_true(map->key_size > 0);
	for (size_t i = 0; i < map->n; i++)
		if (memcmp(map->keys[i], key, map->key_size) == 0)
			return map->values[i];
	return NULL;
}

const void *machine_get(struct machine *machine, int map_fd, const void *key)
{
	return find(&machine->maps[map_fd], key);
}

void machine_set(struct machine *machine, int map_fd, const void *key, const void *value)
{
	struct machine_map *map = &machine->maps[map_fd];
	uint8_t *at = find(map, key);

	if (!at) {
		assert_true(map->n < MACHINE_ENTRIES);
		memcpy(map->keys[map->n], key, map->key_size);
		at = map->values[map->n++];
	}
	memcpy(at, value, map->value_size);
}

static uint64_t address(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

static void *pointer(uint64_t address)
{
	return (void *)(uintptr_t)address; /* NOLINT(performance-no-int-to-ptr) */
}

static uint64_t look_up(struct machine *machine, uint64_t map, const void *key)
{
	machine->n_look_ups++;
	if ((int)map == machine_maps.flow)
		return address(&machine->flow);
	if ((int)map == machine_maps.bytes)
		return address(machine->bytes);
	if ((int)map == machine_maps.frames) {
		const uint32_t *point = key;

		assert_true(*point < LAYOUT_N_POINTS);
		return address(&machine->frames[*point]);
	}
	return address(find(&machine->maps[map], key));
}

static uint64_t call(struct machine *machine, int32_t helper, const uint64_t *regs)
{
	switch (helper) {
	case BPF_FUNC_map_lookup_elem:
		return look_up(machine, regs[1], pointer(regs[2]));
	case BPF_FUNC_map_update_elem:
		machine_set(machine, (int)regs[1], pointer(regs[2]), pointer(regs[3]));
		return 0;
	case BPF_FUNC_ktime_get_ns:
		return 1;
	case READ_KERNEL:
		machine->n_reads++;
		if (regs[3] < 4096)
			memset(pointer(regs[1]), 0, regs[2]);
		else
			memcpy(pointer(regs[1]), pointer(regs[3]), regs[2]);
		return 0;
	case RING_OUTPUT:
		assert_in_range(regs[3], sizeof(machine->told), PROGRAM_BYTES_SIZE);
		if (machine->is_full)
			return UINT64_MAX;
		memcpy(&machine->told, pointer(regs[2]), sizeof(machine->told));
		machine->n_told_bytes = regs[3] - sizeof(machine->told);
		memcpy(machine->told_bytes, pointer(regs[2] + sizeof(machine->told)),
		       machine->n_told_bytes);
		machine->n_told++;
		return 0;
	default:
		fail_msg("no helper %d", helper);
		return 0;
	}
}

static uint64_t cast(const struct bpf_insn *insn, const uint64_t *regs)
{
	assert_int_equal(insn->imm, CAST);
	assert_int_equal(regs[2], CAST_TYPE);
	return regs[1];
}

/* --- instructions ----------------------------------------------------------------------------- */

static uint64_t alu(const struct bpf_insn *insn, uint64_t value, uint64_t by)
{
	switch (BPF_OP(insn->code)) {
	case BPF_MOV:
		return by;
	case BPF_ADD:
		return value + by;
	case BPF_SUB:
		return value - by;
	case BPF_AND:
		return value & by;
	case BPF_OR:
		return value | by;
	case BPF_XOR:
		return value ^ by;
	case BPF_MUL:
		return value * by;
	case BPF_LSH:
		return value << by;
	case BPF_RSH:
		return value >> by;
	default:
		fail_msg("no operation %#x", insn->code);
		return 0;
	}
}

static bool is_true(const struct bpf_insn *insn, uint64_t value, uint64_t to)
{
	switch (BPF_OP(insn->code)) {
	case BPF_JA:
		return true;
	case BPF_JEQ:
		return value == to;
	case BPF_JNE:
		return value != to;
	case BPF_JLE:
		return value <= to;
	case BPF_JSGT:
		return (int64_t)value > (int64_t)to;
	case BPF_JSET:
		return (value & to) != 0;
	default:
		fail_msg("no comparison %#x", insn->code);
		return false;
	}
}

static size_t bytes_of(const struct bpf_insn *insn)
{
	static const size_t bytes[] = { [BPF_W] = 4, [BPF_H] = 2, [BPF_B] = 1, [BPF_DW] = 8 };

	return bytes[BPF_SIZE(insn->code)];
}

/* Behind a pointer that is none the kernel has zeroes read. */
static uint64_t load(const struct bpf_insn *insn, uint64_t base)
{
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint64_t u64;
	} value = { .u64 = 0 };

	if (base >= 4096)
		memcpy(&value, pointer(base + (uint64_t)(int64_t)insn->off), bytes_of(insn));
	switch (bytes_of(insn)) {
	case 1:
		return value.u8;
	case 2:
		return value.u16;
	case 4:
		return value.u32;
	default:
		return value.u64;
	}
}

static void store(const struct bpf_insn *insn, uint64_t base, uint64_t value)
{
	void *to = pointer(base + (uint64_t)(int64_t)insn->off);
	const uint8_t u8 = (uint8_t)value;
	const uint16_t u16 = (uint16_t)value;
	const uint32_t u32 = (uint32_t)value;

	switch (bytes_of(insn)) {
	case 1:
		memcpy(to, &u8, 1);
		break;
	case 2:
		memcpy(to, &u16, 2);
		break;
	case 4:
		memcpy(to, &u32, 4);
		break;
	default:
		memcpy(to, &value, 8);
	}
}

static void add_at(const struct bpf_insn *insn, uint64_t base, uint64_t value)
{
	store(insn, base, load(insn, base) + value);
}

/* Returns how many instructions are left out. */
static int step(struct machine *machine, const struct bpf_insn *insn, uint64_t *regs)
{
	uint64_t *to = &regs[insn->dst_reg];
	uint64_t by = BPF_SRC(insn->code) == BPF_X ? regs[insn->src_reg]
						   : (uint64_t)(int64_t)insn->imm;

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU64:
		*to = alu(insn, *to, by);
		return 0;
	case BPF_ALU: /* insn_from_network() */
		*to = insn->imm == 16 ? ntohs((uint16_t)*to) : ntohl((uint32_t)*to);
		return 0;
	case BPF_LD: /* insn_map() */
		*to = (uint64_t)insn->imm;
		return 1;
	case BPF_LDX:
		*to = load(insn, regs[insn->src_reg]);
		return 0;
	case BPF_ST:
		store(insn, *to, (uint64_t)(int64_t)insn->imm);
		return 0;
	case BPF_STX:
		(BPF_MODE(insn->code) == BPF_XADD ? add_at : store)(insn, *to, regs[insn->src_reg]);
		return 0;
	default:
		if (BPF_OP(insn->code) == BPF_CALL && insn->src_reg != 0)
			regs[0] = cast(insn, regs);
		else if (BPF_OP(insn->code) == BPF_CALL)
			regs[0] = call(machine, insn->imm, regs);
		else if (is_true(insn, *to, by))
			return insn->off;
		return 0;
	}
}

void machine_run(struct machine *machine, const struct insns *insns, const uint64_t *arguments)
{
	_Alignas(8) uint8_t stack[512];
	uint64_t regs[11] = {
		[BPF_REG_1] = address(arguments), [BPF_REG_10] = address(stack + sizeof(stack))
	};
	size_t at = 0;

	/* Nobody may count on what it had. */
	memset(stack, 0xa5, sizeof(stack));
	while (insns->at[at].code != (BPF_JMP | BPF_EXIT)) {
		at += 1 + (size_t)step(machine, &insns->at[at], regs);
		assert_true(at < insns->n);
	}
}
