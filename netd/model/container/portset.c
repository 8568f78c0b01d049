// SPDX-License-Identifier: GPL-2.0-or-later
// portset.c - a set of port numbers, as the kernel prints one: 8080,9000-9010
#include "model/container/portset.h"

#include <errno.h>

/* Theory of operation. Grammar of what is read, as the kernel prints ip_local_reserved_ports: N
 * or N-M, with commas between, and nothing for an empty set. The whole of it must be
 * understood, or it is refused: a set that was read by half would be written back by half. */

struct cursor {
	const char *at, *end;
};

/* No blanks and no signs: the kernel prints none. */
static bool read_number(struct cursor *cursor, uint32_t *ret_number)
{
	const char *start = cursor->at;
	uint32_t number = 0;

	for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
		number = number * 10 + (uint32_t)(*cursor->at - '0');
		/* Looked at with each digit, so that it cannot wrap around. */
		if (number > UINT16_MAX)
			return false;
	}
	*ret_number = number;
	/* No digit is no number: "8080," ends with nothing. */
	return cursor->at > start;
}

static bool skip(struct cursor *cursor, char c)
{
	if (cursor->at == cursor->end || *cursor->at != c)
		return false;
	cursor->at++;
	return true;
}

/* A single port is a range of one. */
static int add_range(struct cursor *cursor, struct portset *set)
{
	uint32_t first, last;

	if (!read_number(cursor, &first))
		return -EINVAL;
	last = first;
	if (skip(cursor, '-') && (!read_number(cursor, &last) || last < first))
		return -EINVAL;
	for (uint32_t port = first; port <= last; port++)
		set->bits[port / 8] |= (uint8_t)(1U << port % 8);
	return 0;
}

/* ret_set is written only when all of it was read. */
int portset_parse(const char *text, size_t len, struct portset *ret_set)
{
	struct cursor cursor = { text, text + len };
	struct portset set = { 0 };
	int err = 0;

	/* The kernel ends the file with a newline, also where the set is empty. */
	if (len > 0 && text[len - 1] == '\n')
		cursor.end--;
	if (cursor.at < cursor.end) {
		err = add_range(&cursor, &set);
		while (err == 0 && skip(&cursor, ','))
			err = add_range(&cursor, &set);
		if (cursor.at < cursor.end)
			err = -EINVAL;
	}
	if (err == 0)
		*ret_set = set;
	return err;
}

bool portset_has(const struct portset *set, uint16_t port)
{
	return set->bits[port / 8] & 1U << port % 8;
}

/* The loop's number is wider than a port, so that 65535 ends it. */
size_t portset_count(const struct portset *set, uint16_t first, uint16_t last)
{
	size_t n = 0;

	for (uint32_t port = first; port <= last; port++)
		n += portset_has(set, (uint16_t)port);
	return n;
}
