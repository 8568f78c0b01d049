// SPDX-License-Identifier: GPL-2.0-or-later
// figure.c - numbers of a snapshot as families of metrics
#include "metrics/figure.h"

/* Theory of operation. A snapshot is read by its keys, and never as a whole: a key that is
 * missing, because netd is older or a part was not gathered, leaves its family out of the page.
 * A reader takes a family that is missing for "unknown", and a 0 for a number; so nothing is
 * ever written as 0 because it is not known. */

void figure_begin(const struct page *page, const struct series *series)
{
	series_begin(page->out, page->format, series);
}

/* false: it is not there, or is no number, or is negative. */
bool figure_number(const struct json_span *object, const char *key, uint64_t *ret_number)
{
	struct json_span value;
	int64_t number;

	json_span_members(object, &key, 1, &value);
	if (!json_span_integer(&value, &number) || number < 0)
		return false;
	*ret_number = (uint64_t)number;
	return true;
}

/* Without the key the span has no kind, and everything that is asked of it finds nothing. */
struct json_span figure_member(const struct json_span *object, const char *key)
{
	struct json_span value;

	json_span_members(object, &key, 1, &value);
	return value;
}

/* Each of them is a family of its own, with one sample and no label. */
void figure_write(const struct page *page, const struct json_span *object,
		  const struct figure *figures, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t value;

		if (!figure_number(object, figures[i].key, &value))
			continue;
		figure_begin(page, &figures[i].series);
		series_sample(page->out, &figures[i].series, NULL, 0, value);
	}
}

/* One family with a sample for each name. are_objects: the number is the key Count of an object
 * that stands there, beside other keys; otherwise it is the value itself. */
void figure_write_named(const struct page *page, const struct json_span *object,
			const struct series *series, const char *label,
			const struct figure_named *named, size_t n, bool are_objects)
{
	/* A family without a sample is none. */
	if (json_span_kind(object) != JSON_SPAN_OBJECT)
		return;
	figure_begin(page, series);
	for (size_t i = 0; i < n; i++) {
		struct series_label its = { label, named[i].label };
		struct json_span value = figure_member(object, named[i].key);
		uint64_t count;

		if (are_objects ? figure_number(&value, "Count", &count)
				: figure_number(object, named[i].key, &count))
			series_sample(page->out, series, &its, 1, count);
	}
}

/* false: the list has ended, or goes on with what is no number; a histogram ends there. */
static bool next_number(const struct json_span *list, struct json_span *item, uint64_t *ret_number)
{
	int64_t number;

	if (!json_span_next(list, item) || !json_span_integer(item, &number) || number < 0)
		return false;
	*ret_number = (uint64_t)number;
	return true;
}

/* A page counts all that took up to a bound, and a snapshot those between two. So the counts
 * are summed up on the way. There is one count more than bounds: the last has those that took
 * longer than any bound, and becomes the bucket +Inf. */
void figure_write_histogram(const struct page *page, const struct series *series,
			    const struct series_label *label, const struct json_span *took)
{
	struct json_span bounds = figure_member(took, "BoundsMicroseconds");
	struct json_span counts = figure_member(took, "Counts");
	struct json_span bound = { 0 }, count = { 0 };
	uint64_t sum = 0, n, bound_us, total_us;

	/* Half a histogram would be refused by readers together with the page. */
	if (json_span_kind(&bounds) != JSON_SPAN_ARRAY ||
	    json_span_kind(&counts) != JSON_SPAN_ARRAY ||
	    !figure_number(took, "SumMicroseconds", &total_us))
		return;
	while (next_number(&counts, &count, &n)) {
		bool has_bound = next_number(&bounds, &bound, &bound_us);

		sum += n;
		if (has_bound)
			series_bucket(page->out, series, label, bound_us, sum);
		else
			break;
	}
	series_histogram_end(page->out, series, label, sum, total_us);
}
