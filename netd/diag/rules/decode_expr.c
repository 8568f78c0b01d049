// SPDX-License-Identifier: GPL-2.0-or-later
// decode_expr.c - the expressions of a rule out of their attributes
#include "diag/rules/decode_expr.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. What a rule does is known only if every attribute of every expression
 * is: newer kernels add attributes to old expressions, which then mean something else. So each
 * expression has a mask of the attributes that are understood here, and one that has another
 * becomes one whose effect is unknown. How much is unknown depends on the expression: one that
 * loads or compares (STRANGE) can match or not and leave anything in registers, but it cannot
 * accept, drop or change the packet. OPAQUE is worse: such an expression can do anything, so
 * whatever comes behind it is unknown as well. */

/* Attributes are checked as masks: one bit for each type. Types begin with 1, and none is above
 * 31. */
#define ATTR(type) (1U << (type))

/* One expression as it is read. The functions below fill expr; false: a value that is not
 * understood. err tells lack of memory from that. Memory is the ruleset's; nothing is freed
 * here when it fails. */
struct reading {
	struct rules *rules;
	/* filled; its kind and name are set before, and a reader may change the kind */
	struct expr *expr;
	/* its attributes, which were compared with the mask by read_known() */
	const struct tlv_set *set;
	int err; /* 0 or -ENOMEM */
};

/* A chain is named here and followed later, for it may come behind the rule. false: it is no
 * verdict that is understood. */
static bool read_verdict(struct rules *rules, struct tlv in, struct verdict *ret_verdict,
			 int *ret_err)
{
	struct tlv_set set;
	char name[NFT_NAME_MAXLEN];
	uint32_t code;

	tlv_read(in, &set);
	if (!tlv_u32(&set, NFTA_VERDICT_CODE, &code))
		return false;
	/* The chain's id is of the transaction that made it. */
	if (tlv_stranger(&set, ATTR(NFTA_VERDICT_CODE) | ATTR(NFTA_VERDICT_CHAIN)))
		return false;
	/* Verdicts of nftables are negative numbers on the wire, too. */
	ret_verdict->code = (int32_t)code;
	if (tlv_text(&set, NFTA_VERDICT_CHAIN, name, sizeof(name))) {
		ret_verdict->name = ruleset_text(rules, name);
		if (!ret_verdict->name)
			*ret_err = -ENOMEM;
	}
	return true;
}

/* NULL without an error: it is no data that is understood. The data is the ruleset's. */
struct data *decode_data(struct rules *rules, struct tlv in, int *ret_err)
{
	struct tlv_set set;
	struct data data = { 0 }, *kept;

	tlv_read(in, &set);
	if (tlv_stranger(&set, ATTR(NFTA_DATA_VALUE) | ATTR(NFTA_DATA_VERDICT)) || set.is_broken)
		return NULL;
	if (set.of[NFTA_DATA_VERDICT].data) {
		data.is_verdict = true;
		if (!read_verdict(rules, set.of[NFTA_DATA_VERDICT], &data.verdict, ret_err))
			return NULL;
	} else if (set.of[NFTA_DATA_VALUE].data) {
		data.len = set.of[NFTA_DATA_VALUE].len;
		/* Longer than all registers together. */
		if (data.len > sizeof(data.bytes))
			return NULL;
		memcpy(data.bytes, set.of[NFTA_DATA_VALUE].data, data.len);
	} else {
		return NULL;
	}
	/* Kept only when it was understood: the data before was on the stack. */
	kept = ruleset_take(rules, sizeof(*kept));
	if (kept)
		*kept = data;
	else
		*ret_err = -ENOMEM;
	return kept;
}

/* Fills one operand of an expression. type: the attribute that has it. */
static bool data_of(struct reading *r, unsigned int type, struct data **ret_data)
{
	*ret_data = decode_data(r->rules, r->set->of[type], &r->err);
	return *ret_data;
}

/* Register, operation and value. An operation beyond those of today is not understood. A
 * verdict cannot be compared. */
static bool read_cmp(struct reading *r)
{
	return tlv_u32(r->set, NFTA_CMP_SREG, &r->expr->sreg) &&
	       tlv_u32(r->set, NFTA_CMP_OP, &r->expr->op) && r->expr->op <= NFT_CMP_GTE &&
	       data_of(r, NFTA_CMP_DATA, &r->expr->data) && !r->expr->data->is_verdict;
}

/* A range has two values of one length. */
static bool read_range(struct reading *r)
{
	return tlv_u32(r->set, NFTA_RANGE_SREG, &r->expr->sreg) &&
	       tlv_u32(r->set, NFTA_RANGE_OP, &r->expr->op) && r->expr->op <= NFT_RANGE_NEQ &&
	       data_of(r, NFTA_RANGE_FROM_DATA, &r->expr->from) &&
	       data_of(r, NFTA_RANGE_TO_DATA, &r->expr->to) && !r->expr->from->is_verdict &&
	       !r->expr->to->is_verdict && r->expr->from->len == r->expr->to->len;
}

/* Two kinds: mask and xor, and shifts (since 5.6). Mask and xor without an operation are those
 * of older kernels. Kernels since 6.13 have operations of two registers, which fall through to
 * "false". The length of the operands is that of the register's part. */
static bool read_bitwise(struct reading *r)
{
	struct expr *expr = r->expr;

	if (!tlv_u32(r->set, NFTA_BITWISE_SREG, &expr->sreg) ||
	    !tlv_u32(r->set, NFTA_BITWISE_DREG, &expr->dreg) ||
	    !tlv_u32(r->set, NFTA_BITWISE_LEN, &expr->len))
		return false;
	expr->op = NFT_BITWISE_BOOL;
	if (!tlv_u32_if(r->set, NFTA_BITWISE_OP, &expr->op))
		return false;
	switch (expr->op) {
	case NFT_BITWISE_BOOL:
		return data_of(r, NFTA_BITWISE_MASK, &expr->mask) &&
		       data_of(r, NFTA_BITWISE_XOR, &expr->xor) && expr->mask->len == expr->len &&
		       expr->xor->len == expr->len;
	case NFT_BITWISE_LSHIFT:
	case NFT_BITWISE_RSHIFT:
		return data_of(r, NFTA_BITWISE_DATA, &expr->data) && expr->data->len == 4;
	default:
		return false;
	}
}

/* Other sizes do not exist; 1 would do nothing. Nothing else is said of the direction: to the
 * network's order or from it. */
static bool read_byteorder(struct reading *r)
{
	struct expr *expr = r->expr;

	return tlv_u32(r->set, NFTA_BYTEORDER_SREG, &expr->sreg) &&
	       tlv_u32(r->set, NFTA_BYTEORDER_DREG, &expr->dreg) &&
	       tlv_u32(r->set, NFTA_BYTEORDER_OP, &expr->op) &&
	       tlv_u32(r->set, NFTA_BYTEORDER_LEN, &expr->len) &&
	       tlv_u32(r->set, NFTA_BYTEORDER_SIZE, &expr->size) &&
	       (expr->size == 2 || expr->size == 4 || expr->size == 8);
}

/* A verdict belongs into the verdict register, and nothing else does. Data that is a verdict,
 * in another register, is no rule that the kernel makes. */
static bool read_immediate(struct reading *r)
{
	return tlv_u32(r->set, NFTA_IMMEDIATE_DREG, &r->expr->dreg) &&
	       data_of(r, NFTA_IMMEDIATE_DATA, &r->expr->data) &&
	       r->expr->data->is_verdict == (r->expr->dreg == NFT_REG_VERDICT);
}

/* The set is named, and found when all of them are there (ruleset_link.c). set_name stays NULL
 * without memory, and err says so. */
static bool set_name_of(struct reading *r, unsigned int type)
{
	char name[NFT_NAME_MAXLEN];

	if (!tlv_text(r->set, type, name, sizeof(name)))
		return false;
	r->expr->set_name = ruleset_text(r->rules, name);
	if (!r->expr->set_name)
		r->err = -ENOMEM;
	return true;
}

/* dreg stays ~0 where nothing is loaded: 0 is the register of verdicts. NFT_LOOKUP_F_INV turns
 * the result around, and is the only flag of today. */
static bool read_lookup(struct reading *r)
{
	struct expr *expr = r->expr;

	expr->dreg = ~0U;
	return set_name_of(r, NFTA_LOOKUP_SET) && tlv_u32(r->set, NFTA_LOOKUP_SREG, &expr->sreg) &&
	       tlv_u32_if(r->set, NFTA_LOOKUP_DREG, &expr->dreg) &&
	       tlv_u32_if(r->set, NFTA_LOOKUP_FLAGS, &expr->flags) &&
	       !(expr->flags & ~(uint32_t)NFT_LOOKUP_F_INV);
}

/* meta and ct: what has a source register sets. An expression with both registers is not
 * understood. */
static bool read_key(struct reading *r, unsigned int dreg, unsigned int key, unsigned int sreg,
		     enum expr_kind set_kind)
{
	if (!tlv_u32(r->set, key, &r->expr->key))
		return false;
	if (r->set->of[sreg].data) {
		r->expr->kind = set_kind;
		return tlv_u32(r->set, sreg, &r->expr->sreg) && !r->set->of[dreg].data;
	}
	return tlv_u32(r->set, dreg, &r->expr->dreg);
}

/* What is known of the packet and its links; or, with a source, the mark and the like are set. */
static bool read_meta(struct reading *r)
{
	return read_key(r, NFTA_META_DREG, NFTA_META_KEY, NFTA_META_SREG, EXPR_META_SET);
}

/* The same of the packet's flow. */
static bool read_ct(struct reading *r)
{
	/* 2: no direction was given. */
	r->expr->dir = 2;
	return tlv_u8_if(r->set, NFTA_CT_DIRECTION, &r->expr->dir) && r->expr->dir <= 2 &&
	       read_key(r, NFTA_CT_DREG, NFTA_CT_KEY, NFTA_CT_SREG, EXPR_CT_SET);
}

/* What a statement does to checksums no rule can see. A statement writes, everything else
 * loads. The length is limited by the room of a value here. */
static bool read_payload(struct reading *r)
{
	struct expr *expr = r->expr;

	if (!tlv_u32(r->set, NFTA_PAYLOAD_BASE, &expr->base) ||
	    !tlv_u32(r->set, NFTA_PAYLOAD_OFFSET, &expr->offset) ||
	    !tlv_u32(r->set, NFTA_PAYLOAD_LEN, &expr->len) || expr->len == 0 ||
	    expr->len > RULES_BYTES)
		return false;
	/* Both registers at once are of no kernel. */
	if (r->set->of[NFTA_PAYLOAD_SREG].data) {
		expr->kind = EXPR_PAYLOAD_SET;
		return tlv_u32(r->set, NFTA_PAYLOAD_SREG, &expr->sreg) &&
		       !r->set->of[NFTA_PAYLOAD_DREG].data;
	}
	return tlv_u32(r->set, NFTA_PAYLOAD_DREG, &expr->dreg);
}

/* Extension headers and options. Where the option is written, the rule only matches if there is
 * one. dreg and sreg tell loading from writing. */
static bool read_exthdr(struct reading *r)
{
	struct expr *expr = r->expr;
	uint8_t type;

	if (!tlv_u8(r->set, NFTA_EXTHDR_TYPE, &type) ||
	    !tlv_u32_if(r->set, NFTA_EXTHDR_OFFSET, &expr->offset) ||
	    !tlv_u32_if(r->set, NFTA_EXTHDR_LEN, &expr->len) ||
	    !tlv_u32_if(r->set, NFTA_EXTHDR_FLAGS, &expr->flags) ||
	    !tlv_u32_if(r->set, NFTA_EXTHDR_OP, &expr->op))
		return false;
	/* The number of the header or the option. */
	expr->key = type;
	if (r->set->of[NFTA_EXTHDR_SREG].data || !r->set->of[NFTA_EXTHDR_DREG].data) {
		/* Options that are written, the maximum segment size above all, of which no rule
		 * asks. Where there is no such option it does not match. */
		expr->kind = EXPR_MAYBE;
		return expr->op == NFT_EXTHDR_OP_TCPOPT;
	}
	return tlv_u32(r->set, NFTA_EXTHDR_DREG, &expr->dreg) &&
	       !(expr->flags & ~(uint32_t)NFT_EXTHDR_F_PRESENT) && expr->len <= RULES_BYTES;
}

/* The largest flag that is understood is NFTA_FIB_F_PRESENT. Flags say which address is looked
 * up, by which link, and whether only a presence is asked for. */
static bool read_fib(struct reading *r)
{
	return tlv_u32(r->set, NFTA_FIB_DREG, &r->expr->dreg) &&
	       tlv_u32(r->set, NFTA_FIB_RESULT, &r->expr->key) &&
	       tlv_u32(r->set, NFTA_FIB_FLAGS, &r->expr->flags) &&
	       !(r->expr->flags & ~(uint32_t)(NFTA_FIB_F_PRESENT * 2 - 1));
}

/* Routing's answer is loaded as unknown; only register and key are needed for that. */
static bool read_rt(struct reading *r)
{
	return tlv_u32(r->set, NFTA_RT_DREG, &r->expr->dreg) &&
	       tlv_u32(r->set, NFTA_RT_KEY, &r->expr->key);
}

/* A number below `size` (0: nobody knows which, or where), and `offset` is added. */
static bool read_numgen(struct reading *r)
{
	struct expr *expr = r->expr;

	if (tlv_u32(r->set, NFTA_NG_DREG, &expr->dreg) &&
	    tlv_u32(r->set, NFTA_NG_MODULUS, &expr->size) &&
	    tlv_u32_if(r->set, NFTA_NG_OFFSET, &expr->offset) && expr->size > 0)
		return true;
	expr->size = 0;
	expr->dreg = ~0U; /* any */
	return true;
}

/* The same out of `len` bytes of a register, with the seed `key`, where it is told (flags). Of a
 * hash of the packet's that only the kernel knows, and of one with a seed that was drawn, any
 * number may come. */
static bool read_hash(struct reading *r)
{
	struct expr *expr = r->expr;
	uint32_t type = NFT_HASH_JENKINS;

	if (!tlv_u32(r->set, NFTA_HASH_DREG, &expr->dreg) ||
	    !tlv_u32(r->set, NFTA_HASH_MODULUS, &expr->size) ||
	    !tlv_u32_if(r->set, NFTA_HASH_OFFSET, &expr->offset) ||
	    !tlv_u32_if(r->set, NFTA_HASH_TYPE, &type) || expr->size == 0) {
		expr->size = 0;
		expr->dreg = ~0U; /* any */
		return true;
	}
	expr->flags = type == NFT_HASH_JENKINS && tlv_u32(r->set, NFTA_HASH_SREG, &expr->sreg) &&
		      tlv_u32(r->set, NFTA_HASH_LEN, &expr->len) &&
		      tlv_u32(r->set, NFTA_HASH_SEED, &expr->key);
	return true;
}

/* socket, osf, xfrm, tunnel: they differ in all but that they load. What they load is unknown, and
 * ~0 is where: every register may have changed. */
static bool read_loads(struct reading *r)
{
	r->expr->dreg = ~0U; /* any */
	return true;
}

/* Registers 0 are not given. The kernel leaves out the end of a range that is its beginning.
 * The registers are read when the rule is run. A register of 0 is that of verdicts, so it
 * cannot be meant. */
static bool read_ends(struct reading *r, unsigned int min, unsigned int max, uint32_t *ret_min,
		      uint32_t *ret_max)
{
	if (!tlv_u32_if(r->set, min, ret_min))
		return false;
	/* What it stays when the end is left out. */
	*ret_max = *ret_min;
	return tlv_u32_if(r->set, max, ret_max);
}

/* A flag of tomorrow chooses in a way that nobody here knows. Among those of today are random
 * ports and persistent addresses. */
static bool read_nat_flags(struct reading *r, unsigned int flags)
{
	return tlv_u32_if(r->set, flags, &r->expr->flags) &&
	       !(r->expr->flags & ~(uint32_t)NF_NAT_RANGE_MASK);
}

/* A type and a family, then registers for addresses and ports. Without an address only ports
 * are changed. */
static bool read_nat(struct reading *r)
{
	struct expr *expr = r->expr;

	return tlv_u32(r->set, NFTA_NAT_TYPE, &expr->type) && expr->type <= NFT_NAT_DNAT &&
	       tlv_u32(r->set, NFTA_NAT_FAMILY, &expr->family) &&
	       read_ends(r, NFTA_NAT_REG_ADDR_MIN, NFTA_NAT_REG_ADDR_MAX, &expr->addr_min,
			 &expr->addr_max) &&
	       read_ends(r, NFTA_NAT_REG_PROTO_MIN, NFTA_NAT_REG_PROTO_MAX, &expr->proto_min,
			 &expr->proto_max) &&
	       read_nat_flags(r, NFTA_NAT_FLAGS);
}

/* Masquerade has ports and flags, and its address is the link's. Ports are most often not given. */
static bool read_masq(struct reading *r)
{
	return read_nat_flags(r, NFTA_MASQ_FLAGS) &&
	       read_ends(r, NFTA_MASQ_REG_PROTO_MIN, NFTA_MASQ_REG_PROTO_MAX, &r->expr->proto_min,
			 &r->expr->proto_max);
}

/* Redirect is the same for destinations. */
static bool read_redir(struct reading *r)
{
	return read_nat_flags(r, NFTA_REDIR_FLAGS) &&
	       read_ends(r, NFTA_REDIR_REG_PROTO_MIN, NFTA_REDIR_REG_PROTO_MAX, &r->expr->proto_min,
			 &r->expr->proto_max);
}

/* A reset has no code. An ICMP code of a later kernel is a number like others. */
static bool read_reject(struct reading *r)
{
	return tlv_u32(r->set, NFTA_REJECT_TYPE, &r->expr->type) &&
	       r->expr->type <= NFT_REJECT_ICMPX_UNREACH &&
	       tlv_u8_if(r->set, NFTA_REJECT_ICMP_CODE, &r->expr->code);
}

/* An object does what it is of: count, limit, help conntrack. A counter changes nothing; a
 * limit or a quota may end the rule. */
static bool read_objref(struct reading *r)
{
	struct expr *expr = r->expr;
	bool is_map = r->set->of[NFTA_OBJREF_SET_SREG].data;

	/* Which object a map gives, and so what it is of, is said by the set. That is known
	 * only when all sets are there. */
	if (is_map)
		return tlv_u32(r->set, NFTA_OBJREF_SET_SREG, &expr->sreg) &&
		       set_name_of(r, NFTA_OBJREF_SET_NAME);
	if (!tlv_u32(r->set, NFTA_OBJREF_IMM_TYPE, &expr->type))
		return false;
	switch (expr->type) {
	case NFT_OBJECT_COUNTER:
	case NFT_OBJECT_CT_HELPER:
	case NFT_OBJECT_CT_TIMEOUT:
	case NFT_OBJECT_SECMARK:
	case NFT_OBJECT_CT_EXPECT:
	case NFT_OBJECT_TUNNEL:
		expr->kind = EXPR_NOTHING;
		return true;
	case NFT_OBJECT_QUOTA:
	case NFT_OBJECT_LIMIT:
	case NFT_OBJECT_CONNLIMIT:
		expr->kind = EXPR_MAYBE;
		return true;
	default:
		return false; /* synproxy answers by itself */
	}
}

/* What stands in the elements that it makes matters to conntrack alone. An expression within an
 * element can ask for conntrack, too. */
static void note_inner(struct reading *r, struct tlv in)
{
	struct tlv_set set;
	char name[64];

	tlv_read(in, &set);
	if (tlv_text(&set, NFTA_EXPR_NAME, name, sizeof(name)))
		ruleset_note_flows(r->rules, r->rules->family,
				   &(struct expr) { .kind = EXPR_MAYBE, .name = name });
}

/* "add @set { ... }" in a rule. It may end the rule, when the set is full or the element has a
 * limit. */
static bool read_dynset(struct reading *r)
{
	/* The element itself is added to a set that this picture has as it was before: whether
	 * it was in there already is not known. */
	struct tlv list = r->set->of[NFTA_DYNSET_EXPRESSIONS], item;
	uint16_t type;

	note_inner(r, r->set->of[NFTA_DYNSET_EXPR]);
	while (tlv_next(&list, &item, &type))
		note_inner(r, item);
	return set_name_of(r, NFTA_DYNSET_SET_NAME);
}

/* Understood, and without any effect on the packet. The masks tell whether an attribute is new;
 * the values do not matter. */
static bool read_nothing(struct reading *r)
{
	(void)r;
	return true;
}

/* Matches and targets have the same three attributes. The struct itself is looked at when the
 * rule is run (xt_match.c, xt_target.c). NFTA_TARGET_* have the same numbers as NFTA_MATCH_*. */
static bool read_xt(struct reading *r)
{
	struct tlv info = r->set->of[NFTA_MATCH_INFO];
	char name[NFT_COMPAT_NAME_MAX];

	if (!tlv_text(r->set, NFTA_MATCH_NAME, name, sizeof(name)) ||
	    !tlv_u32(r->set, NFTA_MATCH_REV, &r->expr->revision) || !info.data)
		return false;
	r->expr->name = ruleset_text(r->rules, name);
	/* One byte more, so that none is no special case. */
	r->expr->info = ruleset_take(r->rules, info.len + 1);
	r->expr->info_len = info.len;
	if (r->expr->info && info.len > 0)
		memcpy(r->expr->info, info.data, info.len);
	if (!r->expr->name || !r->expr->info)
		r->err = -ENOMEM;
	return true;
}

/* What is understood of each expression. Attributes are those of its own enum, written as a
 * mask because the header that this is compiled with may be older, or newer, than the kernel. A
 * mask of 0 takes no attribute for granted: whatever stands in such an expression, it is
 * unknown. */
static const struct known {
	const char *name;
	uint32_t attributes;
	enum expr_kind kind, doubtful; /* what it is, and what it is when it is not understood */
	bool (*read)(struct reading *r);
} known[] = {
	{ "meta", 0x0e, EXPR_META, EXPR_OPAQUE, read_meta },
	{ "payload", 0x1fe, EXPR_PAYLOAD, EXPR_OPAQUE, read_payload },
	{ "ct", 0x1e, EXPR_CT, EXPR_OPAQUE, read_ct },
	{ "exthdr", 0xfe, EXPR_EXTHDR, EXPR_OPAQUE, read_exthdr },
	{ "fib", 0x0e, EXPR_FIB, EXPR_STRANGE, read_fib },
	{ "rt", 0x06, EXPR_RT, EXPR_STRANGE, read_rt },
	{ "bitwise", 0xfe, EXPR_BITWISE, EXPR_STRANGE, read_bitwise },
	{ "byteorder", 0x3e, EXPR_BYTEORDER, EXPR_STRANGE, read_byteorder },
	{ "cmp", 0x0e, EXPR_CMP, EXPR_STRANGE, read_cmp },
	{ "range", 0x1e, EXPR_RANGE, EXPR_STRANGE, read_range },
	{ "lookup", 0x3e, EXPR_LOOKUP, EXPR_OPAQUE, read_lookup },
	{ "match", 0x0e, EXPR_MATCH, EXPR_STRANGE, read_xt },
	{ "immediate", 0x06, EXPR_IMMEDIATE, EXPR_OPAQUE, read_immediate },
	{ "nat", 0xfe, EXPR_NAT, EXPR_OPAQUE, read_nat },
	{ "masq", 0x0e, EXPR_MASQ, EXPR_OPAQUE, read_masq },
	{ "redir", 0x0e, EXPR_REDIR, EXPR_OPAQUE, read_redir },
	{ "reject", 0x06, EXPR_REJECT, EXPR_OPAQUE, read_reject },
	{ "notrack", 0, EXPR_NOTRACK, EXPR_OPAQUE, read_nothing },
	{ "queue", 0x1e, EXPR_QUEUE, EXPR_OPAQUE, read_nothing },
	{ "target", 0x0e, EXPR_TARGET, EXPR_OPAQUE, read_xt },
	{ "counter", 0x0e, EXPR_NOTHING, EXPR_STRANGE, read_nothing },
	{ "log", 0x7e, EXPR_NOTHING, EXPR_STRANGE, read_nothing },
	{ "last", 0x0e, EXPR_NOTHING, EXPR_STRANGE, read_nothing },
	{ "dup", 0x06, EXPR_NOTHING, EXPR_STRANGE, read_nothing },
	/* The flow is handed to a flowtable when it is fit for it; this packet goes on. */
	{ "flow_offload", 0x02, EXPR_MAYBE, EXPR_STRANGE, read_nothing },
	{ "limit", 0x7e, EXPR_MAYBE, EXPR_STRANGE, read_nothing },
	{ "quota", 0x1e, EXPR_MAYBE, EXPR_STRANGE, read_nothing },
	{ "connlimit", 0x06, EXPR_MAYBE, EXPR_STRANGE, read_nothing },
	{ "dynset", 0x7fe, EXPR_MAYBE, EXPR_STRANGE, read_dynset },
	{ "numgen", 0x7e, EXPR_LOADS, EXPR_STRANGE, read_numgen },
	{ "hash", 0x7fe, EXPR_LOADS, EXPR_STRANGE, read_hash },
	{ "socket", 0x0e, EXPR_LOADS, EXPR_STRANGE, read_loads },
	{ "osf", 0x0e, EXPR_LOADS, EXPR_STRANGE, read_loads },
	{ "xfrm", 0x1e, EXPR_LOADS, EXPR_STRANGE, read_loads },
	{ "tunnel", 0x0e, EXPR_LOADS, EXPR_STRANGE, read_loads },
	{ "inner", 0x3e, EXPR_STRANGE, EXPR_STRANGE, read_nothing },
	{ "objref", 0x3e, EXPR_STRANGE, EXPR_OPAQUE, read_objref },
	/* Who takes such a packet nobody here can say. */
	{ "tproxy", 0, EXPR_OPAQUE, EXPR_OPAQUE, read_nothing },
	{ "synproxy", 0, EXPR_OPAQUE, EXPR_OPAQUE, read_nothing },
	{ "fwd", 0, EXPR_OPAQUE, EXPR_OPAQUE, read_nothing },
};

/* For the tests and the fuzz target, which try each of them. */
const char *decode_expr_name(size_t at)
{
	return at < ARRAY_SIZE(known) ? known[at].name : NULL;
}

/* NULL: an expression of a newer kernel, or of a file. */
static const struct known *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return &known[i];
	return NULL;
}

/* Turns the expression into one that is not understood, with the reason. The reason is told in
 * the verdict, as why it is undecided. */
static int doubt(struct rules *rules, struct expr *expr, enum expr_kind kind, const char *why)
{
	expr->kind = kind;
	expr->doubt = ruleset_text(rules, why);
	return expr->doubt ? 0 : -ENOMEM;
}

/* Reads an expression whose name is known. set: its attributes. */
static int read_known(struct rules *rules, const struct known *what, const struct tlv_set *set,
		      struct expr *expr)
{
	struct reading reading = { .rules = rules, .expr = expr, .set = set };
	/* The first attribute that is not understood; 0: there is none. */
	uint32_t stranger = tlv_stranger(set, what->attributes);
	char why[64];
	bool is_read;

	expr->name = what->name;
	expr->kind = what->kind;
	is_read = !set->is_broken && what->read(&reading);
	/* Before anything is judged: a want of memory may look like a value that is not
	 * understood. */
	if (reading.err < 0)
		return reading.err;
	/* What is as unknown as can be has a name already. */
	if (is_read && (!stranger || (what->kind == what->doubtful && expr->kind == what->kind))) {
		if (expr->kind >= EXPR_MAYBE && !expr->doubt)
			expr->doubt = what->name;
		return 0;
	}
	if (stranger)
		(void)snprintf(why, sizeof(why), "%s: attribute %u", what->name, stranger);
	else
		(void)snprintf(why, sizeof(why), "%s: values that are not understood", what->name);
	return doubt(rules, expr, what->doubtful, why);
}

/* One expression of a list: a name, and attributes of its own. NULL: no memory. The expression
 * is the ruleset's. */
struct expr *decode_expr(struct rules *rules, struct tlv in)
{
	struct expr *expr = ruleset_take(rules, sizeof(*expr));
	const struct known *what;
	struct tlv_set outer, inner;
	char name[64];
	int err;

	if (!expr)
		return NULL;
	expr->name = "?";
	tlv_read(in, &outer);
	tlv_inside(&outer, NFTA_EXPR_DATA, &inner);
	/* Without a name it may be anything. */
	if (!tlv_text(&outer, NFTA_EXPR_NAME, name, sizeof(name)) ||
	    tlv_stranger(&outer, ATTR(NFTA_EXPR_NAME) | ATTR(NFTA_EXPR_DATA)))
		return doubt(rules, expr, EXPR_OPAQUE, "an expression without a name") < 0 ? NULL
											   : expr;
	what = find(name);
	/* A name that nobody here knows is a newer kernel's, and may do anything. */
	if (what) {
		err = read_known(rules, what, &inner, expr);
	} else {
		expr->name = ruleset_text(rules, name);
		err = expr->name ? doubt(rules, expr, EXPR_OPAQUE, name) : -ENOMEM;
	}
	if (err < 0)
		return NULL;
	/* Also of what is not understood: conntrack runs for its name. */
	ruleset_note_flows(rules, rules->family, expr);
	return expr;
}

/* For elements of sets: 1 if none of the expressions can keep an element from matching. 0: one
 * can. -ENOMEM. */
int decode_expr_only_counts(struct rules *rules, struct tlv list)
{
	bool only_counts = true;
	struct tlv item;
	uint16_t type;

	while (tlv_next(&list, &item, &type)) {
		struct expr *expr = decode_expr(rules, item);

		if (!expr)
			return -ENOMEM;
		only_counts &= expr->kind == EXPR_NOTHING;
	}
	return only_counts && list.len == 0;
}
