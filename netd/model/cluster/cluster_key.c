// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_key.c - the keys under which the hosts of a cluster keep their records in etcd
#include "model/cluster/cluster_key.h"

#include "base/cleanup.h"
#include "model/cluster/cluster_certificate.h"
#include "model/text/name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A key is a path of words below /netd/v1/: first the kind, then names.
 * All hosts watch the whole prefix, so a key must say by itself what it is about. Reading is
 * strict: a key that would be written in another way is none. So two keys are equal exactly if
 * their texts are, and a map of texts finds them. Grammar:
 *
 * key  = "/netd/v1/" rest
 * rest = "net/" NAME | "svc/" NAME | "host/" HOST | "alive/" HOST
 *      | "block/" ID "/" ADDRESS | "end/" HOST "/" ID "/" ID | "revoked/" SERIAL */

/* The second word of a key. The words are written to etcd, so they stay as they are for ever. */
static const char *const words[CLUSTER_N_KINDS] = {
	[CLUSTER_NET] = "net",	       [CLUSTER_BLOCK] = "block", [CLUSTER_HOST] = "host",
	[CLUSTER_ALIVE] = "alive",     [CLUSTER_END] = "end",	  [CLUSTER_SVC] = "svc",
	[CLUSTER_REVOKED] = "revoked",
};

/* A host is called as containers are, with a shorter limit. */
bool cluster_key_is_host(const char *text)
{
	return strlen(text) <= CLUSTER_HOST_LEN_MAX && name_check("host", text, NULL) == 0;
}

/* Capitals are another spelling, which would be another key. */
bool cluster_key_is_id(const char *text)
{
	return strlen(text) == ID_LEN && strspn(text, "0123456789abcdef") == ID_LEN;
}

/* The texts have been checked by whoever calls, so nothing is ever cut. Copies a name into its
 * place in a key. */
static void set(char *place, size_t size, const char *text)
{
	(void)snprintf(place, size, "%s", text); /* whoever has it has looked at its length */
}

/* What a kind does not need stays empty; the reader leaves the same members empty. For the kinds
 * whose key is a host's name alone. */
struct cluster_key cluster_key_of_host(enum cluster_kind kind, const char *host)
{
	struct cluster_key key = { .kind = kind };

	set(key.host, sizeof(key.host), host);
	return key;
}

/* For networks and services, which have names of their own, and for certificates. */
struct cluster_key cluster_key_of_name(enum cluster_kind kind, const char *name)
{
	struct cluster_key key = { .kind = kind };

	set(key.name, sizeof(key.name), name);
	return key;
}

/* The first address names the block; its length follows from the subnet. */
struct cluster_key cluster_key_of_block(const char *net, const struct addr *first)
{
	struct cluster_key key = { .kind = CLUSTER_BLOCK, .block = *first };

	set(key.net, sizeof(key.net), net);
	return key;
}

/* The host comes first, so that all ends of a host have one prefix. An end is one container on one
 * network. */
struct cluster_key cluster_key_of_end(const char *host, const char *net, const char *container)
{
	struct cluster_key key = { .kind = CLUSTER_END };

	set(key.host, sizeof(key.host), host);
	set(key.net, sizeof(key.net), net);
	set(key.container, sizeof(key.container), container);
	return key;
}

/* The text of a key. The buffer has room for the longest. It returns the buffer, so that the call
 * may stand where a text is wanted. */
const char *cluster_key_print(const struct cluster_key *key, char buffer[static CLUSTER_KEY_SIZE])
{
	const char *word = words[key->kind];
	char *const at = buffer;

	switch (key->kind) {
	case CLUSTER_NET:
	case CLUSTER_SVC:
	case CLUSTER_REVOKED:
		(void)snprintf(at, CLUSTER_KEY_SIZE, CLUSTER_KEY_PREFIX "%s/%s", word, key->name);
		break;
	case CLUSTER_BLOCK:
		(void)snprintf(at, CLUSTER_KEY_SIZE, CLUSTER_KEY_PREFIX "%s/%s/%s", word, key->net,
			       ADDR_STR(&key->block));
		break;
	case CLUSTER_HOST:
	case CLUSTER_ALIVE:
		(void)snprintf(at, CLUSTER_KEY_SIZE, CLUSTER_KEY_PREFIX "%s/%s", word, key->host);
		break;
	case CLUSTER_END:
		(void)snprintf(at, CLUSTER_KEY_SIZE, CLUSTER_KEY_PREFIX "%s/%s/%s/%s", word,
			       key->host, key->net, key->container);
		break;
	case CLUSTER_N_KINDS:
		buffer[0] = '\0';
		break;
	}
	return buffer;
}

/* The text behind the prefix, cut at its slashes. The parts point into text, which therefore
 * moves with them. */
struct parts {
	char text[CLUSTER_KEY_SIZE];
	const char *part[4];
	size_t n;
};

/* -EINVAL: another prefix, too long, with a NUL, or of too many parts. An empty part is kept, and
 * refused by whoever reads it. A key has three parts at the most behind its kind. */
static int cut(const char *text, size_t len, struct parts *ret_parts)
{
	const size_t before = strlen(CLUSTER_KEY_PREFIX);
	char *at = ret_parts->text;

	if (len <= before || len >= CLUSTER_KEY_SIZE || memchr(text, '\0', len) ||
	    memcmp(text, CLUSTER_KEY_PREFIX, before) != 0)
		return -EINVAL;
	memcpy(at, text + before, len - before);
	at[len - before] = '\0';
	ret_parts->n = 0;
	while (at) {
		char *slash = strchr(at, '/');

		if (ret_parts->n == ARRAY_SIZE(ret_parts->part))
			return -EINVAL;
		ret_parts->part[ret_parts->n++] = at;
		if (slash)
			*slash++ = '\0';
		at = slash;
	}
	return 0;
}

/* The block's address must be spelled as netd spells it. 0, or -EINVAL. */
static int parse_block(const struct parts *parts, struct cluster_key *key)
{
	if (parts->n != 3 || !cluster_key_is_id(parts->part[1]) ||
	    addr_parse(parts->part[2], &key->block) < 0)
		return -EINVAL;
	set(key->net, sizeof(key->net), parts->part[1]);
	/* An address has many spellings, and two keys would be one block. */
	return strcmp(ADDR_STR(&key->block), parts->part[2]) == 0 ? 0 : -EINVAL;
}

/* Host, network, container: each is checked by its own grammar, so none of them has a slash. 0, or
 * -EINVAL. */
static int parse_end(const struct parts *parts, struct cluster_key *key)
{
	if (parts->n != 4 || !cluster_key_is_host(parts->part[1]) ||
	    !cluster_key_is_id(parts->part[2]) || !cluster_key_is_id(parts->part[3]))
		return -EINVAL;
	*key = cluster_key_of_end(parts->part[1], parts->part[2], parts->part[3]);
	return 0;
}

/* A kind that a newer netd has is no kind here, and its record is passed over. 0, or -EINVAL; the
 * key may have been written in part then. */
static int parse_parts(enum cluster_kind kind, const struct parts *parts, struct cluster_key *key)
{
	key->kind = kind;
	switch (kind) {
	case CLUSTER_BLOCK:
		return parse_block(parts, key);
	case CLUSTER_END:
		return parse_end(parts, key);
	case CLUSTER_HOST:
	case CLUSTER_ALIVE:
		if (parts->n != 2 || !cluster_key_is_host(parts->part[1]))
			return -EINVAL;
		*key = cluster_key_of_host(kind, parts->part[1]);
		return 0;
	case CLUSTER_NET:
	case CLUSTER_SVC:
		if (parts->n != 2 || name_check("record", parts->part[1], NULL) < 0)
			return -EINVAL;
		*key = cluster_key_of_name(kind, parts->part[1]);
		return 0;
	case CLUSTER_REVOKED:
		if (parts->n != 2 || !cluster_certificate_is_serial(parts->part[1]))
			return -EINVAL;
		*key = cluster_key_of_name(kind, parts->part[1]);
		return 0;
	case CLUSTER_N_KINDS:
		break;
	}
	return -EINVAL;
}

/* text need not end in a NUL. Nothing is written to ret_key unless all is right. -EINVAL: it is no
 * key of netd's. */
int cluster_key_parse(const char *text, size_t len, struct cluster_key *ret_key)
{
	struct cluster_key key = { 0 };
	struct parts parts;
	int err = cut(text, len, &parts);

	if (err < 0)
		return err;
	err = -EINVAL;
	for (unsigned kind = 0; kind < CLUSTER_N_KINDS; kind++)
		if (strcmp(parts.part[0], words[kind]) == 0)
			err = parse_parts((enum cluster_kind)kind, &parts, &key);
	if (err == 0)
		*ret_key = key;
	return err;
}
