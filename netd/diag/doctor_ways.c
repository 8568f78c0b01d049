// SPDX-License-Identifier: GPL-2.0-or-later
// doctor_ways.c - the ways that a container needs, each judged as a pair is
#include "diag/doctor_parts.h"
#include "diag/judge.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/* Theory of operation. Four kinds of ways are judged for each container: out to the world, to
 * the next container of each of its networks, to netd's resolver, and from the world to its
 * published ports. The judge walks each of them as it does for a pair. No port is asked about
 * on ways between things, so a rule that looks at ports decides nothing: what is told stands in
 * the way of everything that goes there.
 *
 * A thing that is ill is told already, and explains what does not work beyond it; its ways are
 * not walked (is_ill()). Of what the judge finds, three kinds are left out: what is meant so,
 * what the container did to itself (unless it was named), and who listens on which port. */

/* --- what a verdict comes to ------------------------------------------------------------------ */

/* Made by the container itself, or by who runs it. The list is the codes that somebody without
 * rights at the host can cause. */
static bool is_own_affair(enum code_id id)
{
	switch (id) {
	case CODE_OWN_RULES_OUT:
	case CODE_OWN_RULES_IN:
	case CODE_REDIRECTED_BY_OWN_RULES:
	case CODE_IPSEC_BLOCK:
	case CODE_QDISC_DROP:
	case CODE_ARP_RULES:
	case CODE_RULES_OF_B:
	case CODE_RULES_OF_B_RESET:
	case CODE_DNS_OWN_RULES:
	case CODE_RESOLV_CONF_FOREIGN:
	case CODE_TTL:
		/* New codes are nobody's own affair until somebody puts them here: then they
		 * are told. */
		return true;
	default:
		return false;
	}
}

/* As it was meant to be, or told elsewhere. Of published ports nothing is told, because who
 * listens on them is their owner's business. */
static bool is_meant(enum code_id id)
{
	switch (id) {
	case CODE_INTERNAL:
	case CODE_ICC_OFF:
	case CODE_OTHER_NETWORK:
	case CODE_PATH_MTU: /* told of the uplink */
		return true;
	default:
		return codes[id].part == CODE_OF_PORTS;
	}
}

/* How bad a cause is for a report. What the judge is not sure of is never bad. */
static enum diag_state state_of(enum code_id id)
{
	if (codes[id].outcome == DIAG_UNDECIDED || is_own_affair(id))
		return DIAG_WARN;
	/* A host without a way out may be meant so. */
	return id == CODE_HOST_NO_ROUTE ? DIAG_WARN : DIAG_BAD;
}

/* No socket was asked about, so what the last hop says of one is no finding. */
static bool is_of_socket(const struct diag_verdict *verdict)
{
	return verdict->hop &&
	       (strcmp(verdict->hop, "to.socket") == 0 || strcmp(verdict->hop, "back.socket") == 0);
}

/* Takes the verdict's cause into the report, or leaves it out. The verdict is done with
 * afterwards. */
static void conclude(struct doctor *doctor, const struct facts_container *container,
		     struct diag_verdict *verdict)
{
	const struct code *code = verdict->code ? code_find(verdict->code) : NULL;
	/* A row's place in the table is its id. */
	enum code_id id = code ? (enum code_id)(code - codes) : CODE_N;

	doctor->report->looked[REPORT_WAYS]++;
	if (code && !is_meant(id) && !is_of_socket(verdict) &&
	    (!is_own_affair(id) || doctor_is_named(doctor, container)))
		report_take(doctor->report, verdict, state_of(id), container->name);
	if (verdict->err == -ENOMEM)
		doctor->report->err = -ENOMEM;
	verdict_done(verdict);
}

/* --- ways ------------------------------------------------------------------------------------- */

/* The asker is named as `explain` would have resolved him. */
static void from_container(struct diag_verdict *verdict, const struct facts_container *container)
{
	verdict->from.kind = DIAG_OF_CONTAINER;
	verdict_set_name(verdict, &verdict->from, container->name);
	verdict_set_space(verdict, &verdict->from, container->space);
}

/* The target is an address. Port 0 and protocol 0: none was asked for. */
static void to_addr(struct diag_verdict *verdict, enum diag_kind kind, const struct addr *addr)
{
	verdict->to.kind = kind;
	verdict->to.addr = *addr;
	verdict_set_name(verdict, &verdict->to, ADDR_STR(addr));
}

/* Whether something BAD was told of that place already: it explains what does not work beyond
 * it. A warning explains nothing. */
static bool is_ill(const struct doctor *doctor, const char *place)
{
	const struct diag_report *report = doctor->report;

	for (size_t i = 0; i < report->n_findings; i++) {
		const struct report_finding *finding = &report->findings[i];

		for (size_t k = 0; finding->state == DIAG_BAD && k < finding->n_places; k++)
			if (strcmp(finding->places[k], place) == 0)
				return true;
	}
	return false;
}

static bool is_on_ill_network(const struct doctor *doctor, const struct facts_container *container)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (is_ill(doctor, container->endpoints[i].network))
			return true;
	return false;
}

/* Whether the host itself knows a way there. */
static bool has_way(struct doctor *doctor, const struct addr *addr)
{
	const struct facts_way_asked asked = { .dst = *addr };

	return facts_ask_way(doctor->facts, doctor->host, &asked)->err == 0;
}

/* The way out, by the endpoint that has the default route: of one family there is one. An IPv6
 * that ends at the host is common, and nothing that anybody has to be told. */
static void judge_way_out(struct doctor *doctor, const struct facts_container *container,
			  enum family family)
{
	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct facts_endpoint *endpoint = &container->endpoints[i];
		const struct facts_network *network = judge_network(doctor->facts,
								    endpoint->network);
		struct diag_verdict verdict = { 0 };
		struct addr world;

		(void)addr_parse(family == FAMILY_4 ? DOCTOR_WORLD : DOCTOR_WORLD6, &world);
		if (!network || !doctor_has_way_out(network, family) ||
		    !addr_is_set(&endpoint->addr[family].addr) || is_ill(doctor, network->name) ||
		    !judge_is_way_out(doctor->facts, container, endpoint, family) ||
		    (family == FAMILY_6 && !has_way(doctor, &world)))
			continue;
		from_container(&verdict, container);
		to_addr(&verdict, DIAG_OF_OUTSIDE, &world);
		judge(doctor->facts, &verdict);
		conclude(doctor, container, &verdict);
		return;
	}
}

/* The one behind it among those on the network, and behind the last one the first: so each is asked
 * about once as who asks and once as who is asked. */
static const struct facts_container *next_on(const struct doctor *doctor,
					     const struct facts_container *container,
					     const struct facts_network *network,
					     const struct facts_endpoint **ret_endpoint)
{
	const struct facts *facts = doctor->facts;
	size_t at = (size_t)(container - facts->containers);

	for (size_t i = 1; i < facts->n_containers; i++) {
		const struct facts_container *other =
			&facts->containers[(at + i) % facts->n_containers];

		for (size_t k = 0; !other->host_mode && k < other->n_endpoints; k++)
			if (strcmp(other->endpoints[k].network, network->name) == 0) {
				*ret_endpoint = &other->endpoints[k];
				return other;
			}
	}
	return NULL;
}

/* For each network of the container one other container on it. With all pairs a network of a
 * hundred would cost ten thousand walks and find the same. */
static void judge_neighbours(struct doctor *doctor, const struct facts_container *container)
{
	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct facts_network *network =
			judge_network(doctor->facts, container->endpoints[i].network);
		const struct facts_endpoint *its = NULL;
		const struct facts_container *other;
		struct diag_verdict verdict = { 0 };

		/* Where containers are kept apart on purpose nothing has to arrive. */
		if (!network || !doctor_is_bridged(network) || !network->icc ||
		    is_ill(doctor, network->name) || !doctor_has_time(doctor, container))
			continue;
		other = next_on(doctor, container, network, &its);
		/* Where nobody could look before nobody has to try again. */
		if (!other || is_ill(doctor, other->name) ||
		    (doctor_wants(doctor, other) && !facts_space(doctor->facts, other->space)) ||
		    !addr_is_set(&its->addr[FAMILY_4].addr))
			continue;
		from_container(&verdict, container);
		to_addr(&verdict, DIAG_OF_ADDRESS, &its->addr[FAMILY_4].addr);
		judge(doctor->facts, &verdict);
		conclude(doctor, container, &verdict);
	}
}

/* A container of internal networks only is given no names of outside, so its servers do not
 * matter. */
static bool has_way_out(const struct doctor *doctor, const struct facts_container *container)
{
	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct facts_network *network =
			judge_network(doctor->facts, container->endpoints[i].network);

		if (network && (doctor_has_way_out(network, FAMILY_4) ||
				doctor_has_way_out(network, FAMILY_6)))
			return true;
	}
	return false;
}

/* What netd's resolver knows of the servers that it asks for this container: a name that nobody has
 * is not in its cache, and it asks nobody outside for it now. */
static void check_upstream(struct doctor *doctor, const struct facts_container *container)
{
	const struct facts_space *space = facts_space(doctor->facts, container->space);
	const struct facts_name_asked asked = { DOCTOR_NAME };
	const struct facts_name *name;

	if (!has_way_out(doctor, container))
		return;
	name = facts_ask_name(doctor->facts, space, &asked);
	if (name->err || !name->is_dead)
		return;
	doctor_at(doctor, space, container);
	code_word(&doctor->walk.words, "a", "%s", container->name);
	code_word(&doctor->walk.words, "asked", "%s", "");
	doctor_tell(doctor, CODE_UPSTREAM_DEAD, DIAG_BAD, container->name);
}

/* The way to the resolver first. Where it is broken, what the resolver knows does not matter. */
static void judge_names(struct doctor *doctor, const struct facts_container *container)
{
	struct diag_verdict verdict = { 0 };

	if (container->no_resolver)
		return;
	from_container(&verdict, container);
	judge_resolver(doctor->facts, &verdict);
	conclude(doctor, container, &verdict);
	if (!is_ill(doctor, container->name))
		check_upstream(doctor, container);
}

/* A published port, from somebody in the world. He comes in where the host would answer him,
 * which the kernel is asked. */
static void judge_published_port(struct doctor *doctor, const struct facts_container *container,
				 const struct facts_port *port)
{
	struct facts_way_asked asked = { 0 };
	const struct facts_way *way;
	struct diag_verdict verdict = { 0 };
	struct addr addr = port->host;

	(void)addr_parse(DOCTOR_WORLD, &asked.dst); /* a constant that parses */
	way = facts_ask_way(doctor->facts, doctor->host, &asked);
	/* A port on loopback is not for the world. Of IPv6 nothing is asked: the address above
	 * is one of IPv4. */
	if (way->err || port->host.family == AF_INET6 || addr_is_loopback(&port->host))
		return;
	/* Published on every address: the one that the host would answer from stands for all. */
	if (!addr_is_set(&addr) || addr_is_any(&addr))
		addr = way->prefsrc;
	/* An address that the host does not have now (a laptop in another network) is no fault. */
	if (!judge_find_addr(doctor->host, &addr))
		return;
	verdict.from.kind = DIAG_OF_OUTSIDE;
	verdict.from.addr = asked.dst;
	verdict_set_name(&verdict, &verdict.from, DOCTOR_WORLD);
	to_addr(&verdict, DIAG_OF_ADDRESS, &addr);
	verdict.to.port = port->host_port;
	verdict.to.protocol = port->protocol;
	judge(doctor->facts, &verdict);
	conclude(doctor, container, &verdict);
}

/* The order is from near to far, as causes are. */
void doctor_ways(struct doctor *doctor, const struct facts_container *container)
{
	if (is_ill(doctor, container->name))
		return;
	for (enum family family = 0; family < FAMILY_N; family++)
		if (doctor_has_time(doctor, container))
			judge_way_out(doctor, container, family);
	judge_neighbours(doctor, container);
	if (doctor_has_time(doctor, container))
		judge_names(doctor, container);
	/* What comes in from outside is told of the network, too. */
	if (is_on_ill_network(doctor, container))
		return;
	/* More ports than that go the same way; their elements were asked for one by one
	 * (doctor_rules.c). */
	for (size_t i = 0; i < container->n_ports && i < DOCTOR_PORTS_MAX; i++)
		if (doctor_has_time(doctor, container))
			judge_published_port(doctor, container, &container->ports[i]);
}
