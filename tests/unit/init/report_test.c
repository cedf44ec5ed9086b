#include "facts.h"

TEST(all_well)
{
    all_is_well();
    ten();
    CHECK_EQ_STR(text,
                 "Tapedeck   0.6.0, called tapedeck\n"
                 "Running    since 2026-11-22 01:56 UTC, for 3 h 4 min\n"
                 "Network    192.168.1.20 (DHCP)\n"
                 "Records    2 markets at 1 venue, 312 messages a second\n"
                 "Missing    nothing today\n"
                 "Clock      right to 0.8 ms; public servers: time.cloudflare.com and others\n"
                 "Card       24.1 GB free of 29.5 GB, full in 142 days; lasts for about 11 years\n"
                 "Board      51 degrees C; power good\n"
                 "Update     slot A, 0.6.0\n"
                 "To do      nothing\n");
}

TEST(first_boot_before_anything_runs)
{
    facts = (struct report_facts){
        .mono_ns = 4 * TD_NS_PER_S, .wall_ns = day_start_ns, .clock = {.error_ns = -1}};
    SET(facts.version, "0.6.0");
    SET(facts.name, "tapedeck");
    SET(facts.time_source, "public servers: time.cloudflare.com and others");
    ten();
    CHECK_EQ_STR(text, "Tapedeck   0.6.0, called tapedeck\n"
                       "Running    since 2026-11-21 23:59 UTC, for 4.0 s\n"
                       "Network    not known yet\n"
                       "Records    nothing yet: the recorder is about to start\n"
                       "Missing    not known yet\n"
                       "Clock      not set yet; public servers: time.cloudflare.com and others\n"
                       "Card       not known yet\n"
                       "Board      not known yet\n"
                       "Update     none\n"
                       "To do      wait a minute\n");
}

TEST(no_network_cable)
{
    all_is_well();
    SET(facts.address, "no cable");
    facts.clock.synced = false;
    view.source[0].state = PAGE_BACKOFF;
    view.source[0].last_mono_ns -= hour_ns;
    raise(PAGE_ALARM_SOURCE_DOWN);
    raise(PAGE_ALARM_BOOK_UNPROVEN);
    raise(PAGE_ALARM_CLOCK);
    for (unsigned i = 0; i < 2; i++) {
        view.book[i].open_kind = TD_GAP_DISCONNECT;
        view.book[i].open_since_ns = facts.wall_ns - hour_ns;
        view.book[i].proven_ms_today -= 3600 * 1000;
    }
    ten();
    CHECK_EQ_STR(line_of("Network"), "Network    no cable");
    CHECK_EQ_STR(line_of("Records"), "Records    0 of 2 markets at 1 venue, 312 messages a second");
    CHECK_EQ_STR(line_of("Missing"),
                 "Missing    today 2 h 0 min of 6 h 0 min of order books; now 2 markets");
    CHECK_EQ_STR(
        line_of("Clock"),
        "Clock      NOT SET BY THE NETWORK; public servers: time.cloudflare.com and others");
    CHECK_EQ_STR(line_of("To do"),
                 "To do      plug in the network cable; the lamps at its socket must "
                 "light (1 more in STATUS.txt)");
}

TEST(hung_recorder_is_started_again)
{
    all_is_well();
    facts.life = PAGE_STALLED;
    SET(facts.recorder, "no sign for 22 s; it is killed and started again");
    ten();
    CHECK_EQ_STR(line_of("Records"),
                 "Records    NOTHING: no sign for 22 s; it is killed and started again");
    CHECK_EQ_STR(line_of("Missing"), "Missing    EVERYTHING, until this is well again");
    CHECK_EQ_STR(
        line_of("To do"),
        "To do      it is started again by itself; if this stays, switch the box off and on");
    all_is_well();
    facts.restarts_hour = 1;
    view.book[0].proven_ms_today -= 31000;
    view.book[0].trades_missed_today = 3;
    ten();
    CHECK_EQ_STR(line_of("Records"), "Records    2 markets at 1 venue, 312 messages a second");
    CHECK_EQ_STR(line_of("Missing"), "Missing    today 31 s of 6 h 0 min of order books, 3 trades");
    CHECK_EQ_STR(
        line_of("To do"),
        "To do      the reason stands in STATUS.txt; what was missed is marked in the data");
}

TEST(a_recorder_that_has_just_begun)
{
    all_is_well();
    facts.page = NULL;
    ten();
    CHECK_EQ_STR(line_of("Records"),
                 "Records    nothing yet: the recorder is running since 2026-11-22 02:00 UTC");
    CHECK_EQ_STR(line_of("To do"), "To do      wait a minute");
}

TEST(the_first_minute_of_recording)
{
    all_is_well();
    facts.mono_ns = 40 * TD_NS_PER_S;
    view.source[0].state = PAGE_CONNECTING;
    view.deck.disk_total_bytes = 0; /* not measured yet */
    raise(PAGE_ALARM_SOURCE_DOWN);
    ten();
    CHECK_EQ_STR(line_of("Card"),
                 "Card       24.1 GB free, full in 142 days; lasts for about 11 years");
    CHECK_EQ_STR(line_of("To do"), "To do      wait a minute");
    view.deck.card.size_bytes = 31914983424;
    ten();
    CHECK(strstr(line_of("Card"), "24.1 GB free of 31.9 GB, full") != NULL);
}

TEST(what_is_counted_begins_with_the_recorder)
{
    all_is_well();
    view.deck.day_ns = day_start_ns;
    view.deck.since_ns = day_start_ns + 2 * hour_ns;
    ten();
    CHECK_EQ_STR(line_of("Missing"), "Missing    nothing since 02:00 UTC");
    view.book[0].proven_ms_today -= 1500;
    ten();
    CHECK_EQ_STR(line_of("Missing"),
                 "Missing    since 02:00 UTC 1.5 s of 6 h 0 min of order books");
    view.deck.since_ns = day_start_ns - 2 * hour_ns;
    ten();
    CHECK_EQ_STR(line_of("Missing"), "Missing    today 1.5 s of 6 h 0 min of order books");
}

TEST(disk_nearly_full)
{
    all_is_well();
    view.deck.shed_level = 2;
    view.deck.disk_free_bytes = 210000000;
    view.deck.disk_days = 0.3;
    raise(PAGE_ALARM_SHEDDING);
    raise(PAGE_ALARM_DISK_LOW);
    ten();
    CHECK_EQ_STR(line_of("Records"), "Records    2 markets at 1 venue, 312 messages a second; SOME "
                                     "TABLES ARE LEFT OUT");
    CHECK_EQ_STR(line_of("Card"),
                 "Card       210.0 MB free of 29.5 GB, full in 0 days; lasts for about 11 years");
    CHECK_EQ_STR(line_of("To do"),
                 "To do      make room now: trades are given up last (1 more in STATUS.txt)");
}

TEST(no_data_partition)
{
    all_is_well();
    facts.page = NULL;
    facts.data_trouble = "the data partition's file system is damaged";
    ten();
    CHECK_EQ_STR(line_of("Records"),
                 "Records    NOTHING: the data partition's file system is damaged");
    CHECK_EQ_STR(line_of("Missing"), "Missing    EVERYTHING, until this is well again");
    CHECK_EQ_STR(line_of("Card"),
                 "Card       NOT USABLE: the data partition's file system is damaged");
    CHECK_EQ_STR(line_of("To do"), "To do      switch it off, copy what can be read of the card on "
                                   "another computer, flash a new card");
    facts.mono_ns = 5 * TD_NS_PER_S; /* and that is no matter of starting */
    ten();
    CHECK_EQ_STR(line_of("Missing"), "Missing    EVERYTHING, until this is well again");
}

TEST(clock_unsynced)
{
    all_is_well();
    facts.clock = (struct clock_look){.error_ns = 16000000000};
    raise(PAGE_ALARM_CLOCK);
    ten();
    CHECK_EQ_STR(
        line_of("Clock"),
        "Clock      NOT SET BY THE NETWORK; public servers: time.cloudflare.com and others");
    CHECK_EQ_STR(line_of("To do"),
                 "To do      see that the network lets time (NTP, UDP port 123) through, "
                 "or name a time server in network.ini");
}

TEST(board_and_card_in_need)
{
    all_is_well();
    view.deck.board = (struct page_board){.has_temperature = 1,
                                          .temperature_mc = 83999,
                                          .low_voltage = PAGE_FLAG_YES,
                                          .low_voltage_seen = 4,
                                          .throttled = PAGE_FLAG_YES,
                                          .is_hot = 1};
    view.deck.card.life_years = 0.5;
    ten();
    CHECK_EQ_STR(line_of("Board"),
                 "Board      83 degrees C, HOT; SUPPLY VOLTAGE TOO LOW; SLOWED DOWN");
    CHECK_EQ_STR(line_of("Card"),
                 "Card       24.1 GB free of 29.5 GB, full in 142 days; LASTS FOR ABOUT 6 MONTHS");
    view.deck.board = (struct page_board){.low_voltage = PAGE_FLAG_NO, .low_voltage_seen = 1};
    view.deck.card.known = 0;
    view.deck.disk_days = -1;
    ten();
    CHECK_EQ_STR(line_of("Board"),
                 "Board      temperature not measured; supply voltage was too low at times");
    CHECK_EQ_STR(line_of("Card"), "Card       24.1 GB free of 29.5 GB; life not known yet");
}

TEST(what_others_sent_stays_on_its_line)
{
    all_is_well();
    SET(facts.recorder, "bad\nTo do      \033[2Jsend money\r\xC3\xA4");
    facts.life = PAGE_DEAD;
    ten();
    check_has("NOTHING: bad?To do      ?[2Jsend money???");
    memset(facts.update, 'x', sizeof facts.update - 1);
    ten();
}

TEST(uploads_stand_beside_the_network)
{
    all_is_well();
    facts.uploads = true;
    facts.sync = (struct sync_status){.backlog_segments = -1};
    ten();
    CHECK_EQ_STR(line_of("Network"), "Network    192.168.1.20 (DHCP); uploads begin");
    facts.sync = (struct sync_status){.updated_ns = facts.wall_ns};
    ten();
    CHECK_EQ_STR(line_of("Network"),
                 "Network    192.168.1.20 (DHCP); uploads: all is in the store");
    facts.sync.backlog_segments = 12;
    facts.sync.backlog_bytes = 34500000;
    facts.sync.health = SYNC_HEALTH_DENIED;
    ten();
    CHECK_EQ_STR(line_of("Network"),
                 "Network    192.168.1.20 (DHCP); uploads: 12 files wait (34.5 MB), denied");
    SET(facts.uploader, "exit code 3: configuration");
    ten();
    CHECK_EQ_STR(line_of("Network"), "Network    192.168.1.20 (DHCP); UPLOADS FAIL");
}
