// SPDX-License-Identifier: GPL-2.0-or-later
// journal.h - a database's changes in lines of text: its second record, and the format of a backup
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file of JSON lines. The first says what it is, and of what:
 *
 *	{"netd":"journal","version":1,"of":"networks"}
 *
 * Each transaction is a line for each change, [NAME, VALUE, …], and a line that ends it:
 *
 *	["commit","GENERATION","ROWS","DIGEST","CHAIN"]
 *
 * in 16 hexadecimal digits each: which transaction it is, how many rows there are after it and
 *their digest (whoever keeps the rows knows what that is), and a hash of all bytes of this
 *transaction before CHAIN, keyed with the CHAIN before it. So a bit that flipped is noticed, and so
 *are lines that are missing or come twice. The names and their values are those of the store's
 *statements. */

#define JOURNAL_VALUES_MAX 12
#define JOURNAL_OF_MAX 16

struct journal_value {
	enum { JOURNAL_NULL, JOURNAL_TEXT, JOURNAL_NUMBER } kind;
	const char *text;
	int64_t number;
};

/* What there is after a transaction. */
struct journal_mark {
	uint64_t generation, n_rows, digest;
};
bool journal_mark_is(const struct journal_mark *mark, const struct journal_mark *other);

/* The first line; *ret_chain is what the first transaction goes on from. */
void journal_write_head(struct buf *out, const char *of, uint64_t *ret_chain);
void journal_write_change(struct buf *out, const char *name, const struct journal_value *values,
			  size_t n_values);
/* Ends the transaction that began at byte from of out. */
void journal_write_commit(struct buf *out, size_t from, const struct journal_mark *mark,
			  uint64_t *chain);

struct journal {
	char of[JOURNAL_OF_MAX];
	size_t len;		  /* of the head and the transactions that are whole */
	size_t first_len;	  /* of the head and the first of them: all rows there were */
	uint64_t chain;		  /* at len */
	struct journal_mark mark; /* of the last of them */
	bool whole;		  /* nothing comes behind them */
};

/* Reads text up to the first byte that is not as it was written. ERROR_INVALID when not even the
 * head and one transaction are whole, in words that go on from the name of a file; text may be cut
 * anywhere. */
int journal_check(const char *text, size_t len, struct journal *ret_journal, struct error *error);

typedef int (*journal_each_function)(const char *name, const struct journal_value *values,
				     size_t n_values, void *data, struct error *error);
/* Calls each for every change of what journal_check found whole, in order; values live as long as
 * the call. ERROR_INVALID for a line that is no change; otherwise what each returned. */
int journal_each(const char *text, const struct journal *journal, journal_each_function each,
		 void *data, struct error *error);
