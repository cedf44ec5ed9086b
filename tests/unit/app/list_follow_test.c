#include "app/list_follow.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "test.h"

/* A venue with two pages, one more for each symbol that is recorded, and volumes; read as Coinbase's list is. */
static size_t two_pages(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                        char *out, size_t cap)
{
    struct td_str url = td_str_on(out, cap);
    td_str_add_format(&url, "%s/products?page=%u", rest_url, n);
    return n < 2 + instruments_count(sub->instruments) ? url.bytes : 0;
}

static size_t volumes(const char *rest_url, char *out, size_t cap)
{
    struct td_str url = td_str_on(out, cap);
    td_str_add_format(&url, "%s/products/volume", rest_url);
    return url.bytes;
}

static struct setup setup;
static struct list_follow *follow;
static struct venue venue;
static char dir[64];

static void begin(bool with_volumes)
{
    td_text_copy(dir, sizeof dir, "/tmp/list_follow_test_XXXXXX", 28);
    CHECK(mkdtemp(dir) != NULL);
    memset(&setup, 0, sizeof setup);
    venue = *venue_find("coinbase");
    venue.list_url = two_pages;
    venue.volume_url = volumes;
    setup.chosen.any = true;
    setup.chosen.catalogue_mem = aligned_alloc(4096, (catalogue_footprint() + 4095) / 4096 * 4096);
    setup.instruments = instruments_init(malloc(instruments_footprint(1)), 1);
    CHECK_EQ_I64(instruments_add(setup.instruments, 0, "BTC-USD", "BTC-USD"), 0);
    setup.deck.os = td_os_linux();
    setup.deck.source_count = 1;
    setup.deck.source[0] = (struct core_source_params){.venue = &venue, .rest_url = "https://x"};
    setup.deck.ask_volumes = with_volumes;
    setup.config.venue_count = 1;
    td_text_copy(setup.config.venue[0].name, TD_EXCHANGE_NAME_MAX, "coinbase", 8);
    td_text_copy(setup.config.deck.data_dir, TD_CONFIG_PATH_MAX, dir, strlen(dir));
    follow = list_follow_open(&setup);
    CHECK(follow != NULL);
}

static void end(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", dir);
    CHECK_EQ_I64(system(command), 0);
    free(setup.chosen.catalogue_mem);
    free(setup.instruments);
}

static void hear(const char *payload, uint16_t status)
{
    struct td_frame frame = {.number = 1,
                             .recv_ns = 17,
                             .payload = payload,
                             .bytes = (uint32_t)strlen(payload),
                             .status = status,
                             .kind = TD_FRAME_HTTP};
    list_follow_hear(follow, &frame);
}

/* Entries of the list that is kept, -1: none is. */
static int kept(void)
{
    static void *mem;
    int64_t written_ns;
    if (mem == NULL)
        mem = calloc(1, catalogue_footprint());
    struct catalogue *catalogue = catalogue_init(mem, venue_find("coinbase"));
    td_err err = list_cache_load(dir, catalogue, &written_ns);
    return err < 0 ? -1 : (int)catalogue_count(catalogue);
}

static const char page0[] = "https://x/products?page=0\t[{\"id\":\"BTC-USD\"}]";
static const char page1[] =
    "https://x/products?page=1\t[{\"id\":\"ETH-USD\"},{\"id\":\"SOL-USD\"}]";
static const char volume[] = "https://x/products/volume\t[{\"id\":\"BTC-USD\"}]";

TEST(nothing_is_followed_where_symbols_are_names)
{
    memset(&setup, 0, sizeof setup);
    CHECK(list_follow_open(&setup) == NULL);
}

TEST(a_list_is_kept_when_its_last_page_came)
{
    begin(false);
    hear(page0, 200);
    CHECK(!list_follow_turn(follow));
    CHECK_EQ_I64(kept(), -1);
    hear("https://x/other\t[]", 200);
    hear(page1, 200);
    CHECK(list_follow_turn(follow));
    CHECK_EQ_I64(kept(), 3);
    CHECK(!list_follow_turn(follow));
    end();
}

TEST(volumes_are_waited_for_where_they_are_wanted)
{
    begin(true);
    hear(page0, 200);
    hear(page1, 200);
    CHECK(!list_follow_turn(follow));
    hear(volume, 200);
    CHECK(list_follow_turn(follow));
    CHECK_EQ_I64(kept(), 3);
    end();
}

TEST(a_part_that_was_refused_keeps_the_old_list)
{
    begin(true);
    hear(volume, 200);
    hear(page0, 200);
    hear(page1, 200);
    CHECK(list_follow_turn(follow));
    hear(volume, 429);
    hear(page0, 200);
    hear("https://x/products?page=1\t[]", 200);
    CHECK(!list_follow_turn(follow));
    CHECK_EQ_I64(kept(), 3);
    hear(volume, 200); /* asked anew: all parts again */
    hear(page0, 200);
    CHECK(!list_follow_turn(follow));
    hear("https://x/products?page=1\t[]", 200);
    CHECK(list_follow_turn(follow));
    CHECK_EQ_I64(kept(), 1);
    end();
}

TEST(a_page_that_comes_again_begins_the_list_anew)
{
    begin(false);
    hear(page0, 200);
    hear(page0, 200);
    CHECK(!list_follow_turn(follow));
    hear(page1, 200);
    CHECK(list_follow_turn(follow));
    CHECK_EQ_I64(kept(), 3);
    end();
}

/* Answers of megabytes go round the box's end many times; what it has no room for is lost, and the next list is whole again. */
TEST(large_answers_wrap_and_a_full_box_loses)
{
    enum { LARGE = 7 << 20 };
    begin(false);
    char *payload = malloc(LARGE + 1);
    memset(payload, ' ', LARGE);
    payload[LARGE] = '\0';
    memcpy(payload, page0, sizeof page0 - 1);
    for (unsigned i = 0; i < 12; i++) {
        hear(payload, 200);
        hear(page1, 200);
        CHECK(list_follow_turn(follow));
        CHECK_EQ_I64(kept(), 3);
    }
    for (unsigned i = 0; i < 5; i++)
        hear(payload, 200); /* the fifth has no room */
    CHECK(!list_follow_turn(follow));
    hear(page1, 200);
    CHECK(list_follow_turn(follow));
    CHECK_EQ_I64(kept(), 3);
    free(payload);
    end();
}
