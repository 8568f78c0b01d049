// SPDX-License-Identifier: GPL-2.0-or-later
// places.c - the interfaces of a container or a network that are captured: found, and opened
#include "base/cleanup.h"
#include "capturer/capturer.h"
#include "client/client.h"
#include "diag/belief.h"
#include "diag/question.h"
#include "explain/explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Theory of operation. Where interfaces are is what netd believes, from a snapshot, or from its
 * records when it is dead (explain/). Each gets a socket in its namespace; the namespace of a
 * container stays as long as a socket is in it, and the interface goes when netd removes it. What
 * comes later, such as another network, is not captured.
 *
 * The network namespace of each place is entered once, to open a socket there. Rings share the
 * memory that one capture may have, so many interfaces have smaller rings.
 *
 * The order within a container is: for each endpoint the inside, then the host's end; then the
 * loopback. Names and descriptions go into the file (pcapng's interface blocks). */

/* facts: what netd believes, or its records. places is filled, and closed by capturer_places_done()
 * in any case. */
struct finding {
	const struct capturer_options *options;
	const struct compiled *filter;
	struct facts facts;
	struct capturer_places *places;
	struct capturer_drops *drops;
	size_t n_wanted; /* that share the memory for rings */
	struct error *error;
};

/* For _cleanup_. */
static void client_closep(struct client **client)
{
	client_close(*client);
}

/* The connection to netd is closed here: nothing more is asked. believe() fills facts, which
 * capturer_places_open() frees. */
static int believe(struct finding *finding)
{
	const struct capturer_options *options = finding->options;
	const struct explain_options asked = { .host = options->host,
					       .run_dir = options->run_dir,
					       .state_dir = options->state_dir };
	_cleanup_(client_closep) struct client *client = NULL;
	int err = options->use_records
			  ? explain_records(&asked, &finding->facts, finding->error)
			  : explain_believed(&asked, &finding->facts, &client, finding->error);

	/* Ports are not asked for. */
	finding->facts.ask_ports = NULL;
	return err;
}

/* ---- one interface ---- */

/* A bridge shows all its frames only in promiscuous mode; the end of a pair shows them anyway. */
static int open_place(struct finding *finding, int netns_fd, const char *ifname, bool is_bridge,
		      struct capturer_place *place)
{
	const struct tap_asked asked = {
		.ifname = ifname,
		.code = finding->filter->code,
		.n_code = finding->filter->n,
		.ring_size = CAPTURE_RINGS_SIZE / finding->n_wanted,
		.is_promiscuous = is_bridge,
	};
	int err;

	/* -1 first: 0 would be a descriptor, and tap_close() is called behind a failure of
	 * tap_open(), too. */
	place->tap.fd = -1;
	err = tap_open(netns_fd, &asked, &place->tap, finding->error);
	if (err < 0)
		error_prefix(finding->error, "%s", place->description);
	return err;
}

/* make_room() has seen to it that there is room. The place counts from now on, so that it is closed
 * after a failure, too. */
static struct capturer_place *add_place(struct finding *finding)
{
	return &finding->places->list[finding->places->n++];
}

/* The name is what Wireshark shows as the interface. */
static int add_inside(struct finding *finding, const struct facts_container *container,
		      const struct facts_endpoint *endpoint, int netns_fd)
{
	struct capturer_place *place = add_place(finding);

	(void)snprintf(place->name, sizeof(place->name), "%s@%s %s", container->name,
		       endpoint->network, endpoint->ifname);
	(void)snprintf(place->description, sizeof(place->description),
		       "container %s, network %s, inside", container->name, endpoint->network);
	return open_place(finding, netns_fd, endpoint->ifname, false, place);
}

/* The same packets on the host's side, where they may have been changed or dropped. Only where netd
 * knows the name of the host's end. */
static int add_host_end(struct finding *finding, const struct facts_container *container,
			const struct facts_endpoint *endpoint, int netns_fd)
{
	struct capturer_place *place = add_place(finding);

	(void)snprintf(place->name, sizeof(place->name), "%s@%s host %s", container->name,
		       endpoint->network, endpoint->host_ifname);
	(void)snprintf(place->description, sizeof(place->description),
		       "container %s, network %s, the host's end", container->name,
		       endpoint->network);
	return open_place(finding, netns_fd, endpoint->host_ifname, false, place);
}

/* The loopback carries what a container says to itself, also questions to netd's resolver. */
static int add_loopback(struct finding *finding, const struct facts_container *container,
			int netns_fd)
{
	struct capturer_place *place = add_place(finding);

	(void)snprintf(place->name, sizeof(place->name), "%s lo", container->name);
	(void)snprintf(place->description, sizeof(place->description),
		       "container %s, what it says to itself", container->name);
	return open_place(finding, netns_fd, "lo", false, place);
}

/* Frames between any two containers of the network pass here. */
static int add_bridge(struct finding *finding, const struct facts_network *network,
		      const char *bridge, int netns_fd)
{
	struct capturer_place *place = add_place(finding);

	(void)snprintf(place->name, sizeof(place->name), "%s bridge %s", network->name, bridge);
	(void)snprintf(place->description, sizeof(place->description), "network %s, its bridge",
		       network->name);
	return open_place(finding, netns_fd, bridge, true, place);
}

/* ---- what is dropped ---- */

/* 0: it cannot be, and nobody has it. */
static uint64_t inode_of(int netns_fd)
{
	struct stat stat;

	return fstat(netns_fd, &stat) < 0 ? 0 : stat.st_ino;
}

/* All that is dropped inside, and on the host what is from or to it. */
static void ask_container_drops(const struct finding *finding,
				const struct facts_container *container, int inside, int host)
{
	struct capturer_drops *drops = finding->drops;

	capturer_drops_space(drops, inode_of(inside), container->name, true);
	capturer_drops_space(drops, inode_of(host), "the host", false);
	for (size_t i = 0; i < container->n_endpoints; i++)
		capturer_drops_addresses(drops, &container->endpoints[i]);
}

/* What is from or to its containers, inside of these and on the host. One that has gone meanwhile
 * has nothing to drop. */
static void ask_network_drops(const struct finding *finding, const struct facts_network *network,
			      int host)
{
	const struct facts *facts = &finding->facts;

	capturer_drops_space(finding->drops, inode_of(host), "the host", false);
	for (size_t i = 0; i < facts->n_containers; i++) {
		const struct facts_container *container = &facts->containers[i];
		bool is_in = false;

		for (size_t k = 0; k < container->n_endpoints; k++) {
			if (strcmp(container->endpoints[k].network, network->name) != 0)
				continue;
			is_in = true;
			capturer_drops_addresses(finding->drops, &container->endpoints[k]);
		}
		if (is_in && container->netns != 0)
			capturer_drops_space(finding->drops, container->netns, container->name,
					     false);
	}
}

/* ---- of whom ---- */

/* n interfaces share the memory. So rings are of equal size, and all of them together have
 * CAPTURE_RINGS_SIZE. */
static int make_room(struct finding *finding, size_t n)
{
	if (n > CAPTURE_TAPS_MAX)
		return error_set(finding->error, ERROR_TOO_LARGE,
				 "%s has %zu interfaces, and %d are captured at the most",
				 finding->options->asked.name, n, CAPTURE_TAPS_MAX);
	/* n may be larger than what is opened in the end. */
	finding->places->list = calloc(n, sizeof(*finding->places->list));
	finding->n_wanted = n;
	return finding->places->list ? 0 : error_system(finding->error, -ENOMEM, "cannot capture");
}

/* Each kind of container that cannot be captured has its sentence. */
static int open_container(struct finding *finding, const struct facts_container *container)
{
	const struct capture_asked *asked = &finding->options->asked;
	_cleanup_close_ int inside = -1, host = -1;
	int err;

	if (container->host_mode)
		return error_set(
			finding->error, ERROR_INVALID,
			"container %s is on the host's network and has no interface of its "
			"own: tcpdump on the host shows what it sends",
			container->name);
	if (container->n_endpoints == 0 && !asked->loopback)
		return error_set(finding->error, ERROR_INVALID,
				 "container %s is on no network: connect it to one, or capture its "
				 "loopback",
				 container->name);
	/* An endpoint without a host's end takes a place that stays empty. */
	err = make_room(finding, container->n_endpoints * (asked->both ? 2 : 1) + asked->loopback);
	if (err < 0)
		return err;
	/* Both namespaces are opened first, so that a container that has gone leaves no half of a
	 * capture. */
	inside = explain_places_netns(&finding->facts, container->space, finding->error);
	host = inside < 0 ? -1 : explain_places_netns(&finding->facts, "host", finding->error);
	if (host < 0)
		return finding->error->code;
	for (size_t i = 0; i < container->n_endpoints && err == 0; i++) {
		const struct facts_endpoint *endpoint = &container->endpoints[i];

		err = add_inside(finding, container, endpoint, inside);
		if (err == 0 && asked->both && endpoint->host_ifname[0])
			err = add_host_end(finding, container, endpoint, host);
	}
	if (err == 0 && asked->drops)
		ask_container_drops(finding, container, inside, host);
	return err == 0 && asked->loopback ? add_loopback(finding, container, inside) : err;
}

/* What belongs to a container is refused for a network. */
static int open_network(struct finding *finding, const struct facts_network *network)
{
	const struct capture_asked *asked = &finding->options->asked;
	_cleanup_close_ int host = -1;
	int err;

	if (asked->both || asked->loopback)
		return error_set(finding->error, ERROR_INVALID,
				 "%s is a network: its bridge is captured, and %s asks about a "
				 "container",
				 network->name, asked->both ? "both" : "loopback");
	if (network->n_bridges == 0)
		return error_set(finding->error, ERROR_INVALID,
				 "network %s has no bridge that could be captured", network->name);
	err = make_room(finding, network->n_bridges);
	if (err < 0)
		return err;
	host = explain_places_netns(&finding->facts, "host", finding->error);
	if (host < 0)
		return host;
	for (size_t i = 0; i < network->n_bridges && err == 0; i++)
		err = add_bridge(finding, network, network->bridges[i], host);
	if (err == 0 && asked->drops)
		ask_network_drops(finding, network, host);
	return err;
}

/* By name or id, or, unless it is a container's name, the beginning of one that no other has. The
 * beginning of an id counts only where no name fits. is_container: the text is a container's name
 * already. */
static int find_network(struct finding *finding, const char *text, bool is_container,
			const struct facts_network **ret_network)
{
	const struct facts_network *begins = NULL;
	size_t n_begins = 0;

	for (size_t i = 0; i < finding->facts.n_networks; i++) {
		const struct facts_network *network = &finding->facts.networks[i];

		if (strcmp(network->name, text) == 0 || strcmp(network->id, text) == 0) {
			*ret_network = network;
			return 0;
		}
		if (!is_container && strncmp(network->id, text, strlen(text)) == 0) {
			begins = network;
			n_begins++;
		}
	}
	if (n_begins > 1)
		return error_set(finding->error, ERROR_INVALID,
				 "the ids of %zu networks begin with '%s': write more of it",
				 n_begins, text);
	*ret_network = begins;
	return 0;
}

/* What stands behind "container:" or "network:", which say of which of the two it is the name;
 * NULL: it does not begin so. For a name that is both a container's and a network's. */
static const char *behind(const char *text, const char *kind)
{
	size_t len = strlen(kind);

	return strncmp(text, kind, len) == 0 ? text + len : NULL;
}

/* A name is looked for among both, unless it says which. A name of both is refused rather than
 * guessed. */
static int open_asked(struct finding *finding)
{
	const char *text = finding->options->asked.name;
	const char *container_name = behind(text, "container:");
	const char *network_name = behind(text, "network:");
	const struct facts_container *container = NULL;
	const struct facts_network *network = NULL;
	int err = 0;

	if (!network_name)
		err = question_container(&finding->facts, container_name ? container_name : text,
					 &container, finding->error);
	if (err == 0 && !container_name)
		err = find_network(finding, network_name ? network_name : text, container != NULL,
				   &network);
	if (err < 0)
		return err;
	if (container && network)
		return error_set(finding->error, ERROR_INVALID,
				 "there is a container %s and a network %s: write container:%s or "
				 "network:%s",
				 container->name, network->name, text, text);
	if (container)
		return open_container(finding, container);
	if (network)
		return open_network(finding, network);
	return error_set(finding->error, ERROR_NOT_FOUND,
			 "there is no container and no network called %s", text);
}

/* ret_places is to be given to capturer_places_done(), also after a failure. The facts are needed
 * to open only. */
int capturer_places_open(const struct capturer_options *options, const struct compiled *filter,
			 struct capturer_drops *drops, struct capturer_places *ret_places,
			 struct error *error)
{
	struct finding finding = { .options = options,
				   .filter = filter,
				   .places = ret_places,
				   .drops = drops,
				   .error = error };
	int err = believe(&finding);

	if (err == 0)
		err = open_asked(&finding);
	if (err == 0 && drops->is_asked)
		capturer_drops_go(drops, options->asked.snaplen);
	facts_done(&finding.facts);
	return err;
}

/* Rings and promiscuity go with the sockets. */
void capturer_places_done(struct capturer_places *places)
{
	for (size_t i = 0; i < places->n; i++)
		tap_close(&places->list[i].tap);
	free(places->list);
	*places = (struct capturer_places) { 0 };
}
