// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_followed_filter.c - any words as a filter: what is taken has a sense, and says the same when
// it is written again; what is not has a sentence
#include "diag/followed_filter.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS_MAX 12

static void check_again(const struct followed_filter *filter)
{
	static const char *const names[] = {
		[IPPROTO_TCP] = "tcp", [IPPROTO_UDP] = "udp", [IPPROTO_ICMP] = "icmp"
	};
	const char *words[5];
	struct followed_filter again;
	struct error error;
	char port[8];
	size_t n = 0;

	if (*filter->host) {
		words[n++] = "host";
		words[n++] = filter->host;
	}
	if (filter->port) {
		(void)snprintf(port, sizeof(port), "%u", filter->port);
		words[n++] = "port";
		words[n++] = port;
	}
	if (filter->protocol)
		words[n++] = names[filter->protocol];
	assert(followed_filter_read(words, n, &again, &error) == 0);
	assert(again.protocol == filter->protocol && again.port == filter->port);
	assert(strcmp(again.host, filter->host) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *rest = NULL;
	const char *words[WORDS_MAX];
	struct followed_filter filter;
	struct error error = { 0 };
	size_t n = 0;

	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	for (char *word = strtok_r(text, "\n", &rest); word && n < WORDS_MAX;
	     word = strtok_r(NULL, "\n", &rest))
		words[n++] = word;
	if (followed_filter_read(words, n, &filter, &error) == 0) {
		assert(filter.protocol == 0 || filter.protocol == IPPROTO_TCP ||
		       filter.protocol == IPPROTO_UDP || filter.protocol == IPPROTO_ICMP);
		assert(!filter.port || filter.protocol != IPPROTO_ICMP);
		assert(memchr(filter.host, '\0', sizeof(filter.host)));
		check_again(&filter);
	} else {
		assert(error.code < 0 && error.text[0]);
	}
	free(text);
	return 0;
}
