/* The state page: what the recorder says of itself about once a second, in a file on tmpfs that others map and read
   (`tapedeck status`, web, metrics). A fixed layout under a sequence lock: the writer never waits, a reader never sees half an
   update, and whatever bytes the file holds, page_read() returns either an error or a view whose counts, words and texts are in
   bounds.

   The recorder, from one thread:

     static struct page_view view;                       // zeroed, large: static
     struct page page;
     td_err err = page_create(&page, path);              // path: page_path(shm_dir, deck, path)
     ...once a second:
     view.deck.published_ns = wall; view.deck.published_mono_ns = mono;
     view.deck.core_lag_frames = ...;  view.deck.source_count = n;  view.source[i] = ...;  view.book[i] = ...;
     view.deck.alarms = page_alarms(&view);
     page_publish(&page, &view);
     ...at an orderly stop:
     page_end(&page, &view, wall);                       // the page stays and says so

   A reader:

     static struct page_view view;
     struct page_reader reader;
     page_open(&reader, path); page_read(&reader, &view); enum page_life life = page_life(&reader, &view, mono);

   No memory of its own beside the mapping; nothing is allocated after page_create / page_open. */
#ifndef TD_APP_PAGE_H
#define TD_APP_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/event.h"
#include "base/limits.h"

/* A page of another version or size is refused: the layout changes with both programs at once. A value that is added takes a word
   of `later` (0: the writer does not know it) and leaves the version. */
enum { PAGE_VERSION = 1, PAGE_PATH_MAX = 640, PAGE_TEXT_MAX = 128, PAGE_NUMBER_MAX = 40 };
enum { PAGE_BOOKS_MAX = TD_INSTRUMENTS_MAX, PAGE_KIND_NONE = 255 };

enum page_alarm {
#define X(name, ...) PAGE_ALARM_##name,
#include "app/page_alarms.def"
#undef X
    PAGE_ALARMS
};
struct page_alarm_words {
    bool red;
    const char *name, *what, *next;
};
extern const struct page_alarm_words page_alarm_words[PAGE_ALARMS];

enum page_flag { PAGE_FLAG_UNKNOWN, PAGE_FLAG_NO, PAGE_FLAG_YES, PAGE_FLAGS };

/* The card, or whatever device holds the data folder (app/wear.h). "Ever": since `since_ns`, over restarts and power cuts. */
struct page_card {
    uint32_t known;             /* 1: the device's counters can be read; else its figures are 0 */
    uint32_t cuts;              /* power cuts ever: each may hide an hour's bytes from the sums */
    uint32_t over_budget, worn; /* 1: their alarms */
    int64_t since_ns;           /* the counting began: a fresh card's first start */
    int64_t device_ever_bytes;  /* written to the whole device, by whomever */
    int64_t device_today_bytes; /* UTC day, carried over a restart */
    int64_t device_boot_bytes;  /* the kernel's own counter of the whole device */
    int64_t partition_boot_bytes;
    int64_t logical_ever_bytes, logical_today_bytes; /* what the recorder gave to be written */
    uint64_t syncs_ever, syncs_today;                /* what it asked for */
    uint64_t flushes_boot;                           /* what the device was told of */
    int64_t size_bytes;
    int64_t budget_bytes;                     /* a day; 0: none */
    int64_t day_rate_bytes, today_rate_bytes; /* a day: of the last days, of today; 0 unknown */
    double life_years;                        /* negative unknown */
    double used_share;                        /* of its stated endurance; negative unknown */
};

/* Temperature and power of the board (app/board.h). is_...: the alarms, de-bounced. */
struct page_board {
    uint32_t has_temperature;
    int32_t temperature_mc;                       /* thousandths of a degree Celsius */
    uint32_t low_voltage, throttled;              /* enum page_flag, now */
    uint32_t low_voltage_seen, throttled_seen;    /* readings that said so, in this run */
    uint32_t cpu_khz, cpu_limit_khz, cpu_max_khz; /* 0 unknown */
    uint32_t is_hot, is_low_voltage, is_throttled;
};

/* Times: ..._ns since 1970 UTC, ..._mono_ns on CLOCK_MONOTONIC; 0 unknown. "Today": since 00:00 UTC of day_ns, of what this process
   knows (a restart on the same day begins at `since_ns`, unless the writer carries it over). Texts end in a NUL. */
struct page_deck {
    char build[PAGE_TEXT_MAX];
    char deck[TD_DECK_NAME_MAX];
    char data_dir[512];
    char writer_error[PAGE_TEXT_MAX];  /* "": segments are written */
    char journal_error[PAGE_TEXT_MAX]; /* "": the journal takes frames */
    uint32_t start_cause;              /* enum start_cause (app/start.h) */
    uint32_t source_count, book_count; /* entries below that are filled */
    uint32_t book_total;               /* books there are, shown or not */
    int64_t since_ns;                  /* this process recording */
    int64_t published_ns, published_mono_ns;
    int64_t ended_ns;     /* orderly stop; 0: running or died */
    int64_t last_tick_ns; /* stamp of the last TICK frame the core took */
    int64_t day_ns;
    uint64_t alarms; /* bit (1 << enum page_alarm) */
    /* journal */
    int64_t journal_held_bytes, journal_cap_bytes; /* needed since the checkpoint; journal.max_mb */
    int64_t journal_today_bytes;                   /* written today, padding included */
    uint64_t journal_frame, synced_frame; /* last one taken; last one safe from a power cut */
    double syncs_per_s;
    /* core */
    uint64_t core_frame, core_lag_frames;
    int64_t core_lag_ms;
    uint32_t replaying; /* 1: it reads the journal to catch up */
    uint32_t queue_percent, pool_percent;
    uint32_t shed_level; /* enum td_shed */
    /* segments and disk */
    uint64_t segments, segments_remade, segments_differ, allocations;
    int64_t segment_today_bytes;               /* of Parquet files */
    int64_t written_today_bytes;               /* everything: journal, segments, checkpoints */
    int64_t disk_free_bytes, disk_total_bytes; /* free: -1 unknown */
    double disk_days; /* until full at today's rate; negative: unknown or never */
    /* clock */
    uint32_t clock_state, clock_method;      /* enum td_clock_state, td_clock_method */
    int64_t clock_offset_ns, clock_error_ns; /* error -1: unknown */
    uint32_t gaps_today[TD_GAP_KINDS];       /* device-wide ones */
    uint32_t later_words[13];
    struct page_card card;
    struct page_board board;
    uint64_t later[64 - (sizeof(struct page_card) + sizeof(struct page_board)) / sizeof(uint64_t)];
};

enum page_source_state { PAGE_CONNECTING, PAGE_UP, PAGE_BACKOFF, PAGE_SOURCE_STATES };
struct page_source {
    char name[TD_EXCHANGE_NAME_MAX];
    char error[PAGE_TEXT_MAX]; /* why it is not up; "" none */
    uint32_t state;            /* enum page_source_state */
    uint32_t conn;
    double frames_per_s, bytes_per_s;
    uint64_t frames, errors; /* errors: frames malformed, absurd, that showed a gap */
    uint64_t reconnects_today;
    int64_t last_mono_ns;     /* last message */
    int64_t silence_ms;       /* configured bound of its silence; 0 unknown */
    int64_t next_try_mono_ns; /* backoff only */
    uint64_t later[16];
};

/* The first model of an instrument. Shares: 0..1, negative unknown. */
struct page_model {
    char id[24];
    uint32_t horizon_ms;
    uint32_t ready; /* 1: enough samples of each class */
    uint64_t samples_total, samples_change, samples_no_change, waiting;
    double ready_percent;
    double accuracy, balanced_accuracy, brier, base_rate; /* of the newest predictions */
    double probability;                                   /* of the last one */
};

struct page_book {
    char exchange[TD_EXCHANGE_NAME_MAX], symbol[TD_SYMBOL_MAX];
    uint32_t source;   /* index above */
    uint32_t state;    /* enum td_book_state */
    uint32_t channels; /* bits (1 << enum td_channel) that are recorded */
    uint32_t bid_levels, ask_levels;
    uint32_t open_kind;    /* enum td_gap_kind of a hole that is open now, PAGE_KIND_NONE */
    uint32_t open_channel; /* of that hole */
    uint32_t latest_kind;  /* of the last gap today, PAGE_KIND_NONE */
    int64_t open_since_ns;
    char bid[PAGE_NUMBER_MAX], bid_size[PAGE_NUMBER_MAX]; /* exact digits; "" none */
    char ask[PAGE_NUMBER_MAX], ask_size[PAGE_NUMBER_MAX];
    uint64_t changes, trades, resyncs;
    uint64_t trades_today, trades_missed_today;
    int64_t proven_ms_today,
        covered_ms_today;      /* of the book; covered: the recorder was to record it */
    double completeness_today; /* 0..1, negative unknown */
    int64_t last_mono_ns;      /* last message of any of its channels; 0 none */
    uint32_t gaps_today[TD_GAP_KINDS];
    uint32_t later_words[13];
    /* Features and models; counts since the recorder's first start. */
    uint64_t feature_events, feature_rows, feature_withheld, feature_window_full, predictions;
    uint32_t has_features; /* 1: they are computed */
    uint32_t models;       /* how many; 0: `model` says nothing */
    struct page_model model;
    uint64_t later[12];
};

struct page_view {
    struct page_deck deck;
    struct page_source source[TD_SOURCES_MAX];
    struct page_book book[PAGE_BOOKS_MAX];
};

/* "<shm_dir>/tapedeck-<deck>.page"; TD_E_RANGE when it does not fit. */
td_err page_path(const char *shm_dir, const char *deck, char out[PAGE_PATH_MAX]);
/* The alarms that the view's own figures call for. Pure. */
uint64_t page_alarms(const struct page_view *view);

/* ---- the recorder: one thread ---- */

struct page {
    struct page_map *map;
};
/* Makes the file anew (readers of an older one keep that until they open again). TD_E_IO. */
td_err page_create(struct page *page, const char *path);
/* Copies the counts' entries only. Never waits, no system call. A page that was not created is passed over. */
void page_publish(struct page *page, const struct page_view *view);
/* Publishes a last time with ended_ns set, unmaps, keeps the file. */
void page_end(struct page *page, struct page_view *view, int64_t now_ns);
/* Unmaps. What it held stays in the file; page_end() did it already. */
void page_close(struct page *page);

/* ---- readers: any process ---- */

enum page_life {
    PAGE_ALIVE,
    PAGE_STALLED, /* its process lives and has not published for PAGE_STALE_MS */
    PAGE_DEAD,    /* its process is gone without an orderly stop */
    PAGE_ENDED    /* stopped in order */
};
enum { PAGE_STALE_MS = 10000 };

struct page_reader {
    struct page_map *map;
    uint32_t pid;
    uint64_t pid_start; /* of that process, so that a later one with its number is no mistake */
};
/* TD_E_MISSING; TD_E_IO; TD_E_SYNTAX: not a page; TD_E_UNSUPPORTED: of another version. */
td_err page_open(struct page_reader *reader, const char *path);
/* One update, whole. TD_E_AGAIN: the writer stopped in the middle of one, or changes it faster than it can be read. */
td_err page_read(struct page_reader *reader, struct page_view *view);
enum page_life page_life(const struct page_reader *reader, const struct page_view *view,
                         int64_t mono_ns);
void page_reader_close(struct page_reader *reader);

#endif
