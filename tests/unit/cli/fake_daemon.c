// SPDX-License-Identifier: GPL-2.0-or-later
// fake_daemon.c - the client's fake daemon for the tests of this row: a row's tests link their own
// files
#include "tests/unit/client/fake_daemon.c"
