// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_config.c - which cluster a host belongs to: as it is asked for, and as it is kept
#include "model/cluster/cluster_config.h"

#include "base/cleanup.h"
#include "model/cluster/cluster_certificate.h"
#include "model/cluster/cluster_key.h"
#include "model/text/field.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. The same object comes in two ways: as the body of a request to join, and
 * from cluster.json at a start. So it is read by the same strict reader: unknown members are
 * refused, addresses must be such that other hosts can use them, and members of etcd are
 * addresses over TLS. Whether a certificate is any good is TLS's to say, when it is used.
 *
 * The herald's sandbox has no resolver and no files. That is why members of etcd are addresses,
 * and why the certificates themselves are kept here, and not their paths. */

/* host: the name of this machine, where the body says none. 0, or the error is set. The id is kept
 * in cluster.json, so that a host is the same one after a restart, and another one after it has
 * left and joins again. */
static int read_host(const struct field_scope *body, const char *host,
		     struct cluster_config *config)
{
	const char *name = host, *id = "";
	int err;

	/* The id is missing in a request to join, and is drawn then. */
	if ((err = field_text(body, "Host", &name)) < 0 || (err = field_text(body, "Id", &id)) < 0)
		return err;
	if (!cluster_key_is_host(name))
		return error_set(body->error, ERROR_INVALID,
				 "%.80s is no name for a host: 1 to %d characters of a-z A-Z 0-9 _ "
				 ". - beginning with a letter or digit; choose one with --name",
				 *name ? name : "\"\"", CLUSTER_HOST_LEN_MAX);
	if (*id && !cluster_key_is_id(id))
		return field_error(body, "Id", "must be 64 hexadecimal digits");
	(void)snprintf(config->host, sizeof(config->host), "%s", name);
	(void)snprintf(config->id, sizeof(config->id), "%s", id);
	return 0;
}

/* One address of each family, by which other hosts send to this one. 0, or the error is set. `text`
 * is NULL for a member of the list that is no string. */
static int read_addr(const struct field_scope *body, const char *text,
		     struct cluster_config *config)
{
	struct addr addr, *place;

	if (!text || addr_parse(text, &addr) < 0)
		return field_error(body, "AdvertiseAddr",
				   "must be a list of addresses: 192.0.2.1 or 2001:db8::1");
	/* None of these is reached from another host. They are addresses without a link, and
	 * would mean the reader itself. */
	if (addr_is_any(&addr) || addr_is_loopback(&addr) || addr_is_multicast(&addr) ||
	    addr_is_link_local(&addr))
		return error_set(body->error, ERROR_INVALID,
				 "%s is no address that other hosts reach this one by", text);
	place = &config->addrs[family_of(addr.family)];
	if (addr_is_set(place))
		return error_set(body->error, ERROR_INVALID,
				 "%s and %s are both %s: a host has one address of each family",
				 ADDR_STR(place), text, family_name(family_of(addr.family)));
	*place = addr;
	return 0;
}

/* At least one address is required: guessing it would lead into the wrong network. 0, or the error
 * is set. */
static int read_addrs(const struct field_scope *body, struct cluster_config *config)
{
	const json_t *list = NULL;
	int err = field_array(body, "AdvertiseAddr", FAMILY_N, &list);

	if (err < 0)
		return err;
	if (json_array_size(list) == 0)
		return error_set(body->error, ERROR_INVALID,
				 "say by which address the other hosts reach this one: "
				 "--advertise-addr ADDRESS");
	for (size_t i = 0; i < json_array_size(list) && err == 0; i++)
		err = read_addr(body, json_string_value(json_array_get(list, i)), config);
	return err;
}

/* Its sandbox has neither names of hosts nor files, so a member is an address. The grammar:
 * https:// then ADDRESS or [IPV6], a colon, and a port of 1 to 65535. The scheme was compared
 * before. */
static bool is_member(const char *text)
{
	static const char scheme[] = "https://";
	/* The length is looked at before the text is copied. */
	char host[CLUSTER_URL_LEN_MAX + 1], *end;
	const char *at = text + strlen(scheme), *port;
	bool bracketed = *at == '[';
	struct addr addr;
	size_t len;

	/* The port stands behind the last bracket, or behind the only colon of an IPv4 address. */
	port = bracketed ? strstr(at, "]:") : strchr(at, ':');
	if (!port)
		return false;
	len = (size_t)(port - at) - (bracketed ? 1 : 0);
	if (len >= sizeof(host))
		return false;
	memcpy(host, at + (bracketed ? 1 : 0), len);
	host[len] = '\0';
	port += bracketed ? 2 : 1;
	/* Brackets belong to IPv6 alone, and must be there for it. */
	if (addr_parse(host, &addr) < 0 || (addr.family == AF_INET6) != bracketed ||
	    strspn(port, "0123456789") != strlen(port) || !*port || strlen(port) > 5)
		return false;
	/* A port of five digits fits into an unsigned long. */
	return strtoul(port, &end, 10) > 0 && strtoul(port, &end, 10) <= UINT16_MAX;
}

bool cluster_config_is_member(const char *text)
{
	return strncmp(text, "https://", 8) == 0 && strlen(text) <= CLUSTER_URL_LEN_MAX &&
	       is_member(text);
}

/* It becomes an argument of a program: what names, URLs and what is between them are made of. */
bool cluster_config_is_seat(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= CLUSTER_SEAT_LEN_MAX && strchr(text, '=') &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "_.-=:/,[]") == len;
}

/* A name, a path or http:// gets a sentence of its own. 0, or the error is set. */
static int read_member(const struct field_scope *body, const char *text,
		       struct cluster_config *config)
{
	if (!text)
		return field_error(body, "Etcd", "must be a list of strings");
	if (strncmp(text, "https://", 8) != 0)
		return error_set(body->error, ERROR_INVALID,
				 "%.100s: etcd is spoken to over TLS only: https://ADDRESS:PORT",
				 text);
	if (!cluster_config_is_member(text))
		return error_set(
			body->error, ERROR_INVALID,
			"%.100s: a member of etcd is https://ADDRESS:PORT, with an address "
			"and no name, and nothing behind it",
			text);
	/* field_array() has refused a list with more members than there is room for. */
	(void)snprintf(config->members[config->n_members++], CLUSTER_URL_LEN_MAX + 1, "%s", text);
	return 0;
}

/* netd runs etcd itself, where other hosts reach this one. Without "Etcd" the members are this
 * host's own addresses, at the port of netd's own etcd. */
static void name_own(struct cluster_config *config)
{
	config->own = config->follows = true;
	for (enum family family = 0; family < FAMILY_N; family++) {
		const struct addr *addr = &config->addrs[family];

		if (addr_is_set(addr))
			(void)snprintf(config->members[config->n_members++],
				       CLUSTER_URL_LEN_MAX + 1, "https://%s%s%s:%d",
				       family == FAMILY_6 ? "[" : "", ADDR_STR(addr),
				       family == FAMILY_6 ? "]" : "", CLUSTER_ETCD_PORT);
	}
}

/* One member is enough; of several the herald goes to the next when one does not answer. 0, or the
 * error is set. */
static int read_members(const struct field_scope *body, struct cluster_config *config)
{
	const json_t *list = NULL;
	int err = field_array(body, "Etcd", CLUSTER_MEMBERS_MAX, &list);

	if (err < 0)
		return err;
	/* Of a cluster that this host has made there may be more by now. */
	if (json_array_size(list) == 0) {
		name_own(config);
		if ((err = field_array(body, "Members", CLUSTER_MEMBERS_MAX, &list)) < 0)
			return err;
		config->n_members = json_array_size(list) > 0 ? 0 : config->n_members;
	}
	for (size_t i = 0; i < json_array_size(list) && err == 0; i++)
		err = read_member(body, json_string_value(json_array_get(list, i)), config);
	return err;
}

/* what: as its option is called. Whether it is any good TLS says. ret_pem has room for the longest
 * text. 0, or the error is set. The error names the option, for a person has given a file by it. */
static int read_pem(const struct field_scope *body, const char *key, const char *option,
		    char ret_pem[static CLUSTER_PEM_LEN_MAX + 1])
{
	const char *text = "";
	int err = field_text(body, key, &text);

	if (err < 0)
		return err;
	if (!*text)
		return error_set(body->error, ERROR_INVALID, "%s FILE is missing", option);
	/* The beginning of a PEM block is looked for to tell a path from a file; TLS reads the
	 * rest. */
	if (strlen(text) > CLUSTER_PEM_LEN_MAX || !strstr(text, "-----BEGIN "))
		return error_set(body->error, ERROR_INVALID,
				 "%s: that is no PEM file of at most %d bytes", option,
				 CLUSTER_PEM_LEN_MAX);
	(void)snprintf(ret_pem, CLUSTER_PEM_LEN_MAX + 1, "%s", text);
	return 0;
}

/* 0, or the error is set. All three are wanted: netd shows its certificate to etcd, and checks
 * etcd's against the authority's. A key of an authority has no place here, since a foreign etcd has
 * its own. */
static int read_trust(const struct field_scope *body, struct cluster_config *config)
{
	int err = read_pem(body, "CACert", "--cacert", config->ca);

	if (err == 0)
		err = read_pem(body, "Cert", "--cert", config->cert);
	if (err == 0)
		err = read_pem(body, "Key", "--key", config->key);
	if (err == 0 && !config->own && json_object_get(body->object, "CAKey"))
		err = field_error(body, "CAKey", "is of an etcd of netd's own");
	return err;
}

/* Copies a text of exactly `len` small hexadecimal digits, with its end; false: it is none. */
static bool take_digits(const char *text, size_t len, char *ret_digits)
{
	if (!text || strlen(text) != len || strspn(text, "0123456789abcdef") != len)
		return false;
	memcpy(ret_digits, text, len + 1);
	return true;
}

/* The one of now, and those before it. 0, or the error is set. The first of the list is the secret
 * that is good now; the others are older ones. Expires is in seconds since 1970. */
static int read_secrets(const struct field_scope *body, struct cluster_config *config)
{
	json_int_t expires = 0;
	const json_t *list = NULL;
	const char *digest = "";
	int err;

	if (!json_object_get(body->object, "Digest"))
		return 0;
	if ((err = field_text(body, "Digest", &digest)) < 0 ||
	    (err = field_integer(body, "Expires", 0, INT64_MAX, &expires)) < 0 ||
	    (err = field_array(body, "Secrets", CLUSTER_OLD_SECRETS + 1, &list)) < 0)
		return err;
	config->secret_expires = (uint64_t)expires;
	if (!take_digits(digest, CLUSTER_DIGEST_LEN, config->digest))
		return field_error(body, "Digest", "must be 64 hexadecimal digits");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!take_digits(text, CLUSTER_SECRET_LEN,
				 i == 0 ? config->secret : config->old[config->n_old++]))
			return field_error(body, "Secrets", "must be of 32 hexadecimal digits");
	}
	return 0;
}

/* What is kept has all of it; what is asked for nothing: it is made. 0, or the error is set. A body
 * with the authority's key comes from cluster.json; a request to join has none. */
static int read_own_trust(const struct field_scope *body, struct cluster_config *config)
{
	static const char *const given[] = { "CACert", "Cert", "Key" };
	int err;

	if (json_object_get(body->object, "CAKey")) {
		err = read_trust(body, config);
		if (err == 0)
			err = read_pem(body, "CAKey", "--cakey", config->ca_key);
		return err < 0 ? err : read_secrets(body, config);
	}
	for (size_t i = 0; i < ARRAY_SIZE(given); i++)
		if (json_object_get(body->object, given[i]))
			return error_set(
				body->error, ERROR_INVALID,
				"say where the etcd is that these certificates are for: "
				"--etcd https://ADDRESS:PORT; one of netd's own has its own");
	return 0;
}

/* What is kept of a host that was let in to a cluster with an etcd of netd's own: whether it
 * follows its members, and what it may run one with. 0, or the error is set. */
static int read_seat(const struct field_scope *body, struct cluster_config *config)
{
	const char *serves = "", *seat = "";
	int err;

	if ((err = field_bool(body, "Follows", &config->follows)) < 0 ||
	    (err = field_text(body, "Serves", &serves)) < 0 ||
	    (err = field_text(body, "Seat", &seat)) < 0)
		return err;
	if (*serves && addr_parse(serves, &config->serves) < 0)
		return field_error(body, "Serves", "must be an address");
	if (*serves && (err = read_pem(body, "ServingCert", "ServingCert", config->serving)) < 0)
		return err;
	if (*seat && (!*serves || !cluster_config_is_seat(seat)))
		return field_error(body, "Seat", "must be NAME=URL,..., of a host that serves");
	(void)snprintf(config->seat, sizeof(config->seat), "%s", seat);
	return 0;
}

/* A list that is cut would make a certificate good again. The object's order is that of the list.
 * 0, or the error is set. */
static int read_serials(const struct field_scope *body, const char *key, size_t max,
			struct cluster_config_serial *ret_list, size_t *ret_n)
{
	json_t *object = json_object_get(body->object, key), *ends;
	const char *serial;

	if (!object)
		return 0;
	if (!json_is_object(object) || json_object_size(object) > max)
		return field_error(body, key, "must be an object, of not too many members");
	json_object_foreach (object, serial, ends) {
		struct cluster_config_serial *entry = &ret_list[(*ret_n)++];

		if (!cluster_certificate_is_serial(serial) || !json_is_integer(ends) ||
		    json_integer_value(ends) < 0)
			return field_error(body, key, "must be of hexadecimal digits and moments");
		(void)snprintf(entry->serial, sizeof(entry->serial), "%s", serial);
		entry->ends = (uint64_t)json_integer_value(ends);
	}
	return 0;
}

/* What this host keeps of what it was told, and of its own. */
static int read_revoked(const struct field_scope *body, struct cluster_config *config)
{
	int err = read_serials(body, "Revoked", CLUSTER_REVOKED_MAX, config->revoked,
			       &config->n_revoked);

	return err < 0 ? err
		       : read_serials(body, "Former", CLUSTER_FORMER_MAX, config->former,
				      &config->n_former);
}

/* A member that is misspelled would be without effect, so it is refused. 0, or the error is set,
 * which names the member. */
static int refuse_unknown(const struct field_scope *body)
{
	static const char *const known[] = { "Host",	    "Id",      "Joined",  "AdvertiseAddr",
					     "Etcd",	    "CACert",  "Cert",	  "Key",
					     "CAKey",	    "Mode",    "Digest",  "Secrets",
					     "Expires",	    "Members", "Follows", "Serves",
					     "ServingCert", "Seat",    "Revoked", "Former" };
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)body->object, key, value) {
		bool found = false;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			found = found || strcmp(key, known[i]) == 0;
		if (!found)
			return field_error(body, key, "is not known");
	}
	return 0;
}

/* Reads in the order in which a person would be asked. On an error the caller throws the result
 * away. The result is large, so it is filled in place. 0, or the error is set. `host` is borrowed
 * and used only where the body has no name. */
int cluster_config_read(const json_t *object, const char *host, struct cluster_config *ret_config,
			struct error *error)
{
	struct field_scope body;
	int err;

	memset(ret_config, 0, sizeof(*ret_config));
	if ((err = field_scope_init(object, "", error, &body)) < 0 ||
	    (err = refuse_unknown(&body)) < 0 || (err = read_host(&body, host, ret_config)) < 0 ||
	    (err = field_bool(&body, "Joined", &ret_config->joined)) < 0 ||
	    (err = read_addrs(&body, ret_config)) < 0 ||
	    (err = read_members(&body, ret_config)) < 0 ||
	    (err = read_revoked(&body, ret_config)) < 0)
		return err;
	if (ret_config->own)
		return read_own_trust(&body, ret_config);
	err = read_trust(&body, ret_config);
	return err < 0 ? err : read_seat(&body, ret_config);
}

/* One or two; json_pack() makes NULL of the whole where this is NULL. */
static json_t *addrs_json(const struct cluster_config *config)
{
	json_t *list = json_array();

	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_is_set(&config->addrs[family]))
			(void)json_array_append_new(list,
						    json_string(ADDR_STR(&config->addrs[family])));
	return list;
}

/* The secret of now first, then the older ones, as read_secrets() wants them. */
static json_t *secrets_json(const struct cluster_config *config)
{
	json_t *list = json_array();

	if (config->secret[0])
		(void)json_array_append_new(list, json_string(config->secret));
	for (size_t i = 0; i < config->n_old; i++)
		(void)json_array_append_new(list, json_string(config->old[i]));
	return list;
}

/* In the order of the list. */
static json_t *serials_json(const struct cluster_config_serial *list, size_t n)
{
	json_t *object = json_object();

	for (size_t i = 0; i < n; i++)
		(void)json_object_set_new(object, list[i].serial,
					  json_integer((json_int_t)list[i].ends));
	return object;
}

/* In the order in which they are tried. */
static json_t *members_json(const struct cluster_config *config)
{
	json_t *members = json_array();

	for (size_t i = 0; i < config->n_members; i++)
		(void)json_array_append_new(members, json_string(config->members[i]));
	return members;
}

/* What read_seat() reads. 0 or not. */
static int write_seat(const struct cluster_config *config, json_t *object)
{
	int err = config->follows ? json_object_set_new(object, "Follows", json_true()) : 0;

	if (addr_is_set(&config->serves))
		err |= json_object_set_new(object, "Serves",
					   json_string(ADDR_STR(&config->serves))) |
		       json_object_set_new(object, "ServingCert", json_string(config->serving));
	if (config->seat[0])
		err |= json_object_set_new(object, "Seat", json_string(config->seat));
	return err;
}

/* cluster.json as it is read again: keys are in it, so the file is 0600. NULL: out of memory. The
 * caller's to give up. What is empty is left out, so reading it again gives the same struct. */
json_t *cluster_config_write(const struct cluster_config *config)
{
	json_t *object = json_pack("{s:s, s:s, s:b, s:o}", "Host", config->host, "Id", config->id,
				   "Joined", config->joined, "AdvertiseAddr", addrs_json(config));
	int err = object ? 0 : -1;

	if (err == 0)
		err = json_object_set_new(object, config->own ? "Members" : "Etcd",
					  members_json(config));
	if (err == 0 && !config->own)
		err = write_seat(config, object);
	if (err == 0 && config->ca[0])
		err = json_object_set_new(object, "CACert", json_string(config->ca)) |
		      json_object_set_new(object, "Cert", json_string(config->cert)) |
		      json_object_set_new(object, "Key", json_string(config->key));
	if (err == 0 && config->n_revoked > 0)
		err = json_object_set_new(object, "Revoked",
					  serials_json(config->revoked, config->n_revoked));
	if (err == 0 && config->n_former > 0)
		err = json_object_set_new(object, "Former",
					  serials_json(config->former, config->n_former));
	if (err == 0 && config->ca_key[0])
		err = json_object_set_new(object, "CAKey", json_string(config->ca_key));
	if (err == 0 && config->digest[0])
		err = json_object_set_new(object, "Digest", json_string(config->digest)) |
		      json_object_set_new(object, "Secrets", secrets_json(config)) |
		      json_object_set_new(object, "Expires",
					  json_integer((json_int_t)config->secret_expires));
	if (err == 0)
		return object;
	json_decref(object);
	return NULL;
}
