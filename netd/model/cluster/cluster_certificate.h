// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_certificate.h - until when a host's certificate is good
#pragma once

#include <stdint.h>

/* The end of the first certificate in a PEM text, in seconds since 1970. 0, or -EBADMSG: there is
 * none, or one that is larger than CLUSTER_DER_LEN_MAX or spelt in a way that is not known here.
 * Nothing else of it is looked at: what it is worth TLS finds out. */
int cluster_certificate_end(const char *pem, int64_t *ret_s);
