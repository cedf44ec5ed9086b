#include "update/signature.h"

#include <mbedtls/ecdsa.h>
#include <mbedtls/memory_buffer_alloc.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform.h>
#include <stdlib.h>
#include <string.h>

enum { HALF_BYTES = SIGNATURE_BYTES / 2, ARENA_BYTES = 32 << 10 };

static td_err read_key(mbedtls_pk_context *key, const char *pem)
{
    int bad = mbedtls_pk_parse_public_key(key, (const unsigned char *)pem, strlen(pem) + 1);
    TD_FAIL_IF(bad == MBEDTLS_ERR_PK_ALLOC_FAILED, TD_E_NO_MEMORY);
    TD_FAIL_IF(bad != 0 || !mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA), TD_E_SYNTAX);
    TD_FAIL_IF(mbedtls_pk_get_bitlen(key) != 8 * HALF_BYTES, TD_E_SYNTAX);
    return 0;
}

static td_err check_by(const mbedtls_ecp_keypair *pair, const uint8_t hash[32],
                       const uint8_t signature[SIGNATURE_BYTES])
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi d, r, s;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&d), mbedtls_mpi_init(&r), mbedtls_mpi_init(&s);
    td_err err = 0;
    int bad = mbedtls_ecp_export(pair, &group, &d, &point) ||
              mbedtls_mpi_read_binary(&r, signature, HALF_BYTES) ||
              mbedtls_mpi_read_binary(&s, signature + HALF_BYTES, HALF_BYTES);
    if (bad)
        err = TD_E_NO_MEMORY;
    else if (group.id != MBEDTLS_ECP_DP_SECP256R1)
        err = TD_E_SYNTAX;
    else if (mbedtls_ecdsa_verify(&group, hash, 32, &point, &r, &s) != 0)
        err = TD_E_UPDATE_SIGNATURE;
    mbedtls_mpi_free(&s), mbedtls_mpi_free(&r), mbedtls_mpi_free(&d);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    return err;
}

td_err signature_check(const char *key_pem, const uint8_t hash[32],
                       const uint8_t signature[SIGNATURE_BYTES])
{
    static _Alignas(16) unsigned char arena[ARENA_BYTES];
    mbedtls_pk_context key;
    mbedtls_memory_buffer_alloc_init(arena, sizeof arena);
    mbedtls_pk_init(&key);
    td_err err = read_key(&key, key_pem);
    if (err == 0)
        err = check_by(mbedtls_pk_ec(key), hash, signature);
    mbedtls_pk_free(&key);
    mbedtls_memory_buffer_alloc_free();
    mbedtls_platform_set_calloc_free(calloc, free);
    return err;
}
