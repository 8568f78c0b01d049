// SPDX-License-Identifier: GPL-2.0-or-later
// flows.c - the kernel in memory: what it remembers of UDP flows
#include "world.h"

#include <netinet/in.h>
#include <sys/mman.h>

#define FLOWS_MAX 16

struct fake_flow {
	struct addr to, led_to;
	uint16_t to_port, led_to_port;
};

struct fake_flows {
	struct fake_flow items[FLOWS_MAX];
	size_t n, n_walks;
};

void fake_flows_start(void)
{
	fake_world->flows = mmap(NULL, sizeof(*fake_world->flows), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

void fake_flows_stop(void)
{
	(void)munmap(fake_world->flows, sizeof(*fake_world->flows));
}

void fake_flow_put(const char *to, uint16_t to_port, const char *led_to, uint16_t led_to_port)
{
	struct fake_flow *flow = &fake_world->flows->items[fake_world->flows->n++];

	(void)addr_parse(to, &flow->to);
	(void)addr_parse(led_to, &flow->led_to);
	flow->to_port = to_port;
	flow->led_to_port = led_to_port;
}

size_t fake_n_flows(void)
{
	return fake_world->flows->n;
}

size_t fake_n_walks(void)
{
	return fake_world->flows->n_walks;
}

static bool is_local(const struct addr *addr)
{
	const struct fake_netns *netns = fake_world->current;

	for (size_t i = 0; i < netns->n_addrs; i++)
		if (addr_equal(&netns->addrs[i].prefix.addr, addr))
			return true;
	return addr_is_loopback(addr);
}

static bool leads_as(const struct fake_flow *flow, const struct port *port)
{
	return addr_equal(&flow->led_to, &port->target) &&
	       flow->led_to_port == port->container_port;
}

static bool concerns(const struct port *port, const struct fake_flow *flow)
{
	if (port->protocol != IPPROTO_UDP)
		return false;
	if (leads_as(flow, port) && !addr_equal(&flow->to, &port->target))
		return true;
	return flow->to_port == port->host_port && flow->to.family == port->host_addr.family &&
	       (addr_is_any(&port->host_addr) ? is_local(&flow->to)
					      : addr_equal(&flow->to, &port->host_addr));
}

/* It leads into one of the subnets, or is to one of the ports, and no port explains it. */
static bool is_stray(const struct fake_flow *flow, const struct port *ports, size_t n_ports,
		     const struct prefix *subnets, size_t n_subnets)
{
	bool stray = false;

	for (size_t i = 0; i < n_subnets; i++)
		stray |= prefix_contains(&subnets[i], &flow->led_to) &&
			 !prefix_contains(&subnets[i], &flow->to);
	for (size_t i = 0; i < n_ports; i++) {
		if (!concerns(&ports[i], flow))
			continue;
		if (leads_as(flow, &ports[i]) && flow->to_port == ports[i].host_port)
			return false;
		stray = true;
	}
	return stray;
}

static bool flows_any(void)
{
	(void)fake_enter("flows.any", FAKE_LOOK, " ");
	return fake_world->flows->n > 0;
}

static int flows_forget(const struct port *ports, size_t n_ports, struct error *error)
{
	int err = fake_enter("flows.forget", FAKE_CHANGE, "%zu", n_ports);
	struct fake_flows *flows = fake_world->flows;

	if (err < 0)
		return fake_fails("flows.forget", err, error);
	for (size_t i = flows->n; i-- > 0;)
		for (size_t k = 0; k < n_ports; k++)
			if (concerns(&ports[k], &flows->items[i])) {
				fake_remove(flows->items, flows->n, i);
				break;
			}
	flows->n_walks++;
	return 0;
}

static int flows_forget_others(const struct port *ports, size_t n_ports,
			       const struct prefix *subnets, size_t n_subnets, struct error *error)
{
	int err = fake_enter("flows.forget_others", FAKE_CHANGE, "%zu %zu", n_ports, n_subnets);
	struct fake_flows *flows = fake_world->flows;

	if (err < 0)
		return fake_fails("flows.forget_others", err, error);
	for (size_t i = flows->n; i-- > 0;)
		if (is_stray(&flows->items[i], ports, n_ports, subnets, n_subnets))
			fake_remove(flows->items, flows->n, i);
	flows->n_walks++;
	return 0;
}

static int flows_counted(struct seen_conntrack *ret_counted, struct error *error)
{
	int err = fake_enter("flows.counted", FAKE_LOOK, " ");

	if (err < 0)
		return fake_fails("flows.counted", err, error);
	*ret_counted = (struct seen_conntrack) { .entries = fake_world->flows->n, .limit = 65536 };
	return 0;
}

const struct door_flows fake_flows = {
	.any = flows_any,
	.forget = flows_forget,
	.forget_others = flows_forget_others,
	.counted = flows_counted,
};
