/* Configuration text as a file or a CONFIG frame may hold it. What is taken has a canonical text; that text is taken again, and says the
   same. */
#include <stdlib.h>
#include <string.h>

#include "app/config.h"
#include "base/log.h"
#include "venue/venue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const char *config_venue(unsigned index)
{
    return venue_at(index) != NULL ? venue_at(index)->name : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct td_config first, second;
    static char text[TD_CONFIG_CORE_MAX], again[TD_CONFIG_CORE_MAX];
    static FILE *complaints;
    if (complaints == NULL) {
        td_log_setup(2, TD_LOG_OFF, NULL);
        complaints = fopen("/dev/null", "we");
    }
    if (td_config_parse(&first, "fuzz", (const char *)data, bytes, config_venue, complaints) < 0)
        return 0;
    td_config_print(&first, complaints, false);
    td_config_print(&first, complaints, true);
    int length = td_config_core_text(&first, text, sizeof text);
    TD_ASSERT(length >= 0, "TD_CONFIG_CORE_MAX always holds it");
    td_err err = td_config_parse(&second, "again", text, (size_t)length, config_venue, NULL);
    TD_ASSERT(err == 0, "a canonical text is taken");
    int length_again = td_config_core_text(&second, again, sizeof again);
    TD_ASSERT(length_again == length && memcmp(text, again, (size_t)length) == 0,
              "and is its own canonical text");
    return 0;
}
