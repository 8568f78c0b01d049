// SPDX-License-Identifier: GPL-2.0-or-later
// screens.h - an answer as text to what a person sees of it, for the tests of screens
#pragma once

#include "cli/show/explained.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* text: JSON. The caller frees with buf_done(). */
static inline struct buf screens_of(explained_screen_fn *screen, const char *text, bool colour,
				    bool verbose)
{
	const struct explained_look look = { .colour = colour, .verbose = verbose };
	json_error_t why;
	json_t *json = json_loads(text, 0, &why);
	struct buf out = { 0 };

	if (!json)
		fail_msg("%s", why.text);
	screen(json, &look, &out);
	json_decref(json);
	assert_int_equal(out.err, 0);
	return out;
}

/* Piped, and as short as it is by itself. */
static inline void screens_show(explained_screen_fn *screen, const char *text, const char *want)
{
	struct buf out = screens_of(screen, text, false, false);

	assert_string_equal(out.data, want);
	buf_done(&out);
}
