// SPDX-License-Identifier: GPL-2.0-or-later
// dnssock.c - the resolver's sockets inside a container: 127.0.0.11, UDP and TCP on one port
#include "kernel/dnssock.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Theory of operation. The resolver answers on 127.0.0.11, but not on its port 53, which belongs
 * to the container's own programs. So each container has a port of the kernel's choice, the same
 * one for UDP and TCP, and a rule in its namespace leads questions there (nft_dns.c). The plumber
 * opens both sockets inside and hands them out: the resolver may enter no namespace. */

/* Opens one socket in the namespace that the thread is in, and says which port it has. port 0: the
 * kernel chooses. */
static int open_one(int type, uint16_t port, int *ret_fd, uint16_t *ret_port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 10), /* 127.0.0.11 */
	};
	socklen_t len = sizeof(addr);
	int one = 1;
	_cleanup_close_ int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	/* A port asked for again after a restart of the resolver may have TIME_WAITs on it. UDP has
	 * no such state, and must not share its port with anybody. */
	if (port && type == SOCK_STREAM &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0)
		return -errno;
	/* A limit, of which a container that asks now and then uses nothing. Where netd may not go
	 * beyond the host's, the kernel's own stays. */
	if (type == SOCK_DGRAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &(int) { DNS_SOCKET_BUFFER },
				 sizeof(int));
	if (bind(fd, (struct sockaddr *)&addr, len) < 0)
		return -errno;
	if (type == SOCK_STREAM && listen(fd, DNS_TCP_BACKLOG) < 0)
		return -errno;
	/* The kernel's choice is known after bind(2) alone. */
	if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		return -errno;
	*ret_port = ntohs(addr.sin_port);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Both sockets, or none. port 0 asks for a new one; a number asks for the one from before, which
 * the rule in the namespace still leads to, and there is no second try with another. */
int dnssock_open(uint16_t port, int *ret_udp, int *ret_tcp, uint16_t *ret_port, struct error *error)
{
	int err = -EADDRINUSE;

	for (int i = 0; i < (port ? 1 : DNS_PORT_TRIES) && err == -EADDRINUSE; i++) {
		/* UDP chooses, and TCP has to follow: the two spaces of numbers are apart, so the
		 * second bind may fail and both begin again. */
		_cleanup_close_ int udp = -1;
		uint16_t chosen = 0;

		err = open_one(SOCK_DGRAM, port, &udp, &chosen);
		if (err == 0)
			err = open_one(SOCK_STREAM, chosen, ret_tcp, &chosen);
		/* The UDP socket is closed by its attribute on this way. Any other error than
		 * EADDRINUSE ends the loop. */
		if (err < 0)
			continue;
		*ret_udp = take_fd(&udp);
		*ret_port = chosen;
	}
	if (err < 0)
		return error_system(error, err, "cannot open the resolver's sockets on 127.0.0.11");
	return 0;
}
