// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_shape.c - limits of bandwidth at the host's end of a container's link
#include "kernel/rtnl_shape.h"
#include "kernel/rtnl_msg.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/tc_act/tc_mirred.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. A queue holds back what a link sends. What the container receives is what
 * the host's end of its pair sends: a token bucket (tbf) at its root is all. What the container
 * sends is what that end receives, and nothing waits there. So a filter takes all of it out and
 * puts it into the queue of another link, an "ifb", which hands it back to where it was taken from.
 * The container's own end would do as well, but is the container's to change.
 *
 *     container  eth0 == nd…  [tbf]  <- the bridge
 *                       nd…  ingress: u32 (all) mirred -> nq…  [tbf]  -> nd… as received
 *
 * The queue of a link is replaced or changed in one message, so that nothing is lost: a bucket that
 * is told another rate keeps what waits in it. The link of the second is born in the group of the
 * dying, as others of netd's, and leaves it with its alias.
 *
 * A filter that matches everything is u32 with an empty key: every kernel that has one of the other
 * classifiers has this one. */

/* The parent of filters for what a link receives: of "ingress" and of "clsact" alike. */
#define RECEIVED TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
#define EVERY_PROTOCOL htons(ETH_P_ALL)

/* What the kernel may lack. */
enum part {
	PART_TBF,
	PART_IFB,
	PART_INGRESS,
	PART_FILTER,
};

/* Of what is looked for or taken off: there is none. The kernel says EINVAL of a link that has no
 * queue, and EOPNOTSUPP of everything where it was built without CONFIG_NET_SCHED. */
static bool is_absent(int err)
{
	return err == -ENOENT || err == -EINVAL || err == -ENODEV || err == -EOPNOTSUPP;
}

/* The kernel says ENOENT of queues, filters and actions that it does not have, and EOPNOTSUPP of
 * links. */
static int refused(const struct rtnl *rtnl, enum part part, const char *name, int err,
		   struct error *error)
{
	static const char *const lacks[] = {
		[PART_TBF] = "the queue tbf (CONFIG_NET_SCH_TBF, module sch_tbf)",
		[PART_IFB] = "links of the kind ifb (CONFIG_IFB, module ifb)",
		[PART_INGRESS] = "the queue ingress (CONFIG_NET_SCH_INGRESS, module sch_ingress)",
		[PART_FILTER] = ("the filter u32 or the action mirred (CONFIG_NET_CLS_U32 and "
				 "CONFIG_NET_ACT_MIRRED, modules cls_u32 and act_mirred)"),
	};

	if (err == -ENOENT || err == -EOPNOTSUPP)
		return error_set(error, ERROR_NOT_IMPLEMENTED,
				 "this kernel cannot limit bandwidth%s: it lacks %s",
				 part == PART_TBF ? "" : " of what a container sends", lacks[part]);
	return rtnl_fail(rtnl, error, err, "cannot limit the bandwidth of %s", name);
}

/* --- a bucket at a link's root ---------------------------------------------------------------- */

/* Not more than 32 bits are in the struct; the whole rate is in an attribute of its own. No table
 * of rates: the kernel reckons by itself when it is told what kind of link it is. */
static void put_bucket(struct rtnl_batch *batch, const struct bandwidth_bucket *bucket)
{
	const struct tc_tbf_qopt parms = {
		.rate = { .linklayer = TC_LINKLAYER_ETHERNET,
			  .rate = bucket->rate < UINT32_MAX ? (uint32_t)bucket->rate : UINT32_MAX },
		.limit = bucket->queue,
	};
	struct nlattr *options;

	rtnl_put_string(batch, TCA_KIND, "tbf");
	options = rtnl_nest(batch, TCA_OPTIONS);
	rtnl_put(batch, TCA_TBF_PARMS, &parms, sizeof(parms));
	rtnl_put_u32(batch, TCA_TBF_BURST, bucket->burst);
	if (bucket->rate >= UINT32_MAX)
		rtnl_put(batch, TCA_TBF_RATE64, &bucket->rate, sizeof(bucket->rate));
	rtnl_nest_end(batch, options);
}

/* The same handle is changed, another one replaced. */
static int bucket_set(struct rtnl *rtnl, int ifindex, const char *name,
		      const struct bandwidth_bucket *bucket, struct error *error)
{
	const struct tcmsg header = { .tcm_family = AF_UNSPEC,
				      .tcm_ifindex = ifindex,
				      .tcm_parent = TC_H_ROOT,
				      .tcm_handle = RTNL_SHAPE_HANDLE };
	RTNL_BATCH(batch);
	int err;

	rtnl_batch_add(&batch, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header));
	put_bucket(&batch, bucket);
	err = rtnl_batch_run(rtnl, &batch);
	return err < 0 ? refused(rtnl, PART_TBF, name, err, error) : 0;
}

/* Success where there is none of netd's, whatever else there is. */
static int bucket_drop(struct rtnl *rtnl, int ifindex, struct error *error)
{
	const struct tcmsg header = { .tcm_family = AF_UNSPEC,
				      .tcm_ifindex = ifindex,
				      .tcm_parent = TC_H_ROOT,
				      .tcm_handle = RTNL_SHAPE_HANDLE };
	RTNL_BATCH(batch);
	int err;

	rtnl_batch_add(&batch, RTM_DELQDISC, 0, &header, sizeof(header));
	err = rtnl_batch_run(rtnl, &batch);
	if (err < 0 && !is_absent(err))
		return rtnl_fail(rtnl, error, err, "cannot end the limit of link %d", ifindex);
	return 0;
}

/* --- the link that holds what the container sends --------------------------------------------- */

/* Born among the dying, with one queue, as other links of netd's. */
static int turn_create(struct rtnl *rtnl, const char *name, struct error *error)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct nlattr *info;
	RTNL_BATCH(batch);
	int err;

	rtnl_batch_add(&batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	rtnl_put_string(&batch, IFLA_IFNAME, name);
	rtnl_put_u32(&batch, IFLA_GROUP, RTNL_GROUP_DYING);
	rtnl_put_u32(&batch, IFLA_NUM_TX_QUEUES, 1);
	rtnl_put_u32(&batch, IFLA_NUM_RX_QUEUES, 1);
	info = rtnl_nest(&batch, IFLA_LINKINFO);
	rtnl_put_string(&batch, IFLA_INFO_KIND, "ifb");
	rtnl_nest_end(&batch, info);
	err = rtnl_batch_run(rtnl, &batch);
	if (err < 0 && batch.unsure && rtnl_link_is_newborn(rtnl, name, "ifb") > 0)
		err = 0;
	if (err < 0)
		return refused(rtnl, PART_IFB, name, err, error);
	err = rtnl_ifindex(rtnl, name);
	return err < 0 ? error_system(error, err, "link %s vanished", name) : err;
}

/* The index of the link, which is made where it is not there. */
static int turn_ensure(struct rtnl *rtnl, const char *name, struct error *error)
{
	struct rtnl_link link;
	int err = rtnl_link_by_name(rtnl, name, &link, error);

	if (err == 0 && strcmp(link.kind, "ifb") != 0)
		return error_set(error, ERROR_CONFLICT,
				 "there is a link named %s already, and it is no ifb", name);
	if (err < 0 && err != -ENOENT)
		return err;
	return err == 0 ? link.ifindex : turn_create(rtnl, name, error);
}

/* With its bucket before it is up, and without IPv6, which would speak by itself on it. */
static int turn_start(struct rtnl *rtnl, const struct rtnl_shape *shape, int ifindex,
		      struct error *error)
{
	const struct ifinfomsg up = { .ifi_family = AF_UNSPEC,
				      .ifi_index = ifindex,
				      .ifi_flags = IFF_UP,
				      .ifi_change = IFF_UP };
	RTNL_BATCH(batch);
	int err = rtnl_inside_ipv6_off(shape->name, error);

	if (err == 0)
		err = bucket_set(rtnl, ifindex, shape->name, &shape->bucket[BANDWIDTH_OUT], error);
	if (err < 0)
		return err;
	rtnl_batch_add(&batch, RTM_NEWLINK, 0, &up, sizeof(up));
	rtnl_put_u32(&batch, IFLA_GROUP, 0);
	rtnl_put_alias(&batch, shape->alias);
	err = rtnl_batch_run(rtnl, &batch);
	return err < 0 ? rtnl_fail(rtnl, error, err, "cannot set up link %s", shape->name) : 0;
}

/* --- the filter that leads there -------------------------------------------------------------- */

/* Where it leads, of those at one link. */
struct led {
	int target;   /* of netd's own; 0: there is none */
	size_t n_all; /* messages about any filter */
};

/* In a dump u32 tells of its table, too, which has no action. */
static int filter_answer(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	struct nlattr *attributes[TCA_MAX + 1], *options[TCA_U32_MAX + 1],
		*actions[TCA_ACT_MAX_PRIO + 1], *action[TCA_ACT_MAX + 1],
		*mirred[TCA_MIRRED_MAX + 1];
	const struct tcmsg *header;
	struct led *led = rtnl_list_push(data);
	struct tc_mirred parms;

	(void)rtnl;
	if (!led)
		return -ENOMEM;
	if (nlh->nlmsg_type != RTM_NEWTFILTER ||
	    nlmsg_parse(nlh, sizeof(*header), attributes, TCA_MAX, NULL) < 0)
		return 0;
	header = nlmsg_data(nlh);
	led->n_all = 1;
	if (TC_H_MAJ(header->tcm_info) >> 16 != RTNL_SHAPE_PRIORITY || !attributes[TCA_OPTIONS] ||
	    nla_parse_nested(options, TCA_U32_MAX, attributes[TCA_OPTIONS], NULL) < 0 ||
	    !options[TCA_U32_ACT] ||
	    nla_parse_nested(actions, TCA_ACT_MAX_PRIO, options[TCA_U32_ACT], NULL) < 0 ||
	    !actions[1] || nla_parse_nested(action, TCA_ACT_MAX, actions[1], NULL) < 0 ||
	    !action[TCA_ACT_OPTIONS] ||
	    nla_parse_nested(mirred, TCA_MIRRED_MAX, action[TCA_ACT_OPTIONS], NULL) < 0 ||
	    !mirred[TCA_MIRRED_PARMS] || nla_len(mirred[TCA_MIRRED_PARMS]) < (int)sizeof(parms))
		return 0;
	memcpy(&parms, nla_data(mirred[TCA_MIRRED_PARMS]), sizeof(parms));
	led->target = (int)parms.ifindex;
	return 0;
}

/* A link that has no place for filters, or is gone, has none. */
static int filter_look(struct rtnl *rtnl, int host_ifindex, struct led *ret_led,
		       struct error *error)
{
	const struct tcmsg header = { .tcm_family = AF_UNSPEC,
				      .tcm_ifindex = host_ifindex,
				      .tcm_parent = RECEIVED };
	struct rtnl_list list = { .item_size = sizeof(struct led) };
	int err = rtnl_dump(rtnl, RTM_GETTFILTER, &header, sizeof(header), 0, 0, filter_answer,
			    &list);
	const struct led *all = list.items;

	*ret_led = (struct led) { 0 };
	for (size_t i = 0; err == 0 && i < list.n_items; i++) {
		ret_led->n_all += all[i].n_all;
		if (all[i].target > 0)
			ret_led->target = all[i].target;
	}
	free(list.items);
	if (err < 0 && !is_absent(err))
		return rtnl_fail(rtnl, error, err, "cannot read the filters of link %d",
				 host_ifindex);
	return 0;
}

/* Everything is stolen, and goes to the link. */
static void put_filter(struct rtnl_batch *batch, int target)
{
	const struct tc_u32_sel head = { .flags = TC_U32_TERMINAL, .nkeys = 1 };
	/* The head, and a key of which nothing is compared: its mask is 0. */
	unsigned char all[sizeof(head) + sizeof(struct tc_u32_key)] = { 0 };
	const struct tc_mirred parms = { .action = TC_ACT_STOLEN,
					 .eaction = TCA_EGRESS_REDIR,
					 .ifindex = (uint32_t)target };
	struct nlattr *options, *actions, *action, *mirred;

	memcpy(all, &head, sizeof(head));
	rtnl_put_string(batch, TCA_KIND, "u32");
	options = rtnl_nest(batch, TCA_OPTIONS);
	rtnl_put(batch, TCA_U32_SEL, all, sizeof(all));
	actions = rtnl_nest(batch, TCA_U32_ACT);
	action = rtnl_nest(batch, 1);
	rtnl_put_string(batch, TCA_ACT_KIND, "mirred");
	mirred = rtnl_nest(batch, TCA_ACT_OPTIONS);
	rtnl_put(batch, TCA_MIRRED_PARMS, &parms, sizeof(parms));
	rtnl_nest_end(batch, mirred);
	rtnl_nest_end(batch, action);
	rtnl_nest_end(batch, actions);
	rtnl_nest_end(batch, options);
}

static struct tcmsg filter_header(int host_ifindex)
{
	return (struct tcmsg) { .tcm_family = AF_UNSPEC,
				.tcm_ifindex = host_ifindex,
				.tcm_parent = RECEIVED,
				.tcm_info = TC_H_MAKE((uint32_t)RTNL_SHAPE_PRIORITY << 16,
						      EVERY_PROTOCOL) };
}

/* Success where there is none. */
static int filter_drop(struct rtnl *rtnl, int host_ifindex, struct error *error)
{
	const struct tcmsg header = filter_header(host_ifindex);
	RTNL_BATCH(batch);
	int err;

	rtnl_batch_add(&batch, RTM_DELTFILTER, 0, &header, sizeof(header));
	err = rtnl_batch_run(rtnl, &batch);
	if (err < 0 && !is_absent(err))
		return rtnl_fail(rtnl, error, err, "cannot take the filter off link %d",
				 host_ifindex);
	return 0;
}

/* The place for filters. One that is there is used, whoever made it, and of whichever of both kinds
 * it is. */
static int place_ensure(struct rtnl *rtnl, int host_ifindex, const char *name, struct error *error)
{
	const struct tcmsg header = { .tcm_family = AF_UNSPEC,
				      .tcm_ifindex = host_ifindex,
				      .tcm_parent = TC_H_INGRESS,
				      .tcm_handle = TC_H_MAKE(TC_H_INGRESS, 0) };
	RTNL_BATCH(batch);
	int err;

	rtnl_batch_add(&batch, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	rtnl_put_string(&batch, TCA_KIND, "ingress");
	err = rtnl_batch_run(rtnl, &batch);
	return err < 0 && err != -EEXIST ? refused(rtnl, PART_INGRESS, name, err, error) : 0;
}

/* With nothing in it a place still costs each packet a look. */
static int place_drop(struct rtnl *rtnl, int host_ifindex, struct error *error)
{
	const struct tcmsg header = { .tcm_family = AF_UNSPEC,
				      .tcm_ifindex = host_ifindex,
				      .tcm_parent = TC_H_INGRESS,
				      .tcm_handle = TC_H_MAKE(TC_H_INGRESS, 0) };
	struct led led;
	RTNL_BATCH(batch);
	int err = filter_look(rtnl, host_ifindex, &led, error);

	if (err < 0 || led.n_all > 0)
		return err;
	rtnl_batch_add(&batch, RTM_DELQDISC, 0, &header, sizeof(header));
	rtnl_put_string(&batch, TCA_KIND, "ingress"); /* a clsact is somebody else's */
	err = rtnl_batch_run(rtnl, &batch);
	if (err < 0 && !is_absent(err))
		return rtnl_fail(rtnl, error, err, "cannot end the limit of link %d", host_ifindex);
	return 0;
}

/* Last, when the link is ready to hold what comes. */
static int filter_ensure(struct rtnl *rtnl, int host_ifindex, int target, const char *name,
			 struct error *error)
{
	const struct tcmsg header = filter_header(host_ifindex);
	struct led led = { 0 };
	RTNL_BATCH(batch);
	int err = place_ensure(rtnl, host_ifindex, name, error);

	if (err == 0)
		err = filter_look(rtnl, host_ifindex, &led, error);
	if (err < 0 || led.target == target)
		return err;
	/* One that leads to a link which is gone drops everything. */
	err = filter_drop(rtnl, host_ifindex, error);
	if (err < 0)
		return err;
	rtnl_batch_add(&batch, RTM_NEWTFILTER, NLM_F_CREATE, &header, sizeof(header));
	put_filter(&batch, target);
	err = rtnl_batch_run(rtnl, &batch);
	return err < 0 ? refused(rtnl, PART_FILTER, name, err, error) : 0;
}

/* --- both ------------------------------------------------------------------------------------- */

/* What the container sends. The filter goes first: it must not lead to a link that is going. */
static int set_out(struct rtnl *rtnl, const struct rtnl_shape *shape, int *ret_ifindex,
		   struct error *error)
{
	struct rtnl_link link;
	int turn, err;

	if (shape->bucket[BANDWIDTH_OUT].rate > 0) {
		turn = turn_ensure(rtnl, shape->name, error);
		if (turn < 0)
			return turn;
		*ret_ifindex = turn;
		err = turn_start(rtnl, shape, turn, error);
		return err < 0 ? err
			       : filter_ensure(rtnl, shape->host_ifindex, turn, shape->name, error);
	}
	err = filter_drop(rtnl, shape->host_ifindex, error);
	if (err == 0)
		err = place_drop(rtnl, shape->host_ifindex, error);
	if (err < 0)
		return err;
	err = rtnl_link_by_name(rtnl, shape->name, &link, error);
	if (err == 0 && strcmp(link.kind, "ifb") == 0)
		return rtnl_link_delete(rtnl, link.ifindex, error);
	return err == -ENOENT ? 0 : err;
}

int rtnl_shape_set(struct rtnl *rtnl, const struct rtnl_shape *shape, int *ret_ifindex,
		   struct error *error)
{
	const struct bandwidth_bucket *in = &shape->bucket[BANDWIDTH_IN];
	int err;

	*ret_ifindex = 0;
	err = in->rate > 0 ? bucket_set(rtnl, shape->host_ifindex, shape->name, in, error)
			   : bucket_drop(rtnl, shape->host_ifindex, error);
	return err < 0 ? err : set_out(rtnl, shape, ret_ifindex, error);
}

/* --- what there is ---------------------------------------------------------------------------- */

/* The bucket is told as the time in which it fills, in ticks of 64 ns, cut to 32 bits. */
static void read_bucket(struct nlattr *options, struct bandwidth_bucket *ret_bucket)
{
	struct nlattr *attributes[TCA_TBF_MAX + 1];
	struct tc_tbf_qopt parms;

	if (nla_parse_nested(attributes, TCA_TBF_MAX, options, NULL) < 0 ||
	    !attributes[TCA_TBF_PARMS] || nla_len(attributes[TCA_TBF_PARMS]) < (int)sizeof(parms))
		return;
	memcpy(&parms, nla_data(attributes[TCA_TBF_PARMS]), sizeof(parms));
	ret_bucket->rate = parms.rate.rate;
	if (attributes[TCA_TBF_RATE64] &&
	    nla_len(attributes[TCA_TBF_RATE64]) >= (int)sizeof(ret_bucket->rate))
		memcpy(&ret_bucket->rate, nla_data(attributes[TCA_TBF_RATE64]),
		       sizeof(ret_bucket->rate));
	ret_bucket->queue = parms.limit;
	ret_bucket->burst =
		(uint32_t)((__uint128_t)parms.buffer * 64 * ret_bucket->rate / 1000000000);
}

static uint64_t read_dropped(struct nlattr *stats)
{
	struct nlattr *attributes[TCA_STATS_MAX + 1];
	struct gnet_stats_queue queue = { 0 };

	if (stats && nla_parse_nested(attributes, TCA_STATS_MAX, stats, NULL) == 0 &&
	    attributes[TCA_STATS_QUEUE])
		(void)nla_memcpy(&queue, attributes[TCA_STATS_QUEUE], sizeof(queue));
	return queue.drops;
}

/* false: it is another's, which is not looked at. */
static bool read_queue(struct nlmsghdr *nlh, struct rtnl_queue *ret_queue)
{
	struct nlattr *attributes[TCA_MAX + 1];
	const struct tcmsg *header;

	if (nlh->nlmsg_type != RTM_NEWQDISC ||
	    nlmsg_parse(nlh, sizeof(*header), attributes, TCA_MAX, NULL) < 0)
		return false;
	header = nlmsg_data(nlh);
	if (header->tcm_handle != RTNL_SHAPE_HANDLE || header->tcm_parent != TC_H_ROOT ||
	    !attributes[TCA_KIND] || strcmp(nla_get_string(attributes[TCA_KIND]), "tbf") != 0 ||
	    !attributes[TCA_OPTIONS])
		return false;
	ret_queue->ifindex = header->tcm_ifindex;
	read_bucket(attributes[TCA_OPTIONS], &ret_queue->bucket);
	ret_queue->dropped = read_dropped(attributes[TCA_STATS2]);
	return true;
}

static int bucket_answer(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	(void)rtnl;
	(void)read_queue(nlh, data);
	return 0;
}

static int bucket_look(struct rtnl *rtnl, int ifindex, struct rtnl_queue *ret_seen,
		       struct error *error)
{
	const struct tcmsg header = { .tcm_family = AF_UNSPEC,
				      .tcm_ifindex = ifindex,
				      .tcm_parent = TC_H_ROOT };
	RTNL_BATCH(batch);
	int err;

	*ret_seen = (struct rtnl_queue) { 0 };
	/* Before Linux 6.8 the answer is a notification, and comes to who asks for an echo of it.
	 */
	rtnl_batch_add(&batch, RTM_GETQDISC, NLM_F_ECHO, &header, sizeof(header));
	err = rtnl_query(rtnl, &batch, bucket_answer, ret_seen);
	if (err < 0 && !is_absent(err))
		return rtnl_fail(rtnl, error, err, "cannot read the queue of link %d", ifindex);
	return 0;
}

int rtnl_shape_look(struct rtnl *rtnl, int host_ifindex, int turn, struct rtnl_shaped *ret_shaped,
		    struct error *error)
{
	struct rtnl_queue seen;
	struct rtnl_link link;
	struct led led;
	int err = bucket_look(rtnl, host_ifindex, &seen, error);

	*ret_shaped = (struct rtnl_shaped) { 0 };
	if (err < 0)
		return err;
	ret_shaped->bucket[BANDWIDTH_IN] = seen.bucket;
	ret_shaped->dropped[BANDWIDTH_IN] = seen.dropped;
	if (turn == 0)
		return 0;
	err = rtnl_link_by_index(rtnl, turn, &link, error);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	ret_shaped->waits_there = (link.flags & IFF_UP) != 0;
	err = bucket_look(rtnl, turn, &seen, error);
	if (err == 0)
		err = filter_look(rtnl, host_ifindex, &led, error);
	if (err < 0)
		return err;
	ret_shaped->bucket[BANDWIDTH_OUT] = seen.bucket;
	ret_shaped->dropped[BANDWIDTH_OUT] = seen.dropped;
	ret_shaped->leads = led.target == turn;
	return 0;
}

/* --- all of them ------------------------------------------------------------------------------ */

int rtnl_shape_leads(struct rtnl *rtnl, int host_ifindex, int turn, bool *ret_leads,
		     struct error *error)
{
	struct led led;
	int err = filter_look(rtnl, host_ifindex, &led, error);

	if (err == 0)
		*ret_leads = led.target == turn;
	return err;
}

static int queue_answer(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	struct rtnl_queue queue = { 0 }, *item;

	(void)rtnl;
	if (!read_queue(nlh, &queue))
		return 0;
	item = rtnl_list_push(data);
	if (!item)
		return -ENOMEM;
	*item = queue;
	return 0;
}

int rtnl_shape_all(struct rtnl *rtnl, struct rtnl_queue **ret_queues, size_t *ret_n,
		   struct error *error)
{
	const struct tcmsg header = { .tcm_family = AF_UNSPEC };
	struct rtnl_list list = { .item_size = sizeof(struct rtnl_queue) };
	int err = rtnl_dump(rtnl, RTM_GETQDISC, &header, sizeof(header), 0, 0, queue_answer, &list);

	/* A kernel that has no queues has none of netd's. */
	if (err < 0 && !is_absent(err)) {
		free(list.items);
		return rtnl_fail(rtnl, error, err, "cannot read the queues of the links");
	}
	if (list.n_items > 0)
		qsort(list.items, list.n_items, sizeof(struct rtnl_queue), rtnl_shape_order);
	*ret_queues = list.items;
	*ret_n = list.n_items;
	return 0;
}

/* --- what all of them have dropped ------------------------------------------------------------ */

static_assert(offsetof(struct rtnl_queue, ifindex) == 0 &&
		      offsetof(struct seen_through, ifindex) == 0,
	      "rtnl_shape_order reads it there");

/* NULL: it has gone, or came behind the other dump. */
static struct seen_through *through_of(struct seen_through *links, size_t n, int ifindex)
{
	const struct seen_through wanted = { .ifindex = ifindex };

	return n > 0 ? bsearch(&wanted, links, n, sizeof(wanted), rtnl_shape_order) : NULL;
}

/* A bucket of netd's, or that a link has a place for filters, whoever's those are. */
struct counted {
	bool is_place;
	struct rtnl_queue queue;
};

static int count_answer(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *header = nlmsg_data(nlh);
	struct counted counted = { 0 }, *item;

	(void)rtnl;
	if (nlh->nlmsg_type != RTM_NEWQDISC || !nlmsg_valid_hdr(nlh, sizeof(*header)))
		return 0;
	counted.is_place = header->tcm_handle == TC_H_MAKE(TC_H_INGRESS, 0);
	counted.queue.ifindex = header->tcm_ifindex;
	if (!counted.is_place && !read_queue(nlh, &counted.queue))
		return 0;
	item = rtnl_list_push(data);
	if (!item)
		return -ENOMEM;
	*item = counted;
	return 0;
}

/* Places behind all buckets, and both by their links. */
static int by_kind(const void *a, const void *b)
{
	const struct counted *one = a, *other = b;

	return one->is_place != other->is_place ? one->is_place - other->is_place
						: rtnl_shape_order(&one->queue, &other->queue);
}

static uint64_t dropped_at(const struct rtnl_list *list, int ifindex)
{
	const struct counted wanted = { .queue.ifindex = ifindex };
	const struct counted *found = bsearch(&wanted, list->items, list->n_items, sizeof(wanted),
					      by_kind);

	return found ? found->queue.dropped : 0;
}

/* What the host's end was to send, and what was taken out of what it received. */
static int count_one(struct rtnl *rtnl, const struct counted *one, const struct rtnl_list *list,
		     struct seen_through *through, struct error *error)
{
	struct led led;
	int err;

	if (!one->is_place) {
		through->sent.dropped += one->queue.dropped;
		return 0;
	}
	err = filter_look(rtnl, one->queue.ifindex, &led, error);
	if (err == 0 && led.target > 0)
		through->received.dropped += dropped_at(list, led.target);
	return err;
}

int rtnl_shape_count(struct rtnl *rtnl, struct seen_through *links, size_t n, struct error *error)
{
	const struct tcmsg header = { .tcm_family = AF_UNSPEC };
	struct rtnl_list list = { .item_size = sizeof(struct counted) };
	const struct counted *all;
	int err = rtnl_dump(rtnl, RTM_GETQDISC, &header, sizeof(header), 0, 0, count_answer, &list);

	if (err < 0) {
		free(list.items);
		return is_absent(err)
			       ? 0
			       : rtnl_fail(rtnl, error, err, "cannot read the queues of the links");
	}
	/* Both are looked into once for each limit. */
	if (n > 0)
		qsort(links, n, sizeof(*links), rtnl_shape_order);
	if (list.n_items > 0)
		qsort(list.items, list.n_items, sizeof(*all), by_kind);
	all = list.items;
	/* Without a bucket all places are somebody else's. */
	for (size_t i = 0; err == 0 && i < list.n_items && !all[0].is_place; i++) {
		struct seen_through *through = through_of(links, n, all[i].queue.ifindex);

		if (through)
			err = count_one(rtnl, &all[i], &list, through, error);
	}
	free(list.items);
	return err;
}

bool rtnl_shape_is_own(const struct rtnl *rtnl, const struct rtnl_event *event)
{
	struct sockaddr_nl own = { 0 };
	socklen_t len = sizeof(own);

	/* The kernel gives the socket its number with the first request. */
	return event->by != 0 && getsockname(rtnl->fd, (struct sockaddr *)&own, &len) == 0 &&
	       event->by == own.nl_pid;
}
