/* Journal frames as text: the captures' form (`recv_ns TAB direction TAB payload`, what `tapedeck replay` reads) and JSON lines.
   Writes to a stdio stream; errors stay in the stream. */
#ifndef TD_LAKE_JOURNAL_SHOW_H
#define TD_LAKE_JOURNAL_SHOW_H

#include <stdio.h>

#include "base/event.h"

enum journal_line {
    JOURNAL_LINE_NONE,   /* no line: ticks, close, start, stop, configuration */
    JOURNAL_LINE_CANNOT, /* no line: the form has no place for an HTTP answer other than 200 */
    JOURNAL_LINE_EXACT,
    JOURNAL_LINE_SPACED, /* line breaks became spaces: the form has none in o, > and h */
};

/* The line of a frame, if it has one. Text with a line break, or that is not UTF-8, goes as `e` (base64). */
enum journal_line journal_show_capture(FILE *out, const struct td_frame *frame);

/* Any frame: one object with every field. The payload stands in "payload", or in "payload_base64" when it is not UTF-8. */
void journal_show_json(FILE *out, const struct td_frame *frame);

#endif
