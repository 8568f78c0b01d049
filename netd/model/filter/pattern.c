// SPDX-License-Identifier: GPL-2.0-or-later
// pattern.c - the regular expressions of name= and id= filters, matched in linear time
#include "model/filter/pattern.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A pattern of a user's is compiled into a small program and run as an
 * automaton that is in several states at once (Thompson's construction). The time is bounded by
 * the length of the pattern times that of the text, whatever the pattern is. A matcher that
 * goes back and tries again could be kept busy for minutes by a few characters, and netd with
 * it. The program has a bound, too, and lies in one piece. Grammar:
 *
 * choice   = sequence [ "|" choice ]
 * sequence = *( atom [ "*" | "+" | "?" ] )
 * atom     = "(" choice ")" | "[" class "]" | "^" | "$" | "." | literal */

/* Each character of a pattern emits at most two instructions, and MATCH ends them. */
#define CODE_MAX (2 * PATTERN_LEN_MAX + 1)

enum opcode { OP_SET, OP_JUMP, OP_SPLIT, OP_BEGIN, OP_END, OP_MATCH };

/* Jumps are relative, so a fragment can be moved as a whole while the program is being written. */
struct instruction {
	enum opcode op;
	int16_t jump;	 /* JUMP: where to; SPLIT: the other way, the first being the next one */
	uint8_t set[32]; /* SET: one bit for each byte that matches */
};

/* code is n instructions; a match begins at the first. */
struct pattern {
	size_t n;
	struct instruction code[];
};

/* pos is the next byte of the pattern; err stays, and ends everything. A compiler lives on the
 * stack of pattern_new(). */
struct compiler {
	const char *pos;
	struct pattern *pattern;
	int err;
};

/* The program's memory was taken for the longest that the pattern can become. The pointer is good
 * until the next instruction is inserted. */
static struct instruction *emit(struct compiler *compiler, enum opcode op)
{
	struct instruction *instruction = &compiler->pattern->code[compiler->pattern->n++];

	*instruction = (struct instruction) { .op = op };
	return instruction;
}

/* Makes room for one instruction at index, before the fragment that begins there. Jumps inside
 * of the fragment are relative, and stay right. */
static struct instruction *insert(struct compiler *compiler, size_t index, enum opcode op)
{
	struct pattern *pattern = compiler->pattern;

	memmove(&pattern->code[index + 1], &pattern->code[index],
		(pattern->n - index) * sizeof(*pattern->code));
	pattern->n++;
	pattern->code[index] = (struct instruction) { .op = op };
	return &pattern->code[index];
}

/* Both bounds are in it. */
static void set_add(struct instruction *instruction, unsigned char from, unsigned char to)
{
	for (unsigned int c = from; c <= to; c++)
		instruction->set[c / 8] |= (uint8_t)(1U << c % 8);
}

/* One character of a class or a literal: itself, or what follows a backslash when that is
 * punctuation (a letter there would be a class by name). */
static unsigned char literal(struct compiler *compiler)
{
	unsigned char c = (unsigned char)*compiler->pos;

	if (c == '\\') {
		c = (unsigned char)*++compiler->pos;
		/* A backslash before a letter (\d, \w) is refused rather than taken for the
		 * letter. */
		if (!c || !strchr("\\.+*?()|[]{}^$-/_:=,\"'#&~!%@<>;` ", c)) {
			compiler->err = -EINVAL;
			return 0;
		}
	}
	if (c)
		compiler->pos++;
	return c;
}

/* A class is one instruction, whatever is in it. The cursor stands on the opening bracket, and in
 * the end behind the closing one. */
static void compile_class(struct compiler *compiler)
{
	struct instruction *class = emit(compiler, OP_SET);
	bool negated = *++compiler->pos == '^';
	/* A bracket right behind the opening one is a character (POSIX, 9.3.5). */
	const char *first = compiler->pos += negated;

	while (!compiler->err && (*compiler->pos != ']' || compiler->pos == first)) {
		unsigned char from = literal(compiler), to = from;

		/* A minus before the closing bracket is a character. */
		if (compiler->pos[0] == '-' && compiler->pos[1] && compiler->pos[1] != ']') {
			compiler->pos++;
			to = literal(compiler);
		}
		if (!from || to < from)
			compiler->err = -EINVAL; /* a NUL here is the end of an open class */
		else
			set_add(class, from, to);
	}
	if (!compiler->err)
		compiler->pos++;
	/* The bit of the NUL is set by this as well; no text has one inside. */
	for (size_t i = 0; negated && i < sizeof(class->set); i++)
		class->set[i] = (uint8_t) ~class->set[i];
}

static void compile_choice(struct compiler *compiler);

/* The recursion is as deep as brackets are nested, and the pattern's length bounds that. The cursor
 * stands on the opening bracket. */
static void compile_group(struct compiler *compiler)
{
	compiler->pos++;
	/* Groups only hold things together here, so "(?:" is the same. */
	if (compiler->pos[0] == '?' && compiler->pos[1] == ':')
		compiler->pos += 2;
	compile_choice(compiler);
	if (!compiler->err && *compiler->pos == ')')
		compiler->pos++;
	else
		compiler->err = -EINVAL;
}

/* One unit that can be repeated. An operator without something to repeat is refused. A caret and a
 * dollar read no character: they ask where the text begins or ends. */
static void compile_atom(struct compiler *compiler)
{
	unsigned char c;

	switch (*compiler->pos) {
	case '(':
		compile_group(compiler);
		return;
	case '[':
		compile_class(compiler);
		return;
	case '^':
	case '$':
		emit(compiler, *compiler->pos++ == '^' ? OP_BEGIN : OP_END);
		return;
	case '.':
		compiler->pos++;
		/* From 1: the NUL ends the text and is never read. */
		set_add(emit(compiler, OP_SET), 1, UCHAR_MAX);
		return;
	case '*':
	case '+':
	case '?':
	case '{':
		compiler->err = -EINVAL;
		return;
	default: /* any other byte stands for itself */
		c = literal(compiler);
		set_add(emit(compiler, OP_SET), c, c);
	}
}

/* The fragment from start to the end, repeated as the next character says. Repeating a
 * repetition ("a**") is refused, because the next character begins an atom. */
static void compile_repeat(struct compiler *compiler, size_t start)
{
	size_t len = compiler->pattern->n - start;

	switch (*compiler->pos) {
	case '*':
		/* Over the fragment and the jump behind it. */
		insert(compiler, start, OP_SPLIT)->jump = (int16_t)(len + 2);
		emit(compiler, OP_JUMP)->jump = (int16_t) - (int)(len + 1);
		break;
	case '+':
		/* Back to the fragment's first instruction. */
		emit(compiler, OP_SPLIT)->jump = (int16_t) - (int)len;
		break;
	case '?':
		insert(compiler, start, OP_SPLIT)->jump = (int16_t)(len + 1);
		break;
	default: /* not repeated */
		return;
	}
	compiler->pos++;
	if (*compiler->pos == '?') /* "as few as possible" changes nothing for yes or no */
		compiler->pos++;
}

/* Units one after the other, up to the end or to what ends a group. */
static void compile_sequence(struct compiler *compiler)
{
	while (!compiler->err && *compiler->pos && !strchr("|)", *compiler->pos)) {
		size_t start = compiler->pattern->n;

		compile_atom(compiler);
		if (!compiler->err)
			compile_repeat(compiler, start);
	}
}

/* Alternatives: a split before the first, and a jump behind it over the second. The second
 * alternative may have further ones, so this recurses. */
static void compile_choice(struct compiler *compiler)
{
	size_t start = compiler->pattern->n, over;

	compile_sequence(compiler);
	if (compiler->err || *compiler->pos != '|')
		return;
	compiler->pos++;
	/* Everything behind start moves by one; over is taken after that. */
	insert(compiler, start, OP_SPLIT);
	over = compiler->pattern->n;
	emit(compiler, OP_JUMP);
	compiler->pattern->code[start].jump = (int16_t)(over + 1 - start);
	compile_choice(compiler);
	compiler->pattern->code[over].jump = (int16_t)(compiler->pattern->n - over);
}

/* -EINVAL: it is no pattern, or too long. -ENOMEM, or 0 and a pattern that the caller frees. */
int pattern_new(const char *text, struct pattern **ret_pattern)
{
	size_t len = strlen(text);
	struct compiler compiler = { .pos = text };

	if (len > PATTERN_LEN_MAX)
		return -EINVAL;
	compiler.pattern =
		malloc(sizeof(*compiler.pattern) + (2 * len + 1) * sizeof(struct instruction));
	if (!compiler.pattern)
		return -ENOMEM;
	compiler.pattern->n = 0;
	compile_choice(&compiler);
	/* A bracket that closes nothing is left over. */
	if (compiler.err || *compiler.pos) {
		pattern_free(compiler.pattern);
		return -EINVAL;
	}
	emit(&compiler, OP_MATCH);
	*ret_pattern = compiler.pattern;
	return 0;
}

/* NULL is nothing. */
void pattern_free(struct pattern *pattern)
{
	free(pattern);
}

/* The states the automaton is in, without those that only lead on. */
struct states {
	bool in[CODE_MAX];
};

/* Enters a state and all it leads to without reading; true when that reaches the end. Each state is
 * entered once per position, which bounds the work and ends empty loops. begin and end: whether the
 * present place is the first or the last of the text. */
static bool enter(const struct pattern *pattern, struct states *states, size_t state, bool begin,
		  bool end)
{
	const struct instruction *instruction = &pattern->code[state];

	/* The recursion is as deep as the program is long, at most. */
	if (states->in[state])
		return false;
	states->in[state] = true;
	switch (instruction->op) {
	case OP_SET:
		return false;
	case OP_JUMP:
		return enter(pattern, states, state + (size_t)instruction->jump, begin, end);
	case OP_SPLIT:
		return enter(pattern, states, state + 1, begin, end) ||
		       enter(pattern, states, state + (size_t)instruction->jump, begin, end);
	case OP_BEGIN:
		return begin && enter(pattern, states, state + 1, begin, end);
	case OP_END:
		return end && enter(pattern, states, state + 1, begin, end);
	case OP_MATCH:
		return true;
	}
	return false;
}

/* Only a SET reads a character. */
static bool reads(const struct instruction *instruction, unsigned char c)
{
	return instruction->op == OP_SET && (instruction->set[c / 8] & 1U << c % 8);
}

/* The pattern may match anywhere in the text, so it is begun anew at each character. */
bool pattern_match(const struct pattern *pattern, const char *text)
{
	struct states now = { 0 }, next;

	if (enter(pattern, &now, 0, true, !*text))
		return true;
	for (; *text; text++) {
		memset(&next, 0, sizeof(next));
		for (size_t i = 0; i < pattern->n; i++) {
			if (now.in[i] && reads(&pattern->code[i], (unsigned char)*text) &&
			    enter(pattern, &next, i + 1, false, !text[1]))
				return true;
		}
		/* a match may also begin here */
		if (enter(pattern, &next, 0, false, !text[1]))
			return true;
		now = next;
	}
	return false;
}
