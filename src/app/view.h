/* The live status view of `tapedeck record`: on a terminal one screen redrawn each second, elsewhere one log line per interval. */
#ifndef TD_APP_VIEW_H
#define TD_APP_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "app/deck.h"

struct view {
    struct deck *deck;
    FILE *out;
    bool screen; /* terminal: redraw in place */
    bool colour;
    int64_t last_mono_ns;
    uint64_t last_frames[TD_SOURCES_MAX], last_bytes[TD_SOURCES_MAX];
    unsigned lines; /* drawn last time */
};

void view_init(struct view *view, struct deck *deck, FILE *out, bool screen, bool colour);
/* Draw the state of now. Main thread. */
void view_draw(struct view *view);
/* One log line a source and one for the deck (SPEC W9). */
void view_log(struct view *view);

#endif
