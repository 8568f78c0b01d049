// SPDX-License-Identifier: GPL-2.0-or-later
// test_cluster.c - a host in a cluster: which processes it takes, who is there, how it stands, and
// the one thing that is under way
#include "plumber/cluster.h"

#include "base/cleanup.h"
#include "ipc/chan.h"
#include "ipc/msg.h"
#include "plumber/cluster_door.h"
#include "plumber/cluster_errand.h"
#include "plumber/cluster_file.h"
#include "plumber/cluster_hosts.h"
#include "plumber/cluster_remove.h"
#include "plumber/cluster_renew.h"
#include "plumber/cluster_revoked.h"
#include "plumber/cluster_roles.h"
#include "plumber/cluster_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <errno.h>

/* Made with openssl(1); it is good until 2036-11-27T10:31:44Z. */
#define CERTIFICATE                                                                                \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MIIBczCCARmgAwIBAgIUTcn6+dYQ0DyRXvN3O/MRTeFaZmIwCgYIKoZIzj0EAwIw\n"                       \
	"DzENMAsGA1UECgwEbmV0ZDAeFw0yNjExMzAxMDMxNDRaFw0zNjExMjcxMDMxNDRa\n"                       \
	"MA8xDTALBgNVBAoMBG5ldGQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASz9Rqh\n"                       \
	"3Df3mBC8zmI1FJEaoNUAgYNYzLet9v9fA9Xrb/p8EVsyE1FqESKERMuZmNCTidht\n"                       \
	"B7huxu6zwdpEx6/eo1MwUTAdBgNVHQ4EFgQUkLaA01t/0AqOCXKVTgyJJO9aWr0w\n"                       \
	"HwYDVR0jBBgwFoAUkLaA01t/0AqOCXKVTgyJJO9aWr0wDwYDVR0TAQH/BAUwAwEB\n"                       \
	"/zAKBggqhkjOPQQDAgNIADBFAiEAzVEXcIRHZBZAt1/Tc7TPyFCGANvZb0q5dqA7\n"                       \
	"IRMJVzgCIEwpTRc0uBRcOD47m3k6bZ29Fuwti/u9mU8iJmVmUspM\n"                                   \
	"-----END CERTIFICATE-----\n"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct cluster cluster; /* large */

/* This host is a, and knows of nobody. */
static int make(void **state)
{
	(void)state;
	memset(&cluster, 0, sizeof(cluster));
	cluster.loop = ev_loop_new(0);
	assert_non_null(cluster.loop);
	cluster_revoked_init(&cluster);
	cluster.link.channel = -1;
	assert_int_equal(heralding_init(&cluster.link, cluster.loop), 0);
	cluster.configured = cluster.config.joined = true;
	(void)snprintf(cluster.config.host, sizeof(cluster.config.host), "a");
	(void)snprintf(cluster.config.id, sizeof(cluster.config.id), ID_A);
	cluster.config.n_members = 1;
	(void)snprintf(cluster.config.members[0], sizeof(cluster.config.members[0]),
		       "https://192.0.2.10:2389");
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	cluster_revoked_stop(&cluster);
	heralding_done(&cluster.link);
	ev_loop_destroy(cluster.loop);
	return 0;
}

static void tell_host(const char *name, const char *id)
{
	const struct cluster_key key = cluster_key_of_host(CLUSTER_HOST, name);
	struct cluster_record record;

	cluster_record_init(&record, &key);
	(void)snprintf(record.host.id, sizeof(record.host.id), "%s", id);
	(void)snprintf(record.host.version, sizeof(record.host.version), "1");
	assert_int_equal(addr_parse("192.0.2.10", &record.host.vtep[FAMILY_4]), 0);
	assert_true(cluster_state_put(cluster.link.records, &record) >= 0);
}

static void tell_alive(const char *name, const char *id)
{
	const struct cluster_key key = cluster_key_of_host(CLUSTER_ALIVE, name);
	struct cluster_record record;

	cluster_record_init(&record, &key);
	(void)snprintf(record.id, sizeof(record.id), "%s", id);
	assert_true(cluster_state_put(cluster.link.records, &record) >= 0);
}

/* --- which processes it takes ----------------------------------------------------------------- */

static void a_host_takes_the_processes_that_its_file_asks_for(void **state)
{
	(void)state;
	/* An etcd of somebody else's, with the certificates that it was given. */
	assert_false(cluster_has_herald(&cluster));
	cluster.config.key[0] = 'k';
	assert_true(cluster_has_herald(&cluster));
	assert_false(cluster_has_etcd(&cluster) || cluster_has_keeper(&cluster));
	assert_false(cluster_has_usher(&cluster));
	/* It has made the cluster. */
	cluster.config.own = true;
	assert_true(cluster_has_keeper(&cluster));
	assert_false(cluster_has_usher(&cluster)); /* nobody could come in */
	cluster.config.secret[0] = 's';
	assert_true(cluster_has_usher(&cluster));
	/* It was let in, and has a member. */
	cluster.config.own = false;
	cluster.config.seat[0] = 's';
	assert_true(cluster_has_etcd(&cluster) && cluster_has_keeper(&cluster));
	assert_false(cluster_has_usher(&cluster));
	/* It has left. */
	cluster.configured = false;
	assert_false(cluster_has_keeper(&cluster) || cluster_has_herald(&cluster));
}

/* --- who is there ----------------------------------------------------------------------------- */

static void a_host_is_alive_by_a_key_with_its_own_id(void **state)
{
	struct cluster_record other = { 0 };
	size_t n_hosts, n_alive;

	(void)state;
	assert_int_equal(cluster_hosts_others(&cluster, &other), 0);
	tell_host("a", ID_A);
	tell_alive("a", ID_A);
	tell_host("b", ID_B);
	cluster_hosts_count(&cluster, &n_hosts, &n_alive);
	assert_int_equal(n_hosts, 2);
	assert_int_equal(n_alive, 1);
	/* Of a host of that name before. */
	tell_alive("b", ID_A);
	cluster_hosts_count(&cluster, &n_hosts, &n_alive);
	assert_int_equal(n_alive, 1);
	tell_alive("b", ID_B);
	cluster_hosts_count(&cluster, &n_hosts, &n_alive);
	assert_int_equal(n_alive, 2);
	/* This host is none of the others, whatever it was called. */
	tell_host("was-a", ID_A);
	assert_int_equal(cluster_hosts_others(&cluster, &other), 1);
	assert_string_equal(other.key.host, "b");
	assert_true(cluster_hosts_is_alive(&cluster, &other));
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void hosts_are_shown_as_they_were_told(void **state)
{
	json_auto_t *nodes = NULL;

	(void)state;
	tell_host("b", ID_B);
	nodes = cluster_status_nodes(&cluster);
	assert_int_equal(json_array_size(nodes), 1);
	assert_string_equal(text_of(json_array_get(nodes, 0), "Name"), "b");
	assert_true(json_is_false(json_object_get(json_array_get(nodes, 0), "Alive")));
	assert_true(json_is_false(json_object_get(json_array_get(nodes, 0), "Self")));
	json_decref(nodes);
	/* What it knew of a cluster that it has left is nobody's business. */
	cluster.configured = false;
	nodes = cluster_status_nodes(&cluster);
	assert_int_equal(json_array_size(nodes), 0);
}

#define REST "0000000000000000000000000000000000000000000000000000000000"

/* By what somebody typed: the host that is found, or "" and a sentence. */
static const char *find(const char *ref, struct error *error)
{
	static struct cluster_record host;

	return cluster_hosts_find(&cluster, ref, &host, error) < 0 ? "" : host.key.host;
}

static void a_host_is_found_by_its_name_or_enough_of_its_id(void **state)
{
	struct error error = { 0 };

	(void)state;
	cluster.link.all_told = true;
	tell_host("alpha", "aaaa11" REST);
	tell_host("beta", "aaaa22" REST);
	tell_host("aaaa", "bbbb33" REST); /* a name comes before the beginning of an id */
	assert_string_equal(find("alpha", &error), "alpha");
	assert_string_equal(find("aaaa2", &error), "beta");
	assert_string_equal(find("bbbb", &error), "aaaa");
	assert_string_equal(find("aaaa", &error), "aaaa");
	tell_host("gamma", "bbbb44" REST);
	assert_string_equal(find("bbbb", &error), "");
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_non_null(strstr(error.text, "the ids of 2 hosts begin with bbbb,"));
	/* too little to be no accident */
	assert_string_equal(find("bbb", &error), "");
	assert_int_equal(error.kind, ERROR_NOT_FOUND);
	assert_string_equal(find("alpho", &error), "");
	assert_int_equal(error.kind, ERROR_NOT_FOUND);
	assert_string_equal(error.text,
			    "there is no host alpho in the cluster; did you mean alpha?");
	assert_string_equal(find("", &error), "");
	assert_int_equal(error.kind, ERROR_NOT_FOUND);
}

static void no_host_is_said_not_to_be_there_before_that_is_known(void **state)
{
	struct error error = { 0 };

	(void)state;
	cluster.link.all_told = false;
	assert_string_equal(find("alpha", &error), "");
	assert_int_equal(error.kind, ERROR_UNAVAILABLE);
	tell_host("alpha", "aaaa11" REST); /* as it was known before etcd went away */
	assert_string_equal(find("alpha", &error), "alpha");
	cluster.configured = false;
	assert_string_equal(find("alpha", &error), "");
	assert_non_null(strstr(error.text, "this host is in no cluster"));
}

/* --- how it stands ---------------------------------------------------------------------------- */

static void who_is_in_no_cluster_says_that_alone(void **state)
{
	json_auto_t *status = NULL;

	(void)state;
	cluster.configured = false;
	status = cluster_status(&cluster);
	assert_int_equal(json_object_size(status), 1);
	assert_string_equal(text_of(status, "State"), "none");
}

static void the_state_is_the_heralds_but_for_who_is_not_in_yet(void **state)
{
	static const struct {
		enum herald_standing standing;
		bool joined;
		const char *wanted;
	} cases[] = {
		{ HERALD_FRESH, true, "fresh" },     { HERALD_FRESH, false, "joining" },
		{ HERALD_TRYING, true, "trying" },   { HERALD_TRYING, false, "trying" },
		{ HERALD_REMOVED, true, "removed" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_auto_t *status = NULL;

		cluster.link.state.standing = cases[i].standing;
		cluster.config.joined = cases[i].joined;
		status = cluster_status(&cluster);
		assert_string_equal(text_of(status, "State"), cases[i].wanted);
		assert_string_equal(text_of(status, "Member"), "https://192.0.2.10:2389");
		json_decref(status);
		status = NULL;
	}
}

/* etcd's own end is why the herald finds none. */
static void what_its_own_etcd_says_comes_first(void **state)
{
	(void)state;
	assert_string_equal(cluster_status_why(&cluster), "");
	(void)snprintf(cluster.link.state.why, sizeof(cluster.link.state.why), "refused");
	assert_string_equal(cluster_status_why(&cluster), "refused");
	(void)snprintf(cluster.keeping.state.why, sizeof(cluster.keeping.state.why), "ended");
	assert_string_equal(cluster_status_why(&cluster), "ended");
}

static void the_end_of_a_certificate_is_shown_where_it_can_be_read(void **state)
{
	json_auto_t *status = NULL;
	const json_t *certificate;
	int64_t left;

	(void)state;
	(void)snprintf(cluster.config.cert, sizeof(cluster.config.cert), "nonsense");
	status = cluster_status(&cluster);
	assert_non_null(status);
	assert_null(json_object_get(status, "Certificate"));
	json_decref(status);
	(void)snprintf(cluster.config.ca, sizeof(cluster.config.ca), CERTIFICATE);
	status = cluster_status(&cluster);
	certificate = json_object_get(status, "Certificate");
	assert_string_equal(text_of(certificate, "Ends"), "2036-11-27T10:31:44Z");
	/* By the clock of now, which may be set to anything. */
	left = json_integer_value(json_object_get(certificate, "Left"));
	assert_true(left >= 2111394704 - (int64_t)time(NULL));
	assert_true(left <= 2111394704 - (int64_t)time(NULL) + 600);
	/* Whoever has the authority's key is renewed by nobody, and hears so when it is time. */
	assert_string_equal(cluster_renew_why(&cluster, true), "");
	cluster.config.own = true;
	assert_string_equal(cluster_renew_why(&cluster, false), "");
	assert_non_null(strstr(cluster_renew_why(&cluster, true), "make the cluster anew before"));
	(void)snprintf(cluster.renew_why, sizeof(cluster.renew_why), "nobody answers");
	assert_string_equal(cluster_renew_why(&cluster, true), "nobody answers");
}

/* --- what is under way ------------------------------------------------------------------------ */

static struct {
	unsigned n;
	int err;
	bool begins_another;
} heard;

static void on_done(int err, const struct error *error, void *data)
{
	struct error why;

	(void)error;
	assert_ptr_equal(data, &heard);
	heard.n++;
	heard.err = err;
	/* Nothing is under way any more. */
	assert_int_equal(cluster_errand_check(&cluster, &why), 0);
	if (heard.begins_another)
		cluster_errand_begin(&cluster, CLUSTER_LEAVING, NULL, NULL);
}

static void one_thing_is_under_way_and_its_end_is_heard_once(void **state)
{
	struct error error = { 0 };

	(void)state;
	memset(&heard, 0, sizeof(heard));
	cluster_errand_begin(&cluster, CLUSTER_REMOVING, on_done, &heard);
	assert_true(cluster_errand_check(&cluster, &error) < 0);
	assert_int_equal(error.kind, ERROR_CONFLICT);
	cluster_errand_end(&cluster, -EIO, &error);
	assert_int_equal(heard.n, 1);
	assert_int_equal(heard.err, -EIO);
	cluster_errand_end(&cluster, 0, NULL);
	assert_int_equal(heard.n, 1);
	/* Who hears of the end may begin at once. */
	heard.begins_another = true;
	cluster_errand_begin(&cluster, CLUSTER_REMOVING, on_done, &heard);
	cluster_errand_end(&cluster, 0, NULL);
	assert_int_equal(cluster.errand, CLUSTER_LEAVING);
}

static void etcds_refusal_says_whose_fault_it_is(void **state)
{
	static const char words[] = "another host was first, and more";
	struct error error = { 0 };

	(void)state;
	/* The sentence is as long as it is said to be. */
	assert_true(cluster_errand_refusal(-EEXIST, (const uint8_t *)words, 22, &error) < 0);
	assert_int_equal(error.kind, ERROR_CONFLICT);
	assert_string_equal(error.text, "another host was first");
	assert_true(cluster_errand_refusal(-EIO, (const uint8_t *)words, 7, &error) < 0);
	assert_int_equal(error.kind, ERROR_UNAVAILABLE);
	assert_true(cluster_errand_refusal(-ETIMEDOUT, NULL, 0, &error) < 0);
	assert_int_equal(error.kind, ERROR_UNAVAILABLE);
	assert_non_null(strstr(error.text, "netctl node ls"));
}

/* --- out -------------------------------------------------------------------------------------- */

static void it_is_said_by_whom_others_come_in(void **state)
{
	struct cluster_key key = cluster_key_of_host(CLUSTER_HOST, "b");
	struct cluster_record record;
	struct error error = { 0 };
	json_t *token = NULL;

	(void)state;
	cluster.config.follows = true;
	tell_host("b", ID_B);
	assert_true(cluster_door_token(&cluster, NULL, &token, &error) < 0);
	assert_non_null(strstr(error.text, "ask where the cluster was made"));
	assert_true(cluster_state_get(cluster.link.records, &key, &record));
	record.host.lets_in = true;
	(void)cluster_state_put(cluster.link.records, &record);
	assert_true(cluster_door_token(&cluster, NULL, &token, &error) < 0);
	assert_non_null(strstr(error.text, "ask on b, which is lost: nobody can come in"));
	tell_alive("b", ID_B);
	assert_true(cluster_door_token(&cluster, NULL, &token, &error) < 0);
	assert_string_equal(error.text, "this host does not let others in: ask on b");
}

static void tell_revoked_until(const char *serial, uint64_t ends)
{
	struct cluster_key key = cluster_key_of_name(CLUSTER_REVOKED, serial);
	struct cluster_record record;

	cluster_record_init(&record, &key);
	(void)snprintf(record.revoked.host, sizeof(record.revoked.host), "b");
	record.revoked.ends = ends;
	assert_int_not_equal(cluster_state_put(cluster.link.records, &record), -ENOMEM);
}

static void tell_revoked(const char *serial)
{
	tell_revoked_until(serial, 0);
}

/* As the watch tells of it, until the list is looked at. */
static void hear_revoked(const char *serial)
{
	tell_revoked(serial);
	cluster_revoked_heard(&cluster);
}

/* A host whose certificate would stay good is not removed. */
static void refuse_without_room(void)
{
	struct cluster_key key = cluster_key_of_host(CLUSTER_HOST, "b");
	struct cluster_record record;
	struct error error = { 0 };

	tell_host("b", ID_B);
	assert_true(cluster_state_get(cluster.link.records, &key, &record));
	record.host.n_serials = 1;
	(void)snprintf(record.host.serials[0], sizeof(record.host.serials[0]), "77");
	assert_int_not_equal(cluster_state_put(cluster.link.records, &record), -ENOMEM);
	cluster.link.all_told = true;
	assert_true(cluster_remove(&cluster, "b", true, NULL, NULL, &error) < 0);
	assert_int_equal(error.kind, ERROR_CONFLICT);
	assert_non_null(strstr(error.text, "have b leave (`netctl cluster leave` there)"));
}

static void turn(void)
{
	for (int i = 0; i < 4; i++)
		(void)ev_run(cluster.loop, EVRUN_NOWAIT);
}

/* The number of the certificate that etcd is asked to forget, and that of the request; "": none. */
static const char *releases(int herald, uint32_t *ret_id)
{
	static uint8_t message[IPC_MSG_MAX];
	static struct cluster_record record;
	struct ipc_call call;
	struct wire wire;
	size_t n_fds = 0;
	int len;

	turn();
	while ((len = chan_receive(herald, message, sizeof(message), NULL, &n_fds)) > 0) {
		wire = wire_reader(message, (size_t)len);
		if (wire_u8(&wire) != IPC_REQUEST)
			continue;
		ipc_get_call(&wire, &call);
		assert_int_equal(wire.err, 0);
		assert_int_equal(call.what, HERALD_CALL_RELEASE);
		wire = wire_reader(call.body, call.len);
		cluster_record_get(&wire, &record);
		assert_int_equal(wire.err, 0);
		assert_int_equal(record.key.kind, CLUSTER_REVOKED);
		*ret_id = call.id;
		return record.key.name;
	}
	return "";
}

static void answer(int herald, uint32_t id, uint16_t status)
{
	const struct ipc_call reply = { .id = id, .what = status };
	uint8_t space[64];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_put_call(&wire, IPC_REPLY, &reply);
	assert_int_equal(chan_send(herald, wire.data, wire.pos, NULL, 0), 0);
	turn();
}

/* By the host that lets others in, one after the other; a day later, for clocks differ. */
static void what_says_that_one_was_revoked_goes_when_that_has_ended(void **state)
{
	const uint64_t now = (uint64_t)time(NULL);
	char first[CLUSTER_KEY_SIZE];
	const char *second;
	uint32_t id;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	heralding_meet(&cluster.link, &cluster.config, ends[0], 1);
	cluster.config.follows = true;
	tell_revoked_until("07", 1);
	tell_revoked_until("08", now - AUTHORITY_BACKDATED_S - 10);
	tell_revoked_until("09", now - AUTHORITY_BACKDATED_S + 1000);
	tell_revoked_until("0a", 0);
	cluster.config.n_revoked = 2;
	(void)snprintf(cluster.config.revoked[0].serial, 3, "09");
	(void)snprintf(cluster.config.revoked[1].serial, 3, "0a");
	cluster_revoked_look(&cluster);
	assert_string_equal(releases(ends[1], &id), "");
	cluster.config.own = true;
	cluster.config.secret[0] = 's';
	cluster_revoked_look(&cluster);
	(void)snprintf(first, sizeof(first), "%s", releases(ends[1], &id));
	assert_true(strcmp(first, "07") == 0 || strcmp(first, "08") == 0);
	second = strcmp(first, "07") == 0 ? "08" : "07";
	cluster_revoked_look(&cluster);
	assert_string_equal(releases(ends[1], &(uint32_t) { 0 }), "");
	answer(ends[1], id, 0);
	assert_string_equal(releases(ends[1], &id), second);
	/* etcd does not answer: it is found again with the next look, and somebody was first */
	answer(ends[1], id, EIO);
	assert_string_equal(releases(ends[1], &id), "");
	cluster_revoked_look(&cluster);
	assert_string_equal(releases(ends[1], &id), second);
	answer(ends[1], id, EBUSY);
	assert_string_equal(releases(ends[1], &id), "");
	assert_int_equal(cluster.config.n_revoked, 2);
	(void)close(ends[1]);
}

/* Kept in the file, and never forgotten; what has come for the first time draws another secret. */
static void what_is_revoked_stays_so(void **state)
{
	static struct cluster_config kept;
	char dir[] = "/tmp/netd-revoked.XXXXXX", path[64], secret[CLUSTER_SECRET_LEN + 1];
	struct error error = { 0 };
	bool there = false;

	(void)state;
	assert_non_null(mkdtemp(dir));
	cluster.state_dir = dir;
	cluster.keeping.channel = cluster.ushering.channel = -1;
	cluster.config.own = cluster.config.follows = true;
	assert_int_equal(addr_parse("192.0.2.10", &cluster.config.addrs[FAMILY_4]), 0);
	memset(cluster.config.secret, 'a', CLUSTER_SECRET_LEN);
	memset(cluster.config.digest, 'd', CLUSTER_DIGEST_LEN);
	(void)snprintf(cluster.config.ca, sizeof(cluster.config.ca), CERTIFICATE);
	memcpy(cluster.config.cert, cluster.config.ca, sizeof(cluster.config.ca));
	memcpy(cluster.config.key, cluster.config.ca, sizeof(cluster.config.ca));
	memcpy(cluster.config.ca_key, cluster.config.ca, sizeof(cluster.config.ca));
	cluster_revoked_look(&cluster);
	assert_int_equal(cluster.config.secret[0], 'a');
	tell_revoked("07");
	cluster_revoked_look(&cluster);
	assert_int_equal(cluster.config.n_revoked, 1);
	assert_string_equal(cluster.config.revoked[0].serial, "07");
	assert_int_equal(cluster.config.n_old, 1);
	memcpy(secret, cluster.config.secret, sizeof(secret));
	cluster_revoked_look(&cluster);
	assert_string_equal(cluster.config.secret, secret);
	/* Whoever takes the record out of etcd makes nothing good again. */
	cluster_state_begin(cluster.link.records);
	(void)cluster_state_end(cluster.link.records, NULL, NULL);
	cluster_revoked_look(&cluster);
	assert_int_equal(cluster_file_read(dir, &kept, &there, &error), 0);
	assert_true(there);
	assert_int_equal(kept.n_revoked, 1);
	assert_string_equal(kept.revoked[0].serial, "07");
	assert_string_equal(kept.secret, secret);
	/* An etcd of somebody else's is his to tell. */
	cluster.config.follows = false;
	tell_revoked("08");
	cluster_revoked_look(&cluster);
	assert_int_equal(cluster.config.n_revoked, 1);
	/* Both certificates of a host come one after the other, and one secret is drawn. */
	cluster.config.follows = true;
	hear_revoked("09");
	hear_revoked("0a");
	assert_int_equal(cluster.config.n_revoked, 1);
	while (ev_is_active(&cluster.revoke))
		ev_run(cluster.loop, EVRUN_ONCE);
	assert_int_equal(cluster.config.n_revoked, 4); /* and the one before */
	assert_int_equal(cluster.config.n_old, 2);
	/* What has ended needs no list. */
	tell_revoked_until("0b", 1);
	cluster_revoked_look(&cluster);
	assert_int_equal(cluster.config.n_revoked, 4);
	/* There is an end, at which nothing makes room but what has ended. */
	cluster.config.revoked[1].ends = 1;
	assert_int_equal(cluster_revoked_room(&cluster), CLUSTER_REVOKED_MAX - 3);
	for (unsigned i = 0; i < CLUSTER_REVOKED_MAX + 8; i++) {
		(void)snprintf(path, sizeof(path), "%04x", i);
		tell_revoked(path);
	}
	cluster_revoked_look(&cluster);
	assert_int_equal(cluster.config.n_revoked, CLUSTER_REVOKED_MAX);
	assert_int_equal(cluster_revoked_room(&cluster), 0);
	assert_string_equal(cluster.config.revoked[0].serial, "07");
	for (size_t i = 0; i < CLUSTER_REVOKED_MAX; i++)
		assert_int_equal(cluster.config.revoked[i].ends,
				 0); /* the one that had ended gave way */
	refuse_without_room();
	(void)snprintf(path, sizeof(path), "%s/" CLUSTER_FILE, dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void tell_member(const char *host, bool learner)
{
	struct herald_member *member = &cluster.link.members.all[cluster.link.members.n++];

	*member = (struct herald_member) { .learner = learner };
	(void)snprintf(member->name, sizeof(member->name), "%s", host);
}

static int leave(struct error *error)
{
	int err = cluster_remove(&cluster, NULL, false, on_done, &heard, error);

	/* It would begin with the next turn of the loop. */
	if (err == 0)
		cluster_errand_end(&cluster, 0, NULL);
	return err;
}

/* One that learns has no voice, so nobody needs it. */
static void a_host_leaves_whose_etcd_others_do_not_need(void **state)
{
	struct error error = { 0 };

	(void)state;
	memset(&heard, 0, sizeof(heard));
	cluster_remove_init(&cluster);
	tell_host("a", ID_A);
	assert_int_equal(leave(&error), 0);
	tell_host("b", ID_B);
	assert_int_equal(leave(&error), 0); /* it has no etcd */
	cluster.config.seat[0] = 's';
	assert_true(leave(&error) < 0); /* whose there are is not told yet */
	tell_member("b", false);
	tell_member("a", true);
	assert_int_equal(leave(&error), 0);
	cluster.link.members.n = 0;
	tell_member("b", false);
	tell_member("a", false);
	assert_int_equal(leave(&error), 0);
	cluster.link.members.n = 0;
	tell_member("a", false);
	tell_member("b", true);
	assert_true(leave(&error) < 0);
	assert_int_equal(error.kind, ERROR_CONFLICT);
	assert_non_null(strstr(error.text, "the cluster's etcd is on this host"));
	/* Who lets others in stays, whatever there is beside it. */
	cluster.config.seat[0] = '\0';
	cluster.config.own = true;
	tell_member("c", false);
	assert_true(leave(&error) < 0);
	assert_non_null(strstr(error.text, "this host lets others into the cluster"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_host_takes_the_processes_that_its_file_asks_for),
		CASE(a_host_is_alive_by_a_key_with_its_own_id),
		CASE(hosts_are_shown_as_they_were_told),
		CASE(a_host_is_found_by_its_name_or_enough_of_its_id),
		CASE(no_host_is_said_not_to_be_there_before_that_is_known),
		CASE(who_is_in_no_cluster_says_that_alone),
		CASE(the_state_is_the_heralds_but_for_who_is_not_in_yet),
		CASE(what_its_own_etcd_says_comes_first),
		CASE(the_end_of_a_certificate_is_shown_where_it_can_be_read),
		CASE(one_thing_is_under_way_and_its_end_is_heard_once),
		CASE(etcds_refusal_says_whose_fault_it_is),
		CASE(it_is_said_by_whom_others_come_in),
		CASE(what_is_revoked_stays_so),
		CASE(what_says_that_one_was_revoked_goes_when_that_has_ended),
		CASE(a_host_leaves_whose_etcd_others_do_not_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
