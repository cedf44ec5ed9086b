#include "init/check.h"

#include <signal.h>

#include "app/exits.h"
#include "test.h"

static int exited(int code)
{
    return code << 8;
}

TEST(a_list_that_is_missing_is_no_mistake)
{
    CHECK(check_is_sound(exited(EXIT_FINE)));
    CHECK(check_is_sound(exited(EXIT_NETWORK)));
}

TEST(every_other_end_is_one)
{
    CHECK(!check_is_sound(exited(EXIT_CONFIG)));
    CHECK(!check_is_sound(exited(EXIT_USAGE)));
    CHECK(!check_is_sound(exited(EXIT_DISK)));
    CHECK(!check_is_sound(exited(127)));
    CHECK(!check_is_sound(SIGKILL));
    CHECK(!check_is_sound(SIGSYS));
}
