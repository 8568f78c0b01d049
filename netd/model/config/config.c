// SPDX-License-Identifier: GPL-2.0-or-later
// config.c - netd.json: the file, its keys, and where in it an error is
#include "model/config/config.h"

#include "base/cleanup.h"
#include "base/json_read.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "model/config/config_key.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. jansson reads the text and knows where a syntax error is, but not where a
 * value stood. So the values are read by the table of config_key.c. Only when one is refused is the
 * text walked once more for the place of its key. A person who edits the file gets line and column
 * of every error, and the daemon does not start with half of a configuration. */

/* A list that was filled in part has NULL for the rest. */
static void strings_done(char **strings, size_t n)
{
	for (size_t i = 0; strings && i < n; i++)
		free(strings[i]);
	free(strings);
}

/* Also of a config that was filled by half: what was not read is NULL. It may be called twice, as
 * everything is zero afterwards. */
void config_done(struct config *config)
{
	free(config->host);
	free(config->bases);
	strings_done(config->dns, config->n_dns);
	strings_done(config->dns_search, config->n_dns_search);
	strings_done(config->dns_options, config->n_dns_options);
	strings_done(config->host_gateway, config->n_host_gateway);
	free(config->metrics_addr);
	free(config->resolver_user);
	free(config->socket_group);
	*config = (struct config) { 0 };
}

/* The defaults, which each key may replace. 0 or -ENOMEM. */
int config_init(struct config *config)
{
	struct config fresh = {
		.icc = true,
		.ip_masq = true,
		.ip_forward = true,
		.dns_ttl_s = DNS_TTL_LOCAL_S,
		.certificate_s = CLUSTER_LIFETIME_S,
		.log_level = LOG_LEVEL_INFO,
	};

	/* Strings are owned from the start: a key that is read frees the default. */
	fresh.resolver_user = strdup("_netd-resolver");
	fresh.socket_group = strdup("netd");
	if (!fresh.resolver_user || !fresh.socket_group) {
		config_done(&fresh);
		return -ENOMEM;
	}
	*config = fresh;
	return 0;
}

/* --- where a key stands: jansson does not say, so the text is walked once more when it is needed
 * --- */

/* As editors count: from 1. */
struct place {
	int line, column;
};

/* Bytes are counted, not characters. In a file of ASCII that is the same. at: how many bytes of the
 * text stand before the place. */
static struct place place_of(const char *text, size_t at)
{
	struct place place = { 1, 1 };

	for (size_t i = 0; i < at; i++) {
		place.column++;
		if (text[i] == '\n')
			place = (struct place) { place.line + 1, 1 };
	}
	return place;
}

/* at is behind the opening quote; returns where the closing one is. The text was parsed before, so
 * it is there. The result is the length of the text where there is no closing quote. */
static size_t string_end(const char *text, size_t len, size_t at)
{
	while (at < len && text[at] != '"')
		/* What follows a backslash is never the closing quote. */
		at += text[at] == '\\' ? 2 : 1;
	return at;
}

/* The first string of the outermost object that reads key where a key can stand. A key written with
 * escapes is not found, and gives the place of the object. Line 1, column 1 stands for a key that
 * was not found, which is still a place in the file. */
static struct place key_place(const char *text, size_t len, const char *key)
{
	size_t key_len = strlen(key);
	bool is_key = false;
	int depth = 0;

	for (size_t at = 0; at < len; at++) {
		char c = text[at];

		if (c == '{' || c == '[')
			depth++;
		if (c == '}' || c == ']')
			depth--;
		/* After these a key may stand, but only in the outermost object. Keys of that name
		 * further inside are others. */
		if (c == '{' || c == ',')
			is_key = depth == 1;
		if (c == '"') {
			size_t end = string_end(text, len, at + 1);

			if (is_key && end - at - 1 == key_len &&
			    memcmp(text + at + 1, key, key_len) == 0)
				return place_of(text, at);
			is_key = false;
			/* Brackets and commas within a text count for nothing. */
			at = end;
		}
	}
	return (struct place) { 1, 1 };
}

/* --- unknown keys --- */

/* It returns a negative errno always. */
static int refuse_unknown(const char *key, struct error *error)
{
	/* Refused and not passed over: a key that is misspelled would have no effect, and nobody
	 * would know. */
	struct nearest nearest = nearest_begin(key);

	for (size_t i = 0; i < config_keys_n; i++)
		(void)nearest_look(&nearest, config_keys[i].name);
	if (nearest.best)
		return error_set(error, ERROR_INVALID, "unknown key \"%s\"; did you mean \"%s\"?",
				 key, nearest.best);
	return error_set(error, ERROR_INVALID, "unknown key \"%s\"", key);
}

/* --- the whole --- */

/* The table is short, and each key is looked up once. NULL: there is no such key. */
static const struct config_key *find_key(const char *name)
{
	for (size_t i = 0; i < config_keys_n; i++) {
		if (strcmp(config_keys[i].name, name) == 0)
			return &config_keys[i];
	}
	return NULL;
}

/* The key's name stands in front of what is wrong with its value. 0, or the error is set. */
static int read_key(const char *name, const json_t *value, struct config *config,
		    struct error *error)
{
	const struct config_key *key = find_key(name);
	int err;

	if (!key)
		return refuse_unknown(name, error);
	err = key->read(value, config, error);
	if (err < 0)
		error_prefix(error, "%s", name);
	return err;
}

/* For the sentences of check_fixed(). */
static const char *const bip_key[FAMILY_N] = { "bip", "bip6" };
static const char *const fixed_key[FAMILY_N] = { "fixed-cidr", "fixed-cidr-v6" };

/* A range outside the subnet has no address to give: the first container would hear of it. 0, or
 * the error is set. */
static int check_fixed(const struct config *config, enum family family, struct error *error)
{
	const struct prefix *bip = &config->bip[family], *fixed = &config->fixed[family];
	struct prefix subnet;

	if (!addr_is_set(&fixed->addr))
		return 0;
	if (addr_is_set(&bip->addr)) {
		if (prefix_within(bip, fixed))
			return 0;
		return error_set(error, ERROR_INVALID, "%s: %s is not within %s %s",
				 fixed_key[family], PREFIX_STR(fixed), bip_key[family],
				 PREFIX_STR(bip));
	}
	/* Without bip the subnet is the one that people know. Without bip6 it is the range. */
	if (family == FAMILY_6 || prefix_parse(CONFIG_DEFAULT_BIP, &subnet) < 0)
		return 0;
	subnet.addr = prefix_first(&subnet);
	if (prefix_within(&subnet, fixed))
		return 0;
	return error_set(
		error, ERROR_INVALID,
		"%s: %s is not within %s, which network bridge has without bip: set bip to "
		"the address of the bridge in the subnet that this is a part of",
		fixed_key[family], PREFIX_STR(fixed), PREFIX_STR(&subnet));
}

/* What two keys say about each other. *ret_key is the one to point at. 0, or the error is set.
 * *ret_key is written in either case. */
static int check_together(const struct config *config, const char **ret_key, struct error *error)
{
	for (enum family family = 0; family < FAMILY_N; family++) {
		int err = check_fixed(config, family, error);

		*ret_key = fixed_key[family];
		if (err < 0)
			return err;
	}
	*ret_key = "mtu";
	if (config->ipv6 && config->mtu != 0 && config->mtu < MTU_MIN_IPV6)
		return error_set(error, ERROR_INVALID, "mtu: at least %d is wanted with ipv6",
				 MTU_MIN_IPV6);
	return 0;
}

/* *ret_key: which key an error is about, for its place in the file. 0, or the error is set. The
 * error has no place yet; the caller puts it in front. */
static int read_object(const json_t *object, struct config *config, const char **ret_key,
		       struct error *error)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)object, name, value) {
		int err = read_key(name, value, config, error);

		/* Before the error is looked at, since the caller points at this key. */
		*ret_key = name;
		if (err < 0)
			return err;
	}
	/* After all keys: their order in the file says nothing. */
	return check_together(config, ret_key, error);
}

/* JSON knows these four. An empty file is blank, too. */
static bool is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r' && text[i] != '\n')
			return false;
	}
	return true;
}

/* Text to an object; a syntax error has its place from the parser. 0 and an object that is the
 * caller's, or the error is set. */
static int load(const char *path, const char *text, size_t len, json_t **ret_json,
		struct error *error)
{
	json_error_t failure;
	bool no_memory;
	/* Two keys of one name would mean that the first has no effect. */
	json_t *json = json_read(text, len, JSON_REJECT_DUPLICATES, &failure, &no_memory);

	/* jansson says nothing where it runs out of memory. */
	if (!json && (no_memory || failure.text[0] == '\0'))
		return error_system(error, -ENOMEM, "%s", path);
	if (!json)
		return error_set(error, ERROR_INVALID, "%s:%d:%d: %s", path, failure.line,
				 failure.column, failure.text);
	if (!json_is_object(json)) {
		json_decref(json);
		return error_set(error, ERROR_INVALID, "%s:1:1: the file must be an object", path);
	}
	*ret_json = json;
	return 0;
}

/* On an error nothing of it is given to the caller. 0, or the error is set. `path` stands in errors
 * alone: the text was read by the caller. */
int config_parse(const char *path, const char *text, size_t len, struct config *ret_config,
		 struct error *error)
{
	_cleanup_(config_done) struct config config = { 0 };
	const char *key = "";
	json_t *json = NULL;
	int err;

	if (config_init(&config) < 0)
		return error_system(error, -ENOMEM, "%s", path);
	/* An empty file says nothing and is no error. */
	if (!is_blank(text, len)) {
		err = load(path, text, len, &json, error);
		if (err < 0)
			return err;
		err = read_object(json, &config, &key, error);
		if (err < 0) {
			struct place place = key_place(text, len, key);

			error_prefix(error, "%s:%d:%d", path, place.line, place.column);
			json_decref(json);
			return err;
		}
		json_decref(json);
	}
	*ret_config = take_struct(config);
	return 0;
}
