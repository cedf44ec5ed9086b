#include "init/places.h"
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

static const char *word_behind(enum service_id id, const char *option)
{
    const char *const *word = service_at(id)->plan.argv;
    while (*word && strcmp(*word, option) != 0)
        word++;
    return *word ? word[1] : NULL;
}

TEST(own_certificates_are_trusted_by_recorder_and_uploads)
{
    const char *const *word = service_at(SERVICE_RECORDER)->plan.argv;
    CHECK_EQ_STR(word_behind(SERVICE_UPLOADS, "--ca-file"), INIT_CERTIFICATES);
    services_trust_own();
    CHECK_EQ_STR(word_behind(SERVICE_UPLOADS, "--ca-file"), INIT_RUN_CA);
    while (word[1])
        word++;
    CHECK_EQ_STR(*word, "net.ca_file=" INIT_RUN_CA);
}
