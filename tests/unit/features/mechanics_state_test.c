#include "mechanics_stream.h"

static struct rig *reloaded(struct rig *r)
{
    size_t most = mechanics_state_bytes();
    void *bytes = malloc(most);
    struct td_state save = td_state_save(bytes, most);
    struct mechanics *before = r->m;

    mechanics_state(before, &save);
    CHECK(!save.failed);
    r->m = mechanics_init(malloc(mechanics_footprint()), &r->params);
    mechanics_on_touch(r->m, rig_touched, r, 7);
    struct td_state load = td_state_load(bytes, save.used);
    mechanics_state(r->m, &load);
    CHECK(!load.failed);
    CHECK_EQ_U64(load.used, save.used);
    free(before);
    free(bytes);
    return r;
}

TEST(what_was_loaded_goes_on_as_what_was_saved)
{
    struct rig *a = rig(), *b = rig();
    struct stream s = {.random = 11}, t = {.random = 11};

    for (int i = 0; i < 1200; i++) {
        stream_step(&s, a, 1, 1);
        stream_step(&t, b, 1, 1);
        if (i % 90 == 0)
            reloaded(b);
        if (i % 30 != 0)
            continue;
        stream_row(a);
        stream_row(b);
        rows_equal(&a->row, &b->row);
    }
    CHECK_EQ_I64(a->touches, b->touches);
    rig_free(a);
    rig_free(b);
}

TEST(cut_state_is_refused)
{
    struct rig *r = rig();
    struct stream s = {.random = 4};
    size_t most = mechanics_state_bytes();
    void *bytes = malloc(most);

    for (int i = 0; i < 200; i++)
        stream_step(&s, r, 1, 1);
    struct td_state save = td_state_save(bytes, most);
    mechanics_state(r->m, &save);
    for (size_t cut = 0; cut < save.used; cut += save.used / 37 + 1) {
        struct td_state load = td_state_load(bytes, cut);
        mechanics_init(r->m, &r->params);
        mechanics_state(r->m, &load);
        CHECK(load.failed);
    }
    free(bytes);
    rig_free(r);
}

/* Values are in quote and base units, so that finer steps change none, but for the one step more of a fill. */
TEST(finer_steps_change_nothing)
{
    struct rig *a = rig(), *b = rig();
    struct stream s = {.random = 21}, t = {.random = 21};
    int64_t factor = 1;

    for (int i = 0; i < 900; i++) {
        if (i == 450) {
            factor = 10;
            mechanics_rescale(b->m, 10, 10);
            CHECK(book_rescale(b->book, 10, 10) >= 0);
        }
        stream_step(&s, a, 1, 1);
        stream_step(&t, b, factor, factor);
        stream_row(a);
        stream_row(b);
        CHECK_EQ_MEM(&a->row.present, &b->row.present, sizeof a->row.present);
        static const unsigned same[] = {
            FEATURE_level_price,   FEATURE_distance,       FEATURE_atr,
            FEATURE_barrier_added, FEATURE_tape_imbalance, FEATURE_tape_velocity,
            FEATURE_prior_touches};
        for (unsigned j = 0; j < sizeof same / sizeof same[0]; j++)
            if (feature_has(&a->row, same[j]))
                CHECK_NEAR_F64(a->row.value[same[j]], b->row.value[same[j]], 1e-9);
    }
    rig_free(a);
    rig_free(b);
}

TEST(steps_that_do_not_fit_forget_everything)
{
    struct rig *r = rig();
    rig_trade(r, 1, INT64_MAX / 4, 1, TD_TAKER_BUY);
    rig_trade(r, 61, INT64_MAX / 4, 1, TD_TAKER_BUY);
    mechanics_rescale(r->m, 10, 1);
    rig_set(r, TD_SIDE_BID, 99970, 1000);
    rig_set(r, TD_SIDE_ASK, 99990, 10);
    rig_book(r, 62);
    CHECK(!HAS(atr));
    rig_free(r);
}
