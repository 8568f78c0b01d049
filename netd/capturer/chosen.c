// SPDX-License-Identifier: GPL-2.0-or-later
// chosen.c - which interfaces are meant by what is asked, from what netd believes
#include "capturer/capturer.h"
#include "diag/question.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A name is a container's or a network's, and each of both has its interfaces.
 * Here it is decided which ones, in which order, and what a person calls them; whatever cannot be
 * captured has its sentence. Nothing is opened and nobody is asked: places.c does that with what
 * comes out.
 *
 * The order within a container is: for each endpoint the inside, then the host's end; then the
 * loopback. Names and descriptions go into the file (pcapng's interface blocks). */

/* ---- one interface ---- */

/* make_room() has seen to it that there is room. */
static struct capturer_choice *add(struct capturer_chosen *chosen, const char *ifname)
{
	struct capturer_choice *choice = &chosen->list[chosen->n++];

	(void)snprintf(choice->ifname, sizeof(choice->ifname), "%s", ifname);
	return choice;
}

/* The name is what Wireshark shows as the interface. */
static void add_inside(struct capturer_chosen *chosen, const struct facts_endpoint *endpoint)
{
	const char *container = chosen->container->name;
	struct capturer_choice *choice = add(chosen, endpoint->ifname);

	choice->is_inside = true;
	(void)snprintf(choice->name, sizeof(choice->name), "%s@%s %s", container, endpoint->network,
		       endpoint->ifname);
	(void)snprintf(choice->description, sizeof(choice->description),
		       "container %s, network %s, inside", container, endpoint->network);
}

/* The same packets on the host's side, where they may have been changed or dropped. Only where netd
 * knows the name of the host's end. */
static void add_host_end(struct capturer_chosen *chosen, const struct facts_endpoint *endpoint)
{
	const char *container = chosen->container->name;
	struct capturer_choice *choice = add(chosen, endpoint->host_ifname);

	(void)snprintf(choice->name, sizeof(choice->name), "%s@%s host %s", container,
		       endpoint->network, endpoint->host_ifname);
	(void)snprintf(choice->description, sizeof(choice->description),
		       "container %s, network %s, the host's end", container, endpoint->network);
}

/* The loopback carries what a container says to itself, also questions to netd's resolver. */
static void add_loopback(struct capturer_chosen *chosen)
{
	struct capturer_choice *choice = add(chosen, "lo");

	choice->is_inside = true;
	(void)snprintf(choice->name, sizeof(choice->name), "%s lo", chosen->container->name);
	(void)snprintf(choice->description, sizeof(choice->description),
		       "container %s, what it says to itself", chosen->container->name);
}

/* Frames between any two containers of the network pass here. A bridge shows all its frames only in
 * promiscuous mode; the end of a pair shows them anyway. */
static void add_bridge(struct capturer_chosen *chosen, const char *bridge)
{
	struct capturer_choice *choice = add(chosen, bridge);

	choice->is_bridge = true;
	(void)snprintf(choice->name, sizeof(choice->name), "%s bridge %s", chosen->network->name,
		       bridge);
	(void)snprintf(choice->description, sizeof(choice->description), "network %s, its bridge",
		       chosen->network->name);
}

/* ---- of whom ---- */

/* n may be larger than what is chosen in the end. */
static int make_room(struct capturer_chosen *chosen, const struct capture_asked *asked, size_t n,
		     struct error *error)
{
	if (n > CAPTURE_TAPS_MAX)
		return error_set(error, ERROR_TOO_LARGE,
				 "%s has %zu interfaces, and %d are captured at the most",
				 asked->name, n, CAPTURE_TAPS_MAX);
	chosen->list = calloc(n, sizeof(*chosen->list));
	return chosen->list ? 0 : error_system(error, -ENOMEM, "cannot capture");
}

/* Each kind of container that cannot be captured has its sentence. */
static int choose_container(struct capturer_chosen *chosen, const struct capture_asked *asked,
			    struct error *error)
{
	const struct facts_container *container = chosen->container;
	int err;

	if (container->host_mode)
		return error_set(
			error, ERROR_INVALID,
			"container %s is on the host's network and has no interface of its "
			"own: tcpdump on the host shows what it sends",
			container->name);
	if (container->n_endpoints == 0 && !asked->loopback)
		return error_set(error, ERROR_INVALID,
				 "container %s is on no network: connect it to one, or capture its "
				 "loopback",
				 container->name);
	err = make_room(chosen, asked,
			container->n_endpoints * (asked->both ? 2 : 1) + asked->loopback, error);
	if (err < 0)
		return err;
	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct facts_endpoint *endpoint = &container->endpoints[i];

		add_inside(chosen, endpoint);
		if (asked->both && endpoint->host_ifname[0])
			add_host_end(chosen, endpoint);
	}
	if (asked->loopback)
		add_loopback(chosen);
	return 0;
}

/* What belongs to a container is refused for a network. */
static int choose_network(struct capturer_chosen *chosen, const struct capture_asked *asked,
			  struct error *error)
{
	const struct facts_network *network = chosen->network;
	int err;

	if (asked->both || asked->loopback)
		return error_set(error, ERROR_INVALID,
				 "%s is a network: its bridge is captured, and %s asks about a "
				 "container",
				 network->name, asked->both ? "both" : "loopback");
	if (network->n_bridges == 0)
		return error_set(error, ERROR_INVALID,
				 "network %s has no bridge that could be captured", network->name);
	err = make_room(chosen, asked, network->n_bridges, error);
	for (size_t i = 0; i < network->n_bridges && err == 0; i++)
		add_bridge(chosen, network->bridges[i]);
	return err;
}

/* By name or id, or, unless it is a container's name, the beginning of one that no other has. The
 * beginning of an id counts only where no name fits. is_container: the text is a container's name
 * already. */
static int find_network(const struct facts *facts, const char *text, bool is_container,
			const struct facts_network **ret_network, struct error *error)
{
	const struct facts_network *begins = NULL;
	size_t n_begins = 0;

	for (size_t i = 0; i < facts->n_networks; i++) {
		const struct facts_network *network = &facts->networks[i];

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
		return error_set(error, ERROR_INVALID,
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
static int find(struct capturer_chosen *chosen, const char *text, const struct facts *facts,
		struct error *error)
{
	const char *container_name = behind(text, "container:");
	const char *network_name = behind(text, "network:");
	int err = 0;

	if (!network_name)
		err = question_container(facts, container_name ? container_name : text,
					 &chosen->container, error);
	if (err == 0 && !container_name)
		err = find_network(facts, network_name ? network_name : text,
				   chosen->container != NULL, &chosen->network, error);
	if (err < 0)
		return err;
	if (chosen->container && chosen->network)
		return error_set(error, ERROR_INVALID,
				 "there is a container %s and a network %s: write container:%s or "
				 "network:%s",
				 chosen->container->name, chosen->network->name, text, text);
	if (!chosen->container && !chosen->network)
		return error_set(error, ERROR_NOT_FOUND,
				 "there is no container and no network called %s", text);
	return 0;
}

int capturer_choose(const struct capture_asked *asked, const struct facts *facts,
		    struct capturer_chosen *ret_chosen, struct error *error)
{
	int err;

	*ret_chosen = (struct capturer_chosen) { 0 };
	err = find(ret_chosen, asked->name, facts, error);
	if (err < 0)
		return err;
	return ret_chosen->container ? choose_container(ret_chosen, asked, error)
				     : choose_network(ret_chosen, asked, error);
}

void capturer_chosen_done(struct capturer_chosen *chosen)
{
	free(chosen->list);
	*chosen = (struct capturer_chosen) { 0 };
}
