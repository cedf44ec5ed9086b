/* From files of /sys to page, alarms and metrics, over restarts. */
#include "app/warden_wear.h"

#include <stdlib.h>

#include "base/metrics.h"
#include "fake_sys.h"

static const int64_t start_ns = 1700002800 * TD_NS_PER_S; /* 23:00 UTC */

static int64_t wall_now_ns, mono_now_ns;

static int64_t read_wall(void *ctx)
{
    (void)ctx;
    return wall_now_ns;
}

static int64_t read_mono(void *ctx)
{
    (void)ctx;
    return mono_now_ns;
}

static struct deck deck;
static struct page_view view;

/* A recorder's first turns on a board whose files stand in `root`, which is its data folder too. */
static struct warden *begin(const char *root, const struct wear_params *params)
{
    static struct td_os os;
    static struct warden warden;
    os = *td_os_linux();
    os.clock = (struct td_clock){.wall_ns = read_wall, .mono_ns = read_mono};
    memset(&warden, 0, sizeof warden);
    memset(&view, 0, sizeof view);
    deck.params.os = &os;
    deck.params.data_dir = root;
    warden.params = (struct warden_params){.deck = &deck, .sys_root = root, .wear = *params};
    warden.view = &view;
    warden_wear_begin(&warden);
    return &warden;
}

static void turns(struct warden *warden, int seconds)
{
    for (int s = 0; s < seconds; s++) {
        warden_wear_turn(warden);
        wall_now_ns += TD_NS_PER_S;
        mono_now_ns += TD_NS_PER_S;
    }
}

static bool raised(enum page_alarm which)
{
    return page_alarms(&view) >> which & 1;
}

static const struct wear_params usual = {.cycles = 1000, .amplification = 5};

static void boot(const char *root, unsigned number)
{
    sys_put_boot(root, number);
    mono_now_ns = 20 * TD_NS_PER_S;
}

TEST(the_count_outlives_kill_stop_and_power_cut)
{
    const char *root = test_tmpdir();
    const struct page_card *card = &view.deck.card;
    wall_now_ns = start_ns;
    boot(root, 1);
    sys_put_disk(root, root, 1000, 500);
    struct warden *warden = begin(root, &usual);
    turns(warden, 11);
    CHECK_EQ_U64(card->known, 1);
    CHECK_EQ_I64(card->device_ever_bytes, 1000 * 512);
    CHECK_EQ_I64(card->partition_boot_bytes, 500 * 512);
    sys_put_disk(root, root, 3000, 500);
    turns(warden, 20);
    CHECK_EQ_I64(card->device_ever_bytes, 3000 * 512);
    warden = begin(root, &usual); /* killed: the file knows 1000 sectors */
    turns(warden, 1);
    CHECK_EQ_I64(card->device_ever_bytes, 3000 * 512);
    CHECK_EQ_U64(card->cuts, 0);
    warden_wear_end(warden);
    boot(root, 2);
    sys_put_disk(root, root, 70, 50);
    warden = begin(root, &usual);
    turns(warden, 1);
    CHECK_EQ_I64(card->device_ever_bytes, 3070 * 512);
    CHECK_EQ_I64(card->device_boot_bytes, 70 * 512);
    CHECK_EQ_U64(card->cuts, 0);
    sys_put_disk(root, root, 90, 50);
    turns(warden, 30); /* seen, and lost with the power: no record since */
    CHECK_EQ_I64(card->device_ever_bytes, 3090 * 512);
    boot(root, 3);
    sys_put_disk(root, root, 5, 5);
    warden = begin(root, &usual);
    turns(warden, 1);
    CHECK_EQ_I64(card->device_ever_bytes, 3075 * 512);
    CHECK_EQ_U64(card->cuts, 1);
    CHECK_EQ_I64(card->since_ns, start_ns);
}

/* Written after the boot and at each hour, not in between. */
TEST(what_a_cut_loses_is_an_hour)
{
    const char *root = test_tmpdir();
    wall_now_ns = start_ns;
    boot(root, 1);
    sys_put_disk(root, root, 1000, 500);
    struct warden *warden = begin(root, &usual);
    uint64_t syncs = td_metric_get(TD_M_disk_syncs);
    turns(warden, 3600);
    CHECK_EQ_U64(td_metric_get(TD_M_disk_syncs) - syncs, 1);
    sys_put_disk(root, root, 8000, 500);
    turns(warden, 20);
    CHECK_EQ_U64(td_metric_get(TD_M_disk_syncs) - syncs, 2);
    CHECK_EQ_I64(view.deck.card.device_today_bytes, 7000 * 512); /* it is midnight */
    boot(root, 2);
    sys_put_disk(root, root, 1, 1);
    warden = begin(root, &usual);
    turns(warden, 1);
    CHECK_EQ_I64(view.deck.card.device_ever_bytes, 8001 * 512);
    CHECK_EQ_I64(view.deck.card.device_today_bytes, 7001 * 512);
}

TEST(a_garbled_record_begins_anew_and_a_folder_that_refuses_is_no_end)
{
    const char *root = test_tmpdir();
    const struct page_card *card = &view.deck.card;
    wall_now_ns = start_ns;
    boot(root, 1);
    sys_put_disk(root, root, 1000, 500);
    sys_put(root, "/wear", "rubbish");
    struct warden *warden = begin(root, &usual);
    turns(warden, 1);
    CHECK_EQ_I64(card->device_ever_bytes, 1000 * 512);
    CHECK_EQ_I64(warden->wear_err, 0);
    char path[600];
    snprintf(path, sizeof path, "%s/wear", root);
    CHECK(unlink(path) == 0 && mkdir(path, 0700) == 0);
    warden = begin(root, &usual);
    turns(warden, 11);
    CHECK(warden->wear_err < 0);
    CHECK_EQ_I64(card->device_ever_bytes, 1000 * 512);
}

TEST(each_fault_raises_its_alarm)
{
    static const char temp[] = "/sys/class/thermal/thermal_zone0/temp";
    static const char get_throttled[] = "/sys/devices/platform/soc/soc:firmware/get_throttled";
    const char *root = test_tmpdir();
    wall_now_ns = start_ns;
    boot(root, 1);
    sys_put(root, temp, "50000\n");
    sys_put(root, get_throttled, "0\n");
    struct warden *warden = begin(root, &usual);
    turns(warden, 100);
    CHECK_EQ_U64(page_alarms(&view) >> PAGE_ALARM_HOT, 0);
    CHECK_EQ_I64((int64_t)td_metric_get(TD_M_temperature_millicelsius), 50000);
    CHECK_EQ_U64(td_metric_get(TD_M_throttled), 0);
    sys_put(root, temp, "85000\n");
    turns(warden, 20);
    CHECK(!raised(PAGE_ALARM_HOT));
    turns(warden, 20);
    CHECK(raised(PAGE_ALARM_HOT) && !raised(PAGE_ALARM_LOW_VOLTAGE));
    sys_put(root, get_throttled, "50005\n");
    turns(warden, 40);
    CHECK(raised(PAGE_ALARM_LOW_VOLTAGE) && raised(PAGE_ALARM_THROTTLED));
    CHECK_EQ_U64(td_metric_get(TD_M_low_voltage), 1);
    sys_put(root, get_throttled, "50000\n");
    sys_put(root, temp, "60000\n");
    turns(warden, 70);
    CHECK_EQ_U64(page_alarms(&view) >> PAGE_ALARM_HOT, 0);
    CHECK(view.deck.board.low_voltage_seen >= 4);
}

TEST(budget_and_wear_raise_theirs)
{
    struct wear_params params = {
        .size_bytes = 1000000000, .cycles = 10, .amplification = 5, .budget_bytes = 100000000};
    const char *root = test_tmpdir();
    wall_now_ns = start_ns - 12 * TD_NS_PER_HOUR;
    boot(root, 1);
    sys_put_disk(root, root, 0, 0);
    struct warden *warden = begin(root, &params);
    turns(warden, 10);
    sys_put_disk(root, root, 100000000 / 512, 0);
    turns(warden, 10);
    CHECK(!raised(PAGE_ALARM_CARD_BUDGET) && !raised(PAGE_ALARM_CARD_WORN));
    sys_put_disk(root, root, 100000000 / 512 + 1, 0);
    turns(warden, 10);
    CHECK(raised(PAGE_ALARM_CARD_BUDGET) && !raised(PAGE_ALARM_CARD_WORN));
    sys_put_disk(root, root, 1800000000 / 512 + 1, 0);
    turns(warden, 10);
    CHECK(raised(PAGE_ALARM_CARD_WORN));
    CHECK(td_metric_get(TD_M_card_used_ppm) >= 900000);
}

TEST(a_machine_that_shows_nothing_has_no_figures)
{
    const char *root = test_tmpdir();
    wall_now_ns = start_ns;
    mono_now_ns = 0;
    struct warden *warden = begin(root, &usual);
    turns(warden, 100);
    CHECK_EQ_U64(view.deck.card.known, 0);
    CHECK_EQ_U64(page_alarms(&view) >> PAGE_ALARM_HOT, 0);
    CHECK(td_metric_get(TD_M_temperature_millicelsius) == TD_METRIC_UNKNOWN);
    CHECK(td_metric_get(TD_M_low_voltage) == TD_METRIC_UNKNOWN);
    CHECK(td_metric_get(TD_M_device_boot_bytes) == TD_METRIC_UNKNOWN);
    CHECK(td_metric_get(TD_M_card_life_days) == TD_METRIC_UNKNOWN);
}

/* The disk's counter by a reading of its own: the folder's device, or the disk that it is a part of. -1: there is none here. */
static int64_t counted_sectors(const char *folder)
{
    struct stat about;
    char path[200];
    long long sectors = -1;
    CHECK(stat(folder, &about) == 0);
    snprintf(path, sizeof path, "/sys/dev/block/%u:%u/partition", major(about.st_dev),
             minor(about.st_dev));
    bool part = access(path, F_OK) == 0;
    snprintf(path, sizeof path, "/sys/dev/block/%u:%u/%sstat", major(about.st_dev),
             minor(about.st_dev), part ? "../" : "");
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -1;
    if (fscanf(file, "%*s %*s %*s %*s %*s %*s %lld", &sectors) != 1)
        sectors = -1;
    fclose(file);
    return sectors;
}

/* Others write to this machine's disk meanwhile: the gauge lies between a look before it and one behind it. */
TEST(the_gauge_is_the_counter_of_this_machine)
{
    enum { WRITTEN = 8 << 20 };
    static char data[WRITTEN];
    const char *root = test_tmpdir();
    int64_t before = counted_sectors(root);
    if (before < 0)
        SKIP("the folder for tests is on no block device with counters");
    wall_now_ns = start_ns;
    mono_now_ns = TD_NS_PER_HOUR;
    struct warden *warden = begin(root, &usual);
    warden->params.sys_root = "";
    turns(warden, 10);
    int64_t first = view.deck.card.device_boot_bytes, after = counted_sectors(root);
    CHECK(before * 512 <= first && first <= after * 512);
    CHECK_EQ_I64(view.deck.card.device_ever_bytes, 0);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 2654435761u >> 13);
    char path[600];
    snprintf(path, sizeof path, "%s/data", root);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fwrite(data, 1, sizeof data, file) == sizeof data);
    CHECK(fflush(file) == 0 && fsync(fileno(file)) == 0 && fclose(file) == 0);
    before = counted_sectors(root);
    turns(warden, 10);
    after = counted_sectors(root);
    CHECK(view.deck.card.device_ever_bytes >= WRITTEN);
    CHECK_EQ_I64(view.deck.card.device_ever_bytes, view.deck.card.device_boot_bytes - first);
    CHECK(before * 512 <= view.deck.card.device_boot_bytes &&
          view.deck.card.device_boot_bytes <= after * 512);
}

TEST(without_a_root_nothing_is_touched)
{
    const char *root = test_tmpdir();
    char path[600];
    struct warden *warden = begin(root, &usual);
    warden->params.sys_root = NULL;
    warden_wear_begin(warden);
    turns(warden, 20);
    warden_wear_end(warden);
    snprintf(path, sizeof path, "%s/wear", root);
    CHECK(access(path, F_OK) != 0);
    CHECK_EQ_U64(view.deck.card.known, 0);
    CHECK_EQ_F64(view.deck.card.life_years, -1.0);
}
