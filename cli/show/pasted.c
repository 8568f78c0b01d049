// SPDX-License-Identifier: GPL-2.0-or-later
// pasted.c - a command as a person copies it from the screen into a shell
#include "cli/show/pasted.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

/* Theory of operation. netd answers a repair as a list of words, as execve(2) takes them. A
 * person pastes it into a shell, so each word is quoted where a shell would read more into it,
 * and long lines are joined by a backslash. A script for `sh -c` is shown as the commands that
 * it has, since the shell that it is pasted into runs them one by one as well. */

#define BETWEEN "; " /* the commands of a script */

/* Letters, digits and marks that mean nothing to a shell anywhere in a word need no quotes. An
 * empty word does, or it would vanish. It may be true for a word that needs none: a quote too many
 * does no harm. */
static bool needs_quotes(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "@%+=:,./-_";

	return *word == '\0' || word[strspn(word, plain)] != '\0';
}

/* A word as a shell takes it. Single quotes keep everything as it is, in every shell. */
static void quote(struct buf *out, const char *word)
{
	if (!needs_quotes(word)) {
		buf_puts(out, word);
		return;
	}
	buf_puts(out, "'");
	/* A single quote ends the quoted text: it is written outside of it, with a backslash,
	 * and the text goes on. */
	for (; *word; word++)
		if (*word == '\'')
			buf_puts(out, "'\\''");
		else
			buf_append(out, word, 1);
	buf_puts(out, "'");
}

/* A word that is no text is shown as an empty one. Never NULL. */
static const char *word_at(const json_t *argv, size_t i)
{
	const char *word = json_string_value(json_array_get(argv, i));

	return word ? word : "";
}

/* What `sh -c` at the end of argv is to run, where that is several commands and simple enough to
 * stand on lines of its own; else NULL. A script with quotes of its own could be torn apart within
 * them. The text stays the list's. */
static const char *script_of(const json_t *argv)
{
	size_t n = json_array_size(argv);
	const char *script = word_at(argv, n - 1);

	if (n < 3 || strcmp(word_at(argv, n - 3), "sh") != 0 ||
	    strcmp(word_at(argv, n - 2), "-c") != 0)
		return NULL;
	return strstr(script, BETWEEN) && !strchr(script, '\'') ? script : NULL;
}

/* n: how many of the words are shown. A line that was broken goes on four columns further in. */
static void put_words(struct lines *lines, size_t indent, const json_t *argv, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_(buf_done) struct buf quoted = { 0 };

		quote(&quoted, word_at(argv, i));
		/* Lines of it are joined as a shell does. Two columns are kept for the blank
		 * and the backslash. */
		if (i > 0 && lines->used + 1 + quoted.len > LINES_WIDTH - 2) {
			lines_put(lines, " \\", LINES_PLAIN);
			lines_end(lines);
			lines_pad(lines, indent + 4);
		} else if (i > 0) {
			lines_put(lines, " ", LINES_PLAIN);
		}
		lines_put(lines, quoted.data ? quoted.data : "", LINES_PLAIN);
	}
}

/* A command a line, for to a shell the end of a line is what BETWEEN is. Without memory the command
 * is left out. */
static void put_script(struct lines *lines, size_t indent, const char *script)
{
	while (*script) {
		const char *end = strstr(script, BETWEEN);
		size_t len = end ? (size_t)(end - script) : strlen(script);
		_cleanup_free_ char *command = strndup(script, len);

		lines_put(lines, command ? command : "", LINES_PLAIN);
		script += len;
		if (!end)
			break;
		script += strlen(BETWEEN);
		lines_end(lines);
		lines_pad(lines, indent);
	}
}

/* The shell that it is copied into does as well as one of its own, unless that is elsewhere. A
 * shell elsewhere, behind ssh or in a namespace, needs the script as one quoted word. The line does
 * not end here. */
void pasted_put(struct lines *lines, size_t indent, const json_t *argv)
{
	const char *script = script_of(argv);
	size_t n = json_array_size(argv);

	if (!script) {
		put_words(lines, indent, argv, n);
	} else if (n == 3) {
		put_script(lines, indent, script);
	} else {
		put_words(lines, indent, argv, n - 1);
		lines_put(lines, " '", LINES_PLAIN);
		lines_end(lines);
		lines_pad(lines, indent + 4);
		put_script(lines, indent + 4, script);
		lines_put(lines, "'", LINES_PLAIN);
	}
}

/* How many columns it takes on a line of its own; LINES_WIDTH and more: it has several. It decides
 * whether the sentence fits beside the command. */
static size_t width_of(const json_t *argv)
{
	size_t width = script_of(argv) ? LINES_WIDTH : 0;

	for (size_t i = 0; i < json_array_size(argv); i++) {
		_cleanup_(buf_done) struct buf quoted = { 0 };

		quote(&quoted, word_at(argv, i));
		width += quoted.len + (i > 0);
	}
	return width;
}

/* Three forms: words alone, words with the command below, and both on one line. `say` may be empty,
 * and the list of words, too. The line ends here. */
void pasted_put_fix(struct lines *lines, const json_t *argv, const char *say)
{
	size_t beside = LINES_LABEL + width_of(argv) + 4;

	/* A repair without a command is done by hand, and only words say it. */
	if (json_array_size(argv) == 0) {
		lines_wrap(lines, LINES_LABEL, say);
	} else if (*say && beside + strlen(say) > LINES_WIDTH) {
		lines_wrap(lines, LINES_LABEL, say);
		lines_put(lines, ":", LINES_PLAIN);
		lines_end(lines);
		lines_pad(lines, LINES_LABEL + 2);
		pasted_put(lines, LINES_LABEL + 2, argv);
	} else {
		pasted_put(lines, LINES_LABEL, argv);
		if (*say)
			lines_pad(lines, beside);
		lines_put(lines, say, LINES_PLAIN);
	}
	lines_end(lines);
}
