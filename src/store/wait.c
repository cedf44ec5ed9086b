#include "store/wait.h"

#include "base/limits.h"
#include "store/retry.h"

static bool is_reading(enum store_verb verb)
{
    return verb == STORE_HEAD || verb == STORE_GET || verb == STORE_LIST ||
           verb == STORE_PARTS_LIST || verb == STORE_PROBE;
}

/* Bytes that a sink already has cannot be taken back unless it knows how. */
static bool may_repeat(const struct store_call *call, bool sink_has_bytes)
{
    return is_reading(call->op.verb) &&
           (call->op.verb != STORE_GET || call->op.sink.begin != NULL || !sink_has_bytes);
}

struct counted {
    struct store_sink sink;
    bool has_bytes;
};

static td_err take(void *arg, const void *data, size_t bytes)
{
    struct counted *counted = arg;
    counted->has_bytes = true;
    return counted->sink.take(counted->sink.arg, data, bytes);
}

static void ask_once(const struct store *store, struct store_call *call, struct counted *counted)
{
    if (call->op.verb == STORE_GET && counted->sink.begin)
        counted->sink.begin(counted->sink.arg);
    store->submit(store->ctx, call);
    TD_ASSERT(store->wait(store->ctx, -1) == call, "one call, and it comes back");
}

/* The store's own wait is the only sleep there is: none is under way, so it would return at once; the socket table's serves every world. */
static void sleep_ms(const struct td_os *os, int64_t wait_ms)
{
    const struct td_clock *clock = &os->clock;
    int64_t until_ns = clock->mono_ns(clock->ctx) + wait_ms * TD_NS_PER_MS;
    for (int64_t left_ns = wait_ms * TD_NS_PER_MS; left_ns > 0;
         left_ns = until_ns - clock->mono_ns(clock->ctx)) {
        struct td_socket_event event;
        int64_t left_ms = (left_ns + TD_NS_PER_MS - 1) / TD_NS_PER_MS;
        if (os->socket.wait(os->socket.ctx, &event, 1, (int)left_ms) < 0)
            break;
    }
}

enum store_outcome store_ask(const struct store *store, const struct td_os *os,
                             struct store_call *call)
{
    struct counted counted = {.sink = call->op.sink};
    struct retry retry = {0};
    if (call->op.verb == STORE_GET) {
        call->op.sink.take = take;
        call->op.sink.arg = &counted;
    }
    for (;;) {
        uint32_t chance;
        ask_once(store, call, &counted);
        os->random.fill(os->random.ctx, &chance, sizeof chance);
        int64_t wait_ms = retry_wait_ms(&retry, &call->result, chance);
        if (wait_ms < 0 || !may_repeat(call, counted.has_bytes))
            break;
        sleep_ms(os, wait_ms);
    }
    call->op.sink = counted.sink;
    return call->result.outcome;
}
