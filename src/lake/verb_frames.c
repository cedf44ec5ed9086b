#include <errno.h>
#include <mbedtls/base64.h>
#include <stdio.h>
#include <string.h>

#include "base/utc.h"
#include "lake/files.h"
#include "lake/frame_rows.h"
#include "lake/show.h"
#include "lake/verb.h"
#include "segment/path.h"

struct work {
    bool generic;
    uint64_t written;
    int64_t left; /* --limit */
    struct lake_buffer text;
};

/* ---- payloads ------------------------------------------------------------------------------------ */

/* UTF-8 as RFC 3629 has it: what a JSON string can hold without loss. */
static bool is_utf8(const uint8_t *at, size_t bytes)
{
    for (size_t i = 0; i < bytes;) {
        uint8_t lead = at[i];
        unsigned more = lead < 0x80 ? 0 : lead < 0xC2 ? 9 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        if (more == 9 || lead > 0xF4 || bytes - i <= more)
            return false;
        for (unsigned k = 1; k <= more; k++)
            if ((at[i + k] & 0xC0) != 0x80)
                return false;
        bool bad = (lead == 0xE0 && at[i + 1] < 0xA0) || (lead == 0xED && at[i + 1] > 0x9F) ||
                   (lead == 0xF0 && at[i + 1] < 0x90) || (lead == 0xF4 && at[i + 1] > 0x8F);
        if (bad)
            return false;
        i += 1 + more;
    }
    return true;
}

static bool put_base64(struct work *work, const uint8_t *data, size_t bytes)
{
    size_t room = (bytes + 2) / 3 * 4 + 1, used = 0;
    if (lake_reserve(&work->text, room) < 0 ||
        mbedtls_base64_encode(work->text.data, work->text.room, &used, data, bytes) != 0)
        return false;
    fputc('"', stdout);
    fwrite(work->text.data, 1, used, stdout);
    fputc('"', stdout);
    return true;
}

static void put_member(const char *key, const char *value)
{
    printf(",\"%s\":", key);
    if (value[0] == '\0')
        printf("null");
    else
        show_json_text(stdout, value, strlen(value));
}

/* Text as a string, anything else as base64 under another name. */
static bool put_payload(struct work *work, const char *text_key, const char *base64_key,
                        const uint8_t *data, size_t bytes)
{
    bool text = is_utf8(data, bytes);
    printf(",\"%s\":", text ? text_key : base64_key);
    if (!text)
        return put_base64(work, data, bytes);
    show_json_text(stdout, (const char *)data, bytes);
    return true;
}

/* ---- forms --------------------------------------------------------------------------------------- */

static bool put_frame(struct work *work, const struct frame_message *m)
{
    printf("{\"frame\":%lld,\"recv_ns\":%lld,\"exchange\":", (long long)m->frame,
           (long long)m->recv_ns);
    show_json_text(stdout, m->exchange, strlen(m->exchange));
    printf(",\"conn\":%lld", (long long)m->conn);
    put_member("channel", m->channel);
    put_member("kind", m->kind);
    printf(",\"sent\":%s", m->sent ? "true" : "false");
    put_member("bucket", m->bucket);
    if (m->status >= 0)
        printf(",\"status\":%lld", (long long)m->status);
    return put_payload(work, "payload", "payload_base64", m->payload, m->bytes);
}

/* Of messages that no table models: what was ignored or could not be read. */
static bool is_generic(const struct frame_message *m)
{
    return !m->sent && (strcmp(m->bucket, "ignored") == 0 || strcmp(m->bucket, "malformed") == 0);
}

/* SPEC 3.12: type is the table's kind, method the address that was asked, for answers to a GET. */
static bool put_generic(struct work *work, const struct frame_message *m)
{
    struct td_utc utc = td_utc_from_ns(m->recv_ns);
    const uint8_t *data = m->payload, *tab = NULL;
    size_t bytes = m->bytes;
    if (strcmp(m->kind, "http") == 0)
        tab = memchr(data, '\t', bytes);
    printf("{\"collected_at\":%lld,\"capture_ts\":%lld,\"exchange\":",
           (long long)(m->recv_ns / 1000000), (long long)(m->recv_ns / 1000));
    show_json_text(stdout, m->exchange, strlen(m->exchange));
    printf(",\"symbol\":\"_all\",\"year\":%d,\"month\":%d,\"day\":%d,\"hour\":%d", utc.year,
           utc.month, utc.day, utc.hour);
    put_member("type", m->kind);
    printf(",\"method\":");
    if (tab == NULL) {
        printf("null");
    } else {
        show_json_text(stdout, (const char *)data, (size_t)(tab - data));
        bytes -= (size_t)(tab + 1 - data);
        data = tab + 1;
    }
    return put_payload(work, "data_json", "data_base64", data, bytes);
}

static bool take(void *arg, const struct frame_message *message)
{
    struct work *work = arg;
    if (work->generic && !is_generic(message))
        return true;
    bool good = work->generic ? put_generic(work, message) : put_frame(work, message);
    puts("}");
    work->written++;
    return good && --work->left > 0 && !ferror(stdout);
}

/* ---- the verb ------------------------------------------------------------------------------------ */

static bool is_wanted(const struct verb_args *args, const struct file_entry *file)
{
    struct path_partition partition;
    const char *exchange = verb_value(args, "exchange");
    if (file->is_receipt || file->is_open || path_parse(file->path, &partition) < 0)
        return false;
    return strcmp(partition.table, "frames") == 0 &&
           (exchange == NULL || strcmp(exchange, partition.exchange) == 0);
}

static int export_all(const struct verb_args *args, const struct file_list *list,
                      struct frame_rows *rows)
{
    const struct work *work = rows->arg;
    unsigned files = 0;
    int code = EXIT_FINE;
    for (size_t i = 0; i < list->count && work->left > 0 && !ferror(stdout); i++) {
        if (!is_wanted(args, files_at(list, i)))
            continue;
        files++;
        code = verb_worse(code, frame_rows_file(rows, files_at(list, i)->path));
    }
    if (files == 0) {
        verb_complain("The table is written with segment.frames = true, or `tapedeck replay "
                      "--frames`; the journal has every message of late: `tape journal dump`.",
                      "no file of table frames");
        code = verb_worse(code, EXIT_FOUND);
    }
    if (rows->torn > 0) {
        verb_complain("Name the whole data directory.", "%llu messages lack some of their parts",
                      (unsigned long long)rows->torn);
        code = verb_worse(code, EXIT_FOUND);
    }
    return code;
}

static int run(const struct verb_args *args)
{
    struct work work = {.generic = verb_flag(args, "generic"), .left = INT64_MAX};
    struct frame_rows rows = {.take = take, .arg = &work};
    struct file_list list = {0};
    int64_t from_ns = INT64_MIN, to_ns = INT64_MAX;
    int code = EXIT_FINE;
    if (!verb_time(args, "from", &from_ns) || !verb_time(args, "to", &to_ns) ||
        !verb_count(args, "limit", &work.left))
        return EXIT_USAGE;
    rows.from_us = verb_flag(args, "from") ? from_ns / 1000 : INT64_MIN;
    rows.to_us = verb_flag(args, "to") ? to_ns / 1000 : INT64_MAX;
    for (int i = 0; i < args->path_count && code == EXIT_FINE; i++)
        code = files_collect_or_complain(&list, args->path[i]);
    code = code != EXIT_FINE ? code : export_all(args, &list, &rows);
    frame_rows_free(&rows);
    lake_buffer_free(&work.text);
    files_free(&list);
    return code;
}

const struct verb verb_frames = {
    .name = "frames",
    .summary = "every message as it came, a JSON line each (table frames)",
    .usage = "PATH... [--generic] [--exchange X] [--from T] [--to T] [--limit N]",
    .detail = "payload holds the bytes received: text as a JSON string, anything else as "
              "payload_base64. HTTP answers\n"
              "are URL, tab, body. --generic: only what no table models (ignored, malformed), in "
              "the view generic:\n"
              "collected_at, capture_ts, exchange, symbol, year to hour, type, method (of HTTP the "
              "URL), data_json.",
    .example = "  tape frames /data --exchange kraken --from 2026-09-21T04:00 >kraken.ndjson",
    .option = {{"generic", NULL, "messages that no table models, in the form of view generic"},
               {"exchange", "X", "only this exchange"},
               {"from", "T", "receive time from (included)"},
               {"to", "T", "receive time to (not included)"},
               {"limit", "N", "stop after N lines"}},
    .paths_min = 1,
    .run = run,
};
