// SPDX-License-Identifier: GPL-2.0-or-later
// ruleset_words.h - shorthands in which the tables of rules are written; private to model/rules
#pragma once

#include "model/rules/ruleset.h"

#define PORT_BOOTPS 67 /* of DHCP servers */

/* A table is read as the output of nft(8). */
#define CHAIN(id) .chain = RULESET_CHAIN_##id
#define V(id) RULESET_VALUE_##id
/* IN and NOT_IN look the values up in a set. NAME and NUMBER compare one value; BITS asks whether
 * any of the bits is set; NET whether the address lies in a prefix. */
#define IN(name, ...)                                                                              \
	{                                                                                          \
		.test = RULESET_TEST_IN, .value = { __VA_ARGS__ }, .set = RULESET_##name           \
	}
#define NOT_IN(name, ...)                                                                          \
	{                                                                                          \
		.test = RULESET_TEST_NOT_IN, .value = { __VA_ARGS__ }, .set = RULESET_##name       \
	}
#define NAME(of, text)                                                                             \
	{                                                                                          \
		.test = RULESET_TEST_NAME, .value = { of }, .name = (text)                         \
	}
#define NOT_NAME(of, text)                                                                         \
	{                                                                                          \
		.test = RULESET_TEST_NOT_NAME, .value = { of }, .name = (text)                     \
	}
#define NUMBER(of, n)                                                                              \
	{                                                                                          \
		.test = RULESET_TEST_NUMBER, .value = { of }, .number = (n)                        \
	}
#define NOT_NUMBER(of, n)                                                                          \
	{                                                                                          \
		.test = RULESET_TEST_NOT_NUMBER, .value = { of }, .number = (n)                    \
	}
#define BITS(of, n)                                                                                \
	{                                                                                          \
		.test = RULESET_TEST_BITS, .value = { of }, .number = (n)                          \
	}
#define NET(of, family_, len_, ...)                                                                \
	{                                                                                          \
		.test = RULESET_TEST_PREFIX, .value = { of }, .prefix = {                          \
			.addr = { .family = (family_), .bytes = { __VA_ARGS__ } },                 \
			.len = (len_)                                                              \
		}                                                                                  \
	}
#define LOOPBACK4(of) NET(of, AF_INET, 8, 127)
#define LOOPBACK6(of) NET(of, AF_INET6, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
#define LINK_LOCAL6(of) NET(of, AF_INET6, 10, 0xfe, 0x80)
/* BY gives an action what it looks up: the target of a translation, a verdict, or the element that
 * counts. */
#define ACTION(name) .action = RULESET_ACTION_##name
#define BY(name, ...) .value = { __VA_ARGS__ }, .set = RULESET_##name
#define JUMP(id) ACTION(JUMP), .target = RULESET_CHAIN_##id

/* The address that a host sends from before it has one. */
#define ANY4(of) NET(of, AF_INET, 32, 0)
#define ANY6(of) NET(of, AF_INET6, 128, 0)
