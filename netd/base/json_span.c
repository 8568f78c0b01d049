// SPDX-License-Identifier: GPL-2.0-or-later
// json_span.c - JSON read where it stands: values are places in the text, and there is no tree
#include "base/json_span.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. A tree of a snapshot costs a block of memory or two for each value, and is
 * walked once. So the text itself is walked: first whole, to know that it is JSON and no deeper
 * than it may be, and then value by value by whoever wants them. Behind the first walk nothing can
 * be wrong any more, so a string ends at its quote and an object at its bracket, and nobody looks
 * twice.
 *
 * What the two walks share is the grammar of RFC 8259, and nothing else. The first walk looks at
 * every byte and is the only place that refuses. The second one trusts the text so far that it has
 * no way to fail: a span that was not checked must never get here. */

/* --- the first walk --------------------------------------------------------------------------- */

/* The walk knows the text's end and stops at each fault, so no byte behind it is read. */

/* at: the next byte. depth: brackets that are open. */
struct walk {
	const char *at, *end;
	int depth;
};

static bool walk_value(struct walk *walk);

/* The four of RFC 8259, 2. isspace(3) has others, and asks the locale. */
static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Stops at the end of the text, which the text need not mark with a NUL. */
static void skip_space(struct walk *walk)
{
	while (walk->at < walk->end && is_space(*walk->at))
		walk->at++;
}

/* Takes one byte if it is that one. */
static bool take(struct walk *walk, char c)
{
	if (walk->at == walk->end || *walk->at != c)
		return false;
	walk->at++;
	return true;
}

/* -1: it is none. c may be any byte. */
static int hex_of(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Of four digits; -1: they are not four. */
static int32_t unit_of(const char *at, const char *end)
{
	int32_t unit = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_of(at[i]);

		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

/* What stands behind "\u", of which two are one character beyond the first plane; *at is moved
 * behind it. -1: it is no character, or NUL, which would end a string of C's. Two units from d800
 * to dbff and from dc00 to dfff are one character. Either of them alone is none. */
static int32_t read_unit(const char **at, const char *end)
{
	int32_t unit = unit_of(*at, end), low;

	if (unit <= 0 || (unit >= 0xdc00 && unit <= 0xdfff))
		return -1;
	/* Only now, so that *at still points at the fault where there is one. */
	*at += 4;
	if (unit < 0xd800 || unit > 0xdbff)
		return unit;
	if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
		return -1;
	low = unit_of(*at + 2, end);
	if (low < 0xdc00 || low > 0xdfff)
		return -1;
	*at += 6;
	/* The first plane ends at 0xffff: the pair counts from behind it (RFC 8259, 7). */
	return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/* Behind a backslash. The NUL would be found by strchr(3), so it is asked for first. */
static bool walk_escape(struct walk *walk)
{
	char c = walk->at < walk->end ? *walk->at++ : '\0';

	if (c == 'u')
		return read_unit(&walk->at, walk->end) >= 0;
	return c && strchr("\"\\/bfnrt", c);
}

/* What most strings consist of. The slower checks begin where it ends. */
static const char *skip_plain(const char *at, const char *end)
{
	return at + utf8_plain_len(at, (size_t)(end - at));
}

/* A control character must be escaped (RFC 8259, 7), and all bytes must be UTF-8. */
static bool walk_string(struct walk *walk)
{
	if (!take(walk, '"'))
		return false;
	while ((walk->at = skip_plain(walk->at, walk->end)) < walk->end && *walk->at != '"') {
		unsigned char c = (unsigned char)*walk->at;
		/* utf8_len() is 0 for bytes that begin no character. */
		size_t len = c < 0x80 ? 1 : utf8_len(walk->at, (size_t)(walk->end - walk->at));

		if (c < 0x20 || len == 0)
			return false;
		walk->at += len;
		if (c == '\\' && !walk_escape(walk))
			return false;
	}
	return take(walk, '"');
}

/* At least one. */
static bool walk_digits(struct walk *walk)
{
	const char *begin = walk->at;

	while (walk->at < walk->end && is_digit(*walk->at))
		walk->at++;
	return walk->at > begin;
}

/* Whole ones alone: others are nobody's here, and only have to be written like some. Whether the
 * number is one that int64_t holds. at and end are around digits, with a sign or not. */
static bool fits(const char *at, const char *end)
{
	bool is_negative = *at == '-';
	/* The smallest number is one further from 0 than the largest. */
	uint64_t number = 0, max = (uint64_t)INT64_MAX + is_negative;

	for (at += is_negative; at < end; at++) {
		uint64_t digit = (uint64_t)(*at - '0');

		/* The test before the sum, since an overflow afterwards would not be seen. */
		if (number > (max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	return true;
}

/* A zero is not followed by digits (RFC 8259, 6). */
static bool walk_number(struct walk *walk)
{
	const char *begin = walk->at;
	bool is_whole = true;

	(void)take(walk, '-'); /* or not */
	if (!take(walk, '0') && !walk_digits(walk))
		return false;
	if (take(walk, '.')) {
		is_whole = false;
		if (!walk_digits(walk))
			return false;
	}
	if (take(walk, 'e') || take(walk, 'E')) {
		is_whole = false;
		(void)(take(walk, '+') || take(walk, '-')); /* or neither */
		if (!walk_digits(walk))
			return false;
	}
	/* A fraction may be as long as it likes. Nobody reads it. */
	return !is_whole || fits(begin, walk->at);
}

/* word: "true", "false" or "null". What follows is looked at by the caller. */
static bool walk_word(struct walk *walk, const char *word)
{
	while (*word)
		if (!take(walk, *word++))
			return false;
	return true;
}

/* The name is a string, and a colon stands behind it. */
static bool walk_member_name(struct walk *walk)
{
	if (!walk_string(walk))
		return false;
	skip_space(walk);
	return take(walk, ':');
}

/* Behind a comma there must be a value, and none before the first. */
static bool walk_items(struct walk *walk, bool is_object, char close)
{
	bool is_first = true;

	/* Over the bracket that the caller has seen. */
	walk->at++;
	/* Each level is a few frames of recursion, so the bound keeps the stack small. */
	if (++walk->depth > JSON_DEPTH_MAX)
		return false;
	for (skip_space(walk); !take(walk, close); skip_space(walk)) {
		if (!is_first && !take(walk, ','))
			return false;
		skip_space(walk);
		if ((is_object && !walk_member_name(walk)) || !walk_value(walk))
			return false;
		is_first = false;
	}
	/* Not on a failure: the walk is over then, and json_span_check() reads how deep it was. */
	walk->depth--;
	return true;
}

/* Recursion is bounded by walk_items(). At the end of the text the case is that of a number, which
 * fails. */
static bool walk_value(struct walk *walk)
{
	skip_space(walk);
	switch (walk->at < walk->end ? *walk->at : '\0') {
	case '{':
		return walk_items(walk, true, '}');
	case '[':
		return walk_items(walk, false, ']');
	case '"':
		return walk_string(walk);
	case 't':
		return walk_word(walk, "true");
	case 'f':
		return walk_word(walk, "false");
	case 'n':
		return walk_word(walk, "null");
	default:
		return walk_number(walk);
	}
}

/* *ret_value is the one value of the text. It points into the text, which must stay. */
int json_span_check(const char *text, size_t len, struct json_span *ret_value, struct error *error)
{
	struct walk walk = { text, text + len, 0 };
	const char *begin;

	skip_space(&walk);
	begin = walk.at;
	/* Anything but white space behind the value is a fault. */
	if (walk_value(&walk)) {
		*ret_value = (struct json_span) { begin, (size_t)(walk.at - begin) };
		skip_space(&walk);
		if (walk.at == walk.end)
			return 0;
	}
	if (walk.depth > JSON_DEPTH_MAX)
		return error_set(error, ERROR_INVALID, "invalid JSON: nested deeper than %d levels",
				 JSON_DEPTH_MAX);
	return error_set(error, ERROR_INVALID, "invalid JSON: byte %zu of %zu is out of place",
			 (size_t)(walk.at - text), len);
}

/* --- the second walk, where nothing is wrong -------------------------------------------------- */

/* at is the opening quote. The text is known to be whole, so the quote is there. */
static const char *end_of_string(const char *at)
{
	const char *quote = at;

	for (;;) {
		size_t n_escapes = 0;

		/* A quote is there: rawmemchr(3) looks no further than the string's own end. */
		quote = rawmemchr(quote + 1, '"');
		/* A backslash in front of it may be the second of two. */
		while (quote[-1 - (ptrdiff_t)n_escapes] == '\\')
			n_escapes++;
		if (n_escapes % 2 == 0)
			return quote + 1;
	}
}

/* What a byte outside of strings means to who walks over it. */
enum mark { MARK_NONE, MARK_QUOTE, MARK_OPEN, MARK_CLOSE, MARK_BETWEEN };
static const uint8_t mark_of[UINT8_MAX + 1] = {
	['"'] = MARK_QUOTE,    ['{'] = MARK_OPEN,     ['['] = MARK_OPEN,     ['}'] = MARK_CLOSE,
	[']'] = MARK_CLOSE,    [','] = MARK_BETWEEN,  [':'] = MARK_BETWEEN,  [' '] = MARK_BETWEEN,
	['\t'] = MARK_BETWEEN, ['\n'] = MARK_BETWEEN, ['\r'] = MARK_BETWEEN,
};

/* The end of a value that begins at `at`. Brackets inside of strings are passed over with the
 * strings. */
static const char *end_of_value(const char *at, const char *end)
{
	int depth = 0;

	/* Depth counts both kinds of bracket: in a text that was checked they match. */
	do {
		switch ((enum mark)mark_of[(uint8_t)*at]) {
		case MARK_QUOTE:
			at = end_of_string(at);
			break;
		case MARK_OPEN:
			depth++;
			at++;
			break;
		case MARK_CLOSE:
			depth--;
			at++;
			break;
		case MARK_BETWEEN:
			at++;
			break;
		case MARK_NONE:
			/* A number or a word ends where something else begins. */
			while (at < end && mark_of[(uint8_t)*at] == MARK_NONE)
				at++;
			break;
		}
	} while (depth > 0);
	return at;
}

/* Over space, and over what stands between two values. Commas and colons are where they must be, so
 * they need not be told apart. */
static const char *next_token(const char *at)
{
	while (mark_of[(uint8_t)*at] == MARK_BETWEEN)
		at++;
	return at;
}

/* The first byte tells the kind. JSON_SPAN_NONE: there is no such value. */
enum json_span_kind json_span_kind(const struct json_span *value)
{
	/* NULL is a value that is missing. */
	switch (value->at ? value->at[0] : '\0') {
	case '\0':
		return JSON_SPAN_NONE;
	case '{':
		return JSON_SPAN_OBJECT;
	case '[':
		return JSON_SPAN_ARRAY;
	case '"':
		return JSON_SPAN_STRING;
	case 't':
	case 'f':
		return JSON_SPAN_BOOL;
	case 'n':
		return JSON_SPAN_NULL;
	default:
		return JSON_SPAN_NUMBER;
	}
}

/* Whether a name is that key. Few have an escape, and only of those the characters are put together
 * first. One that is longer than any key is none of them. */
static bool is_key(const struct json_span *name, const char *key)
{
	char text[JSON_SPAN_KEY_MAX + 1];
	size_t len = name->len - 2; /* without its quotes */

	if (name->at[1] != key[0] && name->at[1] != '\\')
		return false;
	if (!memchr(name->at + 1, '\\', len))
		return strncmp(name->at + 1, key, len) == 0 && key[len] == '\0';
	return json_span_text(name, text, sizeof(text)) <= JSON_SPAN_KEY_MAX &&
	       strcmp(text, key) == 0;
}

/* n: nobody asked for it. */
static size_t index_of(const struct json_span *name, const char *const *keys, size_t n)
{
	size_t i = 0;

	while (i < n && !is_key(name, keys[i]))
		i++;
	return i;
}

/* One walk through an object for all members that are wanted. What is missing is JSON_SPAN_NONE. Of
 * a name that comes twice the last one counts. */
void json_span_members(const struct json_span *object, const char *const *keys, size_t n,
		       struct json_span *ret_values)
{
	bool is_object = json_span_kind(object) == JSON_SPAN_OBJECT;
	/* Behind the bracket: a name, or the end. */
	const char *at = is_object ? next_token(object->at + 1) : NULL, *end;

	memset(ret_values, 0, n * sizeof(*ret_values));
	for (end = object->at + object->len; is_object && *at != '}'; at = next_token(at)) {
		struct json_span name = { at, (size_t)(end_of_string(at) - at) };
		size_t i = index_of(&name, keys, n);
		const char *begin = next_token(at + name.len);

		/* A value without a place among keys is walked over in the same way. */
		at = end_of_value(begin, end);
		if (i < n)
			ret_values[i] = (struct json_span) { begin, (size_t)(at - begin) };
	}
}

/* Begin with an item that is all zero. false: there is no further one. What is no array has
 * none. */
bool json_span_next(const struct json_span *list, struct json_span *item)
{
	const char *at = item->at ? item->at + item->len : list->at + 1;

	if (json_span_kind(list) != JSON_SPAN_ARRAY)
		return false;
	at = next_token(at);
	if (*at == ']')
		return false;
	*item = (struct json_span) { at, (size_t)(end_of_value(at, list->at + list->len) - at) };
	return true;
}

/* 0 for what is no array. */
size_t json_span_count(const struct json_span *list)
{
	struct json_span item = { 0 };
	size_t n = 0;

	while (json_span_next(list, &item))
		n++;
	return n;
}

/* --- strings and numbers ---------------------------------------------------------------------- */

/* c is a character that the first walk let through. Bytes by the table of RFC 3629, 3: six bits in
 * each byte but the first. */
static size_t put_utf8(uint32_t c, char ret_bytes[4])
{
	if (c < 0x80) {
		ret_bytes[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		ret_bytes[0] = (char)(0xc0 | c >> 6);
		ret_bytes[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		ret_bytes[0] = (char)(0xe0 | c >> 12);
		ret_bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
		ret_bytes[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	ret_bytes[0] = (char)(0xf0 | c >> 18);
	ret_bytes[1] = (char)(0x80 | (c >> 12 & 0x3f));
	ret_bytes[2] = (char)(0x80 | (c >> 6 & 0x3f));
	ret_bytes[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* *at is behind the backslash, and moved behind the escape. Writes what the escape stands for, and
 * says how many bytes that is. */
static size_t read_escape(const char **at, const char *end, char ret_bytes[4])
{
	/* Both texts are in one order. The slash, the quote and the backslash stand for
	 * themselves. */
	static const char letters[] = "bfnrt", means[] = "\b\f\n\r\t";
	char c = *(*at)++;
	const char *letter = strchr(letters, c);

	if (c == 'u')
		return put_utf8((uint32_t)read_unit(at, end), ret_bytes);
	ret_bytes[0] = letter ? means[letter - letters] : c;
	return 1;
}

/* As much as there is room for; *len counts all. */
static void put(char *text, size_t size, size_t *len, const char *bytes, size_t n)
{
	/* What has no room is counted and not written. */
	if (*len < size)
		memcpy(text + *len, bytes, n < size - *len ? n : size - *len);
	*len += n;
}

/* As snprintf(3): the length is that of the whole text, whatever fits. What is no string is
 * empty. */
size_t json_span_text(const struct json_span *value, char *ret_text, size_t size)
{
	bool is_string = json_span_kind(value) == JSON_SPAN_STRING;
	const char *at = is_string ? value->at + 1 : NULL;
	const char *end = is_string ? value->at + value->len - 1 : NULL;
	size_t len = 0;

	/* A string is copied from one backslash to the next. */
	while (at < end) {
		const char *escape = memchr(at, '\\', (size_t)(end - at));
		size_t n = (size_t)((escape ? escape : end) - at);
		char bytes[4];

		put(ret_text, size, &len, at, n);
		at += n;
		if (!escape)
			break;
		at++;
		n = read_escape(&at, end, bytes);
		put(ret_text, size, &len, bytes, n);
	}
	/* size must be at least 1. */
	ret_text[len < size - 1 ? len : size - 1] = '\0';
	return len;
}

/* false: no number, or one with a fraction or an exponent. The first walk has seen that it fits. */
bool json_span_integer(const struct json_span *value, int64_t *ret_number)
{
	bool is_negative;
	uint64_t number = 0;

	if (json_span_kind(value) != JSON_SPAN_NUMBER)
		return false;
	is_negative = value->at[0] == '-';
	for (size_t i = is_negative; i < value->len; i++) {
		if (!is_digit(value->at[i]))
			return false;
		number = number * 10 + (uint64_t)(value->at[i] - '0');
	}
	/* Negated as an unsigned number: the smallest one has no positive counterpart. */
	*ret_number = (int64_t)(is_negative ? 0 - number : number);
	return true;
}

/* false, too, for what is missing. */
bool json_span_is_true(const struct json_span *value)
{
	return value->at && value->at[0] == 't';
}
