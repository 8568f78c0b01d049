// SPDX-License-Identifier: GPL-2.0-or-later
// reached.h - who reaches which listener, and what of it has changed, as a person reads it
#pragma once

#include "cli/show/explained.h"
#include "diag/matrix.h"

/* A table where it is small, else a line for all who meet the same at a listener: those listeners
 * first that some reach and others do not. With `verbose` each pair and address has a line. 0 or
 * -ENOMEM. */
int reached_screen(const struct matrix *matrix, const struct explained_look *look, struct buf *out);
/* The pairs that changed since a file was saved, with what they were and are. */
void reached_changes_screen(const struct matrix *is, const struct matrix_changes *changes,
			    const char *file, const struct explained_look *look, struct buf *out);
