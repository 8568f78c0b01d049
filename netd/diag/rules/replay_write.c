// SPDX-License-Identifier: GPL-2.0-or-later
// replay_write.c - the messages that make a table again, in the order in which it came to be
#include "base/cleanup.h"
#include "base/limits.h"
#include "diag/rules/replay_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. A table is made in one transaction, so that nobody ever sees half of it.
 * Everything in it gets the number (handle) that it has on the host: the kernel counts them up,
 * so what is missing in between is made and deleted again at the end. Items come in the order
 * of these numbers, which is that in which they were made; a rule's place in its chain is said
 * by the rule before it.
 *
 * Elements are sent when all that they may name is there: those of a constant set before the
 * first rule behind it, and all others at the end. */

/* The chain whose rules are there for their numbers alone, and so is the table. */
#define FILLER "netd-filler"

/* Of linux/netfilter/nf_tables.h since 6.16: which structure the kernel chose, and how many there
 * are, which are refused where they are sent. */
#define SET_TYPE 19
#define SET_COUNT 20

/* A batch for one table, as it grows. seq counts the messages, for the kernel names the one
 * that it refuses by that number. */
struct writing {
	struct replay *replay;
	struct replay_table *table;
	struct buf *out;
	uint32_t seq;
	size_t message;	   /* where the one that is written begins */
	uint64_t next;	   /* number that the kernel will give */
	size_t n_constant; /* sets that want their elements before the next rule */
	bool has_filler;
};

/* ---- messages ---- */

/* Attributes and messages begin at multiples of four bytes. The zeroes are what stands between. */
static void put(struct writing *writing, const void *data, size_t len)
{
	static const uint8_t zeroes[NLMSG_ALIGNTO];

	buf_append(writing->out, data, len);
	buf_append(writing->out, zeroes, NLMSG_ALIGN(len) - len);
}

/* A message begins with its head; end() writes its length when that is known. res_id is the
 * subsystem at the beginning of a batch, and 0 elsewhere. */
static void begin_type(struct writing *writing, uint16_t type, uint16_t flags, uint8_t family,
		       uint16_t resource)
{
	const struct nlmsghdr head = { .nlmsg_type = type,
				       .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
				       .nlmsg_seq = writing->seq++ };
	const struct nfgenmsg gen = { .nfgen_family = family,
				      .version = NFNETLINK_V0,
				      .res_id = htons(resource) };

	writing->message = writing->out->len;
	put(writing, &head, sizeof(head));
	put(writing, &gen, sizeof(gen));
}

/* A message about the table at hand. flags: NLM_F_CREATE and its likes. */
static void begin(struct writing *writing, uint16_t type, uint16_t flags)
{
	begin_type(writing, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags,
		   writing->table->family, 0);
}

/* The length covers the padding of the last attribute. */
static void end(struct writing *writing)
{
	uint32_t len = (uint32_t)(writing->out->len - writing->message);

	if (writing->out->err == 0)
		memcpy(writing->out->data + writing->message, &len, sizeof(len));
}

/* One attribute: head, bytes, padding. A text has its NUL in it. */
static void put_attr(struct writing *writing, uint16_t type, const void *data, size_t len)
{
	const struct nlattr head = { .nla_type = type, .nla_len = (uint16_t)(sizeof(head) + len) };

	put(writing, &head, sizeof(head));
	put(writing, data, len);
}

static void put_text(struct writing *writing, uint16_t type, const char *text)
{
	put_attr(writing, type, text, strlen(text) + 1);
}

/* A nest is an attribute of attributes. Returns its place, for close_nest(). */
static size_t open_nest(struct writing *writing, uint16_t type)
{
	size_t at = writing->out->len;

	put_attr(writing, type | NLA_F_NESTED, "", 0);
	return at;
}

/* A nest's length has no padding behind it, as its items are whole. */
static void close_nest(struct writing *writing, size_t at)
{
	uint16_t len = (uint16_t)(writing->out->len - at);

	if (writing->out->err == 0)
		memcpy(writing->out->data + at, &len, sizeof(len));
}

/* With its head as it came: a flag there says that it is nested. The bytes come from the
 * message that was read. data points behind the attribute's head. */
static void put_as_it_is(struct writing *writing, const struct tlv *attr)
{
	put(writing, attr->data - sizeof(struct nlattr), attr->len + sizeof(struct nlattr));
}

/* The attributes of a message that was read. They point into replay's bytes. */
static struct tlv attrs_at(const struct writing *writing, size_t at)
{
	struct tlv attrs = { 0 };
	uint16_t type;
	uint8_t family;

	(void)replay_message(writing->replay->bytes, writing->replay->len, at, &type, &family,
			     &attrs);
	return attrs;
}

/* All attributes but those of the mask, which the kernel gives and does not take. Newer types
 * than 31 are passed on; the kernel that gave them takes them. */
static void put_all_but(struct writing *writing, size_t at, uint32_t without)
{
	struct tlv attrs = attrs_at(writing, at), attr;
	uint16_t type;

	while (tlv_next(&attrs, &attr, &type))
		if (type >= 32 || !(without & 1U << type))
			put_as_it_is(writing, &attr);
}

/* ---- numbers ---- */

/* A rule without expressions in a chain that nothing jumps to, or that chain itself. It needs
 * no expression, for nobody asks what it does. */
static void put_filler(struct writing *writing, uint16_t type, uint16_t flags, bool is_rule)
{
	begin(writing, type, flags);
	put_text(writing, is_rule ? NFTA_RULE_TABLE : NFTA_CHAIN_TABLE, writing->table->name);
	put_text(writing, is_rule ? NFTA_RULE_CHAIN : NFTA_CHAIN_NAME, FILLER);
	end(writing);
}

/* Something that goes again has each number that is missing before this one. Chains, rules,
 * sets and objects of a table share one count of numbers. A number is given when something is
 * made, and never again. */
static int reach_number(struct writing *writing, uint64_t number)
{
	uint64_t missing = number - writing->next;

	if (number < writing->next)
		/* A ruleset that was changed while it was read may have two of one number. */
		return -EBADMSG; /* two of one number */
	/* n_spent counts all tables: so many fillers are sent at the most. */
	if (missing > REPLAY_NUMBERS_MAX - writing->replay->n_spent)
		return -E2BIG;
	writing->replay->n_spent += missing;
	/* The first filler is the chain, which takes a number, too. */
	for (; writing->next < number && writing->out->err == 0; writing->next++) {
		put_filler(writing, writing->has_filler ? NFT_MSG_NEWRULE : NFT_MSG_NEWCHAIN,
			   NLM_F_CREATE | (writing->has_filler ? NLM_F_APPEND : NLM_F_EXCL),
			   writing->has_filler);
		writing->has_filler = true;
	}
	writing->next++;
	return writing->out->err;
}

/* The chain goes at the end, with all its rules. The kernel deletes what is in use last: the
 * rules come before their chain. */
static void drop_filler(struct writing *writing)
{
	if (!writing->has_filler)
		return;
	put_filler(writing, NFT_MSG_DELRULE, 0, true);
	put_filler(writing, NFT_MSG_DELCHAIN, 0, false);
}

/* Used for tables that only count a number up. A table without a flag is made where there is
 * none. */
static void put_table_name(struct writing *writing, uint16_t type, const char *name)
{
	begin(writing, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0);
	put_text(writing, NFTA_TABLE_NAME, name);
	end(writing);
}

/* Tables have numbers, too. They are made in their order, and one that has gone is made and
 * deleted. Their numbers are one count of the namespace. */
static int reach_table(struct writing *writing)
{
	const struct replay_table *table = writing->table;
	uint64_t next = table == writing->replay->tables ? 1 : table[-1].handle + 1;

	/* Tables that are not in order were changed while they were read. */
	if (table->handle < next)
		return -EBADMSG;
	if (table->handle - next > REPLAY_NUMBERS_MAX - writing->replay->n_spent)
		return -E2BIG;
	writing->replay->n_spent += table->handle - next;
	for (; next < table->handle && writing->out->err == 0; next++) {
		put_table_name(writing, NFT_MSG_NEWTABLE, FILLER);
		put_table_name(writing, NFT_MSG_DELTABLE, FILLER);
	}
	return writing->out->err;
}

/* ---- elements ---- */

/* at: a message of elements. is_backwards: its elements are sent in the opposite order. They
 * are turned around in the buffer, since the list can be read forwards only. */
static void put_elements(struct writing *writing, size_t at, bool is_backwards)
{
	struct tlv_set message;
	struct tlv list, item;
	uint16_t type;
	size_t nest, first, len = 0;

	tlv_read(attrs_at(writing, at), &message);
	list = message.of[NFTA_SET_ELEM_LIST_ELEMENTS];
	if (list.len == 0)
		return; /* a set without any */
	begin(writing, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	put_as_it_is(writing, &message.of[NFTA_SET_ELEM_LIST_TABLE]);
	put_as_it_is(writing, &message.of[NFTA_SET_ELEM_LIST_SET]);
	/* The list's head is written anew, for its length may differ. */
	nest = open_nest(writing, NFTA_SET_ELEM_LIST_ELEMENTS);
	first = writing->out->len;
	/* Room for all of them, which is then filled from its end. */
	if (is_backwards)
		put(writing, list.data, list.len);
	while (tlv_next(&list, &item, &type)) {
		size_t whole = NLMSG_ALIGN(item.len + sizeof(struct nlattr));

		if (!is_backwards)
			put_as_it_is(writing, &item);
		else if (writing->out->err == 0 && len + whole <= writing->out->len - first)
			memcpy(writing->out->data + writing->out->len - len - whole,
			       item.data - sizeof(struct nlattr), item.len + sizeof(struct nlattr));
		len += whole;
	}
	close_nest(writing, nest);
	end(writing);
}

/* A tree of intervals is shown from its end, and has to grow from its beginning: an end is
 * taken for one of the interval that began before it. Messages are turned around as well as the
 * elements in each. A set with ranges of concatenations is no such tree. */
static void put_elements_of(struct writing *writing, size_t set)
{
	struct replay_table *table = writing->table;
	struct replay_item *item = &table->items[set];
	bool is_backwards = (item->flags & (NFT_SET_INTERVAL | NFT_SET_CONCAT)) == NFT_SET_INTERVAL;

	if (!item->wants_elements)
		return;
	item->wants_elements = false;
	/* For replay_refused(): which element the kernel did not take. */
	item->elements_seq = writing->seq;
	for (size_t i = 0; i < item->n_elements; i++) {
		size_t which = is_backwards ? item->n_elements - 1 - i : i;

		put_elements(writing, table->elements[item->first_elements + which], is_backwards);
	}
}

/* Into a constant set nothing can be put once a rule looks it up; into another the elements may
 * have come last, and name chains that were made after it. constant_only: before a rule.
 * Whether a set is constant is said by its flag. */
static void put_pending(struct writing *writing, bool constant_only)
{
	struct replay_table *table = writing->table;

	if (constant_only && writing->n_constant == 0)
		return;
	writing->n_constant = 0;
	for (size_t i = 0; i < table->n_items; i++)
		if (table->items[i].wants_elements &&
		    (!constant_only || table->items[i].flags & NFT_SET_CONSTANT))
			put_elements_of(writing, i);
}

/* ---- rules ---- */

/* What refers to something else of the table, so that this cannot be deleted, and needs no
 * other expression before it. A rule that was refused keeps its jump and nothing else. A jump
 * keeps its chain from being deleted. */
static bool stays(const struct replay_item *item, const struct tlv_set *expr)
{
	struct tlv_set data, immediate;
	char name[16];

	if (replay_is_xt(expr))
		return false;
	if (!item->is_refused)
		return true;
	if (!tlv_text(expr, NFTA_EXPR_NAME, name, sizeof(name)) || strcmp(name, "immediate") != 0)
		return false;
	/* The verdict of an immediate is the jump. */
	tlv_inside(expr, NFTA_EXPR_DATA, &immediate);
	tlv_inside(&immediate, NFTA_IMMEDIATE_DATA, &data);
	return data.of[NFTA_DATA_VERDICT].data != NULL;
}

/* Expressions in their order, without those that cannot be made again. A rule without any
 * expression is one that accepts nothing and drops nothing. */
static void put_expressions(struct writing *writing, const struct replay_item *item,
			    const struct tlv_set *rule)
{
	struct tlv list = rule->of[NFTA_RULE_EXPRESSIONS], expr;
	size_t nest = open_nest(writing, NFTA_RULE_EXPRESSIONS);
	uint16_t type;

	while (tlv_next(&list, &expr, &type)) {
		struct tlv_set attrs;

		tlv_read(expr, &attrs);
		if (stays(item, &attrs))
			put_as_it_is(writing, &expr);
	}
	close_nest(writing, nest);
}

/* Behind which of those that are made already: 0: there is none, it becomes the first. Rules
 * are made in the order of their numbers, and stand in the order of their chain, which may
 * differ. low above high: no rule of the chain is made yet. */
static uint64_t neighbour(const struct writing *writing, const struct replay_run *run, size_t index)
{
	const struct replay_item *items = writing->table->items;

	if (run->low > run->high || index < run->low)
		return 0;
	for (size_t i = index; i-- > run->first;)
		if (items[i].is_made)
			return items[i].handle;
	return 0;
}

/* index: of the rule among the table's items. NLM_F_APPEND without a position puts it last, and
 * nothing puts it first. */
static void put_rule(struct writing *writing, size_t index)
{
	struct replay_item *item = &writing->table->items[index];
	struct replay_run *run = &writing->table->runs[item->run];
	bool is_last = run->low > run->high || index > run->high;
	uint64_t before = is_last ? 0 : neighbour(writing, run, index);
	struct tlv_set rule;
	uint8_t number[sizeof(before)];

	/* A constant set must have its elements before the rule that looks it up. */
	put_pending(writing, true);
	item->seq = writing->seq;
	tlv_read(attrs_at(writing, item->at), &rule);
	begin(writing, NFT_MSG_NEWRULE,
	      (uint16_t)(NLM_F_CREATE | (is_last || before ? NLM_F_APPEND : 0)));
	put_as_it_is(writing, &rule.of[NFTA_RULE_TABLE]);
	put_as_it_is(writing, &rule.of[NFTA_RULE_CHAIN]);
	if (rule.of[NFTA_RULE_EXPRESSIONS].data)
		put_expressions(writing, item, &rule);
	if (rule.of[NFTA_RULE_USERDATA].data)
		put_as_it_is(writing, &rule.of[NFTA_RULE_USERDATA]);
	/* The position is a number of 64 bits in the order of the wire. */
	for (size_t i = 0; i < sizeof(number); i++)
		number[i] = (uint8_t)(before >> (8 * (sizeof(number) - 1 - i)));
	if (before)
		put_attr(writing, NFTA_RULE_POSITION, number, sizeof(number));
	end(writing);
	/* low and high are the first and the last of the run that are made. */
	item->is_made = true;
	if (run->low > run->high)
		run->low = run->high = index;
	run->low = index < run->low ? index : run->low;
	run->high = index > run->high ? index : run->high;
}

/* ---- a table ---- */

/* A set, and that its elements are still to come. The id has to be unique in the transaction
 * only. */
static void put_set(struct writing *writing, size_t index)
{
	struct replay_item *item = &writing->table->items[index];
	uint32_t id = htonl((uint32_t)index + 1); /* within the transaction; the kernel wants one */

	item->seq = writing->seq;
	begin(writing, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL);
	put_all_but(writing, item->at,
		    1U << NFTA_SET_HANDLE | 1U << NFTA_SET_ID | 1U << SET_TYPE | 1U << SET_COUNT);
	put_attr(writing, NFTA_SET_ID, &id, sizeof(id));
	end(writing);
	item->wants_elements = item->n_elements > 0;
	if (item->wants_elements && item->flags & NFT_SET_CONSTANT)
		writing->n_constant++;
}

/* Each kind has its message and the attributes that only the kernel gives. NFTA_*_USE counts
 * who uses it, and is counted anew. */
static void put_item(struct writing *writing, size_t index)
{
	static const struct {
		uint16_t type;
		uint32_t without;
	} kinds[REPLAY_N_KINDS] = {
		[REPLAY_CHAIN] = { NFT_MSG_NEWCHAIN,
				   1U << NFTA_CHAIN_HANDLE | 1U << NFTA_CHAIN_USE },
		[REPLAY_OBJECT] = { NFT_MSG_NEWOBJ, 1U << NFTA_OBJ_HANDLE | 1U << NFTA_OBJ_USE },
		[REPLAY_FLOWTABLE] = { NFT_MSG_NEWFLOWTABLE,
				       1U << NFTA_FLOWTABLE_HANDLE | 1U << NFTA_FLOWTABLE_USE },
	};
	struct replay_item *item = &writing->table->items[index];

	if (item->kind == REPLAY_RULE) {
		put_rule(writing, index);
	} else if (item->kind == REPLAY_SET) {
		put_set(writing, index);
	} else {
		item->seq = writing->seq;
		begin(writing, kinds[item->kind].type, NLM_F_CREATE | NLM_F_EXCL);
		put_all_but(writing, item->at, kinds[item->kind].without);
		end(writing);
	}
}

/* The owner is left out: who sends the message becomes it, if the flag is there. NLM_F_ACK: the
 * caller waits for an answer to this message. */
static void put_table(struct writing *writing)
{
	writing->table->seq = writing->seq;
	begin(writing, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK);
	put_all_but(writing, writing->table->at,
		    1U << NFTA_TABLE_USE | 1U << NFTA_TABLE_HANDLE | 1U << NFTA_TABLE_OWNER);
	end(writing);
}

/* A batch may be sent again after something was refused. What was refused stays noted. */
static void forget_batch(struct replay_table *table)
{
	for (size_t i = 0; i < table->n_items; i++) {
		table->items[i].seq = table->items[i].elements_seq = 0;
		table->items[i].is_made = table->items[i].wants_elements = false;
	}
	for (size_t i = 0; i < table->n_runs; i++) {
		table->runs[i].low = SIZE_MAX;
		table->runs[i].high = 0;
	}
}

/* All messages for one table. It starts from what was learnt of earlier attempts. A batch
 * begins and ends with a message of its own; the kernel takes all of it or nothing (nfnetlink). */
int replay_batch(struct replay *replay, size_t table, struct buf *ret_batch)
{
	struct writing writing = { .replay = replay,
				   .table = &replay->tables[table],
				   .out = ret_batch,
				   .seq = REPLAY_SEQ,
				   .next = 1 };
	/* What an earlier try has spent is taken back. */
	uint64_t before = replay->n_spent -= writing.table->n_spent;
	int err;

	forget_batch(writing.table);
	begin_type(&writing, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	end(&writing);
	err = reach_table(&writing);
	put_table(&writing);
	for (size_t i = 0; err == 0 && i < writing.table->n_items; i++) {
		size_t index = writing.table->order[i];

		err = reach_number(&writing, writing.table->items[index].handle);
		if (err == 0)
			put_item(&writing, index);
	}
	put_pending(&writing, false);
	drop_filler(&writing);
	begin_type(&writing, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	end(&writing);
	writing.table->n_spent = replay->n_spent - before;
	return err < 0 ? err : ret_batch->err;
}

/* Without it something could be deleted that is in use, and so cannot. Such a rule keeps a set
 * from being deleted; one that stood for it would not. */
static bool has_reference(const struct replay *replay, const struct replay_item *item)
{
	static const char *const names[] = { "lookup", "dynset", "objref", "flow_offload" };
	const struct writing writing = { .replay = (struct replay *)replay };
	struct tlv_set rule, attrs;
	struct tlv list, expr;
	uint16_t type;
	char name[16];

	tlv_read(attrs_at(&writing, item->at), &rule);
	list = rule.of[NFTA_RULE_EXPRESSIONS];
	while (tlv_next(&list, &expr, &type)) {
		tlv_read(expr, &attrs);
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (tlv_text(&attrs, NFTA_EXPR_NAME, name, sizeof(name)) &&
			    strcmp(name, names[i]) == 0)
				return true;
	}
	return false;
}

/* seq: which message the kernel refused. true: without it, or with less of it, the batch can be
 * sent again. ret_what: for a sentence. */
bool replay_refused(struct replay *replay, size_t table, uint32_t seq, char *ret_what, size_t size)
{
	static const char *const names[REPLAY_N_KINDS] = {
		[REPLAY_CHAIN] = "a chain",
		[REPLAY_RULE] = "a rule",
		[REPLAY_SET] = "a set",
		[REPLAY_OBJECT] = "an object",
		[REPLAY_FLOWTABLE] = "a flowtable",
	};
	struct replay_table *refused = &replay->tables[table];

	(void)snprintf(ret_what, size, "%s", "something");
	for (size_t i = 0; i < refused->n_items; i++) {
		struct replay_item *item = &refused->items[i];

		/* Elements have numbers of their own, behind their set. */
		if (item->elements_seq && seq >= item->elements_seq &&
		    seq - item->elements_seq < item->n_elements) {
			(void)snprintf(ret_what, size, "%s", "an element of a set");
			return false;
		}
		if (item->seq != seq)
			continue;
		(void)snprintf(ret_what, size, "%s", names[item->kind]);
		/* A rule that looks something up would take that set's use with it, so there is
		 * no standing in for it. */
		if (item->kind != REPLAY_RULE || item->is_refused || has_reference(replay, item))
			return false;
		item->is_refused = true;
		return true;
	}
	return false;
}
