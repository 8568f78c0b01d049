// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_join.c - this host's way into a cluster: one that it makes, one that is there, or by a
// token
#include "plumber/cluster_join.h"

#include "base/log.h"
#include "plumber/cluster.h"
#include "plumber/cluster_door.h"
#include "plumber/cluster_errand.h"
#include "plumber/cluster_file.h"
#include "plumber/cluster_hosts.h"
#include "plumber/cluster_part.h"
#include "plumber/inviting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>

/* Theory of operation. Where etcd is to be netd's own, it comes first: a keeper makes what the
 * cluster trusts in and runs etcd, and the herald is started as soon as that is known. A host joins
 * by writing a record that nobody has written before, and is in when etcd has taken it: until then
 * nothing is promised, and whatever goes wrong takes everything back (cluster_part.c). The file
 * cluster.json comes before the record, so that a netd that is killed in between joins again at its
 * next start, with the same id, and finds that the record is its own.
 *
 * With a token another host is asked first, and what it answers is a join of an etcd that is
 * there. */

/* --- the record --- */

/* What is asked for must be what there is: an etcd of somebody else's is not joined by mistake. */
static int check_mode(const struct cluster *cluster, struct error *error)
{
	struct cluster_record other;
	size_t n = cluster_hosts_others(cluster, &other);

	if (cluster->mode == API_CLUSTER_INIT && n > 0)
		return error_set(
			error, ERROR_CONFLICT,
			"this etcd has a cluster: %s is in it; `netctl cluster join` joins "
			"it",
			other.key.host);
	if (cluster->mode == API_CLUSTER_JOIN && n == 0)
		return error_set(error, ERROR_NOT_FOUND,
				 "this etcd has no cluster yet: `netctl cluster init` makes one");
	return 0;
}

/* It is in etcd, and is told in a moment: who asks now sees it, too, and whoever has waited for it
 * may make a network that spans hosts at once. */
static void see_itself(struct cluster *cluster)
{
	const struct heralding_ears *ears = &cluster->link.ears;
	struct cluster_record record;

	/* The memory for one record may be lacking; the watch tells it a moment later anyway. */
	heralding_record_of(&cluster->config, &record);
	(void)cluster_state_put(cluster->link.records, &record);
	if (ears->record)
		ears->record(&record, ears->data);
}

/* The answer to the request to be let in. Without an errand it is the answer to a join that a
 * former netd began, and nobody waits: it is logged. A refusal then leaves the file, and the next
 * herald asks again. */
static void on_joined(int status, const uint8_t *answer, size_t len, void *data)
{
	struct cluster *cluster = data;
	struct error error;
	int err;

	/* A herald that has ended is asked again when there is another. */
	if (status == -ECONNRESET || !cluster->configured)
		return;
	if (status == 0) {
		/* The record is in etcd from here on. The file says so after it, and never before:
		 * a file with "joined" and no record would make this host write without having been
		 * let in. */
		cluster->config.joined = true;
		see_itself(cluster);
		err = cluster_file_write(cluster->state_dir, &cluster->config, &error);
		if (err < 0) /* it joins again at the next start, and finds itself */
			log_warn("%s", error.text);
		log_info("this host is %s in the cluster", cluster->config.host);
	}
	if (status != 0 && cluster->errand != CLUSTER_JOINING)
		log_warn("this host cannot join the cluster: %.*s", (int)len,
			 answer ? (const char *)answer : "");
	if (cluster->errand != CLUSTER_JOINING)
		return;
	if (status == 0)
		cluster_errand_end(cluster, 0, NULL);
	else
		cluster_part(cluster, cluster_errand_refusal(status, answer, len, &error), &error);
}

/* Who is not in asks for it. */
void cluster_join_told(struct cluster *cluster)
{
	struct error error;
	int err;

	/* A host that is in has nothing to ask. heralding_meet has said its record already. */
	if (!cluster->configured || cluster->config.joined)
		return;
	/* Whether init or join was the right word can be judged only now, when all records are
	 * known. A join that goes on after a restart was judged before. */
	err = cluster->errand == CLUSTER_JOINING ? check_mode(cluster, &error) : 0;
	if (err < 0) {
		cluster_part(cluster, err, &error);
		return;
	}
	/* The herald refuses requests until its watch runs. */
	cluster->asks_in = true;
}

void cluster_join_ask(struct cluster *cluster)
{
	struct error error;
	int err;

	if (!cluster->asks_in)
		return;
	/* Once for each herald. The next one tells all records again, and sets it anew. */
	cluster->asks_in = false;
	if (cluster->errand == CLUSTER_JOINING)
		cluster_errand_wait(cluster, CLUSTER_ASKED_S);
	err = heralding_join(&cluster->link, &cluster->config, on_joined, cluster);
	/* Without an errand the request is made again when the next herald has told everything. */
	if (err < 0 && cluster->errand == CLUSTER_JOINING)
		cluster_part(cluster, error_system(&error, err, "cannot ask to be let in"), &error);
}

/* Every member says no: whoever waits for this host to be in hears it now, and not when his time is
 * over. An etcd of netd's own is being started, and refuses until it listens; what keeps it from
 * that its keeper says. */
void cluster_join_refused(struct cluster *cluster)
{
	if (cluster->errand == CLUSTER_JOINING && !cluster->config.own &&
	    cluster->link.state.refused)
		cluster_join_late(cluster, cluster->link.state.why);
}

void cluster_join_late(struct cluster *cluster, const char *why)
{
	struct error error;
	int err = error_set(&error, ERROR_UNAVAILABLE, "%s", why);

	cluster_part(cluster, err, &error);
}

/* --- an etcd of netd's own --- */

/* What a new cluster trusts in is kept before anybody is spoken to with it. */
void cluster_join_made(struct cluster *cluster, const struct keeper_made *made)
{
	struct cluster_config *config = &cluster->config;
	struct error error;
	int err;

	/* The word was on its way when the host parted. */
	if (!cluster->configured || cluster->errand == CLUSTER_PARTING)
		return;
	memcpy(config->ca, made->trust.ca, sizeof(config->ca));
	memcpy(config->cert, made->trust.cert, sizeof(config->cert));
	memcpy(config->key, made->trust.key, sizeof(config->key));
	memcpy(config->ca_key, made->ca_key, sizeof(config->ca_key));
	memcpy(config->digest, made->digest, sizeof(config->digest));
	/* The secret is drawn before the file is written, so that one write has all of it. The
	 * herald is last: with it etcd is spoken to. */
	err = cluster_door_open(cluster, &error);
	if (err == 0)
		err = cluster_file_write(cluster->state_dir, config, &error);
	if (err == 0)
		err = cluster->herald.start(cluster->herald.data, &error);
	if (err < 0 && cluster->errand == CLUSTER_JOINING)
		cluster_part(cluster, err, &error);
	else if (err < 0)
		log_error("%s", error.text);
}

/* What keeps a new cluster's etcd from running ends the errand: whoever waits can mend it. Later it
 * is what `cluster status` says, and the keeper tries again. */
void cluster_join_hindered(struct cluster *cluster)
{
	if (cluster->errand == CLUSTER_JOINING && cluster->keeping.state.why[0])
		cluster_join_late(cluster, cluster->keeping.state.why);
}

/* --- with settings that are complete --- */

/* An id of random bytes tells this host from any other that ever had its name. It is drawn at each
 * join, and kept in the file. */
static int draw_id(char ret_id[static ID_LEN + 1])
{
	uint8_t bytes[ID_LEN / 2];

	/* These few bytes come whole or not at all (getrandom(2)). */
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -errno;
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(ret_id + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

/* Whether what was asked for can be done here. An etcd of netd's own is made by init alone; a
 * join without an address has nowhere to go. */
static int check_join(const struct cluster *cluster, struct error *error)
{
	if (!cluster->config.own)
		return 0;
	if (cluster->mode == API_CLUSTER_JOIN)
		return error_set(error, ERROR_INVALID,
				 "say where etcd is: --etcd https://ADDRESS:PORT");
	return keeping_find_etcd(error);
}

/* Starts the first process of a cluster: the keeper, and the herald by cluster_join_made, or the
 * herald itself. */
static int start(struct cluster *cluster, struct error *error)
{
	int err;

	if (!cluster->config.own)
		return cluster->herald.start(cluster->herald.data, error);
	err = keeping_open(&cluster->keeping, error);
	return err < 0 ? err : cluster->keeper.start(cluster->keeper.data, error);
}

/* Joins by settings that are complete: those of a body, or those that another host has answered.
 * 0: a process is started, and callbacks go on. On a failure during an errand the caller takes
 * all back. */
static int join_etcd(struct cluster *cluster, const json_t *body, struct error *error)
{
	struct utsname uts;
	int err;

	(void)uname(&uts); /* cannot fail for a valid buffer */
	if ((err = cluster_config_read(body, uts.nodename, &cluster->config, error)) < 0 ||
	    (err = check_join(cluster, error)) < 0)
		return err;
	/* Whatever the body says: only an answer of etcd's makes it true. */
	cluster->config.joined = false;
	cluster->config.seat[0] = '\0';
	cluster->config.n_revoked = cluster->config.n_former = 0;
	if ((err = draw_id(cluster->config.id)) < 0)
		return error_system(error, err, "cannot draw an id for this host");
	if ((err = cluster_file_write(cluster->state_dir, &cluster->config, error)) < 0)
		return err;
	cluster->configured = true;
	/* From the file on a failure has to remove the file again. */
	err = start(cluster, error);
	if (err < 0 && cluster->errand == CLUSTER_NO_ERRAND)
		cluster_part(cluster, err, error); /* nobody waits yet, so nobody is told twice */
	return err;
}

/* --- with a token --- */

/* Nobody is asked. */
static void forget_ask(struct cluster *cluster)
{
	json_decref(cluster->asked);
	cluster->asked = NULL;
}

/* What went wrong when another host was asked, as an error; body NULL: its answer makes no
 * sense. */
static int read_admission(int status, const uint8_t *answer, size_t len, const json_t *body,
			  struct error *error)
{
	if (status != 0 && answer && len > 0)
		return error_set(error, ERROR_UNAVAILABLE, "%.*s", (int)len, (const char *)answer);
	if (status == -ETIMEDOUT)
		return error_set(error, ERROR_UNAVAILABLE,
				 "the process that asks to be let in does not answer");
	if (!body)
		return error_set(error, ERROR_UNAVAILABLE,
				 "the process that asks to be let in has ended, or netd cannot "
				 "read what it says");
	return 0;
}

/* With what another host has answered it is a join of an etcd that is there. */
static void on_admitted(int status, const uint8_t *answer, size_t len, void *data)
{
	struct cluster *cluster = data;
	json_auto_t *body = NULL;
	struct error error = { 0 };
	int err;

	/* The errand was given up meanwhile, and the usher with it. */
	if (cluster->errand != CLUSTER_JOINING || !cluster->asked)
		return;
	if (status == 0)
		body = inviting_accept(cluster->asked, answer, len);
	err = read_admission(status, answer, len, body, &error);
	forget_ask(cluster);
	ushering_part(&cluster->ushering);
	cluster->usher.stop(cluster->usher.data);
	if (err == 0)
		err = join_etcd(cluster, body, &error);
	if (err < 0)
		cluster_part(cluster, err, &error);
	else
		cluster_errand_wait(cluster, CLUSTER_JOIN_S);
}

/* Has an usher ask the host that the token is for. Nothing is written yet: a netd that ends now
 * has not joined, and the caller sees that it hung up. */
static int ask_to_join(struct cluster *cluster, const json_t *body, struct error *error)
{
	struct usher_ask ask = { 0 };
	int err = inviting_read_ask(body, &ask, error);

	/* A copy, for the body is freed with the call. It comes first: an answer that meets none
	 * would be of no use. */
	if (err == 0 && !(cluster->asked = json_deep_copy(body)))
		err = error_system(error, -ENOMEM, "cannot ask to be let in");
	if (err == 0)
		err = cluster->usher.start(cluster->usher.data, error);
	if (err < 0) {
		forget_ask(cluster);
		return err;
	}
	memset(&cluster->config, 0, sizeof(cluster->config));
	cluster->mode = API_CLUSTER_JOIN;
	err = ushering_ask(&cluster->ushering, &ask, on_admitted, cluster);
	explicit_bzero(&ask, sizeof(ask));
	if (err == 0)
		return 0;
	forget_ask(cluster);
	ushering_part(&cluster->ushering);
	cluster->usher.stop(cluster->usher.data);
	return error_system(error, err, "cannot ask to be let in");
}

/* The order: the file first, then the herald, and etcd's record by way of cluster_join_told and
 * cluster_join_ask. A netd that is killed anywhere behind the file finds the file and goes on with
 * the same id. */
int cluster_join(struct cluster *cluster, const json_t *body, enum api_cluster_mode mode,
		 api_cluster_done done, void *done_data, struct error *error)
{
	int err = cluster_errand_check(cluster, error);

	if (err < 0)
		return err;
	if (cluster->configured)
		return error_set(error, ERROR_CONFLICT,
				 "this host is in a cluster, as %s: `netctl cluster leave` first",
				 cluster->config.host);
	/* A token is for join alone; init would refuse it as an option that it does not know. */
	if (json_object_get(body, "Token") && mode == API_CLUSTER_JOIN) {
		err = ask_to_join(cluster, body, error);
	} else {
		cluster->mode = mode;
		err = join_etcd(cluster, body, error);
	}
	if (err < 0)
		return err;
	cluster_errand_begin(cluster, CLUSTER_JOINING, done, done_data);
	cluster_errand_wait(cluster, cluster->config.own ? CLUSTER_OWN_JOIN_S : CLUSTER_JOIN_S);
	return 0;
}
