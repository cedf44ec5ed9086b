#include "update/bundle.h"

#include "unit/test.h"
#include "update/made.h"
#include "update/rig.h"

enum { IMAGE = 1 << 10, ROOM = 1 << 20 };

static uint8_t image[3 << 20], file_bytes[ROOM], spoiled[ROOM], payload[ROOM];
static struct sim_disk *disk;
static struct bundle_file from;
static struct made_key ours, theirs;
static size_t made;

static void begin(void)
{
    if (!ours.open[0])
        ours = made_key(1), theirs = made_key(2);
    disk = rig_disk();
    const struct td_disk *table = sim_disk_table(disk);
    from = (struct bundle_file){
        .disk = table, .file = table->open(table->ctx, "update.tdu", O_RDWR | O_CREAT, 0600)};
}

static void store(const void *bytes, size_t count)
{
    CHECK_EQ_I64(from.disk->truncate(from.disk->ctx, from.file, 0), 0);
    if (count > 0)
        CHECK_EQ_I64(from.disk->write_at(from.disk->ctx, from.file, bytes, count, 0),
                     (int64_t)count);
}

static void store_sound(enum bundle_kind kind)
{
    begin();
    made_image(image, IMAGE, 5);
    made = made_bundle(kind, "0.6.0", image, IMAGE, ours.secret, file_bytes, ROOM);
    store(file_bytes, made);
}

/* As apply does: nothing is taken before all is checked. */
static td_err check(const char *key)
{
    struct bundle bundle;
    const char *why = NULL;
    td_err err = bundle_open(&from, key, &bundle, &why);
    if (err == 0)
        err = bundle_check_payload(&from, &bundle, &why);
    if (err == 0)
        err = bundle_unpack(&from, &bundle, NULL, NULL, &why);
    CHECK(err == 0 || why[0] != 0);
    return err;
}

static uint8_t taken[3 << 20];

static td_err take(void *arg, int64_t offset, const uint8_t *data, size_t bytes)
{
    int64_t *next = arg;
    CHECK_EQ_I64(offset, *next);
    CHECK((uintptr_t)data % 4096 == 0);
    memcpy(taken + offset, data, bytes);
    *next += (int64_t)bytes;
    return 0;
}

/* ---- what is sound --------------------------------------------------------------------------- */

TEST(a_sound_bundle_gives_its_image)
{
    struct bundle bundle;
    const char *why;
    int64_t next = 0;
    store_sound(BUNDLE_SYSTEM);
    CHECK_EQ_I64(bundle_open(&from, ours.open, &bundle, &why), 0);
    CHECK_EQ_I64(bundle.kind, BUNDLE_SYSTEM);
    CHECK_EQ_STR(bundle.version, "0.6.0");
    CHECK_EQ_STR(bundle.board, "rpi4");
    CHECK_EQ_I64(bundle.image_bytes, IMAGE);
    CHECK_EQ_I64(bundle.payload_at + bundle.payload_bytes, (int64_t)made);
    CHECK_EQ_I64(bundle_check_payload(&from, &bundle, &why), 0);
    CHECK_EQ_I64(bundle_unpack(&from, &bundle, take, &next, &why), 0);
    CHECK_EQ_I64(next, IMAGE);
    CHECK_EQ_MEM(taken, image, IMAGE);
}

TEST(an_image_of_several_pieces)
{
    static uint8_t big[4 << 20];
    struct bundle bundle;
    const char *why;
    int64_t next = 0;
    begin();
    made_image(image, sizeof image - 512, 6);
    store(big,
          made_bundle(BUNDLE_SYSTEM, "1", image, sizeof image - 512, ours.secret, big, sizeof big));
    CHECK_EQ_I64(bundle_open(&from, ours.open, &bundle, &why), 0);
    CHECK_EQ_I64(bundle_unpack(&from, &bundle, take, &next, &why), 0);
    CHECK_EQ_I64(next, (int64_t)sizeof image - 512);
    CHECK_EQ_MEM(taken, image, sizeof image - 512);
}

TEST(a_recorder_is_a_bundle_too)
{
    struct bundle bundle;
    const char *why;
    store_sound(BUNDLE_RECORDER);
    CHECK_EQ_I64(bundle_open(&from, ours.open, &bundle, &why), 0);
    CHECK_EQ_I64(bundle.kind, BUNDLE_RECORDER);
    CHECK_EQ_I64(check(ours.open), 0);
}

static td_err refuse(void *arg, int64_t offset, const uint8_t *data, size_t bytes)
{
    (void)arg, (void)offset, (void)data, (void)bytes;
    return TD_E_DISK_FULL;
}

TEST(unpacking_ends_when_nobody_takes_it)
{
    struct bundle bundle;
    const char *why;
    store_sound(BUNDLE_SYSTEM);
    CHECK_EQ_I64(bundle_open(&from, ours.open, &bundle, &why), 0);
    CHECK_EQ_I64(bundle_unpack(&from, &bundle, refuse, NULL, &why), TD_E_DISK_FULL);
}

/* ---- what is not ----------------------------------------------------------------------------- */

static void flip(size_t at, unsigned bit)
{
    uint8_t byte;
    CHECK_EQ_I64(from.disk->read_at(from.disk->ctx, from.file, &byte, 1, (int64_t)at), 1);
    byte ^= (uint8_t)(1u << bit);
    CHECK_EQ_I64(from.disk->write_at(from.disk->ctx, from.file, &byte, 1, (int64_t)at), 1);
}

/* Where the byte lies tells which check finds it: magic and format; signature, manifest and its length; payload. */
TEST(one_flipped_bit_anywhere_is_refused)
{
    struct bundle bundle;
    const char *why;
    store_sound(BUNDLE_SYSTEM);
    CHECK_EQ_I64(check(ours.open), 0);
    CHECK_EQ_I64(bundle_open(&from, ours.open, &bundle, &why), 0);
    for (size_t at = 0; at < made; at++) {
        unsigned bit = (unsigned)(at * 5 % 8);
        flip(at, bit);
        td_err err = (int64_t)at < bundle.payload_at ? bundle_open(&from, ours.open, &bundle, &why)
                                                     : bundle_check_payload(&from, &bundle, &why);
        if (at < 12)
            CHECK_EQ_I64(err, TD_E_SYNTAX);
        else if (at < 16) /* too long, longer than the file, or another text */
            CHECK(err == TD_E_SYNTAX || err == TD_E_UPDATE_SIGNATURE || err == TD_E_UPDATE_DAMAGED);
        else
            CHECK_EQ_I64(err, (int64_t)at < bundle.payload_at ? TD_E_UPDATE_SIGNATURE
                                                              : TD_E_UPDATE_DAMAGED);
        flip(at, bit);
    }
    CHECK_EQ_I64(check(ours.open), 0);
}

TEST(cut_off_at_every_length_is_refused)
{
    store_sound(BUNDLE_SYSTEM);
    for (size_t bytes = 0; bytes < made; bytes++) {
        store(file_bytes, bytes);
        CHECK_EQ_I64(check(ours.open),
                     bytes < BUNDLE_HEAD_BYTES ? TD_E_SYNTAX : TD_E_UPDATE_DAMAGED);
    }
    memcpy(spoiled, file_bytes, made);
    spoiled[made] = 0;
    store(spoiled, made + 1);
    CHECK_EQ_I64(check(ours.open), TD_E_UPDATE_DAMAGED);
}

TEST(another_key_no_key_and_no_key_at_all)
{
    store_sound(BUNDLE_SYSTEM);
    CHECK_EQ_I64(check(theirs.open), TD_E_UPDATE_SIGNATURE);
    CHECK_EQ_I64(check(NULL), TD_E_UPDATE_SIGNATURE);
    CHECK_EQ_I64(check(""), TD_E_UPDATE_SIGNATURE);
    CHECK_EQ_I64(check("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
                 TD_E_UPDATE_SIGNATURE);
}

/* Signed by the right key, and still not obeyed. */
static td_err check_signed(struct bundle *bundle, size_t payload_bytes)
{
    bundle->payload_bytes = (int64_t)payload_bytes;
    store(spoiled, made_sign(bundle, ours.secret, payload, spoiled));
    return check(ours.open);
}

static struct bundle about(size_t image_bytes)
{
    struct bundle bundle = {
        .version = "0.6.0", .board = "rpi4", .image_bytes = (int64_t)image_bytes};
    mbedtls_sha256(image, image_bytes, bundle.image_sha256, 0);
    return bundle;
}

TEST(a_payload_that_is_not_the_image)
{
    struct bundle bundle;
    begin();
    memset(image, 0, sizeof image);
    size_t packed = ZSTD_compress(payload, ROOM, image, sizeof image, 3);

    bundle = about(sizeof image);
    CHECK_EQ_I64(check_signed(&bundle, packed), 0);
    CHECK_EQ_I64(check_signed(&bundle, packed - 1), TD_E_UPDATE_DAMAGED);
    CHECK_EQ_I64(check_signed(&bundle, packed + 1), TD_E_UPDATE_DAMAGED);
    bundle = about(sizeof image - 512); /* a bomb: more comes out than it says */
    CHECK_EQ_I64(check_signed(&bundle, packed), TD_E_UPDATE_DAMAGED);
    bundle = about(sizeof image);
    bundle.image_sha256[31] ^= 1;
    CHECK_EQ_I64(check_signed(&bundle, packed), TD_E_UPDATE_DAMAGED);
    memset(payload, 'x', 100);
    CHECK_EQ_I64(check_signed(&bundle, 100), TD_E_UPDATE_DAMAGED);
}

static size_t pack(int window_log, int says_size)
{
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    ZSTD_inBuffer in = {image, sizeof image, 0};
    ZSTD_outBuffer out = {payload, ROOM, 0};
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, says_size);
    if (says_size)
        ZSTD_CCtx_setPledgedSrcSize(zstd, sizeof image);
    size_t left = ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_end);
    CHECK_EQ_U64(left, 0);
    ZSTD_freeCCtx(zstd);
    return out.pos;
}

/* The size is told by the frame itself; a bomb that lies in both places ends at its first wrong byte. */
TEST(a_frame_must_tell_its_size)
{
    begin();
    made_image(image, sizeof image, 7);
    memset(image, 1, sizeof image - (64 << 10));
    struct bundle bundle = about(sizeof image);
    CHECK_EQ_I64(check_signed(&bundle, pack(20, 1)), 0);
    CHECK_EQ_I64(check_signed(&bundle, pack(20, 0)), TD_E_UPDATE_DAMAGED);
    size_t packed = pack(20, 1);
    memcpy(payload + packed, payload, packed); /* two frames */
    CHECK_EQ_I64(check_signed(&bundle, 2 * packed), TD_E_UPDATE_DAMAGED);
}

/* 64 GiB of window and of content in the frame's own words. */
TEST(a_window_beyond_the_limit_is_not_allocated)
{
    static const uint8_t bomb[] = {0x28, 0xb5, 0x2f, 0xfd, 0x80, 0xd0, 0, 0, 0, 0x30, 1, 0, 0};
    struct bundle bundle = about(INT64_C(3) << 20);
    begin();
    memcpy(payload, bomb, sizeof bomb);
    bundle.image_bytes = 0x30000000;
    CHECK_EQ_I64(check_signed(&bundle, sizeof bomb), TD_E_UPDATE_DAMAGED);
}

/* ---- the manifest ---------------------------------------------------------------------------- */

#define H64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define M(kind, version, board, bytes, hash)                                                       \
    "kind=" kind "\nversion=" version "\nboard=" board "\nimage_bytes=" bytes                      \
    "\nimage_sha256=" hash "\npayload_bytes=7\npayload_sha256=" H64 "\n"

static td_err parse(const char *text)
{
    struct bundle bundle;
    return bundle_parse_manifest(text, strlen(text), &bundle);
}

TEST(a_manifest_is_taken_word_by_word)
{
    CHECK_EQ_I64(parse(M("system", "1.2.3", "rpi4", "512", H64)), 0);
    CHECK_EQ_I64(parse(M("recorder", "1.2.3.4", "rpi4", "513", H64)), 0);
    static const char *const wrong[] = {
        "",
        "\n",
        M("system", "1.2.3", "rpi4", "513", H64),
        M("kernel", "1.2.3", "rpi4", "512", H64),
        M("", "1.2.3", "rpi4", "512", H64),
        M("system ", "1.2.3", "rpi4", "512", H64),
        M("system", "", "rpi4", "512", H64),
        M("system", "../x", "rpi4", "512", H64),
        M("system", "1.2.3.4.5", "rpi4", "512", H64),
        M("system", "1..3", "rpi4", "512", H64),
        M("system", "1.2.", "rpi4", "512", H64),
        M("system", "v1.2", "rpi4", "512", H64),
        M("system", "1.1234567890", "rpi4", "512", H64),
        M("system", "1.2", "rpi4/..", "512", H64),
        M("system", "1.2", "a234567890123456789012345678901234", "512", H64),
        M("system", "1.2", "rpi4", "0", H64),
        M("system", "1.2", "rpi4", "0512", H64),
        M("system", "1.2", "rpi4", "-512", H64),
        M("system", "1.2", "rpi4", "512 ", H64),
        M("system", "1.2", "rpi4", "1073742336", H64),
        M("system", "1.2", "rpi4", "99999999999999999999", H64),
        M("system", "1.2", "rpi4", "512", "0123"),
        M("system", "1.2", "rpi4", "512", H64 "0"),
        M("system", "1.2", "rpi4", "512", "G123456789abcdef" H64),
        M("system", "1.2", "rpi4", "512", H64) "more=1\n",
        M("system", "1.2", "rpi4", "512\r", H64),
        "version=1.2\n" M("system", "1.2", "rpi4", "512", H64),
        "kind=system\nversion=1.2\nboard=rpi4\n",
    };
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_EQ_I64(parse(wrong[i]), TD_E_SYNTAX);
    struct bundle bundle;
    const char nul[] = "kind=system\0\nversion=1.2\n";
    CHECK_EQ_I64(bundle_parse_manifest(nul, sizeof nul - 1, &bundle), TD_E_SYNTAX);
}

TEST(versions_are_numbers)
{
    static const struct {
        const char *a, *b;
        int want;
    } cases[] = {
        {"0.5.0", "0.5.0", 0},   {"0.5.0", "0.5", 0},    {"0.5.1", "0.5", 1},
        {"0.9.0", "0.10.0", -1}, {"1", "0.99.99", 1},    {"2.0.0.1", "2.0.0", 1},
        {"10", "9", 1},          {"0.05.0", "0.5.0", 0}, {"999999999", "1000", 1},
    };
    td_err err;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_EQ_I64(bundle_version_compare(cases[i].a, cases[i].b, &err), cases[i].want);
        CHECK_EQ_I64(err, 0);
        CHECK_EQ_I64(bundle_version_compare(cases[i].b, cases[i].a, &err), -cases[i].want);
    }
    CHECK_EQ_I64(bundle_version_compare("1", "1.x", &err), 0);
    CHECK_EQ_I64(err, TD_E_SYNTAX);
    CHECK_EQ_I64(bundle_version_compare("", "1", &err), 0);
    CHECK_EQ_I64(err, TD_E_SYNTAX);
}
