// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_cluster_certificate.c - a text that may be a certificate: its end is a moment that dates can
// spell, its number one that is spelt in one way, and both are the same each time
#include "model/cluster/cluster_certificate.h"

#include "base/cleanup.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define YEAR_0 (-62167219200)	   /* its first second */
#define YEAR_9999 (253402300800LL) /* behind its last; a 31st of a short month may be the next */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);
	char serial[CLUSTER_SERIAL_LEN_MAX + 1], once_more[CLUSTER_SERIAL_LEN_MAX + 1];
	int64_t end = 0, again = 1;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (cluster_certificate_serial(text, serial) == 0) {
		assert(cluster_certificate_is_serial(serial));
		assert(cluster_certificate_serial(text, once_more) == 0 &&
		       strcmp(serial, once_more) == 0);
	}
	if (cluster_certificate_end(text, &end) < 0)
		return 0;
	assert(end >= YEAR_0 && end < YEAR_9999 + 3 * 86400);
	assert(cluster_certificate_end(text, &again) == 0 && again == end);
	return 0;
}
