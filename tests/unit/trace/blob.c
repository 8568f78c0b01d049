// SPDX-License-Identifier: GPL-2.0-or-later
// blob.c - BTF of a kernel that there is not
#include "blob.h"

#include <assert.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t blob_name(struct blob *blob, const char *name)
{
	size_t len = strlen(name) + 1;
	uint32_t at;

	if (blob->names_len == 0)
		blob->names_len = 1; /* place 0 is no name */
	if (len == 1)
		return 0;
	assert(blob->names_len + len <= sizeof(blob->names));
	at = (uint32_t)blob->names_len;
	memcpy(blob->names + at, name, len);
	blob->names_len += len;
	return at;
}

static void put(struct blob *blob, const void *data, size_t len)
{
	assert(blob->types_len + len <= sizeof(blob->types));
	memcpy(blob->types + blob->types_len, data, len);
	blob->types_len += len;
}

static uint32_t put_head(struct blob *blob, uint32_t kind, bool flag, const char *name, size_t n,
			 uint32_t type)
{
	const struct btf_type head = { .name_off = blob_name(blob, name),
				       .info = kind << 24 | (uint32_t)flag << 31 | (uint32_t)n,
				       .type = type };

	put(blob, &head, sizeof(head));
	return ++blob->n_types;
}

uint32_t blob_reference(struct blob *blob, uint32_t kind, const char *name, uint32_t type)
{
	return put_head(blob, kind, false, name, 0, type);
}

uint32_t blob_int(struct blob *blob, const char *name)
{
	const uint32_t bits = 32;
	uint32_t id = put_head(blob, BTF_KIND_INT, false, name, 0, 4);

	put(blob, &bits, sizeof(bits));
	return id;
}

static uint32_t put_struct(struct blob *blob, bool flag, const char *name,
			   const struct blob_member *members, size_t n)
{
	uint32_t id = put_head(blob, BTF_KIND_STRUCT, flag, name, n, 64);

	for (size_t i = 0; i < n; i++) {
		const struct btf_member member = { blob_name(blob, members[i].name),
						   members[i].type, members[i].bits };

		put(blob, &member, sizeof(member));
	}
	return id;
}

uint32_t blob_struct(struct blob *blob, const char *name, const struct blob_member *members,
		     size_t n)
{
	return put_struct(blob, false, name, members, n);
}

uint32_t blob_struct_of_bits(struct blob *blob, const char *name, const struct blob_member *members,
			     size_t n)
{
	return put_struct(blob, true, name, members, n);
}

uint32_t blob_function(struct blob *blob, size_t n_parameters)
{
	const struct btf_param parameter = { 0 };
	uint32_t id = put_head(blob, BTF_KIND_FUNC_PROTO, false, "", n_parameters, 0);

	for (size_t i = 0; i < n_parameters; i++)
		put(blob, &parameter, sizeof(parameter));
	return id;
}

uint32_t blob_enum(struct blob *blob, const char *name, const char *const *values, size_t n)
{
	uint32_t id = put_head(blob, BTF_KIND_ENUM, false, name, n, 4);

	for (size_t i = 0; i < n; i++) {
		const struct btf_enum value = { blob_name(blob, values[i]), (int32_t)i };

		put(blob, &value, sizeof(value));
	}
	return id;
}

void blob_tracepoint(struct blob *blob, const char *name, size_t n_arguments)
{
	char whole[64];
	uint32_t function = blob_function(blob, n_arguments + 1);
	uint32_t pointer = blob_reference(blob, BTF_KIND_PTR, "", function);

	(void)snprintf(whole, sizeof(whole), "btf_trace_%s", name);
	(void)blob_reference(blob, BTF_KIND_TYPEDEF, whole, pointer);
}

void blob_kernel(struct blob *blob)
{
	uint32_t number = blob_int(blob, "int"), inner, type;

	inner = blob_struct(blob, "", (struct blob_member[]) { { "network_header", number, 32 } },
			    1);
	(void)blob_struct(blob, "sk_buff",
			  (struct blob_member[]) { { "dev", number, 0 },
						   { "sk", number, 64 },
						   { "len", number, 128 },
						   { "", inner, 160 },
						   { "head", number, 256 },
						   { "data", number, 320 },
						   { "data_len", number, 384 },
						   { "_nfct", number, 448 } },
			  8);
	inner = blob_struct(blob, "", (struct blob_member[]) { { "net", number, 0 } }, 1);
	type = blob_reference(blob, BTF_KIND_TYPEDEF, "possible_net_t", inner);
	(void)blob_struct(blob, "net_device",
			  (struct blob_member[]) { { "name", number, 0 },
						   { "ifindex", number, 128 },
						   { "nd_net", type, 2112 } },
			  3);
	inner = blob_struct(blob, "sock_common",
			    (struct blob_member[]) { { "skc_net", type, 384 } }, 1);
	(void)blob_struct(blob, "sock", (struct blob_member[]) { { "__sk_common", inner, 0 } }, 1);
	inner = blob_struct(blob, "ns_common", (struct blob_member[]) { { "inum", number, 128 } },
			    1);
	(void)blob_struct(blob, "net", (struct blob_member[]) { { "ns", inner, 1280 } }, 1);
	blob_tracepoint(blob, "kfree_skb", 4);
	blob_tracepoint(blob, "netif_receive_skb", 1);
	blob_tracepoint(blob, "net_dev_start_xmit", 2);
	blob_tracepoint(blob, "tcp_send_reset", 3);
}

void *blob_whole(const struct blob *blob, size_t *ret_len)
{
	const struct btf_header head = { .magic = BTF_MAGIC,
					 .version = BTF_VERSION,
					 .hdr_len = sizeof(head),
					 .type_len = (uint32_t)blob->types_len,
					 .str_off = (uint32_t)blob->types_len,
					 .str_len = (uint32_t)blob->names_len };
	uint8_t *data = malloc(sizeof(head) + blob->types_len + blob->names_len);

	assert(data);
	memcpy(data, &head, sizeof(head));
	memcpy(data + sizeof(head), blob->types, blob->types_len);
	memcpy(data + sizeof(head) + blob->types_len, blob->names, blob->names_len);
	*ret_len = sizeof(head) + blob->types_len + blob->names_len;
	return data;
}
