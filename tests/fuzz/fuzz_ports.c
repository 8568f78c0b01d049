// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_ports.c - what -p accepts can be written out and read again; so can PortBindings
#include "base/cleanup.h"
#include "base/limits.h"
#include "model/container/port.h"
#include "model/container/port_binding.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_binding(const struct port_binding *binding, char text[static 128])
{
	bool six = binding->host_addr.family == AF_INET6;

	(void)snprintf(text, 128, "%s%s%s%s%u-%u:%u/%s", six ? "[" : "",
		       ADDR_STR(&binding->host_addr), six ? "]" : "",
		       addr_is_set(&binding->host_addr) ? ":" : "", binding->host_port,
		       binding->host_port_end, binding->container_port,
		       port_protocol_name(binding->protocol));
}

static bool same(const struct port_binding *a, const struct port_binding *b)
{
	return a->protocol == b->protocol && addr_equal(&a->host_addr, &b->host_addr) &&
	       a->host_port == b->host_port && a->host_port_end == b->host_port_end &&
	       a->container_port == b->container_port;
}

static void check_binding(const struct port_binding *binding)
{
	_cleanup_free_ struct port_binding *again = NULL;
	size_t n = 0;
	char text[128];

	assert(binding->container_port != 0);
	assert(binding->host_port <= binding->host_port_end);
	assert(binding->host_port != 0 || binding->host_port_end == 0);
	print_binding(binding, text);
	assert(port_binding_parse(text, &again, &n, NULL) == 0 && n == 1);
	assert(same(binding, again));
}

static void check_bindings(const struct port_binding *bindings, size_t n)
{
	assert(n <= PORTS_PER_CONTAINER_MAX);
	/* All of a range are alike; its ends will do. */
	for (size_t i = 0; i < n; i = i < 3 || n - i < 4 ? i + 1 : n - 3)
		check_binding(&bindings[i]);
}

static void check_text(const char *text)
{
	_cleanup_free_ struct port_binding *bindings = NULL;
	struct error error = { 0 };
	size_t n = 0;

	if (port_binding_parse(text, &bindings, &n, &error) < 0)
		assert(n == 0 && error.text[0]);
	check_bindings(bindings, n);
}

static void check_json(const char *text, size_t len)
{
	_cleanup_free_ struct port_binding *bindings = NULL;
	json_t *json = json_loadb(text, len, 0, NULL);
	struct error error = { 0 };
	size_t n = 0;

	if (!json)
		return;
	if (port_binding_from_json(json, &bindings, &n, &error) < 0)
		assert(n == 0 && error.text[0]);
	check_bindings(bindings, n);
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	check_text(text);
	check_json(text, size);
	return 0;
}
