/* Why things ended: the last hundred lines, kept on the data partition over restarts. */
#ifndef TD_INIT_REASONS_H
#define TD_INIT_REASONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { REASONS_KEPT = 100, REASON_MAX = 160 };

/* What the file says; the newest of this boot come behind. After the data partition was mounted. */
void reasons_load(const char *path);
/* With the date; kept in memory until reasons_save. */
void reasons_add(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The nth newest, 0 the last one; "" none. */
const char *reasons_at(unsigned back);
/* Lines were added since the last save. */
bool reasons_unsaved(void);
void reasons_saved(void);
/* Writes them; replaced by rename, synced. May run in a process of its own. */
td_err reasons_save(const char *path);

#endif
