// SPDX-License-Identifier: GPL-2.0-or-later
// tlv.c - netlink attributes of bytes that nobody vouches for
#include "diag/rules/tlv.h"

#include <linux/netlink.h>
#include <string.h>

/* Theory of operation. Attributes are type, length and value, padded to four bytes. The bytes
 * come from the kernel, or from a file that anybody may have changed, so no length is believed
 * before it was compared with what is left. Reading never fails as a whole: what does not fit
 * ends the list, and the caller sees by is_broken or by what is left over that something was
 * wrong. */

/* Netlink headers are in host byte order, and need not be aligned where they come out of a file. */
bool tlv_next(struct tlv *list, struct tlv *ret_item, uint16_t *ret_type)
{
	struct nlattr head;
	size_t whole;

	if (!list->data || list->len < sizeof(head))
		return false;
	memcpy(&head, list->data, sizeof(head));
	if (head.nla_len < sizeof(head) || head.nla_len > list->len)
		return false;
	*ret_item = (struct tlv) { .data = list->data + sizeof(head),
				   .len = head.nla_len - sizeof(head) };
	/* Without the flag that says whether it is nested, which kernels set or not. */
	*ret_type = head.nla_type & NLA_TYPE_MASK;
	/* The last one may lack its padding. */
	whole = NLA_ALIGN((size_t)head.nla_len);
	if (whole > list->len)
		whole = list->len;
	list->data += whole;
	list->len -= whole;
	return true;
}

/* All attributes of a list, by type. The last one of a type counts, and twice the same is
 * broken. */
void tlv_read(struct tlv in, struct tlv_set *ret_set)
{
	struct tlv item;
	uint16_t type;

	memset(ret_set, 0, sizeof(*ret_set));
	while (tlv_next(&in, &item, &type)) {
		/* Types beyond the table are newer than this reader; one of them is remembered. */
		if (type >= TLV_TYPES) {
			ret_set->odd = type;
			continue;
		}
		ret_set->is_broken |= (ret_set->seen & 1U << type) != 0;
		ret_set->of[type] = item;
		ret_set->seen |= 1U << type;
	}
	/* What is left over is an attribute that was cut off. */
	ret_set->is_broken |= in.len > 0;
}

/* The smallest type that is there and not known; 0: none. Type 0 is padding in most lists. */
uint32_t tlv_stranger(const struct tlv_set *set, uint32_t known)
{
	uint32_t strange = set->seen & ~known & ~1U;

	return strange ? (uint32_t)__builtin_ctz(strange) : set->odd;
}

/* A number of another size than it must have is none. */
static const uint8_t *exactly(const struct tlv_set *set, unsigned int type, size_t len)
{
	if (type >= TLV_TYPES || !set->of[type].data || set->of[type].len != len)
		return NULL;
	return set->of[type].data;
}

/* nf_tables has its numbers in the order of the wire. */
static uint64_t big_endian(const uint8_t *data, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value << 8 | data[i];
	return value;
}

/* Numbers of each size. false: not there, or of another size; the value stays as it was. */
bool tlv_u64(const struct tlv_set *set, unsigned int type, uint64_t *ret_value)
{
	const uint8_t *data = exactly(set, type, 8);

	if (data)
		*ret_value = big_endian(data, 8);
	return data;
}

bool tlv_u32(const struct tlv_set *set, unsigned int type, uint32_t *ret_value)
{
	const uint8_t *data = exactly(set, type, 4);

	if (data)
		*ret_value = (uint32_t)big_endian(data, 4);
	return data;
}

bool tlv_u16(const struct tlv_set *set, unsigned int type, uint16_t *ret_value)
{
	const uint8_t *data = exactly(set, type, 2);

	if (data)
		*ret_value = (uint16_t)big_endian(data, 2);
	return data;
}

bool tlv_u8(const struct tlv_set *set, unsigned int type, uint8_t *ret_value)
{
	const uint8_t *data = exactly(set, type, 1);

	if (data)
		*ret_value = *data;
	return data;
}

/* Also true of an attribute with an empty value. */
static bool is_there(const struct tlv_set *set, unsigned int type)
{
	return type < TLV_TYPES && set->of[type].data;
}

/* true also where it is not there: for what may be left out. */
bool tlv_u32_if(const struct tlv_set *set, unsigned int type, uint32_t *ret_value)
{
	return !is_there(set, type) || tlv_u32(set, type, ret_value);
}

/* The same for a byte. */
bool tlv_u8_if(const struct tlv_set *set, unsigned int type, uint8_t *ret_value)
{
	return !is_there(set, type) || tlv_u8(set, type, ret_value);
}

/* A text need not end with a zero, but must fit with one. */
bool tlv_text(const struct tlv_set *set, unsigned int type, char *ret_text, size_t size)
{
	struct tlv item = type < TLV_TYPES ? set->of[type] : (struct tlv) { 0 };
	size_t len;

	if (!item.data)
		return false;
	/* An attribute of no bytes is the empty text. */
	len = strnlen((const char *)item.data, item.len);
	/* Not cut: a name that was cut would be another's. */
	if (len >= size)
		return false;
	memcpy(ret_text, item.data, len);
	ret_text[len] = '\0';
	return true;
}

/* An attribute that is not there is an empty list. */
void tlv_inside(const struct tlv_set *set, unsigned int type, struct tlv_set *ret_set)
{
	tlv_read(type < TLV_TYPES ? set->of[type] : (struct tlv) { 0 }, ret_set);
}
