// SPDX-License-Identifier: GPL-2.0-or-later
// networks_start.c - the networks that are there from the start, and those that the store kept
#include "base/cleanup.h"
#include "base/family.h"
#include "base/grow.h"
#include "base/json_parse.h"
#include "base/log.h"
#include "engine/change/networks.h"
#include "engine/keep/keep.h"
#include "model/ipam/ipam.h"
#include "model/ipam/subnet.h"
#include "model/network/network_options.h"
#include "model/network/tunnel.h"
#include "model/request/request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A start makes the networks in this order: the predefined ones that netd.json
 * says nothing of (host, none), those of the record, and the network "bridge" last, which may have
 * to give way. The subnet of "bridge" comes from netd.json, from the record, or from the built-in
 * default, in this order, and is checked against what the host uses. A network that cannot be made
 * is told and left in the record; where the reason may pass, the whole start fails instead. */

/* Name of the bridge of the network "bridge", and its alias, by which it is known as netd's. */
#define DEFAULT_BRIDGE "netd0"
#define DEFAULT_BRIDGE_ALIAS NETWORK_ALIAS "bridge"

/* Options are shown to clients as Docker's. */
static int set_option(const struct network_spec *spec, enum network_option option,
		      const char *value)
{
	return json_object_set_new(spec->options, network_options_key(option), json_string(value));
}

/* The network "bridge" as netd.json wants it, but for its IPv4 subnet. All of it follows from
 * netd.json at each start, so a setting that is changed takes effect. */
static int spec_of_bridge(const struct config *config, struct network_spec *spec,
			  struct error *error)
{
	(void)snprintf(spec->bridge, sizeof(spec->bridge), "%s", DEFAULT_BRIDGE);
	/* Both are a range in the subnet of bip and bip6. But without a bip6 there is no subnet
	 * that people know, so that fixed-cidr-v6 is all of it. A range without bip is one of the
	 * default subnet, which config_parse has looked at. */
	spec->subnet[FAMILY_4].range = config->fixed[FAMILY_4];
	spec->has[FAMILY_6] = config->ipv6;
	if (addr_is_set(&config->bip[FAMILY_6].addr)) {
		spec->subnet[FAMILY_6].gateway = config->bip[FAMILY_6].addr;
		spec->subnet[FAMILY_6].prefix = (struct prefix) {
			prefix_first(&config->bip[FAMILY_6]), config->bip[FAMILY_6].len
		};
		spec->subnet[FAMILY_6].range = config->fixed[FAMILY_6];
	} else if (addr_is_set(&config->fixed[FAMILY_6].addr)) {
		spec->subnet[FAMILY_6].prefix = config->fixed[FAMILY_6];
	}
	/* What is a setting of the daemon for this network is a driver option for all others.
	 * Both are shown, as Docker's clients look for the options. */
	spec->icc = config->icc;
	spec->masquerade = config->ip_masq;
	spec->mtu = config->mtu;
	spec->host_binding[FAMILY_4] = config->default_bind4;
	if (set_option(spec, NETWORK_OPTION_DEFAULT_BRIDGE, "true") < 0 ||
	    set_option(spec, NETWORK_OPTION_ICC, config->icc ? "true" : "false") < 0 ||
	    set_option(spec, NETWORK_OPTION_MASQUERADE, config->ip_masq ? "true" : "false") < 0 ||
	    set_option(spec, NETWORK_OPTION_HOST_IP4,
		       addr_is_set(&config->default_bind4) ? ADDR_STR(&config->default_bind4)
							   : "0.0.0.0") < 0 ||
	    set_option(spec, NETWORK_OPTION_BRIDGE, DEFAULT_BRIDGE) < 0)
		return error_system(error, -ENOMEM, "cannot make network bridge");
	if (spec->has[FAMILY_6] && addr_is_set(&spec->subnet[FAMILY_6].prefix.addr) &&
	    !addr_is_set(&spec->subnet[FAMILY_6].gateway))
		return subnet_choose_gateway(&spec->subnet[FAMILY_6], error);
	return 0;
}

/* A row of the record, copied: the store is asked for other things meanwhile. */
struct kept {
	char id[ID_LEN + 1];
	char name[NAME_LEN_MAX + 1];
	char *body;
	struct timespec created;
};

struct kept_list {
	struct kept *items;
	size_t n, room;
};

/* The rows come in the order in which the networks were made. */
static int keep_row(const struct store_network *row, void *data, struct error *error)
{
	struct kept_list *list = data;
	/* grow leaves the list as it was when it fails. */
	struct kept *items = grow(list->items, &list->room, list->n + 1, sizeof(*items));
	/* Copied, for the row's text is the store's and goes with the next row. */
	char *body = strdup(row->body);

	if (items)
		list->items = items;
	if (!items || !body) {
		free(body);
		return error_system(error, -ENOMEM, "cannot load the networks");
	}
	items += list->n++;
	*items = (struct kept) { .body = body, .created = { row->created_s, row->created_ns } };
	(void)snprintf(items->id, sizeof(items->id), "%s", row->id);
	(void)snprintf(items->name, sizeof(items->name), "%s", row->name);
	return 0;
}

static void kept_list_done(struct kept_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i].body);
	free(list->items);
}

/* NULL: there is no row of that name. */
static const struct kept *kept_find(const struct kept_list *list, const char *name)
{
	/* Called for three names, so it is walked. */
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

/* As start_kept reads it; family 0 when there is nothing that can be read. One that was configured
 * is told apart from one that netd chose: it goes with its setting. kept may be NULL: then there is
 * no subnet from before. */
static int kept_subnet(const struct kept *kept, uint8_t family, struct subnet *ret_subnet,
		       bool *ret_configured, struct error *error)
{
	struct network_spec spec;
	json_t *body;
	int err;

	/* Family 0 until it is known. */
	*ret_subnet = (struct subnet) { 0 };
	*ret_configured = false;
	if (!kept)
		return 0;
	err = json_parse_record(kept->body, strlen(kept->body), &body, error);
	/* A record that makes no sense counts as none. Want of memory does not. */
	if (err < 0)
		return error_is_passing(err) ? err : 0;
	*ret_configured = json_is_true(json_object_get(json_object_get(body, NETWORK_CONFIGURED),
						       family_name(family_of(family))));
	(void)json_object_del(body, NETWORK_CONFIGURED); /* is no part of a request */
	err = request_network_create(body, &spec, error);
	json_decref(body);
	if (err < 0)
		return error_is_passing(err) ? err : 0;
	*ret_subnet = spec.subnet[family_of(family)];
	network_spec_done(&spec);
	return 0;
}

/* 1 or 0, or why that cannot be known now. By its name. start_rename_back has given it its name
 * back by now. */
static int bridge_is_there(struct engine *engine, struct error *error)
{
	struct rtnl_link link;
	int err = engine->door->links.by_name(engine->rtnl, DEFAULT_BRIDGE, &link, error);

	/* Not there is an answer. Anything else is not, for the subnet would be chosen again
	 * under running containers. */
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	/* A bridge of that name without our alias is somebody else's. */
	return strcmp(link.alias, DEFAULT_BRIDGE_ALIAS) == 0;
}

/* An address that the bridge had and is not to have any more is removed at the end of the start. */
static void note_was(struct engine *engine, const struct subnet *was)
{
	const struct prefix addr = { was->gateway, was->prefix.len };

	start_note_was(engine, &addr);
}

/* What netd.json says holds. Otherwise the subnet stays what it was, first of all the one people
 * know; but where somebody else has it (Docker's own bridge does), a free one is found, unless our
 * bridge stands: its containers have come first. Fills in prefix and gateway. was is what the
 * record says. */
static int settle_subnet4(struct engine *engine, const struct kept *kept, struct network_spec *spec,
			  struct error *error)
{
	bool configured = addr_is_set(&engine->config->bip[FAMILY_4].addr) ||
			  addr_is_set(&engine->config->fixed[FAMILY_4].addr);
	struct prefix bip = engine->config->bip[FAMILY_4];
	struct subnet *subnet = &spec->subnet[FAMILY_4], was;
	bool was_configured;
	enum subnet_origin origin = configured ? SUBNET_CONFIGURED : SUBNET_BUILT_IN;
	int there, err;

	/* The built-in default is a constant of ours; that it parses is certain, and a mistake
	 * here would stop the start. */
	if (!addr_is_set(&bip.addr) && prefix_parse(CONFIG_DEFAULT_BIP, &bip) < 0)
		return -EINVAL;
	subnet->prefix = (struct prefix) { prefix_first(&bip), bip.len };
	subnet->gateway = bip.addr;
	err = kept_subnet(kept, AF_INET, &was, &was_configured, error);
	if (err < 0)
		return err;
	if (addr_is_set(&was.prefix.addr)) {
		/* Whatever becomes of it, the bridge may still have this address. */
		note_was(engine, &was);
		if (!configured && was_configured) /* the setting was taken away */
			return subnets_settle_default(engine, AF_INET, subnet, origin, error);
		if (!configured) {
			subnet->prefix = was.prefix;
			subnet->gateway = was.gateway;
			origin = SUBNET_KEPT;
		}
	}
	/* A bridge that stands has containers on it, and their addresses decide. It is not asked
	 * for where netd.json decides. */
	there = configured ? 0 : bridge_is_there(engine, error);
	if (there != 0)
		return there < 0 ? there : 0;
	return subnets_settle_default(engine, AF_INET, subnet, origin, error);
}

/* The same for IPv6, where there is none that people know. */
static int settle_subnet6(struct engine *engine, const struct kept *kept, struct network_spec *spec,
			  struct error *error)
{
	struct subnet *subnet = &spec->subnet[FAMILY_6], was;
	bool configured = addr_is_set(&subnet->prefix.addr), was_configured, known;
	int there, err;

	if (!spec->has[FAMILY_6])
		return 0;
	err = kept_subnet(kept, AF_INET6, &was, &was_configured, error);
	if (err < 0)
		return err;
	known = addr_is_set(&was.prefix.addr);
	if (known)
		note_was(engine, &was);
	if (!configured && known && !was_configured) {
		/* As for IPv4: what stood before stays, if it may. */
		subnet->prefix = was.prefix;
		subnet->gateway = was.gateway;
		there = bridge_is_there(engine, error);
		if (there != 0)
			return there < 0 ? there : 0;
	}
	return subnets_settle_default(engine, AF_INET6, subnet,
				      configured ? SUBNET_CONFIGURED : SUBNET_KEPT, error);
}

/* What netd.json says of it, and what stays of the one before. The order matters: IPv4 chooses
 * before spec_of_bridge looks at ranges, and IPv6 goes by what spec_of_bridge has filled in. */
static int settle_configured(struct engine *engine, const struct kept *kept,
			     struct network_spec *spec, struct error *error)
{
	int err;

	/* The name first. Everything below looks for the bridge by it. */
	if (kept)
		start_rename_back(engine, kept->id, DEFAULT_BRIDGE);
	err = settle_subnet4(engine, kept, spec, error);
	if (err == 0)
		err = spec_of_bridge(engine->config, spec, error);
	if (err == 0)
		err = settle_subnet6(engine, kept, spec, error);
	return err;
}

/* Which families have their subnet from netd.json is a part of the record: a setting that is taken
 * away later takes its subnet along. */
static int note_configured(struct engine *engine, struct network *network, struct error *error)
{
	const struct config *config = engine->config;
	char mtu[16];
	int err = 0;

	for (enum family family = 0; family < FAMILY_N; family++)
		network->configured[family] = addr_is_set(&config->bip[family].addr) ||
					      addr_is_set(&config->fixed[family].addr);
	/* The MTU of the way out, as it is today. It is shown as an option from now on, like one
	 * that was set. */
	if (network->spec.mtu == 0)
		err = uplink_mtu(engine, NULL, &network->spec.mtu, error);
	(void)snprintf(mtu, sizeof(mtu), "%u", network->spec.mtu);
	if (err == 0 && set_option(&network->spec, NETWORK_OPTION_MTU, mtu) < 0)
		err = error_system(error, -ENOMEM, "cannot create network %s", network->spec.name);
	return err;
}

/* kept is its row, from which it has its id. */
static int start_predefined(struct engine *engine, const struct kept_list *list,
			    const struct network_kind *kind, struct error *error)
{
	const char *name = kind->predefined;
	const struct kept *kept = kept_find(list, name);
	struct network_spec spec;
	struct network *network = NULL;
	int err = network_spec_init(&spec);

	if (err < 0)
		return error_system(error, err, "cannot create network %s", name);
	(void)snprintf(spec.name, sizeof(spec.name), "%s", name);
	spec.kind = kind;
	if (kind->configured)
		err = settle_configured(engine, kept, &spec, error);
	if (err == 0)
		err = networks_new(&spec, &network, error);
	network_spec_done(&spec);
	if (err < 0 || !network)
		return err;
	/* Such a network is not removed by anybody. */
	network->predefined = true;
	if (kept) {
		/* The id is the network's identity: containers' records and the bridge's MAC are
		 * made of it. */
		memcpy(network->spec.id, kept->id, sizeof(kept->id));
		start_find_segments(engine, network);
		/* As before, so that lists keep their order. */
		network->created = kept->created;
	} else {
		tables_random_id(network->spec.id);
	}
	if (kind->configured)
		err = note_configured(engine, network, error);
	if (err == 0)
		err = networks_bring_up(engine, network, error);
	if (err < 0) {
		network_free(network);
		return err;
	}
	return networks_load_leases(engine, network, error);
}

/* Those that netd.json says something of, or the others. Called twice, before and after the
 * networks of the record. */
static int start_predefined_all(struct engine *engine, const struct kept_list *list,
				bool configured, struct error *error)
{
	const struct network_kind *kind;
	int err = 0;

	for (size_t i = 0; err == 0 && (kind = kind_at(i)); i++)
		if (kind->predefined && kind->configured == configured)
			err = start_predefined(engine, list, kind, error);
	return err;
}

/* Another release may have written it in other words. A full disk is no reason to do without it. */
static int keep_up_to_date(struct engine *engine, const struct network *network,
			   struct error *error)
{
	struct error why;
	int err = networks_keep(engine, network, &why);

	if (err < 0 && error_is_passing(err)) {
		*error = why;
		return err;
	}
	if (err < 0)
		log_warn("network %s goes on with what is recorded of it: %s", network->spec.name,
			 why.text);
	return 0;
}

/* One network of the record. One that cannot be made again (its bridge's name was taken meanwhile)
 * is kept in the store, logged, and tried at the next start: netd itself starts, and 0 is returned.
 * Where what failed may succeed in a moment, this start fails: its containers are not to be taken
 * down for that. */
static int start_kept(struct engine *engine, const struct kept *kept, struct error *error)
{
	struct network_spec spec;
	struct network *network;
	struct error why;
	bool left_out = false;
	int err = networks_read_kept(kept->body, &spec, &left_out, &why);

	if (err < 0 && error_is_passing(err)) {
		/* A start that may succeed in a moment fails as a whole. Everything else here is
		 * told, and netd starts. */
		*error = why;
		return err;
	}
	if (err == 0 && left_out)
		log_warn("network %s goes on without its options for gateway modes and addresses: "
			 "%s",
			 kept->name, why.text);
	if (err < 0) {
		log_error("network %s cannot be loaded: %s", kept->name, why.text);
		return 0;
	}
	/* From here on the network is freed on every failure. The network has a copy of the
	 * spec. */
	err = networks_new(&spec, &network, error);
	network_spec_done(&spec);
	if (err < 0)
		return err;
	memcpy(network->spec.id, kept->id, sizeof(kept->id));
	network->created = kept->created;
	/* What was left open in the record (a bridge's name, an MTU) is settled in the same way
	 * as when it was made. */
	err = builder_settle(engine, &network->spec, NULL, &why);
	if (err == 0 && network->spec.bridge[0])
		start_rename_back(engine, kept->id, network->spec.bridge);
	start_find_segments(engine, network);
	if (err == 0)
		err = networks_make(engine, network, &why);
	if (err < 0) {
		network_free(network);
		if (error_is_passing(err)) {
			*error = why;
			error_prefix(error, "network %s cannot be made again", kept->name);
			return err;
		}
		log_error("network %s cannot be made again: %s", kept->name, why.text);
		return 0;
	}
	/* Before the record is written again, of which they are a part. */
	err = services_kept_load(engine, network, kept->body, error);
	/* The record becomes what this release would write. */
	if (err == 0)
		err = keep_up_to_date(engine, network, error);
	return err < 0 ? err : networks_load_leases(engine, network, error);
}

/* Bridges that carry our alias and belong to no network: a crash between kernel and store. Only
 * after all networks are loaded. */
static void remove_stray_bridges(struct engine *engine)
{
	struct rtnl_link *links;
	size_t n;

	/* Strays are harmless; the next start looks again. */
	if (engine->door->links.all(engine->rtnl, &links, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		/* Ours by the alias, and nobody's by the tables: a network whose record was never
		 * written, or that is gone. */
		if (strncmp(links[i].alias, TUNNEL_ALIAS, strlen(TUNNEL_ALIAS)) == 0 &&
		    strcmp(links[i].kind, "vxlan") == 0 &&
		    !tables_own_tunnel(engine, links[i].ifindex)) {
			log_info("removing tunnel %s of a network that does not exist",
				 links[i].name);
			(void)engine->door->links.remove(engine->rtnl, links[i].ifindex, NULL);
			continue;
		}
		if (strncmp(links[i].alias, NETWORK_ALIAS, strlen(NETWORK_ALIAS)) != 0 ||
		    strcmp(links[i].kind, "bridge") != 0 ||
		    tables_own_bridge(engine, links[i].ifindex))
			continue;
		log_info("removing bridge %s of a network that does not exist", links[i].name);
		(void)engine->door->links.remove(engine->rtnl, links[i].ifindex, NULL);
	}
	free(links);
}

/* On failure the networks that were made stay in the tables, for engine_undo_start and
 * engine_free. */
int networks_start(struct engine *engine, struct error *error)
{
	struct kept_list list = { 0 };
	int err = store_networks_each(engine->store, keep_row, &list, error);

	/* While booting nobody is told of events, and the table is not touched: it is made once,
	 * at the end. */
	engine->booting = true;
	/* The network "bridge" comes last: it can give way where its subnet is not configured. */
	if (err == 0)
		err = start_predefined_all(engine, &list, false, error);
	for (size_t i = 0; err == 0 && i < list.n; i++)
		if (!networks_is_predefined(list.items[i].name))
			err = start_kept(engine, &list.items[i], error);
	if (err == 0)
		err = start_predefined_all(engine, &list, true, error);
	engine->booting = false;
	kept_list_done(&list);
	if (err == 0)
		remove_stray_bridges(engine);
	return err;
}
