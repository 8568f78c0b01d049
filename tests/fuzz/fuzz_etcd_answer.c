// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_etcd_answer.c - any bytes as an answer of etcd: what comes out of it is sound
#include "herald/etcd.h"

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
	while (etcd_answer_next(&answer, &item))
		look(&item);
	return 0;
}
