/* Places and regions as a user or a store writes them: what is taken is in bounds, is the same when it is written again, and makes an address that
   stays on the host it was given. */
#include <string.h>

#include "store/address.h"
#include "store/sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_place(const char *text)
{
    static struct place first, second;
    static char again[PLACE_KEY_MAX + PLACE_BUCKET_MAX + 8], key[PLACE_KEY_MAX];
    if (place_parse(&first, text) < 0)
        return;
    TD_ASSERT(place_is_remote(text) == (first.kind != PLACE_LOCAL), "one idea of what a store is");
    TD_ASSERT(place_text(&first, "", again, sizeof again), "a text that fits");
    TD_ASSERT(place_parse(&second, again) == 0 && first.kind == second.kind &&
                  strcmp(first.bucket, second.bucket) == 0 &&
                  strcmp(first.prefix, second.prefix) == 0,
              "the same again");
    if (first.kind == PLACE_LOCAL)
        return;
    TD_ASSERT(place_key(&first, "x", key) && key[0] != '/', "room for a name");
    struct store_account account = {.endpoint = "https://s3.us-east-1.amazonaws.com",
                                    .region = "us-east-1"};
    struct address address;
    TD_ASSERT(address_make(&address, &first, &account) == 0, "an address");
    TD_ASSERT(strpbrk(address.origin + strlen("https://"), "/?#@ \r\n") == NULL, "a host alone");
}

/* Keys go where the endpoint is: a store's word for the region must not lead them elsewhere. */
static void check_region(const char *region)
{
    struct store_account account = {.endpoint = "https://s3.us-east-1.amazonaws.com",
                                    .region = "us-east-1"};
    static const char head[] = "https://s3.", tail[] = ".amazonaws.com";
    if (!address_move(&account, region))
        return;
    size_t length = strlen(account.endpoint);
    TD_ASSERT(strncmp(account.endpoint, head, sizeof head - 1) == 0 &&
                  strcmp(account.endpoint + length - (sizeof tail - 1), tail) == 0 &&
                  length == strlen(region) + sizeof head - 1 + sizeof tail - 1 &&
                  strpbrk(region, "./:@?#") == NULL,
              "the same cloud");
}

/* Nothing but what a path may hold, and it means the same bytes. */
static void check_encoding(const char *text)
{
    static char encoded[3 * 65536];
    if (!sign_encode(text, true, encoded, sizeof encoded))
        return;
    for (const char *at = encoded; *at; at++, text++) {
        unsigned value;
        TD_ASSERT(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/%",
                         *at) != NULL,
                  "fit for a request line");
        value = (unsigned char)*at;
        if (*at == '%') {
            static const char digits[] = "0123456789ABCDEF";
            value = (unsigned)((strchr(digits, at[1]) - digits) * 16 +
                               (strchr(digits, at[2]) - digits));
            at += 2;
        }
        TD_ASSERT(value == (unsigned char)*text, "the same byte");
    }
    TD_ASSERT(*text == 0, "all of it");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static char text[65536];
    if (bytes == 0 || bytes > sizeof text)
        return 0;
    memcpy(text, data + 1, bytes - 1);
    text[bytes - 1] = 0;
    if (data[0] % 3 == 0)
        check_place(text);
    else if (data[0] % 3 == 1)
        check_region(text);
    else
        check_encoding(text);
    return 0;
}
