// SPDX-License-Identifier: GPL-2.0-or-later
// config.h - netd.json: the keys of Docker's daemon.json where the meaning is the same
#pragma once

#include "base/error.h"
#include "base/family.h"
#include "base/log.h"
#include "model/ipam/ipam_base.h"

#define CONFIG_DEFAULT_BIP "172.17.0.1/16" /* what the network bridge has without bip */

struct config {
	char *host; /* hosts[0], unix:// only; NULL: the default */
	struct prefix
		bip[FAMILY_N]; /* bip, bip6: gateway address and length of the network bridge */
	struct prefix fixed[FAMILY_N]; /* fixed-cidr, fixed-cidr-v6: range of the network bridge */
	struct ipam_base *bases;       /* default-address-pools; n 0: ipam_base_defaults */
	size_t n_bases;
	struct prefix ula; /* no key: this host's own /48, for IPv6 without a base; plumber/ula.c */
	char **dns, **dns_search, **dns_options; /* dns, dns-search, dns-opts */
	size_t n_dns, n_dns_search, n_dns_options;
	uint32_t mtu;		   /* mtu; 0: that of the default route's link, else 1500 */
	bool icc;		   /* icc: of the network bridge; true */
	bool ip_masq;		   /* ip-masq: of the network bridge; true */
	bool ip_forward;	   /* ip-forward: netd switches forwarding on; true */
	bool ipv6;		   /* ipv6: the network bridge has IPv6; false */
	struct addr default_bind4; /* ip: default host address of -p; family 0: any */
	char **host_gateway;	   /* host-gateway-ip or host-gateway-ips */
	size_t n_host_gateway;
	uint32_t dns_ttl_s;	  /* dns-ttl: of local names */
	uint32_t certificate_s;	  /* certificate-lifetime: of what this host signs for others */
	bool dns_forward_single;  /* dns-forward-single-label: ask upstream for unknown names
				   * without a dot; false */
	enum log_level log_level; /* log-level */
	char *metrics_addr;	  /* metrics-addr: config_listen.h reads it; NULL or "": none */
	bool metrics_drops;	  /* metrics-drops: the metrics have drops by reason, for which a
				   * tracer runs all the time; false */
	bool trace_for_group;	  /* trace-for-group: a process that traces for members of the
				   * group; false */
	char *resolver_user;	  /* resolver-user: the resolver's own user; "_netd-resolver", and
				   * "nobody" where that does not exist */
	char *socket_group;	  /* group: of the API socket; "netd" */
};

/* Parses text (len bytes) of a file called path: errors name path, line and column, an unknown key
 * is an error naming the nearest known one. Empty text is all defaults. */
int config_parse(const char *path, const char *text, size_t len, struct config *ret_config,
		 struct error *error);
/* All defaults; -ENOMEM. */
int config_init(struct config *config);
void config_done(struct config *config);
