/* Thrift's compact protocol, reading side, over a buffer that may be hostile. The first error
   sticks: every later call does nothing and gives 0, so a caller checks `err` once at the end. No
   memory. */
#ifndef TD_LAKE_UNTHRIFT_H
#define TD_LAKE_UNTHRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum unthrift_type {
    UNTHRIFT_STOP = 0,
    UNTHRIFT_TRUE = 1,
    UNTHRIFT_FALSE = 2,
    UNTHRIFT_BYTE = 3,
    UNTHRIFT_I16 = 4,
    UNTHRIFT_I32 = 5,
    UNTHRIFT_I64 = 6,
    UNTHRIFT_DOUBLE = 7,
    UNTHRIFT_BINARY = 8,
    UNTHRIFT_LIST = 9,
    UNTHRIFT_SET = 10,
    UNTHRIFT_MAP = 11,
    UNTHRIFT_STRUCT = 12
};

/* Structs in structs: Parquet needs six. */
enum { UNTHRIFT_DEPTH_MAX = 24 };

struct unthrift {
    const uint8_t *at, *end;
    int depth;
    td_err err; /* 0 or TD_E_PARQUET */
};

/* Start each struct from {0}. */
struct unthrift_field {
    int16_t id;
    uint8_t type;
};

/* Bytes that stay in the caller's buffer. */
struct unthrift_bytes {
    const uint8_t *at;
    uint32_t bytes;
};

struct unthrift unthrift_over(const void *data, size_t bytes);

/* Around the fields of a struct:
       struct unthrift_field field = {0};
       unthrift_enter(t);
       while (unthrift_next(t, &field))
           switch (field.id) { case 1: x = unthrift_i32(t, &field); break; default: unthrift_skip(t,
   &field); } unthrift_leave(t);  */
void unthrift_enter(struct unthrift *t);
bool unthrift_next(struct unthrift *t, struct unthrift_field *field);
void unthrift_leave(struct unthrift *t);

/* Value of the field just met; a field of another type is an error. */
bool unthrift_bool(struct unthrift *t, const struct unthrift_field *field);
int32_t unthrift_i8(struct unthrift *t, const struct unthrift_field *field);
int32_t unthrift_i32(struct unthrift *t, const struct unthrift_field *field); /* I16 too */
int64_t unthrift_i64(struct unthrift *t, const struct unthrift_field *field);
struct unthrift_bytes unthrift_binary(struct unthrift *t, const struct unthrift_field *field);
void unthrift_want(struct unthrift *t, const struct unthrift_field *field, enum unthrift_type type);
void unthrift_skip(struct unthrift *t, const struct unthrift_field *field);

/* Count of a list of `type`; never more than the bytes that are left. Elements follow: struct
   bodies by unthrift_enter, others by unthrift_element. */
uint32_t unthrift_list(struct unthrift *t, const struct unthrift_field *field,
                       enum unthrift_type type);
/* One list element of `type` that is not of interest. */
void unthrift_skip_element(struct unthrift *t, enum unthrift_type type);
struct unthrift_bytes unthrift_binary_element(struct unthrift *t);

void unthrift_fail(struct unthrift *t);

#endif
