// SPDX-License-Identifier: GPL-2.0-or-later
// host.c - the kernel in memory: ports, sockets, announcements
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
		return error_because(
			error, ERROR_REASON_PORT_IN_USE,
			error_set(error, ERROR_CONFLICT, "port %u/%s on %s is in use by %s", port,
				  name, ADDR_STR(addr),
				  fake_world->holder ? fake_world->holder : "a program"));
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

void fake_port_holder(const char *name)
{
	fake_world->holder = name;
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

/* --- announcements: who is told on which link that an address is whose --- */

/* The target of a neighbour advertisement, or the sender of an ARP packet, with its MAC: RFC 826,
 * RFC 4861. */
static void note_frame(const struct fake_link *link, const uint8_t *frame, size_t len)
{
	bool is_arp = len >= 42 && frame[12] == 0x08 && frame[13] == 0x06;
	struct addr addr = { .family = is_arp ? AF_INET : AF_INET6 };
	struct mac mac;
	char *text;

	if (!is_arp && len < 14 + 40 + 24)
		return;
	memcpy(addr.bytes, is_arp ? frame + 28 : frame + 62, addr_size(&addr));
	memcpy(mac.bytes, is_arp ? frame + 22 : frame + 6, sizeof(mac.bytes));
	text = *fake_push(fake_world->said, fake_world->n_said);
	(void)snprintf(text, sizeof(*fake_world->said), "%s: %s is at %s",
		       link ? link->link.name : "-", ADDR_STR(&addr), MAC_STR(&mac));
}

size_t fake_n_said(const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < fake_world->n_said; i++)
		n += strcmp(fake_world->said[i], text) == 0;
	return n;
}

static int announcer_open_fake(struct error *error)
{
	int err = fake_enter("announcer.open", FAKE_LOOK, " ");

	return err < 0 ? fake_fails("announcer.open", err, error) : eventfd(0, EFD_CLOEXEC);
}

static int announcer_send_fake(int fd, int bridge, const uint8_t *frame, size_t len)
{
	int err = fake_enter("announcer.send", FAKE_LOOK, "%d", bridge);

	(void)fd;
	if (err == 0)
		note_frame(fake_link_indexed(fake_world->host, bridge), frame, len);
	return err;
}

const struct door_announcer fake_announcer = {
	.open = announcer_open_fake,
	.send = announcer_send_fake,
};
