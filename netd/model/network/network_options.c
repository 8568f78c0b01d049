// SPDX-License-Identifier: GPL-2.0-or-later
// network_options.c - driver options of a network: Docker's keys and netd's short ones
#include "model/network/network_options.h"

#include "base/cleanup.h"
#include "model/text/ifname.h"
#include "model/text/known_options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Each option is a row of one table: its keys, Docker's long one and a short
 * one of netd's; its reader, which puts the value into the spec; what a kind must have for it to
 * mean anything. Readers see one option at a time. What two of them say together is judged by
 * check_together(). Whoever else reads or writes an option asks the table for its key. */

/* Also used for one container's own wish (request_endpoint.c). false: the word is neither, and
 * *ret_one means nothing. */
bool network_options_alias_answer(const char *text, bool *ret_one)
{
	*ret_one = strcmp(text, "one") == 0;
	return *ret_one || strcmp(text, "all") == 0;
}

/* A reader takes the text of its option. It writes nothing to the spec when it refuses. */

/* Each reader returns NULL, or what was wanted instead. */

/* The name of the bridge, chosen by the caller. A name that is taken on the host is found out when
 * the bridge is made. The spec has room for the longest name. */
static const char *read_ifname(const char *text, struct network_spec *spec)
{
	if (!ifname_is_valid(text))
		return "an interface name of at most 15 characters, without space, '/', ':' or "
		       "'%', "
		       "is wanted";
	(void)snprintf(spec->bridge, sizeof(spec->bridge), "%s", text);
	return NULL;
}

/* The kernel's limit less a number: eth0, eth1, ... An empty text is the default, as with
 * Docker. */
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

/* In decimal digits alone, as people write a size: strtoul(3) would take blanks, signs and more
 * digits than fit. Looked at with each digit, so the number cannot overflow. false: what is wanted
 * instead stands in *ret_wanted. */
static bool read_number(const char *text, uint32_t max, const char *too_large,
			const char **ret_wanted, uint32_t *ret_number)
{
	uint32_t number = 0;

	*ret_wanted = "a number is wanted";
	if (text[0] == '\0')
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		number = number * 10 + (uint32_t)(*text - '0');
		if (number > max) {
			*ret_wanted = too_large;
			return false;
		}
	}
	*ret_number = number;
	return true;
}

/* 0 stands for "as the host has it". IPv4 needs 68 bytes on each link (RFC 791, 3.2). */
static const char *read_mtu(const char *text, struct network_spec *spec)
{
	const char *wanted;
	uint32_t mtu;

	if (!read_number(text, MTU_MAX, "at most 65535 is wanted", &wanted, &mtu))
		return wanted;
	if (mtu != 0 && mtu < MTU_MIN)
		return "at least 68 is wanted";
	spec->mtu = mtu;
	return NULL;
}

/* How many queues each end of a container's link has, each way. */
static const char *read_queues(const char *text, struct network_spec *spec)
{
	const char *wanted;
	uint32_t queues;

	if (!read_number(text, LINK_QUEUES_MAX, "at most 4096 is wanted", &wanted, &queues))
		return wanted;
	if (queues == 0)
		return "at least 1 is wanted";
	spec->queues = queues;
	return NULL;
}

/* What Go's strconv.ParseBool takes, because Docker takes it. Any other spelling is refused,
 * and not taken for "no". */
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

/* Whether containers of the network may speak with each other. Docker's default is yes. The word is
 * that of Docker's option. */
static const char *read_icc(const char *text, struct network_spec *spec)
{
	return read_bool(text, &spec->icc);
}

/* Whether containers leave the host with its address. Docker's default is yes. */
static const char *read_masquerade(const char *text, struct network_spec *spec)
{
	return read_bool(text, &spec->masquerade);
}

/* An address that ports are published on by default. An address of any is taken: it means all of
 * that family. The host need not have the address now. */
static const char *read_host_addr(const char *text, uint8_t family, struct addr *ret_addr)
{
	struct addr addr;

	/* The spec is untouched by a bad value. */
	if (addr_parse(text, &addr) < 0 || addr.family != family)
		return family == AF_INET ? "an IPv4 address is wanted"
					 : "an IPv6 address is wanted";
	if (addr_is_multicast(&addr))
		return "a multicast address cannot be listened on";
	*ret_addr = addr;
	return NULL;
}

/* The readers of one option differ from those of another only in the place that they write to. */
static const char *read_host_ip4(const char *text, struct network_spec *spec)
{
	return read_host_addr(text, AF_INET, &spec->host_binding[FAMILY_4]);
}

static const char *read_host_ip6(const char *text, struct network_spec *spec)
{
	return read_host_addr(text, AF_INET6, &spec->host_binding[FAMILY_6]);
}

/* Whether a name with several addresses is answered with all of them, or with one at a time. A
 * client that takes the first address alone finds another container each time with "one". */
static const char *read_alias_answer(const char *text, struct network_spec *spec)
{
	return network_options_alias_answer(text, &spec->answer_one) ? NULL
								     : "all or one is wanted";
}

/* Docker's words for how a network meets the outside. The words are those of
 * network_gateway_mode_name[]. */
static const char *read_gateway_mode(const char *text, enum gateway_mode *ret_mode)
{
	for (int mode = 0; mode < GATEWAY_MODE_N; mode++) {
		if (strcmp(text, network_gateway_mode_name[mode]) == 0) {
			*ret_mode = (enum gateway_mode)mode;
			return NULL;
		}
	}
	return "nat, nat-unprotected, routed or isolated is wanted";
}

/* One mode for each family: IPv4 is often translated where IPv6 is routed. */
static const char *read_gateway_mode4(const char *text, struct network_spec *spec)
{
	return read_gateway_mode(text, &spec->gateway_mode[FAMILY_4]);
}

static const char *read_gateway_mode6(const char *text, struct network_spec *spec)
{
	return read_gateway_mode(text, &spec->gateway_mode[FAMILY_6]);
}

/* Packets leave with it, so it must be one that answers can come to. Whether the host has it is
 * not asked: it may come later. */
static const char *read_snat(const char *text, uint8_t family, struct addr *ret_addr)
{
	struct addr addr;
	const char *wanted = read_host_addr(text, family, &addr);

	if (wanted)
		return wanted;
	/* An answer to such an address would stay on whatever host sends it. */
	if (addr_is_any(&addr) || addr_is_loopback(&addr))
		return "an address that others can answer to is wanted";
	*ret_addr = addr;
	return NULL;
}

/* The source that containers' packets leave with, in the place of the interface's own. */
static const char *read_snat4(const char *text, struct network_spec *spec)
{
	return read_snat(text, AF_INET, &spec->snat[FAMILY_4]);
}

static const char *read_snat6(const char *text, struct network_spec *spec)
{
	return read_snat(text, AF_INET6, &spec->snat[FAMILY_6]);
}

/* For whoever gives the host no address on the bridge. Only IPv4 has that option in Docker. */
static const char *read_inhibit4(const char *text, struct network_spec *spec)
{
	return read_bool(text, &spec->inhibit4);
}

/* The list is short. Whether the name stands in the list already. */
static bool is_trusted(const struct network_spec *spec, const char *ifname)
{
	for (size_t i = 0; i < spec->n_trusted; i++)
		if (strcmp(spec->trusted[i], ifname) == 0)
			return true;
	return false;
}

/* Interfaces whose packets are let in at the containers' own addresses. The list is parted by
 * colons, as Docker's is. The interfaces need not be there now: rules know them by name. */
static const char *read_trusted(const char *text, struct network_spec *spec)
{
	char name[IFNAME_LEN_MAX + 1];

	/* Read anew: two equal keys may both be there. */
	spec->n_trusted = 0;
	while (*text) {
		size_t len = strcspn(text, ":");

		if (len >= sizeof(name))
			return "interface names with ':' between them are wanted";
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, text);
		if (!ifname_is_valid(name))
			return "interface names with ':' between them are wanted";
		text += len + (text[len] == ':');
		/* Twice is once. */
		if (is_trusted(spec, name))
			continue;
		if (spec->n_trusted == TRUSTED_INTERFACES_MAX)
			return "at most 8 interfaces can be trusted";
		memcpy(spec->trusted[spec->n_trusted++], name, sizeof(name));
	}
	return NULL;
}

/* One that lies in another says nothing: the kernel takes no two that overlap. The sets of nftables
 * with intervals refuse it (nftables reports a conflict). false: there is no room for one more. */
static bool add_source(struct network_spec *spec, const struct prefix *prefix)
{
	size_t kept = 0;

	for (size_t i = 0; i < spec->n_sources; i++)
		if (prefix_within(&spec->sources[i], prefix))
			return true;
	/* Those that lie within the new one are dropped. */
	for (size_t i = 0; i < spec->n_sources; i++)
		if (!prefix_within(prefix, &spec->sources[i]))
			spec->sources[kept++] = spec->sources[i];
	spec->n_sources = kept;
	if (kept == SOURCES_MAX)
		return false;
	spec->sources[spec->n_sources++] = *prefix;
	return true;
}

/* Addresses beside their own that containers may send from. Those of either family stand in one
 * list. The grammar is ADDRESS or SUBNET, with commas between them; an empty text is an empty
 * list. */
static const char *read_sources(const char *text, struct network_spec *spec)
{
	char one[PREFIX_STR_MAX];
	struct prefix prefix;

	spec->n_sources = 0;
	while (*text) {
		size_t len = strcspn(text, ",");

		if (len >= sizeof(one))
			return "addresses and subnets with ',' between them are wanted";
		(void)snprintf(one, sizeof(one), "%.*s", (int)len, text);
		/* A single address is a subnet of its full length. */
		if (addr_parse(one, &prefix.addr) == 0)
			prefix.len = addr_bits(&prefix.addr);
		else if (prefix_parse(one, &prefix) < 0)
			return "addresses and subnets with ',' between them are wanted";
		if (!add_source(spec, &prefix))
			return "at most 16 addresses and subnets are wanted";
		text += len + (text[len] == ',');
	}
	return NULL;
}

/* As with "encrypted", to say it is enough: an empty text is yes. */
static const char *read_anti_spoof(const char *text, struct network_spec *spec)
{
	if (*text)
		return read_bool(text, &spec->anti_spoof);
	spec->anti_spoof = true;
	return NULL;
}

/* Docker's is a list, with a number for each subnet; there is one number here. 24 bits (RFC 7348).
 * Digits alone, and no list: a number with a comma is refused. */
static const char *read_vni(const char *text, struct network_spec *spec)
{
	uint32_t vni = 0;

	for (const char *at = text; *at; at++) {
		if (*at < '0' || *at > '9' || vni > VXLAN_VNI_MAX)
			return "one number from 1 to 16777215 is wanted";
		vni = vni * 10 + (uint32_t)(*at - '0');
	}
	if (vni == 0 || vni > VXLAN_VNI_MAX)
		return "one number from 1 to 16777215 is wanted";
	spec->vni = vni;
	return NULL;
}

/* As with Docker, to say it is enough. An empty text is yes. */
static const char *read_encrypted(const char *text, struct network_spec *spec)
{
	if (*text)
		return read_bool(text, &spec->encrypt);
	spec->encrypt = true;
	return NULL;
}

/* The property of a kind without which an option says nothing. It is an offset into the kind's
 * row. */
#define NEEDS(property) offsetof(struct network_kind, property)

/* key: netd's; NULL: Docker's is the only one. read: NULL where somebody else reads it. */
static const struct {
	const char *docker_key, *key;
	const char *(*read)(const char *text, struct network_spec *spec);
	size_t needs;
	bool once_a_note;
} table[] = {
	[NETWORK_OPTION_BRIDGE] = { "com.docker.network.bridge.name", "bridge", read_ifname,
				    NEEDS(bridged), false },
	[NETWORK_OPTION_MTU] = { "com.docker.network.driver.mtu", "mtu", read_mtu, NEEDS(wired),
				 false },
	[NETWORK_OPTION_ICC] = { "com.docker.network.bridge.enable_icc", "icc", read_icc,
				 NEEDS(bridged), false },
	[NETWORK_OPTION_MASQUERADE] = { "com.docker.network.bridge.enable_ip_masquerade",
					"masquerade", read_masquerade, NEEDS(forwarded), false },
	[NETWORK_OPTION_HOST_IP4] = { "com.docker.network.bridge.host_binding_ipv4", "host-ip",
				      read_host_ip4, NEEDS(published), false },
	[NETWORK_OPTION_HOST_IP6] = { "com.docker.network.bridge.host_binding_ipv6", "host-ip6",
				      read_host_ip6, NEEDS(published), false },
	[NETWORK_OPTION_IFNAME_PREFIX] = { "com.docker.network.container_iface_prefix",
					   "ifname-prefix", read_ifname_prefix, NEEDS(wired),
					   false },
	[NETWORK_OPTION_ALIAS_ANSWER] = { "org.netd.network.alias-answer", "alias-answer",
					  read_alias_answer, NEEDS(named), false },
	[NETWORK_OPTION_GATEWAY_MODE4] = { "com.docker.network.bridge.gateway_mode_ipv4",
					   "gateway-mode", read_gateway_mode4, NEEDS(forwarded),
					   true },
	[NETWORK_OPTION_GATEWAY_MODE6] = { "com.docker.network.bridge.gateway_mode_ipv6",
					   "gateway-mode6", read_gateway_mode6, NEEDS(forwarded),
					   true },
	[NETWORK_OPTION_SNAT4] = { "com.docker.network.host_ipv4", "snat-ip", read_snat4,
				   NEEDS(forwarded), true },
	[NETWORK_OPTION_SNAT6] = { "com.docker.network.host_ipv6", "snat-ip6", read_snat6,
				   NEEDS(forwarded), true },
	[NETWORK_OPTION_INHIBIT4] = { "com.docker.network.bridge.inhibit_ipv4", "inhibit-ip",
				      read_inhibit4, NEEDS(bridged), true },
	[NETWORK_OPTION_TRUSTED] = { "com.docker.network.bridge.trusted_host_interfaces",
				     "trusted-interfaces", read_trusted, NEEDS(forwarded), true },
	[NETWORK_OPTION_SOURCES] = { "org.netd.network.sources", "sources", read_sources,
				     NEEDS(bridged), false },
	[NETWORK_OPTION_ANTI_SPOOF] = { "org.netd.network.anti-spoof", "anti-spoof",
					read_anti_spoof, NEEDS(bridged), false },
	[NETWORK_OPTION_QUEUES] = { "org.netd.network.queues", "queues", read_queues, NEEDS(wired),
				    false },
	[NETWORK_OPTION_VNI] = { "com.docker.network.driver.overlay.vxlanid_list", "vni", read_vni,
				 NEEDS(spans), false },
	[NETWORK_OPTION_ENCRYPTED] = { "encrypted", NULL, read_encrypted, NEEDS(spans), false },
	/* The families are fields of a request, too, and read beside those: request_network.c. */
	[NETWORK_OPTION_IPV4] = { "com.docker.network.enable_ipv4", NULL, NULL, NEEDS(addressed),
				  false },
	[NETWORK_OPTION_IPV6] = { "com.docker.network.enable_ipv6", NULL, NULL, NEEDS(addressed),
				  false },
	/* Docker's mark, and ours: judged by check_together(). */
	[NETWORK_OPTION_DEFAULT_BRIDGE] = { "com.docker.network.bridge.default_bridge", NULL, NULL,
					    NEEDS(bridged), false },
};

_Static_assert(ARRAY_SIZE(table) == NETWORK_OPTION_N, "each option has its row");

/* The long key, as Docker's clients know it. The same key is written into records. */
const char *network_options_key(enum network_option option)
{
	return table[option].docker_key;
}

/* The short key; NULL: there is none. Docker's clients never send it. */
const char *network_options_short_key(enum network_option option)
{
	return table[option].key;
}

/* Options that an earlier netd took for a note and kept without looking. A record that has one
 * is read all the same. */
bool network_options_once_a_note(enum network_option option)
{
	return table[option].once_a_note;
}

/* For an option without an effect: who sets one relies on it. It returns a negative errno
 * always. */
static int refuse_nothing_to_do(const char *option, const char *why, struct error *error)
{
	return error_set(error, ERROR_INVALID, "option \"%s\" has nothing to do: %s", option, why);
}

/* One family's options that do not go together. The sentences name the option as netd spells it. 0,
 * or the error is set. */
static int check_family(const struct network_spec *spec, uint8_t family, struct error *error)
{
	const char *digit = family == AF_INET ? "" : "6";
	enum gateway_mode mode = network_gateway_mode(spec, family);
	bool routed = mode == GATEWAY_MODE_ROUTED;
	char option[32], why[96];

	/* A network that others can reach is not isolated. */
	if (mode == GATEWAY_MODE_ISOLATED && !spec->internal)
		return error_set(error, ERROR_INVALID,
				 "gateway mode isolated is for internal networks only: create it "
				 "with --internal");
	(void)snprintf(option, sizeof(option), "snat-ip%s", digit);
	(void)snprintf(why, sizeof(why), "%s",
		       routed		? "addresses of a routed network are not translated"
		       : spec->internal ? "nothing leaves an internal network"
					: "masquerade is off");
	if (addr_is_set(&spec->snat[family_of(family)]) &&
	    (routed || spec->internal || !spec->masquerade))
		return refuse_nothing_to_do(option, why, error);
	(void)snprintf(option, sizeof(option), "host-ip%s", digit);
	if (routed && addr_is_set(&spec->host_binding[family_of(family)]))
		return refuse_nothing_to_do(
			option, "ports of a routed network are reached at the container's address",
			error);
	return 0;
}

/* Whoever is to speak with his own addresses only must have some, and no others. 0, or the error is
 * set. */
static int check_anti_spoof(const struct network_spec *spec, struct error *error)
{
	if (!spec->anti_spoof)
		return 0;
	if (spec->n_sources > 0)
		return error_set(
			error, ERROR_INVALID,
			"options \"anti-spoof\" and \"sources\" contradict each other: with "
			"anti-spoof a container speaks with its own addresses only, and "
			"sources names others (leave one of the two away)");
	if (spec->no_addresses)
		return error_set(
			error, ERROR_INVALID,
			"option \"anti-spoof\" compares with the addresses that netd gives, "
			"and with the IPAM driver \"null\" it gives none");
	return 0;
}

/* What one reader cannot see: two options that contradict each other. 0, or the error is set. */
static int check_together(const struct network_spec *spec, struct error *error)
{
	const char *mark = network_options_key(NETWORK_OPTION_DEFAULT_BRIDGE);
	const char *is_default = json_string_value(json_object_get(spec->options, mark));
	bool claims = false;
	int err = check_anti_spoof(spec, error);

	if (err < 0)
		return err;
	if (is_default && (read_bool(is_default, &claims) || claims))
		return error_set(error, ERROR_INVALID,
				 "option \"%s\" is \"%s\": the network \"bridge\" is the default "
				 "one, and no other can be",
				 mark, is_default);
	for (enum family family = 0; family < FAMILY_N && err == 0; family++)
		if (spec->has[family])
			err = check_family(spec, family_af(family), error);
	return err;
}

/* What a network of this kind has no use for. The first of them is named. 0, or the error is
 * set. */
static int check_kind(const struct network_spec *spec, struct error *error)
{
	for (enum network_option option = 0; option < NETWORK_OPTION_N; option++) {
		const char *keys[] = { table[option].docker_key, table[option].key };
		bool has;

		/* Its properties are what a row of the table names, by where they are in it. */
		memcpy(&has, (const char *)spec->kind + table[option].needs, sizeof(has));
		for (size_t i = 0; i < ARRAY_SIZE(keys) && !has; i++)
			if (keys[i] && json_object_get(spec->options, keys[i]))
				return error_set(error, ERROR_INVALID,
						 "option \"%s\" has nothing to do on a network of "
						 "the driver \"%s\"",
						 keys[i], spec->kind->name);
	}
	return 0;
}

/* The keys of options that mean something, Docker's and netd's; a NULL behind them. Each has
 * two at the most. */
#define NETWORK_OPTIONS_MAX (2 * NETWORK_OPTION_N + 1)

/* NULL ends the list. The keys are the table's own texts. */
static void list_keys(const char *ret_keys[static NETWORK_OPTIONS_MAX])
{
	size_t n = 0;

	for (enum network_option option = 0; option < NETWORK_OPTION_N; option++) {
		if (table[option].key)
			ret_keys[n++] = table[option].key;
		ret_keys[n++] = table[option].docker_key;
	}
	ret_keys[n] = NULL;
}

/* In the order: is the key known, does the kind need it, do they go together. All are looked at
 * before the network is made. 0, or the error is set. */
int network_options_check(const struct network_spec *spec, struct error *error)
{
	const char *known[NETWORK_OPTIONS_MAX];
	int err;

	list_keys(known);
	if ((err = known_options_check(spec->options, known, "a network", error)) < 0 ||
	    (err = check_kind(spec, error)) < 0)
		return err;
	return check_together(spec, error);
}

/* A value that is no string is nobody's option. The reader's words say what was wanted. 0, also
 * where the option is not there, or the error is set. */
static int decode_option(struct network_spec *spec, enum network_option option, const char *key,
			 struct error *error)
{
	const json_t *value = json_object_get(spec->options, key);
	const char *wanted;

	if (!value)
		return 0;
	if (!json_is_string(value))
		return error_set(error, ERROR_INVALID, "option \"%s\" must be a string", key);
	wanted = table[option].read(json_string_value(value), spec);
	if (wanted)
		return error_set(error, ERROR_INVALID, "invalid value \"%s\" for option \"%s\": %s",
				 json_string_value(value), key, wanted);
	return 0;
}

/* Values go into the spec. What they mean together is looked at later. They are gone through in the
 * order of the table. 0, or the error is set; the spec may have been filled in part then. */
int network_options_decode(struct network_spec *spec, struct error *error)
{
	for (enum network_option option = 0; option < NETWORK_OPTION_N; option++) {
		const char *docker_key = table[option].docker_key, *key = table[option].key;
		const json_t *a = json_object_get(spec->options, docker_key);
		const json_t *b = key ? json_object_get(spec->options, key) : NULL;
		int err;

		if (!table[option].read)
			continue;
		/* Both keys with one value is what a script for two daemons writes. */
		if (a && b && !json_equal(a, b))
			return error_set(
				error, ERROR_INVALID,
				"options \"%s\" and \"%s\" are the same and must not differ",
				docker_key, key);
		/* Docker's first. Where both are there they are equal. */
		if ((err = decode_option(spec, option, docker_key, error)) < 0 ||
		    (b && (err = decode_option(spec, option, key, error)) < 0))
			return err;
	}
	return 0;
}
