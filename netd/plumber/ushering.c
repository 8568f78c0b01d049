// SPDX-License-Identifier: GPL-2.0-or-later
// ushering.c - the plumber's end of the channel to the usher, who lets hosts into a cluster
#include "plumber/ushering.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/watcher.h"
#include "ipc/chan.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t space[IPC_MSG_MAX];

/* --- where hosts knock --- */

/* Here and not in the usher: they wait in the queue while another is started. */
static int listen_at(const struct addr *addr)
{
	_cleanup_close_ int fd = socket(addr->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
					0);
	struct sockaddr_storage place;
	socklen_t len = addr_to_sockaddr(addr, CLUSTER_DOOR_PORT, &place);
	const int on = 1;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* At a boot the address may come later than netd. */
	if (addr->family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on));
	else
		(void)setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&place, len) < 0 || listen(fd, SOMAXCONN) < 0)
		return -errno;
	return take_fd(&fd);
}

static void close_all(struct ushering *ushering)
{
	for (enum family family = 0; family < FAMILY_N; family++) {
		cleanup_close(&ushering->fds[family]);
		ushering->fds[family] = -1;
	}
}

int ushering_listen(struct ushering *ushering, const struct cluster_config *config,
		    struct error *error)
{
	for (enum family family = 0; family < FAMILY_N; family++) {
		const struct addr *addr = &config->addrs[family];
		int fd;

		if (!addr_is_set(addr) || ushering->fds[family] >= 0)
			continue;
		fd = listen_at(addr);
		if (fd == -EADDRINUSE)
			return error_set(error, ERROR_CONFLICT,
					 "another program has port %d of %s, at which hosts ask to "
					 "join",
					 CLUSTER_DOOR_PORT, ADDR_STR(addr));
		if (fd < 0)
			return error_system(error, fd, "cannot listen on %s port %d",
					    ADDR_STR(addr), CLUSTER_DOOR_PORT);
		ushering->fds[family] = fd;
	}
	return 0;
}

/* --- the channel --- */

static void hang_up(struct ushering *ushering)
{
	if (ushering->channel < 0)
		return;
	ev_io_stop(ushering->loop, &ushering->io);
	ev_timer_stop(ushering->loop, &ushering->tick);
	(void)close(ushering->channel);
	ushering->channel = -1;
	ushering->pid = 0;
	ipc_calls_fail(&ushering->calls, -ECONNRESET);
}

static void lose(struct ushering *ushering)
{
	hang_up(ushering);
	ushering->lost(ushering->data);
}

static void on_reply(struct ushering *ushering, struct wire *wire)
{
	struct ipc_call reply = { 0 };

	ipc_get_call(wire, &reply);
	/* One that nobody waits for any more is no fault of its. */
	if (wire->err == 0)
		(void)ipc_calls_answer(&ushering->calls, &reply);
}

static void on_channel(struct ev_loop *loop, ev_io *io, int revents)
{
	static uint8_t message[IPC_MSG_MAX];
	struct ushering *ushering = io->data;
	size_t n_fds = 0;
	struct wire wire;
	int len;

	if (watcher_again(loop, io, revents))
		return;
	len = chan_receive(ushering->channel, message, sizeof(message), NULL, &n_fds);
	if (len == -EAGAIN)
		return;
	if (len <= 0) {
		lose(ushering);
		return;
	}
	wire = wire_reader(message, (size_t)len);
	if (wire_u8(&wire) == IPC_REPLY)
		on_reply(ushering, &wire);
	else
		wire_fail(&wire);
	explicit_bzero(message, (size_t)len); /* a key was in it */
	if (wire.err == 0 || ushering->channel < 0)
		return;
	log_error("the usher says what makes no sense");
	lose(ushering);
}

static void on_tick(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct ushering *ushering = timer->data;

	(void)loop, (void)revents;
	ipc_calls_expire(&ushering->calls, (uint64_t)deadline_now_ms());
}

void ushering_meet(struct ushering *ushering, int channel, uint32_t pid)
{
	ushering->channel = channel;
	ushering->pid = pid;
	ev_io_init(&ushering->io, on_channel, channel, EV_READ);
	ushering->io.data = ushering;
	ev_io_start(ushering->loop, &ushering->io);
	ev_timer_again(ushering->loop, &ushering->tick);
}

static void make_config(const struct cluster_config *config, struct usher_config *ret_said)
{
	struct usher_config *said = ret_said;

	*said = (struct usher_config) { .version = USHER_VERSION,
					.expires = config->secret_expires,
					.n_old = (uint8_t)config->n_old,
					.members.n = (uint8_t)config->n_members };
	memcpy(said->ca, config->ca, sizeof(said->ca));
	memcpy(said->ca_key, config->ca_key, sizeof(said->ca_key));
	memcpy(said->cert, config->cert, sizeof(said->cert));
	memcpy(said->key, config->key, sizeof(said->key));
	memcpy(said->secret, config->secret, sizeof(said->secret));
	memcpy(said->old, config->old, sizeof(said->old));
	memcpy(said->members.urls, config->members, sizeof(said->members.urls));
}

void ushering_tell(struct ushering *ushering, const struct cluster_config *config)
{
	static struct usher_config said; /* as large as a message */
	struct wire wire = wire_writer(space, sizeof(space));
	int fds[FAMILY_N], err;
	size_t n = 0;

	if (ushering->channel < 0)
		return;
	for (enum family family = 0; family < FAMILY_N; family++)
		if (ushering->fds[family] >= 0)
			fds[n++] = ushering->fds[family];
	make_config(config, &said);
	usher_msg_put_config(&wire, &said);
	err = wire.err;
	if (err == 0)
		err = chan_send(ushering->channel, space, wire.pos, fds, n);
	/* One that has ended is seen where it is read from. */
	if (err < 0)
		log_error("the usher cannot be told whom to let in: %s", strerror(-err));
	explicit_bzero(&said, sizeof(said));
	explicit_bzero(space, sizeof(space));
}

int ushering_ask(struct ushering *ushering, const struct usher_ask *ask, ipc_answer_fn done,
		 void *data)
{
	uint8_t body[2 * sizeof(*ask)];
	struct wire inner = wire_writer(body, sizeof(body)),
		    wire = wire_writer(space, sizeof(space));
	struct ipc_call request = { .what = USHER_CALL_ASK, .body = body };
	int err;

	usher_msg_put_ask(&inner, ask);
	request.len = (uint16_t)inner.pos;
	err = inner.err;
	if (err == 0 && ushering->channel < 0)
		err = -ENOTCONN;
	if (err == 0)
		err = ipc_calls_ask(&ushering->calls, &wire, &request,
				    (uint64_t)deadline_after(USHER_CALL_MS), done, data);
	/* One that has ended is seen where it is read from, and the call fails with it. */
	if (err == 0)
		(void)chan_send(ushering->channel, space, wire.pos, NULL, 0);
	explicit_bzero(body, sizeof(body));
	return err;
}

/* --- its life --- */

void ushering_init(struct ushering *ushering, struct ev_loop *loop)
{
	ushering->loop = loop;
	ipc_calls_init(&ushering->calls, 1);
	ev_timer_init(&ushering->tick, on_tick, 1., 1.);
	ushering->tick.data = ushering;
}

void ushering_part(struct ushering *ushering)
{
	hang_up(ushering);
	close_all(ushering);
}

void ushering_done(struct ushering *ushering)
{
	if (ushering->loop)
		ushering_part(ushering);
}
