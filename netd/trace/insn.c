// SPDX-License-Identifier: GPL-2.0-or-later
// insn.c - a small assembler of BPF: instructions one after the other, and jumps to labels
#include "trace/insn.h"

#include <errno.h>
#include <stdint.h>

/* Theory of operation. Instructions are appended to an array; an error is sticky and is told at the
 * end. Jumps go forward only, to labels: the verifier of old kernels takes no others. A label gets
 * its place once, and the distances are filled in by insn_finish(). */

/* Not in the uapi header of every kernel that netd is built with. */
#define PSEUDO_KFUNC_CALL 2

/* The fields of struct bpf_insn (linux/bpf.h). */
static void put(struct insns *insns, uint8_t operation, uint8_t to, uint8_t from, int16_t offset,
		int32_t value)
{
	if (insns->n >= TRACE_INSNS_MAX) {
		insns->err = -E2BIG;
		return;
	}
	insns->at[insns->n++] = (struct bpf_insn) { .code = operation,
						    .dst_reg = to & 0xf,
						    .src_reg = from & 0xf,
						    .off = offset,
						    .imm = value };
}

/* Registers hold 64 bits: 0 is a result, 1 to 5 are arguments and are lost in a call, 6 to 9 stay,
 * 10 is the stack. */
void insn_move(struct insns *insns, uint8_t to, uint8_t from)
{
	put(insns, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

void insn_set(struct insns *insns, uint8_t to, int32_t value)
{
	put(insns, BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value);
}

/* operation is BPF_ADD and the like. */
void insn_alu(struct insns *insns, uint8_t operation, uint8_t to, int32_t value)
{
	put(insns, BPF_ALU64 | operation | BPF_K, to, 0, 0, value);
}

void insn_alu_reg(struct insns *insns, uint8_t operation, uint8_t to, uint8_t from)
{
	put(insns, BPF_ALU64 | operation | BPF_X, to, from, 0, 0);
}

void insn_add(struct insns *insns, uint8_t to, uint8_t from)
{
	insn_alu_reg(insns, BPF_ADD, to, from);
}

/* bits is 16, 32 or 64. On a big-endian machine the kernel makes nothing of it. */
void insn_from_network(struct insns *insns, uint8_t reg, int bits)
{
	put(insns, BPF_ALU | BPF_END | BPF_TO_BE, reg, 0, 0, bits);
}

/* to = *(size *)(from + offset). */
void insn_load(struct insns *insns, enum insn_size size, uint8_t to, uint8_t from, int16_t offset)
{
	put(insns, BPF_LDX | BPF_MEM | (uint8_t)size, to, from, offset, 0);
}

/* *(size *)(to + offset) = from. */
void insn_store(struct insns *insns, enum insn_size size, uint8_t to, int16_t offset, uint8_t from)
{
	put(insns, BPF_STX | BPF_MEM | (uint8_t)size, to, from, offset, 0);
}

void insn_store_value(struct insns *insns, enum insn_size size, uint8_t to, int16_t offset,
		      int32_t value)
{
	put(insns, BPF_ST | BPF_MEM | (uint8_t)size, to, 0, offset, value);
}

/* Atomic, in 64 bits. */
void insn_add_at(struct insns *insns, uint8_t to, int16_t offset, uint8_t from)
{
	put(insns, BPF_STX | BPF_XADD | BPF_DW, to, from, offset, 0);
}

/* Two instructions: the second has the upper half of the 64 bits. The kernel replaces the
 * descriptor by the map's address when the program is loaded. */
void insn_map(struct insns *insns, uint8_t to, int map_fd)
{
	put(insns, BPF_LD | BPF_DW | BPF_IMM, to, BPF_PSEUDO_MAP_FD, 0, map_fd);
	put(insns, 0, 0, 0, 0, 0);
}

/* helper is a BPF_FUNC_*. */
void insn_call(struct insns *insns, int32_t helper)
{
	put(insns, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

void insn_call_kernel(struct insns *insns, uint32_t function)
{
	put(insns, BPF_JMP | BPF_CALL, 0, PSEUDO_KFUNC_CALL, 0, (int32_t)function);
}

/* Register 0 is the program's result. */
void insn_exit(struct insns *insns)
{
	put(insns, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* SIZE_MAX: it has no place yet. A label beyond the bound is an error that insn_finish() tells. */
insn_label insn_new_label(struct insns *insns)
{
	if (insns->n_labels >= TRACE_LABELS_MAX) {
		insns->err = -E2BIG;
		return TRACE_LABELS_MAX;
	}
	insns->places[insns->n_labels] = SIZE_MAX;
	return (insn_label)insns->n_labels++;
}

/* The next instruction is where the label leads. */
void insn_place(struct insns *insns, insn_label label)
{
	if (label >= insns->n_labels || insns->places[label] != SIZE_MAX)
		insns->err = -EINVAL;
	else
		insns->places[label] = insns->n;
}

/* The way is filled in at the end, when all labels have their places. */
static void jump(struct insns *insns, uint8_t operation, uint8_t reg, uint8_t other, int32_t value,
		 insn_label to)
{
	if (insns->n_jumps >= TRACE_JUMPS_MAX) {
		insns->err = -E2BIG;
		return;
	}
	insns->jumps[insns->n_jumps].at = insns->n;
	insns->jumps[insns->n_jumps++].to = to;
	put(insns, BPF_JMP | operation, reg, other, 0, value);
}

/* comparison is BPF_JEQ and the like. */
void insn_jump_if(struct insns *insns, uint8_t comparison, uint8_t reg, int32_t value,
		  insn_label to)
{
	jump(insns, comparison | BPF_K, reg, 0, value, to);
}

void insn_jump_if_reg(struct insns *insns, uint8_t comparison, uint8_t reg, uint8_t other,
		      insn_label to)
{
	jump(insns, comparison | BPF_X, reg, other, 0, to);
}

void insn_jump(struct insns *insns, insn_label to)
{
	jump(insns, BPF_JA, 0, 0, 0, to);
}

/* 0, -E2BIG: too many instructions or labels, -EINVAL: a label without a place, or one that leads
 * back. */
int insn_finish(struct insns *insns)
{
	for (size_t i = 0; i < insns->n_jumps && insns->err == 0; i++) {
		size_t at = insns->jumps[i].at;
		insn_label label = insns->jumps[i].to;
		size_t to = label < insns->n_labels ? insns->places[label] : SIZE_MAX;

		/* The way is counted from the instruction behind the jump. */
		if (to == SIZE_MAX || to <= at)
			insns->err = -EINVAL;
		else
			insns->at[at].off = (int16_t)(to - at - 1);
	}
	return insns->err;
}
