// SPDX-License-Identifier: GPL-2.0-or-later
// config_key.c - the keys of netd.json: what each takes and where it goes
#include "model/config/config_key.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "model/config/config_listen.h"
#include "model/config/config_value.h"
#include "model/ipam/ipam_base.h"

#include <errno.h>
#include <string.h>
#include <sys/un.h>

/* Theory of operation. One function for each key reads its value into the config, which holds the
 * defaults before. A value that cannot be meant is refused with a sentence and stops the start: a
 * daemon that ran on with a default would wire containers into networks nobody asked for. Keys
 * and their meaning are those of Docker's daemon.json where Docker has one. */

/* --- one function for each key --- */

/* Docker's key is a list of addresses; here it has one entry. The scheme is Docker's: unix://PATH.
 * 0, or the error is set; so do all functions of this file. */
static int read_hosts(const json_t *value, struct config *config, struct error *error)
{
	static const char unix_scheme[] = "unix://";
	const json_t *first = json_array_get(value, 0);
	const char *text = "";
	int err;

	/* A second address would need a second listener. What cannot be done is refused, not left
	 * out. */
	if (json_array_size(value) != 1)
		return config_refuse(error, "an array of one unix:// address is wanted");
	err = config_value_text(first, &text, error);
	if (err < 0)
		return err;
	if (strncmp(text, "tcp://", 6) == 0)
		return config_refuse(
			error,
			"\"%s\": netd listens on a unix socket only; from another machine use "
			"-H ssh://USER@HOST",
			text);
	if (strncmp(text, unix_scheme, strlen(unix_scheme)) != 0 ||
	    text[strlen(unix_scheme)] != '/')
		return config_refuse(error, "\"%s\" is not unix:// and an absolute path", text);
	/* sockaddr_un has no room for more. */
	if (strlen(text + strlen(unix_scheme)) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return config_refuse(error, "\"%s\" is too long for a unix socket", text);
	return config_value_text_keep(first, &config->host, error);
}

/* The address of the default bridge, with its subnet's length. Containers get addresses of the
 * subnet that it is in. */
static int read_bip(const json_t *value, struct config *config, struct error *error)
{
	return config_value_bridge_ip(value, AF_INET, &config->bip[FAMILY_4], error);
}

/* The same for IPv6. Docker has no such key. */
static int read_bip6(const json_t *value, struct config *config, struct error *error)
{
	return config_value_bridge_ip(value, AF_INET6, &config->bip[FAMILY_6], error);
}

/* The range that the default network gives addresses from. */
static int read_fixed4(const json_t *value, struct config *config, struct error *error)
{
	return config_value_network(value, AF_INET, &config->fixed[FAMILY_4], error);
}

static int read_fixed6(const json_t *value, struct config *config, struct error *error)
{
	return config_value_network(value, AF_INET6, &config->fixed[FAMILY_6], error);
}

/* One pool: where subnets are cut from, and of which length. Docker's form is the same. Both
 * members are wanted: the base, and the length of the subnets that are cut from it. */
static int read_pool(const json_t *value, struct ipam_base *ret_base, struct error *error)
{
	const json_t *base = json_object_get(value, "base"), *size = json_object_get(value, "size");
	struct prefix prefix;
	uint32_t len = 0;
	int err;

	/* No other key is allowed, as a misspelled one would leave a default in its place. */
	if (!json_is_object(value) || !base || !size || json_object_size(value) != 2)
		return config_refuse(error,
				     "an entry must be {\"base\": \"10.0.0.0/8\", \"size\": 24}");
	if ((err = config_value_network(base, 0, &prefix, error)) < 0) {
		error_prefix(error, "base");
		return err;
	}
	/* A piece is never larger than its base. */
	if ((err = config_value_number(size, prefix.len, addr_bits(&prefix.addr), &len, error)) <
	    0) {
		error_prefix(error, "size of %s", PREFIX_STR(&prefix));
		return err;
	}
	*ret_base = (struct ipam_base) { .base = prefix, .size = (uint8_t)len };
	return 0;
}

/* An empty list is allowed: then every subnet must be asked for. The pools are tried in their
 * order. They take the place of netd's own pools, and are not added to these. */
static int read_pools(const json_t *value, struct config *config, struct error *error)
{
	_cleanup_free_ struct ipam_base *bases = NULL;
	size_t n = json_array_size(value);

	if (!json_is_array(value))
		return config_refuse(error, "an array of {\"base\", \"size\"} is wanted");
	if (n > CONFIG_POOLS_MAX)
		return config_refuse(error, "at most %d pools are taken", CONFIG_POOLS_MAX);
	/* One more, because calloc(3) of nothing may return NULL. */
	bases = calloc(n + 1, sizeof(*bases));
	if (!bases)
		return config_value_no_memory(error);
	for (size_t i = 0; i < n; i++) {
		int err = read_pool(json_array_get(value, i), &bases[i], error);

		if (err < 0)
			return err;
	}
	/* The default goes only when the new list is whole. */
	free(config->bases);
	config->bases = take_ptr(bases);
	config->n_bases = n;
	return 0;
}

/* The host's own servers are taken where this key is missing. They are for names that netd does
 * not know. */
static int read_dns(const json_t *value, struct config *config, struct error *error)
{
	return config_value_strings(value, DNS_SERVERS_MAX, config_value_check_address,
				    &config->dns, &config->n_dns, error);
}

/* Words for search, and options of resolv.conf, for every container. */
static int read_dns_search(const json_t *value, struct config *config, struct error *error)
{
	return config_value_strings(value, DNS_SEARCH_MAX, config_value_check_word,
				    &config->dns_search, &config->n_dns_search, error);
}

static int read_dns_options(const json_t *value, struct config *config, struct error *error)
{
	return config_value_strings(value, DNS_SEARCH_MAX, config_value_check_word,
				    &config->dns_options, &config->n_dns_options, error);
}

/* 0 is Docker's way to say nothing. */
static int read_mtu(const json_t *value, struct config *config, struct error *error)
{
	if (json_is_integer(value) && json_integer_value(value) == 0) {
		config->mtu = 0; /* as good as not said */
		return 0;
	}
	return config_value_number(value, MTU_MIN, MTU_MAX, &config->mtu, error);
}

/* Truths of Docker's, with Docker's names. They are the defaults of networks that do not say
 * otherwise. */
static int read_icc(const json_t *value, struct config *config, struct error *error)
{
	return config_value_bool(value, &config->icc, error);
}

/* Whether containers leave the host with its address. */
static int read_ip_masq(const json_t *value, struct config *config, struct error *error)
{
	return config_value_bool(value, &config->ip_masq, error);
}

/* Whether netd may switch forwarding on in the kernel. */
static int read_ip_forward(const json_t *value, struct config *config, struct error *error)
{
	return config_value_bool(value, &config->ip_forward, error);
}

/* Whether the default network has IPv6. */
static int read_ipv6(const json_t *value, struct config *config, struct error *error)
{
	return config_value_bool(value, &config->ipv6, error);
}

/* Where ports are published when nobody says an address. An IPv6 address can be any alone, as
 * Docker's key takes no other. A network's own option, and an address that is given with the port,
 * come before it. */
static int read_ip(const json_t *value, struct config *config, struct error *error)
{
	struct addr addr;
	const char *text = "";
	int err = config_value_text(value, &text, error);

	if (err < 0)
		return err;
	if (addr_parse(text, &addr) < 0 || addr_is_multicast(&addr) ||
	    (addr.family != AF_INET && !addr_is_any(&addr)))
		return config_refuse(error, "\"%s\" is not an IPv4 address to listen on", text);
	/* Docker's default is 0.0.0.0 and means both families. */
	if (addr_is_any(&addr))
		addr = (struct addr) { 0 };
	config->default_bind4 = addr;
	return 0;
}

/* Docker's older key is one string, the newer one an array; either form will do for both. At most
 * one of each family has a use. It is what host-gateway stands for in the hosts file of a
 * container. */
static int read_host_gateway(const json_t *value, struct config *config, struct error *error)
{
	json_t *list = json_is_string(value) ? json_pack("[O]", value)
					     : json_incref((json_t *)value);
	int err;

	if (!list)
		return config_value_no_memory(error);
	err = config_value_strings(list, 2, config_value_check_address, &config->host_gateway,
				   &config->n_host_gateway, error);
	json_decref(list);
	return err;
}

/* In seconds: how long others may keep an answer about one of netd's own names. 0 asks them to
 * keep none. */
static int read_dns_ttl(const json_t *value, struct config *config, struct error *error)
{
	return config_value_number(value, 0, DNS_CACHE_TTL_MAX_S, &config->dns_ttl_s, error);
}

/* Of hosts that this host lets into its cluster. */
static int read_certificate(const json_t *value, struct config *config, struct error *error)
{
	return config_value_number(value, CLUSTER_LIFETIME_MIN_S, CLUSTER_LIFETIME_MAX_S,
				   &config->certificate_s, error);
}

/* Whether a name without a dot may be asked of the servers outside. */
static int read_dns_single(const json_t *value, struct config *config, struct error *error)
{
	return config_value_bool(value, &config->dns_forward_single, error);
}

/* Messages below this level are not written. */
static int read_log_level(const json_t *value, struct config *config, struct error *error)
{
	const char *text = "";
	int err = config_value_text(value, &text, error);

	if (err == 0 && !log_level_parse(text, &config->log_level))
		return config_refuse(error, "\"%s\" is none of debug, info, warn, error", text);
	return err;
}

/* Only checked here; it is parsed again where it is listened on. An empty text means that no
 * metrics are served. */
static int read_metrics_addr(const json_t *value, struct config *config, struct error *error)
{
	const char *text = "";
	struct addr addr;
	uint16_t port;
	int err = config_value_text(value, &text, error);

	/* As Docker has it, where there is no other way to say none. */
	if (err < 0 || !*text)
		return err;
	err = config_listen_parse(text, &addr, &port, error);
	return err < 0 ? err : config_value_text_keep(value, &config->metrics_addr, error);
}

/* Whether drops are counted by their reasons, which costs each packet that is dropped. */
static int read_metrics_drops(const json_t *value, struct config *config, struct error *error)
{
	return config_value_bool(value, &config->metrics_drops, error);
}

/* Whether members of the group may trace, which shows packets of all containers. */
static int read_trace_for_group(const json_t *value, struct config *config, struct error *error)
{
	return config_value_bool(value, &config->trace_for_group, error);
}

/* The account under which the resolver runs. It must be an account of the host; the resolver drops
 * its rights by becoming it. */
static int read_resolver_user(const json_t *value, struct config *config, struct error *error)
{
	return config_value_text_keep(value, &config->resolver_user, error);
}

/* Members of the group may use the socket. Whoever may use the socket may wire containers, so the
 * group should be small. */
static int read_group(const json_t *value, struct config *config, struct error *error)
{
	return config_value_text_keep(value, &config->socket_group, error);
}

/* The order is that of netd.json(5). A key that is not here is refused. */
const struct config_key config_keys[] = {
	{ "hosts", read_hosts },
	{ "bip", read_bip },
	{ "bip6", read_bip6 },
	{ "fixed-cidr", read_fixed4 },
	{ "fixed-cidr-v6", read_fixed6 },
	{ "default-address-pools", read_pools },
	{ "dns", read_dns },
	{ "dns-search", read_dns_search },
	{ "dns-opts", read_dns_options },
	{ "mtu", read_mtu },
	{ "icc", read_icc },
	{ "ip-masq", read_ip_masq },
	{ "ip-forward", read_ip_forward },
	{ "ipv6", read_ipv6 },
	{ "ip", read_ip },
	{ "host-gateway-ip", read_host_gateway },
	{ "host-gateway-ips", read_host_gateway },
	{ "dns-ttl", read_dns_ttl },
	{ "dns-forward-single-label", read_dns_single },
	{ "certificate-lifetime", read_certificate },
	{ "log-level", read_log_level },
	{ "metrics-addr", read_metrics_addr },
	{ "metrics-drops", read_metrics_drops },
	{ "trace-for-group", read_trace_for_group },
	{ "resolver-user", read_resolver_user },
	{ "group", read_group },
};

const size_t config_keys_n = ARRAY_SIZE(config_keys);
