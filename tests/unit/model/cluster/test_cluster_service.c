// SPDX-License-Identifier: GPL-2.0-or-later
// test_cluster_service.c - services as records of a cluster, and the services that a label names
#include "model/cluster/cluster_service.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID "5555555555555555555555555555555555555555555555555555555555555555"
#define OTHER "6666666666666666666666666666666666666666666666666666666666666666"

static struct service_spec web(void)
{
	struct service_spec spec = { .name = "web",
				     .affinity = true,
				     .n_ports = 2,
				     .ports = { { IPPROTO_TCP, 80, 8080, 8000 },
						{ IPPROTO_UDP, 80, 81, 0 } } };

	assert_int_equal(addr_parse("10.77.0.9", &spec.ip[FAMILY_4]), 0);
	assert_int_equal(addr_parse("fd77::9", &spec.ip[FAMILY_6]), 0);
	return spec;
}

/* Through etcd: as JSON, and back. */
static struct cluster_record *carry(const struct cluster_record *record)
{
	struct cluster_record *again = malloc(sizeof(*again));
	struct buf text = { 0 };

	cluster_record_write(record, &text);
	assert_int_equal(text.err, 0);
	assert_int_equal(cluster_record_read(&record->key, text.data, text.len, again), 0);
	buf_done(&text);
	return again;
}

static void a_service_is_the_same_on_the_host_that_reads_its_record(void **state)
{
	static struct cluster_record record;
	const struct service_spec spec = web();
	struct service_spec read;
	struct cluster_record *told;
	struct error error;

	(void)state;
	cluster_service_record(&spec, ID, &record);
	assert_true(cluster_record_is_sound(&record));
	told = carry(&record);
	assert_true(cluster_service_is(told, &spec, ID));
	assert_int_equal(cluster_service_spec(told, &read, &error), 0);
	assert_memory_equal(&read, &spec, sizeof(spec));
	free(told);
}

static void what_differs_is_another_service(void **state)
{
	static struct cluster_record record;
	const struct service_spec spec = web();
	struct service_spec other;

	(void)state;
	cluster_service_record(&spec, ID, &record);
	assert_false(cluster_service_is(&record, &spec, OTHER));
	other = web();
	other.affinity = false;
	assert_false(cluster_service_is(&record, &other, ID));
	other = web();
	other.ip[FAMILY_6].bytes[15]++;
	assert_false(cluster_service_is(&record, &other, ID));
	other = web();
	other.n_ports = 1;
	assert_false(cluster_service_is(&record, &other, ID));
	other = web();
	other.ports[0].publish = 8001;
	assert_false(cluster_service_is(&record, &other, ID));
	other = web();
	other.ports[1].target = 82;
	assert_false(cluster_service_is(&record, &other, ID));
	other = web();
	other.name[0] = 'v';
	assert_false(cluster_service_is(&record, &other, ID));
}

static int refused(const struct cluster_record *record, const char *words)
{
	struct service_spec spec = { .name = "untouched" };
	struct error error = { 0 };
	int err = cluster_service_spec(record, &spec, &error);

	assert_non_null(strstr(error.text, words));
	assert_string_equal(spec.name, "untouched");
	return err;
}

static void a_record_that_no_netd_writes_is_no_service(void **state)
{
	static struct cluster_record record;
	struct service_spec spec = web();

	(void)state;
	cluster_service_record(&spec, ID, &record);
	record.svc.n_ports = 0;
	assert_int_equal(refused(&record, "no port"), -EINVAL);
	spec.ports[1] = spec.ports[0];
	cluster_service_record(&spec, ID, &record);
	assert_int_equal(refused(&record, "port 80 twice"), -EINVAL);
	spec = web();
	spec.ports[1] = (struct service_port) { IPPROTO_TCP, 81, 81, 8000 };
	cluster_service_record(&spec, ID, &record);
	assert_int_equal(refused(&record, "publishes port 8000 twice"), -EINVAL);
	/* its name fits, and that of those behind it does not */
	spec = web();
	memset(spec.name, 'a', NAME_LEN_MAX);
	cluster_service_record(&spec, ID, &record);
	assert_int_equal(refused(&record, "too long"), -EINVAL);
}

static bool name(struct cluster_end *end, const char *label)
{
	json_t *labels = json_pack("{s:s}", SERVICE_LABEL, label);
	bool all = cluster_service_named(labels, end);

	json_decref(labels);
	return all;
}

static void a_label_names_what_may_be_a_service_and_as_many_as_fit(void **state)
{
	static struct cluster_end end;
	char label[1024] = "", longest[NAME_LEN_MAX + 2];

	(void)state;
	assert_true(cluster_service_named(NULL, &end));
	assert_int_equal(end.n_services, 0);
	assert_true(name(&end, "web,,a b,db,"));
	assert_int_equal(end.n_services, 2);
	assert_string_equal(end.services[0], "web");
	assert_string_equal(end.services[1], "db");
	memset(longest, 'a', sizeof(longest) - 1);
	longest[NAME_LEN_MAX + 1] = '\0';
	assert_true(name(&end, longest));
	assert_int_equal(end.n_services, 0);
	assert_true(name(&end, longest + 1));
	assert_int_equal(end.n_services, 1);
	for (int i = 0; i <= CLUSTER_SERVICES_MAX; i++)
		(void)snprintf(label + strlen(label), sizeof(label) - strlen(label), "s%d,", i);
	assert_false(name(&end, label));
	assert_int_equal(end.n_services, CLUSTER_SERVICES_MAX);
	assert_string_equal(end.services[CLUSTER_SERVICES_MAX - 1], "s15");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_is_the_same_on_the_host_that_reads_its_record),
		cmocka_unit_test(what_differs_is_another_service),
		cmocka_unit_test(a_record_that_no_netd_writes_is_no_service),
		cmocka_unit_test(a_label_names_what_may_be_a_service_and_as_many_as_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
