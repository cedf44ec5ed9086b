/* Thrift's compact protocol, reading side, over a buffer that may be hostile. The first error
   sticks: every later call does nothing and gives 0, so a caller checks `err` once at the end. No
   memory. */
#ifndef TD_LAKE_THRIFT_H
#define TD_LAKE_THRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum thrift_type {
    THRIFT_STOP = 0,
    THRIFT_TRUE = 1,
    THRIFT_FALSE = 2,
    THRIFT_BYTE = 3,
    THRIFT_I16 = 4,
    THRIFT_I32 = 5,
    THRIFT_I64 = 6,
    THRIFT_DOUBLE = 7,
    THRIFT_BINARY = 8,
    THRIFT_LIST = 9,
    THRIFT_SET = 10,
    THRIFT_MAP = 11,
    THRIFT_STRUCT = 12
};

/* Structs in structs: Parquet needs six. */
enum { THRIFT_DEPTH_MAX = 24 };

struct thrift {
    const uint8_t *at, *end;
    int depth;
    td_err err; /* 0 or TD_E_PARQUET */
};

/* Start each struct from {0}. */
struct thrift_field {
    int16_t id;
    uint8_t type;
};

/* Bytes that stay in the caller's buffer. */
struct thrift_bytes {
    const uint8_t *at;
    uint32_t bytes;
};

struct thrift thrift_over(const void *data, size_t bytes);

/* Around the fields of a struct:
       struct thrift_field field = {0};
       thrift_enter(t);
       while (thrift_next(t, &field))
           switch (field.id) { case 1: x = thrift_i32(t, &field); break; default: thrift_skip(t,
   &field); } thrift_leave(t);  */
void thrift_enter(struct thrift *t);
bool thrift_next(struct thrift *t, struct thrift_field *field);
void thrift_leave(struct thrift *t);

/* Value of the field just met; a field of another type is an error. */
bool thrift_bool(struct thrift *t, const struct thrift_field *field);
int32_t thrift_i8(struct thrift *t, const struct thrift_field *field);
int32_t thrift_i32(struct thrift *t, const struct thrift_field *field); /* I16 too */
int64_t thrift_i64(struct thrift *t, const struct thrift_field *field);
struct thrift_bytes thrift_binary(struct thrift *t, const struct thrift_field *field);
void thrift_want(struct thrift *t, const struct thrift_field *field, enum thrift_type type);
void thrift_skip(struct thrift *t, const struct thrift_field *field);

/* Count of a list of `type`; never more than the bytes that are left. Elements follow: struct
   bodies by thrift_enter, others by thrift_element. */
uint32_t thrift_list(struct thrift *t, const struct thrift_field *field, enum thrift_type type);
/* One list element of `type` that is not of interest. */
void thrift_skip_element(struct thrift *t, enum thrift_type type);
struct thrift_bytes thrift_binary_element(struct thrift *t);

void thrift_fail(struct thrift *t);

#endif
