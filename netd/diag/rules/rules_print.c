// SPDX-License-Identifier: GPL-2.0-or-later
// rules_print.c - a rule as nft(8) would print it, in one line
#include "diag/rules/name.h"
#include "diag/rules/value.h"

#include "base/cleanup.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* A rule is printed in one line, so both are small. */
#define WORDS 16   /* registers of a word each */
#define ELEMENTS 6 /* of an anonymous set; the others are dots */

/* Theory of operation. Expressions are a program for registers; nft(8) prints what that program
 * is about. So each register remembers what was loaded into it, in words, and a comparison
 * prints those and its own value. "meta l4proto tcp" in front of a port says nothing that "tcp
 * dport" does not, so it waits for what follows. What is printed is for people: it need not be
 * accepted by nft(8) again, and where it would be long it is cut. What cannot be said in words
 * is said by its bytes, so that no rule looks simpler than it is. */

/* What a register holds, in words: the name of a field, or a constant; and a mask that was laid
 * over it. */
struct held {
	/* "": nothing was loaded; longer names are cut */
	char name[48];
	/* how a value that it is compared with is printed */
	enum value_kind kind;
	/* of as many bytes as mask_len says, in the order of the wire */
	uint8_t mask[16];
	size_t mask_len;	 /* 0: none */
	const struct data *data; /* an immediate */
};

/* nothing: what is held by a register that is none. is_six: by it bytes of a header get their
 * names. */
struct printing {
	/* the line as it grows; its error is looked at nowhere, for a shorter line does no harm */
	struct buf buf;
	/* one for each word, as the kernel counts registers */
	struct held held[WORDS], nothing;
	const struct rules_rule *rule;
	uint8_t protocol; /* that the rule is about; 0: any */
	bool is_six;
	char waiting[48]; /* "meta l4proto tcp" */
};

/* A register of 16 bytes is its first word here: nothing that is printed is told by the others.
 * A register that is none gets a place of its own, so that callers need no check. */
static struct held *held_in(struct printing *p, uint32_t number)
{
	if (number >= NFT_REG_1 && number <= NFT_REG_4)
		return &p->held[(number - NFT_REG_1) * (NFT_REG_SIZE / NFT_REG32_SIZE)];
	if (number >= NFT_REG32_00 && number <= NFT_REG32_15)
		return &p->held[number - NFT_REG32_00];
	/* Cleared each time: what the last caller wrote there is nobody's. */
	memset(&p->nothing, 0, sizeof(p->nothing));
	return &p->nothing;
}

/* Words stand apart; the first has no space before it. The buffer tells whether it is the first. */
static void space(struct printing *p)
{
	if (p->buf.len > 0)
		buf_puts(&p->buf, " ");
}

/* What waited, unless what comes says the same by its name. name "": a statement comes, which
 * says nothing of the packet. */
static void settle(struct printing *p, const char *name)
{
	bool is_said = strncmp(name, "tcp ", 4) == 0 || strncmp(name, "udp ", 4) == 0 ||
		       strncmp(name, "th ", 3) == 0 || strncmp(name, "icmp", 4) == 0;

	/* "ip saddr" says the family, "iif" does not. */
	if (strstr(p->waiting, "nfproto") || strstr(p->waiting, "meta protocol"))
		is_said = strncmp(name, "ip", 2) == 0 && strncmp(name, "iif", 3) != 0;
	if (p->waiting[0] && !is_said) {
		space(p);
		buf_puts(&p->buf, p->waiting);
	}
	/* Said by now, by itself or by what comes. */
	p->waiting[0] = '\0';
}

/* For conntrack, which has two of most things. Any other expression has no direction. */
static const char *direction(const struct expr *expr)
{
	return expr->kind != EXPR_CT || expr->dir > 1 ? "" : expr->dir ? "reply " : "original ";
}

/* What a register holds from now on, in words. What it held before is forgotten. */
static void hold(struct printing *p, const struct expr *expr)
{
	struct held *held = held_in(p, expr->dreg);
	const char *name = NULL;
	char text[48];

	memset(held, 0, sizeof(*held));
	if (expr->kind == EXPR_PAYLOAD)
		name = name_field(expr->base, expr->offset, expr->len, p->is_six, p->protocol);
	/* The first bytes of an address: print_cmp() makes a prefix of them. */
	if (expr->kind == EXPR_PAYLOAD && !name && expr->base == NFT_PAYLOAD_NETWORK_HEADER)
		name = name_field(expr->base, expr->offset, p->is_six ? 16 : 4, p->is_six,
				  p->protocol);
	/* A place without a name is printed as nft(8) does: base, offset, bits. */
	if (expr->kind == EXPR_PAYLOAD && !name)
		(void)snprintf(text, sizeof(text), "@%s,%u,%u",
			       expr->base == NFT_PAYLOAD_LL_HEADER	  ? "ll"
			       : expr->base == NFT_PAYLOAD_NETWORK_HEADER ? "nh"
									  : "th",
			       expr->offset * 8, expr->len * 8);
	else if (expr->kind == EXPR_FIB)
		(void)snprintf(text, sizeof(text), "fib %s %s",
			       expr->flags & NFTA_FIB_F_SADDR ? "saddr" : "daddr",
			       expr->key == NFT_FIB_RESULT_ADDRTYPE ? "type" : "oif");
	else if (!name)
		(void)name_expr(expr, text, sizeof(text));
	/* A name that was found says more about the kind than the expression does. */
	held->kind = value_kind(expr, name);
	/* "ct original saddr": the direction stands behind "ct". */
	if (strncmp(direction(expr), "", 1) != 0 && strncmp(text, "ct ", 3) == 0)
		(void)snprintf(held->name, sizeof(held->name), "ct %s%.30s", direction(expr),
			       text + 3);
	else
		(void)snprintf(held->name, sizeof(held->name), "%s", name ? name : text);
}

/* A mask is a prefix for addresses, and a choice of flags where the rest must not be zero. The
 * kernel has two comparisons for one thing in both cases. Any other mask is written as nft(8)
 * writes an expression. */
static void print_masked(struct printing *p, const struct held *held, const struct expr *expr)
{
	const struct data *data = expr->data;
	/* negative: the mask is no prefix */
	int prefix = value_prefix(held->mask, held->mask_len);
	bool is_flags = held->kind == VALUE_CT_STATE || held->kind == VALUE_CT_STATUS;
	bool is_zero = true;

	for (size_t i = 0; i < data->len; i++)
		is_zero &= data->bytes[i] == 0;
	/* A comparison of flags with 0 asks whether any of them is set. */
	if (is_flags && is_zero) {
		/* (state & bits) != 0 */
		buf_printf(&p->buf, "%s %s", held->name, expr->op == NFT_CMP_EQ ? "!= " : "");
		value_print(&p->buf, held->kind, held->mask, held->mask_len);
		return;
	}
	/* A mask that begins with ones and ends with zeroes is a prefix. */
	if (held->kind == VALUE_ADDRESS && prefix >= 0) {
		buf_printf(&p->buf, "%s %s", held->name, expr->op == NFT_CMP_NEQ ? "!= " : "");
		value_print(&p->buf, held->kind, data->bytes, data->len);
		buf_printf(&p->buf, "/%d", prefix);
		return;
	}
	buf_printf(&p->buf, "%s & ", held->name);
	value_print(&p->buf, held->kind, held->mask, held->mask_len);
	buf_puts(&p->buf, expr->op == NFT_CMP_NEQ ? " != " : " == ");
	value_print(&p->buf, held->kind, data->bytes, data->len);
}

/* Comparisons that narrow down what the rule is about. true: it waits to be printed. It waits,
 * for a field of that protocol makes it needless. */
static bool narrow(struct printing *p, const struct held *held, const struct expr *expr)
{
	struct buf text = { 0 };
	uint8_t first = expr->data->len > 0 ? expr->data->bytes[0] : 0;

	/* "Not TCP" leaves all other protocols: fields keep their general names. */
	if (expr->op != NFT_CMP_EQ)
		return false;
	if (held->kind == VALUE_PROTOCOL)
		p->protocol = first;
	else if (held->kind == VALUE_NFPROTO)
		p->is_six = first == NFPROTO_IPV6;
	else if (held->kind == VALUE_ETHERTYPE && expr->data->len == 2)
		p->is_six = expr->data->bytes[0] == 0x86 && expr->data->bytes[1] == 0xdd;
	else
		return false;
	/* What waited before is printed first. */
	settle(p, held->name);
	value_print(&text, held->kind, expr->data->bytes, expr->data->len);
	(void)snprintf(p->waiting, sizeof(p->waiting), "%.24s %.20s", held->name,
		       text.data ? text.data : "?");
	buf_done(&text);
	return true;
}

/* nft(8) makes two comparisons of "10.0.0.2-10.0.0.5". Both are about the same register and of
 * the same length. */
static bool is_range(const struct expr *expr)
{
	const struct expr *next = expr->next;

	return expr->op == NFT_CMP_GTE && next && next->kind == EXPR_CMP &&
	       next->op == NFT_CMP_LTE && next->sreg == expr->sreg &&
	       next->data->len == expr->data->len;
}

/* Of two comparisons that are one range the first prints both, and the caller passes over the
 * second. */
static void print_cmp(struct printing *p, const struct expr *expr)
{
	/* In the order of enum nft_cmp_ops; equality is not written. */
	static const char *const ops[] = { "", "!= ", "< ", "<= ", "> ", ">= " };
	struct held *held = held_in(p, expr->sreg);

	if (expr->data->len == 0 || (held->mask_len == 0 && narrow(p, held, expr)))
		return;
	settle(p, held->name);
	space(p);
	if (held->mask_len > 0) {
		print_masked(p, held, expr);
		return;
	}
	buf_printf(&p->buf, "%s %s", held->name, is_range(expr) ? "" : ops[expr->op]);
	/* Three bytes of an address are a prefix. nft(8) loads only as many bytes as the prefix
	 * has. */
	if (held->kind == VALUE_ADDRESS && expr->data->len < (p->is_six ? 16U : 4U)) {
		uint8_t whole[16] = { 0 };

		memcpy(whole, expr->data->bytes, expr->data->len);
		value_print(&p->buf, held->kind, whole, p->is_six ? 16 : 4);
		buf_printf(&p->buf, "/%zu", expr->data->len * 8);
		return;
	}
	value_print(&p->buf, held->kind, expr->data->bytes, expr->data->len);
	if (is_range(expr)) {
		buf_puts(&p->buf, "-");
		value_print(&p->buf, held->kind, expr->next->data->bytes, expr->next->data->len);
	}
}

/* A range that the kernel knows as one. Newer versions of nft(8) make one expression of it. */
static void print_range(struct printing *p, const struct expr *expr)
{
	struct held *held = held_in(p, expr->sreg);

	settle(p, held->name);
	space(p);
	buf_printf(&p->buf, "%s %s", held->name, expr->op == NFT_RANGE_NEQ ? "!= " : "");
	value_print(&p->buf, held->kind, expr->from->bytes, expr->from->len);
	buf_puts(&p->buf, "-");
	value_print(&p->buf, held->kind, expr->to->bytes, expr->to->len);
}

/* An element with what a map gives for it. Four bytes are most often an address. */
static void print_element(struct printing *p, const struct set *set, const struct element *element,
			  enum value_kind kind)
{
	if (element->is_catchall)
		buf_puts(&p->buf, "*");
	else
		value_print(&p->buf, kind, element->key, set->key_len);
	if (element->data.is_verdict) {
		buf_puts(&p->buf, " : ");
		value_verdict(&p->buf, &element->data.verdict);
	} else if (element->data.len > 0) {
		buf_puts(&p->buf, " : ");
		value_print(&p->buf, element->data.len == 4 ? VALUE_ADDRESS : VALUE_HEX,
			    element->data.bytes, element->data.len);
	}
}

/* Concatenations and intervals are named only: their elements are more than a line has room
 * for. Other sets have a name. An anonymous set has no name that a person could look up, so its
 * elements are printed. */
static void print_set(struct printing *p, const struct set *set, enum value_kind kind)
{
	/* The first element stands behind the brace, others behind a comma. */
	const char *between = " ";
	size_t n = 0;

	if (!set)
		return;
	if (!(set->flags & NFT_SET_ANONYMOUS)) {
		buf_printf(&p->buf, "@%s", set->name);
		return;
	}
	buf_puts(&p->buf, "{");
	if (set->flags & NFT_SET_INTERVAL || set->fields[0] || !set->elements) {
		buf_puts(&p->buf, " ... }");
		return;
	}
	for (const struct element *element = set->elements; element; element = element->next) {
		buf_puts(&p->buf, between);
		between = ", ";
		/* One more than is printed: there are others, and the dots say so. */
		if (n++ == ELEMENTS) {
			buf_puts(&p->buf, "...");
			break;
		}
		print_element(p, set, element, kind);
	}
	buf_puts(&p->buf, " }");
}

/* Of a concatenation each field has its own register. Words that hold nothing are the rest of a
 * longer field. The words are in the order of the key. */
static void print_key(struct printing *p, const struct expr *expr, char *ret_name, size_t size)
{
	const struct set *set = expr->set;
	uint32_t number = expr->sreg;
	size_t at = 0;

	/* A set that is not known has no length of a key, and the name stays empty. */
	ret_name[0] = '\0';
	if (number >= NFT_REG_1 && number <= NFT_REG_4)
		number = NFT_REG32_00 + (number - NFT_REG_1) * 4;
	for (size_t word = 0; set && word < (set->key_len + 3) / 4 && at < size; word++) {
		const struct held *held = held_in(p, number + (uint32_t)word);

		if (!held->name[0])
			continue;
		at += (size_t)snprintf(ret_name + at, size - at, "%s%s", at ? " . " : "",
				       held->name);
	}
}

/* A lookup that gives a value fills a register; others are a comparison, or a map of verdicts. */
static void print_lookup(struct printing *p, const struct expr *expr)
{
	char name[160];
	struct held *held = held_in(p, expr->sreg);

	print_key(p, expr, name, sizeof(name));
	settle(p, name);
	if (expr->dreg != ~0U && expr->dreg != NFT_REG_VERDICT) {
		/* The key is printed with whatever uses the value, as nft(8) does. */
		struct held *to = held_in(p, expr->dreg);

		memset(to, 0, sizeof(*to));
		(void)snprintf(to->name, sizeof(to->name), "%.20s map @%.18s", name,
			       expr->set_name);
		return;
	}
	space(p);
	buf_printf(&p->buf, "%s %s", name,
		   expr->flags & NFT_LOOKUP_F_INV  ? "!= "
		   : expr->dreg == NFT_REG_VERDICT ? "vmap "
						   : "");
	print_set(p, expr->set, held->kind);
}

/* A constant, or what was loaded into the register. "?" is a register that nothing was loaded
 * into, which the kernel would not take. */
static void print_register(struct printing *p, uint32_t number, enum value_kind kind)
{
	const struct held *held = held_in(p, number);

	if (held->data)
		value_print(&p->buf, kind, held->data->bytes, held->data->len);
	else
		buf_puts(&p->buf, held->name[0] ? held->name : "?");
}

/* Where a map gives the address, the map's name stands for it. Numbers are printed only where
 * the rule has them. */
static void print_nat(struct printing *p, const struct expr *expr)
{
	const char *what = expr->kind == EXPR_MASQ	? "masquerade"
			   : expr->kind == EXPR_REDIR	? "redirect"
			   : expr->type == NFT_NAT_SNAT ? "snat"
							: "dnat";

	space(p);
	buf_puts(&p->buf, what);
	/* Neither: the kernel chooses, as in "masquerade" alone. */
	if (!expr->addr_min && !expr->proto_min)
		return;
	buf_puts(&p->buf, " to ");
	if (expr->addr_min)
		print_register(p, expr->addr_min, VALUE_ADDRESS);
	if (expr->addr_min && expr->addr_max != expr->addr_min) {
		buf_puts(&p->buf, "-");
		print_register(p, expr->addr_max, VALUE_ADDRESS);
	}
	if (!expr->proto_min)
		return;
	buf_puts(&p->buf, ":");
	print_register(p, expr->proto_min, VALUE_NUMBER);
}

/* "meta mark set 0x1". */
static void print_set_of(struct printing *p, const struct expr *expr)
{
	char name[48];

	space(p);
	buf_printf(&p->buf, "%s set ", name_expr(expr, name, sizeof(name)));
	print_register(p, expr->sreg, value_kind(expr, NULL));
}

/* As nft(8) calls the codes of ICMP, of ICMPv6, and those that are of both. NULL: a code
 * without a name. Holes in the lists are codes without a name, and NULL. */
static const char *reject_code(const struct printing *p, const struct expr *expr)
{
	static const char *const four[] = {
		"net-unreachable",	  "host-unreachable",	  "prot-unreachable",
		"port-unreachable",	  [9] = "net-prohibited", [10] = "host-prohibited",
		[13] = "admin-prohibited"
	};
	static const char *const six[] = { "no-route",
					   "admin-prohibited",
					   [3] = "addr-unreachable",
					   [4] = "port-unreachable",
					   [5] = "policy-fail",
					   [6] = "reject-route" };
	static const char *const both[] = { "no-route", "port-unreachable", "host-unreachable",
					    "admin-prohibited" };

	if (expr->type == NFT_REJECT_ICMPX_UNREACH)
		return expr->code < ARRAY_SIZE(both) ? both[expr->code] : NULL;
	if (p->is_six)
		return expr->code < ARRAY_SIZE(six) ? six[expr->code] : NULL;
	return expr->code < ARRAY_SIZE(four) ? four[expr->code] : NULL;
}

/* The family of the code's name follows the rule's. "icmpx" is a code of both families, in
 * tables of the family inet. */
static void print_reject(struct printing *p, const struct expr *expr)
{
	/* "", "v6" or "x": what stands behind "icmp" */
	const char *code = reject_code(p, expr), *x = "";

	space(p);
	buf_puts(&p->buf, "reject");
	if (expr->type == NFT_REJECT_TCP_RST) {
		buf_puts(&p->buf, " with tcp reset");
		return;
	}
	if (expr->type == NFT_REJECT_ICMPX_UNREACH)
		x = "x";
	else if (p->is_six)
		x = "v6";
	buf_printf(&p->buf, " with icmp%s ", x);
	if (code)
		buf_puts(&p->buf, code);
	else
		buf_printf(&p->buf, "%u", expr->code);
}

/* A verdict is printed, a constant is kept for who uses it. */
static void print_immediate(struct printing *p, const struct expr *expr)
{
	struct held *held = held_in(p, expr->dreg);

	if (expr->data->is_verdict) {
		space(p);
		value_verdict(&p->buf, &expr->data->verdict);
		return;
	}
	memset(held, 0, sizeof(*held));
	/* Points into the ruleset, which outlives the printing. */
	held->data = expr->data;
}

/* The mask is kept beside what was loaded, and printed with the comparison. A shift or another
 * operation leaves the mask as it was. */
static void print_bitwise(struct printing *p, const struct expr *expr)
{
	struct held *to = held_in(p, expr->dreg), *from = held_in(p, expr->sreg);

	/* The result may go into the register that it came from. */
	if (to != from)
		*to = *from;
	if (expr->op != NFT_BITWISE_BOOL || expr->len > sizeof(to->mask))
		return;
	memcpy(to->mask, expr->mask->bytes, expr->len);
	to->mask_len = expr->len;
}

/* What has no form of its own: its name, or in brackets why it is not understood. */
static void print_word(struct printing *p, const struct expr *expr)
{
	char name[64];

	space(p);
	if (expr->kind == EXPR_STRANGE || expr->kind == EXPR_OPAQUE)
		buf_printf(&p->buf, "[%s]", expr->doubt);
	else
		buf_puts(&p->buf, name_expr(expr, name, sizeof(name)));
}

/* Expressions that load print nothing by themselves. */
static void print_expr(struct printing *p, const struct expr *expr)
{
	bool is_verdict = expr->kind == EXPR_IMMEDIATE && expr->data->is_verdict;

	/* A statement or a verdict: what waited is printed now. */
	if (expr->kind >= EXPR_MATCH && (expr->kind != EXPR_IMMEDIATE || is_verdict) &&
	    expr->kind != EXPR_LOADS)
		settle(p, "");
	switch (expr->kind) {
	case EXPR_CMP:
		print_cmp(p, expr);
		break;
	case EXPR_RANGE:
		print_range(p, expr);
		break;
	case EXPR_LOOKUP:
		print_lookup(p, expr);
		break;
	case EXPR_BITWISE:
		print_bitwise(p, expr);
		break;
	/* Bytes in another order are still the same field. */
	case EXPR_BYTEORDER:
		*held_in(p, expr->dreg) = *held_in(p, expr->sreg);
		break;
	case EXPR_IMMEDIATE:
		print_immediate(p, expr);
		break;
	case EXPR_META_SET:
	case EXPR_CT_SET:
		print_set_of(p, expr);
		break;
	case EXPR_NAT:
	case EXPR_MASQ:
	case EXPR_REDIR:
		print_nat(p, expr);
		break;
	case EXPR_REJECT:
		print_reject(p, expr);
		break;
	case EXPR_META:
	case EXPR_PAYLOAD:
	case EXPR_CT:
	case EXPR_EXTHDR:
	case EXPR_FIB:
	case EXPR_RT:
	case EXPR_LOADS:
		hold(p, expr);
		break;
	case EXPR_MATCH:
	case EXPR_PAYLOAD_SET:
	case EXPR_NOTRACK:
	case EXPR_QUEUE:
	case EXPR_TARGET:
	case EXPR_NOTHING:
	case EXPR_MAYBE:
	case EXPR_STRANGE:
	case EXPR_OPAQUE:
	case EXPR_N_KINDS:
		print_word(p, expr);
		break;
	}
}

/* A rule longer than the buffer ends with dots. The buffer always ends in a NUL. */
const char *rules_print(const struct rules_rule *rule, char *buffer, size_t size)
{
	struct printing p = { .rule = rule };

	/* There is no room even for the end of a text. */
	if (size == 0)
		return buffer;
	buffer[0] = '\0';
	if (!rule)
		return buffer;
	/* The family of the table, until the rule says one. */
	p.is_six = rule->chain->table->family == NFPROTO_IPV6;
	for (const struct expr *expr = rule->exprs; expr; expr = expr->next) {
		print_expr(&p, expr);
		/* The second half of a range was printed with the first. */
		if (expr->kind == EXPR_CMP && is_range(expr))
			expr = expr->next;
	}
	settle(&p, "");
	(void)snprintf(buffer, size, "%s", p.buf.data ? p.buf.data : "");
	/* Three dots and the NUL take the place of the last four bytes. */
	if (p.buf.len >= size && size > 4)
		memcpy(buffer + size - 4, "...", 4);
	buf_done(&p.buf);
	return buffer;
}
