// SPDX-License-Identifier: GPL-2.0-or-later
// follow.c - the names that containers have in Docker, brought to netd as they change
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "base/log.h"
#include "model/network/kind.h"
#include "plugins/docker/plugin.h"

#include <errno.h>
#include <netd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

/* Theory of operation. The driver protocol carries no names, and Docker tells a container's aliases
 * only when it has started it. So a process of its own listens to Docker's events and, after each
 * start, rename or connect, inspects the container and gives netd the names. It may wait for Docker
 * as long as it takes: the process that answers Docker never waits for it. It keeps nothing:
 * whenever the stream of events begins anew, every running container is looked at.
 *
 * A name takes this way: an event says that a container has started or changed; the inspection at
 * Docker has its names; one PUT gives all of them to netd. Each step may be repeated. So an event
 * that comes twice does no harm, and a lost one is made good by the next round. */

/* State of one round. It is emptied at the end of each. */
struct follower {
	/* netd_host may be NULL: the default. */
	const char *netd_host, *engine_host;
	/* In memory shared with the process that answers Docker. It asks Docker only while this is
	 * true. */
	atomic_bool *engine_answers;
	bool missed;		      /* netd could not be told: all is to be told again */
	struct client *netd, *engine; /* for questions; the events have a connection of their own */
	struct buf line;	      /* an event that has not come whole */
};

/* A container may be on networks of Docker's own, too, whose names Docker's resolver knows, and
 * which netd answers for because it comes first. So these names are given to netd as links to
 * addresses, which that container alone sees, each time somebody comes to such a network or goes.
 */

/* --- one container ---------------------------------------------------------------------------- */

/* A container that starts is connected first, and locked until it runs: the start's own event will
 * come. A question that fails counts as "no": whoever asks goes on without the container. */
static bool is_running(struct follower *follower, const char *id)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *list = NULL;
	struct error error;

	/* The filter is {"id":["ID"]}, escaped for a URL. Docker's list has running containers only
	 * unless all=1 is asked for. */
	buf_printf(&path, "/containers/json?filters=%%7B%%22id%%22%%3A%%5B%%22%.64s%%22%%5D%%7D",
		   id);
	return path.err == 0 &&
	       calls_json(follower->engine, "GET", path.data, NULL, &list, &error) == 0 &&
	       json_array_size(list) > 0;
}

/* Docker since 25 lists all names of an endpoint; before, the host name and the short id are among
 * the aliases. A new reference, NULL without memory. */
static json_t *aliases(const json_t *endpoint)
{
	json_t *names = json_object_get(endpoint, "DNSNames");
	json_t *array = json_array(), *value;
	size_t i;
	int err = 0;

	/* Docker before 25 has no such member. */
	if (json_array_size(names) == 0)
		names = json_object_get(endpoint, "Aliases");
	json_array_foreach (names, i, value)
		/* More than netd takes would be refused as a whole: the first ones are better
		 * than none. */
		err |= i < ALIASES_MAX ? json_array_append(array, value) : 0;
	if (err == 0)
		return array;
	json_decref(array);
	return NULL;
}

/* Of a container of netd's or of Docker's: both have this form. Borrowed. */
static const json_t *networks_of(const json_t *container)
{
	return json_object_get(json_object_get(container, "NetworkSettings"), "Networks");
}

/* Whether netd's container has an endpoint on the network with this id. Docker's id is netd's. */
static bool is_on(const json_t *netd, const char *network)
{
	const char *name;
	json_t *endpoint;

	json_object_foreach ((json_t *)networks_of(netd), name, endpoint)
		if (strcmp(calls_text(endpoint, "NetworkID"), network) == 0)
			return true;
	return false;
}

/* netd's id of the network that an endpoint of Docker's is on: Docker's own id, or that of a
 * network of netd's that Docker has another one for (pool.c). NULL: it is none of netd's. Borrowed.
 */
static const char *network_in_netd(const json_t *netd, const json_t *theirs)
{
	const char *network = calls_text(theirs, "NetworkID"), *name;
	const char *id = calls_text(theirs, "EndpointID");
	json_t *ours;

	json_object_foreach ((json_t *)networks_of(netd), name, ours)
		if (*id &&
		    strcmp(calls_text(json_object_get(ours, "DriverOpts"), OPT_ENDPOINT), id) == 0)
			return calls_text(ours, "NetworkID");
	return is_on(netd, network) ? network : NULL;
}

/* Docker answers for names on networks that were made, not on these. */
static bool has_names(const char *network)
{
	return !kind_has_predefined(network);
}

/* network is an id. Borrowed; NULL: none. */
static const json_t *endpoint_on(const json_t *container, const char *network)
{
	const char *name;
	json_t *endpoint;

	json_object_foreach ((json_t *)networks_of(container), name, endpoint)
		if (strcmp(calls_text(endpoint, "NetworkID"), network) == 0)
			return endpoint;
	return NULL;
}

/* Adds the link unless it is there or there is no room. 0, or other than 0 without memory. */
static int add_link(json_t *links, const char *address, const char *name)
{
	/* Address and name, as a link of the host's file: netd takes an address where a
	 * container's name could stand. */
	json_t *link = json_sprintf("%s:%s", address, name);
	size_t i;
	json_t *value;

	json_array_foreach (links, i, value)
		/* Docker lists the name of a container among its DNS names as well. */
		if (json_equal(value, link) || i + 1 >= LINKS_MAX) {
			json_decref(link);
			return 0;
		}
	return json_array_append_new(links, link);
}

/* name with Docker's slash in front, which is no part of it. */
int follow_links(const json_t *other, const char *network, json_t *links)
{
	const json_t *endpoint = endpoint_on(other, network);
	const char *address = calls_text(endpoint, "IPAddress");
	const char *name = calls_text(other, "Name");
	json_auto_t *names = endpoint && *address ? aliases(endpoint) : NULL;
	size_t i;
	json_t *value;
	int err = 0;

	if (names)
		err |= add_link(links, address, name + (*name == '/'));
	json_array_foreach (names, i, value)
		err |= add_link(links, address, json_string_value(value));
	return err;
}

/* Links of Docker's, and what is to be found beside them; NULL: none. A new reference. The array of
 * Docker's is copied, since the links of others are added to it. */
static json_t *all_links(const json_t *endpoint, const json_t *extra)
{
	const json_t *links = json_object_get(endpoint, "Links");
	json_t *all, *value;
	size_t i;
	int err = 0;

	/* Links are sent as a whole, so those from before are sent again. */
	if (!json_is_array(links) && json_array_size(extra) == 0)
		return NULL;
	all = json_is_array(links) ? json_copy((json_t *)links) : json_array();
	json_array_foreach (extra, i, value)
		err |= json_array_size(all) < LINKS_MAX ? json_array_append(all, value) : 0;
	if (err == 0)
		return all;
	json_decref(all);
	return NULL;
}

/* A new reference, NULL without memory. */
json_t *follow_names(const json_t *docker, const json_t *netd, const json_t *extra)
{
	const char *name = calls_text(docker, "Name"), *key;
	json_t *networks = json_object(), *endpoint, *body;
	int err = 0;

	json_object_foreach ((json_t *)networks_of(docker), key, endpoint) {
		const char *network = network_in_netd(netd, endpoint);

		/* A network of Docker's own, whose names come as links. */
		if (!network)
			continue;
		err |= json_object_set_new(networks, network,
					   json_pack("{s:o, s:o*}", "Aliases", aliases(endpoint),
						     "Links", all_links(endpoint, extra)));
		extra = NULL; /* once is enough */
	}
	body = json_pack("{s:s, s:o}", "Name", name + (*name == '/'), "Networks", networks);
	if (body && err == 0)
		return body;
	json_decref(body);
	return NULL;
}

/* method PUT gives names, all others read. format is the path up to the id. *ret_json may not be
 * wanted: NULL. */
static int call_on(struct client *client, const char *method, const char *format, const char *id,
		   const json_t *body, json_t **ret_json, struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };

	buf_puts(&path, format);
	client_quote(&path, id);
	buf_puts(&path, strcmp(method, "PUT") == 0 ? "/names" : "/json");
	if (path.err < 0)
		return error_system(error, path.err, "cannot name a container");
	return calls_json(client, method, path.data, body, ret_json, error);
}

/* what is a kind of objects of Docker's, such as "networks". */
static int get(struct client *client, const char *what, const char *id, json_t **ret_json)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	struct error error;

	buf_printf(&path, "/%s/", what);
	client_quote(&path, id);
	return path.err < 0 ? path.err
			    : calls_json(client, "GET", path.data, NULL, ret_json, &error);
}

/* One question for each member. These networks are those that a container has beside netd's, so
 * there are few. */
static void add_names_of_network(struct follower *follower, const char *network, const char *self,
				 json_t *links)
{
	json_auto_t *json = NULL;
	struct error error;
	const char *id;
	json_t *member;

	if (get(follower->engine, "networks", network, &json) < 0)
		return;
	json_object_foreach (json_object_get(json, "Containers"), id, member) {
		json_auto_t *other = NULL;

		/* A container that is being started is locked; its own event comes. */
		if (strcmp(id, self) == 0 || !is_running(follower, id) ||
		    call_on(follower->engine, "GET", "/containers/", id, NULL, &other, &error) < 0)
			continue;
		(void)follow_links(other, network, links); /* what has no room is not found */
	}
}

/* The names on those networks of a container that netd does not know. links gets at most LINKS_MAX
 * elements in all. */
static void add_names_of_others(struct follower *follower, const json_t *docker, const json_t *netd,
				json_t *links)
{
	const char *name;
	json_t *endpoint;

	json_object_foreach ((json_t *)networks_of(docker), name, endpoint) {
		const char *network = calls_text(endpoint, "NetworkID");

		if (has_names(name) && !network_in_netd(netd, endpoint))
			add_names_of_network(follower, network, calls_text(docker, "Id"), links);
	}
}

/* Compared by Docker's id of the endpoint, which netd's endpoint carries since Join. */
bool follow_is_same(const json_t *netd, const json_t *docker)
{
	const char *key, *name;
	json_t *theirs, *ours;

	json_object_foreach ((json_t *)networks_of(netd), name, ours) {
		const char *endpoint = calls_text(json_object_get(ours, "DriverOpts"),
						  OPT_ENDPOINT);

		json_object_foreach ((json_t *)networks_of(docker), key, theirs)
			if (*endpoint && strcmp(calls_text(theirs, "EndpointID"), endpoint) == 0)
				return true;
	}
	return false;
}

/* The one that was attached before Docker said whose endpoint it is. NULL: none. unnamed is a list
 * of netd's. Borrowed from it. */
static const json_t *find_unnamed(const json_t *unnamed, const json_t *docker)
{
	size_t i;
	json_t *container;

	json_array_foreach (unnamed, i, container)
		if (follow_is_same(container, docker))
			return container;
	return NULL;
}

/* A name that somebody has taken meanwhile leaves the first one; the rest is told all the same. id
 * is netd's id of the container, which changes if body has another one. Failures are logged; if
 * netd was away, missed has the round begin anew. */
static void tell_names(struct follower *follower, const char *id, json_t *body)
{
	struct error error = { 0 };
	int err = call_on(follower->netd, "PUT", "/netd/v1/containers/", id, body, NULL, &error);

	if (err < 0 && error.reason == ERROR_REASON_CONTAINER_IN_USE &&
	    json_object_del(body, "Name") == 0) {
		log_warn("container %.12s: %s", id, error.text);
		err = call_on(follower->netd, "PUT", "/netd/v1/containers/", id, body, NULL,
			      &error);
	}
	if (err < 0)
		log_warn("names of container %.12s: %s", id, error.text);
	follower->missed |= err < 0 && error.kind == ERROR_UNAVAILABLE;
}

/* id is Docker's. The container may be none of netd's, and then nothing happens. */
static void name_container(struct follower *follower, const char *id)
{
	json_auto_t *docker = NULL, *netd = NULL, *body = NULL, *links = json_array();
	json_auto_t *unnamed = NULL;
	const json_t *ours;
	struct error error = { 0 };
	int err = call_on(follower->netd, "GET", "/containers/", id, NULL, &netd, &error);

	/* Not under Docker's id: it may be one that was attached before Docker said whose
	 * endpoint it is. */
	if (err < 0 && error.reason == ERROR_REASON_CONTAINER_NOT_FOUND)
		err = calls_containers(follower->netd, LABEL_UNNAMED, &unnamed, &error);
	/* Told to netd later, if netd was away: see missed. */
	follower->missed |= err < 0 && error.kind == ERROR_UNAVAILABLE;
	/* Most containers of Docker may be none of netd's. */
	if (err < 0 || (!netd && json_array_size(unnamed) == 0))
		return;
	err = call_on(follower->engine, "GET", "/containers/", id, NULL, &docker, &error);
	if (err < 0)
		return; /* it has ended */
	ours = netd ? netd : find_unnamed(unnamed, docker);
	if (!ours)
		return;
	/* Links are sent with each PUT, since netd replaces them as a whole. */
	add_names_of_others(follower, docker, ours, links);
	body = follow_names(docker, ours, links);
	/* From here on it has Docker's id. */
	if (body && !netd)
		err = json_object_set_new(body, "Id", json_string(calls_text(docker, "Id")));
	if (!body || err < 0)
		log_warn("names of container %s: no memory", calls_text(docker, "Name"));
	else
		tell_names(follower, calls_text(ours, "Id"), body);
}

/* --- events ----------------------------------------------------------------------------------- */

/* All of this runs within the callback of the stream: the next event waits until names are told.
 * Events wait in the socket meanwhile. */

/* Somebody came to a network of Docker's own, or went: who is on netd's, too, is told. known are
 * netd's containers of Docker's. A failure leaves names as they were until the next event. */
static void name_neighbours(struct follower *follower, const char *network, const char *self)
{
	json_auto_t *json = NULL, *known = NULL;
	struct error error;
	size_t i;
	json_t *container;

	if (calls_containers(follower->netd, NETD_LABEL_RUNTIME "=docker", &known, &error) < 0 ||
	    json_array_size(known) == 0 || get(follower->engine, "networks", network, &json) < 0 ||
	    !has_names(calls_text(json, "Name")))
		return;
	/* Only who is on a network of netd's and on this one of Docker's. */
	json_array_foreach (known, i, container) {
		const char *id = calls_text(container, "Id");

		if (strcmp(id, self) != 0 && !is_on(container, network) &&
		    json_object_get(json_object_get(json, "Containers"), id) &&
		    is_running(follower, id))
			name_container(follower, id);
	}
}

/* After a start or another name. Its new names are wanted by those who share a network of Docker's
 * with it. */
static void name_all_neighbours(struct follower *follower, const char *id)
{
	json_auto_t *docker = NULL;
	struct error error;
	const char *name;
	json_t *endpoint;

	if (call_on(follower->engine, "GET", "/containers/", id, NULL, &docker, &error) < 0)
		return;
	json_object_foreach ((json_t *)networks_of(docker), name, endpoint)
		name_neighbours(follower, calls_text(endpoint, "NetworkID"), id);
}

/* text is one line of the stream, a JSON object. Text that is none has no members, and is passed
 * over. */
static void on_event(struct follower *follower, const char *text, size_t len)
{
	json_auto_t *event = json_loadb(text, len, 0, NULL);
	const json_t *actor = json_object_get(event, "Actor");
	const char *id = calls_text(actor, "ID");

	/* Events of networks are connect and disconnect. Their actor is the network, and the
	 * container is an attribute. */
	if (strcmp(calls_text(event, "Type"), "network") == 0) {
		const char *network = id;

		/* Docker is in the middle of starting it otherwise; its start event comes. */
		id = calls_text(json_object_get(actor, "Attributes"), "container");
		if (is_running(follower, id))
			name_container(follower, id);
		name_neighbours(follower, network, id);
		/* Events of containers are start and rename. Their actor is the container. */
	} else if (strlen(id) == ID_LEN) {
		name_container(follower, id);
		name_all_neighbours(follower, id);
	}
}

/* Of client_stream(). Data comes in pieces of any size. Returns other than 0 to end the stream. */
static int on_data(const char *data, size_t len, void *user)
{
	struct follower *follower = user;
	struct buf *line = &follower->line;
	char *end;

	buf_append(line, data, len);
	/* An event that is longer than any is a stream that has lost its frame. */
	if (line->err < 0 || line->len > CLIENT_EVENT_MAX)
		return 1;
	/* The line feed is Docker's end of an event. A carriage return before it is white space to
	 * JSON. */
	while (line->len > 0 && (end = memchr(line->data, '\n', line->len))) {
		size_t n = (size_t)(end - line->data);

		on_event(follower, line->data, n);
		buf_consume(line, n + 1);
	}
	/* Ends the stream: everything is told anew over the next one. */
	return follower->missed;
}

/* Looks at every running container. Stops at the first that netd could not be told about. */
static int name_all(struct follower *follower, struct error *error)
{
	json_auto_t *list = NULL;
	json_t *container;
	size_t i;
	int err = calls_json(follower->engine, "GET", "/containers/json", NULL, &list, error);

	/* This is the question that shows whether Docker serves its API already. */
	atomic_store(follower->engine_answers, err == 0);
	if (err < 0)
		return err;
	/* After the first failure the rest would fail in the same way, each with a wait. */
	json_array_foreach (list, i, container)
		if (!follower->missed)
			name_container(follower, calls_text(container, "Id"));
	return follower->missed ? error_set(error, ERROR_UNAVAILABLE, "netd cannot be told") : 0;
}

/* Until the stream ends. A change between the list and the stream is in both. 0: the stream has
 * ended. Events from before the list come again, which does no harm. */
static int follow(struct follower *follower, struct client *events, struct error *error)
{
	char path[256];
	/* Before the list is asked for: what changes between is in the stream as well. */
	time_t since = time(NULL);
	int status, err = name_all(follower, error);

	if (err < 0)
		return err;
	/* The filter is {"type":["container","network"],"event":["start","rename","connect",
	 * "disconnect"]}, escaped for a URL. */
	(void)snprintf(path, sizeof(path),
		       "/events?since=%lld&filters=%%7B%%22type%%22%%3A%%5B%%22container%%22%%2C%%"
		       "22network%%22%%5D%%2C%%22event%%22%%3A%%5B%%22start%%22%%2C%%22rename%%22%%"
		       "2C%%22connect%%22%%2C%%22disconnect%%22%%5D%%7D",
		       (long long)since);
	err = client_stream(events, path, &status, NULL, on_data, follower, error);
	/* The end of the stream says that Docker does not answer, unless we ended it. */
	if (!follower->missed)
		atomic_store(follower->engine_answers, false);
	return err;
}

/* One round: connect, look at all, listen until something breaks. All three connections are made
 * anew, whichever of them broke. */
static void follow_once(struct follower *follower)
{
	struct client *events = NULL;
	struct error error;

	if (client_open(follower->netd_host, &follower->netd, &error) < 0 ||
	    client_open(follower->engine_host, &follower->engine, &error) < 0 ||
	    client_open(follower->engine_host, &events, &error) < 0 ||
	    follow(follower, events, &error) < 0)
		/* At this level, because it is the usual state while Docker is not running. */
		log_debug("following Docker: %s", error.text);
	client_close(follower->netd);
	client_close(follower->engine);
	client_close(events);
	/* What is left of a line is of no use in the next stream. */
	buf_done(&follower->line);
	follower->netd = follower->engine = NULL;
	follower->missed = false;
	follower->line = (struct buf) { 0 };
}

/* The loop has no end: the process ends with its parent's death (start_follower()). */
_Noreturn void follow_run(const char *netd_host, const char *engine_host,
			  atomic_bool *engine_answers)
{
	struct follower follower = {
		.netd_host = netd_host,
		.engine_host = engine_host,
		.engine_answers = engine_answers,
	};

	/* It has nothing to remember from one round to the next. */
	for (;;) {
		follow_once(&follower);
		(void)deadline_pause(DEADLINE_NEVER, DOCKER_RETRY_MS * 1000U);
	}
}
