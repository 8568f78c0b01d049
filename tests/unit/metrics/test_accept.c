// SPDX-License-Identifier: GPL-2.0-or-later
// test_accept.c - which format a reader asks for
#include "metrics/accept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_format_is_the_one_that_is_asked_for(void **state)
{
	static const struct {
		const char *accept;
		enum page_format format;
	} cases[] = {
		{ NULL, PAGE_TEXT },
		{ "", PAGE_TEXT },
		{ "*/*", PAGE_TEXT },
		{ "text/html", PAGE_TEXT },
		{ "text/plain", PAGE_TEXT },
		{ "application/openmetrics-text", PAGE_OPENMETRICS },
		{ "application/openmetrics-text; version=1.0.0; charset=utf-8", PAGE_OPENMETRICS },
		{ "Application/OpenMetrics-Text;Version=\"1.0.0\"", PAGE_OPENMETRICS },
		{ "application/openmetrics-text;version=0.0.1", PAGE_TEXT },
		/* Prometheus 2.42 */
		{ "application/openmetrics-text;version=1.0.0,"
		  "application/openmetrics-text;version=0.0.1;q=0.75,"
		  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		  PAGE_OPENMETRICS },
		{ "application/openmetrics-text;q=0.3, text/plain;q=0.5", PAGE_TEXT },
		{ "text/plain;q=0.5 , application/openmetrics-text ; q=0.5", PAGE_OPENMETRICS },
		{ "application/openmetrics-text;q=0", PAGE_TEXT },
		{ "application/openmetrics-text;q=nan", PAGE_TEXT },
		{ "application/openmetrics-texts", PAGE_TEXT },
		{ ";,;=,q=,\"", PAGE_TEXT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (accept_format(cases[i].accept) != cases[i].format)
			fail_msg("%s", cases[i].accept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_format_is_the_one_that_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
