// SPDX-License-Identifier: GPL-2.0-or-later
// decode.c - the kernel's dump of a ruleset, message by message
#include "diag/rules/decode_expr.h"
#include "diag/rules/ruleset.h"
#include "diag/rules/tlv.h"

#include "base/map.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

/* A mask with the bit of one attribute. The masks below are numbers, because the kernel's
 * header here may be older than the kernel that sent the message. */
#define ATTR(type) (1U << (type))
#define TABLE_FLAGS 0x7	    /* dormant, owner, persist */
#define CHAIN_FLAGS 0x7	    /* base, hardware offload, binding */
#define SET_FLAGS 0x1ff	    /* up to NFT_SET_EXPR */
#define TABLE_KNOWN 0xfe    /* up to NFTA_TABLE_OWNER */
#define CHAIN_KNOWN 0x1ffe  /* up to NFTA_CHAIN_USERDATA */
#define RULE_KNOWN 0xfe	    /* up to NFTA_RULE_USERDATA, but what a dump never has */
#define SET_KNOWN 0x1ffffe  /* up to NFTA_SET_COUNT */
#define ELEMENT_KNOWN 0xffe /* up to NFTA_SET_ELEM_EXPRESSIONS */
#define LIST_KNOWN 0x1e	    /* of elements, up to NFTA_SET_ELEM_LIST_SET_ID */
#define HOOK_KNOWN 0x1e	    /* up to NFTA_HOOK_DEVS */
#define UDATA_COMMENT 0	    /* nft's TLV in user data, of rules and of elements */

/* Theory of operation. A dump comes as tables, chains, rules, sets and elements, each message
 * by itself and each naming what it belongs to. What belongs to nothing that came is left out:
 * it came into being between two dumps, and whoever took the picture takes it again. A message
 * that is not understood in full is never left out, but marked: a chain or a set that is odd
 * makes doubtful whatever meets it. So a verdict can be wrong only by saying "may be". */

/* User data is a list of type, length (a byte each) and value, made by nft(8). NULL: no
 * comment. *ret_comment is the ruleset's memory. Other types in the user data belong to nft(8)
 * alone. An item that is longer than what is left ends the list. */
static int read_comment(struct rules *rules, struct tlv in, char **ret_comment)
{
	size_t at = 0;

	/* Most rules have none, and that is no failure. */
	*ret_comment = NULL;
	while (at + 2 <= in.len && at + 2 + in.data[at + 1] <= in.len) {
		const char *text = (const char *)in.data + at + 2;
		size_t len = in.data[at + 1];

		at += 2 + len;
		/* The loop has gone behind the item already. */
		if (in.data[at - len - 2] != UDATA_COMMENT || len == 0)
			continue;
		*ret_comment = ruleset_take(rules, len + 1);
		if (!*ret_comment)
			return -ENOMEM;
		/* Memory of the ruleset is zeroed, so the text ends. */
		memcpy(*ret_comment, text, strnlen(text, len));
		return 0;
	}
	return 0;
}

/* Whoever sends a table twice means the same one: the second message is passed over. A table
 * without a name is none. */
static int read_table(struct rules *rules, uint8_t family, const struct tlv_set *set)
{
	struct table *table;
	char name[NFT_NAME_MAXLEN];

	if (!tlv_text(set, NFTA_TABLE_NAME, name, sizeof(name)) ||
	    ruleset_table(rules, family, name))
		return 0;
	/* Everything here is the ruleset's memory and goes with it: no failure frees anything. */
	table = ruleset_take(rules, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->family = family;
	table->name = ruleset_text(rules, name);
	/* What is odd about a table is odd about all of its chains. */
	table->is_odd = set->is_broken || tlv_stranger(set, TABLE_KNOWN) ||
			!tlv_u32_if(set, NFTA_TABLE_FLAGS, &table->flags) ||
			table->flags & ~(uint32_t)TABLE_FLAGS;
	/* Absent where nobody owns it, which leaves 0. */
	(void)tlv_u32(set, NFTA_TABLE_OWNER, &table->owner);
	if (!table->name)
		return -ENOMEM;
	/* Tables stay in the order of the dump, which is that in which they were made. */
	if (rules->last_table)
		rules->last_table->next = table;
	else
		rules->tables = table;
	rules->last_table = table;
	return 0;
}

/* The table that a message speaks of; messages of one come in a row. NULL: it was not dumped.
 * rules->table keeps the last one. */
static struct table *table_of(struct rules *rules, uint8_t family, const struct tlv_set *set,
			      unsigned int type)
{
	char name[NFT_NAME_MAXLEN];

	if (!tlv_text(set, type, name, sizeof(name)))
		return NULL;
	if (!rules->table || rules->table->family != family ||
	    strcmp(rules->table->name, name) != 0)
		rules->table = ruleset_table(rules, family, name);
	return rules->table;
}

/* room: how many there can be at the most. The memory is taken once. Devices stand in two
 * lists: the name, and whether it is a prefix. */
static int add_device(struct rules *rules, struct chain *chain, struct tlv name, bool is_prefix,
		      size_t room)
{
	/* The kernel ends it with a NUL; a file that was made by hand may not. */
	size_t len = strnlen((const char *)name.data, name.len);

	/* For the first device of the chain. */
	if (!chain->devices) {
		chain->devices = ruleset_take(rules, room * sizeof(*chain->devices));
		chain->device_is_prefix = ruleset_take(rules, room);
		if (!chain->devices || !chain->device_is_prefix)
			return -ENOMEM;
	}
	/* A name that is too long is no link's; then it is not known what the chain is bound to. */
	if (len >= FACTS_IFNAME || chain->n_devices == room) {
		chain->is_odd = true;
		return 0;
	}
	memcpy(chain->devices[chain->n_devices], name.data, len);
	chain->device_is_prefix[chain->n_devices++] = is_prefix;
	return 0;
}

/* NFTA_DEVICE_NAME, and NFTA_DEVICE_PREFIX of newer kernels. Both are numbers here, as the
 * header may not have the second. */
static int read_devices(struct rules *rules, struct chain *chain, const struct tlv_set *hook)
{
	struct tlv list = hook->of[NFTA_HOOK_DEVS], item;
	/* An attribute has a head at least, so this many can be in the list. */
	size_t room = list.len / sizeof(struct nlattr) + 1;
	uint16_t type;
	int err = 0;

	/* Kernels before 4.16 or so, and chains of one device: the name stands alone. */
	if (!list.data) {
		if (hook->of[NFTA_HOOK_DEV].data)
			err = add_device(rules, chain, hook->of[NFTA_HOOK_DEV], false, 1);
		return err;
	}
	while (err == 0 && tlv_next(&list, &item, &type)) {
		/* 2: NFTA_DEVICE_PREFIX, a name that others only begin with. */
		if (type == 1 || type == 2)
			err = add_device(rules, chain, item, type == 2, room);
		else
			chain->is_odd = true;
	}
	return err;
}

/* A chain with a hook is a base chain. Without one it is only jumped to. A base chain is put
 * into the list of all base chains, from which hook.c takes those of one hook. */
static int read_hook(struct rules *rules, struct chain *chain, const struct tlv_set *set)
{
	struct tlv_set hook;
	char type[32];
	uint32_t priority;

	tlv_inside(set, NFTA_CHAIN_HOOK, &hook);
	/* Both are there in every dump of a base chain. */
	if (!tlv_u32(&hook, NFTA_HOOK_HOOKNUM, &chain->hook) ||
	    !tlv_u32(&hook, NFTA_HOOK_PRIORITY, &priority))
		return 0;
	chain->is_base = true;
	chain->is_odd |= tlv_stranger(&hook, HOOK_KNOWN) != 0;
	chain->priority = (int32_t)priority;
	/* A chain without a policy accepts. */
	chain->policy = NF_ACCEPT;
	chain->is_odd |= !tlv_u32_if(set, NFTA_CHAIN_POLICY, &chain->policy);
	if (tlv_text(set, NFTA_CHAIN_TYPE, type, sizeof(type))) {
		chain->is_nat = strcmp(type, "nat") == 0;
		chain->is_route = strcmp(type, "route") == 0;
		/* A type of chain that is not known may do anything to a packet. */
		chain->is_odd |= !chain->is_nat && !chain->is_route && strcmp(type, "filter") != 0;
	}
	/* Registration: of equal priorities the order decides. */
	chain->order = rules->n_bases++;
	if (rules->last_base)
		rules->last_base->next_base = chain;
	else
		rules->bases = chain;
	rules->last_base = chain;
	return read_devices(rules, chain, &hook);
}

/* Chains are remembered by name, for rules and jumps name them. A second message of the same
 * chain is passed over. */
static int read_chain(struct rules *rules, uint8_t family, const struct tlv_set *set)
{
	struct table *table = table_of(rules, family, set, NFTA_CHAIN_TABLE);
	struct chain *chain;
	char name[NFT_NAME_MAXLEN];
	uint32_t flags = 0;

	/* Its table was not dumped: it came into being in between. */
	if (!table || !tlv_text(set, NFTA_CHAIN_NAME, name, sizeof(name)) ||
	    ruleset_chain(rules, table, name))
		return 0;
	chain = ruleset_take(rules, sizeof(*chain));
	if (!chain)
		return -ENOMEM;
	chain->table = table;
	chain->name = ruleset_text(rules, name);
	chain->is_odd = table->is_odd || set->is_broken || tlv_stranger(set, CHAIN_KNOWN) ||
			!tlv_u32_if(set, NFTA_CHAIN_FLAGS, &flags) ||
			flags & ~(uint32_t)CHAIN_FLAGS;
	if (!chain->name)
		return -ENOMEM;
	if (table->last_chain)
		table->last_chain->next = chain;
	else
		table->chains = chain;
	table->last_chain = chain;
	/* The hook comes last, for it puts the chain into the list of base chains. */
	return read_hook(rules, chain, set) < 0 ? -ENOMEM : ruleset_add_chain(rules, chain);
}

/* Rules of one chain come in a row, so the last one found is tried first. NULL: the chain was
 * not dumped. */
static struct chain *chain_of(struct rules *rules, struct table *table, const struct tlv_set *set)
{
	char name[NFT_NAME_MAXLEN];

	if (!tlv_text(set, NFTA_RULE_CHAIN, name, sizeof(name)))
		return NULL;
	/* Dumps come chain by chain, so this seldom looks a name up. */
	if (!rules->chain || rules->chain->table != table || strcmp(rules->chain->name, name) != 0)
		rules->chain = ruleset_chain(rules, table, name);
	return rules->chain;
}

/* Expressions stay in their order: they are a program. last makes appending cheap. */
static void add_expr(struct rules_rule *rule, struct expr *expr)
{
	if (rule->last)
		rule->last->next = expr;
	else
		rule->exprs = expr;
	rule->last = expr;
}

/* A rule that has what nobody knows begins with an expression that can do anything. So nothing
 * that the rule does can be told for certain. */
static int mark_odd(struct rules *rules, struct rules_rule *rule, const char *why)
{
	struct expr *expr = ruleset_take(rules, sizeof(*expr));

	if (!expr)
		return -ENOMEM;
	/* Whoever runs the rule takes this for any effect at all, and says why. */
	expr->kind = EXPR_OPAQUE;
	expr->name = "?";
	expr->doubt = why;
	add_expr(rule, expr);
	return 0;
}

/* What is left over behind the last whole attribute makes the rule unknown. Each attribute of
 * the list is one expression. */
static int read_exprs(struct rules *rules, struct rules_rule *rule, struct tlv list)
{
	struct tlv item;
	uint16_t type;

	while (tlv_next(&list, &item, &type)) {
		struct expr *expr = decode_expr(rules, item);

		if (!expr)
			return -ENOMEM;
		add_expr(rule, expr);
	}
	return list.len > 0 ? mark_odd(rules, rule, "expressions that are cut off") : 0;
}

/* The comment first: it is told even if the rest is not understood. A rule with an attribute
 * that nobody knows may do something else than its expressions say. */
static int fill_rule(struct rules *rules, struct rules_rule *rule, const struct tlv_set *set)
{
	int err = read_comment(rules, set->of[NFTA_RULE_USERDATA], &rule->comment);

	if (err == 0 && (set->is_broken || tlv_stranger(set, RULE_KNOWN | ATTR(NFTA_RULE_PAD))))
		err = mark_odd(rules, rule, "an attribute of the rule that nobody knows");
	return err < 0 ? err : read_exprs(rules, rule, set->of[NFTA_RULE_EXPRESSIONS]);
}

/* A rule counts from 1 within its chain. nft(8) counts in the same way; the handle is what
 * names a rule in a command. */
static int read_rule(struct rules *rules, uint8_t family, const struct tlv_set *set)
{
	/* A rule of a chain that was not dumped is left out, as the chain is. */
	struct table *table = table_of(rules, family, set, NFTA_RULE_TABLE);
	struct chain *chain = table ? chain_of(rules, table, set) : NULL;
	struct rules_rule *rule;

	if (!chain)
		return 0;
	rule = ruleset_take(rules, sizeof(*rule));
	if (!rule)
		return -ENOMEM;
	rule->chain = chain;
	rule->number = ++chain->n_rules;
	/* Without a handle it could not be named, but it is run all the same. */
	(void)tlv_u64(set, NFTA_RULE_HANDLE, &rule->handle); /* a dump has it */
	if (chain->last)
		chain->last->next = rule;
	else
		chain->rules = rule;
	chain->last = rule;
	return fill_rule(rules, rule, set);
}

/* Fields of a concatenation, each of which fills whole words of the key. A field of 5 bytes
 * fills 8 of the key. */
static void read_fields(struct set *set, const struct tlv_set *attributes)
{
	struct tlv_set desc, field;
	struct tlv list, item;
	uint32_t bytes;
	uint16_t type;
	size_t n = 0, total = 0;

	/* A set without a concatenation has no fields, and set->fields[0] stays 0. */
	tlv_inside(attributes, NFTA_SET_DESC, &desc);
	list = desc.of[NFTA_SET_DESC_CONCAT];
	set->is_odd |= tlv_stranger(&desc, ATTR(NFTA_SET_DESC_SIZE) | ATTR(NFTA_SET_DESC_CONCAT));
	(void)tlv_u32(&desc, NFTA_SET_DESC_SIZE, &set->size);
	while (tlv_next(&list, &item, &type)) {
		tlv_read(item, &field);
		/* The kernel's documentation says bits, what it means is bytes. */
		if (n == RULES_FIELDS || !tlv_u32(&field, NFTA_SET_FIELD_LEN, &bytes) ||
		    bytes == 0 || bytes > RULES_BYTES) {
			set->is_odd = true;
			return;
		}
		set->fields[n++] = (uint8_t)bytes;
		/* Each field begins at a word. */
		total += (bytes + 3) / 4 * 4;
	}
	/* More than a key has room for: registers would end before it. */
	set->is_odd |= total > RULES_BYTES;
}

/* An element's expressions can keep it from matching. set->may_refuse then makes "is in the
 * set" a "may be". The attribute of newer kernels is a list. */
static int read_set_exprs(struct rules *rules, struct set *set, const struct tlv_set *attributes)
{
	int counts = decode_expr_only_counts(rules, attributes->of[NFTA_SET_EXPRESSIONS]);
	struct expr *expr;

	if (counts < 0)
		return counts;
	set->may_refuse |= counts == 0;
	/* Kernels before 5.11 have one expression, and its own attribute for it. */
	if (!attributes->of[NFTA_SET_EXPR].data)
		return 0;
	expr = decode_expr(rules, attributes->of[NFTA_SET_EXPR]);
	set->may_refuse |= expr && expr->kind != EXPR_NOTHING;
	return expr ? 0 : -ENOMEM;
}

/* A set without a readable key length gets one of a byte, so that nothing behind divides by it
 * or reads beyond it; being odd it matches nothing for certain. Sets are found by name from
 * then on. */
static int read_set(struct rules *rules, uint8_t family, const struct tlv_set *attributes)
{
	struct table *table = table_of(rules, family, attributes, NFTA_SET_TABLE);
	struct set *set;
	char name[NFT_NAME_MAXLEN];
	int err;

	if (!table || !tlv_text(attributes, NFTA_SET_NAME, name, sizeof(name)) ||
	    ruleset_set(rules, table, name))
		return 0;
	set = ruleset_take(rules, sizeof(*set));
	if (!set)
		return -ENOMEM;
	set->table = table;
	set->name = ruleset_text(rules, name);
	/* Their order does not matter: they are only looked up by name. */
	set->next = table->sets;
	table->sets = set;
	set->is_odd = attributes->is_broken || tlv_stranger(attributes, SET_KNOWN) ||
		      !tlv_u32_if(attributes, NFTA_SET_FLAGS, &set->flags) ||
		      !tlv_u32_if(attributes, NFTA_SET_DATA_TYPE, &set->data_type) ||
		      !tlv_u32_if(attributes, NFTA_SET_DATA_LEN, &set->data_len) ||
		      !tlv_u32_if(attributes, NFTA_SET_OBJ_TYPE, &set->obj_type) ||
		      set->flags & ~(uint32_t)SET_FLAGS;
	if (!tlv_u32(attributes, NFTA_SET_KEY_LEN, &set->key_len) || set->key_len == 0 ||
	    set->key_len > RULES_BYTES) {
		set->is_odd = true;
		/* Anonymous sets are here, too: a rule names them like others. */
		set->key_len = 1;
	}
	read_fields(set, attributes);
	err = read_set_exprs(rules, set, attributes);
	if (err < 0 || !set->name)
		return -ENOMEM;
	return ruleset_add_set(rules, set);
}

/* An element has a key, or a key and an end (a range), or is the one that stands for all
 * others. A key of another length than the set's cannot be compared. */
static int read_element_key(struct rules *rules, struct set *set, struct element *element,
			    const struct tlv_set *attributes)
{
	struct data *key, *end;
	int err = 0;

	key = decode_data(rules, attributes->of[NFTA_SET_ELEM_KEY], &err);
	end = decode_data(rules, attributes->of[NFTA_SET_ELEM_KEY_END], &err);
	if (err < 0)
		return err;
	/* The element for all others has no key, which is its sign and no fault. */
	if (key && !key->is_verdict && key->len == set->key_len)
		memcpy(element->key, key->bytes, key->len);
	else if (!element->is_catchall)
		element->is_odd = true;
	if (!end)
		return 0;
	/* An end that is odd is kept, so that the element still counts as a range. */
	element->has_end = true;
	element->is_odd |= end->is_verdict || end->len != set->key_len;
	memcpy(element->end, end->bytes, end->len);
	return 0;
}

/* The end of an interval has no data of its own. In a map every beginning has some. Verdicts of
 * a verdict map are data, too. */
static int read_element_data(struct rules *rules, struct set *set, struct element *element,
			     const struct tlv_set *attributes)
{
	struct data *data;
	int err = 0;

	if (!(set->flags & NFT_SET_MAP) || element->is_interval_end)
		return 0;
	data = decode_data(rules, attributes->of[NFTA_SET_ELEM_DATA], &err);
	if (data)
		element->data = *data;
	else
		element->is_odd = true;
	return err;
}

/* An element's own expressions are those of its set, which are looked at there.
 * NFT_SET_ELEM_INTERVAL_END marks where an interval ends. Flags that nobody knows make it odd:
 * it may stand for anything. */
static int read_element(struct rules *rules, struct set *set, struct tlv in)
{
	struct element *element = ruleset_take(rules, sizeof(*element));
	struct tlv_set attributes;
	uint32_t flags = 0;
	int err;

	if (!element)
		return -ENOMEM;
	tlv_read(in, &attributes);
	element->is_odd = !tlv_u32_if(&attributes, NFTA_SET_ELEM_FLAGS, &flags);
	element->is_interval_end = flags & NFT_SET_ELEM_INTERVAL_END;
	element->is_catchall = flags & 0x2; /* NFT_SET_ELEM_CATCHALL, of 5.13 */
	element->is_odd |= attributes.is_broken || tlv_stranger(&attributes, ELEMENT_KNOWN) ||
			   flags & ~3U;
	err = read_element_key(rules, set, element, &attributes);
	if (err == 0)
		err = read_element_data(rules, set, element, &attributes);
	if (err == 0)
		err = read_comment(rules, attributes.of[NFTA_SET_ELEM_USERDATA], &element->comment);
	if (err < 0)
		return err;
	/* Elements stay in the order of the dump, in which intervals are sorted. */
	if (set->last)
		set->last->next = element;
	else
		set->elements = element;
	set->last = element;
	return 0;
}

/* One message of elements; a large set has several. A set without elements has a message, too:
 * then it is known to be empty. An element's order matters only in a set of intervals. */
static int read_elements(struct rules *rules, uint8_t family, const struct tlv_set *attributes)
{
	struct table *table = table_of(rules, family, attributes, NFTA_SET_ELEM_LIST_TABLE);
	struct tlv list = attributes->of[NFTA_SET_ELEM_LIST_ELEMENTS], item;
	struct set *set;
	char name[NFT_NAME_MAXLEN];
	uint16_t type;

	if (!table || !tlv_text(attributes, NFTA_SET_ELEM_LIST_SET, name, sizeof(name)))
		return 0;
	set = ruleset_set(rules, table, name);
	if (!set)
		return 0;
	/* Elements of a set without this are asked for one by one (struct rules_ask). */
	set->has_elements = true;
	while (tlv_next(&list, &item, &type))
		if (read_element(rules, set, item) < 0)
			return -ENOMEM;
	/* What is left of the list is an element that was cut off. */
	set->is_odd |= list.len > 0 || attributes->is_broken ||
		       tlv_stranger(attributes, LIST_KNOWN);
	return 0;
}

/* What one does is done by the rules that name it, and they say its type. Only conntrack's
 * objects matter (ruleset_flows.c). An object is no part of the way of a packet by itself. */
static void read_object(struct rules *rules, const struct tlv_set *attributes)
{
	uint32_t type;

	if (tlv_u32(attributes, NFTA_OBJ_TYPE, &type))
		ruleset_note_object(rules, rules->family, type);
}

/* The family stands in the message's own header, not among the attributes. -EBADMSG: these are
 * no messages of nftables. */
static int read_message(struct rules *rules, uint16_t type, struct tlv body)
{
	struct nfgenmsg head;
	struct tlv_set set;

	/* Of another subsystem: whoever made the bytes has mixed them up. */
	if (NFNL_SUBSYS_ID(type) != NFNL_SUBSYS_NFTABLES || body.len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, body.data, sizeof(head));
	tlv_read((struct tlv) { .data = body.data + sizeof(head), .len = body.len - sizeof(head) },
		 &set);
	rules->family = head.nfgen_family;
	switch (NFNL_MSG_TYPE(type)) {
	case NFT_MSG_NEWTABLE:
		return read_table(rules, head.nfgen_family, &set);
	case NFT_MSG_NEWCHAIN:
		return read_chain(rules, head.nfgen_family, &set);
	case NFT_MSG_NEWRULE:
		return read_rule(rules, head.nfgen_family, &set);
	case NFT_MSG_NEWSET:
		return read_set(rules, head.nfgen_family, &set);
	case NFT_MSG_NEWSETELEM:
		return read_elements(rules, head.nfgen_family, &set);
	case NFT_MSG_NEWOBJ:
		read_object(rules, &set);
		return 0;
	default:
		return 0; /* flowtables, the generation */
	}
}

/* The messages one after the other. A length that does not fit ends it: behind that nothing can
 * be trusted. The same bytes come out of a file, so nothing is taken for granted. */
static int read_all(struct rules *rules, struct tlv in)
{
	while (in.len > 0) {
		struct nlmsghdr head;
		size_t whole;
		int err = 0;

		if (in.len < sizeof(head))
			return -EBADMSG;
		memcpy(&head, in.data, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > in.len)
			return -EBADMSG;
		/* NLMSG_DONE and its likes say nothing about rules. */
		if (head.nlmsg_type >= NLMSG_MIN_TYPE)
			err = read_message(rules, head.nlmsg_type,
					   (struct tlv) { .data = in.data + sizeof(head),
							  .len = head.nlmsg_len - sizeof(head) });
		if (err < 0)
			return err;
		/* The last message may lack its padding. */
		whole = NLMSG_ALIGN((size_t)head.nlmsg_len);
		if (whole > in.len)
			whole = in.len;
		in.data += whole;
		in.len -= whole;
	}
	return 0;
}

/* On failure nothing of it stays. Linking comes last, since names may point forwards. -EBADMSG:
 * they are cut off, or of something else. */
int rules_decode(const void *messages, size_t len, struct rules **ret_rules)
{
	struct rules *rules = calloc(1, sizeof(*rules));
	int err = -ENOMEM;

	if (!rules)
		return -ENOMEM;
	/* Chains and sets of all tables, by which jumps and lookups find them. */
	rules->by_name = map_new();
	if (rules->by_name)
		err = read_all(rules, (struct tlv) { .data = messages, .len = len });
	if (err < 0) {
		rules_free(rules);
		return err;
	}
	ruleset_link(rules);
	*ret_rules = rules;
	return 0;
}
