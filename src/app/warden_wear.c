#include "app/warden_wear.h"

#include "base/log.h"
#include "base/metrics.h"

enum { EVERY_S = 10 };

static void show_card(const struct page_card *card)
{
    static const enum td_metric of_device[] = {TD_M_device_today_bytes, TD_M_device_boot_bytes,
                                               TD_M_device_boot_flushes, TD_M_device_day_bytes};
    bool known = card->known == 1;
    td_metric_set(TD_M_device_bytes, (uint64_t)card->device_ever_bytes);
    td_metric_set(TD_M_device_today_bytes, (uint64_t)card->device_today_bytes);
    td_metric_set(TD_M_device_boot_bytes, (uint64_t)card->device_boot_bytes);
    td_metric_set(TD_M_device_boot_flushes, card->flushes_boot);
    td_metric_set(TD_M_device_day_bytes,
                  card->day_rate_bytes > 0 ? (uint64_t)card->day_rate_bytes : TD_METRIC_UNKNOWN);
    td_metric_set(TD_M_card_life_days, card->life_years >= 0 && card->life_years < 1e9
                                           ? (uint64_t)(card->life_years * 365)
                                           : TD_METRIC_UNKNOWN);
    td_metric_set(TD_M_card_used_ppm, card->used_share >= 0 && card->used_share < 1e9
                                          ? (uint64_t)(card->used_share * 1e6)
                                          : TD_METRIC_UNKNOWN);
    td_metric_set(TD_M_card_cuts, card->cuts);
    for (unsigned i = 0; !known && i < sizeof of_device / sizeof of_device[0]; i++)
        td_metric_set(of_device[i], TD_METRIC_UNKNOWN);
}

static void set_flag(enum td_metric metric, uint32_t flag)
{
    td_metric_set(metric, flag == PAGE_FLAG_UNKNOWN ? TD_METRIC_UNKNOWN
                          : flag == PAGE_FLAG_YES   ? 1
                                                    : 0);
}

static void show_board(const struct page_board *board)
{
    td_metric_set(TD_M_temperature_millicelsius, board->has_temperature
                                                     ? (uint64_t)(int64_t)board->temperature_mc
                                                     : TD_METRIC_UNKNOWN);
    set_flag(TD_M_low_voltage, board->low_voltage);
    set_flag(TD_M_throttled, board->throttled);
    td_metric_set(TD_M_cpu_khz, board->cpu_khz > 0 ? board->cpu_khz : TD_METRIC_UNKNOWN);
    td_metric_set(TD_M_cpu_max_khz,
                  board->cpu_max_khz > 0 ? board->cpu_max_khz : TD_METRIC_UNKNOWN);
}

/* The figures of a page that nobody reads are made all the same: metrics have them. */
static void show(struct warden *warden)
{
    struct page_card card = {.life_years = -1, .used_share = -1};
    struct page_board board = {0};
    if (warden->params.sys_root != NULL) {
        wear_show(&warden->wear, &card);
        board_show(&warden->board, &board);
    }
    show_card(&card);
    show_board(&board);
    if (warden->view == NULL)
        return;
    warden->view->deck.card = card;
    warden->view->deck.board = board;
}

static void save(struct warden *warden, int64_t wall_ns)
{
    const struct deck_params *deck = &warden->params.deck->params;
    td_err err = wear_save(&deck->os->disk, deck->data_dir, &warden->wear.record);
    if (err < 0 && warden->wear_err == 0)
        TD_WARN("card", "event=record_not_kept error=%s next=\"tried again in an hour\"",
                td_err_name(err));
    warden->wear_err = err;
    warden->wear.save_soon = false;
    warden->wear.saved_hour = wall_ns / TD_NS_PER_HOUR;
}

static int64_t look(struct warden *warden)
{
    const struct deck_params *deck = &warden->params.deck->params;
    const struct td_clock *clock = &deck->os->clock;
    struct board_reading reading;
    struct wear_moment moment = {.logical_bytes = td_metric_get(TD_M_disk_bytes),
                                 .syncs = td_metric_get(TD_M_disk_syncs),
                                 .wall_ns = clock->wall_ns(clock->ctx),
                                 .mono_ns = clock->mono_ns(clock->ctx)};
    block_device_read(warden->params.sys_root, deck->data_dir, &moment.device);
    wear_take(&warden->wear, &moment);
    board_read(warden->params.sys_root, &reading);
    board_take(&warden->board, &reading);
    show(warden);
    return moment.wall_ns;
}

void warden_wear_begin(struct warden *warden)
{
    const struct deck_params *deck = &warden->params.deck->params;
    if (warden->params.sys_root == NULL) {
        show(warden);
        return;
    }
    td_err err = wear_load(&deck->os->disk, deck->data_dir, &warden->wear.record);
    if (err < 0 && err != TD_E_MISSING)
        TD_WARN("card", "event=record_lost error=%s next=\"the count of bytes begins anew\"",
                td_err_name(err));
    wear_begin(&warden->wear, &warden->params.wear);
}

void warden_wear_turn(struct warden *warden)
{
    const struct td_clock *clock = &warden->params.deck->params.os->clock;
    int64_t mono_ns = clock->mono_ns(clock->ctx);
    if (warden->params.sys_root == NULL || mono_ns < warden->next_wear_ns)
        return;
    warden->next_wear_ns = mono_ns + EVERY_S * TD_NS_PER_S;
    int64_t wall_ns = look(warden);
    if (wear_due(&warden->wear, wall_ns))
        save(warden, wall_ns);
}

void warden_wear_end(struct warden *warden)
{
    if (warden->params.sys_root == NULL)
        return;
    int64_t wall_ns = look(warden);
    warden->wear.record.ended = 1;
    save(warden, wall_ns);
}
