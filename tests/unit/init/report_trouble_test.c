#include "facts.h"

static struct report_trouble trouble[REPORT_TROUBLES_MAX];

static void check_first(unsigned count, bool red, const char *what)
{
    CHECK_EQ_I64(report_troubles(&facts, trouble), count);
    CHECK_EQ_I64(trouble[0].red, red);
    CHECK_EQ_STR(trouble[0].what, what);
    CHECK(trouble[0].next[0]);
}

TEST(the_lamp_says_the_worst)
{
    all_is_well();
    CHECK_EQ_I64(report_troubles(&facts, trouble), 0);
    CHECK_EQ_I64(report_lamp(&facts), LAMP_RECORDING);
    raise(PAGE_ALARM_HOT);
    CHECK_EQ_I64(report_lamp(&facts), LAMP_WARNING);
    raise(PAGE_ALARM_DISK_ERROR);
    CHECK_EQ_I64(report_lamp(&facts), LAMP_ALARM);
    check_first(2, true, page_alarm_words[PAGE_ALARM_DISK_ERROR].what);
}

TEST(starting_is_no_alarm_until_it_should_be_over)
{
    all_is_well();
    facts.page = NULL;
    facts.clock.synced = false;
    SET(facts.address, "no answer from DHCP");
    facts.mono_ns = REPORT_GRACE_S * TD_NS_PER_S - 1;
    CHECK_EQ_I64(report_lamp(&facts), LAMP_STARTING);
    CHECK_EQ_I64(report_troubles(&facts, trouble), 0);
    facts.mono_ns++;
    CHECK_EQ_I64(report_lamp(&facts), LAMP_ALARM);
    check_first(3, true, "there is no network: no answer from DHCP");
    facts.data_trouble = "the data partition is not there";
    facts.mono_ns = 1;
    CHECK_EQ_I64(report_lamp(&facts), LAMP_ALARM);
}

TEST(a_reconnect_is_no_news_and_a_lasting_one_is)
{
    all_is_well();
    view.source[0].state = PAGE_BACKOFF;
    raise(PAGE_ALARM_SOURCE_DOWN);
    raise(PAGE_ALARM_BOOK_UNPROVEN);
    view.book[1].open_kind = TD_GAP_DISCONNECT;
    view.source[0].last_mono_ns = facts.mono_ns - REPORT_LASTING_S * TD_NS_PER_S;
    view.book[1].open_since_ns = facts.wall_ns - REPORT_LASTING_S * TD_NS_PER_S;
    CHECK_EQ_I64(report_lamp(&facts), LAMP_RECORDING);
    view.book[1].open_since_ns--;
    CHECK_EQ_I64(report_lamp(&facts), LAMP_WARNING);
    view.source[0].last_mono_ns--;
    CHECK_EQ_I64(report_lamp(&facts), LAMP_ALARM);
    check_first(2, true, "no venue can be reached");
    view.deck.source_count = 2; /* and where another one is well it is this venue's trouble */
    view.source[1] = (struct page_source){.state = PAGE_UP, .last_mono_ns = facts.mono_ns};
    check_first(2, true, page_alarm_words[PAGE_ALARM_SOURCE_DOWN].what);
}

TEST(configuration_troubles_are_warnings)
{
    all_is_well();
    facts.config.source = CONFIG_LAST_GOOD;
    check_first(1, false, "tapedeck.ini on the card is not sound; its last sound text is in force");
    CHECK_EQ_I64(report_lamp(&facts), LAMP_WARNING);
    facts.config.source = CONFIG_SHIPPED;
    CHECK_EQ_I64(report_troubles(&facts, trouble), 0);
    SET(facts.config.complaint, "x");
    check_first(1, false, "tapedeck.ini on the card cannot be used; it records as delivered");
    facts.config.source = CONFIG_CARD;
    check_first(1, false, "a file of the card is not sound in places");
    all_is_well();
    SET(facts.settings_complaints, "network.ini line 1: x\n");
    check_first(1, false, "network.ini on the card is not sound in places");
}

TEST(restarts_and_clock_are_warnings)
{
    all_is_well();
    facts.restarts_hour = 1;
    check_first(1, false, "the recorder was started again 1 time in the last hour");
    all_is_well();
    facts.clock.synced = false;
    check_first(1, false, "the clock is not set by the network: stamps may be wrong");
    all_is_well();
    raise(PAGE_ALARM_CLOCK);
    check_first(1, false, "the clock is not exact yet");
}

TEST(a_dead_recorder_is_an_alarm_whose_old_alarms_are_past)
{
    all_is_well();
    raise(PAGE_ALARM_HOT);
    facts.life = PAGE_DEAD;
    SET(facts.recorder, "restarting in 1 s: signal 11");
    check_first(1, true, "the recorder does not run: restarting in 1 s: signal 11");
}

TEST(uploads_that_pass_by_themselves_are_told_when_they_last)
{
    all_is_well();
    facts.uploads = true;
    facts.sync = (struct sync_status){.updated_ns = facts.wall_ns,
                                      .health = SYNC_HEALTH_OFFLINE,
                                      .backlog_segments = 3,
                                      .oldest_backlog_ns = facts.wall_ns - 4 * hour_ns};
    CHECK_EQ_I64(report_troubles(&facts, trouble), 0);
    facts.sync.oldest_backlog_ns--;
    check_first(1, false, "uploads stand still: offline");
    SET(facts.sync.words, "no route");
    check_first(1, false, "uploads stand still: offline: no route");
    CHECK_EQ_I64(report_lamp(&facts), LAMP_WARNING);
    facts.sync.health = SYNC_HEALTH_NO_BUCKET;
    facts.sync.oldest_backlog_ns = 0;
    facts.sync.words[0] = '\0';
    SET(facts.sync.advice, "make the bucket");
    check_first(1, false, "uploads stand still: no-bucket");
    CHECK_EQ_STR(trouble[0].next, "make the bucket");
    SET(facts.uploader, "exit code 3: configuration: tape: no keys");
    check_first(1, false, "nothing is uploaded: exit code 3: configuration: tape: no keys");
    facts.uploads = false;
    CHECK_EQ_I64(report_troubles(&facts, trouble), 0);
}
