#include "venue/rig.h"

extern const struct venue venue_template;

#define BOOK                                                                                       \
    "{\"type\":\"book\",\"full\":true,\"symbol\":\"BTC-USD\",\"ms\":1767323045678,\"bids\":[["     \
    "\"101.4\",\"2\"]],"                                                                           \
    "\"asks\":[[\"101.5\",\"1\"]]}"
#define TRADE                                                                                      \
    "{\"type\":\"trade\",\"symbol\":\"BTC-USD\",\"ms\":1767323045678,\"id\":7,\"side\":\"buy\","   \
    "\"price\":\"101.5\","                                                                         \
    "\"size\":\"0.04\"}"

/* What a new venue starts from works as it stands. */
TEST(the_template_reads_its_own_form)
{
    rig_open(&venue_template, false);
    rig_add("BTC-USD", "BTC-USD", 1, 8);
    CHECK_EQ_STR(
        rig_rows(BOOK),
        "snapshot BTC-USD ns=1767323045678000000 flags=0 seq=0..0 bid 101.4 2 ask 101.5 1\n");
    CHECK_EQ_STR(rig_rows(TRADE), "trade BTC-USD ns=1767323045678000000 flags=0 taker=buy raw=buy "
                                  "id=7 price=101.5 size=0.04\n");
    CHECK_EQ_STR(rig_rows("{\"type\":\"subscribed\"}"), "ignored");
    CHECK_EQ_STR(rig_rows("{\"type\":\"else\",\"symbol\":\"BTC-USD\"}"), "malformed");
    rig_truncate(BOOK);
    rig_truncate(TRADE);
    rig_garble(BOOK, 1000);
}
