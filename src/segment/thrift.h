/* Writer of Thrift's compact protocol, as much as Parquet's metadata needs. Bytes go to a sink, so that a footer of any size
   needs no buffer. One thread per writer. */
#ifndef TD_SEGMENT_THRIFT_H
#define TD_SEGMENT_THRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { THRIFT_DEPTH_MAX = 8 };

enum thrift_type {
    THRIFT_TRUE = 1,
    THRIFT_FALSE = 2,
    THRIFT_BYTE = 3,
    THRIFT_I16 = 4,
    THRIFT_I32 = 5,
    THRIFT_I64 = 6,
    THRIFT_BINARY = 8,
    THRIFT_LIST = 9,
    THRIFT_STRUCT = 12
};

struct thrift {
    void (*put)(void *sink, const void *data, size_t bytes);
    void *sink;
    uint64_t bytes; /* written so far */
    int depth;
    int16_t last_id[THRIFT_DEPTH_MAX];
};

struct thrift thrift_to(void (*put)(void *sink, const void *data, size_t bytes), void *sink);
/* Counts bytes and throws them away. */
struct thrift thrift_count(void);

/* The outermost struct of a message is open from the start and closed by thrift_end. */
void thrift_bool(struct thrift *out, int16_t id, bool value);
void thrift_byte(struct thrift *out, int16_t id, int8_t value);
void thrift_i16(struct thrift *out, int16_t id, int16_t value);
void thrift_i32(struct thrift *out, int16_t id, int32_t value);
void thrift_i64(struct thrift *out, int16_t id, int64_t value);
void thrift_binary(struct thrift *out, int16_t id, const void *data, size_t bytes);
void thrift_text(struct thrift *out, int16_t id, const char *text);
void thrift_struct(struct thrift *out, int16_t id); /* until thrift_end */
void thrift_end(struct thrift *out);

/* A list: then `count` items by the functions below (structs: thrift_item_struct ... thrift_end). */
void thrift_list(struct thrift *out, int16_t id, enum thrift_type item, uint32_t count);
void thrift_item_struct(struct thrift *out);
void thrift_item_bool(struct thrift *out, bool value);
void thrift_item_int(struct thrift *out, int64_t value); /* i32 and i64 alike */
void thrift_item_binary(struct thrift *out, const void *data, size_t bytes);

#endif
