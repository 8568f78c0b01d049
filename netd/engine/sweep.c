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
	sweep_link(engine);
}

void sweep_link(struct engine *engine)
{
	engine->n_doomed++;
	if (engine->n_doomed >= SWEEP_BATCH) /* a burst without end is swept in parts */
		sweep(engine);
	else
		sweep_soon(engine);
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
	engine->sweep_timer.data = engine;
}

void sweep_stop(struct engine *engine)
{
	if (engine->n_doomed > 0)
		sweep(engine);
	close_all(engine);
	ev_timer_stop(engine->loop, &engine->sweep_timer);
	free(engine->closing);
}
