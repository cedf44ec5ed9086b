#include "store/digest.h"

#include <fcntl.h>
#include <stdio.h>

#include "test.h"

static const char abc_sha256[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(sums_are_those_of_the_standards)
{
    char hex[65];
    struct store_identity abc = digest_of("abc", 3), digits = digest_of("123456789", 9);
    identity_hex(abc.sha256, hex);
    CHECK_EQ_STR(hex, abc_sha256);
    CHECK_EQ_I64(abc.bytes, 3);
    CHECK_EQ_U64(digits.crc32c, 0xE3069283);
    struct store_identity none = digest_of(NULL, 0);
    identity_hex(none.sha256, hex);
    CHECK_EQ_STR(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK_EQ_U64(none.crc32c, 0);
}

TEST(steps_sum_to_the_whole)
{
    struct digest digest;
    struct store_identity whole = digest_of("abcdefgh", 8), steps;
    digest_begin(&digest);
    digest_add(&digest, "abc", 3);
    digest_add(&digest, NULL, 0);
    digest_add(&digest, "defgh", 5);
    steps = digest_end(&digest);
    CHECK(identity_equal(&whole, &steps));
}

TEST(each_part_of_an_identity_counts)
{
    struct store_identity a = digest_of("abc", 3), b = a;
    CHECK(identity_equal(&a, &b));
    b.bytes++;
    CHECK(!identity_equal(&a, &b));
    b = a;
    b.crc32c ^= 1;
    CHECK(!identity_equal(&a, &b));
    b = a;
    b.sha256[31] ^= 1;
    CHECK(!identity_equal(&a, &b));
}

TEST(a_part_of_a_file_is_summed_and_a_short_one_is_said)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    static char data[100000];
    char path[256];
    struct store_identity got, want;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 31 >> 3);
    snprintf(path, sizeof path, "%s/f", test_tmpdir());
    int file = disk->open(disk->ctx, path, O_RDWR | O_CREAT, 0600);
    CHECK(file >= 0);
    CHECK_EQ_I64(disk->write_at(disk->ctx, file, data, sizeof data, 0), sizeof data);
    CHECK_EQ_I64(digest_of_file(disk, file, 7, 70001, &got), 0);
    want = digest_of(data + 7, 70001);
    CHECK(identity_equal(&got, &want));
    CHECK_EQ_I64(digest_of_file(disk, file, 0, sizeof data, &got), 0);
    want = digest_of(data, sizeof data);
    CHECK(identity_equal(&got, &want));
    CHECK_EQ_I64(digest_of_file(disk, file, 1, sizeof data, &got), TD_E_END);
    disk->close(disk->ctx, file);
    CHECK_EQ_I64(digest_of_file(disk, file, 0, 1, &got), TD_E_IO);
}

TEST(hex_is_read_back_and_nothing_else_is)
{
    uint8_t sum[32] = {0}, upper[32];
    char text[66], back[65];
    CHECK(identity_from_hex(abc_sha256, sum));
    identity_hex(sum, back);
    CHECK_EQ_STR(back, abc_sha256);
    snprintf(text, sizeof text, "%s", abc_sha256);
    text[0] = 'B', text[1] = 'A';
    CHECK(identity_from_hex(text, upper));
    CHECK_EQ_MEM(sum, upper, sizeof sum);
    for (const char *bad = "g/:@`G \n"; *bad; bad++) {
        text[63] = *bad;
        CHECK(!identity_from_hex(text, upper));
    }
    text[63] = 0;
    CHECK(!identity_from_hex(text, upper));
    snprintf(text, sizeof text, "%s0", abc_sha256);
    CHECK(!identity_from_hex(text, upper));
    CHECK(!identity_from_hex("", upper));
}
