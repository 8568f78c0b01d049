// SPDX-License-Identifier: GPL-2.0-or-later
// symbol.c - functions of the kernel by places within them
#include "trace/symbol.h"

#include <stdlib.h>
#include <string.h>

/* Theory of operation. A drop is told by an address within a function. Names are read from
 * /proc/kallsyms in one pass for all addresses that were asked for: the file has ten megabytes, so
 * it is read only when a new address has come, and a name that was found is kept. Lines are in no
 * order. */

/* Asked once. Beyond TRACE_SYMBOLS_MAX a place has no name. */
void symbol_ask(struct symbols *symbols, uint64_t place)
{
	for (size_t i = 0; i < symbols->n; i++)
		if (symbols->items[i].place == place)
			return;
	if (symbols->n < TRACE_SYMBOLS_MAX)
		symbols->items[symbols->n++].place = place;
}

/* "ffffffff81a2b3c0 t nf_hook_slow", of a module with a tab and its name behind. Without the right
 * to see addresses all of them are 0. t, T, w and W are functions. */
static void take_line(struct symbols *symbols, const char *line)
{
	char *rest;
	uint64_t start = strtoull(line, &rest, 16);
	size_t len;

	if (start == 0 || rest[0] != ' ' || !rest[1] || !strchr("tTwW", rest[1]) || rest[2] != ' ')
		return;
	rest += 3;
	len = strcspn(rest, "\t");
	len = len < SYMBOL_NAME ? len : SYMBOL_NAME - 1;
	/* Those that are known already are not looked at. */
	for (size_t i = symbols->n_known; i < symbols->n; i++) {
		/* Of two names of one place the first, as the kernel itself has it. */
		if (start > symbols->items[i].place || start <= symbols->items[i].start)
			continue;
		symbols->items[i].start = start;
		memcpy(symbols->items[i].name, rest, len);
		symbols->items[i].name[len] = '\0';
	}
}

/* The text may be cut anywhere; a line that is too long is cut. */
void symbol_feed(struct symbols *symbols, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n') {
			symbols->line[symbols->len] = '\0';
			take_line(symbols, symbols->line);
			symbols->len = 0;
		} else if (symbols->len < sizeof(symbols->line) - 1) {
			symbols->line[symbols->len++] = text[i];
		}
	}
}

/* Those that were not found have an empty name, and are not looked for again. */
void symbol_end(struct symbols *symbols)
{
	symbol_feed(symbols, "\n", 1); /* the last line may have no end of its own */
	symbols->n_known = symbols->n;
}

/* "": nobody knows. */
const char *symbol_name(const struct symbols *symbols, uint64_t place)
{
	for (size_t i = 0; i < symbols->n_known; i++)
		if (symbols->items[i].place == place)
			return symbols->items[i].name;
	return "";
}

bool symbol_is_settled(const struct symbols *symbols, uint64_t place)
{
	for (size_t i = 0; i < symbols->n_known; i++)
		if (symbols->items[i].place == place)
			return true;
	return symbols->n_known == TRACE_SYMBOLS_MAX;
}
