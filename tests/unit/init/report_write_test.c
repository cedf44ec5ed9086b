#include <unistd.h>

#include "init/file.h"
#include "init/places.h"
#include "init/report.h"
#include "test.h"

TEST(a_card_that_cannot_be_made_writable_is_not_written)
{
    char path[INIT_PLACE_MAX], kept[8];
    init_places_under(test_tmpdir());
    CHECK_EQ_I64(file_make_folder(init_place(INIT_CARD, path)), 0);
    CHECK_EQ_I64(file_replace(init_place(INIT_CARD "/STATUS.txt", path), "old", 3, NULL), 0);
    CHECK(report_write("new", 3) < 0);
    CHECK_EQ_I64(file_read(init_place(INIT_CARD "/STATUS.txt", path), kept, sizeof kept), 3);
    CHECK_EQ_MEM(kept, "old", 3);
    init_places_under("");
}
