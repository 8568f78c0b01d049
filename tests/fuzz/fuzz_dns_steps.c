// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_dns_steps.c - any bytes as the steps of a decision: reading ends, what is sound is shown as
// JSON that a terminal may have, and is written again as it came
#include "api/handlers/steps_json.h"
#include "dns/steps.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t space[DNS_STEPS_HEAD + DNS_STEPS_BYTES_MAX];

static void show(struct dns_steps_reader reader)
{
	int err = 0;
	json_t *steps = steps_json(&reader, &err), *step;
	size_t i;

	assert((steps == NULL) == (err < 0));
	json_array_foreach (steps, i, step) {
		const char *text = json_string_value(json_object_get(step, "Text"));

		assert(text && *text && json_object_get(step, "Step"));
		for (; *text; text++)
			assert(*text >= ' ' && *text < 0x7f);
	}
	json_decref(steps);
}

static void as_files(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	json_t *program;

	memcpy(text, data, size);
	text[size] = '\0';
	program = steps_json_program(text, text, "web");
	/* NULL where a file holds what is no UTF-8, which netd writes into none. */
	json_decref(program);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire wire = wire_writer(space, sizeof(space));
	static struct dns_steps steps;
	struct dns_steps_reader reader;
	const uint8_t *answer;
	struct dns_step step;
	size_t len;
	int more;

	as_files(data, size);
	if (dns_steps_open(&reader, data, size, &answer, &len) < 0)
		return 0;
	assert(answer + len == data + size);
	show(reader);
	dns_steps_init(&steps, 0);
	while ((more = dns_steps_next(&reader, &step)) > 0) {
		steps.now_ns = (uint64_t)step.at_us * 1000;
		dns_steps_add(&steps, &step);
	}
	/* The last places are kept for the number of what was left out. */
	if (more < 0 || steps.n_left_out > 0)
		return 0;
	dns_steps_put(&wire, &steps);
	assert(wire.err == 0 && wire.pos == size - len);
	assert(memcmp(space, data, wire.pos) == 0);
	return 0;
}
