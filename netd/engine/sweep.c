// SPDX-License-Identifier: GPL-2.0-or-later
// sweep.c - links and sockets on their way out, taken away together
#include "base/log.h"
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

/* Theory of operation. Deleting one link costs a grace period of many milliseconds, deleting a
 * group costs little more: so a detach only marks its links, and this sweeps what a burst of
 * detaches has marked. Until then they answer for their addresses, and are in the way in their
 * netns: who attaches to either sweeps first. */

/* A bridge is another matter: the kernel waits for the callbacks of every CPU while it deletes one
 * (br_multicast_dev_del), so nothing is shared, and a hundred in one message would stop everything
 * for seconds. They are deleted one by one when nothing else was removed for a moment, and requests
 * have their turn in between. In nobody's way are they meanwhile. */

/* What a doomed link still answers for. */
struct doomed_addr {
	uint32_t network;
	struct addr addr;
};

static struct doomed_addr doomed_addr(const struct network *network, const struct addr *addr)
{
	struct doomed_addr key;

	memset(&key, 0, sizeof(key)); /* padding counts: it is a key */
	key.network = network->number;
	key.addr = *addr;
	return key;
}

static void close_all(struct engine *engine)
{
	for (size_t i = 0; i < engine->n_closing; i++)
		nft_close(engine->closing[i]);
	engine->n_closing = 0;
}

static void sweep(struct engine *engine)
{
	struct map *fresh = map_new();
	struct error error;

	ev_timer_stop(engine->loop, &engine->sweep_timer);
	if (rtnl_sweep(engine->rtnl, &error) < 0)
		log_warn("%s", error.text);
	close_all(engine);
	engine->n_doomed = 0;
	if (!fresh)
		return; /* the old marks only make later sweeps come early */
	map_free(engine->doomed);
	engine->doomed = fresh;
}

static void on_sweep(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	sweep(timer->data);
}

/* The timer starts anew each time, so that a burst shares one sweep. */
static void sweep_soon(struct engine *engine)
{
	ev_timer_stop(engine->loop, &engine->sweep_timer);
	ev_timer_set(&engine->sweep_timer, SWEEP_DELAY_MS / 1000., 0.);
	ev_timer_start(engine->loop, &engine->sweep_timer);
}

static void mark_addr(struct engine *engine, const struct network *network, const struct addr *addr)
{
	struct doomed_addr key = doomed_addr(network, addr);

	/* A lost mark means two owners of an address for some milliseconds. */
	if (addr_is_set(addr))
		(void)map_set(engine->doomed, &key, sizeof(key), engine);
}

void sweep_doomed(struct engine *engine, const struct endpoint *endpoint)
{
	uint64_t inode = endpoint->container->netns_inode;

	(void)map_set(engine->doomed, &inode, sizeof(inode), engine); /* as above */
	mark_addr(engine, endpoint->network, &endpoint->ip4);
	mark_addr(engine, endpoint->network, &endpoint->ip6);
	engine->n_doomed++;
	if (engine->n_doomed >= SWEEP_BATCH) /* a burst without end is swept in parts */
		sweep(engine);
	else
		sweep_soon(engine);
}

static void bridge_later(struct engine *engine, double delay_ms)
{
	ev_timer_stop(engine->loop, &engine->bridge_timer);
	ev_timer_set(&engine->bridge_timer, delay_ms / 1000., 0.);
	ev_timer_start(engine->loop, &engine->bridge_timer);
}

static void on_bridge(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;
	struct error error;

	(void)loop, (void)revents;
	if (engine->n_bridges == 0)
		return;
	if (rtnl_link_delete(engine->rtnl, engine->bridges[--engine->n_bridges], &error) < 0)
		log_warn("%s", error.text);
	if (engine->n_bridges > 0)
		bridge_later(engine, SWEEP_BRIDGE_GAP_MS);
}

void sweep_bridge(struct engine *engine, int ifindex)
{
	if (engine->n_bridges == engine->size_bridges) {
		size_t size = engine->size_bridges ? engine->size_bridges * 2 : 16;
		int *bridges = realloc(engine->bridges, size * sizeof(*bridges));

		if (!bridges) { /* wait now, then */
			(void)rtnl_link_delete(engine->rtnl, ifindex, NULL);
			return;
		}
		engine->bridges = bridges;
		engine->size_bridges = size;
	}
	engine->bridges[engine->n_bridges++] = ifindex;
	bridge_later(engine, SWEEP_BRIDGE_DELAY_MS);
}

void sweep_close_later(struct engine *engine, struct nft *nft)
{
	if (engine->n_closing == engine->size_closing) {
		size_t size = engine->size_closing ? engine->size_closing * 2 : 16;
		struct nft **closing = realloc(engine->closing, size * sizeof(struct nft *));

		if (!closing) { /* wait now, then */
			nft_close(nft);
			return;
		}
		engine->closing = closing;
		engine->size_closing = size;
	}
	engine->closing[engine->n_closing++] = nft;
	sweep_soon(engine);
}

void sweep_now(struct engine *engine)
{
	if (engine->n_doomed > 0)
		sweep(engine);
}

void sweep_netns(struct engine *engine, uint64_t netns_inode)
{
	if (engine->n_doomed > 0 && map_get(engine->doomed, &netns_inode, sizeof(netns_inode)))
		sweep(engine);
}

void sweep_addr(struct engine *engine, const struct network *network, const struct addr *addr)
{
	struct doomed_addr key = doomed_addr(network, addr);

	if (engine->n_doomed > 0 && addr_is_set(addr) && map_get(engine->doomed, &key, sizeof(key)))
		sweep(engine);
}

void sweep_start(struct engine *engine)
{
	ev_timer_init(&engine->sweep_timer, on_sweep, 0., 0.);
	ev_timer_init(&engine->bridge_timer, on_bridge, 0., 0.);
	engine->sweep_timer.data = engine->bridge_timer.data = engine;
}

void sweep_stop(struct engine *engine)
{
	if (engine->n_doomed > 0)
		sweep(engine);
	if (engine->n_bridges > 0)
		(void)rtnl_sweep_bridges(engine->rtnl, NULL); /* else the next start does */
	close_all(engine);
	ev_timer_stop(engine->loop, &engine->sweep_timer);
	ev_timer_stop(engine->loop, &engine->bridge_timer);
	free(engine->closing);
	free(engine->bridges);
}
