/* Fills the state page from a running deck. Main thread, for the warden only. */
#ifndef TD_APP_WARDEN_PAGE_H
#define TD_APP_WARDEN_PAGE_H

#include "app/warden.h"

void warden_page_begin(struct warden *warden);
void warden_page_publish(struct warden *warden);
/* The last one; the page stays. */
void warden_page_end(struct warden *warden);

#endif
