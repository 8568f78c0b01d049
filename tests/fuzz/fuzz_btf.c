// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_btf.c - BTF of any bytes: nothing outside of them is read, and every question has an end
#include "trace/btf.h"
#include "trace/event.h"
#include "trace/layout.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_reasons reasons;
	struct layout layout, again;
	struct error error;
	struct btf btf;
	uint32_t offset;
	int err;

	if (btf_init(data, size, &btf) < 0)
		return 0;
	err = layout_read(&btf, &layout, &error);
	assert(err == 0 || error.text[0]);
	/* What was read once is read so again. */
	assert(layout_read(&btf, &again, &error) == err);
	assert(err < 0 || memcmp(&layout, &again, sizeof(layout)) == 0);
	if (btf_offset(&btf, "sk_buff", "dev", &offset) == 0)
		assert(offset <= UINT32_MAX / 8);
	event_reasons_read(&btf, &reasons);
	for (size_t i = 0; i < EVENT_REASONS; i++)
		assert(!reasons.names[i] || strlen(reasons.names[i]) < size);
	btf_done(&btf);
	return 0;
}
