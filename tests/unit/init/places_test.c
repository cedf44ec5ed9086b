#include "init/places.h"

#include "test.h"

TEST(a_place_stands_under_the_root_that_was_given)
{
    char path[INIT_PLACE_MAX];
    CHECK_EQ_STR(init_place(INIT_DECK, path), "/data/deck");
    init_places_under("/tmp/x");
    CHECK_EQ_STR(init_place(INIT_DECK, path), "/tmp/x/data/deck");
    init_places_under("");
}
