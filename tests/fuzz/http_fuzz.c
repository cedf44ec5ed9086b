/* HTTP responses: any bytes, split where the first byte says; the parts must be those of the unsplit input. */
#include <string.h>

#include "base/err.h"
#include "net/http.h"

struct outcome {
    int result;
    uint64_t body_hash;
    size_t body_bytes;
    struct http_head head;
};

static void run(struct http_parser *parser, const char *at, size_t left, struct outcome *outcome)
{
    while ((outcome->result = http_step(parser, &at, &left)) == HTTP_HEAD ||
           outcome->result == HTTP_BODY)
        for (size_t i = 0; outcome->result == HTTP_BODY && i < parser->body_bytes;
             i++, outcome->body_bytes++)
            outcome->body_hash =
                (outcome->body_hash ^ (unsigned char)parser->body[i]) * UINT64_C(0x100000001b3);
    outcome->head = parser->head;
}

static struct outcome feed(const char *text, size_t bytes, size_t cut)
{
    static struct http_parser parser;
    struct outcome outcome = {0};
    http_start(&parser);
    run(&parser, text, cut, &outcome);
    if (outcome.result == HTTP_MORE)
        run(&parser, text + cut, bytes - cut, &outcome);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 1)
        return 0;
    const char *text = (const char *)data + 1;
    struct outcome whole = feed(text, bytes - 1, bytes - 1);
    struct outcome split = feed(text, bytes - 1, data[0] % bytes);
    TD_ASSERT(whole.result == split.result, "a split changed the result");
    TD_ASSERT(whole.body_bytes == split.body_bytes && whole.body_hash == split.body_hash,
              "a split changed the body");
    TD_ASSERT(whole.head.status == split.head.status, "a split changed the head");
    (void)http_retry_after_ns(&whole.head, INT64_C(1790000000000000000));
    (void)http_upgrade_check(&whole.head, "dGhlIHNhbXBsZSBub25jZQ==");
    return 0;
}
