/* A core that was loaded goes on as the one that was saved: every file of every table is equal byte for byte, and so is each later state.
   A field that core_state forgets is bound to show here. */
#include "app/core_parts.h"

#include <time.h>
#include <unistd.h>

#include "../../features_on.h"
#include "../../segment_rig.h"
#include "app/capture.h"
#include "base/log.h"
#include "base/state.h"
#include "core_storm.h"
#include "tree.h"

enum { NAMES = 4, STATE_MAX = 16 << 20, SAVES_MAX = 256, POOL_LEVELS = 4096 };

struct save {
    uint64_t frame;
    size_t bytes;
    unsigned char *state;
    struct core *core; /* a copy of its fields, for those that only a view reads */
    struct core_instrument in[NAMES];
};

struct world {
    const char *dir;
    struct rig rig;
    struct core *core;
    void *core_mem, *names_mem;
    struct instruments *names;
    struct core_source_params source[3];
    struct save save[SAVES_MAX];
    unsigned saves;
    uint64_t asked[STORM_FRAMES_MAX + 2]; /* by frame: hash of what the core wanted of the world */
    uint64_t at;                          /* the frame being stepped */
};

static void on_request(void *arg, const struct wire_request *request)
{
    struct world *world = arg;
    uint64_t *hash = &world->asked[world->at];
    *hash =
        td_hash64(request->text, request->bytes,
                  *hash ^ td_hash_u64(request->kind + 16 * request->source + 256 * request->conn));
}

/* A struct that was copied whole may bring anything in its holes. */
static struct row_head fill_holes(struct row_head from)
{
    struct row_head head;
    memset(&head, 0, sizeof head);
    head.frame = from.frame;
    head.recv_ns = from.recv_ns;
    head.event_ns = from.event_ns;
    head.seq = from.seq;
    head.conn = from.conn;
    head.origin = from.origin;
    head.has_seq = from.has_seq;
    return head;
}

/* What a load lays anew, and what belongs to the frame being stepped. */
static void blank(struct core *core, struct core_instrument *in)
{
    core->params = (struct core_params){.max_depth = core->params.max_depth,
                                        .source_count = core->params.source_count};
    core->instruments = NULL;
    core->groups = NULL;
    core->pool = NULL;
    core->json = NULL;
    memset(&core->sink, 0, sizeof core->sink);
    core->instrument = NULL;
    memset(core->hold, 0, sizeof core->hold);
    core->frame = NULL;
    core->bucket = core->stream_device = core->stream_clock = 0;
    core->list_seen = core->from_shadow = false;
    core->line = 0;
    core->numbered = CORE_UNNUMBERED;
    memset(&core->models, 0, sizeof core->models);
    memset(&core->feature_row, 0, sizeof core->feature_row);
    memset(core->owner_gaps, 0, sizeof core->owner_gaps);
    memset(&core->shared_gaps, 0, sizeof core->shared_gaps);
    for (unsigned s = 0; s <= TD_SOURCES_MAX; s++) {
        core->source[s].params.rest_url = NULL;
        core->source[s].stream_all = 0;
    }
    for (unsigned i = 0; i < NAMES; i++) {
        in[i].book = NULL;
        in[i].hold = NULL;
        in[i].newest = NULL;
        memset(in[i].stream, 0, sizeof in[i].stream);
        in[i].feature_stream = 0;
        memset(in[i].prediction_stream, 0, sizeof in[i].prediction_stream);
        struct row_head fired = fill_holes(in[i].fired);
        memcpy(&in[i].fired, &fired, sizeof fired);
        in[i].features = NULL;
        memset(in[i].model, 0, sizeof in[i].model);
    }
}

static void copy_fields(const struct core *from, struct core *core, struct core_instrument *in)
{
    memcpy(core, from, sizeof *core);
    memcpy(in, from->instrument, NAMES * sizeof *in);
    blank(core, in);
}

static void check_same(const void *a, const void *b, size_t bytes, const char *what)
{
    const unsigned char *left = a, *right = b;
    for (size_t at = 0; at < bytes; at++)
        if (left[at] != right[at])
            FAIL("%s: byte %zu is not as it was saved", what, at);
}

static void drop(struct save *save)
{
    free(save->state);
    free(save->core);
}

/* In step: everything cut is written and sealed, then core and writer are saved. */
static void on_sealed(void *arg, uint64_t frame, enum groups_seal why)
{
    static unsigned char bytes[STATE_MAX];
    struct world *world = arg;
    (void)why;
    rig_drain(&world->rig);
    struct td_state state = td_state_save(bytes, sizeof bytes);
    core_state(world->core, &state);
    writer_state(world->rig.writer, &state);
    CHECK(!state.failed);
    if (world->saves > 0 && world->save[world->saves - 1].frame == frame)
        drop(&world->save[--world->saves]); /* the frame a load begins with seals again */
    CHECK(world->saves < SAVES_MAX);
    struct save *save = &world->save[world->saves++];
    *save = (struct save){.frame = frame,
                          .bytes = state.used,
                          .state = malloc(state.used),
                          .core = malloc(sizeof *save->core)};
    memcpy(save->state, bytes, state.used);
    copy_fields(world->core, save->core, save->in);
}

static const char *const storm_names[NAMES][2] = {{"coinbase", "BTC-USD"},
                                                  {"coinbase", "ETH-USD"},
                                                  {"binance", "BTC-USDT"},
                                                  {"kraken", "BTC-USD"}};
static const char *const (*names)[2] = storm_names;
static const char *const sources[3] = {"coinbase", "binance", "kraken"};

/* Another order of venues and symbols than the one that was saved: state is found by name. */
static void name_all(struct world *world, bool other_order)
{
    world->names_mem = malloc(instruments_footprint(8));
    world->names = instruments_init(world->names_mem, 8);
    for (int s = 0; s < 3; s++) {
        const struct venue *venue = venue_find(sources[other_order ? 2 - s : s]);
        world->source[s] = (struct core_source_params){
            .venue = venue,
            .rest_url = other_order ? "https://elsewhere.example" : venue->rest_url,
            .channels = other_order ? 1u : 7u};
    }
    for (int i = 0; i < NAMES; i++) {
        const char *const *name = names[other_order ? NAMES - 1 - i : i];
        char raw[TD_SYMBOL_MAX];
        uint16_t s = 0;
        while (strcmp(world->source[s].venue->name, name[0]) != 0)
            s++;
        CHECK_EQ_I64(world->source[s].venue->spell(name[1], raw), 0);
        CHECK(instruments_add(world->names, s, name[1], raw) >= 0);
    }
}

static struct world *world_new(bool other_order)
{
    struct world *world = calloc(1, sizeof *world);
    world->dir = test_tmpdir();
    name_all(world, other_order);
    struct core_params params = {.instruments = world->names,
                                 .sources = world->source,
                                 .source_count = 3,
                                 .pool_levels = POOL_LEVELS,
                                 .max_depth = other_order ? 40 : 0,
                                 .request = on_request,
                                 .request_arg = world,
                                 .sealed = on_sealed,
                                 .sealed_arg = world,
                                 .capacity = 6};
    struct feature_config features = features_on(CORE_EMIT_SECOND);
    features_on_core(&params, &features);
    struct rig_options options = {.dir = world->dir,
                                  .streams_max = core_streams_needed(&params),
                                  .rows_max = 2000,
                                  .pool_bytes = 8 << 20};
    CHECK_EQ_I64(rig_open(&world->rig, options), 0);
    params.groups = world->rig.groups;
    world->core_mem = rig_memory(core_footprint(&params));
    world->core = core_init(world->core_mem, &params);
    return world;
}

static void world_free(struct world *world)
{
    for (unsigned i = 0; i < world->saves; i++)
        drop(&world->save[i]);
    rig_close(&world->rig);
    free(world->core_mem);
    free(world->names_mem);
    free(world);
}

static bool load(struct world *world, const struct save *save)
{
    struct td_state state = td_state_load(save->state, save->bytes);
    core_state(world->core, &state);
    if (!state.failed)
        writer_state(world->rig.writer, &state);
    return !state.failed && state.used == save->bytes;
}

/* Frames from `first` on (numbers), then a stop so that every row is in a file. */
static void go(struct world *world, uint64_t first)
{
    for (unsigned i = (unsigned)first - 1; i < storm.count; i++) {
        world->at = i;
        core_step(world->core, &storm.frame[i]);
    }
    struct td_frame stop = {.number = storm.count + 1,
                            .recv_ns = storm.wall_ns,
                            .mono_ns = storm.mono_ns,
                            .payload = "",
                            .source = TD_SOURCE_NONE,
                            .kind = TD_FRAME_STOP};
    core_step(world->core, &stop);
    rig_drain(&world->rig);
    CHECK_EQ_I64(world->rig.err, 0);
}

/* ---- comparing ---- */

static struct tree all_files, own_files;

static void ready_of(struct tree *tree, const struct world *world)
{
    char path[512];
    snprintf(path, sizeof path, "%s/ready", world->dir);
    tree_read(tree, path);
}

static const struct save *save_of(const struct world *world, uint64_t frame)
{
    for (unsigned i = 0; i < world->saves; i++)
        if (world->save[i].frame == frame)
            return &world->save[i];
    return NULL;
}

static void check_saves(const struct world *whole, const struct world *part)
{
    CHECK(part->saves > 0);
    for (unsigned i = 0; i < part->saves; i++) {
        const struct save *mine = &part->save[i], *other = save_of(whole, mine->frame);
        CHECK(other != NULL);
        for (size_t at = 0; at < mine->bytes && at < other->bytes; at++)
            if (mine->state[at] != other->state[at])
                FAIL("states at frame %llu differ from byte %zu of %zu on",
                     (unsigned long long)mine->frame, at, mine->bytes);
        CHECK_EQ_U64(mine->bytes, other->bytes);
    }
}

static void check_fields(const struct world *world, const struct save *save)
{
    static struct core core;
    struct core_instrument in[NAMES];
    copy_fields(world->core, &core, in);
    for (unsigned s = 0; s < 3; s++)
        check_same(&core.source[s], &save->core->source[s], sizeof core.source[s], "source");
    check_same(&core, save->core, sizeof core, "core");
    for (unsigned i = 0; i < NAMES; i++)
        check_same(&in[i], &save->in[i], sizeof in[i], "instrument");
}

/* Where a live run and one that begins at `save` come to the same end. */
static void check_from(const struct world *whole, const struct save *save, bool other_order)
{
    struct world *part = world_new(other_order);
    CHECK(load(part, save));
    check_fields(part, save);
    go(part, save->frame);
    check_saves(whole, part);
    for (uint64_t i = save->frame; i < storm.count; i++)
        if (part->asked[i] != whole->asked[i])
            FAIL("frame %llu: other requests", (unsigned long long)i + 1);
    ready_of(&own_files, part);
    tree_check_holds(&all_files, &own_files);
    if (save->frame < storm.count)
        CHECK(own_files.count > 0);
    world_free(part);
}

static void check_frames(void)
{
    td_log_setup(2, TD_LOG_OFF, NULL); /* garbled frames and broken books are meant */
    struct world *whole = world_new(false);
    go(whole, 1);
    ready_of(&all_files, whole);
    CHECK(whole->saves > 4);
    CHECK(all_files.count > 20);
    bool other_order = false;
    for (unsigned i = 0; i + 1 < whole->saves; i += 1 + whole->saves / 5) {
        check_from(whole, &whole->save[i], other_order);
        other_order = !other_order;
    }
    world_free(whole);
}

TEST(a_loaded_core_goes_on_as_the_saved_one)
{
    for (uint64_t seed = 1; seed <= 2; seed++) {
        storm_make(seed, 2500);
        check_frames();
    }
}

/* What the storm hardly ever leaves behind. */
static void poke(struct core *core)
{
    for (unsigned s = 0; s < 3; s++) {
        struct core_source *source = &core->source[s];
        source->alarm_after_ns = 5 + s;
        struct core_line *line = &source->line[0];
        line->drop_asked_ns = 50 + s;
        line->remake_after_ns = 60 + s;
        line->remakes = 2;
        struct sync_conn_hole hole;
        sync_conn_judge(&line->count, 10 + s, 9, &hole);
        sync_conn_judge(&line->count, 15 + s, 9, &hole);
        sync_conn_judge(&line->shadow_count, 20 + s, 9, &hole);
        memset(core->parser[s][0], (int)(1 + s), sizeof core->parser[s][0]);
    }
    for (unsigned i = 0; i < NAMES; i++) {
        struct core_instrument *in = &core->instrument[i];
        in->repeats = 3 + i;
        in->repeat_id = -9 - (int64_t)i;
        in->overlap[0] = (struct core_overlap){true, true, true, false};
        in->overlap[1] = (struct core_overlap){false, false, false, true};
        in->want_resync = true;
        in->fails = in->breaks = 2 + i;
        in->weights[1] = 99 + i;
        in->breaks_from_ns = in->longest_pause_ns = in->traded_ns = 77 + i;
    }
    core->awaits_config = true;
}

TEST(every_field_is_saved)
{
    storm_make(3, 60);
    struct world *world = world_new(false), *other = world_new(true);
    for (unsigned i = 0; i < storm.count; i++)
        core_step(world->core, &storm.frame[i]);
    groups_seal_all(world->rig.groups, GROUPS_SEAL_HOUR, storm.count);
    poke(world->core);
    on_sealed(world, storm.count, GROUPS_SEAL_HOUR);
    CHECK(load(other, &world->save[world->saves - 1]));
    check_fields(other, &world->save[world->saves - 1]);
    world_free(world);
    world_free(other);
}

/* ---- recorded traffic, minutes of it stretched over hours, or as it came and sealed in between ---- */

enum { CAPTURES = 3, CAPTURED_FRAMES = 2500, STRETCH = 400, SEAL_EVERY = 250 };
static int stretch;
static const char *const captured_names[NAMES][2] = {{"coinbase", "SKL-USD"},
                                                     {"coinbase", "YFI-BTC"},
                                                     {"binance", "NKN-USDT"},
                                                     {"kraken", "BTC-USD"}};

static const struct {
    const char *name;
    int source;
} captures[CAPTURES] = {{"COINBASE.ws.28.zst", STORM_COINBASE},
                        {"BINANCE.ws.1.zst", STORM_BINANCE},
                        {"BINANCE.http.0.zst", STORM_BINANCE}};

static void take_line(const struct capture_line *line, int source, int64_t *first_ns)
{
    if (*first_ns == 0)
        *first_ns = line->recv_ns;
    storm.wall_ns = *first_ns + (line->recv_ns - *first_ns) * stretch;
    storm.mono_ns = storm.wall_ns;
    if (line->dir == '<' || line->dir == 'h')
        storm_frame(line->dir == 'h' ? TD_FRAME_HTTP : TD_FRAME_WS_TEXT, source,
                    line->dir == 'h' ? 200 : 0, line->payload, line->bytes);
    if (storm.count % 16 == 0)
        storm_say(TD_FRAME_TICK, -1, 0, "%s", "");
    if (stretch == 1 && storm.count % SEAL_EVERY == 0)
        storm_say(TD_FRAME_SEAL, -1, 0, "test");
}

/* The oldest line of all, at most CAPTURED_FRAMES of one file. */
static void take_captures(struct capture *const *capture)
{
    int64_t first_ns = 0;
    unsigned taken[CAPTURES] = {0};
    for (;;) {
        const struct capture_line *line = NULL, *next;
        int oldest = -1;
        for (int i = 0; i < CAPTURES; i++)
            if (taken[i] < CAPTURED_FRAMES && capture_peek(capture[i], &next) == 1 &&
                (oldest < 0 || next->recv_ns < line->recv_ns)) {
                oldest = i;
                line = next;
            }
        if (oldest < 0)
            return;
        take_line(line, captures[oldest].source, &first_ns);
        taken[oldest]++;
        capture_take(capture[oldest]);
    }
}

static unsigned files_of(const char *table)
{
    unsigned count = 0;
    for (unsigned i = 0; i < all_files.count; i++)
        count += strncmp(all_files.file[i].path, table, strlen(table)) == 0;
    return count;
}

static void check_captures(void)
{
    static char path[CAPTURES][512];
    struct capture *capture[CAPTURES];
    void *mem[CAPTURES];
    const char *shared = test_shared();
    if (shared == NULL)
        SKIP("no captures");
    for (int i = 0; i < CAPTURES; i++) {
        snprintf(path[i], sizeof path[i], "%s/captures/%s", shared, captures[i].name);
        mem[i] = malloc(capture_footprint());
        if (capture_open(mem[i], path[i], &capture[i]) < 0)
            SKIP("no capture %s", captures[i].name);
    }
    names = captured_names;
    storm_make(1, 0);
    take_captures(capture);
    for (int i = 0; i < CAPTURES; i++) {
        capture_close(capture[i]);
        free(mem[i]);
    }
    CHECK(storm.count > 1000);
    check_frames();
    names = storm_names;
    CHECK(files_of("features/") > 4);
    CHECK(files_of("predictions/") > 4);
}

TEST(recorded_traffic_goes_on_after_a_load)
{
    stretch = STRETCH;
    check_captures();
}

TEST(recorded_traffic_as_it_came_does_too)
{
    stretch = 1;
    check_captures();
}
