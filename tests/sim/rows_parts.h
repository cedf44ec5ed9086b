/* Inside of rows*.c. */
#ifndef TD_SIM_ROWS_PARTS_H
#define TD_SIM_ROWS_PARTS_H

#include "sim/columns.h"
#include "sim/rows.h"

enum { ROWS_BOOK_COLUMNS = 9, ROWS_GAP_COLUMNS = 7 };
extern const char *const rows_book_columns[ROWS_BOOK_COLUMNS];
extern const char *const rows_gap_columns[ROWS_GAP_COLUMNS];

/* rows_book.c; index: of the truth */
void rows_book_row(struct rows *rows, unsigned index, const struct columns *columns, size_t row);
/* rows_holes.c; index as in struct rows_gap */
void rows_gap_row(struct rows *rows, int index, const struct columns *columns, size_t row);
/* At the end: what is not stored stands in the ledger, and each connection that ended. */
void rows_check_holes(struct rows *rows);
/* rows_count.c: each change, trade and ticker that was told is a row, and no other. */
void rows_count(struct rows *rows);

#endif
