/* The schema list of a footer: leaves become columns; groups and repeated leaves mark them nested.
 */
#ifndef TD_LAKE_FOOTER_SCHEMA_H
#define TD_LAKE_FOOTER_SCHEMA_H

#include "lake/footer.h"

/* Fills meta->column and column_count from the list the field announces. NULL when fine or when
   t->err says it all, else what is wrong (static text). */
const char *footer_schema(struct unthrift *t, const struct unthrift_field *field,
                          struct lake_arena *arena, struct pq_meta *meta);

#endif
