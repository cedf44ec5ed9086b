#include "lake/certificate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utc.h"
#include "lake/proof.h"
#include "lake/reader.h"
#include "lake/receipt.h"
#include "lake/verb.h"

static const int64_t hour_us = TD_NS_PER_HOUR / TD_NS_PER_US,
                     day_us = 24 * (TD_NS_PER_HOUR / TD_NS_PER_US);

/* A segment that the certificate vouches for. */
struct vouched {
    const struct inventory_segment *segment;
    struct receipt receipt;
};

struct making {
    const struct certificate_order *order;
    struct lake_buffer *out;
    struct inventory inventory;
    struct holes holes;
    struct lake_buffer vouched, scratch;
    size_t vouched_count;
    int64_t from_us, to_us, until_us; /* the day; ledger rows received before */
    int64_t clock_error_ns;           /* -1 unknown */
    td_err err;                       /* of writing to out */
};

static const struct vouched *vouched_at(const struct making *m, size_t index)
{
    return (const struct vouched *)(void *)m->vouched.data + index;
}

/* ---- writing ---- */

__attribute__((format(printf, 2, 3))) static void say(struct making *m, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int bytes = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    TD_ASSERT(bytes >= 0 && (size_t)bytes < sizeof line, "lines of ours are short");
    if (m->err == 0)
        m->err = lake_append(m->out, line, (size_t)bytes);
}

static void say_word(struct making *m, const char *value)
{
    char escaped[6 * PATH_MAX_BYTES];
    struct td_str str = td_str_on(escaped, sizeof escaped);
    td_str_add_char(&str, '"');
    td_str_add_json(&str, value, strlen(value));
    td_str_add_char(&str, '"');
    if (m->err == 0)
        m->err = lake_append(m->out, escaped, str.bytes);
}

static void say_text(struct making *m, const char *key, const char *value)
{
    say(m, "\"%s\": ", key);
    say_word(m, value);
}

static void say_time(struct making *m, const char *key, int64_t us)
{
    char iso[TD_UTC_TEXT_MAX];
    if (us == HOLE_OPEN || us > INT64_MAX / 1000 || us < 0) {
        say(m, "\"%s\": null", key);
        return;
    }
    td_utc_iso(us * TD_NS_PER_US, iso);
    say(m, "\"%s\": \"%s\"", key, iso);
}

static void say_seconds(struct making *m, const char *key, int64_t us)
{
    say(m, "\"%s\": %" PRId64 ".%06" PRId64, key, us / 1000000, us % 1000000);
}

/* ---- gathering ---- */

static bool of_exchange(const struct making *m, const struct path_partition *partition)
{
    return strcmp(partition->exchange, m->order->exchange) == 0;
}

/* The day's segments of the exchange and of the device, and the ledger's from then on as far as it is used. */
static bool vouches_for(const struct making *m, const struct inventory_segment *segment)
{
    bool device = strcmp(segment->partition.exchange, "_all") == 0;
    bool ledger = strcmp(segment->partition.table, "gaps") == 0;
    return (device || of_exchange(m, &segment->partition)) && segment->hour_us >= m->from_us &&
           segment->hour_us < (ledger ? m->until_us : m->to_us);
}

static int gather_segments(struct making *m)
{
    for (size_t i = 0; i < m->inventory.count; i++) {
        struct vouched one = {.segment = inventory_at(&m->inventory, i)};
        if (!vouches_for(m, one.segment))
            continue;
        td_err err = receipt_load(one.segment->file->path, &one.receipt);
        if (err < 0 || !one.receipt.sha256[0] || !one.receipt.has[RECEIPT_ROWS]) {
            verb_complain("`tape verify` tells more.", "%s: no receipt that can be read",
                          one.segment->file->path);
            return EXIT_CORRUPT;
        }
        if (lake_append(&m->vouched, &one, sizeof one) < 0)
            return EXIT_DISK;
        m->vouched_count++;
    }
    return EXIT_FINE;
}

/* The first hour behind the day in which anything was recorded tells what was open or ended unseen at midnight. */
static bool find_until(struct making *m)
{
    int64_t first_us = INT64_MAX;
    bool any = false;
    for (size_t i = 0; i < m->inventory.count; i++) {
        const struct inventory_segment *segment = inventory_at(&m->inventory, i);
        if (segment->hour_us >= m->to_us && segment->hour_us < first_us)
            first_us = segment->hour_us;
        any |= of_exchange(m, &segment->partition) && segment->hour_us >= m->from_us &&
               segment->hour_us < m->to_us;
    }
    char date[CERTIFICATE_DATE_MAX];
    certificate_date(m->from_us, date);
    if (!any)
        verb_complain("Name a day with --day that `tape ls` shows.", "%s: nothing of %s", date,
                      m->order->exchange);
    else if (first_us == INT64_MAX)
        verb_complain("Come back when the recorder has sealed an hour of a later day.",
                      "%s: nothing was recorded after it, so its end is not known", date);
    m->until_us = first_us == INT64_MAX ? 0 : first_us + hour_us;
    return any && first_us != INT64_MAX;
}

static int take_clock(struct making *m, const char *path)
{
    struct reader *reader = NULL;
    struct pq_values values = {0};
    td_err err = reader_open(path, NULL, &reader);
    int column = err == 0 ? footer_column(reader_meta(reader), "error_ns") : -1;
    for (uint32_t group = 0; column >= 0 && err == 0 && group < reader_meta(reader)->group_count;
         group++) {
        err = reader_column(reader, group, (uint32_t)column, &values);
        for (size_t row = 0; err == 0 && row < values.rows; row++)
            if (values.valid[row] && values.cell[row].i > m->clock_error_ns)
                m->clock_error_ns = values.cell[row].i;
    }
    if (err < 0)
        verb_complain("`tape verify` tells more.", "%s: %s", path, reader_why(reader));
    values_free(&values);
    reader_close(reader);
    return verb_exit(err);
}

static int gather_clock(struct making *m)
{
    int code = EXIT_FINE;
    m->clock_error_ns = -1;
    for (size_t i = 0; i < m->vouched_count && code == EXIT_FINE; i++)
        if (strcmp(vouched_at(m, i)->segment->partition.table, "clock") == 0)
            code = take_clock(m, vouched_at(m, i)->segment->file->path);
    return code;
}

/* ---- since when a stream is covered ---- */

static bool same_stream(const struct inventory_segment *segment, const struct hole_stream *stream)
{
    return strcmp(segment->partition.exchange, stream->exchange) == 0 &&
           strcmp(segment->partition.symbol, stream->symbol) == 0;
}

/* What the text that is made again says of it, HOLE_OPEN: nothing. */
static int64_t stored_from(const struct making *m, const char *symbol, const char *channel)
{
    char key[256];
    int64_t ns;
    struct td_str str = td_str_on(key, sizeof key);
    td_str_add(&str, "{\"symbol\": \"");
    td_str_add_json(&str, symbol, strlen(symbol));
    td_str_add_format(&str, "\", \"channel\": \"%s\", \"covered_from\": \"", channel);
    const char *at = m->order->stored ? strstr(m->order->stored, key) : NULL;
    if (!at || strnlen(at + str.bytes, 27) != 27 || td_utc_parse(at + str.bytes, 27, &ns) < 0)
        return HOLE_OPEN;
    return ns / TD_NS_PER_US;
}

/* From midnight where it was there before, else from its first row. */
static int64_t covered_from(const struct making *m, const struct hole_stream *stream,
                            const char *channel)
{
    int64_t first_us = stored_from(m, stream->symbol, channel);
    for (size_t i = 0; i < m->inventory.count; i++) {
        const struct inventory_segment *segment = inventory_at(&m->inventory, i);
        if (segment->hour_us < m->from_us && same_stream(segment, stream))
            return m->from_us;
    }
    for (size_t i = 0; i < m->vouched_count; i++) {
        const struct vouched *one = vouched_at(m, i);
        int64_t min = one->receipt.number[RECEIPT_RECV_MIN_US];
        if (one->receipt.has[RECEIPT_RECV_MIN_US] && same_stream(one->segment, stream) &&
            min < first_us)
            first_us = min;
    }
    return first_us < m->from_us ? m->from_us : first_us > m->to_us ? m->to_us : first_us;
}

/* ---- parts of the text ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All different values, sorted: a day may see several builds and configurations. */
static void say_values(struct making *m, const char *key, size_t offset)
{
    const char *comma = "", *last = NULL;
    size_t bytes = m->vouched_count * sizeof(char *);
    if (m->err == 0 && bytes)
        m->err = lake_reserve(&m->scratch, bytes);
    const char **value = (const char **)(void *)m->scratch.data;
    say(m, "  \"%s\": [", key);
    for (size_t i = 0; m->err == 0 && i < m->vouched_count; i++)
        value[i] = (const char *)&vouched_at(m, i)->receipt + offset;
    if (m->err == 0 && m->vouched_count)
        qsort(value, m->vouched_count, sizeof *value, by_text);
    for (size_t i = 0; m->err == 0 && i < m->vouched_count; i++) {
        if (last && strcmp(last, value[i]) == 0)
            continue;
        say(m, "%s", comma);
        say_word(m, value[i]);
        last = value[i];
        comma = ", ";
    }
    say(m, "],\n");
}

static void say_frames(struct making *m)
{
    int64_t first = INT64_MAX, last = 0;
    for (size_t i = 0; i < m->vouched_count; i++) {
        const struct receipt *receipt = &vouched_at(m, i)->receipt;
        if (vouched_at(m, i)->segment->hour_us >= m->to_us)
            continue;
        if (receipt->has[RECEIPT_FRAME_FIRST] && receipt->number[RECEIPT_FRAME_FIRST] < first)
            first = receipt->number[RECEIPT_FRAME_FIRST];
        if (receipt->has[RECEIPT_FRAME_LAST] && receipt->number[RECEIPT_FRAME_LAST] > last)
            last = receipt->number[RECEIPT_FRAME_LAST];
    }
    say(m, "  \"journal_first_frame\": %" PRId64 ",\n  \"journal_last_frame\": %" PRId64 ",\n",
        first == INT64_MAX ? 0 : first, last);
}

static void say_head(struct making *m)
{
    const struct certificate_link *previous = &m->order->previous;
    char date[CERTIFICATE_DATE_MAX];
    certificate_date(m->from_us, date);
    say(m, "{\n  \"certificate\": 1,\n  ");
    say_text(m, "deck", m->order->deck);
    say(m, ",\n  ");
    say_text(m, "exchange", m->order->exchange);
    say(m, ",\n  \"date\": \"%s\",\n  ", date);
    say_time(m, "ledger_until", m->until_us);
    if (previous->date[0])
        say(m, ",\n  \"previous\": {\"date\": \"%s\", \"sha256\": \"%s\"},\n", previous->date,
            previous->sha256);
    else
        say(m, ",\n  \"previous\": null,\n");
    say_values(m, "build", offsetof(struct receipt, build));
    say_values(m, "config_hash", offsetof(struct receipt, config_hash));
    say_frames(m);
    if (m->clock_error_ns < 0)
        say(m, "  \"clock_error_max_ns\": null,\n");
    else
        say(m, "  \"clock_error_max_ns\": %" PRId64 ",\n", m->clock_error_ns);
}

static void say_figures(struct making *m, const struct completeness *is)
{
    const char *comma = "";
    int64_t ppm = completeness_ppm(is);
    say(m, "\"seconds\": {");
    for (int i = 0; i < PROOFS; i++) {
        say(m, i ? ", " : "");
        say_seconds(m, proof_words[i], is->us[i]);
    }
    say(m, "}, \"gaps\": {");
    for (unsigned kind = 0; kind < TD_GAP_KINDS; kind++)
        if (is->gaps[kind]) {
            say(m, "%s\"%s\": %" PRIu32, comma, hole_kind_word(kind), is->gaps[kind]);
            comma = ", ";
        }
    say(m, "}, \"open_at_end\": %" PRIu32 ", \"missed\": %" PRId64 ", \"backfilled\": %" PRId64,
        is->open, is->missed, is->backfilled);
    if (ppm < 0)
        say(m, ", \"completeness\": null}");
    else
        say(m, ", \"completeness\": %" PRId64 ".%06" PRId64 "}", ppm / 1000000, ppm % 1000000);
}

static void say_stream(struct making *m, const struct hole_stream *stream, enum td_channel channel)
{
    const char *word = hole_channel_word(channel);
    int64_t from_us = covered_from(m, stream, word), rows = 0, segments = 0;
    struct completeness is;
    for (size_t i = 0; i < m->vouched_count; i++) {
        const struct vouched *one = vouched_at(m, i);
        if (!same_stream(one->segment, stream) || strcmp(one->segment->partition.table, word) != 0)
            continue;
        rows += one->receipt.number[RECEIPT_ROWS];
        segments++;
    }
    td_err err = completeness_of(&m->holes, stream, channel, from_us, m->to_us, &m->scratch, &is);
    m->err = m->err ? m->err : err;
    say(m, "{");
    say_text(m, "symbol", stream->symbol);
    say(m, ", \"channel\": \"%s\", ", word);
    say_time(m, "covered_from", from_us);
    say(m, ", \"rows\": %" PRId64 ", \"segments\": %" PRId64 ", ", rows, segments);
    say_figures(m, &is);
}

static void say_streams(struct making *m)
{
    const char *comma = "";
    say(m, "  \"streams\": [");
    for (size_t i = 0; i < m->inventory.stream_count; i++) {
        const struct inventory_stream *stream = inventory_stream(&m->inventory, i);
        for (unsigned channel = 0; channel < TD_CHANNEL_ALL; channel++) {
            if (strcmp(stream->id.exchange, m->order->exchange) != 0 ||
                !(stream->channels & 1u << channel))
                continue;
            say(m, "%s\n    ", comma);
            say_stream(m, &stream->id, (enum td_channel)channel);
            comma = ",";
        }
    }
    say(m, "\n  ],\n");
}

/* Those that explain the figures in the order of the ledger: the device's, and those that midnight cuts. */
static void say_holes(struct making *m)
{
    const char *comma = "";
    say(m, "  \"holes\": [");
    for (size_t i = 0; i < m->holes.count; i++) {
        const struct hole *hole = holes_at(&m->holes, i);
        const struct hole_stream *stream = holes_stream(&m->holes, hole->stream);
        bool device = holes_of_device(stream);
        bool cut = hole->from_us < m->from_us || hole->to_us > m->to_us;
        if (!device && (!cut || strcmp(stream->exchange, m->order->exchange) != 0))
            continue;
        say(m, "%s\n    {", comma);
        say_text(m, "exchange", stream->exchange);
        say(m, ", ");
        say_text(m, "symbol", stream->symbol);
        say(m, ", \"channel\": \"%s\", \"kind\": \"%s\", ", hole_channel_word(hole->channel),
            hole_kind_word(hole->kind));
        say_time(m, "from", hole->from_us);
        say(m, ", ");
        say_time(m, "to", hole->to_us);
        say(m, "}");
        comma = ",";
    }
    say(m, "\n  ],\n");
}

static void say_segments(struct making *m)
{
    say(m, "  \"segments\": [");
    for (size_t i = 0; i < m->vouched_count; i++) {
        const struct vouched *one = vouched_at(m, i);
        char folder[PATH_MAX_BYTES], path[PATH_MAX_BYTES];
        if (path_folder("ready", &one->segment->partition, folder) < 0 ||
            path_join(folder, one->segment->file->name, path) < 0)
            m->err = TD_E_RANGE;
        say(m, "%s\n    {", i ? "," : "");
        say_text(m, "name", path);
        say(m, ", \"rows\": %" PRId64 ", \"sha256\": \"%s\"}", one->receipt.number[RECEIPT_ROWS],
            one->receipt.sha256);
    }
    say(m, "\n  ],\n");
}

static int say_all(struct making *m)
{
    char sha256[CERTIFICATE_SHA_MAX];
    size_t begin = m->out->bytes;
    say_head(m);
    say_streams(m);
    say_holes(m);
    say_segments(m);
    if (m->err == 0)
        certificate_sha256(m->out->data + begin, m->out->bytes - begin, sha256);
    say(m, "  \"sha256\": \"%s\"\n}\n", m->err ? "" : sha256);
    if (m->err == 0)
        return EXIT_FINE;
    verb_complain(NULL, "certificate: %s", td_err_text(m->err));
    return EXIT_DISK;
}

static int gather(struct making *m)
{
    struct holes_query query = {
        .from_us = m->from_us, .to_us = m->to_us, .until_us = m->until_us, .deck = m->order->deck};
    int code = gather_segments(m);
    code = code ? code : holes_read(&m->holes, m->order->list, &query);
    code = code ? code : gather_clock(m);
    if (code == EXIT_FINE && inventory_add_streams(&m->inventory, m->from_us, m->to_us) < 0)
        code = EXIT_DISK;
    return code;
}

int certificate_make(const struct certificate_order *order, struct lake_buffer *out)
{
    struct making m = {
        .order = order, .out = out, .from_us = order->day_us, .to_us = order->day_us + day_us};
    int code = EXIT_DISK;
    if (inventory_of(&m.inventory, order->list, order->deck) == 0)
        code = find_until(&m) ? gather(&m) : EXIT_USAGE;
    code = code ? code : say_all(&m);
    lake_buffer_free(&m.vouched);
    lake_buffer_free(&m.scratch);
    holes_free(&m.holes);
    inventory_free(&m.inventory);
    return code;
}
