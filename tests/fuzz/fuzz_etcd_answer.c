// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_etcd_answer.c - any bytes as an answer of etcd: what comes out of it is sound
#include "herald/etcd.h"
#include "model/cluster/cluster_config.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct etcd_item *item)
{
	struct cluster_key again;
	char text[CLUSTER_KEY_SIZE];

	assert(item->name_len < sizeof(item->name));
	if (item->kind == ETCD_FOREIGN)
		return;
	assert(strcmp(cluster_key_print(&item->key, text), item->name) == 0);
	assert(cluster_key_parse(text, strlen(text), &again) == 0);
	if (item->kind != ETCD_RECORD)
		return;
	assert(memcmp(&item->key, &item->record.key, sizeof(item->key)) == 0);
	assert(cluster_record_is_sound(&item->record));
}

static struct herald_members members;

static void look_at_members(void)
{
	assert(members.n > 0 && members.n <= CLUSTER_MEMBERS_MAX);
	for (uint8_t i = 0; i < members.n; i++) {
		const struct herald_member *member = &members.all[i];

		assert(member->id[0] && strspn(member->id, "0123456789") == strlen(member->id));
		assert(!member->name[0] || cluster_key_is_host(member->name));
		assert(!member->peer[0] || cluster_config_is_member(member->peer));
		assert(member->n_urls <= FAMILY_N);
		for (uint8_t k = 0; k < member->n_urls; k++)
			assert(cluster_config_is_member(member->urls[k]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct etcd_item item;
	struct etcd_answer answer;

	if (etcd_answer_read((const char *)data, size, &answer) < 0)
		return 0;
	assert(answer.revision >= 0);
	assert(strlen(answer.why) <= HERALD_WHY_LEN_MAX);
	for (const char *c = answer.why; *c; c++)
		assert((unsigned char)*c >= ' ');
	if (etcd_answer_members(&answer, &members) == 0)
		look_at_members();
	while (etcd_answer_next(&answer, &item))
		look(&item);
	return 0;
}
