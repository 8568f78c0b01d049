// SPDX-License-Identifier: GPL-2.0-or-later
// list.h - intrusive doubly linked list
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *prev, *next;
};

#define container_of(pointer, type, member)                                                        \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline void list_init(struct list *list)
{
	list->prev = list->next = list;
}

static inline bool list_empty(const struct list *list)
{
	return list->next == list;
}

static inline void list_append(struct list *list, struct list *node)
{
	node->prev = list->prev;
	node->next = list;
	list->prev->next = node;
	list->prev = node;
}

/* Safe to call twice: a removed node is a list of its own. */
static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

#define list_first(list, type, member)                                                             \
	(list_empty(list) ? NULL : container_of((list)->next, type, member))

/* The body may remove the entry it stands on, and no other. */
#define list_foreach(list, type, entry, member)                                                    \
	for (type *entry = container_of((list)->next, type, member),                               \
		  *entry##_next = container_of(entry->member.next, type, member);                  \
	     &entry->member != (list);                                                             \
	     entry = entry##_next, entry##_next = container_of(entry->member.next, type, member))
