/* Certificates say what the ledger says, byte for byte the same each time; what is not so any more is found. */
#include "lake/certificate.h"

#include <stdio.h>
#include <unistd.h>

#include "lake/verb.h"
#include "lake/verify.h"
#include "ledger.h"

static char heard[4096];

static void hear(void *ctx, const char *path, const char *kind, const char *what)
{
    size_t at = strlen(heard);
    (void)ctx;
    snprintf(heard + at, sizeof heard - at, "%s %s: %s\n", strrchr(path, '/') + 1, kind, what);
}

static struct verify check(const char *dir)
{
    struct verify v = {.tell = hear};
    heard[0] = 0;
    verify_certificates(&v, dir);
    verify_free(&v);
    return v;
}

/* Two days and an hour. A hole of BTC's book is open from 23:50 on, the recorder crashes at 23:55 and is back at 00:05, the hole closes at 00:10. */
static void make(const char *dir)
{
    struct ledger_made l;
    ledger_begin(&l, dir);
    for (int64_t hour = 0; hour < 49; hour++) {
        int64_t at = hour * LEDGER_HOUR;
        if (hour == 24) {
            ledger_gap(&l, LEDGER_DEVICE,
                       (struct ledger_says){.id = 2,
                                            .at = at + 300,
                                            .from = at - 300,
                                            .to = -1,
                                            .kind = TD_GAP_CRASH,
                                            .channel = TD_CHANNEL_ALL});
            ledger_gap(&l, LEDGER_DEVICE,
                       (struct ledger_says){.id = 2,
                                            .at = at + 300,
                                            .from = at - 300,
                                            .to = at + 300,
                                            .kind = TD_GAP_CRASH,
                                            .channel = TD_CHANNEL_ALL});
            ledger_gap(&l, LEDGER_BTC,
                       (struct ledger_says){.id = 1,
                                            .at = at + 600,
                                            .from = at - 600,
                                            .to = at + 600,
                                            .kind = TD_GAP_SEQUENCE});
            at += 600;
        }
        ledger_data(&l, LEDGER_BTC_BOOK, at);
        ledger_data(&l, LEDGER_BTC_TRADES, at);
        ledger_data(&l, LEDGER_ETH_BOOK, at);
        if (hour == 12)
            ledger_clock(&l, at, 123456);
        if (hour == 23)
            ledger_gap(&l, LEDGER_BTC,
                       (struct ledger_says){.id = 1,
                                            .at = at + 3000,
                                            .from = at + 3000,
                                            .to = -1,
                                            .kind = TD_GAP_SEQUENCE});
    }
    ledger_end(&l);
}

static const char *path_of(const char *dir, int day, char path[CERTIFICATE_PATH_MAX])
{
    char folder[CERTIFICATE_PATH_MAX], date[CERTIFICATE_DATE_MAX];
    snprintf(folder, sizeof folder, "%s/certificates", dir);
    certificate_date(LEDGER_DAY_NS / 1000 + day * INT64_C(86400000000), date);
    CHECK_EQ_I64(certificate_path(folder, "coinbase", date, path), 0);
    return path;
}

extern const struct verb verb_gaps;

static int tape(const char *dir, const char *day)
{
    char *args[] = {(char *)"tape", (char *)"gaps",     (char *)dir, (char *)"--day",
                    (char *)day,    (char *)"--export", NULL};
    const struct verb *const verbs[] = {&verb_gaps, NULL};
    return tape_main(verbs, 6, args);
}

static const char *certified(void)
{
    const char *dir = test_tmpdir();
    make(dir);
    CHECK_EQ_I64(tape(dir, "2026-09-21"), EXIT_FINE);
    CHECK_EQ_I64(tape(dir, "2026-09-22"), EXIT_FINE);
    return dir;
}

static void read_text(const char *path, struct lake_buffer *text)
{
    text->bytes = 0;
    CHECK_EQ_I64(certificate_read(path, text), 0);
}

static bool says(const struct lake_buffer *text, const char *what)
{
    return strstr((const char *)text->data, what) != NULL;
}

/* Writes the text back with a hash that fits, as a forger would. */
static void forge(const char *path, struct lake_buffer *text, const char *from, const char *to)
{
    static const char key[] = "  \"sha256\": \"";
    char sha256[CERTIFICATE_SHA_MAX];
    char *at = strstr((char *)text->data, from);
    CHECK(at != NULL && strlen(from) == strlen(to));
    memcpy(at, to, strlen(to));
    char *last = (char *)text->data + text->bytes - (sizeof key - 1 + 64 + sizeof "\"\n}\n" - 1);
    CHECK(memcmp(last, key, sizeof key - 1) == 0);
    certificate_sha256(text->data, (size_t)(last - (char *)text->data), sha256);
    memcpy(last + sizeof key - 1, sha256, 64);
    CHECK_EQ_I64(certificate_write(path, text), 0);
}

TEST(a_hole_over_midnight_and_a_crash_counts_on_both_days)
{
    struct lake_buffer text = {0};
    char path[CERTIFICATE_PATH_MAX];
    const char *dir = certified();
    read_text(path_of(dir, 0, path), &text);
    /* The crash takes 5 of the hole's 10 minutes before midnight. */
    CHECK(says(&text, "{\"symbol\": \"BTC-USD\", \"channel\": \"book\", \"covered_from\": "
                      "\"2026-09-21T00:00:00.000000Z\", \"rows\": 24, \"segments\": 24, "
                      "\"seconds\": {\"proven\": 85800.000000, \"syncing\": 0.000000, \"stale\": "
                      "0.000000, \"broken\": 300.000000, \"absent\": 300.000000}, \"gaps\": "
                      "{\"crash\": 1, \"sequence\": 1}, \"open_at_end\": 2, \"missed\": 0, "
                      "\"backfilled\": 0, \"completeness\": 0.993055}"));
    CHECK(says(&text, "\"clock_error_max_ns\": 123456,"));
    CHECK(says(&text, "\"previous\": null"));
    read_text(path_of(dir, 1, path), &text);
    CHECK(says(&text, "\"seconds\": {\"proven\": 85800.000000, \"syncing\": 0.000000, \"stale\": "
                      "0.000000, \"broken\": 300.000000, \"absent\": 300.000000}, \"gaps\": "
                      "{\"crash\": 1, \"sequence\": 1}, \"open_at_end\": 0"));
    CHECK(says(&text, "\"clock_error_max_ns\": null"));
    CHECK(says(&text, "\"previous\": {\"date\": \"2026-09-21\""));
    lake_buffer_free(&text);
}

TEST(made_again_it_is_the_same)
{
    struct lake_buffer first = {0}, second = {0};
    char path[CERTIFICATE_PATH_MAX];
    const char *dir = certified();
    struct verify v = check(dir);
    CHECK_EQ_STR(heard, "");
    CHECK_EQ_I64(v.certificates, 2);
    CHECK_EQ_I64(v.not_made_again, 0);
    read_text(path_of(dir, 0, path), &first);
    CHECK(unlink(path) == 0);
    CHECK_EQ_I64(tape(dir, "2026-09-21"), EXIT_FOUND); /* a later one stands already */
    CHECK(unlink(path_of(dir, 1, path)) == 0);
    CHECK_EQ_I64(tape(dir, "2026-09-21"), EXIT_FINE);
    read_text(path_of(dir, 0, path), &second);
    CHECK_EQ_STR((const char *)first.data, (const char *)second.data);
    CHECK_EQ_I64(tape(dir, "2026-09-21"), EXIT_FINE);  /* it stands, and says the same */
    CHECK_EQ_I64(tape(dir, "2026-09-23"), EXIT_USAGE); /* that day is not over */
    CHECK_EQ_I64(tape(dir, "2026-09-20"), EXIT_USAGE); /* nothing was recorded */
    lake_buffer_free(&first);
    lake_buffer_free(&second);
}

TEST(any_flipped_byte_is_found)
{
    struct lake_buffer text = {0};
    char path[CERTIFICATE_PATH_MAX];
    const char *dir = certified();
    read_text(path_of(dir, 1, path), &text);
    for (size_t at = 0; at < text.bytes; at += at < 2000 ? 7 : 211) {
        text.data[at] ^= 1;
        CHECK_EQ_I64(certificate_write(path, &text), 0);
        struct verify v = check(dir);
        if (v.problems != 1 || v.code != EXIT_CORRUPT)
            FAIL("byte %zu: %s", at, heard);
        text.data[at] ^= 1;
    }
    CHECK_EQ_I64(certificate_write(path, &text), 0);
    CHECK_EQ_I64(check(dir).problems, 0);
    lake_buffer_free(&text);
}

TEST(a_forger_who_knows_the_hash_is_found_too)
{
    static const char *const change[][2] = {
        {"\"completeness\": 0.993055", "\"completeness\": 0.999999"},
        {"\"gaps\": {\"crash\": 1", "\"gaps\": {\"crash\": 0"},
        {"\"sha256\": \"", "\"sha255\": \""},
    };
    char path[CERTIFICATE_PATH_MAX], name[64];
    for (size_t i = 0; i < 3; i++) {
        struct lake_buffer text = {0};
        const char *dir = certified();
        read_text(path_of(dir, 1, path), &text);
        forge(path, &text, change[i][0], change[i][1]);
        CHECK_EQ_I64(check(dir).code, EXIT_FOUND);
        snprintf(name, sizeof name, "date=2026-09-22.json certificate: %s",
                 i == 2 ? "the chain is broken" : "line ");
        CHECK(strncmp(heard, name, strlen(name)) == 0);
        lake_buffer_free(&text);
    }
}

TEST(a_broken_chain_is_found)
{
    struct lake_buffer text = {0};
    char path[CERTIFICATE_PATH_MAX];
    const char *dir = certified();
    read_text(path_of(dir, 0, path), &text);
    forge(path, &text, "\"clock_error_max_ns\": 123456", "\"clock_error_max_ns\": 123455");
    CHECK_EQ_I64(check(dir).problems, 2);
    CHECK(strstr(heard, "21.json certificate: line 12 says") != NULL);
    CHECK(strstr(heard, "22.json certificate: the chain is broken: 2026-09-21 is not the one") !=
          NULL);
    CHECK(unlink(path) == 0);
    CHECK_EQ_I64(check(dir).problems, 1);
    CHECK(strstr(heard, "it follows 2026-09-21, which is not here") != NULL);
    lake_buffer_free(&text);
}

TEST(a_changed_receipt_is_found_and_a_carried_away_segment_said)
{
    struct lake_buffer text = {0};
    struct file_list list = {0};
    const char *dir = certified(), *receipt = NULL, *segment = NULL;
    CHECK_EQ_I64(files_collect(&list, dir), 0);
    for (size_t i = 0; i < list.count; i++) {
        const struct file_entry *file = files_at(&list, i);
        if (strstr(file->path, "trades/") && strstr(file->path, "day=21/hour=05") != NULL)
            *(file->is_receipt ? &receipt : &segment) = file->path;
    }
    CHECK(receipt != NULL && segment != NULL);
    read_text(receipt, &text);
    char *hash = strstr((char *)text.data, "\"sha256\": \"");
    CHECK(hash != NULL);
    hash[12] ^= 1;
    CHECK_EQ_I64(certificate_write(receipt, &text), 0);
    CHECK_EQ_I64(check(dir).problems, 1);
    CHECK(strstr(heard, "ledger and receipts say") != NULL);
    CHECK(unlink(segment) == 0 && unlink(receipt) == 0);
    struct verify v = check(dir);
    CHECK_EQ_I64(v.problems, 0);
    CHECK_EQ_I64(v.not_made_again, 1);
    files_free(&list);
    lake_buffer_free(&text);
}
