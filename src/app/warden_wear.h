/* Reads the card's counters and the board's sensors each 10 s for the warden: page, metrics, the record that outlives restarts. Main thread.
   Without warden_params.sys_root nothing is read and nothing is written. */
#ifndef TD_APP_WARDEN_WEAR_H
#define TD_APP_WARDEN_WEAR_H

#include "app/warden.h"

void warden_wear_begin(struct warden *warden);
void warden_wear_turn(struct warden *warden);
/* Behind the last seal: the record says that this run ended in order. */
void warden_wear_end(struct warden *warden);

#endif
