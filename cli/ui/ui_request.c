// SPDX-License-Identifier: GPL-2.0-or-later
// ui_request.c - who may ask the page's server, told by the head of a request alone
#include "cli/ui/ui_request.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Any page in a browser can send requests to a port of this machine. Three
 * things tell such requests from those of the page itself: the Host, which is a name when a
 * foreign name was made to lead here (DNS rebinding); Sec-Fetch-Site, by which a browser says
 * who has asked; and the key. */

/* "10.0.0.1", "[::1]" or "localhost"; len characters. A name could be anybody's. localhost
 * always leads here. */
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

/* The port has to be ours as well: it is part of the address that the user has opened. */
bool ui_request_host(const char *host, uint16_t port)
{
	const char *colon = host ? strrchr(host, ':') : NULL;
	char digits[8];

	/* A browser leaves out port 80. An IPv6 address has colons within its brackets, and one
	 * of them is no port's. */
	if (host && (!colon || strchr(colon, ']')))
		return port == 80 && is_address(host, strlen(host));
	(void)snprintf(digits, sizeof(digits), "%u", port);
	return colon && strcmp(colon + 1, digits) == 0 && is_address(host, (size_t)(colon - host));
}

/* Without the header it is no browser, or an old one: the key decides then. "none" is a user
 * who has typed the address. */
bool ui_request_site(const char *site)
{
	return !site || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
}

/* All bytes are compared, however early they differ, so that the time says nothing about the
 * key. */
bool ui_request_key(const char *came, const char key[static UI_KEY_LEN + 1])
{
	unsigned char differs = 0;

	if (!came || strlen(came) != UI_KEY_LEN)
		return false;
	for (size_t i = 0; i < UI_KEY_LEN; i++)
		differs |= (unsigned char)(came[i] ^ key[i]);
	return differs == 0;
}
