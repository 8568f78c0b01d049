// SPDX-License-Identifier: GPL-2.0-or-later
// steps.c - how a question was decided, step by step, for who asks why
#include "dns/steps.h"

#include <errno.h>
#include <string.h>

/* Of the step that says how many others were left out: kind, time, value, no address, port, two
 * empty texts. It has its room from the beginning. */
#define LEFT_OUT_LEN (1 + 4 + 4 + 1 + 2 + 2 + 2)

void dns_steps_init(struct dns_steps *steps, uint64_t now_ns)
{
	/* The bytes are written before they are read. */
	steps->from_ns = steps->now_ns = now_ns;
	steps->n_left_out = 0;
	steps->len = 0;
}

static void put_text(struct wire *wire, const char *text)
{
	size_t len = text ? strnlen(text, DNS_NAME_MAX) : 0;

	wire_put_u16(wire, (uint16_t)len);
	wire_put_bytes(wire, text ? text : "", len);
}

static void put_step(struct wire *wire, const struct dns_step *step, uint32_t at_us)
{
	wire_put_u8(wire, (uint8_t)step->kind);
	wire_put_u32(wire, at_us);
	wire_put_u32(wire, step->value);
	wire_put_addr(wire, &step->addr);
	wire_put_u16(wire, step->port);
	put_text(wire, step->name);
	put_text(wire, step->other);
}

static uint32_t since_us(const struct dns_steps *steps)
{
	return (uint32_t)((steps->now_ns - steps->from_ns) / 1000);
}

void dns_steps_add(struct dns_steps *steps, const struct dns_step *step)
{
	struct wire wire;

	if (!steps)
		return;
	wire = wire_writer(steps->bytes, sizeof(steps->bytes) - LEFT_OUT_LEN);
	wire.pos = steps->len;
	/* Once one is missing all that follow are: nobody is to take the list for whole in
	 * between. */
	if (steps->n_left_out == 0)
		put_step(&wire, step, since_us(steps));
	if (steps->n_left_out > 0 || wire.err < 0)
		steps->n_left_out++;
	else
		steps->len = wire.pos;
}

void dns_steps_put(struct wire *wire, struct dns_steps *steps)
{
	const struct dns_step left_out = { .kind = DNS_STEP_LEFT_OUT, .value = steps->n_left_out };
	size_t len = steps->len + (steps->n_left_out > 0 ? LEFT_OUT_LEN : 0);

	wire_put_u16(wire, (uint16_t)len);
	wire_put_bytes(wire, steps->bytes, steps->len);
	if (steps->n_left_out > 0)
		put_step(wire, &left_out, since_us(steps));
}

int dns_steps_open(struct dns_steps_reader *reader, const uint8_t *message, size_t len,
		   const uint8_t **ret_answer, size_t *ret_answer_len)
{
	struct wire wire = wire_reader(message, len);
	size_t list_len = wire_u16(&wire);
	const uint8_t *list = wire_view(&wire, list_len);

	if (wire.err < 0 || list_len > DNS_STEPS_BYTES_MAX)
		return -EBADMSG;
	reader->wire = wire_reader(list, list_len);
	*ret_answer = message + wire.pos;
	*ret_answer_len = len - wire.pos;
	return 0;
}

int dns_steps_next(struct dns_steps_reader *reader, struct dns_step *ret_step)
{
	struct wire *wire = &reader->wire;
	struct dns_step step = { .name = reader->name, .other = reader->other };
	uint8_t kind;

	if (wire->err == 0 && wire_left(wire) == 0)
		return 0;
	kind = wire_u8(wire);
	/* The kind indexes tables of words. */
	if (kind == 0 || kind >= DNS_STEP_N_KINDS)
		wire_fail(wire);
	step.kind = kind;
	step.at_us = wire_u32(wire);
	step.value = wire_u32(wire);
	step.addr = wire_addr(wire);
	step.port = wire_u16(wire);
	wire_str(wire, reader->name, sizeof(reader->name));
	wire_str(wire, reader->other, sizeof(reader->other));
	if (wire->err < 0)
		return -EBADMSG;
	*ret_step = step;
	return 1;
}
