// SPDX-License-Identifier: GPL-2.0-or-later
// followed_rules.c - rules that packets of a container meet, told between the places that they pass
#include "diag/followed_rules.h"

#include "base/grow.h"
#include "base/packet_key.h"
#include "diag/traced_messages.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. The kernel tells the rules of each namespace in their order, without a time,
 * and the tracer tells in the order of time where packets come by. Both know a packet by what
 * nobody changes of it (packet_key.h), and a message of the trace says by which link it came in, or
 * is to leave. So what was met behind the coming in by a link stands behind that event, and what
 * was met before the next one, before that.
 *
 * The first message of each base chain has the packet's headers, and what follows the number of the
 * trace alone. A packet may be marked by somebody else who traces: of ours a rule of our own table
 * is told first. */

/* --- messages --------------------------------------------------------------------------------- */

/* By the trace's number, or by the packet's key where that is given. NULL: it is not among the
 * last ones. */
static struct followed_met *find_met(struct followed_reading *reading, uint32_t id, uint64_t key)
{
	size_t n = reading->n_met < NFT_TRACE_PACKETS ? reading->n_met : NFT_TRACE_PACKETS;

	/* The last ones first: numbers come again. */
	for (size_t i = 0; i < n; i++) {
		struct followed_met *met =
			&reading->met[(reading->n_met - 1 - i) % NFT_TRACE_PACKETS];

		if (key ? met->key == key : met->id == id)
			return met;
	}
	return NULL;
}

/* What the headers say. false: they are not there, or too short. The key is made of the same
 * fields as the tracer's (packet_key.h), so that both name the same packet alike. */
static bool take_headers(const struct tlv_set *attrs, struct followed_met *met)
{
	const struct tlv *network = &attrs->of[NFTA_TRACE_NETWORK_HEADER];
	const struct tlv *transport = &attrs->of[NFTA_TRACE_TRANSPORT_HEADER];
	struct packet_key packet = { 0 };
	uint8_t ip[40] = { 0 }, beyond[20] = { 0 };
	bool is_six;
	size_t len;

	/* The smallest header of IPv4. Both headers are copied into zeroed room, so that a
	 * short one reads as zeroes. */
	if (network->len < 20)
		return false;
	memcpy(ip, network->data, network->len < sizeof(ip) ? network->len : sizeof(ip));
	is_six = ip[0] >> 4 == 6;
	if (is_six ? network->len < sizeof(ip) : ip[0] >> 4 != 4)
		return false;
	len = transport->len < sizeof(beyond) ? transport->len : sizeof(beyond);
	if (len > 0)
		memcpy(beyond, transport->data, len);
	packet.version = is_six ? 6 : 4;
	packet.protocol = met->protocol = ip[is_six ? 6 : 9];
	/* Identity: bytes 2 and 3 hold the total length of IPv4, 4 and 5 its identification. */
	memcpy(packet.identity, ip + 2, sizeof(packet.identity));
	met->from.family = met->to.family = is_six ? AF_INET6 : AF_INET;
	memcpy(met->from.bytes, ip + (is_six ? 8 : 12), is_six ? 16 : 4);
	memcpy(met->to.bytes, ip + (is_six ? 24 : 16), is_six ? 16 : 4);
	if (met->protocol == IPPROTO_TCP || met->protocol == IPPROTO_UDP) {
		met->from_port = (uint16_t)(beyond[0] << 8 | beyond[1]);
		met->to_port = (uint16_t)(beyond[2] << 8 | beyond[3]);
	} else {
		packet.icmp_type = beyond[0];
	}
	/* TCP has its sequence number at 4; of UDP and ICMP the data begin at 8. */
	len = met->protocol == IPPROTO_TCP ? 4 : 8;
	memcpy(&packet.sequence, beyond + len, 4);
	memcpy(&packet.acknowledged, beyond + len + 4, 4);
	/* The tracer has these in the order of the host, and the others as they are. */
	if (met->protocol == IPPROTO_TCP) {
		packet.sequence = ntohl(packet.sequence);
		packet.acknowledged = ntohl(packet.acknowledged);
	}
	met->key = packet_key(&packet);
	return true;
}

/* The packet of a message, as it is from now on; NULL: the message says too little. */
static struct followed_met *take_met(struct followed_reading *reading, const struct tlv_set *attrs)
{
	struct followed_met now = { 0 }, *met;

	/* A message without headers belongs to the packet whose number it has. */
	(void)tlv_u32(attrs, NFTA_TRACE_ID, &now.id);
	if (!take_headers(attrs, &now))
		return find_met(reading, now.id, 0);
	(void)tlv_u32(attrs, NFTA_TRACE_IIF, &now.in);
	(void)tlv_u32(attrs, NFTA_TRACE_OIF, &now.out);
	met = find_met(reading, now.id, 0);
	if (met && met->key != now.key)
		met = NULL; /* another one has its number */
	if (!met)
		met = find_met(reading, 0, now.key); /* a bridge has handed it on */
	/* Once a packet is ours it stays so, whatever table is told next. */
	now.is_ours = met && met->is_ours;
	/* A new place, unless it is the same number's. */
	if (!met || met->id != now.id)
		met = &reading->met[reading->n_met++ % NFT_TRACE_PACKETS];
	*met = now;
	return met;
}

/* Rules beyond the bound are counted. They are let go of when they are told. */
static int add(struct followed_rules *rules, const struct followed_rule *rule)
{
	struct followed_rule *larger;

	if (rules->n >= FOLLOWED_RULES_MAX) {
		rules->n_lost++;
		return 0;
	}
	larger = grow(rules->rules, &rules->size, rules->n + 1, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	rules->rules = larger;
	rules->rules[rules->n++] = *rule;
	return 0;
}

/* One message. A rule of the own table marks the packet as one that was asked for; everything
 * behind it is told. */
static int take(void *data, uint8_t family, const struct tlv_set *attrs)
{
	struct followed_reading *reading = data;
	struct followed_rule rule = { .since_ms = reading->rules->now_ms };
	bool is_rule = traced_messages_rule(family, attrs, &rule.rule);
	struct followed_met *met = take_met(reading, attrs);

	if (met && traced_messages_marks(&rule.rule)) {
		met->is_ours = true;
		return 0;
	}
	/* The end of a chain is told as a rule without a number. */
	if (!is_rule || (!rule.rule.is_policy && rule.rule.handle == 0) || !met || !met->is_ours)
		return 0;
	rule.rule.netns = reading->netns;
	rule.of = *met;
	return add(reading->rules, &rule);
}

int followed_rules_read(struct followed_reading *reading, const void *messages, size_t len)
{
	return traced_messages_each(messages, len, take, reading);
}

/* --- their places ----------------------------------------------------------------------------- */

/* A rule belongs to the event of the same packet in the same namespace. */
static bool is_of(const struct followed_rule *rule, const struct traced_line *line)
{
	return !rule->is_told && rule->rule.netns == line->netns && rule->of.key == line->key;
}

/* It is marked before it is told, so that an error does not tell it twice. */
static int tell_one(struct followed_rule *rule, const struct traced_line *beside,
		    followed_rules_tell *tell, void *data)
{
	rule->is_told = true;
	return tell(data, rule, beside);
}

/* The order of those that stay is kept: it is the kernel's. */
static void forget_told(struct followed_rules *rules)
{
	size_t kept = 0;

	for (size_t i = 0; i < rules->n; i++) {
		if (rules->rules[i].is_told)
			continue;
		if (kept != i)
			rules->rules[kept] = rules->rules[i];
		kept++;
	}
	rules->n = kept;
}

/* Where the packet was seen last there. NULL: not yet. */
static struct followed_last *find_last(struct followed_rules *rules, uint64_t netns, uint64_t key)
{
	size_t n = rules->n_last < FOLLOWED_LAST ? rules->n_last : FOLLOWED_LAST;

	for (size_t i = 0; i < n; i++)
		if (rules->last[i].netns == netns && rules->last[i].key == key)
			return &rules->last[i];
	return NULL;
}

/* Whether the packet met it later than that, behind its last place. */
static bool is_later(const struct followed_rule *rule, const struct traced_line *line,
		     const struct followed_last *last)
{
	/* It comes in there for the first time, or was handed on by the link that it had come in
	 * by. */
	if (line->event == TRACED_RECEIVED)
		return !last || rule->of.in != last->line.index || rule->of.in == line->index;
	/* What a bridge does with it behind the host. */
	return line->event == TRACED_SENT && rule->of.out && rule->of.out != line->index;
}

/* Called before an event is told: what was met before it comes first. */
int followed_rules_before(struct followed_rules *rules, const struct traced_line *line,
			  followed_rules_tell *tell, void *data)
{
	const struct followed_last *last = find_last(rules, line->netns, line->key);
	int err = 0;

	for (size_t i = 0; err == 0 && i < rules->n; i++) {
		struct followed_rule *rule = &rules->rules[i];

		if (!is_of(rule, line))
			/* The first that is later ends the search, as rules stand in their
			 * order. */
			continue;
		if (is_later(rule, line, last))
			break;
		err = tell_one(rule, line, tell, data);
		/* Of several copies others may go on. */
		if (line->event == TRACED_DROPPED && rule->rule.verdict == NF_DROP)
			break;
	}
	return err;
}

/* Those that a packet meets behind its coming in, as far as they have been read. */
static int tell_arrival(struct followed_rules *rules, const struct traced_line *line,
			followed_rules_tell *tell, void *data)
{
	int err = 0;

	for (size_t i = 0; err == 0 && line->event == TRACED_RECEIVED && i < rules->n; i++) {
		struct followed_rule *rule = &rules->rules[i];

		if (!is_of(rule, line))
			continue;
		if (rule->of.in != line->index || rule->of.out)
			break;
		err = tell_one(rule, line, tell, data);
	}
	return err;
}

/* Called behind an event: it is the packet's last place from now on. */
int followed_rules_behind(struct followed_rules *rules, const struct traced_line *line,
			  followed_rules_tell *tell, void *data)
{
	struct followed_last *last = find_last(rules, line->netns, line->key);

	if (!last)
		last = &rules->last[rules->n_last++ % FOLLOWED_LAST];
	*last = (struct followed_last) { line->netns, line->key, *line };
	return tell_arrival(rules, line, tell, data);
}

/* Rules whose event never comes: they are told after a while, or all of them at the end.
 * since_ms says how long one has waited. */
int followed_rules_rest(struct followed_rules *rules, bool is_all, followed_rules_tell *tell,
			void *data)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < rules->n; i++) {
		struct followed_rule *rule = &rules->rules[i];
		const struct followed_last *last;

		if (rule->is_told)
			continue;
		last = find_last(rules, rule->rule.netns, rule->of.key);
		if (last)
			err = tell_arrival(rules, &last->line, tell, data);
		if (err < 0 || rule->is_told ||
		    (!is_all && rules->now_ms - rule->since_ms < FOLLOWED_RULES_WAIT_MS))
			continue;
		err = tell_one(rule, last ? &last->line : NULL, tell, data);
	}
	forget_told(rules);
	return err;
}

void followed_rules_done(struct followed_rules *rules)
{
	free(rules->rules);
	rules->rules = NULL;
	rules->n = rules->size = 0;
}
