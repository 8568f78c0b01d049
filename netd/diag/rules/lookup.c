// SPDX-License-Identifier: GPL-2.0-or-later
// lookup.c - whether a key is in a set, and what a map gives for it
#include "diag/rules/lookup.h"

#include "diag/rules/load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Elements that came with the ruleset are looked through here, all others are
 * asked for one at a time, by the key. Sets are of three kinds: of single keys, of intervals (an
 * element begins one, or is marked as the end of it, which it does not belong to), and of ranges
 * for each field of a concatenation (an element has both ends, which both belong to it). */

/* What was found: whether, which data, and whose comment. asked and text hold what came with a
 * single answer, since that outlives nothing. */
struct found {
	/* MAYBE: the key may be in it; data and comment are not known then */
	enum maybe is_there;
	const struct data *data; /* NULL: none */
	const char *comment;
	struct data asked; /* where data points when it was asked for */
	char text[128];
};

/* Each field of a concatenation must lie in its own range. */
static enum maybe in_fields(const struct set *set, const struct element *element,
			    const struct bits *bits, size_t at)
{
	enum maybe result = MAYBE_YES;
	/* where the field begins in the key */
	size_t from = 0;

	for (size_t i = 0; i < RULES_FIELDS && set->fields[i]; i++) {
		size_t len = set->fields[i];

		if (from + len > set->key_len) /* a file's: the kernel's fill the key */
			return MAYBE;
		result = maybe_and(result, bits_between(bits, at + from, element->key + from,
							element->end + from, len));
		from += (len + 3) / 4 * 4;
	}
	return result;
}

/* One element against one key. */
static enum maybe is_element(const struct set *set, const struct element *element,
			     const struct bits *bits, size_t at)
{
	if (!element->has_end)
		return bits_compare(bits, at, NFT_CMP_EQ, element->key, set->key_len);
	/* Each field has a range of its own; otherwise the key as a whole has one. */
	if (set->fields[0])
		return in_fields(set, element, bits, at);
	return bits_between(bits, at, element->key, element->end, set->key_len);
}

/* An element that is odd may or may not be it. */
static void take(struct found *found, enum maybe is_there, const struct element *element)
{
	found->is_there = is_there;
	found->data = is_there == MAYBE_YES ? &element->data : NULL;
	found->comment = element->comment;
	if (element->is_odd) {
		found->is_there = MAYBE;
		found->data = NULL;
	}
}

/* Those of single keys or of ranges. The first that is for sure is it, but one that may be it
 * leaves open which. An odd element may be any. */
static void find_among(const struct set *set, const struct bits *bits, size_t at,
		       struct found *found)
{
	for (const struct element *element = set->elements; element; element = element->next) {
		enum maybe is_there = MAYBE_NO;

		/* The element that stands for all others is looked at afterwards. */
		if (!element->is_catchall)
			is_there = element->is_odd ? MAYBE : is_element(set, element, bits, at);
		if (is_there == MAYBE_YES && found->is_there != MAYBE) {
			take(found, is_there, element);
			return;
		}
		/* Several may be it, so which data is found is not known. */
		if (is_there != MAYBE_NO) {
			found->is_there = MAYBE;
			found->data = NULL;
		}
	}
}

/* The last that begins or ends an interval at or before the key. An end and a beginning may
 * stand at one place, where the beginning counts. A key that is not known may lie anywhere. */
static void find_interval(const struct set *set, const struct bits *bits, size_t at,
			  struct found *found)
{
	const struct element *best = NULL;
	/* All of its bits are known below, so the value is the key. */
	const uint8_t *key = bits->value + at;

	/* Comparing intervals with partly known keys would need both ends; "maybe" is always
	 * right. */
	if (!bits_are_known(bits, at, set->key_len)) {
		found->is_there = MAYBE;
		return;
	}
	for (const struct element *element = set->elements; element; element = element->next) {
		int order = best ? memcmp(element->key, best->key, set->key_len) : 1;

		if (element->is_catchall || memcmp(element->key, key, set->key_len) > 0)
			continue;
		if (order > 0 || (order == 0 && best->is_interval_end))
			best = element;
	}
	/* An end, or nothing: the key is outside of all intervals. */
	if (best && !best->is_interval_end)
		take(found, MAYBE_YES, best);
}

/* Newer kernels show an interval as one element with both ends. */
static bool has_ranges(const struct set *set)
{
	for (const struct element *element = set->elements; element; element = element->next)
		if (element->has_end)
			return true;
	return false;
}

/* Sorted by the three kinds of sets above. The catch-all counts only if nothing else does. */
static void find_here(const struct set *set, const struct bits *bits, size_t at,
		      struct found *found)
{
	if (set->flags & NFT_SET_INTERVAL && !set->fields[0] && !has_ranges(set))
		find_interval(set, bits, at, found);
	else
		find_among(set, bits, at, found);
	/* Something else is it, or may be. */
	if (found->is_there != MAYBE_NO)
		return;
	for (const struct element *element = set->elements; element; element = element->next)
		if (element->is_catchall)
			take(found, MAYBE_YES, element);
}

/* An answer about one element becomes data like an element's own. */
static void take_answer(struct way *way, const struct set *set, const struct facts_element *answer,
			struct found *found)
{
	struct data *data = &found->asked;

	found->is_there = MAYBE_YES;
	found->data = data;
	(void)snprintf(found->text, sizeof(found->text), "%s", answer->comment);
	found->comment = found->text;
	if (answer->has_verdict) {
		data->is_verdict = true;
		data->verdict.code = answer->verdict;
		if (answer->chain[0]) {
			/* A chain that is not in the ruleset leaves NULL, and following the
			 * jump is lost then. */
			data->verdict.chain = ruleset_chain(way->ways->rules, set->table,
							    answer->chain);
			data->verdict.name = data->verdict.chain ? data->verdict.chain->name : NULL;
		}
	} else {
		data->len = answer->data_len;
		/* Of a file: the kernel's data always fits. */
		if (data->len > sizeof(data->bytes))
			data->len = 0;
		memcpy(data->bytes, answer->data, data->len);
	}
}

/* What stands where ports would in ICMP is its checksum. Where the protocol is a field of the
 * key, too, there are no elements for that, so a key that is not known for this reason only is
 * asked for as if it were 0. field: a protocol, which fills a word of the key. */
static bool is_good_to_ask(const struct way *way, const struct bits *bits, size_t at, size_t len)
{
	uint8_t field[4] = { way->packet.protocol };

	if (bits_are_known(bits, at, len))
		return true;
	/* Some other part of the key is not known: any answer would be of another key. */
	if (strcmp(way->unknown, LOAD_CHECKSUM) != 0)
		return false;
	for (size_t i = 0; i + sizeof(field) <= len; i += sizeof(field))
		if (bits_compare(bits, at + i, NFT_CMP_EQ, field, sizeof(field)) == MAYBE_YES)
			return true;
	return false;
}

/* A key of no bytes asks for the element that stands for all others. found->is_there stays
 * MAYBE where nobody can be asked. */
static void ask(struct way *way, const struct set *set, const struct bits *bits, size_t at,
		size_t len, struct found *found)
{
	const struct rules_ask *asks = way->ways->ask;
	const struct facts_element *answer;
	struct facts_element_asked asked = { .family = set->table->family, .key_len = len };

	found->is_there = MAYBE;
	if (!asks || !asks->element || strlen(set->table->name) >= sizeof(asked.table) ||
	    strlen(set->name) >= sizeof(asked.set) || !is_good_to_ask(way, bits, at, len))
		return;
	/* Lengths were compared above; asked is zeroed, so the texts end. */
	memcpy(asked.table, set->table->name, strlen(set->table->name));
	memcpy(asked.set, set->name, strlen(set->name));
	memcpy(asked.key, bits->value + at, len);
	/* The kernel answers with the element that covers the key, also in a set of intervals. */
	answer = asks->element(asks->data, &asked);
	if (!answer)
		return;
	/* An answer for an unknown key says only "not there". */
	if (answer->err == -ENOENT)
		found->is_there = MAYBE_NO;
	else if (answer->err == 0 && bits_are_known(bits, at, len))
		take_answer(way, set, answer, found);
}

/* Elements are here, or each is asked for. */
static void find(struct way *way, const struct set *set, const struct bits *bits, size_t at,
		 struct found *found)
{
	memset(found, 0, sizeof(*found));
	if (set->has_elements) {
		find_here(set, bits, at, found);
	} else {
		ask(way, set, bits, at, set->key_len, found);
		/* The kernel finds a catch-all only when it is asked for by name. */
		if (found->is_there == MAYBE_NO && set->key_len > 0)
			ask(way, set, bits, at, 0, found);
	}
	/* A limit or a quota of the element may say no. */
	if (set->may_refuse && found->is_there == MAYBE_YES)
		found->is_there = MAYBE;
	/* An odd set may hold anything. */
	if (set->is_odd)
		*found = (struct found) { .is_there = MAYBE };
}

/* What the map gives goes into a register, or becomes the verdict. */
static bool load(struct way *way, const struct expr *expr, const struct found *found)
{
	const struct set *set = expr->set;
	size_t len = ((size_t)set->data_len + 3) / 4 * 4, at;

	if (expr->dreg == NFT_REG_VERDICT && set->flags & NFT_SET_MAP) {
		if (found->data && found->data->is_verdict) {
			way->verdict = found->data->verdict;
			(void)snprintf(way->element, sizeof(way->element), "%s",
				       found->comment ? found->comment : "");
			return true;
		}
		/* A verdict map without a known verdict: everything is possible. */
		way->verdict.code = WAY_ANYTHING;
		return true;
	}
	/* A set gives nothing. */
	if (!(set->flags & NFT_SET_MAP) || expr->dreg == ~0U)
		return true;
	if (!bits_register(expr->dreg, len, &at)) {
		bits_forget(&way->regs, 0, RULES_BYTES);
		return true;
	}
	bits_forget(&way->regs, at, len);
	/* The data is known, and fills its words. */
	if (found->data && found->data->len <= len) {
		bits_set(&way->regs, at, found->data->bytes, found->data->len);
		memset(way->regs.known + at, 0xff, len); /* what is behind is zero */
		(void)snprintf(way->element, sizeof(way->element), "%s",
			       found->comment ? found->comment : "");
	} else {
		(void)snprintf(way->unknown, sizeof(way->unknown), "what map %s gives", set->name);
	}
	return true;
}

/* The expression as a whole: does the key match, and what is loaded. */
bool lookup_run(struct way *way, const struct expr *expr)
{
	const struct set *set = expr->set;
	struct found found;
	char what[96];
	size_t at;
	enum maybe matches;
	bool is_by_set;

	/* The set is not in the ruleset, or the register is none: then nothing is known, and a
	 * verdict map may give any verdict. */
	if (!set || !bits_register(expr->sreg, set->key_len, &at)) {
		way->verdict.code = expr->dreg == NFT_REG_VERDICT ? WAY_ANYTHING : NFT_CONTINUE;
		bits_forget(&way->regs, 0, RULES_BYTES);
		return way_decide(way, expr, MAYBE, "a set that is not there");
	}
	find(way, set, &way->regs, at, &found);
	matches = expr->flags & NFT_LOOKUP_F_INV ? maybe_not(found.is_there) : found.is_there;
	/* Where the key is the reason, it has a name of its own. */
	is_by_set = matches == MAYBE && bits_are_known(&way->regs, at, set->key_len);
	if (is_by_set)
		(void)snprintf(what, sizeof(what), "what set %.60s holds", set->name);
	if (!way_decide(way, expr, matches, is_by_set ? what : NULL))
		return false;
	/* The rule goes on with what was found. */
	return load(way, expr, &found);
}
