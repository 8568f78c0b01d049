// SPDX-License-Identifier: GPL-2.0-or-later
// sweep.c - links and sockets on their way out, taken away together
#include "base/grow.h"
#include "base/log.h"
#include "engine/wire/wire.h"
#include "model/network/tunnel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Deleting one link costs a grace period of many milliseconds, deleting a
 * group costs little more: so a detach only marks its links, and this sweeps what a burst of
 * detaches has marked. Until then they answer for their addresses, and are in the way in their
 * netns: who attaches to either sweeps first, and is refused when that fails.
 *
 * A link that could not even be marked is not remembered by anything: no record knows it any more,
 * and that is what it is found by (sweep_strays). A sweep that failed comes again. */

/* A bridge is another matter: the kernel waits for the callbacks of every CPU while it deletes one
 * (br_multicast_dev_del), so nothing is shared, and a hundred in one message would stop everything
 * for seconds. They are deleted one by one when nothing else was removed for a moment, and requests
 * have their turn in between. In nobody's way are they meanwhile. A burst that does not end does
 * not put them off for long, and does not let them pile up: when SWEEP_BRIDGES_MAX wait, who
 * removes one more waits for the deletion of one. */

/* What a doomed link still answers for. The key of wire->doomed for an address; a namespace's inode
 * is the other kind of key. Their sizes differ, so neither is taken for the other. */
struct doomed_addr {
	uint32_t network;
	struct addr addr;
};

static void doomed_addr(const struct network *network, const struct addr *addr,
			struct doomed_addr *ret_key)
{
	memset(ret_key, 0, sizeof(*ret_key)); /* padding counts: it is a key */
	ret_key->network = network->number;
	ret_key->addr.family = addr->family;
	memcpy(ret_key->addr.bytes, addr->bytes, sizeof(addr->bytes));
}

/* What has a redirect still, because it could not be removed, is kept for the next time. */
static void close_all(struct engine *engine)
{
	size_t n_kept = 0;

	for (size_t i = 0; i < engine->wire->n_closing; i++) {
		struct closing *closing = &engine->wire->closing[i];

		/* The redirect goes before its socket. The table persists without its owner, and
		 * would stay behind in the container. */
		if (closing->has_redirect && engine->door->rules.unredirect(closing->nft, NULL) < 0)
			engine->wire->closing[n_kept++] = *closing;
		else
			engine->door->rules.close(closing->nft);
	}
	engine->wire->n_closing = n_kept;
}

/* The timer starts anew each time, so that a burst shares one sweep. One timer for everything that
 * is to be swept. */
static void sweep_in(struct engine *engine, double delay_ms)
{
	ev_timer_stop(engine->loop, &engine->wire->sweep_timer);
	ev_timer_set(&engine->wire->sweep_timer, delay_ms / 1000., 0.);
	ev_timer_start(engine->loop, &engine->wire->sweep_timer);
}

static void sweep_soon(struct engine *engine)
{
	sweep_in(engine, SWEEP_DELAY_MS);
}

/* As link_make writes it: "CONTAINER on NETWORK". */
bool sweep_has_our_alias(const struct rtnl_link *link)
{
	/* These words stand in no alias but netd's own, or a copy of one. */
	return strstr(link->alias, " on ") != NULL;
}

/* "nd" and twelve hexadecimal digits. */
bool sweep_has_our_name(const struct rtnl_link *link)
{
	return strncmp(link->name, "nd", 2) == 0 && strlen(link->name) == 2 + 12 &&
	       strspn(link->name + 2, "0123456789abcdef") == 12;
}

/* Walks over all endpoints. Only strays are looked for by it, which is rare. */
static bool is_known(const struct engine *engine, const char *host_ifname)
{
	for (size_t i = 0; i < engine->n_containers; i++)
		for (size_t k = 0; k < engine->containers[i]->n_endpoints; k++)
			if (strcmp(engine->containers[i]->endpoints[k]->host_ifname, host_ifname) ==
			    0)
				return true;
	return false;
}

/* Whether a link is a container's that nobody knows. */
static bool is_stray(const struct engine *engine, const struct rtnl_link *link)
{
	/* All four: a veth with our alias, not dying already, with our sort of name or in our
	 * bridge, and of no container. A link of somebody else's that has two of them by chance
	 * has not all four. */
	return strcmp(link->kind, "veth") == 0 && sweep_has_our_alias(link) &&
	       link->group != RTNL_GROUP_DYING &&
	       (sweep_has_our_name(link) || tables_own_bridge(engine, link->master)) &&
	       !is_known(engine, link->name);
}

/* That of a limit which nobody has any more. */
static bool is_stray_turn(const struct engine *engine, const struct rtnl_link *link)
{
	if (strcmp(link->kind, "ifb") != 0 || link->group == RTNL_GROUP_DYING ||
	    !shaping_is_name(link->name) || !sweep_has_our_alias(link))
		return false;
	/* By what the name has of the id (shaping_name): each link is compared with each endpoint,
	 * and to make the names takes seconds for some thousands. */
	list_foreach (&engine->wire->limited, const struct endpoint, endpoint, limited)
		if (strncmp(link->name + 2, endpoint->id, 12) == 0 &&
		    bandwidth_limits(&endpoint->spec.bandwidth, BANDWIDTH_OUT))
			return false;
	return true;
}

/* One whose network is gone, and that nobody is about to delete. */
static bool is_stray_bridge(const struct engine *engine, const struct rtnl_link *link)
{
	if (strcmp(link->kind, "bridge") != 0 || tables_own_bridge(engine, link->ifindex) ||
	    strncmp(link->alias, NETWORK_ALIAS, strlen(NETWORK_ALIAS)) != 0)
		return false;
	for (size_t i = 0; i < engine->wire->n_bridges; i++)
		if (engine->wire->bridges[i] == link->ifindex)
			return false;
	return true;
}

/* The tunnel of a network that is gone. */
static bool is_stray_tunnel(const struct engine *engine, const struct rtnl_link *link)
{
	return strcmp(link->kind, "vxlan") == 0 && !tables_own_tunnel(engine, link->ifindex) &&
	       strncmp(link->alias, TUNNEL_ALIAS, strlen(TUNNEL_ALIAS)) == 0;
}

/* One link of the host's: it is marked or removed if it is a stray of any kind. */
static int doom_stray(struct engine *engine, const struct rtnl_link *link, struct error *error)
{
	static const struct prefix none;
	int err;

	if (is_stray_turn(engine, link)) {
		log_warn("removing link %s (%s) of a limit that nothing is known of", link->name,
			 link->alias);
		return engine->door->links.doom(engine->rtnl, link->ifindex, error);
	}
	if (is_stray(engine, link)) {
		log_warn("removing link %s (%s) of a container that nothing is known of",
			 link->name, link->alias);
		return engine->door->links.doom(engine->rtnl, link->ifindex, error);
	}
	if (is_stray_tunnel(engine, link)) {
		log_warn("removing tunnel %s of a network that is gone", link->name);
		return engine->door->links.remove(engine->rtnl, link->ifindex, error);
	}
	if (!is_stray_bridge(engine, link))
		return 0;
	log_warn("removing bridge %s of a network that is gone", link->name);
	err = engine->door->bridges.doom(engine->rtnl, link->ifindex, &none, error);
	if (err == 0)
		sweep_bridge(engine, link->ifindex);
	return err;
}

/* Looks at every link of the host. It is for a start, and for when something could not be
 * marked. */
int sweep_strays(struct engine *engine, struct error *error)
{
	struct rtnl_link *links = NULL;
	size_t n = 0;
	int err = engine->door->links.all(engine->rtnl, &links, &n, error);

	/* One failure does not keep the others, and the first error is the one that is told. */
	for (size_t i = 0; i < n; i++) {
		int doom_err = doom_stray(engine, &links[i], error);

		err = err < 0 ? err : doom_err;
	}
	free(links);
	engine->wire->has_strays = err < 0;
	return err;
}

/* strays: no plan has made links that no container has yet. A start that fails before it knows what
 * there is leaves them to the next. One message deletes the whole group. The order matters: strays
 * are marked first, to go with it; sockets are closed behind the links; marks are forgotten last,
 * when nothing is left that they stand for. */
static int sweep(struct engine *engine, bool strays, struct error *error)
{
	/* Only when all records are read it is certain whom nobody knows. */
	bool looks = strays && engine->wire->has_strays && engine->wire->knows_all;
	int err = looks ? sweep_strays(engine, error) : 0, group_err;
	struct map *fresh;

	ev_timer_stop(engine->loop, &engine->wire->sweep_timer);
	group_err = engine->door->links.sweep(engine->rtnl, error);
	close_all(engine);
	if (engine->wire->n_closing > 0)
		sweep_in(engine, SWEEP_AGAIN_MS);
	/* Something is left. The marks stay, and whoever is in its way sweeps again. */
	if (err < 0 || group_err < 0 || engine->wire->has_strays) {
		sweep_in(engine, SWEEP_AGAIN_MS);
		return err < 0 ? err : group_err;
	}
	/* Everything that was marked before this moment is gone. */
	engine->wire->n_doomed = 0;
	engine->wire->has_unmarked = false;
	fresh = map_new();
	if (!fresh)
		return 0; /* the old marks only make later sweeps come early */
	map_free(engine->wire->doomed);
	engine->wire->doomed = fresh;
	return 0;
}

/* Nobody waits for this sweep, so a failure is only logged. */
static void sweep_or_warn(struct engine *engine)
{
	struct error error = { 0 };

	if (sweep(engine, true, &error) < 0)
		log_warn("%s; it is tried again", error.text);
}

static void on_sweep(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	sweep_or_warn(timer->data);
}

/* The keys are bytes: an inode or a struct doomed_addr. */
static void mark(struct engine *engine, const void *key, size_t len)
{
	/* The map is only there to sweep rarely. Without an entry each attach sweeps first, which
	 * is slow and right. */
	if (map_set(engine->wire->doomed, key, len, engine) < 0)
		engine->wire->has_unmarked =
			true; /* whoever comes next sweeps, whatever he wants */
}

static void mark_addr(struct engine *engine, const struct network *network, const struct addr *addr)
{
	struct doomed_addr key;

	doomed_addr(network, addr, &key);
	if (addr_is_set(addr))
		mark(engine, &key, sizeof(key));
}

/* The link is in the group of the dying. It is a port of its bridge until it is swept
 * (n_doomed). */
void sweep_doomed(struct engine *engine, const struct endpoint *endpoint)
{
	/* The namespace is in the way as well: a new link inside could not have the same name. */
	uint64_t inode = endpoint->container->netns_inode;

	mark(engine, &inode, sizeof(inode));
	for (enum family family = 0; family < FAMILY_N; family++)
		mark_addr(engine, endpoint->network, &endpoint->ip[family]);
	engine->wire->n_doomed++;
	/* A burst without end is swept in parts. */
	if (engine->wire->n_doomed % SWEEP_BATCH == 0 && !engine->wire->has_strays)
		sweep_or_warn(engine);
	else
		sweep_soon(engine);
}

/* -ENOMEM and a lost answer of the kernel are the usual reasons. */
void sweep_stubborn(struct engine *engine, const struct endpoint *endpoint)
{
	/* One that could not be marked: it is not in the group, so the next sweep looks through
	 * all links for it. */
	engine->wire->has_strays = true;
	sweep_doomed(engine, endpoint);
}

/* Something may be left that nobody has in hand. The next sweep looks for it. */
void sweep_left(struct engine *engine)
{
	engine->wire->has_strays = true;
	engine->wire->n_doomed++;
	sweep_soon(engine);
}

static void bridge_later(struct engine *engine, double delay_ms)
{
	ev_timer_stop(engine->loop, &engine->wire->bridge_timer);
	ev_timer_set(&engine->wire->bridge_timer, delay_ms / 1000., 0.);
	ev_timer_start(engine->loop, &engine->wire->bridge_timer);
}

/* Any of them: the last, as the first costs the same. */
static int delete_bridge(struct engine *engine, struct error *error)
{
	/* From the end, so the array needs no moving. */
	int err = engine->door->links.remove(
		engine->rtnl, engine->wire->bridges[engine->wire->n_bridges - 1], error);

	if (err == 0)
		engine->wire->n_bridges--;
	return err;
}

/* One bridge for each call, with a gap behind it in which requests are served. */
static void on_bridge(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;
	struct error error;

	(void)loop, (void)revents;
	if (engine->wire->n_bridges == 0)
		return;
	if (delete_bridge(engine, &error) < 0) {
		log_warn("%s; it is tried again", error.text);
		bridge_later(engine, SWEEP_AGAIN_MS);
		return;
	}
	if (engine->wire->n_bridges > 0)
		bridge_later(engine, SWEEP_BRIDGE_GAP_MS);
}

/* One more waits: for a calm moment, but not for ever. */
static void await_calm(struct engine *engine)
{
	if (engine->wire->n_bridges == 1)
		engine->wire->bridges_since = engine_now_s();
	if (engine->wire->n_bridges > SWEEP_BRIDGES_MAX && delete_bridge(engine, NULL) == 0)
		engine->wire->bridges_since = 0;
	if (engine->wire->n_bridges == 0)
		return;
	if (engine_now_s() - engine->wire->bridges_since < SWEEP_BRIDGE_CALM_S)
		bridge_later(engine, SWEEP_BRIDGE_DELAY_MS);
	else if (!ev_is_active(&engine->wire->bridge_timer))
		bridge_later(engine, SWEEP_BRIDGE_GAP_MS);
}

/* The bridge is down and renamed. Its number is all that is needed to delete it. */
void sweep_bridge(struct engine *engine, int ifindex)
{
	int *bridges = grow(engine->wire->bridges, &engine->wire->size_bridges,
			    engine->wire->n_bridges + 1, sizeof(*bridges));

	if (!bridges) { /* wait now, then */
		if (engine->door->links.remove(engine->rtnl, ifindex, NULL) < 0)
			sweep_left(engine);
		return;
	}
	engine->wire->bridges = bridges;
	engine->wire->bridges[engine->wire->n_bridges++] = ifindex;
	await_calm(engine);
}

int sweep_room(struct engine *engine)
{
	/* For all containers at once: a detach cannot fail, so the room is made when an attach
	 * still can. */
	size_t wanted = engine->wire->n_closing + engine->n_containers + 1;
	struct closing *closing = grow(engine->wire->closing, &engine->wire->size_closing, wanted,
				       sizeof(*closing));

	if (!closing)
		return -ENOMEM;
	engine->wire->closing = closing;
	return 0;
}

/* Closing waits for deletions of before to be carried out (a grace period). By the next sweep they
 * have been. */
void sweep_close_later(struct engine *engine, struct nft *nft, bool has_redirect)
{
	assert(engine->wire->n_closing < engine->wire->size_closing); /* sweep_room */
	engine->wire->closing[engine->wire->n_closing++] = (struct closing) { nft, has_redirect };
	sweep_soon(engine);
}

/* For names and places that a dying link may have. Strays are not looked for: the caller may have
 * links that no container has yet. */
void sweep_now(struct engine *engine)
{
	struct error error;

	if (engine->wire->n_doomed > 0 && sweep(engine, false, &error) < 0)
		log_warn("%s", error.text); /* what it is in the way of is refused */
}

/* With an unmarked one among the dying anybody may be in its way. */
static bool is_marked(const struct engine *engine, const void *key, size_t len)
{
	return engine->wire->n_doomed > 0 &&
	       (engine->wire->has_unmarked || map_get(engine->wire->doomed, key, len));
}

/* Before something is attached to a namespace. */
int sweep_netns(struct engine *engine, uint64_t netns_inode, struct error *error)
{
	/* Only whoever is in the way pays for the sweep. */
	int err = is_marked(engine, &netns_inode, sizeof(netns_inode)) ? sweep(engine, true, error)
								       : 0;

	if (err < 0)
		error_prefix(error, "what was detached from the network namespace is still in it");
	return err;
}

/* Before an address is given to somebody. */
int sweep_addr(struct engine *engine, const struct network *network, const struct addr *addr,
	       struct error *error)
{
	struct doomed_addr key;
	int err = 0;

	doomed_addr(network, addr, &key);
	if (addr_is_set(addr) && is_marked(engine, &key, sizeof(key)))
		err = sweep(engine, true, error);
	if (err < 0)
		error_prefix(error, "address %s is still on a link on its way out", ADDR_STR(addr));
	return err;
}

void sweep_start(struct engine *engine)
{
	ev_timer_init(&engine->wire->sweep_timer, on_sweep, 0., 0.);
	ev_timer_init(&engine->wire->bridge_timer, on_bridge, 0., 0.);
	engine->wire->sweep_timer.data = engine->wire->bridge_timer.data = engine;
}

void sweep_stop(struct engine *engine)
{
	/* What is dying is nobody's. It would be found by the next netd, but an orderly stop
	 * leaves nothing. */
	if (engine->wire->n_doomed > 0)
		sweep_or_warn(engine);
	if (engine->wire->n_bridges > 0)
		(void)engine->door->links.sweep_bridges(engine->rtnl,
							NULL); /* else the next start does */
	close_all(engine);
	for (size_t i = 0; i < engine->wire->n_closing; i++)
		engine->door->rules.close(engine->wire->closing[i].nft);
	ev_timer_stop(engine->loop, &engine->wire->sweep_timer);
	ev_timer_stop(engine->loop, &engine->wire->bridge_timer);
	free(engine->wire->closing);
	free(engine->wire->bridges);
}
