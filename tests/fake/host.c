// SPDX-License-Identifier: GPL-2.0-or-later
// host.c - the kernel in memory: ports, sockets, flows, watches, other people's chains
#include "world.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define EPHEMERAL_FIRST 32768
#define EPHEMERAL_LAST 60999

/* --- host ports --- */

/* What the caller has closed is free again. */
static void forget_closed(void)
{
	for (size_t i = fake_world->n_reserved; i-- > 0;) {
		struct pollfd pfd = { .fd = fake_world->reserved[i].peer };

		if (pfd.fd < 0 || poll(&pfd, 1, 0) <= 0 || !(pfd.revents & POLLHUP))
			continue;
		(void)close(pfd.fd);
		fake_remove(fake_world->reserved, fake_world->n_reserved, i);
	}
}

static const struct fake_reservation *find(uint8_t protocol, const struct addr *addr, uint16_t port,
					   bool exact)
{
	forget_closed();
	for (size_t i = 0; i < fake_world->n_reserved; i++) {
		const struct fake_reservation *other = &fake_world->reserved[i];

		if (other->protocol != protocol || other->port != port ||
		    other->addr.family != addr->family)
			continue;
		if (addr_equal(&other->addr, addr) ||
		    (!exact && (addr_is_any(&other->addr) || addr_is_any(addr))))
			return other;
	}
	return NULL;
}

static void hold(uint8_t protocol, const struct addr *addr, uint16_t port, int peer)
{
	struct fake_reservation *mine = fake_push(fake_world->reserved, fake_world->n_reserved);

	*mine = (struct fake_reservation) { protocol, *addr, port, peer };
}

static int host_ports_reserve(uint8_t protocol, const struct addr *addr, uint16_t port, bool drop,
			      struct error *error)
{
	int err = fake_enter("host_ports.reserve", FAKE_CHANGE, "%s %u", ADDR_STR(addr), port);
	const char *name = protocol == IPPROTO_TCP ? "tcp" : "udp";
	int ends[2];

	(void)drop;
	if (err < 0)
		return error_system(error, err, "cannot reserve port %u/%s on %s", port, name,
				    ADDR_STR(addr));
	if (find(protocol, addr, port, false))
		return error_because(error, ERROR_REASON_PORT_IN_USE,
				     error_set(error, ERROR_CONFLICT,
					       "port %u/%s on %s is in use by a program", port,
					       name, ADDR_STR(addr)));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_system(error, -errno, "cannot reserve port %u/%s", port, name);
	hold(protocol, addr, port, ends[0]);
	return ends[1];
}

static void ephemeral_range(uint16_t *ret_first, uint16_t *ret_last)
{
	*ret_first = EPHEMERAL_FIRST;
	*ret_last = EPHEMERAL_LAST;
}

static int reserved_by_host(struct portset *ret_set)
{
	(void)ret_set; /* none */
	return fake_enter("host_ports.reserved_by_host", FAKE_LOOK, " ");
}

const struct door_host_ports fake_host_ports = {
	.reserve = host_ports_reserve,
	.ephemeral_range = ephemeral_range,
	.reserved_by_host = reserved_by_host,
};

void fake_port_hold(uint8_t protocol, const char *addr, uint16_t port)
{
	struct addr at;

	(void)addr_parse(addr, &at);
	hold(protocol, &at, port, -1);
}

bool fake_port_is_reserved(uint8_t protocol, const char *addr, uint16_t port)
{
	struct addr at;

	(void)addr_parse(addr, &at);
	return find(protocol, &at, port, true);
}

size_t fake_n_reserved(void)
{
	forget_closed();
	return fake_world->n_reserved;
}

/* --- the resolver's sockets --- */

static int dns_sockets_open(uint16_t port, int *ret_udp, int *ret_tcp, uint16_t *ret_port,
			    struct error *error)
{
	int err = fake_enter("dns_sockets.open", FAKE_CHANGE, "%u", port);

	if (err < 0)
		return error_system(error, err, "cannot open the resolver's sockets on 127.0.0.11");
	*ret_udp = eventfd(0, EFD_CLOEXEC);
	*ret_tcp = eventfd(0, EFD_CLOEXEC);
	*ret_port = port ? port : (uint16_t)(40000 + ++fake_world->last_dns_port);
	return 0;
}

const struct door_dns_sockets fake_dns_sockets = { .open = dns_sockets_open };

/* --- flows: there are none --- */

static bool flows_any(void)
{
	(void)fake_enter("flows.any", FAKE_LOOK, " ");
	return false;
}

static int flows_forget(const struct port *ports, size_t n_ports, struct error *error)
{
	int err = fake_enter("flows.forget", FAKE_CHANGE, "%zu", n_ports);

	(void)ports;
	return err < 0 ? fake_fails("flows.forget", err, error) : 0;
}

static int flows_forget_others(const struct port *ports, size_t n_ports,
			       const struct prefix *subnets, size_t n_subnets, struct error *error)
{
	int err = fake_enter("flows.forget_others", FAKE_CHANGE, "%zu %zu", n_ports, n_subnets);

	(void)ports;
	(void)subnets;
	return err < 0 ? fake_fails("flows.forget_others", err, error) : 0;
}

const struct door_flows fake_flows = {
	.any = flows_any,
	.forget = flows_forget,
	.forget_others = flows_forget_others,
};

/* --- announcements, which nobody hears --- */

static int announcer_open_fake(struct error *error)
{
	int err = fake_enter("announcer.open", FAKE_LOOK, " ");

	return err < 0 ? fake_fails("announcer.open", err, error) : eventfd(0, EFD_CLOEXEC);
}

static int announcer_send_fake(int fd, int bridge, const uint8_t *frame, size_t len)
{
	(void)fd;
	(void)frame;
	(void)len;
	return fake_enter("announcer.send", FAKE_LOOK, "%d", bridge);
}

const struct door_announcer fake_announcer = {
	.open = announcer_open_fake,
	.send = announcer_send_fake,
};

/* --- the watch of links: what happens is looked at by who is told to --- */

struct rtnl_watch {
	int fd;
};

static int watch_open(struct rtnl_watch **ret_watch, struct error *error)
{
	int err = fake_enter("link_watch.open", FAKE_LOOK, " ");

	if (err < 0)
		return fake_fails("link_watch.open", err, error);
	*ret_watch = calloc(1, sizeof(**ret_watch));
	(*ret_watch)->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	fake_world->n_open++;
	return 0;
}

static void watch_close(struct rtnl_watch *watch)
{
	if (!watch)
		return;
	(void)close(watch->fd);
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
	(void)watch;
	(void)on_event;
	(void)data;
	return 0;
}

const struct door_link_watch fake_link_watch = {
	.open = watch_open,
	.close = watch_close,
	.fd = watch_fd,
	.read = watch_read,
};

/* --- chains of others: there are none --- */

static int foreign_read(struct nft *nft, struct nft_foreign **ret_foreign)
{
	(void)nft;
	*ret_foreign = NULL;
	return fake_enter("foreign.read", FAKE_LOOK, " ");
}

static void foreign_free(struct nft_foreign *foreign)
{
	(void)foreign;
}

static size_t foreign_n(const struct nft_foreign *foreign)
{
	(void)foreign;
	return 0;
}

static const struct nft_foreign_chain *foreign_chain(const struct nft_foreign *foreign, size_t i)
{
	(void)foreign;
	(void)i;
	return NULL;
}

static bool foreign_refuses(const struct nft_foreign *foreign, size_t i, const char *bridge,
			    bool from)
{
	(void)foreign;
	(void)i;
	(void)bridge;
	(void)from;
	return false;
}

static bool foreign_has_chain(const struct nft_foreign *foreign, size_t i, const char *name)
{
	(void)foreign;
	(void)i;
	(void)name;
	return false;
}

const struct door_foreign fake_foreign = {
	.read = foreign_read,
	.free = foreign_free,
	.n = foreign_n,
	.chain = foreign_chain,
	.refuses = foreign_refuses,
	.has_chain = foreign_has_chain,
};
