// SPDX-License-Identifier: GPL-2.0-or-later
// thrown_reasons.c - why packets of a container are thrown away: a line for each, from what
// netd-explain --drops says of places
#include "cli/show/thrown_reasons.h"

#include "base/grow.h"
#include "base/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. netd-explain tells of each place how many packets were thrown away there in
 * the last second. They are added up here by container, network and reason, for the place matters
 * less to who looks at all containers at once. What means nothing, such as copies for others, is
 * not counted. */

struct thrown_reason {
	char container[NAME_LEN_MAX + 1], network[NAME_LEN_MAX + 1];
	char say[64], reason[64]; /* in words, and as the kernel calls it; "": not known */
	uint64_t packets;
};

/* Never NULL. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* A kernel that gives no reasons has its function in their place. */
static void read_place(const json_t *line, struct thrown_reason *place)
{
	const char *reason = text_of(line, "Reason");
	json_int_t packets = json_integer_value(json_object_get(line, "Packets"));

	(void)snprintf(place->container, sizeof(place->container), "%s",
		       text_of(line, "Container"));
	(void)snprintf(place->network, sizeof(place->network), "%s", text_of(line, "Network"));
	(void)snprintf(place->say, sizeof(place->say), "%s", text_of(line, "Say"));
	(void)snprintf(place->reason, sizeof(place->reason), "%s",
		       *reason ? reason : text_of(line, "Function"));
	place->packets = packets > 0 ? (uint64_t)packets : 0;
}

static bool is_same(const struct thrown_reason *one, const struct thrown_reason *other)
{
	return strcmp(one->container, other->container) == 0 &&
	       strcmp(one->network, other->network) == 0 && strcmp(one->say, other->say) == 0 &&
	       strcmp(one->reason, other->reason) == 0;
}

static int add(struct thrown_reasons *reasons, const struct thrown_reason *place)
{
	struct thrown_reason *rows;

	for (size_t i = 0; i < reasons->n; i++)
		if (is_same(&reasons->rows[i], place)) {
			reasons->rows[i].packets += place->packets;
			return 0;
		}
	rows = grow(reasons->rows, &reasons->room, reasons->n + 1, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	reasons->rows = rows;
	rows[reasons->n++] = *place;
	return 0;
}

int thrown_reasons_take(struct thrown_reasons *reasons, const json_t *line)
{
	struct thrown_reason place;

	if (json_object_get(line, "Ready") || *text_of(line, "Lacks"))
		(void)snprintf(reasons->lacks, sizeof(reasons->lacks), "%s",
			       text_of(line, "Lacks"));
	if (json_object_get(line, "Ready"))
		reasons->is_ready = true;
	/* Counters of links, which count where nothing else does, do not say why. */
	if (*reasons->lacks || !json_object_get(line, "Where") || json_object_get(line, "Decoy"))
		return 0;
	read_place(line, &place);
	return *place.container && place.packets > 0 ? add(reasons, &place) : 0;
}

/* Of one container. Rows of one reason on several networks, or at places of none, are together what
 * a reason is of. */
struct sum {
	const struct thrown_reason *most;
	uint64_t of_most, all;
	size_t n; /* of other reasons */
};

static bool is_asked(const struct thrown_reason *row, const char *container, const char *network)
{
	return strcmp(row->container, container) == 0 &&
	       (!network || strcmp(row->network, network) == 0);
}

static uint64_t of_reason(const struct thrown_reasons *reasons, const struct thrown_reason *like,
			  const char *network, bool *ret_is_first)
{
	uint64_t packets = 0;

	*ret_is_first = true;
	for (size_t i = 0; i < reasons->n; i++) {
		const struct thrown_reason *row = &reasons->rows[i];

		if (!is_asked(row, like->container, network) || strcmp(row->say, like->say) != 0 ||
		    strcmp(row->reason, like->reason) != 0)
			continue;
		if (packets == 0)
			*ret_is_first = row == like;
		packets += row->packets;
	}
	return packets;
}

static struct sum sum_of(const struct thrown_reasons *reasons, const char *container,
			 const char *network)
{
	struct sum sum = { 0 };

	for (size_t i = 0; i < reasons->n; i++) {
		const struct thrown_reason *row = &reasons->rows[i];
		uint64_t packets;
		bool is_first;

		if (!is_asked(row, container, network))
			continue;
		packets = of_reason(reasons, row, network, &is_first);
		if (!is_first)
			continue;
		sum.all += packets;
		sum.n += sum.most != NULL;
		if (packets > sum.of_most) {
			sum.of_most = packets;
			sum.most = row;
		}
	}
	return sum;
}

bool thrown_reasons_of(const struct thrown_reasons *reasons, const char *container,
		       const char *network, char text[static THROWN_REASONS_TEXT])
{
	struct sum sum = sum_of(reasons, container, network);
	char others[48] = "", why[132];

	if (!sum.most)
		return false;
	if (*sum.most->say && *sum.most->reason)
		(void)snprintf(why, sizeof(why), "%s (%s)", sum.most->say, sum.most->reason);
	else
		(void)snprintf(why, sizeof(why), "%s",
			       *sum.most->say	   ? sum.most->say
			       : *sum.most->reason ? sum.most->reason
						   : "the kernel does not say why");
	if (sum.n > 0)
		(void)snprintf(others, sizeof(others), "; %" PRIu64 " for other reasons",
			       sum.all - sum.of_most);
	(void)snprintf(text, THROWN_REASONS_TEXT, "%" PRIu64 " thrown away: %s%s", sum.of_most, why,
		       others);
	return true;
}

void thrown_reasons_done(struct thrown_reasons *reasons)
{
	free(reasons->rows);
	*reasons = (struct thrown_reasons) { 0 };
}
