/* Answers of a store: the first byte chooses the verb, the second where the body is split; then a status line's number, header lines, an empty line, the
   body. Whatever comes, over every split the result is the same, in bounds, and no name or part is shown of an answer that is not whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "store/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct shown {
    uint64_t hash;
    unsigned names, parts;
    int64_t bytes;
};

static td_err on_bytes(void *arg, const void *data, size_t bytes)
{
    struct shown *shown = arg;
    for (size_t i = 0; i < bytes; i++)
        shown->hash = td_hash_u64(shown->hash ^ ((const uint8_t *)data)[i]);
    shown->bytes += (int64_t)bytes;
    return 0;
}

static td_err on_entry(void *arg, const struct store_entry *entry)
{
    struct shown *shown = arg;
    TD_ASSERT(entry->key[0] && strlen(entry->key) < PLACE_KEY_MAX && entry->bytes >= 0, "a name");
    shown->names++;
    return 0;
}

static td_err on_part(void *arg, const struct store_part *part)
{
    struct shown *shown = arg;
    TD_ASSERT(part->number >= 1 && part->number <= STORE_PARTS_MAX && part->bytes >= 0 &&
                  part->etag[0] && memchr(part->etag, 0, sizeof part->etag),
              "a part");
    shown->parts++;
    return 0;
}

static const char *take_line(const char **at, const char *end, size_t *bytes)
{
    const char *line = *at, *stop = memchr(line, '\n', (size_t)(end - line));
    *bytes = (size_t)((stop ? stop : end) - line);
    *at = stop ? stop + 1 : end;
    return line;
}

/* As a carrier would leave them. */
static void read_head(struct exchange *exchange, const char **at, const char *end)
{
    size_t bytes;
    const char *line = take_line(at, end, &bytes);
    for (size_t i = 0; i < bytes && i < 3; i++)
        exchange->status = exchange->status * 10 + (line[i] - '0');
    exchange->status = abs(exchange->status) % 1000;
    exchange->content_length = -1;
    while (line = take_line(at, end, &bytes), bytes > 0) {
        const char *colon = memchr(line, ':', bytes);
        if (colon == NULL || exchange->header_count == ANSWER_HEADERS)
            continue;
        struct answer_header *header = &exchange->header[exchange->header_count++];
        td_text_copy(header->name, sizeof header->name, line, (size_t)(colon - line));
        td_text_copy(header->value, sizeof header->value, colon + 1,
                     (size_t)(line + bytes - colon - 1));
        if (strcmp(header->name, "content-length") == 0)
            exchange->content_length = (int64_t)strtoul(header->value, NULL, 10) & INT64_MAX;
    }
}

static void run(const uint8_t *data, size_t bytes, size_t piece, struct shown *shown,
                struct store_result *result)
{
    static struct exchange exchange;
    static struct answer answer;
    struct place place;
    struct store_op op = {.verb = data[0] % STORE_VERBS,
                          .key = data[0] & 64 ? "a" : "",
                          .at = data[0] & 128 ? 2 : 0,
                          .bytes = data[0] & 128 ? 3 : -1,
                          .only_if_absent = data[0] & 32,
                          .sink = {.take = on_bytes, .arg = shown},
                          .visit = {.entry = on_entry, .arg = shown},
                          .parts = {.part = on_part, .arg = shown}};
    const char *at = (const char *)data + 2, *end = (const char *)data + bytes;
    memset(&exchange, 0, sizeof exchange);
    memset(shown, 0, sizeof *shown);
    TD_ASSERT(place_parse(&place, "s3://lake/p") == 0, "a place");
    answer_begin(&answer, &place, &op, &exchange, result);
    read_head(&exchange, &at, end);
    while (at < end && exchange.err == 0) {
        size_t step = (size_t)(end - at) < piece ? (size_t)(end - at) : piece;
        exchange.got_bytes += (int64_t)step;
        exchange.err = exchange.take(exchange.take_arg, at, step);
        at += step;
    }
    answer_end(&answer);
}

static bool ends(const char *text, size_t cap)
{
    return memchr(text, 0, cap) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct store_result whole, split;
    struct shown seen, again;
    if (bytes < 2)
        return 0;
    run(data, bytes, bytes, &seen, &whole);
    run(data, bytes, (size_t)data[1] + 1, &again, &split);
    TD_ASSERT(whole.outcome < STORE_OUTCOMES, "an outcome");
    TD_ASSERT(ends(whole.code, sizeof whole.code) && ends(whole.words, sizeof whole.words) &&
                  ends(whole.etag, sizeof whole.etag) && ends(whole.token, sizeof whole.token) &&
                  ends(whole.upload_id, sizeof whole.upload_id),
              "texts that end");
    TD_ASSERT(whole.outcome == split.outcome && whole.next_part == split.next_part &&
                  strcmp(whole.token, split.token) == 0 && strcmp(whole.code, split.code) == 0 &&
                  strcmp(whole.upload_id, split.upload_id) == 0,
              "a split changed the result");
    TD_ASSERT(seen.names == again.names && seen.parts == again.parts,
              "a split changed what was shown");
    TD_ASSERT(whole.outcome == STORE_FINE || (seen.names == 0 && seen.parts == 0),
              "shown, of an answer that is none");
    if (whole.outcome == STORE_FINE)
        TD_ASSERT(seen.bytes == again.bytes && seen.hash == again.hash,
                  "a split changed the bytes");
    return 0;
}
