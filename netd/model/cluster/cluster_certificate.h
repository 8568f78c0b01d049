// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_certificate.h - until when a host's certificate is good, and by what number it is known
#pragma once

#include "base/limits.h"

#include <stdbool.h>
#include <stdint.h>

/* The end of the first certificate in a PEM text, in seconds since 1970. 0, or -EBADMSG: there is
 * none, or one that is larger than CLUSTER_DER_LEN_MAX or spelt in a way that is not known here.
 * Nothing else of it is looked at: what it is worth TLS finds out. */
int cluster_certificate_end(const char *pem, int64_t *ret_s);

/* The moment from which it is good, too. */
int cluster_certificate_life(const char *pem, int64_t *ret_begin_s, int64_t *ret_end_s);

/* The serial number of the same, as whoever revokes it names it: an even number of hexadecimal
 * digits in lower case, of the bytes as they are spelt. 0, or -EBADMSG as above. */
int cluster_certificate_serial(const char *pem, char ret_serial[static CLUSTER_SERIAL_LEN_MAX + 1]);

/* Whether a text is such a number. */
bool cluster_certificate_is_serial(const char *text);
