/* PLAIN and BYTE_STREAM_SPLIT values into cells; text goes to the column's heap. */
#ifndef TD_LAKE_VALUES_PLAIN_H
#define TD_LAKE_VALUES_PLAIN_H

#include "lake/values.h"

/* Fill `count` cells or TD_E_PARQUET; TD_E_NO_MEMORY; TD_E_UNSUPPORTED: split values of another
   type than FLOAT and DOUBLE. */
td_err values_plain(struct pq_values *values, const uint8_t *data, size_t bytes, union pq_cell *out,
                    size_t count);
td_err values_split(struct pq_values *values, const uint8_t *data, size_t bytes, union pq_cell *out,
                    size_t count);

#endif
