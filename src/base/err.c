#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *td_err_name(td_err err)
{
    switch (err) {
    case 0:
        return "TD_OK";
#define X(name, number, text)                                                                      \
    case name:                                                                                     \
        return #name;
#include "base/err.def"
#undef X
    default:
        return "TD_E_?";
    }
}

const char *td_err_text(td_err err)
{
    switch (err) {
    case 0:
        return "fine";
#define X(name, number, text)                                                                      \
    case name:                                                                                     \
        return text;
#include "base/err.def"
#undef X
    default:
        return "an error without a name";
    }
}

/* One write of a stack buffer: stdio may hold a lock or want memory just when an invariant broke.
 */
_Noreturn void td_assert_failed(const char *file, int line, const char *condition, const char *text)
{
    char message[512];
    int length = snprintf(message, sizeof message, "%s:%d: invariant broken: %s (%s)\n", file, line,
                          text, condition);
    if (length > (int)sizeof message - 1)
        length = (int)sizeof message - 1;
    if (length > 0 && write(STDERR_FILENO, message, (size_t)length) < 0)
        abort();
    abort();
}
