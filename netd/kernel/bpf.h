// SPDX-License-Identifier: GPL-2.0-or-later
// bpf.h - programs and maps of BPF in the kernel, and what they report
#pragma once

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/* All of them end with their descriptors, which the caller closes: nothing is pinned. Every
 * function returns a descriptor or 0, or -errno. */

int bpf_map_new(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t n);
int bpf_map_set(int map_fd, const void *key, const void *value);
/* The key behind that one, NULL: the first. -ENOENT: there is none. */
int bpf_map_next(int map_fd, const void *key, void *ret_key);
int bpf_map_get(int map_fd, const void *key, void *ret_value);
/* -ENOENT: it was not there. */
int bpf_map_remove(int map_fd, const void *key);

/* A program for a raw tracepoint. type: in the kernel's BTF, that of the tracepoint's arguments, as
 * which the kernel checks what reads through them; 0: it may do so by calls alone. What the
 * verifier says about one that it refuses goes to log, which may be NULL. */
int bpf_load(const struct bpf_insn *insns, size_t n, uint32_t type, char *log, size_t log_size);
/* It runs until the descriptor is closed. tracepoint: NULL of a program that has a type. */
int bpf_attach(int program_fd, const char *tracepoint);

/* The events of a ring buffer's map, mapped into memory. */
struct bpf_ring {
	int map_fd;
	size_t size;
	uint64_t *consumed, *produced; /* how far each side is, in bytes */
	const uint8_t *data;	       /* twice in a row, so that none is split */
};
int bpf_ring_open(int map_fd, size_t size, struct bpf_ring *ret_ring);
void bpf_ring_close(struct bpf_ring *ring);
/* What has come, in the order in which it happened: take() for each, max at the most. Returns how
 * many there were. */
size_t bpf_ring_read(struct bpf_ring *ring, size_t max,
		     void (*take)(const uint8_t *data, size_t len, void *owner), void *owner);
