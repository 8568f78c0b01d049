// SPDX-License-Identifier: GPL-2.0-or-later
// cluster.c - this host in a cluster: in, out, and how it stands
#include "plumber/cluster.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "plumber/cluster_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>

/* Theory of operation. A host joins by writing a record that nobody has written before, and is in
 * when etcd has taken it: until then nothing is promised, and whatever goes wrong takes everything
 * back. The file cluster.json comes before the record, so that a netd that is killed in between
 * joins again at its next start, with the same id, and finds that the record is its own. From then
 * on the herald keeps etcd as this host is. A host leaves by removing what it has written, blocks
 * first, its own record last, and then the file. */

/* --- the end of what was asked --- */

static void end_errand(struct cluster *cluster, int err, const struct error *error)
{
	api_cluster_done done = cluster->done;

	ev_timer_stop(cluster->loop, &cluster->patience);
	cluster->errand = CLUSTER_NO_ERRAND;
	cluster->done = NULL;
	if (done)
		done(err, error, cluster->done_data);
}

static void be_in_none(struct cluster *cluster)
{
	heralding_part(&cluster->link);
	cluster->herald.stop(cluster->herald.data);
	cluster_file_remove(cluster->state_dir);
	memset(&cluster->config, 0, sizeof(cluster->config)); /* a key was in it */
	cluster->configured = false;
}

static void fail(struct cluster *cluster, int err, const struct error *error)
{
	if (cluster->errand == CLUSTER_JOINING)
		be_in_none(cluster);
	end_errand(cluster, err, error);
}

/* What the herald says is its own sentence. */
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

static void on_patience(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct cluster *cluster = timer->data;
	const char *why = cluster->link.state.why;
	struct error error;
	int err;

	(void)loop, (void)revents;
	ev_timer_stop(loop, timer);
	err = error_set(&error, ERROR_UNAVAILABLE, "%s",
			*why ? why : "etcd has not answered in time");
	fail(cluster, err, &error);
}

static void wait_for(struct cluster *cluster)
{
	ev_timer_stop(cluster->loop, &cluster->patience);
	ev_timer_set(&cluster->patience, CLUSTER_JOIN_S, 0.);
	ev_timer_start(cluster->loop, &cluster->patience);
}

/* --- in --- */

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

	heralding_record_of(&cluster->config, &record);
	(void)cluster_state_put(cluster->link.records, &record);
}

static void on_joined(int status, const uint8_t *answer, size_t len, void *data)
{
	struct cluster *cluster = data;
	struct error error;
	int err;

	/* A herald that has ended is asked again when there is another. */
	if (status == -ECONNRESET || !cluster->configured)
		return;
	if (status == 0) {
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

	if (!cluster->configured || cluster->config.joined)
		return;
	err = cluster->errand == CLUSTER_JOINING ? check_mode(cluster, &error) : 0;
	if (err < 0) {
		fail(cluster, err, &error);
		return;
	}
	cluster->asks_in = true;
}

/* The watch runs, so the herald takes requests. */
static void on_stands(void *data)
{
	struct cluster *cluster = data;
	struct error error;
	int err;

	if (cluster->link.state.standing != HERALD_FRESH || !cluster->asks_in)
		return;
	cluster->asks_in = false;
	err = heralding_join(&cluster->link, &cluster->config, on_joined, cluster);
	if (err < 0 && cluster->errand == CLUSTER_JOINING)
		fail(cluster, error_system(&error, err, "cannot ask to be let in"), &error);
}

static int draw_id(char ret_id[static ID_LEN + 1])
{
	uint8_t bytes[ID_LEN / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -errno;
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(ret_id + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

static int api_join(const json_t *body, enum api_cluster_mode mode, api_cluster_done done,
		    void *done_data, void *data, struct error *error)
{
	struct cluster *cluster = data;
	struct utsname uts;
	int err;

	if (cluster->configured)
		return error_set(error, ERROR_CONFLICT,
				 "this host is in a cluster, as %s: `netctl cluster leave` first",
				 cluster->config.host);
	(void)uname(&uts); /* cannot fail for a valid buffer */
	err = cluster_config_read(body, uts.nodename, &cluster->config, error);
	if (err < 0)
		return err;
	cluster->config.joined = false;
	if ((err = draw_id(cluster->config.id)) < 0)
		return error_system(error, err, "cannot draw an id for this host");
	if ((err = cluster_file_write(cluster->state_dir, &cluster->config, error)) < 0)
		return err;
	cluster->configured = true;
	cluster->mode = mode;
	err = cluster->herald.start(cluster->herald.data, error);
	if (err < 0) {
		be_in_none(cluster);
		return err;
	}
	cluster->errand = CLUSTER_JOINING;
	cluster->done = done;
	cluster->done_data = done_data;
	wait_for(cluster);
	return 0;
}

/* --- out --- */

/* The next blocks of the host that goes, as many as a request takes; none: it was the last. */
static void collect_blocks(struct cluster *cluster)
{
	struct herald_remove *remove = &cluster->remove;
	struct cluster_record record;
	size_t cursor = 0;

	remove->n_keys = 0;
	remove->last = true;
	while (cluster_state_next(cluster->link.records, &cursor, &record)) {
		if (record.key.kind != CLUSTER_BLOCK || strcmp(record.holder, remove->host) != 0)
			continue;
		if (remove->n_keys == HERALD_REMOVE_KEYS_MAX) {
			remove->last = false;
			return;
		}
		(void)cluster_key_print(&record.key, cluster->key_text);
		(void)snprintf(remove->keys[remove->n_keys++], HERALD_KEY_LEN_MAX + 1, "%.*s",
			       HERALD_KEY_LEN_MAX, cluster->key_text);
	}
}

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

static void remove_next(struct cluster *cluster);

static void on_removed(int status, const uint8_t *answer, size_t len, void *data)
{
	struct cluster *cluster = data;
	bool leaves = cluster->errand == CLUSTER_LEAVING;
	struct error error;
	int err;

	if (cluster->errand != CLUSTER_REMOVING && !leaves)
		return;
	if (status == 0 && !cluster->remove.last) {
		forget_asked(cluster);
		remove_next(cluster);
		return;
	}
	err = status == 0 ? 0 : read_refusal(status, answer, len, &error);
	if (err < 0 && leaves && !cluster->force)
		err = error_set(&error, ERROR_UNAVAILABLE,
				"etcd was not told that this host leaves (%.*s): try again, or "
				"leave with --force and remove it elsewhere with `netctl node rm`",
				(int)len, answer ? (const char *)answer : "");
	else if (leaves)
		err = 0;
	if (err == 0 && leaves)
		be_in_none(cluster);
	end_errand(cluster, err, &error);
}

static void remove_next(struct cluster *cluster)
{
	int err;

	collect_blocks(cluster);
	wait_for(cluster);
	err = heralding_remove(&cluster->link, &cluster->remove, on_removed, cluster);
	if (err < 0)
		on_removed(err, (const uint8_t *)"no herald runs", strlen("no herald runs"),
			   cluster);
}

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
	if (!leaves && (err = check_host(cluster, host, error)) < 0)
		return err;
	memset(&cluster->remove, 0, sizeof(cluster->remove));
	(void)snprintf(cluster->remove.host, sizeof(cluster->remove.host), "%s",
		       leaves ? cluster->config.host : host);
	cluster->remove.force = force || leaves;
	cluster->force = force;
	cluster->errand = leaves ? CLUSTER_LEAVING : CLUSTER_REMOVING;
	cluster->done = done;
	cluster->done_data = done_data;
	/* Not from here: who has asked is not waiting yet. */
	ev_timer_start(cluster->loop, &cluster->begin);
	return 0;
}

static void on_begin(struct ev_loop *loop, ev_timer *begin, int revents)
{
	struct cluster *cluster = begin->data;

	(void)revents;
	ev_timer_stop(loop, begin);
	remove_next(cluster);
}

/* --- how it stands --- */

static const char *const standings[HERALD_N_STANDINGS] = {
	[HERALD_TRYING] = "trying",
	[HERALD_FRESH] = "fresh",
	[HERALD_REMOVED] = "removed",
};

static json_t *addrs_json(const struct addr addrs[static FAMILY_N])
{
	json_t *list = json_array();

	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_is_set(&addrs[family]))
			(void)json_array_append_new(list, json_string(ADDR_STR(&addrs[family])));
	return list;
}

/* Its lease runs, and it is the one that has its name. */
static bool is_alive(const struct cluster *cluster, const struct cluster_record *host)
{
	struct cluster_key key = cluster_key_of_host(CLUSTER_ALIVE, host->key.host);
	struct cluster_record alive;

	return cluster_state_get(cluster->link.records, &key, &alive) &&
	       strcmp(alive.id, host->host.id) == 0;
}

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

static json_t *api_status(void *data)
{
	const struct cluster *cluster = data;
	const struct herald_state *state = &cluster->link.state;
	json_t *members = json_array();
	json_int_t n_hosts, n_alive;

	if (!cluster->configured) {
		json_decref(members);
		return json_pack("{s:s}", "State", "none");
	}
	count(cluster, &n_hosts, &n_alive);
	for (size_t i = 0; i < cluster->config.n_members; i++)
		(void)json_array_append_new(members, json_string(cluster->config.members[i]));
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:I, s:I, s:I}", "State",
			 cluster->config.joined || state->standing != HERALD_FRESH
				 ? standings[state->standing]
				 : "joining",
			 "Host", cluster->config.host, "Id", cluster->config.id, "Addresses",
			 addrs_json(cluster->config.addrs), "Etcd", members, "Member",
			 state->member < cluster->config.n_members
				 ? cluster->config.members[state->member]
				 : "",
			 "Why", state->why, "Hosts", n_hosts, "Alive", n_alive, "Records",
			 (json_int_t)cluster_state_count(cluster->link.records));
}

/* --- its life --- */

static void api_forget(void *data)
{
	((struct cluster *)data)->done = NULL;
}

static void on_lost(void *data)
{
	struct cluster *cluster = data;

	if (cluster->configured)
		cluster->herald.lost(cluster->herald.data);
}

int cluster_init(struct cluster *cluster, struct ev_loop *loop, const char *state_dir,
		 const struct cluster_host_ops *herald, struct error *error)
{
	int err;

	cluster->loop = loop;
	cluster->state_dir = state_dir;
	cluster->herald = *herald;
	cluster->link.told = on_told;
	cluster->link.stands = on_stands;
	cluster->link.lost = on_lost;
	cluster->link.data = cluster;
	ev_init(&cluster->patience, on_patience);
	cluster->patience.data = cluster;
	ev_timer_init(&cluster->begin, on_begin, 0., 0.);
	cluster->begin.data = cluster;
	err = heralding_init(&cluster->link, loop);
	if (err < 0)
		return error_system(error, err, "cannot start");
	return cluster_file_read(state_dir, &cluster->config, &cluster->configured, error);
}

void cluster_done(struct cluster *cluster)
{
	if (!cluster->loop)
		return;
	ev_timer_stop(cluster->loop, &cluster->patience);
	ev_timer_stop(cluster->loop, &cluster->begin);
	heralding_done(&cluster->link);
}

struct api_cluster cluster_api(struct cluster *cluster)
{
	return (struct api_cluster) { .status = api_status,
				      .nodes = api_nodes,
				      .join = api_join,
				      .remove = api_remove,
				      .forget = api_forget,
				      .data = cluster };
}
