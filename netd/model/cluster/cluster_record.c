// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_record.c - records of a cluster: what makes sense, and their spelling as bytes
#include "model/cluster/cluster_record.h"

#include "base/utf8.h"
#include "model/cluster/cluster_certificate.h"
#include "model/text/name.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Theory of operation. A record has three forms: a struct, JSON in etcd
 * (cluster_record_text.c), and bytes between netd's processes. Whatever is read, from either,
 * is judged by cluster_record_is_sound() before anybody uses it, as other hosts may be faulty
 * or hostile. What is sound need not be true: whether an address is free, or a host is who it
 * says, others find out. */

/* 0 is no network's number; VXLAN frames of it would be for everybody. */
#define VNI_LAST 0xffffff /* RFC 7348: 24 bits */

/* A container may have many names, and most have one or two. What there is no name for is neither
 * cleared nor copied: it is twenty times all the rest, and there are thousands of records. */
#define END_HEAD offsetof(struct cluster_end, aliases)
#define HOST_HEAD offsetof(struct cluster_host, refused)
static_assert(sizeof(struct cluster_svc) >= sizeof(struct cluster_net) &&
		      sizeof(struct cluster_svc) >= sizeof(struct cluster_revoked) &&
		      sizeof(struct cluster_svc) >= END_HEAD &&
		      sizeof(struct cluster_svc) >= HOST_HEAD,
	      "who clears a service clears all that is read of any kind");

/* Each reader begins with it, so no member that counts is ever left unset. */
void cluster_record_init(struct cluster_record *ret_record, const struct cluster_key *key)
{
	ret_record->key = *key;
	memset(&ret_record->svc, 0, sizeof(ret_record->svc));
}

void cluster_record_copy(struct cluster_record *ret_record, const struct cluster_record *record)
{
	const struct cluster_end *end = &record->end;

	ret_record->key = record->key;
	if (record->key.kind == CLUSTER_HOST) {
		memcpy(&ret_record->host, &record->host, HOST_HEAD);
		memcpy(ret_record->host.refused, record->host.refused,
		       record->host.n_refused * sizeof(record->host.refused[0]));
		return;
	}
	if (record->key.kind != CLUSTER_END) {
		memcpy(&ret_record->svc, &record->svc, sizeof(record->svc));
		return;
	}
	memcpy(&ret_record->end, end, END_HEAD);
	memcpy(ret_record->end.aliases, end->aliases, end->n_aliases * sizeof(end->aliases[0]));
	memcpy(ret_record->end.services, end->services, end->n_services * sizeof(end->services[0]));
}

/* --- what makes sense ------------------------------------------------------------------------- */

/* An address is of the family of its place, or is not there. None of the addresses that mean
 * something else may stand for a container or a host. Link-local addresses pass: an interface may
 * have them. An address that is not set fits everywhere. */
static bool fits(const struct addr *addr, enum family family)
{
	return !addr_is_set(addr) || (addr->family == family_af(family) && !addr_is_any(addr) &&
				      !addr_is_multicast(addr) && !addr_is_loopback(addr));
}

/* A subnet with its gateway, or neither. A length of 0 would take the whole of a family. An address
 * with host bits is no subnet: two spellings would stand for one. */
static bool subnet_is_sound(const struct cluster_subnet *subnet, enum family family)
{
	if (!addr_is_set(&subnet->prefix.addr))
		return subnet->prefix.len == 0 && !addr_is_set(&subnet->gateway);
	return subnet->prefix.addr.family == family_af(family) && subnet->prefix.len > 0 &&
	       subnet->prefix.len <= addr_bits(&subnet->prefix.addr) &&
	       !prefix_has_host_bits(&subnet->prefix) &&
	       (!addr_is_set(&subnet->gateway) ||
		prefix_contains(&subnet->prefix, &subnet->gateway));
}

/* A network needs at least one subnet, and a number that fits into a VXLAN header. The flags need
 * no check: each of them is true or false. */
static bool net_is_sound(const struct cluster_net *net)
{
	bool any = false;

	for (enum family family = 0; family < FAMILY_N; family++) {
		if (!subnet_is_sound(&net->subnets[family], family))
			return false;
		any = any || addr_is_set(&net->subnets[family].prefix.addr);
	}
	return any && cluster_key_is_id(net->id) && net->vni > 0 && net->vni <= VNI_LAST;
}

/* As far as it is JSON, which is UTF-8: another spelling would not be read back. Records of bytes
 * are read back as JSON elsewhere. SIZE_MAX: the text ends in a NUL, and the length is not known. A
 * text with a byte that is no UTF-8 could be written by one host and refused by the others. */
static bool is_text(const char *text)
{
	size_t len;

	while (*text && (len = utf8_len(text, SIZE_MAX)) > 0)
		text += len;
	return !*text;
}

/* It goes to people's terminals. */
static bool is_plain(const char *text)
{
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
	return is_text(text);
}

static bool refused_is_sound(const struct cluster_refused *refused)
{
	return name_is_word(refused->service, NAME_LEN_MAX) && is_text(refused->service) &&
	       (refused->protocol == IPPROTO_TCP || refused->protocol == IPPROTO_UDP) &&
	       refused->port != 0 && is_plain(refused->why);
}

/* Without an address nobody could send to the host. The id tells two hosts of one name apart. */
static bool host_is_sound(const struct cluster_host *host)
{
	bool any = false;

	for (enum family family = 0; family < FAMILY_N; family++) {
		if (!fits(&host->vtep[family], family))
			return false;
		any = any || addr_is_set(&host->vtep[family]);
	}
	for (size_t i = 0; i < host->n_serials; i++)
		any = any && cluster_certificate_is_serial(host->serials[i]);
	for (size_t i = 0; i < host->n_refused; i++)
		any = any && refused_is_sound(&host->refused[i]);
	return any && cluster_key_is_id(host->id) &&
	       name_is_word(host->version, CLUSTER_VERSION_LEN_MAX) && is_text(host->version);
}

/* Names go into DNS tables and files: no spaces. Each is at most as long as a name of a container.
 * An empty list is sound. */
static bool names_are_sound(const char (*names)[NAME_LEN_MAX + 1], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!name_is_word(names[i], NAME_LEN_MAX) || !is_text(names[i]))
			return false;
	return true;
}

/* A container with an address and a MAC that an interface can have. A service's name need not be
 * one that is known here. */
static bool end_is_sound(const struct cluster_end *end)
{
	bool any = false;

	for (enum family family = 0; family < FAMILY_N; family++) {
		if (!fits(&end->addrs[family], family))
			return false;
		any = any || addr_is_set(&end->addrs[family]);
	}
	return any && mac_is_interface(&end->mac) &&
	       name_check("container", end->name, NULL) == 0 &&
	       names_are_sound(end->aliases, end->n_aliases) &&
	       names_are_sound(end->services, end->n_services);
}

/* A service has at least one address, and its ports are of TCP or UDP. A port of 0 is none, at
 * the service or at the container; publish may be 0. */
static bool svc_is_sound(const struct cluster_svc *svc)
{
	bool any = false;

	for (enum family family = 0; family < FAMILY_N; family++) {
		if (!fits(&svc->addrs[family], family))
			return false;
		any = any || addr_is_set(&svc->addrs[family]);
	}
	for (size_t i = 0; i < svc->n_ports; i++) {
		const struct cluster_port *port = &svc->ports[i];

		if ((port->protocol != IPPROTO_TCP && port->protocol != IPPROTO_UDP) ||
		    port->port == 0 || port->target == 0)
			return false;
	}
	return any && cluster_key_is_id(svc->net);
}

/* Both readers end here, so JSON and bytes are equally strict. So what one process sends
 * another cannot break what the other relies on. */
bool cluster_record_is_sound(const struct cluster_record *record)
{
	switch (record->key.kind) {
	case CLUSTER_NET:
		return net_is_sound(&record->net);
	case CLUSTER_BLOCK:
		return cluster_key_is_host(record->holder);
	case CLUSTER_REVOKED:
		return cluster_key_is_host(record->revoked.host);
	case CLUSTER_HOST:
		return host_is_sound(&record->host);
	case CLUSTER_ALIVE:
		return cluster_key_is_id(record->id);
	case CLUSTER_END:
		return end_is_sound(&record->end);
	case CLUSTER_SVC:
		return svc_is_sound(&record->svc);
	case CLUSTER_N_KINDS:
		break;
	}
	return false;
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* The bytes have no tags: writer and reader must go through the same members in the same order.
 * Both families are always written; an address that is not there is one of family 0. */
static void put_addrs(struct wire *wire, const struct addr addrs[static FAMILY_N])
{
	for (enum family family = 0; family < FAMILY_N; family++)
		wire_put_addr(wire, &addrs[family]);
}

/* Errors stay in `wire`: the reader goes on with zeros, and one look at the end tells. */
static void get_addrs(struct wire *wire, struct addr ret_addrs[static FAMILY_N])
{
	for (enum family family = 0; family < FAMILY_N; family++)
		ret_addrs[family] = wire_addr(wire);
}

/* A count of one byte; the limits are below 256. */
static void put_names(struct wire *wire, const char (*names)[NAME_LEN_MAX + 1], size_t n)
{
	wire_put_u8(wire, (uint8_t)n);
	for (size_t i = 0; i < n; i++)
		wire_put_str(wire, names[i]);
}

/* wire_count() fails for more than max, so the array is never written beyond its end. The number of
 * names; 0 where the wire has an error. */
static size_t get_names(struct wire *wire, char (*ret_names)[NAME_LEN_MAX + 1], size_t max)
{
	size_t n = wire_count(wire, max);

	for (size_t i = 0; i < n; i++)
		wire_str(wire, ret_names[i], sizeof(ret_names[i]));
	return n;
}

/* A key is its text, so that there is only one spelling of it. */
void cluster_record_put_key(struct wire *wire, const struct cluster_key *key)
{
	wire_put_str(wire, cluster_key_print(key, (char[CLUSTER_KEY_SIZE]) { 0 }));
}

/* The key is read first; its kind says what follows. *ret_key is only good where the wire has no
 * error. */
void cluster_record_get_key(struct wire *wire, struct cluster_key *ret_key)
{
	char text[CLUSTER_KEY_SIZE];

	wire_str(wire, text, sizeof(text));
	if (wire->err == 0 && cluster_key_parse(text, strlen(text), ret_key) < 0)
		wire_fail(wire);
}

/* Members in the order of the struct. The counterpart is get_net(). */
static void put_net(struct wire *wire, const struct cluster_net *net)
{
	wire_put_str(wire, net->id);
	wire_put_u32(wire, net->vni);
	wire_put_u16(wire, net->mtu);
	wire_put_u8(wire, net->internal);
	wire_put_u8(wire, net->icc);
	wire_put_u8(wire, net->encrypt);
	for (enum family family = 0; family < FAMILY_N; family++) {
		wire_put_addr(wire, &net->subnets[family].prefix.addr);
		wire_put_u8(wire, net->subnets[family].prefix.len);
		wire_put_addr(wire, &net->subnets[family].gateway);
	}
}

/* wire_bool() takes 0 and 1 alone, so that there is one spelling of each record. What makes no
 * sense is found by net_is_sound() in the end. */
static void get_net(struct wire *wire, struct cluster_net *net)
{
	wire_str(wire, net->id, sizeof(net->id));
	net->vni = wire_u32(wire);
	net->mtu = wire_u16(wire);
	net->internal = wire_bool(wire);
	net->icc = wire_bool(wire);
	net->encrypt = wire_bool(wire);
	for (enum family family = 0; family < FAMILY_N; family++) {
		net->subnets[family].prefix.addr = wire_addr(wire);
		net->subnets[family].prefix.len = wire_u8(wire);
		net->subnets[family].gateway = wire_addr(wire);
	}
}

/* The counterpart is get_host(). */
static void put_host(struct wire *wire, const struct cluster_host *host)
{
	wire_put_str(wire, host->id);
	put_addrs(wire, host->vtep);
	wire_put_str(wire, host->version);
	wire_put_u8(wire, host->lets_in);
	wire_put_u8(wire, (uint8_t)host->n_serials);
	for (size_t i = 0; i < host->n_serials; i++)
		wire_put_str(wire, host->serials[i]);
	wire_put_u64(wire, host->ends);
	wire_put_u8(wire, (uint8_t)host->n_refused);
	for (size_t i = 0; i < host->n_refused; i++) {
		wire_put_str(wire, host->refused[i].service);
		wire_put_u8(wire, host->refused[i].protocol);
		wire_put_u16(wire, host->refused[i].port);
		wire_put_str(wire, host->refused[i].why);
	}
}

static void get_host(struct wire *wire, struct cluster_host *host)
{
	wire_str(wire, host->id, sizeof(host->id));
	get_addrs(wire, host->vtep);
	wire_str(wire, host->version, sizeof(host->version));
	host->lets_in = wire_bool(wire);
	host->n_serials = wire_count(wire, CLUSTER_SERIALS_MAX);
	for (size_t i = 0; i < host->n_serials; i++)
		wire_str(wire, host->serials[i], sizeof(host->serials[i]));
	host->ends = wire_u64(wire);
	host->n_refused = wire_count(wire, CLUSTER_REFUSED_MAX);
	for (size_t i = 0; i < host->n_refused; i++) {
		struct cluster_refused *refused = &host->refused[i];

		wire_str(wire, refused->service, sizeof(refused->service));
		refused->protocol = wire_u8(wire);
		refused->port = wire_u16(wire);
		wire_str(wire, refused->why, sizeof(refused->why));
	}
}

/* An end, as other hosts need to know it: where it is, and what it is called. The counterpart is
 * get_end(). */
static void put_end(struct wire *wire, const struct cluster_end *end)
{
	put_addrs(wire, end->addrs);
	wire_put_bytes(wire, end->mac.bytes, sizeof(end->mac.bytes));
	wire_put_str(wire, end->name);
	put_names(wire, end->aliases, end->n_aliases);
	put_names(wire, end->services, end->n_services);
}

/* The limits are those of the arrays. */
static void get_end(struct wire *wire, struct cluster_end *end)
{
	get_addrs(wire, end->addrs);
	wire_bytes(wire, end->mac.bytes, sizeof(end->mac.bytes));
	wire_str(wire, end->name, sizeof(end->name));
	end->n_aliases = get_names(wire, end->aliases, ALIASES_MAX);
	end->n_services = get_names(wire, end->services, CLUSTER_SERVICES_MAX);
}

/* A service with its ports. The counterpart is get_svc(). */
static void put_svc(struct wire *wire, const struct cluster_svc *svc)
{
	wire_put_str(wire, svc->net);
	put_addrs(wire, svc->addrs);
	wire_put_u8(wire, svc->affinity);
	wire_put_u8(wire, (uint8_t)svc->n_ports);
	for (size_t i = 0; i < svc->n_ports; i++) {
		wire_put_u8(wire, svc->ports[i].protocol);
		wire_put_u16(wire, svc->ports[i].port);
		wire_put_u16(wire, svc->ports[i].target);
		wire_put_u16(wire, svc->ports[i].publish);
	}
}

/* Ports beyond the limit make wire_count() fail and return 0. */
static void get_svc(struct wire *wire, struct cluster_svc *svc)
{
	wire_str(wire, svc->net, sizeof(svc->net));
	get_addrs(wire, svc->addrs);
	svc->affinity = wire_bool(wire);
	svc->n_ports = wire_count(wire, CLUSTER_PORTS_MAX);
	for (size_t i = 0; i < svc->n_ports; i++) {
		svc->ports[i].protocol = wire_u8(wire);
		svc->ports[i].port = wire_u16(wire);
		svc->ports[i].target = wire_u16(wire);
		svc->ports[i].publish = wire_u16(wire);
	}
}

/* The key comes first: the reader learns from it which members follow. A buffer that is too small
 * is an error of the wire. */
void cluster_record_put(struct wire *wire, const struct cluster_record *record)
{
	cluster_record_put_key(wire, &record->key);
	switch (record->key.kind) {
	case CLUSTER_NET:
		put_net(wire, &record->net);
		break;
	case CLUSTER_BLOCK:
		wire_put_str(wire, record->holder);
		break;
	case CLUSTER_REVOKED:
		wire_put_str(wire, record->revoked.host);
		wire_put_u64(wire, record->revoked.ends);
		break;
	case CLUSTER_HOST:
		put_host(wire, &record->host);
		break;
	case CLUSTER_ALIVE:
		wire_put_str(wire, record->id);
		break;
	case CLUSTER_END:
		put_end(wire, &record->end);
		break;
	case CLUSTER_SVC:
		put_svc(wire, &record->svc);
		break;
	case CLUSTER_N_KINDS:
		break;
	}
}

/* Nothing is written to ret_record unless the whole is right. A reader who keeps the old record
 * keeps it whole. An error stays in the wire, and *ret_record is as it was. */
void cluster_record_get(struct wire *wire, struct cluster_record *ret_record)
{
	struct cluster_record record;
	struct cluster_key key = { 0 };

	cluster_record_get_key(wire, &key);
	cluster_record_init(&record, &key);
	/* Without a key it is not known what would follow. */
	if (wire->err != 0)
		return;
	switch (key.kind) {
	case CLUSTER_NET:
		get_net(wire, &record.net);
		break;
	case CLUSTER_BLOCK:
		wire_str(wire, record.holder, sizeof(record.holder));
		break;
	case CLUSTER_REVOKED:
		wire_str(wire, record.revoked.host, sizeof(record.revoked.host));
		record.revoked.ends = wire_u64(wire);
		break;
	case CLUSTER_HOST:
		get_host(wire, &record.host);
		break;
	case CLUSTER_ALIVE:
		wire_str(wire, record.id, sizeof(record.id));
		break;
	case CLUSTER_END:
		get_end(wire, &record.end);
		break;
	case CLUSTER_SVC:
		get_svc(wire, &record.svc);
		break;
	case CLUSTER_N_KINDS:
		break;
	}
	if (wire->err == 0 && !cluster_record_is_sound(&record))
		wire_fail(wire);
	if (wire->err == 0)
		cluster_record_copy(ret_record, &record);
}
