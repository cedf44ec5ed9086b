#include "segment/groups.h"

#include "base/decimal.h"
#include "sample.h"
#include "segment/cut.h"
#include "test.h"

struct seen {
    int stream;
    uint32_t rows, heads;
    uint64_t frame_first, frame_last;
};

/* A disk thread that only looks: gives pages back at once, or holds `hold` groups first. */
struct looker {
    struct groups *groups;
    struct seen seen[4096];
    int count;
};

static int look(void *arg)
{
    struct looker *looker = arg;
    const struct cut *cut = cut_peek(looker->groups);
    if (!cut)
        return 0;
    looker->seen[looker->count++] =
        (struct seen){cut->stream, cut->rows, cut->heads, cut->frame_first, cut->frame_last};
    cut_done(looker->groups);
    return 1;
}

static void *open_groups(struct looker *looker, uint32_t rows_max, uint32_t pages)
{
    struct groups_params params = {
        .streams_max = 4, .rows_max = rows_max, .pool_bytes = (uint64_t)pages * TD_PAGE_BYTES};
    void *mem = rig_memory(groups_footprint(&params));
    memset(looker, 0, sizeof *looker);
    looker->groups = groups_init(mem, &params);
    groups_inline(looker->groups, look, looker);
    return mem;
}

static struct looker one, two;

TEST(a_group_is_cut_at_its_row_limit)
{
    void *mem = open_groups(&one, 100, 64);
    int stream = groups_stream(one.groups, ROW_BOOK, "x", "y");
    sample_book(one.groups, stream, 250, 10);
    while (look(&one))
        ;
    CHECK_EQ_I64(one.count, 2);
    CHECK_EQ_U64(one.seen[0].rows, 100);
    CHECK_EQ_U64(one.seen[0].heads, 10);
    CHECK_EQ_U64(one.seen[1].frame_first, 11);
    CHECK_EQ_U64(one.seen[1].frame_last, 20);
    CHECK_EQ_U64(groups_rows(one.groups, ROW_BOOK), 250);
    groups_seal_all(one.groups, GROUPS_SEAL_STOP, 99);
    while (look(&one))
        ;
    CHECK_EQ_I64(one.count, 4);
    CHECK_EQ_U64(one.seen[2].rows, 50);
    CHECK_EQ_I64(one.seen[3].stream, -1);
    free(mem);
}

TEST(a_frame_cut_in_the_middle_keeps_its_head)
{
    void *mem = open_groups(&one, 7, 64);
    int stream = groups_stream(one.groups, ROW_BOOK, "x", "y");
    sample_book(one.groups, stream, 21, 10);
    groups_seal_all(one.groups, GROUPS_SEAL_HOUR, 3);
    while (look(&one))
        ;
    CHECK_EQ_I64(one.count, 4);
    CHECK_EQ_U64(one.seen[1].heads, 2); /* rows 7..13: frames 1 and 2 */
    CHECK_EQ_U64(one.seen[1].frame_first, 1);
    CHECK_EQ_U64(one.seen[2].frame_last, 3);
    free(mem);
}

/* Fills three streams unevenly from a seed; the disk "thread" runs after every `step` rows, or only when pages run out. */
static void fill(struct looker *looker, int step)
{
    uint64_t seed = 42;
    int stream[3];
    for (int i = 0; i < 3; i++)
        stream[i] = groups_stream(looker->groups, i == 2 ? ROW_TICKER : ROW_TRADES, "x", "y");
    for (int i = 0; i < 20000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1;
        int which = (int)(seed >> 60) % 3;
        struct row_head head = sample_head((uint64_t)i + 1);
        groups_head(looker->groups, stream[which], &head);
        groups_append(looker->groups, stream[which]);
        if (seed >> 33 & 1)
            groups_text(looker->groups, stream[which], "0123456789012345678901234567890123456789",
                        40);
        if (step && i % step == 0)
            look(looker);
    }
    groups_seal_all(looker->groups, GROUPS_SEAL_STOP, 0);
    while (look(looker))
        ;
}

TEST(the_pool_decides_the_same_whatever_the_disk_does)
{
    void *mem1 = open_groups(&one, 65536, 40), *mem2 = open_groups(&two, 65536, 40);
    fill(&one, 1);
    fill(&two, 0);
    CHECK(one.count > 20);
    CHECK_EQ_I64(one.count, two.count);
    CHECK_EQ_MEM(one.seen, two.seen, sizeof one.seen);
    uint64_t rows = 0;
    for (int i = 0; i < one.count; i++)
        rows += one.seen[i].rows;
    CHECK_EQ_U64(rows, 20000);
    free(mem1);
    free(mem2);
}

TEST(open_groups_hold_half_of_the_pool_at_most)
{
    void *mem = open_groups(&one, 65536, 40);
    int a = groups_stream(one.groups, ROW_TRADES, "x", "a"),
        b = groups_stream(one.groups, ROW_TRADES, "x", "b");
    sample_trades(one.groups, a, 3000);
    int before = one.count;
    sample_trades(one.groups, b, 100);
    sample_trades(one.groups, a, 100);
    CHECK(groups_pool_percent(one.groups) <= 100);
    /* The larger group goes when the share is used up. */
    while (look(&one))
        ;
    for (int i = before; i < one.count; i++)
        CHECK_EQ_I64(one.seen[i].stream, a);
    free(mem);
}

TEST(a_head_of_another_hour_starts_a_group)
{
    void *mem = open_groups(&one, 100, 64);
    int stream = groups_stream(one.groups, ROW_TRADES, "x", "y");
    struct row_head head = sample_head(1);
    groups_head(one.groups, stream, &head);
    groups_append(one.groups, stream);
    head.recv_ns -= TD_NS_PER_HOUR;
    head.frame = 2;
    groups_head(one.groups, stream, &head);
    groups_append(one.groups, stream);
    CHECK_EQ_I64(look(&one), 1);
    CHECK_EQ_U64(one.seen[0].frame_last, 1);
    free(mem);
}

TEST(texts_bound_a_group_and_are_cut_at_characters)
{
    void *mem = open_groups(&one, 65536, 200);
    int stream = groups_stream(one.groups, ROW_TRADES, "x", "y");
    char text[300];
    memset(text, 'a', sizeof text);
    struct row_head head = sample_head(1);
    groups_head(one.groups, stream, &head);
    for (int i = 0; i < 3000; i++) {
        struct row_trade *row = groups_append(one.groups, stream);
        row->uid = groups_text(one.groups, stream, text, sizeof text);
    }
    /* 63 texts of 258 bytes a page, 32 pages a group. */
    while (look(&one))
        ;
    CHECK_EQ_I64(one.count, 1);
    CHECK(one.seen[0].rows > 63 * 31 && one.seen[0].rows <= 63 * 32);
    free(mem);
}

/* Texts take pages although no row page is full; were they not counted, the pool would run dry with nothing to wait for. */
TEST(texts_keep_to_the_open_share)
{
    static char long_text[TD_TEXT_MAX];
    memset(long_text, 'x', sizeof long_text);
    void *mem = open_groups(&one, 1000, 8);
    int stream = groups_stream(one.groups, ROW_TRADES, "x", "y");
    groups_head(one.groups, stream, &(struct row_head){.frame = 1});
    for (int i = 0; i < 200; i++) {
        struct row_trade *row = groups_append(one.groups, stream);
        row->uid = groups_text(one.groups, stream, long_text, sizeof long_text);
        row->side_raw = groups_text(one.groups, stream, long_text, sizeof long_text);
    }
    while (look(&one))
        ;
    CHECK(one.count >= 3);
    groups_seal_all(one.groups, GROUPS_SEAL_STOP, 2);
    while (look(&one))
        ;
    CHECK_EQ_U64(groups_rows(one.groups, ROW_TRADES), 200);
    free(mem);
}

TEST(streams_are_limited)
{
    void *mem = open_groups(&one, 10, 64);
    for (int i = 0; i < 4; i++)
        CHECK_EQ_I64(groups_stream(one.groups, ROW_GAPS, "x", "y"), i);
    CHECK_EQ_I64(groups_stream(one.groups, ROW_GAPS, "x", "y"), TD_E_NO_ROOM);
    free(mem);
}
