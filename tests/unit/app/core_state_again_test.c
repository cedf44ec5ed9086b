/* Features and models after a kill, with the input going on unchanged: from a state and the frames behind it every output is the one of a
   core that was never killed, bit for bit, column by column (SPEC F48, F49). Files and fields of all tables: core_state_test. */
#include "app/core_parts.h"

#include <stdlib.h>

#include "../../features_on.h"
#include "again_input.h"
#include "base/log.h"
#include "base/state.h"
#include "segment/gather.h"
#include "test.h"

enum {
    STATE_MAX = 8 << 20,
    SAVES_MAX = 16,
    KINDS_MAX = 32,  /* table, symbol and model together */
    OUTPUTS = 10000, /* that must be equal behind each state */
    MODELS = 3,
};

/* ---- a core and what it gave out ------------------------------------------------------------------------------------------------ */

/* Rows of one table, symbol and model; what of them does not depend on the pages they stood in. */
struct outputs {
    enum row_table table;
    char symbol[TD_SYMBOL_MAX], model[MODEL_ID_MAX];
    unsigned count, capacity;
    size_t row_bytes;
    unsigned char *row; /* each a struct row_head, then the row */
};

struct save {
    unsigned char *state;
    size_t bytes;
    uint64_t frame;
    unsigned outputs, of[KINDS_MAX]; /* given out before it */
    double told[SYMBOLS][MODELS][4]; /* what no row tells, but the state page does */
};

struct run {
    struct core *core;
    struct groups *groups;
    void *core_mem, *groups_mem, *names_mem, *view_mem;
    struct outputs kind[KINDS_MAX];
    unsigned kinds, outputs;
    struct save save[SAVES_MAX];
    unsigned saves;
    const struct run *like; /* NULL: the first one, which keeps its states */
};

static struct feature_config config;
static const struct packed_layout *layout;

static struct outputs *outputs_of(struct run *run, const struct group_view *view,
                                  struct stream_name name, const unsigned char *row)
{
    char model[MODEL_ID_MAX] = "";
    if (name.table == ROW_PREDICTIONS) {
        struct row_prediction prediction;
        size_t bytes;
        memcpy(&prediction, row, sizeof prediction);
        const char *id = group_view_text(view, prediction.model_id, &bytes);
        snprintf(model, sizeof model, "%.*s", (int)bytes, id);
    }
    for (unsigned k = 0; k < run->kinds; k++)
        if (run->kind[k].table == name.table && strcmp(run->kind[k].symbol, name.symbol) == 0 &&
            strcmp(run->kind[k].model, model) == 0)
            return &run->kind[k];
    CHECK(run->kinds < KINDS_MAX);
    struct outputs *kind = &run->kind[run->kinds++];
    *kind = (struct outputs){.table = name.table,
                             .row_bytes = sizeof(struct row_head) + view->row_bytes};
    snprintf(kind->symbol, sizeof kind->symbol, "%s", name.symbol);
    snprintf(kind->model, sizeof kind->model, "%s", model);
    return kind;
}

/* Places in the group's lists are of the group; the holes of a struct are of nobody. */
static void keep(struct outputs *kind, const struct row_head *head, const unsigned char *from,
                 size_t row_bytes)
{
    const uint32_t none = 0;
    if (kind->count == kind->capacity) {
        kind->capacity = kind->capacity ? 2 * kind->capacity : 64;
        kind->row = realloc(kind->row, kind->capacity * kind->row_bytes);
    }
    unsigned char *to = kind->row + kind->count++ * kind->row_bytes;
    struct row_head whole;
    memset(&whole, 0, sizeof whole);
    whole.frame = head->frame;
    whole.recv_ns = head->recv_ns;
    whole.event_ns = head->event_ns;
    whole.seq = head->seq;
    whole.conn = head->conn;
    whole.origin = head->origin;
    whole.has_seq = head->has_seq;
    memcpy(to, &whole, sizeof whole);
    memcpy(to + sizeof whole, from, row_bytes);
    size_t head_at = kind->table == ROW_FEATURES ? offsetof(struct packed_row, head)
                                                 : offsetof(struct row_prediction, head);
    memcpy(to + sizeof whole + head_at, &none, sizeof none);
    if (kind->table == ROW_PREDICTIONS)
        memset(to + sizeof whole + offsetof(struct row_prediction, model_id), 0, sizeof(row_text));
}

static void take_group(struct run *run, const struct cut *cut)
{
    struct stream_name name = cut_stream(run->groups, cut->stream);
    struct group_view view;
    if (name.table != ROW_FEATURES && name.table != ROW_PREDICTIONS)
        return;
    group_view_init(&view, run->view_mem, cut_params(run->groups)->rows_max, cut, name.table,
                    run->groups);
    layout = name.table == ROW_FEATURES ? view.layout : layout;
    uint32_t per_page = TD_PAGE_BYTES / view.row_bytes;
    for (uint32_t i = 0; i < cut->rows; i++) {
        const unsigned char *row =
            view.row_page[i / per_page] + (size_t)(i % per_page) * view.row_bytes;
        struct outputs *kind = outputs_of(run, &view, name, row);
        uint32_t head;
        memcpy(&head,
               row + (name.table == ROW_FEATURES ? offsetof(struct packed_row, head)
                                                 : offsetof(struct row_prediction, head)),
               sizeof head);
        keep(kind, group_view_head(&view, head), row, view.row_bytes);
        run->outputs++;
    }
}

static void take_cuts(struct run *run)
{
    for (const struct cut *cut; (cut = cut_peek(run->groups)) != NULL; cut_done(run->groups))
        if (cut->stream >= 0)
            take_group(run, cut);
}

static void tell(const struct core *core, double told[SYMBOLS][MODELS][4])
{
    memset(told, 0, SYMBOLS * sizeof *told);
    for (unsigned i = 0; i < core->instrument_count; i++)
        for (unsigned m = 0; m < MODELS; m++) {
            struct model_stats stats = model_stats(core->instrument[i].model[m]);
            told[i][m][0] = stats.accuracy;
            told[i][m][1] = stats.balanced_accuracy;
            told[i][m][2] = stats.brier;
            told[i][m][3] = (double)stats.stale;
        }
}

static void check_told(const struct save *save, const struct core *core)
{
    double told[SYMBOLS][MODELS][4];
    const void *now = told,
               *then = save->told; /* bit for bit: null is NAN, and equals itself here */
    tell(core, told);
    CHECK(memcmp(now, then, sizeof told) == 0);
}

static void check_state(const struct run *like, const struct core *core, uint64_t frame,
                        const unsigned char *bytes, size_t count)
{
    unsigned i = 0;
    while (i < like->saves && like->save[i].frame != frame)
        i++;
    CHECK(i < like->saves);
    CHECK_EQ_U64(count, like->save[i].bytes);
    CHECK(memcmp(bytes, like->save[i].state, count) == 0);
    check_told(&like->save[i], core);
}

/* The first run keeps its states, where a SEAL asks for one; the others come by the same. */
static void on_sealed(void *arg, uint64_t frame, enum groups_seal why)
{
    static unsigned char bytes[STATE_MAX];
    struct run *run = arg;
    (void)why;
    take_cuts(run);
    struct td_state state = td_state_save(bytes, sizeof bytes);
    core_state(run->core, &state);
    CHECK(!state.failed);
    if (run->core->frame->kind != TD_FRAME_SEAL)
        return;
    if (run->like != NULL) {
        check_state(run->like, run->core, frame, bytes, state.used);
        return;
    }
    CHECK(run->saves < SAVES_MAX);
    struct save *save = &run->save[run->saves++];
    *save = (struct save){
        .frame = frame, .bytes = state.used, .state = malloc(state.used), .outputs = run->outputs};
    memcpy(save->state, bytes, state.used);
    for (unsigned k = 0; k < run->kinds; k++)
        save->of[k] = run->kind[k].count;
    tell(run->core, save->told);
}

static void *room(size_t bytes)
{
    void *at = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
    memset(at, 0, bytes);
    return at;
}

static struct run *run_new(void)
{
    static struct core_source_params source;
    struct run *run = calloc(1, sizeof *run);
    const struct venue *venue = venue_find("coinbase");
    run->names_mem = malloc(instruments_footprint(2));
    struct instruments *table = instruments_init(run->names_mem, 2);
    for (unsigned s = 0; s < 2; s++)
        CHECK(instruments_add(table, 0, symbols[s], symbols[s]) >= 0);
    source =
        (struct core_source_params){.venue = venue, .rest_url = venue->rest_url, .channels = 7};
    struct core_params params = {.instruments = table,
                                 .sources = &source,
                                 .source_count = 1,
                                 .pool_levels = 4096,
                                 .sealed = on_sealed,
                                 .sealed_arg = run,
                                 .capacity = SYMBOLS};
    features_on_core(&params, &config);
    struct groups_params groups = {
        .streams_max = core_streams_needed(&params), .rows_max = 1000, .pool_bytes = 8 << 20};
    run->groups_mem = room(groups_footprint(&groups));
    run->groups = params.groups = groups_init(run->groups_mem, &groups);
    run->view_mem = room(group_view_footprint(groups.rows_max));
    run->core_mem = room(core_footprint(&params));
    run->core = core_init(run->core_mem, &params);
    return run;
}

static void run_free(struct run *run)
{
    for (unsigned k = 0; k < run->kinds; k++)
        free(run->kind[k].row);
    for (unsigned i = 0; i < run->saves; i++)
        free(run->save[i].state);
    free(run->core_mem);
    free(run->groups_mem);
    free(run->names_mem);
    free(run->view_mem);
    free(run);
}

/* Weights that another instrument has learned, as frames that stay in the input: the same in each, so that only the first is taken. */
static void make_weights(struct run *run)
{
    static const char address[] = "coinbase BTC-USD half\n";
    static char text[TEXT_MAX + sizeof address];
    const size_t head = sizeof address - 1;
    memcpy(text, address, head);
    int bytes = model_weights_text(run->core->instrument[1].model[1], text + head, TEXT_MAX);
    CHECK(bytes > 0);
    for (unsigned i = 0; i < input.count; i++)
        if (input.frame[i].kind == TD_FRAME_WEIGHTS) {
            free((void *)(uintptr_t)input.frame[i].payload);
            input.frame[i].payload = strndup(text, head + (size_t)bytes);
            input.frame[i].bytes = (uint32_t)(head + (size_t)bytes);
        }
}

/* Frames from `first` on, to the end or until so much was given out. */
static void go(struct run *run, uint64_t first, unsigned outputs)
{
    for (uint64_t n = first; n <= input.count && run->outputs < outputs; n++) {
        const struct td_frame *frame = &input.frame[n - 1];
        if (frame->kind == TD_FRAME_WEIGHTS && frame->bytes == 0)
            make_weights(run);
        core_step(run->core, frame);
        take_cuts(run);
    }
}

/* ---- comparing ---------------------------------------------------------------------------------------------------------------------- */

/* What stands in a place that is null is of nobody. */
static void check_columns(const struct outputs *kind, const unsigned char *want,
                          const unsigned char *got, uint64_t frame)
{
    for (unsigned f = 0; f < FEATURES; f++) {
        double a = 0, b = 0;
        bool has_a = packed_get(layout, want, f, &a), has_b = packed_get(layout, got, f, &b);
        if (has_a != has_b || a != b)
            FAIL("state of frame %llu: %s of %s: %.17g, and %.17g after it",
                 (unsigned long long)frame, feature_at(f)->name, kind->symbol, a, b);
    }
}

static void check_row(const struct outputs *kind, const unsigned char *want,
                      const unsigned char *got, uint64_t frame)
{
    const size_t head = sizeof(struct row_head);
    size_t bytes = kind->row_bytes;
    if (memcmp(want, got, bytes) == 0)
        return;
    if (kind->table == ROW_FEATURES) {
        check_columns(kind, want + head, got + head, frame);
        bytes = head + offsetof(struct packed_row, flags) + sizeof(uint8_t);
    }
    if (memcmp(want, got, bytes) != 0)
        FAIL("state of frame %llu: %s %s: other values", (unsigned long long)frame, kind->symbol,
             kind->model);
}

/* Outputs that were compared. */
static unsigned check_kind(const struct run *whole, const struct outputs *got,
                           const struct save *save)
{
    unsigned k = 0;
    while (k < whole->kinds &&
           (whole->kind[k].table != got->table || strcmp(whole->kind[k].symbol, got->symbol) != 0 ||
            strcmp(whole->kind[k].model, got->model) != 0))
        k++;
    CHECK(k < whole->kinds);
    const struct outputs *want = &whole->kind[k];
    CHECK(save->of[k] + got->count <= want->count);
    for (unsigned n = 0; n < got->count; n++) {
        const unsigned char *a = want->row + (save->of[k] + n) * want->row_bytes,
                            *b = got->row + n * got->row_bytes;
        check_row(got, a, b, save->frame);
    }
    return got->count;
}

/* Whether groups still hold rows does not matter: they stand in both. */
static unsigned check_from(const struct run *whole, const struct save *save)
{
    struct run *run = run_new();
    struct td_state state = td_state_load(save->state, save->bytes);
    unsigned compared = 0;
    run->like = whole;
    core_state(run->core, &state);
    CHECK(!state.failed && state.used == save->bytes);
    go(run, save->frame, OUTPUTS);
    for (unsigned k = 0; k < run->kinds; k++)
        compared += check_kind(whole, &run->kind[k], save);
    run_free(run);
    return compared;
}

/* Every column, and models of three horizons that look at more than QuoteWatch's four. */
static void configure(int emit, uint32_t window_events)
{
    static const char models[] = "short@100=spread_bps+imbalance+depth+volatility+ofi_sum_5s "
                                 "half@500=spread_bps+imbalance+depth+volatility "
                                 "long@1000=microprice+rv_60s+vpin+kyle_lambda+tfi_30s";
    struct model_params base = model_defaults();
    char complaint[240] = "";
    config = features_on(emit);
    config.features.window_events = window_events;
    config.features.vpin_bucket = 20;
    base.ready_per_class = 5;
    base.ring = 8; /* fills, and gives samples out early */
    config.model_count =
        (unsigned)model_parse(models, &base, config.model, complaint, sizeof complaint);
    CHECK_EQ_I64(config.model_count, 3);
}

static void check_first_run(const struct run *whole)
{
    struct core_instrument *in = &whole->core->instrument[0];
    struct features_counts counts = features_counts(in->features);
    CHECK_EQ_U64(whole->saves, sizeof before / sizeof *before);
    CHECK(model_stats(in->model[1]).ready && model_stats(in->model[2]).evicted > 0);
    CHECK(in->weights[1] != 0);
    CHECK(counts.events > 5000);
}

static void check_all(int emit, uint32_t window_events)
{
    td_log_setup(2, TD_LOG_OFF, NULL);
    configure(emit, window_events);
    fill_input();
    struct run *whole = run_new();
    go(whole, 1, UINT32_MAX);
    check_first_run(whole);
    for (unsigned i = 0; i < whole->saves; i++) {
        unsigned compared = check_from(whole, &whole->save[i]);
        CHECK(compared >= (emit == CORE_EMIT_EVENT ? OUTPUTS : OUTPUTS / 2));
    }
    run_free(whole);
}

TEST(ten_thousand_outputs_after_each_state_are_those_of_no_kill)
{
    check_all(CORE_EMIT_EVENT, 2048);
}

TEST(rows_of_each_second_are_too)
{
    check_all(CORE_EMIT_SECOND, 32768);
}
