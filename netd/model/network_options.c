// SPDX-License-Identifier: GPL-2.0-or-later
// network_options.c - driver options of a network: Docker's keys and netd's short ones
#include "model/network.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

bool ifname_is_valid(const char *name)
{
	/* dev_valid_name() in net/core/dev.c; '%' because the kernel would take it for a number to
	 * fill in; the last three mean something else under /proc/sys/net/ipv4/conf, or are taken.
	 */
	static const char *const reserved[] = { ".", "..", "all", "default", "lo" };
	size_t len = strlen(name);

	if (len == 0 || len > IFNAME_LEN_MAX)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
		if (strcmp(name, reserved[i]) == 0)
			return false;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c <= ' ' || c == 0x7f || c == '/' || c == ':' || c == '%')
			return false;
	}
	return true;
}

bool alias_answer_parse(const char *text, bool *ret_one)
{
	*ret_one = strcmp(text, "one") == 0;
	return *ret_one || strcmp(text, "all") == 0;
}

/* Each reader returns NULL, or what was wanted instead. */

static const char *read_ifname(const char *text, struct network_spec *spec)
{
	if (!ifname_is_valid(text))
		return "an interface name of at most 15 characters, without space, '/', ':' or "
		       "'%', "
		       "is wanted";
	(void)snprintf(spec->bridge, sizeof(spec->bridge), "%s", text);
	return NULL;
}

static const char *read_ifname_prefix(const char *text, struct network_spec *spec)
{
	if (text[0] == '\0')
		text = "eth"; /* nothing said */
	if (strlen(text) >= sizeof(spec->ifname_prefix) || !ifname_is_valid(text))
		return "an interface name of at most 12 characters, room for a number after it, is "
		       "wanted";
	(void)snprintf(spec->ifname_prefix, sizeof(spec->ifname_prefix), "%s", text);
	return NULL;
}

static const char *read_mtu(const char *text, struct network_spec *spec)
{
	uint32_t mtu = 0;

	if (text[0] == '\0')
		return "a number is wanted";
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return "a number is wanted";
		mtu = mtu * 10 + (uint32_t)(*text - '0');
		if (mtu > MTU_MAX)
			return "at most 65535 is wanted";
	}
	if (mtu != 0 && mtu < MTU_MIN)
		return "at least 68 is wanted";
	spec->mtu = mtu;
	return NULL;
}

/* What Go's strconv.ParseBool takes, because Docker takes it. */
static const char *read_bool(const char *text, bool *ret_value)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*ret_value = strcmp(text, yes[i]) == 0;
			return NULL;
		}
	}
	return "true or false is wanted";
}

static const char *read_icc(const char *text, struct network_spec *spec)
{
	return read_bool(text, &spec->icc);
}

static const char *read_masquerade(const char *text, struct network_spec *spec)
{
	return read_bool(text, &spec->masquerade);
}

static const char *read_host_addr(const char *text, uint8_t family, struct addr *ret_addr)
{
	struct addr addr;

	if (addr_parse(text, &addr) < 0 || addr.family != family)
		return family == AF_INET ? "an IPv4 address is wanted"
					 : "an IPv6 address is wanted";
	if (addr_is_multicast(&addr))
		return "a multicast address cannot be listened on";
	*ret_addr = addr;
	return NULL;
}

static const char *read_host_ip4(const char *text, struct network_spec *spec)
{
	return read_host_addr(text, AF_INET, &spec->host_binding4);
}

static const char *read_host_ip6(const char *text, struct network_spec *spec)
{
	return read_host_addr(text, AF_INET6, &spec->host_binding6);
}

static const char *read_alias_answer(const char *text, struct network_spec *spec)
{
	return alias_answer_parse(text, &spec->answer_one) ? NULL : "all or one is wanted";
}

static const struct {
	const char *docker_key, *key;
	const char *(*read)(const char *text, struct network_spec *spec);
} known_options[] = {
	{ "com.docker.network.bridge.name", "bridge", read_ifname },
	{ "com.docker.network.driver.mtu", "mtu", read_mtu },
	{ "com.docker.network.bridge.enable_icc", "icc", read_icc },
	{ "com.docker.network.bridge.enable_ip_masquerade", "masquerade", read_masquerade },
	{ "com.docker.network.bridge.host_binding_ipv4", "host-ip", read_host_ip4 },
	{ "com.docker.network.bridge.host_binding_ipv6", "host-ip6", read_host_ip6 },
	{ "com.docker.network.container_iface_prefix", "ifname-prefix", read_ifname_prefix },
	{ "org.netd.network.alias-answer", "alias-answer", read_alias_answer },
};

static int decode_option(struct network_spec *spec, size_t index, const char *key,
			 struct error *error)
{
	const json_t *value = json_object_get(spec->options, key);
	const char *wanted;

	if (!value)
		return 0;
	if (!json_is_string(value))
		return error_set(error, ERROR_INVALID, "option \"%s\" must be a string", key);
	wanted = known_options[index].read(json_string_value(value), spec);
	if (wanted)
		return error_set(error, ERROR_INVALID, "invalid value \"%s\" for option \"%s\": %s",
				 json_string_value(value), key, wanted);
	return 0;
}

int network_spec_decode_options(struct network_spec *spec, struct error *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_options); i++) {
		const char *docker_key = known_options[i].docker_key, *key = known_options[i].key;
		const json_t *a = json_object_get(spec->options, docker_key);
		const json_t *b = json_object_get(spec->options, key);
		int err;

		if (a && b && !json_equal(a, b))
			return error_set(
				error, ERROR_INVALID,
				"options \"%s\" and \"%s\" are the same and must not differ",
				docker_key, key);
		if ((err = decode_option(spec, i, docker_key, error)) < 0 ||
		    (err = decode_option(spec, i, key, error)) < 0)
			return err;
	}
	return 0;
}
