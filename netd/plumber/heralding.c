// SPDX-License-Identifier: GPL-2.0-or-later
// heralding.c - the plumber's end of the channel to the herald: records both ways
#include "plumber/heralding.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/watcher.h"
#include "ipc/chan.h"
#include "ipc/msg.h"
#include "model/cluster/cluster_certificate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. The herald has read what strangers wrote; what it says is read here by the
 * bounded readers of model/cluster and ipc/herald_msg.h, and a message that is wrong ends the
 * channel: the herald ends with it, and another is started. Some messages are read in a turn of the
 * loop, so that ten thousand records hold nobody up. */

/* Messages are put together here and copied into the backlog at once. One is enough: there is one
 * thread, and no function that writes here calls another that does. */
static uint8_t space[IPC_MSG_MAX];

/* EV_WRITE is asked for only while something waits, or the loop would spin on a channel that has
 * room. libev wants a watcher stopped while it is changed. */
static void watch(struct heralding *heralding)
{
	int events = EV_READ | (backlog_is_empty(&heralding->backlog) ? 0 : EV_WRITE);

	ev_io_stop(heralding->loop, &heralding->io);
	ev_io_set(&heralding->io, heralding->channel, events);
	ev_io_start(heralding->loop, &heralding->io);
}

/* Leaves nothing of this channel: what waited to be sent is dropped (the next herald is told
 * everything anew), and whoever waits for an answer hears -ECONNRESET. The records stay, for what
 * other hosts have is still true. Safe to call twice. */
static void hang_up(struct heralding *heralding)
{
	if (heralding->channel < 0)
		return;
	ev_io_stop(heralding->loop, &heralding->io);
	ev_timer_stop(heralding->loop, &heralding->tick);
	(void)close(heralding->channel);
	heralding->channel = -1;
	heralding->pid = 0;
	heralding->all_told = false;
	heralding->members.n = 0;
	backlog_done(&heralding->backlog);
	/* Last: an answer may call back into this file, and finds the channel gone. */
	ipc_calls_fail(&heralding->calls, -ECONNRESET);
}

/* The end of a herald that nobody wanted: the supervisor is told and starts another. */
static void lose(struct heralding *heralding)
{
	hang_up(heralding);
	heralding->state.standing = HERALD_TRYING;
	heralding->state.refused = false;
	(void)snprintf(heralding->state.why, sizeof(heralding->state.why),
		       "the process that speaks to etcd has ended, and is started again");
	heralding->lost(heralding->data);
}

/* Puts one message behind those that wait, and sends what the channel takes. A herald that reads
 * nothing is given up by no one here; HERALD_INBOX_MAX bounds what it can make the plumber hold. */
static int send_wire(struct heralding *heralding, const struct wire *wire)
{
	int err = wire->err;

	if (heralding->channel < 0)
		return -ENOTCONN;
	if (err == 0)
		err = backlog_put(&heralding->backlog, wire->data, wire->pos, HERALD_INBOX_MAX);
	if (err < 0)
		return err;
	/* One that has ended is seen where it is read from. */
	(void)backlog_flush(&heralding->backlog, heralding->channel);
	watch(heralding);
	return 0;
}

/* --- what is told --- */

/* A record of any host. It is kept, and told to whoever listens. */
static void on_record(struct heralding *heralding, struct wire *wire)
{
	struct cluster_record record;

	cluster_record_get(wire, &record);
	if (wire->err != 0)
		return;
	/* There may be more than fit: those are not seen, and it is said. The listener hears of it
	 * all the same, for the engine has a bound of its own. */
	if (cluster_state_put(heralding->records, &record) < 0)
		log_warn("the cluster has more records than there is room for");
	if (heralding->ears.record)
		heralding->ears.record(&record, heralding->ears.data);
	if (record.key.kind == CLUSTER_REVOKED && heralding->all_told)
		heralding->revoked(heralding->data);
}

/* How the herald stands with etcd, and why, in a sentence of its own. */
static void on_state(struct heralding *heralding, struct wire *wire)
{
	/* Read beside the old state, which stays when the message is wrong. */
	struct herald_state state = { 0 };

	herald_msg_get_state(wire, &state);
	if (wire->err != 0)
		return;
	heralding->state = state;
	heralding->stands(heralding->data);
}

/* The answer to one of the requests below. */
static void on_reply(struct heralding *heralding, struct wire *wire)
{
	struct ipc_call reply = { 0 };

	ipc_get_call(wire, &reply);
	/* One that nobody waits for any more is no fault of its. */
	if (wire->err == 0)
		(void)ipc_calls_answer(&heralding->calls, &reply);
}

/* A record is gone, or is one that makes no sense any more. */
static void on_gone(struct heralding *heralding, struct wire *wire)
{
	struct cluster_key key = { 0 };

	cluster_record_get_key(wire, &key);
	if (wire->err != 0)
		return;
	/* It may never have been known: a record that did not fit is gone as well. */
	(void)cluster_state_remove(heralding->records, &key);
	if (heralding->ears.gone)
		heralding->ears.gone(&key, heralding->ears.data);
}

/* wire->err tells. One message, by its first byte. Records between BEGIN and END are all there are:
 * what was not among them is forgotten at END. A message of another kind is one of a herald that is
 * not ours, and ends the channel. */
static void on_message(struct heralding *heralding, struct wire *wire)
{
	switch (wire_u8(wire)) {
	case HERALD_BEGIN:
		cluster_state_begin(heralding->records);
		if (heralding->ears.begin)
			heralding->ears.begin(heralding->ears.data);
		break;
	case HERALD_RECORD:
		on_record(heralding, wire);
		break;
	case HERALD_GONE:
		on_gone(heralding, wire);
		break;
	case HERALD_END:
		(void)cluster_state_end(heralding->records, NULL, NULL); /* or the next time */
		heralding->all_told = true;
		if (heralding->ears.end)
			heralding->ears.end(heralding->ears.data);
		heralding->told(heralding->data);
		break;
	case HERALD_STATE:
		on_state(heralding, wire);
		break;
	case HERALD_MEMBERS:
		herald_msg_get_members(wire, &heralding->members);
		if (wire->err == 0)
			heralding->seated(heralding->data);
		break;
	case IPC_REPLY:
		on_reply(heralding, wire);
		break;
	default:
		wire->err = -EBADMSG;
		break;
	}
}

/* Reads at most HERALD_READS messages, and comes back in the next turn for the rest. False: the
 * herald is lost. A callback may have hung up meanwhile, hence the look at the channel each
 * time. */
static bool read_some(struct heralding *heralding)
{
	/* As large as a message can be, so it is not on the stack. */
	static uint8_t message[IPC_MSG_MAX];

	for (int i = 0; i < HERALD_READS && heralding->channel >= 0; i++) {
		size_t n_fds = 0;
		int len = chan_receive(heralding->channel, message, sizeof(message), NULL, &n_fds);
		struct wire wire;

		if (len == -EAGAIN)
			return true;
		if (len <= 0)
			return false;
		wire = wire_reader(message, (size_t)len);
		on_message(heralding, &wire);
		if (wire.err != 0) {
			log_error("the herald says what makes no sense, and is ended");
			return false;
		}
	}
	return true;
}

/* Reading comes after writing: reading may end the channel. */
static void on_channel(struct ev_loop *loop, ev_io *io, int revents)
{
	struct heralding *heralding = io->data;

	if (watcher_again(loop, io, revents))
		return;
	if (revents & EV_WRITE) {
		(void)backlog_flush(&heralding->backlog, heralding->channel);
		watch(heralding);
	}
	if ((revents & EV_READ) && !read_some(heralding) && heralding->channel >= 0)
		lose(heralding);
}

/* Each second, requests that are too old are answered with -ETIMEDOUT. A second more or less does
 * not matter to them. */
static void on_tick(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct heralding *heralding = timer->data;

	(void)loop, (void)revents;
	ipc_calls_expire(&heralding->calls, (uint64_t)deadline_now_ms());
}

/* --- what is said --- */

/* One more certificate of a host's. */
static void name_serial(struct cluster_host *host, const char *serial, uint64_t ends)
{
	if (host->n_serials == CLUSTER_SERIALS_MAX)
		return;
	(void)snprintf(host->serials[host->n_serials++], sizeof(host->serials[0]), "%s", serial);
	if (ends > host->ends)
		host->ends = ends;
}

/* By what its certificates are revoked when it is removed. An etcd that is not netd's own has an
 * authority that is not netd's either. */
static void name_serials(const struct cluster_config *config, struct cluster_host *ret_host)
{
	const char *const texts[] = { config->cert, config->serving };
	char serial[CLUSTER_SERIAL_LEN_MAX + 1];
	int64_t end;

	if (!config->follows)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (cluster_certificate_serial(texts[i], serial) == 0 &&
		    cluster_certificate_end(texts[i], &end) == 0 && end > 0)
			name_serial(ret_host, serial, (uint64_t)end);
	for (size_t i = 0; i < config->n_former; i++)
		name_serial(ret_host, config->former[i].serial, config->former[i].ends);
}

/* What a cluster knows of a host: its id, the ends of its tunnels, its release, its certificates.
 */
void heralding_record_of(const struct cluster_config *config, struct cluster_record *ret_record)
{
	struct cluster_key key = cluster_key_of_host(CLUSTER_HOST, config->host);

	cluster_record_init(ret_record, &key);
	memcpy(ret_record->host.id, config->id, sizeof(ret_record->host.id));
	memcpy(ret_record->host.vtep, config->addrs, sizeof(ret_record->host.vtep));
	(void)snprintf(ret_record->host.version, sizeof(ret_record->host.version), "%s",
		       NETD_VERSION);
	ret_record->host.lets_in = config->own && config->secret[0];
	name_serials(config, &ret_record->host);
}

/* Whom to speak to and with which key. It is the first message of each channel, with the version of
 * what follows. */
static int say_config(struct heralding *heralding, const struct cluster_config *config)
{
	/* The key stays in this buffer until the next herald. This process has the key in
	 * cluster->config anyway. */
	static struct herald_config said; /* as large as a message */
	struct wire wire = wire_writer(space, sizeof(space));

	said = (struct herald_config) { .version = HERALD_VERSION,
					.follows = config->follows,
					.joined = config->joined,
					.n_members = (uint8_t)config->n_members };
	memcpy(said.host, config->host, sizeof(said.host));
	memcpy(said.id, config->id, sizeof(said.id));
	memcpy(said.members, config->members, sizeof(said.members));
	memcpy(said.ca, config->ca, sizeof(said.ca));
	memcpy(said.cert, config->cert, sizeof(said.cert));
	memcpy(said.key, config->key, sizeof(said.key));
	herald_msg_put_config(&wire, &said);
	return send_wire(heralding, &wire);
}

/* A WANT like any other; the herald begins to write when END has come. */
static int say_record(struct heralding *heralding, const struct cluster_config *config)
{
	struct wire wire = wire_writer(space, sizeof(space));
	struct cluster_record record;

	heralding_record_of(config, &record);
	record.host.n_refused = heralding->refusing.n_refused;
	memcpy(record.host.refused, heralding->refusing.refused,
	       record.host.n_refused * sizeof(record.host.refused[0]));
	wire_put_u8(&wire, HERALD_WANT);
	cluster_record_put(&wire, &record);
	return send_wire(heralding, &wire);
}

/* Introduces a new herald: settings, this host's record, what the listener adds in ears.met, and
 * END. Only then does the herald compare with etcd, so what was not said between is removed there.
 * A host that is not in says no record and no END: it must write nothing yet. */
void heralding_meet(struct heralding *heralding, const struct cluster_config *config, int channel,
		    uint32_t pid)
{
	static const uint8_t end = HERALD_END;
	struct wire wire = { .data = (uint8_t *)&end, .len = 1, .pos = 1 };
	int err;

	heralding->channel = channel;
	heralding->pid = pid;
	ev_io_init(&heralding->io, on_channel, channel, EV_READ);
	/* The channel is watched before anything is said, so its end is not missed. */
	heralding->io.data = heralding;
	ev_io_start(heralding->loop, &heralding->io);
	ev_timer_again(heralding->loop, &heralding->tick);
	err = say_config(heralding, config);
	/* What is wanted, once it has been let in; a new host asks for that first. */
	if (err == 0 && config->joined)
		err = say_record(heralding, config);
	if (err == 0 && heralding->ears.met)
		heralding->ears.met(heralding->ears.data);
	if (err == 0 && config->joined)
		err = send_wire(heralding, &wire);
	/* The channel is not closed here. The herald without its settings ends by itself, and the
	 * supervisor starts another. */
	if (err < 0)
		log_error("the herald cannot be told what to do: %s", strerror(-err));
}

/* The next herald is told so from the beginning. */
void heralding_renew(struct heralding *heralding, const struct cluster_config *config)
{
	if (heralding->channel < 0)
		return;
	if (say_config(heralding, config) < 0 || say_record(heralding, config) < 0)
		log_error("the herald cannot be told of this host's new certificate");
}

static bool same_refused(const struct cluster_host *a, const struct cluster_host *b)
{
	return a->n_refused == b->n_refused &&
	       memcmp(a->refused, b->refused, a->n_refused * sizeof(a->refused[0])) == 0;
}

/* Without a channel it is a part of what the next herald is told. */
void heralding_refuse(struct heralding *heralding, const struct cluster_config *config,
		      const struct cluster_host *host)
{
	struct cluster_host *refusing = &heralding->refusing;

	if (same_refused(refusing, host))
		return;
	refusing->n_refused = host->n_refused;
	memcpy(refusing->refused, host->refused, host->n_refused * sizeof(host->refused[0]));
	if (heralding->channel >= 0)
		(void)say_record(heralding, config); /* a channel that has ended says so itself */
}

/* Without a channel nothing is sent: the next herald is told all of them by ears.met. */
void heralding_want(struct heralding *heralding, const struct cluster_record *record)
{
	struct wire wire = wire_writer(space, sizeof(space));

	wire_put_u8(&wire, HERALD_WANT);
	cluster_record_put(&wire, record);
	(void)send_wire(heralding, &wire); /* a channel that has ended says so itself */
}

/* A key that the herald does not know is no error. */
void heralding_unwant(struct heralding *heralding, const struct cluster_key *key)
{
	struct wire wire = wire_writer(space, sizeof(space));

	wire_put_u8(&wire, HERALD_UNWANT);
	cluster_record_put_key(&wire, key);
	(void)send_wire(heralding, &wire); /* as above */
}

/* Sends a request whose answer done hears, within HERALD_CALL_MS: also one that was noted and could
 * not be sent. */
static int ask(struct heralding *heralding, enum herald_call what, const struct wire *body,
	       ipc_answer_fn done, void *data)
{
	struct wire wire = wire_writer(space, sizeof(space));
	const struct ipc_call request = { .what = (uint16_t)what,
					  .len = (uint16_t)body->pos,
					  .body = body->data };
	int err;

	if (heralding->channel < 0)
		return -ENOTCONN;
	if (body->err != 0)
		return body->err;
	/* The id is noted before the message leaves, so an answer cannot come too early. */
	err = ipc_calls_ask(&heralding->calls, &wire, &request,
			    (uint64_t)deadline_after(HERALD_CALL_MS), done, data);
	if (err == 0)
		(void)send_wire(heralding, &wire);
	return err;
}

/* Asked once, by the host that joins. Its outcome says whether the name was free. */
int heralding_join(struct heralding *heralding, const struct cluster_config *config,
		   ipc_answer_fn done, void *data)
{
	/* As large as a record can be, packed: too large for the stack. */
	static uint8_t body[CLUSTER_PACKED_MAX];
	struct wire wire = wire_writer(body, sizeof(body));
	struct cluster_record record;

	heralding_record_of(config, &record);
	cluster_record_put(&wire, &record);
	return ask(heralding, HERALD_CALL_JOIN, &wire, done, data);
}

/* What concerns one record. */
static int ask_record(struct heralding *heralding, enum herald_call what,
		      const struct cluster_record *record, ipc_answer_fn done, void *data)
{
	static uint8_t body[CLUSTER_PACKED_MAX];
	struct wire wire = wire_writer(body, sizeof(body));

	cluster_record_put(&wire, record);
	return ask(heralding, what, &wire, done, data);
}

/* For a network, or a block of addresses. -EEXIST: another host was first. */
int heralding_claim(struct heralding *heralding, const struct cluster_record *record,
		    ipc_answer_fn done, void *data)
{
	return ask_record(heralding, HERALD_CALL_CLAIM, record, done, data);
}

int heralding_release(struct heralding *heralding, const struct cluster_record *record,
		      ipc_answer_fn done, void *data)
{
	return ask_record(heralding, HERALD_CALL_RELEASE, record, done, data);
}

int heralding_replace(struct heralding *heralding, const struct cluster_record *before,
		      const struct cluster_record *after, ipc_answer_fn done, void *data)
{
	static uint8_t body[2 * CLUSTER_PACKED_MAX];
	struct wire wire = wire_writer(body, sizeof(body));

	cluster_record_put(&wire, before);
	cluster_record_put(&wire, after);
	return ask(heralding, HERALD_CALL_REPLACE, &wire, done, data);
}

int heralding_seat(struct heralding *heralding, enum herald_call what,
		   const struct herald_seat *seat, ipc_answer_fn done, void *data)
{
	uint8_t body[sizeof(*seat) + 8];
	struct wire wire = wire_writer(body, sizeof(body));

	herald_msg_put_seat(&wire, seat);
	return ask(heralding, what, &wire, done, data);
}

int heralding_hear(struct heralding *heralding, ipc_answer_fn done, void *data)
{
	uint8_t none;
	const struct wire body = wire_writer(&none, 0);

	return ask(heralding, HERALD_CALL_HEAR, &body, done, data);
}

/* Of another host, or of this one. What a list has no room for goes into a request before. */
int heralding_remove(struct heralding *heralding, const struct herald_remove *remove,
		     ipc_answer_fn done, void *data)
{
	/* The struct, and the lengths in front of its strings. */
	static uint8_t body[sizeof(*remove) + 512];
	struct wire wire = wire_writer(body, sizeof(body));

	herald_msg_put_remove(&wire, remove);
	return ask(heralding, HERALD_CALL_REMOVE, &wire, done, data);
}

/* --- its life --- */

/* Nothing is connected yet. */
int heralding_init(struct heralding *heralding, struct ev_loop *loop)
{
	heralding->loop = loop;
	/* More calls than this are refused at once, with -EBUSY. */
	ipc_calls_init(&heralding->calls, HERALD_CALLS_MAX);
	ev_timer_init(&heralding->tick, on_tick, 1., 1.);
	heralding->tick.data = heralding;
	return cluster_state_new(&heralding->records);
}

/* This host leaves the cluster. The ears hear of an empty cluster, so that the engine takes down
 * what others have told. */
void heralding_part(struct heralding *heralding)
{
	hang_up(heralding);
	heralding->state = (struct herald_state) { 0 };
	if (!heralding->records)
		return;
	/* Begin and end with nothing between them: all records are gone. */
	cluster_state_begin(heralding->records);
	(void)cluster_state_end(heralding->records, NULL, NULL);
	if (heralding->ears.begin) {
		heralding->ears.begin(heralding->ears.data);
		heralding->ears.end(heralding->ears.data);
	}
}

/* At netd's end. The herald sees its channel close, and ends. */
void heralding_done(struct heralding *heralding)
{
	if (!heralding->records)
		return;
	hang_up(heralding);
	cluster_state_free(heralding->records);
	heralding->records = NULL;
}
