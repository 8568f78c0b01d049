// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_filters.c - any text as a filter, over objects of every kind: an answer, always the same one
#include "model/filter/filters.h"
#include "model/filter/pattern.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const json_t *event(void)
{
	static json_t *made;

	if (!made)
		made = json_loads(
			"{\"Type\":\"network\",\"Action\":\"connect: x\",\"Actor\":{\"ID\":"
			"\"abc\",\"Attributes\":{\"name\":\"web\",\"container\":\"c\"}},"
			"\"scope\":\"local\"}",
			0, NULL);
	return made;
}

static void check_matching(const struct filters *filters)
{
	static json_t *labels;
	struct network network = { .spec = { .kind = kind_default(), .name = "web", .id = "abc" },
				   .created = { 5, 0 } };
	struct container container = { .spec = { .name = "app", .id = "def" } };

	if (!labels)
		labels = json_pack("{s:s}", "k", "v");
	network.spec.labels = container.spec.labels = labels;
	assert(filters_match_network(filters, &network, 10) ==
	       filters_match_network(filters, &network, 10));
	assert(filters_match_container(filters, &container) ==
	       filters_match_container(filters, &container));
	assert(filters_match_event(filters, event()) == filters_match_event(filters, event()));
}

static void check_filters(const char *text, const char *const *known)
{
	struct error error = { 0 };
	struct filters *filters;

	if (filters_parse(text, known, &filters, &error) < 0) {
		assert(error.text[0]);
		return;
	}
	if (filters_check(filters, &error) < 0)
		assert(error.text[0]);
	check_matching(filters);
	filters_free(filters);
}

/* A pattern that matches text matches it within more text too, when it has no anchors. */
static void check_pattern(const char *text)
{
	struct pattern *pattern;

	if (pattern_new(text, &pattern) < 0)
		return;
	if (!strpbrk(text, "^$") && pattern_match(pattern, "web")) {
		assert(pattern_match(pattern, "a web"));
		assert(pattern_match(pattern, "webby"));
	}
	pattern_free(pattern);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_filters(text, filters_network_list);
	check_filters(text, filters_network_prune);
	check_filters(text, filters_container_list);
	check_filters(text, filters_events);
	check_pattern(text);
	free(text);
	return 0;
}
