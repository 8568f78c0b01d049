// SPDX-License-Identifier: GPL-2.0-or-later
// blob.h - BTF of a kernel that there is not
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Types are numbered from 1 in the order in which they are added. Zeroed is empty. */
struct blob {
	uint8_t types[8192];
	char names[8192];
	size_t types_len, names_len;
	uint32_t n_types;
};

struct blob_member {
	const char *name; /* "": it has none */
	uint32_t type, bits;
};

uint32_t blob_name(struct blob *blob, const char *name);
/* A type without a tail: pointer, typedef, const ... Returns its number. */
uint32_t blob_reference(struct blob *blob, uint32_t kind, const char *name, uint32_t type);
uint32_t blob_int(struct blob *blob, const char *name);
uint32_t blob_struct(struct blob *blob, const char *name, const struct blob_member *members,
		     size_t n);
/* The same with sizes of bit fields in the members' offsets. */
uint32_t blob_struct_of_bits(struct blob *blob, const char *name, const struct blob_member *members,
			     size_t n);
uint32_t blob_function(struct blob *blob, size_t n_parameters);
uint32_t blob_enum(struct blob *blob, const char *name, const char *const *values, size_t n);
/* A tracepoint of that many arguments, with all that it takes. */
void blob_tracepoint(struct blob *blob, const char *name, size_t n_arguments);
/* What btf_layout() wants, at offsets of its own. */
void blob_kernel(struct blob *blob);

/* Bytes for btf_init(), on the heap, no longer than they must be. */
void *blob_whole(const struct blob *blob, size_t *ret_len);
