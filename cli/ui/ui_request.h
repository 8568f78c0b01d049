// SPDX-License-Identifier: GPL-2.0-or-later
// ui_request.h - who may ask the page's server, told by the head of a request alone
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define UI_KEY_LEN 32 /* hexadecimal digits: 128 bits that nobody guesses */

/* Whether Host is an address, or localhost, with this port. A name of somebody else's, which he
 * lets lead to this server, is neither. NULL: there was none. */
bool ui_request_host(const char *host, uint16_t port);
/* Whether no page of somebody else's asks. site: Sec-Fetch-Site, NULL where the browser sends none.
 */
bool ui_request_site(const char *site);
/* Whether what came is the key, without telling by time how much of it was right. */
bool ui_request_key(const char *came, const char key[static UI_KEY_LEN + 1]);
