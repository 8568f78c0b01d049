// SPDX-License-Identifier: GPL-2.0-or-later
// config_value.c - the kinds of values that keys of netd.json take
#include "model/config/config_value.h"

#include "base/cleanup.h"
#include "model/ipam/subnet.h"
#include "model/network/network.h"

#include <errno.h>
#include <string.h>

/* The caller puts the key's name in front of each of these sentences. */
int config_value_no_memory(struct error *error)
{
	return error_system(error, -ENOMEM, "cannot be read");
}

/* Numbers and texts are no truths: "false" in quotes would be true to some readers. 0, or the error
 * is set; so do all readers of this file. */
int config_value_bool(const json_t *value, bool *ret_value, struct error *error)
{
	if (!json_is_boolean(value))
		return config_refuse(error, "true or false is wanted");
	*ret_value = json_is_true(value);
	return 0;
}

/* Both bounds are allowed values. A fraction is no such number, even one of zero. */
int config_value_number(const json_t *value, uint32_t min, uint32_t max, uint32_t *ret_value,
			struct error *error)
{
	json_int_t number = json_integer_value(value);

	/* Compared as 64 bits: what is too large must not become a small one first. */
	if (!json_is_integer(value) || number < min || number > max)
		return config_refuse(error, "a number from %u to %u is wanted", min, max);
	*ret_value = (uint32_t)number;
	return 0;
}

/* The text stays the JSON's, which goes before the config does. "" is a text; whether it means
 * something is the caller's to say. */
int config_value_text(const json_t *value, const char **ret_text, struct error *error)
{
	if (!json_is_string(value))
		return config_refuse(error, "a string is wanted");
	*ret_text = json_string_value(value);
	return 0;
}

/* *text is owned by the config; what it had is freed. */
int config_value_text_keep(const json_t *value, char **text, struct error *error)
{
	const char *given = "";
	char *copy;
	int err = config_value_text(value, &given, error);

	if (err < 0)
		return err;
	/* None of these keys has a meaning for "": a name or a path is wanted. */
	if (*given == '\0')
		return config_refuse(error, "must not be empty");
	copy = strdup(given);
	if (!copy)
		return config_value_no_memory(error);
	/* Only now: with an error the config keeps what it had. */
	free(*text);
	*text = copy;
	return 0;
}

/* family 0: either. An address without a length is no prefix. */
static int config_prefix(const json_t *value, uint8_t family, struct prefix *ret_prefix,
			 struct error *error)
{
	struct prefix prefix = { 0 };
	const char *text = "";
	int err = config_value_text(value, &text, error);

	if (err < 0)
		return err;
	if (prefix_parse(text, &prefix) < 0 || (family && prefix.addr.family != family))
		return config_refuse(error, "\"%s\" is not an %s prefix such as %s", text,
				     family ? family_name(family_of(family)) : "IP",
				     family == AF_INET6 ? "fd00::/64" : "10.1.0.0/16");
	*ret_prefix = prefix;
	return 0;
}

/* What is to be a whole network must not have bits beyond its length. ret_prefix is written
 * only when it is right. */
int config_value_network(const json_t *value, uint8_t family, struct prefix *ret_prefix,
			 struct error *error)
{
	struct prefix prefix = { 0 };
	int err = config_prefix(value, family, &prefix, error);

	if (err < 0)
		return err;
	if (prefix_has_host_bits(&prefix)) {
		struct prefix masked = { prefix_first(&prefix), prefix.len };

		return config_refuse(error, "%s should be %s", PREFIX_STR(&prefix),
				     PREFIX_STR(&masked));
	}
	/* A default route is no network that could be given to containers. */
	if (prefix.len == 0)
		return config_refuse(error, "%s is everything there is", PREFIX_STR(&prefix));
	if (subnet_unfit(&prefix))
		return config_refuse(error, "%s holds %s addresses, which no interface can have",
				     PREFIX_STR(&prefix), subnet_unfit(&prefix));
	*ret_prefix = prefix;
	return 0;
}

/* An address of an interface with the length of its network. The host bits are the address, so
 * here they are wanted. */
int config_value_bridge_ip(const json_t *value, uint8_t family, struct prefix *ret_prefix,
			   struct error *error)
{
	struct prefix prefix = { 0 };
	struct addr first, last;
	int err = config_prefix(value, family, &prefix, error);

	if (err < 0)
		return err;
	/* The same bounds as for the gateway of any network (network_check.c). */
	subnet_usable(&prefix, &first, &last);
	if (addr_compare(&prefix.addr, &first) < 0 || addr_compare(&prefix.addr, &last) > 0 ||
	    prefix.len == 0 || subnet_unfit(&prefix))
		return config_refuse(error, "%s is not an address that a bridge can have",
				     PREFIX_STR(&prefix));
	*ret_prefix = prefix;
	return 0;
}

/* Of either family. 0, or the error is set. */
int config_value_check_address(const char *text, struct error *error)
{
	struct addr addr;

	if (addr_parse(text, &addr) < 0)
		return config_refuse(error, "\"%s\" is not an IP address", text);
	return 0;
}

/* One word, fit for a line of resolv.conf. 0, or the error is set. */
int config_value_check_word(const char *text, struct error *error)
{
	if (*text == '\0')
		return config_refuse(error, "an entry must not be empty");
	for (const char *at = text; *at; at++) {
		/* A newline would begin another line of resolv.conf, which the resolver inside
		 * would obey. */
		if ((unsigned char)*at <= ' ' || *at == 0x7f)
			return config_refuse(error, "\"%s\" must be one word", text);
	}
	return 0;
}

/* Frees the first n texts, and the list. */
static void strings_done(char **strings, size_t n)
{
	for (size_t i = 0; strings && i < n; i++)
		free(strings[i]);
	free(strings);
}

/* strings is the config's own list, which is replaced. check judges each text, and says what is
 * wrong. On an error the config keeps the list that it had. */
int config_value_strings(const json_t *value, size_t max,
			 int (*check)(const char *text, struct error *error), char ***strings,
			 size_t *n_strings, struct error *error)
{
	size_t n = json_array_size(value), n_read = 0;
	char **read;

	if (!json_is_array(value))
		return config_refuse(error, "an array of strings is wanted");
	if (n > max)
		return config_refuse(error, "at most %zu entries are taken", max);
	/* One more, because calloc(3) of nothing may return NULL. */
	read = calloc(n + 1, sizeof(*read));
	if (!read)
		return config_value_no_memory(error);
	for (; n_read < n; n_read++) {
		const char *text = "";
		int err = config_value_text(json_array_get(value, n_read), &text, error);

		if (err == 0)
			err = check(text, error);
		if (err == 0 && !(read[n_read] = strdup(text)))
			err = config_value_no_memory(error);
		if (err < 0) {
			/* Those before this one, which itself was not kept. */
			strings_done(read, n_read);
			return err;
		}
	}
	/* The default goes only when the new list is whole. */
	strings_done(*strings, *n_strings);
	*strings = read;
	*n_strings = n;
	return 0;
}
