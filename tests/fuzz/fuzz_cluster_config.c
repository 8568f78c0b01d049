// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_cluster_config.c - any JSON as what a host joins with: what is taken is written so that it
// is taken again
#include "base/json_parse.h"
#include "model/cluster/cluster_config.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cluster_config config, again;
	json_t *object, *written;
	struct error error = { 0 };

	if (json_parse_body((const char *)data, size, &object, &error) < 0)
		return 0;
	if (cluster_config_read(object, "host", &config, &error) == 0) {
		written = cluster_config_write(&config);
		assert(written);
		assert(cluster_config_read(written, "", &again, &error) == 0);
		assert(memcmp(&config, &again, sizeof(config)) == 0);
		json_decref(written);
	} else {
		assert(error.text[0]);
	}
	json_decref(object);
	return 0;
}
