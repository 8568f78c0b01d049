// SPDX-License-Identifier: GPL-2.0-or-later
// shapes.c - the kernel in memory: limits of bandwidth
#include "world.h"

#include <linux/if.h>
#include <stdlib.h>

/* --- the door --- */

static int refuse(const struct rtnl_shape *shape, int err, struct error *error)
{
	return error_system(error, err, "cannot limit the bandwidth of %s", shape->name);
}

/* As the kernel makes one: without an alias and down, until it has its bucket. */
static int make_turn(struct rtnl *rtnl, const struct rtnl_shape *shape, int *ret_ifindex,
		     struct error *error)
{
	struct fake_link *turn = fake_link_named(rtnl->netns, shape->name);

	if (turn && strcmp(turn->link.kind, "ifb") != 0)
		return error_set(error, ERROR_CONFLICT,
				 "there is a link named %s already, and it is no ifb", shape->name);
	if (fake_world->lacks_ifb)
		return error_set(error, ERROR_NOT_IMPLEMENTED,
				 "this kernel cannot limit bandwidth of what a container sends: it "
				 "lacks links of the kind ifb (CONFIG_IFB, module ifb)");
	if (!turn)
		turn = fake_link_new(rtnl->netns, shape->name, "ifb");
	turn->bucket = shape->bucket[BANDWIDTH_OUT];
	turn->link.group = 0;
	(void)snprintf(turn->link.alias, sizeof(turn->link.alias), "%s", shape->alias);
	fake_link_set_up(turn, true);
	*ret_ifindex = turn->link.ifindex;
	return 0;
}

static int shapes_set(struct rtnl *rtnl, const struct rtnl_shape *shape, int *ret_ifindex,
		      struct error *error)
{
	struct fake_link *link = fake_link_indexed(rtnl->netns, shape->host_ifindex);
	struct fake_link *turn = fake_link_named(rtnl->netns, shape->name);
	int err = fake_enter("shapes.set", FAKE_CHANGE, "%s", link ? link->link.name : "-");

	*ret_ifindex = 0;
	if (err < 0)
		return refuse(shape, err, error);
	if (!link &&
	    (shape->bucket[BANDWIDTH_IN].rate > 0 || shape->bucket[BANDWIDTH_OUT].rate > 0))
		return refuse(shape, -ENODEV, error);
	if (link)
		link->bucket = shape->bucket[BANDWIDTH_IN].rate > 0
				       ? shape->bucket[BANDWIDTH_IN]
				       : (struct bandwidth_bucket) { 0 };
	if (shape->bucket[BANDWIDTH_OUT].rate > 0) {
		err = make_turn(rtnl, shape, ret_ifindex, error);
		if (err == 0)
			link->leads_to = *ret_ifindex;
		return err;
	}
	if (link)
		link->leads_to = 0;
	if (turn && strcmp(turn->link.kind, "ifb") == 0)
		fake_link_drop(turn);
	return 0;
}

static int shapes_look(struct rtnl *rtnl, int host_ifindex, int turn,
		       struct rtnl_shaped *ret_shaped, struct error *error)
{
	const struct fake_link *link = fake_link_indexed(rtnl->netns, host_ifindex);
	const struct fake_link *other = turn > 0 ? fake_link_indexed(rtnl->netns, turn) : NULL;
	int err = fake_enter("shapes.look", FAKE_LOOK, "%d", host_ifindex);

	*ret_shaped = (struct rtnl_shaped) { 0 };
	if (err < 0)
		return error_system(error, err, "cannot read the queue of link %d", host_ifindex);
	if (link) {
		ret_shaped->bucket[BANDWIDTH_IN] = link->bucket;
		ret_shaped->dropped[BANDWIDTH_IN] = link->bucket_dropped;
	}
	if (other) {
		ret_shaped->bucket[BANDWIDTH_OUT] = other->bucket;
		ret_shaped->dropped[BANDWIDTH_OUT] = other->bucket_dropped;
		ret_shaped->waits_there = (other->link.flags & IFF_UP) != 0;
		ret_shaped->leads = link && link->leads_to == turn;
	}
	return 0;
}

/* For qsort(3). */
static int by_link(const void *a, const void *b)
{
	const struct rtnl_queue *one = a, *other = b;

	return (one->ifindex > other->ifindex) - (one->ifindex < other->ifindex);
}

static int shapes_all(struct rtnl *rtnl, struct rtnl_queue **ret_queues, size_t *ret_n,
		      struct error *error)
{
	struct rtnl_queue *queues;
	size_t n = 0;
	int err = fake_enter("shapes.all", FAKE_LOOK, "-");

	if (err < 0)
		return error_system(error, err, "cannot read the queues of the links");
	queues = calloc(rtnl->netns->n_links + 1, sizeof(*queues));
	for (size_t i = 0; i < rtnl->netns->n_links; i++) {
		const struct fake_link *link = rtnl->netns->links[i];

		if (link->bucket.rate > 0 && !fake_world->misses_queues)
			queues[n++] = (struct rtnl_queue) { .ifindex = link->link.ifindex,
							    .bucket = link->bucket,
							    .dropped = link->bucket_dropped };
	}
	qsort(queues, n, sizeof(*queues), by_link);
	*ret_queues = queues;
	*ret_n = n;
	return 0;
}

static int shapes_leads(struct rtnl *rtnl, int host_ifindex, int turn, bool *ret_leads,
			struct error *error)
{
	const struct fake_link *link = fake_link_indexed(rtnl->netns, host_ifindex);
	int err = fake_enter("shapes.leads", FAKE_LOOK, "%d", host_ifindex);

	if (err < 0)
		return error_system(error, err, "cannot read the filters of link %d", host_ifindex);
	*ret_leads = link && link->leads_to == turn;
	return 0;
}

/* Its watches do not tell whose doing it was. */
static bool shapes_is_own(const struct rtnl *rtnl, const struct rtnl_event *event)
{
	(void)rtnl;
	return event->by != 0;
}

const struct door_shapes fake_shapes = {
	.set = shapes_set,
	.look = shapes_look,
	.all = shapes_all,
	.leads = shapes_leads,
	.is_own = shapes_is_own,
};

/* --- what there is, and a foreign hand --- */

void fake_shape_print(const struct fake_link *link, FILE *out)
{
	const struct fake_link *turn = link->leads_to > 0
					       ? fake_link_indexed(link->netns, link->leads_to)
					       : NULL;

	if (link->bucket.rate > 0)
		fprintf(out, "  bucket %llu burst %u queue %u\n",
			(unsigned long long)link->bucket.rate, link->bucket.burst,
			link->bucket.queue);
	if (link->leads_to > 0)
		fprintf(out, "  leads to %s\n", turn ? turn->link.name : "nothing");
}

uint64_t fake_rate(const char *name)
{
	const struct fake_link *link = fake_link_named(fake_world->host, name);

	return link ? link->bucket.rate : 0;
}

void fake_rate_set(const char *name, uint64_t rate)
{
	fake_link_named(fake_world->host, name)->bucket.rate = rate;
	fake_watches_wake();
}

void fake_rate_drops(const char *name, uint64_t dropped)
{
	fake_link_named(fake_world->host, name)->bucket_dropped = dropped;
}

void fake_lead_take(const char *name)
{
	fake_link_named(fake_world->host, name)->leads_to = 0;
	fake_watches_wake();
}

void fake_queues_miss(void)
{
	fake_world->misses_queues = true;
}

void fake_ifb_lack(void)
{
	fake_world->lacks_ifb = true;
}
