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

/* Theory of operation. The plumber owns the listening sockets for as long as this host lets
 * others in, and the channel for as long as there is an usher. The two come and go
 * independently: an usher that ends is replaced, and gets the sockets with the next
 * configuration. A usher that only asks for this host gets neither sockets nor configuration.
 *
 * What the usher says is its reply to a request and nothing else. It speaks with strangers, so a
 * message that makes no sense costs it the channel, and no byte of a reply is used before a
 * reader has checked it. */

/* One message at a time is written, and cleared when a key was in it. */
static uint8_t space[IPC_MSG_MAX];

/* --- where hosts knock --- */

/* A listening socket, owned by the caller, or a negative errno. It is made here and not in the
 * usher, which may not bind: hosts wait in its queue while another usher is started. */
static int listen_at(const struct addr *addr)
{
	_cleanup_close_ int fd = socket(addr->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
					0);
	struct sockaddr_storage place;
	socklen_t len = addr_to_sockaddr(addr, CLUSTER_DOOR_PORT, &place);
	const int on = 1;

	if (fd < 0)
		return -errno;
	/* Connections of an earlier netd may still be closing. A failure shows at bind(2), with
	 * a sentence, if it matters at all. */
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

/* Nobody listens afterwards; ushering_listen may open the sockets again. */
static void close_all(struct ushering *ushering)
{
	for (enum family family = 0; family < FAMILY_N; family++) {
		cleanup_close(&ushering->fds[family]);
		ushering->fds[family] = -1;
	}
}

/* A socket that was opened before a failure stays open: the next try goes on from there. */
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

/* Ends the channel, if there is one. Whoever waits for an answer is told -ECONNRESET, last of
 * all: he may begin anew at once, and has to find no usher then. */
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

/* The end of the channel was not wanted: the owner decides whether another usher is started. */
static void lose(struct ushering *ushering)
{
	hang_up(ushering);
	ushering->lost(ushering->data);
}

/* wire->err tells of one that is malformed. */
static void on_reply(struct ushering *ushering, struct wire *wire)
{
	struct ipc_call reply = { 0 };

	ipc_get_call(wire, &reply);
	/* One that nobody waits for any more is no fault of its. */
	if (wire->err == 0)
		/* The body points into the message, and is valid during this call only. */
		(void)ipc_calls_answer(&ushering->calls, &reply);
}

/* One message for each call. Answering it may part with the usher, so the channel is looked at
 * again below before anything is lost. */
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

/* Each second: who asked and was not answered in time hears that. */
static void on_tick(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct ushering *ushering = timer->data;

	(void)loop, (void)revents;
	ipc_calls_expire(&ushering->calls, (uint64_t)deadline_now_ms());
}

/* The caller sees to it that there is no other usher: supervisors replace one only when it is
 * lost. */
void ushering_meet(struct ushering *ushering, int channel, uint32_t pid)
{
	ushering->channel = channel;
	ushering->pid = pid;
	ev_io_init(&ushering->io, on_channel, channel, EV_READ);
	ushering->io.data = ushering;
	ev_io_start(ushering->loop, &ushering->io);
	ev_timer_again(ushering->loop, &ushering->tick);
}

/* What of cluster.json an usher needs. Arrays have the same sizes on both sides, so they are
 * copied whole. */
static void make_config(const struct cluster_config *config, uint32_t valid_s,
			struct usher_config *ret_said)
{
	struct usher_config *said = ret_said;

	*said = (struct usher_config) { .version = USHER_VERSION,
					.expires = config->secret_expires,
					.n_old = (uint8_t)config->n_old,
					.members.n = (uint8_t)config->n_members,
					.valid_s = valid_s,
					.n_revoked = (uint16_t)config->n_revoked };
	memcpy(said->ca, config->ca, sizeof(said->ca));
	memcpy(said->ca_key, config->ca_key, sizeof(said->ca_key));
	memcpy(said->cert, config->cert, sizeof(said->cert));
	memcpy(said->key, config->key, sizeof(said->key));
	memcpy(said->secret, config->secret, sizeof(said->secret));
	memcpy(said->old, config->old, sizeof(said->old));
	memcpy(said->members.urls, config->members, sizeof(said->members.urls));
	for (size_t i = 0; i < config->n_revoked; i++)
		memcpy(said->revoked[i], config->revoked[i].serial, sizeof(said->revoked[i]));
}

/* Tells everything anew, whatever has changed: the usher keeps no difference. Without an usher
 * it does nothing, for the next one is told when it is met. */
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
	/* The sockets stay open here: what is sent are duplicates. */
	make_config(config, ushering->valid_s, &said);
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

/* The body is written already. Looked at before the call is entered: a call that is entered is
 * answered, here or later. */
static int ask(struct ushering *ushering, enum usher_call what, const struct wire *body,
	       ipc_answer_fn done, void *data)
{
	struct wire wire = wire_writer(space, sizeof(space));
	struct ipc_call request = { .what = (uint16_t)what,
				    .len = (uint16_t)body->pos,
				    .body = body->data };
	int err = body->err;

	if (err == 0 && ushering->channel < 0)
		err = -ENOTCONN;
	if (err == 0)
		err = ipc_calls_ask(&ushering->calls, &wire, &request,
				    (uint64_t)deadline_after(USHER_CALL_MS), done, data);
	/* One that has ended is seen where it is read from, and the call fails with it. */
	if (err == 0)
		(void)chan_send(ushering->channel, space, wire.pos, NULL, 0);
	explicit_bzero(space, sizeof(space)); /* a secret or a key is in it */
	return err;
}

int ushering_ask(struct ushering *ushering, const struct usher_ask *what, ipc_answer_fn done,
		 void *data)
{
	/* Twice the struct has room for the lengths that stand before the strings. */
	uint8_t body[2 * sizeof(*what)];
	struct wire wire = wire_writer(body, sizeof(body));
	int err;

	usher_msg_put_ask(&wire, what);
	err = ask(ushering, USHER_CALL_ASK, &wire, done, data);
	explicit_bzero(body, sizeof(body));
	return err;
}

int ushering_renew(struct ushering *ushering, const struct usher_renew *renew, ipc_answer_fn done,
		   void *data)
{
	static uint8_t body[IPC_MSG_MAX]; /* large */
	/* The head of the request goes before it, and is smaller than what it is written from. */
	struct wire wire = wire_writer(body, sizeof(body) - sizeof(struct ipc_call));
	int err;

	usher_msg_put_renew(&wire, renew);
	err = ask(ushering, USHER_CALL_RENEW, &wire, done, data);
	explicit_bzero(body, sizeof(body));
	return err;
}

/* --- its life --- */

/* A single call at a time: this host joins one cluster. */
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

/* Also after a start that failed before ushering_init. */
void ushering_done(struct ushering *ushering)
{
	if (ushering->loop)
		ushering_part(ushering);
}
