#include "venue/listing.h"

#include <string.h>

#include "venue/scan.h"

/* The document was found whole before, so inside it a step can only fail where the list has another
 * shape. */

static bool is_name(struct td_text key, const char *name, size_t bytes)
{
    return key.bytes == bytes + 2 && memcmp(key.at + 1, name, bytes) == 0;
}

/* From an opening brace to the value of the named member. */
static bool enter_member(struct scan *scan, const char *name, size_t name_bytes)
{
    scan_space(scan);
    if (!SCAN(scan, "{"))
        return false;
    do {
        struct td_text key, value;
        if (!scan_value(scan, &key))
            return false;
        scan_space(scan);
        if (!SCAN(scan, ":"))
            return false;
        scan_space(scan);
        if (is_name(key, name, name_bytes))
            return true;
        if (!scan_value(scan, &value))
            return false;
        scan_space(scan);
    } while (SCAN(scan, ","));
    return false;
}

static bool enter(struct scan *scan, const char *path)
{
    while (*path) {
        size_t bytes = strcspn(path, ".");
        if (!enter_member(scan, path, bytes))
            return false;
        path += bytes + (path[bytes] == '.');
    }
    scan_space(scan);
    return scan->at < scan->end && (*scan->at == '[' || *scan->at == '{');
}

static void hand_on(struct venue_ctx *ctx, struct td_text key, struct td_text element,
                    bool (*entry)(struct venue_ctx *, struct venue_listing *))
{
    struct venue_listing listing = {.raw = key};
    if (json_parse(ctx->json, element.at, element.bytes) > 0 && entry(ctx, &listing) &&
        ctx->listing)
        ctx->listing(ctx, &listing);
}

int listing_parse(struct venue_ctx *ctx, struct td_text body, const char *path,
                  bool (*entry)(struct venue_ctx *, struct venue_listing *))
{
    struct scan scan = {body.at, body.at + body.bytes};
    if (!scan_document(body.at, body.bytes) || !enter(&scan, path))
        return TD_BUCKET_MALFORMED;
    bool object = *scan.at++ == '{';
    scan_space(&scan);
    if (*scan.at == '}' || *scan.at == ']')
        return TD_BUCKET_OK;
    do {
        struct td_text element, key = {NULL, 0};
        bool good = scan_value(&scan, &element);
        if (good && object) {
            key = (struct td_text){element.at + 1, element.bytes - 2};
            scan_space(&scan);
            good = SCAN(&scan, ":") && scan_value(&scan, &element);
        }
        TD_ASSERT(good, "a checked document stays whole");
        hand_on(ctx, key, element, entry);
        scan_space(&scan);
    } while (SCAN(&scan, ","));
    return TD_BUCKET_OK;
}

struct td_text listing_step(int decimals)
{
    static const char steps[TD_SCALE_MAX + 1][TD_SCALE_MAX + 3] = {
        "1",
        "0.1",
        "0.01",
        "0.001",
        "0.0001",
        "0.00001",
        "0.000001",
        "0.0000001",
        "0.00000001",
        "0.000000001",
        "0.0000000001",
        "0.00000000001",
        "0.000000000001",
        "0.0000000000001",
        "0.00000000000001",
        "0.000000000000001",
        "0.0000000000000001",
        "0.00000000000000001",
        "0.000000000000000001",
    };
    if (decimals < 0 || decimals > TD_SCALE_MAX)
        return (struct td_text){"", 0};
    return (struct td_text){steps[decimals], (uint32_t)strlen(steps[decimals])};
}

struct td_text listing_decimals(const struct json *json, int object, const char *key)
{
    int64_t decimals;
    if (!json_integer(json, object, key, &decimals) || decimals > TD_SCALE_MAX)
        return (struct td_text){NULL, 0};
    return listing_step((int)decimals);
}
