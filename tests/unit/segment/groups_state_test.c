#include "base/state.h"

#include "base/decimal.h"
#include "folder.h"
#include "sample.h"
#include "segment/groups.h"
#include "segment/writer.h"

/* ---- random rows --------------------------------------------------------------------------------- */

struct dice {
    uint64_t state;
};

static uint32_t roll(struct dice *dice, uint32_t sides)
{
    dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((dice->state >> 33) % sides);
}

static const struct {
    enum row_table table;
    const char *exchange, *symbol;
} wanted[] = {
    {ROW_BOOK, "coinbase", "BTC-USD"}, {ROW_BOOK, "coinbase", "A:B"},
    {ROW_BOOK, "coinbase", "A*B"},     {ROW_BOOK, "kraken", "BTC-USD"},
    {ROW_BOOK, "kraken", "BTC-USD"}, /* two sources */
    {ROW_TRADES, "kraken", "BTC-USD"}, {ROW_TRADES, "coinbase", "BTC-USD"},
    {ROW_TICKER, "kraken", "BTC-USD"}, {ROW_GAPS, "_all", "_all"},
    {ROW_CLOCK, "_all", "_all"},       {ROW_INSTRUMENTS, "coinbase", "BTC-USD"},
};
enum { WANTED = sizeof wanted / sizeof wanted[0] };

struct world {
    struct rig rig;
    int stream[WANTED];
    uint64_t frame;
    int64_t recv_ns;
    unsigned char
        state[8192]; /* taken at the last seal: groups by the core, counters by the disk thread */
    size_t state_bytes;
    unsigned sealed;
};

static struct world one, two;

static td_err note_sealed(void *arg, uint64_t frame, enum groups_seal why)
{
    struct world *world = arg;
    CHECK_EQ_U64(frame, world->frame + 1);
    CHECK(why == GROUPS_SEAL_HOUR || why == GROUPS_SEAL_STOP);
    struct td_state state = td_state_save(world->state, sizeof world->state);
    state.used = world->state_bytes;
    writer_state(world->rig.writer, &state);
    CHECK(!state.failed);
    world->state_bytes = state.used;
    world->sealed++;
    return 0;
}

/* reversed: the same streams registered in another order behind one more, as another configuration would. */
static void open_world(struct world *world, const char *dir, bool reversed)
{
    memset(world, 0, sizeof *world);
    struct rig_options options = {.dir = dir,
                                  .streams_max = reversed ? 40 : WANTED,
                                  .rows_max = 700,
                                  .pool_bytes = 64 * TD_PAGE_BYTES,
                                  .segment_bytes = 20000,
                                  .sealed = note_sealed,
                                  .sealed_arg = world};
    CHECK_EQ_I64(rig_open(&world->rig, options), 0);
    if (reversed)
        groups_stream(world->rig.groups, ROW_BOOK, "aaa", "new");
    for (int i = 0; i < WANTED; i++) {
        /* the two of one name keep their order: nothing else tells them apart */
        int at = !reversed ? i : i == 3 || i == 4 ? i : i < 3 ? 2 - i : WANTED + 4 - i;
        world->stream[at] = groups_stream(world->rig.groups, wanted[at].table, wanted[at].exchange,
                                          wanted[at].symbol);
    }
    world->recv_ns = RIG_START_NS;
}

static void fill(struct groups *groups, int stream, enum row_table table, void *row,
                 struct dice *dice)
{
    char text[16];
    int bytes = snprintf(text, sizeof text, "%u", roll(dice, 500));
    if (table == ROW_BOOK) {
        struct row_book *book = row;
        book->price = td_steps_to_double(6000000 + roll(dice, 900), 2);
        book->size = td_steps_to_double(roll(dice, 100000), 5);
        book->side = (uint8_t)roll(dice, 2);
        if (roll(dice, 20) == 0)
            book->size_text = groups_text(groups, stream, text, (size_t)bytes);
    } else if (table == ROW_TRADES) {
        struct row_trade *trade = row;
        trade->price = trade->size = 1 + roll(dice, 1000);
        trade->uid = groups_text(groups, stream, text, (size_t)bytes);
    } else if (table == ROW_TICKER) {
        struct row_ticker *ticker = row;
        ticker->present = roll(dice, 65536);
        ticker->value[roll(dice, TD_TICKER_FIELDS)] = roll(dice, 1000);
    } else if (table == ROW_INSTRUMENTS) {
        struct row_instrument *instrument = row;
        instrument->symbol_raw = instrument->price_step = instrument->size_step =
            groups_text(groups, stream, text, (size_t)bytes);
    }
}

static void one_frame(struct world *world, struct dice *dice)
{
    struct groups *groups = world->rig.groups;
    unsigned at = roll(dice, 8) ? roll(dice, 5) : roll(dice, WANTED);
    struct row_head head = {.frame = ++world->frame,
                            .recv_ns = world->recv_ns += roll(dice, 2000000),
                            .event_ns = world->recv_ns - roll(dice, 1000000),
                            .conn = roll(dice, 3)};
    if (roll(dice, 400) == 0) /* the clock steps back or forth without a seal */
        world->recv_ns += roll(dice, 2) ? TD_NS_PER_HOUR : -TD_NS_PER_HOUR;
    if (roll(dice, 300) == 0)
        groups_scales(groups, world->stream[at], (int)roll(dice, 12), (int)roll(dice, 12),
                      roll(dice, 2));
    groups_head(groups, world->stream[at], &head);
    for (unsigned rows = 1 + roll(dice, 40); rows > 0; rows--) {
        void *row = groups_append(groups, world->stream[at]);
        fill(groups, world->stream[at], wanted[at].table, row, dice);
    }
}

static void run(struct world *world, uint64_t seed, unsigned frames)
{
    struct dice dice = {seed};
    for (unsigned i = 0; i < frames; i++)
        one_frame(world, &dice);
}

/* As the core does: the state of the groups is taken right behind the seal, the counters when the disk thread is through. */
static void seal(struct world *world, enum groups_seal why)
{
    unsigned before = world->sealed;
    groups_seal_all(world->rig.groups, why, world->frame + 1);
    struct td_state state = td_state_save(world->state, sizeof world->state);
    groups_state(world->rig.groups, &state);
    CHECK(!state.failed);
    world->state_bytes = state.used;
    rig_drain(&world->rig);
    CHECK_EQ_U64(world->sealed, before + 1);
    CHECK_EQ_I64(writer_stats(world->rig.writer).last_err, 0);
}

static void load(struct world *to, const struct world *from)
{
    struct td_state state = td_state_load(from->state, from->state_bytes);
    groups_state(to->rig.groups, &state);
    writer_state(to->rig.writer, &state);
    CHECK(!state.failed);
    CHECK_EQ_U64(state.used, from->state_bytes);
    to->frame = from->frame;
    to->recv_ns = from->recv_ns;
}

/* ---- tests --------------------------------------------------------------------------------------- */

/* Everything behind a seal is a function of what was saved: neither of pages, blocks and contexts used before nor of the order and number
   of the streams. */
TEST(a_loaded_state_goes_on_as_the_living_one)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        char name[2][40];
        snprintf(name[0], sizeof name[0], "live-%d", (int)seed);
        snprintf(name[1], sizeof name[1], "loaded-%d", (int)seed);
        const char *dir[2] = {fresh_dir(name[0]), fresh_dir(name[1])};
        open_world(&one, dir[0], false);
        open_world(&two, dir[1], true);
        run(&one, seed, 1500);
        seal(&one, GROUPS_SEAL_HOUR);
        int before = count_files(dir[0], SEGMENTS);
        CHECK(before > WANTED);
        load(&two, &one);
        run(&one, seed + 100, 1500);
        run(&two, seed + 100, 1500);
        seal(&one, GROUPS_SEAL_STOP);
        seal(&two, GROUPS_SEAL_STOP);
        CHECK_EQ_I64(count_files(dir[0], SEGMENTS), before + count_files(dir[1], SEGMENTS));
        CHECK(count_files(dir[1], SEGMENTS) > WANTED);
        check_tree_within(dir[1], dir[0]);
        CHECK_EQ_U64(writer_stats(one.rig.writer).differs, 0);
        rig_close(&one.rig);
        rig_close(&two.rig);
    }
}

TEST(after_a_reset_the_same_rows_give_the_same_bytes)
{
    const char *dir[2] = {fresh_dir("reset"), fresh_dir("never-reset")};
    open_world(&one, dir[0], false);
    open_world(&two, dir[1], false);
    run(&one, 7, 700);
    rig_drain(&one.rig);
    groups_reset(one.rig.groups); /* with open groups in the middle of their pages */
    CHECK_EQ_I64(writer_reset(one.rig.writer), 0);
    CHECK_EQ_I64(count_files(dir[0], ACTIVE), 0);
    for (int i = 0; i < WANTED; i++)
        CHECK_EQ_I64(
            groups_stream(one.rig.groups, wanted[i].table, wanted[i].exchange, wanted[i].symbol),
            i);
    CHECK_EQ_U64(groups_rows(one.rig.groups, ROW_BOOK), 0);
    CHECK_EQ_U64(groups_pool_percent(one.rig.groups), 0);
    writer_names_from_start(one.rig.writer);
    one.frame = 0;
    one.recv_ns = RIG_START_NS;
    run(&one, 7, 1500);
    run(&two, 7, 1500);
    seal(&one, GROUPS_SEAL_STOP);
    seal(&two, GROUPS_SEAL_STOP);
    check_same_trees(dir[0], dir[1]);
    rig_close(&one.rig);
    rig_close(&two.rig);
}

TEST(cut_or_flipped_bytes_never_write_beyond)
{
    open_world(&one, fresh_dir("hostile-a"), false);
    open_world(&two, fresh_dir("hostile-b"), false);
    run(&one, 3, 500);
    groups_seal_all(one.rig.groups, GROUPS_SEAL_HOUR, one.frame + 1);
    unsigned char bytes[2048], bad[2048];
    struct td_state state = td_state_save(bytes, sizeof bytes);
    groups_state(one.rig.groups, &state);
    CHECK(!state.failed);
    for (size_t cut = 0; cut < state.used; cut++) {
        struct td_state from = td_state_load(bytes, cut);
        groups_state(two.rig.groups, &from);
        CHECK(from.failed);
    }
    for (size_t at = 0; at < state.used * 8; at++) {
        memcpy(bad, bytes, state.used);
        bad[at / 8] ^= (unsigned char)(1 << at % 8);
        struct td_state from = td_state_load(bad, state.used);
        groups_state(two.rig.groups, &from);
    }
    struct td_state room = td_state_save(bad, 10);
    groups_state(one.rig.groups, &room);
    CHECK(room.failed);
    one.frame = (uint64_t)0;
    rig_close(&one.rig);
    rig_close(&two.rig);
}
