#include "exchange/identity.h"

#include <fcntl.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/ecp.h>
#include <mbedtls/memory_buffer_alloc.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "exchange/memory.h"

enum {
    ARENA_BYTES = 32 << 20, /* 48 KiB a connection and what handshakes need */
    PEM_BYTES = 4096,
};

#define AUTHORITY "CN=Bundled exchange authority"

static int random_bytes(void *arg, unsigned char *out, size_t bytes)
{
    (void)arg;
    return getrandom(out, bytes, 0) == (ssize_t)bytes ? 0 : -1;
}

static int make_key(mbedtls_pk_context *key)
{
    mbedtls_pk_init(key);
    int result = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    return result ? result
                  : mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), random_bytes,
                                        NULL);
}

/* Names under which this machine reaches itself, and the one under which a guest of qemu's user network reaches it. */
static int name_host(mbedtls_x509write_cert *cert)
{
    static unsigned char name[] = "localhost", v4[] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
    static unsigned char guest[] = {10, 0, 2, 2};
    mbedtls_x509_san_list by_guest = {0}, by_v6 = {.next = &by_guest}, by_v4 = {.next = &by_v6};
    mbedtls_x509_san_list by_name = {.next = &by_v4};
    by_name.node.type = MBEDTLS_X509_SAN_DNS_NAME;
    by_name.node.san.unstructured_name = (mbedtls_x509_buf){.p = name, .len = sizeof name - 1};
    by_v4.node.type = by_v6.node.type = by_guest.node.type = MBEDTLS_X509_SAN_IP_ADDRESS;
    by_v4.node.san.unstructured_name = (mbedtls_x509_buf){.p = v4, .len = sizeof v4};
    by_v6.node.san.unstructured_name = (mbedtls_x509_buf){.p = v6, .len = sizeof v6};
    by_guest.node.san.unstructured_name = (mbedtls_x509_buf){.p = guest, .len = sizeof guest};
    return mbedtls_x509write_crt_set_subject_alternative_name(cert, &by_name);
}

static int sign(mbedtls_pk_context *subject, mbedtls_pk_context *issuer, bool authority,
                unsigned char pem[PEM_BYTES])
{
    mbedtls_x509write_cert cert;
    unsigned char serial[8];
    random_bytes(NULL, serial, sizeof serial);
    serial[0] = (serial[0] & 0x7f) | 1;
    mbedtls_x509write_crt_init(&cert);
    mbedtls_x509write_crt_set_version(&cert, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&cert, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&cert, subject);
    mbedtls_x509write_crt_set_issuer_key(&cert, issuer);
    int bad = mbedtls_x509write_crt_set_subject_name(&cert, authority ? AUTHORITY : "CN=localhost");
    bad |= mbedtls_x509write_crt_set_issuer_name(&cert, AUTHORITY);
    bad |= mbedtls_x509write_crt_set_serial_raw(&cert, serial, sizeof serial);
    bad |= mbedtls_x509write_crt_set_validity(&cert, "20200101000000", "20991231235959");
    bad |= mbedtls_x509write_crt_set_basic_constraints(&cert, authority, authority ? 0 : -1);
    bad |= mbedtls_x509write_crt_set_key_usage(
        &cert, authority ? MBEDTLS_X509_KU_KEY_CERT_SIGN : MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
    bad |= mbedtls_x509write_crt_set_subject_key_identifier(&cert);
    bad |= mbedtls_x509write_crt_set_authority_key_identifier(&cert);
    if (!authority)
        bad |= name_host(&cert);
    if (!bad)
        bad = mbedtls_x509write_crt_pem(&cert, pem, PEM_BYTES, random_bytes, NULL);
    mbedtls_x509write_crt_free(&cert);
    return bad;
}

/* Beside and renamed: who waits for the file never sees half of it. */
static bool write_file(const char *path, const unsigned char *pem)
{
    char beside[4096];
    size_t bytes = strlen((const char *)pem);
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside)
        return false;
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool written = fd >= 0 && write(fd, pem, bytes) == (ssize_t)bytes;
    if (fd >= 0)
        close(fd);
    return written && rename(beside, path) == 0;
}

static int configure(mbedtls_ssl_config *config, mbedtls_x509_crt *cert, mbedtls_pk_context *key)
{
    mbedtls_ssl_config_init(config);
    int bad = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_SERVER,
                                          MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(config, random_bytes, NULL);
    return bad ? bad : mbedtls_ssl_conf_own_cert(config, cert, key);
}

bool identity_make(mbedtls_ssl_config *config, const char *ca_path)
{
    static mbedtls_pk_context authority_key, key; /* the configuration points at key and cert */
    static mbedtls_x509_crt cert;
    static unsigned char authority_pem[PEM_BYTES], pem[PEM_BYTES];
    mbedtls_memory_buffer_alloc_init(memory_take(ARENA_BYTES), ARENA_BYTES);
    mbedtls_x509_crt_init(&cert);
    int bad = psa_crypto_init() != PSA_SUCCESS;
    bad = bad ? bad : make_key(&authority_key);
    bad = bad ? bad : make_key(&key);
    bad = bad ? bad : sign(&authority_key, &authority_key, true, authority_pem);
    bad = bad ? bad : sign(&key, &authority_key, false, pem);
    bad = bad ? bad : mbedtls_x509_crt_parse(&cert, pem, strlen((char *)pem) + 1);
    bad = bad ? bad : configure(config, &cert, &key);
    mbedtls_pk_free(&authority_key);
    if (bad)
        fprintf(stderr, "exchange: no certificate could be made (mbedTLS says -0x%x)\n",
                (unsigned)-bad);
    else if (ca_path && !write_file(ca_path, authority_pem)) {
        fprintf(stderr, "exchange: %s cannot be written\n", ca_path);
        return false;
    }
    return !bad;
}
