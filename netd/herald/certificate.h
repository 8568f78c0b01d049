// SPDX-License-Identifier: GPL-2.0-or-later
// certificate.h - whether this host's certificate can be any good, before a member of etcd is asked
#pragma once

#include "ipc/herald_msg.h"

#include <stddef.h>

/* 0, or -EINVAL and a sentence: it has expired, is of another authority, or is not its key's. A
 * member that refuses a certificate hangs up and, with TLS 1.3, is not heard to say why. */
int certificate_check(const struct herald_config *config, char *ret_why, size_t size);
