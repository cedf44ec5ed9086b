/* A small deck of the Coinbase venue for tests. */
#ifndef TD_TEST_APP_RIG_H
#define TD_TEST_APP_RIG_H

#include <stdio.h>
#include <stdlib.h>

#include "../../features_on.h"
#include "app/deck.h"
#include "test.h"

/* Small terms and groups, so that a few thousand frames wrap and cut them. The instruments are malloc'd:
   free(params.instruments). */
static inline struct deck_params rig_params(const char *data_dir, bool journal,
                                            const char *const *symbols, int symbol_count)
{
    const struct venue *venue = venue_find("coinbase");
    struct deck_params params = {.os = td_os_linux(),
                                 .name = "test",
                                 .data_dir = data_dir,
                                 .config_hash = "0123456789abcdef",
                                 .source_count = 1,
                                 .log_term_bytes = 64 << 10,
                                 .log_terms = 3,
                                 .journal = journal,
                                 .journal_sync_ms = 10,
                                 .journal_file_bytes = 1 << 20,
                                 .journal_max_bytes = 16 << 20,
                                 .journal_level = 1,
                                 .segment_level = 3,
                                 .segment_bytes = TD_SEGMENT_BYTES_MAX,
                                 .group_rows = 1000,
                                 .pool_bytes = 2 << 20,
                                 .book_pool_levels = 4096,
                                 .features = features_on(CORE_EMIT_SECOND)};
    static char text[1024];
    int bytes = snprintf(text, sizeof text, "[deck]\nid = test\n[coinbase]\nsymbols = ");
    for (int i = 0; i < symbol_count; i++)
        bytes += snprintf(text + bytes, sizeof text - (size_t)bytes, "%s%s", i > 0 ? "," : "",
                          symbols[i]);
    params.config_text = text;
    params.source[0] =
        (struct core_source_params){.venue = venue, .rest_url = venue->rest_url, .channels = 7};
    params.instruments = instruments_init(malloc(instruments_footprint((unsigned)symbol_count)),
                                          (unsigned)symbol_count);
    for (int i = 0; i < symbol_count; i++)
        CHECK_EQ_I64(instruments_add(params.instruments, 0, symbols[i], symbols[i]), i);
    return params;
}

#endif
