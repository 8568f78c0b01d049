// SPDX-License-Identifier: GPL-2.0-or-later
// ui_request.c - who may ask the page's server, told by the head of a request alone
#include "cli/ui/ui_request.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* "10.0.0.1", "[::1]" or "localhost"; len characters. */
static bool is_address(const char *text, size_t len)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr address;
	bool in_brackets = len > 2 && text[0] == '[' && text[len - 1] == ']';

	if (len == strlen("localhost") && memcmp(text, "localhost", len) == 0)
		return true;
	text += in_brackets;
	len -= in_brackets ? 2 : 0;
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return inet_pton(in_brackets ? AF_INET6 : AF_INET, copy, &address) == 1;
}

bool ui_request_host(const char *host, uint16_t port)
{
	const char *colon = host ? strrchr(host, ':') : NULL;
	char digits[8];

	/* A browser leaves out port 80. */
	if (host && (!colon || strchr(colon, ']')))
		return port == 80 && is_address(host, strlen(host));
	(void)snprintf(digits, sizeof(digits), "%u", port);
	return colon && strcmp(colon + 1, digits) == 0 && is_address(host, (size_t)(colon - host));
}

bool ui_request_site(const char *site)
{
	return !site || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
}

bool ui_request_key(const char *came, const char key[static UI_KEY_LEN + 1])
{
	unsigned char differs = 0;

	if (!came || strlen(came) != UI_KEY_LEN)
		return false;
	for (size_t i = 0; i < UI_KEY_LEN; i++)
		differs |= (unsigned char)(came[i] ^ key[i]);
	return differs == 0;
}
