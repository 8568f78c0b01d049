// SPDX-License-Identifier: GPL-2.0-or-later
// network.h - a network of Podman's as netd is asked to make it, and compared with one that netd
// has
#pragma once

#include "plugins/netavark/input.h"

/* On networks that were made for Podman: their name. Podman removes networks without telling, so
 * the last container takes a network that has this label with it. */
#define NETWORK_LABEL "io.netd.podman"

/* The name servers that Podman has for a network, separated by commas. Of a container: "own" where
 * it was started with servers of its own, which come instead. */
#define DNS_LABEL "io.netd.podman.dns"
#define DNS_OWN "own"

/* Podman's default network has this id on every machine (libnetwork's createDefaultNetwork). */
#define NETWORK_DEFAULT_ID "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9"

/* Refuses what netd does not do, and would be ignored otherwise: ERROR_NOT_IMPLEMENTED with the
 * option and its value; ERROR_INVALID for an option that nobody knows. Looks at how the container
 * is to be on the network, too. */
int network_check(const struct input_network *network, struct error *error);

/* Of the command create, which knows no container: the options alone. */
int network_check_options(const struct input_network *network, struct error *error);

/* Whether containers are told to ask netd for names: networks made with --disable-dns are
 * respected, but on the default network nobody had that choice. */
bool network_has_names(const struct input_network *network);

/* Whether netd takes the server for a network, and not for a container alone. */
bool network_takes_server(const char *text);

/* Podman gives no addresses on it. */
bool network_has_no_ipam(const struct input_network *network);

/* Whether a network as netd shows it spans hosts. Podman of one host knows nothing of those of
 * others, so addresses of such a network are netd's alone. */
bool network_spans(const json_t *there);
/* Whether it has an IPv4 subnet. */
bool network_has_four(const json_t *there);

/* Option mode = unmanaged: the bridge is somebody else's, here that of a network of netd's with the
 * same name, and is not made for Podman. */
bool network_is_unmanaged(const struct input_network *network);

/* Options outbound_addr4 and outbound_addr6: it says what containers leave with. */
bool network_has_outbound(const struct input_network *network);

/* Body of POST /networks/create. New reference; NULL: out of memory. */
json_t *network_body(const struct input_network *network);

/* there: a network as GET /networks/{ref} shows it. Subnets and gateways are what must agree:
 * Podman's IPAM has chosen addresses in them. ERROR_CONFLICT with both when they do not. */
int network_compare(const struct input_network *network, const json_t *there, struct error *error);
/* It was made for this network of Podman's, and nobody is on it. */
bool network_is_leftover(const struct input_network *network, const json_t *there);

/* The text of an option of the network, or of the container on it ("" where it is not set). */
const char *network_option(const struct input_network *network, const char *key);
bool network_option_is_true(const struct input_network *network, const char *key);
