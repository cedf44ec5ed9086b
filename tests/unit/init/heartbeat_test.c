#include "init/heartbeat.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

static struct page_view view; /* large */

TEST(the_page_is_known_by_the_process_that_made_it)
{
    struct page page;
    const char *folder = test_tmpdir();
    char path[PAGE_PATH_MAX], other[PAGE_PATH_MAX];
    snprintf(path, sizeof path, "%s/tapedeck-attic.page", folder);
    snprintf(other, sizeof other, "%s/tapedeck-.page", folder);
    CHECK(heartbeat_read(folder, getpid()) == NULL);
    CHECK_EQ_I64(heartbeat_life(1), PAGE_DEAD);
    FILE *junk = fopen(other, "w");
    CHECK(junk != NULL);
    fclose(junk);
    CHECK_EQ_I64(page_create(&page, path), 0);
    view.deck.published_mono_ns = 5;
    page_publish(&page, &view);
    CHECK(heartbeat_read(folder, getpid() + 1) == NULL);
    const struct page_view *seen = heartbeat_read(folder, getpid());
    CHECK(seen != NULL);
    CHECK_EQ_I64(seen->deck.published_mono_ns, 5);
    view.deck.published_mono_ns = 6;
    page_publish(&page, &view);
    CHECK_EQ_I64(heartbeat_read(folder, getpid())->deck.published_mono_ns, 6);
    CHECK_EQ_I64(heartbeat_life(6), PAGE_ALIVE);
    page_close(&page);
}
