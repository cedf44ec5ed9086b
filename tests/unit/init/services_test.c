#include "init/services.h"

#include "base/limits.h"
#include "test.h"

static const struct tunables quick = {.hang_s = 20, .hangs = 3, .restart_s = 30};

/* Symbol lists are asked for for 120 s at most, clock.wait_s is 600 at most; and three such hangs must still fall into one hour. */
TEST(a_slow_start_is_no_hang)
{
    services_init(&quick);
    const struct supervise_rules *rules = &service_at(SERVICE_RECORDER)->rules;
    CHECK(rules->grace_ns > (120 + 600) * TD_NS_PER_S);
    CHECK(rules->hangs_max * rules->grace_ns < rules->window_ns);
}

TEST(the_programs_of_others_have_a_list_each_and_ours_takes_its_own)
{
    CHECK(service_at(SERVICE_LEASE)->plan.calls == TD_RIGHTS_UDHCPC);
    CHECK(service_at(SERVICE_CLOCK)->plan.calls == TD_RIGHTS_CHRONYD);
    CHECK(service_at(SERVICE_NAME)->plan.calls == TD_RIGHTS_MDNSD);
    CHECK(service_at(SERVICE_RECORDER)->plan.calls == TD_RIGHTS_OWN);
    CHECK(service_at(SERVICE_UPLOADS)->plan.calls == TD_RIGHTS_OWN);
}
