#include "app/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/exits.h"
#include "base/os_linux.h"
#include "net/jwt.h"
#include "net/rig.h"
#include "test.h"

static const struct venue signing = {.name = "signing", .auth = VENUE_AUTH_JWT_ES256};

static const char *file_of(const char *text, unsigned mode)
{
    static char path[512];
    static unsigned count;
    snprintf(path, sizeof path, "%s/key%u", test_tmpdir(), count++);
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    CHECK_EQ_I64(chmod(path, mode), 0);
    return path;
}

static struct td_config_venue section_of(const char *name, const char *path)
{
    struct td_config_venue section = {.name = "signing"};
    snprintf(section.api_key, sizeof section.api_key, "%s", name);
    snprintf(section.api_secret_file, sizeof section.api_secret_file, "%s", path);
    return section;
}

static int load(const char *name, const char *path)
{
    struct secret *secret;
    struct td_config_venue section = section_of(name, path);
    int bad = secret_load(&signing, &section, td_os_linux(), &secret);
    CHECK((bad == EXIT_FINE && name[0] != '\0') == (secret != NULL));
    return bad;
}

TEST(a_key_is_read_from_a_file_of_ones_own)
{
    CHECK_EQ_I64(load("", ""), EXIT_FINE);
    CHECK_EQ_I64(load("name", file_of(certs()->good.key, 0600)), EXIT_FINE);
    CHECK_EQ_I64(load("name", file_of(certs()->good.key, 0400)), EXIT_FINE);
    CHECK_EQ_I64(load("name", file_of(certs()->good.key, 0640)), EXIT_CONFIG);
    CHECK_EQ_I64(load("name", file_of(certs()->good.key, 0604)), EXIT_CONFIG);
    CHECK_EQ_I64(load("name", file_of("no key", 0600)), EXIT_CONFIG);
    CHECK_EQ_I64(load("name", file_of("", 0600)), EXIT_CONFIG);
    CHECK_EQ_I64(load("name", test_tmpdir()), EXIT_CONFIG);
    CHECK_EQ_I64(load("name", "/nowhere/at/all"), EXIT_CONFIG);
    CHECK_EQ_I64(load("name", ""), EXIT_CONFIG);
    CHECK_EQ_I64(load("", file_of(certs()->good.key, 0600)), EXIT_CONFIG);
}

TEST(a_venue_that_takes_no_key_gets_none)
{
    static const struct venue open_to_all = {.name = "signing"};
    struct secret *secret;
    struct td_config_venue section = section_of("name", file_of(certs()->good.key, 0600));
    CHECK_EQ_I64(secret_load(&open_to_all, &section, td_os_linux(), &secret), EXIT_CONFIG);
    CHECK(secret == NULL);
}

static size_t sign(struct secret *secret, bool for_wire, const char *text, char *out, size_t cap)
{
    size_t bytes =
        secret_sign(secret, for_wire, (struct td_text){text, (uint32_t)strlen(text)}, out, cap);
    CHECK(bytes < cap);
    out[bytes] = '\0';
    return bytes;
}

TEST(the_token_stands_at_the_end_and_not_in_the_log)
{
    char out[4096];
    struct secret *secret;
    struct td_config_venue section = section_of("name", file_of(certs()->good.key, 0600));
    CHECK_EQ_I64(secret_load(&signing, &section, td_os_linux(), &secret), EXIT_FINE);
    sign(secret, false, "{\"type\":\"subscribe\"}", out, sizeof out);
    CHECK_EQ_STR(out, "{\"type\":\"subscribe\",\"jwt\":\"...\"}");
    size_t bytes = sign(secret, true, "{\"type\":\"subscribe\"}", out, sizeof out);
    CHECK(strncmp(out, "{\"type\":\"subscribe\",\"jwt\":\"eyJ", 30) == 0);
    CHECK_EQ_STR(out + bytes - 2, "\"}");
    CHECK(bytes > 300 && strchr(out, '.') != NULL);
    sign(secret, false, "{}", out, sizeof out);
    CHECK_EQ_STR(out, "{\"jwt\":\"...\"}");
    sign(secret, true, "ping", out, sizeof out);
    CHECK_EQ_STR(out, "ping");
    CHECK_EQ_U64(secret_sign(secret, true, (struct td_text){"{}", 2}, out, 100), 0);
}

/* ---- over the wire, sealed ---- */

static void serve_signed(struct peer *peer)
{
    static char text[4096];
    size_t bytes;
    peer_upgrade(peer);
    for (;;) {
        peer_must(peer_recv_frame(peer, text, sizeof text, &bytes) == 1);
        bool good = strncmp(text, "{\"a\":1,\"jwt\":\"eyJ", 17) == 0 && bytes > 250;
        peer_message(peer, good ? "good" : "bad");
    }
}

static size_t subscribe_twice(void *arg, unsigned n, char *out, size_t cap)
{
    (void)arg;
    return n < 2 ? (size_t)snprintf(out, cap, "{\"a\":1}") : 0;
}

/* rig_close sees each allocation that the library makes outside the wire's arena. */
TEST(signing_takes_no_memory_but_the_wires)
{
    struct rig rig;
    struct secret *secret;
    struct td_config_venue section = section_of("name", file_of(certs()->good.key, 0600));
    CHECK_EQ_I64(secret_load(&signing, &section, td_os_linux(), &secret), EXIT_FINE);
    rig_open(&rig, 20);
    struct server server = server_start(&certs()->good, serve_signed);
    struct wire_endpoint *endpoint = rig_endpoint(&rig, "wss", "localhost", server.port);
    endpoint->subscribe = subscribe_twice;
    endpoint->subscribe_gap_ms = 1000;
    endpoint->sign = secret_sign;
    endpoint->sign_arg = secret;
    rig_run(&rig);
    rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL);
    for (int i = 0; i < 2; i++) {
        rig_expect(&rig, TD_FRAME_SENT, "{\"a\":1,\"jwt\":\"...\"}");
        rig_expect(&rig, TD_FRAME_WS_TEXT, "good");
    }
    rig_close(&rig, &server);
}
