// SPDX-License-Identifier: GPL-2.0-or-later
// control.c - what each message of the plumber does

#include "resolver/process/control.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "dns/steps.h"
#include "resolver/ask/asking.h"
#include "resolver/listen/listening.h"
#include "resolver/listen/query.h"
#include "resolver/loop/clock.h"
#include "resolver/loop/outbox.h"
#include "resolver/process/keep.h"
#include "resolver/relay/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Header of an ANSWER: type, id, view, length. An answer to a question of the plumber's must fit
 * one message. */
#define ANSWER_HEAD 11
#define ANSWER_MAX (IPC_MSG_MAX - ANSWER_HEAD)
/* Of an answer behind its steps: both are one message, which a number of 16 bits counts. */
#define TRACED_ROOM (ANSWER_MAX - DNS_STEPS_HEAD - DNS_STEPS_BYTES_MAX)

/* One message on its way through its handler. fds are the caller's but for those that taken() has
 * taken. */
struct call {
	struct control *control;
	struct wire wire; /* behind the type */
	int *fds;
	size_t n_fds;
};

/* Theory of operation. One function for each message: it decodes, checks, and changes what there
 * is. A message that makes no sense drops the connection, since a plumber that is wrong once may be
 * wrong in what it said before. A lack of memory drops it as well, and everything is told again
 * over the next one. Only a lack of descriptors is waited for (channel_missed): it may last, and
 * everybody else is to be served meanwhile. Descriptors that a handler takes are taken off the
 * list; all others are closed by the caller.
 *
 * The order of an inventory: HELLO with the page in shared memory, the resolver's ADOPT messages,
 * READY; then the plumber's CONFIG, NETWORK, VIEW, NAME and so on; then SYNC. From there on changes
 * are told one by one. */

/* All of them belong to somebody now. Called behind success only: -1 marks what is not to be
 * closed. */
static void taken(struct call *call)
{
	for (size_t i = 0; i < call->n_fds; i++)
		call->fds[i] = -1;
}

/* Not the plumber's fault; but what it said is lost. The connection is dropped with it, and over
 * the next one all is told again. err is given back: an error drops the connection. 0 stays 0: a
 * handler may end with this in any case. */
static int missed(int err, const char *what)
{
	if (err == -ENOMEM)
		log_error("out of memory for a %s", what);
	return err;
}

/* The same, and sockets came with it. That there is no place for them may last: who needs none is
 * not to wait for it. 0: the connection stays, and what was missed is told again later. -EPROTO
 * with lost descriptors: this process could not have so many, and their number is wrong without
 * anybody's fault. */
static int missed_sockets(struct call *call, int err, const char *what)
{
	if (err != -EMFILE && !(err == -EPROTO && call->control->channel->lost))
		return missed(err, what);
	channel_missed(call->control->channel);
	return 0;
}

/* A container may have a name that DNS cannot spell; it is then reached by its others. Other names
 * of the container are told by other messages. A name may have more addresses than an answer can
 * count (65,535: RFC 1035, 4.1.1): those that came first are given. That would be no other over
 * the next connection, so this one is kept. */
static int forgive_name(int err, const char *name)
{
	if (err == -ENOSPC) {
		log_debug("%s has more addresses than an answer can count", name);
		return 0;
	}
	if (err != -EINVAL)
		return missed(err, "name");
	log_debug("%s is not a name that DNS can spell", name);
	return 0;
}

/* Called when the outbox has room. */
static void offer(void *data)
{
	struct control *control = data;

	keep_offer(control->channel->outbox, control->listening, control->relays);
}

/* --- HELLO and the inventory --- */

/* What the resolver holds, so that the plumber need not open it anew. One message for each view. It
 * has no descriptors: the resolver keeps them. */
static void send_views(struct control *control)
{
	uint8_t space[512 + NAME_LEN_MAX];

	list_foreach (&control->listening->views.all, struct view, view, node) {
		struct ipc_view message = { .number = view->number,
					    .port = view->port,
					    .netns_inode = view->netns_inode };
		struct wire wire = wire_writer(space, sizeof(space));

		memccpy(message.name, view_name(view), '\0', NAME_LEN_MAX);
		ipc_put_view(&wire, IPC_ADOPT_VIEW, &message);
		outbox_send(control->channel->outbox, &wire);
	}
}

/* A message that is only its type. */
static void send_empty(struct control *control, enum ipc_type type)
{
	uint8_t space[8];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_put_empty(&wire, type);
	outbox_send(control->channel->outbox, &wire);
}

/* The version in which both will speak. */
static void send_hello(struct control *control, uint32_t version)
/* The process id is for the log of the plumber. */
{
	struct ipc_hello hello = { .version = version, .pid = (uint32_t)getpid() };
	uint8_t space[16];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_put_hello(&wire, &hello);
	outbox_send(control->channel->outbox, &wire);
}

/* A plumber of another version learns ours and is then left to start another resolver. The order:
 * the answer, the page, the marks for SYNC, the inventory, READY. */
static int on_hello(struct call *call)
{
	struct control *control = call->control;
	struct ipc_hello hello;
	bool spoken;
	int err;

	/* The descriptor is the page's. */
	ipc_get_hello(&call->wire, &hello);
	if (call->wire.err < 0 || call->n_fds != 1)
		return -EPROTO;
	/* The answer comes first in any case: a plumber of another release learns from it what we
	 * speak, and whether it has to start another resolver. */
	spoken = hello.version >= IPC_VERSION_OLDEST && hello.version <= IPC_VERSION;
	/* Before anything is taken from it: it may be of a release that we do not understand. */
	send_hello(control, spoken ? hello.version : IPC_VERSION);
	if (control->channel->fd < 0)
		return 0; /* it has gone meanwhile, and its page is for nobody */
	if (!spoken)
		return -EPROTONOSUPPORT;
	control->channel->version = hello.version;
	/* Of the file's descriptor only the mapping stays. */
	err = channel_map_page(control->channel, call->fds[0]);
	if (err < 0)
		return err;
	log_info("plumber %u has connected", hello.pid);
	/* Whatever an earlier plumber kept died with it. */
	control->listening->journal.kept = false;
	control->channel->syncing = true;
	views_sync_begin(&control->listening->views);
	relays_sync_begin(control->relays);
	dns_table_sync_begin(control->listening->table);
	send_views(control);
	relays_send(control->relays);
	send_empty(control, IPC_READY);
	return 0;
}

/* The plumber has told all there is: what it did not mention goes. Marks were set by on_hello(),
 * and taken off by each message about an object. */
static int on_sync(struct call *call)
{
	struct control *control = call->control;

	ipc_get_empty(&call->wire);
	if (call->wire.err < 0 || !control->channel->syncing)
		return -EPROTO;
	control->channel->syncing = false;
	views_sync_end(&control->listening->views);
	relays_sync_end(control->relays);
	dns_table_sync_end(control->listening->table);
	/* Only now: what is offered must be about what this plumber has told. */
	control->channel->outbox->open = control->channel->version > IPC_VERSION_OLDEST;
	offer(control);
	journal_replay(control->listening);
	return 0;
}

/* --- what there is --- */

/* On a lack of memory the old list stays. The servers and settings of the host, for containers
 * without their own. */
static int on_config(struct call *call)
{
	struct control *control = call->control;
	struct ipc_config config;
	struct upstream_set *set;

	ipc_get_config(&call->wire, &config);
	if (call->wire.err < 0)
		return -EPROTO;
	control->listening->ttl_s = config.ttl_s;
	control->listening->forward_single = config.forward_single;
	/* The new set before the old one goes: equal servers are shared, and keep their health. */
	set = upstream_set_get(&control->asking->upstreams, NULL, config.upstreams,
			       config.upstream_ports, config.upstream_zones, config.n_upstreams);
	if (set == NULL)
		return missed(-ENOMEM, "list of upstreams");
	/* Another network, another truth: the old servers' answers may be wrong there. */
	if (set != control->asking->host)
		dns_cache_flush(control->asking->cache);
	upstream_set_unref(control->asking->host);
	/* The reference of upstream_set_get is ours from now on. */
	control->asking->host = set;
	return 0;
}

/* A network that is known is told anew when it changes. The number is the plumber's; 0 would be no
 * network. */
static int on_network(struct call *call)
{
	struct ipc_network network;

	ipc_get_network(&call->wire, &network);
	if (call->wire.err < 0 || network.number == 0)
		return -EPROTO;
	int err = dns_table_network(call->control->listening->table, network.number, network.name,
				    network.internal);

	/* Set each time, for the message says all of the network anew. */
	if (err == 0)
		dns_table_answer_one(call->control->listening->table, network.number,
				     network.answer_one);
	return missed(err, "network");
}

/* All of its names go with it. */
static int on_network_gone(struct call *call)
{
	struct ipc_network network;

	ipc_get_network(&call->wire, &network);
	if (call->wire.err < 0)
		return -EPROTO;
	dns_table_network_gone(call->control->listening->table, network.number);
	return 0;
}

/* The view's strings are freed in any case. Descriptors are taken only on success. A view is told
 * anew as a whole when something in it changes. */
static int on_view(struct call *call)
{
	struct ipc_view view;
	int err;

	ipc_get_view(&call->wire, &view);
	if (call->wire.err < 0)
		/* The strings of a message need memory, so both kinds of failure may come. */
		return missed(call->wire.err == -ENOMEM ? -ENOMEM : -EPROTO, "container");
	err = views_update(&call->control->listening->views, &view, call->fds, call->n_fds);
	ipc_view_done(&view);
	if (err == 0)
		taken(call);
	return missed_sockets(call, err, "container");
}

/* One that is not known is gone already. */
static int on_view_gone(struct call *call)
{
	struct ipc_view message;
	struct view *view;

	ipc_get_view(&call->wire, &message);
	if (call->wire.err < 0)
		return -EPROTO;
	ipc_view_done(&message);
	view = views_find(&call->control->listening->views, message.number);
	if (view != NULL)
		views_close(view);
	return 0;
}

/* A name with one address. Each is told by itself. canonical: the address leads back to this
 * name. */
static int on_name(struct call *call)
{
	struct ipc_name name;

	ipc_get_name(&call->wire, &name);
	if (call->wire.err < 0 || !addr_is_set(&name.addr) || name.network == 0)
		return -EPROTO;
	int err = dns_table_add(call->control->listening->table, name.network, name.name,
				&name.addr, name.canonical);

	/* The flag is of the name with this address, so the name has to be there. */
	if (err == 0)
		dns_table_name_answer_one(call->control->listening->table, name.network, name.name,
					  &name.addr, name.answer_one);
	return forgive_name(err, name.name);
}

/* Each removal takes back one that was told. */
static int on_name_gone(struct call *call)
{
	struct ipc_name name;

	ipc_get_name(&call->wire, &name);
	if (call->wire.err < 0)
		return -EPROTO;
	dns_table_remove(call->control->listening->table, name.network, name.name, &name.addr,
			 name.canonical);
	return 0;
}

/* As on_view(). The descriptors are its sockets. */
static int on_relay(struct call *call)
{
	struct ipc_relay relay;
	int err;

	ipc_get_relay(&call->wire, &relay);
	if (call->wire.err < 0)
		return -EPROTO;
	err = relay_update(call->control->relays, &relay, call->fds, call->n_fds);
	if (err == 0)
		taken(call);
	return missed_sockets(call, err, "relay");
}

/* Its flows end. A relay that is not known is no error. */
static int on_relay_gone(struct call *call)
{
	struct ipc_relay relay;

	ipc_get_relay(&call->wire, &relay);
	if (call->wire.err < 0)
		return -EPROTO;
	relay_remove(call->control->relays, relay.number);
	return 0;
}

/* A connection that cannot go on is no fault of the plumber's: its last descriptors go with the
 * word that it is over. A flow of the resolver before, kept by the plumber. The descriptors are
 * closed by the caller where they are not taken. */
static int on_flow(struct call *call)
{
	struct control *control = call->control;
	struct ipc_flow flow;
	uint8_t space[8];
	struct wire wire = wire_writer(space, sizeof(space));
	int err;

	ipc_get_flow(&call->wire, &flow);
	if (call->wire.err < 0)
		return -EPROTO;
	err = relay_adopt(control->relays, &flow, call->fds, call->n_fds);
	if (err == 0) {
		taken(call);
		return 0;
	}
	log_debug("a relayed connection does not go on: %s", strerror(-err));
	ipc_put_number(&wire, IPC_FLOW_GONE, flow.number);
	outbox_send(control->channel->outbox, &wire);
	return 0;
}

/* --- questions of the plumber --- */

/* len 0: no answer. The buffer is static, because it is large, and only one thread runs. */
static void send_answer(struct control *control, uint32_t id, const uint8_t *answer, size_t len)
{
	static uint8_t space[IPC_MSG_MAX];
	struct wire wire = wire_writer(space, sizeof(space));
	struct ipc_query message = { .id = id, .len = (uint16_t)len, .message = answer };

	ipc_put_query(&wire, IPC_ANSWER, &message);
	outbox_send(control->channel->outbox, &wire);
}

/* An answer, and how it came about. */
static void send_traced(struct control *control, uint32_t id, struct dns_steps *steps,
			const uint8_t *answer, size_t len)
{
	static uint8_t space[ANSWER_MAX];
	struct wire wire = wire_writer(space, sizeof(space));

	dns_steps_put(&wire, steps);
	wire_put_bytes(&wire, answer, len);
	send_answer(control, id, space, wire.err == 0 ? wire.pos : 0);
}

/* A callback of a request. The request ends with it. owner was set in answer_query(). */
static void reply_later(struct request *request, const uint8_t *reply, size_t len)
{
	if (request->steps != NULL)
		send_traced(request->owner, request->tag, request->steps, reply, len);
	else
		send_answer(request->owner, request->tag, reply, len);
}

/* An empty answer says that this is no question, or the view is gone. The plumber asks on behalf of
 * somebody who wants to know (netctl dns lookup, explain). */
static int answer_query(struct call *call, struct dns_steps **steps)
{
	struct control *control = call->control;
	struct asker asker = { .tcp = true,
			       .reply = reply_later,
			       .owner = control,
			       .owned = &control->channel->requests,
			       .steps = *steps };
	struct ipc_query query;
	bool pending;
	size_t len;

	ipc_get_query(&call->wire, &query);
	if (call->wire.err < 0)
		return -EPROTO;
	/* The plumber is nobody's container: no share limits it, and it reads long answers. */
	asker.tag = query.id;
	/* View 0 is the host itself. */
	asker.view = query.view == 0 ? &control->listening->views.host
				     : views_find(&control->listening->views, query.view);
	if (asker.view == NULL) {
		send_answer(control, query.id, NULL, 0);
		return 0;
	}
	/* pending: the answer comes by reply_later(). */
	len = query_answer(control->listening, &asker, query.message, query.len,
			   control->asking->scratch, *steps != NULL ? TRACED_ROOM : ANSWER_MAX,
			   &pending);
	if (pending)
		*steps = NULL; /* they wait with the question */
	else if (*steps != NULL)
		send_traced(control, query.id, *steps, control->asking->scratch, len);
	else
		send_answer(control, query.id, control->asking->scratch, len);
	return 0;
}

static int on_query(struct call *call)
{
	struct dns_steps *none = NULL;

	return answer_query(call, &none);
}

static int on_trace(struct call *call)
{
	_cleanup_free_ struct dns_steps *steps = malloc(sizeof(*steps));

	if (steps == NULL)
		return missed(-ENOMEM, "question");
	dns_steps_init(steps, clock_ns());
	return answer_query(call, &steps);
}

/* Sockets that were asked for by source.c. */
static int on_sockets(struct call *call)
{
	struct ipc_sockets message;
	struct view *view;

	ipc_get_sockets(&call->wire, &message);
	if (call->wire.err < 0)
		return -EPROTO;
	view = views_find(&call->control->listening->views, message.view);
	/* The container may have gone, or have got other servers, since they were asked for: then
	 * whoever called closes them. */
	if (view != NULL && view->account.source != NULL)
		source_add(view->account.source, call->fds, call->n_fds);
	return 0;
}

/* Counters since the process began, with a few figures of now. The counters that are not kept as
 * they rise are looked up here. */
static int on_stats(struct call *call)
{
	struct control *control = call->control;
	struct ipc_stats stats = *control->stats;
	uint8_t space[sizeof(stats) + 1];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_get_empty(&call->wire);
	if (call->wire.err < 0)
		return -EPROTO;
	stats.views = map_count(control->listening->views.by_number);
	stats.names = dns_table_n_names(control->listening->table);
	stats.cache_entries = dns_cache_count(control->asking->cache);
	ipc_put_stats(&wire, &stats);
	outbox_send(control->channel->outbox, &wire);
	return 0;
}

/* Each message is as long as it needs to be: nobody's answer waits behind a long one. What each
 * container has asked, IPC_ASKED_MAX of them in one message. The last message may be shorter.
 * Without a container there is none. */
static void send_asked(struct control *control)
{
	static uint8_t space[IPC_ASKED_MAX * sizeof(struct ipc_asked_view) + 8];
	static struct ipc_asked asked;

	asked.n = 0;
	list_foreach (&control->listening->views.all, struct view, view, node) {
		struct wire wire = wire_writer(space, sizeof(space));

		asked.views[asked.n++] = (struct ipc_asked_view) { view->number, view->n_queries,
								   view->n_failed };
		if (asked.n < IPC_ASKED_MAX && view->node.next != &control->listening->views.all)
			continue;
		ipc_put_asked(&wire, &asked);
		outbox_send(control->channel->outbox, &wire);
		asked.n = 0;
	}
}

/* The list has no more servers than the message has room for. */
static void fill_upstreams(const struct upstream_set *set, struct ipc_figures *figures)
{
	for (unsigned i = 0; set != NULL && i < set->n_servers; i++) {
		const struct server *server = set->servers[i];

		figures->upstreams[figures->n_upstreams++] = (struct ipc_upstream) {
			.addr = server->name.addr,
			.port = server->name.port,
			.is_up = server_is_healthy(server),
			.n_failures = server->n_failures,
		};
	}
}

/* Figures for metrics: the messages of containers come first, then that of all. The plumber knows
 * by the last one that all have come. */
static int on_figures(struct call *call)
{
	struct control *control = call->control;
	struct ipc_figures figures = { .dns = control->listening->tally };
	uint8_t space[sizeof(figures)];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_get_empty(&call->wire);
	if (call->wire.err < 0)
		return -EPROTO;
	send_asked(control);
	fill_upstreams(control->asking->host, &figures);
	ipc_put_figures(&wire, &figures);
	outbox_send(control->channel->outbox, &wire);
	return 0;
}

/* The ring of the log. The descriptor is the memory in which questions are noted. */
static int on_log(struct call *call)
{
	int err;

	ipc_get_empty(&call->wire);
	if (call->wire.err < 0 || call->n_fds != 1)
		return -EPROTO;
	err = noting_take(&call->control->listening->noting, call->fds[0]);
	/* Without memory nothing is noted, and all else goes on. */
	if (err == -EPROTO)
		return err;
	if (err < 0)
		log_error("questions cannot be noted: %s", strerror(-err));
	return 0;
}

/* What the plumber may say; NULL is only ours to say. One function for each type. Types that are
 * left out are NULL. */
static int (*const handlers[IPC_N_TYPES])(struct call *) = {
	[IPC_HELLO] = on_hello,	    [IPC_CONFIG] = on_config,
	[IPC_NETWORK] = on_network, [IPC_NETWORK_GONE] = on_network_gone,
	[IPC_VIEW] = on_view,	    [IPC_VIEW_GONE] = on_view_gone,
	[IPC_NAME] = on_name,	    [IPC_NAME_GONE] = on_name_gone,
	[IPC_RELAY] = on_relay,	    [IPC_RELAY_GONE] = on_relay_gone,
	[IPC_SYNC] = on_sync,	    [IPC_QUERY] = on_query,
	[IPC_STATS] = on_stats,	    [IPC_SOCKETS] = on_sockets,
	[IPC_FLOW] = on_flow,	    [IPC_LOG] = on_log,
	[IPC_FIGURES] = on_figures, [IPC_TRACE] = on_trace,
};

/* HELLO comes first; descriptors come only with the messages that have some. */
static int on_message(const uint8_t *message, size_t len, int *fds, size_t n_fds, void *data)
{
	struct control *control = data;
	struct call call = {
		.control = control, .wire = wire_reader(message, len), .fds = fds, .n_fds = n_fds
	};
	uint8_t type = wire_u8(&call.wire);

	if (type >= IPC_N_TYPES || handlers[type] == NULL)
		return -EPROTO;
	/* Without a page nothing is known of the other side, not even its version. */
	if (control->channel->page == NULL && type != IPC_HELLO)
		return -EPROTO;
	if (n_fds > 0 && type != IPC_HELLO && type != IPC_VIEW && type != IPC_RELAY &&
	    type != IPC_SOCKETS && type != IPC_FLOW && type != IPC_LOG)
		return -EPROTO;
	return handlers[type](&call);
}

/* The channel calls these. */
struct channel_handlers control_handlers(struct control *control)
{
	return (struct channel_handlers) { .message = on_message, .room = offer, .data = control };
}
