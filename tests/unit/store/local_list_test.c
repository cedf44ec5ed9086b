#include <fcntl.h>

#include "local_rig.h"

static struct rig rig;
static struct sim_disk *card;

static void fresh(void)
{
    if (card == NULL)
        card = sim_disk_new(0);
    sim_disk_reset(card);
    rig_open(&rig, sim_disk_table(card), "lake");
}

static void put(const char *key)
{
    CHECK_EQ_I64(rig_put(&rig, key, "x", false), STORE_FINE);
}

static void check_list(struct store_op op, const char *wanted)
{
    CHECK_EQ_I64(rig_list(&rig, op), STORE_FINE);
    CHECK_EQ_STR(rig.keys, wanted);
    CHECK_EQ_STR(rig.result.token, "");
}

TEST(prefix_delimiter_and_beginning)
{
    fresh();
    put("book/a/1");
    put("book/a-b");
    put("book/b/1");
    put("books");
    put("trades/1");
    check_list((struct store_op){0}, "book/a-b 1\nbook/a/1 1\nbook/b/1 1\nbooks 1\ntrades/1 1\n");
    check_list((struct store_op){.key = "book/"}, "book/a-b 1\nbook/a/1 1\nbook/b/1 1\n");
    check_list((struct store_op){.key = "book"}, "book/a-b 1\nbook/a/1 1\nbook/b/1 1\nbooks 1\n");
    check_list((struct store_op){.key = "book/a"}, "book/a-b 1\nbook/a/1 1\n");
    check_list((struct store_op){.key = "nothing/"}, "");
    check_list((struct store_op){.key = "books/"}, "");
    check_list((struct store_op){.delimiter = "/"}, "book/ -1\nbooks 1\ntrades/ -1\n");
    check_list((struct store_op){.key = "book/", .delimiter = "/"},
               "book/a-b 1\nbook/a/ -1\nbook/b/ -1\n");
    check_list((struct store_op){.start_after = "book/a/1"}, "book/b/1 1\nbooks 1\ntrades/1 1\n");
    check_list((struct store_op){.start_after = "book/a."}, "book/a/1 1\nbook/b/1 1\nbooks 1\n"
                                                            "trades/1 1\n");
    check_list((struct store_op){.key = "book/", .start_after = "zzz"}, "");
    CHECK_EQ_I64(rig_list(&rig, (struct store_op){.delimiter = "-"}), STORE_REFUSED);
    rig.store.close(rig.store.ctx);
}

/* ---- pages -------------------------------------------------------------------------------------------- */

enum { FILES = 2500 };

struct walker {
    unsigned count, pages;
    char last[PLACE_KEY_MAX];
};

static td_err rising(void *arg, const struct store_entry *entry)
{
    struct walker *walker = arg;
    CHECK(strcmp(entry->key, walker->last) > 0);
    snprintf(walker->last, sizeof walker->last, "%s", entry->key);
    walker->count++;
    return 0;
}

static void many_files(void)
{
    const struct td_disk *disk = sim_disk_table(card);
    for (unsigned i = 0; i < FILES; i++) {
        char path[64];
        snprintf(path, sizeof path, "lake/%u", i % 13);
        CHECK_EQ_I64(disk->make_dirs(disk->ctx, path), 0);
        snprintf(path, sizeof path, "lake/%u/%05u", i % 13, i);
        int file = disk->open(disk->ctx, path, O_RDWR | O_CREAT, 0644);
        CHECK(file >= 0);
        disk->close(disk->ctx, file);
    }
}

static void next_page(struct walker *walker, char token[STORE_TOKEN_MAX])
{
    struct store_op op = {
        .verb = STORE_LIST, .key = "", .token = token[0] ? token : NULL, .visit = {rising, walker}};
    CHECK_EQ_I64(rig_ask(&rig, &op), STORE_FINE);
    memcpy(token, rig.result.token, STORE_TOKEN_MAX);
    walker->pages++;
}

TEST(pages_go_on_where_they_ended)
{
    struct walker walker = {0};
    char token[STORE_TOKEN_MAX] = "";
    fresh();
    many_files();
    do
        next_page(&walker, token);
    while (token[0]);
    CHECK_EQ_U64(walker.count, FILES);
    CHECK_EQ_U64(walker.pages, 3);
    rig.store.close(rig.store.ctx);
}

/* Another list in between, another process: a token needs nothing but itself. What it names may be gone. */
TEST(a_token_is_enough_to_go_on)
{
    struct walker walker = {0};
    char token[STORE_TOKEN_MAX] = "", path[STORE_TOKEN_MAX + 8];
    fresh();
    many_files();
    do {
        next_page(&walker, token);
        CHECK_EQ_I64(rig_list(&rig, (struct store_op){.delimiter = "/"}), STORE_FINE);
        CHECK_EQ_U64(rig.count, 13);
        rig.store.close(rig.store.ctx);
        snprintf(path, sizeof path, "lake/%s", token);
        if (token[0])
            CHECK(sim_disk_vanish(card, path));
        rig_open(&rig, sim_disk_table(card), "lake");
    } while (token[0]);
    CHECK_EQ_U64(walker.count, FILES);
    rig.store.close(rig.store.ctx);
}

static td_err two(void *arg, const struct store_entry *entry)
{
    unsigned *count = arg;
    (void)entry;
    return ++*count == 2 ? TD_E_NO_ROOM : 0;
}

TEST(who_looks_may_stop)
{
    unsigned count = 0;
    fresh();
    put("a");
    put("b");
    put("c");
    struct store_op op = {.verb = STORE_LIST, .key = "", .visit = {two, &count}};
    CHECK_EQ_I64(rig_ask(&rig, &op), STORE_LOCAL);
    CHECK_EQ_I64(rig.result.err, TD_E_NO_ROOM);
    CHECK_EQ_U64(count, 2);
    rig.store.close(rig.store.ctx);
}

TEST(a_folder_that_cannot_be_read_is_said)
{
    fresh();
    put("a/1");
    put("b/1");
    struct sim_fault fault = {
        .kind = SIM_FAULT_ERROR, .ops = 1u << SIM_OP_LIST, .path = "lake/b", .err = TD_E_IO};
    sim_disk_fault(card, &fault);
    CHECK_EQ_I64(rig_list(&rig, (struct store_op){0}), STORE_LOCAL);
    CHECK_EQ_I64(rig.result.err, TD_E_IO);
    sim_disk_faults_clear(card);
    rig.store.close(rig.store.ctx);
}

TEST(unfinished_parts_and_leftovers_are_not_listed)
{
    fresh();
    const struct td_disk *disk = sim_disk_table(card);
    CHECK_EQ_I64(rig_do(&rig, STORE_PARTS_OPEN, "x"), STORE_FINE);
    int file = disk->open(disk->ctx, "lake/.tape-0123456789abcdef.new", O_RDWR | O_CREAT, 0644);
    CHECK(file >= 0);
    disk->close(disk->ctx, file);
    check_list((struct store_op){0}, "");
    put("x"); /* which takes the leftover away */
    CHECK(!sim_disk_exists(card, "lake/.tape-0123456789abcdef.new"));
    check_list((struct store_op){0}, "x 1\n");
    rig.store.close(rig.store.ctx);
}
