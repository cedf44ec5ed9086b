#include "proxy/fault.h"

#include <string.h>

#include "test.h"

static bool reads(const char *text, struct fault *fault)
{
    return fault_read(text, strlen(text), fault);
}

TEST(every_kind_has_a_name_that_is_read)
{
    struct fault fault;
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        CHECK(reads(fault_name(kind), &fault));
        CHECK_EQ_I64(fault.kind, kind);
    }
}

TEST(the_number_is_taken_or_the_usual_one)
{
    struct fault fault;
    CHECK(reads("stall:70", &fault));
    CHECK_EQ_I64(fault.amount, 70);
    CHECK(reads("stall", &fault));
    CHECK_EQ_I64(fault.amount, 3000);
    CHECK_EQ_I64(fault_place(fault.kind), FAULT_OF_LINK);
    CHECK(reads("split:5", &fault));
    CHECK_EQ_I64(fault_place(fault.kind), FAULT_OF_SHAPE);
    CHECK(reads("mute", &fault));
    CHECK_EQ_I64(fault_place(fault.kind), FAULT_OF_DOOR);
}

TEST(what_is_no_fault_is_refused)
{
    static const char *const texts[] = {"",       "stal",    "stalls",   "stall:",  "stall:x",
                                        "rst:-1", "split:0", "stall:1 ", " stall:1"};
    struct fault fault;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CHECK(!reads(texts[i], &fault));
}
