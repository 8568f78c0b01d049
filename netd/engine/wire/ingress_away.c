// SPDX-License-Identifier: GPL-2.0-or-later
// ingress_away.c - the address by which this host stands for who asks, where containers of other
// hosts answer
#include "engine/wire/ingress_away.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/wire/wire.h"
#include "model/ipam/ipam.h"
#include "model/network/tunnel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A container of another host answers whoever it sees. Of a client from
 * outside that would go by its own host's gateway, and of one that is masqueraded with the
 * gateway's address, which all hosts have, to its own host. So this host has one address more on
 * such a network, of its own blocks, that is on no interface: it is told to the others as that of a
 * container is, with the MAC of this host's end of the tunnel. What comes for it comes up here, and
 * conntrack knows for whom it is.
 *
 * It stays over a restart of netd, for connections that are there go by it. */

/* In the run directory; a line for each network: "NETWORK-ID ADDRESS…". */
#define KEPT_FILE "ingress-addresses"
#define HOLDER "published services"

static bool is_published(const struct network *network, enum family family)
{
	for (size_t i = 0; i < network->n_services; i++)
		if (service_is_published(&network->services[i]->spec) &&
		    addr_is_set(&network->services[i]->spec.ip[family]))
			return true;
	return false;
}

static bool is_wanted(const struct engine *engine, const struct network *network,
		      enum family family)
{
	return network->spec.kind->spans && addr_is_set(&engine->far->tunnel) &&
	       network->pool[family] && is_published(network, family);
}

static void keep(const struct engine *engine)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network *network = engine->networks[i];
		bool any = false;

		for (enum family family = 0; family < FAMILY_N; family++) {
			if (!addr_is_set(&network->ingress[family]))
				continue;
			buf_printf(&text, "%s %s", any ? "" : network->spec.id,
				   ADDR_STR(&network->ingress[family]));
			any = true;
		}
		if (any)
			buf_puts(&text, "\n");
	}
	if (text.err == 0)
		run_dir_write(engine, KEPT_FILE, text.data ? text.data : "");
	buf_done(&text);
}

/* True where it is as it should be; *changed says whether that is new. */
static bool settle_one(const struct engine *engine, struct network *network, enum family family,
		       bool *changed)
{
	struct addr *addr = &network->ingress[family];
	bool wanted = is_wanted(engine, network, family), has = addr_is_set(addr);
	struct error error;

	if (wanted == has)
		return true;
	if (!wanted) {
		ipam_release(network->pool[family], addr);
		*addr = (struct addr) { 0 };
	} else if (ipam_alloc(network->pool[family], HOLDER, addr, &error) < 0) {
		*addr = (struct addr) { 0 }; /* until this host has a block */
		return false;
	}
	*changed = true;
	return true;
}

bool ingress_away_settle(struct engine *engine)
{
	bool whole = true, changed = false;

	for (size_t i = 0; i < engine->n_networks; i++)
		for (enum family family = 0; family < FAMILY_N; family++)
			whole = settle_one(engine, engine->networks[i], family, &changed) && whole;
	if (changed) {
		keep(engine);
		far_changed(engine->far);
	}
	return whole;
}

static void recall_line(const struct engine *engine, char *line)
{
	char *rest = NULL;
	const char *id = strtok_r(line, " ", &rest), *text;
	struct network *network = id ? map_get_str(engine->network_by_id, id) : NULL;

	while (network && network->spec.kind->spans && (text = strtok_r(NULL, " ", &rest))) {
		struct error error;
		struct addr addr;
		enum family family;

		if (addr_parse(text, &addr) < 0)
			return;
		family = family_of(addr.family);
		if (network->pool[family] &&
		    prefix_contains(&network->spec.subnet[family].prefix, &addr) &&
		    ipam_hold(network->pool[family], &addr, HOLDER, &error) == 0)
			network->ingress[family] = addr;
	}
}

void ingress_away_recall(struct engine *engine)
{
	_cleanup_free_ char *text = malloc(INGRESS_RECALL_MAX);
	char *rest = NULL, *line;

	if (!text)
		return; /* there are others then */
	run_dir_read(engine, KEPT_FILE, text, INGRESS_RECALL_MAX);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		recall_line(engine, line);
}

/* As of a container that is called by the network's id, which none is. */
bool ingress_away_record(const struct engine *engine, const struct network *network,
			 struct cluster_record *ret_record)
{
	const struct network_spec *spec = &network->spec;
	const struct cluster_key key = cluster_key_of_end(engine->far->host, spec->id, spec->id);
	bool any = false;

	for (enum family family = 0; family < FAMILY_N; family++)
		any = any || addr_is_set(&network->ingress[family]);
	if (!any)
		return false;
	cluster_record_init(ret_record, &key);
	memcpy(ret_record->end.addrs, network->ingress, sizeof(ret_record->end.addrs));
	ret_record->end.mac = tunnel_mac(spec, &engine->far->tunnel);
	(void)snprintf(ret_record->end.name, sizeof(ret_record->end.name), "ingress-%.48s",
		       engine->far->host);
	return true;
}
