// SPDX-License-Identifier: GPL-2.0-or-later
// bench.h - what the benchmark programs share: the clock, giving up, and medians
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double bench_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* What a process has used of a processor, in the kernel, too, by its clock. */
static inline double bench_spent_us(clockid_t clock)
{
	struct timespec spent;

	if (clock_gettime(clock, &spent) < 0)
		return 0;
	return (double)spent.tv_sec * 1e6 + (double)spent.tv_nsec / 1e3;
}

/* A benchmark that cannot measure has nothing to say: it ends, with errno in words. */
static inline _Noreturn void bench_die(const char *what)
{
	perror(what);
	exit(1);
}

static inline void *bench_alloc(size_t n, size_t size)
{
	void *memory = calloc(n ? n : 1, size);

	if (!memory)
		bench_die("calloc");
	return memory;
}

static inline int bench_number(int argc, char **argv, int index, int otherwise)
{
	return argc > index ? (int)strtol(argv[index], NULL, 10) : otherwise;
}

static int bench_compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static inline double bench_mean(const double *times, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += times[i];
	return n ? sum / (double)n : 0;
}

/* Sorts times. */
static inline double bench_median(double *times, size_t n)
{
	qsort(times, n, sizeof(*times), bench_compare);
	return n ? times[n / 2] : 0;
}

/* Leaves them in their order. */
static inline double bench_median_of(const double *times, size_t n)
{
	double *copy = bench_alloc(n, sizeof(*copy)), median;

	memcpy(copy, times, n * sizeof(*copy));
	median = bench_median(copy, n);
	free(copy);
	return median;
}

/* Prints "NAME_tenths_us": the median of each tenth. In the order in which they were measured. */
static inline void bench_print_tenths(const char *name, const double *times, size_t n)
{
	size_t tenth = n >= 10 ? n / 10 : n, last = n - tenth;

	printf("\"%s_tenths_us\": [", name);
	for (size_t i = 0; i < 10; i++)
		printf("%s%.1f", i > 0 ? ", " : "",
		       bench_median_of(times + (i < 9 && i * tenth < last ? i * tenth : last),
				       tenth));
	printf("]");
}

/* Prints "NAME_us": median, "NAME_first_us" and "NAME_last_us": means of the first and last tenth.
 * Sorts times. */
static inline void bench_print(const char *name, double *times, size_t n)
{
	size_t tenth = n >= 10 ? n / 10 : n;
	double first = bench_mean(times, tenth), last = bench_mean(times + n - tenth, tenth);

	qsort(times, n, sizeof(*times), bench_compare);
	printf("\"%s_us\": %.1f, \"%s_p99_us\": %.1f, \"%s_first_us\": %.1f, \"%s_last_us\": %.1f",
	       name, n ? times[n / 2] : 0, name, n ? times[n * 99 / 100] : 0, name, first, name,
	       last);
}

/* The same of what was used of a processor: "NAME_cpu_us", "NAME_cpu_first_us", "NAME_cpu_last_us",
 * medians all of them, for now and then a process does work of the kernel's that is nobody's. Sorts
 * spent. */
static inline void bench_print_spent(const char *name, double *spent, size_t n)
{
	size_t tenth = n >= 10 ? n / 10 : n;
	double first = bench_median(spent, tenth), last = bench_median(spent + n - tenth, tenth);

	printf("\"%s_cpu_us\": %.1f, \"%s_cpu_first_us\": %.1f, \"%s_cpu_last_us\": %.1f", name,
	       bench_median(spent, n), name, first, name, last);
}
