#include "sync/mark.h"

#include <fcntl.h>
#include <string.h>

#include <jsmn.h>

#include "base/decimal.h"
#include "base/text.h"
#include "base/utc.h"
#include "store/digest.h"

enum { LINE_TOKENS_MAX = 32, MARK_PATH_MAX = 2048, MARK_ENDPOINT_MAX = 512 };

/* ---- its text --------------------------------------------------------------------------------- */

/* One line taken apart; what is not in it stays empty. */
struct line {
    const char *to, *sha256;
    size_t to_bytes, sha256_bytes;
    int64_t bytes;
};

static bool is_word(const char *text, const jsmntok_t *token, const char *word)
{
    size_t bytes = (size_t)(token->end - token->start);
    return strlen(word) == bytes && memcmp(text + token->start, word, bytes) == 0;
}

static bool line_parse(const char *text, size_t bytes, struct line *line)
{
    jsmntok_t token[LINE_TOKENS_MAX];
    jsmn_parser parser;
    *line = (struct line){.bytes = -1};
    jsmn_init(&parser);
    int count = jsmn_parse(&parser, text, bytes, token, LINE_TOKENS_MAX);
    if (count < 1 || token[0].type != JSMN_OBJECT)
        return false;
    for (int i = 1; i + 1 < count; i += 2) {
        const jsmntok_t *key = &token[i], *value = &token[i + 1];
        const char *at = text + value->start;
        size_t length = (size_t)(value->end - value->start);
        if (key->type != JSMN_STRING || key->size != 1 || value->size != 0)
            return false;
        if (is_word(text, key, "to")) {
            line->to = at;
            line->to_bytes = length;
        } else if (is_word(text, key, "sha256")) {
            line->sha256 = at;
            line->sha256_bytes = length;
        } else if (is_word(text, key, "bytes") && td_integer_parse(at, length, &line->bytes) < 0) {
            return false;
        }
    }
    return line->to && line->sha256 && line->bytes >= 0;
}

/* The destination as it stands inside the line's quotes. */
static bool line_is_to(const struct line *line, const char *to)
{
    char escaped[PLACE_KEY_MAX + PLACE_BUCKET_MAX + MARK_ENDPOINT_MAX];
    struct td_str str = td_str_on(escaped, sizeof escaped);
    td_str_add_json(&str, to, strlen(to));
    return !str.cut && str.bytes == line->to_bytes && memcmp(escaped, line->to, str.bytes) == 0;
}

static bool line_is_of(const struct line *line, const struct store_identity *identity)
{
    char hex[65];
    identity_hex(identity->sha256, hex);
    return line->bytes == identity->bytes && line->sha256_bytes == 64 &&
           memcmp(line->sha256, hex, 64) == 0;
}

static const char *next_line(const char *at, const char *end, size_t *bytes)
{
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    *bytes = (size_t)((stop ? stop : end) - at);
    return stop ? stop + 1 : end;
}

bool mark_says(const char *text, size_t bytes, const char *to,
               const struct store_identity *identity)
{
    const char *end = text + bytes;
    while (text < end) {
        struct line line;
        size_t length = 0;
        const char *next = next_line(text, end, &length);
        if (line_parse(text, length, &line) && line_is_to(&line, to) &&
            (!identity || line_is_of(&line, identity)))
            return true;
        text = next;
    }
    return false;
}

/* ---- its file --------------------------------------------------------------------------------- */

bool mark_path_beside(const char *segment_path, const char *end, char *out, size_t cap)
{
    static const char tail[] = ".parquet";
    const char *slash = strrchr(segment_path, '/');
    const char *name = slash ? slash + 1 : segment_path;
    size_t bytes = strlen(name), cut = sizeof tail - 1;
    if (bytes <= cut || strcmp(name + bytes - cut, tail) != 0)
        return false;
    struct td_str str = td_str_on(out, cap);
    td_str_add_bytes(&str, segment_path, (size_t)(name - segment_path));
    td_str_add_char(&str, '_');
    td_str_add_bytes(&str, name, bytes - cut);
    td_str_add(&str, end);
    return !str.cut;
}

/* Bytes, 0 where there is none. */
static int64_t mark_load(const struct td_disk *disk, const char *path, char text[MARK_MAX])
{
    int file = disk->open(disk->ctx, path, O_RDONLY, 0);
    if (file == TD_E_MISSING)
        return 0;
    TD_TRY(file);
    int64_t bytes = disk->read_at(disk->ctx, file, text, MARK_MAX, 0);
    disk->close(disk->ctx, file);
    return bytes;
}

static void add_line(struct td_str *str, const char *to, const struct store_identity *identity,
                     int64_t wall_ns)
{
    char hex[65], when[TD_UTC_TEXT_MAX];
    identity_hex(identity->sha256, hex);
    td_utc_iso(wall_ns, when);
    td_str_add(str, "{\"to\": \"");
    td_str_add_json(str, to, strlen(to));
    td_str_add_format(str, "\", \"bytes\": %lld, \"sha256\": \"%s\", \"verified\": \"%s\"}\n",
                      (long long)identity->bytes, hex, when);
}

/* Ours first: what no longer fits is another destination's, which asks its store again. */
static size_t compose(const char *old, size_t bytes, const char *to,
                      const struct store_identity *identity, int64_t wall_ns, char out[MARK_MAX])
{
    struct td_str str = td_str_on(out, MARK_MAX);
    add_line(&str, to, identity, wall_ns);
    for (const char *at = old, *end = old + bytes; at < end;) {
        struct line line;
        size_t length = 0;
        const char *next = next_line(at, end, &length);
        if (line_parse(at, length, &line) && !line_is_to(&line, to) &&
            str.bytes + length + 2 < MARK_MAX) {
            td_str_add_bytes(&str, at, length);
            td_str_add_char(&str, '\n');
        }
        at = next;
    }
    return str.bytes;
}

static bool path_of_new(const char *segment_path, char out[MARK_PATH_MAX])
{
    return mark_path_beside(segment_path, ".done-new", out, MARK_PATH_MAX);
}

td_err mark_put(const struct td_disk *disk, const char *segment_path, const char *to,
                const struct store_identity *identity, int64_t wall_ns)
{
    char path[MARK_PATH_MAX], beside[MARK_PATH_MAX], old[MARK_MAX], text[MARK_MAX];
    TD_FAIL_IF(!mark_path_beside(segment_path, ".done", path, sizeof path) ||
                   !path_of_new(segment_path, beside),
               TD_E_RANGE);
    int64_t bytes = mark_load(disk, path, old);
    size_t length = compose(old, bytes > 0 ? (size_t)bytes : 0, to, identity, wall_ns, text);
    int file = disk->open(disk->ctx, beside, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    TD_TRY(file);
    int64_t err = disk->write_at(disk->ctx, file, text, length, 0);
    int closed = disk->close(disk->ctx, file);
    return err < 0 ? (td_err)err : closed;
}

td_err sync_file_system(const struct td_disk *disk, const char *path)
{
    int file = disk->open(disk->ctx, path, O_RDONLY, 0);
    TD_TRY(file);
    int err = disk->sync_all(disk->ctx, file);
    disk->close(disk->ctx, file);
    return err;
}

td_err mark_sync(const struct td_disk *disk, const char *segment_path)
{
    char beside[MARK_PATH_MAX];
    TD_FAIL_IF(!path_of_new(segment_path, beside), TD_E_RANGE);
    return sync_file_system(disk, beside);
}

td_err mark_place(const struct td_disk *disk, const char *segment_path)
{
    char path[MARK_PATH_MAX], beside[MARK_PATH_MAX];
    TD_FAIL_IF(!mark_path_beside(segment_path, ".done", path, sizeof path) ||
                   !path_of_new(segment_path, beside),
               TD_E_RANGE);
    return disk->rename(disk->ctx, beside, path);
}

int mark_read(const struct td_disk *disk, const char *segment_path, const char *to,
              const struct store_identity *identity)
{
    char path[MARK_PATH_MAX], text[MARK_MAX];
    if (!mark_path_beside(segment_path, ".done", path, sizeof path))
        return 0;
    int64_t bytes = mark_load(disk, path, text);
    return bytes > 0 && mark_says(text, (size_t)bytes, to, identity);
}

td_err mark_remove(const struct td_disk *disk, const char *segment_path)
{
    char path[MARK_PATH_MAX];
    TD_FAIL_IF(!mark_path_beside(segment_path, ".done", path, sizeof path), TD_E_RANGE);
    td_err err = disk->unlink(disk->ctx, path);
    return err == TD_E_MISSING ? 0 : err;
}
