// SPDX-License-Identifier: GPL-2.0-or-later
// btf.c - where the running kernel has its fields: a reader of BTF
#include "trace/btf.h"

#include "base/limits.h"

#include <errno.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Types stand one after the other, of lengths that depend on their kinds, and
 * refer to one another by number; so one walk notes where each is. What is looked for is found by a
 * walk over all of them, which is some milliseconds for a whole kernel, a dozen times.
 *
 * The layout of BTF:
 *
 *   header  magic (2 bytes), version, flags, its length, then offset and length of types and of
 *           strings
 *   type    name (offset into the strings), info (kind, number of members, a flag), size or type;
 *           behind it, by its kind: members, parameters, values, an array
 *
 * A type's number is its place in the row, from 1 on; 0 is void. Nothing in the file is believed
 * that leads out of it, and every walk has a bound (TRACE_DEPTH_MAX, TRACE_MEMBERS_MAX), for types
 * may refer to one another in a circle. A kernel's BTF has about 100,000 types in some megabytes.
 * It is read once in a process. */

/* <linux/btf.h> of the kernel that netd is built with may lack kinds of a newer one. */
#define KIND_DECL_TAG 17
#define KIND_TYPE_TAG 18
#define KIND_ENUM64 19

/* A copy of the head, because the file need not be aligned. tail points into the file's data, where
 * nothing is aligned for sure. */
struct type {
	struct btf_type head;
	const uint8_t *tail; /* members, parameters, values */
	size_t n;	     /* of them */
};

/* What stands behind the head of a type; SIZE_MAX: nobody knows how to go on behind that kind. Also
 * of kinds that are never looked for: the walk must go on behind them. Sizes are those of the
 * structs of <linux/btf.h>: btf_member, btf_var_secinfo and btf_enum64 have 12 bytes, btf_enum and
 * btf_param have 8. */
static size_t tail_size(uint32_t info)
{
	size_t n = BTF_INFO_VLEN(info);

	switch (BTF_INFO_KIND(info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case KIND_ENUM64:
		return n * 12;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return n * 8;
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case 16: /* BTF_KIND_FLOAT, 5.13 */
	case KIND_TYPE_TAG:
		return 0;
	default:
		return SIZE_MAX;
	}
}

/* -EBADMSG: the types end in the middle of one. A kind that is not known ends the walk: what stands
 * before it is whole. at[] has one place for each type, and at[0] is not used. What is behind an
 * unknown kind cannot be numbered, and is as if it was not there. */
static int number_types(struct btf *btf)
{
	/* Each type takes at least a head, so this many places are enough. */
	size_t room = btf->types_len / sizeof(struct btf_type);

	btf->at = malloc((room + 1) * sizeof(*btf->at));
	if (!btf->at)
		return -ENOMEM;
	for (size_t pos = 0; pos < btf->types_len;) {
		struct btf_type head;
		size_t tail;

		if (btf->types_len - pos < sizeof(head))
			return -EBADMSG;
		memcpy(&head, btf->types + pos, sizeof(head));
		tail = tail_size(head.info);
		if (tail == SIZE_MAX)
			return 0;
		if (tail > btf->types_len - pos - sizeof(head))
			return -EBADMSG;
		btf->at[++btf->n_types] = (uint32_t)pos;
		pos += sizeof(head) + tail;
	}
	return 0;
}

/* data must stay as long as the reader is used: names point into it. The header may be longer than
 * it is known here: offsets count from its own length. */
int btf_init(const void *data, size_t len, struct btf *ret_btf)
{
	struct btf btf = { .data = data };
	struct btf_header head;
	size_t left;
	int err;

	if (len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, data, sizeof(head));
	if (head.magic != BTF_MAGIC || head.version != BTF_VERSION || head.hdr_len > len)
		return -EBADMSG;
	left = len - head.hdr_len;
	/* Subtractions, so that no sum can wrap around. */
	if (head.type_off > left || head.type_len > left - head.type_off || head.str_off > left ||
	    head.str_len > left - head.str_off || head.str_len == 0)
		return -EBADMSG;
	btf.types = btf.data + head.hdr_len + head.type_off;
	btf.types_len = head.type_len;
	btf.names = (const char *)btf.data + head.hdr_len + head.str_off;
	btf.names_len = head.str_len;
	/* A name without an end would be read beyond the strings. */
	if (btf.names[btf.names_len - 1] != '\0')
		return -EBADMSG;
	err = number_types(&btf);
	if (err < 0)
		btf_done(&btf);
	else
		*ret_btf = btf;
	return err;
}

/* data is the caller's. */
void btf_done(struct btf *btf)
{
	free(btf->at);
	*btf = (struct btf) { 0 };
}

/* "": the offset leads out of the strings, or the type has no name. */
static const char *name_at(const struct btf *btf, uint32_t offset)
{
	return offset < btf->names_len ? btf->names + offset : "";
}

/* false: there is no type of that number. tail and n are only as good as the kind: who reads them
 * looks at it first. */
static bool type_at(const struct btf *btf, uint32_t id, struct type *ret_type)
{
	const uint8_t *place;

	if (id == 0 || id > btf->n_types)
		return false;
	place = btf->types + btf->at[id];
	memcpy(&ret_type->head, place, sizeof(ret_type->head));
	ret_type->tail = place + sizeof(ret_type->head);
	ret_type->n = BTF_INFO_VLEN(ret_type->head.info);
	return true;
}

/* One of BTF_KIND_*. */
static uint32_t kind_of(const struct type *type)
{
	return BTF_INFO_KIND(type->head.info);
}

/* Its number; 0: there is none. Of two types with one name and kind the first counts. Tags and
 * modifiers are types, too, so the kind is part of the question. */
static uint32_t find(const struct btf *btf, uint32_t kind, const char *name, struct type *ret_type)
{
	for (uint32_t id = 1; id <= btf->n_types; id++)
		if (type_at(btf, id, ret_type) && kind_of(ret_type) == kind &&
		    strcmp(name_at(btf, ret_type->head.name_off), name) == 0)
			return id;
	return 0;
}

/* A name for another type, or one with a qualifier, is the type itself. false: the number leads
 * nowhere, or in a circle. */
static bool resolve(const struct btf *btf, uint32_t id, struct type *ret_type)
{
	for (int i = 0; i < TRACE_DEPTH_MAX && type_at(btf, id, ret_type); i++)
		switch (kind_of(ret_type)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case KIND_TYPE_TAG:
			id = ret_type->head.type;
			break;
		default:
			return true;
		}
	return false;
}

/* Both have struct btf_member behind their heads. */
static bool has_members(const struct type *type)
{
	return kind_of(type) == BTF_KIND_STRUCT || kind_of(type) == BTF_KIND_UNION;
}

/* The bits before a member. In a struct with the flag, an offset has the size of a bit field in its
 * upper 8 bits; a bit field has no address, so it cannot be asked for. */
static int member_bits(const struct type *type, const struct btf_member *member, uint32_t *ret_bits)
{
	if (!BTF_INFO_KFLAG(type->head.info)) {
		*ret_bits = member->offset;
		return 0;
	}
	if (BTF_MEMBER_BITFIELD_SIZE(member->offset) != 0)
		return -ENOTSUP;
	*ret_bits = BTF_MEMBER_BIT_OFFSET(member->offset);
	return 0;
}

/* A field that is looked for, and where it was found. len is how much of name is the next part of
 * the path. bits grow as members are found within others. n_left bounds all members that are looked
 * at in one search, whatever the nesting. */
struct search {
	const struct btf *btf;
	const char *name;
	size_t len;
	uint32_t bits;
	struct type type;
	int n_left, depth;
};

static int find_member(struct search *search, const struct type *type);

/* 0: it is this one, or in it; -ENOENT: go on. A member without a name is an anonymous struct or
 * union, whose members count as the outer one's. */
static int try_member(struct search *search, const struct type *outer,
		      const struct btf_member *member)
{
	const char *own = name_at(search->btf, member->name_off);
	struct type type;
	uint32_t bits;
	int err;

	/* Names are compared by the part of the path, which ends at a dot. The length is that of
	 * the part, so "a" is not found in "ab". */
	if (*own && (strncmp(own, search->name, search->len) != 0 || own[search->len] != '\0'))
		return -ENOENT;
	err = member_bits(outer, member, &bits);
	if (err < 0)
		/* Of an anonymous member without an address all inside it are out of reach as
		 * well. */
		return *own ? err : -ENOENT;
	if (!resolve(search->btf, member->type, &type))
		return -EBADMSG;
	if (*own) {
		search->type = type;
	} else {
		err = has_members(&type) ? find_member(search, &type) : -ENOENT;
	}
	/* Members of an anonymous one count from where it begins. */
	search->bits += err == 0 ? bits : 0;
	return err;
}

/* The member of that name, also within members that have none. -EBADMSG: too deep or too many, as a
 * circle would be. */
static int find_member(struct search *search, const struct type *type)
{
	int err = -ENOENT;

	if (search->depth >= TRACE_DEPTH_MAX)
		return -EBADMSG;
	search->depth++;
	for (size_t i = 0; i < type->n && err == -ENOENT; i++) {
		struct btf_member member;

		memcpy(&member, type->tail + i * sizeof(member), sizeof(member));
		err = search->n_left-- > 0 ? try_member(search, type, &member) : -EBADMSG;
	}
	search->depth--;
	return err;
}

/* path is as C writes it, with dots. -ENOENT: this kernel has no such field. Each part of the path
 * is looked for in the struct that the part before it has. */
int btf_offset(const struct btf *btf, const char *structure, const char *path, uint32_t *ret_offset)
{
	struct search search = { .btf = btf, .name = path, .n_left = TRACE_MEMBERS_MAX };

	if (!find(btf, BTF_KIND_STRUCT, structure, &search.type))
		return -ENOENT;
	for (;; search.name += search.len + 1) {
		struct type outer = search.type;
		int err;

		search.len = strcspn(search.name, ".");
		err = has_members(&outer) ? find_member(&search, &outer) : -ENOENT;
		if (err < 0)
			return err;
		if (search.name[search.len] == '\0')
			break;
	}
	/* A field that begins within a byte cannot be read by its address. */
	if (search.bits % 8 != 0)
		return -ENOTSUP;
	*ret_offset = search.bits / 8;
	return 0;
}

uint32_t btf_structure(const struct btf *btf, const char *name)
{
	struct type type;

	return find(btf, BTF_KIND_STRUCT, name, &type);
}

uint32_t btf_size(const struct btf *btf, const char *structure)
{
	struct type type;

	return find(btf, BTF_KIND_STRUCT, structure, &type) ? type.head.size : 0;
}

uint32_t btf_function(const struct btf *btf, const char *name)
{
	struct type type;

	return find(btf, BTF_KIND_FUNC, name, &type);
}

/* A typedef btf_trace_NAME leads to a pointer to the function that is called at the tracepoint. Its
 * first parameter is the kernel's own. *ret_type is the number by which a program is attached.
 * -ENOENT: there is no such tracepoint. The result is the number of arguments. */
int btf_n_arguments(const struct btf *btf, const char *tracepoint, uint32_t *ret_type)
{
	char name[64];
	struct type type;
	int n = snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	uint32_t id = 0;

	if (n >= 0 && (size_t)n < sizeof(name))
		id = find(btf, BTF_KIND_TYPEDEF, name, &type);
	if (id == 0)
		return -ENOENT;
	if (!resolve(btf, type.head.type, &type) || kind_of(&type) != BTF_KIND_PTR ||
	    !resolve(btf, type.head.type, &type) || kind_of(&type) != BTF_KIND_FUNC_PROTO ||
	    type.n == 0)
		return -EBADMSG;
	*ret_type = id;
	return (int)type.n - 1;
}

/* -ENOENT: the kernel has no such enum. Values of 32 bits. An enum with larger ones is another kind
 * (ENUM64), and is not found. */
int btf_each_value(const struct btf *btf, const char *enumeration,
		   void (*each)(const char *name, uint32_t value, void *data), void *data)
{
	struct type type;

	if (!find(btf, BTF_KIND_ENUM, enumeration, &type))
		return -ENOENT;
	for (size_t i = 0; i < type.n; i++) {
		struct btf_enum value;

		memcpy(&value, type.tail + i * sizeof(value), sizeof(value));
		each(name_at(btf, value.name_off), (uint32_t)value.val, data);
	}
	return 0;
}
