// SPDX-License-Identifier: GPL-2.0-or-later
// forwarding.c - the host made to forward for netd's networks, and back
#include "engine/wire/wire.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. Containers reach beyond their bridge only when the host forwards. Where it
 * did not, netd switches it on for itself alone: strangers go on finding no way through the host
 * (the set "strangers").
 *
 * A host that forwards IPv6 is a router to the kernel, and takes no router advertisements: it drops
 * the default routes it had from them at once, and its addresses when they expire (addrconf.c,
 * rt6_purge_dflt_routers). accept_ra 2 says that it takes them all the same. So each interface that
 * would have taken them is given that first, and the one that new interfaces take after,
 * "default". What they had is in the file RA_FILE of the run directory, a line "INTERFACE VALUE"
 * each, written before the change; those which had 2 themselves are in it too.
 *
 * IPv6 goes back to what it was when no network needs it any more, and when netd stops while
 * nothing is attached. Not while somebody else's bridge has IPv6: its owner found forwarding on,
 * counts on it, and is let through. Nobody else can: he is a stranger. */

#define SYSCTL4 "net/ipv4/ip_forward"
#define LINKS_TO_COME4 "net/ipv4/conf/default/forwarding" /* is what each link gets */
#define LOOPBACK4 "net/ipv4/conf/lo/forwarding"
#define SYSCTL6 "net/ipv6/conf/all/forwarding"
#define RA_FILE "accept-ra"
#define MARK_FORWARDING4 "forwarding-ipv4"
#define MARK_FORWARDING6 "forwarding-ipv6"
#define RA_DEFAULT "default" /* no interface can have that name */

/* Whether the setting has this value. One that cannot be read has none. */
static bool sysctl_is(const struct engine *engine, const char *path, char value)
{
	char text[16];

	return engine->door->settings.read(path, text, sizeof(text)) == 0 && text[0] == value &&
	       text[1] == '\0';
}

static const char *conf_path(char ret_path[static 64], const char *ifname, const char *key)
{
	(void)snprintf(ret_path, 64, "net/ipv6/conf/%s/%s", ifname, key); /* fits: 43 */
	return ret_path;
}

/* --- router advertisements --- */

struct ra_line {
	char ifname[IFNAME_LEN_MAX + 1];
	char was; /* '1': netd made it 2; '2' */
};

/* Calls for each line of the record until that returns true; then so does this. */
static bool ra_each(const struct engine *engine,
		    bool (*each)(const struct ra_line *line, void *data), void *data)
{
	char path[PATH_LEN_MAX + 1];
	struct ra_line line;
	bool done = false;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/" RA_FILE, engine->run_dir);
	file = fopen(path, "re");
	if (!file)
		return false;
	/* The format bounds the name to 15 bytes, which is IFNAMSIZ less the NUL: a longer word
	 * in the file cannot overrun it. */
	while (!done && fscanf(file, "%15s %c\n", line.ifname, &line.was) == 2)
		done = each(&line, data);
	(void)fclose(file); /* read only */
	return done;
}

static bool is_line_of(const struct ra_line *line, void *data)
{
	struct ra_line *wanted = data;

	if (strcmp(line->ifname, wanted->ifname) != 0)
		return false;
	*wanted = *line;
	return true;
}

/* What it had before netd came, or 0. '\0': nothing is noted of it. */
static char ra_was(const struct engine *engine, const char *ifname)
{
	struct ra_line line = { 0 };

	(void)snprintf(line.ifname, sizeof(line.ifname), "%s", ifname);
	return ra_each(engine, is_line_of, &line) ? line.was : '\0';
}

/* A line is appended by one write(2) with O_APPEND, so a netd that is killed leaves whole lines. */
static void ra_record(const struct engine *engine, const char *ifname, char was)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_LEN_MAX + 1], text[IFNAME_LEN_MAX + 4];
	int len = snprintf(text, sizeof(text), "%s %c\n", ifname, was);

	/* The first note is the one from before netd. A second one would note netd's own value as
	 * the host's. */
	if (ra_was(engine, ifname))
		return;
	(void)snprintf(path, sizeof(path), "%s/" RA_FILE, engine->run_dir);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	/* Without it the interface keeps 2, and the host its addresses. */
	if (fd < 0 || write(fd, text, (size_t)len) != len)
		log_warn("cannot remember in %s that accept_ra of %s was %c", path, ifname, was);
}

/* routed: netd has made the host forward already. Makes this interface take router advertisements
 * on a host that forwards, if it takes them today. */
static void ra_keep(const struct engine *engine, const char *ifname, bool routed)
{
	char path[64], forwarding[64];
	struct error error;

	conf_path(path, ifname, "accept_ra");
	if (sysctl_is(engine, path, '2'))
		ra_record(engine, ifname, '2');
	/* forwarding 0 means that the interface takes advertisements with accept_ra 1 today, and
	 * will not when the host forwards (ipv6_accept_ra, include/net/ipv6.h). One that forwards
	 * already took none, and stays as it is. */
	if (!sysctl_is(engine, path, '1') ||
	    !(routed || sysctl_is(engine, conf_path(forwarding, ifname, "forwarding"), '0')))
		return;
	/* The note first: a netd that is killed between the two leaves a note that is true but
	 * unused, and not a 2 that nobody explains. */
	ra_record(engine, ifname, '1');
	if (engine->door->settings.write(path, "2", &error) < 0)
		log_warn("%s will take no router advertisements: %s", ifname, error.text);
	else
		log_info("accept_ra of %s is 2: router advertisements are taken by a host that "
			 "forwards, too",
			 ifname);
}

/* The inverse of ra_keep, for interfaces that still have what netd gave them. */
static void ra_restore(const struct engine *engine, const char *ifname)
{
	char path[64], was = ra_was(engine, ifname);
	struct error error;

	/* One that came later took after "default". */
	if (was == '\0')
		was = ra_was(engine, RA_DEFAULT);
	/* What somebody else has set since is his and stays. */
	if (was == '1' && sysctl_is(engine, conf_path(path, ifname, "accept_ra"), '2') &&
	    engine->door->settings.write(path, "1", &error) < 0)
		log_warn("%s", error.text);
}

/* Ours, and the ports of ours, have no router but the host. Bridges and ports of netd's get no
 * advertisements from anybody who may give them. */
static bool is_of_network(const struct engine *engine, const struct rtnl_link *link)
{
	return tables_own_bridge(engine, link->ifindex) ||
	       tables_own_bridge(engine, link->master) ||
	       strncmp(link->alias, NETWORK_ALIAS, strlen(NETWORK_ALIAS)) == 0;
}

static void ra_keep_all(struct engine *engine, bool routed)
{
	struct rtnl_link *links = NULL;
	size_t n = 0;

	run_dir_set_mark(engine, RA_FILE, true); /* there, though no interface may need a line */
	if (engine->door->links.all(engine->rtnl, &links, &n, NULL) < 0)
		log_warn("interfaces will take no router advertisements: they cannot be listed");
	for (size_t i = 0; i < n; i++)
		if (!is_of_network(engine, &links[i]) && !(links[i].flags & IFF_LOOPBACK))
			ra_keep(engine, links[i].name, routed);
	/* Last, for an interface that comes while the list is walked takes after "default", and
	 * then has what all others get. */
	ra_keep(engine, RA_DEFAULT, routed);
	free(links);
}

/* A link list that cannot be had leaves interfaces with 2, which takes advertisements as before. */
static void ra_restore_all(struct engine *engine)
{
	struct rtnl_link *links = NULL;
	size_t n = 0;

	(void)engine->door->links.all(engine->rtnl, &links, &n,
				      NULL); /* what stays 2 does no harm */
	/* The list may be empty when the kernel did not answer. "default" is put back all the
	 * same. */
	for (size_t i = 0; i < n; i++)
		if (!is_of_network(engine, &links[i]))
			ra_restore(engine, links[i].name);
	ra_restore(engine, RA_DEFAULT);
	free(links);
	/* The file goes last: a netd that is killed before that does the whole again, which
	 * changes nothing more. */
	run_dir_set_mark(engine, RA_FILE, false);
}

static bool add_kept(const struct ra_line *line, void *data)
{
	if (line->was == '1')
		(void)json_array_append_new(data, json_string(line->ifname)); /* a list cut short */
	return false;
}

json_t *forwarding_kept_ra(const struct engine *engine)
{
	json_t *list = json_array();

	if (list)
		(void)ra_each(engine, add_kept, list); /* never done early */
	return list;
}

/* --- forwarding --- */

/* The mark is a file of the run directory, and so gone with the next boot, as the setting is. */
static void mark_ours(struct engine *engine, uint8_t family, bool on)
{
	run_dir_set_mark(engine, family == AF_INET ? MARK_FORWARDING4 : MARK_FORWARDING6, on);
}

bool forwarding_is_ours(const struct engine *engine, uint8_t family)
{
	return run_dir_has_mark(engine, family == AF_INET ? MARK_FORWARDING4 : MARK_FORWARDING6);
}

/* Two that switch IPv4 forwarding on at the same moment may both come back from the kernel with no
 * error while it reads 1 and no link forwards: a writer that found the lock of the links taken puts
 * the 0 back and begins again, and takes the 1 that the other wrote in between for no change
 * (devinet_sysctl_forward, net/ipv4/devinet.c, at 6.18; findings/ip-forward-on-and-off.sh). Links
 * that somebody has set one by one look otherwise: lo is not among them. */
static bool is_on_for_nobody(const struct engine *engine)
{
	return sysctl_is(engine, SYSCTL4, '1') && sysctl_is(engine, LINKS_TO_COME4, '0') &&
	       sysctl_is(engine, LOOPBACK4, '0');
}

/* A 0 in between makes the next 1 a change. Who writes beside netd does so once, or netd is told
 * and comes back. */
static int switch_on4(struct engine *engine, struct error *error)
{
	const struct door_settings *settings = &engine->door->settings;

	for (unsigned n = 0; n < 5; n++) {
		int err = settings->write(SYSCTL4, "1", error);

		if (err < 0 || !is_on_for_nobody(engine))
			return err;
		err = settings->write(SYSCTL4, "0", error);
		if (err < 0)
			return err;
	}
	return error_set(error, ERROR_UNAVAILABLE,
			 "IPv4 forwarding does not stay on: another "
			 "program switches it at the same time");
}

bool forwarding_is_in_force(const struct engine *engine, uint8_t family)
{
	return forwarding_on_host(engine, family) &&
	       !(family == AF_INET && forwarding_is_ours(engine, family) &&
		 is_on_for_nobody(engine));
}

/* Makes the host forward one family, and keeps strangers out at the same time. Not for a host that
 * forwards already: that is the host's decision. The order is mark, element, setting: at no moment
 * is a stranger let through. */
static void switch_on(struct engine *engine, uint8_t family)
{
	struct ruleset_elems elems = { 0 };
	struct error error = { 0 };
	int err;

	ruleset_add_strangers(&elems, family);
	/* The mark before the switch: a host that forwards for no visible reason would be open to
	 * strangers, and the next netd would take the forwarding for the host's own. */
	mark_ours(engine, family, true);
	/* While booting the table is not there yet, and is made with the mark. rules_reset makes
	 * the table of all marks (forwarding_is_ours). */
	if (!engine->booting && engine->door->rules.add(engine->nft, &elems, &error) < 0) {
		log_warn("forwarding stays off: %s", error.text);
	} else {
		err = family == AF_INET ? switch_on4(engine, &error)
					: engine->door->settings.write(SYSCTL6, "1", &error);
		if (err < 0)
			log_warn("%s", error.text);
	}
	ruleset_elems_done(&elems);
}

static void switch_on6(struct engine *engine)
{
	/* Two marks tell how far a netd that was killed has come: RA_FILE is there before
	 * forwarding is on, and forwarding-ipv6 says whose it is. */
	bool on = sysctl_is(engine, SYSCTL6, '1'), ours = forwarding_is_ours(engine, AF_INET6);

	/* It is on, and netd was killed in between, or has learnt this since. */
	if (on && ours && !run_dir_has_mark(engine, RA_FILE))
		ra_keep_all(engine, true);
	if (on)
		return;
	/* Before the switch. The kernel drops the default routes from advertisements at the
	 * moment when forwarding goes on, and no accept_ra brings them back before the next
	 * advertisement. */
	ra_keep_all(engine, false);
	switch_on(engine, AF_INET6);
}

/* The host forwards between the segments of an internal network, too. Whether this network needs a
 * host that forwards. */
bool forwarding_is_for(const struct network *network)
{
	return network_is_forwarded(&network->spec) || network->last_segment > 0;
}

/* The administrator may forbid it: ip-forward in netd.json. */
static bool needs_forwarding(const struct engine *engine, const struct network *network)
{
	return engine->config->ip_forward && forwarding_is_for(network);
}

void forwarding_ensure(struct engine *engine, const struct network *network)
{
	const struct network_spec *spec = &network->spec;

	if (!needs_forwarding(engine, network))
		return;
	/* The families differ: only with IPv6 the kernel gives up routes that it has from router
	 * advertisements. */
	if (spec->has[FAMILY_4] && !sysctl_is(engine, SYSCTL4, '1'))
		switch_on(engine, AF_INET);
	if (spec->has[FAMILY_6])
		switch_on6(engine);
}

/* Somebody switched it off, and netd had switched it on. */
void forwarding_again(struct engine *engine, uint8_t family)
{
	if (family == AF_INET)
		switch_on(engine, AF_INET);
	else
		switch_on6(engine);
}

/* The bridge with this index, if it is somebody else's. */
static const struct rtnl_link *foreign_bridge(const struct engine *engine,
					      const struct rtnl_link *links, size_t n, int ifindex)
{
	for (size_t i = 0; i < n; i++)
		if (links[i].ifindex == ifindex && strcmp(links[i].kind, "bridge") == 0 &&
		    !is_of_network(engine, &links[i]))
			return &links[i];
	return NULL;
}

/* Somebody else's bridge with a network of this family on it; what cannot be listed is there. */
static bool others_forward(struct engine *engine, uint8_t family)
{
	struct rtnl_link *links = NULL;
	struct rtnl_addr *addrs = NULL;
	size_t n_links = 0, n_addrs = 0;
	/* Both lists or neither: without them it is safer to leave forwarding on. */
	bool found = engine->door->links.all(engine->rtnl, &links, &n_links, NULL) < 0 ||
		     engine->door->addrs.all(engine->rtnl, &addrs, &n_addrs, NULL) < 0;

	for (size_t i = 0; !found && i < n_addrs; i++) {
		const struct addr *addr = &addrs[i].prefix.addr;
		const struct rtnl_link *bridge;

		if (addr->family != family || addr_is_link_local(addr))
			continue;
		bridge = foreign_bridge(engine, links, n_links, addrs[i].ifindex);
		if (bridge)
			log_info("%s forwarding stays on for bridge %s",
				 family == AF_INET ? "IPv4" : "IPv6", bridge->name);
		found = bridge;
	}
	free(links);
	free(addrs);
	return found;
}

bool forwarding_on_host(const struct engine *engine, uint8_t family)
{
	char value[16];

	/* What cannot be read forwards, as far as is known: no host is told to change a setting
	 * that it may not have. */
	return engine->door->settings.read(family == AF_INET ? SYSCTL4 : SYSCTL6, value,
					   sizeof(value)) < 0 ||
	       strcmp(value, "0") != 0;
}

/* Gives IPv6 back what it was, and says whether it did. The mark goes last: a netd that is killed
 * before does the rest at its next start. */
bool forwarding_put_back(struct engine *engine)
{
	struct error error;

	if (!forwarding_is_ours(engine, AF_INET6))
		return false;
	/* Forwarding first: with accept_ra 1 on a host that still forwards no advertisement would
	 * be taken in between. */
	if (engine->door->settings.write(SYSCTL6, "0", &error) < 0) {
		log_warn("IPv6 forwarding stays on: %s", error.text);
		return false;
	}
	ra_restore_all(engine);
	mark_ours(engine, AF_INET6, false);
	return true;
}

/* IPv4 forwarding stays on until a reset: unlike IPv6 it takes no routes from the host. */
static void switch_off6(struct engine *engine)
{
	struct ruleset_elems elems = { 0 };
	struct error error = { 0 };

	/* netd was killed when it had come no further. */
	if (!forwarding_is_ours(engine, AF_INET6) && run_dir_has_mark(engine, RA_FILE) &&
	    !sysctl_is(engine, SYSCTL6, '1'))
		ra_restore_all(engine);
	if (!forwarding_is_ours(engine, AF_INET6) || others_forward(engine, AF_INET6) ||
	    !forwarding_put_back(engine))
		return;
	/* Nobody is let through any more, so nothing has to keep strangers out. An element that
	 * is left would do so when the host forwards by its own choice later; so a failure is
	 * logged. */
	ruleset_add_strangers(&elems, AF_INET6);
	if (engine->door->rules.take(engine->nft, &elems, &error) < 0)
		log_warn("%s", error.text);
	ruleset_elems_done(&elems);
	log_info("IPv6 forwarding is off again, as it was before netd's networks");
}

/* Called when a network goes. The last one that needs IPv6 forwarding takes it along. */
void forwarding_release(struct engine *engine)
{
	if (engine->booting)
		return; /* networks that need it are yet to come */
	for (size_t i = 0; i < engine->n_networks; i++)
		if (engine->networks[i]->spec.has[FAMILY_6] &&
		    needs_forwarding(engine, engine->networks[i]))
			return;
	switch_off6(engine);
}

void forwarding_leave(struct engine *engine)
{
	/* What is attached needs the forwarding until the next netd takes over. */
	if (engine->n_containers == 0)
		switch_off6(engine);
}

void forwarding_reset(struct engine *engine)
{
	struct error error;

	switch_off6(engine);
	if (!forwarding_is_ours(engine, AF_INET) || others_forward(engine, AF_INET))
		return;
	/* The mark goes last: whoever is killed in between does the rest when he is asked again. */
	if (engine->door->settings.write(SYSCTL4, "0", &error) < 0)
		log_warn("IPv4 forwarding stays on: %s", error.text);
	else
		mark_ours(engine, AF_INET, false);
}
