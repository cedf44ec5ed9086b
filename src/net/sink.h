/* Where the wire's frames go: the frame log. Notes when it is full, so that the loop stops reading.
 * Wire thread only. */
#ifndef TD_NET_SINK_H
#define TD_NET_SINK_H

#include <stdbool.h>

#include "base/event.h"
#include "base/os.h"
#include "journal/framelog.h"

struct sink {
    struct framelog *log;
    const struct td_clock *clock;
    bool full; /* the last append found no room; cleared by the loop when room may be there again */
};

/* Append a frame that carries its own receive time. TD_E_AGAIN: sink->full is set, try again later.
 */
td_err sink_put(struct sink *sink, struct td_frame *frame);
/* The same with the clock read now: for what is not received (SENT, TICK, CONN_*). */
td_err sink_put_now(struct sink *sink, struct td_frame *frame);

#endif
