// SPDX-License-Identifier: GPL-2.0-or-later
// rules.c - the kernel in memory: netd's nftables table as sets of elements, and its redirects
#include "world.h"

#include <stdint.h>
#include <sys/eventfd.h>

/* --- elements --- */

void fake_table_clear(struct fake_table *table)
{
	free(table->elems);
	free(table->counted);
	free(table->user_rules);
	*table = (struct fake_table) { 0 };
}

static bool same_key(const struct ruleset_elem *a, const struct ruleset_elem *b)
{
	return a->set == b->set && a->key_len == b->key_len &&
	       memcmp(a->key, b->key, a->key_len) == 0 &&
	       (!ruleset_set_info[a->set].interval ||
		memcmp(a->key_end, b->key_end, a->key_len) == 0);
}

static bool same_data(const struct ruleset_elem *a, const struct ruleset_elem *b)
{
	return a->data_len == b->data_len && memcmp(a->data, b->data, a->data_len) == 0 &&
	       a->verdict == b->verdict;
}

static bool overlap(const struct ruleset_elem *a, const struct ruleset_elem *b)
{
	return a->set == b->set && ruleset_set_info[a->set].interval &&
	       memcmp(a->key, b->key_end, a->key_len) <= 0 &&
	       memcmp(b->key, a->key_end, a->key_len) <= 0;
}

static size_t find(const struct fake_table *table, const struct ruleset_elem *elem)
{
	size_t i = 0;

	while (i < table->n_elems && !same_key(&table->elems[i].elem, elem))
		i++;
	return i;
}

/* -EBUSY: the key is there with other data; -EEXIST: an interval is in the way. */
static int put_elem(struct fake_table *table, const struct ruleset_elem *elem)
{
	size_t i = find(table, elem);
	struct fake_elem *fresh;

	if (i < table->n_elems)
		return same_data(&table->elems[i].elem, elem) ? 0 : -EBUSY;
	for (i = 0; i < table->n_elems; i++)
		if (overlap(&table->elems[i].elem, elem))
			return -EEXIST;
	fresh = fake_push(table->elems, table->n_elems);
	fresh->elem = *elem;
	(void)snprintf(fresh->comment, sizeof(fresh->comment), "%s", elem->comment);
	return 0;
}

static int take_elem(struct fake_table *table, const struct ruleset_elem *elem)
{
	size_t i = find(table, elem);

	if (i == table->n_elems)
		return -ENOENT;
	fake_remove(table->elems, table->n_elems, i);
	return 0;
}

/* All or nothing: taken first, then put. */
static int transact(struct fake_table *table, const struct ruleset_elems *take,
		    const struct ruleset_elems *put, const struct ruleset_elem **ret_refused)
{
	struct fake_elem *before = NULL;
	size_t n_before = table->n_elems;
	int err = 0;

	if (n_before > 0) {
		before = malloc(n_before * sizeof(*before));
		memcpy(before, table->elems, n_before * sizeof(*before));
	}
	for (size_t i = 0; take && err == 0 && i < take->n; i++) {
		*ret_refused = &take->items[i];
		err = take_elem(table, &take->items[i]);
	}
	for (size_t i = 0; put && err == 0 && i < put->n; i++) {
		*ret_refused = &put->items[i];
		err = put_elem(table, &put->items[i]);
	}
	if (err == 0) {
		free(before);
		return 0;
	}
	free(table->elems);
	table->elems = before;
	table->n_elems = n_before;
	return err;
}

static int refused(const struct ruleset_elem *elem, int err, struct error *error, const char *tried)
{
	char text[RULESET_ELEM_STR_MAX];

	ruleset_elem_print(elem, text);
	if (err == -EBUSY || err == -EEXIST)
		return error_set(error, ERROR_CONFLICT,
				 "%s: %s (%s) clashes with one that is there", tried, text,
				 elem->comment);
	(void)error_set(error, ERROR_NOT_FOUND, "%s: %s (%s) is not there", tried, text,
			elem->comment);
	return -ENOENT;
}

static int by_key(const void *a, const void *b)
{
	const struct fake_elem *first = a, *second = b;

	if (first->elem.set != second->elem.set)
		return (int)first->elem.set - (int)second->elem.set;
	return memcmp(first->elem.key, second->elem.key, sizeof(first->elem.key));
}

void fake_table_print(const struct fake_table *table, FILE *out)
{
	char text[RULESET_ELEM_STR_MAX];

	if (!table->exists)
		return;
	fprintf(out, "table%s\n", table->owner ? " owned" : "");
	if (table->n_elems > 0)
		qsort(table->elems, table->n_elems, sizeof(*table->elems), by_key);
	for (size_t i = 0; i < table->n_elems; i++)
		fprintf(out, "  %s (%s)\n", ruleset_elem_print(&table->elems[i].elem, text),
			table->elems[i].comment);
}

/* --- the table --- */

static int rules_open(bool own, struct nft **ret_nft, struct error *error)
{
	int err = fake_enter("rules.open", FAKE_LOOK, " ");

	if (err < 0)
		return error_system(error, err, "opening nf_tables");
	*ret_nft = calloc(1, sizeof(**ret_nft));
	(*ret_nft)->netns = fake_world->current;
	(*ret_nft)->own = own && !fake_world->owns_nothing;
	fake_world->n_open++;
	return 0;
}

/* Tables stay without an owner: NFT_TABLE_F_PERSIST. */
static void rules_close(struct nft *nft)
{
	if (!nft)
		return;
	if (nft->netns->table.owner == nft)
		nft->netns->table.owner = NULL;
	if (nft->netns->redirect_owner == nft)
		nft->netns->redirect_owner = NULL;
	fake_world->n_open--;
	free(nft);
}

static bool rules_is_owner(const struct nft *nft)
{
	return nft->own;
}

static int make_table(struct nft *nft, const struct ruleset_elems *elems, struct error *error)
{
	struct fake_table *table = &nft->netns->table;
	const struct ruleset_elem *elem = NULL;
	struct fake_table fresh = { 0 };
	int err;

	if (table->owner && table->owner != nft)
		return error_set(error, ERROR_FORBIDDEN,
				 "table inet " RULESET_TABLE
				 " belongs to another process (pid 1): is another netd running?");
	err = transact(&fresh, NULL, elems, &elem);
	if (err < 0) {
		free(fresh.elems);
		return refused(elem, err, error, "resetting table inet " RULESET_TABLE);
	}
	free(table->elems);
	table->elems = fresh.elems;
	table->n_elems = fresh.n_elems;
	table->exists = true;
	table->owner = nft->own ? nft : NULL;
	return 0;
}

static int rules_reset(struct nft *nft, const struct ruleset_elems *elems, struct error *error)
{
	int err = fake_enter("rules.reset", FAKE_CHANGE, "%zu", elems->n);

	return err < 0 ? fake_fails("rules.reset", err, error) : make_table(nft, elems, error);
}

static int rules_disown(struct nft *nft, const struct ruleset_elems *elems, struct error *error)
{
	int err = fake_enter("rules.disown", FAKE_CHANGE, "%zu", elems->n);

	nft->own = false;
	if (err == 0)
		err = make_table(nft, elems, error);
	else
		(void)fake_fails("rules.disown", err, error);
	if (err == 0) {
		free(nft->netns->table.user_rules);
		nft->netns->table.user_rules = NULL;
	}
	return err;
}

static int rules_remove(struct nft *nft, struct error *error)
{
	int err = fake_enter("rules.remove", FAKE_CHANGE, " ");
	struct fake_table *table = &nft->netns->table;

	if (err == 0 && table->exists && table->owner && table->owner != nft)
		err = -EPERM;
	if (err < 0)
		return error_system(error, err, "removing table inet " RULESET_TABLE);
	fake_table_clear(table);
	return 0;
}

static int change(struct nft *nft, const char *operation, const char *tried,
		  const struct ruleset_elems *take, const struct ruleset_elems *put,
		  struct error *error)
{
	const struct ruleset_elems *first = take ? take : put;
	char text[RULESET_ELEM_STR_MAX] = "";
	const struct ruleset_elem *elem = NULL;
	struct fake_table *table = &nft->netns->table;
	int err;

	if (first->n > 0)
		ruleset_elem_print(&first->items[0], text);
	err = fake_enter(operation, FAKE_CHANGE, "%s", text);
	if (err < 0)
		return fake_fails(operation, err, error);
	if (first->n == 0)
		return 0;
	if (table->exists && table->owner && table->owner != nft)
		return error_system(error, -EPERM, "%s", tried);
	if (!table->exists)
		return refused(&first->items[0], -ENOENT, error, tried);
	err = transact(table, take, put, &elem);
	return err < 0 ? refused(elem, err, error, tried) : 0;
}

static int rules_add(struct nft *nft, const struct ruleset_elems *elems, struct error *error)
{
	return change(nft, "rules.add", "adding elements", NULL, elems, error);
}

static int rules_take(struct nft *nft, const struct ruleset_elems *elems, struct error *error)
{
	return change(nft, "rules.take", "deleting elements", elems, NULL, error);
}

static int rules_replace(struct nft *nft, const struct ruleset_elems *elems, struct error *error)
{
	return change(nft, "rules.replace", "replacing elements", elems, elems, error);
}

static int count(const struct fake_table *table, enum ruleset_set set)
{
	int n = 0;

	if (!table->exists)
		return -ENOENT;
	for (size_t i = 0; i < table->n_elems; i++)
		n += table->elems[i].elem.set == set;
	for (size_t i = 0; i < table->n_counted; i++)
		n += table->counted[i].set == set;
	return n;
}

static int rules_count(struct nft *nft, enum ruleset_set set)
{
	int err = fake_enter("rules.count", FAKE_LOOK, "%d", (int)set);

	return err < 0 ? err : count(&nft->netns->table, set);
}

static int rules_counted(struct nft *nft, enum ruleset_set set, struct nft_counted **ret_items,
			 size_t *ret_n)
{
	int err = fake_enter("rules.counted", FAKE_LOOK, "%d", (int)set);
	const struct fake_table *table = &nft->netns->table;

	if (err < 0 || !table->exists)
		return err < 0 ? err : -ENOENT;
	*ret_items = calloc(table->n_counted + 1, sizeof(**ret_items));
	*ret_n = 0;
	for (size_t i = 0; i < table->n_counted; i++)
		if (table->counted[i].set == set)
			(*ret_items)[(*ret_n)++] = table->counted[i].item;
	return 0;
}

/* What nft(8) makes of them only nft(8) knows: all are right. */
static int rules_user_load(struct nft *nft, const char *rules, struct error *error)
{
	int err = fake_enter("rules.load_user", FAKE_CHANGE, "%zu", strlen(rules));

	if (err < 0)
		return error_set(error, ERROR_INVALID, "nft: %s", strerror(-err));
	if (!nft)
		return 0;
	free(nft->netns->table.user_rules);
	nft->netns->table.user_rules = strdup(rules);
	return 0;
}

static const char *rules_probe_guard(struct nft *nft)
{
	int err = fake_enter("rules.probe_guard", FAKE_LOOK, " ");

	(void)nft;
	return err < 0 ? "nftables knows no frames" : NULL;
}

static const char *rules_probe(struct nft *nft)
{
	(void)nft;
	return NULL;
}

static int rules_redirect(struct nft *inside, uint16_t dns_port, struct error *error)
{
	int err = fake_enter("rules.redirect", FAKE_CHANGE, "%u", dns_port);
	struct fake_netns *netns = inside->netns;

	if (err == 0 && netns->redirect_owner && netns->redirect_owner != inside)
		err = -EPERM;
	if (err < 0)
		return error_system(error, err, "redirecting DNS");
	netns->redirect = dns_port;
	netns->redirect_owner = inside->own ? inside : NULL;
	return 0;
}

static int rules_unredirect(struct nft *inside, struct error *error)
{
	int err = fake_enter("rules.unredirect", FAKE_CHANGE, " ");
	struct fake_netns *netns = inside->netns;

	if (err == 0 && netns->redirect_owner && netns->redirect_owner != inside)
		err = -EPERM;
	if (err < 0)
		return error_system(error, err, "removing the redirect of DNS");
	netns->redirect = 0;
	netns->redirect_owner = NULL;
	return 0;
}

const struct door_rules fake_rules = {
	.open = rules_open,
	.close = rules_close,
	.is_owner = rules_is_owner,
	.reset = rules_reset,
	.disown = rules_disown,
	.remove = rules_remove,
	.add = rules_add,
	.take = rules_take,
	.replace = rules_replace,
	.count = rules_count,
	.counted = rules_counted,
	.load_user = rules_user_load,
	.probe = rules_probe,
	.probe_guard = rules_probe_guard,
	.redirect = rules_redirect,
	.unredirect = rules_unredirect,
	.make_services = fake_make_services,
	.change_services = fake_change_services,
	.remove_services = fake_remove_services,
	.services_generation = fake_services_generation,
	.services_digest = fake_services_digest,
	.make_ingress = fake_make_ingress,
	.remove_ingress = fake_remove_ingress,
	.ingress_digest = fake_ingress_digest,
};

/* --- others --- */

/* One at a time, and a change by a foreign hand is to be heard of by it. */
static int watch_fd = -1;

struct nft_watch {
	int fd;
};

static int watch_open(const struct nft *own, struct nft_watch **ret_watch, struct error *error)
{
	int err = fake_enter("rules_watch.open", FAKE_LOOK, " ");

	(void)own;
	if (err < 0)
		return fake_fails("rules_watch.open", err, error);
	*ret_watch = calloc(1, sizeof(**ret_watch));
	watch_fd = (*ret_watch)->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	fake_world->n_open++;
	return 0;
}

static void watch_close(struct nft_watch *watch)
{
	if (!watch)
		return;
	(void)close(watch->fd);
	free(watch);
	fake_world->n_open--;
	watch_fd = -1;
}

static int watch_get_fd(const struct nft_watch *watch)
{
	return watch->fd;
}

static bool watch_read(struct nft_watch *watch)
{
	eventfd_t n;

	return eventfd_read(watch->fd, &n) == 0;
}

const struct door_rules_watch fake_rules_watch = {
	.open = watch_open,
	.close = watch_close,
	.fd = watch_get_fd,
	.read = watch_read,
};

int fake_n_elems(enum ruleset_set set)
{
	return count(&fake_world->host->table, set);
}

static void tell(void)
{
	if (watch_fd >= 0)
		(void)eventfd_write(watch_fd, 1);
}

void fake_rules_flush(void)
{
	fake_table_clear(&fake_world->host->table);
	tell();
}

void fake_rules_share(void)
{
	fake_world->owns_nothing = true;
}

void fake_rules_seize(void)
{
	fake_world->host->table.exists = true;
	fake_world->host->table.owner = &watch_fd; /* anybody else's */
	tell();
}

void fake_rules_count(enum ruleset_set set, const uint8_t *key, uint64_t packets)
{
	struct fake_table *table = &fake_world->host->table;
	struct fake_counted *counted;

	for (size_t i = 0; i < table->n_counted; i++)
		if (table->counted[i].set == set &&
		    memcmp(table->counted[i].item.key, key, ruleset_key_size(set)) == 0) {
			table->counted[i].item.packets = packets;
			return;
		}
	counted = fake_push(table->counted, table->n_counted);
	counted->set = set;
	counted->item.packets = packets;
	memcpy(counted->item.key, key, ruleset_key_size(set));
}

const char *fake_user_rules(void)
{
	const char *rules = fake_world->host->table.user_rules;

	return rules ? rules : "";
}
