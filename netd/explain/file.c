// SPDX-License-Identifier: GPL-2.0-or-later
// file.c - facts with what was asked of them, so that somebody else asks the same
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_parse.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "diag/facts_json.h"
#include "explain/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. netctl explain --facts reads what another host has written: the same
 * judge runs over the same facts and finds the same, with no kernel asked. An answer with facts
 * has one key more, whose value is what a file holds:
 *
 * {..., "Saved": {"Version": N, "From": "A", "To": "B[:PORT]", "All": bool, "Facts": {...}}}
 *
 * The reader takes facts that stand alone, too. The file may come from a stranger, so it is
 * read after rights were given up, and its size is limited. */

#define FILE_VERSION 1 /* another one when a key goes, or means something else */

/* Within the verdict's object, which is written already: its last brace comes behind this. */
int explain_file_write(const struct explain_options *options, const struct facts *facts,
		       struct buf *out)
{
	json_auto_t *head = json_pack("{s:i, s:o, s:o, s:b}", "Version", FILE_VERSION, "From",
				      json_text(options->from), "To", json_text(options->to), "All",
				      options->all);
	_cleanup_free_ char *text = json_write(head, JSON_COMPACT);

	if (!text || out->len == 0)
		return -ENOMEM;
	/* The brace that ends the head is taken away, and the last two bytes of the answer
	 * close both. */
	text[strlen(text) - 1] = '\0'; /* what the facts come into */
	out->len--;
	buf_printf(out, ",\"Saved\":%s,\"Facts\":", text);
	facts_write(facts, out);
	buf_puts(out, "}}");
	return out->err;
}

/* O_NOCTTY: a path that names a terminal is not to become this process's own. A file that grows
 * while it is read ends at the limit. */
static int read_file(const char *path, struct buf *out)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char data[65536];
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, data, sizeof(data))) != 0) {
		if (n < 0)
			return -errno;
		if (out->len + (size_t)n > EXPLAIN_ANSWER_MAX)
			return -EFBIG;
		buf_append(out, data, (size_t)n);
		if (out->err < 0)
			return out->err;
	}
	return 0;
}

/* What was asked is there unless the command line says something else. */
static int take_question(struct explain_options *options, const json_t *file, char **ret_from,
			 char **ret_to, struct error *error)
{
	const char *from = json_string_value(json_object_get(file, "From"));
	const char *to = json_string_value(json_object_get(file, "To"));

	/* From and To of the command line ask the old facts a new question. */
	if (options->from)
		return 0;
	if (!from || !to)
		return error_set(error, ERROR_INVALID,
				 "%s does not say what it was saved for: netctl explain --facts "
				 "FILE A B",
				 options->facts);
	*ret_from = strdup(from);
	*ret_to = strdup(to);
	if (!*ret_from || !*ret_to)
		return error_system(error, -ENOMEM, "cannot read %s", options->facts);
	options->from = *ret_from;
	options->to = *ret_to;
	/* Facts of one pair do not hold all of A's neighbours; that is why --with-facts takes
	 * whole pictures. */
	options->all |= json_is_true(json_object_get(file, "All"));
	return 0;
}

int explain_file_read(struct explain_options *options, struct facts *facts, char **ret_from,
		      char **ret_to, struct error *error)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	_cleanup_free_ char *inner = NULL;
	json_auto_t *file = NULL;
	const json_t *saved;
	int err = read_file(options->facts, &text);

	if (err == -EFBIG)
		return error_set(error, ERROR_TOO_LARGE, "%s has more than %d bytes",
				 options->facts, EXPLAIN_ANSWER_MAX);
	if (err < 0)
		return error_system(error, err, "cannot read %s", options->facts);
	err = json_parse_record(text.data ? text.data : "", text.len, &file, error);
	if (err < 0)
		error_prefix(error, "%s", options->facts);
	else
		err = take_question(options, file, ret_from, ret_to, error);
	if (err < 0)
		return err;
	/* Facts alone are taken, too. */
	saved = json_object_get(file, "Facts");
	/* The facts have a reader of their own, which takes text. */
	inner = json_write(saved ? saved : file, JSON_COMPACT);
	if (!inner)
		return error_system(error, -ENOMEM, "cannot read %s", options->facts);
	err = facts_read(inner, strlen(inner), facts, error);
	if (err < 0)
		error_prefix(error, "%s", options->facts);
	else
		/* The answer says where its facts come from: nothing in it is true of this host. */
		facts->source = "file";
	return err;
}
