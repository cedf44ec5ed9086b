/* Bundles for tests: a key from a fixed seed, any payload, everything signed as it stands, the absurd too. */
#ifndef TD_UPDATE_MADE_H
#define TD_UPDATE_MADE_H

#include <mbedtls/sha256.h>
#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include "update/bundle_make.h"

struct made_key {
    char secret[BUNDLE_KEY_PEM_MAX], open[BUNDLE_KEY_PEM_MAX];
};

static inline void made_fill(void *ctx, void *out, size_t bytes)
{
    uint64_t *state = ctx;
    for (size_t i = 0; i < bytes; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        ((uint8_t *)out)[i] = (uint8_t)(*state >> 56);
    }
}

static inline struct made_key made_key(uint64_t seed)
{
    struct made_key key;
    uint64_t state = seed;
    struct td_random random = {made_fill, &state};
    td_err err = bundle_make_key(&random, key.secret, key.open);
    TD_ASSERT(err == 0, "a key of a seed");
    return key;
}

/* Half of it compresses. */
static inline void made_image(uint8_t *image, size_t bytes, uint64_t seed)
{
    made_fill(&seed, image, bytes);
    for (size_t i = 0; i < bytes; i++)
        if ((i / 4096) % 2)
            image[i] = (uint8_t)(seed >> 40);
}

/* Signs what `bundle` says of a payload of payload_bytes; the hash of the payload is set here. Returns the bytes of the whole in out. */
static inline size_t made_sign(struct bundle *bundle, const char *secret, const void *payload,
                               uint8_t *out)
{
    uint64_t state = 99;
    struct td_random random = {made_fill, &state};
    mbedtls_sha256(payload, (size_t)bundle->payload_bytes, bundle->payload_sha256, 0);
    int start = bundle_make_start(bundle, secret, &random, out);
    TD_ASSERT(start > 0, "the manifest can be written");
    memcpy(out + start, payload, (size_t)bundle->payload_bytes);
    return (size_t)start + (size_t)bundle->payload_bytes;
}

/* A sound bundle. cap: room in out. */
static inline size_t made_bundle(enum bundle_kind kind, const char *version, const uint8_t *image,
                                 size_t image_bytes, const char *secret, uint8_t *out, size_t cap)
{
    static uint8_t payload[4 << 20];
    struct bundle bundle = {.kind = kind, .board = "rpi4", .image_bytes = (int64_t)image_bytes};
    size_t packed = ZSTD_compress(payload, sizeof payload, image, image_bytes, 3);
    TD_ASSERT(!ZSTD_isError(packed) && packed + BUNDLE_START_MAX <= cap, "room for the bundle");
    snprintf(bundle.version, sizeof bundle.version, "%s", version);
    bundle.payload_bytes = (int64_t)packed;
    mbedtls_sha256(image, image_bytes, bundle.image_sha256, 0);
    return made_sign(&bundle, secret, payload, out);
}

#endif
