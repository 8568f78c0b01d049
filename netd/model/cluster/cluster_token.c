// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_token.c - what a host joins a cluster with: whom it may believe, and that it may come in
#include "model/cluster/cluster_token.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A token is what a person copies from one host to another. It has the digest of the authority's
 * certificate, by which the new host knows whom it speaks to, and a secret, by which the cluster
 * knows that the host may come in. Grammar:
 *
 * token = "netd1-" DIGEST "-" SECRET, both in small hexadecimal digits. */
static const char beginning[] = "netd1-";

/* Exactly len digits, and then the one that ends them. *at goes behind the end. false: the text is
 * no token. */
static bool take_digits(const char **at, size_t len, char end, char *ret_digits)
{
	if (strspn(*at, "0123456789abcdef") != len || (*at)[len] != end)
		return false;
	memcpy(ret_digits, *at, len);
	ret_digits[len] = '\0';
	*at += len + 1;
	return true;
}

/* 0, or -EINVAL. *ret_token is written on success alone. */
int cluster_token_parse(const char *text, struct cluster_token *ret_token)
{
	struct cluster_token token = { 0 };
	const char *at = text + strlen(beginning);

	if (strncmp(text, beginning, strlen(beginning)) != 0 ||
	    !take_digits(&at, CLUSTER_DIGEST_LEN, '-', token.digest) ||
	    !take_digits(&at, CLUSTER_SECRET_LEN, '\0', token.secret))
		return -EINVAL;
	*ret_token = token;
	return 0;
}

/* It returns the buffer. The result is read by cluster_token_parse() again. */
const char *cluster_token_print(const struct cluster_token *token,
				char buffer[static CLUSTER_TOKEN_SIZE])
{
	(void)snprintf(buffer, CLUSTER_TOKEN_SIZE, "%s%s-%s", beginning, token->digest,
		       token->secret);
	return buffer;
}

/* 0, or -EINVAL. At most five digits, so the number cannot overflow. */
static int parse_port(const char *text, uint16_t *ret_port)
{
	size_t len = strlen(text);
	unsigned long port = strtoul(text, NULL, 10);

	if (len == 0 || len > 5 || strspn(text, "0123456789") != len || port == 0 ||
	    port > UINT16_MAX)
		return -EINVAL;
	*ret_port = (uint16_t)port;
	return 0;
}

/* 0, or -EINVAL. The forms are ADDRESS, ADDRESS:PORT and [IPV6]:PORT; without a port it is that of
 * the cluster's door. */
int cluster_token_parse_remote(const char *text, struct addr *ret_addr, uint16_t *ret_port)
{
	char host[ADDR_STR_MAX] = "";
	bool is_bracketed = text[0] == '[';
	const char *from = text + is_bracketed, *end = strchr(from, is_bracketed ? ']' : ':');
	uint16_t port = CLUSTER_DOOR_PORT;
	struct addr addr;

	/* An address of IPv6 is full of colons. */
	if (addr_parse(text, ret_addr) == 0) {
		*ret_port = port;
		return 0;
	}
	if (!end || (size_t)(end - from) >= sizeof(host))
		return -EINVAL;
	memcpy(host, from, (size_t)(end - from));
	end += is_bracketed;
	if (addr_parse(host, &addr) < 0 || (addr.family == AF_INET6) != is_bracketed ||
	    (*end && (*end != ':' || parse_port(end + 1, &port) < 0)))
		return -EINVAL;
	*ret_addr = addr;
	*ret_port = port;
	return 0;
}
