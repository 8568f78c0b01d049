// SPDX-License-Identifier: GPL-2.0-or-later
// template_eval.c - walks the tree of a template over a JSON value
#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/template/template.h"
#include "cli/template/template_node.h"
#include "cli/template/template_value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A tree is walked by recursion whose depth the parser has bounded. Each
 * value is a reference that the caller gives back; NULL means that the error is set. What
 * docker's own templates would print is printed here, though netd's answers are JSON and Docker's
 * are Go structs: so keys that a struct has and an answer leaves out are known by name, and any
 * other unknown key is the user's mistake. Steps and output are bounded, since a template comes
 * from the command line and the list may have thousands of entries. */

/* The variables of the ranges around, innermost first. A scope lives on the stack of run_turn() and
 * borrows its name from the tree and its value from the JSON that is ranged over. `name` is NULL
 * where the template gives the variable no name; the entry is passed over then. */
struct scope {
	const char *name;
	json_t *value;
	const struct scope *up;
};

/* One evaluation. out may have text of others before `start`, which does not count. */
struct run {
	/* The root is what "$" means everywhere, also inside a range that has moved the dot. It is
	 * borrowed from the caller for the whole run. */
	json_t *root;
	struct buf *out;
	size_t start; /* of our part of out */
	/* The steps count nodes, expressions and pieces of long texts together, so one bound holds
	 * for all kinds of work. */
	size_t steps;
	struct error *error;
};

/* Both call each other: a list is inside of a branch, and an expression inside of a call. */
static json_t *eval(struct run *run, const struct expr *expr, json_t *dot,
		    const struct scope *scope);
static int run_nodes(struct run *run, const struct node *nodes, json_t *dot,
		     const struct scope *scope);

/* It is called for each node and each expression. 0, or the error is set. */
static int step(struct run *run)
{
	/* The output is looked at here, so that no printing function has to. */
	if (run->out->err < 0)
		return error_system(run->error, run->out->err, "template");
	/* Ranges in ranges over a long list would go on for hours. */
	if (++run->steps > TEMPLATE_STEPS_MAX || run->out->len - run->start > TEMPLATE_OUTPUT_MAX)
		return error_set(run->error, ERROR_INVALID, "template: gives too much output");
	return 0;
}

/* Objects whose keys are the user's: a key that is not there is no mistake. The list has the names
 * that the answers of netd and of Docker use for maps. An object that stands anywhere else has
 * fixed fields, so a typing mistake in one of them is still found. */
static bool is_map_name(const char *name)
{
	static const char *const maps[] = { "Annotations", "Attributes", "AuxiliaryAddresses",
					    "Containers",  "DriverOpts", "Labels",
					    "Networks",	   "Options",	 "PortBindings",
					    "Ports",	   "Sysctls" };

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		if (strcmp(maps[i], name) == 0)
			return true;
	return false;
}

/* Whether base stands somewhere in value under the name of a map. Asked only when a key is missing;
 * as deep as netd's own answers are. A parent is looked for and not kept, because jansson's values
 * do not know where they stand. The comparison is of addresses: two equal objects are not the same
 * map. A list is walked first and an object second; a value of another kind has neither, and both
 * loops have no rounds. */
static bool is_map_in(const json_t *value, const json_t *base)
{
	const char *key;
	json_t *member;
	size_t i;

	json_array_foreach (value, i, member)
		if (is_map_in(member, base))
			return true;
	json_object_foreach ((json_t *)value, key, member)
		if ((member == base && is_map_name(key)) || is_map_in(member, base))
			return true;
	return false;
}

/* Left out of netd's answers where they are empty; in Docker's own structs they are "". A template
 * such as {{.Gateway}} works with docker on a network that has no gateway and prints nothing. It
 * works here for the same reason. */
static bool is_optional(const char *name)
{
	static const char *const names[] = { "AuxiliaryAddresses", "Gateway",	  "IPRange",
					     "IPv4Address",	   "IPv6Address", "LinkLocalIPs" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* The fields that there are help against a typing mistake. It returns NULL. If there is no memory
 * for the list, the sentence says "none", which is better than no sentence. */
static json_t *unknown_field(struct run *run, const json_t *base, const char *name)
{
	_cleanup_free_ const char **keys = template_value_keys(base);
	_cleanup_(buf_done) struct buf names = { 0 };

	for (size_t i = 0; keys && i < json_object_size(base); i++)
		buf_printf(&names, "%s%s", i > 0 ? ", " : "", keys[i]);
	(void)error_set(run->error, ERROR_INVALID, "template: there is no field %s; there are %s",
			name, names.data ? names.data : "none");
	return NULL;
}

/* The order: a key that is there, one that Docker spells in another way, one that is empty, a map.
 * The result is a new reference. The base stays the caller's. */
static json_t *get_field(struct run *run, json_t *base, const char *name)
{
	json_t *value;

	/* What Docker shows as null where it is empty may be asked for its parts. */
	if (json_is_null(base))
		return json_null();
	if (!json_is_object(base)) {
		(void)error_set(run->error, ERROR_INVALID,
				"template: .%s of something that has no fields", name);
		return NULL;
	}
	value = json_object_get(base, name);
	if (!value && strcmp(name, "ID") == 0)
		value = json_object_get(base, "Id"); /* templates made for docker's own structs */
	if (!value && is_optional(name))
		return json_string("");
	if (!value && !is_map_in(run->root, base))
		return unknown_field(run, base, name);
	return value ? json_incref(value) : json_null();
}

/* Evaluates what stands before the dot, then takes the field of it. The base is given back here:
 * the field holds a reference of its own, so it outlives the base. */
static json_t *eval_field(struct run *run, const struct expr *expr, json_t *dot,
			  const struct scope *scope)
{
	_cleanup_(json_decrefp) json_t *base = eval(run, expr->base, dot, scope);

	return base ? get_field(run, base, expr->name) : NULL;
}

/* "" is the whole value. The value is a new reference, like that of every other expression, though
 * the scope keeps its own. */
static json_t *eval_variable(struct run *run, const char *name, const struct scope *scope)
{
	if (*name == '\0')
		return json_incref(run->root);
	/* From the innermost outward: an inner range hides the variables around it. */
	for (; scope; scope = scope->up)
		if (scope->name && strcmp(scope->name, name) == 0)
			return json_incref(scope->value);
	(void)error_set(run->error, ERROR_INVALID, "template: there is no variable $%s", name);
	return NULL;
}

/* The arguments are evaluated in their order, and given back in any case. The parser has checked
 * the number of arguments, so the array is large enough. A call with an argument missing can only
 * come from an argument that failed. */
static json_t *eval_call(struct run *run, const struct expr *expr, json_t *dot,
			 const struct scope *scope)
{
	json_t *args[TEMPLATE_ARGS_MAX], *result = NULL;
	size_t n = 0;

	/* `n` counts what has to be given back, so the array is never read behind it. */
	for (const struct expr *arg = expr->args; arg; arg = arg->next) {
		args[n] = eval(run, arg, dot, scope);
		if (!args[n])
			break;
		n++;
	}
	/* An argument that failed has set the error, and no function is called. */
	if (n == expr->n_args)
		result = expr->function->call(args, n, run->error);
	/* A long text costs as many steps as it would take to write it in pieces. So a function
	 * in a loop cannot make memory grow without an end. */
	run->steps += json_string_length(result) / 64;
	while (n > 0)
		json_decref(args[--n]);
	return result;
}

/* Each kind of expression has a function of its own, or a line. `dot` is the present value: the
 * root outside of all ranges, an element inside of one. Each call costs a step, so a loop over a
 * constant ends, too. */
static json_t *eval(struct run *run, const struct expr *expr, json_t *dot,
		    const struct scope *scope)
{
	if (step(run) < 0)
		return NULL;
	switch (expr->kind) {
	case EXPR_DOT:
		return json_incref(dot);
	case EXPR_FIELD:
		return eval_field(run, expr, dot, scope);
	case EXPR_VARIABLE:
		return eval_variable(run, expr->name, scope);
	case EXPR_VALUE:
		return json_incref(expr->value);
	case EXPR_CALL:
		return eval_call(run, expr, dot, scope);
	case EXPR_N_KINDS:
		break;
	}
	(void)error_set(run->error, ERROR_INTERNAL, "template: broken tree");
	return NULL;
}

/* One turn of a range; takes key, which may be NULL. `value` is borrowed from the container, which
 * stays alive during the whole range: the caller of this function holds it. */
static int run_turn(struct run *run, const struct node *node, json_t *key, json_t *value,
		    const struct scope *scope)
{
	/* The key's scope is outside of the value's: if both have one name, the value is seen, as
	 * it is the inner one. */
	const struct scope outer = { .name = node->key, .value = key, .up = scope };
	const struct scope inner = { .name = node->value, .value = value, .up = &outer };
	int err;

	/* Made by the caller of this function, and NULL for want of memory. */
	if (!key)
		return error_system(run->error, -ENOMEM, "template");
	err = run_nodes(run, node->body, value, &inner);
	json_decref(key);
	return err;
}

/* The object is not changed while it is walked, since a template can only read. So the array of
 * keys stays valid from the first turn to the last. */
static int range_object(struct run *run, const struct node *node, json_t *object,
			const struct scope *scope)
{
	_cleanup_free_ const char **keys = template_value_keys(object);
	size_t n = json_object_size(object);
	int err = 0;

	if (!keys)
		return error_system(run->error, -ENOMEM, "template");
	/* In the order of the keys, as Go prints maps. */
	for (size_t i = 0; i < n && err == 0; i++)
		err = run_turn(run, node, json_string(keys[i]), json_object_get(object, keys[i]),
			       scope);
	return err;
}

/* An empty list runs the part behind {{else}}, as in Go. A null counts as an empty list, because
 * netd's answers have null where Docker's have an empty slice. Anything else that is no list and no
 * map is a mistake in Go, and is one here. */
static int run_range(struct run *run, const struct node *node, json_t *dot,
		     const struct scope *scope)
{
	_cleanup_(json_decrefp) json_t *over = eval(run, node->expr, dot, scope);
	int err = 0;

	/* The error is set by then; the number is not looked at. */
	if (!over)
		return -EINVAL;
	/* Both are 0 for what is neither an object nor an array. */
	if (json_object_size(over) == 0 && json_array_size(over) == 0) {
		if (json_is_object(over) || json_is_array(over) || json_is_null(over))
			return run_nodes(run, node->otherwise, dot, scope);
		return error_set(run->error, ERROR_INVALID,
				 "template: range over something that is no list and no map");
	}
	if (json_is_object(over))
		return range_object(run, node, over, scope);
	/* The key of a list's element is its index, counted from 0, as in Go. */
	for (size_t i = 0; i < json_array_size(over) && err == 0; i++)
		err = run_turn(run, node, json_integer((json_int_t)i), json_array_get(over, i),
			       scope);
	return err;
}

/* What is true for a template is said by template_value_is_true(). A branch without {{else}} has an
 * empty list there, and running it prints nothing. */
static int run_condition(struct run *run, const struct node *node, json_t *dot,
			 const struct scope *scope)
{
	_cleanup_(json_decrefp) json_t *value = eval(run, node->expr, dot, scope);

	if (!value)
		return -EINVAL;
	if (!template_value_is_true(value))
		return run_nodes(run, node->otherwise, dot, scope);
	/* Only `with` moves the dot. */
	return run_nodes(run, node->body, node->kind == NODE_WITH ? value : dot, scope);
}

/* What is printed has no newline: the template has it, or the caller adds it. A value that is
 * missing prints as "<no value>"; only an expression that fails is an error. */
static int run_print(struct run *run, const struct node *node, json_t *dot,
		     const struct scope *scope)
{
	_cleanup_(json_decrefp) json_t *value = eval(run, node->expr, dot, scope);

	if (!value)
		return -EINVAL;
	template_value_print(value, run->out);
	return 0;
}

/* 0, or a negative errno with the error set. A lack of memory while text is appended is noted in
 * the buffer and found by the next step(). */
static int run_node(struct run *run, const struct node *node, json_t *dot,
		    const struct scope *scope)
{
	switch (node->kind) {
	case NODE_TEXT:
		buf_append(run->out, node->text, node->len);
		return 0;
	case NODE_PRINT:
		return run_print(run, node, dot, scope);
	case NODE_IF:
	case NODE_WITH:
		return run_condition(run, node, dot, scope);
	case NODE_RANGE:
		return run_range(run, node, dot, scope);
	case NODE_N_KINDS:
		break;
	}
	return error_set(run->error, ERROR_INTERNAL, "template: broken tree");
}

/* The first error ends the list, and all lists around it. An empty list, NULL, is a success: a
 * branch need not have a body. */
static int run_nodes(struct run *run, const struct node *nodes, json_t *dot,
		     const struct scope *scope)
{
	int err = 0;

	for (; nodes && err == 0; nodes = nodes->next) {
		err = step(run);
		if (err == 0)
			err = run_node(run, nodes, dot, scope);
	}
	return err;
}

/* The last look is for what was written behind the last step. On an error `out` may have a part.
 * The template is not changed, so one template may be run over many values, as a list does with its
 * rows. */
int template_eval(const struct template *template, json_t *root, struct buf *out,
		  struct error *error)
{
	struct run run = { .root = root, .out = out, .start = out->len, .error = error };
	int err = run_nodes(&run, template->nodes, root, NULL);

	return err < 0 ? err : step(&run);
}
