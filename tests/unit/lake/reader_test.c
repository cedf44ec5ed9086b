#include "lake/reader.h"

#include <dirent.h>
#include <inttypes.h>

#include "foreign.h"
#include "fuzz/parquet_fuzz.c"
#include "lake/files.h"
#include "segments.h"
#include "wide.h"

static void spell(const struct pq_values *v, size_t row, char *out, size_t cap)
{
    const union pq_cell cell = v->cell[row];
    unsigned type = v->column->type;
    if (!v->valid[row]) {
        snprintf(out, cap, "-");
    } else if (type == PQ_FLOAT || type == PQ_DOUBLE) {
        snprintf(out, cap, "%016" PRIx64, (uint64_t)cell.i);
    } else if (type == PQ_BYTE_ARRAY || type == PQ_FIXED) {
        size_t at = (size_t)snprintf(out, cap, "x");
        for (uint32_t i = 0; i < cell.text.bytes && at + 3 < cap; i++)
            at += (size_t)snprintf(out + at, cap - at, "%02x", v->heap[cell.text.at + i]);
    } else {
        snprintf(out, cap, "%" PRId64, cell.i);
    }
}

/* Compares every value of the file with NAME.expect; the number of values. */
static size_t compare_file(const char *dir, const char *name)
{
    char path[512], line[1024], value[512], full[1024];
    struct reader *reader = NULL;
    struct pq_values values = {0};
    size_t compared = 0;
    snprintf(path, sizeof path, "%s/%s.expect", dir, name);
    FILE *expect = fopen(path, "r");
    CHECK(expect != NULL);
    snprintf(path, sizeof path, "%s/%s.parquet", dir, name);
    if (reader_open(path, NULL, &reader) != 0)
        FAIL("%s: %s", name, reader_why(reader));
    const struct pq_meta *meta = reader_meta(reader);
    for (uint32_t column = 0; column < meta->column_count; column++) {
        size_t base = 0;
        for (uint32_t group = 0; group < meta->group_count; group++) {
            if (reader_column(reader, group, column, &values) != 0)
                FAIL("%s: %s", name, reader_why(reader));
            for (size_t row = 0; row < values.rows; row++, compared++) {
                spell(&values, row, value, sizeof value);
                snprintf(full, sizeof full, "%s %zu %s\n", meta->column[column].name, base + row,
                         value);
                CHECK(fgets(line, sizeof line, expect) != NULL);
                CHECK_EQ_STR(full, line);
            }
            base += values.rows;
        }
    }
    CHECK(fgets(line, sizeof line, expect) == NULL);
    fclose(expect);
    values_free(&values);
    reader_close(reader);
    return compared;
}

static bool cut_end(char *name, const char *end)
{
    size_t bytes = strlen(name), tail = strlen(end);
    if (bytes <= tail || strcmp(name + bytes - tail, end) != 0)
        return false;
    name[bytes - tail] = 0;
    return true;
}

TEST(values_of_other_writers_are_read_to_the_bit)
{
    const char *dir = foreign_files();
    DIR *d = opendir(dir);
    size_t files = 0, values = 0;
    CHECK(d != NULL);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (cut_end(e->d_name, ".expect")) {
            values += compare_file(dir, e->d_name);
            files++;
        }
    closedir(d);
    CHECK(files >= 10);
    CHECK(values > 200000);
}

TEST(what_is_not_supported_is_refused_by_name)
{
    const char *dir = foreign_files();
    DIR *d = opendir(dir);
    int files = 0;
    CHECK(d != NULL);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char path[512], want[128] = "";
        struct reader *reader = NULL;
        struct pq_values values = {0};
        if (!cut_end(e->d_name, ".refuse"))
            continue;
        snprintf(path, sizeof path, "%s/%s.refuse", dir, e->d_name);
        FILE *f = fopen(path, "r");
        CHECK(f != NULL && fgets(want, sizeof want, f) != NULL);
        fclose(f);
        snprintf(path, sizeof path, "%s/%s.parquet", dir, e->d_name);
        CHECK_EQ_I64(reader_open(path, NULL, &reader), 0);
        CHECK_EQ_I64(reader_column(reader, 0, 0, &values), TD_E_UNSUPPORTED);
        if (strncmp(reader_why(reader), want, strlen(want)) != 0)
            FAIL("%s: '%s' instead of '%s'", e->d_name, reader_why(reader), want);
        values_free(&values);
        reader_close(reader);
        files++;
    }
    closedir(d);
    CHECK(files >= 6);
}

static uint64_t sum_rows(struct reader_batch *batch)
{
    uint64_t rows = 0;
    int more;
    while ((more = reader_batch_next(batch)) > 0)
        rows += batch->rows;
    CHECK_EQ_I64(more, 0);
    return rows;
}

TEST(groups_out_of_range_are_not_read)
{
    char path[512];
    struct reader *reader = NULL;
    struct pq_values values = {0};
    snprintf(path, sizeof path, "%s/arrow_v1_zstd.parquet", foreign_files());
    CHECK_EQ_I64(reader_open(path, NULL, &reader), 0);
    int rising = footer_column(reader_meta(reader), "rising");
    uint32_t column = (uint32_t)footer_column(reader_meta(reader), "f64");
    struct reader_batch batch = {.reader = reader,
                                 .column_count = 1,
                                 .column = &column,
                                 .values = &values,
                                 .range_column = rising,
                                 .from = 1700000000000000 + 1100 * 1000,
                                 .to = 1700000000000000 + 1101 * 1000};
    CHECK_EQ_U64(sum_rows(&batch), 1100);
    CHECK_EQ_U64(batch.group, 1);
    CHECK_EQ_U64(batch.groups_pruned, 2);
    values_free(&values);
    reader_close(reader);
}

TEST(a_flipped_byte_in_a_page_is_a_checksum_error)
{
    char path[512];
    size_t bytes;
    struct reader *reader = NULL;
    struct pq_values values = {0};
    snprintf(path, sizeof path, "%s/arrow_small.parquet", foreign_files());
    unsigned char *data = foreign_load(path, &bytes);
    CHECK_EQ_I64(reader_open_memory(data, bytes, NULL, &reader), 0);
    const struct pq_chunk *chunk = &reader_meta(reader)->group[0].chunk[1];
    CHECK_EQ_I64(reader_column(reader, 0, 1, &values), 0);
    data[chunk->dictionary_at + chunk->compressed_bytes - 1] ^= 1; /* last byte of its last page */
    CHECK_EQ_I64(reader_column(reader, 0, 1, &values), TD_E_PARQUET_CRC);
    CHECK_EQ_I64(reader_column(reader, 0, 2, &values), 0);
    values_free(&values);
    reader_close(reader);
    free(data);
}

TEST(a_missing_file_says_why)
{
    struct reader *reader = NULL;
    CHECK_EQ_I64(reader_open("/nonexistent/x.parquet", NULL, &reader), TD_E_MISSING);
    CHECK_EQ_STR(reader_why(reader), "No such file or directory");
    reader_close(reader);
}

/* ---- torn and garbled files: an error or a value, never a crash, a hang or memory without bound; the
   sanitizers of the unit build are the judge ---- */

enum { MUTATIONS = 3000, EDITS_MAX = 6 };

static const char *const seeds[] = {"arrow_small", "arrow_required", "arrow_empty", "hostile_v2",
                                    "hostile_delta"};

/* A file of the recorder's own writer: the first whose path holds `part`. */
static unsigned char *own_seed(const char *part, size_t *bytes)
{
    static const char *dir;
    struct file_list list = {0};
    unsigned char *data = NULL;
    if (!dir) {
        dir = test_tmpdir();
        segments_make(dir, false);
    }
    CHECK_EQ_I64(files_collect(&list, dir), 0);
    for (size_t i = 0; i < list.count && !data; i++)
        if (strstr(files_at(&list, i)->path, part) && !files_at(&list, i)->is_receipt)
            data = foreign_load(files_at(&list, i)->path, bytes);
    files_free(&list);
    CHECK(data != NULL);
    return data;
}

static unsigned char *seed(const char *name, size_t *bytes)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.parquet", foreign_files(), name);
    return foreign_load(path, bytes);
}

/* A copy of exact size, so that a read past its end is caught. */
static void try_bytes(const unsigned char *data, size_t bytes)
{
    unsigned char *copy = malloc(bytes ? bytes : 1);
    CHECK(copy != NULL);
    memcpy(copy, data, bytes);
    LLVMFuzzerTestOneInput(copy, bytes);
    free(copy);
}

/* Takes `data` over. */
static void tear(unsigned char *data, size_t bytes)
{
    for (size_t cut = 0; cut < bytes; cut++) {
        struct reader *reader = NULL;
        unsigned char *copy = malloc(cut ? cut : 1);
        CHECK(copy != NULL);
        memcpy(copy, data, cut);
        CHECK_EQ_I64(reader_open_memory(copy, cut, NULL, &reader), TD_E_PARQUET);
        CHECK(reader_why(reader)[0] != 0);
        reader_close(reader);
        free(copy);
    }
    free(data);
}

TEST(a_file_torn_at_any_byte_is_an_error)
{
    size_t bytes;
    unsigned char *data = own_seed("/instruments/", &bytes);
    tear(data, bytes);
}

TEST(a_file_of_others_torn_at_any_byte_is_an_error)
{
    size_t bytes;
    unsigned char *data = seed("arrow_small", &bytes);
    tear(data, bytes);
}

/* The footer's length moved so that the footer starts elsewhere: what is parsed then is any bytes. */
TEST(a_footer_that_starts_anywhere_is_no_harm)
{
    size_t bytes;
    unsigned char *data = own_seed("/instruments/", &bytes);
    for (uint32_t length = 0; length < bytes + 16; length++) {
        memcpy(data + bytes - 8, &length, 4);
        try_bytes(data, bytes);
    }
    free(data);
}

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Half of the edits go to the last part of the file, where the footer is. */
static void mutate(unsigned char *data, size_t bytes, uint64_t *state)
{
    static const unsigned char telling[] = {0x00, 0x7f, 0x80, 0xff, 0x01, 0x15, 0xfe, 0x0f};
    size_t edits = 1 + next(state) % EDITS_MAX;
    for (size_t i = 0; i < edits; i++) {
        size_t at = next(state) % bytes;
        if (next(state) & 1)
            at = bytes - 1 - next(state) % (bytes / 2 + 1);
        if (at >= bytes - 4 || at < 4) /* the magic stays, else nothing behind it is reached */
            continue;
        data[at] =
            next(state) & 1 ? (unsigned char)next(state) : telling[next(state) % sizeof telling];
    }
}

/* Takes `data` over. */
static void garble(unsigned char *data, size_t bytes, uint64_t state)
{
    unsigned char *copy = malloc(bytes);
    CHECK(copy != NULL);
    for (int i = 0; i < MUTATIONS; i++) {
        memcpy(copy, data, bytes);
        mutate(copy, bytes, &state);
        LLVMFuzzerTestOneInput(copy, bytes);
    }
    free(copy);
    free(data);
}

TEST(garbled_files_are_no_harm)
{
    static const char *const part[] = {"/instruments/", "/trades/", "/book/"};
    for (size_t i = 0; i < 3; i++) {
        size_t bytes;
        unsigned char *data = own_seed(part[i], &bytes);
        garble(data, bytes, 88172645463325252u + i);
    }
}

TEST(garbled_files_of_others_are_no_harm)
{
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
        size_t bytes;
        unsigned char *data = seed(seeds[i], &bytes);
        garble(data, bytes, 362436069362436069u + i);
    }
}

/* FLOAT columns of features: values rounded once, bounds as floats, a zero stated as -0 below. */
TEST(floats_and_their_bounds_are_read)
{
    static const double value[] = {0.1, -0.0, 0.25};
    struct rig rig;
    struct file_list list = {0};
    struct reader *reader = NULL;
    struct pq_values values = {0};
    wide_open(&rig, NULL, false);
    int stream = wide_streams(&rig, ROW_FEATURES);
    for (int i = 0; i < 3; i++)
        wide_row(&rig, stream, FEATURE_mid_velocity, value[i]);
    wide_row(&rig, stream, FEATURE_mid_accel, 1);
    CHECK_EQ_I64(rig_stop(&rig), 0);
    rig_close(&rig);
    CHECK_EQ_I64(files_collect(&list, wide_dir), 0);
    for (size_t i = 0; i < list.count; i++)
        if (!files_at(&list, i)->is_receipt)
            CHECK_EQ_I64(reader_open(files_at(&list, i)->path, NULL, &reader), 0);
    int column = footer_column(reader_meta(reader), "mid_velocity");
    CHECK(column > 0);
    CHECK_EQ_I64(reader_meta(reader)->column[column].type, PQ_FLOAT);
    CHECK_EQ_I64(reader_column(reader, 0, (uint32_t)column, &values), 0);
    CHECK_EQ_U64(values.rows, 4);
    CHECK(values.cell[0].f == (double)0.1f && values.cell[1].f == 0 && values.cell[2].f == 0.25);
    CHECK(!values.valid[3] && !signbit(values.cell[1].f));
    const struct pq_stats *stats = &reader_meta(reader)->group[0].chunk[column].stats;
    CHECK_EQ_I64(stats->null_count, 1);
    CHECK_EQ_U64(stats->min.bytes, 4);
    CHECK_EQ_MEM(stats->min.at, "\0\0\0\x80", 4);
    CHECK_EQ_MEM(stats->max.at, "\0\0\x80\x3E", 4);
    values_free(&values);
    reader_close(reader);
    files_free(&list);
}
