// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_ipam.c - any sequence of claims and releases against a plain array of holders
#include "model/ipam/ipam.h"

#include "model/ipam/subnet.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ADDRESSES_MAX 64
#define HOLDERS 8

struct model {
	struct subnet subnet;
	struct ipam_pool *pool;
	int holder[ADDRESSES_MAX]; /* by offset in the subnet; -1: free */
	uint64_t count;
};

static const char *holder_name(int holder)
{
	static const char *const names[HOLDERS] = { "a", "b", "c", "d", "e", "f", "g", "h" };

	return names[holder];
}

static struct addr address(const struct model *model, uint64_t offset)
{
	struct addr addr = { 0 };

	assert(addr_add(&model->subnet.prefix.addr, offset, &addr));
	return addr;
}

static void check_alloc(struct model *model, int holder)
{
	struct error error = { 0 };
	struct addr addr;
	uint64_t offset = 0;
	int err = ipam_alloc(model->pool, holder_name(holder), &addr, &error);

	if (err < 0) { /* full only when every address that can be claimed is held */
		assert(err == -ENOSPC && error.text[0]);
		for (uint64_t i = 0; i < model->count; i++) {
			struct addr other = address(model, i);

			assert(model->holder[i] >= 0 ||
			       ipam_claim(model->pool, &other, "probe", NULL) < 0);
		}
		return;
	}
	assert(addr_diff(&addr, &model->subnet.prefix.addr, &offset) && offset < model->count);
	assert(model->holder[offset] < 0);
	assert(!addr_equal(&addr, &model->subnet.gateway));
	model->holder[offset] = holder;
}

static void check_claim(struct model *model, uint64_t offset, int holder)
{
	struct addr addr = address(model, offset);
	int err = ipam_claim(model->pool, &addr, holder_name(holder), NULL);

	assert(model->holder[offset] < 0 || err < 0);
	if (err == 0)
		model->holder[offset] = holder;
}

static void check_release(struct model *model, uint64_t offset)
{
	struct addr addr = address(model, offset);

	if (addr_equal(&addr, &model->subnet.gateway))
		return; /* the pool's own: the engine never releases it */
	ipam_release(model->pool, &addr);
	assert(model->holder[offset] < 0 || ipam_had_holder(model->pool, &addr));
	model->holder[offset] = -1;
}

static void check_holders(const struct model *model)
{
	for (uint64_t i = 0; i < model->count; i++) {
		struct addr addr = address(model, i);
		const char *holder = ipam_holder(model->pool, &addr);

		if (model->holder[i] >= 0)
			assert(holder && strcmp(holder, holder_name(model->holder[i])) == 0);
		else
			assert(!holder || strcmp(holder, "gateway") == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model model = { 0 };
	char text[PREFIX_STR_MAX];
	bool six;

	if (size < 1)
		return 0;
	six = data[0] & 1;
	(void)snprintf(text, sizeof(text), six ? "fd00::/%u" : "10.0.0.0/%u",
		       (six ? 122U : 26U) + (data[0] >> 1) % 7);
	assert(prefix_parse(text, &model.subnet.prefix) == 0);
	if (subnet_choose_gateway(&model.subnet, NULL) < 0)
		model.subnet.gateway = (struct addr) { 0 };
	model.count = prefix_count(&model.subnet.prefix);
	memset(model.holder, 0xff, sizeof(model.holder));
	if (ipam_pool_new(&model.subnet, &model.pool) < 0)
		return 0;
	for (size_t i = 1; i + 1 < size; i += 2) {
		int holder = data[i + 1] % HOLDERS;
		uint64_t offset = data[i + 1] % model.count;

		switch (data[i] % 3) {
		case 0:
			check_alloc(&model, holder);
			break;
		case 1:
			check_claim(&model, offset, holder);
			break;
		case 2:
			check_release(&model, offset);
			break;
		}
	}
	check_holders(&model);
	ipam_pool_free(model.pool);
	return 0;
}
