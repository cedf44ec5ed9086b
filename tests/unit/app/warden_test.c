/* What the warden says by frames, and to whom it says it again. */
#include "app/warden.h"

#include <stdlib.h>

#include "base/utc.h"
#include "rig.h"

static const char *const symbols[] = {"BTC-USD"};
static const int64_t start_ns = 1700002800 * TD_NS_PER_S;

static int64_t now_ns;

static int64_t read_clock(void *ctx)
{
    (void)ctx;
    return now_ns;
}

static void idle(void *arg)
{
    (void)arg;
    now_ns += 100 * TD_NS_PER_MS;
}

static struct deck_params stepped(const char *dir)
{
    static struct td_os os;
    struct deck_params params = rig_params(dir, true, symbols, 1);
    os = *td_os_linux();
    os.clock = (struct td_clock){.wall_ns = read_clock, .mono_ns = read_clock};
    params.os = &os;
    params.stepped = true;
    params.idle = idle;
    return params;
}

static enum td_shed shed_of(struct deck *deck)
{
    for (int n = 0; n < 50; n++) {
        idle(NULL);
        deck_turn(deck);
    }
    return core_device_status(deck->core).shed;
}

/* One run of the recorder that wants so much room. What the core sheds at its end. */
static enum td_shed run_wanting(const char *dir, int64_t free_bytes)
{
    static struct deck deck;
    static struct warden warden;
    struct deck_params params = stepped(dir);
    struct warden_params looks = {.deck = &deck, .free_bytes = free_bytes};
    CHECK_EQ_I64(deck_open(&deck, &params), 0);
    deck_start(&deck, now_ns, TD_ORIGIN_SIM);
    warden_init(&warden, &looks, NULL);
    warden_turn(&warden);
    enum td_shed shed = shed_of(&deck);
    CHECK_EQ_I64(deck_stop(&deck, now_ns), 0);
    deck_close(&deck);
    free(params.instruments);
    return shed;
}

/* The level stands in the core's state and outlives the run; the room that made it may be there again at the next start. */
TEST(a_run_does_not_inherit_what_the_last_one_shed)
{
    const char *dir = test_tmpdir();
    now_ns = start_ns;
    CHECK_EQ_I64(run_wanting(dir, INT64_MAX / 4), TD_SHED_TRADES);
    CHECK_EQ_I64(run_wanting(dir, INT64_MAX / 4), TD_SHED_TRADES);
    CHECK_EQ_I64(run_wanting(dir, 1), TD_SHED_NONE);
    CHECK_EQ_I64(run_wanting(dir, INT64_MAX / 4), TD_SHED_TRADES);
    CHECK_EQ_I64(run_wanting(dir, 0), TD_SHED_NONE);
}
