// SPDX-License-Identifier: GPL-2.0-or-later
// guard.c - what netd healed, refused, and saw forged or dropped: how often, and since when
#include "model/health/guard.h"

#include "base/limits.h"

#include <stdio.h>
#include <string.h>

/* Longer than any time is.
 *
 * Each counter is a row of GUARD_COUNTERS in the header, with its kind, its name and the words of
 * its line in the log. Counters live as long as the process and begin at 0 with it; Since says when
 * that was. */
#define GUARD_TIME_MAX 32 /* RFC 3339 to the second: 20 */

/* The keys of the API, and the first half of a counter's code. */
static const char *const kind_name[_GUARD_KIND_N] = {
	[GUARD_KIND_HEALED] = "Healed",
	[GUARD_KIND_REFUSED] = "Refused",
	[GUARD_KIND_FORGED] = "Forged",
	[GUARD_KIND_DROPPED] = "Dropped",
};

/* What is said about a counter: which kind, its name, and whether the log is told. tell is false
 * where whoever counts says more in a line of its own. */
struct guard_info {
	enum guard_kind kind;
	const char *name;
	bool tell;
	const char *words;
};

#define GUARD_INFO(id, kind_, name_, tell_, words_)                                                \
	[GUARD_##id] = {                                                                           \
		.kind = GUARD_KIND_##kind_, .name = (name_), .tell = (tell_), .words = (words_)    \
	},
static const struct guard_info infos[_GUARD_N] = { GUARD_COUNTERS(GUARD_INFO) };

/* All counters at zero, from that moment on. */
void guard_init(struct guard *guard, time_t wall)
{
	*guard = (struct guard) { .since = wall };
}

/* "Healed.bridge": the code that metrics and the API use. */
void guard_code(enum guard_id id, char ret_code[static GUARD_CODE_MAX])
{
	(void)snprintf(ret_code, GUARD_CODE_MAX, "%s.%s", kind_name[infos[id].kind],
		       infos[id].name);
}

/* In UTC, to the second. */
static void time_text(time_t when, char ret_text[static GUARD_TIME_MAX])
{
	struct tm tm = { 0 };

	(void)gmtime_r(&when, &tm); /* a year of more than 32 bits: that of 1900 is shown */
	(void)strftime(ret_text, GUARD_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* The first time, and then what has come since the log was told. A line is told at most once in
 * GUARD_TELL_S seconds for each counter. */
static bool is_to_be_told(struct guard_counter *counter, double now_s)
{
	/* A flood of what is counted must not become a flood of the log. */
	if (counter->n_told > 0 && now_s - counter->told_at < GUARD_TELL_S)
		return false;
	counter->told_at = now_s;
	return true;
}

/* now_s is of a clock that does not jump; wall is what people read. true: ret_text is a line for
 * the log. false: nothing is to be logged, and ret_text is as it was. */
bool guard_add(struct guard *guard, enum guard_id id, uint64_t n, time_t wall, double now_s,
	       char ret_text[static GUARD_TEXT_MAX])
{
	struct guard_counter *counter = &guard->counters[id];
	const struct guard_info *info = &infos[id];
	char since[GUARD_TIME_MAX];

	if (n == 0)
		return false;
	/* The first time is kept for good: "since" says whether a number is large. */
	if (counter->n == 0)
		counter->first = wall;
	counter->n += n;
	counter->last = wall;
	if (!info->tell || !is_to_be_told(counter, now_s))
		return false;
	time_text(counter->first, since);
	(void)snprintf(ret_text, GUARD_TEXT_MAX, "%llu %s, %llu since %s",
		       (unsigned long long)(counter->n - counter->n_told), info->words,
		       (unsigned long long)counter->n, since);
	/* Only what was told is taken off. What comes in the meantime is in the next line. */
	counter->n_told = counter->n;
	return true;
}

/* Not 0: out of memory. */
static int set_time(json_t *object, const char *name, time_t when)
{
	char text[GUARD_TIME_MAX];

	time_text(when, text);
	return json_object_set_new(object, name, json_string(text));
}

/* A counter that never counted has no times. NULL: out of memory. */
static json_t *counter_json(const struct guard_counter *counter)
{
	json_t *object = json_pack("{s:I}", "Count", (json_int_t)counter->n);

	if (object && counter->n > 0 &&
	    (set_time(object, "First", counter->first) < 0 ||
	     set_time(object, "Last", counter->last) < 0)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* One kind, as an object of its counters. Not 0: out of memory; the caller frees the object. */
static int add_kind(json_t *object, const struct guard *guard, enum guard_kind kind)
{
	json_t *list = json_object();
	int err = list ? 0 : -1;

	for (size_t id = 0; err == 0 && id < _GUARD_N; id++)
		if (infos[id].kind == kind)
			err = json_object_set_new(list, infos[id].name,
						  counter_json(&guard->counters[id]));
	if (err < 0)
		json_decref(list);
	else
		err = json_object_set_new(object, kind_name[kind], list);
	return err;
}

/* NULL: no memory. The result is the caller's. Kinds are keys, and their counters the keys
 * within. */
json_t *guard_json(const struct guard *guard)
{
	json_t *object = json_object();
	int err = object ? set_time(object, "Since", guard->since) : -1;

	for (int kind = 0; err == 0 && kind < _GUARD_KIND_N; kind++)
		err = add_kind(object, guard, (enum guard_kind)kind);
	if (err == 0)
		return object;
	json_decref(object);
	return NULL;
}
