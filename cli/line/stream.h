// SPDX-License-Identifier: GPL-2.0-or-later
// stream.h - answers of netd that go on: a line for each thing, mostly an object, as it comes
#pragma once

#include "cli/line/cli.h"

/* One object; negative with the error filled ends the stream. */
typedef int (*stream_fn)(json_t *object, void *data, struct error *error);

/* Connects and asks; each object is shown and flushed before the next is waited for. 0: netd has
 * ended the stream; or a negative errno with the error filled. */
int stream_objects(struct cli *cli, const char *path, stream_fn fn, void *data,
		   struct error *error);

/* One line, without its end; negative with the error filled ends the stream. */
typedef int (*stream_line_fn)(const char *line, size_t len, void *data, struct error *error);

/* The same for lines that are taken as they are. */
int stream_lines(struct cli *cli, const char *path, stream_line_fn fn, void *data,
		 struct error *error);
