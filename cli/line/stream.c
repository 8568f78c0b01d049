// SPDX-License-Identifier: GPL-2.0-or-later
// stream.c - answers of netd that go on: a line for each thing, mostly an object, as it comes
#include "cli/line/stream.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Such an answer has no end of its own. Pieces of it come as the socket hands
 * them out, cut anywhere, so they gather in a buffer until a line is whole. What a piece has is
 * flushed behind it: whoever reads this through a pipe waits for the next one, not for a full
 * block. Most commands want an object of each line; one whose lines are many takes them as they
 * are. */

/* The state between two pieces of the answer. `error` is filled by whoever ends the stream here;
 * the client then hands back a positive value and not an error of its own. */
struct reader {
	stream_line_fn line_fn;
	void *data;
	struct buf line;
	size_t read; /* of line: what was shown */
	struct error error;
};

/* The whole lines there are. 1: the callback or a bad line has ended the stream. 0: more bytes are
 * wanted. */
static int show_lines(struct reader *reader)
{
	const char *end;

	while (reader->read < reader->line.len &&
	       (end = memchr(reader->line.data + reader->read, '\n',
			     reader->line.len - reader->read))) {
		const char *line = reader->line.data + reader->read;
		size_t len = (size_t)(end - line);

		/* Also after an empty line, or it would be found again for ever. */
		reader->read += len + 1;
		if (len > 0 && reader->line_fn(line, len, reader->data, &reader->error) < 0)
			return 1;
	}
	return 0;
}

/* client_stream passes on positive values as they are; our errors are in the reader. It is called
 * for each piece; 1 ends the stream. */
static int on_data(const char *data, size_t len, void *user)
{
	struct reader *reader = user;

	buf_append(&reader->line, data, len);
	if (reader->line.err == 0 && show_lines(reader) != 0)
		return 1;
	buf_consume(&reader->line, reader->read);
	reader->read = 0;
	/* A peer that never ends a line must not fill our memory. */
	if (reader->line.err < 0 || reader->line.len > CLIENT_EVENT_MAX) {
		(void)error_set(&reader->error, ERROR_INTERNAL, "a line is too large");
		return 1;
	}
	/* Without this, stdio would hold lines back for a full block wherever stdout is no
	 * terminal. A reader that has gone ends the command here. */
	if (fflush(stdout) != 0) {
		(void)error_system(&reader->error, -errno, "writing the output");
		return 1;
	}
	return 0;
}

/* 0 when netd has ended the stream, or the error is set. */
int stream_lines(struct cli *cli, const char *path, stream_line_fn fn, void *data,
		 struct error *error)
{
	static char out[STREAM_OUT_SIZE];
	struct reader reader = { .line_fn = fn, .data = data };
	int status, err = cli_connect(cli, error);

	if (err < 0)
		return err;
	/* A piece is written at once, on a terminal, too. */
	(void)setvbuf(stdout, out, _IOFBF, sizeof(out));
	/* Not cli_call(), which reads an answer to its end. */
	err = client_stream(cli->client, path, &status, NULL, on_data, &reader, error);
	buf_done(&reader.line);
	if (err > 0) {
		*error = reader.error;
		err = error->code;
	}
	return err;
}

/* Who wants objects. */
struct wanted {
	stream_fn fn;
	void *data;
};

/* The object is freed here, so `fn` takes a reference of what it keeps. */
static int show_object(const char *line, size_t len, void *data, struct error *error)
{
	const struct wanted *wanted = data;
	json_auto_t *object = json_loadb(line, len, 0, NULL);

	/* One line that cannot be read ends it all: what follows would be from a peer that does not
	 * speak our language. */
	if (!object)
		return error_set(error, ERROR_INTERNAL, "netd sent no valid JSON");
	return wanted->fn(object, wanted->data, error);
}

int stream_objects(struct cli *cli, const char *path, stream_fn fn, void *data, struct error *error)
{
	struct wanted wanted = { fn, data };

	return stream_lines(cli, path, show_object, &wanted, error);
}
