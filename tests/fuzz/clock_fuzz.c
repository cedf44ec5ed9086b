/* Payloads of CLOCK frames as a journal may hold them: what is taken is written and read again to the same. */
#include <string.h>

#include "base/err.h"
#include "net/clockwork.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct clockwork_reading first, second;
    char text[CLOCKWORK_TEXT_MAX];
    if (clockwork_read((const char *)data, bytes, &first) < 0)
        return 0;
    size_t written = clockwork_write(&first, text);
    td_err err = clockwork_read(text, written, &second);
    TD_ASSERT(err == 0, "what was written is read");
    TD_ASSERT(first.state == second.state && first.method == second.method, "words stay");
    TD_ASSERT(first.has_offset == second.has_offset && first.offset_ns == second.offset_ns &&
                  first.has_error == second.has_error && first.error_ns == second.error_ns &&
                  first.has_step == second.has_step && first.step_ns == second.step_ns &&
                  first.has_freq == second.has_freq && first.freq_ppb == second.freq_ppb,
              "numbers stay");
    return 0;
}
