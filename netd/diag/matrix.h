// SPDX-License-Identifier: GPL-2.0-or-later
// matrix.h - who reaches which listener, read back: to be shown, and compared with what was
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts are the document's, which the matrix holds. */
struct matrix_row {
	const char *from, *to, *address, *protocol, *verdict;
	const char *code; /* NULL: none */
	uint16_t port, inside;
	bool is_published;
	bool is_passing; /* its listener may be no server, and go at any time (diag/targets.h) */
};

struct matrix {
	json_t *document;
	struct matrix_row *rows; /* as they stand there; no two are about the same */
	size_t n;
};

/* A document as GET /netd/v1/reach answers it and `netctl reach --save` keeps it; takes a reference
 * of its own. ERROR_INVALID with the place: "Pairs[3].Port is no number from 1 to 65535". The
 * matrix is empty then. */
int matrix_read(json_t *document, struct matrix *ret_matrix, struct error *error);
void matrix_done(struct matrix *matrix);

/* One difference; a row that is not there is NULL. */
struct matrix_change {
	const struct matrix_row *was, *is;
};
struct matrix_changes {
	struct matrix_change *items; /* in the order of `is`, what is gone behind it */
	size_t n, room;
	size_t n_passing; /* that are new or gone, and of no account */
};
/* What has another verdict or another code, is new or is gone; that the socket of somebody who asks
 * comes or goes is only counted. 0 or -ENOMEM. The rows stay those of the two. */
int matrix_compare(const struct matrix *was, const struct matrix *is,
		   struct matrix_changes *ret_changes);
void matrix_changes_done(struct matrix_changes *changes);
