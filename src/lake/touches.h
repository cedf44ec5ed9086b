/* Touches on their way to table touches: each waits until its outcome windows are over. One thread. */
#ifndef TD_LAKE_TOUCHES_H
#define TD_LAKE_TOUCHES_H

#include "features/mechanics.h"
#include "features/outcome.h"
#include "features/session.h"
#include "lake/derive.h"

/* Trades that a touch may follow although they came before it was found: as many as the engine lets wait. */
enum { TOUCHES_RECENT = 1024 };

struct touches {
    struct days days;
    const struct lake_stream *stream;
    struct mechanics_params params;
    enum session_kind session;
    struct lake_buffer waiting; /* oldest first */
    size_t first;               /* of them that still waits */
    struct feed_head head;      /* of the event at hand */
    int64_t now_ns;             /* newest trade */
    uint64_t trades;
    struct {
        int64_t ts_ns;
        double price;
    } recent[TOUCHES_RECENT];
    int code; /* exit code, sticky */
};

void touches_open(struct touches *touches, struct derive *derive, const struct lake_stream *stream,
                  const struct mechanics_params *params);
/* For mechanics_on_touch; arg is the struct touches. touches->head is the event's. */
void touches_found(void *arg, const struct touch *touch);
/* Each trade, as it came; before the engine may find a touch by it or after, which changes nothing. */
void touches_trade(struct touches *touches, int64_t ts_ns, double price);
/* What still waits is written without labels. As days_close. */
int touches_close(struct touches *touches, int code);

#endif
