// SPDX-License-Identifier: GPL-2.0-or-later
// writer.h - what the programs are written with: registers, the stack, reading the kernel's memory
#pragma once

#include "trace/insn.h"
#include "trace/program.h"

/* Registers: 6 the packet, 7 its device (0: none), later the frame, 8 a header, later the flow, 9
 * the arguments. */
#define SKB BPF_REG_6
#define DEVICE BPF_REG_7
#define FRAME BPF_REG_7
#define HEADER BPF_REG_8
#define ARGUMENTS BPF_REG_9
#define STACK BPF_REG_10

/* What is found out about a packet is in a frame, in a map: of what is there the verifier knows
 * nothing, and does not look at each program once more for each thing that a packet could be, which
 * took ten times as long. Each tracepoint has its own, for one may interrupt another, and each
 * processor. */
struct writer_frame {
	uint64_t is_busy; /* whoever interrupts has none */
	struct record record;
	uint8_t bytes[64];  /* of a header */
	uint8_t quoted[32]; /* the addresses that an ICMP error quotes */
	uint8_t protocol;   /* that the ports are of */
	uint8_t unused[7];
};
#define HEADER_SIZE 60 /* IPv6 and what matters of TCP behind it */
#define FRAME_AT(field) ((int16_t)offsetof(struct writer_frame, field))
#define BYTES FRAME_AT(bytes)
#define QUOTED FRAME_AT(quoted)
#define PROTOCOL FRAME_AT(protocol)
#define AT(field) ((int16_t)(FRAME_AT(record) + (int)offsetof(struct record, field)))

/* On the stack, below its end: the namespace, whether it is the container's own, the device, one
 * word, a key, a value, and the first bytes of a header. */
#define NETNS (-8)
#define OWN (NETNS - 8)
#define LINK (OWN - 8)
#define WORD (LINK - 8)
#define KEY (WORD - 40)
#define VALUE (KEY - 24)
#define FIRST_SIZE 40 /* IPv6 */
#define FIRST (VALUE - FIRST_SIZE)
#define TYPED (FIRST - 8) /* where that is, as a pointer that may be read through */

struct writer {
	struct insns *insns;
	const struct layout *layout;
	const struct program_maps *maps;
	enum program_kind kind;
	enum layout_point point;
	insn_label end;	  /* nobody asks for the packet */
	insn_label other; /* and it has a frame */
};

/* size bytes from base + offset to the frame or the stack; zeroes where they cannot be read. */
void writer_read(const struct writer *writer, uint8_t to, int16_t at, int32_t size, uint8_t base,
		 uint32_t offset);
/* The same of a number of bytes that is in register 2, from the address in register 3. */
void writer_read_here(const struct writer *writer, uint8_t to, int16_t at);
void writer_pointer(const struct writer *writer, uint8_t to, uint8_t base, uint32_t offset);
/* A number of the kernel's, of that size, to the register. */
void writer_number(const struct writer *writer, enum insn_size size, uint8_t to, uint8_t base,
		   uint32_t offset);
/* What the key, in the frame or on the stack, has in the map, in register 0. */
void writer_look_up(const struct writer *writer, int map_fd, uint8_t base, int16_t key);
/* The map's struct record_flow in register 0. */
void writer_flow(const struct writer *writer);
/* The value on the stack becomes the key's there. */
void writer_note(const struct writer *writer, int map_fd, int16_t key, int16_t value);
/* From the frame to the stack, in words of 8 bytes. */
void writer_copy(const struct writer *writer, int16_t to, int16_t from, int size);

void writer_argument(const struct writer *writer, uint8_t to, int number);
/* Registers. */
void writer_begin(const struct writer *writer);
/* The namespace, to NETNS: it is behind the device, or behind the socket. */
void writer_namespace(const struct writer *writer);
/* Ends the program where nobody asks for that. What the map has of it is in OWN. */
void writer_asked(const struct writer *writer);
/* A frame for this packet, in register 7; its device is in LINK from then on. Goes to busy where
 * this processor's is taken. */
void writer_frame(const struct writer *writer, insn_label busy);
void writer_frame_done(const struct writer *writer);
/* The bytes of registers 2 and 3 to the ring of register 1; flags: BPF_RB_.... Goes to other where
 * there was room, and on where there was none, without the frame. */
void writer_tell(const struct writer *writer, int32_t flags);
/* The record's link, where the packet has one. Register 8 is used. */
void writer_link(const struct writer *writer);
