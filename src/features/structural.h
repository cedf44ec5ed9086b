/* Columns of SPEC 2.6 that need no history: structural.c (levels, depth, imbalances, slopes, gravity, bands), optional.c (the documented-only
   extras), calendar.c (time). Each fills its own columns of the row where its set is on. Core thread, pure. */
#ifndef TD_FEATURES_STRUCTURAL_H
#define TD_FEATURES_STRUCTURAL_H

#include "features/bands.h"
#include "features/feature.h"
#include "features/top.h"

void levels_fill(const struct top *top, struct feature_row *row);
void structural_fill(const struct top *top, const struct bands *bands, struct feature_row *row);
void optional_fill(const struct top *top, struct feature_row *row); /* after structural_fill */
void calendar_fill(int64_t event_ns, struct feature_row *row);

#endif
