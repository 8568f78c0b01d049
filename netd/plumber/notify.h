// SPDX-License-Identifier: GPL-2.0-or-later
// notify.h - systemd's readiness protocol and socket activation (sd_notify(3), sd_listen_fds(3))
#pragma once

/* Sends state ("READY=1") to NOTIFY_SOCKET; does nothing where there is none. */
void notify_send(const char *state);

/* The socket systemd passed, or -1: the first of LISTEN_FDS when LISTEN_PID is ours. */
int notify_listen_fd(void);

/* How long systemd waits for a sign of life (WatchdogSec=); 0: it does not, or there is none. */
double notify_watchdog_s(void);
