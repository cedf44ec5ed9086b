#include "net/sink.h"

#include <stdlib.h>

#include "base/metrics.h"
#include "test.h"

static int64_t fixed_clock(void *ctx)
{
    return *(int64_t *)ctx;
}

TEST(full_log_is_noted_and_asked_no_more)
{
    static char payload[8000];
    int64_t now_ns = 77;
    struct td_clock clock = {.wall_ns = fixed_clock, .mono_ns = fixed_clock, .ctx = &now_ns};
    struct sink sink = {.clock = &clock};
    void *mem = aligned_alloc(64, (framelog_footprint() + 63) & ~(size_t)63);
    struct framelog_params params = {.term_bytes = 64 << 10, .terms = 3};
    CHECK_EQ_I64(framelog_open(mem, &params, &sink.log), 0);

    struct td_frame frame = {.kind = TD_FRAME_SENT, .payload = payload, .bytes = sizeof payload};
    uint64_t count = 0;
    while (sink_put_now(&sink, &frame) == 0)
        CHECK_EQ_U64(frame.number, ++count);
    CHECK(count > 0 && sink.full);
    CHECK_EQ_U64(td_metric_get(TD_M_frames_received),
                 count); /* what found no room does not count */
    CHECK_EQ_U64(td_metric_get(TD_M_frame_bytes), count * sizeof payload);
    CHECK_EQ_U64(td_metric_get(TD_M_log_frame), count);

    struct td_frame read;
    for (enum framelog_reader who = FRAMELOG_JOURNAL; who <= FRAMELOG_CORE; who++) {
        for (uint64_t i = 1; i <= count; i++) {
            CHECK_EQ_I64(framelog_read(sink.log, who, &read), 1);
            CHECK_EQ_U64(read.number, i);
            CHECK_EQ_I64(read.recv_ns, 77);
            CHECK_EQ_I64(read.mono_ns, 77);
        }
        framelog_release(sink.log, who);
    }
    CHECK_EQ_I64(sink_put_now(&sink, &frame), TD_E_AGAIN); /* the loop decides when to look again */
    sink.full = false;
    CHECK_EQ_I64(sink_put_now(&sink, &frame), 0);
    CHECK_EQ_U64(frame.number, count + 1);
    framelog_close(sink.log, false);
    free(mem);
}
