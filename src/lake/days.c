#include "lake/days.h"

#include <string.h>
#include <unistd.h>

#include "base/os.h"
#include "base/text.h"
#include "base/utc.h"
#include "lake/verb.h"

const struct column days_head[DAYS_HEAD_COLUMNS] = {DAYS_HEAD};

enum { YEAR = 3, MONTH, DAY, HOUR, TS_RECV, TS_EVENT, EVENT_REM, FRAME, CONN, SOURCE = 13 };

void days_columns(struct column *out, const struct column *from, unsigned count)
{
    memcpy(out, from, count * sizeof *out);
    memcpy(out, days_head, sizeof days_head);
}

void days_open(struct days *days, const struct days_params *params)
{
    *days = (struct days){.params = *params};
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void failed(struct days *days, td_err err)
{
    verb_complain(err == TD_E_NO_ROOM ? "Choose fewer columns, or rows each second." : NULL,
                  "%s: %s", days->name,
                  err == TD_E_NO_ROOM || err == TD_E_RANGE || err == TD_E_NO_MEMORY
                      ? td_err_text(err)
                      : strerror(td_os_errno()));
    days->code = verb_exit(err);
}

static void close_day(struct days *days)
{
    int64_t bytes = 0;
    bool written = days->open && days->writer;
    td_err err = written ? table_writer_close(days->writer, &bytes) : 0;
    days->writer = NULL;
    days->open = false;
    days->params.sums->files += written && !err;
    days->params.sums->bytes += bytes;
    if (err)
        failed(days, err);
}

static bool name_day(struct days *days, char folder[PATH_MAX_BYTES], char name[PATH_MAX_BYTES])
{
    const struct days_params *p = &days->params;
    struct td_utc date = td_utc_from_ns(days->day * 24 * TD_NS_PER_HOUR);
    struct td_str path = td_str_on(folder, PATH_MAX_BYTES), file = td_str_on(name, PATH_MAX_BYTES);
    struct td_str full = td_str_on(days->name, sizeof days->name);
    td_str_add_format(&path, "%s/%s/exchange=%s/symbol=%s/date=%04d-%02d-%02d", p->root,
                      p->table->name, p->stream->exchange, p->stream->symbol, date.year, date.month,
                      date.day);
    td_str_add_format(&file, "%s%s%s.parquet", p->stream->deck, p->stem[0] ? "_" : "", p->stem);
    td_str_add_format(&full, "%s/%s", folder, name);
    return !path.cut && !file.cut && !full.cut;
}

static void open_day(struct days *days)
{
    const struct days_params *p = &days->params;
    char folder[PATH_MAX_BYTES], name[PATH_MAX_BYTES];
    days->open = true;
    if (!name_day(days, folder, name)) {
        failed(days, TD_E_RANGE);
        return;
    }
    bool stands = access(days->name, F_OK) == 0;
    if (stands && !p->force) {
        p->sums->skipped++;
        return;
    }
    if (p->dry_run) {
        p->sums->files++;
        return;
    }
    struct table_writer_params params = {.table = p->table,
                                         .folder = folder,
                                         .name = name,
                                         .deck = p->stream->deck,
                                         .exchange = p->stream->exchange,
                                         .symbol = p->stream->symbol,
                                         .config_hash = "",
                                         .price_scale = p->stream->price_scale,
                                         .size_scale = p->stream->size_scale,
                                         .memory = p->memory};
    td_err err = table_writer_open(&days->writer, &params);
    if (err)
        failed(days, err);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void put_head(struct table_writer *w, const struct feed_head *head, int64_t event_ns)
{
    struct td_utc recv = td_utc_from_ns(head->recv_us * 1000);
    int64_t event_us = floor_div(event_ns, 1000);
    table_put_whole(w, YEAR, recv.year);
    table_put_whole(w, MONTH, recv.month);
    table_put_whole(w, DAY, recv.day);
    table_put_whole(w, HOUR, recv.hour);
    table_put_whole(w, TS_RECV, head->recv_us);
    table_put_whole(w, TS_EVENT, event_us);
    table_put_whole(w, EVENT_REM, event_ns - event_us * 1000);
    table_put_whole(w, FRAME, head->frame);
    table_put_whole(w, CONN, head->conn);
    table_put_whole(w, SOURCE, head->origin);
}

/* Event time that steps back over midnight stays in the day that is open: a file that stands is not opened again. */
bool days_row(struct days *days, const struct feed_head *head, int64_t event_ns)
{
    int64_t day = floor_div(event_ns, 24 * TD_NS_PER_HOUR);
    if (days->code)
        return false;
    if (!days->open || day > days->day) {
        close_day(days);
        days->day = day;
        if (!days->code)
            open_day(days);
    }
    days->params.sums->rows += days->writer || days->params.dry_run;
    if (!days->writer)
        return false;
    put_head(days->writer, head, event_ns);
    return true;
}

void days_end_row(struct days *days, const struct feed_head *head)
{
    td_err err = table_end_row(days->writer, (uint64_t)head->frame);
    if (err)
        failed(days, err);
}

int days_close(struct days *days, int code)
{
    days->code = verb_worse(days->code, code);
    if (days->code) {
        table_writer_drop(days->writer);
        days->writer = NULL;
    } else {
        close_day(days);
    }
    return days->code;
}
