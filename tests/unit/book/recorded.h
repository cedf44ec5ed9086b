/* What both tests of checksums need: one empty book that is used again, and the text of a recording. */
#ifndef TEST_BOOK_RECORDED_H
#define TEST_BOOK_RECORDED_H

#include <stdio.h>
#include <zstd.h>

#include "model.h"

static inline struct book *kept_book(void)
{
    static struct book *book;

    if (book == NULL)
        book = book_init(malloc(book_footprint()),
                         book_pool_init(malloc(book_pool_footprint(100)), 100));
    book_clear(book);
    return book;
}

/* Of a packed file in the captures' folder; ends the test as skipped without it. The caller frees it. */
static inline char *capture_text(const char *name, size_t *bytes)
{
    char path[512];

    if (test_shared() == NULL)
        SKIP("no captures here");
    snprintf(path, sizeof(path), "%s/captures/%s", test_shared(), name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        SKIP("no capture %s", name);
    fseek(file, 0, SEEK_END);
    size_t packed_bytes = (size_t)ftell(file), room = 64 << 20;
    rewind(file);
    char *packed = malloc(packed_bytes), *text = malloc(room + 1);
    CHECK(fread(packed, 1, packed_bytes, file) == packed_bytes);
    fclose(file);
    *bytes = ZSTD_decompress(text, room, packed, packed_bytes);
    CHECK(!ZSTD_isError(*bytes));
    text[*bytes] = '\0';
    free(packed);
    return text;
}

#endif
