// SPDX-License-Identifier: GPL-2.0-or-later
// start.c - what a start finds in the kernel, so that one that fails leaves no more than that
#include "engine/change/networks.h"
#include "engine/keep/drift.h"
#include "engine/keep/keep.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A start makes bridges, the table and the host forward, and may fail after
 * that. What an earlier netd has left there is in use, and stays whatever becomes of this start:
 * so it is noted first what there was, and only what came on top of it is taken back. */

struct found_bridge {
	int ifindex;
	struct mac mac;
	char name[IFNAME_LEN_MAX + 1];
	bool ours;	  /* by its alias … */
	uint32_t segment; /* … as are the numbers of those after a network's first */
};

/* What was there before this start touched anything. It is kept until the start has ended. */
struct start_found {
	struct found_bridge *bridges;
	size_t n_bridges;
	struct rtnl_addr *addrs; /* of all links */
	size_t n_addrs;
	struct prefix was[2]; /* the network bridge's addresses in the store; family 0: none */
	bool table;
	bool forwards[2]; /* by forwarding[] */
	bool whole;	  /* all of it was noted: what is not in here is new */
};

static const char *const forwarding[] = { "net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding" };

static const uint8_t families[] = { AF_INET, AF_INET6 }; /* of forwarding[] */

/* By its alias, which others do not write. */
static bool is_our_bridge(const struct rtnl_link *link)
{
	return strcmp(link->kind, "bridge") == 0 &&
	       strncmp(link->alias, NETWORK_ALIAS, strlen(NETWORK_ALIAS)) == 0;
}

/* Others' bridges are noted as well: one of netd's may have lost its alias. */
static void note_bridge(struct start_found *found, const struct rtnl_link *link)
{
	struct found_bridge *bridge = &found->bridges[found->n_bridges++];

	*bridge = (struct found_bridge) {
		.ifindex = link->ifindex,
		.mac = link->mac,
		.ours = is_our_bridge(link),
		.segment = is_our_bridge(link) ? segment_of_alias(link->alias) : 0,
	};
	memcpy(bridge->name, link->name, sizeof(bridge->name));
}

/* Before anything is made. A failure ends the start, which has changed nothing by then. */
int start_note(struct engine *engine, struct error *error)
{
	struct start_found *found = calloc(1, sizeof(*found));
	struct rtnl_link *links = NULL;
	size_t n = 0;
	int err;

	if (!found)
		return error_system(error, -ENOMEM, "cannot start");
	/* The engine's from here on, so that a failure below frees it with the engine. */
	engine->keep->found = found;
	err = engine->door->links.all(engine->rtnl, &links, &n, error);
	if (err < 0)
		return err;
	/* One more than there are, for a host without bridges has a note, too. */
	found->bridges = calloc(n + 1, sizeof(*found->bridges));
	for (size_t i = 0; found->bridges && i < n; i++)
		if (strcmp(links[i].kind, "bridge") == 0)
			note_bridge(found, &links[i]);
	free(links);
	if (!found->bridges)
		return error_system(error, -ENOMEM, "cannot start");
	err = engine->door->addrs.all(engine->rtnl, &found->addrs, &found->n_addrs, error);
	if (err < 0)
		return err;
	/* Anything but "not there" counts as there: a table that cannot be read is not removed. */
	found->table = engine->door->rules.count(engine->nft, RULESET_BRIDGES) != -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(forwarding); i++)
		found->forwards[i] = forwarding_on_host(engine, families[i]);
	found->whole = true;
	return 0;
}

/* A bridge of netd's, from before. */
static bool was_there(const struct start_found *found, int ifindex)
{
	for (size_t i = 0; i < found->n_bridges; i++)
		if (found->bridges[i].ours && found->bridges[i].ifindex == ifindex)
			return true;
	return false;
}

/* Rules and records name bridges, so a bridge under another name is as good as lost. */
static void rename_back(struct engine *engine, const char *id, uint32_t segment, const char *name)
{
	/* Matched by MAC, for the index of a bridge that was made anew is another. */
	const struct start_found *found = engine->keep->found;
	const struct mac mac = mac_from_text(id);
	struct rtnl_link link;
	struct error error;

	for (size_t i = 0; i < found->n_bridges; i++) {
		const struct found_bridge *bridge = &found->bridges[i];

		/* The MAC is made of the network's id, so it is the network's own, whatever the
		 * bridge is called. */
		if (memcmp(&bridge->mac, &mac, sizeof(mac)) != 0 || bridge->segment != segment ||
		    strcmp(bridge->name, name) == 0)
			continue;
		if (engine->door->links.by_name(engine->rtnl, name, &link, NULL) == 0)
			return; /* made again since, or somebody's: that one counts */
		log_warn("bridge %s was renamed to %s: it gets its name back", name, bridge->name);
		if (engine->door->links.rename(engine->rtnl, bridge->ifindex, name, &error) < 0)
			log_warn("%s", error.text);
		return;
	}
}

void start_rename_back(struct engine *engine, const char *id, const char *name)
{
	rename_back(engine, id, 0, name);
}

/* No record has them: their bridges do. */
void start_find_segments(struct engine *engine, struct network *network)
{
	const struct start_found *found = engine->keep->found;
	const struct mac mac = mac_from_text(network->spec.id);

	for (size_t i = 0; i < found->n_bridges; i++) {
		const struct found_bridge *bridge = &found->bridges[i];

		if (bridge->segment == 0 || memcmp(&bridge->mac, &mac, sizeof(mac)) != 0)
			continue;
		segments_note(network, bridge->segment);
		rename_back(engine, network->spec.id, bridge->segment,
			    network_segment_name(network, bridge->segment));
	}
}

/* Without a list nothing is removed: the next start sweeps. */
static void remove_bridges(struct engine *engine)
{
	struct rtnl_link *links = NULL;
	size_t n = 0;
	struct error error;

	if (engine->door->links.all(engine->rtnl, &links, &n, NULL) < 0)
		return;
	/* Ours by the alias, and new: made by this start, which has failed. */
	for (size_t i = 0; i < n; i++)
		if (is_our_bridge(&links[i]) && !was_there(engine->keep->found, links[i].ifindex) &&
		    engine->door->links.remove(engine->rtnl, links[i].ifindex, &error) < 0)
			log_warn("%s", error.text);
	free(links);
}

/* An address with another prefix length is another address to the kernel, too. */
static bool same_addr(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && addr_equal(&a->addr, &b->addr);
}

static bool had_addr(const struct start_found *found, const struct rtnl_addr *addr)
{
	for (size_t i = 0; i < found->n_addrs; i++)
		if (found->addrs[i].ifindex == addr->ifindex &&
		    same_addr(&found->addrs[i].prefix, &addr->prefix))
			return true;
	return false;
}

/* Of bridges that stay: another `bip` gave them one. A bridge that was there must be left as it was
 * found. */
static void remove_addrs(struct engine *engine)
{
	const struct start_found *found = engine->keep->found;
	struct rtnl_addr *addrs = NULL;
	struct error error;
	size_t n = 0;

	if (engine->door->addrs.all(engine->rtnl, &addrs, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (was_there(found, addrs[i].ifindex) && !had_addr(found, &addrs[i]) &&
		    engine->door->addrs.remove(engine->rtnl, addrs[i].ifindex, &addrs[i].prefix,
					       &error) < 0)
			log_warn("%s", error.text);
	free(addrs);
}

/* By family. */
void start_note_was(struct engine *engine, const struct prefix *addr)
{
	engine->keep->found->was[addr->addr.family == AF_INET6] = *addr;
}

/* A segment after the first has the address alone, without the subnet. */
static struct prefix address_at(const struct prefix *addr, uint32_t segment)
{
	return (struct prefix) { addr->addr, segment > 0 ? addr_bits(&addr->addr) : addr->len };
}

/* Whether the address is the one that this bridge is to have now. */
static bool is_gateway(const struct network_spec *spec, uint32_t segment, const struct prefix *addr)
{
	const struct subnet *subnet = &spec->subnet[family_of(addr->addr.family)];
	const struct prefix gateway = { subnet->gateway, subnet->prefix.len };
	const struct prefix wanted = address_at(&gateway, segment);

	return same_addr(&wanted, addr);
}

/* By its mark, or, before Linux 5.18, by what the last netd wrote down. */
static bool was_gateway(const struct start_found *found, uint32_t segment,
			const struct rtnl_addr *addr)
{
	/* IFA_PROTO marks addresses that netd gave to bridges. Kernels before 5.18 do not keep
	 * it. */
	bool was = addr->of_bridge;

	for (size_t i = 0; i < ARRAY_SIZE(found->was) && !was; i++) {
		const struct prefix then = address_at(&found->was[i], segment);

		was = addr_is_set(&then.addr) && same_addr(&addr->prefix, &then);
	}
	return was;
}

/* At the end of a start that went well. */
void start_drop_old_addrs(struct engine *engine)
{
	const struct network *network = map_get_str(engine->network_by_name, "bridge");
	const struct start_found *found = engine->keep->found;
	struct error error;

	/* From the note, and not from the kernel: what this start has given is not among them. */
	for (size_t i = 0; network && i < found->n_addrs; i++) {
		const struct rtnl_addr *addr = &found->addrs[i];
		uint32_t number = 0;

		/* Only the network bridge can get another subnet between two starts; all others
		 * keep theirs. */
		if (tables_find_bridge(engine, addr->ifindex, &number) != network ||
		    is_gateway(&network->spec, number, &addr->prefix) ||
		    !was_gateway(found, number, addr))
			continue;
		if (engine->door->addrs.remove(engine->rtnl, addr->ifindex, &addr->prefix, &error) <
		    0)
			log_warn("%s", error.text);
		else
			log_info("bridge %s has no address %s any more",
				 network_segment_name(network, number), PREFIX_STR(&addr->prefix));
	}
}

/* The start has failed: back to what there was. Every step is tried, and failures are logged. */
void engine_undo_start(struct engine *engine)
{
	const struct start_found *found = engine->keep->found;
	struct error error;

	/* whole is set before the first change of the start. */
	if (!found || !found->whole)
		return; /* nothing was changed yet */
	remove_bridges(engine);
	remove_addrs(engine);
	/* A table that was there is in use. It stays as this start has left it, and the next one
	 * makes it anew. */
	if (!found->table && engine->door->rules.remove(engine->nft, &error) < 0)
		log_warn("%s", error.text);
	/* With the routes of router advertisements, where that is possible. */
	if (!found->forwards[1])
		(void)forwarding_put_back(engine); /* what it leaves on is tried below */
	for (size_t i = 0; i < ARRAY_SIZE(forwarding); i++)
		if (!found->forwards[i] && forwarding_on_host(engine, families[i]) &&
		    engine->door->settings.write(forwarding[i], "0", &error) < 0)
			log_warn("%s", error.text);
}

/* The start has ended, either way. Twice is no harm. */
void start_forget(struct engine *engine)
{
	if (engine->keep->found) {
		free(engine->keep->found->bridges);
		free(engine->keep->found->addrs);
	}
	free(engine->keep->found);
	engine->keep->found = NULL;
}
