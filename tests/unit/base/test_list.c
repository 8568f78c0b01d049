// SPDX-License-Identifier: GPL-2.0-or-later
// test_list.c - the intrusive list, and the hand-over of what cleanup.h owns
#include "base/list.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct item {
	int number;
	struct list in_list;
};

static void fill(struct list *list, struct item items[3])
{
	list_init(list);
	for (int i = 0; i < 3; i++) {
		items[i].number = i;
		list_append(list, &items[i].in_list);
	}
}

static void entries_are_walked_in_the_order_of_appending(void **state)
{
	struct item items[3];
	struct list list;
	int n = 0;

	(void)state;
	fill(&list, items);
	list_foreach (&list, struct item, item, in_list)
		assert_int_equal(item->number, n++);
	assert_int_equal(n, 3);
	assert_ptr_equal(list_first(&list, struct item, in_list), &items[0]);
}

static void a_walk_may_remove_where_it_stands(void **state)
{
	struct item items[3];
	struct list list;
	int n = 0;

	(void)state;
	fill(&list, items);
	list_foreach (&list, struct item, item, in_list) {
		list_remove(&item->in_list);
		list_remove(&item->in_list); /* twice is safe */
		n++;
	}
	assert_int_equal(n, 3);
	assert_true(list_empty(&list));
	assert_null(list_first(&list, struct item, in_list));
}

static void an_empty_list_is_not_walked(void **state)
{
	struct list list;

	(void)state;
	list_init(&list);
	list_foreach (&list, struct item, item, in_list)
		fail();
}

static void what_is_taken_is_not_cleaned_up(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), kept;
	char *text = malloc(1), *kept_text;

	(void)state;
	{
		_cleanup_close_ int owned = fd;
		_cleanup_free_ char *owned_text = text;

		kept = take_fd(&owned);
		kept_text = take_ptr(owned_text);
		assert_int_equal(owned, -1);
		assert_null(owned_text);
	}
	assert_ptr_equal(kept_text, text);
	free(kept_text);
	assert_int_equal(kept, fd);
	{
		_cleanup_close_ int owned = kept;

		(void)owned;
	}
	assert_int_equal(fcntl(kept, F_GETFD), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_walked_in_the_order_of_appending),
		cmocka_unit_test(a_walk_may_remove_where_it_stands),
		cmocka_unit_test(an_empty_list_is_not_walked),
		cmocka_unit_test(what_is_taken_is_not_cleaned_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
