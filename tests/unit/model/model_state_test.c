#include "base/state.h"
#include "model/model_parts.h"
#include "model_rig.h"

static unsigned char saved[400000], again[400000];

static size_t save(const struct rig *rig, unsigned char *out)
{
    struct td_state state = td_state_save(out, model_state_bytes(model_params_of(rig->model)));
    model_state(rig->model, &state);
    CHECK(!state.failed);
    return state.used;
}

static bool load(struct rig *rig, const void *bytes, size_t count)
{
    struct td_state state = td_state_load(bytes, count);
    model_state(rig->model, &state);
    return !state.failed && state.used == count;
}

static void run(struct rig *rig, struct rig_market *market, int events)
{
    for (int i = 0; i < events; i++)
        rig_market_event(rig, market);
}

static void continues(const struct model_params *params, int before)
{
    struct rig rig = rig_open(params), other = rig_open(params);
    struct rig_market market = {.random = 31, .mid = 1000};
    run(&rig, &market, before);
    size_t bytes = save(&rig, saved);
    CHECK(load(&other, saved, bytes));
    CHECK_EQ_U64(save(&other, again), bytes);
    CHECK_EQ_MEM(saved, again, bytes);
    struct rig_market same = market;
    other.frame = rig.frame;
    size_t from = rig.rows;
    while (rig.rows < from + 10000)
        run(&rig, &market, 1);
    while (other.rows < 10000)
        run(&other, &same, 1);
    for (size_t i = 0; i < 10000; i++)
        rig_same_row(&rig.row[from + i], &other.row[i]);
    struct model_stats a = model_stats(rig.model), b = model_stats(other.model);
    CHECK_EQ_F64(a.accuracy, b.accuracy);
    CHECK_EQ_F64(a.brier, b.brier);
    CHECK_EQ_F64(a.probability, b.probability);
    CHECK(a.evicted == b.evicted && a.stale == b.stale && a.waiting == b.waiting);
    for (int i = 0; i < 4; i++)
        CHECK_EQ_F64(a.weight[i], b.weight[i]);
    rig_close(&rig);
    rig_close(&other);
}

TEST(goes_on_bit_for_bit_from_anywhere)
{
    struct model_params params = model_defaults();
    static const int at[] = {0, 1, 7, 100, 3000, 12345};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        continues(&params, at[i]);
}

TEST(goes_on_with_a_small_ring_stale_samples_and_in_compat)
{
    struct model_params params = model_defaults();
    params.ring = 20;
    continues(&params, 5000);
    params.ring = 500;
    params.horizon_ms = 2600;
    continues(&params, 5000);
    params.compat_quotewatch = true;
    continues(&params, 5000);
}

TEST(the_stated_most_holds_the_largest)
{
    struct model_params params = model_defaults();
    params.input_count = MODEL_INPUTS_MAX;
    params.ring = 300;
    struct rig rig = rig_open(&params);
    double inputs[MODEL_INPUTS_MAX];
    for (int i = 0; i < MODEL_INPUTS_MAX; i++)
        inputs[i] = -1e-300 * i;
    for (uint64_t i = 0; i < 2000; i++) { /* every difference as long as can be */
        struct model_event event = {.frame = i % 2 ? UINT64_MAX / 2 : 0,
                                    .recv_ns = i % 2 ? INT64_MAX : INT64_MIN,
                                    .event_ns = i % 2 ? INT64_MAX / 2 : INT64_MIN / 2,
                                    .seq = i % 2 ? INT64_MIN / 2 : INT64_MAX / 2,
                                    .conn = UINT32_MAX,
                                    .origin = 255,
                                    .has_seq = 1};
        model_event(rig.model, &event, -1e300, inputs, rig_row, &rig);
    }
    size_t bytes = save(&rig, saved);
    struct rig other = rig_open(&params);
    CHECK(load(&other, saved, bytes));
    CHECK_EQ_U64(save(&other, again), bytes);
    CHECK_EQ_MEM(saved, again, bytes);
    rig_close(&rig);
    rig_close(&other);
}

/* Whatever a model can come to is taken back: inputs at the very end, weights of a file at the very end. */
TEST(the_most_extreme_state_is_loaded)
{
    struct model_params params = model_defaults();
    params.input_count = 2;
    struct rig rig = rig_open(&params), other = rig_open(&params);
    static const char text[] =
        "model = sgd-v1\nfeatures = spread_bps+imbalance\nn = 1000000000000000\n"
        "mean = 1e70 -1e70\nm2 = 1e150 0\nw = 1e80 -1e80\nc = 1e80\n"
        "sha256 = 6ff00dfdff1e699540ff69eaa0874eb11b6023a1c92ffe81a0100109f64f343d\n";
    for (int from_file = 0; from_file < 2; from_file++) {
        if (from_file)
            CHECK(model_weights_take(rig.model, text, sizeof text - 1));
        for (int i = 0; i < 3000; i++) {
            double inputs[2] = {1e70, i % 2 && i > 1500 ? 1e70 : -1e70};
            rig_event_of(&rig, i * 600.0 + from_file * 1e7, i % 3 ? 100 : 101, inputs);
        }
        CHECK(load(&other, saved, save(&rig, saved)));
        CHECK_EQ_U64(model_stats(other.model).samples_total, model_stats(rig.model).samples_total);
    }
    rig_close(&rig);
    rig_close(&other);
}

TEST(saving_where_there_is_no_room_fails)
{
    struct model_params params = model_defaults();
    struct rig rig = rig_open(&params);
    struct rig_market market = {.random = 31, .mid = 1000};
    run(&rig, &market, 300);
    size_t bytes = save(&rig, saved);
    for (size_t cap = 0; cap < bytes; cap += 101) {
        struct td_state state = td_state_save(again, cap);
        model_state(rig.model, &state);
        CHECK(state.failed);
    }
    rig_close(&rig);
}

/* What was refused is as new; what was taken works. The sanitizers watch. */
static void try_bytes(const struct model_params *params, const unsigned char *bytes, size_t count,
                      int *taken, int *refused)
{
    struct rig rig = rig_open(params);
    if (load(&rig, bytes, count)) {
        ++*taken;
    } else {
        ++*refused;
        struct td_state state = td_state_load(bytes, count);
        model_state(rig.model, &state);
        if (state.failed)
            CHECK(model_stats(rig.model).waiting == 0 && model_stats(rig.model).samples_total == 0);
    }
    struct rig_market market = {.random = 1, .mid = 1000};
    run(&rig, &market, 60);
    rig_flush(&rig, MODEL_SHUTDOWN);
    for (size_t i = 0; i < rig.rows; i++)
        CHECK(rig.row[i].prediction < 0 ||
              (rig.row[i].probability >= 0 && rig.row[i].probability <= 1));
    rig_close(&rig);
}

TEST(hostile_bytes_do_no_harm)
{
    struct model_params params = model_defaults();
    params.ring = 40;
    struct rig rig = rig_open(&params);
    struct rig_market market = {.random = 31, .mid = 1000};
    run(&rig, &market, 2000);
    size_t bytes = save(&rig, saved);
    int taken = 0, refused = 0;
    uint64_t random = 99;
    for (size_t i = 0; i < bytes; i += 3) {
        memcpy(again, saved, bytes);
        again[i] = (unsigned char)rig_random(&random);
        try_bytes(&params, again, bytes, &taken, &refused);
    }
    for (size_t cut = 0; cut < bytes; cut += 17)
        try_bytes(&params, saved, cut, &taken, &refused);
    CHECK(taken > 100 && refused > 100);
    rig_close(&rig);
}

TEST(another_shape_is_refused)
{
    struct model_params params = model_defaults(), small = model_defaults();
    small.ring = 5;
    struct rig rig = rig_open(&params), other = rig_open(&small);
    for (int i = 0; i < 20; i++)
        rig_event(&rig, i, 100);
    size_t bytes = save(&rig, saved);
    CHECK(!load(&other, saved, bytes));
    CHECK_EQ_I64(model_stats(other.model).waiting, 0);
    rig_close(&rig);
    rig_close(&other);
}
