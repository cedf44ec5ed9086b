#include "venue/listing.h"

#include "venue/rig.h"

extern const struct venue venue_coinbase;

static char seen_text[256];
static struct td_str seen;

static bool entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    listing->raw = json_plain(ctx->json, 0, "n");
    return listing->raw.at;
}

static void note(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    td_str_add_bytes(&seen, listing->raw.at, listing->raw.bytes);
    td_str_add_char(&seen, ' ');
}

static const char *list(const char *body, const char *path)
{
    rig_open(&venue_coinbase, false);
    rig.ctx.listing = note;
    seen = td_str_on(seen_text, sizeof seen_text);
    struct td_text text = {body, (uint32_t)strlen(body)};
    int result = listing_parse(&rig.ctx, text, path, entry);
    return result == TD_BUCKET_OK ? seen.at : result == TD_BUCKET_MALFORMED ? "malformed" : "?";
}

TEST(lists_stand_at_the_root_or_deeper_in_arrays_or_objects)
{
    CHECK_EQ_STR(list("[{\"n\":\"a\"},{\"n\":\"b\"}]", ""), "a b ");
    CHECK_EQ_STR(
        list(" { \"x\" : [ 1 ] , \"y\" : [ { \"n\" : \"a\" } , { \"n\" : \"b\" } ] , \"z\" : {} } ",
             "y"),
        "a b ");
    CHECK_EQ_STR(
        list("{\"error\":[],\"result\":{\"A\":{\"n\":\"a\"},\"B\":{\"n\":\"b\"}}}", "result"),
        "a b ");
    CHECK_EQ_STR(list("{\"data\":{\"assets\":[],\"pairs\":[{\"n\":\"a\"}]}}", "data.pairs"), "a ");
    CHECK_EQ_STR(list("[]", ""), "");
    CHECK_EQ_STR(list("{\"y\":{}}", "y"), "");
}

TEST(entries_of_another_shape_are_left_out)
{
    CHECK_EQ_STR(list("[1,{\"n\":\"a\"},[],{},{\"n\":null},\"x\"]", ""), "a ");
}

TEST(a_damaged_list_hands_nothing_on)
{
    CHECK_EQ_STR(list("[{\"n\":\"a\"},{\"n\":\"b\"]", ""), "malformed");
    CHECK_EQ_STR(seen.at, "");
    CHECK_EQ_STR(list("{\"x\":[]}", "y"), "malformed");
    CHECK_EQ_STR(list("{\"y\":3}", "y"), "malformed");
    CHECK_EQ_STR(list("3", ""), "malformed");
    CHECK_EQ_STR(list("", ""), "malformed");
}

TEST(steps_are_exact_texts)
{
    CHECK_EQ_STR(listing_step(0).at, "1");
    CHECK_EQ_STR(listing_step(2).at, "0.01");
    for (int decimals = 0; decimals <= TD_SCALE_MAX; decimals++) {
        int64_t steps;
        struct td_text step = listing_step(decimals);
        CHECK_EQ_I64(td_decimal_to_steps(step.at, step.bytes, decimals, &steps), 0);
        CHECK_EQ_I64(steps, 1);
    }
    CHECK_EQ_U64(listing_step(-1).bytes, 0);
    CHECK_EQ_U64(listing_step(TD_SCALE_MAX + 1).bytes, 0);
}

TEST(decimals_are_told_as_number_or_text)
{
    static const char entry[] = "{\"a\":3,\"b\":\"0\",\"c\":19,\"d\":null}";
    rig_open(&venue_coinbase, false);
    CHECK(json_parse(rig.ctx.json, entry, sizeof entry - 1) > 0);
    CHECK_EQ_STR(listing_decimals(rig.ctx.json, 0, "a").at, "0.001");
    CHECK_EQ_STR(listing_decimals(rig.ctx.json, 0, "b").at, "1");
    CHECK(listing_decimals(rig.ctx.json, 0, "c").at == NULL);
    CHECK(listing_decimals(rig.ctx.json, 0, "d").at == NULL);
    CHECK(listing_decimals(rig.ctx.json, 0, "e").at == NULL);
}
