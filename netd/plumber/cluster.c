// SPDX-License-Identifier: GPL-2.0-or-later
// cluster.c - this host in a cluster: in, out, and how it stands
#include "plumber/cluster.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "plumber/cluster_file.h"
#include "plumber/inviting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>

/* Theory of operation. Where etcd is to be netd's own, it comes first: a keeper makes what the
 * cluster trusts in and runs etcd, and the herald is started as soon as that is known. It is the
 * last to go, too. A host joins by writing a record that nobody has written before, and is in
 * when etcd has taken it: until then nothing is promised, and whatever goes wrong takes everything
 * back. The file cluster.json comes before the record, so that a netd that is killed in between
 * joins again at its next start, with the same id, and finds that the record is its own. From then
 * on the herald keeps etcd as this host is. A host leaves by removing what it has written, blocks
 * first, its own record last, and then the file. */

/* What calls what. A caller's errand (join, remove, leave) is one at a time, and ends in
 * end_errand, once: by etcd's answer, by the patience timer, or because the caller has hung up,
 * which only forgets whom to tell. The herald's channel is heralding.c's; this file says what to
 * ask, and what an answer means. Nothing here waits: each step is a callback of the loop. */

/* --- the end of what was asked --- */

/* Ends the errand and tells whoever asked, if he still waits. The fields are cleared before the
 * call, for the callee may begin another errand at once. */
static void end_errand(struct cluster *cluster, int err, const struct error *error)
{
	api_cluster_done done = cluster->done;

	ev_timer_stop(cluster->loop, &cluster->patience);
	ev_timer_stop(cluster->loop, &cluster->begin);
	cluster->errand = CLUSTER_NO_ERRAND;
	cluster->asks_out = false;
	json_decref(cluster->asked);
	cluster->asked = NULL;
	cluster->done = NULL;
	if (done)
		done(err, error, cluster->done_data);
}

/* Starts the patience anew, for the errand or its next request. */
static void wait_for(struct cluster *cluster, double seconds)
{
	ev_timer_stop(cluster->loop, &cluster->patience);
	ev_timer_set(&cluster->patience, seconds, 0.);
	ev_timer_start(cluster->loop, &cluster->patience);
}

/* Whether there is an etcd of netd's own on this host. */
static bool has_etcd(const struct cluster *cluster)
{
	return cluster->config.own || cluster->config.seat[0];
}

/* Removes what this host keeps of its cluster, on disk and in memory. The folder of etcd goes
 * before the file: a netd that is killed in between still knows that there is an etcd. */
static void forget_all(struct cluster *cluster)
{
	if (has_etcd(cluster))
		keeping_remove(&cluster->keeping);
	cluster_file_remove(cluster->state_dir);
	explicit_bzero(&cluster->config, sizeof(cluster->config)); /* keys were in it */
	cluster->configured = false;
}

/* Makes this host one without a cluster: no channel, no herald, no etcd, no file, no key in memory;
 * then the errand ends so. It is the undo of api_join at whatever point that failed, and the end of
 * a leave. The channel is parted with before the herald is stopped, so that its end is not taken
 * for a loss and no other is started. The file is the last to go: a netd that is killed in between
 * finds what is left, and whoever leaves again removes it. */
static void part(struct cluster *cluster, int err, const struct error *error)
{
	cluster->errand = CLUSTER_PARTING;
	heralding_part(&cluster->link);
	cluster->herald.stop(cluster->herald.data);
	growing_stop(cluster);
	ev_timer_stop(cluster->loop, &cluster->door);
	ushering_part(&cluster->ushering);
	cluster->usher.stop(cluster->usher.data);
	/* Without a keeper to talk to nothing can be wiped by it. The end comes at once, and
	 * what etcd has left is wiped by the next cluster. */
	if (cluster->keeping.channel < 0) {
		if (has_etcd(cluster))
			cluster->keeper.stop(cluster->keeper.data);
		forget_all(cluster);
		end_errand(cluster, err, error);
		return;
	}
	/* The keeper removes the data and ends; on_keeper_lost goes on from there, or the
	 * patience. */
	cluster->outcome = err;
	if (err < 0)
		cluster->why = *error;
	wait_for(cluster, CLUSTER_JOIN_S);
	keeping_wipe(&cluster->keeping);
}

/* The keeper has wiped its folder and ended, or it is late and is ended now. */
static void finish_parting(struct cluster *cluster)
{
	cluster->keeper.stop(cluster->keeper.data);
	forget_all(cluster);
	end_errand(cluster, cluster->outcome, &cluster->why);
}

/* A join that fails takes everything back. A host that could not be removed, or could not leave,
 * stays as it was. */
static void fail(struct cluster *cluster, int err, const struct error *error)
{
	if (cluster->errand == CLUSTER_JOINING)
		part(cluster, err, error);
	else
		end_errand(cluster, err, error);
}

/* Turns a status and the herald's own sentence into an error for the caller. A claim that
 * somebody else has written first (-EEXIST, -EBUSY) is a conflict; all else means that etcd
 * could not be asked. On a timeout the request may have been carried out, and the sentence says
 * how to find out. */
static int read_refusal(int status, const uint8_t *answer, size_t len, struct error *error)
{
	enum error_kind kind = status == -EEXIST || status == -EBUSY ? ERROR_CONFLICT
								     : ERROR_UNAVAILABLE;

	if (status == -ETIMEDOUT || !answer || len == 0)
		return error_set(error, kind,
				 "etcd has not answered in time: whether it is done "
				 "`netctl node ls` tells");
	return error_set(error, kind, "%.*s", (int)len, (const char *)answer);
}

/* An answer asks for the next request, and a request that cannot be made is answered at once. */
static void on_removed(int status, const uint8_t *answer, size_t len, void *data);
static void begin_removal(struct cluster *cluster);
static void remove_next(struct cluster *cluster);

/* What is wrong; "": nothing. etcd's own end is why the herald finds none. */
static const char *find_why(const struct cluster *cluster)
{
	return cluster->keeping.state.why[0] ? cluster->keeping.state.why : cluster->link.state.why;
}

/* The bound of every errand: a caller of the API is answered within CLUSTER_ASKED_S of the last
 * sign of progress, also when no herald ever runs. The reason is the herald's last one, when it has
 * told any. */
static void on_patience(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct cluster *cluster = timer->data;
	const char *why = find_why(cluster);
	struct error error;
	int err;

	(void)loop, (void)revents;
	ev_timer_stop(loop, timer);
	if (cluster->errand == CLUSTER_PARTING) {
		log_warn("etcd's data cannot be removed in time");
		finish_parting(cluster);
		return;
	}
	if (!*why && cluster->tries_again)
		why = cluster->why.text;
	if (!*why)
		why = "etcd has not answered in time";
	if (cluster->errand != CLUSTER_JOINING) {
		on_removed(-EIO, (const uint8_t *)why, strlen(why), cluster);
		return;
	}
	err = error_set(&error, ERROR_UNAVAILABLE, "%s", why);
	fail(cluster, err, &error);
}

/* --- in --- */

/* Counts hosts other than this one. A record with this host's own id may be there from a join that
 * was interrupted. */
static size_t count_hosts(const struct cluster *cluster, struct cluster_record *ret_last)
{
	struct cluster_record record;
	size_t cursor = 0, n = 0;

	while (cluster_state_next(cluster->link.records, &cursor, &record)) {
		if (record.key.kind != CLUSTER_HOST ||
		    strcmp(record.host.id, cluster->config.id) == 0)
			continue;
		*ret_last = record;
		n++;
	}
	return n;
}

/* What is asked for must be what there is: an etcd of somebody else's is not joined by mistake. */
static int check_mode(const struct cluster *cluster, struct error *error)
{
	struct cluster_record other;
	size_t n = count_hosts(cluster, &other);

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

/* It is in etcd, and is told in a moment: who asks now sees it, too. */
static void see_itself(struct cluster *cluster)
{
	struct cluster_record record;

	/* The memory for one record may be lacking; the watch tells it a moment later anyway. */
	heralding_record_of(&cluster->config, &record);
	(void)cluster_state_put(cluster->link.records, &record);
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
		end_errand(cluster, 0, NULL);
	else
		fail(cluster, read_refusal(status, answer, len, &error), &error);
}

/* All records are known: who is not in asks for it. */
static void on_told(void *data)
{
	struct cluster *cluster = data;
	struct error error;
	int err;

	/* A host that is in has nothing to ask. heralding_meet has said its record already. */
	if (!cluster->configured || cluster->config.joined)
		return;
	/* Whether init or join was the right word can be judged only now, when all records are
	 * known. A join that goes on after a restart was judged before. */
	err = cluster->errand == CLUSTER_JOINING ? check_mode(cluster, &error) : 0;
	if (err < 0) {
		fail(cluster, err, &error);
		return;
	}
	/* The request is sent by on_stands. The herald refuses requests until its watch runs. */
	cluster->asks_in = true;
}

/* Every member says no: whoever waits for this host to be in hears it now, and not when his time is
 * over. An etcd of netd's own is being started, and refuses until it listens; what keeps it from
 * that its keeper says. */
static void fail_refused(struct cluster *cluster)
{
	struct error error;
	int err;

	if (cluster->errand != CLUSTER_JOINING || cluster->config.own ||
	    !cluster->link.state.refused)
		return;
	err = error_set(&error, ERROR_UNAVAILABLE, "%s", cluster->link.state.why);
	fail(cluster, err, &error);
}

/* The watch runs, so the herald takes requests. */
static void on_stands(void *data)
{
	struct cluster *cluster = data;
	struct error error;
	int err;

	if (cluster->link.state.standing == HERALD_TRYING) {
		fail_refused(cluster);
		return;
	}
	if (cluster->asks_out) {
		cluster->asks_out = false;
		begin_removal(cluster);
		return;
	}
	if (cluster->link.state.standing != HERALD_FRESH || !cluster->asks_in)
		return;
	/* Once for each herald. The next one tells all records again, and sets it anew. */
	cluster->asks_in = false;
	if (cluster->errand == CLUSTER_JOINING)
		wait_for(cluster, CLUSTER_ASKED_S);
	err = heralding_join(&cluster->link, &cluster->config, on_joined, cluster);
	/* Without an errand the request is made again when the next herald has told everything. */
	if (err < 0 && cluster->errand == CLUSTER_JOINING)
		fail(cluster, error_system(&error, err, "cannot ask to be let in"), &error);
}

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

/* --- the door for other hosts --- */

/* Another usher of netd's that has not ended yet, or another program, has the port: it is tried
 * again until it is free. */
static void try_door(struct cluster *cluster, struct error *ret_why)
{
	if (ushering_listen(&cluster->ushering, &cluster->config, ret_why) == 0) {
		ushering_tell(&cluster->ushering, &cluster->config);
		return;
	}
	ev_timer_stop(cluster->loop, &cluster->door);
	ev_timer_set(&cluster->door, CLUSTER_DOOR_S, 0.);
	ev_timer_start(cluster->loop, &cluster->door);
}

/* The port may be free by now. */
static void on_door(struct ev_loop *loop, ev_timer *door, int revents)
{
	struct error why;

	(void)revents;
	ev_timer_stop(loop, door);
	try_door(door->data, &why); /* said at the start */
}

/* For a cluster that was just made: a secret, the sockets, an usher. Its undo is part(). */
static int open_door(struct cluster *cluster, struct error *error)
{
	int err = inviting_draw(&cluster->config, CLUSTER_TOKEN_VALID_S);

	if (err < 0)
		return error_system(error, err, "cannot draw a secret");
	/* A port that is taken fails a new cluster, whose maker reads the reason. At a start of
	 * netd it is only tried again (try_door). */
	err = ushering_listen(&cluster->ushering, &cluster->config, error);
	return err < 0 ? err : cluster->usher.start(cluster->usher.data, error);
}

/* An usher that has ended while nobody needs it is not missed. */
static void on_usher_lost(void *data)
{
	struct cluster *cluster = data;

	if (cluster_has_usher(cluster) && cluster->errand != CLUSTER_PARTING)
		cluster->usher.lost(cluster->usher.data);
}

/* An expired one helps nobody, so whoever asks has a new one. */
static int api_token(const json_t *body, json_t **ret_token, void *data, struct error *error)
{
	struct cluster *cluster = data;
	json_int_t valid_s;
	bool rotate;
	int err = inviting_read(body, &rotate, &valid_s, error);

	if (err < 0)
		return err;
	if (!cluster->configured)
		return error_set(error, ERROR_NOT_FOUND, "this host is in no cluster");
	if (!cluster_has_usher(cluster))
		return error_set(error, ERROR_NOT_FOUND,
				 "this host does not let others in: ask where the cluster was made "
				 "with an etcd of netd's own");
	/* The length of time is for a new token; one that is good keeps its own. */
	if (rotate || inviting_has_expired(&cluster->config)) {
		err = inviting_draw(&cluster->config, valid_s);
		if (err < 0)
			return error_system(error, err, "cannot draw a secret");
		err = cluster_file_write(cluster->state_dir, &cluster->config, error);
		ushering_tell(&cluster->ushering, &cluster->config);
	}
	if (err == 0)
		*ret_token = inviting_show(&cluster->config);
	return err;
}

/* --- an etcd of netd's own --- */

/* What a new cluster trusts in is kept before anybody is spoken to with it. */
static void on_made(const struct keeper_made *made, void *data)
{
	struct cluster *cluster = data;
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
	err = open_door(cluster, &error);
	if (err == 0)
		err = cluster_file_write(cluster->state_dir, config, &error);
	if (err == 0)
		err = cluster->herald.start(cluster->herald.data, &error);
	if (err < 0 && cluster->errand == CLUSTER_JOINING)
		fail(cluster, err, &error);
	else if (err < 0)
		log_error("%s", error.text);
}

/* What keeps a new cluster's etcd from running ends the errand: whoever waits can mend it. Later it
 * is what `cluster status` says, and the keeper tries again. */
static void on_keeper_stands(void *data)
{
	struct cluster *cluster = data;
	struct error error;
	int err;

	if (cluster->errand != CLUSTER_JOINING || !cluster->keeping.state.why[0])
		return;
	err = error_set(&error, ERROR_UNAVAILABLE, "%s", cluster->keeping.state.why);
	fail(cluster, err, &error);
}

/* The end of the channel: wanted as the end of a wipe, a loss at any other time. */
static void on_keeper_lost(void *data)
{
	struct cluster *cluster = data;

	if (cluster->errand == CLUSTER_PARTING)
		finish_parting(cluster);
	else if (!growing_dropped(cluster) && cluster_has_keeper(cluster))
		cluster->keeper.lost(cluster->keeper.data);
}

/* Whether what was asked for can be done here. An etcd of netd's own is made by init alone; a
 * join without an address has nowhere to go. */
static int check_join(const struct cluster *cluster, enum api_cluster_mode mode,
		      struct error *error)
{
	if (!cluster->config.own)
		return 0;
	if (mode == API_CLUSTER_JOIN)
		return error_set(error, ERROR_INVALID,
				 "say where etcd is: --etcd https://ADDRESS:PORT");
	return keeping_find_etcd(error);
}

/* Starts the first process of a cluster: the keeper, who has the herald started by on_made, or
 * the herald itself. */
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
	    (err = check_join(cluster, cluster->mode, error)) < 0)
		return err;
	/* Whatever the body says: only an answer of etcd's makes it true. */
	cluster->config.joined = false;
	cluster->config.seat[0] = '\0';
	if ((err = draw_id(cluster->config.id)) < 0)
		return error_system(error, err, "cannot draw an id for this host");
	if ((err = cluster_file_write(cluster->state_dir, &cluster->config, error)) < 0)
		return err;
	cluster->configured = true;
	/* From the file on a failure has to remove the file again. */
	err = start(cluster, error);
	if (err < 0 && cluster->errand == CLUSTER_NO_ERRAND)
		part(cluster, err, error); /* nobody waits yet, so nobody is told twice */
	return err;
}

/* --- in, by a token --- */

/* Nobody is asked. */
static void forget_ask(struct cluster *cluster)
{
	json_decref(cluster->asked);
	cluster->asked = NULL;
}

/* With what another host has answered it is a join of an etcd that is there. */
static void on_admitted(int status, const uint8_t *answer, size_t len, void *data)
{
	struct cluster *cluster = data;
	json_auto_t *body = NULL;
	struct error error = { 0 };
	int err = 0;

	/* The errand was given up meanwhile, and the usher with it. */
	if (cluster->errand != CLUSTER_JOINING || !cluster->asked)
		return;
	if (status == 0)
		body = inviting_accept(cluster->asked, answer, len);
	if (status != 0 && answer && len > 0)
		err = error_set(&error, ERROR_UNAVAILABLE, "%.*s", (int)len, (const char *)answer);
	else if (status == -ETIMEDOUT)
		err = error_set(&error, ERROR_UNAVAILABLE,
				"the process that asks to be let in does not answer");
	else if (!body)
		err = error_set(&error, ERROR_UNAVAILABLE,
				"the process that asks to be let in has ended, or netd cannot read "
				"what it says");
	forget_ask(cluster);
	ushering_part(&cluster->ushering);
	cluster->usher.stop(cluster->usher.data);
	if (err == 0)
		err = join_etcd(cluster, body, &error);
	if (err < 0)
		fail(cluster, err, &error);
	else
		wait_for(cluster, CLUSTER_JOIN_S);
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

/* Begins a join and returns; done hears how it ends. The order: the file first, then the herald,
 * and etcd's record by way of on_told and on_stands. A netd that is killed anywhere behind the file
 * finds the file and goes on with the same id. */
static int api_join(const json_t *body, enum api_cluster_mode mode, api_cluster_done done,
		    void *done_data, void *data, struct error *error)
{
	struct cluster *cluster = data;
	int err;

	if (cluster->errand != CLUSTER_NO_ERRAND)
		return error_set(error, ERROR_CONFLICT,
				 "another change of the cluster is under way");
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
	cluster->errand = CLUSTER_JOINING;
	cluster->done = done;
	cluster->done_data = done_data;
	wait_for(cluster, cluster->config.own ? CLUSTER_OWN_JOIN_S : CLUSTER_JOIN_S);
	return 0;
}

/* Removing a host, this one or another, is a series of requests. Each takes as many blocks of
 * addresses as a message has room for. The host's own record goes with the last one, for a host
 * whose record is gone could not be asked to be removed again while blocks of it were left. */

/* --- out --- */

/* The next blocks of the host that goes, as many as a request takes; none: it was the last. */
static void collect_blocks(struct cluster *cluster)
{
	struct herald_remove *remove = &cluster->remove;
	struct cluster_record record;
	size_t cursor = 0;

	remove->n_keys = 0;
	/* Stays true when the walk ends before the request is full. */
	remove->last = true;
	while (cluster_state_next(cluster->link.records, &cursor, &record)) {
		if (record.key.kind != CLUSTER_BLOCK || strcmp(record.holder, remove->host) != 0)
			continue;
		if (remove->n_keys == HERALD_REMOVE_KEYS_MAX) {
			remove->last = false;
			return;
		}
		/* key_text is a field and no local, for a key is long and the stack of a callback
		 * is not the place for it. */
		(void)cluster_key_print(&record.key, cluster->key_text);
		(void)snprintf(remove->keys[remove->n_keys++], HERALD_KEY_LEN_MAX + 1, "%.*s",
			       HERALD_KEY_LEN_MAX, cluster->key_text);
	}
}

/* Takes the keys of an answered request out of what is known of etcd. */
static void forget_asked(struct cluster *cluster)
{
	struct cluster_key key;

	/* They are gone in etcd; that is heard a moment later, and the next request must not have
	 * them again. */
	for (uint8_t i = 0; i < cluster->remove.n_keys; i++)
		if (cluster_key_parse(cluster->remove.keys[i], strlen(cluster->remove.keys[i]),
				      &key) == 0)
			(void)cluster_state_remove(cluster->link.records, &key);
}

/* The answer to one request of a removal, of another host or of this one. A removal without an
 * errand was given up by the patience timer; what etcd did is seen in the watch. */
static void on_removed(int status, const uint8_t *answer, size_t len, void *data)
{
	struct cluster *cluster = data;
	bool leaves = cluster->errand == CLUSTER_LEAVING;
	struct error error, why = { 0 };
	int err;

	if (cluster->errand != CLUSTER_REMOVING && !leaves)
		return;
	/* A herald that has ended is followed by another. */
	if (status == -ECONNRESET) {
		cluster->asks_out = true;
		return;
	}
	/* There are more blocks: the errand goes on, and its patience starts anew. */
	if (status == 0 && !cluster->remove.last) {
		forget_asked(cluster);
		remove_next(cluster);
		return;
	}
	err = status == 0 ? 0 : read_refusal(status, answer, len, &why);
	error = why;
	if (err < 0 && leaves && !cluster->force)
		err = error_set(&error, ERROR_UNAVAILABLE,
				"etcd was not told that this host leaves (%.255s): try again, or "
				"leave with --force and remove it elsewhere with `netctl node rm`",
				why.text);
	/* With --force this host leaves whatever etcd says, for its administrator may have lost the
	 * cluster. Other hosts keep the record until somebody removes it there. */
	else if (leaves)
		err = 0;
	/* Only now: until etcd has answered the key and the file are needed for another try. */
	if (err == 0 && leaves)
		part(cluster, 0, NULL);
	else
		end_errand(cluster, err, &error);
}

/* The member of etcd on the host that goes, if it has one, is none any more; or that cannot be. It
 * goes first: one whose host is gone would count for the agreement and never have a part in it. */
static void on_unseated(int status, const uint8_t *answer, size_t len, void *data)
{
	struct cluster *cluster = data;
	bool leaves = cluster->errand == CLUSTER_LEAVING;

	/* With the last host goes the last member, and so it does with one that is forced to. */
	if (status == -EAGAIN && (leaves || cluster->errand == CLUSTER_REMOVING)) {
		/* Until the patience is over, which goes on from the first time. */
		(void)read_refusal(status, answer, len, &cluster->why);
		cluster->tries_again = true;
		ev_timer_set(&cluster->begin, CLUSTER_ASKS_S, 0.);
		ev_timer_start(cluster->loop, &cluster->begin);
	} else if (status == 0 || (status == -EBUSY && leaves)) {
		cluster->unseated = true;
		cluster->tries_again = false;
		if (leaves || cluster->errand == CLUSTER_REMOVING)
			remove_next(cluster);
	} else {
		on_removed(status, answer, len, cluster);
	}
}

/* The bound of each request of a removal. */
static void wait_for_removal(struct cluster *cluster)
{
	/* Who forces it does not wait for an etcd that may be gone. */
	wait_for(cluster, cluster->force && cluster->errand == CLUSTER_LEAVING ? CLUSTER_FORCED_S
									       : CLUSTER_ASKED_S);
}

/* From the beginning, or from where it was when a herald has ended. */
static void begin_removal(struct cluster *cluster)
{
	struct herald_seat seat = { 0 };
	int err;

	if (!cluster->config.follows || cluster->unseated) {
		remove_next(cluster);
		return;
	}
	(void)snprintf(seat.host, sizeof(seat.host), "%s", cluster->remove.host);
	/* One that has not been started has no name. */
	if (cluster->errand == CLUSTER_LEAVING)
		(void)growing_peer(cluster, seat.peer, sizeof(seat.peer));
	if (!cluster->tries_again)
		wait_for_removal(cluster);
	err = heralding_seat(&cluster->link, HERALD_CALL_UNSEAT, &seat, on_unseated, cluster);
	if (err < 0)
		on_unseated(err, (const uint8_t *)"no herald runs", strlen("no herald runs"),
			    cluster);
}

/* Collects and sends. Without a channel it answers itself, so that the errand ends in every
 * case. */
static void remove_next(struct cluster *cluster)
{
	int err;

	collect_blocks(cluster);
	wait_for_removal(cluster);
	err = heralding_remove(&cluster->link, &cluster->remove, on_removed, cluster);
	if (err < 0)
		on_removed(err, (const uint8_t *)"no herald runs", strlen("no herald runs"),
			   cluster);
}

/* Whether the host that is to be removed is in the cluster. Before all records are told nobody can
 * say, and a wrong "there is none" would be worse than no answer. */
static int check_host(const struct cluster *cluster, const char *host, struct error *error)
{
	struct cluster_key key;

	if (!cluster->link.all_told)
		return error_set(error, ERROR_UNAVAILABLE, "%s",
				 *cluster->link.state.why ? cluster->link.state.why
							  : "etcd has not been read yet");
	if (cluster_key_is_host(host)) {
		key = cluster_key_of_host(CLUSTER_HOST, host);
		if (cluster_state_has(cluster->link.records, &key))
			return 0;
	}
	return error_set(error, ERROR_NOT_FOUND, "there is no host %.80s in the cluster", host);
}

/* A host that is removed by mistake would lose its member of etcd before etcd could say that it is
 * alive: so this is judged by what was last told, and by etcd once more (herald/asked.c). */
static int check_alive(const struct cluster *cluster, const char *host, struct error *error)
{
	struct cluster_key key = cluster_key_of_host(CLUSTER_ALIVE, host);

	if (!cluster->config.follows || !cluster_state_has(cluster->link.records, &key))
		return 0;
	return error_set(
		error, ERROR_CONFLICT,
		"host %s is alive: `netctl cluster leave` there, or remove it with --force", host);
}

/* With the only etcd of a cluster goes the cluster, and with who lets hosts in, that they are. */
static int check_needed(const struct cluster *cluster, struct error *error)
{
	struct cluster_record other;
	size_t n = has_etcd(cluster) ? count_hosts(cluster, &other) : 0;
	bool is_only = cluster->link.members.n == 0 ||
		       herald_members_voters(&cluster->link.members) == 1;

	if (n == 0 || (!cluster->config.own && !is_only))
		return 0;
	if (!is_only)
		return error_set(error, ERROR_CONFLICT,
				 "this host lets others into the cluster, and none of the %zu that "
				 "would be left can: have them leave first, or leave with --force",
				 n);
	return error_set(error, ERROR_CONFLICT,
			 "the cluster's etcd is on this host, and %zu other%s need%s it, %s for "
			 "one: have %s leave first, or end the cluster with --force",
			 n, n == 1 ? "" : "s", n == 1 ? "s" : "", other.key.host,
			 n == 1 ? "it" : "them");
}

/* Begins the removal of another host, or of this one (host is NULL). The requests start from a
 * timer of 0 s: an error could otherwise be told by done before the caller's handler has suspended
 * its call. */
static int api_remove(const char *host, bool force, api_cluster_done done, void *done_data,
		      void *data, struct error *error)
{
	struct cluster *cluster = data;
	bool leaves = host == NULL;
	int err;

	if (!cluster->configured)
		return error_set(error, ERROR_NOT_FOUND, "this host is in no cluster");
	if (cluster->errand != CLUSTER_NO_ERRAND)
		return error_set(error, ERROR_CONFLICT,
				 "another change of the cluster is under way");
	if (!leaves && strcmp(host, cluster->config.host) == 0)
		return error_set(error, ERROR_INVALID,
				 "%s is this host: `netctl cluster leave` takes it out", host);
	if (!leaves && ((err = check_host(cluster, host, error)) < 0 ||
			(!force && (err = check_alive(cluster, host, error)) < 0)))
		return err;
	if (leaves && !force && (err = check_needed(cluster, error)) < 0)
		return err;
	memset(&cluster->remove, 0, sizeof(cluster->remove));
	(void)snprintf(cluster->remove.host, sizeof(cluster->remove.host), "%s",
		       leaves ? cluster->config.host : host);
	/* A host that leaves is alive by its own lease, which must not hinder it. Another one is
	 * removed while it is alive only when the caller says so. */
	cluster->remove.force = force || leaves;
	cluster->force = force;
	cluster->unseated = cluster->tries_again = false;
	cluster->errand = leaves ? CLUSTER_LEAVING : CLUSTER_REMOVING;
	cluster->done = done;
	cluster->done_data = done_data;
	/* Not from here: who has asked is not waiting yet. */
	ev_timer_set(&cluster->begin, 0., 0.);
	ev_timer_start(cluster->loop, &cluster->begin);
	return 0;
}

/* The first turn of the loop after api_remove, or when nothing else is asked of etcd's members. */
static void on_begin(struct ev_loop *loop, ev_timer *begin, int revents)
{
	struct cluster *cluster = begin->data;

	(void)revents;
	ev_timer_stop(loop, begin);
	/* A seat that is being asked for would be taken after it has been given up. */
	if (cluster->growing.asks) {
		ev_timer_set(begin, CLUSTER_ASKS_S, 0.);
		ev_timer_start(loop, begin);
		return;
	}
	begin_removal(cluster);
}

/* --- how it stands --- */

/* As `netctl cluster status` shows them; scripts compare these words. */
static const char *const standings[HERALD_N_STANDINGS] = {
	[HERALD_TRYING] = "trying",
	[HERALD_FRESH] = "fresh",
	[HERALD_REMOVED] = "removed",
};

/* As in all answers an allocation that fails gives a NULL, and json_pack makes the whole answer
 * NULL of it. The caller of the table says so to its client. */
static json_t *addrs_json(const struct addr addrs[static FAMILY_N])
{
	json_t *list = json_array();

	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_is_set(&addrs[family]))
			(void)json_array_append_new(list, json_string(ADDR_STR(&addrs[family])));
	return list;
}

/* A host is alive while the key CLUSTER_ALIVE of its name is there, which hangs on its lease. The
 * id is compared, for a host that was replaced under the same name leaves a key behind for some
 * seconds. */
static bool is_alive(const struct cluster *cluster, const struct cluster_record *host)
{
	struct cluster_key key = cluster_key_of_host(CLUSTER_ALIVE, host->key.host);
	struct cluster_record alive;

	return cluster_state_get(cluster->link.records, &key, &alive) &&
	       strcmp(alive.id, host->host.id) == 0;
}

/* The list for `netctl node ls`, out of what was last told. It is as old as the herald's watch. */
static json_t *api_nodes(void *data)
{
	const struct cluster *cluster = data;
	json_t *list = json_array();
	struct cluster_record record;
	size_t cursor = 0;

	while (cluster->configured && cluster_state_next(cluster->link.records, &cursor, &record)) {
		if (record.key.kind != CLUSTER_HOST)
			continue;
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:o, s:s, s:b, s:b}", "Name", record.key.host,
					"Id", record.host.id, "Addresses",
					addrs_json(record.host.vtep), "Version",
					record.host.version, "Alive", is_alive(cluster, &record),
					"Self", strcmp(record.host.id, cluster->config.id) == 0));
	}
	return list;
}

/* Hosts of the cluster, and how many of them are alive, by what was last told. */
static void count(const struct cluster *cluster, json_int_t *ret_hosts, json_int_t *ret_alive)
{
	struct cluster_record record;
	size_t cursor = 0;

	*ret_hosts = *ret_alive = 0;
	while (cluster_state_next(cluster->link.records, &cursor, &record)) {
		if (record.key.kind != CLUSTER_HOST)
			continue;
		(*ret_hosts)++;
		*ret_alive += is_alive(cluster, &record);
	}
}

/* The answer for `netctl cluster status`. A host that has reached etcd and is not let in yet is
 * "joining"; in every other case the state is the herald's own. */
static json_t *api_status(void *data)
{
	const struct cluster *cluster = data;
	const struct herald_state *state = &cluster->link.state;
	json_t *members = json_array();
	json_int_t n_hosts, n_alive;

	if (!cluster->configured) {
		/* The list was made before it was known to be needed; json_pack takes it over in
		 * the other case. */
		json_decref(members);
		return json_pack("{s:s}", "State", "none");
	}
	count(cluster, &n_hosts, &n_alive);
	for (size_t i = 0; i < cluster->config.n_members; i++)
		(void)json_array_append_new(members, json_string(cluster->config.members[i]));
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:I, s:I, s:I, s:b, s:I}", "State",
			 cluster->config.joined || state->standing != HERALD_FRESH
				 ? standings[state->standing]
				 : "joining",
			 "Host", cluster->config.host, "Id", cluster->config.id, "Addresses",
			 addrs_json(cluster->config.addrs), "Etcd", members, "Member",
			 state->member < cluster->config.n_members
				 ? cluster->config.members[state->member]
				 : "",
			 "Why", find_why(cluster), "Hosts", n_hosts, "Alive", n_alive, "Records",
			 (json_int_t)cluster_state_count(cluster->link.records), "OwnEtcd",
			 has_etcd(cluster), "EtcdPid", (json_int_t)cluster->keeping.state.pid);
}

/* --- its life --- */

/* The caller has hung up. The errand goes on to its end: it may already be in etcd. */
static void api_forget(void *data)
{
	((struct cluster *)data)->done = NULL;
}

/* The herald has ended. A host that is in a cluster gets another; one that has just left does
 * not. */
static void on_lost(void *data)
{
	struct cluster *cluster = data;

	if (cluster->configured)
		cluster->herald.lost(cluster->herald.data);
}

/* The members of netd's own etcd are others than they were. They are kept, for this host's may be
 * the one that is not there after a start; and whoever comes in is told of them. */
static void on_seated(void *data)
{
	static char urls[CLUSTER_MEMBERS_MAX][CLUSTER_URL_LEN_MAX + 1];
	struct cluster *cluster = data;
	struct cluster_config *config = &cluster->config;
	struct error error;
	uint8_t n;

	memset(urls, 0, sizeof(urls));
	n = herald_members_urls(&cluster->link.members, urls);
	for (uint8_t i = 0; i < n; i++)
		if (!cluster_config_is_member(urls[i]))
			return; /* the file could not be read again */
	if (!cluster->configured || n == 0)
		return;
	growing_start(cluster);
	if (n == config->n_members && memcmp(urls, config->members, sizeof(urls)) == 0)
		return;
	memcpy(config->members, urls, sizeof(config->members));
	config->n_members = n;
	if (cluster_file_write(cluster->state_dir, config, &error) < 0)
		log_warn("%s", error.text);
	if (cluster_has_usher(cluster))
		ushering_tell(&cluster->ushering, config);
}

/* The three below are asked at a start of netd, when the file is all that is known. */
bool cluster_has_keeper(const struct cluster *cluster)
{
	return cluster->configured && has_etcd(cluster);
}

/* A cluster that is being made has no secret yet: its usher is started by on_made. */
bool cluster_has_usher(const struct cluster *cluster)
{
	return cluster->configured && cluster->config.own && cluster->config.secret[0];
}

/* Without a key it cannot speak to etcd: that of a new cluster comes from the keeper. */
bool cluster_has_herald(const struct cluster *cluster)
{
	return cluster->configured && cluster->config.key[0];
}

int cluster_init(struct cluster *cluster, struct ev_loop *loop, const char *state_dir,
		 const struct cluster_others *others, struct error *error)
{
	int err;

	/* Set first: it is what cluster_done goes by, so a failure below is cleaned up. */
	cluster->loop = loop;
	cluster->state_dir = state_dir;
	cluster->herald = others->herald;
	cluster->keeper = others->keeper;
	cluster->usher = others->usher;
	ushering_init(&cluster->ushering, loop);
	cluster->ushering.lost = on_usher_lost;
	cluster->ushering.data = cluster;
	ev_init(&cluster->door, on_door);
	cluster->door.data = cluster;
	cluster->keeping.loop = loop;
	cluster->keeping.state_dir = state_dir;
	cluster->keeping.made = on_made;
	cluster->keeping.stands = on_keeper_stands;
	cluster->keeping.lost = on_keeper_lost;
	cluster->keeping.data = cluster;
	cluster->link.told = on_told;
	cluster->link.stands = on_stands;
	cluster->link.seated = on_seated;
	cluster->link.lost = on_lost;
	cluster->link.data = cluster;
	/* Patience gets its time at each start (wait_for), begin is always due at once. */
	ev_init(&cluster->patience, on_patience);
	cluster->patience.data = cluster;
	ev_timer_init(&cluster->begin, on_begin, 0., 0.);
	cluster->begin.data = cluster;
	growing_init(cluster);
	err = heralding_init(&cluster->link, loop);
	if (err < 0)
		return error_system(error, err, "cannot start");
	/* A file that cannot be read ends the start, and is not taken for none: this host would
	 * otherwise go on without its cluster, and its networks that span hosts would be taken
	 * down. */
	err = cluster_file_read(state_dir, &cluster->config, &cluster->configured, error);
	/* Open before supervisors_start: the keeper inherits it. */
	if (err == 0 && cluster_has_keeper(cluster))
		err = keeping_open(&cluster->keeping, error);
	/* A port that is taken does not fail the start: containers need netd more than other
	 * hosts need to be let in. */
	if (err == 0 && cluster_has_usher(cluster)) {
		struct error why = { 0 };

		try_door(cluster, &why);
		if (why.text[0])
			log_warn("%s", why.text);
	}
	return err;
}

void cluster_done(struct cluster *cluster)
{
	/* cluster_init was never called: a start that failed before. */
	if (!cluster->loop)
		return;
	ev_timer_stop(cluster->loop, &cluster->patience);
	ev_timer_stop(cluster->loop, &cluster->begin);
	growing_stop(cluster);
	heralding_done(&cluster->link);
	keeping_done(&cluster->keeping);
	ev_timer_stop(cluster->loop, &cluster->door);
	ushering_done(&cluster->ushering);
	json_decref(cluster->asked);
}

struct api_cluster cluster_api(struct cluster *cluster)
{
	return (struct api_cluster) { .status = api_status,
				      .nodes = api_nodes,
				      .join = api_join,
				      .remove = api_remove,
				      .token = api_token,
				      .forget = api_forget,
				      .data = cluster };
}
