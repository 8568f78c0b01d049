// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_record_text.c - records of a cluster as JSON, as they are kept in etcd
#include "model/cluster/cluster_record.h"

#include "base/cleanup.h"
#include "base/json_span.h"
#include "model/seen/seen_text.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. A value is an object in one line, for people who look into etcd. It is read
 * where it stands and without a tree. Whoever may write there may write anything: a member that
 * should be there and is not, or is of another type, or does not fit, makes it no record, as does
 * what makes no sense (cluster_record_is_sound). Members of other names are passed over. */

/* A member for each family that there is. */
static const char *const family_keys[FAMILY_N] = { "IPv4", "IPv6" };

/* --- writing ---------------------------------------------------------------------------------- */

/* An address that is not there has no member. A comma is put where one is wanted, by seen_text. */
static void write_addrs(struct buf *out, const struct addr addrs[static FAMILY_N])
{
	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_is_set(&addrs[family]))
			seen_text_addr(out, family_keys[family], &addrs[family]);
}

/* A network as one object; its subnets are objects of their own. All flags are written, false ones
 * too, since a reader asks for each of them. */
static void write_net(struct buf *out, const struct cluster_net *net)
{
	seen_text_string(out, "Id", net->id);
	seen_text_number(out, "Vni", net->vni);
	seen_text_number(out, "Mtu", net->mtu);
	seen_text_bool(out, "Internal", net->internal);
	seen_text_bool(out, "Icc", net->icc);
	seen_text_bool(out, "Encrypt", net->encrypt);
	for (enum family family = 0; family < FAMILY_N; family++) {
		const struct cluster_subnet *subnet = &net->subnets[family];

		if (!addr_is_set(&subnet->prefix.addr))
			continue;
		seen_text_key(out, family_keys[family]);
		buf_puts(out, "{");
		seen_text_string(out, "Subnet", PREFIX_STR(&subnet->prefix));
		if (addr_is_set(&subnet->gateway))
			seen_text_addr(out, "Gateway", &subnet->gateway);
		buf_puts(out, "}");
	}
}

static void write_serials(struct buf *out, const struct cluster_host *host)
{
	seen_text_key(out, "Serials");
	buf_puts(out, "[");
	for (size_t i = 0; i < host->n_serials; i++) {
		seen_text_comma(out);
		seen_text_value(out, host->serials[i]);
	}
	buf_puts(out, "]");
}

static void write_refused(struct buf *out, const struct cluster_host *host)
{
	seen_text_key(out, "Unpublished");
	buf_puts(out, "[");
	for (size_t i = 0; i < host->n_refused; i++) {
		const struct cluster_refused *refused = &host->refused[i];

		seen_text_comma(out);
		buf_puts(out, "{");
		seen_text_string(out, "Service", refused->service);
		seen_text_string(out, "Protocol", refused->protocol == IPPROTO_TCP ? "tcp" : "udp");
		seen_text_number(out, "Port", refused->port);
		seen_text_string(out, "Why", refused->why);
		buf_puts(out, "}");
	}
	buf_puts(out, "]");
}

/* What is not there is not written: a host's record of an older netd has neither, and is the same
 * as it was. */
static void write_host(struct buf *out, const struct cluster_host *host)
{
	seen_text_string(out, "Id", host->id);
	write_addrs(out, host->vtep);
	seen_text_string(out, "Version", host->version);
	if (host->lets_in)
		seen_text_bool(out, "LetsIn", true);
	if (host->n_serials > 0)
		write_serials(out, host);
	if (host->ends > 0)
		seen_text_number(out, "Ends", host->ends);
	if (host->n_refused > 0)
		write_refused(out, host);
}

static void write_revoked(struct buf *out, const struct cluster_revoked *revoked)
{
	seen_text_string(out, "Host", revoked->host);
	if (revoked->ends > 0)
		seen_text_number(out, "Ends", revoked->ends);
}

/* An empty list is written: then a reader need not tell "none" from "not said". The order of names
 * is kept. */
static void write_names(struct buf *out, const char *key, const char (*names)[NAME_LEN_MAX + 1],
			size_t n)
{
	seen_text_key(out, key);
	buf_puts(out, "[");
	for (size_t i = 0; i < n; i++) {
		seen_text_comma(out);
		seen_text_value(out, names[i]);
	}
	buf_puts(out, "]");
}

/* Ports are numbers, and the protocol is a word. Any protocol but TCP is written as UDP, for a
 * sound record has no other. */
static void write_svc(struct buf *out, const struct cluster_svc *svc)
{
	seen_text_string(out, "Network", svc->net);
	write_addrs(out, svc->addrs);
	seen_text_bool(out, "Affinity", svc->affinity);
	seen_text_key(out, "Ports");
	buf_puts(out, "[");
	for (size_t i = 0; i < svc->n_ports; i++) {
		const struct cluster_port *port = &svc->ports[i];

		seen_text_comma(out);
		buf_puts(out, "{");
		seen_text_string(out, "Protocol", port->protocol == IPPROTO_TCP ? "tcp" : "udp");
		seen_text_number(out, "Port", port->port);
		seen_text_number(out, "Target", port->target);
		seen_text_number(out, "Publish", port->publish);
		buf_puts(out, "}");
	}
	buf_puts(out, "]");
}

/* One function for each kind, or a line or two. */
static void write_members(struct buf *out, const struct cluster_record *record)
{
	switch (record->key.kind) {
	case CLUSTER_NET:
		write_net(out, &record->net);
		break;
	case CLUSTER_BLOCK:
		seen_text_string(out, "Host", record->holder);
		break;
	case CLUSTER_REVOKED:
		write_revoked(out, &record->revoked);
		break;
	case CLUSTER_HOST:
		write_host(out, &record->host);
		break;
	case CLUSTER_ALIVE:
		seen_text_string(out, "Id", record->id);
		break;
	case CLUSTER_END:
		write_addrs(out, record->end.addrs);
		seen_text_mac(out, "Mac", &record->end.mac);
		seen_text_string(out, "Name", record->end.name);
		write_names(out, "Aliases", record->end.aliases, record->end.n_aliases);
		write_names(out, "Services", record->end.services, record->end.n_services);
		break;
	case CLUSTER_SVC:
		write_svc(out, &record->svc);
		break;
	case CLUSTER_N_KINDS:
		break;
	}
}

/* One line, without a newline. A lack of memory is noted in the buffer. The key is not part of the
 * text: it is etcd's own. */
void cluster_record_write(const struct cluster_record *record, struct buf *out)
{
	buf_puts(out, "{");
	write_members(out, record);
	buf_puts(out, "}");
}

/* --- reading ---------------------------------------------------------------------------------- */

/* An object, and whether all that was read of it was right. The object is a span of the text, so
 * the text must be there while it is read. failed stays true. It is used for the whole record, and
 * again for each object within it. */
struct reading {
	struct json_span object;
	bool failed;
};

/* A member that is missing gives a span of kind NONE. */
static struct json_span member(const struct reading *reading, const char *key)
{
	struct json_span value;

	json_span_members(&reading->object, &key, 1, &value);
	return value;
}

/* A string that fits; false: it is none. A text that is cut would be another name, so it is
 * refused. */
static bool copy_text(const struct json_span *value, char *ret_text, size_t size)
{
	return json_span_kind(value) == JSON_SPAN_STRING &&
	       json_span_text(value, ret_text, size) < size;
}

/* A text that is missing is a failure, other than an address. */
static void read_text(struct reading *reading, const char *key, char *ret_text, size_t size)
{
	struct json_span value = member(reading, key);

	if (!copy_text(&value, ret_text, size))
		reading->failed = true;
}

/* The most is the member's own; a larger number is refused and not cut. Fractions and negative
 * numbers are refused, too. */
static uint32_t read_number(struct reading *reading, const char *key, uint32_t most)
{
	struct json_span value = member(reading, key);
	int64_t number = 0;

	if (!json_span_integer(&value, &number) || number < 0 || number > (int64_t)most) {
		reading->failed = true;
		return 0;
	}
	return (uint32_t)number;
}

/* A missing truth is no "false": it makes the record wrong. */
static bool read_bool(struct reading *reading, const char *key)
{
	struct json_span value = member(reading, key);

	if (json_span_kind(&value) != JSON_SPAN_BOOL)
		reading->failed = true;
	return json_span_is_true(&value);
}

/* One that is missing is none. Family 0 where there is none, or where it is wrong. */
static struct addr read_addr(struct reading *reading, const char *key)
{
	struct json_span value = member(reading, key);
	char text[ADDR_STR_MAX];
	struct addr addr = { 0 };

	if (json_span_kind(&value) != JSON_SPAN_NONE &&
	    (!copy_text(&value, text, sizeof(text)) || addr_parse(text, &addr) < 0))
		reading->failed = true;
	return addr;
}

/* Of both families either may be missing; is_sound() asks that one is there. */
static void read_addrs(struct reading *reading, struct addr ret_addrs[static FAMILY_N])
{
	for (enum family family = 0; family < FAMILY_N; family++)
		ret_addrs[family] = read_addr(reading, family_keys[family]);
}

/* More names than a container has are refused, for the array has no room. The number of names; 0
 * after a failure. */
static size_t read_names(struct reading *reading, const char *key,
			 char (*ret_names)[NAME_LEN_MAX + 1], size_t max)
{
	struct json_span list = member(reading, key), item = { 0 };
	size_t n = 0;

	if (json_span_kind(&list) != JSON_SPAN_ARRAY)
		reading->failed = true;
	while (!reading->failed && json_span_next(&list, &item)) {
		if (n == max || !copy_text(&item, ret_names[n], NAME_LEN_MAX + 1))
			reading->failed = true;
		else
			n++;
	}
	return reading->failed ? 0 : n;
}

/* A moment of the wall clock that may be missing: 0 then. */
static uint64_t read_moment(struct reading *reading, const char *key)
{
	struct json_span value = member(reading, key);
	int64_t number = 0;

	if (json_span_kind(&value) != JSON_SPAN_NONE &&
	    (!json_span_integer(&value, &number) || number <= 0)) {
		reading->failed = true;
		return 0;
	}
	return (uint64_t)number;
}

static uint8_t read_protocol(struct reading *reading)
{
	char text[8];

	read_text(reading, "Protocol", text, sizeof(text));
	if (!reading->failed && strcmp(text, "tcp") == 0)
		return IPPROTO_TCP;
	if (!reading->failed && strcmp(text, "udp") == 0)
		return IPPROTO_UDP;
	reading->failed = true;
	return 0;
}

/* Most hosts have nothing to say here, and no such list. */
static void read_refused(struct reading *reading, struct cluster_host *host)
{
	struct json_span list = member(reading, "Unpublished"), item = { 0 };

	if (json_span_kind(&list) != JSON_SPAN_NONE && json_span_kind(&list) != JSON_SPAN_ARRAY)
		reading->failed = true;
	while (!reading->failed && json_span_next(&list, &item)) {
		struct reading inner = { .object = item };
		struct cluster_refused *refused;

		if (host->n_refused == CLUSTER_REFUSED_MAX) {
			reading->failed = true;
			break;
		}
		refused = &host->refused[host->n_refused++];
		read_text(&inner, "Service", refused->service, sizeof(refused->service));
		refused->protocol = read_protocol(&inner);
		refused->port = (uint16_t)read_number(&inner, "Port", UINT16_MAX);
		read_text(&inner, "Why", refused->why, sizeof(refused->why));
		reading->failed = inner.failed;
	}
}

/* The numbers of its certificates may be missing, and whether it lets others in: older releases of
 * netd do not write them. */
static void read_host(struct reading *reading, struct cluster_host *host)
{
	struct json_span list = member(reading, "Serials"), lets_in = member(reading, "LetsIn"),
			 item = { 0 };

	read_text(reading, "Id", host->id, sizeof(host->id));
	read_addrs(reading, host->vtep);
	read_text(reading, "Version", host->version, sizeof(host->version));
	host->lets_in = json_span_is_true(&lets_in);
	if (json_span_kind(&list) != JSON_SPAN_NONE && json_span_kind(&list) != JSON_SPAN_ARRAY)
		reading->failed = true;
	while (!reading->failed && json_span_next(&list, &item)) {
		if (host->n_serials == CLUSTER_SERIALS_MAX ||
		    !copy_text(&item, host->serials[host->n_serials], sizeof(host->serials[0])))
			reading->failed = true;
		else
			host->n_serials++;
	}
	host->ends = read_moment(reading, "Ends");
	read_refused(reading, host);
}

/* A subnet that is missing is none. Its own members are then not looked for. A failure of the inner
 * object is one of the record. */
static void read_subnet(struct reading *reading, const char *key, struct cluster_subnet *ret_subnet)
{
	struct reading inner = { .object = member(reading, key) };
	char text[PREFIX_STR_MAX];

	if (json_span_kind(&inner.object) == JSON_SPAN_NONE)
		return;
	read_text(&inner, "Subnet", text, sizeof(text));
	if (!inner.failed && prefix_parse(text, &ret_subnet->prefix) < 0)
		inner.failed = true;
	ret_subnet->gateway = read_addr(&inner, "Gateway");
	reading->failed = reading->failed || inner.failed;
}

/* All members are read even after a failure: nothing of them is used then. */
static void read_net(struct reading *reading, struct cluster_net *net)
{
	read_text(reading, "Id", net->id, sizeof(net->id));
	net->vni = read_number(reading, "Vni", UINT32_MAX);
	net->mtu = (uint16_t)read_number(reading, "Mtu", UINT16_MAX);
	net->internal = read_bool(reading, "Internal");
	net->icc = read_bool(reading, "Icc");
	net->encrypt = read_bool(reading, "Encrypt");
	for (enum family family = 0; family < FAMILY_N; family++)
		read_subnet(reading, family_keys[family], &net->subnets[family]);
}

/* A MAC that does not parse makes the record wrong. */
static void read_end(struct reading *reading, struct cluster_end *end)
{
	char mac[MAC_STR_MAX] = "";

	read_addrs(reading, end->addrs);
	read_text(reading, "Mac", mac, sizeof(mac));
	if (mac_parse(mac, &end->mac) < 0)
		reading->failed = true;
	read_text(reading, "Name", end->name, sizeof(end->name));
	end->n_aliases = read_names(reading, "Aliases", end->aliases, ALIASES_MAX);
	end->n_services = read_names(reading, "Services", end->services, CLUSTER_SERVICES_MAX);
}

/* Any other protocol becomes 0, which is not sound. The room is for "tcp" and "udp" and their end.
 * An error is noted in the reading of this port. */
static void read_port(struct reading *reading, struct cluster_port *ret_port)
{
	char protocol[4] = "";

	read_text(reading, "Protocol", protocol, sizeof(protocol));
	ret_port->protocol = strcmp(protocol, "tcp") == 0   ? IPPROTO_TCP
			     : strcmp(protocol, "udp") == 0 ? IPPROTO_UDP
							    : 0;
	ret_port->port = (uint16_t)read_number(reading, "Port", UINT16_MAX);
	ret_port->target = (uint16_t)read_number(reading, "Target", UINT16_MAX);
	ret_port->publish = (uint16_t)read_number(reading, "Publish", UINT16_MAX);
}

/* Ports beyond the limit are refused before they are written. */
static void read_svc(struct reading *reading, struct cluster_svc *svc)
{
	struct json_span list = member(reading, "Ports"), item = { 0 };

	read_text(reading, "Network", svc->net, sizeof(svc->net));
	read_addrs(reading, svc->addrs);
	svc->affinity = read_bool(reading, "Affinity");
	if (json_span_kind(&list) != JSON_SPAN_ARRAY)
		reading->failed = true;
	while (!reading->failed && json_span_next(&list, &item)) {
		struct reading inner = { .object = item };

		if (svc->n_ports == CLUSTER_PORTS_MAX) {
			reading->failed = true;
			break;
		}
		read_port(&inner, &svc->ports[svc->n_ports++]);
		reading->failed = inner.failed;
	}
}

/* The key says which members there must be. A kind that does not exist fails. */
static void read_members(struct reading *reading, struct cluster_record *record)
{
	switch (record->key.kind) {
	case CLUSTER_NET:
		read_net(reading, &record->net);
		break;
	case CLUSTER_BLOCK:
		read_text(reading, "Host", record->holder, sizeof(record->holder));
		break;
	case CLUSTER_REVOKED:
		read_text(reading, "Host", record->revoked.host, sizeof(record->revoked.host));
		record->revoked.ends = read_moment(reading, "Ends");
		break;
	case CLUSTER_HOST:
		read_host(reading, &record->host);
		break;
	case CLUSTER_ALIVE:
		read_text(reading, "Id", record->id, sizeof(record->id));
		break;
	case CLUSTER_END:
		read_end(reading, &record->end);
		break;
	case CLUSTER_SVC:
		read_svc(reading, &record->svc);
		break;
	case CLUSTER_N_KINDS:
		reading->failed = true;
		break;
	}
}

/* Bounded first, then checked as JSON, then read, then judged as a whole. json_span_check() reads
 * the text once, so that spans can be followed without a check. 0, or -EINVAL, and then *ret_record
 * is as it was. The text need not end in a NUL. */
int cluster_record_read(const struct cluster_key *key, const char *text, size_t len,
			struct cluster_record *ret_record)
{
	struct reading reading = { 0 };
	struct cluster_record record;

	if (len > CLUSTER_VALUE_MAX || json_span_check(text, len, &reading.object, NULL) < 0 ||
	    json_span_kind(&reading.object) != JSON_SPAN_OBJECT)
		return -EINVAL;
	cluster_record_init(&record, key);
	read_members(&reading, &record);
	if (reading.failed || !cluster_record_is_sound(&record))
		return -EINVAL;
	cluster_record_copy(ret_record, &record);
	return 0;
}
