/* A carrier that plays a script: requests are kept as texts, answers come from a list, their bodies in pieces of a few bytes. */
#ifndef TD_TEST_STORE_SCRIPT_H
#define TD_TEST_STORE_SCRIPT_H

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "store/carrier.h"
#include "test.h"

struct scripted {
    int status;
    const char *headers; /* lines "name: value\n" */
    const char *body;    /* NULL none */
    int64_t length;      /* 0: that of the body; < 0: not said */
    td_err err;          /* behind the body; status 0 and this: no answer at all */
};

enum { SCRIPT_ASKED_MAX = 32, SCRIPT_BODY = 4096 };

struct asked {
    char method[EXCHANGE_METHOD_MAX], url[EXCHANGE_URL_MAX], headers[EXCHANGE_HEADERS_MAX + 1],
        body[SCRIPT_BODY];
    bool fresh;
};

struct script {
    const struct scripted *answer; /* the last stays for ever */
    size_t answers, next, asked, piece;
    struct asked *ask;
    struct exchange *first, **last;
    bool cancelled;
};

static inline void script_say(struct exchange *exchange, const struct scripted *say, size_t piece)
{
    const char *line = say->headers ? say->headers : "";
    exchange->status = say->status;
    exchange->header_count = 0;
    for (; *line; line += strcspn(line, "\n") + 1) {
        struct answer_header *header = &exchange->header[exchange->header_count++];
        size_t name = strcspn(line, ":");
        CHECK(td_text_copy(header->name, sizeof header->name, line, name));
        CHECK(td_text_copy(header->value, sizeof header->value, line + name + 2,
                           strcspn(line + name + 2, "\n")));
    }
    size_t bytes = say->body ? strlen(say->body) : 0;
    exchange->content_length = say->length ? say->length : (int64_t)bytes;
    exchange->err = 0;
    for (size_t at = 0; at < bytes && exchange->err == 0; at += piece) {
        size_t step = bytes - at < piece ? bytes - at : piece;
        exchange->got_bytes += (int64_t)step;
        exchange->err = exchange->take(exchange->take_arg, say->body + at, step);
    }
    if (exchange->err == 0)
        exchange->err = say->err;
    if (say->err < 0)
        td_text_copy(exchange->words, sizeof exchange->words, "as the script says", 18);
}

static inline void script_begin(void *ctx, struct exchange *exchange)
{
    struct script *script = ctx;
    struct asked *ask = &script->ask[script->asked++];
    CHECK(script->asked < SCRIPT_ASKED_MAX);
    snprintf(ask->method, sizeof ask->method, "%s", exchange->method);
    snprintf(ask->url, sizeof ask->url, "%s", exchange->url);
    snprintf(ask->headers, sizeof ask->headers, "\n%s", exchange->headers);
    ask->fresh = exchange->fresh;
    ask->body[0] = 0;
    if (exchange->body.data)
        CHECK(td_text_copy(ask->body, sizeof ask->body, exchange->body.data,
                           (size_t)exchange->body.bytes));
    exchange->sent_bytes = exchange->body.bytes;
    exchange->next = NULL;
    *script->last = exchange;
    script->last = &exchange->next;
}

static inline struct exchange *script_wait(void *ctx, int timeout_ms)
{
    static const struct scripted gone = {.err = TD_E_NET_CLOSED};
    struct script *script = ctx;
    struct exchange *exchange = script->first;
    (void)timeout_ms;
    if (exchange == NULL)
        return NULL;
    script->first = exchange->next;
    if (script->first == NULL)
        script->last = &script->first;
    const struct scripted *say = script->cancelled ? &gone : &script->answer[script->next];
    if (!script->cancelled && script->next + 1 < script->answers)
        script->next++;
    script_say(exchange, say, script->piece);
    return exchange;
}

static inline void script_cancel(void *ctx)
{
    ((struct script *)ctx)->cancelled = true;
}

static inline void script_close(void *ctx)
{
    struct script *script = ctx;
    free(script->ask);
    free(script);
}

static inline struct carrier script_carrier(const struct scripted *answers, size_t count)
{
    struct script *script = calloc(1, sizeof *script);
    script->answer = answers;
    script->answers = count;
    script->piece = 7;
    script->ask = calloc(SCRIPT_ASKED_MAX, sizeof *script->ask);
    script->last = &script->first;
    return (struct carrier){script_begin, script_wait, script_cancel, script_close, script};
}

/* Value of a header that was sent, or NULL; static. */
static inline const char *asked_header(const struct asked *ask, const char *name)
{
    static char value[4096];
    char line[128];
    snprintf(line, sizeof line, "\n%s: ", name);
    const char *found = strstr(ask->headers, line);
    if (found == NULL)
        return NULL;
    found += strlen(line);
    snprintf(value, sizeof value, "%.*s", (int)strcspn(found, "\n"), found);
    return value;
}

#endif
