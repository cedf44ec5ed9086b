#include "net/sink.h"

#include "base/metrics.h"

td_err sink_put(struct sink *sink, struct td_frame *frame)
{
    if (sink->full)
        return TD_E_AGAIN;
    td_err err = framelog_append(sink->log, frame);
    sink->full = err == TD_E_AGAIN;
    if (err == 0) {
        td_metric_add(TD_M_frames_received, 1);
        td_metric_add(TD_M_frame_bytes, frame->bytes);
        td_metric_set(TD_M_log_frame, frame->number);
    }
    return err;
}

td_err sink_put_now(struct sink *sink, struct td_frame *frame)
{
    frame->recv_ns = sink->clock->wall_ns(sink->clock->ctx);
    frame->mono_ns = sink->clock->mono_ns(sink->clock->ctx);
    return sink_put(sink, frame);
}
