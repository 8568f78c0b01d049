// SPDX-License-Identifier: GPL-2.0-or-later
// firewalld.c - netd's bridges in a zone of firewalld's, asked for over D-Bus beside the loop
#include "engine/wire/firewalld.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "base/log.h"
#include "engine/wire/wire.h"

#include <dlfcn.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

/* Theory of operation. Each chain at a hook has a veto, and firewalld's reject what no zone lets
 * through: containers need a zone. Ours, "netd", has no target of its own, so that the host's
 * services stay as closed to containers as to everybody else; the policy netd-out lets traffic from
 * the zone go anywhere beyond the host, netd-in lets in what netd's own rules let through.
 * firewalld makes zones from files only: where ours is missing it is asked to write it and to read
 * its files again, once. Which interfaces are in it is never written down, and told anew whenever
 * firewalld has started or reloaded.
 *
 * One round of questions is under way at a time: who firewalld is, what it has, what is missing.
 * Whatever may have changed an answer (its name's owner, a reload, a bridge) asks for another
 * round.
 *
 * The bus may be shared by network namespaces, a test's and the machine's say: a firewalld in
 * another one than ours is none of our business. */

/* How a round goes. look asks the bus who owns the name; on_pid goes on only for a firewalld of
 * this network namespace; on_zones and on_policies see what is there. When something is missing:
 * addZone2, addPolicy twice, reload, and a new round. When all is there: getInterfaces, then one
 * addInterface or removeInterface for each difference, and change_done. Each callback either asks
 * the next question or ends the round with finish, refused or failed, and never both. */

#define NAME "org.fedoraproject.FirewallD1"
#define PATH "/org/fedoraproject/FirewallD1"
#define OWNER_CHANGES                                                                              \
	"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"            \
	"member='NameOwnerChanged',arg0='" NAME "'"
#define ZONE "netd"
#define POLICY_OUT "netd-out"
#define POLICY_IN "netd-in"

#define BUS_SOCKET "/run/dbus/system_bus_socket"

/* The library is loaded when there is a bus to talk to, and by the plumber alone: with all it needs
 * itself it is half as large as netd. */
#define LIBRARY "libsystemd.so.0"
// clang-format off
#define SD_BUS_CALLS(call) \
	call(add_match_async) call(call_async) call(call_method_async) call(close_unref) \
	call(error_has_name) call(get_events) call(get_fd) call(get_timeout) \
	call(match_signal_async) call(message_appendv) call(message_enter_container) \
	call(message_get_error) call(message_is_method_error) call(message_new_method_call) \
	call(message_read) call(message_rewind) call(message_set_auto_start) \
	call(message_unref) call(open_system) call(process) call(unref)
// clang-format on

/* The list above makes both the pointers here and their loading: a call that is added to it cannot
 * be forgotten in one of the two places. */
#define SD_BUS_POINTER(name) __typeof__(sd_bus_##name) *name;
static struct {
	SD_BUS_CALLS(SD_BUS_POINTER)
} sd;

struct firewalld {
	struct engine *engine;
	sd_bus *bus;
	ev_io io;
	ev_timer timer; /* the bus's own timeout */
	ev_timer retry;
	bool busy, again; /* a round is under way; another one is to follow */
	bool has_zone;
	bool wrote; /* since this firewalld was seen: not again and again */
	size_t n_pending;
	char objection[160]; /* of this round, to one of the interfaces; "": none */
	enum firewalld_state state;
	char fault[ERROR_TEXT_MAX];
};

typedef int (*answer_handler)(sd_bus_message *message, void *data, sd_bus_error *unused);

/* Callbacks and questions call each other in a circle. */
static void look(struct firewalld *firewalld);
static void on_bus_readable(struct ev_loop *loop, ev_io *io, int revents);

/* --- the library ------------------------------------------------------------------------------ */

#define SD_BUS_LOAD(name) complete = (sd.name = dlsym(library, "sd_bus_" #name)) && complete;

static bool load_library(void)
{
	static bool complete, tried;
	void *library;

	/* Once for the life of the process: a library that is missing or too old will not come by
	 * itself, and each try would cost a search. */
	if (tried)
		return complete;
	tried = true;
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		log_warn("firewalld is not asked: %s", dlerror());
		return false;
	}
	complete = true;
	SD_BUS_CALLS(SD_BUS_LOAD)
	/* All or nothing. A pointer that is missing would be called sooner or later, and a call
	 * to NULL ends netd. */
	return complete;
}

/* --- the bus in the loop ---------------------------------------------------------------------- */

/* Unanswered questions are dropped, and their handlers never run. The state is ABSENT until a bus
 * is found again. */
static void disconnect(struct firewalld *firewalld)
{
	struct ev_loop *loop = firewalld->engine->loop;

	ev_io_stop(loop, &firewalld->io);
	ev_timer_stop(loop, &firewalld->timer);
	if (firewalld->bus)
		firewalld->bus = sd.close_unref(firewalld->bus); /* drops what is unanswered */
	firewalld->busy = firewalld->again = false;
	firewalld->state = FIREWALLD_ABSENT;
}

/* What the connection waits for changes with each message. */
static void rearm(struct firewalld *firewalld)
{
	struct ev_loop *loop = firewalld->engine->loop;
	int events = sd.get_events(firewalld->bus);
	uint64_t until_us = 0;

	/* The watcher has to be stopped to be changed (ev_io_set), and the descriptor may be
	 * another one after a reconnect. */
	ev_io_stop(loop, &firewalld->io);
	ev_timer_stop(loop, &firewalld->timer);
	if (events < 0)
		return;
	ev_io_set(&firewalld->io, sd.get_fd(firewalld->bus),
		  (events & POLLIN ? EV_READ : 0) | (events & POLLOUT ? EV_WRITE : 0));
	ev_io_start(loop, &firewalld->io);
	/* UINT64_MAX says that the bus waits for nothing. The time is CLOCK_MONOTONIC in
	 * microseconds, as sd_bus_get_timeout(3) has it. */
	if (sd.get_timeout(firewalld->bus, &until_us) <= 0 || until_us == UINT64_MAX)
		return;
	double wait_s = (double)until_us / 1e6 - deadline_now_s();

	ev_timer_set(&firewalld->timer, wait_s > 0. ? wait_s : 0., 0.);
	ev_timer_start(loop, &firewalld->timer);
}

/* Runs handlers of answers and signals, a bounded number of them. A handler may ask the next
 * question, which rearm then waits for. */
static void process(struct firewalld *firewalld)
{
	int more = 1;

	/* A bound, because whoever floods the bus must not keep the loop here. */
	for (int i = 0; i < FIREWALLD_EVENTS_MAX && more > 0; i++)
		more = sd.process(firewalld->bus, NULL);
	/* The retry timer looks for a bus again. */
	if (more < 0) { /* the bus went away */
		disconnect(firewalld);
		ev_timer_again(firewalld->engine->loop, &firewalld->retry);
		return;
	}
	rearm(firewalld);
	if (more >
	    0) /* there may be more in sd-bus's own queue, which the descriptor does not show */
		ev_feed_event(firewalld->engine->loop, &firewalld->io, EV_READ);
}

/* The descriptor is readable or writable. sd-bus finds out which. */
static void on_bus_readable(struct ev_loop *loop, ev_io *io, int revents)
{
	(void)loop, (void)revents;
	process(io->data);
}

/* sd-bus ends questions whose time is over in its own process call, so it has to be called then. */
static void on_bus_timeout(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	process(timer->data);
}

/* --- questions -------------------------------------------------------------------------------- */

/* The end of a round. */
static void finish(struct firewalld *firewalld, enum firewalld_state state)
{
	if (state == FIREWALLD_DRIVEN && firewalld->state != state)
		log_info("event=firewalld zone=" ZONE " bridges are in");
	firewalld->state = state;
	firewalld->busy = false;
	/* What asked for this round while the last one was under way may have changed an answer
	 * that was already given. */
	if (firewalld->again)
		look(firewalld);
}

/* The end of a round in which firewalld said no. The sentence is shown in Warnings until a round
 * succeeds. Returns 0, as a handler of sd-bus does that wants to go on. */
static int refused(struct firewalld *firewalld, const char *what, const char *why)
{
	char fault[sizeof(firewalld->fault)];

	(void)snprintf(fault, sizeof(fault), "firewalld does not %s: %s", what, why);
	/* The same refusal comes back with every round. The log has it once. */
	if (firewalld->state != FIREWALLD_REFUSES || strcmp(fault, firewalld->fault) != 0)
		log_warn("%s", fault);
	(void)snprintf(firewalld->fault, sizeof(firewalld->fault), "%s", fault);
	finish(firewalld, FIREWALLD_REFUSES);
	return 0;
}

/* One whose process went meanwhile refuses nothing. An answer that is an error. Either firewalld
 * went, or it refuses. */
static int failed(struct firewalld *firewalld, const char *what, sd_bus_message *answer)
{
	const sd_bus_error *error = sd.message_get_error(answer);

	/* No answer within FIREWALLD_ANSWER_US, or nobody with that name: firewalld went, which
	 * is no refusal. Its next owner causes another round. */
	if (sd.error_has_name(error, SD_BUS_ERROR_NO_REPLY) ||
	    sd.error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER) ||
	    sd.error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN)) {
		finish(firewalld, FIREWALLD_ABSENT);
		return 0;
	}
	return refused(firewalld, what, error->message ? error->message : error->name);
}

/* Every question has an end: FIREWALLD_ANSWER_US. */
static int send_call(struct firewalld *firewalld, sd_bus_message *message, answer_handler handler)
{
	int err = sd.message_set_auto_start(message, 0); /* who stopped it wants it stopped */

	if (err >= 0)
		err = sd.call_async(firewalld->bus, NULL, message, handler, firewalld,
				    FIREWALLD_ANSWER_US);
	return err < 0 ? err : 0;
}

/* A question to firewalld; types and what follows as in sd_bus_message_append(3). 0 or a negative
 * errno, which ends the round. */
static int ask(struct firewalld *firewalld, const char *interface, const char *member,
	       answer_handler handler, const char *types, ...)
{
	sd_bus_message *message = NULL;
	bool config = strcmp(interface, NAME ".config") == 0;
	int err = sd.message_new_method_call(firewalld->bus, &message, NAME,
					     config ? PATH "/config" : PATH, interface, member);
	va_list args;

	va_start(args, types);
	if (err >= 0)
		err = sd.message_appendv(message, types, args);
	va_end(args);
	if (err >= 0)
		err = send_call(firewalld, message, handler);
	(void)sd.message_unref(message); /* NULL */
	if (err < 0)
		(void)refused(firewalld, "hear netd", strerror(-err));
	return err < 0 ? err : 0;
}

/* Is it in this answer of strings? */
static bool has(sd_bus_message *answer, const char *wanted)
{
	const char *text;
	bool found = false;

	/* An answer is read once for each wanted name, so each search starts at its beginning. */
	(void)sd.message_rewind(answer, true);
	if (sd.message_enter_container(answer, 'a', "s") <= 0)
		return false;
	while (sd.message_read(answer, "s", &text) > 0)
		found = found || strcmp(text, wanted) == 0;
	return found;
}

/* --- the interfaces of the zone --------------------------------------------------------------- */

/* One answer less to wait for. The last one ends the round. */
static void change_done(struct firewalld *firewalld)
{
	/* Each question is counted before it is sent, and the one who asks counts as one. So the
	 * round cannot end while some are still to be sent. */
	if (--firewalld->n_pending > 0 || !firewalld->busy)
		return;
	if (*firewalld->objection)
		(void)refused(firewalld, "change the interfaces of zone " ZONE,
			      firewalld->objection);
	else
		finish(firewalld, FIREWALLD_DRIVEN);
}

/* What is there, or gone, already is as wanted. */
static bool is_as_wanted(const char *objection)
{
	static const char *const fine[] = { "ALREADY_ENABLED", "ZONE_ALREADY_SET", "NOT_ENABLED",
					    "UNKNOWN_INTERFACE", "ZONE_CONFLICT" };

	for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
		if (strncmp(objection, fine[i], strlen(fine[i])) == 0)
			return true;
	return false;
}

/* A bridge that somebody has put into another zone stays there: it was named by hand. The answer to
 * one addInterface or removeInterface. Several are under way at once, so an objection is only noted
 * here. */
static int on_changed(sd_bus_message *answer, void *data, sd_bus_error *unused)
{
	struct firewalld *firewalld = data;
	const sd_bus_error *error = sd.message_get_error(answer);
	const char *objection = !error ? "" : error->message ? error->message : error->name;

	(void)unused;
	if (*objection && !is_as_wanted(objection))
		(void)snprintf(firewalld->objection, sizeof(firewalld->objection), "%s", objection);
	if (strncmp(objection, "ZONE_CONFLICT", 13) == 0)
		log_warn("firewalld has a bridge of netd's in another zone than " ZONE
			 ", where it stays: %s",
			 objection);
	change_done(firewalld);
	return 0;
}

/* Whether a bridge of this name is one of netd's now. */
static bool has_bridge(const struct engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->n_networks; i++)
		network_foreach_segment(engine->networks[i], number)
		{
			if (strcmp(network_segment_name(engine->networks[i], number), name) == 0)
				return true;
		}
	return false;
}

/* false: the round has ended in a failure. */
static bool change(struct firewalld *firewalld, const char *member, const char *bridge)
{
	firewalld->n_pending++;
	return ask(firewalld, NAME ".zone", member, on_changed, "ss", ZONE, bridge) == 0;
}

/* Takes bridges out of the zone that exist no more. False: asking has failed, and the round has
 * ended. */
static bool remove_old(struct firewalld *firewalld, sd_bus_message *answer)
{
	const char *name;

	(void)sd.message_rewind(answer, true);
	if (sd.message_enter_container(answer, 'a', "s") <= 0)
		return true;
	/* What still exists and is not ours was put there by somebody. */
	while (sd.message_read(answer, "s", &name) > 0)
		if (!has_bridge(firewalld->engine, name) && if_nametoindex(name) == 0 &&
		    !change(firewalld, "removeInterface", name))
			return false;
	return true;
}

/* The last step of a round: the interfaces that are in the zone. What is missing is added, what is
 * over is removed. */
static int on_interfaces(sd_bus_message *answer, void *data, sd_bus_error *unused)
{
	struct firewalld *firewalld = data;
	const struct engine *engine = firewalld->engine;

	(void)unused;
	if (sd.message_is_method_error(answer, NULL))
		return failed(firewalld, "tell the interfaces of zone " ZONE, answer);
	firewalld->n_pending = 1; /* this one */
	*firewalld->objection = '\0';
	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network *network = engine->networks[i];

		network_foreach_segment(network, number)
		{
			const char *bridge = network_segment_name(network, number);

			if (network->spec.kind->bridged && !has(answer, bridge) &&
			    !change(firewalld, "addInterface", bridge))
				return 0;
		}
	}
	if (remove_old(firewalld, answer))
		change_done(firewalld);
	return 0;
}

/* --- the zone and its policies ---------------------------------------------------------------- */

/* firewalld has read its files again. It has also forgotten the interfaces, which are set at run
 * time. */
static int on_reload(sd_bus_message *answer, void *data, sd_bus_error *unused)
{
	struct firewalld *firewalld = data;

	(void)unused;
	if (sd.message_is_method_error(answer, NULL))
		return failed(firewalld, "reload", answer);
	/* Files are read again with a reload only. The interfaces have to be told again after it,
	 * so another round follows. */
	firewalld->again = true;
	finish(firewalld, FIREWALLD_ASKED);
	return 0;
}

static bool is_refusal(sd_bus_message *answer)
{
	const sd_bus_error *error = sd.message_get_error(answer);

	/* NAME_CONFLICT is as good as success: the file was written before, and only the reload is
	 * missing. */
	return error && !(error->message && strncmp(error->message, "NAME_CONFLICT", 13) == 0);
}

/* All three files are there now. One reload makes them known. */
static int on_policy_in(sd_bus_message *answer, void *data, sd_bus_error *unused)
{
	(void)unused;
	if (is_refusal(answer))
		return failed(data, "take the policy " POLICY_IN, answer);
	(void)ask(data, NAME, "reload", on_reload, "");
	return 0;
}

static int on_policy_out(sd_bus_message *answer, void *data, sd_bus_error *unused)
{
	(void)unused;
	if (is_refusal(answer))
		return failed(data, "take the policy " POLICY_OUT, answer);
	(void)ask(data, NAME ".config", "addPolicy", on_policy_in, "sa{sv}", POLICY_IN, 5, "short",
		  "s", "to netd", "description", "s",
		  "What netd's own rules let through to containers, published ports above all.",
		  "target", "s", "ACCEPT", "ingress_zones", "as", 1, "ANY", "egress_zones", "as", 1,
		  ZONE);
	return 0;
}

/* The zone is written. It has a policy in each direction. */
static int on_zone(sd_bus_message *answer, void *data, sd_bus_error *unused)
{
	(void)unused;
	if (is_refusal(answer))
		return failed(data, "take the zone " ZONE, answer);
	(void)ask(data, NAME ".config", "addPolicy", on_policy_out, "sa{sv}", POLICY_OUT, 5,
		  "short", "s", "from netd", "description", "s",
		  "Containers reach what is beyond this host.", "target", "s", "ACCEPT",
		  "ingress_zones", "as", 1, ZONE, "egress_zones", "as", 1, "ANY");
	return 0;
}

static void write_zone(struct firewalld *firewalld)
{
	/* A zone that is missing right after it was written will be missing after the next time
	 * as well. Without this bound netd would reload the host's firewall for ever. */
	if (firewalld->wrote) {
		(void)refused(firewalld, "keep the zone " ZONE " and its policies",
			      "they are missing after a reload");
		return;
	}
	firewalld->wrote = true;
	log_info("event=firewalld-zone zone=" ZONE
		 " is new to firewalld, which is asked to write it and to reload");
	(void)ask(firewalld, NAME ".config", "addZone2", on_zone, "sa{sv}", ZONE, 3, "short", "s",
		  "netd", "description", "s",
		  "The bridges of netd's networks. Services of this host that containers may reach "
		  "are added here.",
		  "forward", "b", 1);
}

/* A firewalld older than 0.9 has no policies, and cannot do what is needed. */
static int on_policies(sd_bus_message *answer, void *data, sd_bus_error *unused)
{
	struct firewalld *firewalld = data;

	(void)unused;
	if (sd.message_is_method_error(answer, NULL))
		return failed(firewalld, "know policies (it is older than 0.9)", answer);
	/* All three are written when one is missing. Those that are there answer with
	 * NAME_CONFLICT. */
	if (!firewalld->has_zone || !has(answer, POLICY_OUT) || !has(answer, POLICY_IN))
		write_zone(firewalld);
	else
		(void)ask(firewalld, NAME ".zone", "getInterfaces", on_interfaces, "s", ZONE);
	return 0;
}

static int on_zones(sd_bus_message *answer, void *data, sd_bus_error *unused)
{
	struct firewalld *firewalld = data;

	(void)unused;
	if (sd.message_is_method_error(answer, NULL))
		return failed(firewalld, "tell its zones", answer);
	firewalld->has_zone = has(answer, ZONE);
	(void)ask(firewalld, NAME ".policy", "getPolicies", on_policies, "");
	return 0;
}

/* --- who it is -------------------------------------------------------------------------------- */

static bool guards_our_netns(uint32_t pid)
{
	struct stat own, its;
	char path[64];

	/* A process in another namespace guards other interfaces. The link of /proc may be
	 * unreadable when the process ends meanwhile, and then there is no firewalld either. */
	(void)snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
	return stat(path, &its) == 0 && stat("/proc/self/ns/net", &own) == 0 &&
	       its.st_ino == own.st_ino && its.st_dev == own.st_dev;
}

/* Whose firewalld it is. An error has no number in it, and counts as none. */
static int on_pid(sd_bus_message *answer, void *data, sd_bus_error *unused)
{
	struct firewalld *firewalld = data;
	uint32_t pid;

	(void)unused;
	if (sd.message_read(answer, "u", &pid) <= 0 || !guards_our_netns(pid)) {
		finish(firewalld, FIREWALLD_ABSENT);
		return 0;
	}
	if (firewalld->state == FIREWALLD_ABSENT)
		firewalld->state = FIREWALLD_ASKED;
	(void)ask(firewalld, NAME ".zone", "getZones", on_zones, "");
	return 0;
}

/* A round of questions, now or after the one under way. Begins a round. While one is under way it
 * is only noted that another one is due. */
static void look(struct firewalld *firewalld)
{
	/* Without a bus the timer goes on looking for one, and begins the first round itself. */
	int err;

	if (!firewalld->bus)
		return;
	firewalld->again = firewalld->busy;
	if (firewalld->busy)
		return;
	firewalld->busy = true;
	/* The bus itself answers, also when firewalld hangs. */
	err = sd.call_method_async(firewalld->bus, NULL, "org.freedesktop.DBus",
				   "/org/freedesktop/DBus", "org.freedesktop.DBus",
				   "GetConnectionUnixProcessID", on_pid, firewalld, "s", NAME);
	if (err < 0)
		finish(firewalld, FIREWALLD_ABSENT);
}

/* firewalld came, went or was replaced. */
static int on_owner_change(sd_bus_message *message, void *data, sd_bus_error *unused)
{
	struct firewalld *firewalld = data;

	(void)message, (void)unused;
	/* Another process, other files: what is missing now may be written once more. */
	firewalld->wrote = false;
	look(firewalld);
	return 0;
}

/* Somebody reloaded firewalld. Interfaces that were set at run time may be gone. */
static int on_reloaded(sd_bus_message *message, void *data, sd_bus_error *unused)
{
	(void)message, (void)unused;
	look(data);
	return 0;
}

/* 0: connected, and the first round is under way. A failure leaves no bus, and is tried again by
 * the timer. */
static int connect_bus(struct firewalld *firewalld)
{
	const char *elsewhere = getenv("DBUS_SYSTEM_BUS_ADDRESS");
	int err;

	/* A stat of the socket's path costs nothing. The library is loaded on hosts with a bus
	 * alone. */
	if ((!elsewhere && access(BUS_SOCKET, F_OK) < 0) || !load_library())
		return -ENOENT;
	err = sd.open_system(&firewalld->bus);

	if (err >= 0)
		err = sd.add_match_async(firewalld->bus, NULL, OWNER_CHANGES, on_owner_change, NULL,
					 firewalld);
	if (err >= 0)
		err = sd.match_signal_async(firewalld->bus, NULL, NAME, PATH, NAME, "Reloaded",
					    on_reloaded, NULL, firewalld);
	if (err < 0) {
		firewalld->bus = sd.unref(firewalld->bus);
		return err;
	}
	firewalld->state = FIREWALLD_ASKED;
	/* The first question starts here; its answer is read by the watcher that rearm starts. */
	look(firewalld);
	rearm(firewalld);
	return 0;
}

/* The host may get a bus later than netd: early at boot there is none. */
static void on_retry(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct firewalld *firewalld = timer->data;

	(void)revents;
	if (connect_bus(firewalld) == 0)
		ev_timer_stop(loop, timer);
}

/* NULL is a good answer: all other functions take it. */
struct firewalld *firewalld_new(struct engine *engine)
{
	struct firewalld *firewalld = calloc(1, sizeof(*firewalld));

	if (!firewalld) {
		log_warn("out of memory: firewalld is not asked");
		return NULL;
	}
	firewalld->engine = engine;
	ev_init(&firewalld->io, on_bus_readable);
	ev_init(&firewalld->timer, on_bus_timeout);
	ev_init(&firewalld->retry, on_retry);
	firewalld->retry.repeat = FIREWALLD_RETRY_S;
	firewalld->io.data = firewalld->timer.data = firewalld->retry.data = firewalld;
	if (connect_bus(firewalld) < 0)
		ev_timer_again(engine->loop, &firewalld->retry);
	return firewalld;
}

void firewalld_free(struct firewalld *firewalld)
{
	if (!firewalld)
		return;
	disconnect(firewalld);
	ev_timer_stop(firewalld->engine->loop, &firewalld->retry);
	free(firewalld);
}

void firewalld_follow(struct firewalld *firewalld)
{
	/* Nothing is asked where there is no firewalld: this is called with each bridge that
	 * comes and goes. */
	if (!firewalld || firewalld->state == FIREWALLD_ABSENT)
		return;
	look(firewalld);
	if (firewalld->bus)
		rearm(firewalld);
}

enum firewalld_state firewalld_state(const struct firewalld *firewalld)
{
	return firewalld ? firewalld->state : FIREWALLD_ABSENT;
}

const char *firewalld_fault(const struct firewalld *firewalld)
{
	return firewalld ? firewalld->fault : "";
}
