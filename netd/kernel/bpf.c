// SPDX-License-Identifier: GPL-2.0-or-later
// bpf.c - programs and maps of BPF in the kernel, and what they report
#include "kernel/bpf.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Theory of operation. bpf(2) is called without a library: netd needs seven of its commands, and an
 * attribute that is not named stays 0, which the kernel takes for "not used". Maps, programs and
 * attachments are descriptors. All of them end with the last descriptor, so nothing is left behind
 * by a process that is killed, and nothing is pinned in a filesystem. */

/* A descriptor or 0, or a negative errno. */
static int call(int command, union bpf_attr *attr)
{
	long result = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return result < 0 ? -errno : (int)result;
}

/* The kernel takes pointers as 64 bits, whatever the size of the caller's is. */
static uint64_t address(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

int bpf_map_new(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t n)
{
	union bpf_attr attr = { 0 };

	attr.map_type = type;
	attr.key_size = key_size;
	attr.value_size = value_size;
	attr.max_entries = n;
	return call(BPF_MAP_CREATE, &attr);
}

int bpf_map_set(int map_fd, const void *key, const void *value)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (uint32_t)map_fd;
	attr.key = address(key);
	attr.value = address(value);
	/* A value that is there is replaced, one that is not is added. */
	attr.flags = BPF_ANY;
	return call(BPF_MAP_UPDATE_ELEM, &attr);
}

int bpf_map_get(int map_fd, const void *key, void *ret_value)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (uint32_t)map_fd;
	attr.key = address(key);
	attr.value = address(ret_value);
	return call(BPF_MAP_LOOKUP_ELEM, &attr);
}

/* -ENOENT: there was no such key. */
int bpf_map_remove(int map_fd, const void *key)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (uint32_t)map_fd;
	attr.key = address(key);
	return call(BPF_MAP_DELETE_ELEM, &attr);
}

/* key NULL: the first one. -ENOENT: there is none behind this one. */
int bpf_map_next(int map_fd, const void *key, void *ret_key)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (uint32_t)map_fd;
	attr.key = address(key);
	attr.next_key = address(ret_key);
	return call(BPF_MAP_GET_NEXT_KEY, &attr);
}

/* The kernel gives what reads its memory to programs under the GPL alone. type is the BTF id of a
 * tracepoint's function type, or 0. With it the verifier knows the types of the arguments
 * (BPF_TRACE_RAW_TP); without it the program is a plain raw tracepoint. */
int bpf_load(const struct bpf_insn *insns, size_t n, uint32_t type, char *log, size_t log_size)
{
	union bpf_attr attr = { 0 };

	attr.prog_type = type ? BPF_PROG_TYPE_TRACING : BPF_PROG_TYPE_RAW_TRACEPOINT;
	attr.expected_attach_type = type ? BPF_TRACE_RAW_TP : 0;
	attr.attach_btf_id = type;
	attr.insns = address(insns);
	attr.insn_cnt = (uint32_t)n;
	attr.license = address("GPL");
	/* The name is for people who list programs. The kernel takes 15 characters. */
	memcpy(attr.prog_name, "netd_trace", sizeof("netd_trace"));
	/* The verifier's words are asked for only when somebody will read them, for they cost
	 * time. */
	if (log) {
		attr.log_buf = address(log);
		attr.log_size = (uint32_t)log_size;
		attr.log_level = 1;
	}
	return call(BPF_PROG_LOAD, &attr);
}

/* The descriptor is the attachment. Closing it takes the program off again. */
int bpf_attach(int program_fd, const char *tracepoint)
{
	union bpf_attr attr = { 0 };

	attr.raw_tracepoint.name = address(tracepoint);
	attr.raw_tracepoint.prog_fd = (uint32_t)program_fd;
	return call(BPF_RAW_TRACEPOINT_OPEN, &attr);
}

/* --- the ring --------------------------------------------------------------------------------- */

/* kernel/bpf/ringbuf.c: a page that the reader writes, a page that the kernel writes, and the data
 * twice. The reader moves its position, so only that page is writable. The data is mapped twice in
 * a row: a record that wraps around the end reads as one piece. */
int bpf_ring_open(int map_fd, size_t size, struct bpf_ring *ret_ring)
{
	/* Positions are each in a page of its own, so that the offset of the second mapping is one
	 * page. */
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *consumed = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	void *produced;
	int err;

	if (consumed == MAP_FAILED)
		return -errno;
	produced = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, map_fd, (off_t)page);
	if (produced == MAP_FAILED) {
		err = -errno;
		(void)munmap(consumed, page);
		return err;
	}
	*ret_ring = (struct bpf_ring) { map_fd, size, consumed, produced,
					(const uint8_t *)produced + page };
	return 0;
}

void bpf_ring_close(struct bpf_ring *ring)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (!ring->consumed)
		return;
	(void)munmap(ring->consumed, page);
	(void)munmap(ring->produced, page + 2 * ring->size);
	*ring = (struct bpf_ring) { .map_fd = -1 };
}

/* Calls take for at most max records and says how many it took. A record has a header of 8 bytes:
 * its length in 32 bits, of which the two highest are flags, and a number that only the kernel
 * uses. Positions count bytes since the beginning and never go back; the size is a power of two. */
size_t bpf_ring_read(struct bpf_ring *ring, size_t max,
		     void (*take)(const uint8_t *data, size_t len, void *owner), void *owner)
{
	/* The reader alone writes its own position, so no order is needed. The kernel's position is
	 * read with acquire, so the records before it are visible. */
	uint64_t at = __atomic_load_n(ring->consumed, __ATOMIC_RELAXED);
	uint64_t end = __atomic_load_n(ring->produced, __ATOMIC_ACQUIRE);
	size_t n = 0;

	while (at < end && n < max) {
		const uint8_t *head = ring->data + (at & (ring->size - 1));
		/* The kernel reserves a record first (busy) and clears the flag with release when
		 * it is whole. */
		uint32_t word = __atomic_load_n((const uint32_t *)(const void *)head,
						__ATOMIC_ACQUIRE);
		uint32_t len = word & ~(uint32_t)(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (word & BPF_RINGBUF_BUSY_BIT)
			break; /* it is being written; what is behind it comes after it */
		if (!(word & BPF_RINGBUF_DISCARD_BIT)) {
			take(head + BPF_RINGBUF_HDR_SZ, len, owner);
			n++;
		}
		/* A record that was discarded takes its room all the same, rounded up to 8
		 * bytes. */
		at += (BPF_RINGBUF_HDR_SZ + (uint64_t)len + 7) & ~(uint64_t)7;
		/* The room is given back record by record, so that the kernel can go on writing
		 * meanwhile. */
		__atomic_store_n(ring->consumed, at, __ATOMIC_RELEASE);
	}
	return n;
}
