// SPDX-License-Identifier: GPL-2.0-or-later
// template_printf.c - the printf of templates

#include "cli/template/template_printf.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/template/template_value.h"

#include <ctype.h>
#include <string.h>

/* Theory of operation. Go's fmt is followed as far as tables need it: %s and %v print any
 * value, %d an integer, %q a text in quotes, %t a truth; "-" ranges left and "0" fills with
 * zeros. Anything else is refused, and so are values that are too few or too many, for Go would
 * print its complaint into the table. */

/* One conversion of printf: "-5" of "%-5s". The width is in bytes, and 0 means none. The verb is
 * one of the letters that the file's head names. */
struct conversion {
	bool left, zero;
	int width;
	char verb;
};

/* Reads behind the %; returns what follows the verb, or NULL. The flags may come in any order and
 * more than once, as in C. NULL: the verb is not known or the width is too large; a NUL behind the
 * % counts as an unknown verb. */
static const char *read_conversion(const char *c, struct conversion *conversion)
{
	*conversion = (struct conversion) { 0 };
	for (; *c == '-' || *c == '0'; c++)
		*(*c == '-' ? &conversion->left : &conversion->zero) = true;
	/* The width is looked at with each digit, so it cannot overflow. */
	for (; isdigit((unsigned char)*c); c++) {
		conversion->width = conversion->width * 10 + (*c - '0');
		if (conversion->width > TEMPLATE_WIDTH_MAX)
			return NULL;
	}
	conversion->verb = *c;
	return strchr("svdqt", *c) && *c ? c + 1 : NULL; /* strchr finds the NUL, too */
}

/* A minus sign wins over a zero, as in C. false: the value is no integer, and %d has nothing to
 * print. */
static bool print_number(const struct conversion *conversion, const json_t *value, struct buf *out)
{
	long long number = (long long)json_integer_value(value);

	if (!json_is_integer(value))
		return false;
	if (conversion->left)
		buf_printf(out, "%-*lld", conversion->width, number);
	else if (conversion->zero)
		buf_printf(out, "%0*lld", conversion->width, number);
	else
		buf_printf(out, "%*lld", conversion->width, number);
	return true;
}

/* False: the value does not go with the verb. A lack of memory is no such mistake: it is noted
 * in `out`, and told in the end. */
static bool print_conversion(const struct conversion *conversion, const json_t *value,
			     struct buf *out)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	int width = conversion->width;

	if (conversion->verb == 'd')
		return print_number(conversion, value, out);
	if (conversion->verb == 't' && !json_is_boolean(value))
		return false;
	/* JSON's quotes are Go's for all that is printable. */
	if (conversion->verb == 'q') {
		_cleanup_free_ char *quoted = json_is_string(value)
						      ? json_dumps(value, JSON_ENCODE_ANY)
						      : NULL;

		if (!quoted)
			return false;
		buf_puts(&text, quoted);
	} else {
		template_value_print(value, &text);
	}
	if (text.err < 0) {
		out->err = text.err;
		return true;
	}
	/* The blanks stand before or behind. Widths are bytes. */
	buf_printf(out, "%*s",
		   conversion->left || (size_t)width <= text.len ? 0 : width - (int)text.len, "");
	buf_append(out, text.data ? text.data : "", text.len);
	buf_printf(out, "%*s",
		   conversion->left && (size_t)width > text.len ? width - (int)text.len : 0, "");
	return true;
}

/* The table of functions asks for one argument at least, so args[0] is there. The result is a new
 * text, or NULL with the error set. Values are used in the order of the conversions; there are no
 * positions such as %[1]s. */
json_t *template_printf(json_t *const *args, size_t n_args, struct error *error)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	const char *c = json_string_value(args[0]);
	struct conversion conversion;
	size_t used = 1;

	if (!c)
		return template_value_refuse(error, "printf wants a format first");
	while (*c) {
		/* "%%" is a per cent sign. */
		if (*c != '%' || c[1] == '%') {
			buf_append(&text, c, 1);
			c += *c == '%' ? 2 : 1;
			continue;
		}
		c = read_conversion(c + 1, &conversion);
		if (!c)
			return template_value_refuse(
				error, "printf knows %s, %v, %d, %q and %t, up to a width of 1000");
		if (used == n_args)
			return template_value_refuse(
				error, "printf has fewer values than its format asks for");
		if (!print_conversion(&conversion, args[used++], &text))
			return template_value_refuse(error,
						     "printf: a value does not fit its format");
	}
	if (used < n_args)
		return template_value_refuse(error,
					     "printf has more values than its format asks for");
	return template_value_text(&text, error);
}
