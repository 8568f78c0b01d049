// SPDX-License-Identifier: GPL-2.0-or-later
// facts_sample.h - facts with something in every list, as tests write and read them
#pragma once

#include "diag/facts.h"

/* 0 or -ENOMEM; facts_done() in either case. */
int facts_sample(struct facts *ret_facts);
