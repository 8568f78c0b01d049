// SPDX-License-Identifier: GPL-2.0-or-later
// btf.h - where the running kernel has its fields: a reader of BTF
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The kernel's own description of its types (Documentation/bpf/btf.rst), as it stands in
 * /sys/kernel/btf/vmlinux. The bytes may be anything: nothing outside of them is read, and no
 * reference in them is followed for ever. */

struct btf {
	const uint8_t *data; /* of the caller, who keeps it until btf_done() */
	const uint8_t *types;
	size_t types_len;
	const char *names; /* ends with a NUL */
	size_t names_len;
	uint32_t *at; /* of each type its place in types; the first is number 1 */
	size_t n_types;
};

/* 0; -EBADMSG: that is no BTF, or of a version that is not known; -ENOMEM. */
int btf_init(const void *data, size_t len, struct btf *ret_btf);
void btf_done(struct btf *btf);

/* Where a field is in a structure, in bytes. path: "nd_net.net" is a field of a field; those of
 * structures without a name are found as if they were the outer one's. -ENOENT: there is no such
 * structure or field; -EBADMSG; -ENOTSUP: it is a bit field. */
int btf_offset(const struct btf *btf, const char *structure, const char *path,
	       uint32_t *ret_offset);

/* The numbers of a structure and a function; 0: there is none. */
uint32_t btf_structure(const struct btf *btf, const char *name);
/* How many bytes a structure has; 0: there is none. */
uint32_t btf_size(const struct btf *btf, const char *structure);
uint32_t btf_function(const struct btf *btf, const char *name);

/* How many arguments a tracepoint hands over, and the number of the type that has them, for a
 * program that is to be checked against it; -ENOENT: the kernel has no such tracepoint. */
int btf_n_arguments(const struct btf *btf, const char *tracepoint, uint32_t *ret_type);

/* Calls each(name, value) for all values of an enumeration. 0 or -ENOENT. */
int btf_each_value(const struct btf *btf, const char *enumeration,
		   void (*each)(const char *name, uint32_t value, void *data), void *data);
