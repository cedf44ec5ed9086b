#include "app/weights_note.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../features_on.h"
#include "base/log.h"
#include "test.h"

static char out[WEIGHTS_TEXT_MAX];

/* A file of a model that has seen nothing, under `path`; its bytes. */
static size_t write_weights(const char *path, const struct model_params *params)
{
    static char text[8192];
    void *mem = aligned_alloc(64, (model_footprint(params) + 63) & ~(size_t)63);
    int bytes = model_weights_text(model_init(mem, params), text, sizeof text);
    CHECK(bytes > 0);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    CHECK_EQ_U64(fwrite(text, 1, (size_t)bytes, file), (size_t)bytes);
    fclose(file);
    free(mem);
    return (size_t)bytes;
}

TEST(a_file_finds_its_model)
{
    struct feature_config features = features_on(CORE_EMIT_SECOND);
    char path[512];
    snprintf(path, sizeof path, "%s/weights", test_tmpdir());
    for (unsigned m = 0; m < 2; m++) {
        char head[64];
        size_t bytes = write_weights(path, &features.model[m]);
        int line = snprintf(head, sizeof head, "* * %s\n", features.model[m].id);
        CHECK_EQ_U64(weights_note_read(&td_os_linux()->disk, path, &features, out),
                     bytes + (size_t)line);
        CHECK(strncmp(out, head, (size_t)line) == 0);
        char complaint[200];
        CHECK_EQ_I64(
            model_weights_check(out + line, bytes, &features.model[m], complaint, sizeof complaint),
            0);
    }
}

TEST(files_that_are_not_for_us_are_refused)
{
    struct feature_config features = features_on(CORE_EMIT_SECOND), other = features;
    const struct td_disk *disk = &td_os_linux()->disk;
    char path[512];
    td_log_setup(2, TD_LOG_OFF, NULL);
    snprintf(path, sizeof path, "%s/weights", test_tmpdir());
    CHECK_EQ_U64(weights_note_read(disk, path, &features, out), 0); /* not there */
    write_weights(path, &features.model[1]);
    other.model_count = 1;
    CHECK_EQ_U64(weights_note_read(disk, path, &other, out), 0); /* of a model that is not */
    FILE *file = fopen(path, "a");
    CHECK(file != NULL);
    for (int i = 0; i < WEIGHTS_TEXT_MAX; i++)
        fputc('x', file);
    fclose(file);
    CHECK_EQ_U64(weights_note_read(disk, path, &features, out), 0); /* too large */
    file = fopen(path, "w");
    CHECK(file != NULL);
    fclose(file);
    CHECK_EQ_U64(weights_note_read(disk, path, &features, out), 0); /* empty */
}
