// SPDX-License-Identifier: GPL-2.0-or-later
// hosts.c - what the other hosts of a cluster say, carried out; and what this one has to tell
#include "engine/change/change.h"
#include "engine/change/networks.h"
#include "engine/state/going.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "engine/wire/ingress.h"
#include "model/cluster/cluster_block.h"
#include "model/cluster/cluster_service.h"
#include "model/ipam/ipam.h"
#include "model/network/network_options.h"
#include "model/network/tunnel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Records are kept as they came (far->records), so that one that is told again
 * changes nothing. A network is made at once, and so is the guard changed; containers of others are
 * only noted (state/far.h), and entered FAR_TURN at a time: the kernel (wire/far_way.c), the table,
 * the names, in this order, for who is told of a name connects to it. */

/* In the run directory: "HOST ADDRESS". */
#define SELF_FILE "cluster"

/* --- turns ------------------------------------------------------------------------------------ */

/* The first that are due, all on one network; how many. All of a turn are of one network, so one
 * call of far_way_change does them. */
static size_t take_due(struct far *far, struct far_end *ret_ends[static FAR_TURN])
{
	size_t n = 0;

	list_foreach (&far->due, struct far_end, end, in_due) {
		if (n == FAR_TURN || (n > 0 && strcmp(end->net, ret_ends[0]->net) != 0))
			break;
		ret_ends[n++] = end;
		list_remove(&end->in_due);
	}
	return n;
}

/* The names of one container of another host go to the resolver, or leave it. */
static void tell_names(struct engine *engine, const struct network *network, struct far_end *end)
{
	/* A host that is not alive keeps its packets flowing, for that may be the cluster's own
	 * failing; only its names leave the answers. at is set by far_way_change where the kernel
	 * has the container. */
	bool wanted = !end->gone && end->host->alive && addr_is_set(&end->at) &&
		      !far_is_ingress(end);

	names_far(engine, network, end, !wanted);
}

/* One turn: kernel and table, then names; for those that go, names first. Those that are gone are
 * freed here; those that failed are due again, at the end of the list. */
static int carry_out(struct engine *engine, struct far_end *const *ends, size_t n)
{
	struct network *network = map_get_str(engine->network_by_id, ends[0]->net);
	struct error error;
	int err = 0;

	/* A network that is not here yet brings them along when it comes. Nothing of theirs is in
	 * the kernel without the network, so those that are gone are freed at once. */
	if (network) {
		for (size_t i = 0; i < n; i++) /* names first, of those that go */
			if (ends[i]->gone)
				tell_names(engine, network, ends[i]);
		err = far_way_change(engine, network, ends, n, &error);
		for (size_t i = 0; i < n; i++)
			if (!ends[i]->gone)
				tell_names(engine, network, ends[i]);
		services_far_change(engine, network, ends, n);
	}
	if (err < 0)
		log_warn("network %s: %s; it is tried again", network->spec.name, error.text);
	for (size_t i = 0; i < n; i++)
		/* Also after a failure: what the kernel keeps of it is found by the next
		 * comparison. */
		if (ends[i]->gone)
			far_end_free(ends[i]);
		else if (err < 0)
			list_append(&engine->far->due, &ends[i]->in_due);
	return err;
}

/* All that was told is in the kernel, for the first time: what is left of an earlier netd's is
 * nobody's any more. */
static void settle(struct engine *engine)
{
	struct far *far = engine->far;

	if (far->entered || !far->whole || !list_empty(&far->due))
		return;
	far->entered = true;
	services_far_settle(engine);
	if (far->lets_in)
		rules_repair_soon(engine);
	far->lets_in = false;
}

/* Runs as long as something is due. After a failure it waits FAR_AGAIN_S. */
static void on_due(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;
	/* FAR_TURN bounds how long a turn holds the loop. */
	struct far_end *ends[FAR_TURN];
	size_t n = take_due(engine->far, ends);
	int err = n > 0 ? carry_out(engine, ends, n) : 0;

	(void)revents;
	/* One for the whole turn. */
	names_flush(engine);
	ev_timer_stop(loop, timer);
	if (list_empty(&engine->far->due)) {
		settle(engine);
		services_far_keep(engine);
		return;
	}
	/* Everybody else has a turn in between. */
	ev_timer_set(timer, err < 0 ? FAR_AGAIN_S : 0., 0.);
	ev_timer_start(loop, timer);
}

/* For figures and tests. */
size_t engine_cluster_n_due(const struct engine *engine)
{
	size_t n = 0;

	list_foreach (&engine->far->due, const struct far_end, end, in_due)
		n++;
	return n;
}

/* --- this host -------------------------------------------------------------------------------- */

/* A netd that starts knows at once which host this is and where its tunnels end. It would otherwise
 * take them down until the herald has told it. What the file says is checked as a stranger's text
 * is. */
static void read_self(struct engine *engine)
{
	char line[CLUSTER_HOST_LEN_MAX + ADDR_STR_MAX + 2], *space;
	struct addr tunnel;

	run_dir_read(engine, SELF_FILE, line, sizeof(line));
	/* No file, or an older one: it is in no cluster until the herald says so. */
	space = strchr(line, ' ');
	if (!space)
		return;
	*space = '\0';
	if (!cluster_key_is_host(line) || addr_parse(space + 1, &tunnel) < 0)
		return;
	memcpy(engine->far->host, line, strlen(line) + 1); /* a host's name fits */
	engine->far->tunnel = tunnel;
}

/* An empty file means that this host is in no cluster. Written before anything is made for it, so
 * that a netd that is killed in between finds its own again. */
static void write_self(const struct engine *engine)
{
	char line[CLUSTER_HOST_LEN_MAX + ADDR_STR_MAX + 2] = "";

	if (addr_is_set(&engine->far->tunnel))
		(void)snprintf(line, sizeof(line), "%s %s", engine->far->host,
			       ADDR_STR(&engine->far->tunnel)); /* fits */
	run_dir_write(engine, SELF_FILE, line);
}

/* Before networks are loaded: a network that spans hosts asks for the tunnel's address. */
int hosts_start(struct engine *engine)
{
	int err = far_new(&engine->far);

	if (err < 0)
		return err;
	/* From here on what is due starts the timer. */
	engine->far->loop = engine->loop;
	ev_timer_init(&engine->far->timer, on_due, 0., 0.);
	engine->far->timer.data = engine;
	read_self(engine);
	going_start(engine);
	return 0;
}

void hosts_stop(struct engine *engine)
{
	if (!engine->far)
		return;
	ev_timer_stop(engine->loop, &engine->far->timer);
	going_stop(engine);
}

/* Tunnels end at another address, or are there for the first time, or no more. All networks are
 * tried; the first failure is told. */
static int move_tunnels(struct engine *engine, struct error *error)
{
	int err = 0;

	/* Others that span no hosts have no tunnel. */
	for (size_t i = 0; i < engine->n_networks; i++) {
		struct network *network = engine->networks[i];
		struct error why;
		int moved;

		if (!network->spec.kind->spans)
			continue;
		moved = tunnels_move(engine, network, &why);
		if (moved < 0 && err == 0)
			*error = why;
		err = err < 0 ? err : moved;
	}
	return err;
}

/* --- records ---------------------------------------------------------------------------------- */

/* The spec's options are the JSON of a request. */
static int set_option(struct network_spec *spec, enum network_option option, const char *value)
{
	return json_object_set_new(spec->options, network_options_key(option), json_string(value));
}

/* As somebody would ask for it here who knows all that the record says. Turns a record into a
 * request. It then goes through the same checks as a request of a caller's. */
static int spec_of(const struct cluster_record *record, struct network_spec *spec)
{
	const struct cluster_net *net = &record->net;
	char number[16];
	int err = network_spec_init(spec);

	if (err < 0)
		return err;
	for (size_t i = 0; kind_at(i); i++)
		/* Records have no kind: there is one that spans hosts. */
		if (kind_at(i)->spans)
			spec->kind = kind_at(i);
	(void)snprintf(spec->name, sizeof(spec->name), "%s", record->key.name);
	(void)snprintf(spec->id, sizeof(spec->id), "%s", net->id);
	spec->internal = net->internal;
	/* Docker's word: any container may be attached to it. */
	spec->attachable = true;
	for (enum family family = 0; family < FAMILY_N; family++) {
		spec->has[family] = addr_is_set(&net->subnets[family].prefix.addr);
		spec->subnet[family].prefix = net->subnets[family].prefix;
		spec->subnet[family].gateway = net->subnets[family].gateway;
	}
	(void)snprintf(number, sizeof(number), "%u", net->vni);
	/* As options, where a network that was asked for here has them. */
	err = set_option(spec, NETWORK_OPTION_VNI, number);
	(void)snprintf(number, sizeof(number), "%u", net->mtu);
	if (err == 0 && net->mtu > 0)
		err = set_option(spec, NETWORK_OPTION_MTU, number);
	if (err == 0 && !net->icc)
		err = set_option(spec, NETWORK_OPTION_ICC, "false");
	if (err == 0 && net->encrypt)
		err = set_option(spec, NETWORK_OPTION_ENCRYPTED, "");
	return err < 0 ? -ENOMEM : network_options_decode(spec, NULL);
}

/* It is there, made here or told of before. */
static void note_agreed(struct engine *engine, struct network *network)
{
	if (network->agreed)
		return;
	network->agreed = true;
	services_shared_keep(engine, network);
}

/* A network of the cluster is made here, too. One that cannot be made on this host is told in the
 * log; the cluster is not to be changed for it. */
static void put_network(struct engine *engine, const struct cluster_record *record)
{
	struct network *network = map_get_str(engine->network_by_id, record->net.id);
	struct network_spec spec;
	struct error error;
	int err;

	if (network) {
		note_agreed(engine, network);
		return;
	}
	err = spec_of(record, &spec);
	if (err < 0)
		(void)error_system(&error, err, "cannot create network %s", record->key.name);
	else
		err = engine_network_create(engine, &spec, &network, &error);
	network_spec_done(&spec);
	if (err < 0)
		log_warn("network %s of the cluster is not on this host: %s", record->key.name,
			 error.text);
	else
		services_shared_bring(engine, network);
}

/* Those that were told before this host was in. Runs once, when this host has become a member. */
static void put_networks(struct engine *engine)
{
	struct cluster_record *record = malloc(sizeof(*record));
	size_t cursor = 0;

	/* Without memory they are made when they are told again. */
	while (record && cluster_state_next(engine->far->records, CLUSTER_NET, &cursor, record))
		put_network(engine, record);
	free(record);
}

/* Sets which host this is and where its tunnels end; an address that is not set means that it is in
 * no cluster. Says nothing twice. */
int engine_cluster_self(struct engine *engine, const char *host, const struct addr *tunnel,
			struct error *error)
{
	struct far *far = engine->far;
	bool was = addr_is_set(&far->tunnel), is = addr_is_set(tunnel);
	int err = 0;

	if (is && !cluster_key_is_host(host))
		return error_set(error, ERROR_INVALID, "invalid name of a host \"%s\"", host);
	if (addr_equal(&far->tunnel, tunnel) && strcmp(far->host, is ? host : "") == 0)
		return 0;
	(void)snprintf(far->host, sizeof(far->host), "%s", is ? host : "");
	far->tunnel = *tunnel;
	write_self(engine);
	/* The guard is there before the first tunnel, and goes behind the last. */
	if (!was && is)
		err = rules_tunnels(engine, true, error);
	if (err == 0)
		err = move_tunnels(engine, error);
	if (err == 0 && !was && is)
		put_networks(engine);
	if (err == 0 && was && !is)
		err = rules_tunnels(engine, false, error);
	if (was && !is) {
		services_shared_leave(engine);
		going_forget_all(engine);
	}
	ingress_settle(engine);
	return err;
}

/* The addresses from which a host may send into tunnels. none: it has left, or lost them. */
static void put_host(struct engine *engine, const struct cluster_record *record)
{
	static const struct addr none[FAMILY_N];
	struct far_host *host = far_host(engine->far, record->key.host);
	const struct addr *tunnel = record->key.kind == CLUSTER_HOST ? record->host.vtep : none;
	struct error error;

	if (!host || memcmp(host->tunnel, tunnel, sizeof(host->tunnel)) == 0)
		return;
	/* What was admitted is expelled with the addresses that it was admitted with. A rule too
	 * many is no reason to stop: the new addresses have to come in. */
	if (rules_host(engine, host, false, &error) < 0)
		log_warn("%s", error.text);
	memcpy(host->tunnel, tunnel, sizeof(host->tunnel));
	if (memcmp(tunnel, none, sizeof(none)) != 0 && rules_host(engine, host, true, &error) < 0)
		log_warn("%s", error.text);
	far_due_of_host(engine->far, host);
}

/* Its lease has begun or ended. Only its names follow (tell_names). */
static void set_alive(struct engine *engine, const char *name, bool alive)
{
	/* A host may be alive before its record is told. */
	struct far_host *host = far_host(engine->far, name);

	if (!host || host->alive == alive)
		return;
	host->alive = alive;
	far_due_of_host(engine->far, host);
}

/* What this host says itself is known better here. */
static bool is_own(const struct engine *engine, const struct cluster_key *key)
{
	return (key->kind == CLUSTER_HOST || key->kind == CLUSTER_ALIVE ||
		key->kind == CLUSTER_END) &&
	       strcmp(key->host, engine->far->host) == 0;
}

/* A record of the cluster. -ENOMEM: it is not noted, and is told again at the next time. */
int engine_cluster_put(struct engine *engine, const struct cluster_record *record,
		       struct error *error)
{
	int change;

	if (is_own(engine, &record->key))
		return 0;
	change = cluster_state_put(engine->far->records, record);
	if (change < 0)
		return error_system(error, change, "cannot take in what another host says");
	if (change == CLUSTER_SAME)
		return 0;
	switch (record->key.kind) {
	case CLUSTER_NET:
		put_network(engine, record);
		break;
	case CLUSTER_BLOCK:
		far_blocks_open(engine, record);
		break;
	case CLUSTER_HOST:
		put_host(engine, record);
		break;
	case CLUSTER_ALIVE:
		set_alive(engine, record->key.host, true);
		break;
	case CLUSTER_END:
		if (far_put(engine->far, record) < 0)
			return error_system(error, -ENOMEM,
					    "cannot take in what another host says");
		break;
	case CLUSTER_SVC:
		services_shared_put(engine, record);
		break;
	case CLUSTER_REVOKED: /* what a host shows to others is none of the engine's */
	case CLUSTER_N_KINDS:
		break;
	}
	return 0;
}

/* It is gone from the cluster. One with containers on this host stays, as this host's alone until
 * it is claimed again; the refusal says so. */
static void drop_network(struct engine *engine, struct network *network)
{
	struct error error;

	network->agreed = false;
	networks_detach_dead(engine, network);
	/* Nobody is left to reach its services. */
	if (network->n_endpoints == 0 && networks_check_no_restore(engine, NULL) == 0)
		services_shared_drop(engine, network);
	if (networks_remove_unused(engine, network, &error) < 0)
		log_warn("network %s is gone from the cluster, and stays on this host: %s",
			 network->spec.name, error.text);
}

/* One that the cluster does not have is new here, under a name that has become free, or is no
 * network that spans hosts. */
static void drop_called(struct engine *engine, const char *name)
{
	struct network *network = map_get_str(engine->network_by_name, name);

	if (network && network->agreed)
		drop_network(engine, network);
}

void engine_cluster_yield(struct engine *engine, const struct cluster_record *record)
{
	struct network *network = map_get_str(engine->network_by_name, record->key.name);

	if (network && network->spec.kind->spans)
		drop_network(engine, network);
	put_network(engine, record);
}

/* Those that were removed while no netd was here: the cluster had them, and has none of the name.
 * Where it has another one, the two are told apart by whoever claims (plumber/spanning.c). */
static void drop_removed(struct engine *engine)
{
	/* Backwards: one that goes is replaced by another in the list. */
	for (size_t i = engine->n_networks; i-- > 0;) {
		struct network *network = engine->networks[i];
		const struct cluster_key key = cluster_key_of_name(CLUSTER_NET, network->spec.name);

		if (network->agreed && !cluster_state_has(engine->far->records, &key))
			drop_network(engine, network);
	}
}

/* What a record made is undone, kind by kind. */
static void gone(const struct cluster_key *key, void *data)
{
	/* A record without any address is what a host without tunnels has. */
	const struct cluster_record nothing = { .key = *key };
	struct engine *engine = data;

	switch (key->kind) {
	case CLUSTER_NET:
		drop_called(engine, key->name);
		engine->far->bereft = true;
		break;
	case CLUSTER_HOST:
		put_host(engine, &nothing);
		break;
	case CLUSTER_ALIVE:
		set_alive(engine, key->host, false);
		break;
	case CLUSTER_END:
		far_remove(engine->far, key);
		break;
	case CLUSTER_SVC:
		services_shared_remove(engine, key);
		break;
	case CLUSTER_BLOCK: /* nobody takes back what a host has */
	case CLUSTER_REVOKED:
	case CLUSTER_N_KINDS:
		break;
	}
}

/* Services that the cluster has and that are here were not removed after all: a netd was killed
 * before it removed them, or could not write that the cluster has forgotten another one of that
 * name and address. One that the cluster is not known to have may follow one that goes. */
static int drop_kept(struct engine *engine)
{
	struct cluster_record *record = malloc(sizeof(*record));
	size_t cursor = 0;

	if (!record)
		return -ENOMEM;
	while (cluster_state_next(engine->far->going, CLUSTER_SVC, &cursor, record)) {
		const struct service *service = services_kept_find(engine, record->key.name);

		if (!service || !service->agreed)
			continue;
		going_forget(engine, &record->key);
		cursor = 0; /* a walk does not go on over a change */
	}
	free(record);
	return 0;
}

/* Networks alone: services are released by engine_cluster_unwanted. One that is here was not
 * removed after all. */
int engine_cluster_going(struct engine *engine,
			 int (*each)(const struct cluster_record *record, void *data), void *data)
{
	struct cluster_record *record = malloc(sizeof(*record));
	int err = record ? drop_kept(engine) : -ENOMEM;
	size_t cursor = 0;

	while (err == 0 && cluster_state_next(engine->far->going, CLUSTER_NET, &cursor, record)) {
		if (!map_get_str(engine->network_by_id, record->net.id)) {
			err = each(record, data);
			continue;
		}
		going_forget(engine, &record->key);
		cursor = 0; /* a walk does not go on over a change */
	}
	free(record);
	return err;
}

void engine_cluster_forget(struct engine *engine, const struct cluster_key *key)
{
	going_forget(engine, key);
}

void engine_cluster_remove(struct engine *engine, const struct cluster_key *key)
{
	if (key->kind == CLUSTER_NET)
		going_forget(engine, key);
	if (cluster_state_remove(engine->far->records, key) == CLUSTER_REMOVED)
		gone(key, engine);
}

/* All records are about to be told. Those that are not told again by the end are gone. */
void engine_cluster_begin(struct engine *engine)
{
	cluster_state_begin(engine->far->records);
}

/* All has been told. What is left over from before is removed by gone. */
int engine_cluster_end(struct engine *engine, struct error *error)
{
	int err = cluster_state_end(engine->far->records, gone, engine);

	if (err < 0)
		return error_system(error, err, "cannot take in what other hosts say");
	/* From now on what an earlier netd entered and nobody has any more is told apart. */
	if (!engine->far->whole)
		later_resync(engine);
	engine->far->whole = true;
	if (networks_check_no_restore(engine, NULL) == 0)
		drop_removed(engine);
	services_shared_end(engine);
	/* Where nothing is due; else when it has been done. */
	settle(engine);
	services_far_keep(engine);
	return 0;
}

/* --- what is told ----------------------------------------------------------------------------- */

/* The names that others may ask for. The short id is left out: the receiving host makes it from the
 * key. */
static void copy_names(const struct endpoint *endpoint, struct cluster_end *end)
{
	const char *names[ALIASES_MAX + 3], *id = endpoint->container->spec.id;
	size_t n = endpoint_dns_names(endpoint, names);

	/* The first name is the container's own. */
	(void)snprintf(end->name, sizeof(end->name), "%s", names[0]);
	for (size_t i = 1; i < n && end->n_aliases < ALIASES_MAX; i++)
		if (strncmp(names[i], id, strlen(names[i])) != 0) /* the key says it */
			(void)snprintf(end->aliases[end->n_aliases++], sizeof(end->aliases[0]),
				       "%s", names[i]);
}

/* A container whose plan has not ended is nobody's neighbour yet. */
static bool is_told(const struct endpoint *endpoint)
{
	return endpoint->network->spec.kind->spans && endpoint->state == ENDPOINT_UP;
}

/* What other hosts need to reach this endpoint. */
static void record_of(const struct engine *engine, const struct endpoint *endpoint,
		      struct cluster_record *record)
{
	const struct network_spec *spec = &endpoint->network->spec;
	const struct cluster_key key = cluster_key_of_end(engine->far->host, spec->id,
							  endpoint->container->spec.id);

	cluster_record_init(record, &key);
	memcpy(record->end.addrs, endpoint->ip, sizeof(record->end.addrs));
	/* Who is not at the first bridge is reached through this host. */
	record->end.mac = endpoint->segment > 0 ? tunnel_mac(spec, &engine->far->tunnel)
						: *endpoint_mac(endpoint);
	copy_names(endpoint, &record->end);
	if (!cluster_service_named(endpoint->container->spec.labels, &record->end))
		log_debug("container %s stands behind more than %d services: other hosts are told "
			  "of as many",
			  endpoint->container->spec.name, CLUSTER_SERVICES_MAX);
}

static int add_refused(const struct engine_refused *refused, void *data)
{
	struct cluster_host *host = data;
	struct cluster_refused *item = &host->refused[host->n_refused];

	if (host->n_refused == CLUSTER_REFUSED_MAX)
		return -ECANCELED;
	host->n_refused++;
	memset(item, 0, sizeof(*item));
	(void)snprintf(item->service, sizeof(item->service), "%s", refused->service);
	(void)snprintf(item->why, sizeof(item->why), "%s", refused->why);
	item->protocol = refused->protocol;
	item->port = refused->port;
	return 0;
}

/* Calls each for every record of this host's, this moment's. The first error ends the walk. The
 * record is large, so it is on the heap. */
int engine_cluster_own(struct engine *engine,
		       int (*each)(const struct cluster_record *record, void *data), void *data)
{
	struct cluster_record *record = malloc(sizeof(*record));
	struct cluster_key key = cluster_key_of_host(CLUSTER_HOST, engine->far->host);
	int err = record ? 0 : -ENOMEM;

	if (err == 0 && addr_is_set(&engine->far->tunnel)) {
		cluster_record_init(record, &key);
		record->host.vtep[family_of(engine->far->tunnel.family)] = engine->far->tunnel;
		(void)snprintf(record->host.version, sizeof(record->host.version), "%s",
			       NETD_VERSION);
		(void)ingress_refused(engine, NULL, add_refused, &record->host); /* cut */
		err = each(record, data);
	}
	/* From the objects, and not from a list of its own: so nothing can be told that is not
	 * there. */
	for (size_t i = 0; err == 0 && i < engine->n_networks; i++) {
		list_foreach (&engine->networks[i]->endpoints, const struct endpoint, endpoint,
			      in_network) {
			if (err < 0 || !is_told(endpoint))
				continue;
			record_of(engine, endpoint, record);
			err = each(record, data);
		}
		if (err == 0 && ingress_away_record(engine, engine->networks[i], record))
			err = each(record, data);
	}
	free(record);
	return err;
}

/* Whose record may be another one. It may have gone since, with its network. */
static void tell_anew(struct engine *engine, const struct far_told *told,
		      struct cluster_record *record,
		      void (*each)(const struct cluster_record *record, void *data),
		      void (*ended)(const struct cluster_key *key, void *data), void *data)
{
	const struct cluster_key key = cluster_key_of_end(engine->far->host, told->net,
							  told->container);
	const struct container *container = map_get_str(engine->container_by_id, told->container);
	const struct network *network = map_get_str(engine->network_by_id, told->net);
	const struct endpoint *found = NULL;

	/* Of several on one network the last is told, as engine_cluster_own does. */
	for (size_t i = 0; container && i < container->n_endpoints; i++)
		if (container->endpoints[i]->network == network && is_told(container->endpoints[i]))
			found = container->endpoints[i];
	if (!found) {
		ended(&key, data);
		return;
	}
	record_of(engine, found, record);
	each(record, data);
}

bool engine_cluster_changed(struct engine *engine,
			    void (*each)(const struct cluster_record *record, void *data),
			    void (*ended)(const struct cluster_key *key, void *data), void *data)
{
	struct far *far = engine->far;
	struct cluster_record *record = far->told_all ? NULL : malloc(sizeof(*record));
	size_t n = far->n_told;

	far->told_all = false;
	far->n_told = 0;
	for (size_t i = 0; record && i < n; i++)
		tell_anew(engine, &far->told[i], record, each, ended, data);
	free(record);
	return record != NULL;
}

/* Whose a block is, of data's network, as its record says. For cluster_block_choose, which asks
 * whose a block is. */
struct holders {
	const struct engine *engine;
	const struct network *network;
	struct cluster_record *record;
};

static const char *holder_of(const struct prefix *block, const void *data)
{
	const struct holders *holders = data;
	struct cluster_key key = cluster_key_of_block(holders->network->spec.id, &block->addr);

	/* NULL: it is free. */
	return cluster_state_get(holders->engine->far->records, &key, holders->record)
		       ? holders->record->holder
		       : NULL;
}

/* A block of this family is wanted: the record that would say that this host has it. A block is
 * asked for early, when few addresses are left: etcd takes some milliseconds, and an attach would
 * have to wait for them. */
static bool wants_block(const struct holders *holders, enum family family)
{
	const struct network *network = holders->network;
	struct cluster_record *record = holders->record;
	struct cluster_key key;
	struct prefix block;

	/* A pool without a fence has all of its subnet, and needs no blocks. */
	if (!network->pool[family] || !ipam_is_fenced(network->pool[family]) ||
	    ipam_room(network->pool[family]) >= FAR_BLOCK_LOW ||
	    !cluster_block_choose(&network->spec.subnet[family].prefix, holders->engine->far->host,
				  holder_of, holders, &block))
		return false;
	key = cluster_key_of_block(network->spec.id, &block.addr);
	cluster_record_init(record, &key);
	(void)snprintf(record->holder, sizeof(record->holder), "%s", holders->engine->far->host);
	return true;
}

/* Calls each for every block and every service that is wanted now. The caller claims one at a time:
 * blocks first, for without them nobody is attached. */
int engine_cluster_wanted(struct engine *engine,
			  int (*each)(const struct cluster_record *record, void *data), void *data)
{
	struct holders holders = { .engine = engine, .record = malloc(sizeof(*holders.record)) };
	int err = holders.record ? 0 : -ENOMEM;

	for (size_t i = 0; err == 0 && i < engine->n_networks; i++) {
		holders.network = engine->networks[i];
		for (enum family family = 0; err == 0 && family < FAMILY_N; family++)
			if (addr_is_set(&engine->far->tunnel) && wants_block(&holders, family))
				err = each(holders.record, data);
	}
	if (err == 0 && addr_is_set(&engine->far->tunnel))
		err = services_shared_wanted(engine, each, data);
	free(holders.record);
	return err;
}

/* changed is called whenever what this host has to tell may be different. NULL: nobody listens. */
void engine_cluster_watch(struct engine *engine, void (*changed)(void *data), void *data)
{
	engine->far->changed = changed;
	engine->far->changed_data = data;
}
