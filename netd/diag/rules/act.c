// SPDX-License-Identifier: GPL-2.0-or-later
// act.c - what expressions do: verdicts, marks, headers, refusals
#include "diag/rules/act.h"

#include "base/cleanup.h"
#include "diag/rules/load.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>

/* Theory of operation. A statement leaves its traces in three places: the verdict, the headers
 * (image) and what netfilter keeps beside a packet (marks, its flow). What a statement takes out of
 * a register that is not known makes that place unknown, and nothing else. */

/* A verdict or a constant. Constants fill whole words, as the kernel's registers do. */
void act_immediate(struct way *way, const struct expr *expr)
{
	const struct data *data = expr->data;
	size_t whole = (data->len + 3) / 4 * 4, at;

	if (data->is_verdict) {
		way->verdict = data->verdict;
		return;
	}
	/* A register that does not exist is a file's. Nothing is written then, as the kernel
	 * would have refused the rule. */
	if (!bits_register(expr->dreg, whole, &at))
		return;
	bits_set(&way->regs, at, data->bytes, whole); /* behind its end data is zero */
}

/* The bytes of a register, if every bit of them is known. *ret_value stays as it was otherwise. */
static bool take(const struct way *way, uint32_t number, void *ret_value, size_t len)
{
	size_t at;

	if (!bits_register(number, len, &at) || !bits_are_known(&way->regs, at, len))
		return false;
	memcpy(ret_value, way->regs.value + at, len);
	return true;
}

/* What was set from an unknown register is unknown itself. */
static void know(struct rules_packet *packet, uint32_t what, bool is_known)
{
	packet->known = is_known ? packet->known | what : packet->known & ~what;
}

/* A statement that sets something beside the packet. */
void act_meta_set(struct way *way, const struct expr *expr)
{
	struct rules_packet *packet = &way->packet;

	switch (expr->key) {
	case NFT_META_MARK:
		know(packet, RULES_KNOWS_MARK,
		     take(way, expr->sreg, &packet->mark, sizeof(packet->mark)));
		break;
	case NFT_META_PKTTYPE:
		know(packet, RULES_KNOWS_PKTTYPE, take(way, expr->sreg, &packet->pkttype, 1));
		break;
	/* No rule that is understood here reads these back. */
	case NFT_META_PRIORITY:
	case NFT_META_NFTRACE:
	case NFT_META_SECMARK:
		break;
	default:
		/* broute, and what is to come: which way the packet takes is another then. */
		(void)act_opaque(way, expr, "meta: a key that is not understood");
		break;
	}
}

/* An address that is written so changes where the packet goes, without conntrack noticing. The
 * length and the place are the kernel's, who has checked them. */
void act_payload_set(struct way *way, const struct expr *expr)
{
	size_t at;

	/* Without a register it is unknown what is written, and so all of the packet is. */
	if (!bits_register(expr->sreg, expr->len, &at)) {
		way_blur(way);
		return;
	}
	/* What nobody follows no rule asks about either. */
	(void)image_write(&way->image, expr->base, expr->offset, expr->len, &way->regs, at);
}

/* A zone is chosen before conntrack has the packet, a mark after. Labels and the like no rule of
 * ours could read back as known. */
void act_ct_set(struct way *way, const struct expr *expr)
{
	struct rules_packet *packet = &way->packet;

	if (expr->key == NFT_CT_ZONE && !packet->ct.is_seen) {
		(void)take(way, expr->sreg, &packet->ct.zone, sizeof(packet->ct.zone));
		return;
	}
	if (expr->key == NFT_CT_MARK && load_has_flow(way))
		know(packet, RULES_KNOWS_CT_MARK,
		     take(way, expr->sreg, &packet->ct.mark, sizeof(packet->ct.mark)));
}

/* The trace shows a refusal as the drop that it ends with. The chain ends with it: nothing
 * behind a refusal is asked. */
void act_refuse(struct way *way, bool is_reset, uint8_t type, uint8_t code)
{
	way->verdict = (struct verdict) { .code = NF_DROP };
	way->is_rejected = true;
	way->result->is_reset = is_reset;
	way->result->icmp_type = is_reset ? 0 : type;
	way->result->icmp_code = is_reset ? 0 : code;
}

/* Codes that stand for one of either family. What is beyond the table falls back to the code
 * that the kernel uses where none is given. */
static uint8_t either_code(uint8_t code, bool is_six)
{
	static const uint8_t codes[][2] = {
		[NFT_REJECT_ICMPX_NO_ROUTE] = { ICMP_NET_UNREACH, ICMP6_DST_UNREACH_NOROUTE },
		[NFT_REJECT_ICMPX_PORT_UNREACH] = { ICMP_PORT_UNREACH, ICMP6_DST_UNREACH_NOPORT },
		[NFT_REJECT_ICMPX_HOST_UNREACH] = { ICMP_HOST_UNREACH, ICMP6_DST_UNREACH_ADDR },
		[NFT_REJECT_ICMPX_ADMIN_PROHIBITED] = { ICMP_PKT_FILTERED,
							ICMP6_DST_UNREACH_ADMIN },
	};

	return codes[code < ARRAY_SIZE(codes) ? code : NFT_REJECT_ICMPX_PORT_UNREACH][is_six];
}

/* Type and code are those of the packet's own family. */
void act_reject(struct way *way, const struct expr *expr)
{
	bool is_six = way->packet.src.family == AF_INET6;
	uint8_t type = is_six ? ICMP6_DST_UNREACH : ICMP_DEST_UNREACH;
	uint8_t code = expr->code;

	if (expr->type == NFT_REJECT_ICMPX_UNREACH)
		code = either_code(code, is_six);
	act_refuse(way, expr->type == NFT_REJECT_TCP_RST, type, code);
}

/* Only before conntrack has seen the packet. Conntrack passes the packet by then, and NAT with
 * it. */
void act_notrack(struct way *way)
{
	struct rules_ct *ct = &way->packet.ct;

	if (ct->is_seen)
		return;
	ct->is_seen = true;
	ct->state = RULES_CT_UNTRACKED;
	way->result->is_notracked = way->did_notrack = true;
}

/* It may not match; or else it may have changed what it liked and given any verdict, which
 * run_chain() turns into choices of their own. what: the words of the doubt. */
bool act_opaque(struct way *way, const struct expr *expr, const char *what)
{
	if (!way_choose(way, expr, what))
		return false;
	way_blur(way);
	bits_forget(&way->regs, 0, RULES_BYTES);
	way->verdict.code = WAY_ANYTHING;
	return true;
}
