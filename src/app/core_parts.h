/* Inside of the core, shared by the files core*.c and ledger.c only. */
#ifndef TD_APP_CORE_PARTS_H
#define TD_APP_CORE_PARTS_H

#include "app/core.h"
#include "app/core_hole.h"
#include "book/book.h"
#include "book/sync.h"
#include "book/sync_conn.h"
#include "book/trade_ring.h"

enum {
    CORE_URL_MAX = 512,
    CORE_CHANNELS = 3,                 /* book, trades, ticker */
    CORE_TABLES = ROW_INSTRUMENTS + 1, /* tables that each instrument has a stream of, always */
};

/* Whose a hole is: an instrument (its index), a whole source, the device. */
enum {
    LEDGER_SOURCE = TD_INSTRUMENTS_MAX,
    LEDGER_DEVICE = LEDGER_SOURCE + TD_SOURCES_MAX,
    LEDGER_OWNERS
};

/* Holes that an owner opened in one frame. */
struct ledger_count {
    uint64_t frame;
    uint32_t count;
};

enum { CORE_HOURS = 24, CORE_REMAKES_MAX = 5 };

/* What one UTC day of receive time held, of one instrument. A clock that is set to another day begins a day anew. */
struct core_day {
    uint64_t frames[CORE_CHANNELS], rows[CORE_CHANNELS], missed;
    uint32_t gaps[TD_GAP_KINDS];
    uint32_t state_ms[CORE_HOURS][CORE_TIMES]; /* covered time of the book by what it was worth */
};

struct core_instrument {
    struct book *book;
    struct sync_hold *hold;    /* of venues whose base is asked for */
    const struct venue *venue; /* also of one that is no longer recorded */
    struct trade_ring *newest;
    struct sync sync;
    /* book_state of the last row, so that a silent change gets a marker row. */
    uint8_t written_state;
    bool text_carried;
    uint8_t price_decimals, size_decimals; /* that the venue prints, as far as checksums tell */
    /* Union of all steps stored: their size's upper bound. */
    uint64_t price_bits, size_bits;
    bool announced; /* an instruments row stands already */
    bool want_resync;
    int64_t resync_after_ns; /* not asked again before; on the clock of core_pace_ns */
    int stream[CORE_TABLES];
    int feature_stream, prediction_stream[MODELS_MAX]; /* -1: none */
    int64_t last_event_ns[CORE_CHANNELS];
    int64_t last_good_ns[CORE_CHANNELS]; /* receive time of the channel's last used frame */
    bool have_trade_id;
    int64_t last_trade_id;
    int64_t heartbeat_trade_id; /* what the last heartbeat named, -1 none */
    struct core_hole hole[CORE_CHANNELS];
    uint64_t changes, trades, trade_gaps, trades_missed;
    /* Book truth; times on the clock of core_pace_ns, 0 none. */
    int64_t proven_ns;        /* proven since */
    int64_t book_heard_ns;    /* last message of the book */
    int64_t longest_pause_ns; /* between two of them */
    int64_t traded_ns;        /* first trade since */
    uint32_t fails;           /* resyncs that brought no minute of proven book */
    uint32_t breaks;          /* checks failed since breaks_from_ns */
    int64_t breaks_from_ns;
    uint32_t repeats; /* trades in a row that count on from each other below the newest id */
    int64_t repeat_id;
    /* By endpoint, while its line has a second connection (core_overlap.c). */
    struct core_overlap {
        bool moved; /* the second one has this book, and what has no number */
        bool alone; /* the book is heard from it alone */
        bool trades_ahead,
            trades_moved; /* it brought trades that the first has not yet; it has them all */
    } overlap[VENUE_ENDPOINTS_MAX];
    struct core_hole shed[CORE_CHANNELS]; /* rows not stored while the disk is full */
    struct core_day today;
    struct core_voice voice;
    struct core_backfill backfill[CORE_BACKFILLS];
    /* NULL: off. */
    struct features *features;
    struct model *model[MODELS_MAX];
    uint64_t weights[MODELS_MAX]; /* hash of those last taken from outside, 0 none */
    struct row_head fired;        /* of the last book event that gave features */
    bool fired_no_time;
    uint64_t feature_rows, predictions;
    int64_t counted_ms;    /* state_ms holds the time up to here, by receive stamps; 0 not begun */
    uint8_t counted_state; /* since then, enum core_time */
};

/* One connection at a time of a source: some of its symbols (shard), some of its channels (endpoint). Times are on the clock of
   core_pace_ns. */
struct core_line {
    bool up, silent;
    uint32_t conn;
    int64_t heard_ns;       /* last frame */
    struct sync_conn count; /* of its frames' numbers, SYNC_CONN1 */
    /* A second connection beside the first (core_overlap.c). */
    bool shadow_up, shadow_spoke;
    uint32_t shadow_conn;
    int64_t shadow_since_ns, shadow_heard_ns, drop_asked_ns;
    struct sync_conn shadow_count;
    /* A hole in its numbers does not make it anew before; how often in a row it did. */
    int64_t remake_after_ns;
    uint32_t remakes;
    int64_t notice_after_ns; /* what the venue says of its end is one notice until then */
};

struct core_source {
    struct core_source_params params;
    unsigned shards, endpoints; /* its lines: shard * endpoints + endpoint */
    struct core_line line[TD_LINES_MAX];
    int64_t last_frame_ns;
    /* On the clock of core_pace_ns: next base, next symbol list, pace of subscriptions to one symbol. */
    int64_t next_ask_ns, list_after_ns, next_alone_ns;
    bool list_known;               /* a symbol list came, all pages of it */
    uint16_t list_next, list_came; /* page to ask for next, or CORE_LIST_ASKED; pages that came */
    int stream_frames;             /* -1: none */
    int stream_all;                /* gaps of the whole connection */
    uint64_t frames, bytes, bucket[TD_BUCKETS], skew[CORE_SKEW_BUCKETS];
    int64_t alarm_after_ns;      /* the alarm of failing checks is silent until then */
    char rest_url[CORE_URL_MAX]; /* what params.rest_url points to */
};

struct core {
    struct core_params params;
    struct instruments *instruments;
    struct groups *groups;
    struct book_pool *pool;
    struct json *json;
    struct inflate *inflate; /* NULL: no source is compressed */
    struct venue_sink sink;
    struct core_instrument *instrument;
    unsigned instrument_count, instrument_capacity;
    struct sync_hold *hold[TD_INSTRUMENTS_MAX]; /* those that no instrument has */
    unsigned hold_free;
    struct core_source
        source[TD_SOURCES_MAX + 1]; /* the last: of instruments that are no longer recorded */
    const struct td_frame *frame;   /* the one being stepped */
    int bucket;                     /* of the frame being stepped */
    int64_t hour;                   /* receive hour since 1970 of the open segments, -1 none */
    int stream_device;              /* gaps of the whole device */
    int stream_clock;
    struct ledger_count owner_gaps[LEDGER_OWNERS], shared_gaps;
    uint64_t gap_count[TD_GAP_KINDS];
    bool list_seen; /* the frame being stepped was a symbol list */
    uint64_t last_frame;
    bool begun;         /* core_init is over */
    bool awaits_config; /* a start came, and its CONFIG has not yet */
    bool start_untold;  /* nor have the channels their holes of that start */
    uint32_t conn_max;
    int64_t last_recv_ns;                  /* of the frame before */
    int64_t day;                           /* receive day since 1970 of `today`, -1 none */
    uint8_t shed;                          /* enum td_shed */
    struct core_hole shed_hole, stop_hole; /* of the device */
    uint32_t device_today[TD_GAP_KINDS];   /* holes of the device since `day` began */
    /* The frame being stepped: the line by which it came (of an HTTP answer the source's first), whether by the second connection of
       that line, and what its number says. */
    unsigned line;
    bool from_shadow;
    enum { CORE_UNNUMBERED, CORE_FOLLOWS, CORE_REPEATS, CORE_SHOWS_HOLE } numbered;
    /* The parsers' own, of each connection; the second one of a line has the second. */
    _Alignas(16) unsigned char parser[TD_SOURCES_MAX][TD_LINES_MAX][2][VENUE_STATE_BYTES];
    /* To look at only; a restart is told anew. */
    uint8_t clock_state, clock_method;
    int64_t clock_offset_ns, clock_error_ns;
    struct core_models {
        unsigned count;
        struct model_params params[MODELS_MAX];
        bool need_row; /* some model's inputs are more than QuoteWatch's four */
        uint8_t quick[MODELS_MAX][MODEL_INPUTS_MAX]; /* where those stand, where it has no other */
    } models;
    uint64_t features_hash; /* of what shapes the state of features and models */
    struct feature_row feature_row;
};

/* core_layout.c */
bool core_venue_holds(const struct venue *venue); /* its books hold changes until a base comes */
/* A slot of the table's new or changed entry: as at the start. False: its venue holds deltas and no store is free. */
bool core_slot_open(struct core *core, unsigned index, const struct venue *venue);
bool core_slot_streams(struct core *core, unsigned index); /* false: there is no room for them */
void core_slot_empty(struct core *core, unsigned index);   /* book, held deltas */
void core_slot_resume(struct core *core,
                      unsigned index); /* a retired one that has a source again */
void core_source_set(struct core *core, unsigned index, const struct core_source_params *params);
void core_source_stream(struct core *core, unsigned index); /* a new one */
void core_device_streams(struct core *core);
void core_names_forget(
    struct core *core); /* before a load: no source, no instrument, no stream but the device's */

/* core_config.c */
/* Texts of the kind (venue->subscribe, ->unsubscribe; NULL: none) about one instrument alone, while its source is up. */
void core_tell_wire(struct core *core, unsigned index,
                    size_t (*text)(const struct venue_subscription *sub, unsigned n, char *out,
                                   size_t cap));
void core_config(struct core *core);
void core_start_told(
    struct core *core); /* each channel that is recorded has its hole of the start */

/* core.c */
void core_flush(
    struct venue_sink *sink); /* a large frame's levels so far; the parser goes on after it */
void core_seal(struct core *core, enum groups_seal why, uint64_t next_frame);

/* core_device.c: what concerns every source at once */
void core_start(struct core *core);
void core_stop(struct core *core);
void core_stepped(struct core *core);        /* the frame is done: it is the last one from now on */
void core_frames_missing(struct core *core); /* the frame's number does not follow the last one */
bool core_is_aside(const struct core *core);
void core_set_aside(struct core *core);
void core_note(struct core *core);
/* Value behind `key=` in a text of words; at is NULL when there is none. core_number: false when there is none that is a number. */
struct td_text core_word(const struct td_frame *frame, const char *key);
bool core_number(const struct td_frame *frame, const char *key, int64_t *value);

/* core_frames.c: the frame being stepped as rows of table frames, once its bucket is known; nothing where they are off */
void core_frame_rows(struct core *core, const struct core_source *source);

/* core_clock.c */
void core_clock(struct core *core);

/* core_shed.c */
void core_shed(struct core *core);
/* An instrument joins or leaves what is recorded: its rows that are not stored have their holes. */
void core_shed_join(struct core *core, unsigned index);
void core_shed_leave(struct core *core, unsigned index);
/* Book rows of this level are not stored (all of them, or those beyond the best CORE_SHED_DEPTH a side). */
static inline bool core_sheds(const struct core *core, enum td_shed level)
{
    return __builtin_expect(core->shed >= level, 0);
}
enum { CORE_SHED_DEPTH = 50 };
enum { CORE_LIST_ASKED = UINT16_MAX }; /* no page of the list is to be asked for */

/* core_line.c: which connections a source has, and what they bring */
void core_lines_set(struct core_source *source, unsigned shards); /* its venue is known */
void core_lines_found(struct core *core); /* as the instruments' shards are */
static inline unsigned core_lines(const struct core_source *source)
{
    return source->shards * source->endpoints;
}
/* Channels of an instrument that a line of this source brings, bits (1 << enum td_channel); 0: none, or it is another line's. */
uint32_t core_line_brings(const struct core *core, uint16_t source, unsigned line, unsigned index);
/* The same of the line by which the frame being stepped came. */
uint32_t core_frame_brings(const struct core *core, unsigned index);
/* The line (its number) that brings a channel of an instrument; the first, where none does. */
unsigned core_line_of(const struct core *core, unsigned index, enum td_channel channel);
/* That of the book: up, and not silent. */
bool core_book_up(const struct core *core, unsigned index);
bool core_book_heard(const struct core *core, unsigned index);
bool core_any_up(const struct core_source *source);
/* Of those that bring something. */
void core_lines_count(const struct core_source *source, unsigned *count, unsigned *up);
/* Two connections bring this channel now. */
bool core_is_doubled(const struct core *core, unsigned index, enum td_channel channel);

/* core_conn.c: the connections of a source */
void core_conn_open(struct core *core, struct core_source *source);
void core_conn_close(struct core *core, struct core_source *source);
void core_conn_tick(struct core *core, uint16_t source);
/* A data frame came: says by which connection, and returns that connection's parser state. */
void *core_conn_data(struct core *core, struct core_source *source);
/* The channels of one instrument are lost with their connection. */
void core_conn_lose(struct core *core, unsigned index, uint32_t channels, const char *reason);

/* core_numbers.c */
/* The number of the frame that was just parsed (SYNC_CONN1), once a frame. False: it repeats another and is not to be used. */
bool core_numbers_judge(struct core *core);
static inline bool core_numbers_fit(struct core *core)
{
    return __builtin_expect(!core->sink.has_conn_seq, 1) || core_numbers_judge(core);
}

/* core_overlap.c: two connections at a time of one line */
void core_overlap_open(struct core *core, struct core_source *source, unsigned line);
void core_overlap_forget(struct core *core, struct core_source *source, unsigned line);
/* The first connection of a line has ended, the second one goes on; and the other way round. */
void core_overlap_promote(struct core *core, struct core_source *source, unsigned line,
                          const char *reason);
void core_overlap_lost(struct core *core, struct core_source *source, unsigned line,
                       const char *reason);
void core_overlap_tick(struct core *core, uint16_t source, unsigned line);
/* The frame says that the venue is about to close its connection. */
void core_overlap_notice(struct core *core);
/* Whether this connection's message is taken, where two bring the same (false: bucket STALE). */
bool core_conn_takes_book(struct core *core, const struct td_event *event);
bool core_conn_takes_trade(struct core *core, const struct td_event *event);
/* What has no number: ticker, heartbeat. */
bool core_conn_takes(struct core *core, unsigned index);
/* Connection to send on for a book. */
uint32_t core_conn_of(const struct core *core, unsigned index);

/* core_watch.c: books that fall silent, stay crossed, fail again and again */
void core_watch(struct core *core);                      /* each tick */
void core_watch_book(struct core *core, unsigned index); /* a message of the book came */
void core_watch_proven(struct core *core, unsigned index);
void core_watch_lost(struct core *core, unsigned index); /* the book is no longer proven */
void core_watch_failed(struct core *core, unsigned index, enum td_gap_kind kind);

/* core_day.c: what a day's time was worth, by the holes of the ledger (docs/FORMAT.md, Completeness) */
void core_day_begin(struct core *core, int64_t day); /* the frame is of another day */
void core_count_time(struct core *core);             /* of all books, up to now */
void core_count_book_time(struct core *core, unsigned index);
/* What was counted as proven since then was not. */
void core_count_lost(struct core *core, unsigned index, int64_t from_ns, int64_t to_ns,
                     unsigned worth);

/* core_refuse.c: symbols that the venue refuses, or says nothing of */
void core_refused(struct core *core, unsigned index);
void core_voice_begin(struct core *core, unsigned index); /* it is subscribed to from now on */
void core_voice_opened(
    struct core *core); /* so is all whose books the connection brings that opened */
void core_voice_heard(struct core *core, unsigned index); /* the first word since */
void core_refuse_tick(struct core *core, uint16_t source);

/* core_book.c: rows */
/* What the rows of one event share. */
struct core_change_set {
    const struct td_event *event;
    const struct td_level *level;
    struct row_head head;
    uint8_t flags; /* SNAPSHOT, NO_EVENT_TIME, TIME_BACK */
    bool clear;    /* the first row carries CLEAR */
};
void core_level_row(struct core *core, unsigned index, const struct td_level *level, uint8_t flags);
void core_marker_row(struct core *core, unsigned index, uint8_t flags); /* no level */

/* core_best.c */
void core_best_before(const struct core *core,
                      unsigned index); /* an event is about to be applied */
void core_best_rows(struct core *core, unsigned index, const struct core_change_set *set);
/* The whole book as rows, as far as rows of it are stored: SNAPSHOT, IMPLIED, the first CLEAR. */
void core_book_image(struct core *core, unsigned index);

/* core_book.c */
void core_book_event(struct core *core, const struct td_event *event,
                     const struct td_level *levels);
void core_book_lost(struct core *core, unsigned index, enum td_book_state state,
                    enum td_gap_kind kind, enum td_gap_action action, const char *note);
void core_book_forget_held(struct core *core);

/* core_features.c: the engine of one instrument; each does nothing where it is off */
void core_features_clear(struct core *core, unsigned index); /* another symbol, or another past */
void core_features_applied(struct core *core, unsigned index, const struct core_change_set *set);
void core_features_lost(struct core *core, unsigned index); /* the book is proven no more */
void core_features_trade(struct core *core, const struct td_event *event);
void core_features_tick(struct core *core);
void core_features_rows_due(struct core *core); /* a row of each instrument that changed */
void core_features_stop(struct core *core);     /* no sample waits any longer */
static inline void core_features_level(const struct core_instrument *in, uint8_t side,
                                       int64_t price_steps, int64_t was, int64_t now)
{
    if (in->features != NULL && was != now)
        features_level(in->features, side, price_steps, was, now);
}
static inline bool core_has_features(const struct core_params *params)
{
    return params->emit != CORE_EMIT_OFF || params->model_count > 0;
}

/* core_model.c */
/* The event that in->fired tells. row: all its features, where core->models.need_row. */
void core_models_event(struct core *core, unsigned index, const struct feature_row *row);
void core_models_tick(struct core *core, unsigned index);
void core_models_flush(struct core *core, unsigned index, enum model_reason why);
void core_weights(struct core *core); /* frame WEIGHTS */

/* core_engines.c: both of them: what core_init was told, before a slot is laid out; and their state */
void core_engines_setup(struct core *core);
struct features_params core_engine_params(const struct core_params *params);
void core_engines_state(struct core *core, struct td_state *state);

/* core_doubt.c */
/* The frame being stepped gave no events: `got` is what its parse returned. Sets the bucket; books it may have changed start over. */
void core_doubt(struct core *core, int got);
/* The beginning of the frame's text as plain ASCII: it must not write lines of its own. */
enum { CORE_SHOWN_MAX = 121 };
const char *core_shown(const struct td_frame *frame, char shown[CORE_SHOWN_MAX]);
void core_answer_failed(struct core *core); /* no answer to a request of ours: asked again later */

/* core_trade.c */
void core_trades(struct core *core, const struct td_event *events, uint32_t count);
void core_ticker(struct core *core, const struct td_event *event);
void core_heartbeat(struct core *core, const struct td_event *event);

/* core_backfill.c: missed trades from the venue's history */
void core_backfill_open(struct core *core, unsigned index, const struct core_lost_trades *lost);
/* A trade with an id below the last one came: true, once, when it is one of those that are missed. */
bool core_backfill_takes(struct core *core, unsigned index, int64_t id);
bool core_backfill_has(struct core_instrument *in, int64_t id); /* it came, and was one of those */
void core_backfill_forget(struct core *core, unsigned index);   /* ids begin anew */
void core_backfill_settle(struct core *core, unsigned index);   /* the frame's trades were taken */
void core_backfill_tick(struct core *core, uint16_t source);
void core_backfill_restart(struct core_instrument *in);
void core_backfill_state(struct core_instrument *in, struct td_state *state);

/* core_state.c */
void core_hole_state(struct td_state *state, struct core_hole *hole);

/* core_list.c */
void core_listing(struct venue_ctx *ctx, const struct venue_listing *listing);
void core_listing_done(struct core *core, uint16_t source);
td_err core_rescale(struct core *core, unsigned index, int price_scale, int size_scale);
void core_announce(struct core *core, unsigned index);

/* core_ask.c */
void core_want_resync(struct core *core, unsigned index, int64_t after_ns);
void core_ask_due(struct core *core, uint16_t source);
void core_ask_overdue(struct core *core, uint16_t source);
/* False: not now, the venue's pace is that of bases. */
bool core_ask_trades(struct core *core, unsigned index, int64_t first_id, int64_t last_id);
void core_ask_list_due(struct core *core, uint16_t source);
/* The HTTP frame being stepped answers the URL of a page of the list; that of the volumes. */
bool core_is_list(const struct core *core, uint16_t source);
bool core_is_volumes(const struct core *core, uint16_t source);
/* The frame being stepped was read to its end: true when the last page that was missing of the source's list came with it. */
bool core_list_whole(struct core *core, uint16_t source);
void core_ask_reconnect(struct core *core, uint16_t source, uint32_t conn);
/* core_numbers.c: true, ever more seldom, where a connection may be made anew because of what it brings; it counts as done. */
bool core_may_remake(struct core_line *line, int64_t now_ns);
void core_ask_overlap(struct core *core, uint16_t source, uint32_t conn);
void core_ask_drop(struct core *core, uint16_t source, uint32_t conn);

/* ledger.c: rows of table gaps */
struct ledger_note {
    enum td_gap_kind kind;
    enum td_gap_action action;
    int64_t seq_from, seq_to, missed;
    bool has_seq, has_missed;
    const char *note;
};
void ledger_open(struct core *core, unsigned index, enum td_channel channel,
                 const struct ledger_note *note);
/* The same from this frame on, whatever was good last. */
void ledger_open_now(struct core *core, unsigned index, enum td_channel channel,
                     const struct ledger_note *note);
void ledger_close(struct core *core, unsigned index, enum td_channel channel,
                  const struct ledger_note *note);
/* Opened and closed at once: the hole lies between two frames already received. Returns its gap_id. */
int64_t ledger_passed(struct core *core, unsigned index, enum td_channel channel,
                      const struct ledger_note *note);
/* The same of any owner, with a hole of the caller's whose from_ns is set; and a span that has passed. */
void ledger_hole_open(struct core *core, unsigned owner, enum td_channel channel,
                      struct core_hole *hole, const struct ledger_note *note);
void ledger_hole_close(struct core *core, unsigned owner, enum td_channel channel,
                       struct core_hole *hole, const struct ledger_note *note);
int64_t ledger_span(struct core *core, unsigned owner, enum td_channel channel, int64_t from_ns,
                    int64_t to_ns, const struct ledger_note *note);
/* A hole of an instrument that was closed is closed once more: something of it came later. */
void ledger_again(struct core *core, unsigned index, enum td_channel channel,
                  const struct core_hole *hole, int64_t to_ns, const struct ledger_note *note);
/* Of the whole device, up to now. */
void ledger_device(struct core *core, int64_t from_ns, const struct ledger_note *note);
void ledger_began(struct core *core, const char *note); /* the one row that has no opening */

/* shared small helpers */
static inline bool core_has_channel(const struct core *core, unsigned index,
                                    enum td_channel channel)
{
    uint16_t source = instruments_peek(core->instruments, index)->source;
    return (core->source[source].params.channels & (1u << channel)) != 0;
}
static inline struct core_source *core_source_of(struct core *core, unsigned index)
{
    return &core->source[instruments_at(core->instruments, index)->source];
}
/* What is waited for is timed by the frame's monotonic stamp: a wall clock that is set back must not put off a resync. */
static inline int64_t core_pace_ns(const struct core *core)
{
    return core->frame->mono_ns;
}
/* From here on the row carries the text as well. */
static inline bool core_needs_text(int64_t steps)
{
    return steps >= TD_STEPS_EXACT_MAX || steps <= -TD_STEPS_EXACT_MAX;
}
/* Bits of |steps|, for that bound. */
static inline uint64_t core_bits(int64_t steps)
{
    return (uint64_t)(steps ^ (steps >> 63));
}
void core_head(struct core *core, int stream, int64_t event_ns, bool has_seq, int64_t seq);
row_text core_big_text(struct core *core, int stream, int64_t steps, int scale);

#endif
