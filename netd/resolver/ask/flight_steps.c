// SPDX-License-Identifier: GPL-2.0-or-later
// flight_steps.c - what a flight does, told those who wait for it and want to know (dns/steps.h)
#include "resolver/ask/flight_parts.h"

#include "resolver/loop/clock.h"

void flight_steps_tell(struct flight *flight, enum dns_step_kind kind, const struct server *server,
		       uint32_t value)
{
	struct dns_step step = { .kind = kind, .value = value };
	uint64_t now_ns;

	if (!flight->is_traced)
		return;
	if (server != NULL) {
		step.addr = server->name.addr;
		step.port = server->name.port;
	}
	now_ns = clock_ns();
	list_foreach (&flight->requests, struct request, request, by_flight)
		if (request->steps != NULL) {
			request->steps->now_ns = now_ns;
			dns_steps_add(request->steps, &step);
		}
}

/* It may have outlived its flight. */
void flight_steps_goes_on(const struct try *try)
{
	if (try->flight != NULL)
		flight_steps_tell(try->flight, DNS_STEP_ASK_STREAM, try->server, 0);
}

/* Who comes later than others learns that, and what is done from then on. */
void flight_steps_join(struct flight *flight, struct request *request, bool is_new)
{
	struct dns_step joined = { .kind = DNS_STEP_JOINED };

	if (request->steps == NULL)
		return;
	flight->is_traced = true;
	joined.value = (uint32_t)(clock_ms() - flight->started_ms);
	if (!is_new)
		dns_steps_add(request->steps, &joined);
}
