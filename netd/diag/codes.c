// SPDX-License-Identifier: GPL-2.0-or-later
// codes.c - a row of the table becomes a cause: its placeholders are filled, its command is cut
// into words
#include "diag/codes.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. The judge says which row and fills the words; this file puts both
 * together. Sentences are filled as text. Commands are not: a command is cut into words first,
 * by the spaces of the template, and only then is each word filled. So a value with a space, a
 * quote or a semicolon in it is one argument, and no shell ever sees a line that was glued
 * together. A few placeholders stand for several words (is_several()); what fills those is made
 * by the judge out of names that judge_is_plain() has passed.
 *
 * A value that is not known makes a sentence with "?" in it, and a command that is left out:
 * half of a command is dangerous, half of a sentence is not. */

/* The table is walked: it has some hundred rows, and nobody asks more often than once for a
 * verdict. */
const struct code *code_find(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (strcmp(codes[i].word, word) == 0)
			return &codes[i];
	return NULL;
}

/* --- words ------------------------------------------------------------------------------------ */

/* The place of a key. When the list is full its last place is given away, so that callers do
 * not have to look at a result; CODE_WORDS_MAX is chosen so that this does not happen. */
static size_t find_word(struct code_words *words, const char *key)
{
	/* Each hop fills a dozen of them, so that most are told apart by a letter. */
	for (size_t i = 0; i < words->n; i++)
		if (words->items[i].key[0] == key[0] && strcmp(words->items[i].key, key) == 0)
			return i;
	if (words->n < CODE_WORDS_MAX)
		words->n++;
	return words->n - 1;
}

/* The text may be that of another word, or of this one. */
static void copy_word(char *ret_text, const char *text)
{
	size_t len = text ? strnlen(text, CODE_WORD_LEN - 1) : 0;

	if (len > 0)
		memmove(ret_text, text, len);
	ret_text[len] = '\0';
}

void code_word_set(struct code_words *words, const char *key, const char *text, ...)
{
	size_t i = find_word(words, key);
	va_list list;

	/* The key is a constant of the program, so the pointer stays valid. */
	words->items[i].key = key;
	va_start(list, text);
	/* Too long a value is cut, as the header promises. "%s" is by far the most frequent
	 * format and is copied, for vsnprintf(3) may not read from where it writes. */
	if (strcmp(text, "%s") == 0)
		copy_word(words->items[i].text, va_arg(list, const char *));
	else
		(void)vsnprintf(words->items[i].text, CODE_WORD_LEN, text, list);
	va_end(list);
}

void code_word_drop(struct code_words *words, const char *key)
{
	for (size_t i = 0; i < words->n; i++)
		if (strcmp(words->items[i].key, key) == 0) {
			/* The order does not matter, so the last one fills the gap. Where it is
			 * the last one itself nothing moves. */
			words->items[i] = words->items[--words->n];
			return;
		}
}

/* Those that there are, of places for many. */
void code_words_copy(const struct code_words *from, struct code_words *ret_words)
{
	memcpy(ret_words->items, from->items, from->n * sizeof(from->items[0]));
	ret_words->n = from->n;
	ret_words->is_terse = from->is_terse;
}

/* key is not terminated: it stands between the braces of a template. */
static const char *get_word(const struct code_words *words, const char *key, size_t len)
{
	for (size_t i = 0; i < words->n; i++)
		if (strlen(words->items[i].key) == len &&
		    memcmp(words->items[i].key, key, len) == 0)
			return words->items[i].text;
	return NULL;
}

const char *code_word_get(const struct code_words *words, const char *key)
{
	return get_word(words, key, strlen(key));
}

/* A brace that is not closed is text. No row has one, but the words of a page may. */
bool code_fill(const struct code_words *words, const char *text, struct buf *out)
{
	bool is_whole = true;

	while (*text) {
		const char *open = strchrnul(text, '{');
		const char *close = *open ? strchr(open, '}') : NULL;

		buf_append(out, text, (size_t)(open - text));
		if (!close) {
			buf_puts(out, open);
			break;
		}
		const char *value = get_word(words, open + 1, (size_t)(close - open - 1));

		buf_puts(out, value ? value : "?");
		is_whole = is_whole && value;
		text = close + 1;
	}
	return is_whole;
}

/* --- commands --------------------------------------------------------------------------------- */

/* The next word of a command's template, and where the search for the one after begins. Single
 * quotes hold words together, as in a shell; there is no escape within them. NULL: there is
 * none. */
static const char *next_word(const char *text, size_t *ret_len, const char **ret_word)
{
	while (*text == ' ')
		text++;
	if (*text == '\0')
		return NULL;
	if (*text == '\'') {
		*ret_word = text + 1;
		*ret_len = strcspn(text + 1, "'");
		text += 1 + *ret_len;
		/* A quote that is not closed ends with the text. */
		return *text ? text + 1 : text;
	}
	*ret_word = text;
	*ret_len = strcspn(text, " ");
	return text + *ret_len;
}

/* To sysctl(8) a dot in the name of a link is a slash: net.ipv4.conf.eth0/100.rp_filter. */
static void slash_link(char *word)
{
	size_t len = strlen("net.ipv4.conf.");
	const char *last = strrchr(word, '.');

	if (strncmp(word, "net.ipv4.conf.", len) != 0 && strncmp(word, "net.ipv6.conf.", len) != 0)
		return;
	for (char *c = word + len; c < last; c++)
		if (*c == '.')
			*c = '/';
}

/* Adds one argument. Without memory the word is empty and the error is in the verdict, which
 * whoever writes it looks at: no command with a missing word is ever shown. */
static void add_word(const char *word, size_t len, struct diag_fix *fix,
		     struct diag_verdict *verdict)
{
	_cleanup_free_ char *copy = strndup(word, len);

	if (copy)
		slash_link(copy);
	else
		verdict->err = verdict->err ? verdict->err : -ENOMEM;
	verdict_add_word(verdict, fix, "%s", copy ? copy : "");
}

/* What stands for several words, for instance "nsenter -n -t 17", is cut here as a template is. */
static void add_words(const char *text, struct diag_fix *fix, struct diag_verdict *verdict)
{
	const char *word;
	size_t len;

	while ((text = next_word(text, &len, &word)))
		add_word(word, len, fix, verdict);
}

/* Placeholders that stand for more than one word each. All others are one, whatever is in them: a
 * comment with a space or a quote in it does not become two words of a command that root runs. */
static bool is_several(const char *word, size_t len)
{
	static const char *const several[] = { "{in}",	   "{restore}",	 "{unrule}",
					       "{accept}", "{route}",	 "{matched}",
					       "{answer}", "{continue}", "{hairpin}" };

	for (size_t i = 0; i < ARRAY_SIZE(several); i++)
		if (strlen(several[i]) == len && memcmp(several[i], word, len) == 0)
			return true;
	return false;
}

/* One word of the template at a time. What is in it is filled after it was cut out, never
 * before. */
static void add_command(const struct code_words *words, const char *argv, struct diag_fix *fix,
			struct diag_verdict *verdict)
{
	const char *word;
	size_t len;

	while ((argv = next_word(argv, &len, &word))) {
		/* add_fix() has filled the whole command before, so the value is there. */
		if (is_several(word, len)) {
			add_words(get_word(words, word + 1, len - 2), fix, verdict);
			continue;
		}
		_cleanup_free_ char *template = strndup(word, len);
		struct buf out = { 0 };

		if (template)
			(void)code_fill(words, template, &out);
		if (!template || out.err)
			verdict->err = verdict->err ? verdict->err : -ENOMEM;
		add_word(out.data ? out.data : "", out.len, fix, verdict);
		buf_done(&out);
	}
}

/* A command that publishes a port is none where no port was asked for. */
static bool lacks_port(const struct code_words *words, const struct code_fix *fix)
{
	const char *port = code_word_get(words, "port");

	return fix->argv && strstr(fix->argv, "{port}") && port && strcmp(port, CODE_ANY_PORT) == 0;
}

/* What only a netd that runs can do: a command that asks it, or a sentence that names one. */
static bool asks_netd(const struct buf *text)
{
	return text->data && strstr(text->data, "netctl ");
}

/* The comparison that --fix asks for is made by each start as well. */
static bool is_repair(const struct buf *command)
{
	static const char word[] = "netctl doctor --fix";

	return command->data && strncmp(command->data, word, sizeof(word) - 1) == 0;
}

/* What netd would repair while it does not run. It is no choice, whatever it is otherwise: nothing
 * is made that netd does not make by itself. */
static void add_start(const char *restart, struct diag_verdict *verdict)
{
	struct diag_fix *fix = verdict_add_fix(verdict, DIAG_ADMIN,
					       "start netd anew, which compares and repairs");

	add_words(restart, fix, verdict);
}

/* The sentence is always told. The command comes only where each of its words is known, so the
 * reader has either a whole command or none. */
static void add_fix(const struct code_words *words, const struct code_fix *from,
		    struct diag_verdict *verdict)
{
	const char *restart = code_word_get(words, "restart");
	_cleanup_(buf_done) struct buf say = { 0 }, command = { 0 };
	bool has_command = from->argv && code_fill(words, from->argv, &command);

	if (restart && has_command && is_repair(&command)) {
		add_start(restart, verdict);
		return;
	}
	(void)code_fill(words, from->say, &say); /* "?" stands where a word is missing */
	if (restart && (asks_netd(&say) || (has_command && asks_netd(&command))))
		buf_printf(&say, "; first start netd anew: %s", restart);
	struct diag_fix *fix = verdict_add_fix(verdict, from->who, "%s", say.data ? say.data : "");

	fix->is_choice = from->is_choice;
	if (has_command)
		add_command(words, from->argv, fix, verdict);
}

/* The first cause wins. verdict_set_cause() returns false where there is one, and lists this
 * code behind it: then why and fixes would explain something else than the first line says. */
void code_tell(const struct code_words *words, enum code_id id, const char *hop,
	       struct diag_verdict *verdict)
{
	const struct code *code = &codes[id];
	struct buf cause = { 0 }, why = { 0 };

	if (verdict->is_terse) {
		(void)verdict_set_cause(verdict, code->word, hop, "%s", "");
		return;
	}
	(void)code_fill(words, code->cause, &cause);
	/* The first error is the one that is kept. */
	if (cause.err)
		verdict->err = verdict->err ? verdict->err : cause.err;
	if (verdict_set_cause(verdict, code->word, hop, "%s", cause.data ? cause.data : "")) {
		(void)code_fill(words, code->why, &why);
		verdict_set_why(verdict, "%s", why.data ? why.data : "");
		for (size_t i = 0; i < ARRAY_SIZE(code->fixes) && code->fixes[i].say; i++)
			/* "Publish the port" is no advice where no port was asked for. */
			if (!lacks_port(words, &code->fixes[i]))
				add_fix(words, &code->fixes[i], verdict);
		if (code_notes[id])
			verdict_set_note(verdict, "%s", code_notes[id]);
	}
	buf_done(&cause);
	buf_done(&why);
}

/* --- the page --------------------------------------------------------------------------------- */

static const char *const part_title[] = {
	[CODE_OF_A] = "Where it starts",
	[CODE_OF_BRIDGE] = "The bridge",
	[CODE_OF_HOST] = "The host",
	[CODE_OF_B] = "Where it is to arrive",
	[CODE_OF_PORTS] = "Published ports",
	[CODE_OF_NAMES] = "Names",
	[CODE_OF_DOCTOR] = "What `netctl doctor` alone tells",
};

static const char *const who_does[] = {
	[DIAG_NETD] = "netd does it",
	[DIAG_ADMIN] = "the administrator of the host",
	[DIAG_CONTAINER] = "whoever runs the container",
};

/* Only letters are turned into capitals. The hyphen of "POLICY-SRC" stays. */
static bool is_small(char c)
{
	return c >= 'a' && c <= 'z';
}

/* On the page a placeholder is what it stands for, in capitals: "{b} listens" is "B listens". One
 * behind a word brings its own space where there is something to say, which is "answers{asked}". */
static void put_template(const char *text, struct buf *out)
{
	for (const char *start = text; *text; text++) {
		if (*text == '{') {
			if (text > start && is_small(text[-1]))
				buf_puts(out, " ");
			/* The placeholder's name is in the braces; one without an end is not
			 * printed. */
			for (text++; *text && *text != '}'; text++)
				buf_printf(out, "%c", is_small(*text) ? *text - 'a' + 'A' : *text);
			if (!*text)
				return;
		} else {
			buf_append(out, text, 1);
		}
	}
}

/* A fix as a line of the page. Values do not exist there, so placeholders stay, in capitals. */
static void write_fix(const struct code_fix *fix, struct buf *out)
{
	const char *argv;

	buf_puts(out, "- Do: ");
	put_template(fix->say, out);
	buf_printf(out, " (%s%s).", who_does[fix->who],
		   fix->is_choice ? "; a choice, for it opens, joins or reroutes something" : "");
	/* Where it runs is told by the sentence; what was found alone makes no command to read. */
	argv = fix->argv && strncmp(fix->argv, "{in} ", 5) == 0 ? fix->argv + 5 : fix->argv;
	if (argv && argv[0] != '{') {
		buf_puts(out, " `");
		put_template(argv, out);
		buf_puts(out, "`");
	}
	buf_puts(out, "\n");
}

/* All that the row says, in the order of an answer, with the two members that only the page has. */
static void write_code(const struct code *code, struct buf *out)
{
	buf_printf(out, "\n### %s\n\n**", code->word);
	put_template(code->cause, out);
	buf_puts(out, ".** ");
	put_template(code->why, out);
	buf_puts(out, "\n\n- The program that connects: ");
	put_template(code->seen, out);
	buf_puts(out, "\n- What decides: ");
	buf_puts(out, code->fact);
	buf_puts(out, "\n");
	for (size_t i = 0; i < ARRAY_SIZE(code->fixes) && code->fixes[i].say; i++)
		write_fix(&code->fixes[i], out);
	if (code->outcome == DIAG_PARTLY)
		buf_puts(out, "- The verdict is \"partly\": it connects, and yet not all works.\n");
}

/* Parts come in the order of the enum, and rows of a part in the order of the table, which is
 * the order in which a packet meets the places. */
void codes_write_page(struct buf *out)
{
	buf_puts(out,
		 "# What breaks a connection, and what repairs it\n\n"
		 "<!-- written from netd/diag/codes_table.c; tests/unit/diag/test_codes.c "
		 "compares -->\n\n"
		 "`netctl explain A B` names one of these codes as the first cause. A is who "
		 "connects, B "
		 "who is to\nanswer; words in capitals stand for what was found. `netctl "
		 "doctor` names those of them that nobody\nneeds a pair to see, and a few more.\n");
	for (size_t part = 0; part < ARRAY_SIZE(part_title); part++) {
		buf_printf(out, "\n## %s\n", part_title[part]);
		for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
			if (codes[i].part == part)
				write_code(&codes[i], out);
	}
}
