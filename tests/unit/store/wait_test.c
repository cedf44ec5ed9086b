#include "store/wait.h"

#include "base/limits.h"
#include "base/text.h"
#include "test.h"

/* A store that answers from a list, in a world whose clock moves when somebody waits for it. */
static struct store_result answers[8];
static size_t asked, begun;
static struct store_call *under_way;
static int64_t now_ns;
static size_t slept;

static void submit(void *ctx, struct store_call *call)
{
    (void)ctx;
    CHECK(under_way == NULL);
    under_way = call;
}

static struct store_call *wait_for(void *ctx, int timeout_ms)
{
    struct store_call *call = under_way;
    (void)ctx, (void)timeout_ms;
    under_way = NULL;
    call->result = answers[asked++];
    if (call->op.verb == STORE_GET && call->result.got_bytes > 0)
        call->op.sink.take(call->op.sink.arg, "ab", 2);
    return call;
}

static const struct store store = {.submit = submit, .wait = wait_for};

static int64_t mono_ns(void *ctx)
{
    (void)ctx;
    return now_ns;
}

static int sleep_some(void *ctx, struct td_socket_event *events, unsigned cap, int timeout_ms)
{
    (void)ctx, (void)events, (void)cap;
    CHECK(timeout_ms > 0);
    slept++;
    /* Woken before its time, as a signal does. */
    now_ns += (timeout_ms > 1 ? timeout_ms / 2 : timeout_ms) * TD_NS_PER_MS;
    return 0;
}

static void fill(void *ctx, void *out, size_t bytes)
{
    (void)ctx;
    memset(out, 0xff, bytes);
}

static const struct td_os world = {
    .clock = {.mono_ns = mono_ns}, .random = {.fill = fill}, .socket = {.wait = sleep_some}};

static struct td_str seen;
static char seen_text[64];

static td_err take(void *arg, const void *data, size_t bytes)
{
    CHECK(arg == &seen);
    td_str_add_bytes(&seen, data, bytes);
    return 0;
}

static void begin(void *arg)
{
    CHECK(arg == &seen);
    begun++;
    seen = td_str_on(seen_text, sizeof seen_text);
}

static struct store_call call_of(enum store_verb verb)
{
    asked = begun = slept = 0;
    now_ns = 0;
    seen = td_str_on(seen_text, sizeof seen_text);
    memset(answers, 0, sizeof answers);
    return (struct store_call){.op = {.verb = verb, .key = "k", .sink = {take, &seen, begin}}};
}

TEST(reading_verbs_are_asked_again_after_their_time)
{
    struct store_call call = call_of(STORE_HEAD);
    answers[0].outcome = answers[1].outcome = STORE_LOST;
    answers[2].outcome = STORE_ABSENT;
    CHECK_EQ_I64(store_ask(&store, &world, &call), STORE_ABSENT);
    CHECK_EQ_I64(asked, 3);
    CHECK(now_ns >= (999 + 1999) * TD_NS_PER_MS && now_ns < 4000 * TD_NS_PER_MS);
    CHECK(slept > 2);
}

TEST(patience_ends)
{
    struct store_call call = call_of(STORE_LIST);
    for (size_t i = 0; i < 8; i++)
        answers[i].outcome = STORE_LOST;
    CHECK_EQ_I64(store_ask(&store, &world, &call), STORE_LOST);
    CHECK_EQ_I64(asked, 4);
}

/* What may have happened is the caller's to find out. */
TEST(writing_verbs_are_asked_once)
{
    static const enum store_verb verbs[] = {STORE_PUT, STORE_DELETE, STORE_PARTS_OPEN,
                                            STORE_PARTS_CLOSE};
    for (size_t i = 0; i < 4; i++) {
        struct store_call call = call_of(verbs[i]);
        answers[0].outcome = STORE_LOST;
        CHECK_EQ_I64(store_ask(&store, &world, &call), STORE_LOST);
        CHECK_EQ_I64(asked, 1);
    }
}

TEST(a_sink_that_can_begin_anew_has_each_byte_once)
{
    struct store_call call = call_of(STORE_GET);
    answers[0] = (struct store_result){.outcome = STORE_LOST, .got_bytes = 2};
    answers[1] = (struct store_result){.outcome = STORE_FINE, .got_bytes = 2};
    CHECK_EQ_I64(store_ask(&store, &world, &call), STORE_FINE);
    CHECK_EQ_I64(begun, 2);
    CHECK_EQ_STR(seen_text, "ab");
    CHECK(call.op.sink.take == take && call.op.sink.arg == &seen);
}

TEST(a_sink_that_cannot_is_not_given_bytes_twice)
{
    struct store_call call = call_of(STORE_GET);
    call.op.sink.begin = NULL;
    answers[0] = (struct store_result){.outcome = STORE_LOST, .got_bytes = 2};
    CHECK_EQ_I64(store_ask(&store, &world, &call), STORE_LOST);
    CHECK_EQ_I64(asked, 1);
    call = call_of(STORE_GET);
    call.op.sink.begin = NULL;
    answers[0] = (struct store_result){.outcome = STORE_LOST};
    answers[1] = (struct store_result){.outcome = STORE_FINE, .got_bytes = 2};
    CHECK_EQ_I64(store_ask(&store, &world, &call), STORE_FINE);
    CHECK_EQ_STR(seen_text, "ab");
}
