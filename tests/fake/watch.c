// SPDX-License-Identifier: GPL-2.0-or-later
// watch.c - the kernel in memory: what becomes of links, as one who watches them is told
#include "world.h"

#include <linux/if.h>
#include <sys/eventfd.h>

/* Theory of operation. Each watch has a picture of its namespace, taken when it was last read. What
 * differs from that is told with the next reading: so what was done and undone in between is not
 * heard of, and a link that changed several times comes once, with all that it is by then. Whoever
 * may have changed something wakes the watches; a test that writes into a link, too, for
 * fake_link() wakes them. */

struct told_addr {
	int ifindex;
	struct prefix prefix;
	bool has_subnet, has_local, replaced;
};

struct told_setting {
	int ifindex; /* 0: of all */
	uint8_t family;
};

struct told_queue {
	int ifindex, leads_to;
	uint64_t rate;
};

struct told {
	struct told_queue *queues;
	size_t n_queues;
	struct rtnl_link *links;
	size_t n_links;
	int *deaf;
	size_t n_deaf;
	struct told_addr *addrs;
	size_t n_addrs;
	struct told_setting *closed; /* not forwarding */
	size_t n_closed;
};

struct rtnl_watch {
	int fd;
	struct fake_netns *netns;
	struct told told;
	bool lost;
};

struct listener {
	void (*on_event)(const struct rtnl_event *event, void *data);
	void *data;
};

/* --- the picture --- */

static void told_done(struct told *told)
{
	free(told->links);
	free(told->queues);
	free(told->deaf);
	free(told->addrs);
	free(told->closed);
}

/* The kernel says nothing of these with the link. */
static struct rtnl_link without_settings(const struct rtnl_link *link)
{
	struct rtnl_link copy;

	memcpy(&copy, link, sizeof(copy)); /* with what lies between its members */
	copy.forwards[FAMILY_4] = copy.forwards[FAMILY_6] = copy.route_localnet = copy.ipv6 = false;
	copy.peer = 0;
	return copy;
}

static void picture_settings(struct told *told, const struct fake_netns *netns)
{
	for (size_t i = 0; i < netns->n_settings; i++) {
		const struct fake_setting *setting = &netns->settings[i];
		char name[IFNAME_LEN_MAX + 1] = "";
		const struct fake_link *link;

		if (strcmp(setting->value, "0") != 0 || strncmp(setting->path, "net/ipv", 7) != 0 ||
		    sscanf(setting->path + 8, "/conf/%15[^/]/forwarding", name) != 1 ||
		    !strstr(setting->path, "/forwarding"))
			continue;
		link = fake_link_named(netns, name);
		if (link || strcmp(name, "all") == 0)
			*fake_push(told->closed, told->n_closed) = (struct told_setting) {
				.ifindex = link ? link->link.ifindex : 0,
				.family = setting->path[7] == '4' ? AF_INET : AF_INET6,
			};
	}
}

static struct told picture(const struct fake_netns *netns)
{
	struct told told = { 0 };

	for (size_t i = 0; i < netns->n_links; i++) {
		fake_link_fill_in(netns->links[i]);
		memcpy(fake_push(told.links, told.n_links), &netns->links[i]->link,
		       sizeof(*told.links));
		if (netns->links[i]->bucket.rate > 0 || netns->links[i]->leads_to > 0)
			*fake_push(told.queues, told.n_queues) = (struct told_queue) {
				.ifindex = netns->links[i]->link.ifindex,
				.leads_to = netns->links[i]->leads_to,
				.rate = netns->links[i]->bucket.rate,
			};
		if (netns->links[i]->deaf)
			*fake_push(told.deaf, told.n_deaf) = netns->links[i]->link.ifindex;
	}
	for (size_t i = 0; i < netns->n_addrs; i++) {
		struct fake_addr *addr = &netns->addrs[i];
		bool up = addr->link->link.flags & IFF_UP;

		*fake_push(told.addrs, told.n_addrs) = (struct told_addr) {
			.ifindex = addr->link->link.ifindex,
			.prefix = addr->prefix,
			.has_subnet = up && !addr->no_subnet,
			.has_local = up && !addr->no_local,
			.replaced = addr->replaced,
		};
		addr->replaced = false;
	}
	picture_settings(&told, netns);
	return told;
}

/* --- what differs --- */

static const struct rtnl_link *find_link(const struct told *told, int ifindex)
{
	for (size_t i = 0; i < told->n_links; i++)
		if (told->links[i].ifindex == ifindex)
			return &told->links[i];
	return NULL;
}

static const struct told_addr *find_addr(const struct told *told, const struct told_addr *addr)
{
	for (size_t i = 0; i < told->n_addrs; i++)
		if (told->addrs[i].ifindex == addr->ifindex &&
		    addr_equal(&told->addrs[i].prefix.addr, &addr->prefix.addr) &&
		    told->addrs[i].prefix.len == addr->prefix.len)
			return &told->addrs[i];
	return NULL;
}

static void tell(const struct listener *to, struct rtnl_event event)
{
	to->on_event(&event, to->data);
}

static void tell_links(const struct listener *to, const struct told *was, const struct told *is)
{
	for (size_t i = 0; i < was->n_links; i++) {
		const struct rtnl_link *before = &was->links[i];
		const struct rtnl_link *now = find_link(is, before->ifindex);

		if (before->master && (!now || now->master != before->master))
			tell(to, (struct rtnl_event) { .change = RTNL_CHANGE_PORT_GONE,
						       .ifindex = before->ifindex,
						       .master = before->master,
						       .link = before });
		if (!now)
			tell(to, (struct rtnl_event) { .change = RTNL_CHANGE_LINK_GONE,
						       .ifindex = before->ifindex,
						       .master = before->master,
						       .link = before });
	}
	for (size_t i = 0; i < is->n_links; i++) {
		const struct rtnl_link *before = find_link(was, is->links[i].ifindex);
		struct rtnl_link now = without_settings(&is->links[i]), then = { 0 };

		if (before)
			then = without_settings(before);
		if (!before || memcmp(&now, &then, sizeof(now)) != 0)
			tell(to, (struct rtnl_event) { .change = RTNL_CHANGE_LINK,
						       .ifindex = now.ifindex,
						       .master = now.master,
						       .link = &is->links[i] });
	}
}

/* The kernel's own routes for an address go with it. */
static void tell_addrs(const struct listener *to, const struct told *was, const struct told *is)
{
	for (size_t i = 0; i < was->n_addrs; i++) {
		const struct told_addr *before = &was->addrs[i], *now = find_addr(is, before);
		struct rtnl_event event = { .ifindex = before->ifindex, .prefix = before->prefix };

		if (!now) {
			event.change = RTNL_CHANGE_ADDR_GONE;
			tell(to, event);
		}
		event = (struct rtnl_event) { .change = RTNL_CHANGE_ROUTE_GONE };
		event.prefix = before->prefix;
		event.prefix.addr = prefix_first(&before->prefix);
		if (before->has_subnet && (!now || !now->has_subnet || now->replaced))
			tell(to, event);
		event.prefix = before->prefix;
		event.prefix.len = addr_bits(&before->prefix.addr);
		if (before->has_local && (!now || !now->has_local))
			tell(to, event);
	}
}

static bool is_among(const int *items, size_t n, int item)
{
	for (size_t i = 0; i < n; i++)
		if (items[i] == item)
			return true;
	return false;
}

static void tell_entries(const struct listener *to, const struct told *was, const struct told *is)
{
	for (size_t i = 0; i < is->n_deaf; i++)
		if (!is_among(was->deaf, was->n_deaf, is->deaf[i]))
			tell(to, (struct rtnl_event) { .change = RTNL_CHANGE_FDB_GONE,
						       .ifindex = is->deaf[i] });
}

static bool has_queue(const struct told *told, const struct told_queue *queue)
{
	for (size_t i = 0; i < told->n_queues; i++)
		if (told->queues[i].ifindex == queue->ifindex &&
		    told->queues[i].leads_to == queue->leads_to &&
		    told->queues[i].rate == queue->rate)
			return true;
	return false;
}

/* What came is told as what went is: both are changes. */
static void tell_queues(const struct listener *to, const struct told *was, const struct told *is)
{
	for (size_t i = 0; i < was->n_queues; i++)
		if (!has_queue(is, &was->queues[i]))
			tell(to, (struct rtnl_event) { .change = RTNL_CHANGE_QUEUE,
						       .ifindex = was->queues[i].ifindex });
	for (size_t i = 0; i < is->n_queues; i++)
		if (!has_queue(was, &is->queues[i]))
			tell(to, (struct rtnl_event) { .change = RTNL_CHANGE_QUEUE,
						       .ifindex = is->queues[i].ifindex });
}

static bool has_other_name(const struct told *was, const struct told *is, int ifindex)
{
	const struct rtnl_link *before = find_link(was, ifindex), *now = find_link(is, ifindex);

	return before && now && strcmp(before->name, now->name) != 0;
}

/* A link that comes has what is the default until it is given more. */
static void tell_forwarding(const struct listener *to, const struct told *was,
			    const struct told *is)
{
	for (size_t i = 0; i < is->n_links; i++)
		if (!find_link(was, is->links[i].ifindex))
			tell(to, (struct rtnl_event) { .change = RTNL_CHANGE_NO_FORWARD,
						       .ifindex = is->links[i].ifindex,
						       .family = AF_INET });
	for (size_t i = 0; i < is->n_closed; i++) {
		const struct told_setting *now = &is->closed[i];
		/* Its folder is made anew. */
		bool new = has_other_name(was, is, now->ifindex), listed = false;

		for (size_t k = 0; k < was->n_closed; k++)
			listed |= was->closed[k].ifindex == now->ifindex &&
				  was->closed[k].family == now->family;
		if (new || !listed)
			tell(to, (struct rtnl_event) { .change = RTNL_CHANGE_NO_FORWARD,
						       .ifindex = now->ifindex,
						       .family = now->family });
	}
}

/* --- the door --- */

static int watch_open(struct rtnl_watch **ret_watch, struct error *error)
{
	int err = fake_enter("link_watch.open", FAKE_LOOK, " ");
	struct rtnl_watch *watch;

	if (err < 0)
		return fake_fails("link_watch.open", err, error);
	watch = calloc(1, sizeof(*watch));
	watch->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	watch->netns = fake_world->current;
	watch->told = picture(watch->netns);
	*fake_push(fake_world->watches, fake_world->n_watches) = watch;
	fake_world->n_open++;
	*ret_watch = watch;
	return 0;
}

static void watch_close(struct rtnl_watch *watch)
{
	if (!watch)
		return;
	for (size_t i = 0; i < fake_world->n_watches; i++)
		if (fake_world->watches[i] == watch) {
			fake_remove(fake_world->watches, fake_world->n_watches, i);
			break;
		}
	(void)close(watch->fd);
	told_done(&watch->told);
	free(watch);
	fake_world->n_open--;
}

static int watch_fd(const struct rtnl_watch *watch)
{
	return watch->fd;
}

static int watch_read(struct rtnl_watch *watch,
		      void (*on_event)(const struct rtnl_event *event, void *data), void *data)
{
	const struct listener to = { on_event, data };
	struct told was = watch->told, is;
	bool lost = watch->lost;
	eventfd_t n;

	(void)eventfd_read(watch->fd, &n);
	/* Who was woken before they were held would be told of what has come since, too. */
	if (fake_world->is_quiet)
		return 0;
	is = picture(watch->netns);
	watch->lost = false;
	/* Nothing that a listener does is in this picture: it is told with the next one. */
	watch->told = is;
	if (!lost) {
		tell_links(&to, &was, &is);
		tell_addrs(&to, &was, &is);
		tell_entries(&to, &was, &is);
		tell_queues(&to, &was, &is);
		tell_forwarding(&to, &was, &is);
	}
	told_done(&was);
	return lost ? -ENOBUFS : 0;
}

const struct door_link_watch fake_link_watch = {
	.open = watch_open,
	.close = watch_close,
	.fd = watch_fd,
	.read = watch_read,
};

void fake_watches_wake(void)
{
	if (fake_world->is_quiet)
		return;
	for (size_t i = 0; i < fake_world->n_watches; i++)
		(void)eventfd_write(fake_world->watches[i]->fd, 1);
}

void fake_events_hold(void)
{
	fake_world->is_quiet = true;
}

void fake_events_lose(void)
{
	for (size_t i = 0; i < fake_world->n_watches; i++)
		fake_world->watches[i]->lost = true;
	fake_watches_wake();
}
