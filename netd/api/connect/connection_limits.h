// SPDX-License-Identifier: GPL-2.0-or-later
// connection_limits.h - how many may be connected, who has to go when somebody else comes
#pragma once

#include "api/connect/connections.h"

/* For one more, of root's or not; false: all the others are being served. */
bool api_connection_make_room(struct api_door *door, bool root);
/* The same for one that is to be told so. */
void api_connection_make_room_to_refuse(struct api_door *door);
/* Ends the connection that can best be spared: true when there was one. root_asks: also one of
 * root's. */
bool api_connection_end_one(struct api_door *door, bool root_asks);
/* Fills call->error for a connection that is refused. */
void api_connection_refuse(struct api_call *call);
/* Whether one more stream may begin, else call->error says who has them all. */
int api_connection_admit_stream(struct api_call *call);
