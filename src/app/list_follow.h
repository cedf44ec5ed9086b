/* Symbol lists that come while recording, where symbols are chosen by patterns: the core thread drops the answers into a box, the main thread
   makes the venue's cache file of them. Memory is mapped at start and given back after each list; nothing is allocated later. */
#ifndef TD_APP_LIST_FOLLOW_H
#define TD_APP_LIST_FOLLOW_H

#include "app/list_cache.h"
#include "app/setup.h"

struct list_follow;

/* Start-up, after setup_load. NULL: no symbols are chosen by patterns, nothing is followed. */
struct list_follow *list_follow_open(const struct setup *setup);

/* deck_params.heard, arg: the list_follow. Core thread. An answer that the box has no room for is lost, and said; the list is asked for again
   the next day. */
void list_follow_hear(void *arg, const struct td_frame *frame);

/* Main thread, each second: true when a list became whole and stands in its file. */
bool list_follow_turn(struct list_follow *follow);

#endif
