// SPDX-License-Identifier: GPL-2.0-or-later
// test_noted.c - the ring of questions: made when somebody looks first, and told each resolver
#include "../resolver_peer.h"

#include "dns/log.h"

#include <fcntl.h>
#include <sys/stat.h>

static int look(struct rig *rig)
{
	int fd = -1;

	rig_done(rig, engine_dns_log(rig->engine, &fd, &rig->error));
	rig_turn(rig);
	return fd;
}

static void it_is_made_once_and_of_a_size_that_stays(void **state)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	struct rig *rig = *state;
	struct stat status;
	int fd = look(rig);

	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_size, sizeof(struct dns_log_ring));
	assert_int_equal(fcntl(fd, F_GET_SEALS) & seals, seals);
	assert_int_equal(look(rig), fd);
}

static void a_resolver_is_told_once_and_not_before_somebody_looks(void **state)
{
	struct rig *rig = *state;
	struct resolver_peer *peer = resolver_peer_start(rig);

	rig_turn(rig);
	assert_int_equal(resolver_peer_n_rings(peer), 0);
	(void)look(rig);
	assert_int_equal(resolver_peer_n_rings(peer), 1);
	(void)look(rig);
	assert_int_equal(resolver_peer_n_rings(peer), 1);
	resolver_peer_end(peer);
}

static void the_next_resolver_is_told_without_being_asked_for(void **state)
{
	struct rig *rig = *state;
	struct resolver_peer *peer = resolver_peer_start(rig);
	int fd = look(rig);

	resolver_peer_end(peer);
	rig_turn(rig);
	peer = resolver_peer_start(rig);
	rig_turn(rig);
	assert_int_equal(resolver_peer_n_rings(peer), 1);
	/* What was noted before is still there to be read. */
	assert_int_equal(look(rig), fd);
	assert_int_equal(resolver_peer_n_rings(peer), 1);
	resolver_peer_end(peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_made_once_and_of_a_size_that_stays, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_resolver_is_told_once_and_not_before_somebody_looks, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(the_next_resolver_is_told_without_being_asked_for,
						rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests_name("noted", tests, NULL, NULL);
}
