// SPDX-License-Identifier: GPL-2.0-or-later
// request_swarm.c - the bodies of POST /swarm/init and /swarm/join, as netd's own calls have them
#include "model/request/request.h"
#include "model/text/field.h"

#include "base/addr.h"
#include "base/limits.h"

#include <string.h>

/* Theory of operation. Docker's clients send all that a swarm could be asked for, most of it with
 * the value that asks for nothing. What is asked for and netd has not is refused by the name of
 * the option: a cluster that is not what was wanted would be found out late. What is left is an
 * address and a token, and goes the way of `netctl cluster init` and `join`. */

static int refuse(const struct field_scope *body, const char *option, const char *why)
{
	return error_set(body->error, ERROR_NOT_IMPLEMENTED, "%s: %s", option, why);
}

/* Where swarm listens is a choice of address and port. netd's ports are its own, at the address
 * that is advertised: any address is fine, and that one. */
static int check_listen(const struct field_scope *body, const char *advertised)
{
	const char *listen = "";
	int err = field_text(body, "ListenAddr", &listen);

	if (err < 0 || !*listen || strncmp(listen, "0.0.0.0", 7) == 0 ||
	    strncmp(listen, "[::]", 4) == 0 ||
	    (*advertised && strncmp(listen, advertised, strlen(advertised)) == 0))
		return err;
	return refuse(body, "--listen-addr",
		      "a host listens at the address that it advertises: leave it out");
}

/* Packets between containers take the address that is advertised, and one port. */
static int check_data_path(const struct field_scope *body, const char *advertised)
{
	const char *addr = "";
	json_int_t port = 0;
	int err = field_text(body, "DataPathAddr", &addr);

	if (err == 0)
		err = field_integer(body, "DataPathPort", 0, UINT16_MAX, &port);
	if (err < 0)
		return err;
	if (*addr && strcmp(addr, advertised) != 0)
		return refuse(body, "--data-path-addr",
			      "containers' packets take the address that is advertised: leave it "
			      "out");
	if (port != 0 && port != VXLAN_PORT)
		return refuse(body, "--data-path-port",
			      "containers' packets take UDP port 4789: leave it out");
	return 0;
}

static int check_availability(const struct field_scope *body)
{
	const char *availability = "active";
	int err = field_text(body, "Availability", &availability);

	if (err < 0 || !*availability || strcmp(availability, "active") == 0)
		return err;
	return refuse(body, "--availability",
		      "netd starts no containers, so there is no host to keep them off: leave it "
		      "out");
}

/* The address as netd takes it. A port of swarm's, or an interface, says nothing to it. */
static int put_address(const struct field_scope *body, const char *text, json_t *out)
{
	struct addr addr;

	if (!*text)
		return 0;
	if (addr_parse(text, &addr) < 0)
		return error_set(body->error, ERROR_INVALID,
				 "--advertise-addr %.80s is no address: give one without a port, "
				 "192.0.2.1 or 2001:db8::1",
				 text);
	return json_object_set_new(out, "AdvertiseAddr", json_pack("[s]", text)) < 0
		       ? field_no_memory(body->error)
		       : 0;
}

/* What both have. */
static int read_common(const struct field_scope *body, json_t *out)
{
	const char *advertised = "";
	int err = field_text(body, "AdvertiseAddr", &advertised);

	if (err < 0 || (err = check_listen(body, advertised)) < 0 ||
	    (err = check_data_path(body, advertised)) < 0 || (err = check_availability(body)) < 0)
		return err;
	return put_address(body, advertised, out);
}

/* Settings of a swarm that somebody has to have asked for. */
static int check_spec(const struct field_scope *body)
{
	struct field_scope spec, encryption, authority;
	bool force = false, locks = false;
	const json_t *list = NULL;
	int err;

	if ((err = field_bool(body, "ForceNewCluster", &force)) < 0 ||
	    (err = field_object(body, "Spec", &spec)) < 0 ||
	    (err = field_object(&spec, "EncryptionConfig", &encryption)) < 0 ||
	    (err = field_bool(&encryption, "AutoLockManagers", &locks)) < 0 ||
	    (err = field_object(&spec, "CAConfig", &authority)) < 0)
		return err;
	if (force)
		return refuse(body, "--force-new-cluster",
			      "have this host leave (`docker swarm leave --force`), and make a "
			      "cluster anew");
	if (locks)
		return refuse(body, "--autolock",
			      "keys of the cluster are root's files and are not locked: leave it "
			      "out");
	if ((err = field_array(&authority, "ExternalCAs", 64, &list)) < 0)
		return err;
	if (json_array_size(list) > 0)
		return refuse(body, "--external-ca",
			      "netd makes the cluster's authority itself, or is given one with "
			      "`netctl cluster init --etcd`");
	list = NULL;
	err = field_array(body, "DefaultAddrPool", 64, &list);
	if (err == 0 && json_array_size(list) > 0)
		return refuse(
			body, "--default-addr-pool",
			"networks have subnets of their own (docker network create --subnet), "
			"or from the pools of netd.json");
	return err;
}

static int begin(const json_t *body, struct error *error, struct field_scope *ret_scope,
		 json_t **ret_out)
{
	int err = field_scope_init(body, "", error, ret_scope);

	if (err < 0)
		return err;
	*ret_out = json_object();
	return *ret_out ? 0 : field_no_memory(error);
}

int request_swarm_init(const json_t *body, json_t **ret_body, struct error *error)
{
	struct field_scope scope;
	json_t *out = NULL;
	int err = begin(body, error, &scope, &out);

	if (err == 0)
		err = check_spec(&scope);
	if (err == 0)
		err = read_common(&scope, out);
	if (err == 0)
		*ret_body = out;
	else
		json_decref(out);
	return err;
}

/* A token says which authority the host that is asked has to show, so one host is asked. */
static int read_invitation(const struct field_scope *body, json_t *out)
{
	const json_t *remotes = NULL;
	const char *token = "";
	int err;

	if ((err = field_text(body, "JoinToken", &token)) < 0 ||
	    (err = field_array(body, "RemoteAddrs", 64, &remotes)) < 0)
		return err;
	if (!*token)
		return error_set(body->error, ERROR_INVALID,
				 "a host joins with a token: --token TOKEN is missing");
	if (strncmp(token, "SWMTKN-", 7) == 0)
		return error_set(body->error, ERROR_INVALID,
				 "that token is of a swarm of Docker's: `docker swarm join-token "
				 "worker` on a host of netd's cluster prints one");
	if (json_array_size(remotes) != 1 || !json_is_string(json_array_get(remotes, 0)))
		return error_set(body->error, ERROR_INVALID,
				 "say which host to ask, and one: ADDRESS[:PORT]");
	return json_object_set_new(out, "Token", json_string(token)) < 0 ||
			       json_object_set(out, "Remote", json_array_get(remotes, 0)) < 0
		       ? field_no_memory(body->error)
		       : 0;
}

int request_swarm_join(const json_t *body, json_t **ret_body, struct error *error)
{
	struct field_scope scope;
	json_t *out = NULL;
	int err = begin(body, error, &scope, &out);

	if (err == 0)
		err = read_invitation(&scope, out);
	if (err == 0)
		err = read_common(&scope, out);
	if (err == 0)
		*ret_body = out;
	else
		json_decref(out);
	return err;
}
