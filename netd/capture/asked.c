// SPDX-License-Identifier: GPL-2.0-or-later
// asked.c - what is to be captured: the question, as a stranger's text and decoded
#include "capture/asked.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A capture is asked for as pairs of KEY and VALUE: in the query of the API,
 * and on netd-capture's command line. One table has a setter for each key, so both take the same
 * words and refuse them in the same sentences.
 *
 * A struct capture_asked may be turned into words again (capture_asked_words()), by which netd
 * tells netd-capture what was asked. Whatever set_ lets through comes out in a form that it
 * takes. */

/* A number's last letters, and what they stand for. */
struct unit {
	const char *name;
	uint64_t factor;
};

/* Without a unit a time is in seconds. The first name that is equal to the rest of the text counts,
 * so "ms" does not need to come before "m". */
static const struct unit times[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "", 1000 },
};
static const struct unit sizes[] = {
	{ "k", 1000 },
	{ "M", 1000000 },
	{ "G", 1000000000 },
	{ "", 1 },
};

/* A plain number. */
static const struct unit counts[] = { { "", 1 } };

/* A number with a unit. -EINVAL; -ERANGE: above max. All of the text must be used. 0 with
 * *ret_amount set. */
static int read_amount(const char *text, const struct unit *units, size_t n_units, uint64_t max,
		       uint64_t *ret_amount)
{
	uint64_t amount = 0;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	/* Overflow counts as too much. */
	for (; isdigit((unsigned char)*text); text++)
		if (__builtin_mul_overflow(amount, 10, &amount) ||
		    __builtin_add_overflow(amount, (uint64_t)(*text - '0'), &amount))
			return -ERANGE;
	for (size_t i = 0; i < n_units; i++) {
		if (strcmp(text, units[i].name) != 0)
			continue;
		if (__builtin_mul_overflow(amount, units[i].factor, &amount) || amount > max)
			return -ERANGE;
		*ret_amount = amount;
		return 0;
	}
	return -EINVAL;
}

/* Words are quoted in answers and logs, and reach a terminal. Names and filters are the only words.
 * The text is copied whole or refused. */
static int set_word(const char *key, const char *value, char *ret_word, size_t size,
		    struct error *error)
{
	size_t len = strlen(value);

	if (len == 0)
		return error_set(error, ERROR_INVALID, "%s is empty", key);
	if (len >= size)
		return error_set(error, ERROR_INVALID, "%s has more than %zu characters", key,
				 size - 1);
	for (size_t i = 0; i < len; i++)
		if (value[i] < ' ' || value[i] > '~')
			return error_set(error, ERROR_INVALID,
					 "%s has a character that is not printable ASCII", key);
	memcpy(ret_word, value, len + 1);
	return 0;
}

static int set_name(struct capture_asked *asked, const char *value, struct error *error)
{
	return set_word("name", value, asked->name, sizeof(asked->name), error);
}

static int set_filter(struct capture_asked *asked, const char *value, struct error *error)
{
	return set_word("filter", value, asked->filter, sizeof(asked->filter), error);
}

/* As the API reads its flags, but no more words than these. "1" and "0". key is for the
 * sentence. */
static int set_flag(const char *key, const char *value, bool *ret_flag, struct error *error)
{
	if (strcmp(value, "1") != 0 && strcmp(value, "0") != 0)
		return error_set(error, ERROR_INVALID, "%s is 1 or 0", key);
	*ret_flag = value[0] == '1';
	return 0;
}

static int set_both(struct capture_asked *asked, const char *value, struct error *error)
{
	return set_flag("both", value, &asked->both, error);
}

static int set_loopback(struct capture_asked *asked, const char *value, struct error *error)
{
	return set_flag("loopback", value, &asked->loopback, error);
}

static int set_drops(struct capture_asked *asked, const char *value, struct error *error)
{
	return set_flag("drops", value, &asked->drops, error);
}

/* 0 would mean "without a bound", which is said by leaving it out. */
static int set_count(struct capture_asked *asked, const char *value, struct error *error)
{
	uint64_t count;

	if (read_amount(value, counts, ARRAY_SIZE(counts), UINT32_MAX, &count) < 0 || count == 0)
		return error_set(error, ERROR_INVALID, "count is a number of packets from 1");
	asked->count = count;
	return 0;
}

/* In milliseconds from here on. */
static int set_for(struct capture_asked *asked, const char *value, struct error *error)
{
	uint64_t ms;

	if (read_amount(value, times, ARRAY_SIZE(times), CAPTURE_FOR_MAX_MS, &ms) < 0 || ms == 0)
		return error_set(error, ERROR_INVALID,
				 "for is a time such as 500ms, 10s, 5m or 2h, of %d days at the "
				 "most",
				 (int)(CAPTURE_FOR_MAX_MS / 86400000));
	asked->for_ms = ms;
	return 0;
}

/* How much of each packet is kept. */
static int set_snaplen(struct capture_asked *asked, const char *value, struct error *error)
{
	uint64_t snaplen;

	if (read_amount(value, counts, ARRAY_SIZE(counts), CAPTURE_SNAPLEN_MAX, &snaplen) < 0 ||
	    snaplen < CAPTURE_SNAPLEN_MIN)
		return error_set(error, ERROR_INVALID, "snaplen is a number of bytes from %d to %d",
				 CAPTURE_SNAPLEN_MIN, CAPTURE_SNAPLEN_MAX);
	asked->snaplen = (uint32_t)snaplen;
	return 0;
}

/* How large the file may become. Decimal units: k is 1000. */
static int set_bytes(struct capture_asked *asked, const char *value, struct error *error)
{
	uint64_t bytes;

	if (read_amount(value, sizes, ARRAY_SIZE(sizes), INT64_MAX, &bytes) < 0 ||
	    bytes < CAPTURE_BYTES_MIN)
		return error_set(error, ERROR_INVALID,
				 "bytes is a size such as 500k, 10M or 2G, of %d at the least",
				 CAPTURE_BYTES_MIN);
	asked->bytes = bytes;
	return 0;
}

/* In the order of the setters. */
const char *const capture_asked_keys[CAPTURE_KEYS + 1] = { "name",   "both", "loopback", "drops",
							   "count",  "for",  "snaplen",	 "bytes",
							   "filter", NULL };

static int (*const setters[CAPTURE_KEYS])(struct capture_asked *asked, const char *value,
					  struct error *error) = {
	set_name, set_both,    set_loopback, set_drops, set_count,
	set_for,  set_snaplen, set_bytes,    set_filter
};

/* Nothing is asked yet; everything that has a bound has its largest. name is empty, which
 * capture_asked_check() refuses in the end. */
void capture_asked_init(struct capture_asked *asked)
{
	*asked = (struct capture_asked) { .snaplen = CAPTURE_SNAPLEN_MAX };
}

/* A key that is not known is an error, and not passed over: it may be a bound that somebody relies
 * on. A key that comes twice: the last one counts. */
int capture_asked_set(struct capture_asked *asked, const char *key, const char *value,
		      struct error *error)
{
	for (size_t i = 0; i < CAPTURE_KEYS; i++)
		if (strcmp(key, capture_asked_keys[i]) == 0)
			return setters[i](asked, value, error);
	return error_set(error, ERROR_INVALID, "nothing about a capture is called %.20s", key);
}

/* The text has room for all keys with their longest values. *at is where the next word begins,
 * behind the NUL of the one before. */
__attribute__((format(printf, 3, 4))) static void add_word(struct capture_words *words, size_t *at,
							   const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(words->text + *at, sizeof(words->text) - *at, format, args); /* fits */
	va_end(args);
	words->list[words->n++] = words->text + *at;
	*at += (size_t)len + 1;
}

/* The words for a command line. What is not asked is left out. ret_words->list points into
 * ret_words->text. */
void capture_asked_words(const struct capture_asked *asked, struct capture_words *ret_words)
{
	size_t at = 0;

	ret_words->n = 0;
	add_word(ret_words, &at, "name=%s", asked->name);
	if (asked->both)
		add_word(ret_words, &at, "both=1");
	if (asked->loopback)
		add_word(ret_words, &at, "loopback=1");
	if (asked->drops)
		add_word(ret_words, &at, "drops=1");
	if (asked->count)
		add_word(ret_words, &at, "count=%" PRIu64, asked->count);
	if (asked->for_ms)
		add_word(ret_words, &at, "for=%" PRIu64 "ms", asked->for_ms);
	if (asked->snaplen != CAPTURE_SNAPLEN_MAX)
		add_word(ret_words, &at, "snaplen=%" PRIu32, asked->snaplen);
	if (asked->bytes)
		add_word(ret_words, &at, "bytes=%" PRIu64, asked->bytes);
	if (asked->filter[0])
		add_word(ret_words, &at, "filter=%s", asked->filter);
}

/* A word of a command line, KEY=VALUE. The value may have further equals signs, as a filter
 * does. */
int capture_asked_take(struct capture_asked *asked, const char *word, struct error *error)
{
	const char *equals = strchr(word, '=');
	char key[16];

	if (!equals || (size_t)(equals - word) >= sizeof(key))
		return error_set(error, ERROR_INVALID, "what is asked is KEY=VALUE");
	(void)snprintf(key, sizeof(key), "%.*s", (int)(equals - word), word);
	return capture_asked_set(asked, key, equals + 1, error);
}

/* Everything but the name may be missing. */
int capture_asked_check(const struct capture_asked *asked, struct error *error)
{
	if (!asked->name[0])
		return error_set(error, ERROR_INVALID,
				 "name is missing: name=CONTAINER or name=NETWORK");
	return 0;
}
