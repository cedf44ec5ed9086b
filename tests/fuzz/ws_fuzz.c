/* WebSocket frames: any bytes, split where the first byte says; the story must be that of the unsplit input. */
#include <string.h>

#include "base/err.h"
#include "net/ws.h"

enum { BUFFER = 64, LARGE = 4096 };

struct bench {
    struct ws ws;
    struct td_random random;
    char buffer[BUFFER], large[LARGE];
    bool lent;
    uint64_t story;
};

static void fill_constant(void *ctx, void *out, size_t bytes)
{
    (void)ctx;
    memset(out, 0, bytes);
}

static char *lend(void *arg)
{
    struct bench *bench = arg;
    TD_ASSERT(!bench->lent, "one place is lent once");
    bench->lent = true;
    return bench->large;
}

static void give_back(void *arg)
{
    struct bench *bench = arg;
    TD_ASSERT(bench->lent, "only what was lent comes back");
    bench->lent = false;
}

static void note(struct bench *bench, int part, const void *data, size_t bytes)
{
    const uint8_t *at = data;
    bench->story = (bench->story ^ (uint64_t)part ^ (uint64_t)bytes << 8) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < bytes; i++)
        bench->story = (bench->story ^ at[i]) * UINT64_C(0x100000001b3);
}

static int feed(struct bench *bench, const char *at, size_t left)
{
    struct ws *ws = &bench->ws;
    int part;
    while ((part = ws_step(ws, &at, &left)) > 0) {
        if (part == WS_TEXT || part == WS_BINARY) {
            note(bench, part, ws->message, ws->message_bytes);
            bench->lent = false;
            ws_message_passed(ws);
        } else
            note(bench, part, ws->control, ws->control_bytes);
    }
    if (part < 0)
        note(bench, part, &ws->close_code, sizeof ws->close_code);
    else
        TD_ASSERT(left == 0, "all input is taken when more is wanted");
    return part;
}

static uint64_t story(const char *text, size_t bytes, size_t cut)
{
    static struct bench bench;
    struct ws_params params = {.random = &bench.random,
                               .buffer = bench.buffer,
                               .buffer_bytes = BUFFER,
                               .lend = lend,
                               .give_back = give_back,
                               .arg = &bench,
                               .large_bytes = LARGE};
    memset(&bench, 0, sizeof bench);
    bench.random.fill = fill_constant;
    ws_init(&bench.ws, &params);
    if (feed(&bench, text, cut) == 0)
        feed(&bench, text + cut, bytes - cut);
    ws_reset(&bench.ws);
    TD_ASSERT(!bench.lent, "a reset gives the place back");
    return bench.story;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 1)
        return 0;
    const char *text = (const char *)data + 1;
    TD_ASSERT(story(text, bytes - 1, bytes - 1) == story(text, bytes - 1, data[0] % bytes),
              "a split changed the story");
    return 0;
}
