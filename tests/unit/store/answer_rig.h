/* An answer to one operation, read over several splits of its body; what sinks and visitors were shown stands in `seen`. */
#ifndef TD_TEST_STORE_ANSWER_RIG_H
#define TD_TEST_STORE_ANSWER_RIG_H

#include <stdio.h>

#include "script.h"
#include "store/answer.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define S3 "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

static struct place place;
static struct store_op op;
static struct exchange exchange;
static struct answer answer;
static struct store_result result;
static char seen[4096];
static struct td_str seen_str;
static td_err refuse; /* what sink and visitors say */

static inline td_err on_bytes(void *arg, const void *data, size_t bytes)
{
    (void)arg;
    td_str_add_bytes(&seen_str, data, bytes);
    return refuse;
}

static inline td_err on_entry(void *arg, const struct store_entry *entry)
{
    (void)arg;
    td_str_add_format(&seen_str, "%s%s %lld\n", entry->is_prefix ? "+" : "", entry->key,
                      (long long)entry->bytes);
    return refuse;
}

static inline td_err on_part(void *arg, const struct store_part *part)
{
    (void)arg;
    td_str_add_format(&seen_str, "%u %lld %s\n", (unsigned)part->number, (long long)part->bytes,
                      part->etag);
    return refuse;
}

static inline void asked(enum store_verb verb)
{
    op = (struct store_op){.verb = verb,
                           .key = verb == STORE_LIST ? "" : "k",
                           .bytes = -1,
                           .upload_id = "u",
                           .sink = {.take = on_bytes},
                           .visit = {.entry = on_entry},
                           .parts = {.part = on_part}};
    refuse = 0;
    CHECK_EQ_I64(place_parse(&place, "s3://lake/p"), 0);
}

/* The same over every split of the body. */
static inline enum store_outcome says(const struct scripted *say)
{
    char first[sizeof seen] = "";
    enum store_outcome outcome = STORE_OUTCOMES;
    for (size_t piece = 1; piece < 5000; piece = piece * 3 + 1) {
        seen_str = td_str_on(seen, sizeof seen);
        memset(&exchange, 0, sizeof exchange);
        answer_begin(&answer, &place, &op, &exchange, &result);
        script_say(&exchange, say, piece);
        answer_end(&answer);
        CHECK(outcome == STORE_OUTCOMES || outcome == result.outcome);
        if (outcome != STORE_OUTCOMES && outcome == STORE_FINE)
            CHECK_EQ_STR(seen, first);
        outcome = result.outcome;
        memcpy(first, seen, sizeof first);
    }
    return outcome;
}

#define SAYS(...) says(&(struct scripted){.status = __VA_ARGS__})

#endif
