// SPDX-License-Identifier: GPL-2.0-or-later
// lost.c - what was lost inside of a container, by what the kernel counts
#include "cli/show/lost.h"

#include "cli/line/cli.h"
#include "cli/show/lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Where numbers end, and where words begin. */
#define PACKETS_END 10
#define WHAT_AT 12

/* Limits are told by themselves, and counted among what was dropped at the interface. */
static uint64_t at_limits(const json_t *told)
{
	const json_t *one;
	uint64_t n = 0;
	size_t i;

	json_array_foreach (told, i, one)
		if (strncmp(cli_str(one, "Counter"), "limit ", 6) == 0)
			n += (uint64_t)json_integer_value(json_object_get(one, "Packets"));
	return n;
}

/* The parts are of different places: what the interface has dropped never came to where the others
 * are counted. So they can be added up. */
json_t *lost_of(const struct traffic_row *row, const json_t *answer)
{
	const json_t *told = json_object_get(answer, "Losses");
	uint64_t dropped = row->received.dropped + row->sent.dropped, limits = at_limits(told);
	json_t *losses = json_array(), *one;
	size_t i;
	int err = losses ? 0 : -1;

	/* Those are from a moment later. */
	dropped -= limits < dropped ? limits : dropped;
	json_array_foreach (told, i, one)
		err |= json_array_append(losses, one);
	if (dropped > 0 && err == 0)
		err = json_array_append_new(
			losses, json_pack("{s:s, s:I, s:s}", "Counter", "dropped", "Packets",
					  (json_int_t)(dropped & INT64_MAX), "Say",
					  "at the interface, for a reason that the kernel does not "
					  "keep"));
	if (err == 0)
		return losses;
	json_decref(losses);
	return NULL;
}

static int64_t packets_of(const json_t *loss)
{
	return json_integer_value(json_object_get(loss, "Packets"));
}

static void put_loss(struct lines *lines, const json_t *loss)
{
	struct buf what = { 0 };
	char packets[24];
	int len = snprintf(packets, sizeof(packets), "%" PRId64, packets_of(loss));

	lines_pad(lines, len < PACKETS_END ? (size_t)(PACKETS_END - len) : 0);
	lines_put(lines, packets, LINES_PLAIN);
	lines_pad(lines, WHAT_AT);
	buf_printf(&what, "%s (%s)", cli_str(loss, "Say"), cli_str(loss, "Counter"));
	lines_wrap(lines, WHAT_AT, what.data ? what.data : "");
	lines_end(lines);
	buf_done(&what);
}

void lost_screen(const char *name, const json_t *losses, struct buf *out)
{
	struct lines lines = { .out = out };
	json_t *loss;
	int64_t sum = 0;
	size_t i;
	struct buf head = { 0 };

	json_array_foreach (losses, i, loss)
		sum += packets_of(loss);
	if (sum == 0)
		buf_printf(&head, "%s has lost nothing that the kernel counts", name);
	else
		buf_printf(&head, "%s has lost %" PRId64 " packets that the kernel counts", name,
			   sum);
	buf_puts(out, "\n");
	lines_wrap(&lines, 0, head.data ? head.data : "");
	lines_end(&lines);
	json_array_foreach (losses, i, loss)
		put_loss(&lines, loss);
	if (sum > 0) {
		buf_done(&head);
		buf_printf(&head, "why, of what is lost from now on: netctl drops %s", name);
		lines_wrap(&lines, 0, head.data ? head.data : "");
		lines_end(&lines);
	}
	buf_done(&head);
}
