#include "net/sink.h"

td_err sink_put(struct sink *sink, struct td_frame *frame)
{
    if (sink->full)
        return TD_E_AGAIN;
    td_err err = framelog_append(sink->log, frame);
    sink->full = err == TD_E_AGAIN;
    return err;
}

td_err sink_put_now(struct sink *sink, struct td_frame *frame)
{
    frame->recv_ns = sink->clock->wall_ns(sink->clock->ctx);
    frame->mono_ns = sink->clock->mono_ns(sink->clock->ctx);
    return sink_put(sink, frame);
}
