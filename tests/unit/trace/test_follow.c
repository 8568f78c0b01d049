// SPDX-License-Identifier: GPL-2.0-or-later
// test_follow.c - a packet is the container's by what the maps have, and what NAT hides is noted
// where it comes in
#include "trace/follow.h"

#include "base/cleanup.h"
#include "machine.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct program_maps maps = { 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21 };
static const struct layout layout = {
	.skb_network_header = 180,
	.n_arguments = { [LAYOUT_DROPPED] = 4,
			 [LAYOUT_RECEIVED] = 1,
			 [LAYOUT_SENT] = 2,
			 [LAYOUT_RESET] = 3,
			 [LAYOUT_ICMP] = 3 },
};

static size_t n_calls(const struct insns *insns, int map_fd, int32_t helper)
{
	size_t n = 0;

	for (size_t i = 0; i < insns->n; i++) {
		if (insns->at[i].code != (BPF_LD | BPF_DW | BPF_IMM) || insns->at[i].imm != map_fd)
			continue;
		/* The map, and then its key and value, stand right before the call. */
		for (size_t k = i + 1; k < insns->n; k++)
			if (insns->at[k].code == (BPF_JMP | BPF_CALL)) {
				n += insns->at[k].imm == helper;
				break;
			}
	}
	return n;
}

static void each_map_is_asked_where_a_packet_is_read(void **state)
{
	struct insns *insns = calloc(1, sizeof(*insns));

	(void)state;
	assert_non_null(insns);
	for (enum layout_point point = 0; point < LAYOUT_N_POINTS; point++) {
		assert_int_equal(program_trace(PROGRAM_FOLLOW, point, &layout, &maps, insns), 0);
		assert_int_equal(n_calls(insns, maps.netns, BPF_FUNC_map_lookup_elem), 1);
		assert_int_equal(n_calls(insns, maps.address, BPF_FUNC_map_lookup_elem), 2);
		assert_int_equal(n_calls(insns, maps.published, BPF_FUNC_map_lookup_elem), 2);
		/* Once more before anything but its addresses is looked at. */
		assert_int_equal(n_calls(insns, maps.seen, BPF_FUNC_map_lookup_elem), 2);
		/* In both directions. */
		assert_int_equal(n_calls(insns, maps.tuples, BPF_FUNC_map_update_elem), 2);
		/* Of both ends, and both that an error quotes: in its own namespace, elsewhere,
		 * and where it is published. */
		assert_int_equal(n_calls(insns, maps.peer, BPF_FUNC_map_lookup_elem), 12);
	}
	free(insns);
}

static void only_what_comes_in_is_noted(void **state)
{
	struct insns *insns = calloc(1, sizeof(*insns));

	(void)state;
	assert_non_null(insns);
	for (enum layout_point point = 0; point < LAYOUT_N_POINTS; point++) {
		assert_int_equal(program_trace(PROGRAM_FOLLOW, point, &layout, &maps, insns), 0);
		assert_int_equal(n_calls(insns, maps.seen, BPF_FUNC_map_update_elem),
				 point == LAYOUT_RECEIVED ? 2 : 0);
	}
	free(insns);
}

static void who_follows_a_connection_has_no_more_maps(void **state)
{
	struct insns *insns = calloc(1, sizeof(*insns));

	(void)state;
	assert_non_null(insns);
	assert_int_equal(program_trace(PROGRAM_FLOW, LAYOUT_SENT, &layout, &maps, insns), 0);
	assert_int_equal(n_calls(insns, maps.published, BPF_FUNC_map_lookup_elem), 0);
	assert_int_equal(n_calls(insns, maps.tuples, BPF_FUNC_map_update_elem), 0);
	free(insns);
}

/* Neighbours are told apart by their bits: of 256 no more than 8 share one. */
static void neighbours_have_bits_of_their_own(void **state)
{
	unsigned int n[64] = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 256; i++) {
		const uint8_t addr[16] = { 10, 201, 0, (uint8_t)i };

		n[__builtin_ctzll(RECORD_BIT(record_address_word(addr)))]++;
	}
	for (size_t i = 0; i < 64; i++)
		assert_true(n[i] <= 8);
}

/* --- packets ---------------------------------------------------------------------------------- */

enum { OWN_NETNS = 100, HOST_NETNS = 200, OTHER_NETNS = 300 };
enum { CLIENT, PEER, HOST, FAR, N_ADDRESSES }; /* CLIENT is followed */

struct sent {
	int family, from, to;
	uint16_t from_port, to_port, identity;
};

static void put_address(uint8_t *to, int family, int number)
{
	const uint8_t v4[4] = { 10, 201, 0, (uint8_t)(11 + number) };
	const uint8_t v6[16] = { 0xfd, 0, 2, 1, 0, 0, 0, 0,
				 0,    0, 0, 0, 0, 0, 0, (uint8_t)(11 + number) };

	memcpy(to, family == 4 ? v4 : v6, family == 4 ? sizeof(v4) : sizeof(v6));
}

/* UDP, with room behind it for whoever reads more than there is. */
static void write_packet(const struct sent *sent, uint8_t packet[128])
{
	const uint16_t ports[] = { htons(sent->from_port), htons(sent->to_port) };
	const uint16_t identity = htons(sent->identity);
	size_t len = sent->family == 4 ? 4 : 16, head = sent->family == 4 ? 20 : 40;
	size_t from = sent->family == 4 ? 12 : 8;

	memset(packet, 0, 128);
	packet[0] = sent->family == 4 ? 0x45 : 0x60;
	packet[sent->family == 4 ? 9 : 6] = IPPROTO_UDP;
	memcpy(packet + 4, &identity, sizeof(identity));
	put_address(packet + from, sent->family, sent->from);
	put_address(packet + from + len, sent->family, sent->to);
	memcpy(packet + head, ports, sizeof(ports));
}

/* Whether programs read the kernel's memory as its types, or by calls. */
static bool reads_directly = true;

/* Whether it is told there. The kernel has it at skb, of which it uses few again and again. */
static bool is_told(struct machine *machine, enum layout_point point, uint32_t netns,
		    struct machine_skb *skb, const struct sent *sent)
{
	static struct insns insns; /* large */
	const struct layout known = machine_layout(reads_directly);
	const struct machine_net net = { netns };
	const struct machine_device device = { &net, 3, "eth0" };
	const uint64_t arguments[] = { (uint64_t)(uintptr_t)skb,
				       point == LAYOUT_SENT ? (uint64_t)(uintptr_t)&device : 1, 2 };
	size_t n_told = machine->n_told;
	uint8_t packet[128];

	write_packet(sent, packet);
	*skb = (struct machine_skb) { .dev = &device, .head = packet, .data = packet, .len = 64 };
	assert_int_equal(program_trace(PROGRAM_FOLLOW, point, &known, &machine_maps, &insns), 0);
	machine_run(machine, &insns, arguments);
	return machine->n_told > n_told;
}

/* As netd-trace fills its maps (watch.c): CLIENT, and port 8080 of HOST, which leads to it. */
static struct machine *new_machine(void)
{
	static const uint32_t passed = PROGRAM_NETNS_PASSED, own = PROGRAM_NETNS_OWN;
	const uint32_t netns[] = { HOST_NETNS, OTHER_NETNS, OWN_NETNS };
	struct machine *machine = malloc(sizeof(*machine));

	assert_non_null(machine);
	machine_init(machine);
	for (size_t i = 0; i < ARRAY_SIZE(netns); i++)
		machine_set(machine, machine_maps.netns, &netns[i],
			    netns[i] == OWN_NETNS ? &own : &passed);
	for (int family = 4; family <= 6; family += 2) {
		struct record_end end = { .port = htons(8080), .protocol = IPPROTO_UDP };
		uint8_t addr[16] = { 0 };

		put_address(addr, family, CLIENT);
		put_address(end.addr, family, HOST);
		machine_set(machine, machine_maps.address, addr, &passed);
		machine_set(machine, machine_maps.published, &end, &passed);
		machine->flow.addresses |= RECORD_BIT(record_address_word(addr));
		machine->flow.ends |= RECORD_BIT(record_address_word(end.addr));
		machine->flow.ports |= RECORD_BIT(end.port);
	}
	machine->flow.ends |= machine->flow.addresses;
	machine->flow.has_published = 1;
	machine->flow.own = OWN_NETNS;
	return machine;
}

static void what_is_the_containers_is_told(void **state)
{
	struct machine *machine = new_machine();
	struct machine_skb skb;

	(void)state;
	for (int family = 4; family <= 6; family += 2) {
		const struct sent from = { family, CLIENT, FAR, 1000, 53, 1 };
		const struct sent to = { family, FAR, CLIENT, 53, 1000, 1 };
		const struct sent published = { family, FAR, HOST, 1000, 8080, 1 };
		const struct sent strange = { family, FAR, PEER, 1000, 53, 1 };

		assert_true(is_told(machine, LAYOUT_SENT, HOST_NETNS, &skb, &from));
		assert_true(is_told(machine, LAYOUT_SENT, HOST_NETNS, &skb, &to));
		assert_true(is_told(machine, LAYOUT_SENT, HOST_NETNS, &skb, &published));
		assert_true(is_told(machine, LAYOUT_SENT, OWN_NETNS, &skb, &strange));
		assert_false(is_told(machine, LAYOUT_SENT, HOST_NETNS, &skb, &strange));
		assert_false(is_told(machine, LAYOUT_SENT, 400, &skb, &from));
	}
	free(machine);
}

/* What is asked for; its header is read without a call. */
static void what_is_not_costs_one_look_up(void **state)
{
	const struct sent strange = { 4, FAR, PEER, 1000, 8080, 1 };
	struct machine *machine = new_machine();
	struct machine_skb skb;

	(void)state;
	for (enum layout_point point = LAYOUT_DROPPED; point <= LAYOUT_SENT; point++) {
		machine->n_look_ups = machine->n_reads = 0;
		assert_false(is_told(machine, point, HOST_NETNS, &skb, &strange));
		assert_int_equal(machine->n_look_ups, 1);
		assert_int_equal(machine->n_reads, 0);
	}
	free(machine);
}

static void a_flow_is_known_behind_nat(void **state)
{
	const struct sent inside = { 4, CLIENT, FAR, 1000, 53, 7 };
	const struct sent outside = { 4, HOST, FAR, 2000, 53, 7 };
	const struct sent answer = { 4, FAR, HOST, 53, 2000, 8 };
	const struct sent other = { 4, FAR, HOST, 53, 2001, 9 };
	struct machine *machine = new_machine();
	struct machine_skb skb, next;

	(void)state;
	assert_false(is_told(machine, LAYOUT_SENT, HOST_NETNS, &skb, &outside));
	assert_true(is_told(machine, LAYOUT_RECEIVED, HOST_NETNS, &skb, &inside));
	assert_true(is_told(machine, LAYOUT_SENT, HOST_NETNS, &skb, &outside));
	assert_true(is_told(machine, LAYOUT_RECEIVED, HOST_NETNS, &next, &answer));
	assert_false(is_told(machine, LAYOUT_RECEIVED, HOST_NETNS, &next, &other));
	free(machine);
}

/* What is told apart by bits is told as if there were none: here all are set. */
static void compare_with_all_bits_set(void)
{
	static const uint32_t netns[] = { OWN_NETNS, HOST_NETNS, HOST_NETNS, OTHER_NETNS };
	static const uint16_t ports[] = { 1000, 8080, 53 };
	struct machine *with = new_machine(), *without = new_machine();
	struct machine_skb skbs[3];
	unsigned int random = 1;

	without->flow.addresses = without->flow.ends = without->flow.ports = UINT64_MAX;
	without->flow.has_seen = without->flow.has_tuples = 1;
	memset(without->flow.pairs, 1, sizeof(without->flow.pairs));
	for (int i = 0; i < 4000; i++) {
		const struct sent sent = {
			.family = rand_r(&random) % 4 == 0 ? 6 : 4,
			.from = rand_r(&random) % N_ADDRESSES,
			.to = rand_r(&random) % N_ADDRESSES,
			.from_port = ports[rand_r(&random) % 3],
			.to_port = ports[rand_r(&random) % 3],
			.identity = (uint16_t)(rand_r(&random) % 2),
		};
		struct machine_skb *skb = &skbs[rand_r(&random) % 3];
		uint32_t where = netns[rand_r(&random) % 4];
		enum layout_point point = (enum layout_point)(rand_r(&random) % 3);

		assert_int_equal(is_told(with, point, where, skb, &sent),
				 is_told(without, point, where, skb, &sent));
		/* What was learned is forgotten now and then, for else all is known soon. */
		if (i % 20 == 0)
			with->maps[machine_maps.tuples].n = without->maps[machine_maps.tuples].n =
				0;
	}
	assert_true(with->n_told > 200 && with->n_told < 3800);
	assert_true(with->n_look_ups < without->n_look_ups);
	free(with);
	free(without);
}

static void bits_tell_nothing_apart_that_is_asked_for(void **state)
{
	(void)state;
	compare_with_all_bits_set();
	reads_directly = false;
	compare_with_all_bits_set();
	reads_directly = true;
}

/* What a program of XDP drops has no network header yet, and something else may stand there. */
static void a_drop_is_found_at_data_too(void **state)
{
	static struct insns insns; /* large */
	const struct sent sent = { 4, CLIENT, FAR, 1000, 53, 1 };
	const struct layout known = machine_layout(true);
	const struct machine_net net = { HOST_NETNS };
	const struct machine_device device = { &net, 3, "eth0" };
	uint8_t memory[256] = { 0x45 };
	struct machine_skb skb = { &device, memory, memory + 128, NULL, 0, 64, 0, 0 };
	const uint64_t arguments[] = { (uint64_t)(uintptr_t)&skb, 1, 2 };
	struct machine *machine = new_machine();

	(void)state;
	write_packet(&sent, memory + 128);
	assert_int_equal(
		program_trace(PROGRAM_FOLLOW, LAYOUT_DROPPED, &known, &machine_maps, &insns), 0);
	machine_run(machine, &insns, arguments);
	skb.network_header = 64; /* nothing is there */
	machine_run(machine, &insns, arguments);
	assert_int_equal(machine->n_told, 2);
	skb.network_header = 128;
	skb.data = memory;
	machine_run(machine, &insns, arguments);
	assert_int_equal(machine->n_told, 3);
	free(machine);
}

/* Whoever interrupts a program on its processor tells nothing, and says so. */
static void a_frame_is_one_packets(void **state)
{
	const struct sent sent = { 4, CLIENT, FAR, 1000, 53, 1 };
	struct machine *machine = new_machine();
	struct machine_skb skb;

	(void)state;
	machine->frames[LAYOUT_SENT].is_busy = 1;
	assert_false(is_told(machine, LAYOUT_SENT, HOST_NETNS, &skb, &sent));
	assert_int_equal(machine->flow.n_lost, 1);
	assert_true(is_told(machine, LAYOUT_RECEIVED, HOST_NETNS, &skb, &sent));
	machine->frames[LAYOUT_SENT].is_busy = 0;
	assert_true(is_told(machine, LAYOUT_SENT, HOST_NETNS, &skb, &sent));
	machine->is_full = true;
	assert_false(is_told(machine, LAYOUT_SENT, HOST_NETNS, &skb, &sent));
	assert_int_equal(machine->flow.n_lost, 2);
	for (size_t i = 0; i < LAYOUT_N_POINTS; i++)
		assert_int_equal(machine->frames[i].is_busy, 0);
	free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_map_is_asked_where_a_packet_is_read),
		cmocka_unit_test(only_what_comes_in_is_noted),
		cmocka_unit_test(who_follows_a_connection_has_no_more_maps),
		cmocka_unit_test(neighbours_have_bits_of_their_own),
		cmocka_unit_test(a_drop_is_found_at_data_too),
		cmocka_unit_test(a_frame_is_one_packets),
		cmocka_unit_test(what_is_the_containers_is_told),
		cmocka_unit_test(what_is_not_costs_one_look_up),
		cmocka_unit_test(a_flow_is_known_behind_nat),
		cmocka_unit_test(bits_tell_nothing_apart_that_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
