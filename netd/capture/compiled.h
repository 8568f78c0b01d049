// SPDX-License-Identifier: GPL-2.0-or-later
// compiled.h - a filter as a program of classic BPF, and how a process without rights hands it over
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <linux/filter.h>
#include <stddef.h>

struct compiled {
	size_t n;
	struct sock_filter code[BPF_MAXINSNS];
};

/* What was compiled, or why it could not be. */
void compiled_put_program(struct buf *buf, const void *code, size_t n);
void compiled_put_refusal(struct buf *buf, const char *why);
/* Whoever has compiled was told a stranger's text, and so may say anything here. What the program
 * does the kernel looks at. ERROR_INVALID: the refusal, which is plain text; ERROR_INTERNAL: it is
 * neither. */
int compiled_read(const void *data, size_t len, struct compiled *ret_compiled, struct error *error);
#define COMPILED_SIZE (1 + sizeof(struct sock_filter[BPF_MAXINSNS]))

/* The program that takes every packet, of which so many bytes. */
void compiled_take_all(uint32_t snaplen, struct compiled *ret_compiled);
