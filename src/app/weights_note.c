#include "app/weights_note.h"

#include <fcntl.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

/* Bytes, or a negative error; a file that fills `cap` is too large. */
static int64_t read_text(const struct td_disk *disk, const char *path, char *text, size_t cap)
{
    int file = disk->open(disk->ctx, path, O_RDONLY, 0);
    int64_t bytes = file < 0 ? file : disk->read_at(disk->ctx, file, text, cap, 0);
    if (file >= 0)
        disk->close(disk->ctx, file);
    return bytes == (int64_t)cap ? TD_E_RANGE : bytes;
}

/* The model that the text is for, -1 none (said). */
static int model_of(const struct feature_config *features, const char *path, const char *text,
                    size_t bytes)
{
    char complaint[240];
    for (unsigned m = 0; m < features->model_count; m++)
        if (model_weights_check(text, bytes, &features->model[m], complaint, sizeof complaint) == 0)
            return (int)m;
    for (unsigned m = 0; m < features->model_count; m++) {
        model_weights_check(text, bytes, &features->model[m], complaint, sizeof complaint);
        TD_ERROR(
            "model",
            "event=weights_refused file=%s model=%s reason=\"%s\" next=\"the models go on with "
            "what they have\"",
            path, features->model[m].id, complaint);
    }
    return -1;
}

size_t weights_note_read(const struct td_disk *disk, const char *path,
                         const struct feature_config *features, char out[WEIGHTS_TEXT_MAX])
{
    char text[WEIGHTS_TEXT_MAX - 64]; /* the first line names the model */
    int64_t bytes = read_text(disk, path, text, sizeof text);
    if (bytes < 0) {
        TD_ERROR("model", "event=weights_unreadable file=%s error=%s", path,
                 td_err_name((td_err)bytes));
        return 0;
    }
    int model = model_of(features, path, text, (size_t)bytes);
    if (model < 0)
        return 0;
    struct td_str str = td_str_on(out, WEIGHTS_TEXT_MAX);
    td_str_add_format(&str, "* * %s\n", features->model[model].id);
    td_str_add_bytes(&str, text, (size_t)bytes);
    TD_ASSERT(!str.cut, "the line before the text is short");
    return str.bytes;
}
