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

static uint64_t now_s(void)
{
	return (uint64_t)time(NULL);
}

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

bool inviting_has_expired(const struct cluster_config *config)
{
	return now_s() >= config->secret_expires;
}

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
	json_decref(members);
	if (body && json_object_get(asked, "Host"))
		(void)json_object_set(body, "Host", json_object_get(asked, "Host"));
	if (body && json_object_get(asked, "AdvertiseAddr"))
		(void)json_object_set(body, "AdvertiseAddr",
				      json_object_get(asked, "AdvertiseAddr"));
	else if (body)
		(void)json_object_set_new(body, "AdvertiseAddr",
					  json_pack("[s]", ADDR_STR(&admitted.own)));
	explicit_bzero(&admitted, sizeof(admitted));
	return body;
}
