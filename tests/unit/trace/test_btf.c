// SPDX-License-Identifier: GPL-2.0-or-later
// test_btf.c - fields, arguments and values of a kernel that there is not
#include "trace/btf.h"

#include "blob.h"

#include <errno.h>
#include <linux/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void *read_blob(const struct blob *blob, struct btf *ret_btf)
{
	size_t len;
	void *data = blob_whole(blob, &len);

	assert_int_equal(btf_init(data, len, ret_btf), 0);
	return data;
}

static void fields_are_found_within_members_without_a_name(void **state)
{
	struct blob blob = { 0 };
	uint32_t number = blob_int(&blob, "int"), in, between, offset;
	struct btf btf;
	void *data;

	(void)state;
	in = blob_struct(&blob, "", (struct blob_member[]) { { "deep", number, 16 } }, 1);
	between = blob_struct(&blob, "", (struct blob_member[]) { { "", in, 32 } }, 1);
	(void)blob_struct(&blob, "outer",
			  (struct blob_member[]) { { "deeper", number, 0 }, { "", between, 64 } },
			  2);
	data = read_blob(&blob, &btf);
	assert_int_equal(btf_offset(&btf, "outer", "deep", &offset), 0);
	assert_int_equal(offset, (64 + 32 + 16) / 8);
	assert_int_equal(btf_offset(&btf, "outer", "deeper", &offset), 0);
	assert_int_equal(offset, 0);
	assert_int_equal(btf_offset(&btf, "outer", "dee", &offset), -ENOENT);
	assert_int_equal(btf_offset(&btf, "outer", "deep.more", &offset), -ENOENT);
	assert_int_equal(btf_offset(&btf, "other", "deep", &offset), -ENOENT);
	btf_done(&btf);
	free(data);
}

static void a_path_goes_through_typedefs_and_qualifiers(void **state)
{
	struct blob blob = { 0 };
	uint32_t number = blob_int(&blob, "int"), in, type, offset;
	struct btf btf;
	void *data;

	(void)state;
	in = blob_struct(&blob, "inner", (struct blob_member[]) { { "field", number, 8 } }, 1);
	type = blob_reference(&blob, BTF_KIND_TYPEDEF, "inner_t", in);
	type = blob_reference(&blob, BTF_KIND_CONST, "", type);
	(void)blob_struct(&blob, "outer", (struct blob_member[]) { { "in", type, 24 } }, 1);
	data = read_blob(&blob, &btf);
	assert_int_equal(btf_offset(&btf, "outer", "in.field", &offset), 0);
	assert_int_equal(offset, 4);
	btf_done(&btf);
	free(data);
}

static void bit_fields_have_no_offset_in_bytes(void **state)
{
	struct blob blob = { 0 };
	uint32_t number = blob_int(&blob, "int"), offset;
	struct btf btf;
	void *data;

	(void)state;
	(void)blob_struct_of_bits(
		&blob, "flags",
		(struct blob_member[]) { { "few", number, 3U << 24 | 8 }, { "whole", number, 32 } },
		2);
	(void)blob_struct(&blob, "odd", (struct blob_member[]) { { "bit", number, 3 } }, 1);
	data = read_blob(&blob, &btf);
	assert_int_equal(btf_offset(&btf, "flags", "few", &offset), -ENOTSUP);
	assert_int_equal(btf_offset(&btf, "flags", "whole", &offset), 0);
	assert_int_equal(offset, 4);
	assert_int_equal(btf_offset(&btf, "odd", "bit", &offset), -ENOTSUP);
	btf_done(&btf);
	free(data);
}

static void what_is_in_itself_ends(void **state)
{
	struct blob blob = { 0 };
	uint32_t offset, type;
	struct btf btf;
	void *data;

	(void)state;
	/* 1 has itself twice; 2 and 3 are names of each other. */
	(void)blob_struct(&blob, "snake", (struct blob_member[]) { { "", 1, 0 }, { "", 1, 64 } },
			  2);
	(void)blob_reference(&blob, BTF_KIND_TYPEDEF, "btf_trace_round", 3);
	(void)blob_reference(&blob, BTF_KIND_TYPEDEF, "back", 2);
	(void)blob_struct(&blob, "far", (struct blob_member[]) { { "away", 4000, 0 } }, 1);
	data = read_blob(&blob, &btf);
	assert_int_equal(btf_offset(&btf, "snake", "tail", &offset), -EBADMSG);
	assert_int_equal(btf_n_arguments(&btf, "round", &type), -EBADMSG);
	assert_int_equal(btf_offset(&btf, "far", "away", &offset), -EBADMSG);
	btf_done(&btf);
	free(data);
}

static void tracepoints_have_their_arguments_counted(void **state)
{
	struct blob blob = { 0 };
	struct btf btf;
	uint32_t type = 0;
	void *data;

	(void)state;
	blob_tracepoint(&blob, "kfree_skb", 2);
	data = read_blob(&blob, &btf);
	assert_int_equal(btf_n_arguments(&btf, "kfree_skb", &type), 2);
	/* The name for the pointer, which is the last that was added. */
	assert_int_equal(type, blob.n_types);
	assert_int_equal(btf_n_arguments(&btf, "icmp_send", &type), -ENOENT);
	btf_done(&btf);
	free(data);
}

static void count_value(const char *name, uint32_t value, void *data)
{
	uint32_t *sum = data;

	assert_string_equal(name, value == 0 ? "ZERO" : "ONE");
	*sum += value + 10;
}

static void values_come_with_their_names(void **state)
{
	const char *const values[] = { "ZERO", "ONE" };
	struct blob blob = { 0 };
	uint32_t sum = 0;
	struct btf btf;
	void *data;

	(void)state;
	(void)blob_enum(&blob, "numbers", values, 2);
	data = read_blob(&blob, &btf);
	assert_int_equal(btf_each_value(&btf, "numbers", count_value, &sum), 0);
	assert_int_equal(sum, 21);
	assert_int_equal(btf_each_value(&btf, "letters", count_value, &sum), -ENOENT);
	btf_done(&btf);
	free(data);
}

static void what_is_cut_is_no_btf(void **state)
{
	struct blob blob = { 0 };
	struct btf btf;
	size_t len;
	uint8_t *data;

	(void)state;
	blob_kernel(&blob);
	data = blob_whole(&blob, &len);
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *part = malloc(cut ? cut : 1);

		assert_non_null(part);
		memcpy(part, data, cut);
		assert_int_equal(btf_init(part, cut, &btf), -EBADMSG);
		free(part);
	}
	data[0] ^= 1; /* another magic number */
	assert_int_equal(btf_init(data, len, &btf), -EBADMSG);
	free(data);
}

static void a_kind_of_the_future_ends_the_list(void **state)
{
	struct blob blob = { 0 };
	uint32_t number = blob_int(&blob, "int"), offset;
	struct btf btf;
	void *data;

	(void)state;
	(void)blob_struct(&blob, "before", (struct blob_member[]) { { "field", number, 8 } }, 1);
	(void)blob_reference(&blob, 30, "new", 0);
	data = read_blob(&blob, &btf);
	assert_int_equal(btf_offset(&btf, "before", "field", &offset), 0);
	btf_done(&btf);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_found_within_members_without_a_name),
		cmocka_unit_test(a_path_goes_through_typedefs_and_qualifiers),
		cmocka_unit_test(bit_fields_have_no_offset_in_bytes),
		cmocka_unit_test(what_is_in_itself_ends),
		cmocka_unit_test(tracepoints_have_their_arguments_counted),
		cmocka_unit_test(values_come_with_their_names),
		cmocka_unit_test(what_is_cut_is_no_btf),
		cmocka_unit_test(a_kind_of_the_future_ends_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
