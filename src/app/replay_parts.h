/* Inside of `tapedeck replay`, shared by replay*.c only. One thread. */
#ifndef TD_APP_REPLAY_PARTS_H
#define TD_APP_REPLAY_PARTS_H

#include "app/capture.h"
#include "app/deck.h"

enum { REPLAY_FILES_MAX = 64, REPLAY_SYMBOLS_MAX = 64 };

struct replay_file {
    const char *path;
    uint16_t source;
    bool opened; /* an `o` line was seen */
    uint32_t conn;
    struct capture *capture;
    void *mem;
};

struct replay {
    struct replay_file file[REPLAY_FILES_MAX];
    unsigned file_count;
    const char *symbol[REPLAY_SYMBOLS_MAX];
    unsigned symbol_count;
    bool source_open[TD_SOURCES_MAX];
    int64_t next_tick_ns, last_ns;
    uint32_t next_conn;
    const char *out;
    bool json, quiet;
    char settings[4096]; /* of --set, as a configuration */
    struct deck_params deck;
    struct instruments *instruments;
};

/* replay_files.c */
void *replay_lazily(size_t bytes); /* memory that costs nothing until it is touched; NULL: none */
int replay_open_files(struct replay *r); /* an exit code; what is wrong was said */
void replay_close_files(struct replay *r);
/* The file whose next line is the oldest (the first named on a tie), NULL at the end; *bad: an exit code where that is none. */
struct replay_file *replay_oldest(struct replay *r, const struct capture_line **line, int *bad);
struct td_frame replay_frame_of(struct replay *r, struct replay_file *file,
                                const struct capture_line *line);

/* replay_options.c */
int replay_complain(const char *what, const char *which); /* EXIT_USAGE */
int replay_add_setting(struct replay *r, const char *text);
int replay_set_features(struct replay *r); /* by all settings, or the defaults */

#endif
