// SPDX-License-Identifier: GPL-2.0-or-later
// empty.c - does nothing, linked statically: what no program that is started for a container can go
// below
int main(void)
{
	return 0;
}
