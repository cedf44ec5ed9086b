/* The mapping under a frame log: made, measured, punched, dropped. Positions and records are framelog.c's. */
#ifndef TD_JOURNAL_FRAMELOG_MAP_H
#define TD_JOURNAL_FRAMELOG_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/framelog.h"

enum { FRAMELOG_PATH_MAX = 256 };

struct framelog_map {
    struct framelog_page *page;
    unsigned char *terms;
    char *jumbo;
    size_t bytes;
    int fd;
    char path[FRAMELOG_PATH_MAX]; /* empty: anonymous */
};

/* Replaces the file at params->path (NULL: memory without a name), proves that there is room for all of it, maps it and writes
   the header page. Start-up thread. TD_E_RANGE, TD_E_IO, TD_E_DISK_FULL. */
td_err framelog_map_open(struct framelog_map *map, const struct framelog_params *params);
void framelog_map_close(struct framelog_map *map, bool remove_file);

/* Gives the pages of the jumbo slot back to the system; they read as zeros afterwards. Any thread. */
void framelog_map_punch_jumbo(struct framelog_map *map);

#endif
