// SPDX-License-Identifier: GPL-2.0-or-later
// when.c - points in time as Docker's API writes them: since, until, Created
#include "model/text/when.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Three forms are read, and tried in this order:
 *
 * DURATION   Go's, "1h30m": that long ago
 * SECONDS    a Unix time, with a fraction of up to nine digits
 * DATE       RFC 3339, or a part of it from the left; without a zone it is local
 *
 * Nothing negative is read. All of it must be understood: a text with something left over is
 * refused. */

#define NS_PER_S 1000000000LL
/* It keeps all sums below 64 bits. */
#define SECONDS_MAX 253402300799LL /* the end of the year 9999, RFC 3339's last */

/* ".5" to nanoseconds; more than nine digits are cut. Leaves *text after the digits. No point at
 * all is no fraction, and is right. */
static bool parse_fraction(const char **text, long *ret_ns)
{
	long ns = 0, unit = NS_PER_S / 10;

	if (**text != '.')
		return true;
	if (!isdigit((unsigned char)*++*text))
		return false;
	for (; isdigit((unsigned char)**text); ++*text, unit /= 10)
		ns += (**text - '0') * unit;
	*ret_ns = ns;
	return true;
}

/* Digits to a number that stays below SECONDS_MAX; false: none, or too many. *text goes behind the
 * digits. */
static bool parse_digits(const char **text, int64_t *ret_value)
{
	int64_t value = 0;

	if (!isdigit((unsigned char)**text))
		return false;
	for (; isdigit((unsigned char)**text); ++*text) {
		value = value * 10 + (**text - '0');
		if (value > SECONDS_MAX)
			return false;
	}
	*ret_value = value;
	return true;
}

/* The whole text must be the number. Seconds since 1970, in UTC. */
static bool parse_unix(const char *text, struct timespec *when)
{
	int64_t seconds;

	when->tv_nsec = 0;
	if (!parse_digits(&text, &seconds) || !parse_fraction(&text, &when->tv_nsec))
		return false;
	when->tv_sec = (time_t)seconds;
	return !*text;
}

static const struct {
	const char *name;
	int64_t ns;
} units[] = {
	/* longest first where one begins another */
	{ "ns", 1 },	   { "us", 1000 },    { "\xc2\xb5s", 1000 },  { "\xce\xbcs", 1000 },
	{ "ms", 1000000 }, { "s", NS_PER_S }, { "m", 60 * NS_PER_S }, { "h", 3600 * NS_PER_S },
};

/* 0: no unit. */
static int64_t parse_unit(const char **text)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		size_t len = strlen(units[i].name);

		if (strncmp(*text, units[i].name, len) == 0) {
			*text += len;
			return units[i].ns;
		}
	}
	return 0;
}

/* Go's time.ParseDuration without a sign: the past is what since and until are about. */
static bool parse_duration(const char *text, int64_t *ret_ns)
{
	__int128 total = 0;

	if (strcmp(text, "0") == 0 || !*text)
		return false; /* a Unix time, or nothing */
	while (*text) {
		int64_t whole, unit;
		long fraction = 0;

		if (!parse_digits(&text, &whole) || !parse_fraction(&text, &fraction))
			return false;
		unit = parse_unit(&text);
		if (unit == 0)
			return false;
		/* Whole may be 12 digits of hours: in nanoseconds that is more than 64 bits
		 * hold. */
		total += (__int128)whole * unit + (__int128)fraction * unit / NS_PER_S;
		if (total > INT64_MAX)
			return false;
	}
	*ret_ns = (int64_t)total;
	return true;
}

/* "Z", "+01:00", "-05:30" to seconds east. */
static bool parse_zone(const char *text, long *ret_east)
{
	long hours, minutes;

	if (strcmp(text, "Z") == 0) {
		*ret_east = 0;
		return true;
	}
	if (strlen(text) != 6 || (*text != '+' && *text != '-') || text[3] != ':' ||
	    !isdigit((unsigned char)text[1]) || !isdigit((unsigned char)text[2]) ||
	    !isdigit((unsigned char)text[4]) || !isdigit((unsigned char)text[5]))
		return false;
	hours = strtol(text + 1, NULL, 10);
	minutes = strtol(text + 4, NULL, 10);
	*ret_east = (*text == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return hours < 24 && minutes < 60;
}

/* A date alone is midnight. */
static bool parse_date(const char *text, struct timespec *when)
{
	static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H",
					     "%Y-%m-%d" };
	struct tm tm;
	const char *rest = NULL;
	long east;

	for (size_t i = 0; i < ARRAY_SIZE(forms) && !rest; i++) {
		/* Fresh for each form: strptime(3) leaves behind what it had read before it
		 * failed. */
		tm = (struct tm) { .tm_isdst = -1 };
		rest = strptime(text, forms[i], &tm);
	}
	when->tv_nsec = 0;
	if (!rest || !parse_fraction(&rest, &when->tv_nsec))
		return false;
	if (!*rest) {
		/* Without a zone it is the local time of the daemon. */
		when->tv_sec = mktime(&tm);
		return true;
	}
	if (!parse_zone(rest, &east))
		return false;
	when->tv_sec = timegm(&tm) - east;
	return true;
}

/* now: what a duration is counted back from. */
int when_parse(const char *text, const struct timespec *now, struct timespec *ret_when)
{
	struct timespec when;
	int64_t ago;

	if (parse_duration(text, &ago)) {
		when.tv_sec = now->tv_sec - (time_t)(ago / NS_PER_S);
		when.tv_nsec = now->tv_nsec - (long)(ago % NS_PER_S);
		/* A timespec has its nanoseconds from 0 on, also where the difference has not.
		 * */
		if (when.tv_nsec < 0) {
			when.tv_nsec += NS_PER_S;
			when.tv_sec--;
		}
	} else if (!parse_unix(text, &when) && !parse_date(text, &when)) {
		return -EINVAL;
	}
	*ret_when = when;
	return 0;
}

/* As strcmp(3). */
int when_compare(const struct timespec *a, const struct timespec *b)
{
	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	if (a->tv_nsec != b->tv_nsec)
		return a->tv_nsec < b->tv_nsec ? -1 : 1;
	return 0;
}
