// SPDX-License-Identifier: GPL-2.0-or-later
// writer.h - what the programs are written with: registers, the stack, reading the kernel's memory
#pragma once

#include "trace/insn.h"
#include "trace/program.h"

/* Registers: 6 the packet, 7 its device (0: none), 8 a header, later the flow, 9 the arguments. */
#define SKB BPF_REG_6
#define DEVICE BPF_REG_7
#define HEADER BPF_REG_8
#define ARGUMENTS BPF_REG_9
#define STACK BPF_REG_10

/* On the stack, below its end: the record, the bytes of a header, one word, the protocol that the
 * ports are of; and of who follows a container, whether this is its own namespace, the addresses
 * that an ICMP error quotes, a key, and a value. */
#define RECORD (-(int)sizeof(struct record))
#define HEADER_SIZE 60 /* IPv6 and what matters of TCP behind it */
#define BYTES (RECORD - 64)
#define WORD (BYTES - 8)
#define PROTOCOL (WORD - 8)
#define OWN (PROTOCOL - 8)
#define QUOTED (OWN - 32)
#define KEY (QUOTED - 40)
#define VALUE (KEY - 24)
#define AT(field) ((int16_t)(RECORD + (int)offsetof(struct record, field)))

struct writer {
	struct insns *insns;
	const struct layout *layout;
	const struct program_maps *maps;
	enum program_kind kind;
	enum layout_point point;
	insn_label end; /* the packet is not ours */
};

/* size bytes from base + offset to the stack; zeroes where they cannot be read. */
void writer_read(const struct writer *writer, int16_t stack, int32_t size, uint8_t base,
		 uint32_t offset);
void writer_pointer(const struct writer *writer, uint8_t to, uint8_t base, uint32_t offset);
/* A number of the kernel's, of that size, to the register. */
void writer_number(const struct writer *writer, enum insn_size size, uint8_t to, uint8_t base,
		   uint32_t offset);
/* What the key on the stack has in the map, in register 0. */
void writer_look_up(const struct writer *writer, int map_fd, int16_t key);
/* The value on the stack becomes the key's. */
void writer_note(const struct writer *writer, int map_fd, int16_t key, int16_t value);
/* From some place on the stack to another, in words of 8 bytes. */
void writer_copy(const struct writer *writer, int16_t to, int16_t from, int size);

void writer_argument(const struct writer *writer, uint8_t to, int number);
/* Registers. */
void writer_begin(const struct writer *writer);
/* The record's namespace, which ends the program where nobody asks for it: it is behind the device,
 * or behind the socket. What the map has of it is in OWN. */
void writer_namespace(const struct writer *writer);
/* The record's link, where the packet has one. */
void writer_link(const struct writer *writer);
