/* The gap ledger as a reader of the stored table sees it: one story, every row of it. */
#include <stdio.h>
#include <stdlib.h>

#include "lake/proof.h"
#include "lake/reader.h"
#include "rig.h"
#include "tree.h"

enum { GAPS_MAX = 32, NONE = -1 };

static const int64_t start_ns = 1700000000 * TD_NS_PER_S;

static int64_t at(int second)
{
    return start_ns + second * TD_NS_PER_S;
}

/* ---- the story ------------------------------------------------------------------------------ */

static struct deck deck;

static void step(enum td_frame_kind kind, int second, const char *payload)
{
    struct td_frame frame = {.recv_ns = at(second),
                             .mono_ns = at(second),
                             .payload = payload,
                             .bytes = (uint32_t)strlen(payload),
                             .conn = 1,
                             .kind = (uint8_t)kind};
    deck_feed(&deck, &frame);
}

static void match(int second, int id)
{
    char text[400];
    snprintf(text, sizeof text,
             "{\"type\":\"match\",\"trade_id\":%d,\"maker_order_id\":\"a\",\"taker_order_id\":"
             "\"b\",\"side\":\"sell\",\"size\":\"0.5\",\"price\":\"100.5\",\"product_id\":"
             "\"BTC-USD\",\"sequence\":7,\"time\":\"2023-11-14T22:13:20.000000Z\"}",
             id);
    step(TD_FRAME_WS_TEXT, second, text);
}

static void snapshot(int second)
{
    step(TD_FRAME_WS_TEXT, second,
         "{\"type\":\"snapshot\",\"product_id\":\"BTC-USD\",\"asks\":[[\"101.00\",\"2\"]],"
         "\"bids\":[[\"100.00\",\"1\"]]}");
}

static void tell(const char *data_dir)
{
    static const char *const symbols[] = {"BTC-USD"};
    struct deck_params params = rig_params(data_dir, false, symbols, 1);
    CHECK_EQ_I64(deck_open(&deck, &params), 0);
    deck_start(&deck, at(0), TD_ORIGIN_SIM);
    step(TD_FRAME_CONN_OPEN, 0, "wss://x");
    snapshot(1);
    match(2, 10);
    match(3, 11);
    match(4, 15); /* 12, 13 and 14 are missing */
    step(TD_FRAME_CONN_CLOSE, 5, "peer closed");
    step(TD_FRAME_CONN_OPEN, 6, "wss://x");
    snapshot(7);
    match(8, 18); /* 16 and 17 fell into the hole of the connection */
    CHECK_EQ_I64(deck_stop(&deck, at(9)), 0);
    deck_close(&deck);
    free(params.instruments);
}

/* ---- the table ------------------------------------------------------------------------------ */

struct gap {
    int64_t id, from_us, to_us, seq_from, seq_to, missed; /* NONE: null */
    char phase[16], channel[16], kind[16], action[16], note[64];
};

static struct gap gaps[GAPS_MAX];
static size_t gap_count;

static int64_t integer(const struct pq_values *values, size_t row)
{
    return values->valid[row] ? values->cell[row].i : NONE;
}

static void text(const struct pq_values *values, size_t row, char *out, size_t cap)
{
    struct pq_text from = values->cell[row].text;
    snprintf(out, cap, "%.*s", values->valid[row] ? (int)from.bytes : 0, values->heap + from.at);
}

static void take(struct gap *gap, const char *name, const struct pq_values *values, size_t row)
{
    const struct {
        const char *name;
        int64_t *to;
    } numbers[] = {{"gap_id", &gap->id},     {"ts_from", &gap->from_us},
                   {"ts_to", &gap->to_us},   {"seq_from", &gap->seq_from},
                   {"seq_to", &gap->seq_to}, {"missed", &gap->missed}};
    const struct {
        const char *name;
        char *to;
        size_t cap;
    } texts[] = {{"phase", gap->phase, sizeof gap->phase},
                 {"channel", gap->channel, sizeof gap->channel},
                 {"kind", gap->kind, sizeof gap->kind},
                 {"action", gap->action, sizeof gap->action},
                 {"note", gap->note, sizeof gap->note}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(name, numbers[i].name) == 0)
            *numbers[i].to = integer(values, row);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i].name) == 0)
            text(values, row, texts[i].to, texts[i].cap);
}

static void read_file(const char *path)
{
    struct reader *reader = NULL;
    struct pq_values values = {0};
    CHECK_EQ_I64(reader_open(path, NULL, &reader), 0);
    const struct pq_meta *meta = reader_meta(reader);
    CHECK_EQ_I64(meta->group_count, 1);
    for (uint32_t column = 0; column < meta->column_count; column++) {
        CHECK_EQ_I64(reader_column(reader, 0, column, &values), 0);
        CHECK(values.rows <= GAPS_MAX);
        for (size_t row = 0; row < values.rows; row++)
            take(&gaps[row], meta->column[column].name, &values, row);
        gap_count = values.rows;
    }
    values_free(&values);
    reader_close(reader);
}

/* Rows of the one gaps file whose path has this part. */
static void read_gaps(const char *data_dir, const char *part)
{
    static struct tree tree;
    char folder[300], path[600];
    unsigned found = 0;
    snprintf(folder, sizeof folder, "%s/ready", data_dir);
    tree_read(&tree, folder);
    for (unsigned i = 0; i < tree.count; i++) {
        const char *file = tree.file[i].path;
        if (strncmp(file, "gaps/", 5) != 0 || !strstr(file, part) || strstr(file, ".json"))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, file);
        read_file(path);
        found++;
    }
    CHECK_EQ_I64(found, 1);
}

/* Only row of that kind and channel which opens with that action. */
static const struct gap *opened_by(const char *kind, const char *channel, const char *action)
{
    const struct gap *found = NULL;
    for (size_t i = 0; i < gap_count; i++)
        if (strcmp(gaps[i].kind, kind) == 0 && strcmp(gaps[i].channel, channel) == 0 &&
            strcmp(gaps[i].phase, "open") == 0 && strcmp(gaps[i].action, action) == 0) {
            if (found != NULL)
                FAIL("%s %s %s stands twice", kind, channel, action);
            found = &gaps[i];
        }
    if (found == NULL)
        FAIL("no row %s %s %s", kind, channel, action);
    return found;
}

/* A hole that was closed is two rows with one id. */
static const struct gap *check_closed(const struct gap *opened, int from, int to)
{
    const struct gap *closed = NULL;
    for (size_t i = 0; i < gap_count; i++)
        if (gaps[i].id == opened->id && &gaps[i] != opened)
            closed = &gaps[i];
    if (closed == NULL)
        FAIL("gap %lld was not closed", (long long)opened->id);
    CHECK_EQ_STR(closed->phase, "close");
    CHECK_EQ_STR(closed->kind, opened->kind);
    CHECK_EQ_STR(closed->channel, opened->channel);
    CHECK_EQ_I64(opened->from_us, at(from) / 1000);
    CHECK_EQ_I64(opened->to_us, NONE);
    CHECK_EQ_I64(closed->from_us, opened->from_us);
    CHECK_EQ_I64(closed->to_us, at(to) / 1000);
    CHECK(opened < closed);
    return closed;
}

static void check_missed(const struct gap *gap, int64_t from, int64_t to, int64_t missed)
{
    CHECK_EQ_I64(gap->seq_from, from);
    CHECK_EQ_I64(gap->seq_to, to);
    CHECK_EQ_I64(gap->missed, missed);
}

static const struct gap *trade_hole(int64_t first_missed)
{
    for (size_t i = 0; i < gap_count; i++)
        if (strcmp(gaps[i].kind, "trade_id") == 0 && gaps[i].seq_from == first_missed - 1)
            return &gaps[i];
    FAIL("no hole begins at trade %lld", (long long)first_missed);
    return NULL;
}

TEST(every_hole_of_a_symbol_is_told)
{
    static const char *const channels[] = {"book", "trades", "ticker"};
    const char *dir = test_tmpdir();
    tell(dir);
    read_gaps(dir, "symbol=BTC-USD");
    CHECK_EQ_I64(gap_count, 16);
    for (int i = 0; i < 3;
         i++) { /* the book's image ends them all: a ticker may not come for hours */
        const struct gap *began = opened_by("disconnect", channels[i], "restart");
        CHECK_EQ_STR(began->note, "recording starts");
        check_closed(began, 0, 1);
        const struct gap *lost = opened_by("disconnect", channels[i], "reconnect");
        CHECK_EQ_STR(lost->note, "peer closed");
        check_missed(lost, NONE, NONE, NONE);
        check_closed(lost, i == 0 ? 1 : i == 1 ? 4 : 5, 7);
    }
    check_missed(trade_hole(12), 11, 15, 3);
    check_missed(check_closed(trade_hole(12), 3, 4), 11, 15, 3);
    check_missed(check_closed(trade_hole(16), 4, 8), 15, 18, 2);
    for (size_t i = 1; i < gap_count; i++)
        CHECK(gaps[i].id >= gaps[i - 1].id || strcmp(gaps[i].phase, "close") == 0);
}

static const struct gap *of_phase(const char *kind, const char *phase)
{
    for (size_t i = 0; i < gap_count; i++)
        if (strcmp(gaps[i].kind, kind) == 0 && strcmp(gaps[i].phase, phase) == 0)
            return &gaps[i];
    FAIL("no row %s %s", kind, phase);
    return NULL;
}

TEST(start_and_stop_of_the_device_are_told)
{
    const char *dir = test_tmpdir();
    tell(dir);
    read_gaps(dir, "symbol=_all");
    CHECK_EQ_I64(gap_count, 2);
    const struct gap *start = of_phase("start", "close"), *stop = of_phase("stop", "open");
    CHECK_EQ_I64(start->to_us, at(0) / 1000);
    CHECK_EQ_I64(stop->from_us, at(9) / 1000);
    CHECK_EQ_I64(stop->to_us, NONE);
    CHECK(start->id < stop->id);
}

/* ---- completeness: the state page's and the ledger's ---------------------------------------- */

static void change(int second)
{
    step(
        TD_FRAME_WS_TEXT, second,
        "{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\",\"99.00\",\"1\"]],"
        "\"time\":\"2023-11-14T22:13:20.000001Z\"}");
}

static void ticks(int from, int to)
{
    for (int second = from; second < to; second++)
        step(TD_FRAME_TICK, second, "");
}

/* The book is heard each two seconds: the venue promised a beat a second. */
static void quiet(int from, int to)
{
    for (int second = from; second < to; second++) {
        step(TD_FRAME_TICK, second, "");
        if (second % 2 == 0)
            change(second);
    }
}

enum { END = 3600 };

/* Proven but for 0 to 10, 90 to 110 (broken), 290 to 330 (silent, then disconnected), 490 to 700 (crash), 990 to 2400 (stop), 2500 to 2600 (disk). */
static void tell_day(void)
{
    static const struct {
        int change, fault, image; /* last good frame, what ends it, the next image */
        enum td_frame_kind kind;
        const char *payload;
    } faults[] = {
        {90, 95, 110, TD_FRAME_WS_TEXT, "{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"ch"},
        {290, 300, 330, TD_FRAME_CONN_CLOSE, "peer closed"},
        {490, 650, 700, TD_FRAME_START, "x\ncause=crash\n"},
        {990, 1000, 2400, TD_FRAME_STOP, ""},
    };
    deck_start(&deck, at(0), TD_ORIGIN_SIM);
    step(TD_FRAME_CONN_OPEN, 5, "wss://x");
    snapshot(10);
    int now = 11;
    for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++) {
        quiet(now, faults[i].change);
        change(faults[i].change);
        if (faults[i].kind != TD_FRAME_START) /* a crash: nothing comes before the next start */
            ticks(faults[i].change + 1, faults[i].fault);
        step(faults[i].kind, faults[i].fault, faults[i].payload);
        if (faults[i].kind == TD_FRAME_STOP)
            step(TD_FRAME_START, 2380, "x\ncause=stop\n");
        step(TD_FRAME_CONN_OPEN, faults[i].image - 1, "wss://x");
        snapshot(faults[i].image);
        now = faults[i].image + 1;
    }
    quiet(now, 2600);
    char note[200];
    snprintf(note, sizeof note, "kind=journal_full from_ns=%lld to_ns=%lld note=test",
             (long long)at(2500), (long long)at(2600));
    step(TD_FRAME_NOTE, 2600, note);
    quiet(2601, END + 1);
}

TEST(the_state_page_and_the_ledger_agree_on_a_day)
{
    static const char *const symbols[] = {"BTC-USD"};
    const char *dir = test_tmpdir();
    struct deck_params params = rig_params(dir, false, symbols, 1);
    CHECK_EQ_I64(deck_open(&deck, &params), 0);
    tell_day();
    CHECK_EQ_I64(deck_stop(&deck, at(END)), 0);
    struct core_book_status status = core_book_status(deck.core, 0);
    deck_close(&deck);
    free(params.instruments);
    int64_t covered_ms = 0, proven_ms = (int64_t)status.state_ms_today[CORE_TIME_PROVEN];
    for (unsigned worth = 0; worth < CORE_TIMES; worth++)
        covered_ms += (int64_t)status.state_ms_today[worth];
    CHECK_EQ_I64(covered_ms, END * 1000);
    CHECK_EQ_I64(proven_ms, (END - 10 - 20 - 40 - 210 - 1410 - 100) * 1000);

    struct file_list list = {0};
    struct holes holes = {0};
    struct lake_buffer scratch = {0};
    struct completeness is;
    struct holes_query query = {
        .from_us = at(0) / 1000, .to_us = at(END) / 1000, .until_us = HOLE_OPEN};
    CHECK_EQ_I64(files_collect(&list, dir), 0);
    CHECK_EQ_I64(holes_read(&holes, &list, &query), 0);
    const struct hole_stream *stream = NULL;
    for (uint32_t i = 0; i < holes.stream_count; i++)
        if (strcmp(holes_stream(&holes, i)->symbol, "BTC-USD") == 0)
            stream = holes_stream(&holes, i);
    CHECK(stream != NULL);
    CHECK_EQ_I64(
        completeness_of(&holes, stream, TD_CHANNEL_BOOK, query.from_us, query.to_us, &scratch, &is),
        0);
    CHECK_EQ_I64(is.us[PROOF_PROVEN], proven_ms * 1000);
    int64_t sum_us = 0;
    for (unsigned proof = 0; proof < PROOFS; proof++)
        sum_us += is.us[proof];
    CHECK_EQ_I64(sum_us, covered_ms * 1000);
    lake_buffer_free(&scratch);
    holes_free(&holes);
    files_free(&list);
}
