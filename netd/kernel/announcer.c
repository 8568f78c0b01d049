// SPDX-License-Identifier: GPL-2.0-or-later
// announcer.c - sends frames into bridges, as if from one of their ports
#include "kernel/announcer.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

/* Protocol 0: no packet is ever handed to it. It lives as long as the daemon, for closing a packet
 * socket waits for a grace period (packet_release, net/packet/af_packet.c). The socket speaks to no
 * address: each frame says by the bridge's index where it goes. */
int announcer_open(struct error *error)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? error_system(error, -errno, "cannot open a packet socket") : fd;
}

/* The frame is complete: an Ethernet header stands at its beginning. SOCK_RAW takes it as it is,
 * and the link's queue takes it as if the host had sent it by the bridge. */
int announcer_send(int fd, int bridge, const uint8_t *frame, size_t len)
{
	const struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = bridge };
	ssize_t sent;

	/* EINTR only: any other failure is of this frame, and the next one may go. */
	do {
		sent = sendto(fd, frame, len, 0, (const struct sockaddr *)&to, sizeof(to));
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}
