// SPDX-License-Identifier: GPL-2.0-or-later
// shaping.c - the limits of bandwidth of an endpoint, at the host's end of its link
#include "engine/wire/wire.h"

#include "base/log.h"

#include <net/if.h>
#include <string.h>

/* Theory of operation. What a limit is made of is the kernel's row to know (kernel/rtnl_shape.h):
 * two buckets, a filter and a link of its own for what the container sends. Here it is a part of
 * the endpoint's link: made with it, compared and repaired with it, and gone with it. Who has a
 * limit stands in a list, so that whoever has none pays nothing. What the kernel tells of queues is
 * only a reason to look: netd's own changes are told, too. */

static void leave(struct endpoint *endpoint)
{
	if (endpoint->limited.next) /* never entered: zero */
		list_remove(&endpoint->limited);
}

static void enter(struct engine *engine, struct endpoint *endpoint)
{
	leave(endpoint);
	list_append(&engine->wire->limited, &endpoint->limited);
}

/* One that has left is a list of its own. */
static bool is_entered(const struct endpoint *endpoint)
{
	return endpoint->limited.next && !list_empty(&endpoint->limited);
}

static struct rtnl_shape shape_of(const struct endpoint *endpoint,
				  char name[static IFNAME_LEN_MAX + 1],
				  char alias[static LINK_ALIAS_MAX])
{
	struct rtnl_shape shape = { .host_ifindex = endpoint->host_ifindex,
				    .name = name,
				    .alias = alias };

	shaping_name(endpoint, name);
	link_alias(endpoint, alias);
	for (enum bandwidth_way way = 0; way < BANDWIDTH_N_WAYS; way++)
		shape.bucket[way] = bandwidth_bucket(&endpoint->spec.bandwidth.way[way],
						     endpoint->mtu);
	return shape;
}

int shaping_set(struct engine *engine, struct endpoint *endpoint, struct error *error)
{
	char name[IFNAME_LEN_MAX + 1], alias[LINK_ALIAS_MAX];
	const struct rtnl_shape shape = shape_of(endpoint, name, alias);
	int err;

	/* Entered before it is made: what is there by half is to be found, and to go. So is what
	 * could not be taken off. */
	enter(engine, endpoint);
	err = engine->door->shapes.set(engine->rtnl, &shape, &endpoint->turn_ifindex, error);
	if (err == 0 && !bandwidth_is_set(&endpoint->spec.bandwidth))
		leave(endpoint);
	return err;
}

int shaping_make(struct engine *engine, struct endpoint *endpoint, struct error *error)
{
	return bandwidth_is_set(&endpoint->spec.bandwidth) || is_entered(endpoint)
		       ? shaping_set(engine, endpoint, error)
		       : 0;
}

/* What is not as it should be the comparison finds, which comes behind each start. */
void shaping_find(struct engine *engine, struct endpoint *endpoint)
{
	char name[IFNAME_LEN_MAX + 1];
	struct rtnl_link link;

	if (!bandwidth_is_set(&endpoint->spec.bandwidth))
		return;
	enter(engine, endpoint);
	shaping_name(endpoint, name);
	if (bandwidth_limits(&endpoint->spec.bandwidth, BANDWIDTH_OUT) &&
	    engine->door->links.by_name(engine->rtnl, name, &link, NULL) == 0)
		endpoint->turn_ifindex = link.ifindex;
}

/* The buckets at the pair's end and the filter go with it. The other link is nobody's then, and is
 * swept with the others; one that could not even be marked is found by its name. */
void shaping_end(struct engine *engine, struct endpoint *endpoint)
{
	struct error error;

	leave(endpoint);
	if (endpoint->turn_ifindex > 0 &&
	    engine->door->links.doom(engine->rtnl, endpoint->turn_ifindex, &error) < 0) {
		log_warn("%s: %s; it is tried again", endpoint->host_ifname, error.text);
		sweep_left(engine);
	}
	endpoint->turn_ifindex = 0;
}

/* --- as it should be? ------------------------------------------------------------------------- */

/* The kernel keeps a burst as a time, so that it comes back rounded; one of more than 275 s is cut.
 */
static bool is_bucket(const struct bandwidth_bucket *wanted, const struct bandwidth_bucket *seen)
{
	uint64_t most = wanted->rate * 274;
	uint64_t slack = wanted->burst / 100 + wanted->rate / 10000000 + 1;
	uint64_t low = wanted->burst > slack ? wanted->burst - slack : 0;

	if (wanted->rate != seen->rate || wanted->queue != seen->queue)
		return false;
	return wanted->rate == 0 || wanted->burst > most ||
	       (seen->burst >= low && seen->burst <= wanted->burst + slack);
}

static const char *differs(const struct rtnl_shape *shape, const struct rtnl_shaped *seen)
{
	const struct bandwidth_bucket *in = &shape->bucket[BANDWIDTH_IN];
	const struct bandwidth_bucket *out = &shape->bucket[BANDWIDTH_OUT];

	if (!is_bucket(in, &seen->bucket[BANDWIDTH_IN]))
		return "has another limit for what the container receives";
	if (out->rate > 0 && !seen->waits_there)
		return "lost the link that holds what the container sends";
	if (!is_bucket(out, &seen->bucket[BANDWIDTH_OUT]))
		return "has another limit for what the container sends";
	if (out->rate > 0 && !seen->leads)
		return "does not lead what the container sends to its limit";
	return NULL;
}

/* Out of what a comparison has read. All that is asked for by itself is where the filter leads. */
static int look_among(struct engine *engine, const struct endpoint *endpoint,
		      const struct present *present, struct rtnl_shaped *ret_seen,
		      struct error *error)
{
	const struct rtnl_link *turn = present_link(present, endpoint->turn_ifindex);
	const struct rtnl_queue *in = present_queue(present, endpoint->host_ifindex);
	const struct rtnl_queue *out = turn ? present_queue(present, turn->ifindex) : NULL;

	*ret_seen = (struct rtnl_shaped) { 0 };
	if (in)
		ret_seen->bucket[BANDWIDTH_IN] = in->bucket;
	if (out)
		ret_seen->bucket[BANDWIDTH_OUT] = out->bucket;
	if (!turn)
		return 0;
	ret_seen->waits_there = (turn->flags & IFF_UP) != 0;
	return engine->door->shapes.leads(engine->rtnl, endpoint->host_ifindex, turn->ifindex,
					  &ret_seen->leads, error);
}

static int look(struct engine *engine, const struct endpoint *endpoint,
		const struct present *present, struct rtnl_shaped *ret_seen, struct error *error)
{
	return present ? look_among(engine, endpoint, present, ret_seen, error)
		       : engine->door->shapes.look(engine->rtnl, endpoint->host_ifindex,
						   endpoint->turn_ifindex, ret_seen, error);
}

static const char *differs_by(struct engine *engine, const struct endpoint *endpoint,
			      const struct present *present)
{
	char name[IFNAME_LEN_MAX + 1], alias[LINK_ALIAS_MAX];
	const struct rtnl_shape shape = shape_of(endpoint, name, alias);
	struct rtnl_shaped seen;
	struct error error;

	if (look(engine, endpoint, present, &seen, &error) < 0) {
		log_warn("container %s: %s", endpoint->container->spec.name, error.text);
		return NULL;
	}
	return differs(&shape, &seen);
}

const char *shaping_differs(struct engine *engine, const struct endpoint *endpoint,
			    const struct present *present)
{
	const char *what;

	if (endpoint->host_ifindex == 0)
		return NULL;
	/* Of who has no limit nothing is asked: a queue that somebody put there is his. */
	if (!bandwidth_is_set(&endpoint->spec.bandwidth))
		return is_entered(endpoint) ? "has a limit still that was to be taken off" : NULL;
	what = differs_by(engine, endpoint, present);
	/* The kernel counts links while it dumps queues, and passes by those that come to stand in
	 * the place of one that goes meanwhile; it does not say so. */
	return what && present ? differs_by(engine, endpoint, NULL) : what;
}

void shaping_told(struct engine *engine, int ifindex)
{
	list_foreach (&engine->wire->limited, struct endpoint, endpoint, limited)
		if (ifindex > 0 &&
		    (endpoint->host_ifindex == ifindex || endpoint->turn_ifindex == ifindex))
			endpoint->limit_told = engine->wire->limits_told = true;
}

bool shaping_look_at_told(struct engine *engine)
{
	bool any = false;

	if (!engine->wire->limits_told)
		return false;
	engine->wire->limits_told = false;
	list_foreach (&engine->wire->limited, struct endpoint, endpoint, limited)
		if (endpoint->limit_told) {
			endpoint->limit_told = false;
			any |= shaping_differs(engine, endpoint, NULL) != NULL;
		}
	return any;
}

bool shaping_dropped(struct engine *engine, const struct endpoint *endpoint,
		     uint64_t ret_dropped[static BANDWIDTH_N_WAYS])
{
	struct rtnl_shaped seen;
	struct error error; /* nobody is told: there is nothing to show, and no more */

	if (!bandwidth_is_set(&endpoint->spec.bandwidth) || endpoint->host_ifindex == 0 ||
	    engine->door->shapes.look(engine->rtnl, endpoint->host_ifindex, endpoint->turn_ifindex,
				      &seen, &error) < 0)
		return false;
	memcpy(ret_dropped, seen.dropped, sizeof(seen.dropped));
	return true;
}
