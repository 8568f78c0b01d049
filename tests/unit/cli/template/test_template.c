// SPDX-License-Identifier: GPL-2.0-or-later
// test_template.c - what templates give, what they refuse, and the bounds that hold them
#include "cli/template/template.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char data[] =
	"{\"Id\": \"abc\", \"Name\": \"web\", \"N\": 3, \"Zero\": 0, \"Yes\": true, \"No\": false,"
	" \"Nil\": null, \"Empty\": [], \"List\": [\"a\", \"b\"], \"Map\": {\"z\": 1, \"a\": 2},"
	" \"Labels\": {\"z\": \"1\"}, \"Networks\": {\"n\": {\"IPAddress\": \"10.0.0.2\"}},"
	" \"Took\": 0.041, \"Deep\": {\"x.y\": {\"IP\": \"10.0.0.2\"}},"
	" \"Ports\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}}";

/* Runs a template; on failure the result is what the error says. */
static char *run(const char *text, int *ret_err)
{
	json_t *root = json_loads(data, 0, NULL);
	char *exact = strdup(text);
	struct template *template = NULL;
	struct error error = { 0 };
	struct buf out = { 0 };

	assert_non_null(root);
	assert_non_null(exact);
	buf_puts(&out, "");
	*ret_err = template_parse(exact, &template, &error);
	free(exact); /* a template that kept a pointer into its text would be found out */
	if (*ret_err == 0)
		*ret_err = template_eval(template, root, &out, &error);
	template_free(template);
	json_decref(root);
	if (*ret_err == 0)
		return out.data;
	buf_done(&out);
	return strdup(error.text);
}

static void gives(const char *text, const char *want)
{
	int err;
	char *got = run(text, &err);

	if (err != 0 || strcmp(got, want) != 0)
		fail_msg("%s: '%s' and not '%s'", text, got, want);
	free(got);
}

static void refuses(const char *text, const char *why)
{
	int err;
	char *got = run(text, &err);

	if (err != -EINVAL || !strstr(got, why))
		fail_msg("%s: %d '%s' and not '%s'", text, err, got, why);
	free(got);
}

static void text_stands_for_itself_but_for_tabs_and_newlines(void **state)
{
	(void)state;
	gives("", "");
	gives("plain } { text", "plain } { text");
	gives("a\\tb\\nc\\d\\", "a\tb\nc\\d\\");
	gives("a{{/* a comment */}}b", "ab");
	gives("a  {{- .N -}}  b", "a3b");
}

static void fields_are_found_at_any_depth(void **state)
{
	(void)state;
	gives("{{.Name}}", "web");
	gives("{{ .Name }}/{{.Map.a}}", "web/2");
	gives("{{.ID}}", "abc");
	gives("{{$.Name}}", "web");
	gives("{{.Nil}} {{.Nil.Deeper}}", "<no value> <no value>");
	gives("{{.Map}} {{.List}} {{.Yes}}", "map[a:2 z:1] [a b] true");
}

static void conditions_follow_truth(void **state)
{
	(void)state;
	gives("{{if .Yes}}y{{else}}n{{end}}", "y");
	gives("{{if .No}}y{{else}}n{{end}}{{if .Zero}}y{{end}}{{if .Empty}}y{{end}}", "n");
	gives("{{if .No}}1{{else if .Nil}}2{{else if .N}}3{{else}}4{{end}}", "3");
	gives("{{with .Map}}{{.a}}{{$.N}}{{end}}{{with .Nil}}x{{else}}-{{end}}", "23-");
	gives("{{if and .Yes .N (not .No)}}y{{end}}{{if or .No .Zero}}n{{end}}", "y");
	gives("{{if eq .Name \"x\" \"web\"}}y{{end}}{{if ne .N 3}}n{{end}}", "y");
}

static void ranges_bind_keys_in_order_and_values(void **state)
{
	(void)state;
	gives("{{range .List}}<{{.}}>{{end}}", "<a><b>");
	gives("{{range $i, $v := .List}}{{$i}}={{$v}} {{end}}", "0=a 1=b ");
	gives("{{range $v := .Map}}{{$v}}{{end}}", "21");
	gives("{{range $k, $v := .Map}}{{$k}}{{$v}}{{end}}", "a2z1");
	gives("{{range .Empty}}x{{else}}none{{end}}{{range .Nil}}x{{else}}-{{end}}", "none-");
	gives("{{range $p, $c := .Ports}}{{$p}} -> {{(index $c 0).HostPort}}{{end}}",
	      "80/tcp -> 8080");
	gives("{{range $a := .List}}{{range $b := $.List}}{{$a}}{{$b}} {{end}}{{end}}",
	      "aa ab ba bb ");
}

static void a_fraction_has_the_digits_that_it_came_with(void **state)
{
	(void)state;
	gives("{{.Took}}", "0.041");
	gives("{{json .Took}}", "0.041");
}

static void functions_do_what_go_s_do(void **state)
{
	(void)state;
	gives("{{json .Map}}", "{\"z\":1,\"a\":2}");
	gives("{{json .Name}} {{.Name | json}}", "\"web\" \"web\"");
	gives("{{len .List}}{{len .Map}}{{len .Name}}", "223");
	gives("{{index .Map \"a\"}}{{(index .Deep \"x.y\").IP}}", "210.0.0.2");
	gives("{{index .List 1}} {{index .Map \"no\"}}", "b <no value>");
	gives("{{println .Name .N}}", "web 3\n");
	gives("{{print .N .N .Name}}", "3 3web");
	gives("{{printf \"%s=%d %v %q %t %%|%5s|%-5s|%03d\" .Name .N .List .Name .Yes .Name .Name "
	      ".N}}",
	      "web=3 [a b] \"web\" true %|  web|web  |003");
	gives("{{join .List \",\"}} {{upper .Name}} {{\"ÄA\" | lower}}", "a,b WEB Äa");
	gives("{{`raw \\n`}} {{\"q\\\"\\t\"}} {{-7}} {{true}}", "raw \\n q\"\t -7 true");
}

static void what_is_not_understood_is_refused_in_words(void **state)
{
	(void)state;
	refuses("{{bogus .Name}}", "unknown function 'bogus'");
	refuses("{{.Name", "expected }}");
	refuses("{{", "expected a value");
	refuses("{{}}", "expected a value");
	refuses("{{if .Yes}}", "expected {{end}}");
	refuses("{{end}}", "{{end}} without");
	refuses("{{else}}", "{{else}} without");
	refuses("{{if .Yes}}a{{else}}b{{else}}c{{end}}", "expected {{end}}");
	refuses("{{.Name .N}}", "only functions take arguments");
	refuses("{{len}}", "wrong number of arguments for function 'len'");
	refuses("{{len .Name .Name}}", "wrong number of arguments");
	refuses("{{.Name | .N}}", "only functions take arguments");
	refuses("{{\"open}}", "unterminated");
	refuses("{{`open}}", "unterminated");
	refuses("{{\"\\x\"}}", "unknown escape");
	refuses("{{1.5}}", "only integers");
	refuses("{{99999999999999999999}}", "only integers");
	refuses("{{/* open", "unterminated comment");
	refuses("{{(.Name}}", "expected )");
	refuses("{{\"\xff\"}}", "UTF-8");
}

static void what_does_not_go_with_the_value_is_refused_in_words(void **state)
{
	(void)state;
	refuses("{{.Name.First}}", "has no fields");
	refuses("{{range .Name}}{{end}}", "no list and no map");
	refuses("{{len .N}}", "no length");
	refuses("{{index .List 2}}", "out of range");
	refuses("{{index .List -1}}", "out of range");
	refuses("{{index .List \"a\"}}", "index wants");
	refuses("{{$nobody}}", "no variable $nobody");
	refuses("{{printf .N}}", "wants a format");
	refuses("{{printf \"%s\"}}", "fewer values");
	refuses("{{printf \"x\" .N}}", "more values");
	refuses("{{printf \"%d\" .Name}}", "does not fit");
	refuses("{{printf \"%x\" .N}}", "printf knows");
	refuses("{{printf \"%1001s\" .Name}}", "printf knows");
	refuses("{{join .N \",\"}}", "join wants");
	refuses("{{upper .N}}", "want a text");
}

static void a_field_that_is_not_there_is_named_with_those_that_are(void **state)
{
	(void)state;
	refuses("{{.Nmae}}", "there is no field Nmae; there are Deep, Empty, Id,");
	refuses("{{.Map.missing}}", "template: there is no field missing; there are a, z");
	refuses("{{range .Networks}}{{.IPAdress}}{{end}}",
		"there is no field IPAdress; there are IPAddress");
	refuses("{{with .Deep}}{{.Missing}}{{end}}", "there is no field Missing; there are x.y");
	refuses("{{if .Missing}}{{end}}", "there is no field Missing");
}

static void a_key_of_a_map_of_the_users_may_be_missing(void **state)
{
	(void)state;
	gives("{{.Gateway}}.{{range .Networks}}{{if .IPRange}}yes{{end}}{{end}}", ".");
	gives("{{.Labels.nosuch}} {{.Networks.nosuch.IPAddress}}", "<no value> <no value>");
	gives("{{with .Labels}}{{.nosuch}}{{end}}", "<no value>");
	gives("{{if .Labels.nosuch}}yes{{else}}no{{end}}", "no");
}

/* what n times between two texts */
static char *repeat(const char *before, const char *what, size_t n, const char *after)
{
	struct buf buf = { 0 };

	buf_puts(&buf, before);
	while (n-- > 0)
		buf_puts(&buf, what);
	buf_puts(&buf, after);
	assert_int_equal(buf.err, 0);
	return buf.data;
}

static int try(char *text)
{
	int err;
	char *got = run(text, &err);

	free(got);
	free(text);
	return err;
}

static void depth_and_length_are_bounded(void **state)
{
	char *ends = repeat("", "{{end}}", TEMPLATE_DEPTH_MAX, "");
	char *closes = repeat("", ")", TEMPLATE_DEPTH_MAX - 1, "}}");

	(void)state;
	assert_int_equal(try(repeat("", "{{if 1}}", TEMPLATE_DEPTH_MAX - 1, ends + 7)), 0);
	assert_int_equal(try(repeat("", "{{if 1}}", TEMPLATE_DEPTH_MAX + 1, ends)), -EINVAL);
	assert_int_equal(try(repeat("{{", "(", TEMPLATE_DEPTH_MAX - 1,
				    strcat(strcpy((char[128]) { 0 }, "1"), closes))),
			 0);
	assert_int_equal(try(repeat("{{", "(", 100000, "1")), -EINVAL);
	assert_int_equal(try(repeat("{{", ".Nil", TEMPLATE_DEPTH_MAX, "}}")), 0);
	assert_int_equal(try(repeat("{{", ".Nil", TEMPLATE_DEPTH_MAX + 1, "}}")), -EINVAL);
	assert_int_equal(try(repeat("{{1", "|print", TEMPLATE_DEPTH_MAX - 1, "}}")), 0);
	assert_int_equal(try(repeat("{{1", "|print", TEMPLATE_DEPTH_MAX, "}}")), -EINVAL);
	assert_int_equal(try(repeat("{{print", " 1", 16, "}}")), 0);
	assert_int_equal(try(repeat("{{print", " 1", 17, "}}")), -EINVAL);
	assert_int_equal(try(repeat("", "x", TEMPLATE_LEN_MAX, "")), 0);
	assert_int_equal(try(repeat("", "x", TEMPLATE_LEN_MAX + 1, "")), -EINVAL);
	assert_int_equal(try(repeat("", "{{1}}", TEMPLATE_NODES_MAX, "")), -EINVAL);
	free(ends);
	free(closes);
}

static void output_and_work_are_bounded(void **state)
{
	/* Each level doubles a text, or multiplies the turns of a loop. */
	char *ends = repeat("", "{{end}}", 28, "");

	(void)state;
	assert_int_equal(try(repeat("", "{{with printf \"%s%s\" . .}}", 28, ends)), -EINVAL);
	assert_int_equal(try(repeat("", "{{range $.List}}", 28, ends)), -EINVAL);
	free(ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stands_for_itself_but_for_tabs_and_newlines),
		cmocka_unit_test(fields_are_found_at_any_depth),
		cmocka_unit_test(conditions_follow_truth),
		cmocka_unit_test(ranges_bind_keys_in_order_and_values),
		cmocka_unit_test(a_fraction_has_the_digits_that_it_came_with),
		cmocka_unit_test(functions_do_what_go_s_do),
		cmocka_unit_test(what_is_not_understood_is_refused_in_words),
		cmocka_unit_test(what_does_not_go_with_the_value_is_refused_in_words),
		cmocka_unit_test(a_field_that_is_not_there_is_named_with_those_that_are),
		cmocka_unit_test(a_key_of_a_map_of_the_users_may_be_missing),
		cmocka_unit_test(depth_and_length_are_bounded),
		cmocka_unit_test(output_and_work_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
