// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_renew.c - another certificate for this host, before the one that it has ends
#include "plumber/cluster_renew.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "model/cluster/cluster_certificate.h"
#include "plumber/cluster.h"
#include "plumber/cluster_file.h"
#include "plumber/cluster_hosts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Theory of operation. A host that was let in has certificates that end. When a third of their time
 * is left an usher is started, as for a join: it asks the host that lets others in, shows what this
 * host has instead of a token, and gets the same for the same key and a new time. Because the key
 * stays, a file of etcd's and a word to the herald are all that changes: no connection ends, and
 * etcd is not started again. What was replaced is good until it ends, so its number stays in this
 * host's record: it is revoked with the others.
 *
 * The host that lets others in has the authority's key, and a certificate that is good for as long
 * as that: one that ended sooner would keep nobody from anything. */

bool cluster_renew_first(const struct cluster_config *config, int64_t *ret_end_s,
			 int64_t *ret_life_s)
{
	const char *const texts[] = { config->cert, config->serving, config->ca };
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int64_t begin, end;

		if (cluster_certificate_life(texts[i], &begin, &end) < 0 ||
		    (found && end >= *ret_end_s))
			continue;
		found = true;
		*ret_end_s = end;
		/* It was signed some time after it began to be good. */
		*ret_life_s = end - begin - AUTHORITY_BACKDATED_S;
		if (*ret_life_s <= 0)
			*ret_life_s = end - begin;
	}
	return found;
}

/* Whether this host has certificates that another one renews, and it is time. */
static bool is_due(const struct cluster_config *config)
{
	int64_t end, life;

	return config->follows && !config->own && config->joined &&
	       cluster_renew_first(config, &end, &life) &&
	       end - (int64_t)time(NULL) < life / CLUSTER_RENEW_SHARE;
}

/* It is said once, and shown by status until it has worked. */
static void note(struct cluster *cluster, const char *why)
{
	if (strcmp(cluster->renew_why, why) == 0)
		return;
	(void)snprintf(cluster->renew_why, sizeof(cluster->renew_why), "%s", why);
	if (*why)
		log_warn("this host's certificate is not renewed: %s", why);
}

/* --- another one --- */

/* What is replaced is good until it ends. Where there is no room, the one goes that ends first. */
static void keep_former(struct cluster_config *config, const char *text)
{
	struct cluster_config_serial entry = { 0 };
	size_t n = 0, first = 0;
	int64_t end;

	if (cluster_certificate_serial(text, entry.serial) < 0 ||
	    cluster_certificate_end(text, &end) < 0)
		return;
	entry.ends = (uint64_t)end;
	for (size_t i = 0; i < config->n_former; i++)
		if (config->former[i].ends > (uint64_t)time(NULL))
			config->former[n++] = config->former[i];
	config->n_former = n;
	if (n < CLUSTER_FORMER_MAX) {
		config->former[config->n_former++] = entry;
		return;
	}
	for (size_t i = 1; i < n; i++)
		if (config->former[i].ends < config->former[first].ends)
			first = i;
	config->former[first] = entry;
}

/* The new certificate is in force with this host's etcd and its herald, and kept before. */
static void put_in_force(struct cluster *cluster, const struct usher_admitted *admitted)
{
	struct cluster_config *config = &cluster->config;
	struct error error;

	keep_former(config, config->cert);
	memcpy(config->cert, admitted->cert, sizeof(config->cert));
	if (addr_is_set(&admitted->serves) && addr_equal(&admitted->serves, &config->serves)) {
		keep_former(config, config->serving);
		memcpy(config->serving, admitted->serving, sizeof(config->serving));
	}
	if (cluster_file_write(cluster->state_dir, config, &error) < 0)
		log_warn("%s", error.text); /* it is asked for again at the next start */
	heralding_renew(&cluster->link, config);
	keeping_tell(&cluster->keeping, config);
	log_info("this host's certificate is renewed");
}

/* Whether what was answered is newer than what there is. What it is worth is found out by whoever
 * meets it; the host that signed it was met as one of the cluster's. */
static bool is_newer(const struct cluster_config *config, const struct usher_admitted *admitted)
{
	int64_t before, after;

	return cluster_certificate_end(config->cert, &before) == 0 &&
	       cluster_certificate_end(admitted->cert, &after) == 0 && after > before &&
	       strcmp(config->key, admitted->key) == 0;
}

static void on_renewed(int status, const uint8_t *answer, size_t len, void *data)
{
	static struct usher_admitted admitted; /* large */
	struct cluster *cluster = data;
	struct wire wire = wire_reader(answer, len);
	char why[HERALD_WHY_LEN_MAX + 1] = "";

	cluster->renews = false;
	/* It parts, and has no usher any more. */
	if (!cluster->configured || cluster->errand == CLUSTER_PARTING)
		return;
	ushering_part(&cluster->ushering);
	cluster->usher.stop(cluster->usher.data);
	if (status == 0)
		usher_msg_get_admitted(&wire, &admitted);
	if (status != 0)
		(void)snprintf(why, sizeof(why), "%.*s", answer ? (int)len : 0,
			       answer ? (const char *)answer : "");
	if (status != 0 && !*why)
		(void)snprintf(why, sizeof(why), "the process that asks for another has ended");
	else if (status == 0 && (wire.err != 0 || !is_newer(&cluster->config, &admitted)))
		(void)snprintf(why, sizeof(why), "what was answered is no newer certificate");
	note(cluster, why);
	if (!*why)
		put_in_force(cluster, &admitted);
	explicit_bzero(&admitted, sizeof(admitted));
}

/* --- when --- */

/* The usher is this host's own process; where to ask is known from the host's record. */
static int ask(struct cluster *cluster, const struct cluster_record *door, struct error *error)
{
	static struct usher_renew renew; /* large */
	const struct cluster_config *config = &cluster->config;
	const struct addr *vtep = door->host.vtep;
	int err;

	/* By the family that this host has as well. */
	renew = (struct usher_renew) { .port = CLUSTER_DOOR_PORT };
	for (enum family family = 0; family < FAMILY_N; family++)
		if (!addr_is_set(&renew.addr) && addr_is_set(&config->addrs[family]))
			renew.addr = vtep[family];
	memcpy(renew.ca, config->ca, sizeof(renew.ca));
	/* The one for a member of etcd says at which address the next may be good. */
	memcpy(renew.cert, config->serving[0] ? config->serving : config->cert, sizeof(renew.cert));
	memcpy(renew.key, config->key, sizeof(renew.key));
	err = addr_is_set(&renew.addr)
		      ? cluster->usher.start(cluster->usher.data, error)
		      : error_set(error, ERROR_UNAVAILABLE,
				  "%s has no address of this host's family", door->key.host);
	if (err == 0) {
		err = ushering_renew(&cluster->ushering, &renew, on_renewed, cluster);
		if (err < 0) {
			(void)error_system(error, err, "cannot ask for another");
			ushering_part(&cluster->ushering);
			cluster->usher.stop(cluster->usher.data);
		}
	}
	explicit_bzero(&renew, sizeof(renew));
	return err;
}

/* Nothing that is signed now is good for longer than whoever signs it. */
static bool ends_with_authority(const struct cluster_config *config)
{
	int64_t first, life, end;

	return cluster_renew_first(config, &first, &life) &&
	       cluster_certificate_end(config->ca, &end) == 0 && end <= first;
}

const char *cluster_renew_why(const struct cluster *cluster, bool is_soon)
{
	if (cluster->renew_why[0] || !is_soon || !cluster->config.own ||
	    !ends_with_authority(&cluster->config))
		return cluster->renew_why;
	return "it ends with the cluster's authority, which nothing renews: make the cluster anew "
	       "before";
}

static void look(struct cluster *cluster)
{
	static struct cluster_record door; /* large */
	char why[HERALD_WHY_LEN_MAX + 1];
	struct error error;

	/* A host that was removed is given nothing, and one that asks for something else has no
	 * usher to spare. */
	if (cluster->renews || cluster->errand != CLUSTER_NO_ERRAND || !cluster->link.all_told ||
	    cluster->link.state.standing == HERALD_REMOVED || !is_due(&cluster->config))
		return;
	if (ends_with_authority(&cluster->config)) {
		note(cluster, "its authority ends then, too: make the cluster anew before");
		return;
	}
	if (!cluster_hosts_door(cluster, &door)) {
		note(cluster, "no host of the cluster lets others in, and none can sign one");
		return;
	}
	/* Set before: the answer may come at once. */
	cluster->renews = true;
	if (ask(cluster, &door, &error) == 0)
		return;
	cluster->renews = false;
	(void)snprintf(why, sizeof(why), "%.*s", HERALD_WHY_LEN_MAX, error.text);
	note(cluster, why);
}

/* Until the next look: some of them in the time of a certificate, or in what is left of it. One
 * that has ended is good for nothing, and renewed by nobody. */
static double pause_s(const struct cluster_config *config)
{
	int64_t end, life, left;
	double pause = CLUSTER_RENEW_MAX_S;

	if (cluster_renew_first(config, &end, &life)) {
		left = end - (int64_t)time(NULL);
		pause = (double)(left > 0 && left < life ? left : life) / CLUSTER_RENEW_LOOKS;
	}
	return pause < CLUSTER_RENEW_MIN_S   ? CLUSTER_RENEW_MIN_S
	       : pause > CLUSTER_RENEW_MAX_S ? CLUSTER_RENEW_MAX_S
					     : pause;
}

static void on_look(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct cluster *cluster = timer->data;

	(void)revents;
	look(cluster);
	timer->repeat = pause_s(&cluster->config);
	ev_timer_again(loop, timer);
}

void cluster_renew_init(struct cluster *cluster)
{
	ev_init(&cluster->renew, on_look);
	cluster->renew.data = cluster;
}

void cluster_renew_start(struct cluster *cluster)
{
	/* An etcd of somebody else's has an authority of somebody else's. */
	if (!cluster->config.follows || ev_is_active(&cluster->renew))
		return;
	cluster->renew.repeat = CLUSTER_RENEW_MIN_S;
	ev_timer_again(cluster->loop, &cluster->renew);
}

void cluster_renew_stop(struct cluster *cluster)
{
	ev_timer_stop(cluster->loop, &cluster->renew);
	cluster->renews = false;
	cluster->renew_why[0] = '\0';
}
