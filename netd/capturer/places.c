// SPDX-License-Identifier: GPL-2.0-or-later
// places.c - the interfaces of a container or a network that are captured: asked for, and opened
#include "base/cleanup.h"
#include "capturer/capturer.h"
#include "client/client.h"
#include "diag/belief.h"
#include "explain/explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Theory of operation. Where interfaces are is what netd believes, from a snapshot, or from its
 * records when it is dead (explain/). Which of them are meant is decided in chosen.c. Each gets a
 * socket in its namespace; the namespace of a container stays as long as a socket is in it, and the
 * interface goes when netd removes it. What comes later, such as another network, is not captured.
 *
 * The network namespace of each place is entered once, to open a socket there. Rings share the
 * memory that one capture may have, so many interfaces have smaller rings. */

/* facts: what netd believes, or its records. places is filled, and closed by capturer_places_done()
 * in any case. */
struct finding {
	const struct capturer_options *options;
	const struct compiled *filter;
	struct facts facts;
	struct capturer_chosen chosen;
	struct capturer_places *places;
	struct capturer_drops *drops;
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

/* ---- what is dropped ---- */

/* 0: it cannot be, and nobody has it. */
static uint64_t inode_of(int netns_fd)
{
	struct stat stat;

	return fstat(netns_fd, &stat) < 0 ? 0 : stat.st_ino;
}

/* All that is dropped inside, and on the host what is from or to it. */
static void ask_container_drops(const struct finding *finding, int inside, int host)
{
	const struct facts_container *container = finding->chosen.container;
	struct capturer_drops *drops = finding->drops;

	capturer_drops_space(drops, inode_of(inside), container->name, true);
	capturer_drops_space(drops, inode_of(host), "the host", false);
	for (size_t i = 0; i < container->n_endpoints; i++)
		capturer_drops_addresses(drops, &container->endpoints[i]);
}

/* What is from or to its containers, inside of these and on the host. One that has gone meanwhile
 * has nothing to drop. */
static void ask_network_drops(const struct finding *finding, int host)
{
	const struct facts_network *network = finding->chosen.network;
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

/* ---- what is opened ---- */

/* All rings together have CAPTURE_RINGS_SIZE. -1 first: 0 would be a descriptor, and tap_close() is
 * called behind a failure of tap_open(), too. */
static int open_place(struct finding *finding, const struct capturer_choice *choice, int netns_fd)
{
	struct capturer_place *place = &finding->places->list[finding->places->n++];
	const struct tap_asked asked = {
		.ifname = choice->ifname,
		.code = finding->filter->code,
		.n_code = finding->filter->n,
		.ring_size = CAPTURE_RINGS_SIZE / finding->chosen.n,
		.is_promiscuous = choice->is_bridge,
	};
	int err;

	(void)snprintf(place->name, sizeof(place->name), "%s", choice->name);
	(void)snprintf(place->description, sizeof(place->description), "%s", choice->description);
	place->tap.fd = -1;
	err = tap_open(netns_fd, &asked, &place->tap, finding->error);
	if (err < 0)
		error_prefix(finding->error, "%s", place->description);
	return err;
}

/* Both namespaces are opened first, so that a container that has gone leaves no half of a
 * capture. */
static int open_chosen(struct finding *finding)
{
	const struct capturer_chosen *chosen = &finding->chosen;
	_cleanup_close_ int inside = -1, host = -1;
	int err = 0;

	finding->places->list = calloc(chosen->n, sizeof(*finding->places->list));
	if (!finding->places->list)
		return error_system(finding->error, -ENOMEM, "cannot capture");
	if (chosen->container)
		inside = explain_places_netns(&finding->facts, chosen->container->space,
					      finding->error);
	if (chosen->container && inside < 0)
		return finding->error->code;
	host = explain_places_netns(&finding->facts, "host", finding->error);
	if (host < 0)
		return finding->error->code;
	for (size_t i = 0; i < chosen->n && err == 0; i++)
		err = open_place(finding, &chosen->list[i],
				 chosen->list[i].is_inside ? inside : host);
	if (err < 0 || !finding->options->asked.drops)
		return err;
	if (chosen->container)
		ask_container_drops(finding, inside, host);
	else
		ask_network_drops(finding, host);
	return 0;
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
		err = capturer_choose(&options->asked, &finding.facts, &finding.chosen, error);
	if (err == 0)
		err = open_chosen(&finding);
	if (err == 0 && drops->is_asked)
		capturer_drops_go(drops, options->asked.snaplen);
	capturer_chosen_done(&finding.chosen);
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
