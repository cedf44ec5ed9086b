/* What `tape journal` does with a journal that is open, surveyed and ready to be read from its first frame. Each prints to
   stdout and returns the exit code. */
#ifndef TD_LAKE_JOURNAL_ACTIONS_H
#define TD_LAKE_JOURNAL_ACTIONS_H

#include <stdbool.h>

#include "lake/journal_dir.h"
#include "lake/progress.h"

/* What a hole costs, in words; bytes at out are cut to fit. */
enum { JOURNAL_COST_MAX = 160 };
void journal_cost(char out[JOURNAL_COST_MAX], const struct journal_damage *damage);
/* Exit code of a hole. */
int journal_damage_code(const struct journal_damage *damage);

struct progress journal_progress(const struct journal_dir *dir);
/* As journal_dir_next(), and moves the bar with each file that is done. */
int journal_step(struct journal_dir *dir, struct progress *progress, struct td_frame *frame,
                 struct journal_damage *damage);

int journal_ls(struct journal_dir *dir, bool json);
int journal_verify(struct journal_dir *dir, bool json);

#endif
