// SPDX-License-Identifier: GPL-2.0-or-later
// journal.c - a database's changes in lines of text: its second record, and the format of a backup
#include "base/journal.h"

#include "base/hash.h"
#include "base/json_read.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A journal is text that only grows: a head, then transactions. Each change is
 * a line, a JSON array of a name and values. A commit is a line with four numbers of 16 hexadecimal
 * digits:
 * ["commit","GENERATION","ROWS","DIGEST","CHAIN"]
 * Generation, rows and digest say what the database is like after the transaction. The chain is a
 * hash over the transaction, keyed by the chain before it. So a reader knows of each transaction
 * that it is whole, in its place, and of this journal. What stands behind the last good commit does
 * not count: it was cut off by a crash, or is damaged. A backup is a journal with one
 * transaction. */

#define HEAD "{\"netd\":\"journal\",\"version\":1,\"of\":\""
#define HEAD_END "\"}"
#define COMMIT "[\"commit\","
#define DIGITS 16
#define N_NUMBERS 4 /* generation, rows, digest, chain */
/* Each number in quotes, a comma or the bracket behind it, and the end of the line. */
#define COMMIT_LEN (sizeof(COMMIT) - 1 + N_NUMBERS * (DIGITS + 3) + 1)

/* --- writing ---------------------------------------------------------------------------------- */

/* Lines are appended to a buffer, and written to the disk by the caller in one piece. */

/* A control character is escaped, so that a text cannot end the line that it stands in. All else
 * stays as it is, so each text has one spelling. Bytes beyond ASCII are left as they are: the
 * reader checks that they are UTF-8. */
static void put_text(struct buf *out, const char *text)
{
	buf_append(out, "\"", 1);
	while (*text) {
		size_t plain = 0;

		while ((unsigned char)text[plain] >= ' ' && text[plain] != '"' &&
		       text[plain] != '\\')
			plain++;
		buf_append(out, text, plain);
		text += plain;
		if (*text == '"' || *text == '\\')
			buf_printf(out, "\\%c", *text++);
		else if (*text)
			buf_printf(out, "\\u%04x", (unsigned char)*text++);
	}
	buf_append(out, "\"", 1);
}

/* The other half of the key names the format and its version. */
static uint64_t chain_on(uint64_t chain, const char *data, size_t len)
{
	/* Half of the key is the chain so far: a transaction that is missing, comes twice or stands
	 * elsewhere changes all that follow. */
	uint8_t key[16] = "netd-journal.v1";

	for (int i = 0; i < 8; i++)
		key[i] = (uint8_t)(chain >> (8 * i));
	return hash_bytes(key, data, len);
}

/* of: what the journal is of, in small letters. */
void journal_write_head(struct buf *out, const char *of, uint64_t *ret_chain)
{
	size_t from = out->len;

	buf_printf(out, HEAD "%s" HEAD_END "\n", of);
	/* The head is in the chain, too: transactions of one database are of no use behind the head
	 * of another. */
	*ret_chain = out->err ? 0 : chain_on(0, out->data + from, out->len - from);
}

/* values may be fewer than a table has columns: it is the caller's format. */
void journal_write_change(struct buf *out, const char *name, const struct journal_value *values,
			  size_t n_values)
{
	buf_append(out, "[", 1);
	put_text(out, name);
	for (size_t i = 0; i < n_values; i++) {
		buf_append(out, ",", 1);
		if (values[i].kind == JOURNAL_TEXT)
			put_text(out, values[i].text);
		else if (values[i].kind == JOURNAL_NUMBER)
			buf_printf(out, "%" PRId64, values[i].number);
		else
			buf_puts(out, "null");
	}
	buf_append(out, "]\n", 2);
}

/* Whether two records stand at the same place. */
bool journal_mark_is(const struct journal_mark *mark, const struct journal_mark *other)
{
	return mark->generation == other->generation && mark->n_rows == other->n_rows &&
	       mark->digest == other->digest;
}

/* from: where the transaction begins in out. *chain is carried on only when all of it was
 * written. */
void journal_write_commit(struct buf *out, size_t from, const struct journal_mark *mark,
			  uint64_t *chain)
{
	buf_printf(out, COMMIT "\"%016" PRIx64 "\",\"%016" PRIx64 "\",\"%016" PRIx64 "\",\"",
		   mark->generation, mark->n_rows, mark->digest);
	if (out->err)
		return;
	/* Over all that stands before its own digits. */
	*chain = chain_on(*chain, out->data + from, out->len - from);
	buf_printf(out, "%016" PRIx64 "\"]\n", *chain);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The line at `at` without its end, or false when it does not end. */
static bool line_at(const char *at, const char *end, size_t *ret_len)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	if (!newline)
		return false;
	*ret_len = (size_t)(newline - at);
	return true;
}

/* Digits as journal_write_commit writes them, and no others: there is one way to write a line. at
 * has at least DIGITS bytes. */
static bool read_digits(const char *at, uint64_t *ret_number)
{
	uint64_t number = 0;

	for (int i = 0; i < DIGITS; i++) {
		char c = at[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
						   : -1;

		if (digit < 0)
			return false;
		number = number << 4 | (uint64_t)digit;
	}
	*ret_number = number;
	return true;
}

/* No change can begin like that: its name would have to be "commit". */
static bool is_commit(const char *line, size_t len)
{
	return len >= sizeof(COMMIT) - 1 && memcmp(line, COMMIT, sizeof(COMMIT) - 1) == 0;
}

/* len: without the end of the line. */
static bool read_commit(const char *line, size_t len, struct journal_mark *ret_mark,
			uint64_t *ret_chain)
{
	uint64_t *const numbers[N_NUMBERS] = { &ret_mark->generation, &ret_mark->n_rows,
					       &ret_mark->digest, ret_chain };
	const char *at = line + sizeof(COMMIT) - 1;

	/* All commits are of one length, so nothing below looks behind the line's end. */
	if (len != COMMIT_LEN - 1)
		return false;
	for (int i = 0; i < N_NUMBERS; i++, at += DIGITS + 3)
		if (at[0] != '"' || !read_digits(at + 1, numbers[i]) || at[DIGITS + 1] != '"' ||
		    at[DIGITS + 2] != (i == N_NUMBERS - 1 ? ']' : ','))
			return false;
	return true;
}

/* The first line; how long it is with its end, 0: it is none. of is copied out, since the text is
 * not kept. */
static size_t read_head(const char *text, size_t len, struct journal *journal)
{
	const char *of = text + sizeof(HEAD) - 1;
	size_t line_len, of_len;

	if (!line_at(text, text + len, &line_len) || line_len < sizeof(HEAD HEAD_END) - 1 ||
	    memcmp(text, HEAD, sizeof(HEAD) - 1) != 0)
		return 0;
	of_len = line_len - (sizeof(HEAD HEAD_END) - 1);
	if (of_len == 0 || of_len >= sizeof(journal->of) ||
	    memcmp(of + of_len, HEAD_END, sizeof(HEAD_END) - 1) != 0)
		return 0;
	/* It becomes part of sentences, and may come from anybody's file. */
	for (size_t i = 0; i < of_len; i++)
		if (of[i] < 'a' || of[i] > 'z')
			return 0;
	memcpy(journal->of, of, of_len);
	journal->chain = chain_on(0, text, line_len + 1);
	return line_len + 1;
}

/* Finds the last good commit in the text. The text is not changed and nothing is kept of it. */
int journal_check(const char *text, size_t len, struct journal *ret_journal, struct error *error)
{
	const char *end = text + len, *at, *from;
	struct journal found = { 0 };
	struct journal_mark mark;
	size_t line_len, head = read_head(text, len, &found);
	uint64_t chain;

	if (head == 0)
		return error_set(error, ERROR_INVALID,
				 "does not begin as a journal of netd's, version 1");
	for (at = from = text + head; line_at(at, end, &line_len); at += line_len + 1) {
		/* Changes are not looked at here: whether they count is decided by the line that
		 * ends them. */
		if (!is_commit(at, line_len))
			continue;
		if (!read_commit(at, line_len, &mark, &chain) ||
		    chain != chain_on(found.chain, from,
				      (size_t)(at - from) + line_len - DIGITS - 2))
			break;
		from = at + line_len + 1;
		/* Only now does the transaction count: whatever breaks the loop later leaves what
		 * was whole before. */
		found.chain = chain;
		found.mark = mark;
		/* The first transaction alone is the whole of a backup. */
		if (found.first_len == 0)
			found.first_len = (size_t)(from - text);
	}
	if (found.first_len == 0)
		return error_set(error, ERROR_INVALID,
				 "is damaged: none of what it says can be trusted");
	/* What follows was cut by a crash, or damaged. It is not read, and the caller decides which
	 * of the two it was. */
	found.len = (size_t)(from - text);
	found.whole = from == end;
	*ret_journal = found;
	return 0;
}

/* Lines were checked by their chain, so one that cannot be read is from a netd that wrote something
 * else, and not damage. */
static int read_change(const char *line, size_t len, journal_each_function each, void *data,
		       struct error *error)
{
	struct journal_value values[JOURNAL_VALUES_MAX];
	json_error_t why;
	bool no_memory;
	/* The line is read with a bound on its values, which is checked before any of them is
	 * used. */
	json_t *array = json_read(line, len, JSON_REJECT_DUPLICATES, &why, &no_memory);
	const char *name = json_string_value(json_array_get(array, 0));
	size_t n = json_array_size(array);
	bool fine = name && n <= JOURNAL_VALUES_MAX + 1;
	int err;

	for (size_t i = 1; fine && i < n; i++) {
		const json_t *value = json_array_get(array, i);

		values[i - 1] = (struct journal_value) {
			.kind = json_is_string(value)	 ? JOURNAL_TEXT
				: json_is_integer(value) ? JOURNAL_NUMBER
							 : JOURNAL_NULL,
			.text = json_string_value(value),
			.number = json_integer_value(value),
		};
		/* NULL stands for "null" and for all that is none of the three, so it is looked at
		 * once more. */
		fine = values[i - 1].kind != JOURNAL_NULL || json_is_null(value);
	}
	err = fine	  ? each(name, values, n - 1, data, error)
	      : no_memory ? error_system(error, -ENOMEM, "cannot be read")
			  : error_set(error, ERROR_INVALID, "has a line that is no change");
	json_decref(array);
	return err;
}

/* Calls each for every change of the transactions that count, in their order. An error ends it. */
int journal_each(const char *text, const struct journal *journal, journal_each_function each,
		 void *data, struct error *error)
{
	const char *end = text + journal->len, *at = text;
	size_t len;
	int err = 0;

	if (line_at(at, end, &len)) /* the head */
		at += len + 1;
	for (; err == 0 && line_at(at, end, &len); at += len + 1)
		if (!is_commit(at, len))
			err = read_change(at, len, each, data, error);
	return err;
}
