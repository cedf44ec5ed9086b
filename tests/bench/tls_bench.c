/* What TLS costs the one who receives, on one thread: instructions' time a byte of records, and a handshake.

       tls_bench chacha|aes|aes_software

   chacha: as agreed by a CPU without AES instructions. aes: by one that has them, as this machine may have. aes_software: AES although there are
   none, as servers demand that follow their own order; only where the program can hide them from itself (aarch64).
   Records of 16,000 bytes (a book's image) and of 256 bytes (a message) are read through the recorder's own client (net/tls.h). */
#include <mbedtls/ecp.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/os.h"
#include "feed.h"
#include "tls_pair.h"

enum { RECORD_LARGE = 16000, RECORD_SMALL = 256, RECORDS = 64, RECORDS_SMALL = 2048 };

/* The program is linked so that these calls of mbedTLS and of net/tls.c come here. */
static bool hides_aes;
unsigned long __real_getauxval(unsigned long type);
unsigned long __wrap_getauxval(unsigned long type);
unsigned long __wrap_getauxval(unsigned long type)
{
    return hides_aes && type == AT_HWCAP ? 0 : __real_getauxval(type);
}

/* A key and a certificate that signs itself, for "localhost"; before tls_init, which hands mbedTLS another allocator. */
static void make_identity(const struct td_random *random, char pem[2048], char key_pem[1024])
{
    void *chance = (void *)(uintptr_t)random;
    unsigned char serial[1] = {1};
    mbedtls_pk_context key;
    mbedtls_x509write_cert crt;
    mbedtls_x509_san_list name = {
        .node = {
            .type = MBEDTLS_X509_SAN_DNS_NAME,
            .san.unstructured_name = {.p = (unsigned char *)(uintptr_t) "localhost", .len = 9}}};
    pair_must(psa_crypto_init() == PSA_SUCCESS, "psa");
    mbedtls_pk_init(&key);
    mbedtls_x509write_crt_init(&crt);
    pair_must(mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) == 0 &&
                  mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key), pair_random,
                                      chance) == 0 &&
                  mbedtls_pk_write_key_pem(&key, (unsigned char *)key_pem, 1024) == 0,
              "key");
    mbedtls_x509write_crt_set_version(&crt, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&crt, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&crt, &key);
    mbedtls_x509write_crt_set_issuer_key(&crt, &key);
    pair_must(
        mbedtls_x509write_crt_set_subject_name(&crt, "CN=localhost") == 0 &&
            mbedtls_x509write_crt_set_issuer_name(&crt, "CN=localhost") == 0 &&
            mbedtls_x509write_crt_set_serial_raw(&crt, serial, sizeof serial) == 0 &&
            mbedtls_x509write_crt_set_validity(&crt, "19700101000000", "20990101000000") == 0 &&
            mbedtls_x509write_crt_set_basic_constraints(&crt, 1, -1) == 0 &&
            mbedtls_x509write_crt_set_subject_alternative_name(&crt, &name) == 0 &&
            mbedtls_x509write_crt_pem(&crt, (unsigned char *)pem, 2048, pair_random, chance) == 0,
        "certificate");
    mbedtls_x509write_crt_free(&crt);
    mbedtls_pk_free(&key);
    mbedtls_psa_crypto_free();
}

/* Seconds a byte: records lie ready, the client alone is timed. */
static double read_records(struct tls_pair *pair, size_t bytes, unsigned records)
{
    static unsigned char text[RECORD_LARGE], out[RECORD_LARGE];
    double seconds = 0;
    for (unsigned i = 0; i < records; i++) {
        pair_tell(pair, text, bytes);
        double begin = bench_cpu_seconds();
        int64_t got = tls_read(&pair->client, out, sizeof out);
        seconds += bench_cpu_seconds() - begin;
        pair_must(got == (int64_t)bytes, "a record is read");
    }
    return seconds / ((double)bytes * records);
}

static void measure(const char *name, enum tls_cpu cpu)
{
    static struct tls_pair pair; /* large */
    static char cert[2048], key[1024];
    const struct td_random *random = &td_os_linux()->random;
    make_identity(random, cert, key);
    struct pair_identity identity = {.cert = cert, .key = key, .root = cert};
    pair.seconds = bench_cpu_seconds;
    pair_open(&pair, random, &identity, cpu, TLS_MODE_NEWEST);
    printf("tls\t%s\t%s\n", name, tls_suite(&pair.client));
    read_records(&pair, RECORD_LARGE, RECORDS);
    bench_figure("tls", name, "large", read_records(&pair, RECORD_LARGE, RECORDS) * 1e9, "ns/B");
    bench_figure("tls", name, "small", read_records(&pair, RECORD_SMALL, RECORDS_SMALL) * 1e9,
                 "ns/B");
    bench_figure("tls", name, "handshake", pair.client_s * 1e9, "ns");
    pair_close(&pair);
}

int main(int argc, char **argv)
{
    const char *name = argc == 2 ? argv[1] : "";
    hides_aes = strcmp(name, "aes") != 0;
    if (strcmp(name, "chacha") == 0)
        measure(name, TLS_CPU_ASKED);
    else if (strcmp(name, "aes") == 0)
        measure(name, TLS_CPU_WITH_AES);
    else if (strcmp(name, "aes_software") == 0)
        measure(name, TLS_CPU_WITH_AES);
    else {
        fprintf(stderr, "usage: tls_bench chacha|aes|aes_software\n");
        return 2;
    }
    return 0;
}
