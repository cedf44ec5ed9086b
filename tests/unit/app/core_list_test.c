/* Symbol lists in the core: contract fields reach the rows, a list of several pages is known when all came. */
#include "core_bench.h"

#include "app/core_parts.h"
#include "base/text.h"

/* ---- a venue whose list has three pages --------------------------------------------------------- */

static size_t three_pages(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                          char *out, size_t cap)
{
    struct td_str url = td_str_on(out, cap);
    CHECK(sub != NULL && sub->every_shard && sub->instruments != NULL);
    td_str_add_format(&url, "%s/products?page=%u", rest_url, n);
    return n < 3 ? url.bytes : 0;
}

static size_t volumes(const char *rest_url, char *out, size_t cap)
{
    struct td_str url = td_str_on(out, cap);
    td_str_add_format(&url, "%s/products/volume", rest_url);
    return url.bytes;
}

static struct venue paged;
static struct core_source_params source;

static void start_paged(uint32_t ask_volumes)
{
    const char *symbols[] = {"BTC-USD"};
    paged = *venue_find("coinbase");
    paged.list_url = three_pages;
    paged.volume_url = volumes;
    source = (struct core_source_params){.venue = &paged, .rest_url = "https://x", .channels = 7};
    start_with("coinbase", symbols, 1,
               &(struct core_params){.sources = &source, .ask_volumes = ask_volumes});
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
}

static unsigned pages_asked(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < bench.asked_count; i++)
        count += bench.asked[i].kind == WIRE_REQUEST_FETCH &&
                 strstr(bench.asked[i].text, "/products?page=") != NULL;
    return count;
}

static bool volumes_asked(void)
{
    for (unsigned i = 0; i < bench.asked_count; i++)
        if (strncmp(bench.asked[i].text, "https://x/products/volume", bench.asked[i].bytes) == 0)
            return true;
    return false;
}

static void page(unsigned n, const char *body, uint16_t status)
{
    char payload[512];
    snprintf(payload, sizeof payload, "https://x/products?page=%u\t%s", n, body);
    step(TD_FRAME_HTTP, payload, status);
}

static bool known(void)
{
    return bench.core->source[0].list_known;
}

TEST(all_pages_are_asked_for_at_a_connect_and_daily)
{
    start_paged(0);
    CHECK_EQ_I64(pages_asked(), 3);
    CHECK(!volumes_asked());
    ticks(30);
    CHECK_EQ_I64(pages_asked(), 3);
    bench.asked_count = 0;
    bench.now_ns += 24 * TD_NS_PER_HOUR;
    ticks(1);
    CHECK_EQ_I64(pages_asked(), 3);
}

static size_t volumes_on_page_0(const char *rest_url, char *out, size_t cap)
{
    return (size_t)snprintf(out, cap, "%s/products?page=0", rest_url);
}

TEST(a_page_that_tells_volumes_too_is_a_page)
{
    start_paged(1);
    paged.volume_url = volumes_on_page_0;
    CHECK_EQ_I64(pages_asked(), 3);
    page(0, "[{\"id\":\"BTC-USD\",\"quote_increment\":\"0.0001\"}]", 200);
    CHECK_EQ_U64(bench.core->source[0].bucket[TD_BUCKET_IGNORED], 0);
    CHECK_EQ_I64(instruments_peek(bench.core->instruments, 0)->price_scale, 4);
}

TEST(a_slow_venue_is_asked_one_page_a_second)
{
    start_paged(0);
    paged.base_gap_ms = 1000;
    bench.now_ns += 24 * TD_NS_PER_HOUR;
    bench.asked_count = 0;
    ticks(1);
    CHECK_EQ_I64(pages_asked(), 1);
    ticks(1);
    CHECK_EQ_I64(pages_asked(), 2);
    ticks(5);
    CHECK_EQ_I64(pages_asked(), 3);
}

TEST(the_list_is_known_when_every_page_came)
{
    start_paged(0);
    page(0, "[{\"id\":\"BTC-USD\",\"quote_increment\":\"0.01\"}]", 200);
    CHECK(!known());
    page(1, "[]", 200);
    CHECK(!known());
    page(2, "[{\"id\":\"ETH-USD\"}]", 200);
    CHECK(known());
}

TEST(a_page_that_failed_is_asked_for_again_with_the_rest)
{
    start_paged(0);
    page(0, "[]", 200);
    page(1, "busy", 503);
    page(2, "[]", 200);
    CHECK(!known());
    bench.asked_count = 0;
    ticks(61);
    CHECK_EQ_I64(pages_asked(), 3);
    for (unsigned n = 0; n < 3; n++)
        page(n, "[]", 200);
    CHECK(known());
}

TEST(volumes_are_asked_for_where_wanted_and_never_taken_for_a_list)
{
    start_paged(1);
    CHECK(volumes_asked());
    uint64_t ignored = bucket(TD_BUCKET_IGNORED);
    step(TD_FRAME_HTTP, "https://x/products/volume\t[{\"id\":\"BTC-USD\",\"volume\":\"5\"}]", 200);
    CHECK_EQ_I64(bucket(TD_BUCKET_IGNORED), ignored + 1);
    CHECK(!known());
    CHECK(!instruments_peek(core_instruments(bench.core), 0)->listed);
}

/* ---- contracts ---------------------------------------------------------------------------------- */

static struct td_text text_of(const char *text)
{
    return (struct td_text){text, (uint32_t)strlen(text)};
}

/* The list's entry of BTC-USD says this; a frame is being stepped as far as rows are concerned. */
static void listed(const struct venue_listing *listing)
{
    struct td_frame frame = {.number = bench.next_frame++,
                             .recv_ns = bench.now_ns,
                             .mono_ns = bench.now_ns,
                             .payload = "",
                             .kind = TD_FRAME_HTTP};
    struct venue_ctx ctx = {.instruments = bench.core->instruments, .listing_arg = bench.core};
    bench.core->frame = &frame;
    core_listing(&ctx, listing);
    bench.core->frame = NULL;
}

TEST(a_change_of_any_contract_field_gives_a_row)
{
    struct venue_listing listing = {.raw = text_of("BTC-USD"), .price_step = text_of("0.01")};
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    listed(&listing);
    uint64_t before = rows(ROW_INSTRUMENTS);
    listed(&listing);
    CHECK_EQ_I64(rows(ROW_INSTRUMENTS), before);
    listing.kind = INSTRUMENT_OPTION;
    listed(&listing);
    listing.contract_size = text_of("0.01");
    listed(&listing);
    listing.contract_currency = text_of("BTC");
    listed(&listing);
    listing.strike = text_of("50000");
    listed(&listing);
    listing.option = INSTRUMENT_CALL;
    listed(&listing);
    listing.expiry_ns = 1798185600 * TD_NS_PER_S;
    listed(&listing);
    listed(&listing);
    CHECK_EQ_I64(rows(ROW_INSTRUMENTS), before + 6);
    listed(
        &(struct venue_listing){.raw = listing.raw}); /* another page, which tells nothing more */
    CHECK_EQ_I64(rows(ROW_INSTRUMENTS), before + 6);
    const struct instrument *now = instruments_peek(core_instruments(bench.core), 0);
    CHECK_EQ_I64(now->kind, INSTRUMENT_OPTION);
    CHECK_EQ_STR(now->strike, "50000");
    CHECK_EQ_I64(now->expiry_ns, 1798185600 * TD_NS_PER_S);
}
