#include <string.h>

#include "base/err.h"
#include "segment/chunk.h"
#include "segment/column_from.h"

struct span {
    const char *at;
    size_t bytes;
};

static bool span_less(struct span a, struct span b)
{
    int order = memcmp(a.at, b.at, a.bytes < b.bytes ? a.bytes : b.bytes);
    return order ? order < 0 : a.bytes < b.bytes;
}

/* Least and greatest of the texts seen. */
struct span_range {
    struct span least, greatest;
    bool any;
};

static void widen(struct span_range *range, struct span span)
{
    if (!range->any || span_less(span, range->least))
        range->least = span;
    if (!range->any || span_less(range->greatest, span))
        range->greatest = span;
    range->any = true;
}

static void note_range(const struct chunk *chunk, const struct span_range *range)
{
    if (range->any)
        chunk_note_stats(chunk, range->least.at, range->least.bytes, range->greatest.at,
                         range->greatest.bytes);
}

static size_t put_span(struct span span, unsigned char *at)
{
    uint32_t length = (uint32_t)span.bytes;
    memcpy(at, &length, 4);
    memcpy(at + 4, span.at, span.bytes);
    return 4 + span.bytes;
}

static struct span text_span(const struct chunk *chunk, uint64_t place)
{
    struct span span = {"", 0};
    if (place)
        span.at = group_view_text(chunk->view, (row_text)place, &span.bytes);
    return span;
}

/* Texts of the given places, one after the other; statistics on the way. */
static size_t put_texts(const struct chunk *chunk, const uint64_t *place, uint32_t count,
                        unsigned char *at)
{
    struct span_range range = {.any = false};
    size_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct span span = text_span(chunk, place[i]);
        used += put_span(span, at + used);
        widen(&range, span);
    }
    note_range(chunk, &range);
    return used;
}

/* A dictionary must halve the number of texts, else its indices are not worth a second page. */
void chunk_texts(const struct chunk *chunk)
{
    struct encoder *encoder = chunk->encoder;
    const struct values *values = &encoder->values;
    if (values->count >= 2 &&
        dict_texts(&encoder->dict, chunk->view, values->value, values->count, values->count / 2)) {
        size_t bytes = put_texts(chunk, encoder->dict.key, encoder->dict.count, encoder->raw);
        chunk_write_dict(chunk, encoder->dict.count, false, bytes);
        chunk_write_indices(chunk);
    } else {
        size_t used = chunk_levels(chunk);
        used += put_texts(chunk, values->value, values->count, encoder->raw + used);
        chunk_write_data(chunk, PARQUET_PLAIN, used);
    }
}

/* Whole messages: hardly one is like another, and a least one says nothing. */
void chunk_bytes(const struct chunk *chunk)
{
    const struct values *values = &chunk->encoder->values;
    size_t used = chunk_levels(chunk);
    for (uint32_t i = 0; i < values->count; i++)
        used += put_span(text_span(chunk, values->value[i]), chunk->encoder->raw + used);
    chunk_write_data(chunk, PARQUET_PLAIN, used);
}

void chunk_words(const struct chunk *chunk)
{
    struct encoder *encoder = chunk->encoder;
    unsigned count;
    const char *const *words = schema_words(chunk->column->aux, &count);
    struct span_range range = {.any = false};
    size_t used = 0;
    dict_small(&encoder->dict, encoder->values.value, encoder->values.count);
    for (uint32_t i = 0; i < encoder->dict.count; i++) {
        TD_ASSERT(encoder->dict.key[i] < count, "the number names a word of the list");
        const char *word = words[encoder->dict.key[i]];
        struct span span = {word, strlen(word)};
        used += put_span(span, encoder->raw + used);
        widen(&range, span);
    }
    note_range(chunk, &range);
    chunk_write_dict(chunk, encoder->dict.count, false, used);
    chunk_write_indices(chunk);
}

void chunk_constant_text(const struct chunk *chunk, const char *text)
{
    struct span span = {text, strlen(text)};
    size_t bytes = put_span(span, chunk->encoder->raw);
    note_range(chunk, &(struct span_range){span, span, true});
    chunk_write_dict(chunk, 1, true, bytes);
    chunk_write_one_run(chunk);
}
