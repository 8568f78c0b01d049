// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_config.c - a configuration is either held to its promises or refused with its place
#include "base/cleanup.h"
#include "base/limits.h"
#include "model/config/config.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the rest of netd relies on without looking again. */
static void check_config(const struct config *config)
{
	struct addr addr;

	assert(!config->host || strncmp(config->host, "unix:///", 8) == 0);
	assert(config->mtu == 0 || (config->mtu >= MTU_MIN && config->mtu <= MTU_MAX));
	assert(config->n_dns <= DNS_SERVERS_MAX && config->n_dns_search <= DNS_SEARCH_MAX);
	assert(config->n_bases <= CONFIG_POOLS_MAX);
	assert(config->resolver_user[0] && config->socket_group[0]);
	for (size_t i = 0; i < config->n_dns; i++)
		assert(addr_parse(config->dns[i], &addr) == 0);
	for (size_t i = 0; i < config->n_dns_search; i++)
		assert(!strpbrk(config->dns_search[i], " \t\r\n"));
	for (size_t i = 0; i < config->n_bases; i++) {
		const struct ipam_base *base = &config->bases[i];

		assert(!prefix_has_host_bits(&base->base));
		assert(base->size >= base->base.len && base->size <= addr_bits(&base->base.addr));
	}
}

/* The same text again gives the same: nothing is kept from one to the next. */
static void check_again(const char *text, size_t size, int err, const struct error *error)
{
	struct config config = { 0 };
	struct error again = { 0 };

	assert(config_parse("f", text, size, &config, &again) == err);
	assert(strcmp(error->text, again.text) == 0);
	config_done(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size ? size : 1);
	struct config config = { 0 };
	struct error error = { 0 };
	int err;

	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	err = config_parse("f", text, size, &config, &error);
	if (err == 0)
		check_config(&config);
	else
		assert(strncmp(error.text, "f:", 2) == 0);
	config_done(&config);
	check_again(text, size, err, &error);
	return 0;
}
