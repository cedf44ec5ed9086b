/* Looks after a running deck about once a second: room on the disk (retention, then shedding), the journal's size, what failed and must stand in
   the ledger, the card and the board, the state page. Whatever shapes the core's output it says by frames, so that a replay does the same. Main thread. */
#ifndef TD_APP_WARDEN_H
#define TD_APP_WARDEN_H

#include "app/board.h"
#include "app/deck.h"
#include "app/page.h"
#include "app/wear.h"

struct warden_params {
    struct deck *deck;
    const char *page_path;  /* state page; NULL: none */
    int64_t reserve_bytes;  /* file that makes room to seal; 0: none */
    int64_t free_bytes;     /* below so much free room retention begins, then shedding */
    bool delete_unverified; /* retention may delete what no store has */
    /* "": /sys and /proc of this machine; a folder in place of / in tests; NULL: neither card nor board is looked at. */
    const char *sys_root;
    struct wear_params wear;
};

/* Something that failed for a while and is told to the ledger when it is over. */
struct warden_trouble {
    td_err err; /* 0: all is well */
    int64_t from_ns;
};

struct warden {
    struct warden_params params;
    struct warden_trouble journal, writer;
    enum td_shed shed;
    bool shed_told; /* in this run */
    uint64_t doubt_first,
        doubt_last;   /* frames in doubt that the ledger does not know yet; 0 none */
    uint64_t deleted; /* segments no store had, not told yet */
    bool late;
    int64_t next_disk_ns, next_reserve_ns, next_seal_ns, next_alarm_ns;
    struct wear wear;
    td_err wear_err; /* of the last record */
    struct board board;
    int64_t next_wear_ns;
    struct page page;
    uint64_t alarms;
    struct page_view *view; /* NULL without a page */
    /* What counters stood at: at the last publishing, and when the day began. */
    int64_t published_mono_ns;
    uint64_t syncs, day_journal_bytes, day_segment_bytes;
    uint64_t source_bytes[TD_SOURCES_MAX], reconnects[TD_SOURCES_MAX],
        day_reconnects[TD_SOURCES_MAX];
};

/* view: zeroed memory of the caller's, may be NULL without a page path. */
void warden_init(struct warden *warden, const struct warden_params *params, struct page_view *view);
void warden_turn(struct warden *warden);
/* The page stays and says that the recorder ended. */
void warden_end(struct warden *warden);

#endif
