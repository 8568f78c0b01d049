// SPDX-License-Identifier: GPL-2.0-or-later
// insn.h - a small assembler of BPF: instructions one after the other, and jumps to labels
#pragma once

#include "base/limits.h"

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/* Programs are written in C by calls that read like the instructions, so netd is built without a
 * compiler for BPF. Nothing fails on the way: what cannot be leaves err, which insn_finish() says.
 *
 * Jumps lead forward only, so the verifier of any kernel takes them: a loop is written out. */

typedef uint32_t insn_label; /* TRACE_LABELS_MAX: there was no room for it */

struct insns {
	struct bpf_insn at[TRACE_INSNS_MAX];
	size_t n; /* of them */
	struct {
		size_t at; /* of the jump */
		insn_label to;
	} jumps[TRACE_JUMPS_MAX];
	size_t n_jumps;
	size_t places[TRACE_LABELS_MAX]; /* SIZE_MAX: not placed yet */
	size_t n_labels;
	int err; /* 0; -E2BIG; -EINVAL: a label is placed twice, or a jump leads to none */
};

/* Sizes of loads and stores. */
enum insn_size { INSN_U8 = BPF_B, INSN_U16 = BPF_H, INSN_U32 = BPF_W, INSN_U64 = BPF_DW };

/* A zeroed one is empty and valid. Registers are BPF_REG_0 to BPF_REG_10. */
void insn_move(struct insns *insns, uint8_t to, uint8_t from);
void insn_set(struct insns *insns, uint8_t to, int32_t value);
/* operation: BPF_ADD, BPF_AND, BPF_LSH, BPF_RSH ... in 64 bits */
void insn_alu(struct insns *insns, uint8_t operation, uint8_t to, int32_t value);
void insn_alu_reg(struct insns *insns, uint8_t operation, uint8_t to, uint8_t from);
void insn_add(struct insns *insns, uint8_t to, uint8_t from);
/* 16 or 32 bits of the register from the network's order to the machine's; the rest becomes 0. */
void insn_from_network(struct insns *insns, uint8_t reg, int bits);
void insn_load(struct insns *insns, enum insn_size size, uint8_t to, uint8_t from, int16_t offset);
void insn_store(struct insns *insns, enum insn_size size, uint8_t to, int16_t offset, uint8_t from);
void insn_store_value(struct insns *insns, enum insn_size size, uint8_t to, int16_t offset,
		      int32_t value);
/* The 64 bits at that place grow by the register, whoever else adds at the same time. */
void insn_add_at(struct insns *insns, uint8_t to, int16_t offset, uint8_t from);
/* The address of a map in the program that is loaded. */
void insn_map(struct insns *insns, uint8_t to, int map_fd);
void insn_call(struct insns *insns, int32_t helper);
/* A function of the kernel's own, by its number in its BTF. */
void insn_call_kernel(struct insns *insns, uint32_t function);
void insn_exit(struct insns *insns);

insn_label insn_new_label(struct insns *insns);
void insn_place(struct insns *insns, insn_label label);
/* comparison: BPF_JEQ, BPF_JNE, BPF_JSET ...: where it is true of reg and value. */
void insn_jump_if(struct insns *insns, uint8_t comparison, uint8_t reg, int32_t value,
		  insn_label to);
void insn_jump_if_reg(struct insns *insns, uint8_t comparison, uint8_t reg, uint8_t other,
		      insn_label to);
void insn_jump(struct insns *insns, insn_label to);

/* Fills the jumps in. 0, or err. */
int insn_finish(struct insns *insns);
