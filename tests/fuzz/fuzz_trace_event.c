// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_trace_event.c - a record of any bytes is refused, or becomes a line of JSON; a dropped
// packet's bytes are read from it again
#include "capture/dropped.h"
#include "trace/event.h"

#include <assert.h>
#include <jansson.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct event_reasons reasons = { .names = { [2] = "NOT_SPECIFIED" } };
	struct buf out = { 0 };
	uint64_t first_ns = 0;
	struct event event;
	json_t *json;

	if (event_read(data, size, &first_ns, &event) < 0)
		return 0;
	event_write(&event, &reasons, "ip_rcv", &out);
	assert(out.err == 0);
	json = json_loads(out.data, 0, NULL);
	assert(json && json_is_object(json_object_get(json, "Packet")));
	json_decref(json);
	if (event.point == LAYOUT_DROPPED && event.n_data > 0 && event.time_ns > 0 &&
	    event.time_ns <= INT64_MAX) {
		static struct dropped dropped; /* large */
		uint64_t n_lost;

		/* Without its newline. */
		assert(dropped_read(out.data, out.len - 1, &dropped, &n_lost) == DROPPED_PACKET);
		assert(dropped.len == event.n_data && dropped.time_ns == event.time_ns);
		assert(memcmp(dropped.data, event.data, event.n_data) == 0);
	}
	buf_done(&out);
	return 0;
}
