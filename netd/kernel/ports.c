// SPDX-License-Identifier: GPL-2.0-or-later
// ports.c - host ports reserved with bound sockets
#include "kernel/ports.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "kernel/fdkind.h"
#include "kernel/sysctl.h"
#include "model/container/port.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* net.ipv4.ip_local_port_range of a kernel that was told nothing else. */
#define EPHEMERAL_FIRST 32768
#define EPHEMERAL_LAST 60999

/* Theory of operation. A published port is reserved by a socket that is bound to it, in the host's
 * namespace, for as long as it is published. That keeps every other program out, and the kernel is
 * the only judge: two callers that ask at the same moment cannot both succeed. With NAT packets
 * never come to the socket, since the rules change them before; those that do (the rule is gone for
 * a moment) meet a filter that drops them, so that nobody gets a reset from a port that is
 * published. With the relay the socket listens, and the resolver has a duplicate of it.
 *
 * SO_REUSEADDR is not enough for others to get in beside it: see port_options(). */

/* The protocol is named as well, for SCTP is a stream, too. */
static int port_socket(uint8_t protocol, uint8_t family)
{
	int type = protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	return fd < 0 ? -errno : fd;
}

/* Returns 0, which is how many bytes of a packet go on to the socket. The kernel compiles it once
 * for all sockets; loading takes CAP_BPF or CAP_SYS_ADMIN, and a kernel with bpf(2). eBPF: "r0 = 0;
 * exit". A program that is attached by SO_ATTACH_BPF is shared by all sockets. */
static int load_shared_filter(void)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insn_cnt = ARRAY_SIZE(code),
		.insns = (uintptr_t)code,
		.license = (uintptr_t) "GPL",
	};

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)); /* CLOEXEC by itself */
}

/* -1: it could not be loaded, or not yet. */
static int shared_filter = -1;

/* Called once, at the start, before the plumber's filter of system calls forbids bpf(2). */
void ports_init(void)
{
	/* Without the right to load it, each socket has a filter of its own. */
	if (shared_filter < 0)
		shared_filter = load_shared_filter();
}

static bool attach_shared_filter(int fd)
{
	return shared_filter >= 0 && setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &shared_filter,
						sizeof(shared_filter)) == 0;
}

/* A classic filter is the socket's own: translated and compiled for each, twice the cost of all the
 * rest of a reservation. One instruction: return 0. */
static int drop_everything(int fd)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	const struct sock_fprog program = { .len = ARRAY_SIZE(code), .filter = code };

	if (attach_shared_filter(fd))
		return 0;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return -errno;
	return 0;
}

/* SO_REUSEADDR for TCP: without it connections of an earlier listener that are in TIME_WAIT hold
 * the port for a minute. It lets nobody in beside a live listener: Linux refuses two of them on one
 * port (inet_csk_bind_conflict), whichever of the two are wildcards. For UDP it would mean sharing.
 *
 * Options must be set before bind(2) to have an effect. */
static int port_options(int fd, uint8_t protocol, uint8_t family)
{
	const int on = 1;

	if (protocol == IPPROTO_TCP &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -errno;
	/* Each family has a socket of its own, so an IPv6 one must not take IPv4 as well. */
	if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return -errno;
	return 0;
}

/* The filter goes on before the port is ours, so there is no moment in which it answers. drop: the
 * socket never gets a packet. Otherwise it is one that a relay listens with. */
static int port_bind(int fd, uint8_t protocol, const struct addr *addr, uint16_t port, bool drop)
{
	struct sockaddr_storage sockaddr;
	socklen_t len = addr_to_sockaddr(addr, port, &sockaddr);
	int err = port_options(fd, protocol, addr->family);

	if (err == 0 && drop)
		err = drop_everything(fd);
	if (err < 0)
		return err;
	if (bind(fd, (struct sockaddr *)&sockaddr, len) < 0)
		return -errno;
	/* Only a listener keeps out those who bind with SO_REUSEADDR, as most servers do. Where
	 * nothing is ever accepted its queue is as short as can be. A listener with drop gets no
	 * connection, as its filter drops the first packet of each. */
	if (protocol != IPPROTO_UDP && listen(fd, drop ? 1 : SOMAXCONN) < 0)
		return -errno;
	return 0;
}

/* The words for EADDRINUSE. To search all processes takes long, so it is done for a sentence
 * only. */
static int port_taken(uint8_t protocol, const struct addr *addr, uint16_t port, struct error *error)
{
	char holder[64];

	if (!error)
		return -EEXIST; /* nobody reads it, and all processes would be searched for it */
	if (ports_holder(protocol, addr, port, holder, sizeof(holder)) < 0)
		(void)snprintf(holder, sizeof(holder), "a program that cannot be found");
	return error_because(error, ERROR_REASON_PORT_IN_USE,
			     error_set(error, ERROR_CONFLICT, "port %u/%s on %s is in use by %s",
				       port, port_protocol_name(protocol), ADDR_STR(addr), holder));
}

/* From errno to a sentence that says what to do. */
static int port_refused(int err, uint8_t protocol, const struct addr *addr, uint16_t port,
			struct error *error)
{
	struct rlimit limit = { 0 };

	switch (-err) {
	case EMFILE:
	case ENFILE:
		(void)getrlimit(RLIMIT_NOFILE, &limit); /* 0 is a figure, too */
		return error_set(error, ERROR_UNAVAILABLE,
				 "port %u/%s on %s cannot be reserved: each published port takes a "
				 "file descriptor (on every address of both families: two), and "
				 "netd may have %llu: raise LimitNOFILE= of netd.service",
				 port, port_protocol_name(protocol), ADDR_STR(addr),
				 (unsigned long long)limit.rlim_cur);
	case EADDRINUSE:
		return port_taken(protocol, addr, port, error);
	case EADDRNOTAVAIL:
		return error_set(
			error, ERROR_INVALID,
			"port %u/%s cannot be published on %s: no interface has the address", port,
			port_protocol_name(protocol), ADDR_STR(addr));
	case EPROTONOSUPPORT:
	case ESOCKTNOSUPPORT:
	case EAFNOSUPPORT:
		return error_set(error, ERROR_NOT_IMPLEMENTED,
				 "port %u/%s cannot be reserved on %s: this kernel has no %s", port,
				 port_protocol_name(protocol), ADDR_STR(addr),
				 err == -EAFNOSUPPORT ? "IPv6" : port_protocol_name(protocol));
	default:
		return error_system(error, err, "cannot reserve port %u/%s on %s", port,
				    port_protocol_name(protocol), ADDR_STR(addr));
	}
}

/* The socket is the reservation: closing it gives the port back. The namespace is the caller's. */
int ports_reserve(uint8_t protocol, const struct addr *addr, uint16_t port, bool drop,
		  struct error *error)
{
	_cleanup_close_ int fd = port_socket(protocol, addr->family);
	int err;

	if (fd < 0)
		return port_refused(fd, protocol, addr, port, error);
	/* The last descriptors are for containers and their namespaces. It has been opened already;
	 * closing it gives the number back. */
	if (fdkind_is_scarce(fd))
		return port_refused(-EMFILE, protocol, addr, port, error);
	err = port_bind(fd, protocol, addr, port, drop);
	if (err < 0)
		return port_refused(err, protocol, addr, port, error);
	return take_fd(&fd);
}

/* Without the file, or with one that cannot be read, the kernel's defaults hold. */
void ports_ephemeral_range(uint16_t *ret_first, uint16_t *ret_last)
{
	unsigned long first = 0, last = 0;
	char text[32], *rest;

	if (sysctl_read("net/ipv4/ip_local_port_range", text, sizeof(text)) == 0) {
		first = strtoul(text, &rest, 10);
		last = strtoul(rest, NULL, 10);
	}
	/* Half a line, or a text of another kernel: the built-in range stands in. */
	if (first == 0 || first > last || last > UINT16_MAX) {
		first = EPHEMERAL_FIRST;
		last = EPHEMERAL_LAST;
	}
	*ret_first = (uint16_t)first;
	*ret_last = (uint16_t)last;
}

/* 0 with an empty set where the file is missing. -ENOMEM is the only failure. */
int ports_reserved_by_host(struct portset *ret_set)
{
	/* The kernel gives the whole in one read or cuts it off: the longest lists every other
	 * port, in 6 bytes or less. */
	static const size_t sizes[] = { 4096, 6 * 32768 + 1 };

	*ret_set = (struct portset) { 0 };
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		_cleanup_free_ char *text = malloc(sizes[i]);
		size_t len;

		if (!text)
			return -ENOMEM;
		if (sysctl_read("net/ipv4/ip_local_reserved_ports", text, sizes[i]) < 0)
			return 0;
		len = strlen(text);
		/* The text filled the space, so it may have been cut off. The second size holds
		 * all there can be. */
		if (len + 1 == sizes[i])
			continue;
		(void)portset_parse(text, len, ret_set); /* the kernel's own words */
		return 0;
	}
	return 0;
}
