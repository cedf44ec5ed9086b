#include "sync/scan.h"

#include <fcntl.h>
#include <stdlib.h>
#include <utime.h>

#include "store/local_rig.h"

static struct rig rig;
static char told[32 << 10]; /* "from_key > to_key kind bytes\n" of all items */
static unsigned items;
static char errors[512];

static td_err scan_all(const struct scan_params *params, struct store_result *why)
{
    struct scan *scan = NULL;
    FILE *out = fmemopen(errors, sizeof errors, "w");
    td_err err = scan_open(params, out, &scan);
    fclose(out);
    told[0] = 0;
    items = 0;
    TD_TRY(err);
    struct sync_source source = scan_source(scan);
    struct sync_item item;
    int64_t seen = 0, bytes = 0, sum = 0;
    while ((err = source.next(source.arg, &item)) == 1) {
        size_t used = strlen(told);
        snprintf(told + used, sizeof told - used, "%s > %s %c %d\n", item.from_key, item.to_key,
                 item.kind == SYNC_SEGMENT ? 'S' : 'P', (int)item.bytes);
        items++;
        sum += item.bytes;
    }
    scan_seen(scan, &seen, &bytes);
    CHECK_EQ_I64(seen, items);
    CHECK_EQ_I64(bytes, sum);
    CHECK_EQ_I64(scan_failed(scan) != NULL, err < 0);
    if (err < 0 && why)
        *why = *scan_failed(scan);
    scan_close(scan);
    return err;
}

/* ---- folders ------------------------------------------------------------------------------------------ */

static struct td_os os;

/* On the real disk, so that files have an age. */
static const char *deck(void)
{
    static char folder[512];
    snprintf(folder, sizeof folder, "%s/%s", test_tmpdir(), "deck");
    os = *td_os_linux();
    os.disk.remove_tree(NULL, folder);
    rig_open(&rig, &td_os_linux()->disk, folder);
    return folder;
}

static struct scan_params params_of(const char *from, const char *to)
{
    return (struct scan_params){
        .os = &os, .from = &rig.store, .from_prefix = from, .to_prefix = to, .plain = true};
}

static void put(const char *key)
{
    CHECK_EQ_I64(rig_put(&rig, key, key, false), STORE_FINE);
}

static void close_deck(void)
{
    rig.store.close(rig.store.ctx);
}

#define HOUR "exchange=x/symbol=BTC-USD/year=2026/month=06/day=09/hour=04"

TEST(a_deck_becomes_a_lake)
{
    const char *folder = deck();
    char hidden[600];
    put("ready/book/" HOUR "/d_1.parquet");
    put("ready/book/" HOUR "/_d_1.json");
    put("ready/book/" HOUR "/d_2.parquet"); /* without a receipt */
    put("ready/book/" HOUR "/_d_3.json");   /* without a segment */
    put("ready/trades/" HOUR "/d_1.parquet");
    put("ready/trades/" HOUR "/_d_1.json");
    put("ready/trades/" HOUR "/_d_1.done");
    put("ready/trades/" HOUR "/_d_2.done-new");
    put("active/book/x.parquet");
    put("journal/00001.journal");
    put("sync/status.json");
    put("certificates/exchange=x/date=2026-06-09.json");
    put("weights.bin");
    snprintf(hidden, sizeof hidden, "%s/ready/book/.hidden", folder);
    fclose(fopen(hidden, "w"));
    struct scan_params params = params_of("ready/", "bronze/");
    params.more[0] = (struct scan_prefix){"certificates/", "certificates/"};
    CHECK_EQ_I64(scan_all(&params, NULL), 0);
    CHECK_EQ_STR(told,
                 "ready/book/" HOUR "/d_1.parquet > bronze/book/" HOUR "/d_1.parquet S 82\n"
                 "ready/book/" HOUR "/d_2.parquet > bronze/book/" HOUR "/d_2.parquet S 82\n"
                 "ready/trades/" HOUR "/d_1.parquet > bronze/trades/" HOUR "/d_1.parquet S 84\n"
                 "certificates/exchange=x/date=2026-06-09.json > "
                 "certificates/exchange=x/date=2026-06-09.json P 44\n");
    params.plain = false;
    CHECK_EQ_I64(scan_all(&params, NULL), 0);
    CHECK_EQ_U64(items, 3);
    params = params_of("", "");
    CHECK_EQ_I64(scan_all(&params, NULL), 0);
    CHECK_EQ_U64(items, 5);
    CHECK(strstr(told, "weights.bin > weights.bin P 11\n") != NULL);
    close_deck();
}

/* Whoever may write into a bucket must not reach the journal of a deck that takes from it. */
TEST(nothing_comes_among_a_recorders_own)
{
    deck();
    put("bag/active/book/x.parquet");
    put("bag/journal/00001.journal");
    put("bag/sync/lock");
    put("bag/weights.bin");
    struct scan_params params = params_of("bag/", "");
    CHECK_EQ_I64(scan_all(&params, NULL), 0);
    CHECK_EQ_U64(items, 4);
    params.to_deck = true;
    CHECK_EQ_I64(scan_all(&params, NULL), 0);
    CHECK_EQ_STR(told, "bag/weights.bin > weights.bin P 15\n");
    close_deck();
}

TEST(globs_choose)
{
    static const struct {
        const char *paths;
        unsigned items;
    } cases[] = {{"", 5},
                 {"book", 2},
                 {"book/**", 2},
                 {" trades/** , book/** ", 4},
                 {"**/symbol=BTC-*/**", 3},
                 {"*", 0},
                 {"nothing/**", 0},
                 {"bronze/book/**", 2},
                 {"ready\\book\\**", 2},
                 {"ready/book/**", 2},
                 {"certificates/**,,", 1},
                 {"certificates", 1},
                 {"exchange=x/date=*", 1}};
    deck();
    put("ready/book/exchange=x/symbol=BTC-USD/a.parquet");
    put("ready/book/exchange=x/symbol=ETH-USD/a.parquet");
    put("ready/trades/exchange=x/symbol=BTC-USD/a.parquet");
    put("ready/trades/exchange=x/symbol=BTC-EUR/a.parquet");
    put("certificates/exchange=x/date=2026-06-09.json");
    struct scan_params params = params_of("ready/", "bronze/");
    params.more[0] = (struct scan_prefix){"certificates/", "certificates/"};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        params.paths = cases[i].paths;
        CHECK_EQ_I64(scan_all(&params, NULL), 0);
        if (items != cases[i].items)
            FAIL("%s: %u items, not %u:\n%s", cases[i].paths, items, cases[i].items, told);
    }
    close_deck();
}

TEST(what_cannot_be_meant_is_refused)
{
    static const char *const prefix[] = {"/", "a", "/a/"};
    deck();
    for (unsigned i = 0; i < 3; i++) {
        struct scan_params params = params_of(prefix[i], "");
        CHECK_EQ_I64(scan_all(&params, NULL), TD_E_SYNTAX);
        CHECK(strstr(errors, prefix[i]) != NULL);
        params = params_of("", prefix[i]);
        CHECK_EQ_I64(scan_all(&params, NULL), TD_E_SYNTAX);
    }
    struct scan_params params = params_of("", "");
    params.paths = " , ,";
    CHECK_EQ_I64(scan_all(&params, NULL), TD_E_SYNTAX);
    CHECK(strstr(errors, "no path") != NULL);
    close_deck();
}

static void make_old(const char *folder, const char *key, int64_t age_s)
{
    char path[700];
    time_t then = (time_t)(os.clock.wall_ns(NULL) / 1000000000 - age_s);
    snprintf(path, sizeof path, "%s/%s", folder, key);
    CHECK_EQ_I64(utime(path, &(struct utimbuf){then, then}), 0);
}

TEST(a_young_segment_without_a_receipt_is_left)
{
    const char *folder = deck();
    put("young.parquet");
    put("old.parquet");
    put("whole.parquet");
    put("_whole.json");
    put("plain.txt");
    make_old(folder, "old.parquet", 3600);
    struct scan_params params = params_of("", "");
    params.min_age_ns = INT64_C(600) * 1000000000;
    CHECK_EQ_I64(scan_all(&params, NULL), 0);
    CHECK_EQ_STR(told, "old.parquet > old.parquet S 11\n"
                       "plain.txt > plain.txt P 9\n"
                       "whole.parquet > whole.parquet S 13\n");
    params.min_age_ns = 0;
    CHECK_EQ_I64(scan_all(&params, NULL), 0);
    CHECK_EQ_U64(items, 4);
    put("_young.json");
    params.min_age_ns = INT64_C(600) * 1000000000;
    CHECK_EQ_I64(scan_all(&params, NULL), 0);
    CHECK_EQ_U64(items, 4);
    make_old(folder, "old.parquet", -3600); /* the clock was set back: no reason to wait for ever */
    CHECK_EQ_I64(scan_all(&params, NULL), 0);
    CHECK_EQ_U64(items, 4);
    close_deck();
}

/* ---- a store's list, page by page ----------------------------------------------------------------------- */

/* Tells `page[i]`, blanks between the names; each page's token is the number of the next one. */
struct lister {
    struct store store;
    const char *const *page;
    unsigned pages, asked;
    unsigned fails_at; /* the so many-th call fails, after the first name of its page; 0 none */
    enum store_outcome fails; /* so */
    bool circles;
    struct store_call *done;
};

static void tell_page(struct store_call *call, const char *page, unsigned names_max)
{
    char name[128];
    for (const char *at = page; *at && names_max > 0; names_max--) {
        size_t bytes = strcspn(at, " ");
        struct store_entry entry = {.key = name, .bytes = (int64_t)bytes};
        CHECK(td_text_copy(name, sizeof name, at, bytes));
        CHECK_EQ_I64(call->op.visit.entry(call->op.visit.arg, &entry), 0);
        at += bytes + strspn(at + bytes, " ");
    }
}

static void lister_submit(void *ctx, struct store_call *call)
{
    struct lister *lister = ctx;
    unsigned at = call->op.token ? (unsigned)strtoul(call->op.token, NULL, 10) : 0;
    CHECK(call->op.verb == STORE_LIST && call->op.delimiter == NULL && at < lister->pages);
    lister->asked++;
    lister->done = call;
    call->result = (struct store_result){.outcome = STORE_FINE};
    if (lister->asked == lister->fails_at) {
        tell_page(call, lister->page[at], 1);
        call->result.outcome = lister->fails;
        return;
    }
    tell_page(call, lister->page[at], 100);
    if (lister->circles && at + 1 == lister->pages)
        at = 0;
    if (at + 1 < lister->pages)
        snprintf(call->result.token, sizeof call->result.token, "%u", at + 1);
}

static struct store_call *lister_wait(void *ctx, int timeout_ms)
{
    struct lister *lister = ctx;
    struct store_call *call = lister->done;
    (void)timeout_ms;
    lister->done = NULL;
    return call;
}

static struct scan_params params_on(struct lister *lister)
{
    os = *td_os_linux();
    lister->store = (struct store){.submit = lister_submit,
                                   .wait = lister_wait,
                                   .ctx = lister,
                                   .calls_max = 1,
                                   .name = "s3://bucket"};
    return (struct scan_params){.os = &os,
                                .from = &lister->store,
                                .from_prefix = "bronze/",
                                .to_prefix = "",
                                .plain = true};
}

/* Segment on one page, its receipt on the next; empty pages; a folder's own name; a name told twice; names of another prefix from a
   store that does not listen. */
TEST(pages_of_a_store)
{
    static const char *const page[] = {"bronze/ bronze/b/_x.json bronze/b/x.parquet",     "",
                                       "bronze/b/y.parquet bronze/b/y.parquet",           "",
                                       "bronze/b/_y.json bronze/c/ bronze/c/.z silver/z", ""};
    struct lister lister = {.page = page, .pages = 6};
    struct scan_params params = params_on(&lister);
    CHECK_EQ_I64(scan_all(&params, NULL), 0);
    CHECK_EQ_STR(told, "bronze/b/x.parquet > b/x.parquet S 18\n"
                       "bronze/b/y.parquet > b/y.parquet S 18\n");
    CHECK_EQ_U64(lister.asked, 6);
}

/* A page that broke off in the middle is told once, as it came the second time. */
TEST(a_page_is_asked_for_again)
{
    static const char *const page[] = {"bronze/a bronze/b", "bronze/c bronze/d"};
    struct lister lister = {.page = page, .pages = 2, .fails_at = 2, .fails = STORE_AGAIN};
    struct scan_params params = params_on(&lister);
    CHECK_EQ_I64(scan_all(&params, NULL), 0);
    CHECK_EQ_STR(told, "bronze/a > a P 8\nbronze/b > b P 8\n"
                       "bronze/c > c P 8\nbronze/d > d P 8\n");
    CHECK_EQ_U64(lister.asked, 3);
}

TEST(a_list_that_fails_says_why)
{
    static const char *const page[] = {"bronze/a", "bronze/b"};
    static const enum store_outcome outcome[] = {STORE_DENIED, STORE_NO_BUCKET, STORE_SKEWED,
                                                 STORE_WRONG_REGION, STORE_UNTRUSTED};
    for (unsigned i = 0; i < 5; i++) {
        struct lister lister = {.page = page, .pages = 2, .fails_at = 2, .fails = outcome[i]};
        struct scan_params params = params_on(&lister);
        struct store_result why;
        CHECK(scan_all(&params, &why) < 0);
        CHECK_EQ_I64(why.outcome, outcome[i]);
        CHECK_EQ_U64(items, 1);
    }
}

TEST(a_list_in_a_circle_ends)
{
    static const char *const page[] = {"bronze/a", "bronze/b", "bronze/c", "bronze/d"};
    for (unsigned pages = 2; pages <= 4; pages++) {
        struct lister lister = {.page = page, .pages = pages, .circles = true};
        struct scan_params params = params_on(&lister);
        struct store_result why;
        CHECK(scan_all(&params, &why) < 0);
        CHECK(strstr(why.words, "twice") != NULL);
    }
}

/* A folder larger than a page: all of it, once, in order. */
TEST(many_pages_of_a_folder)
{
    static struct sim_disk *card;
    card = sim_disk_new(0);
    static const struct td_disk *disk;
    disk = sim_disk_table(card);
    rig_open(&rig, disk, "lake");
    os = *td_os_linux();
    os.disk = *disk;
    for (unsigned i = 0; i < 2345; i++) {
        char path[64];
        snprintf(path, sizeof path, "lake/%u", i % 7);
        CHECK_EQ_I64(disk->make_dirs(disk->ctx, path), 0);
        snprintf(path, sizeof path, "lake/%u/%05u.parquet", i % 7, i);
        int file = disk->open(disk->ctx, path, O_RDWR | O_CREAT, 0644);
        CHECK(file >= 0);
        disk->close(disk->ctx, file);
    }
    struct scan_params params = params_of("", "bronze/");
    struct scan *scan = NULL;
    struct sync_item item;
    char last[PLACE_KEY_MAX] = "";
    CHECK_EQ_I64(scan_open(&params, stderr, &scan), 0);
    struct sync_source source = scan_source(scan);
    unsigned count = 0;
    for (; source.next(source.arg, &item) == 1; count++) {
        CHECK(strcmp(item.from_key, last) > 0);
        snprintf(last, sizeof last, "%s", item.from_key);
    }
    CHECK_EQ_U64(count, 2345);
    scan_close(scan);
    close_deck();
    sim_disk_free(card);
}
