// SPDX-License-Identifier: GPL-2.0-or-later
// symbol.h - functions of the kernel by places within them
#pragma once

#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYMBOL_NAME 64

/* Places that are asked for, and those that are known. All of /proc/kallsyms is read for what is
 * new, line by line, and kept is what is below each place: to sort it would take longer. Zeroed is
 * empty and valid. */
struct symbols {
	struct {
		uint64_t place, start; /* start 0: nothing is below it yet */
		char name[SYMBOL_NAME];
	} items[TRACE_SYMBOLS_MAX];
	size_t n, n_known; /* the first n_known need no reading */
	char line[512];	   /* the beginning of one whose end has not come */
	size_t len;
};

/* More than there is room for are left out, and have no name. */
void symbol_ask(struct symbols *symbols, uint64_t place);
/* A piece of the text, from its beginning to its end; then symbol_end(). */
void symbol_feed(struct symbols *symbols, const char *text, size_t len);
void symbol_end(struct symbols *symbols);
/* "": not known. */
const char *symbol_name(const struct symbols *symbols, uint64_t place);
/* What it is called will not change: it was looked up, or there is no room for it. */
bool symbol_is_settled(const struct symbols *symbols, uint64_t place);
