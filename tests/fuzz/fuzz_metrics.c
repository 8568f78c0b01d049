// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_metrics.c - any bytes as a snapshot, as a header Accept and as lines of who counts drops:
// what becomes a page is one whose lines are whole, and whose families begin once
#include "metrics/accept.h"
#include "metrics/drops.h"
#include "metrics/page.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FAMILIES_MAX 64

static void check_page(const struct buf *page, enum page_format format)
{
	const char *families[FAMILIES_MAX], *end = page->data + page->len;
	size_t lens[FAMILIES_MAX], n = 0;

	for (const char *line = page->data; line < end; line = strchr(line, '\n') + 1) {
		const char *name = line + 7; /* behind "# TYPE " */

		assert(strchr(line, '\n'));
		if (strncmp(line, "# TYPE ", 7) == 0) {
			size_t len = strcspn(name, " ");

			for (size_t i = 0; i < n; i++)
				assert(lens[i] != len || memcmp(families[i], name, len) != 0);
			assert(n < FAMILIES_MAX);
			lens[n] = len;
			families[n++] = name;
		} else if (*line != '#') {
			/* Of the family that began last. */
			assert(n > 0 && strncmp(line, families[n - 1], lens[n - 1]) == 0);
		}
	}
	if (format == PAGE_OPENMETRICS)
		assert(page->len > 6 && memcmp(end - 6, "# EOF\n", 6) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size ? size : 1), *accept = malloc(size + 1);
	struct error error = { 0 };

	assert(exact && accept);
	memcpy(exact, data, size);
	memcpy(accept, data, size);
	accept[size] = '\0';
	assert(accept_format(accept) < PAGE_FORMAT_N);
	for (enum page_format format = 0; format < PAGE_FORMAT_N; format++) {
		struct buf page = { 0 };

		struct drops drops = { 0 };
		const struct page_source source = { .snapshot = exact,
						    .len = size,
						    .report = exact,
						    .report_len = size,
						    .drops = &drops,
						    .took_us = size };

		drops_begin(&drops);
		assert(drops_read(&drops, "{\"Ready\":true}\n", 15) == 0);
		(void)drops_read(&drops, exact, size); /* it may be one long line */

		if (page_write(&source, format, &page, &error) == 0)
			check_page(&page, format);
		else
			assert(error.text[0]);
		buf_done(&page);
		drops_done(&drops);
	}
	free(exact);
	free(accept);
	return 0;
}
