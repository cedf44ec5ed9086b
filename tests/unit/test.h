/* The unit tests' harness. A test program is one file of TEST(name) { ... } linked with test.c,
 * which gives main().
 *
 *     out/host-asan/unit/base/err_test              runs all, ends on `N passed, N failed[, N
 * skipped]` out/host-asan/unit/base/err_test names_unique runs the named ones
 *     ... -v                                        also names the tests that pass;  -l lists them
 *
 * A check that fails prints file, line and both values and ends its test; the next one runs. Checks
 * may be used in helper functions. A check that fails on another thread than the test's own aborts
 * the program.
 */
#ifndef TD_TEST_H
#define TD_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TEST(name)                                                                                 \
    static void test_body_##name(void);                                                            \
    __attribute__((constructor)) static void test_add_##name(void)                                 \
    {                                                                                              \
        test_add(#name, test_body_##name);                                                         \
    }                                                                                              \
    static void test_body_##name(void)

#define CHECK(cond) ((cond) ? (void)0 : test_fail(__FILE__, __LINE__, "%s", #cond))
#define CHECK_EQ_I64(a, b) test_eq_i64(__FILE__, __LINE__, #a, #b, (a), (b))
#define CHECK_EQ_U64(a, b) test_eq_u64(__FILE__, __LINE__, #a, #b, (a), (b))
/* Equal bit for bit, so 0.0 is not -0.0 and a NaN equals itself. */
#define CHECK_EQ_F64(a, b) test_eq_f64(__FILE__, __LINE__, #a, #b, (a), (b))
/* |a - b| <= tolerance; a NaN on either side fails. */
#define CHECK_NEAR_F64(a, b, tolerance)                                                            \
    test_near_f64(__FILE__, __LINE__, #a, #b, (a), (b), (tolerance))
/* NULL equals NULL only. */
#define CHECK_EQ_STR(a, b) test_eq_str(__FILE__, __LINE__, #a, #b, (a), (b))
#define CHECK_EQ_MEM(a, b, bytes) test_eq_mem(__FILE__, __LINE__, #a, #b, (a), (b), (bytes))
/* Fails with a text of one's own, printf-like. */
#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)
/* Ends the test as skipped, with the reason. */
#define SKIP(...) test_skip(__VA_ARGS__)

/* A fresh, empty directory, removed with all in it when the program ends (kept with TEST_KEEP=1 in
 * the environment). The text is the harness's own and lives to the end of the program. */
const char *test_tmpdir(void);

/* The folder of the facts and captures (TAPEDECK_SHARED, else ../shared), or NULL when it is not
 * there: then SKIP. */
const char *test_shared(void);

/* For the macros above. */
void test_add(const char *name, void (*body)(void));
void test_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));
void test_skip(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void test_eq_i64(const char *file, int line, const char *a_text, const char *b_text, int64_t a,
                 int64_t b);
void test_eq_u64(const char *file, int line, const char *a_text, const char *b_text, uint64_t a,
                 uint64_t b);
void test_eq_f64(const char *file, int line, const char *a_text, const char *b_text, double a,
                 double b);
void test_near_f64(const char *file, int line, const char *a_text, const char *b_text, double a,
                   double b, double tolerance);
void test_eq_str(const char *file, int line, const char *a_text, const char *b_text, const char *a,
                 const char *b);
void test_eq_mem(const char *file, int line, const char *a_text, const char *b_text, const void *a,
                 const void *b, size_t bytes);

#endif
