// SPDX-License-Identifier: GPL-2.0-or-later
// inviting.c - tokens: what hosts are let in by, and what one that asks is given
#include "plumber/inviting.h"

#include "base/cleanup.h"
#include "model/cluster/cluster_token.h"
#include "model/text/field.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* Theory of operation. A token is the digest of the cluster's authority and a secret. The secret
 * stands in cluster.json, so a token can be printed again, and it is good until a moment of the
 * wall clock, because a person is told how long. Only one is good at a time. Some that were
 * replaced are remembered, for a better sentence to whoever types one.
 *
 * This file changes a configuration and reads bodies; cluster_door.c and cluster_join.c write the
 * file and tell the usher. */

/* Of the wall clock, since the moment outlives a reboot. */
static uint64_t now_s(void)
{
	return (uint64_t)time(NULL);
}

/* The random bytes come first: when they fail, the secret before is still good. */
int inviting_draw(struct cluster_config *config, json_int_t valid_s)
{
	uint8_t bytes[CLUSTER_SECRET_LEN / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -errno;
	/* The newest first; the oldest is forgotten, and wrong like any other. */
	if (config->secret[0]) {
		memmove(config->old[1], config->old[0],
			sizeof(config->old) - sizeof(config->old[0]));
		memcpy(config->old[0], config->secret, sizeof(config->secret));
		config->n_old += config->n_old < CLUSTER_OLD_SECRETS;
	}
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(config->secret + 2 * i, 3, "%02x", bytes[i]);
	config->secret_expires = now_s() + (uint64_t)valid_s;
	return 0;
}

/* A cluster that never had a secret counts as expired: its moment is 0. */
bool inviting_has_expired(const struct cluster_config *config)
{
	return now_s() >= config->secret_expires;
}

/* A field that is missing has its default: no new token, and the usual time. */
int inviting_read(const json_t *body, bool *ret_rotate, json_int_t *ret_valid_s,
		  struct error *error)
{
	struct field_scope scope;
	int err = field_scope_init(body, "", error, &scope);

	*ret_rotate = false;
	*ret_valid_s = CLUSTER_TOKEN_VALID_S;
	if (err == 0)
		err = field_bool(&scope, "Rotate", ret_rotate);
	if (err == 0)
		err = field_integer(&scope, "Valid", 1, CLUSTER_TOKEN_VALID_MAX_S, ret_valid_s);
	return err;
}

/* "Remote" is the address of this host that others type, IPv4 if there is one. The port is left
 * to its default. NULL: no memory. */
json_t *inviting_show(const struct cluster_config *config)
{
	const struct addr *addr =
		&config->addrs[addr_is_set(&config->addrs[FAMILY_4]) ? FAMILY_4 : FAMILY_6];
	char text[CLUSTER_TOKEN_SIZE];
	struct cluster_token token;

	memcpy(token.digest, config->digest, sizeof(token.digest));
	memcpy(token.secret, config->secret, sizeof(token.secret));
	return json_pack("{s:s, s:I, s:s}", "Token", cluster_token_print(&token, text), "Expires",
			 (json_int_t)config->secret_expires, "Remote", ADDR_STR(addr));
}

int inviting_read_ask(const json_t *body, struct usher_ask *ret_ask, struct error *error)
{
	const char *token_text = "", *remote = "";
	struct usher_ask ask = { 0 };
	struct cluster_token token;
	struct field_scope scope;
	int err;

	if ((err = field_scope_init(body, "", error, &scope)) < 0 ||
	    (err = field_text(&scope, "Token", &token_text)) < 0 ||
	    (err = field_text(&scope, "Remote", &remote)) < 0)
		return err;
	/* The token itself is in no message: it is a secret, and sentences are logged. The
	 * address is cut, for a caller may send any length. */
	if (cluster_token_parse(token_text, &token) < 0)
		return error_set(error, ERROR_INVALID,
				 "that is no token: `netctl cluster token` prints one, netd1-…");
	if (cluster_token_parse_remote(remote, &ask.addr, &ask.port) < 0)
		return error_set(error, ERROR_INVALID,
				 "%.80s is not where a host is asked: ADDRESS or ADDRESS:PORT, an "
				 "address of IPv6 with a port in brackets",
				 *remote ? remote : "\"\"");
	memcpy(ask.digest, token.digest, sizeof(ask.digest));
	memcpy(ask.secret, token.secret, sizeof(ask.secret));
	*ret_ask = ask;
	return 0;
}

/* The answer comes from another host by way of the usher. Here its form is checked; what the
 * certificates are worth is judged by cluster_config_read, as for those that a person gives. */
json_t *inviting_accept(const json_t *asked, const uint8_t *answer, size_t len)
{
	static struct usher_admitted admitted; /* large */
	struct wire wire = wire_reader(answer, len);
	json_t *body, *members = json_array();

	usher_msg_get_admitted(&wire, &admitted);
	for (uint8_t i = 0; wire.err == 0 && i < admitted.members.n; i++)
		(void)json_array_append_new(members, json_string(admitted.members.urls[i]));
	/* Its own members come first: what is said twice is said by the first. */
	body = wire.err == 0 ? json_pack("{s:O, s:s, s:s, s:s}", "Etcd", members, "CACert",
					 admitted.ca, "Cert", admitted.cert, "Key", admitted.key)
			     : NULL;
	if (body && json_object_set_new(body, "Follows", json_true()) == 0 &&
	    addr_is_set(&admitted.serves)) {
		(void)json_object_set_new(body, "Serves", json_string(ADDR_STR(&admitted.serves)));
		(void)json_object_set_new(body, "ServingCert", json_string(admitted.serving));
	}
	/* json_pack took a reference of its own ("O"), or was not called. */
	json_decref(members);
	/* What the caller said goes before what was found out. A failure to set one for want of
	 * memory shows as a join under the default name or address. */
	if (body && json_object_get(asked, "Host"))
		(void)json_object_set(body, "Host", json_object_get(asked, "Host"));
	if (body && json_object_get(asked, "AdvertiseAddr"))
		(void)json_object_set(body, "AdvertiseAddr",
				      json_object_get(asked, "AdvertiseAddr"));
	else if (body)
		(void)json_object_set_new(body, "AdvertiseAddr",
					  json_pack("[s]", ADDR_STR(&admitted.own)));
	/* a private key is in it */
	explicit_bzero(&admitted, sizeof(admitted));
	return body;
}
