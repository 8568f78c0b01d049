// SPDX-License-Identifier: GPL-2.0-or-later
// facts.c - what is known, found again: pictures by key, links by number, answers by question
#include "diag/facts.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/map.h"
#include "diag/facts_answers.h"
#include "diag/rules/rules.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Facts have two halves: pictures of namespaces, which are taken whole or
 * in parts, and answers to questions that only the kernel can decide. Both are asked for by
 * facts_ask_*(): what is there is returned, what is not is asked for once and kept, and where
 * nobody can be asked it is unknown. So a judge need not know whether the facts are of a living
 * host or out of a file, and a file that was written from facts that were judged has all that
 * the same judgement needs. */

/* What is said where nobody can be asked, or where there is no memory to keep an answer. They
 * are constants, so that facts_ask_*() never return NULL and a caller needs no branch for it.
 * Err is -ENODATA in each, which the judge takes for "not asked". */
static const struct facts_way unknown_way = { .err = -ENODATA };
static const struct facts_taker unknown_taker = { .err = -ENODATA };
static const struct facts_element unknown_element = { .err = -ENODATA };
static const struct facts_flow unknown_flow = { .err = -ENODATA };
static const struct facts_owner unknown_owner = { .err = -ENODATA };
static const struct facts_filter unknown_filter = { .err = -ENODATA };
static const struct facts_elsewhere unknown_elsewhere = { .err = -ENODATA };
static const struct facts_name unknown_name = { .err = -ENODATA };

/* ---- pictures ---- */

/* A whole host has ten values for each of its links, and some that are looked up with every pair.
 * Of many, which are a whole host's or a stranger's, there is a map. */
#define MANY_VALUES 512
#define NAME_CHAINS 128

/* Places of values, counted from 1, of the first n that there are. Of few those whose names have
 * the same hash are chained, in their order: that costs nothing to make. */
struct facts_names {
	struct map *map; /* NULL: nobody has looked yet, or they are few */
	size_t n, n_chained;
	uint16_t first[NAME_CHAINS], last[NAME_CHAINS], next[MANY_VALUES];
};

/* The texts and the list of them. */
static void free_texts(char **texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
}

/* All that a picture holds, but not its key: whoever takes it anew finds it under the same
 * name. Pointers into the picture are void afterwards. */
void facts_space_clear(struct facts_space *space)
{
	struct facts_space empty = { .value_names = space->value_names };

	if (space->value_names) {
		map_free(space->value_names->map);
		*space->value_names = (struct facts_names) { 0 };
	}
	free(space->links);
	free(space->addrs);
	free(space->routes);
	free(space->rules);
	free(space->neighbours);
	free(space->entries);
	free(space->sockets);
	free(space->sockets_asked);
	free(space->addrs_asked);
	free(space->values);
	free(space->policies);
	free(space->ruleset);
	rules_free(space->decoded);
	free_texts(space->legacy, space->n_legacy);
	free_texts(space->missing, space->n_missing);
	/* These two are about who it is, not about what was seen. */
	memcpy(empty.key, space->key, sizeof(empty.key));
	empty.container_at = space->container_at;
	*space = empty;
}

void facts_network_done(struct facts_network *network)
{
	for (size_t i = 0; i < network->n_services; i++) {
		free(network->services[i].ports);
		free(network->services[i].far);
		free(network->services[i].refused);
	}
	free(network->services);
	free(network->bridges);
}

void facts_container_done(struct facts_container *container)
{
	free(container->endpoints);
	free(container->ports);
	free_texts(container->names, container->n_names);
	free_texts(container->services, container->n_services);
}

/* The map holds no memory of its own but keys. */
static void answers_free(struct facts_answers *answers)
{
	if (!answers)
		return;
	map_free(answers->map);
	for (size_t i = 0; i < answers->n_items; i++)
		free(answers->items[i]);
	free(answers->items);
	free(answers);
}

/* Facts may be half filled: everything that is not there is NULL or counts 0. Afterwards it may
 * be filled again. */
void facts_done(struct facts *facts)
{
	for (size_t i = 0; i < facts->n_networks; i++)
		facts_network_done(&facts->networks[i]);
	free(facts->networks);
	free(facts->repairs);
	for (size_t i = 0; i < facts->n_containers; i++)
		facts_container_done(&facts->containers[i]);
	free(facts->containers);
	for (size_t i = 0; i < facts->n_spaces; i++) {
		facts_space_clear(facts->spaces[i]);
		free(facts->spaces[i]->value_names);
		free(facts->spaces[i]);
	}
	free(facts->spaces);
	map_free(facts->space_by_key);
	answers_free(facts->answers);
	free(facts->published);
	*facts = (struct facts) { 0 };
}

/* The map holds pointers, so a picture must not move: each is a block of its own. */
int facts_index_space(struct facts *facts, struct facts_space *space)
{
	if (!facts->space_by_key)
		facts->space_by_key = map_new();
	if (!space->value_names)
		space->value_names = calloc(1, sizeof(*space->value_names));
	if (!space->value_names)
		return -ENOMEM;
	return facts->space_by_key ? map_set_str(facts->space_by_key, space->key, space) : -ENOMEM;
}

/* A new picture, found by its key from now on. NULL: out of memory. The facts own it. */
struct facts_space *facts_add_space(struct facts *facts, const char *key)
{
	_cleanup_free_ struct facts_space *space = calloc(1, sizeof(*space));
	size_t room = facts->n_spaces;
	struct facts_space **spaces = grow(facts->spaces, &room, facts->n_spaces + 1,
					   sizeof(struct facts_space *));

	/* The list may have moved even if the rest fails, so it is kept. */
	if (spaces)
		facts->spaces = spaces;
	if (!space || !spaces)
		return NULL;
	(void)snprintf(space->key, sizeof(space->key), "%s", key);
	if (facts_index_space(facts, space) < 0) {
		free(space->value_names);
		return NULL;
	}
	/* Looked up once; everybody who asks whose space this is tries that place first. */
	for (size_t i = 0; i < facts->n_containers && space->container_at == 0; i++)
		if (strcmp(facts->containers[i].space, key) == 0)
			space->container_at = i + 1;
	spaces[facts->n_spaces++] = space;
	return take_ptr(space);
}

/* NULL also if the map was never made: then there are no pictures. */
struct facts_space *facts_space(const struct facts *facts, const char *key)
{
	return facts->space_by_key ? map_get_str(facts->space_by_key, key) : NULL;
}

/* NULL: there is none, or it could not be taken; why is said by whoever takes it. */
const struct facts_space *facts_ask_space(struct facts *facts, const char *key)
{
	const struct facts_space *space = facts_space(facts, key);

	/* Taking a picture adds it to the facts, so it is looked up again. What failed is not
	 * taken a second time by itself. */
	if (!space && facts->ask && facts->ask->space &&
	    facts->ask->space(facts->ask_data, facts, key) == 0)
		space = facts_space(facts, key);
	return space;
}

/* By name where there is one. Otherwise by its number in this namespace. */
static const struct facts_link *find_link(const struct facts_space *space, int ifindex,
					  const char *name)
{
	for (size_t i = 0; i < space->n_links; i++)
		if (name ? strcmp(space->links[i].name, name) == 0
			 : space->links[i].ifindex == ifindex)
			return &space->links[i];
	return NULL;
}

/* A link that the picture does not have may be one that nobody has asked for yet. If it is not
 * there after asking there is none. */
static const struct facts_link *ask_link(const struct facts_space *space, int ifindex,
					 const char *name)
{
	const struct facts_link *link = find_link(space, ifindex, name);

	if (link || !space->more.link)
		return link;
	space->more.link(space->more.data, space->more.space, ifindex, name);
	return find_link(space, ifindex, name);
}

/* 0 is no link: that is how the facts write "none". */
const struct facts_link *facts_link(const struct facts_space *space, int ifindex)
{
	return ifindex > 0 ? ask_link(space, ifindex, NULL) : NULL;
}

/* By name, in this namespace. The empty name is no link. */
const struct facts_link *facts_link_named(const struct facts_space *space, const char *name)
{
	return name[0] ? ask_link(space, 0, name) : NULL;
}

/* Afterwards the list is whole, and may be walked. Pointers to links of before may be void then. */
void facts_ask_links(const struct facts_space *space)
{
	if (space->more.link)
		space->more.link(space->more.data, space->more.space, 0, NULL);
}

/* Afterwards the list has some that are down; it is not whole. Those that are down are left out
 * of a picture that is taken for one pair. */
void facts_ask_down(const struct facts_space *space)
{
	if (space->more.down)
		space->more.down(space->more.data, space->more.space);
}

static bool was_addr_asked(const struct facts_space *space, int ifindex, const struct addr *addr)
{
	for (size_t i = 0; i < space->n_addrs_asked; i++) {
		const struct facts_addrs_asked *asked = &space->addrs_asked[i];
		bool is_all = asked->ifindex == 0 && addr_is_any(&asked->addr) &&
			      asked->addr.family == addr->family;

		if (is_all || (asked->ifindex == ifindex && addr_equal(&asked->addr, addr)))
			return true;
	}
	return false;
}

/* What cannot be noted for want of memory is asked once more. */
static void ask_addrs(const struct facts_space *space, int ifindex, const struct addr *addr)
{
	struct facts_space *own = space->more.space;
	struct facts_addrs_asked *items, *item;
	size_t room = space->n_addrs_asked; /* a handful */
	bool is_all;

	if (!space->more.addrs || was_addr_asked(space, ifindex, addr))
		return;
	is_all = space->more.addrs(space->more.data, own, ifindex, addr);
	items = grow(own->addrs_asked, &room, own->n_addrs_asked + 1, sizeof(*items));
	if (!items)
		return;
	own->addrs_asked = items;
	item = &items[own->n_addrs_asked++];
	*item = (struct facts_addrs_asked) { .addr.family = addr->family };
	if (!is_all) {
		item->ifindex = ifindex;
		item->addr = *addr;
	}
}

static const struct facts_addr *find_addr(const struct facts_space *space, const struct addr *addr)
{
	for (size_t i = 0; i < space->n_addrs; i++)
		if (addr_equal(&space->addrs[i].prefix.addr, addr))
			return &space->addrs[i];
	return NULL;
}

/* No address is nobody's, and is not asked about. */
const struct facts_addr *facts_addr(const struct facts_space *space, const struct addr *addr)
{
	const struct facts_addr *found = find_addr(space, addr);

	if (found || !space->more.addrs || !addr_is_set(addr) || addr_is_any(addr))
		return found;
	ask_addrs(space, 0, addr);
	return find_addr(space, addr);
}

void facts_ask_addrs(const struct facts_space *space, int ifindex, uint8_t af)
{
	if (af == AF_INET || af == AF_INET6)
		ask_addrs(space, ifindex, &(struct addr) { .family = af });
}

/* An entry belongs to a link: the same address may be known on two. */
static const struct facts_neighbour *find_neighbour(const struct facts_space *space, int ifindex,
						    const struct addr *addr)
{
	for (size_t i = 0; i < space->n_neighbours; i++)
		if (space->neighbours[i].ifindex == ifindex &&
		    addr_equal(&space->neighbours[i].addr, addr))
			return &space->neighbours[i];
	return NULL;
}

/* What nobody knows is noted, too, so it is asked for once. */
const struct facts_neighbour *facts_neighbour(const struct facts_space *space, int ifindex,
					      const struct addr *addr)
{
	const struct facts_neighbour *neighbour = find_neighbour(space, ifindex, addr);

	if (neighbour || !space->more.neighbour)
		return neighbour;
	space->more.neighbour(space->more.data, space->more.space, ifindex, addr);
	return find_neighbour(space, ifindex, addr);
}

/* Each link has some. */
void facts_ask_routes(const struct facts_space *space)
{
	if (space->more.routes)
		space->more.routes(space->more.data, space->more.space);
}

/* Of one bridge there may be thousands. */
void facts_ask_entry(const struct facts_space *space, const struct facts_link *bridge,
		     const struct mac *mac)
{
	if (space->more.entry)
		space->more.entry(space->more.data, space->more.space, bridge, mac);
}

/* Values come behind one another, and leave together. Of two with one name the first counts. */
static int note_names(const struct facts_space *space, struct facts_names *names)
{
	if (!names->map)
		names->map = map_new();
	if (!names->map)
		return -ENOMEM;
	for (; names->n < space->n_values; names->n++) {
		const char *name = space->values[names->n].name;

		if (!map_get_str(names->map, name) &&
		    map_set_str(names->map, name, (void *)(uintptr_t)(names->n + 1)) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* As FNV-1a has it. */
static size_t chain_of(const char *name)
{
	uint32_t hash = 2166136261U;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619U;
	return (hash ^ hash >> 16) % NAME_CHAINS;
}

static size_t find_chained(const struct facts_space *space, struct facts_names *names,
			   const char *name)
{
	size_t at;

	for (; names->n_chained < space->n_values; names->n_chained++) {
		size_t chain = chain_of(space->values[names->n_chained].name);
		uint16_t own = (uint16_t)(names->n_chained + 1);

		if (names->first[chain])
			names->next[names->last[chain] - 1] = own;
		else
			names->first[chain] = own;
		names->last[chain] = own;
	}
	at = names->first[chain_of(name)];
	while (at > 0 && strcmp(space->values[at - 1].name, name) != 0)
		at = names->next[at - 1];
	return at;
}

static size_t find_walking(const struct facts_space *space, const char *name)
{
	for (size_t i = 0; i < space->n_values; i++)
		if (strcmp(space->values[i].name, name) == 0)
			return i + 1;
	return 0;
}

/* A setting or a counter by its name. The index is made longer when there are more. false: it is
 * not there. */
static bool find_value(const struct facts_space *space, const char *name, int64_t *ret_value)
{
	struct facts_names *names = space->value_names;
	size_t at;

	if (names && space->n_values < MANY_VALUES)
		at = find_chained(space, names, name);
	else if (names && note_names(space, names) == 0)
		at = (uintptr_t)map_get_str(names->map, name);
	else
		at = find_walking(space, name);
	if (at > 0)
		*ret_value = space->values[at - 1].value;
	return at > 0;
}

/* Of a link that the picture does not have yet: net.ipv4.conf.LINK.SETTING, whose values come
 * with it. Its name may have dots. The setting stands behind the last dot, so the name is all
 * between. */
static bool ask_owner(const struct facts_space *space, const char *name)
{
	const char *end = strrchr(name, '.');
	char link[IFNAMSIZ];
	size_t at = strlen("net.ipv4.conf."), len;

	/* Only settings of a link are read with the link. */
	if (!space->more.link || !end || end <= name + at ||
	    (strncmp(name, "net.ipv4.conf.", at) != 0 && strncmp(name, "net.ipv6.conf.", at) != 0))
		return false;
	len = (size_t)(end - name) - at;
	/* No link has such a name. */
	if (len >= sizeof(link))
		return false;
	memcpy(link, name + at, len);
	link[len] = '\0';
	/* Already there: then its settings were read, and this one is not among them. */
	return !find_link(space, 0, link) && facts_link_named(space, link);
}

/* The second look is after it was asked for by itself, the third after the link has come with its
 * settings. false: it is unknown. A setting that this kernel does not have is unknown as well. */
bool facts_value(const struct facts_space *space, const char *name, int64_t *ret_value)
{
	if (find_value(space, name, ret_value))
		return true;
	if (space->more.value) {
		space->more.value(space->more.data, space->more.space, name);
		if (find_value(space, name, ret_value))
			return true;
	}
	return ask_owner(space, name) && find_value(space, name, ret_value);
}

/* The reason is a text for a person; what stands in front of the colon is what programs look
 * for. Both have a limit in the document, and none here. */
int facts_missing_why(struct facts_space *space, const char *what, const char *why)
{
	_cleanup_free_ char *text = NULL;
	size_t room = space->n_missing;
	char **missing;

	if (asprintf(&text, "%s: %s", what, why) < 0) {
		text = NULL;
		return -ENOMEM;
	}
	missing = grow(space->missing, &room, space->n_missing + 1, sizeof(char *));
	if (!missing)
		return -ENOMEM;
	space->missing = missing;
	space->missing[space->n_missing++] = take_ptr(text);
	return 0;
}

/* The C library names every error that the kernel has. */
int facts_missing(struct facts_space *space, const char *what, int err)
{
	const char *why = strerrordesc_np(err < 0 ? -err : err);

	return facts_missing_why(space, what, why ? why : "an error without a name");
}

/* The colon belongs to the comparison: "sock" is not "sockets". Asked with the same word as
 * facts_missing(). */
bool facts_is_missing(const struct facts_space *space, const char *what)
{
	size_t len = strlen(what);

	for (size_t i = 0; i < space->n_missing; i++)
		if (strncmp(space->missing[i], what, len) == 0 && space->missing[i][len] == ':')
			return true;
	return false;
}

/* ---- answers ---- */

/* A question as bytes: members one behind the other, without what a compiler leaves between
 * them and without what stands behind a text's end. A key that is equal byte for byte is the
 * same question. */
struct key {
	uint8_t bytes[320];
	size_t len;
};

static void put(struct key *key, const void *bytes, size_t len)
{
	/* The longest question is one for a name, of 1 + 32 + 256. */
	memcpy(key->bytes + key->len, bytes, len);
	key->len += len;
}

/* sizeof the member, so a type that grows needs no change here. */
#define PUT(key, member) put((key), &(member), sizeof(member))

/* The end of a text is a part of the key, so that two texts behind each other cannot be mixed
 * up. */
static void put_text(struct key *key, const char *text, size_t size)
{
	put(key, text, strnlen(text, size - 1));
	put(key, "", 1);
}

#define PUT_TEXT(key, member) put_text((key), (member), sizeof(member))

/* Unused bytes of an IPv4 address are zero, so all of them may be compared. */
static void put_addr(struct key *key, const struct addr *addr)
{
	PUT(key, addr->family);
	PUT(key, addr->bytes);
}

/* What the kernel is told in a question, and nothing else: two questions with the same key have
 * the same answer. */
static void put_way(struct key *key, const struct facts_way_asked *asked)
{
	put_addr(key, &asked->dst);
	put_addr(key, &asked->src);
	PUT_TEXT(key, asked->iif);
	PUT(key, asked->protocol);
	PUT(key, asked->sport);
	PUT(key, asked->dport);
	PUT(key, asked->uid);
	PUT(key, asked->mark);
}

/* Every member is what the kernel's lookup of a socket is given. */
static void put_taker(struct key *key, const struct facts_taker_asked *asked)
{
	PUT(key, asked->protocol);
	put_addr(key, &asked->src);
	put_addr(key, &asked->dst);
	PUT(key, asked->sport);
	PUT(key, asked->dport);
	PUT(key, asked->iif);
}

/* The key of an element is bytes of the set's own length. */
static void put_element(struct key *key, const struct facts_element_asked *asked)
{
	PUT(key, asked->family);
	PUT_TEXT(key, asked->table);
	PUT_TEXT(key, asked->set);
	PUT(key, asked->key_len);
	/* A key from a file may claim to be longer than its room. */
	put(key, asked->key,
	    asked->key_len < sizeof(asked->key) ? asked->key_len : sizeof(asked->key));
}

/* A flow is known by the tuple of its first packet. */
static void put_flow(struct key *key, const struct facts_flow_asked *asked)
{
	PUT(key, asked->protocol);
	put_addr(key, &asked->src);
	put_addr(key, &asked->dst);
	PUT(key, asked->sport);
	PUT(key, asked->dport);
}

/* The kind is the first byte, so that questions of two kinds never meet. */
static struct key key_of(const struct facts_answered *answered)
{
	struct key key = { .bytes = { (uint8_t)answered->kind }, .len = 1 };

	PUT_TEXT(&key, answered->space);
	switch (answered->kind) {
	case FACTS_KIND_WAY:
		put_way(&key, &answered->way.asked);
		break;
	case FACTS_KIND_TAKER:
		put_taker(&key, &answered->taker.asked);
		break;
	case FACTS_KIND_ELEMENT:
		put_element(&key, &answered->element.asked);
		break;
	case FACTS_KIND_FLOW:
		put_flow(&key, &answered->flow.asked);
		break;
	/* A socket's inode is its own in all of a host. */
	case FACTS_KIND_OWNER:
		PUT(&key, answered->owner.asked.inode);
		break;
	case FACTS_KIND_FILTER:
		PUT(&key, answered->filter.asked.inode);
		break;
	case FACTS_KIND_ELSEWHERE:
		PUT(&key, answered->elsewhere.asked.pid);
		PUT(&key, answered->elsewhere.asked.protocol);
		PUT(&key, answered->elsewhere.asked.port);
		break;
	case FACTS_KIND_NAME:
		PUT_TEXT(&key, answered->name.asked.name);
		break;
	/* This is a count, and no kind. */
	case FACTS_N_KINDS:
		break;
	}
	return key;
}

/* NULL: nobody has asked this yet. The question is an answer whose answer is not looked at. */
static const struct facts_answered *find(const struct facts *facts,
					 const struct facts_answered *question)
{
	struct key key = key_of(question);

	return facts->answers ? map_get(facts->answers->map, key.bytes, key.len) : NULL;
}

/* Made with the first answer: facts without questions need no map. */
static struct facts_answers *answers_of(struct facts *facts)
{
	_cleanup_free_ struct facts_answers *answers = NULL;

	if (facts->answers)
		return facts->answers;
	answers = calloc(1, sizeof(*answers));
	if (!answers)
		return NULL;
	answers->map = map_new();
	if (!answers->map)
		return NULL;
	return facts->answers = take_ptr(answers);
}

/* The map and the list point to the same block. The list has the order of asking, which is the
 * order in a file. Pointers to answers are good until facts_forget() or facts_done(). */
int facts_keep(struct facts *facts, struct facts_answered *answered)
{
	_cleanup_free_ struct facts_answered *owned = answered;
	struct facts_answers *answers = answers_of(facts);
	struct facts_answered **items;
	struct key key = key_of(answered);

	if (!answers)
		return -ENOMEM;
	/* The answer that is there stays: somebody may hold it. */
	if (map_get(answers->map, key.bytes, key.len))
		return -EEXIST;
	items = grow(answers->items, &answers->room, answers->n_items + 1,
		     sizeof(struct facts_answered *));
	if (!items)
		return -ENOMEM;
	answers->items = items;
	/* Nothing may fail behind this, or the map would point to freed memory. */
	if (map_set(answers->map, key.bytes, key.len, owned) < 0)
		return -ENOMEM;
	answers->items[answers->n_items++] = take_ptr(owned);
	return 0;
}

/* An answer to be filled, where the facts are those of a machine that can be asked. NULL: out
 * of memory; then the question is unknown. */
static struct facts_answered *to_ask(const struct facts_answered *question)
{
	struct facts_answered *answered = malloc(sizeof(*answered));

	if (answered)
		*answered = *question;
	return answered;
}

/* The key of the namespace is copied whole; both arrays have the same size. */
static struct facts_answered question(enum facts_kind kind, const struct facts_space *space)
{
	struct facts_answered new = { .kind = kind };

	memcpy(new.space, space->key, sizeof(new.space));
	return new;
}

/* The seven below differ in their types alone. 'known' is what there is already, or what has
 * just been asked and kept. A macro and no function, since C has no way to pass a type. An
 * answer that cannot be kept is freed by facts_keep(), and unknown. */
#define ASK(facts, space, KIND, member, asked_, unknown)                                           \
	({                                                                                         \
		struct facts_answered ask_new = question(KIND, space);                             \
		const struct facts_answered *ask_known;                                            \
		struct facts_answered *ask_filled;                                                 \
                                                                                                   \
		ask_new.member.asked = *(asked_);                                                  \
		ask_known = find(facts, &ask_new);                                                 \
		if (!ask_known && (facts)->ask && (facts)->ask->member &&                          \
		    (ask_filled = to_ask(&ask_new)) != NULL) {                                     \
			(facts)->ask->member((facts)->ask_data, space, asked_,                     \
					     &ask_filled->member.answer);                          \
			if (facts_keep(facts, ask_filled) == 0)                                    \
				ask_known = ask_filled;                                            \
		}                                                                                  \
		ask_known ? &ask_known->member.answer : &(unknown);                                \
	})

const struct facts_way *facts_ask_way(struct facts *facts, const struct facts_space *space,
				      const struct facts_way_asked *asked)
{
	return ASK(facts, space, FACTS_KIND_WAY, way, asked, unknown_way);
}

const struct facts_taker *facts_ask_taker(struct facts *facts, const struct facts_space *space,
					  const struct facts_taker_asked *asked)
{
	return ASK(facts, space, FACTS_KIND_TAKER, taker, asked, unknown_taker);
}

const struct facts_element *facts_ask_element(struct facts *facts, const struct facts_space *space,
					      const struct facts_element_asked *asked)
{
	return ASK(facts, space, FACTS_KIND_ELEMENT, element, asked, unknown_element);
}

const struct facts_flow *facts_ask_flow(struct facts *facts, const struct facts_space *space,
					const struct facts_flow_asked *asked)
{
	return ASK(facts, space, FACTS_KIND_FLOW, flow, asked, unknown_flow);
}

const struct facts_owner *facts_ask_owner(struct facts *facts, const struct facts_space *space,
					  const struct facts_owner_asked *asked)
{
	return ASK(facts, space, FACTS_KIND_OWNER, owner, asked, unknown_owner);
}

const struct facts_filter *facts_ask_filter(struct facts *facts, const struct facts_space *space,
					    const struct facts_filter_asked *asked)
{
	return ASK(facts, space, FACTS_KIND_FILTER, filter, asked, unknown_filter);
}

const struct facts_elsewhere *facts_ask_elsewhere(struct facts *facts,
						  const struct facts_space *space,
						  const struct facts_elsewhere_asked *asked)
{
	return ASK(facts, space, FACTS_KIND_ELSEWHERE, elsewhere, asked, unknown_elsewhere);
}

const struct facts_name *facts_ask_name(struct facts *facts, const struct facts_space *space,
					const struct facts_name_asked *asked)
{
	return ASK(facts, space, FACTS_KIND_NAME, name, asked, unknown_name);
}

/* ---- lists that are taken as far as they matter ---- */

/* Published ports are believed and not seen, so they are asked of netd, and by number. */
void facts_ask_ports(struct facts *facts, uint16_t host_port)
{
	if (!facts->ask_ports)
		return;
	for (size_t i = 0; i < facts->n_ports_asked; i++)
		if (facts->ports_asked[i] == host_port)
			return;
	/* What could not be asked is as if it were not published; the packet's way is judged by the
	 * kernel's rules, and this names the container alone. */
	(void)facts->ask_ports(facts->ask_ports_data, facts, host_port);
	if (facts->n_ports_asked < FACTS_PORTS_ASKED)
		/* A list that is full forgets that it asked, and asks again. */
		facts->ports_asked[facts->n_ports_asked++] = host_port;
}

/* Protocol and port as one number. A handful for each picture, so a walk is enough. */
static bool was_asked(const struct facts_space *space, uint32_t asked)
{
	for (size_t i = 0; i < space->n_sockets_asked; i++)
		if (space->sockets_asked[i] == asked)
			return true;
	return false;
}

/* That nobody is there is an answer, too, and costs the kernel a walk over its whole table. One
 * that is not noted is asked for again. */
static void note_asked(struct facts_space *space, uint32_t asked)
{
	size_t room = space->n_sockets_asked; /* a handful */
	uint32_t *items = grow(space->sockets_asked, &room, space->n_sockets_asked + 1,
			       sizeof(*items));

	if (!items)
		return;
	space->sockets_asked = items;
	items[space->n_sockets_asked++] = asked;
}

/* space is const for the judge, and the list grows here: so the picture is looked up by its key. */
void facts_ask_sockets(struct facts *facts, const struct facts_space *space, uint8_t protocol,
		       uint16_t port)
{
	struct facts_space *own = facts_space(facts, space->key);
	uint32_t asked = (uint32_t)protocol << 16 | port;

	/* A whole list needs no asking. */
	if (!own || !own->has_many_sockets || was_asked(own, asked) || !facts->ask ||
	    !facts->ask->sockets)
		return;
	/* One that could not be asked for is not in the list, as one that is not there. */
	(void)facts->ask->sockets(facts->ask_data, own, protocol, port);
	note_asked(own, asked);
}

/* For whoever looks at all listeners: after this the list is whole, or the picture says why not. */
void facts_ask_all_sockets(struct facts *facts, const struct facts_space *space)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP };
	struct facts_space *own = facts_space(facts, space->key);
	int err = 0;

	if (!own || !own->has_many_sockets || !facts->ask || !facts->ask->sockets)
		return;
	/* They would stand twice in the list otherwise. */
	free(own->sockets); /* those on a port that was asked about come again */
	own->sockets = NULL;
	own->n_sockets = 0;
	own->n_sockets_asked = 0;
	for (size_t i = 0; i < ARRAY_SIZE(protocols) && err == 0; i++)
		err = facts->ask->sockets(facts->ask_data, own, protocols[i], 0);
	/* Unknown from now on in both senses: the list is not whole, and the picture says so. */
	own->has_many_sockets = err < 0;
	if (err < 0)
		(void)facts_missing(own, "sockets", err);
}

/* Whoever judges many pairs meets the host's rules each time, and there may be thousands. So it
 * is decoded once and kept with the picture. ret_err -ENODATA: the ruleset is not known. NULL
 * without an error: there are no rules. */
const struct rules *facts_rules(struct facts *facts, const struct facts_space *space, int *ret_err)
{
	/* own is the same picture, writable. */
	struct facts_space *own = facts_space(facts, space->key);

	*ret_err = facts_is_missing(space, "ruleset") || !own ? -ENODATA : 0;
	if (*ret_err < 0 || space->ruleset_len == 0)
		return NULL;
	/* The length says whether what was decoded is still the ruleset of the picture. */
	if (own->decoded && own->decoded_len == own->ruleset_len)
		return own->decoded;
	rules_free(own->decoded);
	own->decoded = NULL;
	/* NULL stays NULL if it cannot be decoded, and the error says why. */
	*ret_err = rules_decode(own->ruleset, own->ruleset_len, &own->decoded);
	own->decoded_len = own->ruleset_len;
	return own->decoded;
}

/* What is asked anew of each pair. Whose a socket is, and what it filters, is the same whoever
 * connects. Only these may be forgotten between two pairs. */
static bool hangs_on_pair(const struct facts_answered *answered)
{
	switch (answered->kind) {
	case FACTS_KIND_WAY:
	case FACTS_KIND_TAKER:
	case FACTS_KIND_ELEMENT:
	case FACTS_KIND_FLOW:
		return true;
	case FACTS_KIND_OWNER:
	case FACTS_KIND_FILTER:
	case FACTS_KIND_ELSEWHERE:
	case FACTS_KIND_NAME:
	case FACTS_N_KINDS:
		break;
	}
	return false;
}

/* Only facts that can ask again may forget: a file's answers are all there is. What is
 * forgotten is asked again, by the pair that needs it. */
void facts_forget(struct facts *facts)
{
	struct facts_answers *answers = facts->answers;
	size_t n_kept = 0;

	if (!facts->ask || !answers)
		return;
	for (size_t i = 0; i < answers->n_items; i++) {
		struct facts_answered *item = answers->items[i];
		struct key key = key_of(item);

		/* What stays keeps its order. */
		if (!hangs_on_pair(item)) {
			answers->items[n_kept++] = item;
			continue;
		}
		(void)map_remove(answers->map, key.bytes, key.len);
		free(item);
	}
	answers->n_items = n_kept;
}
