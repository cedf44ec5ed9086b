#include "app/source_health.h"

/* What is worst of several is told. */
static void add_line(struct source_health *sum, const struct wire_health *line)
{
    static const int badness[3] = {
        [WIRE_SUBSCRIBED] = 0, [WIRE_CONNECTING] = 1, [WIRE_BACKOFF] = 2};
    uint32_t state = atomic_load(&line->state) % 3;
    int64_t message_ns = atomic_load(&line->last_message_mono_ns);
    int64_t try_ns = atomic_load(&line->next_try_mono_ns);
    int32_t err = atomic_load(&line->last_err);
    if (badness[state] > badness[sum->state])
        sum->state = (enum wire_state)state;
    if (state != WIRE_SUBSCRIBED && err < 0)
        sum->last_err = err;
    if (message_ns > sum->last_message_mono_ns)
        sum->last_message_mono_ns = message_ns;
    if (state == WIRE_BACKOFF && (sum->next_try_mono_ns == 0 || try_ns < sum->next_try_mono_ns))
        sum->next_try_mono_ns = try_ns;
    sum->disconnects += atomic_load(&line->disconnects);
    sum->errors += atomic_load(&line->errors);
    sum->lines++;
}

struct source_health source_health(const struct deck *deck, unsigned source)
{
    struct source_health sum = {.state = WIRE_SUBSCRIBED};
    for (unsigned e = 0; e < deck->params.endpoint_count && deck->wire != NULL; e++) {
        if (deck->params.endpoints[e].source != source)
            continue;
        add_line(&sum, wire_health(deck->wire, e));
        sum.silence_ms = deck->params.endpoints[e].silence_ms;
    }
    return sum;
}
