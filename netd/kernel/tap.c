// SPDX-License-Identifier: GPL-2.0-or-later
// tap.c - what passes an interface, in a ring of the kernel (TPACKET_V3 of packet(7))
#include "kernel/tap.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "kernel/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* Theory of operation. A packet socket sees every frame of one interface. The ring is memory that
 * the kernel and the reader share: a number of blocks, which the kernel fills one after the other.
 * A block is the reader's when the kernel has set TP_STATUS_USER in its head, and the kernel's
 * again when the reader has cleared it. A block is handed over when it is full, or after
 * CAPTURE_RETIRE_MS. While the reader has all blocks the kernel drops packets and counts them
 * (tap_count()).
 *
 * The order at the opening is: socket, filter, ring, bind. Nothing is heard before the bind. */

/* What happens inside the namespace, with the words of what failed. */
struct opening {
	const struct tap_asked *asked;
	struct tap tap;
	int ifindex;
	struct error *error;
};

/* what is a verb with its object. */
static int refuse(const struct opening *opening, int err, const char *what)
{
	return error_system(opening->error, err, "cannot %s %s", what, opening->asked->ifname);
}

/* Its number, its MTU, and whether packets there begin with an Ethernet header: those of the
 * loopback do, all zeroes. ioctl(2) with a name works through any socket of the namespace. */
static int find_interface(struct opening *opening)
{
	struct ifreq request = { 0 };
	int fd = opening->tap.fd;

	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", opening->asked->ifname);
	if (ioctl(fd, SIOCGIFINDEX, &request) < 0)
		return error_set(opening->error, ERROR_NOT_FOUND, "there is no interface %s: %s",
				 opening->asked->ifname, strerror(errno));
	opening->ifindex = request.ifr_ifindex;
	if (ioctl(fd, SIOCGIFMTU, &request) < 0)
		return refuse(opening, -errno, "ask for the MTU of");
	opening->tap.mtu = (uint32_t)request.ifr_mtu;
	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		return refuse(opening, -errno, "ask for the kind of");
	if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER &&
	    request.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK)
		return error_set(opening->error, ERROR_NOT_FOUND,
				 "%s carries no Ethernet, and nothing else can be captured",
				 opening->asked->ifname);
	return 0;
}

/* The program was made elsewhere, by a process without rights (capturer/compile.c). */
static int set_filter(struct opening *opening)
{
	const struct sock_fprog program = { .len = (unsigned short)opening->asked->n_code,
					    .filter = (struct sock_filter *)opening->asked->code };

	if (setsockopt(opening->tap.fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) <
	    0)
		return refuse(opening, -errno, "attach the filter to");
	return 0;
}

/* Blocks are of one size; how many follows from the memory that was asked for. */
static int make_ring(struct opening *opening)
{
	struct tap *tap = &opening->tap;
	const int version = TPACKET_V3;
	size_t n = opening->asked->ring_size / CAPTURE_BLOCK_SIZE;
	struct tpacket_req3 request = { .tp_block_size = CAPTURE_BLOCK_SIZE,
					.tp_retire_blk_tov = CAPTURE_RETIRE_MS };

	tap->n_blocks = n < CAPTURE_BLOCKS_MIN ? CAPTURE_BLOCKS_MIN : n;
	request.tp_block_nr = (unsigned)tap->n_blocks;
	/* Frames of this version have the size of their packets; the kernel wants a size all the
	 * same. */
	request.tp_frame_size = CAPTURE_BLOCK_SIZE;
	request.tp_frame_nr = request.tp_block_nr;
	if (setsockopt(tap->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
	    setsockopt(tap->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0)
		return refuse(opening, -errno, "get memory for what passes");
	tap->ring = mmap(NULL, tap->n_blocks * CAPTURE_BLOCK_SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED, tap->fd, 0);
	/* What failed before it is undone by tap_close(), which knows what there is. */
	if (tap->ring != MAP_FAILED)
		return 0;
	tap->ring = NULL;
	return refuse(opening, -errno, "map the memory for what passes");
}

/* A promiscuous membership ends with the socket. */
static int listen_to(struct opening *opening)
{
	const struct packet_mreq member = { .mr_ifindex = opening->ifindex,
					    .mr_type = PACKET_MR_PROMISC };
	const struct sockaddr_ll addr = { .sll_family = AF_PACKET,
					  .sll_protocol = htons(ETH_P_ALL),
					  .sll_ifindex = opening->ifindex };

	if (opening->asked->is_promiscuous &&
	    setsockopt(opening->tap.fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &member,
		       sizeof(member)) < 0)
		return refuse(opening, -errno, "see all frames of");
	if (bind(opening->tap.fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return refuse(opening, -errno, "listen to");
	return 0;
}

/* A socket of protocol 0 hears nothing until it is bound, so all that it hears has passed the
 * filter. */
static int open_here(void *data)
{
	struct opening *opening = data;
	int err;

	opening->tap.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (opening->tap.fd < 0)
		return error_system(opening->error, -errno, "cannot open a packet socket");
	if ((err = find_interface(opening)) < 0 || (err = set_filter(opening)) < 0 ||
	    (err = make_ring(opening)) < 0 || (err = listen_to(opening)) < 0)
		return err;
	return 0;
}

/* *ret_tap is the caller's to close. It works outside of the namespace as well: a socket stays in
 * the namespace that it was made in. */
int tap_open(int netns_fd, const struct tap_asked *asked, struct tap *ret_tap, struct error *error)
{
	struct opening opening = { .asked = asked, .tap = { .fd = -1 }, .error = error };
	int err = netns_run(netns_fd, open_here, &opening);

	if (err < 0) {
		/* Where the namespace could not be entered nobody has said anything. */
		if (opening.tap.fd < 0 && error->code >= 0)
			(void)error_system(error, err, "cannot enter the namespace of %s",
					   asked->ifname);
		tap_close(&opening.tap);
		return err;
	}
	*ret_tap = opening.tap;
	return 0;
}

/* Takes one that was never opened, or only by half. */
void tap_close(struct tap *tap)
{
	if (tap->ring)
		(void)munmap(tap->ring, tap->n_blocks * CAPTURE_BLOCK_SIZE);
	cleanup_close(&tap->fd);
	*tap = (struct tap) { .fd = -1 };
}

/* Blocks are used in turn, by the kernel and the reader alike. */
static struct tpacket_block_desc *next_block(const struct tap *tap)
{
	return (struct tpacket_block_desc *)(tap->ring + tap->next * CAPTURE_BLOCK_SIZE);
}

/* The oldest block that is full; NULL: there is none. It stays the reader's until tap_release(). */
const void *tap_block(const struct tap *tap)
{
	const struct tpacket_block_desc *block = next_block(tap);

	/* Acquire: what is in it was written before this was. */
	return __atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER
		       ? block
		       : NULL;
}

/* Release: what was read was read before the kernel may write there again. */
void tap_release(struct tap *tap)
{
	__atomic_store_n(&next_block(tap)->hdr.bh1.block_status, TP_STATUS_KERNEL,
			 __ATOMIC_RELEASE);
	tap->next = (tap->next + 1) % tap->n_blocks;
}

/* Adds to the counters what the kernel has counted since the last call. */
void tap_count(struct tap *tap)
{
	struct tpacket_stats_v3 counted = { 0 };
	socklen_t len = sizeof(counted);

	/* The kernel begins anew each time. What cannot be read adds nothing. */
	if (getsockopt(tap->fd, SOL_PACKET, PACKET_STATISTICS, &counted, &len) < 0)
		return;
	tap->received += counted.tp_packets;
	tap->dropped += counted.tp_drops;
}

/* Whether the interface was deleted. Asking for the error clears it, so that poll(2) does not
 * report it for ever. */
bool tap_is_gone(const struct tap *tap)
{
	struct sockaddr_ll addr = { 0 };
	socklen_t len = sizeof(addr);
	int code = 0;
	socklen_t code_len = sizeof(code);

	(void)getsockopt(tap->fd, SOL_SOCKET, SO_ERROR, &code, &code_len); /* ENETDOWN */
	/* The kernel forgets the number of an interface that was deleted. */
	return getsockname(tap->fd, (struct sockaddr *)&addr, &len) == 0 && addr.sll_ifindex <= 0;
}
