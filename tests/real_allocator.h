// SPDX-License-Identifier: GPL-2.0-or-later
// real_allocator.h - what a test's own malloc(3) stands before: libc's, or the sanitizer's where
// that is in use
#pragma once

#include <stddef.h>

#ifdef __SANITIZE_ADDRESS__
#define REAL(function) __interceptor_##function
#else
#define REAL(function) __libc_##function
#endif

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t n, size_t size);
void *REAL(realloc)(void *old, size_t size);
void REAL(free)(void *old);
