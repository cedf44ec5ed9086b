#include "sync/seen.h"

#include "base/os.h"
#include "store/digest.h"
#include "unit/test.h"

TEST(known_for_its_destination_key_and_bytes_alone)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    struct seen_of of = {test_tmpdir(), "s3://b", "k", digest_of("abc", 3)};
    CHECK(!seen_has(disk, &of));
    CHECK_EQ_I64(seen_add(disk, &of), 0);
    CHECK_EQ_I64(seen_add(disk, &of), 0);
    CHECK(seen_has(disk, &of));
    struct seen_of other = of;
    other.key = "kk";
    CHECK(!seen_has(disk, &other));
    other = of;
    other.to = "s3://bk"; /* the border between the two counts */
    other.key = "";
    CHECK(!seen_has(disk, &other));
    other = of;
    other.identity = digest_of("abd", 3);
    CHECK(!seen_has(disk, &other));
}
