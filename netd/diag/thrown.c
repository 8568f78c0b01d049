// SPDX-License-Identifier: GPL-2.0-or-later
// thrown.c - what the kernel throws away, by container, reason and place
#include "diag/thrown.h"

#include "base/json_write.h"
#include "diag/decoy.h"
#include "diag/losses.h"
#include "diag/reason.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. netd-trace tells numbers that only grow, a line for each place of the
 * kernel; what a person wants is by how much. So the numbers of last time are kept, sorted, and
 * those of now are held against them. A function may have several places, which are one here. */

/* By namespace, link, reason, function: everything that tells two places apart. */
static int compare(const void *left, const void *right)
{
	const struct traced_drop *a = left, *b = right;
	int order = a->netns < b->netns ? -1 : a->netns > b->netns;

	if (order == 0)
		order = strcmp(a->link, b->link);
	if (order == 0)
		order = strcmp(a->reason, b->reason);
	return order ? order : strcmp(a->function, b->function);
}

/* Sorted, and each place once. The counts of equal places are added up. */
static void gather(struct traced_drop *drops, size_t *n)
{
	size_t kept = 0;

	if (*n > 0)
		qsort(drops, *n, sizeof(*drops), compare);
	for (size_t i = 0; i < *n; i++) {
		if (kept > 0 && compare(&drops[kept - 1], &drops[i]) == 0)
			drops[kept - 1].n += drops[i].n;
		else
			drops[kept++] = drops[i];
	}
	*n = kept;
}

/* --- where that is ---------------------------------------------------------------------------- */

/* Where packets were thrown away, in words of netd. It points into the facts. */
struct where {
	const char *place; /* "inside", "port": the host's end of a container's link, "bridge",
			      "host" */
	const struct facts_container *container;
	const char *network;
	bool is_limit; /* the link holds what the container sends, for its limit of bandwidth */
};

/* The link inside says by which network; lo and others say nothing. */
static bool is_inside(const struct facts *facts, const struct traced_drop *drop,
		      struct where *where)
{
	for (size_t i = 0; i < facts->n_containers; i++) {
		const struct facts_container *container = &facts->containers[i];

		/* A container on the host's network has the host's namespace, and is looked for
		 * there. */
		if (container->netns != drop->netns || container->host_mode)
			continue;
		*where = (struct where) { .place = "inside", .container = container };
		for (size_t k = 0; *drop->link && k < container->n_endpoints; k++)
			if (strcmp(container->endpoints[k].ifname, drop->link) == 0)
				where->network = container->endpoints[k].network;
		return true;
	}
	return false;
}

/* The host's end of a container's link: the drop is the container's affair as much as the
 * host's. */
static bool is_port(const struct facts *facts, const char *link, struct where *where)
{
	for (size_t i = 0; i < facts->n_containers; i++) {
		const struct facts_container *container = &facts->containers[i];

		for (size_t k = 0; k < container->n_endpoints; k++) {
			const struct facts_endpoint *endpoint = &container->endpoints[k];
			bool is_limit = losses_is_limit(endpoint, link);

			if (is_limit || strcmp(endpoint->host_ifname, link) == 0) {
				*where = (struct where) { "port", container, endpoint->network,
							  is_limit };
				return true;
			}
		}
	}
	return false;
}

/* A bridge belongs to a network, and to no container. */
static bool is_bridge(const struct facts *facts, const char *link, struct where *where)
{
	for (size_t i = 0; i < facts->n_networks; i++)
		for (size_t k = 0; k < facts->networks[i].n_bridges; k++)
			if (strcmp(facts->networks[i].bridges[k], link) == 0) {
				*where = (struct where) { .place = "bridge",
							  .network = facts->networks[i].name };
				return true;
			}
	return false;
}

/* false: in a namespace of nobody's, as one is that has just ended. Of the host's own
 * namespace, what is no link of netd's is the host's. */
static bool find_where(const struct thrown *thrown, const struct traced_drop *drop,
		       struct where *where)
{
	if (drop->netns != thrown->host_netns)
		return is_inside(thrown->facts, drop, where);
	if (!*drop->link || (!is_port(thrown->facts, drop->link, where) &&
			     !is_bridge(thrown->facts, drop->link, where)))
		*where = (struct where) { .place = "host" };
	return true;
}

/* Members of the group see what is a container's or a network's (decision 26). "only" is what
 * was asked for by name. */
static bool is_wanted(const struct thrown *thrown, const struct where *where)
{
	const char *only = thrown->only;

	if (thrown->is_members && !where->container && !where->network)
		return false;
	return !only ||
	       (where->container && (strcmp(where->container->name, only) == 0 ||
				     strcmp(where->container->id, only) == 0)) ||
	       (where->network && strcmp(where->network, only) == 0);
}

/* --- what is told ----------------------------------------------------------------------------- */

/* The words for it. Nothing waits at the host's end of a container's link but for a limit: netd's,
 * or somebody's queue. */
static const char *say(const struct traced_drop *drop, const struct where *where)
{
	/* A link's own counter has neither. */
	if (!*drop->reason && !*drop->function)
		return "counted by the link, which does not say why";
	if (where->is_limit)
		return "netd's limit of what the container sends drops it";
	if (strcmp(where->place, "port") == 0 && strncmp(drop->reason, "QDISC_", 6) == 0)
		return "the limit of what the container receives drops it: netd's, or a queue that "
		       "somebody put there";
	return reason_say(drop->reason, drop->function);
}

static json_t *drop_json(const struct traced_drop *drop, uint64_t packets,
			 const struct where *where, bool is_decoy)
{
	json_t *container = where->container ? json_text(where->container->name) : json_null();
	json_t *json = json_pack(
		"{s:o, s:o, s:o, s:s, s:o, s:o, s:s, s:I, s:I}", "Container", container, "Network",
		json_text(where->network), "Link", json_text(drop->link), "Where", where->place,
		"Reason", json_text(drop->reason), "Function", json_text(drop->function), "Say",
		say(drop, where), "Packets", (json_int_t)packets, "Total", (json_int_t)drop->n);

	if (json && is_decoy)
		(void)json_object_set_new(json, "Decoy", json_true());
	return json;
}

/* before is sorted by gather(), as bsearch(3) needs it. */
static uint64_t grown_by(const struct thrown *thrown, const struct traced_drop *drop)
{
	const struct traced_drop *before = thrown->n_before > 0
						   ? bsearch(drop, thrown->before, thrown->n_before,
							     sizeof(*drop), compare)
						   : NULL;

	/* Fewer than before: it was forgotten meanwhile, and began anew. */
	return before && before->n <= drop->n ? drop->n - before->n : drop->n;
}

/* tell takes the object, and is given NULL where memory was lacking. */
int thrown_take(struct thrown *thrown, struct traced *seen, int (*tell)(void *data, json_t *json),
		void *data)
{
	int err = 0;

	gather(seen->drops, &seen->n_drops);
	for (size_t i = 0; err == 0 && i < seen->n_drops; i++) {
		const struct traced_drop *drop = &seen->drops[i];
		uint64_t packets = grown_by(thrown, drop);
		/* Whether it is ICMP is not counted, so a redirect is not told apart here. */
		bool is_decoy = decoy_is(drop->reason, drop->function, -1, false);
		struct where where;

		if (packets == 0 || !find_where(thrown, drop, &where) || !is_wanted(thrown, &where))
			continue;
		/* What looks like a loss and is none is counted apart. */
		*(is_decoy ? &thrown->n_left_out : &thrown->n_told) += packets;
		err = tell(data, drop_json(drop, packets, &where, is_decoy));
	}
	/* The numbers of now are those of last time from here on; seen gives them away. */
	free(thrown->before);
	thrown->before = seen->drops;
	thrown->n_before = seen->n_drops;
	seen->drops = NULL;
	seen->n_drops = seen->drops_size = 0;
	return err;
}

/* Empty afterwards, as at the beginning. */
void thrown_done(struct thrown *thrown)
{
	free(thrown->before);
	thrown->before = NULL;
	thrown->n_before = 0;
}

/* --- counters of links ------------------------------------------------------------------------ */

/* Behind the name bytes, packets, errors and drops of what came in and four more; the same of what
 * went out. */
static bool read_link(const char *line, struct traced_drop *drop)
{
	/* The name ends at the colon. */
	const char *end = strchr(line, ':');
	uint64_t in, out;

	line += strspn(line, " ");
	if (!end || end <= line || (size_t)(end - line) >= sizeof(drop->link) ||
	    sscanf(end + 1, "%*u %*u %*u %" SCNu64 " %*u %*u %*u %*u %*u %*u %*u %" SCNu64, &in,
		   &out) != 2)
		return false;
	memcpy(drop->link, line, (size_t)(end - line));
	drop->n = in + out;
	return drop->n > 0;
}

/* The text of /proc/net/dev. Its two lines of headings have no numbers, and are passed over. */
int thrown_read_links(const char *text, uint64_t netns, struct traced *seen)
{
	int err = 0;

	while (err == 0 && *text) {
		size_t len = strcspn(text, "\n");
		/* No reason and no function: that is the sign of a link's own counter. */
		struct traced_drop drop = { .netns = netns };
		char line[256];

		/* A line that is longer is none of the kernel's. */
		if (len < sizeof(line)) {
			memcpy(line, text, len);
			line[len] = '\0';
			if (read_link(line, &drop))
				err = traced_add_drop(seen, &drop);
		}
		text += len + (text[len] == '\n');
	}
	return err;
}
