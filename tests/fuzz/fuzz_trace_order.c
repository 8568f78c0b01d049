// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_trace_order.c - orders and lists of symbols of any bytes
#include "trace/order.h"
#include "trace/symbol.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct symbols symbols = { 0 };
	char *line = malloc(size + 1);
	struct order order;
	struct error error;

	assert(line);
	memcpy(line, data, size);
	line[size] = '\0';
	if (order_read(line, &order, &error) == 0)
		assert(order.kind != ORDER_FLOW || order.port > 0);
	else
		assert(error.text[0]);
	symbol_ask(&symbols, 0xffffffff81000000);
	symbol_feed(&symbols, line, size);
	symbol_end(&symbols);
	assert(strlen(symbol_name(&symbols, 0xffffffff81000000)) < SYMBOL_NAME);
	free(line);
	return 0;
}
