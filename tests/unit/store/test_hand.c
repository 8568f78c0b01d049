// SPDX-License-Identifier: GPL-2.0-or-later
// test_hand.c - rows changed with SQL by somebody else, and memory that is not there while the
// records are compared
#include "store/store.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

struct fixture {
	char dir[64], state[80], run[80];
	struct store *store;
};

static void put(struct store *store, const char *id, const char *body)
{
	const struct store_network row = { id, id, body, 5, 5 };

	assert_int_equal(store_network_put(store, &row, NULL), 0);
}

static void do_open(struct fixture *fixture)
{
	assert_int_equal(store_open(fixture->state, fixture->run, &fixture->store, NULL), 0);
}

static void do_close(struct fixture *fixture)
{
	store_close(fixture->store);
	fixture->store = NULL;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	(void)snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/netd-hand-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	(void)snprintf(fixture->state, sizeof(fixture->state), "%s/state", fixture->dir);
	(void)snprintf(fixture->run, sizeof(fixture->run), "%s/run", fixture->dir);
	assert_int_equal(mkdir(fixture->state, 0700), 0);
	assert_int_equal(mkdir(fixture->run, 0700), 0);
	do_open(fixture);
	put(fixture->store, "first", "{\"a\":1}");
	put(fixture->store, "second", "{\"a\":2}");
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	char command[128];

	store_close(fixture->store);
	(void)snprintf(command, sizeof(command), "rm -rf %s", fixture->dir);
	assert_int_equal(system(command), 0);
	free(fixture);
	return 0;
}

static void run_sql(const struct fixture *fixture, const char *sql)
{
	char path[128];
	sqlite3 *db;

	(void)snprintf(path, sizeof(path), "%s/networks.db", fixture->state);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void move(const struct fixture *fixture, const char *from, const char *to)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "cd %s && mv %s %s", fixture->state, from, to);
	assert_int_equal(system(command), 0);
}

static char text[512];

static int append_network(const struct store_network *row, void *data, struct error *error)
{
	(void)data, (void)error;
	(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s=%s ", row->id,
		       row->body);
	return 0;
}

static const char *networks_of(struct store *store)
{
	text[0] = '\0';
	assert_int_equal(store_networks_each(store, append_network, NULL, NULL), 0);
	return text;
}

static bool has_note(const struct store *store, const char *words)
{
	const char *note;

	for (size_t i = 0; (note = store_note_at(store, i)); i++)
		if (strstr(note, words))
			return true;
	return false;
}

/* What the journal alone says. */
static void only_journal(struct fixture *fixture)
{
	do_close(fixture);
	move(fixture, "networks.db", "away");
	do_open(fixture);
}

static void rows_changed_by_hand_while_netd_runs_are_in_both_records_from_then_on(void **state)
{
	struct fixture *fixture = *state;

	run_sql(fixture, "UPDATE network SET body = '{\"a\":7}' WHERE id = 'second'");
	put(fixture->store, "third", "{}");
	assert_true(has_note(fixture->store, "were changed by somebody else than netd"));
	only_journal(fixture);
	assert_string_equal(networks_of(fixture->store),
			    "first={\"a\":1} second={\"a\":7} third={} ");
}

static char noted[1024];

static void keep_note(const char *note)
{
	(void)strncat(noted, note, sizeof(noted) - strlen(noted) - 1);
}

static void who_watches_hears_of_rows_changed_by_hand_with_the_next_change(void **state)
{
	struct fixture *fixture = *state;

	noted[0] = '\0';
	store_watch_notes(fixture->store, keep_note);
	run_sql(fixture, "UPDATE network SET body = '{\"a\":7}' WHERE id = 'second'");
	assert_string_equal(noted, "");
	put(fixture->store, "third", "{}");
	assert_non_null(strstr(noted, "were changed by somebody else than netd"));
}

static void a_row_changed_by_hand_and_then_by_netd_leaves_a_journal_that_can_be_read(void **state)
{
	struct fixture *fixture = *state;

	run_sql(fixture, "UPDATE network SET body = '{\"a\":7}' WHERE id = 'second'");
	put(fixture->store, "second", "{\"a\":8}");
	only_journal(fixture);
	assert_string_equal(networks_of(fixture->store), "first={\"a\":1} second={\"a\":8} ");
}

static void a_backup_has_rows_changed_by_hand_and_can_be_read(void **state)
{
	struct fixture *fixture = *state;
	struct buf backup = { 0 };
	struct store *from = NULL;

	run_sql(fixture, "UPDATE network SET body = '{\"a\":7}' WHERE id = 'second'");
	assert_int_equal(store_backup(fixture->store, &backup, NULL), 0);
	assert_int_equal(store_open_backup(backup.data, backup.len, &from, NULL), 0);
	assert_string_equal(networks_of(from), "first={\"a\":1} second={\"a\":7} ");
	store_close(from);
	buf_done(&backup);
}

static void rows_changed_by_hand_are_in_both_records_though_a_backup_saw_them_first(void **state)
{
	struct fixture *fixture = *state;
	struct buf backup = { 0 };

	run_sql(fixture, "UPDATE network SET body = '{\"a\":7}' WHERE id = 'second'");
	assert_int_equal(store_backup(fixture->store, &backup, NULL), 0);
	put(fixture->store, "third", "{}");
	put(fixture->store, "fourth", "{}");
	only_journal(fixture);
	assert_string_equal(networks_of(fixture->store),
			    "first={\"a\":1} second={\"a\":7} third={} fourth={} ");
	buf_done(&backup);
}

static void
rows_changed_and_then_removed_by_hand_after_a_backup_come_back_from_the_journal(void **state)
{
	struct fixture *fixture = *state;
	struct buf backup = { 0 };

	run_sql(fixture, "UPDATE network SET body = '{\"a\":7}' WHERE id = 'second'");
	assert_int_equal(store_backup(fixture->store, &backup, NULL), 0);
	run_sql(fixture, "DELETE FROM network WHERE id = 'second'");
	put(fixture->store, "third", "{}");
	do_close(fixture);
	do_open(fixture);
	assert_string_equal(networks_of(fixture->store),
			    "first={\"a\":1} second={\"a\":2} third={} ");
	buf_done(&backup);
}

static void rows_removed_by_hand_are_no_backup_and_come_back_from_the_journal(void **state)
{
	struct fixture *fixture = *state;
	struct buf backup = { 0 };
	struct error error = { 0 };

	run_sql(fixture, "DELETE FROM network WHERE id = 'second'");
	assert_true(store_backup(fixture->store, &backup, &error) < 0);
	assert_non_null(strstr(error.text, "removed, added or made unreadable"));
	buf_done(&backup);
	put(fixture->store, "third", "{}");
	assert_true(has_note(fixture->store, "removed, added or made unreadable"));
	do_close(fixture);
	do_open(fixture);
	assert_string_equal(networks_of(fixture->store),
			    "first={\"a\":1} second={\"a\":2} third={} ");
}

/* Of two that are whole, with the same number, the database is what people look at and change. */
static void of_two_whole_records_that_differ_the_database_counts_and_the_other_is_kept(void **state)
{
	struct fixture *fixture = *state;
	char path[128];

	do_close(fixture);
	move(fixture, "networks.db", "db");
	move(fixture, "networks.journal", "journal");
	do_open(fixture);
	put(fixture->store, "other", "{}");
	put(fixture->store, "others", "{}");
	do_close(fixture);
	move(fixture, "networks.journal", "journal-of-others");
	move(fixture, "db", "networks.db");
	move(fixture, "journal-of-others", "networks.journal");
	do_open(fixture);
	assert_string_equal(networks_of(fixture->store), "first={\"a\":1} second={\"a\":2} ");
	assert_true(has_note(fixture->store, "are both whole and have other rows"));
	(void)snprintf(path, sizeof(path), "%s/networks.journal.other", fixture->state);
	assert_int_equal(access(path, F_OK), 0);
	only_journal(fixture);
	assert_string_equal(networks_of(fixture->store), "first={\"a\":1} second={\"a\":2} ");
}

static void rows_changed_by_hand_in_an_older_copy_do_not_win(void **state)
{
	struct fixture *fixture = *state;

	do_close(fixture);
	move(fixture, "networks.db", "older");
	do_open(fixture);
	for (int i = 0; i < 3; i++)
		put(fixture->store, i == 0 ? "x" : i == 1 ? "y" : "z", "{}");
	do_close(fixture);
	move(fixture, "older", "networks.db");
	run_sql(fixture, "UPDATE network SET body = '{\"a\":7}' WHERE id = 'second'");
	do_open(fixture);
	assert_string_equal(networks_of(fixture->store),
			    "first={\"a\":1} second={\"a\":2} x={} y={} z={} ");
	assert_true(has_note(fixture->store, "older than its second record"));
}

/* --- no memory -------------------------------------------------------------------------------- */

static sqlite3_mem_methods methods;
static long fails_at; /* 0: never */

static void *failing_malloc(int size)
{
	return fails_at > 0 && --fails_at == 0 ? NULL : methods.xMalloc(size);
}

/* An index that has another key than its row: nothing but integrity_check sees it. */
static void damage_index(const struct fixture *fixture)
{
	char path[128], *data, *at = NULL;
	struct stat st;
	FILE *file;

	run_sql(fixture, "PRAGMA wal_checkpoint(TRUNCATE)");
	(void)snprintf(path, sizeof(path), "%s/networks.db", fixture->state);
	assert_int_equal(stat(path, &st), 0);
	data = malloc((size_t)st.st_size);
	assert_non_null(data);
	file = fopen(path, "r+e");
	assert_non_null(file);
	assert_int_equal(fread(data, 1, (size_t)st.st_size, file), st.st_size);
	for (char *p = data; p + 6 <= data + st.st_size; p++)
		if (memcmp(p, "second", 6) == 0)
			at = p; /* the last page is an index's */
	assert_non_null(at);
	*at = 'S';
	rewind(file);
	assert_int_equal(fwrite(data, 1, (size_t)st.st_size, file), st.st_size);
	(void)fclose(file);
	free(data);
}

/* SQLite's allocator is chosen before anything else: in a process of its own. */
static void use_failing_malloc(void)
{
	sqlite3_mem_methods failing;

	(void)sqlite3_shutdown();
	(void)sqlite3_config(SQLITE_CONFIG_GETMALLOC, &methods);
	failing = methods;
	failing.xMalloc = failing_malloc;
	(void)sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
	(void)sqlite3_initialize();
}

/* 0: it refused; 1: it noticed; 2: it went on as if all were well; 3: it noticed, and lost
 * something. */
static int open_without_memory(const struct fixture *fixture, long at)
{
	int status, pid = fork();

	if (pid == 0) {
		struct store *store = NULL;
		int result;

		use_failing_malloc();
		fails_at = at;
		result = store_open(fixture->state, fixture->run, &store, NULL) < 0 ? 0
			 : has_note(store, "was damaged")			    ? 1
										    : 2;
		fails_at = 0;
		if (result == 1 && strcmp(networks_of(store), "first={\"a\":1} second={\"a\":2} "))
			result = 3;
		_exit(result);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void damage_is_noticed_whichever_allocation_fails(void **state)
{
	struct fixture *fixture = *state;
	char command[512];
	int n_refused = 0;

	do_close(fixture);
	damage_index(fixture);
	(void)snprintf(command, sizeof(command), "cp -a %s %s.kept", fixture->state,
		       fixture->state);
	assert_int_equal(system(command), 0);
	assert_int_equal(open_without_memory(fixture, 0), 1);
	for (long at = 1; at < 700; at += 3) {
		int result;

		(void)snprintf(command, sizeof(command), "rm -rf %s && cp -a %s.kept %s",
			       fixture->state, fixture->state, fixture->state);
		assert_int_equal(system(command), 0);
		result = open_without_memory(fixture, at);
		assert_true(result <= 1);
		n_refused += result == 0;
	}
	assert_true(n_refused > 10);
}

/* 1: the change was refused at first, 0: it was not; 2 and more: something was lost. */
static int change_without_memory(struct fixture *fixture, long at)
{
	static const struct store_network third = { "third", "third", "{}", 5, 5 };
	int status, pid = fork();

	if (pid == 0) {
		int refused;

		use_failing_malloc();
		if (store_open(fixture->state, fixture->run, &fixture->store, NULL) < 0)
			_exit(3);
		run_sql(fixture, "UPDATE network SET body = '{\"a\":7}' WHERE id = 'second'");
		fails_at = at;
		refused = store_network_put(fixture->store, &third, NULL) < 0;
		fails_at = 0;
		if (refused && store_network_put(fixture->store, &third, NULL) < 0)
			_exit(4);
		do_close(fixture);
		move(fixture, "networks.db", "away");
		if (store_open(fixture->state, fixture->run, &fixture->store, NULL) < 0 ||
		    strcmp(networks_of(fixture->store),
			   "first={\"a\":1} second={\"a\":7} third={} ") != 0)
			_exit(2);
		_exit(refused);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void what_was_changed_by_hand_is_in_the_journal_whichever_allocation_failed(void **state)
{
	struct fixture *fixture = *state;
	char command[512];
	int result = 1, n_refused = 0;

	do_close(fixture);
	(void)snprintf(command, sizeof(command), "cp -a %s %s.kept", fixture->state,
		       fixture->state);
	assert_int_equal(system(command), 0);
	for (long at = 1; result == 1; at += 7) {
		(void)snprintf(command, sizeof(command), "rm -rf %s && cp -a %s.kept %s",
			       fixture->state, fixture->state, fixture->state);
		assert_int_equal(system(command), 0);
		result = change_without_memory(fixture, at);
		n_refused += result == 1;
	}
	assert_int_equal(result, 0); /* the last fails behind all that the change needs */
	assert_true(n_refused > 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_changed_by_hand_while_netd_runs_are_in_both_records_from_then_on),
		TEST(who_watches_hears_of_rows_changed_by_hand_with_the_next_change),
		TEST(a_row_changed_by_hand_and_then_by_netd_leaves_a_journal_that_can_be_read),
		TEST(a_backup_has_rows_changed_by_hand_and_can_be_read),
		TEST(rows_changed_by_hand_are_in_both_records_though_a_backup_saw_them_first),
		TEST(rows_changed_and_then_removed_by_hand_after_a_backup_come_back_from_the_journal),
		TEST(rows_removed_by_hand_are_no_backup_and_come_back_from_the_journal),
		TEST(of_two_whole_records_that_differ_the_database_counts_and_the_other_is_kept),
		TEST(rows_changed_by_hand_in_an_older_copy_do_not_win),
		TEST(damage_is_noticed_whichever_allocation_fails),
		TEST(what_was_changed_by_hand_is_in_the_journal_whichever_allocation_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
