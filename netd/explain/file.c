// SPDX-License-Identifier: GPL-2.0-or-later
// file.c - facts with what was asked of them, so that somebody else asks the same
#include "explain/explain.h"

#include <errno.h>

int explain_file_write(const struct explain_options *options, const struct facts *facts,
		       struct buf *out)
{
	(void)options, (void)facts, (void)out;
	return -EOPNOTSUPP;
}

int explain_file_read(struct explain_options *options, struct facts *facts, char **ret_from,
		      char **ret_to, struct error *error)
{
	(void)facts, (void)ret_from, (void)ret_to;
	return error_set(error, ERROR_NOT_IMPLEMENTED, "%s: facts cannot be read from a file yet",
			 options->facts);
}
