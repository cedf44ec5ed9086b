/* Error values: 0 is fine, negative is an error from outside (a file, a peer, a user), named in err.def.
   A broken invariant of our own is never a value: TD_ASSERT stops the process by abort(). */
#ifndef TD_BASE_ERR_H
#define TD_BASE_ERR_H

typedef int td_err;

enum {
#define X(name, number, text) name = (number),
#include "base/err.def"
#undef X
};

/* "TD_E_RANGE" for -1; "TD_OK" for 0; "TD_E_?" for a number nobody declared. Static strings, any thread. */
const char *td_err_name(td_err err);

/* The sentence of err.def; static string, any thread. */
const char *td_err_text(td_err err);

/* Prints file, line, condition and text to stderr and exits by abort(). Never returns. */
_Noreturn void td_assert_failed(const char *file, int line, const char *condition,
                                const char *text);

#define TD_ASSERT(condition, text)                                                                 \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            td_assert_failed(__FILE__, __LINE__, #condition, text);                                \
    } while (0)

/* Return the error of an expression that yields td_err (or a negative count) when it fails. */
#define TD_TRY(expression)                                                                         \
    do {                                                                                           \
        td_err td_try_err = (td_err)(expression);                                                  \
        if (__builtin_expect(td_try_err < 0, 0))                                                   \
            return td_try_err;                                                                     \
    } while (0)

#define TD_FAIL_IF(condition, err)                                                                 \
    do {                                                                                           \
        if (__builtin_expect(!!(condition), 0))                                                    \
            return (err);                                                                          \
    } while (0)

#endif
