// SPDX-License-Identifier: GPL-2.0-or-later
// seen_object.c - a network, a container and its ports, as a snapshot shows them
#include "model/seen/seen_object.h"

#include "model/network/service.h"
#include "model/seen/seen_text.h"

/* Theory of operation. Objects are written as text in steps, because a turn of the loop is half
 * a millisecond (decision 21). *step says where to go on; true means that there is more.
 * Nothing is shown here that another record says, or the object would have to be written again
 * when that one changes; but a container's name servers are those of its networks, and whoever
 * changes these says so (engine_above.changed). */

/* --- networks --------------------------------------------------------------------------------- */

/* A family's subnet, with what follows from the network's options for it. An address that is not
 * there is null. BridgeAddress is null where the host has no address on the bridge. */
static void write_subnet(struct buf *out, const struct network_spec *spec, enum family family)
{
	const struct subnet *subnet = &spec->subnet[family];
	const struct prefix bridge_addr = network_bridge_addr(spec, family_af(family));

	seen_text_comma(out);
	buf_puts(out, "{");
	seen_text_string(out, "Subnet", PREFIX_STR(&subnet->prefix));
	seen_text_addr(out, "Gateway", &subnet->gateway);
	seen_text_string(out, "GatewayMode", network_gateway_mode_name[spec->gateway_mode[family]]);
	seen_text_addr(out, "LeavesWith", &spec->snat[family]);
	seen_text_addr(out, "BridgeAddress", &bridge_addr.addr);
	buf_puts(out, "}");
}

/* Only of a network that has several, as GET /networks/{id} does. last_segment is 0 for one
 * that has a single bridge. */
static void write_segments(struct buf *out, const struct network *network)
{
	if (network->last_segment == 0)
		return;
	seen_text_key(out, "Segments");
	buf_puts(out, "[");
	network_foreach_segment(network, number)
	{
		seen_text_comma(out);
		buf_puts(out, "{");
		seen_text_number(out, "Number", number);
		seen_text_string(out, "Bridge", network_segment_name(network, number));
		seen_text_number(out, "PortsInUse", network->segments[number].n_ports);
		buf_puts(out, "}");
	}
	buf_puts(out, "]");
}

/* Who stands behind it each container says by itself. */
static void write_service(struct buf *out, const struct service_spec *spec)
{
	seen_text_comma(out);
	buf_puts(out, "{");
	seen_text_string(out, "Name", spec->name);
	seen_text_addr(out, "Ip", &spec->ip[FAMILY_4]);
	seen_text_addr(out, "Ip6", &spec->ip[FAMILY_6]);
	seen_text_string(out, "Affinity", spec->affinity ? "client" : "none");
	seen_text_key(out, "Ports");
	buf_puts(out, "[");
	for (size_t i = 0; i < spec->n_ports; i++) {
		const struct service_port *port = &spec->ports[i];

		seen_text_comma(out);
		buf_puts(out, "{");
		seen_text_string(out, "Protocol", port_protocol_name(port->protocol));
		seen_text_number(out, "Port", port->port);
		seen_text_number(out, "Target", port->target);
		if (port->publish != 0)
			seen_text_number(out, "Publish", port->publish);
		buf_puts(out, "}");
	}
	buf_puts(out, "]}");
}

/* Labels and options stay out: they may be a megabyte, and nobody diagnoses anything by them. Its
 * services follow, one in a step. */
static void write_network(struct buf *out, const struct network *network)
{
	const struct network_spec *spec = &network->spec;

	buf_puts(out, "{");
	seen_text_string(out, "Id", spec->id);
	seen_text_string(out, "Name", spec->name);
	seen_text_string(out, "Driver", spec->kind->name);
	seen_text_time(out, "Created", &network->created);
	seen_text_string(out, "Bridge", spec->bridge[0] ? spec->bridge : NULL);
	seen_text_number(out, "Mtu", spec->mtu);
	seen_text_bool(out, "Internal", spec->internal);
	seen_text_bool(out, "Icc", spec->icc);
	seen_text_bool(out, "Masquerade", spec->masquerade);
	seen_text_key(out, "Subnets");
	buf_puts(out, "[");
	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_is_set(&spec->subnet[family].prefix.addr))
			write_subnet(out, spec, family);
	buf_puts(out, "]");
	write_segments(out, network);
	/* Most have none, and no such key. */
	if (network->n_services > 0) {
		seen_text_key(out, "Services");
		buf_puts(out, "[");
	}
}

/* A service that comes or goes is a change of the network's record: it is begun anew then. */
bool seen_object_network(struct buf *out, const struct network *network, size_t *step)
{
	if (*step == 0)
		write_network(out, network);
	else if (*step <= network->n_services)
		write_service(out, &network->services[*step - 1]->spec);
	if (*step < network->n_services) {
		(*step)++;
		return true;
	}
	buf_puts(out, *step > 0 ? "]}" : "}"); /* there were some when it was begun, or none */
	return false;
}

/* --- containers ------------------------------------------------------------------------------- */

/* The services that a container stands behind, on each of its networks where there is one, or on
 * the network of an endpoint. Most stand behind none, and have no such key. */
static void write_named(struct buf *out, const json_t *labels)
{
	const char *rest = service_label(labels);
	char name[NAME_LEN_MAX + 1];
	bool any = false;

	while (service_next_named(&rest, name)) {
		if (!any) {
			seen_text_key(out, "Services");
			buf_puts(out, "[");
			any = true;
		}
		seen_text_comma(out);
		seen_text_value(out, name);
	}
	if (any)
		buf_puts(out, "]");
}

/* The head of a container; its endpoints follow, one in a step. */
static void write_container(struct buf *out, const struct container *container)
{
	const struct container_spec *spec = &container->spec;
	struct network_dns dns;

	buf_puts(out, "{");
	seen_text_string(out, "Id", spec->id);
	seen_text_string(out, "Name", spec->name);
	seen_text_string(out, "Hostname", spec->hostname);
	seen_text_time(out, "Created", &container->created);
	seen_text_string(out, "NetnsPath", spec->netns_path);
	seen_text_number(out, "Pid", (uint64_t)spec->pid);
	seen_text_number(out, "NetnsInode", container->netns_inode);
	seen_text_bool(out, "HostNetwork", container->host_mode);
	seen_text_number(out, "DnsPort", container->dns_port);
	seen_text_key(out, "DnsServers");
	buf_puts(out, "[");
	container_dns(container, &dns);
	for (size_t i = 0; i < dns.n; i++) {
		seen_text_comma(out);
		seen_text_value(out, ADDR_STR(&dns.servers[i]));
	}
	buf_puts(out, "]");
	write_named(out, spec->labels);
	seen_text_key(out, "Endpoints");
	buf_puts(out, "[");
}

/* Its network by id: that stays, and a name would be of another record. HostInterface is the
 * link's end on the host, and HostIndex its number there, by which its counters are found; 0: it
 * has none. */
static void write_endpoint(struct buf *out, const struct endpoint *endpoint)
{
	/* The names are the endpoint's own texts, and are written at once. */
	const char *names[ALIASES_MAX + 3];
	size_t n = endpoint_dns_names(endpoint, names);

	seen_text_comma(out);
	buf_puts(out, "{");
	seen_text_string(out, "Id", endpoint->id);
	seen_text_string(out, "Network", endpoint->network->spec.id);
	seen_text_addr(out, "Ip", &endpoint->ip[FAMILY_4]);
	seen_text_addr(out, "Ip6", &endpoint->ip[FAMILY_6]);
	seen_text_mac(out, "Mac", &endpoint->mac);
	seen_text_string(out, "Interface", endpoint->ifname[0] ? endpoint->ifname : NULL);
	seen_text_string(out, "HostInterface",
			 endpoint->host_ifname[0] ? endpoint->host_ifname : NULL);
	seen_text_number(out, "HostIndex", (uint64_t)endpoint->host_ifindex);
	seen_text_key(out, "Names");
	buf_puts(out, "[");
	for (size_t i = 0; i < n; i++) {
		seen_text_comma(out);
		seen_text_value(out, names[i]);
	}
	buf_puts(out, "]");
	write_named(out, endpoint->spec.driver_opts);
	buf_puts(out, "}");
}

/* Between two steps a container may lose endpoints: what is there no more is passed over.
 * n_endpoints may be 0 when the head was written; the end follows then in the same step. true:
 * there are more endpoints to write. */
bool seen_object_container(struct buf *out, const struct container *container, size_t *step)
{
	if (*step == 0)
		write_container(out, container);
	else if (*step <= container->n_endpoints)
		write_endpoint(out, container->endpoints[*step - 1]);
	if (*step < container->n_endpoints) {
		(*step)++;
		return true;
	}
	buf_puts(out, "]}");
	return false;
}

/* A container at most a few networks, so there are no steps. The names of the keys are those of
 * Containers, and who reads one of the two reads the other. */
void seen_object_ends(struct buf *out, const struct container *container)
{
	buf_puts(out, "{");
	seen_text_string(out, "Id", container->spec.id);
	seen_text_string(out, "Name", container->spec.name);
	seen_text_key(out, "Endpoints");
	buf_puts(out, "[");
	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];

		seen_text_comma(out);
		buf_puts(out, "{");
		seen_text_string(out, "Network", endpoint->network->spec.id);
		seen_text_addr(out, "Ip", &endpoint->ip[FAMILY_4]);
		seen_text_addr(out, "Ip6", &endpoint->ip[FAMILY_6]);
		seen_text_string(out, "Interface", endpoint->ifname[0] ? endpoint->ifname : NULL);
		seen_text_number(out, "HostIndex", (uint64_t)endpoint->host_ifindex);
		buf_puts(out, "}");
	}
	buf_puts(out, "]}");
}

/* --- ports ------------------------------------------------------------------------------------ */

/* Whether a port goes on where another one ends. The run ends where any of these differs, so that a
 * run can be said by its first port. The host's ports and the container's must both go up by
 * one. */
static bool goes_on(const struct port *last, const struct port *port)
{
	return port->protocol == last->protocol && port->host_port == last->host_port + 1 &&
	       port->container_port == last->container_port + 1 &&
	       port->reserved == last->reserved && addr_equal(&port->host_addr, &last->host_addr) &&
	       addr_equal(&port->target, &last->target);
}

/* Who brings a packet from the host's port to the container's. "none": its target has gone, or is
 * not known yet. The words are part of the document's format. */
static const char *way_of(const struct port *port)
{
	if (!addr_is_set(&port->target))
		return "none";
	if (port_is_routed(port))
		return "routed";
	return port_needs_relay(port) ? "relay" : "nat";
}

/* One run of n ports that follow each other. */
static void write_run(struct buf *out, const struct container *container, const struct port *first,
		      size_t n)
{
	seen_text_comma(out);
	buf_puts(out, "{");
	seen_text_string(out, "Container", container->spec.id);
	seen_text_string(out, "Protocol", port_protocol_name(first->protocol));
	seen_text_addr(out, "HostIp", &first->host_addr);
	seen_text_number(out, "HostPort", first->host_port);
	seen_text_addr(out, "Target", &first->target);
	seen_text_number(out, "ContainerPort", first->container_port);
	seen_text_number(out, "Count", n);
	seen_text_string(out, "Way", way_of(first));
	buf_puts(out, "}");
}

/* Whether somebody who asks for one port wants this run. The subtraction is of a port that is not
 * below the first. `n` ports from the first on. */
static bool is_in_run(const struct port *first, size_t n, uint16_t port)
{
	return port >= first->host_port && (size_t)(port - first->host_port) < n;
}

/* A range that is published on every address alternates between the families, so those of one come
 * first and then those of the other: steps 0 to n, and n to 2n. One run is written in a step, and
 * *step is where the next one begins. wanted 0: all ports are wanted. true: there are more runs to
 * write. */
bool seen_object_ports(struct buf *out, const struct container *container, uint16_t wanted,
		       size_t *step)
{
	size_t n_ports = container->n_ports, n = 0;
	bool is_first_run = *step == 0;
	const struct port *first = NULL, *last = NULL;

	for (; *step < 2 * n_ports; (*step)++) {
		const struct port *port = &container->ports[*step % n_ports];
		bool is_first_half = *step < n_ports;

		if (is_first_half == (port->host_addr.family == AF_INET6))
			continue;
		if (first && !goes_on(last, port))
			break;
		if (!first)
			first = port;
		last = port;
		n++;
	}
	/* With a port that is wanted, the first run of a container is written in any case. */
	if (first && (wanted == 0 || is_first_run || is_in_run(first, n, wanted)))
		write_run(out, container, first, n);
	return *step < 2 * n_ports;
}
