/* The state page as a file of any bytes. The input's first byte says how it is used: as the file itself, or as pieces that are put over
   a page that was published (two bytes each: where, in steps over the whole file, and how many bytes follow). What is read is in bounds,
   and both screens can be made of it. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/page.h"
#include "app/start.h"
#include "app/status.h"

enum { SHOWN = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct page_view view;

static void put(int fd, const void *data, size_t bytes, off_t at)
{
    if (pwrite(fd, data, bytes, at) != (ssize_t)bytes)
        abort();
}

/* A page with something in each part. */
static void publish(const char *path)
{
    struct page page;
    memset(&view, 0, sizeof view);
    view.deck.source_count = 2;
    view.deck.book_count = 2;
    view.deck.published_mono_ns = 1;
    for (int i = 0; i < 2; i++) {
        snprintf(view.source[i].name, sizeof view.source[i].name, "venue%d", i);
        snprintf(view.book[i].symbol, sizeof view.book[i].symbol, "BTC-USD");
        view.book[i].open_kind = view.book[i].latest_kind = PAGE_KIND_NONE;
    }
    if (page_create(&page, path) < 0)
        abort();
    page_publish(&page, &view);
    page_close(&page);
}

/* Most pieces fall into the first parts, where counts and words stand. */
static void spoil(int fd, const uint8_t *data, size_t bytes)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        abort();
    for (size_t at = 0; at + 2 < bytes;) {
        size_t count = 1 + data[at + 1] % 16, left = bytes - at - 2;
        off_t step = data[at + 1] & 128 ? st.st_size / 256 : 8;
        off_t place = data[at] * step;
        count = count < left ? count : left;
        if (place + (off_t)count <= st.st_size)
            put(fd, data + at + 2, count, place);
        at += 2 + count;
    }
}

static bool ends(const char *text, size_t cap)
{
    return memchr(text, 0, cap) != NULL;
}

static void check_view(void)
{
    const struct page_deck *deck = &view.deck;
    TD_ASSERT(deck->source_count <= TD_SOURCES_MAX && deck->book_count <= PAGE_BOOKS_MAX,
              "counts in bounds");
    TD_ASSERT(deck->start_cause < START_CAUSES && deck->shed_level < TD_SHED_LEVELS,
              "words in bounds");
    TD_ASSERT(ends(deck->build, sizeof deck->build) && ends(deck->deck, sizeof deck->deck) &&
                  ends(deck->data_dir, sizeof deck->data_dir),
              "texts end");
    TD_ASSERT(isfinite(deck->syncs_per_s) && isfinite(deck->disk_days), "numbers are numbers");
    for (uint32_t i = 0; i < deck->source_count; i++)
        TD_ASSERT(ends(view.source[i].name, sizeof view.source[i].name) &&
                      view.source[i].state < PAGE_SOURCE_STATES,
                  "a source in bounds");
    for (uint32_t i = 0; i < deck->book_count; i++)
        TD_ASSERT(ends(view.book[i].symbol, sizeof view.book[i].symbol) &&
                      ends(view.book[i].bid, sizeof view.book[i].bid) &&
                      (view.book[i].source < deck->source_count || deck->source_count == 0) &&
                      view.book[i].state <= TD_BOOK_BROKEN,
                  "a book in bounds");
}

static void show(const struct page_reader *reader)
{
    static FILE *nowhere;
    if (nowhere == NULL)
        nowhere = fopen("/dev/null", "we");
    struct status status = {.view = &view,
                            .life = page_life(reader, &view, 5),
                            .pid = reader->pid,
                            .mono_ns = 5,
                            .colour = true};
    status_code(&status);
    status_text(&status, nowhere);
    status_json(&status, nowhere);
    page_alarms(&view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char path[64];
    struct page_reader reader;
    if (bytes < 1)
        return 0;
    snprintf(path, sizeof path, "/dev/shm/page-fuzz-%d", (int)getpid());
    if (data[0] & 1)
        publish(path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        abort();
    if (data[0] & 1)
        spoil(fd, data + 1, bytes - 1);
    else
        put(fd, data + 1, bytes - 1, 0);
    if (page_open(&reader, path) == 0) {
        if (page_read(&reader, &view) == 0) {
            check_view();
            if (view.deck.book_count > SHOWN) /* hundreds of lines cost more than they find */
                view.deck.book_count = SHOWN;
            show(&reader);
        }
        page_reader_close(&reader);
    }
    close(fd);
    unlink(path);
    return 0;
}
