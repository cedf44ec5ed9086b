#include "init/clock.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "init/file.h"
#include "init/places.h"
#include "test.h"

static struct settings settings;
static char text[CLOCK_TEXT_MAX], words[CLOCK_SOURCE_MAX];

static const char *conf(const char *network_ini, const char *lease)
{
    settings_read(&settings, network_ini, strlen(network_ini));
    size_t bytes = clock_chrony_text(&settings, lease, false, text);
    CHECK_EQ_I64((int64_t)bytes, (int64_t)strlen(text));
    clock_sources_of(&settings, lease, words);
    return text;
}

#define TAIL                                                                                       \
    "makestep 1 1\ndriftfile /data/chrony.drift\npidfile /run/chronyd.pid\nport 0\ncmdport 0\n"    \
    "bindcmdaddress /\n"
#define PUBLIC                                                                                     \
    "server time.cloudflare.com iburst\nserver time.nist.gov iburst\n"                             \
    "server ptbtime1.ptb.de iburst\nserver ptbtime2.ptb.de iburst\n"

TEST(public_servers_where_nobody_names_one)
{
    CHECK_EQ_STR(conf("", ""), PUBLIC TAIL);
    CHECK_EQ_STR(words, "public servers: time.cloudflare.com and others");
    clock_chrony_text(&settings, "", true, text);
    CHECK_EQ_STR(text, PUBLIC TAIL "rtcsync\n");
}

TEST(network_ini_wins_alone)
{
    CHECK_EQ_STR(
        conf("ntp = a.example, [2001:db8::1]:1123, 10.0.0.1:99", "ntpsrv=10.9.9.9\n"),
        "server a.example iburst\nserver 2001:db8::1 port 1123 iburst\nserver 10.0.0.1 port 99 "
        "iburst\n" TAIL);
    CHECK_EQ_STR(words, "network.ini: a.example, [2001:db8::1]:1123, 10.0.0.1:99");
}

TEST(the_lease_stands_before_the_public_ones)
{
    const char *lease = "ip=10.0.0.5\nntpsrv=10.0.0.1 10.0.0.2\nrouter=10.0.0.1\n";
    CHECK_EQ_STR(conf("", lease), "server 10.0.0.1 iburst\nserver 10.0.0.2 iburst\n" PUBLIC TAIL);
    CHECK_EQ_STR(words,
                 "your router names 10.0.0.1, 10.0.0.2; beside it time.cloudflare.com and others");
    CHECK_EQ_STR(conf("", "ntp=10.0.0.3"), "server 10.0.0.3 iburst\n" PUBLIC TAIL);
    CHECK_EQ_STR(conf("address=10.0.0.2/24\ngateway=10.0.0.1", lease), PUBLIC TAIL);
}

TEST(a_hostile_lease_writes_no_line_of_its_own)
{
    CHECK_EQ_STR(conf("", "ntpsrv=evil.example 10.0.0.1;x 10.0.0.1\tport\rallow 1.2.3.4#\n"),
                 PUBLIC TAIL);
    CHECK_EQ_STR(conf("", "xntpsrv=10.0.0.1\n"), PUBLIC TAIL);
    CHECK_EQ_STR(conf("", "ntpsrv=1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5\n"),
                 "server 1.1.1.1 iburst\nserver 1.1.1.2 iburst\nserver 1.1.1.3 iburst\n"
                 "server 1.1.1.4 iburst\n" PUBLIC TAIL);
}

TEST(settings_that_were_not_read_by_settings_read_pass_no_line_either)
{
    settings = (struct settings){.dhcp = true, .ntp = {"a\nallow all", "b.example"}};
    clock_chrony_text(&settings, "", false, text);
    CHECK_EQ_STR(text, "server b.example iburst\n" TAIL);
}

TEST(the_longest_names_fit)
{
    char name[SETTINGS_HOST_MAX];
    for (int i = 0; i < 253; i++)
        name[i] = i % 2 ? '.' : 'a';
    name[253] = 0;
    settings = (struct settings){.dhcp = true};
    for (unsigned i = 0; i < SETTINGS_LIST_MAX; i++)
        memcpy(settings.ntp[i], name, sizeof name);
    CHECK(clock_chrony_text(&settings, "", true, text) > 4 * 253);
    clock_sources_of(&settings, "", words);
    CHECK_EQ_I64((int64_t)strlen(words), CLOCK_SOURCE_MAX - 1);
}

TEST(only_a_whole_plausible_floor_counts)
{
    CHECK_EQ_I64(clock_floor_of("1764000000\n", 11), 1764000000);
    static const char *const bad[] = {"",
                                      "\n",
                                      "1764000000",
                                      "1764000000\nx",
                                      "0\n",
                                      "-5\n",
                                      "1764000000 \n",
                                      "99999999999\n",
                                      "1764000000000000000000\n",
                                      "17640\n",
                                      " 1764000000\n"};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (clock_floor_of(bad[i], strlen(bad[i])) != 0)
            FAIL("\"%s\" was taken", bad[i]);
}

TEST(the_floor_is_kept_and_never_turns_the_clock_back)
{
    char path[INIT_PLACE_MAX], kept[32];
    init_places_under(test_tmpdir());
    CHECK_EQ_I64(clock_floor_save(), TD_E_MISSING); /* no data partition */
    CHECK_EQ_I64(file_make_folder(init_place(INIT_DATA, path)), 0);
    int64_t before = time(NULL);
    CHECK_EQ_I64(clock_floor_save(), 0);
    int64_t bytes = file_read(init_place(INIT_CLOCK_FLOOR, path), kept, sizeof kept);
    CHECK(bytes > 0);
    int64_t floor_s = clock_floor_of(kept, (size_t)bytes);
    CHECK(floor_s >= before && floor_s <= time(NULL));
    CHECK_EQ_I64(clock_floor_apply(0), 0);
    CHECK_EQ_I64(clock_floor_apply(before), 0);
    init_places_under("");
}

TEST(chronys_file_is_written)
{
    char path[INIT_PLACE_MAX];
    init_places_under(test_tmpdir());
    CHECK_EQ_I64(file_make_folder(init_place("/run", path)), 0);
    CHECK_EQ_I64(file_replace(init_place(INIT_LEASE, path), "ntpsrv=10.0.0.7\n", 16, NULL), 0);
    settings_read(&settings, NULL, 0);
    CHECK_EQ_I64(clock_write_chrony_conf(&settings), 0);
    int64_t bytes = file_read(init_place(INIT_CHRONY_CONF, path), text, sizeof text - 1);
    CHECK(bytes > 0);
    text[bytes] = 0;
    CHECK(strstr(text, "server 10.0.0.7 iburst\nserver time.cloudflare.com") == text);
    clock_sources(&settings, words);
    CHECK(strstr(words, "your router names 10.0.0.7") == words);
    init_places_under("");
}

TEST(the_kernel_is_asked)
{
    struct clock_look look = {.error_ns = -2};
    clock_look(&look);
    CHECK(look.error_ns >= -1);
}
