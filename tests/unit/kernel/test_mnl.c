// SPDX-License-Identifier: GPL-2.0-or-later
// test_mnl.c - what is here instead of libmnl does what libmnl does
#include <dlfcn.h>
#include <libmnl/libmnl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MESSAGE_MAX 4096

/* The functions of one of the two. */
#define FUNCTIONS(X)                                                                               \
	X(mnl_nlmsg_size)                                                                          \
	X(mnl_nlmsg_ok)                                                                            \
	X(mnl_nlmsg_next)                                                                          \
	X(mnl_nlmsg_get_payload)                                                                   \
	X(mnl_nlmsg_get_payload_offset)                                                            \
	X(mnl_nlmsg_get_payload_tail)                                                              \
	X(mnl_nlmsg_put_header)                                                                    \
	X(mnl_nlmsg_put_extra_header)                                                              \
	X(mnl_attr_get_type)                                                                       \
	X(mnl_attr_get_payload_len)                                                                \
	X(mnl_attr_get_payload)                                                                    \
	X(mnl_attr_get_str)                                                                        \
	X(mnl_attr_get_u32)                                                                        \
	X(mnl_attr_ok)                                                                             \
	X(mnl_attr_next)                                                                           \
	X(mnl_attr_validate)                                                                       \
	X(mnl_attr_parse)                                                                          \
	X(mnl_attr_parse_nested)                                                                   \
	X(mnl_attr_put)                                                                            \
	X(mnl_attr_put_u8)                                                                         \
	X(mnl_attr_put_u16)                                                                        \
	X(mnl_attr_put_u32)                                                                        \
	X(mnl_attr_put_strz)                                                                       \
	X(mnl_attr_nest_start)                                                                     \
	X(mnl_attr_nest_end)

#define POINTER(name) __typeof__(&(name)) name;
struct functions {
	FUNCTIONS(POINTER)
};

#define OURS(name) .name = (name),
static const struct functions ours = { FUNCTIONS(OURS) };
static struct functions theirs;
static void *library;

static void *loaded(const char *name)
{
	void *function = dlsym(library, name);

	assert_non_null(function);
	return function;
}

static int load(void **state)
{
	(void)state;
	library = dlopen("libmnl.so.0", RTLD_NOW | RTLD_LOCAL);
	assert_non_null(library);
#define LOAD(name) theirs.name = (__typeof__(theirs.name))loaded(#name);
	FUNCTIONS(LOAD)
	/* Or a function would be held against itself. */
#define DIFFERS(name) assert_ptr_not_equal((void *)theirs.name, (void *)ours.name);
	FUNCTIONS(DIFFERS)
	return 0;
}

static int unload(void **state)
{
	(void)state;
	return dlclose(library);
}

static void put_any(const struct functions *mnl, struct nlmsghdr *nlh, unsigned int kind)
{
	static const char text[] = "a text of some length";
	const uint16_t type = (uint16_t)(kind * 7 % 60);

	switch (kind % 6) {
	case 0:
		mnl->mnl_attr_put(nlh, type, kind % sizeof(text), text);
		break;
	case 1:
		mnl->mnl_attr_put_u8(nlh, type, (uint8_t)kind);
		break;
	case 2:
		mnl->mnl_attr_put_u16(nlh, type, (uint16_t)(kind * 3));
		break;
	case 3:
		mnl->mnl_attr_put_u32(nlh, type, kind * 5);
		break;
	case 4:
		mnl->mnl_attr_put_strz(nlh, type, text + kind % sizeof(text));
		break;
	default:
		mnl->mnl_attr_put(nlh, type, 0, NULL);
	}
}

/* A message that hangs on the seed alone. Behind attributes the library leaves what was there; what
 * a header is written over is not zero. */
static size_t write_message(const struct functions *mnl, unsigned int seed, char *buffer)
{
	struct nlattr *nests[3];
	struct nlmsghdr *nlh;
	size_t depth = 0;

	memset(buffer, 0, MESSAGE_MAX);
	memset(buffer, 0xa5, MNL_NLMSG_HDRLEN);
	nlh = mnl->mnl_nlmsg_put_header(buffer);
	memset(mnl->mnl_nlmsg_put_extra_header(nlh, seed % 21), 0x11, seed % 21);
	for (int i = 0; i < 40; i++) {
		unsigned int kind = (unsigned int)rand_r(&seed);

		if (kind % 8 == 0 && depth < 3)
			nests[depth++] = mnl->mnl_attr_nest_start(nlh, (uint16_t)(kind % 50));
		else if (kind % 8 == 1 && depth > 0)
			mnl->mnl_attr_nest_end(nlh, nests[--depth]);
		else
			put_any(mnl, nlh, kind / 8);
	}
	while (depth > 0)
		mnl->mnl_attr_nest_end(nlh, nests[--depth]);
	return nlh->nlmsg_len;
}

static void what_is_written_is_the_same(void **state)
{
	static char a[MESSAGE_MAX], b[MESSAGE_MAX];

	(void)state;
	for (unsigned int seed = 0; seed < 2000; seed++) {
		size_t len = write_message(&ours, seed, a);

		assert_int_equal(len, write_message(&theirs, seed, b));
		assert_memory_equal(a, b, MESSAGE_MAX);
	}
}

struct heard {
	const struct functions *mnl;
	uint32_t sum; /* of all that was heard */
	int n, stop_at;
};

static void note(struct heard *heard, uint64_t what)
{
	heard->sum = heard->sum * 31 + (uint32_t)what;
}

static int hear(const struct nlattr *attr, void *data)
{
	const struct functions *mnl = ((struct heard *)data)->mnl;
	struct heard *heard = data;

	note(heard, mnl->mnl_attr_get_type(attr));
	note(heard, mnl->mnl_attr_get_payload_len(attr));
	note(heard, (uint64_t)((char *)mnl->mnl_attr_get_payload(attr) - (char *)attr));
	note(heard, (uint64_t)(mnl->mnl_attr_get_str(attr) - (const char *)attr));
	note(heard, (uint64_t)((char *)mnl->mnl_attr_next(attr) - (char *)attr));
	note(heard, (uint64_t)mnl->mnl_attr_validate(attr, MNL_TYPE_U32));
	note(heard, (uint64_t)mnl->mnl_attr_validate(attr, MNL_TYPE_NUL_STRING));
	if (mnl->mnl_attr_get_payload_len(attr) >= sizeof(uint32_t))
		note(heard, mnl->mnl_attr_get_u32(attr));
	if (attr->nla_type & NLA_F_NESTED)
		note(heard, (uint64_t)mnl->mnl_attr_parse_nested(attr, hear, heard));
	if (++heard->n == heard->stop_at)
		return heard->n % 2 ? MNL_CB_STOP : MNL_CB_ERROR;
	return MNL_CB_OK;
}

static uint32_t read_message(const struct functions *mnl, const char *buffer, int len, int stop_at)
{
	struct heard heard = { .mnl = mnl, .stop_at = stop_at };
	const struct nlmsghdr *nlh = (const void *)buffer;

	while (mnl->mnl_nlmsg_ok(nlh, len)) {
		note(&heard, (uint64_t)len);
		note(&heard, (uint64_t)((char *)mnl->mnl_nlmsg_get_payload(nlh) - (char *)nlh));
		note(&heard,
		     (uint64_t)((char *)mnl->mnl_nlmsg_get_payload_offset(nlh, 5) - (char *)nlh));
		note(&heard,
		     (uint64_t)((char *)mnl->mnl_nlmsg_get_payload_tail(nlh) - (char *)nlh));
		note(&heard, mnl->mnl_nlmsg_size((size_t)stop_at));
		note(&heard, (uint64_t)mnl->mnl_attr_parse(nlh, 4, hear, &heard));
		nlh = mnl->mnl_nlmsg_next(nlh, &len);
	}
	note(&heard, (uint64_t)len);
	return heard.sum;
}

/* Whole messages, cut ones, and attributes whose lengths are not true. */
static void what_is_read_is_the_same(void **state)
{
	static char buffer[2 * MESSAGE_MAX];

	(void)state;
	for (unsigned int seed = 0; seed < 2000; seed++) {
		size_t len = NLMSG_ALIGN(write_message(&theirs, seed, buffer));
		unsigned int random = seed;

		len += write_message(&theirs, seed + 1, buffer + len);
		for (unsigned int i = 0; i < seed % 4; i++)
			buffer[16 + (size_t)rand_r(&random) % (len - 16)] ^= (char)(1 << i);
		len -= seed % 3 == 0 ? (size_t)rand_r(&random) % 40 : 0;
		assert_int_equal(read_message(&ours, buffer, (int)len, (int)(seed % 50)),
				 read_message(&theirs, buffer, (int)len, (int)(seed % 50)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_the_same),
		cmocka_unit_test(what_is_read_is_the_same),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
