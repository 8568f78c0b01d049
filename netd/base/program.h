// SPDX-License-Identifier: GPL-2.0-or-later
// program.h - system call filters, made where libseccomp can do no harm
#pragma once

#include "base/error.h"

#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <stddef.h>
#include <sys/types.h>

/* What seccomp(2) is given. Large: for static memory. */
struct program {
	struct sock_filter code[2][BPF_MAXINSNS]; /* one after the other, not each in its place */
	size_t len;				  /* of both, in bytes */
};

/* Makes a filter and writes it to out, as seccomp_export_bpf() does. Called twice, in a child that
 * ends then. 0 or a negative errno. */
typedef int program_write_fn(int out, const void *data);

/* The child that makes one. */
struct program_maker {
	pid_t pid;
	int from;
};

/* Begins to make the filter of write, while the caller may do something else. */
int program_begin(program_write_fn *write, const void *data, struct program_maker *ret_maker,
		  struct error *error);
/* The filter. Fails, where memory is short and nowhere else, instead of being another filter. Waits
 * for the child, for FILTER_TIME_MAX_S at the most; the maker is over in any case. */
int program_finish(const struct program_maker *maker, struct program *ret_program,
		   struct error *error);

/* From here on it holds for this process and all that it starts, for good; no new privileges
 * (prctl(2)) is set with it. flags are those of seccomp(2). */
int program_load(const struct program *program, unsigned int flags, struct error *error);
