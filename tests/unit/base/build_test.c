#include "test.h"

#include "base/build.h"

TEST(version_is_numbers_and_points)
{
    const char *version = td_build_version();
    CHECK(strlen(version) >= 5);
    CHECK_EQ_I64(strspn(version, "0123456789."), strlen(version));
}

/* The same text in every receipt and file: no spaces, no time of day. */
TEST(hash_is_one_word)
{
    const char *hash = td_build_hash();
    CHECK(strlen(hash) > 0);
    CHECK(strpbrk(hash, " \t\n:\"") == NULL);
}
