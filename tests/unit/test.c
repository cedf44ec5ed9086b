#include "test.h"

#include <ftw.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TESTS_MAX = 1024, TMPDIRS_MAX = 256 };
enum outcome { PASSED, FAILED, SKIPPED };

struct test {
    const char *name;
    void (*body)(void);
};

static struct test tests[TESTS_MAX];
static size_t test_count;
static const struct test *running;
static pthread_t running_thread;
static jmp_buf end_of_test;
static char *tmpdirs[TMPDIRS_MAX];
static size_t tmpdir_count;

void test_add(const char *name, void (*body)(void))
{
    if (test_count == TESTS_MAX)
        abort();
    tests[test_count++] = (struct test){name, body};
}

/* Leaving the test by a long jump lets a check stand in any helper; from another thread there is no
 * way back. */
static void __attribute__((noreturn)) end_test(enum outcome outcome)
{
    fflush(stdout);
    if (!running || !pthread_equal(pthread_self(), running_thread))
        abort();
    longjmp(end_of_test, (int)outcome);
}

void test_fail(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s:%d: %s: ", file, line, running ? running->name : "outside of a test");
    vprintf(format, args);
    printf("\n");
    va_end(args);
    end_test(FAILED);
}

void test_skip(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("skipped %s: ", running ? running->name : "outside of a test");
    vprintf(format, args);
    printf("\n");
    va_end(args);
    end_test(SKIPPED);
}

void test_eq_i64(const char *file, int line, const char *a_text, const char *b_text, int64_t a,
                 int64_t b)
{
    if (a != b)
        test_fail(file, line, "%s is %" PRId64 ", %s is %" PRId64, a_text, a, b_text, b);
}

void test_eq_u64(const char *file, int line, const char *a_text, const char *b_text, uint64_t a,
                 uint64_t b)
{
    if (a != b)
        test_fail(file, line,
                  "%s is %" PRIu64 " (0x%" PRIx64 "), %s is %" PRIu64 " (0x%" PRIx64 ")", a_text, a,
                  a, b_text, b, b);
}

void test_eq_f64(const char *file, int line, const char *a_text, const char *b_text, double a,
                 double b)
{
    uint64_t a_bits, b_bits;
    memcpy(&a_bits, &a, sizeof a);
    memcpy(&b_bits, &b, sizeof b);
    if (a_bits != b_bits)
        test_fail(file, line, "%s is %.17g, %s is %.17g", a_text, a, b_text, b);
}

void test_near_f64(const char *file, int line, const char *a_text, const char *b_text, double a,
                   double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        test_fail(file, line, "%s is %.17g, %s is %.17g, apart by more than %g", a_text, a, b_text,
                  b, tolerance);
}

void test_eq_str(const char *file, int line, const char *a_text, const char *b_text, const char *a,
                 const char *b)
{
    if (a == b || (a && b && strcmp(a, b) == 0))
        return;
    test_fail(file, line, "%s is \"%s\", %s is \"%s\"", a_text, a ? a : "(null)", b_text,
              b ? b : "(null)");
}

void test_eq_mem(const char *file, int line, const char *a_text, const char *b_text, const void *a,
                 const void *b, size_t bytes)
{
    const unsigned char *x = a, *y = b;
    for (size_t i = 0; i < bytes; i++)
        if (x[i] != y[i])
            test_fail(file, line, "%s and %s differ at byte %zu of %zu: 0x%02x, 0x%02x", a_text,
                      b_text, i, bytes, x[i], y[i]);
}

const char *test_shared(void)
{
    const char *path = getenv("TAPEDECK_SHARED");
    struct stat info;
    if (!path)
        path = "../shared";
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode) ? path : NULL;
}

const char *test_tmpdir(void)
{
    const char *base = getenv("TMPDIR");
    char *path = NULL;
    if (tmpdir_count == TMPDIRS_MAX)
        FAIL("more than %d temporary directories", TMPDIRS_MAX);
    if (asprintf(&path, "%s/tapedeck-test-XXXXXX", base ? base : "/tmp") < 0 || !mkdtemp(path))
        FAIL("cannot make a temporary directory");
    tmpdirs[tmpdir_count++] = path;
    return path;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static void remove_tmpdirs(void)
{
    for (size_t i = 0; i < tmpdir_count; i++) {
        if (getenv("TEST_KEEP"))
            printf("kept %s\n", tmpdirs[i]);
        else
            nftw(tmpdirs[i], remove_entry, 16, FTW_DEPTH | FTW_PHYS);
        free(tmpdirs[i]);
    }
}

static enum outcome run(const struct test *test)
{
    int jumped = setjmp(end_of_test);
    if (jumped == 0) {
        running = test;
        running_thread = pthread_self();
        test->body();
    }
    running = NULL;
    return (enum outcome)jumped;
}

static bool chosen(const char *name, int argc, char **argv)
{
    bool any_name = false;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-')
            continue;
        if (strcmp(argv[i], name) == 0)
            return true;
        any_name = true;
    }
    return !any_name;
}

static bool has_flag(const char *flag, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], flag) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    static const char *const words[] = {"passed", "FAILED", "skipped"};
    size_t counts[3] = {0, 0, 0};
    bool verbose = has_flag("-v", argc, argv), list = has_flag("-l", argc, argv);
    for (size_t i = 0; i < test_count; i++) {
        if (!chosen(tests[i].name, argc, argv))
            continue;
        if (list) {
            printf("%s\n", tests[i].name);
            continue;
        }
        enum outcome outcome = run(&tests[i]);
        counts[outcome]++;
        if (verbose || outcome == FAILED)
            printf("%s %s\n", words[outcome], tests[i].name);
    }
    remove_tmpdirs();
    if (list)
        return 0;
    size_t ran = counts[PASSED] + counts[FAILED] + counts[SKIPPED];
    if (ran == 0) {
        printf("no test of that name\n");
        counts[FAILED] = 1;
    }
    printf("%zu passed, %zu failed", counts[PASSED], counts[FAILED]);
    if (counts[SKIPPED])
        printf(", %zu skipped", counts[SKIPPED]);
    printf("\n");
    return counts[FAILED] ? 1 : 0;
}
