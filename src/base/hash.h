/* 64-bit hash for tables and fingerprints; not for secrets or hostile keys. The value is stable
   between builds and machines (little-endian), so it may be stored. Any thread. */
#ifndef TD_BASE_HASH_H
#define TD_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Multiply to 128 bits and fold: every input bit reaches every output bit. */
static inline uint64_t td_hash_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* One 64-bit key (ids, prices in steps). */
static inline uint64_t td_hash_u64(uint64_t key)
{
    return td_hash_fold(key ^ UINT64_C(0x8F1BBCDCBFA53E0B),
                        UINT64_C(0x9E3779B97F4A7C15) ^ key << 1);
}

static inline uint64_t td_hash64(const void *data, size_t bytes, uint64_t seed)
{
    const unsigned char *at = data;
    uint64_t hash =
        seed ^ td_hash_fold(bytes ^ UINT64_C(0xC6BC279692B5C323), UINT64_C(0x9E3779B97F4A7C15));
    for (; bytes >= 8; at += 8, bytes -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = td_hash_fold(hash ^ word, UINT64_C(0xA0761D6478BD642F));
    }
    uint64_t tail = 0;
    for (size_t i = 0; i < bytes; i++)
        tail |= (uint64_t)at[i] << (8 * i);
    hash = td_hash_fold(hash ^ tail, UINT64_C(0xE7037ED1A0B428DB));
    return td_hash_fold(hash, hash ^ UINT64_C(0x589965CC75374CC3));
}

#endif
