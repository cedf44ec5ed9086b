#include "local_rig.h"

enum { PART = 5000, PARTS = 3, WHOLE = 2 * PART + 100 };

static struct rig rig;
static struct sim_disk *card;
static char whole[WHOLE];
static char id[STORE_UPLOAD_MAX];

static int64_t part_bytes(uint32_t number)
{
    return number < PARTS ? PART : WHOLE - (PARTS - 1) * PART;
}

static void fresh(void)
{
    if (card == NULL)
        card = sim_disk_new(0);
    sim_disk_reset(card);
    for (size_t i = 0; i < WHOLE; i++)
        whole[i] = (char)(i * 31 + i / 257);
    rig_open(&rig, sim_disk_table(card), "lake");
    CHECK_EQ_I64(rig_do(&rig, STORE_PARTS_OPEN, "a/x"), STORE_FINE);
    memcpy(id, rig.result.upload_id, sizeof id);
}

static void done(void)
{
    rig.store.close(rig.store.ctx);
}

static struct store_op part_op(uint32_t number)
{
    const char *data = whole + (number - 1) * PART;
    return (struct store_op){.verb = STORE_PARTS_PUT,
                             .key = "a/x",
                             .upload_id = id,
                             .part_number = number,
                             .body = {.data = data, .bytes = part_bytes(number)},
                             .body_identity = digest_of(data, (size_t)part_bytes(number))};
}

static void put_parts(void)
{
    for (uint32_t number = 1; number <= PARTS; number++) {
        struct store_op op = part_op(number);
        CHECK_EQ_I64(rig_ask(&rig, &op), STORE_FINE);
        CHECK(rig.result.etag[0] != 0);
    }
}

static enum store_outcome complete(struct rig *with, uint32_t count, bool only_if_absent)
{
    struct store_part part[PARTS];
    struct store_op op = {.verb = STORE_PARTS_CLOSE,
                          .key = "a/x",
                          .upload_id = id,
                          .identity = digest_of(whole, WHOLE),
                          .part = part,
                          .part_count = count,
                          .only_if_absent = only_if_absent};
    for (uint32_t i = 0; i < count; i++)
        part[i] = (struct store_part){i + 1, part_bytes(i + 1), "-"};
    return rig_ask(with, &op);
}

static bool is_whole(struct rig *with)
{
    struct store_identity wanted = digest_of(whole, WHOLE);
    return rig_do(with, STORE_HEAD, "a/x") == STORE_FINE &&
           identity_equal(&with->result.identity, &wanted);
}

static td_err see_part(void *arg, const struct store_part *part)
{
    char *told = arg;
    size_t used = strlen(told);
    snprintf(told + used, 256 - used, "%u:%d ", part->number, (int)part->bytes);
    return 0;
}

static enum store_outcome list_parts(const char *key, uint32_t after, char told[256])
{
    struct store_op op = {.verb = STORE_PARTS_LIST,
                          .key = key,
                          .upload_id = id,
                          .after_part = after,
                          .parts = {see_part, told}};
    told[0] = 0;
    return rig_ask(&rig, &op);
}

static void count_file(void *arg, const char *path, int64_t bytes)
{
    (void)path;
    (void)bytes;
    ++*(unsigned *)arg;
}

static unsigned files_on(struct sim_disk *disk)
{
    unsigned files = 0;
    sim_disk_walk(disk, "", count_file, &files);
    return files;
}

TEST(parts_become_an_object)
{
    char told[256];
    fresh();
    put_parts();
    CHECK_EQ_I64(list_parts("a/x", 0, told), STORE_FINE);
    CHECK_EQ_STR(told, "1:5000 2:5000 3:100 ");
    CHECK_EQ_I64(list_parts("a/x", 2, told), STORE_FINE);
    CHECK_EQ_STR(told, "3:100 ");
    CHECK_EQ_U64(rig.result.next_part, 0);
    CHECK_EQ_I64(rig_do(&rig, STORE_HEAD, "a/x"), STORE_ABSENT);
    CHECK_EQ_I64(complete(&rig, PARTS, true), STORE_FINE);
    CHECK(is_whole(&rig));
    CHECK_EQ_U64(files_on(card), 1);
    CHECK(!sim_disk_exists(card, "lake/.tape-parts"));
    CHECK_EQ_I64(list_parts("a/x", 0, told), STORE_NO_UPLOAD);
    done();
}

TEST(a_part_may_be_sent_again)
{
    fresh();
    struct store_op op = part_op(1);
    op.body = (struct store_body){.data = "other", .bytes = 5};
    op.body_identity = digest_of("other", 5);
    CHECK_EQ_I64(rig_ask(&rig, &op), STORE_FINE);
    put_parts();
    CHECK_EQ_I64(complete(&rig, PARTS, true), STORE_FINE);
    CHECK(is_whole(&rig));
    done();
}

TEST(a_damaged_part_is_refused_and_the_upload_stays)
{
    char told[256];
    fresh();
    struct store_op op = part_op(1);
    op.body_identity.sha256[3] ^= 1;
    CHECK_EQ_I64(rig_ask(&rig, &op), STORE_DAMAGED);
    CHECK_EQ_I64(list_parts("a/x", 0, told), STORE_FINE);
    CHECK_EQ_STR(told, "");
    op.part_number = 0;
    CHECK_EQ_I64(rig_ask(&rig, &op), STORE_REFUSED);
    op.part_number = STORE_PARTS_MAX + 1;
    CHECK_EQ_I64(rig_ask(&rig, &op), STORE_REFUSED);
    put_parts();
    CHECK_EQ_I64(complete(&rig, PARTS, true), STORE_FINE);
    CHECK(is_whole(&rig));
    done();
}

TEST(what_is_not_whole_is_not_completed)
{
    fresh();
    put_parts();
    CHECK_EQ_I64(complete(&rig, PARTS - 1, true), STORE_DAMAGED);
    CHECK_EQ_I64(rig_do(&rig, STORE_HEAD, "a/x"), STORE_ABSENT);
    struct store_op op = part_op(2);
    op.body.bytes--;
    op.body_identity = digest_of(op.body.data, PART - 1);
    CHECK_EQ_I64(rig_ask(&rig, &op), STORE_FINE);
    CHECK_EQ_I64(complete(&rig, PARTS, true), STORE_REFUSED);
    CHECK_EQ_I64(rig_do(&rig, STORE_HEAD, "a/x"), STORE_ABSENT);
    CHECK(!sim_disk_exists(card, "lake/a"));
    put_parts();
    CHECK_EQ_I64(complete(&rig, PARTS, true), STORE_FINE);
    done();
}

TEST(what_exists_is_not_replaced_where_asked_not_to)
{
    fresh();
    put_parts();
    CHECK_EQ_I64(rig_put(&rig, "a/x", "there", false), STORE_FINE);
    CHECK_EQ_I64(complete(&rig, PARTS, true), STORE_EXISTS);
    CHECK(rig_holds(&rig, "a/x", "there"));
    CHECK_EQ_I64(complete(&rig, PARTS, false), STORE_FINE);
    CHECK(is_whole(&rig));
    done();
}

TEST(uploads_that_are_not_known)
{
    static const char *const unknown[] = {"", "x", "../../../../../../../../a",
                                          "000000000000000000000000"};
    char told[256];
    fresh();
    CHECK_EQ_I64(list_parts("a/y", 0, told), STORE_NO_UPLOAD); /* of another key */
    for (unsigned i = 0; i < 4; i++) {
        snprintf(id, sizeof id, "%s", unknown[i]);
        struct store_op op = part_op(1);
        CHECK_EQ_I64(rig_ask(&rig, &op), STORE_NO_UPLOAD);
        CHECK_EQ_I64(list_parts("a/x", 0, told), STORE_NO_UPLOAD);
        CHECK_EQ_I64(complete(&rig, PARTS, true), STORE_NO_UPLOAD);
        op.verb = STORE_PARTS_DROP;
        CHECK_EQ_I64(rig_ask(&rig, &op), STORE_FINE);
    }
    CHECK_EQ_U64(files_on(card), 0);
    done();
}

TEST(an_upload_given_up_leaves_nothing)
{
    fresh();
    put_parts();
    struct store_op op = {.verb = STORE_PARTS_DROP, .key = "a/x", .upload_id = id};
    CHECK_EQ_I64(rig_ask(&rig, &op), STORE_FINE);
    CHECK_EQ_U64(files_on(card), 0);
    CHECK(!sim_disk_exists(card, "lake/.tape-parts"));
    CHECK_EQ_I64(rig_ask(&rig, &op), STORE_FINE);
    done();
}

TEST(more_parts_than_a_page)
{
    char told[256];
    unsigned count = 0, pages = 0;
    fresh();
    for (uint32_t number = 1; number <= STORE_LIST_MAX + 5; number++) {
        struct store_op op = part_op(1);
        op.part_number = number;
        op.body.bytes = 1;
        op.body_identity = digest_of(op.body.data, 1);
        CHECK_EQ_I64(rig_ask(&rig, &op), STORE_FINE);
    }
    uint32_t after = 0;
    do {
        CHECK_EQ_I64(list_parts("a/x", after, told), STORE_FINE);
        after = rig.result.next_part;
        pages++;
        count = after;
    } while (after > 0 && pages < 5);
    CHECK_EQ_U64(pages, 2);
    CHECK_EQ_U64(count, 0);
    CHECK_EQ_STR(told, "1001:1 1002:1 1003:1 1004:1 1005:1 ");
    done();
}

/* ---- power cuts ---------------------------------------------------------------------------------------- */

struct cuts {
    struct sim_disk *copy, *after;
    unsigned made;
};

/* The object is whole, or absent and the parts still make it. */
static void cut_here(void *arg, uint32_t entry)
{
    static struct rig found;
    struct cuts *cuts = arg;
    (void)entry;
    sim_disk_copy(cuts->copy, card);
    for (int mode = 0; mode < SIM_CUT_MODES; mode++) {
        struct sim_cut cut = {(enum sim_cut_mode)mode, cuts->made, sim_disk_sequence(card) / 2};
        sim_disk_copy(cuts->after, cuts->copy);
        sim_disk_cut(cuts->after, &cut);
        rig_open(&found, sim_disk_table(cuts->after), "lake");
        if (!is_whole(&found)) {
            CHECK_EQ_I64(found.result.outcome, STORE_ABSENT);
            CHECK_EQ_I64(complete(&found, PARTS, true), STORE_FINE);
            CHECK(is_whole(&found));
        }
        found.store.close(found.store.ctx);
        cuts->made++;
    }
}

TEST(power_cut_at_every_change_of_a_completion)
{
    struct cuts cuts = {.copy = sim_disk_new(0), .after = sim_disk_new(0)};
    fresh();
    put_parts();
    sim_disk_on_change(card, cut_here, &cuts);
    CHECK_EQ_I64(complete(&rig, PARTS, true), STORE_FINE);
    sim_disk_on_change(card, NULL, NULL);
    CHECK(cuts.made >= 8 * SIM_CUT_MODES);
    done();
    sim_disk_free(cuts.copy);
    sim_disk_free(cuts.after);
}
